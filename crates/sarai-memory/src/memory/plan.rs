//! From statements to changes: who is meant, what is new, what it ends.

use crate::words::lists::UNIQUE;
use std::collections::HashMap;

use super::ended::telling_words;
use super::resolve::SAME;
use super::store::{Change, Filter, NextIds, States, Store};
use crate::extract::{Act, DOSE, Manner, Object, Reason, Statement};
use crate::fact::{ALONE, Arity, Entity, EntityId, EpisodeId, Evidence, Fact, FactId, Predicate, Source, Value};
use crate::grammar::dose::{another_dose, redosed, with_purpose_of};
use crate::text::{fold, tokens};
use crate::time::{Moment, PartialDate};
use crate::words::{self, Class};
/// A routine is compared by its first words.
const ROUTINE_TOKENS_MAX: usize = 40;
/// Who does this works nowhere.
pub(crate) const IDLE: &[&str] = &["c:retired", "c:unemployed", "en paro", "sin trabajo", "between job"];
/// What was wrong if it turns out otherwise: it cannot have changed.
const CHANGELESS: &[Predicate] = &[
    Predicate::Birthday,
    Predicate::Birthplace,
    Predicate::BloodType,
    Predicate::Died,
    Predicate::Origin,
    Predicate::Wedding,
    Predicate::Anniversary,
    Predicate::Zodiac,
    Predicate::Name,
    Predicate::Surname,
];

/// What a list of statements changes.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(super) changes: Vec<Change>,
    pub(super) stored: Vec<Fact>,
    pub(super) closed: Vec<Fact>,
    pub(super) retracted: Vec<Fact>,
    pub(super) refused: Vec<Reason>,
}

/// Where statements come from.
#[derive(Debug, Clone)]
pub(crate) struct Origin<'a> {
    pub(crate) at: Moment,
    pub(crate) source: Source,
    pub(crate) episode: Option<EpisodeId>,
    /// The message, for the sentences.
    pub(super) text: &'a str,
}

/// Plans changes over a store that it only reads; what it planned before is seen by what it plans next.
pub(crate) struct Planner<'a, S: Store> {
    pub(super) store: &'a S,
    pub(super) ids: NextIds,
    pub(super) origin: Origin<'a>,
    /// What the message before said, for corrections of one value among many.
    recent: &'a [Statement],
    pub(super) entities: HashMap<EntityId, Entity>,
    facts: Vec<Fact>,
    /// Facts of the store as this plan leaves them.
    changed: HashMap<FactId, Fact>,
    clauses: HashMap<FactId, u32>,
    /// The sentence speaks of a change.
    pub(super) changing: bool,
    /// What it tells is over already, and takes nobody's place.
    pub(super) bygone: bool,
    /// Sentences that put one thing in the place of another, of which predicate, and the keys of both.
    pub(super) swapped: Vec<((usize, usize), Predicate, [String; 2])>,
    pub(super) outcome: Outcome,
}

impl<'a, S: Store> Planner<'a, S> {
    pub(crate) fn new(store: &'a S, ids: NextIds, origin: Origin<'a>, recent: &'a [Statement]) -> Self {
        Self {
            store,
            ids,
            origin,
            recent,
            entities: HashMap::new(),
            facts: Vec::new(),
            changed: HashMap::new(),
            clauses: HashMap::new(),
            changing: false,
            bygone: false,
            swapped: Vec::new(),
            outcome: Outcome::default(),
        }
    }

    /// Facts from here on are those of this message.
    pub(super) fn first_new(&self) -> FactId {
        self.facts.iter().map(|fact| fact.id).min().unwrap_or(FactId(self.ids.fact))
    }

    pub(super) fn finish(mut self) -> Outcome {
        for fact in std::mem::take(&mut self.facts) {
            self.outcome.stored.push(fact);
        }
        self.outcome
    }

    pub(super) fn entity(&self, id: EntityId) -> Result<Option<Entity>, S::Error> {
        match self.entities.get(&id) {
            Some(entity) => Ok(Some(entity.clone())),
            None => self.store.entity(id),
        }
    }

