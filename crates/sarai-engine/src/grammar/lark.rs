//! Grammars in llguidance's dialect of Lark: what of it is let in, what is put around an answer, and its errors.

use std::collections::BTreeMap;

use llguidance::api::{GrammarWithLexer, TopLevelGrammar};
use serde_json::Value;

use super::{GrammarError, Thinking, Vocabulary, schema};

/// Rules in one grammar: they are compiled by recursion where they lead to each other.
const RULES_MAX: usize = 2_000;

/// Texts and expressions in one grammar: each new one is compared with all others.
const LITERALS_MAX: usize = 6_000;

/// Repetitions in one grammar, and in one expression with all that it is made of. What may be left out is tried with and
/// without, together with all the rest, so that the work grows as their square.
const REPETITIONS_MAX: usize = 3_000;

/// As how many repetitions it counts that two expressions must match the same text: each may double the work.
const CONJUNCTION: usize = 300;

/// The longest source, in bytes, of a grammar that is no schema.
const SOURCE_BYTES_MAX: usize = 128 << 10;

/// The name of what comes after the thinking.
const ANSWER: &str = "answer";

/// A grammar that lets the model think before the answer.
pub(super) fn after_thinking(
    mut answer: GrammarWithLexer,
    thinking: &Thinking,
    vocabulary: &Vocabulary,
) -> TopLevelGrammar {
    let mark = |name: &str| vocabulary.control(name).map_or_else(|| Mark::Text(name.to_owned()), Mark::Token);
    let start = match thinking {
        Thinking::Never => return TopLevelGrammar::from_grammar(answer),
        Thinking::May { open, close } => {
            format!("start: ({} thought)? @{ANSWER}\n{}", mark(open).element(), thought(&mark(close)))
        }
        Thinking::Open { close } => format!("start: thought @{ANSWER}\n{}", thought(&mark(close))),
    };
    answer.name = Some(ANSWER.to_owned());
    TopLevelGrammar { grammars: vec![GrammarWithLexer::from_lark(start), answer], max_tokens: None }
}

/// How a mark stands in the vocabulary.
enum Mark {
    Text(String),
    Token(u32),
}

impl Mark {
    fn element(&self) -> String {
        match self {
            Self::Text(text) => literal(text),
            Self::Token(id) => format!("<[{id}]>"),
        }
    }
}

/// Any text up to the closing mark, and the blank lines that models put after it.
fn thought(close: &Mark) -> String {
    match close {
        Mark::Token(_) => format!("thought: /(?s:.)*/ {} /\\n{{0,2}}/\n", close.element()),
        Mark::Text(_) => {
            format!("thought: said /\\n{{0,2}}/\nsaid[suffix={}]: /(?s:.*)/\n", close.element())
        }
    }
}

