//! Guesses from a text that is being copied with changes: how it goes on, where it is taken up again behind a change, and
//! which changes are made again.
//!
//! Whoever edits a text says most of it as it stands. Behind a change the last tokens are new, so nothing that was said
//! before ends like them; but the place in the copied text is known, and the text goes on near it. A change that was made
//! once, such as another name, is likely to be made wherever the same tokens come again. And copies are left where they
//! were left before: behind the end of a sentence, say, when sentences are picked.
//!
//! # Usage
//! [`Follower::push`] each token that is said, then [`Follower::find`] with the places where the text went as it goes
//! now; [`Follower::draft`] at any time. All of them get the text that the copied one stands in, which only grows;
//! [`Follower::lose`] when it does not.

use std::collections::HashMap;

use super::luck::Rate;
use super::text::{BOUNDARY, Match};

/// So many tokens in a row that came before are taken for a copy.
const COPY_LEN: u32 = 4;
/// How much longer another match must be for the copy to be one of that.
const BETTER_LEN: u32 = 3;
/// A copy is given up when more tokens than this were said instead, and is not taken up beyond so many.
const CHANGE_MAX: usize = 24;
/// So many tokens of the copied text in a row show that it is taken up again.
const BACK_LEN: usize = 3;
/// Changes that are remembered, the latest, and the most tokens of one, on either side.
const CHANGES_MAX: usize = 32;
const CHANGE_TOKENS_MAX: usize = 12;
/// Tokens behind which it is counted how often copies go on.
const BEHIND_MAX: usize = 1 << 12;

/// How sure the next token of a copy is while little is known: at most, and worth so many tokens. As with matches, one of
/// this many tokens squared is as likely right as wrong.
const COPIED: f32 = 0.98;
const COPIED_WORTH: f32 = 16.0;
const EVEN_RUN_SQUARED: f32 = 8.0;
/// What all copies taught is worth so many tokens beside what those behind the same token did.
const BEHIND_WORTH: f32 = 2.0;
/// How likely the copied text goes on behind a change, by how many tokens speak for the place; worth so many times.
const BACK: [f32; BACK_LEN] = [0.3, 0.4, 0.7];
const BACK_WORTH: f32 = 3.0;
/// How likely a change is made again; worth so many times.
const AGAIN: f32 = 0.6;
const AGAIN_WORTH: f32 = 2.0;
/// How likely a change that began as a known one ends like it, token by token.
const BEGUN: f32 = 0.95;
/// How much is left of what was seen of copies after each token of one, and of the rarer things after each of them.
const MEMORY: f32 = 1.0 - 1.0 / 64.0;
const MEMORY_RARE: f32 = 1.0 - 1.0 / 16.0;

/// Follows the one text that is being copied, if there is one.
#[derive(Debug, Default)]
pub(super) struct Follower {
    state: State,
    changes: Vec<Change>,
    /// How often a copy went on: anywhere, and behind each token.
    copied: Rate,
    behind: HashMap<u32, Rate>,
    /// How often the copied text went on behind a change, by how many tokens spoke for the place.
    back: [Rate; BACK_LEN],
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Idle,
    /// The token at `at` comes next; `run` tokens were copied one after the other.
    Copying { at: usize, run: u32 },
    /// Instead of the token at `at`, `said` was said. A copy of `run` tokens was left.
    Changing { at: usize, run: u32, said: Vec<u32>, back: Option<Back> },
}

/// Where the copied text may go on behind a change, and how many tokens said last stand before that place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Back {
    at: usize,
    len: usize,
}

/// Instead of `from`, which is not empty, `to` was said.
#[derive(Debug)]
struct Change {
    from: Vec<u32>,
    to: Vec<u32>,
    again: Rate,
}

/// A token that may come next, and how likely it is if those before it are right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Guess {
    pub(super) token: u32,
    pub(super) confidence: f32,
}

