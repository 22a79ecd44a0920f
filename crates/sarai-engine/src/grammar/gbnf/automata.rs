//! Regular expressions as machines, to find out what a lexer that takes the longest match would confuse.

use std::collections::HashMap;

use super::chars::{Bytes, Chars};
use super::regular::UNROLLED_MAX;
use super::syntax::{Grammar, Id, Node};

/// A regular expression on its own, with everything that it names written out.
#[derive(Debug, Clone)]
pub(super) enum Expression {
    Class(Chars),
    Seq(Vec<Expression>),
    Alt(Vec<Expression>),
    Repeat(Box<Expression>, u32, Option<u32>),
}

impl Expression {
    /// Writes out a regular node.
    pub(super) fn of(grammar: &Grammar, id: Id, budget: &mut Budget) -> Result<Self, TooMuch> {
        budget.spend(10)?;
        Ok(match &grammar.nodes[id] {
            Node::Class(chars) => Self::Class(chars.clone()),
            Node::Rule(rule) => Self::of(grammar, grammar.rules[*rule].body, budget)?,
            Node::Seq(all) => Self::Seq(all.iter().map(|&id| Self::of(grammar, id, budget)).collect::<Result<_, _>>()?),
            Node::Alt(all) => Self::Alt(all.iter().map(|&id| Self::of(grammar, id, budget)).collect::<Result<_, _>>()?),
            Node::Repeat(inner, min, max) => Self::Repeat(Box::new(Self::of(grammar, *inner, budget)?), *min, *max),
            // Not regular, so never asked for; a token adds nothing to the text.
            Node::Token(_) => Self::Seq(Vec::new()),
        })
    }

    fn size(&self) -> usize {
        match self {
            Self::Class(_) => 1,
            Self::Seq(all) | Self::Alt(all) => 1 + all.iter().map(Self::size).sum::<usize>(),
            Self::Repeat(inner, ..) => 1 + inner.size(),
        }
    }

    pub(super) fn is_nullable(&self) -> bool {
        match self {
            Self::Class(_) => false,
            Self::Seq(all) => all.iter().all(Self::is_nullable),
            Self::Alt(all) => all.iter().any(Self::is_nullable),
            Self::Repeat(inner, min, _) => *min == 0 || inner.is_nullable(),
        }
    }

    /// The same without the empty text; `None` if that leaves nothing.
    pub(super) fn without_empty(self, budget: &mut Budget) -> Result<Option<Self>, TooMuch> {
        if !self.is_nullable() {
            return Ok(Some(self));
        }
        let some_of = |ways: Vec<Self>| (!ways.is_empty()).then_some(Self::Alt(ways));
        Ok(match self {
            Self::Class(_) => Some(self),
            Self::Alt(all) => {
                let mut ways = Vec::new();
                for part in all {
                    ways.extend(part.without_empty(budget)?);
                }
                some_of(ways)
            }
            // Each part may be empty: some part is the first that is not.
            Self::Seq(all) => {
                let mut ways: Vec<Self> = Vec::new();
                for at in 0..all.len() {
                    budget.spend(10 * all[at..].iter().map(Self::size).sum::<usize>())?;
                    if let Some(first) = all[at].clone().without_empty(budget)? {
                        let rest = all[at + 1..].iter().cloned();
                        ways.push(Self::Seq([first].into_iter().chain(rest).collect()));
                    }
                }
                some_of(ways)
            }
            // However many of them are empty, the others stand together.
            Self::Repeat(inner, _, max) => {
                inner.without_empty(budget)?.map(|inner| Self::Repeat(Box::new(inner), 1, max))
            }
        })
    }

    /// Appends the expression in the syntax that both llguidance and the `regex` crate read.
    pub(super) fn write_regex(&self, out: &mut String) {
        match self {
            Self::Class(chars) => chars.write_regex(out),
            Self::Seq(all) => {
                for part in all {
                    match part {
                        Self::Alt(_) => part.write_group(out),
                        _ => part.write_regex(out),
                    }
                }
            }
            Self::Alt(all) => {
                for (at, part) in all.iter().enumerate() {
                    if at > 0 {
                        out.push('|');
                    }
                    part.write_regex(out);
                }
            }
            Self::Repeat(inner, min, max) => {
                match **inner {
                    Self::Class(_) => inner.write_regex(out),
                    _ => inner.write_group(out),
                }
                out.push_str(&times(*min, *max));
            }
        }
    }

