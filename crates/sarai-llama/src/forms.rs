//! Compiled grammars: a few of the last ones, since whoever asks for a form asks for it again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sarai_engine::grammar::{Constraint, GrammarError, Grammars, Thinking};
use sarai_types::Grammar;

use crate::prompt::Tokenizer;

/// Compiled grammars that are kept. The largest takes some megabytes.
const KEPT: usize = 8;

/// Grammars for the vocabulary of the one model.
#[derive(Debug, Default)]
pub(crate) struct Forms {
    /// Made for the first grammar that is asked for: looking at every token takes a while.
    grammars: Mutex<Option<Result<Arc<Grammars>, GrammarError>>>,
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
        let constraint = self.grammars(tokenizer)?.compile(grammar, thinking)?;
        let mut compiled = lock(&self.compiled);
        compiled.push_front((grammar.clone(), thinking.clone(), constraint.clone()));
        compiled.truncate(KEPT);
        Ok(constraint)
    }

    /// Drops all of them. What is compiled already serves its answer to the end.
    pub(crate) fn forget(&self) {
        lock(&self.compiled).clear();
    }

    /// Drops what they are made with as well, which is larger and takes longer to have again.
    pub(crate) fn clear(&self) {
        self.forget();
        *lock(&self.grammars) = None;
    }

    fn grammars(&self, tokenizer: &Tokenizer) -> Result<Arc<Grammars>, GrammarError> {
        let make = || tokenizer.vocabulary().and_then(|vocabulary| Grammars::new(&vocabulary)).map(Arc::new);
        lock(&self.grammars).get_or_insert_with(make).clone()
    }

    fn known(&self, grammar: &Grammar, thinking: &Thinking) -> Option<Constraint> {
        let mut compiled = lock(&self.compiled);
        let at = compiled.iter().position(|(g, t, _)| g == grammar && t == thinking)?;
        let kept = compiled.remove(at)?;
        let constraint = kept.2.clone();
        compiled.push_front(kept);
        Some(constraint)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
