//! Ways out of this computer. Each is off until the config names where to.
//!
//! A message is one small request over a connection of its own, which waits on a thread that may. What comes back counts
//! by its status alone.

mod mail;

use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use sarai_config::{Channels, Mailbox, Switch, Target};
use sarai_proactive::rule::Channel;
use sarai_proactive_sqlite::Delivery;
use serde_json::json;
use ureq::tls::{RootCerts, TlsConfig};

use crate::words::Words;

/// How long a request may take.
const WAIT: Duration = Duration::from_secs(20);
/// The program that shows notifications on a desktop.
const NOTIFY: &str = "notify-send";

/// Where messages go, and what opens the way.
#[derive(Debug, Clone)]
pub(crate) struct Outbox {
    pub(crate) channels: Channels,
    /// The file of the mail server's password.
    pub(crate) smtp_password: PathBuf,
}

impl Outbox {
    /// The channels that are configured.
    #[must_use]
    pub(crate) fn configured(&self) -> Vec<Channel> {
        let on = [
            (Channel::Ntfy, self.channels.ntfy != Target::None),
            (Channel::Webhook, self.channels.webhook != Target::None),
            (Channel::Slack, self.channels.slack != Target::None),
            (Channel::Email, self.channels.email != Mailbox::None),
            (Channel::Desktop, self.channels.desktop == Switch::On),
        ];
        on.into_iter().filter(|(_, on)| *on).map(|(channel, _)| channel).collect()
    }

    /// Sends one message. It may come twice if this process ends before it has written down that it came.
    ///
    /// # Errors
    /// The channel did not take it, or is not configured any more.
    pub(crate) fn send(&self, delivery: &Delivery) -> io::Result<()> {
        let text = &delivery.text;
        let Channels { ntfy, webhook, slack, email, smtp, desktop } = &self.channels;
        match delivery.channel {
            Channel::Ntfy => post(ntfy, "text/plain; charset=utf-8", text),
            Channel::Webhook => {
                let body = json!({
                    "id": delivery.message, "rule": delivery.rule, "kind": delivery.kind,
                    "at": delivery.at.to_string(), "text": text,
                });
                post(webhook, "application/json", &body.to_string())
            }
            Channel::Slack => post(slack, "application/json", &json!({"text": text}).to_string()),
            Channel::Email => match email {
                Mailbox::Address(address) => mail::send(address, smtp, &self.smtp_password, delivery),
                Mailbox::None => Err(not_configured()),
            },
            Channel::Desktop if *desktop == Switch::On => notify(text),
            Channel::Desktop | Channel::Everywhere | Channel::Terminal | Channel::Page => Err(not_configured()),
        }
    }
}

/// Sends a message with the words of the facts that it names.
pub(crate) async fn carry(outbox: Outbox, words: Words, delivery: Delivery) -> (Delivery, io::Result<()>) {
    let text = match words.told(&delivery.text).await {
        Ok(text) => text,
        Err(error) => return (delivery, Err(error)),
    };
    let outgoing = Delivery { text, ..delivery.clone() };
    let sent = tokio::task::spawn_blocking(move || outbox.send(&outgoing)).await;
    (delivery, sent.unwrap_or_else(|panic| Err(io::Error::other(panic))))
}

/// Which of them a rule's messages take.
#[must_use]
pub(crate) fn ways(channel: Channel, configured: &[Channel]) -> Vec<Channel> {
    match channel {
        Channel::Everywhere => configured.to_vec(),
        Channel::Terminal | Channel::Page => Vec::new(),
        Channel::Desktop | Channel::Ntfy | Channel::Webhook | Channel::Email | Channel::Slack => {
            configured.iter().copied().filter(|known| *known == channel).collect()
        }
    }
}

fn not_configured() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "the channel is not configured")
}

fn notify(text: &str) -> io::Result<()> {
    let status = Command::new(NOTIFY)
        .args(["--app-name=SARAi", "--", "SARAi", text])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("{NOTIFY} ended with {status}"))) }
}

