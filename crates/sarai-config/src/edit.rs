//! Changes keys in the text of a file and leaves everything else in it as it stands, comments and order included.
//!
//! Where a key stands, its value is exchanged. Where it stands switched off by a `#`, as in the template, its line is put
//! to use. Otherwise a line is added to its section, or at the end. What comes out is read again, so a form that this
//! does not understand is never written, only refused.

use std::ops::Range;

use crate::error::ConfigError;
use crate::source::SourceFile;
use crate::value::Given;
use crate::yaml::{self, Entry};

/// How a value is written that is none.
const NOTHING: &str = "~";

impl SourceFile {
    /// The file with these dotted keys set to these texts; an empty text is no value at all. None where its form does
    /// not allow that: somebody has to do it by hand.
    ///
    /// # Errors
    /// It is not a list of settings as it stands.
    pub fn with(&self, changes: &[(&str, &str)]) -> Result<Option<Self>, ConfigError> {
        let before = yaml::entries(self)?;
        let mut file = self.clone();
        for (key, value) in changes {
            // Each change moves what follows it.
            let entries = match yaml::entries(&file) {
                Ok(entries) => entries,
                Err(_) => return Ok(None),
            };
            file.text = set(&file.text, &entries, key, &written(value));
        }
        let Ok(after) = yaml::entries(&file) else { return Ok(None) };
        Ok((meaning(after, &[]) == meaning(before, changes)).then_some(file))
    }
}

/// What a file says, with some keys changed, in an order of its own. A section that has keys now says nothing itself.
fn meaning(entries: Vec<Entry>, changes: &[(&str, &str)]) -> Vec<(String, Given)> {
    let opened =
        |key: &str| changes.iter().any(|(changed, _)| changed.strip_prefix(key).is_some_and(|r| r.starts_with('.')));
    let kept = entries.into_iter().map(|entry| (entry.key, entry.given));
    let mut all: Vec<(String, Given)> =
        kept.filter(|(key, _)| !opened(key) && !changes.iter().any(|(changed, _)| changed == key)).collect();
    all.extend(changes.iter().map(|(key, value)| {
        let given = if value.is_empty() { Given::Nothing } else { Given::Text((*value).to_owned()) };
        ((*key).to_owned(), given)
    }));
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    all
}

/// A text as a plain scalar where that is safe, otherwise in quotes.
fn written(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | ':' | '_' | '-');
    match value {
        "" => NOTHING.to_owned(),
        _ if value.starts_with(|c: char| c.is_ascii_alphanumeric())
            && value.chars().all(plain)
            && !value.ends_with(':') =>
        {
            value.to_owned()
        }
        _ => format!("'{}'", value.replace('\'', "''")),
    }
}

fn set(text: &str, entries: &[Entry], key: &str, value: &str) -> String {
    if let Some(entry) = entries.iter().find(|entry| entry.key == key) {
        return exchange(text, &entry.place, value);
    }
    let (section, name) = key.split_once('.').map_or((None, key), |(section, name)| (Some(section), name));
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let block = match section {
        None => Some(0..lines.len()),
        Some(section) => section_lines(&lines, section),
    };
    if let Some(block) = block {
        if let Some(at) = block.clone().find(|at| is_switched_off(lines[*at], name, section.is_some())) {
            return with_line(&lines, at..at + 1, &format!("{}{name}: {value}", indent(lines[at])));
        }
        if section.is_some() {
            let first = block.clone().skip(1).map(|at| lines[at]).find(|line| !indent(line).is_empty());
            let indent = first.map_or("  ", indent);
            return with_line(&lines, block.start + 1..block.start + 1, &format!("{indent}{name}: {value}"));
        }
    }
    let begun = section.is_some_and(|section| {
        entries
            .iter()
            .any(|e| e.key == section || e.key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.')))
    });
    let line = match section {
        // A section in a form that takes no lines; the whole name does the same.
        Some(_) if begun => format!("{key}: {value}"),
        Some(section) => format!("\n{section}:\n  {name}: {value}"),
        None => format!("{key}: {value}"),
    };
    with_line(&lines, lines.len()..lines.len(), &line)
}

/// A value that is not there follows its key's colon.
fn exchange(text: &str, place: &Range<usize>, value: &str) -> String {
    let (before, rest) = text.split_at_checked(place.start).unwrap_or((text, ""));
    let rest = rest.get(place.len()..).unwrap_or_default();
    let blank = if before.ends_with(':') { " " } else { "" };
    format!("{before}{blank}{value}{rest}")
}

/// Puts a line in the place of others, ended as its neighbour is.
fn with_line(lines: &[&str], place: Range<usize>, line: &str) -> String {
    let end = if lines.first().is_some_and(|first| first.ends_with("\r\n")) { "\r\n" } else { "\n" };
    let (before, after) = (lines[..place.start].concat(), lines[place.end..].concat());
    let missing = if before.is_empty() || before.ends_with('\n') { "" } else { end };
    format!("{before}{missing}{}{end}{after}", line.replace('\n', end))
}

fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches(' ').len()]
}

/// Whether the line is `#name: …`. A `#` with a blank after it begins prose.
fn is_switched_off(line: &str, name: &str, inside: bool) -> bool {
    let rest = line.trim_start_matches(' ').strip_prefix('#').and_then(|rest| rest.strip_prefix(name));
    rest.is_some_and(|rest| rest.starts_with(':')) && indent(line).is_empty() != inside
}

