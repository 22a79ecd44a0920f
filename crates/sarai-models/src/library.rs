//! The models on this computer: what is here, what could be, where each lies, and how one comes and goes.
//!
//! A model of the catalogue is found by its id. Any other `.gguf` file in the folder is found by its name without the
//! ending, so that a person may simply put one there.

use std::io;
use std::path::{Path, PathBuf};

use sarai_types::{ModelId, Notice};

use crate::catalog::{Catalog, Entry, FileName};
use crate::digest::Sha256;
use crate::error::PullError;
use crate::gguf::{GgufError, Header};
use crate::http::length;
use crate::network::Network;
use crate::pull::{Progress, Pulled, RECORDS, Shelf, Standing};
use crate::staging::{self, Staging};

/// Files of the models folder that are looked at.
const FILES_MAX: usize = 4096;

/// Why a model cannot be used or removed.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    #[error("there is no model {0}")]
    Unknown(ModelId),
    #[error("{0} is in the catalogue, but not on this computer")]
    NotHere(ModelId),
    #[error("{} has the sha256 {actual}, which is not that of {model}", file.display())]
    WrongChecksum { model: ModelId, file: PathBuf, actual: Sha256 },
    #[error("{} is not a model that can be used", file.display())]
    NotAModel {
        file: PathBuf,
        #[source]
        source: GgufError,
    },
    #[error("somebody is pulling {0} at this moment")]
    InUse(ModelId),
    #[error("the disk refuses")]
    Disk(#[from] io::Error),
}

impl LibraryError {
    /// The sentence for the person.
    #[must_use]
    pub fn notice(&self) -> Notice {
        match self {
            Self::Unknown(id) => Notice::new("models-unknown").arg("model", id),
            Self::NotHere(id) => Notice::new("models-not-here").arg("model", id),
            Self::WrongChecksum { model, file, .. } => {
                Notice::new("models-file-wrong").arg("model", model).arg("file", file.display())
            }
            Self::NotAModel { file, source } => source.notice().arg("file", file.display()),
            Self::InUse(id) => Notice::new("models-in-use").arg("model", id),
            Self::Disk(error) => Notice::new("models-disk").arg("reason", error),
        }
    }
}

/// How much of a model is here, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Absent,
    /// A pull is under way or was interrupted; the next one goes on from here.
    Partial {
        bytes: u64,
    },
    Ready {
        bytes: u64,
    },
}

/// A model that is here or could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<'a> {
    pub id: ModelId,
    /// Where its file is or would be.
    pub path: PathBuf,
    /// None for a file that the catalogue does not know.
    pub entry: Option<&'a Entry>,
    pub state: State,
}

/// All there is to know about one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info<'a> {
    pub listed: Listed<'a>,
    /// What the file states about itself, if it is here.
    pub header: Option<Header>,
}

/// What a removal freed, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    pub bytes: u64,
}

/// The models folder together with the catalogue.
#[derive(Debug, Clone)]
pub struct Library {
    shelf: Shelf,
    catalog: Catalog,
}

