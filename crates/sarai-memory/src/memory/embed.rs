//! Messages by what they mean: a model outside gives vectors, and where no word leads to an answer, the nearest messages
//! are shown. They are never an answer themselves: what is alike need not be what was asked.

use super::Memory;
use crate::embedding::Embedding;
use crate::fact::EpisodeId;
use crate::memory::store::{Change, Near, Store};
use crate::recall::{HINTS_MAX, Quotation, still_so, told};
use crate::text::clip;
use crate::time::Date;

/// Messages that one look goes through.
const LOOKED_AT_MAX: u64 = 50;
/// Passages of one message that get a vector.
const PASSAGES_MAX: usize = 64;
/// The longest text that is read for its vector, in bytes: models read a few hundred tokens.
pub const PASSAGE_BYTES_MAX: usize = 600;
/// What is less alike has nothing to do with a question.
const LIKENESS_MIN: f32 = 0.3;
/// So many passages are looked at for them.
const NEAR_MAX: usize = 24;

/// What is left to read for its vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToEmbed {
    Found(Unembedded),
    /// None among the messages of this look; there are others.
    More,
    Nothing,
}

/// Passages of a message that want vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unembedded {
    pub episode: EpisodeId,
    /// In the order in which [`Memory::embed`] wants their vectors.
    pub texts: Vec<String>,
    spans: Vec<(usize, usize)>,
}

impl<S: Store> Memory<S> {
    /// The next message that has no vectors of this model; another model's are dropped.
    ///
    /// # Errors
    /// The store failed; nothing was changed.
    pub fn unembedded(&mut self, model: &str) -> Result<ToEmbed, S::Error> {
        let mut at = self.store.embedded()?;
        if at.model != model {
            self.store.apply(&[Change::EmbedBy(model.to_owned())])?;
            at = self.store.embedded()?;
        }
        let end = self.store.next_ids()?.episode;
        let first = at.to.0 + 1;
        let last = end.min(first + LOOKED_AT_MAX);
        for id in (first..last).map(EpisodeId) {
            let Some(episode) = self.store.episode(id)? else { continue };
            let mut spans = told(&episode);
            spans.truncate(PASSAGES_MAX);
            let text = |span: &(usize, usize)| {
                clip(episode.text.get(span.0..span.1).unwrap_or_default().trim(), PASSAGE_BYTES_MAX).to_owned()
            };
            let texts: Vec<String> = spans.iter().map(text).collect();
            if !texts.is_empty() {
                return Ok(ToEmbed::Found(Unembedded { episode: id, texts, spans }));
            }
        }
        if first < last {
            self.store.apply(&[Change::Embed { episode: EpisodeId(last - 1), passages: Vec::new() }])?;
        }
        Ok(if last < end { ToEmbed::More } else { ToEmbed::Nothing })
    }

    /// Keeps the vectors of a message. Without them, because a model cannot read it, it is left behind.
    ///
    /// # Errors
    /// The store failed; nothing was changed.
    pub fn embed(&mut self, asked: &Unembedded, vectors: &[Vec<f32>]) -> Result<(), S::Error> {
        let is_there = self.store.episode(asked.episode)?.is_some();
        let passages =
            asked.spans.iter().zip(vectors).filter_map(|(span, vector)| Some((*span, Embedding::new(vector)?)));
        // What was forgotten meanwhile has no meaning any more.
        let passages = if is_there { passages.collect() } else { Vec::new() };
        self.store.apply(&[Change::Embed { episode: asked.episode, passages }])
    }

