//! What speaks for one skill, and how much.

use std::collections::{BTreeMap, BTreeSet};

use sarai_types::{Language, SkillName};

use super::features::{Feature, Features, Shares};
use super::lexicon::{Lexicon, Manner};
use super::sign::{Databases, Sign};
use super::text::{Token, folded, tokens};
use super::{AnswerForm, Heard, Reason, is_routable};
use crate::manifest::Phrases;
use crate::skill::Skill;

/// Fewer examples than this count as this many.
const EXAMPLES_LEAST: usize = 8;
/// What each content word of a keyword adds to its share among the examples, divided by the keyword's words, in
/// examples.
const KEYWORD_EXAMPLES: f64 = 3.0;
/// Added to every share, so that a word that is nowhere says nothing.
const SMOOTHING: f64 = 0.05;
/// The most that one word can say for a skill and against it.
const FOR_MAX: f64 = 1.9;
const AGAINST_MAX: f64 = 0.9;
/// What a word that every sentence has says, of what another would.
const FUNCTION_SHARE: f64 = 0.25;
/// The same for pairs of words and first words, which repeat what the words said.
const PAIR_SHARE: f64 = 0.2;
/// The words of a sentence are added up and divided by this power of their number, so that a long one says more than a
/// short one, but not as much more as it is longer. Shorter ones count as of this length.
const LENGTH_POWER: f64 = 0.3;
const LENGTH_LEAST: usize = 7;
/// What words count for beside the rest.
const WORDS_SCALE: f64 = 1.4;
/// What a keyword says, how much more for each further content word in it, and what all together can say.
const KEYWORD: f64 = 0.6;
const KEYWORD_MORE: f64 = 0.3;
const KEYWORDS_MAX: f64 = 1.8;
/// What the names of registered databases, tables and columns in a request say, and how many of them count.
const DATABASE: f64 = 1.1;
const DATABASE_NAMES_MAX: f64 = 1.5;
const PASSAGE: f64 = 0.6;
const FORMULA: f64 = 1.8;
const CODE: f64 = 1.2;
const SCHEMA: f64 = 2.5;
const AVOIDED: f64 = 3.0;
const STATEMENT: f64 = 1.8;
const TALK: f64 = 2.5;
/// Who is named is chosen.
const NAMED: f64 = 10.0;
/// A word is given as a reason from this weight on, and so many of them.
const TOLD_MIN: f64 = 0.3;
const TOLD_MAX: usize = 4;
/// Words that make a skill's name a name.
const SKILL_WORDS: [&str; 4] = ["skill", "skills", "habilidad", "habilidades"];

/// What one skill has in one language.
#[derive(Debug, Clone)]
struct Side {
    /// Of what the skill's examples have. What only everyday talk has speaks against all skills alike.
    weights: BTreeMap<Feature, f64>,
    keywords: Vec<Vec<String>>,
    avoid: Vec<Vec<String>>,
}

/// One skill as the router sees it.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    pub(super) name: SkillName,
    /// The folded words of its name.
    name_words: Vec<String>,
    signs: BTreeSet<Sign>,
    spanish: Side,
    english: Side,
}

/// What was found in a request.
#[derive(Debug, Default)]
pub(super) struct Clues {
    score: f64,
    /// With what each adds.
    reasons: Vec<(f64, Reason)>,
}

impl Clues {
    fn add(&mut self, value: f64, reason: Reason) {
        self.score += value;
        self.reasons.push((value, reason));
    }

    /// The score, and the reasons with the weightiest first.
    pub(super) fn close(mut self) -> (f64, Vec<Reason>) {
        self.reasons.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
        (self.score, self.reasons.into_iter().map(|(_, reason)| reason).collect())
    }
}

impl Profile {
    /// None for a skill that is only used by those who name it.
    pub(super) fn new<Phase>(skill: &Skill<Phase>, lexicons: &[Lexicon; 2]) -> Option<Self> {
        if !is_routable(skill) {
            return None;
        }
        let side = |language: Language| {
            let lexicon = if lexicons[0].language == language { &lexicons[0] } else { &lexicons[1] };
            Side::new(skill.routing().phrases(language), skill.description(), lexicon)
        };
        Some(Self {
            name: skill.name().clone(),
            name_words: folded(&skill.name().as_str().replace('-', " ")),
            signs: skill.routing().signs.iter().copied().collect(),
            spanish: side(Language::Spanish),
            english: side(Language::English),
        })
    }

