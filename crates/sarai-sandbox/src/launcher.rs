//! What the daemon and the command line use: a policy becomes a command.

use std::ffi::OsStr;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use fs_err as fs;
use rustix::fs::{MemfdFlags, memfd_create};

use crate::backend::Backend;
use crate::cgroup::Cgroup;
use crate::check::{CheckedPolicy, JailName};
use crate::docker::ENGINE_VARIABLES;
use crate::error::SandboxError;
use crate::policy::{Limits, Policy, Root};
use crate::report::{Effective, Report};

/// How many bytes of each of a program's two outputs pass in a minute; the rest is thrown away, and a line says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLimit(u64);

impl LogLimit {
    /// Enough for a verbose service, and less than 1.5 GB a day.
    pub const DEFAULT: Self = Self(1 << 20);
    /// For programs whose output is wanted whole.
    pub const WHOLE: Self = Self(u64::MAX);

    /// At least a line's worth.
    #[must_use]
    pub fn new(bytes_per_minute: u64) -> Option<Self> {
        (bytes_per_minute >= 4096).then_some(Self(bytes_per_minute))
    }

    #[must_use]
    pub fn bytes(self) -> u64 {
        self.0
    }
}

impl Default for LogLimit {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// One jail to be.
#[derive(Debug, Clone)]
pub struct Jail<'a> {
    pub backend: Backend,
    pub name: &'a JailName,
    pub policy: &'a CheckedPolicy,
    /// Where the [`Report`] is written to, whole or not at all.
    pub report: Option<&'a Path>,
    pub log: LogLimit,
    /// The program, as it is seen inside, and its arguments. Without a slash it is looked for in the `PATH` of the policy.
    pub program: &'a [String],
}

/// Why a back end makes no jails here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Unfit {
    #[source]
    pub error: SandboxError,
    /// As far as it came; what comes after the first layer that does not hold, nobody looked at.
    pub effective: Option<Effective>,
}

impl From<SandboxError> for Unfit {
    fn from(error: SandboxError) -> Self {
        Self { error, effective: None }
    }
}

/// Where `sarai-jail` is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launcher {
    path: PathBuf,
}

impl Launcher {
    pub const PROGRAM: &'static str = "sarai-jail";
    /// Names the program where it is not beside the caller's own.
    pub const VARIABLE: &'static str = "SARAI_JAIL_BIN";

    pub fn at(path: impl Into<PathBuf>) -> Result<Self, SandboxError> {
        let path = path.into();
        // Bubblewrap mounts it by this name, so it has to be one without links.
        let path = fs::canonicalize(&path).map_err(|_| SandboxError::NoLauncher(path.display().to_string()))?;
        Ok(Self { path })
    }

    /// `SARAI_JAIL_BIN`, or the one beside the program that asks.
    pub fn find() -> Result<Self, SandboxError> {
        if let Some(path) = std::env::var_os(Self::VARIABLE).filter(|path| !path.is_empty()) {
            return Self::at(path);
        }
        let own = std::env::current_exe().map_err(|error| SandboxError::Start(error.to_string()))?;
        Self::at(own.with_file_name(Self::PROGRAM))
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The command that runs the jail. Its process is the jail as far as the caller is concerned: it ends with the
    /// program's exit code, passes SIGTERM, SIGINT, SIGHUP and SIGUSR1 on, and takes everything with it when it dies.
    /// It must be started by this process. Standard output and error are the caller's to set.
    pub fn command(&self, jail: &Jail<'_>) -> Result<Command, SandboxError> {
        let text = jail.policy.to_toml().map_err(|error| SandboxError::Policy(error.to_string()))?;
        let mut command = Command::new(&self.path);
        command.arg("launch").args(["--backend", jail.backend.name(), "--name", jail.name.as_str()]);
        command.args(["--policy", "-", "--log-bytes", &jail.log.bytes().to_string()]);
        command.args(["--parent", &std::process::id().to_string()]);
        if let Some(report) = jail.report {
            command.args([OsStr::new("--report"), report.as_os_str()]);
        }
        command.arg("--").args(jail.program);
        // The program gets no variable of the caller's, and the launcher only those that say where an engine is.
        command.env_clear().stdin(policy_file(&text)?);
        command.envs(ENGINE_VARIABLES.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        Ok(command)
    }

    /// Reads what [`Jail::report`] was written to. `None`: the launcher has not come that far.
    pub fn read_report(path: &Path) -> Result<Option<Report>, SandboxError> {
        match fs::read_to_string(path) {
            Ok(text) => Report::from_toml(&text).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(SandboxError::Start(error.to_string())),
        }
    }

    /// Tries a back end with a program that does nothing, and says what holds; the error says what to do. Waits for it.
    pub fn examine(&self, backend: Backend, scratch: &Path) -> Result<Effective, Unfit> {
        let name = JailName::new("examine").map_err(|error| SandboxError::Policy(error.to_string()))?;
        let policy = Policy {
            root: Root::System,
            mounts: Vec::new(),
            working_dir: PathBuf::from("/"),
            environment: Vec::new(),
            limits: Limits { memory_bytes: 64 << 20, pids: 8, open_files: 64, tmp_bytes: 1 << 20, file_bytes: 1 << 20 },
        };
        let policy = policy.checked().map_err(|error| SandboxError::Policy(error.to_string()))?;
        let report = scratch.join(format!("examine-{backend}-{}.toml", std::process::id()));
        let program = ["/bin/true".to_owned()];
        let log = LogLimit::default();
        let jail = Jail { backend, name: &name, policy: &policy, report: Some(&report), log, program: &program };
        let output = self.command(&jail)?.output().map_err(|error| SandboxError::Start(error.to_string()))?;
        let found = Self::read_report(&report);
        // It is in a scratch folder; who made that, cleans it up.
        let _ = fs::remove_file(&report);
        let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        match found? {
            Some(Report { error: Some(error), effective, .. }) => Err(Unfit { error, effective: Some(effective) }),
            Some(report) if output.status.success() => Ok(report.effective),
            Some(_) | None => {
                let text = format!("a program that does nothing fails ({}): {words}", output.status);
                Err(SandboxError::Start(text).into())
            }
        }
    }
}

/// Removes what launchers that were killed have left behind: cgroups, containers, and whatever still runs in them. A
/// launcher that ends in any other way leaves nothing, and each launch does this first; so it is for whoever has seen one
/// killed and may not start another. Waits for the kernel or the engine.
pub fn sweep(backend: Backend) -> Result<(), SandboxError> {
    match backend {
        Backend::Local => Cgroup::sweep(),
        Backend::Docker => crate::docker::sweep_all(),
        // The program dies with its launcher.
        Backend::Disabled => Ok(()),
    }
}

/// A file in memory that holds the policy: nothing of it on a disk, and nobody has to go on writing it.
fn policy_file(text: &str) -> Result<Stdio, SandboxError> {
    let odd = |error: std::io::Error| SandboxError::Start(format!("the policy cannot be handed over: {error}"));
    let memory = memfd_create("policy", MemfdFlags::CLOEXEC).map_err(|errno| odd(errno.into()))?;
    let mut file = std::fs::File::from(memory);
    file.write_all(text.as_bytes()).map_err(odd)?;
    file.rewind().map_err(odd)?;
    Ok(Stdio::from(file))
}
