//! How a clause is meant: whether it asserts, ends or denies, and since when and until when.

use super::claims::Reader;
use super::clause::Clause;
use super::period::{Period, period};
use super::statement::{Act, Manner};
use crate::fact::Predicate;
use crate::grammar::frames::{Flags, Match, Says};
use crate::grammar::group::{Group, Polarity};
use crate::time::{PartialDate, count_of_units};
use crate::words::{self, Tense};

/// Predicates that were true of the past and stay true.
pub(super) const LASTING: &[Predicate] = &[
    Predicate::Name,
    Predicate::Surname,
    Predicate::Birthday,
    Predicate::Birthplace,
    Predicate::Died,
    Predicate::Origin,
    Predicate::Wedding,
    Predicate::Anniversary,
    Predicate::MaritalStatus,
    Predicate::AllergicTo,
    Predicate::Health,
    Predicate::Nationality,
    Predicate::KeptIn,
    Predicate::Age,
];
/// What a verb may say with «puedo», "can".
const ABILITIES: &[Predicate] = &[
    Predicate::Speaks,
    Predicate::Plays,
    Predicate::Avoids,
    Predicate::Dislikes,
    Predicate::Goal,
    Predicate::Nickname,
];

/// How a clause is meant: its act, and since when and until when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stance {
    pub(super) act: Act,
    pub(super) from: Option<PartialDate>,
    pub(super) to: Option<PartialDate>,
}

impl Stance {
    /// So it is, whatever the time.
    pub(super) const PLAIN: Self = Self { act: Act::Assert, from: None, to: None };
}

/// What the verb group says of time.
#[derive(Debug, Clone, Copy)]
struct Times {
    past: bool,
    perfect: bool,
    coming: bool,
    /// Something begins.
    inceptive: bool,
}