    pub(super) fn score(&self, heard: &Heard, lexicon: &Lexicon, databases: &Databases) -> Clues {
        let side = match heard.language {
            Language::Spanish => &self.spanish,
            Language::English => &self.english,
        };
        let mut clues = Clues::default();
        side.score_words(&heard.tokens, lexicon, &mut clues);
        side.score_keywords(&heard.tokens, lexicon, &mut clues);
        self.score_signs(heard, databases, &mut clues);
        if self.is_named(heard) {
            clues.add(NAMED, Reason::Named);
        }
        if let Some(word) = side.avoided(&heard.tokens) {
            clues.add(-AVOIDED, Reason::Avoided(word));
        }
        if heard.manner == Manner::Statement {
            clues.add(-STATEMENT, Reason::Statement);
        }
        if let Some(phrase) = &heard.talk {
            clues.add(-TALK, Reason::Talk(phrase.clone()));
        }
        clues
    }

    fn score_signs(&self, heard: &Heard, databases: &Databases, clues: &mut Clues) {
        for sign in &self.signs {
            let value = match sign {
                Sign::Databases => {
                    let names = databases.named(&heard.tokens, heard.language);
                    let weight: f64 = names.iter().map(|(weight, _)| weight).sum();
                    if let Some((_, name)) = names.into_iter().next() {
                        clues.add(DATABASE * weight.min(DATABASE_NAMES_MAX), Reason::Database(name));
                    }
                    continue;
                }
                Sign::Schema if heard.form == AnswerForm::Schema => SCHEMA,
                Sign::Code if heard.parts.code => CODE,
                Sign::Formula if heard.parts.formula => FORMULA,
                Sign::Passage if heard.parts.passage => PASSAGE,
                Sign::Schema | Sign::Code | Sign::Formula | Sign::Passage => continue,
            };
            clues.add(value, Reason::Sign(*sign));
        }
    }

    /// `/name …`, or the name beside the word «skill».
    fn is_named(&self, heard: &Heard) -> bool {
        let length = self.name_words.len();
        let slash = heard.parts.instruction.strip_prefix('/').is_some_and(|rest| {
            rest.strip_prefix(self.name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
        });
        let is_skill = |at: Option<usize>| {
            at.and_then(|at| heard.words.get(at)).is_some_and(|word| SKILL_WORDS.contains(&word.as_str()))
        };
        slash
            || heard.words.windows(length).enumerate().any(|(at, window)| {
                window == self.name_words && (is_skill(at.checked_sub(1)) || is_skill(Some(at + length)))
            })
    }
}

impl Side {
    fn new(phrases: &Phrases, description: &str, lexicon: &Lexicon) -> Self {
        let stems = |text: &String| -> Vec<String> {
            tokens(text, lexicon.language).into_iter().map(|token| token.stem).collect()
        };
        // Who gives no examples is known by the sentences about it, in whatever language they are.
        let described: Vec<String> = description.split(['.', ';', ',']).map(str::to_owned).collect();
        let sentences = if phrases.examples.is_empty() { &described } else { &phrases.examples };
        let examples: Vec<Features> =
            sentences.iter().map(|text| Features::of(&tokens(text, lexicon.language))).collect();
        let count = examples.len().max(EXAMPLES_LEAST) as f64;
        let mut shares = Shares::of(&examples, EXAMPLES_LEAST);
        let keywords: Vec<Vec<String>> = distinct(phrases.keywords.iter().map(stems));
        for (stem, share) in keyword_shares(&keywords, lexicon) {
            shares.add(Feature::Word(stem), KEYWORD_EXAMPLES * share / count);
        }
        let weighed = |feature: &Feature| (feature.clone(), weight(feature, shares.get(feature), lexicon));
        let weights = shares.features().map(weighed).collect();
        Self { weights, keywords, avoid: distinct(phrases.avoid.iter().map(stems)) }
    }

