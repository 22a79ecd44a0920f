//! `sarai doctor`: looks for what keeps SARAi from working, or from working well, and says what to do.
//!
//! `--fix` mends what can be mended without asking: rights of files and folders, and a socket that nobody answers on.
//! `--json` prints `{ok, checks: [{id, status, detail, parts, fixed}]}`; `parts` has an entry for each layer of the jail,
//! which a person reads only if one does not hold; `status` is `ok`, `warn` or `fail`, `ok` is false if any check fails,
//! and `fixed` says that `--fix` mended it before it was looked at again.
//!
//! # Modules
//! - `facts`: what is known of this computer and this installation; the only one that looks.
//! - `checks`: what each fact means.

mod checks;
mod facts;

use std::collections::BTreeSet;

use serde_json::json;

use self::checks::{Check, Grade, Remedy};
use self::facts::Facts;
use crate::cli::{Format, JsonFlag};
use crate::ending::Told;
use crate::shell::{Shell, wait_for};
use crate::terminal::{self, Paint, Style};

#[derive(Debug, clap::Args)]
pub(crate) struct DoctorArgs {
    #[arg(long, help = "cli-help-doctor-fix")]
    fix: bool,
    #[command(flatten)]
    json: JsonFlag,
}

pub(crate) fn run(args: &DoctorArgs, shell: &Shell) -> anyhow::Result<()> {
    let mut checks = examine(shell)?;
    let mut fixed = BTreeSet::new();
    if args.fix {
        for check in &checks {
            for remedy in &check.remedies {
                remedy.apply()?;
                fixed.insert(check.id);
            }
        }
        checks = examine(shell)?;
    }
    match args.json.format() {
        Format::Json => {
            let rows: Vec<_> = checks.iter().map(|check| as_json(check, &fixed, shell)).collect();
            terminal::line(json!({"ok": !any_fails(&checks), "checks": rows}))?;
        }
        Format::Text => write(&checks, &fixed, shell)?,
    }
    if any_fails(&checks) { Err(Told::silent().into()) } else { Ok(()) }
}

fn examine(shell: &Shell) -> anyhow::Result<Vec<Check>> {
    let facts = wait_for(async { Ok(Facts::gather(shell).await) })?;
    Ok(checks::all(&facts, shell.language()))
}

fn any_fails(checks: &[Check]) -> bool {
    checks.iter().any(|check| check.grade == Grade::Fail)
}

fn as_json(check: &Check, fixed: &BTreeSet<&str>, shell: &Shell) -> serde_json::Value {
    let status = match check.grade {
        Grade::Ok => "ok",
        Grade::Warn => "warn",
        Grade::Fail => "fail",
    };
    let detail = shell.text(&check.detail);
    let parts: serde_json::Map<_, _> =
        check.parts.iter().map(|(part, state)| ((*part).to_owned(), json!(state))).collect();
    json!({"id": check.id, "status": status, "detail": detail, "parts": parts, "fixed": fixed.contains(check.id)})
}

fn write(checks: &[Check], fixed: &BTreeSet<&str>, shell: &Shell) -> std::io::Result<()> {
    let style = Style::of(&std::io::stdout());
    let words = ["doctor-ok", "doctor-warn", "doctor-fail"].map(|id| shell.say(id));
    let width = words.iter().map(|word| word.chars().count()).max().unwrap_or(0);
    for check in checks {
        let (word, paint) = match check.grade {
            Grade::Ok => (&words[0], Paint::Good),
            Grade::Warn => (&words[1], Paint::Doubtful),
            Grade::Fail => (&words[2], Paint::Bad),
        };
        let padding = " ".repeat(width - word.chars().count());
        let mended = if fixed.contains(check.id) { format!(" ({})", shell.say("doctor-fixed")) } else { String::new() };
        let detail = terminal::plain(&shell.text(&check.detail));
        let title = shell.say(check.title);
        terminal::line(format!("{}{padding}  {title}: {detail}{mended}", style.paint(paint, word)))?;
        // Where all is well, what it is made of is for programs.
        for (part, state) in check.parts.iter().filter(|_| check.grade != Grade::Ok) {
            terminal::line(format!("{}    {part}: {state}", " ".repeat(width)))?;
        }
    }
    let summary = if any_fails(checks) { "doctor-summary-fails" } else { "doctor-summary-well" };
    terminal::sentence(&shell.say(summary));
    let mendable = |check: &Check| !check.remedies.is_empty();
    if checks.iter().any(mendable) {
        terminal::sentence(&shell.say("doctor-fixable"));
    }
    Ok(())
}

impl Remedy {
    fn apply(&self) -> std::io::Result<()> {
        use std::os::unix::fs::PermissionsExt;
        match self {
            Self::Rights { path, mode } => fs_err::set_permissions(path, std::fs::Permissions::from_mode(*mode)),
            Self::Remove { path } => fs_err::remove_file(path),
        }
    }
}
