//! Scores a memory without a model: what it finds, what it should have let go, what it stores from nothing.
//!
//! The sets are lines of JSON (`evals/memory`). A dialogue is a list of steps as for a replay; an `ask` says what the
//! answer must hold (`expect`), what it must not (`stale`), that nothing is known (`unknown`), or what the store holds no
//! more (`gone`) and still (`kept`). Half of the dialogues, chosen by the hash of their ids, are for looking at; the other
//! half is for measuring.
//!
//! # Usage
//! 1. [`Set::read`], of two texts.
//! 2. [`Set::score`], for each [`System`]. For [`System::Model`] somebody has a model read all that [`Set::said`] first.

use std::collections::HashMap;
use std::fmt::Write as _;

use sarai_memory::{
    Answer, Change, EntityId, EpisodeId, Fact, Filter, InMemory, Memory, Moment, Played, Replay, States, Step, Store,
    fold, search_words,
};
use serde_json::Value as Json;

use crate::lines::{self, LineError};

/// How often the dialogues are drawn anew for an interval.
const DRAWS: usize = 2000;
/// The share of draws that an interval leaves out at each end.
const TAIL: f64 = 0.025;

/// Which half of the dialogues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    Development,
    Test,
    Both,
}

/// What one question came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Recall(bool),
    /// A value that no longer holds stood in the answer.
    Stale(bool),
    Abstained(bool),
    /// What was forgotten stood in the answer.
    Leak(bool),
}

/// A share with its 95 % interval, by drawing dialogues with replacement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    pub hits: usize,
    pub of: usize,
    pub low: f64,
    pub high: f64,
}

impl Rate {
    /// Nothing measured is no failure.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of a few hundred")]
    pub fn share(&self) -> f64 {
        if self.of == 0 { 0.0 } else { self.hits as f64 / self.of as f64 }
    }
}

/// The figures of one system.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    pub recall: Rate,
    pub stale: Rate,
    pub leak: Rate,
    pub abstention: Rate,
    pub junk: Rate,
    /// What went wrong, for whoever mends it: id, question, answer.
    pub misses: Vec<(String, String, String)>,
}

/// What answers the dialogues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System<'a> {
    /// This memory.
    Memory,
    /// The same with its facts erased before each question: what quoting messages finds alone.
    Messages,
    /// Full-text search over what was said, word by word: a baseline.
    Search,
    /// Full-text search over what a model made of each message: the other baseline.
    Model(&'a Readings),
}

/// By message, the facts that a model wrote down, a line each.
pub type Readings = HashMap<String, Vec<String>>;

/// Dialogues, and turns without facts.
#[derive(Debug, Clone)]
pub struct Set {
    dialogues: Vec<Dialogue>,
    turns: Vec<Turn>,
}

/// Why a set is none.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the {part}: {error}")]
pub struct SetError {
    part: &'static str,
    line: usize,
    error: LineError,
}

/// A turn that says nothing worth remembering.
#[derive(Debug, Clone)]
struct Turn {
    id: String,
    text: String,
}

/// A line of a set, read.
#[derive(Debug, Clone)]
struct Dialogue {
    id: String,
    forgets: bool,
    steps: Vec<(Step, Wanted)>,
}

#[derive(Debug, Clone, Default)]
struct Wanted {
    expect: Vec<String>,
    stale: Vec<String>,
    unknown: bool,
    /// Words that stand in no fact and no message any more.
    gone: Vec<String>,
    /// Words that still do.
    kept: Vec<String>,
}

impl Set {
    /// # Errors
    /// A line is not understood.
    pub fn read(dialogues: &str, no_facts: &str, half: Half) -> Result<Self, SetError> {
        let mut dialogues = every(dialogues, "dialogues", dialogue)?;
        let mut turns = every(no_facts, "turns without facts", turn)?;
        if half != Half::Both {
            dialogues.retain(|dialogue| half_of(&dialogue.id) == half);
            turns.retain(|turn| half_of(&turn.id) == half);
        }
        Ok(Self { dialogues, turns })
    }

    /// All that the owner says in it.
    pub fn said(&self) -> impl Iterator<Item = &str> {
        let steps = self.dialogues.iter().flat_map(|dialogue| &dialogue.steps);
        let in_dialogues = steps.filter_map(|(step, _)| match step {
            Step::Say { text, .. } => Some(text.as_str()),
            Step::Heard { .. } | Step::Ask { .. } | Step::Restart => None,
        });
        in_dialogues.chain(self.turns.iter().map(|turn| turn.text.as_str()))
    }

