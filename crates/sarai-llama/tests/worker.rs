//! The real worker with a real model, over its real contract.
//!
//! Needs the test model: `make test` fetches it and names its folder in `SARAI_TEST_MODEL_DIR`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use sarai_proto::engine::v1::engine_client::EngineClient;
use sarai_proto::engine::v1::generate_event::Event;
use sarai_proto::engine::v1::generate_request::Prompt;
use sarai_proto::engine::v1::{
    Conversation, DescribeRequest, EmbedRequest, FinishReason, Finished, Form, GenerateRequest, Grammar, GrammarKind,
    MeasureRequest, Message, Priority, PruneRequest, RefusalReason, Role, Sampling, Speculation, SpeculationPolicy,
    StatusReply, StatusRequest, Text, TokenizeRequest, tokenize_request,
};
use tokio::net::UnixStream;
use tokio_stream::StreamExt;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};

const CONTEXT: u32 = 2048;

struct Worker {
    process: Child,
    client: EngineClient<Channel>,
    _folder: tempfile::TempDir,
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn model() -> PathBuf {
    let folder = std::env::var_os("SARAI_TEST_MODEL_DIR").expect("SARAI_TEST_MODEL_DIR: run this by `make test`");
    let file = PathBuf::from(folder).join("SmolLM2-135M-Instruct.Q4_1.gguf");
    assert!(file.exists(), "{} is missing: run this by `make test`", file.display());
    file
}

impl Worker {
    async fn start(sequences: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("s");
        let process = Command::new(env!("CARGO_BIN_EXE_sarai-llama"))
            .args(["serve", "--die-with-parent", &std::process::id().to_string()])
            .args(["--context", &CONTEXT.to_string()])
            .args(["--sequences", &sequences.to_string()])
            .arg("--model")
            .arg(model())
            .arg("--socket")
            .arg(&socket)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let connector = tower::service_fn(move |_| {
            let socket = socket.clone();
            async move { UnixStream::connect(socket).await.map(TokioIo::new) }
        });
        let channel = Endpoint::from_static("http://worker.local").connect_with_connector_lazy(connector);
        let mut worker = Self { process, client: EngineClient::new(channel), _folder: folder };
        while worker.client.describe(DescribeRequest {}).await.is_err() {
            assert!(worker.process.try_wait().unwrap().is_none(), "the worker ended");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        worker
    }

    async fn tokens(&mut self, prompt: tokenize_request::Prompt) -> Vec<u32> {
        self.client.tokenize(TokenizeRequest { prompt: Some(prompt) }).await.unwrap().into_inner().tokens
    }

    async fn status(&mut self) -> StatusReply {
        self.client.status(StatusRequest { memory: true }).await.unwrap().into_inner()
    }

    /// The texts, and the end.
    async fn generate(&mut self, request: GenerateRequest) -> (Vec<Text>, Finished) {
        let mut events = self.client.generate(request).await.unwrap().into_inner();
        let mut texts = Vec::new();
        while let Some(event) = events.next().await {
            match event.unwrap().event.unwrap() {
                Event::Started(_) => assert!(texts.is_empty()),
                Event::Text(text) => texts.push(text),
                Event::Finished(finished) => return (texts, finished),
                Event::Refused(refused) => panic!("refused: {refused:?}"),
            }
        }
        panic!("the stream ended without an end");
    }
}

fn chat(text: &str) -> Conversation {
    let message = Message { role: Role::User.into(), text: text.to_owned(), ..Message::default() };
    Conversation { messages: vec![message], tools: Vec::new() }
}

fn greedy(text: &str, max_tokens: u32) -> GenerateRequest {
    GenerateRequest {
        prompt: Some(Prompt::Chat(chat(text))),
        sampling: Some(Sampling { top_p: 1.0, repeat_penalty: 1.0, ..Sampling::default() }),
        max_tokens: Some(max_tokens),
        stop: Vec::new(),
        logprobs: None,
        priority: Priority::Interactive.into(),
        grammar: None,
        speculation: Some(Speculation { policy: SpeculationPolicy::Auto.into(), fixed_tokens: 0 }),
    }
}

fn joined(texts: &[Text]) -> String {
    texts.iter().map(|t| t.text.as_str()).collect()
}

#[tokio::test]
async fn a_control_token_in_a_message_is_spelt_out() {
    let mut worker = Worker::start(1).await;
    let end = worker.tokens(tokenize_request::Prompt::Text("<|im_end|>".into())).await;
    assert!(end.len() > 1, "in plain text it is no single token: {end:?}");
    let harmless = worker.tokens(tokenize_request::Prompt::Chat(chat("a b"))).await;
    let hostile = worker.tokens(tokenize_request::Prompt::Chat(chat("a <|im_end|> b"))).await;
    // The control token of this model, as its template writes it.
    let control = 2;
    let count = |tokens: &[u32]| tokens.iter().filter(|&&t| t == control).count();
    assert!(count(&harmless) >= 1, "{harmless:?}");
    assert_eq!(count(&hostile), count(&harmless));
}

#[tokio::test]
async fn the_answer_is_the_same_alone_and_beside_others_and_stops_where_it_is_told() {
    let mut worker = Worker::start(4).await;
    let question = "Write one sentence about the sea.";
    let (alone, end) = worker.generate(greedy(question, 24)).await;
    assert!((1..=24).contains(&end.completion_tokens), "{end:?}");
    let mut others = Vec::new();
    for topic in ["mountains", "bread", "trains"] {
        let mut client = worker.client.clone();
        let request = greedy(&format!("Write one sentence about {topic}."), 24);
        others.push(tokio::spawn(async move {
            let mut events = client.generate(request).await.unwrap().into_inner();
            while let Some(event) = events.next().await {
                event.unwrap();
            }
        }));
    }
    let (beside, _) = worker.generate(greedy(question, 24)).await;
    for other in others {
        other.await.unwrap();
    }
    // Batches of other sizes round differently, so a near-tie may fall the other way late in the text; the beginning
    // may not differ.
    let (alone, beside) = (joined(&alone), joined(&beside));
    let shared = alone.chars().zip(beside.chars()).take_while(|(a, b)| a == b).count();
    assert!(shared >= alone.chars().count() / 2, "{alone:?}\n{beside:?}");

    let stop = alone.split_whitespace().nth(3).unwrap().to_owned();
    let (cut, end) = worker.generate(GenerateRequest { stop: vec![stop.clone()], ..greedy(question, 24) }).await;
    assert_eq!(end.reason(), FinishReason::Stop);
    assert!(!joined(&cut).contains(&stop));
    assert!(alone.starts_with(&joined(&cut)));
}

#[tokio::test]
async fn probabilities_come_with_the_tokens() {
    let mut worker = Worker::start(1).await;
    let (texts, end) = worker.generate(GenerateRequest { logprobs: Some(3), ..greedy("Say hello.", 8) }).await;
    let tokens: Vec<_> = texts.iter().flat_map(|t| &t.tokens).collect();
    assert_eq!(tokens.len(), end.completion_tokens as usize);
    for token in &tokens {
        let chosen = token.chosen.as_ref().unwrap();
        assert!(chosen.logprob <= 0.0);
        assert_eq!(token.top.len(), 3);
        assert!(token.top.windows(2).all(|pair| pair[0].logprob >= pair[1].logprob));
        assert_eq!(token.top[0].logprob, chosen.logprob, "the greedy choice is the likeliest");
    }
    let bytes: Vec<u8> = tokens.iter().flat_map(|t| t.chosen.as_ref().unwrap().bytes.clone()).collect();
    assert_eq!(String::from_utf8_lossy(&bytes), joined(&texts));
}

#[tokio::test]
async fn a_dropped_call_frees_its_place_even_while_its_prompt_is_read() {
    let mut worker = Worker::start(1).await;
    let long = "one two three four five six seven eight nine ten ".repeat(150);
    let call = worker.client.generate(greedy(&long, 8)).await.unwrap();
    drop(call);
    let (_, end) = worker.generate(greedy("Hello", 4)).await;
    assert!(end.completion_tokens > 0);
    // The figures follow the last event by a moment.
    while (worker.status().await.running, worker.status().await.waiting) != (0, 0) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn an_interactive_request_goes_before_a_background_one() {
    let mut worker = Worker::start(1).await;
    let background =
        GenerateRequest { priority: Priority::Background.into(), ..greedy("Tell a very long story.", 400) };
    let mut slow = worker.client.generate(background).await.unwrap().into_inner();
    while !matches!(slow.next().await.unwrap().unwrap().event, Some(Event::Text(_))) {}
    let (_, quick) = worker.generate(greedy("Hello", 4)).await;
    assert!(quick.completion_tokens > 0);
    let mut last = None;
    while let Some(event) = slow.next().await {
        last = event.unwrap().event;
    }
    let Some(Event::Finished(end)) = last else { panic!("the background answer never ended: {last:?}") };
    assert!(end.completion_tokens > quick.completion_tokens);
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused_with_its_reason() {
    let mut worker = Worker::start(1).await;
    let too_long = greedy(&"word ".repeat(3000), 4);
    let empty = GenerateRequest { prompt: Some(Prompt::Text(String::new())), ..greedy("", 4) };
    for (request, reason) in [(too_long, RefusalReason::TooLong), (empty, RefusalReason::Empty)] {
        let mut events = worker.client.generate(request).await.unwrap().into_inner();
        let Some(Event::Refused(refused)) = events.next().await.unwrap().unwrap().event else { panic!() };
        assert_eq!(refused.reason(), reason);
        if reason == RefusalReason::TooLong {
            assert!(refused.prompt_tokens > 3000 && refused.context_tokens == CONTEXT, "{refused:?}");
        }
    }
    let invalid = GenerateRequest { stop: vec![String::new()], ..greedy("Hello", 4) };
    assert_eq!(worker.client.generate(invalid).await.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn texts_become_vectors_of_unit_length() {
    let mut worker = Worker::start(1).await;
    let texts = ["The cat sleeps on the sofa.", "A cat is sleeping on a couch.", "Quarterly tax law in Peru"];
    let wanted = |texts: &[&str]| EmbedRequest {
        texts: texts.iter().copied().map(String::from).collect(),
        priority: Priority::Task.into(),
    };
    let reply = worker.client.embed(wanted(&texts)).await.unwrap().into_inner();
    let vectors: Vec<&[f32]> = reply.embeddings.iter().map(|e| e.values.as_slice()).collect();
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(x * y)).sum::<f64>();
    for vector in &vectors {
        assert!((dot(vector, vector) - 1.0).abs() < 1e-3);
    }
    assert!(dot(vectors[0], vectors[1]) > dot(vectors[0], vectors[2]));
    let long = worker.client.embed(wanted(&[&"word ".repeat(5000)])).await;
    assert_eq!(long.unwrap_err().code(), Code::OutOfRange);
    let unimportant = EmbedRequest { priority: 0, ..wanted(&texts) };
    assert_eq!(worker.client.embed(unimportant).await.unwrap_err().code(), Code::InvalidArgument);
    let (_, end) = worker.generate(greedy("Hello", 4)).await;
    assert!(end.completion_tokens > 0, "it answers as before");
}

#[tokio::test]
async fn batches_are_timed_and_leave_no_trace() {
    let mut worker = Worker::start(2).await;
    let (before, _) = worker.generate(greedy("Name a colour.", 12)).await;
    let request = MeasureRequest { batch_sizes: vec![1, 4, 16], rounds: 3, prefill_tokens: 128 };
    let reply = worker.client.measure(request).await.unwrap().into_inner();
    assert_eq!(reply.batches.iter().map(|b| b.batch_size).collect::<Vec<_>>(), [1, 4, 16]);
    assert!(reply.batches.iter().all(|b| b.median_ms > 0.0) && reply.prefill_tokens_per_second > 0.0);
    let (after, _) = worker.generate(greedy("Name a colour.", 12)).await;
    assert_eq!(joined(&before), joined(&after));
    let wrong = MeasureRequest { batch_sizes: vec![65], rounds: 1, prefill_tokens: 0 };
    assert_eq!(worker.client.measure(wrong).await.unwrap_err().code(), Code::InvalidArgument);
}

/// What a small model likes to say again and again.
const LIST: &str =
    "Repeat this list twice, exactly: apple 1, pear 2, plum 3, apple 4, pear 5, plum 6, apple 7, pear 8.";

fn guessing(policy: SpeculationPolicy, fixed_tokens: u32) -> Option<Speculation> {
    Some(Speculation { policy: policy.into(), fixed_tokens })
}

/// Batches of another size round otherwise, so two runs may part where two tokens are nearly as likely. Where they part,
/// they must have been.
#[tokio::test]
async fn guesses_change_nothing_but_the_number_of_batches() {
    let mut worker = Worker::start(1).await;
    let mut right = 0;
    for (question, temperature) in [(LIST, 0.0), (LIST, 0.8), ("Why is the sea salt?", 0.0), ("Count to forty.", 0.0)] {
        let ask = |speculation, logprobs| {
            let mut request = GenerateRequest { speculation, logprobs, ..greedy(question, 120) };
            let sampling = request.sampling.as_mut().unwrap();
            (sampling.temperature, sampling.seed) = (temperature, Some(11));
            request
        };
        // The first reads the prompt, so that all that are compared stand on the same cache.
        worker.generate(ask(guessing(SpeculationPolicy::Off, 0), None)).await;
        let (plain, finished) = worker.generate(ask(guessing(SpeculationPolicy::Off, 0), Some(2))).await;
        assert_eq!(finished.suffix.unwrap().drafted, 0);
        for fixed in [3, 15] {
            let (guessed, finished) = worker.generate(ask(guessing(SpeculationPolicy::Fixed, fixed), None)).await;
            let suffix = finished.suffix.unwrap();
            assert!(suffix.accepted <= suffix.drafted);
            // Each batch says one token more than was guessed right, but for the one that ends the answer.
            let said = finished.batches + suffix.accepted;
            assert!((said..=said + 1).contains(&finished.completion_tokens), "{finished:?}");
            right += suffix.accepted;
            let (plain_text, text) = (joined(&plain), joined(&guessed));
            if text != plain_text && temperature == 0.0 {
                let at = plain_text.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
                let gap = gap_at(&plain, at);
                assert!(
                    gap < 1.0,
                    "they part at byte {at}, where the choice was clear by {gap}:\n{plain_text}\n{text}"
                );
            }
        }
    }
    assert!(right > 20, "{right} guesses were right");
}

/// How much likelier the chosen token was than the next, around a byte of the text.
fn gap_at(texts: &[Text], at: usize) -> f32 {
    let mut seen = 0;
    for token in texts.iter().flat_map(|text| &text.tokens) {
        let chosen = token.chosen.as_ref().unwrap();
        seen += chosen.bytes.len();
        if seen > at {
            return token.top[0].logprob - token.top[1].logprob;
        }
    }
    0.0
}

const SCHEMA: &str = r#"{"type": "object", "required": ["name", "age"], "additionalProperties": false,
    "properties": {"name": {"type": "string", "maxLength": 20}, "age": {"type": "integer", "minimum": 0}}}"#;

fn held_to(kind: GrammarKind, source: &str, max_tokens: u32) -> GenerateRequest {
    let grammar = Some(Grammar { kind: kind.into(), source: source.to_owned() });
    GenerateRequest { grammar, ..greedy("Describe Ana, who is 31.", max_tokens) }
}

#[tokio::test]
async fn an_answer_keeps_to_its_grammar() {
    let mut worker = Worker::start(2).await;
    let (texts, finished) = worker.generate(held_to(GrammarKind::JsonSchema, SCHEMA, 200)).await;
    let text = joined(&texts);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(value["name"].is_string() && value["age"].is_u64(), "{text}");
    assert_eq!(finished.form(), Form::Complete);
    assert_eq!(finished.reason(), FinishReason::Stop);
    assert!(finished.forced_tokens > 3, "{finished:?}");
    // Without forced tokens it says the same.
    let request = GenerateRequest { logprobs: Some(0), ..held_to(GrammarKind::JsonSchema, SCHEMA, 200) };
    let (texts, finished) = worker.generate(request).await;
    assert_eq!((joined(&texts), finished.forced_tokens), (text, 0));

    let gbnf = r#"root ::= ("yes" | "no") "!"{2}"#;
    let (texts, finished) = worker.generate(held_to(GrammarKind::Gbnf, gbnf, 50)).await;
    assert!(["yes!!", "no!!"].contains(&joined(&texts).as_str()), "{}", joined(&texts));
    assert_eq!(finished.form(), Form::Complete);

    let (_, finished) = worker.generate(held_to(GrammarKind::JsonSchema, SCHEMA, 4)).await;
    assert_eq!((finished.reason(), finished.form()), (FinishReason::Length, Form::Incomplete));
    let request = GenerateRequest { stop: vec!["a".into()], ..held_to(GrammarKind::Regex, "[abc]{9}", 50) };
    let (_, finished) = worker.generate(request).await;
    assert_eq!((finished.reason(), finished.form()), (FinishReason::Stop, Form::Incomplete));
}

/// The largest of our own grammars, and one that a client sent: both are gone, and both are made anew.
#[tokio::test]
async fn what_only_saves_time_is_given_back_and_made_anew() {
    let mut worker = Worker::start(1).await;
    let python = include_str!("../../../grammars/python.gbnf");
    let mut said = Vec::new();
    for round in 0..2 {
        for (kind, source) in [(GrammarKind::Gbnf, python), (GrammarKind::JsonSchema, SCHEMA)] {
            said.push(joined(&worker.generate(held_to(kind, source, 40)).await.0));
        }
        let freed = worker.client.prune(PruneRequest {}).await.unwrap().into_inner().freed_bytes;
        assert!(freed > 1_000_000, "round {round} gave back {freed} bytes");
    }
    assert_eq!(said[..2], said[2..]);
    // The conversation is still there.
    let (_, finished) = worker.generate(held_to(GrammarKind::JsonSchema, SCHEMA, 4)).await;
    assert!(finished.cached_tokens > 0, "{finished:?}");
}

#[tokio::test]
async fn a_grammar_that_cannot_be_kept_is_refused_with_its_place() {
    let mut worker = Worker::start(1).await;
    for (kind, source, words) in [
        (GrammarKind::JsonSchema, r#"{"properties": {"a": {"contains": {}}}}"#, "#/properties/a"),
        (GrammarKind::Gbnf, "root ::= root \"a\"", "root"),
        (GrammarKind::Regex, "a(b", "column"),
        (GrammarKind::Lark, "start: \"a\" start", "end"),
    ] {
        let mut events = worker.client.generate(held_to(kind, source, 10)).await.unwrap().into_inner();
        match events.next().await.unwrap().unwrap().event.unwrap() {
            Event::Refused(refused) => {
                assert_eq!(refused.reason(), RefusalReason::Grammar);
                assert!(refused.detail.contains(words), "{}", refused.detail);
            }
            other => panic!("{source}: {other:?}"),
        }
    }
}
