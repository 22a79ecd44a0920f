//! One downloader for all network sources: resumes with `Range`, tries again a bounded number of times, and waits a
//! bounded time for the next bytes.
//!
//! # Key types
//! - [`Fetcher`]: holds the connections and the [`Patience`].
//! - [`Download`]: one file that is wanted, and where it grows.
//!
//! It never believes a length: what a server says is compared with what is expected, and what arrives with what was
//! said. It never sends the token of one host to another, and never repeats the query or the password of an address.

use std::cell::Cell;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::thread;

use secrecy::{ExposeSecret, SecretString};
use ureq::http::{HeaderMap, Response, StatusCode, header};
use ureq::{Agent, Body, ResponseExt, Timeout};
use url::Url;

use crate::error::{Ended, PullError, SourceError};
use crate::network::Patience;
use crate::space;

/// Redirects that one request follows.
const REDIRECTS_MAX: u32 = 6;
/// Bytes of an index page; the longest real ones have some megabytes.
const PAGE_BYTES_MAX: u64 = 16 << 20;
/// Bytes of an entity tag that is worth keeping.
const ETAG_BYTES_MAX: usize = 256;
/// A try that brings this much is no failure in a row: a long download over a bad line may be cut often.
const WORTHWHILE_BYTES: u64 = 1 << 20;
const BLOCK_BYTES: usize = 1 << 17;
/// Doublings of the wait between tries.
const BACK_OFF_DOUBLINGS_MAX: u32 = 4;

/// One file that is wanted.
pub(crate) struct Download<'a> {
    pub(crate) url: &'a Url,
    pub(crate) token: Option<&'a SecretString>,
    /// The length in bytes, where it is known.
    pub(crate) expected: Option<u64>,
    /// Where it grows. What is there already is the beginning of the same file.
    pub(crate) into: &'a Path,
    /// Bytes that the disk must hold beyond this file, for what is made of it.
    pub(crate) room_beyond: u64,
}

/// A page of text and where it finally came from.
pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) content_type: String,
    pub(crate) text: String,
}

/// One for each source, whose hosts it gets to know.
pub(crate) struct Fetcher {
    agent: Agent,
    patience: Patience,
    /// Whether anybody ever answered.
    answered: Cell<bool>,
}

/// How a single try ends when it does not end well.
enum Try {
    /// The same again may help.
    Again(SourceError),
    Over(Ended),
}

impl<E: Into<Ended>> From<E> for Try {
    fn from(error: E) -> Self {
        Self::Over(error.into())
    }
}

/// An answer that may be written to the file.
struct Opened {
    body: Body,
    /// Where in the file its first byte belongs.
    start: u64,
    /// The length of the whole file.
    total: u64,
    etag: Option<String>,
}

