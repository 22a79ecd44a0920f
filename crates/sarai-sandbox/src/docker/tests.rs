//! What is said to engines and heard from them, without one.

mod equivalence;
mod profile;

use std::io::Write;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::engine::{Engine, Kind};
use super::http::{Answer, Request, ask, upgrade};
use super::image::{Image, ProgramImage};
use super::stream::{Frames, Output};
use super::tar::Tar;
use crate::error::SandboxError;
use crate::local::Piece;

/// An engine that says the same to everybody who comes, `times` often.
fn speaker(said: &'static [u8], times: usize) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("engine.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(times) {
            let mut stream = stream.unwrap();
            let mut room = [0; 65_536];
            let _ = std::io::Read::read(&mut stream, &mut room);
            stream.write_all(said).unwrap();
        }
    });
    (folder, socket)
}

#[test]
fn an_answer_is_read_to_its_end() {
    let (_folder, socket) = speaker(b"HTTP/1.0 201 Created\r\nContent-Type: application/json\r\n\r\n{\"Id\":\"7\"}", 1);
    let answer = ask(&socket, Request::plain("GET", "/x")).unwrap();
    assert_eq!(answer, Answer { status: 201, body: b"{\"Id\":\"7\"}".to_vec() });
}

#[test]
fn what_is_no_answer_is_an_error() {
    for said in [&b""[..], b"HTTP/1.0 200 OK\r\n", b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/2 200\r\n\r\n"]
    {
        assert!(Answer::parse(said).is_err(), "{}", String::from_utf8_lossy(said));
    }
}

#[test]
fn an_upgrade_keeps_what_came_with_it() {
    let (_folder, socket) = speaker(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\n\r\n\x01\0\0\0\0\0\0\x02hi", 1);
    let (_, early) = upgrade(&socket, "/x").unwrap();
    assert_eq!(early, b"\x01\0\0\0\0\0\0\x02hi");
    let (_folder, socket) = speaker(b"HTTP/1.1 404 Not Found\r\n\r\n{}", 1);
    assert!(upgrade(&socket, "/x").is_err());
}

#[test]
fn an_engine_is_found_by_its_variable_and_nothing_else_is_taken() {
    let (_folder, socket) = speaker(b"HTTP/1.0 200 OK\r\n\r\n{\"Components\":[{\"Name\":\"Podman Engine\"}]}", 1);
    let address = format!("unix://{}", socket.display());
    let found = Engine::find(|name| (name == "CONTAINER_HOST").then(|| address.clone())).unwrap();
    assert_eq!(found.kind, Kind::Podman);
    for (address, part) in
        [("tcp://10.0.0.1:2375", "only an engine of this computer"), ("unix:///none", "nobody answers")]
    {
        let found = Engine::find(|name| (name == "DOCKER_HOST").then(|| address.to_owned()));
        match found {
            Err(SandboxError::Docker(text)) => assert!(text.contains(part), "{text}"),
            other => panic!("{other:?}"),
        }
    }
}

/// A tar file as others read it.
fn listed(tar: &[u8]) -> String {
    let mut child = Command::new("tar")
        .args(["--list", "--verbose", "--file", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(tar).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn an_image_holds_links_alone_and_is_named_after_them() {
    let empty = Image::of(&[Piece::Bind("/usr".into())]).unwrap();
    assert_eq!(listed(&empty.tar), "");
    let link = Piece::Link { target: "usr/lib64".into(), at: "/lib64".into() };
    let linked = Image::of(&[Piece::Bind("/usr".into()), link]).unwrap();
    let text = listed(&linked.tar);
    assert!(text.starts_with('l') && text.trim_end().ends_with("lib64 -> usr/lib64"), "{text}");
    assert_eq!(text.lines().count(), 1);
    assert_ne!(empty.name, linked.name);
    assert!(empty.name.starts_with("sarai-jail:"));
}

#[test]
fn a_programs_image_holds_its_files_and_says_how_it_starts() {
    let mut files = Tar::new();
    files.folder(Path::new("/tmp"), 0o1777).unwrap();
    files.file(Path::new("/skill/bin/a b"), 0o755, &[7; 1000]).unwrap();
    files.own_folder(Path::new("/data")).unwrap();
    let image = ProgramImage {
        name: "saraiskill.x:v1.0.0".to_owned(),
        files,
        entrypoint: vec!["/skill/bin/a b".to_owned(), "--say=\"é\"".to_owned()],
        working_dir: "/skill".to_owned(),
        environment: vec![("A".to_owned(), "1 & 2".to_owned())],
    };
    let image = image.image();
    let text = listed(&image.tar);
    assert!(text.lines().last().unwrap().starts_with("drwx------ 65534/65534"), "{text}");
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!((lines[0][0], lines[1][0], lines[1][2]), ("drwxrwxrwt", "-rwxr-xr-x", "1000"), "{text}");
    assert_eq!(
        image.changes,
        [
            "USER 65534:65534",
            "WORKDIR /skill",
            "ENTRYPOINT [\"/skill/bin/a b\",\"--say=\\\"é\\\"\"]",
            "ENV A=\"1 & 2\""
        ]
    );
    let query = image.import();
    assert!(
        query.contains("repo=saraiskill.x:v1.0.0&changes=USER%2065534%3A65534&changes=WORKDIR%20%2Fskill&"),
        "{query}"
    );
    assert!(query.ends_with("changes=ENV%20A%3D%221%20%26%202%22"), "{query}");
    assert!(!query.contains([' ', '"', 'é']));
}

#[test]
fn a_path_that_does_not_fit_into_an_image_is_refused() {
    let mut tar = Tar::new();
    assert!(tar.file(Path::new("/"), 0o644, b"").is_err());
    assert!(tar.file(Path::new(&format!("/{}", "a".repeat(100))), 0o644, b"").is_ok());
    assert!(tar.file(Path::new(&format!("/{}", "a".repeat(101))), 0o644, b"").is_err());
    assert!(tar.link(Path::new("/a"), Path::new(&"b".repeat(101))).is_err());
}

/// Frames as an engine sends them.
fn framed(pieces: &[(bool, Vec<u8>)]) -> Vec<u8> {
    let one = |(error, content): &(bool, Vec<u8>)| {
        let mut frame = vec![if *error { 2 } else { 1 }, 0, 0, 0];
        frame.extend(u32::try_from(content.len()).unwrap().to_be_bytes());
        frame.extend(content);
        frame
    };
    pieces.iter().flat_map(one).collect()
}

fn whole(pieces: &[(bool, Vec<u8>)], error: bool) -> Vec<u8> {
    pieces.iter().filter(|(own, _)| *own == error).flat_map(|(_, content)| content.clone()).collect()
}

proptest! {
    /// However the stream is cut on its way, each output gets its own bytes in order.
    #[test]
    fn frames_arrive_whole(
        pieces in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..40)), 0..12),
        cuts in prop::collection::vec(1_usize..24, 1..40),
    ) {
        let stream = framed(&pieces);
        let (mut frames, mut out, mut err) = (Frames::default(), Vec::new(), Vec::new());
        let (mut rest, mut cuts) = (stream.as_slice(), cuts.into_iter().cycle());
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(cuts.next().unwrap()));
            let whole = frames.cut(now, |output, piece| match output {
                Output::Standard => out.extend_from_slice(piece),
                Output::Error => err.extend_from_slice(piece),
            });
            prop_assert!(whole.is_some());
            rest = later;
        }
        prop_assert_eq!(out, whole(&pieces, false));
        prop_assert_eq!(err, whole(&pieces, true));
    }

    /// Whatever comes, it ends, and takes no memory by its own word.
    #[test]
    fn noise_does_no_harm(noise in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut taken = 0;
        let _ = Frames::default().cut(&noise, |_, piece| taken += piece.len());
        prop_assert!(taken <= noise.len());
        let _ = Answer::parse(&noise);
    }
}
