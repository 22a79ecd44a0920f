//! The browsers that are paired: hashes of their tokens, in memory and in a file of mode 0600.

use std::io::{self, Write};
use std::path::PathBuf;

use fs_err::os::unix::fs::OpenOptionsExt;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Paired browsers at most; the oldest gives way.
pub const SESSIONS_MAX: usize = 32;

/// How long a session lasts, in seconds: 30 days.
pub(super) const SESSION_LIFE_S: u64 = 30 * 24 * 3600;

/// A longer file is not one of ours.
const FILE_BYTES_MAX: u64 = 16 << 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Session {
    hash: [u8; 32],
    /// In seconds since 1970.
    ends: u64,
}

#[derive(Debug)]
pub(super) struct Sessions {
    file: PathBuf,
    /// Oldest first.
    list: Vec<Session>,
}

impl Sessions {
    pub(super) fn open(file: PathBuf) -> io::Result<Self> {
        let list = match fs_err::metadata(&file) {
            Ok(found) if found.len() <= FILE_BYTES_MAX => {
                let text = String::from_utf8_lossy(&fs_err::read(&file)?).into_owned();
                text.lines().filter_map(parse).take(SESSIONS_MAX).collect()
            }
            Ok(_) => Vec::new(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        Ok(Self { file, list })
    }

    /// Makes a token out of `random`, and keeps its hash. The list changes only if the file did.
    pub(super) fn add(&mut self, random: [u8; 32], now: u64) -> io::Result<String> {
        let token = hex(&random);
        let mut list: Vec<Session> = self.list.iter().filter(|s| s.ends > now).copied().collect();
        list.drain(..list.len().saturating_sub(SESSIONS_MAX - 1));
        list.push(Session { hash: Sha256::digest(token.as_bytes()).into(), ends: now + SESSION_LIFE_S });
        self.write(&list)?;
        self.list = list;
        Ok(token)
    }

    /// Looks at every session, so that the time says nothing about which one it was.
    pub(super) fn admits(&self, token: &str, now: u64) -> bool {
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        self.list.iter().fold(false, |found, s| found | (bool::from(s.hash.ct_eq(&hash)) & (s.ends > now)))
    }

    fn write(&self, list: &[Session]) -> io::Result<()> {
        let next = self.file.with_extension("next");
        match fs_err::remove_file(&next) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut file = fs_err::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&next)?;
        for session in list {
            writeln!(file, "{} {}", hex(&session.hash), session.ends)?;
        }
        file.sync_all()?;
        fs_err::rename(&next, &self.file)
    }
}

fn parse(line: &str) -> Option<Session> {
    let (hash, ends) = line.split_once(' ')?;
    Some(Session { hash: unhex(hash)?, ends: ends.parse().ok()? })
}

fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const NOW: u64 = 1_800_000_000;

    #[test]
    fn sessions_outlive_the_process_but_not_their_time() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sessions");
        let token = Sessions::open(file.clone()).unwrap().add([9; 32], NOW).unwrap();

        let text = fs_err::read_to_string(&file).unwrap();
        assert!(!text.contains(&token), "the file holds a token that opens the door");
        assert_eq!(fs_err::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

        let sessions = Sessions::open(file).unwrap();
        assert!(sessions.admits(&token, NOW + SESSION_LIFE_S - 1));
        assert!(!sessions.admits(&token, NOW + SESSION_LIFE_S));
        assert!(!sessions.admits(&hex(&[8; 32]), NOW));
    }

    #[test]
    fn the_oldest_gives_way() {
        let folder = tempfile::tempdir().unwrap();
        let mut sessions = Sessions::open(folder.path().join("sessions")).unwrap();
        let tokens: Vec<String> = (0..=32u8).map(|i| sessions.add([i; 32], NOW).unwrap()).collect();
        assert!(!sessions.admits(&tokens[0], NOW));
        assert!(tokens[1..].iter().all(|t| sessions.admits(t, NOW)));
    }

    #[test]
    fn a_spoilt_file_is_no_session() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sessions");
        let good = format!("{} {}\n", hex(&Sha256::digest(b"t").into()), NOW + 1);
        for (content, admitted) in [
            (good.clone(), true),
            (format!("\0\u{fffd}\n{good}"), true),
            (good.replace(' ', "\t"), false),
            (good[..40].to_owned(), false),
            ("ñ".repeat(32) + " 99999999999", false),
            (good.repeat(400), false),
        ] {
            fs_err::write(&file, content).unwrap();
            assert_eq!(Sessions::open(file.clone()).unwrap().admits("t", NOW), admitted);
        }
    }
}
