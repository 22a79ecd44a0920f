//! Measurements kept on disk, so that the next start knows what this one found out.
//!
//! One JSON file holds those of a few models. They count only for the same file, the same llama.cpp, the same number of
//! threads and the same CPU. A file that is damaged, too long or somebody else's is as good as none: it costs a line in
//! the log and is written anew. Two workers that write at the same moment may lose one result, which is then measured
//! again.
//!
//! # Usage
//! [`Key::new`] for the model, [`load`] before it is loaded, [`save`] when something was measured.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use fs_err::os::unix::fs::OpenOptionsExt;
use sarai_engine::weights::{Measured, Speeds};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::llama;

/// A file longer than this is not one of ours.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Models whose measurements are kept; the oldest goes first.
const ENTRIES_MAX: usize = 32;
/// Points of one layout.
const POINTS_MAX: usize = 64;
/// What is read of a model at its beginning and its end to know it again.
const SAMPLE_BYTES: u64 = 1 << 20;
const FORMAT: u32 = 1;

/// What a measurement depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    model_bytes: u64,
    /// SHA-256 of the first and the last MiB.
    model_sample: String,
    build: String,
    threads: u32,
    cpu: String,
}

impl Key {
    /// # Errors
    /// When the model's file cannot be read.
    pub(crate) fn new(model: &Path, threads: u32) -> io::Result<Self> {
        let cpu = fs_err::read_to_string("/proc/cpuinfo").ok().and_then(|text| cpu_name(&text));
        let (model_bytes, model_sample) = sample(fs_err::File::open(model)?.into_file())?;
        Ok(Self { model_bytes, model_sample, build: llama::build(), threads, cpu: cpu.unwrap_or_default() })
    }
}

impl Key {
    /// The model's file by its content, as far as it was looked at.
    pub(crate) fn model(&self) -> String {
        format!("{} {}", self.model_bytes, self.model_sample)
    }
}

fn sample(mut file: File) -> io::Result<(u64, String)> {
    let len = file.metadata()?.len();
    let mut digest = Sha256::new();
    let mut bytes = Vec::new();
    for from in [0, len.saturating_sub(SAMPLE_BYTES)] {
        file.seek(SeekFrom::Start(from))?;
        bytes.clear();
        Read::by_ref(&mut file).take(SAMPLE_BYTES).read_to_end(&mut bytes)?;
        digest.update(&bytes);
    }
    Ok((len, digest.finalize().iter().map(|b| format!("{b:02x}")).collect()))
}

/// x86 has a name for it, ARM the numbers of maker and part.
fn cpu_name(cpuinfo: &str) -> Option<String> {
    let value = |key: &str| {
        let mut lines = cpuinfo.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(name, _)| name.trim() == key).map(|(_, value)| value.trim().to_owned())
    };
    value("model name").or_else(|| Some(format!("{} {}", value("CPU implementer")?, value("CPU part")?)))
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    format: u32,
    /// The oldest first.
    entries: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    key: Key,
    stored: Option<Layout>,
    repacked: Option<Layout>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Layout {
    /// Tokens in a batch, and milliseconds.
    batches: Vec<(u32, f64)>,
    prompt_tokens_per_second: f64,
}

impl From<&Speeds> for Layout {
    fn from(speeds: &Speeds) -> Self {
        Self { batches: speeds.points().to_vec(), prompt_tokens_per_second: speeds.prompt_tokens_per_second() }
    }
}

impl Layout {
    fn speeds(self) -> Option<Speeds> {
        if self.batches.len() > POINTS_MAX {
            return None;
        }
        Speeds::new(self.batches, self.prompt_tokens_per_second)
    }
}

/// What an earlier run measured; nothing if there is no such file, or it cannot be used.
pub(crate) fn load(file: &Path, key: &Key) -> Measured {
    let Some(entry) = read(file).entries.into_iter().rfind(|entry| entry.key == *key) else {
        return Measured::default();
    };
    Measured { stored: entry.stored.and_then(Layout::speeds), repacked: entry.repacked.and_then(Layout::speeds) }
}

/// Puts the measurements of one model into the file, beside those of others.
///
/// # Errors
/// When the file cannot be written; then it is as it was.
pub(crate) fn save(file: &Path, key: &Key, measured: &Measured) -> io::Result<()> {
    let mut kept = read(file);
    kept.entries.retain(|entry| entry.key != *key);
    kept.entries.push(Entry {
        key: key.clone(),
        stored: measured.stored.as_ref().map(Layout::from),
        repacked: measured.repacked.as_ref().map(Layout::from),
    });
    let surplus = kept.entries.len().saturating_sub(ENTRIES_MAX);
    kept.entries.drain(..surplus);
    write_atomic(file, &serde_json::to_vec(&kept)?)
}

fn read(file: &Path) -> Kept {
    let nothing = || Kept { format: FORMAT, entries: Vec::new() };
    let kept = match read_bounded(file) {
        Ok(bytes) => serde_json::from_slice::<Kept>(&bytes).map_err(io::Error::from),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return nothing(),
        Err(error) => Err(error),
    };
    match kept {
        Ok(kept) if kept.format == FORMAT && kept.entries.len() <= ENTRIES_MAX => kept,
        Ok(_) => {
            tracing::warn!(file = %file.display(), "measurements in a format of another version are not used");
            nothing()
        }
        Err(error) => {
            tracing::warn!(file = %file.display(), %error, "measurements cannot be used; they will be made again");
            nothing()
        }
    }
}

