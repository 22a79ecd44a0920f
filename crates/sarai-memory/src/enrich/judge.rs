//! What a model said of a sentence, checked word by word.

use std::sync::LazyLock;

use super::ask::{BAR, LINES_MAX, NOTHING};
use super::sentence::Reading;
use super::{PROPOSED, Proposal, Refusal};
use crate::extract::{Act, Manner, Object, Statement};
use crate::fact::Predicate;
use crate::grammar::Mention;
use crate::words;

/// A longer answer is none; two lines of the longest words are shorter.
const ANSWER_BYTES_MAX: usize = 1024;

/// Words that tell a predicate by themselves, from `cues.txt`.
static CUES: LazyLock<Vec<(Predicate, Vec<&'static str>)>> = LazyLock::new(|| {
    let rows = include_str!("cues.txt").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| {
        let (name, stems) = line.split_once('|')?;
        Some((Predicate::from_name(name)?, stems.split(',').collect()))
    })
    .collect()
});

/// The lines of an answer, each with what is wrong with it. An answer that is no list of lines is one wrong line.
pub(crate) fn proposals(text: &str, reading: &Reading, answer: &str) -> Vec<Result<Proposal, Refusal>> {
    let answer = answer.trim();
    if answer == NOTHING {
        return Vec::new();
    }
    if answer.len() > ANSWER_BYTES_MAX || answer.lines().count() > LINES_MAX {
        return vec![Err(Refusal::Malformed)];
    }
    let mut out: Vec<Result<Proposal, Refusal>> = answer.lines().map(|line| proposal(text, reading, line)).collect();
    if out.is_empty() {
        out.push(Err(Refusal::Malformed));
    }
    out.dedup();
    out
}

fn proposal(text: &str, reading: &Reading, line: &str) -> Result<Proposal, Refusal> {
    let parts: Vec<&str> = line.split(BAR).collect();
    let [subject, predicate, object] = parts[..] else { return Err(Refusal::Malformed) };
    let allowed = |predicate: &Predicate| PROPOSED.iter().any(|(proposed, _)| proposed == predicate);
    let predicate = Predicate::from_name(predicate).filter(allowed).ok_or(Refusal::Predicate)?;
    let (label, mention) = reading.subjects.iter().find(|(label, _)| label == subject).ok_or(Refusal::Subject)?;
    let stands = |span: &&(usize, usize)| text.get(span.0..span.1) == Some(object) && object != label;
    let span = *reading.objects.iter().find(stands).ok_or(Refusal::Object)?;
    if crate::extract::is_secret(object) {
        return Err(Refusal::Secret);
    }
    let subject = if *mention == Mention::Owner { String::new() } else { label.clone() };
    Ok(Proposal { subject, predicate, object: object.to_owned(), span })
}

/// What a proposal states. None if the sentence names its subject no more.
pub(crate) fn statement(reading: &Reading, proposal: &Proposal) -> Option<Statement> {
    let is_meant = |(label, mention): &&(String, Mention)| {
        if proposal.subject.is_empty() { *mention == Mention::Owner } else { *label == proposal.subject }
    };
    let (_, subject) = reading.subjects.iter().find(is_meant)?;
    Some(Statement {
        subject: subject.clone(),
        predicate: proposal.predicate,
        kind: String::new(),
        object: Some(Object { text: proposal.object.clone(), key: words::key(&proposal.object), mention: None }),
        act: Act::Assert,
        manner: Manner::Plain,
        from: None,
        to: None,
        clause: 1,
        span: proposal.span,
        sentence: reading.span,
        language: reading.language,
    })
}

/// Whether the sentence itself has a word for the predicate, so that a model's word is not all there is.
pub(crate) fn cued(reading: &Reading, predicate: Predicate) -> bool {
    let stems = CUES.iter().filter(|(cued, _)| *cued == predicate).flat_map(|(_, stems)| stems);
    let fits = |stem: &&str, word: &String| match stem.strip_suffix('*') {
        Some(stem) => word.starts_with(stem),
        None => word == stem,
    };
    stems.into_iter().any(|stem| reading.words.iter().any(|word| fits(stem, word)))
}

#[cfg(test)]
mod tests {
    use super::super::{question, unread};
    use super::*;
    use crate::time::Moment;
    use sarai_types::{GrammarKind, Language, Priority};

