//! `sarai ask`: one question, one answer.
//!
//! The answer goes to standard output as it comes. With `--json` it comes at the end, as one object whose keys do not
//! change:
//!
//! ```json
//! {"text": "…", "skill": "sql", "skill_reasons": ["…"], "data": {"rows": []}, "facts_used": [], "facts_stored": [], "usage": {"prompt_tokens": 1, "cached_tokens": 0,
//!  "completion_tokens": 1}, "timings": {"ttft_ms": 1.0, "total_ms": 1.0, "tokens_per_second": null},
//!  "speculation": {"source": "suffix", "drafted": 9, "accepted": 7, "speedup": 1.5},
//!  "grammar": {"kind": "json-schema", "forced_tokens": 4, "complete": true}, "warnings": []}
//! ```
//!
//! `skill` is the skill that answered, with the reasons why it was asked and what it gives to programs; null, empty and
//! null where the model answered alone. `facts_used` are the facts of the memory that the answer rests on (`role`: `asked`)
//! and those that the model had at hand (`known`); a message that was quoted for want of a fact has the role `said` and
//! its own number. `facts_stored` what was remembered of the question, each `{"id", "text",
//! "role"}`. `source` is where most of the guesses
//! that were right came from (`suffix` or `model`, null if none was), `speedup` null while the cost of one token is not
//! measured, and `grammar` null where the answer was held to none. A warning is a word: `length` says that the answer
//! was cut because the tokens were used up, `incomplete` that it ended inside a structure.

mod form;

use std::io::{self, IsTerminal, Read, Write};

use sarai_api::client::{ChatRequest, SkillDetails};
use sarai_api::memory::FactUsed;
use sarai_api::{ASSISTANT, assistant_with};
use sarai_types::{
    Decoding, FinishReason, Form, GrammarKind, MemoryWish, Message, ModelId, Notice, Role, SEQUENCE_TEXT_MAX,
    Speculation,
};
use serde::Serialize;
use serde_json::Value;

use crate::answer::{self, Answer, Draft, Figures};
use crate::cli::{Format, JsonFlag};
use crate::ending::Told;
use crate::shell::{Shell, wait_for};
use crate::terminal;
use form::{FormArgs, Stdin};

#[derive(Debug, clap::Args)]
pub(crate) struct AskArgs {
    #[arg(value_name = "cli-value-text", help = "cli-help-ask-text")]
    text: Vec<String>,
    #[arg(long, value_name = "cli-value-model", help = "cli-help-ask-model")]
    model: Option<ModelId>,
    #[arg(long, value_name = "cli-value-text", help = "cli-help-ask-system")]
    system: Option<String>,
    #[arg(long, value_name = "N", help = "cli-help-ask-max-tokens", value_parser = clap::value_parser!(u32).range(1..))]
    max_tokens: Option<u32>,
    #[arg(long, value_name = "T", help = "cli-help-ask-temperature", value_parser = temperature)]
    temperature: Option<f32>,
    #[arg(long, value_name = "N", help = "cli-help-ask-seed")]
    seed: Option<u64>,
    #[command(flatten)]
    form: FormArgs,
    #[arg(long, value_name = "auto|off|acceptance|fixed:K", help = "cli-help-ask-speculation")]
    speculation: Option<Speculation>,
    #[arg(long, help = "cli-help-no-memory")]
    no_memory: bool,
    #[command(flatten)]
    json: JsonFlag,
}

pub(crate) fn run(args: AskArgs, shell: &Shell) -> anyhow::Result<()> {
    let format = args.json.format();
    answer(&request(args)?, format, shell)
}

/// Asks, and writes the answer.
pub(crate) fn answer(request: &ChatRequest, format: Format, shell: &Shell) -> anyhow::Result<()> {
    let client = shell.client()?;
    let answer = wait_for(async {
        answer::ready(&client, shell).await?;
        let mut draft = Draft::default();
        let mut output = Output { format, terminal: io::stdout().is_terminal() };
        draft.take(&client, request, |piece| output.piece(piece)).await?;
        Ok(draft.finish())
    })?;
    match format {
        Format::Json => terminal::line(serde_json::to_string(&Body::from(answer))?)?,
        Format::Text => {
            if !answer.text.ends_with('\n') {
                terminal::line("")?;
            }
            if io::stderr().is_terminal() {
                answer.skill_notice().iter().chain(&answer.memory_notices()).for_each(|notice| shell.tell(notice));
            }
            if answer.reason == FinishReason::Length {
                shell.tell(&Notice::new("cli-answer-cut"));
            }
        }
    }
    Ok(())
}

