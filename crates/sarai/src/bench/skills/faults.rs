//! Calls while skills are killed and stopped.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use fs_err as fs;
use rustix::process::{Pid, Signal, kill_process};
use sarai_api::ASSISTANT;
use sarai_api::client::{ChatRequest, Client, StreamItem};
use sarai_messages::Messages;
use sarai_skills::{Granted, Skill};
use sarai_types::{Language, Message, ModelId, Role, SkillName, SkillWish};
use serde::Serialize;
use tokio::process::Command;

use crate::bench::own::{OwnServe, Process, is_alive, tree_of};
use crate::bench::statistics::percentile;
use crate::bench::table::{self, Table};
use crate::bench::{ms_between, now};
use crate::shell::Shell;
use crate::worker;

/// Copies of the measured skill that are asked under fire, so that one fault leaves three that answer.
const SKILLS: usize = 4;
/// How often each of them is killed then. One more, and the supervisor leaves it alone for half a minute, as it should.
const KILLS_MAX: usize = 4;
/// With a table that is never looked at.
const DATABASE: &str = "numbers.db";
/// Calls at once.
const CALLERS: u32 = 16;
/// Between two kills while calls are made.
const KILL_EVERY: Duration = Duration::from_millis(400);
/// Copies that are killed once, and stopped once, for how long it takes until they answer again. Each has a clean past:
/// the pause before a restart grows with every one.
const KILLED: usize = 20;
const STOPPED: usize = 5;
const POLL: Duration = Duration::from_millis(2);
const AGAIN_MAX: Duration = Duration::from_secs(20);
/// A skill that has served for so long is no crash loop.
const CALM: Duration = Duration::from_millis(1500);

/// What became of the calls, and how long faults lasted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Faults {
    calls: u32,
    answered: u32,
    /// With an error that says what happened.
    failed: u32,
    /// Without an answer and without an error.
    lost: u32,
    /// With what another call asked for.
    wrong: u32,
    kills: u32,
    /// From SIGKILL to an answer, and from SIGSTOP.
    killed_ms: Vec<f64>,
    stopped_ms: Vec<f64>,
    /// Processes of skills that were left when all had ended.
    left_over: usize,
}

/// The model that was served, and what happened.
pub(super) async fn run(
    model: Option<&ModelId>,
    calls: u32,
    skill: &Skill<Granted>,
    shell: &Shell,
) -> Result<(String, Faults)> {
    let mut own = OwnServe::start_unmeasured(shell, model).await?;
    let served = own.server().await?.model;
    let names = install(skill, own.folder()).await?;
    let (under_fire, others) = names.split_at(SKILLS);
    let (killed, stopped) = others.split_at(KILLED);
    let client = own.client();
    for name in under_fire {
        until_answers(&client, name).await?;
    }
    let mut faults = fire(&client, under_fire, calls, &own).await?;
    for (names, signal, samples) in
        [(killed, Signal::KILL, &mut faults.killed_ms), (stopped, Signal::STOP, &mut faults.stopped_ms)]
    {
        for name in names {
            until_answers(&client, name).await?;
            tokio::time::sleep(CALM).await;
            samples.push(fault(&client, name, &own, signal).await?);
        }
    }
    let below: Vec<Process> = own.pid().map(tree_of).unwrap_or_default();
    own.kill().await?;
    tokio::time::sleep(CALM).await;
    faults.left_over = below.iter().filter(|process| is_alive(process.pid)).count();
    Ok((served, faults))
}

/// Puts copies of the skill where the benchmark's own `serve` looks, and agrees to them.
async fn install(skill: &Skill<Granted>, home: &Path) -> Result<Vec<SkillName>> {
    let database = home.join(DATABASE);
    fs::write(&database, include_bytes!("numbers.db"))?;
    let mut names = Vec::new();
    for number in 1..=SKILLS + KILLED + STOPPED {
        let name: SkillName = format!("{}-{number}", skill.name()).parse()?;
        let folder = home.join("skills").join(name.as_str());
        fs::create_dir_all(folder.join("bin"))?;
        fs::write(folder.join("SKILL.md"), format!("---\nname: {name}\ndescription: Measured.\n---\n"))?;
        let program = skill.folder().join("bin");
        let program = fs::read_dir(program)?.next().context("the skill has no program")??.path();
        fs::copy(&program, folder.join("bin/skill"))?;
        fs::write(folder.join("sarai.skill.toml"), manifest(&database))?;
        let mut trust = Command::new(worker::this_program()?);
        trust.args(["skill", "trust", "--yes", name.as_str()]).env("SARAI_HOME", home);
        let trusted = trust.output().await?;
        anyhow::ensure!(trusted.status.success(), "{}", String::from_utf8_lossy(&trusted.stderr));
        names.push(name);
    }
    Ok(names)
}

/// It may read one database: without any, the skill has nothing to run a query on.
fn manifest(database: &Path) -> String {
    let read = serde_json::Value::from(database.to_string_lossy());
    format!("version = \"1.0.0\"\ncommand = [\"bin/skill\"]\n[grants]\nread = [{read}]\n")
}

