//! What lies on disk: the skills, and what the owner has agreed to.
//!
//! Reading blocks, so it is done in a thread of its own; what comes of it is a [`Table`], which never changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sarai_config::{FolderError, Folders, write_atomic};
use sarai_sandbox::Access;
use sarai_skills::{
    AnswerForm, Broken, Consent, DataPath, Database, Declared, GrantProblem, Granted, Ground, OwnerData, Question,
    Reason, Remark, Request, Router, Shelf, Skill, TrustFile, TrustFileError, Trusts, consent, discover,
};
use sarai_types::{Language, Notice, SkillName};

/// The skill that the owner's databases are given to.
const DATABASE_SKILL: &str = "sql";

/// Which folders are looked into, and what the owner gives to skills by name.
#[derive(Debug, Clone)]
pub struct SkillPlaces {
    pub folders: Folders,
    /// What `~` is.
    pub home: PathBuf,
    /// The skills that came with the program.
    pub built_in: Option<PathBuf>,
    /// The folder that a person works in, where there is one: its own skills count too.
    pub project: Option<PathBuf>,
    /// `skills.databases`, as it stands in the config.
    pub databases: Vec<String>,
}

impl SkillPlaces {
    /// The folders, the first one first.
    #[must_use]
    pub fn shelves(&self) -> Vec<Shelf> {
        let user = self.folders.skills();
        Shelf::all(self.built_in.as_deref(), self.project.as_deref(), Some(&user), Some(&self.home))
    }

    /// The router over the skills that may run. Of a database that was not surveyed it knows the name of the file.
    #[must_use]
    pub fn router<'a>(&self, granted: impl IntoIterator<Item = &'a Skill<Granted>>, surveyed: &[Database]) -> Router {
        let stem = |path: &String| Some(Path::new(path).file_stem()?.to_string_lossy().into_owned());
        let is_new = |name: &String| surveyed.iter().all(|database| database.name != *name);
        let names = self.databases.iter().filter_map(stem).filter(is_new);
        let named = names.map(|name| Database { name, tables: Vec::new() });
        Router::new(granted).with_databases(surveyed.iter().cloned().chain(named).collect())
    }

    /// The skill that can say what is in the databases, if it may run.
    #[must_use]
    pub fn surveyor(skills: &BTreeMap<SkillName, Listed>) -> Option<&Skill<Granted>> {
        skills.values().find_map(|listed| match &listed.standing {
            Standing::Granted(skill) if skill.name().as_str() == DATABASE_SKILL => Some(skill),
            Standing::Granted(_) | Standing::Asks(_) | Standing::Refused(_) => None,
        })
    }

    /// What to look at again when it changes.
    pub(super) fn watched(&self) -> Vec<PathBuf> {
        self.shelves().into_iter().map(|shelf| shelf.folder).chain([self.folders.trust_file()]).collect()
    }

    /// What the owner has agreed to.
    ///
    /// # Errors
    /// The file is damaged; nobody may guess what it said.
    pub fn trusts(&self) -> Result<Trusts, TrustError> {
        let text = match fs_err::read_to_string(self.folders.trust_file()) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Trusts::default()),
            Err(error) => return Err(error.into()),
        };
        Ok(serde_json::from_str::<TrustFile>(&text)?.try_into()?)
    }

    /// Keeps what the owner has agreed to.
    ///
    /// # Errors
    /// The file cannot be written; the old one is as it was.
    pub fn keep(&self, trusts: &Trusts) -> Result<(), FolderError> {
        let text = serde_json::to_string_pretty(&TrustFile::from(trusts)).unwrap_or_default();
        write_atomic(&self.folders.trust_file(), text.as_bytes())
    }

    /// Reads everything. With a damaged list of agreements, nothing counts as agreed to.
    #[must_use]
    pub fn read(&self) -> Reading {
        let trusts = self.trusts().unwrap_or_else(|error| {
            tracing::error!(%error, "the list of trusted skills cannot be read; none counts as trusted");
            Trusts::default()
        });
        let found = discover(&self.shelves());
        let mut reading = Reading { broken: found.broken, remarks: found.remarks, ..Reading::default() };
        for skill in found.skills {
            let standing = match self.consent(skill.clone(), &trusts) {
                Consent::Granted { skill, left_out } => {
                    reading.left_out.extend(left_out);
                    Standing::Granted(skill)
                }
                Consent::Ask(question) => Standing::Asks(question),
                Consent::Refused(problems) => Standing::Refused(problems),
            };
            reading.skills.insert(skill.name().clone(), Listed { skill, standing });
        }
        reading
    }

    fn consent(&self, skill: Skill<Declared>, trusts: &Trusts) -> Consent {
        let databases = self.databases.iter().filter_map(|path| DataPath::read(path));
        let owner = if skill.name().as_str() == DATABASE_SKILL {
            OwnerData::new(databases.map(|path| (path, Access::ReadOnly)))
        } else {
            OwnerData::default()
        };
        let folders = &self.folders;
        let protected = [&folders.config, &folders.state, &folders.models].map(Clone::clone);
        let protected: Vec<PathBuf> =
            protected.into_iter().chain(self.shelves().into_iter().map(|s| s.folder)).collect();
        let resolve = |path: &std::path::Path| fs_err::canonicalize(path);
        let ground = Ground { home: &self.home, protected: &protected, resolve: &resolve };
        consent(skill, trusts, &owner, &ground)
    }
}

