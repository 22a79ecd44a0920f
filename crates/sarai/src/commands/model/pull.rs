//! `sarai model pull`: brings a model here, with a bar on a terminal and a line now and then elsewhere.

use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use sarai_models::{Library, Network, Progress, PullError, Pulled};
use sarai_types::{ModelId, Notice};
use serde_json::json;

use crate::cli::Format;
use crate::ending::Told;
use crate::shell::{Shell, default_model};
use crate::terminal;

/// How often a line is said where no bar can be drawn.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// What to pull.
enum Wanted<'a> {
    Model(ModelId),
    File(&'a Path),
}

pub(super) fn run(what: Option<&Path>, format: Format, shell: &Shell) -> anyhow::Result<()> {
    let library = shell.library()?;
    let wanted = match what {
        Some(what) => wanted(what)?,
        None => Wanted::Model(default_model(&shell.config()?, library.catalog())?),
    };
    let pulled = pulled(&library, &wanted, shell)?;
    match format {
        Format::Json => terminal::line(as_json(&pulled))?,
        Format::Text => tell(&pulled, shell),
    }
    Ok(())
}

/// Brings a model of the catalogue here, and says so.
///
/// # Errors
/// Why it did not come.
pub(in crate::commands) fn bring(id: &ModelId, shell: &Shell) -> Result<(), Told> {
    tell(&pulled(&shell.library()?, &Wanted::Model(id.clone()), shell)?, shell);
    Ok(())
}

fn pulled(library: &Library, wanted: &Wanted<'_>, shell: &Shell) -> Result<Pulled, Told> {
    let mut watcher = Watcher::new(shell);
    let mut progress = |news: Progress<'_>| watcher.hear(&news);
    let pulled = match wanted {
        Wanted::Model(id) => library.pull(id, &Network::from_env(), &mut progress),
        Wanted::File(file) => library.pull_file(file, &mut progress),
    };
    drop(watcher);
    pulled.map_err(|error| refused(&error))
}

fn tell(pulled: &Pulled, shell: &Shell) {
    let size = terminal::size(pulled.bytes, shell.language());
    shell.tell(&Notice::new("cli-model-pulled").arg("file", pulled.path.display()).arg("size", size));
}

/// A path with a slash, of a file that exists, or with a model's ending means a file; anything else a model's id.
fn wanted(what: &Path) -> Result<Wanted<'_>, Told> {
    let text = what.to_string_lossy();
    if text.contains('/') || text.ends_with(".gguf") || what.is_file() {
        if !what.is_file() {
            return Err(Told::failed(Notice::new("cli-file-missing").arg("file", what.display())));
        }
        return Ok(Wanted::File(what));
    }
    match text.parse() {
        Ok(id) => Ok(Wanted::Model(id)),
        Err(_) => Err(Told::failed(Notice::new("models-unknown").arg("model", text))),
    }
}

fn refused(error: &PullError) -> Told {
    Told::failed(error.notice())
}

fn as_json(pulled: &Pulled) -> serde_json::Value {
    json!({"path": pulled.path.display().to_string(), "bytes": pulled.bytes, "sha256": pulled.sha256.to_string()})
}

/// Shows how a pull goes on.
struct Watcher<'a> {
    shell: &'a Shell,
    bar: ProgressBar,
    /// When a line was said last, where there is no bar.
    said: Option<Instant>,
}

impl<'a> Watcher<'a> {
    fn new(shell: &'a Shell) -> Self {
        let bar = ProgressBar::with_draw_target(None, terminal::target());
        let style = "{msg} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style.progress_chars(terminal::bar_chars()));
        }
        Self { shell, bar, said: None }
    }

    fn hear(&mut self, news: &Progress<'_>) {
        match news {
            Progress::SourceTried { source } => self.say(&Notice::new("cli-model-source").arg("source", source)),
            Progress::SourceLeft { why, .. } => self.say(&why.notice()),
            Progress::Bytes { done, total } => self.move_to("cli-model-downloading", *done, *total),
            Progress::Checking { done, total } => self.move_to("cli-model-checking", *done, Some(*total)),
        }
    }

    fn say(&self, notice: &Notice) {
        self.bar.suspend(|| self.shell.tell(notice));
    }

    fn move_to(&mut self, id: &'static str, done: u64, total: Option<u64>) {
        if self.bar.is_hidden() {
            return self.line(id, done, total);
        }
        let message = self.shell.say(id);
        if self.bar.message() != message {
            // Another kind of work: its speed has nothing to do with the one before.
            self.bar.reset();
            self.bar.set_message(message);
        }
        self.bar.set_length(total.unwrap_or(done));
        self.bar.set_position(done);
    }

    fn line(&mut self, id: &'static str, done: u64, total: Option<u64>) {
        let now = now();
        if self.said.is_some_and(|said| now.duration_since(said) < LINE_EVERY) {
            return;
        }
        self.said = Some(now);
        let size = |bytes| terminal::size(bytes, self.shell.language());
        let total = total.map_or_else(|| "?".to_owned(), size);
        terminal::sentence(&format!("{} {} / {total}", self.shell.say(id), size(done)));
    }
}

impl Drop for Watcher<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[expect(clippy::disallowed_methods, reason = "the command line is a shell, and says how long things take")]
fn now() -> Instant {
    Instant::now()
}
