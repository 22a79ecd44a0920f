//! `rules.yaml`: what SARAi does unasked, each rule under its name.
//!
//! The same reader as for `sarai.yaml` gives dotted keys with their lines; `sarai-proactive` says what a rule's keys
//! mean. All complaints of a file come at once, so that a caller can keep the old rules and show what to mend.

use sarai_proactive::form::{self, Field, FormError};
use sarai_proactive::gate::House;
use sarai_proactive::rule::{QuietHours, RULES_MAX, Rule};
use sarai_proactive::time::Zone;
use sarai_proactive::{self as proactive, Known, OwnRule, Rulebook};
use sarai_types::Notice;

use crate::error::{ConfigError, ConfigErrors};
use crate::folders::{FolderError, Folders, write_atomic};
use crate::source::{Origin, SourceFile};
use crate::value::{Given, shorten};
use crate::yaml::{self, Entry};

/// The rules of somebody who has no file of their own.
pub const BUILTIN_RULES: &str = include_str!("../../../config/rules.yaml");

const RULES: &str = "rules.";

/// What a rules file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesFile {
    /// What holds for all rules.
    pub house: House,
    pub rules: Vec<Rule>,
    /// Whether these are the rules that come with the program.
    pub is_builtin: bool,
}

impl RulesFile {
    /// Reads the text of a rules file. `home` is the zone of this computer, for a file that names none.
    ///
    /// # Errors
    /// Everything that is wrong in it, at most one complaint for each rule.
    pub fn read(file: &SourceFile, home: &Zone) -> Result<Self, ConfigErrors> {
        let entries = yaml::entries(file)?;
        let mut errors = Vec::new();
        let (of_rules, of_house): (Vec<Entry>, Vec<Entry>) =
            entries.into_iter().partition(|entry| entry.key.starts_with(RULES));
        let house = house(of_house, home, &mut errors);
        let rules = rules(of_rules, &house.zone, &mut errors);
        errors.sort_by_key(|error| match error {
            ConfigError::Rule { place: Origin::File { line, .. }, .. } => *line,
            _ => 0,
        });
        ConfigErrors::unless_empty(errors, Self { house, rules, is_builtin: false })
    }

    /// The owner's, or else those that come with the program.
    ///
    /// # Errors
    /// Everything that is wrong in the owner's file.
    pub fn of(folders: &Folders, home: &Zone) -> Result<Self, ConfigErrors> {
        let path = folders.rules_file();
        if path.exists() { Self::read(&SourceFile::read(&path)?, home) } else { Ok(Self::builtin(home)) }
    }

    /// What counts while the owner's file is wrong: its last state that was right, or else what comes with the program.
    #[must_use]
    pub fn fallback(folders: &Folders, home: &Zone) -> Self {
        Self::last_good(folders, home).unwrap_or_else(|| Self::builtin(home))
    }

    fn last_good(folders: &Folders, home: &Zone) -> Option<Self> {
        let path = folders.good_rules_file();
        if !path.exists() {
            return None;
        }
        Self::read(&SourceFile::read(&path).ok()?, home).ok()
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

    /// Together with the rules that the owner made in words.
    #[must_use]
    pub fn with(self, own: Vec<OwnRule>) -> Rulebook {
        let origin = if self.is_builtin { proactive::Origin::Builtin } else { proactive::Origin::File };
        let known = |rule| Known { rule, origin };
        Rulebook::new(self.house, self.rules.into_iter().map(known).collect(), own)
    }

    /// The rules of somebody who has no file of their own. A mistake in them is found by a test; nobody would have rules
    /// then.
    #[must_use]
    pub fn builtin(home: &Zone) -> Self {
        let file = SourceFile { path: "rules.yaml".into(), text: BUILTIN_RULES.to_owned() };
        let read = Self::read(&file, home).ok();
        let (house, rules) =
            read.map_or_else(|| (House::new(home.clone()), Vec::new()), |read| (read.house, read.rules));
        Self { house, rules, is_builtin: true }
    }
}

fn wrong(place: &Origin, key: &str, notice: Notice) -> ConfigError {
    ConfigError::Rule { place: place.clone(), error: FormError { key: shorten(key), notice } }
}

fn field(given: Given) -> Option<Field> {
    match given {
        Given::Text(text) => Some(Field::Text(text)),
        Given::List(items) => Some(Field::List(items)),
        Given::Nothing => Some(Field::Text(String::new())),
        Given::Nested => None,
    }
}

fn house(entries: Vec<Entry>, home: &Zone, errors: &mut Vec<ConfigError>) -> House {
    let mut house = House::new(home.clone());
    let mut quiet = None;
    for Entry { key, given, origin, place: _ } in entries {
        let Some(field) = field(given) else {
            errors.push(wrong(&origin, &key, Notice::new("rules-form-one")));
            continue;
        };
        let place = |error| ConfigError::Rule { place: origin.clone(), error };
        let text = match &field {
            Field::Text(text) => text.clone(),
            Field::List(items) => items.join(", "),
        };
        match key.as_str() {
            "zone" => match form::zone(&text) {
                Ok(zone) => house.zone = zone,
                Err(error) => errors.push(place(error)),
            },
            "quiet_hours" => quiet = Some((text, origin)),
            "per_hour" => match form::limit("per_hour", &field) {
                Ok(limit) => house.budget.per_hour = limit,
                Err(error) => errors.push(place(error)),
            },
            "per_day" => match form::limit("per_day", &field) {
                Ok(limit) => house.budget.per_day = limit,
                Err(error) => errors.push(place(error)),
            },
            // A file without rules is one that wants none.
            "rules" if text.is_empty() => {}
            "rules" => errors.push(wrong(&origin, &key, Notice::new("rules-form-not-a-rule"))),
            _ => errors.push(wrong(&origin, &key, Notice::new("rules-form-unknown"))),
        }
    }
    if let Some((text, origin)) = quiet.filter(|(text, _)| !text.is_empty()) {
        match QuietHours::read(&text, house.zone.clone()) {
            Ok(hours) => house.quiet = Some(hours),
            Err(_) => {
                errors.push(wrong(&origin, "quiet_hours", Notice::new("rules-form-quiet").arg("value", shorten(&text))))
            }
        }
    }
    house
}

/// The keys of one rule, with their lines.
struct Lines {
    name: String,
    first: Origin,
    fields: Vec<(String, Field)>,
    places: Vec<(String, Origin)>,
}

fn rules(entries: Vec<Entry>, zone: &Zone, errors: &mut Vec<ConfigError>) -> Vec<Rule> {
    let mut grouped: Vec<Lines> = Vec::new();
    for Entry { key, given, origin, place: _ } in entries {
        let Some((name, key)) = key.strip_prefix(RULES).and_then(|rest| rest.split_once('.')) else {
            errors.push(wrong(&origin, &key, Notice::new("rules-form-not-a-rule")));
            continue;
        };
        let Some(field) = field(given) else {
            errors.push(wrong(&origin, key, Notice::new("rules-form-one")));
            continue;
        };
        let at = grouped.iter().position(|lines| lines.name == name).unwrap_or_else(|| {
            grouped.push(Lines {
                name: name.to_owned(),
                first: origin.clone(),
                fields: Vec::new(),
                places: Vec::new(),
            });
            grouped.len() - 1
        });
        grouped[at].fields.push((key.to_owned(), field));
        grouped[at].places.push((key.to_owned(), origin));
    }
    if let Some(lines) = grouped.get(RULES_MAX) {
        errors.push(wrong(&lines.first, &lines.name, Notice::new("rules-form-too-many-rules").arg("max", RULES_MAX)));
        grouped.truncate(RULES_MAX);
    }
    grouped.into_iter().filter_map(|lines| one(lines, zone).map_err(|error| errors.push(error)).ok()).collect()
}

fn one(lines: Lines, zone: &Zone) -> Result<Rule, ConfigError> {
    let Lines { name, first, fields, places } = lines;
    let id = name.parse().map_err(|_| wrong(&first, &name, Notice::new("rules-form-name")))?;
    form::read(id, &fields, zone).map_err(|error| {
        let place = places.into_iter().find(|(key, _)| *key == error.key).map_or(first, |(_, place)| place);
        ConfigError::Rule { place, error }
    })
}

#[cfg(test)]
mod tests {
    use sarai_messages::text;
    use sarai_types::Language;

