//! Rules in words, the doors that need no model, and the loop as a process.

use std::io::{Read, Write};
use std::process::Child;
use std::time::Duration;

use serde_json::Value;

use super::{Ended, Home};

fn home() -> Home {
    Home::new().with("SARAI_LANG", "es").with("TZ", "Europe/Madrid")
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

#[test]
fn words_are_read_at_any_time_and_in_any_zone() {
    let home = home();
    let parse = |now: &str, zone: &str, text: &str| {
        home.run(["rules", "parse", "--now", now, "--tz", zone, "--json", text]).json(0)
    };
    let parsed = parse("2026-10-20T12:00", "Europe/Madrid", "avísame cada lunes a las nueve de sacar la basura");
    assert_eq!(parsed["kind"], "rule");
    assert_eq!(parsed["sentence"], "Te recordaré «sacar la basura» cada lunes a las 9:00.");
    assert_eq!(parsed["rule"]["at"], "0 9 * * MON");
    assert_eq!(texts(&parsed["next"])[..2], ["2026-10-26T09:00:00+01:00", "2026-11-02T09:00:00+01:00"]);
    let parsed = parse("2026-11-27T10:00:00Z", "America/Lima", "remind me in 20 minutes to drink water");
    assert_eq!(texts(&parsed["next"]), ["2026-11-27T05:20:00-05:00"]);
    let parsed = parse("2026-11-30T10:00", "Europe/Madrid", "recuérdame el lunes comprar pan");
    assert_eq!((parsed["kind"].as_str(), parsed["choices"].as_array().unwrap().len()), (Some("ambiguous"), 2));
    let parsed = parse("2026-11-30T10:00", "Europe/Madrid", "recuérdame el 30 de febrero comprar pan");
    assert_eq!((&parsed["kind"], &parsed["why"]), (&"impossible".into(), &"Febrero no tiene día 30.".into()));
    let parsed = parse("2026-11-30T10:00", "Europe/Madrid", "¿qué tiempo hace?");
    assert_eq!(parsed["kind"], "not_a_rule");
    // Nothing of the owner's was touched.
    assert!(!home.path("state").exists());

    home.run(["rules", "parse", "--tz", "Europa/Madrid", "x"])
        .told(2, "No hay ninguna zona horaria llamada «Europa/Madrid». ¿Querías decir «Europe/Madrid»?");
    home.run(["rules", "parse", "--now", "mañana", "x"])
        .told(2, "«mañana» no es un momento. Escríbelo como 2026-11-27T10:00 o 2026-11-27T10:00:00+01:00.");
}

#[test]
fn a_time_that_never_was() {
    let home = home();
    let rules = home.write(
        "r.yaml",
        "quiet_hours: 23:00-07:00\nrules:\n  b:\n    at: 0 9 * * *\n    tell: x\n  d:\n    when: disk free < 5GB\n    tell: y\n",
    );
    let events = home.write(
        "e.jsonl",
        "{\"at\":\"2026-11-27T23:30\",\"event\":\"disk\",\"free_bytes\":1,\"total_bytes\":9000000000}\n\
         {\"at\":\"2026-11-28T08:00\",\"event\":\"sleep\",\"until\":\"2026-11-30T12:00\"}\n",
    );
    let run = |events: &str| {
        let file = rules.to_str().unwrap();
        home.run([
            "rules",
            "simulate",
            "--from",
            "2026-11-27T22:00",
            "--to",
            "2026-11-30T13:00",
            "--tz",
            "Europe/Madrid",
            "--rules",
            file,
            "--events",
            events,
            "--json",
        ])
    };
    let played = run(events.to_str().unwrap()).json(0);
    let line = |entry: &Value| {
        format!("{} {} {}", &entry["at"].as_str().unwrap()[8..16], entry["rule"].as_str().unwrap(), entry["word"])
            .replace('"', "")
    };
    let lines: Vec<String> = played["entries"].as_array().unwrap().iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "27T23:30 d held",
            "28T07:00 d fired",
            "28T07:00 d started",
            "28T07:00 d done",
            "28T07:00 d acted",
            "30T12:00 b missed",
            "30T12:00 b fired",
            "30T12:00 b started",
            "30T12:00 b done",
            "30T12:00 b acted",
        ]
    );
    assert_eq!(played["counts"]["b"]["missed"], 1);

    home.write("e.jsonl", "{\"at\":\"2026-11-27T23:30\",\"event\":\"rain\"}\n");
    let ended = run(events.to_str().unwrap());
    assert!(ended.code == 1 && ended.stderr.starts_with("La línea 1 de los sucesos no se entiende"), "{ended:?}");
    home.write("r.yaml", "rules:\n  b:\n    at: 0 9 30 2 *\n    tell: x\n");
    let ended = run("-");
    assert!(ended.code == 64 && ended.stderr.starts_with("HOME/r.yaml:3: «at»:"), "{ended:?}");
}

