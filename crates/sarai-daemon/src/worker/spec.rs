//! The command that starts a model worker, in a jail or without one.
//!
//! In a jail the worker sees its model, its cache, its socket and the one of the worker that guesses for it, each under a
//! name of the jail's own, and the computer's libraries; nothing else of the owner's.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use sarai_engine::weights::Policy as WeightsPolicy;
use sarai_sandbox::{Access, Backend, Jail, JailName, Launcher, Limits, LogLimit, Mount, Policy, Root, SandboxError};
use sarai_types::{ModelId, Notice};
use tokio::process::Command;

/// Beyond what the model was estimated to take: the worker's own code, and pages of files that the kernel counts too.
const MEMORY_MARGIN: u64 = 1 << 30;
/// Where nobody says how much it may take.
const MEMORY_BYTES_MAX: u64 = 1 << 44;
/// Threads that compute, and those that serve.
const PIDS: u32 = 600;
const OPEN_FILES: u32 = 256;
const TMP_BYTES: u64 = 1 << 20;
/// What it measured is a small file.
const FILE_BYTES_MIN: u64 = 1 << 20;
/// The names inside.
const PROGRAM: &str = "/worker/sarai-llama";
const MODEL_DIR: &str = "/model";
const VECTORS_DIR: &str = "/embedding";
const CACHE_DIR: &str = "/cache";
const SOCKET_DIR: &str = "/run/model";
const DRAFT_DIR: &str = "/run/draft";
/// What of the owner's environment is of use to it.
const VARIABLES: [&str; 2] = ["SARAI_LOG", "TZ"];

/// What to start.
#[derive(Debug, Clone)]
pub struct WorkerSpec {
    pub program: PathBuf,
    pub model: ModelId,
    pub file: PathBuf,
    pub socket: PathBuf,
    pub context_tokens: u32,
    pub sequences: u32,
    /// None lets the worker count the cores itself.
    pub threads: Option<u32>,
    pub options: WorkerOptions,
    /// None runs it as it is.
    pub jail: Option<WorkerJail>,
}

/// Who jails it.
#[derive(Debug, Clone)]
pub struct WorkerJail {
    pub launcher: Launcher,
    pub name: JailName,
    /// Where the launcher says what holds.
    pub report: PathBuf,
}

/// What a worker can do without.
#[derive(Debug, Clone, Default)]
pub struct WorkerOptions {
    pub weights: WeightsPolicy,
    /// What it may take; none leaves it to the worker.
    pub memory_bytes: Option<u64>,
    /// Where it keeps what it has read; none forgets it with the process.
    pub cache: Option<CacheSpec>,
    /// Where it keeps what it measured; none measures anew.
    pub measured: Option<PathBuf>,
    /// Where a worker with a smaller model listens, now or later.
    pub draft_socket: Option<PathBuf>,
    pub vectors: Vectors,
}

/// Which model turns texts into vectors.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Vectors {
    /// The one that answers.
    #[default]
    Answering,
    /// One made for it, and what it takes.
    Own { model: ModelId, file: PathBuf, bytes: u64 },
    /// One that cannot be had, and why. Vectors of another would be compared with its own, so there are none.
    Missing(Notice),
}

impl Vectors {
    fn file(&self) -> Option<&Path> {
        match self {
            Self::Own { file, .. } => Some(file),
            Self::Answering | Self::Missing(_) => None,
        }
    }

    const fn bytes(&self) -> u64 {
        match self {
            Self::Own { bytes, .. } => *bytes,
            Self::Answering | Self::Missing(_) => 0,
        }
    }

    /// The same in a jail.
    fn inside(&self) -> Self {
        match self {
            Self::Own { model, file, bytes } => {
                Self::Own { model: model.clone(), file: inside(VECTORS_DIR, file), bytes: *bytes }
            }
            Self::Answering | Self::Missing(_) => self.clone(),
        }
    }
}

/// A folder of this user alone, and how much of it may be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheSpec {
    pub folder: PathBuf,
    pub bytes_max: u64,
}

