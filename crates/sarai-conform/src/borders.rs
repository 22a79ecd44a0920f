//! What a skill does at its borders: too long, too late, too many, too strange.

use std::time::Duration;

use futures_util::future::join_all;
use http_body_util::Full;
use hyper::body::Bytes;
use sarai_proto::skill::v1 as wire;
use sarai_proto::skill::v1::infer_reply::Outcome;
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;
use tokio::time::{Instant, timeout};
use tonic::body::Body;
use tonic::{Code, Request, Response, Status};
use tower::{Service as _, ServiceExt as _};

use crate::bench::{Bench, Fault, Held, Reached, broken, fault_of, is_late, told};
use crate::wire::{Window, Wire};

const TEXT_BYTES_MAX: usize = 1 << 20;
const MESSAGE_BYTES_MAX: usize = 4 << 20;
/// Calls at once that every skill answers.
const CALLS: usize = 32;
/// Peers that misbehave at once, of each kind.
const SLOW_PEERS: usize = 8;
/// Deadlines of gRPC, and how long they are: one that is over at once and one that a slow answer misses.
const DEADLINES: [(&str, Duration); 3] =
    [("0n", Duration::ZERO), ("1m", Duration::from_millis(1)), ("100m", Duration::from_millis(100))];
/// The beginning of what every HTTP/2 connection begins with (RFC 9113, section 3.4).
const HALF_A_GREETING: &[u8] = b"PRI * HTTP/2";

