//! Whether a container's user may use what is mounted for it.
//!
//! In a jail of bubblewrap the program is the person in disguise; in a container it is uid 65534, outside too. What is
//! closed to that one would be an error somewhere in the middle of the program, far from its cause.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use fs_err as fs;

use crate::error::SandboxError;
use crate::local::NOBODY;
use crate::policy::{Access, Mount};

const READ: u32 = 4;
const WRITE: u32 = 2;
const ENTER: u32 = 1;

pub(super) fn check(mounts: &[Mount]) -> Result<(), SandboxError> {
    mounts.iter().try_for_each(|mount| look(&mount.source, mount.access))
}

fn look(path: &Path, access: Access) -> Result<(), SandboxError> {
    let found = fs::symlink_metadata(path).map_err(|error| SandboxError::Mount(error.to_string()))?;
    let enter = if found.is_dir() { ENTER } else { 0 };
    let (needed, what) = match access {
        Access::ReadOnly => (READ | enter, "read"),
        Access::ReadWrite => (READ | WRITE | enter, "written"),
    };
    if granted(found.mode(), found.uid(), found.gid()) & needed == needed || has_list(path) {
        return Ok(());
    }
    let (path, mode) = (path.display(), found.mode() & 0o777);
    Err(SandboxError::Mount(format!(
        "{path} has mode {mode:o} and cannot be {what} by uid {NOBODY}, which is who a container's program is: open it \
         (chmod o+{}), perhaps within a folder that nobody else may enter",
        letters(needed)
    )))
}

/// What that user may do, as three bits.
fn granted(mode: u32, uid: u32, gid: u32) -> u32 {
    let shift = match (uid, gid) {
        (NOBODY, _) => 6,
        (_, NOBODY) => 3,
        _ => 0,
    };
    mode >> shift & 7
}

/// An access control list may say more than the mode.
fn has_list(path: &Path) -> bool {
    rustix::fs::lgetxattr(path, "system.posix_acl_access", &mut [0_u8; 0]).is_ok()
}

fn letters(bits: u32) -> String {
    [(READ, 'r'), (WRITE, 'w'), (ENTER, 'x')]
        .into_iter()
        .filter(|(bit, _)| bits & bit != 0)
        .map(|(_, letter)| letter)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_closed_to_nobody_is_named() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        for (mode, access, fits) in [
            (0o755, Access::ReadOnly, true),
            (0o755, Access::ReadWrite, false),
            (0o777, Access::ReadWrite, true),
            (0o774, Access::ReadOnly, false),
            (0o700, Access::ReadOnly, false),
            (0o1777, Access::ReadWrite, true),
        ] {
            fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            let looked = look(folder.path(), access);
            assert_eq!(looked.is_ok(), fits, "{mode:o} {access:?}: {looked:?}");
        }
        assert_eq!(letters(READ | WRITE | ENTER), "rwx");
        assert_eq!([granted(0o640, NOBODY, 0), granted(0o640, 0, NOBODY), granted(0o640, 0, 0)], [6, 4, 0]);
    }
}
