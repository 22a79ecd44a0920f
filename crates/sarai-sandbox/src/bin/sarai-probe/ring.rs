//! io_uring: calls that no filter of system calls sees.

use std::os::fd::{AsFd, OwnedFd};

use crate::Attempt;
use crate::outcome::{Arguments, Outcome, Step, ensure};
use crate::sys::{self, Arg, Memory, call, open_by};

pub(crate) const ATTEMPTS: &[Attempt] = &[("ring-setup", setup), ("ring-open", open), ("ring-connect", connect)];

const SQES_OFFSET: i64 = 0x1000_0000;
const SQE_BYTES: usize = 64;
const CQE_BYTES: usize = 16;
const OP_OPENAT: u8 = 18;
const OP_CONNECT: u8 = 16;
const ENTER_GETEVENTS: u32 = 1;
/// `struct io_uring_params`.
const PARAMS_BYTES: usize = 120;

struct Ring {
    file: OwnedFd,
    params: [u8; PARAMS_BYTES],
}

impl Ring {
    fn make() -> std::io::Result<Self> {
        let mut params = [0; PARAMS_BYTES];
        let file = open_by(libc::SYS_io_uring_setup, [1.into(), Arg::Room(&mut params)])?;
        Ok(Self { file, params })
    }

    /// One of the numbers that the kernel has filled in, by its place.
    fn param(&self, at: usize) -> usize {
        let bytes = self.params.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default();
        u32::from_ne_bytes(bytes) as usize
    }

    /// Has the kernel do what one entry says, and gives its result.
    fn submit(&self, entry: &[u8; SQE_BYTES]) -> std::io::Result<i32> {
        // In `io_uring_params`: offsets of the submission ring from 40 (tail, mask, array), of the completion ring from 80.
        let (tail, array, completions) = (self.param(44), self.param(64), self.param(100));
        let (submissions, ready) = (self.param(0), self.param(4));
        let bytes = (array + submissions * 4).max(completions + ready * CQE_BYTES);
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_SHARED | libc::MAP_POPULATE;
        let rings = Memory::map(bytes, protection, flags, Some(self.file.as_fd()), 0)?;
        let entries = Memory::map(SQE_BYTES, protection, flags, Some(self.file.as_fd()), SQES_OFFSET)?;
        entries.put(0, entry);
        rings.put(array, &0_u32.to_ne_bytes());
        rings.put(tail, &1_u32.to_ne_bytes());
        call(
            libc::SYS_io_uring_enter,
            [(&self.file).into(), 1.into(), 1.into(), ENTER_GETEVENTS.into(), Arg::Null, Arg::Null],
        )?;
        // The result stands behind the eight bytes that the caller may use.
        Ok(i32::from_ne_bytes(rings.get(completions + 8)))
    }
}

fn setup(_: &mut Arguments) -> Outcome {
    Ring::make().or_blocked("io_uring_setup")?;
    Ok("has a ring".to_owned())
}

fn entry(operation: u8, file: i32, address: &[u8], length: u32, offset: u64) -> [u8; SQE_BYTES] {
    let mut entry = [0; SQE_BYTES];
    entry[0] = operation;
    entry[4..8].copy_from_slice(&file.to_ne_bytes());
    entry[8..16].copy_from_slice(&offset.to_ne_bytes());
    entry[16..24].copy_from_slice(&(address.as_ptr().expose_provenance() as u64).to_ne_bytes());
    entry[24..28].copy_from_slice(&length.to_ne_bytes());
    entry
}

fn judge(result: i32, what: &str) -> Outcome {
    if result < 0 {
        return Err(std::io::Error::from_raw_os_error(-result)).or_blocked(what);
    }
    Ok(format!("{what} by a ring"))
}

/// Opens a file.
fn open(arguments: &mut Arguments) -> Outcome {
    let path = arguments.text("a path")?;
    let name = sys::text(&path).or_broken("the path")?;
    let ring = Ring::make().or_blocked("io_uring_setup")?;
    let entry = entry(OP_OPENAT, libc::AT_FDCWD, name.as_bytes_with_nul(), 0, 0);
    judge(ring.submit(&entry).or_blocked("io_uring_enter")?, "opened a file")
}

/// Connects to a listener outside.
fn connect(arguments: &mut Arguments) -> Outcome {
    let port: u16 = arguments.number("a port")?;
    let ring = Ring::make().or_blocked("io_uring_setup")?;
    let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC;
    let socket = open_by(libc::SYS_socket, [libc::AF_INET.into(), kind.into(), 0.into()]).or_blocked("socket")?;
    let mut address = [0_u8; 16];
    address[..2].copy_from_slice(&u16::try_from(libc::AF_INET).unwrap_or(2).to_ne_bytes());
    address[2..4].copy_from_slice(&port.to_be_bytes());
    address[4..8].copy_from_slice(&[127, 0, 0, 1]);
    let entry = entry(OP_CONNECT, std::os::fd::AsRawFd::as_raw_fd(&socket), &address, 0, 16);
    ensure(port != 0, || "port 0".to_owned())?;
    judge(ring.submit(&entry).or_blocked("io_uring_enter")?, "connected")
}
