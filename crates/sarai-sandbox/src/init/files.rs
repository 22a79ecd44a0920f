//! Landlock: the kernel's second opinion about files.
//!
//! The mounts say the same already; this holds even where a mount is not what it should be.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
};

use crate::check::CheckedPolicy;
use crate::error::SandboxError;
use crate::local::{DEVICES, pieces};
use crate::policy::Access;
use crate::report::State;
use crate::sys;

/// What a path and all beneath it may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Listed, and no more.
    List,
    Read,
    ReadAndRun,
    ReadAndWrite,
    /// A device file: read and written, but not controlled.
    Device,
}

pub(super) struct Landlocked {
    pub(super) network: State,
    pub(super) scope: State,
}

/// Everything that may be used.
pub(super) fn rules(policy: &CheckedPolicy) -> Vec<(PathBuf, Use)> {
    let mut rules: Vec<(PathBuf, Use)> =
        vec![("/".into(), Use::List), ("/proc".into(), Use::Read), ("/tmp".into(), Use::ReadAndWrite)];
    rules.extend(DEVICES.map(|device| (device.into(), Use::Device)));
    let system = pieces(policy.root);
    rules.extend(system.iter().filter_map(|piece| Some((piece.mount_point()?.to_owned(), Use::ReadAndRun))));
    rules.extend(policy.mounts.iter().map(|mount| {
        let usage = match mount.access {
            Access::ReadOnly => Use::ReadAndRun,
            Access::ReadWrite => Use::ReadAndWrite,
        };
        (mount.target.clone(), usage)
    }));
    rules
}

pub(super) fn restrict(policy: &CheckedPolicy) -> Result<Landlocked, SandboxError> {
    let abi = newest()?;
    let failed = |error: &dyn std::fmt::Display| SandboxError::Landlock(format!("landlock cannot be applied: {error}"));
    let mut ruleset = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    ruleset = ruleset.handle_access(AccessFs::from_all(abi)).map_err(|error| failed(&error))?;
    if abi >= ABI::V4 {
        ruleset = ruleset.handle_access(AccessNet::from_all(abi)).map_err(|error| failed(&error))?;
    }
    if abi >= ABI::V6 {
        ruleset = ruleset.scope(Scope::from_all(abi)).map_err(|error| failed(&error))?;
    }
    let mut created = ruleset.create().map_err(|error| failed(&error))?;
    for (path, usage) in rules(policy) {
        let file = PathFd::new(&path).map_err(|error| failed(&error))?;
        created =
            created.add_rule(PathBeneath::new(file, rights(usage, &path, abi))).map_err(|error| failed(&error))?;
    }
    let status = created.restrict_self().map_err(|error| failed(&error))?;
    if status.ruleset != RulesetStatus::FullyEnforced {
        return Err(failed(&"it is enforced in part only"));
    }
    let since = |version: ABI, what: &str| {
        if abi >= version {
            State::Held
        } else {
            let other = "the network namespace, the pid namespace and seccomp stand in for it";
            State::NotApplicable(format!("landlock {abi} of this kernel does not know {what}; {other}"))
        }
    };
    Ok(Landlocked { network: since(ABI::V4, "TCP"), scope: since(ABI::V6, "signals and abstract sockets") })
}

/// The newest version that both this kernel and these rules know. The second is the first that lets files be moved
/// between folders at all.
fn newest() -> Result<ABI, SandboxError> {
    let advice = "boot a kernel of 5.19 or newer with `landlock` in its list of security modules (lsm=)";
    match sys::landlock_abi() {
        Ok(0 | 1) => Err(SandboxError::Landlock(format!("landlock is too old: {advice}"))),
        Ok(2) => Ok(ABI::V2),
        Ok(3) => Ok(ABI::V3),
        Ok(4) => Ok(ABI::V4),
        Ok(5) => Ok(ABI::V5),
        Ok(6) => Ok(ABI::V6),
        Ok(_) => Ok(ABI::V7),
        Err(error) => Err(SandboxError::Landlock(format!("no landlock ({error}): {advice}"))),
    }
}

fn rights(usage: Use, path: &Path, abi: ABI) -> BitFlags<AccessFs> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let never = AccessFs::Execute | AccessFs::MakeChar | AccessFs::MakeBlock;
    let mut rights = match usage {
        Use::List => AccessFs::ReadDir.into(),
        Use::Read => read,
        Use::ReadAndRun => read | AccessFs::Execute,
        Use::ReadAndWrite => AccessFs::from_all(abi) & !never,
        Use::Device => AccessFs::ReadFile | AccessFs::WriteFile,
    };
    if abi >= ABI::V5 {
        rights.remove(AccessFs::IoctlDev);
    }
    if path.is_dir() { rights } else { rights & AccessFs::from_file(abi) }
}
