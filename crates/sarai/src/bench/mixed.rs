//! `sarai bench mixed`: what a person feels of work that goes on behind their back.
//!
//! Short questions, one after the other with a pause between: alone; while rules act all the time; while a job of the
//! lowest priority writes without end; and while a task of the middle priority writes too. Nothing is guessed ahead and every prompt is new, so that
//! the three differ in nothing but the company. Another server gets the same load; it knows no priorities.

mod rules;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use sarai_messages::Messages;
use sarai_types::{Message, Notice, Priority, Role, Speculation};
use serde::Serialize;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use self::rules::ActiveLoop;
use super::own::OwnServe;
use super::plot::{Body, Panel, Plot};
use super::script;
use super::server::{AgainstArgs, Question, Server, Side, ms_between};
use super::statistics::{Interval, median_interval};
use super::table::{self, Table};
use super::{CommonArgs, Figures, Measured, MeasuredModel, SvgArg, goes_on, now};
use crate::ending::Told;
use crate::shell::Shell;

/// Tokens of an answer to a person.
const ANSWER_TOKENS: u32 = 32;
/// Tokens of one piece of work in the background: short enough that many are finished while people ask.
const JOB_TOKENS: u32 = 96;
/// Between two questions: the work behind is under way again when the next one comes.
const PAUSE: Duration = Duration::from_millis(700);
/// A job that was refused waits before it asks again.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(500);

#[derive(Debug, clap::Args)]
pub(super) struct MixedArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    /// How often the questions are asked in each company.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=50))]
    #[arg(value_name = "bench-value-rounds", help = "bench-help-rounds")]
    rounds: u32,
    #[command(flatten)]
    pub(super) svg: SvgArg,
    #[command(flatten)]
    against: AgainstArgs,
}

/// Who else is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Company {
    Alone,
    /// A proactive loop with actions that need no model.
    Rules,
    Background,
    /// A background job and a task.
    Both,
}

impl Company {
    const ALL: [Self; 4] = [Self::Alone, Self::Rules, Self::Background, Self::Both];

    const fn jobs(self) -> &'static [Priority] {
        match self {
            Self::Alone | Self::Rules => &[],
            Self::Background => &[Priority::Background],
            Self::Both => &[Priority::Background, Priority::Task],
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Outcome {
    rounds: u32,
    questions: Vec<Asked>,
    work: Vec<Work>,
    /// Actions of the rules an hour, in each round.
    actions_per_hour: Vec<f64>,
    ours: Vec<Summary>,
    theirs: Option<Vec<Summary>>,
}

/// A person's question.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Asked {
    server: Side,
    company: Company,
    round: u32,
    first_token_ms: f64,
    /// Until its first batch, by the worker's clock: how long the work behind held it up.
    queued_ms: Option<f64>,
    tokens_per_second: Option<f64>,
}

/// What the jobs got done meanwhile.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Work {
    server: Side,
    company: Company,
    round: u32,
    #[serde(serialize_with = "as_word")]
    priority: Priority,
    jobs: u32,
    tokens: u64,
    /// Of the jobs that ended.
    seconds: f64,
    refused: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Summary {
    company: Company,
    model: String,
    first_token_ms: Option<Interval>,
    queued_ms: Option<Interval>,
    /// The first token in this company over the first token alone, between the medians.
    slowdown: Option<f64>,
    tokens_per_second: Option<Interval>,
    background_tokens_per_second: Option<f64>,
    task_tokens_per_second: Option<f64>,
}

/// # Errors
/// Its own `serve` does not come up, or a person's question fails. A job that is refused is counted.
pub(super) async fn run(args: &MixedArgs, shell: &Shell, stamp: &str) -> Result<Measured<Outcome>> {
    let theirs = Server::theirs(&args.against).await?;
    let questions = script::load_questions()?;
    shell.tell(&Notice::new("bench-own-serve"));
    let own = OwnServe::start(shell, args.common.model.as_ref()).await?;
    let ours = own.server().await?;
    let (mut asked, mut work, mut actions_per_hour) = (Vec::new(), Vec::new(), Vec::new());
    let (begun, mut round) = (now(), 0);
    while goes_on(round, args.rounds, begun, args.common.duration) {
        round += 1;
        for company in Company::ALL {
            // Another server has no rules; what it answers alone is what it answers.
            let others = theirs.as_ref().filter(|_| company != Company::Rules);
            for server in [Some(&ours), others].into_iter().flatten() {
                let notice = Notice::new("bench-company").arg("round", round).arg("rounds", args.rounds);
                shell.tell(&notice.arg("jobs", company.jobs().len()).arg("model", &server.model));
                let scene = Scene { server, company, round, stamp };
                let active = match company {
                    Company::Rules => Some(ActiveLoop::start(own.folder()).await?),
                    Company::Alone | Company::Background | Company::Both => None,
                };
                let (more, done) = scene.play(&questions).await?;
                if let Some(active) = active {
                    actions_per_hour.push(active.end().await?);
                }
                asked.extend(more);
                work.extend(done);
            }
        }
    }
    let summaries = |server: &Server| summaries(server.side, &server.model, &asked, &work);
    let (of_ours, of_theirs) = (summaries(&ours), theirs.as_ref().map(summaries));
    let model = MeasuredModel::look(&ours.model, shell);
    let result = Outcome { rounds: round, questions: asked, work, actions_per_hour, ours: of_ours, theirs: of_theirs };
    Ok(Measured { model, result })
}

/// One server in one company, once.
struct Scene<'a> {
    server: &'a Server,
    company: Company,
    round: u32,
    stamp: &'a str,
}