/// What one call came to.
enum Heard {
    Answer(String),
    Refused,
    Nothing,
}

async fn ask(client: &Client, skill: &SkillName, number: u32) -> Heard {
    let arguments = serde_json::json!({"query": format!("SELECT {number} AS n")}).to_string();
    let request = ChatRequest {
        model: ASSISTANT.to_owned(),
        messages: vec![Message::new(Role::User, "")],
        skill: SkillWish::Named { name: skill.clone(), arguments },
        ..ChatRequest::default()
    };
    let Ok(mut stream) = client.chat(&request).await else { return Heard::Refused };
    let mut data = None;
    while let Some(item) = stream.next().await {
        match item {
            Ok(StreamItem::Figures { details: Some(details), .. }) => data = details.skill.and_then(|skill| skill.data),
            Ok(_) => {}
            Err(_) => return Heard::Refused,
        }
    }
    data.map_or(Heard::Nothing, |data| Heard::Answer(data["rows"].to_string()))
}

async fn until_answers(client: &Client, skill: &SkillName) -> Result<()> {
    let answers = async {
        while !matches!(ask(client, skill, 1).await, Heard::Answer(_)) {
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::time::timeout(AGAIN_MAX, answers).await.context("the skill does not answer again")
}

/// Many calls at once, while one skill after another is killed.
async fn fire(client: &Client, names: &[SkillName], calls: u32, own: &OwnServe<'_>) -> Result<Faults> {
    let counts = Arc::new(Counts::default());
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..CALLERS {
        let (client, names, counts) = (client.clone(), names.to_vec(), Arc::clone(&counts));
        callers.spawn(async move {
            for number in (caller..calls).step_by(CALLERS as usize) {
                let skill = &names[number as usize % names.len()];
                counts.count(number, ask(&client, skill, number).await);
            }
        });
    }
    let mut kills = 0;
    let mut every = tokio::time::interval(KILL_EVERY);
    loop {
        tokio::select! {
            ended = callers.join_next() => match ended {
                Some(ended) => ended?,
                None => break,
            },
            _ = every.tick(), if (kills as usize) < KILLS_MAX * names.len() => {
                let skill = &names[kills as usize % names.len()];
                kills += u32::from(strike(own, skill, Signal::KILL).is_some());
            }
        }
    }
    let [answered, failed, lost, wrong] =
        [&counts.answered, &counts.failed, &counts.lost, &counts.wrong].map(|count| count.load(Ordering::Relaxed));
    let (killed_ms, stopped_ms) = (Vec::new(), Vec::new());
    Ok(Faults { calls, answered, failed, lost, wrong, kills, killed_ms, stopped_ms, left_over: 0 })
}

#[derive(Debug, Default)]
struct Counts {
    answered: AtomicU32,
    failed: AtomicU32,
    lost: AtomicU32,
    wrong: AtomicU32,
}

impl Counts {
    fn count(&self, number: u32, heard: Heard) {
        let count = match heard {
            Heard::Answer(rows) if rows == format!("[[{number}]]") => &self.answered,
            Heard::Answer(_) => &self.wrong,
            Heard::Refused => &self.failed,
            Heard::Nothing => &self.lost,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// Hits a skill's own process, behind its launcher and the jail's first process.
fn strike(own: &OwnServe<'_>, skill: &SkillName, signal: Signal) -> Option<()> {
    let jail = format!("skill-{skill}");
    let launcher = own.pid().map(tree_of)?.into_iter().find(|process| process.arguments.contains(&jail))?;
    let process = tree_of(launcher.pid).into_iter().last()?;
    kill_process(Pid::from_raw(i32::try_from(process.pid).ok()?)?, signal).ok()
}

/// From the fault to the next answer, in milliseconds.
async fn fault(client: &Client, skill: &SkillName, own: &OwnServe<'_>, signal: Signal) -> Result<f64> {
    let begun: Instant = now();
    strike(own, skill, signal).context("the skill's process cannot be found")?;
    until_answers(client, skill).await?;
    Ok(ms_between(begun, now()))
}

impl Faults {
    pub(super) fn table(&self, messages: Messages, language: Language) -> Table {
        let mut table = Table::new(messages, &["bench-column-figure", "bench-column-value"]);
        for (id, count) in [
            ("bench-row-calls", self.calls),
            ("bench-row-answered", self.answered),
            ("bench-row-failed", self.failed),
            ("bench-row-lost", self.lost),
            ("bench-row-wrong", self.wrong),
            ("bench-row-kills", self.kills),
        ] {
            table.row(id, [count.to_string()]);
        }
        for (id, samples) in [("bench-row-killed", &self.killed_ms), ("bench-row-stopped", &self.stopped_ms)] {
            let [p50, p99] = [50.0, 99.0].map(|percent| table::number(percentile(samples, percent), language));
            table.row(id, [format!("{p50} / {p99}")]);
        }
        table.row("bench-row-left-over", [self.left_over.to_string()]);
        table
    }
}
