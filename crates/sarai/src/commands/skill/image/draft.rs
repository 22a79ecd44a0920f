//! The engine's guesser as a skill's folder: it is no skill to be asked, so it lies on no shelf, but it is a program with a
//! manifest, and becomes an image like any other.

use std::path::Path;

use anyhow::Result;
use fs_err as fs;
use sarai_daemon::skills::SkillPlaces;
use sarai_sandbox::Mount;
use sarai_skills::{MANIFEST_FILE, SKILL_FILE};
use sarai_types::Notice;

use super::{ImageArgs, read_only};
use crate::commands::skill;
use crate::ending::Told;
use crate::shell::Shell;
use crate::worker;

pub(super) const NAME: &str = "draft";
/// By which health knows it.
pub(super) const SERVICE: &str = "sarai.engine.v1.Engine";
const MANIFEST: &str = include_str!("../../../../../../skills/draft/sarai.skill.toml");
const ABOUT: &str = include_str!("../../../../../../skills/draft/SKILL.md");
/// Where its manifest says that it finds the model.
const MODEL_INSIDE: &str = "/data/draft.gguf";

/// A shelf with nothing but the guesser on it, made in `folder`.
pub(super) fn places(folder: &Path, shell: &Shell) -> Result<SkillPlaces> {
    let program = worker::program()?;
    let own = folder.join(NAME);
    fs::create_dir_all(own.join("bin"))?;
    fs::write(own.join(MANIFEST_FILE), MANIFEST)?;
    fs::write(own.join(SKILL_FILE), ABOUT)?;
    fs::copy(program, own.join("bin/sarai-llama"))?;
    Ok(SkillPlaces {
        folders: shell.folders.clone(),
        home: skill::home(shell),
        built_in: Some(folder.to_owned()),
        project: None,
        databases: Vec::new(),
    })
}

/// The model file; only who runs it needs one.
pub(super) fn mounts(args: &ImageArgs, shell: &Shell) -> Result<Vec<Mount>> {
    if !args.run {
        return Ok(Vec::new());
    }
    let model = args.model.as_ref().ok_or_else(|| Told::failed(Notice::new("cli-skill-image-no-model")))?;
    let file = shell.library()?.find(model).map_err(|error| Told::failed(error.notice()))?;
    Ok(vec![read_only(fs::canonicalize(file)?, MODEL_INSIDE)])
}
