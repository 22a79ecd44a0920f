//! A server under test, ours or another one, asked in the same way and timed with the same clock: the client's.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, anyhow};
use sarai_api::client::{ChatRequest, Client, ClientError, StreamItem};
use sarai_types::{Language, Message, Notice, Priority, Usage};
use serde::Serialize;

use super::now;
use crate::shell::Shell;

/// Greedy decoding draws nothing; a server that wants a seed all the same gets this one.
const SEED: u64 = 7;
/// A token file is a line.
const TOKEN_BYTES_MAX: usize = 4096;

/// Another server to measure in the same run.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct AgainstArgs {
    #[arg(long, value_name = "URL")]
    against: Option<String>,
    #[arg(long, value_name = "NAME", requires = "against")]
    against_model: Option<String>,
    #[arg(long, value_name = "FILE", requires = "against")]
    against_token_file: Option<PathBuf>,
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
}

impl Server {
    /// Our own, which has to be running.
    ///
    /// # Errors
    /// It is not running, or holds no model, or not the one that is asked for.
    pub(super) async fn ours(shell: &Shell, model: Option<String>) -> Result<Self> {
        let client = shell.client()?;
        let models = client.models().await.map_err(|e| shell.said(&e.notice()))?;
        let mut loaded = models.into_iter().filter(|m| m.sarai.as_ref().is_some_and(|s| s.loaded)).map(|m| m.id);
        let found = match &model {
            Some(wanted) => loaded.find(|id| id == wanted),
            None => loaded.next(),
        };
        let missing = match model {
            Some(model) => Notice::new("bench-model-not-served").arg("model", model),
            None => Notice::new("bench-no-model-served"),
        };
        let model = found.ok_or_else(|| shell.said(&missing))?;
        Ok(Self { side: Side::Ours, model, client })
    }

    /// The other one, if there is one.
    ///
    /// # Errors
    /// The address is none, the token cannot be read, or the server names no model.
    pub(super) async fn theirs(shell: &Shell, args: &AgainstArgs) -> Result<Option<Self>> {
        let Some(url) = &args.against else { return Ok(None) };
        let token = match &args.against_token_file {
            Some(file) => Some(read_token(file)?),
            None => None,
        };
        let client = Client::http(url, token, Language::English).map_err(|e| shell.said(&e.notice()))?;
        let model = match &args.against_model {
            Some(model) => model.clone(),
            None => {
                let models = client.models().await.map_err(|e| shell.said(&e.notice()))?;
                let first = models.into_iter().next().map(|m| m.id);
                first.ok_or_else(|| shell.said(&Notice::new("bench-against-no-model").arg("url", url)))?
            }
        };
        Ok(Some(Self { side: Side::Theirs, model, client }))
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
        let (mut text, mut usage) = (String::new(), None);
        let (mut first, mut last) = (None, start);
        while let Some(item) = stream.next().await {
            match item? {
                StreamItem::Text(more) => {
                    last = now();
                    first.get_or_insert(last);
                    text.push_str(&more);
                }
                StreamItem::ToolCall(_) | StreamItem::Finished(_) => {}
                StreamItem::Figures { usage: figures, .. } => usage = Some(figures),
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

fn read_token(file: &std::path::Path) -> Result<secrecy::SecretString> {
    let text = fs_err::read_to_string(file)?;
    if text.len() > TOKEN_BYTES_MAX {
        return Err(anyhow!("{} is longer than {TOKEN_BYTES_MAX} bytes", file.display()));
    }
    Ok(text.trim().to_owned().into())
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
