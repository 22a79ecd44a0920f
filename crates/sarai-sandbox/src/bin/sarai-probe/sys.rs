//! System calls by their number. All `unsafe` of this program is here.
//!
//! This program has one thread wherever it makes a copy of itself.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use rustix::process::Pid;

/// An argument of a system call.
pub(crate) enum Arg<'a> {
    Number(i64),
    Text(&'a CStr),
    /// Read by the kernel.
    Bytes(&'a [u8]),
    /// Written by the kernel. A length that goes with it must be no more than it has.
    Room(&'a mut [u8]),
    Null,
}

impl Arg<'_> {
    fn word(&mut self) -> usize {
        match self {
            Self::Number(number) => usize::try_from(number.cast_unsigned()).unwrap_or(usize::MAX),
            Self::Text(text) => text.as_ptr().expose_provenance(),
            Self::Bytes(bytes) => bytes.as_ptr().expose_provenance(),
            Self::Room(room) => room.as_mut_ptr().expose_provenance(),
            Self::Null => 0,
        }
    }
}

impl From<i32> for Arg<'_> {
    fn from(number: i32) -> Self {
        Self::Number(i64::from(number))
    }
}

impl From<u32> for Arg<'_> {
    fn from(number: u32) -> Self {
        Self::Number(i64::from(number))
    }
}

impl From<u64> for Arg<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number.cast_signed())
    }
}

impl From<usize> for Arg<'_> {
    fn from(number: usize) -> Self {
        Self::from(number as u64)
    }
}

impl<'a> From<&'a CStr> for Arg<'a> {
    fn from(text: &'a CStr) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a CString> for Arg<'a> {
    fn from(text: &'a CString) -> Self {
        Self::Text(text)
    }
}

impl From<BorrowedFd<'_>> for Arg<'_> {
    fn from(file: BorrowedFd<'_>) -> Self {
        Self::from(file.as_raw_fd())
    }
}

impl From<&OwnedFd> for Arg<'_> {
    fn from(file: &OwnedFd) -> Self {
        Self::from(file.as_raw_fd())
    }
}