impl WorkerSpec {
    /// # Errors
    /// The jail's launcher is missing, or a path is one that no jail can show.
    pub(super) fn command(&self) -> io::Result<Command> {
        if let Some(jail) = &self.jail {
            return self.jailed(jail).map(Command::from).map_err(io::Error::other);
        }
        let mut command = Command::new(&self.program);
        command.args(self.arguments()).args(["--die-with-parent", &std::process::id().to_string()]);
        // It needs nothing else of the owner's environment; a token in there is none of its business.
        command.stdin(Stdio::null()).env_clear().envs(variables());
        Ok(command)
    }

    fn jailed(&self, jail: &WorkerJail) -> Result<std::process::Command, SandboxError> {
        let policy = self.policy().checked().map_err(|error| SandboxError::Policy(error.to_string()))?;
        let program: Vec<String> = std::iter::once(PROGRAM.into()).chain(self.inside().arguments()).collect();
        jail.launcher.command(&Jail {
            backend: Backend::Local,
            name: &jail.name,
            policy: &policy,
            report: Some(&jail.report),
            log: LogLimit::default(),
            program: &program,
        })
    }

    /// What it may see and take.
    fn policy(&self) -> Policy {
        let mount = |source: &Path, target: &str, access| Mount { source: real(source), target: target.into(), access };
        let parent = |path: &Path| path.parent().map(Path::to_owned).unwrap_or_default();
        let mut mounts = vec![
            mount(&self.program, PROGRAM, Access::ReadOnly),
            mount(&self.file, &inside(MODEL_DIR, &self.file).to_string_lossy(), Access::ReadOnly),
            mount(&parent(&self.socket), SOCKET_DIR, Access::ReadWrite),
        ];
        let options = &self.options;
        // What it measured lies in the same folder as what it has read.
        let cache = options.cache.as_ref().map(|cache| cache.folder.clone());
        if let Some(folder) = cache.or_else(|| options.measured.as_deref().map(parent)) {
            mounts.push(mount(&folder, CACHE_DIR, Access::ReadWrite));
        }
        if let Some(file) = options.vectors.file() {
            mounts.push(mount(file, &inside(VECTORS_DIR, file).to_string_lossy(), Access::ReadOnly));
        }
        if let Some(socket) = &options.draft_socket {
            mounts.push(mount(&parent(socket), DRAFT_DIR, Access::ReadOnly));
        }
        let file_bytes = options.cache.as_ref().map_or(0, |cache| cache.bytes_max).max(FILE_BYTES_MIN);
        Policy {
            root: Root::System,
            mounts,
            working_dir: PathBuf::from("/"),
            environment: variables().collect(),
            limits: Limits {
                memory_bytes: options.memory_bytes.map_or(MEMORY_BYTES_MAX, |bytes| {
                    bytes.saturating_add(options.vectors.bytes() + MEMORY_MARGIN).min(MEMORY_BYTES_MAX)
                }),
                pids: PIDS,
                open_files: OPEN_FILES,
                tmp_bytes: TMP_BYTES,
                file_bytes,
            },
        }
    }

    /// The same with the jail's own names for everything.
    fn inside(&self) -> Self {
        let options = &self.options;
        let measured = options.measured.as_deref().map(|file| inside(CACHE_DIR, file));
        let draft_socket = options.draft_socket.as_deref().map(|socket| inside(DRAFT_DIR, socket));
        let cache = options.cache.as_ref().map(|cache| CacheSpec { folder: CACHE_DIR.into(), ..cache.clone() });
        Self {
            file: inside(MODEL_DIR, &self.file),
            socket: inside(SOCKET_DIR, &self.socket),
            options: WorkerOptions {
                cache,
                measured,
                draft_socket,
                vectors: options.vectors.inside(),
                ..options.clone()
            },
            ..self.clone()
        }
    }

    fn arguments(&self) -> Vec<String> {
        let shown = |path: &Path| path.to_string_lossy().into_owned();
        let options = &self.options;
        let numbers = [
            ("--context", Some(u64::from(self.context_tokens))),
            ("--sequences", Some(u64::from(self.sequences))),
            ("--threads", self.threads.map(u64::from)),
            ("--memory", options.memory_bytes),
            ("--cache-bytes", options.cache.as_ref().map(|cache| cache.bytes_max)),
        ];
        let paths = [
            ("--model", Some(self.file.as_path())),
            ("--socket", Some(self.socket.as_path())),
            ("--cache", options.cache.as_ref().map(|cache| cache.folder.as_path())),
            ("--measured", options.measured.as_deref()),
            ("--draft-socket", options.draft_socket.as_deref()),
            ("--embedding-model", options.vectors.file()),
        ];
        let numbers = numbers.into_iter().filter_map(|(flag, n)| Some([flag.to_owned(), n?.to_string()]));
        let paths = paths.into_iter().filter_map(|(flag, path)| Some([flag.to_owned(), shown(path?)]));
        let weights = ["--weights".to_owned(), options.weights.to_string()];
        std::iter::once("serve".to_owned()).chain(paths.flatten()).chain(numbers.flatten()).chain(weights).collect()
    }
}