    use super::*;

    fn check(yaml: &str) -> Result<RulesFile, Vec<String>> {
        let file = SourceFile { path: "rules.yaml".into(), text: yaml.to_owned() };
        RulesFile::read(&file, &"Europe/Madrid".parse().unwrap()).map_err(|errors| {
            let sentence = |error: &ConfigError| {
                let [es, en] = Language::ALL.map(|language| text(language, &error.notice()));
                assert!(!es.contains("{$") && !en.contains("{$") && es.starts_with("rules.yaml:"), "{es} {en}");
                es
            };
            errors.iter().map(sentence).collect()
        })
    }

    #[test]
    fn the_rules_that_come_with_it_are_right() {
        let file = check(BUILTIN_RULES).unwrap();
        assert_eq!(file.rules.len(), 6);
        let builtin = RulesFile::builtin(&"Europe/Madrid".parse().unwrap());
        assert_eq!(RulesFile { is_builtin: true, ..file }, builtin);
    }

    #[test]
    fn a_file_of_ones_own() {
        let file = check(
            "zone: America/Lima\nquiet_hours: 22:00-08:00\nper_hour: 2\nper_day: unlimited\nrules:\n  basura:\n    at: \
             [\"0 9 * * MON\", \"0 9 * * THU\"]\n    tell: sacar la basura\n",
        )
        .unwrap();
        assert_eq!(file.house.zone.name(), "America/Lima");
        assert_eq!(file.house.quiet.map(|quiet| quiet.to_string()), Some("22:00-08:00".to_owned()));
        assert_eq!((file.house.budget.per_hour, file.house.budget.per_day), (Some(2), None));
        assert_eq!(file.rules.len(), 1);
        assert_eq!(check("").map(|file| file.rules.len()), Ok(0));
        assert_eq!(check("rules:\n").map(|file| file.rules.len()), Ok(0));
    }

    #[test]
    fn every_mistake_has_its_line() {
        for (yaml, lines) in [
            ("zone: Europa/Madrid\nquiet_hours: tarde\nper_hour: 0\nfoo: 1\n", &[1, 2, 3, 4][..]),
            ("rules:\n  a:\n    at: \"0 9 30 2 *\"\n    tell: x\n  b:\n    at: \"@daily\"\n    tel: x\n", &[3, 7]),
            ("rules:\n  A b:\n    at: \"@daily\"\n    tell: x\n", &[3]),
            ("rules:\n  a: x\n", &[2]),
            ("rules:\n  a:\n    tell: x\n", &[3]),
            ("rules:\n  a:\n    at: \"@daily\"\n    tell: x\n    tell: y\n", &[5]),
            ("rules:\n  a:\n    when: {b: c}\n    tell: x\n", &[3]),
            ("rules: [\n", &[1]),
        ] {
            let errors = check(yaml).unwrap_err();
            let found: Vec<usize> =
                errors.iter().map(|error| error.split(':').nth(1).unwrap().parse().unwrap()).collect();
            assert_eq!(found, lines, "{yaml}\n{errors:#?}");
        }
    }
}
