//! The front door from outside: a typed client for the command line and for benchmarks.
//!
//! # Key types
//! - [`Client`]: where a server is. Each call makes a connection of its own, which ends with the call.
//! - [`ChatStream`]: an answer as it comes. Dropping it closes the connection, which stops the generation.
//! - [`ClientError`]: not there, refused with the server's own sentence, or broken on the way.
//!
//! # Usage
//! 1. [`Client::unix`] for the own daemon, [`Client::http`] for any OpenAI-compatible server.
//! 2. `let mut answer = client.chat(&request).await?; while let Some(item) = answer.next().await { … }`.
//!
//! It speaks plain HTTP/1 only, follows no redirect, retries nothing and keeps no connection.

mod stream;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use axum::http::uri::{Authority, Scheme};
use axum::http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;
use sarai_types::{
    Grammar, Language, MemoryWish, Message, Notice, Priority, SkillName, SkillWish, Speculation, Strictness, ToolSpec,
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinHandle;

use crate::auth::routes::IssuedBody;
use crate::error::{ErrorBody, ErrorObject};
use crate::memory::{MemoryReply, MemoryRequest};
use crate::messages::{MarkedBody, MessageBody, MessageMark, MessagesBody};
pub use crate::openai::{ModelBody, ModelExtension, ModelList};
pub use crate::operations::{ComponentBody, HealthBody};
use crate::skills::ReloadedBody;
use crate::upkeep::{RevivedBody, UpkeepBody};
pub use stream::{ChatStream, Details, SkillDetails, StreamItem};

/// How long a connection may take to be there.
const CONNECT_WAIT: Duration = Duration::from_secs(5);

/// The longest reply that is not a stream, in bytes.
const REPLY_MAX: usize = 64 << 20;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("{0:?} is not the address of a server")]
    Address(String),
    #[error("nobody answers at {address}")]
    NotRunning {
        address: String,
        #[source]
        source: io::Error,
    },
    /// The server answered with an error object.
    #[error("refused with {status}, {code:?}: {message}")]
    Refused {
        /// 0 when it came in the middle of a stream.
        status: u16,
        /// For programs, such as `context_length_exceeded`.
        code: Option<String>,
        /// The server's sentence, in the client's language if the server speaks it.
        message: String,
    },
    #[error("the connection broke")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the server answered what was not expected: {0}")]
    Strange(String),
}

impl ClientError {
    /// The sentence for the person.
    #[must_use]
    pub fn notice(&self) -> Notice {
        match self {
            Self::Address(address) => Notice::new("api-client-address").arg("address", address),
            Self::NotRunning { address, .. } => Notice::new("api-client-not-running").arg("address", address),
            Self::Refused { message, .. } => Notice::new("api-client-refused").arg("message", message),
            Self::Broken(_) => Notice::new("api-client-broken"),
            Self::Strange(_) => Notice::new("api-client-strange"),
        }
    }

    fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Broken(error.into())
    }

    fn refused(status: u16, error: ErrorObject) -> Self {
        Self::Refused { status, code: error.code, message: error.message }
    }
}

#[derive(Debug, Clone)]
enum Place {
    Socket(PathBuf),
    Port { authority: Authority, base: String },
}

/// Where a server is, and how to be known there.
#[derive(Debug, Clone)]
pub struct Client {
    place: Place,
    token: Option<SecretString>,
    language: Language,
}

/// What to ask. What is not given is the server's choice.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChatRequest {
    /// `sarai`, or the id of a model.
    pub model: String,
    pub messages: Vec<Message>,
    pub tools: Vec<ToolSpec>,
    pub temperature: Option<f32>,
    pub seed: Option<u64>,
    pub max_tokens: Option<u32>,
    /// Known to SARAi only; not sent when it is [`Priority::Interactive`].
    pub priority: Priority,
    /// What the answer must look like.
    pub format: Option<AnswerFormat>,
    /// Known to SARAi only.
    pub speculation: Option<Speculation>,
    /// Known to SARAi only; not sent when it is [`SkillWish::Auto`].
    pub skill: SkillWish,
    /// Known to SARAi only; not sent when it is [`MemoryWish::On`].
    pub memory: MemoryWish,
    /// How many alternatives to report with each token, as [`StreamItem::Tokens`].
    pub logprobs: Option<u8>,
}

/// What an answer must look like.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerFormat {
    /// Some JSON object.
    JsonObject,
    /// JSON that this schema allows.
    JsonSchema(Value),
    /// Known to SARAi only.
    Grammar(Grammar),
}

impl Client {
    /// The daemon behind its Unix socket.
    #[must_use]
    pub fn unix(path: impl Into<PathBuf>, language: Language) -> Self {
        Self { place: Place::Socket(path.into()), token: None, language }
    }

