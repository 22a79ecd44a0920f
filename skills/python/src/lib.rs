//! Writes a small Python program and runs it in the skill's own jail.
//!
//! The model is held to `python.gbnf`, so the program parses. It runs as a child of the skill ([`run`]): the jail that the
//! skill is in is the program's jail too. Where there is no interpreter, because the manifest does not ask for the
//! computer's programs, the person gets the program alone.

use std::path::{Path, PathBuf};

use sarai_skill_sdk::{
    Answer, Call, DeclineReason, End as Generation, Failure, Folder, Generate, Generated, Grammar, GrammarKind,
    HostError, Language, LoadError, Outcome, Request, Skill,
};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Semaphore;

pub mod run;

use run::{End, Run, TIME_MAX};

/// What every program follows.
pub const GRAMMAR: &str = include_str!("../../../grammars/python.gbnf");
/// The longest program, in bytes.
const PROGRAM_BYTES_MAX: usize = 64 << 10;
/// What the model may write at most, in tokens.
const PROGRAM_TOKENS_MAX: u32 = 512;

/// Programs that run at once. The others' deadlines go on while they wait.
const RUNS_MAX: usize = 4;
/// Of the whole process: a reload makes no new room.
static TURNS: Semaphore = Semaphore::const_new(RUNS_MAX);

const ARGUMENTS_SCHEMA: &str = r#"{
  "type": "object",
  "properties": {
    "code": {"type": "string", "maxLength": 65536, "description": "A program to run as it is, without a model."}
  },
  "additionalProperties": false
}"#;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    code: Option<String>,
}

const BUILT_IN_PROMPTS: &str = include_str!("../prompt.toml");

/// What the model and the person are told, by language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Prompts {
    es: Words,
    en: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    system: String,
    empty: String,
    too_long: String,
    cut_off: String,
    printed: String,
    nothing_printed: String,
    failed: String,
    out_of_time: String,
    too_much: String,
    before_that: String,
    not_run: String,
}

impl Prompts {
    /// A file in the skill's folder takes the place of the built-in one.
    fn load(folder: &Folder) -> Result<Self, LoadError> {
        const FILE: &str = "prompt.toml";
        toml::from_str(&folder.text_or(FILE, BUILT_IN_PROMPTS)?)
            .map_err(|error| LoadError::Invalid(format!("{FILE}: {error}")))
    }
}

/// The skill with what it has read.
#[derive(Debug)]
pub struct Python {
    prompts: Prompts,
    interpreter: Option<PathBuf>,
}

impl Python {
    /// The skill with this interpreter, or without one.
    ///
    /// # Errors
    /// `prompt.toml` is wrong.
    pub fn with(interpreter: Option<PathBuf>, folder: &Folder) -> Result<Self, LoadError> {
        Ok(Self { prompts: Prompts::load(folder)?, interpreter })
    }
}

impl Skill for Python {
    const NAME: &'static str = "python";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn load(folder: &Folder) -> Result<Self, LoadError> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        Self::with(run::interpreter(&path), folder)
    }

    fn arguments_schema(&self) -> &str {
        ARGUMENTS_SCHEMA
    }

    async fn infer(&self, request: Request, call: &mut Call) -> Result<Outcome, Failure> {
        let words = match request.language {
            Language::Spanish => &self.prompts.es,
            Language::English => &self.prompts.en,
        };
        let cannot = |sentence: &str| Ok(Outcome::declined(DeclineReason::Cannot, sentence));
        let wish: Wish = request.arguments.parse()?;
        let code = match wish.code {
            Some(code) if code.len() > PROGRAM_BYTES_MAX => return cannot(&words.too_long),
            Some(code) => code,
            None if request.text.trim().is_empty() => return cannot(&words.empty),
            None => match write(words, request.text.trim(), call).await {
                Err(HostError::TooLong(_)) => return cannot(&words.too_long),
                Ok(generated) if generated.end == Generation::CutOff => return cannot(&words.cut_off),
                generated => generated?.text,
            },
        };
        let run = match &self.interpreter {
            Some(interpreter) => Some(execute(interpreter, &code).await?),
            None => None,
        };
        Ok(Outcome::Answer(answer(&code, run.as_ref(), words)))
    }
}

