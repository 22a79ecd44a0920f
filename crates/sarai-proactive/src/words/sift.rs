//! Which of the times in a sentence are left to say when: not those of a reason or of another clause, not what is taken back
//! or denied. And what remains a riddle: times that hang together in a way that nobody knows.

use std::ops::Range;

use super::build::When;
use super::choose;
use super::day::Day;
use super::frame::{Framer, Role};
use super::lexicon::has_word;
use super::piece::{Piece, Placed};
use super::recur::Recurrence;
use super::token::Kind;

impl Framer<'_, '_> {
    /// Whether one of these words stands in a time that counts, or between two with nothing but glue.
    pub(super) fn says_between(&self, chosen: &[Placed], words: &str) -> bool {
        let reader = self.reader;
        let says = |at: usize| {
            reader.word(at).is_some_and(|word| has_word(words, word)) && reader.any(at, reader.lex.oclock).is_none()
        };
        let mut sorted: Vec<&Placed> = chosen.iter().collect();
        sorted.sort_by_key(|placed| placed.start);
        let inside = sorted.iter().any(|placed| {
            matches!(placed.piece, Piece::Clocks(_) | Piece::Day(_)) && (placed.start..placed.end).any(says)
        });
        inside
            || sorted.windows(2).any(|pair| {
                let between = pair[0].end..pair[1].start;
                between.len() < 4 && between.clone().all(|at| !self.is_solid(at)) && between.into_iter().any(says)
            })
    }

    /// Whether a time that does not count hangs on one that does: «el lunes y todos los viernes».
    pub(super) fn joins(&self, left: &Placed, chosen: &[Placed]) -> bool {
        let reader = self.reader;
        let says_when = |piece: &Piece| {
            matches!(
                piece,
                Piece::Clocks(_) | Piece::Day(_) | Piece::Recurs(..) | Piece::PartToday(_) | Piece::Window(..)
            )
        };
        let glue = "y|and|,|o|or|pero|but|on|at|el|los|the";
        let hangs = |range: Range<usize>| {
            range.clone().all(|at| reader.any(at, glue).is_some())
                && range.clone().all(|at| self.roles[at] != Role::Verb)
        };
        // "The plumber comes tomorrow at ten, remind me at nine": what it says of the plumber is told.
        let verb = self.verb.clone().unwrap_or(0..0);
        let kind = std::mem::discriminant(&left.piece);
        let is_told = left.end <= verb.start
            && chosen.iter().any(|used| used.start >= verb.end && std::mem::discriminant(&used.piece) == kind);
        says_when(&left.piece)
            && !is_told
            && chosen.iter().any(|used| {
                says_when(&used.piece)
                    && (left.start >= used.end && hangs(used.end..left.start)
                        || used.start >= left.end && hangs(left.end..used.start))
            })
    }

    /// Two tasks with a time each: «comprar pan a las 5 y llamar a Ana a las 6».
    pub(super) fn is_anothers(&self, left: &Placed, chosen: &[Placed]) -> bool {
        let reader = self.reader;
        let verb = self.verb.clone().unwrap_or(0..0);
        let kind = std::mem::discriminant(&left.piece);
        let is_and = |at: usize| matches!(reader.word(at), Some("y" | "and"));
        let parted = |first: &Placed, second: &Placed| {
            (first.end..second.start).any(|at| self.is_solid(at))
                && first.start >= verb.end
                && (is_and(first.end) || second.start > 0 && is_and(second.start - 1))
        };
        matches!(left.piece, Piece::Clocks(_) | Piece::Day(_))
            && chosen
                .iter()
                .filter(|used| std::mem::discriminant(&used.piece) == kind)
                .any(|used| if used.start < left.start { parted(used, left) } else { parted(left, used) })
    }

    /// Without those of a reason, a deadline or another clause: «porque el tren sale a las 7:40», "that the game is at 9". If
    /// nothing else says when, they count, and whether they were meant is asked about.
    pub(super) fn outside_of_reasons(&self, pieces: &[Placed]) -> (Vec<Placed>, bool) {
        let reader = self.reader;
        let verb = self.verb.clone().unwrap_or(0..0);
        let ends = |at: usize| matches!(reader.kind(at), Some(Kind::Mark(',' | ';' | '.'))) && !reader.is_glued(at + 1);
        let inside = |at: usize| pieces.iter().any(|placed| (placed.start..placed.end).contains(&at));
        // "make that 7pm".
        let corrects = |at: usize| {
            (at.saturating_sub(3)..=at)
                .any(|start| reader.any(start, reader.lex.correcting).is_some_and(|end| end > at))
        };
        let (mut hidden, mut reasons) = (vec![false; reader.len()], false);
        for at in (0..reader.len()).filter(|at| !inside(*at) && !verb.contains(at)) {
            let reason = reader.any(at, reader.lex.reasons).is_some();
            let looked = matches!(reader.word(at), Some("if" | "si")) && self.is_looked_for(at);
            let clause = matches!(reader.word(at), Some("that" | "which" | "que"))
                && at > verb.end
                && !corrects(at)
                && (verb.end..at).any(|before| !inside(before) && self.is_solid(before));
            if reason || looked || clause {
                let end = (at + 1..reader.len()).find(|end| ends(*end) || *end == verb.start).unwrap_or(reader.len());
                hidden[at..end].fill(true);
                reasons |= reason;
            }
        }
        let by_minutes = pieces
            .iter()
            .any(|placed| matches!(&placed.piece, Piece::Recurs(Recurrence::Every(length), _) if length.is_exact()));
        // Of a task's own length, "for 10 minutes", nothing is said of when, unless it limits what comes every so many.
        let counts = |placed: &&Placed| match placed.piece {
            Piece::During(length) => by_minutes || !length.is_exact(),
            _ => true,
        };
        let counting = || pieces.iter().filter(counts);
        let outside: Vec<Placed> = counting().filter(|placed| !hidden[placed.start]).cloned().collect();
        let is_said =
            outside.iter().any(|placed| choose::is_anchor(&placed.piece)) || self.roles.contains(&Role::Event);
        if is_said { (outside, false) } else { (counting().cloned().collect(), reasons) }
    }

