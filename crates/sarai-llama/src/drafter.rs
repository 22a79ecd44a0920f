//! Asks another worker, whose model is smaller, how a text goes on.
//!
//! # Key types
//! - [`Drafter`]: what the engine's thread asks, and waits for no longer than the guess can be worth.
//!
//! A thread of its own keeps the connection. It says who it is and guesses once before the engine hears of it, so that
//! the engine never waits for a model that is being loaded. After any failure it begins anew, later and later; until
//! then asking answers at once. One call is under way at a time, and one that comes too late is dropped.
//!
//! With the same vocabulary tokens go over, with another one text.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use hyper_util::rt::TokioIo;
use sarai_engine::speculate::session::{
    Meter, Pool, Tail, Vocabulary, Window, guess_of_text, guess_of_tokens, session_tokens_max,
};
use sarai_engine::speculate::{Draft, DraftCost};
use sarai_proto::engine::v1::{self as wire, engine_client::EngineClient, propose_request};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

/// What a session begins with: enough to know what is being written, and not much to read.
const BEGIN_TOKENS: usize = 256;
const BEGIN_BYTES: usize = 1024;
const TEXT_BYTES_MAX: usize = 8192;
/// The other worker reads so many tokens in one call.
const CHUNK: usize = 64;
/// Tokens that are said between two guesses: reading those is part of what asking takes.
const USUAL_TOKENS: usize = 4;
/// A guess less likely than this is hardly worth its place in a batch.
const PROBABILITY_MIN: f32 = 0.4;
/// A call may take so many times what it is expected to, and a little more: the computer has other things to do too.
const PATIENCE: f64 = 2.0;
const PATIENCE_MS: f64 = 20.0;
/// However slow it is expected to be, nobody waits longer.
const WAIT_MAX: Duration = Duration::from_secs(2);
/// Between two attempts to connect.
const PAUSE_FIRST: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// Saying who it is takes a moment, and a first guess makes the other worker reserve memory.
const GREETING_MAX: Duration = Duration::from_secs(30);
/// How long nobody has asked before its costs are looked at again, as long as it has not measured them itself.
const SURVEY_FIRST: Duration = Duration::from_secs(1);
const SURVEY_LAST: Duration = Duration::from_secs(60);
/// Sessions of other workers that ask the same one are told apart by this many low bits.
const SESSION_BITS: u32 = 32;

/// Why there is no guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Miss {
    /// It is still reading; asking again brings it closer.
    Behind,
    /// It did not answer in time.
    Slow,
    /// It cannot be reached, or what it says makes no sense.
    Lost,
}

/// What the greeting taught of the other worker.
#[derive(Debug, Clone)]
struct Peer {
    form: Form,
    window: Window,
    sessions: usize,
    costs: Costs,
}

/// What it takes, on this computer.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Costs {
    ms_per_token: f64,
    /// For what is read before it guesses.
    read_ms_per_token: f64,
    by: Judge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judge {
    /// It was measured while nothing else ran.
    Measurement,
    /// One guess was timed, perhaps beside something else.
    Stopwatch,
}

/// What goes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Tokens,
    Text,
}

impl Form {
    /// What a token adds to the window.
    fn size(self, token: u32, vocabulary: &dyn Vocabulary) -> usize {
        match self {
            Self::Tokens => 1,
            Self::Text => vocabulary.spell(token).len(),
        }
    }
}

/// The engine's end.
#[derive(Debug)]
pub(crate) struct Drafter {
    vocabulary: Arc<dyn Vocabulary>,
    /// None only while it is dropped.
    asks: Option<mpsc::Sender<Ask>>,
    thread: Option<JoinHandle<()>>,
    link: Arc<Mutex<Link>>,
    /// What belongs to the connection of this number.
    known: u64,
    pool: Option<(Arc<Peer>, Pool)>,
    meter: Option<Meter>,
    /// What the meter began with.
    began_with: Option<Costs>,
}

/// The connection, as the thread sees it.
#[derive(Debug, Default)]
struct Link {
    /// Grows with each connection.
    number: u64,
    peer: Option<Arc<Peer>>,
}

/// One call.
#[derive(Debug)]
struct Ask {
    request: wire::ProposeRequest,
    limit: Duration,
    reply: SyncSender<Result<wire::ProposeReply, Miss>>,
}

