//! Calls into parts of the kernel that a program of this kind has no use for.
//!
//! Some would change the computer for good. They are made with something malformed that is looked at only behind the
//! check of privileges, and the error that comes from there counts as success.

use crate::Attempt;
use crate::outcome::{Arguments, End, Outcome, Step, ensure};
use crate::sys::{self, Arg, call, half_words, open_by, words};

pub(crate) const ATTEMPTS: &[Attempt] = &[
    ("system-call", system_call),
    ("add-key", add_key),
    ("request-key", request_key),
    ("keyring", keyring),
    ("bpf", bpf),
    ("perf", perf),
    ("userfaultfd", userfaultfd),
    ("set-clock", set_clock),
    ("kernel-log", kernel_log),
    ("quota", quota),
    ("load-kernel", load_kernel),
    ("load-module", load_module),
    ("ports", ports),
    ("swap-on", swap_on),
    ("restart", restart),
    ("watch-all-files", watch_all_files),
    ("move-pages-of-parent", move_pages_of_parent),
];

/// Nothing that is forbidden: shows that calls by number work, where the computer forbids the real attempt to everybody.
fn system_call(_: &mut Arguments) -> Outcome {
    let pid = call(libc::SYS_getpid, [Arg::Null]).or_blocked("getpid")?;
    ensure(pid == i64::from(std::process::id()), || "it is somebody else".to_owned())?;
    Ok("made a system call".to_owned())
}

const PROCESS_KEYRING: i32 = -2;

/// The key belongs to this process and goes with it.
fn add_key(_: &mut Arguments) -> Outcome {
    let arguments = [c"user".into(), c"sarai-probe".into(), Arg::Bytes(b"secret"), 6.into(), PROCESS_KEYRING.into()];
    let key = call(libc::SYS_add_key, arguments).or_blocked("add_key")?;
    Ok(format!("has the key {key}"))
}

fn request_key(_: &mut Arguments) -> Outcome {
    let asked = call(libc::SYS_request_key, [c"user".into(), c"sarai-probe-none".into(), Arg::Null, 0.into()]);
    match asked {
        Err(error) if error.raw_os_error() == Some(libc::ENOKEY) => Ok("the kernel looked for the key".to_owned()),
        other => other.map(|_| "got a key".to_owned()).or_blocked("request_key"),
    }
}

/// Finds the keys of the session, which container and computer may share.
fn keyring(_: &mut Arguments) -> Outcome {
    const GET_KEYRING_ID: i32 = 0;
    const SESSION_KEYRING: i32 = -3;
    let id = call(libc::SYS_keyctl, [GET_KEYRING_ID.into(), SESSION_KEYRING.into(), 1.into()]).or_blocked("keyctl")?;
    Ok(format!("has the keyring {id}"))
}

/// Makes a map, as the first step of every program in the kernel.
fn bpf(_: &mut Arguments) -> Outcome {
    const MAP_CREATE: i32 = 0;
    const ARRAY: u32 = 2;
    let mut attributes = half_words(&[ARRAY, 4, 8, 1]);
    attributes.resize(128, 0);
    open_by(libc::SYS_bpf, [MAP_CREATE.into(), Arg::Bytes(&attributes), attributes.len().into()]).or_blocked("bpf")?;
    Ok("has a map in the kernel".to_owned())
}

/// Counts its own time by the kernel's means of measuring everything.
fn perf(_: &mut Arguments) -> Outcome {
    const SOFTWARE: u32 = 1;
    const BYTES: u32 = 128;
    let mut attributes = half_words(&[SOFTWARE, BYTES]);
    attributes.resize(BYTES as usize, 0);
    let arguments = [Arg::Bytes(&attributes), 0.into(), (-1).into(), (-1).into(), 0.into()];
    open_by(libc::SYS_perf_event_open, arguments).or_blocked("perf_event_open")?;
    Ok("measures".to_owned())
}

fn userfaultfd(_: &mut Arguments) -> Outcome {
    open_by(libc::SYS_userfaultfd, [libc::O_CLOEXEC.into()]).or_blocked("userfaultfd")?;
    Ok("can stop the kernel in the middle of a copy".to_owned())
}

/// Sets the clock to what it shows.
fn set_clock(_: &mut Arguments) -> Outcome {
    let now = std::time::UNIX_EPOCH.elapsed().map_err(std::io::Error::other).or_broken("the time")?;
    let time = words(&[now.as_secs(), now.subsec_nanos().into()]);
    call(libc::SYS_clock_settime, [libc::CLOCK_REALTIME.into(), Arg::Bytes(&time)]).or_blocked("clock_settime")?;
    Ok("set the clock".to_owned())
}

