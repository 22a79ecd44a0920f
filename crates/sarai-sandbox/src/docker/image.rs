//! The image that every container is made of: nothing, or a few links.
//!
//! It is made here and given to the engine, which keeps it under a name that says what is in it.

use std::os::unix::ffi::OsStrExt;

use crate::local::Piece;

const BLOCK: usize = 512;
/// The repository of the names.
const REPOSITORY: &str = "sarai-jail";

/// A tar file and the name of the image that it becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Image {
    pub(super) tag: String,
    pub(super) tar: Vec<u8>,
}

impl Image {
    /// Of the links among `pieces`. The rest of a root are mounts, whose places the engine makes.
    pub(super) fn of(pieces: &[Piece]) -> Self {
        let mut tar = Vec::new();
        for piece in pieces {
            if let Piece::Link { target, at } = piece {
                tar.extend_from_slice(&link(at.as_os_str().as_bytes(), target.as_os_str().as_bytes()));
            }
        }
        tar.extend_from_slice(&[0; 2 * BLOCK]);
        Self { tag: format!("{:016x}", digest(&tar)), tar }
    }

    pub(super) fn name(&self) -> String {
        format!("{REPOSITORY}:{}", self.tag)
    }

    /// What the engine is asked to make it. Podman does not look for a tag anywhere else.
    pub(super) fn import(&self) -> String {
        format!("/images/create?fromSrc=-&repo={}", self.name())
    }
}

/// The head of a symlink, as POSIX has it (ustar). The paths are of the system's root and short.
fn link(at: &[u8], target: &[u8]) -> [u8; BLOCK] {
    let mut head = [0; BLOCK];
    let mut put = |place: usize, room: usize, text: &[u8]| {
        let text = &text[..text.len().min(room)];
        head[place..place + text.len()].copy_from_slice(text);
    };
    put(0, 100, at.strip_prefix(b"/").unwrap_or(at));
    put(100, 8, b"0000777\0");
    put(108, 8, b"0000000\0");
    put(116, 8, b"0000000\0");
    put(124, 12, b"00000000000\0");
    put(136, 12, b"00000000000\0");
    // The checksum is of the head with blanks in its place.
    put(148, 8, b"        ");
    put(156, 1, b"2");
    put(157, 100, target);
    put(257, 8, b"ustar\x0000");
    let sum: u32 = head.iter().map(|&byte| u32::from(byte)).sum();
    head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    head
}

/// FNV-1a. Who could give the engine another image of that name has no need to.
fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
