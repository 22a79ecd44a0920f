//! What a statement ends or denies.

use super::plan::Planner;
use super::resolve::{SAME, same};
use super::store::{Filter, States, Store, search_words};
use crate::extract::{Act, Statement};
use crate::fact::{EntityId, Fact, Predicate, Value};
use crate::recall::{alike, family};
use crate::time::PartialDate;
use crate::words::lists::{COMMON_VERBS, FUNCTION, UNTELLING};

/// What people give up, and say so in words of their own.
const GIVEN_UP: &[Predicate] = &[
    Predicate::Routine,
    Predicate::Habit,
    Predicate::Hobby,
    Predicate::Plays,
    Predicate::Learning,
    Predicate::Collects,
    Predicate::Diet,
    Predicate::Medication,
    Predicate::Goal,
];

impl<S: Store> Planner<'_, S> {
    /// «Ya no …»: closes what is meant; what was never known is known to have been.
    pub(super) fn end(
        &mut self,
        statement: &Statement,
        subject: EntityId,
        object: Option<&Value>,
    ) -> Result<(), S::Error> {
        if let (Predicate::Routine | Predicate::Appointment | Predicate::Trip, Some(object)) =
            (statement.predicate, object)
        {
            return self.end_by_words(statement, subject, &object.text);
        }
        let filter = Filter { subject: Some(subject), predicate: Some(statement.predicate), ..Filter::default() };
        let to = statement.to.unwrap_or_else(|| PartialDate::Day(self.origin.at.date()));
        let mut found = false;
        for fact in self.facts(&filter)? {
            let owned = statement.predicate == Predicate::Owns
                && (statement.kind == fact.kind
                    || family(&statement.kind).is_some_and(|one| family(&fact.kind) == Some(one)));
            let kind = statement.kind.is_empty()
                || owned
                || statement.kind == fact.kind
                || statement.predicate == Predicate::Relative && same(&statement.kind).contains(&fact.kind.as_str())
                || object.is_some()
                    && !matches!(statement.predicate, Predicate::Relative | Predicate::Pet | Predicate::Favourite);
            let same = object.is_none_or(|o| {
                o.key == fact.object.key
                    || (o.entity.is_some() && o.entity == fact.object.entity)
                    || fact.object.key.contains(&o.key) && o.key.len() > 3
                    || owned && !statement.kind.is_empty()
            });
            if kind && same {
                if fact.predicate == Predicate::Relative && SAME[0].contains(&fact.kind.as_str()) {
                    let with = Filter {
                        subject: Some(subject),
                        predicate: Some(Predicate::LivesWith),
                        object: fact.object.entity,
                        ..Filter::default()
                    };
                    for together in self.facts(&with)? {
                        self.close(together, to);
                    }
                }
                if fact.predicate == Predicate::Pet {
                    self.uncount(subject, &fact.kind, to)?;
                }
                self.close(fact, to);
                found = true;
            }
        }
        if let (false, Some(object)) = (found, object)
            && object.entity.is_none()
            && statement.to.is_some()
            // "I left school at 15" is no end of a job that nobody knows of.
            && !(statement.predicate == Predicate::WorksAt && object.text.starts_with(char::is_lowercase))
            && matches!(
                statement.predicate,
                Predicate::LivesIn
                    | Predicate::WorksAt
                    | Predicate::Role
                    | Predicate::StudiesAt
                    | Predicate::Studies
                    | Predicate::Habit
            )
        {
            self.add(statement, subject, object.clone(), statement.from, Some(to));
        }
        Ok(())
    }

    /// Ends what a text is about, where no two people use the same words: «ya no voy a yoga», "my physio appointment was
    /// cancelled".
    fn end_by_words(&mut self, statement: &Statement, subject: EntityId, text: &str) -> Result<(), S::Error> {
        let today = PartialDate::Day(self.origin.at.date());
        for fact in self.meant_by_words(statement, subject, text)? {
            if fact.is_event() {
                self.retract(fact);
            } else {
                self.close(fact, statement.to.unwrap_or(today));
            }
        }
        Ok(())
    }

    /// «Me han cambiado la cita a las 12»: what was on a day is still on it, at another hour.
    pub(super) fn at_another_hour(
        &mut self,
        statement: &Statement,
        subject: EntityId,
        object: &Value,
    ) -> Result<(), S::Error> {
        let (event, hour) = object.text.rsplit_once(", ").unwrap_or((&object.text, ""));
        let Some(old) = self
            .meant_by_words(statement, subject, event)?
            .into_iter()
            .min_by_key(|fact| fact.from.map(|from| from.first()))
        else {
            return Ok(());
        };
        let known = old.object.text.split(", ").next().unwrap_or_default();
        let text = format!("{known}, {hour}");
        let (from, to) = (old.from, old.to);
        let object = Value { key: crate::words::key(&text), text, entity: old.object.entity };
        self.retract(old);
        self.add(statement, subject, object, from, to);
        Ok(())
    }

    /// The habits, or what is still to come, that a text means by its telling words; an event that it does not name is the
    /// last one that was told.
    fn meant_by_words(&self, statement: &Statement, subject: EntityId, text: &str) -> Result<Vec<Fact>, S::Error> {
        let event = matches!(statement.predicate, Predicate::Appointment | Predicate::Trip);
        let predicates: &[Predicate] = match statement.predicate {
            Predicate::Appointment => &[Predicate::Appointment],
            Predicate::Trip => &[Predicate::Trip, Predicate::Appointment],
            _ => GIVEN_UP,
        };
        let today = self.origin.at.date();
        let mut known = Vec::new();
        for predicate in predicates {
            let filter = Filter {
                subject: Some(subject),
                predicate: Some(*predicate),
                states: if event { States::All } else { States::Open },
                ..Filter::default()
            };
            known.extend(self.facts(&filter)?.into_iter().filter(|fact| fact.is_current(today)));
        }
        let words = telling_words(statement.language, text);
        let holds = |fact: &Fact| {
            let present = search_words(&format!("{} {}", fact.object.text, fact.object.key));
            words.iter().all(|word| present.iter().any(|other| alike(word, other)))
        };
        Ok(if words.is_empty() {
            known.into_iter().filter(|_| event).take(1).collect()
        } else {
            known.into_iter().filter(holds).collect()
        })
    }

    /// One for another: of what predicate they are is told by the old one.
    pub(super) fn swap(
        &mut self,
        statement: &Statement,
        subject: EntityId,
        object: Option<Value>,
    ) -> Result<(), S::Error> {
        const SWAPPED: &[Predicate] = &[
            Predicate::LivesIn,
            Predicate::WorksAt,
            Predicate::StudiesAt,
            Predicate::Studies,
            Predicate::Owns,
            Predicate::Medication,
            Predicate::Plays,
            Predicate::Hobby,
            Predicate::Learning,
            Predicate::Favourite,
            Predicate::Diet,
            Predicate::Team,
            Predicate::Role,
        ];
        let Some(object) = object else { return Ok(()) };
        let key = crate::words::key(&statement.kind);
        let words = search_words(&statement.kind);
        let named = |fact: &Fact| {
            let present = search_words(&format!("{} {}", fact.object.text, fact.object.key));
            fact.object.key == key || !words.is_empty() && words.iter().all(|word| present.contains(word))
        };
        let filter = Filter { subject: Some(subject), ..Filter::default() };
        let known = self.facts(&filter)?.into_iter().filter(|fact| SWAPPED.contains(&fact.predicate) && named(fact));
        let Some(old) = known.max_by_key(|fact| fact.id) else { return Ok(()) };
        let new = Statement {
            predicate: old.predicate,
            kind: old.kind.clone(),
            object: None,
            act: Act::Assert,
            ..statement.clone()
        };
        self.give_way(&new, old);
        self.assert(&new, subject, Some(Value { key: crate::words::key(&object.text), ..object.clone() }))?;
        self.swapped.push((statement.sentence, new.predicate, [key, crate::words::key(&object.text)]));
        Ok(())
    }

    pub(super) fn deny(
        &mut self,
        statement: &Statement,
        subject: EntityId,
        object: Option<&Value>,
    ) -> Result<(), S::Error> {
        let filter = Filter { subject: Some(subject), predicate: Some(statement.predicate), ..Filter::default() };
        for fact in self.facts(&filter)? {
            if object.is_some_and(|o| o.key == fact.object.key) {
                self.retract(fact);
            }
        }
        Ok(())
    }
}

/// The words of a text that tell one habit or appointment from another.
pub(super) fn telling_words(language: sarai_types::Language, text: &str) -> Vec<String> {
    let common =
        |word: &str| crate::words::forms(language, word, word).iter().any(|form| COMMON_VERBS.contains(&form.lemma));
    search_words(text)
        .into_iter()
        .filter(|word| !FUNCTION.contains(&word.as_str()) && !UNTELLING.contains(&word.as_str()) && !common(word))
        .collect()
}
