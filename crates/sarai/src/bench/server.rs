//! A server under test, ours or another one, asked in the same way and timed with the same clock: the client's.

use std::fmt::Display;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;
use sarai_api::ASSISTANT;
use sarai_api::client::{AnswerFormat, ChatRequest, Client, ClientError, StreamItem};
use sarai_types::{
    Decoding, FinishReason, Language, MemoryWish, Message, ModelId, Notice, Priority, SkillWish, Speculation, Timings,
    TokenText, ToolSpec, Usage,
};
use secrecy::SecretString;
use serde::Serialize;

use super::now;
use crate::ending::Told;
use crate::shell::Shell;

/// Greedy decoding draws nothing; a server that wants a seed all the same gets this one.
const SEED: u64 = 7;
/// An answer that takes longer is given up: the computer swaps, or the server hangs.
const ANSWER_WAIT: Duration = Duration::from_secs(10 * 60);
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

/// What is asked of a server.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    pub(super) messages: Vec<Message>,
    pub(super) tools: Vec<ToolSpec>,
    pub(super) max_tokens: u32,
    pub(super) temperature: f32,
    pub(super) seed: u64,
    pub(super) priority: Priority,
    pub(super) format: Option<AnswerFormat>,
    /// None says nothing about it, which is all that another server understands.
    pub(super) speculation: Option<Speculation>,
    /// Alternatives to report with each token.
    pub(super) logprobs: Option<u8>,
}

impl Question {
    /// Answered by the likeliest tokens, with everything else as the server does it.
    pub(super) const fn greedy(messages: Vec<Message>, max_tokens: u32) -> Self {
        Self {
            messages,
            tools: Vec::new(),
            max_tokens,
            temperature: 0.0,
            seed: SEED,
            priority: Priority::Interactive,
            format: None,
            speculation: None,
            logprobs: None,
        }
    }
}

/// An answer, with what its asker saw of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    /// Tool calls stand behind the words, each as its name and its arguments in a line.
    pub(super) text: String,
    /// None if the server never said.
    pub(super) reason: Option<FinishReason>,
    /// Where probabilities were asked for.
    pub(super) tokens: Vec<TokenText>,
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
    /// Said by SARAi only.
    pub(super) decoding: Option<Decoding>,
}

