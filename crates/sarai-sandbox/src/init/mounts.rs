//! How each mount inside must be, made so and looked at.
//!
//! Nothing that can be written can be run. Nothing but the five device files is a device, and nothing gives privileges.
//! A mount that nobody has ordered is a fault.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use fs_err as fs;
use rustix::io::Errno;
use rustix::mount::{MountFlags as RawFlags, mount, mount_bind};

use crate::backend::Backend;
use crate::check::{CheckedPolicy, INIT};
use crate::error::SandboxError;
use crate::local::{DEVICES, pieces};
use crate::mountinfo::{self, Mounted};
use crate::policy::Access;
use crate::sys::{self, MountFlags};

/// Files of `/proc` that tell about the computer more than a program needs, or could be used against it.
const HIDDEN_FILES: [&str; 20] = [
    "config.gz",
    "interrupts",
    "iomem",
    "ioports",
    "kallsyms",
    "kcore",
    "key-users",
    "keys",
    "kmsg",
    "kpagecgroup",
    "kpagecount",
    "kpageflags",
    "latency_stats",
    "modules",
    "pagetypeinfo",
    "sched_debug",
    "slabinfo",
    "sysrq-trigger",
    "timer_list",
    "vmallocinfo",
];
const HIDDEN_FOLDERS: [&str; 5] = ["acpi", "asound", "driver", "fs", "scsi"];
/// What a hidden file is seen as.
const NOTHING: &str = "/dev/null";
/// What a container has besides, which its engine makes. Nothing of it may be written or run.
const OF_CONTAINERS: [&str; 10] = [
    "/sys",
    "/run",
    "/var/tmp",
    "/etc/group",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/passwd",
    "/etc/resolv.conf",
    "/dev/shm",
    "/dev/mqueue",
];
/// How many namespaces of each kind may be made in the jail's own user namespace and beneath.
const NAMESPACE_LIMITS: [&str; 8] = ["user", "mnt", "pid", "ipc", "uts", "net", "cgroup", "time"];

/// Makes the mounts that bubblewrap has made as they must be, and forbids new namespaces.
pub(super) fn restrict(policy: &CheckedPolicy) -> Result<(), SandboxError> {
    let failed = |what: &str, error: &dyn std::fmt::Display| SandboxError::Start(format!("{what}: {error}"));
    for kind in NAMESPACE_LIMITS {
        let written = fs::OpenOptions::new()
            .write(true)
            .open(format!("/proc/sys/user/max_{kind}_namespaces"))
            .and_then(|mut file| file.write_all(b"0"));
        match written {
            // A kernel that does not know a kind of namespace makes none of it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other.map_err(|error| failed("namespaces cannot be forbidden", &error))?,
        }
    }
    let rules = Rules::of(policy, Backend::Local);
    // The first, because what is hidden below is hidden by copies of it.
    rules.enforce(NOTHING).map_err(|error| failed(NOTHING, &error))?;
    hide().map_err(|error| failed("/proc", &error))?;
    for mounted in read().map_err(|error| failed("the mounts", &error))? {
        let wanted = rules.wanted(&mounted.point);
        if wanted.is_some_and(|wanted| lacking(wanted, &mounted).is_none()) {
            continue;
        }
        let point = mounted.point.to_string_lossy();
        rules.enforce(&point).map_err(|error| failed(&format!("{point} cannot be restricted"), &error))?;
    }
    Ok(())
}

fn hide() -> io::Result<()> {
    for name in HIDDEN_FILES {
        match mount_bind(NOTHING, format!("/proc/{name}")) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    let closed = RawFlags::RDONLY | RawFlags::NOEXEC | RawFlags::NODEV | RawFlags::NOSUID;
    for name in HIDDEN_FOLDERS {
        match mount("hidden", format!("/proc/{name}"), "tmpfs", closed, Some(c"size=4k,mode=0555")) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}

/// Every mount that can be reached. What lies under another one is nobody's.
pub(super) fn read() -> io::Result<Vec<Mounted>> {
    let all = mountinfo::parse(&fs::read_to_string("/proc/self/mountinfo")?);
    let mut topmost: Vec<Mounted> = Vec::new();
    // Of several at one place, the last one lies on top.
    for mounted in all {
        topmost.retain(|earlier| earlier.point != mounted.point);
        topmost.push(mounted);
    }
    topmost.retain(|mounted| !matches!(rustix::fs::lstat(&mounted.point), Err(Errno::NOENT)));
    Ok(topmost)
}

/// How each mount must be, by where it is.
#[derive(Debug)]
pub(super) struct Rules(Vec<(PathBuf, MountFlags)>);

impl Rules {
    pub(super) fn of(policy: &CheckedPolicy, backend: Backend) -> Self {
        let closed = MountFlags { read_only: true, no_execute: true, no_devices: true, no_suid: true };
        let runnable = MountFlags { no_execute: false, ..closed };
        let writable = MountFlags { read_only: false, ..closed };
        let device = MountFlags { no_devices: false, ..closed };
        let mut rules: Vec<(PathBuf, MountFlags)> =
            vec![("/proc".into(), closed), ("/tmp".into(), writable), (INIT.into(), runnable)];
        rules.extend(DEVICES.map(|path| (path.into(), device)));
        rules.extend(HIDDEN_FILES.map(|name| (format!("/proc/{name}").into(), device)));
        let system = pieces(policy.root);
        rules.extend(system.iter().filter_map(|piece| Some((piece.mount_point()?.to_owned(), runnable))));
        rules.extend(policy.mounts.iter().map(|mount| {
            let flags = match mount.access {
                Access::ReadOnly => runnable,
                Access::ReadWrite => writable,
            };
            (mount.target.clone(), flags)
        }));
        if backend == Backend::Docker {
            rules.extend(OF_CONTAINERS.map(|path| (path.into(), closed)));
            // The device files lie in a file system of their own.
            rules.push(("/dev".into(), device));
        }
        Self(rules)
    }

    /// `None` if there must not be a mount.
    pub(super) fn wanted(&self, point: &Path) -> Option<MountFlags> {
        if point == Path::new("/") {
            return Some(MountFlags { read_only: true, no_execute: true, no_devices: true, no_suid: true });
        }
        // The innermost one that it lies in.
        let around = self.0.iter().filter(|(path, _)| point.starts_with(path));
        around.max_by_key(|(path, _)| path.as_os_str().len()).map(|(_, flags)| *flags)
    }

    pub(super) fn enforce(&self, point: &str) -> io::Result<()> {
        let wanted = self.wanted(Path::new(point)).ok_or_else(|| io::Error::other("nobody ordered it"))?;
        sys::restrict_mount(Path::new(point), wanted)
    }
}

/// What a mount should be and is not.
fn lacking(wanted: MountFlags, mounted: &Mounted) -> Option<&'static str> {
    let must = [
        (wanted.read_only, "ro"),
        (wanted.no_execute, "noexec"),
        (wanted.no_devices, "nodev"),
        (wanted.no_suid, "nosuid"),
    ];
    must.into_iter().find_map(|(needed, option)| (needed && !mounted.has(option)).then_some(option))
}

/// The first mount that is not as it must be, and why.
pub(super) fn judge(policy: &CheckedPolicy, backend: Backend, mounts: &[Mounted]) -> Result<(), String> {
    let rules = Rules::of(policy, backend);
    for mounted in mounts {
        let at = mounted.point.display();
        let wanted = rules.wanted(&mounted.point).ok_or_else(|| format!("{at} is mounted, and nobody ordered it"))?;
        if let Some(option) = lacking(wanted, mounted) {
            return Err(format!("{at} is not mounted {option}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