#[test]
fn rules_are_made_and_changed_in_words() {
    let home = home();
    let words = "avísame cada lunes a las nueve de sacar la basura";
    let ended = home.run(["rules", "add", words]);
    assert!(ended.code == 1 && ended.stderr.contains("--yes"), "{ended:?}");
    let ended = home.run(["rules", "add", "--yes", words]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.stdout.starts_with("Te recordaré «sacar la basura» cada lunes a las 9:00."), "{ended:?}");
    assert!(ended.stderr.ends_with("cuando arranques «sarai up».\n"), "{ended:?}");
    let again = home.run(["rules", "add", "--yes", "--json", words]).json(0);
    assert_eq!((&again["added"], &again["rule"]["id"]), (&true.into(), &"sacar-la-basura-2".into()));
    let ambiguous = home.run(["rules", "add", "--yes", "--json", "recuérdame el 31 de cada mes el pan"]);
    assert!(ambiguous.code == 1 && ambiguous.stdout.contains("\"added\":false"), "{ambiguous:?}");

    let status = || {
        let list = home.run(["rules", "list", "--json"]).json(0);
        let find = |rule: &&Value| rule["rule"]["id"] == "sacar-la-basura";
        list.as_array().unwrap().iter().find(find).map(|rule| (rule["rule"]["status"].clone(), rule["next"].is_null()))
    };
    assert_eq!(status(), Some((Value::Null, false)));
    assert_eq!(home.run(["rules", "pause", "sacar-la-basura"]).code, 0);
    assert_eq!(status(), Some(("paused".into(), true)));
    assert_eq!(home.run(["rules", "explain", "--json", "sacar-la-basura"]).json(0)["now"], "paused");
    assert_eq!(home.run(["rules", "resume", "sacar-la-basura"]).code, 0);
    assert_eq!(home.run(["rules", "explain", "--json", "sacar-la-basura"]).json(0)["now"], "open");
    assert_eq!(home.run(["rules", "remove", "sacar-la-basura"]).code, 0);
    assert_eq!(status(), None);
    home.run(["rules", "remove", "sacar-la-basura"])
        .told(1, "No hay ninguna regla llamada «sacar-la-basura». «sarai rules list» las muestra.");
    let builtin = home.run(["rules", "pause", "backup"]);
    assert!(builtin.code == 1 && builtin.stderr.contains("HOME/config/rules.yaml"), "{builtin:?}");
}

/// `sarai loop`, killed when it is dropped.
struct Loop(Child);

