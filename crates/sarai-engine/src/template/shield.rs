//! Keeps what people wrote apart from what the template wrote.
//!
//! A template is a program: it trims, splits, joins and compares texts, so nobody can say beforehand where a message
//! will stand in the prompt. But characters can be followed through it. Of every control token at least one character,
//! its *hinge*, is replaced by a private-use character, its *mark*, wherever people wrote it. In the prompt each mark
//! becomes its hinge again, and a control token that touches one is not the template's: it becomes a
//! [`Piece::Literal`].
//!
//! This holds however the token came together: written as it is, split over two messages, or left over when the
//! template removed something in between. The template still finds what it looks for in messages: hinges are few (for
//! tokens like `<|im_end|>` just `|`), and words that the template itself holds, such as `</think>`, keep theirs unless
//! they could be part of a control token. Marks are characters that occur neither in the conversation nor in the
//! template, so that nobody can forge one.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use aho_corasick::{AhoCorasick, BuildError, MatchKind};
use sarai_types::Conversation;

use super::{Piece, values, words};

/// What to look for in a model's prompts.
#[derive(Debug)]
pub(super) struct Shield {
    tokens: AhoCorasick,
    pub(super) hinges: Vec<char>,
    /// What the template may look for in messages.
    spared: AhoCorasick,
    /// The characters of the template that could be taken for marks.
    taken: BTreeSet<char>,
}

/// The marks for one conversation.
#[derive(Debug)]
pub(super) struct Marks<'a> {
    /// Hinge and mark.
    pairs: Vec<(char, char)>,
    spared: &'a AhoCorasick,
}

impl Shield {
    pub(super) fn new(control: &[String], source: &str) -> Result<Self, BuildError> {
        let control: Vec<&str> = control.iter().map(String::as_str).filter(|token| !token.is_empty()).collect();
        let hinges = hinges(control.clone());
        let mut spared = words::constants(source);
        spared.retain(|word| word.contains(&hinges[..]) && !control.iter().any(|token| words::could_join(word, token)));
        Ok(Self {
            tokens: AhoCorasick::new(control)?,
            hinges,
            spared: AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(spared)?,
            taken: source.chars().filter(|&c| may_mark(c)).collect(),
        })
    }

    /// Chooses marks that this conversation does not use.
    pub(super) fn marks(&self, conversation: &Conversation) -> Marks<'_> {
        let mut taken = self.taken.clone();
        for text in values::texts(conversation) {
            taken.extend(text.chars().filter(|&c| may_mark(c)));
        }
        // There are more candidates than characters fit into the longest conversation.
        let free = ('\u{F0000}'..=char::MAX).chain('\u{E000}'..'\u{F0000}').filter(|c| !taken.contains(c));
        Marks { pairs: self.hinges.iter().copied().zip(free).collect(), spared: &self.spared }
    }

    /// Cuts a rendered prompt where a control token holds a mark.
    pub(super) fn pieces(&self, marks: &Marks, rendered: &str) -> Vec<Piece> {
        let mut text = String::with_capacity(rendered.len());
        let mut marked = Vec::new();
        for c in rendered.chars() {
            match marks.hinge_of(c) {
                None => text.push(c),
                Some(hinge) => {
                    marked.push(text.len());
                    text.push(hinge);
                }
            }
        }
        let mut pieces = Vec::new();
        let mut done = 0;
        for literal in self.literals(&text, &marked) {
            if done < literal.start {
                pieces.push(Piece::Template(text[done..literal.start].to_owned()));
            }
            done = literal.end;
            pieces.push(Piece::Literal(text[literal].to_owned()));
        }
        if done < text.len() {
            pieces.push(Piece::Template(text.split_off(done)));
        }
        pieces
    }

    /// Where control tokens touch a marked position. Tokens that overlap or adjoin are one range.
    fn literals(&self, text: &str, marked: &[usize]) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        if marked.is_empty() {
            return ranges;
        }
        // Matches come in the order of their ends, so a later one can only reach back over earlier ones.
        for token in self.tokens.find_overlapping_iter(text) {
            let next = marked.partition_point(|&at| at < token.start());
            if marked.get(next).is_none_or(|&at| at >= token.end()) {
                continue;
            }
            let mut range = token.range();
            while let Some(last) = ranges.pop_if(|last| last.end >= range.start) {
                range.start = range.start.min(last.start);
            }
            ranges.push(range);
        }
        ranges
    }
}

impl Marks<'_> {
    /// The text with marks in place of hinges, but for what is spared.
    pub(super) fn mark(&self, text: &str) -> String {
        let mut marked = String::with_capacity(text.len());
        let mark_of = |c| self.pairs.iter().find(|(hinge, _)| *hinge == c).map_or(c, |(_, mark)| *mark);
        let mut done = 0;
        for word in self.spared.find_iter(text) {
            marked.extend(text[done..word.start()].chars().map(mark_of));
            marked.push_str(&text[word.range()]);
            done = word.end();
        }
        marked.extend(text[done..].chars().map(mark_of));
        marked
    }

    /// The text with hinges in place of marks.
    pub(super) fn unmark(&self, text: &str) -> String {
        text.chars().map(|c| self.hinge_of(c).unwrap_or(c)).collect()
    }

    fn hinge_of(&self, c: char) -> Option<char> {
        self.pairs.iter().find(|(_, mark)| *mark == c).map(|(hinge, _)| *hinge)
    }
}

/// Whether a character is in the range that marks are taken from.
fn may_mark(c: char) -> bool {
    c >= '\u{E000}'
}

/// A small set of characters of which every token has at least one: again and again the one that most of the remaining
/// tokens have. Punctuation comes first, since templates compare words, and JSON has its own use for quotes.
fn hinges(mut tokens: Vec<&str>) -> Vec<char> {
    let rank = |c: char| match c {
        '"' | '\\' => 0,
        c if c.is_whitespace() => 0,
        c if c.is_alphanumeric() => 1,
        _ => 2,
    };
    let mut hinges = Vec::new();
    while !tokens.is_empty() {
        let mut uses: BTreeMap<char, usize> = BTreeMap::new();
        for token in &tokens {
            for c in token.chars().collect::<BTreeSet<_>>() {
                *uses.entry(c).or_default() += 1;
            }
        }
        let Some((hinge, _)) = uses.into_iter().max_by_key(|&(c, uses)| (rank(c), uses, c)) else { break };
        hinges.push(hinge);
        tokens.retain(|token| !token.contains(hinge));
    }
    hinges
}