    pub(super) fn facts(&self, filter: &Filter) -> Result<Vec<Fact>, S::Error> {
        let open = |fact: &Fact| filter.states == States::All || (fact.retracted.is_none() && fact.to.is_none());
        let mine = self.facts.iter().rev().filter(|fact| {
            filter.subject.is_none_or(|s| fact.subject == s)
                && filter.predicate.is_none_or(|p| fact.predicate == p)
                && filter.kind.as_ref().is_none_or(|k| fact.kind == *k)
                && filter.object.is_none_or(|o| fact.object.entity == Some(o))
                && filter.object_key.as_ref().is_none_or(|k| fact.object.key == *k)
        });
        let stored =
            self.store.facts(filter)?.into_iter().map(|fact| self.changed.get(&fact.id).cloned().unwrap_or(fact));
        Ok(mine.cloned().chain(stored).filter(open).collect())
    }

    /// Takes one statement into the plan.
    pub(super) fn take(&mut self, statement: &Statement) -> Result<(), S::Error> {
        let creates = statement.act == Act::Assert;
        self.changing = self.speaks_of_change(statement);
        self.bygone = statement.to.is_some_and(|to| to.first() <= self.origin.at.date());
        let Some(subject) = self.resolve(&statement.subject, creates)? else {
            if creates {
                self.outcome.refused.push(Reason::Ambiguous);
            }
            return Ok(());
        };
        // What took the place of an employer is no town, though somebody moved to it, and is not over at once.
        let swapped = self.swapped.iter().any(|(sentence, predicate, keys)| {
            let object = statement.object.as_ref();
            *sentence == statement.sentence
                && match statement.act {
                    Act::Assert => {
                        object.is_some_and(|object| keys.iter().any(|key| object.key.contains(key.as_str())))
                    }
                    Act::End => *predicate == statement.predicate,
                    Act::Deny | Act::Swap => false,
                }
        });
        if swapped {
            return Ok(());
        }
        // A name that goes with a mention is known by having resolved it.
        let object = match &statement.object {
            Some(object) => match self.value(object, creates)? {
                Some(value) => Some(value),
                None => return Ok(()),
            },
            None => None,
        };
        match statement.act {
            Act::Assert if statement.predicate == Predicate::Medication => self.prescribe(statement, subject, object),
            Act::Assert if statement.predicate == Predicate::Appointment && statement.from.is_none() => {
                object.map_or(Ok(()), |object| self.at_another_hour(statement, subject, &object))
            }
            Act::Assert => self.assert(statement, subject, object),
            Act::End => self.end(statement, subject, object.as_ref()),
            Act::Deny => self.deny(statement, subject, object.as_ref()),
            Act::Swap => self.swap(statement, subject, object),
        }
    }

    fn value(&mut self, object: &Object, create: bool) -> Result<Option<Value>, S::Error> {
        let Some(mention) = &object.mention else {
            return Ok(Some(Value { text: object.text.clone(), key: object.key.clone(), entity: None }));
        };
        let Some(id) = self.resolve(mention, create)? else { return Ok(None) };
        let name = self.entity(id)?.and_then(|entity| entity.names.first().cloned());
        let text = if object.text.is_empty() { name.unwrap_or_default() } else { object.text.clone() };
        Ok(Some(Value { text, key: format!("e:{id}"), entity: Some(id) }))
    }

