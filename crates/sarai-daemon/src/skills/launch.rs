//! How a skill is started: the folders that it needs, its jail, and the command that makes it.
//!
//! One folder belongs to one process of one skill. In it lie the skill's socket, the socket that it asks the model by, and
//! what the launcher says of the jail. The folder is this user's alone, so what lies in it may be open to everybody: in a
//! container the skill has another user id.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sarai_config::own_folder;
use sarai_sandbox::{Backend, CheckedPolicy, Jail, JailName, Launcher, LogLimit, Policy};
use sarai_skills::{Granted, HOST_SOCKET_FILE, Places, SOCKET_FILE, Skill, View, check_program};
use sarai_types::Notice;
use tokio::process::Command;
use tokio::sync::watch;

use super::host::{HostSocket, OpenCalls, Speaker};
use crate::brain::Brain;

/// The longest path of a Unix socket that Linux takes, in bytes.
const SOCKET_PATH_MAX: usize = sarai_config::SOCKET_PATH_MAX;
/// What stands before a skill's name in its jail's.
const JAIL_PREFIX: &str = "skill-";
const JAIL_NAME_CHARS: usize = 58;

/// Everything that starting one skill takes; it can be started again and again.
#[derive(Debug, Clone)]
pub struct Launch {
    jail: JailName,
    launcher: Launcher,
    backend: Backend,
    policy: CheckedPolicy,
    /// The program as it is seen inside, and its arguments.
    program: Vec<String>,
    places: Places,
    report: PathBuf,
}

impl Launch {
    /// Makes the folders below `folder`, which must be this user's own. What a process before it left there is gone.
    ///
    /// # Errors
    /// Why the skill cannot be started.
    pub fn new(skill: &Skill<Granted>, launcher: Launcher, backend: Backend, folder: &Path) -> Result<Self, Notice> {
        check_program(skill).map_err(|problem| problem.notice())?;
        let view = match backend {
            Backend::Local | Backend::Docker => View::Jailed,
            Backend::Disabled => View::Bare,
        };
        let places = places(folder)?;
        let no_jail =
            |detail: String| Notice::new("daemon-skill-no-jail").arg("skill", skill.name()).arg("detail", detail);
        let policy = skill.policy(&places).ok_or_else(|| no_jail("there is no program to jail".to_owned()))?;
        let (environment, working_dir) = (skill.environment(&places, view), skill.working_dir(view));
        let policy = Policy { environment, working_dir, ..policy };
        if view == View::Bare {
            link_data(skill, &places.data_folder).map_err(|error| Notice::new("daemon-io").arg("cause", error))?;
        }
        let name: String = skill.name().as_str().chars().take(JAIL_NAME_CHARS).collect();
        Ok(Self {
            jail: JailName::new(&format!("{JAIL_PREFIX}{name}")).map_err(|error| no_jail(error.to_string()))?,
            launcher,
            backend,
            policy: policy.checked().map_err(|error| no_jail(error.to_string()))?,
            program: skill.command(view),
            report: folder.join("jail.toml"),
            places,
        })
    }

    /// The command, for one start. Its process is the skill as far as anybody outside is concerned.
    ///
    /// What a predecessor listened on is taken away. A container outlives a launcher that was killed until the next one
    /// removes it; whoever looks whether the new skill serves would reach the old one, and lose it in the middle of a call.
    ///
    /// # Errors
    /// The launcher cannot be told what to do, or the socket stays.
    pub fn command(&self) -> io::Result<Command> {
        match fs_err::remove_file(self.socket()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let jail = Jail {
            backend: self.backend,
            name: &self.jail,
            policy: &self.policy,
            report: Some(&self.report),
            log: LogLimit::default(),
            program: &self.program,
        };
        self.launcher.command(&jail).map(Command::from).map_err(io::Error::other)
    }

    /// Where the skill will listen, as seen outside.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.places.socket_folder.join(SOCKET_FILE)
    }

    /// Who makes its jail.
    #[must_use]
    pub const fn backend(&self) -> Backend {
        self.backend
    }

    /// What it is held to.
    #[must_use]
    pub const fn policy(&self) -> &CheckedPolicy {
        &self.policy
    }

    /// Where the launcher says what holds.
    #[must_use]
    pub fn report(&self) -> &Path {
        &self.report
    }

    /// The model's side, for a skill that was granted it.
    pub(super) fn host(
        &self,
        skill: &Skill<Granted>,
        speaker: &Speaker,
        calls: &OpenCalls,
    ) -> io::Result<Option<HostSocket>> {
        let socket = self.places.host_folder.join(HOST_SOCKET_FILE);
        let serve = |grant| HostSocket::serve(&socket, grant, speaker.clone(), calls.clone());
        skill.generate().map(serve).transpose()
    }

    /// The same for a skill that is tried out where no model is.
    ///
    /// # Errors
    /// The socket cannot be made.
    pub fn trial_host(&self, skill: &Skill<Granted>, words: TrialWords<'_>) -> io::Result<TrialHost> {
        let speaker = match words {
            TrialWords::None => Speaker::Model(watch::channel(Brain::Checking).1),
            TrialWords::Fixed(words) => Speaker::Script(words.into()),
        };
        Ok(TrialHost(self.host(skill, &speaker, &OpenCalls::default())?))
    }
}

/// What a skill hears that asks for words where no model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialWords<'a> {
    /// A refusal.
    None,
    /// Always these.
    Fixed(&'a str),
}

/// Answers a skill's requests for words, until it is dropped.
#[derive(Debug)]
pub struct TrialHost(#[expect(dead_code, reason = "it serves for as long as it is held")] Option<HostSocket>);

fn places(folder: &Path) -> Result<Places, Notice> {
    let places = Places {
        socket_folder: folder.join("own"),
        host_folder: folder.join("host"),
        data_folder: folder.join("data"),
    };
    let socket = places.host_folder.join(HOST_SOCKET_FILE);
    if socket.as_os_str().len() > SOCKET_PATH_MAX {
        let error = sarai_config::FolderError::SocketPathTooLong { len: socket.as_os_str().len(), path: socket };
        return Err(error.notice());
    }
    let make = || {
        for inner in [&places.socket_folder, &places.host_folder, &places.data_folder] {
            remove(inner)?;
            own_folder(inner).map_err(io::Error::other)?;
        }
        fs_err::set_permissions(&places.socket_folder, Permissions::from_mode(0o777))?;
        fs_err::set_permissions(&places.host_folder, Permissions::from_mode(0o755))
    };
    make().map_err(|error| Notice::new("daemon-io").arg("cause", error))?;
    Ok(places)
}

/// Without a jail nothing gives paths other names, so links do.
fn link_data(skill: &Skill<Granted>, folder: &Path) -> io::Result<()> {
    skill
        .data()
        .iter()
        .try_for_each(|data| fs_err::os::unix::fs::symlink(&data.source, folder.join(data.name.as_str())))
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs_err::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