    #[must_use]
    pub fn score(&self, system: System<'_>) -> Score {
        let mut misses = Vec::new();
        let marks: Vec<Vec<Mark>> = self.dialogues.iter().map(|dialogue| run(dialogue, system, &mut misses)).collect();
        let mut junk: Vec<Vec<Mark>> = Vec::new();
        for Turn { id, text } in &self.turns {
            let stored = stored(text, system);
            junk.push(vec![Mark::Recall(stored.is_some())]);
            misses.extend(stored.map(|stored| (id.clone(), text.clone(), stored)));
        }
        Score {
            recall: rate(&marks, |mark| if let Mark::Recall(hit) = mark { Some(*hit) } else { None }),
            stale: rate(&marks, |mark| if let Mark::Stale(hit) = mark { Some(*hit) } else { None }),
            leak: rate(&marks, |mark| if let Mark::Leak(hit) = mark { Some(*hit) } else { None }),
            abstention: rate(&marks, |mark| if let Mark::Abstained(hit) = mark { Some(*hit) } else { None }),
            junk: rate(&junk, |mark| if let Mark::Recall(hit) = mark { Some(*hit) } else { None }),
            misses,
        }
    }
}

/// All lines of a text.
fn every<T>(text: &str, part: &'static str, read: fn(&Json) -> Result<T, LineError>) -> Result<Vec<T>, SetError> {
    let lines = (1..).zip(text.lines());
    let read = lines.map(|(line, text)| {
        let object = serde_json::from_str(text).map_err(|error| LineError::Json(error.to_string()));
        object.and_then(|object| read(&object)).map_err(|error| SetError { part, line, error })
    });
    read.collect()
}

fn turn(object: &Json) -> Result<Turn, LineError> {
    let field = |name: &'static str| object[name].as_str().map(str::to_owned).ok_or(LineError::Field(name));
    Ok(Turn { id: field("id")?, text: field("text")? })
}

/// Which half an id belongs to.
#[must_use]
pub fn half_of(id: &str) -> Half {
    if blake3::hash(id.as_bytes()).as_bytes()[0].is_multiple_of(2) { Half::Development } else { Half::Test }
}

fn dialogue(object: &Json) -> Result<Dialogue, LineError> {
    let id = object["id"].as_str().ok_or(LineError::Field("id"))?.to_owned();
    let list = object["steps"].as_array().ok_or(LineError::Field("steps"))?;
    let words = |value: &Json| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
    };
    let mut steps = Vec::new();
    for step in list {
        let wanted = Wanted {
            expect: words(&step["expect"]),
            stale: words(&step["stale"]),
            unknown: step["unknown"].as_bool().unwrap_or(false),
            gone: words(&step["gone"]),
            kept: words(&step["kept"]),
        };
        steps.push((lines::step(&step.to_string())?, wanted));
    }
    Ok(Dialogue { forgets: object["kind"] == "forget", id, steps })
}

fn start() -> Moment {
    Moment::new(1_773_136_800_000, 0)
}

fn run(dialogue: &Dialogue, system: System<'_>, misses: &mut Vec<(String, String, String)>) -> Vec<Mark> {
    let mut replay = Replay::new(InMemory::new(), start());
    let mut written: Vec<&str> = Vec::new();
    let mut marks = Vec::new();
    for (step, wanted) in &dialogue.steps {
        if let (System::Model(readings), Step::Say { text, .. }) = (system, step) {
            written.extend(facts_of(readings, text));
        }
        let Ok(played) = replay.play(step);
        let (Step::Ask { text, at, .. }, Played::Answered(answer)) = (step, &played) else { continue };
        let (said, known) = match system {
            System::Messages => {
                let answer = without_facts(replay.memory().store(), text, at.unwrap_or_else(start));
                let quoted = answer.and_then(|answer| answer.quoted);
                (quoted.as_ref().map(|quoted| quoted.text.clone()).unwrap_or_default(), quoted.is_some())
            }
            System::Memory => {
                let mut said = answer.text.clone();
                for ranked in &answer.facts {
                    let _ = write!(said, " {} {}", ranked.fact.object.text, ranked.fact.verb());
                }
                (said, !answer.facts.is_empty() || answer.quoted.is_some())
            }
            System::Search => searched(replay.memory().store(), text),
            System::Model(_) => best_of(&written, text),
        };
        let folded = fold(&said);
        let holds = |words: &[String]| words.iter().any(|word| folded.contains(&fold(word)));
        let before = marks.len();
        let of_store = !(wanted.gone.is_empty() && wanted.kept.is_empty());
        if wanted.unknown {
            let mark = if dialogue.forgets { Mark::Leak(known) } else { Mark::Abstained(!known) };
            marks.push(mark);
        } else if !(of_store && wanted.expect.is_empty()) {
            let all = wanted.expect.iter().all(|word| folded.contains(&fold(word)));
            marks.push(Mark::Recall(known && all));
            if !wanted.stale.is_empty() {
                marks.push(Mark::Stale(holds(&wanted.stale)));
            }
        }
        let still = |word: &String| match system {
            System::Model(_) => written.iter().any(|line| fold(line).contains(&fold(word))),
            System::Memory | System::Messages | System::Search => holds_still(replay.memory().store(), word),
        };
        if !wanted.gone.is_empty() {
            marks.push(Mark::Leak(wanted.gone.iter().any(still)));
        }
        if !wanted.kept.is_empty() {
            marks.push(Mark::Recall(wanted.kept.iter().all(still)));
        }
        let wrong = |mark: &Mark| {
            matches!(mark, Mark::Recall(false) | Mark::Stale(true) | Mark::Abstained(false) | Mark::Leak(true))
        };
        if marks[before..].iter().any(wrong) {
            let answer = if system == System::Memory { answer.text.clone() } else { said };
            misses.push((dialogue.id.clone(), text.clone(), answer));
        }
    }
    marks
}

