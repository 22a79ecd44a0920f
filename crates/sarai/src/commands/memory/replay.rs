//! `sarai memory replay`: plays a conversation into a memory of its own, which is thrown away.
//!
//! One JSON object a line, and one line for each. It is for tests from outside; nothing of the owner's is read or written.
//!
//! ```json
//! {"say": "Mi hermana vive en Madrid", "at": "2026-11-22T14:05:00+01:00", "lang": "es"}
//! {"text": "Vive en París", "source": "web_page"}
//! {"ask": "¿Dónde vive mi hermana?"}
//! {"restart": true}
//! ```

use std::io::BufRead;
use std::path::PathBuf;

use anyhow::Context as _;
use sarai_memory::Replay;
use sarai_memory_sqlite::{SqliteStore, lines};
use sarai_types::Notice;

use crate::ending::Told;
use crate::input::open;
use crate::terminal;

#[derive(Debug, clap::Args)]
pub(crate) struct ReplayArgs {
    #[arg(value_name = "cli-value-file", help = "cli-help-memory-replay")]
    file: PathBuf,
    /// The only form there is.
    #[arg(long, help = "cli-help-json")]
    json: bool,
}

pub(crate) fn run(args: &ReplayArgs) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (store, _) = SqliteStore::open(folder.path())?;
    let mut replay = Replay::new(store, super::here_and_now());
    for (number, line) in (1_usize..).zip(open(&args.file)?.split(b'\n')) {
        let line = String::from_utf8(line?).map_err(|_| unreadable(number, "it is not UTF-8"))?;
        if line.trim().is_empty() {
            continue;
        }
        let step = lines::step(&line).map_err(|error| unreadable(number, error))?;
        let played = replay.play(&step).with_context(|| format!("line {number}"))?;
        terminal::line(lines::played(replay.memory(), &played)?)?;
    }
    Ok(())
}

fn unreadable(number: usize, why: impl ToString) -> Told {
    Told::failed(Notice::new("memory-line").arg("line", number).arg("detail", why.to_string()))
}
