//! Snapshots: what of a conversation's cache outlives the process, as bytes, and which of them are worth keeping.
//!
//! A snapshot is the tokens of a conversation and what llama.cpp's cache held for them. Reading it back saves reading the
//! prompt again, and nothing else depends on it: whatever is not exactly what this worker would have written is refused,
//! and the prompt is read as if there were none.
//!
//! # Key types
//! - [`Identity`]: what the bytes of a cache depend on besides the tokens. Two workers share snapshots when it is equal.
//! - [`encode`] and [`decode`]: the file, whole. [`Head`] is its beginning, which is enough to know what a file is good for.
//! - [`Index`]: the snapshots that exist; which one helps a prompt, which are superfluous, which go when room is short.
//!
//! # The file
//! All numbers little-endian.
//!
//! | bytes | content |
//! |---|---|
//! | 8 | [`MAGIC`] |
//! | 4 | [`VERSION`] |
//! | 4 | n, the number of tokens |
//! | 8 | m, the length of the payload |
//! | 96 | the identity: 16 bytes for each [`Part`] |
//! | 4 n | the tokens |
//! | 32 | BLAKE3 of everything above |
//! | m | the payload, as llama.cpp gave it |
//! | 32 | BLAKE3 of the digest above and the payload |
//!
//! The digests find damage. They keep nobody out who can write to the folder: that is the business of whoever opens it.

mod index;

use std::fmt;

use crate::schedule::Rewind;

pub use index::{Found, Index, MARGIN_TOKENS, Room, SNAPSHOTS_MAX};

/// The first bytes of every snapshot.
pub const MAGIC: [u8; 8] = *b"SARAi.kv";
/// What a snapshot's file name ends with; before it stands its [`SnapshotId`].
pub const SUFFIX: &str = ".kv";
/// Of this layout. A file of any other is refused.
pub const VERSION: u32 = 1;
/// Tokens of one snapshot at most: the longest context that a worker can have.
pub const TOKENS_MAX: usize = 131_072;
/// The longest payload, in bytes.
pub const PAYLOAD_BYTES_MAX: u64 = 64 << 30;
/// What stands before the tokens, in bytes.
pub const FIXED_BYTES: usize = 24 + Part::ALL.len() * PART_BYTES;
/// One BLAKE3 digest, in bytes.
pub const DIGEST_BYTES: usize = 32;

const PART_BYTES: usize = 16;

/// What a cache depends on besides its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Model,
    Build,
    Template,
    Vocabulary,
    Context,
    KvType,
}

impl Part {
    const ALL: [Self; 6] = [Self::Model, Self::Build, Self::Template, Self::Vocabulary, Self::Context, Self::KvType];
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Model => "model",
            Self::Build => "build of llama.cpp",
            Self::Template => "chat template",
            Self::Vocabulary => "vocabulary",
            Self::Context => "kind of context",
            Self::KvType => "type of cache cells",
        })
    }
}

/// Where a cache comes from, in words that are equal exactly when they mean the same.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The model's file by its content, or by what changes with it.
    pub model: &'a str,
    /// llama.cpp's version and vector instructions.
    pub build: &'a str,
    pub template: &'a str,
    pub vocabulary: &'a str,
    /// Every parameter of the context that changes what the payload's bytes mean, and its number of cells.
    pub context: &'a str,
    pub kv_type: &'a str,
    pub rewind: Rewind,
}

/// An [`Origin`] as it stands in a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    parts: [[u8; PART_BYTES]; Part::ALL.len()],
    rewind: Rewind,
}

impl Identity {
    #[must_use]
    pub fn new(origin: &Origin<'_>) -> Self {
        let Origin { model, build, template, vocabulary, context, kv_type, rewind } = *origin;
        let parts = [model, build, template, vocabulary, context, kv_type];
        Self { parts: parts.map(|part| first_bytes(&blake3::hash(part.as_bytes()))), rewind }
    }

    #[must_use]
    pub const fn rewind(&self) -> Rewind {
        self.rewind
    }

    /// What the names of this model's snapshots begin with.
    #[must_use]
    pub const fn model_tag(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.parts[0];
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({:016x}, {:?})", self.model_tag(), self.rewind)
    }
}

/// Names a snapshot by its content: the model, and a digest of identity and tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SnapshotId {
    model: u64,
    key: u64,
}

impl SnapshotId {
    /// The one name that a snapshot of these tokens may have.
    #[must_use]
    pub fn of(identity: &Identity, tokens: &[u32]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(identity.parts.as_flattened());
        update_with_tokens(&mut hasher, tokens);
        Self { model: identity.model_tag(), key: u64::from_be_bytes(first_bytes(&hasher.finalize())) }
    }

