//! `sarai skill test`: holds a skill to the contract, in the jail that it will run in.
//!
//! With `--json` one line for each check: `{"check": "serving", "verdict": "passed", "detail": ""}`; `verdict` is
//! `passed`, `failed` or `not-tried`. A skill that may ask the model hears fixed words here, those of `--says` or a greeting,
//! whatever it asks and whatever grammar it wants them held to: there is no model.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use sarai_conform::{Check, Finding, Patience, Sample, Subject, Verdict, check};
use sarai_daemon::skills::{self, Launch, TrialWords};
use sarai_sandbox::{Backend, Launcher};
use sarai_skills::{Granted, Skill};
use sarai_types::{Language, Notice};
use serde_json::json;

use super::{NameArg, granted, places};
use crate::cli::{Format, JsonFlag};
use crate::ending::Told;
use crate::shell::{Shell, wait_for};
use crate::terminal;

#[derive(Debug, clap::Args)]
pub(crate) struct TestArgs {
    #[command(flatten)]
    skill: NameArg,
    #[arg(long, value_name = "cli-value-backend", help = "cli-help-skill-backend", value_parser = backends())]
    #[arg(hide_possible_values = true)]
    backend: Option<Backend>,
    #[arg(long, value_name = "cli-value-text", help = "cli-help-skill-sample")]
    text: Option<String>,
    #[arg(long, value_name = "cli-value-text", help = "cli-help-skill-says")]
    says: Option<String>,
    #[command(flatten)]
    json: JsonFlag,
}

/// Who makes the jail: whom the command line names, or else the config, so that what is tried is what will run.
pub(super) fn backend(named: Option<Backend>, shell: &Shell) -> Result<Backend, Told> {
    Ok(match named {
        Some(backend) => backend,
        None => skills::backend(&shell.config()?),
    })
}

pub(super) fn backends() -> impl TypedValueParser<Value = Backend> {
    PossibleValuesParser::new(Backend::ALL.map(Backend::name))
        .try_map(|word| Backend::from_name(&word).ok_or("no such back end"))
}

pub(super) fn run(args: &TestArgs, shell: &Shell) -> anyhow::Result<()> {
    let name = &args.skill.name;
    let skill = granted(&places(shell)?, name)?;
    if skill.process().is_none() {
        return Err(Told::failed(Notice::new("cli-skill-test-prompt").arg("skill", name)).into());
    }
    let launcher =
        Launcher::find().map_err(|error| Told::failed(Notice::new("cli-jail-failed").arg("detail", error)))?;
    let scratch = tempfile::tempdir()?;
    let backend = backend(args.backend, shell)?;
    let launch = Launch::new(&skill, launcher, backend, scratch.path()).map_err(Told::failed)?;
    let sample = Sample::new(args.text.clone().unwrap_or_else(|| sample(&skill, shell.language())));
    let words = args.says.clone().unwrap_or_else(|| shell.say("cli-skill-test-words"));
    let findings = wait_for(async {
        let _host = launch.trial_host(&skill, TrialWords::Fixed(&words))?;
        let mut jailed = Subject::new(launch.socket(), move |_| launch.command());
        Ok(check(&mut jailed, &sample, &Patience::default()).await)
    })?;
    // Some checks kill the launcher, which then leaves what it would have removed.
    let swept = sarai_sandbox::sweep(backend);
    for finding in &findings {
        terminal::line(match args.json.format() {
            Format::Json => {
                json!({"check": finding.check.id(), "verdict": word(finding.verdict), "detail": finding.detail})
                    .to_string()
            }
            Format::Text => told(finding, shell),
        })?;
    }
    swept.map_err(|error| Told::failed(Notice::new("cli-jail-failed").arg("detail", error)))?;
    if findings.iter().any(|finding| finding.verdict == Verdict::Failed) { Err(Told::silent().into()) } else { Ok(()) }
}

/// Something that the skill should know what to do with.
pub(crate) fn sample(skill: &Skill<Granted>, language: Language) -> String {
    skill.routing().phrases(language).examples.first().cloned().unwrap_or_else(|| "hola".to_owned())
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::NotTried => "not-tried",
    }
}

fn told(Finding { check, verdict, detail }: &Finding, shell: &Shell) -> String {
    let mark = match verdict {
        Verdict::Passed => "+",
        Verdict::Failed => "-",
        Verdict::NotTried => " ",
    };
    let held = shell.say(Check::sentence(*check));
    let detail = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
    terminal::plain(&format!("{mark} {held}{detail}"))
}
