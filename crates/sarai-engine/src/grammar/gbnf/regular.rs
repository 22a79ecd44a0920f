//! Finds the parts of a grammar that a regular expression can stand for, and makes them as large as they can be.

use super::check::each_rule;
use super::syntax::{Grammar, Id, Node, RuleId};

/// Characters and classes in one expression, with everything that it names written out.
const SIZE_MAX: usize = 50_000;

/// How deep an expression may be, with everything that it names written out: what reads it is recursive.
const HEIGHT_MAX: usize = 80;

/// The largest bound of a repetition that is written out where expressions are compared.
pub(super) const UNROLLED_MAX: u32 = 8;

/// How large an expression is; `None` if the part is not regular.
type Extent = Option<(usize, usize)>;

/// Rewrites the grammar into one with the same texts and larger regular parts. Returns whether each node is regular.
pub(super) fn prepare(grammar: &mut Grammar) -> Vec<bool> {
    for rule in 0..grammar.rules.len() {
        unroll(grammar, rule);
    }
    let rules = rules(grammar);
    let mut regular = vec![false; grammar.nodes.len()];
    for rule in 0..grammar.rules.len() {
        group(grammar, grammar.rules[rule].body, &rules, &mut regular);
    }
    regular
}

/// Turns a rule that ends with itself into a repetition: `r ::= a r | b` is `a* b`.
fn unroll(grammar: &mut Grammar, rule: RuleId) {
    let body = grammar.rules[rule].body;
    if !names(grammar, body, rule) {
        return;
    }
    let (mut again, mut end) = (Vec::new(), Vec::new());
    if tails(grammar, body, rule, &mut again, &mut end) && !again.is_empty() {
        let again = alternatives(grammar, again);
        let repeated = grammar.add(Node::Repeat(again, 0, None));
        let end = alternatives(grammar, end);
        grammar.rules[rule].body = sequence(grammar, vec![repeated, end]);
    }
}

fn names(grammar: &Grammar, id: Id, rule: RuleId) -> bool {
    let mut found = false;
    each_rule(grammar, id, &mut |named| found |= named == rule);
    found
}

/// Sorts the ways through a node into those that end with the rule, which go without it into `again`, and those that do
/// not name it. False if the rule is named elsewhere than at the end.
fn tails(grammar: &mut Grammar, id: Id, rule: RuleId, again: &mut Vec<Id>, end: &mut Vec<Id>) -> bool {
    if !names(grammar, id, rule) {
        end.push(id);
        return true;
    }
    match grammar.nodes[id].clone() {
        Node::Rule(_) => {
            again.push(sequence(grammar, Vec::new()));
            true
        }
        Node::Alt(all) => all.into_iter().all(|id| tails(grammar, id, rule, again, end)),
        Node::Repeat(inner, 0, Some(1)) => {
            end.push(sequence(grammar, Vec::new()));
            tails(grammar, inner, rule, again, end)
        }
        Node::Seq(all) => {
            let Some((&last, before)) = all.split_last() else { return false };
            let (mut inner_again, mut inner_end) = (Vec::new(), Vec::new());
            if before.iter().any(|&id| names(grammar, id, rule))
                || !tails(grammar, last, rule, &mut inner_again, &mut inner_end)
            {
                return false;
            }
            for (inner, outer) in [(inner_again, again), (inner_end, end)] {
                for tail in inner {
                    let all = before.iter().copied().chain([tail]).collect();
                    outer.push(sequence(grammar, all));
                }
            }
            true
        }
        Node::Class(_) | Node::Token(_) | Node::Repeat(..) => false,
    }
}

fn sequence(grammar: &mut Grammar, mut all: Vec<Id>) -> Id {
    all.retain(|&id| !matches!(&grammar.nodes[id], Node::Seq(all) if all.is_empty()));
    match all[..] {
        [only] => only,
        _ => grammar.add(Node::Seq(all)),
    }
}

fn alternatives(grammar: &mut Grammar, all: Vec<Id>) -> Id {
    match all[..] {
        [only] => only,
        _ => grammar.add(Node::Alt(all)),
    }
}

