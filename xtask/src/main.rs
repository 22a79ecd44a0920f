//! Automation of this repository: what a compiler does not check, and what is generated.
//!
//! Run from anywhere inside the repository:
//! - `cargo xtask arch`: holds the crates to the code map in `ARCHITECTURE.md`.
//! - `cargo xtask deny`: holds the lockfile to `deny.toml`.
//! - `cargo xtask tidy`: holds every file to the rules of the house.
//! - `cargo xtask gen [--check]`: the gRPC code of `sarai-proto` from `proto/`, or whether it is current.
//!
//! Every command prints what it found, one line a finding, and fails if there was any. What `exceptions.txt` lists is
//! let pass. Nothing here reaches the network, and only `gen` writes.

mod arch;
mod deny;
mod generate;
mod report;
mod tidy;
mod walk;
mod workspace;

use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::generate::Mode;

fn main() -> Result<ExitCode> {
    let root = repository()?;
    let args: Vec<String> = env::args().skip(1).collect();
    let report = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["arch"] => arch::run(&root),
        ["deny"] => deny::run(&root),
        ["tidy"] => tidy::run(&root),
        ["gen"] => generate::run(&root, Mode::Write),
        ["gen", "--check"] => generate::run(&root, Mode::Check),
        _ => bail!("usage: cargo xtask arch | deny | tidy | gen [--check]"),
    }?;
    Ok(report.print(&fs::read_to_string(root.join("xtask/exceptions.txt"))?))
}

/// The root of the repository, the folder above this crate's own.
fn repository() -> Result<PathBuf> {
    // Asked when it runs: a build cache may hand this program on from another checkout.
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").context("run this by `cargo xtask`")?;
    let root = Path::new(&manifest).parent().context("xtask has no parent folder")?;
    Ok(root.to_path_buf())
}
