//! Where the model worker's program is.

use std::path::PathBuf;

use sarai_types::Notice;

use crate::ending::Told;

const VARIABLE: &str = "SARAI_LLAMA_BIN";
const NAME: &str = "sarai-llama";

/// What `SARAI_LLAMA_BIN` names, otherwise the one beside this program.
///
/// # Errors
/// There is no such file.
pub(crate) fn program() -> Result<PathBuf, Told> {
    let path = match std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
        Some(path) => PathBuf::from(path),
        None => this_program()?.with_file_name(NAME),
    };
    if path.is_file() {
        return Ok(path);
    }
    Err(Told::failed(Notice::new("cli-worker-missing").arg("file", path.display()).arg("variable", VARIABLE)))
}

/// This program's own file.
///
/// # Errors
/// The system does not tell.
pub(crate) fn this_program() -> Result<PathBuf, Told> {
    std::env::current_exe().map_err(|e| Told::failed(Notice::new("cli-unexpected").arg("cause", e)))
}
