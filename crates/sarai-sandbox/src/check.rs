//! Which policies can be kept at all.
//!
//! A [`Policy`] is only a wish until [`Policy::checked`] has looked at it: a jail is made of a [`CheckedPolicy`] alone.
//! Paths are judged by their spelling here; what they lead to is looked at when the jail is made (`source`).

use std::collections::BTreeSet;
use std::fmt;
use std::ops::{Deref, RangeInclusive};
use std::path::{Component, Path};

use crate::policy::{Limits, Mount, Policy, Root};

/// Where the jail's first process is seen inside, in every back end.
pub const INIT: &str = "/.sarai-jail";

pub const MEMORY_BYTES: RangeInclusive<u64> = 8 << 20..=16 << 40;
pub const PIDS: RangeInclusive<u64> = 1..=32_768;
pub const OPEN_FILES: RangeInclusive<u64> = 16..=1 << 20;
pub const TMP_BYTES: RangeInclusive<u64> = 4096..=16 << 40;
pub const FILE_BYTES: RangeInclusive<u64> = 4096..=16 << 40;
pub const MOUNTS_MAX: usize = 64;
pub(crate) const VARIABLES_MAX: usize = 256;
/// All variables together, names and values.
pub(crate) const ENVIRONMENT_BYTES_MAX: usize = 64 << 10;
/// What Linux takes for a path.
const PATH_BYTES_MAX: usize = 4095;
const NAME_BYTES_MAX: usize = 64;

/// What the jail itself puts there, with all that lies beneath. Nothing else may.
const OURS: [&str; 4] = ["/proc", "/dev", "/sys", INIT];
/// The same of [`Root::System`]. `/tmp` is not here: it is empty, and a mount may lie in it.
const SYSTEM: [&str; 8] = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc"];

/// A policy that a jail can keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedPolicy(Policy);

impl Deref for CheckedPolicy {
    type Target = Policy;

    fn deref(&self) -> &Policy {
        &self.0
    }
}

/// What is wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PolicyError {
    /// As written in the TOML form: `limits.pids`, `mount[2].target`.
    pub key: String,
    /// Of the file, from 1, if there is one.
    pub line: Option<usize>,
    pub problem: Problem,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        self.problem.fmt(f)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("{given} is not between {least} and {most}")]
    OutOfRange { given: u64, least: u64, most: u64 },
    #[error("{0:?} is not an absolute path without `.`, `..`, doubled or closing slashes")]
    NotPlain(String),
    #[error("{path:?} would lie in, on or over {ours}, which is the jail's own")]
    Taken { path: String, ours: String },
    #[error("{0:?} is there twice")]
    Twice(String),
    #[error("{0:?} is not a name: 1 to 64 of A-Z a-z 0-9 _ - ., no dot or dash first")]
    NotAName(String),
    #[error("{0:?} cannot be the name of a variable, or its value has a zero byte")]
    NotAVariable(String),
    #[error("more than {most} of them")]
    TooMany { most: usize },
    #[error("{0}")]
    Syntax(String),
}

impl Problem {
    pub(crate) fn at(self, key: impl Into<String>) -> PolicyError {
        PolicyError { key: key.into(), line: None, problem: self }
    }
}

/// The name of a jail, for cgroups, logs and host names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JailName(String);

