//! A skill in its two phases: as its folder declares it, and as it may run.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sarai_sandbox::{Access, FILE_BYTES, Limits, Mount, Policy, Root, TMP_BYTES};
use sarai_types::{Grammar, SkillKind, SkillName};

use crate::content::ContentDigest;
use crate::manifest::{DataName, Generate, Process, Program, Routing, Version};

/// The skill's own folder, as a jailed skill sees it; read-only.
pub const SKILL_INSIDE: &str = "/skill";
/// Where a jailed skill makes its socket.
pub const SOCKET_FOLDER_INSIDE: &str = "/run/sarai";
/// Where a jailed skill finds the host's socket, if it was granted.
pub const HOST_FOLDER_INSIDE: &str = "/run/host";
/// Below it, a jailed skill sees each path that it was granted.
pub const DATA_INSIDE: &str = "/data";

/// What a skill's own socket is called in its folder.
pub const SOCKET_FILE: &str = "skill.sock";
/// What the host's socket is called in its folder.
pub const HOST_SOCKET_FILE: &str = "host.sock";

/// Where programs of the computer are looked up.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";
/// Texts are UTF-8 and numbers look alike everywhere; the language to answer in comes with each request.
const LANG: &str = "C.UTF-8";

/// Whose folder a skill was found in. The order is the precedence: of two with one name, the earlier one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// Came with the program. Its name is nobody else's, because the owner's config gives paths to skills by name.
    BuiltIn,
    /// `<project>/.agents/skills`: comes with somebody's repository.
    Project,
    /// The person's own skills of this program.
    User,
    /// `~/.agents/skills`: the person's skills for all assistants.
    Shared,
}

/// How a skill works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// The model answers, with the skill's instructions before it, held to this grammar.
    Prompt { grammar: Option<Grammar> },
    /// A program answers.
    Process(Process),
}

/// A skill. In phase [`Declared`] it is what a folder says; only in phase [`Granted`] can a jail be made of it.
#[derive(Debug, Clone)]
pub struct Skill<Phase> {
    facts: Arc<Facts>,
    phase: Phase,
}

/// What a folder says, and nobody has agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declared(());

/// Every path was agreed to, found, and is none of the protected ones. See [`crate::consent`], which alone makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    data: Vec<GrantedData>,
}

/// A path of the computer that a skill may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedData {
    /// Without links.
    pub source: PathBuf,
    pub name: DataName,
    pub access: Access,
}

#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) name: SkillName,
    pub(crate) origin: Origin,
    pub(crate) folder: PathBuf,
    pub(crate) version: Version,
    pub(crate) description: String,
    pub(crate) instructions: String,
    pub(crate) work: Work,
    pub(crate) routing: Routing,
    pub(crate) content: Option<ContentDigest>,
}

impl<Phase> Skill<Phase> {
    #[must_use]
    pub fn name(&self) -> &SkillName {
        &self.facts.name
    }

    #[must_use]
    pub fn origin(&self) -> Origin {
        self.facts.origin
    }

    /// Absolute, and without links.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.facts.folder
    }

    #[must_use]
    pub fn version(&self) -> &Version {
        &self.facts.version
    }

    /// One line: what it does and when to use it.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.facts.description
    }

    /// The Markdown of its `SKILL.md`.
    #[must_use]
    pub fn instructions(&self) -> &str {
        &self.facts.instructions
    }

    #[must_use]
    pub fn work(&self) -> &Work {
        &self.facts.work
    }

    #[must_use]
    pub fn routing(&self) -> &Routing {
        &self.facts.routing
    }

    /// None for a prompt skill.
    #[must_use]
    pub fn process(&self) -> Option<&Process> {
        match &self.facts.work {
            Work::Prompt { .. } => None,
            Work::Process(process) => Some(process),
        }
    }

    /// As a turn of the assistant sees it.
    #[must_use]
    pub fn kind(&self) -> SkillKind {
        match &self.facts.work {
            Work::Process(_) => SkillKind::Process,
            Work::Prompt { grammar } => {
                SkillKind::Prompt { instructions: self.facts.instructions.clone(), grammar: grammar.clone() }
            }
        }
    }

    pub(crate) fn content(&self) -> Option<ContentDigest> {
        self.facts.content
    }
}

impl Skill<Declared> {
    pub(crate) fn new(facts: Facts) -> Self {
        Self { facts: Arc::new(facts), phase: Declared(()) }
    }

    pub(crate) fn grant(self, data: Vec<GrantedData>) -> Skill<Granted> {
        Skill { facts: self.facts, phase: Granted { data } }
    }
}

