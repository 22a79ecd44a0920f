//! What a command reads.

use std::io::{self, BufRead, BufReader, IsTerminal, Read};
use std::path::Path;

use sarai_types::Notice;

use crate::ending::Told;
use crate::terminal;

/// The longest answer to a question, in bytes; a terminal gives no longer line.
const ANSWER_MAX: u64 = 4096;

/// One line that a person answered; none if there is nobody any more.
///
/// # Errors
/// The input breaks.
pub(crate) fn answer(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    input.take(ANSWER_MAX).read_until(b'\n', &mut line)?;
    Ok((!line.is_empty()).then(|| String::from_utf8_lossy(&line).trim().to_owned()))
}

/// What a short answer means; none if it is neither yes nor no.
pub(crate) fn yes_or_no(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "s" | "sí" | "si" | "y" | "yes" => Some(true),
        "n" | "no" => Some(false),
        _ => None,
    }
}

/// Asks a person; nobody else is asked, and silence is no yes.
///
/// # Errors
/// The input breaks.
pub(crate) fn agrees(question: &str) -> io::Result<bool> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return Ok(false);
    }
    terminal::prompt(question);
    Ok(answer(&mut stdin.lock())?.and_then(|line| yes_or_no(&line)) == Some(true))
}

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