fn read_bounded(file: &Path) -> io::Result<Vec<u8>> {
    // Not to wait for a pipe that somebody put there.
    if !fs_err::metadata(file)?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut bytes = Vec::new();
    fs_err::File::open(file)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MAX { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

/// Whole or not at all, for the owner's eyes.
fn write_atomic(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = file.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    // In the same folder, because a rename cannot cross file systems.
    let new = file.with_file_name(format!(".{name}.{}", std::process::id()));
    let write = || {
        let mut options = fs_err::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut out = options.open(&new)?;
        out.write_all(bytes)?;
        out.sync_all()?;
        fs_err::rename(&new, file)
    };
    let result = write();
    if result.is_err() {
        // Nothing to clean up is as good.
        let _ = fs_err::remove_file(&new);
    }
    result
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn key(threads: u32) -> Key {
        Key { model_bytes: 9, model_sample: "ab".into(), build: "b".into(), threads, cpu: "c".into() }
    }

    fn measured(ms: f64) -> Measured {
        let stored = Speeds::new(vec![(1, ms), (8, ms * 3.5)], 101.5);
        assert!(stored.is_some());
        Measured { stored, repacked: None }
    }

    #[test]
    fn what_was_measured_is_found_again_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("measured.json");
        assert_eq!(load(&file, &key(2)), Measured::default());
        save(&file, &key(2), &measured(40.125)).unwrap();
        save(&file, &key(4), &measured(20.0)).unwrap();
        save(&file, &key(2), &measured(41.0)).unwrap();
        assert_eq!(load(&file, &key(2)), measured(41.0));
        assert_eq!(load(&file, &key(4)), measured(20.0));
        for other in [
            Key { threads: 1, ..key(2) },
            Key { build: "other".into(), ..key(2) },
            Key { cpu: "other".into(), ..key(2) },
            Key { model_bytes: 8, ..key(2) },
            Key { model_sample: "cd".into(), ..key(2) },
        ] {
            assert_eq!(load(&file, &other), Measured::default(), "{other:?}");
        }
        assert_eq!(fs_err::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_damaged_file_is_as_good_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("measured.json");
        save(&file, &key(2), &measured(40.0)).unwrap();
        let good = fs_err::read_to_string(&file).unwrap();
        let damaged = [
            String::new(),
            good[..good.len() / 2].to_owned(),
            good.replace("\"format\":1", "\"format\":2"),
            good.replace("40.0", "-40.0"),
            good.replace("40.0", "1e999"),
            good.replace("[1,", "[2,"),
            good.replace("\"cpu\"", "\"cup\""),
            good.replace('}', &" ".repeat(1 << 20)),
            "[".repeat(100_000),
        ];
        for text in damaged {
            assert_ne!(text, good);
            fs_err::write(&file, &text).unwrap();
            assert_eq!(load(&file, &key(2)), Measured::default(), "{:.80}", text);
            save(&file, &key(2), &measured(7.0)).unwrap();
            assert_eq!(load(&file, &key(2)), measured(7.0));
        }
        assert_eq!(load(folder.path(), &key(2)), Measured::default(), "a folder");
        assert!(save(&folder.path().join("none/measured.json"), &key(2), &measured(7.0)).is_err());
    }

    #[test]
    fn it_does_not_grow_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("measured.json");
        for threads in 1..=40 {
            save(&file, &key(threads), &measured(1.0)).unwrap();
        }
        assert_eq!(load(&file, &key(8)), Measured::default());
        assert_eq!(load(&file, &key(9)), measured(1.0));
        assert_eq!(load(&file, &key(40)), measured(1.0));
    }

    #[test]
    fn a_model_is_known_by_its_length_its_beginning_and_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("model.gguf");
        let mut bytes = vec![7; 3 << 20];
        let of = |bytes: &[u8]| {
            fs_err::write(&file, bytes).unwrap();
            sample(fs_err::File::open(&file).unwrap().into_file()).unwrap()
        };
        let first = of(&bytes);
        assert_eq!(of(&bytes), first);
        for changed in [0, (3 << 20) - 1] {
            bytes[changed] = 8;
            assert_ne!(of(&bytes), first);
            bytes[changed] = 7;
        }
        bytes.push(7);
        assert_ne!(of(&bytes), first);
        assert_eq!(of(b"short").0, 5);
    }

    #[test]
    fn the_cpu_has_a_name() {
        let x86 = "processor\t: 0\nmodel name\t: Some CPU @ 2.0GHz\n\nmodel name\t: Another\n";
        assert_eq!(cpu_name(x86).as_deref(), Some("Some CPU @ 2.0GHz"));
        let arm = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n";
        assert_eq!(cpu_name(arm).as_deref(), Some("0x41 0xd0c"));
        assert_eq!(cpu_name("nothing"), None);
    }
}
