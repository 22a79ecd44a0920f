//! Becoming somebody with more power.

use fs_err as fs;

use crate::Attempt;
use crate::outcome::{Arguments, Outcome, Step, ensure};
use crate::sys::{Arg, call, half_words, open_by};

pub(crate) const ATTEMPTS: &[Attempt] = &[
    ("become-root", become_root),
    ("gain-capability", gain_capability),
    ("make-device", make_device),
    ("real-time", real_time),
    ("raise-limit", raise_limit),
    ("no-randomisation", no_randomisation),
    ("readable-is-runnable", readable_is_runnable),
    ("terminal-input", terminal_input),
];

pub(crate) const NOBODY: u32 = 65_534;

fn become_root(_: &mut Arguments) -> Outcome {
    call(libc::SYS_setresgid, [0.into(), 0.into(), 0.into()]).or_blocked("setresgid")?;
    call(libc::SYS_setresuid, [0.into(), 0.into(), 0.into()]).or_blocked("setresuid")?;
    ensure(rustix::process::geteuid().is_root(), || "it is not root".to_owned())?;
    Ok("is root".to_owned())
}

/// Gives itself the right to change owners.
fn gain_capability(_: &mut Arguments) -> Outcome {
    const VERSION_3: u32 = 0x2008_0522;
    const CHOWN: u32 = 1;
    let header = half_words(&[VERSION_3, 0]);
    let data = half_words(&[CHOWN, CHOWN, 0, 0, 0, 0]);
    call(libc::SYS_capset, [Arg::Bytes(&header), Arg::Bytes(&data)]).or_blocked("capset")?;
    let status = fs::read_to_string("/proc/self/status").or_broken("look")?;
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:")).unwrap_or_default().trim();
    ensure(line.ends_with('1'), || format!("its capabilities are {line}"))?;
    Ok("has a capability".to_owned())
}

/// Makes a device file of its own, and uses it.
fn make_device(arguments: &mut Arguments) -> Outcome {
    let path = std::path::Path::new(&arguments.text("a folder")?).join("device");
    let name = crate::sys::text(&path.display().to_string()).or_broken("the path")?;
    // The one that gives zeros: 1, 5.
    let device = libc::makedev(1, 5);
    let mode = libc::S_IFCHR | 0o600;
    call(libc::SYS_mknodat, [libc::AT_FDCWD.into(), (&name).into(), mode.into(), device.into()]).or_blocked("mknod")?;
    let mut bytes = [1; 4];
    fs::File::open(&path).and_then(|mut file| std::io::Read::read_exact(&mut file, &mut bytes)).or_blocked("open")?;
    ensure(bytes == [0; 4], || "it gives something else".to_owned())?;
    Ok("uses a device that it made".to_owned())
}

/// A process that all others have to wait for.
fn real_time(_: &mut Arguments) -> Outcome {
    let priority = half_words(&[1]);
    call(libc::SYS_sched_setscheduler, [0.into(), libc::SCHED_FIFO.into(), Arg::Bytes(&priority)])
        .or_blocked("sched_setscheduler")?;
    let now = call(libc::SYS_sched_getscheduler, [0.into()]).or_broken("look")?;
    ensure(now == i64::from(libc::SCHED_FIFO), || "it runs as before".to_owned())?;
    Ok("goes before all others".to_owned())
}

/// More open files than it was given.
fn raise_limit(_: &mut Arguments) -> Outcome {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let now = getrlimit(Resource::Nofile);
    let more = now.maximum.map(|most| most + 1);
    setrlimit(Resource::Nofile, Rlimit { current: now.current, maximum: more }).or_blocked("setrlimit")?;
    ensure(getrlimit(Resource::Nofile).maximum == more, || "it is as it was".to_owned())?;
    Ok("may open more files".to_owned())
}

fn personality(bit: i32, what: &str) -> Outcome {
    call(libc::SYS_personality, [bit.into()]).or_blocked("personality")?;
    let now = call(libc::SYS_personality, [u32::MAX.into()]).or_broken("look")?;
    ensure(now & i64::from(bit) != 0, || "it is as it was".to_owned())?;
    Ok(what.to_owned())
}

fn no_randomisation(_: &mut Arguments) -> Outcome {
    personality(libc::ADDR_NO_RANDOMIZE, "its programs lie where one can guess it")
}

fn readable_is_runnable(_: &mut Arguments) -> Outcome {
    personality(libc::READ_IMPLIES_EXEC, "all its memory can be run")
}

/// Types into its own terminal, as if the person there had done it.
fn terminal_input(_: &mut Arguments) -> Outcome {
    let flags = libc::O_RDWR | libc::O_NOCTTY;
    let near = open_by(libc::SYS_openat, [libc::AT_FDCWD.into(), c"/dev/ptmx".into(), flags.into(), 0.into()]);
    let near = near.or_blocked("open a terminal")?;
    let unlocked = half_words(&[0]);
    call(libc::SYS_ioctl, [(&near).into(), libc::TIOCSPTLCK.into(), Arg::Bytes(&unlocked)]).or_blocked("unlock it")?;
    let far = open_by(libc::SYS_ioctl, [(&near).into(), libc::TIOCGPTPEER.into(), flags.into()]);
    let far = far.or_blocked("open its other end")?;
    // It must be the terminal of this process, which must lead a session for that.
    let child = crate::sys::fork(|| {
        let taken = rustix::process::setsid().is_ok()
            && call(libc::SYS_ioctl, [(&far).into(), libc::TIOCSCTTY.into(), 0.into()]).is_ok();
        let typed = call(libc::SYS_ioctl, [(&far).into(), libc::TIOCSTI.into(), Arg::Bytes(b"\n")]);
        let mut room = [0; 8];
        match (taken, typed) {
            (true, Ok(_)) if rustix::io::read(&far, &mut room).is_ok_and(|count| count == 1) => 0,
            (true, Err(error)) => error.raw_os_error().and_then(|error| u8::try_from(error).ok()).unwrap_or(u8::MAX),
            _ => u8::MAX,
        }
    });
    let status = rustix::process::waitpid(Some(child.or_broken("fork")?), rustix::process::WaitOptions::empty());
    let code = status.or_broken("wait")?.and_then(|(_, status)| status.exit_status());
    match code {
        Some(0) => Ok("typed into its terminal".to_owned()),
        Some(255) | None => Err(crate::outcome::End::Blocked("it cannot have a terminal".to_owned())),
        Some(errno) => Err(std::io::Error::from_raw_os_error(errno)).or_blocked("ioctl"),
    }
}
