//! How an attempt went.

use std::fmt;

use crate::run::Ran;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Escaped(String),
    Blocked(String),
    /// Neither: the attempt itself does not work, or there was no jail.
    Broken(String),
}

impl Verdict {
    /// By the probe's exit code and its one line.
    pub(crate) fn of(ran: &Ran) -> Self {
        let line = ran.stdout.lines().last().unwrap_or_default();
        let what = line.split_once(": ").map_or(line, |(_, what)| what).to_owned();
        match ran.code {
            Some(0) if line.starts_with("escaped: ") => Self::Escaped(what),
            Some(3) if line.starts_with("blocked: ") => Self::Blocked(what),
            code => Self::Broken(format!("code {code:?}, {:?}, {:?}", ran.stdout.trim(), ran.stderr.trim())),
        }
    }

    /// By whether `escaped` is so.
    pub(crate) fn by(escaped: bool, how: &str) -> Self {
        if escaped { Self::Escaped(how.to_owned()) } else { Self::Blocked(how.to_owned()) }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Escaped(what) => write!(f, "ESCAPED: {what}"),
            Self::Blocked(why) => f.write_str(why),
            Self::Broken(why) => write!(f, "BROKEN: {why}"),
        }
    }
}
