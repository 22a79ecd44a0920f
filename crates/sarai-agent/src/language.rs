//! Tells Spanish from English, for the one line of the prompt that says which to answer in.
//!
//! A small model that is only told to answer in the person's language often does not; told the language by name, it
//! does. The verdict comes from words that hold sentences together, which no text of any length does without.

use sarai_types::Language;

use crate::words::words;

/// Words of one language that are not words of the other, without accents.
const SPANISH: &[&str] = &[
    "al", "algo", "aqui", "como", "con", "cual", "cuando", "cuanto", "cuantos", "de", "del", "dime", "donde", "el",
    "ella", "en", "eres", "es", "esa", "ese", "esta", "este", "esto", "explica", "favor", "gracias", "hay", "hola",
    "la", "las", "lo", "los", "mas", "mi", "muy", "para", "pero", "por", "porque", "puedes", "que", "quien", "quiero",
    "se", "si", "sobre", "soy", "su", "tengo", "tiene", "tu", "un", "una", "y", "yo",
];
const ENGLISH: &[&str] = &[
    "about", "and", "are", "can", "could", "do", "does", "explain", "for", "from", "give", "have", "hello", "hi",
    "how", "in", "is", "it", "my", "of", "on", "please", "tell", "thanks", "that", "the", "there", "this", "to", "was",
    "what", "when", "where", "which", "who", "why", "will", "with", "would", "write", "you", "your",
];
/// So much of a message is looked at; people ask in its first lines.
const LOOKED_AT: usize = 200;

/// The language of a message, if it can be told.
pub(crate) fn spoken(text: &str) -> Option<Language> {
    let (mut spanish, mut english) = (0, 0);
    // No English text opens a question or an exclamation.
    if text.contains(['¿', '¡']) {
        spanish += 3;
    }
    for word in words(text).take(LOOKED_AT) {
        spanish += u32::from(SPANISH.contains(&word.as_str()));
        english += u32::from(ENGLISH.contains(&word.as_str()));
    }
    match spanish.cmp(&english) {
        std::cmp::Ordering::Greater => Some(Language::Spanish),
        std::cmp::Ordering::Less => Some(Language::English),
        std::cmp::Ordering::Equal => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_in_either_language() {
        for (text, expected) in [
            ("Hola, ¿quién eres?", Some(Language::Spanish)),
            ("dime un chiste", Some(Language::Spanish)),
            ("que hora es", Some(Language::Spanish)),
            ("¡Buenísimo!", Some(Language::Spanish)),
            ("explica qué hace `for (i in list)` en Python", Some(Language::Spanish)),
            ("What is a black hole?", Some(Language::English)),
            (
                "Translate «¿qué hora es?» for my friend, would you please? It is the first thing that they ask",
                Some(Language::English),
            ),
            ("write a poem", Some(Language::English)),
            ("hi", Some(Language::English)),
            ("42", None),
            ("", None),
            ("Madrid?", None),
        ] {
            assert_eq!(spoken(text), expected, "{text:?}");
        }
    }
}
