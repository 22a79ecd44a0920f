//! The token that programs of this computer show at the door.

use std::fs::Permissions;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::rand::{GetRandomFlags, getrandom};
use sarai_config::{FolderError, Folders, write_atomic};
use secrecy::SecretString;

/// Hexadecimal digits of a token: 256 bits.
const TOKEN_LEN: usize = 64;

/// Where the token lies, with mode 0600.
#[must_use]
pub fn path(folders: &Folders) -> PathBuf {
    folders.run().join("api-token")
}

/// The token of this installation, made at the first start. One that is too short to be ours is replaced.
///
/// # Errors
/// The file cannot be read or written, or the kernel gives no randomness.
pub fn read_or_make(path: &Path) -> Result<SecretString, FolderError> {
    let failed = |source| FolderError::Write { path: path.to_owned(), source };
    match fs_err::read_to_string(path) {
        Ok(text) if text.trim().len() >= TOKEN_LEN => {
            fs_err::set_permissions(path, Permissions::from_mode(0o600)).map_err(failed)?;
            return Ok(text.trim().to_owned().into());
        }
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let mut bytes = [0; TOKEN_LEN / 2];
    random(&mut bytes).map_err(failed)?;
    let token: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    write_atomic(path, token.as_bytes())?;
    Ok(token.into())
}

/// Fills the slice with bytes that nobody can guess.
///
/// # Errors
/// The kernel gives none.
pub fn random(bytes: &mut [u8]) -> std::io::Result<()> {
    let mut filled = 0;
    while filled < bytes.len() {
        filled += getrandom(&mut bytes[filled..], GetRandomFlags::empty())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_token_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("api-token");
        let first = read_or_make(&path).unwrap();
        assert_eq!(first.expose_secret().len(), TOKEN_LEN);
        assert_eq!(fs_err::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(first.expose_secret(), read_or_make(&path).unwrap().expose_secret());
        fs_err::write(&path, "short").unwrap();
        assert_ne!(read_or_make(&path).unwrap().expose_secret(), first.expose_secret());
        assert!(!format!("{first:?}").contains(first.expose_secret()));
    }
}
