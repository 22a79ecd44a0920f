//! The skill: from a question to a sentence, step by step.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sarai_skill_sdk::{
    Answer, Call, DeclineReason, End, Failure, Folder, Generate, Grammar, GrammarKind, HostMessage, HostRole, Language,
    LoadError, Outcome, Request, Skill, Stop, blocking,
};
use serde::Deserialize;
use serde_json::{Map, json};
use tokio::time::Instant;

use crate::answer;
use crate::choose;
use crate::fold::fold;
use crate::grammar::gbnf;
use crate::ground::ground;
use crate::guard::{Guarded, OpenError, Patience};
use crate::prompt::{Prompts, Said, Speaker, messages, repair};
use crate::query::{QueryError, Rows};
use crate::registry::{Entry, databases};
use crate::schema::{Schema, Table};
use crate::sentences::{Sentences, fill, sentences};
use crate::structure::{About, about, mentions_structure};

/// Where the manifest's grants appear, unless the environment says otherwise.
const DATA_FOLDER: &str = "/data";
const DATA_FOLDER_VARIABLE: &str = "SARAI_DATA_DIR";
/// How long a query may run, and how long reading the tables of all databases.
const QUERY_TIME_MAX: Duration = Duration::from_secs(5);
/// What the model may write at most, in tokens.
const QUERY_TOKENS_MAX: u32 = 256;
/// Queries that the model writes for one question: the first, and one more after an error.
const ATTEMPTS_MAX: usize = 2;
const PROMPTS: &str = "prompt.toml";
const BUILT_IN_PROMPTS: &str = include_str!("../prompt.toml");
/// Names of tables in a sentence.
const NAMES_SHOWN_MAX: usize = 12;
/// Names of tables or columns in a list.
const NAMES_LISTED_MAX: usize = 60;

const ARGUMENTS_SCHEMA: &str = r#"{
  "type": "object",
  "properties": {
    "query": {"type": "string", "description": "A SELECT to run as it is, without a model."},
    "database": {"type": "string", "description": "The database to ask, by the name of its file without the ending."},
    "show": {"enum": ["databases"], "description": "Show which databases there are, with their tables and columns."}
  },
  "additionalProperties": false
}"#;

/// What a program may ask for beside the words.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    query: Option<String>,
    database: Option<String>,
    show: Option<Show>,
}

/// What can be shown without a question.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Show {
    Databases,
}

/// The skill with what it has read.
#[derive(Debug)]
pub struct Sql {
    prompts: Prompts,
    data: PathBuf,
}

impl Skill for Sql {
    const NAME: &'static str = "sql";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn load(folder: &Folder) -> Result<Self, LoadError> {
        let data = std::env::var_os(DATA_FOLDER_VARIABLE).map_or_else(|| DATA_FOLDER.into(), PathBuf::from);
        Self::over(data, folder)
    }

    fn arguments_schema(&self) -> &str {
        ARGUMENTS_SCHEMA
    }

    async fn infer(&self, request: Request, call: &mut Call) -> Result<Outcome, Failure> {
        let words = sentences(request.language);
        let wish: Wish = request.arguments.parse()?;
        if let Some(Show::Databases) = wish.show {
            let (data, stop) = (self.data.clone(), call.stop());
            return blocking(move || Shelf::read(&data, &stop, words).show(&About::Tables, words)).await;
        }
        if wish.query.is_none() && request.text.trim().is_empty() {
            return Ok(Outcome::declined(DeclineReason::Cannot, words.no_question.clone()));
        }
        let (data, stop) = (self.data.clone(), call.stop());
        let (question, wanted) = (request.text.clone(), wish.database);
        if wish.query.is_none() && wanted.is_none() && mentions_structure(&question) {
            let (data, stop, question) = (data.clone(), stop.clone(), question.clone());
            if let Some(outcome) = blocking(move || about_structure(&data, &question, &stop, words)).await? {
                return Ok(outcome);
            }
        }
        let chosen = blocking(move || choose_database(&data, &question, wanted.as_deref(), &stop)).await?;
        let opened = match chosen {
            Ok(opened) => opened,
            Err(obstacle) => return Ok(obstacle.outcome(words)),
        };
        match wish.query {
            Some(query) => {
                let (opened, ran) = run(opened, query, Texts::AsTheyAre, call.stop()).await?;
                Ok(told(&opened.entry, ran, request.language))
            }
            None => self.ask(opened, &request, call).await,
        }
    }
}