impl Scene<'_> {
    async fn play(&self, questions: &[String]) -> Result<(Vec<Asked>, Vec<Work>)> {
        let enough = Arc::new(Notify::new());
        let mut jobs = JoinSet::new();
        for priority in self.company.jobs() {
            let job = Job {
                server: self.server.clone(),
                company: self.company,
                round: self.round,
                priority: *priority,
                stamp: format!("{priority:?} {} {}", self.round, self.stamp),
                texts: questions.to_vec(),
            };
            jobs.spawn(job.work_until(Arc::clone(&enough)));
        }
        let mut asked = Vec::new();
        for (at, question) in questions.iter().enumerate() {
            tokio::time::sleep(PAUSE).await;
            let stamp = format!("{:?} {} {at} {}", self.company, self.round, self.stamp);
            let question = self.question(&stamp, question, ANSWER_TOKENS, Priority::Interactive);
            let answer = self.server.ask(question).await.map_err(|e| Told::failed(e.notice()))?;
            asked.push(Asked {
                server: self.server.side,
                company: self.company,
                round: self.round,
                first_token_ms: answer.first_token_ms,
                queued_ms: answer.timings.map(|t| t.queued_ms),
                tokens_per_second: answer.decode_pace(),
            });
        }
        enough.notify_waiters();
        Ok((asked, jobs.join_all().await))
    }

    fn question(&self, stamp: &str, text: &str, max_tokens: u32, priority: Priority) -> Question {
        question(self.server.side, stamp, text, max_tokens, priority)
    }
}

/// New to whoever reads it, and with nothing beyond OpenAI's fields for another server.
fn question(side: Side, stamp: &str, text: &str, max_tokens: u32, priority: Priority) -> Question {
    let messages = vec![script::system(stamp, "You answer at length."), Message::new(Role::User, text)];
    let (priority, speculation) = match side {
        Side::Ours => (priority, Some(Speculation::Off)),
        Side::Theirs => (Priority::Interactive, None),
    };
    Question { priority, speculation, ..Question::greedy(messages, max_tokens) }
}

/// Work that goes on until it is told that it is enough.
struct Job {
    server: Server,
    company: Company,
    round: u32,
    priority: Priority,
    stamp: String,
    texts: Vec<String>,
}

impl Job {
    /// An answer that is under way then is given up, and does not count.
    async fn work_until(self, enough: Arc<Notify>) -> Work {
        let enough = enough.notified();
        tokio::pin!(enough);
        let start = now();
        let mut work = Work {
            server: self.server.side,
            company: self.company,
            round: self.round,
            priority: self.priority,
            jobs: 0,
            tokens: 0,
            seconds: 0.0,
            refused: 0,
        };
        for (at, text) in self.texts.iter().cycle().enumerate() {
            let stamp = format!("{at} {}", self.stamp);
            let question = question(self.server.side, &stamp, text, JOB_TOKENS, self.priority);
            let answer = tokio::select! {
                biased;
                () = &mut enough => break,
                answer = self.server.ask(question) => answer,
            };
            match answer {
                Ok(answer) => {
                    work.jobs += 1;
                    work.tokens += u64::from(answer.usage.map_or(0, |u| u.completion_tokens));
                    work.seconds = ms_between(start, now()) / 1e3;
                }
                Err(error) => {
                    tracing::debug!(%error, "a job was not done");
                    work.refused += 1;
                    tokio::time::sleep(PAUSE_AFTER_ERROR).await;
                }
            }
        }
        work
    }
}

fn summaries(side: Side, model: &str, asked: &[Asked], work: &[Work]) -> Vec<Summary> {
    let summary = |company: Company| {
        let of_company = || asked.iter().filter(move |a| a.server == side && a.company == company);
        let median = |of: fn(&Asked) -> Option<f64>| median_interval(&of_company().filter_map(of).collect::<Vec<_>>());
        let pace = |priority: Priority| {
            let done = work.iter().filter(|w| w.server == side && w.company == company && w.priority == priority);
            let (tokens, seconds) = done.fold((0, 0.0), |(t, s), w| (t + w.tokens, s + w.seconds));
            #[expect(clippy::cast_precision_loss, reason = "a benchmark answers far fewer than 2^52 tokens")]
            let pace = tokens as f64 / seconds;
            (seconds > 0.0).then_some(pace)
        };
        Summary {
            company,
            model: model.to_owned(),
            first_token_ms: median(|a| Some(a.first_token_ms)),
            queued_ms: median(|a| a.queued_ms),
            slowdown: None,
            tokens_per_second: median(|a| a.tokens_per_second),
            background_tokens_per_second: pace(Priority::Background),
            task_tokens_per_second: pace(Priority::Task),
        }
    };
    let mut all = Company::ALL.map(summary).to_vec();
    let alone = all.iter().find(|s| s.company == Company::Alone).and_then(|s| s.first_token_ms);
    for summary in &mut all {
        summary.slowdown = summary.first_token_ms.zip(alone).map(|(here, alone)| here.median / alone.median);
    }
    all
}

