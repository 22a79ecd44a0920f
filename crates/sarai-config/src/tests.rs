//! Texts in, values or complaints out.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use sarai_messages::text;
use sarai_types::{Language, Notice};

use super::*;
use crate::keys::SECTIONS;
use crate::value::Given;

fn sources(yaml: &str, environment: &[(&str, &str)], flags: &[(&str, &str)]) -> Sources {
    let owned = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let files = vec![SourceFile { path: PathBuf::from("sarai.yaml"), text: yaml.to_owned() }];
    Sources { files, environment: owned(environment), flags: owned(flags) }
}

/// The sentence in English, after a look that it is one in both languages: known, and with all its values.
fn sentence(notice: &Notice) -> String {
    for language in Language::ALL {
        let text = text(language, notice);
        assert!(text != notice.id && !text.contains("{$"), "{language}: {text}");
    }
    text(Language::English, notice)
}

/// What differs from the defaults, as `key = value (origin)`; or the complaints, as the owner reads them in English.
fn outcome(sources: &Sources) -> Vec<String> {
    match load(sources) {
        Ok(loaded) => loaded
            .rows()
            .filter(|(_, _, origin)| **origin != Origin::Default)
            .map(|(key, value, origin)| format!("{} = {value} ({origin})", key.name))
            .collect(),
        Err(errors) => errors.iter().map(|error| sentence(&error.notice())).collect(),
    }
}

fn check(yaml: &str, environment: &[(&str, &str)], flags: &[(&str, &str)], expect: &[&str]) {
    let found = outcome(&sources(yaml, environment, flags));
    assert_eq!(found, expect, "\n{yaml}\n{environment:?} {flags:?}");
}

fn check_yaml(yaml: &str, expect: &[&str]) {
    check(yaml, &[], &[], expect);
}

#[test]
fn the_stronger_source_wins_and_is_remembered() {
    check("", &[], &[], &[]);
    check("server:\n  port: 1\n", &[], &[], &["server.port = 1 (sarai.yaml:2)"]);
    check("server:\n  port: 1\n", &[("SARAI__SERVER__PORT", "2")], &[], &["server.port = 2 (SARAI__SERVER__PORT)"]);
    check(
        "server:\n  port: 1\n",
        &[("SARAI__SERVER__PORT", "2")],
        &[("server.port", "3"), ("server.port", "4")],
        &["server.port = 4 (--set server.port)"],
    );
    let mut both = sources("language: es\nlog: {level: debug}", &[], &[]);
    both.files.push(SourceFile { path: PathBuf::from("overrides.yaml"), text: "\nlog.level: warn".to_owned() });
    assert_eq!(outcome(&both), ["language = es (sarai.yaml:1)", "log.level = warn (overrides.yaml:2)"]);
}

#[test]
fn every_type_reads_what_people_write() {
    check_yaml(
        "server:\n  bind: \"::1\"\n  allowed_hosts: [Sarai.Casa, 'localhost']\n  insecure: true\n\
         model:\n  default: qwen2.5-coder-1.5b-instruct\n\
         runtime:\n  n_ctx: 131072\n  threads: auto\n  ram_budget: 6 gb\n",
        &[
            "server.bind = ::1 (sarai.yaml:2)",
            "server.insecure = true (sarai.yaml:4)",
            "server.allowed_hosts = [sarai.casa, localhost] (sarai.yaml:3)",
            "model.default = qwen2.5-coder-1.5b-instruct (sarai.yaml:6)",
            "runtime.n_ctx = 131072 (sarai.yaml:8)",
            "runtime.threads = auto (sarai.yaml:9)",
            "runtime.ram_budget = 6GB (sarai.yaml:10)",
        ],
    );
    check(
        "",
        &[("SARAI__SERVER__ALLOWED_HOSTS", "a.b, c")],
        &[],
        &["server.allowed_hosts = [a.b, c] (SARAI__SERVER__ALLOWED_HOSTS)"],
    );
    check(
        "",
        &[("SARAI__RUNTIME__RAM_BUDGET", "512MiB")],
        &[],
        &["runtime.ram_budget = 512MiB (SARAI__RUNTIME__RAM_BUDGET)"],
    );
    // Empty, and somebody else's.
    check("", &[("SARAI__SERVER__PORT", " "), ("SARAI_LANG", "es"), ("PATH", "/bin")], &[], &[]);
    // Nothing in a section, nothing in a file, an editor's byte order mark, Windows line ends.
    check_yaml("server:\nlog: {}\nrag: ~\n", &[]);
    check_yaml("# nothing\n---\n", &[]);
    check_yaml(
        "\u{feff}language: es\r\nlog:\r\n  level: warn\r\n",
        &["language = es (sarai.yaml:1)", "log.level = warn (sarai.yaml:3)"],
    );
}

