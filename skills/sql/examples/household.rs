//! Writes the two databases of the tests into a folder, to try the skill on: `casa.db` in Spanish, `home.db` in English.

#[path = "../tests/common/mod.rs"]
mod common;

use std::path::PathBuf;

fn main() {
    let folder: PathBuf = std::env::args_os().nth(1).unwrap_or_else(|| ".".into()).into();
    drop(common::spanish(&folder.join("casa.db")));
    drop(common::english(&folder.join("home.db")));
}