fn request(args: AskArgs) -> anyhow::Result<ChatRequest> {
    let text = match args.form.stdin() {
        Stdin::Free if args.text.is_empty() => from_stdin()?,
        Stdin::Free | Stdin::Taken => args.text.join(" "),
    };
    if text.trim().is_empty() {
        return Err(Told::failed(Notice::new("cli-ask-nothing")).into());
    }
    let system = args.system.map(|text| Message::new(Role::System, text));
    Ok(ChatRequest {
        model: args.model.as_ref().map_or_else(|| ASSISTANT.to_owned(), assistant_with),
        messages: system.into_iter().chain([Message::new(Role::User, text)]).collect(),
        temperature: args.temperature,
        seed: args.seed,
        max_tokens: args.max_tokens,
        format: args.form.read()?,
        speculation: args.speculation,
        memory: if args.no_memory { MemoryWish::Off } else { MemoryWish::On },
        ..ChatRequest::default()
    })
}

/// Everything that comes in, as far as a question may be long.
fn from_stdin() -> anyhow::Result<String> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return Err(Told::failed(Notice::new("cli-ask-nothing")).into());
    }
    let mut bytes = Vec::new();
    stdin.lock().take(SEQUENCE_TEXT_MAX as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > SEQUENCE_TEXT_MAX {
        return Err(Told::failed(Notice::new("cli-input-too-long").arg("max", SEQUENCE_TEXT_MAX >> 20)).into());
    }
    String::from_utf8(bytes).map_err(|_| Told::failed(Notice::new("cli-input-not-utf8")).into())
}

/// The range of OpenAI's API.
fn temperature(text: &str) -> Result<f32, &'static str> {
    text.parse().ok().filter(|t| (0.0..=2.0).contains(t)).ok_or("not between 0 and 2")
}

/// Where pieces of the answer go.
struct Output {
    format: Format,
    terminal: bool,
}

impl Output {
    fn piece(&mut self, piece: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match self.format {
            Format::Json => return Ok(()),
            Format::Text if self.terminal => out.write_all(terminal::plain(piece).as_bytes())?,
            Format::Text => out.write_all(piece.as_bytes())?,
        }
        out.flush()
    }
}

#[derive(Debug, Serialize)]
struct Body {
    text: String,
    skill: Option<String>,
    skill_reasons: Vec<String>,
    data: Option<Value>,
    facts_used: Vec<FactUsed>,
    facts_stored: Vec<FactUsed>,
    usage: Option<UsageBody>,
    timings: Option<TimingsBody>,
    speculation: Option<SpeculationBody>,
    grammar: Option<GrammarBody>,
    warnings: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct UsageBody {
    prompt_tokens: u32,
    cached_tokens: u32,
    completion_tokens: u32,
}

#[derive(Debug, Serialize)]
struct TimingsBody {
    ttft_ms: f64,
    total_ms: f64,
    tokens_per_second: Option<f64>,
}

#[derive(Debug, Serialize)]
struct SpeculationBody {
    source: Option<&'static str>,
    drafted: u32,
    accepted: u32,
    speedup: Option<f64>,
}

#[derive(Debug, Serialize)]
struct GrammarBody {
    kind: &'static str,
    forced_tokens: u32,
    complete: bool,
}

impl From<&Figures> for SpeculationBody {
    fn from(figures: &Figures) -> Self {
        let Decoding { suffix, model, plain_ms, .. } = figures.decoding;
        let decode_ms = figures.timings.decode_ms;
        Self {
            source: match (suffix.accepted, model.accepted) {
                (0, 0) => None,
                (suffix, model) if suffix >= model => Some("suffix"),
                (_, _) => Some("model"),
            },
            drafted: suffix.drafted.saturating_add(model.drafted),
            accepted: suffix.accepted.saturating_add(model.accepted),
            speedup: (plain_ms > 0.0 && decode_ms > 0.0).then(|| plain_ms / decode_ms),
        }
    }
}

impl GrammarBody {
    fn of(kind: GrammarKind, decoding: &Decoding) -> Self {
        let complete = decoding.form == Form::Complete;
        Self { kind: kind.as_str(), forced_tokens: decoding.forced_tokens, complete }
    }
}

/// Words for what is wrong with an answer.
fn warnings(answer: &Answer) -> Vec<&'static str> {
    let cut = match answer.reason {
        FinishReason::Length => Some("length"),
        FinishReason::Stop | FinishReason::ToolCalls => None,
    };
    let incomplete = answer.figures.is_some_and(|figures| figures.decoding.form == Form::Incomplete);
    cut.into_iter().chain(incomplete.then_some("incomplete")).collect()
}

