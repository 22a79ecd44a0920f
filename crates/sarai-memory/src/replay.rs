//! Plays a conversation into a memory, for tests from outside: what is said, what others say, what is asked.
//!
//! It goes the way of a real turn without generating an answer. The lines of JSON are made and read where files are;
//! here is only what they mean.

use sarai_types::Language;

use crate::extract::{Message, Speaker};
use crate::memory::{Answer, Memory, Store, Told};
use crate::time::Moment;

/// One line of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Say {
        text: String,
        at: Option<Moment>,
        language: Option<Language>,
    },
    /// Somebody else's words, which store nothing.
    Heard {
        text: String,
        speaker: Speaker,
    },
    Ask {
        text: String,
        at: Option<Moment>,
        language: Option<Language>,
    },
    /// The program ends and starts again: what is remembered stays, what the conversation was about is gone.
    Restart,
}

/// What a step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Played {
    Told(Told),
    Answered(Answer),
    Restarted,
}

/// Time that passes between steps that do not say when they are.
const PAUSE_MS: i64 = 60_000;

/// A conversation being played.
#[derive(Debug)]
pub struct Replay<S> {
    memory: Memory<S>,
    now: Moment,
}

impl<S: Store> Replay<S> {
    /// Begins at `start`, which counts until a step says when it is.
    pub fn new(store: S, start: Moment) -> Self {
        Self { memory: Memory::new(store), now: start }
    }

    /// Plays one step.
    ///
    /// # Errors
    /// The store failed.
    pub fn play(&mut self, step: &Step) -> Result<Played, S::Error> {
        match step {
            Step::Say { text, at, language } => {
                let at = self.tick(*at);
                let message = Message { text, at, speaker: Speaker::Owner, language: *language };
                self.memory.say(message).map(Played::Told)
            }
            Step::Heard { text, speaker } => {
                let at = self.tick(None);
                self.memory.say(Message { text, at, speaker: *speaker, language: None }).map(Played::Told)
            }
            Step::Ask { text, at, language } => {
                let at = self.tick(*at);
                self.memory.ask(text, at, *language).map(Played::Answered)
            }
            Step::Restart => {
                self.memory.new_conversation();
                Ok(Played::Restarted)
            }
        }
    }

    fn tick(&mut self, at: Option<Moment>) -> Moment {
        self.now = at.unwrap_or_else(|| Moment::new(self.now.utc_ms + PAUSE_MS, self.now.offset_minutes));
        self.now
    }

    #[must_use]
    pub const fn memory(&self) -> &Memory<S> {
        &self.memory
    }

    #[must_use]
    pub fn into_store(self) -> S {
        self.memory.into_store()
    }
}
