//! Which skills there are: the folders that are looked into, and what is read there.
//!
//! This is the crate's only part that touches files, together with `content`. It reads, within limits that have names,
//! and never writes or runs anything.
//!
//! A folder with a `SKILL.md` is a skill. Folders without one are looked into, a few levels deep. Of two skills with
//! one name the folder that is found first counts, in the order of [`Origin`], even if it is broken: a slip in a file
//! must not put somebody else's program in its place.
//!
//! A link to a folder is a skill if there is a `SKILL.md` behind it, under the link's name; what lies behind it is not
//! searched, so links never make circles. In folders that others write (a project, the program) it must not lead out of
//! them: a repository could name the person's keys so. What counts from then on, for consent and for the jail, is where
//! it leads. Files of a skill that are links out of its folder are refused everywhere.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use sarai_types::{GRAMMAR_BYTES_MAX, Grammar, SkillName};

use crate::consent::is_pinned;
use crate::content::ContentDigest;
use crate::manifest::{self, MANIFEST_BYTES_MAX, MANIFEST_FILE, Manifest, ManifestKind, Program, Routing, Version};
use crate::problem::{Problem, ProgramFault, Remark};
use crate::skill::{Declared, Facts, Origin, Skill, Work};
use crate::skill_file::{self, SKILL_FILE, SKILL_FILE_BYTES_MAX, SkillFile};

/// Levels below a shelf at which a skill may lie.
const DEPTH_MAX: usize = 4;
/// Folders that are looked into on one shelf.
const FOLDERS_MAX: usize = 2000;
/// Entries of one folder that are looked at.
const ENTRIES_MAX: usize = 4096;
/// Skills of all shelves together.
pub const SKILLS_MAX: usize = 256;
/// Full of files, and never of skills.
const SKIPPED: [&str; 2] = ["node_modules", "target"];

/// A folder of skills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    pub origin: Origin,
    pub folder: PathBuf,
    /// Where links on this shelf may lead; anywhere if none.
    pub bound: Option<PathBuf>,
}

impl Shelf {
    /// The shelves in the order of precedence. Each of the paths may be missing, and need not exist.
    #[must_use]
    pub fn all(built_in: Option<&Path>, project: Option<&Path>, user: Option<&Path>, home: Option<&Path>) -> Vec<Self> {
        let shelf = |origin, folder: PathBuf, bound| Self { origin, folder, bound };
        let agents = |folder: &Path| folder.join(".agents").join("skills");
        let shelves = [
            built_in.map(|folder| shelf(Origin::BuiltIn, folder.to_owned(), Some(folder.to_owned()))),
            // A person at home is in no project, or each shared skill would be a stranger's.
            project
                .filter(|project| Some(*project) != home)
                .map(|project| shelf(Origin::Project, agents(project), Some(project.to_owned()))),
            user.map(|folder| shelf(Origin::User, folder.to_owned(), None)),
            home.map(|home| shelf(Origin::Shared, agents(home), None)),
        ];
        shelves.into_iter().flatten().collect()
    }
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// By name.
    pub skills: Vec<Skill<Declared>>,
    /// What wanted to be a skill and is none.
    pub broken: Vec<Broken>,
    pub remarks: Vec<Remark>,
}

/// A folder that cannot be used as a skill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// None if not even that is known.
    pub name: Option<SkillName>,
    pub folder: PathBuf,
    pub origin: Origin,
    /// At least one.
    pub problems: Vec<Problem>,
}

