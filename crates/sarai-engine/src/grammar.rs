//! Grammars: what an answer must look like, as masks over the vocabulary.
//!
//! # Key types
//! - [`Vocabulary`]: the tokens of a model, and its own way to split texts into them.
//! - [`Grammars`]: compiles grammars for one vocabulary.
//! - [`Constraint`]: where one answer stands in its grammar.
//! - [`Mask`]: the tokens that may come next.
//!
//! # Usage
//! Make one [`Grammars`] for a model. For each answer, [`Grammars::compile`] its grammar; before each token, apply
//! [`Constraint::mask`] to the logits; after it, [`Constraint::advance`], or end if the token was one that ends. A mask
//! never allows a token that the grammar does not, and allows the tokens that end an answer exactly when it may end.
//! [`Constraint::forced`] and [`Constraint::allowed`] are for guessing ahead.
//!
//! # What is refused
//! A grammar that cannot be enforced to the letter; one with a part that no text satisfies or that can never end, since
//! an answer could get caught in it; and one that is too large or too ambiguous: every step has a limit, none a clock.
//! An answer that meets such a limit half-way ends with an error, never without its constraint.
//!
//! The work is done by llguidance. What stands around it here: the canonical tokens, a stricter JSON Schema (`schema`),
//! llama.cpp's grammar language (`gbnf`), thinking before the answer (`lark`), and the search for parts without an end
//! (`sound`).

mod gbnf;
mod lark;
mod schema;
mod sound;
mod vocabulary;

use std::fmt;

use llguidance::api::{GrammarWithLexer, ParserLimits};
use llguidance::earley::SlicedBiasComputer;
use llguidance::toktrie::InferenceCapabilities;
use llguidance::{Matcher, ParserFactory};
use sarai_types::{GRAMMAR_BYTES_MAX, Grammar, GrammarKind};
use serde_json::Value;
use toktrie::SimpleVob;

pub(crate) use lark::literal;
use schema::{Normal, Writer};
pub use vocabulary::{TokenBytes, Vocabulary};

/// How much stack [`Grammars::compile`] may need, in bytes: it goes down as deep as the grammar nests. A caller that
/// takes grammars from others gives it a thread with this much; untouched stack costs nothing.
pub const COMPILE_STACK_BYTES: usize = 64 << 20;

/// How a model marks what it says to itself before it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thinking {
    /// It does not.
    Never,
    /// It may, between these marks.
    May { open: String, close: String },
    /// The prompt ends inside: only the closing mark is still to come.
    Open { close: String },
}

/// Why a grammar was refused, for the one who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct GrammarError(pub String);

/// Compiles grammars for one vocabulary.
pub struct Grammars {
    vocabulary: Vocabulary,
    factory: ParserFactory,
    writer: Writer,
}

impl Grammars {
    /// Looks at every token once.
    ///
    /// # Errors
    /// The vocabulary cannot be prepared.
    pub fn new(vocabulary: &Vocabulary) -> Result<Self, GrammarError> {
        let capabilities = InferenceCapabilities { ff_tokens: true, ..InferenceCapabilities::default() };
        let slices = SlicedBiasComputer::json_slices();
        let mut factory = ParserFactory::new(&vocabulary.env(), capabilities, &slices)
            .map_err(|error| GrammarError(format!("the vocabulary cannot be prepared: {error}")))?;
        factory.quiet();
        *factory.limits_mut() = limits();
        Ok(Self { vocabulary: vocabulary.clone(), factory, writer: Writer::Model })
    }

