//! Inside a container: what the engine has made is made as the policy wants it.
//!
//! An engine gives no power over mounts, and Docker cannot mount without execution. But whoever has no power can still
//! enter a user namespace of its own and is powerful there: not enough to take a restriction away from a mount that it
//! was given, but enough to add one. So that is what init does, as bubblewrap does it elsewhere, and then it gives up
//! what it has gained. Nobody after it can do the same: the list of calls does not have them.

use std::io::{self, Write};

use fs_err as fs;

use super::mounts::{self, Rules};
use crate::backend::Backend;
use crate::check::CheckedPolicy;
use crate::error::SandboxError;
use crate::local::NOBODY;
use crate::sys;

/// Enters namespaces of its own for users, mounts and cgroups, and restricts every mount that can be reached.
pub(super) fn restrict(policy: &CheckedPolicy) -> Result<(), SandboxError> {
    enter().map_err(|error| {
        SandboxError::Namespaces(format!(
            "in a container init cannot have a user namespace of its own ({error}): set the sysctls \
             kernel.unprivileged_userns_clone and user.max_user_namespaces, or let the engine's AppArmor profile have `userns,`"
        ))
    })?;
    let failed = |what: &dyn std::fmt::Display, error: &io::Error| SandboxError::Start(format!("{what}: {error}"));
    let rules = Rules::of(policy, Backend::Docker);
    for mounted in mounts::read().map_err(|error| failed(&"the mounts", &error))? {
        let point = mounted.point.to_string_lossy();
        rules.enforce(&point).map_err(|error| failed(&format_args!("{point} cannot be restricted"), &error))?;
    }
    Ok(())
}

/// The user stays who it is: nobody, and the only one there is.
fn enter() -> io::Result<()> {
    sys::enter_namespaces()?;
    for (file, text) in [("setgroups", "deny".to_owned()), ("uid_map", own(NOBODY)), ("gid_map", own(NOBODY))] {
        // In one go, or the kernel refuses.
        fs::OpenOptions::new().write(true).open(format!("/proc/self/{file}"))?.write_all(text.as_bytes())?;
    }
    Ok(())
}

/// One number, the same inside and outside.
fn own(id: u32) -> String {
    format!("{id} {id} 1")
}
