//! Which facts answer a question, and why.
//!
//! A predicate that the question names decides; only where it names none are words compared. So a question about
//! something that was never said finds nothing, instead of the nearest thing that was.

use super::question::{Form, Question, day};
use super::quote::Quotation;
use super::wanted::Wanted;
use crate::fact::{Arity, EntityId, Fact, Predicate};
use crate::grammar::Mention;
use crate::memory::{Filter, Planner, States, Store, same};
use crate::text::fold;
use crate::time::Date;
use crate::words;

/// At most so many facts answer one question.
pub(super) const ANSWER_FACTS_MAX: usize = 40;

/// Why a fact is among the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It says of the subject what was asked.
    Asked,
    /// It says something near to it: the employer, where the trade was asked.
    Near,
    /// Its object is what was asked about.
    Object,
    /// It held at the time that was asked about.
    Time,
    /// Its words are those of the question.
    Words,
}

impl Why {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Near => "near",
            Self::Object => "object",
            Self::Time => "time",
            Self::Words => "words",
        }
    }
}

/// A fact and why it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    pub fact: Fact,
    pub why: Why,
}

/// What was found for a question.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    pub(crate) facts: Vec<Ranked>,
    /// For «¿vivo en Madrid?»: whether it is so.
    pub(crate) verdict: Option<bool>,
    pub(crate) count: Option<u32>,
    /// What the owner said word by word, where no fact answers.
    pub(crate) quoted: Option<Quotation>,
    /// The sentence that answers, where the facts behind it say something else of it.
    pub(crate) said: Option<String>,
    /// The question asks since when.
    pub(crate) since: bool,
    /// The question asks when.
    pub(crate) timed: bool,
    /// It was so, and is no longer.
    pub(crate) ended: bool,
}

pub(super) struct Search<'a, 'b, S: Store> {
    pub(super) store: &'a S,
    pub(super) planner: &'a mut Planner<'b, S>,
    pub(super) question: &'a Question,
    pub(super) today: Date,
}

/// Finds what answers the question.
pub(crate) fn find<S: Store>(
    store: &S,
    planner: &mut Planner<'_, S>,
    question: &Question,
    today: Date,
) -> Result<Found, S::Error> {
    if question.elsewhere {
        return Ok(Found::default());
    }
    let found = Search { store, planner, question, today }.run()?;
    Ok(Found { since: question.since, timed: question.wanted == Wanted::Time, ..found })
}

impl<S: Store> Search<'_, '_, S> {
    fn run(&mut self) -> Result<Found, S::Error> {
        let subjects = self.whose()?;
        if self.question.wanted == Wanted::Reason {
            return self.reason(&subjects);
        }
        if let Some(found) = self.of_everyday()? {
            return Ok(found);
        }
        // «¿Qué turno hago?» asks for no trade.
        let shift = self.question.matter == Some("shift");
        if (self.question.subject.is_none() || !subjects.is_empty()) && !shift {
            let found = self.by_grammar(&subjects)?;
            if !found.facts.is_empty() || found.count.is_some() || found.ended {
                let found = self.in_aspect(self.unless_changed(found)?, &subjects)?;
                return if found.quoted.is_some() { Ok(found) } else { self.or_newer(found, &subjects) };
            }
        }
        for other in [self.agreeing(&subjects)?, self.warned()?] {
            if !other.facts.is_empty() {
                return self.or_newer(other, &subjects);
            }
        }
        let found = self.quoting(&subjects)?;
        let nothing = found.quoted.is_none() && !found.ended;
        Ok(Found { quoted: if nothing { self.successor()? } else { found.quoted }, ..found })
    }

