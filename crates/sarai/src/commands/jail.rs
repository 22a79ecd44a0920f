//! `sarai jail run`: any program in a jail, as a skill would be. `sarai jail seccomp` prints the list of system calls that
//! a skill may make, for engines that are told it by a file.
//!
//! The program's output and exit code are the command's own; 125 says that it was not started. Without `--policy` it gets
//! what a skill gets that asks for nothing, with the computer's own programs to be seen. `--report` says afterwards, on
//! standard error, what held.

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use sarai_sandbox::{
    Backend, CheckedPolicy, Jail, JailName, Launcher, LogLimit, Policy, Report, Root, SandboxError, State,
};
use sarai_types::Notice;

use crate::ending::{PassedOn, Told};
use crate::shell::Shell;
use crate::terminal;

/// What a shell gives a program that a signal ended, above the signal's number.
const SIGNALLED: i32 = 128;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum JailCommand {
    #[command(about = "cli-about-jail-run")]
    Run(RunArgs),
    #[command(about = "cli-about-jail-seccomp")]
    Seccomp,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    #[arg(long, value_name = "cli-value-backend", help = "cli-help-jail-backend", value_parser = backends())]
    #[arg(hide_possible_values = true)]
    backend: Option<Backend>,
    #[arg(long, value_name = "cli-value-file", help = "cli-help-jail-policy")]
    policy: Option<PathBuf>,
    #[arg(long, help = "cli-help-jail-report")]
    report: bool,
    #[arg(value_name = "cli-value-program", help = "cli-help-jail-program", required = true, last = true)]
    program: Vec<String>,
}

fn backends() -> impl TypedValueParser<Value = Backend> {
    PossibleValuesParser::new(Backend::ALL.map(Backend::name))
        .try_map(|word| Backend::from_name(&word).ok_or("no such back end"))
}

pub(crate) fn run(command: JailCommand, shell: &Shell) -> anyhow::Result<()> {
    let args = match command {
        JailCommand::Run(args) => args,
        JailCommand::Seccomp => {
            return Ok(terminal::line(sarai_sandbox::system_calls().map_err(|error| told(&error))?)?);
        }
    };
    let scratch = tempfile::tempdir()?;
    let report = scratch.path().join("report.toml");
    let ended = jail(&args, &report).map_err(|error| told(&error))?;
    if args.report {
        show(&report, shell);
    }
    match code(ended) {
        0 => Ok(()),
        code => Err(PassedOn(code).into()),
    }
}

fn jail(args: &RunArgs, report: &Path) -> Result<ExitStatus, SandboxError> {
    let policy = match &args.policy {
        Some(file) => {
            let text = fs_err::read_to_string(file).map_err(|error| SandboxError::Policy(error.to_string()))?;
            CheckedPolicy::from_toml(&text)
        }
        None => plain().checked(),
    }
    .map_err(|error| SandboxError::Policy(error.to_string()))?;
    let name = JailName::new("run").map_err(|error| SandboxError::Policy(error.to_string()))?;
    let jail = Jail {
        backend: args.backend.unwrap_or(Backend::Local),
        name: &name,
        policy: &policy,
        report: Some(report),
        log: LogLimit::WHOLE,
        program: &args.program,
    };
    let spawned = Launcher::find()?.command(&jail)?.status();
    spawned.map_err(|error| SandboxError::Start(error.to_string()))
}

/// What a skill gets that asks for nothing.
fn plain() -> Policy {
    Policy {
        root: Root::System,
        mounts: Vec::new(),
        working_dir: PathBuf::from("/tmp"),
        environment: vec![("PATH".to_owned(), "/usr/bin:/bin:/usr/sbin:/sbin".to_owned())],
        limits: sarai_skills::Limits::default().jail,
    }
}

fn told(error: &SandboxError) -> Told {
    Told::failed(Notice::new("cli-jail-failed").arg("detail", error))
}

fn show(report: &Path, shell: &Shell) {
    match Launcher::read_report(report) {
        Ok(Some(Report { backend, effective, .. })) => {
            terminal::sentence(&format!("{}: {backend}", shell.say("cli-jail-backend")));
            for (layer, state) in effective.layers() {
                let mark = match state {
                    State::Held => "+",
                    State::NotHeld(_) => "-",
                    State::NotApplicable(_) => " ",
                };
                terminal::sentence(&format!("{mark} {layer}: {state}"));
            }
        }
        Ok(None) => shell.tell(&Notice::new("cli-jail-no-report")),
        Err(error) => shell.tell(&Notice::new("cli-jail-failed").arg("detail", error)),
    }
}

fn code(status: ExitStatus) -> u8 {
    let code = status.code().unwrap_or_else(|| SIGNALLED + status.signal().unwrap_or_default());
    u8::try_from(code).unwrap_or(u8::MAX)
}
