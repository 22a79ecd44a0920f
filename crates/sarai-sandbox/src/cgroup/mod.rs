//! Limits of memory and processes, by cgroups of either version.
//!
//! Each jail has a cgroup of its own, named after its launcher, so that the next launch, or whoever sees the launcher
//! killed, can tell one that was left behind and removes it.
//!
//! # Usage
//! 1. [`Cgroup::make`] finds a place, sweeps it, and makes the cgroup with its limits.
//! 2. Start a process with [`Cgroup::cradle`]; what it starts is in it too.
//! 3. [`Cgroup::remove`], when they have ended.

mod home;
mod owner;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err as fs;
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

use crate::check::JailName;
use crate::error::SandboxError;
use crate::policy::Limits;
use crate::sys::Cradle;
use home::{Controller, Homes, Version};
pub(crate) use owner::Owner;

/// Processes of ours in each jail's cgroup: bubblewrap's monitor and init.
const PIDS_OF_OURS: u32 = 2;
/// How often, with how long between, the kernel is asked to let a cgroup go whose processes have just died.
const REMOVE_TRIES: u32 = 1000;
const REMOVE_PAUSE: Duration = Duration::from_millis(1);

/// The cgroup of one jail: one folder, or with version 1 one for each controller.
#[derive(Debug)]
pub(crate) struct Cgroup {
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    controller: Controller,
    version: Version,
    folder: PathBuf,
}

impl Cgroup {
    pub(crate) fn make(name: &JailName, limits: &Limits) -> Result<Self, SandboxError> {
        let (homes, owner) = surroundings()?;
        Self::make_in(homes, &owner, name, limits, &fs::read_to_string("/proc/swaps").unwrap_or_default())
    }

    /// Removes what launchers that were killed have left here, with every process that is still in it.
    pub(crate) fn sweep() -> Result<(), SandboxError> {
        let (homes, owner) = surroundings()?;
        for home in [homes.memory, homes.pids] {
            sweep(&home.folder, &owner);
        }
        Ok(())
    }

    fn make_in(
        homes: Homes,
        owner: &Owner,
        name: &JailName,
        limits: &Limits,
        swaps: &str,
    ) -> Result<Self, SandboxError> {
        let mut cgroup = Self { parts: Vec::new() };
        for (controller, home) in homes.prepare()? {
            sweep(&home.folder, owner);
            let folder = home.folder.join(owner.folder_name(name));
            let made = make_folder(&folder);
            cgroup.parts.push(Part { controller, version: home.version, folder });
            let limited =
                made.and_then(|()| cgroup.parts.iter().next_back().map_or(Ok(()), |part| part.limit(limits, swaps)));
            if let Err(why) = limited {
                cgroup.remove();
                return Err(SandboxError::Cgroup(format!("{} cannot be limited: {why}", controller.name())));
            }
        }
        Ok(cgroup)
    }

    /// What a process needs to begin its life in it, and all that it starts.
    pub(crate) fn cradle(&self) -> Result<Cradle, SandboxError> {
        let failed = |errno: Errno| SandboxError::Cgroup(format!("no process can be put in: {errno}"));
        let mut cradle = Cradle::default();
        for Part { version, folder, .. } in &self.parts {
            match version {
                Version::One => {
                    let flags = OFlags::WRONLY | OFlags::CLOEXEC;
                    cradle.tasks.push(open(folder.join("tasks"), flags, Mode::empty()).map_err(failed)?);
                }
                Version::Two => {
                    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
                    cradle.unified = Some(open(folder, flags, Mode::empty()).map_err(failed)?);
                }
            }
        }
        Ok(cradle)
    }

    /// Whether the process is in it, in all its parts.
    pub(crate) fn has(&self, pid: Pid) -> Result<(), String> {
        let line = pid.as_raw_nonzero().to_string();
        for part in &self.parts {
            let inside = fs::read_to_string(part.folder.join("cgroup.procs")).map_err(|error| error.to_string())?;
            if !inside.lines().any(|own| own == line) {
                return Err(format!("the jail is not in its cgroup for {}", part.controller.name()));
            }
        }
        Ok(())
    }

    /// How many processes were killed because the memory was full.
    pub(crate) fn memory_kills(&self) -> u64 {
        let memory = self.parts.iter().find(|part| part.controller == Controller::Memory);
        memory.and_then(Part::memory_kills).unwrap_or(0)
    }