    /// Whose facts may answer.
    fn whose(&mut self) -> Result<Vec<EntityId>, S::Error> {
        let mut subjects = match &self.question.subject {
            Some(mention) => self.subjects(mention)?,
            None => Vec::new(),
        };
        let topic = self.question.topics.first().map(|topic| topic.predicate);
        // "My appointment with Dr. Chen" is the owner's.
        if self.question.beside
            && matches!(topic, Some(Predicate::Appointment | Predicate::Trip))
            && matches!(self.question.subject, Some(Mention::Named(_) | Mention::Relative { .. }))
            && !subjects.contains(&EntityId::OWNER)
        {
            subjects.push(EntityId::OWNER);
        }
        // «¿Cuándo es la cita del dentista?», "my mum's cardiologist appointment" is of whose dentist it is.
        if topic == Some(Predicate::Appointment)
            && let Some(Mention::Relative { of, kin, .. }) = &self.question.subject
            && words::lists::PROFESSIONALS.contains(kin)
        {
            subjects.extend(self.subjects(of)?);
        }
        // «¿Cómo me dicen mis amigos?» asks for the owner's name.
        if topic == Some(Predicate::Nickname) && self.question.own && self.question.relation.is_none() {
            subjects = vec![EntityId::OWNER];
        }
        // «¿Dónde he aparcado?» is after the car.
        let parks = self.question.verbs.iter().any(|verb| matches!(verb.as_str(), "aparcar" | "estacionar" | "park"));
        if topic == Some(Predicate::KeptIn) && self.question.subject == Some(Mention::Owner) && parks {
            let key = "c:car".to_owned();
            let car = Mention::Thing { of: Box::new(Mention::Owner), key, text: "car".to_owned() };
            subjects = self.subjects(&car)?;
        }
        // «¿Cuál es la dirección de mi oficina?» is not after the owner's own.
        let elsewhere = matches!(
            &self.question.subject,
            Some(Mention::Thing { text, .. }) if OFFICES.contains(&fold(text).as_str())
        );
        let owned = [Predicate::Address, Predicate::Phone, Predicate::Email, Predicate::Name];
        // «La matrícula de mi coche» is a fact about whose car it is.
        if let Some(Mention::Thing { of, .. }) = &self.question.subject
            && !(elsewhere && topic.is_some_and(|topic| owned.contains(&topic)))
            && topic.is_some_and(|topic| topic != Predicate::KeptIn)
        {
            return self.subjects(of);
        }
        Ok(subjects)
    }

    /// Who does something for the owner, what they pay, earn and work, and where their home is: asked for in so many ways
    /// that no predicate has them all.
    fn of_everyday(&mut self) -> Result<Option<Found>, S::Error> {
        let own = match &self.question.subject {
            None | Some(Mention::Owner) => true,
            Some(Mention::Thing { of, .. }) => **of == Mention::Owner,
            Some(_) => false,
        };
        if !own {
            return Ok(None);
        }
        for kin in self.question.served_by.clone() {
            let who = self.subjects(&Mention::relative(kin, false))?;
            let found = self.who_is(&who)?;
            if !found.facts.is_empty() {
                return self.unless_changed(found).map(Some);
            }
        }
        if let Some(matter) = self.question.matter {
            let noted = self.about(EntityId::OWNER, Some(Predicate::Note), Some(matter))?;
            if !noted.is_empty() {
                return Ok(Some(ranked(noted, Why::Asked)));
            }
        }
        // «¿Dónde está mi piso?»: where the owner lives.
        let home = matches!(
            &self.question.subject,
            Some(Mention::Thing { key, .. }) if matches!(key.as_str(), "c:house" | "c:flat" | "home")
        );
        if home && self.question.topics.first().is_some_and(|topic| topic.predicate == Predicate::KeptIn) {
            for predicate in [Predicate::LivesIn, Predicate::Address] {
                let facts = self.about(EntityId::OWNER, Some(predicate), None)?;
                if !facts.is_empty() {
                    return Ok(Some(ranked(facts, Why::Asked)));
                }
            }
        }
        Ok(None)
    }

    /// A note is words like any other message: what says the same and is newer takes its place. So does what is said later
    /// of something that has one value, in words that nobody understood: «este curso mi hijo va al Cervantes».
    fn or_newer(&self, found: Found, subjects: &[EntityId]) -> Result<Found, S::Error> {
        let newest = found.facts.iter().filter_map(|ranked| ranked.fact.evidence.episode).max();
        let notes = found.facts.iter().all(|ranked| ranked.fact.predicate == Predicate::Note);
        let single = self.question.form == Form::Value
            && !(self.question.was || self.question.since || self.question.when.is_some())
            && found.facts.iter().all(|ranked| ranked.fact.predicate.arity() == Arity::One);
        if !(notes || single) || self.question.past || newest.is_none() {
            return Ok(found);
        }
        let quoting = self.quoting(subjects)?;
        let newer = quoting.quoted.as_ref().filter(|quoted| Some(quoted.episode) > newest);
        let Some(quoted) = newer else { return Ok(found) };
        let told = Filter { episode: Some(quoted.episode), states: States::All, ..Filter::default() };
        let told = self.store.facts(&told)?;
        let same = |a: &Fact, b: &Fact| (a.subject, a.predicate) == (b.subject, b.predicate);
        let understood = told.iter().any(|other| found.facts.iter().any(|ranked| same(&ranked.fact, other)));
        // Who says the same once more says nothing new.
        let said = fold(&quoted.text);
        let understood = understood || found.facts.iter().any(|ranked| said.contains(&fold(&ranked.fact.object.text)));
        let says = notes || !understood && self.is_said_by(quoted, subjects)?;
        Ok(if says { quoting } else { found })
    }

