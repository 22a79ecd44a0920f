//! `sarai bench chat`: conversations of six turns with a running `serve`, and the same with another server in turns.
//!
//! A conversation is held with one server, then with the other, then comes the next one, so that whatever the computer
//! does meanwhile falls on both. Questions are the same; the answers in the history are each server's own, because a
//! conversation is what its cache can hold.

use anyhow::Result;
use sarai_messages::Messages;
use sarai_types::{Message, Notice, Role};
use serde::Serialize;

use super::script::{self, Script};
use super::server::{AgainstArgs, Answer, ComponentSize, Question, Server, Servers, Side};
use super::statistics::{Interval, median, median_interval};
use super::table::{self, Table};
use super::{CommonArgs, Figures, Measured, MeasuredModel, goes_on, now};
use crate::ending::Told;
use crate::shell::Shell;

/// Tokens of an answer.
const ANSWER_TOKENS: u32 = 64;

#[derive(Debug, clap::Args)]
pub(super) struct ChatArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    /// How often each conversation is held.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=50))]
    #[arg(value_name = "bench-value-rounds", help = "bench-help-rounds")]
    rounds: u32,
    #[command(flatten)]
    against: AgainstArgs,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Outcome {
    rounds: u32,
    max_tokens: u32,
    turns: Vec<Turn>,
    ours: Summary,
    theirs: Option<Summary>,
    /// Ours over theirs.
    ratio: Option<Medians>,
    components: Vec<ComponentSize>,
}

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Turn {
    server: Side,
    conversation: String,
    round: u32,
    /// From 1.
    turn: usize,
    first_token_ms: f64,
    total_ms: f64,
    tokens_per_second: Option<f64>,
    prompt_tokens: Option<u32>,
    cached_tokens: Option<u32>,
    completion_tokens: Option<u32>,
    worker_ms: Option<WorkerMs>,
}

/// Where the time went, by the worker's own clock; what is missing from the client's was spent on the way.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct WorkerMs {
    queued: f64,
    prefill: f64,
    decode: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Summary {
    model: String,
    #[serde(flatten)]
    figures: Medians,
}

/// Of all turns: of one server, in milliseconds and tokens a second; or of quotients.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Medians {
    first_token_cold: Option<Interval>,
    first_token_warm: Option<Interval>,
    tokens_per_second: Option<Interval>,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Figure {
    /// The first token of the first turn, which nobody has read before.
    Cold,
    /// The first token of a later turn.
    Warm,
    Pace,
}

/// # Errors
/// A server is missing, or a request fails: figures with holes would compare different things.
pub(super) async fn run(args: &ChatArgs, shell: &Shell, stamp: &str) -> Result<Measured<Outcome>> {
    let servers = Servers::find(shell, args.common.model.as_ref(), &args.against).await?;
    let scripts = script::conversations()?;
    let mut turns = Vec::new();
    let (begun, mut round) = (now(), 0);
    while goes_on(round, args.rounds, begun, args.common.duration) {
        round += 1;
        for script in &scripts {
            for server in servers.each() {
                let notice = Notice::new("bench-conversation").arg("round", round).arg("rounds", args.rounds);
                shell.tell(&notice.arg("conversation", &script.name).arg("model", &server.model));
                turns.extend(hold(server, script, round, stamp).await?);
            }
        }
    }
    let components = servers.ours.components().await.map_err(|e| Told::failed(e.notice()))?;
    let model = MeasuredModel::look(&servers.ours.model, shell);
    let theirs = servers.theirs.as_ref().map(|server| summary(server.side, &server.model, &turns));
    let result = Outcome {
        rounds: round,
        max_tokens: ANSWER_TOKENS,
        ours: summary(Side::Ours, &servers.ours.model, &turns),
        ratio: theirs.is_some().then(|| ratio(&turns)),
        theirs,
        turns,
        components,
    };
    Ok(Measured { model, result })
}

/// Holds one conversation to its end.
async fn hold(server: &Server, script: &Script, round: u32, stamp: &str) -> Result<Vec<Turn>, Told> {
    let mut history = script.opening(&format!("{} {round} {stamp}", script.name));
    let mut turns = Vec::with_capacity(script.questions.len());
    for (turn, question) in (1..).zip(&script.questions) {
        history.push(Message::new(Role::User, question));
        let answer =
            server.ask(Question::greedy(history.clone(), ANSWER_TOKENS)).await.map_err(|e| Told::failed(e.notice()))?;
        turns.push(Turn::new(server.side, &script.name, round, turn, &answer));
        history.push(Message::new(Role::Assistant, answer.text));
    }
    Ok(turns)
}

impl Turn {
    fn new(server: Side, conversation: &str, round: u32, turn: usize, answer: &Answer) -> Self {
        Self {
            server,
            conversation: conversation.to_owned(),
            round,
            turn,
            first_token_ms: answer.first_token_ms,
            total_ms: answer.total_ms,
            tokens_per_second: answer.tokens_per_second,
            prompt_tokens: answer.usage.map(|u| u.prompt_tokens),
            cached_tokens: answer.usage.map(|u| u.cached_tokens),
            completion_tokens: answer.usage.map(|u| u.completion_tokens),
            worker_ms: answer.timings.map(|t| WorkerMs {
                queued: t.queued_ms,
                prefill: t.prefill_ms,
                decode: t.decode_ms,
            }),
        }
    }

    /// None for a figure that this turn does not have.
    fn figure(&self, figure: Figure) -> Option<f64> {
        match (figure, self.turn) {
            (Figure::Cold, 1) | (Figure::Warm, 2..) => Some(self.first_token_ms),
            (Figure::Cold | Figure::Warm, _) => None,
            (Figure::Pace, _) => self.tokens_per_second,
        }
    }