    pub(super) fn assert(
        &mut self,
        statement: &Statement,
        subject: EntityId,
        object: Option<Value>,
    ) -> Result<(), S::Error> {
        // Nobody is their own friend: somebody was taken for another.
        let Some(object) = object.filter(|object| object.entity != Some(subject)) else { return Ok(()) };
        if statement.predicate == Predicate::Name
            && subject != EntityId::OWNER
            && !self.rename(statement, subject, &object.text)?
        {
            return Ok(());
        }
        let filter = Filter {
            subject: Some(subject),
            predicate: Some(statement.predicate),
            kind: Some(statement.kind.clone()),
            ..Filter::default()
        };
        // «Laura y yo nos casamos», where Laura is known to be the wife.
        if statement.predicate == Predicate::Relative
            && let Some(group) = SAME.iter().find(|group| group[0] == statement.kind)
            && object.entity.is_some()
        {
            for kind in &group[1..] {
                let closer = Filter { kind: Some((*kind).to_owned()), object: object.entity, ..filter.clone() };
                if !self.facts(&closer)?.is_empty() {
                    return Ok(());
                }
            }
        }
        let current = self.facts(&filter)?;
        // «Trabajo en Correos, soy cartera en Mérida»: where one works is no other employer.
        let town = |value: &Value| words::senses(None, &fold(&value.text)).any(|sense| sense.class == Class::Place);
        let works = statement.predicate == Predicate::WorksAt && statement.manner == Manner::Plain;
        if works && town(&object) && !self.changing && current.iter().any(|fact| !town(&fact.object)) {
            return Ok(());
        }
        let past = statement.to.is_some_and(|to| to.first() <= self.origin.at.date());
        let again = |fact: &&Fact| {
            fact.object.key == object.key
                && (!fact.is_event() || fact.from == statement.from)
                && !(statement.predicate == Predicate::Medication && another_dose(&fact.object.text, &object.text))
        };
        if let Some(known) = current.iter().find(again) {
            // «Antes vivía en …» ends what was thought to hold on.
            if let (true, Some(to)) = (past && !known.is_event(), statement.to) {
                self.close(known.clone(), to);
            }
            if let Some(from) = statement.from.filter(|_| known.from.is_none() && !past && !known.is_event()) {
                let known = known.clone();
                self.retract_silently(&known);
                self.add(statement, subject, Value { ..known.object.clone() }, Some(from), known.to);
            }
            return Ok(());
        }
        if !past {
            self.displace(statement, current, &object)?;
        }
        if statement.predicate == Predicate::Name {
            let named = self.entity(subject)?.map_or_else(Vec::new, |entity| entity.names);
            self.set_names(subject, std::iter::once(object.text.clone()).chain(named.into_iter().skip(1)).collect())?;
        }
        self.consequences(statement, subject, &object)?;
        self.add(statement, subject, object, statement.from, statement.to);
        Ok(())
    }

    /// A medicine is taken in one dose at a time, and still for the same unless something else is said.
    fn prescribe(&mut self, statement: &Statement, subject: EntityId, object: Option<Value>) -> Result<(), S::Error> {
        let Some(object) = object else { return Ok(()) };
        let filter = Filter { subject: Some(subject), predicate: Some(Predicate::Medication), ..Filter::default() };
        let mut known = self.facts(&filter)?;
        known.retain(|fact| fact.object.key == object.key);
        let known = known.into_iter().max_by_key(|fact| fact.id);
        let only_dose = statement.kind == DOSE;
        let object = match known {
            Some(old) if only_dose => {
                Value { text: redosed(&old.object.text, &object.text), key: old.object.key, entity: None }
            }
            Some(old) => Value { text: with_purpose_of(&old.object.text, &object.text), ..object },
            // A dose alone names nothing to take.
            None if only_dose && !object.text.starts_with(char::is_alphabetic) => return Ok(()),
            None => object,
        };
        let kind = if only_dose { String::new() } else { statement.kind.clone() };
        let from = statement.from.or_else(|| only_dose.then(|| PartialDate::Day(self.origin.at.date())));
        self.assert(&Statement { kind, from, ..statement.clone() }, subject, Some(object))
    }

