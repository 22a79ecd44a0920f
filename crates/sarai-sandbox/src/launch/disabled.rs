//! No jail: the program runs as it is, with the folder and the variables that the policy names.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::signals::{News, Signals};
use super::watch::{Event, Watch};
use super::{Ended, Failure, Order, write_report};
use crate::check::CheckedPolicy;
use crate::error::SandboxError;
use crate::program::{NOT_FOUND, NOT_RUNNABLE, complain};
use crate::report::{Effective, Report};
use crate::sys;

const NOTHING: &str = "the back end is `disabled`";

pub(super) fn run(order: &Order, policy: &CheckedPolicy, signals: Signals) -> Result<Ended, Failure> {
    if let Some(moved) = policy.mounts.iter().find(|mount| mount.source != mount.target) {
        let (source, target) = (moved.source.display(), moved.target.display());
        let text = format!("without a jail {source} cannot be seen as {target}: let both be the same");
        return Err(SandboxError::Mount(text).into());
    }
    complain(&format!("{}: WITHOUT A JAIL: {NOTHING}, nothing of the policy is enforced", order.name));
    let Some((program, arguments)) = order.program.split_first() else {
        return Err(SandboxError::Policy("no program".to_owned()).into());
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(policy.environment.iter().map(|(name, value)| (name, value)))
        .current_dir(&policy.working_dir)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    sys::die_with_parent(&mut command);
    let report = Report {
        backend: order.backend,
        name: order.name.clone(),
        effective: Effective::nothing(NOTHING),
        error: None,
    };
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            complain(&format!("{}: {program}: {error}", order.name));
            let missing = error.kind() == std::io::ErrorKind::NotFound;
            return Ok(Ended { code: if missing { NOT_FOUND } else { NOT_RUNNABLE } });
        }
    };
    let (Some(pid), Some(out), Some(err)) =
        (i32::try_from(child.id()).ok().and_then(Pid::from_raw), child.stdout.take(), child.stderr.take())
    else {
        return Err(SandboxError::Start("a process without a number or pipes".to_owned()).into());
    };
    let mut watch = Watch::new(pid, [out.into(), err.into()], None, signals, order.log);
    write_report(order.report.as_deref(), &report)?;
    let code = attend(&mut watch)?;
    // Nobody of the group may be left.
    let _ = kill_process_group(pid, Signal::KILL);
    Ok(Ended { code })
}

fn attend(watch: &mut Watch) -> Result<u8, SandboxError> {
    loop {
        match watch.next(None)? {
            Event::Ended { code } => return Ok(code),
            Event::Signal(News::PassOn(signal)) => {
                if let Some(signal) = Signal::from_named_raw(signal) {
                    // If it has ended, it has no use for the signal.
                    let _ = kill_process(watch.child(), signal);
                }
            }
            Event::Signal(News::ParentEnded) => watch.kill(),
            Event::Signal(News::ChildChanged) | Event::Heard(_) | Event::HungUp | Event::Deadline => {}
        }
    }
}
