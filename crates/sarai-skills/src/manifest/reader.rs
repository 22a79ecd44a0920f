//! One TOML file becomes a list of dotted keys, each with its value and its line, and a list of what is wrong with them.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Manifest;
use crate::problem::{Expects, Misuse, Place, Problem, shorten};
use crate::quantity;

/// How deep tables may nest. The keys need three.
const DEPTH_MAX: usize = 8;
/// How alike two keys must be, of 1, for one to be proposed for the other. Below this a proposal is a guess.
const NEAREST_MIN: f64 = 0.7;

struct Entry<'a> {
    key: String,
    line: usize,
    span: Range<usize>,
    value: DeValue<'a>,
}

/// A manifest while it is read. Problems pile up; the end says whether there were any.
pub(super) struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    entries: Vec<Entry<'a>>,
    /// Tables that were opened, dotted, with their lines; an empty one has no entries.
    sections: Vec<(String, usize)>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(path: &'a Path, text: &'a str) -> Result<Self, Problem> {
        let mut reader = Self { path, text, entries: Vec::new(), sections: Vec::new(), problems: Vec::new() };
        match DeTable::parse(text) {
            Ok(table) => reader.flatten("", table.into_inner(), 1),
            Err(error) => {
                let line = error.span().map_or(1, |span| line_of(text, span.start));
                return Err(Problem::Syntax { place: reader.place(line), detail: error.message().to_owned() });
            }
        }
        // The parser sorts by key; a person reads by line.
        reader.entries.sort_by_key(|entry| entry.span.start);
        Ok(reader)
    }

    fn flatten(&mut self, path: &str, table: DeTable<'a>, depth: usize) {
        for (word, value) in table {
            let line = line_of(self.text, word.span().start);
            let word = word.into_inner();
            let key = if path.is_empty() { word.clone().into_owned() } else { format!("{path}.{word}") };
            // A quoted dot is not the dot between two words.
            let key = if word.contains('.') { format!("{key:?}") } else { key };
            let span = value.span();
            match value.into_inner() {
                DeValue::Table(inner) if depth < DEPTH_MAX => {
                    self.sections.push((key.clone(), line));
                    self.flatten(&key, inner, depth + 1);
                }
                value => self.entries.push(Entry { key, line, span, value }),
            }
        }
    }

    fn place(&self, line: usize) -> Place {
        Place { path: self.path.to_owned(), line }
    }

    /// Complains about every key that is none of `keys`, and about values where a section should be and the reverse.
    pub(super) fn check_keys(&mut self, keys: &'static [&'static str]) {
        let inside = |section: &str, key: &str| key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'));
        let mut found = Vec::new();
        for Entry { key, line, span, .. } in &self.entries {
            if keys.contains(&key.as_str()) {
                continue;
            }
            let place = self.place(*line);
            if let Some(longer) = keys.iter().find(|longer| inside(key, longer)) {
                let section = &longer[..key.len()];
                let value = shorten(&self.text[span.clone()]);
                found.push(Problem::WrongValue { place, key: section, value: Some(value), expects: Expects::Section });
            } else {
                found.push(Problem::UnknownKey { place, key: shorten(key), nearest: nearest(key, keys) });
            }
        }
        for (section, line) in &self.sections {
            let known = keys.iter().any(|key| inside(section, key) || key == section);
            if !known && !self.entries.iter().any(|entry| inside(section, &entry.key)) {
                let nearest = nearest(section, keys);
                found.push(Problem::UnknownKey { place: self.place(*line), key: shorten(section), nearest });
            }
            // `[command]` where `command = …` is meant.
            if let Some(key) = keys.iter().find(|key| *key == section) {
                found.push(Problem::UnknownKey {
                    place: self.place(*line),
                    key: format!("[{key}]"),
                    nearest: Some(key),
                });
            }
        }
        self.problems.append(&mut found);
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }

    pub(super) fn has_section(&self, section: &str) -> bool {
        self.sections.iter().any(|(name, _)| name == section)
    }

    /// Complains about every key that is, or starts with, one of `starts`.
    pub(super) fn misplace(&mut self, starts: &[&str], misuse: Misuse) {
        let hit =
            |key: &str| starts.iter().any(|start| key == *start || (start.ends_with('.') && key.starts_with(start)));
        let entries = self.entries.iter().filter(|entry| hit(&entry.key));
        let mut found: Vec<Problem> = entries
            .map(|entry| Problem::Misplaced { place: self.place(entry.line), key: entry.key.clone(), misuse })
            .collect();
        self.problems.append(&mut found);
    }

    /// Complains about one item of a list by what it is called.
    pub(super) fn misplace_named(&mut self, key: &'static str, name: &str, misuse: Misuse) {
        let place = self.place(self.line(key));
        self.problems.push(Problem::Misplaced { place, key: format!("{key}: {}", shorten(name)), misuse });
    }

    /// Complains that a key is missing, unless its value was complained about already.
    pub(super) fn require(&mut self, key: &'static str, expects: Expects) {
        if !self.has(key) {
            let section = key.rsplit_once('.').map_or("", |(section, _)| section);
            let line = self.sections.iter().find(|(name, _)| name == section).map_or(1, |(_, line)| *line);
            self.problems.push(Problem::WrongValue { place: self.place(line), key, value: None, expects });
        }
    }

    /// Complains about the value of a key that is there, unless that happened already.
    pub(super) fn complain_once(&mut self, key: &'static str, expects: Expects) {
        let already = self.problems.iter().any(|problem| match problem {
            Problem::WrongValue { key: other, .. } => *other == key,
            _ => false,
        });
        if let Some(entry) = self.entries.iter().find(|entry| entry.key == key)
            && !already
        {
            let value = Some(shorten(&self.text[entry.span.clone()]));
            self.problems.push(Problem::WrongValue { place: self.place(entry.line), key, value, expects });
        }
    }

    fn line(&self, key: &str) -> usize {
        self.entries.iter().find(|entry| entry.key == key).map_or(1, |entry| entry.line)
    }

    fn value<T>(
        &mut self,
        key: &'static str,
        expects: Expects,
        read: impl FnOnce(&DeValue<'a>) -> Option<T>,
    ) -> Option<T> {
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        let value = read(&entry.value);
        if value.is_none() {
            self.complain_once(key, expects);
        }
        value
    }

    pub(super) fn text<T>(
        &mut self,
        key: &'static str,
        expects: Expects,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.value(key, expects, |value| read(value.as_str()?))
    }

    pub(super) fn whole(&mut self, key: &'static str, min: u32, max: u32) -> Option<u32> {
        self.value(key, Expects::Whole { min, max }, |value| {
            let number = value.as_integer()?;
            let number = u32::from_str_radix(number.as_str(), number.radix()).ok()?;
            (min..=max).contains(&number).then_some(number)
        })
    }

    pub(super) fn size(&mut self, key: &'static str, min: u64, max: u64) -> Option<u64> {
        let good = |text: &str| quantity::size(text).filter(|bytes| (min..=max).contains(bytes));
        self.text(key, Expects::Size { min, max }, good)
    }

    pub(super) fn time(&mut self, key: &'static str, min: Duration, max: Duration) -> Option<Duration> {
        let good = |text: &str| quantity::time(text).filter(|time| (min..=max).contains(time));
        self.text(key, Expects::Time { min, max }, good)
    }

    /// The items of a list that are good; each bad one is complained about in its own line.
    pub(super) fn list<T>(
        &mut self,
        key: &'static str,
        expects: &Expects,
        count_max: usize,
        item_expects: &Expects,
        read: impl Fn(&DeValue<'a>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        let Some(items) = entry.value.as_array().filter(|items| items.len() <= count_max) else {
            self.complain_once(key, expects.clone());
            return None;
        };
        let mut good = Vec::new();
        let mut bad = Vec::new();
        for item in items {
            match read(item.get_ref()) {
                Some(value) => good.push(value),
                None => bad.push(self.wrong_item(key, item, item_expects.clone())),
            }
        }
        self.problems.append(&mut bad);
        Some(good)
    }

    fn wrong_item(&self, key: &'static str, item: &Spanned<DeValue<'a>>, expects: Expects) -> Problem {
        let place = self.place(line_of(self.text, item.span().start));
        Problem::WrongValue { place, key, value: Some(shorten(&self.text[item.span()])), expects }
    }

    /// The value if nothing is wrong; else what is, by line.
    pub(super) fn finish(self, manifest: Manifest) -> Result<Manifest, Vec<Problem>> {
        let mut problems = self.problems;
        if problems.is_empty() {
            return Ok(manifest);
        }
        problems.sort_by_key(|problem| match problem {
            Problem::Syntax { place, .. }
            | Problem::UnknownKey { place, .. }
            | Problem::WrongValue { place, .. }
            | Problem::Misplaced { place, .. } => place.line,
            Problem::Unreadable { .. }
            | Problem::TooBig { .. }
            | Problem::NotText { .. }
            | Problem::LeadsOut { .. }
            | Problem::Name { .. }
            | Problem::Program { .. } => 0,
        });
        problems.truncate(Manifest::PROBLEMS_MAX);
        Err(problems)
    }
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

/// The known key that is most like `key`: as a whole, or by its last word, for one that stands in a wrong section.
fn nearest(key: &str, keys: &'static [&'static str]) -> Option<&'static str> {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let likeness = |known: &str| {
        let whole = strsim::normalized_damerau_levenshtein(key, known);
        let word = strsim::normalized_damerau_levenshtein(&last(key), &last(known));
        // The right section breaks ties between equal words.
        whole.max(0.99 * word)
    };
    let best = keys.iter().map(|known| (likeness(known), *known)).max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= NEAREST_MIN).then_some(best.1)
}
