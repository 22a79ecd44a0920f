//! Manifests at their boundary: text in, a manifest or its problems out.

use super::*;

fn problems(text: &str) -> Vec<String> {
    match parse(Path::new("s/sarai.skill.toml"), text) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .iter()
            .map(|problem| problem.to_string().trim_start_matches("s/sarai.skill.toml:").to_owned())
            .collect(),
    }
}

const FULL: &str = r#"
version = "1.2.0-beta.1"
command = ["bin/skill-sql", "--quiet"]
root = "system"
[grants]
network = []
read = ["~/Documentos/./cuentas.db", { path = "/srv//b/", as = "viejo año.db" }]
write = ["/srv/notes"]
generate = { tokens_per_call = 512, calls_per_minute = 30 }
[image]
programs = ["python3"]
[limits]
memory = "128 MB"
pids = 8
open_files = 32
tmp = "1 MiB"
file = "0 B"
start = "250 ms"
call = "2 min"
[routing]
signs = ["databases", "schema"]
keywords = { es = ["tabla", " base de datos "] }
examples = { en = ["How much did we sell in May?"] }
"#;

#[test]
fn a_full_manifest() {
    let manifest = parse(Path::new("x"), FULL).unwrap();
    let ManifestKind::Process(process) = manifest.kind else { panic!("a command makes a process") };
    assert_eq!(manifest.version.as_str(), "1.2.0-beta.1");
    assert_eq!(process.program, Program::Own(InnerPath(PathBuf::from("bin/skill-sql"))));
    assert_eq!(process.arguments, ["--quiet"]);
    assert_eq!(process.root, Root::System);
    assert_eq!(process.image_programs, ["python3"]);
    let data: Vec<_> = process.grants.data.iter().map(|d| (d.path.as_str(), d.name.as_str(), d.access)).collect();
    assert_eq!(
        data,
        [
            ("~/Documentos/cuentas.db", "cuentas.db", Access::ReadOnly),
            ("/srv/b", "viejo año.db", Access::ReadOnly),
            ("/srv/notes", "notes", Access::ReadWrite),
        ]
    );
    assert_eq!(process.grants.generate, Some(Generate { tokens_per_call: 512, calls_per_minute: 30 }));
    let jail =
        sarai_sandbox::Limits { memory_bytes: 128_000_000, pids: 8, open_files: 32, tmp_bytes: 1 << 20, file_bytes: 0 };
    assert_eq!(process.limits, Limits { jail, start: Duration::from_millis(250), call: Duration::from_secs(120) });
    assert_eq!(manifest.routing.signs, [Sign::Databases, Sign::Schema]);
    assert_eq!(manifest.routing.spanish.keywords, ["tabla", "base de datos"]);
    assert_eq!(manifest.routing.english.examples, ["How much did we sell in May?"]);
}

#[test]
fn what_is_not_said_is_not_granted() {
    let Ok(Manifest { kind: ManifestKind::Process(process), .. }) =
        parse(Path::new("x"), "version = \"1.0.0\"\ncommand = [\"run\"]\nroot = \"system\"")
    else {
        panic!("it is a process")
    };
    assert!(process.grants.is_empty());
    assert_eq!(process.limits, Limits::default());
    assert_eq!(process.program, Program::System("run".to_owned()));

    let prompt = parse(Path::new("x"), "version = \"1.0.0\"\n[grammar]\nfile = \"./a/note.gbnf\"").unwrap();
    let grammar = Some((InnerPath(PathBuf::from("a/note.gbnf")), GrammarKind::Gbnf));
    assert_eq!(prompt.kind, ManifestKind::Prompt { grammar });
}

const V: &str = "version = \"1.0.0\"\n";
const P: &str = "version = \"1.0.0\"\ncommand = [\"bin/x\"]\n";

