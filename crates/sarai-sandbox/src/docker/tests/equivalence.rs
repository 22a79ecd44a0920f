//! Both back ends against any policy: what each of them is told is read back, and gives no more than the policy.
//!
//! What neither is told, because init does it in both, is looked at from inside (`init::look`) and tried (`tests/escape`).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::Value;

use super::super::config::{Ceilings, Hold, Plan, body, packed};
use super::super::engine::Kind;
use super::super::seccomp::{Callers, profile};
use crate::check::{CheckedPolicy, INIT};
use crate::local::{DEVICES, Piece, arguments, pieces};
use crate::policy::{Access, Limits, Mount, Policy, Root};

const LAUNCHER: &str = "/opt/sarai-jail";
const CEILINGS: Ceilings = Ceilings { open_files: 4096, processes: 2000 };

/// A file or folder of the computer as a back end was told to show it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Shown {
    source: PathBuf,
    target: PathBuf,
    writable: bool,
}

impl Shown {
    fn new(source: impl Into<PathBuf>, target: impl Into<PathBuf>, writable: bool) -> Self {
        Self { source: source.into(), target: target.into(), writable }
    }
}

/// All that may be shown: the policy's mounts, the pieces of its root, and init.
fn due(policy: &CheckedPolicy, pieces: &[Piece]) -> BTreeSet<Shown> {
    let own = policy.mounts.iter();
    let own = own.map(|mount| Shown::new(&mount.source, &mount.target, mount.access == Access::ReadWrite));
    let root = pieces.iter().filter_map(Piece::mount_point).map(|path| Shown::new(path, path, false));
    own.chain(root).chain([Shown::new(LAUNCHER, INIT, false)]).collect()
}

/// Reads bubblewrap's arguments back.
#[derive(Debug, Default)]
struct Bubblewrap {
    flags: BTreeSet<String>,
    shown: BTreeSet<Shown>,
    links: BTreeSet<(PathBuf, PathBuf)>,
    devices: BTreeSet<PathBuf>,
    kept: BTreeSet<String>,
    tmp_bytes: Option<u64>,
    program: Vec<String>,
}

impl Bubblewrap {
    fn read(policy: &CheckedPolicy, pieces: &[Piece]) -> Self {
        let list = arguments(policy, pieces, Path::new(LAUNCHER));
        let mut list = list.into_iter().map(|argument| argument.into_string().unwrap());
        let mut read = Self::default();
        let mut size = None;
        while let Some(flag) = list.next() {
            let mut next = || list.next().unwrap();
            match flag.as_str() {
                "--bind" => drop(read.shown.insert(Shown::new(next(), next(), true))),
                "--ro-bind" => drop(read.shown.insert(Shown::new(next(), next(), false))),
                "--dev-bind" => {
                    let source = next();
                    assert_eq!(source, next());
                    read.devices.insert(source.into());
                }
                "--symlink" => drop(read.links.insert((next().into(), next().into()))),
                "--size" => size = Some(next().parse().unwrap()),
                "--tmpfs" => {
                    assert_eq!(next(), "/tmp");
                    read.tmp_bytes = size.take();
                }
                "--cap-add" => drop(read.kept.insert(next())),
                "--" => read.program = list.by_ref().collect(),
                "--uid" | "--gid" | "--hostname" | "--chdir" | "--cap-drop" | "--proc" | "--perms" | "--remount-ro" => {
                    let value = next();
                    read.flags.insert(format!("{flag} {value}"));
                }
                _ => drop(read.flags.insert(flag)),
            }
        }
        read
    }
}

fn check_local(policy: &CheckedPolicy, pieces: &[Piece]) -> Result<(), TestCaseError> {
    let read = Bubblewrap::read(policy, pieces);
    prop_assert_eq!(&read.shown, &due(policy, pieces));
    prop_assert_eq!(read.devices, DEVICES.map(PathBuf::from).into());
    prop_assert!(read.tmp_bytes.is_some_and(|bytes| bytes <= policy.limits.tmp_bytes));
    prop_assert_eq!(read.program, [INIT, "init"]);
    // What init needs to close the jail, and gives up.
    prop_assert_eq!(read.kept, ["CAP_SETPCAP", "CAP_SYS_ADMIN", "CAP_SYS_RESOURCE"].map(String::from).into());
    let expected = [
        "--unshare-user",
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-net",
        "--unshare-cgroup",
        "--uid 65534",
        "--gid 65534",
        "--hostname jail",
        "--chdir /",
        "--cap-drop ALL",
        "--die-with-parent",
        "--new-session",
        "--as-pid-1",
        "--proc /proc",
        "--perms 0700",
        "--remount-ro /",
    ];
    prop_assert_eq!(read.flags, expected.map(String::from).into());
    Ok(())
}

