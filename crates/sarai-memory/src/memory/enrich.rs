//! What a model read when nothing else ran: looking for sentences, judging answers, the owner's word on suggestions.

use super::plan::Planner;
use super::store::{Change, Filter, InMemory, States, Store, search_words};
use super::{Memory, MemoryError, Origin, TripleError};
use crate::enrich::{
    Looked, Proposal, ReadTo, Refusal, SUGGESTIONS_MAX, Suggestion, SuggestionId, Unread, Verdict, cued, proposals,
    question, reading_at, statement, unread,
};
use crate::extract::Statement;
use crate::fact::{EntityId, Episode, EpisodeId, Fact, FactId, Predicate, Source};
use crate::grammar::Mention;
use crate::recall;
use crate::text::fold;
use crate::time::{Date, Moment};
use sarai_types::Language;

/// Messages that one look goes through: a tenth of a second at most.
const LOOKED_AT_MAX: usize = 50;
/// Messages that are looked at for the words of one proposal.
const EPISODES_LOOKED_AT_MAX: usize = 8;

impl<S: Store> Memory<S> {
    /// The next sentence that a model may be asked about.
    ///
    /// # Errors
    /// The store failed; nothing was changed.
    pub fn look(&mut self) -> Result<Looked, S::Error> {
        let begun = self.store.read_to()?;
        let end = self.store.next_ids()?.episode;
        if begun.episode.0 >= end || self.store.suggestions()?.len() >= SUGGESTIONS_MAX {
            return Ok(Looked::Nothing);
        }
        let mut at = begun;
        for _ in 0..LOOKED_AT_MAX {
            if at.episode.0 >= end {
                break;
            }
            if let Some(found) = self.unread_from(at)? {
                self.read_up_to(begun, at)?;
                return Ok(Looked::Found(Box::new(found)));
            }
            at = ReadTo { episode: EpisodeId(at.episode.0 + 1), byte: 0 };
        }
        self.read_up_to(begun, at)?;
        Ok(if at.episode.0 >= end { Looked::Nothing } else { Looked::More })
    }

    fn read_up_to(&mut self, before: ReadTo, now: ReadTo) -> Result<(), S::Error> {
        if before == now { Ok(()) } else { self.store.apply(&[Change::ReadTo(now)]) }
    }

    fn unread_from(&self, from: ReadTo) -> Result<Option<Unread>, S::Error> {
        let Some(episode) = self.store.episode(from.episode)? else { return Ok(None) };
        let facts =
            self.store.facts(&Filter { episode: Some(from.episode), states: States::All, ..Filter::default() })?;
        let understood: Vec<(usize, usize)> = facts.iter().map(|fact| fact.evidence.span).collect();
        let found = unread(&episode.text, episode.language, episode.recorded, &understood, &|name| self.knows(name));
        let next = found.into_iter().find(|reading| reading.span.0 >= from.byte);
        Ok(next.map(|reading| Unread {
            episode: episode.id,
            sentence: reading.span,
            question: question(&episode.text, &reading),
        }))
    }