/// The lines of a section in block form, from its own to the last before the next one.
fn section_lines(lines: &[&str], section: &str) -> Option<Range<usize>> {
    let head = |line: &str| {
        let rest = line.strip_prefix(section).and_then(|rest| rest.strip_prefix(':'));
        rest.is_some_and(|rest| rest.trim().is_empty() || rest.trim_start().starts_with('#'))
    };
    let start = lines.iter().position(|line| head(line))?;
    let outside = |line: &&str| !line.trim().is_empty() && !line.starts_with([' ', '#']);
    let len = lines[start + 1..].iter().position(outside).unwrap_or(lines.len() - start - 1);
    Some(start..start + 1 + len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docs::template;
    use crate::rules::BUILTIN_RULES;

    fn check(text: &str, changes: &[(&str, &str)], expect: Option<&str>) {
        let file = SourceFile { path: "sarai.yaml".into(), text: text.to_owned() };
        let changed = file.with(changes).unwrap();
        assert_eq!(changed.as_ref().map(|file| file.text.as_str()), expect, "{text:?} {changes:?}");
        // Once is enough: the same again changes nothing.
        if let Some(changed) = changed {
            assert_eq!(changed.with(changes).unwrap().as_ref(), Some(&changed));
        }
    }

    #[test]
    fn only_the_value_changes() {
        let port: &[(&str, &str)] = &[("server.port", "9000")];
        for (text, expect) in [
            ("server:\n  port: 1 # mine\nlog:\n  level: warn\n", "server:\n  port: 9000 # mine\nlog:\n  level: warn\n"),
            ("año: 1\nserver: {port: '1', bind: ::1}", "año: 1\nserver: {port: 9000, bind: ::1}"),
            ("server.port: 1\n", "server.port: 9000\n"),
            ("server:\n  port:\n  bind: ::1\n", "server:\n  port: 9000\n  bind: ::1\n"),
            ("server:\n  port: # none\n", "server:\n  port: 9000 # none\n"),
            ("\u{feff}server:\r\n  port: 1\r\n", "\u{feff}server:\r\n  port: 9000\r\n"),
        ] {
            check(text, port, Some(expect));
        }
    }

    #[test]
    fn a_key_that_is_not_there_finds_its_place() {
        let port: &[(&str, &str)] = &[("server.port", "9000")];
        for (text, expect) in [
            ("", "\nserver:\n  port: 9000\n"),
            ("# mine", "# mine\n\nserver:\n  port: 9000\n"),
            ("server:\n", "server:\n  port: 9000\n"),
            ("server: # door\n    bind: ::1\nlog: {}\n", "server: # door\n    port: 9000\n    bind: ::1\nlog: {}\n"),
            (
                "server:\n  # The port.\n  #port: 8080\n\n# Next\nlog:\n",
                "server:\n  # The port.\n  port: 9000\n\n# Next\nlog:\n",
            ),
            // Another section's key of this name, and prose, are left alone.
            ("log:\n  #port: 1\nserver:\n  # port: x\n", "log:\n  #port: 1\nserver:\n  port: 9000\n  # port: x\n"),
            ("server: {bind: ::1}\n", "server: {bind: ::1}\nserver.port: 9000\n"),
            ("server:\r\n  bind: ::1\r\n", "server:\r\n  port: 9000\r\n  bind: ::1\r\n"),
        ] {
            check(text, port, Some(expect));
        }
        check("log:\n  #language: x\n", &[("language", "es")], Some("log:\n  #language: x\nlanguage: es\n"));
        check("#zone: x\nper_day: 1\n", &[("zone", "Europe/Madrid")], Some("zone: Europe/Madrid\nper_day: 1\n"));
    }

    #[test]
    fn a_form_that_takes_no_line_is_refused() {
        check("{server: {bind: ::1}}\n", &[("server.port", "1")], None);
        check("server:\n  port: [1]\n...\n", &[("language", "es")], None);
        let broken = SourceFile { path: "sarai.yaml".into(), text: "a: [".to_owned() };
        assert!(broken.with(&[("language", "es")]).is_err());
    }

    #[test]
    fn values_are_quoted_where_they_must_be() {
        for (value, expect) in [
            ("https://ntfy.sh/a-b", "x: https://ntfy.sh/a-b\n"),
            ("it's #1: yes", "x: 'it''s #1: yes'\n"),
            ("", "x: ~\n"),
            ("~", "x: '~'\n"),
            ("23:00-07:30", "x: 23:00-07:30\n"),
        ] {
            check("x: 1\n", &[("x", value)], Some(expect));
        }
    }

    #[test]
    fn what_comes_with_it_keeps_its_comments() {
        let changes: &[(&str, &str)] = &[("language", "es"), ("channels.desktop", "true"), ("model.default", "a")];
        let file = SourceFile { path: "sarai.yaml".into(), text: template() };
        let changed = file.with(changes).unwrap().unwrap().text;
        let differing: Vec<_> = changed.lines().zip(file.text.lines()).filter(|(a, b)| a != b).collect();
        assert_eq!(
            differing,
            [
                ("language: es", "#language: auto"),
                ("  default: a", "  #default: auto"),
                ("  desktop: true", "  #desktop: false"),
            ]
        );
        assert_eq!(changed.lines().count(), file.text.lines().count());
        let rules = SourceFile { path: "rules.yaml".into(), text: BUILTIN_RULES.to_owned() };
        let changed = rules.with(&[("quiet_hours", "")]).unwrap().unwrap().text;
        assert_eq!(changed, BUILTIN_RULES.replace("quiet_hours: 23:00-07:30", "quiet_hours: ~"));
    }
}
