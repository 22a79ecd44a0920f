//! Guesses how a text goes on, for a worker whose larger model verifies it.
//!
//! Texts come in pieces, as sessions that grow and are cut back. What the cache holds of a session is compared with what
//! the session is now, so that only what is new is read: of a guess that was right nothing at all.
//!
//! # Key types
//! - [`Proposer`]: the sessions, in a context of their own. It is asked between two batches of the engine.
//!
//! # Bounds
//! A call reads at most [`CHUNK`] tokens and guesses at most 63; what it could not read is still `behind` in the reply. As
//! many sessions as the worker has sequences are kept; the one longest not used goes first.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sarai_engine::sample::top_logprobs;
use sarai_engine::schedule::Entry;
use sarai_engine::speculate::session::{GUESS_TOKENS_MAX, TEXT_BYTES_MAX, session_tokens_max, standing};
use sarai_engine::threads::ThreadGovernor;
use sarai_proto::engine::v1::{self as wire, propose_request::Tail};
use tonic::Status;

use crate::engine::EngineOptions;
use crate::llama::{Context, ContextOptions, Control, DecodeError, Model, Pulse, Purpose};
use crate::machine;

/// Tokens that one call reads at most.
const CHUNK: u32 = 64;

/// What this worker knows of the texts that others verify.
#[derive(Debug)]
pub(crate) struct Proposer {
    context: Context,
    pulse: Pulse,
    /// The token that the model wants before every text.
    lead: Option<u32>,
    /// Tokens of one session at most, without `lead`.
    tokens_max: usize,
    /// The one used last stands last.
    sessions: Vec<Session>,
    governor: ThreadGovernor,
    /// What [`machine::waited_for_cores`] said after the last batch.
    waited: Duration,
}

/// One text.
#[derive(Debug)]
struct Session {
    id: Option<u64>,
    sequence: u32,
    text: Text,
    /// What the cache holds of it. It may go on with what was guessed.
    read: Vec<u32>,
}

#[derive(Debug)]
enum Text {
    Tokens(Vec<u32>),
    /// Read from `from` on, so that it fits.
    Bytes {
        bytes: Vec<u8>,
        from: usize,
    },
}

/// How far the cache is.
#[derive(Debug, Clone, Copy)]
enum Read {
    /// The logits after the last token stand in this row.
    All { row: usize },
    /// So many tokens are still to be read.
    Behind(u32),
}

/// What was guessed, and how likely each token was.
#[derive(Debug, Default)]
struct Guess {
    tokens: Vec<u32>,
    probabilities: Vec<f32>,
}

/// When a guess ends.
#[derive(Debug, Clone, Copy)]
struct Limits {
    tokens_max: u32,
    probability_min: f32,
}

impl Proposer {
    /// # Errors
    /// `FAILED_PRECONDITION` for a model or a context that cannot do it, `RESOURCE_EXHAUSTED` when there is no memory.
    pub(crate) fn new(model: &Arc<Model>, options: &EngineOptions, pulse: &Pulse) -> Result<Self, Status> {
        if model.is_recurrent() {
            return Err(Status::failed_precondition("the model's state cannot be taken back, so it cannot guess"));
        }
        let tokens_max = session_tokens_max(options.context_tokens, options.sequences);
        if tokens_max == 0 {
            return Err(Status::failed_precondition("the context is too small for so many sequences"));
        }
        let sizes = ContextOptions {
            purpose: Purpose::Generate,
            context_tokens: options.context_tokens,
            sequences: options.sequences,
            batch_tokens: CHUNK,
            outputs: 1,
            threads: options.threads,
        };
        let context = Context::new(model, sizes, pulse).map_err(|e| Status::resource_exhausted(e.to_string()))?;
        let fresh = |sequence| Session { id: None, sequence, text: Text::Tokens(Vec::new()), read: Vec::new() };
        Ok(Self {
            context,
            pulse: pulse.clone(),
            lead: model.bos().and_then(|(token, _, wanted)| wanted.then_some(token)),
            tokens_max: tokens_max as usize,
            sessions: (0..options.sequences).map(fresh).collect(),
            governor: ThreadGovernor::new(options.threads),
            waited: machine::waited_for_cores(),
        })
    }

    /// Brings a session up to date and guesses how it goes on. `wanted` says whether anybody still waits for it.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for what cannot be meant, `OUT_OF_RANGE` for a session that is too long, `INTERNAL` when
    /// llama.cpp fails.
    pub(crate) fn propose(
        &mut self,
        model: &Model,
        request: &wire::ProposeRequest,
        wanted: impl Fn() -> bool,
    ) -> Result<wire::ProposeReply, Status> {
        let limits = Limits::check(request)?;
        let tail = request.tail.as_ref().ok_or_else(|| Status::invalid_argument("tail is missing"))?;
        check_tail(tail, model, self.tokens_max)?;
        let mut session = self.take(request.session);
        // What was waited for since the last call was not for guesses.
        self.waited = machine::waited_for_cores();
        let result = self.advance(&mut session, model, tail, limits, wanted);
        if result.is_err() {
            self.empty(&mut session);
        }
        self.sessions.push(session);
        result
    }

