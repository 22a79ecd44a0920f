//! Reads the source of a grammar.
//!
//! Lines matter as in llama.cpp: a rule ends with its line, unless the line ends behind `::=` or `|`, or inside
//! parentheses.

use std::collections::HashMap;

use super::super::GrammarError;
use super::chars::Chars;
use super::{NESTING_MAX, NODES_MAX, Place, REPEAT_MAX, RULES_MAX, STACKED_MAX};

/// A node of a [`Grammar`], by number.
pub(super) type Id = usize;

/// A rule of a [`Grammar`], by number.
pub(super) type RuleId = usize;

/// What a rule is made of.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// One character of a set, which is not empty.
    Class(Chars),
    /// One token of the model, whatever its text.
    Token(Token),
    Rule(RuleId),
    /// One after the other; none of them is the empty text.
    Seq(Vec<Id>),
    /// One of them, at least two.
    Alt(Vec<Id>),
    /// From so often to so often, or without end.
    Repeat(Id, u32, Option<u32>),
}

/// A token by spelling or by number, or every token but that one.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) name: TokenName,
    pub(super) negated: bool,
    pub(super) place: Place,
}

#[derive(Debug, Clone)]
pub(super) enum TokenName {
    /// With its angle brackets.
    Spelling(String),
    Number(u32),
}

#[derive(Debug)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) body: Id,
    pub(super) place: Place,
}

/// A grammar whose references have all been resolved.
#[derive(Debug)]
pub(super) struct Grammar {
    pub(super) nodes: Vec<Node>,
    pub(super) rules: Vec<Rule>,
    pub(super) root: RuleId,
}

impl Grammar {
    pub(super) fn add(&mut self, node: Node) -> Id {
        self.nodes.push(node);
        self.nodes.len() - 1
    }
}

pub(super) fn parse(source: &str) -> Result<Grammar, GrammarError> {
    let mut parser = Parser {
        rest: source,
        place: Place { line: 1, column: 1 },
        nodes: Vec::new(),
        names: HashMap::new(),
        rules: Vec::new(),
    };
    parser.space(Lines::Skip);
    while !parser.rest.is_empty() {
        parser.rule()?;
    }
    parser.finish()
}

/// Whether the end of a line is a space or an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lines {
    Skip,
    End,
}

/// A rule that was defined, or only named so far.
#[derive(Debug)]
struct Known {
    name: String,
    named: Place,
    defined: Option<(Id, Place)>,
}

#[derive(Debug)]
struct Parser<'a> {
    rest: &'a str,
    place: Place,
    nodes: Vec<Node>,
    names: HashMap<&'a str, RuleId>,
    rules: Vec<Known>,
}

impl<'a> Parser<'a> {
    fn finish(self) -> Result<Grammar, GrammarError> {
        let Some(&root) = self.names.get("root") else {
            return Err(self.place.error("no rule is called `root`, where every text begins"));
        };
        let mut rules = Vec::with_capacity(self.rules.len());
        for known in self.rules {
            let Some((body, place)) = known.defined else {
                return Err(known.named.error(format_args!("the rule `{}` is not defined", known.name)));
            };
            rules.push(Rule { name: known.name, body, place });
        }
        Ok(Grammar { nodes: self.nodes, rules, root })
    }

    fn rule(&mut self) -> Result<(), GrammarError> {
        let place = self.place;
        let name = self.name();
        if name.is_empty() {
            return Err(place.error("expected the name of a rule: letters, digits and `-`"));
        }
        let id = self.known(name, place)?;
        if let Some((_, first)) = self.rules[id].defined {
            let what = format!("the rule `{name}` was defined in line {} already", first.line);
            return Err(place.error(what));
        }
        self.space(Lines::End);
        if !self.skip("::=") {
            return Err(self.place.error(format_args!("expected `::=` after `{name}`")));
        }
        self.space(Lines::Skip);
        let body = self.alternatives(0)?;
        self.rules[id].defined = Some((body, place));
        if !(self.rest.is_empty() || self.skip("\r\n") || self.skip("\n") || self.skip("\r")) {
            return Err(self.place.error("expected the end of the line"));
        }
        self.space(Lines::Skip);
        Ok(())
    }

    /// The number of a rule, which need not be defined yet.
    fn known(&mut self, name: &'a str, place: Place) -> Result<RuleId, GrammarError> {
        if let Some(&id) = self.names.get(name) {
            return Ok(id);
        }
        if self.rules.len() == RULES_MAX {
            return Err(place.error(format_args!("more than {RULES_MAX} rules")));
        }
        self.rules.push(Known { name: name.to_owned(), named: place, defined: None });
        self.names.insert(name, self.rules.len() - 1);
        Ok(self.rules.len() - 1)
    }

