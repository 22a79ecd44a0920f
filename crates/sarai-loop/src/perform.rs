//! Performs one task that takes longer than saying something.
//!
//! A job knows everything that it needs and shares nothing. What it asks of `serve` it asks as any client would, without
//! a conversation: nothing of it stands in the owner's.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use sarai_api::ASSISTANT;
use sarai_api::client::{ChatRequest, Client, ClientError, HealthBody, StreamItem};
use sarai_api::memory::{MemoryReply, MemoryRequest};
use sarai_config::{Folders, Switch};
use sarai_proactive::agenda::{Attempt, TaskId};
use sarai_proactive::rule::{Action, Level, Rule, Trigger, Watch};
use sarai_proactive_sqlite::{Kind, StoreError};
use sarai_types::{Language, Message, Notice, Priority, Role, SkillWish};

use crate::{say, upkeep};

/// The longest that an answer is waited for.
const ANSWER_WAIT: Duration = Duration::from_secs(15 * 60);
/// The longest answer that is kept, in bytes.
const ANSWER_MAX: usize = 16_000;
/// A model that was asked since is wanted again soon, and loading it takes seconds.
const MODEL_IDLE_SECONDS: u32 = 300;
/// What a skill's answer may cost of a model, in tokens.
const SKILL_TOKENS: u32 = 1000;

/// A task, with all that performing it takes.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub task: TaskId,
    pub rule: Rule,
    pub language: Language,
    pub client: Client,
    pub folders: Folders,
    /// Whether `serve` remembers anything.
    pub memory: Switch,
    pub now: Timestamp,
}

/// How it ended, and what there is to say.
#[derive(Debug)]
pub(crate) struct Done {
    pub task: TaskId,
    pub attempt: Attempt,
    pub message: Option<(Kind, String)>,
}

impl Job {
    pub(crate) async fn perform(self) -> Done {
        let task = self.task.clone();
        let (attempt, message) = match &self.rule.action {
            // The loop says these itself, together with their end.
            Action::Tell { .. } | Action::Suggest { .. } => (done(String::new()), None),
            Action::RunSkill { skill, arguments } => self.skill(skill, arguments).await,
            Action::Ask { prompt, tokens_max } => self.ask(prompt, *tokens_max).await,
            Action::RotateLogs { days } => match upkeep::rotate_logs(&self.folders.logs(), *days, self.now) {
                Ok(count) => (self.done(Notice::new("rules-done-logs").arg("count", count)), None),
                Err(error) => (retry(&error), None),
            },
            Action::Vacuum => (self.vacuum().await.unwrap_or_else(|attempt| attempt), None),
            Action::Backup => (self.backup().await.unwrap_or_else(|attempt| attempt), None),
            Action::HealthSweep => self.sweep().await,
            Action::FreeMemory => self.free_memory().await,
            Action::WarmSkill { skill } => self.warm(skill).await,
        };
        Done { task, attempt, message }
    }

    fn done(&self, notice: Notice) -> Attempt {
        done(say::notice(notice, self.language))
    }

    /// The rules' database, and the memory's by `serve`.
    async fn vacuum(&self) -> Result<Attempt, Attempt> {
        let folders = self.folders.clone();
        let own = aside(move || upkeep::vacuum(&folders)).await.map_err(|error| self.not_stored(&error))?;
        let memory = match self.of_memory(MemoryRequest::Vacuum {}).await? {
            Some(MemoryReply::Vacuumed { freed_bytes }) => freed_bytes,
            Some(_) | None => 0,
        };
        Ok(self.done(Notice::new("rules-done-vacuum").arg("kb", (own + memory) / 1000)))
    }

    /// The same two.
    async fn backup(&self) -> Result<Attempt, Attempt> {
        let (folders, now) = (self.folders.clone(), self.now);
        let mut files = aside(move || upkeep::backup(&folders, now)).await.map_err(|error| self.not_stored(&error))?;
        if let Some(MemoryReply::BackedUp { file }) = self.of_memory(MemoryRequest::Backup {}).await? {
            files = format!("{files}, {file}");
        }
        Ok(self.done(Notice::new("rules-done-backup").arg("files", files)))
    }

