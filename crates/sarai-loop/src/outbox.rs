//! Ways out of this computer. Each is off until the config names where to.
//!
//! A request is one small POST over a connection of its own, which waits on a thread that may. What comes back counts by
//! its status alone.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, ClientConnection, StreamOwned};
use rustls_platform_verifier::ConfigVerifierExt;
use sarai_config::{Channels, Scheme, Switch, Target, Url};
use sarai_proactive::rule::Channel;
use sarai_proactive_sqlite::Delivery;
use serde_json::json;

/// How long each step of a request may take.
const WAIT: Duration = Duration::from_secs(10);
/// As much of an answer as is read, in bytes.
const ANSWER_MAX: usize = 4096;
/// The program that shows notifications on a desktop.
const NOTIFY: &str = "notify-send";

/// The channels that are configured.
#[must_use]
pub(crate) fn configured(channels: &Channels) -> Vec<Channel> {
    let on = [
        (Channel::Ntfy, channels.ntfy != Target::None),
        (Channel::Webhook, channels.webhook != Target::None),
        (Channel::Slack, channels.slack != Target::None),
        (Channel::Desktop, channels.desktop == Switch::On),
    ];
    on.into_iter().filter(|(_, on)| *on).map(|(channel, _)| channel).collect()
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

/// Sends one message. It may come twice if this process ends before it has written down that it came.
///
/// # Errors
/// The channel did not take it, or is not configured any more.
pub(crate) fn send(channels: &Channels, delivery: &Delivery) -> io::Result<()> {
    let text = &delivery.text;
    match (delivery.channel, &channels.ntfy, &channels.webhook, &channels.slack) {
        (Channel::Ntfy, Target::Url(url), _, _) => post(url, "text/plain; charset=utf-8", text.as_bytes()),
        (Channel::Webhook, _, Target::Url(url), _) => {
            let body = json!({
                "id": delivery.message, "rule": delivery.rule, "kind": delivery.kind,
                "at": delivery.at.to_string(), "text": text,
            });
            post(url, "application/json", body.to_string().as_bytes())
        }
        (Channel::Slack, _, _, Target::Url(url)) => {
            post(url, "application/json", json!({"text": text}).to_string().as_bytes())
        }
        (Channel::Desktop, ..) if channels.desktop == Switch::On => notify(text),
        _ => Err(io::Error::new(io::ErrorKind::Unsupported, "the channel is not configured")),
    }
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

fn post(url: &Url, kind: &str, body: &[u8]) -> io::Result<()> {
    let addresses = (url.host.as_str(), url.port).to_socket_addrs()?;
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        match TcpStream::connect_timeout(&address, WAIT) {
            Ok(stream) => {
                stream.set_read_timeout(Some(WAIT))?;
                stream.set_write_timeout(Some(WAIT))?;
                return match url.scheme {
                    Scheme::Http => exchange(stream, url, kind, body),
                    Scheme::Https => exchange(secure(stream, url)?, url, kind, body),
                };
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// With the certificates that this computer trusts.
fn secure(stream: TcpStream, url: &Url) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let config = ClientConfig::with_platform_verifier().map_err(io::Error::other)?;
    let name = url.host.clone().try_into().map_err(io::Error::other)?;
    Ok(StreamOwned::new(ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?, stream))
}

fn exchange(mut stream: impl Read + Write, url: &Url, kind: &str, body: &[u8]) -> io::Result<()> {
    let host = if url.host.contains(':') { format!("[{}]", url.host) } else { url.host.clone() };
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: {host}:{}\r\nuser-agent: sarai\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n",
        url.path,
        url.port,
        body.len(),
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    stream.flush()?;
    let mut answer = Vec::new();
    let mut piece = [0; 512];
    while !answer.contains(&b'\n') && answer.len() < ANSWER_MAX {
        match stream.read(&mut piece)? {
            0 => break,
            read => answer.extend_from_slice(&piece[..read]),
        }
    }
    let line = String::from_utf8_lossy(&answer);
    let status: Option<u16> = line.split(' ').nth(1).and_then(|status| status.parse().ok());
    match status {
        Some(200..=299) => Ok(()),
        Some(status) => Err(io::Error::other(format!("refused with {status}"))),
        None => Err(io::Error::new(io::ErrorKind::InvalidData, "no answer of a web server")),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// A server that takes one request and answers so.
    fn server(answer: &'static str) -> (Channels, std::thread::JoinHandle<String>) {
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
        (channels, taken)
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
            let (channels, taken) = server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
            send(&channels, &delivery(channel)).unwrap();
            let request = taken.join().unwrap();
            assert!(request.starts_with(&format!("POST {path} HTTP/1.1\r\nhost: 127.0.0.1:")), "{request}");
            assert!(request.ends_with(&format!("\r\n\r\n{body}")), "{request}");
        }
    }

    #[test]
    fn what_is_not_taken_has_failed() {
        for answer in
            ["HTTP/1.1 503 Busy\r\n\r\n", "HTTP/1.1 301 Elsewhere\r\nlocation: http://x/\r\n\r\n", "nonsense", ""]
        {
            let (channels, taken) = server(answer);
            assert!(send(&channels, &delivery(Channel::Ntfy)).is_err(), "{answer:?}");
            taken.join().unwrap();
        }
        let off = sarai_config::Config::default().channels;
        for channel in Channel::ALL {
            assert!(send(&off, &delivery(channel)).is_err(), "{channel:?}");
        }
        assert!(configured(&off).is_empty());
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
        assert!(send(&channels, &delivery(Channel::Ntfy)).is_err());
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
