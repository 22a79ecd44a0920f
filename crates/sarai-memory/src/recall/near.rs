//! What may answer where the predicate that was asked for has no fact: another that is near to it.

use super::question::{Form, Topic};
use super::rank::{Found, Ranked, Search, Why, ranked};
use super::wanted::Wanted;
use crate::fact::{Arity, EntityId, Fact, Predicate};
use crate::memory::Store;

/// What may answer for a predicate that nothing is known of.
const NEAR: &[(Predicate, &[Predicate])] = &[
    (
        Predicate::Role,
        &[Predicate::WorksAt, Predicate::Studies, Predicate::StudiesAt, Predicate::Owns, Predicate::Note],
    ),
    (Predicate::Name, &[Predicate::Nickname]),
    (Predicate::Surname, &[Predicate::Name]),
    (Predicate::Relative, &[Predicate::MaritalStatus]),
    (Predicate::Habit, &[Predicate::Avoids]),
    (Predicate::Dislikes, &[Predicate::Avoids]),
    (Predicate::Team, &[Predicate::Likes]),
    (Predicate::Studies, &[Predicate::StudiesAt]),
    (Predicate::StudiesAt, &[Predicate::Studies]),
    (Predicate::LivesIn, &[Predicate::Address]),
    (Predicate::LivesWith, &[Predicate::Relative]),
    (Predicate::Hobby, &[Predicate::Plays, Predicate::Collects, Predicate::Likes]),
    (Predicate::Origin, &[Predicate::Birthplace]),
    (Predicate::Avoids, &[Predicate::Diet, Predicate::AllergicTo, Predicate::Dislikes, Predicate::Health]),
    (Predicate::Diet, &[Predicate::Avoids, Predicate::Health]),
    (Predicate::Age, &[Predicate::Birthday]),
    (Predicate::Likes, &[Predicate::Favourite]),
    (Predicate::Appointment, &[Predicate::Trip, Predicate::Wedding, Predicate::Routine]),
    (Predicate::MaritalStatus, &[Predicate::Relative]),
    (Predicate::Trip, &[Predicate::Appointment]),
    (Predicate::Wedding, &[Predicate::Appointment, Predicate::Anniversary]),
    (Predicate::Owns, &[Predicate::Plate, Predicate::Pet, Predicate::Health, Predicate::AllergicTo]),
    (Predicate::Nationality, &[Predicate::Origin]),
    (Predicate::Routine, &[Predicate::Habit, Predicate::Appointment]),
    (Predicate::Anniversary, &[Predicate::Wedding]),
];

/// What goes with a diet or an illness of the gut by no means.
const EXCLUDED: &[(&str, &[&str])] = &[
    ("c:vegetarian", &["c:meat", "c:fish", "c:pork", "c:beef", "c:chicken", "c:ham", "c:seafood", "c:lamb", "c:bacon"]),
    (
        "c:vegan",
        &[
            "c:meat",
            "c:fish",
            "c:pork",
            "c:beef",
            "c:chicken",
            "c:ham",
            "c:seafood",
            "c:milk",
            "c:cheese",
            "c:egg",
            "c:dairy",
            "c:honey",
            "c:butter",
            "c:lamb",
            "c:bacon",
        ],
    ),
    ("c:pescatarian", &["c:meat", "c:pork", "c:beef", "c:chicken", "c:ham", "c:lamb", "c:bacon"]),
    ("c:coeliac", &["c:gluten", "c:bread", "c:wheat", "c:pasta"]),
    ("c:lactose_intolerance", &["c:milk", "c:lactose", "c:dairy", "c:cheese"]),
];

/// Illnesses that say what somebody may eat.
const DIETARY: &[&str] = &["c:coeliac", "c:diabetes", "c:lactose_intolerance"];

fn has_surname(fact: &Fact) -> bool {
    fact.object.text.trim().contains(' ')
}

impl<S: Store> Search<'_, '_, S> {
    /// The first predicate near to a topic that has facts which fit.
    pub(super) fn near(&mut self, topic: &Topic, subjects: &[EntityId]) -> Result<Found, S::Error> {
        let near = NEAR.iter().find(|(predicate, _)| *predicate == topic.predicate).map_or(&[][..], |(_, near)| near);
        for predicate in near {
            let mut facts = Vec::new();
            for subject in subjects {
                let kin = if topic.predicate == Predicate::LivesWith { "roommate" } else { "partner" };
                let kind = (*predicate == Predicate::Relative).then_some(kin);
                facts.extend(self.topic(*subject, *predicate, kind)?);
            }
            self.keep_fitting(topic.predicate, *predicate, &mut facts);
            facts.retain(|fact| self.holds_part(fact));
            // Who is a vegetarian eats no meat.
            let asks = self.question.form == Form::YesNo;
            if asks && topic.predicate == Predicate::Avoids {
                let diets: Vec<Fact> = facts.iter().filter(|fact| self.excludes(fact)).cloned().collect();
                if !diets.is_empty() {
                    return Ok(Found { verdict: Some(false), ..ranked(diets, Why::Near) });
                }
            }
            if asks && predicate.arity() == Arity::Many {
                facts.retain(|fact| self.overlap(fact) > 0);
            }
            let found = self.judged(facts, *predicate, Why::Near, subjects)?;
            if !found.facts.is_empty() {
                return Ok(found);
            }
        }
        Ok(Found::default())
    }

