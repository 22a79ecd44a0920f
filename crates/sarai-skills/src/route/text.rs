//! A request, taken apart: what is asked for, what it is to be done with, and the words of both.
//!
//! A person who wants a letter summed up pastes the letter. Its words say nothing about what is wanted, so only the
//! words around it count; that there is something pasted is a sign of its own.

use sarai_types::Language;

use super::stem::{fold, stem};

/// Of a longer request only the start and the end are read, in characters.
const START_CHARS: usize = 4000;
const END_CHARS: usize = 1000;
/// A quotation of so many words is something to work on; a shorter one is a name.
const QUOTE_WORDS_MIN: usize = 4;
/// So many words must follow a colon or a line break to be something to work on.
const TAIL_WORDS_MIN: usize = 3;
/// An instruction is seldom longer than this, in words.
const INSTRUCTION_WORDS_MAX: usize = 25;
/// Nor is one that stands below its text.
const CLOSING_WORDS_MAX: usize = 15;
const QUOTES: [(char, char); 3] = [('«', '»'), ('“', '”'), ('"', '"')];
const FENCE: &str = "```";

/// What a request looks like.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Parts {
    /// What is asked for.
    pub(super) instruction: String,
    /// There was something to work on besides.
    pub(super) passage: bool,
    /// There is code.
    pub(super) code: bool,
    /// There is something to calculate.
    pub(super) formula: bool,
}

impl Parts {
    pub(super) fn of(text: &str) -> Self {
        let text = shorten(text.trim());
        let (text, fenced) = without_fences(&text);
        let (text, quoted) = without_quotes(&text);
        let (instruction, tail) = without_passage(&text);
        let code = fenced || has_call(&instruction) || has_call(&text);
        Self { passage: quoted || tail, code, formula: has_formula(&text), instruction }
    }
}

fn shorten(text: &str) -> String {
    let count = text.chars().count();
    if count <= START_CHARS + END_CHARS {
        return text.to_owned();
    }
    let start = text.chars().take(START_CHARS);
    start.chain(std::iter::once('\n')).chain(text.chars().skip(count - END_CHARS)).collect()
}

fn without_fences(text: &str) -> (String, bool) {
    let mut pieces = text.split(FENCE);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    let mut found = false;
    // Every second piece is inside; one that never ends is inside too.
    for (index, piece) in pieces.enumerate() {
        found = true;
        if index % 2 == 1 {
            out.push(' ');
            out.push_str(piece);
        }
    }
    (out, found)
}

fn without_quotes(text: &str) -> (String, bool) {
    let mut out = text.to_owned();
    let mut found = false;
    for (open, close) in QUOTES {
        let mut kept = String::new();
        let mut rest = out.as_str();
        while let Some((before, after)) = rest.split_once(open) {
            let Some((inside, behind)) = after.split_once(close) else { break };
            kept.push_str(before);
            if inside.split_whitespace().count() >= QUOTE_WORDS_MIN {
                found = true;
                kept.push(' ');
            } else {
                kept.push(open);
                kept.push_str(inside);
                kept.push(close);
            }
            rest = behind;
        }
        kept.push_str(rest);
        out = kept;
    }
    (out, found)
}

/// The instruction, and whether something was cut off it.
fn without_passage(text: &str) -> (String, bool) {
    let words = |text: &str| text.split_whitespace().count();
    let break_at = text
        .char_indices()
        .zip(text.chars().skip(1).chain(std::iter::once(' ')))
        .find(|((_, c), next)| *c == '\n' || (*c == ':' && next.is_whitespace()))
        .map(|((at, _), _)| at);
    if let Some(at) = break_at {
        let (head, tail) = (&text[..at], &text[at + 1..]);
        if words(head) <= INSTRUCTION_WORDS_MAX && words(tail) >= TAIL_WORDS_MIN {
            return (head.to_owned(), true);
        }
    }
    let closing = text.lines().next_back().unwrap_or_default();
    if text.lines().count() > 1 && words(text) > INSTRUCTION_WORDS_MAX && words(closing) <= CLOSING_WORDS_MAX {
        return (closing.to_owned(), true);
    }
    if words(text) > 2 * (INSTRUCTION_WORDS_MAX + CLOSING_WORDS_MAX) {
        let all: Vec<&str> = text.split_whitespace().collect();
        let (start, end) = (&all[..INSTRUCTION_WORDS_MAX], &all[all.len() - CLOSING_WORDS_MAX..]);
        return ([start, end].concat().join(" "), true);
    }
    (text.to_owned(), false)
}

/// A name with something in parentheses right behind it.
fn has_call(text: &str) -> bool {
    let mut before = ' ';
    for (index, c) in text.char_indices() {
        if c == '(' && (before.is_ascii_alphanumeric() || before == '_') && text[index..].contains(')') {
            return true;
        }
        before = c;
    }
    false
}

/// An operator between two numbers, a percentage, a factorial, a root, an unknown.
fn has_formula(text: &str) -> bool {
    if has_factorial(text) {
        return true;
    }
    let plain: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    plain.windows(2).enumerate().any(|(index, pair)| {
        let [a, b] = [pair[0], pair[1]];
        let c = plain.get(index + 2).copied().unwrap_or(' ');
        let ends = a.is_ascii_digit() || a == ')';
        let begins = c.is_ascii_digit() || c == '(';
        match b {
            '×' | '*' | '^' | '÷' => ends && begins,
            // Between digits these are dates and ranges too, so one side has blanks or the other is a parenthesis.
            '+' | '/' | '-' | '−' => ends && begins && (a == ')' || c == '(' || is_apart(text, b)),
            '%' => a.is_ascii_digit(),
            'x' => a.is_ascii_digit() && matches!(c, '+' | '-' | '=' | '²' | '^') || (ends && begins),
            _ => a == '√' && b.is_ascii_digit(),
        }
    })
}

