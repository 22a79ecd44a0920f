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
use crate::grammar::{Mention, Scan};
use crate::text::Kind;
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
const CHANGED: &[&str] = &["upped", "bumped", "hiked", "dropped", "subio", "bajo"];
const TO: &[&str] = &["a", "to", "hasta"];
const NOW: &[&str] = &["ahora", "now"];
const PRONOUNS: &[&str] = &["lo", "la", "it", "dosis", "dose", "dosage"];

impl Run<'_> {
    pub(super) fn dose_changed(&mut self, scan: &Scan<'_>, groups: &[Group], sentence: (usize, usize)) {
        let changes = |group: &Group| {
            let aspect = group.aspect;
            group.has_any(CHANGES)
                && group.polarity == Polarity::Positive
                && !(aspect.modal || aspect.prospective || aspect.bygone)
                && !group.readings.iter().all(|form| matches!(form.tense, Tense::Future | Tense::Conditional))
        };
        let last = scan.tokens.len();
        let to = |at: usize| scan.is_any(at, TO) && scan.tokens.get(at + 1).is_some_and(|t| t.kind == Kind::Number);
        let is = |at: usize| {
            let figure = at + 1 + usize::from(scan.is_any(at + 1, &["de", "a", "at", "on"]));
            let names = scan.is_any(at, &["es", "son", "is", "it 's", "'s", "tomo", "take", "on"]);
            names && scan.tokens.get(figure).is_some_and(|t| t.kind == Kind::Number)
        };
        let changed = groups.iter().any(changes) || (0..last).any(|at| scan.is_any(at, CHANGED));
        let new = if changed { (0..last).rev().find(|&at| to(at)) } else { None };
        let now = (0..last).any(|at| scan.is_any(at, NOW));
        let Some(at) = new.or_else(|| (0..last).rev().find(|&at| now && is(at))) else { return };
        let Some(figure) = (at + 1..last).find(|&i| scan.tokens[i].kind == Kind::Number) else { return };
        let end = figure + 1 + usize::from(scan.is_any(figure + 1, DOSES));
        let drug = (0..last).find_map(|at| {
            let listed = words::longest(scan.language, scan.tokens, at, &[Class::Medicine]);
            listed.map(|(_, end)| (at, end)).or_else(|| scan.substance_at(at).then_some((at, at + 1)))
        });
        let dose = scan.source(figure, end);
        let recent = || self.before.recent.iter().chain(&self.statements).any(|s| s.predicate == Predicate::Medication);
        let spoken_of = (0..last).any(|at| scan.is_any(at, PRONOUNS)) || scan.word(0) == "ahora";
        let object = match drug {
            Some((first, last)) => {
                let name = scan.source(first, last);
                Object { text: format!("{name} {dose}"), key: words::key(name), mention: None }
            }
            None if spoken_of && recent() => Object { text: dose.to_owned(), key: String::new(), mention: None },
            None => return,
        };
        // Behind the figure stands no other thing than a unit: «me han subido el sueldo a 2000 euros».
        if end == figure + 1 && scan.tokens.get(end).is_some_and(|t| t.is("%") || t.is("euros") || t.is("€")) {
            return;
        }
        self.statements.retain(|s| s.sentence != sentence || s.predicate != Predicate::Medication);
        self.clauses += 1;
        let reader = Reader { scan, manner: Manner::Plain, number: self.clauses, sentence };
        let says = Says { predicate: Predicate::Medication, kind: DOSE, constant: None };
        let stance = Stance { act: Act::Assert, ..Stance::PLAIN };
        let statement = reader.statement(Mention::Owner, &says, Some(object), stance, (0, last));
        self.push(statement);
    }
}