impl Loop {
    fn start(home: &Home) -> Self {
        let started = Self(home.command(["loop"]).spawn().unwrap());
        let socket = home.path("state/run/loop.sock");
        for _ in 0..500 {
            if std::os::unix::net::UnixStream::connect(&socket).is_ok() {
                return started;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the loop does not come up");
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn log(home: &Home, rule: &str) -> Vec<(String, u64)> {
    let log = home.run(["rules", "log", rule, "--json"]).json(0);
    let row = |row: &Value| (row["word"].as_str().unwrap().to_owned(), row["times"].as_u64().unwrap());
    log.as_array().unwrap().iter().rev().map(row).collect()
}

fn wait_for_word(home: &Home, rule: &str, word: &str) -> Vec<(String, u64)> {
    for _ in 0..200 {
        let seen = log(home, rule);
        if seen.iter().any(|(seen, _)| seen == word) {
            return seen;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{rule} is never {word}: {:?}", log(home, rule));
}

fn words(seen: &[(String, u64)]) -> Vec<&str> {
    seen.iter().map(|(word, _)| word.as_str()).collect()
}

#[test]
fn the_loop_keeps_its_word_however_it_ends() {
    let home = home();
    let first = Loop::start(&home);
    home.run(["rules", "add", "--yes", "avísame en 3 segundos de mirar el horno"]);
    // The second one is refused, the first one killed.
    let second = home.run(["loop"]);
    let pid = first.0.id();
    assert_eq!(second.code, 1);
    assert!(second.stderr.contains(&format!("el proceso {pid}")), "{second:?}");
    drop(first);
    let again = Loop::start(&home);
    assert_eq!(words(&wait_for_word(&home, "mirar-el-horno", "done")), ["fired", "started", "done"]);
    drop(again);
    let third = Loop::start(&home);
    let Ended { stdout, .. } = home.run(["rules", "list"]);
    assert!(stdout.contains("mirar-el-horno") && stdout.contains("Hecho."), "{stdout}");
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(words(&log(&home, "mirar-el-horno")), ["fired", "started", "done"]);
    drop(third);
}

/// The loop looks at its file each few seconds; what is asked of a rule that is newer must not be lost.
#[test]
fn a_rule_that_was_written_a_moment_ago_runs() {
    let home = home();
    let running = Loop::start(&home);
    for name in ["one", "two", "three"] {
        home.write("config/rules.yaml", format!("rules:\n  {name}:\n    when: webhook x\n    tell: y\n"));
        assert_eq!(home.run(["rules", "run", name]).code, 0);
        assert_eq!(words(&wait_for_word(&home, name, "done")), ["asked", "started", "done"]);
    }
    drop(running);
}

#[test]
fn a_wrong_rules_file_keeps_the_old_rules() {
    let home = home();
    home.write("config/rules.yaml", "rules:\n  mine:\n    when: webhook x\n    tell: y\n");
    let running = Loop::start(&home);
    assert_eq!(home.run(["rules", "run", "mine"]).code, 0);
    assert_eq!(words(&wait_for_word(&home, "mine", "done")), ["asked", "started", "done"]);
    drop(running);
    // A letter that comes while nobody runs is read at the start.
    assert_eq!(home.run(["rules", "run", "mine"]).code, 0);
    let running = Loop::start(&home);
    for _ in 0..100 {
        if log(&home, "mine").len() == 6 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(words(&log(&home, "mine"))[3..], ["asked", "started", "done"]);
    drop(running);
    home.write("config/rules.yaml", "rules:\n  mine:\n    when: rain\n    tell: y\n");
    let list = home.run(["rules", "list"]);
    assert!(list.code == 64 && list.stderr.starts_with("HOME/config/rules.yaml:3: «when»:"), "{list:?}");
    // Also one that starts now goes by the last file that was right.
    let running = Loop::start(&home);
    home.write("config/rules.yaml", "rules:\n  mine:\n    when: webhook x\n    tell: y\n");
    assert_eq!(home.run(["rules", "run", "mine"]).code, 0);
    for _ in 0..100 {
        if log(&home, "mine").iter().filter(|(word, _)| word == "done").count() == 3 {
            return drop(running);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{:?}", log(&home, "mine"));
}

/// Ends what it started when it is dropped.
struct Up(Child);

impl Drop for Up {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_raw(self.0.id().try_into().unwrap()).unwrap();
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.0.wait();
    }
}

/// The process that holds the loop's lock, once it answers.
fn loop_pid(home: &Home) -> Option<i32> {
    std::os::unix::net::UnixStream::connect(home.path("state/run/loop.sock")).ok()?;
    fs_err::read_to_string(home.path("state/run/loop.lock")).ok()?.trim().parse().ok()
}

fn another_loop_than(home: &Home, old: i32) -> i32 {
    for _ in 0..1000 {
        if let Some(pid) = loop_pid(home).filter(|pid| *pid != old) {
            return pid;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("the loop does not come back");
}

#[test]
fn up_brings_the_loop_back_when_it_dies_and_when_it_hangs() {
    use rustix::process::{Pid, Signal, kill_process};
    let home = home();
    // What a webhook says waits for the morning otherwise, and this test runs at any hour.
    home.write("config/rules.yaml", "quiet_hours: ~\n");
    let _up = Up(home.command(["--set", "server.port=0", "up"]).spawn().unwrap());
    let first = another_loop_than(&home, 0);
    home.run(["rules", "add", "--yes", "avísame en 4 segundos de mirar el horno"]);
    kill_process(Pid::from_raw(first).unwrap(), Signal::KILL).unwrap();
    let second = another_loop_than(&home, first);
    // A stopped process still holds the lock and the socket, and never sees a SIGTERM.
    kill_process(Pid::from_raw(second).unwrap(), Signal::STOP).unwrap();
    for _ in 0..1000 {
        let lock = fs_err::read_to_string(home.path("state/run/loop.lock")).unwrap();
        if lock.trim() != second.to_string() && !lock.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_ne!(another_loop_than(&home, second), first);
    assert_eq!(words(&wait_for_word(&home, "mirar-el-horno", "done")), ["fired", "started", "done"]);

    // Through serve: the message, how the loop is, what it decided, and a webhook.
    let status = home.run(["status", "--json"]).json(1);
    let parts = status["components"].as_array().unwrap();
    assert!(parts.iter().any(|part| part["name"] == "loop" && part["status"] == "ready"), "{status}");
    let messages = ask(&home, "GET", "/v1/messages");
    assert!(messages.contains("\"text\":\"mirar el horno\"") && messages.contains("\"language\":\"es\""), "{messages}");
    let metrics = ask(&home, "GET", "/metrics");
    for line in [
        "sarai_loop_up 1",
        "sarai_loop_unread_messages 1",
        "sarai_loop_decisions_total{rule=\"mirar-el-horno\",word=\"fired\"} 1",
    ] {
        assert!(metrics.lines().any(|seen| seen == line), "{line}: {metrics}");
    }
    assert!(ask(&home, "POST", "/v1/messages/1/dismissed").contains("\"changed\":true"));
    wait_for_word(&home, "mirar-el-horno", "put_away");
    assert!(ask(&home, "GET", "/v1/messages").contains("\"data\":[]"));
    assert_eq!(home.run(["rules", "add", "--yes", "avísame cuando llegue el webhook horno"]).code, 0);
    assert!(ask(&home, "POST", "/v1/hooks/horno").contains("\"changed\":true"));
    for _ in 0..200 {
        if ask(&home, "GET", "/v1/messages").contains("Ha llegado el webhook «horno».") {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{}", home.run(["rules", "log"]).stdout);
}

#[test]
fn a_rule_is_said_anew_under_its_name() {
    let home = home();
    assert_eq!(home.run(["rules", "add", "--yes", "avísame cada lunes a las nueve de sacar la basura"]).code, 0);
    let edit = |rest: &[&str]| home.run(["rules", "edit", "sacar-la-basura"].iter().chain(rest));
    for (rest, code, part) in [
        (&["--yes", "avísame cada martes a las diez de sacar el vidrio"][..], 0, "Regla cambiada: sacar-la-basura."),
        (&["--yes", "--key", "channel=ntfy", "--key", "on_missed=skip"], 0, "Regla cambiada"),
        (&["avísame cada jueves a las ocho de sacar el papel"], 1, "--yes"),
        (&["--yes", "hola"], 1, ""),
        (&["--yes", "--key", "chanel=ntfy"], 2, "--key chanel"),
        (&["--yes", "--key", "at=nunca"], 2, "--key at"),
        (&["--yes", "--key", "at="], 2, "--key"),
        (&["--yes", "--key", "at"], 2, ""),
        (&[], 2, ""),
    ] {
        let ended = edit(rest);
        assert!(ended.code == code && ended.stderr.contains(part), "{rest:?}: {ended:?}");
    }
    let list = home.run(["rules", "list", "--json"]).json(0);
    let rule = &list.as_array().unwrap().iter().find(|rule| rule["rule"]["id"] == "sacar-la-basura").unwrap();
    assert!(rule["sentence"].as_str().unwrap().contains("«sacar el vidrio» cada martes a las 10:00"), "{rule}");
    assert_eq!((&rule["rule"]["channel"], &rule["rule"]["on_missed"]), (&"ntfy".into(), &"skip".into()));
    let builtin = home.run(["rules", "edit", "backup", "--yes", "--key", "at=@daily"]);
    assert!(builtin.code == 1 && builtin.stderr.contains("HOME/config/rules.yaml"), "{builtin:?}");
}

#[test]
fn a_webhook_has_a_token_of_its_own() {
    let home = home();
    let hook = |name: &str| home.run(["rules", "hook", name, "--json"]).json(0);
    let (oven, door) = (hook("horno"), hook("puerta"));
    assert!(oven["url"].as_str().unwrap().ends_with("/v1/hooks/horno"), "{oven}");
    assert_ne!(oven["token"], door["token"]);
    assert_eq!(oven, hook("horno"));
    let told = home.run(["rules", "hook", "horno"]);
    assert!(told.stdout.starts_with("curl -X POST -H 'Authorization: Bearer "), "{told:?}");
    assert!(told.stderr.contains("Aún no hay ninguna regla que espere el webhook «horno»."), "{told:?}");
    home.run(["rules", "hook", "dos palabras"])
        .told(2, "Un webhook no puede llamarse «dos palabras»: el nombre tiene hasta 100 caracteres y ningún espacio.");
}

/// One request to serve, by its socket.
fn ask(home: &Home, method: &str, path: &str) -> String {
    let mut stream = std::os::unix::net::UnixStream::connect(home.path("state/run/sarai.sock")).unwrap();
    let request =
        format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply
}

#[test]
fn a_message_leaves_the_computer_only_where_the_config_names_where_to() {
    let home = home();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    home.write("config/rules.yaml", "rules:\n  mine:\n    when: webhook x\n    tell: sacar la basura\n");
    let here = Loop::start(&home);
    home.run(["rules", "run", "mine"]);
    wait_for_word(&home, "mine", "done");
    drop(here);
    home.write("config/sarai.yaml", format!("channels:\n  ntfy: http://127.0.0.1:{port}/topic\n"));
    let _out = Loop::start(&home);
    std::thread::sleep(Duration::from_millis(300));
    assert!(listener.accept().is_err(), "what was said before does not leave now");
    home.run(["rules", "run", "mine"]);
    for _ in 0..200 {
        if let Ok((mut stream, _)) = listener.accept() {
            stream.set_nonblocking(false).unwrap();
            let mut request = vec![0; 4096];
            let mut read = stream.read(&mut request).unwrap();
            if !String::from_utf8_lossy(&request[..read]).ends_with("basura") {
                read += stream.read(&mut request[read..]).unwrap();
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            let text = String::from_utf8_lossy(&request[..read]).into_owned();
            assert!(
                text.starts_with("POST /topic HTTP/1.1\r\n") && text.ends_with("\r\n\r\nsacar la basura"),
                "{text}"
            );
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("nothing was sent");
}