    /// «¿Qué puedo cocinar esta noche sin nueces?»: what the owner must not have goes with any question that names it.
    fn warned(&self) -> Result<Found, S::Error> {
        if self.question.subject != Some(Mention::Owner) || self.question.form != Form::Value {
            return Ok(Found::default());
        }
        let mut facts = self.about(EntityId::OWNER, Some(Predicate::AllergicTo), None)?;
        facts.retain(|fact| self.question.objects.contains(&fact.object.key));
        Ok(ranked(facts, Why::Object))
    }

    fn by_grammar(&mut self, subjects: &[EntityId]) -> Result<Found, S::Error> {
        match self.question.form {
            Form::Everything => self.everything(subjects),
            Form::WhoIs => self.who_is(subjects),
            Form::Who => self.who(),
            Form::Count if self.question.relation.is_some() => self.count(subjects),
            Form::YesNo | Form::Count | Form::Value => {
                let topic = self.question.topics.first();
                let open = self.question.form == Form::YesNo && self.question.when.is_none();
                // «¿Qué gatos tengo?»
                let which = self.question.form == Form::Value
                    && self.question.relation.is_some_and(|(predicate, _)| predicate == Predicate::Pet)
                    && self.question.rest.is_empty();
                let names = |p| matches!(p, Predicate::Name | Predicate::Pet);
                let asks_for_relative = self.question.relation.is_some()
                    && topic.is_none_or(|t| {
                        names(t.predicate)
                            || (open || which) && matches!(t.predicate, Predicate::Owns | Predicate::Appointment)
                    });
                if asks_for_relative { self.relatives(subjects) } else { self.values(subjects) }
            }
        }
    }

    pub(super) fn about(
        &self,
        subject: EntityId,
        predicate: Option<Predicate>,
        kind: Option<&str>,
    ) -> Result<Vec<Fact>, S::Error> {
        let filter = Filter {
            subject: Some(subject),
            predicate,
            kind: kind.map(str::to_owned),
            states: States::All,
            ..Filter::default()
        };
        self.in_time(self.store.facts(&filter)?)
    }

    /// The facts that hold at the time that the question is about.
    pub(super) fn in_time(&self, facts: Vec<Fact>) -> Result<Vec<Fact>, S::Error> {
        let facts: Vec<Fact> = facts.into_iter().filter(|fact| fact.retracted.is_none()).collect();
        let eventful = facts.iter().any(Fact::is_event);
        if let (Some(_), false) = (self.question.when, eventful) {
            let day = day(self.question, self.today);
            if day != self.today {
                // What has no beginning is not known to have held before it was said.
                let known = |fact: &Fact| {
                    fact.from.is_some()
                        || fact.to.is_some()
                        || fact.recorded.date() <= day
                        || is_lasting(fact.predicate)
                };
                return Ok(facts.into_iter().filter(|fact| fact.holds_on(day) && known(fact)).collect());
            }
        }
        if self.question.past {
            let over: Vec<Fact> = facts
                .iter()
                .filter(|fact| !fact.is_current(self.today) && fact.to.is_some() && !fact.is_event())
                .cloned()
                .collect();
            // Where nothing is known before it, what holds now is no answer.
            if !over.is_empty() || self.question.former && !eventful {
                return Ok(over);
            }
        }
        let (current, over): (Vec<Fact>, Vec<Fact>) = facts.into_iter().partition(|fact| fact.is_current(self.today));
        // «¿Cómo se llamaba mi jefe?» may be after one who is it no more, where nobody is.
        // «¿Cuándo me mudo?» is after what is still to come.
        if current.is_empty() && (self.question.since || self.question.wanted == Wanted::Time) {
            let coming = |fact: &Fact| fact.from.is_some_and(|from| from.first() > self.today);
            let ahead: Vec<Fact> = over.iter().filter(|fact| coming(fact)).cloned().collect();
            if !ahead.is_empty() {
                return Ok(ahead);
            }
        }
        let was = current.is_empty() && self.question.was;
        // «¿Cuándo fue la cita?» is after what is past.
        let past = |fact: &Fact| fact.to.is_some() && (!fact.is_event() || self.question.wanted == Wanted::Time);
        Ok(if was { over.into_iter().filter(past).collect() } else { current })
    }

