//! What comes again: «voy al gimnasio todos los lunes», «me levanto a las siete».

use super::claims::Reader;
use super::clause::Clause;
use super::stance::Stance;
use super::statement::{Act, Manner, Object, Statement};
use crate::fact::Predicate;
use crate::grammar::frames::Says;
use crate::grammar::group::{Group, Polarity};
use crate::grammar::noun::Noun;
use crate::grammar::{Mention, Scan};
use crate::time::weekday;
use crate::words::lists::{NO_ROUTINES, PERIODS};
use crate::words::{self, Person, Tense};

/// Verbs of the day's course, which make a routine with a time of day alone.
const RISING: &[&str] = &[
    "levantar",
    "acostar",
    "despertar",
    "cenar",
    "desayunar",
    "almorzar",
    "dormir",
    "merendar",
    "wake",
    "eat",
    "sleep",
    "entrenar",
    "train",
    "comer",
    "entrar",
];

/// Verbs of eating and drinking, which make one with a part of the day.
const TAKING: &[&str] = &["tomar", "beber", "desayunar", "cenar", "almorzar", "merendar", "drink"];

impl Reader<'_> {
    /// A routine that the clause tells, if no frame has said more of it.
    pub(super) fn routine(
        &self,
        group: &Group,
        clause: &Clause,
        mention: &Mention,
        said: &[Statement],
    ) -> Option<Statement> {
        let scan = self.scan;
        let somebody =
            matches!(mention, Mention::Owner | Mention::Relative { .. } | Mention::Named(_) | Mention::Animal { .. });
        let present = |form: &words::Form| form.tense == Tense::Present && form.person != Person::Second;
        let aspect = group.aspect;
        let now = group.readings.iter().any(present)
            && !(aspect.perfect && !aspect.inceptive || aspect.prospective || aspect.modal || aspect.bygone);
        let rising = self.rises(group);
        let daily = group.has_any(TAKING) && self.on_one_day(clause).is_none() && self.part_of_day(clause).is_some();
        let timed = rising && scan.hour(group.last, clause.last).is_some()
            || daily
            || aspect.habitual && clause.last > group.last;
        let happens = self.recurs(clause) && clause.last > group.last;
        let worth = said.iter().all(|statement| {
            matches!(statement.predicate, Predicate::Hobby | Predicate::Plays)
                || statement.predicate == Predicate::Avoids && statement.act == Act::End
        });
        if !(somebody && now && worth && (timed || happens)) || group.has_any(&NO_ROUTINES) && !(rising || daily) {
            return None;
        }
        let act = match scan.late_negation(group, clause.last) {
            Polarity::Positive => Act::Assert,
            Polarity::NoLonger => Act::End,
            Polarity::Negative => return None,
        };
        let mut last = clause.last;
        let trailing = [
            "y", "and", "pero", "but", "que", "mi", "my", "i", "yo", "before", "after", "to", "antes", "de", "despues",
        ];
        while last > group.last && (scan.tokens[last - 1].is_mark() || scan.is_any(last - 1, &trailing)) {
            last -= 1;
        }
        let first = if daily {
            self.part_of_day(clause).map_or(group.first, |at| at.min(group.first))
        } else if happens && !timed {
            beginning(scan, clause.first, group.first)
        } else {
            group.first
        };
        let text = scan.source(first, last);
        let says = Says::of(Predicate::Routine);
        let object = Object { text: text.to_owned(), key: words::key(text), mention: None };
        let stance = Stance { act, from: None, to: None };
        Some(self.statement(mention.clone(), &says, Some(object), stance, (first, last)))
    }

    /// «Por la mañana», "in the evening", of no day that is named.
    fn part_of_day(&self, clause: &Clause) -> Option<usize> {
        let scan = self.scan;
        (clause.first..clause.last).find(|&at| {
            scan.is_any(at, &["a", "por", "en", "de"])
                && scan.is_any(at + 1, &["la", "las"])
                && scan.is_any(at + 2, &["manana", "mananas", "tarde", "tardes", "noche", "noches"])
                || scan.is_any(at, &["in", "at"])
                    && (scan.is_any(at + 1, &["night"])
                        || scan.is_any(at + 1, &["the"])
                            && scan.is_any(at + 2, &["morning", "mornings", "afternoon", "evening", "evenings"]))
        })
    }

    fn on_one_day(&self, clause: &Clause) -> Option<usize> {
        let lookup = self.scan.pointing(crate::time::Direction::Future);
        // «La mañana» is a part of the day here.
        let part = |at: usize| self.scan.word(at) == "manana" && self.scan.is_any(at.max(1) - 1, &["la"]);
        (clause.first..clause.last).find(|&at| !part(at) && crate::time::date(self.scan.tokens, at, lookup).is_some())
    }

    fn rises(&self, group: &Group) -> bool {
        let next = |words: &[&str]| self.scan.is_any(group.last, words);
        group.has_any(RISING)
            || group.has("get") && next(&["up"])
            || group.has("go") && next(&["to"]) && self.scan.word(group.last + 1) == "bed"
            || group.has("have") && next(&["dinner", "lunch", "breakfast"])
    }

    /// «Antes de dormir», "before bed", "after work".
    fn round_the_night(&self, from: usize, last: usize) -> bool {
        let daily = [
            "dormir",
            "acostarme",
            "desayunar",
            "comer",
            "cenar",
            "trabajar",
            "bed",
            "breakfast",
            "lunch",
            "dinner",
            "work",
            "sleeping",
        ];
        (from..last).any(|i| {
            self.scan.is_any(i, &["antes", "despues", "before", "after"])
                && (i + 1..i + 3).any(|next| self.scan.is_any(next, &daily))
        })
    }

    /// Whether the clause speaks of something that comes again.
    pub(super) fn recurs(&self, clause: &Clause) -> bool {
        let scan = self.scan;
        let period = |at: usize| scan.is_any(at, &PERIODS) || weekday(scan.word(at)).is_some();
        (clause.first..clause.last).any(|at| match scan.word(at) {
            "todos" | "todas" => scan.is_any(at + 1, &["los", "las"]) && period(at + 2),
            "cada" | "every" | "each" => {
                period(at + 1) || crate::time::cardinal(scan.tokens, at + 1).is_some_and(|(_, end)| period(end))
            }
            "los" => weekday(scan.word(at + 1)).is_some() || scan.is_any(at + 1, &["fines"]),
            day if weekday(day).is_some()
                && (day.ends_with("days")
                    || scan.is_any(at + 1, &["mornings", "evenings", "afternoons", "nights"])) =>
            {
                true
            }
            "on" => scan.word(at + 1).ends_with("days") || scan.is_any(at + 1, &["weekends"]),
            "por" => scan.is_any(at + 1, &["las"]) && scan.is_any(at + 2, &["mananas", "tardes", "noches"]),
            "in" => scan.is_any(at + 1, &["the"]) && scan.is_any(at + 2, &["mornings", "evenings", "afternoons"]),
            "veces" | "vez" => scan.is_any(at + 1, &["por", "a", "al"]) && (at + 2..at + 4).any(period),
            "once" | "twice" => scan.is_any(at + 1, &["a", "every"]) && period(at + 2),
            "times" => scan.is_any(at + 1, &["a", "per"]) && period(at + 2),
            "diario" => at > 0 && scan.word(at - 1) == "a",
            "daily" | "weekly" => true,
            "always" | "siempre" if self.round_the_night(at, clause.last) => true,
            "usually" | "normally" | "generally" | "normalmente" | "habitualmente" | "siempre" | "always" => {
                scan.hour(clause.first, clause.last).is_some()
            }
            _ => false,
        })
    }
}

