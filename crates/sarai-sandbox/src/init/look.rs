//! Looks from inside whether the jail is closed.
//!
//! What `/proc` says of this process is read, and what must not work is tried, by a copy of this process that ends right
//! after. Nothing is believed because a call to set it up came back without an error.

use std::collections::BTreeMap;
use std::io;

use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt;
use rustix::fs::{Mode, OFlags, open, unlink};
use rustix::io::Errno;
use rustix::process::{WaitOptions, getrlimit, getsid, waitpid};

use super::{mounts, powers};
use crate::backend::Backend;
use crate::check::INIT;
use crate::control::Setup;
use crate::error::SandboxError;
use crate::local::{HOST_NAME, NOBODY};
use crate::report::{Effective, Layer, State};
use crate::source::Identity;
use crate::sys;

/// How much more `/tmp` may hold than it was given: the kernel counts in pages.
const PAGE: u64 = 64 << 10;

pub(super) fn around(setup: &Setup, effective: &mut Effective) -> Result<(), SandboxError> {
    let odd = |error: io::Error| SandboxError::Start(format!("cannot look around: {error}"));
    let status = fs::read_to_string("/proc/self/status").map_err(odd)?;
    let status: BTreeMap<&str, &str> =
        status.lines().filter_map(|line| line.split_once(':')).map(|(key, value)| (key, value.trim())).collect();
    namespaces(setup, effective);
    identity(&status, effective);
    let mounted = mounts::read().map_err(odd)?;
    let shape = mounts::judge(&setup.policy, setup.backend, &mounted);
    effective.set(Layer::ReadOnlyRoot, State::of(shape.clone()));
    effective.set(Layer::NoExecute, State::of(shape));
    effective.set(Layer::Mounts, State::of(same_files(setup)));
    effective.set(Layer::Descriptors, State::of(descriptors()));
    let limits = powers::limits(&setup.policy.limits);
    for (layer, place) in [(Layer::OpenFiles, 0), (Layer::FileSize, 1)] {
        effective.set(layer, State::of(limit(limits[place].0, limits[place].1)));
    }
    effective.set(Layer::TmpSize, State::of(tmp_size(setup.policy.limits.tmp_bytes)));
    effective.set(Layer::Proc, State::of(proc_is_closed()));
    if let Some((layer, failure)) = attempts()? {
        effective.set(layer, State::NotHeld(failure));
    }
    Ok(())
}

fn namespaces(setup: &Setup, effective: &mut Effective) {
    let own = |name: &str| {
        fs::read_link(format!("/proc/self/ns/{name}")).ok().and_then(|link| link.into_os_string().into_string().ok())
    };
    let kinds = [
        ("user", Layer::UserNamespace),
        ("mnt", Layer::MountNamespace),
        ("pid", Layer::PidNamespace),
        ("ipc", Layer::IpcNamespace),
        ("uts", Layer::UtsNamespace),
        ("net", Layer::NetworkNamespace),
        ("cgroup", Layer::CgroupNamespace),
    ];
    for (kind, layer) in kinds {
        let differs = match (own(kind), setup.outside.get(kind)) {
            (Some(own), Some(outside)) if own != *outside => Ok(()),
            (Some(_), Some(_)) => Err(format!("it is the launcher's {kind} namespace")),
            _ => Err(format!("the {kind} namespace cannot be told")),
        };
        let holds = differs.and_then(|()| match layer {
            Layer::PidNamespace if std::process::id() != 1 => Err("init is not the first process".to_owned()),
            Layer::UtsNamespace => host_name(),
            Layer::NetworkNamespace => only_loopback(),
            _ => Ok(()),
        });
        effective.set(layer, State::of(holds));
    }
    let none_allowed = match setup.backend {
        Backend::Local => fs::read_to_string("/proc/sys/user/max_user_namespaces").is_ok_and(|most| most.trim() == "0"),
        // There the list of calls stands alone.
        Backend::Docker | Backend::Disabled => true,
    };
    let nested = if none_allowed { Ok(()) } else { Err("the kernel would allow one".to_owned()) };
    effective.set(Layer::NoNestedNamespaces, State::of(nested));
}

fn host_name() -> Result<(), String> {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if name == HOST_NAME { Ok(()) } else { Err(format!("the host name is {name}")) }
}