impl Follower {
    /// The text goes on with `token`, which it does not hold yet.
    pub(super) fn push(&mut self, text: &[u32], token: u32) {
        self.count(text, token);
        self.state = match std::mem::take(&mut self.state) {
            State::Idle => State::Idle,
            State::Copying { at, run } if text.get(at) == Some(&token) => State::Copying { at: at + 1, run: run + 1 },
            State::Copying { at, run } => self.change(text, (at, run), vec![token], None),
            State::Changing { at, run, mut said, back } => {
                said.push(token);
                self.change(text, (at, run), said, back)
            }
        };
    }

    /// Where the text went as it goes now: a long match is a copy, one that is longer than what is followed the better
    /// one.
    pub(super) fn find(&mut self, matches: &[Match]) {
        let Some(best) = matches.iter().max_by_key(|place| (place.len, place.next)) else { return };
        let least = match self.state {
            State::Idle => COPY_LEN,
            State::Copying { run, .. } => run.saturating_add(BETTER_LEN),
            State::Changing { .. } => COPY_LEN + BETTER_LEN,
        };
        if best.len >= least {
            self.state = State::Copying { at: best.next, run: best.len };
        }
    }

    /// Places in the text are no longer what they were.
    pub(super) fn lose(&mut self) {
        self.state = State::Idle;
    }

    /// How the text may go on; none when it is no copy.
    pub(super) fn draft(&self, text: &[u32], tokens_max: usize) -> Vec<Guess> {
        let mut guesses = Vec::new();
        // The first token behind a change is as sure as its place.
        let mut first = None;
        let (mut at, mut run) = match &self.state {
            State::Idle => return guesses,
            State::Copying { at, run } => (*at, *run),
            State::Changing { at, run, said, back } => {
                if let Some(change) = self.changes.iter().find(|c| c.stands(text, *at) && c.to.starts_with(said)) {
                    let left = change.to.iter().skip(said.len());
                    guesses.extend(left.map(|&token| Guess { token, confidence: BEGUN }));
                    (*at + change.from.len(), *run)
                } else if let Some(Back { at, len }) = *back {
                    first = Some(self.back_at(len));
                    (at, COPY_LEN)
                } else {
                    return guesses;
                }
            }
        };
        while guesses.len() < tokens_max {
            let sure = first.take().unwrap_or_else(|| self.sure(text, at, run));
            let change = self.known(text, at);
            let again = change.map_or(0.0, |c| c.again.blend(AGAIN, AGAIN_WORTH));
            match (change, text.get(at)) {
                (Some(change), _) if again > 0.5 => {
                    let confidence = |i| if i == 0 { sure * again } else { BEGUN };
                    guesses.extend(
                        change.to.iter().enumerate().map(|(i, &token)| Guess { token, confidence: confidence(i) }),
                    );
                    at += change.from.len();
                }
                (_, Some(&token)) if token != BOUNDARY => {
                    guesses.push(Guess { token, confidence: sure * (1.0 - again) });
                    at += 1;
                }
                _ => break,
            }
            run = run.saturating_add(1);
        }
        guesses.truncate(tokens_max);
        guesses
    }

    /// How likely the copy goes on with the token at `at`.
    fn sure(&self, text: &[u32], at: usize, run: u32) -> f32 {
        let run_squared = (run as f32).powi(2);
        let prior = (run_squared / (run_squared + EVEN_RUN_SQUARED)).min(COPIED);
        let anywhere = self.copied.blend(prior, COPIED_WORTH);
        match before(text, at).and_then(|token| self.behind.get(&token)) {
            Some(rate) => rate.blend(anywhere, BEHIND_WORTH),
            None => anywhere,
        }
    }

    fn back_at(&self, len: usize) -> f32 {
        let len = len.min(BACK_LEN - 1);
        self.back[len].blend(BACK[len], BACK_WORTH)
    }

    /// The change that was made of the longest text that stands here.
    fn known(&self, text: &[u32], at: usize) -> Option<&Change> {
        self.changes.iter().filter(|c| c.stands(text, at)).max_by_key(|c| c.from.len())
    }