    fn write_group(&self, out: &mut String) {
        out.push_str("(?:");
        self.write_regex(out);
        out.push(')');
    }
}

/// How a repetition is written, here as well as in llguidance's grammars.
pub(super) fn times(min: u32, max: Option<u32>) -> String {
    match (min, max) {
        (0, None) => "*".to_owned(),
        (1, None) => "+".to_owned(),
        (0, Some(1)) => "?".to_owned(),
        (min, None) => format!("{{{min},}}"),
        (min, Some(max)) if min == max => format!("{{{min}}}"),
        (min, Some(max)) => format!("{{{min},{max}}}"),
    }
}

/// More work than comparing is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMuch;

/// What may still be spent on comparing, in steps of a few nanoseconds.
#[derive(Debug)]
pub(super) struct Budget(pub(super) usize);

impl Budget {
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), TooMuch> {
        self.0 = self.0.checked_sub(steps).ok_or(TooMuch)?;
        Ok(())
    }
}

/// A machine that reads one character at a time and is always in one state. State 0 is the first.
#[derive(Debug)]
pub(super) struct Machine {
    states: Vec<State>,
}

#[derive(Debug, Default)]
struct State {
    accepts: bool,
    /// Ranges of characters, sorted and apart from each other, and the states they lead to.
    next: Vec<(u32, u32, usize)>,
}

/// How two languages get in each other's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Meeting {
    /// A text is in both.
    pub(super) common: bool,
    /// With what bytes a text of the first can go on so that it may become one of the second.
    pub(super) beyond: Bytes,
}

impl Machine {
    /// A machine for the expression, or for more than it: large repetitions are taken without their bounds.
    pub(super) fn new(expression: &Expression, budget: &mut Budget) -> Result<Self, TooMuch> {
        let mut sketch = Sketch::default();
        let start = sketch.state();
        let end = sketch.state();
        sketch.add(expression, start, end, budget)?;
        sketch.determined(start, end, budget)
    }

    /// The bytes that a text may begin with.
    pub(super) fn first(&self) -> Bytes {
        self.states[0].bytes()
    }

    pub(super) fn meet(&self, other: &Self, budget: &mut Budget) -> Result<Meeting, TooMuch> {
        let mut meeting = Meeting::default();
        let mut seen = std::collections::HashSet::from([(0, 0)]);
        let mut stack = vec![(0, 0)];
        while let Some((mine, theirs)) = stack.pop() {
            let (mine, theirs) = (&self.states[mine], &other.states[theirs]);
            if mine.accepts {
                meeting.common |= theirs.accepts;
                meeting.beyond.add_all(theirs.bytes());
            }
            let (mut left, mut right) = (mine.next.iter().peekable(), theirs.next.iter().peekable());
            while let (Some(&&(a_low, a_high, a)), Some(&&(b_low, b_high, b))) = (left.peek(), right.peek()) {
                budget.spend(1)?;
                if a_low.max(b_low) <= a_high.min(b_high) && seen.insert((a, b)) {
                    budget.spend(10)?;
                    stack.push((a, b));
                }
                if a_high < b_high {
                    left.next();
                } else {
                    right.next();
                }
            }
        }
        Ok(meeting)
    }
}

impl State {
    fn bytes(&self) -> Bytes {
        let mut bytes = Bytes::default();
        for &(low, high, _) in &self.next {
            bytes.add_first_bytes((low, high));
        }
        bytes
    }
}

/// A machine that may be in several states at once, and change some of them without reading.
#[derive(Debug, Default)]
struct Sketch {
    free: Vec<Vec<usize>>,
    reading: Vec<Vec<(u32, u32, usize)>>,
}

/// Which states have been seen in this search: those marked with its number.
#[derive(Debug)]
struct Marks {
    seen: Vec<usize>,
    now: usize,
    steps: usize,
}

impl Sketch {
    fn state(&mut self) -> usize {
        self.free.push(Vec::new());
        self.reading.push(Vec::new());
        self.free.len() - 1
    }

