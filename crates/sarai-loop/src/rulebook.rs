//! All rules as everybody sees them: those of the file, and those that the owner made in words.

use jiff::Timestamp;
use sarai_config::{ConfigErrors, FolderError, Folders, RulesFile, SourceFile, write_atomic};
use sarai_proactive::agenda::Given;
use sarai_proactive::gate::House;
use sarai_proactive::rule::{Rule, RuleId};
use sarai_proactive::time::Zone;
use sarai_proactive_sqlite::OwnRule;

/// Where a rule comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It comes with the program.
    Builtin,
    /// `rules.yaml`.
    File,
    /// The owner made it in words.
    Words { since: Timestamp, made: Timestamp },
}

/// A rule, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub rule: Rule,
    pub origin: Origin,
}

/// What holds for all rules, and the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rulebook {
    pub house: House,
    /// By name.
    pub rules: Vec<Known>,
}

impl Rulebook {
    /// The rules of the file: the owner's, or else those that come with the program.
    ///
    /// # Errors
    /// Everything that is wrong in the owner's file.
    pub fn file(folders: &Folders, home: &Zone) -> Result<(RulesFile, Origin), ConfigErrors> {
        let path = folders.rules_file();
        if !path.exists() {
            return Ok((RulesFile::builtin(home), Origin::Builtin));
        }
        let file = SourceFile::read(&path)?;
        Ok((RulesFile::read(&file, home)?, Origin::File))
    }

    /// The last state of the owner's file that was right, if one was kept.
    #[must_use]
    pub fn last_good(folders: &Folders, home: &Zone) -> Option<(RulesFile, Origin)> {
        let path = folders.good_rules_file();
        if !path.exists() {
            return None;
        }
        Some((RulesFile::read(&SourceFile::read(&path).ok()?, home).ok()?, Origin::File))
    }

    /// Keeps the owner's file, which was right just now.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep_good(folders: &Folders) -> Result<(), FolderError> {
        let kept = folders.good_rules_file();
        match SourceFile::read(&folders.rules_file()) {
            Ok(file) if SourceFile::read(&kept).is_ok_and(|kept| kept.text == file.text) => Ok(()),
            Ok(file) => write_atomic(&kept, file.text.as_bytes()),
            // It has become another since; that one is read next.
            Err(_) => Ok(()),
        }
    }

    /// Both kinds together. Where two have one name, the file's counts.
    #[must_use]
    pub fn new((file, origin): (RulesFile, Origin), own: Vec<OwnRule>) -> Self {
        let mut rules: Vec<Known> = file.rules.into_iter().map(|rule| Known { rule, origin }).collect();
        for OwnRule { rule, since, made } in own {
            if !rules.iter().any(|known| known.rule.id == rule.id) {
                rules.push(Known { rule, origin: Origin::Words { since, made } });
            }
        }
        rules.sort_by(|a, b| a.rule.id.cmp(&b.rule.id));
        Self { house: file.house, rules }
    }

    #[must_use]
    pub fn find(&self, id: &RuleId) -> Option<&Known> {
        self.rules.iter().find(|known| known.rule.id == *id)
    }

    /// As the agenda wants them.
    #[must_use]
    pub fn given(&self) -> Vec<Given> {
        let given = |known: &Known| Given {
            rule: known.rule.clone(),
            since: match known.origin {
                Origin::Builtin | Origin::File => None,
                Origin::Words { since, .. } => Some(since),
            },
        };
        self.rules.iter().map(given).collect()
    }
}
