//! A `sarai serve` of the benchmark's own, in a home of its own.
//!
//! The person's may be running or not: this one shares nothing with it but the models folder, which is a link. So what
//! it remembers (answers to guess from, the cache on disk, measured batches) begins with the run, may be thrown away in
//! the middle of it, and leaves with it.
//!
//! # Usage
//! 1. [`OwnServe::start`]; [`OwnServe::server`] is where to ask.
//! 2. [`OwnServe::kill`] ends it as a power cut would; [`OwnServe::again`] starts it on what it left behind.
//! 3. Dropping it ends the process and removes the home.

use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Result;
use fs_err as fs;
use rustix::process::{Pid, Signal, kill_process};
use sarai_api::client::Client;
use sarai_config::Folders;
use sarai_daemon::serve::SOCKET;
use sarai_types::{Language, ModelId, Notice};
use tokio::process::{Child, Command};

use super::now;
use super::server::{Server, ms_between};
use crate::answer::{Standing, obstacle};
use crate::ending::Told;
use crate::shell::Shell;
use crate::worker;

/// How long `serve` may take until it listens; its model may take longer.
const LISTEN_WAIT: Duration = Duration::from_secs(30);
/// A model of many gigabytes on a slow disk takes minutes to read.
const LOAD_WAIT: Duration = Duration::from_secs(15 * 60);
/// A computer that is never quiet for so long is not measured.
const MEASURE_WAIT: Duration = Duration::from_secs(3 * 60);
const POLL: Duration = Duration::from_millis(20);
/// How long to wait for the cache on disk, and what counts as written: as many looks without a change.
const SETTLE_WAIT: Duration = Duration::from_secs(15);
const SETTLE_POLL: Duration = Duration::from_millis(250);
const STILL_POLLS: u32 = 6;
/// How long the kernel may take to end what was killed: a worker has gigabytes to give back.
const END_WAIT: Duration = Duration::from_secs(20);
/// Of the folder's name, before the number of the process.
const HOME_PREFIX: &str = "bench-";
/// The end of its log that is shown when it fell.
const LOG_CHARS: usize = 600;

/// The process, its home, and the way to it.
#[derive(Debug)]
pub(super) struct OwnServe<'a> {
    shell: &'a Shell,
    model: Option<ModelId>,
    home: Home,
    client: Client,
    process: Child,
}

/// A folder that is removed when this is dropped.
#[derive(Debug)]
struct Home(PathBuf);

impl<'a> OwnServe<'a> {
    /// Makes the home and starts the process; returns when a question would be answered, by a worker that knows what
    /// batches take here: how much is guessed and how the weights lie depends on it.
    ///
    /// # Errors
    /// No home can be made, or it falls, or its model does not get ready.
    pub(super) async fn start(shell: &'a Shell, model: Option<&ModelId>) -> Result<Self> {
        let mut own = Self::start_unmeasured(shell, model).await?;
        own.until_measured().await?;
        Ok(own)
    }

    /// The same for what no model takes part in: it does not wait until batches were measured.
    ///
    /// # Errors
    /// As [`OwnServe::start`].
    pub(super) async fn start_unmeasured(shell: &'a Shell, model: Option<&ModelId>) -> Result<Self> {
        let home = Home::new(shell)?;
        let socket = home.folders().socket(SOCKET).map_err(|e| Told::failed(e.notice()))?;
        let process = spawn(shell, model, &home)?;
        let client = Client::unix(socket, Language::English);
        let mut own = Self { shell, model: model.cloned(), home, client, process };
        own.until_ready().await?;
        Ok(own)
    }

    /// Where to ask.
    ///
    /// # Errors
    /// It holds no model, which cannot be once it was ready.
    pub(super) async fn server(&self) -> Result<Server> {
        Server::with_model(self.client.clone(), self.model.as_ref()).await
    }

    /// The process.
    pub(super) fn pid(&self) -> Option<u32> {
        self.process.id()
    }

    /// Its home.
    pub(super) fn folder(&self) -> &Path {
        &self.home.0
    }

    pub(super) fn client(&self) -> Client {
        self.client.clone()
    }

    /// Kills it and its worker without a warning, and waits until both are gone.
    ///
    /// # Errors
    /// The system does not let it be killed.
    pub(super) async fn kill(&mut self) -> Result<()> {
        let children = self.process.id().map(children_of).unwrap_or_default();
        self.process.kill().await?;
        for child in children {
            // The kernel has been asked to kill it with its parent; asking again does no harm.
            if let Some(pid) = i32::try_from(child).ok().and_then(Pid::from_raw) {
                let _ = kill_process(pid, Signal::KILL);
            }
            let gone = async {
                while is_alive(child) {
                    tokio::time::sleep(POLL).await;
                }
            };
            let _ = tokio::time::timeout(END_WAIT, gone).await;
        }
        Ok(())
    }