    /// Whether somebody or something is called so.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.store.named(name).is_ok_and(|found| !found.is_empty())
    }

    /// Judges what a model said of a sentence, and keeps or suggests what stands up to it. What the owner had forgotten
    /// meanwhile is let go of.
    ///
    /// # Errors
    /// The store failed; nothing was changed, and the sentence is found again.
    pub fn judge(&mut self, asked: &Unread, answer: &str) -> Result<Vec<Verdict>, S::Error> {
        let Some(episode) = self.store.episode(asked.episode)? else { return Ok(Vec::new()) };
        let known = |name: &str| self.knows(name);
        let reading = reading_at(&episode.text, episode.language, episode.recorded, asked.sentence, &known);
        let mut verdicts = Vec::new();
        let mut changes = vec![Change::ReadTo(ReadTo { episode: episode.id, byte: asked.sentence.1 })];
        if let Some(reading) = reading {
            let answered = proposals(&episode.text, &reading, answer);
            let alone = answered.len() == 1;
            for proposal in answered {
                let said = proposal.and_then(|p| statement(&reading, &p).map(|s| (p, s)).ok_or(Refusal::Subject));
                let verdict = match said {
                    Err(refusal) => Verdict::Refused(refusal),
                    Ok((proposal, statement)) => {
                        let sure = alone && cued(&reading, proposal.predicate);
                        self.weigh(&episode, proposal, &statement, sure, &mut changes)?
                    }
                };
                verdicts.push(verdict);
            }
        }
        changes.extend(verdicts.iter().map(|verdict| Change::Judged(*verdict)));
        self.store.apply(&changes)?;
        Ok(verdicts)
    }

    /// What becomes of one proposal, and the changes that it needs.
    fn weigh(
        &self,
        episode: &Episode,
        proposal: Proposal,
        statement: &Statement,
        sure: bool,
        changes: &mut Vec<Change>,
    ) -> Result<Verdict, S::Error> {
        let ids = self.store.next_ids()?;
        let origin =
            Origin { at: episode.recorded, source: Source::Proposed, episode: Some(episode.id), text: &episode.text };
        let mut planner = Planner::new(&self.store, ids, origin, &[]);
        let subject = planner.resolve(&statement.subject, false)?;
        if subject.is_none() && matches!(statement.subject, Mention::Named(_)) {
            return Ok(Verdict::Refused(Refusal::Ambiguous));
        }
        if self.is_known(subject, statement, &proposal, changes)? {
            return Ok(Verdict::Refused(Refusal::Known));
        }
        if self.is_unwanted(episode, subject, statement, &proposal)? {
            return Ok(Verdict::Refused(Refusal::Forgotten));
        }
        if sure && subject.is_some() && !self.came_up_again(episode.id, &proposal)? {
            planner.take(statement)?;
            let outcome = planner.finish();
            // Nobody but the owner ends or takes back what the owner said.
            if outcome.stored.len() == 1
                && outcome.closed.is_empty()
                && outcome.retracted.is_empty()
                && !has_fact(changes)
            {
                changes.extend(outcome.changes);
                return Ok(Verdict::Kept);
            }
        }
        let waiting = changes.iter().filter(|change| matches!(change, Change::Suggest(_))).count() as u64;
        changes.push(Change::Suggest(Suggestion {
            id: SuggestionId(ids.suggestion + waiting),
            episode: episode.id,
            proposal,
            sentence: statement.sentence,
            language: statement.language,
            recorded: episode.recorded,
        }));
        Ok(Verdict::Suggested)
    }

    /// Whether a later message has the words too: it may say that this no longer holds.
    fn came_up_again(&self, episode: EpisodeId, proposal: &Proposal) -> Result<bool, S::Error> {
        let found = self.store.search_episodes(&search_words(&proposal.object), EPISODES_LOOKED_AT_MAX)?;
        Ok(found.iter().any(|other| other.id > episode))
    }

    /// Whether it is a fact, was one that holds no more, or waits as a suggestion. The same words under another predicate
    /// are the same: the grammar knew better.
    fn is_known(
        &self,
        subject: Option<EntityId>,
        statement: &Statement,
        proposal: &Proposal,
        changes: &[Change],
    ) -> Result<bool, S::Error> {
        let key = statement.object.as_ref().map(|object| object.key.clone());
        if subject.is_some() {
            let filter = Filter { subject, object_key: key, states: States::All, ..Filter::default() };
            if !self.store.facts(&filter)?.is_empty() {
                return Ok(true);
            }
        }
        let same = |other: &Proposal| {
            fold(&other.subject) == fold(&proposal.subject)
                && other.predicate == proposal.predicate
                && crate::words::key(&other.object) == crate::words::key(&proposal.object)
        };
        let planned = changes.iter().any(|change| matches!(change, Change::Suggest(other) if same(&other.proposal)));
        Ok(planned || self.store.suggestions()?.iter().any(|suggestion| same(&suggestion.proposal)))
    }

    /// Whether the owner had it forgotten, under whatever predicate, or dropped it as a suggestion.
    fn is_unwanted(
        &self,
        episode: &Episode,
        subject: Option<EntityId>,
        statement: &Statement,
        proposal: &Proposal,
    ) -> Result<bool, S::Error> {
        let object = statement.object.as_ref().map_or("", |object| object.key.as_str());
        let mut names = match &statement.subject {
            Mention::Owner => vec![String::new()],
            Mention::Relative { kin, name, .. } => vec![(*kin).to_owned(), name.clone().unwrap_or_default()],
            Mention::Animal { species, name, .. } => vec![(*species).to_owned(), name.clone().unwrap_or_default()],
            Mention::Named(name) => vec![name.clone()],
            Mention::Pronoun { .. } | Mention::Thing { .. } => Vec::new(),
        };
        if let Some(entity) = subject.map(|id| self.store.entity(id)).transpose()?.flatten() {
            names.extend(entity.names);
        }
        let owner = statement.subject == Mention::Owner;
        let mut texts = vec![format!("episode|{}", fold(&episode.text)), dropped(proposal)];
        for name in names.iter().filter(|name| owner || !name.is_empty()) {
            let epitaph = |predicate: &Predicate| format!("{}|{predicate}|{object}", fold(name));
            texts.extend(Predicate::ALL.iter().map(epitaph));
        }
        for text in texts {
            if self.store.is_buried(&text)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What waits for the owner's word, oldest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn suggestions(&self) -> Result<Vec<Suggestion>, S::Error> {
        self.store.suggestions()
    }

    fn suggestion(&self, id: SuggestionId) -> Result<Suggestion, MemoryError<S::Error>> {
        let list = self.store.suggestions().map_err(MemoryError::Store)?;
        let found = list.into_iter().find(|suggestion| suggestion.id == id);
        found.ok_or_else(|| TripleError::Suggestion(id.0).into())
    }

    /// Makes a suggestion a fact, by the owner's word: it ends what it stands against, like anything that they say.
    ///
    /// # Errors
    /// There is no such suggestion, two people are called so by now, or the store failed; nothing was changed.
    pub fn accept(&mut self, id: SuggestionId, at: Moment) -> Result<FactId, MemoryError<S::Error>> {
        let suggestion = self.suggestion(id)?;
        let episode = self.store.episode(suggestion.episode).map_err(MemoryError::Store)?;
        let episode = episode.ok_or(TripleError::Suggestion(id.0))?;
        let statement = self.stated(&suggestion, &episode).ok_or(TripleError::Ambiguous)?;
        let outcome = || -> Result<_, S::Error> {
            let origin = Origin { at, source: Source::Accepted, episode: Some(episode.id), text: &episode.text };
            let mut planner = Planner::new(&self.store, self.store.next_ids()?, origin, &[]);
            planner.take(&statement)?;
            let mut outcome = planner.finish();
            self.exhume(&mut outcome)?;
            Ok(outcome)
        };
        let mut outcome = outcome().map_err(MemoryError::Store)?;
        if !outcome.refused.is_empty() {
            return Err(TripleError::Ambiguous.into());
        }
        let stored = outcome.stored.iter().find(|fact| fact.predicate == statement.predicate).map(|fact| fact.id);
        let fact = match stored {
            Some(fact) => fact,
            // It became a fact while it waited.
            None => self.equal(&statement).map_err(MemoryError::Store)?.ok_or(TripleError::Ambiguous)?,
        };
        outcome.changes.push(Change::EraseSuggestion(id));
        self.store.apply(&outcome.changes).map_err(MemoryError::Store)?;
        Ok(fact)
    }

    fn equal(&self, statement: &Statement) -> Result<Option<FactId>, S::Error> {
        let origin = Origin { at: Moment::new(0, 0), source: Source::Accepted, episode: None, text: "" };
        let mut planner = Planner::new(&self.store, self.store.next_ids()?, origin, &[]);
        let filter = Filter {
            subject: planner.resolve(&statement.subject, false)?,
            predicate: Some(statement.predicate),
            object_key: statement.object.as_ref().map(|object| object.key.clone()),
            ..Filter::default()
        };
        Ok(self.store.facts(&filter)?.first().map(|fact| fact.id))
    }

    /// Drops a suggestion. It is not made again.
    ///
    /// # Errors
    /// There is no such suggestion, or the store failed; nothing was changed.
    pub fn dismiss(&mut self, id: SuggestionId) -> Result<(), MemoryError<S::Error>> {
        let suggestion = self.suggestion(id)?;
        let changes = [Change::EraseSuggestion(id), Change::Bury(dropped(&suggestion.proposal))];
        self.store.apply(&changes).map_err(MemoryError::Store)
    }

    fn stated(&self, suggestion: &Suggestion, episode: &Episode) -> Option<Statement> {
        let known = |name: &str| self.knows(name);
        let reading = reading_at(&episode.text, episode.language, episode.recorded, suggestion.sentence, &known)?;
        statement(&reading, &suggestion.proposal)
    }

    /// A suggestion as the sentence that it would be as a fact, and the owner's own words.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn suggested(
        &self,
        suggestion: &Suggestion,
        language: Language,
        today: Date,
    ) -> Result<(Option<String>, String), S::Error> {
        let Some(episode) = self.store.episode(suggestion.episode)? else { return Ok((None, String::new())) };
        let words = episode.text.get(suggestion.sentence.0..suggestion.sentence.1).unwrap_or_default().to_owned();
        let said =
            self.stated(suggestion, &episode).and_then(|statement| as_fact(&statement, &episode, language, today));
        Ok((said, words))
    }
}