    /// The beginning of an answer that is held to a grammar, after what the model thinks before it.
    ///
    /// JSON comes with its properties in the order of the schema, on one line, with one blank after `:` and `,`.
    ///
    /// # Errors
    /// What is wrong with the grammar: for a schema the place as a JSON pointer, for the other kinds line and column.
    pub fn compile(&self, grammar: &Grammar, thinking: &Thinking) -> Result<Constraint, GrammarError> {
        if grammar.source.len() > GRAMMAR_BYTES_MAX {
            return Err(GrammarError(format!("the grammar has more than {GRAMMAR_BYTES_MAX} bytes")));
        }
        let answer = Answer::read(grammar, &self.vocabulary, self.writer)?;
        let top = lark::after_thinking(answer.source.clone(), thinking, &self.vocabulary);
        let parser = self.factory.create_parser(top).map_err(|error| answer.blame(&error.to_string()))?;
        sound::check(parser.parser.grammar(), self.factory.limits()).map_err(|error| answer.unsound(error))?;
        let mut constraint = Constraint { matcher: Matcher::new(Ok(parser)), vocabulary: self.vocabulary.clone() };
        // The first steps are the first that can meet a limit or find that nothing is possible.
        constraint.mask().map_err(|error| GrammarError(format!("no answer can begin: {error}")))?;
        constraint.clone().rehearse().map_err(|error| GrammarError(format!("no answer can go on: {error}")))?;
        Ok(constraint)
    }
}

impl fmt::Debug for Grammars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grammars").field("vocabulary", &self.vocabulary).finish_non_exhaustive()
    }
}

/// What compiling and each step may cost. The steps are counted by llguidance; the numbers are such that the worst
/// grammar is refused in less than a second.
fn limits() -> ParserLimits {
    ParserLimits {
        max_items_in_row: 6_100,
        initial_lexer_fuel: 400_000,
        step_lexer_fuel: 200_000,
        step_max_items: 50_000,
        max_lexer_states: 250_000,
        // Symbols have 16 bits.
        max_grammar_size: 60_000,
        precompute_large_lexemes: true,
        verbose_errors: false,
    }
}

/// A grammar as llguidance reads it, and what is needed to explain its refusals.
struct Answer {
    source: GrammarWithLexer,
    schema: Option<Normal>,
    kind: GrammarKind,
}

impl Answer {
    fn read(grammar: &Grammar, vocabulary: &Vocabulary, writer: Writer) -> Result<Self, GrammarError> {
        let kind = grammar.kind;
        if kind != GrammarKind::JsonSchema {
            lark::check_size(&grammar.source)?;
        }
        let (source, schema) = match kind {
            GrammarKind::JsonSchema => {
                let normal = schema::parse(&grammar.source, writer)?;
                (GrammarWithLexer::from_json_schema(normal.schema.clone()), Some(normal))
            }
            GrammarKind::Gbnf => {
                let find = |name: &str| vocabulary.control(name);
                (GrammarWithLexer::from_lark(gbnf::to_lark_with(&grammar.source, &find)?), None)
            }
            GrammarKind::Lark => (GrammarWithLexer::from_lark(lark::read(&grammar.source)?), None),
            GrammarKind::Regex if grammar.source.is_empty() => {
                (GrammarWithLexer::from_lark("start: \"\"".to_owned()), None)
            }
            GrammarKind::Regex => (GrammarWithLexer::from_regex(&grammar.source), None),
        };
        Ok(Self { source, schema, kind })
    }

    /// llguidance's refusal in words that say where.
    fn blame(&self, error: &str) -> GrammarError {
        match (&self.schema, self.kind) {
            (Some(normal), _) => match schema::blame(normal, &limits()) {
                Some(error) => error,
                None => GrammarError(format!("#: {}", schema::wording(error, normal))),
            },
            (None, GrammarKind::Regex) => lark::regex_error(error),
            (None, _) => lark::error(error),
        }
    }

    /// What a part without an end is called by the one who wrote it.
    fn unsound(&self, unsound: sound::Unsound) -> GrammarError {
        match &self.schema {
            Some(normal) => GrammarError(match unsound.part() {
                Some(part) if part.contains("#/$defs/") => {
                    format!("{}: {}", schema::wording(part, normal), unsound.why())
                }
                Some(_) | None => format!("#: {}", unsound.why()),
            }),
            None => GrammarError(match unsound.part() {
                Some(part) => format!("{part}: {}", unsound.why()),
                None => unsound.why().to_owned(),
            }),
        }
    }
}