fn only_loopback() -> Result<(), String> {
    let table = fs::read_to_string("/proc/self/net/dev").map_err(|error| error.to_string())?;
    let mut names = table.lines().skip(2).filter_map(|line| line.split_once(':')).map(|(name, _)| name.trim());
    // Some kernels put idle tunnel ends into every namespace; they lead nowhere without an address.
    let idle = ["lo", "sit0", "tunl0", "ip6tnl0", "gre0", "gretap0", "erspan0", "ip_vti0", "ip6_vti0", "ip6gre0"];
    match names.find(|name| !idle.contains(name)) {
        None => Ok(()),
        Some(name) => Err(format!("there is an interface {name}")),
    }
}

fn identity(status: &BTreeMap<&str, &str>, effective: &mut Effective) {
    let is = |key: &str, wanted: &dyn Fn(&str) -> bool| match status.get(key) {
        Some(value) if wanted(value) => Ok(()),
        Some(value) => Err(format!("{key} is {value}")),
        None => Err(format!("/proc does not tell {key}")),
    };
    let nobody = NOBODY.to_string();
    let all_nobody = |value: &str| value.split_whitespace().all(|id| id == nobody);
    effective.set(Layer::User, State::of(["Uid", "Gid"].into_iter().try_for_each(|key| is(key, &all_nobody))));
    let none = |value: &str| value.chars().all(|digit| digit == '0');
    let sets = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"];
    effective.set(Layer::Capabilities, State::of(sets.into_iter().try_for_each(|key| is(key, &none))));
    effective.set(Layer::NoNewPrivileges, State::of(is("NoNewPrivs", &|value| value == "1")));
    effective.set(Layer::Seccomp, State::of(is("Seccomp", &|value| value == "2")));
    let leader = getsid(None).is_ok_and(|session| session == rustix::process::getpid());
    let terminal = fs::OpenOptions::new().read(true).custom_flags(libc::O_NOCTTY).open("/dev/tty").is_ok();
    effective.set(
        Layer::Session,
        State::of(match (leader, terminal) {
            (true, false) => Ok(()),
            (false, _) => Err("init does not lead a session of its own".to_owned()),
            (_, true) => Err("there is a terminal".to_owned()),
        }),
    );
}

fn same_files(setup: &Setup) -> Result<(), String> {
    for (mount, looked_at) in setup.policy.mounts.iter().zip(&setup.identities) {
        match Identity::at(&mount.target) {
            Ok(found) if found == *looked_at => {}
            Ok(_) => return Err(format!("{} is not what was at {}", mount.target.display(), mount.source.display())),
            Err(errno) => return Err(format!("{}: {errno}", mount.target.display())),
        }
    }
    Ok(())
}

/// The three standard ones, the file that signals are read from, and the folder that is being listed.
fn descriptors() -> Result<(), String> {
    let open = fs::read_dir("/proc/self/fd").map_err(|error| error.to_string())?;
    let mut others = Vec::new();
    for entry in open.flatten() {
        let number = entry.file_name().to_string_lossy().into_owned();
        if !["0", "1", "2"].contains(&number.as_str()) {
            let target = fs::read_link(entry.path()).map(|path| path.display().to_string()).unwrap_or_default();
            others.push(target);
        }
    }
    others.retain(|target| target != "anon_inode:[signalfd]" && !target.starts_with("/proc/"));
    if others.is_empty() { Ok(()) } else { Err(format!("open besides the standard ones: {}", others.join(", "))) }
}

fn limit(resource: rustix::process::Resource, most: u64) -> Result<(), String> {
    let now = getrlimit(resource);
    let fits = |limit: Option<u64>| limit.is_some_and(|limit| limit <= most);
    if fits(now.current) && fits(now.maximum) { Ok(()) } else { Err(format!("it is {:?}", now.maximum)) }
}

fn tmp_size(most: u64) -> Result<(), String> {
    let tmp = rustix::fs::statvfs("/tmp").map_err(|errno| errno.to_string())?;
    let bytes = tmp.f_blocks.saturating_mul(tmp.f_frsize);
    if bytes > 0 && bytes <= most + PAGE { Ok(()) } else { Err(format!("/tmp holds {bytes} bytes")) }
}

fn proc_is_closed() -> Result<(), String> {
    let writable = fs::OpenOptions::new().write(true).open("/proc/self/oom_score_adj");
    if writable.is_ok() {
        return Err("/proc can be written".to_owned());
    }
    for secret in ["/proc/kcore", "/proc/kallsyms", "/proc/keys"] {
        if fs::read(secret).is_ok_and(|bytes| !bytes.is_empty()) {
            return Err(format!("{secret} can be read"));
        }
    }
    Ok(())
}

