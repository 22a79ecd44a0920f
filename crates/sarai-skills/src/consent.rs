//! Whether a skill may have what it asks for.
//!
//! What a person agrees to is what a skill may do, and the jail holds it to that. So an agreement lists the grants
//! themselves instead of a digest of them: a manifest that asks for less than was agreed needs nobody, one that asks
//! for more asks again, and for the new part only. The rules:
//!
//! | | came with the program | the person's own folders | a project's folder |
//! |---|---|---|---|
//! | prompt skill | granted | granted | asked, again when its files change |
//! | program without grants | granted | asked once | asked, again when its files change |
//! | program with grants | granted | asked, again when its files change | the same |
//!
//! A program that may touch nothing can change as often as its maker likes, which is what somebody who writes one
//! wants; one that was given something is asked for again when anything in its folder is new. An agreement is about one
//! folder: a skill of the same name elsewhere has no part in it. Limits are no part of it either; they have ranges, and
//! the pool has a budget.
//!
//! The owner's config may give paths to a skill by name ([`OwnerData`]). Whoever writes it is the owner, so nobody is
//! asked for these; but a folder that is new lists them among what it would get.

use std::io;
use std::path::{Path, PathBuf};

use sarai_sandbox::{Access, Root};
use sarai_types::{Notice, SkillName};

use crate::content::ContentDigest;
use crate::manifest::{Data, DataName, DataPath, Generate, Process, Program};
use crate::skill::{Declared, Granted, GrantedData, Origin, Skill, Work};

/// Folders that no skill sees any part of, besides those that the shell protects: what lies there is not files.
const NEVER: [&str; 4] = ["/dev", "/proc", "/run", "/sys"];
/// But a person's drives, on most systems.
const DRIVES: &str = "/run/media";
/// Paths that the owner's config may give to one skill.
const OWNER_PATHS_MAX: usize = 64;

/// What a person agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    pub name: SkillName,
    /// Where it lay.
    pub folder: PathBuf,
    /// What it ran; none for a prompt skill.
    pub program: Option<TrustedProgram>,
    /// What lay in its folder, where that matters.
    pub content: Option<ContentDigest>,
}

/// What a program was agreed to be, and to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedProgram {
    pub command: Vec<String>,
    pub root: Root,
    pub reads: Vec<DataPath>,
    pub writes: Vec<DataPath>,
    pub generate: Option<Generate>,
}

/// All agreements. At most one for each name and folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trusts(Vec<Trust>);

impl Trusts {
    /// More than this, and the oldest is forgotten.
    pub const COUNT_MAX: usize = 512;

    pub fn iter(&self) -> impl Iterator<Item = &Trust> {
        self.0.iter()
    }

    /// Puts an agreement in the place of an earlier one about the same skill.
    pub fn add(&mut self, trust: Trust) {
        self.0.retain(|old| (&old.name, &old.folder) != (&trust.name, &trust.folder));
        if self.0.len() >= Self::COUNT_MAX {
            self.0.remove(0);
        }
        self.0.push(trust);
    }

    /// Takes back every agreement about this name. Says how many there were.
    pub fn revoke(&mut self, name: &SkillName) -> usize {
        let before = self.0.len();
        self.0.retain(|trust| trust.name != *name);
        before - self.0.len()
    }

    fn of(&self, skill: &Skill<Declared>) -> Option<&Trust> {
        self.0.iter().find(|trust| trust.name == *skill.name() && trust.folder == skill.folder())
    }
}

/// Paths that the owner's config gives to a skill.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnerData(Vec<Data>);

impl OwnerData {
    /// Each path is seen inside under its last part; of two with one name, the later one gets a number. At most 64 are
    /// taken.
    #[must_use]
    pub fn new(paths: impl IntoIterator<Item = (DataPath, Access)>) -> Self {
        let mut data: Vec<Data> = Vec::new();
        for (path, access) in paths.into_iter().take(OWNER_PATHS_MAX) {
            let base = DataName::of(&path).map_or_else(|| "data".to_owned(), |name| name.as_str().to_owned());
            let (stem, extension) = base.rsplit_once('.').map_or((base.as_str(), None), |(s, e)| (s, Some(e)));
            let numbered = |number: usize| match extension {
                _ if number == 1 => DataName::read(&base),
                Some(extension) => DataName::read(&format!("{stem}-{number}.{extension}")),
                None => DataName::read(&format!("{stem}-{number}")),
            };
            let free = |name: &DataName| data.iter().all(|other| other.name != *name);
            if let Some(name) = (1..=OWNER_PATHS_MAX).filter_map(numbered).find(free) {
                data.push(Data { path, name, access });
            }
        }
        Self(data)
    }

    #[must_use]
    pub fn data(&self) -> &[Data] {
        &self.0
    }
}

/// The computer, as far as consent has to know it.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// What `~` is.
    pub home: &'a Path,
    /// Config, state, trust, keys, the skills' own folders: no manifest is granted anything inside or above these.
    pub protected: &'a [PathBuf],
    /// The path without links; the shell passes `fs_err::canonicalize`.
    pub resolve: &'a dyn Fn(&Path) -> io::Result<PathBuf>,
}