/// Where one answer stands in its grammar. A clone goes its own way.
pub struct Constraint {
    matcher: Matcher,
    vocabulary: Vocabulary,
}

impl Clone for Constraint {
    fn clone(&self) -> Self {
        Self { matcher: self.matcher.deep_clone(), vocabulary: self.vocabulary.clone() }
    }
}

impl fmt::Debug for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Constraint").field("stopped", &self.matcher.is_stopped()).finish_non_exhaustive()
    }
}

impl Constraint {
    /// The tokens that may come next; tokens that end an answer are among them exactly when it may end here. Never
    /// empty.
    ///
    /// # Errors
    /// The grammar met a limit. The answer cannot go on, and every later call says the same.
    pub fn mask(&mut self) -> Result<Mask, GrammarError> {
        let mut tokens = self.matcher.compute_mask_or_eos().map_err(|error| failure(&error))?;
        let may_end = self.may_end();
        for &end in self.vocabulary.ends() {
            tokens.set(end as usize, may_end);
        }
        if tokens.is_zero() {
            return Err(GrammarError("no token can continue this answer".to_owned()));
        }
        Ok(Mask(tokens))
    }

    /// The answer goes on with this token, which the mask allows. Not called for tokens that end the answer.
    ///
    /// # Errors
    /// As [`Constraint::mask`], or the mask did not allow it.
    pub fn advance(&mut self, token: u32) -> Result<(), GrammarError> {
        self.matcher.consume_token(token).map_err(|error| failure(&error))
    }

    /// How many tokens of a draft the grammar allows, from its beginning; one that ends the answer is the last. Changes
    /// nothing. A text may be allowed in other tokens than [`Constraint::mask`] allows it in.
    pub fn allowed(&mut self, draft: &[u32]) -> usize {
        let known = draft.iter().take_while(|&&token| (token as usize) < self.vocabulary.len()).count();
        self.matcher.validate_tokens(&draft[..known]).unwrap_or(0)
    }

    /// Tokens that must come next because nothing else can, as the model would split them. Changes nothing.
    pub fn forced(&mut self) -> Vec<u32> {
        if self.matcher.is_stopped() { Vec::new() } else { self.matcher.compute_ff_tokens() }
    }

    /// Whether the answer may end here.
    pub fn may_end(&mut self) -> bool {
        !self.matcher.is_error() && (self.matcher.is_stopped() || self.matcher.is_accepting().unwrap_or(false))
    }

    /// Whether the answer must end here: nothing can follow. Where that takes more than a look, as with numbers of which
    /// only multiples are allowed, only the mask knows.
    #[must_use]
    pub fn must_end(&self) -> bool {
        self.matcher.is_stopped()
    }

    /// Goes a few steps, any steps.
    fn rehearse(mut self) -> Result<(), GrammarError> {
        const STEPS: usize = 3;
        for _ in 0..STEPS {
            if self.must_end() {
                break;
            }
            let mask = self.mask()?;
            let ends = self.vocabulary.ends();
            let Some(next) = mask.0.iter().find(|token| !ends.contains(token)) else { break };
            self.advance(next)?;
        }
        Ok(())
    }

    /// Goes on with a whole text, split anyhow.
    fn read(&mut self, tokens: impl Iterator<Item = u32>) -> Result<Verdict, GrammarError> {
        for (at, token) in tokens.enumerate() {
            if self.matcher.try_consume_tokens(&[token]).map_err(|error| failure(&error))? == 0 {
                return Ok(Verdict::RejectedAt(at));
            }
        }
        Ok(if self.may_end() { Verdict::Accepted } else { Verdict::Incomplete })
    }
}

