//! Holds the workspace to the code map: the table of crates in `ARCHITECTURE.md`.
//!
//! The table is the rule and this is its judge, so that a new edge between crates is a change that a reader sees. What
//! is held:
//! 1. the table names exactly the crates of the workspace, and the graph is at most [`DEPTH_MAX`] deep;
//! 2. a crate uses only the crates of its row, and a heavy dependency only where a row names it;
//! 3. a crate whose line ends in `Pure.` reaches no clock, file or socket, neither through what it is built with nor in
//!    its own source;
//! 4. the program links no C++, and only the worker and the jail may say `unsafe`;
//! 5. the lockfile stays small, and no crate steps out of the workspace's lints.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use anyhow::{Result, ensure};
use fs_err as fs;

use crate::{
    report::Report,
    walk,
    workspace::{Graph, Workspace, closure},
};

const MAP: &str = "ARCHITECTURE.md";
const MAP_HEADER: &str = "| crate |";
/// Crates on the longest path, both ends counted.
const DEPTH_MAX: usize = 5;
const PACKAGES_MAX: usize = 450;
/// The only crate with C++ in it.
const WORKER: &str = "sarai-llama";
/// Who may open an `unsafe` block: for llama.cpp's interface, and for system calls that no safe crate has.
const UNSAFE: [&str; 2] = [WORKER, "sarai-sandbox"];
const CPP: &str = "llama-cpp-sys-2";
/// What runs in the assistant's own process.
const PROGRAM: &str = "sarai";
/// Packages that reach the world outside. A pure crate is built with none of them. `jiff` is like `std`: most of it is
/// arithmetic, and with its zones compiled in nothing is read from outside. Its few doors are in [`IMPURE_SOURCE`].
const IMPURE: [&str; 12] = [
    "fs-err", "hyper", "memmap2", "mio", "notify", "reqwest", "rusqlite", "rustix", "socket2", "tempfile", "tokio",
    "ureq",
];
/// What a pure source never says. The last one would silence clippy, which knows the other spellings.
const IMPURE_SOURCE: [&str; 14] = [
    "std::fs",
    "std::net",
    "std::process",
    "SystemTime::now",
    "Instant::now",
    "thread::sleep",
    // Of jiff: its clock, the zone of the machine, and the zones on its disk.
    "Timestamp::now",
    "Zoned::now",
    "TimeZone::get",
    "TimeZone::system",
    "TimeZone::try_system",
    "TimeZoneDatabase::from_",
    "tz::db",
    "clippy::disallowed",
];

/// One row of the table.
#[derive(Debug, Default, PartialEq, Eq)]
struct Row {
    uses: BTreeSet<String>,
    heavy: BTreeSet<String>,
    purity: Purity,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Purity {
    Pure,
    #[default]
    Shell,
}

pub(crate) fn run(root: &Path) -> Result<Report> {
    let mut report = Report::new("arch");
    let workspace = Workspace::load(root)?;
    let rows = parse(&fs::read_to_string(root.join(MAP))?)?;

    check_graph(&rows, &workspace.members.keys().cloned().collect(), &workspace.graph, &mut report);
    if workspace.packages.len() > PACKAGES_MAX {
        report
            .find(format!("Cargo.lock holds {} packages, at most {PACKAGES_MAX} are wanted", workspace.packages.len()));
    }
    for (name, folder) in &workspace.members {
        if !fs::read_to_string(folder.join("Cargo.toml"))?.contains("[lints]\nworkspace = true") {
            report.find(format!("{name} does not take the workspace's lints"));
        }
        let purity = rows.get(name).map_or(Purity::Shell, |row| row.purity);
        // The judge names what it looks for.
        for file in walk::files(folder, "rs")?.iter().filter(|_| name != "xtask") {
            check_source(
                name,
                purity,
                &file.strip_prefix(root)?.display().to_string(),
                &fs::read_to_string(file)?,
                &mut report,
            );
        }
    }
    Ok(report)
}

/// Reads the table: `crate | one line | may use in the repo | heavy dependencies that no other row may have`.
fn parse(document: &str) -> Result<BTreeMap<String, Row>> {
    let table = document.lines().skip_while(|line| !line.starts_with(MAP_HEADER)).skip(2);
    let mut rows = BTreeMap::new();
    for line in table.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, purpose, uses, heavy] = cells[..] else { anyhow::bail!("{MAP}: not four cells: {line}") };
        let purity = if purpose.ends_with("Pure.") { Purity::Pure } else { Purity::Shell };
        let uses = names(uses).map(|name| format!("sarai-{name}")).collect();
        let row = Row { uses, heavy: names(heavy).map(str::to_owned).collect(), purity };
        ensure!(rows.insert(name.trim_matches('`').to_owned(), row).is_none(), "{MAP}: {name} has two rows");
    }
    ensure!(!rows.is_empty(), "{MAP} has no table that starts with {MAP_HEADER}");
    Ok(rows)
}

