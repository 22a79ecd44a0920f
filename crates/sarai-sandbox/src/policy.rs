//! What a jailed program may see, take and do.

use std::path::PathBuf;

/// Everything that a jail promises. There is no network in any of them, no capability, no privilege to be gained and no
/// other process to be seen: what cannot be switched is not written here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub root: Root,
    /// What of the computer is seen besides the root, in this order; a later one may lie inside an earlier one.
    pub mounts: Vec<Mount>,
    /// The folder that the program starts in, as seen inside.
    pub working_dir: PathBuf,
    /// Variables of the program; it gets no other.
    pub environment: Vec<(String, String)>,
    pub limits: Limits,
}

/// What `/` is made of. It is read-only, with an empty `/tmp` in memory, a `/proc` of the jail alone and a `/dev` with
/// `null`, `zero`, `full`, `random` and `urandom`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Root {
    /// Nothing: enough for a program that is linked statically.
    #[default]
    Empty,
    /// The computer's own programs and libraries (`/usr` and what links into it), and of `/etc` only what a loader needs.
    System,
}

/// A file or folder of the computer as it is seen inside. Nothing in it can be a device or gain privileges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    pub source: PathBuf,
    pub target: PathBuf,
    pub access: Access,
}

/// What may be done with what is mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Read and, where the file says so, run.
    ReadOnly,
    /// Read and write, but not run.
    ReadWrite,
}

/// How much of the computer a jail may take, all its processes together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Resident memory and swap, in bytes.
    pub memory_bytes: u64,
    /// Processes and threads.
    pub pids: u32,
    /// Open files of each process.
    pub open_files: u32,
    /// What `/tmp` holds, in bytes. Counts as memory too.
    pub tmp_bytes: u64,
    /// The largest file that may be written, in bytes.
    pub file_bytes: u64,
}
