//! What of a question nothing explains: whether it was understood to its last word.

use sarai_types::Language;

use super::question::{CUES, Topic};
use crate::grammar::Scan;
use crate::time::{Direction, date};
use crate::words::lists::{ANY_QUESTION, FUNCTION};
use crate::words::{self, Class, Tense};

/// The words that neither a topic, nor somebody named, nor a date, nor any question at all explains.
pub(super) fn rest(
    scan: &Scan<'_>,
    from: usize,
    words: &[Vec<String>],
    topics: &[Topic],
    spans: &[(usize, usize)],
) -> Vec<String> {
    let cues = &CUES[usize::from(scan.language == Language::English)];
    let asked = |word: &String| {
        cues.iter()
            .filter(|cue| topics.iter().any(|topic| topic.predicate == cue.predicate))
            .any(|cue| cue.words.contains(&word.as_str()))
    };
    let lookup = scan.pointing(Direction::Future);
    let mut out = Vec::new();
    let mut at = from;
    while at < scan.tokens.len() {
        if let Some((_, end)) = spans.iter().find(|(first, end)| (*first..*end).contains(&at)) {
            at = *end;
            continue;
        }
        if let Some((_, end)) = date(scan.tokens, at, lookup) {
            at = end.max(at + 1);
            continue;
        }
        // «¿Qué me gusta desayunar?» is not after all that somebody likes.
        if liked_doing(scan, from, at) {
            out.push(scan.word(at).to_owned());
            at += 1;
            continue;
        }
        let spellings = &words[at - from];
        let relative = [Class::Kin, Class::Pet];
        let explained = scan.tokens[at].is_mark()
            || FUNCTION.contains(&scan.word(at))
            || spellings.iter().any(|word| ANY_QUESTION.contains(&word.as_str()) || asked(word))
            || words::longest(scan.language, scan.tokens, at, &relative).is_some();
        if !explained {
            out.push(scan.word(at).to_owned());
        }
        at += 1;
    }
    out
}

/// Whether a verb stands here that says what of the things liked is asked for: «me gusta leer», "like to eat".
fn liked_doing(scan: &Scan<'_>, from: usize, at: usize) -> bool {
    const LIKES: &[&str] = &[
        "gustar", "encantar", "apetecer", "preferir", "odiar", "detestar", "soportar", "like", "love", "enjoy",
        "prefer", "hate", "dislike", "stand",
    ];
    let forms =
        |i: usize| scan.tokens.get(i).map_or(&[][..], |token| words::forms(scan.language, &token.lower, &token.fold));
    let infinitive = if scan.spanish() {
        forms(at).iter().any(|form| form.tense == Tense::Infinitive)
    } else {
        scan.is_any(at.max(1) - 1, &["to"]) || forms(at).iter().any(|form| form.tense == Tense::Gerund)
    };
    let general =
        forms(at).iter().any(|form| ["hacer", "practicar", "do", "practise", "practice"].contains(&form.lemma));
    infinitive
        && !general
        && !forms(at).is_empty()
        && (at.saturating_sub(4).max(from)..at).any(|i| forms(i).iter().any(|form| LIKES.contains(&form.lemma)))
}