    /// None where nothing is remembered.
    async fn of_memory(&self, request: MemoryRequest) -> Result<Option<MemoryReply>, Attempt> {
        match self.memory {
            Switch::On => self.client.memory(&request).await.map(Some).map_err(|error| self.refused(&error)),
            Switch::Off => Ok(None),
        }
    }

    fn not_stored(&self, error: &StoreError) -> Attempt {
        Attempt::Retry { detail: say::notice(crate::error::store_notice(error), self.language) }
    }

    fn refused(&self, error: &ClientError) -> Attempt {
        let detail = say::notice(error.notice(), self.language);
        match error {
            ClientError::Refused { status, .. } if (400..500).contains(status) && !matches!(*status, 408 | 429) => {
                Attempt::Hopeless { detail }
            }
            ClientError::Refused { .. }
            | ClientError::NotRunning { .. }
            | ClientError::Broken(_)
            | ClientError::Strange(_)
            | ClientError::Address(_) => Attempt::Retry { detail },
        }
    }

    async fn ask(&self, prompt: &str, tokens_max: u32) -> (Attempt, Option<(Kind, String)>) {
        let request = ChatRequest {
            model: ASSISTANT.to_owned(),
            messages: vec![Message::new(Role::User, prompt)],
            max_tokens: Some(tokens_max),
            priority: Priority::Background,
            skill: SkillWish::None,
            ..ChatRequest::default()
        };
        self.chat(request).await
    }

    async fn skill(&self, skill: &str, arguments: &str) -> (Attempt, Option<(Kind, String)>) {
        let Ok(name) = skill.parse() else {
            let notice = Notice::new("rules-done-no-skill").arg("skill", skill);
            return (Attempt::Hopeless { detail: say::notice(notice, self.language) }, None);
        };
        let said = if arguments.is_empty() { skill } else { arguments };
        // What is no JSON is what the skill is asked in words.
        let is_json = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(arguments).is_ok();
        let request = ChatRequest {
            model: ASSISTANT.to_owned(),
            messages: vec![Message::new(Role::User, said)],
            max_tokens: Some(SKILL_TOKENS),
            priority: Priority::Task,
            skill: SkillWish::Named { name, arguments: if is_json { arguments.to_owned() } else { String::new() } },
            ..ChatRequest::default()
        };
        self.chat(request).await
    }

    async fn chat(&self, request: ChatRequest) -> (Attempt, Option<(Kind, String)>) {
        let answering = async {
            let mut stream = self.client.chat(&request).await?;
            let (mut text, mut tokens) = (String::new(), 0);
            while let Some(item) = stream.next().await {
                match item? {
                    StreamItem::Text(piece) if text.len() < ANSWER_MAX => text.push_str(&piece),
                    StreamItem::Figures { usage, .. } => tokens = usage.completion_tokens,
                    StreamItem::Text(_) | StreamItem::Tokens(_) | StreamItem::ToolCall(_) | StreamItem::Finished(_) => {
                    }
                }
            }
            Ok::<_, ClientError>((text, tokens))
        };
        match tokio::time::timeout(ANSWER_WAIT, answering).await {
            Ok(Ok((text, tokens))) => {
                let notice = Notice::new("rules-done-answer").arg("tokens", tokens);
                (self.done(notice), Some((Kind::Tell, text.trim().to_owned())))
            }
            Ok(Err(error)) => (self.refused(&error), None),
            Err(_) => {
                let notice = Notice::new("rules-done-too-slow").arg("minutes", ANSWER_WAIT.as_secs() / 60);
                (Attempt::Retry { detail: say::notice(notice, self.language) }, None)
            }
        }
    }