    /// «a las 6, no, mejor a las 7»: what was taken back counts no more and is not said either.
    pub(super) fn corrected(&mut self, pieces: Vec<Placed>) -> Vec<Placed> {
        let alike =
            |one: &Placed, other: &Placed| std::mem::discriminant(&one.piece) == std::mem::discriminant(&other.piece);
        let mut kept: Vec<Placed> = Vec::new();
        for (at, placed) in pieces.iter().enumerate() {
            // "not tomorrow but on Monday", «el martes y no el lunes».
            let others = pieces.iter().any(|other| other != placed && alike(placed, other));
            if let Some(denied) = self.denied(placed) {
                // "on Monday, but not in the morning" says only when not.
                self.unjoined |= !others;
                self.set(denied, Role::Polite);
                continue;
            }
            let before = kept.last().map_or(0, |last| last.end);
            if let Some(start) = self.correction(before..placed.start).filter(|_| !kept.is_empty()) {
                self.set(start..placed.start, Role::Polite);
                let instead = &pieces[at..];
                let (old, stays) = kept.into_iter().partition(|old| instead.iter().any(|new| alike(old, new)));
                let old: Vec<Placed> = old;
                old.iter().for_each(|old| self.set(old.start..old.end, Role::Polite));
                kept = stays;
            }
            kept.push(placed.clone());
        }
        kept
    }

    /// A piece that is denied, with the words that deny it.
    fn denied(&self, placed: &Placed) -> Option<Range<usize>> {
        let reader = self.reader;
        let no = placed.start.checked_sub(1).filter(|at| matches!(reader.word(*at), Some("no" | "not")))?;
        let mut start = no;
        while start > 0
            && (matches!(reader.word(start - 1), Some("y" | "and" | "but")) || reader.is_mark(start - 1, ','))
        {
            start -= 1;
        }
        // «a las 9, no, a las 10» takes back what was said before.
        let end = reader.skip(reader.skip(placed.end, ","), "sino|but|sino que|pero");
        Some(start..end)
    }

    /// Where the words begin, at the end of a range, that take back what stands before it.
    fn correction(&self, mut range: Range<usize>) -> Option<usize> {
        let (reader, end) = (self.reader, range.end);
        range.find(|start| {
            let words: Vec<&str> = (*start..end).filter_map(|at| reader.word(at)).collect();
            let others =
                (*start..end).all(|at| reader.word(at).is_some() || matches!(reader.kind(at), Some(Kind::Mark(_))));
            others && has_word(reader.lex.correcting, &words.join(" "))
        })
    }

    /// The day of what was said before the request, where the request has only an hour.
    pub(super) fn other_day(&self, pieces: &[Placed], chosen: &[Placed], when: &mut When) {
        let that = chosen.iter().find(|placed| matches!(placed.piece, Piece::ThatDay(_)));
        let until = that.map(|placed| placed.start).or_else(|| self.verb.as_ref().map(|verb| verb.start)).unwrap_or(0);
        let other = pieces.iter().filter(|placed| placed.end <= until && !chosen.contains(placed));
        let mut days = other.filter_map(|placed| match &placed.piece {
            Piece::Day(day) if *day != Day::Past => Some(day.clone()),
            _ => None,
        });
        let is_hour = |placed: &Placed| matches!(placed.piece, Piece::Clocks(_) | Piece::Part(_) | Piece::Zone(_));
        match that {
            Some(_) => when.days.extend(days.next()),
            None if chosen.iter().all(is_hour) => when.other_day = days.next(),
            None => {}
        }
    }
}

/// «el martes a las 9 y el jueves a las 12»: days that have hours of their own, one by one; none if they share them.
pub(super) fn pairs(chosen: &[Placed]) -> Vec<Vec<Placed>> {
    let is_day = |placed: &Placed| matches!(placed.piece, Piece::Day(_) | Piece::Recurs(..));
    let is_hour = |placed: &Placed| matches!(placed.piece, Piece::Clocks(_) | Piece::Part(_));
    let mut parts: Vec<&Placed> = chosen.iter().filter(|placed| is_day(placed) || is_hour(placed)).collect();
    parts.sort_by_key(|placed| placed.start);
    let mut groups: Vec<Vec<Placed>> = Vec::new();
    for placed in parts {
        match groups.last_mut() {
            Some(group) if !is_day(placed) => group.push(placed.clone()),
            None if !is_day(placed) => return Vec::new(),
            _ => groups.push(vec![placed.clone()]),
        }
    }
    let own = groups.len() > 1 && groups.iter().all(|group| group.len() > 1);
    if own { groups } else { Vec::new() }
}