    fn everything(&self, subjects: &[EntityId]) -> Result<Found, S::Error> {
        let mut facts = Vec::new();
        for subject in subjects {
            if *subject != EntityId::OWNER {
                let filter = Filter { object: Some(*subject), ..Filter::default() };
                facts.extend(self.store.facts(&filter)?);
            }
            facts.extend(self.about(*subject, None, None)?);
        }
        facts.sort_by_key(|fact| fact.id);
        facts.dedup_by_key(|fact| fact.id);
        Ok(ranked(facts, Why::Asked))
    }

    fn who_is(&self, subjects: &[EntityId]) -> Result<Found, S::Error> {
        let mut facts = Vec::new();
        for subject in subjects {
            let mut relations = self.store.facts(&Filter { object: Some(*subject), ..Filter::default() })?;
            let over = relations.is_empty();
            if over {
                let all = Filter { object: Some(*subject), states: States::All, ..Filter::default() };
                relations = self.store.facts(&all)?;
                relations.retain(|fact| fact.retracted.is_none() && fact.predicate == Predicate::Relative);
            }
            let related = matches!(self.question.subject, Some(Mention::Relative { .. } | Mention::Animal { .. }));
            if over && related && !relations.is_empty() {
                facts.extend(relations);
            } else if relations.is_empty()
                || matches!(self.question.subject, Some(Mention::Relative { .. } | Mention::Animal { .. }))
            {
                let names = self.about(*subject, Some(Predicate::Name), None)?;
                facts.extend(if !names.is_empty() {
                    names
                } else if self.store.entity(*subject)?.is_some_and(|entity| !entity.names.is_empty()) {
                    relations
                } else {
                    self.about(*subject, None, None)?
                });
            } else {
                facts.extend(relations);
            }
        }
        Ok(ranked(facts, Why::Asked))
    }

    /// «¿Quién vive en Madrid?»
    fn who(&self) -> Result<Found, S::Error> {
        let Some(topic) = self.question.topics.first() else { return self.by_words(&[]) };
        let mut facts = Vec::new();
        for key in &self.question.objects {
            let filter = Filter {
                predicate: Some(topic.predicate),
                object_key: Some(key.clone()),
                states: States::All,
                ..Filter::default()
            };
            facts.extend(self.in_time(self.store.facts(&filter)?)?);
            if !facts.is_empty() {
                break;
            }
        }
        Ok(ranked(facts, Why::Object))
    }

    /// «¿Cuántos hermanos tengo?»
    fn count(&mut self, subjects: &[EntityId]) -> Result<Found, S::Error> {
        let Some((predicate, kin)) = self.question.relation else { return Ok(Found::default()) };
        let mut found = Found::default();
        for subject in subjects {
            let mut kinds: Vec<&str> = same(kin);
            kinds.extend(words::members(kin));
            let mut related = Vec::new();
            let mut said: Option<(u32, Fact)> = None;
            for kind in kinds {
                let facts = self.about(*subject, Some(predicate), if kin == "pet" { None } else { Some(kind) })?;
                let counted = self.about(*subject, Some(Predicate::Count), (kin != "pet").then_some(kind))?;
                let animal = |fact: &Fact| kin != "pet" || words::intern(words::Class::Pet, &fact.kind).is_some();
                for count in counted.into_iter().filter(animal) {
                    if let Ok(number) = count.object.key.parse::<u32>() {
                        let total = said.as_ref().map_or(0, |(known, _)| *known) + number;
                        said = Some((total, count));
                    }
                }
                related.extend(facts);
            }
            related.sort_by_key(|fact| fact.id);
            related.dedup_by_key(|fact| fact.id);
            let people = u32::try_from(related.len()).unwrap_or(u32::MAX);
            if let Some((number, fact)) = said {
                found.count = Some(number.max(people));
                found.facts.push(Ranked { fact, why: Why::Asked });
            } else if people > 0 {
                found.count = Some(people);
            }
            found.facts.extend(related.into_iter().map(|fact| Ranked { fact, why: Why::Asked }));
        }
        Ok(found)
    }

    /// «¿Tengo hermanas?», «¿cómo se llaman mis hijos?»
    fn relatives(&mut self, subjects: &[EntityId]) -> Result<Found, S::Error> {
        let mut found = self.count(subjects)?;
        if let Some(count) = found.count {
            found.verdict = (self.question.form == Form::YesNo).then_some(count > 0);
        }
        found.count = None;
        if found.facts.is_empty()
            && let Some((predicate, kind)) = self.question.relation
        {
            return self.ended(subjects, predicate, Some(kind));
        }
        Ok(found)
    }

