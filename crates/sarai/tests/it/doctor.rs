//! The examination of an installation, and what it mends.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;

use serde_json::Value;

use super::{Ended, Home};

const IDS: [&str; 16] = [
    "language",
    "clock",
    "config",
    "folders",
    "token",
    "socket",
    "port",
    "worker",
    "jail",
    "version",
    "cpu",
    "cores",
    "model",
    "memory",
    "disk-models",
    "disk-state",
];

fn check(ended: &Ended, id: &str) -> Value {
    let report: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|e| panic!("{e}: {ended:?}"));
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["id"] == id).unwrap_or_else(|| panic!("no check {id}"));
    check.clone()
}

fn mode(path: &std::path::Path) -> u32 {
    fs_err::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &std::path::Path, mode: u32) {
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn the_report_has_every_check_and_keeps_its_shape() {
    for language in ["es", "en"] {
        let home = Home::new().with("SARAI_LANG", language);
        let report = home.run(["doctor", "--json", "--set", "server.port=0"]).json(1);
        assert_eq!(report["ok"], false, "the model is missing");
        let checks = report["checks"].as_array().unwrap();
        let ids: Vec<&str> = checks.iter().map(|check| check["id"].as_str().unwrap()).collect();
        assert_eq!(ids, IDS);
        for check in checks {
            let keys: Vec<&String> = check.as_object().unwrap().keys().collect();
            assert_eq!(keys, ["id", "status", "detail", "parts", "fixed"]);
            assert!(["ok", "warn", "fail"].contains(&check["status"].as_str().unwrap()));
            assert!(!check["detail"].as_str().unwrap().starts_with("doctor-"), "{check}");
        }
        assert!(!home.path("state").exists(), "looking makes nothing");
    }
}

#[test]
fn the_table_names_each_check_and_what_to_do() {
    let ended = Home::new().with("SARAI_LANG", "es").run(["doctor", "--set", "server.port=0"]);
    assert_eq!(ended.code, 1);
    let checks = ended.stdout.lines().filter(|line| !line.starts_with(' ')).count();
    assert_eq!(checks, IDS.len(), "{}", ended.stdout);
    let model = ended.stdout.lines().find(|line| line.contains("Modelo:")).unwrap();
    assert!(model.starts_with("fallo  Modelo: ") && model.contains("sarai model pull"), "{model}");
    assert!(!ended.stdout.contains('\x1b'), "no colour where there is no terminal");
}

#[test]
fn rights_and_leftovers_are_mended() {
    let home = Home::new();
    let token = home.write("state/run/api-token", "0".repeat(64));
    let socket = home.path("state/run/sarai.sock");
    drop(UnixListener::bind(&socket).unwrap());
    set_mode(&token, 0o644);
    for folder in ["state/run", "state"] {
        set_mode(&home.path(folder), 0o777);
    }
    let args = ["doctor", "--json", "--set", "server.port=0"];
    let before = home.run(args);
    for (id, status) in [("folders", "fail"), ("token", "fail"), ("socket", "warn")] {
        assert_eq!(check(&before, id)["status"], status, "{id}");
    }
    assert_eq!(mode(&token), 0o644, "looking changes nothing");

    let after = home.run(args.iter().chain(&["--fix"]));
    for id in ["folders", "token", "socket"] {
        let check = check(&after, id);
        assert_eq!((&check["status"], &check["fixed"]), (&"ok".into(), &true.into()), "{id}");
    }
    assert_eq!(check(&after, "port")["fixed"], false);
    assert_eq!([mode(&token), mode(&home.path("state")), mode(&home.path("state/run"))], [0o600, 0o700, 0o700]);
    assert!(!socket.exists());
}

#[test]
fn a_port_that_somebody_else_holds_is_found() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let ended = Home::new().run(["doctor", "--json", "--set", &format!("server.port={port}")]);
    let check = check(&ended, "port");
    assert_eq!(check["status"], "fail");
    assert!(check["detail"].as_str().unwrap().contains(&port.to_string()), "{check}");
}

#[test]
fn a_worker_that_is_missing_old_or_slow_is_found() {
    let args = ["doctor", "--json", "--set", "server.port=0"];
    let missing = Home::new().with("SARAI_LLAMA_BIN", "/nowhere/sarai-llama").run(args);
    assert_eq!(check(&missing, "worker")["status"], "fail");
    assert!(check(&missing, "worker")["detail"].as_str().unwrap().contains("/nowhere/sarai-llama"));

    let broken = Home::new().with("SARAI_LLAMA_BIN", "/dev/null").run(args);
    assert_eq!(check(&broken, "worker")["status"], "fail");

    let old = Home::new().with("STUB_VERSION", "0.0.1").run(args);
    assert_eq!(check(&old, "version")["status"], "fail");

    let well = Home::new().run(args);
    assert_eq!(["worker", "version", "cpu"].map(|id| check(&well, id)["status"].clone()), ["ok", "ok", "ok"]);
    // Every processor that this runs on has AVX2 or NEON.
    let slow = Home::new().with("STUB_FEATURES", "SSE3 = 1").run(args);
    assert_eq!(check(&slow, "cpu")["status"], "warn");
}

#[test]
fn a_wrong_config_is_one_check_that_fails_and_the_others_go_on() {
    let home = Home::new();
    home.write("config/sarai.yaml", "server: 3\n");
    let ended = home.run(["doctor", "--json"]);
    assert_eq!(check(&ended, "config")["status"], "fail");
    assert_eq!(check(&ended, "worker")["status"], "ok");
}

#[test]
fn a_model_of_the_wrong_length_is_found() {
    let home = Home::new();
    home.write("models/SmolLM2-135M-Instruct.Q4_1.gguf", "GGUF");
    let ended =
        home.run(["doctor", "--json", "--set", "server.port=0", "--set", "model.default=smollm2-135m-instruct"]);
    assert_eq!(check(&ended, "model")["status"], "fail");
}

#[test]
fn a_home_that_is_too_deep_for_a_socket_is_found() {
    let home = Home::new();
    let deep = home.path(&"hondo/".repeat(20));
    let output = home.command(["doctor", "--json"]).env("SARAI_HOME", deep).output().unwrap();
    assert_eq!(check(&home.ended(output), "socket")["status"], "fail");
}
