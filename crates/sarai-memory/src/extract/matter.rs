//! What the owner pays, earns and works: "I pay 825 a month for the flat", «me cambiaron al turno de mañana». It is noted as
//! it was said, under the name of the matter, so that the next of its kind takes its place.

use super::Run;
use crate::fact::Predicate;
use crate::grammar::group::{Group, Polarity};
use crate::grammar::noun::Noun;
use crate::grammar::{Mention, Scan};
use crate::text::Kind;
use crate::time::{cardinal, weekday};
use crate::words::lists::PROFESSIONALS;
use crate::words::matters::{self, Matter, Worth};
use crate::words::{self, Tense};

/// A sum of so much needs no currency.
const SUM_MIN: u32 = 100;
/// What a sum is told in, or by.
const SUMS: &[&str] = &[
    "euros",
    "euro",
    "eur",
    "dollars",
    "bucks",
    "quid",
    "pounds",
    "pesos",
    "soles",
    "libras",
    "grand",
    "k",
    "mil",
    "hour",
    "hora",
    "month",
    "mes",
    "year",
    "ano",
    "week",
    "semana",
    "€",
    "$",
    "£",
    "bolivares",
    "colones",
    "reais",
    "pavos",
    "lucas",
];
/// What a number may count instead.
const COUNTED: &[&str] =
    &["years", "anos", "people", "personas", "minutes", "minutos", "times", "veces", "days", "dias"];
const FREE: &[&str] = &["off", "libre", "libro", "libres"];
const SHIFTS: &[&str] = &[
    "nights",
    "night",
    "earlies",
    "lates",
    "early",
    "late",
    "morning",
    "mornings",
    "afternoon",
    "afternoons",
    "evening",
    "evenings",
    "days",
    "day",
    "noche",
    "noches",
    "manana",
    "mananas",
    "tarde",
    "tardes",
    "nocturno",
    "matutino",
    "vespertino",
    "diurno",
    "partido",
    "rotativo",
    "rotating",
    "split",
];
/// "Got a raise, 16 an hour now" leaves out who.
const SUBJECTLESS: &[&str] = &["got", "earning", "paying", "working", "been", "cobrando", "pagando"];
const OWN: &[&str] =
    &["i", "we", "my", "our", "me", "us", "mi", "mis", "nos", "nuestro", "nuestra", "yo", "here", "aqui", "aca"];
/// Somebody else gets it, or pays it.
const OTHERS: &[&str] = &["her", "him", "his", "their", "he", "she", "le", "les", "su", "sus", "ella", "ellos"];

impl Run<'_> {
    pub(super) fn matters(&mut self, scan: &Scan<'_>, groups: &[Group], sentence: (usize, usize)) {
        let unreal = |group: &Group| {
            let aspect = group.aspect;
            // «Turno de tarde quería decir» sets it right.
            let means = group.has_any(&["querer", "decir", "mean"]);
            let past = group.readings.iter().all(|form| matches!(form.tense, Tense::Imperfect | Tense::Conditional));
            !means && (aspect.modal || aspect.prospective || aspect.bygone || past)
        };
        // «Los martes no trabajo» tells of days too.
        let denies = groups.iter().any(|group| group.polarity != Polarity::Positive);
        let hour = scan.hour(0, scan.tokens.len()).is_some();
        let own = (0..scan.tokens.len())
            .any(|at| scan.is_any(at, OWN) || scan.spanish() && words::in_first_person(&scan.tokens[at]))
            || scan.is_any(0, SUBJECTLESS);
        let quoted = scan.tokens.iter().any(|token| token.quoted);
        // «Hoy trabajo hasta tarde» is of one day.
        let passes = (0..scan.tokens.len())
            .any(|at| scan.is_any(at, &["hoy", "today", "tonight", "yesterday", "ayer", "tomorrow"]));
        if !own || quoted || passes || groups.iter().any(unreal) || speaks_of_another(scan) {
            return;
        }
        let known: Vec<&Matter> =
            matters::of(scan.language, scan.tokens, false).filter(|matter| holds(scan, matter.worth)).collect();
        let known = known.into_iter().filter(|matter| match matter.worth {
            Worth::Days => {
                let free = (0..scan.tokens.len()).any(|at| scan.is_any(at, FREE));
                free || groups.iter().any(|group| group.has_any(&["trabajar", "work"]))
            }
            // «Entro a las siete de la mañana» is an hour.
            Worth::Shift => !denies && !hour,
            Worth::Money | Worth::Count | Worth::Clock => !denies,
        });
        for matter in known {
            let noted = |s: &super::Statement| s.sentence == sentence && s.kind == matter.name;
            if !self.statements.iter().any(noted) {
                // A «turno» is no appointment here.
                let turn = |s: &super::Statement| {
                    s.predicate == Predicate::Appointment
                        && s.object.as_ref().is_some_and(|object| crate::text::fold(&object.text).starts_with("turno"))
                };
                self.statements.retain(|s| s.sentence != sentence || !turn(s));
                self.noted(scan, (0, scan.tokens.len()), matter.name.to_owned(), sentence);
            }
        }
    }
}