    /// Starts it again in the same home, and says after how many milliseconds it was ready.
    ///
    /// # Errors
    /// As [`OwnServe::start`].
    pub(super) async fn again(&mut self) -> Result<f64> {
        let start = now();
        self.process = spawn(self.shell, self.model.as_ref(), &self.home)?;
        self.until_ready().await?;
        Ok(ms_between(start, now()))
    }

    /// Forgets everything: what is in memory and what is on disk, but not what was measured of the computer.
    ///
    /// # Errors
    /// As [`OwnServe::again`].
    pub(super) async fn forget(&mut self) -> Result<()> {
        self.kill().await?;
        for file in conversations_in(&self.home.folders().kv()) {
            fs::remove_file(file)?;
        }
        self.again().await?;
        Ok(())
    }

    async fn until_ready(&mut self) -> Result<()> {
        let listening = async {
            loop {
                if self.client.health().await.is_ok() {
                    return Ok(());
                }
                if self.process.try_wait()?.is_some() {
                    return Err(anyhow::Error::from(self.fell()));
                }
                tokio::time::sleep(POLL).await;
            }
        };
        match tokio::time::timeout(LISTEN_WAIT, listening).await {
            Ok(listens) => listens?,
            Err(_) => return Err(self.fell().into()),
        }
        let loading = self.until_loaded();
        tokio::time::timeout(LOAD_WAIT, loading).await.unwrap_or_else(|_| Err(self.fell().into()))
    }

    /// The worker measures when nobody wants anything. Started once more, it makes of it what it will always make.
    async fn until_measured(&mut self) -> Result<()> {
        let file = self.home.measured();
        if file.exists() {
            return Ok(());
        }
        self.shell.tell(&Notice::new("bench-own-measures"));
        let measured = async {
            while !file.exists() {
                tokio::time::sleep(POLL).await;
            }
        };
        match tokio::time::timeout(MEASURE_WAIT, measured).await {
            Ok(()) => {
                self.kill().await?;
                self.again().await?;
            }
            Err(_) => self.shell.tell(&Notice::new("bench-own-not-measured")),
        }
        Ok(())
    }

    async fn until_loaded(&self) -> Result<()> {
        loop {
            let health = self.client.health().await.map_err(|_| self.fell())?;
            match Standing::of(&health.status) {
                Standing::Ready => return Ok(()),
                Standing::Starting => tokio::time::sleep(POLL).await,
                Standing::Degraded | Standing::Stopping | Standing::Unknown => {
                    let detail = obstacle(&health).unwrap_or_default();
                    return Err(Told::failed(Notice::new("cli-not-ready").arg("detail", detail)).into());
                }
            }
        }
    }

    /// Waits until what was read lies on disk: it is written when nobody waits, which an owner's pause is long enough
    /// for. Goes on without it after [`SETTLE_WAIT`].
    pub(super) async fn settle(&self) {
        let settled = async {
            // What was asked before may have been written long ago, and is not what is waited for.
            let before = conversations_in(&self.home.folders().kv());
            let (mut last, mut still) = (0, 0);
            while still < STILL_POLLS {
                tokio::time::sleep(SETTLE_POLL).await;
                let files = conversations_in(&self.home.folders().kv());
                let bytes: u64 = files.iter().filter_map(|file| Some(fs::metadata(file).ok()?.len())).sum();
                still = if bytes > 0 && bytes == last && files != before { still + 1 } else { 0 };
                last = bytes;
            }
        };
        let _ = tokio::time::timeout(SETTLE_WAIT, settled).await;
    }

    fn fell(&self) -> Told {
        let log = fs::read_to_string(self.home.log()).unwrap_or_default();
        let skip = log.chars().count().saturating_sub(LOG_CHARS);
        let end: String = log.chars().skip(skip).collect();
        Told::failed(Notice::new("bench-serve-fell").arg("log", end.trim()))
    }
}

fn spawn(shell: &Shell, model: Option<&ModelId>, home: &Home) -> Result<Child> {
    let log = fs::OpenOptions::new().create(true).append(true).open(home.log())?;
    let mut command = Command::new(worker::this_program()?);
    let settings = shell.settings.iter().filter(|(key, _)| key != "server.port");
    for (key, value) in settings {
        command.arg("--set").arg(format!("{key}={value}"));
    }
    // Any free port: the person's own program may have the usual one.
    command.args(["--set", "server.port=0"]);
    if let Some(model) = model {
        command.arg("--set").arg(format!("model.default={model}"));
    }
    command.args(["serve", "--die-with-parent", &std::process::id().to_string()]);
    command.env("SARAI_HOME", &home.0).env("SARAI_LLAMA_BIN", worker::program()?);
    let log = log.into_parts().0;
    command.stdin(Stdio::null()).stdout(Stdio::from(log.try_clone()?)).stderr(Stdio::from(log));
    Ok(command.kill_on_drop(true).spawn()?)
}

