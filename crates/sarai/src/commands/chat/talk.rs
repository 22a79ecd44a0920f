//! The conversation itself: what was said, what comes next, and what it took.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use fs_err::OpenOptions;
use fs_err::os::unix::fs::OpenOptionsExt;
use sarai_api::client::{ChatRequest, Client, ClientError};
use sarai_api::{ASSISTANT, assistant_with};
use sarai_types::{FinishReason, Message, ModelId, Notice, Role};

use crate::answer::{self, Draft};
use crate::shell::Shell;
use crate::terminal::{self, Paint, Spinner, Style};

/// A conversation under way.
#[derive(Debug)]
pub(super) struct Talk<'a> {
    shell: &'a Shell,
    client: Client,
    /// None is the assistant's own.
    model: Option<ModelId>,
    /// Questions and answers in turn; it ends with an answer.
    messages: Vec<Message>,
    stats: Stats,
}

/// Sums over all answers since the start.
#[derive(Debug, Default)]
struct Stats {
    answers: u32,
    tokens: u32,
    decoded: u32,
    decode_ms: f64,
    first_token_ms: f64,
}

impl<'a> Talk<'a> {
    pub(super) fn new(shell: &'a Shell, client: Client, model: Option<ModelId>) -> Self {
        Self { shell, client, model, messages: Vec::new(), stats: Stats::default() }
    }

    /// As the list of models has it.
    pub(super) fn model(&self) -> &str {
        self.model.as_ref().map_or(ASSISTANT, ModelId::as_str)
    }

    /// The assistant goes on with this model, or with its own by its own name.
    pub(super) fn choose(&mut self, model: &str) {
        self.model = model.parse().ok().filter(|_| model != ASSISTANT);
    }

    /// The models that would answer.
    ///
    /// # Errors
    /// The inner one: why the program does not say.
    pub(super) async fn models(&self) -> anyhow::Result<Result<Vec<String>, ClientError>> {
        Ok(self.client.models().await.map(|models| models.into_iter().map(|model| model.id).collect()))
    }

    /// Starts anew; the sums go on.
    pub(super) fn forget(&mut self) {
        self.messages.clear();
    }

    /// Asks, and writes the answer as it comes.
    ///
    /// # Errors
    /// There is no answer; the conversation is as it was before.
    pub(super) async fn answer(&mut self, question: &str) -> anyhow::Result<()> {
        let mut draft = Draft::default();
        let taken = self.take(question, &mut draft).await;
        self.settle(question, draft, taken)
    }

    /// As [`Talk::answer`], but Ctrl-C ends the answer. What has come of it stays.
    ///
    /// # Errors
    /// As [`Talk::answer`].
    pub(super) async fn answer_until_interrupted(&mut self, question: &str) -> anyhow::Result<()> {
        let mut draft = Draft::default();
        let taken = tokio::select! {
            biased;
            pressed = tokio::signal::ctrl_c() => pressed.map(|()| Taken::Stopped).map_err(anyhow::Error::from),
            taken = self.take(question, &mut draft) => taken,
        };
        self.settle(question, draft, taken)
    }

    async fn take(&self, question: &str, draft: &mut Draft) -> anyhow::Result<Taken> {
        answer::ready(&self.client, self.shell).await?;
        let mut messages = self.messages.clone();
        messages.push(Message::new(Role::User, question));
        let model = self.model.as_ref().map_or_else(|| ASSISTANT.to_owned(), assistant_with);
        let request = ChatRequest { model, messages, ..ChatRequest::default() };
        let mut spinner = Some(Spinner::new());
        if let Some(spinner) = &mut spinner
            && io::stdin().is_terminal()
        {
            spinner.say(&self.shell.say("chat-thinking"));
        }
        draft
            .take(&self.client, &request, |piece| {
                spinner = None;
                let mut out = io::stdout().lock();
                out.write_all(if out.is_terminal() { terminal::plain(piece) } else { piece.to_owned() }.as_bytes())?;
                out.flush()
            })
            .await?;
        Ok(Taken::Whole)
    }

    /// Makes what came of a question part of the conversation.
    fn settle(&mut self, question: &str, draft: Draft, taken: anyhow::Result<Taken>) -> anyhow::Result<()> {
        if !draft.text.is_empty() {
            terminal::line("")?;
        }
        let taken = taken?;
        let answer = draft.finish();
        let remarks: Vec<Notice> = answer.skill_notice().into_iter().chain(answer.memory_notices()).collect();
        if !answer.text.is_empty() {
            self.messages.push(Message::new(Role::User, question));
            self.messages.push(Message::new(Role::Assistant, answer.text));
        }
        match taken {
            Taken::Stopped => self.quietly(&Notice::new("chat-stopped")),
            Taken::Whole if answer.reason == FinishReason::Length => self.quietly(&Notice::new("cli-answer-cut")),
            Taken::Whole => {}
        }
        for notice in &remarks {
            self.quietly(notice);
        }
        // What the memory answers takes no tokens, and no time worth a line.
        if let Some(figures) = answer.figures.filter(|figures| figures.usage.completion_tokens > 0) {
            self.stats.add(&figures);
            self.quietly(&figures.notice(self.shell.language()));
        }
        Ok(())
    }

    /// A remark for a person who watches; nobody else gets it.
    fn quietly(&self, notice: &Notice) {
        if io::stdin().is_terminal() {
            let style = Style::of(&io::stderr());
            terminal::decorated(&style.paint(Paint::Quiet, &self.shell.text(notice)));
        }
    }

    pub(super) fn stats(&self) -> Notice {
        let Stats { answers, tokens, decoded, decode_ms, first_token_ms } = &self.stats;
        let language = self.shell.language();
        let rate = |amount: f64, by: f64| match by > 0.0 {
            true => terminal::rounded(amount / by, language),
            false => "-".to_owned(),
        };
        Notice::new("chat-stats")
            .arg("answers", answers)
            .arg("tokens", tokens)
            .arg("speed", rate(f64::from(*decoded) * 1000.0, *decode_ms))
            .arg("first", rate(first_token_ms / 1000.0, f64::from(*answers)))
    }

    /// Writes the conversation as Markdown into a new file, for the owner alone.
    ///
    /// # Errors
    /// There is such a file already, or it cannot be written.
    pub(super) fn save(&self, file: &Path) -> io::Result<()> {
        let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
        for message in &self.messages {
            let speaker = match message.role {
                Role::User => self.shell.say("chat-speaker-you"),
                Role::System | Role::Assistant | Role::Tool => "SARAi".to_owned(),
            };
            writeln!(out, "## {speaker}\n\n{}\n", message.text.trim_end())?;
        }
        out.sync_all()
    }
}

impl Stats {
    fn add(&mut self, figures: &answer::Figures) {
        self.answers += 1;
        self.tokens += figures.usage.completion_tokens;
        self.decoded += figures.usage.completion_tokens.saturating_sub(1);
        self.decode_ms += figures.timings.decode_ms;
        self.first_token_ms += figures.first_token_ms();
    }
}

/// How taking an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    Whole,
    Stopped,
}
