//! Where lexemes stand in a grammar, what may come after each, and which may be read at the same time.

use std::collections::VecDeque;

use super::automata::{Budget, TooMuch};
use super::lexemes::Part;
use super::syntax::{Grammar, Id, Node, RuleId};

/// The places of a grammar where a lexeme or a token of the model is read.
#[derive(Debug)]
pub(super) struct Map {
    /// The node of each place and its lexeme; `None` for a token.
    pub(super) places: Vec<(Id, Option<usize>)>,
    /// The places that may come right after each.
    pub(super) after: Vec<Set>,
    /// The places that a text may begin with.
    begin: Set,
}

impl Map {
    pub(super) fn new(
        grammar: &Grammar,
        nullable: &[bool],
        parts: &[Option<Part>],
        budget: &mut Budget,
    ) -> Result<Self, TooMuch> {
        let mut places = Vec::new();
        let mut at = vec![None; parts.len()];
        for (id, part) in parts.iter().enumerate() {
            let lexeme = match (part, &grammar.nodes[id]) {
                (Some(Part::Lexeme { lexeme, .. }), _) => Some(*lexeme),
                (Some(Part::Rules), Node::Token(_)) => None,
                _ => continue,
            };
            at[id] = Some(places.len());
            places.push((id, lexeme));
        }
        let root = grammar.rules[grammar.root].body;
        let count = places.len();
        let firsts = vec![Set::new(count); grammar.rules.len()];
        let mut walk = Walk { grammar, nullable, parts, at, count, firsts };
        walk.firsts(budget)?;
        let after = walk.afters(budget)?;
        let begin = walk.first(root, budget)?;
        Ok(Self { places, after, begin })
    }

    /// For each place, those that may be read where it is read. `same` says whether two lexemes can be one text.
    pub(super) fn together(
        &self,
        mut same: impl FnMut(usize, usize, &mut Budget) -> Result<bool, TooMuch>,
        budget: &mut Budget,
    ) -> Result<Vec<Set>, TooMuch> {
        let empty = Set::new(self.places.len());
        let mut together = vec![empty.clone(); self.places.len()];
        let mut pairs = Vec::new();
        let mut join = |left: &Set, right: &Set, pairs: &mut Vec<(usize, usize)>, budget: &mut Budget| {
            for place in left.list() {
                budget.spend(right.words() + 2)?;
                for other in together[place].add(right) {
                    together[other].insert(place);
                    pairs.push((place, other));
                }
            }
            Ok(())
        };
        join(&self.begin, &self.begin, &mut pairs, budget)?;
        // Places read at the same time with the same text lead on together.
        while let Some((a, b)) = pairs.pop() {
            let both = match (self.places[a].1, self.places[b].1) {
                (Some(a), Some(b)) => same(a, b, budget)?,
                (None, None) => true,
                _ => false,
            };
            if both {
                join(&self.after[a], &self.after[b], &mut pairs, budget)?;
            }
        }
        Ok(together)
    }
}

/// What finding the neighbours of places needs.
#[derive(Debug)]
struct Walk<'a> {
    grammar: &'a Grammar,
    nullable: &'a [bool],
    parts: &'a [Option<Part>],
    /// The place of each node that is one.
    at: Vec<Option<usize>>,
    count: usize,
    /// What the texts of each rule may begin with.
    firsts: Vec<Set>,
}

