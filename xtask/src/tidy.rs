//! Holds every file of the repository to the rules that no compiler knows.
//!
//! 1. A file of code has at most [`LINES_MAX`] lines without its tests; a Rust file of [`HEADER_FROM`] lines or more
//!    begins by saying what it is for.
//! 2. Text has no white space at the end of a line, and names no folder of a particular computer.
//! 3. Every sentence in `messages/` is said somewhere, and every sentence that the code names is there. (That both
//!    languages have the same ones is a test of `sarai-messages`.)
//! 4. Every number promised in `SPECIFICATION.md` names the command that shows it.
//!
//! The length of a function is clippy's business (`clippy.toml`).

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::Result;
use fs_err as fs;

use crate::{report::Report, walk};

const LINES_MAX: usize = 600;
const HEADER_FROM: usize = 30;
const CODE: [&str; 7] = ["rs", "py", "js", "css", "html", "proto", "sh"];
/// Written by a program, which decides how they look.
const GENERATED: [&str; 3] = ["/generated/", ".snap", "Cargo.lock"];
/// Cut in two, so that this file does not name them either.
const PLACES: [&str; 4] =
    [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("pypi.", "org"), concat!("python", "hosted")];
const MESSAGES: &str = "messages/";
const NUMBERS: &str = "SPECIFICATION.md";
/// What a promise may name: something that a person can run.
const COMMANDS: [&str; 3] = ["`sarai ", "`make ", "`cargo "];
/// What stands before an id where the code looks one up.
const LOOKUPS: [&str; 5] = ["Notice::new(", "say(", "data-label=", "data-placeholder=", "data-text="];

/// One file of text, with its path from the root.
#[derive(Debug)]
struct Source {
    path: String,
    text: String,
}

pub(crate) fn run(root: &Path) -> Result<Report> {
    let mut report = Report::new("tidy");
    let sources = read(root, walk::all(root)?)?;
    for source in &sources {
        check_size(source, &mut report);
        check_text(source, &mut report);
    }
    check_messages(&sources, &mut report);
    match sources.iter().find(|source| source.path == NUMBERS) {
        Some(source) => check_numbers(&source.text, &mut report),
        None => report.find(format!("{NUMBERS} is missing")),
    }
    Ok(report)
}

/// The files of text among `paths`; pictures and the like are left out.
fn read(root: &Path, paths: Vec<PathBuf>) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for path in paths {
        if let Ok(text) = String::from_utf8(fs::read(&path)?) {
            let path = path.strip_prefix(root)?.to_string_lossy().into_owned();
            sources.push(Source { path, text });
        }
    }
    sources.retain(|source| !GENERATED.iter().any(|mark| source.path.contains(mark)));
    Ok(sources)
}

impl Source {
    fn has_extension(&self, extensions: &[&str]) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension))
    }

    /// Tests in a file of their own.
    fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.split('/').any(|folder| folder == "tests")
    }

    /// The text without the tests at its end.
    fn code(&self) -> &str {
        if self.is_test() {
            return "";
        }
        self.text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default()
    }
}

fn check_size(source: &Source, report: &mut Report) {
    let Source { path, text } = source;
    let lines = source.code().lines().count();
    if source.has_extension(&CODE) && lines > LINES_MAX {
        report.find(format!("{path} has {lines} lines without its tests, at most {LINES_MAX} are wanted"));
    }
    if source.has_extension(&["rs"]) && text.lines().count() >= HEADER_FROM && !text.starts_with("//! ") {
        report.find(format!("{path} does not begin by saying what it is for"));
    }
}

fn check_text(Source { path, text }: &Source, report: &mut Report) {
    for (number, line) in (1..).zip(text.lines()) {
        if line.ends_with([' ', '\t', '\r']) {
            report.find(format!("{path}:{number}: white space at the end of the line"));
        }
        for place in PLACES.into_iter().filter(|place| line.contains(place)) {
            report.find(format!("{path}:{number}: names {place}"));
        }
    }
    if !text.is_empty() && !text.ends_with('\n') {
        report.find(format!("{path} does not end in a line break"));
    }
}