    /// Ends or takes back what a new value stands against.
    fn displace(&mut self, statement: &Statement, current: Vec<Fact>, object: &Value) -> Result<(), S::Error> {
        let unique = statement.predicate == Predicate::Relative && UNIQUE.contains(&statement.kind.as_str());
        // Of what a note calls by a name there is one: a new code takes the place of the old.
        let noted = statement.predicate == Predicate::Note && !statement.kind.is_empty();
        if statement.predicate == Predicate::Medication {
            for fact in current.iter().filter(|fact| fact.object.key == object.key).cloned().collect::<Vec<_>>() {
                self.give_way(statement, fact);
            }
        }
        if unique && SAME[0].contains(&statement.kind.as_str()) {
            self.displace_partners(statement, object)?;
        }
        if statement.predicate.arity() == Arity::One || unique || noted {
            for fact in current {
                if self.clauses.get(&fact.id) == Some(&statement.clause) {
                    continue;
                }
                self.give_way(statement, fact);
            }
        } else if statement.manner == Manner::Correction {
            let wrong: Vec<String> = self
                .recent
                .iter()
                .filter(|old| {
                    old.subject == statement.subject
                        && old.predicate == statement.predicate
                        && old.kind == statement.kind
                })
                .filter_map(|old| old.object.as_ref().map(|o| o.key.clone()))
                .collect();
            let said_here = |fact: &Fact| self.facts.iter().any(|mine| mine.id == fact.id);
            let victim = current
                .iter()
                .find(|fact| fact.object.key != object.key && (wrong.contains(&fact.object.key) || said_here(fact)))
                .cloned();
            if let Some(fact) = victim {
                self.retract(fact);
            }
        }
        if statement.predicate == Predicate::Routine && self.changing {
            self.displace_routine(statement, object)?;
        }
        let opposite = match statement.predicate {
            Predicate::Likes => Some(Predicate::Dislikes),
            Predicate::Dislikes => Some(Predicate::Likes),
            _ => None,
        };
        if let Some(opposite) = opposite {
            let subject = self.resolve(&statement.subject, false)?;
            let filter = Filter {
                subject,
                predicate: Some(opposite),
                object_key: Some(object.key.clone()),
                ..Filter::default()
            };
            for fact in self.facts(&filter)? {
                self.give_way(statement, fact);
            }
        }
        Ok(())
    }

    /// «Ahora ceno a las 20:30» ends another hour of the same habit.
    fn displace_routine(&mut self, statement: &Statement, object: &Value) -> Result<(), S::Error> {
        let subject = self.resolve(&statement.subject, false)?;
        let filter = Filter { subject, predicate: Some(Predicate::Routine), ..Filter::default() };
        let new = timeless(statement.language, &object.text);
        let days = weekdays(&object.text);
        for fact in self.facts(&filter)? {
            let old = timeless(fact.language, &fact.object.text);
            let holds =
                |all: &[String], part: &[String]| !part.is_empty() && part.iter().all(|word| all.contains(word));
            // «Los lunes ceno con Ana» stays beside «los jueves ceno con Luis».
            let same_people = people(&fact.object.text) == people(&object.text);
            let same_days = !days.is_empty() && weekdays(&fact.object.text) == days;
            let same = fact.language == statement.language && (same_people || same_days);
            if same && (holds(&old, &new) || holds(&new, &old)) {
                self.give_way(statement, fact);
            }
        }
        Ok(())
    }

    /// Who is somebody's partner now is whoever was said last, by whatever word.
    fn displace_partners(&mut self, statement: &Statement, object: &Value) -> Result<(), S::Error> {
        let subject = self.resolve(&statement.subject, false)?;
        let first = self.first_new();
        for kind in SAME[0].iter().filter(|kind| **kind != statement.kind) {
            let kind = Some((*kind).to_owned());
            let filter = Filter { subject, predicate: Some(Predicate::Relative), kind, ..Filter::default() };
            for fact in self.facts(&filter)? {
                if fact.object.entity != object.entity && fact.id < first {
                    self.give_way(statement, fact);
                }
            }
        }
        Ok(())
    }

    /// «Desde el lunes me levanto a las ocho», "I get up at eight now".
    fn speaks_of_change(&self, statement: &Statement) -> bool {
        const CHANGE: &[&str] = &[
            "desde", "ahora", "now", "from", "since", "starting", "partir", "nowadays", "ya", "moved", "instead",
            "anymore", "more", "cambiado", "movido",
        ];
        let sentence = self.origin.text.get(statement.sentence.0..statement.sentence.1).unwrap_or_default();
        fold(sentence).split(|c: char| !c.is_alphanumeric()).any(|word| CHANGE.contains(&word))
    }

    pub(super) fn give_way(&mut self, statement: &Statement, fact: Fact) {
        let wrong = statement.manner == Manner::Correction || CHANGELESS.contains(&fact.predicate);
        if wrong {
            self.retract(fact);
        } else {
            let to = statement.from.unwrap_or_else(|| PartialDate::Day(self.origin.at.date()));
            self.close(fact, to);
        }
    }

