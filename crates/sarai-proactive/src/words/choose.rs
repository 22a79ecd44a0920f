//! Which of the pieces of time in a sentence say when, and which belong to the message.
//!
//! Those right behind the verb count first, then those before it, then those at the end; one that contradicts an earlier
//! one is part of the message.

use std::ops::Range;

use super::day::Day;
use super::frame::{Asked, Framer, Role};
use super::lexicon::Verb;
use super::piece::{Piece, Placed};
use super::recur::Recurrence;
use super::token::Kind;

/// Chooses the pieces that say when.
pub(super) struct Chooser<'f, 'r, 'a> {
    framer: &'f Framer<'r, 'a>,
    pieces: &'f [Placed],
    /// By token: whether it is part of the message and of no piece.
    solid: Vec<bool>,
    used: Vec<Placed>,
}

impl<'f, 'r, 'a> Chooser<'f, 'r, 'a> {
    pub(super) fn new(framer: &'f Framer<'r, 'a>, pieces: &'f [Placed]) -> Self {
        let is_piece = |at: usize| pieces.iter().any(|placed| (placed.start..placed.end).contains(&at));
        let solid = (0..framer.reader.len()).map(|at| !is_piece(at) && framer.is_solid(at)).collect();
        Self { framer, pieces, solid, used: Vec::new() }
    }

    fn is_clear(&self, mut range: Range<usize>) -> bool {
        range.all(|at| !self.solid[at])
    }

    pub(super) fn choose(mut self) -> Vec<Placed> {
        let len = self.solid.len();
        let verb = self.framer.verb.clone().unwrap_or(0..0);
        let clause = self.framer.complement(self.pieces);
        let (pieces, end) = (self.pieces, verb.end);
        let behind = |chooser: &Self, placed: &Placed| placed.start >= end && chooser.is_clear(end..placed.start);
        let before =
            |chooser: &Self, placed: &Placed| placed.end <= verb.start.max(end) && chooser.is_clear(0..placed.start);
        // "a poem about a clock that strikes nine every morning".
        let told = |placed: &Placed| {
            let who = |at| matches!(self.framer.reader.word(at), Some("who" | "that" | "which" | "que"));
            self.framer.asked == Asked::Verb(Verb::Do) && (end..placed.start).any(who)
        };
        let told: Vec<bool> = pieces.iter().map(told).collect();
        let last = |chooser: &Self, placed: &Placed| {
            let at = pieces.iter().position(|piece| piece == placed);
            chooser.is_clear(placed.end..len) && !at.is_some_and(|at| told[at])
        };
        let opens =
            pieces.iter().any(|placed| behind(&self, placed) && clause.is_some_and(|clause| placed.end <= clause));
        // «recuérdame mañana que el lunes hay reunión»: once a time was said, the clause is all message.
        let in_clause = |placed: &Placed| opens && clause.is_some_and(|clause| placed.start > clause);
        for placed in pieces.iter().filter(|placed| !in_clause(placed)) {
            if behind(&self, placed) {
                self.add_if_fitting(placed);
            }
        }
        let begun = self.used.len();
        for placed in pieces {
            if before(&self, placed) || end == 0 && behind(&self, placed) {
                self.add_if_fitting(placed);
            }
        }
        let none_before = begun == self.used.len();
        // Those right before the verb, from it backwards.
        let reader = self.framer.reader;
        let ends = |at: usize| matches!(reader.kind(at), Some(Kind::Mark('.' | ';'))) && !reader.is_glued(at + 1);
        for placed in pieces.iter().rev().filter(|_| none_before) {
            let between = placed.end..verb.start.max(placed.end);
            if placed.end <= verb.start && !between.clone().any(ends) && self.is_clear(between) {
                self.add_if_fitting(placed);
            }
        }
        for group in
            self.groups(|chooser, placed| last(chooser, placed) && !behind(chooser, placed) && !in_clause(placed))
        {
            let held = self.used.clone();
            if !group.iter().all(|placed| self.add_if_fitting(placed)) {
                self.used = held;
            }
        }
        self.middle(clause);
        self.used
    }

