//! An answer of the running program: waiting until the model is there, then taking it piece by piece.
//!
//! # Usage
//! 1. [`ready`] returns when a question would be answered, and says meanwhile why it is not.
//! 2. [`Answer::of`] asks, hands each piece on, and gives the whole with its figures.

use std::time::Duration;

use sarai_api::client::{ChatRequest, ChatStream, Client, ClientError, Details, HealthBody, SkillDetails, StreamItem};
use sarai_api::memory::{FactUsed, MemoryFigures};
use sarai_types::{Decoding, FinishReason, GrammarKind, Language, Notice, Timings, Usage};

use crate::ending::Told;
use crate::shell::Shell;
use crate::terminal::{self, Spinner};

/// How long to wait for a model that is being loaded.
const READY_WAIT: Duration = Duration::from_secs(10 * 60);
const READY_POLL: Duration = Duration::from_millis(300);

/// Where a part of the program stands, as the running program says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Ready,
    Starting,
    /// It stays like this until somebody does something.
    Degraded,
    Stopping,
    /// A word that this program does not know: another version is running.
    Unknown,
}

impl Standing {
    pub(crate) fn of(word: &str) -> Self {
        match word {
            "ready" => Self::Ready,
            "starting" => Self::Starting,
            "degraded" => Self::Degraded,
            "stopping" => Self::Stopping,
            _ => Self::Unknown,
        }
    }
}

/// What the running program says about whatever keeps it from answering.
pub(crate) fn obstacle(health: &HealthBody) -> Option<&str> {
    let part = health.components.iter().find(|part| Standing::of(&part.status) != Standing::Ready)?;
    Some(&part.detail)
}

/// Waits until a question would be answered.
///
/// # Errors
/// Nothing is running, it needs the person first, or it takes longer than [`READY_WAIT`].
pub(crate) async fn ready(client: &Client, shell: &Shell) -> Result<(), Told> {
    let mut spinner = Spinner::new();
    let waiting = async {
        loop {
            let health = client.health().await.map_err(|e| unanswered(&e))?;
            match Standing::of(&health.status) {
                Standing::Ready => return Ok(()),
                Standing::Degraded | Standing::Stopping | Standing::Unknown => {
                    let detail = obstacle(&health).unwrap_or_default();
                    return Err(Told::failed(Notice::new("cli-not-ready").arg("detail", detail)));
                }
                Standing::Starting => spinner.say(&shell.say("cli-loading")),
            }
            tokio::time::sleep(READY_POLL).await;
        }
    };
    let late = || Told::failed(Notice::new("cli-loading-too-long").arg("minutes", READY_WAIT.as_secs() / 60));
    tokio::time::timeout(READY_WAIT, waiting).await.unwrap_or_else(|_| Err(late()))
}

/// Why there is no answer, in the words of the command line.
pub(crate) fn unanswered(error: &ClientError) -> Told {
    Told::failed(match error {
        ClientError::NotRunning { .. } => Notice::new("cli-not-running"),
        ClientError::Address(_) | ClientError::Refused { .. } | ClientError::Broken(_) | ClientError::Strange(_) => {
            error.notice()
        }
    })
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) reason: FinishReason,
    pub(crate) figures: Option<Figures>,
    /// Who answered, where it was not the model alone.
    pub(crate) skill: Option<SkillDetails>,
    pub(crate) memory: MemoryFigures,
}

impl Answer {
    /// A line for the person for everything that the memory did.
    pub(crate) fn memory_notices(&self) -> Vec<Notice> {
        let MemoryFigures { facts_used: _, stored, ended, erased, trouble } = &self.memory;
        let said = |id, facts: &[FactUsed]| -> Vec<Notice> {
            facts.iter().map(|fact| Notice::new(id).arg("text", &fact.text)).collect()
        };
        let mut notices = said("memory-stored", stored);
        notices.extend(said("memory-ended", ended));
        notices.extend((*erased > 0).then(|| Notice::new("memory-erased").arg("count", erased)));
        notices.extend(trouble.iter().map(|text| Notice::new("memory-trouble").arg("detail", text)));
        notices
    }

