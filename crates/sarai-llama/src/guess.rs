//! What one answer may say next, guessed before each batch.
//!
//! The suffix index is asked first, since it costs nothing, then the draft model. Whatever comes, the grammar cuts it and
//! the controller decides how much of it a batch is worth.

use sarai_engine::grammar::Constraint;
use sarai_engine::speculate::{Controller, Draft, Earlier, Luck, Source, Staircase, Suffixes};
use sarai_types::{Drafts, Speculation};

use crate::drafter::{Drafter, Miss};
use crate::llama::Model;

/// What all answers of a worker share.
#[derive(Debug)]
pub(crate) struct Guesses {
    pub earlier: Earlier,
    pub luck: Luck,
    /// What batches take; none until it was measured.
    pub costs: Option<Staircase>,
    pub drafter: Option<Drafter>,
}

/// The place that a batch has for the guesses of one answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Tokens that the batch has without them.
    pub beside: u32,
    /// Guesses at most.
    pub room: u32,
}

/// The guesses of one answer.
#[derive(Debug)]
pub(crate) struct Guesser {
    controller: Controller,
    suffixes: Suffixes,
    /// Prompt and answer, for the draft model.
    tokens: Vec<u32>,
    session: u64,
    /// Who made the guesses that are being verified.
    open: Option<Source>,
    suffix: Drafts,
    model: Drafts,
}

impl Guesser {
    /// None when nothing is to be guessed.
    pub(crate) fn new(policy: Speculation, session: u64, prompt: &[u32], guesses: &Guesses) -> Option<Self> {
        (policy != Speculation::Off).then(|| Self {
            controller: Controller::new(policy, &guesses.luck),
            suffixes: Suffixes::new(prompt),
            tokens: prompt.to_vec(),
            session,
            open: None,
            suffix: Drafts::default(),
            model: Drafts::default(),
        })
    }

    /// How the answer may go on, as long as it is worth a batch; often empty.
    pub(crate) fn guess(
        &mut self,
        guesses: &mut Guesses,
        model: &Model,
        constraint: Option<&mut Constraint>,
        place: Place,
    ) -> Vec<u32> {
        let kept = self
            .ask_suffixes(guesses, place)
            .or_else(|| self.ask_model(guesses, place))
            .and_then(|draft| self.cut(draft, guesses.costs.as_ref(), model, constraint, place));
        match kept {
            Some(draft) => {
                self.open = Some(draft.source);
                draft.tokens
            }
            None => {
                self.open = None;
                self.controller.plain();
                Vec::new()
            }
        }
    }

    fn ask_suffixes(&mut self, guesses: &Guesses, place: Place) -> Option<Draft> {
        let ask = self.controller.ask(Source::Suffix, guesses.costs.as_ref(), None, place.beside, place.room);
        if ask == 0 {
            return None;
        }
        self.suffixes.draft(&guesses.earlier, ask as usize)
    }

    fn ask_model(&mut self, guesses: &mut Guesses, place: Place) -> Option<Draft> {
        let drafter = guesses.drafter.as_mut()?;
        let cost = drafter.cost(self.session, &self.tokens)?;
        let ask = self.controller.ask(Source::Model, guesses.costs.as_ref(), Some(cost), place.beside, place.room);
        if ask == 0 {
            return None;
        }
        match drafter.propose(self.session, &self.tokens, ask) {
            Ok(draft) => Some(draft),
            Err(Miss::Behind) => {
                self.controller.reading(Source::Model);
                None
            }
            Err(Miss::Slow | Miss::Lost) => {
                self.controller.lost(Source::Model);
                None
            }
        }
    }

    /// What of a draft is verified: nothing that the grammar forbids, nothing behind the answer's end, and no more than
    /// pays.
    fn cut(
        &mut self,
        mut draft: Draft,
        costs: Option<&Staircase>,
        model: &Model,
        constraint: Option<&mut Constraint>,
        place: Place,
    ) -> Option<Draft> {
        let end = draft.tokens.iter().position(|&token| model.ends(token)).unwrap_or(draft.tokens.len());
        draft.tokens.truncate(end.min(place.room as usize));
        if let Some(constraint) = constraint {
            let allowed = constraint.allowed(&draft.tokens);
            draft.tokens.truncate(allowed);
        }
        draft.confidence.truncate(draft.tokens.len());
        let keep = self.controller.keep(&draft, costs, place.beside, place.room);
        draft.tokens.truncate(keep);
        (!draft.tokens.is_empty()).then_some(draft)
    }

    /// The answer went on with `said`; of `guessed` tokens the first `right` were right.
    pub(crate) fn heard(&mut self, said: &[u32], guessed: usize, right: usize) {
        let (guessed, right) = (u32::try_from(guessed).unwrap_or(u32::MAX), u32::try_from(right).unwrap_or(u32::MAX));
        if let Some(source) = self.open.take().filter(|_| guessed > 0) {
            self.controller.verified(source, guessed, right);
            let drafts = match source {
                Source::Suffix => &mut self.suffix,
                Source::Model => &mut self.model,
            };
            drafts.drafted += guessed;
            drafts.accepted += right;
        }
        for &token in said {
            self.suffixes.push(token);
        }
        self.tokens.extend_from_slice(said);
    }

    /// From the suffix index, and from the draft model.
    pub(crate) const fn drafts(&self) -> (Drafts, Drafts) {
        (self.suffix, self.model)
    }

    /// What this answer taught, for the next. Says how often guessing was given up.
    pub(crate) fn finish(self, answer: &[u32], guesses: &mut Guesses) -> u32 {
        self.controller.teach(&mut guesses.luck);
        guesses.earlier.add(answer);
        if let Some(drafter) = &mut guesses.drafter {
            drafter.end(self.session);
        }
        self.controller.fallbacks()
    }
}
