//! `sarai service`: has SARAi started at login, by systemd or, where there is none, by supervisord.
//!
//! Nothing is changed that was not written by this: a file that does not begin with our mark, or that serves other
//! folders, is refused. `status --json` prints `{manager, file, installed, enabled, running}`; `manager` is `systemd`,
//! `supervisord` or null, and `file` null with it.
//!
//! # Modules
//! - `unit`: the files' texts.

mod unit;

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::ValueEnum;
use sarai_config::write_atomic;
use sarai_types::Notice;
use serde_json::json;

use self::unit::{MARK, Spec};
use crate::cli::{Format, JsonFlag};
use crate::ending::Told;
use crate::shell::Shell;
use crate::terminal;
use crate::worker::this_program;

/// The unit's name, which systemd finds it by.
const UNIT: &str = "sarai.service";

#[derive(Debug, clap::Subcommand)]
pub(crate) enum ServiceCommand {
    #[command(about = "setup-about-service-install")]
    Install {
        #[arg(long, value_name = "setup-value-manager", help = "setup-help-manager", hide_possible_values = true)]
        manager: Option<Manager>,
    },
    #[command(about = "setup-about-service-status")]
    Status {
        #[command(flatten)]
        json: JsonFlag,
    },
    #[command(about = "setup-about-service-uninstall")]
    Uninstall,
}

/// Who starts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Manager {
    Systemd,
    Supervisord,
}

impl Manager {
    const ALL: [Self; 2] = [Self::Systemd, Self::Supervisord];

    /// Systemd, if it answers for this user.
    fn here() -> Self {
        if succeeds("systemctl", &["--user", "show-environment"]) { Self::Systemd } else { Self::Supervisord }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Systemd => "systemd",
            Self::Supervisord => "supervisord",
        }
    }

    /// Where its file is or would be; none where there is no home for it.
    fn file(self, shell: &Shell) -> Option<PathBuf> {
        let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        match self {
            Self::Systemd => {
                let config = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))?;
                Some(config.join("systemd/user").join(UNIT))
            }
            Self::Supervisord => Some(shell.folders.supervisord_file()),
        }
    }
}

/// What lies where a service's file would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Absent,
    /// Ours, word for word as it would be written now.
    Current,
    /// Ours, from another time or place of the program.
    Outdated,
    /// Not written by us, or for other folders than these.
    Foreign,
}

fn standing(manager: Manager, file: &Path, spec: &Spec) -> io::Result<Standing> {
    let text = match fs_err::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Standing::Absent),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(Standing::Foreign),
        Err(error) => return Err(error),
    };
    let is_marked = text.lines().next().is_some_and(|line| line.ends_with(MARK));
    let is_of_these = match manager {
        Manager::Systemd => text.lines().any(|line| line == spec.write_line()),
        Manager::Supervisord => true,
    };
    Ok(match is_marked && is_of_these {
        true if text == written(manager, spec) => Standing::Current,
        true => Standing::Outdated,
        false => Standing::Foreign,
    })
}

fn written(manager: Manager, spec: &Spec) -> String {
    match manager {
        Manager::Systemd => spec.systemd(),
        Manager::Supervisord => spec.supervisord(),
    }
}

pub(crate) fn run(command: ServiceCommand, shell: &Shell) -> anyhow::Result<()> {
    match command {
        ServiceCommand::Install { manager } => install(manager, None, shell),
        ServiceCommand::Status { json } => status(json.format(), shell),
        ServiceCommand::Uninstall => {
            if !uninstall(shell)? {
                shell.tell(&Notice::new("setup-service-none"));
            }
            Ok(())
        }
    }
}

fn spec(home: Option<&Path>, shell: &Shell) -> Result<Spec, Told> {
    Spec::new(&this_program()?, &shell.folders, home, |name| std::env::var_os(name))
}

/// The service that is there, with its file.
///
/// # Errors
/// Its file cannot be read.
pub(super) fn installed(shell: &Shell) -> anyhow::Result<Option<(Manager, PathBuf)>> {
    let spec = spec(None, shell)?;
    for manager in Manager::ALL {
        let Some(file) = manager.file(shell) else { continue };
        match standing(manager, &file, &spec)? {
            Standing::Current | Standing::Outdated => return Ok(Some((manager, file))),
            Standing::Absent | Standing::Foreign => {}
        }
    }
    Ok(None)
}