impl From<Answer> for Body {
    fn from(answer: Answer) -> Self {
        let (figures, warnings) = (answer.figures, warnings(&answer));
        let (skill, skill_reasons, data) = match answer.skill {
            Some(SkillDetails { name, reasons, data }) => (Some(name), reasons, data),
            None => (None, Vec::new(), None),
        };
        Self {
            text: answer.text,
            skill,
            skill_reasons,
            data,
            facts_used: answer.memory.facts_used,
            facts_stored: answer.memory.stored,
            usage: figures.map(|f| UsageBody {
                prompt_tokens: f.usage.prompt_tokens,
                cached_tokens: f.usage.cached_tokens,
                completion_tokens: f.usage.completion_tokens,
            }),
            timings: figures.map(|f| TimingsBody {
                ttft_ms: f.first_token_ms(),
                total_ms: f.total_ms(),
                tokens_per_second: f.tokens_per_second(),
            }),
            speculation: figures.as_ref().map(Into::into),
            grammar: figures.and_then(|f| f.grammar.map(|kind| GrammarBody::of(kind, &f.decoding))),
            warnings,
        }
    }
}

#[cfg(test)]
mod tests {
    use sarai_types::{Drafts, Timings, Usage};

    use super::*;
    use crate::answer::Figures;
    use sarai_api::memory::MemoryFigures;

    #[test]
    fn the_json_keeps_its_shape() {
        let answer = Answer {
            text: "¡Hola!".to_owned(),
            reason: FinishReason::Length,
            figures: Some(Figures {
                usage: Usage { prompt_tokens: 30, cached_tokens: 20, completion_tokens: 3 },
                timings: Timings { queued_ms: 0.5, prefill_ms: 99.5, decode_ms: 80.0 },
                decoding: Decoding {
                    batches: 3,
                    forced_tokens: 4,
                    suffix: Drafts { drafted: 9, accepted: 7 },
                    model: Drafts::default(),
                    plain_ms: 120.0,
                    form: Form::Incomplete,
                },
                grammar: Some(GrammarKind::JsonSchema),
            }),
            skill: Some(SkillDetails {
                name: "sql".to_owned(),
                reasons: vec!["«tabla»".to_owned()],
                data: Some(serde_json::json!([1])),
            }),
            memory: MemoryFigures {
                facts_used: vec![FactUsed { id: 7, text: "Vives en Lugo".to_owned(), role: "asked".to_owned() }],
                ..MemoryFigures::default()
            },
        };
        assert_eq!(
            serde_json::to_string(&Body::from(answer)).unwrap(),
            concat!(
                r#"{"text":"¡Hola!","skill":"sql","skill_reasons":["«tabla»"],"data":[1],"#,
                r#""facts_used":[{"id":7,"text":"Vives en Lugo","role":"asked"}],"facts_stored":[],"#,
                r#""usage":{"prompt_tokens":30,"cached_tokens":20,"completion_tokens":3},"#,
                r#""timings":{"ttft_ms":100.0,"total_ms":180.0,"tokens_per_second":25.0},"#,
                r#""speculation":{"source":"suffix","drafted":9,"accepted":7,"speedup":1.5},"#,
                r#""grammar":{"kind":"json-schema","forced_tokens":4,"complete":false},"warnings":["length","incomplete"]}"#,
            )
        );
    }

    #[test]
    fn a_temperature_is_between_0_and_2() {
        assert_eq!(temperature("0.7"), Ok(0.7));
        for wrong in ["-0.1", "2.1", "NaN", "warm", ""] {
            assert!(temperature(wrong).is_err(), "{wrong:?}");
        }
    }
}