    fn add(&mut self, expression: &Expression, from: usize, to: usize, budget: &mut Budget) -> Result<(), TooMuch> {
        budget.spend(5)?;
        match expression {
            Expression::Class(chars) => {
                self.reading[from].extend(chars.ranges().iter().map(|&(low, high)| (low, high, to)));
            }
            Expression::Seq(all) => {
                let Some((last, before)) = all.split_last() else {
                    self.free[from].push(to);
                    return Ok(());
                };
                let mut at = from;
                for part in before {
                    let next = self.state();
                    self.add(part, at, next, budget)?;
                    at = next;
                }
                self.add(last, at, to, budget)?;
            }
            Expression::Alt(all) => {
                for part in all {
                    // Own ends, so that no part can go round through another.
                    let (start, end) = (self.state(), self.state());
                    self.free[from].push(start);
                    self.free[end].push(to);
                    self.add(part, start, end, budget)?;
                }
            }
            Expression::Repeat(inner, min, max) => {
                let (min, max) = match (*min, *max) {
                    (min, Some(max)) if max <= UNROLLED_MAX => (min, Some(max)),
                    (min, _) if min <= UNROLLED_MAX => (min, None),
                    _ => (1, None),
                };
                let mut at = from;
                for _ in 0..min {
                    let next = self.state();
                    self.add(inner, at, next, budget)?;
                    at = next;
                }
                if max.is_none() {
                    let again = self.state();
                    self.free[at].push(again);
                    let end = self.state();
                    self.add(inner, again, end, budget)?;
                    self.free[end].push(again);
                    at = again;
                }
                for _ in min..max.unwrap_or(min) {
                    self.free[at].push(to);
                    let next = self.state();
                    self.add(inner, at, next, budget)?;
                    at = next;
                }
                self.free[at].push(to);
            }
        }
        Ok(())
    }

    /// The states that matter among those that can be reached without reading, sorted: all that read, and the end.
    fn closure(&self, mut todo: Vec<usize>, end: usize, marks: &mut Marks) -> Vec<usize> {
        marks.now += 1;
        let mut found = Vec::new();
        while let Some(state) = todo.pop() {
            if std::mem::replace(&mut marks.seen[state], marks.now) == marks.now {
                continue;
            }
            marks.steps += 1;
            if state == end || !self.reading[state].is_empty() {
                found.push(state);
            }
            todo.extend(&self.free[state]);
        }
        found.sort_unstable();
        found
    }

    fn determined(&self, start: usize, end: usize, budget: &mut Budget) -> Result<Machine, TooMuch> {
        let mut marks = Marks { seen: vec![0; self.free.len()], now: 0, steps: 0 };
        let start = self.closure(vec![start], end, &mut marks);
        let mut numbers = HashMap::from([(start.clone(), 0)]);
        let mut sets = vec![start];
        let mut states: Vec<State> = Vec::new();
        while states.len() < sets.len() {
            let set = &sets[states.len()];
            let accepts = set.binary_search(&end).is_ok();
            let edges: Vec<(u32, u32, usize)> =
                set.iter().flat_map(|&state| self.reading[state].iter().copied()).collect();
            // Between two neighbouring cuts, all characters lead to the same states.
            let mut cuts: Vec<u32> = edges.iter().flat_map(|&(low, high, _)| [low, high + 1]).collect();
            cuts.sort_unstable();
            cuts.dedup();
            budget.spend(edges.len() * 4 + 10)?;
            let mut reached: Vec<Vec<usize>> = vec![Vec::new(); cuts.len()];
            for &(low, high, to) in &edges {
                let from = cuts.partition_point(|&cut| cut < low);
                for (cut, targets) in cuts.iter().zip(&mut reached).skip(from) {
                    if *cut > high {
                        break;
                    }
                    budget.spend(1)?;
                    targets.push(to);
                }
            }
            let mut next = Vec::new();
            for (at, targets) in reached.into_iter().enumerate().filter(|(_, targets)| !targets.is_empty()) {
                let targets = self.closure(targets, end, &mut marks);
                let fresh = sets.len();
                let number = *numbers.entry(targets.clone()).or_insert(fresh);
                if number == fresh {
                    sets.push(targets);
                }
                next.push((cuts[at], cuts[at + 1] - 1, number));
            }
            states.push(State { accepts, next });
            budget.spend(std::mem::take(&mut marks.steps))?;
        }
        Ok(Machine { states })
    }
}