/// Something that must not work.
struct Forbidden {
    /// What it would be if it worked.
    what: &'static str,
    /// Which layer forbids it, and how. Another error would mean that something else was in the way, which would prove
    /// nothing.
    by: Layer,
    with: Errno,
    attempt: fn() -> rustix::io::Result<()>,
}

impl Forbidden {
    const fn call(what: &'static str, by: Layer, attempt: fn() -> rustix::io::Result<()>) -> Self {
        Self { what, by, with: Errno::PERM, attempt }
    }
}

const FORBIDDEN: [Forbidden; 12] = [
    Forbidden::call("a user namespace can be made", Layer::NoNestedNamespaces, || {
        sys::attempt(libc::SYS_unshare, [libc::CLONE_NEWUSER as u64, 0, 0])
    }),
    Forbidden::call("ptrace works", Layer::Seccomp, || sys::attempt(libc::SYS_ptrace, [0, 0, 0])),
    Forbidden::call("io_uring works", Layer::Seccomp, || sys::attempt(libc::SYS_io_uring_setup, [1, 0, 0])),
    Forbidden::call("memfd_create works", Layer::Seccomp, || sys::attempt(libc::SYS_memfd_create, [0, 0, 0])),
    Forbidden::call("addresses can be made predictable", Layer::Seccomp, || {
        sys::attempt(libc::SYS_personality, [libc::ADDR_NO_RANDOMIZE as u64, 0, 0])
    }),
    Forbidden::call("the clock can be set", Layer::Seccomp, || sys::attempt(libc::SYS_settimeofday, [0, 0, 0])),
    Forbidden {
        with: Errno::NOSYS,
        ..Forbidden::call("clone3 works", Layer::Seccomp, || sys::attempt(libc::SYS_clone3, [0, 0, 0]))
    },
    Forbidden::call("an Internet socket can be made", Layer::NetworkNamespace, || socket(libc::AF_INET)),
    Forbidden::call("a netlink socket can be made", Layer::NetworkNamespace, || socket(libc::AF_NETLINK)),
    Forbidden {
        what: "the root can be written",
        by: Layer::ReadOnlyRoot,
        with: Errno::ROFS,
        attempt: || open("/written", OFlags::CREATE | OFlags::WRONLY, Mode::RUSR).map(drop),
    },
    Forbidden {
        what: "landlock lets init's own file be read",
        by: Layer::LandlockFiles,
        with: Errno::ACCESS,
        attempt: || open(INIT, OFlags::RDONLY, Mode::empty()).map(drop),
    },
    Forbidden::call("a loader can run what is in /tmp", Layer::NoExecute, load_from_tmp),
];

fn socket(family: i32) -> rustix::io::Result<()> {
    sys::attempt(libc::SYS_socket, [u64::from(family.unsigned_abs()), libc::SOCK_RAW as u64, 0])
}

/// What a loader does with a program that the kernel will not run.
fn load_from_tmp() -> rustix::io::Result<()> {
    let path = "/tmp/.program";
    let file = open(path, OFlags::CREATE | OFlags::EXCL | OFlags::RDWR, Mode::RWXU)?;
    rustix::io::write(&file, b"#!/bin/sh\n")?;
    let mapped = sys::map_executable(&file);
    unlink(path)?;
    mapped
}

/// Tries all of it in a copy of this process; gives what went otherwise than it must.
fn attempts() -> Result<Option<(Layer, String)>, SandboxError> {
    let odd = |error: io::Error| SandboxError::Start(format!("nothing can be tried: {error}"));
    // The copy's exit code is the place of the first that went otherwise, or the number of all of them.
    let all = u8::try_from(FORBIDDEN.len()).unwrap_or(u8::MAX);
    let copy = sys::fork(|| {
        let place = FORBIDDEN.iter().position(|forbidden| (forbidden.attempt)() != Err(forbidden.with));
        place.and_then(|place| u8::try_from(place).ok()).unwrap_or(all)
    })
    .map_err(odd)?;
    let status = waitpid(Some(copy), WaitOptions::empty()).map_err(|errno| odd(errno.into()))?;
    let code = status.and_then(|(_, status)| status.exit_status());
    if code == Some(i32::from(all)) {
        return Ok(None);
    }
    let found = code.and_then(|code| FORBIDDEN.get(usize::try_from(code).ok()?));
    Ok(Some(match found {
        Some(forbidden) => (forbidden.by, forbidden.what.to_owned()),
        None => (Layer::Seccomp, "a forbidden call ended the process that made it".to_owned()),
    }))
}
