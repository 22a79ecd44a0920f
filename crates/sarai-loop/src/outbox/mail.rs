//! E-mail, to the owner from the owner.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::SystemTime;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, Message, SmtpTransport, Transport};
use sarai_config::{MailServer, Security};
use sarai_proactive_sqlite::Delivery;

use super::WAIT;

/// The longest subject, in characters.
const SUBJECT_MAX: usize = 70;
/// The rights of others on a file.
const OTHERS: u32 = 0o077;

/// # Errors
/// The server is not there, is not who it should be, does not know the owner, or refuses the message.
pub(super) fn send(to: &str, server: &MailServer, password: &Path, delivery: &Delivery) -> io::Result<()> {
    let message = message(to, delivery)?;
    let tls = match server.security {
        Security::Local => Tls::None,
        Security::StartTls => Tls::Required(parameters(server)?),
        Security::Tls => Tls::Wrapper(parameters(server)?),
    };
    let mut transport =
        SmtpTransport::builder_dangerous(server.host.as_str()).port(server.port).tls(tls).timeout(Some(WAIT));
    if let Some(user) = &server.user {
        transport = transport.credentials(Credentials::new(user.clone(), secret(password)?));
    }
    transport.build().send(&message).map(drop).map_err(io::Error::other)
}

fn parameters(server: &MailServer) -> io::Result<TlsParameters> {
    TlsParameters::new(server.host.clone()).map_err(io::Error::other)
}

/// One that is sent again after a crash has the same id, by which mail programs show it once.
fn message(to: &str, delivery: &Delivery) -> io::Result<Message> {
    let address: Address = to.parse().map_err(io::Error::other)?;
    let id = format!("<sarai.{}.{}@{}>", delivery.at.as_millisecond(), delivery.message, address.domain());
    Message::builder()
        .from(Mailbox::new(Some("SARAi".to_owned()), address.clone()))
        .to(Mailbox::new(None, address))
        .subject(subject(&delivery.text))
        .message_id(Some(id))
        .date(SystemTime::from(delivery.at))
        .header(ContentType::TEXT_PLAIN)
        .body(delivery.text.clone())
        .map_err(io::Error::other)
}

/// The first line, as far as it fits.
fn subject(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("SARAi");
    let mut subject: String = line.chars().filter(|c| !c.is_control()).take(SUBJECT_MAX).collect();
    if line.chars().nth(SUBJECT_MAX).is_some() {
        subject.push('…');
    }
    subject
}

/// A password that others can read is not used: that would be a habit, not a mistake.
fn secret(file: &Path) -> io::Result<String> {
    let told = |what: &str| io::Error::other(format!("{what}: {}", file.display()));
    let text = fs_err::read_to_string(file)?;
    if fs_err::metadata(file)?.permissions().mode() & OTHERS != 0 {
        return Err(told("others can read the password; chmod 600 mends that"));
    }
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(told("the file of the password is empty")),
        line if line.contains('\n') => Err(told("the file of the password has more than one line")),
        line => Ok(line.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects() {
        let long = "palabra ".repeat(20);
        for (text, expected) in [
            ("sacar la basura", "sacar la basura".to_owned()),
            ("\n  una línea\r\nBcc: otra@example.org", "una línea".to_owned()),
            ("a\u{7}b", "ab".to_owned()),
            ("", "SARAi".to_owned()),
            (&long, format!("{}…", long.chars().take(SUBJECT_MAX).collect::<String>())),
        ] {
            assert_eq!(subject(text), expected);
        }
    }

    #[test]
    fn passwords() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("smtp-password");
        assert_eq!(secret(&file).unwrap_err().kind(), io::ErrorKind::NotFound);
        for (text, mode, expected) in [
            ("una contraseña \n", 0o600, Some("una contraseña ")),
            ("a", 0o400, Some("a")),
            ("a", 0o640, None),
            ("\n", 0o600, None),
            ("a\nb\n", 0o600, None),
        ] {
            let _ = fs_err::remove_file(&file);
            fs_err::write(&file, text).unwrap();
            fs_err::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            let read = secret(&file);
            assert_eq!(read.as_deref().ok(), expected, "{text:?} {mode:o}");
            let shown = read.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(!shown.contains("contraseña"), "{shown}");
        }
    }
}
