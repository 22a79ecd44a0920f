//! The skill as the daemon sees it, with the computer's own Python and with none.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::too_many_lines,
    reason = "a test fails by panicking, and tables are long"
)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use sarai_engine::grammar::{Checker, Verdict};
use sarai_proto::skill::v1::infer_reply::Outcome as Reply;
use sarai_skill_python::run::{End, OUTPUT_BYTES_MAX, Run, interpreter, run};
use sarai_skill_python::{GRAMMAR, Python};
use sarai_skill_sdk::testing::{Rig, Scripted, request};
use sarai_skill_sdk::{Call, Failure, Folder, LoadError, Outcome, Request, Skill};
use sarai_types::{Grammar, GrammarKind};
use serde_json::{Value, json};

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

/// The interpreter that a jailed skill would find. `apt install python3`: a computer that tests this must have it.
fn python() -> PathBuf {
    interpreter("/usr/local/bin:/usr/bin:/bin".as_ref()).expect("these tests need python3")
}

/// The skill as it is where the manifest does not ask for the computer's programs.
struct Without(Python);

impl Skill for Without {
    const NAME: &'static str = Python::NAME;
    const VERSION: &'static str = Python::VERSION;

    fn load(folder: &Folder) -> Result<Self, LoadError> {
        Python::with(None, folder).map(Self)
    }

    async fn infer(&self, request: Request, call: &mut Call) -> Result<Outcome, Failure> {
        self.0.infer(request, call).await
    }
}

async fn ask<S: Skill>(
    script: impl IntoIterator<Item = Scripted>,
    text: &str,
    arguments: Value,
) -> Result<(String, Value), String> {
    let rig = Rig::start::<S>(Path::new(FOLDER), script).await.unwrap();
    let reply = rig.infer(request(text, arguments.to_string())).await.unwrap();
    rig.stop().await.unwrap();
    match reply.outcome.unwrap() {
        Reply::Answer(answer) => Ok((answer.text, serde_json::from_str(&answer.data).unwrap())),
        Reply::Declined(declined) => Err(declined.sentence),
    }
}

const DOUBLE: &str = "def doble(n):\n    return 2 * n\n\nprint(doble(21))\n";

#[tokio::test]
async fn a_program_is_written_and_run() {
    let (text, data) = ask::<Python>([Scripted::Says(vec![DOUBLE.into()])], "el doble de 21", json!({})).await.unwrap();
    assert_eq!(text, format!("```python\n{DOUBLE}```\n\nImprime:\n\n```\n42\n```\n"));
    assert_eq!(data, json!({"code": DOUBLE, "ran": true, "output": "42\n", "error": "", "end": "done"}));
}

#[tokio::test]
async fn without_an_interpreter_there_is_the_program_alone() {
    let (text, data) =
        ask::<Without>([Scripted::Says(vec![DOUBLE.into()])], "el doble de 21", json!({})).await.unwrap();
    assert!(text.starts_with(&format!("```python\n{DOUBLE}```\n\nNo lo he ejecutado,")), "{text}");
    assert_eq!(data, json!({"code": DOUBLE, "ran": false}));
}

#[tokio::test]
async fn a_program_of_the_persons_own() {
    let (text, _) = ask::<Python>([], "", json!({"code": "x = 1"})).await.unwrap();
    assert_eq!(text, "```python\nx = 1\n```\n\nHa terminado sin imprimir nada.\n");
    let (text, data) = ask::<Python>([], "", json!({"code": "print(7)\n1 / 0"})).await.unwrap();
    assert!(
        text.contains(
            "Se ha detenido con un error:\n\n```\nTraceback (most recent call last):\n  File \"programa.py\", line 2"
        ),
        "{text}"
    );
    assert!(text.ends_with("Hasta entonces había impreso:\n\n```\n7\n```\n"), "{text}");
    assert_eq!(data["end"], "failed");
}

#[tokio::test]
async fn what_cannot_be_written() {
    assert_eq!(ask::<Python>([], " ", json!({})).await.unwrap_err(), "¿Qué quieres que calcule o que programe?");
    let cut = Scripted::CutOff(vec!["def f(".into()]);
    assert_eq!(
        ask::<Python>([cut], "x", json!({})).await.unwrap_err(),
        "El programa sale demasiado largo. Pide algo más pequeño."
    );
    let long = json!({"code": "#".repeat(70_000)});
    assert_eq!(ask::<Python>([], "", long).await.unwrap_err(), "Esa petición es demasiado larga. Acórtala.");
}

