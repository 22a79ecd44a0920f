//! Text as a list of words that compare equal across case and accents.

/// The words of a text in small letters without accents: «¿Qué DÍA es?» gives `que dia es`. People leave accents out
/// when they type, so nothing may depend on them; that «ano» and «año» become one word is the price.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric() && !is_combining(c))
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().flat_map(char::to_lowercase).filter(|&c| !is_combining(c)).map(plain).collect())
}

/// The accents of decomposed text, such as macOS types: the combining diacritical marks block of Unicode.
const fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// The letter without its accent, for the accents of Spanish and of words that it borrows.
const fn plain(c: char) -> char {
    match c {
        'á' | 'à' | 'â' | 'ä' | 'ã' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        _ => c,
    }
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