impl Home {
    /// With the person's config, what was measured of their computer, and a link to their models.
    fn new(shell: &Shell) -> Result<Self> {
        shell.folders.create().map_err(|e| Told::failed(e.notice()))?;
        remove_orphans(&shell.folders.state);
        let home = Self(shell.folders.state.join(format!("{HOME_PREFIX}{}", std::process::id())));
        std::fs::DirBuilder::new().mode(0o700).create(&home.0)?;
        let folders = home.folders();
        // First of all, so that no folder of this name is made.
        symlink(&shell.folders.models, &folders.models)?;
        folders.create().map_err(|e| Told::failed(e.notice()))?;
        let own_models = |config: &Path| config.join("models.toml");
        for (from, to) in [
            (shell.folders.config_file(), folders.config_file()),
            (own_models(&shell.folders.config), own_models(&folders.config)),
            (shell.folders.overrides_file(), folders.overrides_file()),
            (measured(&shell.folders), measured(&folders)),
        ] {
            if from.is_file() {
                fs::copy(from, to)?;
            }
        }
        Ok(home)
    }

    fn folders(&self) -> Folders {
        Folders::under(&self.0)
    }

    fn measured(&self) -> PathBuf {
        measured(&self.folders())
    }

    fn log(&self) -> PathBuf {
        self.0.join("serve.log")
    }

    /// The models are a link, which is removed, not followed.
    fn remove(&self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Where the daemon has its worker keep what batches take on this computer.
fn measured(folders: &Folders) -> PathBuf {
    folders.kv().join("measured.json")
}

/// Removes the homes of benchmarks that were killed before they could do it.
fn remove_orphans(state: &Path) {
    let own = std::process::id();
    for entry in fs::read_dir(state).into_iter().flatten().flatten() {
        let pid = entry.file_name().to_str().and_then(|name| name.strip_prefix(HOME_PREFIX)?.parse().ok());
        if pid.is_some_and(|pid: u32| pid == own || !is_alive(pid)) {
            Home(entry.path()).remove();
        }
    }
}

/// The files in the folder of the cache, but for what was measured of the computer.
fn conversations_in(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    paths.filter(|path| path.is_file() && path.extension().is_none_or(|extension| extension != "json")).collect()
}

/// A process below another one.
#[derive(Debug, Clone)]
pub(super) struct Process {
    pub(super) pid: u32,
    pub(super) arguments: Vec<String>,
    /// Proportional set size.
    pub(super) resident_bytes: u64,
}

/// A process and all below it, parents before their children.
pub(super) fn tree_of(pid: u32) -> Vec<Process> {
    let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let pss = read("smaps_rollup")
        .lines()
        .find_map(|line| line.strip_prefix("Pss:")?.trim().strip_suffix("kB")?.trim().parse().ok());
    let arguments = read("cmdline").split('\0').map(str::to_owned).collect();
    let own = Process { pid, arguments, resident_bytes: pss.map_or(0, |kilobytes: u64| kilobytes * 1024) };
    std::iter::once(own).chain(children_of(pid).into_iter().flat_map(tree_of)).collect()
}

/// The children of a process, by the kernel's own list.
fn children_of(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let listed = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    listed.flat_map(|pids| pids.split_whitespace().filter_map(|p| p.parse().ok()).collect::<Vec<u32>>()).collect()
}

/// A process that ended but was not waited for yet is not alive.
pub(super) fn is_alive(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}

#[cfg(test)]
mod tests {
    use sarai_messages::Messages;

    use super::*;

    #[test]
    fn a_home_holds_the_persons_config_and_leaves_nothing() {
        let person = tempfile::tempdir().unwrap();
        let folders = Folders::under(person.path());
        fs::create_dir_all(&folders.config).unwrap();
        fs::create_dir_all(&folders.models).unwrap();
        fs::write(folders.config_file(), "log: {}\n").unwrap();
        fs::write(folders.models.join("m.gguf"), "weights").unwrap();
        let shell =
            Shell { messages: Messages::new(Language::English), folders: folders.clone(), settings: Vec::new() };
        let orphan = folders.state.join(format!("{HOME_PREFIX}{}", u32::MAX));
        fs::create_dir_all(&orphan).unwrap();
        let home = Home::new(&shell).unwrap();
        assert!(!orphan.exists(), "its process is gone");
        let inside = home.folders();
        assert_eq!(fs::read_to_string(inside.config_file()).unwrap(), "log: {}\n");
        assert_eq!(fs::read_to_string(inside.models.join("m.gguf")).unwrap(), "weights");
        let at = home.0.clone();
        drop(home);
        assert!(!at.exists());
        assert!(folders.models.join("m.gguf").exists(), "the link was followed");
    }

    #[test]
    fn processes_are_seen_as_the_kernel_lists_them() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        // The kernel leaves one out now and then while other threads, here those of other tests, end.
        let is_listed = || children_of(std::process::id()).contains(&child.id());
        assert!((0..100).any(|_| is_listed() || {
            std::thread::sleep(Duration::from_millis(10));
            false
        }));
        assert!(is_alive(child.id()));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!is_alive(child.id()));
    }
}
