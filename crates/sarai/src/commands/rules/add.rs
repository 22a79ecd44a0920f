//! `sarai rules add`: a rule in words, read back, and added when the owner says yes.

use std::io::{self, IsTerminal};

use sarai_loop::clock;
use sarai_proactive::Rulebook;
use sarai_proactive::rule::Rule;
use sarai_proactive::time::Zone;
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
    #[command(flatten)]
    how: HowArgs,
}

/// How words are read and kept.
#[derive(Debug, clap::Args)]
pub(super) struct HowArgs {
    #[arg(long, help = "cli-help-rules-yes")]
    pub(super) yes: bool,
    #[arg(long, value_name = "N", help = "cli-help-rules-choose")]
    choose: Option<usize>,
    #[arg(long, value_name = "cli-value-zone", help = "cli-help-rules-tz")]
    tz: Option<String>,
    #[command(flatten)]
    pub(super) json: JsonFlag,
}

pub(super) fn run(args: &AddArgs, shell: &Shell) -> anyhow::Result<()> {
    let store = store(shell)?;
    let book = book(shell, &store)?;
    let zone = zone(&args.how, &book)?;
    let parsed = read(&args.text, book, &zone, shell);
    if args.how.json.format() == Format::Text {
        shown::tell(&parsed, &zone, shell)?;
    }
    let chosen = choose(&parsed, &args.how);
    let wanted = chosen.is_some() && confirmed("cli-rules-confirm", &args.how, shell)?;
    if let Some(proposal) = chosen.filter(|_| wanted) {
        store.add_rule(&proposal.rule, clock::now()).map_err(refused)?;
    }
    if args.how.json.format() == Format::Json {
        let mut map = shown::parsed(&parsed, &zone, shell);
        map.insert("added".to_owned(), json!(wanted));
        terminal::line(Value::Object(map))?;
    }
    let proposal = chosen.ok_or_else(|| not_chosen(&parsed))?;
    if !wanted {
        return Err(Told::failed(Notice::new("cli-rules-not-added")).into());
    }
    shell.tell(&Notice::new("cli-rules-added").arg("rule", &proposal.rule.id));
    wake(shell)
}

/// The zone that was named, or that of the rules.
pub(super) fn zone(how: &HowArgs, book: &Rulebook) -> Result<Zone, Told> {
    match &how.tz {
        Some(name) => moments::zone(Some(name)),
        None => Ok(book.house.zone.clone()),
    }
}

pub(super) fn read(text: &[String], book: Rulebook, zone: &Zone, shell: &Shell) -> Parsed {
    let rules: Vec<Rule> = book.rules.into_iter().map(|known| known.rule).collect();
    let context = Context { now: clock::now(), zone: zone.clone(), language: Some(shell.language()), rules: &rules };
    parse(&text.join(" "), &context)
}

pub(super) fn choose<'a>(parsed: &'a Parsed, how: &HowArgs) -> Option<&'a Proposal> {
    match parsed {
        Parsed::Rule(rule) => Some(rule),
        Parsed::Ambiguous { choices, .. } => choices.get(how.choose?.checked_sub(1)?),
        Parsed::NotARule { .. } | Parsed::Impossible { .. } => None,
    }
}

/// Why there is no choice, where that was not said yet.
pub(super) fn not_chosen(parsed: &Parsed) -> Told {
    match parsed {
        Parsed::Ambiguous { .. } => Told::failed(Notice::new("cli-rules-choose")),
        Parsed::Rule(_) | Parsed::NotARule { .. } | Parsed::Impossible { .. } => Told::silent(),
    }
}

/// Asks the person, unless they have said yes; nobody to ask is no.
pub(super) fn confirmed(question: &'static str, how: &HowArgs, shell: &Shell) -> anyhow::Result<bool> {
    if how.yes || how.json.format() == Format::Json {
        return Ok(how.yes);
    }
    if !io::stdin().is_terminal() {
        shell.tell(&Notice::new("cli-rules-say-yes"));
        return Ok(false);
    }
    Ok(agrees(&shell.say(question))?)
}
