//! `sarai loop`: what acts by rules, without somebody who restarts it. `sarai up` starts this.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, Signal, getppid, set_parent_process_death_signal, setrlimit};
use sarai_daemon::child::ChildSpec;
use sarai_loop::{LoopOptions, door};
use sarai_supervisor::{Health, Limits, Policy};
use tokio::process::Command;

use crate::ending::Told;
use crate::logs::{file, level};
use crate::shell::{Shell, wait_for};
use crate::worker;

/// It reads a small file and a small database.
const START_DEADLINE: Duration = Duration::from_secs(5);
/// What it was doing is taken up again.
const DRAIN_DEADLINE: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
pub(crate) struct LoopArgs {
    /// The process that started this one: end when it ends, however it ends.
    #[arg(long, hide = true, value_name = "PID")]
    die_with_parent: Option<i32>,
}

/// More than this the loop never takes of the heap; a leak ends it, and it is started again.
const HEAP_BYTES_MAX: u64 = 256 << 20;

/// How `sarai up` keeps the loop going: one that is dead is started again at once, one that hangs is found by its door.
pub(crate) fn spec(shell: &Shell) -> anyhow::Result<ChildSpec> {
    let program = worker::this_program()?;
    let settings: Vec<String> =
        shell.settings.iter().flat_map(|(key, value)| ["--set".to_owned(), format!("{key}={value}")]).collect();
    let door = door::path(&shell.folders).map_err(|e| Told::failed(e.notice()))?;
    let limits = Limits { start_deadline: START_DEADLINE, drain_deadline: DRAIN_DEADLINE, ..Limits::default() };
    Ok(ChildSpec {
        name: "loop".to_owned(),
        policy: Policy::new(limits)?,
        command: Box::new(move || {
            let mut command = Command::new(&program);
            command.stdin(Stdio::null()).args(&settings);
            command.args(["loop", "--die-with-parent", &std::process::id().to_string()]);
            Ok(command)
        }),
        probe: Box::new(move || {
            let door = door.clone();
            Box::pin(async move {
                match door::ask(&door).await {
                    Ok(standing) => Health::Serving { generation: standing.generation },
                    Err(_) => Health::Silent,
                }
            })
        }),
        log: file::other_line,
        jail: None,
    })
}

pub(crate) fn run(args: &LoopArgs, shell: &Shell) -> anyhow::Result<()> {
    if let Some(parent) = args.die_with_parent {
        set_parent_process_death_signal(Some(Signal::TERM))?;
        // It may have ended before the kernel was asked to tell.
        if getppid().map(Pid::as_raw_pid) != Some(parent) {
            anyhow::bail!("the process that started this one has ended already");
        }
    }
    let heap = Rlimit { current: Some(HEAP_BYTES_MAX), maximum: Some(HEAP_BYTES_MAX) };
    setrlimit(Resource::Data, heap)?;
    let config = shell.config()?;
    shell.folders.create().map_err(|e| Told::failed(e.notice()))?;
    level::init(config.log.level)?;
    let language = config.language.set().unwrap_or_else(|| shell.language());
    let options = LoopOptions {
        folders: shell.folders.clone(),
        client: shell.client()?,
        language,
        channels: config.channels,
        memory: config.phoenix.entity_memory_skill,
    };
    wait_for(async {
        sarai_loop::run(options).await.map_err(|error| {
            tracing::error!(%error, "the loop ended");
            Told::failed(error.notice()).into()
        })
    })
}
