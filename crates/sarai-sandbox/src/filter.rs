//! The list of allowed calls as a program for the kernel.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

use crate::calls::{GROUPS, GROUPS_OF_PLATFORM, Group, Test, UNKNOWN};
use crate::error::SandboxError;

const DENIED: SeccompAction = SeccompAction::Errno(libc::EPERM as u32);
const NOT_KNOWN: SeccompAction = SeccompAction::Errno(libc::ENOSYS as u32);

/// Puts this process and all that it starts under the list, for good.
pub(crate) fn apply() -> Result<(), SandboxError> {
    for program in programs()? {
        seccompiler::apply_filter(&program).map_err(|error| failed(&error))?;
    }
    Ok(())
}

/// In the order in which they are put on. The kernel asks both and takes the stricter answer: the first says of some calls
/// that they are unknown, so the second, which is the list, lets those through. The second comes last because the list
/// has no call that puts on filters.
pub(crate) fn programs() -> Result<[BpfProgram; 2], SandboxError> {
    let unknown: BTreeMap<i64, Vec<SeccompRule>> = UNKNOWN.iter().map(|&call| (call, Vec::new())).collect();
    let mut allowed = unknown.clone();
    for Group { calls, only, .. } in GROUPS.iter().chain(GROUPS_OF_PLATFORM) {
        for &call in *calls {
            allowed.insert(call, only.map(rules).transpose()?.unwrap_or_default());
        }
    }
    Ok([compile(unknown, SeccompAction::Allow, NOT_KNOWN)?, compile(allowed, DENIED, SeccompAction::Allow)?])
}

fn compile(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    matched: SeccompAction,
) -> Result<BpfProgram, SandboxError> {
    let platform = std::env::consts::ARCH.try_into().map_err(|error| failed(&error))?;
    let filter = SeccompFilter::new(rules, otherwise, matched, platform).map_err(|error| failed(&error))?;
    filter.try_into().map_err(|error: seccompiler::BackendError| failed(&error))
}

/// One rule for each value that is fine.
fn rules((argument, test): (u8, Test)) -> Result<Vec<SeccompRule>, SandboxError> {
    let rule = |how: SeccompCmpOp, value: u64| {
        SeccompCondition::new(argument, SeccompCmpArgLen::Dword, how, value)
            .and_then(|condition| SeccompRule::new(vec![condition]))
            .map_err(|error| failed(&error))
    };
    match test {
        Test::OneOf(values) => values.iter().map(|&value| rule(SeccompCmpOp::Eq, value)).collect(),
        Test::Without(bits) => Ok(vec![rule(SeccompCmpOp::MaskedEq(bits), 0)?]),
    }
}

fn failed(error: &dyn std::fmt::Display) -> SandboxError {
    SandboxError::Start(format!("the list of system calls cannot be applied: {error}"))
}

#[cfg(test)]
mod tests;
