//! A fact in what a rule says: its number, for the words are the memory's to keep and to forget.
//!
//! 1. [`mention`] puts the number into a text that is stored.
//! 2. Whoever shows the text or sends it on asks the memory for the words of its [`facts`], and puts them in by [`told`].

/// What stands around a number; nobody types these.
const OPENS: char = '\u{e000}';
const CLOSES: char = '\u{e001}';

/// A fact by its number, for a text.
#[must_use]
pub fn mention(fact: &str) -> String {
    format!("{OPENS}{fact}{CLOSES}")
}

/// The facts that a text names.
#[must_use]
pub fn facts(text: &str) -> Vec<u64> {
    let pieces = text.split(OPENS).skip(1);
    pieces.filter_map(|piece| piece.split_once(CLOSES)?.0.parse().ok()).collect()
}

/// The text with words for its facts.
#[must_use]
pub fn told(text: &str, words: &dyn Fn(u64) -> String) -> String {
    let mut pieces = text.split(OPENS);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.split_once(CLOSES).and_then(|(fact, rest)| Some((fact.parse().ok()?, rest))) {
            Some((fact, rest)) => {
                out.push_str(&words(fact));
                out.push_str(rest);
            }
            None => out.push_str(piece),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_told_with_the_words_of_its_facts() {
        let text = format!("He guardado: {} y {}.", mention("7"), mention("12"));
        assert_eq!(facts(&text), [7, 12]);
        assert_eq!(told(&text, &|fact| format!("dato {fact}")), "He guardado: dato 7 y dato 12.");
        for plain in ["", "Vives en Lugo.", "\u{e000}", "a\u{e001}b"] {
            assert_eq!(facts(plain), [0; 0], "{plain}");
            assert_eq!(told(plain, &|_| "x".to_owned()), plain.replace('\u{e000}', ""), "{plain}");
        }
    }
}