/// The extent of each rule: of those that do not lead back to themselves.
fn rules(grammar: &Grammar) -> Vec<Extent> {
    let mut extents = vec![None; grammar.rules.len()];
    let mut seen = vec![false; grammar.rules.len()];
    for start in 0..grammar.rules.len() {
        // A depth-first walk: when a rule is left, whatever it names has been left before it, unless there is a circle.
        let mut path: Vec<(RuleId, Vec<RuleId>)> = Vec::new();
        let mut next = Some(start);
        loop {
            if let Some(rule) = next.take()
                && !std::mem::replace(&mut seen[rule], true)
            {
                let mut named = Vec::new();
                each_rule(grammar, grammar.rules[rule].body, &mut |rule| named.push(rule));
                path.push((rule, named));
            }
            let Some((rule, named)) = path.last_mut() else { break };
            next = named.pop();
            if next.is_none() {
                extents[*rule] = extent(grammar, grammar.rules[*rule].body, &extents);
                path.pop();
            }
        }
    }
    extents
}

fn extent(grammar: &Grammar, id: Id, rules: &[Extent]) -> Extent {
    let (size, height) = match &grammar.nodes[id] {
        Node::Class(_) => (1, 1),
        Node::Token(_) => return None,
        Node::Rule(rule) => return rules[*rule],
        Node::Seq(all) | Node::Alt(all) => {
            let (mut size, mut height) = (1, 0);
            for &id in all {
                let inner = extent(grammar, id, rules)?;
                size += inner.0;
                height = height.max(inner.1);
            }
            (size, height + 1)
        }
        Node::Repeat(inner, min, max) => {
            let (size, height) = extent(grammar, *inner, rules)?;
            let times = max.unwrap_or(*min).clamp(1, UNROLLED_MAX);
            (size * times as usize + 1, height + 1)
        }
    };
    (size <= SIZE_MAX && height <= HEIGHT_MAX).then_some((size, height))
}

/// Marks what is regular, and where only some parts of a node are, gathers those that stand together into one.
fn group(grammar: &mut Grammar, id: Id, rules: &[Extent], regular: &mut Vec<bool>) -> Extent {
    let found = match grammar.nodes[id].clone() {
        Node::Class(_) | Node::Token(_) | Node::Rule(_) => extent(grammar, id, rules),
        Node::Repeat(inner, ..) => {
            group(grammar, inner, rules, regular);
            extent(grammar, id, rules)
        }
        Node::Seq(all) | Node::Alt(all) => {
            let parts: Vec<Extent> = all.iter().map(|&id| group(grammar, id, rules, regular)).collect();
            let whole = extent(grammar, id, rules);
            if whole.is_none() {
                gather(grammar, id, &all, &parts, regular);
            }
            whole
        }
    };
    regular[id] = found.is_some();
    found
}

fn gather(grammar: &mut Grammar, id: Id, all: &[Id], parts: &[Extent], regular: &mut Vec<bool>) {
    let is_seq = matches!(grammar.nodes[id], Node::Seq(_));
    let mut together: Vec<Id> = Vec::new();
    let mut rest: Vec<Id> = Vec::new();
    let mut size = 0;
    let mut close = |grammar: &mut Grammar, together: &mut Vec<Id>, rest: &mut Vec<Id>| {
        if together.len() < 2 {
            rest.append(together);
            return;
        }
        let all = std::mem::take(together);
        let joined = grammar.add(if is_seq { Node::Seq(all) } else { Node::Alt(all) });
        regular.resize(grammar.nodes.len(), false);
        regular[joined] = true;
        rest.push(joined);
    };
    for (&part, extent) in all.iter().zip(parts) {
        match extent {
            Some((more, _)) if size + more < SIZE_MAX => {
                size += more;
                together.push(part);
            }
            Some((more, _)) => {
                close(grammar, &mut together, &mut rest);
                size = *more;
                together.push(part);
            }
            None => {
                // Alternatives stand in no order.
                if is_seq {
                    close(grammar, &mut together, &mut rest);
                    size = 0;
                }
                rest.push(part);
            }
        }
    }
    close(grammar, &mut together, &mut rest);
    grammar.nodes[id] = if is_seq { Node::Seq(rest) } else { Node::Alt(rest) };
}