impl Sql {
    /// The skill over the databases in a folder. A `prompt.toml` in its own folder takes the place of the built-in one.
    ///
    /// # Errors
    /// That file cannot be read, or is wrong.
    pub fn over(data: PathBuf, folder: &Folder) -> Result<Self, LoadError> {
        let prompts = folder.text_or(PROMPTS, BUILT_IN_PROMPTS)?;
        let prompts = prompts.parse().map_err(|error| LoadError::Invalid(format!("{PROMPTS}: {error}")))?;
        Ok(Self { prompts, data })
    }

    /// The model writes a query until one runs, or there are no attempts left.
    async fn ask(&self, mut opened: Opened, request: &Request, call: &mut Call) -> Result<Outcome, Failure> {
        let words = sentences(request.language);
        let schema = choose::relevant(&request.text, opened.database.schema());
        let grammar = Grammar { kind: GrammarKind::Gbnf, source: gbnf(&schema) };
        let mut said = messages(&self.prompts, &schema, request.language, request.text.trim(), &opened.today);
        for attempt in 1..=ATTEMPTS_MAX {
            let Some(written) = write(&said, &grammar, call).await? else { break };
            let (back, ran) = run(opened, written.clone(), Texts::AsStored, call.stop()).await?;
            opened = back;
            match ran {
                Err(QueryError::Wrong(error) | QueryError::Refused(error)) if attempt < ATTEMPTS_MAX => {
                    said = repair(&self.prompts, said, &written, &error, request.language);
                }
                Err(QueryError::Wrong(_) | QueryError::Refused(_)) => break,
                ran => return Ok(told(&opened.entry, ran, request.language)),
            }
        }
        let tables = names(schema.tables.iter().map(|table| table.name.as_str()));
        let slots = [("name", opened.entry.name.as_str()), ("tables", tables.as_str())];
        Ok(Outcome::declined(DeclineReason::Cannot, fill(&words.not_understood, &slots)))
    }
}

/// One query of the model. None if it did not come to its end.
async fn write(said: &[Said], grammar: &Grammar, call: &Call) -> Result<Option<String>, Failure> {
    let message = |said: &Said| {
        let role = match said.by {
            Speaker::System => HostRole::System,
            Speaker::Person => HostRole::User,
            Speaker::Model => HostRole::Assistant,
        };
        HostMessage::new(role, said.text.as_str())
    };
    let generate = Generate {
        messages: said.iter().map(message).collect(),
        grammar: Some(grammar.clone()),
        max_tokens: Some(QUERY_TOKENS_MAX),
        temperature: 0.0,
        seed: None,
    };
    let generated = call.host().generate(generate).await?.collect().await?;
    let query = generated.text.trim().trim_end_matches(';').trim_end().to_owned();
    Ok((generated.end == End::Complete).then_some(query))
}

/// An open database.
#[derive(Debug)]
struct Opened {
    entry: Entry,
    database: Guarded,
    /// As «2026-03-05».
    today: String,
}

/// Why there is no database to ask.
#[derive(Debug)]
enum Obstacle {
    None,
    Unknown { wanted: String, names: String },
    Undecided { names: String },
    Unfit { name: String, error: OpenError },
}

