//! A tar file, as far as an image needs one (POSIX's ustar).
//!
//! The same content gives the same bytes: everything was changed in 1970, and belongs to root unless it is said.

use std::path::Path;

use crate::error::SandboxError;
use crate::local::NOBODY;

const BLOCK: usize = 512;
/// What a path may have here; the format's second field for longer ones is not used.
const PATH_BYTES_MAX: usize = 100;
/// What a file may have: eleven octal digits.
const FILE_BYTES_MAX: usize = 0o777_7777_7777;
/// What fits into memory twice; an image of a skill has a hundredth of it.
const TAR_BYTES_MAX: usize = 1 << 30;

/// The files of an image, by and by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tar(Vec<u8>);

impl Tar {
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// A folder, with its rights. Those above it are there with the usual ones, unless they were put before.
    pub fn folder(&mut self, at: &Path, mode: u32) -> Result<(), SandboxError> {
        self.entry(at, b'5', mode, b"", &[])
    }

    /// A folder of nobody's, closed to all others: who starts from it as a volume may keep things there.
    pub fn own_folder(&mut self, at: &Path) -> Result<(), SandboxError> {
        self.put(at, &Head { kind: b'5', mode: 0o700, owner: NOBODY, target: b"" }, &[])
    }

    pub fn file(&mut self, at: &Path, mode: u32, content: &[u8]) -> Result<(), SandboxError> {
        self.entry(at, b'0', mode, b"", content)
    }

    pub fn link(&mut self, at: &Path, target: &Path) -> Result<(), SandboxError> {
        self.entry(at, b'2', 0o777, target.as_os_str().as_encoded_bytes(), &[])
    }

    /// How large it is so far.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.0.len()
    }

    /// The whole file.
    pub(super) fn end(mut self) -> Vec<u8> {
        self.0.extend_from_slice(&[0; 2 * BLOCK]);
        self.0
    }

    fn entry(&mut self, at: &Path, kind: u8, mode: u32, target: &[u8], content: &[u8]) -> Result<(), SandboxError> {
        self.put(at, &Head { kind, mode, owner: 0, target }, content)
    }

    fn put(&mut self, at: &Path, head: &Head<'_>, content: &[u8]) -> Result<(), SandboxError> {
        let wrong = |what: &str| SandboxError::Policy(format!("{}: {what}", at.display()));
        let name = at.strip_prefix("/").unwrap_or(at).as_os_str().as_encoded_bytes();
        if name.is_empty() || name.len() > PATH_BYTES_MAX || head.target.len() > PATH_BYTES_MAX {
            return Err(wrong("a path in an image has 1 to 100 bytes"));
        }
        if content.len() > FILE_BYTES_MAX || self.0.len() + content.len() > TAR_BYTES_MAX {
            return Err(wrong("the image would be larger than 1 GiB"));
        }
        self.0.extend_from_slice(&head.bytes(name, content.len()));
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(BLOCK), 0);
        Ok(())
    }
}

/// What stands before each content.
#[derive(Debug, Clone, Copy)]
struct Head<'a> {
    kind: u8,
    mode: u32,
    owner: u32,
    /// Of a link.
    target: &'a [u8],
}

impl Head<'_> {
    fn bytes(&self, name: &[u8], size: usize) -> [u8; BLOCK] {
        let Head { kind, mode, owner, target } = *self;
        let mut head = [0; BLOCK];
        let mut put = |place: usize, text: &[u8]| head[place..place + text.len()].copy_from_slice(text);
        put(0, name);
        put(100, format!("{mode:07o}\0").as_bytes());
        put(108, format!("{owner:07o}\0").as_bytes());
        put(116, format!("{owner:07o}\0").as_bytes());
        put(124, format!("{size:011o}\0").as_bytes());
        put(136, b"00000000000\0");
        // The checksum is of the head with blanks in its place.
        put(148, b"        ");
        put(156, &[kind]);
        put(157, target);
        put(257, b"ustar\x0000");
        let sum: u32 = head.iter().map(|&byte| u32::from(byte)).sum();
        head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        head
    }
}
