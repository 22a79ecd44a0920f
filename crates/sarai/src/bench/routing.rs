//! `sarai bench routing`: how many labelled requests go to the skill that should have them.
//!
//! The requests are those of `evals/routing`, as they were when the program was built, or those of another folder of the
//! same shape. The router is the one that answers turns, over the skills that come with the program and the databases
//! that the requests take to be registered; skills of the person's own would make the figure another one.
//!
//! Only the mistakes of the part «dev» are shown: who reads those of «test» can tune on them, and then it measures
//! nothing any more.

use std::path::{Path, PathBuf};

use anyhow::Result;
use sarai_messages::Messages;
use sarai_skills::{Case, CasesError, Confusion, Database, Origin, Outcome, Part, Router, Shelf, discover, evaluate};
use sarai_types::{Language, Notice, SkillName};
use serde::Serialize;

use super::statistics::{Interval, interval};
use super::table::{self, Table};
use super::{Figures, Measured, MeasuredModel, read_cases};
use crate::cli::JsonFlag;
use crate::commands::skill;
use crate::ending::Told;

const DATABASES_FILE: &str = "databases.json";
const DATABASES: &str = include_str!("../../../../evals/routing/databases.json");
#[derive(Debug, clap::Args)]
pub(super) struct RoutingArgs {
    #[arg(long, value_name = "cli-value-folder", help = "bench-help-cases")]
    cases: Option<PathBuf>,
    #[command(flatten)]
    pub(super) json: JsonFlag,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Routed {
    threshold: f64,
    parts: Vec<PartFigures>,
    mistakes: Vec<Mistake>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct PartFigures {
    part: Part,
    requests: usize,
    /// The share that went where it should.
    accuracy: Option<Interval>,
    false_fires: usize,
    mistaken: usize,
    missed: usize,
    skills: Vec<SkillFigures>,
    confusion: Vec<Cell>,
}

/// None is «no skill».
#[derive(Debug, Clone, PartialEq, Serialize)]
struct SkillFigures {
    skill: Option<String>,
    precision: Option<f64>,
    recall: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Cell {
    wanted: Option<String>,
    chosen: Option<String>,
    count: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Mistake {
    language: &'static str,
    text: String,
    wanted: Option<String>,
    chosen: Option<String>,
    score: f64,
}

/// # Errors
/// There are no skills beside the program, or the folder's files are no cases.
pub(super) fn run(args: &RoutingArgs) -> Result<Measured<Routed>> {
    let (cases, databases) = match &args.cases {
        None => (built_in_cases()?, Database::parse_all(DATABASES)?),
        Some(folder) => of_folder(folder)?,
    };
    let result = route(&router(databases)?, &cases);
    Ok(Measured { model: MeasuredModel::none(), result })
}

/// Over the skills that come with the program, and nobody else's.
fn router(databases: Vec<Database>) -> Result<Router> {
    let missing = || Told::failed(Notice::new("bench-no-skills"));
    let folder = skill::built_in().ok_or_else(missing)?;
    let found = discover(&[Shelf { origin: Origin::BuiltIn, folder, bound: None }]);
    if found.skills.is_empty() {
        return Err(missing().into());
    }
    Ok(Router::new(&found.skills).with_databases(databases))
}

fn built_in_cases() -> Result<Vec<Case>, CasesError> {
    let text = |language| match language {
        Language::Spanish => include_str!("../../../../evals/routing/es.jsonl"),
        Language::English => include_str!("../../../../evals/routing/en.jsonl"),
    };
    all_languages(|language| Case::parse_all(text(language), language))
}

fn of_folder(folder: &Path) -> Result<(Vec<Case>, Vec<Database>), Told> {
    let wrong = |file: &str, cause: String| {
        Told::failed(Notice::new("bench-cases-wrong").arg("file", folder.join(file).display()).arg("cause", cause))
    };
    let read = |file: &str| read_cases(&folder.join(file)).map_err(|error| wrong(file, error.to_string()));
    let cases = all_languages(|language| {
        let file = format!("{language}.jsonl");
        Case::parse_all(&read(&file)?, language).map_err(|error| wrong(&file, said(&error)))
    })?;
    let databases = Database::parse_all(&read(DATABASES_FILE)?);
    Ok((cases, databases.map_err(|error| wrong(DATABASES_FILE, said(&error)))?))
}

fn all_languages<E>(read: impl Fn(Language) -> Result<Vec<Case>, E>) -> Result<Vec<Case>, E> {
    let mut all = Vec::new();
    for language in Language::ALL {
        all.extend(read(language)?);
    }
    Ok(all)
}

/// An error with its cause.
fn said(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

fn route(router: &Router, cases: &[Case]) -> Routed {
    let outcomes = [Part::Dev, Part::Test].map(|part| (part, evaluate(router, cases, part)));
    let [(_, dev), _] = &outcomes;
    let mistakes = dev.iter().filter(|outcome| !is_right(outcome)).map(Mistake::of).collect();
    let parts = outcomes.iter().map(|(part, outcomes)| PartFigures::of(*part, outcomes)).collect();
    Routed { threshold: Router::THRESHOLD, parts, mistakes }
}

fn is_right(outcome: &Outcome) -> bool {
    outcome.chosen == outcome.case.skill
}

fn word(skill: Option<&SkillName>) -> Option<String> {
    skill.map(ToString::to_string)
}

impl PartFigures {
    fn of(part: Part, outcomes: &[Outcome]) -> Self {
        let confusion = Confusion::of(outcomes);
        let labels = confusion.labels();
        let skills = labels.iter().map(Option::as_ref).map(|skill| SkillFigures {
            skill: word(skill),
            precision: confusion.precision(skill),
            recall: confusion.recall(skill),
        });
        let pairs =
            labels.iter().flat_map(|wanted| labels.iter().map(move |chosen| (wanted.as_ref(), chosen.as_ref())));
        let cells = pairs.map(|(wanted, chosen)| Cell {
            wanted: word(wanted),
            chosen: word(chosen),
            count: confusion.count(wanted, chosen),
        });
        Self {
            part,
            requests: confusion.total(),
            accuracy: interval(outcomes, |outcomes| {
                Confusion::of(&outcomes.iter().map(|outcome| (*outcome).clone()).collect::<Vec<_>>()).accuracy()
            }),
            false_fires: confusion.false_fires(),
            mistaken: confusion.mistaken(),
            missed: confusion.missed(),
            skills: skills.collect(),
            confusion: cells.collect(),
        }
    }

    const fn title(&self) -> &'static str {
        match self.part {
            Part::Dev => "bench-row-dev",
            Part::Test => "bench-row-test",
        }
    }

    /// A row for each skill that was wanted, a column for each that was chosen, and how well that is.
    fn table(&self, messages: Messages) -> Table {
        let language = messages.language();
        let name = |skill: &Option<String>| skill.clone().unwrap_or_else(|| messages.get("bench-row-no-skill"));
        let mut table = Table::new(messages, &[self.title()]);
        table.add_headings(self.skills.iter().map(|figures| name(&figures.skill)));
        table.add_headings(["bench-column-precision", "bench-column-recall"].map(|id| messages.get(id)));
        for SkillFigures { skill, precision, recall } in &self.skills {
            let row = self.confusion.iter().filter(|cell| cell.wanted == *skill);
            let counts = row.map(|cell| if cell.count == 0 { "·".to_owned() } else { cell.count.to_string() });
            let shares = [precision, recall].map(|share| table::hundredths(*share, language));
            table.figures(std::iter::once(name(skill)).chain(counts).chain(shares));
        }
        table
    }
}

impl Mistake {
    fn of(outcome: &Outcome) -> Self {
        let Case { text, skill, language, .. } = &outcome.case;
        Self {
            language: language.tag(),
            text: text.clone(),
            wanted: word(skill.as_ref()),
            chosen: word(outcome.chosen.as_ref()),
            score: outcome.score,
        }
    }
}

impl Figures for Routed {
    fn tables(&self, messages: Messages) -> Vec<Table> {
        let language = messages.language();
        let headings = [
            "bench-column-part",
            "bench-column-requests",
            "bench-column-accuracy",
            "bench-column-false-fires",
            "bench-column-mistaken",
            "bench-column-missed",
        ];
        let mut all = Table::new(messages, &headings);
        for part in &self.parts {
            let accuracy = table::thousandths(part.accuracy, language);
            let counts = [part.false_fires, part.mistaken, part.missed].map(|count| count.to_string());
            all.row(part.title(), [part.requests.to_string(), accuracy].into_iter().chain(counts));
        }
        let headings = ["bench-column-wanted", "bench-column-chosen", "bench-column-score", "bench-column-request"];
        let mut wrong = Table::new(messages, &headings);
        for Mistake { text, wanted, chosen, score, .. } in &self.mistakes {
            let [wanted, chosen] =
                [wanted, chosen].map(|skill| skill.clone().unwrap_or_else(|| messages.get("bench-row-no-skill")));
            wrong.figures([wanted, chosen, table::hundredths(Some(*score), language), text.clone()]);
        }
        std::iter::once(all).chain(self.parts.iter().map(|part| part.table(messages))).chain([wrong]).collect()
    }
}

#[cfg(test)]
mod tests {
    use fs_err as fs;
    use sarai_skills::SKILL_FILE;

    use super::*;

    /// The repository's own skills, as `make build` puts them beside the program.
    fn repository() -> Router {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../skills");
        assert!(folder.join("sql").join(SKILL_FILE).exists());
        let found = discover(&[Shelf { origin: Origin::BuiltIn, folder, bound: None }]);
        Router::new(&found.skills).with_databases(Database::parse_all(DATABASES).unwrap())
    }

    #[test]
    fn the_figures_add_up() {
        let cases = built_in_cases().unwrap();
        let routed = route(&repository(), &cases);
        assert_eq!(routed.parts.iter().map(|part| part.requests).sum::<usize>(), cases.len());
        for part in &routed.parts {
            let right: usize = part.confusion.iter().filter(|c| c.wanted == c.chosen).map(|c| c.count).sum();
            assert_eq!(right + part.false_fires + part.mistaken + part.missed, part.requests);
            let accuracy = part.accuracy.unwrap();
            assert!((accuracy.median * part.requests as f64 - right as f64).abs() < 1e-6, "{accuracy:?}");
            assert!(accuracy.low <= accuracy.median && accuracy.median <= accuracy.high);
        }
        let dev = &routed.parts[0];
        assert_eq!(routed.mistakes.len(), dev.false_fires + dev.mistaken + dev.missed);
    }

    #[test]
    fn mistakes_of_the_measuring_part_are_not_told() {
        let line =
            |part: &str, text: &str| format!("{{\"text\": \"{text}\", \"skill\": \"sql\", \"part\": \"{part}\"}}");
        let text = format!("{}\n{}\n", line("dev", "Good morning"), line("test", "Good evening"));
        let routed = route(&repository(), &Case::parse_all(&text, Language::English).unwrap());
        assert_eq!(routed.parts.iter().map(|part| part.missed).collect::<Vec<_>>(), [1, 1]);
        assert_eq!(routed.mistakes.iter().map(|m| m.text.as_str()).collect::<Vec<_>>(), ["Good morning"]);
    }

    #[test]
    fn a_folder_that_is_none_is_named_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let said = |told: Told| sarai_messages::text(Language::English, &told.notices()[0]);
        assert!(said(of_folder(folder.path()).unwrap_err()).contains(".jsonl"));
        for language in Language::ALL {
            fs::write(folder.path().join(format!("{language}.jsonl")), "{\"text\": 1}\n").unwrap();
        }
        let told = said(of_folder(folder.path()).unwrap_err());
        assert!(told.contains("jsonl") && told.contains("line 1"), "{told}");
    }
}