    /// Looks at every part. What is ill is started again by its own supervisor, and where that has given up for a while,
    /// it is asked to try once more. Either is told.
    async fn sweep(&self) -> (Attempt, Option<(Kind, String)>) {
        match self.client.health().await {
            Ok(health) => {
                let ill: Vec<String> = ill(&health);
                if ill.is_empty() {
                    return (self.done(Notice::new("rules-done-healthy").arg("parts", health.components.len())), None);
                }
                let id = match self.client.revive().await {
                    Ok(0) => "rules-done-ill",
                    Ok(_) => "rules-done-ill-revived",
                    Err(error) => return (self.refused(&error), None),
                };
                let notice = Notice::new(id).arg("parts", ill.join("; "));
                let text = say::notice(notice, self.language);
                (done(text.clone()), Some((Kind::Report, text)))
            }
            Err(error) => (self.refused(&error), None),
        }
    }

    /// Asks `serve` to give memory back, step by step as long as it is short: what is kept only to save time, then skills
    /// that nobody uses, then models that nobody has asked for a while. If that is not enough, says so.
    async fn free_memory(&self) -> (Attempt, Option<(Kind, String)>) {
        let level = match &self.rule.trigger {
            Trigger::Watch(Watch::Level(level)) => Some(level),
            Trigger::Watch(_) | Trigger::Times(_) => None,
        };
        let is_short = || level.filter(|level| is_still_short(level, &self.rule, &self.folders, crate::clock::now()));
        let freeing = async {
            let mut freed = self.client.prune_caches().await?;
            // Without a level there is nothing to measure by, so what costs least to have again goes.
            if level.is_none() || is_short().is_some() {
                freed += self.client.rest_skills().await?;
            }
            if is_short().is_some() {
                freed += self.client.rest_models(MODEL_IDLE_SECONDS).await?;
            }
            Ok::<_, ClientError>(freed)
        };
        let freed = match freeing.await {
            Ok(freed) => freed,
            Err(error) => return (self.refused(&error), None),
        };
        let attempt = self.done(Notice::new("rules-done-memory").arg("mb", freed / 1_000_000));
        let message = is_short().map(|level| (Kind::Report, say::still_short(level, freed, self.language)));
        (attempt, message)
    }

    async fn warm(&self, skill: &str) -> (Attempt, Option<(Kind, String)>) {
        let Ok(name) = skill.parse() else {
            let notice = Notice::new("rules-done-no-skill").arg("skill", skill);
            return (Attempt::Hopeless { detail: say::notice(notice, self.language) }, None);
        };
        match self.client.warm_skill(&name).await {
            Ok(()) => (self.done(Notice::new("rules-done-warm").arg("skill", skill)), None),
            Err(error) => (self.refused(&error), None),
        }
    }
}

fn is_still_short(level: &Level, rule: &Rule, folders: &Folders, now: Timestamp) -> bool {
    crate::measure::readings(std::iter::once(rule), folders, now).is_crossed(level).unwrap_or(false)
}

fn done(detail: String) -> Attempt {
    Attempt::Done { detail }
}

fn retry(error: &std::io::Error) -> Attempt {
    Attempt::Retry { detail: error.to_string() }
}

/// The skills that do not work.
pub(crate) fn sick_skills(health: &HealthBody) -> BTreeSet<String> {
    let ill = health.components.iter().filter(|part| part.status == "degraded");
    ill.filter_map(|part| part.name.strip_prefix("skill ")).map(str::to_owned).collect()
}

/// The parts that do not work and do not come back by themselves soon.
fn ill(health: &HealthBody) -> Vec<String> {
    let ill = health.components.iter().filter(|part| part.status == "degraded");
    ill.map(|part| format!("{}: {}", part.name, part.detail)).collect()
}

/// On a thread of its own, because it waits for the disk.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|panic| Err(std::io::Error::other(panic).into()))
}

#[cfg(test)]
mod tests;