/// A system call by its number. Not for those that take memory away from this process or give it new processes.
pub(crate) fn call<const N: usize>(number: libc::c_long, mut arguments: [Arg<'_>; N]) -> io::Result<i64> {
    let mut words = [0_usize; 6];
    for (word, argument) in words.iter_mut().zip(&mut arguments) {
        *word = argument.word();
    }
    let [a, b, c, d, e, f] = words;
    // SAFETY: every pointer among the words is to memory that is borrowed until after the call, mutably where the kernel
    // writes; whoever calls this gives lengths that fit, and keeps to the calls that the comment allows.
    let result = unsafe { libc::syscall(number, a, b, c, d, e, f) };
    if result >= 0 { Ok(result) } else { Err(io::Error::last_os_error()) }
}

/// The same for calls that give a new open file.
pub(crate) fn open_by<const N: usize>(number: libc::c_long, arguments: [Arg<'_>; N]) -> io::Result<OwnedFd> {
    let file = i32::try_from(call(number, arguments)?).map_err(io::Error::other)?;
    // SAFETY: the kernel has just made it, so nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(file) })
}

/// Numbers one after the other, as the kernel's structs have them.
pub(crate) fn words(numbers: &[u64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_ne_bytes()).collect()
}

pub(crate) fn half_words(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_ne_bytes()).collect()
}

/// A copy of this process that does `work` and ends with what it gives.
pub(crate) fn fork(work: impl FnOnce() -> u8) -> io::Result<Pid> {
    copy(libc::SYS_clone, [Arg::from(libc::SIGCHLD), Arg::Null], work)
}

/// The same by a call that makes processes, with flags of its own.
pub(crate) fn copy(number: libc::c_long, arguments: [Arg<'_>; 2], work: impl FnOnce() -> u8) -> io::Result<Pid> {
    match call(number, arguments)? {
        0 => {
            let code = work();
            // SAFETY: ends the process, touches nothing.
            unsafe { libc::_exit(i32::from(code)) }
        }
        pid => i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or_else(|| io::Error::other("no process id")),
    }
}

pub(crate) fn text(text: &str) -> io::Result<CString> {
    CString::new(text).map_err(io::Error::other)
}

/// Reads what another process has at `address`.
pub(crate) fn read_other(pid: Pid, address: usize, room: &mut [u8]) -> io::Result<usize> {
    let here = libc::iovec { iov_base: room.as_mut_ptr().cast(), iov_len: room.len() };
    let there = libc::iovec { iov_base: std::ptr::with_exposed_provenance_mut(address), iov_len: room.len() };
    // SAFETY: the kernel writes into `room` alone, which is borrowed mutably; the other address is of the other process.
    let count =
        unsafe { libc::process_vm_readv(pid.as_raw_nonzero().get(), &raw const here, 1, &raw const there, 1, 0) };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

/// Writes to the beginning of System V memory, which must have that much room.
pub(crate) fn put_shared(id: i64, bytes: &[u8]) -> io::Result<()> {
    let place = call(libc::SYS_shmat, [Arg::Number(id), Arg::Null, Arg::Null])?;
    let place: *mut u8 = std::ptr::with_exposed_provenance_mut(usize::try_from(place).map_err(io::Error::other)?);
    // SAFETY: the kernel has just mapped it for this process, writable, and nobody here has a reference into it.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), place, bytes.len()) };
    call(libc::SYS_shmdt, [Arg::Number(place.expose_provenance() as i64)])?;
    Ok(())
}

/// Leaves the signal without effect.
pub(crate) fn ignore(signal: i32) {
    // SAFETY: no handler of this program's is installed.
    unsafe { libc::signal(signal, libc::SIG_IGN) };
}

/// Memory that is mapped, until it is dropped.
pub(crate) struct Memory {
    place: *mut u8,
    bytes: usize,
}

impl Memory {
    /// `file` from `offset`, or memory of nobody's.
    pub(crate) fn map(
        bytes: usize,
        protection: i32,
        flags: i32,
        file: Option<BorrowedFd<'_>>,
        offset: i64,
    ) -> io::Result<Self> {
        let file = file.map_or(-1, |file| file.as_raw_fd());
        // SAFETY: the kernel chooses a place that nobody uses.
        let place = unsafe { libc::mmap(std::ptr::null_mut(), bytes, protection, flags, file, offset) };
        if place == libc::MAP_FAILED {
            Err(io::Error::last_os_error())
        } else {
            Ok(Self { place: place.cast(), bytes })
        }
    }

    /// Has the kernel give real memory for every page.
    pub(crate) fn touch(&self) {
        for at in (0..self.bytes).step_by(4096) {
            // SAFETY: it lies inside, and nobody else has a reference to it. Only for memory that was mapped writable.
            unsafe { self.place.add(at).write_volatile(1) };
        }
    }

    /// Copies into writable memory.
    pub(crate) fn put(&self, at: usize, bytes: &[u8]) {
        assert!(at + bytes.len() <= self.bytes, "outside of what is mapped");
        // SAFETY: checked to lie inside; what is mapped overlaps with no object of this program's.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.place.add(at), bytes.len()) };
    }

    /// Copies out of readable memory.
    pub(crate) fn get<const N: usize>(&self, at: usize) -> [u8; N] {
        assert!(at + N <= self.bytes, "outside of what is mapped");
        let mut bytes = [0; N];
        // SAFETY: as above.
        unsafe { std::ptr::copy_nonoverlapping(self.place.add(at), bytes.as_mut_ptr(), N) };
        bytes
    }

    /// Calls what lies at the beginning, which must be a function of no arguments in executable memory.
    pub(crate) fn run(&self) -> i32 {
        // SAFETY: whoever calls this has put such a function there. It keeps to the calling convention.
        let function: extern "C" fn() -> i32 = unsafe { std::mem::transmute(self.place) };
        function()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: it was mapped by this, and nobody has a pointer into it any more.
        unsafe { libc::munmap(self.place.cast(), self.bytes) };
    }
}
