//! What one clause says: frames and copulas become statements, with the act and the time that the verb gives them.

use super::clause::{Clause, Subject, is_joint};
use super::routine::beginning;
use super::stance::Stance;
use super::statement::{Act, Manner, Object, Statement};
use crate::fact::Predicate;
use crate::grammar::frames::{Match, Says};
use crate::grammar::group::{Group, Polarity};
use crate::grammar::noun::Noun;
use crate::grammar::slots::Filler;
use crate::grammar::{Mention, Scan};
use crate::words::{self, Tense};

/// What a clause is read with.
pub(super) struct Reader<'a> {
    pub(super) scan: &'a Scan<'a>,
    pub(super) manner: Manner,
    /// Number of the clause in the message.
    pub(super) number: u32,
    /// Bytes of the sentence.
    pub(super) sentence: (usize, usize),
}

/// So far before its name stands the breed of an animal.
const BREED_BEFORE: usize = 6;

impl Reader<'_> {
    /// Everything that the clause of this group says of `subject`, and what it takes the place of.
    pub(super) fn read(&self, group: &Group, clause: &Clause, subject: &Subject, mention: &Mention) -> Vec<Statement> {
        self.renewed(group, clause, subject, self.said(group, clause, subject, mention))
    }

    fn said(&self, group: &Group, clause: &Clause, subject: &Subject, mention: &Mention) -> Vec<Statement> {
        if group.readings.iter().all(|form| matches!(form.tense, Tense::Conditional | Tense::Subjunctive)) {
            return Vec::new();
        }
        // "Two cats called Pickle and Mog": who acts in the sentence is not called so.
        let kinds = [words::Class::Kin, words::Class::Pet];
        let named = group.last == group.first + 1 && self.scan.is_any(group.first, &["called", "named"]);
        let scan = self.scan;
        let is_kind = |at: usize| words::longest(scan.language, scan.tokens, at, &kinds).is_some();
        if named && group.first.checked_sub(1).is_some_and(is_kind) {
            return Vec::new();
        }
        if let Some(put) = self.medicine_put(group, subject) {
            return vec![put];
        }
        let mut out = self.copula(group, clause, subject, mention);
        if !out.is_empty() {
            return out;
        }
        for found in self.scan.matches(group, clause.last) {
            out.extend(self.statements(group, clause, subject, mention, &found));
            out.extend(self.gapped(group, clause, &found));
            out.extend(self.coordinated(group, clause, subject, mention, &found));
            out.extend(self.instead(group, clause, mention, &found));
        }
        // "He's started at Ridgeway High" names a school.
        let partner = |s: &Statement| s.predicate == Predicate::Relative && s.kind == "partner";
        if out.iter().any(|s| s.predicate == Predicate::StudiesAt || partner(s)) {
            out.retain(|s| s.predicate != Predicate::WorksAt);
        }
        out.extend(self.wed(group, clause, mention));
        out.extend(self.routine(group, clause, mention, &out));
        out.extend(self.working(group, clause, mention, &out));
        out.extend(self.leisure(group, clause, subject, mention, &out));
        out.extend(self.dated(group, clause, mention, &out));
        out.extend(self.birthday_first(group, clause, mention, &out));
        out.extend(self.triggers(group, clause));
        self.of_work(group, &mut out);
        // «He dejado el paraguas en la oficina» leaves no employer.
        if out.iter().any(|s| s.predicate == Predicate::KeptIn) {
            out.retain(|s| s.predicate != Predicate::WorksAt);
        }
        if out.iter().any(|s| s.predicate == Predicate::Appointment && s.act == Act::Assert) {
            out.extend(self.further_events(clause));
        }
        // «Tengo dentista el jueves» tells of an appointment, not of a dentist.
        if out.iter().any(|s| s.predicate == Predicate::Appointment) {
            out.retain(|s| s.predicate != Predicate::Relative || names_somebody(s));
        }
        out
    }

    pub(super) fn statement(
        &self,
        subject: Mention,
        says: &Says,
        object: Option<Object>,
        stance: Stance,
        tokens: (usize, usize),
    ) -> Statement {
        let scan = self.scan;
        let span = match (scan.tokens.get(tokens.0), tokens.1.checked_sub(1).and_then(|i| scan.tokens.get(i))) {
            (Some(first), Some(last)) => (first.start, last.end.max(first.end)),
            _ => self.sentence,
        };
        Statement {
            subject,
            predicate: says.predicate,
            kind: says.kind.to_owned(),
            object,
            act: stance.act,
            manner: self.manner,
            from: stance.from,
            to: stance.to,
            clause: self.number,
            span,
            sentence: self.sentence,
            language: scan.language,
        }
    }

    /// The statements of one frame.
    fn statements(
        &self,
        group: &Group,
        clause: &Clause,
        subject: &Subject,
        mention: &Mention,
        found: &Match,
    ) -> Vec<Statement> {
        let flags = &found.frame.flags;
        let thing = matches!(subject, Subject::Of(Noun::Thing(_)));
        if flags.of_thing != thing
            || matches!(subject, Subject::Of(Noun::Attribute { .. } | Noun::Favourite { .. }))
            || (flags.owner_only && *mention != Mention::Owner)
            || (flags.others && *mention == Mention::Owner)
        {
            return Vec::new();
        }
        let tokens = (group.first, found.end);
        let Some((says, stance)) = self.stance(group, clause, found) else {
            return self.zero(group, clause, mention, found);
        };
        // «Me han despedido» ends whatever work there was.
        if found.fillers.is_empty() && says.constant.is_none() && stance.act == Act::End {
            return vec![self.statement(self.acting(mention, found), &says, None, stance, tokens)];
        }
        let mut out = self.swapped(mention, found, &says, stance, tokens);
        if let Some(constant) = says.constant {
            let object = Object { text: constant.to_owned(), key: words::key(constant), mention: None };
            out.push(self.statement(self.acting(mention, found), &says, Some(object), stance, tokens));
            return out;
        }
        out.extend(
            found
                .fillers
                .iter()
                .flat_map(|filler| self.of_filler(group, clause, mention, found, &says, stance, filler.clone())),
        );
        out
    }

    /// «He cambiado el Ibiza por un Yaris», "I switched to Italian": what was there before is over, whatever it was.
    fn swapped(
        &self,
        mention: &Mention,
        found: &Match,
        says: &Says,
        stance: Stance,
        tokens: (usize, usize),
    ) -> Vec<Statement> {
        if !found.frame.flags.swaps || stance.act != Act::Assert {
            return Vec::new();
        }
        let kind = found.fillers.first().and_then(|filler| filler.kind).unwrap_or(says.kind);
        // A house that was swapped for a thing of no known kind must not end all that somebody owns.
        if says.predicate == Predicate::Owns && kind.is_empty() {
            return Vec::new();
        }
        let over = Stance { act: Act::End, from: None, to: stance.from };
        vec![self.statement(self.acting(mention, found), &Says { kind, ..says.clone() }, None, over, tokens)]
    }

    /// Whom a frame is about: «me llaman Pepe» is about the owner, whoever calls.
    pub(super) fn acting(&self, mention: &Mention, found: &Match) -> Mention {
        // "We named her Snowy" is about whoever was spoken of.
        if !self.scan.spanish() && found.frame.says.predicate == Predicate::Name && found.frame.names_another() {
            return Mention::Pronoun { feminine: None, plural: false };
        }
        // "We've moved my gran to Perth" moves her.
        if found.frame.says.predicate == Predicate::LivesIn
            && matches!(found.lemma, "move" | "mudar" | "trasladar")
            && let Some((Noun::Someone(moved), _)) = self.scan.noun(found.verb_end)
            && moved != Mention::Owner
        {
            return moved;
        }
        let done_to = found.of.clone().filter(|_| found.frame.is_dative());
        done_to.unwrap_or_else(|| mention.clone())
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one clause, seen from all sides; splitting it would only rename them"
    )]
    fn of_filler(
        &self,
        group: &Group,
        clause: &Clause,
        mention: &Mention,
        found: &Match,
        says: &Says,
        stance: Stance,
        filler: Filler,
    ) -> Vec<Statement> {
        let tokens = (group.first, found.end);
        let subject = self.acting(mention, found);
        match says.predicate {
            Predicate::Relative | Predicate::Pet => self.of_relative(subject, found, says, stance, filler, group.first),
            // «Mis hijos se llaman Pau y Nil» names each of them, and not the lot of them.
            Predicate::Name
                if matches!(subject, Mention::Relative { plural: true, .. }) && is_joint(self.scan, found.end) =>
            {
                Vec::new()
            }
            Predicate::KeptIn => self.kept(group, mention, found, says, stance, filler),
            Predicate::Appointment | Predicate::Trip => {
                let text = self.with_hour(&filler.text, group.last, clause);
                let predicate = if self.recurs(clause) { Predicate::Routine } else { says.predicate };
                let stance =
                    if predicate == Predicate::Routine { Stance { from: None, to: None, ..stance } } else { stance };
                let says = Says { predicate, ..says.clone() };
                let text = if predicate == Predicate::Routine {
                    let first = beginning(self.scan, clause.first, group.first);
                    self.scan.source(first, clause.last).trim_end_matches([',', ' ']).to_owned()
                } else {
                    text
                };
                let object = Object { key: words::key(&text), text, mention: filler.mention };
                vec![self.statement(subject, &says, Some(object), stance, tokens)]
            }
            Predicate::Medication if stance.act == Act::Assert => {
                let last = found.fillers.last().is_some_and(|last| last.key == filler.key);
                let behind = self.scan.purpose(if last { found.end } else { clause.last }, clause.last);
                // «Para la tensión ahora tomo losartán».
                let front = || self.scan.purpose(clause.timed, group.first).filter(|_| found.fillers.len() == 1);
                let text = self.with_purpose(&filler.text, behind.or_else(front));
                vec![self.statement(subject, says, Some(Object { text, ..object(filler) }), stance, tokens)]
            }
            Predicate::Owns => {
                let says = Says { kind: filler.kind.unwrap_or_default(), ..says.clone() };
                vec![self.statement(subject, &says, Some(object(filler)), stance, tokens)]
            }
            _ => vec![self.statement(subject, says, Some(object(filler)), stance, tokens)],
        }
    }

    /// Somebody who is brought in, how many there are of the kind, and how old they are.
    fn of_relative(
        &self,
        subject: Mention,
        found: &Match,
        says: &Says,
        stance: Stance,
        filler: Filler,
        first: usize,
    ) -> Vec<Statement> {
        let tokens = (first, found.end);
        let number = |predicate, kind: &'static str, value: u32, of: Mention| {
            let object = Object { text: value.to_string(), key: value.to_string(), mention: None };
            self.statement(of, &Says { predicate, kind, constant: None }, Some(object), stance, tokens)
        };
        // «Tenemos mellizos» have parents, «tengo un mellizo» a brother.
        let twins = found.fillers.len() > 1 || filler.count.is_some();
        let kind = filler.kind.unwrap_or(says.kind);
        let (kind, mention) = match filler.mention.clone() {
            Some(Mention::Relative { of, kin: "twin", name, plural }) if twins => {
                ("child", Some(Mention::Relative { of, kin: "child", name, plural }))
            }
            mention => (kind, mention),
        };
        let mut out = Vec::new();
        if let Some((count, kind)) = filler.count {
            out.push(number(Predicate::Count, kind, count, subject.clone()));
        }
        let somebody = mention.filter(|m| {
            !matches!(
                m,
                Mention::Relative { plural: true, name: None, .. } | Mention::Animal { plural: true, name: None, .. }
            )
        });
        if let Some(other) = somebody.filter(|m| !matches!(m, Mention::Owner | Mention::Pronoun { .. })) {
            let other = rebased(other, &subject);
            if let Some(age) = filler.age {
                out.push(number(Predicate::Age, "", age, other.clone()));
            }
            out.extend(self.breed_beside(&other, tokens).map(|breed| {
                let says = Says::of(Predicate::Breed);
                self.statement(other.clone(), &says, Some(object(Filler::new(breed))), stance, tokens)
            }));
            let says = Says { kind, ..says.clone() };
            // Without a name the noun stays as it was said: a tortoise is shown as one.
            let unnamed = matches!(other, Mention::Animal { name: None, .. });
            let text = if unnamed { filler.text } else { String::new() };
            let object = Object { text, key: String::new(), mention: Some(other) };
            out.push(self.statement(subject, &says, Some(object), stance, tokens));
        }
        out
    }

    /// The beagle of "a beagle called Otis": the breed that stands last before an animal's name, or alone.
    fn breed_beside(&self, animal: &Mention, (first, end): (usize, usize)) -> Option<&str> {
        let Mention::Animal { name, .. } = animal else { return None };
        let called = name.as_deref().map(crate::text::fold);
        let named = called.as_deref().and_then(|name| name.split(' ').next());
        let last = named.and_then(|name| (first..end).rev().find(|&at| self.scan.word(at) == name));
        if named.is_some() && last.is_none() {
            return None;
        }
        let last = last.unwrap_or(end);
        let from = if named.is_some() { last.saturating_sub(BREED_BEFORE) } else { first };
        let found = (from.max(first)..last).find_map(|at| self.scan.breed_at(at).map(|(_, end)| (at, end)))?;
        Some(self.scan.source(found.0, found.1))
    }

    /// «No tengo hermanos»: there are none.
    fn zero(&self, group: &Group, clause: &Clause, mention: &Mention, found: &Match) -> Vec<Statement> {
        let negative = self.scan.late_negation(group, clause.last) == Polarity::Negative && found.frame.flags.zero;
        let present = group.readings.iter().any(|form| form.tense == Tense::Present && form.lemma == found.lemma);
        let stance = Stance::PLAIN;
        let none = |kind| {
            let object = Object { text: "0".to_owned(), key: "0".to_owned(), mention: None };
            self.statement(
                mention.clone(),
                &Says { predicate: Predicate::Count, kind, constant: None },
                Some(object),
                stance,
                (group.first, found.end),
            )
        };
        let plain = |filler: &&Filler| {
            filler
                .mention
                .as_ref()
                .is_none_or(|m| matches!(m, Mention::Relative { name: None, .. } | Mention::Animal { name: None, .. }))
        };
        found
            .fillers
            .iter()
            .filter(|_| negative && present)
            .filter(plain)
            .filter_map(|filler| filler.kind)
            .map(none)
            .collect()
    }

    /// "I'm lactose intolerant and allergic to shellfish": one copula, two complements.
    fn coordinated(
        &self,
        group: &Group,
        clause: &Clause,
        subject: &Subject,
        mention: &Mention,
        found: &Match,
    ) -> Vec<Statement> {
        let scan = self.scan;
        let copula = group.has_any(&["be", "ser", "estar"]) && !group.aspect.passive && !group.aspect.progressive;
        let next =
            found.end + 1 + usize::from(scan.word(found.end) == "," && scan.is_any(found.end + 1, &["y", "and"]));
        if !copula || !is_joint(scan, found.end) || next >= clause.last || scan.begins_clause(next) {
            return Vec::new();
        }
        let again = Group { first: next, last: next, ..group.clone() };
        let matches = scan.matches(&again, clause.last);
        let new = matches.into_iter().filter(|m| m.frame.says.predicate != Predicate::Name && m.end > next);
        let reader = Reader { scan, manner: self.manner, number: self.number, sentence: self.sentence };
        new.take(1).flat_map(|m| reader.statements(&again, clause, subject, mention, &m)).collect()
    }

    /// «Mi hermana vive en Madrid y mi hermano en Sevilla»: the verb is said once.
    fn gapped(&self, group: &Group, clause: &Clause, found: &Match) -> Vec<Statement> {
        let scan = self.scan;
        if !is_joint(scan, found.end) {
            return Vec::new();
        }
        let from =
            found.end + 1 + usize::from(scan.word(found.end) == "," && scan.is_any(found.end + 1, &["y", "and"]));
        let dative = usize::from(scan.word(from) == "a" && group.dative.is_some());
        let Some((Noun::Someone(other), end)) = scan.noun(from + dative) else { return Vec::new() };
        let probe = Group { last: end, ..group.clone() };
        let other_subject = Subject::Of(Noun::Someone(other.clone()));
        let clause = Clause { first: from, last: clause.last, timed: from, subject: None, blocked: None };
        let Some(again) = scan.matches(&probe, clause.last).into_iter().find(|m| std::ptr::eq(m.frame, found.frame))
        else {
            return Vec::new();
        };
        let number = self.number + 1;
        let reader = Reader { scan, manner: self.manner, number, sentence: self.sentence };
        let mut out = reader.statements(&probe, &clause, &other_subject, &other, &again);
        out.extend(reader.gapped(&probe, &clause, &again));
        out
    }

    /// A medicine with what it is taken for: «enalapril para la tensión».
    fn with_purpose(&self, medicine: &str, purpose: Option<(usize, usize, usize)>) -> String {
        let Some((at, first, end)) = purpose else { return medicine.to_owned() };
        let own = self.scan.is_any(first - 1, &["mi", "mis", "my"]);
        let words = self.scan.source(if own { first } else { at + 1 }, end);
        format!("{medicine} {} {words}", self.scan.word(at))
    }

    /// What happens, with its hour: behind the verb, or at the front of its clause («mañana a las 9 tengo …»).
    pub(super) fn with_hour(&self, text: &str, from: usize, clause: &Clause) -> String {
        let front = || self.scan.hour(clause.timed, from.min(clause.last));
        at_hour(text, self.scan.hour(from, clause.last).or_else(front))
    }
}

/// An event and its hour, as they are shown.
pub(super) fn at_hour(event: &str, hour: Option<String>) -> String {
    hour.map_or_else(|| event.to_owned(), |hour| format!("{event}, {hour}"))
}

/// The relatives that somebody else has are theirs: «mi hermana tiene un hijo».
fn rebased(mention: Mention, owner: &Mention) -> Mention {
    match mention {
        Mention::Relative { of, kin, name, plural } if *of == Mention::Owner => {
            Mention::Relative { of: Box::new(owner.clone()), kin, name, plural }
        }
        Mention::Animal { of, species, name, plural } if *of == Mention::Owner => {
            Mention::Animal { of: Box::new(owner.clone()), species, name, plural }
        }
        other => other,
    }
}

pub(super) fn object(filler: Filler) -> Object {
    Object { text: filler.text, key: filler.key, mention: filler.mention }
}

/// Whether a statement tells the name of a relative.
fn names_somebody(statement: &Statement) -> bool {
    let mention = statement.object.as_ref().and_then(|object| object.mention.as_ref());
    matches!(mention, Some(Mention::Relative { name: Some(_), .. }))
}