impl Obstacle {
    fn outcome(&self, words: &Sentences) -> Outcome {
        match self {
            Self::None => Outcome::declined(DeclineReason::NotGranted, words.no_database.clone()),
            Self::Unknown { wanted, names } => {
                let slots = [("name", wanted.as_str()), ("names", names.as_str())];
                Outcome::declined(DeclineReason::Cannot, fill(&words.unknown_database, &slots))
            }
            Self::Undecided { names } => {
                Outcome::declined(DeclineReason::Cannot, fill(&words.which_database, &[("names", names)]))
            }
            Self::Unfit { name, error } => Outcome::declined(DeclineReason::Cannot, unfit(name, error, words)),
        }
    }
}

/// Why a file cannot be asked.
fn unfit(name: &str, error: &OpenError, words: &Sentences) -> String {
    let (sentence, reason) = match error {
        OpenError::NotADatabase => (&words.not_a_database, ""),
        OpenError::Damaged(reason) => (&words.damaged, reason.as_str()),
        OpenError::Busy => (&words.busy, ""),
        OpenError::HalfWritten => (&words.half_written, ""),
        OpenError::Unreadable(reason) => (&words.unreadable, reason.as_str()),
        OpenError::OutOfTime => (&words.opening_too_slow, ""),
        OpenError::Empty => (&words.empty, ""),
    };
    fill(sentence, &[("name", name), ("reason", reason)])
}

/// Opens the database that a question is about: the one that is named, the only one, or the one whose words fit best.
fn choose_database(data: &Path, question: &str, wanted: Option<&str>, stop: &Stop) -> Result<Opened, Obstacle> {
    let mut entries = databases(data);
    if entries.is_empty() {
        return Err(Obstacle::None);
    }
    let all = names(entries.iter().map(|entry| entry.name.as_str()));
    if let Some(wanted) = wanted {
        entries.retain(|entry| fold(&entry.name) == fold(wanted));
        if entries.is_empty() {
            return Err(Obstacle::Unknown { wanted: wanted.to_owned(), names: all });
        }
    }
    let mut obstacle = None;
    let mut best: Vec<(u32, Opened)> = Vec::new();
    for entry in entries {
        match Guarded::open(&entry.path, patience(stop)) {
            Ok(database) => {
                let score = choose::score(question, &entry.name, database.schema());
                if best.first().is_none_or(|(other, _)| *other <= score) {
                    best.retain(|(other, _)| *other == score);
                    let today = database.today().unwrap_or_default();
                    best.push((score, Opened { entry, database, today }));
                }
            }
            Err(error) => obstacle = obstacle.or(Some(Obstacle::Unfit { name: entry.name, error })),
        }
    }
    match (best.len(), best.pop()) {
        (1, Some((_, opened))) => Ok(opened),
        (_, Some(_)) => Err(Obstacle::Undecided { names: all }),
        (_, None) => Err(obstacle.unwrap_or(Obstacle::None)),
    }
}

/// The answer to a question about what there is to ask. None for any other.
fn about_structure(data: &Path, question: &str, stop: &Stop, words: &Sentences) -> Option<Outcome> {
    let shelf = Shelf::read(data, stop, words);
    Some(shelf.show(&about(question, &shelf.databases)?, words))
}

/// All databases that can be read, and sentences about the others.
struct Shelf {
    databases: Vec<(String, Schema)>,
    unfit: Vec<String>,
}

impl Shelf {
    fn read(data: &Path, stop: &Stop, words: &Sentences) -> Self {
        let (mut open, mut others) = (Vec::new(), Vec::new());
        for entry in databases(data) {
            match Guarded::open(&entry.path, patience(stop)) {
                Ok(database) => open.push((entry.name, database.schema().clone())),
                Err(error) => others.push(unfit(&answer::inline(&entry.name), &error, words)),
            }
        }
        Self { databases: open, unfit: others }
    }