fn names(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(',').map(|name| name.trim().trim_matches('`')).filter(|name| !["", "–"].contains(name))
}

fn check_graph(rows: &BTreeMap<String, Row>, members: &BTreeSet<String>, graph: &Graph, report: &mut Report) {
    for name in members.iter().filter(|name| !rows.contains_key(*name)) {
        report.find(format!("{name} has no row in {MAP}"));
    }
    for (name, row) in rows {
        let Some(used) = graph.get(name).filter(|_| members.contains(name)) else {
            report.find(format!("{MAP} has a row for {name}, which is no crate of the workspace"));
            continue;
        };
        for edge in used.intersection(members).filter(|edge| !row.uses.contains(*edge)) {
            report.find(format!("{name} uses {edge}, which its row in {MAP} does not allow"));
        }
        for edge in row.uses.difference(used) {
            report.find(format!("{name} may use {edge} by its row in {MAP}, but does not: take it out"));
        }
        for (owner, heavy) in rows.iter().filter(|(owner, _)| *owner != name).map(|(owner, row)| (owner, &row.heavy)) {
            for package in used.intersection(heavy).filter(|package| !row.heavy.contains(*package)) {
                report.find(format!("{name} uses {package}, which only {owner} may"));
            }
        }
        for package in row.heavy.difference(used) {
            report.find(format!("{name} owns {package} by its row in {MAP}, but does not use it: take it out"));
        }
        let reached = closure(graph, name);
        for package in IMPURE.into_iter().filter(|package| row.purity == Purity::Pure && reached.contains(*package)) {
            report.find(format!("{name} is pure and yet built with {package}"));
        }
        if depth(graph, members, name) > DEPTH_MAX {
            report.find(format!("{name} stands on more than {DEPTH_MAX} layers of crates"));
        }
    }
    if closure(graph, PROGRAM).contains(CPP) {
        report.find(format!("{PROGRAM} is built with {CPP}: C++ lives in {WORKER} alone"));
    }
}

/// Crates of the workspace on the longest path down from `name`. Cargo has already refused circles.
fn depth(graph: &Graph, members: &BTreeSet<String>, name: &str) -> usize {
    let below = graph.get(name).into_iter().flatten().filter(|used| members.contains(*used));
    1 + below.map(|used| depth(graph, members, used)).max().unwrap_or(0)
}