    /// Reads what [`fmt::Display`] writes, and nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (model, key) = text.split_once('-')?;
        let number = |hex: &str| u64::from_str_radix(hex, 16).ok();
        let id = Self { model: number(model)?, key: number(key)? };
        (id.to_string() == text).then_some(id)
    }

    #[must_use]
    pub const fn is_of_model(self, identity: &Identity) -> bool {
        self.model == identity.model_tag()
    }
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{:016x}", self.model, self.key)
    }
}

/// Why bytes are no snapshot for this worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    #[error("it is not a snapshot")]
    Foreign,
    #[error("it has layout {0}, this program reads {VERSION}")]
    Version(u32),
    #[error("it is cut off: {bytes} bytes of {needed}")]
    Truncated { bytes: u64, needed: u64 },
    /// A digest does not match, or something follows the end.
    #[error("it is damaged")]
    Damaged,
    #[error("it was made with another {0}")]
    Other(Part),
    #[error("it has {tokens} tokens and a payload of {payload_bytes} bytes, which is too large")]
    TooLarge { tokens: u64, payload_bytes: u64 },
}

/// A whole snapshot, checked.
#[derive(Debug, PartialEq, Eq)]
pub struct Snapshot<'a> {
    pub tokens: Vec<u32>,
    pub payload: &'a [u8],
}

/// A snapshot as it is to be written: three pieces, of which the long one is not copied.
#[derive(Debug)]
pub struct Encoded<'a> {
    head: Vec<u8>,
    payload: &'a [u8],
    seal: [u8; DIGEST_BYTES],
}

impl Encoded<'_> {
    /// The file, piece by piece.
    #[must_use]
    pub fn pieces(&self) -> [&[u8]; 3] {
        [&self.head, self.payload, &self.seal]
    }

    /// The file's length.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.pieces().iter().map(|piece| piece.len() as u64).sum()
    }
}

/// # Errors
/// [`SnapshotError::TooLarge`], by [`TOKENS_MAX`] and [`PAYLOAD_BYTES_MAX`].
pub fn encode<'a>(identity: &Identity, tokens: &[u32], payload: &'a [u8]) -> Result<Encoded<'a>, SnapshotError> {
    let payload_bytes = payload.len() as u64;
    let too_large = SnapshotError::TooLarge { tokens: tokens.len() as u64, payload_bytes };
    let count = u32::try_from(tokens.len()).map_err(|_| too_large)?;
    if tokens.len() > TOKENS_MAX || payload_bytes > PAYLOAD_BYTES_MAX {
        return Err(too_large);
    }
    let mut head = Vec::with_capacity(FIXED_BYTES + 4 * tokens.len() + DIGEST_BYTES);
    head.extend(MAGIC);
    head.extend(VERSION.to_le_bytes());
    head.extend(count.to_le_bytes());
    head.extend(payload_bytes.to_le_bytes());
    head.extend(identity.parts.as_flattened());
    head.extend(tokens.iter().flat_map(|token| token.to_le_bytes()));
    let digest = *blake3::hash(&head).as_bytes();
    head.extend(digest);
    Ok(Encoded { head, payload, seal: seal(&digest, payload) })
}

/// # Errors
/// Whatever is not exactly a snapshot with this identity: see [`SnapshotError`].
pub fn decode<'a>(bytes: &'a [u8], identity: &Identity) -> Result<Snapshot<'a>, SnapshotError> {
    let head = Head::read(bytes)?;
    head.require(identity)?;
    head.extent.require(bytes.len() as u64)?;
    let (payload, seal) = bytes[head.extent.head_bytes..].split_at(bytes.len() - head.extent.head_bytes - DIGEST_BYTES);
    head.check(payload, seal)?;
    Ok(Snapshot { tokens: head.tokens, payload })
}

/// How long a file must be, by its first [`FIXED_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// All that stands before the payload: at most 640 kB.
    pub head_bytes: usize,
    pub payload_bytes: u64,
}

