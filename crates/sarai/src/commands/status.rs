//! `sarai status`: whether it runs, and how each part is.
//!
//! With `--json`, the object of `GET /health`: `{status, version, components: [{name, status, detail, restarts,
//! resident_bytes}]}`. When nothing runs, `status` is `stopped`, `version` this program's, and there is no component.

use sarai_api::client::{ClientError, HealthBody};
use sarai_types::Notice;

use crate::answer::{Standing, unanswered};
use crate::cli::{Format, JsonFlag};
use crate::ending::Told;
use crate::shell::{Shell, wait_for};
use crate::terminal::{self, Paint, Style};

#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    json: JsonFlag,
}

pub(crate) fn run(args: &StatusArgs, shell: &Shell) -> anyhow::Result<()> {
    let client = shell.client()?;
    let health = wait_for(async { Ok(client.health().await) })?;
    let health = match (health, args.json.format()) {
        (Ok(health), _) => health,
        (Err(ClientError::NotRunning { .. }), Format::Json) => stopped(),
        (Err(error), _) => return Err(unanswered(&error).into()),
    };
    match args.json.format() {
        Format::Json => terminal::line(serde_json::to_string(&health)?)?,
        Format::Text => write(&health, shell)?,
    }
    match Standing::of(&health.status) {
        Standing::Ready => Ok(()),
        Standing::Starting | Standing::Degraded | Standing::Stopping | Standing::Unknown => Err(Told::silent().into()),
    }
}

fn stopped() -> HealthBody {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    HealthBody { status: "stopped".to_owned(), version, components: Vec::new() }
}

fn write(health: &HealthBody, shell: &Shell) -> std::io::Result<()> {
    let style = Style::of(&std::io::stdout());
    let head = Notice::new("cli-status-head").arg("version", &health.version);
    terminal::line(format!("{} {}", shell.text(&head), standing(&health.status, shell, style)))?;
    for part in &health.components {
        let mut line = format!("  {}: {}", part.name, standing(&part.status, shell, style));
        if let Some(bytes) = part.resident_bytes {
            line.push_str(&format!(", {}", terminal::size(bytes, shell.language())));
        }
        if part.restarts > 0 {
            let restarts = Notice::new("cli-status-restarts").arg("count", part.restarts);
            line.push_str(&format!(", {}", shell.text(&restarts)));
        }
        terminal::line(terminal::plain(&line))?;
        if !part.detail.is_empty() {
            terminal::line(format!("    {}", terminal::plain(&part.detail)))?;
        }
    }
    Ok(())
}

fn standing(word: &str, shell: &Shell, style: Style) -> String {
    let (id, paint) = match Standing::of(word) {
        Standing::Ready => ("cli-standing-ready", Paint::Good),
        Standing::Starting => ("cli-standing-starting", Paint::Doubtful),
        Standing::Degraded => ("cli-standing-degraded", Paint::Bad),
        Standing::Stopping => ("cli-standing-stopping", Paint::Doubtful),
        Standing::Unknown => return word.to_owned(),
    };
    style.paint(paint, &shell.say(id))
}
