//! What makes a rule look up: a time, or something that happens.

use std::fmt;
use std::str::FromStr;

use super::TEXT_MAX;
use super::amount::Level;
use crate::time::Times;

/// What a rule waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    Times(Times),
    Watch(Watch),
}

/// Something that happens. A level fires when it is crossed, and again only after it was not; so does idleness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watch {
    Level(Level),
    /// The owner has not touched the computer for so many seconds.
    Idle {
        seconds: u32,
    },
    FileChanged {
        path: String,
    },
    /// One skill, or any.
    SkillUnhealthy {
        skill: Option<String>,
    },
    /// A call with the right token, which only the shell knows.
    Webhook {
        name: String,
    },
    /// A fact entered the memory, about something or about anything.
    FactAdded {
        about: Option<String>,
    },
}

impl Watch {
    /// Whether it waits for a fact that says this.
    #[must_use]
    pub fn waits_for_fact(&self, text: &str) -> bool {
        let Self::FactAdded { about } = self else { return false };
        about.as_ref().is_none_or(|about| text.to_lowercase().contains(&about.to_lowercase()))
    }
}

/// A text that says nothing that can be watched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is none of `memory used > 80%`, `disk free < 5GB on /home`, `idle 30m`, `file changed PATH`, \
     `skill unhealthy NAME`, `webhook NAME`, `fact added about WORDS`, `between 09:00 and 18:00`, `on mon-fri`"
)]
pub struct WatchError(pub String);

/// Reads `90s`, `30m`, `2h`; at most a week.
pub(super) fn duration(text: &str) -> Option<u32> {
    const SECONDS_MAX: u32 = 7 * 86_400;
    let text = text.trim();
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let factor = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    digits.parse::<u32>().ok()?.checked_mul(factor).filter(|seconds| (1..=SECONDS_MAX).contains(seconds))
}

pub(super) fn duration_text(seconds: u32) -> String {
    match seconds {
        n if n.is_multiple_of(3600) => format!("{}h", n / 3600),
        n if n.is_multiple_of(60) => format!("{}m", n / 60),
        n => format!("{n}s"),
    }
}

impl fmt::Display for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Level(level) => level.fmt(f),
            Self::Idle { seconds } => write!(f, "idle {}", duration_text(*seconds)),
            Self::FileChanged { path } => write!(f, "file changed {path}"),
            Self::SkillUnhealthy { skill: Some(skill) } => write!(f, "skill unhealthy {skill}"),
            Self::SkillUnhealthy { skill: None } => f.write_str("skill unhealthy"),
            Self::Webhook { name } => write!(f, "webhook {name}"),
            Self::FactAdded { about: Some(about) } => write!(f, "fact added about {about}"),
            Self::FactAdded { about: None } => f.write_str("fact added"),
        }
    }
}

impl FromStr for Watch {
    type Err = WatchError;

    fn from_str(text: &str) -> Result<Self, WatchError> {
        let wrong = || WatchError(text.chars().take(80).collect());
        let text = text.trim();
        if text.chars().count() > TEXT_MAX {
            return Err(wrong());
        }
        let after = |prefix: &str| text.strip_prefix(prefix).map(str::trim).filter(|rest| !rest.is_empty());
        if text == "skill unhealthy" {
            return Ok(Self::SkillUnhealthy { skill: None });
        }
        if text == "fact added" {
            return Ok(Self::FactAdded { about: None });
        }
        if let Some(wait) = after("idle ") {
            return Ok(Self::Idle { seconds: duration(wait).ok_or_else(wrong)? });
        }
        if let Some(path) = after("file changed ") {
            return Ok(Self::FileChanged { path: path.to_owned() });
        }
        if let Some(skill) = after("skill unhealthy ") {
            return Ok(Self::SkillUnhealthy { skill: Some(skill.to_owned()) });
        }
        if let Some(name) = after("webhook ").filter(|name| !name.contains(char::is_whitespace)) {
            return Ok(Self::Webhook { name: name.to_owned() });
        }
        if let Some(about) = after("fact added about ") {
            return Ok(Self::FactAdded { about: Some(about.to_owned()) });
        }
        text.parse().map(Self::Level).map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_there_and_back() {
        for text in [
            "memory used > 80%",
            "disk free < 5GB on /home",
            "idle 30m",
            "idle 2h",
            "idle 90s",
            "file changed ~/mis notas.txt",
            "skill unhealthy",
            "skill unhealthy sql",
            "webhook deploy",
            "fact added",
            "fact added about Marta",
        ] {
            assert_eq!(text.parse::<Watch>().map(|watch| watch.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "idle 0s", "idle 8d", "idle", "file changed", "file changed  ", "webhook two words", "rain"] {
            assert!(text.parse::<Watch>().is_err(), "{text}");
        }
    }
}
