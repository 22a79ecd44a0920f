//! `sarai skill trust`: says what a skill asks for, and keeps the owner's answer.
//!
//! Only here is anything agreed to: no client of the running program, no model and no skill comes this way. `--yes`
//! agrees without being asked, `--revoke` takes every agreement about the skill back.

use sarai_daemon::skills::Standing;
use sarai_skills::{GrantProblem, News};
use sarai_types::Notice;

use super::{NameArg, find, places};
use crate::ending::Told;
use crate::input::agrees;
use crate::shell::Shell;
use crate::terminal;

#[derive(Debug, clap::Args)]
pub(crate) struct TrustArgs {
    #[command(flatten)]
    skill: NameArg,
    #[arg(long, help = "cli-help-skill-yes", conflicts_with = "revoke")]
    yes: bool,
    #[arg(long, help = "cli-help-skill-revoke")]
    revoke: bool,
}

pub(super) fn run(args: &TrustArgs, shell: &Shell) -> anyhow::Result<()> {
    let (places, name) = (places(shell)?, &args.skill.name);
    shell.folders.create().map_err(|error| Told::failed(error.notice()))?;
    let damaged = |detail: String| Told::failed(Notice::new("cli-skill-trust-damaged").arg("detail", detail));
    let mut trusts = places.trusts().map_err(|error| damaged(error.to_string()))?;
    if args.revoke {
        let count = trusts.revoke(name);
        places.keep(&trusts).map_err(|error| Told::failed(error.notice()))?;
        return say(shell, &Notice::new("cli-skill-revoked").arg("skill", name).arg("count", count));
    }
    let question = match find(&places, name)?.standing {
        Standing::Granted(_) => return say(shell, &Notice::new("cli-skill-trusted-already").arg("skill", name)),
        Standing::Refused(problems) => {
            return Err(
                Told::new(crate::ending::Exit::Failed, problems.iter().map(GrantProblem::notice).collect()).into()
            );
        }
        Standing::Asks(question) => question,
    };
    for notice in question.news().iter().map(News::notice) {
        say(shell, &notice)?;
    }
    if !args.yes && !agrees(&shell.say("cli-skill-trust-question"))? {
        return Err(Told::failed(Notice::new("cli-skill-not-trusted").arg("skill", name)).into());
    }
    let (_, trust) = question.accept();
    trusts.add(trust);
    places.keep(&trusts).map_err(|error| Told::failed(error.notice()))?;
    say(shell, &Notice::new("cli-skill-trusted").arg("skill", name))
}

fn say(shell: &Shell, notice: &Notice) -> anyhow::Result<()> {
    Ok(terminal::line(terminal::plain(&shell.text(notice)))?)
}