#[test]
fn the_meaning_is_in_domain_types() {
    let yaml = "server: {port: 0}\nruntime: {threads: 3, ram_budget: 2GiB}\nrag: {timeout: 250ms}\nlanguage: en";
    let config = load(&sources(yaml, &[], &[])).unwrap().config;
    assert_eq!(config.server.address(), "127.0.0.1:0".parse().unwrap());
    assert_eq!(config.runtime.threads.set().map(Whole::get), Some(3));
    assert_eq!(config.runtime.ram_budget.set().map(Size::bytes), Some(2 << 30));
    assert_eq!(config.rag.timeout.duration(), std::time::Duration::from_millis(250));
    assert_eq!(config.language, Auto::Is(Language::English));
    assert_eq!(config.model.default, Auto::Auto);
}

/// A file, and the one complaint that its owner reads.
const COMPLAINTS: &[(&str, &str)] = &[
    ("server:\n  prot: 80", r#"sarai.yaml:2: there is no setting "server.prot". Did you mean "server.port"?"#),
    ("port: 80", r#"sarai.yaml:1: there is no setting "port". Did you mean "server.port"?"#),
    ("servr:\n", r#"sarai.yaml:1: there is no setting "servr". Did you mean "server"?"#),
    (
        "quetzalcoatl: 1",
        r#"sarai.yaml:1: there is no setting "quetzalcoatl". "sarai config show" lists all there are."#,
    ),
    (
        "\nruntime:\n  n_ctx: 511",
        r#"sarai.yaml:3: "runtime.n_ctx" is "511", but it must be a whole number from 512 to 131072."#,
    ),
    (
        "runtime: {threads: many}",
        r#"sarai.yaml:1: "runtime.threads" is "many", but it must be "auto" or a whole number from 1 to 256."#,
    ),
    (
        "runtime: {ram_budget: 6}",
        r#"sarai.yaml:1: "runtime.ram_budget" is "6", but it must be "auto" or a size with its unit from 256MB to 4TB, such as 6GB."#,
    ),
    (
        "rag: {timeout: 3m}",
        r#"sarai.yaml:1: "rag.timeout" is "3m", but it must be a time with its unit (ms, s, m, h, d) from 100ms to 2m, such as 10s."#,
    ),
    ("language: fr", r#"sarai.yaml:1: "language" is "fr", but it must be one of these words: auto, es, en."#),
    (
        "server: {insecure: yes}",
        r#"sarai.yaml:1: "server.insecure" is "yes", but it must be one of these words: false, true."#,
    ),
    (
        "server: {port: [80]}",
        r#"sarai.yaml:1: "server.port" is "[80]", but it must be a whole number from 0 to 65535."#,
    ),
    ("server: {port: }", r#"sarai.yaml:1: "server.port" is "", but it must be a whole number from 0 to 65535."#),
    (
        "server:\n  allowed_hosts:\n    - http://casa/",
        r#"sarai.yaml:2: "server.allowed_hosts" is "[http://casa/]", but it must be a list of at most 16 host names without ports, such as [sarai.home, 192.168.1.5]."#,
    ),
    (
        "server: {allowed_hosts: [{a: b}]}",
        r#"sarai.yaml:1: "server.allowed_hosts" is "[…]", but it must be a list of at most 16 host names without ports, such as [sarai.home, 192.168.1.5]."#,
    ),
    (
        "server: 8080",
        r#"sarai.yaml:1: "server" is "8080", but it is a section: write its settings below it, each on an indented line of its own."#,
    ),
    (
        "model: {default: ../x}",
        r#"sarai.yaml:1: "model.default" is "../x", but it must be "auto" or the name of a model in the catalogue: at most 64 letters, digits, dots and dashes. "sarai model list" shows them."#,
    ),
    (
        "model: {draft: a b}",
        r#"sarai.yaml:1: "model.draft" is "a b", but it must be "none", "auto" or the name of a model in the catalogue: at most 64 letters, digits, dots and dashes. "sarai model list" shows them."#,
    ),
    (
        "model: {embedding: a b}",
        r#"sarai.yaml:1: "model.embedding" is "a b", but it must be "none" or the name of a model: at most 64 letters, digits, dots and dashes. "sarai model list" shows them."#,
    ),
    (
        "runtime: {speculation: fixed:64}",
        r#"sarai.yaml:1: "runtime.speculation" is "fixed:64", but it must be "auto", "off", "acceptance", or "fixed:1" to "fixed:63"."#,
    ),
    (
        "runtime: {weights: packed}",
        r#"sarai.yaml:1: "runtime.weights" is "packed", but it must be one of these words: auto, stored, repacked, both."#,
    ),
    (
        "runtime: {prefix_cache_bytes: 0MB}",
        r#"sarai.yaml:1: "runtime.prefix_cache_bytes" is "0MB", but it must be a size with its unit from 16MB to 1TB, such as 6GB."#,
    ),
    (
        "server:\n  bind: localhost",
        r#"sarai.yaml:2: "server.bind" is "localhost", but it must be an IP address, such as 127.0.0.1."#,
    ),
    (
        "server:\n  bind: 0.0.0.0",
        r#"sarai.yaml:2: "server.bind" is 0.0.0.0, which the network can reach, and the connection is not encrypted. If that is what you want, set "server.insecure: true" too; if not, use 127.0.0.1."#,
    ),
    (
        "log:\n  level: warn\nlog:\n  level: info",
        r#"sarai.yaml:4: "log.level" is in line 2 already. Keep only one of the two."#,
    ),
    (
        "log: {level: warn}\nlog.level: info",
        r#"sarai.yaml:2: "log.level" is in line 1 already. Keep only one of the two."#,
    ),
];

#[test]
fn complaints_name_place_key_value_and_what_would_be_right() {
    for (yaml, expect) in COMPLAINTS {
        check_yaml(yaml, &[expect]);
    }
    check_yaml(
        "server: {bind: 0.0.0.0, insecure: true}",
        &["server.bind = 0.0.0.0 (sarai.yaml:1)", "server.insecure = true (sarai.yaml:1)"],
    );
    check(
        "",
        &[("SARAI__SERVER__PRT", "1")],
        &[("server.port", "65536")],
        &[
            r#"SARAI__SERVER__PRT: there is no setting "server.prt". Did you mean "server.port"?"#,
            r#"--set server.port: "server.port" is "65536", but it must be a whole number from 0 to 65535."#,
        ],
    );
}

#[test]
fn everything_wrong_is_told_at_once_but_never_endlessly() {
    let yaml = "runtime:\n  n_ctx: 1\n  sequences: 99\nx: 1";
    assert_eq!(outcome(&sources(yaml, &[], &[])).len(), 3);
    let endless: String = (0..1000).map(|n| format!("unknown{n}: 1\n")).collect();
    assert_eq!(outcome(&sources(&endless, &[], &[])).len(), ConfigErrors::COUNT_MAX);
}

#[test]
fn hostile_yaml_is_refused_where_it_stands() {
    let bomb = "a: &a [x, x]\nb: &b [*a, *a]\n";
    let deep = (0..20).fold(String::new(), |text, depth| format!("{text}{}k:\n", " ".repeat(depth)));
    let brackets = format!("a: {}", "[".repeat(100_000));
    let braces = "{a: ".repeat(100_000);
    for (yaml, expect) in [
        (bomb, r#"sarai.yaml:1: "&anchor" is not allowed"#),
        ("a: *b", "sarai.yaml:1: "),
        ("server: !!map {}", r#"sarai.yaml:1: "!tag" is not allowed"#),
        ("language: es\n---\nlanguage: en", r#"sarai.yaml:2: "---" is not allowed"#),
        (deep.as_str(), r#"sarai.yaml:9: "nesting" is not allowed"#),
        ("server:\n  port: 1\n bind: x", "sarai.yaml:3: this is not valid YAML"),
        ("server: {port: 1", "sarai.yaml:"),
        ("log:\n\tlevel: warn", "sarai.yaml:2: this is not valid YAML"),
        ("- a\n- b", "sarai.yaml:1: this is not valid YAML"),
        ("hola", "sarai.yaml:1: this is not valid YAML"),
        ("? [a, b]\n: c", "sarai.yaml:1: this is not valid YAML"),
        (&brackets, "sarai.yaml:1: this is not valid YAML"),
        (&braces, "sarai.yaml:1: "),
        ("language: \"a\\0b\"", "sarai.yaml:1: \"language\" is \"a b\""),
    ] {
        let found = outcome(&sources(yaml, &[], &[]));
        let start: String = yaml.chars().take(40).collect();
        assert!(found.len() == 1 && found[0].starts_with(expect), "{start:?}: {found:?}");
    }
    let long = format!("{}: 1", "k".repeat(5000));
    assert!(outcome(&sources(&long, &[], &[]))[0].len() < 200);
}

#[test]
fn a_key_without_a_part_of_the_program_warns_when_it_is_set() {
    let loaded = load(&sources("phoenix:\n  federated_mode: true\n  attested_build: true", &[], &[])).unwrap();
    let warnings: Vec<_> = loaded.warnings.iter().map(|notice| text(Language::Spanish, notice)).collect();
    let expect = "sarai.yaml:2: «phoenix.federated_mode» es correcto, pero todavía no tiene efecto: esa parte de SARAi \
                  aún no está hecha.";
    assert_eq!(warnings, [expect]);
}

#[test]
fn a_reload_says_what_counts_now_and_what_waits() {
    let first = load(&sources("server: {port: 1}", &[], &[])).unwrap();
    let changed = sources("server: {port: 2}\nlog: {level: debug}\nrag: {timeout: 5s}", &[], &[]);
    let Change { loaded: second, live, restart } = reload(&first, &changed).unwrap();
    assert_eq!((live, restart), (vec!["log.level"], vec!["server.port"]));
    assert_eq!((second.generation, second.config.log.level, second.config.server.port), (2, LogLevel::Debug, 1));

    // What waits is told again, and is no new generation.
    let again = reload(&second, &changed).unwrap();
    assert_eq!((again.live, again.restart, again.loaded.generation), (vec![], vec!["server.port"], 2));
    assert_eq!(again.loaded, second);

    // Taken back before the restart: nothing waits any more.
    let back =
        reload(&second, &sources("server: {port: 1}\nlog: {level: debug}\nrag: {timeout: 5s}", &[], &[])).unwrap();
    assert_eq!((back.live, back.restart, back.loaded.generation), (vec![], vec![], 2));

    assert!(reload(&second, &sources("server: {port: x}", &[], &[])).is_err());
}

#[test]
fn every_value_reads_back_as_it_prints() {
    let changed = "language: es\nserver: {bind: 10.0.0.1, port: 1, insecure: true, allowed_hosts: [a, b]}\n\
                   model: {default: m, draft: d, embedding: e}\nruntime: {n_ctx: 600, threads: 2, sequences: 2, max_concurrent_llms: 2, \
                   ram_budget: 3GiB, weights: both, speculation: 'fixed:7', prefix_cache: false, prefix_cache_bytes: 2GiB}\n\
                   log: {level: trace}\nphoenix: {skill_runtime: docker, entity_memory_skill: false, memory_enrichment: false, \
                   proactive_loop_enabled: false, \
                   speculative_draft_skill: false, grammar_constraints: false, self_repair_ephemeral: false, \
                   red_team_sandboxed: false, federated_mode: true, profiles_as_context: true, attested_build: false}\n\
                   skills: {databases: ['~/a.db', /b.db]}\n\
                   channels: {ntfy: 'http://a/b', webhook: 'https://c', slack: 'https://d/e', email: ana@example.org, smtp: 'smtps://ana@b', desktop: true}\n\
                   rag: {timeout: 1500ms, cache_ttl: 90m}";
    let changed = load(&sources(changed, &[], &[])).unwrap().config;
    for key in KEYS {
        assert_ne!(key.show(&changed), key.show(&Config::default()), "{} is not in the list above", key.name);
        for config in [&changed, &Config::default()] {
            let mut read = Config::default();
            key.read(&mut read, &Given::Text(key.show(config))).unwrap_or_else(|| panic!("{}", key.name));
            assert_eq!(key.show(&read), key.show(config), "{}", key.name);
        }
    }
}

/// Run with `UPDATE_CONFIG_FILES=1` to write the files anew.
#[test]
fn the_committed_files_are_the_tables() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
    for (name, current) in [("sarai.yaml", example()), ("sarai.schema.json", json_schema())] {
        let path = folder.join(name);
        if std::env::var_os("UPDATE_CONFIG_FILES").is_some() {
            fs_err::create_dir_all(&folder).unwrap();
            fs_err::write(&path, &current).unwrap();
        }
        let committed = fs_err::read_to_string(&path).unwrap();
        assert!(committed == current, "{name} is not current: run UPDATE_CONFIG_FILES=1 cargo test -p sarai-config");
    }
}

#[test]
fn the_example_says_every_key_at_its_default() {
    let example = example();
    assert_eq!(outcome(&sources(&example, &[], &[])), [""; 0], "as it is, it sets nothing");
    let is_key = |line: &str| line.trim_start().strip_prefix('#').is_some_and(|rest| !rest.starts_with(' '));
    let uncommented: String =
        example.lines().map(|l| if is_key(l) { l.replacen('#', "", 1) } else { l.to_owned() } + "\n").collect();
    let loaded = load(&sources(&uncommented, &[], &[])).unwrap();
    assert_eq!(loaded.config, Config::default());
    assert!(loaded.rows().all(|(_, _, origin)| matches!(origin, Origin::File { .. })), "{uncommented}");
    assert!(example.lines().all(|line| line.chars().count() <= 120));
}

#[test]
fn the_schema_knows_exactly_the_keys() {
    let schema: serde_json::Value = serde_json::from_str(&json_schema()).unwrap();
    let mut names = Vec::new();
    for (name, property) in schema["properties"].as_object().unwrap() {
        match property["properties"].as_object() {
            Some(keys) => names.extend(keys.keys().map(|key| format!("{name}.{key}"))),
            None => names.push(name.clone()),
        }
    }
    assert_eq!(names, KEYS.iter().map(|key| key.name).collect::<Vec<_>>());
    assert_eq!(schema["properties"]["runtime"]["properties"]["n_ctx"]["default"], 8192);
    assert!(SECTIONS.iter().all(|section| schema["properties"][section.name]["additionalProperties"] == false));
}

#[test]
fn files_are_read_with_a_limit() {
    let home = tempfile::tempdir().unwrap();
    let folders = Folders::under(&home.path().join("casa de la peña"));
    folders.create().unwrap();
    let read = || {
        Sources::read(&folders, vec![], vec![]).map_err(|errors| {
            errors.iter().for_each(|error| assert!(!sentence(&error.notice()).is_empty()));
            errors.to_string()
        })
    };
    assert_eq!(read().unwrap().files[0].text, "", "a file that is not there is an empty one");

    fs_err::write(folders.config_file(), "log: {level: warn}").unwrap();
    fs_err::write(folders.overrides_file(), "log: {level: trace}").unwrap();
    let sources = read().unwrap();
    assert_eq!(load(&sources).unwrap().config.log.level, LogLevel::Trace);
    fs_err::remove_file(folders.overrides_file()).unwrap();
    assert_eq!(load(&sources.reread().unwrap()).unwrap().config.log.level, LogLevel::Warn);

    let too_big = "#".repeat(usize::try_from(FILE_BYTES_MAX).unwrap() + 1);
    for (bytes, complaint) in [(too_big.as_bytes(), "larger than 1048576 bytes"), (b"a: \xff", "not UTF-8")] {
        fs_err::write(folders.config_file(), bytes).unwrap();
        let error = read().unwrap_err();
        assert!(error.contains(complaint) && error.contains("casa de la peña"), "{error}");
    }
    fs_err::write(folders.config_file(), &too_big[1..]).unwrap();
    assert!(read().is_ok());
    fs_err::remove_file(folders.config_file()).unwrap();
    fs_err::create_dir(folders.config_file()).unwrap();
    assert!(read().unwrap_err().contains("cannot be read"));
}

#[test]
fn folders_by_the_environment() {
    let folders = |variables: &[(&str, &str)]| {
        let variables: BTreeMap<_, _> = variables.iter().copied().collect();
        Folders::from_env(|name| variables.get(name).map(Into::into)).map_err(|error| error.to_string())
    };
    let expect = |config: &str, models: &str, state: &str| {
        Ok(Folders { config: config.into(), models: models.into(), state: state.into() })
    };
    let no_home = || Err(FolderError::NoHome.to_string());
    let home = ("HOME", "/home/ñu ñu");
    assert_eq!(
        folders(&[home]),
        expect("/home/ñu ñu/.config/sarai", "/home/ñu ñu/.local/share/sarai/models", "/home/ñu ñu/.local/state/sarai")
    );
    assert_eq!(
        folders(&[home, ("XDG_CONFIG_HOME", "/c"), ("XDG_DATA_HOME", "relative"), ("XDG_STATE_HOME", "")]),
        expect("/c/sarai", "/home/ñu ñu/.local/share/sarai/models", "/home/ñu ñu/.local/state/sarai")
    );
    assert_eq!(folders(&[("SARAI_HOME", "/s"), home]), expect("/s/config", "/s/models", "/s/state"));
    assert_eq!(folders(&[("SARAI_HOME", ""), ("XDG_CONFIG_HOME", "/c")]), no_home());
    assert_eq!(folders(&[("SARAI_HOME", "here"), home]), no_home());
    assert_eq!(folders(&[("HOME", "")]), no_home());
    assert_eq!(folders(&[]), no_home());
}

fn mode(path: &Path) -> u32 {
    fs_err::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn folders_are_private_or_refused() {
    let home = tempfile::tempdir().unwrap();
    let folders = Folders::under(home.path());
    folders.create().unwrap();
    folders.create().unwrap();
    for folder in [
        &folders.config,
        &folders.models,
        &folders.db(),
        &folders.kv(),
        &folders.logs(),
        &folders.audit(),
        &folders.run(),
    ] {
        assert_eq!(mode(folder), 0o700, "{}", folder.display());
    }
    let complaint = || text(Language::Spanish, &folders.create().unwrap_err().notice());

    fs_err::set_permissions(folders.models.clone(), PermissionsExt::from_mode(0o770)).unwrap();
    assert!(complaint().contains("Otros usuarios pueden escribir"), "{}", complaint());
    fs_err::remove_dir(&folders.models).unwrap();
    fs_err::write(&folders.models, "").unwrap();
    assert!(complaint().contains("tendría que ser una carpeta"), "{}", complaint());
    // A link counts as what it points to; this one points nowhere.
    fs_err::remove_file(&folders.models).unwrap();
    fs_err::os::unix::fs::symlink("/nowhere/at/all", &folders.models).unwrap();
    assert!(complaint().contains("No puedo usar la carpeta"), "{}", complaint());
}

#[test]
fn every_folder_complaint_and_every_origin_is_a_sentence() {
    let path = || PathBuf::from("/srv/peña");
    let source = || std::io::Error::from(std::io::ErrorKind::StorageFull);
    for (error, expect) in [
        (FolderError::NoHome, "as a full path"),
        (FolderError::Create { path: path(), source: source() }, "/srv/peña (no storage space)"),
        (FolderError::NotAFolder { path: path() }, "/srv/peña should be a folder"),
        (FolderError::Foreign { path: path(), owner: 1000, own: 0 }, "belongs to user 1000, and user 0 runs"),
        (FolderError::WritableByOthers { path: path(), mode: 0o777 }, "chmod go-w"),
        (FolderError::SocketPathTooLong { path: path(), len: 108 }, "has 108 bytes, and the system allows only 107"),
        (FolderError::Write { path: path(), source: source() }, "/srv/peña (no storage space)"),
    ] {
        let sentence = sentence(&error.notice());
        assert!(sentence.contains(expect), "{sentence}");
    }
    let file = Origin::File { path: path(), line: 7 };
    for (origin, expect) in [
        (Origin::Default, "default"),
        (file, "/srv/peña:7"),
        (Origin::Environment("SARAI__LANGUAGE".to_owned()), "variable SARAI__LANGUAGE"),
        (Origin::Flag("language".to_owned()), "flag --set language"),
    ] {
        assert_eq!(sentence(&origin.notice()), expect);
    }
}

#[test]
fn a_socket_path_fits_or_is_refused() {
    let base = format!("/{}", "h".repeat(SOCKET_PATH_MAX - "//state/run/e.sock".len()));
    let fits = Folders::under(Path::new(&base)).socket("e.sock").unwrap();
    assert_eq!(fits.as_os_str().len(), SOCKET_PATH_MAX);
    let error = Folders::under(Path::new(&base)).socket("ee.sock").unwrap_err();
    assert!(error.to_string().contains("has 108 bytes, 107 fit"), "{error}");
}

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("ficha ñ.json");
    write_atomic(&path, b"old").unwrap();
    write_atomic(&path, b"new").unwrap();
    assert_eq!(fs_err::read(&path).unwrap(), b"new");
    assert_eq!(mode(&path), 0o600);

    // It cannot take the place of a folder; nothing is left behind, and nothing is lost.
    let folder = home.path().join("folder");
    fs_err::create_dir(&folder).unwrap();
    assert!(matches!(write_atomic(&folder, b"x"), Err(FolderError::Write { .. })));
    assert!(matches!(write_atomic(&home.path().join("no/file"), b"x"), Err(FolderError::Write { .. })));
    assert_eq!(fs_err::read_dir(home.path()).unwrap().count(), 2);
}

proptest! {
    #[test]
    fn no_text_from_anywhere_panics(yaml in ".{0,200}", env in ".{0,20}", key in ".{0,20}") {
        let sources = sources(&yaml, &[("SARAI__SERVER__PORT", &env), (&format!("SARAI__{key}"), &env)], &[(&key, &env)]);
        if let Err(errors) = load(&sources) {
            prop_assert!(errors.iter().all(|error| !text(Language::Spanish, &error.notice()).contains('\n')));
        }
    }

    #[test]
    fn nearly_right_yaml_never_panics(lines in prop::collection::vec(
        ("[ \\t-]{0,3}", prop::sample::select(vec!["server", "port", "server.port", "log", "level", "&a", "*a", "?", "- ", "|", "''"]),
         prop::sample::select(vec![":", ": ", ": [", ": {", " ", "}", "]", ": |", ": >-", ": !x "]), ".{0,8}"), 0..12)) {
        let yaml: String = lines.into_iter().map(|(indent, key, mark, rest)| format!("{indent}{key}{mark}{rest}\n")).collect();
        if let Ok(loaded) = load(&sources(&yaml, &[], &[])) {
            let reads = |key: &Key, value| key.read(&mut Config::default(), &Given::Text(value)).is_some();
            prop_assert!(loaded.rows().all(|(key, value, _)| reads(key, value)));
        }
    }

    #[test]
    fn a_whole_number_is_read_exactly_within_its_range(value in any::<u32>()) {
        let loaded = load(&sources("", &[], &[("runtime.n_ctx", &value.to_string())]));
        match loaded {
            Ok(loaded) => prop_assert!((512..=131_072).contains(&value) && loaded.config.runtime.n_ctx.get() == value),
            Err(_) => prop_assert!(!(512..=131_072).contains(&value)),
        }
    }
}
