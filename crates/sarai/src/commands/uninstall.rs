//! `sarai uninstall`: shows what SARAi has made on this computer, asks, and deletes that and nothing else.
//!
//! What SARAi made is known by name. Links are never followed: neither inside its folders nor where one of the folders is
//! itself a link. The owner's own skills, catalogue and model files stay, and are named.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use sarai_config::{LockError, StateLock};
use sarai_models::{Catalog, Library};
use sarai_types::Notice;

use super::service;
use crate::ending::Told;
use crate::input::agrees;
use crate::shell::Shell;
use crate::terminal;

/// Held by whatever runs on the state folder.
const LOCKS: [&str; 3] = ["up.lock", "serve.lock", "loop.lock"];

#[derive(Debug, clap::Args)]
pub(crate) struct UninstallArgs {
    #[arg(long, help = "cli-help-yes")]
    yes: bool,
    #[arg(long, help = "setup-help-keep-models")]
    keep_models: bool,
}

pub(crate) fn run(args: &UninstallArgs, shell: &Shell) -> anyhow::Result<()> {
    // Kept until the end, so that nothing starts meanwhile.
    let _locks = hold(shell)?;
    let service = service::installed(shell)?;
    let mut made = shell.folders.made()?;
    if !args.keep_models {
        // A mistake in the owner's catalogue is no reason to stay.
        made.extend(Library::new(shell.folders.models.clone(), Catalog::builtin()).made()?);
    }
    let stays = stays(&made, shell)?;
    if made.is_empty() && service.is_none() {
        shell.tell(&Notice::new("setup-uninstall-nothing"));
        tell_stays(&stays, shell);
        return Ok(());
    }
    let rows =
        made.iter().map(|path| Ok(vec![path.display().to_string(), terminal::size(size(path)?, shell.language())]));
    let mut rows = rows.collect::<io::Result<Vec<_>>>()?;
    rows.extend(service.iter().map(|(_, file)| vec![file.display().to_string(), shell.say("setup-uninstall-service")]));
    shell.tell(&Notice::new("setup-uninstall-shown"));
    terminal::line(terminal::plain(terminal::table(&rows).trim_end()))?;
    tell_stays(&stays, shell);
    if !args.yes && !io::stdin().is_terminal() {
        return Err(Told::failed(Notice::new("setup-uninstall-say-yes")).into());
    }
    if !args.yes && !agrees(&shell.say("setup-uninstall-question"))? {
        return Err(Told::failed(Notice::new("setup-uninstall-kept")).into());
    }
    service::uninstall(shell)?;
    for path in &made {
        delete(path)?;
    }
    for folder in folders(shell) {
        // One that is not empty stays, with what is in it.
        let _ = fs_err::remove_dir(folder);
    }
    shell.tell(&Notice::new("setup-uninstall-done"));
    Ok(())
}

/// # Errors
/// Something runs on the state folder.
fn hold(shell: &Shell) -> anyhow::Result<Vec<StateLock>> {
    let run = shell.folders.run();
    let mut held = Vec::new();
    for name in LOCKS.into_iter().filter(|name| run.join(name).exists()) {
        match StateLock::take(&run, name) {
            Ok(lock) => held.push(lock),
            Err(LockError::Held { pid }) => {
                return Err(Told::failed(Notice::new("setup-uninstall-runs").arg("pid", pid)).into());
            }
            Err(LockError::Io(error)) => return Err(error.into()),
        }
    }
    Ok(held)
}

/// Inner folders before outer ones.
fn folders(shell: &Shell) -> Vec<PathBuf> {
    let folders = &shell.folders;
    let mut all = vec![folders.config.clone(), folders.models.clone(), folders.skills(), folders.state.clone()];
    all.extend(folders.models.parent().map(Path::to_owned));
    all
}

/// What lies in SARAi's folders and is not going to be deleted, and folders that are links.
fn stays(made: &[PathBuf], shell: &Shell) -> io::Result<Vec<PathBuf>> {
    let folders = &shell.folders;
    let mut all = Vec::new();
    for folder in [&folders.config, &folders.models, &folders.skills(), &folders.state] {
        if folder.is_symlink() {
            all.push(folder.clone());
        } else if folder.is_dir() {
            for entry in fs_err::read_dir(folder)? {
                let path = entry?.path();
                if !made.contains(&path) {
                    all.push(path);
                }
            }
        }
    }
    all.sort();
    Ok(all)
}

fn tell_stays(stays: &[PathBuf], shell: &Shell) {
    if !stays.is_empty() {
        let paths: Vec<String> = stays.iter().map(|path| format!("\n  {}", path.display())).collect();
        shell.tell(&Notice::new("setup-uninstall-stays").arg("paths", paths.concat()));
    }
}

/// Bytes of a file, or of everything in a folder, without following a link.
fn size(path: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    let mut open = vec![path.to_owned()];
    while let Some(path) = open.pop() {
        let metadata = fs_err::symlink_metadata(&path)?;
        if metadata.is_dir() {
            for entry in fs_err::read_dir(&path)? {
                open.push(entry?.path());
            }
        } else {
            bytes += metadata.len();
        }
    }
    Ok(bytes)
}

/// Removes a file, or a folder with everything in it. A link in it is removed, not followed.
fn delete(path: &Path) -> io::Result<()> {
    let removed = match fs_err::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs_err::remove_dir_all(path),
        Ok(_) => fs_err::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        // With the service went its file.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