    /// The data are a list of `{"name": …, "tables": {…: […]}}`.
    fn show(&self, about: &About, words: &Sentences) -> Outcome {
        if self.databases.is_empty() && self.unfit.is_empty() {
            return Obstacle::None.outcome(words);
        }
        let is_wanted = |table: &Table| match about {
            About::Tables => true,
            About::Columns(named) => named.is_empty() || named.contains(&table.name),
        };
        let (mut shown, mut listed) = (String::new(), Vec::new());
        for (database, schema) in &self.databases {
            let tables: Vec<&Table> = schema.tables.iter().filter(|table| is_wanted(table)).collect();
            let columns = |table: &Table| table.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
            let name = answer::inline(database);
            match about {
                About::Tables => {
                    let all = all_names(tables.iter().map(|table| table.name.as_str()));
                    let _ = writeln!(shown, "- **{name}**: {all}");
                }
                About::Columns(_) => {
                    for table in &tables {
                        let all = all_names(table.columns.iter().map(|column| column.name.as_str()));
                        let _ = writeln!(shown, "- **{}** ({name}): {all}", answer::inline(&table.name));
                    }
                }
            }
            let tables = tables.iter().map(|table| (table.name.clone(), json!(columns(table))));
            listed.push(json!({"name": database, "tables": tables.collect::<Map<_, _>>()}));
        }
        for sentence in &self.unfit {
            let _ = writeln!(shown, "- {sentence}");
        }
        let heading = match about {
            About::Tables => &words.databases,
            About::Columns(_) => &words.columns,
        };
        Outcome::Answer(Answer { text: format!("{heading}\n\n{shown}"), data: json!(listed).to_string() })
    }
}

/// Whether the texts of a query are the person's own or a model's.
#[derive(Debug, Clone, Copy)]
enum Texts {
    AsTheyAre,
    AsStored,
}

/// What came of a query: the query that ran, and its rows.
type Ran = Result<(String, Rows), QueryError>;

/// Runs a query on another thread.
async fn run(mut opened: Opened, query: String, texts: Texts, stop: Stop) -> Result<(Opened, Ran), Failure> {
    blocking(move || {
        let database = &mut opened.database;
        let ran = database.allow(patience(&stop)).and_then(|()| {
            let query = match texts {
                Texts::AsTheyAre => query,
                Texts::AsStored => {
                    ground(&query, database.schema(), |table, column, text| database.find(table, column, text))?
                }
            };
            database.query(&query).map(|rows| (query, rows))
        });
        (opened, ran)
    })
    .await
}

/// Until the time for a query is up, or nobody waits for it.
fn patience(stop: &Stop) -> Patience {
    let (stop, until) = (stop.clone(), Instant::now() + QUERY_TIME_MAX);
    Box::new(move || stop.is_set() || Instant::now() >= until)
}

/// What the person is told of a query that ran, or that cannot.
fn told(entry: &Entry, ran: Ran, language: Language) -> Outcome {
    let words = sentences(language);
    let (sentence, reason) = match &ran {
        Ok((query, rows)) => {
            let outcome = answer::Outcome { database: &entry.name, query, rows };
            return Outcome::Answer(Answer { text: outcome.text(language), data: outcome.data() });
        }
        Err(QueryError::Refused(reason)) => (&words.refused, reason.as_str()),
        Err(QueryError::Wrong(reason)) => (&words.wrong, reason.as_str()),
        Err(QueryError::Damaged(reason)) => (&words.damaged, reason.as_str()),
        Err(QueryError::OutOfTime) => (&words.too_slow, ""),
        Err(QueryError::TooLarge) => (&words.too_large, ""),
        Err(QueryError::Busy) => (&words.busy, ""),
    };
    Outcome::declined(DeclineReason::Cannot, fill(sentence, &[("name", &entry.name), ("reason", reason)]))
}

/// Names in a list, as Markdown; what is left out is not left out in silence.
fn all_names<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let left_out = names.len().saturating_sub(NAMES_LISTED_MAX);
    let listed = names.take(NAMES_LISTED_MAX).collect::<Vec<_>>().join(", ");
    let rest = if left_out > 0 { format!(", … (+{left_out})") } else { String::new() };
    format!("{}{rest}", answer::inline(&listed))
}

/// Names in a sentence.
fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.take(NAMES_SHOWN_MAX).collect::<Vec<_>>().join(", ")
}
