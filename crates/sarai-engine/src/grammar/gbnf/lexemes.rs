//! Chooses which parts of a grammar become lexemes.
//!
//! A lexer that takes the longest match is right about a part as long as nothing that may follow the part could also
//! be read as more of it, or as more of another part that may stand in the same place. That is what is looked for here:
//! which parts may stand in the same place, and whether a text of one, followed by what may follow it, begins a text of
//! the other. Where so, the longer part is taken apart, and the question asked again. Single characters never disturb
//! each other, so this ends.
//!
//! What may follow a part is taken from the whole grammar rather than from the place, and compared by first byte. Both
//! err on the side of smaller lexemes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::automata::{Budget, Expression, Machine, Meeting, TooMuch};
use super::chars::Bytes;
use super::check::nullable;
use super::places::Map;
use super::syntax::{Grammar, Id, Node};

/// What finding the largest lexemes may cost, before single characters are taken: some tenths of a second.
const BUDGET: usize = 24_000_000;

/// How often lexemes are taken apart before single characters are taken.
const ROUNDS_MAX: usize = 200;

/// What becomes of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// What it consists of becomes rules.
    Rules,
    /// The empty text.
    Empty,
    /// A lexeme by number, which may be left out if `optional`.
    Lexeme { lexeme: usize, optional: bool },
}

/// The lexemes of a grammar and where they stand.
#[derive(Debug)]
pub(super) struct Choice {
    /// By node, for those that are reached from the root through rules.
    pub(super) parts: Vec<Option<Part>>,
    /// Regular expressions by number, none of which matches the empty text.
    pub(super) lexemes: BTreeMap<usize, String>,
}

pub(super) fn choose(grammar: &Grammar, regular: &[bool]) -> Choice {
    let mut chooser = Chooser::new(grammar, regular);
    let mut budget = Budget(BUDGET);
    for _ in 0..ROUNDS_MAX {
        match chooser.round(&mut budget) {
            Ok((choice, apart)) if apart.is_empty() => return choice,
            Ok((_, apart)) => apart.into_iter().for_each(|id| chooser.whole[id] = false),
            Err(TooMuch) => break,
        }
    }
    chooser.characters()
}

#[derive(Debug)]
struct Chooser<'a> {
    grammar: &'a Grammar,
    /// Which rules may be empty.
    nullable: Vec<bool>,
    /// Which nodes are still meant to be one lexeme.
    whole: Vec<bool>,
    parts: HashMap<Id, Part>,
    numbers: HashMap<String, usize>,
    machines: Vec<Machine>,
    meetings: HashMap<(usize, usize), Meeting>,
}

impl<'a> Chooser<'a> {
    fn new(grammar: &'a Grammar, regular: &[bool]) -> Self {
        Self {
            grammar,
            nullable: nullable(grammar),
            whole: regular.to_vec(),
            parts: HashMap::new(),
            numbers: HashMap::new(),
            machines: Vec::new(),
            meetings: HashMap::new(),
        }
    }

    /// A choice, and what must be taken apart because the choice would confuse it.
    fn round(&mut self, budget: &mut Budget) -> Result<(Choice, Vec<Id>), TooMuch> {
        let parts = self.reached(budget)?;
        let map = Map::new(self.grammar, &self.nullable, &parts, budget)?;
        let apart = self.confused(&map, budget)?;
        Ok((self.choice(parts), apart))
    }

    /// What becomes of each node that is reached from the root.
    fn reached(&mut self, budget: &mut Budget) -> Result<Vec<Option<Part>>, TooMuch> {
        let mut reached = vec![None; self.grammar.nodes.len()];
        let mut stack = vec![self.grammar.rules[self.grammar.root].body];
        while let Some(id) = stack.pop() {
            if reached[id].is_some() {
                continue;
            }
            budget.spend(20)?;
            let part = self.part(id, budget)?;
            reached[id] = Some(part);
            if part == Part::Rules {
                match &self.grammar.nodes[id] {
                    Node::Class(_) | Node::Token(_) => {}
                    Node::Rule(rule) => stack.push(self.grammar.rules[*rule].body),
                    Node::Seq(all) | Node::Alt(all) => stack.extend(all),
                    Node::Repeat(inner, ..) => stack.push(*inner),
                }
            }
        }
        Ok(reached)
    }

