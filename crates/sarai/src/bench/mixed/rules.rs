//! A proactive loop that acts all the time.

use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use anyhow::Result;
use sarai_config::Folders;
use sarai_loop::door;
use sarai_proactive_sqlite::LoopStore;
use tokio::process::{Child, Command};

use crate::bench::{ms_between, now};
use crate::worker;

const RULES: &str = include_str!("rules.yaml");
/// Of a task that was done.
const DONE: &str = "done";

/// The process, in the home of a `serve` that it is the client of.
pub(super) struct ActiveLoop {
    folders: Folders,
    process: Child,
    begun: Instant,
    done_before: u64,
}

impl ActiveLoop {
    pub(super) async fn start(home: &Path) -> Result<Self> {
        let folders = Folders::under(home);
        fs_err::write(folders.rules_file(), RULES)?;
        let mut command = Command::new(worker::this_program()?);
        command.args(["loop", "--die-with-parent", &std::process::id().to_string()]);
        command.env("SARAI_HOME", home).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.kill_on_drop(true).spawn()?;
        let door = door::path(&folders)?;
        while door::ask(&door).await.is_err() {
            tokio::time::sleep(super::PAUSE).await;
        }
        let done_before = done(&folders)?;
        Ok(Self { folders, process, begun: now(), done_before })
    }

    /// Ends it; says how many actions an hour it did.
    pub(super) async fn end(mut self) -> Result<f64> {
        let (done, hours) = (done(&self.folders)? - self.done_before, ms_between(self.begun, now()) / 3.6e6);
        self.process.kill().await?;
        #[expect(clippy::cast_precision_loss, reason = "a benchmark does far fewer than 2^52 actions")]
        let done = done as f64;
        Ok(done / hours)
    }
}

fn done(folders: &Folders) -> Result<u64> {
    let tally = LoopStore::open(&folders.db())?.0.tally()?;
    Ok(tally.into_iter().filter(|counted| counted.word == DONE).map(|counted| counted.times).sum())
}
