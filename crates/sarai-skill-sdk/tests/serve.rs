//! A skill of the SDK over a real socket: what callers see, whatever the skill, its files, the model and they do.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use sarai_proto::host::v1::RefusalReason;
use sarai_proto::skill::v1::infer_event::Event;
use sarai_proto::skill::v1::{self as wire, skill_client::SkillClient};
use sarai_skill_sdk::testing::{Rig, Scripted, request};
use sarai_skill_sdk::{
    Answer, CALLS_MAX, Call, DeclineReason, Failure, Folder, Generate, Grammar, GrammarKind, LoadError,
    MESSAGE_BYTES_MAX, Outcome, Request, ServeError, Skill, TEXT_BYTES_MAX, blocking,
};
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status, Streaming};

/// Generous: it only ends a test that would hang.
const PATIENCE: Duration = Duration::from_secs(30);

/// Does what the first word of a text says.
struct Puppet {
    word: String,
    schema: String,
}

impl Skill for Puppet {
    const NAME: &'static str = "puppet";
    const VERSION: &'static str = "1.2.3";

    fn load(folder: &Folder) -> Result<Self, LoadError> {
        let word = folder.text("word")?;
        match word.as_str() {
            "bad" => Err(LoadError::Invalid("the word is bad".into())),
            "panic" => panic!("as the file says"),
            "schema" => Ok(Self { word, schema: "[]".into() }),
            _ => Ok(Self { word, schema: r#"{"type":"object"}"#.into() }),
        }
    }

    fn arguments_schema(&self) -> &str {
        &self.schema
    }

    async fn infer(&self, request: Request, call: &mut Call) -> Result<Outcome, Failure> {
        let (verb, rest) = request.text.split_once(' ').unwrap_or((&request.text, ""));
        match verb {
            "say" => {
                let (last, first) =
                    rest.split('|').collect::<Vec<_>>().split_last().map_or(("", vec![]), |(l, f)| (*l, f.to_vec()));
                for piece in first {
                    call.say(piece).await?;
                }
                Ok(Outcome::text(last))
            }
            "word" => {
                call.say(&self.word).await?;
                while !rest.is_empty() && !Path::new(rest).exists() {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                Ok(Outcome::text(format!("+{}", self.word)))
            }
            "hang" => std::future::pending().await,
            "panic" => panic!("as the text says"),
            "flood" => loop {
                call.say(&"x".repeat(1000)).await?;
            },
            "numbers" => Ok(Outcome::text(request.arguments.parse::<Vec<u8>>().map(|n| format!("{n:?}"))?)),
            "data" => Ok(Outcome::Answer(Answer { text: String::new(), data: "[1]".into() })),
            "language" => Ok(Outcome::text(request.language.to_string())),
            "decline" => Ok(Outcome::declined(DeclineReason::Cannot, "Falta la fecha.")),
            "work" => Ok(Outcome::text(blocking(|| 6 * 7).await?.to_string())),
            "workpanic" => blocking(|| panic!("on another thread")).await,
            "wait" => {
                let stop = call.stop();
                let waited = blocking(move || {
                    while !stop.is_set() {
                        std::thread::yield_now();
                    }
                });
                waited.await?;
                Ok(Outcome::text("stopped"))
            }
            "model" => {
                let grammar = Grammar { kind: GrammarKind::Regex, source: "[a-z]+".into() };
                let generate = Generate { grammar: Some(grammar), ..Generate::new("Sé breve.", rest) };
                let generated = call.host().generate(generate).await?.collect().await?;
                Ok(Outcome::text(format!("{} {:?}", generated.text, generated.end)))
            }
            "stream" => {
                let mut generation = call.host().generate(Generate::new("", rest)).await?;
                while let Some(piece) = generation.next().await? {
                    call.say(&piece).await?;
                }
                Ok(Outcome::text(""))
            }
            _ => Ok(Outcome::text("")),
        }
    }
}

struct Setting {
    folder: tempfile::TempDir,
}

impl Setting {
    fn new(word: &str) -> Self {
        let setting = Self { folder: tempfile::tempdir().unwrap() };
        setting.write(word);
        setting
    }

    fn write(&self, word: &str) {
        fs_err::write(self.folder.path().join("word"), word).unwrap();
    }

    /// A text that is answered when this test opens the gate.
    fn gated(&self) -> String {
        format!("word {}", self.gate().display())
    }

    fn gate(&self) -> PathBuf {
        self.path().join("gate")
    }

    fn open_the_gate(&self) {
        fs_err::write(self.gate(), "").unwrap();
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    async fn rig(&self, script: impl IntoIterator<Item = Scripted>) -> Rig {
        Rig::start::<Puppet>(self.path(), script).await.unwrap()
    }
}

/// Waits until no call is being answered.
async fn quiet(rig: &Rig) {
    let is_quiet = async {
        while rig.status().await.unwrap().calls_running > 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, is_quiet).await.expect("a call goes on for nobody");
}

/// A client that takes few bytes which nobody has read yet.
fn narrow_client(socket: PathBuf) -> SkillClient<Channel> {
    let connector = tower::service_fn(move |_| {
        let socket = socket.clone();
        async move { UnixStream::connect(socket).await.map(TokioIo::new) }
    });
    let endpoint = Endpoint::from_static("http://skill.local").initial_stream_window_size(1 << 14);
    SkillClient::new(endpoint.connect_with_connector_lazy(connector))
}

async fn stream(rig: &Rig, text: &str) -> Streaming<wire::InferEvent> {
    rig.client().infer_stream(request(text, "")).await.unwrap().into_inner()
}

async fn piece(stream: &mut Streaming<wire::InferEvent>) -> String {
    match stream.message().await.unwrap().unwrap().event.unwrap() {
        Event::Text(text) => text,
        Event::Finished(reply) => panic!("finished: {reply:?}"),
    }
}

/// All pieces joined, and the last word.
async fn drained(mut stream: Streaming<wire::InferEvent>) -> Result<(String, wire::InferReply), Status> {
    let mut said = String::new();
    while let Some(event) = stream.message().await? {
        match event.event.unwrap() {
            Event::Text(text) => said.push_str(&text),
            Event::Finished(reply) => {
                assert!(stream.message().await?.is_none(), "nothing comes after the last event");
                return Ok((said, reply));
            }
        }
    }
    Err(Status::data_loss("no last event"))
}

fn text_of(reply: &wire::InferReply) -> &str {
    match reply.outcome.as_ref().unwrap() {
        wire::infer_reply::Outcome::Answer(answer) => &answer.text,
        wire::infer_reply::Outcome::Declined(declined) => &declined.sentence,
    }
}

#[tokio::test]
async fn it_says_what_it_is_and_that_it_lives() {
    let setting = Setting::new("a");
    let rig = setting.rig([]).await;
    let description = rig.client().describe(wire::DescribeRequest {}).await.unwrap().into_inner();
    assert_eq!((description.name.as_str(), description.version.as_str()), ("puppet", "1.2.3"));
    assert_eq!((description.generation, description.arguments_schema.as_str()), (1, r#"{"type":"object"}"#));

    let before = rig.status().await.unwrap();
    assert_eq!((before.generation, before.calls_running, before.reload_error.as_str()), (1, 0, ""));
    let grown = async {
        while rig.status().await.unwrap().beats <= before.beats {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, grown).await.expect("beats stand still");
    rig.stop().await.unwrap();
}

#[tokio::test]
async fn answers_whole_and_in_pieces() {
    let setting = Setting::new("a");
    let rig = setting.rig([]).await;
    for (text, expect) in [
        ("say hola", Ok("hola")),
        ("say ¿Qué|| tal|?\u{0}\u{1b}[31m👩‍👩‍👧‍👦 שלום", Ok("¿Qué tal?\u{0}\u{1b}[31m👩‍👩‍👧‍👦 שלום")),
        ("language", Ok("es")),
        ("data", Ok("")),
        ("decline", Ok("Falta la fecha.")),
        ("work", Ok("42")),
        ("say ", Err(Code::Internal)),
        ("panic", Err(Code::Internal)),
        ("workpanic", Err(Code::Internal)),
        ("flood", Err(Code::Internal)),
        ("numbers", Err(Code::InvalidArgument)),
        ("say still there", Ok("still there")),
    ] {
        let whole = rig.infer(request(text, "")).await;
        let pieces = drained(stream(&rig, text).await).await;
        assert_eq!(whole.as_ref().map(text_of).map_err(Status::code), expect, "{text}");
        assert_eq!(pieces.as_ref().map(|(_, reply)| text_of(reply)).map_err(Status::code), expect, "{text}");
        if let Ok((said, wire::InferReply { outcome: Some(wire::infer_reply::Outcome::Answer(answer)), .. })) = pieces {
            assert_eq!(said, answer.text);
        }
    }
    quiet(&rig).await;
}

#[tokio::test]
async fn requests_that_nobody_could_answer() {
    let setting = Setting::new("a");
    let rig = setting.rig([]).await;
    let text = |len: usize| "say ".to_owned() + &"a".repeat(len - 4);
    for (text, arguments, expect) in [
        (text(TEXT_BYTES_MAX), String::new(), Ok(())),
        (text(TEXT_BYTES_MAX + 1), String::new(), Err(Code::InvalidArgument)),
        ("say a".into(), "{\"a\": 1}".into(), Ok(())),
        ("say a".into(), "{\"a\": ".into(), Err(Code::InvalidArgument)),
        ("say a".into(), "[1]".into(), Err(Code::InvalidArgument)),
        (text(MESSAGE_BYTES_MAX + 1), String::new(), Err(Code::OutOfRange)),
    ] {
        let found = rig.infer(request(text, arguments)).await;
        assert_eq!(found.map(|_| ()).map_err(|s| s.code()), expect);
    }
}

#[tokio::test]
async fn a_caller_that_leaves_ends_the_work() {
    let setting = Setting::new("a");
    let rig = setting.rig([]).await;
    let mut left = stream(&rig, &setting.gated()).await;
    assert_eq!(piece(&mut left).await, "a");
    assert_eq!(rig.status().await.unwrap().calls_running, 1);
    drop(left);
    quiet(&rig).await;

    let mut client = rig.client();
    let whole = tokio::spawn(async move { client.infer(request("hang", "")).await });
    while rig.status().await.unwrap().calls_running == 0 {
        tokio::task::yield_now().await;
    }
    whole.abort();
    quiet(&rig).await;
}

#[tokio::test]
async fn a_deadline_ends_the_work() {
    let setting = Setting::new("a");
    let rig = setting.rig([Scripted::Hangs]).await;
    for text in ["hang", "wait", "model a"] {
        let mut request = tonic::Request::new(request(text, ""));
        request.set_timeout(Duration::from_millis(50));
        // The client's own clock covers only the head of the reply, so what ends the stream is the skill.
        let ended = drained(rig.client().infer_stream(request).await.unwrap().into_inner()).await;
        assert_eq!(ended.unwrap_err().code(), Code::DeadlineExceeded, "{text}");
        quiet(&rig).await;
    }
}

#[tokio::test]
async fn a_caller_that_does_not_read_is_given_up() {
    let setting = Setting::new("a");
    let rig = setting.rig([]).await;
    let mut request = tonic::Request::new(request("flood", ""));
    request.set_timeout(Duration::from_millis(200));
    let unread = narrow_client(rig.socket()).infer_stream(request).await.unwrap().into_inner();
    quiet(&rig).await;
    assert_eq!(rig.ask("say hola").await.unwrap().text, "hola");
    assert_eq!(drained(unread).await.unwrap_err().code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn more_calls_than_there_are_places() {
    let setting = Setting::new("a");
    let rig = setting.rig([]).await;
    let mut hanging = Vec::new();
    for _ in 0..CALLS_MAX {
        hanging.push(stream(&rig, "hang").await);
    }
    let refused = rig.ask("say hola").await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert_eq!(rig.status().await.unwrap().calls_running, CALLS_MAX, "status needs no place");
    drop(hanging);
    quiet(&rig).await;
    assert_eq!(rig.ask("say hola").await.unwrap().text, "hola");
}

#[tokio::test]
async fn a_reload_leaves_what_is_under_way_alone() {
    let setting = Setting::new("old");
    let rig = setting.rig([]).await;
    let mut under_way = stream(&rig, &setting.gated()).await;
    assert_eq!(piece(&mut under_way).await, "old");

    setting.write("new");
    let status = rig.reload().await.unwrap();
    assert_eq!((status.generation, status.reload_error.as_str()), (2, ""));
    let reply = rig.infer(request("word", "")).await.unwrap();
    assert_eq!((reply.generation, text_of(&reply)), (2, "new+new"));

    setting.open_the_gate();
    let (said, reply) = drained(under_way).await.unwrap();
    assert_eq!((reply.generation, said.as_str()), (1, "+old"));
}

#[tokio::test]
async fn a_bad_reload_keeps_the_old_generation() {
    let setting = Setting::new("old");
    let rig = setting.rig([]).await;
    for (word, error) in [
        ("bad", "the word is bad"),
        ("panic", "reading the files panicked"),
        (
            "schema",
            "the schema of the arguments is no JSON object: invalid type: sequence, expected a map at line 1 column 0",
        ),
    ] {
        setting.write(word);
        let status = rig.reload().await.unwrap();
        assert_eq!((status.generation, status.reload_error.as_str()), (1, error));
        assert_eq!(rig.ask("word").await.unwrap().text, "old+old");
    }
    fs_err::remove_file(setting.path().join("word")).unwrap();
    assert!(rig.reload().await.unwrap().reload_error.contains("word"), "the error names the file");
    setting.write("new");
    let status = rig.reload().await.unwrap();
    assert_eq!((status.generation, status.reload_error.as_str()), (2, ""), "a good one clears the error");
}

#[tokio::test]
async fn what_cannot_be_read_at_the_start_ends_it() {
    let setting = Setting::new("bad");
    let error = Rig::start::<Puppet>(setting.path(), []).await.unwrap_err();
    assert!(matches!(error, ServeError::Load(LoadError::Invalid(_))), "{error}");
}

#[tokio::test]
async fn it_drains() {
    let setting = Setting::new("a");
    let rig = setting.rig([]).await;
    let mut under_way = stream(&rig, &setting.gated()).await;
    assert_eq!(piece(&mut under_way).await, "a");
    rig.drain();
    let refused = async {
        loop {
            if let Err(status) = rig.ask("say hola").await {
                return status;
            }
        }
    };
    let refused = tokio::time::timeout(PATIENCE, refused).await.unwrap();
    assert_eq!(refused.code(), Code::Unavailable);
    setting.open_the_gate();
    let (said, _) = drained(under_way).await.expect("what was under way is finished");
    assert_eq!(said, "+a");
    rig.stop().await.unwrap();
}

#[tokio::test]
async fn words_of_the_model() {
    let setting = Setting::new("a");
    let says = |pieces: [&str; 2]| pieces.map(str::to_owned).to_vec();
    let script = [
        Scripted::Says(says(["ho", "la"])),
        Scripted::CutOff(says(["ho", ""])),
        Scripted::Says(says(["uno", " dos"])),
        Scripted::Refuses(RefusalReason::OverBudget, 500),
        Scripted::Refuses(RefusalReason::Unavailable, 0),
        Scripted::Breaks(says(["ho", "l"])),
    ];
    let rig = setting.rig(script).await;
    for (text, expect) in [
        ("model di hola", Ok("hola Complete")),
        ("model di hola", Ok("ho CutOff")),
        ("stream cuenta", Ok("uno dos")),
        ("model más", Err((Code::ResourceExhausted, "the skill has used up its budget; again in 500 ms"))),
        ("model más", Err((Code::Unavailable, "the model is not there: by the script"))),
        ("model más", Err((Code::Unavailable, "the model is not there: by the script"))),
        ("model más", Err((Code::Unavailable, "the model is not there: by the script"))),
    ] {
        let found = rig.ask(text).await;
        let found = found.as_ref().map(|answer| answer.text.as_str()).map_err(|s| (s.code(), s.message()));
        assert_eq!(found, expect);
    }
    let asked = rig.asked();
    assert_eq!(asked.len(), 7);
    assert_eq!(asked[0].messages.last().map(|m| m.text.as_str()), Some("di hola"));
    assert!(asked.iter().all(|request| request.call.starts_with("00000000-")), "the daemon hears for which call");
}

#[tokio::test]
async fn no_words_of_the_model_without_a_grant() {
    let setting = Setting::new("a");
    let rig = Rig::start_ungranted::<Puppet>(setting.path()).await.unwrap();
    assert_eq!(rig.ask("model hola").await.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn peers_that_say_nothing_are_sent_away() {
    let setting = Setting::new("a");
    let rig = setting.rig([]).await;
    let socket = rig.socket();
    let mut silent = Vec::new();
    // As many as there are places, and more that wait to be accepted.
    for _ in 0..50 {
        silent.push(UnixStream::connect(&socket).await.unwrap());
    }
    let answer = tokio::time::timeout(PATIENCE, rig.ask("say hola")).await.expect("they block the others");
    assert_eq!(answer.unwrap().text, "hola");
}
