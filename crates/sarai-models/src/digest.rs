//! SHA-256 sums: as values, and of files.

use std::fmt;
use std::io::{self, Read};
use std::path::Path;
use std::str::FromStr;

use sha2::Digest;

/// How much is read at a time, in bytes.
const BLOCK_BYTES: usize = 1 << 18;

/// A SHA-256 sum. As text: 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// The sum of a file. `on_bytes` hears how many bytes are done, after each block.
    ///
    /// # Errors
    /// What the file system says.
    pub fn of_file(path: &Path, on_bytes: &mut dyn FnMut(u64)) -> io::Result<Self> {
        let mut file = fs_err::File::open(path)?;
        let mut hasher = sha2::Sha256::new();
        let mut block = vec![0; BLOCK_BYTES];
        let mut done = 0;
        loop {
            let n = file.read(&mut block)?;
            if n == 0 {
                return Ok(Self(hasher.finalize().into()));
            }
            hasher.update(&block[..n]);
            done += n as u64;
            on_bytes(done);
        }
    }
}

/// The text is not a SHA-256 sum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a sha256 is 64 lower-case hexadecimal digits")]
pub struct NotASum;

impl FromStr for Sha256 {
    type Err = NotASum;

    fn from_str(text: &str) -> Result<Self, NotASum> {
        if text.len() != 64 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(NotASum);
        }
        let mut sum = [0; 32];
        for (i, byte) in sum.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).map_err(|_| NotASum)?;
        }
        Ok(Self(sum))
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_sum_reads_back_and_nothing_else_does() {
        assert_eq!(EMPTY.parse::<Sha256>().map(|s| s.to_string()), Ok(EMPTY.to_owned()));
        for text in ["", &EMPTY[1..], &EMPTY.to_uppercase(), &format!("{}é", &EMPTY[..62])] {
            assert_eq!(text.parse::<Sha256>(), Err(NotASum), "{text:?}");
        }
    }

    #[test]
    fn the_sum_of_a_file_is_the_standard_one() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(Sha256::of_file(file.path(), &mut |_| ()).unwrap().to_string(), EMPTY);
        fs_err::write(file.path(), b"abc").unwrap();
        let mut seen = 0;
        let sum = Sha256::of_file(file.path(), &mut |n| seen = n).unwrap().to_string();
        assert_eq!(sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(seen, 3);
    }
}
