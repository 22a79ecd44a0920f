//! `sarai skill bench`: what one skill costs, in the jail that it runs in: its starts, its health, its calls, its memory.
//!
//! The figures and the JSON are those of `sarai bench skills`. A skill that asks the model hears fixed words, those of
//! `--says`, so that the figures are the skill's own.

use sarai_sandbox::Backend;
use sarai_types::Notice;

use super::{NameArg, granted, places, test};
use crate::bench::{self, Sample};
use crate::cli::JsonFlag;
use crate::ending::Told;
use crate::shell::{Shell, wait_for};

#[derive(Debug, clap::Args)]
pub(crate) struct BenchArgs {
    #[command(flatten)]
    skill: NameArg,
    #[arg(long, value_name = "cli-value-backend", help = "cli-help-skill-backend", value_parser = test::backends())]
    #[arg(hide_possible_values = true)]
    backend: Option<Backend>,
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    #[arg(value_name = "bench-value-count", help = "bench-help-starts")]
    starts: u32,
    #[arg(long, value_name = "cli-value-text", help = "cli-help-skill-sample")]
    text: Option<String>,
    #[arg(long, value_name = "cli-value-text", help = "cli-help-skill-says")]
    says: Option<String>,
    #[command(flatten)]
    json: JsonFlag,
}

pub(super) fn run(args: &BenchArgs, shell: &Shell) -> anyhow::Result<()> {
    let name = &args.skill.name;
    let skill = granted(&places(shell)?, name)?;
    if skill.process().is_none() {
        return Err(Told::failed(Notice::new("cli-skill-test-prompt").arg("skill", name)).into());
    }
    let text = args.text.clone().unwrap_or_else(|| test::sample(&skill, shell.language()));
    let says = args.says.clone().unwrap_or_else(|| shell.say("cli-skill-test-words"));
    let sample = Sample { text: &text, language: shell.language(), says: &says };
    let backend = test::backend(args.backend, shell)?;
    wait_for(bench::of_skill(&skill, backend, args.starts, sample, args.json.format(), shell))
}
