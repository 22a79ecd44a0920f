//! Jails for tests, and looking for what they leave.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use fs_err as fs;
use sarai_sandbox::{
    Access, Backend, CheckedPolicy, Jail, JailName, Launcher, Limits, LogLimit, Mount, Policy, Report, Root,
};
use tempfile::TempDir;

/// How often, and how long between, is looked for something that must come.
const TRIES: u32 = 3000;
const PAUSE: Duration = Duration::from_millis(20);

pub(crate) const LIMITS: Limits =
    Limits { memory_bytes: 128 << 20, pids: 32, open_files: 64, tmp_bytes: 1 << 20, file_bytes: 1 << 20 };

pub(crate) fn launcher() -> Launcher {
    match std::env::var_os(Launcher::VARIABLE) {
        Some(path) => Launcher::at(&path).unwrap_or_else(|error| panic!("{} = {path:?}: {error}", Launcher::VARIABLE)),
        None => panic!("{} is not set: `make jail` builds sarai-jail and says where it is", Launcher::VARIABLE),
    }
}

/// A policy in which the computer's programs run, and nothing else is there.
pub(crate) fn system() -> Policy {
    Policy {
        root: Root::System,
        mounts: Vec::new(),
        working_dir: PathBuf::from("/"),
        environment: Vec::new(),
        limits: LIMITS,
    }
}

/// A folder of the test's own, by its real name.
pub(crate) struct Scratch {
    folder: TempDir,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, inner: &str) -> PathBuf {
        fs::canonicalize(self.folder.path()).unwrap().join(inner)
    }

    pub(crate) fn folder(&self, inner: &str) -> PathBuf {
        let path = self.path(inner);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// The folder `inner`, seen in the jail at the same place.
    pub(crate) fn mount(&self, inner: &str, access: Access) -> Mount {
        let source = self.folder(inner);
        Mount { target: source.clone(), source, access }
    }
}

/// A jail that has not been started yet.
pub(crate) struct Draft {
    pub(crate) backend: Backend,
    pub(crate) name: JailName,
    pub(crate) policy: Policy,
    pub(crate) log: LogLimit,
    report: TempDir,
}

impl Draft {
    pub(crate) fn new(name: &str, policy: Policy) -> Self {
        // Tests run side by side; each has names of its own.
        let name = JailName::new(&format!("test-{name}-{}", std::process::id())).unwrap();
        Self { backend: Backend::Local, name, policy, log: LogLimit::DEFAULT, report: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn report_path(&self) -> PathBuf {
        self.report.path().join("report.toml")
    }

    pub(crate) fn report(&self) -> Option<Report> {
        Launcher::read_report(&self.report_path()).unwrap()
    }

    pub(crate) fn policy(&self) -> CheckedPolicy {
        self.policy.clone().checked().unwrap()
    }

    pub(crate) fn command(&self, program: &[&str]) -> Command {
        let program: Vec<String> = program.iter().map(|&argument| argument.to_owned()).collect();
        let (policy, report) = (self.policy(), self.report_path());
        let jail = Jail {
            backend: self.backend,
            name: &self.name,
            policy: &policy,
            report: Some(&report),
            log: self.log,
            program: &program,
        };
        launcher().command(&jail).unwrap()
    }

    pub(crate) fn run(&self, program: &[&str]) -> Output {
        self.command(program).output().unwrap()
    }

    /// Runs a line of shell.
    pub(crate) fn sh(&self, line: &str) -> Output {
        self.run(&["/bin/sh", "-c", line])
    }

    /// Starts a line of shell, with output to be read.
    pub(crate) fn start(&self, line: &str) -> Child {
        let mut command = self.command(&["/bin/sh", "-c", line]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The cgroups of this jail that are there now.
    pub(crate) fn cgroups(&self) -> Vec<PathBuf> {
        let ending = format!(".{}", self.name);
        let mut found = Vec::new();
        let mut folders = vec![PathBuf::from("/sys/fs/cgroup")];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            for entry in entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
                if entry.file_name().to_string_lossy().ends_with(&ending) {
                    found.push(entry.path());
                }
                folders.push(entry.path());
            }
        }
        found
    }
}

/// Waits until something is so.
pub(crate) fn eventually(what: &str, so: impl Fn() -> bool) {
    let so_now = (0..TRIES).any(|_| {
        let now = so();
        if !now {
            std::thread::sleep(PAUSE);
        }
        now
    });
    assert!(so_now, "not even after a minute: {what}");
}

/// The processes whose command line has `mark` in it, this one and its launchers left out.
pub(crate) fn processes_with(mark: &str) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let has_mark = |pid: &u32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line);
        line.contains(mark) && !line.contains("sarai-jail\0launch")
    };
    pids.filter(has_mark).collect()
}

/// A number of seconds for `sleep` that no other process sleeps.
pub(crate) fn unique_seconds(salt: u32) -> String {
    format!("86399.{}{salt}", std::process::id())
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
