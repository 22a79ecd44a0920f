//! The launcher: outside, one process for one jail.
//!
//! It makes the jail, passes signals and output through, ends as the program ends, and leaves nothing behind. When its
//! parent ends, it ends the jail; when it is killed itself, the jail ends without it.

mod disabled;
mod local;
mod order;
pub(crate) mod pump;
pub(crate) mod signals;
mod watch;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt;

use crate::backend::Backend;
use crate::error::SandboxError;
use crate::program::{NOT_STARTED, complain};
use crate::report::{Effective, Report};
pub(crate) use order::Order;
use order::PolicySource;

/// What Linux calls the namespaces that a jail must not share with its launcher.
const NAMESPACES: [&str; 7] = ["user", "mnt", "pid", "ipc", "uts", "net", "cgroup"];

/// How a jail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended {
    /// The launcher's own exit code.
    pub(crate) code: u8,
}

pub(crate) fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let order = match Order::parse(arguments) {
        Ok(order) => order,
        Err(error) => {
            complain(&error.to_string());
            return ExitCode::from(NOT_STARTED);
        }
    };
    match launch(&order) {
        Ok(ended) => ExitCode::from(ended.code),
        Err(failure) => {
            complain(&format!("{}: not started: {}", order.name, failure.error));
            let report = Report {
                backend: order.backend,
                name: order.name.clone(),
                effective: failure.effective,
                error: Some(failure.error),
            };
            if let Err(error) = write_report(order.report.as_deref(), &report) {
                complain(&format!("{}: {error}", order.name));
            }
            ExitCode::from(NOT_STARTED)
        }
    }
}

/// Why there is no jail, and how far it came.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: SandboxError,
    pub(crate) effective: Effective,
}

impl From<SandboxError> for Failure {
    fn from(error: SandboxError) -> Self {
        Self { error, effective: Effective::default() }
    }
}

fn launch(order: &Order) -> Result<Ended, Failure> {
    let policy = match &order.policy {
        PolicySource::File(path) => PolicySource::read_file(path),
        PolicySource::StandardInput => PolicySource::read_standard_input(),
    }?;
    let signals = signals::Signals::listen(order.parent)?;
    match order.backend {
        Backend::Local => local::run(order, policy, signals),
        Backend::Docker => crate::docker::run(order, policy, signals),
        Backend::Disabled => disabled::run(order, &policy, signals),
    }
}

/// `/proc/self/ns`, as init reads its own.
pub(crate) fn own_namespaces() -> BTreeMap<String, String> {
    let link = |name: &str| fs::read_link(format!("/proc/self/ns/{name}")).ok()?.into_os_string().into_string().ok();
    NAMESPACES.into_iter().filter_map(|name| Some((name.to_owned(), link(name)?))).collect()
}

/// Removes what the launcher before this one has written, which says nothing of this jail. Some disks take milliseconds
/// for that, so it is done while others are at work.
pub(crate) fn forget_report(path: Option<&Path>) -> Result<(), SandboxError> {
    match path.map(fs::remove_file) {
        Some(Err(error)) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(SandboxError::Start(format!("an old report cannot be removed: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes the report so that whoever looks sees all of it or nothing.
pub(crate) fn write_report(path: Option<&Path>, report: &Report) -> Result<(), SandboxError> {
    use std::io::Write;
    let Some(path) = path else { return Ok(()) };
    let text = report.to_toml().map_err(|error| SandboxError::Start(error.to_string()))?;
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}", std::process::id()));
    let options = {
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        options
    };
    let written = options.open(&draft).and_then(|mut file| file.write_all(text.as_bytes()));
    written.and_then(|()| fs::rename(&draft, path)).map_err(|error| {
        // On a full disk every start would leave another one.
        let _ = fs::remove_file(&draft);
        SandboxError::Start(format!("the report cannot be written: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::JailName;

    #[test]
    fn a_report_that_cannot_take_its_place_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jail.toml");
        let name = JailName::new("x").unwrap();
        let report = Report { backend: Backend::Local, name, effective: Effective::default(), error: None };
        write_report(Some(&path), &report).unwrap();
        assert!(path.is_file());
        fs::remove_file(&path).unwrap();
        // No file takes the place of a folder.
        fs::create_dir(&path).unwrap();
        write_report(Some(&path), &report).unwrap_err();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_old_report_is_forgotten_and_none_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jail.toml");
        fs::write(&path, "of another jail").unwrap();
        for _ in 0..2 {
            forget_report(Some(&path)).unwrap();
            assert!(!path.exists());
        }
        forget_report(None).unwrap();
        forget_report(Some(folder.path())).unwrap_err();
    }
}