/// Whether a fact, a name or a message that is kept holds the word.
fn holds_still(store: &InMemory, word: &str) -> bool {
    let word = fold(word);
    let Ok(next) = store.next_ids();
    let in_message = (1..next.episode).any(|id| {
        let Ok(episode) = store.episode(EpisodeId(id));
        episode.is_some_and(|episode| fold(&episode.text).contains(&word))
    });
    let in_name = (1..next.entity).any(|id| {
        let Ok(entity) = store.entity(EntityId(id));
        entity.is_some_and(|entity| entity.names.iter().any(|name| fold(name).contains(&word)))
    });
    let Ok(facts) = store.facts(&Filter { states: States::All, limit: Some(usize::MAX), ..Filter::default() });
    let in_fact =
        |fact: &Fact| fold(&fact.object.text).contains(&word) || fold(&fact.evidence.sentence).contains(&word);
    in_message || in_name || facts.iter().any(in_fact)
}

/// The memory's answer if it had understood nothing.
fn without_facts(store: &InMemory, question: &str, at: Moment) -> Option<Answer> {
    let mut store = store.clone();
    let Ok(facts) = store.facts(&Filter { states: States::All, limit: Some(usize::MAX), ..Filter::default() });
    let changes: Vec<Change> = facts.iter().map(|fact| Change::EraseFact(fact.id)).collect();
    let Ok(()) = store.apply(&changes);
    Memory::new(store).ask(question, at, None).ok()
}

/// A baseline's answer: the best message that holds any word of the question.
fn searched(store: &InMemory, question: &str) -> (String, bool) {
    let Ok(found) = store.search_episodes(&search_words(question), 1);
    let text = found.first().map(|episode| episode.text.clone()).unwrap_or_default();
    let known = !text.is_empty();
    (text, known)
}

/// The other's: the line that holds most words of the question, and of several the newest.
fn best_of(written: &[&str], question: &str) -> (String, bool) {
    let words = search_words(question);
    let found = written.iter().map(|line| {
        let present = search_words(line);
        (words.iter().filter(|word| present.iter().any(|p| p.starts_with(word.as_str()))).count(), line)
    });
    let best = found.filter(|(shared, _)| *shared > 0).max_by_key(|(shared, _)| *shared);
    (best.map(|(_, line)| (*line).to_owned()).unwrap_or_default(), best.is_some())
}

fn facts_of<'a>(readings: &'a Readings, text: &str) -> impl Iterator<Item = &'a str> {
    readings.get(text).into_iter().flatten().map(String::as_str)
}

/// What a turn without facts left behind. Who keeps every word always keeps something.
fn stored(text: &str, system: System<'_>) -> Option<String> {
    let facts: Vec<String> = match system {
        System::Search => vec![text.to_owned()],
        System::Messages => Vec::new(),
        System::Model(readings) => facts_of(readings, text).map(str::to_owned).collect(),
        System::Memory => {
            let mut replay = Replay::new(InMemory::new(), start());
            let step = Step::Say { text: text.to_owned(), at: None, language: None };
            let Ok(Played::Told(told)) = replay.play(&step) else { return None };
            told.stored.iter().map(|fact| format!("{} {}", fact.verb(), fact.object.text)).collect()
        }
    };
    (!facts.is_empty()).then(|| facts.join(", "))
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small counts"
)]
fn rate(groups: &[Vec<Mark>], pick: impl Fn(&Mark) -> Option<bool>) -> Rate {
    let counted: Vec<(usize, usize)> = groups
        .iter()
        .map(|marks| {
            let hits: Vec<bool> = marks.iter().filter_map(&pick).collect();
            (hits.iter().filter(|hit| **hit).count(), hits.len())
        })
        .collect();
    let total = |list: &mut dyn Iterator<Item = (usize, usize)>| {
        list.fold((0, 0), |sum, (hits, of)| (sum.0 + hits, sum.1 + of))
    };
    let (hits, of) = total(&mut counted.iter().copied());
    // A small generator with a fixed seed, so that the same set gives the same interval.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    let mut shares: Vec<f64> = (0..DRAWS)
        .filter_map(|_| {
            let (hits, of) = total(&mut (0..counted.len()).map(|_| counted[random(counted.len())]));
            (of > 0).then(|| hits as f64 / of as f64)
        })
        .collect();
    shares.sort_by(f64::total_cmp);
    let at = |share: f64| shares.get(((shares.len() as f64 - 1.0) * share) as usize).copied().unwrap_or(0.0);
    Rate { hits, of, low: at(TAIL), high: at(1.0 - TAIL) }
}
