//! What is left of a sentence when all that says who, when and what happens is gone: the message.

use std::ops::Range;

use super::frame::{Framer, Role};
use super::token::Kind;

/// What may stand at the beginning of a later part of a message and is none of it.
const MARKS: &str = ",|.|:|;|-|–|—|y|e|and";

impl Framer<'_, '_> {
    /// What is left, as it was written, and its words.
    pub(super) fn body(&self) -> (String, Vec<String>) {
        let reader = self.reader;
        let mut parts: Vec<Range<usize>> = Vec::new();
        for at in (0..reader.len()).filter(|at| self.roles[*at] == Role::Free) {
            match parts.last_mut().filter(|part| part.end == at) {
                Some(part) => part.end = at + 1,
                None => parts.push(at..at + 1),
            }
        }
        let verb = self.verb.clone().unwrap_or(0..0);
        let mut opened = false;
        let parts = parts.into_iter().map(|part| {
            // What opens the message is no part of it; inside of it the same words are: «llamar mañana a Ana».
            let opens = part.end <= verb.start || !opened;
            let trimmed = self.trim(part, if opens { self.reader.lex.trim_start } else { MARKS });
            opened |= trimmed.start >= verb.end && !trimmed.is_empty();
            trimmed
        });
        let parts: Vec<Range<usize>> = parts.filter(|part| !part.is_empty()).collect();
        let words = parts.iter().flat_map(Clone::clone).filter_map(|at| reader.word(at).map(str::to_owned)).collect();
        let text = match &parts[..] {
            [only] if only.len() == 1 => match reader.kind(only.start) {
                Some(Kind::Quoted(inside)) => inside.clone(),
                _ => reader.slice(only.clone()).to_owned(),
            },
            _ => self.joined(&parts),
        };
        (text, words)
    }

    /// The parts of a message; what was said before the request stands apart from what is asked.
    fn joined(&self, parts: &[Range<usize>]) -> String {
        let verb = self.verb.clone().unwrap_or(0..0);
        let mut text = String::new();
        for (at, part) in parts.iter().enumerate() {
            let apart = at > 0 && parts[at - 1].end <= verb.start && part.start >= verb.end;
            text.push_str(if apart {
                ", "
            } else if at > 0 {
                " "
            } else {
                ""
            });
            text.push_str(self.reader.slice(part.clone()));
        }
        text
    }

    fn trim(&self, mut part: Range<usize>, start: &'static str) -> Range<usize> {
        let reader = self.reader;
        while let Some(end) = reader.any(part.start, start).filter(|end| *end <= part.end && !part.is_empty()) {
            // «qué tiempo hace» asks, «que llame» does not.
            if reader.slice(part.start..end).contains('é') {
                break;
            }
            part.start = end;
        }
        loop {
            // "put the retainer in": at the end of the sentence it belongs to its verb.
            let is_last = (part.end..reader.len()).all(|at| matches!(reader.kind(at), Some(Kind::Mark(_))));
            if is_last && part.len() > 1 && reader.any(part.end - 1, "in|on|off|up|by|it").is_some() {
                break;
            }
            let starts = part.end.saturating_sub(3).max(part.start)..part.end;
            let Some(start) =
                starts.into_iter().find(|start| reader.any(*start, reader.lex.trim_end) == Some(part.end))
            else {
                break;
            };
            part.end = start;
        }
        part
    }
}
