//! `sarai bench decode`: what the worker alone does with a model, without `serve` before it.
//!
//! Steps: find the model and see that it fits → start a worker on a socket of its own → time batches of n tokens, a
//! prompt, a long answer, a first token on a cold and on a warm conversation → end the worker, whatever happened.

use anyhow::{Result, anyhow};
use sarai_daemon::worker::{Facts, Worker};
use sarai_messages::Messages;
use sarai_proto::engine::v1::{MeasureReply, MeasureRequest};
use sarai_types::{
    Conversation, Generation, GenerationEvent, Message, Notice, Priority, Prompt, Role, Sampling, Speculation, Usage,
};
use serde::Serialize;
use tokio_stream::StreamExt;

use super::alone::{self, Alone, Plan, told};
use super::script::{self, DecodeTexts};
use super::server::{ms_between, pace};
use super::statistics::{Interval, median_interval};
use super::table::{self, Table};
use super::{CommonArgs, Figures, Measured, MeasuredModel, goes_on, now};
use crate::shell::Shell;
use crate::terminal;

/// The n of T(n).
const BATCHES: [u32; 11] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48];
/// Tokens of the prompt that is timed.
const PROMPT_TOKENS: u32 = 400;
/// Tokens of the answer whose speed is taken.
const LONG_TOKENS: u32 = 128;
/// Tokens of an answer of which only the first one is timed. The next turn reads them from the cache.
const SHORT_TOKENS: u32 = 16;

#[derive(Debug, clap::Args)]
pub(super) struct DecodeArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    /// How often each thing is timed.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=15))]
    #[arg(value_name = "bench-value-rounds", help = "bench-help-rounds")]
    rounds: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Outcome {
    build: String,
    threads: u32,
    context_tokens: u32,
    rounds: u32,
    /// From the start of the process until it serves.
    start_ms: f64,
    batches: Vec<Batch>,
    prompt: PromptSpeed,
    decode_tokens_per_second: Option<Interval>,
    first_token_cold: FirstToken,
    first_token_warm: FirstToken,
    resident_bytes: Resident,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Batch {
    tokens: u32,
    median_ms: f64,
    /// T(n)/T(1).
    ratio: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct PromptSpeed {
    tokens: u32,
    tokens_per_second: f64,
}

/// Of the last round; they differ by a token or two between rounds.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct FirstToken {
    prompt_tokens: u32,
    cached_tokens: u32,
    ms: Option<Interval>,
}

/// Proportional set size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Resident {
    loaded: u64,
    after: u64,
}

/// Starts a worker, measures it, ends it.
///
/// # Errors
/// The model is not here or does not fit, the worker falls, or somebody presses Ctrl-C.
pub(super) async fn run(args: &DecodeArgs, shell: &Shell, stamp: &str) -> Result<Measured<Outcome>> {
    let Plan { spec, file_bytes } = alone::plan(args.common.model.clone(), shell)?;
    let model = MeasuredModel { id: spec.model.to_string(), file_bytes: Some(file_bytes) };
    let texts = script::decode_texts()?;
    let work = async |alone: &Alone| {
        let bench = Bench { args, shell, stamp, worker: alone.worker.clone(), texts };
        bench.measure(alone).await
    };
    let result = Alone::start(spec).with(work).await?;
    Ok(Measured { model, result })
}

struct Bench<'a> {
    args: &'a DecodeArgs,
    shell: &'a Shell,
    stamp: &'a str,
    worker: Worker,
    texts: DecodeTexts,
}

/// A generation, from its start to its end.
struct Timed {
    text: String,
    first_token_ms: f64,
    tokens_per_second: Option<f64>,
    usage: Usage,
}

