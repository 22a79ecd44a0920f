//! `sarai bench memory`: what the memory finds, lets go and makes up, and how long it takes with many facts.
//!
//! The dialogues are those of `evals/memory`, as they were when the program was built, or those of another folder of the
//! same shape. Full-text search over what was said word by word is a baseline; with a model there is another, the facts
//! that it writes down of each message. The share of facts that the memory recalled of those that nobody tuned it to is
//! kept in the state folder, for `sarai_entity_recall_rate`. The times are of a store on disk with so many facts about
//! people who do not exist, each question another one.

mod read;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use fs_err as fs;
use sarai_memory::{
    Change, Entity, EntityId, EntityKind, Evidence, Fact, FactId, Memory, Moment, Predicate, Source, States,
    Store as _, Value, key,
};
use sarai_memory_sqlite::SqliteStore;
use sarai_memory_sqlite::eval::{Half, Rate, Readings, Set, System};
use sarai_messages::Messages;
use sarai_types::{Language, ModelId, Notice};
use serde::Serialize;

use super::alone::{self, Alone};
use super::statistics::percentile;
use super::table::{self, Table};
use super::{Figures, Measured, MeasuredModel, ms_between, read_cases};
use crate::cli::JsonFlag;
use crate::ending::Told;
use crate::shell::Shell;

/// Sets by name: dialogues, turns without facts, and which half of both.
const SETS: &[(&str, &str, &str, Half)] = &[
    (
        "tenth-test",
        include_str!("../../../../evals/memory/tenth-test/dialogues.jsonl"),
        include_str!("../../../../evals/memory/tenth-test/no-facts.jsonl"),
        Half::Both,
    ),
    (
        "ninth-test",
        include_str!("../../../../evals/memory/ninth-test/dialogues.jsonl"),
        include_str!("../../../../evals/memory/ninth-test/no-facts.jsonl"),
        Half::Both,
    ),
    (
        "eighth-test",
        include_str!("../../../../evals/memory/eighth-test/dialogues.jsonl"),
        include_str!("../../../../evals/memory/eighth-test/no-facts.jsonl"),
        Half::Both,
    ),
    (
        "seventh-test",
        include_str!("../../../../evals/memory/seventh-test/dialogues.jsonl"),
        include_str!("../../../../evals/memory/seventh-test/no-facts.jsonl"),
        Half::Both,
    ),
    (
        "sixth-test",
        include_str!("../../../../evals/memory/sixth-test/dialogues.jsonl"),
        include_str!("../../../../evals/memory/sixth-test/no-facts.jsonl"),
        Half::Both,
    ),
    (
        "fifth-test",
        include_str!("../../../../evals/memory/fifth-test/dialogues.jsonl"),
        include_str!("../../../../evals/memory/fifth-test/no-facts.jsonl"),
        Half::Both,
    ),
    (
        "fourth-test",
        include_str!("../../../../evals/memory/fourth-test/dialogues.jsonl"),
        include_str!("../../../../evals/memory/fourth-test/no-facts.jsonl"),
        Half::Both,
    ),
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
    #[arg(long, value_name = "cli-value-folder", help = "bench-help-dialogues")]
    cases: Option<PathBuf>,
    #[arg(long, value_name = "bench-value-model", help = "bench-help-memory-model")]
    model: Option<ModelId>,
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
    set: String,
    /// `memory`, or a baseline: `search` or `model`.
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
    /// `subject`, `object`, `words`, `question`, `unknown`, `turn`, or `model` for one message read by it.
    what: &'static str,
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
}

/// # Errors
/// There is no room for the store, a folder has no dialogues, or the model does not do its part.
pub(super) async fn run(args: &MemoryArgs, shell: &Shell) -> Result<Measured<Remembered>> {
    let sets = match &args.cases {
        None => built_in()?,
        Some(folder) => vec![(folder.display().to_string(), of_folder(folder)?)],
    };
    let (model, readings) = match &args.model {
        None => (MeasuredModel::none(), None),
        Some(model) => {
            let plan = alone::plan(Some(model.clone()), shell)?;
            let measured = MeasuredModel { id: model.to_string(), file_bytes: Some(plan.file_bytes) };
            let said: Vec<&str> = sets.iter().flat_map(|(_, set)| set.said()).collect();
            let work = async |alone: &Alone| read::read(alone, &said, shell).await;
            (measured, Some(Alone::start(plan.spec).with(work).await?))
        }
    };
    let (readings, reading_ms) = readings.unzip();
    let scores: Vec<SetFigures> = sets.iter().flat_map(|(name, set)| scored(name, set, readings.as_ref())).collect();
    if let (Some(figures), None) = (scores.first(), &args.cases)
        && shell.folders.state.is_dir()
    {
        let share = figures.recall.share();
        sarai_config::write_atomic(&shell.folders.recall_rate_file(), format!("{share:.4}\n").as_bytes())?;
    }
    let folder = tempfile::tempdir()?;
    let mut memory = Memory::new(filled(folder.path(), args.facts)?);
    let mut times = timed(&mut memory, args.facts)?;
    times.extend(reading_ms.map(|ms| Times::of("model", &ms)));
    let file_bytes = memory.store().file_bytes();
    drop(memory);
    fs::remove_dir_all(folder.path())?;
    let result = Remembered { sets: scores, facts: args.facts, file_bytes, times };
    Ok(Measured { model, result })
}