impl Answer {
    /// Between the first token and the last, by the worker's clock where it is told: guessed tokens come several at
    /// once, which the client's cannot see.
    pub(super) fn decode_pace(&self) -> Option<f64> {
        match (self.usage, self.timings) {
            (Some(usage), Some(timings)) => pace(usage.completion_tokens, timings.decode_ms),
            _ => self.tokens_per_second,
        }
    }
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
        Self::with_model(shell.client()?, model).await
    }

    /// One of ours, and the model that it holds.
    ///
    /// # Errors
    /// It is not running, or holds no model, or another one.
    pub(super) async fn with_model(client: Client, model: Option<&ModelId>) -> Result<Self> {
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
    pub(super) async fn theirs(args: &AgainstArgs) -> Result<Option<Self>> {
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

    /// Asks, and reads the answer to its end.
    ///
    /// # Errors
    /// As [`Client::chat`], or the answer breaks off, or it takes longer than [`ANSWER_WAIT`].
    pub(super) async fn ask(&self, question: Question) -> Result<Answer, ClientError> {
        let answer = tokio::time::timeout(ANSWER_WAIT, self.answer(question)).await;
        answer.unwrap_or_else(|_| Err(ClientError::Broken("the answer took too long".into())))
    }

    async fn answer(&self, question: Question) -> Result<Answer, ClientError> {
        let Question { messages, tools, max_tokens, temperature, seed, priority, format, speculation, logprobs } =
            question;
        let request = ChatRequest {
            model: self.model.clone(),
            messages,
            tools,
            temperature: Some(temperature),
            seed: Some(seed),
            max_tokens: Some(max_tokens),
            priority,
            format,
            speculation,
            logprobs,
            // It is the model that is measured.
            skill: SkillWish::None,
            memory: MemoryWish::Off,
        };
        let start = now();
        let mut stream = self.client.chat(&request).await?;
        let (mut text, mut tokens, mut reason) = (String::new(), Vec::new(), None);
        let (mut usage, mut timings, mut decoding) = (None, None, None);
        let (mut first, mut last) = (None, start);
        while let Some(item) = stream.next().await {
            match item? {
                StreamItem::Text(more) => {
                    last = now();
                    first.get_or_insert(last);
                    text.push_str(&more);
                }
                StreamItem::Tokens(more) => tokens.extend(more),
                StreamItem::ToolCall(call) => {
                    last = now();
                    first.get_or_insert(last);
                    text.push_str(&format!("\n{} {}", call.name, call.arguments));
                }
                StreamItem::Finished(why) => reason = Some(why),
                StreamItem::Figures { usage: counted, details } => {
                    usage = Some(counted);
                    (timings, decoding) = details.map(|d| (d.timings, d.decoding)).unzip();
                }
            }
        }
        let end = now();
        let first = first.unwrap_or(end);
        Ok(Answer {
            text,
            reason,
            tokens,
            first_token_ms: ms_between(start, first),
            total_ms: ms_between(start, end),
            tokens_per_second: usage.and_then(|u: Usage| pace(u.completion_tokens, ms_between(first, last))),
            usage,
            timings,
            decoding,
        })
    }
}

pub(crate) fn ms_between(from: Instant, to: Instant) -> f64 {
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
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn the_first_token_belongs_to_the_prompt() {
        for (tokens, ms, expected) in
            [(0, 10.0, None), (1, 10.0, None), (2, 0.0, None), (2, 10.0, Some(100.0)), (101, 1000.0, Some(100.0))]
        {
            assert_eq!(pace(tokens, ms), expected, "{tokens} tokens in {ms} ms");
        }
    }

    const STREAM: &str = concat!(
        r#"data: {"choices":[{"delta":{"role":"assistant","content":null}}]}"#,
        "\n\n",
        r#"data: {"choices":[{"delta":{"content":"Ho"}}]}"#,
        "\n\n",
        r#"data: {"choices":[{"delta":{"content":"la"}}]}"#,
        "\n\n",
        r#"data: {"choices":[{"delta":{},"finish_reason":"length"}]}"#,
        "\n\n",
        r#"data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}"#,
        "\n\ndata: [DONE]\n\n",
    );

    /// A server that gives one answer and keeps the question.
    async fn answer_once(listener: TcpListener) -> String {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        // The body is the last thing that a client sends, and ends with the object's brace.
        while !request.ends_with(b"}") {
            assert_ne!(socket.read_buf(&mut request).await.unwrap(), 0, "the client left");
        }
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        socket.write_all(head.as_bytes()).await.unwrap();
        socket.write_all(STREAM.as_bytes()).await.unwrap();
        String::from_utf8(request).unwrap()
    }

    #[tokio::test]
    async fn another_server_is_asked_greedily_and_its_figures_are_read() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let args = AgainstArgs {
            against: Some(format!("http://{}/v1", listener.local_addr().unwrap())),
            against_model: Some("otro".to_owned()),
            against_token_file: None,
        };
        let theirs = Server::theirs(&args).await.unwrap().unwrap();
        let question = vec![Message::new(sarai_types::Role::User, "¿Hola?")];
        let (answer, request) = tokio::join!(theirs.ask(Question::greedy(question, 2)), answer_once(listener));
        let answer = answer.unwrap();
        assert_eq!((theirs.side, answer.text.as_str(), answer.timings), (Side::Theirs, "Hola", None));
        assert_eq!(answer.usage, Some(Usage { prompt_tokens: 9, cached_tokens: 0, completion_tokens: 2 }));
        assert!(answer.first_token_ms <= answer.total_ms);
        let body: serde_json::Value = serde_json::from_str(request.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        assert_eq!(
            (&body["model"], &body["max_tokens"], &body["temperature"]),
            (&"otro".into(), &2.into(), &0.0.into())
        );
        assert_eq!(body["stream_options"]["include_usage"], true);
    }

    #[tokio::test]
    async fn what_cannot_be_measured_is_said_before_anything_is_asked() {
        let args = |url: &str, file: Option<&Path>| AgainstArgs {
            against: Some(url.to_owned()),
            against_model: Some("otro".to_owned()),
            against_token_file: file.map(Path::to_owned),
        };
        let folder = tempfile::tempdir().unwrap();
        let long = folder.path().join("long");
        fs_err::write(&long, [b'x'; 5000]).unwrap();
        for (args, id) in [
            (args("https://127.0.0.1", None), "api-client-address"),
            (args("http://127.0.0.1:1", Some(&folder.path().join("none"))), "bench-token-unreadable"),
            (args("http://127.0.0.1:1", Some(&long)), "bench-token-unreadable"),
        ] {
            let error = Server::theirs(&args).await.unwrap_err();
            assert!(error.to_string().ends_with(id), "{error}");
        }
    }
}
