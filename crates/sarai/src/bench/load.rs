//! `sarai bench load`: several clients at once, each asking again as soon as it has its answer, for a while.
//!
//! Another server gets the same load afterwards, alone. An answer that is under way when time is up counts, and so does
//! the time that it still takes.

use std::time::Duration;

use anyhow::Result;
use sarai_messages::Messages;
use sarai_types::{Message, Notice, Role};
use serde::Serialize;
use tokio::task::JoinSet;

use super::script;
use super::server::{AgainstArgs, ComponentSize, Question, Server, Servers, ms_between};
use super::statistics::percentile;
use super::table::{self, Table};
use super::{CommonArgs, Figures, Measured, MeasuredModel, now};
use crate::ending::Told;
use crate::shell::Shell;

/// Tokens of an answer.
const ANSWER_TOKENS: u32 = 64;
const DURATION_DEFAULT: Duration = Duration::from_secs(30);
/// A client whose request failed waits this long, so that a server that is down is not hammered.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(250);

#[derive(Debug, clap::Args)]
pub(super) struct LoadArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    /// How many ask at the same time.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=256))]
    #[arg(value_name = "bench-value-clients", help = "bench-help-clients")]
    clients: u32,
    #[command(flatten)]
    against: AgainstArgs,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Outcome {
    clients: u32,
    max_tokens: u32,
    ours: Throughput,
    theirs: Option<Throughput>,
    components: Vec<ComponentSize>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Throughput {
    model: String,
    /// Until the last answer was there.
    seconds: f64,
    /// Answered ones.
    requests: usize,
    errors: usize,
    requests_per_second: f64,
    /// Of the answers only. None where the server does not count them.
    tokens_per_second: Option<f64>,
    first_token_ms: Percentiles,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Percentiles {
    p50: Option<f64>,
    p90: Option<f64>,
    p99: Option<f64>,
}

/// What one client, or all of them, saw.
#[derive(Debug, Default)]
struct Tally {
    first_token_ms: Vec<f64>,
    completion_tokens: Option<u64>,
    errors: usize,
}

/// # Errors
/// A server is missing. Requests that fail are counted.
pub(super) async fn run(args: &LoadArgs, shell: &Shell) -> Result<Measured<Outcome>> {
    let servers = Servers::find(shell, args.common.model.as_ref(), &args.against).await?;
    let duration = args.common.duration.unwrap_or(DURATION_DEFAULT);
    let questions = script::load_questions()?;
    let drive = async |server: &Server| {
        let notice = Notice::new("bench-load").arg("model", &server.model).arg("seconds", duration.as_secs());
        shell.tell(&notice.arg("clients", args.clients));
        drive(server, &questions, args.clients, duration).await
    };
    let ours = drive(&servers.ours).await;
    let theirs = match &servers.theirs {
        Some(server) => Some(drive(server).await),
        None => None,
    };
    let components = servers.ours.components().await.map_err(|e| Told::failed(e.notice()))?;
    let model = MeasuredModel::look(&servers.ours.model, shell);
    let result = Outcome { clients: args.clients, max_tokens: ANSWER_TOKENS, ours, theirs, components };
    Ok(Measured { model, result })
}

async fn drive(server: &Server, questions: &[String], clients: u32, duration: Duration) -> Throughput {
    let start = now();
    let mut running = JoinSet::new();
    for client in 0..clients as usize {
        // Each client begins at another question.
        let mine: Vec<String> = questions.iter().cycle().skip(client).take(questions.len()).cloned().collect();
        let server = server.clone();
        running.spawn(async move { keep_asking(&server, &mine, start + duration).await });
    }
    let tally = running.join_all().await.into_iter().fold(Tally::default(), Tally::and);
    tally.throughput(&server.model, ms_between(start, now()) / 1e3)
}

async fn keep_asking(server: &Server, questions: &[String], until: std::time::Instant) -> Tally {
    let mut tally = Tally::default();
    for question in questions.iter().cycle() {
        if now() >= until {
            break;
        }
        match server.ask(Question::greedy(vec![Message::new(Role::User, question)], ANSWER_TOKENS)).await {
            Ok(answer) => tally.add(answer.first_token_ms, answer.usage.map(|u| u.completion_tokens)),
            Err(error) => {
                tracing::debug!(%error, "a request failed");
                tally.errors += 1;
                tokio::time::sleep(PAUSE_AFTER_ERROR).await;
            }
        }
    }
    tally
}

impl Tally {
    fn add(&mut self, first_token_ms: f64, completion_tokens: Option<u32>) {
        self.first_token_ms.push(first_token_ms);
        if let Some(tokens) = completion_tokens {
            *self.completion_tokens.get_or_insert(0) += u64::from(tokens);
        }
    }

    fn and(mut self, other: Self) -> Self {
        self.first_token_ms.extend(other.first_token_ms);
        self.completion_tokens = match (self.completion_tokens, other.completion_tokens) {
            (Some(a), Some(b)) => Some(a + b),
            (one, another) => one.or(another),
        };
        self.errors += other.errors;
        self
    }

    #[expect(clippy::cast_precision_loss, reason = "a benchmark answers far fewer than 2^52 tokens")]
    fn throughput(&self, model: &str, seconds: f64) -> Throughput {
        let of = |percent| percentile(&self.first_token_ms, percent);
        Throughput {
            model: model.to_owned(),
            seconds,
            requests: self.first_token_ms.len(),
            errors: self.errors,
            requests_per_second: self.first_token_ms.len() as f64 / seconds,
            tokens_per_second: self.completion_tokens.map(|tokens| tokens as f64 / seconds),
            first_token_ms: Percentiles { p50: of(50.0), p90: of(90.0), p99: of(99.0) },
        }
    }
}

impl Figures for Outcome {
    fn tables(&self, messages: Messages) -> Vec<Table> {
        let mut table = Table::new(messages, &["bench-column-what", "bench-column-ours", "bench-column-theirs"]);
        let mut row = |id, figure: fn(&Throughput) -> Option<f64>| {
            let figures = [figure(&self.ours), self.theirs.as_ref().and_then(figure)];
            table.row(id, figures.map(|value| table::number(value, messages.language())));
        };
        row("bench-row-requests", |t| Some(t.requests_per_second));
        row("bench-row-tokens", |t| t.tokens_per_second);
        row("bench-row-p50", |t| t.first_token_ms.p50);
        row("bench-row-p90", |t| t.first_token_ms.p90);
        row("bench-row-p99", |t| t.first_token_ms.p99);
        let mut row = |id, count: fn(&Throughput) -> usize| {
            table.row(id, [Some(count(&self.ours)), self.theirs.as_ref().map(count)].map(table::count));
        };
        row("bench-row-answered", |t| t.requests);
        row("bench-row-errors", |t| t.errors);
        vec![table, table::components(&self.components, messages)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_clients_saw_is_put_together() {
        let tallies = [(10.0, Some(40)), (30.0, Some(24)), (20.0, None)].map(|(first, tokens)| {
            let mut tally = Tally { errors: 1, ..Tally::default() };
            tally.add(first, tokens);
            tally
        });
        let all = tallies.into_iter().fold(Tally::default(), Tally::and).throughput("m", 4.0);
        assert_eq!((all.requests, all.errors), (3, 3));
        assert_eq!((all.requests_per_second, all.tokens_per_second), (0.75, Some(16.0)));
        assert_eq!((all.first_token_ms.p50, all.first_token_ms.p90), (Some(20.0), Some(28.0)));
    }

    #[test]
    fn a_server_that_answers_nothing_has_no_percentiles() {
        let none = Tally { errors: 9, ..Tally::default() }.throughput("m", 2.0);
        assert_eq!((none.requests, none.errors, none.tokens_per_second), (0, 9, None));
        assert_eq!(none.first_token_ms, Percentiles { p50: None, p90: None, p99: None });
    }
}
