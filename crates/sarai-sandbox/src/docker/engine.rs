//! The engine: where it is, and what it is asked.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::http::{self, Answer, Request};
use super::image::Image;
use super::stream::Frames;
use crate::error::SandboxError;

/// What the launcher wants to know of its caller's variables.
pub(crate) const ENGINE_VARIABLES: [&str; 3] = [NAMES[0], NAMES[1], OF_PERSON_VARIABLE];
/// Variables that name an engine, in the order in which they are asked.
const NAMES: [&str; 2] = ["DOCKER_HOST", "CONTAINER_HOST"];
/// Names the folder of a person's own sockets.
const OF_PERSON_VARIABLE: &str = "XDG_RUNTIME_DIR";
/// Where sockets usually are, in that folder and for everybody.
const OF_PERSON: [&str; 2] = ["docker.sock", "podman/podman.sock"];
const OF_ALL: [&str; 3] = ["/run/docker.sock", "/var/run/docker.sock", "/run/podman/podman.sock"];

/// Lines of a container's log that a person is shown.
const LOG_LINES_MAX: u32 = 20;
const NOT_MADE: &str = "the container cannot be made";

/// The two differ in little, but they differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Docker,
    Podman,
}

#[derive(Debug, Clone)]
pub(super) struct Engine {
    socket: PathBuf,
    pub(super) kind: Kind,
}

/// What an engine says of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) owner: String,
}

/// The label whose value says whose container it is.
pub(super) const LABEL: &str = "sarai.jail";

impl Engine {
    /// The one that is named, or the first that answers in a usual place.
    pub(super) fn find(variable: impl Fn(&str) -> Option<String>) -> Result<Self, SandboxError> {
        for name in NAMES {
            if let Some(address) = variable(name).filter(|address| !address.is_empty()) {
                let Some(path) = address.strip_prefix("unix://") else {
                    return Err(SandboxError::Docker(format!(
                        "{name} is {address}: only an engine of this computer will do, by unix:// and the path of its \
                         socket, because a policy's files are here"
                    )));
                };
                return Self::at(Path::new(path)).map_err(|error| {
                    SandboxError::Docker(format!("nobody answers at {path}, which {name} names: {error}"))
                });
            }
        }
        let of_person = variable(OF_PERSON_VARIABLE).into_iter();
        let of_person = of_person.flat_map(|folder| OF_PERSON.map(|name| Path::new(&folder).join(name)));
        let places: Vec<PathBuf> = of_person.chain(OF_ALL.map(PathBuf::from)).collect();
        places.iter().find_map(|place| Self::at(place).ok()).ok_or_else(|| {
            let places: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
            SandboxError::Docker(format!(
                "no Docker or Podman answers at {}: start one (`systemctl start docker`, or `podman system service \
                 --time 0 unix:///run/podman/podman.sock`), or name its socket in DOCKER_HOST",
                places.join(", ")
            ))
        })
    }

    fn at(socket: &Path) -> io::Result<Self> {
        let answer = http::ask(socket, Request::plain("GET", "/version"))?;
        let version: Value = serde_json::from_slice(&answer.body).map_err(io::Error::other)?;
        let name = version["Components"][0]["Name"].as_str().unwrap_or_default();
        let kind = if name.starts_with("Podman") { Kind::Podman } else { Kind::Docker };
        Ok(Self { socket: socket.to_owned(), kind })
    }

    fn ask(&self, what: &str, request: Request<'_>) -> Result<Answer, SandboxError> {
        http::ask(&self.socket, request).map_err(|error| SandboxError::Docker(format!("{what}: {error}")))
    }

    /// The same where only success will do.
    fn have(&self, what: &str, request: Request<'_>) -> Result<Value, SandboxError> {
        let answer = self.ask(what, request)?;
        if (200..300).contains(&answer.status) {
            return Ok(serde_json::from_slice(&answer.body).unwrap_or_default());
        }
        Err(SandboxError::Docker(format!("{what}: {}", complaint(&answer))))
    }

    /// Makes a container, and the image first if the engine does not have it. Gives its id.
    pub(super) fn create(&self, image: &Image, body: &Value) -> Result<String, SandboxError> {
        let mut answer = self.try_create(body)?;
        if answer.status == 404 {
            self.import(image)?;
            answer = self.try_create(body)?;
        }
        id_of(&answer)
    }

    /// Makes a container of an image that the engine has. Gives its id.
    pub(super) fn create_from(&self, body: &Value) -> Result<String, SandboxError> {
        id_of(&self.try_create(body)?)
    }

    fn try_create(&self, body: &Value) -> Result<Answer, SandboxError> {
        let body = body.to_string();
        let request =
            Request { method: "POST", target: "/containers/create", kind: "application/json", body: body.as_bytes() };
        self.ask(NOT_MADE, request)
    }