impl Bench<'_> {
    async fn measure(&self, alone: &Alone) -> Result<Outcome> {
        self.shell.tell(&Notice::new("bench-loading").arg("model", self.worker.model()));
        let start = now();
        alone.until_serving().await?;
        let start_ms = ms_between(start, now());
        let Facts { build, threads, context_tokens, .. } = self.worker.facts().await.map_err(told)?;
        let loaded = self.resident_bytes().await?;

        self.shell.tell(&Notice::new("bench-batches"));
        let staircase = self.staircase(context_tokens).await?;

        let (mut speeds, mut cold, mut warm) = (Vec::new(), Vec::new(), Vec::new());
        let (mut cold_usage, mut warm_usage) = (Usage::default(), Usage::default());
        let (begun, mut round) = (now(), 0);
        while goes_on(round, self.args.rounds, begun, self.args.common.duration) {
            round += 1;
            self.tell_round(round);
            speeds.extend(self.generate(self.texts.long(), LONG_TOKENS).await?.tokens_per_second);

            let mut conversation = self.texts.reading(&format!("{round} {}", self.stamp));
            let first = self.generate(conversation.clone(), SHORT_TOKENS).await?;
            conversation.push(Message::new(Role::Assistant, first.text));
            conversation.push(Message::new(Role::User, &self.texts.follow_up));
            let next = self.generate(conversation, SHORT_TOKENS).await?;
            cold.push(first.first_token_ms);
            warm.push(next.first_token_ms);
            (cold_usage, warm_usage) = (first.usage, next.usage);
        }
        let first_token = |usage: Usage, samples: &[f64]| FirstToken {
            prompt_tokens: usage.prompt_tokens,
            cached_tokens: usage.cached_tokens,
            ms: median_interval(samples),
        };
        Ok(Outcome {
            build,
            threads,
            context_tokens,
            rounds: round,
            start_ms,
            batches: batches(&staircase),
            prompt: PromptSpeed {
                tokens: prompt_tokens(context_tokens),
                tokens_per_second: staircase.prefill_tokens_per_second,
            },
            decode_tokens_per_second: median_interval(&speeds),
            first_token_cold: first_token(cold_usage, &cold),
            first_token_warm: first_token(warm_usage, &warm),
            resident_bytes: Resident { loaded, after: self.resident_bytes().await? },
        })
    }

    async fn staircase(&self, context_tokens: u32) -> Result<MeasureReply> {
        let request = MeasureRequest {
            batch_sizes: BATCHES.to_vec(),
            rounds: self.args.rounds,
            prefill_tokens: prompt_tokens(context_tokens),
        };
        self.worker.measure(request).await.map_err(told)
    }

    async fn resident_bytes(&self) -> Result<u64> {
        Ok(self.worker.status().await.map_err(told)?.resident_bytes)
    }

    async fn generate(&self, messages: Vec<Message>, max_tokens: u32) -> Result<Timed> {
        let generation = Generation {
            prompt: Prompt::Chat(Conversation { messages, tools: Vec::new() }),
            sampling: Sampling::greedy(),
            max_tokens: Some(max_tokens),
            stop: Vec::new(),
            logprobs: None,
            priority: Priority::Interactive,
            grammar: None,
            speculation: Speculation::Off,
        };
        let start = now();
        let mut events = self.worker.generate(&generation).await.map_err(told)?;
        let (mut text, mut first) = (String::new(), None);
        while let Some(event) = events.next().await {
            match event.map_err(told)? {
                GenerationEvent::Started { .. } => {}
                GenerationEvent::Text { text: more, .. } => {
                    first.get_or_insert_with(now);
                    text.push_str(&more);
                }
                GenerationEvent::Finished { usage, timings, .. } => {
                    let first_token_ms = ms_between(start, first.unwrap_or_else(now));
                    let tokens_per_second = pace(usage.completion_tokens, timings.decode_ms);
                    return Ok(Timed { text, first_token_ms, tokens_per_second, usage });
                }
            }
        }
        Err(anyhow!("the worker's answer has no end"))
    }

    fn tell_round(&self, round: u32) {
        self.shell.tell(&Notice::new("bench-round").arg("round", round).arg("rounds", self.args.rounds));
    }
}

/// A short context holds less than is asked for; half of it does.
fn prompt_tokens(context_tokens: u32) -> u32 {
    PROMPT_TOKENS.min(context_tokens / 2)
}

fn batches(reply: &MeasureReply) -> Vec<Batch> {
    let one = reply.batches.iter().find(|b| b.batch_size == 1).map_or(f64::NAN, |b| b.median_ms);
    reply
        .batches
        .iter()
        .map(|b| Batch { tokens: b.batch_size, median_ms: b.median_ms, ratio: b.median_ms / one })
        .collect()
}

impl Figures for Outcome {
    fn tables(&self, messages: Messages) -> Vec<Table> {
        let language = messages.language();
        let tenths = |value: f64| table::number(Some(value), language);
        let mut staircase = Table::new(messages, &["bench-column-batch", "bench-column-ms", "bench-column-ratio"]);
        for batch in &self.batches {
            staircase.figures([batch.tokens.to_string(), tenths(batch.median_ms), tenths(batch.ratio)]);
        }
        let mut figures = Table::new(messages, &["bench-column-what", "bench-column-figure"]);
        figures.row("bench-row-start", [tenths(self.start_ms)]);
        figures.row("bench-row-prompt", [tenths(self.prompt.tokens_per_second)]);
        figures.row("bench-row-decode", [table::interval(self.decode_tokens_per_second, language)]);
        figures.row("bench-row-cold", [table::interval(self.first_token_cold.ms, language)]);
        figures.row("bench-row-warm", [table::interval(self.first_token_warm.ms, language)]);
        figures.row("bench-row-resident-loaded", [terminal::size(self.resident_bytes.loaded, language)]);
        figures.row("bench-row-resident-after", [terminal::size(self.resident_bytes.after, language)]);
        figures.row("bench-row-build", [self.build.clone()]);
        vec![staircase, figures]
    }
}

#[cfg(test)]
mod tests {
    use sarai_proto::engine::v1::BatchTime;

    use super::*;

    #[test]
    fn the_staircase_is_told_in_units_of_one_token() {
        let time = |batch_size, median_ms| BatchTime { batch_size, median_ms };
        let reply = MeasureReply { batches: vec![time(1, 30.0), time(4, 75.0)], prefill_tokens_per_second: 0.0 };
        let ratios: Vec<f64> = batches(&reply).iter().map(|b| b.ratio).collect();
        assert_eq!(ratios, [1.0, 2.5]);
    }

    #[test]
    fn a_short_context_gets_a_shorter_prompt() {
        assert_eq!([512, 799, 800, 8192].map(prompt_tokens), [256, 399, 400, 400]);
    }
}
