//! One answer on its way: logits in, events out.

use std::time::Instant;

use sarai_engine::grammar::Constraint;
use sarai_engine::sample::{Sampler, top_logprobs};
use sarai_engine::text::{Detokenizer, Scan, StopScanner};
use sarai_proto::engine::v1::{self as wire, generate_event::Event};
use sarai_types::{Candidate, Decoding, FinishReason, Form, Sampling, Speculation, Timings, TokenText, Usage};
use tokio::sync::mpsc;
use tonic::Status;

use crate::guess::{Guesser, Guesses, Place};
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
    pub constraint: Option<Constraint>,
    pub speculation: Speculation,
}

/// Whether the answer goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Continue,
    Finished,
}

/// What one batch made an answer say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// The first of them as guessed, then one that was sampled, then perhaps some that the grammar leaves no choice about.
    /// The token that ends an answer is none of them.
    pub tokens: Vec<u32>,
    /// How many of the guesses were right.
    pub right: usize,
    pub step: Step,
}

/// What a batch has for one answer.
#[derive(Debug)]
pub(crate) struct Heard<'a> {
    /// The logits after the answer's last token, then after each guess.
    pub rows: Vec<&'a [f32]>,
    pub guesses: &'a [u32],
    /// How many more tokens the context can take.
    pub room: u32,
    /// What one token takes when none is guessed, as far as that is known.
    pub plain_ms: f64,
    pub now: Instant,
}

/// The state of one running generation. Penalties look at what it said itself, not at the prompt.
#[derive(Debug)]
pub(crate) struct Answer {
    events: Events,
    sampler: Sampler,
    guesser: Option<Guesser>,
    detokenizer: Detokenizer,
    stops: StopScanner,
    /// Tokens whose text is not out yet, when the client wants probabilities.
    held: Vec<TokenText>,
    said: Vec<u32>,
    options: AnswerOptions,
    usage: Usage,
    decoding: Decoding,
    /// Why it ended, once it has.
    reason: FinishReason,
    /// What had been said before the batch that is being heard.
    said_before: usize,
    submitted: Instant,
    started: Option<Instant>,
    first_token: Option<Instant>,
}

