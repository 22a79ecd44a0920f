//! `sarai bench speculative`: the corpus with each way of guessing ahead, against the same prompts without.
//!
//! The `serve` is its own and is started anew before each class and policy: answers are guessed from earlier ones too,
//! and an answer that was given a minute ago to the same prompt would be guessed whole, which no person's day is like.
//! Within a class what one answer teaches helps the next, as it does in use.
//!
//! A ratio is between two answers that follow each other: each prompt is read once, then answered with guesses and
//! without, in an order that changes from prompt to prompt and from round to round. So a computer that gets slower
//! favours nobody. Answers without guesses teach those with guesses nothing.
//!
//! A greedy answer must say what plain says. Both begin with the same cache, so nothing but the length of batches can
//! part them. Where they do part, plain is asked once more with probabilities: two candidates that are nearly as likely
//! change places when a batch of another length rounds otherwise.

mod summary;

use anyhow::Result;
use sarai_api::client::AnswerFormat;
use sarai_messages::Messages;
use sarai_types::{Message, Notice, Role, Speculation};
use serde::Serialize;

use super::corpus::{self, Class, Prompt};
use super::own::OwnServe;
use super::plot::{Body, Panel, Plot};
use super::server::{AgainstArgs, Answer, Question, Server, Side};
use super::statistics::{Interval, median_interval};
use super::table::{self, Table};
use super::{CommonArgs, Figures, Measured, MeasuredModel, SvgArg, goes_on, now, picked};
use crate::ending::Told;
use crate::shell::Shell;
use summary::{ClassGain, PolicySummary, PromptRatio, Sample, Search};

/// Draws the same for every policy, in every round another.
const SEED: u64 = 1009;
/// Alternatives that are needed to see a near-tie.
const ALTERNATIVES: u8 = 2;
/// Brings a fresh process to its usual speed, and is answered in a word.
const WARM_UP: &str = "Say yes.";
const WARM_UP_TOKENS: u32 = 8;

#[derive(Debug, clap::Args)]
pub(super) struct SpeculativeArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    /// How often the corpus is asked.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=50))]
    #[arg(value_name = "bench-value-rounds", help = "bench-help-rounds")]
    rounds: u32,
    /// Plain is always one of them.
    #[arg(long, default_value = "off,auto", value_delimiter = ',')]
    #[arg(value_name = "bench-value-policies", help = "bench-help-policies")]
    policies: Vec<Speculation>,
    /// Only these classes of prompts.
    #[arg(long = "class", value_delimiter = ',', value_parser = class)]
    #[arg(value_name = "bench-value-classes", help = "bench-help-classes")]
    classes: Vec<Class>,
    #[command(flatten)]
    pub(super) svg: SvgArg,
    #[command(flatten)]
    against: AgainstArgs,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Outcome {
    rounds: u32,
    prompts: usize,
    answers: Vec<Sample>,
    /// In tokens a second.
    plain: Vec<ClassPace>,
    /// Each but plain.
    policies: Vec<PolicySummary>,
    /// Empty unless `auto` and a fixed length were asked for.
    search: Vec<Search>,
    theirs: Option<Theirs>,
    #[serde(skip)]
    by_prompt: Vec<PromptRatio>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct ClassPace {
    class: Class,
    tokens_per_second: Option<Interval>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Theirs {
    model: String,
    /// `auto` over theirs.
    classes: Vec<ClassGain>,
}

/// Who answers a class of prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// We do, each prompt in this way and plain; once if this is plain.
    Ours(Speculation),
    Theirs,
}

/// # Errors
/// Its own `serve` does not come up, or a request fails.
pub(super) async fn run(args: &SpeculativeArgs, shell: &Shell) -> Result<Measured<Outcome>> {
    let theirs = Server::theirs(&args.against).await?;
    let prompts: Vec<Prompt> = corpus::prompts()?.into_iter().filter(|p| picked(&args.classes, &p.class)).collect();
    let turns = turns(&args.policies, theirs.is_some());
    shell.tell(&Notice::new("bench-own-serve"));
    let own = OwnServe::start(shell, args.common.model.as_ref()).await?;
    let model = own.server().await?.model;
    let mut bench = Bench { args, shell, own, theirs, samples: Vec::new() };
    let (begun, mut round) = (now(), 0);
    while goes_on(round, args.rounds, begun, args.common.duration) {
        round += 1;
        for (at, class) in Class::ALL.into_iter().enumerate() {
            let of_class: Vec<&Prompt> = prompts.iter().filter(|p| p.class == class).collect();
            if of_class.is_empty() {
                continue;
            }
            for turn in rotated(&turns, round as usize + at) {
                bench.ask_class(turn, &of_class, round).await?;
            }
        }
    }
    let result = bench.outcome(&turns, round, prompts.len());
    Ok(Measured { model: MeasuredModel::look(&model, shell), result })
}

struct Bench<'a> {
    args: &'a SpeculativeArgs,
    shell: &'a Shell,
    own: OwnServe<'a>,
    theirs: Option<Server>,
    samples: Vec<Sample>,
}