/// Folders that the shell makes for one running skill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The skill makes its socket here, and may write nothing else of the computer than what was granted.
    pub socket_folder: PathBuf,
    /// The daemon's socket for [`Generate`] lies here.
    pub host_folder: PathBuf,
    /// Only for a skill without a jail: a link for each [`Skill::data`] lies here, under its name.
    pub data_folder: PathBuf,
}

/// Whether the skill sees the computer through a jail, which gives paths other names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    Jailed,
    /// The back end `disabled`.
    Bare,
}

/// A manifest may say that nothing at all may be written; a jail's smallest is a page, since to the kernel a size of none
/// is no limit.
fn smallest(limits: Limits) -> Limits {
    let (tmp, file) = (*TMP_BYTES.start(), *FILE_BYTES.start());
    Limits { tmp_bytes: limits.tmp_bytes.max(tmp), file_bytes: limits.file_bytes.max(file), ..limits }
}

impl Skill<Granted> {
    /// The jail. None for a prompt skill, which runs nothing.
    #[must_use]
    pub fn policy(&self, places: &Places) -> Option<Policy> {
        let process = self.process()?;
        let mount = |source: &Path, target: &str, access| Mount {
            source: source.to_owned(),
            target: PathBuf::from(target),
            access,
        };
        let mut mounts = vec![
            mount(self.folder(), SKILL_INSIDE, Access::ReadOnly),
            mount(&places.socket_folder, SOCKET_FOLDER_INSIDE, Access::ReadWrite),
        ];
        if process.grants.generate.is_some() {
            // A socket can be connected to where nothing can be written.
            mounts.push(mount(&places.host_folder, HOST_FOLDER_INSIDE, Access::ReadOnly));
        }
        mounts.extend(self.phase.data.iter().map(|data| Mount {
            source: data.source.clone(),
            target: Path::new(DATA_INSIDE).join(data.name.as_str()),
            access: data.access,
        }));
        Some(Policy {
            root: process.root,
            mounts,
            working_dir: self.working_dir(View::Jailed),
            environment: self.environment(places, View::Jailed),
            limits: smallest(process.limits.jail),
        })
    }

    /// The program and its arguments. Empty for a prompt skill.
    #[must_use]
    pub fn command(&self, view: View) -> Vec<String> {
        let Some(process) = self.process() else { return Vec::new() };
        let program = match &process.program {
            // A folder whose path is not UTF-8 is none of a skill.
            Program::Own(path) => self.working_dir(view).join(path.as_path()).to_string_lossy().into_owned(),
            Program::System(name) => name.clone(),
        };
        std::iter::once(program).chain(process.arguments.iter().cloned()).collect()
    }

    /// Where the program starts: in the skill's folder.
    #[must_use]
    pub fn working_dir(&self, view: View) -> PathBuf {
        match view {
            View::Jailed => PathBuf::from(SKILL_INSIDE),
            View::Bare => self.folder().to_owned(),
        }
    }

    /// Every variable that the program gets.
    #[must_use]
    pub fn environment(&self, places: &Places, view: View) -> Vec<(String, String)> {
        let Some(process) = self.process() else { return Vec::new() };
        let [socket, host, data] = match view {
            View::Jailed => [SOCKET_FOLDER_INSIDE, HOST_FOLDER_INSIDE, DATA_INSIDE].map(PathBuf::from),
            View::Bare => [&places.socket_folder, &places.host_folder, &places.data_folder].map(Clone::clone),
        };
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let mut variables = vec![
            ("LANG", LANG.to_owned()),
            ("SARAI_SKILL_SOCKET", text(socket.join(SOCKET_FILE))),
            ("SARAI_SKILL_DIR", text(self.working_dir(view))),
            ("SARAI_DATA_DIR", text(data)),
        ];
        if process.grants.generate.is_some() {
            variables.push(("SARAI_HOST_SOCKET", text(host.join(HOST_SOCKET_FILE))));
        }
        if process.root == Root::System {
            variables.push(("PATH", PATH.to_owned()));
        }
        variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// What it may use of the computer besides its own folder.
    #[must_use]
    pub fn data(&self) -> &[GrantedData] {
        &self.phase.data
    }

    /// How much it may ask of the model.
    #[must_use]
    pub fn generate(&self) -> Option<Generate> {
        self.process()?.grants.generate
    }

    /// From spawn to serving. None for a prompt skill.
    #[must_use]
    pub fn start_deadline(&self) -> Option<Duration> {
        self.process().map(|process| process.limits.start)
    }

    /// The longest answer. None for a prompt skill.
    #[must_use]
    pub fn call_deadline(&self) -> Option<Duration> {
        self.process().map(|process| process.limits.call)
    }
}
