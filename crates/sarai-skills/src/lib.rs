//! Skills, without running them: manifests, discovery, consent, routing, and the pool's decisions.

mod consent;
mod content;
mod discover;
mod manifest;
mod pool;
mod problem;
mod quantity;
mod route;
mod skill;
mod skill_file;
mod trust_file;

pub use consent::{Consent, GrantProblem, Ground, News, OwnerData, Question, Trust, TrustedProgram, Trusts, consent};
pub use content::ContentDigest;
pub use discover::{Broken, Found, SKILLS_MAX, Shelf, check_program, discover, reread};
pub use manifest::{
    Data, DataName, DataPath, Generate, Grants, InnerPath, Limits, MANIFEST_BYTES_MAX, MANIFEST_FILE, Manifest,
    ManifestKind, Phrases, Process, Program, Routing, Version, parse as parse_manifest,
};
pub use pool::{Action, ChildName, ChildSpec, ChildState, Event, Hour, LeaseId, Now, Pool, Predictor, Refusal, Stay};
pub use problem::{Expects, Misuse, Place, Problem, ProgramFault, Remark};
pub use route::Sign;
pub use skill::{
    DATA_INSIDE, Declared, Granted, GrantedData, HOST_FOLDER_INSIDE, HOST_SOCKET_FILE, Origin, Places, SKILL_INSIDE,
    SOCKET_FILE, SOCKET_FOLDER_INSIDE, Skill, View, Work,
};
pub use skill_file::{DESCRIPTION_CHARS_MAX, SKILL_FILE, SKILL_FILE_BYTES_MAX, SkillFile, parse as parse_skill_file};
pub use trust_file::{TrustFile, TrustFileError};
