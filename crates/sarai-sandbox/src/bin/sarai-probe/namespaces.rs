//! New namespaces, where a process would have capabilities again, and entering those of others.

use fs_err as fs;
use rustix::process::{Pid, WaitOptions, waitpid};

use crate::Attempt;
use crate::links::by_name;
use crate::outcome::{Arguments, Outcome, Step, ensure};
use crate::sys::{Arg, call, copy, words};

pub(crate) const ATTEMPTS: &[Attempt] = &[
    ("unshare-user", unshare_user),
    ("unshare-others", unshare_others),
    ("clone-user", clone_user),
    ("clone3-user", clone3_user),
    ("enter-opened", enter_opened),
    ("enter-inherited", enter_inherited),
    ("host-name", host_name),
    ("change-root", change_root),
];

/// The code by which a child says that it has what it should not.
const HAS_IT: u8 = 42;

fn capabilities() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    line.unwrap_or_default().trim().to_owned()
}

fn has_capabilities() -> bool {
    capabilities().chars().any(|digit| digit != '0')
}

/// Is root in a user namespace of its own.
fn unshare_user(_: &mut Arguments) -> Outcome {
    let before = fs::read_link("/proc/self/ns/user").or_broken("look")?;
    call(libc::SYS_unshare, [libc::CLONE_NEWUSER.into()]).or_blocked("unshare")?;
    ensure(fs::read_link("/proc/self/ns/user").or_broken("look")? != before, || "it is the same namespace".to_owned())?;
    ensure(has_capabilities(), || "there are no capabilities in it".to_owned())?;
    Ok(format!("has the capabilities {}", capabilities()))
}

/// Any other kind, which needs capabilities that are there already.
fn unshare_others(_: &mut Arguments) -> Outcome {
    let kinds = [
        ("mnt", libc::CLONE_NEWNS),
        ("net", libc::CLONE_NEWNET),
        ("uts", libc::CLONE_NEWUTS),
        ("ipc", libc::CLONE_NEWIPC),
        ("cgroup", libc::CLONE_NEWCGROUP),
    ];
    let mut first = None;
    for (name, flag) in kinds {
        let before = fs::read_link(format!("/proc/self/ns/{name}")).or_broken("look")?;
        match call(libc::SYS_unshare, [flag.into()]) {
            Ok(_) => {
                let after = fs::read_link(format!("/proc/self/ns/{name}")).or_broken("look")?;
                ensure(before != after, || "it is the same namespace".to_owned())?;
                return Ok(format!("has a {name} namespace of its own"));
            }
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or_else(|| std::io::Error::other("nothing to try"))).or_blocked("unshare")
}

fn judge(child: std::io::Result<Pid>, by: &str) -> Outcome {
    let child = child.or_blocked(by)?;
    let status = waitpid(Some(child), WaitOptions::empty()).or_broken("wait")?;
    let code = status.and_then(|(_, status)| status.exit_status());
    ensure(code == Some(i32::from(HAS_IT)), || "the child has no capabilities".to_owned())?;
    Ok("has a child with capabilities".to_owned())
}

fn child() -> u8 {
    if has_capabilities() { HAS_IT } else { 0 }
}

fn clone_user(_: &mut Arguments) -> Outcome {
    let flags = libc::CLONE_NEWUSER | libc::CLONE_NEWNS | libc::SIGCHLD;
    judge(copy(libc::SYS_clone, [flags.into(), Arg::Null], child), "clone")
}

/// The call whose flags lie in memory, where no filter looks.
fn clone3_user(_: &mut Arguments) -> Outcome {
    let flags = (libc::CLONE_NEWUSER | libc::CLONE_NEWNS).cast_unsigned();
    let mut fields = [0_u64; 11];
    fields[0] = u64::from(flags);
    fields[4] = libc::SIGCHLD as u64;
    let fields = words(&fields);
    judge(copy(libc::SYS_clone3, [Arg::Bytes(&fields), fields.len().into()], child), "clone3")
}

/// Enters a namespace of the first process, or of the parent.
fn enter_opened(arguments: &mut Arguments) -> Outcome {
    let process = arguments.text("a process")?;
    let process = by_name(process);
    let mut first = None;
    for kind in ["net", "uts", "ipc", "cgroup", "mnt", "pid"] {
        let entered = fs::File::open(format!("/proc/{process}/ns/{kind}"))
            .and_then(|file| call(libc::SYS_setns, [std::os::fd::AsFd::as_fd(file.file()).into(), 0.into()]));
        match entered {
            Ok(_) => return Ok(format!("is in the {kind} namespace of {process}")),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or_else(|| std::io::Error::other("nothing to try"))).or_blocked("setns")
}

/// Enters the namespace that was left open for it.
fn enter_inherited(arguments: &mut Arguments) -> Outcome {
    let file: i32 = arguments.number("an open file")?;
    call(libc::SYS_setns, [file.into(), 0.into()]).or_blocked("setns")?;
    Ok("is in a namespace from outside".to_owned())
}

/// Gives the computer another name, and its old one back.
fn host_name(_: &mut Arguments) -> Outcome {
    const NAME: &[u8] = b"sarai-probe";
    let before = rustix::system::uname().nodename().to_bytes().to_vec();
    call(libc::SYS_sethostname, [Arg::Bytes(NAME), NAME.len().into()]).or_blocked("sethostname")?;
    let after = rustix::system::uname().nodename().to_bytes().to_vec();
    call(libc::SYS_sethostname, [Arg::Bytes(&before), before.len().into()]).or_broken("give the name back")?;
    ensure(after == NAME, || "it has its old name".to_owned())?;
    Ok("gave the computer another name".to_owned())
}

/// Makes a folder its root, which is the first step of the old way out of a chroot.
fn change_root(arguments: &mut Arguments) -> Outcome {
    let folder = arguments.text("a folder")?;
    let name = crate::sys::text(&folder).or_broken("the folder")?;
    let before = rustix::fs::stat("/").or_broken("look")?;
    call(libc::SYS_chroot, [(&name).into()]).or_blocked("chroot")?;
    let after = rustix::fs::stat("/").or_broken("look")?;
    ensure((before.st_dev, before.st_ino) != (after.st_dev, after.st_ino), || "it has its old root".to_owned())?;
    Ok(format!("{folder} is its root"))
}
