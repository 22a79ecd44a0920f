//! A web server on loopback for the tests, with the faults that real ones have.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What goes wrong with one answer.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    Status(u16),
    /// Sends everything whatever was asked for.
    IgnoreRange,
    /// Leaves a byte out of the range that was asked for.
    OtherRange,
    /// Closes the connection after so many bytes of the body.
    CutAfter(usize),
    /// Sends so many bytes of the body and then nothing, without closing.
    StallAfter(usize),
    /// Announces more bytes than there are.
    Promise(usize),
    /// Does not announce how long the body is.
    NoLength,
    Redirect(String),
}

#[derive(Default)]
struct Resource {
    body: Vec<u8>,
    content_type: &'static str,
    /// One is taken for each request; when none is left, `always` counts.
    faults: VecDeque<Fault>,
    always: Option<Fault>,
}

/// A request as it came: path and headers, these in lower case.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
}

#[derive(Default)]
struct Shared {
    resources: Mutex<HashMap<String, Resource>>,
    seen: Mutex<Vec<Seen>>,
    over: AtomicBool,
}

pub(crate) struct FakeServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl FakeServer {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let inside = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if inside.over.load(Ordering::SeqCst) {
                    break;
                }
                let inside = Arc::clone(&inside);
                // A client that went away is no failure of a test.
                thread::spawn(move || stream.and_then(|stream| serve(&stream, &inside)));
            }
        });
        Self { address, shared }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn put(&self, path: &str, content_type: &'static str, body: impl Into<Vec<u8>>) {
        let resource = Resource { body: body.into(), content_type, ..Resource::default() };
        self.shared.resources.lock().unwrap().insert(path.to_owned(), resource);
    }

    /// The next answers at `path` go wrong in this order.
    pub(crate) fn fail(&self, path: &str, faults: impl IntoIterator<Item = Fault>) {
        self.shared.resources.lock().unwrap().get_mut(path).unwrap().faults.extend(faults);
    }

    /// All answers at `path` go wrong, until told otherwise.
    pub(crate) fn fail_always(&self, path: &str, fault: Option<Fault>) {
        self.shared.resources.lock().unwrap().get_mut(path).unwrap().always = fault;
    }

    /// Requests since the last time.
    pub(crate) fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.shared.seen.lock().unwrap())
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(mut stream: &TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = HashMap::new();
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    shared.seen.lock().unwrap().push(Seen { path: path.clone(), headers: headers.clone() });

    let (body, content_type, fault) = {
        let mut resources = shared.resources.lock().unwrap();
        match resources.get_mut(&path) {
            None => (Vec::new(), "text/plain", Some(Fault::Status(404))),
            Some(resource) => {
                let fault = resource.faults.pop_front().or_else(|| resource.always.clone());
                (resource.body.clone(), resource.content_type, fault)
            }
        }
    };
    // The tag changes with the content.
    let etag = format!("\"{}-{}\"", body.len(), body.iter().map(|b| u64::from(*b)).sum::<u64>());
    let same = headers.get("if-range").is_none_or(|tag| *tag == etag);
    let from = headers.get("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let from: usize = from.filter(|_| same && !matches!(fault, Some(Fault::IgnoreRange))).unwrap_or(0);
    let total = body.len();
    let head = |status: &str, length: usize, more: &str| {
        format!(
            "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\
             ETag: {etag}\r\n{more}\r\n"
        )
    };
    if from > total {
        return stream.write_all(head("416 Too far", 0, &format!("Content-Range: bytes */{total}\r\n")).as_bytes());
    }
    let rest = &body[from..];
    let range = format!("Content-Range: bytes {from}-{}/{total}\r\n", total.saturating_sub(1));
    let good = if from > 0 { head("206 Part", rest.len(), &range) } else { head("200 OK", rest.len(), "") };
    match fault {
        None | Some(Fault::IgnoreRange) => {
            stream.write_all(good.as_bytes())?;
            stream.write_all(rest)
        }
        Some(Fault::Status(status)) => stream.write_all(head(&format!("{status} No"), 0, "").as_bytes()),
        Some(Fault::Redirect(to)) => stream.write_all(head("302 There", 0, &format!("Location: {to}\r\n")).as_bytes()),
        Some(Fault::OtherRange) => {
            let other = from + 1;
            let range = format!("Content-Range: bytes {other}-{}/{total}\r\n", total - 1);
            stream.write_all(head("206 Part", total - other, &range).as_bytes())?;
            stream.write_all(&body[other..])
        }
        Some(Fault::CutAfter(n)) => {
            stream.write_all(good.as_bytes())?;
            stream.write_all(&rest[..n.min(rest.len())])
        }
        Some(Fault::StallAfter(n)) => {
            stream.write_all(good.as_bytes())?;
            stream.write_all(&rest[..n.min(rest.len())])?;
            thread::sleep(Duration::from_secs(2));
            Ok(())
        }
        Some(Fault::Promise(length)) => {
            stream.write_all(head("200 OK", length, "").as_bytes())?;
            stream.write_all(&body)
        }
        Some(Fault::NoLength) => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            stream.write_all(&body)
        }
    }
}
