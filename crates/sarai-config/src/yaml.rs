//! One YAML file becomes a list of dotted keys, each with its value as it is written and its line.
//!
//! Only the event parser is used: scalars keep their spelling (`07`, `1.50`), and nothing is expanded. Settings need no
//! anchors, aliases or tags, so these are refused where they stand, and with them every bomb that is made of them.

use std::collections::HashMap;
use std::ops::Range;

use granit_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput};

use crate::error::ConfigError;
use crate::source::{Origin, SourceFile};
use crate::value::{Given, shorten};

/// How deep sections may nest. The keys need two.
const DEPTH_MAX: usize = 8;

/// A key with its value, somewhere.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Dotted.
    pub(crate) key: String,
    pub(crate) given: Given,
    pub(crate) origin: Origin,
    /// The bytes of the value in the text; where there is none, the place behind the key's colon. Empty elsewhere than
    /// in a file.
    pub(crate) place: Range<usize>,
}

/// The entries of a file, in their order.
///
/// # Errors
/// The first thing that is not YAML, or not a list of settings; or a key that is there twice.
pub(crate) fn entries(file: &SourceFile) -> Result<Vec<Entry>, ConfigError> {
    let mut reader = Reader { file, parser: Parser::new_from_str(&file.text), entries: Vec::new() };
    reader.document()?;
    let mut lines = HashMap::new();
    for Entry { key, origin, .. } in &reader.entries {
        let Origin::File { line, .. } = origin else { continue };
        if let Some(first_line) = lines.insert(key.as_str(), *line) {
            return Err(ConfigError::Twice { place: origin.clone(), key: shorten(key), first_line });
        }
    }
    Ok(reader.entries)
}

struct Reader<'a> {
    file: &'a SourceFile,
    parser: Parser<'a, StrInput<'a>>,
    entries: Vec<Entry>,
}

impl<'a> Reader<'a> {
    fn place(&self, line: usize) -> Origin {
        Origin::File { path: self.file.path.clone(), line }
    }

    fn syntax(&self, line: usize, detail: impl Into<String>) -> ConfigError {
        ConfigError::Syntax { place: self.place(line), detail: detail.into() }
    }

    fn feature(&self, span: &Span, feature: &'static str) -> ConfigError {
        ConfigError::Feature { place: self.place(span.start.line()), feature }
    }

    /// The next event; none after the last one.
    fn next(&mut self) -> Result<Option<(Event<'a>, Span)>, ConfigError> {
        match self.parser.next_event() {
            None => Ok(None),
            Some(Ok((event, span))) => {
                self.refuse_features(&event, &span)?;
                Ok(Some((event, span)))
            }
            Some(Err(error)) => Err(self.scan_error(&error)),
        }
    }

    fn scan_error(&self, error: &ScanError) -> ConfigError {
        self.syntax(error.marker().line(), error.info())
    }

    fn refuse_features(&self, event: &Event<'a>, span: &Span) -> Result<(), ConfigError> {
        if event.is_alias() {
            return Err(self.feature(span, "*alias"));
        }
        if event.anchor_id().is_some() {
            return Err(self.feature(span, "&anchor"));
        }
        if event.tag().is_some() {
            return Err(self.feature(span, "!tag"));
        }
        Ok(())
    }

    /// The whole file: at most one document, which is a mapping or nothing.
    fn document(&mut self) -> Result<(), ConfigError> {
        let mut documents = 0;
        while let Some((event, span)) = self.next()? {
            match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(self.feature(&span, "---"));
                    }
                }
                Event::MappingStart(..) => self.mapping("", 1)?,
                Event::Scalar(text, style, ..) if is_nothing(&text, style) => {}
                Event::Scalar(..) | Event::SequenceStart(..) => {
                    return Err(self.syntax(span.start.line(), "the file is not a list of `key: value`"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The inside of a mapping, up to and with its end.
    fn mapping(&mut self, path: &str, depth: usize) -> Result<(), ConfigError> {
        while let Some((event, span)) = self.next()? {
            let line = span.start.line();
            if event == Event::MappingEnd {
                return Ok(());
            }
            if depth > DEPTH_MAX {
                return Err(self.feature(&span, "nesting"));
            }
            let Event::Scalar(word, ..) = event else {
                return Err(self.syntax(line, "a key is not a word"));
            };
            let key = if path.is_empty() { word.into_owned() } else { format!("{path}.{word}") };
            let behind_key = span.end;
            let Some((value, span)) = self.next()? else { break };
            let mut place = bytes(&span);
            let given = match value {
                Event::Scalar(text, style, ..) if is_nothing(&text, style) => {
                    if place.is_empty() {
                        place = self.behind_colon(behind_key);
                    }
                    Given::Nothing
                }
                Event::Scalar(text, ..) => Given::Text(text.into_owned()),
                Event::SequenceStart(..) => self.sequence()?,
                Event::MappingStart(..) => {
                    self.mapping(&key, depth + 1)?;
                    continue;
                }
                _ => return Err(self.syntax(line, "a key has no value")),
            };
            let origin = self.place(line);
            self.entries.push(Entry { key, given, origin, place });
        }
        Ok(())
    }

    /// The empty place where the value of a key would begin.
    fn behind_colon(&self, key: Marker) -> Range<usize> {
        let from = key.byte_offset().unwrap_or_default();
        let colon = self.file.text.get(from..).and_then(|rest| rest.find(':')).map_or(from, |at| from + at + 1);
        colon..colon
    }

    /// The inside of a list, up to and with its end.
    fn sequence(&mut self) -> Result<Given, ConfigError> {
        let mut items = Vec::new();
        let mut open = 1_usize;
        let mut nested = false;
        while let Some((event, _)) = self.next()? {
            match event {
                Event::SequenceStart(..) | Event::MappingStart(..) => {
                    nested = true;
                    open += 1;
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    open -= 1;
                    if open == 0 {
                        break;
                    }
                }
                Event::Scalar(text, ..) => items.push(text.into_owned()),
                _ => {}
            }
        }
        Ok(if nested { Given::Nested } else { Given::List(items) })
    }
}

fn bytes(span: &Span) -> Range<usize> {
    let at = |marker: Marker| marker.byte_offset().unwrap_or_default();
    at(span.start)..at(span.end)
}

/// YAML's ways to write no value at all.
fn is_nothing(text: &str, style: ScalarStyle) -> bool {
    style == ScalarStyle::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL")
}