impl Fetcher {
    /// Proxies are taken from the environment and certificates from the system.
    pub(crate) fn new(patience: Patience) -> Self {
        let certificates = ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::PlatformVerifier).build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(REDIRECTS_MAX)
            .tls_config(certificates)
            .timeout_resolve(Some(patience.connect))
            .timeout_connect(Some(patience.connect))
            .timeout_recv_response(Some(patience.stall))
            .timeout_per_read(Some(patience.stall))
            .timeout_per_write(Some(patience.stall))
            .user_agent(concat!("sarai/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.new_agent(), patience, answered: Cell::new(false) }
    }

    /// Fetches a page of text.
    pub(crate) fn page(&self, url: &Url, accept: &str) -> Result<Page, Ended> {
        self.persist(|| 0, || self.page_once(url, accept))
    }

    fn page_once(&self, url: &Url, accept: &str) -> Result<Page, Try> {
        let mut response = self
            .agent
            .get(url.as_str())
            .header(header::ACCEPT, accept)
            .call()
            .map_err(|error| failed(url, 0, &error))?;
        self.answered.set(true);
        refuse_status(url, response.status())?;
        let content_type = header_text(response.headers(), header::CONTENT_TYPE).unwrap_or_default().to_owned();
        let final_url = Url::parse(&response.get_uri().to_string()).unwrap_or_else(|_| url.clone());
        let text = response
            .body_mut()
            .with_config()
            .limit(PAGE_BYTES_MAX)
            .read_to_string()
            .map_err(|error| failed(url, 0, &error))?;
        Ok(Page { url: final_url, content_type, text })
    }

    /// Brings the file at `into` to its full length; gives that length in bytes. `on_bytes` hears how long it is, again
    /// and again, and may hear a smaller number when a server cannot resume.
    pub(crate) fn download(&self, wanted: &Download<'_>, on_bytes: &mut dyn FnMut(u64)) -> Result<u64, Ended> {
        self.persist(|| length(wanted.into), || self.download_once(wanted, on_bytes))
    }

    /// Tries until it works, until it cannot, or until patience ends. `gained` says how far one has come.
    fn persist<T>(&self, gained: impl Fn() -> u64, mut attempt: impl FnMut() -> Result<T, Try>) -> Result<T, Ended> {
        let mut in_vain = 0;
        let mut before = gained();
        loop {
            let error = match attempt() {
                Ok(value) => return Ok(value),
                Err(Try::Over(ended)) => return Err(ended),
                Err(Try::Again(error)) => error,
            };
            let now = gained();
            in_vain = if now >= before.saturating_add(WORTHWHILE_BYTES) { 1 } else { in_vain + 1 };
            // Whoever was never there is not waited for; whoever was, may come back.
            let absent = matches!(error, SourceError::Unreachable { .. }) && !self.answered.get();
            if absent || in_vain >= self.patience.tries {
                return Err(error.into());
            }
            before = now;
            thread::sleep(self.patience.back_off * (1 << (in_vain - 1).min(BACK_OFF_DOUBLINGS_MAX)));
        }
    }

    fn download_once(&self, wanted: &Download<'_>, on_bytes: &mut dyn FnMut(u64)) -> Result<u64, Try> {
        let have = length(wanted.into);
        if wanted.expected == Some(have) {
            return Ok(have);
        }
        let Some(opened) = self.open(wanted, have)? else { return Ok(have) };
        if let Some(expected) = wanted.expected.filter(|expected| *expected != opened.total) {
            let place = place(wanted.url);
            return Err(SourceError::WrongSize { place, expected, actual: opened.total }.into());
        }
        space::require(folder_of(wanted.into), (opened.total - opened.start).saturating_add(wanted.room_beyond))?;
        keep_etag(wanted.into, opened.etag.as_deref())?;
        receive(wanted, opened, on_bytes)
    }

    /// Asks for the file from byte `have` on; nothing if that is already its end.
    fn open(&self, wanted: &Download<'_>, have: u64) -> Result<Option<Opened>, Try> {
        let mut request = self.agent.get(wanted.url.as_str()).header(header::ACCEPT_ENCODING, "identity");
        if let Some(token) = wanted.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.expose_secret()));
        }
        if have > 0 {
            request = request.header(header::RANGE, format!("bytes={have}-"));
            if let Some(etag) = kept_etag(wanted.into) {
                request = request.header(header::IF_RANGE, etag);
            }
        }
        let response = request.call().map_err(|error| failed(wanted.url, have, &error))?;
        self.answered.set(true);
        match response.status() {
            StatusCode::OK => opened(wanted, response, 0).map(Some),
            StatusCode::PARTIAL_CONTENT => opened(wanted, response, have).map(Some),
            StatusCode::RANGE_NOT_SATISFIABLE if have > 0 => {
                if range(response.headers()).is_some_and(|r| r.total == have) && wanted.expected.is_none() {
                    return Ok(None);
                }
                // What is here is longer than what is there: it cannot be its beginning.
                truncate(wanted.into, 0)?;
                Err(Try::Again(refused(wanted.url, response.status())))
            }
            status => {
                refuse_status(wanted.url, status)?;
                Err(bad_reply(wanted.url, format!("status {}", status.as_u16())).into())
            }
        }
    }
}

fn opened(wanted: &Download<'_>, response: Response<Body>, have: u64) -> Result<Opened, Try> {
    let headers = response.headers();
    let stated = header_text(headers, header::CONTENT_LENGTH).and_then(|text| text.trim().parse::<u64>().ok());
    let (start, total) = if response.status() == StatusCode::PARTIAL_CONTENT {
        match range(headers) {
            Some(Range { start: Some(start), total }) if start == have && start < total => (start, total),
            _ => {
                // A server that mixes ranges up is asked for the whole file instead.
                truncate(wanted.into, 0)?;
                return Err(Try::Again(bad_reply(wanted.url, "another range than the one asked for".to_owned())));
            }
        }
    } else {
        let unknown = || bad_reply(wanted.url, "it does not say how long the file is".to_owned());
        (0, stated.or(wanted.expected).ok_or_else(unknown)?)
    };
    let etag = header_text(headers, header::ETAG).filter(|tag| tag.len() <= ETAG_BYTES_MAX && tag.starts_with('"'));
    Ok(Opened { start, total, etag: etag.map(str::to_owned), body: response.into_body() })
}

/// Writes the answer to the file, up to the announced length and not a byte further.
fn receive(wanted: &Download<'_>, opened: Opened, on_bytes: &mut dyn FnMut(u64)) -> Result<u64, Try> {
    let mut file = open_private(wanted.into)?;
    file.set_len(opened.start)?;
    file.seek(SeekFrom::Start(opened.start))?;
    let mut body = opened.body.into_reader().take(opened.total - opened.start);
    let mut block = vec![0; BLOCK_BYTES];
    let mut at = opened.start;
    on_bytes(at);
    let cut = |got, reason: String| Try::Again(SourceError::Cut { place: place(wanted.url), got, reason });
    loop {
        match body.read(&mut block) {
            Ok(0) if at == opened.total => break,
            Ok(0) => return Err(cut(at, "the connection ended".to_owned())),
            Ok(n) => {
                file.write_all(&block[..n])?;
                at += n as u64;
                on_bytes(at);
            }
            Err(error) => return Err(cut(at, error.to_string())),
        }
    }
    file.sync_all()?;
    Ok(at)
}

