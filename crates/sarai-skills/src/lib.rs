//! Skills, without running them: manifests, discovery, consent, routing, and the pool's decisions.
//!
//! A skill is a folder: a `SKILL.md` by the Agent Skills standard (agentskills.io), and, where it runs code,
//! `sarai.skill.toml`. This crate reads such folders, says what is wrong with them, and decides: which of two skills
//! counts, whether a person has to agree first, what jail it gets, which one a request is for, and which ones are
//! loaded. It starts nothing. Apart from [`discover`], [`reread`], [`check_program`] and [`ContentDigest::of`], which
//! read files, everything takes values and returns values, the time among them.
//!
//! # Key types
//! - [`Skill`]: in phase [`Declared`] what a folder says; in phase [`Granted`] what may run. Only the second has a
//!   [`Skill::policy`], and only [`consent`] makes it.
//! - [`Problem`]: why a folder is no skill, with file, line and key. [`Remark`]: what a person should know besides.
//! - [`Trusts`]: what a person agreed to. [`Question`]: what they have not. [`TrustFile`]: the same as JSON.
//! - [`Router`], [`Request`], [`Route`]: who answers, and why. [`RouteReport`]: the same as JSON.
//! - [`Pool`], [`Event`], [`Action`]: what is loaded, in the manner of a supervisor.
//!
//! # Use
//! 1. `discover(&Shelf::all(…))`; show the problems and remarks.
//! 2. `consent(skill, &trusts, &owner, &ground)` for each; ask the person where it asks, and keep the [`Trust`].
//! 3. `Router::new(&granted)` and `Pool::step(now, Event::Known(…))` with what was granted.
//! 4. For each request `router.route(&request)`; for a program `Event::Asked`, and with the grant
//!    `skill.policy(&places)`, `skill.command(View::Jailed)`.
//! 5. When files change, [`reread`] or all of it again. A skill that is broken now keeps running as it was.
//!
//! # Never
//! It grants nothing that a person did not agree to, follows no link out of a folder that others write, and reads no
//! more than the limits that have names.

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
pub use route::{
    AnswerForm, Case, CasesError, Confusion, Database, Outcome, Part, Reason, Request, Route, RouteReport, Router,
    Sign, evaluate,
};
pub use skill::{
    DATA_INSIDE, Declared, Granted, GrantedData, HOST_FOLDER_INSIDE, HOST_SOCKET_FILE, Origin, Places, SKILL_INSIDE,
    SOCKET_FILE, SOCKET_FOLDER_INSIDE, Skill, View, Work,
};
pub use skill_file::{DESCRIPTION_CHARS_MAX, SKILL_FILE, SKILL_FILE_BYTES_MAX, SkillFile, parse as parse_skill_file};
pub use trust_file::{TrustFile, TrustFileError};
