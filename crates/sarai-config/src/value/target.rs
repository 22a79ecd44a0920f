//! Where messages are sent: an address of the web, or nowhere.

use std::fmt;

use super::{Expects, Given, Setting};

/// The longest address, in bytes.
pub(super) const LEN_MAX: usize = 1024;

/// `none`, or an address that starts with `http://` or `https://`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Target {
    #[default]
    None,
    Url(Url),
}

/// An address that can be posted to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url(String);

impl Url {
    /// None for anything else than a plain address: a user's name in it would be a secret in a place where none belongs.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_plain = text.len() <= LEN_MAX && text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\\'));
        let (port, rest) = match (text.strip_prefix("http://"), text.strip_prefix("https://")) {
            (Some(rest), _) => (80, rest),
            (None, Some(rest)) => (443, rest),
            (None, None) => return None,
        };
        let (at, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        (is_plain && !path.contains('#') && place(at, port).is_some()).then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The host, without brackets, and the port of `host`, `host:port`, `[v6]` or `[v6]:port`.
pub(super) fn place(text: &str, default_port: u16) -> Option<(String, u16)> {
    let (host, port) = match text.rsplit_once(':').filter(|(host, _)| !host.ends_with(':') && !text.ends_with(']')) {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (text, default_port),
    };
    let host = host.trim_matches(['[', ']']).to_owned();
    let right = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '_');
    (!host.is_empty() && host.chars().all(right) && port > 0).then_some((host, port))
}

impl Setting for Target {
    fn expects() -> Expects {
        Expects::Target
    }

    fn read(given: &Given) -> Option<Self> {
        match given.text()? {
            "none" => Some(Self::None),
            text => Url::parse(text).map(Self::Url),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Url(url) => f.write_str(url.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, is_right) in [
            ("https://ntfy.example/my-topic", true),
            ("http://127.0.0.1:8090", true),
            ("http://[::1]:80/a?b=c", true),
            ("http://[::1]/", true),
            ("ftp://a/b", false),
            ("http://user:secret@a/", false),
            ("http://a:0/", false),
            ("http://a:port/", false),
            ("http://", false),
            ("http://a/b c", false),
            ("http://a/\r\nhost: b", false),
        ] {
            assert_eq!(Url::parse(text).is_some(), is_right, "{text}");
        }
        for (text, expected) in [
            ("a.example", Some(("a.example", 7))),
            ("127.0.0.1:8090", Some(("127.0.0.1", 8090))),
            ("[::1]:80", Some(("::1", 80))),
            ("[::1]", Some(("::1", 7))),
            ("", None),
        ] {
            let place = place(text, 7);
            assert_eq!(place.as_ref().map(|(host, port)| (host.as_str(), *port)), expected, "{text}");
        }
    }
}
