//! What is known of this computer and this installation. Looks, judges nothing, changes nothing.

use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use sarai_api::client::{Client, HealthBody};
use sarai_config::{Config, FolderError};
use sarai_daemon::serve::SOCKET;
use sarai_daemon::{skills, token};
use sarai_models::{LoadPlan, State, WeightLayout, available, estimate};
use sarai_sandbox::{Backend, Effective, Launcher, SandboxError, Unfit};
use sarai_types::{ModelId, Notice};
use tokio::process::Command;

use crate::shell::{Shell, default_model};
use crate::worker;

/// How long the worker's program may take to say what it is.
const WORKER_WAIT: Duration = Duration::from_secs(10);

/// Everything that the checks look at.
#[derive(Debug)]
pub(super) struct Facts {
    /// The first variable that says a language, with its value.
    pub(super) locale: Option<(&'static str, String)>,
    pub(super) config: ConfigFacts,
    pub(super) folders: Vec<FolderFacts>,
    pub(super) token: FileFacts,
    pub(super) socket: SocketFacts,
    pub(super) port: PortFacts,
    pub(super) worker: WorkerFacts,
    pub(super) jail: JailFacts,
    /// What this processor can, by llama.cpp's names.
    pub(super) cpu: Vec<&'static str>,
    pub(super) cores: Cores,
    pub(super) model: ModelFacts,
    /// Bytes that a new process may take; none if the system does not say.
    pub(super) memory_available: Option<u64>,
    pub(super) models_disk: Option<u64>,
    pub(super) state_disk: Option<u64>,
    /// Seconds since 1970.
    pub(super) clock: u64,
}

#[derive(Debug)]
pub(super) enum ConfigFacts {
    Valid { warnings: Vec<Notice> },
    Wrong(Vec<Notice>),
}

#[derive(Debug)]
pub(super) struct FolderFacts {
    pub(super) path: PathBuf,
    pub(super) file: FileFacts,
}

/// A file or a folder, from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FileFacts {
    Absent,
    There { path: PathBuf, mode: u32, owner: Owner },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    We,
    SomebodyElse,
}

#[derive(Debug)]
pub(super) enum SocketFacts {
    TooLong(Notice),
    Absent,
    Answers(HealthBody),
    /// A file is there, and nobody behind it.
    Stale(PathBuf),
}

#[derive(Debug)]
pub(super) struct PortFacts {
    pub(super) number: u16,
    /// Why it cannot be taken, if it cannot.
    pub(super) refused: Option<String>,
}