/// A text as Lark writes it: as JSON does.
pub(crate) fn literal(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

/// Refuses a source of any kind that asks for too much to be looked at.
pub(super) fn check_size(source: &str) -> Result<(), GrammarError> {
    if source.len() > SOURCE_BYTES_MAX {
        return Err(GrammarError(format!("the grammar has {} bytes, and {SOURCE_BYTES_MAX} fit", source.len())));
    }
    if repetitions(source) > REPETITIONS_MAX {
        return Err(GrammarError(format!("the grammar has more than {REPETITIONS_MAX} repetitions")));
    }
    Ok(())
}

/// How many signs of repetition there are. Those in texts count as well: it is only a limit.
pub(super) fn repetitions(source: &str) -> usize {
    source.bytes().filter(|byte| b"?*+{".contains(byte)).count()
}

/// Looks through a grammar: what cannot be enforced is refused, and the schemas in it are held to our own rules.
///
/// # Errors
/// What is wrong, with line and column.
pub(super) fn read(source: &str) -> Result<String, GrammarError> {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    let (mut rules, mut literals) = (0, 0);
    let mut terminals = Terminals::default();
    let place = |rest: &str| place(source, source.len() - rest.len());
    while !rest.is_empty() {
        let part = Part::first(rest);
        let text = &rest[..part.len];
        match part.what {
            What::Json => {
                let body = &rest[part.len..];
                let mut values = serde_json::Deserializer::from_str(body).into_iter::<Value>();
                let refuse = |why: &str| GrammarError(format!("{}: {why}", place(rest)));
                let schema = match values.next() {
                    Some(Ok(schema)) => schema,
                    Some(Err(_)) | None => return Err(refuse("%json needs a schema, as JSON")),
                };
                let schema = schema::normalise(&schema, schema::Writer::Model).map_err(|error| refuse(&error.0))?;
                out.push_str(text);
                out.push_str(&schema.schema.to_string());
                rest = &body[values.byte_offset()..];
                continue;
            }
            What::Word => {
                let taken_back = matches!(text, "stop" | "max_tokens" | "stop_capture");
                let attribute = rest[part.len..].trim_start().starts_with('=');
                if taken_back && attribute {
                    let why = "\"stop\" and \"max_tokens\" cannot be enforced, because what was said is not taken back; use \
                               \"suffix\"";
                    return Err(GrammarError(format!("{}: {why}", place(rest))));
                }
                let first = source.len() == rest.len() || out.ends_with('\n');
                terminals.word(text, &rest[part.len..], first);
            }
            What::Options => {
                let mut values = serde_json::Deserializer::from_str(&rest[part.len..]).into_iter::<Value>();
                if matches!(values.next(), Some(Ok(options)) if options["allow_invalid_utf8"] == true) {
                    let why = "answers are always UTF-8, so \"allow_invalid_utf8\" is not possible";
                    return Err(GrammarError(format!("{}: {why}", place(rest))));
                }
            }
            What::Colon => rules += 1,
            What::Quoted => {
                literals += 1;
                terminals.repetitions(text);
            }
            What::Other => terminals.repetitions(text),
        }
        if literals > LITERALS_MAX {
            return Err(GrammarError(format!("{}: more than {LITERALS_MAX} texts and expressions", place(rest))));
        }
        if rules > RULES_MAX {
            return Err(GrammarError(format!("{}: more than {RULES_MAX} rules", place(rest))));
        }
        out.push_str(text);
        rest = &rest[part.len..];
    }
    match terminals.too_large() {
        Some(name) => Err(GrammarError(format!("{name}: with all that it is made of, this is too large"))),
        None => Ok(out),
    }
}

/// What terminals are made of. Each is one expression with all others that stand in it, and if two stand in each next
/// one, thirty of them are a thousand million.
#[derive(Debug, Default)]
struct Terminals<'a> {
    /// Repetitions, and other terminals as often as they stand there.
    made_of: BTreeMap<&'a str, (usize, Vec<&'a str>)>,
    current: &'a str,
}

impl<'a> Terminals<'a> {
    fn word(&mut self, word: &'a str, after: &str, first_in_line: bool) {
        let terminal = word.trim_start_matches('_').starts_with(|c: char| c.is_ascii_uppercase());
        if first_in_line && after.trim_start().starts_with([':', '.', '[']) {
            self.current = word;
        } else if terminal {
            self.made_of.entry(self.current).or_default().1.push(word);
        }
    }

    fn repetitions(&mut self, text: &str) {
        let count = if text == "&" { CONJUNCTION } else { repetitions(text) };
        if count > 0 {
            self.made_of.entry(self.current).or_default().0 += count;
        }
    }

    /// A terminal with more repetitions than one expression may have. Rules are no expressions, but what they are made
    /// of may be one.
    fn too_large(&self) -> Option<&'a str> {
        let mut sizes = BTreeMap::new();
        self.made_of.keys().copied().find(|name| {
            let terminal = name.trim_start_matches('_').starts_with(|c: char| c.is_ascii_uppercase());
            terminal && self.size(name, &mut sizes) > REPETITIONS_MAX
        })
    }

    fn size(&self, name: &'a str, sizes: &mut BTreeMap<&'a str, usize>) -> usize {
        if let Some(&size) = sizes.get(name) {
            return size;
        }
        // A circle is llguidance's to complain of.
        sizes.insert(name, 0);
        let (own, others) = self.made_of.get(name).map_or((0, &[][..]), |(own, others)| (*own, others.as_slice()));
        let all = others.iter().fold(own.max(1), |size, other| size.saturating_add(self.size(other, sizes)));
        sizes.insert(name, all);
        all
    }
}

