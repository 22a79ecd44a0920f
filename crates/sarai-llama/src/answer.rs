//! One answer on its way: tokens in, events out.

use std::time::Instant;

use sarai_engine::sample::{Sampler, top_logprobs};
use sarai_engine::text::{Detokenizer, Scan, StopScanner};
use sarai_proto::engine::v1::{self as wire, generate_event::Event};
use sarai_types::{Candidate, FinishReason, Sampling, Timings, TokenText, Usage};
use tokio::sync::mpsc;
use tonic::Status;

use crate::llama::Model;

/// What a client receives. Its capacity is the context's size, so that a slow client can never make the engine wait and
/// never costs more than one context of text.
pub(crate) type Events = mpsc::Sender<Result<wire::GenerateEvent, Status>>;

/// What the sampler and the client want, apart from the prompt.
#[derive(Debug)]
pub(crate) struct AnswerOptions {
    pub sampling: Sampling,
    /// Resolved by whoever can draw one.
    pub seed: u64,
    pub max_tokens: Option<u32>,
    pub stop: Vec<String>,
    pub logprobs: Option<u8>,
}

/// Whether the answer goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Decode this token next.
    Continue(u32),
    Finished,
}

/// The state of one running generation. Penalties look at what it said itself, not at the prompt.
#[derive(Debug)]
pub(crate) struct Answer {
    events: Events,
    sampler: Sampler,
    detokenizer: Detokenizer,
    stops: StopScanner,
    /// Tokens whose text is not out yet, when the client wants probabilities.
    held: Vec<TokenText>,
    said: Vec<u32>,
    options: AnswerOptions,
    usage: Usage,
    submitted: Instant,
    started: Option<Instant>,
    first_token: Option<Instant>,
}

impl Answer {
    pub(crate) fn new(options: AnswerOptions, events: Events, submitted: Instant) -> Self {
        Self {
            events,
            sampler: Sampler::new(options.sampling, options.seed),
            detokenizer: Detokenizer::new(),
            stops: StopScanner::new(&options.stop),
            held: Vec::new(),
            said: Vec::new(),
            options,
            usage: Usage::default(),
            submitted,
            started: None,
            first_token: None,
        }
    }

    /// Nobody listens any more.
    pub(crate) fn abandoned(&self) -> bool {
        self.events.is_closed()
    }

    pub(crate) fn start(&mut self, prompt_tokens: u32, cached_tokens: u32, now: Instant) {
        self.started = Some(now);
        self.usage = Usage { prompt_tokens, cached_tokens, completion_tokens: 0 };
        self.send(Event::Started(wire::Started { prompt_tokens, cached_tokens }));
    }

    /// Chooses a token from the logits. `room` is how many more the context can take.
    pub(crate) fn step(&mut self, model: &Model, logits: &[f32], room: u32, now: Instant) -> Step {
        let sampled = self.sampler.sample(logits, &self.said);
        let token = sampled.token;
        self.first_token.get_or_insert(now);
        if model.ends(token) {
            return self.end(FinishReason::Stop, now);
        }
        self.usage.completion_tokens += 1;
        self.said.push(token);
        let bytes = model.token_bytes(token);
        let text = self.detokenizer.push(&bytes);
        if let Some(n) = self.options.logprobs {
            let top = top_logprobs(logits, usize::from(n));
            let top = top.into_iter().map(|(t, logprob)| Candidate { bytes: model.token_bytes(t), logprob });
            self.held.push(TokenText { top: top.collect(), chosen: Candidate { bytes, logprob: sampled.logprob } });
        }
        match self.stops.push(&text) {
            Scan::Stopped(text) => {
                self.emit(text);
                return self.finish(FinishReason::Stop, now);
            }
            Scan::Open(text) => self.emit(text),
        }
        let spent = self.options.max_tokens.is_some_and(|max| self.usage.completion_tokens >= max);
        if spent || room == 0 { self.end(FinishReason::Length, now) } else { Step::Continue(token) }
    }

    /// The context has no room for this conversation alone.
    pub(crate) fn out_of_room(&mut self, now: Instant) {
        self.end(FinishReason::Length, now);
    }

    /// The request can be mended: says how.
    pub(crate) fn refuse(&mut self, refused: wire::Refused) {
        self.send(Event::Refused(refused));
    }

    /// Tells the client that it ends here, and why.
    pub(crate) fn fail(&mut self, status: Status) {
        // A client that is gone needs no telling.
        let _ = self.events.try_send(Err(status));
    }

    /// The end without a stop text: what was held back for one is part of the answer after all.
    fn end(&mut self, reason: FinishReason, now: Instant) -> Step {
        let rest = self.detokenizer.finish();
        let mut text = match self.stops.push(&rest) {
            Scan::Open(text) | Scan::Stopped(text) => text,
        };
        text.push_str(&self.stops.finish());
        self.emit(text);
        self.finish(reason, now)
    }

    fn finish(&mut self, reason: FinishReason, now: Instant) -> Step {
        let ms = |from: Option<Instant>, to: Instant| {
            from.map_or(0.0, |from| to.saturating_duration_since(from).as_secs_f64() * 1e3)
        };
        let (started, first) = (self.started.unwrap_or(now), self.first_token.unwrap_or(now));
        let timings = Timings {
            queued_ms: ms(Some(self.submitted), started),
            prefill_ms: ms(self.started, first),
            decode_ms: ms(self.first_token, now),
        };
        self.send(Event::Finished(sarai_proto::finished(reason, self.usage, timings)));
        Step::Finished
    }

    fn emit(&mut self, text: String) {
        // Tokens go out with the text that they belong to; while it is held back, so are they.
        if text.is_empty() {
            return;
        }
        let tokens = std::mem::take(&mut self.held).into_iter().map(Into::into).collect();
        self.send(Event::Text(wire::Text { text, tokens }));
    }

    fn send(&self, event: Event) {
        // Full cannot happen (see `Events`); closed is noticed by `abandoned`.
        let _ = self.events.try_send(Ok(wire::GenerateEvent { event: Some(event) }));
    }
}