/// How a manifest starts, how it goes on, and how the only problem starts.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("", "", "1: version is missing: a version such as 1.0.0"),
    ("", "version = 1", "1: version is \"1\" but expects a version such as 1.0.0"),
    ("", "version = \"1.0\"", "1: version is \"\\\"1.0\\\"\" but expects a version such as 1.0.0"),
    ("", "version = \"01.0.0\"", "1: version is \"\\\"01.0.0\\\"\" but expects a version such as 1.0.0"),
    ("", "x = = 1", "1: not TOML: "),
    (V, "versoin = \"1\"", "2: there is no key versoin, did you mean version?"),
    (P, "[grant]\nread = []", "4: there is no key grant.read, did you mean grants.read?"),
    (P, "[grants]\nnetwrok = []", "4: there is no key grants.netwrok, did you mean grants.network?"),
    (P, "memory = \"64 MB\"", "3: there is no key memory, did you mean limits.memory?"),
    (P, "[limits]\ncpu_shares_of_the_machine = 3", "4: there is no key limits.cpu_shares_of_the_machine"),
    (P, "[zzz]", "3: there is no key zzz"),
    (P, "\"grants.read\" = [\"/a\"]", "3: there is no key \"grants.read\""),
    (P, "limits = 3", "3: limits is \"3\" but expects a section of keys"),
    (V, "[command]", "2: there is no key [command], did you mean command?"),
    (P, "root = \"full\"", "3: root is \"\\\"full\\\"\" but expects empty | system"),
    (V, "command = []", "2: command is \"[]\" but expects a list of 1 to 32 words"),
    (V, "command = \"bin/x\"", "2: command is \"\\\"bin/x\\\"\" but expects a list of 1 to 32"),
    (V, "command = [\"../x\"]", "2: command is \"[\\\"../x\\\"]\" but expects a path inside of the"),
    (V, "command = [\"a/../../x\"]", "2: command is \"[\\\"a/../../x\\\"]\" but expects a path inside"),
    (V, "command = [\"/bin/sh\"]", "2: command is \"[\\\"/bin/sh\\\"]\" but expects a path inside"),
    (
        V,
        "command = [\"python3\"]",
        "2: command is \"[\\\"python3\\\"]\" but expects a path inside of the skill's folder, or root",
    ),
    (V, "root = \"system\"\ncommand = [\"..\"]", "3: command is \"[\\\"..\\\"]\" but expects a list"),
    (V, "root = \"system\"", "2: root is for skills with a command only"),
    (V, "[grants]\nread = [\"/a\"]", "3: grants.read is for skills with a command only"),
    (V, "[limits]\npids = 3", "3: limits.pids is for skills with a command only"),
    (V, "[image]\nprograms = []", "3: image.programs is for skills with a command only"),
    (P, "[image]\nprograms = [\"sh\"]", "4: image.programs is for skills with root = \"system\" only"),
    (P, "root = \"system\"\n[image]\nprograms = [\"/bin/sh\"]", "5: image.programs is \"\\\"/bin/sh\\\"\" but expects"),
    (P, "[grammar]\nfile = \"a.gbnf\"", "4: grammar.file is for skills without a command only"),
    (V, "[grammar]\nfile = \"../a.gbnf\"", "3: grammar.file is \"\\\"../a.gbnf\\\"\" but expects a path"),
    (V, "[grammar]\nfile = \"a.txt\"", "3: grammar.file is \"\\\"a.txt\\\"\" but expects a path"),
    (
        P,
        "[grants]\nnetwork = [\"a.example\"]",
        "4: grants.network is \"[\\\"a.example\\\"]\" but expects an empty list",
    ),
    (P, "[grants]\nnetwork = true", "4: grants.network is \"true\" but expects an empty list"),
    (
        P,
        "[grants]\nread = [\n  \"/a\",\n  \"b\",\n]",
        "6: grants.read is \"\\\"b\\\"\" but expects a path that starts with / or ~/",
    ),
    (
        P,
        "[grants]\nread = [\"/a/../b\"]",
        "4: grants.read is \"\\\"/a/../b\\\"\" but expects a path that starts with / or ~/",
    ),
    (
        P,
        "[grants]\nread = [\"~other/b\"]",
        "4: grants.read is \"\\\"~other/b\\\"\" but expects a path that starts with / or ~/",
    ),
    (P, "[grants]\nread = [\"/\"]", "4: grants.read is \"\\\"/\\\"\" but expects a path that starts with / or ~/"),
    (
        P,
        "[grants]\nread = [\"~/.ssh\"]",
        "4: grants.read is \"\\\"~/.ssh\\\"\" but expects a path that starts with / or ~/",
    ),
    (P, "[grants]\nread = [{ path = \"/a\", to = \"b\" }]", "4: grants.read is"),
    (P, "[grants]\nread = [{ path = \"/a\", as = \"b/c\" }]", "4: grants.read is"),
    (P, "[grants]\nread = [\"/a\"]\nwrite = [\"/b/a\"]", "5: grants.write: a is seen inside under a name that another"),
    (P, "[grants]\nread = \"/a\"", "4: grants.read is \"\\\"/a\\\"\" but expects a list of at most 16 paths"),
    (P, "[grants]\ngenerate = true", "4: grants.generate is \"true\" but expects a section of keys"),
    (
        P,
        "[grants]\ngenerate = { tokens_per_call = 5 }",
        "4: grants.generate.calls_per_minute is missing: a whole number from 1 to 600",
    ),
    (
        P,
        "[grants.generate]\ntokens_per_call = 0\ncalls_per_minute = 1",
        "4: grants.generate.tokens_per_call is \"0\" but expects a whole number from 1 to 4096",
    ),
    (P, "[limits]\nmemory = 64", "4: limits.memory is \"64\" but expects a size from 8 MB to 8 GB"),
    (P, "[limits]\nmemory = \"1 MB\"", "4: limits.memory is \"\\\"1 MB\\\"\" but expects a size from 8 MB to 8 GB"),
    (P, "[limits]\nmemory = \"900 TB\"", "4: limits.memory is"),
    (
        P,
        "[limits]\nmemory = \"8 MB\"\ntmp = \"9 MB\"",
        "5: limits.tmp is \"\\\"9 MB\\\"\" but expects a size from 0 B to 8 MB",
    ),
    (P, "[limits]\npids = -1", "4: limits.pids is \"-1\" but expects a whole number from 1 to 512"),
    (P, "[limits]\npids = 99999999999", "4: limits.pids is \"99999999999\" but expects a whole number"),
    (P, "[limits]\nstart = \"1 h\"", "4: limits.start is \"\\\"1 h\\\"\" but expects a time from 10 ms to 2 min"),
    (
        V,
        "[routing]\nsigns = [\"tables\"]",
        "3: routing.signs is \"\\\"tables\\\"\" but expects databases | schema | code | formula | passage",
    ),
    (
        V,
        "[routing]\nkeywords = { es = [\"\"] }",
        "3: routing.keywords.es is \"\\\"\\\"\" but expects a text of at most 64 characters",
    ),
    (V, "[routing]\nkeywords = { fr = [] }", "3: there is no key routing.keywords.fr, did you mean"),
    (V, "[routing]\nkeywords = [\"a\"]", "3: routing.keywords is \"[\\\"a\\\"]\" but expects a section of keys"),
];

