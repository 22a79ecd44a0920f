//! `sarai skill route`: which skill would answer a text, and why. Needs nothing that runs; where databases are
//! registered, the skill that reads them is asked for their tables, in its jail, as `serve` does it.
//!
//! `--json` prints one line: `{"skill": "sql", "score": 3.2, "threshold": 1.55, "language": "es", "reasons": [{"kind":
//! "words", "words": ["…"]}], "runner_up": {"skill": "python", "score": 0.4}}`; `skill` is null where the model alone
//! would answer.

use sarai_daemon::skills::{self, Reading, SkillPlaces, Standing, survey};
use sarai_sandbox::{Backend, Launcher};
use sarai_skills::{AnswerForm, Database, Reason, Request, RouteReport};
use sarai_types::Notice;

use super::places;
use crate::cli::{Format, JsonFlag};
use crate::shell::{Shell, wait_for};
use crate::terminal;

#[derive(Debug, clap::Args)]
pub(crate) struct RouteArgs {
    #[arg(value_name = "cli-value-text", help = "cli-help-ask-text", required = true)]
    text: Vec<String>,
    #[command(flatten)]
    json: JsonFlag,
}

pub(super) fn run(args: &RouteArgs, shell: &Shell) -> anyhow::Result<()> {
    let places = places(shell)?;
    let backend = skills::backend(&shell.config()?);
    let reading = places.read();
    let surveyed = wait_for(async { Ok(look_into_databases(&reading, backend).await) })?;
    let granted = reading.skills.values().filter_map(|listed| match &listed.standing {
        Standing::Granted(skill) => Some(skill),
        Standing::Asks(_) | Standing::Refused(_) => None,
    });
    let text = args.text.join(" ");
    let request = Request { text: &text, language: shell.language(), form: AnswerForm::Text };
    let route = places.router(granted, &surveyed).route(&request);
    match args.json.format() {
        Format::Json => terminal::line(serde_json::to_string(&RouteReport::from(&route))?)?,
        Format::Text => {
            let reasons: Vec<String> = route.reasons.iter().map(|reason| shell.text(&Reason::notice(reason))).collect();
            let notice = match &route.skill {
                None => Notice::new("cli-skill-route-none"),
                Some(skill) => Notice::new("cli-skill-route-skill").arg("skill", skill),
            };
            let score = terminal::rounded(route.score, shell.language());
            terminal::line(shell.text(&notice.arg("score", score).arg("why", reasons.join("; "))))?;
        }
    }
    Ok(())
}

/// What is in the databases that the owner registered; nothing where no jail can be made.
async fn look_into_databases(reading: &Reading, backend: Backend) -> Vec<Database> {
    let (Some(skill), Ok(launcher)) = (SkillPlaces::surveyor(&reading.skills), Launcher::find()) else {
        return Vec::new();
    };
    let Ok(scratch) = tempfile::tempdir() else { return Vec::new() };
    survey(skill, launcher, backend, scratch.path()).await.unwrap_or_default()
}