/// Why the list of agreements cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("it is not JSON of the right shape: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Value(#[from] TrustFileError),
}

/// All skills, and everything that is wrong with them.
#[derive(Debug, Default)]
pub struct Reading {
    pub skills: BTreeMap<SkillName, Listed>,
    pub broken: Vec<Broken>,
    pub remarks: Vec<Remark>,
    /// Paths of the owner's that are not there now.
    pub left_out: Vec<GrantProblem>,
}

impl Reading {
    /// Says in the log what is wrong.
    pub(super) fn log(&self) {
        for broken in &self.broken {
            for problem in &broken.problems {
                tracing::warn!("a skill cannot be used: {problem}");
            }
        }
        for remark in &self.remarks {
            tracing::info!("{}", sarai_messages::text(Language::English, &remark.notice()));
        }
        for problem in &self.left_out {
            tracing::warn!("a path of the config is left out: {problem}");
        }
    }
}

/// A skill as its folder declares it, and whether it may run.
#[derive(Debug)]
pub struct Listed {
    pub skill: Skill<Declared>,
    pub standing: Standing,
}

/// Whether a skill may run.
#[derive(Debug)]
pub enum Standing {
    Granted(Skill<Granted>),
    /// Once the owner has agreed.
    Asks(Question),
    /// Nobody can agree to what it wants.
    Refused(Vec<GrantProblem>),
}

/// The skills that may be asked, ready to be chosen from.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    /// None before the shelves were read.
    router: Option<Router>,
    skills: BTreeMap<SkillName, Entry>,
}

#[derive(Debug, Clone)]
pub(super) enum Entry {
    Granted(Skill<Granted>),
    Untrusted,
}

impl Table {
    pub(super) fn new(reading: Reading, places: &SkillPlaces, surveyed: &[Database]) -> Self {
        let mut skills = BTreeMap::new();
        for (name, listed) in reading.skills {
            let entry = match listed.standing {
                Standing::Granted(skill) => Entry::Granted(skill),
                Standing::Asks(_) | Standing::Refused(_) => Entry::Untrusted,
            };
            skills.insert(name, entry);
        }
        Self { router: None, skills }.knowing(places, surveyed)
    }

    /// The same with a router that knows what is in these databases.
    pub(super) fn knowing(self, places: &SkillPlaces, surveyed: &[Database]) -> Self {
        Self { router: Some(places.router(self.all_granted(), surveyed)), skills: self.skills }
    }

    /// The skill that can say what is in the databases.
    pub(super) fn surveyor(&self) -> Option<&Skill<Granted>> {
        self.all_granted().find(|skill| skill.name().as_str() == DATABASE_SKILL)
    }

    fn all_granted(&self) -> impl Iterator<Item = &Skill<Granted>> {
        self.skills.values().filter_map(|entry| match entry {
            Entry::Granted(skill) => Some(skill),
            Entry::Untrusted => None,
        })
    }

    /// Those that may run and have a program.
    pub(super) fn processes(&self) -> impl Iterator<Item = &Skill<Granted>> {
        self.all_granted().filter(|skill| skill.process().is_some())
    }

    /// One that may run.
    pub(super) fn granted(&self, name: &SkillName) -> Option<&Skill<Granted>> {
        match self.get(name) {
            Some(Entry::Granted(skill)) => Some(skill),
            Some(Entry::Untrusted) | None => None,
        }
    }

    pub(super) fn get(&self, name: &SkillName) -> Option<&Entry> {
        self.skills.get(name)
    }

    /// The skill that suits a question, and why.
    pub(super) fn route(&self, text: &str, language: Language) -> Option<(SkillName, Vec<Notice>)> {
        let route = self.router.as_ref()?.route(&Request { text, language, form: AnswerForm::Text });
        Some((route.skill?, route.reasons.iter().map(Reason::notice).collect()))
    }
}
