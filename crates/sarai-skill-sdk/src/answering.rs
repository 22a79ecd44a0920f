//! The pieces of one answer on their way to the caller.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;
use sarai_proto::skill::v1 as wire;
use sarai_proto::skill::v1::infer_event::Event as Inner;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tonic::Status;

use crate::call::Event;

/// What a caller of `InferStream` reads. Dropped by the caller, it ends the work. It never ends without a last word:
/// where the task could say none, because nobody read the pieces in time, this does.
#[derive(Debug)]
pub(crate) struct Answering {
    events: mpsc::Receiver<Event>,
    task: JoinHandle<()>,
    over: bool,
}

impl Answering {
    pub(crate) const fn new(events: mpsc::Receiver<Event>, task: JoinHandle<()>) -> Self {
        Self { events, task, over: false }
    }
}

impl Stream for Answering {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        if self.over {
            return Poll::Ready(None);
        }
        self.events.poll_recv(cx).map(|event| {
            let event = event.unwrap_or_else(|| Err(Status::deadline_exceeded("the answer was not read in time")));
            self.over = !matches!(event, Ok(wire::InferEvent { event: Some(Inner::Text(_)) }));
            Some(event)
        })
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt as _;

    fn text(piece: &str) -> Event {
        Ok(wire::InferEvent { event: Some(Inner::Text(piece.to_owned())) })
    }

    /// What a caller reads whose task has sent these events and then ended.
    async fn read(events: Vec<Event>) -> Vec<String> {
        let (sender, receiver) = mpsc::channel(events.len().max(1));
        for event in events {
            sender.try_send(event).unwrap();
        }
        let answering = Answering::new(receiver, tokio::spawn(async move { drop(sender) }));
        let told = answering.map(|event| match event {
            Ok(wire::InferEvent { event: Some(Inner::Text(piece)) }) => piece,
            Ok(wire::InferEvent { event: Some(Inner::Finished(_)) }) => "finished".to_owned(),
            Ok(wire::InferEvent { event: None }) => "nothing".to_owned(),
            Err(status) => format!("{:?}", status.code()),
        });
        told.collect().await
    }

    #[tokio::test]
    async fn there_is_always_one_last_word() {
        let last = Ok(wire::InferEvent { event: Some(Inner::Finished(wire::InferReply::default())) });
        assert_eq!(read(vec![text("a"), last]).await, ["a", "finished"]);
        assert_eq!(read(vec![Err(Status::internal("a fault"))]).await, ["Internal"]);
        assert_eq!(read(vec![]).await, ["DeadlineExceeded"]);
        assert_eq!(read(vec![text("a"), text("b")]).await, ["a", "b", "DeadlineExceeded"]);
    }
}