impl Drafter {
    /// Begins to connect, and goes on trying. `vocabulary_sha256` is that of `vocabulary`.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub(crate) fn connect(
        socket: PathBuf,
        vocabulary: Arc<dyn Vocabulary>,
        vocabulary_sha256: String,
    ) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let link = Arc::new(Mutex::new(Link::default()));
        let (asks, receiver) = mpsc::channel(1);
        let keeper = Keeper { socket, vocabulary_sha256, asks: receiver, link: Arc::clone(&link) };
        let thread = thread::Builder::new().name("drafter".into()).spawn(move || runtime.block_on(keeper.keep()))?;
        Ok(Self {
            vocabulary,
            asks: Some(asks),
            thread: Some(thread),
            link,
            known: 0,
            pool: None,
            meter: None,
            began_with: None,
        })
    }

    /// What asking costs how this text goes on. None while there is nobody to ask.
    pub(crate) fn cost(&mut self, answer: u64, text: &[u32]) -> Option<DraftCost> {
        self.refresh();
        let ((peer, pool), meter) = (self.pool.as_ref()?, self.meter.as_ref()?);
        let lacks = pool.lacks(answer, text, |token| peer.form.size(token, &*self.vocabulary));
        // What was said since the last guess is read as fast as one token.
        let unread = lacks.saturating_sub(USUAL_TOKENS).min(CHUNK);
        Some(DraftCost { ms_to_read: peer.costs.read_ms_per_token * unread as f64, ..meter.cost() })
    }

    /// How the text of an answer goes on, in at most `max` tokens. Takes at most about twice what it is expected to.
    ///
    /// # Errors
    /// See [`Miss`].
    pub(crate) fn propose(&mut self, answer: u64, text: &[u32], max: u32) -> Result<Draft, Miss> {
        self.refresh();
        let (Some((peer, pool)), Some(meter)) = (&mut self.pool, &mut self.meter) else { return Err(Miss::Lost) };
        let form = peer.form;
        let size = |token: u32| form.size(token, &*self.vocabulary);
        let mut left = None;
        for _ in 0..2 {
            let (session, tail) = pool.follow(answer, text, size);
            let unread = tail.append.len();
            let read_ms = peer.costs.read_ms_per_token * unread.min(CHUNK) as f64;
            let limit = Duration::from_secs_f64((PATIENCE * (meter.expected_ms(max) + read_ms) + PATIENCE_MS) / 1e3);
            let limit = limit.min(left.unwrap_or(WAIT_MAX));
            let request = wire::ProposeRequest {
                session: u64::from(std::process::id()) << SESSION_BITS | session as u64,
                tail: Some(wire_tail(form, &tail, text, &*self.vocabulary)),
                tokens_max: max,
                probability_min: PROBABILITY_MIN,
            };
            let begun = now();
            let reply = ask(self.asks.as_ref(), request, limit);
            let took = begun.elapsed();
            let draft = match reply {
                Ok(reply) if reply.lost => {
                    pool.forget(session);
                    left = Some(limit.saturating_sub(took));
                    continue;
                }
                Ok(reply) if reply.behind > 0 => return Err(Miss::Behind),
                Ok(reply) => draft(form, reply, max, &*self.vocabulary),
                Err(miss) => Err(miss),
            };
            match &draft {
                Ok(draft) if unread <= max as usize + 1 => meter.observe(count(draft.tokens.len()), ms(took)),
                Ok(_) => {}
                Err(miss) => {
                    pool.forget(session);
                    if *miss == Miss::Slow {
                        meter.observe(max, ms(took));
                    }
                }
            }
            return draft;
        }
        Err(Miss::Lost)
    }

    /// The answer has ended. Its text is kept for the next turn of its conversation.
    pub(crate) fn end(&mut self, answer: u64) {
        if let Some((_, pool)) = &mut self.pool {
            pool.end(answer);
        }
    }

    /// Takes notice of a connection that is new, or gone, and of what became known of its costs.
    fn refresh(&mut self) {
        let link = lock(&self.link);
        if link.number != self.known {
            self.known = link.number;
            self.pool = link.peer.as_ref().map(|peer| (Arc::clone(peer), Pool::new(peer.window, peer.sessions)));
        }
        let Some(peer) = &link.peer else { return };
        // What was learnt of a worker that was slow is not forgotten because it was connected to again.
        let better = self.began_with.is_none_or(|old| old.by == Judge::Stopwatch && old != peer.costs);
        if better {
            self.began_with = Some(peer.costs);
            self.meter = Some(Meter::new(peer.costs.ms_per_token));
            if let Some((known, _)) = &mut self.pool {
                *known = Arc::clone(peer);
            }
        }
    }
}