impl Answer {
    pub(crate) fn new(options: AnswerOptions, events: Events, submitted: Instant) -> Self {
        Self {
            events,
            sampler: Sampler::new(options.sampling, options.seed),
            guesser: None,
            detokenizer: Detokenizer::new(),
            stops: StopScanner::new(&options.stop),
            held: Vec::new(),
            said: Vec::new(),
            options,
            usage: Usage::default(),
            decoding: Decoding::default(),
            reason: FinishReason::Stop,
            said_before: 0,
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

    /// From here on, tokens are guessed for it. `session` names it to the draft model.
    pub(crate) fn guess_ahead(&mut self, session: u64, prompt: &[u32], guesses: &Guesses) {
        self.guesser = Guesser::new(self.options.speculation, session, prompt, guesses);
    }

    /// How it may go on; often empty.
    pub(crate) fn guess(&mut self, guesses: &mut Guesses, model: &Model, place: Place) -> Vec<u32> {
        let left = self.options.max_tokens.map_or(u32::MAX, |max| max.saturating_sub(self.usage.completion_tokens));
        // The batch says one token more than it was guessed.
        let place = Place { room: place.room.min(left.saturating_sub(1)), ..place };
        match &mut self.guesser {
            Some(guesser) if place.room > 0 => guesser.guess(guesses, model, self.options.constraint.as_mut(), place),
            Some(_) | None => Vec::new(),
        }
    }

    /// Samples where the batch has logits for it: a guess that is sampled too makes the next row good.
    ///
    /// # Errors
    /// When the grammar gave up; the answer cannot go on without it.
    pub(crate) fn hear(&mut self, model: &Model, heard: &Heard<'_>) -> Result<Said, Status> {
        if self.first_token.replace(self.first_token.unwrap_or(heard.now)).is_some() {
            self.decoding.batches += 1;
        }
        self.said_before = self.said.len();
        let mut right = 0;
        let mut step = Step::Continue;
        for (i, logits) in heard.rows.iter().enumerate() {
            let (token, next) = self.choose(model, logits, heard)?;
            step = next;
            if token.is_none() || token != heard.guesses.get(i).copied() {
                break;
            }
            right += 1;
            if step == Step::Finished {
                break;
            }
        }
        if step == Step::Continue {
            step = self.take_forced(model, heard)?;
        }
        let tokens = self.said.get(self.said_before..).unwrap_or_default().to_vec();
        if self.decoding.batches > 0 {
            self.decoding.plain_ms += heard.plain_ms * tokens.len() as f64;
        }
        if let Some(guesser) = &mut self.guesser {
            guesser.heard(&tokens, heard.guesses.len(), right);
        }
        if step == Step::Finished {
            self.report(heard.now);
        }
        Ok(Said { tokens, right, step })
    }

    /// Samples one token; none if it ends the answer.
    fn choose(&mut self, model: &Model, logits: &[f32], heard: &Heard<'_>) -> Result<(Option<u32>, Step), Status> {
        let mask = self.options.constraint.as_mut().map(Constraint::mask).transpose().map_err(gave_up)?;
        let sampled = self.sampler.sample_within(logits, mask.as_ref(), &self.said);
        let token = sampled.token;
        if model.ends(token) {
            self.end(FinishReason::Stop);
            return Ok((None, Step::Finished));
        }
        let tops = self.options.logprobs.map(|n| {
            let top = top_logprobs(logits, usize::from(n));
            top.into_iter().map(|(t, logprob)| Candidate { bytes: model.token_bytes(t), logprob }).collect()
        });
        let alternatives = tops.map(|top| (sampled.logprob, top));
        Ok((Some(token), self.take(model, token, alternatives, heard)?))
    }

    /// Says what the grammar leaves no choice about, without asking the model. Whoever wants probabilities wants the
    /// model's own, so then it is asked all the same.
    fn take_forced(&mut self, model: &Model, heard: &Heard<'_>) -> Result<Step, Status> {
        if self.options.logprobs.is_some() {
            return Ok(Step::Continue);
        }
        let forced = self.options.constraint.as_mut().map(Constraint::forced).unwrap_or_default();
        for token in forced {
            if model.ends(token) {
                break;
            }
            self.sampler.skip();
            self.decoding.forced_tokens += 1;
            if self.take(model, token, None, heard)? == Step::Finished {
                return Ok(Step::Finished);
            }
        }
        Ok(Step::Continue)
    }

    /// The answer goes on with this token.
    fn take(
        &mut self,
        model: &Model,
        token: u32,
        alternatives: Option<(f32, Vec<Candidate>)>,
        heard: &Heard<'_>,
    ) -> Result<Step, Status> {
        if let Some(constraint) = &mut self.options.constraint {
            constraint.advance(token).map_err(gave_up)?;
        }
        self.usage.completion_tokens += 1;
        self.said.push(token);
        let bytes = model.token_bytes(token);
        let text = self.detokenizer.push(&bytes);
        if let Some((logprob, top)) = alternatives {
            self.held.push(TokenText { top, chosen: Candidate { bytes, logprob } });
        }
        match self.stops.push(&text) {
            Scan::Stopped(text) => {
                self.emit(text);
                // Whatever stands before a stop text, the model had not ended.
                self.close(FinishReason::Stop, self.options.constraint.is_some().then_some(false));
                return Ok(Step::Finished);
            }
            Scan::Open(text) => self.emit(text),
        }
        if self.options.constraint.as_ref().is_some_and(Constraint::must_end) {
            self.end(FinishReason::Stop);
            return Ok(Step::Finished);
        }
        let spent = self.options.max_tokens.is_some_and(|max| self.usage.completion_tokens >= max);
        // The room was counted before this batch said anything.
        if spent || self.said.len() - self.said_before > heard.room as usize {
            self.end(FinishReason::Length);
            return Ok(Step::Finished);
        }
        Ok(Step::Continue)
    }

    /// The context has no room for this conversation alone.
    pub(crate) fn out_of_room(&mut self, now: Instant) {
        self.end(FinishReason::Length);
        self.report(now);
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

    /// Leaves what it taught to the answers that follow. Says how it was decoded, and how often guessing was given up.
    pub(crate) fn retire(mut self, guesses: &mut Guesses) -> (Decoding, u32) {
        let fallbacks = self.guesser.take().map_or(0, |guesser| guesser.finish(&self.said, guesses));
        (self.decoding, fallbacks)
    }

    /// From the first token to the last.
    pub(crate) fn decode_ms(&self, now: Instant) -> f64 {
        ms(self.first_token, now)
    }

    /// From the first batch to now; 0 if there was none.
    pub(crate) fn total_ms(&self, now: Instant) -> f64 {
        ms(self.started, now)
    }

    /// The end without a stop text: what was held back for one is part of the answer after all.
    fn end(&mut self, reason: FinishReason) {
        let rest = self.detokenizer.finish();
        let mut text = match self.stops.push(&rest) {
            Scan::Open(text) | Scan::Stopped(text) => text,
        };
        text.push_str(&self.stops.finish());
        self.emit(text);
        let whole = self.options.constraint.as_mut().map(Constraint::may_end);
        self.close(reason, whole);
    }

    /// `whole` is whether the grammar lets the answer end here, if there is one.
    fn close(&mut self, reason: FinishReason, whole: Option<bool>) {
        self.decoding.form = match whole {
            None => Form::Free,
            Some(true) => Form::Complete,
            Some(false) => Form::Incomplete,
        };
        self.reason = reason;
    }

    fn report(&mut self, now: Instant) {
        if let Some(guesser) = &self.guesser {
            (self.decoding.suffix, self.decoding.model) = guesser.drafts();
        }
        let (started, first) = (self.started.unwrap_or(now), self.first_token.unwrap_or(now));
        let timings = Timings {
            queued_ms: ms(Some(self.submitted), started),
            prefill_ms: ms(self.started, first),
            decode_ms: self.decode_ms(now),
        };
        self.send(Event::Finished(sarai_proto::finished(self.reason, self.usage, timings, self.decoding)));
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

fn ms(from: Option<Instant>, to: Instant) -> f64 {
    from.map_or(0.0, |from| to.saturating_duration_since(from).as_secs_f64() * 1e3)
}

/// A grammar that gives up in the middle leaves nothing to hold the answer to.
fn gave_up(error: sarai_engine::grammar::GrammarError) -> Status {
    Status::internal(format!("the grammar gave up: {error}"))
}
