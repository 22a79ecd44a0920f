//! llama.cpp's grammar language, turned into llguidance's.
//!
//! The two describe a text differently: here characters make up rules, there a lexer first cuts the text into lexemes,
//! always taking the longest, and never goes back. So the parts of a grammar that become lexemes are chosen such that
//! the longest is the only one that can be right; whatever cannot be shown to be safe becomes smaller lexemes, in the
//! end single characters. The text accepted is the same; larger lexemes only make the masks cheaper.
//!
//! # Steps
//! 1. [`syntax`] reads the source, with the same rules for lines and escapes as llama.cpp.
//! 2. [`check`] refuses what no answer could follow: missing rules, left recursion, rules without an end.
//! 3. [`regular`] gathers what regular expressions can stand for into the largest possible parts.
//! 4. [`lexemes`] chooses which of them become lexemes: [`places`] knows what may stand beside and behind each, and
//!    [`automata`] compares them.
//! 5. [`lark`] writes the result.
//!
//! # Where it is stricter than llama.cpp
//! A rule defined twice is refused instead of the last one winning, so are classes without a character and ranges that
//! run backwards, which there match the empty text and nothing; and a repetition above [`REPEAT_MAX`], which there
//! silently loses its bound. The other way round, a repetition of what may be empty is no left recursion here.

mod automata;
mod chars;
mod check;
mod lark;
mod lexemes;
mod places;
mod regular;
mod syntax;
#[cfg(test)]
mod tests;

use super::GrammarError;

/// The most times that `{m,n}` may ask for.
const REPEAT_MAX: u32 = 2_000;

/// How deep parentheses may stand in each other.
const NESTING_MAX: usize = 50;

/// How many repetitions may be applied to one another without parentheses, as `*` and `?` in `"a"*?`.
const STACKED_MAX: usize = 8;

/// Rules in one grammar.
const RULES_MAX: usize = 10_000;

/// Characters, classes, references, groups and repetitions in one grammar.
const NODES_MAX: usize = 400_000;

/// The length in characters that the shortest text of a grammar may have. Beyond it no answer would ever end.
const SHORTEST_MAX: u32 = 100_000;

/// How many rules and groups may lead from one to the next. llguidance compiles each inside the one before, on the stack
/// of [`COMPILE_STACK_BYTES`](super::COMPILE_STACK_BYTES).
const CHAIN_MAX: usize = 1_000;

/// Finds the id of a control token by its spelling.
pub(super) type FindToken<'a> = &'a dyn Fn(&str) -> Option<u32>;

/// Translates a grammar for llguidance. The error says what is wrong at which line and column.
///
/// `token` is asked for the ids of tokens that the grammar excludes by name, as `!<think>` does.
pub(super) fn to_lark_with(source: &str, token: FindToken<'_>) -> Result<String, GrammarError> {
    let mut grammar = syntax::parse(source)?;
    check::check(&grammar)?;
    let regular = regular::prepare(&mut grammar);
    let choice = lexemes::choose(&grammar, &regular);
    lark::write(&grammar, &choice, token)
}

/// A place in the source, counted from 1; columns are characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    line: u32,
    column: u32,
}

impl Place {
    fn error(self, what: impl std::fmt::Display) -> GrammarError {
        GrammarError(format!("line {}, column {}: {what}", self.line, self.column))
    }
}