    /// The session of this id, or the one longest not used, emptied.
    fn take(&mut self, id: u64) -> Session {
        let known = self.sessions.iter().position(|session| session.id == Some(id));
        let mut session = self.sessions.remove(known.unwrap_or(0));
        if known.is_none() {
            session.id = Some(id);
            session.text = Text::Tokens(Vec::new());
        }
        session
    }

    fn empty(&mut self, session: &mut Session) {
        session.text = Text::Tokens(Vec::new());
        session.read.clear();
        // Any kind of model can forget a whole sequence.
        let _ = self.context.truncate(session.sequence, 0);
    }

    fn advance(
        &mut self,
        session: &mut Session,
        model: &Model,
        tail: &Tail,
        limits: Limits,
        wanted: impl Fn() -> bool,
    ) -> Result<wire::ProposeReply, Status> {
        if !session.text.apply(tail) {
            self.empty(session);
            return Ok(wire::ProposeReply { lost: true, ..Default::default() });
        }
        let mut tokens = session.text.tokens(model, self.tokens_max);
        if let Some(lead) = self.lead
            && tokens.first() != Some(&lead)
        {
            tokens.insert(0, lead);
        }
        if session.text.is_open() {
            return Ok(wire::ProposeReply::default());
        }
        let row = match self.read(session, &tokens)? {
            Read::All { row } => row,
            Read::Behind(behind) => return Ok(wire::ProposeReply { behind, ..Default::default() }),
        };
        let guess = self.guess(session, model, row, limits, wanted)?;
        Ok(match session.text {
            Text::Tokens(_) => {
                wire::ProposeReply { tokens: guess.tokens, probabilities: guess.probabilities, ..Default::default() }
            }
            Text::Bytes { .. } => {
                let bytes = guess.tokens.iter().flat_map(|&token| model.token_bytes(token)).collect();
                wire::ProposeReply {
                    text: whole_characters(bytes),
                    probabilities: guess.probabilities,
                    ..Default::default()
                }
            }
        })
    }

    /// Has the cache hold these tokens, with logits after the last.
    fn read(&mut self, session: &mut Session, tokens: &[u32]) -> Result<Read, Status> {
        // The last token is always read: the logits after it are what all this is for.
        let kept = standing(&session.read, tokens).min(tokens.len().saturating_sub(1));
        if kept < session.read.len() {
            self.cut(session, kept);
        }
        let from = session.read.len();
        let missing = tokens.get(from..).unwrap_or_default();
        let chunk = missing.get(..CHUNK as usize).unwrap_or(missing);
        let Some(row) = chunk.len().checked_sub(1) else { return Ok(Read::Behind(0)) };
        let positions = u32::try_from(from).unwrap_or(u32::MAX)..;
        let entries: Vec<Entry> = positions
            .zip(chunk)
            .zip(from + 1..)
            .map(|((position, &token), end)| Entry {
                sequence: session.sequence,
                token,
                position,
                output: end == tokens.len(),
            })
            .collect();
        let done = if self.decode(session, &entries)? { chunk.len() } else { 0 };
        let behind = missing.len() - done;
        Ok(if behind == 0 { Read::All { row } } else { Read::Behind(u32::try_from(behind).unwrap_or(u32::MAX)) })
    }

    /// Reads a batch; false when it was stopped, and nothing of it stands.
    fn decode(&mut self, session: &mut Session, entries: &[Entry]) -> Result<bool, Status> {
        self.pulse.clear();
        let begun = now();
        let result = self.context.decode(entries);
        self.govern_threads(begun.elapsed());
        match result {
            Ok(()) => {
                session.read.extend(entries.iter().map(|entry| entry.token));
                Ok(true)
            }
            Err(DecodeError::Stopped) => {
                let stands = session.read.len();
                self.cut(session, stands);
                Ok(false)
            }
            Err(error @ (DecodeError::Full | DecodeError::Failed(_))) => Err(Status::internal(error.to_string())),
        }
    }

    /// Gives cores up that others want, first of all the worker that verifies, and takes them back.
    fn govern_threads(&mut self, computed: Duration) {
        let waited = machine::waited_for_cores();
        let meanwhile = waited.saturating_sub(std::mem::replace(&mut self.waited, waited));
        if let Some(threads) = self.governor.observe(computed, meanwhile) {
            tracing::debug!(threads, "threads");
            self.context.set_threads(threads);
        }
    }

    fn cut(&mut self, session: &mut Session, tokens: usize) {
        session.read.truncate(tokens);
        if !self.context.truncate(session.sequence, u32::try_from(tokens).unwrap_or(u32::MAX)) {
            session.read.clear();
            // As in `empty`.
            let _ = self.context.truncate(session.sequence, 0);
        }
    }