    /// Counts what `token` says about what could have been guessed.
    fn count(&mut self, text: &[u32], token: u32) {
        match self.state {
            State::Idle => {}
            State::Copying { at, .. } => {
                let here = |c: &&mut Change| c.stands(text, at);
                match self.changes.iter_mut().filter(here).max_by_key(|c| c.from.len()) {
                    Some(change) => {
                        let next = change.to.first().or_else(|| text.get(at + change.from.len())).copied();
                        change.again.note(next == Some(token), MEMORY_RARE);
                    }
                    None => {
                        let hit = text.get(at) == Some(&token);
                        self.copied.note(hit, MEMORY);
                        if self.behind.len() >= BEHIND_MAX {
                            self.behind.clear();
                        }
                        if let Some(before) = before(text, at) {
                            self.behind.entry(before).or_default().note(hit, MEMORY_RARE);
                        }
                    }
                }
            }
            State::Changing { back, .. } => {
                if let Some(Back { at, len }) = back {
                    self.back[len.min(BACK_LEN - 1)].note(text.get(at) == Some(&token), MEMORY_RARE);
                }
            }
        }
    }

    /// The copy of `run` tokens was left at `at`, and `said` has been said since.
    fn change(&mut self, text: &[u32], (at, run): (usize, u32), said: Vec<u32>, back: Option<Back>) -> State {
        if let Some(at) = self.changes.iter().filter(|c| c.stands(text, at)).find_map(|c| c.made(text, at, &said)) {
            return State::Copying { at, run };
        }
        let last = said.last().copied();
        let back = match back {
            Some(Back { at, len }) if text.get(at).copied() == last => Some(Back { at: at + 1, len: len + 1 }),
            _ => find_back(text, at, &said),
        };
        match back {
            Some(back) if back.len >= BACK_LEN => {
                let from = text.get(at..back.at - back.len).unwrap_or_default();
                self.remember(from, &said[..said.len() - back.len]);
                State::Copying { at: back.at, run: (run / 2).max(COPY_LEN) }
            }
            _ if said.len() > CHANGE_MAX => State::Idle,
            back => State::Changing { at, run, said, back },
        }
    }

    /// What is put in where nothing is left out has no place of its own, so it is not expected again.
    fn remember(&mut self, from: &[u32], to: &[u32]) {
        if from.is_empty() || from.len().max(to.len()) > CHANGE_TOKENS_MAX {
            return;
        }
        self.changes.retain(|change| change.from != from);
        if self.changes.len() >= CHANGES_MAX {
            self.changes.remove(0);
        }
        self.changes.push(Change { from: from.to_vec(), to: to.to_vec(), again: Rate::default() });
    }
}

impl Change {
    /// Whether it could be made here.
    fn stands(&self, text: &[u32], at: usize) -> bool {
        text.get(at..).is_some_and(|rest| rest.starts_with(&self.from))
    }

    /// Where the copy goes on if `said` is this change and perhaps some of what stands behind it.
    fn made(&self, text: &[u32], at: usize, said: &[u32]) -> Option<usize> {
        let more = said.strip_prefix(self.to.as_slice())?;
        let behind = at + self.from.len();
        text.get(behind..)?.starts_with(more).then_some(behind + more.len())
    }
}

fn before(text: &[u32], at: usize) -> Option<u32> {
    at.checked_sub(1).and_then(|before| text.get(before)).copied()
}

/// The place near `at` that is preceded by what was said last, and by how much of it: the longest wins, then the one
/// that as many tokens were left out for as were said. Behind a single new token that is the place behind a single old
/// one, for which nothing speaks yet.
fn find_back(text: &[u32], at: usize, said: &[u32]) -> Option<Back> {
    let near = text.get(at..text.len().min(at + CHANGE_MAX))?;
    let back = |(left, _): (usize, &u32)| {
        let same = said.iter().rev().zip(near[..=left].iter().rev()).take_while(|(a, b)| a == b);
        let len = same.count();
        (len, usize::MAX - left.abs_diff(said.len() - 1), Back { at: at + left + 1, len })
    };
    let found =
        near.iter().enumerate().map(back).filter(|(len, ..)| *len > 0).max_by_key(|(len, near, _)| (*len, *near));
    let blind = || (said.len() == 1 && !near.is_empty()).then_some(Back { at: at + 1, len: 0 });
    found.map(|(.., back)| back).or_else(blind)
}

#[cfg(test)]
#[path = "follow_tests.rs"]
mod tests;
