//! Text as tokens and sentences, with what stands in quotation marks set apart.
//!
//! People leave out accents, capitals and apostrophes when they type, so every word is kept three ways: as it stands,
//! in small letters, and folded (small, without accents). Positions are bytes of the original text, so that a fact can
//! always show where it was said.

mod language;
mod sentence;
mod token;

pub(crate) use language::{spoken, votes};
pub(crate) use sentence::{Ending, Sentence, is_lower_case, sentences};
pub(crate) use token::{Kind, Token, tokens};

use sarai_types::{is_combining, without_accent};

/// The text in small letters without accents: «¿Qué DÍA?» gives `¿que dia?`. That «ano» and «año» become one word is
/// the price of understanding people who type without accents.
#[must_use]
pub fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).filter(|&c| !is_combining(c)).map(plain).collect()
}

/// The letter without its accent, and one apostrophe for all that people type.
const fn plain(c: char) -> char {
    match c {
        '’' | '‘' | 'ʼ' | '´' => '\'',
        _ => without_accent(c),
    }
}

/// At most `max` bytes of the text, cut between characters.
#[must_use]
pub fn clip(text: &str, max: usize) -> &str {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_compare_across_case_and_accents() {
        for (text, expected) in [
            ("¿Qué DÍA es mañana?", "¿que dia es manana?"),
            ("man\u{303}ana", "manana"),
            ("I’m", "i'm"),
            ("İstanbul 日本", "istanbul 日本"),
        ] {
            assert_eq!(fold(text), expected, "{text:?}");
        }
    }

    #[test]
    fn clipping_never_cuts_a_character() {
        assert_eq!(clip("añb", 2), "a");
        assert_eq!(clip("añb", 3), "añ");
        assert_eq!(clip("añb", 99), "añb");
    }
}