    /// Goes on with the likeliest token, again and again, from the logits in `row` of the last batch.
    fn guess(
        &mut self,
        session: &mut Session,
        model: &Model,
        mut row: usize,
        limits: Limits,
        wanted: impl Fn() -> bool,
    ) -> Result<Guess, Status> {
        let mut guess = Guess::default();
        loop {
            let logits = self.context.logits(row).ok_or_else(|| Status::internal("llama.cpp gave no logits"))?;
            let Some(&(token, logprob)) = top_logprobs(logits, 1).first() else { break };
            let probability = logprob.exp().min(1.0);
            // A control token has no text, and whoever verifies would end the answer there anyway.
            if probability < limits.probability_min || model.ends(token) || model.token_bytes(token).is_empty() {
                break;
            }
            guess.tokens.push(token);
            guess.probabilities.push(probability);
            if guess.tokens.len() >= limits.tokens_max as usize || !wanted() {
                break;
            }
            let position = u32::try_from(session.read.len()).unwrap_or(u32::MAX);
            let entry = Entry { sequence: session.sequence, token, position, output: true };
            if !self.decode(session, &[entry])? {
                break;
            }
            row = 0;
        }
        Ok(guess)
    }
}

impl Limits {
    fn check(request: &wire::ProposeRequest) -> Result<Self, Status> {
        let wire::ProposeRequest { tokens_max, probability_min, .. } = *request;
        if !(1..=GUESS_TOKENS_MAX).contains(&tokens_max) {
            return Err(Status::invalid_argument(format!("tokens_max is between 1 and {GUESS_TOKENS_MAX}")));
        }
        if !(0.0..=1.0).contains(&probability_min) {
            return Err(Status::invalid_argument("probability_min is between 0 and 1"));
        }
        Ok(Self { tokens_max, probability_min })
    }
}

fn check_tail(tail: &Tail, model: &Model, tokens_max: usize) -> Result<(), Status> {
    let (keep, append, max, unit) = match tail {
        Tail::Tokens(tail) => (tail.keep, tail.append.len(), tokens_max, "tokens"),
        Tail::Text(tail) => (tail.keep, tail.append.len(), TEXT_BYTES_MAX, "bytes"),
    };
    if (keep as usize).saturating_add(append) > max {
        return Err(Status::out_of_range(format!("a session has at most {max} {unit}")));
    }
    match tail {
        Tail::Tokens(tail) => match tail.append.iter().find(|&&token| token >= model.vocabulary()) {
            Some(token) => Err(Status::invalid_argument(format!("token {token} is not in the vocabulary"))),
            None => Ok(()),
        },
        Tail::Text(_) => Ok(()),
    }
}

impl Text {
    /// False when the session has not what is to be kept.
    fn apply(&mut self, tail: &Tail) -> bool {
        match (&mut *self, tail) {
            (Self::Tokens(tokens), Tail::Tokens(tail)) => replace_end(tokens, tail.keep, &tail.append),
            (Self::Bytes { bytes, from }, Tail::Text(tail)) => {
                if (tail.keep as usize) < *from {
                    *from = 0;
                }
                replace_end(bytes, tail.keep, &tail.append)
            }
            (_, Tail::Tokens(tail)) => {
                *self = Self::Tokens(tail.append.clone());
                tail.keep == 0
            }
            (_, Tail::Text(tail)) => {
                *self = Self::Bytes { bytes: tail.append.clone(), from: 0 };
                tail.keep == 0
            }
        }
    }

    /// As this model reads it. Control tokens are read as such, also in what a person wrote: the worst that comes of it is
    /// a wrong guess.
    fn tokens(&mut self, model: &Model, tokens_max: usize) -> Vec<u32> {
        match self {
            Self::Tokens(tokens) => tokens.clone(),
            Self::Bytes { bytes, from } => loop {
                let text = String::from_utf8_lossy(bytes.get(*from..).unwrap_or_default());
                let tokens = model.tokenize(&text, Control::Parse);
                if tokens.len() <= tokens_max {
                    return tokens;
                }
                *from += (bytes.len() - *from).div_ceil(2);
                let inside = |byte: &u8| byte & 0b1100_0000 == 0b1000_0000;
                *from += bytes.iter().skip(*from).take_while(|byte| inside(byte)).count();
            },
        }
    }

    /// Whether it ends within a character: then nothing can be said about how it goes on.
    fn is_open(&self) -> bool {
        match self {
            Self::Tokens(_) => false,
            Self::Bytes { bytes, .. } => {
                let last = bytes.utf8_chunks().last();
                last.is_some_and(|c| std::str::from_utf8(c.invalid()).is_err_and(|e| e.error_len().is_none()))
            }
        }
    }
}

fn replace_end<T: Clone>(held: &mut Vec<T>, keep: u32, append: &[T]) -> bool {
    let known = keep as usize <= held.len();
    held.truncate(keep as usize);
    held.extend_from_slice(append);
    known
}

/// The characters before the first one that is not whole.
fn whole_characters(bytes: Vec<u8>) -> Vec<u8> {
    String::from_utf8(bytes).map(String::into_bytes).unwrap_or_else(|error| {
        let whole = error.utf8_error().valid_up_to();
        let mut bytes = error.into_bytes();
        bytes.truncate(whole);
        bytes
    })
}

#[expect(clippy::disallowed_methods, reason = "the worker is a shell: it measures real time")]
fn now() -> Instant {
    Instant::now()
}