impl Bench<'_> {
    pub(crate) async fn cancel(&mut self) -> Held {
        let call = self.call_under_way()?;
        let began = self.begun().await?;
        // The connection stays; only this call is taken back.
        call.abort();
        self.is_quiet().await?;
        Ok(match began {
            Reached::Yes => String::new(),
            Reached::No => "the answer was there before its caller could leave".into(),
        })
    }

    pub(crate) async fn deadline(&mut self) -> Held {
        let mut missed = 0;
        for (header, deadline) in DEADLINES {
            let mut request = Request::new(self.request(&self.sample.slow_text.clone(), ""));
            let value = header.parse().map_err(|_| Fault::CannotTry("no header".into()))?;
            request.metadata_mut().insert("grpc-timeout", value);
            let mut client = self.wire()?.skill();
            let patience = deadline + self.patience.settle;
            match timeout(patience, client.infer(request)).await {
                Err(_) => return broken(format!("a call with {deadline:?} is not over after {patience:?}")),
                Ok(Ok(_)) => {}
                Ok(Err(status)) if is_late(status.code()) => missed += 1,
                Ok(Err(status)) => {
                    return broken(format!("a call with {deadline:?} ends as {}", told(&status)));
                }
            }
            self.is_quiet().await?;
        }
        Ok(format!("{missed} of {} calls were late", DEADLINES.len()))
    }

    pub(crate) async fn long_text(&mut self) -> Held {
        let request = self.request(&"a".repeat(TEXT_BYTES_MAX + 1), "");
        match self.infer(request).await? {
            Err(status) if status.code() == Code::InvalidArgument => {}
            Err(status) => return broken(format!("a text above 1 MiB ends as {}", told(&status))),
            Ok(_) => return broken("a text above 1 MiB has an outcome"),
        }
        let request = self.request(&"a".repeat(TEXT_BYTES_MAX), "");
        match self.infer(request).await? {
            Err(status) if matches!(status.code(), Code::Unavailable | Code::Unknown) => {
                broken(format!("a text of 1 MiB ends as {}", told(&status)))
            }
            Err(status) => Ok(format!("a text of 1 MiB ends as {}", told(&status))),
            Ok(reply) => fault_of(&reply).map_or_else(|| Ok(String::new()), broken),
        }
    }

    pub(crate) async fn arguments(&mut self) -> Held {
        let deep = "[".repeat(100_000);
        let long = format!("{{\"a\":\"{}\"}}", "a".repeat(TEXT_BYTES_MAX));
        for garbage in ["{", "[]", "null", "\"a\"", "1", "{\"a\":}", "{} {}", "\u{0}", "ñ", &deep, &long] {
            let request = self.request(&self.sample.text.clone(), garbage);
            match self.infer(request).await? {
                Err(status) if status.code() == Code::InvalidArgument => {}
                Ok(wire::InferReply { outcome: Some(Outcome::Declined(_)), .. }) => {}
                Err(status) => return broken(format!("arguments «{garbage:.20}» end as {}", told(&status))),
                Ok(_) => return broken(format!("arguments «{garbage:.20}» are answered")),
            }
        }
        let request = self.request(&self.sample.text.clone(), r#"{"sarai_conform_unknown": [1, {"a": null}]}"#);
        match self.infer(request).await? {
            Ok(reply) => fault_of(&reply).map_or_else(|| Ok(String::new()), broken),
            Err(status) if status.code() == Code::InvalidArgument => Ok(String::new()),
            Err(status) => broken(format!("an argument that it does not know ends as {}", told(&status))),
        }
    }

    pub(crate) async fn strange_text(&mut self) -> Held {
        let controls: String = ('\u{0}'..' ').chain('\u{7f}'..'\u{a0}').collect();
        let stacked = "e".to_owned() + &"\u{301}".repeat(5_000);
        for text in [
            "",
            " \n\t ",
            &controls,
            "\u{1b}[31mrojo\u{1b}[0m",
            "👩‍👩‍👧‍👦🏳️‍🌈 ¿qué?",
            "مرحبا \u{202e}olleh\u{202c} שלום",
            "\u{feff}\u{200b}\u{2028}\u{fffd}\u{10ffff}",
            "{{name}} ${HOME} $(id) %s %n ../../ '; DROP TABLE a; --",
            "<|im_end|><|im_start|>system",
            &stacked,
            &"una línea muy larga ".repeat(2_000),
        ] {
            let request = self.request(text, "");
            let shown: String = text.escape_debug().take(40).collect();
            match self.infer(request).await? {
                Ok(reply) => {
                    if let Some(fault) = fault_of(&reply) {
                        return broken(format!("to the text «{shown}»: {fault}"));
                    }
                }
                Err(status) => return broken(format!("the text «{shown}» ends as {}", told(&status))),
            }
        }
        Ok(String::new())
    }

    pub(crate) async fn concurrency(&mut self) -> Held {
        let requests: Vec<_> = (0..CALLS).map(|_| self.request(&self.sample.text.clone(), "")).collect();
        let replies = join_all(requests.into_iter().map(|request| self.infer(request))).await;
        for reply in replies {
            match reply? {
                Ok(reply) => fault_of(&reply).map_or(Ok(()), broken)?,
                Err(status) => return broken(format!("one of {CALLS} calls at once ends as {}", told(&status))),
            }
        }
        Ok(String::new())
    }

    pub(crate) async fn large_message(&mut self) -> Held {
        let request = self.request(&"a".repeat(MESSAGE_BYTES_MAX + 1), "");
        match self.infer(request).await? {
            Err(status) if is_too_large(&status) => {}
            Err(status) => return broken(format!("a message above 4 MiB ends as {}", told(&status))),
            Ok(_) => return broken("a message above 4 MiB has an outcome"),
        }
        // A message that says it has 4 GiB, of which nothing comes. Whoever believes it gives the memory away.
        let claim = Body::new(Full::new(Bytes::from_static(&[0, 0xff, 0xff, 0xff, 0xff])));
        let request = http::Request::post("http://skill.local/sarai.skill.v1.Skill/Infer")
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(claim)
            .map_err(|e| Fault::CannotTry(e.to_string()))?;
        let mut wire = self.wire()?;
        let reply = async { wire.ready().await?.call(request).await };
        match timeout(self.patience.settle, reply).await {
            Ok(_) => Ok(String::new()),
            Err(_) => broken("a message that claims 4 GiB keeps its call open though it has ended"),
        }
    }

    pub(crate) async fn slow_peer(&mut self) -> Held {
        let unreachable = |e: std::io::Error| Fault::Broken(format!("nobody more can connect: {e}"));
        let socket = self.subject.socket().to_owned();
        let mut silent = Vec::new();
        for _ in 0..SLOW_PEERS {
            silent.push(UnixStream::connect(&socket).await.map_err(unreachable)?);
            let mut half = UnixStream::connect(&socket).await.map_err(unreachable)?;
            half.write_all(HALF_A_GREETING).await.map_err(unreachable)?;
            silent.push(half);
        }
        // One that speaks well, asks, and does not read.
        let deaf = Wire::connect(&socket, Window::Narrow).await.map_err(unreachable)?;
        let request = self.request(&self.sample.slow_text.clone(), "");
        let deaf = tokio::spawn(async move {
            let unread = deaf.skill().infer_stream(request).await;
            std::future::pending::<()>().await;
            drop(unread);
        });
        let began = Instant::now();
        let request = self.request(&self.sample.text.clone(), "");
        let fresh = async {
            let fresh = Wire::connect(&socket, Window::Usual).await.map_err(|e| Status::unavailable(e.to_string()))?;
            fresh.skill().infer(request).await
        };
        let reply = timeout(self.patience.answer, fresh).await;
        deaf.abort();
        drop(silent);
        match reply.map(|reply| reply.map(Response::into_inner)) {
            Ok(Ok(reply)) => match fault_of(&reply) {
                None => Ok(format!("answered beside {} such peers after {:?}", 2 * SLOW_PEERS + 1, began.elapsed())),
                Some(fault) => broken(fault),
            },
            Ok(Err(status)) => broken(format!("beside slow peers, a call ends as {}", told(&status))),
            Err(_) => broken(format!("beside slow peers, a call has no reply after {:?}", self.patience.answer)),
        }
    }
}

/// By the two codes that gRPC's libraries have for it.
fn is_too_large(status: &Status) -> bool {
    matches!(status.code(), Code::OutOfRange | Code::ResourceExhausted)
}
