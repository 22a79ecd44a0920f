//! Reaching other processes: those outside, and the jail's own first process.

use std::io::{Read, Seek, SeekFrom};
use std::time::Duration;

use fs_err as fs;
use rustix::process::Pid;

use crate::Attempt;
use crate::files::holds;
use crate::outcome::{Arguments, End, Outcome, Step, ensure};
use crate::sys::{self, Arg, call, open_by};

pub(crate) const ATTEMPTS: &[Attempt] = &[
    ("own-environment", own_environment),
    ("see-process", see_process),
    ("environment-of-others", environment_of_others),
    ("memory-of-parent", memory_of_parent),
    ("read-parent", read_parent),
    ("trace-parent", trace_parent),
    ("take-file-of-parent", take_file_of_parent),
    ("compare-with-parent", compare_with_parent),
    ("kill", kill),
    ("inherited-files", inherited_files),
    ("shared-memory", shared_memory),
];

/// How long a process that was killed may take to be gone.
const DEATH_TRIES: u32 = 100;
const DEATH_PAUSE: Duration = Duration::from_millis(10);

/// Finds a variable of the launcher's among its own.
fn own_environment(arguments: &mut Arguments) -> Outcome {
    let (name, value) = (arguments.text("a name")?, arguments.text("a value")?);
    let found = std::env::var(&name).is_ok_and(|found| found == value);
    ensure(found, || format!("there is no {name}"))?;
    Ok(format!("{name} is {value}"))
}

/// The process ids that can be seen, but for its own.
fn others() -> Result<Vec<String>, End> {
    let own = std::process::id().to_string();
    let entries = fs::read_dir("/proc").or_blocked("list /proc")?;
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    Ok(names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()) && *name != own).collect())
}

/// Finds a process by a word in its command line, which comes in two parts so that no other command line has it whole.
fn see_process(arguments: &mut Arguments) -> Outcome {
    let word = arguments.text("a word")? + &arguments.text("its rest")?;
    let others = others()?;
    let found = others
        .iter()
        .find(|pid| fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|text| holds(&text, &word).is_ok()));
    match found {
        Some(pid) => Ok(format!("saw the process {pid}")),
        None => Err(End::Blocked(format!("{} processes are seen, none of them outside", others.len()))),
    }
}

/// Finds a word in the variables of any other process.
fn environment_of_others(arguments: &mut Arguments) -> Outcome {
    let word = arguments.text("a word")?;
    let others = others()?;
    let mut refused = None;
    for pid in &others {
        match fs::read(format!("/proc/{pid}/environ")) {
            Ok(text) if holds(&text, &word).is_ok() => return Ok(format!("read the variables of the process {pid}")),
            Ok(_) => {}
            Err(error) => refused = Some(error),
        }
    }
    refused.map_or(Ok(()), Err).or_blocked("read")?;
    Err(End::Blocked(format!("{} processes are seen, none of them has it", others.len())))
}

fn parent() -> Result<Pid, End> {
    rustix::process::getppid().ok_or_else(|| End::Blocked("the parent is in another namespace".to_owned()))
}

/// Where the parent has something to read: a part of its own program.
fn address_in(parent: Pid) -> Result<usize, End> {
    let maps = fs::read_to_string(format!("/proc/{}/maps", parent.as_raw_nonzero())).or_blocked("read its maps")?;
    // A slash is in the name of its file; what the kernel itself has mapped has none, and nobody else may read it.
    let line = maps.lines().find(|line| line.contains(" r-") && line.contains('/'));
    let start = line.and_then(|line| line.split_once('-')).and_then(|(start, _)| usize::from_str_radix(start, 16).ok());
    start.ok_or_else(|| End::Blocked("its maps are empty".to_owned()))
}

const ELF: &[u8] = b"\x7fELF";

fn memory_of_parent(_: &mut Arguments) -> Outcome {
    let parent = parent()?;
    let mut file = fs::File::open(format!("/proc/{}/mem", parent.as_raw_nonzero())).or_blocked("open its memory")?;
    let mut bytes = [0; 4];
    file.seek(SeekFrom::Start(address_in(parent)? as u64)).or_broken("seek")?;
    file.read_exact(&mut bytes).or_blocked("read its memory")?;
    ensure(bytes == ELF, || "that is not its memory".to_owned())?;
    Ok("read the parent's memory".to_owned())
}