    fn reading(text: &str, language: Language) -> Reading {
        let at = Moment::parse("2026-03-10T10:00:00Z").unwrap();
        let mut found = unread(text, language, at, &[], &|name| name == "javier");
        assert_eq!(found.len(), 1, "{text}");
        found.remove(0)
    }

    #[test]
    fn only_what_stands_in_the_sentence_is_a_proposal() {
        use Refusal::{Malformed, Object, Predicate as Verb, Subject};
        let text = "Me tiene enganchado la novela negra de Javier";
        let reading = reading(text, Language::Spanish);
        for (answer, expected) in [
            ("nothing", vec![]),
            ("yo | hobby | novela negra", vec![Ok("|hobby|novela negra")]),
            (" yo | likes | novela\n", vec![Ok("|likes|novela")]),
            ("yo | likes | novela\nJavier | likes | negra", vec![Ok("|likes|novela"), Ok("Javier|likes|negra")]),
            // Twice the same is once.
            ("yo | likes | novela\nyo | likes | novela", vec![Ok("|likes|novela")]),
            // Neither what it means nor how it might be written: the very words.
            ("yo | likes | Novela", vec![Err(Object)]),
            ("yo | likes | carpintería", vec![Err(Object)]),
            ("yo | likes | la", vec![Err(Object)]),
            ("yo | likes | ", vec![Err(Malformed)]),
            ("yo | likes | Javier", vec![Ok("|likes|Javier")]),
            ("Javier | likes | Javier", vec![Err(Object)]),
            ("Marta | likes | novela", vec![Err(Subject)]),
            ("el usuario | likes | novela", vec![Err(Subject)]),
            (" | likes | novela", vec![Err(Malformed)]),
            // Neither names nor notes nor relations, nor what there is not.
            ("yo | name | Javier", vec![Err(Verb)]),
            ("yo | note | novela", vec![Err(Verb)]),
            ("yo | relative | Javier", vec![Err(Verb)]),
            ("yo | may_delete_files | novela", vec![Err(Verb)]),
            ("", vec![Err(Malformed)]),
            ("yo", vec![Err(Malformed)]),
            ("yo | likes", vec![Err(Malformed)]),
            ("yo | likes | novela | negra", vec![Err(Malformed)]),
            ("{\"subject\": \"yo\"}", vec![Err(Malformed)]),
            ("nothing\nnothing\nnothing", vec![Err(Malformed)]),
            (&"x".repeat(2000), vec![Err(Malformed)]),
            ("\u{202e}\0 | \u{0} | \n", vec![Err(Malformed)]),
        ] {
            let found = proposals(text, &reading, answer);
            let told: Vec<Result<String, Refusal>> = found
                .iter()
                .map(|line| line.clone().map(|p| format!("{}|{}|{}", p.subject, p.predicate, p.object)))
                .collect();
            let expected: Vec<Result<String, Refusal>> =
                expected.into_iter().map(|line| line.map(str::to_owned)).collect();
            assert_eq!(told, expected, "{answer:?}");
            for proposal in found.into_iter().flatten() {
                assert_eq!(&text[proposal.span.0..proposal.span.1], proposal.object);
                assert!(statement(&reading, &proposal).is_some());
            }
        }
    }

    #[test]
    fn a_model_can_only_say_what_may_be_proposed() {
        let text = "Me tiene enganchado la novela (negra) del 1.5";
        let reading = reading(text, Language::Spanish);
        let asked = question(text, &reading);
        assert_eq!(asked.priority, Priority::Background);
        assert!(asked.max_tokens.is_some());
        let grammar = asked.grammar.unwrap();
        assert_eq!(grammar.kind, GrammarKind::Regex);
        assert!(grammar.source.starts_with(r"nothing|(yo) \| (role|studies|"), "{}", grammar.source);
        assert!(!grammar.source.contains("note") && !grammar.source.contains("relative"));
    }

    #[test]
    fn cues_are_folded_and_of_what_may_be_proposed() {
        let rows = include_str!("cues.txt").lines().filter(|line| !line.starts_with('#'));
        assert_eq!(rows.clone().count(), CUES.len());
        assert!(CUES.iter().all(|(predicate, _)| PROPOSED.iter().any(|(proposed, _)| proposed == predicate)));
        assert!(rows.clone().all(|row| row == crate::text::fold(row) && !row.contains(' ')));
        let reading = reading("A mi cuñada la tiene enganchada el idioma galés", Language::Spanish);
        assert!(cued(&reading, Predicate::Speaks));
        assert!(!cued(&reading, Predicate::Likes));
    }
}
