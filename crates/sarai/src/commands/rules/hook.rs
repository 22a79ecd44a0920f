//! `sarai rules hook`: what another program needs to call a webhook.

use sarai_api::Hook;
use sarai_daemon::token;
use sarai_proactive::rule::{Trigger, Watch};
use sarai_types::Notice;
use secrecy::ExposeSecret;
use serde_json::json;

use super::{book, store};
use crate::cli::{Format, JsonFlag};
use crate::commands::pair::origin;
use crate::ending::{Exit, Told};
use crate::shell::Shell;
use crate::terminal;

#[derive(Debug, clap::Args)]
pub(crate) struct HookArgs {
    #[arg(value_name = "cli-value-name", help = "cli-help-rules-hook")]
    name: String,
    #[command(flatten)]
    json: JsonFlag,
}

pub(super) fn run(args: &HookArgs, shell: &Shell) -> anyhow::Result<()> {
    let store = store(shell)?;
    let owner = token::read_or_make(&token::path(&shell.folders)).map_err(|e| Told::failed(e.notice()))?;
    let no_name = || Told::new(Exit::Usage, vec![Notice::new("cli-rules-hook-name").arg("name", &args.name)]);
    let hook = Hook::new(&owner, &args.name).ok_or_else(no_name)?;
    let url = format!("{}{}", origin(shell, &shell.config()?), hook.path);
    let token = hook.token.expose_secret();
    match args.json.format() {
        Format::Json => terminal::line(json!({"url": url, "token": token}))?,
        Format::Text => {
            let is_waited_for = book(shell, &store)?.rules.iter().any(
                |known| matches!(&known.rule.trigger, Trigger::Watch(Watch::Webhook { name }) if *name == args.name),
            );
            if !is_waited_for {
                shell.tell(&Notice::new("cli-rules-hook-alone").arg("name", &args.name));
            }
            shell.tell(&Notice::new("cli-rules-hook"));
            terminal::line(format!("curl -X POST -H 'Authorization: Bearer {token}' {url}"))?;
        }
    }
    Ok(())
}
