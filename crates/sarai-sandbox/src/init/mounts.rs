//! How each mount inside must be, made so and looked at.
//!
//! Nothing that can be written can be run. Nothing but the five device files is a device, and nothing gives privileges.
//! A mount that nobody has ordered is a fault.

use std::path::{Path, PathBuf};

use fs_err as fs;
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
/// How many namespaces of each kind may be made in the jail's own user namespace and beneath.
const NAMESPACE_LIMITS: [&str; 8] = ["user", "mnt", "pid", "ipc", "uts", "net", "cgroup", "time"];

/// Makes the mounts that bubblewrap has made as they must be, and forbids new namespaces.
pub(super) fn restrict(policy: &CheckedPolicy) -> Result<(), SandboxError> {
    let failed = |what: &str, error: &dyn std::fmt::Display| SandboxError::Start(format!("{what}: {error}"));
    sys::unshare_cgroup().map_err(|error| failed("no cgroup namespace", &error))?;
    for kind in NAMESPACE_LIMITS {
        let path = format!("/proc/sys/user/max_{kind}_namespaces");
        let written = fs::OpenOptions::new().write(true).open(&path).and_then(|mut file| {
            use std::io::Write;
            file.write_all(b"0")
        });
        match written {
            // A kernel that does not know a kind of namespace makes none of it.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            other => other.map_err(|error| failed("namespaces cannot be forbidden", &error))?,
        }
    }
    hide(policy).map_err(|error| failed("/proc", &error))?;
    for mounted in read().map_err(|error| failed("the mounts", &error))? {
        let Some(wanted) = wanted(policy, &mounted.point) else {
            return Err(SandboxError::Start(format!("{} is mounted, and nobody ordered it", mounted.point.display())));
        };
        sys::restrict_mount(&mounted.point, wanted)
            .map_err(|error| failed(&format!("{} cannot be restricted", mounted.point.display()), &error))?;
    }
    Ok(())
}

fn hide(policy: &CheckedPolicy) -> std::io::Result<()> {
    let _ = policy;
    for name in HIDDEN_FILES {
        let path = Path::new("/proc").join(name);
        if path.exists() {
            mount_bind("/dev/null", &path)?;
        }
    }
    for name in HIDDEN_FOLDERS {
        let path = Path::new("/proc").join(name);
        if path.exists() {
            mount("hidden", &path, "tmpfs", RawFlags::RDONLY, Some(c"size=4k,mode=0555"))?;
        }
    }
    Ok(())
}

pub(super) fn read() -> std::io::Result<Vec<Mounted>> {
    Ok(mountinfo::parse(&fs::read_to_string("/proc/self/mountinfo")?))
}

/// How the mount at `point` must be; `None` if there must not be any.
pub(super) fn wanted(policy: &CheckedPolicy, point: &Path) -> Option<MountFlags> {
    let closed = MountFlags { read_only: true, no_execute: true, no_devices: true, no_suid: true };
    let runnable = MountFlags { no_execute: false, ..closed };
    let writable = MountFlags { read_only: false, ..closed };
    let mut rules: Vec<(PathBuf, MountFlags)> =
        vec![("/proc".into(), closed), ("/tmp".into(), writable), (INIT.into(), runnable)];
    rules.extend(DEVICES.map(|device| (device.into(), MountFlags { no_devices: false, ..closed })));
    let system = pieces(policy.root);
    rules.extend(system.iter().filter_map(|piece| Some((piece.mount_point()?.to_owned(), runnable))));
    rules.extend(policy.mounts.iter().map(|mount| {
        let flags = match mount.access {
            Access::ReadOnly => runnable,
            Access::ReadWrite => writable,
        };
        (mount.target.clone(), flags)
    }));
    if point == Path::new("/") {
        return Some(closed);
    }
    // The innermost one that it lies in.
    let rule =
        rules.into_iter().filter(|(path, _)| point.starts_with(path)).max_by_key(|(path, _)| path.as_os_str().len());
    rule.map(|(_, flags)| flags)
}

/// What a container has besides, which its engine makes.
const OF_CONTAINERS: [&str; 7] =
    ["/dev", "/sys", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/run/.containerenv", "/.dockerenv"];

/// The first mount that is not as it must be, and why.
pub(super) fn judge(policy: &CheckedPolicy, backend: Backend, mounts: &[Mounted]) -> Result<(), String> {
    for mounted in mounts {
        let at = mounted.point.display();
        let foreign = backend == Backend::Docker && OF_CONTAINERS.iter().any(|own| mounted.point.starts_with(own));
        let Some(wanted) = wanted(policy, &mounted.point) else {
            if foreign && (mounted.has("ro") || mounted.has("noexec")) {
                continue;
            }
            return Err(format!("{at} is mounted, and nobody ordered it"));
        };
        let must = [
            (wanted.read_only, "ro"),
            (wanted.no_execute, "noexec"),
            (wanted.no_devices, "nodev"),
            (wanted.no_suid, "nosuid"),
        ];
        if let Some((_, option)) = must.iter().find(|(needed, option)| *needed && !mounted.has(option)) {
            return Err(format!("{at} is not mounted {option}"));
        }
    }
    Ok(())
}
