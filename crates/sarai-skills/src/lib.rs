//! Skills, without running them: manifests, discovery, consent, routing, and the pool's decisions.

mod manifest;
mod problem;
mod quantity;
mod route;
mod skill_file;

pub use manifest::{
    Data, DataName, DataPath, Generate, Grants, InnerPath, Limits, MANIFEST_BYTES_MAX, MANIFEST_FILE, Manifest,
    ManifestKind, Phrases, Process, Program, Routing, Version, parse as parse_manifest,
};
pub use problem::{Expects, Misuse, Place, Problem, ProgramFault, Remark};
pub use route::Sign;
pub use skill_file::{DESCRIPTION_CHARS_MAX, SKILL_FILE, SKILL_FILE_BYTES_MAX, SkillFile, parse as parse_skill_file};
