//! The system calls that no safe library offers. All `unsafe` of this crate is here.
//!
//! Whatever uses these runs in `sarai-jail`, which has one thread, so that forking is without surprises.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

/// Attributes of a mount that are switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct MountFlags {
    pub(crate) read_only: bool,
    pub(crate) no_execute: bool,
    pub(crate) no_devices: bool,
    pub(crate) no_suid: bool,
}

impl MountFlags {
    fn bits(self) -> u64 {
        let bit = |on: bool, bit: u64| if on { bit } else { 0 };
        bit(self.read_only, libc::MOUNT_ATTR_RDONLY)
            | bit(self.no_execute, libc::MOUNT_ATTR_NOEXEC)
            | bit(self.no_devices, libc::MOUNT_ATTR_NODEV)
            | bit(self.no_suid, libc::MOUNT_ATTR_NOSUID)
    }
}

/// Switches `flags` on for the mount at `path`, and nothing off.
pub(crate) fn restrict_mount(path: &Path, flags: MountFlags) -> io::Result<()> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    let attributes = libc::mount_attr { attr_set: flags.bits(), attr_clr: 0, propagation: 0, userns_fd: 0 };
    // SAFETY: the path is a C string and the attributes a struct of the size that is given; both outlive the call,
    // which writes to neither.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            libc::AT_SYMLINK_NOFOLLOW,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The version of landlock in this kernel; an error says why there is none.
pub(crate) fn landlock_abi() -> io::Result<u32> {
    const VERSION: libc::c_ulong = 1;
    // SAFETY: with this flag the call takes a null pointer and the size 0, and only returns a number.
    let version =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<libc::c_void>(), 0_usize, VERSION) };
    u32::try_from(version).map_err(|_| io::Error::last_os_error())
}

/// Makes the cgroup that this process is in the root of what it sees of cgroups.
pub(crate) fn unshare_cgroup() -> io::Result<()> {
    // SAFETY: this flag touches neither memory nor open files.
    let result = unsafe { libc::unshare(libc::CLONE_NEWCGROUP) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Keeps `signals` from doing what they do, and gives a file that says when one has come.
pub(crate) fn signal_file(signals: &[Signal]) -> io::Result<OwnedFd> {
    let mut set = std::mem::MaybeUninit::uninit();
    // SAFETY: `sigemptyset` makes the set whole, and the others take it after that; each gets a pointer to it that
    // lives long enough. The new descriptor is owned by nobody else.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in signals {
            libc::sigaddset(set.as_mut_ptr(), signal.as_raw());
        }
        if libc::sigprocmask(libc::SIG_BLOCK, set.as_ptr(), std::ptr::null_mut()) != 0 {
            return Err(io::Error::last_os_error());
        }
        match libc::signalfd(-1, set.as_ptr(), libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) {
            file if file >= 0 => Ok(OwnedFd::from_raw_fd(file)),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// The next signal that waits in a [`signal_file`].
pub(crate) fn next_signal(file: &OwnedFd) -> Option<i32> {
    let mut info = [0_u8; size_of::<libc::signalfd_siginfo>()];
    match rustix::io::read(file, &mut info) {
        // The number is the first field of the record.
        Ok(count) if count == info.len() => Some(i32::from_ne_bytes([info[0], info[1], info[2], info[3]])),
        _ => None,
    }
}

/// A copy of this process that does `work`, which must not return by unwinding, and ends with what it gives.
pub(crate) fn fork(work: impl FnOnce() -> u8) -> io::Result<rustix::process::Pid> {
    // SAFETY: this program has one thread, so the copy is whole; it leaves by `_exit` and runs nothing of its parent's.
    match unsafe { libc::fork() } {
        0 => {
            let code = work();
            // SAFETY: ends the process, touches nothing.
            unsafe { libc::_exit(i32::from(code)) }
        }
        pid => rustix::process::Pid::from_raw(pid).filter(|_| pid > 0).ok_or_else(io::Error::last_os_error),
    }
}

/// Has the command's process killed when this one ends.
pub(crate) fn die_with_parent(command: &mut Command) {
    let parent = rustix::process::getpid();
    let prepare = move || {
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        // The parent may have ended before that.
        if rustix::process::getppid() == Some(parent) { Ok(()) } else { Err(io::Error::from_raw_os_error(libc::ESRCH)) }
    };
    // SAFETY: the closure makes three system calls and allocates nothing.
    unsafe { command.pre_exec(prepare) };
}

/// Closes every open file but the three standard ones.
pub(crate) fn close_others() -> io::Result<()> {
    // SAFETY: nobody in this process uses a descriptor above 2 after this; who calls it sees to that.
    let result = unsafe { libc::close_range(3, libc::c_uint::MAX, 0) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// A system call by its number, for attempts that must fail. Arguments that are pointers must be null.
pub(crate) fn attempt(number: libc::c_long, arguments: [libc::c_ulong; 4]) -> io::Result<()> {
    let [a, b, c, d] = arguments;
    // SAFETY: the calls that are attempted get numbers and null pointers, which the kernel checks.
    let result = unsafe { libc::syscall(number, a, b, c, d) };
    if result >= 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Maps the beginning of a file as code, as a loader does, and lets it go again.
pub(crate) fn map_executable(file: &OwnedFd) -> io::Result<()> {
    const BYTES: usize = 4096;
    // SAFETY: the kernel chooses a place that nobody uses; nothing is read or run there, and it is given back.
    unsafe {
        let place = libc::mmap(
            std::ptr::null_mut(),
            BYTES,
            libc::PROT_READ | libc::PROT_EXEC,
            libc::MAP_PRIVATE,
            file.as_raw_fd(),
            0,
        );
        if place == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        libc::munmap(place, BYTES);
    }
    Ok(())
}