fn built_in() -> Result<Vec<(String, Set)>> {
    let read = |(name, dialogues, no_facts, half): &(&str, &str, &str, Half)| {
        let set = Set::read(dialogues, no_facts, *half)?;
        Ok(((*name).to_owned(), set))
    };
    SETS.iter().map(read).collect()
}

fn of_folder(folder: &Path) -> Result<Set, Told> {
    let wrong = |file: &Path, cause: String| {
        Told::failed(Notice::new("bench-dialogues-wrong").arg("file", file.display()).arg("cause", cause))
    };
    let read = |name: &str| {
        let file = folder.join(name);
        read_cases(&file).map_err(|error| wrong(&file, error.to_string()))
    };
    let (dialogues, no_facts) = (read("dialogues.jsonl")?, read("no-facts.jsonl")?);
    Set::read(&dialogues, &no_facts, Half::Both).map_err(|error| wrong(folder, error.to_string()))
}

/// A set's figures with each system.
fn scored(name: &str, set: &Set, readings: Option<&Readings>) -> Vec<SetFigures> {
    let mut systems = vec![(System::Memory, "memory"), (System::Search, "search")];
    systems.extend(readings.map(|readings| (System::Model(readings), "model")));
    let figures = systems.into_iter().map(|(system, of)| {
        let score = set.score(system);
        let [recall, stale, leak, abstention, junk] =
            [score.recall, score.stale, score.leak, score.abstention, score.junk].map(Share::from);
        SetFigures { set: name.to_owned(), system: of, recall, stale, leak, abstention, junk }
    });
    figures.collect()
}

impl Times {
    fn of(what: &'static str, ms: &[f64]) -> Self {
        Self { what, p50_ms: percentile(ms, 50.0), p99_ms: percentile(ms, 99.0) }
    }
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
fn filled(folder: &Path, facts: u64) -> Result<SqliteStore> {
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
        out.push(Times::of(what, &times));
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
    // What nothing answers is looked for in more ways than what is known.
    measure("unknown", QUESTIONS, &mut |n| {
        black_box(memory.ask(&format!("¿Qué instrumento tocaba en la banda {n}?"), now(), None)?);
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
            let names = [figures.set.clone(), figures.system.to_owned()];
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

#[cfg(test)]
mod tests {
    use super::*;

    const DIALOGUE: &str =
        r#"{"id": "a", "steps": [{"say": "Vivo en Lugo"}, {"ask": "¿Dónde vivo?", "expect": ["Lugo"]}]}"#;
    const TURN: &str = r#"{"id": "b", "text": "Hola"}"#;

    #[test]
    fn a_folder_of_ones_own_is_measured_and_one_that_is_none_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let said = |told: Told| sarai_messages::text(Language::English, &told.notices()[0]);
        let wrong = || said(of_folder(folder.path()).unwrap_err());
        assert!(wrong().contains("dialogues.jsonl"));
        write("dialogues.jsonl", &format!("{DIALOGUE}\n{{\"id\": \"c\"}}\n"));
        assert!(wrong().contains("no-facts.jsonl"));
        write("no-facts.jsonl", TURN);
        assert!(wrong().contains("line 2 of the dialogues"), "{}", wrong());
        write("dialogues.jsonl", DIALOGUE);
        let set = of_folder(folder.path()).unwrap();
        assert_eq!(set.said().collect::<Vec<_>>(), ["Vivo en Lugo", "Hola"]);

        let readings = Readings::from([("Vivo en Lugo".to_owned(), vec!["yo vivo en Lugo".to_owned()])]);
        let figures = scored("own", &set, Some(&readings));
        let counts = |share: Share| (share.hits, share.of);
        let told: Vec<_> = figures.iter().map(|f| (f.system, counts(f.recall), counts(f.junk))).collect();
        assert_eq!(told, [("memory", (1, 1), (0, 1)), ("search", (1, 1), (1, 1)), ("model", (1, 1), (0, 1))]);
    }
}