async fn ran(program: &str, seconds: u64) -> Run {
    run(&python(), program, Duration::from_secs(seconds)).await.unwrap()
}

/// What a program may not do to the next one. The walls around both are the jail's, and tested there.
#[tokio::test]
async fn programs_are_bounded() {
    for (program, seconds, end, output) in [
        ("print('a')\nwhile True: pass", 1, End::OutOfTime, "a\n"),
        ("import time\ntime.sleep(60)", 1, End::OutOfTime, ""),
        (
            "import signal, time\nfor s in (1, 2, 15): signal.signal(s, signal.SIG_IGN)\ntime.sleep(60)",
            1,
            End::OutOfTime,
            "",
        ),
        ("x = bytearray(10**9)", 10, End::Failed, ""),
        ("x = [0]\nwhile True: x += x", 10, End::Failed, ""),
        ("import sys\nsys.exit(3)", 10, End::Failed, ""),
        ("import os\nos.abort()", 10, End::Failed, ""),
        ("def f(n): return f(n + 1)\nf(0)", 10, End::Failed, ""),
        ("raise SystemExit", 10, End::Done, ""),
        ("print(input())", 10, End::Failed, ""),
        ("import sys\nprint(len(sys.argv), sys.flags.isolated)", 10, End::Done, "1 1\n"),
        ("import os\nprint(sorted(os.environ))", 10, End::Done, "['LANG']\n"),
        ("print(len(str(9 ** 10000)), 'ñ')", 10, End::Done, "9543 ñ\n"),
        (
            "import resource\nresource.setrlimit(resource.RLIMIT_CORE, (0, 0))\nprint(resource.getrlimit(resource.RLIMIT_CPU))",
            10,
            End::Done,
            "(10, 10)\n",
        ),
        ("", 10, End::Done, ""),
        ("\u{0}", 10, End::Failed, ""),
        ("esto no es python", 10, End::Failed, ""),
    ] {
        let found = ran(program, seconds).await;
        assert_eq!((found.end, found.output.as_str()), (end, output), "{program}: {found:?}");
    }
}

#[tokio::test]
async fn what_is_printed_is_bounded() {
    for (program, end, bytes) in [
        (format!("print('x' * {})", OUTPUT_BYTES_MAX - 1), End::Done, OUTPUT_BYTES_MAX),
        (format!("print('x' * {OUTPUT_BYTES_MAX})"), End::TooMuch, OUTPUT_BYTES_MAX),
        ("while True: print('x' * 1000)".to_owned(), End::TooMuch, OUTPUT_BYTES_MAX),
    ] {
        let found = ran(&program, 10).await;
        assert_eq!((found.end, found.output.len()), (end, bytes), "{program}");
    }
    let loud = ran("import sys\nwhile True: sys.stderr.write('x' * 1000)", 10).await;
    assert_eq!((loud.end, loud.error.len()), (End::TooMuch, OUTPUT_BYTES_MAX));
    let bytes = ran("import sys\nsys.stdout.buffer.write(b'\\xff')", 10).await;
    assert_eq!(bytes.output, "\u{fffd}");
}

/// A program that leaves others behind ends like any other.
#[tokio::test]
async fn what_forks_is_not_waited_for() {
    let program = "import os, time\ntry:\n    child = os.fork()\nexcept OSError:\n    child = 1\nif child == 0:\n    time.sleep(3)\n    os._exit(0)\nprint('fin')";
    let found = ran(program, 1).await;
    assert!(matches!(found.end, End::Done | End::OutOfTime), "{found:?}");
    assert_eq!(found.output, "fin\n");
}

#[tokio::test]
async fn no_interpreter_and_one_that_is_none() {
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(interpreter(empty.path().as_os_str()), None);
    assert_eq!(interpreter(std::ffi::OsStr::new("bin:.")), None, "only folders that are named in full");
    let file = empty.path().join("python3");
    fs_err::write(&file, "").unwrap();
    assert!(run(&file, "print(1)", Duration::from_secs(5)).await.is_err());
}

#[test]
fn the_grammar_takes_what_the_prompt_asks_for() {
    let grammar = Grammar { kind: GrammarKind::Gbnf, source: GRAMMAR.to_owned() };
    assert_eq!(Checker::new().unwrap().check(&grammar, DOUBLE.as_bytes()).unwrap(), Verdict::Accepted);
}
