//! `sarai rules add`: a rule in words, read back, and added when the owner says yes.

use std::io::{self, IsTerminal};

use sarai_loop::clock;
use sarai_proactive::words::{Context, Parsed, Proposal, parse};
use sarai_types::Notice;
use serde_json::{Value, json};

use super::{book, moments, refused, shown, store, wake};
use crate::cli::{Format, JsonFlag};
use crate::ending::Told;
use crate::input::agrees;
use crate::shell::Shell;
use crate::terminal;

#[derive(Debug, clap::Args)]
pub(crate) struct AddArgs {
    #[arg(value_name = "cli-value-text", help = "cli-help-rules-text", required = true)]
    text: Vec<String>,
    #[arg(long, help = "cli-help-rules-yes")]
    yes: bool,
    #[arg(long, value_name = "N", help = "cli-help-rules-choose")]
    choose: Option<usize>,
    #[arg(long, value_name = "cli-value-zone", help = "cli-help-rules-tz")]
    tz: Option<String>,
    #[command(flatten)]
    json: JsonFlag,
}

pub(super) fn run(args: &AddArgs, shell: &Shell) -> anyhow::Result<()> {
    let store = store(shell)?;
    let book = book(shell, &store)?;
    let zone = match &args.tz {
        Some(name) => moments::zone(Some(name))?,
        None => book.house.zone.clone(),
    };
    let rules: Vec<_> = book.rules.into_iter().map(|known| known.rule).collect();
    let context = Context { now: clock::now(), zone: zone.clone(), language: Some(shell.language()), rules: &rules };
    let parsed = parse(&args.text.join(" "), &context);
    if args.json.format() == Format::Text {
        shown::tell(&parsed, &zone, shell)?;
    }
    let chosen = choose(&parsed, args);
    let wanted = match chosen {
        Some(_) if args.yes => true,
        Some(_) if args.json.format() == Format::Text => confirmed(shell)?,
        Some(_) | None => false,
    };
    if let Some(proposal) = chosen.filter(|_| wanted) {
        store.add_rule(&proposal.rule, clock::now()).map_err(refused)?;
    }
    if args.json.format() == Format::Json {
        let mut map = shown::parsed(&parsed, &zone, shell);
        map.insert("added".to_owned(), json!(wanted));
        terminal::line(Value::Object(map))?;
    }
    match chosen {
        Some(proposal) if wanted => {
            shell.tell(&Notice::new("cli-rules-added").arg("rule", &proposal.rule.id));
            wake(shell)
        }
        Some(_) => Err(Told::failed(Notice::new("cli-rules-not-added")).into()),
        None if matches!(parsed, Parsed::Ambiguous { .. }) => Err(Told::failed(Notice::new("cli-rules-choose")).into()),
        None => Err(Told::silent().into()),
    }
}

fn choose<'a>(parsed: &'a Parsed, args: &AddArgs) -> Option<&'a Proposal> {
    match parsed {
        Parsed::Rule(rule) => Some(rule),
        Parsed::Ambiguous { choices, .. } => choices.get(args.choose?.checked_sub(1)?),
        Parsed::NotARule { .. } | Parsed::Impossible { .. } => None,
    }
}

/// Asks the person; nobody to ask is no.
fn confirmed(shell: &Shell) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        shell.tell(&Notice::new("cli-rules-say-yes"));
        return Ok(false);
    }
    Ok(agrees(&shell.say("cli-rules-confirm"))?)
}
