//! A front door with a scripted daemon, a clock that stands still and randomness that counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use sarai_api::rules::RulesReply;
use sarai_api::{
    Ambient, Auth, Command, Component, Embedded, Front, Handle, Health, Loaded, LoopAsk, LoopReply, MessageBody,
    ModelCard, Pairing, Status,
    memory::{MemoryReply, MemoryRequest},
    router,
};
use sarai_types::{
    Candidate, Decoding, Drafts, FactLine, FactRole, Failure, FailureKind, FinishReason, Form, GrammarKind, Language,
    MemoryShare, ModelId, Notice, SkillAnswer, Speculation, Timings, TokenText, ToolCall, TurnEvent, TurnRequest,
    TurnSummary, Usage,
};
use secrecy::SecretString;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tower::ServiceExt;

/// Sunday 22 November 2026, 13:05 UTC.
pub(crate) const NOW_S: u64 = 1_795_352_700;

pub(crate) const TOKEN: &str = "correct-horse-battery-staple";

pub(crate) type Event = Result<TurnEvent, Failure>;

/// How the daemon answers a turn.
pub(crate) type Script = fn(&TurnRequest) -> Vec<Event>;

pub(crate) struct House {
    pub(crate) socket: Router,
    pub(crate) port: Router,
    pub(crate) clock_ms: Arc<AtomicU64>,
    /// The turns that the daemon was asked for.
    pub(crate) asked: mpsc::Receiver<TurnRequest>,
    pub(crate) folder: TempDir,
    handle: Handle,
}

pub(crate) fn house(script: Script) -> House {
    let (handle, commands) = Handle::channel();
    let (asked_by, asked) = mpsc::channel(64);
    tokio::spawn(daemon(commands, script, asked_by));
    with(handle, asked, tempfile::tempdir().unwrap())
}

/// A front door whose commands are in the hands of the test.
pub(crate) fn held() -> (House, mpsc::Receiver<Command>) {
    let (handle, commands) = Handle::channel();
    (with(handle, mpsc::channel(1).1, tempfile::tempdir().unwrap()), commands)
}

impl House {
    /// The same house after a restart: what is on disk is read again.
    pub(crate) fn reopen(&mut self) {
        let (handle, asked) = (self.handle.clone(), std::mem::replace(&mut self.asked, mpsc::channel(1).1));
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        *self = with(handle, asked, folder);
    }
}

fn with(handle: Handle, asked: mpsc::Receiver<TurnRequest>, folder: TempDir) -> House {
    let clock_ms = Arc::new(AtomicU64::new(NOW_S * 1000));
    let (clock, counter) = (clock_ms.clone(), AtomicU8::new(0));
    let ambient = Ambient {
        unix_ms: Arc::new(move || clock.load(Ordering::Relaxed)),
        random: Arc::new(move |bytes| bytes.fill(counter.fetch_add(1, Ordering::Relaxed))),
        local_time: Arc::new(|_| "Sunday 22 November 2026, 14:05 (Europe/Madrid)".to_owned()),
    };
    let pairing = Arc::new(Pairing::open(folder.path().join("sessions")).unwrap());
    let front = |auth| {
        let (handle, pairing, ambient) = (handle.clone(), pairing.clone(), ambient.clone());
        router(Front {
            handle,
            auth,
            pairing,
            ambient,
            language: Language::English,
            speculation: Speculation::Acceptance,
        })
    };
    let port = Auth::Port {
        token: SecretString::from(TOKEN),
        port: 8080,
        allowed_hosts: vec!["casa.lan".to_owned(), "nube.example:444".to_owned()],
    };
    let (socket, port) = (front(Auth::Socket), front(port));
    House { socket, port, clock_ms, asked, folder, handle }
}

