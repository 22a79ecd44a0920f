//! `sarai bench memory`: what the memory finds, lets go and makes up, and how long it takes with many facts.
//!
//! The dialogues are those of `evals/memory`, as they were when the program was built; full-text search over what was
//! said word by word is the baseline. The share of facts that it recalled of those that nobody tuned it to is kept in the
//! state folder, for `sarai_entity_recall_rate`. The times are of a store on disk with so many facts about people who do
//! not exist, each question another one.

use std::hint::black_box;
use std::time::Instant;

use anyhow::Result;
use fs_err as fs;
use sarai_memory::{
    Change, Entity, EntityId, EntityKind, Evidence, Fact, FactId, Memory, Moment, Predicate, Source, States,
    Store as _, Value, key,
};
use sarai_memory_sqlite::SqliteStore;
use sarai_memory_sqlite::eval::{Half, Rate, System, score};
use sarai_messages::Messages;
use sarai_types::Language;
use serde::Serialize;

use super::statistics::percentile;
use super::table::{self, Table};
use super::{Figures, Measured, MeasuredModel, ms_between};
use crate::cli::JsonFlag;
use crate::shell::Shell;

/// Sets by name: dialogues, turns without facts, and which half of both.
const SETS: &[(&str, &str, &str, Half)] = &[
    (
        "third-test",
        include_str!("../../../../evals/memory/third-test/dialogues.jsonl"),
        include_str!("../../../../evals/memory/third-test/no-facts.jsonl"),
        Half::Both,
    ),
    (
        "second-test",
        include_str!("../../../../evals/memory/second-test/dialogues.jsonl"),
        include_str!("../../../../evals/memory/second-test/no-facts.jsonl"),
        Half::Both,
    ),
    (
        "fresh-test",
        include_str!("../../../../evals/memory/fresh-test/dialogues.jsonl"),
        include_str!("../../../../evals/memory/fresh-test/no-facts.jsonl"),
        Half::Both,
    ),
    (
        "test",
        include_str!("../../../../evals/memory/dialogues.jsonl"),
        include_str!("../../../../evals/memory/no-facts.jsonl"),
        Half::Test,
    ),
    (
        "dev",
        include_str!("../../../../evals/memory/dialogues.jsonl"),
        include_str!("../../../../evals/memory/no-facts.jsonl"),
        Half::Development,
    ),
];
const FACTS_OF_A_PERSON: u64 = 4;
/// Changes that are stored together.
const BATCH: usize = 40_000;
const QUESTIONS: u64 = 500;
const TURNS: u64 = 200;

