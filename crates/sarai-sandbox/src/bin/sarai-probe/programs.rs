//! Running what nobody gave to be run.
//!
//! A program that runs ends with [`RAN`], which nothing else does.

use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::Command;

use fs_err as fs;
use rustix::process::{WaitOptions, waitpid};

use crate::Attempt;
use crate::outcome::{Arguments, End, Outcome, Step, ensure};
use crate::privileges::NOBODY;
use crate::sys::{self, Arg, Memory, call, fork, open_by, words};

pub(crate) const ATTEMPTS: &[Attempt] = &[
    ("run-memory", run_memory),
    ("run-copy", run_copy),
    ("run-script", run_script),
    ("run-by-loader", run_by_loader),
    ("map-code", map_code),
    ("run-set-id", run_set_id),
];

/// What a program that was run ends with, and one that runs as root.
pub(crate) const RAN: u8 = 42;
pub(crate) const RAN_AS_ROOT: u8 = 43;
/// Added to the number of the error, when there was nothing to run.
const FAILED: u8 = 64;

fn own_program() -> Result<Vec<u8>, End> {
    fs::read("/proc/self/exe").or_broken("read this program")
}

fn judge(code: Option<i32>, wanted: u8, what: &str) -> Outcome {
    match code {
        Some(code) if code == i32::from(wanted) => Ok(format!("ran {what}")),
        Some(code) if (i32::from(FAILED)..128).contains(&code) => {
            Err(io::Error::from_raw_os_error(code - i32::from(FAILED))).or_blocked("exec")
        }
        Some(code) => Err(End::Blocked(format!("{what} ends with {code}"))),
        None => Err(End::Blocked(format!("{what} was killed"))),
    }
}

/// Runs a program that is in no file system.
fn run_memory(_: &mut Arguments) -> Outcome {
    let program = own_program()?;
    let file = open_by(libc::SYS_memfd_create, [c"program".into(), 0.into()]).or_blocked("memfd_create")?;
    let mut rest = program.as_slice();
    while !rest.is_empty() {
        let count = rustix::io::write(&file, rest).or_broken("write")?;
        rest = &rest[count..];
    }
    let argument = |text: &std::ffi::CStr| text.as_ptr().expose_provenance() as u64;
    let list = words(&[argument(c"program"), argument(c"ran"), 0]);
    let nothing = words(&[0]);
    let child = fork(|| {
        let arguments =
            [(&file).into(), c"".into(), Arg::Bytes(&list), Arg::Bytes(&nothing), libc::AT_EMPTY_PATH.into()];
        let error = call(libc::SYS_execveat, arguments).err().and_then(|error| error.raw_os_error());
        FAILED + error.and_then(|error| u8::try_from(error).ok()).unwrap_or(0).min(63)
    });
    let status = waitpid(Some(child.or_broken("fork")?), WaitOptions::empty()).or_broken("wait")?;
    judge(status.and_then(|(_, status)| status.exit_status()), RAN, "a program in memory")
}

/// Puts a program into the folder and runs it.
fn run_copy(arguments: &mut Arguments) -> Outcome {
    let path = put(&arguments.text("a folder")?, "program", &own_program()?)?;
    let status = Command::new(&path).arg("ran").status().or_blocked("exec")?;
    judge(status.code(), RAN, &path)
}

/// A file with that content that says it is a program. A free name, because others may have one there.
fn put(folder: &str, name: &str, content: &[u8]) -> Result<String, End> {
    use std::os::unix::fs::PermissionsExt;
    let path = Path::new(folder).join(format!("{name}-{}", std::process::id()));
    fs::write(&path, content).or_broken("write the program")?;
    fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).or_broken("make it a program")?;
    Ok(path.display().to_string())
}

fn run_script(arguments: &mut Arguments) -> Outcome {
    let script = format!("#!/bin/sh\nexit {RAN}\n");
    let path = put(&arguments.text("a folder")?, "script", script.as_bytes())?;
    let status = Command::new(&path).status().or_blocked("exec")?;
    judge(status.code(), RAN, &path)
}

#[cfg(target_arch = "x86_64")]
const LOADER: &str = "/lib64/ld-linux-x86-64.so.2";
#[cfg(target_arch = "aarch64")]
const LOADER: &str = "/lib/ld-linux-aarch64.so.1";

/// Has the loader run a copy of a program of the computer's: it maps files as code instead of running them.
fn run_by_loader(arguments: &mut Arguments) -> Outcome {
    let program = fs::read("/usr/bin/true").or_broken("read a program")?;
    let path = put(&arguments.text("a folder")?, "program", &program)?;
    let listed = Command::new(LOADER).args(["--verify", "/usr/bin/true"]).status().or_broken("the loader")?;
    ensure(listed.success(), || "there is no program for the loader here".to_owned())?;
    let output = Command::new(LOADER).arg(&path).output().or_broken("the loader")?;
    ensure(output.status.success(), || String::from_utf8_lossy(&output.stderr).trim().to_owned())?;
    Ok(format!("the loader ran {path}"))
}

/// A function that gives [`RAN`].
#[cfg(target_arch = "x86_64")]
const FUNCTION: [u8; 6] = [0xb8, RAN, 0, 0, 0, 0xc3];
#[cfg(target_arch = "aarch64")]
const FUNCTION: [u8; 8] = [0x40 | (RAN << 5), 0x05, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6];

/// Does what the loader does: maps a file as code, and calls it.
fn map_code(arguments: &mut Arguments) -> Outcome {
    let path = put(&arguments.text("a folder")?, "code", &FUNCTION)?;
    let file = fs::File::open(&path).or_broken("open it")?;
    let protection = libc::PROT_READ | libc::PROT_EXEC;
    let code =
        Memory::map(FUNCTION.len(), protection, libc::MAP_PRIVATE, Some(file.file().as_fd()), 0).or_blocked("mmap")?;
    ensure(code.run() == i32::from(RAN), || "it gave something else".to_owned())?;
    Ok(format!("ran what is in {path}"))
}

/// As nobody, runs a program that belongs to root and is to run as its owner.
fn run_set_id(arguments: &mut Arguments) -> Outcome {
    let path = arguments.text("a program")?;
    let name = sys::text(&path).or_broken("the path")?;
    let list = words(&[name.as_ptr().expose_provenance() as u64, c"ran-as".as_ptr().expose_provenance() as u64, 0]);
    let nothing = words(&[0]);
    let child = fork(|| {
        // In a jail it is nobody already.
        let nobody = [NOBODY.into(), NOBODY.into(), NOBODY.into()];
        if rustix::process::geteuid().is_root() && call(libc::SYS_setresuid, nobody).is_err() {
            return 1;
        }
        let error = call(libc::SYS_execve, [(&name).into(), Arg::Bytes(&list), Arg::Bytes(&nothing)]).err();
        FAILED + error.and_then(|error| u8::try_from(error.raw_os_error()?).ok()).unwrap_or(0).min(63)
    });
    let status = waitpid(Some(child.or_broken("fork")?), WaitOptions::empty()).or_broken("wait")?;
    judge(status.and_then(|(_, status)| status.exit_status()), RAN_AS_ROOT, "a program as root")
}