async fn daemon(mut commands: mpsc::Receiver<Command>, script: Script, asked: mpsc::Sender<TurnRequest>) {
    while let Some(command) = commands.recv().await {
        match command {
            Command::Turn { request, events } => {
                let answer = script(&request);
                let _ = asked.try_send(*request);
                for event in answer {
                    if events.send(event).await.is_err() {
                        break;
                    }
                }
            }
            Command::Embed { model, texts, reply } => {
                let vectors = texts.iter().map(|t| vec![t.len() as f32, -0.5]).collect();
                let model = model.unwrap_or_else(model_id);
                let _ = reply.send(Ok(Embedded { model, vectors, prompt_tokens: 7 }));
            }
            Command::Models { reply } => {
                let card =
                    |id: &str, loaded| ModelCard { id: id.to_owned(), created: NOW_S, context_tokens: 8192, loaded };
                let _ = reply.send(vec![card("sarai", Loaded::Yes), card("qwen", Loaded::No)]);
            }
            Command::ReloadSkill { skill, reply } => {
                let notice = || Notice::new("api-busy");
                let missing = || Failure::new(FailureKind::SkillNotFound, notice(), "no such skill");
                let _ = reply.send(if skill.as_str() == "sql" { Ok(2) } else { Err(missing()) });
            }
            Command::Memory { request, language, reply } => {
                let text = match request {
                    MemoryRequest::Ask { text } => format!("{language}: {text}"),
                    other => format!("{other:?}"),
                };
                drop(reply.send(Ok(MemoryReply::Answer { text, facts: vec![7], hints: Vec::new() })));
            }
            Command::Loop { ask: LoopAsk::Unread { after, .. }, reply } => {
                let messages = if after < 7 { vec![reminder()] } else { Vec::new() };
                let _ = reply.send(Ok(LoopReply::Messages(messages)));
            }
            Command::Loop { ask: LoopAsk::Mark { id, .. }, reply } => drop(reply.send(Ok(LoopReply::Done(id == 7)))),
            Command::Loop { ask: LoopAsk::Hook { .. }, reply } => drop(reply.send(Ok(LoopReply::Done(true)))),
            Command::Loop { ask: LoopAsk::Rules { request, language }, reply } => {
                let rule = format!("{language}: {request:?}");
                drop(reply.send(Ok(LoopReply::Rules(RulesReply::Changed { rule }))));
            }
            Command::Upkeep { reply, .. } => drop(reply.send(Ok(1_000_000))),
            Command::Health { reply } => drop(reply.send(health(Status::Ready))),
            Command::Metrics { reply } => drop(reply.send("# TYPE total_requests counter\n".to_owned())),
        }
    }
}

fn reminder() -> MessageBody {
    MessageBody {
        id: 7,
        rule: "basura".to_owned(),
        kind: "tell".to_owned(),
        at: "2026-11-30T08:00:00Z".to_owned(),
        language: "es".to_owned(),
        text: "sacar la basura".to_owned(),
    }
}

pub(crate) fn health(status: Status) -> Health {
    let engine = Component {
        name: "engine".to_owned(),
        status,
        detail: Notice::new("api-busy"),
        restarts: 2,
        resident_bytes: Some(1 << 30),
    };
    Health { status, version: "0.1.0".to_owned(), components: vec![engine] }
}

pub(crate) fn model_id() -> ModelId {
    "qwen".parse().unwrap()
}

pub(crate) fn started() -> Event {
    Ok(TurnEvent::Started { model: model_id(), prompt_tokens: 12, cached_tokens: 8 })
}

pub(crate) fn text(text: &str) -> Event {
    Ok(TurnEvent::Text { text: text.to_owned(), tokens: Vec::new() })
}

pub(crate) fn finished(reason: FinishReason) -> Event {
    Ok(TurnEvent::Finished(TurnSummary {
        model: model_id(),
        reason,
        usage: Usage { prompt_tokens: 12, cached_tokens: 8, completion_tokens: 3 },
        timings: Timings { queued_ms: 0.5, prefill_ms: 20.0, decode_ms: 60.25 },
        decoding: Decoding::default(),
        grammar: None,
        skill: None,
        memory: Box::default(),
    }))
}

/// Two pieces of text.
pub(crate) fn greets(_: &TurnRequest) -> Vec<Event> {
    vec![started(), text("¡Hola,"), text(" mundo!"), finished(FinishReason::Stop)]
}

/// A text with the probabilities of its tokens, one of which is half a character.
pub(crate) fn counts(_: &TurnRequest) -> Vec<Event> {
    let candidate = |bytes: &[u8], logprob| Candidate { bytes: bytes.to_vec(), logprob };
    let token = |bytes: &[u8]| TokenText {
        chosen: candidate(bytes, -0.25),
        top: vec![candidate(bytes, -0.25), candidate(b"no", -2.0)],
    };
    let tokens = vec![token(b"\xc3"), token(b"\xb1")];
    vec![started(), Ok(TurnEvent::Text { text: "ñ".to_owned(), tokens }), finished(FinishReason::Length)]
}