/// Writes the file and has the manager heed it. `home` is where everything lives, if no variable says it. Without a
/// manager named, the one that serves already, or the one that is here.
///
/// # Errors
/// A file that is not ours lies there, it cannot be written, or the manager refuses.
pub(super) fn install(manager: Option<Manager>, home: Option<&Path>, shell: &Shell) -> anyhow::Result<()> {
    let there = installed(shell)?.map(|(manager, _)| manager);
    let manager = manager.or(there).unwrap_or_else(Manager::here);
    if there.is_some_and(|there| there != manager) {
        uninstall(shell)?;
    }
    let spec = spec(home, shell)?;
    let file = manager.file(shell).ok_or_else(|| Told::failed(Notice::new("config-folder-no-home")))?;
    let standing = standing(manager, &file, &spec)?;
    if standing == Standing::Foreign {
        return Err(Told::failed(Notice::new("setup-service-foreign").arg("file", file.display())).into());
    }
    shell.folders.create().map_err(|error| Told::failed(error.notice()))?;
    if standing != Standing::Current {
        fs_err::create_dir_all(file.parent().unwrap_or_else(|| Path::new("/")))?;
        write_atomic(&file, written(manager, &spec).as_bytes()).map_err(|error| Told::failed(error.notice()))?;
    }
    let said = if standing == Standing::Current { "setup-service-already" } else { "setup-service-written" };
    shell.tell(&Notice::new(said).arg("file", file.display()).arg("manager", manager.word()));
    match manager {
        Manager::Systemd => {
            systemctl(&["daemon-reload"])?;
            systemctl(&["enable", "--now", UNIT])?;
            shell.tell(&Notice::new("setup-service-runs"));
        }
        Manager::Supervisord => shell.tell(&Notice::new("setup-service-supervisord").arg("file", for_shell(&file))),
    }
    Ok(())
}

/// Stops the service and takes it away; says whether there was one.
///
/// # Errors
/// The manager refuses, or the file cannot be removed.
pub(super) fn uninstall(shell: &Shell) -> anyhow::Result<bool> {
    let Some((manager, file)) = installed(shell)? else { return Ok(false) };
    let removed = || -> anyhow::Result<()> {
        fs_err::remove_file(&file)?;
        shell.tell(&Notice::new("setup-service-removed").arg("file", file.display()));
        Ok(())
    };
    match manager {
        // Where its systemd does not answer, nothing of it runs; the link by which it would be started goes too.
        Manager::Systemd if Manager::here() != Manager::Systemd => {
            let link = file.with_file_name("default.target.wants").join(UNIT);
            if link.is_symlink() {
                fs_err::remove_file(link)?;
            }
            removed()?;
        }
        Manager::Systemd => {
            systemctl(&["disable", "--now", UNIT])?;
            removed()?;
            systemctl(&["daemon-reload"])?;
        }
        Manager::Supervisord => {
            // A supervisord that does not run has nothing to stop.
            let _ = command("supervisorctl", &["-c"]).arg(&file).arg("shutdown").status();
            removed()?;
        }
    }
    Ok(true)
}

fn status(format: Format, shell: &Shell) -> anyhow::Result<()> {
    let there = installed(shell)?;
    let (enabled, running) = match &there {
        None => (false, false),
        Some((Manager::Systemd, _)) => (
            succeeds("systemctl", &["--user", "is-enabled", "--quiet", UNIT]),
            succeeds("systemctl", &["--user", "is-active", "--quiet", UNIT]),
        ),
        Some((Manager::Supervisord, file)) => {
            // 0: the program runs. 3: supervisord does, the program does not.
            let status = command("supervisorctl", &["-c"]).arg(file).args(["status", "sarai"]).status();
            let code = status.ok().and_then(|status| status.code());
            (matches!(code, Some(0 | 3)), code == Some(0))
        }
    };
    match format {
        Format::Json => terminal::line(json!({
            "manager": there.as_ref().map(|(manager, _)| manager.word()),
            "file": there.as_ref().map(|(_, file)| file.display().to_string()),
            "installed": there.is_some(),
            "enabled": enabled,
            "running": running,
        }))?,
        Format::Text => {
            let word = |yes| shell.say(if yes { "cli-yes" } else { "cli-no" });
            let installed = match &there {
                Some((manager, file)) => format!("{} ({}, {})", word(true), manager.word(), file.display()),
                None => word(false),
            };
            let rows = [
                ("setup-service-installed", installed),
                ("setup-service-enabled", word(enabled)),
                ("setup-service-running", word(running)),
            ];
            let rows = rows.map(|(id, value)| vec![shell.say(id), terminal::plain(&value)]);
            terminal::line(terminal::table(&rows).trim_end())?;
        }
    }
    if running { Ok(()) } else { Err(Told::silent().into()) }
}

/// A program that says nothing to the person.
fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    command(program, arguments).status().is_ok_and(|status| status.success())
}

/// # Errors
/// What systemd says against it, and what to do.
fn systemctl(arguments: &[&str]) -> Result<(), Told> {
    let line = format!("systemctl --user {}", arguments.join(" "));
    let refused = |detail: &str| {
        Told::failed(Notice::new("setup-service-refused").arg("command", &line).arg("detail", detail.trim()))
    };
    let mut command = command("systemctl", &["--user"]);
    let output =
        command.args(arguments).stderr(Stdio::piped()).output().map_err(|error| refused(&error.to_string()))?;
    if output.status.success() { Ok(()) } else { Err(refused(&String::from_utf8_lossy(&output.stderr))) }
}

/// A path as a word of a POSIX shell.
pub(super) fn for_shell(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}
