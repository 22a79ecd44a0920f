//! The draft model's two ends: real workers with real models that guess, and the drafter that asks them.
//!
//! Needs two test models: `make test` fetches them and names their folder in `SARAI_TEST_MODEL_DIR`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "../src/drafter.rs"]
#[allow(dead_code, unreachable_pub, reason = "the worker uses more of it than this does")]
mod drafter;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use drafter::{Drafter, Miss};
use hyper_util::rt::TokioIo;
use rustix::process::{Pid, Signal, kill_process};
use sarai_engine::speculate::Draft;
use sarai_engine::speculate::session::Vocabulary;
use sarai_proto::engine::v1::engine_client::EngineClient;
use sarai_proto::engine::v1::generate_event::Event;
use sarai_proto::engine::v1::generate_request::Prompt;
use sarai_proto::engine::v1::propose_request::Tail;
use sarai_proto::engine::v1::{
    DescribeReply, DescribeRequest, GenerateRequest, Priority, ProposeReply, ProposeRequest, Sampling, Speculation,
    SpeculationPolicy, TextTail, TokenTail, TokenizeRequest, tokenize_request,
};
use tokio::net::UnixStream;
use tokio_stream::StreamExt;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};

const SMALL: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
const CODER: &str = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf";
const TEXT: &str = "The days of the week are Monday, Tuesday, Wednesday,";
/// Far longer than any call here takes, so that only what hangs fails.
const PATIENCE: Duration = Duration::from_secs(60);

struct Worker {
    process: Child,
    client: EngineClient<Channel>,
    socket: PathBuf,
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn model(name: &str) -> PathBuf {
    let folder = std::env::var_os("SARAI_TEST_MODEL_DIR").expect("SARAI_TEST_MODEL_DIR: run this by `make test`");
    let file = PathBuf::from(folder).join(name);
    assert!(file.exists(), "{} is missing: run this by `make test`", file.display());
    file
}

impl Worker {
    async fn start(folder: &Path, name: &str, sequences: u32) -> Self {
        let socket = folder.join(name);
        let process = Command::new(env!("CARGO_BIN_EXE_sarai-llama"))
            .args(["serve", "--die-with-parent", &std::process::id().to_string()])
            .args(["--context", "2048", "--sequences", &sequences.to_string()])
            .arg("--model")
            .arg(model(name))
            .arg("--socket")
            .arg(&socket)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let to = socket.clone();
        let connector = tower::service_fn(move |_| {
            let to = to.clone();
            async move { UnixStream::connect(to).await.map(TokioIo::new) }
        });
        let channel = Endpoint::from_static("http://worker.local").connect_with_connector_lazy(connector);
        let mut worker = Self { process, client: EngineClient::new(channel), socket };
        while worker.client.describe(DescribeRequest {}).await.is_err() {
            assert!(worker.process.try_wait().unwrap().is_none(), "the worker ended");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        worker
    }

    async fn describe(&mut self) -> DescribeReply {
        self.client.describe(DescribeRequest {}).await.unwrap().into_inner()
    }

    async fn tokens(&mut self, text: &str) -> Vec<u32> {
        let prompt = Some(tokenize_request::Prompt::Text(text.into()));
        self.client.tokenize(TokenizeRequest { prompt }).await.unwrap().into_inner().tokens
    }

    async fn propose(&mut self, session: u64, tail: Tail, tokens_max: u32, probability_min: f32) -> ProposeReply {
        let request = ProposeRequest { session, tail: Some(tail), tokens_max, probability_min };
        let reply = self.client.propose(request).await.unwrap().into_inner();
        assert!(reply.probabilities.len() <= tokens_max as usize, "{reply:?}");
        assert!(reply.probabilities.iter().all(|p| (probability_min..=1.0).contains(p)), "{reply:?}");
        reply
    }

    /// What it says itself after a text, greedily, as its tokens' bytes.
    async fn say(&mut self, text: &str, max_tokens: u32) -> Vec<Vec<u8>> {
        let request = GenerateRequest {
            prompt: Some(Prompt::Text(text.into())),
            sampling: Some(Sampling { top_p: 1.0, repeat_penalty: 1.0, ..Sampling::default() }),
            max_tokens: Some(max_tokens),
            stop: Vec::new(),
            logprobs: Some(0),
            priority: Priority::Interactive.into(),
            grammar: None,
            speculation: Some(Speculation { policy: SpeculationPolicy::Off.into(), fixed_tokens: 0 }),
        };
        let mut events = self.client.generate(request).await.unwrap().into_inner();
        let mut pieces = Vec::new();
        while let Some(event) = events.next().await {
            if let Some(Event::Text(text)) = event.unwrap().event {
                pieces.extend(text.tokens.into_iter().map(|token| token.chosen.unwrap().bytes));
            }
        }
        pieces
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }
}

fn tokens(keep: usize, append: &[u32]) -> Tail {
    Tail::Tokens(TokenTail { keep: u32::try_from(keep).unwrap(), append: append.to_vec() })
}

fn text(keep: usize, append: &[u8]) -> Tail {
    Tail::Text(TextTail { keep: u32::try_from(keep).unwrap(), append: append.to_vec() })
}

/// A vocabulary of bytes: different from every model's.
#[derive(Debug)]
struct Bytes;

impl Vocabulary for Bytes {
    fn size(&self) -> u32 {
        256
    }