/// Looks through the shelves, the first one first.
#[must_use]
pub fn discover(shelves: &[Shelf]) -> Found {
    let mut found = Found::default();
    let mut taken: BTreeMap<SkillName, PathBuf> = BTreeMap::new();
    for shelf in shelves {
        for candidate in Scan::new(shelf, &mut found).run() {
            let (broken, name) = match candidate.name(&mut found.remarks) {
                Ok(name) => (candidate.problem.clone(), name),
                Err(problem) => {
                    found.broken.push(candidate.broken(None, vec![problem]));
                    continue;
                }
            };
            if let Some(wins) = taken.get(&name) {
                let (wins, left_out) = (wins.clone(), candidate.seen_at.clone());
                found.remarks.push(Remark::Shadowed { name, wins, left_out });
                continue;
            }
            if taken.len() >= SKILLS_MAX {
                found.remarks.push(Remark::TooMany { folder: shelf.folder.clone(), max: SKILLS_MAX });
                break;
            }
            taken.insert(name.clone(), candidate.seen_at.clone());
            let read = match broken {
                Some(problem) => Err(vec![problem]),
                None => read(name.clone(), shelf.origin, &candidate.folder),
            };
            match read {
                Ok(skill) => found.skills.push(skill),
                Err(problems) => found.broken.push(candidate.broken(Some(name), problems)),
            }
        }
    }
    found.skills.sort_by(|a, b| a.name().cmp(b.name()));
    found
}

/// Reads a skill's folder again, for a reload.
///
/// # Errors
/// Everything that is wrong with it now, at least one problem.
pub fn reread<Phase>(skill: &Skill<Phase>) -> Result<Skill<Declared>, Vec<Problem>> {
    read(skill.name().clone(), skill.origin(), skill.folder())
}

/// Whether there is a program to run. Not part of [`discover`], so that a skill whose program is not built yet can be
/// listed and chosen, and says why it does not start.
///
/// # Errors
/// The program is missing, is no file, may not be run, or is a link out of the folder. A program of the computer is
/// looked for by the jail.
pub fn check_program<Phase>(skill: &Skill<Phase>) -> Result<(), Problem> {
    let Some(Program::Own(path)) = skill.process().map(|process| &process.program) else { return Ok(()) };
    let seen = skill.folder().join(path.as_path());
    let fault = |fault| Problem::Program { path: seen.clone(), fault };
    let path = inside(skill.folder(), &seen).map_err(|problem| match problem {
        Problem::Unreadable { cause: io::ErrorKind::NotFound, .. } => fault(ProgramFault::Missing),
        problem => problem,
    })?;
    let metadata = fs_err::metadata(&path).map_err(|error| unreadable(&path, &error))?;
    if !metadata.is_file() {
        return Err(fault(ProgramFault::NotAFile));
    }
    if metadata.permissions().mode() & 0o111 == 0 {
        return Err(fault(ProgramFault::NotExecutable));
    }
    Ok(())
}

/// A folder that wants to be a skill.
#[derive(Debug)]
struct Candidate {
    origin: Origin,
    /// As it was found, before links.
    seen_at: PathBuf,
    /// Without links.
    folder: PathBuf,
    /// Why it can be no skill, if that is clear already.
    problem: Option<Problem>,
}

impl Candidate {
    fn broken(&self, name: Option<SkillName>, problems: Vec<Problem>) -> Broken {
        Broken { name, folder: self.seen_at.clone(), origin: self.origin, problems }
    }

    /// The folder's name if it can be one; else what its `SKILL.md` says.
    fn name(&self, remarks: &mut Vec<Remark>) -> Result<SkillName, Problem> {
        let file = self.folder.join(SKILL_FILE);
        let said = match &self.problem {
            Some(_) => None,
            None => read_skill_file(&self.folder).ok().and_then(|file| file.name),
        };
        let folder_name = self.seen_at.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let own = folder_name.parse::<SkillName>();
        let name = match (own, &said) {
            (Ok(name), _) => name,
            (Err(_), Some(said)) => {
                said.parse().map_err(|_| Problem::Name { path: file.clone(), said: said.clone() })?
            }
            (Err(_), None) => return Err(Problem::Name { path: file, said: folder_name }),
        };
        if let Some(said) = said.filter(|said| said != name.as_str() || *said != folder_name) {
            remarks.push(Remark::NameDiffers { path: file, said, name: name.clone() });
        }
        Ok(name)
    }
}

