//! The mount family: changing what is seen where.

use std::ffi::CStr;
use std::path::Path;

use fs_err as fs;

use crate::Attempt;
use crate::outcome::{Arguments, End, Outcome, Step, ensure};
use crate::sys::{self, Arg, call, open_by, words};

pub(crate) const ATTEMPTS: &[Attempt] = &[
    ("mount-memory", mount_memory),
    ("mount-proc", mount_proc),
    ("bind", bind),
    ("remount-writable", remount_writable),
    ("unmount", unmount),
    ("pivot", pivot),
    ("clone-mount", clone_mount),
    ("new-file-system", new_file_system),
    ("mount-attributes", mount_attributes),
];

const TMPFS_MAGIC: i64 = 0x0102_1994;
const PROC_MAGIC: i64 = 0x9fa0;
const MOVE_MOUNT_F_EMPTY_PATH: i32 = 4;
const FSCONFIG_CMD_CREATE: i32 = 6;

fn mount(what: &CStr, at: &str, kind: &CStr) -> Result<(), End> {
    let at = sys::text(at).or_broken("the folder")?;
    call(libc::SYS_mount, [what.into(), (&at).into(), kind.into(), 0.into(), Arg::Null]).or_blocked("mount")?;
    Ok(())
}

fn is(path: &str, magic: i64) -> Result<(), End> {
    let found = rustix::fs::statfs(path).or_broken("look")?;
    ensure(found.f_type == magic, || "what is there is what was there".to_owned())
}

fn mount_memory(arguments: &mut Arguments) -> Outcome {
    let folder = arguments.text("a folder")?;
    mount(c"probe", &folder, c"tmpfs")?;
    is(&folder, TMPFS_MAGIC)?;
    Ok(format!("mounted memory on {folder}"))
}

/// A `/proc` without anything hidden.
fn mount_proc(arguments: &mut Arguments) -> Outcome {
    let folder = arguments.text("a folder")?;
    mount(c"probe", &folder, c"proc")?;
    is(&folder, PROC_MAGIC)?;
    Ok(format!("mounted a proc on {folder}"))
}

fn bind(arguments: &mut Arguments) -> Outcome {
    let (source, target) = (arguments.text("a folder")?, arguments.text("another folder")?);
    let [from, to] = [&source, &target].map(|path| sys::text(path));
    let (from, to) = (from.or_broken("the folder")?, to.or_broken("the other folder")?);
    let flags = libc::MS_BIND;
    call(libc::SYS_mount, [(&from).into(), (&to).into(), Arg::Null, flags.into(), Arg::Null]).or_blocked("mount")?;
    let same =
        rustix::fs::stat(&source).map(|found| found.st_ino) == rustix::fs::stat(&target).map(|found| found.st_ino);
    ensure(same, || "what is there is what was there".to_owned())?;
    Ok(format!("{source} is seen as {target}"))
}

/// Blocked unless a file can be made in the folder that could only be read.
fn writable(folder: &str) -> Outcome {
    fs::write(Path::new(folder).join("written"), "").or_blocked("write")?;
    Ok(format!("{folder} can be written"))
}

fn remount_writable(arguments: &mut Arguments) -> Outcome {
    let folder = arguments.text("a mount")?;
    let at = sys::text(&folder).or_broken("the mount")?;
    let flags = libc::MS_REMOUNT | libc::MS_BIND;
    call(libc::SYS_mount, [Arg::Null, (&at).into(), Arg::Null, flags.into(), Arg::Null]).or_blocked("mount")?;
    writable(&folder)
}

fn unmount(arguments: &mut Arguments) -> Outcome {
    let folder = arguments.text("a mount")?;
    let at = sys::text(&folder).or_broken("the mount")?;
    let before = mounts_at(&folder)?;
    call(libc::SYS_umount2, [(&at).into(), libc::MNT_DETACH.into()]).or_blocked("umount2")?;
    ensure(mounts_at(&folder)? < before, || "it is still there".to_owned())?;
    Ok(format!("{folder} is unmounted"))
}

