//! What an image of a skill holds: its folder, and of the computer only what its program cannot do without.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use fs_err as fs;
use sarai_sandbox::{Root, Tar};
use sarai_skills::{
    DATA_INSIDE, Granted, HOST_FOLDER_INSIDE, Process, Program, SKILL_INSIDE, SOCKET_FOLDER_INSIDE, Skill,
};
use sarai_types::Notice;

use crate::ending::Told;

/// Folders on the way down; a skill's own is flat.
const DEPTH_MAX: usize = 16;
const FILES_MAX: usize = 20_000;
/// Where a jail with the computer's programs looks for them.
const PATH: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];
/// Python's own library lies in a folder that only Python knows.
const PYTHON: &str = "python3";
const PYTHON_LIBRARY: &str = "import sysconfig; print(sysconfig.get_path('stdlib'))";
/// Of that, what no program of a skill needs: tests, windows, installers, documentation, and compiled copies.
const PYTHON_LEFT_OUT: [&str; 14] = [
    "__pycache__",
    "distutils",
    "dist-packages",
    "ensurepip",
    "idlelib",
    "lib2to3",
    "pydoc_data",
    "site-packages",
    "sqlite3",
    "test",
    "tests",
    "tkinter",
    "turtledemo",
    "venv",
];
/// And of its parts in C, those that bring large libraries for what a jail cannot do, or nobody asks a skill for.
const PYTHON_PARTS_LEFT_OUT: [&str; 8] =
    ["_crypt", "_curses", "_dbm", "_gdbm", "_hashlib", "_sqlite3", "_ssl", "_tkinter"];

/// Builds the root by and by.
#[derive(Debug, Default)]
pub(super) struct RootFiles {
    pub(super) tar: Tar,
    files: usize,
    /// Libraries that are there already.
    libraries: BTreeSet<PathBuf>,
}

/// The files of a skill's image.
///
/// # Errors
/// A file that cannot be read, a program that is not there, or more than an image may hold.
pub(super) fn files(skill: &Skill<Granted>, process: &Process) -> Result<Tar> {
    let mut root = RootFiles::default();
    // Empty, for what is mounted there. Whoever makes a volume of the socket's folder has to be able to write in it.
    for (folder, mode) in
        [("/tmp", 0o1777), (SOCKET_FOLDER_INSIDE, 0o1777), (HOST_FOLDER_INSIDE, 0o755), (DATA_INSIDE, 0o755)]
    {
        root.tar.folder(Path::new(folder), mode)?;
    }
    root.folder(skill.folder(), Path::new(SKILL_INSIDE), 0, &|_| true)?;
    if let Program::Own(path) = &process.program {
        root.libraries(&skill.folder().join(path.as_path()))?;
    }
    match process.root {
        Root::Empty => {}
        Root::System if process.image_programs.is_empty() => {
            return Err(Told::failed(Notice::new("cli-skill-image-system").arg("skill", skill.name())).into());
        }
        Root::System => process.image_programs.iter().try_for_each(|name| root.program(name))?,
    }
    Ok(root.tar)
}

impl RootFiles {
    /// A folder with everything below it that is a file, a folder, or a link to one of them.
    fn folder(&mut self, from: &Path, inside: &Path, depth: usize, wanted: &dyn Fn(&str) -> bool) -> Result<()> {
        anyhow::ensure!(depth < DEPTH_MAX, "{}: more than {DEPTH_MAX} folders deep", from.display());
        let mut entries = fs::read_dir(from)?.collect::<Result<Vec<_>, _>>()?;
        // The same folder gives the same image.
        entries.sort_by_key(fs_err::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            let name =
                name.to_str().with_context(|| format!("{}: a name that is not UTF-8", entry.path().display()))?;
            if !wanted(name) {
                continue;
            }
            let (path, at) = (entry.path(), inside.join(name));
            match fs::metadata(&path) {
                Ok(metadata) if metadata.is_dir() => self.folder(&path, &at, depth + 1, wanted)?,
                Ok(metadata) if metadata.is_file() => self.file(&path, &at)?,
                // A socket, or a link that leads nowhere.
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }

    pub(super) fn file(&mut self, from: &Path, inside: &Path) -> Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        self.files += 1;
        anyhow::ensure!(
            self.files <= FILES_MAX,
            "{}: the image would hold more than {FILES_MAX} files",
            from.display()
        );
        let runs = fs::metadata(from)?.permissions().mode() & 0o111 != 0;
        Ok(self.tar.file(inside, if runs { 0o755 } else { 0o644 }, &fs::read(from)?)?)
    }

    /// A program of the computer, where the skill will look for it.
    fn program(&mut self, name: &str) -> Result<()> {
        let missing = || Told::failed(Notice::new("cli-skill-image-program").arg("program", name));
        let found = PATH.into_iter().map(|folder| Path::new(folder).join(name)).find(|path| path.is_file());
        let path = found.ok_or_else(missing)?;
        self.file(&path, &path)?;
        self.libraries(&path)?;
        if name == PYTHON {
            self.python(&path)?;
        }
        Ok(())
    }

    fn python(&mut self, program: &Path) -> Result<()> {
        let said = Command::new(program).args(["-I", "-S", "-c", PYTHON_LIBRARY]).env_clear().output()?;
        let library = PathBuf::from(String::from_utf8_lossy(&said.stdout).trim());
        anyhow::ensure!(
            said.status.success() && library.is_absolute(),
            "{} does not say where its library is",
            program.display()
        );
        let wanted = |name: &str| {
            !PYTHON_LEFT_OUT.contains(&name)
                && !name.starts_with("config-")
                && !PYTHON_PARTS_LEFT_OUT.iter().any(|part| name.starts_with(part))
        };
        self.folder(&library, &library, 0, &wanted)?;
        let parts = library.join("lib-dynload");
        for part in fs::read_dir(&parts).into_iter().flatten().flatten() {
            if wanted(&part.file_name().to_string_lossy()) {
                self.libraries(&part.path())?;
            }
        }
        Ok(())
    }

    /// The libraries that a program is linked with, where its loader looks for them. A static one has none.
    pub(super) fn libraries(&mut self, program: &Path) -> Result<()> {
        let listed = Command::new("ldd").arg(program).env("LC_ALL", "C").output().context("ldd")?;
        for library in String::from_utf8_lossy(&listed.stdout).split_whitespace().filter(|word| word.starts_with('/')) {
            let library = Path::new(library.trim_end_matches(':'));
            if library != program && self.libraries.insert(library.to_owned()) {
                self.file(library, library)?;
            }
        }
        Ok(())
    }
}
