//! A turn's part in the memory: looking up, learning, and what the model is told of the owner.
//!
//! The lines about the owner stand early in the prompt, so each change of them costs reading all that follows. What is
//! learnt in a conversation stands in that conversation anyway; so the lines change when another conversation begins, and
//! at once only if something that stands in them was corrected or forgotten.

use std::collections::HashMap;

use sarai_api::memory::{MemoryReply, MemoryRequest};
use sarai_config::Folders;
use sarai_memory::{
    Date, Fact, FactId, Looked, Memory, Moment, Part, Quotation, Report, ToEmbed, Unembedded, Unread, Verdict,
};
use sarai_memory_sqlite::{SqliteStore, StoreError};
use sarai_types::{FactLine, FactRole, Failure, Language, MemoryPart, MemoryShare, ModelId, Recollection, Said};

use super::{Remembered, perform};
use crate::metrics::MemorySize;

/// What the lines about the owner may take of the prompt, in tokens.
const KNOWN_TOKENS_MAX: usize = 300;

type Known = Vec<(FactId, String)>;

pub(super) struct Recollector {
    memory: Memory<SqliteStore>,
    known: HashMap<Language, Known>,
    /// The first message of the conversation that the memory's context belongs to.
    conversation: String,
    erased: u64,
}

impl Recollector {
    pub(super) fn new(memory: Memory<SqliteStore>) -> Self {
        Self { memory, known: HashMap::new(), conversation: String::new(), erased: 0 }
    }

    /// How often something was erased.
    pub(super) const fn erased(&self) -> u64 {
        self.erased
    }

    pub(super) fn turn(&mut self, said: &Said, at: Moment) -> Result<Remembered, StoreError> {
        if said.opening != self.conversation {
            // «Ella» never means somebody of another conversation.
            self.memory.new_conversation();
            said.opening.clone_into(&mut self.conversation);
        }
        if said.opening == said.text {
            self.known.remove(&said.language);
        }
        let known = self.lines(said.language, at.date())?.clone();
        let found = self.memory.turn(&said.text, at, None)?;
        let mut share = MemoryShare::default();
        if let Some(told) = &found.told {
            share.stored = self.facts(&told.stored, told.language, at)?;
            let ended: Vec<Fact> = told.closed.iter().chain(&told.retracted).cloned().collect();
            share.ended = self.facts(&ended, told.language, at)?;
            if let Some(report) = &told.erased {
                share.erased = self.scrub(report, at)?;
            }
            if !ended.is_empty() || share.erased > 0 {
                self.known.clear();
            }
        }
        let used: Vec<Fact> = found.used.iter().map(|ranked| ranked.fact.clone()).collect();
        share.used = self.facts(&used, found.language, at)?;
        share.used.extend(found.quoted.iter().map(|quoted| self.said(quoted, found.language, at.date())));
        let part = part(found.part);
        let known = if share.erased > 0 { self.lines(said.language, at.date())?.clone() } else { known };
        if !matches!(part, MemoryPart::Reply(_)) {
            let new = known.iter().filter(|(id, _)| used.iter().all(|fact| fact.id != *id));
            let line = |(id, text): &(FactId, String)| FactLine { id: id.0, text: text.clone(), role: FactRole::Known };
            share.used.extend(new.map(line));
        }
        Ok(Remembered { recollection: Recollection { known: text(&known), part, share }, open: found.open })
    }

    /// Messages that mean nearly what is asked.
    pub(super) fn near(&self, question: &[f32], language: Language, today: Date) -> Vec<FactLine> {
        let near = self.memory.near(question, today).unwrap_or_else(|error| {
            tracing::warn!(%error, "the memory does not say what is nearly alike");
            Vec::new()
        });
        near.iter().map(|quoted| self.said(quoted, language, today)).collect()
    }