    fn spell(&self, token: u32) -> Vec<u8> {
        vec![u8::try_from(token).unwrap()]
    }

    fn tokenize(&self, text: &str) -> Vec<u32> {
        text.bytes().map(u32::from).collect()
    }
}

/// A vocabulary of which only the size matters, because tokens go over.
#[derive(Debug)]
struct Same(u32);

impl Vocabulary for Same {
    fn size(&self) -> u32 {
        self.0
    }

    fn spell(&self, _: u32) -> Vec<u8> {
        unreachable!("tokens go over")
    }

    fn tokenize(&self, _: &str) -> Vec<u32> {
        unreachable!("tokens go over")
    }
}

/// Another worker's vocabulary, as far as a text of its own has shown it.
#[derive(Debug)]
struct Learnt {
    size: u32,
    client: EngineClient<Channel>,
    spelling: HashMap<u32, Vec<u8>>,
    runtime: tokio::runtime::Handle,
}

impl Vocabulary for Learnt {
    fn size(&self) -> u32 {
        self.size
    }

    fn spell(&self, token: u32) -> Vec<u8> {
        // Only the worker itself knows all its tokens; one that its text did not show is asked for by what it spells.
        self.spelling.get(&token).cloned().unwrap_or_default()
    }

    fn tokenize(&self, text: &str) -> Vec<u32> {
        let mut client = self.client.clone();
        let prompt = Some(tokenize_request::Prompt::Text(text.into()));
        self.runtime.block_on(client.tokenize(TokenizeRequest { prompt })).unwrap().into_inner().tokens
    }
}

/// Asks until the drafter is connected and has read the text.
fn drafted(drafter: &mut Drafter, answer: u64, text: &[u32], max: u32) -> Draft {
    let begun = now();
    loop {
        match drafter.propose(answer, text, max) {
            Ok(draft) => return draft,
            Err(miss) => assert!(begun.elapsed() < PATIENCE, "{miss:?}"),
        }
        thread::sleep(Duration::from_millis(10));
    }
}

#[expect(clippy::disallowed_methods, reason = "only what hangs is found by it")]
fn now() -> Instant {
    Instant::now()
}

async fn off_the_runtime<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test]
async fn a_session_grows_and_is_cut_back_and_says_what_the_model_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut worker = Worker::start(folder.path(), SMALL, 2).await;
    let prompt = worker.tokens(TEXT).await;
    let said = worker.say(TEXT, 12).await.concat();
    let whole = worker.tokens(&format!("{TEXT}{}", String::from_utf8(said).unwrap())).await;
    let answer = &whole[prompt.len()..];

    let first = worker.propose(7, tokens(0, &prompt), 8, 0.0).await;
    assert_eq!(first.tokens.len(), 8);
    // Batches of other sizes round differently, so a near-tie may fall the other way late; the beginning may not differ.
    assert_eq!(first.tokens[..4], answer[..4], "it guesses what it would say itself");
    // Three guesses were right, and the text goes on with them.
    let grown = worker.propose(7, tokens(prompt.len(), &first.tokens[..3]), 24, 0.0).await;
    assert_eq!(grown.tokens[0], first.tokens[3]);
    // All of them were wrong after all: nothing of them may be left.
    let other = worker.tokens(" 1, 2, 3, 4,").await;
    let cut = worker.propose(7, tokens(prompt.len(), &other), 5, 0.0).await;
    let anew = worker.propose(8, tokens(0, &[&prompt[..], &other].concat()), 5, 0.0).await;
    assert_eq!(cut.tokens[..2], anew.tokens[..2], "as if it had never been longer");
    assert_ne!(cut.tokens[..2], first.tokens[..2]);
    // Back to the beginning.
    let again = worker.propose(7, tokens(prompt.len(), &[]), 8, 0.0).await;
    assert_eq!(again.tokens[..4], first.tokens[..4]);
}

