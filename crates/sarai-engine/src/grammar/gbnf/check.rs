//! Refuses grammars that no answer could follow.

use std::collections::VecDeque;

use super::super::GrammarError;
use super::syntax::{Grammar, Id, Node, RuleId};
use super::{Place, SHORTEST_MAX};

/// More characters than any limit: no text at all.
const ENDLESS: u32 = u32::MAX;

pub(super) fn check(grammar: &Grammar) -> Result<(), GrammarError> {
    let shortest = shortest(grammar);
    for (rule, &length) in grammar.rules.iter().zip(&shortest) {
        if length == ENDLESS {
            return Err(rule.place.error(format_args!("the rule `{}` never ends: no text follows it", rule.name)));
        }
    }
    left_recursion(grammar, &shortest)?;
    if shortest[grammar.root] > SHORTEST_MAX {
        let what = format!("the shortest text has more than {SHORTEST_MAX} characters, so that no answer would end");
        return Err(grammar.rules[grammar.root].place.error(what));
    }
    Ok(())
}

/// Whether each rule may be the empty text.
pub(super) fn nullable(grammar: &Grammar) -> Vec<bool> {
    shortest(grammar).into_iter().map(|length| length == 0).collect()
}

/// The length of the shortest text of each rule in characters, a token counting as one.
fn shortest(grammar: &Grammar) -> Vec<u32> {
    let mut users: Vec<Vec<RuleId>> = vec![Vec::new(); grammar.rules.len()];
    for (id, rule) in grammar.rules.iter().enumerate() {
        each_rule(grammar, rule.body, &mut |used| users[used].push(id));
    }
    let mut lengths = vec![ENDLESS; grammar.rules.len()];
    let mut queue: VecDeque<RuleId> = (0..grammar.rules.len()).collect();
    let mut queued = vec![true; grammar.rules.len()];
    while let Some(id) = queue.pop_front() {
        queued[id] = false;
        let length = node_length(grammar, grammar.rules[id].body, &lengths);
        if length < lengths[id] {
            lengths[id] = length;
            for &user in &users[id] {
                if !std::mem::replace(&mut queued[user], true) {
                    queue.push_back(user);
                }
            }
        }
    }
    lengths
}

/// Never [`ENDLESS`] for a length that is only large: those stop one short of it.
fn node_length(grammar: &Grammar, id: Id, rules: &[u32]) -> u32 {
    match &grammar.nodes[id] {
        Node::Class(_) | Node::Token(_) => 1,
        Node::Rule(rule) => rules[*rule],
        Node::Alt(all) => all.iter().map(|&id| node_length(grammar, id, rules)).min().unwrap_or(0),
        Node::Seq(all) => all.iter().fold(0, |sum, &id| match (sum, node_length(grammar, id, rules)) {
            (ENDLESS, _) | (_, ENDLESS) => ENDLESS,
            (sum, length) => sum.saturating_add(length).min(ENDLESS - 1),
        }),
        Node::Repeat(_, 0, _) => 0,
        Node::Repeat(inner, min, _) => match node_length(grammar, *inner, rules) {
            ENDLESS => ENDLESS,
            length => length.saturating_mul(*min).min(ENDLESS - 1),
        },
    }
}

/// Calls `found` with each rule that a node names, as often as it names it.
pub(super) fn each_rule(grammar: &Grammar, id: Id, found: &mut impl FnMut(RuleId)) {
    match &grammar.nodes[id] {
        Node::Class(_) | Node::Token(_) => {}
        Node::Rule(rule) => found(*rule),
        Node::Seq(all) | Node::Alt(all) => all.iter().for_each(|&id| each_rule(grammar, id, found)),
        Node::Repeat(inner, ..) => each_rule(grammar, *inner, found),
    }
}

/// Calls `found` with each rule that a text of the node may begin with. Returns whether the node may be empty.
fn each_first(grammar: &Grammar, id: Id, shortest: &[u32], found: &mut impl FnMut(RuleId)) -> bool {
    match &grammar.nodes[id] {
        Node::Class(_) | Node::Token(_) => false,
        Node::Rule(rule) => {
            found(*rule);
            shortest[*rule] == 0
        }
        Node::Seq(all) => all.iter().all(|&id| each_first(grammar, id, shortest, found)),
        Node::Alt(all) => all.iter().fold(false, |empty, &id| each_first(grammar, id, shortest, found) | empty),
        Node::Repeat(inner, min, _) => each_first(grammar, *inner, shortest, found) || *min == 0,
    }
}

/// Refuses a rule that can begin with itself before any character, and names the way there.
fn left_recursion(grammar: &Grammar, shortest: &[u32]) -> Result<(), GrammarError> {
    let mut done = vec![false; grammar.rules.len()];
    let mut open = vec![false; grammar.rules.len()];
    for start in 0..grammar.rules.len() {
        // A depth-first walk with its own stack: each entry is a rule and what it begins with, still to be looked at.
        let mut path: Vec<(RuleId, Vec<RuleId>)> = Vec::new();
        let mut next = Some(start);
        loop {
            if let Some(rule) = next.take()
                && !done[rule]
            {
                if open[rule] {
                    return Err(cycle(grammar, &path, rule));
                }
                open[rule] = true;
                let mut firsts = Vec::new();
                each_first(grammar, grammar.rules[rule].body, shortest, &mut |first| firsts.push(first));
                path.push((rule, firsts));
            }
            let Some((rule, firsts)) = path.last_mut() else { break };
            next = firsts.pop();
            if next.is_none() {
                done[*rule] = true;
                open[*rule] = false;
                path.pop();
            }
        }
    }
    Ok(())
}

fn cycle(grammar: &Grammar, path: &[(RuleId, Vec<RuleId>)], again: RuleId) -> GrammarError {
    const SHOWN: usize = 20;
    let name = |rule: RuleId| format!("`{}`", grammar.rules[rule].name);
    let names = path.iter().map(|(rule, _)| *rule).skip_while(|&rule| rule != again).map(name);
    let mut names: Vec<String> = names.take(SHOWN).collect();
    names.push(name(again));
    let place: Place = grammar.rules[again].place;
    place.error(format_args!("left recursion, a rule that begins with itself: {}", names.join(" → ")))
}