fn check_docker(policy: &CheckedPolicy, pieces: &[Piece], kind: Kind) -> Result<(), TestCaseError> {
    let image = "sarai-jail:test";
    let calls = profile(Callers::Init).unwrap().to_string();
    let hold = Hold { policy, kind, profile: &calls, ceilings: CEILINGS };
    let jail = body(&Plan { hold, pieces, launcher: LAUNCHER, image, owner: "me" });
    check_container(&jail, &due(policy, pieces), policy, policy.limits.pids + 1)?;
    prop_assert_eq!(&jail["Env"], &Value::Array(Vec::new()));
    prop_assert_eq!(&jail["StdinOnce"], true);
    prop_assert_eq!(&jail["HostConfig"]["LogConfig"]["Type"], "none");

    let calls = profile(Callers::Program).unwrap().to_string();
    let program = packed(&Hold { profile: &calls, ..hold }, image, "me");
    let own = policy.mounts.iter();
    let own = own.map(|mount| Shown::new(&mount.source, &mount.target, mount.access == Access::ReadWrite));
    check_container(&program, &own.collect(), policy, policy.limits.pids)?;
    // Its command is the image's.
    prop_assert!(program["Entrypoint"].is_null() && program["Cmd"].is_null());
    prop_assert_eq!(program["Env"].as_array().map(Vec::len), Some(policy.environment.len()));
    Ok(())
}