#[derive(Debug)]
pub(super) enum WorkerFacts {
    Missing(Notice),
    /// It is there and does not say what it is.
    Broken(PathBuf),
    Works {
        version: String,
        build: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cores {
    /// By affinity and control group.
    pub(super) usable: usize,
    pub(super) installed: usize,
}

#[derive(Debug)]
pub(super) enum ModelFacts {
    /// The catalogue is wrong, or names no default.
    Unknown(Notice),
    NotHere {
        id: ModelId,
        bytes: Option<u64>,
    },
    Unusable(Notice),
    /// `expected_bytes` is the catalogue's, where it knows.
    Here {
        id: ModelId,
        bytes: u64,
        expected_bytes: Option<u64>,
        needed_bytes: u64,
    },
}

/// What a jail that does nothing found out.
#[derive(Debug)]
pub(super) enum JailFacts {
    /// The config wants none.
    Off,
    Broken {
        backend: Backend,
        unfit: Unfit,
    },
    Holds {
        backend: Backend,
        effective: Effective,
    },
}

impl JailFacts {
    fn of(config: &Config) -> Self {
        let backend = skills::backend(config);
        if backend == Backend::Disabled {
            return Self::Off;
        }
        let scratch = tempfile::tempdir().map_err(|error| SandboxError::Start(error.to_string()));
        let examine = || Launcher::find()?.examine(backend, scratch?.path());
        match examine() {
            Ok(effective) => Self::Holds { backend, effective },
            Err(unfit) => Self::Broken { backend, unfit },
        }
    }
}

impl Facts {
    pub(super) async fn gather(shell: &Shell) -> Self {
        let (settings, config) = settings(shell);
        let folders = &shell.folders;
        let all = [&folders.config, &folders.models, &folders.state].map(PathBuf::clone);
        let parts = [folders.db(), folders.kv(), folders.logs(), folders.audit(), folders.run()];
        Self {
            locale: locale(),
            config: settings,
            folders: all
                .into_iter()
                .chain(parts)
                .map(|path| FolderFacts { file: FileFacts::of(&path), path })
                .collect(),
            token: FileFacts::of(&token::path(folders)),
            socket: SocketFacts::of(folders.socket(SOCKET), shell).await,
            port: PortFacts::of(&config),
            worker: WorkerFacts::ask().await,
            jail: JailFacts::of(&config),
            cpu: cpu(),
            cores: Cores::count(),
            model: ModelFacts::of(shell, &config),
            memory_available: available().ok(),
            models_disk: free_bytes(&folders.models),
            state_disk: free_bytes(&folders.state),
            clock: seconds_since_1970(),
        }
    }
}

/// What counts, and what to go on with if it is wrong.
fn settings(shell: &Shell) -> (ConfigFacts, Config) {
    match shell.sources().and_then(|sources| shell.load(&sources)) {
        Ok(loaded) => (ConfigFacts::Valid { warnings: loaded.warnings }, loaded.config),
        Err(told) => (ConfigFacts::Wrong(told.notices().to_vec()), Config::default()),
    }
}

fn locale() -> Option<(&'static str, String)> {
    ["SARAI_LANG", "LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| Some((name, std::env::var(name).ok().filter(|value| !value.is_empty())?)))
}

impl FileFacts {
    fn of(path: &Path) -> Self {
        match fs_err::metadata(path) {
            Ok(metadata) => Self::There {
                path: path.to_owned(),
                mode: metadata.mode() & 0o777,
                owner: if metadata.uid() == rustix::process::geteuid().as_raw() {
                    Owner::We
                } else {
                    Owner::SomebodyElse
                },
            },
            Err(_) => Self::Absent,
        }
    }
}

impl SocketFacts {
    async fn of(path: Result<PathBuf, FolderError>, shell: &Shell) -> Self {
        let path = match path {
            Ok(path) => path,
            Err(error) => return Self::TooLong(error.notice()),
        };
        match Client::unix(&path, shell.language()).health().await {
            Ok(health) => Self::Answers(health),
            Err(_) if path.exists() => Self::Stale(path),
            Err(_) => Self::Absent,
        }
    }
}

impl PortFacts {
    fn of(config: &Config) -> Self {
        let refused = TcpListener::bind(config.server.address()).err().map(|error| error.kind().to_string());
        Self { number: config.server.port, refused }
    }
}

impl WorkerFacts {
    async fn ask() -> Self {
        let program = match worker::program() {
            Ok(program) => program,
            Err(told) => {
                let notice = told.notices().first().cloned();
                return Self::Missing(notice.unwrap_or_else(|| Notice::new("doctor-worker-broken")));
            }
        };
        match (said(&program, "--version").await, said(&program, "build-info").await) {
            (Some(version), Some(build)) => {
                let version = version.split_whitespace().last().unwrap_or_default().to_owned();
                Self::Works { version, build }
            }
            (_, _) => Self::Broken(program),
        }
    }
}

/// The first line that a program prints, if it ends well and in time.
async fn said(program: &Path, argument: &str) -> Option<String> {
    let mut command = Command::new(program);
    command.arg(argument).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(WORKER_WAIT, command.output()).await.ok()?.ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    text.lines().next().map(str::to_owned)
}

#[cfg(target_arch = "x86_64")]
fn cpu() -> Vec<&'static str> {
    let features = [
        ("AVX2", std::arch::is_x86_feature_detected!("avx2")),
        ("FMA", std::arch::is_x86_feature_detected!("fma")),
        ("AVX512", std::arch::is_x86_feature_detected!("avx512f")),
        ("AVX512_VNNI", std::arch::is_x86_feature_detected!("avx512vnni")),
    ];
    features.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
}

#[cfg(target_arch = "aarch64")]
fn cpu() -> Vec<&'static str> {
    let features = [
        ("NEON", std::arch::is_aarch64_feature_detected!("neon")),
        ("DOTPROD", std::arch::is_aarch64_feature_detected!("dotprod")),
        ("MATMUL_INT8", std::arch::is_aarch64_feature_detected!("i8mm")),
    ];
    features.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
}

impl Cores {
    fn count() -> Self {
        let usable = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let online = fs_err::read_to_string("/sys/devices/system/cpu/online").unwrap_or_default();
        Self { usable, installed: count_listed(&online).unwrap_or(usable) }
    }
}

/// How many numbers a kernel's list such as `0-3,6` has.
fn count_listed(list: &str) -> Option<usize> {
    list.trim()
        .split(',')
        .map(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let [first, last] = [first, last].map(|number| number.parse::<usize>().ok());
            Some(last?.checked_sub(first?)? + 1)
        })
        .sum()
}

impl ModelFacts {
    fn of(shell: &Shell, config: &Config) -> Self {
        let library = match shell.library() {
            Ok(library) => library,
            Err(told) => return Self::of_told(&told),
        };
        let id = match default_model(config, library.catalog()) {
            Ok(id) => id,
            Err(told) => return Self::of_told(&told),
        };
        let info = match library.info(&id) {
            Ok(info) => info,
            Err(error) => return Self::Unusable(error.notice()),
        };
        let expected_bytes = info.listed.entry.and_then(|entry| entry.provenance.bytes());
        match (info.listed.state, info.header) {
            (State::Ready { bytes }, Some(header)) => {
                let plan = LoadPlan::new(config.runtime.n_ctx.get(), WeightLayout::Once);
                let needed_bytes = estimate(&header, bytes, &plan).total();
                Self::Here { id, bytes, expected_bytes, needed_bytes }
            }
            (State::Absent | State::Partial { .. } | State::Ready { .. }, _) => {
                Self::NotHere { id, bytes: expected_bytes }
            }
        }
    }

    fn of_told(told: &crate::ending::Told) -> Self {
        Self::Unknown(told.notices().first().cloned().unwrap_or_else(|| Notice::new("daemon-no-default")))
    }
}

/// Free bytes where a folder is or would be.
fn free_bytes(folder: &Path) -> Option<u64> {
    let there = folder.ancestors().find(|path| path.exists())?;
    let stat = rustix::fs::statvfs(there).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// 0 for a clock before 1970.
#[expect(clippy::disallowed_methods, reason = "whether the clock is right is what is asked")]
fn seconds_since_1970() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_list_of_processors() {
        for (list, expected) in [("0-1\n", Some(2)), ("0", Some(1)), ("0-3,6,8-9", Some(7)), ("", None), ("3-1", None)]
        {
            assert_eq!(count_listed(list), expected, "{list:?}");
        }
    }
}