impl Library {
    /// The folder need not exist yet.
    #[must_use]
    pub fn new(folder: PathBuf, catalog: Catalog) -> Self {
        Self { shelf: Shelf::new(folder), catalog }
    }

    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        self.shelf.folder()
    }

    /// The catalogue in its order, then the other model files by name.
    ///
    /// # Errors
    /// What the file system says; a folder that does not exist is empty.
    pub fn list(&self) -> io::Result<Vec<Listed<'_>>> {
        let mut all: Vec<_> = self.catalog.entries().iter().map(|entry| self.listed_entry(entry)).collect();
        all.extend(self.foreign()?);
        Ok(all)
    }

    /// # Errors
    /// [`LibraryError::Unknown`], or [`LibraryError::NotAModel`] if its file is here and cannot be used.
    pub fn info(&self, id: &ModelId) -> Result<Info<'_>, LibraryError> {
        let listed = self.listed(id)?;
        let header = match listed.state {
            State::Ready { .. } => Some(read_header(&listed.path)?),
            State::Absent | State::Partial { .. } => None,
        };
        Ok(Info { listed, header })
    }

    /// Where a model's file lies. Does not look inside; see [`Library::verified`].
    ///
    /// # Errors
    /// [`LibraryError::Unknown`] or [`LibraryError::NotHere`].
    pub fn find(&self, id: &ModelId) -> Result<PathBuf, LibraryError> {
        let listed = self.listed(id)?;
        match listed.state {
            State::Ready { .. } => Ok(listed.path),
            State::Absent | State::Partial { .. } => Err(LibraryError::NotHere(id.clone())),
        }
    }

    /// Where a model's file lies, after its sum was compared with the catalogue's and its head was read. The sum costs
    /// a pass over the file the first time and after each change of it, otherwise nothing.
    ///
    /// # Errors
    /// As [`Library::find`], and [`LibraryError::WrongChecksum`] or [`LibraryError::NotAModel`].
    pub fn verified(
        &self,
        id: &ModelId,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(PathBuf, Header), LibraryError> {
        let file = self.find(id)?;
        // Cut-off files are said to be that; the sum would only say that they are wrong.
        let header = read_header(&file)?;
        if let Some(entry) = self.catalog.get(id)
            && let Standing::Wrong(actual) = self.shelf.standing(entry, progress)?
        {
            return Err(LibraryError::WrongChecksum { model: id.clone(), file, actual });
        }
        Ok((file, header))
    }

    /// Brings a model of the catalogue here. Done at once if it is here and right.
    ///
    /// # Errors
    /// [`PullError`]; what had arrived is kept for the next pull.
    pub fn pull(
        &self,
        id: &ModelId,
        network: &Network,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Pulled, PullError> {
        let entry = self.catalog.get(id).ok_or_else(|| PullError::Unknown(id.clone()))?;
        self.shelf.pull(entry, network, progress)
    }

    /// Brings a person's own file here: as the model of the catalogue that it is by its sum, otherwise under its own
    /// name. The original is neither moved nor changed.
    ///
    /// # Errors
    /// [`PullError::NotAModel`], [`PullError::BadName`] or [`PullError::NameTaken`], and what the disk says.
    pub fn pull_file(&self, file: &Path, progress: &mut dyn FnMut(Progress<'_>)) -> Result<Pulled, PullError> {
        Header::of_file(file).map_err(|source| PullError::NotAModel { file: file.to_owned(), source })?;
        let total = length(file);
        let sha256 = Sha256::of_file(file, &mut |done| progress(Progress::Checking { done, total }))?;
        let known = self.catalog.entries().iter().find(|entry| entry.provenance.sha256() == Some(sha256));
        let name = match known {
            Some(entry) => entry.file.clone(),
            None => self.free_name(file)?,
        };
        match self.shelf.sum(&name, progress) {
            Ok(there) if there.sha256 == sha256 => Ok(there),
            Ok(_) if known.is_none() => Err(PullError::NameTaken(name.to_string())),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            Ok(_) | Err(_) => self.shelf.adopt(file, &name, sha256),
        }
    }

    /// Removes a model's file and what interrupted pulls left of it. The model stays in the catalogue.
    ///
    /// # Errors
    /// [`LibraryError::Unknown`], [`LibraryError::NotHere`], or [`LibraryError::InUse`] while it is being pulled.
    pub fn remove(&self, id: &ModelId) -> Result<Removed, LibraryError> {
        let listed = self.listed(id)?;
        let Some(entry) = listed.entry else {
            return remove_file(&listed.path);
        };
        if listed.state == State::Absent {
            return Err(LibraryError::NotHere(id.clone()));
        }
        let staging = Staging::lock(self.folder(), &entry.file).map_err(|error| match error {
            PullError::Disk(error) => LibraryError::Disk(error),
            _ => LibraryError::InUse(id.clone()),
        })?;
        let partial = staging::arrived(self.folder(), &entry.file).unwrap_or(0);
        let whole = match remove_file(&listed.path) {
            Ok(removed) => removed.bytes,
            Err(LibraryError::Disk(error)) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        self.shelf.forget(&entry.file);
        staging.discard()?;
        Ok(Removed { bytes: whole + partial })
    }

    /// What pulls have made in the folder: models that they brought, with their records, what is half here, and what was
    /// put aside. Not a file that somebody put there, nor anything behind a link.
    ///
    /// # Errors
    /// What the file system says; a folder that does not exist is empty.
    pub fn made(&self) -> io::Result<Vec<PathBuf>> {
        if self.folder().is_symlink() {
            return Ok(Vec::new());
        }
        let entries = match fs_err::read_dir(self.folder()) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut made = Vec::new();
        for entry in entries.take(FILES_MAX) {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if self.is_made(&name) && !entry.file_type()?.is_symlink() {
                made.push(entry.path());
            }
        }
        made.sort();
        Ok(made)
    }

    fn is_made(&self, name: &str) -> bool {
        if let Ok(file) = name.parse::<FileName>() {
            return self.shelf.record(&file).exists();
        }
        let of_model = |ending: &str| name.strip_suffix(ending).is_some_and(|rest| rest.contains(".gguf"));
        name == RECORDS || of_model(".part") || of_model(".wrong")
    }

    fn listed(&self, id: &ModelId) -> Result<Listed<'_>, LibraryError> {
        if let Some(entry) = self.catalog.get(id) {
            return Ok(self.listed_entry(entry));
        }
        self.foreign()?.into_iter().find(|l| l.id == *id).ok_or_else(|| LibraryError::Unknown(id.clone()))
    }

    fn listed_entry<'a>(&self, entry: &'a Entry) -> Listed<'a> {
        let path = self.shelf.place(&entry.file);
        let state = match fs_err::metadata(&path) {
            Ok(metadata) if metadata.is_file() => State::Ready { bytes: metadata.len() },
            Ok(_) | Err(_) => match staging::arrived(self.folder(), &entry.file) {
                Some(bytes) => State::Partial { bytes },
                None => State::Absent,
            },
        };
        Listed { id: entry.id.clone(), path, entry: Some(entry), state }
    }

    fn foreign(&self) -> io::Result<Vec<Listed<'_>>> {
        let entries = match fs_err::read_dir(self.folder()) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut found: Vec<_> = entries
            .take(FILES_MAX)
            .filter_map(Result::ok)
            .filter_map(|file| {
                let name = file.file_name().into_string().ok()?;
                let known = self.catalog.entries().iter().any(|entry| entry.file.as_str() == name);
                let metadata = fs_err::metadata(file.path()).ok().filter(|m| m.is_file() && !known)?;
                let id = self.foreign_id(&name)?;
                Some(Listed { id, path: file.path(), entry: None, state: State::Ready { bytes: metadata.len() } })
            })
            .collect();
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// The name without its ending; with it, if the catalogue has a model of that name.
    fn foreign_id(&self, file_name: &str) -> Option<ModelId> {
        let id = plain(file_name.strip_suffix(".gguf")?)?;
        if self.catalog.get(&id).is_some() { plain(file_name) } else { Some(id) }
    }

    fn free_name(&self, file: &Path) -> Result<FileName, PullError> {
        let bad = || PullError::BadName(file.to_owned());
        let stem = file.file_stem().and_then(|stem| stem.to_str()).and_then(plain).ok_or_else(bad)?;
        let name: FileName = format!("{stem}.gguf").parse().map_err(|_| bad())?;
        match self.catalog.entries().iter().any(|entry| entry.file == name) {
            true => Err(PullError::NameTaken(name.to_string())),
            false => Ok(name),
        }
    }
}

/// A model id as near as possible to what a file is called.
fn plain(name: &str) -> Option<ModelId> {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    let text: String = name.chars().map(safe).skip_while(|c| *c == '.').take(ModelId::LEN_MAX).collect();
    text.parse().ok()
}

fn read_header(path: &Path) -> Result<Header, LibraryError> {
    Header::of_file(path).map_err(|source| LibraryError::NotAModel { file: path.to_owned(), source })
}

fn remove_file(path: &Path) -> Result<Removed, LibraryError> {
    let bytes = fs_err::metadata(path)?.len();
    fs_err::remove_file(path)?;
    Ok(Removed { bytes })
}