impl Bench<'_> {
    /// Asks every prompt of a class, of one server.
    async fn ask_class(&mut self, turn: Turn, prompts: &[&Prompt], round: u32) -> Result<()> {
        let class = prompts.first().map_or("", |p| p.class.as_str());
        let name = match (turn, &self.theirs) {
            (Turn::Ours(policy), _) => policy.to_string(),
            (Turn::Theirs, Some(theirs)) => theirs.model.clone(),
            (Turn::Theirs, None) => return Ok(()),
        };
        let notice = Notice::new("bench-class").arg("round", round).arg("rounds", self.args.rounds);
        self.shell.tell(&notice.arg("class", class).arg("policy", name));
        match turn {
            Turn::Ours(policy) => self.ask_ours(policy, prompts, round).await,
            Turn::Theirs => self.ask_theirs(prompts, round).await,
        }
    }

    async fn ask_ours(&mut self, policy: Speculation, prompts: &[&Prompt], round: u32) -> Result<()> {
        self.own.forget().await?;
        let server = self.own.server().await?;
        ask(&server, Question::greedy(vec![Message::new(Role::User, WARM_UP)], WARM_UP_TOKENS)).await?;
        for (at, prompt) in prompts.iter().enumerate() {
            let plain = question(prompt, round, Some(Speculation::Off));
            // Both find the prompt read, and nobody is timed reading it.
            ask(&server, Question { max_tokens: 1, ..plain.clone() }).await?;
            let first = self.samples.len();
            for told in order(policy, round as usize + at) {
                let answer = ask(&server, question(prompt, round, Some(told))).await?;
                self.samples.push(sample(Side::Ours, (told, policy), round, prompt, answer));
            }
            if summary::part(&self.samples[first..]) {
                let replay = ask(&server, Question { logprobs: Some(ALTERNATIVES), ..plain }).await?.tokens;
                for sample in self.samples[first..].iter_mut().filter(|s| s.policy != Speculation::Off) {
                    sample.replay.clone_from(&replay);
                }
            }
        }
        Ok(())
    }

    async fn ask_theirs(&mut self, prompts: &[&Prompt], round: u32) -> Result<()> {
        let Some(theirs) = &self.theirs else { return Ok(()) };
        for prompt in prompts {
            let answer = ask(theirs, question(prompt, round, None)).await?;
            self.samples.push(sample(Side::Theirs, (Speculation::Off, Speculation::Off), round, prompt, answer));
        }
        Ok(())
    }

    fn outcome(self, turns: &[Turn], rounds: u32, prompts: usize) -> Outcome {
        let Self { samples, theirs, .. } = self;
        let guessing = turns.iter().filter_map(|turn| match turn {
            Turn::Ours(Speculation::Off) | Turn::Theirs => None,
            Turn::Ours(policy) => Some(*policy),
        });
        let policies: Vec<PolicySummary> = guessing.map(|p| summary::policy(&samples, p)).collect();
        let plain = |class| {
            let of_class = |s: &&Sample| s.class == class && s.side_and_policy() == (Side::Ours, Speculation::Off);
            let paces: Vec<f64> = samples.iter().filter(of_class).filter_map(|s| s.tokens_per_second).collect();
            ClassPace { class, tokens_per_second: median_interval(&paces) }
        };
        let first = policies.first().map_or(Speculation::Auto, |p| p.policy);
        Outcome {
            rounds,
            prompts,
            plain: Class::ALL.map(plain).into_iter().filter(|p| p.tokens_per_second.is_some()).collect(),
            search: summary::search(&policies),
            theirs: theirs.map(|server| Theirs { model: server.model, classes: summary::against(&samples) }),
            by_prompt: summary::prompts(&samples, first),
            policies,
            answers: samples,
        }
    }
}