    /// Gives the engine an image; one of the same name is replaced.
    pub(super) fn import(&self, image: &Image) -> Result<(), SandboxError> {
        const WHAT: &str = "the image cannot be made";
        let target = image.import();
        let request = Request { method: "POST", target: &target, kind: "application/x-tar", body: &image.tar };
        let answer = self.ask(WHAT, request)?;
        // A failure on the way is said in the middle of the answer.
        let failed = String::from_utf8_lossy(&answer.body).contains("\"error\"");
        if answer.status == 200 && !failed {
            return Ok(());
        }
        Err(SandboxError::Docker(format!("{WHAT}: {}", complaint(&answer))))
    }

    /// The last lines that a container's program has said, on both outputs.
    pub(super) fn words(&self, id: &str) -> Result<String, SandboxError> {
        const WHAT: &str = "the container's words cannot be had";
        let target = format!("/containers/{id}/logs?stdout=true&stderr=true&tail={LOG_LINES_MAX}");
        let answer = self.ask(WHAT, Request::plain("GET", &target))?;
        if answer.status != 200 {
            return Err(SandboxError::Docker(format!("{WHAT}: {}", complaint(&answer))));
        }
        let mut words = Vec::new();
        // What is no frame is left out: it is for a person's eye.
        let _ = Frames::default().cut(&answer.body, |_, piece| words.extend_from_slice(piece));
        Ok(String::from_utf8_lossy(&words).trim().to_owned())
    }

    /// Lets a container's program finish, and then makes it.
    pub(super) fn stop(&self, id: &str, seconds: u32) -> Result<(), SandboxError> {
        let target = format!("/containers/{id}/stop?t={seconds}");
        let answer = self.ask("the container cannot be stopped", Request::plain("POST", &target))?;
        match answer.status {
            // It has ended already.
            200..300 | 304 | 404 => Ok(()),
            _ => Err(SandboxError::Docker(format!("the container cannot be stopped: {}", complaint(&answer)))),
        }
    }

    /// What the engine has made of a container's configuration.
    pub(super) fn inspect(&self, id: &str) -> Result<Value, SandboxError> {
        self.have("the container cannot be looked at", Request::plain("GET", &format!("/containers/{id}/json")))
    }

    /// The container's streams, before it starts, so that nothing is lost.
    pub(super) fn attach(&self, id: &str) -> Result<(UnixStream, Vec<u8>), SandboxError> {
        let target = format!("/containers/{id}/attach?stream=1&stdin=1&stdout=1&stderr=1");
        http::upgrade(&self.socket, &target)
            .map_err(|error| SandboxError::Docker(format!("the container's streams: {error}")))
    }

    pub(super) fn start(&self, id: &str) -> Result<(), SandboxError> {
        let target = format!("/containers/{id}/start");
        self.have("the container cannot be started", Request::plain("POST", &target)).map(drop)
    }

    /// A connection on which the exit code comes as soon as there is one.
    pub(super) fn wait(&self, id: &str) -> Result<UnixStream, SandboxError> {
        let target = format!("/containers/{id}/wait?condition=not-running");
        http::begin(&self.socket, Request::plain("POST", &target))
            .map_err(|error| SandboxError::Docker(format!("the container's end: {error}")))
    }

    /// Ends and forgets a container. It is no error if there is none.
    pub(super) fn remove(&self, id: &str) -> Result<(), SandboxError> {
        const WHAT: &str = "the container cannot be removed";
        let target = format!("/containers/{id}?force=true&v=true");
        let answer = self.ask(WHAT, Request::plain("DELETE", &target))?;
        match answer.status {
            // Gone, or just going.
            200..300 | 404 | 409 => Ok(()),
            _ => Err(SandboxError::Docker(format!("{WHAT}: {}", complaint(&answer)))),
        }
    }

    /// All containers that are jails, whatever they do.
    pub(super) fn list(&self) -> Result<Vec<Listed>, SandboxError> {
        // `{"label":["sarai.jail"]}`, as an address has it.
        let target = format!("/containers/json?all=true&filters=%7B%22label%22%3A%5B%22{LABEL}%22%5D%7D");
        let all = self.have("the containers cannot be listed", Request::plain("GET", &target))?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let one = |item: &Value| Some(Listed { id: text(&item["Id"])?, owner: text(&item["Labels"][LABEL])? });
        Ok(all.as_array().map(|all| all.iter().filter_map(one).collect()).unwrap_or_default())
    }
}

fn id_of(answer: &Answer) -> Result<String, SandboxError> {
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let id = said["Id"].as_str().filter(|_| answer.status == 201);
    id.map(str::to_owned).ok_or_else(|| SandboxError::Docker(format!("{NOT_MADE}: {}", complaint(answer))))
}

/// What the engine says went wrong.
fn complaint(answer: &Answer) -> String {
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let plain = || String::from_utf8_lossy(&answer.body).trim().chars().take(500).collect::<String>();
    let text = said["message"].as_str().map_or_else(plain, str::to_owned);
    format!("{text} (status {})", answer.status)
}
