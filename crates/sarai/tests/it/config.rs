//! The config as the command line shows it, and a config that is wrong.

use super::Home;

const FILE: &str = "config/sarai.yaml";

#[test]
fn a_wrong_config_ends_everything_that_needs_it_with_64() {
    let home = Home::new();
    home.write(FILE, "server:\n  prot: 1\nruntime:\n  n_ctx: 7\n");
    for args in [&["serve"][..], &["up"], &["config", "show"], &["config", "check"], &["model", "list"]] {
        let ended = home.run(args);
        assert_eq!((ended.code, ended.stdout.as_str()), (64, ""), "{args:?}");
        let lines: Vec<&str> = ended.stderr.lines().collect();
        let [unknown, out_of_range] = lines[..] else { panic!("{args:?}: {}", ended.stderr) };
        assert_eq!(
            unknown,
            "HOME/config/sarai.yaml:2: there is no setting \"server.prot\". Did you mean \"server.port\"?"
        );
        for part in ["HOME/config/sarai.yaml:4:", "runtime.n_ctx", "\"7\"", "512", "131072"] {
            assert!(out_of_range.contains(part), "{part}: {out_of_range}");
        }
    }
    // Nothing was started, so nothing was made.
    assert!(!home.path("state").exists());
}

#[test]
fn flags_are_stronger_than_variables_and_variables_than_the_file() {
    let home = Home::new().with("SARAI__RUNTIME__N_CTX", "4096").with("SARAI__SERVER__PORT", "9001");
    home.write(FILE, "server:\n  port: 9000\n  bind: 127.0.0.2\nruntime:\n  n_ctx: 2048\n");
    let shown = home.run(["config", "show", "--json", "--set", "server.port=9002"]).json(0);
    let row = |key: &str| {
        let settings = shown["settings"].as_array().unwrap();
        let row = settings.iter().find(|row| row["key"] == key).unwrap();
        (
            row["value"].as_str().unwrap().to_owned(),
            row["origin"].as_str().unwrap().replace(home.folder.path().to_str().unwrap(), "HOME"),
        )
    };
    let pair = |value: &str, origin: &str| (value.to_owned(), origin.to_owned());
    assert_eq!(row("server.port"), pair("9002", "--set server.port"));
    assert_eq!(row("runtime.n_ctx"), pair("4096", "SARAI__RUNTIME__N_CTX"));
    assert_eq!(row("server.bind"), pair("127.0.0.2", "HOME/config/sarai.yaml:3"));
    assert_eq!(row("log.level"), pair("info", "default"));
    assert_eq!(shown["warnings"], serde_json::json!([]));
}

#[test]
fn a_key_that_nothing_heeds_yet_is_a_warning() {
    let home = Home::new();
    home.write(FILE, "rag:\n  timeout: 5s\n");
    let ended = home.run(["config", "check"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, ""));
    assert!(ended.stderr.contains("rag.timeout"), "{}", ended.stderr);
    assert!(ended.stderr.ends_with("The settings are fine.\n"), "{}", ended.stderr);
}

#[test]
fn one_file_can_be_checked_alone() {
    let home = Home::new().with("SARAI_LANG", "es").with("SARAI__SERVER__PORT", "not a port");
    let good = home.write("otro.yaml", "server:\n  port: 9000\n");
    let bad = home.write("malo.yaml", "server: [\n");
    let check = |file: &std::path::Path| home.run(["config", "check", file.to_str().unwrap()]);
    check(&good).told(0, "Los ajustes están bien.");
    assert_eq!(check(&bad).code, 64);
    check(&home.path("nada.yaml")).told(64, "No existe el archivo «HOME/nada.yaml». Comprueba el nombre y la carpeta.");
    // The variable still counts where everything is looked at.
    assert_eq!(home.run(["config", "check"]).code, 64);
}

#[test]
fn the_path_is_data() {
    let ended = Home::new().run(["config", "path"]);
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (0, "HOME/config/sarai.yaml\n", ""));
}