impl Sample {
    const fn side_and_policy(&self) -> (Side, Speculation) {
        (self.server, self.policy)
    }
}

/// Each policy once, in the order given, then the other server. Plain stands beside each of them, and alone if there is
/// no other.
fn turns(policies: &[Speculation], theirs: bool) -> Vec<Turn> {
    let mut turns = Vec::new();
    for policy in policies.iter().filter(|policy| **policy != Speculation::Off) {
        if !turns.contains(&Turn::Ours(*policy)) {
            turns.push(Turn::Ours(*policy));
        }
    }
    if turns.is_empty() {
        turns.push(Turn::Ours(Speculation::Off));
    }
    turns.extend(theirs.then_some(Turn::Theirs));
    turns
}

/// The same, beginning at another one.
fn rotated(turns: &[Turn], by: usize) -> Vec<Turn> {
    turns.iter().cycle().skip(by % turns.len().max(1)).take(turns.len()).copied().collect()
}

/// A policy and plain, every other time the other way round.
fn order(policy: Speculation, time: usize) -> Vec<Speculation> {
    match policy {
        Speculation::Off => vec![policy],
        _ if time.is_multiple_of(2) => vec![Speculation::Off, policy],
        _ => vec![policy, Speculation::Off],
    }
}

fn question(prompt: &Prompt, round: u32, speculation: Option<Speculation>) -> Question {
    Question {
        tools: prompt.tools.clone(),
        temperature: prompt.temperature,
        seed: SEED + u64::from(round),
        format: prompt.schema.clone().map(AnswerFormat::JsonSchema),
        speculation,
        ..Question::greedy(prompt.messages.clone(), prompt.max_tokens)
    }
}

async fn ask(server: &Server, question: Question) -> Result<Answer, Told> {
    server.ask(question).await.map_err(|e| Told::failed(e.notice()))
}

/// `told` is how to guess, and the policy that took turns with plain.
fn sample(server: Side, told: (Speculation, Speculation), round: u32, prompt: &Prompt, answer: Answer) -> Sample {
    Sample {
        server,
        policy: told.0,
        beside: told.1,
        round,
        prompt: prompt.name.clone(),
        class: prompt.class,
        temperature: prompt.temperature,
        completion_tokens: answer.usage.map_or(0, |u| u.completion_tokens),
        total_ms: answer.total_ms,
        tokens_per_second: answer.decode_pace(),
        decoding: answer.decoding.map(Into::into),
        text: answer.text,
        replay: Vec::new(),
    }
}

fn class(word: &str) -> Result<Class, String> {
    let named = Class::ALL.into_iter().find(|class| class.as_str() == word);
    named.ok_or_else(|| Class::ALL.map(Class::as_str).join(", "))
}