fn variables() -> impl Iterator<Item = (String, String)> {
    VARIABLES.into_iter().filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)))
}

/// Where a jail shows a file.
fn inside(folder: &str, file: &Path) -> PathBuf {
    Path::new(folder).join(file.file_name().unwrap_or_default())
}

/// Without links, since a jail follows none. What is not there is left for the jail to name.
fn real(path: &Path) -> PathBuf {
    fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use sarai_engine::weights::Layouts;

    use super::*;

    fn spec() -> WorkerSpec {
        WorkerSpec {
            program: "/p/sarai-llama".into(),
            model: "m".parse().unwrap(),
            file: "/m/ñ.gguf".into(),
            socket: "/s/run/model/model.sock".into(),
            context_tokens: 2048,
            sequences: 4,
            threads: None,
            options: WorkerOptions::default(),
            jail: None,
        }
    }

    fn full() -> WorkerSpec {
        let options = WorkerOptions {
            weights: WeightsPolicy::Always(Layouts::Both),
            memory_bytes: Some(5_000_000_000),
            cache: Some(CacheSpec { folder: "/s/kv".into(), bytes_max: 9_000_000_000 }),
            measured: Some("/s/kv/measured.json".into()),
            draft_socket: Some("/s/run/draft/draft.sock".into()),
            vectors: Vectors::Own { model: "e".parse().unwrap(), file: "/m/e.gguf".into(), bytes: 70_000_000 },
        };
        WorkerSpec { threads: Some(2), options, ..spec() }
    }

    #[test]
    fn a_worker_is_told_what_was_decided() {
        assert_eq!(
            spec().arguments().join(" "),
            "serve --model /m/ñ.gguf --socket /s/run/model/model.sock --context 2048 --sequences 4 --weights auto"
        );
        assert_eq!(
            full().arguments().join(" "),
            "serve --model /m/ñ.gguf --socket /s/run/model/model.sock --cache /s/kv --measured /s/kv/measured.json \
             --draft-socket /s/run/draft/draft.sock --embedding-model /m/e.gguf --context 2048 --sequences 4 --threads 2 --memory 5000000000 \
             --cache-bytes 9000000000 --weights both"
        );
    }

    #[test]
    fn in_a_jail_everything_has_the_jails_own_names() {
        assert_eq!(
            full().inside().arguments().join(" "),
            "serve --model /model/ñ.gguf --socket /run/model/model.sock --cache /cache --measured /cache/measured.json \
             --draft-socket /run/draft/draft.sock --embedding-model /embedding/e.gguf --context 2048 --sequences 4 --threads 2 --memory 5000000000 \
             --cache-bytes 9000000000 --weights both"
        );
        let policy = full().policy().checked().unwrap();
        let mounts: Vec<_> =
            policy.mounts.iter().map(|m| (m.source.to_str().unwrap(), m.target.to_str().unwrap(), m.access)).collect();
        assert_eq!(
            mounts,
            [
                ("/p/sarai-llama", "/worker/sarai-llama", Access::ReadOnly),
                ("/m/ñ.gguf", "/model/ñ.gguf", Access::ReadOnly),
                ("/s/run/model", "/run/model", Access::ReadWrite),
                ("/s/kv", "/cache", Access::ReadWrite),
                ("/m/e.gguf", "/embedding/e.gguf", Access::ReadOnly),
                ("/s/run/draft", "/run/draft", Access::ReadOnly),
            ]
        );
        assert_eq!(
            (policy.limits.memory_bytes, policy.limits.file_bytes),
            (5_070_000_000 + MEMORY_MARGIN, 9_000_000_000)
        );
        assert!(spec().policy().checked().is_ok(), "one that keeps nothing");
    }
}
