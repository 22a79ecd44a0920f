//! Whether the disk can hold what is about to be fetched.

use std::io;
use std::path::Path;

use crate::error::PullError;

/// What stays free beyond the model itself, so that a pull never leaves a computer without room to breathe.
const MARGIN_BYTES: u64 = 256 << 20;

/// The decision, in bytes: `missing` is still to come, `free` is what the disk has.
fn decide(missing: u64, free: u64) -> Result<(), Shortfall> {
    let needed = missing.saturating_add(MARGIN_BYTES);
    if needed <= free { Ok(()) } else { Err(Shortfall { needed, free }) }
}

#[derive(Debug, PartialEq, Eq)]
struct Shortfall {
    needed: u64,
    free: u64,
}

/// Free bytes that an ordinary user may take on the file system of `folder`.
fn free(folder: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(folder)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// # Errors
/// [`PullError::NoSpace`] if `missing` more bytes and a margin do not fit where `folder` lies.
pub(crate) fn require(folder: &Path, missing: u64) -> Result<(), PullError> {
    decide(missing, free(folder)?).map_err(|short| PullError::NoSpace {
        folder: folder.to_owned(),
        needed: short.needed,
        free: short.free,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_margin_stays_free() {
        const GB: u64 = 1_000_000_000;
        for (missing, free, fits) in [
            (GB, 2 * GB, true),
            (GB, GB + MARGIN_BYTES, true),
            (GB, GB + MARGIN_BYTES - 1, false),
            (0, MARGIN_BYTES, true),
            (0, 0, false),
            (u64::MAX, u64::MAX - 1, false),
        ] {
            assert_eq!(decide(missing, free).is_ok(), fits, "{missing} missing, {free} free");
        }
        assert_eq!(decide(GB, 0), Err(Shortfall { needed: GB + MARGIN_BYTES, free: 0 }));
    }
}
