//! What can be asked: the commands and what they share.
//!
//! Where clap wants a text, the id of a message stands; [`crate::help`] puts the person's language in its place.

use clap::{Parser, Subcommand};

use crate::bench::BenchArgs;
use crate::commands::{
    ask, chat, completion, config, doctor, grammar, jail, loop_, memory, model, onboard, rules, serve, service, skill,
    status, uninstall,
};

#[derive(Debug, Parser)]
#[command(name = "sarai", version, about = "cli-about", arg_required_else_help = true)]
#[command(disable_help_flag = true, disable_help_subcommand = true, disable_version_flag = true)]
pub(crate) struct Cli {
    /// Keys of the config with their values, stronger than every other place.
    #[arg(long = "set", global = true, value_name = "cli-value-setting", help = "cli-help-set", value_parser = setting)]
    pub(crate) settings: Vec<(String, String)>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(about = "setup-about-onboard")]
    Onboard(onboard::OnboardArgs),
    #[command(about = "cli-about-up")]
    Up,
    #[command(about = "cli-about-serve")]
    Serve(serve::ServeArgs),
    #[command(about = "cli-about-loop")]
    Loop(loop_::LoopArgs),
    #[command(about = "cli-about-pair")]
    Pair,
    #[command(about = "cli-about-chat")]
    Chat(chat::ChatArgs),
    #[command(about = "cli-about-ask")]
    Ask(ask::AskArgs),
    #[command(about = "cli-about-model", subcommand)]
    Model(model::ModelCommand),
    #[command(about = "cli-about-status")]
    Status(status::StatusArgs),
    #[command(about = "cli-about-doctor")]
    Doctor(doctor::DoctorArgs),
    #[command(about = "cli-about-config", subcommand)]
    Config(config::ConfigCommand),
    #[command(about = "cli-about-bench")]
    Bench(BenchArgs),
    #[command(about = "cli-about-skill", subcommand)]
    Skill(skill::SkillCommand),
    #[command(about = "cli-about-memory", subcommand)]
    Memory(memory::MemoryCommand),
    #[command(about = "cli-about-rules", subcommand)]
    Rules(rules::RulesCommand),
    #[command(about = "cli-about-jail", subcommand)]
    Jail(jail::JailCommand),
    #[command(about = "cli-about-grammar", subcommand)]
    Grammar(grammar::GrammarCommand),
    #[command(about = "setup-about-service", subcommand)]
    Service(service::ServiceCommand),
    #[command(about = "setup-about-uninstall")]
    Uninstall(uninstall::UninstallArgs),
    #[command(about = "cli-about-completion")]
    Completion(completion::CompletionArgs),
}

/// `--json`, for the commands that answer something.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct JsonFlag {
    #[arg(long = "json", help = "cli-help-json")]
    json: bool,
}

/// For whom an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// A person.
    Text,
    /// A program. The shapes are stable.
    Json,
}

impl JsonFlag {
    pub(crate) const fn format(self) -> Format {
        if self.json { Format::Json } else { Format::Text }
    }
}

/// Reads `KEY=VALUE`. Whether there is such a key is the config's business.
fn setting(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.trim().to_owned())),
        Some(_) | None => Err("not KEY=VALUE"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_a_key_and_a_value() {
        let pair = |key: &str, value: &str| Ok((key.to_owned(), value.to_owned()));
        assert_eq!(setting("server.port=1"), pair("server.port", "1"));
        assert_eq!(setting(" a = b=c "), pair("a", "b=c"));
        assert_eq!(setting("a="), pair("a", ""));
        assert!(setting("a").is_err());
        assert!(setting("=1").is_err());
    }
}
