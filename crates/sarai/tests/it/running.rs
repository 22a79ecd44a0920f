//! What the commands say to a program that runs. It has no model, so it answers nothing but how it is.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::{Ended, Home};

const PATIENCE: Duration = Duration::from_millis(50);
const TRIES_MAX: u32 = 600;

/// A program of ours that is ended with the test.
struct Running<'a> {
    home: &'a Home,
    child: Option<Child>,
}

impl<'a> Running<'a> {
    fn start(home: &'a Home, args: &[&str]) -> Self {
        Self { home, child: Some(home.command(args).spawn().unwrap()) }
    }

    /// Waits until its socket answers that the model is missing.
    fn answering(self) -> Self {
        for _ in 0..TRIES_MAX {
            let status = self.home.run(["status", "--json"]);
            if status.stdout.contains("degraded") && status.stdout.contains("sarai model pull") {
                return self;
            }
            std::thread::sleep(PATIENCE);
        }
        panic!("it never answered: {:?}", self.end(Signal::TERM));
    }

    fn end(mut self, signal: Signal) -> Ended {
        let child = self.child.take().unwrap();
        kill_process(pid(&child), signal).unwrap();
        self.home.ended(child.wait_with_output().unwrap())
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = kill_process(pid(&child), Signal::TERM);
            let _ = child.wait();
        }
    }
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id().try_into().unwrap()).unwrap()
}

const ANY_PORT: [&str; 2] = ["--set", "server.port=0"];

#[test]
fn a_program_without_a_model_says_what_to_do() {
    let home = Home::new();
    let serve = Running::start(&home, &["--set", "server.port=0", "serve"]).answering();
    let status = home.run(["status", "--json"]).json(1);
    assert_eq!((&status["status"], &status["version"]), (&"degraded".into(), &env!("CARGO_PKG_VERSION").into()));
    let text = home.run(["status"]);
    assert!(text.stdout.contains("cannot answer") && text.stdout.contains("serve: ready"), "{}", text.stdout);

    for args in [&["ask", "hola"][..], &["chat"]] {
        home.run(args).told(
            1,
            "SARAi is running, but cannot answer now. The model “qwen2.5-coder-1.5b-instruct” is not on this computer \
             yet. Fetch it with `sarai model pull qwen2.5-coder-1.5b-instruct`.",
        );
    }

    let port = fs_err::read_to_string(home.path("state/run/port")).unwrap();
    let pair = home.run(["pair"]);
    let (address, code) = pair.stdout.trim_end().split_once("/#code=").unwrap();
    assert_eq!((pair.code, address), (0, format!("http://127.0.0.1:{port}").as_str()));
    assert_eq!(code.len(), 8);

    let second = home.run(ANY_PORT.iter().chain(&["serve"]));
    assert_eq!((second.code, second.stdout.as_str()), (1, ""));
    let pid = serve.child.as_ref().unwrap().id().to_string();
    assert!(second.stderr.lines().last().unwrap().contains(&pid), "{}", second.stderr);

    let ended = serve.end(Signal::TERM);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, ""), "{}", ended.stderr);
    assert_eq!(home.run(["status", "--json"]).json(1)["status"], "stopped");
}

#[test]
fn up_shows_the_way_in_and_ends_on_ctrl_c() {
    let home = Home::new().with("SARAI_LANG", "es");
    let up = Running::start(&home, &["--set", "server.port=0", "up"]).answering();
    let port = fs_err::read_to_string(home.path("state/run/port")).unwrap();
    let second = home.run(ANY_PORT.iter().chain(&["up"]));
    let pid = up.child.as_ref().unwrap().id();
    second.told(
        1,
        &format!("Otro SARAi (proceso {pid}) ya usa esta carpeta de estado. Páralo o pon otra carpeta en SARAI_HOME."),
    );

    // It says its lines one after the other; the sentence about the model is the last one before the end.
    let mut up = up;
    let child = up.child.as_mut().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("sarai model pull") {
        assert!(lines.read_line(&mut said).unwrap() > 0, "it ended early: {said}");
    }
    let ended = up.end(Signal::INT);
    lines.read_to_string(&mut said).unwrap();
    assert_eq!((ended.code, ended.stdout.as_str()), (0, ""));
    assert!(said.contains(&format!("Página: http://127.0.0.1:{port}/#code=")), "{said}");
    assert!(said.contains(&format!("http://127.0.0.1:{port}/v1")) && said.contains("api-token"), "{said}");
    assert!(said.ends_with("SARAi se ha detenido.\n"), "{said}");
    let log = fs_err::read_to_string(home.path("state/logs/serve.log")).unwrap();
    assert!(log.contains("listening") && log.contains("stopped"), "{log}");
    assert_eq!(home.run(["status"]).code, 1);
}

#[test]
fn up_that_cannot_start_at_all_says_why_and_ends() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let home = Home::new();
    let ended = home.run(["up", "--set", &format!("server.port={port}")]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    let last = ended.stderr.lines().last().unwrap();
    assert!(last.contains("could not start") && last.contains(&port.to_string()), "{}", ended.stderr);
}

#[test]
fn without_a_worker_nothing_starts() {
    let home = Home::new().with("SARAI_LLAMA_BIN", "/nowhere/sarai-llama");
    for command in ["up", "serve"] {
        home.run([command]).told(
            1,
            "I cannot find the program that runs models, \"/nowhere/sarai-llama\". Build it with \"make build\", or say in \
             SARAI_LLAMA_BIN where it is.",
        );
    }
}

#[test]
fn a_home_that_cannot_be_one_is_refused() {
    let home = Home::new();
    let file = home.write("a file", "");
    for command in ["up", "serve"] {
        let output = home.command([command]).env("SARAI_HOME", "relative").output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let output = home.command([command]).env("SARAI_HOME", &file).output().unwrap();
        let ended = home.ended(output);
        // What is asked first is whether there is a config in it.
        assert_eq!((ended.code, ended.stdout.as_str()), (64, ""), "{}", ended.stderr);
        assert!(ended.stderr.contains("HOME/a file"), "{}", ended.stderr);
    }
}

/// A worker started by us must not outlive the one who started `serve`.
#[test]
fn serve_ends_with_the_one_who_supervises_it() {
    let home = Home::new();
    let up = Running::start(&home, &["--set", "server.port=0", "up"]).answering();
    up.end(Signal::KILL);
    for _ in 0..TRIES_MAX {
        if home.run(["status", "--json"]).stdout.contains("stopped") {
            return;
        }
        std::thread::sleep(PATIENCE);
    }
    panic!("serve goes on alone");
}

#[test]
fn a_conversation_from_a_pipe_ends_at_the_first_question_without_an_answer() {
    let home = Home::new();
    let _serve = Running::start(&home, &["--set", "server.port=0", "serve"]).answering();
    let output = home.command(["chat"]).stdin(Stdio::null()).output().unwrap();
    assert_eq!(home.ended(output).code, 1);
}