impl Figures for Outcome {
    fn tables(&self, messages: Messages) -> Vec<Table> {
        let mut tables = vec![self.speed(messages), self.sources(messages), self.equality(messages)];
        let told = self.policies.iter().flat_map(|p| &p.greedy.divergences).count();
        tables.extend((told > 0).then(|| self.divergences(messages)));
        tables.extend((!self.search.is_empty()).then(|| self.searched(messages)));
        tables.extend(self.theirs.as_ref().map(|theirs| compared(theirs, messages)));
        tables
    }

    fn plot(&self, messages: Messages) -> Option<Plot> {
        let classes: Vec<Class> = self.plain.iter().map(|p| p.class).collect();
        let of = |summary: &PolicySummary| {
            let gain = |class| summary.classes.iter().find(|c| c.class == class)?.gain.ratio;
            let ratios = std::iter::once(summary.overall.ratio).chain(classes.iter().map(|class| gain(*class)));
            (summary.policy.to_string(), ratios.collect())
        };
        let all = std::iter::once(messages.get("bench-row-all")).chain(classes.iter().map(|c| c.as_str().to_owned()));
        let by_class = Panel {
            title: messages.get("bench-plot-speculative"),
            mark: Some(1.0),
            body: Body::Bars { labels: all.collect(), series: self.policies.iter().map(of).collect() },
        };
        let one = |ratio: f64| Some(Interval { median: ratio, low: ratio, high: ratio });
        let first = self.policies.first()?.policy.to_string();
        let by_prompt = Panel {
            title: messages.get("bench-plot-prompts"),
            mark: Some(1.0),
            body: Body::Bars {
                labels: self.by_prompt.iter().map(|p| p.prompt.clone()).collect(),
                series: vec![(first, self.by_prompt.iter().map(|p| one(p.ratio)).collect())],
            },
        };
        Some(Plot {
            title: messages.get("bench-title-speculative"),
            panels: vec![by_class, by_prompt],
            ..Plot::default()
        })
    }
}

impl Outcome {
    fn speed(&self, messages: Messages) -> Table {
        let language = messages.language();
        let headings = ["bench-column-policy", "bench-column-class", "bench-column-plain", "bench-column-over-plain"];
        let mut table = Table::new(messages, &[&headings[..], &["bench-column-over-plain-total"]].concat());
        let total = |gain: &summary::Gain| table::ratio(gain.ratio_total, language);
        for summary in &self.policies {
            let policy = summary.policy.to_string();
            let gain = &summary.overall;
            let all = messages.get("bench-row-all");
            table.figures([policy.clone(), all, String::new(), table::ratio(gain.ratio, language), total(gain)]);
            for ClassGain { class, gain, .. } in &summary.classes {
                let plain = self.plain.iter().find(|p| p.class == *class).and_then(|p| p.tokens_per_second);
                let plain = table::interval(plain, language);
                let ratio = table::ratio(gain.ratio, language);
                table.figures([policy.clone(), class.as_str().to_owned(), plain, ratio, total(gain)]);
            }
            if let Some(worst) = &summary.worst {
                let ratio = table::hundredths(Some(worst.ratio), language);
                let what = format!("{} {}", messages.get("bench-row-worst"), worst.prompt);
                table.figures([policy, what, String::new(), ratio, String::new()]);
            }
        }
        table
    }

    fn sources(&self, messages: Messages) -> Table {
        let headings = [
            "bench-column-policy",
            "bench-column-batches",
            "bench-column-forced",
            "bench-column-suffix",
            "bench-column-draft-model",
        ];
        let mut table = Table::new(messages, &headings);
        for PolicySummary { policy, guesses, .. } in &self.policies {
            let of = |counts: summary::Counts| format!("{} / {}", counts.accepted, counts.drafted);
            let [suffix, model] = [guesses.suffix, guesses.model].map(of);
            table.figures([policy.to_string(), guesses.batches.to_string(), guesses.forced.to_string(), suffix, model]);
        }
        table
    }