#[test]
fn every_mistake_says_where_and_what() {
    for (start, text, expect) in MISTAKES {
        let found = problems(&format!("{start}{text}"));
        assert_eq!(found.len(), 1, "{text}\n{found:#?}");
        assert!(found[0].starts_with(expect), "{text}\nfound  {}\nexpect {expect}", found[0]);
    }
}

#[test]
fn everything_wrong_is_said_at_once_and_by_line() {
    let text = "command = [\"bin/x\"]\n[limits]\npids = 0\nmemroy = \"1 GB\"\n[grants]\nread = [\"x\", \"y\"]\n";
    let lines: Vec<String> = problems(text).iter().map(|line| line.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(lines, ["1", "3", "4", "6", "6"]);
    let many: String = (0..100).map(|n| format!("k{n} = 1\n")).collect();
    assert_eq!(problems(&many).len(), Manifest::PROBLEMS_MAX);
}

#[test]
fn paths_of_the_computer() {
    let home = Path::new("/home/ana");
    for (text, expect) in [
        ("~/a b/ñ.db", Some("/home/ana/a b/ñ.db")),
        ("~", Some("/home/ana")),
        ("/", Some("/")),
        ("/a//b/./c/", Some("/a/b/c")),
        ("a", None),
        ("", None),
        ("~ana/x", None),
        ("/a/..", None),
        ("/a\n/b", None),
    ] {
        let found = DataPath::read(text).map(|path| path.under(home));
        assert_eq!(found.as_deref(), expect.map(Path::new), "{text:?}");
    }
    let path = |text| DataPath::read(text).unwrap();
    assert!(path("~/a").holds(&path("~/a/b")) && path("/").holds(&path("/a")) && path("/a").holds(&path("/a/")));
    assert!(!path("/a").holds(&path("/ab")) && !path("/a/b").holds(&path("/a")) && !path("/").holds(&path("~/a")));
}

proptest::proptest! {
    #[test]
    fn no_manifest_is_too_strange(text in "[a-z=\\[\\]{}\".,# \n0-9~/]{0,200}") {
        let _ = parse(Path::new("x"), &text);
    }

    #[test]
    fn no_inner_path_leaves_its_folder(text in "[a./~ ]{0,12}") {
        if let Some(path) = InnerPath::read(&text) {
            let joined = Path::new("/folder").join(path.as_path());
            proptest::prop_assert!(joined.starts_with("/folder") && joined != Path::new("/folder"));
            proptest::prop_assert!(!joined.components().any(|part| part == Component::ParentDir));
        }
    }
}
