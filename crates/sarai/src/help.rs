//! Help and complaints about usage, in the person's language.
//!
//! The commands are declared with message ids in place of texts. [`localised`] walks over them once and puts the
//! sentences there; what clap would say by itself is said by our own sentences too.

use std::io::{Write, stderr, stdout};

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory, FromArgMatches};
use sarai_messages::Messages;
use sarai_types::Notice;

use crate::cli::Cli;
use crate::ending::{Exit, Told};
use crate::terminal::Style;

/// Reads the command line. None if it asked for help or the version, which are printed here.
///
/// # Errors
/// The command line makes no sense.
pub(crate) fn parse(messages: Messages) -> anyhow::Result<Option<Cli>> {
    let parsed = localised(Cli::command(), messages).try_get_matches().and_then(|m| Cli::from_arg_matches(&m));
    let error = match parsed {
        Ok(cli) => return Ok(Some(cli)),
        Err(error) => error,
    };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            write!(stdout().lock(), "{}", page(&error, Style::of(&stdout()), messages))?;
            Ok(None)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            write!(stderr().lock(), "{}", page(&error, Style::of(&stderr()), messages))?;
            Err(Told::new(Exit::Usage, Vec::new()).into())
        }
        _ => Err(Told::new(Exit::Usage, vec![complaint(&error), Notice::new("cli-usage-hint")]).into()),
    }
}

/// What clap wrote, with the one word in it that cannot be set beforehand.
fn page(error: &clap::Error, style: Style, messages: Messages) -> String {
    let text = match style {
        Style::Plain => error.render().to_string(),
        Style::Coloured => error.render().ansi().to_string(),
    };
    text.replace("[OPTIONS]", &messages.get("cli-value-options"))
}

/// The command with every text in the person's language.
pub(crate) fn localised(command: Command, messages: Messages) -> Command {
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).help("cli-help-help").global(true);
    let version = Arg::new("version").short('V').long("version").action(ArgAction::Version).help("cli-help-version");
    translate(command.arg(help).arg(version), messages)
}

fn translate(command: Command, messages: Messages) -> Command {
    let sentence = |id: &StyledStr| messages.get(&id.to_string());
    let about = command.get_about().map(sentence).unwrap_or_default();
    let usage = messages.get("cli-heading-usage");
    command
        .about(about)
        .help_template(format!("{{about}}\n\n{usage} {{usage}}\n\n{{all-args}}"))
        .subcommand_help_heading(messages.get("cli-heading-commands"))
        .subcommand_value_name(messages.get("cli-value-command"))
        .mut_args(|arg| translate_arg(arg, messages))
        .mut_subcommands(|command| translate(command, messages))
}

fn translate_arg(arg: Arg, messages: Messages) -> Arg {
    let help = arg.get_help().map(|id| messages.get(&id.to_string())).unwrap_or_default();
    let names: Option<Vec<String>> =
        arg.get_value_names().map(|names| names.iter().map(|id| messages.get(id.as_str())).collect());
    let heading = if arg.is_positional() { "cli-heading-arguments" } else { "cli-heading-options" };
    let arg = arg.help(help).help_heading(messages.get(heading));
    match names {
        Some(names) => arg.value_names(names),
        None => arg,
    }
}

/// Our own sentence for clap's complaint.
fn complaint(error: &clap::Error) -> Notice {
    let word = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => Some(texts.join(", ")),
        Some(_) | None => None,
    };
    let arg = word(ContextKind::InvalidArg).unwrap_or_default();
    let value = word(ContextKind::InvalidValue).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument => match word(ContextKind::SuggestedArg) {
            Some(nearest) => Notice::new("cli-usage-unknown-nearest").arg("arg", arg).arg("nearest", nearest),
            None => Notice::new("cli-usage-unknown").arg("arg", arg),
        },
        ErrorKind::InvalidSubcommand => {
            let name = word(ContextKind::InvalidSubcommand).unwrap_or_default();
            match word(ContextKind::SuggestedSubcommand) {
                Some(nearest) => Notice::new("cli-usage-command-nearest").arg("command", name).arg("nearest", nearest),
                None => Notice::new("cli-usage-command").arg("command", name),
            }
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation if value.is_empty() => {
            Notice::new("cli-usage-value-missing").arg("arg", arg)
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => match word(ContextKind::ValidValue) {
            Some(choices) => {
                Notice::new("cli-usage-choice").arg("arg", arg).arg("value", value).arg("choices", choices)
            }
            None => Notice::new("cli-usage-value").arg("arg", arg).arg("value", value),
        },
        ErrorKind::MissingRequiredArgument => Notice::new("cli-usage-missing").arg("arg", arg),
        ErrorKind::ArgumentConflict => Notice::new("cli-usage-conflict").arg("arg", arg),
        _ => Notice::new("cli-usage-other"),
    }
}
