//! What a model says to itself before it answers, taken apart from the answer while it streams.
//!
//! A thought stands between marks at the beginning of an answer, or the prompt has opened it already. The marks, and the
//! white space at the beginning of the thought and of the answer, are dropped. Marks anywhere else are text. A thought
//! that is never closed is all there is: the answer is empty.

use sarai_engine::grammar::Thinking;
use sarai_types::TokenText;

/// What a piece of text turned out to be.
#[derive(Debug, PartialEq)]
pub(crate) enum Part {
    Thought(String),
    Answer { text: String, tokens: Vec<TokenText> },
}

/// Text in, parts out. Text waits only while it may be a part of a mark.
#[derive(Debug)]
pub(crate) struct Thoughts {
    open: String,
    close: String,
    place: Place,
    /// What is not decided yet.
    pending: String,
    /// The tokens that came with it, before a thought is ruled out.
    tokens: Vec<TokenText>,
    /// How many bytes of text, and of tokens, stand before what comes next. Tokens run ahead of the text by a part of a
    /// character, so each keeps its own count.
    text_bytes: usize,
    token_bytes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing but white space and a part of the opening mark.
    Before,
    /// In the thought; nothing of it was said yet.
    Opened,
    Inside,
    /// Behind the closing mark, nothing but white space.
    Behind,
    /// In the answer, which began behind this many bytes of text.
    Answer {
        from: usize,
    },
}

impl Thoughts {
    /// None for a model that does not think.
    pub(crate) fn new(thinking: &Thinking) -> Option<Self> {
        let (open, close, place) = match thinking {
            Thinking::Never => return None,
            Thinking::May { open, close } => (open.clone(), close.clone(), Place::Before),
            Thinking::Open { close } => (String::new(), close.clone(), Place::Opened),
        };
        let (pending, tokens) = (String::new(), Vec::new());
        Some(Self { open, close, place, pending, tokens, text_bytes: 0, token_bytes: 0 })
    }

    /// What the text decides.
    pub(crate) fn push(&mut self, text: &str, tokens: Vec<TokenText>) -> Vec<Part> {
        if let Place::Answer { from } = self.place {
            return self.answer(text.to_owned(), tokens, from);
        }
        self.pending.push_str(text);
        self.text_bytes += text.len();
        self.tokens.extend(tokens);
        let mut parts = Vec::new();
        while self.decide(&mut parts) {}
        match self.place {
            // None of these belongs to the answer.
            Place::Opened | Place::Inside | Place::Behind => self.pass_tokens(),
            Place::Before | Place::Answer { .. } => {}
        }
        parts
    }

    /// What was undecided, now that nothing follows.
    pub(crate) fn finish(&mut self) -> Vec<Part> {
        let rest = std::mem::take(&mut self.pending);
        match self.place {
            Place::Before => self.answer(rest, Vec::new(), 0),
            Place::Opened | Place::Inside => (!rest.is_empty()).then_some(Part::Thought(rest)).into_iter().collect(),
            Place::Behind | Place::Answer { .. } => Vec::new(),
        }
    }

    /// Goes one place further, if what is pending is enough to say where.
    fn decide(&mut self, parts: &mut Vec<Part>) -> bool {
        match self.place {
            Place::Before => {
                let seen = self.pending.trim_start();
                if let Some(rest) = seen.strip_prefix(self.open.as_str()) {
                    self.pending = rest.to_owned();
                    self.place = Place::Opened;
                    return true;
                }
                if self.open.starts_with(seen) {
                    return false;
                }
                self.place = Place::Answer { from: 0 };
                let text = std::mem::take(&mut self.pending);
                parts.extend(self.answer(text, Vec::new(), 0));
                false
            }
            Place::Opened => {
                let begun = self.pending.trim_start().to_owned();
                if begun.is_empty() {
                    self.pending.clear();
                    return false;
                }
                self.pending = begun;
                self.place = Place::Inside;
                true
            }
            Place::Inside => {
                if let Some((thought, rest)) = self.pending.split_once(self.close.as_str()) {
                    let (thought, rest) = (thought.to_owned(), rest.to_owned());
                    parts.extend((!thought.is_empty()).then_some(Part::Thought(thought)));
                    self.pending = rest;
                    self.place = Place::Behind;
                    return true;
                }
                let said = self.pending.len() - mark_begun(&self.pending, &self.close);
                let undecided = self.pending.split_off(said);
                let thought = std::mem::replace(&mut self.pending, undecided);
                parts.extend((!thought.is_empty()).then_some(Part::Thought(thought)));
                false
            }
            Place::Behind => {
                let text = std::mem::take(&mut self.pending);
                let answer = text.trim_start();
                if answer.is_empty() {
                    return false;
                }
                let from = self.text_bytes - answer.len();
                self.place = Place::Answer { from };
                let answer = answer.to_owned();
                parts.extend(self.answer(answer, Vec::new(), from));
                false
            }
            Place::Answer { .. } => false,
        }
    }

