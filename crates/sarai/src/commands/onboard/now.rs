//! What the config and the rules say now, and how they come to say something else.

use std::path::{Path, PathBuf};

use sarai_config::{
    BUILTIN_RULES, Config, ConfigError, ConfigErrors, Folders, Loaded, RulesFile, SourceFile, Sources, load, template,
    write_atomic,
};
use sarai_loop::clock;
use sarai_types::Notice;

use crate::ending::{Exit, Told};

/// The two files and what they mean.
#[derive(Debug)]
pub(super) struct Now {
    settings: SourceFile,
    rules: SourceFile,
    loaded: Loaded,
    /// `23:00-07:30`, or nothing.
    pub(super) quiet_hours: String,
}

/// A dotted key of a file with its text, as the file would have it.
pub(super) type Setting = (&'static str, String);

impl Now {
    /// Of somebody who has no files yet: the template, and the rules that come with it.
    ///
    /// # Errors
    /// Everything that is wrong with them; exit code 64.
    pub(super) fn read(folders: &Folders) -> Result<Self, Told> {
        let settings = begun(&folders.config_file(), template)?;
        let rules = begun(&folders.rules_file(), || BUILTIN_RULES.to_owned())?;
        let loaded = meaning(&settings)?;
        let quiet = RulesFile::read(&rules, &clock::home()).map_err(|errors| wrong(&errors))?.house.quiet;
        let quiet_hours = quiet.map(|hours| hours.to_string()).unwrap_or_default();
        Ok(Self { settings, rules, loaded, quiet_hours })
    }

    pub(super) const fn config(&self) -> &Config {
        &self.loaded.config
    }

    /// Has the files say this, and gives those that had to be written. Each is written whole or not at all, and only if
    /// it is right.
    ///
    /// # Errors
    /// A file that cannot be changed or written.
    pub(super) fn write(&self, settings: &[Setting], quiet_hours: &str) -> Result<Vec<PathBuf>, Told> {
        let differs =
            |(key, value): &&Setting| self.loaded.rows().any(|(known, now, _)| known.name == *key && now != *value);
        let settings: Vec<_> = settings.iter().filter(differs).map(|(key, value)| (*key, value.as_str())).collect();
        let mut quiet: Vec<(&str, &str)> = Vec::new();
        if self.quiet_hours != quiet_hours {
            quiet.push(("quiet_hours", quiet_hours));
        }
        let changed = [(&self.settings, settings), (&self.rules, quiet)];
        let changed: Vec<SourceFile> = changed
            .into_iter()
            .filter(|(_, changes)| !changes.is_empty())
            .map(|(file, changes)| changed_file(file, &changes))
            .collect::<Result<_, _>>()?;
        if let Some(settings) = changed.iter().find(|file| file.path == self.settings.path) {
            meaning(settings)?;
        }
        for file in &changed {
            // Through a link to where the owner keeps it.
            let place = fs_err::canonicalize(&file.path).unwrap_or_else(|_| file.path.clone());
            write_atomic(&place, file.text.as_bytes()).map_err(|error| Told::failed(error.notice()))?;
        }
        Ok(changed.into_iter().map(|file| file.path).collect())
    }
}

fn changed_file(file: &SourceFile, changes: &[(&str, &str)]) -> Result<SourceFile, Told> {
    let changed = file.with(changes).map_err(|error| wrong(&error.into()))?;
    changed.ok_or_else(|| {
        let lines: Vec<String> = changes.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        let notice = Notice::new("setup-by-hand").arg("file", file.path.display()).arg("lines", lines.join("; "));
        Told::failed(notice)
    })
}

/// The file, or what it begins as.
fn begun(path: &Path, beginning: impl FnOnce() -> String) -> Result<SourceFile, Told> {
    if !path.exists() {
        return Ok(SourceFile { path: path.to_owned(), text: beginning() });
    }
    SourceFile::read(path).map_err(|error| wrong(&error.into()))
}

/// What the file alone means: what is stronger is not ours to write.
fn meaning(file: &SourceFile) -> Result<Loaded, Told> {
    load(&Sources { files: vec![file.clone()], ..Sources::default() }).map_err(|errors| wrong(&errors))
}

fn wrong(errors: &ConfigErrors) -> Told {
    Told::new(Exit::BadConfig, errors.iter().map(ConfigError::notice).collect())
}
