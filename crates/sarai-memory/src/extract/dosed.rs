//! Another dose of what is taken already: «me han subido el enalapril a 20», "they've upped it to 100 mg". Which of the
//! medicines it is, where only «lo» says so, the memory knows.

use super::Run;
use super::claims::Reader;
use super::stance::Stance;
use super::statement::{Act, Manner, Object};
use crate::fact::Predicate;
use crate::grammar::dose::DOSES;
use crate::grammar::frames::Says;
use crate::grammar::group::{Group, Polarity};
use crate::grammar::noun::Noun;
use crate::grammar::{Mention, Scan};
use crate::text::Kind;
use crate::words::lists::PROFESSIONALS;
use crate::words::{self, Class, Tense};

/// What is only the dose of a medicine that is taken already has this kind.
pub(crate) const DOSE: &str = "dose";
/// Verbs of more and of less.
const CHANGES: &[&str] = &[
    "subir",
    "bajar",
    "aumentar",
    "reducir",
    "incrementar",
    "disminuir",
    "cambiar",
    "pasar",
    "ajustar",
    "up",
    "raise",
    "increase",
    "bump",
    "put",
    "go",
    "lower",
    "reduce",
    "drop",
    "cut",
    "bring",
    "move",
    "change",
    "adjust",
    "double",
    "take",
    "turn",
];
/// Participles that no table of verbs has.
const CHANGED: &[&str] = &["upped", "bumped", "hiked"];
const TO: &[&str] = &["a", "to", "hasta"];
const NOW: &[&str] = &["ahora", "now"];
const DOSE_WORDS: &[&str] = &["dosis", "dose", "dosage"];
/// What may stand behind a dose; another word would be what the figure counts.
const BEHIND: &[&str] = &[
    "now", "ahora", "from", "desde", "esta", "este", "this", "a", "al", "each", "every", "cada", "twice", "once", "in",
    "por", "since", "today", "hoy", "ya", "for", "para", "and", "y", "so", "because", "porque", "instead", "daily",
    "per", "starting", "mejor", "nada",
];

impl Run<'_> {
    pub(super) fn dose_changed(&mut self, scan: &Scan<'_>, groups: &[Group], sentence: (usize, usize)) {
        let last = scan.tokens.len();
        let Some((at, pointed)) = told(scan, groups) else { return };
        let Some(figure) = (at + 1..last).find(|&i| scan.tokens[i].kind == Kind::Number) else { return };
        let united = scan.is_any(figure + 1, DOSES);
        let end = figure + 1 + usize::from(united);
        let counts = scan.tokens.get(end).is_some_and(|next| next.is_word() && !BEHIND.contains(&next.fold.as_str()));
        let Some(whose) = taker(scan).filter(|_| !counts) else { return };
        let drug = (0..last).find_map(|at| {
            let listed = words::longest(scan.language, scan.tokens, at, &[Class::Medicine]);
            listed.map(|(_, end)| (at, end)).or_else(|| scan.substance_at(at).then_some((at, at + 1)))
        });
        let dose = scan.source(figure, end);
        let (subject, object) = match drug {
            Some((first, last)) => {
                let name = scan.source(first, last);
                (whose, Object { text: format!("{name} {dose}"), key: words::key(name), mention: None })
            }
            None => {
                // «Lo» is the medicine that was spoken of last, and is taken by whoever takes it.
                let spoken = pointed.unwrap_or(united) || (0..last).any(|i| scan.is_any(i, DOSE_WORDS));
                let told = self.before.recent.last().filter(|s| spoken && s.predicate == Predicate::Medication);
                let Some((of, key)) = told.and_then(|s| Some((s.subject.clone(), s.object.as_ref()?.key.clone())))
                else {
                    return;
                };
                (of, Object { text: dose.to_owned(), key, mention: None })
            }
        };
        let Some(subject) = self.resolved(subject) else { return };
        let same = |s: &super::Statement| {
            s.sentence == sentence
                && s.predicate == Predicate::Medication
                && s.act == Act::Assert
                && s.object.as_ref().is_some_and(|known| known.key == object.key)
        };
        self.statements.retain(|s| !same(s));
        self.clauses += 1;
        let reader = Reader { scan, manner: Manner::Plain, number: self.clauses, sentence };
        let says = Says { predicate: Predicate::Medication, kind: DOSE, constant: None };
        let statement = reader.statement(subject, &says, Some(object), Stance::PLAIN, (0, last));
        self.push(statement);
    }
}

