//! Brings a browser in once: a code that the terminal shows is exchanged for a cookie.
//!
//! # Usage
//! 1. [`Pairing::issue`] gives a [`Code`]; the daemon prints it, or `GET /pair/new` on the Unix socket hands it out.
//! 2. `POST /pair` redeems it by [`Pairing::redeem`], which gives the session token that the cookie holds.
//! 3. [`Pairing::admits`] knows the token from then on, also after a restart.
//!
//! At most one code is valid at a time. It ends when it is redeemed, after [`CODE_LIFE_S`] seconds, after
//! [`TRIES_MAX`] wrong tries, or when the next one is issued. Only hashes of session tokens are kept.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use sarai_types::Notice;
use subtle::ConstantTimeEq;

use super::sessions::Sessions;

/// Letters and digits that nobody mistakes for one another.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Characters of a code; with 32 to choose from, 40 bits.
const CODE_LEN: usize = 8;

/// How long a code is valid, in seconds.
pub(crate) const CODE_LIFE_S: u64 = 600;

/// Wrong tries that end a code.
const TRIES_MAX: u32 = 5;

/// Why a browser was not paired, or the sessions could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum PairingError {
    #[error("the code is wrong")]
    WrongCode,
    #[error("no code is valid now")]
    NoCode,
    #[error("the sessions file cannot be read or written")]
    File(#[from] std::io::Error),
}

impl PairingError {
    /// The sentence for the person.
    #[must_use]
    pub fn notice(&self) -> Notice {
        match self {
            Self::WrongCode => Notice::new("api-pair-wrong-code"),
            Self::NoCode => Notice::new("api-pair-no-code"),
            Self::File(error) => Notice::new("api-pair-file").arg("error", error),
        }
    }
}

/// A one-time code such as `K7QMAB2X`.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    fn from_random(random: [u8; CODE_LEN]) -> Self {
        // 256 is a multiple of 32, so each character is equally likely.
        Self(random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
    }

    /// What a person typed: any case, with blanks or dashes in it.
    fn typed(text: &str) -> Option<Self> {
        let code: String = text
            .chars()
            .filter(|c| !matches!(c, ' ' | '-'))
            .take(CODE_LEN + 1)
            .map(|c| c.to_ascii_uppercase())
            .collect();
        (code.len() == CODE_LEN && code.bytes().all(|b| ALPHABET.contains(&b))).then_some(Self(code))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Code {
    /// A code must not get into a log by accident.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

#[derive(Debug)]
struct Pending {
    code: Code,
    issued: u64,
    tries: u32,
}

#[derive(Debug)]
struct State {
    pending: Option<Pending>,
    sessions: Sessions,
}

/// The code that is valid now, and the browsers that are paired.
#[derive(Debug)]
pub struct Pairing(Mutex<State>);

impl Pairing {
    /// Reads the sessions of earlier runs. No file means no sessions; a line that makes no sense is no session.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn open(sessions_file: impl Into<PathBuf>) -> Result<Self, PairingError> {
        let sessions = Sessions::open(sessions_file.into())?;
        Ok(Self(Mutex::new(State { pending: None, sessions })))
    }

    /// A fresh code; the one before it is no longer valid. `now` is in seconds since 1970.
    pub fn issue(&self, now: u64, random: [u8; CODE_LEN]) -> Code {
        let code = Code::from_random(random);
        self.state().pending = Some(Pending { code: code.clone(), issued: now, tries: 0 });
        code
    }

    /// Exchanges a code for a session token. The sessions file is written before it returns, so call it where blocking
    /// is allowed.
    ///
    /// # Errors
    /// The code is wrong, none is valid, or the file cannot be written; then the code stays valid.
    pub fn redeem(&self, typed: &str, now: u64, random: [u8; 32]) -> Result<String, PairingError> {
        let mut state = self.state();
        let State { pending, sessions } = &mut *state;
        let Some(current) = pending.as_mut().filter(|p| now.abs_diff(p.issued) < CODE_LIFE_S) else {
            *pending = None;
            return Err(PairingError::NoCode);
        };
        let right = Code::typed(typed).is_some_and(|code| current.code.0.as_bytes().ct_eq(code.0.as_bytes()).into());
        if !right {
            current.tries += 1;
            if current.tries == TRIES_MAX {
                *pending = None;
            }
            return Err(PairingError::WrongCode);
        }
        let token = sessions.add(random, now)?;
        *pending = None;
        Ok(token)
    }

    /// Whether a session token is one of ours and still valid.
    pub(super) fn admits(&self, token: &str, now: u64) -> bool {
        self.state().sessions.admits(token, now)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn pairing(folder: &tempfile::TempDir) -> Pairing {
        Pairing::open(folder.path().join("sessions")).unwrap()
    }

    #[test]
    fn a_code_works_once_however_it_is_typed() {
        let folder = tempfile::tempdir().unwrap();
        let pairing = pairing(&folder);
        for write in
            [|c: &str| c.to_owned(), |c: &str| c.to_lowercase(), |c: &str| format!(" {}-{} ", &c[..4], &c[4..])]
        {
            let code = pairing.issue(NOW, [0, 31, 32, 7, 200, 99, 13, 255]);
            let token = pairing.redeem(&write(code.as_str()), NOW, [7; 32]).unwrap();
            assert!(pairing.admits(&token, NOW));
            assert!(matches!(pairing.redeem(code.as_str(), NOW, [8; 32]), Err(PairingError::NoCode)));
        }
    }

    #[test]
    fn a_code_ends_with_its_time_its_tries_and_its_successor() {
        let folder = tempfile::tempdir().unwrap();
        let pairing = pairing(&folder);
        let code = pairing.issue(NOW, [1; 8]);
        assert!(matches!(pairing.redeem(code.as_str(), NOW + CODE_LIFE_S, [0; 32]), Err(PairingError::NoCode)));

        let code = pairing.issue(NOW, [1; 8]);
        for wrong in ["", "AAAAAAAA", "código", "BBBBBBBBB", "0O1I0O1I"] {
            assert!(matches!(pairing.redeem(wrong, NOW, [0; 32]), Err(PairingError::WrongCode)), "{wrong:?}");
        }
        assert!(matches!(pairing.redeem(code.as_str(), NOW, [0; 32]), Err(PairingError::NoCode)));

        let old = pairing.issue(NOW, [1; 8]);
        pairing.issue(NOW, [2; 8]);
        assert!(matches!(pairing.redeem(old.as_str(), NOW, [0; 32]), Err(PairingError::WrongCode)));
    }

    #[test]
    fn a_code_survives_a_disk_that_does_not_take_the_session() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone");
        let pairing = Pairing::open(gone.join("sessions")).unwrap();
        let code = pairing.issue(NOW, [3; 8]);
        assert!(matches!(pairing.redeem(code.as_str(), NOW, [0; 32]), Err(PairingError::File(_))));
        fs_err::create_dir(&gone).unwrap();
        assert!(pairing.redeem(code.as_str(), NOW, [0; 32]).is_ok());
    }
}