#[derive(Debug, clap::Args)]
pub(super) struct MemoryArgs {
    #[arg(long, value_name = "N", default_value_t = 100_000, help = "bench-help-facts",
        value_parser = clap::value_parser!(u64).range(1000..=2_000_000))]
    facts: u64,
    #[command(flatten)]
    pub(super) json: JsonFlag,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Remembered {
    sets: Vec<SetFigures>,
    facts: u64,
    file_bytes: u64,
    times: Vec<Times>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct SetFigures {
    set: &'static str,
    /// `memory`, or `search` for the baseline.
    system: &'static str,
    recall: Share,
    stale: Share,
    leak: Share,
    abstention: Share,
    junk: Share,
}

/// A share with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Share {
    hits: usize,
    of: usize,
    low: f64,
    high: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Times {
    /// `subject`, `object`, `words`, `question` or `turn`.
    what: &'static str,
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
}

/// # Errors
/// There is no room for the store.
pub(super) fn run(args: &MemoryArgs, shell: &Shell) -> Result<Measured<Remembered>> {
    let mut sets = Vec::new();
    for (set, dialogues, no_facts, half) in SETS {
        for (system, name) in [(System::Memory, "memory"), (System::Search, "search")] {
            let score = score(dialogues, no_facts, *half, system)
                .map_err(|(line, error)| anyhow::anyhow!("{set}, line {line}: {error}"))?;
            let [recall, stale, leak, abstention, junk] =
                [score.recall, score.stale, score.leak, score.abstention, score.junk].map(Share::from);
            sets.push(SetFigures { set, system: name, recall, stale, leak, abstention, junk });
        }
    }
    if let Some(figures) = sets.first()
        && shell.folders.state.is_dir()
    {
        let share = figures.recall.share();
        sarai_config::write_atomic(&shell.folders.recall_rate_file(), format!("{share:.4}\n").as_bytes())?;
    }
    let folder = tempfile::tempdir()?;
    let mut memory = Memory::new(filled(folder.path(), args.facts)?);
    let times = timed(&mut memory, args.facts)?;
    let file_bytes = memory.store().file_bytes();
    drop(memory);
    fs::remove_dir_all(folder.path())?;
    let result = Remembered { sets, facts: args.facts, file_bytes, times };
    Ok(Measured { model: MeasuredModel::none(), result })
}

impl From<Rate> for Share {
    fn from(rate: Rate) -> Self {
        Self { hits: rate.hits, of: rate.of, low: rate.low, high: rate.high }
    }
}

impl Share {
    #[expect(clippy::cast_precision_loss, reason = "counts of a few hundred")]
    fn share(self) -> f64 {
        if self.of == 0 { 0.0 } else { self.hits as f64 / self.of as f64 }
    }

    fn said(self, language: Language) -> String {
        let percent = |share: f64| table::number(Some(share * 100.0), language);
        match self.of {
            0 => table::nothing(),
            of => {
                format!("{} ({}–{}), {}/{of}", percent(self.share()), percent(self.low), percent(self.high), self.hits)
            }
        }
    }
}

/// A store with so many facts, four of each person.
fn filled(folder: &std::path::Path, facts: u64) -> Result<SqliteStore> {
    let (mut store, _) = SqliteStore::open(folder)?;
    let mut changes = Vec::with_capacity(BATCH + 8);
    for person in 0..facts / FACTS_OF_A_PERSON {
        let id = EntityId(person + 2);
        changes.push(Change::AddEntity(Entity { id, kind: EntityKind::Person, names: vec![name(person)] }));
        for (n, (predicate, object)) in (0..).zip(things(person)) {
            changes.push(Change::AddFact(fact(FactId(person * FACTS_OF_A_PERSON + n + 1), id, predicate, &object)));
        }
        if changes.len() >= BATCH {
            store.apply(&changes)?;
            changes.clear();
        }
    }
    store.apply(&changes)?;
    Ok(store)
}

fn name(person: u64) -> String {
    format!("Nombre{person} Apellido{}", person % 997)
}

fn things(person: u64) -> [(Predicate, String); 4] {
    [
        (Predicate::LivesIn, format!("Ciudad{}", person % 5003)),
        (Predicate::WorksAt, format!("Empresa{}", person % 2003)),
        (Predicate::Likes, format!("Cosa{}", person % 7919)),
        (Predicate::Phone, format!("6{person:08}")),
    ]
}

fn fact(id: FactId, subject: EntityId, predicate: Predicate, object: &str) -> Fact {
    Fact {
        id,
        subject,
        predicate,
        kind: String::new(),
        object: Value { text: object.to_owned(), key: key(object), entity: None },
        from: None,
        to: None,
        recorded: now(),
        retracted: None,
        source: Source::Entered,
        confidence: 100,
        language: Language::Spanish,
        evidence: Evidence { sentence: format!("{predicate} {object}"), ..Evidence::default() },
    }
}

fn now() -> Moment {
    Moment::new(1_793_000_000_000, 60)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn timed(memory: &mut Memory<SqliteStore>, facts: u64) -> Result<Vec<Times>> {
    let people = facts / FACTS_OF_A_PERSON;
    // Far apart, so that no two questions share what is read.
    let person = |n: u64| (n * 2_654_435_761) % people;
    let mut out = Vec::new();
    let mut measure = |what, count: u64, ask: &mut dyn FnMut(u64) -> Result<()>| -> Result<()> {
        let mut times = Vec::new();
        for n in 0..count {
            let asked = Instant::now();
            ask(n)?;
            times.push(ms_between(asked, Instant::now()));
        }
        out.push(Times { what, p50_ms: percentile(&times, 50.0), p99_ms: percentile(&times, 99.0) });
        Ok(())
    };
    measure("subject", QUESTIONS, &mut |n| {
        black_box(memory.recall(Some(&name(person(n))), Some("lives_in"), None, States::Open, 10)?);
        Ok(())
    })?;
    measure("object", QUESTIONS, &mut |n| {
        let object = format!("Cosa{}", person(n) % 7919);
        black_box(memory.recall(None, Some("likes"), Some(&object), States::Open, 10)?);
        Ok(())
    })?;
    measure("words", QUESTIONS, &mut |n| {
        let words = sarai_memory::search_words(&format!("phone 6{:08}", person(n)));
        black_box(memory.store().search_facts(&words, 10)?);
        Ok(())
    })?;
    measure("question", QUESTIONS, &mut |n| {
        black_box(memory.ask(&format!("¿Dónde vive {}?", name(person(n))), now(), None)?);
        Ok(())
    })?;
    measure("turn", TURNS, &mut |n| {
        black_box(memory.turn(&format!("Me gusta el helado número {n}"), now(), None)?);
        Ok(())
    })?;
    Ok(out)
}

impl Figures for Remembered {
    fn tables(&self, messages: Messages) -> Vec<Table> {
        let language = messages.language();
        let headings = [
            "bench-column-set",
            "bench-column-system",
            "bench-column-recalled",
            "bench-column-stale",
            "bench-column-leak",
            "bench-column-abstention",
            "bench-column-junk",
        ];
        let mut shares = Table::new(messages, &headings);
        for figures in &self.sets {
            let cells = [figures.recall, figures.stale, figures.leak, figures.abstention, figures.junk];
            let names = [figures.set.to_owned(), figures.system.to_owned()];
            shares.figures(names.into_iter().chain(cells.map(|share| share.said(language))));
        }
        let mut times = Table::new(messages, &["bench-column-asked", "bench-column-p50", "bench-column-p99"]);
        for time in &self.times {
            let cells = [time.p50_ms, time.p99_ms].map(|ms| table::hundredths(ms, language));
            times.figures(std::iter::once(time.what.to_owned()).chain(cells));
        }
        vec![shares, times]
    }
}