    /// A server at `http://host:port`, with or without a path before `/v1`.
    ///
    /// # Errors
    /// The text is no such URL.
    pub fn http(url: &str, token: Option<SecretString>, language: Language) -> Result<Self, ClientError> {
        let wrong = || ClientError::Address(url.to_owned());
        let parts = url.parse::<Uri>().map_err(|_| wrong())?.into_parts();
        // A user's name in a URL would be a secret in a place where none belongs.
        let authority = parts.authority.filter(|a| !a.as_str().contains('@')).ok_or_else(wrong)?;
        if parts.scheme != Some(Scheme::HTTP) {
            return Err(wrong());
        }
        let path = parts.path_and_query.as_ref().map_or("", |p| p.path()).trim_end_matches('/');
        let base = path.strip_suffix("/v1").unwrap_or(path).to_owned();
        Ok(Self { place: Place::Port { authority, base }, token, language })
    }

    /// How the server is, whether it is well or not.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn health(&self) -> Result<HealthBody, ClientError> {
        let mut call = self.send(Method::GET, "/health", None).await?;
        let status = call.reply.status();
        let bytes = call.read().await?;
        // An ill server answers 503 with the same body; an error object has another shape.
        serde_json::from_slice(&bytes).map_err(|_| unexpected(status, &bytes))
    }

    /// # Errors
    /// See [`ClientError`].
    pub async fn models(&self) -> Result<Vec<ModelBody>, ClientError> {
        Ok(self.json::<ModelList>(Method::GET, "/v1/models", None).await?.data)
    }

    /// Prometheus's text.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn metrics(&self) -> Result<String, ClientError> {
        let mut call = self.accepted(Method::GET, "/metrics", None).await?;
        String::from_utf8(call.read().await?.into()).map_err(|e| ClientError::Strange(e.to_string()))
    }

    /// A fresh one-time code for the web page; only the Unix socket gives one.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn new_pairing_code(&self) -> Result<String, ClientError> {
        Ok(self.json::<IssuedBody>(Method::GET, "/pair/new", None).await?.code)
    }

    /// Does one thing with the memory.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn memory(&self, request: &MemoryRequest) -> Result<MemoryReply, ClientError> {
        self.json(Method::POST, "/v1/memory", Some(&json!(request))).await
    }

    /// Lets a skill read its files again. Returns how often it has done so.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn reload_skill(&self, skill: &SkillName) -> Result<u64, ClientError> {
        Ok(self.json::<ReloadedBody>(Method::POST, &format!("/v1/skills/{skill}/reload"), None).await?.generation)
    }

    /// What the proactive loop says, after a message; waits so many seconds for one if there is none.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn messages(&self, after: i64, wait_seconds: u32) -> Result<Vec<MessageBody>, ClientError> {
        let path = format!("/v1/messages?after={after}&wait={wait_seconds}");
        Ok(self.json::<MessagesBody>(Method::GET, &path, None).await?.data)
    }

    /// The owner saw a message, or put it away unread.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn mark_message(&self, id: i64, mark: MessageMark) -> Result<(), ClientError> {
        let word = match mark {
            MessageMark::Seen => "seen",
            MessageMark::Dismissed => "dismissed",
        };
        self.json::<MarkedBody>(Method::POST, &format!("/v1/messages/{id}/{word}"), None).await.map(drop)
    }

    /// Drops what the model's process keeps only to save time. Returns how many bytes that gave back.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn prune_caches(&self) -> Result<u64, ClientError> {
        Ok(self.json::<UpkeepBody>(Method::POST, "/v1/upkeep/caches", None).await?.freed_bytes)
    }

    /// Tries once more what was left alone because it crashed too often. Returns how many parts those are.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn revive(&self) -> Result<u64, ClientError> {
        Ok(self.json::<RevivedBody>(Method::POST, "/v1/upkeep/revive", None).await?.parts)
    }

    /// Ends the processes of skills that nobody uses. Returns how many bytes they took.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn rest_skills(&self) -> Result<u64, ClientError> {
        Ok(self.json::<UpkeepBody>(Method::POST, "/v1/upkeep/skills", None).await?.freed_bytes)
    }

    /// The same for models that nobody has asked for so long.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn rest_models(&self, idle_seconds: u32) -> Result<u64, ClientError> {
        let body = json!({"idle_seconds": idle_seconds});
        Ok(self.json::<UpkeepBody>(Method::POST, "/v1/upkeep/models", Some(&body)).await?.freed_bytes)
    }

    /// Starts a skill before it is asked for.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn warm_skill(&self, skill: &SkillName) -> Result<(), ClientError> {
        self.json::<UpkeepBody>(Method::POST, &format!("/v1/skills/{skill}/warm"), None).await.map(drop)
    }

    /// A vector for each text.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn embeddings(&self, model: &str, texts: &[String]) -> Result<Vec<Vec<f32>>, ClientError> {
        #[derive(Deserialize)]
        struct List {
            data: Vec<Vector>,
        }
        #[derive(Deserialize)]
        struct Vector {
            embedding: Vec<f32>,
        }
        let body = json!({"model": model, "input": texts});
        let list: List = self.json(Method::POST, "/v1/embeddings", Some(&body)).await?;
        Ok(list.data.into_iter().map(|vector| vector.embedding).collect())
    }

    /// Starts an answer.
    ///
    /// # Errors
    /// See [`ClientError`]; what goes wrong later comes out of the stream.
    pub async fn chat(&self, request: &ChatRequest) -> Result<ChatStream, ClientError> {
        let call = self.accepted(Method::POST, "/v1/chat/completions", Some(&request.to_json())).await?;
        Ok(ChatStream::new(call))
    }

    async fn json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, ClientError> {
        let bytes = self.accepted(method, path, body).await?.read().await?;
        serde_json::from_slice(&bytes).map_err(|e| ClientError::Strange(e.to_string()))
    }

    /// As [`Client::send`], with everything but success as an error.
    async fn accepted(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Call, ClientError> {
        let mut call = self.send(method, path, body).await?;
        let status = call.reply.status();
        if status.is_success() {
            return Ok(call);
        }
        let bytes = call.read().await?;
        Err(unexpected(status, &bytes))
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Call, ClientError> {
        let (host, base) = match &self.place {
            Place::Socket(_) => ("localhost", ""),
            Place::Port { authority, base } => (authority.as_str(), base.as_str()),
        };
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{base}{path}"))
            .header(HOST, host)
            .header(ACCEPT_LANGUAGE, self.language.tag());
        if let Some(token) = &self.token {
            let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
                .map_err(|_| ClientError::Address(host.to_owned()))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request
            .body(Full::new(body.map(|value| Bytes::from(value.to_string())).unwrap_or_default()))
            .map_err(|_| ClientError::Address(host.to_owned()))?;
        match &self.place {
            Place::Socket(path) => exchange(connect(UnixStream::connect(path), &shown(path)).await?, request).await,
            Place::Port { authority, .. } => {
                let port = authority.port_u16().unwrap_or(80);
                let host = authority.host().trim_matches(['[', ']']);
                exchange(connect(TcpStream::connect((host, port)), authority.as_str()).await?, request).await
            }
        }
    }
}

/// One request and its reply; the connection lives as long as this.
#[derive(Debug)]
struct Call {
    reply: Response<Incoming>,
    connection: JoinHandle<()>,
}

impl Call {
    async fn read(&mut self) -> Result<Bytes, ClientError> {
        let body = Limited::new(self.reply.body_mut(), REPLY_MAX).collect().await;
        body.map(|collected| collected.to_bytes()).map_err(ClientError::broken)
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

async fn connect<S>(connecting: impl Future<Output = io::Result<S>>, address: &str) -> Result<S, ClientError> {
    let connected = tokio::time::timeout(CONNECT_WAIT, connecting).await;
    connected
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map_err(|source| ClientError::NotRunning { address: address.to_owned(), source })
}

async fn exchange<S>(socket: S, request: Request<Full<Bytes>>) -> Result<Call, ClientError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(socket)).await.map_err(ClientError::broken)?;
    // How the connection ends shows in the reply's body.
    let connection = tokio::spawn(async move { drop(connection.await) });
    match sender.send_request(request).await {
        Ok(reply) => Ok(Call { reply, connection }),
        Err(error) => {
            connection.abort();
            Err(ClientError::broken(error))
        }
    }
}

fn unexpected(status: StatusCode, body: &[u8]) -> ClientError {
    match serde_json::from_slice::<ErrorBody>(body) {
        Ok(body) => ClientError::refused(status.as_u16(), body.error),
        Err(_) => ClientError::Strange(format!("status {status} without an error object")),
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

impl ChatRequest {
    fn to_json(&self) -> Value {
        let messages: Vec<Value> = self.messages.iter().map(message).collect();
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
        put("model", json!(self.model));
        put("messages", json!(messages));
        put("stream", json!(true));
        put("stream_options", json!({"include_usage": true}));
        if !self.tools.is_empty() {
            put("tools", self.tools.iter().map(tool).collect());
        }
        if let Some(temperature) = self.temperature {
            put("temperature", json!(temperature));
        }
        if let Some(seed) = self.seed {
            put("seed", json!(seed.cast_signed()));
        }
        if let Some(max_tokens) = self.max_tokens {
            put("max_tokens", json!(max_tokens));
        }
        match self.priority {
            Priority::Interactive => {}
            Priority::Task => drop(put("priority", json!("task"))),
            Priority::Background => drop(put("priority", json!("background"))),
        }
        match &self.format {
            None => {}
            Some(AnswerFormat::JsonObject) => drop(put("response_format", json!({"type": "json_object"}))),
            Some(AnswerFormat::JsonSchema(schema)) => {
                let named = json!({"name": "answer", "schema": schema, "strict": true});
                put("response_format", json!({"type": "json_schema", "json_schema": named}));
            }
            Some(AnswerFormat::Grammar(grammar)) => {
                put("grammar", json!({"kind": grammar.kind.as_str(), "source": grammar.source}));
            }
        }
        if let Some(speculation) = self.speculation {
            put("speculation", json!(speculation.to_string()));
        }
        match &self.skill {
            SkillWish::Auto => {}
            SkillWish::None => drop(put("skill", json!("none"))),
            SkillWish::Named { name, arguments } => {
                put("skill", json!(name.as_str()));
                if !arguments.is_empty() {
                    put("skill_arguments", serde_json::from_str(arguments).unwrap_or_else(|_| json!(arguments)));
                }
            }
        }
        match self.memory {
            MemoryWish::On => {}
            MemoryWish::Off => drop(put("memory", json!(false))),
        }
        if let Some(alternatives) = self.logprobs {
            put("logprobs", json!(true));
            put("top_logprobs", json!(alternatives));
        }
        Value::Object(body)
    }
}

fn tool(tool: &ToolSpec) -> Value {
    // A schema that is no JSON goes out as the text that it is, and the server says what it thinks of it.
    let parameters = serde_json::from_str(&tool.parameters).unwrap_or_else(|_| json!(tool.parameters));
    let mut function = json!({"name": tool.name, "description": tool.description, "parameters": parameters});
    match tool.strictness {
        Strictness::Lenient => {}
        Strictness::Strict => function["strict"] = json!(true),
    }
    json!({"type": "function", "function": function})
}

fn message(message: &Message) -> Value {
    let mut wire = json!({"role": message.role.as_str(), "content": message.text});
    if !message.tool_calls.is_empty() {
        let calls = message.tool_calls.iter().map(|call| {
            let function = json!({"name": call.name, "arguments": call.arguments});
            json!({"id": call.id, "type": "function", "function": function})
        });
        wire["tool_calls"] = calls.collect();
    }
    if let Some(id) = &message.tool_call_id {
        wire["tool_call_id"] = json!(id);
    }
    wire
}

#[cfg(test)]
mod tests {
    use sarai_types::GrammarKind;

    use super::*;

    #[test]
    fn what_is_not_asked_for_is_not_sent() {
        let plain = ChatRequest { model: "m".to_owned(), ..ChatRequest::default() }.to_json();
        for field in [
            "tools",
            "response_format",
            "grammar",
            "speculation",
            "skill",
            "memory",
            "logprobs",
            "priority",
            "temperature",
        ] {
            assert_eq!(plain.get(field), None, "{field}: other servers may not know it");
        }
    }

    #[test]
    fn what_is_asked_for_has_its_place_on_the_wire() {
        let tool = |strictness| ToolSpec {
            name: "suma".to_owned(),
            description: "suma".to_owned(),
            parameters: r#"{"type":"object"}"#.to_owned(),
            strictness,
        };
        let request = |format| ChatRequest {
            tools: vec![tool(Strictness::Strict), tool(Strictness::Lenient)],
            format: Some(format),
            speculation: Some(Speculation::Fixed(7)),
            logprobs: Some(2),
            ..ChatRequest::default()
        };
        let schema = json!({"type": "integer"});
        let body = request(AnswerFormat::JsonSchema(schema.clone())).to_json();
        assert_eq!(body["response_format"]["type"], "json_schema");
        assert_eq!(body["response_format"]["json_schema"]["schema"], schema);
        assert_eq!((&body["speculation"], &body["top_logprobs"]), (&json!("fixed:7"), &json!(2)));
        assert_eq!(body["tools"][0]["function"]["parameters"], json!({"type": "object"}));
        assert_eq!(body["tools"][0]["function"]["strict"], true);
        assert_eq!(body["tools"][1]["function"].get("strict"), None);

        let body = request(AnswerFormat::JsonObject).to_json();
        assert_eq!(body["response_format"], json!({"type": "json_object"}));
        let grammar = Grammar { kind: GrammarKind::Regex, source: "a+".to_owned() };
        let body = request(AnswerFormat::Grammar(grammar)).to_json();
        assert_eq!(body["grammar"], json!({"kind": "regex", "source": "a+"}));
        assert_eq!(body.get("response_format"), None);
    }
}
