//! Where messages are sent: an address of the web, or nowhere.

use std::fmt;

use super::{Expects, Given, Setting};

/// The longest address, in bytes.
const LEN_MAX: usize = 1024;

/// `none`, or an address that starts with `http://` or `https://`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Target {
    #[default]
    None,
    Url(Url),
}

/// An address in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    text: String,
    pub scheme: Scheme,
    /// A name, or an address without its brackets.
    pub host: String,
    pub port: u16,
    /// From the first `/` on; at least that.
    pub path: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Http,
    Https,
}

impl Url {
    /// None for anything else than a plain address: a user's name in it would be a secret in a place where none belongs.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_plain = text.len() <= LEN_MAX && text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\\'));
        let (scheme, rest) = match (text.strip_prefix("http://"), text.strip_prefix("https://")) {
            (Some(rest), _) => (Scheme::Http, rest),
            (None, Some(rest)) => (Scheme::Https, rest),
            (None, None) => return None,
        };
        let (place, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        let (host, port) =
            match place.rsplit_once(':').filter(|(host, _)| !host.ends_with(':') && !place.ends_with(']')) {
                Some((host, port)) => (host, port.parse().ok()?),
                None => (place, if scheme == Scheme::Http { 80 } else { 443 }),
            };
        let host = host.trim_matches(['[', ']']).to_owned();
        let right = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '_');
        let is_host = !host.is_empty() && host.chars().all(right) && port > 0;
        (is_plain && is_host && !path.contains('#')).then(|| Self {
            text: text.to_owned(),
            scheme,
            host,
            port,
            path: path.to_owned(),
        })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
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
            Self::Url(url) => url.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, expected) in [
            ("https://ntfy.example/my-topic", Some((Scheme::Https, "ntfy.example", 443, "/my-topic"))),
            ("http://127.0.0.1:8090", Some((Scheme::Http, "127.0.0.1", 8090, "/"))),
            ("http://[::1]:80/a?b=c", Some((Scheme::Http, "::1", 80, "/a?b=c"))),
            ("http://[::1]/", Some((Scheme::Http, "::1", 80, "/"))),
            ("ftp://a/b", None),
            ("http://user:secret@a/", None),
            ("http://a:0/", None),
            ("http://a:port/", None),
            ("http://", None),
            ("http://a/b c", None),
            ("http://a/\r\nhost: b", None),
        ] {
            let parsed = Url::parse(text);
            let parts = parsed.as_ref().map(|url| (url.scheme, url.host.as_str(), url.port, url.path.as_str()));
            assert_eq!(parts, expected, "{text}");
        }
    }
}