    /// What stands inside of the message counts only if nothing else does, or if only the hour is missing.
    fn middle(&mut self, clause: Option<usize>) {
        // «cuéntame un cuento de una niña que cada noche …» is to be told now.
        if self.framer.asked == Asked::Verb(Verb::Do) || self.framer.is_question() {
            return;
        }
        let has = |test: fn(&Piece) -> bool| self.used.iter().any(|placed| test(&placed.piece));
        let anchored = has(is_anchor) || self.framer.roles.contains(&Role::Event);
        let clockless = has(|piece| matches!(piece, Piece::Day(_) | Piece::Recurs(..))) && !has(is_clock);
        // «el examen es el 18; avísame tres días antes», «cada año, por mi aniversario, el 20 de junio».
        let undated = has(|piece| matches!(piece, Piece::Recurs(Recurrence::Every(length), _) if length.months > 0));
        let dayless =
            (undated || has(|piece| matches!(piece, Piece::Ahead(..)))) && !has(|piece| matches!(piece, Piece::Day(_)));
        for placed in self.pieces {
            if !anchored
                || dayless && matches!(placed.piece, Piece::Day(_))
                || clockless && clause.is_none() && matches!(placed.piece, Piece::Clocks(_))
            {
                self.add_if_fitting(placed);
            }
        }
    }

    fn add_if_fitting(&mut self, placed: &Placed) -> bool {
        let fits = !self.used.contains(placed) && self.used.iter().all(|used| self.agree(used, placed));
        if fits {
            self.used.push(placed.clone());
        }
        fits
    }

    fn agree(&self, used: &Placed, new: &Placed) -> bool {
        let between = if used.start < new.start { used.end..new.start } else { new.end..used.start };
        let touches =
            self.is_clear(between.clone()) && between.into_iter().all(|at| self.framer.roles[at] != Role::Verb);
        !contradict(&used.piece, &new.piece, touches)
    }

    /// Some of the pieces, those together that have nothing but glue between them.
    fn groups(&self, wanted: impl Fn(&Self, &Placed) -> bool) -> Vec<Vec<Placed>> {
        let mut groups: Vec<Vec<Placed>> = Vec::new();
        for placed in self.pieces.iter().filter(|placed| wanted(self, placed)) {
            let joins = groups.last().and_then(|group| group.last()).is_some_and(|last| {
                self.is_clear(last.end..placed.start)
                    && (last.end..placed.start).all(|at| self.framer.roles[at] == Role::Free)
            });
            match groups.last_mut().filter(|_| joins) {
                Some(group) => group.push(placed.clone()),
                None => groups.push(vec![placed.clone()]),
            }
        }
        groups
    }
}

pub(super) const fn is_anchor(piece: &Piece) -> bool {
    matches!(
        piece,
        Piece::Clocks(_)
            | Piece::Part(_)
            | Piece::PartToday(_)
            | Piece::Day(_)
            | Piece::Recurs(..)
            | Piece::In(_)
            | Piece::From(_)
    )
}

const fn is_clock(piece: &Piece) -> bool {
    matches!(piece, Piece::Clocks(_) | Piece::Window(..) | Piece::In(_))
}

/// Whether two pieces cannot both say when. Those that touch may list: «el lunes y el jueves».
fn contradict(first: &Piece, second: &Piece, touches: bool) -> bool {
    use Piece::{Clocks, Day as OnDay, During, From, In, Part, PartToday, Recurs, Until, Window, Zone};
    match (first, second) {
        (Clocks(_), Clocks(_)) | (OnDay(_), OnDay(_)) | (Recurs(..), Recurs(..)) | (Part(_), Part(_)) => !touches,
        (In(length), Clocks(_) | Part(_)) | (Clocks(_) | Part(_), In(length)) => length.is_exact(),
        (In(_) | PartToday(_), OnDay(_) | Recurs(..) | In(_) | PartToday(_) | Part(_))
        | (OnDay(_) | Recurs(..) | Part(_), In(_) | PartToday(_))
        | (Window(..), Window(..))
        | (From(_), From(_))
        | (Until(_), Until(_))
        | (During(_), During(_))
        | (Zone(_), Zone(_)) => true,
        (Recurs(recurrence, _), OnDay(day)) | (OnDay(day), Recurs(recurrence, _)) => !narrows(recurrence, day),
        _ => false,
    }
}

/// Whether a day says on which days a recurrence falls: «cada mes, el día 5».
fn narrows(recurrence: &Recurrence, day: &Day) -> bool {
    let Recurrence::Every(length) = recurrence else { return false };
    match day {
        Day::Numbered { .. } | Day::Numeric { .. } | Day::Nth { .. } | Day::Edge { .. } => length.months > 0,
        Day::Weekday { .. } => {
            length.days > 0 && length.days.is_multiple_of(7) || length.months == 0 && length.is_exact()
        }
        Day::OfWeek { day: None, .. } => true,
        Day::Relative(_)
        | Day::OfWeek { .. }
        | Day::Weekend(_)
        | Day::Month(_)
        | Day::Year(_)
        | Day::After(..)
        | Day::Before(..)
        | Day::Past => length.is_exact(),
    }
}