    /// Text of the answer with its tokens: those that end behind its beginning, held ones first.
    fn answer(&mut self, text: String, tokens: Vec<TokenText>, from: usize) -> Vec<Part> {
        let mut own = Vec::new();
        for token in self.tokens.drain(..).chain(tokens) {
            self.token_bytes += token.chosen.bytes.len();
            if self.token_bytes > from || from == 0 {
                own.push(token);
            }
        }
        let some = !text.is_empty() || !own.is_empty();
        some.then_some(Part::Answer { text, tokens: own }).into_iter().collect()
    }

    fn pass_tokens(&mut self) {
        self.token_bytes += self.tokens.drain(..).map(|token| token.chosen.bytes.len()).sum::<usize>();
    }
}

/// How many bytes at the end of a text may be the beginning of a mark.
fn mark_begun(text: &str, mark: &str) -> usize {
    let lengths = (1..mark.len()).rev().filter(|len| mark.is_char_boundary(*len));
    lengths.into_iter().find(|len| text.ends_with(&mark[..*len])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use sarai_types::Candidate;

    use super::*;

    fn may() -> Thinking {
        Thinking::May { open: "<think>".to_owned(), close: "</think>".to_owned() }
    }

    fn opened() -> Thinking {
        Thinking::Open { close: "</think>".to_owned() }
    }

    /// Thought and answer of a text that comes in two pieces, and whether the text of the tokens is the answer's.
    fn split(thinking: &Thinking, text: &str, cut: usize) -> (String, String) {
        let mut thoughts = Thoughts::new(thinking).unwrap();
        let token = |text: &str| TokenText {
            chosen: Candidate { bytes: text.as_bytes().to_vec(), logprob: 0.0 },
            top: Vec::new(),
        };
        let letters = |text: &str| text.char_indices().map(|(at, c)| token(&text[at..at + c.len_utf8()])).collect();
        let mut parts = thoughts.push(&text[..cut], letters(&text[..cut]));
        parts.extend(thoughts.push(&text[cut..], letters(&text[cut..])));
        parts.extend(thoughts.finish());
        let (mut thought, mut answer, mut said) = (String::new(), String::new(), Vec::new());
        for part in parts {
            match part {
                Part::Thought(text) => {
                    assert!(answer.is_empty(), "a thought comes before the answer");
                    thought.push_str(&text);
                }
                Part::Answer { text, tokens } => {
                    answer.push_str(&text);
                    said.extend(tokens.into_iter().flat_map(|token| token.chosen.bytes));
                }
            }
        }
        assert_eq!(String::from_utf8(said).unwrap(), answer, "the tokens of {text:?}, cut at {cut}");
        (thought, answer)
    }

    #[test]
    fn thought_and_answer_are_the_same_however_the_text_is_cut() {
        for (thinking, text, thought, answer) in [
            (may(), "<think>\nuno\n</think>\n\nHola", "uno\n", "Hola"),
            (may(), " \n<think>a</think>b", "a", "b"),
            (may(), "<think>\n\n</think>\n\nSí", "", "Sí"),
            (may(), "Hola <think>no</think>", "", "Hola <think>no</think>"),
            (may(), " \nHola", "", " \nHola"),
            (may(), "<thin", "", "<thin"),
            (may(), "<thinking>a", "", "<thinking>a"),
            (may(), "<think>a < b </thin </think></think>c", "a < b </thin ", "</think>c"),
            (may(), "<think>¿y ñ?</think>¡ñ!", "¿y ñ?", "¡ñ!"),
            (may(), "<think>sin fin </thi", "sin fin </thi", ""),
            (may(), "<think> \n", "", ""),
            (may(), "", "", ""),
            (opened(), "\nuno</think>\nHola", "uno", "Hola"),
            (opened(), "sin fin", "sin fin", ""),
            (opened(), "</think>ya", "", "ya"),
        ] {
            for cut in (0..=text.len()).filter(|cut| text.is_char_boundary(*cut)) {
                let expected = (thought.to_owned(), answer.to_owned());
                assert_eq!(split(&thinking, text, cut), expected, "{text:?} cut at {cut}");
            }
        }
        assert!(Thoughts::new(&Thinking::Never).is_none());
    }

    #[test]
    fn a_thought_is_not_held_back() {
        let mut thoughts = Thoughts::new(&may()).unwrap();
        assert_eq!(thoughts.push("<think>uno <", Vec::new()), [Part::Thought("uno ".to_owned())]);
        assert_eq!(thoughts.push(" dos", Vec::new()), [Part::Thought("< dos".to_owned())]);
    }
}