#[tokio::test]
async fn what_is_unlikely_is_not_guessed() {
    let folder = tempfile::tempdir().unwrap();
    let mut worker = Worker::start(folder.path(), SMALL, 1).await;
    let prompt = worker.tokens(TEXT).await;
    let all = worker.propose(1, tokens(0, &prompt), 24, 0.0).await;
    let likely = worker.propose(1, tokens(prompt.len(), &[]), 24, 0.5).await;
    let bad = all.probabilities.iter().position(|&p| p < 0.5).unwrap_or(24);
    assert!(bad > 0 && bad < 24, "the text must have a doubt: {all:?}");
    assert_eq!(likely.tokens, all.tokens[..bad]);
    let certain = worker.propose(1, tokens(prompt.len(), &[]), 24, 1.0).await;
    assert!(certain.tokens.len() <= likely.tokens.len() && !certain.lost && certain.behind == 0, "{certain:?}");
}

#[tokio::test]
async fn a_long_text_is_read_in_pieces_and_a_lost_one_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut worker = Worker::start(folder.path(), SMALL, 2).await;
    let long = worker.tokens(&"one two three four five six seven eight nine ten ".repeat(16)).await;
    let long = &long[..150];
    let mut reply = worker.propose(1, tokens(0, long), 4, 0.0).await;
    assert_eq!((reply.behind, reply.tokens.len()), (86, 0));
    reply = worker.propose(1, tokens(150, &[]), 4, 0.0).await;
    assert_eq!((reply.behind, reply.tokens.len()), (22, 0));
    reply = worker.propose(1, tokens(150, &[]), 4, 0.0).await;
    assert_eq!((reply.behind, reply.tokens.len()), (0, 4));

    assert!(worker.propose(1, tokens(151, &[]), 4, 0.0).await.lost, "it has only 150");
    assert!(worker.propose(2, tokens(1, long), 4, 0.0).await.lost, "it has nothing");
    assert!(worker.propose(2, text(1, b"x"), 4, 0.0).await.lost);
    assert!(worker.propose(1, tokens(1, &[]), 4, 0.0).await.lost, "what was lost is gone as a whole");
    for session in [3, 4, 5] {
        assert!(!worker.propose(session, tokens(0, &long[..8]), 1, 0.0).await.lost);
    }
    assert!(worker.propose(3, tokens(8, &[]), 1, 0.0).await.lost, "there is room for two");
    assert!(!worker.propose(5, tokens(8, &[]), 1, 0.0).await.lost);
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_and_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let mut worker = Worker::start(folder.path(), SMALL, 1).await;
    let prompt = worker.tokens(TEXT).await;
    let good = worker.propose(1, tokens(0, &prompt), 4, 0.0).await;
    let request = |tail, tokens_max, probability_min| ProposeRequest { session: 1, tail, tokens_max, probability_min };
    let stay = Some(tokens(prompt.len(), &[]));
    for (request, code) in [
        (request(stay.clone(), 0, 0.0), Code::InvalidArgument),
        (request(stay.clone(), 64, 0.0), Code::InvalidArgument),
        (request(stay.clone(), 4, f32::NAN), Code::InvalidArgument),
        (request(stay, 4, 1.1), Code::InvalidArgument),
        (request(None, 4, 0.0), Code::InvalidArgument),
        (request(Some(tokens(prompt.len(), &[u32::MAX])), 4, 0.0), Code::InvalidArgument),
        (request(Some(tokens(0, &[1; 4096])), 4, 0.0), Code::OutOfRange),
        (request(Some(text(0, &[b'x'; 20_000])), 4, 0.0), Code::OutOfRange),
    ] {
        assert_eq!(worker.client.propose(request.clone()).await.unwrap_err().code(), code, "{request:?}");
    }
    let after = worker.propose(1, tokens(prompt.len(), &[]), 4, 0.0).await;
    assert_eq!(after.tokens, good.tokens);
    assert_eq!(worker.propose(1, tokens(0, &[]), 4, 0.0).await, ProposeReply::default(), "nothing follows nothing");
}

