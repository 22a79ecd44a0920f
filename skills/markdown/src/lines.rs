//! Lets Markdown through line by line, so that what was let through is always whole.
//!
//! A model that runs out of words stops in the middle of a line, with an emphasis or a link still open. What the person
//! has read by then cannot be taken back; so a line is said when it has ended, and what never ended is not said. The
//! grammar ends every line, so nothing is lost of an answer that came to its end. A block of code that is open is closed.

/// Line by line.
#[derive(Debug, Default)]
pub struct Lines {
    /// What has come of the line that has not ended.
    open: String,
    fence: Fence,
    /// Lines that were let through.
    count: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Fence {
    #[default]
    Closed,
    Open,
}

/// A line that begins or ends a block of code.
const FENCE: &str = "```";

impl Lines {
    /// What has become whole with another piece; may be empty.
    pub fn push(&mut self, piece: &str) -> String {
        self.open.push_str(piece);
        let end = self.open.rfind('\n').map_or(0, |at| at + 1);
        let rest = self.open.split_off(end);
        let whole = std::mem::replace(&mut self.open, rest);
        for line in whole.lines() {
            self.note(line);
        }
        whole
    }

    /// What is still to be said at the end. A line that never ended is said only if there is nothing else.
    pub fn finish(mut self) -> String {
        let rest = std::mem::take(&mut self.open);
        let mut last = if self.count == 0 { rest } else { String::new() };
        self.note(&last.clone());
        if self.fence == Fence::Open {
            if !last.is_empty() && !last.ends_with('\n') {
                last.push('\n');
            }
            last.push_str(FENCE);
            last.push('\n');
        }
        last
    }

    fn note(&mut self, line: &str) {
        if line.starts_with(FENCE) {
            self.fence = match self.fence {
                Fence::Open => Fence::Closed,
                Fence::Closed => Fence::Open,
            };
        }
        self.count += usize::from(!line.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(text: &str) -> String {
        let mut lines = Lines::default();
        lines.push(text) + &lines.finish()
    }

    #[test]
    fn what_is_said_is_whole() {
        for (text, expect) in [
            ("# A\n\n- uno\n", "# A\n\n- uno\n"),
            ("# A\n\n- uno **do", "# A\n\n"),
            ("Una línea", "Una línea"),
            ("```sh\nls\n", "```sh\nls\n```\n"),
            ("```sh\nls\n```\n", "```sh\nls\n```\n"),
            ("```sh\nls -", "```sh\n```\n"),
            ("```sh", "```sh\n```\n"),
            ("", ""),
        ] {
            assert_eq!(said(text), expect, "{text:?}");
        }
    }

    proptest! {
        /// In whatever pieces a text comes: the same is said, and each piece of it ends with a line.
        #[test]
        fn pieces_do_not_matter(text in "([a-z `*\n]|```\n|é){0,40}", cuts in prop::collection::vec(0usize..40, 0..6)) {
            let mut lines = Lines::default();
            let (mut heard, mut rest) = (String::new(), text.as_str());
            for cut in cuts {
                let at = rest.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(rest.len());
                let piece = lines.push(&rest[..at]);
                prop_assert!(piece.is_empty() || piece.ends_with('\n'));
                heard.push_str(&piece);
                rest = &rest[at..];
            }
            heard.push_str(&lines.push(rest));
            heard.push_str(&lines.finish());
            prop_assert_eq!(&heard, &said(&text));
            prop_assert_eq!(heard.lines().filter(|line| line.starts_with(FENCE)).count() % 2, 0);
        }
    }
}