/// Reads what the kernel says of the computer.
fn kernel_log(_: &mut Arguments) -> Outcome {
    const READ_ALL: i32 = 3;
    let mut room = [0; 4096];
    let bytes = room.len();
    let count = call(libc::SYS_syslog, [READ_ALL.into(), Arg::Room(&mut room), bytes.into()]).or_blocked("syslog")?;
    ensure(count > 0, || "it is empty".to_owned())?;
    Ok(format!("read {count} bytes of the kernel's log"))
}

/// Has all quotas written down.
fn quota(_: &mut Arguments) -> Outcome {
    const SYNC: u32 = 0x80_0001;
    call(libc::SYS_quotactl, [(SYNC << 8).into(), Arg::Null, 0.into(), Arg::Null]).or_blocked("quotactl")?;
    Ok("had the quotas written".to_owned())
}

/// Success that comes as an error from behind the check.
fn got_past(result: std::io::Result<i64>, expected: &[i32], step: &str) -> Outcome {
    match result {
        Err(error) if error.raw_os_error().is_some_and(|error| expected.contains(&error)) => {
            Ok(format!("{step} looked at what it was given"))
        }
        Err(error) => Err(error).or_blocked(step),
        Ok(_) => Err(End::Broken(format!("{step} took what cannot be"))),
    }
}

/// A kernel of too many parts.
fn load_kernel(_: &mut Arguments) -> Outcome {
    let loaded = call(libc::SYS_kexec_load, [0.into(), u32::MAX.into(), Arg::Null, 0.into()]);
    got_past(loaded, &[libc::EINVAL], "kexec_load")
}

fn load_module(_: &mut Arguments) -> Outcome {
    let garbage = [0_u8; 64];
    let loaded = call(libc::SYS_init_module, [Arg::Bytes(&garbage), garbage.len().into(), c"".into()]);
    got_past(loaded, &[libc::ENOEXEC, libc::EINVAL], "init_module")
}

/// Ports of devices, past the kernel.
#[cfg(target_arch = "x86_64")]
fn ports(_: &mut Arguments) -> Outcome {
    call(libc::SYS_iopl, [3.into()]).or_blocked("iopl")?;
    Ok("may talk to devices".to_owned())
}

#[cfg(not(target_arch = "x86_64"))]
fn ports(_: &mut Arguments) -> Outcome {
    Err(End::Blocked("this platform has no such call".to_owned()))
}

/// A file that is no swap space.
fn swap_on(arguments: &mut Arguments) -> Outcome {
    let path = sys::text(&arguments.text("a file")?).or_broken("the path")?;
    got_past(call(libc::SYS_swapon, [(&path).into(), 0.into()]), &[libc::EINVAL], "swapon")
}

/// With numbers that mean nothing.
fn restart(_: &mut Arguments) -> Outcome {
    got_past(call(libc::SYS_reboot, [1.into(), 1.into(), 0.into(), Arg::Null]), &[libc::EINVAL], "reboot")
}

/// Hears of every file that anybody opens.
fn watch_all_files(arguments: &mut Arguments) -> Outcome {
    const MARK_ADD_FILESYSTEM: u32 = 0x101;
    const OPEN: u64 = 0x20;
    const CLOSE_ON_EXEC: u32 = 1;
    let path = sys::text(&arguments.text("a folder")?).or_broken("the path")?;
    let watch =
        open_by(libc::SYS_fanotify_init, [CLOSE_ON_EXEC.into(), libc::O_RDONLY.into()]).or_blocked("fanotify_init")?;
    let arguments = [(&watch).into(), MARK_ADD_FILESYSTEM.into(), OPEN.into(), libc::AT_FDCWD.into(), (&path).into()];
    call(libc::SYS_fanotify_mark, arguments).or_blocked("fanotify_mark")?;
    Ok("hears of every file".to_owned())
}

/// Looks where another process has its memory.
fn move_pages_of_parent(_: &mut Arguments) -> Outcome {
    let parent = i32::try_from(std::os::unix::process::parent_id()).unwrap_or(0);
    let (address, mut place) = (words(&[0x40_0000]), [0; 4]);
    let arguments = [parent.into(), 1.into(), Arg::Bytes(&address), Arg::Null, Arg::Room(&mut place), 0.into()];
    call(libc::SYS_move_pages, arguments).or_blocked("move_pages")?;
    Ok("asked where the parent has its memory".to_owned())
}
