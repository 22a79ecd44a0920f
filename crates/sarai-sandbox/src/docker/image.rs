//! The images that containers are made of. They are made here and given to the engine; nothing is ever pulled.
//!
//! A jail's image is nothing, or a few links, and its name says what is in it. A program's image is its files and how it
//! is started ([`ProgramImage`]).

use super::tar::Tar;
use crate::error::SandboxError;
use crate::local::{NOBODY, Piece};

/// The repository of the jails' names.
const REPOSITORY: &str = "sarai-jail";

/// A tar file and the name of the image that it becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Image {
    pub(super) name: String,
    pub(super) tar: Vec<u8>,
    /// Lines as in a Dockerfile.
    pub(super) changes: Vec<String>,
}

impl Image {
    /// Of the links among `pieces`. The rest of a root are mounts, whose places the engine makes.
    pub(super) fn of(pieces: &[Piece]) -> Result<Self, SandboxError> {
        let mut tar = Tar::new();
        for piece in pieces {
            if let Piece::Link { target, at } = piece {
                tar.link(at, target)?;
            }
        }
        let tar = tar.end();
        Ok(Self { name: format!("{REPOSITORY}:{:016x}", digest(&tar)), tar, changes: Vec::new() })
    }

    /// What the engine is asked to make it. Podman does not look for a tag anywhere else than in the name.
    pub(super) fn import(&self) -> String {
        let changes = self.changes.iter().map(|change| format!("&changes={}", escaped(change)));
        format!("/images/create?fromSrc=-&repo={}{}", self.name, changes.collect::<String>())
    }
}

/// A program with its files, as an image of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramImage {
    /// With its tag: `saraiskill.sql:v1.0.0`.
    pub name: String,
    pub files: Tar,
    /// The program's path, and its arguments.
    pub entrypoint: Vec<String>,
    pub working_dir: String,
    pub environment: Vec<(String, String)>,
}

impl ProgramImage {
    /// It starts as nobody, whoever runs it and however.
    pub(super) fn image(self) -> Image {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let entrypoint: Vec<String> = self.entrypoint.iter().map(|word| quoted(word)).collect();
        let variables = self.environment.iter().map(|(name, value)| format!("ENV {name}={}", quoted(value)));
        let mut changes = vec![
            format!("USER {NOBODY}:{NOBODY}"),
            format!("WORKDIR {}", self.working_dir),
            format!("ENTRYPOINT [{}]", entrypoint.join(",")),
        ];
        changes.extend(variables);
        Image { name: self.name, tar: self.files.end(), changes }
    }
}

/// As the query of an address has it.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// FNV-1a. Who could give the engine another image of that name has no need to.
fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
