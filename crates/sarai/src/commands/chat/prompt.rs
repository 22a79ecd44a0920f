//! Where questions come from: a person at a terminal, or a pipe.
//!
//! A line that ends in `\` goes on in the next one. What was typed before is kept in a file of the state folder, for
//! the owner alone: one JSON text a line, so that a question of several lines stays one entry.

use std::cell::Cell;
use std::io::{BufRead, Read};
use std::path::PathBuf;

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::{History, MemHistory, SearchDirection};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Config, Context, Editor, ExternalPrinter, Helper};
use sarai_config::{FolderError, write_atomic};
use sarai_types::{Notice, SEQUENCE_TEXT_MAX};

use super::command::NAMES;
use crate::ending::Told;

/// Earlier lines that are kept.
const HISTORY_MAX: usize = 1000;
/// The largest history file that is read, in bytes.
const HISTORY_BYTES_MAX: u64 = 4 << 20;
const PROMPT: &str = "> ";

/// What a person did at the prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Typed {
    Text(String),
    /// An empty line, or one that was given up.
    Nothing,
    Leave,
}

/// A terminal with line editing.
pub(super) struct Prompt {
    editor: Editor<Assistance, MemHistory>,
    history_file: PathBuf,
}

impl Prompt {
    /// # Errors
    /// The terminal cannot be used.
    pub(super) fn open(history_file: PathBuf) -> Result<Self, ReadlineError> {
        let config = Config::builder().max_history_size(HISTORY_MAX)?.auto_add_history(true).build();
        let history = MemHistory::with_config(&config);
        let mut editor = Editor::with_history(config, history)?;
        editor.set_helper(Some(Assistance::default()));
        for line in earlier_lines(&history_file) {
            editor.add_history_entry(line)?;
        }
        Ok(Self { editor, history_file })
    }

    /// Something that writes above the line that is being typed.
    ///
    /// # Errors
    /// The terminal cannot do that.
    pub(super) fn printer(&mut self) -> Result<impl ExternalPrinter + Send + use<>, ReadlineError> {
        self.editor.create_external_printer()
    }

    /// # Errors
    /// The terminal is gone.
    pub(super) fn read(&mut self) -> Result<Typed, ReadlineError> {
        self.seen_len(Some(0));
        match self.editor.readline(PROMPT) {
            Ok(line) if line.trim().is_empty() => Ok(Typed::Nothing),
            Ok(line) => Ok(Typed::Text(joined(&line))),
            Err(ReadlineError::Eof) => Ok(Typed::Leave),
            // A line that was begun is given up; an empty one means to leave.
            Err(ReadlineError::Interrupted) if self.seen_len(None) > 0 => Ok(Typed::Nothing),
            Err(ReadlineError::Interrupted) => Ok(Typed::Leave),
            Err(error) => Err(error),
        }
    }

    /// Writes down what was typed, for the next time.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn keep_history(&self) -> Result<(), FolderError> {
        let history = self.editor.history();
        let mut text = String::new();
        for index in 0..history.len() {
            if let Ok(Some(entry)) = history.get(index, SearchDirection::Forward) {
                text.push_str(&serde_json::Value::from(entry.entry.as_ref()).to_string());
                text.push('\n');
            }
        }
        write_atomic(&self.history_file, text.as_bytes())
    }

    fn seen_len(&mut self, set: Option<usize>) -> usize {
        let Some(assistance) = self.editor.helper_mut() else { return 0 };
        if let Some(len) = set {
            assistance.seen_len.set(len);
        }
        assistance.seen_len.get()
    }
}

/// A file that is not there, too large or damaged is no history; its good lines are.
fn earlier_lines(file: &PathBuf) -> Vec<String> {
    let mut text = String::new();
    let read = fs_err::File::open(file).and_then(|file| file.take(HISTORY_BYTES_MAX).read_to_string(&mut text));
    match read {
        Ok(_) => text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect(),
        Err(_) => Vec::new(),
    }
}

/// Takes the marks away that made one question of several lines.
fn joined(line: &str) -> String {
    line.replace("\\\n", "\n")
}

/// What the editor asks us while a line is typed.
#[derive(Default)]
struct Assistance {
    /// The length of the line as it was last seen: the editor does not tell what it threw away.
    seen_len: Cell<usize>,
}

impl Validator for Assistance {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let goes_on = context.input().ends_with('\\');
        Ok(if goes_on { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Hinter for Assistance {
    type Hint = String;

    fn hint(&self, line: &str, _: usize, _: &Context<'_>) -> Option<String> {
        self.seen_len.set(line.len());
        None
    }
}

impl Completer for Assistance {
    type Candidate = String;

    fn complete(&self, line: &str, position: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let begun = line.get(..position).filter(|begun| begun.starts_with('/'));
        let names = NAMES.iter().filter(|name| begun.is_some_and(|begun| name.starts_with(begun)));
        Ok((0, names.map(|name| (*name).to_owned()).collect()))
    }
}

impl Highlighter for Assistance {}
impl Helper for Assistance {}

/// Lines that come from somewhere else than a person's fingers.
pub(super) struct Pipe<R> {
    input: R,
}

impl<R: BufRead> Pipe<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input }
    }

    /// The next line without its end; none at the end of the input.
    ///
    /// # Errors
    /// The input breaks, is not UTF-8, or has a line longer than a question may be.
    pub(super) fn next_line(&mut self) -> anyhow::Result<Option<String>> {
        let mut line = Vec::new();
        let limit = SEQUENCE_TEXT_MAX as u64 + 1;
        if (&mut self.input).take(limit).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        if line.len() as u64 == limit {
            let notice = Notice::new("cli-input-too-long").arg("max", SEQUENCE_TEXT_MAX >> 20);
            return Err(Told::failed(notice).into());
        }
        let line = String::from_utf8(line).map_err(|_| Told::failed(Notice::new("cli-input-not-utf8")))?;
        Ok(Some(line.trim_end_matches(['\n', '\r']).to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8]) -> Vec<Result<String, String>> {
        let mut pipe = Pipe::new(input);
        let mut lines = Vec::new();
        while let Some(line) = pipe.next_line().transpose() {
            let failed = line.is_err();
            lines.push(line.map_err(|e| e.to_string()));
            if failed {
                break;
            }
        }
        lines
    }

    #[test]
    fn a_pipe_gives_its_lines() {
        assert_eq!(lines("uno\r\n\ndós".as_bytes()), ["uno", "", "dós"].map(|line| Ok(line.to_owned())));
        assert_eq!(lines(b""), []);
        assert_eq!(lines(b"a\n\xff\n"), [Ok("a".to_owned()), Err("Failed: cli-input-not-utf8".to_owned())]);
        let long = vec![b'x'; SEQUENCE_TEXT_MAX + 1];
        assert_eq!(lines(&long), [Err("Failed: cli-input-too-long".to_owned())]);
        assert_eq!(lines(&long[1..]).len(), 1);
    }

    #[test]
    fn history_survives_a_damaged_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("chat-history");
        assert!(earlier_lines(&file).is_empty());
        fs_err::write(&file, "\"uno\\ndos\"\nnot json\n\"tres\"\n{\n").unwrap();
        assert_eq!(earlier_lines(&file), ["uno\ndos", "tres"]);
        fs_err::write(&file, [0xff]).unwrap();
        assert!(earlier_lines(&file).is_empty());
    }

    #[test]
    fn a_backslash_joins_lines() {
        assert_eq!(joined("uno\\\ndos"), "uno\ndos");
        assert_eq!(joined("C:\\dir"), "C:\\dir");
    }
}
