//! `sarai serve`: the program itself, without somebody who restarts it. `sarai up` starts this.

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use sarai_daemon::serve::{ServeOptions, serve};
use sarai_daemon::skills::SkillPlaces;
use sarai_sandbox::Launcher;

use crate::ending::Told;
use crate::logs::level;
use crate::shell::{Shell, wait_for};
use crate::worker;

use super::skill::places;

#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    /// The process that started this one: end when it ends, however it ends.
    #[arg(long, hide = true, value_name = "PID")]
    die_with_parent: Option<i32>,
}

pub(crate) fn run(args: &ServeArgs, shell: &Shell) -> anyhow::Result<()> {
    if let Some(parent) = args.die_with_parent {
        set_parent_process_death_signal(Some(Signal::TERM))?;
        // It may have ended before the kernel was asked to tell.
        if getppid().map(Pid::as_raw_pid) != Some(parent) {
            anyhow::bail!("the process that started this one has ended already");
        }
    }
    let sources = shell.sources()?;
    let loaded = shell.load(&sources)?;
    shell.folders.create().map_err(|e| Told::failed(e.notice()))?;
    let worker = worker::program()?;
    let launcher = Launcher::find();
    let skills = SkillPlaces { project: None, ..places(shell)? };
    level::init(loaded.config.log.level)?;
    for warning in &loaded.warnings {
        shell.tell(warning);
    }
    let folders = shell.folders.clone();
    wait_for(async {
        let options = ServeOptions { folders, sources, loaded, worker, launcher, skills, log_level: level::change };
        serve(options).await.map_err(|error| {
            tracing::error!(%error, "not started");
            Told::failed(error.notice()).into()
        })
    })
}
