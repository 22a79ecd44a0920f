//! Tasks against a `serve` that takes down what it is asked and answers by a table.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::mpsc;

use sarai_proactive::form::{self, Field};

use super::*;

/// More than any action asks.
const ASKED_MAX: usize = 16;

/// Path and answer.
type Table = &'static [(&'static str, &'static str)];

/// Takes one request down and answers it by the table, in this order: who has the answer may look at once.
fn serve_one(stream: UnixStream, table: Table, told: &mpsc::SyncSender<String>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        if line.trim().is_empty() {
            break;
        }
        head.push(line.trim().to_ascii_lowercase());
    }
    let path = head.first()?.split(' ').nth(1)?.to_owned();
    let length = head.iter().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let answer = table.iter().find(|(known, _)| *known == path).map(|(_, answer)| *answer);
    told.send(path).ok()?;
    let (status, answer) = answer.map_or(("503 Service Unavailable", "{}"), |answer| ("200 OK", answer));
    let length = answer.len();
    let whole = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{answer}"
    );
    reader.get_mut().write_all(whole.as_bytes()).ok()
}

/// Performs an action, and says how that ended and what `serve` was asked.
async fn perform(fields: &[(&str, &str)], table: Table) -> (Done, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("serve.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let (told, asked) = mpsc::sync_channel(ASKED_MAX);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // A client that hangs up is no matter here: what was asked is compared.
            serve_one(stream.unwrap(), table, &told);
        }
    });
    let fields: Vec<(String, Field)> =
        fields.iter().map(|(key, value)| ((*key).to_owned(), Field::Text((*value).to_owned()))).collect();
    let rule = form::read("test".parse().unwrap(), &fields, &form::zone("UTC").unwrap()).unwrap();
    let now = Timestamp::UNIX_EPOCH;
    let job = Job {
        task: TaskId::new(rule.id.clone(), now),
        rule,
        language: Language::English,
        client: Client::unix(&socket, Language::English),
        folders: Folders::under(folder.path()),
        memory: Switch::Off,
        now,
    };
    let done = job.perform().await;
    (done, asked.try_iter().collect())
}

const ALWAYS_SHORT: (&str, &str) = ("when", "memory used > 1%");
const NEVER_SHORT: (&str, &str) = ("when", "memory used > 99%");
const HOURLY: (&str, &str) = ("at", "@hourly");
const FREED: Table = &[
    ("/v1/upkeep/caches", r#"{"freed_bytes": 1000000}"#),
    ("/v1/upkeep/skills", r#"{"freed_bytes": 20000000}"#),
    ("/v1/upkeep/models", r#"{"freed_bytes": 300000000}"#),
];

#[tokio::test]
async fn memory_is_given_back_step_by_step_as_long_as_it_is_short() {
    for (when, asked, freed, is_told) in [
        (ALWAYS_SHORT, &["/v1/upkeep/caches", "/v1/upkeep/skills", "/v1/upkeep/models"][..], "321 MB", true),
        (NEVER_SHORT, &["/v1/upkeep/caches"][..], "1 MB", false),
        // By the clock nothing says when it is enough: what is dear to have again stays.
        (HOURLY, &["/v1/upkeep/caches", "/v1/upkeep/skills"][..], "21 MB", false),
    ] {
        let (done, was_asked) = perform(&[when, ("free_memory", "true")], FREED).await;
        assert_eq!(was_asked, asked, "{when:?}");
        assert!(matches!(&done.attempt, Attempt::Done { detail } if detail.starts_with(freed)), "{when:?}: {done:?}");
        assert_eq!(done.message.is_some(), is_told, "{when:?}: {done:?}");
    }
}

#[tokio::test]
async fn a_step_that_fails_is_tried_again_later() {
    let (done, asked) = perform(&[ALWAYS_SHORT, ("free_memory", "true")], &FREED[..2]).await;
    assert_eq!(asked.len(), 3);
    assert!(matches!(done.attempt, Attempt::Retry { .. }), "{done:?}");
}

const SOUND: &str = r#"{"status": "ready", "version": "1", "components": [
    {"name": "serve", "status": "ready", "detail": "It works.", "restarts": 0, "resident_bytes": 1}]}"#;
const ILL: &str = r#"{"status": "degraded", "version": "1", "components": [
    {"name": "serve", "status": "ready", "detail": "It works.", "restarts": 0, "resident_bytes": 1},
    {"name": "model m", "status": "degraded", "detail": "It crashed.", "restarts": 6, "resident_bytes": null}]}"#;

#[tokio::test]
async fn what_is_ill_is_told_and_tried_once_more() {
    for (table, asked, told) in [
        (&[("/health", SOUND)][..], &["/health"][..], None),
        (
            &[("/health", ILL), ("/v1/upkeep/revive", r#"{"parts": 1}"#)][..],
            &["/health", "/v1/upkeep/revive"][..],
            Some("Something does not work and was told to start again: model m: It crashed."),
        ),
        (
            &[("/health", ILL), ("/v1/upkeep/revive", r#"{"parts": 0}"#)][..],
            &["/health", "/v1/upkeep/revive"][..],
            Some("Something does not work: model m: It crashed."),
        ),
    ] {
        let (done, was_asked) = perform(&[HOURLY, ("health_sweep", "true")], table).await;
        assert_eq!(was_asked, asked);
        assert_eq!(done.message.as_ref().map(|(_, text)| text.as_str()), told, "{done:?}");
        assert!(matches!(done.attempt, Attempt::Done { .. }), "{done:?}");
    }
}