impl Figures for Outcome {
    fn tables(&self, messages: Messages) -> Vec<Table> {
        let language = messages.language();
        let headings = [
            "bench-column-company",
            "bench-column-first",
            "bench-column-slowdown",
            "bench-column-queued",
            "bench-column-person-pace",
            "bench-column-background-pace",
            "bench-column-task-pace",
        ];
        let table = |summaries: &[Summary]| {
            let mut table = Table::new(messages, &headings);
            for s in summaries {
                let first = table::interval(s.first_token_ms, language);
                let slowdown = table::hundredths(s.slowdown, language);
                let [queued, pace] = [s.queued_ms, s.tokens_per_second].map(|i| table::interval(i, language));
                let work = [s.background_tokens_per_second, s.task_tokens_per_second];
                let work = work.map(|pace| table::number(pace, language));
                table.row(company_id(s.company), [first, slowdown, queued, pace].into_iter().chain(work));
            }
            table
        };
        let mut actions = Table::new(messages, &["bench-column-company", "bench-column-actions"]);
        let per_hour = table::interval(median_interval(&self.actions_per_hour), language);
        actions.row(company_id(Company::Rules), [per_hour]);
        let tables = std::iter::once(&self.ours).chain(&self.theirs).map(|summaries| table(summaries));
        tables.chain([actions]).collect()
    }

    fn plot(&self, messages: Messages) -> Option<Plot> {
        let series = |id: &str, summaries: &[Summary]| {
            (messages.get(id), summaries.iter().map(|s| s.first_token_ms).collect::<Vec<_>>())
        };
        let ours = [series("bench-column-ours", &self.ours)].into_iter();
        let theirs = self.theirs.as_ref().map(|theirs| series("bench-column-theirs", theirs));
        let panel = Panel {
            title: messages.get("bench-plot-mixed"),
            mark: None,
            body: Body::Bars {
                labels: self.ours.iter().map(|s| messages.get(company_id(s.company))).collect(),
                series: ours.chain(theirs).collect(),
            },
        };
        Some(Plot { title: messages.get("bench-title-mixed"), panels: vec![panel], ..Plot::default() })
    }
}

const fn company_id(company: Company) -> &'static str {
    match company {
        Company::Alone => "bench-row-alone",
        Company::Rules => "bench-row-with-rules",
        Company::Background => "bench-row-with-background",
        Company::Both => "bench-row-with-both",
    }
}

fn as_word<S: serde::Serializer>(priority: &Priority, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match priority {
        Priority::Interactive => "interactive",
        Priority::Task => "task",
        Priority::Background => "background",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn company_is_compared_with_being_alone() {
        let asked = |company, first_token_ms| Asked {
            server: Side::Ours,
            company,
            round: 1,
            first_token_ms,
            queued_ms: Some(3.0),
            tokens_per_second: Some(25.0),
        };
        let done = |company, priority, tokens, seconds| Work {
            server: Side::Ours,
            company,
            round: 1,
            priority,
            jobs: 1,
            tokens,
            seconds,
            refused: 0,
        };
        let asked = [
            asked(Company::Alone, 100.0),
            asked(Company::Rules, 102.0),
            asked(Company::Background, 120.0),
            asked(Company::Background, 140.0),
            asked(Company::Both, 150.0),
        ];
        let work = [
            done(Company::Background, Priority::Background, 100, 5.0),
            done(Company::Both, Priority::Background, 10, 5.0),
            done(Company::Both, Priority::Task, 90, 5.0),
            // It never got anything done.
            done(Company::Both, Priority::Task, 0, 0.0),
        ];
        let all = summaries(Side::Ours, "m", &asked, &work);
        let slowdowns: Vec<_> = all.iter().map(|s| s.slowdown.unwrap()).collect();
        assert_eq!(slowdowns, [1.0, 1.02, 1.3, 1.5]);
        assert_eq!(all[2].background_tokens_per_second, Some(20.0));
        assert_eq!((all[3].background_tokens_per_second, all[3].task_tokens_per_second), (Some(2.0), Some(18.0)));
        assert_eq!((all[0].background_tokens_per_second, all[0].task_tokens_per_second), (None, None));
        assert_eq!(summaries(Side::Theirs, "t", &asked, &work)[0].slowdown, None);
    }

    #[test]
    fn another_server_hears_nothing_of_priorities() {
        let ours = question(Side::Ours, "1", "?", 8, Priority::Background);
        let theirs = question(Side::Theirs, "1", "?", 8, Priority::Background);
        assert_eq!((ours.priority, ours.speculation), (Priority::Background, Some(Speculation::Off)));
        assert_eq!((theirs.priority, theirs.speculation), (Priority::Interactive, None));
        assert!(ours.messages[0].text.starts_with("[1] "));
    }
}