/// With the certificates that this computer trusts. A message goes where the owner said, and nowhere on from there.
fn post(target: &Target, kind: &str, body: &str) -> io::Result<()> {
    let Target::Url(url) = target else { return Err(not_configured()) };
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build())
        .timeout_global(Some(WAIT))
        .user_agent("sarai")
        .build()
        .new_agent();
    let answer = agent.post(url.as_str()).content_type(kind).send(body).map_err(io::Error::other)?;
    match answer.status() {
        status if status.is_success() => Ok(()),
        status => Err(io::Error::other(format!("refused with {}", status.as_u16()))),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use sarai_config::Url;

    use super::*;

    fn outbox(channels: Channels) -> Outbox {
        Outbox { channels, smtp_password: PathBuf::from("/nowhere") }
    }

    /// A server that takes one request and answers so.
    fn server(answer: &'static str) -> (Outbox, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = |path: &str| Target::Url(Url::parse(&format!("http://127.0.0.1:{port}/{path}")).unwrap());
        let channels = Channels {
            ntfy: target("topic"),
            webhook: target("hook"),
            slack: target("slack"),
            ..sarai_config::Config::default().channels
        };
        let taken = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut piece = [0; 4096];
            loop {
                let read = stream.read(&mut piece).unwrap();
                request.extend_from_slice(&piece[..read]);
                let text = String::from_utf8_lossy(&request).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
                if body.len() >= length.parse().unwrap() {
                    stream.write_all(answer.as_bytes()).unwrap();
                    return text;
                }
            }
        });
        (outbox(channels), taken)
    }

    fn delivery(channel: Channel) -> Delivery {
        Delivery {
            message: 7,
            channel,
            rule: "basura".to_owned(),
            kind: "tell".to_owned(),
            at: jiff::Timestamp::UNIX_EPOCH,
            text: "sacar la «basura»".to_owned(),
        }
    }

    #[test]
    fn each_channel_says_it_in_its_way() {
        for (channel, path, body) in [
            (Channel::Ntfy, "/topic", "sacar la «basura»"),
            (
                Channel::Webhook,
                "/hook",
                r#"{"id":7,"rule":"basura","kind":"tell","at":"1970-01-01T00:00:00Z","text":"sacar la «basura»"}"#,
            ),
            (Channel::Slack, "/slack", r#"{"text":"sacar la «basura»"}"#),
        ] {
            let (outbox, taken) = server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
            outbox.send(&delivery(channel)).unwrap();
            let request = taken.join().unwrap();
            assert!(request.starts_with(&format!("POST {path} HTTP/1.1\r\n")), "{request}");
            assert!(request.ends_with(&format!("\r\n\r\n{body}")), "{request}");
        }
    }

    #[test]
    fn what_is_not_taken_has_failed() {
        for answer in
            ["HTTP/1.1 503 Busy\r\n\r\n", "HTTP/1.1 301 Elsewhere\r\nlocation: http://x/\r\n\r\n", "nonsense", ""]
        {
            let (outbox, taken) = server(answer);
            assert!(outbox.send(&delivery(Channel::Ntfy)).is_err(), "{answer:?}");
            taken.join().unwrap();
        }
        let off = outbox(sarai_config::Config::default().channels);
        for channel in Channel::ALL {
            assert!(off.send(&delivery(channel)).is_err(), "{channel:?}");
        }
        assert!(off.configured().is_empty());
    }

    /// What answers without a certificate that this computer trusts gets nothing.
    #[test]
    fn an_unknown_server_is_not_trusted() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut piece = [0; 4096];
            let read = stream.read(&mut piece).unwrap();
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            piece[..read].to_vec()
        });
        let url = Target::Url(Url::parse(&format!("https://127.0.0.1:{port}/")).unwrap());
        let channels = Channels { ntfy: url, ..sarai_config::Config::default().channels };
        assert!(outbox(channels).send(&delivery(Channel::Ntfy)).is_err());
        let sent = taken.join().unwrap();
        assert!(!String::from_utf8_lossy(&sent).contains("basura"));
    }

    #[test]
    fn the_ways_of_a_rule() {
        let on = [Channel::Ntfy, Channel::Desktop];
        assert_eq!(ways(Channel::Everywhere, &on), on);
        assert_eq!(ways(Channel::Ntfy, &on), [Channel::Ntfy]);
        assert_eq!(ways(Channel::Page, &on), []);
        assert_eq!(ways(Channel::Slack, &on), []);
    }
}
