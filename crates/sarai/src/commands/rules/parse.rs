//! `sarai rules parse`: what words mean as a rule. Nothing of the owner's is read or written.

use sarai_loop::clock;
use sarai_proactive::words::{Context, parse};
use serde_json::Value;

use super::{moments, shown};
use crate::cli::{Format, JsonFlag};
use crate::shell::Shell;
use crate::terminal;

#[derive(Debug, clap::Args)]
pub(crate) struct ParseArgs {
    #[arg(value_name = "cli-value-text", help = "cli-help-rules-text", required = true)]
    text: Vec<String>,
    #[arg(long, value_name = "cli-value-time", help = "cli-help-rules-now")]
    now: Option<String>,
    #[arg(long, value_name = "cli-value-zone", help = "cli-help-rules-tz")]
    tz: Option<String>,
    #[command(flatten)]
    json: JsonFlag,
}

pub(super) fn run(args: &ParseArgs, shell: &Shell) -> anyhow::Result<()> {
    let zone = moments::zone(args.tz.as_deref())?;
    let now = args.now.as_deref().map_or_else(|| Ok(clock::now()), |now| moments::moment(now, &zone))?;
    let context = Context { now, zone: zone.clone(), language: Some(shell.language()), rules: &[] };
    let parsed = parse(&args.text.join(" "), &context);
    match args.json.format() {
        Format::Json => terminal::line(Value::Object(shown::parsed(&parsed, &zone, shell)))?,
        Format::Text => shown::tell(&parsed, &zone, shell)?,
    }
    Ok(())
}