impl Drop for Drafter {
    fn drop(&mut self) {
        self.asks = None;
        // A thread that panicked has said so itself.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Hands a call over and waits for what comes of it.
fn ask(
    asks: Option<&mpsc::Sender<Ask>>,
    request: wire::ProposeRequest,
    limit: Duration,
) -> Result<wire::ProposeReply, Miss> {
    let (reply, result) = sync_channel(1);
    // There is a place unless the last call is still being given up.
    asks.and_then(|asks| asks.try_send(Ask { request, limit, reply }).ok()).ok_or(Miss::Slow)?;
    result.recv_timeout(limit).unwrap_or_else(|error| match error {
        RecvTimeoutError::Timeout => Err(Miss::Slow),
        RecvTimeoutError::Disconnected => Err(Miss::Lost),
    })
}

fn wire_tail(form: Form, tail: &Tail, text: &[u32], vocabulary: &dyn Vocabulary) -> propose_request::Tail {
    let append = text.get(tail.append.clone()).unwrap_or_default();
    match form {
        Form::Tokens => {
            propose_request::Tail::Tokens(wire::TokenTail { keep: count(tail.keep), append: append.to_vec() })
        }
        Form::Text => propose_request::Tail::Text(wire::TextTail {
            keep: count(tail.keep),
            append: append.iter().flat_map(|&token| vocabulary.spell(token)).collect(),
        }),
    }
}

/// The guess, once it is known to be one.
fn draft(form: Form, reply: wire::ProposeReply, max: u32, vocabulary: &dyn Vocabulary) -> Result<Draft, Miss> {
    let max = max as usize;
    let checked = match form {
        Form::Tokens => guess_of_tokens(reply.tokens, reply.probabilities, max, vocabulary),
        Form::Text => guess_of_text(&reply.text, &reply.probabilities, max, vocabulary),
    };
    checked.map_err(|error| {
        tracing::warn!("the draft model's guess is dropped: {error}");
        Miss::Lost
    })
}

/// The thread's state.
#[derive(Debug)]
struct Keeper {
    socket: PathBuf,
    vocabulary_sha256: String,
    asks: mpsc::Receiver<Ask>,
    link: Arc<Mutex<Link>>,
}

impl Keeper {
    /// Until nobody can ask any more.
    async fn keep(mut self) {
        let mut pause = PAUSE_FIRST;
        let mut said = None;
        loop {
            let greeting = timeout(GREETING_MAX, greet(self.socket.clone(), self.vocabulary_sha256.clone()));
            let greeted = match self.meanwhile(greeting).await {
                Some(Ok(greeted)) => greeted,
                Some(Err(_)) => Err(Status::deadline_exceeded("it does not answer")),
                None => return,
            };
            match greeted {
                Ok((client, peer)) => {
                    tracing::info!(form = ?peer.form, ms_per_token = peer.costs.ms_per_token, "the draft model is there");
                    (pause, said) = (PAUSE_FIRST, None);
                    self.publish(Some(peer.clone()));
                    let open = self.serve(client, peer).await;
                    self.publish(None);
                    if !open {
                        return;
                    }
                }
                Err(status) => {
                    // Said once, not with each attempt.
                    if said.replace(status.code()) != Some(status.code()) {
                        tracing::warn!("no draft model: {}", status.message());
                    }
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
            if self.meanwhile(sleep(pause)).await.is_none() {
                return;
            }
        }
    }

    /// Does something, and tells everybody who asks meanwhile that there is no guess. None when nobody can ask any more.
    async fn meanwhile<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return Some(done),
                ask = self.asks.recv() => {
                    // Whoever asked may have given up waiting.
                    let _ = ask?.reply.try_send(Err(Miss::Lost));
                }
            }
        }
    }

    /// Passes calls on until one fails; false when nobody can ask any more.
    async fn serve(&mut self, mut client: EngineClient<Channel>, mut peer: Peer) -> bool {
        let mut quiet = SURVEY_FIRST;
        loop {
            let ask = match peer.costs.by {
                Judge::Measurement => self.asks.recv().await,
                Judge::Stopwatch => match timeout(quiet, self.asks.recv()).await {
                    Ok(ask) => ask,
                    Err(_) => {
                        quiet = (quiet * 2).min(SURVEY_LAST);
                        match self.meanwhile(timeout(GREETING_MAX, survey(&mut client))).await {
                            Some(Ok(Ok(costs))) => {
                                peer.costs = peer.costs.or_better(costs);
                                tracing::debug!(costs = ?peer.costs, "the draft model was looked at again");
                                lock(&self.link).peer = Some(Arc::new(peer.clone()));
                                continue;
                            }
                            Some(Ok(Err(_)) | Err(_)) => {
                                self.publish(None);
                                return true;
                            }
                            None => return false,
                        }
                    }
                },
            };
            let Some(Ask { request, limit, reply }) = ask else { return false };
            let miss = match timeout(limit, client.propose(request)).await {
                Ok(Ok(answer)) => {
                    let _ = reply.try_send(Ok(answer.into_inner()));
                    continue;
                }
                Ok(Err(status)) => {
                    tracing::warn!("the draft model failed: {:?}: {}", status.code(), status.message());
                    Miss::Lost
                }
                Err(_) => {
                    tracing::warn!("the draft model took longer than {} ms", limit.as_millis());
                    Miss::Slow
                }
            };
            self.publish(None);
            let _ = reply.try_send(Err(miss));
            return true;
        }
    }

    fn publish(&self, peer: Option<Peer>) {
        let mut link = lock(&self.link);
        link.number += 1;
        link.peer = peer.map(Arc::new);
    }
}

fn lock(link: &Mutex<Link>) -> MutexGuard<'_, Link> {
    link.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Connects, asks who it is, and has it guess.
async fn greet(socket: PathBuf, vocabulary_sha256: String) -> Result<(EngineClient<Channel>, Peer), Status> {
    let mut client = EngineClient::new(connect(&socket).await?);
    let described = client.describe(wire::DescribeRequest {}).await?.into_inner();
    let same = !vocabulary_sha256.is_empty() && described.vocabulary_sha256 == vocabulary_sha256;
    let form = if same { Form::Tokens } else { Form::Text };
    let tokens_max = session_tokens_max(described.context_tokens, described.sequences) as usize;
    let window = match form {
        Form::Tokens => Window { max: tokens_max, begin: BEGIN_TOKENS.min(tokens_max / 2) },
        Form::Text => Window { max: TEXT_BYTES_MAX, begin: BEGIN_BYTES },
    };
    // The first guess makes the other worker reserve memory; the second one is timed.
    client.propose(hello()).await?;
    let costs = survey(&mut client).await?;
    Ok((client, Peer { form, window, sessions: described.sequences as usize, costs }))
}

/// A guess that nobody needs.
fn hello() -> wire::ProposeRequest {
    wire::ProposeRequest {
        session: u64::from(std::process::id()) << SESSION_BITS | u64::from(u32::MAX),
        tail: Some(propose_request::Tail::Text(wire::TextTail { keep: 0, append: b"One, two, three,".to_vec() })),
        tokens_max: 4,
        probability_min: 0.0,
    }
}

/// What it takes: as the other worker measured it, or by the time that a guess takes now.
async fn survey(client: &mut EngineClient<Channel>) -> Result<Costs, Status> {
    let described = client.describe(wire::DescribeRequest {}).await?.into_inner();
    let one = described.batches.iter().find(|batch| batch.batch_size == 1 && batch.median_ms > 0.0);
    let (ms_per_token, by) = match one {
        Some(batch) => (batch.median_ms, Judge::Measurement),
        None => {
            let begun = now();
            let guessed = client.propose(hello()).await?.into_inner().probabilities.len();
            (ms(begun.elapsed()) / guessed.max(1) as f64, Judge::Stopwatch)
        }
    };
    let speed = described.prefill_tokens_per_second;
    Ok(Costs { ms_per_token, read_ms_per_token: if speed > 0.0 { 1e3 / speed } else { ms_per_token }, by })
}

impl Costs {
    /// A measurement is better than a stopwatch, and of two stopwatches the one that was disturbed less.
    fn or_better(self, other: Self) -> Self {
        let better = other.by == Judge::Measurement || other.ms_per_token < self.ms_per_token;
        if better { other } else { self }
    }
}

/// A connection to one process: it is not made again in silence, since another process may hold another model.
async fn connect(socket: &Path) -> Result<Channel, Status> {
    let unavailable = |error: &dyn std::fmt::Display| Status::new(Code::Unavailable, error.to_string());
    let mut stream = Some(UnixStream::connect(socket).await.map_err(|e| unavailable(&e))?);
    let connector = tower::service_fn(move |_| {
        let stream = stream.take().map(TokioIo::new);
        async move { stream.ok_or_else(|| io::Error::from(ErrorKind::NotConnected)) }
    });
    // The address is never looked up: the connector knows where to go.
    let endpoint = Endpoint::from_static("http://worker.local");
    endpoint.connect_with_connector(connector).await.map_err(|e| unavailable(&e))
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[expect(clippy::disallowed_methods, reason = "the worker is a shell: it measures real time")]
fn now() -> Instant {
    Instant::now()
}
