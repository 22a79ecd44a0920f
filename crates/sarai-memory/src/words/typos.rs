//! Small slips of the finger in the words that carry a sentence: «trabjo en Lugo», "my grilfriend".
//!
//! Only words that stand in no table are looked at, only where the sentence wants a relation or a verb, and only slips
//! that leave no doubt: a letter too many or too few, two letters in the wrong order, or a spelling that sounds alike.
//! Names and values are never touched: what is stored is cut from the text itself.

use std::collections::HashMap;
use std::sync::LazyLock;

use sarai_types::Language;

use super::{forms, lists, relations, senses};
use crate::text::{Kind, Token};

/// Shorter words have too many neighbours.
const LETTERS_MIN: usize = 4;
/// A relation has many neighbours among other nouns.
const RELATION_LETTERS_MIN: usize = 5;

/// The verbs that most facts hang on.
const SPANISH: &[&str] = &[
    "vivo",
    "vive",
    "viven",
    "trabajo",
    "trabaja",
    "tengo",
    "tiene",
    "llamo",
    "llama",
    "llaman",
    "gusta",
    "gustan",
    "encanta",
    "estudio",
    "cumpleanos",
    "odio",
    "naci",
    "hermano",
    "hermana",
    "hermanos",
    "alergico",
    "alergica",
    "olvida",
    "olvidate",
    "olvides",
    "borra",
    "elimina",
    "recuerdes",
    "guardes",
];
/// The verbs of an order to forget, which nobody puts behind "I".
const ORDERS: &[&str] = &["forget", "delete", "remove", "erase", "remember"];
const ENGLISH: &[&str] = &[
    "live",
    "lived",
    "work",
    "worked",
    "have",
    "love",
    "hate",
    "like",
    "moved",
    "study",
    "teach",
    "prefer",
    "started",
    "take",
    "drive",
    "usually",
    "allergic",
    "birthday",
    "favourite",
    "lives",
    "works",
    "living",
    "working",
    "called",
    "likes",
    "loves",
    "hates",
];

static BY_SOUND: LazyLock<HashMap<String, &'static str>> =
    LazyLock::new(|| SPANISH.iter().map(|word| (sound(word), *word)).collect());

/// Puts right what is a slip of a word that the grammar knows.
pub(crate) fn mend(tokens: &mut [Token], language: Language) {
    for at in 0..tokens.len() {
        let token = &tokens[at];
        if token.kind != Kind::Word || token.fold.len() < LETTERS_MIN || token.fold.len() > 16 || token.quoted {
            continue;
        }
        let before = at.checked_sub(1).map_or("", |i| tokens[i].fold.as_str());
        if token.capital && at > 0 && !tokens[at - 1].is_mark() || is_known(token) {
            continue;
        }
        let right = match language {
            _ if ["mi", "mis", "my"].contains(&before) && token.fold.len() >= RELATION_LETTERS_MIN => {
                relation(&token.fold, language)
            }
            Language::Spanish => BY_SOUND
                .get(&sound(&token.fold))
                .copied()
                .or_else(|| SPANISH.iter().copied().find(|word| is_slip(&token.fold, word))),
            Language::English if ["i", "we", "am", "is", "my", "he", "she", "they", "who"].contains(&before) => {
                ENGLISH.iter().copied().find(|word| is_slip(&token.fold, word))
            }
            Language::English => ORDERS.iter().copied().find(|word| is_slip(&token.fold, word)),
        };
        if let Some(right) = right {
            right.clone_into(&mut tokens[at].fold);
            right.clone_into(&mut tokens[at].lower);
        }
    }
}

/// Whether any table has the word.
fn is_known(token: &Token) -> bool {
    let word = token.fold.as_str();
    senses(None, word).next().is_some()
        || [Language::Spanish, Language::English]
            .iter()
            .any(|language| !forms(*language, &token.lower, word).is_empty())
        || super::is_first_name(word)
        || lists::FUNCTION.contains(&word)
        || lists::ADJECTIVES.contains(&word)
        || lists::ADVERBS.contains(&word)
        || lists::PHRASE_ENDS.contains(&word)
        || lists::PASSING.contains(&word)
        || lists::BEFORE_SUBJECT.contains(&word)
}

/// The one relation or attribute that a word is a slip of.
fn relation(word: &str, language: Language) -> Option<&'static str> {
    let alike = |known: &&str| known.len() >= RELATION_LETTERS_MIN - 1 && is_slip(word, known);
    let heard = |known: &&str| language == Language::Spanish && known.len() >= 5 && sound(known) == sound(word);
    let mut found: Vec<&str> = relations(language).filter(|known| alike(known) || heard(known)).collect();
    found.sort_unstable();
    match found[..] {
        [one] => Some(one),
        _ => None,
    }
}

/// A letter too many, a letter too few, or two neighbours the wrong way round.
fn is_slip(word: &str, right: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (word.chars().collect(), right.chars().collect());
    let same = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    match a.len().abs_diff(b.len()) {
        0 => same + 1 < a.len() && a[same] == b[same + 1] && a[same + 1] == b[same] && a[same + 2..] == b[same + 2..],
        1 if a.len() > b.len() => a[same + 1..] == b[same..],
        1 => a[same..] == b[same + 1..],
        _ => false,
    }
}

/// How a Spanish word sounds to somebody who spells by ear: h is mute, b is v, ll is y, z and soft c are s, qu is k.
fn sound(word: &str) -> String {
    let mut out = String::new();
    let letters: Vec<char> = word.chars().collect();
    let mut at = 0;
    while at < letters.len() {
        let next = letters.get(at + 1).copied().unwrap_or(' ');
        let soft = matches!(next, 'e' | 'i');
        let (letter, length) = match letters[at] {
            'h' if at == 0 || letters[at - 1] != 'c' => (None, 1),
            'v' => (Some('b'), 1),
            'l' if next == 'l' => (Some('y'), 2),
            'z' => (Some('s'), 1),
            'c' if soft => (Some('s'), 1),
            'q' if next == 'u' => (Some('k'), 2),
            'c' if next != 'h' => (Some('k'), 1),
            'g' if soft => (Some('j'), 1),
            other => (Some(other), 1),
        };
        out.extend(letter);
        at += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::tokens;

    #[test]
    fn slips_are_put_right_and_words_are_left() {
        for (language, text, expected) in [
            (Language::Spanish, "trabjo en lugo", "trabajo en lugo"),
            (Language::Spanish, "tngo dos gatos", "tengo dos gatos"),
            (Language::Spanish, "mi ermano bive en albacete", "mi hermano vive en albacete"),
            (Language::Spanish, "me yamo yoana", "me llamo yoana"),
            (Language::Spanish, "mi nobia", "mi novia"),
            (Language::Spanish, "me gusta el tango", "me gusta el tango"),
            (Language::English, "i wrok at a garage", "i work at a garage"),
            (Language::English, "my grilfriend", "my girlfriend"),
            (Language::English, "my hubsand and my brothr", "my husband and my brother"),
            (Language::English, "my other phone", "my other phone"),
            (Language::English, "the wok is hot", "the wok is hot"),
        ] {
            let mut tokens = tokens(text, 50);
            mend(&mut tokens, language);
            let found: Vec<&str> = tokens.iter().map(|token| token.fold.as_str()).collect();
            assert_eq!(found.join(" "), expected);
        }
    }
}