/// One shelf while it is looked through, level by level, so that limits cut the deep end.
struct Scan<'a> {
    shelf: &'a Shelf,
    found: &'a mut Found,
    candidates: Vec<Candidate>,
    queue: VecDeque<(PathBuf, usize)>,
    /// Folders looked into so far.
    folders: usize,
}

impl<'a> Scan<'a> {
    fn new(shelf: &'a Shelf, found: &'a mut Found) -> Self {
        Self { shelf, found, candidates: Vec::new(), queue: VecDeque::new(), folders: 0 }
    }

    fn run(mut self) -> Vec<Candidate> {
        let folder = &self.shelf.folder;
        // A shelf that nobody made holds nothing.
        if !exists(folder) {
            return Vec::new();
        }
        match fs_err::canonicalize(folder) {
            Ok(target) if !self.is_within_bound(&target) => {
                self.found.remarks.push(Remark::LinkLeadsOut { path: folder.clone(), target });
                return Vec::new();
            }
            Ok(_) => self.queue.push_back((folder.clone(), 1)),
            Err(error) => self.refuse(folder.clone(), unreadable(folder, &error)),
        }
        while let Some((folder, depth)) = self.queue.pop_front() {
            self.folders += 1;
            if self.folders > FOLDERS_MAX {
                self.found.remarks.push(Remark::TooMany { folder: self.shelf.folder.clone(), max: FOLDERS_MAX });
                break;
            }
            self.look_into(&folder, depth);
        }
        self.candidates
    }

    fn is_within_bound(&self, target: &Path) -> bool {
        let Some(bound) = &self.shelf.bound else { return true };
        fs_err::canonicalize(bound).is_ok_and(|bound| target.starts_with(bound))
    }

    fn refuse(&mut self, folder: PathBuf, problem: Problem) {
        let broken = Broken { name: None, folder, origin: self.shelf.origin, problems: vec![problem] };
        self.found.broken.push(broken);
    }

    fn look_into(&mut self, folder: &Path, depth: usize) {
        let mut paths = match fs_err::read_dir(folder) {
            Ok(entries) => entries.take(ENTRIES_MAX + 1).flatten().map(|entry| entry.path()).collect::<Vec<_>>(),
            Err(error) => return self.refuse(folder.to_owned(), unreadable(folder, &error)),
        };
        if paths.len() > ENTRIES_MAX {
            self.found.remarks.push(Remark::TooMany { folder: folder.to_owned(), max: ENTRIES_MAX });
            paths.truncate(ENTRIES_MAX);
        }
        // A folder's own order is nobody's.
        paths.sort();
        for path in paths {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if !name.starts_with('.') && !SKIPPED.contains(&name.as_str()) {
                self.entry(path, depth);
            }
        }
    }

    fn entry(&mut self, path: PathBuf, depth: usize) {
        let Ok(metadata) = fs_err::symlink_metadata(&path) else { return };
        if metadata.is_symlink() {
            return self.link(path);
        }
        if !metadata.is_dir() {
            return;
        }
        if exists(&path.join(SKILL_FILE)) {
            match fs_err::canonicalize(&path) {
                Ok(folder) => self.candidate(path, folder),
                Err(error) => self.refuse(path.clone(), unreadable(&path, &error)),
            }
        } else if exists(&path.join(MANIFEST_FILE)) {
            self.found.remarks.push(Remark::NoSkillFile { folder: path });
        } else if depth < DEPTH_MAX {
            self.queue.push_back((path, depth + 1));
        }
    }

    fn link(&mut self, path: PathBuf) {
        match fs_err::canonicalize(&path) {
            Ok(target) if !self.is_within_bound(&target) => {
                self.found.remarks.push(Remark::LinkLeadsOut { path, target });
            }
            Ok(target) if exists(&target.join(SKILL_FILE)) => self.candidate(path, target),
            // A link to something else is none of ours.
            Ok(_) => {}
            Err(error) => {
                let problem = unreadable(&path, &error);
                self.refuse(path, problem);
            }
        }
    }

