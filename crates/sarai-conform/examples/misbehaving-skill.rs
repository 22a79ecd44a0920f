//! A skill that keeps to the contract but for what the environment tells it, so that each check can be seen to fail.
//!
//! It is written on bare tonic, because the SDK does not let anybody misbehave like this.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::unwrap_used, reason = "it is a part of the tests")]

use std::env;
use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::stream::unfold;
use rustix::net::{RecvFlags, recv};
use sarai_proto::skill::v1 as wire;
use sarai_proto::skill::v1::infer_event::Event;
use sarai_proto::skill::v1::infer_reply::Outcome;
use sarai_proto::skill::v1::skill_server::{Skill, SkillServer};
use serde::de::IgnoredAny;
use tokio::io::Interest;
use tokio::net::{UnixListener, UnixStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{sleep, timeout};
use tokio_stream::{Stream, StreamExt as _};
use tonic::transport::Server;
use tonic::{Request, Response, Status};
use tonic_health::ServingStatus;
use tonic_health::server::{HealthReporter, health_reporter};

const TEXT_BYTES_MAX: usize = 1 << 20;
const MESSAGE_BYTES_MAX: usize = 4 << 20;
/// What the slow answer takes.
const SLOW: Duration = Duration::from_millis(700);
/// Beyond all patience.
const FOREVER: Duration = Duration::from_secs(3600);

struct Bad {
    vice: String,
    generation: AtomicU64,
    reload_error: Mutex<String>,
    beats: AtomicU64,
    running: AtomicU32,
}

/// One call that is being worked on.
struct Running(Arc<Bad>);

impl Running {
    fn new(bad: &Arc<Bad>) -> Self {
        bad.running.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(bad))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Bad {
    fn has(&self, vice: &str) -> bool {
        self.vice == vice
    }

    fn refuse(&self, request: &wire::InferRequest) -> Result<(), Status> {
        if request.text.len() > TEXT_BYTES_MAX {
            if self.has("dies-of-long-text") {
                std::process::abort();
            }
            if !self.has("takes-long-text") {
                return Err(Status::invalid_argument("the text is too long"));
            }
        }
        if request.text.contains('\u{1b}') && self.has("fails-at-strange-text") {
            return Err(Status::internal("an escape"));
        }
        let arguments = &request.arguments;
        if arguments.is_empty() || self.has("takes-any-arguments") {
            return Ok(());
        }
        let is_object = arguments.trim_start().starts_with('{') && arguments.len() <= TEXT_BYTES_MAX;
        match serde_json::from_str::<IgnoredAny>(arguments) {
            Ok(_) if is_object => Ok(()),
            _ if self.has("dies-of-arguments") => std::process::abort(),
            _ => Err(Status::invalid_argument("no object")),
        }
    }

    fn reply(&self, text: &str) -> wire::InferReply {
        let generation = self.generation.load(Ordering::Relaxed) + u64::from(self.has("wrong-generation"));
        let data = if self.has("broken-data") { "{" } else { "" };
        let outcome = match self.vice.as_str() {
            "no-outcome" => None,
            "empty-answer" => Some(Outcome::Answer(wire::Answer::default())),
            "declines-without-reason" => {
                Some(Outcome::Declined(wire::Declined { reason: 0, sentence: "No.".to_owned() }))
            }
            _ => Some(Outcome::Answer(wire::Answer { text: format!("«{text}»"), data: data.to_owned() })),
        };
        wire::InferReply { generation, outcome }
    }
}

#[derive(Clone)]
struct Service(Arc<Bad>);

#[tonic::async_trait]
impl Skill for Service {
    async fn describe(&self, _: Request<wire::DescribeRequest>) -> Result<Response<wire::DescribeReply>, Status> {
        let bad = &self.0;
        let pick = |vice: &str, bad_value: &str, good: &str| (if bad.has(vice) { bad_value } else { good }).to_owned();
        Ok(Response::new(wire::DescribeReply {
            name: pick("bad-name", "Bad Name", "misbehaving"),
            version: pick("bad-version", "one", "1.0.0"),
            generation: self.0.generation.load(Ordering::Relaxed),
            arguments_schema: pick("bad-schema", "{", ""),
        }))
    }

    async fn infer(&self, request: Request<wire::InferRequest>) -> Result<Response<wire::InferReply>, Status> {
        let running = Running::new(&self.0);
        let bad = Arc::clone(&self.0);
        let request = request.into_inner();
        bad.refuse(&request)?;
        if bad.has("never-answers") {
            sleep(FOREVER).await;
        }
        if bad.has("one-at-a-time") && bad.running.load(Ordering::Relaxed) > 1 {
            return Err(Status::resource_exhausted("one at a time"));
        }
        let is_slow = request.text == "slow";
        let work = async move {
            let _running = running;
            sleep(if is_slow { SLOW } else { Duration::from_millis(5) }).await;
            if is_slow && bad.has("ignores-deadlines") {
                sleep(FOREVER).await;
            }
            bad.reply(&request.text)
        };
        if self.0.has("ignores-deadlines") {
            return Ok(Response::new(tokio::spawn(work).await.unwrap()));
        }
        Ok(Response::new(work.await))
    }

    type InferStreamStream = Pin<Box<dyn Stream<Item = Result<wire::InferEvent, Status>> + Send>>;

    async fn infer_stream(
        &self,
        request: Request<wire::InferRequest>,
    ) -> Result<Response<Self::InferStreamStream>, Status> {
        let running = Running::new(&self.0);
        let bad = Arc::clone(&self.0);
        let request = request.into_inner();
        bad.refuse(&request)?;
        let is_slow = request.text == "slow";
        if is_slow && bad.has("works-for-nobody") {
            let running = Running::new(&self.0);
            tokio::spawn(async move {
                sleep(FOREVER).await;
                drop(running);
            });
        }
        let reply = bad.reply(&request.text);
        let piece = |text: &str| wire::InferEvent { event: Some(Event::Text(text.to_owned())) };
        let last = wire::InferEvent { event: Some(Event::Finished(reply.clone())) };
        let mut events = match &reply.outcome {
            Some(Outcome::Answer(answer)) => vec![piece(&answer.text), last.clone()],
            _ => vec![last.clone()],
        };
        match bad.vice.as_str() {
            "other-pieces" => events.insert(0, piece("ah ")),
            "no-last-event" => drop(events.pop()),
            "two-last-events" => events.push(last),
            _ => {}
        }
        let events = tokio_stream::iter(events).then(move |event| {
            let _ = &running;
            let is_last = matches!(event.event, Some(Event::Finished(_)));
            async move {
                if is_slow && is_last {
                    sleep(SLOW).await;
                }
                Ok(event)
            }
        });
        Ok(Response::new(Box::pin(events)))
    }

    async fn status(&self, _: Request<wire::StatusRequest>) -> Result<Response<wire::StatusReply>, Status> {
        let bad = &self.0;
        Ok(Response::new(wire::StatusReply {
            generation: bad.generation.load(Ordering::Relaxed) + u64::from(bad.has("two-generations")),
            beats: bad.beats.load(Ordering::Relaxed),
            calls_running: bad.running.load(Ordering::Relaxed),
            reload_error: bad.reload_error.lock().unwrap().clone(),
        }))
    }
}

/// SIGUSR1, SIGTERM, and what becomes of them; breaks with the exit code.
async fn obey(bad: &Bad, health: &HealthReporter) -> ControlFlow<ExitCode> {
    let mut reload = signal(SignalKind::user_defined1()).unwrap();
    let mut terminate = signal(SignalKind::terminate()).unwrap();
    loop {
        tokio::select! {
            _ = reload.recv() => read_again(bad)?,
            _ = terminate.recv() => match bad.vice.as_str() {
                "ignores-sigterm" => {}
                "drops-calls" => return ControlFlow::Break(ExitCode::SUCCESS),
                _ => {
                    if !bad.has("serves-to-the-end") {
                        for name in ["", "sarai.skill.v1.Skill"] {
                            health.set_service_status(name, ServingStatus::NotServing).await;
                        }
                    }
                    while bad.running.load(Ordering::Relaxed) > 0 || bad.has("serves-to-the-end") {
                        sleep(Duration::from_millis(5)).await;
                    }
                    sleep(Duration::from_millis(100)).await;
                    return ControlFlow::Break(ExitCode::from(u8::from(bad.has("ends-with-one"))));
                }
            },
        }
    }
}

fn read_again(bad: &Bad) -> ControlFlow<ExitCode> {
    let word = std::fs::read_to_string("word").unwrap_or_default();
    match bad.vice.as_str() {
        "ignores-sigusr1" => return ControlFlow::Continue(()),
        "loses-calls-at-reload" if bad.running.load(Ordering::Relaxed) > 0 => {
            return ControlFlow::Break(ExitCode::SUCCESS);
        }
        "dies-of-broken-files" if word.is_empty() => return ControlFlow::Break(ExitCode::FAILURE),
        _ => {}
    }
    if word.is_empty() && !bad.has("takes-broken-files") {
        if !bad.has("hides-broken-files") {
            *bad.reload_error.lock().unwrap() = "word is empty".to_owned();
        }
        return ControlFlow::Continue(());
    }
    bad.reload_error.lock().unwrap().clear();
    bad.generation.fetch_add(1, Ordering::Relaxed);
    ControlFlow::Continue(())
}

/// One after the other, where the vice says so: whoever says nothing then keeps everybody waiting.
fn accept(listener: UnixListener, vice: &str) -> impl Stream<Item = std::io::Result<UnixStream>> + use<> {
    let waits = vice == "serves-one-peer-after-the-other";
    unfold(listener, move |listener| async move {
        let accepted = listener.accept().await.map(|(stream, _)| stream);
        if let (true, Ok(stream)) = (waits, &accepted) {
            has_spoken(stream).await;
        }
        Some((accepted, listener))
    })
}

async fn has_spoken(stream: &UnixStream) {
    let peek = || Ok(recv(stream, &mut [0; 1], RecvFlags::PEEK)?);
    while stream.readable().await.is_ok() {
        match stream.try_io(Interest::READABLE, peek) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            _ => return,
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let vice = env::var("SARAI_VICE").unwrap_or_default();
    let socket = env::var("SARAI_SKILL_SOCKET").unwrap();
    if vice == "ends-at-once" {
        return ExitCode::from(3);
    }
    if vice == "minds-old-sockets" && Path::new(&socket).exists() {
        return ExitCode::FAILURE;
    }
    let _ = std::fs::remove_file(&socket);
    let listener = UnixListener::bind(&socket).unwrap();
    std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o666)).unwrap();
    let bad = Arc::new(Bad {
        generation: AtomicU64::new(u64::from(vice != "generation-zero")),
        reload_error: Mutex::default(),
        beats: AtomicU64::new(0),
        running: AtomicU32::new(0),
        vice,
    });
    let (health, health_service) = health_reporter();
    if !bad.has("never-serves") {
        health.set_service_status("sarai.skill.v1.Skill", ServingStatus::Serving).await;
    }
    if bad.has("serves-without-a-name") {
        health.set_service_status("", ServingStatus::NotServing).await;
    }
    let beat = async {
        loop {
            bad.beats.fetch_add(u64::from(!bad.has("stands-still")), Ordering::Relaxed);
            let _ = timeout(Duration::from_millis(100), std::future::pending::<()>()).await;
        }
    };
    let size = if bad.has("takes-large-messages") { usize::MAX } else { MESSAGE_BYTES_MAX };
    let server = Server::builder()
        .add_service(health_service)
        .add_service(SkillServer::new(Service(Arc::clone(&bad))).max_decoding_message_size(size))
        .serve_with_incoming(accept(listener, &bad.vice));
    tokio::select! {
        _ = server => ExitCode::FAILURE,
        () = beat => ExitCode::FAILURE,
        ended = obey(&bad, &health) => ended.break_value().unwrap_or(ExitCode::FAILURE),
    }
}
