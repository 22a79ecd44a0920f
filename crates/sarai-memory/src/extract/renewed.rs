//! What takes the place of another of its kind without a word about the old one: «mi nuevo jefe es Paco», "my flatmate is
//! Ola now", "I drive a Kia now", «mi móvil nuevo es un Pixel». And things that are no more: "my laptop died".

use super::claims::Reader;
use super::clause::{Clause, Subject};
use super::stance::Stance;
use super::statement::{Act, Manner, Object, Statement};
use crate::fact::Predicate;
use crate::grammar::Mention;
use crate::grammar::frames::Says;
use crate::grammar::group::{Group, Polarity};
use crate::grammar::noun::Noun;
use crate::time::PartialDate;
use crate::words::lists::{NEXT, PROFESSIONALS};
use crate::words::{self, Class, Tense};

/// What people have one of at a time.
const SINGLE: &[&str] =
    &["car", "motorbike", "bicycle", "phone", "laptop", "computer", "tablet", "electric_car", "van"];
/// Who shares a roof or a task with the owner, besides those to whom they turn: a new one takes the place of the last.
const ROLES: &[&str] = &["roommate", "assistant", "carer"];
/// Of these one may have several: a coach for each sport.
const SEVERAL: &[&str] = &["coach"];
const NEW: &[&str] = &["new", "nuevo", "nueva"];
const NOW: &[&str] = &["now", "nowadays", "ahora", "actualmente"];
/// What is said of a thing that is no more.
const GONE: &[&str] = &["dead", "stolen", "kaput", "scrapped", "totalled", "muerto", "muerta", "robado", "robada"];

