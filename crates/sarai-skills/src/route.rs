//! Decides which skill a request is for, without a model, and says why.
//!
//! A [`Router`] knows of each skill what its manifest says: examples, keywords, words that speak against it, and signs.
//! Of the languages it knows what everyday talk is like. A word speaks for a skill as far as it is more frequent in the
//! skill's examples than in everyday talk; what all of a request's words say is added up, and keywords, signs and the
//! manner of the request add to it or take away from it. The skill with the highest score has the request if that
//! reaches [`Router::THRESHOLD`]; else nobody has, and the model answers by itself. The threshold is set so that a skill
//! is rather missed than wrong: the model can answer anything somehow, a wrong skill cannot.
//!
//! The same skills and the same request give the same answer.
//!
//! # Key types
//! - [`Router`]: made anew when skills or databases change; asking it changes nothing.
//! - [`Request`]: what a person said. [`Route`]: who it is for, and the [`Reason`]s.
//! - [`Sign`]: what speaks for a skill besides words.
//!
//! # Where the numbers come from
//! The weights were chosen on the examples of the built-in skills, left out one in four in turn, and on the part «dev»
//! of `evals/routing`; its test prints what they are worth on both parts.

mod cases;
mod features;
mod lexicon;
mod profile;
mod report;
mod sign;
mod stem;
mod text;

use sarai_types::{Language, Notice, SkillName};

use crate::skill::Skill;
pub use cases::{Case, CasesError, Confusion, Outcome, Part, evaluate};
use lexicon::{Lexicon, Manner};
use profile::Profile;
pub use report::RouteReport;
use sign::Databases;
pub use sign::{Database, Sign};
use text::{Parts, Token, folded, tokens};

/// What a person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    pub text: &'a str,
    /// The language of the conversation. Counts only for texts that do not show theirs.
    pub language: Language,
    pub form: AnswerForm,
}

/// What the answer is to look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AnswerForm {
    #[default]
    Text,
    /// JSON by a schema that came with the request.
    Schema,
}

/// Why a skill was chosen, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The request names the skill: `/sql …`, «con la habilidad sql».
    Named,
    /// These words are frequent where the skill is meant, the weightiest first.
    Words(Vec<String>),
    /// A keyword of the skill stands in the request.
    Keyword(String),
    /// Something of a registered database is named.
    Database(String),
    /// The request has something else that speaks for the skill.
    Sign(Sign),
    /// Against: a word that the skill's manifest says it is not for.
    Avoided(String),
    /// Against: this phrase asks for talk, which the model gives by itself.
    Talk(String),
    /// Against: the text tells something and asks for nothing.
    Statement,
    /// Against: nothing speaks for any skill clearly enough.
    Weak,
}

impl Reason {
    /// The sentence for a person.
    #[must_use]
    pub fn notice(&self) -> Notice {
        match self {
            Self::Named => Notice::new("skills-route-named"),
            Self::Words(words) => Notice::new("skills-route-words").arg("words", words.join(", ")),
            Self::Keyword(keyword) => Notice::new("skills-route-keyword").arg("keyword", keyword),
            Self::Database(name) => Notice::new("skills-route-database").arg("name", name),
            Self::Sign(Sign::Databases) => Notice::new("skills-route-sign-databases"),
            Self::Sign(Sign::Schema) => Notice::new("skills-route-sign-schema"),
            Self::Sign(Sign::Code) => Notice::new("skills-route-sign-code"),
            Self::Sign(Sign::Formula) => Notice::new("skills-route-sign-formula"),
            Self::Sign(Sign::Passage) => Notice::new("skills-route-sign-passage"),
            Self::Avoided(word) => Notice::new("skills-route-avoided").arg("word", word),
            Self::Talk(phrase) => Notice::new("skills-route-talk").arg("phrase", phrase),
            Self::Statement => Notice::new("skills-route-statement"),
            Self::Weak => Notice::new("skills-route-weak"),
        }
    }
}

/// Who a request is for.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// None: the model answers by itself.
    pub skill: Option<SkillName>,
    /// Of the skill, or of the one that came nearest.
    pub score: f64,
    /// The weightiest first. Never empty.
    pub reasons: Vec<Reason>,
    /// The next best, where there are two.
    pub runner_up: Option<(SkillName, f64)>,
    /// What the request was read as.
    pub language: Language,
}

