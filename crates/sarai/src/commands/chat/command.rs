//! What a person can say to the chat itself: words after a `/`, in either language whatever the locale.

use std::path::PathBuf;

/// A line that is not a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    Help,
    New,
    /// Which models there are.
    Models,
    /// The model to go on with.
    Model(String),
    /// Where the conversation goes; a name is wanted.
    Save(Option<PathBuf>),
    Stats,
    Quit,
    Unknown(String),
}

/// Every name, for completion. The first of each kind is the one that the help shows.
pub(super) const NAMES: [&str; 14] = [
    "/help", "/ayuda", "/new", "/nueva", "/model", "/modelo", "/save", "/guardar", "/stats", "/datos", "/quit",
    "/salir", "/exit", "/?",
];

impl Command {
    /// None for a question. A question that starts with a slash is typed with a blank before it.
    pub(super) fn read(line: &str) -> Option<Self> {
        let rest = line.strip_prefix('/')?;
        let (name, argument) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let argument = argument.trim();
        Some(match name.to_lowercase().as_str() {
            "help" | "ayuda" | "?" => Self::Help,
            "new" | "nueva" => Self::New,
            "model" | "modelo" if argument.is_empty() => Self::Models,
            "model" | "modelo" => Self::Model(argument.to_owned()),
            "save" | "guardar" => Self::Save((!argument.is_empty()).then(|| argument.into())),
            "stats" | "datos" => Self::Stats,
            "quit" | "salir" | "exit" => Self::Quit,
            _ => Self::Unknown(format!("/{name}")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_in_both_languages() {
        for (line, expected) in [
            ("¿Qué hora es?", None),
            (" /help", None),
            ("", None),
            ("/help", Some(Command::Help)),
            ("/AYUDA", Some(Command::Help)),
            ("/nueva ", Some(Command::New)),
            ("/model", Some(Command::Models)),
            ("/modelo qwen3-4b", Some(Command::Model("qwen3-4b".to_owned()))),
            ("/guardar", Some(Command::Save(None))),
            ("/save mi año.md", Some(Command::Save(Some("mi año.md".into())))),
            ("/datos", Some(Command::Stats)),
            ("/exit", Some(Command::Quit)),
            ("/etc/passwd", Some(Command::Unknown("/etc/passwd".to_owned()))),
            ("/", Some(Command::Unknown("/".to_owned()))),
        ] {
            assert_eq!(Command::read(line), expected, "{line:?}");
        }
    }

    #[test]
    fn every_name_means_something() {
        for name in NAMES {
            assert!(!matches!(Command::read(name), None | Some(Command::Unknown(_))), "{name}");
        }
    }
}
