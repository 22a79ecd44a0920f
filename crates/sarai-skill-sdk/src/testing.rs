//! A skill on a real socket inside a test, with a host that follows a script.
//!
//! ```no_run
//! # use sarai_skill_sdk::{Call, Failure, Folder, LoadError, Outcome, Request, Skill};
//! # struct Notes;
//! # impl Skill for Notes {
//! #     const NAME: &'static str = "notes";
//! #     const VERSION: &'static str = "1.0.0";
//! #     fn load(_: &Folder) -> Result<Self, LoadError> { Ok(Self) }
//! #     async fn infer(&self, r: Request, _: &mut Call) -> Result<Outcome, Failure> { Ok(Outcome::text(r.text)) }
//! # }
//! use std::path::Path;
//!
//! use sarai_skill_sdk::testing::{Rig, Scripted};
//!
//! # async fn test() {
//! let rig = Rig::start::<Notes>(Path::new("."), [Scripted::Says(vec!["# Notas".into()])]).await.unwrap();
//! let answer = rig.ask("apunta esto").await.unwrap();
//! assert_eq!(answer.text, "# Notas");
//! rig.stop().await.unwrap();
//! # }
//! ```

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::Stream;
use futures_util::stream::{self, StreamExt as _};
use sarai_proto::host::v1 as host_wire;
use sarai_proto::host::v1::host_server::{Host as HostService, HostServer};
use sarai_proto::skill::v1::{self as wire, skill_client::SkillClient};
use tokio::net::UnixListener;
use tokio::task::{JoinHandle, yield_now};
use tokio::time::{sleep, timeout};
use tonic::transport::{Channel, Server};
use tonic::{Response, Status};

use crate::host::connect;
use crate::serve::{Orders, Place, run};
use crate::{Answer, Folder, ServeError, Skill, peers};

/// Until a skill must listen. Generous: a test machine may be busy.
const START_TIME_MAX: Duration = Duration::from_secs(20);
const START_PAUSE: Duration = Duration::from_millis(2);
/// Requests that are remembered.
const REQUESTS_MAX: usize = 1024;
const SOCKET: &str = "skill.sock";
/// Tells the folders of one test process apart.
static RIGS: AtomicU32 = AtomicU32::new(0);

/// What the model does at one request, in the order of the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scripted {
    /// Says these pieces and has finished.
    Says(Vec<String>),
    /// Says these pieces until there are no tokens left.
    CutOff(Vec<String>),
    /// Refuses, with a time to try again in milliseconds.
    Refuses(host_wire::RefusalReason, u32),
    /// Says these pieces and breaks off.
    Breaks(Vec<String>),
    /// Says nothing until the skill goes away.
    Hangs,
}

/// A skill that serves inside this test. Its folder of sockets goes with it.
#[derive(Debug)]
pub struct Rig {
    sockets: PathBuf,
    orders: Arc<Orders>,
    client: SkillClient<Channel>,
    skill: Option<JoinHandle<Result<(), ServeError>>>,
    host: ScriptedHost,
    host_task: JoinHandle<()>,
}

impl Rig {
    /// Starts the skill on its files in `folder`, and waits until it serves. A host whose script is over refuses
    /// everything.
    ///
    /// # Errors
    /// What [`crate::serve`] would end with.
    pub async fn start<S: Skill>(
        folder: &Path,
        script: impl IntoIterator<Item = Scripted>,
    ) -> Result<Self, ServeError> {
        Self::launch::<S>(folder, Some(script.into_iter().collect())).await
    }

    /// The same for a skill that may not ask the model.
    ///
    /// # Errors
    /// As [`Rig::start`].
    pub async fn start_ungranted<S: Skill>(folder: &Path) -> Result<Self, ServeError> {
        Self::launch::<S>(folder, None).await
    }

