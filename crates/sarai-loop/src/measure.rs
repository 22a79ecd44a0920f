//! What is measured for conditions and watches: only what some rule asks for.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sarai_config::Folders;
use sarai_proactive::rule::{Condition, Resource, Rule, Trigger, Watch};
use sarai_proactive::{Capacity, Readings};

/// What has to be measured for some rules.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    memory: bool,
    disks: BTreeSet<Option<String>>,
    idle: bool,
    pub(crate) files: BTreeSet<String>,
    /// Whether something is watched, rather than only looked at when a rule is due.
    watches: bool,
    pub(crate) skills: bool,
}

impl Wanted {
    pub(crate) fn of<'a>(rules: impl Iterator<Item = &'a Rule>) -> Self {
        let mut wanted = Self::default();
        for rule in rules {
            match &rule.trigger {
                Trigger::Watch(Watch::Level(level)) => {
                    wanted.resource(&level.resource);
                    wanted.watches = true;
                }
                Trigger::Watch(Watch::Idle { .. }) => {
                    wanted.idle = true;
                    wanted.watches = true;
                }
                Trigger::Watch(Watch::FileChanged { path }) => {
                    wanted.files.insert(path.clone());
                    wanted.watches = true;
                }
                Trigger::Watch(Watch::SkillUnhealthy { .. }) => wanted.skills = true,
                Trigger::Watch(Watch::Webhook { .. } | Watch::FactAdded { .. }) | Trigger::Times(_) => {}
            }
            for condition in &rule.conditions {
                match condition {
                    Condition::Level(level) => wanted.resource(&level.resource),
                    Condition::Idle { .. } => wanted.idle = true,
                    Condition::Between { .. } | Condition::On(_) => {}
                }
            }
        }
        wanted
    }

    fn resource(&mut self, resource: &Resource) {
        match resource {
            Resource::Memory => self.memory = true,
            Resource::Disk { path } => drop(self.disks.insert(path.clone())),
        }
    }

    /// Whether somebody has to look again and again.
    pub(crate) const fn is_watching(&self) -> bool {
        self.watches
    }

    pub(crate) fn measure(&self, folders: &Folders, now: Timestamp) -> Readings {
        let disks = self.disks.iter().filter_map(|path| {
            let folder = path.as_deref().map_or_else(|| folders.state.clone(), expand);
            Some((path.clone(), disk(&folder)?))
        });
        Readings {
            memory: if self.memory { memory() } else { None },
            disks: disks.collect(),
            idle_seconds: if self.idle { idle(&folders.asked_file(), now) } else { None },
        }
    }
}

/// Everything that some rules ask for, measured once.
#[must_use]
pub fn readings<'a>(rules: impl Iterator<Item = &'a Rule>, folders: &Folders, now: Timestamp) -> Readings {
    Wanted::of(rules).measure(folders, now)
}

/// `~` is the owner's home.
pub(crate) fn expand(path: &str) -> PathBuf {
    match (path.strip_prefix('~'), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
            PathBuf::from(home).join(rest.trim_start_matches('/'))
        }
        _ => PathBuf::from(path),
    }
}

fn memory() -> Option<Capacity> {
    parse_meminfo(&fs_err::read_to_string("/proc/meminfo").ok()?)
}

fn parse_meminfo(text: &str) -> Option<Capacity> {
    let bytes = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
    };
    Some(Capacity { free_bytes: bytes("MemAvailable")?, total_bytes: bytes("MemTotal")? })
}

fn disk(folder: &Path) -> Option<Capacity> {
    let stat = rustix::fs::statvfs(folder).ok()?;
    let bytes = |blocks: u64| blocks.checked_mul(stat.f_frsize);
    // What is kept for root alone is not free for the owner, nor does it count in the whole.
    let reserved = stat.f_bfree.saturating_sub(stat.f_bavail);
    Some(Capacity { free_bytes: bytes(stat.f_bavail)?, total_bytes: bytes(stat.f_blocks.saturating_sub(reserved))? })
}

/// For how long none of the owner's terminals was typed at, and nothing asked. None where there was neither: then nobody
/// knows.
fn idle(asked: &Path, now: Timestamp) -> Option<u32> {
    let own = rustix::process::geteuid().as_raw();
    let terminals = fs_err::read_dir("/dev/pts").into_iter().flatten();
    let typed = terminals.filter_map(|entry| {
        let meta = fs_err::metadata(entry.ok()?.path()).ok()?;
        (meta.uid() == own).then(|| meta.atime())
    });
    let asked = fs_err::metadata(asked).ok().map(|meta| meta.mtime());
    let last = typed.chain(asked).max()?;
    u32::try_from(now.as_second().saturating_sub(last).max(0)).ok()
}

/// What is known of a file, to see that it changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    modified: (i64, i64),
    bytes: u64,
    inode: u64,
}

impl Seen {
    /// None while there is no such file.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let meta = fs_err::metadata(path).ok()?;
        Some(Self { modified: (meta.mtime(), meta.mtime_nsec()), bytes: meta.len(), inode: meta.ino() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_says_how_much_there_is() {
        let text = "MemTotal:       1000 kB\nMemFree:  1 kB\nMemAvailable:    250 kB\n";
        assert_eq!(parse_meminfo(text), Some(Capacity { free_bytes: 256_000, total_bytes: 1_024_000 }));
        assert_eq!(parse_meminfo("MemTotal: 1000 kB\n"), None);
        let memory = memory().unwrap();
        assert!(memory.free_bytes > 0 && memory.free_bytes < memory.total_bytes);
        let disk = disk(Path::new("/")).unwrap();
        assert!(disk.free_bytes <= disk.total_bytes && disk.total_bytes > 0);
        assert_eq!(super::disk(Path::new("/no/such/folder")), None);
    }

    #[test]
    fn whoever_asks_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let asked = folder.path().join("asked");
        fs_err::write(&asked, "").unwrap();
        let mtime = fs_err::metadata(&asked).unwrap().mtime();
        let idle_after = |seconds| super::idle(&asked, Timestamp::from_second(mtime + seconds).unwrap());
        // Terminals that were typed at later make it less.
        assert!(idle_after(0) == Some(0) && idle_after(600).unwrap() <= 600);
        // A clock that is set back.
        assert_eq!(idle_after(-1000), Some(0));
    }

    #[test]
    fn a_file_is_seen_to_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes");
        assert_eq!(Seen::of(&path), None);
        fs_err::write(&path, "a").unwrap();
        let first = Seen::of(&path);
        assert_eq!(first, Seen::of(&path));
        fs_err::write(&path, "ab").unwrap();
        assert_ne!(first, Seen::of(&path));
    }
}
