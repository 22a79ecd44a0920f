//! What the launcher is asked to do.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};

use fs_err as fs;
use rustix::process::Pid;

use crate::backend::Backend;
use crate::check::{CheckedPolicy, JailName};
use crate::error::SandboxError;
use crate::form::POLICY_BYTES_MAX;
use crate::launcher::LogLimit;

/// The command line, understood.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) backend: Backend,
    pub(crate) name: JailName,
    pub(crate) policy: PolicySource,
    pub(crate) report: Option<PathBuf>,
    pub(crate) log: LogLimit,
    /// The process that must be the parent; if it is another, that one has ended already.
    pub(crate) parent: Option<Pid>,
    /// The program and its arguments.
    pub(crate) program: Vec<String>,
}

#[derive(Debug)]
pub(crate) enum PolicySource {
    File(PathBuf),
    StandardInput,
}

impl PolicySource {
    pub(crate) fn read_file(path: &Path) -> Result<CheckedPolicy, SandboxError> {
        let file = fs::File::open(path).map_err(|error| SandboxError::Policy(error.to_string()))?;
        read(file).map_err(|what| SandboxError::Policy(format!("{}: {what}", path.display())))
    }

    pub(crate) fn read_standard_input() -> Result<CheckedPolicy, SandboxError> {
        // A file may have been read before, by a launcher that was started with the same one; a pipe cannot be wound back.
        let _ = rustix::fs::seek(std::io::stdin(), rustix::fs::SeekFrom::Start(0));
        read(std::io::stdin().lock()).map_err(SandboxError::Policy)
    }
}

fn read(from: impl Read) -> Result<CheckedPolicy, String> {
    let mut text = String::new();
    // One byte more than allowed, so that too much is seen to be too much.
    from.take(POLICY_BYTES_MAX as u64 + 1).read_to_string(&mut text).map_err(|error| error.to_string())?;
    CheckedPolicy::from_toml(&text).map_err(|error| error.to_string())
}

impl Order {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Self, SandboxError> {
        let mut draft = Draft::default();
        while let Some(flag) = arguments.next() {
            if flag == "--" {
                return draft.finish(arguments);
            }
            let flag = flag.to_string_lossy().into_owned();
            let value = arguments.next().ok_or_else(|| SandboxError::Policy(format!("{flag} needs a value")))?;
            draft.take(&flag, value)?;
        }
        Err(SandboxError::Policy("no program: it stands behind --".to_owned()))
    }
}

#[derive(Default)]
struct Draft {
    backend: Option<Backend>,
    name: Option<JailName>,
    policy: Option<PolicySource>,
    report: Option<PathBuf>,
    log: LogLimit,
    parent: Option<Pid>,
}

impl Draft {
    fn take(&mut self, flag: &str, value: OsString) -> Result<(), SandboxError> {
        let text = value.to_str();
        let refuse = || SandboxError::Policy(format!("{flag} {} cannot be", value.display()));
        match flag {
            "--backend" => self.backend = Some(text.and_then(Backend::from_name).ok_or_else(refuse)?),
            "--name" => self.name = Some(text.and_then(|name| JailName::new(name).ok()).ok_or_else(refuse)?),
            "--policy" if text == Some("-") => self.policy = Some(PolicySource::StandardInput),
            "--policy" => self.policy = Some(PolicySource::File(value.into())),
            "--report" => self.report = Some(value.into()),
            "--log-bytes" => {
                self.log = text.and_then(|n| n.parse().ok()).and_then(LogLimit::new).ok_or_else(refuse)?;
            }
            "--parent" => {
                self.parent = Some(text.and_then(|n| n.parse().ok()).and_then(Pid::from_raw).ok_or_else(refuse)?);
            }
            _ => return Err(SandboxError::Policy(format!("{flag} is no flag of this"))),
        }
        Ok(())
    }

    fn finish(self, program: impl Iterator<Item = OsString>) -> Result<Order, SandboxError> {
        let missing = |flag: &str| SandboxError::Policy(format!("{flag} is missing"));
        let text = |argument: OsString| {
            argument.into_string().map_err(|odd| SandboxError::Policy(format!("{} is not UTF-8", odd.display())))
        };
        let program = program.map(text).collect::<Result<Vec<_>, _>>()?;
        if program.first().is_none_or(String::is_empty) {
            return Err(SandboxError::Policy("no program: it stands behind --".to_owned()));
        }
        Ok(Order {
            backend: self.backend.ok_or_else(|| missing("--backend"))?,
            name: self.name.ok_or_else(|| missing("--name"))?,
            policy: self.policy.ok_or_else(|| missing("--policy"))?,
            report: self.report,
            log: self.log,
            parent: self.parent,
            program,
        })
    }
}
