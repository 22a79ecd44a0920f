//! Turns the bytes of tokens into text that may be shown: whole characters, up to a stop text.
//!
//! # Key types
//! - [`Detokenizer`]: bytes in, whole characters out. A character often spans several tokens.
//! - [`StopScanner`]: text in, text out, until one of the stop texts is complete.
//!
//! # Usage
//! Push each token's bytes into the [`Detokenizer`], push what comes out into the [`StopScanner`], show what comes out
//! of that. When the model ends, call both `finish`es in the same order.
//!
//! Neither holds back more than it must: at most three bytes of an unfinished character, and at most what could still
//! become a stop text. How the input is split never changes the whole of the output.

use std::mem;
use std::str;

/// Bytes in, whole characters out.
///
/// Invalid bytes become U+FFFD as soon as no later byte could make them valid, in the same places as with
/// [`String::from_utf8_lossy`] of the whole.
#[derive(Debug, Clone, Default)]
pub struct Detokenizer {
    /// The beginning of a character whose end has not come yet: 0 to 3 bytes.
    held: Vec<u8>,
}

impl Detokenizer {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The characters that are certain once these bytes have come.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.held.extend_from_slice(bytes);
        let pending = mem::take(&mut self.held);
        let mut text = String::with_capacity(pending.len());
        let mut chunks = pending.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            text.push_str(chunk.valid());
            if chunks.peek().is_none() && is_unfinished(chunk.invalid()) {
                self.held = chunk.invalid().to_vec();
            } else if !chunk.invalid().is_empty() {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        text
    }

    /// What is left when nothing more comes: U+FFFD for an unfinished character, or nothing.
    pub fn finish(&mut self) -> String {
        String::from_utf8_lossy(&mem::take(&mut self.held)).into_owned()
    }
}

/// Whether more bytes could make a character of these.
fn is_unfinished(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

/// What a push into a [`StopScanner`] released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scan {
    /// This text is certain; no stop text has come yet. It may be empty.
    Open(String),
    /// A stop text came. This is the last text before it; whatever is pushed later is dropped.
    Stopped(String),
}

/// Lets text pass until a stop text.
///
/// The stop text that is complete first wins, the longest one if several end at the same place. It is not passed on,
/// nor is anything after it.
#[derive(Debug, Clone)]
pub struct StopScanner {
    stops: Vec<String>,
    /// The longest end of the text so far that could still become a stop text.
    held: String,
    stopped: bool,
}

impl StopScanner {
    /// Empty stop texts are ignored. With none at all, text passes at once.
    #[must_use]
    pub fn new(stops: &[String]) -> Self {
        let stops = stops.iter().filter(|stop| !stop.is_empty()).cloned().collect();
        Self { stops, held: String::new(), stopped: false }
    }

    pub fn push(&mut self, text: &str) -> Scan {
        if self.stopped {
            return Scan::Stopped(String::new());
        }
        self.held.push_str(text);
        if let Some(start) = self.first_stop() {
            self.held.truncate(start);
            self.stopped = true;
            return Scan::Stopped(mem::take(&mut self.held));
        }
        let kept = self.held.split_off(self.held.len() - self.undecided());
        Scan::Open(mem::replace(&mut self.held, kept))
    }

    /// What was held back, now that it cannot become a stop text any more.
    pub fn finish(&mut self) -> String {
        mem::take(&mut self.held)
    }

    /// Where the stop text begins that ends first. All the text before `held` is known to hold none.
    fn first_stop(&self) -> Option<usize> {
        let matches =
            self.stops.iter().filter_map(|stop| self.held.find(stop.as_str()).map(|at| (at + stop.len(), at)));
        matches.min().map(|(_, start)| start)
    }

