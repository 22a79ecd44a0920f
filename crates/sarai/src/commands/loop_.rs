//! `sarai loop`: what acts by rules, without somebody who restarts it. `sarai up` starts this.

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use sarai_loop::LoopOptions;

use crate::ending::Told;
use crate::logs::level;
use crate::shell::{Shell, wait_for};

#[derive(Debug, clap::Args)]
pub(crate) struct LoopArgs {
    /// The process that started this one: end when it ends, however it ends.
    #[arg(long, hide = true, value_name = "PID")]
    die_with_parent: Option<i32>,
}

pub(crate) fn run(args: &LoopArgs, shell: &Shell) -> anyhow::Result<()> {
    if let Some(parent) = args.die_with_parent {
        set_parent_process_death_signal(Some(Signal::TERM))?;
        // It may have ended before the kernel was asked to tell.
        if getppid().map(Pid::as_raw_pid) != Some(parent) {
            anyhow::bail!("the process that started this one has ended already");
        }
    }
    let config = shell.config()?;
    shell.folders.create().map_err(|e| Told::failed(e.notice()))?;
    level::init(config.log.level)?;
    let language = config.language.set().unwrap_or_else(|| shell.language());
    let options = LoopOptions { folders: shell.folders.clone(), client: shell.client()?, language };
    wait_for(async {
        sarai_loop::run(options).await.map_err(|error| {
            tracing::error!(%error, "the loop ended");
            Told::failed(error.notice()).into()
        })
    })
}
