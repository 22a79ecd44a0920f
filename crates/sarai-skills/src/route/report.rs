//! A route as programs read it: what `sarai skill route --json` prints.

use serde::Serialize;

use super::{Reason, Route, Router};

/// One line of JSON, with these keys and no others. Scores have three decimals.
///
/// ```json
/// {"skill":"sql","score":3.214,"threshold":1.55,"language":"en",
///  "reasons":[{"kind":"words","words":["orders"]},{"kind":"database","name":"orders"}],
///  "runner_up":{"skill":"python","score":0.421}}
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RouteReport {
    /// Null: the model answers by itself.
    skill: Option<String>,
    score: f64,
    threshold: f64,
    language: &'static str,
    /// The weightiest first; never empty.
    reasons: Vec<ReasonRow>,
    runner_up: Option<RunnerUp>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct RunnerUp {
    skill: String,
    score: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum ReasonRow {
    Named,
    Words { words: Vec<String> },
    Keyword { keyword: String },
    Database { name: String },
    Sign { sign: &'static str },
    Avoided { word: String },
    Talk { phrase: String },
    Statement,
    Weak,
}

impl From<&Reason> for ReasonRow {
    fn from(reason: &Reason) -> Self {
        match reason {
            Reason::Named => Self::Named,
            Reason::Words(words) => Self::Words { words: words.clone() },
            Reason::Keyword(keyword) => Self::Keyword { keyword: keyword.clone() },
            Reason::Database(name) => Self::Database { name: name.clone() },
            Reason::Sign(sign) => Self::Sign { sign: sign.as_str() },
            Reason::Avoided(word) => Self::Avoided { word: word.clone() },
            Reason::Talk(phrase) => Self::Talk { phrase: phrase.clone() },
            Reason::Statement => Self::Statement,
            Reason::Weak => Self::Weak,
        }
    }
}

impl From<&Route> for RouteReport {
    fn from(route: &Route) -> Self {
        Self {
            skill: route.skill.as_ref().map(ToString::to_string),
            score: rounded(route.score),
            threshold: rounded(Router::THRESHOLD),
            language: route.language.tag(),
            reasons: route.reasons.iter().map(ReasonRow::from).collect(),
            runner_up: route
                .runner_up
                .as_ref()
                .map(|(skill, score)| RunnerUp { skill: skill.to_string(), score: rounded(*score) }),
        }
    }
}

fn rounded(score: f64) -> f64 {
    (score * 1000.0).round() / 1000.0
}