/// Opens a file for writing that only its owner may read.
pub(crate) fn open_private(path: &Path) -> io::Result<fs_err::File> {
    use fs_err::os::unix::fs::OpenOptionsExt;
    fs_err::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// The length of a file; 0 if there is none.
pub(crate) fn length(path: &Path) -> u64 {
    fs_err::metadata(path).map_or(0, |metadata| metadata.len())
}

/// The folder that a file lies in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or_else(|| Path::new("."))
}

fn truncate(path: &Path, bytes: u64) -> Result<(), PullError> {
    Ok(open_private(path)?.set_len(bytes)?)
}

/// The entity tag lies beside the file, so that a resumed download is only ever continued with the same content.
fn etag_path(path: &Path) -> std::path::PathBuf {
    path.with_added_extension("etag")
}

fn keep_etag(path: &Path, etag: Option<&str>) -> Result<(), PullError> {
    match etag {
        Some(etag) => Ok(fs_err::write(etag_path(path), etag)?),
        None => match fs_err::remove_file(etag_path(path)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            Ok(()) | Err(_) => Ok(()),
        },
    }
}

fn kept_etag(path: &Path) -> Option<String> {
    fs_err::read_to_string(etag_path(path)).ok().filter(|tag| tag.len() <= ETAG_BYTES_MAX)
}

/// `Content-Range: bytes 5-9/10`, or `bytes */10`.
struct Range {
    start: Option<u64>,
    total: u64,
}

fn range(headers: &HeaderMap) -> Option<Range> {
    let (part, total) = header_text(headers, header::CONTENT_RANGE)?.strip_prefix("bytes ")?.split_once('/')?;
    let start = part.split_once('-').and_then(|(start, _)| start.parse().ok());
    Some(Range { start, total: total.trim().parse().ok()? })
}

fn header_text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// An address as it may be shown: without name, password, query and fragment.
pub(crate) fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{host}{port}{}", url.scheme(), url.path())
}

fn refused(url: &Url, status: StatusCode) -> SourceError {
    SourceError::Refused { place: place(url), status: status.as_u16() }
}

fn bad_reply(url: &Url, reason: String) -> SourceError {
    SourceError::BadReply { place: place(url), reason }
}

/// Statuses that pass with time are tried again; the others are the source's last word.
fn refuse_status(url: &Url, status: StatusCode) -> Result<(), Try> {
    match status.as_u16() {
        200..=299 => Ok(()),
        408 | 429 | 500..=599 => Err(Try::Again(refused(url, status))),
        _ => Err(refused(url, status).into()),
    }
}

fn failed(url: &Url, got: u64, error: &ureq::Error) -> Try {
    let place = place(url);
    // These two repeat an address, which may hold a password.
    let reason = match error {
        ureq::Error::BadUri(_) | ureq::Error::InvalidProxyUrl => "the address is not valid".to_owned(),
        other => other.to_string(),
    };
    match error {
        ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::ConnectProxyFailed(_)
        | ureq::Error::Tls(_)
        | ureq::Error::Rustls(_)
        | ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
            Try::Again(SourceError::Unreachable { place, reason })
        }
        ureq::Error::Io(io) if !was_connected(io.kind()) => Try::Again(SourceError::Unreachable { place, reason }),
        ureq::Error::Io(_) | ureq::Error::Timeout(_) | ureq::Error::BodyStalled => {
            Try::Again(SourceError::Cut { place, got, reason })
        }
        _ => SourceError::BadReply { place, reason }.into(),
    }
}

/// Whether a connection had been made. Names that are not found and certificates that are refused have no kind of their
/// own, but what happens to a connection has.
fn was_connected(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
            | io::ErrorKind::TimedOut
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::WouldBlock
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        let url = Url::parse("https://user:secret@host:8443/a/b?signature=secret#secret").unwrap();
        assert_eq!(place(&url), "https://host:8443/a/b");
    }

    #[test]
    fn what_never_was_there_is_told_from_what_broke_off() {
        let url = Url::parse("http://host/").unwrap();
        let unreachable = |error| {
            let Try::Again(error) = failed(&url, 0, &ureq::Error::Io(error)) else { panic!("it may come back") };
            matches!(error, SourceError::Unreachable { .. })
        };
        assert!(unreachable(io::Error::other("failed to lookup address information")));
        assert!(unreachable(io::ErrorKind::ConnectionRefused.into()));
        assert!(!unreachable(io::ErrorKind::ConnectionReset.into()));
        assert!(!unreachable(io::ErrorKind::UnexpectedEof.into()));
    }

    #[test]
    fn ranges_are_read() {
        let check = |text: &str, expected: Option<(Option<u64>, u64)>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_RANGE, text.parse().unwrap());
            assert_eq!(range(&headers).map(|r| (r.start, r.total)), expected, "{text}");
        };
        check("bytes 5-9/10", Some((Some(5), 10)));
        check("bytes */10", Some((None, 10)));
        check("bytes 5-9/*", None);
        check("items 5-9/10", None);
        check("bytes x", None);
    }
}