    fn weight(&self, feature: &Feature, lexicon: &Lexicon) -> f64 {
        self.weights.get(feature).copied().unwrap_or_else(|| weight(feature, 0.0, lexicon))
    }

    fn score_words(&self, tokens: &[Token], lexicon: &Lexicon, clues: &mut Clues) {
        let length = tokens.len().max(LENGTH_LEAST) as f64;
        let scale = WORDS_SCALE / length.powf(LENGTH_POWER);
        let features = Features::of(tokens);
        let sum: f64 = features.iter().map(|feature| self.weight(feature, lexicon)).sum();
        let mut told: Vec<(f64, &str)> = Vec::new();
        for token in tokens {
            let weight = self.weight(&Feature::Word(token.stem.clone()), lexicon);
            if weight >= TOLD_MIN && told.iter().all(|(_, word)| *word != token.word) {
                told.push((weight, &token.word));
            }
        }
        told.sort_by(|a, b| b.0.total_cmp(&a.0));
        told.truncate(TOLD_MAX);
        if told.is_empty() {
            clues.score += sum * scale;
        } else {
            let words = told.into_iter().map(|(_, word)| word.to_owned()).collect();
            clues.add(sum * scale, Reason::Words(words));
        }
    }

    fn score_keywords(&self, tokens: &[Token], lexicon: &Lexicon, clues: &mut Clues) {
        let mut covered = BTreeSet::new();
        let mut left = KEYWORDS_MAX;
        // Longer ones come first and keep their words to themselves.
        for keyword in &self.keywords {
            let Some(at) = position(tokens, keyword) else { continue };
            let places = at..at + keyword.len();
            if places.clone().any(|place| covered.contains(&place)) {
                continue;
            }
            let content = keyword.iter().filter(|stem| !lexicon.is_function(stem)).count();
            let value = (KEYWORD + KEYWORD_MORE * (content.max(1) - 1) as f64).min(left);
            left -= value;
            clues.add(value, Reason::Keyword(as_written(&tokens[places.clone()])));
            covered.extend(places);
        }
    }

    fn avoided(&self, tokens: &[Token]) -> Option<String> {
        self.avoid.iter().find_map(|phrase| {
            let at = position(tokens, phrase)?;
            Some(as_written(&tokens[at..at + phrase.len()]))
        })
    }
}

/// Each once, the longest first.
fn distinct(phrases: impl Iterator<Item = Vec<String>>) -> Vec<Vec<String>> {
    let mut phrases: Vec<Vec<String>> =
        phrases.filter(|phrase| !phrase.is_empty()).collect::<BTreeSet<_>>().into_iter().collect();
    phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.len()));
    phrases
}

/// How much of a keyword each content word is, at most.
fn keyword_shares(keywords: &[Vec<String>], lexicon: &Lexicon) -> BTreeMap<String, f64> {
    let mut shares: BTreeMap<String, f64> = BTreeMap::new();
    for keyword in keywords {
        let content: Vec<&String> = keyword.iter().filter(|stem| !lexicon.is_function(stem)).collect();
        for stem in &content {
            let share = shares.entry((*stem).clone()).or_default();
            *share = share.max(1.0 / content.len() as f64);
        }
    }
    shares
}

/// How much more frequent something is in the skill's examples than in everyday talk, on a logarithmic scale.
fn weight(feature: &Feature, share: f64, lexicon: &Lexicon) -> f64 {
    let ratio = (share + SMOOTHING) / (lexicon.everyday.get(feature) + SMOOTHING);
    let mut weight = ratio.ln().clamp(-AGAINST_MAX, FOR_MAX);
    if feature.stems().all(|stem| lexicon.is_function(stem)) {
        weight *= FUNCTION_SHARE;
    }
    match feature {
        Feature::Word(_) => weight,
        Feature::Pair(..) | Feature::First(_) => weight * PAIR_SHARE,
    }
}

fn position(tokens: &[Token], phrase: &[String]) -> Option<usize> {
    tokens.windows(phrase.len()).position(|window| window.iter().map(|token| &token.stem).eq(phrase))
}

fn as_written(tokens: &[Token]) -> String {
    tokens.iter().map(|token| token.word.as_str()).collect::<Vec<_>>().join(" ")
}
