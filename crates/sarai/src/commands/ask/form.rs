//! What the answer must look like, from a file.

use std::io::{self, IsTerminal, Read};
use std::path::Path;

use sarai_api::client::AnswerFormat;
use sarai_types::{GRAMMAR_BYTES_MAX, Grammar, GrammarKind, Notice};
use serde_json::Value;

use crate::ending::Told;

/// Standard input instead of a file.
const STDIN: &str = "-";

/// Where standard input goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stdin {
    /// To whoever wants it.
    Free,
    /// It is the grammar.
    Taken,
}

/// `--schema FILE` and `--grammar FILE`, of which one at most is given.
#[derive(Debug, clap::Args)]
pub(crate) struct FormArgs {
    #[arg(long, value_name = "cli-value-file", help = "cli-help-ask-schema", conflicts_with = "grammar")]
    schema: Option<String>,
    #[arg(long, value_name = "cli-value-file", help = "cli-help-ask-grammar")]
    grammar: Option<String>,
}

impl FormArgs {
    pub(super) fn stdin(&self) -> Stdin {
        let named = [&self.schema, &self.grammar].into_iter().flatten().any(|name| name == STDIN);
        if named { Stdin::Taken } else { Stdin::Free }
    }

    /// What is asked for, if anything.
    ///
    /// # Errors
    /// A file that cannot be read, is too long, is no text, no schema, or of a kind that its name does not tell.
    pub(super) fn read(&self) -> anyhow::Result<Option<AnswerFormat>> {
        let (name, kind) = match (&self.schema, &self.grammar) {
            (Some(name), _) => (name, GrammarKind::JsonSchema),
            (None, Some(name)) => (name, kind_of(name)?),
            (None, None) => return Ok(None),
        };
        let source = source(name)?;
        Ok(Some(match kind {
            GrammarKind::JsonSchema => AnswerFormat::JsonSchema(schema(name, &source)?),
            // Editors end a file with a line break, which is no part of the expression.
            GrammarKind::Regex => {
                let source = source.strip_suffix('\n').unwrap_or(&source).trim_end_matches('\r').to_owned();
                AnswerFormat::Grammar(Grammar { kind, source })
            }
            GrammarKind::Gbnf | GrammarKind::Lark => AnswerFormat::Grammar(Grammar { kind, source }),
        }))
    }
}

/// The kind of grammar that a file's name tells; standard input is llama.cpp's.
fn kind_of(name: &str) -> Result<GrammarKind, Told> {
    if name == STDIN {
        return Ok(GrammarKind::Gbnf);
    }
    match Path::new(name).extension().and_then(|extension| extension.to_str()) {
        Some("gbnf") => Ok(GrammarKind::Gbnf),
        Some("lark") => Ok(GrammarKind::Lark),
        Some("regex" | "re") => Ok(GrammarKind::Regex),
        Some("json") => Ok(GrammarKind::JsonSchema),
        Some(_) | None => Err(Told::failed(Notice::new("cli-grammar-unknown-kind").arg("file", name))),
    }
}

fn source(name: &str) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    let limit = GRAMMAR_BYTES_MAX as u64 + 1;
    if name == STDIN {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            return Err(Told::failed(Notice::new("cli-grammar-nothing")).into());
        }
        stdin.lock().take(limit).read_to_end(&mut bytes)?;
    } else {
        let unreadable = |error: io::Error| {
            Told::failed(Notice::new("cli-grammar-unreadable").arg("file", name).arg("cause", error.kind()))
        };
        let file = fs_err::File::open(name).map_err(unreadable)?;
        file.take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    }
    if bytes.len() > GRAMMAR_BYTES_MAX {
        return Err(Told::failed(Notice::new("cli-input-too-long").arg("max", GRAMMAR_BYTES_MAX >> 20)).into());
    }
    String::from_utf8(bytes).map_err(|_| Told::failed(Notice::new("cli-input-not-utf8")).into())
}

fn schema(name: &str, source: &str) -> Result<Value, Told> {
    match serde_json::from_str(source) {
        Ok(schema @ Value::Object(_)) => Ok(schema),
        Ok(_) => Err(Told::failed(Notice::new("cli-schema-no-object").arg("file", name))),
        Err(error) => Err(Told::failed(
            Notice::new("cli-schema-no-json").arg("file", name).arg("line", error.line()).arg("column", error.column()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str, flag: fn(String) -> FormArgs) -> Result<AnswerFormat, ()> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs_err::write(&path, text).unwrap();
        flag(path.to_str().unwrap().to_owned()).read().map(Option::unwrap).map_err(|_| ())
    }

    fn grammar(name: String) -> FormArgs {
        FormArgs { schema: None, grammar: Some(name) }
    }

    fn schema_flag(name: String) -> FormArgs {
        FormArgs { schema: Some(name), grammar: None }
    }

    #[test]
    fn the_name_of_a_file_tells_its_kind() {
        let of = |kind, source: &str| Ok(AnswerFormat::Grammar(Grammar { kind, source: source.to_owned() }));
        assert_eq!(read("a.gbnf", "root ::= \"a\"\n", grammar), of(GrammarKind::Gbnf, "root ::= \"a\"\n"));
        assert_eq!(read("a.b.lark", "start: \"a\"", grammar), of(GrammarKind::Lark, "start: \"a\""));
        assert_eq!(read("a.regex", "a \r\n", grammar), of(GrammarKind::Regex, "a "));
        assert_eq!(read("a.re", "a\n\n", grammar), of(GrammarKind::Regex, "a\n"));
        let schema = Ok(AnswerFormat::JsonSchema(serde_json::json!({"b": 1, "a": 2})));
        assert_eq!(read("a.json", r#"{"b": 1, "a": 2}"#, grammar), schema);
        assert_eq!(read("a.txt", r#"{"b": 1, "a": 2}"#, schema_flag), schema, "a schema is one by its flag");
    }

    #[test]
    fn what_is_no_form_is_refused() {
        for (name, text) in [("a.txt", "x"), ("gbnf", "x"), ("a.json", "{"), ("a.json", "[]"), ("a.json", "true")] {
            assert_eq!(read(name, text, grammar), Err(()), "{name}: {text}");
        }
        assert_eq!(read("a.gbnf", &"x".repeat(GRAMMAR_BYTES_MAX + 1), grammar), Err(()));
        assert!(grammar("/nowhere/a.gbnf".to_owned()).read().is_err());
        assert!(FormArgs { schema: None, grammar: None }.read().unwrap().is_none());
    }
}
