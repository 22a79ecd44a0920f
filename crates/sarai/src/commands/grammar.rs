//! `sarai grammar check`: whether texts are what a grammar asks for, without a model.
//!
//! For each text one line of JSON: `{"accepted": true, "at": null, "incomplete": false}`. `at` is the byte, from 0, with
//! which no accepted text goes on; `incomplete` says that the text is the beginning of an accepted one. A grammar that
//! cannot be used gives `{"error": "…"}` instead. `--pairs` reads lines of `{"kind", "grammar", "text"}`, the grammar a
//! text or, for a schema, the schema itself.

use std::ffi::OsString;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use sarai_engine::grammar::{COMPILE_STACK_BYTES, Checker, GrammarError, Verdict};
use sarai_types::{GRAMMAR_BYTES_MAX, Grammar, GrammarKind, Notice};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::ending::Told;
use crate::input::open;
use crate::terminal;

/// The longest line of a file of pairs, in bytes.
const LINE_BYTES_MAX: usize = 16 << 20;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum GrammarCommand {
    #[command(about = "cli-about-grammar-check")]
    Check(CheckArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    #[arg(long, value_name = "cli-value-grammar-kind", help = "cli-help-grammar-kind", hide_possible_values = true)]
    #[arg(required_unless_present = "pairs", value_parser = kinds())]
    kind: Option<GrammarKind>,
    #[arg(value_name = "cli-value-grammar", help = "cli-help-grammar-file", required_unless_present = "pairs")]
    grammar: Option<PathBuf>,
    #[arg(value_name = "cli-value-text", help = "cli-help-grammar-text", required_unless_present = "pairs")]
    #[arg(allow_negative_numbers = true)]
    text: Vec<OsString>,
    #[arg(long, value_name = "cli-value-file", help = "cli-help-grammar-pairs")]
    #[arg(conflicts_with_all = ["kind", "grammar", "text"])]
    pairs: Option<PathBuf>,
}

/// The words for the kinds.
fn kinds() -> impl TypedValueParser<Value = GrammarKind> {
    PossibleValuesParser::new(GrammarKind::ALL.map(GrammarKind::as_str))
        .try_map(|word| kind(&word).ok_or("no such kind"))
}

fn kind(word: &str) -> Option<GrammarKind> {
    GrammarKind::ALL.into_iter().find(|kind| kind.as_str() == word)
}

pub(crate) fn run(command: GrammarCommand) -> anyhow::Result<()> {
    let GrammarCommand::Check(args) = command;
    // A grammar may nest deeper than the first thread's stack.
    let work = std::thread::Builder::new().stack_size(COMPILE_STACK_BYTES).spawn(move || check(args))?;
    match work.join() {
        Ok(Ok(true)) => Ok(()),
        Ok(Ok(false)) => Err(Told::silent().into()),
        Ok(Err(error)) => Err(error),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Whether every text was accepted.
fn check(args: CheckArgs) -> anyhow::Result<bool> {
    let mut checker = Checker::new().map_err(|error| anyhow::anyhow!(error))?;
    let mut all = true;
    let mut say = |checked: Result<Verdict, GrammarError>| {
        all &= checked == Ok(Verdict::Accepted);
        terminal::line(match checked {
            Ok(verdict) => report(verdict),
            Err(error) => json!({"error": error.0}),
        })
    };
    if let Some(file) = args.pairs {
        let mut lines = open(&file)?;
        let mut number = 0;
        while let Some(line) = next_line(&mut lines)? {
            number += 1;
            if !line.trim_ascii().is_empty() {
                let pair = Pair::read(&line).map_err(|why| GrammarError(format!("line {number} of the pairs: {why}")));
                say(pair.and_then(|pair| checker.check(&pair.grammar, pair.text.as_bytes())))?;
            }
        }
    } else if let (Some(kind), Some(file)) = (args.kind, args.grammar) {
        let grammar = Grammar { kind, source: source(&file)? };
        for text in args.text {
            say(checker.check(&grammar, text.as_encoded_bytes()))?;
        }
    }
    Ok(all)
}

fn report(verdict: Verdict) -> Value {
    let at = match verdict {
        Verdict::RejectedAt(at) => Some(at),
        Verdict::Accepted | Verdict::Incomplete => None,
    };
    json!({"accepted": verdict == Verdict::Accepted, "at": at, "incomplete": verdict == Verdict::Incomplete})
}

/// One line of a file of pairs.
#[derive(Debug)]
struct Pair {
    grammar: Grammar,
    text: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    kind: String,
    grammar: Value,
    text: String,
}

impl Pair {
    fn read(line: &[u8]) -> Result<Self, String> {
        if line.len() > LINE_BYTES_MAX {
            return Err(format!("it is longer than {LINE_BYTES_MAX} bytes"));
        }
        let Line { kind: word, grammar, text } = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        let kind = kind(&word).ok_or_else(|| {
            let words = GrammarKind::ALL.map(GrammarKind::as_str).join(", ");
            format!("there is no kind \"{word}\"; it can be: {words}")
        })?;
        let source = match grammar {
            Value::String(source) => source,
            schema if kind == GrammarKind::JsonSchema => schema.to_string(),
            _ => return Err("the grammar must be a text".to_owned()),
        };
        Ok(Self { grammar: Grammar { kind, source }, text })
    }
}

/// The next line, or what of it is enough to see that it is too long.
fn next_line(lines: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let most = LINE_BYTES_MAX as u64 + 1;
    lines.take(most).read_until(b'\n', &mut line)?;
    if line.len() > LINE_BYTES_MAX && line.last() != Some(&b'\n') {
        // The rest of it, without keeping it.
        loop {
            let held = lines.fill_buf()?;
            let end = held.iter().position(|&byte| byte == b'\n');
            let used = end.map_or(held.len(), |at| at + 1);
            lines.consume(used);
            if used == 0 || end.is_some() {
                break;
            }
        }
    }
    Ok((!line.is_empty()).then_some(line))
}

fn source(file: &Path) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    // One byte more than fits is enough for the compiler to refuse it.
    open(file)?.take(GRAMMAR_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    String::from_utf8(bytes).map_err(|error| match error.utf8_error().error_len() {
        // Cut inside a character: too long, not wrong.
        None if error.as_bytes().len() > GRAMMAR_BYTES_MAX => {
            Told::failed(Notice::new("cli-input-too-long").arg("max", GRAMMAR_BYTES_MAX >> 20)).into()
        }
        _ => Told::failed(Notice::new("cli-input-not-utf8")).into(),
    })
}
