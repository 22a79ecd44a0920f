//! Where e-mail goes, and which server takes it.

use std::fmt;

use super::target::{LEN_MAX, place};
use super::{Expects, Given, Setting};

/// RFC 5321, section 4.5.3.1.3, without the brackets.
const ADDRESS_LEN_MAX: usize = 254;
/// RFC 6409: where mail is handed in, encrypted from the server's first word on.
const SUBMISSION_PORT: u16 = 587;
/// RFC 8314: encrypted from the first byte.
const SUBMISSIONS_PORT: u16 = 465;
/// Of this computer's own server.
const LOCAL_PORT: u16 = 25;

/// `none`, or the address of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Mailbox {
    #[default]
    None,
    Address(String),
}

impl Mailbox {
    fn address(text: &str) -> Option<Self> {
        let (name, host) = text.rsplit_once('@')?;
        let right = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '=' | '\'');
        let is_address = !name.is_empty() && !host.is_empty() && text.len() <= ADDRESS_LEN_MAX;
        (is_address && name.chars().all(right) && host.chars().all(right)).then(|| Self::Address(text.to_owned()))
    }
}

impl Setting for Mailbox {
    fn expects() -> Expects {
        Expects::Mailbox
    }

    fn read(given: &Given) -> Option<Self> {
        match given.text()? {
            "none" => Some(Self::None),
            text => Self::address(text),
        }
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Address(address) => f.write_str(address),
        }
    }
}

/// `smtps://USER@HOST:PORT`, or `smtp://` for a server that encrypts when it is asked to. Without a user nobody logs in;
/// the password stands in a file of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    text: String,
    pub security: Security,
    pub user: Option<String>,
    /// A name, or an address without its brackets.
    pub host: String,
    pub port: u16,
}

/// How a mail server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// This computer's own server: nothing leaves it.
    Local,
    /// Encrypted before anything is said, by STARTTLS; a server that cannot gets nothing.
    StartTls,
    Tls,
}

impl MailServer {
    /// None for anything else, a password in it among that.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (is_tls, rest) = match (text.strip_prefix("smtp://"), text.strip_prefix("smtps://")) {
            (Some(rest), _) => (false, rest),
            (None, Some(rest)) => (true, rest),
            (None, None) => return None,
        };
        let (user, at) = rest.rsplit_once('@').map_or((None, rest), |(user, at)| (Some(user), at));
        let is_user = |user: &str| !user.is_empty() && user.chars().all(|c| c.is_ascii_graphic() && c != ':');
        if text.len() > LEN_MAX || !user.is_none_or(is_user) {
            return None;
        }
        let is_local = matches!(place(at, LOCAL_PORT)?.0.as_str(), "localhost" | "127.0.0.1" | "::1");
        let (security, port) = match (is_tls, is_local) {
            (true, _) => (Security::Tls, SUBMISSIONS_PORT),
            (false, true) => (Security::Local, LOCAL_PORT),
            (false, false) => (Security::StartTls, SUBMISSION_PORT),
        };
        let (host, port) = place(at, port)?;
        Some(Self { text: text.to_owned(), security, user: user.map(str::to_owned), host, port })
    }
}

/// This computer's own.
impl Default for MailServer {
    fn default() -> Self {
        let (text, host) = ("smtp://localhost".to_owned(), "localhost".to_owned());
        Self { text, security: Security::Local, user: None, host, port: LOCAL_PORT }
    }
}

impl Setting for MailServer {
    fn expects() -> Expects {
        Expects::MailServer
    }

    fn read(given: &Given) -> Option<Self> {
        Self::parse(given.text()?)
    }
}

impl fmt::Display for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers() {
        use Security::{Local, StartTls, Tls};
        for (text, expected) in [
            ("smtp://localhost", Some((Local, None, "localhost", 25))),
            ("smtp://[::1]:2525", Some((Local, None, "::1", 2525))),
            ("smtps://localhost", Some((Tls, None, "localhost", 465))),
            ("smtp://mail.example.org", Some((StartTls, None, "mail.example.org", 587))),
            (
                "smtps://ana@example.org@mail.example.org:4650",
                Some((Tls, Some("ana@example.org"), "mail.example.org", 4650)),
            ),
            ("smtps://ana:secret@mail.example.org", None),
            ("smtp://@mail.example.org", None),
            ("smtp://mail.example.org:0", None),
            ("smtp://mail.example.org/path", None),
            ("smtp://mail example.org", None),
            ("smtp://mail.example.org\r\nQUIT", None),
            ("https://mail.example.org", None),
            ("mail.example.org", None),
        ] {
            let server = MailServer::parse(text);
            let parts = server.as_ref().map(|s| (s.security, s.user.as_deref(), s.host.as_str(), s.port));
            assert_eq!(parts, expected, "{text}");
        }
        assert_eq!(MailServer::parse(&MailServer::default().to_string()), Some(MailServer::default()));
    }

    #[test]
    fn mailboxes() {
        for (text, is_right) in [
            ("ana@example.org", true),
            ("ana.ruiz+sarai@correo.example.es", true),
            ("ana", false),
            ("@example.org", false),
            ("ana@", false),
            ("ana@example.org, eva@example.org", false),
            ("ana@example.org\nBcc: eva@example.org", false),
            ("Ana <ana@example.org>", false),
        ] {
            assert_eq!(Mailbox::address(text).is_some(), is_right, "{text}");
        }
    }
}
