//! A server under test, ours or another one, asked in the same way and timed with the same clock: the client's.

use std::fmt::Display;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use sarai_api::client::{ChatRequest, Client, ClientError, StreamItem};
use sarai_types::{Language, Message, ModelId, Notice, Priority, Timings, Usage};
use secrecy::SecretString;
use serde::Serialize;

use super::now;
use crate::answer::ASSISTANT;
use crate::ending::Told;
use crate::shell::Shell;

/// Greedy decoding draws nothing; a server that wants a seed all the same gets this one.
const SEED: u64 = 7;
/// A token file is a line.
const TOKEN_BYTES_MAX: u64 = 4096;

/// Another server to measure in the same run.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct AgainstArgs {
    #[arg(long, value_name = "bench-value-url", help = "bench-help-against")]
    against: Option<String>,
    #[arg(long, value_name = "bench-value-name", help = "bench-help-against-model", requires = "against")]
    against_model: Option<String>,
    #[arg(long, value_name = "bench-value-file", help = "bench-help-against-token-file", requires = "against")]
    against_token_file: Option<PathBuf>,
}

/// What a part of our own server takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct ComponentSize {
    pub(super) name: String,
    pub(super) resident_bytes: Option<u64>,
}

/// Our own and perhaps another one.
#[derive(Debug)]
pub(super) struct Servers {
    pub(super) ours: Server,
    pub(super) theirs: Option<Server>,
}

/// Whose server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Side {
    Ours,
    Theirs,
}

/// A server, and the model that it is asked for.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) side: Side,
    pub(super) model: String,
    client: Client,
}

/// An answer, with what its asker saw of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) text: String,
    /// From the request to the first text.
    pub(super) first_token_ms: f64,
    /// From the request to the end.
    pub(super) total_ms: f64,
    /// Between the first text and the last; none for answers too short to say.
    pub(super) tokens_per_second: Option<f64>,
    /// None where the server does not report it.
    pub(super) usage: Option<Usage>,
    /// The worker's own clock; said by SARAi only.
    pub(super) timings: Option<Timings>,
}

impl Servers {
    /// # Errors
    /// Ours is not running or holds no model; theirs has no address, no readable token, or no model.
    pub(super) async fn find(shell: &Shell, model: Option<&ModelId>, against: &AgainstArgs) -> Result<Self> {
        Ok(Self { ours: Server::ours(shell, model).await?, theirs: Server::theirs(against).await? })
    }

    /// Ours first.
    pub(super) fn each(&self) -> impl Iterator<Item = &Server> {
        std::iter::once(&self.ours).chain(&self.theirs)
    }
}

impl Server {
    /// The one that listens on the socket, and the model that it holds.
    async fn ours(shell: &Shell, model: Option<&ModelId>) -> Result<Self> {
        let client = shell.client()?;
        let models = client.models().await.map_err(|e| Told::failed(e.notice()))?;
        // The assistant would put its own text before the questions, and be timed reading it.
        let models = models.into_iter().filter(|m| m.id != ASSISTANT && m.sarai.as_ref().is_some_and(|s| s.loaded));
        let mut loaded = models.map(|m| m.id);
        let found = match model {
            Some(wanted) => loaded.find(|id| id == wanted.as_str()),
            None => loaded.next(),
        };
        let missing = match model {
            Some(model) => Notice::new("bench-model-not-served").arg("model", model),
            None => Notice::new("bench-no-model-served"),
        };
        let model = found.ok_or_else(|| Told::failed(missing))?;
        Ok(Self { side: Side::Ours, model, client })
    }

    /// The other one, if one was given.
    async fn theirs(args: &AgainstArgs) -> Result<Option<Self>> {
        let Some(url) = &args.against else { return Ok(None) };
        let token = match &args.against_token_file {
            Some(file) => Some(read_token(file)?),
            None => None,
        };
        let client = Client::http(url, token, Language::English).map_err(|e| Told::failed(e.notice()))?;
        let model = match &args.against_model {
            Some(model) => model.clone(),
            None => {
                let models = client.models().await.map_err(|e| Told::failed(e.notice()))?;
                let first = models.into_iter().next().map(|m| m.id);
                first.ok_or_else(|| Told::failed(Notice::new("bench-against-no-model").arg("url", url)))?
            }
        };
        Ok(Some(Self { side: Side::Theirs, model, client }))
    }

    /// What the parts of our own server take now. Another server says nothing of the kind.
    ///
    /// # Errors
    /// It does not answer.
    pub(super) async fn components(&self) -> Result<Vec<ComponentSize>, ClientError> {
        let parts = self.client.health().await?.components.into_iter();
        Ok(parts.map(|part| ComponentSize { name: part.name, resident_bytes: part.resident_bytes }).collect())
    }

    /// Asks, greedily, and reads the answer to its end.
    ///
    /// # Errors
    /// As [`Client::chat`], or the answer breaks off.
    pub(super) async fn ask(&self, messages: Vec<Message>, max_tokens: u32) -> Result<Answer, ClientError> {
        let request = ChatRequest {
            model: self.model.clone(),
            messages,
            temperature: Some(0.0),
            seed: Some(SEED),
            max_tokens: Some(max_tokens),
            priority: Priority::Interactive,
        };
        let start = now();
        let mut stream = self.client.chat(&request).await?;
        let (mut text, mut usage, mut timings) = (String::new(), None, None);
        let (mut first, mut last) = (None, start);
        while let Some(item) = stream.next().await {
            match item? {
                StreamItem::Text(more) => {
                    last = now();
                    first.get_or_insert(last);
                    text.push_str(&more);
                }
                StreamItem::ToolCall(_) | StreamItem::Finished(_) => {}
                StreamItem::Figures { usage: counted, timings: timed } => {
                    usage = Some(counted);
                    timings = timed.map(|(_, timings)| timings);
                }
            }
        }
        let end = now();
        let first = first.unwrap_or(end);
        Ok(Answer {
            text,
            first_token_ms: ms_between(start, first),
            total_ms: ms_between(start, end),
            tokens_per_second: usage.and_then(|u: Usage| pace(u.completion_tokens, ms_between(first, last))),
            usage,
            timings,
        })
    }
}

pub(super) fn ms_between(from: Instant, to: Instant) -> f64 {
    to.saturating_duration_since(from).as_secs_f64() * 1e3
}

/// Tokens a second after the first one, which is the prompt's. None for fewer than two, or no time at all.
pub(super) fn pace(tokens: u32, decode_ms: f64) -> Option<f64> {
    (tokens > 1 && decode_ms > 0.0).then(|| f64::from(tokens - 1) / decode_ms * 1e3)
}

fn read_token(file: &Path) -> Result<SecretString, Told> {
    let failed = |cause: &dyn Display| {
        Told::failed(Notice::new("bench-token-unreadable").arg("file", file.display()).arg("cause", cause))
    };
    let mut text = String::new();
    let read = fs_err::File::open(file).and_then(|f| f.take(TOKEN_BYTES_MAX + 1).read_to_string(&mut text));
    match read {
        Ok(bytes) if bytes as u64 <= TOKEN_BYTES_MAX => Ok(text.trim().to_owned().into()),
        Ok(_) => Err(failed(&ErrorKind::FileTooLarge)),
        Err(error) => Err(failed(&error.kind())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_token_belongs_to_the_prompt() {
        for (tokens, ms, expected) in
            [(0, 10.0, None), (1, 10.0, None), (2, 0.0, None), (2, 10.0, Some(100.0)), (101, 1000.0, Some(100.0))]
        {
            assert_eq!(pace(tokens, ms), expected, "{tokens} tokens in {ms} ms");
        }
    }
}