    /// What follows from a fact for others: a divorce ends a marriage, an animal that died is nobody's any more.
    fn consequences(&mut self, statement: &Statement, subject: EntityId, object: &Value) -> Result<(), S::Error> {
        let today = PartialDate::Day(self.origin.at.date());
        let to = statement.from.unwrap_or(today);
        // What is over already has no consequences for what holds.
        let holds = statement.to.is_none();
        let of = |predicate| Filter { subject: Some(subject), predicate: Some(predicate), ..Filter::default() };
        match statement.predicate {
            Predicate::MaritalStatus
                if ["c:divorced", "c:separated", "c:widowed", "c:single"].contains(&object.key.as_str())
                    || object.key.starts_with("divorci")
                    || object.key.starts_with("separad") =>
            {
                for kin in SAME[0] {
                    self.close_all(&Filter { kind: Some((*kin).to_owned()), ..of(Predicate::Relative) }, to)?;
                }
            }
            // Who is retired or out of work works nowhere.
            Predicate::Role if holds && IDLE.contains(&object.key.as_str()) => {
                self.close_all(&of(Predicate::WorksAt), to)?;
            }
            // Company ends living alone.
            Predicate::LivesWith if holds && object.entity.is_some() => {
                for alone in ALONE {
                    let filter = Filter { object_key: Some((*alone).to_owned()), ..of(Predicate::LivesWith) };
                    self.close_all(&filter, to)?;
                }
            }
            // «No fumo» ends smoking, and the other way round.
            Predicate::Habit if holds => {
                let does = ["fumar", "smoke"].map(crate::words::key);
                let does_not = ["no fumar", "don't smoke"].map(crate::words::key);
                let ended = if does.contains(&object.key) {
                    &does_not[..]
                } else if does_not.contains(&object.key) {
                    &does[..]
                } else {
                    &[]
                };
                for key in ended {
                    self.close_all(&Filter { object_key: Some(key.clone()), ..of(Predicate::Habit) }, to)?;
                }
            }
            Predicate::Died => {
                let filter = Filter { predicate: Some(Predicate::Pet), object: Some(subject), ..Filter::default() };
                for fact in self.facts(&filter)? {
                    self.uncount(fact.subject, &fact.kind, to)?;
                    self.close(fact, to);
                }
            }
            Predicate::Count if object.key == "0" => {
                for predicate in [Predicate::Pet, Predicate::Relative] {
                    self.close_all(&Filter { kind: Some(statement.kind.clone()), ..of(predicate) }, today)?;
                }
            }
            Predicate::Pet | Predicate::Relative => {
                let none = Some("0".to_owned());
                let kind = Some(statement.kind.clone());
                self.close_all(&Filter { kind, object_key: none, ..of(Predicate::Count) }, today)?;
                if holds && SAME[0].contains(&statement.kind.as_str()) {
                    let single = Some("c:single".to_owned());
                    self.close_all(&Filter { object_key: single, ..of(Predicate::MaritalStatus) }, to)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn close_all(&mut self, filter: &Filter, to: PartialDate) -> Result<(), S::Error> {
        for fact in self.facts(filter)? {
            self.close(fact, to);
        }
        Ok(())
    }

    /// One animal fewer: how many there were holds no more.
    pub(super) fn uncount(&mut self, owner: EntityId, kind: &str, to: PartialDate) -> Result<(), S::Error> {
        let (subject, predicate) = (Some(owner), Some(Predicate::Count));
        self.close_all(&Filter { subject, predicate, kind: Some(kind.to_owned()), ..Filter::default() }, to)
    }

    pub(super) fn add(
        &mut self,
        statement: &Statement,
        subject: EntityId,
        object: Value,
        from: Option<PartialDate>,
        to: Option<PartialDate>,
    ) {
        let id = FactId(self.ids.fact);
        self.ids.fact += 1;
        let fact = Fact {
            id,
            subject,
            predicate: statement.predicate,
            kind: statement.kind.clone(),
            object,
            from,
            to,
            recorded: self.origin.at,
            retracted: None,
            source: self.origin.source,
            confidence: self.origin.source.confidence(),
            language: statement.language,
            evidence: Evidence {
                episode: self.origin.episode,
                sentence: self
                    .origin
                    .text
                    .get(statement.sentence.0..statement.sentence.1)
                    .unwrap_or_default()
                    .to_owned(),
                span: statement.span,
            },
        };
        self.clauses.insert(id, statement.clause);
        self.outcome.changes.push(Change::AddFact(fact.clone()));
        self.facts.push(fact);
    }

    pub(super) fn close(&mut self, fact: Fact, to: PartialDate) {
        if let Some(mine) = self.facts.iter_mut().find(|mine| mine.id == fact.id) {
            mine.to = Some(to);
        } else {
            self.changed.insert(fact.id, Fact { to: Some(to), ..fact.clone() });
            self.outcome.closed.push(Fact { to: Some(to), ..fact.clone() });
        }
        self.outcome.changes.push(Change::Close { fact: fact.id, to });
    }

    fn retract_silently(&mut self, fact: &Fact) {
        let at = self.origin.at;
        self.facts.retain(|mine| mine.id != fact.id);
        self.changed.insert(fact.id, Fact { retracted: Some(at), ..fact.clone() });
        self.outcome.changes.push(Change::Retract { fact: fact.id, at });
    }

    pub(super) fn retract(&mut self, fact: Fact) {
        let mine = self.facts.iter().any(|mine| mine.id == fact.id);
        self.retract_silently(&fact);
        if !mine {
            self.outcome.retracted.push(Fact { retracted: Some(self.origin.at), ..fact });
        }
    }

    /// Gives somebody another name. False where they are called so already.
    fn rename(&mut self, statement: &Statement, subject: EntityId, name: &str) -> Result<bool, S::Error> {
        let Some(entity) = self.entity(subject)? else { return Ok(false) };
        let same = entity.names.iter().any(|known| fold(known) == fold(name));
        let has_fact = !self
            .facts(&Filter { subject: Some(subject), predicate: Some(Predicate::Name), ..Filter::default() })?
            .is_empty();
        if same && has_fact {
            return Ok(false);
        }
        let longer = entity.names.first().is_some_and(|known| fold(name).starts_with(&fold(known)));
        let names = if statement.manner == Manner::Correction || entity.names.is_empty() || longer || !same {
            vec![name.to_owned()]
        } else {
            entity.names
        };
        self.set_names(subject, names)?;
        Ok(true)
    }
}

/// The days of the week that a routine names.
fn weekdays(text: &str) -> Vec<u8> {
    let mut out: Vec<u8> =
        tokens(text, ROUTINE_TOKENS_MAX).iter().filter_map(|token| crate::time::weekday(&token.fold)).collect();
    out.sort_unstable();
    out
}

/// The capitals of a routine that are no days: who comes along.
fn people(text: &str) -> Vec<String> {
    let tokens = tokens(text, ROUTINE_TOKENS_MAX);
    let named = tokens.iter().skip(1).filter(|token| token.capital && crate::time::weekday(&token.fold).is_none());
    named.map(|token| token.fold.clone()).collect()
}

/// The words of a routine without its days and hours.
fn timeless(language: sarai_types::Language, text: &str) -> Vec<String> {
    let tokens = tokens(text, ROUTINE_TOKENS_MAX);
    let timely = |at: usize| {
        let token = &tokens[at];
        token.is_mark()
            || crate::time::weekday(&token.fold).is_some()
            || crate::time::cardinal(&tokens, at).is_some()
            || matches!(token.fold.as_str(), "media" | "cuarto" | "am" | "pm" | "manana" | "tarde" | "noche")
    };
    // «Suelo cenar» and «ceno», and whoever comes along.
    let said: String = (0..tokens.len())
        .filter(|&at| !(timely(at) || at > 0 && tokens[at].capital))
        .map(|at| {
            let token = &tokens[at];
            let lemma = crate::words::forms(language, &token.lower, &token.fold).first().map(|form| fold(form.lemma));
            lemma.unwrap_or_else(|| token.fold.clone())
        })
        .filter(|word| !["soler", "ahora", "now", "usually"].contains(&word.as_str()))
        .map(|word| format!("{word} "))
        .collect();
    let mut out = telling_words(language, &said);
    out.sort();
    out.dedup();
    out
}