fn read_parent(_: &mut Arguments) -> Outcome {
    let parent = parent()?;
    let mut bytes = [0; 4];
    // Where the maps cannot be read, the call itself is still to be tried: any address is refused in the same way.
    let address = address_in(parent).unwrap_or(0x40_0000);
    sys::read_other(parent, address, &mut bytes).or_blocked("process_vm_readv")?;
    ensure(bytes == ELF, || "that is not its memory".to_owned())?;
    Ok("read the parent's memory".to_owned())
}

/// Becomes the parent's tracer.
fn trace_parent(_: &mut Arguments) -> Outcome {
    let parent = parent()?.as_raw_nonzero().get();
    let request = i32::try_from(libc::PTRACE_SEIZE).map_err(std::io::Error::other).or_broken("the request")?;
    call(libc::SYS_ptrace, [request.into(), parent.into(), Arg::Null, Arg::Null]).or_blocked("ptrace")?;
    let status = fs::read_to_string(format!("/proc/{parent}/status")).or_broken("look")?;
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:")).map(str::trim);
    ensure(tracer == Some(std::process::id().to_string().as_str()), || format!("its tracer is {tracer:?}"))?;
    Ok("traces its parent".to_owned())
}

/// Takes a copy of what the parent has open.
fn take_file_of_parent(_: &mut Arguments) -> Outcome {
    let parent = parent()?.as_raw_nonzero().get();
    let process = open_by(libc::SYS_pidfd_open, [parent.into(), 0.into()]).or_blocked("pidfd_open")?;
    open_by(libc::SYS_pidfd_getfd, [(&process).into(), 0.into(), 0.into()]).or_blocked("pidfd_getfd")?;
    Ok("has the parent's standard input".to_owned())
}

/// Learns where the kernel keeps what, which is meant for debuggers.
fn compare_with_parent(_: &mut Arguments) -> Outcome {
    let (parent, own) = (parent()?.as_raw_nonzero().get(), rustix::process::getpid().as_raw_nonzero().get());
    // The first kind of comparison: of open files.
    call(libc::SYS_kcmp, [parent.into(), own.into(), 0.into(), 1.into(), 1.into()]).or_blocked("kcmp")?;
    Ok("compared its output with its parent's".to_owned())
}

/// Kills a process that is named by what it is outside.
fn kill(arguments: &mut Arguments) -> Outcome {
    let pid: i32 = arguments.number("a process id")?;
    call(libc::SYS_kill, [pid.into(), libc::SIGKILL.into()]).or_blocked("kill")?;
    for _ in 0..DEATH_TRIES {
        if has_ended(pid) {
            return Ok(format!("the process {pid} is gone"));
        }
        std::thread::sleep(DEATH_PAUSE);
    }
    Err(End::Blocked("it lives on".to_owned()))
}

/// Whether nothing is left of it, or only that nobody has asked how it ended.
fn has_ended(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The state stands behind the name, which is in brackets.
    stat.rsplit_once(") ").is_none_or(|(_, fields)| fields.starts_with('Z'))
}

/// Uses an open file that nobody gave it.
fn inherited_files(_: &mut Arguments) -> Outcome {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(1024).min(65_536);
    for file in 3..i32::try_from(limit).unwrap_or(1024) {
        if call(libc::SYS_fcntl, [file.into(), libc::F_GETFD.into()]).is_ok() {
            let what = fs::read_link(format!("/proc/self/fd/{file}")).unwrap_or_default();
            return Ok(format!("{file} is open: {}", what.display()));
        }
    }
    Err(End::Blocked("nothing but the standard files is open".to_owned()))
}

/// Attaches System V memory that was made outside, and finds a mark in it.
fn shared_memory(arguments: &mut Arguments) -> Outcome {
    let (key, mark): (i32, String) = (arguments.number("a key")?, arguments.text("a mark")?);
    let id = call(libc::SYS_shmget, [key.into(), 0.into(), 0.into()]).or_blocked("shmget")?;
    let place = call(libc::SYS_shmat, [Arg::Number(id), Arg::Null, libc::SHM_RDONLY.into()]).or_blocked("shmat")?;
    let mut bytes = [0; 64];
    let place = usize::try_from(place).map_err(std::io::Error::other).or_broken("the place")?;
    sys::read_other(rustix::process::getpid(), place, &mut bytes).or_broken("read it")?;
    holds(&bytes, &mark)?;
    Ok("read memory that is shared outside".to_owned())
}