    /// One line for the person about the skill that answered, and why it did.
    pub(crate) fn skill_notice(&self) -> Option<Notice> {
        let SkillDetails { name, reasons, .. } = self.skill.as_ref()?;
        Some(Notice::new("cli-skill-answered").arg("skill", name).arg("why", reasons.join("; ")))
    }
}

/// What an answer took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Figures {
    pub(crate) usage: Usage,
    pub(crate) timings: Timings,
    pub(crate) decoding: Decoding,
    /// What the answer was held to.
    pub(crate) grammar: Option<GrammarKind>,
}

impl Figures {
    /// From the question's arrival to the first token.
    pub(crate) fn first_token_ms(&self) -> f64 {
        self.timings.queued_ms + self.timings.prefill_ms
    }

    pub(crate) fn total_ms(&self) -> f64 {
        self.first_token_ms() + self.timings.decode_ms
    }

    /// Of the tokens after the first one; none if there is only one.
    pub(crate) fn tokens_per_second(&self) -> Option<f64> {
        let after_first = self.usage.completion_tokens.checked_sub(1).filter(|n| *n > 0)?;
        (self.timings.decode_ms > 0.0).then(|| f64::from(after_first) * 1000.0 / self.timings.decode_ms)
    }

    /// One line for the person.
    pub(crate) fn notice(&self, language: Language) -> Notice {
        let notice = match self.tokens_per_second() {
            Some(speed) => Notice::new("cli-figures").arg("speed", terminal::rounded(speed, language)),
            None => Notice::new("cli-figures-short"),
        };
        let first = terminal::rounded(self.first_token_ms() / 1000.0, language);
        notice.arg("tokens", self.usage.completion_tokens).arg("first", first)
    }
}

/// What has come so far.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) text: String,
    reason: Option<FinishReason>,
    figures: Option<Figures>,
    skill: Option<SkillDetails>,
    memory: MemoryFigures,
}

impl Draft {
    /// Asks, and takes the answer up. `piece` gets each piece of text as it comes.
    ///
    /// The future may be dropped at any moment: the generation stops, and what has come stays here.
    ///
    /// # Errors
    /// Why there is no answer, or that it broke off; or what `piece` fails with.
    pub(crate) async fn take(
        &mut self,
        client: &Client,
        request: &ChatRequest,
        mut piece: impl FnMut(&str) -> std::io::Result<()>,
    ) -> anyhow::Result<()> {
        let mut stream: ChatStream = client.chat(request).await.map_err(|e| unanswered(&e))?;
        while let Some(item) = stream.next().await {
            match item.map_err(|e| unanswered(&e))? {
                StreamItem::Text(text) => {
                    self.text.push_str(&text);
                    piece(&text)?;
                }
                // Nobody asked for tools, nor for probabilities.
                StreamItem::ToolCall(_) | StreamItem::Tokens(_) => {}
                StreamItem::Finished(reason) => self.reason = Some(reason),
                StreamItem::Figures { usage, details } => {
                    if let Some(Details { timings, decoding, grammar, skill, memory, .. }) = details {
                        self.figures = Some(Figures { usage, timings, decoding, grammar });
                        self.skill = skill;
                        self.memory = *memory;
                    }
                }
            }
        }
        Ok(())
    }

    /// The whole answer, once the stream has ended well.
    pub(crate) fn finish(self) -> Answer {
        let reason = self.reason.unwrap_or(FinishReason::Stop);
        Answer { text: self.text, reason, figures: self.figures, skill: self.skill, memory: self.memory }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_token_has_no_speed() {
        let figures = |completion_tokens, decode_ms| Figures {
            usage: Usage { completion_tokens, ..Usage::default() },
            timings: Timings { queued_ms: 10.0, prefill_ms: 240.0, decode_ms },
            decoding: Decoding::default(),
            grammar: None,
        };
        assert_eq!(figures(0, 0.0).tokens_per_second(), None);
        assert_eq!(figures(1, 0.0).tokens_per_second(), None);
        assert_eq!(figures(11, 500.0).tokens_per_second(), Some(20.0));
        assert_eq!(figures(11, 500.0).first_token_ms(), 250.0);
        assert_eq!(figures(11, 500.0).total_ms(), 750.0);
    }
}
