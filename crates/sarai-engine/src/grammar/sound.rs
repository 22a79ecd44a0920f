//! Finds parts of a compiled grammar that no text satisfies, or that can never end.
//!
//! An answer that once went into such a part could neither end nor do anything else. So a grammar is refused if any part
//! that an answer can come to is like that, even where others would do.

use llguidance::api::ParserLimits;
use llguidance::earley::lexerspec::{LexemeIdx, LexerSpec};
use llguidance::earley::regexvec::{LexemeSet, RegexVec};
use llguidance::earley::{CGrammar, CSymIdx};

/// What is wrong, with the name of the part as far as it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unsound {
    /// An expression that matches nothing.
    Nothing(String),
    /// A rule that can only go on.
    Endless(String),
    /// The grammar meets a limit when it is looked at.
    TooComplex,
}

impl Unsound {
    pub(super) fn part(&self) -> Option<&str> {
        match self {
            Self::Nothing(part) | Self::Endless(part) => (!part.is_empty()).then_some(part),
            Self::TooComplex => None,
        }
    }

    pub(super) fn why(&self) -> &'static str {
        match self {
            Self::Nothing(_) => "no text satisfies this",
            Self::Endless(_) => "this can never end, because it always leads to itself again",
            Self::TooComplex => "the grammar is too complex",
        }
    }
}

pub(super) fn check(grammar: &CGrammar, limits: &ParserLimits) -> Result<(), Unsound> {
    let reached = reached(grammar);
    let lexer = grammar.lexer_spec();
    let mut expressions = lexer.to_regex_vec(&mut limits.clone()).map_err(|_| Unsound::TooComplex)?;
    for &symbol in &reached {
        let data = grammar.sym_data(symbol);
        if let Some(lexeme) = data.lexeme
            && matches_nothing(lexeme, lexer, &mut expressions)
        {
            return Err(Unsound::Nothing(name(&data.name)));
        }
    }
    if expressions.has_error() {
        return Err(Unsound::TooComplex);
    }
    let ends = ends(grammar, &reached);
    match reached.iter().find(|symbol| !ends[symbol.as_index()]) {
        Some(&symbol) => Err(Unsound::Endless(name(&grammar.sym_data(symbol).name))),
        None => Ok(()),
    }
}

/// The symbols that an answer can come to, the beginning first.
fn reached(grammar: &CGrammar) -> Vec<CSymIdx> {
    let mut reached = vec![grammar.start()];
    let mut seen = vec![false; SYMBOLS_MAX];
    seen[grammar.start().as_index()] = true;
    let mut next = 0;
    while let Some(&symbol) = reached.get(next) {
        next += 1;
        for &rule in grammar.rules_of(symbol) {
            for &part in grammar.rule_rhs(rule).0 {
                if !std::mem::replace(&mut seen[part.as_index()], true) {
                    reached.push(part);
                }
            }
        }
    }
    reached
}

/// Symbols have 16 bits.
const SYMBOLS_MAX: usize = 1 << 16;

/// Which symbols have an end: terminals, and whatever has a rule of parts that all have one.
fn ends(grammar: &CGrammar, reached: &[CSymIdx]) -> Vec<bool> {
    let mut ends = vec![false; SYMBOLS_MAX];
    // Of each rule, how many parts are still without an end; of each symbol, the rules that wait for it.
    let mut waiting: Vec<Vec<usize>> = vec![Vec::new(); SYMBOLS_MAX];
    let mut rules: Vec<(CSymIdx, usize)> = Vec::new();
    let mut done: Vec<CSymIdx> = Vec::new();
    for &symbol in reached {
        let data = grammar.sym_data(symbol);
        if data.is_terminal || data.is_nullable || !data.cond_nullable.is_empty() {
            done.push(symbol);
        }
        for &rule in grammar.rules_of(symbol) {
            let parts = grammar.rule_rhs(rule).0;
            for part in parts {
                waiting[part.as_index()].push(rules.len());
            }
            rules.push((symbol, parts.len()));
        }
    }
    while let Some(symbol) = done.pop() {
        if std::mem::replace(&mut ends[symbol.as_index()], true) {
            continue;
        }
        for &rule in &waiting[symbol.as_index()] {
            let (of, missing) = &mut rules[rule];
            *missing -= 1;
            if *missing == 0 {
                done.push(*of);
            }
        }
    }
    ends
}

fn matches_nothing(lexeme: LexemeIdx, lexer: &LexerSpec, expressions: &mut RegexVec) -> bool {
    let mut alone: LexemeSet = lexer.alloc_lexeme_set();
    alone.add(lexeme);
    expressions.initial_state(&alone).is_dead()
}

/// What the writer called a part; names that llguidance made up say nothing.
fn name(symbol: &str) -> String {
    let made_up = symbol.starts_with(['[', '_', '%']) || symbol.contains('"') || symbol.starts_with("start#");
    if made_up { String::new() } else { symbol.to_owned() }
}
