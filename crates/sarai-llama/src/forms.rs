//! Compiled grammars: a few of the last ones, since whoever asks for a form asks for it again.

use std::collections::VecDeque;
use std::sync::{Mutex, OnceLock, PoisonError};

use sarai_engine::grammar::{Constraint, GrammarError, Grammars, Thinking};
use sarai_types::Grammar;

use crate::prompt::Tokenizer;

/// Compiled grammars that are kept. The largest takes some megabytes.
const KEPT: usize = 8;

/// Grammars for the vocabulary of the one model.
#[derive(Debug, Default)]
pub(crate) struct Forms {
    /// Made for the first grammar that is asked for: looking at every token takes a while.
    grammars: OnceLock<Result<Grammars, GrammarError>>,
    /// The one used last stands first.
    compiled: Mutex<VecDeque<(Grammar, Thinking, Constraint)>>,
}

impl Forms {
    /// The beginning of an answer that is held to `grammar`.
    ///
    /// # Errors
    /// What is wrong with the grammar.
    pub(crate) fn constraint(
        &self,
        tokenizer: &Tokenizer,
        grammar: &Grammar,
        thinking: &Thinking,
    ) -> Result<Constraint, GrammarError> {
        if let Some(constraint) = self.known(grammar, thinking) {
            return Ok(constraint);
        }
        let make = || tokenizer.vocabulary().and_then(|vocabulary| Grammars::new(&vocabulary));
        let grammars = self.grammars.get_or_init(make).as_ref().map_err(Clone::clone)?;
        let constraint = grammars.compile(grammar, thinking)?;
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        compiled.push_front((grammar.clone(), thinking.clone(), constraint.clone()));
        compiled.truncate(KEPT);
        Ok(constraint)
    }

    fn known(&self, grammar: &Grammar, thinking: &Thinking) -> Option<Constraint> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        let at = compiled.iter().position(|(g, t, _)| g == grammar && t == thinking)?;
        let kept = compiled.remove(at)?;
        let constraint = kept.2.clone();
        compiled.push_front(kept);
        Some(constraint)
    }
}