    fn equality(&self, messages: Messages) -> Table {
        let headings = [
            "bench-column-policy",
            "bench-column-greedy-answers",
            "bench-column-same",
            "bench-column-near-ties",
            "bench-column-other-differences",
            "bench-column-greedy-tokens",
        ];
        let mut table = Table::new(messages, &headings);
        for PolicySummary { policy, greedy, .. } in &self.policies {
            let others = greedy.divergences.len() - greedy.near_ties;
            let counts = [greedy.answers, greedy.same, greedy.near_ties, others].map(|n| n.to_string());
            let tokens = greedy.tokens_compared.to_string();
            table.figures(std::iter::once(policy.to_string()).chain(counts).chain([tokens]));
        }
        table
    }

    fn divergences(&self, messages: Messages) -> Table {
        let language = messages.language();
        let headings = [
            "bench-column-policy",
            "bench-column-prompt",
            "bench-column-token",
            "bench-column-gap",
            "bench-column-plain-says",
            "bench-column-other-says",
        ];
        let mut table = Table::new(messages, &headings);
        for PolicySummary { policy, greedy, .. } in &self.policies {
            for d in &greedy.divergences {
                let (token, gap) = (table::count(d.token), table::hundredths(d.logprob_gap, language));
                let prompt = format!("{} ({})", d.prompt, d.round);
                table.figures([policy.to_string(), prompt, token, gap, d.plain.clone(), d.other.clone()]);
            }
        }
        table
    }

    fn searched(&self, messages: Messages) -> Table {
        let language = messages.language();
        let headings = [
            "bench-column-class",
            "bench-column-best",
            "bench-column-best-ratio",
            "bench-column-auto-ratio",
            "bench-column-share",
        ];
        let mut table = Table::new(messages, &headings);
        for found in &self.search {
            let class = found.class.map_or_else(|| messages.get("bench-row-all"), |class| class.as_str().to_owned());
            let figures = [found.best_ratio, found.auto_ratio, found.share];
            let figures = figures.map(|value| table::hundredths(Some(value), language));
            table.figures([class, found.best.to_string()].into_iter().chain(figures));
        }
        table
    }
}

fn compared(theirs: &Theirs, messages: Messages) -> Table {
    let mut table = Table::new(messages, &["bench-column-class", "bench-column-over-theirs"]);
    for ClassGain { class, gain, .. } in &theirs.classes {
        table.figures([class.as_str().to_owned(), table::ratio(gain.ratio, messages.language())]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_asked_twice_and_plain_beside_each() {
        use Speculation::{Auto, Fixed, Off};
        let [off, auto, fixed] = [Off, Auto, Fixed(4)].map(Turn::Ours);
        assert_eq!(turns(&[Auto, Auto, Off, Fixed(4)], true), [auto, fixed, Turn::Theirs]);
        assert_eq!(turns(&[Off], false), [off]);
        assert_eq!(turns(&[], true), [off, Turn::Theirs]);
        assert_eq!(rotated(&[off, auto], 3), [auto, off]);
        assert_eq!(rotated(&[off, auto, fixed], 2), [fixed, off, auto]);
        assert_eq!(order(Auto, 0), [Off, Auto]);
        assert_eq!(order(Auto, 1), [Auto, Off]);
        assert_eq!(order(Off, 1), [Off]);
    }

    #[test]
    fn every_policy_is_asked_the_same() {
        let prompts = corpus::prompts().unwrap();
        let json = prompts.iter().find(|p| p.class == Class::Json).unwrap();
        let plain = question(json, 2, Some(Speculation::Off));
        let auto = question(json, 2, Some(Speculation::Auto));
        assert_eq!(Question { speculation: plain.speculation, ..auto.clone() }, plain);
        assert_ne!(question(json, 1, Some(Speculation::Auto)).seed, auto.seed);
        assert!(matches!(auto.format, Some(AnswerFormat::JsonSchema(_))));
    }

    #[test]
    fn classes_have_their_own_words() {
        for known in Class::ALL {
            assert_eq!(class(known.as_str()), Ok(known));
        }
        assert!(class("poetry").is_err());
    }
}
