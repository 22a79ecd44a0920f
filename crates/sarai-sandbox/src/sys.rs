//! The system calls that no safe library offers. All `unsafe` of this crate is here.
//!
//! Whatever uses these runs in `sarai-jail`, which has one thread, so that forking is without surprises.

use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use rustix::process::{Pid, Signal};

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

/// Makes this process the only user of a user namespace, with mounts and cgroups of its own.
pub(crate) fn enter_namespaces() -> io::Result<()> {
    // SAFETY: these flags touch neither memory nor open files, and this program has one thread.
    let result = unsafe { libc::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNS | libc::CLONE_NEWCGROUP) };
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
pub(crate) fn fork(work: impl FnOnce() -> u8) -> io::Result<Pid> {
    // SAFETY: this program has one thread, so the copy is whole; it leaves by `_exit` and runs nothing of its parent's.
    match unsafe { libc::fork() } {
        0 => {
            let code = work();
            // SAFETY: ends the process, touches nothing.
            unsafe { libc::_exit(i32::from(code)) }
        }
        pid => Pid::from_raw(pid).filter(|_| pid > 0).ok_or_else(io::Error::last_os_error),
    }
}

/// From now on this process, and whatever it starts, runs before all that are not in a hurry. Only a process that takes
/// turns as usual is made to hurry, and only where the caller may do that: root, and whom the administrator lets.
pub(crate) fn hurry() {
    // SAFETY: takes and gives numbers.
    if unsafe { libc::sched_getscheduler(0) } == libc::SCHED_OTHER {
        // Without it everything works, only later.
        let _ = set_scheduler(0, libc::SCHED_RR, 1);
    }
}