#[tokio::test]
async fn text_goes_on_in_whole_characters() {
    let folder = tempfile::tempdir().unwrap();
    let mut worker = Worker::start(folder.path(), SMALL, 1).await;
    let said = String::from_utf8(worker.say(TEXT, 8).await.concat()).unwrap();
    let reply = worker.propose(1, text(0, TEXT.as_bytes()), 8, 0.0).await;
    let guessed = String::from_utf8(reply.text.clone()).unwrap();
    assert_eq!((reply.tokens.len(), reply.probabilities.len()), (0, 8));
    assert_eq!(guessed.split(',').next(), said.split(',').next(), "{guessed:?} {said:?}");
    let keep = TEXT.len();
    let on = worker.propose(1, text(keep, guessed.split_inclusive(',').next().unwrap().as_bytes()), 4, 0.0).await;
    assert!(guessed.contains(std::str::from_utf8(&on.text[..4]).unwrap()), "{guessed:?} {on:?}");
    let open = worker.propose(1, text(keep, &"é".as_bytes()[..1]), 8, 0.0).await;
    assert_eq!(open, ProposeReply::default(), "nothing can be said in the middle of a character");
    let closed = worker.propose(1, text(keep + 1, &"é".as_bytes()[1..]), 8, 0.0).await;
    assert!(!closed.lost && String::from_utf8(closed.text).is_ok());
    // More tokens than there is room for: only the end is read.
    let dense: String = ('a'..='z').cycle().step_by(7).take(8000).collect();
    let mut reply = worker.propose(1, text(0, dense.as_bytes()), 4, 0.0).await;
    while reply.behind > 0 {
        reply = worker.propose(1, text(dense.len(), b""), 4, 0.0).await;
    }
    assert_eq!(reply.probabilities.len(), 4);
}

#[tokio::test]
async fn the_drafter_sends_tokens_to_the_same_vocabulary() {
    let folder = tempfile::tempdir().unwrap();
    let mut worker = Worker::start(folder.path(), SMALL, 2).await;
    let described = worker.describe().await;
    let said = String::from_utf8(worker.say(TEXT, 24).await.concat()).unwrap();
    let prompt = worker.tokens(TEXT).await.len();
    let whole = worker.tokens(&format!("{TEXT}{said}")).await;
    let socket = worker.socket.clone();
    let right = off_the_runtime(move || {
        let vocabulary = Arc::new(Same(described.vocabulary));
        let mut drafter = Drafter::connect(socket, vocabulary, described.vocabulary_sha256).unwrap();
        assert!(drafter.cost(1, &whole[..prompt]).is_none(), "there is nobody to ask yet");
        let right = (prompt..whole.len() - 4).filter(|&end| {
            let draft = drafted(&mut drafter, 1, &whole[..end], 4);
            assert_eq!(draft.tokens.len(), draft.confidence.len());
            draft.tokens.first().is_none_or(|&token| token == whole[end])
        });
        let right = right.count();
        let cost = drafter.cost(1, &whole).unwrap();
        assert!(cost.ms_per_token > 0.0 && cost.ms_per_call > 0.0, "{cost:?}");
        drafter.end(1);
        (right, whole.len() - 4 - prompt)
    });
    let (right, all) = right.await;
    assert!(right + 1 >= all, "it is the same model: {right} of {all}");
}

