//! Limits, and the end of all capabilities.

use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit, umask};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capability_is_in_bounding_set, clear_ambient_capability_set,
    remove_capability_from_bounding_set, set_capabilities, set_no_new_privs,
};

use crate::error::SandboxError;
use crate::policy::Limits;

/// More than the kernel has of them.
const CAPABILITIES_MAX: u32 = 64;

/// What init sets, each for itself and so for all that come after.
pub(super) fn limits(limits: &Limits) -> [(Resource, u64); 6] {
    [
        (Resource::Nofile, u64::from(limits.open_files)),
        (Resource::Fsize, limits.file_bytes),
        // A core file would be written where nobody expects one.
        (Resource::Core, 0),
        (Resource::Msgqueue, 0),
        (Resource::Nice, 0),
        (Resource::Rtprio, 0),
    ]
}

pub(super) fn limit(policy: &Limits) -> Result<(), SandboxError> {
    for (resource, most) in limits(policy) {
        // What is tighter already stays so: only a privileged process could widen it, and none may.
        let most = getrlimit(resource).maximum.map_or(most, |now| now.min(most));
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })
            .map_err(|errno| SandboxError::Start(format!("{resource:?} cannot be limited: {errno}")))?;
    }
    umask(rustix::fs::Mode::from_raw_mode(0o077));
    Ok(())
}

/// Takes every capability from every set, and with it the way back.
pub(super) fn drop_all() -> Result<(), SandboxError> {
    let failed = |errno: rustix::io::Errno| SandboxError::Start(format!("privileges cannot be dropped: {errno}"));
    for number in 0..CAPABILITIES_MAX {
        let capability = CapabilitySet::from_bits_retain(1 << number);
        match capability_is_in_bounding_set(capability) {
            Ok(true) => remove_capability_from_bounding_set(capability).map_err(failed)?,
            Ok(false) => {}
            // The kernel has no more of them.
            Err(_) => break,
        }
    }
    clear_ambient_capability_set().map_err(failed)?;
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none }).map_err(failed)?;
    set_no_new_privs(true).map_err(failed)?;
    // The program is the same user; it must not look into init.
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(failed)
}