fn check_messages(sources: &[Source], report: &mut Report) {
    let (messages, code): (Vec<&Source>, Vec<&Source>) =
        sources.iter().partition(|source| source.path.starts_with(MESSAGES));
    let defined: BTreeSet<&str> = messages
        .iter()
        .flat_map(|source| source.text.lines())
        .filter_map(|line| Some(line.split_once(" =")?.0))
        .collect();
    // A sentence may stand inside another one: `{ area-name }`.
    let said_by_messages = messages.iter().flat_map(|source| source.text.split(['{', '}']).skip(1).step_by(2));
    let said: BTreeSet<&str> =
        code.iter().map(|source| source.code()).chain(said_by_messages).flat_map(words).collect();

    for source in messages {
        for id in source.text.lines().filter_map(|line| Some(line.split_once(" =")?.0)) {
            if id.starts_with(|first: char| first.is_ascii_lowercase()) && !said.contains(id) {
                report.find(format!("{}: nobody says {id}", source.path));
            }
        }
    }
    for source in code {
        for id in LOOKUPS.iter().flat_map(|lookup| looked_up(source.code(), lookup)) {
            if !defined.contains(id) {
                report.find(format!("{}: no sentence is named {id}", source.path));
            }
        }
    }
}

/// Everything that could be an id.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'))
}

/// The ids that follow `lookup` as literals.
fn looked_up<'a>(text: &'a str, lookup: &'a str) -> impl Iterator<Item = &'a str> {
    let literals = text.split(lookup).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
    literals.filter(|literal| words(literal).eq([*literal]))
}

/// Every row of every table, but for its header, names a command.
fn check_numbers(text: &str, report: &mut Report) {
    let lines: Vec<&str> = text.lines().collect();
    for (number, pair) in (2..).zip(lines.windows(2)) {
        let [above, line] = pair else { continue };
        let is_row = line.starts_with('|') && above.starts_with('|') && !line.starts_with("|-");
        if is_row && !COMMANDS.iter().any(|command| line.contains(command)) {
            report.find(format!("{NUMBERS}:{number}: a promise without the command that shows it"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: impl Into<String>) -> Source {
        Source { path: path.to_owned(), text: text.into() }
    }

    fn findings(check: impl FnOnce(&mut Report)) -> Vec<String> {
        let mut report = Report::new("tidy");
        check(&mut report);
        report.findings().to_vec()
    }

    #[test]
    fn sizes() {
        let long = "//! A header.\n".to_owned() + &"let x = 1;\n".repeat(LINES_MAX - 1);
        let tests = long.clone() + "#[cfg(test)]\nmod tests {\n" + &"x\n".repeat(90) + "}\n";
        let body = "let x = 1;\n".repeat(HEADER_FROM);
        for (path, text, expect) in [
            ("a.rs", long.clone(), None),
            ("a.rs", tests, None),
            ("a.rs", long.clone() + "one more\n", Some("a.rs has 601 lines without its tests, at most 600 are wanted")),
            ("a/tests/b.rs", long.clone() + "one more\n", None),
            ("a.toml", long + "one more\n", None),
            ("a.rs", body.clone(), Some("a.rs does not begin by saying what it is for")),
            ("a.js", body, None),
        ] {
            let found = findings(|report| check_size(&source(path, text), report));
            assert_eq!(found, expect.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn texts() {
        let check = |text: &str| findings(|report| check_text(&source("a", text), report));
        assert_eq!(check(""), [""; 0]);
        assert_eq!(check("one\ntwo\n"), [""; 0]);
        assert_eq!(check("one \ntwo\n"), ["a:1: white space at the end of the line"]);
        assert_eq!(check("one\ntwo"), ["a does not end in a line break"]);
        let place = format!("see {}main\n", PLACES[0]);
        assert_eq!(check(&place), [format!("a:1: names {}", PLACES[0])]);
    }

    #[test]
    fn sentences() {
        let ftl = "# A comment.\na-said = One { $x } of { a-inner }.\na-inner = thing\na-unsaid = Two\n";
        let code = "Notice::new(\n    \"a-said\",\n); Notice::new(\"a-unknown\")\n<p data-text=\"a-missing\">";
        let sources = [source("messages/en/a.ftl", ftl), source("x.rs", code)];
        assert_eq!(
            findings(|report| check_messages(&sources, report)),
            [
                "messages/en/a.ftl: nobody says a-unsaid",
                "x.rs: no sentence is named a-unknown",
                "x.rs: no sentence is named a-missing",
            ]
        );
    }

    #[test]
    fn numbers() {
        let text = "| promise | shown by |\n|---|---|\n| fast | `make bench` |\n| small | trust us |\n";
        assert_eq!(
            findings(|report| check_numbers(text, report)),
            ["SPECIFICATION.md:4: a promise without the command that shows it"]
        );
    }
}