/// From now on a process takes turns with all others again; by default this one.
pub(crate) fn take_turns(pid: Option<Pid>) -> io::Result<()> {
    let pid = pid.map_or(0, |pid| pid.as_raw_nonzero().get());
    // SAFETY: takes and gives numbers.
    match unsafe { libc::sched_getscheduler(pid) } {
        libc::SCHED_RR | libc::SCHED_FIFO => set_scheduler(pid, libc::SCHED_OTHER, 0),
        policy if policy < 0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn set_scheduler(pid: i32, policy: i32, priority: i32) -> io::Result<()> {
    let parameters = libc::sched_param { sched_priority: priority };
    // SAFETY: the call only reads the struct, which outlives it.
    let result = unsafe { libc::sched_setscheduler(pid, policy, &raw const parameters) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Of clone3 alone, whose flags are wider than the C library's type for them.
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

/// The cgroups that a process begins its life in. Moving one later takes the kernel ten milliseconds.
#[derive(Debug, Default)]
pub(crate) struct Cradle {
    /// The folder of a cgroup of version 2.
    pub(crate) unified: Option<OwnedFd>,
    /// The files `tasks` of cgroups of version 1, open for writing.
    pub(crate) tasks: Vec<OwnedFd>,
}

/// A program to be started without any variables, in a process group of its own, as long as this process lives.
#[derive(Debug)]
pub(crate) struct Start<'a> {
    pub(crate) program: &'a Path,
    /// Without the program's own name.
    pub(crate) arguments: &'a [OsString],
    pub(crate) cradle: &'a Cradle,
    pub(crate) streams: [BorrowedFd<'a>; 3],
}

impl Start<'_> {
    pub(crate) fn run(&self) -> io::Result<Pid> {
        let text = |text: &OsStr| CString::new(text.as_bytes());
        let program = text(self.program.as_os_str())?;
        let arguments = self.arguments.iter().map(|argument| text(argument)).collect::<Result<Vec<_>, _>>()?;
        let list: Vec<*const libc::c_char> =
            [&program].into_iter().chain(&arguments).map(|text| text.as_ptr()).chain([std::ptr::null()]).collect();
        let parent = rustix::process::getpid();
        let flags = if self.cradle.unified.is_some() { CLONE_INTO_CGROUP } else { 0 };
        let cgroup = self.cradle.unified.as_ref().map_or(0, |folder| u64::from(folder.as_raw_fd().unsigned_abs()));
        // SAFETY: all fields are numbers, for which zero is a value.
        let mut request: libc::clone_args = unsafe { std::mem::zeroed() };
        (request.flags, request.cgroup) = (flags, cgroup);
        request.exit_signal = u64::from(Signal::CHILD.as_raw().unsigned_abs());
        // SAFETY: without shared memory this is fork; this program has one thread, so the copy is whole. The copy calls
        // `become`, which does not return.
        let pid = unsafe { libc::syscall(libc::SYS_clone3, &raw const request, size_of::<libc::clone_args>()) };
        if pid == 0 {
            // SAFETY: this is the copy, and both the name and the list end as C wants it.
            unsafe { self.become_program(parent, program.as_ptr(), list.as_ptr()) }
        }
        i32::try_from(pid).ok().and_then(Pid::from_raw).filter(|_| pid > 0).ok_or_else(io::Error::last_os_error)
    }

    /// In the copy: takes its place in the world and runs the program.
    ///
    /// # Safety
    /// `program` is a C string and `arguments` a list of such with a null at its end.
    unsafe fn become_program(
        &self,
        parent: Pid,
        program: *const libc::c_char,
        arguments: *const *const libc::c_char,
    ) -> ! {
        let ready = self.take_place(parent);
        let failed = match ready {
            Ok(()) => {
                let nothing = [std::ptr::null()];
                // SAFETY: the caller vouches for both; the variables are an empty list. It returns only if it fails.
                unsafe { libc::execve(program, arguments, nothing.as_ptr()) };
                io::Error::last_os_error()
            }
            Err(error) => error,
        };
        crate::program::complain(&format!("{} cannot be started: {failed}", self.program.display()));
        // SAFETY: ends the process, touches nothing.
        unsafe { libc::_exit(i32::from(crate::program::NOT_STARTED)) }
    }

    fn take_place(&self, parent: Pid) -> io::Result<()> {
        for (stream, number) in self.streams.iter().zip(0..) {
            // SAFETY: puts a copy of an open file in the place of one that only this process has.
            if unsafe { libc::dup2(stream.as_raw_fd(), number) } < 0 {
                return Err(io::Error::last_os_error());
            }
        }
        for tasks in &self.cradle.tasks {
            // Nothing but «this process itself» spares the kernel the wait.
            rustix::io::write(tasks, b"0")?;
        }
        rustix::process::setpgid(None, None)?;
        default_signals()?;
        stay_with(parent)
    }
}

/// Has the command's process hear all signals, as a program expects it.
pub(crate) fn unblock_signals(command: &mut Command) {
    // SAFETY: the closure makes two system calls and allocates nothing.
    unsafe { command.pre_exec(default_signals) };
}

/// Has the command's process hear all signals, and killed when this one ends.
pub(crate) fn die_with_parent(command: &mut Command) {
    let parent = rustix::process::getpid();
    let prepare = move || {
        default_signals()?;
        stay_with(parent)
    };
    // SAFETY: the closure makes a few system calls and allocates nothing.
    unsafe { command.pre_exec(prepare) };
}

/// Above it are the real-time signals, which nobody has a use for here.
const SIGNAL_MAX: i32 = 31;

/// No signal waits any more, and each does what it does by default, whatever the caller ignored: a shell's background
/// jobs ignore SIGINT, and Rust's programs SIGPIPE.
fn default_signals() -> io::Result<()> {
    let mut none = std::mem::MaybeUninit::uninit();
    // SAFETY: `sigemptyset` makes the set whole before it is used; the default for a signal needs no code.
    let result = unsafe {
        libc::sigemptyset(none.as_mut_ptr());
        for signal in 1..=SIGNAL_MAX {
            // Those that cannot be ignored refuse, which is well.
            libc::signal(signal, libc::SIG_DFL);
        }
        libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut())
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// This process ends when its parent does.
fn stay_with(parent: Pid) -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // It may have ended before that.
    if rustix::process::getppid() == Some(parent) { Ok(()) } else { Err(io::Error::from_raw_os_error(libc::ESRCH)) }
}

/// Closes every open file but the three standard ones.
pub(crate) fn close_others() -> io::Result<()> {
    // SAFETY: nobody in this process uses a descriptor above 2 after this; who calls it sees to that.
    let result = unsafe { libc::close_range(3, libc::c_uint::MAX, 0) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// A system call by its number, for attempts that must fail. Arguments that are pointers must be null.
pub(crate) fn attempt(number: libc::c_long, [a, b, c]: [u64; 3]) -> rustix::io::Result<()> {
    // SAFETY: the calls that are attempted get numbers and null pointers, which the kernel checks.
    if unsafe { libc::syscall(number, a, b, c, 0_u64) } >= 0 { Ok(()) } else { Err(last_errno()) }
}

fn last_errno() -> rustix::io::Errno {
    rustix::io::Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(rustix::io::Errno::IO)
}

/// Maps the beginning of a file as code, as a loader does, and lets it go again.
pub(crate) fn map_executable(file: &OwnedFd) -> rustix::io::Result<()> {
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
            return Err(last_errno());
        }
        libc::munmap(place, BYTES);
    }
    Ok(())
}