    async fn launch<S: Skill>(folder: &Path, script: Option<VecDeque<Scripted>>) -> Result<Self, ServeError> {
        let number = RIGS.fetch_add(1, Ordering::Relaxed);
        let sockets = std::env::temp_dir().join(format!("sarai-rig-{}-{number}", std::process::id()));
        fs_err::create_dir(&sockets)?;
        let (socket, host_socket) = (sockets.join(SOCKET), sockets.join("host.sock"));
        let is_granted = script.is_some();
        let host = ScriptedHost::new(script.unwrap_or_default());
        let host_task = host.serve(UnixListener::bind(&host_socket)?);
        let orders = Arc::new(Orders::default());
        let place = Place {
            folder: Folder::new(folder.to_owned()),
            socket: socket.clone(),
            host: is_granted.then_some(host_socket),
        };
        let skill = tokio::spawn(run::<S>(place, Arc::clone(&orders)));
        let client = SkillClient::new(connect(socket.clone()));
        let mut rig = Self { sockets, orders, client, skill: Some(skill), host, host_task };
        let is_up = async {
            while !socket.exists() && !rig.skill.as_ref().is_some_and(JoinHandle::is_finished) {
                sleep(START_PAUSE).await;
            }
        };
        timeout(START_TIME_MAX, is_up).await.map_err(io::Error::from)?;
        match rig.skill.take_if(|task| task.is_finished()) {
            None => Ok(rig),
            Some(ended) => match flatten(ended.await) {
                Ok(()) => Err(io::Error::other("the skill ended at once").into()),
                Err(error) => Err(error),
            },
        }
    }

    /// For what the other methods do not have.
    #[must_use]
    pub fn client(&self) -> SkillClient<Channel> {
        self.client.clone()
    }

    /// Where the skill listens, for a test that does not speak gRPC.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.sockets.join(SOCKET)
    }

    /// The answer to a text, in Spanish.
    ///
    /// # Errors
    /// The skill's, and `FailedPrecondition` with the sentence where it declined.
    pub async fn ask(&self, text: &str) -> Result<Answer, Status> {
        let reply = self.infer(request(text, "")).await?;
        match reply.outcome {
            Some(wire::infer_reply::Outcome::Answer(answer)) => Ok(Answer { text: answer.text, data: answer.data }),
            Some(wire::infer_reply::Outcome::Declined(declined)) => Err(Status::failed_precondition(declined.sentence)),
            None => Err(Status::internal("a reply without an outcome")),
        }
    }

    /// # Errors
    /// The skill's.
    pub async fn infer(&self, request: wire::InferRequest) -> Result<wire::InferReply, Status> {
        self.client().infer(request).await.map(Response::into_inner)
    }

    /// # Errors
    /// The skill's.
    pub async fn status(&self) -> Result<wire::StatusReply, Status> {
        self.client().status(wire::StatusRequest {}).await.map(Response::into_inner)
    }

    /// What SIGUSR1 does; returns when the files were read, well or badly.
    ///
    /// # Errors
    /// The skill's.
    pub async fn reload(&self) -> Result<wire::StatusReply, Status> {
        let mut reloads = self.orders.reloads.subscribe();
        let before = *reloads.borrow_and_update();
        self.orders.reload.notify_one();
        reloads.wait_for(|count| *count > before).await.map_err(|_| Status::unavailable("the skill has ended"))?;
        self.status().await
    }

    /// What the skill asked of the model so far.
    #[must_use]
    pub fn asked(&self) -> Vec<host_wire::GenerateRequest> {
        lock(&self.host.0).asked.clone()
    }

    /// Tells the skill to drain, without waiting.
    pub fn drain(&self) {
        self.orders.drain.notify_one();
    }

    /// What SIGTERM does; returns when the skill has ended.
    ///
    /// # Errors
    /// What [`crate::serve`] would end with.
    pub async fn stop(mut self) -> Result<(), ServeError> {
        self.drain();
        match self.skill.take() {
            Some(skill) => flatten(skill.await),
            None => Ok(()),
        }
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if let Some(skill) = &self.skill {
            skill.abort();
        }
        self.host_task.abort();
        // A test that fails here has failed before.
        let _ = fs_err::remove_dir_all(&self.sockets);
    }
}

