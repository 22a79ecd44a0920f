//! Tries every known way out of a jail, in both back ends, and outside to see that it would work there.
//!
//! Each attempt (`attempts`) is a small program's honest try, which looks whether it had its effect. It runs outside
//! first: what fails there proves nothing inside. Then it runs in a jail of bubblewrap and in one of every container
//! engine. The table that comes out goes to standard error. There is no skip: a back end that does not start fails the
//! test and says what to do.
//!
//! `SARAI_TEST_ENGINE` names the sockets of engines to use, with commas between them; without it Podman and Docker are
//! started by `scripts/containers.sh`. `SARAI_JAIL_BIN` names the static program that `make jail` builds.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod attempts;
mod engine;
mod judge;
mod programs;
mod run;
mod scene;
mod table;

use std::collections::BTreeSet;
use std::io::Write;

use attempts::{ATTEMPTS, Attempt, Control};
use engine::Engine;
use judge::Verdict;
use programs::Programs;
use scene::Outside;
use table::Table;

/// The issue asks for so many on each back end.
const ATTEMPTS_MIN: usize = 45;

/// How every attempt went in one place.
type Column = Vec<Verdict>;

#[test]
fn nothing_gets_out() {
    let programs = Programs::find();
    let engines = Engine::start_all();
    let outside = Outside::open(&programs);
    let jails: Vec<Option<&Engine>> = std::iter::once(None).chain(engines.iter().map(Some)).collect();
    // Most of the time is spent waiting for an engine.
    let (controls, columns) = std::thread::scope(|scope| {
        let (programs, outside) = (&programs, &outside);
        let column = |engine: Option<&'_ Engine>| {
            ATTEMPTS.iter().map(|attempt| run::in_jail(programs, outside, attempt, engine)).collect::<Column>()
        };
        let jailed: Vec<_> = jails.iter().map(|&engine| scope.spawn(move || column(engine))).collect();
        let controls: Vec<_> = ATTEMPTS.iter().map(|attempt| control(programs, outside, attempt)).collect();
        let columns: Vec<Column> =
            jailed.into_iter().map(|thread| thread.join().expect("it went to its end")).collect();
        (controls, columns)
    });
    let names: Vec<String> = jails
        .iter()
        .map(|engine| engine.map_or("local".to_owned(), |engine| format!("docker ({})", engine.name)))
        .collect();
    report(&controls, &names, &columns);
}

/// Prints the table, and fails if anything is not as it must be.
fn report(controls: &[Result<String, String>], names: &[String], columns: &[Column]) {
    let mut table = Table::new(std::iter::once("outside").chain(names.iter().map(String::as_str)));
    let mut faults = Vec::new();
    for (index, (attempt, control)) in ATTEMPTS.iter().zip(controls).enumerate() {
        if let Err(why) = control {
            faults.push(format!("outside, where it must work: {}: {why}", attempt.command));
        }
        let mut cells = vec![control.clone().unwrap_or_else(|why| why)];
        for (name, column) in names.iter().zip(columns) {
            let verdict = &column[index];
            if !matches!(verdict, Verdict::Blocked(_)) {
                faults.push(format!("{name}: {}: {verdict}", attempt.command));
            }
            cells.push(verdict.to_string());
        }
        table.row(attempt.command, cells);
    }
    // Past the harness, which would show it only when a test fails.
    writeln!(std::io::stderr(), "{table}{} attempts, {} faults", ATTEMPTS.len(), faults.len())
        .expect("standard error is open");
    assert!(faults.is_empty(), "{} faults in {} attempts:\n{}", faults.len(), ATTEMPTS.len(), faults.join("\n"));
}

/// Runs the attempt outside, where it must succeed, and says how it went.
fn control(programs: &Programs, outside: &Outside, attempt: &Attempt) -> Result<String, String> {
    let verdict = run::outside(programs, outside, attempt, attempt.command);
    let near = match (attempt.control, &verdict) {
        (_, Verdict::Escaped(_)) => return Ok("works".to_owned()),
        (Control::RootOr(near), Verdict::Blocked(_)) => Some(near),
        (Control::Root, Verdict::Blocked(_)) if !rustix::process::geteuid().is_root() => Some("system-call"),
        _ => None,
    };
    match near.map(|near| (near, run::outside(programs, outside, attempt, near))) {
        Some((near, Verdict::Escaped(_))) => Ok(format!("this computer: {verdict}; `{near}` works")),
        _ => Err(verdict.to_string()),
    }
}

#[test]
fn every_attempt_of_the_probe_is_tried() {
    let programs = Programs::find();
    let known = programs.attempts();
    let tried: BTreeSet<&str> = ATTEMPTS.iter().filter_map(|attempt| attempt.command.split(' ').next()).collect();
    // This one forbids nothing; it is a control.
    let missing: Vec<&String> =
        known.iter().filter(|name| !tried.contains(name.as_str()) && *name != "system-call").collect();
    assert!(missing.is_empty(), "nobody tries {missing:?}");
    assert!(ATTEMPTS.len() >= ATTEMPTS_MIN, "{} attempts", ATTEMPTS.len());
}