    /// Ends what is still in it and removes it. Gives the folders that would not go.
    pub(crate) fn remove(self) -> Vec<PathBuf> {
        let mut folders: Vec<PathBuf> = self.parts.into_iter().map(|part| part.folder).collect();
        folders.dedup();
        folders.retain(|folder| remove_folder(folder).is_err());
        folders
    }
}

impl Part {
    fn limit(&self, limits: &Limits, swaps: &str) -> Result<(), String> {
        for Setting { file, value, optional } in self.settings(limits) {
            let path = self.folder.join(file);
            match (path.exists(), optional) {
                (false, Missing::IfNoSwap) if no_swap(swaps) => continue,
                (false, Missing::IfNoSwap) => {
                    return Err("the kernel does not account swap: switch swap off or boot with swapaccount=1".into());
                }
                _ => {}
            }
            write(&path, &value.to_string()).map_err(|error| error.to_string())?;
            let now = fs::read_to_string(&path).map_err(|error| error.to_string())?;
            // The kernel rounds down to whole pages.
            if now.trim().parse::<u64>().is_ok_and(|now| now <= value) {
                continue;
            }
            return Err(format!("{} is {} after {value} was written to it", path.display(), now.trim()));
        }
        Ok(())
    }

    fn settings(&self, limits: &Limits) -> Vec<Setting> {
        let set = |file, value| Setting { file, value, optional: Missing::Never };
        let swap = |file, value| Setting { file, value, optional: Missing::IfNoSwap };
        match (self.controller, self.version) {
            (Controller::Memory, Version::One) => vec![
                set("memory.limit_in_bytes", limits.memory_bytes),
                swap("memory.memsw.limit_in_bytes", limits.memory_bytes),
            ],
            (Controller::Memory, Version::Two) => {
                vec![set("memory.max", limits.memory_bytes), swap("memory.swap.max", 0)]
            }
            (Controller::Pids, _) => vec![set("pids.max", u64::from(limits.pids + PIDS_OF_OURS))],
        }
    }

    fn memory_kills(&self) -> Option<u64> {
        let file = match self.version {
            Version::One => "memory.oom_control",
            Version::Two => "memory.events",
        };
        let text = fs::read_to_string(self.folder.join(file)).ok()?;
        text.lines().find_map(|line| line.strip_prefix("oom_kill "))?.trim().parse().ok()
    }
}

/// Where cgroups of this process's jails are made, and by whom.
fn surroundings() -> Result<(Homes, Owner), SandboxError> {
    let read = |path: &str| fs::read_to_string(path).map_err(|error| SandboxError::Cgroup(error.to_string()));
    let homes = Homes::find(&read("/proc/self/cgroup")?, &read("/proc/self/mountinfo")?)?;
    Ok((homes, Owner::this().map_err(|error| SandboxError::Cgroup(error.to_string()))?))
}

/// A file of a cgroup and what is written to it.
struct Setting {
    file: &'static str,
    value: u64,
    optional: Missing,
}

/// Whether the file may be missing.
#[derive(Clone, Copy)]
enum Missing {
    Never,
    IfNoSwap,
}

/// Whether `/proc/swaps` has only its heading.
fn no_swap(swaps: &str) -> bool {
    swaps.lines().count() <= 1
}

fn make_folder(folder: &Path) -> Result<(), String> {
    match fs::create_dir(folder) {
        // Version 2 has both controllers in one folder.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error.to_string()),
        _ => Ok(()),
    }
}

/// Files of cgroups are written in one call, and neither made nor cut.
fn write(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write;
    fs::OpenOptions::new().write(true).open(path)?.write_all(text.as_bytes())
}

/// Removes what launchers that are gone have left.
fn sweep(home: &Path, owner: &Owner) {
    let Ok(entries) = fs::read_dir(home) else { return };
    for entry in entries.flatten() {
        let left_behind = entry.file_name().to_str().is_some_and(|name| owner.is_orphan(name));
        if left_behind {
            // What will not go stays for the next sweep; this launch does not depend on it.
            let _ = remove_folder(&entry.path());
        }
    }
}

fn remove_folder(folder: &Path) -> io::Result<()> {
    let mut last = Ok(());
    for _ in 0..REMOVE_TRIES {
        last = match fs::remove_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => Err(error),
            Ok(()) => return Ok(()),
        };
        kill_all(folder);
        std::thread::sleep(REMOVE_PAUSE);
    }
    last
}

fn kill_all(folder: &Path) {
    if write(&folder.join("cgroup.kill"), "1").is_ok() {
        return;
    }
    for line in fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default().lines() {
        if let Some(pid) = line.parse().ok().and_then(Pid::from_raw) {
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests;
