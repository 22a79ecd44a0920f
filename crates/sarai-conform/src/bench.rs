//! The skill on the bench: started when it is needed, asked with patience, and looked at after each check.

use std::time::Duration;

use sarai_proto::skill::v1 as wire;
use sarai_proto::skill::v1::infer_reply::Outcome;
use tokio::time::{Instant, sleep, timeout};
use tonic::{Code, Request, Response, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;

use crate::subject::{Exit, Signal};
use crate::wire::{Window, Wire};
use crate::{Check, Finding, Patience, Sample, Subject, Verdict};

/// The health name of skill.v1.
pub(crate) const SERVICE: &str = "sarai.skill.v1.Skill";
/// Between two looks at something that shall change.
pub(crate) const PAUSE: Duration = Duration::from_millis(5);
/// Of what the skill sent, in a finding.
const QUOTE_CHARS_MAX: usize = 200;

/// Why a check does not hold, or could not be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    Broken(String),
    CannotTry(String),
}

/// What a check has to say where it holds.
pub(crate) type Held = Result<String, Fault>;

pub(crate) fn broken<T>(detail: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Broken(detail.into()))
}

#[derive(Debug)]
pub(crate) struct Bench<'a> {
    pub subject: &'a mut Subject,
    pub sample: &'a Sample,
    pub patience: Patience,
    wire: Option<Wire>,
    calls: u64,
}

impl<'a> Bench<'a> {
    pub(crate) const fn new(subject: &'a mut Subject, sample: &'a Sample, patience: Patience) -> Self {
        Self { subject, sample, patience, wire: None, calls: 0 }
    }

    /// Tries one check, and looks whether the skill came out of it as it should.
    pub(crate) async fn try_one(&mut self, check: Check) -> Finding {
        let result = match self.up().await {
            Ok(()) => self.held(check).await,
            Err(fault) => Err(fault),
        };
        let result = match result {
            Ok(detail) if check != Check::Drain => self.is_unharmed().await.map(|()| detail),
            other => other,
        };
        if result.is_err() || check == Check::Drain {
            self.end().await;
        }
        let (verdict, detail) = match result {
            Ok(detail) => (Verdict::Passed, detail),
            Err(Fault::Broken(detail)) => (Verdict::Failed, detail),
            Err(Fault::CannotTry(detail)) => (Verdict::NotTried, detail),
        };
        Finding { check, verdict, detail }
    }

    async fn held(&mut self, check: Check) -> Held {
        match check {
            Check::Serving => self.serving().await,
            Check::Describe => self.describe().await,
            Check::Status => self.status_is_well().await,
            Check::Beats => self.beats().await,
            Check::Infer => self.infer_has_an_outcome().await,
            Check::Generation => self.generation().await,
            Check::Stream => self.stream().await,
            Check::Cancel => self.cancel().await,
            Check::Deadline => self.deadline().await,
            Check::LongText => self.long_text().await,
            Check::Arguments => self.arguments().await,
            Check::StrangeText => self.strange_text().await,
            Check::Concurrency => self.concurrency().await,
            Check::LargeMessage => self.large_message().await,
            Check::SlowPeer => self.slow_peer().await,
            Check::Reload => self.reload().await,
            Check::BrokenReload => self.broken_reload().await,
            Check::Drain => self.drain().await,
            Check::Restart => self.restart().await,
        }
    }

    /// Serving, started if need be.
    async fn up(&mut self) -> Result<(), Fault> {
        if self.wire.as_ref().is_some_and(|wire| !wire.is_closed()) && self.exit()?.is_none() {
            return Ok(());
        }
        self.end().await;
        self.start().await
    }

    /// Starts it and waits for SERVING.
    async fn start(&mut self) -> Result<(), Fault> {
        self.subject.start().map_err(not_started)?;
        self.until_serving().await
    }

    /// Waits for SERVING after a start.
    pub(crate) async fn until_serving(&mut self) -> Result<(), Fault> {
        let until = Instant::now() + self.patience.start;
        loop {
            if let Some(exit) = self.exit()? {
                return broken(format!("it ended before it served, with {exit}"));
            }
            let seen = match Wire::connect(self.subject.socket(), Window::Usual).await {
                Err(error) => format!("{}: {error}", self.subject.socket().display()),
                Ok(wire) => match self.health_on(&wire, SERVICE).await {
                    Ok(ServingStatus::Serving) => {
                        self.wire = Some(wire);
                        return Ok(());
                    }
                    Ok(other) => format!("health says {}", other.as_str_name()),
                    Err(status) => format!("health fails: {}", told(&status)),
                },
            };
            if Instant::now() >= until {
                return broken(format!("it does not serve after {:?}: {seen}", self.patience.start));
            }
            sleep(PAUSE).await;
        }
    }

    /// Kills what still runs, and waits for it.
    pub(crate) async fn end(&mut self) {
        self.wire = None;
        if self.exit().is_ok_and(|exit| exit.is_none()) && self.subject.signal(Signal::Kill).is_ok() {
            let _ = self.exits_within(self.patience.settle).await;
        }
    }

    pub(crate) fn exit(&mut self) -> Result<Option<Exit>, Fault> {
        self.subject.exit().map_err(|e| Fault::CannotTry(format!("the process cannot be watched: {e}")))
    }

    pub(crate) async fn exits_within(&mut self, time: Duration) -> Result<Option<Exit>, Fault> {
        let until = Instant::now() + time;
        loop {
            let exit = self.exit()?;
            if exit.is_some() || Instant::now() >= until {
                return Ok(exit);
            }
            sleep(PAUSE).await;
        }
    }

    pub(crate) fn signal(&mut self, signal: Signal) -> Result<(), Fault> {
        self.subject.signal(signal).map_err(|e| Fault::Broken(format!("it takes no signal: {e}")))
    }

