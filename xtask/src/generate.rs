//! Compiles `proto/` into the committed gRPC code of `sarai-proto`.
//!
//! The code is committed so that a build needs neither a protobuf compiler nor a build script, and so that a change to
//! a contract shows in review. [`Mode::Check`] is what keeps the two from drifting apart.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result};
use fs_err as fs;

use crate::{report::Report, walk};

const PROTOS: &str = "proto";
const GENERATED: &str = "crates/sarai-proto/src/generated";

/// What to do when the committed code is not what `proto/` gives.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mode {
    Write,
    Check,
}

pub(crate) fn run(root: &Path, mode: Mode) -> Result<Report> {
    let wanted = compile(&root.join(PROTOS))?;
    let folder = root.join(GENERATED);
    fs::create_dir_all(&folder)?;
    let found = read_folder(&folder)?;

    let mut report = Report::new("gen");
    for (name, code) in &wanted {
        match mode {
            _ if found.get(name) == Some(code) => {}
            Mode::Write => fs::write(folder.join(name), code)?,
            Mode::Check => report.find(format!("{GENERATED}/{name} is not current: run cargo xtask gen")),
        }
    }
    for name in found.keys().filter(|name| !wanted.contains_key(*name)) {
        match mode {
            Mode::Write => fs::remove_file(folder.join(name))?,
            Mode::Check => report.find(format!("{GENERATED}/{name} comes from no proto: run cargo xtask gen")),
        }
    }
    Ok(report)
}

/// File name to code, for every package under `protos`.
fn compile(protos: &Path) -> Result<BTreeMap<String, String>> {
    let sources = walk::files(protos, "proto")?;
    let descriptors = protox::compile(&sources, [protos]).context("proto/ does not compile")?;
    let out = tempfile::tempdir()?;
    tonic_prost_build::configure()
        // Everything inside speaks through a Unix socket, so that the channel is always made by hand.
        .build_transport(false)
        .out_dir(out.path())
        .compile_fds(descriptors)
        .context("the code generator failed")?;
    read_folder(out.path())
}

fn read_folder(folder: &Path) -> Result<BTreeMap<String, String>> {
    walk::files(folder, "rs")?
        .into_iter()
        .map(|path| {
            let name = path.file_name().context("a file without a name")?.to_string_lossy().into_owned();
            Ok((name, fs::read_to_string(path)?))
        })
        .collect()
}
