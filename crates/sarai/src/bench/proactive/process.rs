//! A loop under a supervisor, killed, stopped, weighed, and left alone.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use sarai_config::Folders;
use sarai_daemon::child::Child;
use sarai_loop::door;
use serde::Serialize;
use tokio::time::Instant;

use crate::bench::statistics::percentile;
use crate::bench::{ms_between, now};
use crate::commands::loop_;
use crate::shell::Shell;

/// Nothing of the supervisor's pauses is left after so long.
const CALM: Duration = Duration::from_secs(31);
const SETTLED: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(2);
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the loop is watched while nothing is due.
const IDLE: Duration = Duration::from_secs(30);
/// Kills in a row before the supervisor gets a pause to forgive: a loop that keeps dying is left alone on purpose.
const KILLS_IN_A_ROW: u32 = 4;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Process {
    /// From the signal until another loop answers.
    killed_ms: Vec<f64>,
    stopped_ms: Vec<f64>,
    pub(super) killed_p99: Option<f64>,
    pub(super) stopped_p99: Option<f64>,
    /// Its proportional set size, after all that.
    pub(super) resident_bytes: u64,
    pub(super) idle_cpu_percent: f64,
}

pub(super) async fn measure(kills: u32, shell: &Shell) -> Result<Process> {
    let home = tempfile::tempdir()?;
    let folders = Folders::under(home.path());
    folders.create()?;
    let own = Shell { messages: shell.messages, folders: folders.clone(), settings: Vec::new() };
    let mut spec = loop_::spec(&own)?;
    let (command, place) = (spec.command, home.path().to_owned());
    spec.command = Box::new(move || {
        let mut command = command()?;
        command.env("SARAI_HOME", &place);
        Ok(command)
    });
    let child = Child::start(spec, 1);
    let measured = watch(kills, &folders).await;
    child.drain().await;
    measured
}

async fn watch(kills: u32, folders: &Folders) -> Result<Process> {
    let mut pid = another(folders, None).await?;
    let (mut killed_ms, mut stopped_ms) = (Vec::new(), Vec::new());
    for round in 0..kills {
        if round % KILLS_IN_A_ROW == 0 {
            tokio::time::sleep(CALM).await;
        }
        let (signal, times) =
            if round % 4 == 3 { (Signal::STOP, &mut stopped_ms) } else { (Signal::KILL, &mut killed_ms) };
        // A loop that hangs before its supervisor has seen it serve is one that does not start, which has more time.
        tokio::time::sleep(SETTLED).await;
        let begun = now();
        kill_process(pid, signal)?;
        pid = another(folders, Some(pid)).await?;
        times.push(ms_between(begun, now()));
    }
    tokio::time::sleep(CALM).await;
    let before = cpu_ticks(pid)?;
    tokio::time::sleep(IDLE).await;
    let ticks = cpu_ticks(pid)?.saturating_sub(before);
    let second = rustix::param::clock_ticks_per_second();
    let idle_cpu_percent = 100.0 * ticks as f64 / second as f64 / IDLE.as_secs_f64();
    Ok(Process {
        killed_p99: percentile(&killed_ms, 99.0),
        stopped_p99: percentile(&stopped_ms, 99.0),
        killed_ms,
        stopped_ms,
        resident_bytes: resident(pid)?,
        idle_cpu_percent,
    })
}

/// The loop that answers, once it is another one than `old`.
async fn another(folders: &Folders, old: Option<Pid>) -> Result<Pid> {
    let (path, lock) = (door::path(folders)?, folders.run().join("loop.lock"));
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        let pid = holder(&lock).filter(|pid| Some(*pid) != old);
        if let Some(pid) = pid
            && door::ask(&path).await.is_ok()
        {
            return Ok(pid);
        }
        tokio::time::sleep(POLL).await;
    }
    bail!("the loop does not come back");
}

fn holder(lock: &Path) -> Option<Pid> {
    Pid::from_raw(fs_err::read_to_string(lock).ok()?.trim().parse().ok()?)
}

/// The 14th and 15th field of proc_pid_stat(5).
fn cpu_ticks(pid: Pid) -> Result<u64> {
    let stat = fs_err::read_to_string(format!("/proc/{}/stat", pid.as_raw_pid()))?;
    let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let field = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    Ok(field(11) + field(12))
}

fn resident(pid: Pid) -> Result<u64> {
    let text = fs_err::read_to_string(format!("/proc/{}/smaps_rollup", pid.as_raw_pid()))?;
    let kb = text.lines().find_map(|line| line.strip_prefix("Pss:")?.trim().strip_suffix("kB")?.trim().parse().ok());
    Ok(kb.unwrap_or(0_u64) * 1024)
}