    async fn is_unharmed(&mut self) -> Result<(), Fault> {
        if let Some(exit) = self.exit()? {
            return broken(format!("afterwards it ended with {exit}"));
        }
        match self.health(SERVICE).await {
            Ok(ServingStatus::Serving) => Ok(()),
            Ok(other) => broken(format!("afterwards health says {}", other.as_str_name())),
            Err(status) => broken(format!("afterwards health fails: {}", told(&status))),
        }
    }

    pub(crate) fn wire(&self) -> Result<Wire, Fault> {
        self.wire.clone().ok_or_else(|| Fault::CannotTry("it does not run".into()))
    }

    /// `UNAVAILABLE` where the connection is gone.
    pub(crate) async fn health(&self, service: &str) -> Result<ServingStatus, Status> {
        let wire = self.wire().map_err(|_| Status::unavailable("it does not run"))?;
        self.health_on(&wire, service).await
    }

    async fn health_on(&self, wire: &Wire, service: &str) -> Result<ServingStatus, Status> {
        let request = HealthCheckRequest { service: service.to_owned() };
        let mut client = wire.health();
        let reply = timeout(self.patience.settle, client.check(request)).await;
        let reply = reply.map_err(|_| Status::deadline_exceeded("no reply"))??;
        Ok(reply.into_inner().status())
    }

    pub(crate) async fn status(&self) -> Result<wire::StatusReply, Fault> {
        let mut client = self.wire()?.skill();
        match timeout(self.patience.settle, client.status(wire::StatusRequest {})).await {
            Ok(Ok(reply)) => Ok(reply.into_inner()),
            Ok(Err(status)) => broken(format!("Status fails: {}", told(&status))),
            Err(_) => broken(format!("Status has no reply after {:?}", self.patience.settle)),
        }
    }

    /// Looks at the status until `is_good`, and returns the last look.
    pub(crate) async fn status_until(
        &self,
        time: Duration,
        is_good: impl Fn(&wire::StatusReply) -> bool,
    ) -> Result<(wire::StatusReply, Reached), Fault> {
        let until = Instant::now() + time;
        loop {
            let status = self.status().await?;
            if is_good(&status) {
                return Ok((status, Reached::Yes));
            }
            if Instant::now() >= until {
                return Ok((status, Reached::No));
            }
            sleep(PAUSE).await;
        }
    }

    /// Waits until nothing is being worked on.
    pub(crate) async fn is_quiet(&self) -> Result<(), Fault> {
        match self.status_until(self.patience.settle, |status| status.calls_running == 0).await? {
            (_, Reached::Yes) => Ok(()),
            (status, Reached::No) => {
                let time = self.patience.settle;
                broken(format!("after {time:?} it still works on {} calls for nobody", status.calls_running))
            }
        }
    }

    pub(crate) fn request(&mut self, text: &str, arguments: &str) -> wire::InferRequest {
        self.calls += 1;
        wire::InferRequest {
            id: format!("00000000-0000-7000-8000-{:012}", self.calls),
            text: text.to_owned(),
            arguments: arguments.to_owned(),
            language: "es".to_owned(),
        }
    }

    /// `Infer`, with patience.
    pub(crate) async fn infer(
        &self,
        request: impl tonic::IntoRequest<wire::InferRequest>,
    ) -> Result<Result<wire::InferReply, Status>, Fault> {
        let request: Request<_> = request.into_request();
        let mut client = self.wire()?.skill();
        match timeout(self.patience.answer, client.infer(request)).await {
            Ok(reply) => Ok(reply.map(Response::into_inner)),
            Err(_) => broken(format!("Infer has no reply after {:?}", self.patience.answer)),
        }
    }
}

/// Whether something came about in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reached {
    Yes,
    No,
}

/// What is wrong with a reply, if anything.
pub(crate) fn fault_of(reply: &wire::InferReply) -> Option<String> {
    match &reply.outcome {
        None => Some("a reply has no outcome".into()),
        Some(Outcome::Answer(answer)) if answer.text.is_empty() && answer.data.is_empty() => {
            Some("an answer has neither text nor data".into())
        }
        Some(Outcome::Answer(answer)) if !answer.data.is_empty() => {
            serde_json::from_str::<serde::de::IgnoredAny>(&answer.data)
                .err()
                .map(|e| format!("the data of an answer are no JSON: {e}"))
        }
        Some(Outcome::Answer(_)) => None,
        Some(Outcome::Declined(declined)) if declined.sentence.is_empty() => {
            Some("it declines without a sentence".into())
        }
        Some(Outcome::Declined(declined)) => match wire::DeclineReason::try_from(declined.reason) {
            Ok(wire::DeclineReason::Unspecified) | Err(_) => {
                Some(format!("it declines for a reason that there is not: {}", declined.reason))
            }
            Ok(wire::DeclineReason::NotMine | wire::DeclineReason::Cannot | wire::DeclineReason::NotGranted) => None,
        },
    }
}

pub(crate) fn not_started(error: std::io::Error) -> Fault {
    Fault::Broken(format!("it cannot be started: {error}"))
}

/// A status as a finding has it.
pub(crate) fn told(status: &Status) -> String {
    format!("{:?} «{}»", status.code(), quoted(status.message()))
}

/// What the skill sent, cut to a length that a person reads.
pub(crate) fn quoted(text: &str) -> String {
    let mut quote: String = text.escape_debug().take(QUOTE_CHARS_MAX).collect();
    if text.chars().nth(QUOTE_CHARS_MAX).is_some() {
        quote.push('…');
    }
    quote
}

/// Whether a code says that the call's time is over.
pub(crate) const fn is_late(code: Code) -> bool {
    matches!(code, Code::DeadlineExceeded | Code::Cancelled)
}
