//! The policy as a container's configuration.
//!
//! Everything that the engine can hold is asked of it, though init holds it too: what one of them misses, the other has.

use serde_json::{Value, json};

use super::engine::{Kind, LABEL};
use crate::check::{CheckedPolicy, INIT};
use crate::init::REPORT_TO_STDOUT;
use crate::local::{HOST_NAME, NOBODY, Piece};
use crate::policy::{Access, Mount};

/// Init is one more than the policy's processes.
const PIDS_OF_OURS: u32 = 1;
/// Of `/proc` and `/sys`, what is hidden: of folders all, of files the content.
const HIDDEN: [&str; 23] = [
    "/sys",
    "/proc/acpi",
    "/proc/asound",
    "/proc/config.gz",
    "/proc/driver",
    "/proc/fs",
    "/proc/interrupts",
    "/proc/iomem",
    "/proc/ioports",
    "/proc/kallsyms",
    "/proc/kcore",
    "/proc/key-users",
    "/proc/keys",
    "/proc/kmsg",
    "/proc/kpagecount",
    "/proc/kpageflags",
    "/proc/latency_stats",
    "/proc/modules",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/slabinfo",
    "/proc/timer_list",
    "/proc/vmallocinfo",
];
/// And what can only be read.
const READ_ONLY: [&str; 4] = ["/proc/bus", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/// What a container is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan<'a> {
    pub(super) policy: &'a CheckedPolicy,
    /// What the computer has of the policy's root.
    pub(super) pieces: &'a [Piece],
    /// This program, which is init inside.
    pub(super) launcher: &'a str,
    pub(super) image: &'a str,
    /// Whose container it is.
    pub(super) owner: &'a str,
    pub(super) kind: Kind,
    /// The list of allowed calls, or where the engine finds it.
    pub(super) profile: &'a str,
    pub(super) ceilings: Ceilings,
}

/// What the launcher itself may have at most. An engine that may not raise limits fails if it is asked for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ceilings {
    pub(super) open_files: u64,
    pub(super) processes: u64,
}

/// The body of the request that makes the container.
pub(super) fn body(plan: &Plan<'_>) -> Value {
    let nobody = format!("{NOBODY}:{NOBODY}");
    json!({
        "Image": plan.image,
        "Entrypoint": [INIT, "init", REPORT_TO_STDOUT],
        "Cmd": [],
        "User": nobody,
        "WorkingDir": "/",
        "Hostname": HOST_NAME,
        "Env": [],
        "Labels": { LABEL: plan.owner },
        "OpenStdin": true,
        "StdinOnce": true,
        "AttachStdin": true,
        "AttachStdout": true,
        "AttachStderr": true,
        "Tty": false,
        "NetworkDisabled": true,
        "Healthcheck": { "Test": ["NONE"] },
        "StopSignal": "SIGKILL",
        "HostConfig": host(plan),
    })
}

fn host(plan: &Plan<'_>) -> Value {
    let limits = plan.policy.limits;
    let mut options = vec!["no-new-privileges".to_owned(), format!("seccomp={}", plan.profile)];
    if plan.kind == Kind::Podman {
        // Docker has a field for it.
        options.push(format!("mask={}", HIDDEN.join(":")));
    }
    let tmp = format!("rw,noexec,nosuid,nodev,size={},mode=1777", limits.tmp_bytes);
    json!({
        "Mounts": mounts(plan),
        "Tmpfs": { "/tmp": tmp },
        "ReadonlyRootfs": true,
        "MaskedPaths": HIDDEN,
        "ReadonlyPaths": READ_ONLY,
        "CapAdd": [],
        "CapDrop": ["ALL"],
        "Privileged": false,
        "SecurityOpt": options,
        "Devices": [],
        "NetworkMode": "none",
        "IpcMode": "none",
        "CgroupnsMode": "private",
        "Memory": limits.memory_bytes,
        "MemorySwap": limits.memory_bytes,
        "PidsLimit": pids(limits.pids),
        "Ulimits": ulimits(plan),
        "LogConfig": { "Type": "none" },
        "RestartPolicy": { "Name": "no" },
        "AutoRemove": false,
        "PublishAllPorts": false,
    })
}

/// With init.
pub(super) fn pids(of_policy: u32) -> u64 {
    u64::from(of_policy) + u64::from(PIDS_OF_OURS)
}

fn ulimits(plan: &Plan<'_>) -> Vec<Value> {
    let limits = plan.policy.limits;
    let limit = |name: &str, most: u64| json!({ "Name": name, "Soft": most, "Hard": most });
    vec![
        limit("nofile", u64::from(limits.open_files).min(plan.ceilings.open_files)),
        limit("fsize", limits.file_bytes),
        limit("core", 0),
        // Not of this container alone, but of everybody who is nobody: no promise, only a value that may be asked for.
        limit("nproc", plan.ceilings.processes),
    ]
}

fn mounts(plan: &Plan<'_>) -> Vec<Value> {
    let system = plan.pieces.iter().filter_map(Piece::mount_point).map(|path| {
        let path = path.display().to_string();
        bind(&path, &path, Access::ReadOnly)
    });
    let own = plan.policy.mounts.iter().map(|Mount { source, target, access }| {
        bind(&source.display().to_string(), &target.display().to_string(), *access)
    });
    let init = bind(plan.launcher, INIT, Access::ReadOnly);
    system.chain(own).chain([init]).collect()
}

/// Without what is mounted beneath the source: the engine would leave that writable.
fn bind(source: &str, target: &str, access: Access) -> Value {
    json!({
        "Type": "bind",
        "Source": source,
        "Target": target,
        "ReadOnly": access == Access::ReadOnly,
        "BindOptions": { "Propagation": "rprivate", "NonRecursive": true },
    })
}