    /// Leaves out what is near to the topic by its predicate alone.
    fn keep_fitting(&self, topic: Predicate, near: Predicate, facts: &mut Vec<Fact>) {
        if near == Predicate::Birthday {
            facts.retain(|fact| fact.object.key.len() >= 4 && !fact.object.key.starts_with('-'));
        }
        // «¿Qué tiene mi hija?» may be after an illness.
        if topic == Predicate::Owns && near != Predicate::Plate {
            facts.retain(|fact| fact.subject != EntityId::OWNER && self.question.rest.is_empty());
        }
        // What somebody does may be that they have a shop, or what was noted of them.
        if topic == Predicate::Role {
            let shop = |fact: &Fact| fact.predicate != Predicate::Owns || fact.kind.is_empty();
            let theirs = |fact: &Fact| fact.predicate != Predicate::Note || fact.subject != EntityId::OWNER;
            facts.retain(|fact| shop(fact) && theirs(fact));
        }
        // "Dupree" is told by "Marguerite Dupree".
        if topic == Predicate::Surname {
            facts.retain(has_surname);
        }
        if topic == Predicate::Relative && self.question.form != Form::YesNo {
            facts.clear();
        }
        if topic == Predicate::Team {
            facts.retain(|fact| fact.evidence.sentence.contains("fan"));
        } else if matches!(near, Predicate::Likes | Predicate::Dislikes | Predicate::Routine) {
            facts.retain(|fact| self.overlap(fact) > 0);
        }
        if matches!(topic, Predicate::Diet | Predicate::Avoids) && near == Predicate::Health {
            facts.retain(|fact| DIETARY.contains(&fact.object.key.as_str()));
        }
    }

    fn excludes(&self, fact: &Fact) -> bool {
        EXCLUDED.iter().any(|(diet, foods)| {
            fact.object.key == *diet && self.question.objects.iter().any(|key| foods.contains(&key.as_str()))
        })
    }

    /// What fewer words of the question ask for counts where the fact says more of its words.
    pub(super) fn weaker(&mut self, best: usize, subjects: &[EntityId]) -> Result<Found, S::Error> {
        let weaker: Vec<Topic> = self.question.topics.iter().filter(|topic| topic.weight < best).cloned().collect();
        for topic in &weaker {
            let mut facts = Vec::new();
            for subject in subjects {
                facts.extend(self.topic(*subject, topic.predicate, topic.kind.as_deref())?);
            }
            facts.retain(|fact| self.overlap(fact) > 0);
            if self.question.topics.first().is_some_and(|first| first.predicate == Predicate::Surname) {
                facts.retain(has_surname);
            }
            let found = self.judged(facts, topic.predicate, Why::Near, subjects)?;
            if !found.facts.is_empty() && self.question.form == Form::Value {
                return Ok(found);
            }
        }
        Ok(Found::default())
    }

    /// «¿Qué día juego al fútbol?» is after a time: a routine tells it, where what was found does not.
    pub(super) fn or_when(&mut self, found: Found, subjects: &[EntityId]) -> Result<Found, S::Error> {
        let timeless = |ranked: &Ranked| {
            ranked.fact.from.is_none()
                && matches!(
                    ranked.fact.predicate,
                    Predicate::Hobby
                        | Predicate::Plays
                        | Predicate::Likes
                        | Predicate::Learning
                        | Predicate::Studies
                        | Predicate::WorksAt
                        | Predicate::Role
                        | Predicate::Owns
                        | Predicate::Goal
                )
        };
        if self.question.wanted != Wanted::Time || self.question.since || !found.facts.iter().all(timeless) {
            return Ok(found);
        }
        // The sentence may have the time that the fact has not.
        if let Some(said) = found.facts.iter().find(|ranked| self.tells_time(&ranked.fact)) {
            let said = Some(said.fact.evidence.sentence.clone());
            return Ok(Found { said, ..found });
        }
        for predicate in [Predicate::Routine, Predicate::Appointment] {
            let mut facts = Vec::new();
            for subject in subjects {
                facts.extend(self.topic(*subject, predicate, None)?);
            }
            let timed = self.judged(facts, predicate, Why::Asked, subjects)?;
            if !timed.facts.is_empty() {
                return Ok(timed);
            }
        }
        Ok(found)
    }
}