impl std::fmt::Debug for Ground<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ground").field("home", &self.home).field("protected", &self.protected).finish_non_exhaustive()
    }
}

/// What follows from a skill's wishes.
#[derive(Debug)]
pub enum Consent {
    Granted {
        skill: Skill<Granted>,
        /// Paths of the owner's config that are not there now. The skill runs without them.
        left_out: Vec<GrantProblem>,
    },
    /// A person has to agree first.
    Ask(Question),
    /// Nobody can agree to this: at least one problem.
    Refused(Vec<GrantProblem>),
}

/// Why a path cannot be granted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantProblem {
    #[error("{name}: {} is not there", path.display())]
    Missing { name: SkillName, path: PathBuf },
    #[error("{name}: {} touches {}, which no skill may", path.display(), protected.display())]
    Protected { name: SkillName, path: PathBuf, protected: PathBuf },
    #[error("{name}: {path} is called {inside} inside, like another path")]
    NameTaken { name: SkillName, path: DataPath, inside: DataName },
}

impl GrantProblem {
    /// The sentence for a person.
    #[must_use]
    pub fn notice(&self) -> Notice {
        match self {
            Self::Missing { name, path } => {
                Notice::new("skills-grant-missing").arg("name", name).arg("path", path.display())
            }
            Self::Protected { name, path, protected } => Notice::new("skills-grant-protected")
                .arg("name", name)
                .arg("path", path.display())
                .arg("protected", protected.display()),
            Self::NameTaken { name, path, inside } => {
                Notice::new("skills-grant-name-taken").arg("name", name).arg("path", path).arg("inside", inside)
            }
        }
    }
}

/// Something that a person has not agreed to yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The skill itself.
    Skill {
        name: SkillName,
        folder: PathBuf,
    },
    /// It runs this program.
    Runs {
        command: Vec<String>,
    },
    /// It sees the computer's programs and libraries.
    System,
    Reads(DataPath),
    Writes(DataPath),
    Generates(Generate),
    /// Something in its folder changed.
    Changed,
}

impl News {
    /// The sentence for a person.
    #[must_use]
    pub fn notice(&self) -> Notice {
        match self {
            Self::Skill { name, folder } => {
                Notice::new("skills-new-skill").arg("name", name).arg("folder", folder.display())
            }
            Self::Runs { command } => Notice::new("skills-new-runs").arg("command", command.join(" ")),
            Self::System => Notice::new("skills-new-system"),
            Self::Reads(path) => Notice::new("skills-new-reads").arg("path", path),
            Self::Writes(path) => Notice::new("skills-new-writes").arg("path", path),
            Self::Generates(generate) => Notice::new("skills-new-generates")
                .arg("tokens", generate.tokens_per_call)
                .arg("calls", generate.calls_per_minute),
            Self::Changed => Notice::new("skills-new-content"),
        }
    }
}

/// A skill that waits for a person's answer.
#[derive(Debug)]
pub struct Question {
    skill: Skill<Declared>,
    data: Vec<GrantedData>,
    news: Vec<News>,
}

impl Question {
    #[must_use]
    pub const fn skill(&self) -> &Skill<Declared> {
        &self.skill
    }

    /// What is new, the weightiest last. Never empty.
    #[must_use]
    pub fn news(&self) -> &[News] {
        &self.news
    }

    /// The person agrees. The agreement is to be kept, or the question comes again at the next start.
    #[must_use]
    pub fn accept(self) -> (Skill<Granted>, Trust) {
        let trust = Trust {
            name: self.skill.name().clone(),
            folder: self.skill.folder().to_owned(),
            program: self.skill.process().map(TrustedProgram::of),
            content: self.skill.content(),
        };
        (self.skill.grant(self.data), trust)
    }
}

impl TrustedProgram {
    fn of(process: &Process) -> Self {
        let paths = |access| {
            let data = process.grants.data.iter().filter(move |data| data.access == access);
            data.map(|data| data.path.clone()).collect()
        };
        Self {
            command: command_words(process),
            root: process.root,
            reads: paths(Access::ReadOnly),
            writes: paths(Access::ReadWrite),
            generate: process.grants.generate,
        }
    }

    fn covers(&self, data: &Data) -> bool {
        let holds = |paths: &[DataPath]| paths.iter().any(|path| path.holds(&data.path));
        match data.access {
            Access::ReadOnly => holds(&self.reads) || holds(&self.writes),
            Access::ReadWrite => holds(&self.writes),
        }
    }
}

fn command_words(process: &Process) -> Vec<String> {
    let program = match &process.program {
        // A path with a slash in it is one of the folder, as in the manifest.
        Program::Own(path) => format!("./{}", path.as_path().display()),
        Program::System(name) => name.clone(),
    };
    std::iter::once(program).chain(process.arguments.iter().cloned()).collect()
}

/// Whether an agreement is about what lies in the folder too, and not only about what is granted.
pub(crate) fn is_pinned(origin: Origin, work: &Work) -> bool {
    match (origin, work) {
        (Origin::BuiltIn, _) | (Origin::User | Origin::Shared, Work::Prompt { .. }) => false,
        (Origin::Project, _) => true,
        (Origin::User | Origin::Shared, Work::Process(process)) => !process.grants.is_empty(),
    }
}