impl Reader<'_> {
    /// The same statements, with an end before those that take the place of something.
    pub(super) fn renewed(
        &self,
        group: &Group,
        clause: &Clause,
        subject: &Subject,
        said: Vec<Statement>,
    ) -> Vec<Statement> {
        let scan = self.scan;
        let stands = |list: &[&str]| (clause.first..clause.last).any(|i| scan.is_any(i, list));
        let these_days = (clause.first..clause.last).any(|i| {
            scan.word(i) == "these" && scan.word(i + 1) == "days" || scan.word(i) == "hoy" && scan.word(i + 1) == "en"
        });
        let (new, now) = ((clause.first..group.first).any(|i| scan.is_any(i, NEW)), stands(NOW) || these_days);
        let moves_out = (0..scan.tokens.len()).any(|i| {
            let own = i == 0 || scan.is_any(i - 1, &["i", "we", "finally", "have", "'ve", "just", "and"]);
            scan.is_any(i, &["moved"]) && scan.is_any(i + 1, &["out"]) && own
                || scan.is_any(i, &["independizado", "independizada", "independice"])
        });
        let is_kin = |i: usize| words::longest(scan.language, scan.tokens, i, &[Class::Kin]).is_some();
        let brings_new =
            (group.last..clause.last).any(|i| scan.is_any(i, NEW) && (is_kin(i + 1) || i > 0 && is_kin(i - 1)));
        // "My next goal", but not "next year".
        let aims = |i: usize| scan.is_any(i, &["goal", "aim", "target", "objetivo", "meta", "reto", "proposito"]);
        let (first, last) = (clause.first, clause.last);
        let next_goal = (first..last).any(|i| {
            scan.is_any(i, &NEXT) && (aims(i + 1) || i > 0 && aims(i - 1))
                || scan.is_any(i, NOW) && (first..last).any(aims)
        });
        let renews = |s: &Statement| s.act == Act::Assert && s.manner == Manner::Plain && s.to.is_none();
        self.lost(group, clause, subject)
            .into_iter()
            .chain(said)
            .flat_map(|statement| match &statement.subject {
                _ if !renews(&statement) => vec![statement],
                Mention::Relative { kin, name: None, plural: false, .. } if statement.predicate == Predicate::Name => {
                    let role = is_role(kin);
                    if new || role && now { self.succeeded(statement, role) } else { vec![statement] }
                }
                Mention::Animal { name: None, plural: false, .. } if statement.predicate == Predicate::Name && new => {
                    self.succeeded(statement, false)
                }
                // "I've got a new doctor, Dr Flanagan".
                _ if statement.predicate == Predicate::Relative && is_role(&statement.kind) && (new || brings_new) => {
                    vec![self.over(&statement), statement]
                }
                _ if statement.predicate == Predicate::Diet
                    && now
                    && group.has_any(&["seguir", "follow", "hacer", "do"]) =>
                {
                    vec![self.over(&statement), statement]
                }
                // "Finally moved out and I'm living with Tess".
                _ if statement.predicate == Predicate::LivesWith && moves_out => {
                    vec![self.over(&statement), statement]
                }
                _ if statement.predicate == Predicate::Plays && now => vec![self.over(&statement), statement],
                _ if statement.predicate == Predicate::Goal && next_goal => {
                    vec![self.over(&statement), statement]
                }
                _ if statement.predicate == Predicate::Owns && SINGLE.contains(&statement.kind.as_str()) => {
                    let since = statement.from.is_some() && !group.has_any(&["comprar", "buy", "get"]);
                    if new || now || since { vec![self.over(&statement), statement] } else { vec![statement] }
                }
                _ => vec![statement],
            })
            .collect()
    }

    /// All that was said of this kind before is over.
    fn over(&self, statement: &Statement) -> Statement {
        Statement { object: None, act: Act::End, from: None, to: statement.from, ..statement.clone() }
    }

    /// Somebody of that name in the place of whoever it was, or beside them.
    fn succeeded(&self, statement: Statement, replaces: bool) -> Vec<Statement> {
        let (of, predicate, kind) = match &statement.subject {
            Mention::Relative { of, kin, .. } => ((**of).clone(), Predicate::Relative, *kin),
            Mention::Animal { of, species, .. } => ((**of).clone(), Predicate::Pet, *species),
            _ => return vec![statement],
        };
        let Some(name) = statement.object.as_ref().map(|object| object.text.clone()) else { return vec![statement] };
        let successor = Mention::called(statement.subject.clone(), name);
        let object = Object { text: String::new(), key: String::new(), mention: Some(successor) };
        let next = Statement { subject: of, predicate, kind: kind.to_owned(), object: Some(object), ..statement };
        if replaces { vec![self.over(&next), next] } else { vec![next] }
    }

    /// "My laptop died", "my bike was stolen", «se me ha muerto el móvil».
    fn lost(&self, group: &Group, clause: &Clause, subject: &Subject) -> Option<Statement> {
        let scan = self.scan;
        let Subject::Of(Noun::Thing(Mention::Thing { of, text, .. })) = subject else { return None };
        let kind = kind_of(scan.language, text)?;
        let done = group.aspect.perfect || group.readings.iter().any(|form| form.tense == Tense::Past);
        let dies = group.has_any(&["die", "morir"]) && done;
        let taken = group.aspect.passive && group.has_any(&["steal", "scrap", "total", "sell", "robar", "vender"]);
        let gone = group.has_any(&["be", "get", "estar"]) && scan.is_any(scan.after_adverbs(group.last), GONE);
        if !(dies || taken || gone) || group.polarity != Polarity::Positive {
            return None;
        }
        let says = Says { predicate: Predicate::Owns, kind, constant: None };
        let stance = Stance { act: Act::End, from: None, to: Some(PartialDate::Day(scan.lookup.today)) };
        Some(self.statement((**of).clone(), &says, None, stance, (clause.first, clause.last)))
    }
}

/// Whether one has one of the kind at a time.
fn is_role(kin: &str) -> bool {
    ROLES.contains(&kin) || PROFESSIONALS.contains(&kin) && !SEVERAL.contains(&kin)
}

/// Which kind of thing a name of one means: a car, a phone.
pub(super) fn kind_of(language: sarai_types::Language, text: &str) -> Option<&'static str> {
    let folded = crate::text::fold(text);
    let parts = folded.split(' ').chain([folded.as_str()]);
    parts
        .filter_map(|part| {
            words::senses(Some(language), part)
                .find(|sense| matches!(sense.class, Class::Vehicle | Class::Own))
                .map(|sense| sense.id)
        })
        .next()
}