async fn write(words: &Words, request: &str, call: &Call) -> Result<Generated, HostError> {
    let grammar = Grammar { kind: GrammarKind::Gbnf, source: GRAMMAR.to_owned() };
    let generate = Generate {
        grammar: Some(grammar),
        max_tokens: Some(PROGRAM_TOKENS_MAX),
        ..Generate::new(words.system.trim(), request)
    };
    call.host().generate(generate).await?.collect().await
}

/// Waits for its turn: each run takes files, processes and memory, and the jail has room for a few.
async fn execute(interpreter: &Path, code: &str) -> Result<Run, Failure> {
    let _turn = TURNS.acquire().await.map_err(Failure::internal)?;
    run::run(interpreter, code, TIME_MAX).await.map_err(Failure::internal)
}

/// The program and what came of it.
fn answer(code: &str, run: Option<&Run>, words: &Words) -> Answer {
    let mut text = block("python", code);
    match run {
        None => text.push_str(&format!("\n{}\n", words.not_run)),
        Some(run) => text.push_str(&outcome(run, words)),
    }
    let data = match run {
        None => json!({"code": code, "ran": false}),
        Some(run) => json!({
            "code": code, "ran": true, "output": run.output, "error": run.error,
            "end": match run.end {
                End::Done => "done",
                End::Failed => "failed",
                End::OutOfTime => "out-of-time",
                End::TooMuch => "too-much-output",
            },
        }),
    };
    Answer { text, data: data.to_string() }
}

fn outcome(run: &Run, words: &Words) -> String {
    let out_of_time = words.out_of_time.replace("{seconds}", &TIME_MAX.as_secs().to_string());
    let output = block("", &run.output);
    let earlier = if run.output.is_empty() { String::new() } else { format!("\n{}\n\n{output}", words.before_that) };
    match run.end {
        End::Done if run.output.is_empty() => format!("\n{}\n", words.nothing_printed),
        End::Done => format!("\n{}\n\n{output}", words.printed),
        End::Failed => format!("\n{}\n\n{}{earlier}", words.failed, block("", &reason(&run.error))),
        End::OutOfTime => format!("\n{out_of_time}\n{earlier}"),
        End::TooMuch => {
            let shown: String = run.output.chars().take(OUTPUT_SHOWN_CHARS_MAX).collect();
            format!("\n{}\n\n{}", words.too_much, block("", &shown))
        }
    }
}

/// What is shown of an output that was too long.
const OUTPUT_SHOWN_CHARS_MAX: usize = 1_000;

/// A traceback without the lines about the prelude, which is not the person's program.
fn reason(error: &str) -> String {
    let mut kept = Vec::new();
    let mut lines = error.lines().peekable();
    while let Some(line) = lines.next() {
        if line.trim_start().starts_with("File \"<string>\"") {
            // With it goes the source line below, if Python has one, and its marks.
            while lines.next_if(|next| next.starts_with("    ") && !next.trim_start().starts_with("File ")).is_some() {}
            continue;
        }
        kept.push(line);
    }
    kept.join("\n")
}

/// A block of code, with a fence longer than any inside.
fn block(language: &str, code: &str) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", code.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracebacks_without_the_prelude() {
        let error = "Traceback (most recent call last):\n  File \"<string>\", line 33, in <module>\n  File \"<string>\", line \
                     30, in main\n    exec(x)\n    ^^^^\n  File \"programa.py\", line 2, in f\nZeroDivisionError: division \
                     by zero\n";
        let expect = "Traceback (most recent call last):\n  File \"programa.py\", line 2, in f\nZeroDivisionError: division \
                      by zero";
        assert_eq!(reason(error), expect);
        assert_eq!(reason("MemoryError"), "MemoryError");
    }

    #[test]
    fn blocks_hold_what_is_in_them() {
        assert_eq!(block("python", "print(1)\n"), "```python\nprint(1)\n```\n");
        assert_eq!(block("", "a ```` b"), "`````\na ```` b\n`````\n");
    }
}