    fn candidate(&mut self, seen_at: PathBuf, folder: PathBuf) {
        // Agreements, environments and commands hold it as text.
        let problem = folder.to_str().is_none().then(|| Problem::NotText { path: folder.clone() });
        self.candidates.push(Candidate { origin: self.shelf.origin, seen_at, folder, problem });
    }
}

/// Everything that one folder says.
fn read(name: SkillName, origin: Origin, folder: &Path) -> Result<Skill<Declared>, Vec<Problem>> {
    let file = read_skill_file(folder).map_err(|problem| vec![problem])?;
    let path = folder.join(MANIFEST_FILE);
    let manifest = if exists(&path) {
        let text = read_text(folder, &path, MANIFEST_BYTES_MAX).map_err(|problem| vec![problem])?;
        manifest::parse(&path, &text)?
    } else {
        let kind = ManifestKind::Prompt { grammar: None };
        Manifest { version: Version::unknown(), kind, routing: Routing::default() }
    };
    let work = match manifest.kind {
        ManifestKind::Process(process) => Work::Process(process),
        ManifestKind::Prompt { grammar: None } => Work::Prompt { grammar: None },
        ManifestKind::Prompt { grammar: Some((path, kind)) } => {
            let source =
                read_text(folder, &folder.join(path.as_path()), GRAMMAR_BYTES_MAX).map_err(|problem| vec![problem])?;
            Work::Prompt { grammar: Some(Grammar { kind, source }) }
        }
    };
    let content =
        if is_pinned(origin, &work) { Some(ContentDigest::of(folder).map_err(|problem| vec![problem])?) } else { None };
    Ok(Skill::new(Facts {
        name,
        origin,
        folder: folder.to_owned(),
        version: manifest.version,
        description: file.description,
        instructions: file.instructions,
        work,
        routing: manifest.routing,
        content,
    }))
}

fn read_skill_file(folder: &Path) -> Result<SkillFile, Problem> {
    let path = folder.join(SKILL_FILE);
    skill_file::parse(&path, &read_text(folder, &path, SKILL_FILE_BYTES_MAX)?)
}

/// The text of a file that lies in `folder`.
fn read_text(folder: &Path, path: &Path, bytes_max: usize) -> Result<String, Problem> {
    let real = inside(folder, path)?;
    // Whoever opens a pipe waits for its other end.
    if !fs_err::metadata(&real).is_ok_and(|metadata| metadata.is_file()) {
        return Err(Problem::Unreadable { path: path.to_owned(), cause: io::ErrorKind::Unsupported });
    }
    let mut bytes = Vec::new();
    let read = fs_err::File::open(&real).and_then(|file| file.take(bytes_max as u64 + 1).read_to_end(&mut bytes));
    read.map_err(|error| unreadable(path, &error))?;
    if bytes.len() > bytes_max {
        return Err(Problem::TooBig { path: path.to_owned(), bytes_max: bytes_max as u64 });
    }
    String::from_utf8(bytes).map_err(|_| Problem::NotText { path: path.to_owned() })
}

/// Where a path of a skill really is.
fn inside(folder: &Path, path: &Path) -> Result<PathBuf, Problem> {
    let target = fs_err::canonicalize(path).map_err(|error| unreadable(path, &error))?;
    let real = fs_err::canonicalize(folder).map_err(|error| unreadable(folder, &error))?;
    if target.starts_with(real) { Ok(target) } else { Err(Problem::LeadsOut { path: path.to_owned(), target }) }
}

fn exists(path: &Path) -> bool {
    fs_err::symlink_metadata(path).is_ok()
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    Problem::Unreadable { path: path.to_owned(), cause: error.kind() }
}

#[cfg(test)]
mod tests;
