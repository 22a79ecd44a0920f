//! A sentence as a list of words, numbers, marks, paths and quotations, each with its place in the text.
//!
//! Words are small letters without accents, because people leave accents out and the grammar must not depend on them.
//! What is quoted and what looks like a path is taken whole: nothing in it is a time.

use std::ops::Range;

use sarai_types::{is_combining, without_accent};

/// One piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// In the original text, in bytes.
    pub(crate) span: Range<usize>,
    /// Whether white space stands before it.
    pub(crate) gap: Gap,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gap {
    /// It is glued to the token before.
    None,
    Space,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Small letters without accents or apostrophes.
    Word(String),
    /// A whole number of at most nine digits, and how many digits it was written with.
    Number {
        value: u32,
        digits: usize,
    },
    /// What stands between quotation marks.
    Quoted(String),
    Path(String),
    Mark(char),
}

const fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '`')
}

/// Small letters without accents.
pub(crate) fn fold(word: &str) -> String {
    let letters = word.chars().filter(|c| !is_combining(*c) && !is_apostrophe(*c));
    letters.flat_map(char::to_lowercase).filter(|c| !is_combining(*c)).map(without_accent).collect()
}

/// The tokens of a text.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut scanner = Scanner { text, at: 0, tokens: Vec::new() };
    scanner.run();
    scanner.tokens
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token>,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn run(&mut self) {
        let mut gap = Gap::Space;
        while let Some(c) = self.rest().chars().next() {
            if c.is_whitespace() {
                self.at += c.len_utf8();
                gap = Gap::Space;
                continue;
            }
            let start = self.at;
            let (kind, len) = self.token(c, gap);
            self.at += len;
            self.tokens.push(Token { kind, span: start..self.at, gap });
            gap = Gap::None;
        }
    }

    /// The token that begins here, and its length in bytes.
    fn token(&self, c: char, gap: Gap) -> (Kind, usize) {
        let rest = self.rest();
        if let Some((inside, len)) = quoted(rest, c).filter(|_| gap == Gap::Space || !is_apostrophe(c)) {
            return (Kind::Quoted(inside.trim().to_owned()), len);
        }
        if gap == Gap::Space || !self.after_letter_or_digit() {
            if let Some(len) = path_len(rest) {
                return (Kind::Path(rest[..len].to_owned()), len);
            }
            if let Some((word, len)) = half_day(rest) {
                return (Kind::Word(word.to_owned()), len);
            }
        } else if let Some((word, len)) = half_day(rest).filter(|_| self.after_number()) {
            return (Kind::Word(word.to_owned()), len);
        }
        if c.is_ascii_digit() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            if let (1..=9, Ok(value)) = (digits, rest[..digits].parse()) {
                return (Kind::Number { value, digits }, digits);
            }
            return (Kind::Word(rest[..digits].to_owned()), digits);
        }
        if c.is_alphabetic() {
            // In `9h30` and `1h30m` the letters between are a word of their own.
            let splits = self.after_number() && gap == Gap::None;
            let len = word_len(rest, splits);
            return (Kind::Word(fold(&rest[..len])), len);
        }
        (Kind::Mark(c), c.len_utf8())
    }

    fn after_number(&self) -> bool {
        matches!(self.tokens.last(), Some(Token { kind: Kind::Number { .. }, .. }))
    }

    fn after_letter_or_digit(&self) -> bool {
        matches!(self.tokens.last(), Some(Token { kind: Kind::Number { .. } | Kind::Word(_), .. }))
    }
}

fn word_len(rest: &str, splits_at_digits: bool) -> usize {
    let mut len = 0;
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let inside = c.is_alphabetic()
            || is_combining(c)
            || c == '_'
            || c.is_ascii_digit() && !splits_at_digits
            || is_apostrophe(c) && chars.peek().is_some_and(|(_, next)| next.is_alphabetic());
        if !inside {
            break;
        }
        len = at + c.len_utf8();
    }
    len
}

/// What stands between a pair of quotation marks that opens here, and the length with the marks.
fn quoted(rest: &str, open: char) -> Option<(&str, usize)> {
    let close = match open {
        '«' => '»',
        '“' => '”',
        '‘' => '’',
        '"' | '\'' => open,
        _ => return None,
    };
    let inside = &rest[open.len_utf8()..];
    let end = inside.find(close)?;
    let after = inside[end + close.len_utf8()..].chars().next();
    // An apostrophe inside of a word closes nothing.
    if end == 0 || close == '\'' && after.is_some_and(char::is_alphanumeric) {
        return None;
    }
    Some((&inside[..end], open.len_utf8() + end + close.len_utf8()))
}

