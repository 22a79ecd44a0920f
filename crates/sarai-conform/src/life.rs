//! What a skill does at signals.

use futures_util::future::join_all;
use sarai_proto::skill::v1 as wire;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tonic_health::pb::health_check_response::ServingStatus;

use crate::Breakable;
use crate::answers::{Heard, listen};
use crate::bench::{Bench, Fault, Held, PAUSE, Reached, SERVICE, broken, not_started, quoted, told};
use crate::subject::{Exit, Signal};

/// Calls that are under way when a signal comes.
const CALLS: usize = 4;

/// A call that goes on beside the check.
pub(crate) type UnderWay = JoinHandle<Result<Heard, String>>;

impl Bench<'_> {
    pub(crate) async fn reload(&mut self) -> Held {
        let before = self.status().await?.generation;
        let mut calls = Vec::new();
        for _ in 0..CALLS {
            calls.push(self.call_under_way()?);
        }
        self.begun().await?;
        self.signal(Signal::Reload)?;
        let after = self.generation_after(before).await?;
        for heard in join_all(calls).await {
            match self.outcome_of(heard)? {
                generation if (before..=after).contains(&generation) => {}
                other => return broken(format!("a call under way came back with generation {other}")),
            }
        }
        self.generation().await?;
        Ok(format!("generation {before} to {after}"))
    }

    pub(crate) async fn broken_reload(&mut self) -> Held {
        let Some(Breakable { file, content }) = self.sample.breakable.clone() else {
            return Err(Fault::CannotTry("no file of the skill was named that may be broken".into()));
        };
        let cannot = |e: std::io::Error| Fault::CannotTry(e.to_string());
        let good = fs_err::read(&file).map_err(cannot)?;
        let before = self.status().await?.generation;
        fs_err::write(&file, content).map_err(cannot)?;
        let kept = self.keeps_what_it_had(before).await;
        fs_err::write(&file, good).map_err(cannot)?;
        let why = kept?;

        self.signal(Signal::Reload)?;
        self.generation_after(before).await?;
        let error = self.status().await?.reload_error;
        if !error.is_empty() {
            return broken(format!("the files are good again, and the status still says «{}»", quoted(&error)));
        }
        Ok(format!("it said «{}»", quoted(&why)))
    }

    /// What the status says of files that are broken.
    async fn keeps_what_it_had(&mut self, before: u64) -> Held {
        self.signal(Signal::Reload)?;
        let is_over = |s: &wire::StatusReply| s.generation != before || !s.reload_error.is_empty();
        let (status, reached) = self.status_until(self.patience.start, is_over).await?;
        if status.generation != before {
            return broken(format!("it took over broken files as generation {}", status.generation));
        }
        if reached == Reached::No {
            return broken("files were broken, and the status has no reload error");
        }
        let request = self.request(&self.sample.text.clone(), "");
        match self.infer(request).await? {
            Ok(reply) if reply.generation == before => Ok(status.reload_error),
            Ok(reply) => broken(format!("after broken files, a reply has generation {}", reply.generation)),
            Err(error) => broken(format!("after broken files, a call ends as {}", told(&error))),
        }
    }

    pub(crate) async fn drain(&mut self) -> Held {
        let call = self.call_under_way()?;
        self.begun().await?;
        self.signal(Signal::Terminate)?;
        let drained = self.patience.drain;
        let until = Instant::now() + drained;
        while matches!(self.health(SERVICE).await, Ok(ServingStatus::Serving)) {
            if Instant::now() >= until {
                return broken(format!("{drained:?} after SIGTERM, health still says SERVING"));
            }
            sleep(PAUSE).await;
        }
        self.outcome_of(call.await)?;
        match self.exits_within(until.saturating_duration_since(Instant::now())).await? {
            Some(Exit::Code(0)) => Ok(String::new()),
            Some(exit) => broken(format!("after SIGTERM it ended with {exit}")),
            None => broken(format!("{drained:?} after SIGTERM it still runs")),
        }
    }

    pub(crate) async fn restart(&mut self) -> Held {
        self.signal(Signal::Kill)?;
        if self.exits_within(self.patience.settle).await?.is_none() {
            return broken(format!("{:?} after SIGKILL it still runs", self.patience.settle));
        }
        self.subject.start_over_a_dead_socket().map_err(not_started)?;
        self.until_serving().await?;
        Ok(String::new())
    }

    pub(crate) fn call_under_way(&mut self) -> Result<UnderWay, Fault> {
        let request = self.request(&self.sample.slow_text.clone(), "");
        let wire = self.wire()?;
        let answer = self.patience.answer;
        Ok(tokio::spawn(async move {
            let heard = async {
                let stream = wire.skill().infer_stream(request).await;
                listen(stream.map_err(|status| format!("InferStream fails: {}", told(&status)))?.into_inner()).await
            };
            let heard = timeout(answer, heard).await;
            heard.unwrap_or_else(|_| Err(format!("it has not finished after {answer:?}")))
        }))
    }

    /// Waits a little until a call is being worked on; one that is answered at once never is.
    pub(crate) async fn begun(&self) -> Result<Reached, Fault> {
        let running = self.status_until(self.patience.settle / 10, |status| status.calls_running > 0).await?;
        Ok(running.1)
    }

    /// The generation with which a call under way was answered.
    fn outcome_of(&self, heard: Result<Result<Heard, String>, tokio::task::JoinError>) -> Result<u64, Fault> {
        match heard {
            Ok(Ok(heard)) => Ok(heard.reply.generation),
            Ok(Err(fault)) => broken(format!("a call under way was lost: {fault}")),
            Err(error) => Err(Fault::CannotTry(error.to_string())),
        }
    }

    async fn generation_after(&self, before: u64) -> Result<u64, Fault> {
        match self.status_until(self.patience.start, |status| status.generation > before).await? {
            (status, Reached::Yes) => Ok(status.generation),
            (status, Reached::No) => {
                let why = quoted(&status.reload_error);
                broken(format!("{:?} after SIGUSR1 the generation is still {before} «{why}»", self.patience.start))
            }
        }
    }
}