/// `15!` in the middle of something: at its end it is an exclamation.
fn has_factorial(text: &str) -> bool {
    let factor = |(before, after): (&str, &str)| {
        before.ends_with(|c: char| c.is_ascii_digit()) && !after.is_empty() && !after.starts_with(char::is_alphanumeric)
    };
    !text.contains('¡') && text.split_once('!').is_some_and(factor)
}

/// Whether an operator stands between blanks somewhere.
fn is_apart(text: &str, operator: char) -> bool {
    text.contains(&format!(" {operator} "))
}

/// One word of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// As it is compared.
    pub(super) stem: String,
    /// As it was written.
    pub(super) word: String,
}

/// What stands for a number, and for one that is a year.
const NUMBER: &str = "#";
const YEAR: &str = "#y";

pub(super) fn tokens(text: &str, language: Language) -> Vec<Token> {
    words(text)
        .into_iter()
        .map(|word| {
            let is_number = word.starts_with(|c: char| c.is_ascii_digit());
            let is_year = word.len() == 4 && ("1500".."2100").contains(&word.as_str());
            let stem = match (is_number, is_year) {
                (true, true) => YEAR.to_owned(),
                (true, false) => NUMBER.to_owned(),
                (false, _) => stem(&word.to_lowercase(), language),
            };
            Token { stem, word }
        })
        .collect()
}

/// Folded words, for phrases that stand for themselves.
pub(super) fn folded(text: &str) -> Vec<String> {
    words(text).iter().map(|word| fold(&word.to_lowercase())).collect()
}

/// Runs of letters, with an apostrophe inside, and runs of digits, with a point or a comma inside.
fn words(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut words = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let is_part: fn(char) -> bool = match chars[at] {
            c if c.is_ascii_digit() => |c| c.is_ascii_digit(),
            c if is_letter(c) => is_letter,
            _ => {
                at += 1;
                continue;
            }
        };
        let joins: &[char] = if chars[at].is_ascii_digit() { &['.', ','] } else { &['\'', '’'] };
        let mut end = at + 1;
        while end < chars.len() {
            let joined = joins.contains(&chars[end]) && chars.get(end + 1).is_some_and(|next| is_part(*next));
            if !is_part(chars[end]) && !joined {
                break;
            }
            end += 1;
        }
        words.push(chars[at..end].iter().map(|c| if *c == '’' { '\'' } else { *c }).collect());
        at = end;
    }
    words
}

/// A letter, or an accent that stands alone behind one.
fn is_letter(c: char) -> bool {
    c.is_alphabetic() || ('\u{300}'..='\u{36f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_is_told_from_what_is_asked() {
        for (text, instruction, passage) in [
            ("Resume este texto", "Resume este texto", false),
            ("Resume esto: uno dos tres cuatro", "Resume esto", true),
            ("Resume esto:\n\nuno dos tres", "Resume esto", true),
            ("A las 18:30 en la plaza", "A las 18:30 en la plaza", false),
            ("Nota: dos palabras", "Nota: dos palabras", false),
            ("¿Qué es «a ver»?", "¿Qué es «a ver»?", false),
            ("Traduce «no sé qué decirte hoy» ya", "Traduce   ya", true),
            ("Say \"one two three four\" now", "Say   now", true),
            ("abierto « sin cerrar nunca jamás", "abierto « sin cerrar nunca jamás", false),
        ] {
            let parts = Parts::of(text);
            assert_eq!((parts.instruction.as_str(), parts.passage), (instruction, passage), "{text}");
        }
        let long = "palabra ".repeat(200);
        let below = Parts::of(&format!("{long}\n\nResume lo anterior"));
        assert_eq!((below.instruction.as_str(), below.passage), ("Resume lo anterior", true));
        assert!(Parts::of(&long).passage && Parts::of(&long).instruction.len() < 400);
        assert!(Parts::of(&"a".repeat(1_000_000)).instruction.len() <= START_CHARS + END_CHARS + 1);
    }

    #[test]
    fn code_and_formulas() {
        for (text, code, formula) in [
            ("```\nx\n```", true, false),
            ("print(1)", true, false),
            ("¿Qué hace f(x)?", true, false),
            ("una cosa (y otra)", false, false),
            ("¿Cuánto es 12 × 3?", false, true),
            ("12*3", false, true),
            ("(1 + 2) / 3", false, true),
            ("el 21 % de 350", false, true),
            ("15! en total", false, true),
            ("3x + 7 = 22", false, true),
            ("√2", false, true),
            ("el 12/03/2025", false, false),
            ("entre 10-12 personas", false, false),
            ("¡Tengo 15!", false, false),
            ("I have 15!", false, false),
            ("What is 15!?", false, true),
            ("a + b", false, false),
        ] {
            let parts = Parts::of(text);
            assert_eq!((parts.code, parts.formula), (code, formula), "{text}");
        }
    }

    #[test]
    fn words_and_numbers() {
        let stems = |text| tokens(text, Language::English).into_iter().map(|token| token.stem).collect::<Vec<_>>();
        assert_eq!(stems("In 1999, 3.5 boxes!"), ["in", "#y", "#", "box"]);
        assert_eq!(folded("¿Qué ÑANDÚ, e\u{301}l?"), ["que", "nandu", "el"]);
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_strange(text in ".{0,300}") {
            let parts = Parts::of(&text);
            let _ = tokens(&parts.instruction, Language::Spanish);
            let _ = tokens(&text, Language::English);
        }
    }
}