/// Two tool calls after a text.
pub(crate) fn calls(_: &TurnRequest) -> Vec<Event> {
    let call = |id: &str, arguments: &str| {
        let (id, name, arguments) = (id.to_owned(), "tiempo".to_owned(), arguments.to_owned());
        Ok(TurnEvent::ToolCall(ToolCall { id, name, arguments }))
    };
    let (one, two) = (call("call_1", r#"{"en":"Lugo"}"#), call("call_2", "{}"));
    vec![started(), text("Miro."), one, two, finished(FinishReason::ToolCalls)]
}

/// An answer after a thought.
pub(crate) fn thinks(_: &TurnRequest) -> Vec<Event> {
    let thought = |text: &str| Ok(TurnEvent::Thought { text: text.to_owned() });
    vec![started(), thought("Uno más"), thought(" uno."), text("Dos."), finished(FinishReason::Stop)]
}

/// An answer with guesses, cut off inside its form.
pub(crate) fn guesses(_: &TurnRequest) -> Vec<Event> {
    let Ok(TurnEvent::Finished(summary)) = finished(FinishReason::Length) else { panic!("finished is the last event") };
    let decoding = Decoding {
        batches: 5,
        forced_tokens: 6,
        suffix: Drafts { drafted: 8, accepted: 7 },
        model: Drafts { drafted: 5, accepted: 2 },
        plain_ms: 120.5,
        form: Form::Incomplete,
    };
    let summary = TurnSummary { decoding, grammar: Some(GrammarKind::JsonSchema), ..summary };
    vec![started(), text("{\"a\""), Ok(TurnEvent::Finished(summary))]
}

/// A skill's answer with something for programs.
pub(crate) fn looks_up(_: &TurnRequest) -> Vec<Event> {
    let Ok(TurnEvent::Finished(summary)) = finished(FinishReason::Stop) else { panic!("finished is the last event") };
    let skill = SkillAnswer {
        name: "sql".parse().unwrap(),
        reasons: vec![Notice::new("api-busy")],
        data: r#"{"rows":[[40]]}"#.to_owned(),
    };
    vec![started(), text("40"), Ok(TurnEvent::Finished(TurnSummary { skill: Some(skill), ..summary }))]
}

/// The memory answers, and has learnt something.
pub(crate) fn remembers(_: &TurnRequest) -> Vec<Event> {
    let Ok(TurnEvent::Finished(summary)) = finished(FinishReason::Stop) else { panic!("finished is the last event") };
    let fact = |id, text: &str, role| FactLine { id, text: text.to_owned(), role };
    let memory = MemoryShare {
        used: vec![fact(7, "Vives en Lugo", FactRole::Asked), fact(2, "Te llamas Ana", FactRole::Known)],
        stored: vec![fact(9, "Tienes un gato", FactRole::Asked)],
        ended: vec![],
        erased: 3,
        trouble: Some(Notice::new("api-busy")),
    };
    vec![started(), text("En Lugo."), Ok(TurnEvent::Finished(TurnSummary { memory: Box::new(memory), ..summary }))]
}

pub(crate) fn failing(kind: FailureKind) -> Event {
    Err(Failure::new(kind, Notice::new("api-busy"), "a secret detail"))
}

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    /// Status, code and param, as tables have them.
    pub(crate) fn verdict(&self) -> (u16, String, Option<String>) {
        let error = self.json()["error"].clone();
        assert!(error["message"].as_str().is_some_and(|m| m.contains(' ')), "a sentence, not an id: {}", self.body);
        let code = error["code"].as_str().unwrap_or_default().to_owned();
        (self.status.as_u16(), code, error["param"].as_str().map(str::to_owned))
    }
}

pub(crate) async fn send(router: &Router, request: Request<Body>) -> Reply {
    let response = router.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = to_bytes(body, 64 << 20).await.unwrap();
    Reply { status: head.status, headers: head.headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

pub(crate) async fn post(router: &Router, path: &str, body: impl Into<Body>) -> Reply {
    send(router, Request::post(path).body(body.into()).unwrap()).await
}

pub(crate) async fn get(router: &Router, path: &str) -> Reply {
    send(router, Request::get(path).body(Body::empty()).unwrap()).await
}
