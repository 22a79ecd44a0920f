//! `SKILL.md`: a front matter in YAML, and below it what the model is told.
//!
//! The Agent Skills standard asks clients to be lenient, and the front matters that people write are often not quite
//! YAML: a colon in a description that stands without quotes is the commonest slip, and any strict parser drops the
//! whole skill for it. Only two flat texts are of interest here, so they are read line by line, in every way that YAML
//! writes a text (plain, quoted, folded and literal blocks), and everything else is passed over.

use std::path::Path;

use crate::problem::{Expects, Place, Problem};

/// What the file that makes a folder a skill is called.
pub const SKILL_FILE: &str = "SKILL.md";
/// The largest one, in bytes.
pub const SKILL_FILE_BYTES_MAX: usize = 64 << 10;
/// The standard's limit, in characters; what is longer is cut.
pub const DESCRIPTION_CHARS_MAX: usize = 1024;

/// What a `SKILL.md` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkillFile {
    /// As it is written; whoever uses it checks it.
    pub name: Option<String>,
    /// One line, never empty.
    pub description: String,
    /// The Markdown below the front matter.
    pub instructions: String,
}

/// Reads a `SKILL.md`. `path` is for the problem; nothing is opened.
///
/// # Errors
/// There is no description: nobody could know when to use the skill.
pub fn parse(path: &Path, text: &str) -> Result<SkillFile, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (front, body) = split(text);
    let missing = Problem::WrongValue {
        place: Place { path: path.to_owned(), line: 1 },
        key: "description",
        value: None,
        expects: Expects::Text { chars_max: DESCRIPTION_CHARS_MAX },
    };
    let description = value_of("description", &front).ok_or(missing)?;
    Ok(SkillFile {
        name: value_of("name", &front),
        description: description.chars().take(DESCRIPTION_CHARS_MAX).collect(),
        instructions: body.trim().to_owned(),
    })
}

/// The lines between the first two `---`, and the rest. Without them everything is the rest.
fn split(text: &str) -> (Vec<&str>, &str) {
    let mut front = Vec::new();
    let mut lines = text.split_inclusive('\n');
    let mut read = 0;
    let Some(first) = lines.next().filter(|line| line.trim_end() == "---") else { return (front, text) };
    read += first.len();
    for line in lines {
        read += line.len();
        if matches!(line.trim_end(), "---" | "...") {
            return (front, &text[read..]);
        }
        front.push(line.trim_end());
    }
    // A front matter that never ends has no text below it.
    (front, "")
}

/// The text of a key at the left margin, on one line; none if it is not there or empty. The first one counts.
fn value_of(key: &str, front: &[&str]) -> Option<String> {
    let at = front.iter().position(|line| key_of(line).is_some_and(|(found, _)| found == key))?;
    let (_, rest) = key_of(front[at])?;
    let below: Vec<&str> =
        front[at + 1..].iter().take_while(|line| line.is_empty() || line.starts_with([' ', '\t'])).copied().collect();
    let text = match rest.chars().next() {
        // A literal and a folded block differ in their line breaks, which one line does not have.
        Some('|' | '>') => below.join(" "),
        Some(quote @ ('"' | '\'')) => quoted(quote, &[&[rest], below.as_slice()].concat().join(" ")),
        Some('#') | None => below.into_iter().map(without_comment).collect::<Vec<_>>().join(" "),
        Some(_) => [&[rest], below.as_slice()].concat().into_iter().map(without_comment).collect::<Vec<_>>().join(" "),
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// `key: rest` at the left margin.
fn key_of(line: &str) -> Option<(&str, &str)> {
    let (key, rest) = line.split_once(':')?;
    let key = key.trim_end().trim_matches(['"', '\'']);
    let is_word = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    (is_word && (rest.is_empty() || rest.starts_with([' ', '\t']))).then(|| (key, rest.trim()))
}

fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with('#') {
        return "";
    }
    line.split_once(" #").map_or(line, |(text, _)| text)
}

/// What stands between the first quote of `text` and its partner; without a partner, all of it.
fn quoted(quote: char, text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().skip(1).peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' if quote == '\'' && chars.peek() == Some(&'\'') => out.extend(chars.next()),
            '\\' if quote == '"' => match chars.next() {
                Some('n' | 't' | 'r') => out.push(' '),
                Some(c) => out.push(c),
                None => {}
            },
            c if c == quote => break,
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(Option<String>, String, String), String> {
        parse(Path::new("x/SKILL.md"), text)
            .map(|file| (file.name, file.description, file.instructions))
            .map_err(|problem| problem.to_string())
    }

    #[test]
    fn descriptions_in_every_way_that_people_write_them() {
        for (front, expect) in [
            ("description: Makes notes.", "Makes notes."),
            ("description: Use this when: the user says so", "Use this when: the user says so"),
            ("description: \"Says \\\"hi\\\".\" # a comment", "Says \"hi\"."),
            ("description: 'It''s here'", "It's here"),
            ("description: Makes notes # of all kinds", "Makes notes"),
            ("description: C# and F#", "C# and F#"),
            ("description: >-\n  Makes\n  notes.\nother: x", "Makes notes."),
            ("description: |\n  Makes\n\n  notes.", "Makes notes."),
            ("description:\n  Makes\n  notes.", "Makes notes."),
            ("description: Makes\n  notes.\nlicense: MIT", "Makes notes."),
            ("description: \"Makes\n  notes.\"", "Makes notes."),
            ("\"description\": Makes notes.\r", "Makes notes."),
            ("description: first\ndescription: second", "first"),
            ("metadata:\n  description: inner\ndescription: outer", "outer"),
            ("# description: no\ndescription : yes", "yes"),
            ("description: \"never ends", "never ends"),
        ] {
            let text = format!("---\nname: notes\n{front}\n---\n\n# Body\n");
            let expect = (Some("notes".to_owned()), expect.to_owned(), "# Body".to_owned());
            assert_eq!(read(&text), Ok(expect), "{front}");
        }
    }

    #[test]
    fn a_skill_that_nobody_could_choose_is_refused() {
        for text in [
            "",
            "# Only a body\n",
            "---\nname: notes\n---\nbody",
            "---\nname: notes\ndescription:\n---\nbody",
            "---\nname: notes\ndescription: \"\"\n---\nbody",
            "---\nmetadata:\n  description: inner\n---\n",
            "\n---\ndescription: not at the start\n---\n",
        ] {
            let expect = "x/SKILL.md:1: description is missing: a text of at most 1024 characters";
            assert_eq!(read(text), Err(expect.to_owned()), "{text:?}");
        }
    }

    #[test]
    fn marks_and_endings() {
        let expect = Ok((None, "D".to_owned(), String::new()));
        assert_eq!(read("\u{feff}---\r\ndescription: D\r\n---"), expect);
        assert_eq!(read("---\ndescription: D\n..."), expect);
        assert_eq!(read("---\ndescription: D\n"), expect);
        let long = format!("---\ndescription: {}\n---\n", "ñ".repeat(2000));
        assert_eq!(read(&long).map(|file| file.1.chars().count()), Ok(DESCRIPTION_CHARS_MAX));
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_strange(text in "(---\n)?[ -~\n:'\"|>#-]{0,200}") {
            if let Ok(file) = parse(Path::new("x"), &text) {
                proptest::prop_assert!(!file.description.is_empty() && !file.description.contains('\n'));
            }
        }
    }
}