    fn alternatives(&mut self, depth: usize) -> Result<Id, GrammarError> {
        let mut all = vec![self.sequence(depth)?];
        while self.skip("|") {
            self.space(Lines::Skip);
            all.push(self.sequence(depth)?);
        }
        match all[..] {
            [only] => Ok(only),
            _ => self.add(Node::Alt(all)),
        }
    }

    fn sequence(&mut self, depth: usize) -> Result<Id, GrammarError> {
        let lines = if depth == 0 { Lines::End } else { Lines::Skip };
        let mut all: Vec<Id> = Vec::new();
        let mut stacked = 0;
        while let Some(next) = self.peek() {
            if matches!(next, '*' | '+' | '?' | '{') {
                stacked += 1;
                let repeated = self.repeat(all.pop(), next, stacked, lines)?;
                all.push(repeated);
                continue;
            }
            stacked = 0;
            match self.item(next, depth)? {
                Some(item) => all.push(item),
                None => break,
            }
            self.space(lines);
        }
        all.retain(|&id| !self.is_empty(id));
        match all[..] {
            [only] => Ok(only),
            _ => self.add(Node::Seq(all)),
        }
    }

    /// What stood before a repetition, repeated.
    fn repeat(&mut self, last: Option<Id>, sign: char, stacked: usize, lines: Lines) -> Result<Id, GrammarError> {
        let place = self.place;
        let (min, max) = self.times(lines)?;
        let Some(last) = last else {
            return Err(place.error(format_args!("nothing stands before `{sign}` that it could repeat")));
        };
        if stacked > STACKED_MAX {
            return Err(place.error(format_args!("more than {STACKED_MAX} repetitions of one another")));
        }
        // Nothing, however often, is nothing.
        if max == Some(0) || self.is_empty(last) {
            return self.add(Node::Seq(Vec::new()));
        }
        self.add(Node::Repeat(last, min, max))
    }

    /// One thing that can be repeated; `None` where a sequence ends.
    fn item(&mut self, next: char, depth: usize) -> Result<Option<Id>, GrammarError> {
        let place = self.place;
        let node = match next {
            '"' => return self.literal().map(Some),
            '[' => Node::Class(self.class()?),
            '.' => {
                self.advance();
                Node::Class(Chars::any())
            }
            '<' | '!' => Node::Token(self.token()?),
            '(' => {
                if depth == NESTING_MAX {
                    return Err(place.error(format_args!("more than {NESTING_MAX} parentheses in each other")));
                }
                self.advance();
                self.space(Lines::Skip);
                let inner = self.alternatives(depth + 1)?;
                if !self.skip(")") {
                    return Err(self.place.error("expected `)`"));
                }
                return Ok(Some(inner));
            }
            _ if is_word(next) => {
                let name = self.name();
                Node::Rule(self.known(name, place)?)
            }
            _ => return Ok(None),
        };
        self.add(node).map(Some)
    }

    /// A text in quotes. One node, so that a repetition behind it repeats all of it.
    fn literal(&mut self) -> Result<Id, GrammarError> {
        let start = self.place;
        self.advance();
        let mut all = Vec::new();
        while !self.skip("\"") {
            if self.rest.is_empty() {
                return Err(start.error("the text that begins here has no closing quote"));
            }
            let c = self.char()?;
            all.push(self.add(Node::Class(Chars::one(c)))?);
        }
        match all[..] {
            [only] => Ok(only),
            _ => self.add(Node::Seq(all)),
        }
    }

    fn class(&mut self) -> Result<Chars, GrammarError> {
        let start = self.place;
        self.advance();
        let negated = self.skip("^");
        let mut ranges = Vec::new();
        while !self.skip("]") {
            if self.rest.is_empty() {
                return Err(start.error("the class that begins here has no closing `]`"));
            }
            let place = self.place;
            let low = self.char()?;
            let mut high = low;
            // A dash before the end is a dash.
            if self.rest.starts_with('-') && !self.rest.starts_with("-]") {
                self.advance();
                if self.rest.is_empty() {
                    return Err(start.error("the class that begins here has no closing `]`"));
                }
                high = self.char()?;
            }
            if low > high {
                return Err(place.error("the range runs backwards, so that it holds nothing"));
            }
            ranges.push((low, high));
        }
        if ranges.is_empty() {
            return Err(start.error("the class holds nothing; write `.` for any character"));
        }
        let chars = Chars::of(ranges);
        let chars = if negated { chars.negated() } else { chars };
        if chars.is_empty() {
            return Err(start.error("no character is in the class"));
        }
        Ok(chars)
    }

    /// One character, or what an escape stands for.
    fn char(&mut self) -> Result<u32, GrammarError> {
        let place = self.place;
        let c = self.advance();
        if c != Some('\\') {
            return c.map(u32::from).ok_or_else(|| place.error("the grammar ends inside a text"));
        }
        match self.advance() {
            Some('n') => Ok(0x0A),
            Some('r') => Ok(0x0D),
            Some('t') => Ok(0x09),
            Some(c @ ('\\' | '"' | '[' | ']' | '-')) => Ok(c.into()),
            Some('x') => self.hex(2, place),
            Some('u') => self.hex(4, place),
            Some('U') => self.hex(8, place),
            Some(c) => Err(place.error(format_args!("unknown escape `\\{}`", c.escape_debug()))),
            None => Err(place.error("the grammar ends inside an escape")),
        }
    }

