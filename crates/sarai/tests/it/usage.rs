//! Help, usage errors, languages, pipes.

use std::io::Write;
use std::process::Stdio;

use super::Home;

const COMMANDS: [&[&str]; 16] = [
    &["up"],
    &["serve"],
    &["pair"],
    &["chat"],
    &["ask"],
    &["model"],
    &["model", "list"],
    &["model", "pull"],
    &["model", "rm"],
    &["model", "info"],
    &["status"],
    &["doctor"],
    &["config", "check"],
    &["config", "show"],
    &["bench"],
    &["completion"],
];

#[test]
fn help_is_in_the_persons_language() {
    for language in ["es", "en"] {
        let ended = Home::new().with("SARAI_LANG", language).run(["--help"]);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
        insta::assert_snapshot!(format!("help_{language}"), ended.stdout);
    }
}

/// An id that no message file knows would stand there as itself.
#[test]
fn every_command_explains_itself_without_a_word_of_code() {
    for language in ["es", "en"] {
        let home = Home::new().with("SARAI_LANG", language);
        for command in COMMANDS {
            let ended = home.run(command.iter().chain(&["--help"]));
            assert_eq!(ended.code, 0, "{command:?}: {ended:?}");
            for mark in ["cli-", "bench-", "chat-", "Usage: sarai [OPTIONS] <COMMAND>"] {
                assert!(!ended.stdout.contains(mark), "{command:?} says {mark}: {}", ended.stdout);
            }
            let foreign = if language == "es" { ["Usage:", "Options:"] } else { ["Uso:", "Opciones:"] };
            assert!(!foreign.iter().any(|word| ended.stdout.contains(word)), "{command:?}: {}", ended.stdout);
        }
    }
}

#[test]
fn what_makes_no_sense_ends_with_2_and_a_sentence() {
    let home = Home::new().with("SARAI_LANG", "es");
    for (args, sentence) in [
        (&["modle"][..], "No existe la orden «modle». ¿Querías decir «model»?"),
        (&["ask", "--temprature", "1"], "No existe la opción «--temprature». ¿Querías decir «--temperature»?"),
        (&["ask", "--temperature", "3", "x"], "«3» no vale para --temperature <T>."),
        (&["ask", "--max-tokens", "0", "x"], "«0» no vale para --max-tokens <N>."),
        (&["ask", "--seed"], "A --seed <N> le falta su valor."),
        (&["status", "--set", "port"], "«port» no vale para --set <CLAVE=VALOR>."),
        (&["model", "rm"], "Falta <MODELO>."),
        (&["model", "rm", "../x"], "«../x» no vale para <MODELO>."),
        (&["completion", "cmd"], "«cmd» no vale para <bash|zsh|fish>. Puede ser: bash, zsh, fish."),
    ] {
        home.run(args).told(2, &format!("{sentence}\nAñade --help para ver qué se puede hacer."));
    }
}

#[test]
fn no_command_at_all_shows_the_help_and_ends_with_2() {
    let ended = Home::new().run([""; 0]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert!(ended.stderr.contains("completion"), "{}", ended.stderr);
}

#[test]
fn the_locale_decides_and_sarai_lang_is_stronger() {
    for (variables, spanish) in [
        (&[("LANG", "C")][..], false),
        (&[("LANG", "es_MX.UTF-8")], true),
        (&[("LANG", "fr_FR.UTF-8")], false),
        (&[("LC_ALL", "C"), ("SARAI_LANG", "es")], true),
    ] {
        let home = variables.iter().fold(Home::new(), |home, (name, value)| home.with(name, value));
        let sentence = if spanish {
            "SARAi no está en marcha. Arráncalo con «sarai up» en otro terminal."
        } else {
            "SARAi is not running. Start it with \"sarai up\" in another terminal."
        };
        home.run(["ask", "hola"]).told(1, sentence);
    }
}

#[test]
fn completion_needs_no_home() {
    for shell in ["bash", "zsh", "fish"] {
        let output = Home::new().command(["completion", shell]).env_remove("SARAI_HOME").output().unwrap();
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success());
        assert!(script.contains("doctor") && script.contains("sarai"), "{shell}: {script}");
    }
}

#[test]
fn without_any_home_it_says_so() {
    let home = Home::new();
    let output = home.command(["status"]).env_remove("SARAI_HOME").output().unwrap();
    let ended = home.ended(output);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("SARAI_HOME"), "{}", ended.stderr);
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let home = Home::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = home.command(["config", "show"]).stdout(writer).output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn a_question_from_a_pipe_is_text() {
    let home = Home::new();
    let ask = |input: &[u8]| {
        let mut child = home.command(["ask"]).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        home.ended(child.wait_with_output().unwrap())
    };
    ask(b"\xff\xfe").told(1, "The input is not UTF-8 text. Convert it and try again.");
    ask(b"  \n")
        .told(1, "The question is missing. Write it after the command, such as: sarai ask \"Why is the sky blue?\"");
    ask("¿Hola?".as_bytes()).told(1, "SARAi is not running. Start it with \"sarai up\" in another terminal.");
}

#[test]
fn chat_starts_nothing_by_itself() {
    let home = Home::new();
    home.run(["chat"]).told(1, "SARAi is not running. Start it with \"sarai up\" in another terminal.");
    assert_eq!(fs_err::read_dir(home.folder.path()).unwrap().count(), 0);
}
