//! The real program, run as a person runs it: arguments and files in; exit code, output and files out.
//!
//! Each test has a home of its own in a temporary folder whose name has a blank and an ñ, and an environment with
//! nothing else in it. No model answers here; that is tested end to end elsewhere.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod config;
mod doctor;
mod model;
mod rules;
mod running;
mod usage;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A person's home.
struct Home {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

/// How a command ended.
#[derive(Debug, PartialEq, Eq)]
struct Ended {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("año nuevo ").tempdir().unwrap();
        Self { folder, environment: Vec::new() }.with("SARAI_LLAMA_BIN", stub_worker().to_str().unwrap())
    }

    fn with(mut self, variable: &str, value: &str) -> Self {
        self.environment.retain(|(name, _)| name != variable);
        self.environment.push((variable.to_owned(), value.to_owned()));
        self
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    /// Writes a file, and the folders it lies in.
    fn write(&self, relative: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(relative);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, bytes).unwrap();
        path
    }

    fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sarai"));
        command.env_clear().env("SARAI_HOME", self.folder.path()).env("PATH", "/usr/bin:/bin");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command line to its end.
    fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ended {
        self.ended(self.command(args).output().unwrap())
    }

    /// What came of it, with the home's own path as `HOME`.
    fn ended(&self, output: Output) -> Ended {
        let home = self.folder.path().to_str().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(home, "HOME");
        let code = output.status.code().unwrap_or(-1);
        Ended { code, stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Ended {
    /// The output as JSON, of a command that ended with `code`.
    fn json(&self, code: i32) -> serde_json::Value {
        assert_eq!(self.code, code, "{self:?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// It failed with `code` and this one sentence, and printed no data.
    fn told(&self, code: i32, sentence: &str) {
        let expected = Ended { code, stdout: String::new(), stderr: format!("{sentence}\n") };
        assert_eq!(self, &expected);
    }
}

fn stub_worker() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/stub-worker.sh")
}