    fn part(&mut self, id: Id, budget: &mut Budget) -> Result<Part, TooMuch> {
        if !self.whole[id] {
            return Ok(Part::Rules);
        }
        if let Some(&part) = self.parts.get(&id) {
            return Ok(part);
        }
        let expression = Expression::of(self.grammar, id, budget)?;
        let optional = expression.is_nullable();
        let part = match expression.without_empty(budget)? {
            Some(expression) => Part::Lexeme { lexeme: self.lexeme(&expression, budget)?, optional },
            None => Part::Empty,
        };
        self.parts.insert(id, part);
        Ok(part)
    }

    fn lexeme(&mut self, expression: &Expression, budget: &mut Budget) -> Result<usize, TooMuch> {
        let mut text = String::new();
        expression.write_regex(&mut text);
        if let Some(&number) = self.numbers.get(&text) {
            return Ok(number);
        }
        self.machines.push(Machine::new(expression, budget)?);
        self.numbers.insert(text, self.machines.len() - 1);
        Ok(self.machines.len() - 1)
    }

    /// The nodes that hold the longer text of a confusion.
    fn confused(&mut self, map: &Map, budget: &mut Budget) -> Result<Vec<Id>, TooMuch> {
        let together = map.together(|a, b, budget| Ok(a == b || self.meet(a, b, budget)?.common), budget)?;
        let mut apart = Vec::new();
        for (place, others) in together.iter().enumerate() {
            let Some(lexeme) = map.places[place].1 else { continue };
            let mut bytes = Bytes::default();
            for next in map.after[place].list() {
                bytes.add_all(self.first(map, next));
            }
            for other in others.list() {
                let (id, longer) = map.places[other];
                let Some(longer) = longer else { continue };
                if !matches!(self.grammar.nodes[id], Node::Class(_))
                    && self.meet(lexeme, longer, budget)?.beyond.meets(bytes)
                {
                    apart.push(id);
                }
            }
        }
        apart.sort_unstable();
        apart.dedup();
        Ok(apart)
    }

    /// The bytes that a place may begin with; a token is no text.
    fn first(&self, map: &Map, place: usize) -> Bytes {
        map.places[place].1.map_or_else(Bytes::default, |lexeme| self.machines[lexeme].first())
    }

    fn meet(&mut self, a: usize, b: usize, budget: &mut Budget) -> Result<Meeting, TooMuch> {
        budget.spend(5)?;
        if let Some(&meeting) = self.meetings.get(&(a, b)) {
            return Ok(meeting);
        }
        let meeting = self.machines[a].meet(&self.machines[b], budget)?;
        self.meetings.insert((a, b), meeting);
        Ok(meeting)
    }

    /// The choice that is always right.
    fn characters(mut self) -> Choice {
        for (id, whole) in self.whole.iter_mut().enumerate() {
            *whole = matches!(self.grammar.nodes[id], Node::Class(_));
        }
        self.parts.clear();
        self.numbers.clear();
        self.machines.clear();
        // Each node is looked at once, which is no more than reading it was.
        let parts = self.reached(&mut Budget(usize::MAX)).unwrap_or_default();
        self.choice(parts)
    }

    fn choice(&self, parts: Vec<Option<Part>>) -> Choice {
        let used: BTreeSet<usize> = parts
            .iter()
            .filter_map(|part| match part {
                Some(Part::Lexeme { lexeme, .. }) => Some(*lexeme),
                Some(Part::Rules | Part::Empty) | None => None,
            })
            .collect();
        let known = self.numbers.iter().map(|(text, &number)| (number, text.clone()));
        let lexemes = known.filter(|(number, _)| used.contains(number)).collect();
        Choice { parts, lexemes }
    }
}
