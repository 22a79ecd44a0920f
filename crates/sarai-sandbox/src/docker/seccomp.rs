//! The list of allowed system calls as engines want it.
//!
//! It is the list of every jail (`calls`) and besides it what init needs to close the jail, which it gives up with the
//! filter that it puts on itself. Compared are 32 bits of an argument, as in that filter.

use std::io::Write;
use std::path::PathBuf;

use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt;
use serde_json::{Value, json};

use super::engine::Kind;
use super::names;
use crate::calls::{GROUPS, GROUPS_OF_PLATFORM, Group, Test, UNKNOWN};
use crate::error::SandboxError;

/// How init closes the jail: namespaces, mounts, privileges, landlock, and the filter.
pub(super) const OF_INIT: &[libc::c_long] = &[
    libc::SYS_unshare,
    libc::SYS_mount_setattr,
    libc::SYS_capset,
    libc::SYS_prctl,
    libc::SYS_landlock_create_ruleset,
    libc::SYS_landlock_add_rule,
    libc::SYS_landlock_restrict_self,
    libc::SYS_seccomp,
];
/// The 32 bits.
const ALL: u64 = 0xffff_ffff;

/// Who is in the container when the engine puts the list on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Callers {
    /// Init, which closes the jail and then puts the shorter list on itself.
    Init,
    /// The program.
    Program,
}

/// The profile as an engine takes it.
#[derive(Debug)]
pub(super) struct Profile {
    option: String,
    /// Removed when this is dropped.
    file: Option<PathBuf>,
}

impl Profile {
    /// Docker takes the text; Podman, though it speaks Docker's language, takes the path of a file, and reads it when the
    /// container is made.
    pub(super) fn for_engine(kind: Kind, callers: Callers) -> Result<Self, SandboxError> {
        let odd = |error: std::io::Error| SandboxError::Docker(format!("the list of system calls: {error}"));
        let text = profile(callers)?.to_string();
        match kind {
            Kind::Docker => Ok(Self { option: text, file: None }),
            Kind::Podman => {
                let path = std::env::temp_dir().join(format!("sarai-jail-{}.json", std::process::id()));
                // What an earlier process of this number may have left.
                let _ = fs::remove_file(&path);
                let mut file =
                    fs::OpenOptions::new().write(true).create_new(true).mode(0o644).open(&path).map_err(odd)?;
                let profile = Self { option: path.display().to_string(), file: Some(path) };
                file.write_all(text.as_bytes()).map_err(odd)?;
                Ok(profile)
            }
        }
    }

    /// What stands behind `seccomp=`.
    pub(super) fn option(&self) -> &str {
        &self.option
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        if let Some(path) = &self.file {
            // It says nothing that is not in this program.
            let _ = fs::remove_file(path);
        }
    }
}

/// The system calls that a program in a container may make, as engines read it (an OCI profile in JSON), for this
/// computer's architecture.
///
/// # Errors
/// The architecture is not known.
pub fn system_calls() -> Result<String, SandboxError> {
    Ok(profile(Callers::Program)?.to_string())
}

/// The profile as JSON.
pub(super) fn profile(callers: Callers) -> Result<Value, SandboxError> {
    let mut rules = Vec::new();
    for group in GROUPS.iter().chain(GROUPS_OF_PLATFORM) {
        rules.extend(allow(group)?);
    }
    if callers == Callers::Init {
        rules.push(json!({ "names": all_names(OF_INIT)?, "action": "SCMP_ACT_ALLOW" }));
    }
    rules.push(json!({ "names": all_names(UNKNOWN)?, "action": "SCMP_ACT_ERRNO", "errnoRet": libc::ENOSYS }));
    Ok(json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": libc::EPERM,
        "architectures": [architecture()?],
        "syscalls": rules,
    }))
}

fn architecture() -> Result<&'static str, SandboxError> {
    match std::env::consts::ARCH {
        "x86_64" => Ok("SCMP_ARCH_X86_64"),
        "aarch64" => Ok("SCMP_ARCH_AARCH64"),
        other => Err(SandboxError::Docker(format!("system calls of {other} are not known"))),
    }
}

fn all_names(calls: &[libc::c_long]) -> Result<Vec<&'static str>, SandboxError> {
    let name = |&call: &libc::c_long| {
        names::of(call).ok_or_else(|| SandboxError::Docker(format!("the system call {call} has no name")))
    };
    calls.iter().map(name).collect()
}

/// One rule for each value that is fine.
fn allow(group: &Group) -> Result<Vec<Value>, SandboxError> {
    let names = all_names(group.calls)?;
    let rule = |arguments: Value| json!({ "names": names, "action": "SCMP_ACT_ALLOW", "args": arguments });
    // The bits of the mask must be those of the value.
    let masked = |index: u8, mask: u64, value: u64| {
        rule(json!([{ "index": index, "value": mask, "valueTwo": value, "op": "SCMP_CMP_MASKED_EQ" }]))
    };
    Ok(match group.only {
        None => vec![rule(json!([]))],
        Some((index, Test::OneOf(values))) => values.iter().map(|&value| masked(index, ALL, value)).collect(),
        Some((index, Test::Without(bits))) => vec![masked(index, bits, 0)],
    })
}
