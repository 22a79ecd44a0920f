//! The assistant itself as an image: the program, its worker, and what starts the worker. No skills are in it, since nothing
//! in a container could jail them; those have images of their own.

use std::path::Path;

use anyhow::Result;
use sarai_sandbox::{Launcher, ProgramImage};
use sarai_types::Notice;

use super::root::RootFiles;
use crate::ending::Told;
use crate::worker;

pub(super) const NAME: &str = "serve";
const REPOSITORY: &str = "sarai";
/// Where it keeps everything, as `SARAI_HOME` says.
const HOME: &str = "/data";
/// There already, so that a model's file can be mounted in it.
const MODELS: &str = "/data/models";

pub(super) fn image() -> Result<ProgramImage> {
    let launcher =
        Launcher::find().map_err(|error| Told::failed(Notice::new("cli-jail-failed").arg("detail", error)))?;
    let mut root = RootFiles::default();
    root.tar.folder(Path::new("/tmp"), 0o1777)?;
    for folder in [HOME, MODELS] {
        root.tar.own_folder(Path::new(folder))?;
    }
    // Beside each other, where the program looks for the other two.
    let programs = [
        ("sarai", worker::this_program()?),
        ("sarai-llama", worker::program()?),
        ("sarai-jail", launcher.path().to_owned()),
    ];
    for (name, program) in programs {
        root.file(&program, &Path::new("/bin").join(name))?;
        root.libraries(&program)?;
    }
    Ok(ProgramImage {
        name: format!("{REPOSITORY}:v{}", env!("CARGO_PKG_VERSION")),
        files: root.tar,
        entrypoint: ["/bin/sarai", "serve"].map(str::to_owned).to_vec(),
        working_dir: HOME.to_owned(),
        environment: [("SARAI_HOME", HOME), ("LANG", "C.UTF-8")].map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec(),
    })
}