/// Decides about one skill.
#[must_use]
pub fn consent(skill: Skill<Declared>, trusts: &Trusts, owner: &OwnerData, ground: &Ground<'_>) -> Consent {
    let mut refused = Vec::new();
    let mut left_out = Vec::new();
    let mut granted: Vec<GrantedData> = Vec::new();
    if let Some(process) = skill.process() {
        for data in &process.grants.data {
            match resolve(&skill, data, ground).and_then(|found| unprotected(&skill, found, ground)) {
                Ok(data) => granted.push(data),
                Err(problem) => refused.push(problem),
            }
        }
        for data in owner.data() {
            match resolve(&skill, data, ground) {
                Ok(found) if granted.iter().any(|other| other.name == found.name) => {
                    let (path, inside) = (data.path.clone(), found.name);
                    refused.push(GrantProblem::NameTaken { name: skill.name().clone(), path, inside });
                }
                Ok(found) => granted.push(found),
                Err(problem) => left_out.push(problem),
            }
        }
    }
    if !refused.is_empty() {
        return Consent::Refused(refused);
    }
    let news = news(&skill, trusts.of(&skill), owner);
    if news.is_empty() {
        return Consent::Granted { skill: skill.grant(granted), left_out };
    }
    Consent::Ask(Question { skill, data: granted, news })
}

fn resolve(skill: &Skill<Declared>, data: &Data, ground: &Ground<'_>) -> Result<GrantedData, GrantProblem> {
    let path = data.path.under(ground.home);
    match (ground.resolve)(&path) {
        Ok(source) => Ok(GrantedData { source, name: data.name.clone(), access: data.access }),
        Err(_) => Err(GrantProblem::Missing { name: skill.name().clone(), path }),
    }
}

fn unprotected(skill: &Skill<Declared>, data: GrantedData, ground: &Ground<'_>) -> Result<GrantedData, GrantProblem> {
    let touches = |protected: &Path| {
        // A protected folder may itself be reached by a link; one that is not there yet has none.
        let real = (ground.resolve)(protected).unwrap_or_else(|_| protected.to_owned());
        data.source.starts_with(&real) || real.starts_with(&data.source)
    };
    let is_drive = data.source.starts_with(DRIVES) && data.source != Path::new(DRIVES);
    let never = NEVER.iter().map(Path::new).filter(|path| !(is_drive && Path::new(DRIVES).starts_with(path)));
    match ground.protected.iter().map(PathBuf::as_path).chain(never).find(|path| touches(path)) {
        None => Ok(data),
        Some(protected) => Err(GrantProblem::Protected {
            name: skill.name().clone(),
            path: data.source.clone(),
            protected: protected.to_owned(),
        }),
    }
}

/// What the person has not agreed to.
fn news(skill: &Skill<Declared>, trust: Option<&Trust>, owner: &OwnerData) -> Vec<News> {
    let process = match (skill.origin(), skill.work()) {
        (Origin::BuiltIn, _) | (Origin::User | Origin::Shared, Work::Prompt { .. }) => return Vec::new(),
        (Origin::Project, Work::Prompt { .. }) => None,
        (Origin::Project | Origin::User | Origin::Shared, Work::Process(process)) => Some(process),
    };
    let mut news = Vec::new();
    match trust {
        None => news.push(News::Skill { name: skill.name().clone(), folder: skill.folder().to_owned() }),
        Some(trust) if is_pinned(skill.origin(), skill.work()) && trust.content != skill.content() => {
            news.push(News::Changed);
        }
        Some(_) => {}
    }
    let Some(process) = process else { return news };
    let trusted = trust.and_then(|trust| trust.program.as_ref());
    let command = command_words(process);
    if trusted.is_none_or(|trusted| trusted.command != command) {
        news.push(News::Runs { command });
    }
    if process.root == Root::System && trusted.is_none_or(|trusted| trusted.root != Root::System) {
        news.push(News::System);
    }
    if let Some(wanted) = process.grants.generate {
        let had = trusted.and_then(|trusted| trusted.generate);
        let enough = |had: Generate| {
            had.tokens_per_call >= wanted.tokens_per_call && had.calls_per_minute >= wanted.calls_per_minute
        };
        if !had.is_some_and(enough) {
            news.push(News::Generates(wanted));
        }
    }
    // The owner's paths went to the folder that was agreed to; to another one they are news.
    let owners: &[Data] = if trust.is_none() { owner.data() } else { &[] };
    let mut data: Vec<&Data> = process.grants.data.iter().chain(owners).collect();
    data.retain(|data| !trusted.is_some_and(|trusted| trusted.covers(data)));
    data.sort_by_key(|data| data.access == Access::ReadWrite);
    news.extend(data.into_iter().map(|data| match data.access {
        Access::ReadOnly => News::Reads(data.path.clone()),
        Access::ReadWrite => News::Writes(data.path.clone()),
    }));
    news
}

#[cfg(test)]
mod tests;