/// What every container is held to.
fn check_container(
    body: &Value,
    due: &BTreeSet<Shown>,
    policy: &CheckedPolicy,
    pids: u32,
) -> Result<(), TestCaseError> {
    let host = &body["HostConfig"];
    check_mounts(policy, due, host)?;
    check_limits(&policy.limits, pids, host)?;
    for (value, wanted) in [
        (&body["User"], Value::from("65534:65534")),
        (&body["Tty"], false.into()),
        (&body["NetworkDisabled"], true.into()),
        (&host["CapDrop"], vec!["ALL"].into()),
        (&host["CapAdd"], Value::Array(Vec::new())),
        (&host["Devices"], Value::Array(Vec::new())),
        (&host["Privileged"], false.into()),
        (&host["ReadonlyRootfs"], true.into()),
        (&host["NetworkMode"], "none".into()),
        (&host["IpcMode"], "none".into()),
        (&host["CgroupnsMode"], "private".into()),
        (&host["RestartPolicy"]["Name"], "no".into()),
    ] {
        prop_assert_eq!(value, &wanted);
    }
    // Absent means a namespace of its own.
    for field in
        ["PidMode", "UTSMode", "UsernsMode", "Binds", "VolumesFrom", "DeviceRequests", "PortBindings", "GroupAdd"]
    {
        prop_assert!(host[field].is_null(), "{} is set", field);
    }
    let options: Vec<&str> = host["SecurityOpt"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    prop_assert!(options.contains(&"no-new-privileges"));
    let profile = options.iter().find_map(|option| option.strip_prefix("seccomp=")).unwrap();
    let profile: Value = serde_json::from_str(profile).unwrap();
    prop_assert_eq!(&profile["defaultAction"], "SCMP_ACT_ERRNO");
    prop_assert!(!options.iter().any(|option| option.contains("unconfined") || option.starts_with("unmask")));
    Ok(())
}

fn check_mounts(policy: &CheckedPolicy, due: &BTreeSet<Shown>, host: &Value) -> Result<(), TestCaseError> {
    let mut shown = BTreeSet::new();
    for mount in host["Mounts"].as_array().unwrap() {
        prop_assert_eq!(&mount["Type"], "bind");
        prop_assert_eq!(&mount["BindOptions"]["Propagation"], "rprivate");
        // Docker would leave what is mounted beneath writable.
        prop_assert_eq!(&mount["BindOptions"]["NonRecursive"], true);
        let path = |field: &str| mount[field].as_str().unwrap().to_owned();
        shown.insert(Shown::new(path("Source"), path("Target"), mount["ReadOnly"] != true));
    }
    prop_assert_eq!(&shown, due);
    let tmpfs = host["Tmpfs"].as_object().unwrap();
    for (place, options) in tmpfs.iter().filter(|(place, _)| *place != "/tmp") {
        // Only to keep Podman from making them writable.
        prop_assert!(options.as_str().unwrap().starts_with("ro,"), "{}", place);
    }
    let options: BTreeSet<&str> = tmpfs["/tmp"].as_str().unwrap().split(',').collect();
    for option in ["noexec", "nosuid", "nodev"] {
        prop_assert!(options.contains(option), "/tmp is not {}", option);
    }
    let bytes = options.iter().find_map(|option| option.strip_prefix("size=")?.parse::<u64>().ok());
    prop_assert!(bytes.is_some_and(|bytes| bytes <= policy.limits.tmp_bytes));
    Ok(())
}

fn check_limits(limits: &Limits, pids: u32, host: &Value) -> Result<(), TestCaseError> {
    prop_assert_eq!(host["Memory"].as_u64(), Some(limits.memory_bytes));
    // The sum of memory and swap: there is no swap.
    prop_assert_eq!(host["MemorySwap"].as_u64(), Some(limits.memory_bytes));
    prop_assert_eq!(host["PidsLimit"].as_u64(), Some(u64::from(pids)));
    let ulimit = |name: &str| {
        let all = host["Ulimits"].as_array().unwrap();
        let found = all.iter().find(|limit| limit["Name"] == name).unwrap();
        assert_eq!(found["Soft"], found["Hard"]);
        found["Hard"].as_u64().unwrap()
    };
    prop_assert!(ulimit("nofile") <= u64::from(limits.open_files));
    prop_assert!(ulimit("fsize") <= limits.file_bytes);
    prop_assert_eq!(ulimit("core"), 0);
    Ok(())
}

fn limits() -> impl Strategy<Value = Limits> {
    let bytes = 1_u64 << 13..1 << 40;
    (8_u64 << 20..1 << 40, 1_u32..32_768, 16_u32..1 << 20, bytes.clone(), bytes).prop_map(
        |(memory_bytes, pids, open_files, tmp_bytes, file_bytes)| Limits {
            memory_bytes,
            pids,
            open_files,
            tmp_bytes,
            file_bytes,
        },
    )
}

fn mount() -> impl Strategy<Value = Mount> {
    let path = prop::collection::vec("[a-z ,:=.é-]{1,12}", 1..4).prop_map(|parts| {
        // A part that is only dots would be no plain path.
        let parts: Vec<String> = parts.into_iter().map(|part| format!("x{part}x")).collect();
        PathBuf::from(format!("/{}", parts.join("/")))
    });
    let access = prop_oneof![Just(Access::ReadOnly), Just(Access::ReadWrite)];
    (path.clone(), path, access).prop_map(|(source, target, access)| Mount { source, target, access })
}

fn policy() -> impl Strategy<Value = Policy> {
    let root = prop_oneof![Just(Root::Empty), Just(Root::System)];
    let environment = prop::collection::btree_map("[A-Z]{1,8}", ".{0,16}", 0..4);
    (root, prop::collection::vec(mount(), 0..8), environment, limits()).prop_map(
        |(root, mounts, environment, limits)| {
            let environment = environment.into_iter().map(|(name, value)| (name, value.replace('\0', ""))).collect();
            Policy { root, mounts, working_dir: "/".into(), environment, limits }
        },
    )
}

proptest! {
    #[test]
    fn both_back_ends_give_no_more_than_the_policy(policy in policy()) {
        // Two mounts at one place cannot be kept, and are refused before any back end sees them.
        let Ok(policy) = policy.checked() else { return Err(TestCaseError::reject("no policy")) };
        let pieces = pieces(policy.root);
        check_local(&policy, &pieces)?;
        check_docker(&policy, &pieces, Kind::Docker)?;
        check_docker(&policy, &pieces, Kind::Podman)?;
    }
}