    fn hex(&mut self, digits: usize, place: Place) -> Result<u32, GrammarError> {
        let value = self.rest.get(..digits).filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
        let Some(value) = value.and_then(|text| u32::from_str_radix(text, 16).ok()) else {
            return Err(place.error(format_args!("expected {digits} hexadecimal digits in the escape")));
        };
        for _ in 0..digits {
            self.advance();
        }
        if char::from_u32(value).is_none() {
            return Err(place.error(format_args!("U+{value:04X} is not a character")));
        }
        Ok(value)
    }

    fn token(&mut self) -> Result<Token, GrammarError> {
        let place = self.place;
        let negated = self.skip("!");
        if !self.rest.starts_with('<') {
            return Err(self.place.error("expected a token, such as `<think>` or `<[1000]>`, after `!`"));
        }
        let Some(end) = self.rest.find('>') else {
            return Err(place.error("the token that begins here has no closing `>`"));
        };
        let spelling = &self.rest[..=end];
        let name = match spelling.strip_prefix("<[") {
            Some(number) => {
                let number = number.strip_suffix("]>").and_then(parse_digits);
                TokenName::Number(number.ok_or_else(|| place.error("expected a number between `<[` and `]>`"))?)
            }
            None if spelling.len() == 2 || spelling[1..].contains(|c: char| c == '<' || c.is_whitespace()) => {
                return Err(place.error("a token is named without spaces and without `<`"));
            }
            None => TokenName::Spelling(spelling.to_owned()),
        };
        for _ in spelling.chars() {
            self.advance();
        }
        Ok(Token { name, negated, place })
    }

    /// What `*`, `+`, `?` or `{…}` asks for.
    fn times(&mut self, lines: Lines) -> Result<(u32, Option<u32>), GrammarError> {
        let place = self.place;
        let times = match self.advance() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            _ => {
                self.space(lines);
                let min = self.count()?;
                self.space(lines);
                let mut max = Some(min);
                if self.skip(",") {
                    self.space(lines);
                    max = if self.peek().is_some_and(|c| c.is_ascii_digit()) { Some(self.count()?) } else { None };
                    self.space(lines);
                }
                if !self.skip("}") {
                    return Err(self.place.error("expected `}`"));
                }
                (min, max)
            }
        };
        if times.1.is_some_and(|max| max < times.0) {
            return Err(place.error("the repetition asks for more than it allows"));
        }
        self.space(lines);
        Ok(times)
    }

    fn count(&mut self) -> Result<u32, GrammarError> {
        let place = self.place;
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let digits = &self.rest[..end];
        if digits.is_empty() {
            return Err(place.error("expected a number; at most n times is `{0,n}`"));
        }
        for _ in 0..end {
            self.advance();
        }
        match parse_digits(digits) {
            Some(count) if count <= REPEAT_MAX => Ok(count),
            _ => Err(place.error(format_args!("{digits} repetitions; at most {REPEAT_MAX} are allowed"))),
        }
    }

    fn name(&mut self) -> &'a str {
        let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
        let name = &self.rest[..end];
        for _ in 0..end {
            self.advance();
        }
        name
    }

    /// Skips blanks and comments, and line ends if they mean nothing here.
    fn space(&mut self, lines: Lines) {
        while let Some(next) = self.peek() {
            match next {
                ' ' | '\t' => {}
                '\r' | '\n' if lines == Lines::Skip => {}
                '#' => {
                    while self.peek().is_some_and(|c| !matches!(c, '\r' | '\n')) {
                        self.advance();
                    }
                    continue;
                }
                _ => return,
            }
            self.advance();
        }
    }

    fn is_empty(&self, id: Id) -> bool {
        matches!(&self.nodes[id], Node::Seq(all) if all.is_empty())
    }

    fn add(&mut self, node: Node) -> Result<Id, GrammarError> {
        if self.nodes.len() == NODES_MAX {
            return Err(self.place.error(format_args!("more than {NODES_MAX} characters, classes and groups")));
        }
        self.nodes.push(node);
        Ok(self.nodes.len() - 1)
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn advance(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        if c == '\n' {
            self.place = Place { line: self.place.line + 1, column: 1 };
        } else {
            self.place.column += 1;
        }
        Some(c)
    }

    fn skip(&mut self, text: &str) -> bool {
        let found = self.rest.starts_with(text);
        if found {
            for _ in text.chars() {
                self.advance();
            }
        }
        found
    }
}

const fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

/// A number in plain digits: no sign, as `parse` alone would take.
fn parse_digits(text: &str) -> Option<u32> {
    text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()))
}
