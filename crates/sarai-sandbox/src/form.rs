//! How a policy is written down, for `sarai-jail launch --policy FILE`.
//!
//! ```toml
//! root = "system"            # or "empty", the default: nothing but what is mounted
//! working_dir = "/"          # as seen inside
//!
//! [[mount]]                  # any number; a later one may lie inside an earlier one
//! source = "/home/ana/data"  # on the computer; no part of it may be a symlink
//! target = "/data"           # as seen inside
//! access = "read-only"       # or "read-write", which then cannot be run
//!
//! [environment]              # the program gets these and no other
//! LANG = "C.UTF-8"
//!
//! [limits]                   # all five, none has a default
//! memory_bytes = 268435456
//! pids = 64
//! open_files = 256
//! tmp_bytes = 16777216
//! file_bytes = 67108864
//! ```
//!
//! A key that is not here is an error, and so is a value that [`Policy::checked`] refuses; both name line and key.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::check::{CheckedPolicy, PolicyError, Problem};
use crate::policy::{Access, Limits, Mount, Policy, Root};

/// The longest file that is read as a policy.
pub const POLICY_BYTES_MAX: usize = 256 << 10;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Form {
    #[serde(default)]
    root: RootForm,
    #[serde(default = "slash")]
    working_dir: PathBuf,
    limits: LimitsForm,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    #[serde(default)]
    mount: Vec<MountForm>,
}

#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RootForm {
    #[default]
    Empty,
    System,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MountForm {
    source: PathBuf,
    target: PathBuf,
    access: AccessForm,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum AccessForm {
    ReadOnly,
    ReadWrite,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsForm {
    memory_bytes: u64,
    pids: u32,
    open_files: u32,
    tmp_bytes: u64,
    file_bytes: u64,
}

fn slash() -> PathBuf {
    PathBuf::from("/")
}

impl From<&Policy> for Form {
    fn from(policy: &Policy) -> Self {
        let Policy { root, mounts, working_dir, environment, limits } = policy;
        let Limits { memory_bytes, pids, open_files, tmp_bytes, file_bytes } = *limits;
        let mount = |mount: &Mount| MountForm {
            source: mount.source.clone(),
            target: mount.target.clone(),
            access: match mount.access {
                Access::ReadOnly => AccessForm::ReadOnly,
                Access::ReadWrite => AccessForm::ReadWrite,
            },
        };
        Self {
            root: match root {
                Root::Empty => RootForm::Empty,
                Root::System => RootForm::System,
            },
            working_dir: working_dir.clone(),
            limits: LimitsForm { memory_bytes, pids, open_files, tmp_bytes, file_bytes },
            environment: environment.iter().cloned().collect(),
            mount: mounts.iter().map(mount).collect(),
        }
    }
}

impl From<Form> for Policy {
    fn from(form: Form) -> Self {
        let LimitsForm { memory_bytes, pids, open_files, tmp_bytes, file_bytes } = form.limits;
        let mount = |mount: MountForm| Mount {
            source: mount.source,
            target: mount.target,
            access: match mount.access {
                AccessForm::ReadOnly => Access::ReadOnly,
                AccessForm::ReadWrite => Access::ReadWrite,
            },
        };
        Self {
            root: match form.root {
                RootForm::Empty => Root::Empty,
                RootForm::System => Root::System,
            },
            mounts: form.mount.into_iter().map(mount).collect(),
            working_dir: form.working_dir,
            environment: form.environment.into_iter().collect(),
            limits: Limits { memory_bytes, pids, open_files, tmp_bytes, file_bytes },
        }
    }
}

impl CheckedPolicy {
    /// Reads and checks the TOML form.
    pub fn from_toml(text: &str) -> Result<Self, PolicyError> {
        if text.len() > POLICY_BYTES_MAX {
            return Err(Problem::TooMany { most: POLICY_BYTES_MAX }.at("bytes"));
        }
        let form: Form = toml::from_str(text).map_err(|error| syntax(text, &error))?;
        Policy::from(form).checked().map_err(|mut error| {
            error.line = line_of_key(text, &error.key);
            error
        })
    }

    /// The TOML form; [`CheckedPolicy::from_toml`] gives the same policy back, with its variables in order.
    pub fn to_toml(&self) -> Result<String, PolicyError> {
        toml::to_string(&Form::from(&**self)).map_err(|error| Problem::Syntax(error.to_string()).at(""))
    }
}

fn syntax(text: &str, error: &toml::de::Error) -> PolicyError {
    let line = error.span().map(|span| line_at(text, span.start));
    let key = error.span().and_then(|span| key_at(text, span.start)).unwrap_or_default();
    PolicyError { key, line, problem: Problem::Syntax(error.message().trim().replace('\n', ", ")) }
}

/// The key whose value stands at `offset`, spelt as [`Policy::checked`] spells it.
fn key_at(text: &str, offset: usize) -> Option<String> {
    let document = DeTable::parse(text).ok()?;
    key_in(document.get_ref(), offset)
}

fn key_in(table: &DeTable<'_>, offset: usize) -> Option<String> {
    let (key, value) = table.iter().find(|(_, value)| holds(value, offset))?;
    let key = key.get_ref();
    let deeper = match value.get_ref() {
        DeValue::Table(inner) => key_in(inner, offset).map(|deeper| format!(".{deeper}")),
        DeValue::Array(list) => list.iter().enumerate().find(|(_, item)| holds(item, offset)).map(|(index, item)| {
            let deeper = item.get_ref().as_table().and_then(|inner| key_in(inner, offset));
            format!("[{index}]{}", deeper.map(|deeper| format!(".{deeper}")).unwrap_or_default())
        }),
        _ => None,
    };
    Some(format!("{key}{}", deeper.unwrap_or_default()))
}

/// Whether the value, or something in it, stands at `offset`. A table's own place is its heading alone.
fn holds(value: &Spanned<DeValue<'_>>, offset: usize) -> bool {
    let inside = match value.get_ref() {
        DeValue::Table(inner) => inner.iter().any(|(_, value)| holds(value, offset)),
        DeValue::Array(list) => list.iter().any(|item| holds(item, offset)),
        _ => false,
    };
    inside || value.span().contains(&offset)
}

fn line_at(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|&&byte| byte == b'\n').count() + 1
}

/// Finds `limits.pids` or `mount[2].target` in the text again, or what it lies in.
fn line_of_key(text: &str, key: &str) -> Option<usize> {
    let document = DeTable::parse(text).ok()?;
    let (first, rest) = key.split_once(['.', '[']).unwrap_or((key, ""));
    let value = document.get_ref().get(first)?;
    let deeper = match value.get_ref() {
        DeValue::Table(table) => table.get(rest).map(Spanned::span),
        DeValue::Array(list) => rest.split_once("].").and_then(|(index, field)| {
            let item = list.get(index.parse::<usize>().ok()?)?;
            let inner = item.get_ref().as_table().and_then(|table| table.get(field)).map(Spanned::span);
            Some(inner.unwrap_or_else(|| item.span()))
        }),
        _ => None,
    };
    Some(line_at(text, deeper.unwrap_or_else(|| value.span()).start))
}

#[cfg(test)]
mod tests;