impl Extent {
    /// # Errors
    /// [`SnapshotError::Foreign`], [`SnapshotError::Version`], [`SnapshotError::Truncated`] below [`FIXED_BYTES`],
    /// [`SnapshotError::TooLarge`]. Nothing is known to be undamaged yet.
    pub fn read(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let magic = &bytes[..bytes.len().min(MAGIC.len())];
        if !MAGIC.starts_with(magic) {
            return Err(SnapshotError::Foreign);
        }
        let truncated = SnapshotError::Truncated { bytes: bytes.len() as u64, needed: FIXED_BYTES as u64 };
        let fixed = bytes.first_chunk::<FIXED_BYTES>().ok_or(truncated)?;
        let [_, _, _, _, _, _, _, _, rest @ ..] = fixed;
        let [v0, v1, v2, v3, n0, n1, n2, n3, m0, m1, m2, m3, m4, m5, m6, m7, ..] = *rest;
        let version = u32::from_le_bytes([v0, v1, v2, v3]);
        if version != VERSION {
            return Err(SnapshotError::Version(version));
        }
        let tokens = u32::from_le_bytes([n0, n1, n2, n3]) as usize;
        let payload_bytes = u64::from_le_bytes([m0, m1, m2, m3, m4, m5, m6, m7]);
        if tokens > TOKENS_MAX || payload_bytes > PAYLOAD_BYTES_MAX {
            return Err(SnapshotError::TooLarge { tokens: tokens as u64, payload_bytes });
        }
        Ok(Self { head_bytes: FIXED_BYTES + 4 * tokens + DIGEST_BYTES, payload_bytes })
    }

    /// The length of the whole file.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.head_bytes as u64 + self.payload_bytes + DIGEST_BYTES as u64
    }

    /// # Errors
    /// [`SnapshotError::Truncated`] or [`SnapshotError::Damaged`] if a file of `bytes` is too short or too long.
    pub const fn require(&self, bytes: u64) -> Result<(), SnapshotError> {
        let needed = self.bytes();
        if bytes < needed {
            return Err(SnapshotError::Truncated { bytes, needed });
        }
        if bytes > needed { Err(SnapshotError::Damaged) } else { Ok(()) }
    }
}

/// The beginning of a snapshot, undamaged: whose it is, and of which tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub tokens: Vec<u32>,
    pub extent: Extent,
    parts: [[u8; PART_BYTES]; Part::ALL.len()],
    digest: [u8; DIGEST_BYTES],
}

impl Head {
    /// Takes a file, or its first [`Extent::head_bytes`].
    ///
    /// # Errors
    /// As [`Extent::read`], and when the digest of the head does not match.
    pub fn read(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let extent = Extent::read(bytes)?;
        let truncated = SnapshotError::Truncated { bytes: bytes.len() as u64, needed: extent.bytes() };
        let head = bytes.get(..extent.head_bytes).ok_or(truncated)?;
        let (signed, digest) = head.split_last_chunk::<DIGEST_BYTES>().ok_or(truncated)?;
        if blake3::hash(signed) != *digest {
            return Err(SnapshotError::Damaged);
        }
        let (identity, tokens) =
            signed[FIXED_BYTES - Part::ALL.len() * PART_BYTES..].split_at(Part::ALL.len() * PART_BYTES);
        let mut parts = [[0; PART_BYTES]; Part::ALL.len()];
        parts.as_flattened_mut().copy_from_slice(identity);
        let tokens = tokens.as_chunks().0.iter().map(|token| u32::from_le_bytes(*token)).collect();
        Ok(Self { tokens, extent, parts, digest: *digest })
    }

    /// # Errors
    /// [`SnapshotError::Other`], which names the first part that differs.
    pub fn require(&self, identity: &Identity) -> Result<(), SnapshotError> {
        let theirs = Part::ALL.into_iter().zip(self.parts.iter().zip(&identity.parts));
        match theirs.into_iter().find(|(_, (a, b))| a != b) {
            Some((part, _)) => Err(SnapshotError::Other(part)),
            None => Ok(()),
        }
    }

    /// Whether this is the payload, and the end of the file, that belong to this head.
    ///
    /// # Errors
    /// [`SnapshotError::Damaged`].
    pub fn check(&self, payload: &[u8], end: &[u8]) -> Result<(), SnapshotError> {
        let whole = payload.len() as u64 == self.extent.payload_bytes && seal(&self.digest, payload) == *end;
        if whole { Ok(()) } else { Err(SnapshotError::Damaged) }
    }
}

fn seal(head: &[u8; DIGEST_BYTES], payload: &[u8]) -> [u8; DIGEST_BYTES] {
    *blake3::Hasher::new().update(head).update(payload).finalize().as_bytes()
}

fn update_with_tokens(hasher: &mut blake3::Hasher, tokens: &[u32]) {
    for chunk in tokens.chunks(1024) {
        let bytes: Vec<u8> = chunk.iter().flat_map(|token| token.to_le_bytes()).collect();
        hasher.update(&bytes);
    }
}

fn first_bytes<const N: usize>(digest: &blake3::Hash) -> [u8; N] {
    std::array::from_fn(|i| digest.as_bytes()[i])
}

#[cfg(test)]
mod tests;