/// The length of a path that begins here: `/home/ana/x.txt`, `~/notas`, `./x`, `notas.txt`, `Europe/Madrid`.
fn path_len(rest: &str) -> Option<usize> {
    let end = rest
        .find(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '»' | '?' | '!' | ')'))
        .unwrap_or(rest.len());
    let path = rest[..end].trim_end_matches(['.', ':']);
    let rooted = ["/", "~/", "./", "../"].iter().any(|root| path.starts_with(root)) && path.len() > 1 || path == "/";
    let has_letters = |part: &str| part.chars().any(char::is_alphabetic);
    let file = path.rsplit_once('.').is_some_and(|(stem, extension)| {
        let short = (1..=8).contains(&extension.len()) && extension.chars().all(|c| c.is_ascii_alphanumeric());
        // «mañana.Luego» is the end of a sentence.
        let one_case = !extension.chars().skip(1).any(char::is_lowercase) || !extension.chars().any(char::is_uppercase);
        short
            && one_case
            && has_letters(extension)
            && has_letters(stem)
            && stem.chars().count() > 1
            && !stem.ends_with('.')
            && !extension.starts_with(|c: char| c.is_ascii_digit())
    });
    let zone = path.split_once('/').is_some_and(|(area, city)| {
        area.len() > 2
            && area.chars().all(|c| c.is_ascii_alphabetic())
            && area.starts_with(|c: char| c.is_ascii_uppercase())
            && city.starts_with(|c: char| c.is_ascii_uppercase())
    });
    let drive = path.len() > 2 && path.as_bytes()[0].is_ascii_alphabetic() && path[1..].starts_with(":\\");
    (rooted || file || zone || drive).then_some(path.len())
}

/// `a.m.`, `p. m.`, `pm` as one word.
fn half_day(rest: &str) -> Option<(&'static str, usize)> {
    let word = match rest.chars().next()? {
        'a' | 'A' => "am",
        'p' | 'P' => "pm",
        _ => return None,
    };
    let after = &rest[1..];
    let dotted = after.strip_prefix('.').map_or(after, |after| after.strip_prefix(' ').unwrap_or(after));
    let after = if dotted.starts_with(['m', 'M']) { &dotted[1..] } else { return None };
    let after = if after.starts_with('.') && rest.len() - after.len() > 2 { &after[1..] } else { after };
    if after.starts_with(char::is_alphanumeric) { None } else { Some((word, rest.len() - after.len())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences() {
        let shown = |text: &str| {
            let tokens = tokens(text).into_iter();
            let shown = tokens.map(|token| {
                let gap = if token.gap == Gap::None { "_" } else { "" };
                match token.kind {
                    Kind::Word(word) => format!("{gap}{word}"),
                    Kind::Number { value, digits } => format!("{gap}{value}#{digits}"),
                    Kind::Quoted(text) => format!("{gap}<{text}>"),
                    Kind::Path(path) => format!("{gap}[{path}]"),
                    Kind::Mark(c) => format!("{gap}({c})"),
                }
            });
            shown.collect::<Vec<_>>().join(" ")
        };
        for (text, expected) in [
            ("Avísame mañana a las 9:05, ¿vale?", "avisame manana a las 9#1 _(:) _5#2 _(,) (¿) _vale _(?)"),
            ("man\u{303}ana A LAS 9", "manana a las 9#1"),
            ("at 5pm, 5 p.m., 5 p. m. or 5PM.", "at 5#1 _pm _(,) 5#1 pm _(,) 5#1 pm or 5#1 _pm _(.)"),
            ("in 1h30m", "in 1#1 _h _30#2 _m"),
            ("a las 9h30", "a las 9#1 _h _30#2"),
            ("on the 3rd", "on the 3#1 _rd"),
            ("el 3/5/2026", "el 3#1 _(/) _5#1 _(/) _2026#4"),
            ("si cambia ~/notas.txt.", "si cambia [~/notas.txt] _(.)"),
            ("si cambia lista.txt, dilo", "si cambia [lista.txt] _(,) dilo"),
            ("lee «el lunes a las 9» ya", "lee <el lunes a las 9> ya"),
            ("when I've don't o'clock", "when ive dont oclock"),
            ("del 80 %", "del 80#2 (%)"),
            ("del 80%", "del 80#2 _(%)"),
            ("5GB", "5#1 _gb"),
            ("at 9 Europe/Madrid", "at 9#1 [Europe/Madrid]"),
            ("mañana.Luego", "manana _(.) _luego"),
            ("1.5 hours", "1#1 _(.) _5#1 hours"),
            ("12345678901", "12345678901"),
            ("am I", "am i"),
            ("ampersand", "ampersand"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]

        #[test]
        fn spans_are_in_order_and_no_text_makes_it_panic(text in "\\PC{0,60}") {
            let mut end = 0;
            for token in tokens(&text) {
                proptest::prop_assert!(token.span.start >= end && token.span.end > token.span.start);
                proptest::prop_assert!(text.is_char_boundary(token.span.start) && text.is_char_boundary(token.span.end));
                end = token.span.end;
            }
        }
    }
}
