//! `sarai config`: looks for mistakes, shows what counts and where it comes from.
//!
//! `show --json` prints `{generation, settings: [{key, value, origin}], warnings: […]}`; values are texts as they would
//! stand in the file, an origin is `default`, `file:line`, a variable or a flag.

use std::path::{Path, PathBuf};

use sarai_config::{Loaded, SourceFile, Sources};
use sarai_types::Notice;
use serde_json::json;

use crate::cli::{Format, JsonFlag};
use crate::ending::{Exit, Told};
use crate::shell::Shell;
use crate::terminal::{self, Paint, Style};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum ConfigCommand {
    #[command(about = "cli-about-config-check")]
    Check {
        #[arg(value_name = "cli-value-file", help = "cli-help-config-file")]
        file: Option<PathBuf>,
    },
    #[command(about = "cli-about-config-show")]
    Show {
        #[command(flatten)]
        json: JsonFlag,
    },
    #[command(about = "cli-about-config-path")]
    Path,
}

pub(crate) fn run(command: ConfigCommand, shell: &Shell) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Check { file } => check(file.as_deref(), shell),
        ConfigCommand::Show { json } => show(json.format(), shell),
        ConfigCommand::Path => Ok(terminal::line(shell.folders.config_file().display())?),
    }
}

/// One file alone, or everything that would count at a start.
fn check(file: Option<&Path>, shell: &Shell) -> anyhow::Result<()> {
    let sources = match file {
        Some(file) => only(file)?,
        None => shell.sources()?,
    };
    let loaded = shell.load(&sources)?;
    for warning in &loaded.warnings {
        shell.tell(warning);
    }
    shell.tell(&Notice::new("cli-config-fine"));
    Ok(())
}

/// A file that is named must be there; the usual ones need not.
fn only(file: &Path) -> Result<Sources, Told> {
    let wrong = |notice| Told::new(Exit::BadConfig, vec![notice]);
    if !file.exists() {
        return Err(wrong(Notice::new("cli-file-missing").arg("file", file.display())));
    }
    let file = SourceFile::read(file).map_err(|e| wrong(e.notice()))?;
    Ok(Sources { files: vec![file], ..Sources::default() })
}

fn show(format: Format, shell: &Shell) -> anyhow::Result<()> {
    let loaded = shell.load(&shell.sources()?)?;
    match format {
        Format::Json => terminal::line(as_json(&loaded, shell))?,
        Format::Text => {
            let style = Style::of(&std::io::stdout());
            let rows = loaded.rows().map(|(key, value, origin)| {
                let origin = style.paint(Paint::Quiet, &shell.text(&origin.notice()));
                vec![key.name.to_owned(), value, origin]
            });
            terminal::line(terminal::table(&rows.collect::<Vec<_>>()).trim_end())?;
            for warning in &loaded.warnings {
                shell.tell(warning);
            }
        }
    }
    Ok(())
}

fn as_json(loaded: &Loaded, shell: &Shell) -> serde_json::Value {
    let settings = loaded
        .rows()
        .map(|(key, value, origin)| json!({"key": key.name, "value": value, "origin": origin.to_string()}))
        .collect::<Vec<_>>();
    let warnings: Vec<String> = loaded.warnings.iter().map(|warning| shell.text(warning)).collect();
    json!({"generation": loaded.generation, "settings": settings, "warnings": warnings})
}