fn failure(error: &impl fmt::Display) -> GrammarError {
    let error = error.to_string();
    GrammarError(lark::brief(error.lines().next().unwrap_or_default()))
}

/// What a grammar says of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Accepted,
    /// The first byte, from 0, with which no accepted text goes on.
    RejectedAt(usize),
    /// The beginning of an accepted text.
    Incomplete,
}

/// Checks texts against grammars, without a model. JSON may have white space wherever the language allows it. A grammar
/// is compiled once for all texts that follow each other.
#[derive(Debug)]
pub struct Checker {
    grammars: Grammars,
    last: Option<(Grammar, Result<Constraint, GrammarError>)>,
}

impl Checker {
    /// # Errors
    /// None that is known: the vocabulary is our own.
    pub fn new() -> Result<Self, GrammarError> {
        let grammars = Grammars { writer: Writer::Anybody, ..Grammars::new(&Vocabulary::bytes())? };
        Ok(Self { grammars, last: None })
    }

    /// # Errors
    /// As [`Grammars::compile`], or the text met a limit.
    pub fn check(&mut self, grammar: &Grammar, text: &[u8]) -> Result<Verdict, GrammarError> {
        let known = self.last.take().filter(|(last, _)| last == grammar);
        let (_, compiled) = self.last.insert(match known {
            Some(known) => known,
            None => (grammar.clone(), self.grammars.compile(grammar, &Thinking::Never)),
        });
        let mut answer = compiled.as_ref().map_err(Clone::clone)?.clone();
        let (before, text) = match grammar.kind {
            GrammarKind::JsonSchema => around(text),
            GrammarKind::Gbnf | GrammarKind::Lark | GrammarKind::Regex => (0, text),
        };
        Ok(match answer.read(text.iter().copied().map(u32::from))? {
            Verdict::RejectedAt(at) => Verdict::RejectedAt(before + at),
            verdict @ (Verdict::Accepted | Verdict::Incomplete) => verdict,
        })
    }
}

/// A text without the white space around it, and how much there was before it.
fn around(text: &[u8]) -> (usize, &[u8]) {
    let is_value = |byte: &u8| !b" \t\r\n".contains(byte);
    let from = text.iter().position(is_value).unwrap_or(text.len());
    let to = text.iter().rposition(is_value).map_or(from, |last| last + 1);
    (from, &text[from..to])
}

/// What a grammar says of a text, without a model.
///
/// # Errors
/// As [`Checker::check`].
pub fn check(grammar: &Grammar, text: &[u8]) -> Result<Verdict, GrammarError> {
    Checker::new()?.check(grammar, text)
}

/// The JSON Schema that a value must satisfy, with everything in it enforceable, or what is not. For schemas that
/// become part of a larger grammar.
pub(crate) fn enforceable(schema: &Value) -> Result<Value, GrammarError> {
    let normal = schema::normalise(schema, Writer::Model)?;
    match schema::blame(&normal, &limits()) {
        Some(error) => Err(error),
        None => Ok(normal.schema),
    }
}

/// A set of tokens.
#[derive(Debug, Clone)]
pub struct Mask(SimpleVob);

impl Mask {
    #[must_use]
    pub fn allows(&self, token: u32) -> bool {
        (token as usize) < self.0.len() && self.0.is_allowed(token)
    }

    /// Makes the logits of all other tokens minus infinity.
    pub fn apply(&self, logits: &mut [f32]) {
        const BITS: usize = u32::BITS as usize;
        let known = self.0.len().min(logits.len());
        let (inside, outside) = logits.split_at_mut(known);
        outside.fill(f32::NEG_INFINITY);
        for (logits, &word) in inside.chunks_mut(BITS).zip(self.0.as_slice()) {
            match word {
                u32::MAX => {}
                0 => logits.fill(f32::NEG_INFINITY),
                word => {
                    for (bit, logit) in logits.iter_mut().enumerate() {
                        if word >> bit & 1 == 0 {
                            *logit = f32::NEG_INFINITY;
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