/// A request in Spanish with an id of its own.
#[must_use]
pub fn request(text: impl Into<String>, arguments: impl Into<String>) -> wire::InferRequest {
    let number = RIGS.fetch_add(1, Ordering::Relaxed);
    wire::InferRequest {
        id: format!("00000000-0000-7000-8000-{number:012}"),
        text: text.into(),
        arguments: arguments.into(),
        language: "es".into(),
    }
}

fn flatten(result: Result<Result<(), ServeError>, tokio::task::JoinError>) -> Result<(), ServeError> {
    result.unwrap_or_else(|error| Err(io::Error::other(error).into()))
}

/// A host that does what its script says and remembers what it was asked.
#[derive(Debug, Clone)]
struct ScriptedHost(Arc<Mutex<Play>>);

#[derive(Debug)]
struct Play {
    script: VecDeque<Scripted>,
    asked: Vec<host_wire::GenerateRequest>,
}

fn lock(play: &Mutex<Play>) -> std::sync::MutexGuard<'_, Play> {
    play.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ScriptedHost {
    fn new(script: VecDeque<Scripted>) -> Self {
        Self(Arc::new(Mutex::new(Play { script, asked: Vec::new() })))
    }

    fn serve(&self, listener: UnixListener) -> JoinHandle<()> {
        let router = Server::builder().add_service(HostServer::new(self.clone()));
        tokio::spawn(async move {
            // It ends with the rig; the skill sees what becomes of a host that fails.
            let _ = router.serve_with_incoming(peers::accept(listener)).await;
        })
    }
}

#[tonic::async_trait]
impl HostService for ScriptedHost {
    type GenerateStream = Pin<Box<dyn Stream<Item = Result<host_wire::GenerateEvent, Status>> + Send>>;

    async fn generate(
        &self,
        request: tonic::Request<host_wire::GenerateRequest>,
    ) -> Result<Response<Self::GenerateStream>, Status> {
        use host_wire::generate_event::Event;
        let next = {
            let mut play = lock(&self.0);
            if play.asked.len() < REQUESTS_MAX {
                play.asked.push(request.into_inner());
            }
            play.script.pop_front()
        };
        let finished =
            |complete| Event::Finished(host_wire::Finished { prompt_tokens: 7, completion_tokens: 3, complete });
        let refused = |reason: host_wire::RefusalReason, retry_after_ms| {
            Event::Refused(host_wire::Refused { reason: reason.into(), detail: "by the script".into(), retry_after_ms })
        };
        let (pieces, last) = match next {
            Some(Scripted::Says(pieces)) => (pieces, Some(Ok(finished(true)))),
            Some(Scripted::CutOff(pieces)) => (pieces, Some(Ok(finished(false)))),
            Some(Scripted::Breaks(pieces)) => (pieces, Some(Err(Status::unavailable("by the script")))),
            Some(Scripted::Refuses(reason, retry_after_ms)) => (Vec::new(), Some(Ok(refused(reason, retry_after_ms)))),
            None => (Vec::new(), Some(Ok(refused(host_wire::RefusalReason::Unavailable, 0)))),
            Some(Scripted::Hangs) => (Vec::new(), None),
        };
        let hangs = last.is_none();
        let events = pieces.into_iter().map(|piece| Ok(Event::Text(piece))).chain(last);
        let events = stream::iter(events).then(|event| async {
            // The skill gets to run between two pieces, as it does with a real model.
            yield_now().await;
            event.map(|event| host_wire::GenerateEvent { event: Some(event) })
        });
        let stream: Self::GenerateStream = if hangs { Box::pin(stream::pending()) } else { Box::pin(events) };
        Ok(Response::new(stream))
    }
}
