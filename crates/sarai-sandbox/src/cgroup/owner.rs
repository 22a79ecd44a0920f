//! Whose cgroup or container it is.

use std::io;

use fs_err as fs;

use crate::check::JailName;

const PREFIX: &str = "sarai-jail";

/// A launcher, told from all others of this boot: its process id is used again some day, with another start time, and
/// means something else in another pid namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    /// The inode of the pid namespace.
    namespace: u64,
    pid: u32,
    /// In clock ticks since boot.
    started: u64,
}

impl Owner {
    pub(crate) fn this() -> io::Result<Self> {
        let link = fs::read_link("/proc/self/ns/pid")?;
        let inode = link.to_str().and_then(|link| link.strip_prefix("pid:[")?.strip_suffix(']')?.parse().ok());
        let pid = std::process::id();
        match (inode, start_of(pid)) {
            (Some(namespace), Some(started)) => Ok(Self { namespace, pid, started }),
            _ => Err(io::Error::other("/proc does not say who this process is")),
        }
    }

    pub(crate) fn folder_name(&self, jail: &JailName) -> String {
        format!("{PREFIX}.{}.{}.{}.{jail}", self.namespace, self.pid, self.started)
    }

    /// Whether a folder (or whatever was named so) is a jail's whose launcher has ended. One of another pid namespace cannot be judged from here.
    pub(crate) fn is_orphan(&self, folder: &str) -> bool {
        let mut parts = folder.splitn(5, '.');
        let mut number = || parts.next()?.parse::<u64>().ok();
        let Some(rest) = folder.strip_prefix(PREFIX) else { return false };
        if !rest.starts_with('.') || number().is_some() {
            return false;
        }
        let (Some(namespace), Some(pid), Some(started)) = (number(), number(), number()) else { return false };
        let alive = u32::try_from(pid).ok().and_then(start_of) == Some(started);
        namespace == self.namespace && !alive
    }
}

/// When a process started; `None` if there is none, or it has ended and nobody has asked how.
fn start_of(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may have blanks and brackets of its own.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ');
    match fields.next()? {
        "Z" | "X" => None,
        _ => fields.nth(18)?.parse().ok(),
    }
}
