//! `sarai bench restart`: the first token of the first turn after a power cut.
//!
//! A fixed prompt of about a thousand tokens (what an assistant with eight tools reads before anybody speaks) and a
//! short question. Each round: the first token when nobody has read it before; of another question, warm; then `serve`
//! and its worker are killed without a warning, started again, and the first turn is a question that was never asked.
//! The time that the model takes to load is told apart: it is the same with and without a cache on disk.
//!
//! A server of somebody else's cannot be killed from here. It is asked the same prompt cold, which is what its first
//! turn after a restart is unless it keeps what it read.

use anyhow::Result;
use sarai_messages::Messages;
use sarai_types::{Message, Notice, Role};
use serde::Serialize;

use super::own::OwnServe;
use super::plot::{Body, Panel, Plot};
use super::script;
use super::server::{AgainstArgs, Answer, Question, Server};
use super::statistics::{Interval, median, median_interval};
use super::table::{self, Table};
use super::{CommonArgs, Figures, Measured, MeasuredModel, SvgArg, goes_on, now};
use crate::ending::Told;
use crate::shell::Shell;

/// Only the first token counts; a few more show that the answer goes on.
const ANSWER_TOKENS: u32 = 8;

#[derive(Debug, clap::Args)]
pub(super) struct RestartArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    /// How often it is killed.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=50))]
    #[arg(value_name = "bench-value-rounds", help = "bench-help-rounds")]
    rounds: u32,
    #[command(flatten)]
    pub(super) svg: SvgArg,
    #[command(flatten)]
    against: AgainstArgs,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Outcome {
    rounds: u32,
    turns: Vec<Round>,
    cold: Option<Interval>,
    warm: Option<Interval>,
    after_restart: Option<Interval>,
    /// From starting the process until its model is loaded.
    ready_ms: Option<Interval>,
    /// Cold over after the restart, by round.
    speedup: Option<Interval>,
    /// Of the fixed prompt and the question after the restart.
    prompt_tokens: Option<f64>,
    cached_tokens: Option<f64>,
    theirs: Option<Theirs>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Theirs {
    model: String,
    cold: Option<Interval>,
    /// Theirs, cold, over ours after the restart, by round.
    speedup: Option<Interval>,
}

/// One kill.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Round {
    cold: FirstToken,
    warm: FirstToken,
    after_restart: FirstToken,
    ready_ms: f64,
    theirs: Option<FirstToken>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct FirstToken {
    ms: f64,
    prompt_tokens: Option<u32>,
    cached_tokens: Option<u32>,
}

impl From<&Answer> for FirstToken {
    fn from(answer: &Answer) -> Self {
        Self {
            ms: answer.first_token_ms,
            prompt_tokens: answer.usage.map(|u| u.prompt_tokens),
            cached_tokens: answer.usage.map(|u| u.cached_tokens),
        }
    }
}

/// # Errors
/// Its own `serve` does not come up, or a request fails.
pub(super) async fn run(args: &RestartArgs, shell: &Shell, stamp: &str) -> Result<Measured<Outcome>> {
    let theirs = Server::theirs(&args.against).await?;
    let script = script::fixed()?;
    shell.tell(&Notice::new("bench-own-serve"));
    let mut own = OwnServe::start(shell, args.common.model.as_ref()).await?;
    let model = own.server().await?.model;
    let mut turns = Vec::new();
    let (begun, mut round) = (now(), 0);
    while goes_on(round, args.rounds, begun, args.common.duration) {
        round += 1;
        shell.tell(&Notice::new("bench-kill").arg("round", round).arg("rounds", args.rounds));
        let fixed = script.opening(&format!("{round} {stamp}"));
        let ask = async |server: &Server, question: usize| {
            let mut messages = fixed.clone();
            messages.push(Message::new(Role::User, &script.questions[question % script.questions.len()]));
            let answer = server.ask(Question::greedy(messages, ANSWER_TOKENS)).await;
            answer.map(|answer| FirstToken::from(&answer)).map_err(|e| Told::failed(e.notice()))
        };
        let server = own.server().await?;
        let (cold, warm) = (ask(&server, 0).await?, ask(&server, 1).await?);
        let theirs = match &theirs {
            Some(server) => Some(ask(server, 0).await?),
            None => None,
        };
        own.settle().await;
        own.kill().await?;
        let ready_ms = own.again().await?;
        let after_restart = ask(&own.server().await?, 2).await?;
        turns.push(Round { cold, warm, after_restart, ready_ms, theirs });
    }
    let result = outcome(turns, round, theirs.map(|server| server.model));
    Ok(Measured { model: MeasuredModel::look(&model, shell), result })
}

fn outcome(turns: Vec<Round>, rounds: u32, their_model: Option<String>) -> Outcome {
    let samples = |of: &dyn Fn(&Round) -> Option<f64>| turns.iter().filter_map(of).collect::<Vec<f64>>();
    let interval = |of: &dyn Fn(&Round) -> Option<f64>| median_interval(&samples(of));
    let theirs = their_model.map(|model| Theirs {
        model,
        cold: interval(&|r| Some(r.theirs?.ms)),
        speedup: interval(&|r| Some(r.theirs?.ms / r.after_restart.ms)),
    });
    Outcome {
        rounds,
        cold: interval(&|r| Some(r.cold.ms)),
        warm: interval(&|r| Some(r.warm.ms)),
        after_restart: interval(&|r| Some(r.after_restart.ms)),
        ready_ms: interval(&|r| Some(r.ready_ms)),
        speedup: interval(&|r| Some(r.cold.ms / r.after_restart.ms)),
        prompt_tokens: median(&samples(&|r| r.after_restart.prompt_tokens.map(f64::from))),
        cached_tokens: median(&samples(&|r| r.after_restart.cached_tokens.map(f64::from))),
        theirs,
        turns,
    }
}

impl Figures for Outcome {
    fn tables(&self, messages: Messages) -> Vec<Table> {
        let language = messages.language();
        let mut table = Table::new(messages, &["bench-column-what", "bench-column-figure"]);
        table.row("bench-row-cold", [table::interval(self.cold, language)]);
        table.row("bench-row-warm", [table::interval(self.warm, language)]);
        table.row("bench-row-after-restart", [table::interval(self.after_restart, language)]);
        table.row("bench-row-restart-speedup", [table::ratio(self.speedup, language)]);
        table.row("bench-row-restart-prompt", [table::number(self.prompt_tokens, language)]);
        table.row("bench-row-restart-cached", [table::number(self.cached_tokens, language)]);
        table.row("bench-row-ready", [table::interval(self.ready_ms, language)]);
        if let Some(theirs) = &self.theirs {
            table.row("bench-row-theirs-cold", [table::interval(theirs.cold, language)]);
            table.row("bench-row-theirs-speedup", [table::ratio(theirs.speedup, language)]);
        }
        vec![table]
    }

    fn plot(&self, messages: Messages) -> Option<Plot> {
        let theirs = self.theirs.as_ref().map(|theirs| ("bench-row-theirs-cold", theirs.cold));
        let bars = [
            ("bench-row-cold", self.cold),
            ("bench-row-warm", self.warm),
            ("bench-row-after-restart", self.after_restart),
        ];
        let (labels, values) = bars.into_iter().chain(theirs).map(|(id, value)| (messages.get(id), value)).unzip();
        let panel = Panel {
            title: messages.get("bench-plot-restart"),
            mark: None,
            body: Body::Bars { labels, series: vec![(messages.get("bench-column-ms"), values)] },
        };
        Some(Plot { title: messages.get("bench-title-restart"), panels: vec![panel], ..Plot::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_compared_with_themselves() {
        let first = |ms, cached| FirstToken { ms, prompt_tokens: Some(1000), cached_tokens: Some(cached) };
        let round = |cold, after, theirs| Round {
            cold: first(cold, 0),
            warm: first(90.0, 980),
            after_restart: first(after, 970),
            ready_ms: 2000.0,
            theirs,
        };
        let turns = vec![
            round(8000.0, 400.0, Some(first(6000.0, 0))),
            round(9000.0, 300.0, None),
            round(6000.0, 600.0, Some(first(6000.0, 0))),
        ];
        let outcome = outcome(turns, 3, Some("otro".to_owned()));
        assert_eq!(outcome.speedup.unwrap().median, 20.0);
        assert_eq!(outcome.cached_tokens, Some(970.0));
        let theirs = outcome.theirs.unwrap();
        assert_eq!(theirs.speedup.unwrap().median, 12.5);
        assert_eq!(theirs.cold.unwrap().median, 6000.0);
    }
}
