//! What a command reads.

use std::io::{self, BufRead, BufReader};
use std::path::Path;

use sarai_types::Notice;

use crate::ending::Told;

/// A file, or standard input for `-`.
pub(crate) fn open(file: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    if file == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    if !file.exists() {
        return Err(Told::failed(Notice::new("cli-file-missing").arg("file", file.display())).into());
    }
    Ok(Box::new(BufReader::new(fs_err::File::open(file)?)))
}
