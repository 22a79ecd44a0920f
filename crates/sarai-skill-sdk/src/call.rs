//! One request while it is being answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sarai_proto::skill::v1 as wire;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tonic::Status;

use crate::limits::ANSWER_BYTES_MAX;
use crate::{Answer, Failure, Host, Outcome};

/// What goes to a caller that wants pieces.
pub(crate) type Event = Result<wire::InferEvent, Status>;

/// One request while it is being answered. Dropping it tells [`Stop`].
#[derive(Debug)]
pub struct Call {
    host: Host,
    deadline: Instant,
    said: String,
    /// None where the caller wants the answer in one piece.
    listener: Option<mpsc::Sender<Event>>,
    stop: Stop,
}

impl Call {
    pub(crate) fn new(host: Host, deadline: Instant, listener: Option<mpsc::Sender<Event>>) -> Self {
        Self { host, deadline, said: String::new(), listener, stop: Stop::default() }
    }

    /// The model, for this call.
    #[must_use]
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// When the caller stops waiting.
    #[must_use]
    pub const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// For work on other threads: says when nobody waits for it any more.
    #[must_use]
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Says a piece of the answer. Waits while the caller does not read.
    ///
    /// # Errors
    /// `Internal` when the answer has become longer than [`ANSWER_BYTES_MAX`]; `Over` when the caller is gone.
    pub async fn say(&mut self, piece: &str) -> Result<(), Failure> {
        if piece.is_empty() {
            return Ok(());
        }
        if self.said.len() + piece.len() > ANSWER_BYTES_MAX {
            return Err(Failure::Internal(format!("the answer has more than {ANSWER_BYTES_MAX} bytes")));
        }
        self.said.push_str(piece);
        let Some(listener) = &self.listener else { return Ok(()) };
        let event = wire::InferEvent { event: Some(wire::infer_event::Event::Text(piece.to_owned())) };
        listener.send(Ok(event)).await.map_err(|_| Failure::Over)
    }

    /// Makes the reply of what was said and what came of it.
    pub(crate) async fn finish(&mut self, outcome: Outcome, generation: u64) -> Result<wire::InferReply, Failure> {
        let outcome = match outcome {
            Outcome::Answer(Answer { text, data }) => {
                self.say(&text).await?;
                if self.said.is_empty() && data.is_empty() {
                    return Err(Failure::internal("the answer has neither text nor data"));
                }
                if data.len() > ANSWER_BYTES_MAX {
                    return Err(Failure::Internal(format!("the data have more than {ANSWER_BYTES_MAX} bytes")));
                }
                wire::infer_reply::Outcome::Answer(wire::Answer { text: std::mem::take(&mut self.said), data })
            }
            Outcome::Declined(_) if !self.said.is_empty() => {
                return Err(Failure::internal("declined after a part of the answer was said"));
            }
            Outcome::Declined(declined) => wire::infer_reply::Outcome::Declined(wire::Declined {
                reason: wire::DeclineReason::from(declined.reason).into(),
                sentence: declined.sentence,
            }),
        };
        Ok(wire::InferReply { generation, outcome: Some(outcome) })
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.stop.0.store(true, Ordering::Relaxed);
    }
}

/// Whether a call is over: answered, cancelled or too late.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DeclineReason;
    use proptest::prelude::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    fn call(listener: Option<mpsc::Sender<Event>>) -> Call {
        Call::new(Host::none(), Instant::now(), listener)
    }

    proptest! {
        /// Whatever is said in whatever pieces: the pieces joined are the text, in both ways of asking.
        #[test]
        fn pieces_joined_are_the_text(pieces in prop::collection::vec(".{0,12}", 0..12), last in ".{0,12}") {
            let whole = pieces.concat() + &last;
            let (sender, mut receiver) = mpsc::channel(64);
            for listener in [None, Some(sender)] {
                let mut call = call(listener);
                let reply = run(async {
                    for piece in &pieces {
                        call.say(piece).await?;
                    }
                    call.finish(Outcome::text(last.as_str()), 3).await
                });
                match reply {
                    Err(failure) => {
                        prop_assert_eq!(&whole, "");
                        prop_assert!(matches!(failure, Failure::Internal(_)));
                    }
                    Ok(reply) => {
                        prop_assert_eq!(reply.generation, 3);
                        let answer = wire::Answer { text: whole.clone(), data: String::new() };
                        prop_assert_eq!(reply.outcome, Some(wire::infer_reply::Outcome::Answer(answer)));
                    }
                }
            }
            let mut heard = String::new();
            while let Ok(Ok(wire::InferEvent { event: Some(event) })) = receiver.try_recv() {
                if let wire::infer_event::Event::Text(piece) = event {
                    prop_assert!(!piece.is_empty(), "an empty piece says nothing");
                    heard.push_str(&piece);
                }
            }
            prop_assert_eq!(heard, whole);
        }
    }

    #[test]
    fn what_is_no_reply() {
        let data = |len| Outcome::Answer(Answer { text: String::new(), data: "1".repeat(len) });
        let declined = || Outcome::declined(DeclineReason::Cannot, "No puedo.");
        for (said, outcome, expect) in [
            ("", Outcome::text(""), Err("the answer has neither text nor data")),
            ("a", declined(), Err("declined after a part of the answer was said")),
            ("", data(ANSWER_BYTES_MAX + 1), Err("the data have more than 1048576 bytes")),
            ("", Outcome::text("a".repeat(ANSWER_BYTES_MAX + 1)), Err("the answer has more than 1048576 bytes")),
            ("a", Outcome::text("a".repeat(ANSWER_BYTES_MAX)), Err("the answer has more than 1048576 bytes")),
            ("", Outcome::text("a".repeat(ANSWER_BYTES_MAX)), Ok(())),
            ("", data(ANSWER_BYTES_MAX), Ok(())),
            ("a", Outcome::text(""), Ok(())),
            ("", declined(), Ok(())),
        ] {
            let mut call = call(None);
            let found = run(async {
                call.say(said).await?;
                call.finish(outcome, 1).await
            });
            assert_eq!(found.map(|_| ()).map_err(|e| e.to_string()), expect.map_err(str::to_owned));
        }
    }

    #[test]
    fn stop_is_set_when_the_call_is_dropped() {
        let call = call(None);
        let stop = call.stop();
        assert!(!stop.is_set());
        drop(call);
        assert!(stop.is_set());
    }
}
