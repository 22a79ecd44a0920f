//! The policy as a container's configuration.
//!
//! Everything that the engine can hold is asked of it, though init holds it too: what one of them misses, the other has.

use serde_json::{Value, json};

use super::engine::{Kind, LABEL};
use crate::check::{CheckedPolicy, INIT};
use crate::init::REPORT_TO_STDOUT;
use crate::local::{HOST_NAME, NOBODY, Piece};
use crate::policy::{Access, Mount};

/// Where Podman makes folders in memory, unless somebody else does.
const PLACES_OF_PODMAN: [&str; 2] = ["/run", "/var/tmp"];
/// Of what a program says, what an engine keeps.
const LOG_SIZE: &str = "1m";
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

/// What a container is held to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hold<'a> {
    pub(super) policy: &'a CheckedPolicy,
    pub(super) kind: Kind,
    /// The list of allowed calls, or where the engine finds it.
    pub(super) profile: &'a str,
    pub(super) ceilings: Ceilings,
}

/// What a jail's container is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan<'a> {
    pub(super) hold: Hold<'a>,
    /// What the computer has of the policy's root.
    pub(super) pieces: &'a [Piece],
    /// This program, which is init inside.
    pub(super) launcher: &'a str,
    pub(super) image: &'a str,
    /// Whose container it is.
    pub(super) owner: &'a str,
}

/// What the launcher itself may have at most. An engine that may not raise limits fails if it is asked for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ceilings {
    pub(super) open_files: u64,
    pub(super) processes: u64,
}

/// The body of the request that makes a jail's container.
pub(super) fn body(plan: &Plan<'_>) -> Value {
    let limits = plan.hold.policy.limits;
    let mut body = common(plan.image, plan.owner);
    let own = json!({
        "Entrypoint": [INIT, "init", REPORT_TO_STDOUT],
        "Cmd": [],
        "WorkingDir": "/",
        "Env": [],
        "OpenStdin": true,
        "StdinOnce": true,
        "AttachStdin": true,
        "AttachStdout": true,
        "AttachStderr": true,
        "StopSignal": "SIGKILL",
        "HostConfig": host(&plan.hold, &mounts(plan), pids(limits.pids), &json!({ "Type": "none" })),
    });
    merge(&mut body, own);
    body
}

/// The same for a program that is in an image of its own, and nobody's init. What it says is kept by the engine, a little.
pub(super) fn packed(hold: &Hold<'_>, image: &str, owner: &str) -> Value {
    let policy = hold.policy;
    let log = match hold.kind {
        Kind::Docker => json!({ "Type": "json-file", "Config": { "max-size": LOG_SIZE, "max-file": "1" } }),
        Kind::Podman => json!({ "Type": "k8s-file", "Config": { "max-size": LOG_SIZE } }),
    };
    let mounts: Vec<Value> = own_mounts(policy).collect();
    let mut host = host(hold, &mounts, u64::from(policy.limits.pids), &log);
    if hold.kind == Kind::Podman {
        // It would put writable ones there, as large as they like to be, though the root is to be read-only.
        for place in PLACES_OF_PODMAN {
            host["Tmpfs"][place] = "ro,noexec,nosuid,nodev,size=4k,mode=0755".into();
        }
    }
    let variables: Vec<String> = policy.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut body = common(image, owner);
    let own = json!({
        "WorkingDir": policy.working_dir.display().to_string(),
        "Env": variables,
        "OpenStdin": false,
        "StopSignal": "SIGTERM",
        "HostConfig": host,
    });
    merge(&mut body, own);
    body
}

fn common(image: &str, owner: &str) -> Value {
    json!({
        "Image": image,
        "User": format!("{NOBODY}:{NOBODY}"),
        "Hostname": HOST_NAME,
        "Labels": { LABEL: owner },
        "Tty": false,
        "NetworkDisabled": true,
        "Healthcheck": { "Test": ["NONE"] },
    })
}

/// Both are objects, and have no key in common.
fn merge(body: &mut Value, own: Value) {
    if let (Value::Object(body), Value::Object(own)) = (body, own) {
        body.extend(own);
    }
}

fn host(hold: &Hold<'_>, mounts: &[Value], pids: u64, log: &Value) -> Value {
    let limits = hold.policy.limits;
    let mut options = vec!["no-new-privileges".to_owned(), format!("seccomp={}", hold.profile)];
    if hold.kind == Kind::Podman {
        // Docker has a field for it.
        options.push(format!("mask={}", HIDDEN.join(":")));
    }
    let tmp = format!("rw,noexec,nosuid,nodev,size={},mode=1777", limits.tmp_bytes);
    json!({
        "Mounts": mounts,
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
        "PidsLimit": pids,
        "Ulimits": ulimits(hold),
        "LogConfig": log,
        "RestartPolicy": { "Name": "no" },
        "AutoRemove": false,
        "PublishAllPorts": false,
    })
}

/// With init.
pub(super) fn pids(of_policy: u32) -> u64 {
    u64::from(of_policy) + u64::from(PIDS_OF_OURS)
}

fn ulimits(hold: &Hold<'_>) -> Vec<Value> {
    let limits = hold.policy.limits;
    let limit = |name: &str, most: u64| json!({ "Name": name, "Soft": most, "Hard": most });
    vec![
        limit("nofile", u64::from(limits.open_files).min(hold.ceilings.open_files)),
        limit("fsize", limits.file_bytes),
        limit("core", 0),
        // Not of this container alone, but of everybody who is nobody: no promise, only a value that may be asked for.
        limit("nproc", hold.ceilings.processes),
    ]
}

fn mounts(plan: &Plan<'_>) -> Vec<Value> {
    let system = plan.pieces.iter().filter_map(Piece::mount_point).map(|path| {
        let path = path.display().to_string();
        bind(&path, &path, Access::ReadOnly)
    });
    let init = bind(plan.launcher, INIT, Access::ReadOnly);
    system.chain(own_mounts(plan.hold.policy)).chain([init]).collect()
}

fn own_mounts(policy: &CheckedPolicy) -> impl Iterator<Item = Value> + '_ {
    let one = |Mount { source, target, access }: &Mount| {
        bind(&source.display().to_string(), &target.display().to_string(), *access)
    };
    policy.mounts.iter().map(one)
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