fn check_source(name: &str, purity: Purity, file: &str, source: &str, report: &mut Report) {
    for (line, text) in (1..).zip(source.lines()) {
        let code = text.split("//").next().unwrap_or_default();
        if !UNSAFE.contains(&name) && code.contains("unsafe_code") {
            report.find(format!("{file}:{line}: only {} may allow unsafe code", UNSAFE.join(" and ")));
        }
        for word in IMPURE_SOURCE.into_iter().filter(|word| purity == Purity::Pure && code.contains(word)) {
            report.find(format!("{file}:{line}: {name} is pure and yet says {word}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "\
Words before the table.

| crate | one line | may use in the repo | heavy dependencies that no other row may have |
|---|---|---|---|
| `sarai-types` | Words. Pure. | – | uuid |
| `sarai-api` | The door. | types | axum, `utoipa` |
| `sarai-config` | The file. | – | – |
| `sarai` | The command line. | api, types | – |

| other | table |
";

    /// A workspace that keeps the table's rules; `change` then breaks one.
    fn findings(change: impl FnOnce(&mut Graph)) -> Vec<String> {
        let edges = [
            ("sarai-types", &["uuid"][..]),
            ("sarai-config", &[]),
            ("sarai-api", &["sarai-types", "axum", "utoipa", "tokio"]),
            ("sarai", &["sarai-api", "sarai-types", "tokio"]),
        ];
        let mut graph: Graph = edges
            .into_iter()
            .map(|(name, uses)| (name.to_owned(), uses.iter().map(ToString::to_string).collect()))
            .collect();
        let members = graph.keys().cloned().collect();
        change(&mut graph);
        let mut report = Report::new("arch");
        check_graph(&parse(MAP).unwrap(), &members, &graph, &mut report);
        report.findings().to_vec()
    }

    fn edge(graph: &mut Graph, from: &str, to: &str) {
        graph.entry(from.to_owned()).or_default().insert(to.to_owned());
    }

    #[test]
    fn a_workspace_that_keeps_the_rules() {
        assert_eq!(findings(|_| {}), [""; 0]);
    }

    #[test]
    fn each_rule_has_a_way_to_break() {
        type Change = fn(&mut Graph);
        let cases: [(Change, &str); 7] = [
            (|graph| edge(graph, "sarai-api", "sarai-config"), "sarai-api uses sarai-config, which its row in"),
            (|graph| edge(graph, "sarai-types", "axum"), "sarai-types uses axum, which only sarai-api may"),
            (|graph| edge(graph, "uuid", "mio"), "sarai-types is pure and yet built with mio"),
            (|graph| edge(graph, "axum", CPP), "sarai is built with llama-cpp-sys-2"),
            (|graph| drop(graph.remove("sarai-api")), "has a row for sarai-api, which is no crate of the workspace"),
            (|graph| drop(graph.insert("sarai".to_owned(), BTreeSet::new())), "sarai may use sarai-api by its row"),
            (|graph| drop(graph.insert("sarai-types".to_owned(), BTreeSet::new())), "sarai-types owns uuid by its row"),
        ];
        for (change, expect) in cases {
            let findings = findings(change);
            assert!(findings.iter().any(|finding| finding.contains(expect)), "{expect}: {findings:?}");
        }
    }

    #[test]
    fn a_crate_without_a_row() {
        let mut report = Report::new("arch");
        check_graph(&BTreeMap::new(), &BTreeSet::from(["sarai-new".to_owned()]), &Graph::new(), &mut report);
        assert_eq!(report.findings(), ["sarai-new has no row in ARCHITECTURE.md"]);
    }

    #[test]
    fn depth_counts_crates_of_ours() {
        let mut graph = Graph::new();
        for (from, to) in [("a", "b"), ("b", "c"), ("c", "d"), ("a", "d"), ("d", "outside")] {
            edge(&mut graph, from, to);
        }
        let members = ["a", "b", "c", "d"].map(str::to_owned).into();
        assert_eq!(depth(&graph, &members, "a"), 4);
    }

    #[test]
    fn sources() {
        let check = |name, purity, source| {
            let mut report = Report::new("arch");
            check_source(name, purity, "lib.rs", source, &mut report);
            report.findings().len()
        };
        assert_eq!(check("sarai-types", Purity::Pure, "let now = Instant::now();"), 1);
        assert_eq!(check("sarai-types", Purity::Pure, "let zone = TimeZone::get(name);"), 1);
        assert_eq!(check("sarai-types", Purity::Pure, "let zone = TimeZoneDatabase::bundled().get(name);"), 0);
        assert_eq!(check("sarai-types", Purity::Pure, "#[allow(clippy::disallowed_methods)]"), 1);
        assert_eq!(check("sarai-types", Purity::Pure, "//! It never calls Instant::now()."), 0);
        assert_eq!(check("sarai-api", Purity::Shell, "let now = Instant::now();"), 0);
        assert_eq!(check("sarai-api", Purity::Shell, "#![allow(unsafe_code)]"), 1);
        assert_eq!(check(WORKER, Purity::Shell, "#![allow(unsafe_code)]"), 0);
    }

    #[test]
    fn a_document_without_a_table_is_an_error() {
        for document in ["", "| crate | one line |\n|---|---|\n| `sarai` | two cells |\n"] {
            assert!(parse(document).is_err(), "{document}");
        }
    }
}
