//! Getting at files by other names: links, folders above, and what the kernel keeps about processes.

use std::io::Read;
use std::path::Path;

use fs_err as fs;
use rustix::fs::{CWD, Mode, OFlags, openat};

use crate::Attempt;
use crate::files::holds;
use crate::outcome::{Arguments, Outcome, Step, ensure};
use crate::sys::{Arg, call, open_by};

pub(crate) const ATTEMPTS: &[Attempt] = &[
    ("symlink", symlink),
    ("hard-link", hard_link),
    ("hard-link-and-write", hard_link_and_write),
    ("move-here", move_here),
    ("folder-above", folder_above),
    ("root-of", root_of),
    ("file-of", file_of),
    ("handle", handle),
];

/// Makes a symlink to the file in a folder that may be written, and reads it.
fn symlink(arguments: &mut Arguments) -> Outcome {
    let (folder, path, mark) = (arguments.text("a folder")?, arguments.text("a path")?, arguments.text("a mark")?);
    let link = Path::new(&folder).join("symlink");
    fs::os::unix::fs::symlink(&path, &link).or_broken("symlink")?;
    holds(&fs::read(&link).or_blocked("open")?, &mark)?;
    Ok(format!("read {path} by a symlink"))
}

fn hard_link(arguments: &mut Arguments) -> Outcome {
    let (folder, path, mark) = (arguments.text("a folder")?, arguments.text("a path")?, arguments.text("a mark")?);
    let link = Path::new(&folder).join("hard-link");
    fs::hard_link(&path, &link).or_blocked("link")?;
    holds(&fs::read(&link).or_blocked("open")?, &mark)?;
    Ok(format!("read {path} by a hard link"))
}

/// Gives a file that may only be read a second name where files may be written, and writes into that.
fn hard_link_and_write(arguments: &mut Arguments) -> Outcome {
    let (folder, path) = (arguments.text("a folder")?, arguments.text("a path")?);
    let link = Path::new(&folder).join("hard-link");
    fs::hard_link(&path, &link).or_blocked("link")?;
    fs::write(&link, "changed").or_blocked("write")?;
    ensure(fs::read(&path).or_broken("read")? == b"changed", || "it holds what it held".to_owned())?;
    Ok(format!("changed {path} by a hard link"))
}

/// Moves a file that may only be read to where files may be written.
fn move_here(arguments: &mut Arguments) -> Outcome {
    let (folder, path) = (arguments.text("a folder")?, arguments.text("a path")?);
    let new = Path::new(&folder).join("moved");
    fs::rename(&path, &new).or_blocked("rename")?;
    ensure(new.exists() && !Path::new(&path).exists(), || "it is where it was".to_owned())?;
    Ok(format!("moved {path}"))
}

/// Opens a folder and goes up from it.
fn folder_above(arguments: &mut Arguments) -> Outcome {
    let (folder, below, mark) = (arguments.text("a folder")?, arguments.text("a path")?, arguments.text("a mark")?);
    let folder = openat(CWD, &folder, OFlags::DIRECTORY, Mode::empty()).or_broken("open the folder")?;
    let file = openat(&folder, Path::new("..").join(below), OFlags::RDONLY, Mode::empty());
    let mut text = Vec::new();
    std::fs::File::from(file.or_blocked("open")?).read_to_end(&mut text).or_blocked("read")?;
    holds(&text, &mark)?;
    Ok("read a file above".to_owned())
}

/// A process id, `self`, or the parent.
pub(crate) fn by_name(process: String) -> String {
    if process == "parent" { std::os::unix::process::parent_id().to_string() } else { process }
}

/// Reads the file through the root folder of a process.
fn root_of(arguments: &mut Arguments) -> Outcome {
    let (process, path, mark) = (arguments.text("a process")?, arguments.text("a path")?, arguments.text("a mark")?);
    let path = format!("/proc/{}/root{path}", by_name(process));
    holds(&fs::read(&path).or_blocked("open")?, &mark)?;
    Ok(format!("read {path}"))
}

/// Opens what another process has open or runs: `fd/0`, `exe`, `cwd`.
fn file_of(arguments: &mut Arguments) -> Outcome {
    let (process, which) = (arguments.text("a process")?, arguments.text("fd/0, exe or cwd")?);
    let process = by_name(process);
    let path = format!("/proc/{process}/{which}");
    let what = fs::read_link(&path).or_blocked("readlink")?;
    openat(CWD, &path, OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty()).or_blocked("open")?;
    Ok(format!("opened {path}, which is {}", what.display()))
}

/// Opens a file by its number in the file system, which asks for no path.
fn handle(arguments: &mut Arguments) -> Outcome {
    const ROOM: u32 = 128;
    let path = arguments.text("a path")?;
    let name = crate::sys::text(&path).or_broken("the path")?;
    let folder = openat(CWD, &path, OFlags::DIRECTORY, Mode::empty()).or_broken("open the folder")?;
    // How much room there is, the kind, and the handle itself.
    let mut handle = [0_u8; 8 + ROOM as usize];
    handle[..4].copy_from_slice(&ROOM.to_ne_bytes());
    let mut mount = [0_u8; 4];
    let arguments =
        [libc::AT_FDCWD.into(), (&name).into(), Arg::Room(&mut handle), Arg::Room(&mut mount), 0_i32.into()];
    call(libc::SYS_name_to_handle_at, arguments).or_blocked("name_to_handle_at")?;
    let file = open_by(libc::SYS_open_by_handle_at, [(&folder).into(), Arg::Bytes(&handle), libc::O_PATH.into()])
        .or_blocked("open_by_handle_at")?;
    let same = |one: &std::fs::Metadata, other: &std::fs::Metadata| {
        use std::os::unix::fs::MetadataExt;
        (one.dev(), one.ino()) == (other.dev(), other.ino())
    };
    let (one, other) = (std::fs::File::from(file).metadata(), fs::metadata(&path));
    ensure(same(&one.or_broken("look")?, &other.or_broken("look")?), || "it is another file".to_owned())?;
    Ok("opened a folder by its handle".to_owned())
}