    /// The length of the longest end of `held` that begins a stop text.
    fn undecided(&self) -> usize {
        let ends = |stop: &String| {
            let longest = self.held.len().min(stop.len() - 1);
            (1..=longest).rev().find(|&n| stop.is_char_boundary(n) && self.held.ends_with(&stop[..n])).unwrap_or(0)
        };
        self.stops.iter().map(ends).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// What a whole text gives when it comes in the given pieces.
    fn scan(stops: &[&str], pieces: &[&str]) -> (String, bool) {
        let mut scanner = StopScanner::new(&stops.iter().map(ToString::to_string).collect::<Vec<_>>());
        let mut shown = String::new();
        for piece in pieces {
            match scanner.push(piece) {
                Scan::Open(text) => shown += &text,
                Scan::Stopped(text) => return (shown + &text, true),
            }
        }
        (shown + &scanner.finish(), false)
    }

    /// The definition, one character at a time over the whole text.
    fn naive(stops: &[&str], text: &str) -> (String, bool) {
        for (at, c) in text.char_indices() {
            let seen = &text[..at + c.len_utf8()];
            let longest = stops.iter().filter(|stop| !stop.is_empty() && seen.ends_with(**stop)).map(|s| s.len()).max();
            if let Some(len) = longest {
                return (seen[..seen.len() - len].to_owned(), true);
            }
        }
        (text.to_owned(), false)
    }

    #[test]
    fn a_character_waits_for_its_last_byte() {
        let mut detokenizer = Detokenizer::new();
        let euro = "€".as_bytes();
        assert_eq!(detokenizer.push(&euro[..1]), "");
        assert_eq!(detokenizer.push(&euro[1..2]), "");
        assert_eq!(detokenizer.push(&euro[2..]), "€");
        assert_eq!(detokenizer.finish(), "");
    }

    #[test]
    fn bytes_that_can_never_be_a_character_do_not_wait() {
        let mut detokenizer = Detokenizer::new();
        assert_eq!(detokenizer.push(b"a\xFFb"), "a\u{FFFD}b");
        assert_eq!(detokenizer.push(b"\xE2\x82"), "");
        assert_eq!(detokenizer.push(b"x"), "\u{FFFD}x");
        assert_eq!(detokenizer.push(b"\xF0\x9F"), "");
        assert_eq!(detokenizer.finish(), "\u{FFFD}");
        assert_eq!(detokenizer.finish(), "");
    }

    #[test]
    fn the_stop_text_that_is_complete_first_wins() {
        for (stops, text, shown) in [
            (&["abcd", "c"][..], "xabcd", "xab"),
            (&["b", "ab"], "xab", "x"),
            (&["\n\n", "\nUser:"], "hi\nUser: x", "hi"),
            (&["¿no?"], "sí, ¿no? sí", "sí, "),
            (&["aab"], "aaab", "a"),
        ] {
            for at in (0..=text.len()).filter(|&at| text.is_char_boundary(at)) {
                assert_eq!(scan(stops, &[&text[..at], &text[at..]]), (shown.to_owned(), true), "{text:?} at {at}");
            }
        }
    }

    #[test]
    fn only_what_could_become_a_stop_text_waits() {
        let mut scanner = StopScanner::new(&["###".to_owned()]);
        assert_eq!(scanner.push("a#b##"), Scan::Open("a#b".to_owned()));
        assert_eq!(scanner.push("c"), Scan::Open("##c".to_owned()));
        assert_eq!(scanner.push("#"), Scan::Open(String::new()));
        assert_eq!(scanner.finish(), "#");
    }

    #[test]
    fn nothing_follows_a_stop_text() {
        let mut scanner = StopScanner::new(&["x".to_owned(), String::new()]);
        assert_eq!(scanner.push("axb"), Scan::Stopped("a".to_owned()));
        assert_eq!(scanner.push("more"), Scan::Stopped(String::new()));
        assert_eq!(scanner.finish(), "");
    }

    proptest! {
        #[test]
        fn any_split_of_any_bytes_reads_like_the_whole(
            chunks in vec(prop_oneof![vec(any::<u8>(), 0..6), "[a-zñ€🙂]{0,3}".prop_map(String::into_bytes)], 0..12),
            cut in 1usize..4,
        ) {
            let whole = chunks.concat();
            let mut detokenizer = Detokenizer::new();
            let mut text = String::new();
            for chunk in whole.chunks(cut) {
                text += &detokenizer.push(chunk);
                prop_assert!(detokenizer.held.len() <= 3);
            }
            text += &detokenizer.finish();
            prop_assert_eq!(text, String::from_utf8_lossy(&whole));
        }

        #[test]
        fn any_split_stops_where_the_whole_stops(stops in vec("[abñ]{0,4}", 0..4), pieces in vec("[abcñ]{0,5}", 0..8)) {
            let stops: Vec<&str> = stops.iter().map(String::as_str).collect();
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            prop_assert_eq!(scan(&stops, &pieces), naive(&stops, &pieces.concat()));
        }
    }
}