    pub(super) fn unembedded(&mut self, model: &ModelId) -> ToEmbed {
        self.memory.unembedded(model.as_str()).unwrap_or_else(|error| {
            tracing::warn!(%error, "the memory does not say what has no vectors");
            ToEmbed::Nothing
        })
    }

    /// Whether they are kept.
    pub(super) fn embed(&mut self, asked: &Unembedded, vectors: &[Vec<f32>]) -> bool {
        let kept = self.memory.embed(asked, vectors);
        kept.inspect_err(|error| tracing::warn!(%error, "vectors were not stored")).is_ok()
    }

    fn said(&self, quoted: &Quotation, language: Language, today: Date) -> FactLine {
        let text = self.memory.quotation(quoted, language, today);
        FactLine { id: quoted.episode.0, text, role: FactRole::Said }
    }

    pub(super) fn known(&mut self, language: Language, today: Date) -> Result<String, StoreError> {
        self.lines(language, today).map(text)
    }

    pub(super) fn request(
        &mut self,
        request: &MemoryRequest,
        language: Language,
        at: Moment,
    ) -> Result<MemoryReply, Failure> {
        let reply = perform(&mut self.memory, request, language, at)?;
        if let MemoryReply::Forgotten { facts, messages } = &reply
            && facts + messages > 0
        {
            self.erased += 1;
        }
        self.known.clear();
        Ok(reply)
    }

    pub(super) fn look(&mut self) -> Looked {
        self.memory.look().unwrap_or_else(|error| {
            tracing::warn!(%error, "the memory does not say what is left to read");
            Looked::Nothing
        })
    }

    pub(super) fn judge(&mut self, asked: &Unread, answer: &str) -> Vec<Verdict> {
        self.memory.judge(asked, answer).unwrap_or_else(|error| {
            tracing::warn!(%error, "what a model read was not stored");
            Vec::new()
        })
    }

    pub(super) fn size(&self, folders: &Folders) -> MemorySize {
        let rate = fs_err::read_to_string(folders.recall_rate_file()).ok();
        MemorySize {
            file_bytes: self.memory.store().file_bytes(),
            recall_rate: rate.and_then(|text| text.trim().parse().ok()).filter(|rate| (0.0..=1.0).contains(rate)),
        }
    }

    pub(super) fn changes(&self) -> u64 {
        self.memory.store().changes()
    }

    pub(super) fn back_up(&self, at: Moment) -> Result<(), StoreError> {
        self.memory.store().backup(at).map(drop)
    }

    fn lines(&mut self, language: Language, today: Date) -> Result<&Known, StoreError> {
        let lines = match self.known.remove(&language) {
            Some(lines) => lines,
            None => self.memory.facts_block(language, today, KNOWN_TOKENS_MAX)?,
        };
        Ok(self.known.entry(language).or_insert(lines))
    }

    /// Makes sure that what was erased is gone from the disk before anybody is told so.
    fn scrub(&mut self, report: &Report, at: Moment) -> Result<u32, StoreError> {
        let count = report.facts.len() + report.episodes.len();
        if count > 0 {
            self.memory.store().scrub(at)?;
            self.erased += 1;
        }
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    fn facts(&self, facts: &[Fact], language: Language, at: Moment) -> Result<Vec<FactLine>, StoreError> {
        let mut lines = Vec::new();
        for fact in facts {
            let text = self.memory.sentence(fact, language, at.date())?;
            lines.extend(text.map(|text| FactLine { id: fact.id.0, text, role: FactRole::Asked }));
        }
        Ok(lines)
    }
}

fn text(known: &Known) -> String {
    known.iter().map(|(_, line)| format!("- {line}\n")).collect()
}

fn part(part: Part) -> MemoryPart {
    match part {
        Part::Reply(text) => MemoryPart::Reply(text),
        Part::Help(text) => MemoryPart::Help(text),
        Part::Hints(text) => MemoryPart::Hints(text),
        Part::Unknown(text) => MemoryPart::Unknown(text),
        Part::None => MemoryPart::None,
    }
}
