//! What is in the databases that the owner registered, so that the router knows their tables by name.
//!
//! Nobody but the skill reads them, and it only in its jail: it is started for this one question, answers from the
//! schemas, and ends; and again when a schema has changed. The names that come back are somebody else's words; they are compared with those of a question and
//! never followed.

use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use sarai_sandbox::{Backend, Launcher};
use sarai_skills::{Database, Granted, Skill};
use tokio::process::Child;
use tokio::time::timeout;

use super::channel::SkillChannel;
use super::launch::{Launch, TrialWords};

/// What the skill is asked, by its arguments.
const QUESTION: &str = r#"{"show": "databases"}"#;
/// From spawn to the answer. Without one in time, databases are known by their files' names.
const SURVEY_MAX: Duration = Duration::from_secs(20);
const END_MAX: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(5);
/// How often it is looked whether a schema has changed.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const COOKIE_AT: u64 = 40;
const COOKIE_BYTES: usize = 4;

/// Surveys now and whenever a schema has changed, and says what there is. Goes on until it is dropped.
pub(super) async fn keep_surveyed(
    skill: Skill<Granted>,
    launcher: Launcher,
    backend: Backend,
    folder: PathBuf,
    say: impl Fn(Vec<Database>),
) {
    let sources: Arc<[PathBuf]> = skill.data().iter().map(|data| data.source.clone()).collect();
    let mut seen = None;
    while !sources.is_empty() {
        let looked_at = Arc::clone(&sources);
        let look = move || looked_at.iter().map(|path| mark(path)).collect::<Vec<_>>();
        let Ok(marks) = tokio::task::spawn_blocking(look).await else { return };
        if seen.as_ref() != Some(&marks) {
            seen = Some(marks);
            if let Some(databases) = survey(&skill, launcher.clone(), backend, &folder).await {
                say(databases);
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// What changes with a schema: of a database, SQLite's own counter of changes (sqlite.org/fileformat.html, «schema
/// cookie»); of a folder, when something came or went. None where nothing can be read.
fn mark(path: &Path) -> Option<[u8; 16]> {
    let metadata = fs_err::metadata(path).ok()?;
    let mut mark = [0; 16];
    if metadata.is_dir() {
        mark[..8].copy_from_slice(&metadata.mtime().to_be_bytes());
        mark[8..].copy_from_slice(&metadata.mtime_nsec().to_be_bytes());
    } else {
        let (file, _) = fs_err::File::open(path).ok()?.into_parts();
        file.read_exact_at(&mut mark[..COOKIE_BYTES], COOKIE_AT).ok()?;
    }
    Some(mark)
}

/// Asks a skill once. None where there is nothing to ask about, or no answer.
pub async fn survey(
    skill: &Skill<Granted>,
    launcher: Launcher,
    backend: Backend,
    folder: &Path,
) -> Option<Vec<Database>> {
    if skill.data().is_empty() {
        return None;
    }
    let launch = Launch::new(skill, launcher, backend, folder).ok()?;
    let _host = launch.trial_host(skill, TrialWords::None).ok()?;
    let mut command = launch.command().ok()?;
    // Should this be given up, the launcher ends with this program, and cleans up; killed, it could not.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().ok()?;
    let channel = SkillChannel::at(launch.socket());
    let asked = timeout(SURVEY_MAX, async {
        while !channel.serves().await {
            tokio::time::sleep(POLL).await;
        }
        channel.data(QUESTION).await
    });
    let data = asked.await.ok().flatten();
    end(child, backend).await;
    match Database::parse_all(&data?) {
        Ok(databases) => Some(databases),
        Err(error) => {
            tracing::warn!(%error, "what the databases hold cannot be read; they are known by their files' names");
            None
        }
    }
}

/// Lets it end; if it does not, kills it.
async fn end(mut child: Child, backend: Backend) {
    let pid = child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
    let told = pid.is_some_and(|pid| kill_process(pid, Signal::TERM).is_ok());
    if !told || timeout(END_MAX, child.wait()).await.is_err() {
        let _ = child.kill().await;
        // What stays is the next launch's to remove.
        let _ = tokio::task::spawn_blocking(move || sarai_sandbox::sweep(backend)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_changes_with_the_schema_and_with_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let (file, mut bytes) = (folder.path().join("a.db"), vec![0; 100]);
        assert_eq!(mark(&file), None);
        fs_err::write(&file, &bytes).unwrap();
        let first = mark(&file).unwrap();
        // The counter of all changes is another one.
        bytes[27] = 1;
        fs_err::write(&file, &bytes).unwrap();
        assert_eq!(mark(&file), Some(first));
        bytes[43] = 1;
        fs_err::write(&file, &bytes).unwrap();
        assert_ne!(mark(&file), Some(first));
        fs_err::write(&file, "short").unwrap();
        assert_eq!(mark(&file), None);
        assert!(mark(folder.path()).is_some());
    }
}