/// What a statement would be as a fact, in a memory where it is the only one.
fn as_fact(statement: &Statement, episode: &Episode, language: Language, today: Date) -> Option<String> {
    let mut alone = InMemory::new();
    let origin = Origin { at: episode.recorded, source: Source::Proposed, episode: None, text: &episode.text };
    let Ok(ids) = alone.next_ids();
    let mut planner = Planner::new(&alone, ids, origin, &[]);
    let Ok(()) = planner.take(statement);
    let outcome = planner.finish();
    let fact: Fact = outcome.stored.iter().find(|fact| fact.predicate == statement.predicate)?.clone();
    let Ok(()) = alone.apply(&outcome.changes);
    let Ok(text) = recall::fact_text(&alone, &fact, language, today);
    text
}

fn has_fact(changes: &[Change]) -> bool {
    changes.iter().any(|change| matches!(change, Change::AddFact(_)))
}

/// By what a dropped suggestion is known.
fn dropped(proposal: &Proposal) -> String {
    let Proposal { subject, predicate, object, span: _ } = proposal;
    format!("dropped|{}|{predicate}|{}", fold(subject), crate::words::key(object))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::{Message, Speaker};
    use crate::memory::{Filter, Request};

    const TALK: &str = "Me tiene enganchado la novela negra";

    fn at(minute: i64) -> Moment {
        let start = Moment::parse("2026-03-10T10:00:00Z").unwrap();
        Moment::new(start.utc_ms + minute * 60_000, 0)
    }

    fn said(texts: &[&str]) -> Memory<InMemory> {
        let mut memory = Memory::new(InMemory::new());
        for (minute, text) in (0..).zip(texts) {
            let Ok(_) = memory.say(Message { text, at: at(minute), speaker: Speaker::Owner, language: None });
        }
        memory
    }

    /// Asks for the next sentence; none where nothing is left.
    fn next(memory: &mut Memory<InMemory>) -> Option<Unread> {
        loop {
            match memory.look() {
                Ok(Looked::Found(asked)) => return Some(*asked),
                Ok(Looked::More) => {}
                Ok(Looked::Nothing) => return None,
            }
        }
    }

    fn judged(memory: &mut Memory<InMemory>, answer: &str) -> Vec<&'static str> {
        let asked = next(memory).unwrap();
        let Ok(verdicts) = memory.judge(&asked, answer);
        verdicts.iter().map(|verdict| verdict.name()).collect()
    }

    fn facts(memory: &Memory<InMemory>) -> Vec<String> {
        let Ok(facts) = memory.store().facts(&Filter::default());
        facts.iter().map(|fact| format!("{} {} {}", fact.source.name(), fact.verb(), fact.object.text)).collect()
    }

    fn waiting(memory: &Memory<InMemory>) -> Vec<String> {
        let Ok(list) = memory.suggestions();
        let told = |suggestion: &Suggestion| {
            let Ok((text, words)) = memory.suggested(suggestion, Language::Spanish, at(9).date());
            format!("{} ({words})", text.unwrap_or_default())
        };
        list.iter().map(told).collect()
    }

    #[test]
    fn each_sentence_is_asked_about_once_and_in_order() {
        let mut memory = said(&[
            "Vivo en Lugo",
            "Me tiene enganchado el barro. Me tiene hasta las narices el polvo",
            "¿Qué hora es?",
            TALK,
        ]);
        let mut seen = Vec::new();
        while let Some(asked) = next(&mut memory) {
            // A model that was interrupted is asked the same again.
            assert_eq!(next(&mut memory).as_ref(), Some(&asked));
            let episode = memory.store().episode(asked.episode).unwrap().unwrap();
            seen.push(episode.text[asked.sentence.0..asked.sentence.1].to_owned());
            let Ok(_) = memory.judge(&asked, "nothing");
        }
        assert_eq!(seen, ["Me tiene enganchado el barro", "Me tiene hasta las narices el polvo", TALK]);
        assert_eq!(memory.look(), Ok(Looked::Nothing));
        assert_eq!(memory.store().judged(), Ok(std::collections::BTreeMap::new()));
    }

    #[test]
    fn a_suggestion_waits_for_the_owner_and_becomes_a_fact_by_their_word() {
        let mut memory = said(&[TALK]);
        assert_eq!(judged(&mut memory, "yo | likes | novela negra"), ["suggested"]);
        assert_eq!(facts(&memory), [""; 0]);
        assert_eq!(waiting(&memory), [format!("Te gusta: novela negra. ({TALK})")]);
        let Ok(list) = memory.suggestions();
        let id = memory.accept(list[0].id, at(5)).unwrap();
        assert_eq!(facts(&memory), ["accepted likes novela negra"]);
        let Ok(stored) = memory.store().facts(&Filter::default());
        assert_eq!((stored[0].id, stored[0].evidence.sentence.as_str(), stored[0].recorded), (id, TALK, at(5)));
        assert_eq!(waiting(&memory), [""; 0]);
        assert!(matches!(memory.accept(list[0].id, at(6)), Err(MemoryError::Triple(TripleError::Suggestion(1)))));
    }

    #[test]
    fn what_the_sentence_has_a_word_for_is_kept_unless_it_stands_against_something() {
        let talk = "Me las apaño con el idioma galés";
        let answer = "yo | speaks | galés";
        let mut memory = said(&[talk]);
        assert_eq!(judged(&mut memory, answer), ["kept"]);
        assert_eq!(facts(&memory), ["proposed speaks galés"]);
        let Ok(stored) = memory.store().facts(&Filter::default());
        assert_eq!((stored[0].evidence.sentence.as_str(), stored[0].confidence, stored[0].recorded), (talk, 60, at(0)));
        // The word tells another predicate.
        assert_eq!(judged(&mut said(&[talk]), "yo | likes | galés"), ["suggested"]);
        // Two at once are two guesses.
        let two = "yo | speaks | galés\nyo | likes | idioma";
        assert_eq!(judged(&mut said(&[talk]), two), ["suggested", "suggested"]);
        // A later message may say that it is over.
        assert_eq!(judged(&mut said(&[talk, "Se acabó el galés para mí"]), answer), ["suggested"]);
        // Of somebody whom nobody has spoken of.
        let talk = "A mi cuñada la tiene enganchada el idioma galés";
        assert_eq!(judged(&mut said(&[talk]), "mi cuñada | speaks | galés"), ["suggested"]);
    }

    #[test]
    fn what_was_dropped_or_forgotten_or_is_known_is_not_suggested_again() {
        let answer = "yo | likes | novela negra";
        let mut memory = said(&[TALK, "Hoy también me tiene enganchado la novela negra"]);
        assert_eq!(judged(&mut memory, answer), ["suggested"]);
        assert_eq!(judged(&mut memory, answer), ["known"]);

        let mut memory = said(&[TALK, "Hoy también me tiene enganchado la novela negra"]);
        judged(&mut memory, answer);
        let Ok(list) = memory.suggestions();
        memory.dismiss(list[0].id).unwrap();
        assert_eq!(judged(&mut memory, answer), ["forgotten"]);
        assert_eq!(waiting(&memory), [""; 0]);

        // Under another predicate too.
        let mut memory = said(&["Me gusta la novela negra", "olvida que me gusta la novela negra", TALK]);
        assert_eq!(facts(&memory), [""; 0]);
        assert_eq!(judged(&mut memory, "yo | hobby | novela negra"), ["forgotten"]);

        let mut memory = said(&["Me gusta la novela negra", TALK]);
        assert_eq!(judged(&mut memory, "yo | hobby | novela negra"), ["known"]);
    }

    #[test]
    fn what_is_forgotten_while_a_model_reads_it_is_let_go_of() {
        let mut memory = said(&[TALK]);
        let asked = next(&mut memory).unwrap();
        let Ok(_) = memory.forget(&Request::Words("novela".to_owned()), at(1));
        assert_eq!(memory.judge(&asked, "yo | likes | novela negra"), Ok(Vec::new()));
        assert_eq!((facts(&memory), waiting(&memory)), (Vec::new(), Vec::new()));
    }

    #[test]
    fn each_way_to_forget_takes_suggestions_along() {
        for request in [
            Request::Words("novela".to_owned()),
            Request::Episode(EpisodeId(1)),
            Request::Verb(Predicate::Likes),
            Request::Since(at(0).date()),
            Request::Everything,
        ] {
            let mut memory = said(&[TALK]);
            assert_eq!(judged(&mut memory, "yo | likes | novela negra"), ["suggested"]);
            let Ok(_) = memory.forget(&request, at(1));
            assert_eq!(waiting(&memory), [""; 0], "{request:?}");
        }
        let mut memory = said(&[TALK]);
        judged(&mut memory, "yo | likes | novela negra");
        let Ok(_) = memory.forget(&Request::Verb(Predicate::LivesIn), at(1));
        assert_eq!(waiting(&memory).len(), 1);
    }

    #[test]
    fn no_more_is_asked_than_the_owner_can_decide_about() {
        let texts: Vec<String> =
            (0..=SUGGESTIONS_MAX).map(|n| format!("Me tiene enganchado el barro número{n}")).collect();
        let mut memory = said(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        for n in 0..SUGGESTIONS_MAX {
            assert_eq!(judged(&mut memory, &format!("yo | likes | barro número{n}")), ["suggested"]);
        }
        assert_eq!(memory.look(), Ok(Looked::Nothing));
        let Ok(list) = memory.suggestions();
        memory.dismiss(list[0].id).unwrap();
        assert!(next(&mut memory).is_some());
    }
}