    /// The same question in the same round, to whichever server.
    fn is_twin_of(&self, other: &Self) -> bool {
        (self.round, self.turn, &self.conversation) == (other.round, other.turn, &other.conversation)
    }
}

impl Medians {
    fn of(samples: impl Fn(Figure) -> Vec<f64>) -> Self {
        let median = |figure| median_interval(&samples(figure));
        Self {
            first_token_cold: median(Figure::Cold),
            first_token_warm: median(Figure::Warm),
            tokens_per_second: median(Figure::Pace),
        }
    }

    const fn get(&self, figure: Figure) -> Option<Interval> {
        match figure {
            Figure::Cold => self.first_token_cold,
            Figure::Warm => self.first_token_warm,
            Figure::Pace => self.tokens_per_second,
        }
    }
}

fn summary(side: Side, model: &str, turns: &[Turn]) -> Summary {
    let of_side = || turns.iter().filter(|turn| turn.server == side);
    let figures = Medians::of(|figure| of_side().filter_map(|turn| turn.figure(figure)).collect());
    Summary { model: model.to_owned(), figures }
}

/// Between twins, so that a long prompt is compared with the same long prompt.
fn ratio(turns: &[Turn]) -> Medians {
    let (ours, theirs): (Vec<&Turn>, Vec<&Turn>) = turns.iter().partition(|turn| match turn.server {
        Side::Ours => true,
        Side::Theirs => false,
    });
    let twin = |our: &Turn| theirs.iter().find(|their| our.is_twin_of(their));
    let quotient = |our: &Turn, figure| Some(our.figure(figure)? / twin(our)?.figure(figure)?);
    Medians::of(|figure| ours.iter().filter_map(|our| quotient(our, figure)).collect())
}

impl Figures for Outcome {
    fn tables(&self, messages: Messages) -> Vec<Table> {
        vec![self.overall(messages), self.by_turn(messages), table::components(&self.components, messages)]
    }
}

impl Outcome {
    fn overall(&self, messages: Messages) -> Table {
        let language = messages.language();
        let headings = ["bench-column-what", "bench-column-ours", "bench-column-theirs", "bench-column-ratio"];
        let mut overall = Table::new(messages, &headings);
        let rows =
            [("bench-row-cold", Figure::Cold), ("bench-row-warm", Figure::Warm), ("bench-row-decode", Figure::Pace)];
        for (id, figure) in rows {
            let of = |summary: &Summary| summary.figures.get(figure);
            let [ours, theirs] = [of(&self.ours), self.theirs.as_ref().and_then(of)];
            let ratio = self.ratio.and_then(|ratio| ratio.get(figure));
            let cells = [table::interval(ours, language), table::interval(theirs, language)];
            overall.row(id, cells.into_iter().chain([table::ratio(ratio, language)]));
        }
        overall
    }

    /// Medians over conversations and rounds.
    fn by_turn(&self, messages: Messages) -> Table {
        let language = messages.language();
        let headings = [
            "bench-column-turn",
            "bench-column-prompt-tokens",
            "bench-column-cached-ours",
            "bench-column-cached-theirs",
            "bench-column-first-ours",
            "bench-column-first-theirs",
        ];
        let mut by_turn = Table::new(messages, &headings);
        for turn in 1..=self.turns.iter().map(|t| t.turn).max().unwrap_or(0) {
            let of = |side: Side, figure: &dyn Fn(&Turn) -> Option<f64>| {
                let asked = self.turns.iter().filter(|t| t.turn == turn && t.server == side);
                table::number(median(&asked.filter_map(figure).collect::<Vec<f64>>()), language)
            };
            let cached = |t: &Turn| t.cached_tokens.map(f64::from);
            let first = |t: &Turn| Some(t.first_token_ms);
            by_turn.figures([
                turn.to_string(),
                of(Side::Ours, &|t| t.prompt_tokens.map(f64::from)),
                of(Side::Ours, &cached),
                of(Side::Theirs, &cached),
                of(Side::Ours, &first),
                of(Side::Theirs, &first),
            ]);
        }
        by_turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(server: Side, conversation: &str, turn: usize, first_token_ms: f64) -> Turn {
        let answer = Answer {
            text: String::new(),
            reason: None,
            tokens: Vec::new(),
            first_token_ms,
            total_ms: 1000.0,
            tokens_per_second: Some(50.0),
            usage: None,
            timings: None,
            decoding: None,
        };
        Turn::new(server, conversation, 1, turn, &answer)
    }

    #[test]
    fn a_turn_is_compared_with_its_twin() {
        // Theirs come in another order, and one of them is missing.
        let turns = [
            turn(Side::Ours, "es", 1, 400.0),
            turn(Side::Ours, "es", 2, 30.0),
            turn(Side::Ours, "en", 1, 9000.0),
            turn(Side::Theirs, "es", 2, 60.0),
            turn(Side::Theirs, "es", 1, 100.0),
        ];
        let ratio = ratio(&turns);
        assert_eq!(ratio.first_token_cold, Some(Interval { median: 4.0, low: 4.0, high: 4.0 }));
        assert_eq!(ratio.first_token_warm, Some(Interval { median: 0.5, low: 0.5, high: 0.5 }));
    }

    #[test]
    fn only_the_first_turn_is_cold() {
        let turns = [1, 2, 3].map(|n| turn(Side::Ours, "es", n, if n == 1 { 500.0 } else { 50.0 }));
        let summary = summary(Side::Ours, "m", &turns);
        assert_eq!(summary.figures.first_token_cold.map(|i| i.median), Some(500.0));
        assert_eq!(summary.figures.first_token_warm.map(|i| i.high), Some(50.0));
        assert_eq!(super::summary(Side::Theirs, "m", &turns).figures.tokens_per_second, None);
    }
}
