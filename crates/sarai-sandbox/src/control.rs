//! What launcher and init say to each other.
//!
//! Init's standard input is a stream from the launcher: first what to do, as TOML that ends with a zero byte. Then init
//! closes the jail and answers with one report, as TOML that ends with a zero byte, and waits for [`GO`], which the
//! launcher says if it is content with the report and with what only it can see. From then on each byte is a signal to
//! pass on to the program; signals may come before [`GO`] too. When the stream ends, so does the jail, however the
//! launcher died. With bubblewrap both directions are one socket; a container may carry them by different streams.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use crate::backend::Backend;
use crate::check::{CheckedPolicy, JailName};
use crate::error::SandboxError;
use crate::report::Report;
use crate::source::Identity;

const END: u8 = 0;
/// Lets init start the program. No signal has this number.
pub(crate) const GO: u8 = 0xff;
/// The longest message in either direction. A socket holds it before anybody reads.
const MESSAGE_BYTES_MAX: usize = 128 << 10;

/// What init is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setup {
    pub(crate) backend: Backend,
    pub(crate) name: JailName,
    pub(crate) policy: CheckedPolicy,
    /// The program and its arguments.
    pub(crate) program: Vec<String>,
    /// Of each mount of the policy.
    pub(crate) identities: Vec<Identity>,
    /// The launcher's own namespaces, `pid` → `pid:[4026531836]`, which the jail must not share.
    pub(crate) outside: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SetupForm {
    backend: String,
    name: String,
    policy: String,
    program: Vec<String>,
    identities: Vec<String>,
    outside: BTreeMap<String, String>,
}

impl Setup {
    /// The message, with its end.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, SandboxError> {
        let policy = self.policy.to_toml().map_err(|error| SandboxError::Policy(error.to_string()))?;
        let form = SetupForm {
            backend: self.backend.name().to_owned(),
            name: self.name.as_str().to_owned(),
            policy,
            program: self.program.clone(),
            identities: self.identities.iter().map(Identity::to_string).collect(),
            outside: self.outside.clone(),
        };
        let text = toml::to_string(&form).map_err(|error| SandboxError::Start(error.to_string()))?;
        message(text)
    }

    pub(crate) fn decode(text: &str) -> Result<Self, SandboxError> {
        let odd = |what: &dyn std::fmt::Display| SandboxError::Start(format!("init was told something odd: {what}"));
        let form: SetupForm = toml::from_str(text).map_err(|error| odd(&error))?;
        let identity = |text: &String| Identity::parse(text).ok_or_else(|| odd(text));
        Ok(Self {
            backend: Backend::from_name(&form.backend).ok_or_else(|| odd(&form.backend))?,
            name: JailName::new(&form.name).map_err(|error| odd(&error))?,
            policy: CheckedPolicy::from_toml(&form.policy).map_err(|error| odd(&error))?,
            program: form.program,
            identities: form.identities.iter().map(identity).collect::<Result<_, _>>()?,
            outside: form.outside,
        })
    }
}

fn message(text: String) -> Result<Vec<u8>, SandboxError> {
    let mut bytes = text.into_bytes();
    if bytes.len() >= MESSAGE_BYTES_MAX || bytes.contains(&END) {
        return Err(SandboxError::Policy(
            "policy and arguments are too long together, or one has a zero byte".to_owned(),
        ));
    }
    bytes.push(END);
    Ok(bytes)
}

pub(crate) fn send_report(mut to: impl Write, report: &Report) -> Result<(), SandboxError> {
    let text = report.to_toml().map_err(|error| SandboxError::Start(error.to_string()))?;
    to.write_all(&message(text)?).map_err(|error| SandboxError::Start(format!("the report: {error}")))
}

/// Puts a message together from what arrives.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    bytes: Vec<u8>,
}

impl Inbox {
    /// Takes what has arrived; gives the message as soon as it is whole, and keeps what follows it.
    pub(crate) fn take(&mut self, arrived: &[u8]) -> Result<Option<String>, SandboxError> {
        self.bytes.extend_from_slice(arrived);
        let Some(end) = self.bytes.iter().position(|&byte| byte == END) else {
            return if self.bytes.len() < MESSAGE_BYTES_MAX {
                Ok(None)
            } else {
                Err(SandboxError::Start("a message between launcher and init does not end".to_owned()))
            };
        };
        let rest = self.bytes.split_off(end + 1);
        let mut message = std::mem::replace(&mut self.bytes, rest);
        message.pop();
        String::from_utf8(message)
            .map(Some)
            .map_err(|_| SandboxError::Start("a message between launcher and init is not text".to_owned()))
    }

    /// What came after the message.
    pub(crate) fn rest(self) -> Vec<u8> {
        self.bytes
    }
}

/// Waits for [`GO`], if it is not among what has come already; gives the signals that came with it.
pub(crate) fn await_go(mut from: impl Read, mut come: Vec<u8>) -> Result<Vec<u8>, SandboxError> {
    let mut buffer = [0; 64];
    while !come.contains(&GO) {
        match from.read(&mut buffer) {
            Ok(count) if count > 0 && come.len() < MESSAGE_BYTES_MAX => come.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(_) | Err(_) => return Err(SandboxError::Start("the launcher does not want this jail".to_owned())),
        }
    }
    come.retain(|&byte| byte != GO);
    Ok(come)
}

/// Reads one message, and with it perhaps a bit of what follows.
pub(crate) fn receive(mut from: impl Read) -> Result<(String, Inbox), SandboxError> {
    let mut inbox = Inbox::default();
    let mut buffer = [0; 4096];
    loop {
        let count = match from.read(&mut buffer) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(SandboxError::Start(format!("the launcher cannot be heard: {error}"))),
        };
        if count == 0 {
            return Err(SandboxError::Start("the launcher is gone".to_owned()));
        }
        if let Some(message) = inbox.take(&buffer[..count])? {
            return Ok((message, inbox));
        }
    }
}

#[cfg(test)]
mod tests;
