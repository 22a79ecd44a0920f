//! One value for another: «es el 84, no el 48», "42 not 41", «ojo, 9304» behind a 9034.

use super::statement::{Act, Manner, Object, Statement};
use crate::fact::Predicate;
use crate::grammar::group::Group;
use crate::grammar::noun::Noun;
use crate::grammar::{Mention, Scan};
use crate::text::{Kind, Token, fold, tokens};
use crate::words::lists::{ADVERBS, FILLERS, FUNCTION};
use crate::words::{self, Person};

/// A longer sentence says something of its own.
const SENTENCE_TOKENS_MAX: usize = 16;
/// A longer one than this sets no figure right without saying which.
const FIGURE_TOKENS_MAX: usize = 8;
/// Words of what is right, and of what was wrong.
const VALUE_TOKENS_MAX: usize = 3;
/// Two figures that differ by a slip have at least so many digits.
const SLIP_DIGITS_MIN: usize = 4;
/// So far before «no» stands the figure that is right.
const FIGURE_WITHIN: usize = 5;
const OBJECT_TOKENS_MAX: usize = 60;
/// Verbs of a sentence that says nothing but what is right.
const SETTING_RIGHT: &[&str] = &[
    "ser",
    "be",
    "poner",
    "escribir",
    "equivocar",
    "querer",
    "decir",
    "bailar",
    "put",
    "write",
    "type",
    "mean",
    "say",
];

/// What was said a moment ago, with the value that this sentence puts in the place of another.
pub(super) fn substituted(scan: &Scan<'_>, recent: &[Statement], sentence: (usize, usize)) -> Option<Statement> {
    let groups = scan.groups();
    let other = |group: &Group| !group.has_any(SETTING_RIGHT);
    if scan.tokens.len() > SENTENCE_TOKENS_MAX || groups.iter().any(other) || speaks_of_another(scan) {
        return None;
    }
    // «Soy enfermera, no médica» is no word about a sister who is.
    let own = groups.iter().any(|group| {
        group.has_any(&["ser", "be"]) && group.readings.iter().all(|form| form.person == Person::First)
            || scan.is_any(group.first.max(1) - 1, &["i"]) && group.has("be")
    });
    let asserted = |s: &&Statement| s.act == Act::Assert && (!own || s.subject == Mention::Owner);
    if let Some(named) = recent.iter().rev().filter(asserted).find_map(|old| renamed(scan, old, sentence)) {
        return Some(named);
    }
    let plain = |s: &&Statement| s.object.as_ref().is_some_and(|o| o.mention.is_none());
    let told: Vec<&Statement> = recent.iter().rev().filter(asserted).filter(plain).collect();
    let corrected = |old: &Statement, right: &str, wrong: &[String]| {
        let object = exchanged(old.object.as_ref()?, right, wrong)?;
        Some(super::correction::corrected(scan, old, object, sentence))
    };
    let named = contrasts(scan).into_iter().find_map(|(right, wrong)| {
        let put_right = |old: &Statement| {
            let mut statement = corrected(old, scan.source(right.0, right.1), &folds(scan, wrong))?;
            // A day is kept by its date.
            let day = || scan.slot("date", right.0).and_then(|(fillers, _)| fillers.into_iter().next());
            if let Some(day) = day().filter(|_| super::correction::slot_of(old.predicate) == Some("date")) {
                statement.object = Some(super::claims::object(day));
            }
            Some(statement)
        };
        told.iter().find_map(|old| put_right(old))
    });
    named.or_else(|| {
        // «Mido 180 cm» counts something else than what was told.
        let alone = |at: usize| scan.tokens.get(at + 1).is_none_or(Token::is_mark);
        let figure = scan.tokens.iter().position(|token| token.kind == Kind::Number).filter(|at| alone(*at))?;
        let right = scan.source(figure, figure + 1);
        told.iter().filter(|_| scan.tokens.len() <= FIGURE_TOKENS_MAX).find_map(|old| {
            let text = &old.object.as_ref()?.text;
            let wrong = tokens(text, OBJECT_TOKENS_MAX).into_iter().find(|token| is_slip(&token.fold, right))?;
            corrected(old, right, &[wrong.fold])
        })
    })
}

