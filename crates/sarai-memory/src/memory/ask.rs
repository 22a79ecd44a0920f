//! Questions: one by itself, and one that leans on the question before it.

use sarai_types::Language;

use super::plan::{Origin, Planner};
use super::{Memory, Store};
use crate::fact::{EntityId, Source};
use crate::grammar::Mention;
use crate::recall::question::{Question, understand};
use crate::recall::{self, Quotation, Ranked};
use crate::text::clip;
use crate::time::Moment;

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub language: Language,
    pub facts: Vec<Ranked>,
    /// Said word by word, where no fact answers.
    pub quoted: Option<Quotation>,
    /// What the owner said with the question's words, where nothing answers: it may tell it, or not.
    pub hints: Vec<Quotation>,
    /// A short sentence; where nothing is known, it says so.
    pub text: String,
}

impl Answer {
    const fn is_found(&self) -> bool {
        !self.facts.is_empty() || self.quoted.is_some()
    }
}

/// A question, for one that leans on it.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// As it would be if nobody had asked before.
    text: String,
    /// The name of the only one whom its answer is about.
    whom: Option<String>,
}

/// A question, as it was understood, whether what it says is so, and its answer.
pub(super) struct LookedUp {
    pub(super) text: String,
    pub(super) question: Question,
    pub(super) verdict: Option<bool>,
    pub(super) answer: Answer,
}

impl<S: Store> Memory<S> {
    /// Answers a question that stands by itself.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn ask(&self, text: &str, at: Moment, language: Option<Language>) -> Result<Answer, S::Error> {
        self.with_hints(self.look_up(text, at, language)?, at)
    }

    /// Answers a question of a conversation, which may lean on the one before it: «¿y mi hermano?»
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn ask_further(&mut self, text: &str, at: Moment, language: Option<Language>) -> Result<Answer, S::Error> {
        let found = self.look_further(text, at, language)?;
        self.asked = Some(self.asked_with(&found)?);
        self.with_hints(found, at)
    }

    fn with_hints(&self, found: LookedUp, at: Moment) -> Result<Answer, S::Error> {
        let hints =
            if found.answer.is_found() { Vec::new() } else { recall::hints(&self.store, &found.question, at.date())? };
        Ok(Answer { hints, ..found.answer })
    }

    /// Looks up the whole that the question makes with the one before, and where that finds nothing, the question alone.
    pub(super) fn look_further(
        &self,
        text: &str,
        at: Moment,
        language: Option<Language>,
    ) -> Result<LookedUp, S::Error> {
        let known = |name: &str| self.knows(name);
        let whole = self
            .asked
            .as_ref()
            .and_then(|asked| recall::whole(text, &asked.text, asked.whom.as_deref(), at.date(), &known));
        let Some(whole) = whole else { return self.look_up(text, at, language) };
        let found = self.look_up(&whole, at, language)?;
        if found.answer.is_found() {
            return Ok(found);
        }
        let alone = self.look_up(text, at, language)?;
        Ok(if alone.answer.is_found() { alone } else { found })
    }

    /// What a question leaves for the next one.
    pub(super) fn asked_with(&self, found: &LookedUp) -> Result<Asked, S::Error> {
        let mut subjects: Vec<EntityId> = found.answer.facts.iter().map(|ranked| ranked.fact.subject).collect();
        subjects.dedup();
        let whom = match subjects[..] {
            [one] if one != EntityId::OWNER => self.store.entity(one)?.and_then(|entity| entity.names.first().cloned()),
            _ => None,
        };
        Ok(Asked { text: found.text.clone(), whom })
    }

    pub(super) fn look_up(&self, text: &str, at: Moment, language: Option<Language>) -> Result<LookedUp, S::Error> {
        let known = |name: &str| self.knows(name);
        let language = language
            .or_else(|| crate::extract::language_of(&crate::text::tokens(clip(text, 2048), 400)))
            .or(self.context.language);
        let mut question = understand(text, at, language, &known);
        if let Some(focus) = &self.context.focus
            && let Some(subject) = &question.subject
        {
            question.subject = Some(refer(subject, focus));
        }
        let ids = self.store.next_ids()?;
        let origin = Origin { at, source: Source::Said, episode: None, text: "" };
        let mut planner = Planner::new(&self.store, ids, origin, &[]);
        let found = recall::find(&self.store, &mut planner, &question, at.date())?;
        let said = recall::compose(&self.store, &found, question.language, at.date())?;
        let verdict = found.verdict;
        let (facts, quoted) = (found.facts, found.quoted);
        let answer = Answer { language: question.language, facts, quoted, hints: Vec::new(), text: said };
        Ok(LookedUp { text: text.to_owned(), question, verdict, answer })
    }
}

/// A pronoun in a question stands for whom the conversation is about.
fn refer(subject: &Mention, focus: &Mention) -> Mention {
    match subject {
        Mention::Pronoun { .. } => focus.clone(),
        Mention::Relative { of, kin, name, plural } => {
            Mention::Relative { of: Box::new(refer(of, focus)), kin, name: name.clone(), plural: *plural }
        }
        Mention::Animal { of, species, name, plural } => {
            Mention::Animal { of: Box::new(refer(of, focus)), species, name: name.clone(), plural: *plural }
        }
        other => other.clone(),
    }
}
