//! The typed client against the real routes, over a Unix socket and over TCP.

use std::net::SocketAddr;

use axum::Router;
use sarai_api::client::{ChatRequest, Client, ClientError, Details, StreamItem};
use sarai_types::{Decoding, FailureKind, FinishReason, Language, Message, Priority, Role, Timings, ToolCall, Usage};
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};

use crate::house::{House, Script, TOKEN, calls, failing, greets, house, started, text};

/// Serves the house on a socket in its own folder.
fn on_socket(house: &House) -> Client {
    let path = house.folder.path().join("sarai.sock");
    let listener = UnixListener::bind(&path).unwrap();
    tokio::spawn(axum::serve(listener, house.socket.clone()).into_future());
    Client::unix(path, Language::Spanish)
}

async fn on_port(router: Router, token: Option<&str>) -> Client {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(axum::serve(listener, service).into_future());
    Client::http(&url, token.map(SecretString::from), Language::English).unwrap()
}

fn request() -> ChatRequest {
    ChatRequest {
        model: "qwen".to_owned(),
        messages: vec![Message::new(Role::User, "Hola")],
        temperature: Some(0.5),
        seed: Some(u64::MAX),
        max_tokens: Some(7),
        priority: Priority::Task,
        ..ChatRequest::default()
    }
}

async fn answer(client: &Client) -> Vec<Result<StreamItem, ClientError>> {
    let mut stream = match client.chat(&request()).await {
        Ok(stream) => stream,
        Err(error) => return vec![Err(error)],
    };
    let mut items = Vec::new();
    while let Some(item) = stream.next().await {
        items.push(item);
    }
    items
}

#[tokio::test]
async fn an_answer_with_its_figures() {
    let mut house = house(greets);
    let items: Vec<_> = answer(&on_socket(&house)).await.into_iter().map(Result::unwrap).collect();
    let usage = Usage { prompt_tokens: 12, cached_tokens: 8, completion_tokens: 3 };
    let timings = Timings { queued_ms: 0.5, prefill_ms: 20.0, decode_ms: 60.25 };
    let details = Details {
        model: "qwen".to_owned(),
        timings,
        decoding: Decoding::default(),
        grammar: None,
        skill: None,
        memory: Box::default(),
    };
    assert_eq!(
        items,
        [
            StreamItem::Text("¡Hola,".to_owned()),
            StreamItem::Text(" mundo!".to_owned()),
            StreamItem::Finished(FinishReason::Stop),
            StreamItem::Figures { usage, details: Some(details) },
        ]
    );
    let turn = house.asked.recv().await.unwrap();
    assert_eq!((turn.sampling.temperature, turn.sampling.seed, turn.max_tokens), (0.5, Some(u64::MAX), Some(7)));
    assert_eq!((turn.priority, turn.language), (Priority::Task, Language::Spanish));
}

#[tokio::test]
async fn tool_calls_there_and_back() {
    let mut house = house(calls);
    let client = on_socket(&house);
    let items: Vec<_> = answer(&client).await.into_iter().map(Result::unwrap).collect();
    let call = ToolCall { id: "call_1".into(), name: "tiempo".into(), arguments: r#"{"en":"Lugo"}"#.into() };
    assert_eq!(items[1], StreamItem::ToolCall(call.clone()));

    let said = Message { tool_calls: vec![call], ..Message::new(Role::Assistant, "Miro.") };
    let result = Message { tool_call_id: Some("call_1".into()), ..Message::new(Role::Tool, "sol") };
    let messages = vec![Message::new(Role::User, "Hola"), said, result];
    client.chat(&ChatRequest { messages: messages.clone(), ..request() }).await.unwrap();
    house.asked.recv().await.unwrap();
    assert_eq!(house.asked.recv().await.unwrap().messages, messages);
}

#[tokio::test]
async fn everything_else_it_can_ask() {
    let house = house(greets);
    let client = on_socket(&house);
    assert_eq!(client.health().await.unwrap().status, "ready");
    assert_eq!(client.models().await.unwrap()[1].id, "qwen");
    assert_eq!(client.metrics().await.unwrap(), "# TYPE total_requests counter\n");
    assert_eq!(client.new_pairing_code().await.unwrap().len(), 8);
    assert_eq!(client.embeddings("sarai", &["ab".to_owned()]).await.unwrap(), [[2.0, -0.5]]);
}

#[tokio::test]
async fn what_goes_wrong_has_its_own_name() {
    let nowhere = tempfile::tempdir().unwrap().path().join("sarai.sock");
    let absent = Client::unix(nowhere, Language::Spanish);
    assert!(matches!(absent.health().await, Err(ClientError::NotRunning { .. })));

    let refused = |script: Script| async move {
        let mut items = answer(&on_socket(&house(script))).await;
        match items.pop().unwrap() {
            Err(ClientError::Refused { status, code, message }) => (status, code.unwrap(), message, items.len()),
            other => panic!("{other:?}"),
        }
    };
    let sentence = "Hay demasiadas peticiones en espera. Vuelve a intentarlo dentro de un momento.".to_owned();
    let early = refused(|_| vec![failing(FailureKind::TooLong)]).await;
    assert_eq!(early, (400, "context_length_exceeded".to_owned(), sentence.clone(), 0));
    let late = refused(|_| vec![started(), text("a"), failing(FailureKind::Unavailable)]).await;
    assert_eq!(late, (0, "service_unavailable".to_owned(), sentence, 1));
}

#[tokio::test]
async fn a_port_wants_the_token_and_its_own_host() {
    // The house was told port 8080, but any port reaches it by an allowed name only.
    let client = on_port(house(greets).port, Some(TOKEN)).await;
    assert!(matches!(client.models().await, Err(ClientError::Refused { status: 403, .. })));
    for url in ["https://localhost:8080", "localhost:8080", "http://me:secret@localhost", "", "http://"] {
        assert!(matches!(Client::http(url, None, Language::English), Err(ClientError::Address(_))), "{url:?}");
    }
}

/// A server that says `reply` to whatever it is asked, and hangs up.
async fn saying(reply: &'static [u8]) -> Client {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let _ = socket.read(&mut [0; 4096]).await;
        let _ = socket.write_all(reply).await;
    });
    Client::http(&url, None, Language::English).unwrap()
}

#[tokio::test]
async fn a_server_that_breaks_or_babbles() {
    for (reply, broken) in [
        (&b""[..], true),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\ndata: {\"choices\":[]}\n", true),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\ndata: what\n", false),
        (b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 6\r\n\r\n<html>", false),
        (b"HTTP/1.1 302 Found\r\nlocation: http://evil.example/\r\ncontent-length: 0\r\n\r\n", false),
    ] {
        let last = answer(&saying(reply).await).await.pop().unwrap();
        let as_expected = match &last {
            Err(ClientError::Broken(_)) => broken,
            Err(ClientError::Strange(_)) => !broken,
            _ => false,
        };
        assert!(as_expected, "{}: {last:?}", String::from_utf8_lossy(reply));
    }
}
