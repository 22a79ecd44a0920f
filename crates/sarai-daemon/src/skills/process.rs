//! One skill's process from the daemon's side: how it is started, asked and listened to.
//!
//! The process is a jail: its launcher is what is supervised, whichever back end makes the jail.

use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use sarai_proto::skill::v1::skill_client::SkillClient;
use sarai_proto::skill::v1::{self as wire, DeclineReason};
use sarai_sandbox::{Launcher, Report};
use sarai_skills::{Granted, Skill};
use sarai_supervisor::{Health, Limits, Policy, State};
use sarai_types::{Failure, FailureKind, Language, Notice, Priority, SkillCall, SkillEvent, SkillName, Usage};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_stream::{Stream, StreamExt as _};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

use super::channel::SkillChannel;
use super::host::{CallGuard, OpenCalls};
use super::launch::Launch;
use crate::child::{Child, ChildSpec, Retry, Seen};
use crate::worker;

/// The longest message of a skill.
const MESSAGE_BYTES_MAX: usize = 4 << 20;
/// The longest answer in all, in bytes of text: a skill that goes on beyond it is cut off.
const ANSWER_BYTES_MAX: usize = 4 << 20;
/// How long a skill may take to read its files again.
const RELOAD_DEADLINE: Duration = Duration::from_secs(20);
const RELOAD_POLL: Duration = Duration::from_millis(20);
/// A skill that has refused its files says so at once.
const RELOAD_REFUSED_AFTER: Duration = Duration::from_millis(300);

/// A supervised skill. A cheap handle, which goes on working when the process behind it is replaced.
#[derive(Debug, Clone)]
pub(super) struct SkillProcess {
    skill: SkillName,
    channel: SkillChannel,
    seen: watch::Receiver<Seen>,
    retry: Retry,
    calls: OpenCalls,
    report: PathBuf,
    start: Duration,
    call: Duration,
}

/// What a skill says to one call, with what the model has done for it so far. Dropping it ends the call.
pub(crate) type Hearing = Pin<Box<dyn Stream<Item = Result<(SkillEvent, Usage), Failure>> + Send>>;

impl SkillProcess {
    /// Starts the process and keeps it going.
    pub(super) fn start(skill: &Skill<Granted>, launch: Launch, calls: OpenCalls, seed: u64) -> (Self, Child) {
        let channel = SkillChannel::at(launch.socket());
        let (start, call) = (skill.start_deadline().unwrap_or_default(), skill.call_deadline().unwrap_or_default());
        // A manifest's times are within a policy's range.
        let policy = Policy::new(Limits { start_deadline: start, ..Limits::default() }).unwrap_or_default();
        let probed = channel.clone();
        let (skill, report) = (skill.name().clone(), launch.report().to_owned());
        let jail = Some(launch.backend());
        let child = Child::start(
            ChildSpec {
                name: format!("skill {skill}"),
                policy,
                command: Box::new(move || launch.command()),
                probe: Box::new(move || Box::pin(probe(probed.clone()))),
                log: |line| tracing::info!(target: "sarai_skill", "{line}"),
                jail,
            },
            seed,
        );
        let (seen, retry) = (child.watch(), child.retry());
        (Self { skill, channel, seen, retry, calls, report, start, call }, child)
    }

    pub(super) const fn retry(&self) -> &Retry {
        &self.retry
    }

    pub(super) fn seen(&self) -> Seen {
        *self.seen.borrow()
    }

    /// What holds of its jail, as far as it was written down.
    pub(super) fn report(&self) -> Option<Report> {
        Launcher::read_report(&self.report).ok().flatten()
    }

    /// Asks, as soon as the skill serves.
    ///
    /// # Errors
    /// It does not come up in time, or refuses.
    pub(super) async fn call(&self, call: SkillCall, priority: Priority) -> Result<Hearing, Failure> {
        self.until_serving().await?;
        let id = call.turn.to_string();
        let guard = self.calls.open(id.clone(), priority);
        let mut request = Request::new(wire::InferRequest {
            id,
            text: call.text,
            arguments: call.arguments,
            language: match call.language {
                Language::Spanish => "es".to_owned(),
                Language::English => "en".to_owned(),
            },
        });
        request.set_timeout(self.call);
        let deadline = Instant::now() + self.call;
        let asked = tokio::time::timeout_at(deadline, self.client().infer_stream(request)).await;
        let events = asked.map_err(|_| self.late())?.map_err(|status| self.failed(&status))?.into_inner();
        let hearer = Hearer { process: self.clone(), guard, said: 0 };
        Ok(Box::pin(hearer.hear(events, deadline)))
    }

    /// Lets it read its files again. Returns how often it has done so.
    ///
    /// # Errors
    /// It is not up, or finds something wrong with its files; then it goes on with the old ones.
    pub(super) async fn reload(&self) -> Result<u64, Failure> {
        self.until_serving().await?;
        let before = self.status().await?.generation;
        let pid = self.seen().pid.and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
        let told = pid.map(|pid| kill_process(pid, Signal::USR1));
        if !matches!(told, Some(Ok(()))) {
            return Err(self.failure(FailureKind::Unavailable, "daemon-skill-died", "the signal was not delivered"));
        }
        let begun = Instant::now();
        while begun.elapsed() < RELOAD_DEADLINE {
            tokio::time::sleep(RELOAD_POLL).await;
            let wire::StatusReply { generation, reload_error, .. } = self.status().await?;
            if generation > before {
                return Ok(generation);
            }
            if !reload_error.is_empty() && begun.elapsed() > RELOAD_REFUSED_AFTER {
                let notice = Notice::new("daemon-skill-reload").arg("skill", &self.skill).arg("detail", &reload_error);
                return Err(Failure::new(FailureKind::BadRequest, notice, reload_error));
            }
        }
        Err(self.late())
    }