impl super::Run<'_> {
    /// «La natación es los martes», "on Tuesdays it's swimming": what comes again is the owner's, if nobody else's.
    pub(super) fn scheduled(&mut self, scan: &Scan<'_>, groups: &[Group], sentence: (usize, usize)) {
        let [group] = groups else { return };
        let told = self.statements.iter().any(|statement| statement.sentence == sentence);
        let is = group.has_any(&["ser", "be", "tocar"]) && group.polarity == Polarity::Positive && !group.aspect.modal;
        let now = group.readings.iter().any(|form| form.tense == Tense::Present);
        let all = Clause { first: 0, last: scan.tokens.len(), timed: 0, subject: None, blocked: None };
        let reader = Reader { scan, manner: Manner::Plain, number: self.clauses + 1, sentence };
        let classes = [words::Class::Sport, words::Class::Event];
        let done = (0..scan.tokens.len()).any(|at| words::longest(scan.language, scan.tokens, at, &classes).is_some());
        let others = (0..scan.tokens.len()).any(|at| {
            scan.noun(at).is_some_and(|(noun, _)| !matches!(noun, Noun::Thing(_)) && *noun.whose() != Mention::Owner)
        });
        if told || !is || !now || !done || others || !reader.recurs(&all) {
            return;
        }
        self.clauses += 1;
        let text = scan.source(0, scan.tokens.len()).trim_end_matches(['.', '!', ' ']);
        let says = Says::of(Predicate::Routine);
        let statement =
            reader.statement(Mention::Owner, &says, Some(Object::plain(text.to_owned())), Stance::PLAIN, (0, all.last));
        self.push(statement);
    }
}

/// Where the words of a routine begin: a time at the front belongs to it.
pub(super) fn beginning(scan: &Scan<'_>, first: usize, group: usize) -> usize {
    // "I no longer go on Tuesdays, I go on Thursdays": what stands right behind another verb belongs to that.
    let behind = first > 0 && !scan.tokens[first - 1].is_mark();
    let comma = (first..group).rev().find(|&i| scan.word(i) == ",").filter(|_| behind);
    (comma.map_or(first, |comma| comma + 1)..group)
        .find(|&at| {
            weekday(scan.word(at)).is_some() && !scan.is_any(at.max(1) - 1, &["el", "next", "last"])
                || scan
                    .is_any(at, &["todos", "todas", "cada", "every", "each", "los", "on", "por", "in", "once", "twice"])
        })
        .unwrap_or(group)
}
