//! Writes a grammar in llguidance's dialect of Lark.
//!
//! Each rule and each group that is repeated or chosen from becomes a rule; `start` is the first. Each lexeme becomes a
//! terminal with one regular expression.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::super::GrammarError;
use super::automata::times;
use super::lexemes::{Choice, Part};
use super::syntax::{Grammar, Id, Node, RuleId, Token, TokenName};
use super::{CHAIN_MAX, FindToken};

pub(super) fn write(grammar: &Grammar, choice: &Choice, token: FindToken<'_>) -> Result<String, GrammarError> {
    let root = Name::Rule(grammar.root);
    let mut writer = Writer { grammar, choice, token, named: Vec::new() };
    let mut out = format!("start: {}\n", root.text());
    let mut seen = HashSet::from([root]);
    // Depth first, in the order in which a reader that follows each name at once would go.
    let mut path: Vec<Vec<Name>> = vec![vec![root]];
    while let Some(names) = path.last_mut() {
        let Some(name) = names.pop() else {
            path.pop();
            continue;
        };
        let body = writer.body(name)?;
        let _ = writeln!(out, "{}: {body}", name.text());
        let mut inner = std::mem::take(&mut writer.named);
        inner.retain(|&name| seen.insert(name));
        inner.reverse();
        path.push(inner);
        if path.len() > CHAIN_MAX {
            let what = format!("more than {CHAIN_MAX} rules and groups lead from one to the next");
            return Err(grammar.rules[grammar.root].place.error(what));
        }
    }
    for (number, lexeme) in &choice.lexemes {
        let _ = writeln!(out, "L{number}: /{lexeme}/");
    }
    Ok(out)
}

/// What becomes a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Name {
    Rule(RuleId),
    Group(Id),
}

impl Name {
    fn text(self) -> String {
        match self {
            Self::Rule(rule) => format!("r{rule}"),
            Self::Group(id) => format!("g{id}"),
        }
    }
}

struct Writer<'a> {
    grammar: &'a Grammar,
    choice: &'a Choice,
    token: FindToken<'a>,
    /// What the body that is being written names, in order.
    named: Vec<Name>,
}

impl Writer<'_> {
    fn body(&mut self, name: Name) -> Result<String, GrammarError> {
        let id = match name {
            Name::Rule(rule) => self.grammar.rules[rule].body,
            Name::Group(id) => id,
        };
        let whole = [id];
        let ways = match &self.grammar.nodes[id] {
            Node::Alt(all) if self.part(id) == Part::Rules => &all[..],
            _ => &whole,
        };
        let mut out = String::new();
        for (at, &way) in ways.iter().enumerate() {
            if at > 0 {
                out.push_str(" | ");
            }
            let before = out.len();
            self.sequence(way, &mut out)?;
            if out.len() == before {
                out.push_str("\"\"");
            }
        }
        Ok(out)
    }

    fn part(&self, id: Id) -> Part {
        self.choice.parts[id].unwrap_or(Part::Rules)
    }

    /// Appends a node as part of a sequence; the empty text appends nothing.
    fn sequence(&mut self, id: Id, out: &mut String) -> Result<(), GrammarError> {
        if out.ends_with(|c: char| !c.is_whitespace()) {
            out.push(' ');
        }
        match (self.part(id), &self.grammar.nodes[id]) {
            (Part::Empty, _) => {}
            (Part::Rules, Node::Seq(all)) => {
                for &id in all {
                    self.sequence(id, out)?;
                }
            }
            (Part::Rules, Node::Repeat(inner, min, max)) => {
                let mut min = *min;
                match self.part(*inner) {
                    Part::Empty => return Ok(()),
                    Part::Lexeme { lexeme, optional } => {
                        if optional {
                            min = 0;
                        }
                        let _ = write!(out, "L{lexeme}");
                    }
                    Part::Rules => self.symbol(*inner, out)?,
                }
                out.push_str(&times(min, *max));
            }
            (Part::Lexeme { lexeme, optional }, _) => {
                let _ = write!(out, "L{lexeme}{}", if optional { "?" } else { "" });
            }
            (Part::Rules, _) => self.symbol(id, out)?,
        }
        Ok(())
    }

    /// Appends a node that is no lexeme as one symbol.
    fn symbol(&mut self, id: Id, out: &mut String) -> Result<(), GrammarError> {
        let name = match &self.grammar.nodes[id] {
            Node::Token(token) => {
                out.push_str(&self.token(token)?);
                return Ok(());
            }
            Node::Rule(rule) => Name::Rule(*rule),
            Node::Class(_) | Node::Seq(_) | Node::Alt(_) | Node::Repeat(..) => Name::Group(id),
        };
        self.named.push(name);
        out.push_str(&name.text());
        Ok(())
    }

    fn token(&self, token: &Token) -> Result<String, GrammarError> {
        match (&token.name, token.negated) {
            (TokenName::Number(number), false) => Ok(format!("<[{number}]>")),
            (TokenName::Number(number), true) => Ok(format!("<[^{number}]>")),
            (TokenName::Spelling(spelling), false) => Ok(spelling.clone()),
            (TokenName::Spelling(spelling), true) => match (self.token)(spelling) {
                Some(number) => Ok(format!("<[^{number}]>")),
                None => Err(token.place.error(format_args!("the model has no token `{spelling}` to exclude"))),
            },
        }
    }
}
