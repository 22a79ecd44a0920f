//! Which skills there are, and everything about one.
//!
//! `list --json` prints `{skills: [{name, version, origin, standing, description, folder}], problems: ["…"]}`; `show
//! --json` prints one of them with `command`, `grants` and `limits` besides. `standing` is `granted`, `asks` or
//! `refused`, `origin` is `built-in`, `project`, `user` or `shared`.

use sarai_daemon::skills::{Listed, Reading, Standing};
use sarai_sandbox::{Access, Root};
use sarai_skills::{Broken, GrantProblem, Limits, News, Origin, Problem, Process, Program, Remark};
use sarai_types::Notice;
use serde_json::{Value, json};

use super::{NameArg, find, places};
use crate::cli::{Format, JsonFlag};
use crate::shell::Shell;
use crate::terminal;

#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    skill: NameArg,
    #[command(flatten)]
    json: JsonFlag,
}

pub(super) fn list(format: Format, shell: &Shell) -> anyhow::Result<()> {
    let Reading { skills, broken, remarks, left_out } = places(shell)?.read();
    let broken = broken.iter().flat_map(|Broken { problems, .. }| problems).map(Problem::notice);
    let notices = broken.chain(remarks.iter().map(Remark::notice)).chain(left_out.iter().map(GrantProblem::notice));
    let problems: Vec<String> = notices.map(|notice| shell.text(&notice)).collect();
    match format {
        Format::Json => {
            let skills: Vec<Value> = skills.values().map(row).collect();
            terminal::line(json!({"skills": skills, "problems": problems}))?;
        }
        Format::Text => {
            let width = skills.keys().map(|name| name.as_str().len()).max().unwrap_or(0);
            for (name, listed) in &skills {
                let standing = shell.say(match listed.standing {
                    Standing::Granted(_) => "cli-skill-granted",
                    Standing::Asks(_) => "cli-skill-asks",
                    Standing::Refused(_) => "cli-skill-refused",
                });
                let description = listed.skill.description();
                terminal::line(terminal::plain(&format!("{:width$}  {standing}  {description}", name.as_str())))?;
            }
            for problem in problems {
                terminal::sentence(&problem);
            }
        }
    }
    Ok(())
}

pub(super) fn show(args: &ShowArgs, shell: &Shell) -> anyhow::Result<()> {
    let listed = find(&places(shell)?, &args.skill.name)?;
    let mut about = row(&listed);
    if let Some(process) = listed.skill.process() {
        about["command"] = json!(command(process));
        about["root"] = json!(match process.root {
            Root::Empty => "empty",
            Root::System => "system",
        });
        about["grants"] = grants(process);
        about["limits"] = limits(process);
    }
    match args.json.format() {
        Format::Json => terminal::line(about)?,
        Format::Text => {
            for (key, value) in about.as_object().into_iter().flatten() {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                terminal::line(terminal::plain(&format!("{key}: {text}")))?;
            }
            for notice in waits_for(&listed.standing) {
                shell.tell(&notice);
            }
        }
    }
    Ok(())
}

/// What stands between a skill and its first answer.
fn waits_for(standing: &Standing) -> Vec<Notice> {
    match standing {
        Standing::Granted(_) => Vec::new(),
        Standing::Asks(question) => question.news().iter().map(News::notice).collect(),
        Standing::Refused(problems) => problems.iter().map(GrantProblem::notice).collect(),
    }
}

fn row(Listed { skill, standing }: &Listed) -> Value {
    let standing = match standing {
        Standing::Granted(_) => "granted",
        Standing::Asks(_) => "asks",
        Standing::Refused(_) => "refused",
    };
    let origin = match skill.origin() {
        Origin::BuiltIn => "built-in",
        Origin::Project => "project",
        Origin::User => "user",
        Origin::Shared => "shared",
    };
    json!({
        "name": skill.name().as_str(),
        "version": skill.version().as_str(),
        "origin": origin,
        "standing": standing,
        "description": skill.description(),
        "folder": skill.folder(),
    })
}

fn command(process: &Process) -> Vec<String> {
    let program = match &process.program {
        Program::Own(path) => path.as_path().display().to_string(),
        Program::System(name) => name.clone(),
    };
    std::iter::once(program).chain(process.arguments.iter().cloned()).collect()
}

fn grants(process: &Process) -> Value {
    let paths = |access| {
        let given = process.grants.data.iter().filter(move |data| data.access == access);
        given.map(|data| data.path.as_str()).collect::<Vec<_>>()
    };
    let generate = process.grants.generate.map(
        |generate| json!({"tokens_per_call": generate.tokens_per_call, "calls_per_minute": generate.calls_per_minute}),
    );
    json!({
        "network": [],
        "read": paths(Access::ReadOnly),
        "write": paths(Access::ReadWrite),
        "generate": generate,
    })
}

fn limits(process: &Process) -> Value {
    let Limits { jail, start, call } = process.limits;
    json!({
        "memory_bytes": jail.memory_bytes,
        "pids": jail.pids,
        "open_files": jail.open_files,
        "tmp_bytes": jail.tmp_bytes,
        "file_bytes": jail.file_bytes,
        "start_ms": start.as_millis(),
        "call_ms": call.as_millis(),
    })
}
