//! What will be on a day: further appointments under one verb, and what no frame knows but for its date.

use super::claims::{Reader, object};
use super::clause::Clause;
use super::stance::Stance;
use super::statement::{Act, Object, Statement};
use crate::fact::Predicate;
use crate::grammar::Mention;
use crate::grammar::frames::Says;
use crate::grammar::group::{Group, Polarity};
use crate::time::PartialDate;
use crate::words::{self, Tense};

impl Reader<'_> {
    /// «Me reincorporo al trabajo el lunes 25 de mayo», "we get the keys on 3 June": what somebody will do on a day that is
    /// named, though no frame knows the verb.
    pub(super) fn dated(
        &self,
        group: &Group,
        clause: &Clause,
        mention: &Mention,
        said: &[Statement],
    ) -> Option<Statement> {
        let scan = self.scan;
        let aspect = group.aspect;
        let coming = group.readings.iter().any(|form| matches!(form.tense, Tense::Present | Tense::Future))
            && !(aspect.perfect || aspect.modal || aspect.bygone || aspect.passive);
        let thing = matches!(mention, Mention::Thing { .. });
        let known = thing || matches!(mention, Mention::Owner | Mention::Relative { .. } | Mention::Named(_));
        if !(said.is_empty() && coming && known)
            || scan.late_negation(group, clause.last) != Polarity::Positive
            || group.has_any(&words::lists::NO_ROUTINES) && !group.has_any(&["get", "look"])
        {
            return None;
        }
        let lookup = scan.pointing(crate::time::Direction::Future);
        let day = (group.last..clause.last).find_map(|at| {
            let (when, end) = crate::time::date(scan.tokens, at, lookup)?;
            let figure = (at..end).any(|i| scan.tokens[i].kind == crate::text::Kind::Number);
            match when.resolve(lookup) {
                PartialDate::Day(day) if day >= lookup.today && figure => Some((PartialDate::Day(day), end)),
                _ => None,
            }
        });
        let (when, end) = day?;
        // «Mi contrato acaba el 30 de septiembre» is the owner's matter.
        let first = if thing {
            (clause.first..group.first).find(|&i| scan.tokens[i].is_word()).unwrap_or(group.first)
        } else {
            group.first
        };
        let whose = if thing { Mention::Owner } else { mention.clone() };
        let text = self.with_hour(scan.source(first, end.max(group.last)), group.last, clause);
        let says = Says::of(Predicate::Appointment);
        let object = Object::plain(text);
        let stance = Stance { act: Act::Assert, from: Some(when), to: Some(when) };
        Some(self.statement(whose, &says, Some(object), stance, (group.first, end)))
    }

    /// «En octubre cumplo 81», «el 3 de mayo cumple años mi madre».
    pub(super) fn birthday_first(
        &self,
        group: &Group,
        clause: &Clause,
        mention: &Mention,
        said: &[Statement],
    ) -> Option<Statement> {
        let turns = group.has_any(&["cumplir", "turn"])
            && group.readings.iter().any(|form| form.tense == Tense::Present || form.tense == Tense::Future)
            && group.polarity == Polarity::Positive;
        if !turns || said.iter().any(|s| s.predicate == Predicate::Birthday) {
            return None;
        }
        let annual = |at: usize| {
            self.scan
                .slot("date", at)
                .filter(|(list, end)| *end <= clause.last && list.iter().all(|f| f.key.starts_with("--")))
        };
        let (mut fillers, end) = (clause.first..clause.last).find_map(annual)?;
        let says = Says::of(Predicate::Birthday);
        let stance = Stance::PLAIN;
        Some(self.statement(
            mention.clone(),
            &says,
            fillers.pop().map(object),
            stance,
            (clause.first.min(group.first), end.max(group.last)),
        ))
    }

    /// "The dentist on the 9th, the car's MOT on the 17th and …": further pieces with a day each, under one verb.
    pub(super) fn further_events(&self, clause: &Clause) -> Vec<Statement> {
        let scan = self.scan;
        let lookup = scan.pointing(crate::time::Direction::Future);
        let cuts: Vec<usize> = (clause.first..clause.last).filter(|&i| scan.is_any(i, &[",", "y", "and"])).collect();
        let mut out = Vec::new();
        for (n, cut) in cuts.iter().enumerate() {
            let first = (cut + 1..clause.last)
                .find(|&i| !scan.is_any(i, &["y", "and", "the", "el", "la", "a", "un", "una"]))
                .unwrap_or(clause.last);
            let last = cuts.get(n + 1).copied().unwrap_or(clause.last);
            let day = (first + 1..last).find_map(|at| {
                let named = crate::time::date(scan.tokens, at, lookup).map(|(when, _)| (at, when.resolve(lookup)));
                named
                    .filter(|(_, when)| matches!(when, PartialDate::Day(_)))
                    .or_else(|| Some((at, self.day_of_month(at)?)))
            });
            let Some((at, when)) = day.filter(|(at, when)| *at > first && matches!(when, PartialDate::Day(_))) else {
                continue;
            };
            let stop = at - usize::from(scan.is_any(at - 1, &["on", "el", "the"]));
            let stop = stop - usize::from(scan.is_any(stop - 1, &["on"]));
            if stop <= first
                || (first..stop).any(|i| {
                    scan.verb_at(i) && words::longest(scan.language, scan.tokens, i, &[words::Class::Event]).is_none()
                })
            {
                continue;
            }
            let text = super::claims::at_hour(scan.source(first, stop), scan.hour(at, last));
            let says = Says::of(Predicate::Appointment);
            let object = Object::plain(text);
            let stance = Stance { act: Act::Assert, from: Some(when), to: Some(when) };
            out.push(self.statement(Mention::Owner, &says, Some(object), stance, (first, last)));
        }
        out
    }

    /// "The 17th" of the month that the sentence names, or of this one.
    fn day_of_month(&self, at: usize) -> Option<PartialDate> {
        let scan = self.scan;
        let (day, _) = crate::time::cardinal(scan.tokens, at).filter(|_| scan.is_any(at - 1, &["the", "el"]))?;
        let lookup = scan.pointing(crate::time::Direction::Future);
        let named = (0..scan.tokens.len())
            .find_map(|at| crate::time::date(scan.tokens, at, lookup))
            .map(|(when, _)| when.resolve(lookup).first());
        let from = named.unwrap_or(lookup.today);
        crate::time::Date::new(from.year(), from.month(), u8::try_from(day).ok()?).map(PartialDate::Day)
    }
}
