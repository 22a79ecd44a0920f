//! The container engines that jails are tried in.

use std::path::{Path, PathBuf};
use std::process::Command;

/// One that answers Docker's API. Ends with this value if it was started here.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) name: String,
    pub(crate) socket: PathBuf,
    started_in: Option<PathBuf>,
}

impl Engine {
    /// Those that are named, or both that are known.
    pub(crate) fn start_all() -> Vec<Self> {
        match std::env::var("SARAI_TEST_ENGINE") {
            Ok(named) if !named.is_empty() => named.split(',').map(Self::at).collect(),
            _ => ["podman", "docker"].map(Self::start).into(),
        }
    }

    fn at(socket: &str) -> Self {
        let socket = socket.strip_prefix("unix://").unwrap_or(socket);
        Self { name: socket.to_owned(), socket: socket.into(), started_in: None }
    }

    fn start(name: &str) -> Self {
        // A socket's path must be short.
        let folder = std::env::temp_dir().join(format!("sarai-escape-{}", std::process::id()));
        let output = script("start", &folder, name);
        let said = String::from_utf8_lossy(&output.stdout);
        let socket = said.lines().last().unwrap_or_default();
        assert!(
            output.status.success() && !socket.is_empty(),
            "{name} cannot be started, and no back end is left out: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Self { name: name.to_owned(), socket: socket.into(), started_in: Some(folder) }
    }
}

fn script(action: &str, folder: &Path, engine: &str) -> std::process::Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/containers.sh");
    Command::new(script).arg(action).arg(folder).arg(engine).output().expect("scripts/containers.sh runs")
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(folder) = &self.started_in {
            script("stop", folder, &self.name);
            // The last one leaves it empty.
            let _ = fs_err::remove_dir(folder);
        }
    }
}