/// Where a dose is told: behind "to" with the verb that changes it, and whether a pronoun stands by that, or behind "it's
/// now".
fn told(scan: &Scan<'_>, groups: &[Group]) -> Option<(usize, Option<bool>)> {
    let last = scan.tokens.len();
    let number = |at: usize| scan.tokens.get(at).is_some_and(|token| token.kind == Kind::Number);
    let changes = |group: &&Group| {
        let aspect = group.aspect;
        group.has_any(CHANGES)
            && group.polarity == Polarity::Positive
            && !(aspect.modal || aspect.prospective || aspect.bygone)
            && !group.readings.iter().all(|form| matches!(form.tense, Tense::Future | Tense::Conditional))
    };
    let verb = groups.iter().find(changes);
    let changed = (0..last).find(|&at| scan.is_any(at, CHANGED));
    let to = (0..last).rev().find(|&at| scan.is_any(at, TO) && number(at + 1));
    let pointed = match (verb, changed) {
        (Some(group), _) => Some(points(scan, group)),
        (None, Some(at)) => Some(scan.is_any(at + 1, &["it"])),
        (None, None) => None,
    };
    if let (Some(at), Some(_)) = (to, pointed) {
        return Some((at, pointed));
    }
    let now = (0..last).any(|at| scan.is_any(at, NOW));
    let is = |at: usize| {
        let figure = at + 1 + usize::from(scan.is_any(at + 1, &["de", "a", "at", "on"]));
        scan.is_any(at, &["es", "son", "is", "'s", "tomo", "take", "on"]) && number(figure)
    };
    (0..last).rev().find(|&at| now && is(at)).map(|at| (at, None))
}

/// «Me lo han subido», "they've upped it": whether a pronoun stands by the verb, and no other thing.
fn points(scan: &Scan<'_>, group: &Group) -> bool {
    let clitic = (group.first.saturating_sub(1)..group.last).any(|at| scan.is_any(at, &["lo", "la"]));
    let object = scan.spanish() && clitic && scan.is_any(group.last, TO);
    object || (group.last..scan.tokens.len().min(group.last + 2)).any(|at| scan.is_any(at, &["it"]))
}

/// Who takes it: the owner, or whoever the sentence names. None where it cannot be told.
fn taker(scan: &Scan<'_>) -> Option<Mention> {
    let mut at = 0;
    while at < scan.tokens.len() {
        let Some((noun, end)) = scan.noun(at) else {
            at += 1;
            continue;
        };
        let mention = match noun {
            Noun::Someone(mention) => mention,
            Noun::Thing(Mention::Thing { of, .. }) => *of,
            Noun::Thing(mention) => mention,
            Noun::Attribute { of, .. } | Noun::Favourite { of, .. } => of,
        };
        match &mention {
            Mention::Owner | Mention::Pronoun { .. } | Mention::Thing { .. } => {}
            // Who prescribes does not take it.
            Mention::Relative { kin, .. } if PROFESSIONALS.contains(kin) => {}
            Mention::Named(name) if name.contains('.') || is_titled(name) => {}
            Mention::Relative { plural: false, .. } => return Some(mention),
            _ => return None,
        }
        at = end.max(at + 1);
    }
    Some(Mention::Owner)
}

fn is_titled(name: &str) -> bool {
    let first = crate::text::fold(name).split(' ').next().map(str::to_owned).unwrap_or_default();
    ["dr", "dra", "doctor", "doctora", "nurse"].contains(&first.as_str())
}
