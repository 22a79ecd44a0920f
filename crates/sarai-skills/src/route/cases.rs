//! Labelled requests, and how well a router does on them.
//!
//! A file of cases has one JSON object a line: `{"text": "…", "skill": "sql", "part": "test"}`, with `"skill": null`
//! where no skill should have it. What is tuned is tuned on the part «dev»; what is claimed is claimed of «test».

use std::collections::{BTreeMap, BTreeSet};

use sarai_types::{Language, SkillName};
use serde::{Deserialize, Serialize};

use super::sign::Database;
use super::{AnswerForm, Request, Router};

/// Lines of one file.
const CASES_MAX: usize = 10_000;

/// A request and the skill that should have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    pub text: String,
    /// None: no skill.
    pub skill: Option<SkillName>,
    pub part: Part,
    pub language: Language,
}

/// What a case is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    Dev,
    Test,
}

/// Why a file has no cases.
#[derive(Debug, thiserror::Error)]
pub enum CasesError {
    #[error("line {line} is no case")]
    Line { line: usize, source: serde_json::Error },
    #[error("line {line}: {name:?} is no name of a skill")]
    Name { line: usize, name: String },
    #[error("the databases are not a list of {{name, tables}}")]
    Databases(#[from] serde_json::Error),
    #[error("there are more than {CASES_MAX} cases")]
    TooMany,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    text: String,
    skill: Option<String>,
    part: Part,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DatabaseRow {
    name: String,
    /// Tables with their columns.
    tables: BTreeMap<String, Vec<String>>,
}

impl Case {
    /// Reads `evals/routing/<language>.jsonl`.
    ///
    /// # Errors
    /// The first line that is no case.
    pub fn parse_all(text: &str, language: Language) -> Result<Vec<Self>, CasesError> {
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        let cases = lines.map(|(line, json)| {
            let row: Row = serde_json::from_str(json).map_err(|source| CasesError::Line { line, source })?;
            let name = row.skill.map(|name| name.parse().map_err(|_| CasesError::Name { line, name }));
            let skill = name.transpose()?;
            Ok::<Self, CasesError>(Self { text: row.text, skill, part: row.part, language })
        });
        let cases: Vec<Self> = cases.take(CASES_MAX + 1).collect::<Result<_, CasesError>>()?;
        if cases.len() > CASES_MAX { Err(CasesError::TooMany) } else { Ok(cases) }
    }
}

impl Database {
    /// Reads `evals/routing/databases.json`: the databases that the cases take to be registered.
    ///
    /// # Errors
    /// It is not a list of `{"name": …, "tables": {…: […]}}`.
    pub fn parse_all(json: &str) -> Result<Vec<Self>, CasesError> {
        let rows: Vec<DatabaseRow> = serde_json::from_str(json)?;
        Ok(rows.into_iter().map(|row| Self { name: row.name, tables: row.tables.into_iter().collect() }).collect())
    }
}

/// What became of one case.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub case: Case,
    pub chosen: Option<SkillName>,
    pub score: f64,
}

/// Routes every case of one part.
#[must_use]
pub fn evaluate(router: &Router, cases: &[Case], part: Part) -> Vec<Outcome> {
    let cases = cases.iter().filter(|case| case.part == part);
    let outcomes = cases.map(|case| {
        let request = Request { text: &case.text, language: case.language, form: AnswerForm::Text };
        let route = router.route(&request);
        Outcome { case: case.clone(), chosen: route.skill, score: route.score }
    });
    outcomes.collect()
}

/// How often each skill was chosen where each should have been.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Confusion(BTreeMap<(Option<SkillName>, Option<SkillName>), usize>);

impl Confusion {
    #[must_use]
    pub fn of(outcomes: &[Outcome]) -> Self {
        let mut counts = BTreeMap::new();
        for outcome in outcomes {
            *counts.entry((outcome.case.skill.clone(), outcome.chosen.clone())).or_default() += 1;
        }
        Self(counts)
    }

    /// Every skill that was wanted or chosen, «none» first.
    #[must_use]
    pub fn labels(&self) -> Vec<Option<SkillName>> {
        let labels: BTreeSet<_> = self.0.keys().flat_map(|(wanted, chosen)| [wanted, chosen]).collect();
        labels.into_iter().cloned().collect()
    }

    /// How often `chosen` was chosen where `wanted` should have been.
    #[must_use]
    pub fn count(&self, wanted: Option<&SkillName>, chosen: Option<&SkillName>) -> usize {
        self.0.get(&(wanted.cloned(), chosen.cloned())).copied().unwrap_or(0)
    }

    #[must_use]
    pub fn total(&self) -> usize {
        self.0.values().sum()
    }

    /// The share of cases that went where they should; none without cases.
    #[must_use]
    pub fn accuracy(&self) -> Option<f64> {
        share(self.sum(|wanted, chosen| wanted == chosen), self.total())
    }

    /// Of the cases that went to `skill`, the share that should have.
    #[must_use]
    pub fn precision(&self, skill: Option<&SkillName>) -> Option<f64> {
        share(self.count(skill, skill), self.sum(|_, chosen| chosen.as_ref() == skill))
    }

    /// Of the cases that should have gone to `skill`, the share that did.
    #[must_use]
    pub fn recall(&self, skill: Option<&SkillName>) -> Option<f64> {
        share(self.count(skill, skill), self.sum(|wanted, _| wanted.as_ref() == skill))
    }

    /// Cases that a skill had though none should: the costliest mistake.
    #[must_use]
    pub fn false_fires(&self) -> usize {
        self.sum(|wanted, chosen| wanted.is_none() && chosen.is_some())
    }

    /// Cases that another skill had than should.
    #[must_use]
    pub fn mistaken(&self) -> usize {
        self.sum(|wanted, chosen| wanted.is_some() && chosen.is_some() && wanted != chosen)
    }

    /// Cases that no skill had though one should.
    #[must_use]
    pub fn missed(&self) -> usize {
        self.sum(|wanted, chosen| wanted.is_some() && chosen.is_none())
    }

    fn sum(&self, counts: impl Fn(&Option<SkillName>, &Option<SkillName>) -> bool) -> usize {
        self.0.iter().filter(|((wanted, chosen), _)| counts(wanted, chosen)).map(|(_, count)| count).sum()
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