    fn values(&mut self, subjects: &[EntityId]) -> Result<Found, S::Error> {
        // «¿Vive mi tío?» asks about life, not about a place.
        let alive = self.question.form == Form::YesNo
            && self
                .question
                .objects
                .iter()
                .all(|object| !words::forms(self.question.language, object, object).is_empty())
            && self.question.topics.iter().any(|t| matches!(t.predicate, Predicate::LivesIn | Predicate::Died));
        if alive {
            let mut facts = Vec::new();
            for subject in subjects.iter().filter(|subject| **subject != EntityId::OWNER) {
                facts.extend(self.about(*subject, Some(Predicate::Died), None)?);
            }
            if !facts.is_empty() {
                return Ok(ranked(facts, Why::Asked));
            }
        }
        let Some(best) = self.question.topics.first().map(|topic| topic.weight) else { return self.by_words(subjects) };
        let topics: Vec<_> = self.question.topics.iter().filter(|topic| topic.weight == best).cloned().collect();
        for topic in &topics {
            let mut facts = Vec::new();
            for subject in subjects {
                facts.extend(self.topic(*subject, topic.predicate, topic.kind.as_deref())?);
            }
            self.keep_kind(topic.predicate, &mut facts);
            let found = self.judged(facts, topic.predicate, Why::Asked, subjects)?;
            if !found.facts.is_empty() {
                return self.or_when(found, subjects);
            }
        }
        if self.question.which.is_some() {
            return Ok(Found::default());
        }
        for topic in &topics {
            let found = self.ended(subjects, topic.predicate, None)?;
            if found.ended {
                return Ok(found);
            }
        }
        for topic in &topics {
            let found = self.near(topic, subjects)?;
            if !found.facts.is_empty() {
                return Ok(found);
            }
        }
        self.weaker(best, subjects)
    }

    pub(super) fn topic(
        &mut self,
        subject: EntityId,
        predicate: Predicate,
        kind: Option<&str>,
    ) -> Result<Vec<Fact>, S::Error> {
        let facts = self.plain_topic(subject, predicate, kind)?;
        // «Elena es mi mejor amiga» tells a name as well.
        let named = predicate == Predicate::Name && facts.is_empty() && subject != EntityId::OWNER;
        if named && self.store.entity(subject)?.is_some_and(|entity| !entity.names.is_empty()) {
            let relations = self.store.facts(&Filter { object: Some(subject), ..Filter::default() })?;
            return self.in_time(relations);
        }
        Ok(facts)
    }

    fn plain_topic(
        &mut self,
        subject: EntityId,
        predicate: Predicate,
        kind: Option<&str>,
    ) -> Result<Vec<Fact>, S::Error> {
        if predicate == Predicate::Relative
            && let Some(kind) = kind
        {
            // Who was seen before is none of those that are seen now, by whatever word they go.
            let mut out = Vec::new();
            for kin in same(kind) {
                let filter = Filter {
                    subject: Some(subject),
                    predicate: Some(predicate),
                    kind: Some(kin.to_owned()),
                    states: States::All,
                    ..Filter::default()
                };
                out.extend(self.store.facts(&filter)?);
            }
            return self.in_time(out);
        }
        self.about(subject, Some(predicate), kind)
    }
}

/// Where somebody is whose address, number and name are not the owner's.
pub(super) const OFFICES: &[&str] = &[
    "oficina",
    "despacho",
    "trabajo",
    "empresa",
    "colegio",
    "escuela",
    "gimnasio",
    "banco",
    "taller",
    "tienda",
    "office",
    "work",
    "workplace",
    "company",
    "school",
    "gym",
    "bank",
    "shop",
    "garage",
];

/// What was true before it was said.
const fn is_lasting(predicate: Predicate) -> bool {
    matches!(
        predicate,
        Predicate::Name
            | Predicate::Surname
            | Predicate::Birthday
            | Predicate::Birthplace
            | Predicate::Origin
            | Predicate::BloodType
            | Predicate::Nationality
            | Predicate::Wedding
            | Predicate::Died
            | Predicate::Anniversary
    )
}

pub(super) fn ranked(facts: Vec<Fact>, why: Why) -> Found {
    let mut facts: Vec<Ranked> = facts.into_iter().map(|fact| Ranked { fact, why }).collect();
    facts.truncate(ANSWER_FACTS_MAX);
    Found { facts, ..Found::default() }
}
