//! Lays the sources over each other, and compares generations.

use sarai_types::Notice;

use crate::error::{ConfigError, ConfigErrors};
use crate::keys::{Config, Effect, KEYS, Key, Reload, SECTIONS};
use crate::source::{Origin, Sources};
use crate::value::{Expects, Given, Switch, shorten};
use crate::yaml::{self, Entry};

/// What an environment variable of the config starts with.
const ENV_PREFIX: &str = "SARAI__";

/// How alike two names must be, from 0 to 1, for one to be offered in place of the other.
const NEAREST_MIN: f64 = 0.6;

/// The longest unknown key that is compared with the known ones, in bytes.
const NEAREST_LEN_MAX: usize = 64;

/// A config that knows where its values came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    pub config: Config,
    /// Counts from 1, and grows with each reload that changes something.
    pub generation: u64,
    /// What is not wrong but probably not what the owner thinks.
    pub warnings: Vec<Notice>,
    /// One for each of [`KEYS`].
    origins: Vec<Origin>,
}

impl Loaded {
    /// Every key with its value as it would be written and where it came from, in the order of the example.
    pub fn rows(&self) -> impl Iterator<Item = (&'static Key, String, &Origin)> {
        KEYS.iter().zip(&self.origins).map(|(key, origin)| (key, key.show(&self.config), origin))
    }
}

/// What a reload brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The next generation: the new values of live keys, and for the others the values that still count.
    pub loaded: Loaded,
    /// Keys whose new values count at once.
    pub live: Vec<&'static str>,
    /// Keys whose new values wait for the next start. They are named again at each reload until then.
    pub restart: Vec<&'static str>,
}

/// Makes a config of its sources.
///
/// # Errors
/// Everything that is wrong in any of them.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigErrors> {
    let mut errors = Vec::new();
    let mut config = Config::default();
    let mut origins = vec![Origin::Default; KEYS.len()];
    for entry in entries(sources, &mut errors) {
        if errors.len() >= ConfigErrors::COUNT_MAX {
            break;
        }
        match find(&entry) {
            Ok(None) => {}
            Ok(Some(index)) => match KEYS[index].read(&mut config, &entry.given) {
                Some(()) => origins[index] = entry.origin,
                None => errors.push(wrong_value(entry, KEYS[index].name, KEYS[index].expects())),
            },
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        errors.extend(open_to_network(&config, &origins));
    }
    let warnings = warnings(&config, &origins);
    ConfigErrors::unless_empty(errors, Loaded { config, generation: 1, warnings, origins })
}

/// The next generation after `current`, from the sources as they are now.
///
/// # Errors
/// As [`load`]; `current` stays what counts.
pub fn reload(current: &Loaded, sources: &Sources) -> Result<Change, ConfigErrors> {
    let mut next = load(sources)?;
    let (mut live, mut restart) = (Vec::new(), Vec::new());
    for (index, key) in KEYS.iter().enumerate() {
        if key.show(&next.config) == key.show(&current.config) {
            continue;
        }
        match (key.effect, key.reload) {
            (Effect::Now, Reload::Live) => live.push(key.name),
            (Effect::Now, Reload::Restart) => {
                restart.push(key.name);
                key.copy(&mut next.config, &current.config);
                next.origins[index] = current.origins[index].clone();
            }
            // Nothing heeds it, so nothing is to be told; the warning says the rest.
            (Effect::Later, Reload::Live | Reload::Restart) => {}
        }
    }
    next.generation = current.generation + u64::from(next.config != current.config);
    Ok(Change { loaded: next, live, restart })
}

/// All entries of all sources, weakest first.
fn entries(sources: &Sources, errors: &mut Vec<ConfigError>) -> Vec<Entry> {
    let mut all = Vec::new();
    for file in &sources.files {
        match yaml::entries(file) {
            Ok(entries) => all.extend(entries),
            Err(error) => errors.push(error),
        }
    }
    for (name, value) in &sources.environment {
        if let Some(rest) = name.strip_prefix(ENV_PREFIX)
            && !value.trim().is_empty()
        {
            let origin = Origin::Environment(shorten(name));
            let key = rest.to_ascii_lowercase().replace("__", ".");
            all.push(Entry { key, given: Given::Text(value.clone()), origin, place: 0..0 });
        }
    }
    for (key, value) in &sources.flags {
        let origin = Origin::Flag(shorten(key));
        all.push(Entry { key: key.clone(), given: Given::Text(value.clone()), origin, place: 0..0 });
    }
    all
}

/// The index of an entry's key in [`KEYS`]; none for a section that nothing stands in.
fn find(entry: &Entry) -> Result<Option<usize>, ConfigError> {
    if let Some(index) = KEYS.iter().position(|key| key.name == entry.key) {
        return Ok(Some(index));
    }
    if let Some(section) = SECTIONS.iter().find(|section| section.name == entry.key) {
        return match entry.given {
            Given::Nothing => Ok(None),
            Given::Text(_) | Given::List(_) | Given::Nested => Err(ConfigError::WrongValue {
                place: entry.origin.clone(),
                key: section.name,
                value: entry.given.shown(),
                expects: Expects::Section,
            }),
        };
    }
    Err(ConfigError::UnknownKey { place: entry.origin.clone(), key: shorten(&entry.key), nearest: nearest(&entry.key) })
}

/// The known key that somebody who wrote this one most likely meant. A key without its section is compared with the
/// last part of each.
fn nearest(unknown: &str) -> Option<&'static str> {
    if unknown.len() > NEAREST_LEN_MAX {
        return None;
    }
    let likeness = |name: &str| {
        let last = name.rsplit('.').next().unwrap_or(name);
        let whole = strsim::normalized_damerau_levenshtein(unknown, name);
        if unknown.contains('.') { whole } else { whole.max(strsim::normalized_damerau_levenshtein(unknown, last)) }
    };
    let names = KEYS.iter().map(|key| key.name).chain(SECTIONS.iter().map(|section| section.name));
    let best = names.map(|name| (name, likeness(name))).max_by(|a, b| a.1.total_cmp(&b.1));
    best.filter(|(_, score)| *score >= NEAREST_MIN).map(|(name, _)| name)
}

fn wrong_value(entry: Entry, key: &'static str, expects: Expects) -> ConfigError {
    ConfigError::WrongValue { place: entry.origin, key, value: entry.given.shown(), expects }
}

/// The one rule about two keys together.
fn open_to_network(config: &Config, origins: &[Origin]) -> Option<ConfigError> {
    if config.server.bind.is_loopback() || config.server.insecure == Switch::On {
        return None;
    }
    let place = origin_of("server.bind", origins);
    Some(ConfigError::OpenToNetwork { place, address: config.server.bind })
}

fn origin_of(name: &str, origins: &[Origin]) -> Origin {
    let index = KEYS.iter().position(|key| key.name == name);
    index.and_then(|index| origins.get(index)).cloned().unwrap_or(Origin::Default)
}

/// Keys that were set to something, while nothing heeds them yet.
fn warnings(config: &Config, origins: &[Origin]) -> Vec<Notice> {
    let defaults = Config::default();
    let ignored = |key: &Key| key.effect == Effect::Later && key.show(config) != key.show(&defaults);
    KEYS.iter()
        .zip(origins)
        .filter(|(key, _)| ignored(key))
        .map(|(key, origin)| Notice::new("config-no-effect-yet").arg("place", origin).arg("key", key.name))
        .collect()
}