#[tokio::test]
async fn the_drafter_sends_text_to_another_vocabulary() {
    let folder = tempfile::tempdir().unwrap();
    let mut draft = Worker::start(folder.path(), SMALL, 2).await;
    let mut target = Worker::start(folder.path(), CODER, 1).await;
    let (theirs, ours) = (draft.describe().await, target.describe().await);
    assert_ne!(theirs.vocabulary_sha256, ours.vocabulary_sha256);
    assert_eq!(ours.vocabulary_sha256.len(), 64);
    let pieces = target.say(TEXT, 32).await;
    let prompt = target.tokens(TEXT).await;
    let answer = target.tokens(std::str::from_utf8(&pieces.concat()).unwrap()).await;
    assert_eq!(answer.len(), pieces.len(), "it says what it would read");
    let mut spelling: HashMap<u32, Vec<u8>> = answer.iter().copied().zip(pieces).collect();
    // What is left of the prompt: its words, each of which is one token.
    for word in TEXT.split_inclusive(|c: char| !c.is_alphabetic()) {
        for piece in [word, word.trim_end_matches([' ', ',']), &format!(" {}", word.trim_end_matches([' ', ','])), ","]
        {
            if let [token] = target.tokens(piece).await[..] {
                spelling.insert(token, piece.as_bytes().to_vec());
            }
        }
    }
    let size = ours.vocabulary;
    let vocabulary =
        Learnt { size, client: target.client.clone(), spelling, runtime: tokio::runtime::Handle::current() };
    let spelt: Vec<u8> = prompt.iter().flat_map(|&token| vocabulary.spell(token)).collect();
    assert_eq!(std::str::from_utf8(&spelt).unwrap(), TEXT);

    let socket = draft.socket.clone();
    let (right, guessed) = off_the_runtime(move || {
        let mut drafter = Drafter::connect(socket, Arc::new(vocabulary), ours.vocabulary_sha256).unwrap();
        let (mut right, mut guessed) = (0, 0);
        for end in 0..answer.len() - 4 {
            let text = [&prompt[..], &answer[..end]].concat();
            let draft = drafted(&mut drafter, 1, &text, 4);
            guessed += draft.tokens.len();
            right += draft.tokens.iter().zip(&answer[end..]).take_while(|(a, b)| a == b).count();
        }
        (right, guessed)
    })
    .await;
    assert!(right > 0, "of {guessed} tokens none was right");
}

#[tokio::test]
async fn any_vocabulary_will_do() {
    let folder = tempfile::tempdir().unwrap();
    let worker = Worker::start(folder.path(), SMALL, 2).await;
    let socket = worker.socket.clone();
    let guessed = off_the_runtime(move || {
        let mut drafter = Drafter::connect(socket, Arc::new(Bytes), "bytes".into()).unwrap();
        let draft = drafted(&mut drafter, 1, &Bytes.tokenize(TEXT), 12);
        assert_eq!(draft.tokens.len(), draft.confidence.len());
        draft.tokens.iter().map(|&byte| u8::try_from(byte).unwrap()).collect::<Vec<_>>()
    });
    let guessed = String::from_utf8(guessed.await).unwrap();
    assert!(guessed.len() <= 12 && " Thursday, Friday".starts_with(&guessed[..9]), "{guessed:?}");
}

#[tokio::test]
async fn a_worker_that_is_stopped_or_dies_is_done_without_until_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut worker = Worker::start(folder.path(), SMALL, 2).await;
    let described = worker.describe().await;
    let text = worker.tokens(TEXT).await;
    let vocabulary = Arc::new(Same(described.vocabulary));
    let socket = worker.socket.clone();
    let mut drafter = Drafter::connect(socket, vocabulary, described.vocabulary_sha256).unwrap();

    // What it expects to take a few hundred milliseconds at most must not take for ever.
    let bounded = |drafter: &mut Drafter, text: &[u32]| {
        let begun = now();
        let result = drafter.propose(1, text, 8);
        assert!(begun.elapsed() < PATIENCE / 4, "it waited for {:?}", begun.elapsed());
        result
    };
    let asked = text.clone();
    let (first, mut drafter) = off_the_runtime(move || (drafted(&mut drafter, 1, &asked, 8), drafter)).await;

    worker.signal(Signal::STOP);
    let asked = text.clone();
    let (stopped, after, mut drafter) = off_the_runtime(move || {
        let stopped = bounded(&mut drafter, &asked);
        (stopped, bounded(&mut drafter, &asked), drafter)
    })
    .await;
    assert_eq!(stopped, Err(Miss::Slow));
    assert!(matches!(after, Err(Miss::Lost | Miss::Slow)), "{after:?}");
    worker.signal(Signal::CONT);
    let asked = text.clone();
    let (again, mut drafter) = off_the_runtime(move || (drafted(&mut drafter, 1, &asked, 8), drafter)).await;
    assert_eq!(again.tokens, first.tokens);

    worker.signal(Signal::KILL);
    worker.process.wait().unwrap();
    let asked = text.clone();
    let (dead, mut drafter) = off_the_runtime(move || (bounded(&mut drafter, &asked), drafter)).await;
    assert_eq!(dead, Err(Miss::Lost));
    assert!(drafter.cost(1, &[]).is_none());
    let _worker = Worker::start(folder.path(), SMALL, 2).await;
    let (anew, drafter) = off_the_runtime(move || (drafted(&mut drafter, 1, &text, 8), drafter)).await;
    assert_eq!(anew.tokens, first.tokens);
    off_the_runtime(move || drop(drafter)).await;
}
