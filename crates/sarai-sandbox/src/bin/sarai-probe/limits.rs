//! Taking more of the computer than was given.

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering};

use fs_err as fs;
use fs_err::os::unix::fs::FileExt;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, set_parent_process_death_signal, waitpid};

use crate::Attempt;
use crate::outcome::{Arguments, End, Outcome, Step};
use crate::sys::{self, Memory, fork};

pub(crate) const ATTEMPTS: &[Attempt] = &[
    ("many-processes", many_processes),
    ("many-threads", many_threads),
    ("much-memory", much_memory),
    ("fill-folder", fill_folder),
    ("many-files", many_files),
    ("big-file", big_file),
    ("flood", flood),
];

/// Has so many children at once.
fn many_processes(arguments: &mut Arguments) -> Outcome {
    let wanted: usize = arguments.number("how many")?;
    let mut children: Vec<Pid> = Vec::new();
    let mut failure = None;
    while children.len() < wanted && failure.is_none() {
        let child = fork(|| {
            // Whatever becomes of this program, its children do not stay.
            let _ = set_parent_process_death_signal(Some(Signal::KILL));
            std::thread::sleep(std::time::Duration::from_secs(60));
            0
        });
        match child {
            Ok(child) => children.push(child),
            Err(error) => failure = Some(error),
        }
    }
    for &child in &children {
        // It may have been killed before.
        let _ = kill_process(child, Signal::KILL);
        let _ = waitpid(Some(child), WaitOptions::empty());
    }
    let reached = children.len();
    failure.map_or(Ok(()), Err).or_blocked(&format!("fork after {reached}"))?;
    Ok(format!("had {reached} children"))
}

fn many_threads(arguments: &mut Arguments) -> Outcome {
    static DONE: AtomicBool = AtomicBool::new(false);
    let wanted: usize = arguments.number("how many")?;
    let mut threads = Vec::new();
    let mut failure = None;
    while threads.len() < wanted && failure.is_none() {
        let wait = || {
            while !DONE.load(Ordering::Acquire) {
                std::thread::park();
            }
        };
        match std::thread::Builder::new().stack_size(64 << 10).spawn(wait) {
            Ok(thread) => threads.push(thread),
            Err(error) => failure = Some(error),
        }
    }
    DONE.store(true, Ordering::Release);
    let reached = threads.len();
    for thread in threads {
        thread.thread().unpark();
        // It has nothing to give.
        let _ = thread.join();
    }
    failure.map_or(Ok(()), Err).or_blocked(&format!("clone after {reached}"))?;
    Ok(format!("had {reached} threads"))
}

/// A child takes so much memory, so that somebody is left to tell.
fn much_memory(arguments: &mut Arguments) -> Outcome {
    const REFUSED: i32 = 7;
    let bytes: usize = arguments.number("how many bytes")?;
    let child = fork(|| {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        match Memory::map(bytes, protection, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, None, 0) {
            Ok(memory) => {
                memory.touch();
                0
            }
            Err(_) => REFUSED.unsigned_abs().try_into().unwrap_or(u8::MAX),
        }
    });
    let status = waitpid(Some(child.or_broken("fork")?), WaitOptions::empty()).or_broken("wait")?;
    let status = status.map(|(_, status)| ExitStatus::from_raw(status.as_raw()));
    match status {
        Some(status) if status.success() => Ok(format!("has {bytes} bytes")),
        Some(status) if status.code() == Some(REFUSED) => Err(End::Blocked("there is no memory".to_owned())),
        Some(status) => Err(End::Blocked(format!("{status}"))),
        None => Err(End::Broken("the child is missing".to_owned())),
    }
}

/// Writes so many bytes, in files that are small each.
fn fill_folder(arguments: &mut Arguments) -> Outcome {
    const CHUNK: usize = 64 << 10;
    let (folder, bytes): (String, usize) = (arguments.text("a folder")?, arguments.number("how many bytes")?);
    let chunk = vec![b'x'; CHUNK];
    let mut failure = None;
    let mut written = 0;
    let name = |number: usize| Path::new(&folder).join(format!("fill-{number}"));
    while written < bytes && failure.is_none() {
        match fs::write(name(written), &chunk) {
            Ok(()) => written += CHUNK,
            Err(error) => failure = Some(error),
        }
    }
    for number in (0..=written).step_by(CHUNK) {
        // The last one may not have come to be.
        let _ = fs::remove_file(name(number));
    }
    failure.map_or(Ok(()), Err).or_blocked(&format!("write after {written}"))?;
    Ok(format!("wrote {written} bytes"))
}

fn many_files(arguments: &mut Arguments) -> Outcome {
    let wanted: usize = arguments.number("how many")?;
    let mut files = Vec::new();
    while files.len() < wanted {
        let file = fs::File::open("/dev/null").or_blocked(&format!("open after {}", files.len()))?;
        files.push(file);
    }
    Ok(format!("has {} files open", files.len()))
}

/// One byte at that place, and nothing before it.
fn big_file(arguments: &mut Arguments) -> Outcome {
    let (folder, bytes): (String, u64) = (arguments.text("a folder")?, arguments.number("how many bytes")?);
    sys::ignore(libc::SIGXFSZ);
    let path = Path::new(&folder).join("big");
    let file = fs::File::create(&path).or_broken("create")?;
    let written = file.write_at(b"x", bytes - 1);
    let length = fs::metadata(&path).or_broken("look")?.len();
    fs::remove_file(&path).or_broken("remove")?;
    written.or_blocked("write")?;
    Ok(format!("had a file of {length} bytes"))
}

/// Writes so many bytes to its standard output. Whoever reads them counts.
fn flood(arguments: &mut Arguments) -> Outcome {
    let bytes: usize = arguments.number("how many bytes")?;
    let line = format!("{}\n", "x".repeat(1023));
    let mut output = std::io::stdout().lock();
    for _ in 0..bytes / line.len() {
        output.write_all(line.as_bytes()).or_blocked("write")?;
    }
    Ok(format!("wrote {bytes} bytes"))
}