impl JailName {
    pub fn new(name: &str) -> Result<Self, PolicyError> {
        let first = name.chars().next();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let fits = (1..=NAME_BYTES_MAX).contains(&name.len())
            && name.chars().all(plain)
            && first.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        if fits { Ok(Self(name.to_owned())) } else { Err(Problem::NotAName(name.to_owned()).at("name")) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JailName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Policy {
    /// Looks whether a jail can keep it.
    pub fn checked(self) -> Result<CheckedPolicy, PolicyError> {
        check_limits(&self.limits)?;
        check_mounts(self.root, &self.mounts)?;
        plain_path(&self.working_dir).map_err(|problem| problem.at("working_dir"))?;
        check_environment(&self.environment)?;
        Ok(CheckedPolicy(self))
    }
}

fn check_limits(limits: &Limits) -> Result<(), PolicyError> {
    let Limits { memory_bytes, pids, open_files, tmp_bytes, file_bytes } = *limits;
    let bounds = [
        ("memory_bytes", memory_bytes, MEMORY_BYTES),
        ("pids", u64::from(pids), PIDS),
        ("open_files", u64::from(open_files), OPEN_FILES),
        ("tmp_bytes", tmp_bytes, TMP_BYTES),
        ("file_bytes", file_bytes, FILE_BYTES),
    ];
    for (key, given, range) in bounds {
        if !range.contains(&given) {
            let problem = Problem::OutOfRange { given, least: *range.start(), most: *range.end() };
            return Err(problem.at(format!("limits.{key}")));
        }
    }
    Ok(())
}

fn check_mounts(root: Root, mounts: &[Mount]) -> Result<(), PolicyError> {
    if mounts.len() > MOUNTS_MAX {
        return Err(Problem::TooMany { most: MOUNTS_MAX }.at("mount"));
    }
    let mut seen = BTreeSet::new();
    for (index, mount) in mounts.iter().enumerate() {
        plain_path(&mount.source).map_err(|problem| problem.at(format!("mount[{index}].source")))?;
        let at_target = |problem: Problem| problem.at(format!("mount[{index}].target"));
        plain_path(&mount.target).map_err(at_target)?;
        let path = mount.target.display().to_string();
        if let Some(ours) = taken(root, &mount.target) {
            return Err(at_target(Problem::Taken { path, ours: ours.to_owned() }));
        }
        // A mount over an earlier one's parent would hide that one, which nobody can have meant.
        if mounts[..index].iter().any(|earlier| earlier.target.starts_with(&mount.target))
            || !seen.insert(&mount.target)
        {
            return Err(at_target(Problem::Twice(path)));
        }
    }
    Ok(())
}

/// What of the jail's own a mount at `target` would touch.
fn taken(root: Root, target: &Path) -> Option<&'static str> {
    let system: &[&str] = match root {
        Root::Empty => &[],
        Root::System => &SYSTEM,
    };
    if target == Path::new("/") {
        return Some("/");
    }
    if target == Path::new("/tmp") {
        return Some("/tmp");
    }
    OURS.iter().chain(system).copied().find(|ours| target.starts_with(ours))
}

fn check_environment(environment: &[(String, String)]) -> Result<(), PolicyError> {
    if environment.len() > VARIABLES_MAX {
        return Err(Problem::TooMany { most: VARIABLES_MAX }.at("environment"));
    }
    let bytes: usize = environment.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > ENVIRONMENT_BYTES_MAX {
        let problem = Problem::OutOfRange { given: bytes as u64, least: 0, most: ENVIRONMENT_BYTES_MAX as u64 };
        return Err(problem.at("environment"));
    }
    let mut seen = BTreeSet::new();
    for (name, value) in environment {
        let key = format!("environment.{name}");
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            return Err(Problem::NotAVariable(name.clone()).at(key));
        }
        if !seen.insert(name) {
            return Err(Problem::Twice(name.clone()).at(key));
        }
    }
    Ok(())
}

/// Absolute and spelt in the one way that says where it leads.
fn plain_path(path: &Path) -> Result<(), Problem> {
    let plain = path.to_str().is_some_and(|text| {
        let parts = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
        let spelling = text.starts_with('/')
            && text.len() <= PATH_BYTES_MAX
            && !text.contains("//")
            && !text.contains("/./")
            && !text.ends_with("/.")
            && (text == "/" || !text.ends_with('/'))
            && !text.contains('\0');
        parts && spelling
    });
    if plain { Ok(()) } else { Err(Problem::NotPlain(path.display().to_string())) }
}

#[cfg(test)]
mod tests;