/// Knows the skills, and chooses.
#[derive(Debug, Clone)]
pub struct Router {
    lexicons: [Lexicon; 2],
    profiles: Vec<Profile>,
    databases: Databases,
}

impl Router {
    /// What a skill has to reach.
    pub const THRESHOLD: f64 = 1.55;

    /// Takes the skills that may be chosen by themselves: every prompt skill, and each program whose manifest has a
    /// section `routing`.
    #[must_use]
    pub fn new<'a, Phase: 'a>(skills: impl IntoIterator<Item = &'a Skill<Phase>>) -> Self {
        let lexicons = Language::ALL.map(Lexicon::new);
        let profiles = skills.into_iter().filter_map(|skill| Profile::new(skill, &lexicons)).collect();
        Self { lexicons, profiles, databases: Databases::default() }
    }

    /// The same router, where these databases are registered.
    #[must_use]
    pub fn with_databases(self, databases: Vec<Database>) -> Self {
        let databases = Databases::new(&databases, &self.lexicons);
        Self { databases, ..self }
    }

    /// Chooses.
    #[must_use]
    pub fn route(&self, request: &Request<'_>) -> Route {
        let parts = Parts::of(request.text);
        let words = folded(&parts.instruction);
        let lexicon = self.lexicon(&words, request.language);
        let heard = Heard {
            language: lexicon.language,
            tokens: tokens(&parts.instruction, lexicon.language),
            talk: lexicon.talk(&words),
            manner: lexicon.manner(&parts.instruction, &words),
            form: request.form,
            words,
            parts,
        };
        let mut scored: Vec<(f64, Vec<Reason>, &Profile)> = self
            .profiles
            .iter()
            .map(|profile| {
                let (score, reasons) = profile.score(&heard, lexicon, &self.databases).close();
                (score, reasons, profile)
            })
            .collect();
        // The higher one first; names decide what cannot be told apart.
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.2.name.cmp(&b.2.name)));
        let mut scored = scored.into_iter();
        let Some((score, reasons, profile)) = scored.next() else {
            return Route {
                skill: None,
                score: 0.0,
                reasons: vec![Reason::Weak],
                runner_up: None,
                language: heard.language,
            };
        };
        let is_chosen = score >= Self::THRESHOLD;
        Route {
            skill: is_chosen.then(|| profile.name.clone()),
            score,
            reasons: told(reasons, is_chosen),
            runner_up: scored.next().map(|(score, _, profile)| (profile.name.clone(), score)),
            language: heard.language,
        }
    }

    /// The language that has more words of its own in the request; the given one if neither has.
    fn lexicon(&self, words: &[String], otherwise: Language) -> &Lexicon {
        let [one, other] = &self.lexicons;
        match one.own_words(words).cmp(&other.own_words(words)) {
            std::cmp::Ordering::Greater => one,
            std::cmp::Ordering::Less => other,
            std::cmp::Ordering::Equal if one.language == otherwise => one,
            std::cmp::Ordering::Equal => other,
        }
    }
}

/// A request as the profiles see it.
#[derive(Debug)]
struct Heard {
    language: Language,
    parts: Parts,
    tokens: Vec<Token>,
    /// Folded.
    words: Vec<String>,
    talk: Option<String>,
    manner: Manner,
    form: AnswerForm,
}

/// The reasons that explain the outcome: those for a skill that was chosen, those against where none was.
fn told(reasons: Vec<Reason>, is_chosen: bool) -> Vec<Reason> {
    let speaks_against = |reason: &Reason| match reason {
        Reason::Named | Reason::Words(_) | Reason::Keyword(_) | Reason::Database(_) | Reason::Sign(_) => false,
        Reason::Avoided(_) | Reason::Talk(_) | Reason::Statement | Reason::Weak => true,
    };
    let mut told: Vec<Reason> = reasons.into_iter().filter(|reason| speaks_against(reason) != is_chosen).collect();
    if told.is_empty() {
        told.push(Reason::Weak);
    }
    told
}

/// Whether the manifest gives a router anything to go by.
fn is_routable<Phase>(skill: &Skill<Phase>) -> bool {
    let routing = skill.routing();
    let has_phrases = Language::ALL.iter().any(|language| {
        let phrases = routing.phrases(*language);
        !phrases.keywords.is_empty() || !phrases.examples.is_empty()
    });
    has_phrases || !routing.signs.is_empty() || skill.process().is_none()
}

#[cfg(test)]
mod tests;