    async fn status(&self) -> Result<wire::StatusReply, Failure> {
        let reply = self.client().status(wire::StatusRequest {}).await;
        reply.map(tonic::Response::into_inner).map_err(|status| self.failed(&status))
    }

    pub(super) async fn until_serving(&self) -> Result<(), Failure> {
        let mut seen = self.seen.clone();
        let up = seen.wait_for(|seen| {
            seen.serving || matches!(seen.state, State::Quarantined { .. } | State::Stopped | State::Draining { .. })
        });
        match tokio::time::timeout(self.start, up).await {
            Ok(Ok(seen)) if seen.serving => Ok(()),
            Ok(_) => Err(self.broken()),
            Err(_) => Err(self.late()),
        }
    }

    /// It does not come up: with the launcher's own reason, where there is one.
    fn broken(&self) -> Failure {
        match self.report().and_then(|report| report.error) {
            Some(error) => {
                let notice = Notice::new("daemon-skill-no-jail").arg("skill", &self.skill).arg("detail", &error);
                Failure::new(FailureKind::Unavailable, notice, error.to_string())
            }
            None => self.failure(FailureKind::Unavailable, "daemon-skill-crashes", "it does not come up"),
        }
    }

    fn late(&self) -> Failure {
        self.failure(FailureKind::Unavailable, "daemon-skill-late", "no answer before the deadline")
    }

    fn failed(&self, status: &Status) -> Failure {
        let (kind, notice) = match status.code() {
            Code::InvalidArgument | Code::OutOfRange => (FailureKind::BadRequest, "daemon-skill-refuses"),
            Code::ResourceExhausted => {
                (FailureKind::Busy { retry_after_ms: worker::BUSY_RETRY_MS }, "daemon-skill-busy")
            }
            Code::DeadlineExceeded | Code::Cancelled => (FailureKind::Unavailable, "daemon-skill-late"),
            Code::Unavailable | Code::Unknown => (FailureKind::Unavailable, "daemon-skill-died"),
            _ => (FailureKind::Unavailable, "daemon-skill-failed"),
        };
        self.failure(kind, notice, &format!("{:?}: {}", status.code(), status.message()))
    }

    fn failure(&self, kind: FailureKind, notice: &'static str, detail: &str) -> Failure {
        Failure::new(kind, Notice::new(notice).arg("skill", &self.skill), format!("{}: {detail}", self.skill))
    }

    fn client(&self) -> SkillClient<Channel> {
        self.channel.client().max_decoding_message_size(MESSAGE_BYTES_MAX)
    }
}

/// Reads one call's events, and never more than may come.
struct Hearer {
    process: SkillProcess,
    guard: CallGuard,
    said: usize,
}

impl Hearer {
    /// At most one last event, whatever the skill sends.
    fn hear(
        self,
        events: tonic::Streaming<wire::InferEvent>,
        deadline: Instant,
    ) -> impl Stream<Item = Result<(SkillEvent, Usage), Failure>> + Send {
        futures_util::stream::unfold((Some(self), events), move |(hearer, mut events)| async move {
            let mut hearer = hearer?;
            let next = tokio::time::timeout_at(deadline, events.next()).await;
            let heard = match next {
                Err(_) => Err(hearer.process.late()),
                Ok(None) => Err(hearer.odd("the stream ended without an outcome")),
                Ok(Some(Err(status))) => Err(hearer.process.failed(&status)),
                Ok(Some(Ok(event))) => hearer.event(event),
            };
            let usage = hearer.guard.usage();
            let open = matches!(heard, Ok(SkillEvent::Text(_))).then_some(hearer);
            Some((heard.map(|event| (event, usage)), (open, events)))
        })
    }

    fn event(&mut self, event: wire::InferEvent) -> Result<SkillEvent, Failure> {
        use wire::infer_event::Event;
        use wire::infer_reply::Outcome;
        match event.event {
            Some(Event::Text(text)) => {
                self.said = self.said.saturating_add(text.len());
                if self.said > ANSWER_BYTES_MAX {
                    return Err(self.odd("it says more than anybody would read"));
                }
                Ok(SkillEvent::Text(text))
            }
            Some(Event::Finished(wire::InferReply { outcome, .. })) => match outcome {
                Some(Outcome::Answer(wire::Answer { data, .. })) => Ok(SkillEvent::Answered { data }),
                Some(Outcome::Declined(declined)) => match declined.reason() {
                    DeclineReason::NotMine => Ok(SkillEvent::NotMine),
                    DeclineReason::Unspecified | DeclineReason::Cannot | DeclineReason::NotGranted => {
                        Ok(SkillEvent::Declined { sentence: declined.sentence })
                    }
                },
                None => Err(self.odd("a reply without an outcome")),
            },
            None => Err(self.odd("an event without content")),
        }
    }

    fn odd(&self, detail: &str) -> Failure {
        self.process.failure(FailureKind::Unavailable, "daemon-skill-failed", detail)
    }
}

/// Healthy is: health says SERVING, and the skill's own loop has moved on.
async fn probe(channel: SkillChannel) -> Health {
    let Some(serving) = channel.health().await else { return Health::Silent };
    match channel.status().await {
        Some(status) if serving => Health::Serving { generation: status.beats },
        Some(_) => Health::NotServing,
        None => Health::Silent,
    }
}