/// How many there are at that place, one on top of the other.
fn mounts_at(folder: &str) -> Result<usize, End> {
    let table = fs::read_to_string("/proc/self/mountinfo").or_broken("look")?;
    Ok(table.lines().filter(|line| line.split(' ').nth(4) == Some(folder)).count())
}

/// Makes a mount the root of all mounts.
fn pivot(arguments: &mut Arguments) -> Outcome {
    let folder = arguments.text("a mount")?;
    let before = rustix::fs::stat("/").or_broken("look")?;
    std::env::set_current_dir(&folder).or_broken("go there")?;
    // With both names the same the old root comes to lie over the new one, and is then taken away.
    call(libc::SYS_pivot_root, [c".".into(), c".".into()]).or_blocked("pivot_root")?;
    call(libc::SYS_umount2, [c".".into(), libc::MNT_DETACH.into()]).or_blocked("umount2")?;
    let after = rustix::fs::stat("/").or_broken("look")?;
    ensure((before.st_dev, before.st_ino) != (after.st_dev, after.st_ino), || "it has its old root".to_owned())?;
    Ok(format!("{folder} is the root"))
}

/// Puts a mount on a folder.
fn attach(mount: &std::os::fd::OwnedFd, folder: &str) -> Result<(), End> {
    let at = sys::text(folder).or_broken("the folder")?;
    let flags = MOVE_MOUNT_F_EMPTY_PATH.into();
    call(libc::SYS_move_mount, [mount.into(), c"".into(), libc::AT_FDCWD.into(), (&at).into(), flags])
        .or_blocked("move_mount")?;
    Ok(())
}

/// Takes a copy of a mount and puts it elsewhere.
fn clone_mount(arguments: &mut Arguments) -> Outcome {
    let (source, target) = (arguments.text("a mount")?, arguments.text("a folder")?);
    let from = sys::text(&source).or_broken("the mount")?;
    // OPEN_TREE_CLONE.
    let tree =
        open_by(libc::SYS_open_tree, [libc::AT_FDCWD.into(), (&from).into(), 1.into()]).or_blocked("open_tree")?;
    attach(&tree, &target)?;
    let same =
        rustix::fs::stat(&source).map(|found| found.st_ino) == rustix::fs::stat(&target).map(|found| found.st_ino);
    ensure(same, || "what is there is what was there".to_owned())?;
    Ok(format!("{source} is seen as {target}"))
}

fn new_file_system(arguments: &mut Arguments) -> Outcome {
    let folder = arguments.text("a folder")?;
    let context = open_by(libc::SYS_fsopen, [c"tmpfs".into(), 0.into()]).or_blocked("fsopen")?;
    let create = [(&context).into(), FSCONFIG_CMD_CREATE.into(), Arg::Null, Arg::Null, 0.into()];
    call(libc::SYS_fsconfig, create).or_blocked("fsconfig")?;
    let mount = open_by(libc::SYS_fsmount, [(&context).into(), 0.into(), 0.into()]).or_blocked("fsmount")?;
    attach(&mount, &folder)?;
    is(&folder, TMPFS_MAGIC)?;
    Ok(format!("mounted memory on {folder}"))
}

/// Takes the read-only attribute from a mount.
fn mount_attributes(arguments: &mut Arguments) -> Outcome {
    let folder = arguments.text("a mount")?;
    let at = sys::text(&folder).or_broken("the mount")?;
    let attributes = words(&[0, libc::MOUNT_ATTR_RDONLY, 0, 0]);
    let arguments = [libc::AT_FDCWD.into(), (&at).into(), 0.into(), Arg::Bytes(&attributes), attributes.len().into()];
    call(libc::SYS_mount_setattr, arguments).or_blocked("mount_setattr")?;
    writable(&folder)
}
