//! `sarai rules edit`: other words for a rule, or other keys, read back and kept under the same name.

use sarai_loop::clock;
use sarai_proactive::form::{self, Field};
use sarai_proactive::rule::{Rule, Trigger};
use sarai_proactive::words::Proposal;
use sarai_proactive::{Known, Origin};
use sarai_types::Notice;
use serde_json::json;

use super::add::{HowArgs, choose, confirmed, not_chosen, read, zone};
use super::{book, name, refused, shown, store, wake};
use crate::cli::Format;
use crate::ending::{Exit, Told};
use crate::shell::Shell;
use crate::terminal;

/// So many next times are shown.
const NEXT: usize = 5;

#[derive(Debug, clap::Args)]
pub(crate) struct EditArgs {
    #[arg(value_name = "cli-value-rule", help = "cli-help-rules-name")]
    rule: String,
    #[arg(value_name = "cli-value-text", help = "cli-help-rules-edit-text", required_unless_present = "key")]
    text: Vec<String>,
    #[arg(long, value_name = "cli-value-setting", help = "cli-help-rules-key", value_parser = setting)]
    key: Vec<(String, String)>,
    #[command(flatten)]
    how: HowArgs,
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or_else(|| text.to_owned())?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

pub(super) fn run(args: &EditArgs, shell: &Shell) -> anyhow::Result<()> {
    let store = store(shell)?;
    let book = book(shell, &store)?;
    let id = name(&args.rule)?;
    let old = match book.find(&id) {
        Some(Known { rule, origin: Origin::Words { .. } }) => rule.clone(),
        Some(_) | None => {
            return Err(Told::failed(book.not_in_words(&args.rule, shell.folders.rules_file().display())).into());
        }
    };
    let zone = zone(&args.how, &book)?;
    let rule = if args.text.is_empty() {
        old.clone()
    } else {
        let parsed = read(&args.text, book, &zone, shell);
        let Some(chosen) = choose(&parsed, &args.how) else {
            shown::tell(&parsed, &zone, shell)?;
            return Err(not_chosen(&parsed).into());
        };
        Rule { id, status: old.status, ..chosen.rule.clone() }
    };
    let rule = with(rule, &args.key, &zone)?;
    let next = match &rule.trigger {
        Trigger::Times(times) => times.upcoming(clock::now(), NEXT),
        Trigger::Watch(_) => Vec::new(),
    };
    let proposal = Proposal { rule, next };
    let is_json = args.how.json.format() == Format::Json;
    if !is_json {
        shown::proposed(&proposal, "", &zone, shell)?;
    }
    let is_kept = confirmed("cli-rules-confirm-edit", &args.how, shell)?;
    if is_kept {
        store.replace_rule(&proposal.rule, clock::now()).map_err(refused)?;
    }
    if is_json {
        let mut map = shown::proposal(&proposal, &zone, shell);
        map["changed"] = json!(is_kept);
        terminal::line(map)?;
    }
    if !is_kept {
        return Err(Told::failed(Notice::new("cli-rules-not-edited")).into());
    }
    shell.tell(&Notice::new("cli-rules-edited").arg("rule", &proposal.rule.id));
    wake(shell)
}

/// The rule with other keys of a rules file; one without a value is taken out.
fn with(rule: Rule, set: &[(String, String)], zone: &sarai_proactive::time::Zone) -> Result<Rule, Told> {
    let mut fields: Vec<(String, Field)> =
        form::write(&rule).into_iter().map(|(key, field)| (key.to_owned(), field)).collect();
    if !set.is_empty() {
        // They say something else now.
        fields.retain(|(known, _)| known != "words");
    }
    for (key, value) in set {
        fields.retain(|(known, _)| known != key);
        if !value.is_empty() {
            fields.push((key.clone(), Field::Text(value.clone())));
        }
    }
    form::read(rule.id, &fields, zone).map_err(|error| {
        Told::new(Exit::Usage, vec![Notice::new("cli-rules-key").arg("key", &error.key), error.notice])
    })
}
