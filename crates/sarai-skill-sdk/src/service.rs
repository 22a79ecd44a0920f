//! skill.v1 over gRPC: lets in what may come in, has the skill answer, and says what came of it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use sarai_proto::skill::v1::{self as wire, skill_server::Skill as SkillService};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, timeout, timeout_at};
use tonic::{Request, Response, Status};

use crate::answering::Answering;
use crate::call::{Call, Event};
use crate::host::Link;
use crate::limits::{CALLS_MAX, FLUSH_TIME_MAX, PIECES_WAITING_MAX};
use crate::shelf::{Loaded, Shelf};
use crate::{Host, Skill, deadline};

/// What all calls share.
#[derive(Debug)]
pub(crate) struct Shared<S> {
    pub shelf: Shelf<S>,
    pub beats: AtomicU64,
    link: Option<Arc<Link>>,
    places: Arc<Semaphore>,
    draining: AtomicBool,
}

impl<S: Skill> Shared<S> {
    pub(crate) fn new(shelf: Shelf<S>, link: Option<Link>) -> Self {
        Self {
            shelf,
            beats: AtomicU64::new(0),
            link: link.map(Arc::new),
            places: Arc::new(Semaphore::new(CALLS_MAX as usize)),
            draining: AtomicBool::new(false),
        }
    }

    /// Lets nobody in any more, and waits until all are out.
    pub(crate) async fn drain(&self, time: Duration) {
        self.draining.store(true, Ordering::Relaxed);
        // Whoever is not out by then is given up.
        let _ = timeout(time, self.places.acquire_many(CALLS_MAX)).await;
    }

    fn running(&self) -> usize {
        CALLS_MAX as usize - self.places.available_permits()
    }

    fn admit(&self, request: Request<wire::InferRequest>) -> Result<Admitted<S>, Status> {
        if self.draining.load(Ordering::Relaxed) {
            return Err(Status::unavailable("the skill is ending"));
        }
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| Status::resource_exhausted(format!("{CALLS_MAX} calls are being answered")))?;
        let deadline = Instant::now() + deadline::time_of(request.metadata());
        let request = crate::Request::try_from(request.into_inner())?;
        let host = Host::new(self.link.clone(), request.id.clone(), deadline);
        Ok(Admitted { loaded: self.shelf.newest(), request, host, deadline, place })
    }
}

/// A request that was checked and has its place.
struct Admitted<S> {
    loaded: Arc<Loaded<S>>,
    request: crate::Request,
    host: Host,
    deadline: Instant,
    place: OwnedSemaphorePermit,
}

impl<S: Skill> Admitted<S> {
    /// What a caller hears in the end, whatever the skill does.
    async fn answer(self, listener: Option<mpsc::Sender<Event>>) -> Result<wire::InferReply, Status> {
        let Self { loaded, request, host, deadline, place: _place } = self;
        let mut call = Call::new(host, deadline, listener);
        let work = async {
            let outcome = loaded.skill.infer(request, &mut call).await?;
            call.finish(outcome, loaded.generation).await
        };
        // A skill is not changed by a call that panicked: it is only ever borrowed.
        match timeout_at(deadline, AssertUnwindSafe(work).catch_unwind()).await {
            Ok(Ok(result)) => result.map_err(Status::from),
            Ok(Err(_)) => Err(Status::internal("the skill panicked")),
            Err(_) => Err(Status::deadline_exceeded("the deadline has passed")),
        }
    }
}

/// The gRPC service.
#[derive(Debug)]
pub(crate) struct Service<S>(pub Arc<Shared<S>>);

#[tonic::async_trait]
impl<S: Skill> SkillService for Service<S> {
    async fn describe(&self, _: Request<wire::DescribeRequest>) -> Result<Response<wire::DescribeReply>, Status> {
        let loaded = self.0.shelf.newest();
        Ok(Response::new(wire::DescribeReply {
            name: S::NAME.to_owned(),
            version: S::VERSION.to_owned(),
            generation: loaded.generation,
            arguments_schema: loaded.skill.arguments_schema().to_owned(),
        }))
    }

    async fn infer(&self, request: Request<wire::InferRequest>) -> Result<Response<wire::InferReply>, Status> {
        self.0.admit(request)?.answer(None).await.map(Response::new)
    }

    type InferStreamStream = Answering;

    async fn infer_stream(&self, request: Request<wire::InferRequest>) -> Result<Response<Answering>, Status> {
        let admitted = self.0.admit(request)?;
        let (sender, receiver) = mpsc::channel(PIECES_WAITING_MAX);
        let task = tokio::spawn(async move {
            let reply = admitted.answer(Some(sender.clone())).await;
            let last = reply.map(|r| wire::InferEvent { event: Some(wire::infer_event::Event::Finished(r)) });
            // Not delivered, the stream itself says that nobody read it.
            let _ = timeout(FLUSH_TIME_MAX, sender.send(last)).await;
        });
        Ok(Response::new(Answering::new(receiver, task)))
    }

    async fn status(&self, _: Request<wire::StatusRequest>) -> Result<Response<wire::StatusReply>, Status> {
        let shared = &self.0;
        Ok(Response::new(wire::StatusReply {
            generation: shared.shelf.newest().generation,
            beats: shared.beats.load(Ordering::Relaxed),
            calls_running: u32::try_from(shared.running()).unwrap_or(u32::MAX),
            reload_error: shared.shelf.reload_error(),
        }))
    }
}