impl Reader<'_> {
    /// The reading of the verb that counts. «Nos mudamos a Ávila en 2022» has one form for both times; the date tells.
    pub(super) fn form<'g>(
        &self,
        group: &'g Group,
        clause: &Clause,
        lemma: &str,
        flags: &Flags,
    ) -> Option<&'g words::Form> {
        let form = group.readings.iter().find(|form| form.lemma == lemma)?;
        // «Volamos a Roma en octubre» looks ahead as long as it can.
        let named = period(self.scan, clause.timed, clause.last, flags.timed);
        let dated = named.at.or_else(|| named.from.filter(|_| flags.begins));
        let today = self.scan.lookup.today;
        let gone = ["pasado", "pasada", "ayer", "last", "ago", "yesterday"];
        let past = (clause.first..clause.last).any(|i| self.scan.is_any(i, &gone));
        let elapsed = dated.is_some_and(|date| date.first() <= today && (past || !matches!(date, PartialDate::Day(_))));
        // «Viajo» is no «viajó» that lacks its accent.
        let word = self.scan.tokens.get(group.last.max(1) - 1).map_or("", |token| token.lower.as_str());
        let spelt = |other: &words::Form| words::is_exact(word, *other) || !words::is_exact(word, *form);
        let past = group
            .readings
            .iter()
            .find(|other| other.lemma == lemma && other.tense == Tense::Past && (spelt(other) || !flags.timed));
        // "The doctor put me on …": what has no ending of a third person is no present of one.
        let alone = !self.scan.spanish()
            && form.person == words::Person::Any
            && self.scan.patient(group).is_some()
            && !self.scan.is_any(group.first.max(1) - 1, &["they", "you", "we", "i", "to", "and", "people"]);
        Some(past.filter(|_| (elapsed || alone) && form.tense == Tense::Present).unwrap_or(form))
    }

    /// What the verb makes of its frame: an assertion, an end, a denial; none where it only speaks of plans.
    pub(super) fn stance(&self, group: &Group, clause: &Clause, found: &Match) -> Option<(Says, Stance)> {
        let frame = found.frame;
        let (flags, says) = (&frame.flags, frame.says.clone());
        let form = self.form(group, clause, found.lemma, flags)?;
        let future = form.tense == Tense::Future || (group.aspect.prospective && form.tense == Tense::Present);
        let past =
            (matches!(form.tense, Tense::Past | Tense::Imperfect) && !group.aspect.perfect) || group.aspect.bygone;
        let perfect = group.aspect.perfect;
        // "We're moving to Porto in September", said in March.
        let planned = flags.begins
            && group.aspect.progressive
            && form.tense == Tense::Present
            && period(self.scan, clause.timed, clause.last, true)
                .at
                .is_some_and(|at| at.first() > self.scan.lookup.today);
        let coming = flags.timed
            || future
            || planned
            || (flags.begins
                && form.tense == Tense::Present
                && !perfect
                && !group.aspect.progressive
                && !group.aspect.inceptive);
        let mut held = period(self.scan, clause.timed, clause.last, coming);
        // «Estoy en Lisboa hasta mayo»: what holds now ends later.
        if form.tense == Tense::Present && !perfect && held.to.is_some_and(|to| to.last() < self.scan.lookup.today) {
            held.to = period(self.scan, clause.timed, clause.last, true).to;
        }
        // «Casi me compro un perro».
        let nearly =
            (group.first.saturating_sub(2)..group.last).any(|i| self.scan.is_any(i, &["casi", "almost", "nearly"]));
        if nearly && form.tense != Tense::Imperfect {
            return None;
        }
        if (group.aspect.modal || form.tense == Tense::Conditional || form.tense == Tense::Subjunctive)
            && !ABILITIES.contains(&says.predicate)
        {
            return None;
        }
        if flags.timed
            && (past
                || perfect
                || !(held.at.is_some()
                    || held.from.is_some()
                    || self.recurs(clause)
                    || self.scan.hour(group.last, clause.last).is_some()))
        {
            return None;
        }
        let polarity = match self.scan.late_negation(group, clause.last) {
            _ if group.aspect.cessative => Polarity::NoLonger,
            polarity => polarity,
        };
        let (says, act) = match polarity {
            Polarity::Positive if flags.ends => (says, Act::End),
            Polarity::Positive => (says, Act::Assert),
            // «Ya no bebo café» begins what only a negation says.
            Polarity::NoLonger if flags.only_negative => (says, Act::Assert),
            Polarity::NoLonger => (says, Act::End),
            Polarity::Negative if flags.only_negative => (says, Act::Assert),
            Polarity::Negative if flags.negated.is_some() => (flags.negated.clone()?, Act::Assert),
            Polarity::Negative if flags.zero => return None,
            Polarity::Negative => (says, Act::Deny),
        };
        let times = Times { past, perfect, coming, inceptive: flags.begins || group.aspect.inceptive };
        let stance = self.interval(group, &says, form, act, held, times)?;
        Some((says, stance))
    }

    /// "I have lived here since", «siempre he vivido».
    fn goes_on(&self, group: &Group, period: Period) -> bool {
        group.aspect.progressive
            || self.scan.tokens[group.last..].iter().any(|token| token.is("since"))
            || period.from.is_some() && period.to.is_none()
            // "I've been sober two years".
            || (group.last..self.scan.tokens.len()).any(|i| count_of_units(self.scan.tokens, i).is_some())
            || (group.first.saturating_sub(1)..group.last + 1).any(|i| self.scan.is_any(i, &["siempre", "always"]))
            // "All my life", «toda la vida».
            || (group.last..self.scan.tokens.len()).any(|i| {
                self.scan.is_any(i, &["all", "whole", "entire", "toda"]) && self.scan.is_any(i + 2, &["life", "vida"])
                    || self.scan.is_any(i, &["whole", "entire"]) && self.scan.is_any(i + 1, &["life"])
            })
    }

    /// "My sister had twins", «tuvo una niña».
    fn tells_of_birth(&self, group: &Group) -> bool {
        const BORN: &[&str] = &[
            "twins", "baby", "boy", "girl", "triplets", "bebe", "mellizos", "mellizas", "gemelos", "gemelas", "nina",
            "nino",
        ];
        const WITHIN: usize = 4;
        (group.last..group.last + WITHIN).any(|at| self.scan.is_any(at, BORN))
    }

    /// Something that happened once and leaves a lasting state: an adoption, a wedding, a degree.
    fn is_event(&self, group: &Group, predicate: Predicate, lemma: &str) -> bool {
        matches!(
            lemma,
            "adoptar"
                | "adopt"
                | "casar"
                | "marry"
                | "get"
                | "licenciar"
                | "graduar"
                | "graduate"
                | "proponer"
                | "recetar"
                | "prescribe"
                | "mandar"
                | "prescribir"
                | "comprar"
                | "buy"
                | "rescue"
                | "acoger"
                | "rescatar"
        ) || predicate == Predicate::Relative && matches!(lemma, "have" | "tener") && self.tells_of_birth(group)
            || predicate == Predicate::MaritalStatus && !matches!(lemma, "estar" | "ser" | "be")
            || predicate == Predicate::Medication
                && matches!(lemma, "poner" | "dar" | "subir" | "put" | "give" | "start")
    }

    /// The interval in which it holds. None where it is only planned and no day is named.
    fn interval(
        &self,
        group: &Group,
        says: &Says,
        form: &words::Form,
        act: Act,
        period: Period,
        times: Times,
    ) -> Option<Stance> {
        let today = PartialDate::Day(self.scan.lookup.today);
        let stance = |from, to| Some(Stance { act, from, to });
        if act != Act::Assert {
            stance(period.from, period.to.or(period.at).or(Some(today)).filter(|_| act == Act::End))
        } else if says.predicate == Predicate::Appointment || says.predicate == Predicate::Trip {
            let when = period.at.or(period.from).or(Some(today));
            stance(when, when)
        } else if times.coming && says.predicate != Predicate::Birthday {
            // A move or a new job that is only planned counts from its day on, and without a day not at all.
            let starts = period.at.or(period.from).filter(|date| date.last() >= self.scan.lookup.today)?;
            stance(Some(starts), period.to)
        } else if times.inceptive {
            let then =
                (times.past || times.perfect || group.aspect.progressive || group.aspect.inceptive).then_some(today);
            stance(period.from.or(period.at).or(then), period.to)
        } else if (times.past || (times.perfect && !self.goes_on(group, period)))
            // «Estuve casada» is not, «me casé» is.
            && (!LASTING.contains(&says.predicate)
                || says.predicate == Predicate::MaritalStatus && matches!(form.lemma, "estar" | "ser" | "be"))
            && self.manner == Manner::Plain
            && !self.is_event(group, says.predicate, form.lemma)
        {
            let to = period.to.or(period.at).or(Some(today));
            stance(period.from.or(period.at), to)
        } else {
            let died = period.at.filter(|_| says.predicate == Predicate::Died);
            // «Vivo acá hace seis años».
            let gone_on = period.at.filter(|at| {
                form.tense == Tense::Present
                    && at.last() < self.scan.lookup.today
                    && self.scan.tokens[group.last..].iter().any(|token| token.is("hace"))
            });
            let from = period
                .from
                .or(died)
                .or(gone_on)
                .filter(|_| !matches!(says.predicate, Predicate::Birthday | Predicate::Wedding));
            stance(from, period.to)
        }
    }
}
