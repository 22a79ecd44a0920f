//! The two programs, which must be static to run where there is nothing else.

use std::path::PathBuf;
use std::process::Command;

#[derive(Debug, Clone)]
pub(crate) struct Programs {
    pub(crate) jail: PathBuf,
    pub(crate) probe: PathBuf,
}

impl Programs {
    /// The one that `SARAI_JAIL_BIN` names, and the probe beside it.
    pub(crate) fn find() -> Self {
        let jail = std::env::var_os("SARAI_JAIL_BIN").map(PathBuf::from).unwrap_or_default();
        let probe = jail.with_file_name("sarai-probe");
        for program in [&jail, &probe] {
            let advice = "run `make jail` and set SARAI_JAIL_BIN to the `sarai-jail` that it builds";
            assert!(program.is_file(), "{} is not there: {advice}", program.display());
        }
        Self { jail, probe }
    }

    /// The names of all that the probe can try.
    pub(crate) fn attempts(&self) -> Vec<String> {
        let output = Command::new(&self.probe).arg("list").output().expect("the probe runs");
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
    }
}