/// A piece of a grammar's source.
struct Part {
    what: What,
    len: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    /// `%json`, before its schema.
    Json,
    /// `%llguidance`, before its options.
    Options,
    Word,
    /// What follows the name of a rule.
    Colon,
    /// A text or an expression.
    Quoted,
    Other,
}

impl Part {
    /// The first piece of a text that is not empty.
    fn first(rest: &str) -> Self {
        let part = |what, len| Self { what, len };
        let first = rest.chars().next().map_or(1, char::len_utf8);
        match rest.as_bytes()[0] {
            b'#' => part(What::Other, line(rest)),
            b'/' if rest.starts_with("//") => part(What::Other, line(rest)),
            quote @ (b'"' | b'/') => part(What::Quoted, quoted(rest, quote)),
            b'%' if rest.starts_with("%json") => part(What::Json, "%json".len()),
            b'%' if rest.starts_with("%llguidance") => part(What::Options, "%llguidance".len()),
            b':' => part(What::Colon, 1),
            c if c.is_ascii_alphabetic() => {
                let len = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
                part(What::Word, len)
            }
            _ => part(What::Other, first),
        }
    }
}

fn line(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

/// The length of a text or an expression with its quotes; without a closing one, of the first quote alone.
fn quoted(rest: &str, quote: u8) -> usize {
    let mut escaped = false;
    for (at, c) in rest.bytes().enumerate().skip(1) {
        match c {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            c if c == quote => return at + 1,
            b'\n' if quote == b'"' => break,
            _ => {}
        }
    }
    1
}

fn place(source: &str, at: usize) -> String {
    let before = &source[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}")
}

/// llguidance's complaint about a grammar: its place first, and only its first line.
pub(super) fn error(error: &str) -> GrammarError {
    let first = error.lines().next().unwrap_or_default();
    let said = first.strip_prefix("at ").unwrap_or(first);
    let placed = said.split_once("): ").and_then(|(at, why)| {
        let (line, column) = at.split_once('(')?;
        let (line, column): (usize, usize) = (line.parse().ok()?, column.parse().ok()?);
        Some(format!("line {line}, column {column}: {why}"))
    });
    let said = placed.unwrap_or_else(|| match said.strip_prefix("EOF: ") {
        Some(why) => format!("at the end: {why}"),
        None => said.to_owned(),
    });
    GrammarError(brief(&said))
}

/// The beginning of a complaint, which may quote a whole grammar; limits by their plain name.
pub(super) fn brief(text: &str) -> String {
    const BYTES_MAX: usize = 300;
    const LIMITS: [&str; 7] = [
        "fuel exhausted",
        "initial lexer configuration",
        "grammar size (number of symbols)",
        "too many expressions",
        "Too many items",
        "Current row has",
        "schema too large",
    ];
    if text.starts_with("panic") || LIMITS.iter().any(|limit| text.contains(limit)) {
        return "the grammar is too large, or has too many choices at once".to_owned();
    }
    if text.len() <= BYTES_MAX {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(BYTES_MAX)])
}

/// The complaint about an expression that is the whole grammar.
pub(super) fn regex_error(complaint: &str) -> GrammarError {
    let why = complaint.lines().find_map(|line| line.trim().strip_prefix("error: "));
    let caret = complaint.lines().find(|line| line.contains('^') && line.trim().chars().all(|c| c == '^'));
    // The expression stands four blanks in.
    let column = caret.and_then(|line| line.find('^')).map_or(1, |at| at.saturating_sub(4) + 1);
    match why {
        Some(why) => GrammarError(format!("line 1, column {column}: {why}")),
        None => error(complaint),
    }
}