    /// What the owner said that means nearly the same as a question, the nearest first, as far as it still holds.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn near(&self, question: &[f32], today: Date) -> Result<Vec<Quotation>, S::Error> {
        let Some(question) = Embedding::new(question) else { return Ok(Vec::new()) };
        let mut out: Vec<Quotation> = Vec::new();
        for Near { episode: id, span, likeness } in self.store.nearest(&question, NEAR_MAX)? {
            if out.len() == HINTS_MAX || likeness < LIKENESS_MIN {
                break;
            }
            let Some(episode) = self.store.episode(id)? else { continue };
            let quoted = still_so(&self.store, &episode, span, Some(today))?;
            out.extend(quoted.filter(|quoted| out.iter().all(|shown| shown.episode != quoted.episode)));
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::{Message, Speaker};
    use crate::memory::InMemory;
    use crate::time::Moment;

    fn now() -> Moment {
        Moment::parse("2026-03-10T10:00:00Z").unwrap()
    }

    /// A model of four words.
    fn vector(text: &str) -> Vec<f32> {
        ["bread", "boat", "tax", "moon"].map(|word| if text.contains(word) { 1.0 } else { 0.01 }).to_vec()
    }

    fn read(memory: &mut Memory<InMemory>, model: &str) -> usize {
        let mut messages = 0;
        while let ToEmbed::Found(asked) = memory.unembedded(model).unwrap() {
            let vectors: Vec<Vec<f32>> = asked.texts.iter().map(|text| vector(text)).collect();
            memory.embed(&asked, &vectors).unwrap();
            messages += 1;
        }
        messages
    }

    fn next(memory: &mut Memory<InMemory>, model: &str) -> Unembedded {
        match memory.unembedded(model).unwrap() {
            ToEmbed::Found(asked) => asked,
            other => panic!("{other:?}"),
        }
    }

    fn near(memory: &Memory<InMemory>, question: &str) -> Vec<String> {
        memory.near(&vector(question), now().date()).unwrap().into_iter().map(|quoted| quoted.text).collect()
    }

    fn told() -> Memory<InMemory> {
        let mut memory = Memory::new(InMemory::new());
        for text in [
            "The bread in the old oven came out flat again",
            "Is there a boat for rent?",
            "The boat got new paint. The tax letter came on a rainy day",
            "Bread, butter",
        ] {
            let message = Message { text, at: now(), speaker: Speaker::Owner, language: None };
            memory.say(message).unwrap();
        }
        memory
    }

    #[test]
    fn each_message_is_read_once_by_each_model() {
        let mut memory = told();
        assert_eq!(read(&mut memory, "a"), 2, "a question says nothing, and two words hardly more");
        assert_eq!(read(&mut memory, "a"), 0);
        assert_eq!(near(&memory, "bread"), ["The bread in the old oven came out flat again"]);
        assert_eq!(near(&memory, "boat"), ["The boat got new paint"]);
        assert_eq!(near(&memory, "tax"), ["The tax letter came on a rainy day"]);
        assert_eq!(near(&memory, "moon"), [""; 0]);
        assert_eq!(next(&mut memory, "b").episode, EpisodeId(1), "another model begins anew");
        assert_eq!(near(&memory, "bread"), [""; 0]);
    }

    #[test]
    fn what_is_forgotten_means_nothing() {
        let mut memory = told();
        let asked = next(&mut memory, "a");
        memory.store_mut().apply(&[Change::EraseEpisode(asked.episode)]).unwrap();
        memory.embed(&asked, &[vector("bread")]).unwrap();
        assert_eq!(read(&mut memory, "a"), 1);
        assert_eq!(near(&memory, "bread"), [""; 0], "erased before its vectors came");
        memory.store_mut().apply(&[Change::EraseEpisode(EpisodeId(3))]).unwrap();
        assert_eq!(near(&memory, "boat"), [""; 0], "erased after");
    }

    #[test]
    fn what_no_longer_holds_is_not_shown() {
        let mut memory = Memory::new(InMemory::new());
        let say = |memory: &mut Memory<InMemory>, text| {
            memory.say(Message { text, at: now(), speaker: Speaker::Owner, language: None }).unwrap();
        };
        say(&mut memory, "My sister lives on a boat in Leeds");
        read(&mut memory, "a");
        assert_eq!(near(&memory, "boat").len(), 1);
        say(&mut memory, "My sister doesn't live in Leeds any more, she moved to York");
        assert_eq!(near(&memory, "boat"), [""; 0]);
        let mut memory = Memory::new(InMemory::new());
        say(&mut memory, "The tax people rang about Monday");
        say(&mut memory, "no, sorry, the tax people on Tuesday");
        read(&mut memory, "a");
        assert_eq!(near(&memory, "tax"), ["no, sorry, the tax people on Tuesday"], "once, though both are near");
    }

    #[test]
    fn what_says_nothing_is_passed_by_in_steps() {
        let mut memory = Memory::new(InMemory::new());
        for _ in 0..LOOKED_AT_MAX + 9 {
            let message = Message { text: "ok", at: now(), speaker: Speaker::Owner, language: None };
            memory.say(message).unwrap();
        }
        assert_eq!(memory.unembedded("a").unwrap(), ToEmbed::More);
        assert_eq!(memory.unembedded("a").unwrap(), ToEmbed::Nothing);
        assert_eq!(memory.unembedded("a").unwrap(), ToEmbed::Nothing);
    }

    #[test]
    fn a_model_that_cannot_read_a_message_leaves_it_behind() {
        let mut memory = told();
        while let ToEmbed::Found(asked) = memory.unembedded("a").unwrap() {
            memory.embed(&asked, &[]).unwrap();
        }
        assert_eq!(near(&memory, "bread"), [""; 0]);
    }
}