/// «Se llama Max, no Rex»: another name for who was told of.
fn renamed(scan: &Scan<'_>, old: &Statement, sentence: (usize, usize)) -> Option<Statement> {
    let mention = old.object.as_ref()?.mention.as_ref()?;
    let (Mention::Relative { name, .. } | Mention::Animal { name, .. }) = mention else { return None };
    let called = fold(name.as_deref()?);
    let (right, _) = contrasts(scan)
        .into_iter()
        .find(|(right, wrong)| folds(scan, *wrong).join(" ") == called && scan.tokens[right.0].capital)?;
    let text = scan.source(right.0, right.1).to_owned();
    Some(Statement {
        subject: mention.clone(),
        predicate: Predicate::Name,
        kind: String::new(),
        object: Some(Object { key: fold(&text), text, mention: None }),
        manner: Manner::Correction,
        span: sentence,
        sentence,
        language: scan.language,
        ..old.clone()
    })
}

/// Whether somebody is named of whom this is said.
fn speaks_of_another(scan: &Scan<'_>) -> bool {
    let values = contrasts(scan);
    let is_value = |at: usize| values.iter().any(|(right, wrong)| right.0 == at || wrong.0 == at);
    (0..scan.tokens.len())
        .filter(|&at| !is_value(at))
        .any(|at| matches!(scan.noun(at), Some((Noun::Someone(mention), _)) if mention != Mention::Owner))
}

type Range = (usize, usize);

/// What is right and what was wrong: «A, no B», "A not B", «no B, sino A».
fn contrasts(scan: &Scan<'_>) -> Vec<(Range, Range)> {
    let mut out = Vec::new();
    for at in (0..scan.tokens.len()).filter(|&at| scan.is_any(at, &["no", "not"])) {
        let Some(wrong) = value(scan, at + 1) else { continue };
        let comma = at > 0 && scan.word(at - 1) == ",";
        if at > 0 && (comma || !scan.spanish()) {
            let end = at - usize::from(comma);
            let first = (0..end).rev().take(VALUE_TOKENS_MAX).take_while(|&i| is_value(scan, i)).last();
            // «El 21 de junio, no el 12»: a figure for a figure.
            let figure = |i: usize| scan.tokens[i].kind == Kind::Number;
            let value =
                first.map(|first| (first, end)).filter(|_| !figure(wrong.0) || (first.unwrap_or(end)..end).any(figure));
            let number = (0..end).rev().take(FIGURE_WITHIN).find(|&i| figure(i) && figure(wrong.0)).map(|i| (i, i + 1));
            let wrong = if value.is_none() && number.is_some() { (wrong.0, wrong.0 + 1) } else { wrong };
            out.extend(value.or(number).map(|right| (right, wrong)));
        }
        let turn = wrong.1 + usize::from(scan.word(wrong.1) == ",");
        let turns = scan.is_any(turn, &["sino", "but", "es", "era", "it", "it's"]);
        out.extend(value(scan, turn).filter(|_| turns).map(|right| (right, wrong)));
    }
    out.extend(misspoken(scan));
    out
}

/// "I said A but it's B", «dije A y es B»: what is right and what was wrong.
fn misspoken(scan: &Scan<'_>) -> Option<(Range, Range)> {
    let at = (0..scan.tokens.len()).find(|&at| scan.is_any(at, &["said", "wrote", "dije", "puse", "escribi"]))?;
    let turn = (at + 2..scan.tokens.len().min(at + 6)).find(|&i| scan.is_any(i, &["but", "pero", "and", "y"]))?;
    let last = turn - usize::from(scan.word(turn - 1) == ",");
    let wrong = value(scan, at + 1).map(|(first, end)| (first, end.min(last))).filter(|(first, end)| end > first)?;
    let is = (turn + 1..scan.tokens.len().min(turn + 4))
        .find(|&i| scan.is_any(i, &["es", "era", "is", "'s", "it's", "was"]))?;
    value(scan, is + 1).map(|right| (right, wrong))
}

fn is_value(scan: &Scan<'_>, at: usize) -> bool {
    let empty = |word: &str| FILLERS.contains(&word) || FUNCTION.contains(&word) || ADVERBS.contains(&word);
    scan.tokens.get(at).is_some_and(|token| !token.is_mark()) && !empty(scan.word(at))
}

