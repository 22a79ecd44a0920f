//! Text as a list of words that compare equal across case and accents.

use sarai_types::{is_combining, without_accent};

/// The words of a text in small letters without accents: «¿Qué DÍA es?» gives `que dia es`.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric() && !is_combining(c)).filter(|word| !word.is_empty()).map(|word| {
        word.chars().flat_map(char::to_lowercase).filter(|&c| !is_combining(c)).map(without_accent).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_compare_across_case_and_accents() {
        for (text, expected) in [
            ("¿Qué DÍA es mañana?", "que dia es manana"),
            ("man\u{303}ana", "manana"),
            ("  get_weather(city)  ", "get weather city"),
            ("¡¿…?!", ""),
            ("\u{301}", ""),
            ("İstanbul 日本", "istanbul 日本"),
        ] {
            assert_eq!(words(text).collect::<Vec<_>>().join(" "), expected, "{text:?}");
        }
    }
}
