//! `sarai skill new`: a skill to begin with, which keeps to the contract from the start.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use fs_err as fs;
use sarai_types::{Notice, SkillName};

use super::NameArg;
use crate::ending::Told;
use crate::shell::Shell;
use crate::terminal;

/// In the templates, what stands for the skill's name and for where the SDK lies.
const NAME_MARK: &str = "{{name}}";
const SDK_MARK: &str = "{{sdk}}";
/// The SDK of the checkout that this program was built from.
const SDK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../sarai-skill-sdk");

/// Files of a folder of this repository, with their paths in it.
macro_rules! files {
    ($folder:literal: $($file:literal),+ $(,)?) => {
        &[$(($file, include_str!(concat!("../../../", $folder, "/", $file)))),+]
    };
}

type Files = &'static [(&'static str, &'static str)];

const RUST: Files = files!(
    "templates/skill-rust":
    ".gitignore", "Cargo.toml", "SKILL.md", "build.sh", "greeting.txt", "sarai.skill.toml", "src/main.rs",
);
/// What a skill in Python says of itself.
const PYTHON: Files = files!("templates/skill-python": "SKILL.md", "sarai.skill.toml");
/// The rest of it is the example.
const PYTHON_EXAMPLE: Files = files!(
    "../../skills/example-python":
    ".gitignore",
    "greeting.txt",
    "requirements.txt",
    "service.py",
    "setup.sh",
    "skill.py",
    "generated/sarai/host/v1/host_pb2.py",
    "generated/sarai/host/v1/host_pb2_grpc.py",
    "generated/sarai/skill/v1/skill_pb2.py",
    "generated/sarai/skill/v1/skill_pb2_grpc.py",
);

/// What it is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgramLanguage {
    Rust,
    Python,
}

impl ProgramLanguage {
    fn files(self) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
        match self {
            Self::Rust => RUST.iter().chain(&[]),
            Self::Python => PYTHON.iter().chain(PYTHON_EXAMPLE),
        }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct NewArgs {
    #[command(flatten)]
    skill: NameArg,
    #[arg(long, value_name = "rust|python", help = "cli-help-skill-language", value_enum, hide_possible_values = true)]
    #[arg(default_value = "rust", hide_default_value = true)]
    language: ProgramLanguage,
    #[arg(long, value_name = "cli-value-folder", help = "cli-help-skill-folder")]
    folder: Option<PathBuf>,
}

pub(super) fn run(args: &NewArgs, shell: &Shell) -> anyhow::Result<()> {
    let name = &args.skill.name;
    // Where it is found without another step.
    let shelf = args.folder.clone().unwrap_or_else(|| shell.folders.skills());
    let folder = shelf.join(name.as_str());
    if folder.exists() {
        return Err(Told::failed(Notice::new("cli-skill-new-exists").arg("folder", folder.display())).into());
    }
    let sdk = match (args.language, fs::canonicalize(SDK)) {
        (ProgramLanguage::Rust, Err(_)) => return Err(Told::failed(Notice::new("cli-skill-new-no-sdk")).into()),
        (_, sdk) => sdk.unwrap_or_default(),
    };
    for (file, text) in args.language.files() {
        write(&folder.join(file), &filled(text, name, &sdk))?;
    }
    let next = match args.language {
        ProgramLanguage::Rust => "cli-skill-new-rust",
        ProgramLanguage::Python => "cli-skill-new-python",
    };
    Ok(terminal::line(shell.text(&Notice::new(next).arg("skill", name).arg("folder", folder.display())))?)
}

fn filled(text: &str, name: &SkillName, sdk: &Path) -> String {
    text.replace(NAME_MARK, name.as_str()).replace(SDK_MARK, &sdk.to_string_lossy())
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)?;
    let runs = text.starts_with("#!");
    fs::set_permissions(path, std::fs::Permissions::from_mode(if runs { 0o755 } else { 0o644 }))
}
