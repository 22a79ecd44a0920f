//! What is in the databases that the owner registered, so that the router knows their tables by name.
//!
//! Nobody but the skill reads them, and it only in its jail: it is started for this one question, answers from the
//! schemas, and ends. The names that come back are somebody else's words; they are compared with those of a question and
//! never followed.

use std::path::Path;
use std::process::Stdio;
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
    command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let child = command.spawn().ok()?;
    let channel = SkillChannel::at(launch.socket());
    let asked = timeout(SURVEY_MAX, async {
        while !channel.serves().await {
            tokio::time::sleep(POLL).await;
        }
        channel.data(QUESTION).await
    });
    let data = asked.await.ok().flatten();
    end(child).await;
    match Database::parse_all(&data?) {
        Ok(databases) => Some(databases),
        Err(error) => {
            tracing::warn!(%error, "what the databases hold cannot be read; they are known by their files' names");
            None
        }
    }
}

/// Lets it end; if it does not, dropping it kills it.
async fn end(mut child: Child) {
    let pid = child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
    if pid.is_some_and(|pid| kill_process(pid, Signal::TERM).is_ok()) {
        let _ = timeout(END_MAX, child.wait()).await;
    }
}