impl Walk<'_> {
    /// Fills in what each rule may begin with.
    fn firsts(&mut self, budget: &mut Budget) -> Result<(), TooMuch> {
        let mut rules: Vec<RuleId> = Vec::new();
        for (id, part) in self.parts.iter().enumerate() {
            if let (Some(Part::Rules), Node::Rule(rule)) = (part, &self.grammar.nodes[id]) {
                rules.push(*rule);
            }
        }
        rules.sort_unstable();
        rules.dedup();
        let mut changed = true;
        while changed {
            changed = false;
            // Rules tend to be defined after those that use them.
            for &rule in rules.iter().rev() {
                let first = self.first(self.grammar.rules[rule].body, budget)?;
                changed |= self.firsts[rule].grow(&first);
            }
        }
        Ok(())
    }

    fn first(&self, id: Id, budget: &mut Budget) -> Result<Set, TooMuch> {
        budget.spend(self.count / 64 + 5)?;
        let mut first = Set::new(self.count);
        if let Some(place) = self.at[id] {
            first.insert(place);
            return Ok(first);
        }
        if self.parts[id] == Some(Part::Empty) {
            return Ok(first);
        }
        match &self.grammar.nodes[id] {
            Node::Class(_) | Node::Token(_) => {}
            Node::Rule(rule) => return Ok(self.firsts[*rule].clone()),
            Node::Repeat(inner, ..) => return self.first(*inner, budget),
            Node::Alt(all) => {
                for &id in all {
                    first.grow(&self.first(id, budget)?);
                }
            }
            Node::Seq(all) => {
                for &id in all {
                    first.grow(&self.first(id, budget)?);
                    if !self.may_be_empty(id) {
                        break;
                    }
                }
            }
        }
        Ok(first)
    }

    fn may_be_empty(&self, id: Id) -> bool {
        match self.parts[id] {
            Some(Part::Empty) => return true,
            Some(Part::Lexeme { optional, .. }) => return optional,
            Some(Part::Rules) | None => {}
        }
        match &self.grammar.nodes[id] {
            Node::Class(_) | Node::Token(_) => false,
            Node::Rule(rule) => self.nullable[*rule],
            Node::Seq(all) => all.iter().all(|&id| self.may_be_empty(id)),
            Node::Alt(all) => all.iter().any(|&id| self.may_be_empty(id)),
            Node::Repeat(inner, min, _) => *min == 0 || self.may_be_empty(*inner),
        }
    }

    /// What may come after each place, whatever uses the rule that it stands in.
    fn afters(&self, budget: &mut Budget) -> Result<Vec<Set>, TooMuch> {
        let empty = Set::new(self.count);
        let mut afters = vec![empty.clone(); self.count];
        let mut of_rule: Vec<Option<Set>> = vec![None; self.grammar.rules.len()];
        of_rule[self.grammar.root] = Some(empty.clone());
        let mut queue = VecDeque::from([self.grammar.root]);
        while let Some(rule) = queue.pop_front() {
            let after = of_rule[rule].clone().unwrap_or_else(|| empty.clone());
            let mut used = Vec::new();
            self.pass(self.grammar.rules[rule].body, after, &mut afters, &mut used, budget)?;
            for (rule, after) in used {
                let fresh = of_rule[rule].is_none();
                let known = of_rule[rule].get_or_insert_with(|| empty.clone());
                if (known.grow(&after) || fresh) && !queue.contains(&rule) {
                    queue.push_back(rule);
                }
            }
        }
        Ok(afters)
    }

    /// Hands what comes after a node to the places and rules that may end it.
    fn pass(
        &self,
        id: Id,
        mut after: Set,
        afters: &mut [Set],
        used: &mut Vec<(RuleId, Set)>,
        budget: &mut Budget,
    ) -> Result<(), TooMuch> {
        budget.spend(self.count / 32 + 10)?;
        if let Some(place) = self.at[id] {
            afters[place].grow(&after);
            return Ok(());
        }
        if self.parts[id] == Some(Part::Empty) {
            return Ok(());
        }
        match &self.grammar.nodes[id] {
            Node::Class(_) | Node::Token(_) => {}
            Node::Rule(rule) => used.push((*rule, after)),
            Node::Alt(all) => {
                for &id in all {
                    self.pass(id, after.clone(), afters, used, budget)?;
                }
            }
            Node::Repeat(inner, _, max) => {
                if *max != Some(1) {
                    after.grow(&self.first(*inner, budget)?);
                }
                self.pass(*inner, after, afters, used, budget)?;
            }
            Node::Seq(all) => {
                for &id in all.iter().rev() {
                    self.pass(id, after.clone(), afters, used, budget)?;
                    let first = self.first(id, budget)?;
                    if !self.may_be_empty(id) {
                        after = Set::new(self.count);
                    }
                    after.grow(&first);
                }
            }
        }
        Ok(())
    }
}

/// A set of places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Set(Vec<u64>);

impl Set {
    fn new(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    const fn words(&self) -> usize {
        self.0.len()
    }

    fn insert(&mut self, place: usize) {
        self.0[place / 64] |= 1 << (place % 64);
    }

    /// Adds another set and returns whether anything was new.
    fn grow(&mut self, other: &Self) -> bool {
        let mut new = 0;
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            new |= theirs & !*mine;
            *mine |= theirs;
        }
        new != 0
    }

    /// Adds another set and returns what was new.
    fn add(&mut self, other: &Self) -> Vec<usize> {
        let mut new = Vec::new();
        for (at, (mine, theirs)) in self.0.iter_mut().zip(&other.0).enumerate() {
            let fresh = theirs & !*mine;
            *mine |= theirs;
            bits(at, fresh, &mut new);
        }
        new
    }

    pub(super) fn list(&self) -> Vec<usize> {
        let mut all = Vec::new();
        for (at, &word) in self.0.iter().enumerate() {
            bits(at, word, &mut all);
        }
        all
    }
}

fn bits(at: usize, mut word: u64, out: &mut Vec<usize>) {
    while word != 0 {
        out.push(at * 64 + word.trailing_zeros() as usize);
        word &= word - 1;
    }
}