/// «Mi amigo Rubén paga 900 de alquiler», "I'm proud of my son, he makes 40k": whether anybody but the owner and those to
/// whom one turns is spoken of.
fn speaks_of_another(scan: &Scan<'_>) -> bool {
    (0..scan.tokens.len()).any(|at| {
        scan.is_any(at, OTHERS)
            || match scan.noun(at) {
                Some((Noun::Someone(mention), _)) => match mention {
                    Mention::Owner | Mention::Pronoun { plural: true, .. } => false,
                    Mention::Relative { kin, .. } => !PROFESSIONALS.contains(&kin),
                    _ => true,
                },
                Some((Noun::Thing(Mention::Thing { of, .. }), _)) => *of != Mention::Owner,
                Some((Noun::Attribute { of, .. }, _)) => of != Mention::Owner,
                _ => false,
            }
    })
}

/// Whether the sentence holds a value of the kind.
fn holds(scan: &Scan<'_>, worth: Worth) -> bool {
    let last = scan.tokens.len();
    let number = |at: usize| scan.tokens[at].kind == Kind::Number;
    match worth {
        Worth::Money => (0..last).any(|at| {
            let near = |list: &[&str]| (at.saturating_sub(1)..last.min(at + 4)).any(|i| scan.is_any(i, list));
            let value: u32 = scan.word(at).trim_end_matches('k').replace(['.', ','], "").parse().unwrap_or(0);
            let counts = scan.is_any(at + 1, COUNTED);
            let thousands = scan.word(at).ends_with('k') && value > 0;
            !counts && (thousands || number(at) && (value >= SUM_MIN || near(SUMS)))
        }),
        Worth::Count => (0..last)
            .any(|at| scan.is_any(at + 1, &["hours", "horas"]) && (number(at) || cardinal(scan.tokens, at).is_some())),
        // "We stayed five nights" counts them.
        Worth::Shift => (0..last).any(|at| {
            scan.is_any(at, SHIFTS) && !(at > 0 && (number(at - 1) || cardinal(scan.tokens, at - 1).is_some()))
        }),
        Worth::Days => {
            let named = (0..last).filter(|&at| weekday(scan.word(at)).is_some()).count();
            let free = (0..last).any(|at| scan.is_any(at, FREE));
            named >= 2 || named == 1 && free
        }
        Worth::Clock => {
            scan.hour(0, last).is_some()
                || (1..last).any(|at| {
                    scan.is_any(at - 1, &["at", "by", "las", "'s", "is"])
                        && cardinal(scan.tokens, at).is_some_and(|(hour, _)| hour < 25)
                })
        }
    }
}