/// The words of a value behind what only leads up to it.
fn value(scan: &Scan<'_>, from: usize) -> Option<Range> {
    let leads = |at: usize| FILLERS.contains(&scan.word(at));
    let first = (from..scan.tokens.len()).find(|&at| !leads(at))?;
    let last = (first..scan.tokens.len()).find(|&at| !is_value(scan, at)).unwrap_or(scan.tokens.len());
    (last > first && last - first <= VALUE_TOKENS_MAX).then_some((first, last))
}

fn folds(scan: &Scan<'_>, range: Range) -> Vec<String> {
    scan.tokens[range.0..range.1].iter().map(|token| token.fold.clone()).collect()
}

/// An object with other words in the place of some.
fn exchanged(object: &Object, right: &str, wrong: &[String]) -> Option<Object> {
    let list = tokens(&object.text, OBJECT_TOKENS_MAX);
    let at = list.windows(wrong.len()).position(|window| window.iter().zip(wrong).all(|(t, w)| t.fold == *w))?;
    let (start, end) = (list[at].start, list[at + wrong.len() - 1].end);
    let text = format!("{}{right}{}", &object.text[..start], &object.text[end..]);
    let (old, new) = (wrong.join(" "), fold(right));
    let key = if object.key.contains(&old) { object.key.replacen(&old, &new, 1) } else { words::key(&text) };
    (text != object.text).then_some(Object { text, key, mention: None })
}

/// Whether one figure is the other with digits in another order, or with one of them wrong.
fn is_slip(a: &str, b: &str) -> bool {
    let digits = |text: &str| text.len() >= SLIP_DIGITS_MIN && text.bytes().all(|byte| byte.is_ascii_digit());
    if a == b || a.len() != b.len() || !digits(a) || !digits(b) {
        return false;
    }
    let sorted = |text: &str| {
        let mut bytes = text.as_bytes().to_vec();
        bytes.sort_unstable();
        bytes
    };
    sorted(a) == sorted(b) || a.bytes().zip(b.bytes()).filter(|(x, y)| x != y).count() == 1
}

#[cfg(test)]
mod tests {
    use crate::memory::{InMemory, Memory};
    use crate::time::Moment;
    use crate::{Message, Speaker, Store};

    /// What is known of two messages, as text.
    fn known(first: &str, second: &str) -> String {
        let mut memory = Memory::new(InMemory::new());
        let at = Moment::parse("2026-03-10T10:00:00Z").unwrap();
        for text in [first, second] {
            memory.say(Message { text, at, speaker: Speaker::Owner, language: None }).unwrap();
        }
        let facts = memory.store().facts(&crate::Filter::default()).unwrap();
        facts.iter().map(|fact| fact.object.text.as_str()).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn one_value_takes_the_place_of_another() {
        for (first, second, right, wrong) in [
            ("my shoe size is 41", "typo!! 42 not 41", "42", "41"),
            ("vivo en la calle Colón 48", "el número lo puse mal: es el 84, no el 48", "84", "48"),
            ("El código del portal es 9034", "ojo, 9304, bailé los números", "9304", "9034"),
            ("El código del portal es 9034", "no es 9034 sino 9344", "9344", "9034"),
            ("I weigh 110 kilos", "I'm 180 cm tall", "110", "180 kilos"),
            ("My PO box is 1104", "I have 1804 stamps", "1104", "box is 1804"),
            // A figure of another kind, and one that was not said.
            ("El código del portal es 9034", "son las 1200", "9034", "1200"),
            ("my shoe size is 41", "I have 12 books, not 13", "41", "12"),
            ("Peso 94 kilos", "quedan 3 días, no 4", "94", "3"),
            ("Trabajo en Zara", "ya no trabajo en Zara", "", "ya"),
            // Of somebody else.
            ("Mi hermana vive en Madrid", "Vivo en Toledo, no en Madrid", "Madrid", "?"),
            ("My sister lives in Leeds", "I'm in York, not Leeds", "Leeds", "?"),
            ("Mi hermana es médica", "Yo soy enfermera, no médica", "médica", "?"),
            ("Mi hermana es médica", "Mi prima es enfermera, no médica", "médica", "?"),
        ] {
            let all = known(first, second);
            assert!(all.contains(right) && !all.contains(wrong), "{first} {second}: {all}");
        }
    }
}
