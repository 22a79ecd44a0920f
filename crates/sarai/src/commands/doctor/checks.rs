//! What the facts mean: a grade, a sentence that says what to do, and what `--fix` may do.

use std::path::PathBuf;

use sarai_sandbox::Effective;
use sarai_types::{Language, Notice};

use super::facts::{ConfigFacts, Facts, FileFacts, JailFacts, ModelFacts, Owner, SocketFacts, WorkerFacts};
use crate::terminal;

/// 1 January 2025. This program did not exist before.
const CLOCK_MIN: u64 = 1_735_689_600;
/// Left to the rest of the system, as `serve` does it.
const MEMORY_HEADROOM: u64 = 300_000_000;
/// What models want besides the default one's own bytes, and what logs and state need to go on.
const MODELS_DISK_LOW: u64 = 1_000_000_000;
const STATE_DISK_LOW: u64 = 200_000_000;
const STATE_DISK_MIN: u64 = 20_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grade {
    Ok,
    /// It works, but not as well as it could, or not for long.
    Warn,
    /// It will not work.
    Fail,
}

/// What `--fix` does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Remedy {
    Rights { path: PathBuf, mode: u32 },
    Remove { path: PathBuf },
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Check {
    /// For programs; does not change.
    pub(super) id: &'static str,
    /// The message that names it.
    pub(super) title: &'static str,
    pub(super) grade: Grade,
    pub(super) detail: Notice,
    /// What it is made of, in the words of logs and metrics, where it is made of several things.
    pub(super) parts: Vec<(&'static str, String)>,
    pub(super) remedies: Vec<Remedy>,
}

impl Check {
    fn new(id: &'static str, title: &'static str, grade: Grade, detail: Notice) -> Self {
        Self { id, title, grade, detail, parts: Vec::new(), remedies: Vec::new() }
    }
}

/// All checks, in the order in which a person should mend things.
pub(super) fn all(facts: &Facts, language: Language) -> Vec<Check> {
    vec![
        locale(facts),
        clock(facts),
        config(facts),
        folders(facts),
        token(facts),
        socket(facts),
        port(facts),
        worker(facts),
        jail(facts),
        version(facts),
        cpu(facts),
        cores(facts),
        model(facts, language),
        memory(facts, language),
        models_disk(facts, language),
        state_disk(facts, language),
    ]
}

fn locale(facts: &Facts) -> Check {
    let (grade, detail) = match &facts.locale {
        Some((variable, value)) if Language::from_tag(value).is_none() => {
            (Grade::Warn, Notice::new("doctor-locale-unknown").arg("variable", variable).arg("value", value))
        }
        Some(_) | None => (Grade::Ok, Notice::new("doctor-locale-fine")),
    };
    Check::new("language", "doctor-title-language", grade, detail)
}

fn clock(facts: &Facts) -> Check {
    let (grade, detail) = if facts.clock >= CLOCK_MIN {
        (Grade::Ok, Notice::new("doctor-clock-fine"))
    } else {
        (Grade::Fail, Notice::new("doctor-clock-wrong"))
    };
    Check::new("clock", "doctor-title-clock", grade, detail)
}

fn config(facts: &Facts) -> Check {
    let (grade, detail) = match &facts.config {
        ConfigFacts::Wrong(notices) => {
            let first = notices.first().cloned();
            (Grade::Fail, first.unwrap_or_else(|| Notice::new("doctor-config-wrong")))
        }
        ConfigFacts::Valid { warnings } => match warnings.first() {
            Some(warning) => (Grade::Warn, warning.clone()),
            None => (Grade::Ok, Notice::new("doctor-config-fine")),
        },
    };
    Check::new("config", "doctor-title-config", grade, detail)
}

/// Nobody else may look into our folders; `serve` refuses where others may even write.
fn folders(facts: &Facts) -> Check {
    let mut check = Check::new("folders", "doctor-title-folders", Grade::Ok, Notice::new("doctor-folders-fine"));
    for folder in &facts.folders {
        let FileFacts::There { path, mode, owner } = &folder.file else { continue };
        let shown = folder.path.display();
        let grade = match owner {
            Owner::SomebodyElse => {
                check.detail = Notice::new("doctor-folder-foreign").arg("folder", shown);
                check.grade = Grade::Fail;
                continue;
            }
            Owner::We if mode & 0o022 != 0 => Grade::Fail,
            Owner::We if mode & 0o055 != 0 => Grade::Warn,
            Owner::We => continue,
        };
        check.remedies.push(Remedy::Rights { path: path.clone(), mode: 0o700 });
        if grade > check.grade {
            check.grade = grade;
            check.detail = Notice::new("doctor-folder-open").arg("folder", shown).arg("mode", format!("{mode:03o}"));
        }
    }
    check
}

fn token(facts: &Facts) -> Check {
    let (id, title) = ("token", "doctor-title-token");
    match &facts.token {
        FileFacts::Absent => Check::new(id, title, Grade::Ok, Notice::new("doctor-token-absent")),
        FileFacts::There { path, mode, owner: Owner::We } if mode & 0o077 != 0 => Check {
            remedies: vec![Remedy::Rights { path: path.clone(), mode: 0o600 }],
            ..Check::new(id, title, Grade::Fail, Notice::new("doctor-token-open").arg("file", path.display()))
        },
        FileFacts::There { owner: Owner::We, .. } => Check::new(id, title, Grade::Ok, Notice::new("doctor-token-fine")),
        FileFacts::There { path, owner: Owner::SomebodyElse, .. } => {
            Check::new(id, title, Grade::Fail, Notice::new("doctor-folder-foreign").arg("folder", path.display()))
        }
    }
}

fn socket(facts: &Facts) -> Check {
    let (id, title) = ("socket", "doctor-title-socket");
    match &facts.socket {
        SocketFacts::TooLong(notice) => Check::new(id, title, Grade::Fail, notice.clone()),
        SocketFacts::Absent => Check::new(id, title, Grade::Ok, Notice::new("doctor-socket-absent")),
        SocketFacts::Answers(health) => {
            Check::new(id, title, Grade::Ok, Notice::new("doctor-socket-answers").arg("version", &health.version))
        }
        SocketFacts::Stale(path) => Check {
            remedies: vec![Remedy::Remove { path: path.clone() }],
            ..Check::new(id, title, Grade::Warn, Notice::new("doctor-socket-stale").arg("file", path.display()))
        },
    }
}

/// Whether SARAi answers now; then its port and its memory are taken by itself.
fn runs(facts: &Facts) -> bool {
    match facts.socket {
        SocketFacts::Answers(_) => true,
        SocketFacts::TooLong(_) | SocketFacts::Absent | SocketFacts::Stale(_) => false,
    }
}

fn port(facts: &Facts) -> Check {
    let port = &facts.port;
    let (grade, detail) = match &port.refused {
        None => (Grade::Ok, Notice::new("doctor-port-free").arg("port", port.number)),
        Some(_) if runs(facts) => (Grade::Ok, Notice::new("doctor-port-ours").arg("port", port.number)),
        Some(cause) => (Grade::Fail, Notice::new("doctor-port-taken").arg("port", port.number).arg("cause", cause)),
    };
    Check::new("port", "doctor-title-port", grade, detail)
}

fn worker(facts: &Facts) -> Check {
    let (grade, detail) = match &facts.worker {
        WorkerFacts::Missing(notice) => (Grade::Fail, notice.clone()),
        WorkerFacts::Broken(path) => (Grade::Fail, Notice::new("doctor-worker-broken").arg("file", path.display())),
        WorkerFacts::Works { build, .. } => {
            let name = build.split('|').next().unwrap_or_default().trim();
            (Grade::Ok, Notice::new("doctor-worker-fine").arg("build", name))
        }
    };
    Check::new("worker", "doctor-title-worker", grade, detail)
}

/// Models and skills start only in a jail that holds.
fn jail(facts: &Facts) -> Check {
    let check = |grade, detail| Check::new("jail", "doctor-title-jail", grade, detail);
    match &facts.jail {
        JailFacts::Off => check(Grade::Warn, Notice::new("doctor-jail-off")),
        JailFacts::Broken { backend, unfit } => {
            let detail = Notice::new("doctor-jail-broken").arg("backend", backend).arg("detail", unfit);
            let parts = unfit.effective.as_ref().map(layers).unwrap_or_default();
            Check { parts, ..check(Grade::Fail, detail) }
        }
        JailFacts::Holds { backend, effective } => {
            let parts = layers(effective);
            let detail = Notice::new("doctor-jail-fine").arg("backend", backend).arg("layers", parts.len());
            Check { parts, ..check(Grade::Ok, detail) }
        }
    }
}

fn layers(effective: &Effective) -> Vec<(&'static str, String)> {
    effective.layers().map(|(layer, state)| (layer.name(), state.to_string())).collect()
}

/// Program, worker, and whatever runs now: all of one version.
fn version(facts: &Facts) -> Check {
    let own = env!("CARGO_PKG_VERSION");
    let worker = match &facts.worker {
        WorkerFacts::Works { version, .. } => Some(version.as_str()),
        WorkerFacts::Missing(_) | WorkerFacts::Broken(_) => None,
    };
    let running = match &facts.socket {
        SocketFacts::Answers(health) => Some(health.version.as_str()),
        SocketFacts::TooLong(_) | SocketFacts::Absent | SocketFacts::Stale(_) => None,
    };
    let other = |version: Option<&str>| version.filter(|version| *version != own).map(str::to_owned);
    let (grade, detail) = match (other(worker), other(running)) {
        (Some(worker), _) => (Grade::Fail, Notice::new("doctor-version-worker").arg("own", own).arg("worker", worker)),
        (None, Some(running)) => {
            (Grade::Warn, Notice::new("doctor-version-running").arg("own", own).arg("running", running))
        }
        (None, None) => (Grade::Ok, Notice::new("doctor-version-fine").arg("own", own)),
    };
    Check::new("version", "doctor-title-version", grade, detail)
}

/// A worker built for an older processor reads prompts a quarter to a third slower.
fn cpu(facts: &Facts) -> Check {
    let has = facts.cpu.join(" ");
    let (grade, detail) = match &facts.worker {
        WorkerFacts::Works { build, .. } => match unused(&facts.cpu, build).join(" ") {
            none if none.is_empty() => (Grade::Ok, Notice::new("doctor-cpu-fine").arg("features", has)),
            missing => (Grade::Warn, Notice::new("doctor-cpu-unused").arg("features", missing)),
        },
        WorkerFacts::Missing(_) | WorkerFacts::Broken(_) => {
            (Grade::Ok, Notice::new("doctor-cpu-fine").arg("features", has))
        }
    };
    Check::new("cpu", "doctor-title-cpu", grade, detail)
}

/// What the processor can and the worker was not built for. llama.cpp writes `AVX2 = 1`.
fn unused<'a>(cpu: &[&'a str], build: &str) -> Vec<&'a str> {
    let built: Vec<&str> =
        build.split(['|', ':']).filter_map(|part| part.trim().strip_suffix("= 1")).map(str::trim).collect();
    cpu.iter().copied().filter(|feature| !built.contains(feature)).collect()
}

fn cores(facts: &Facts) -> Check {
    let cores = facts.cores;
    let notice = |id| Notice { id, args: Vec::new() }.arg("usable", cores.usable).arg("installed", cores.installed);
    let (grade, detail) = match cores.usable {
        0 | 1 => (Grade::Warn, notice("doctor-cores-one")),
        _ => (Grade::Ok, notice("doctor-cores-fine")),
    };
    Check::new("cores", "doctor-title-cores", grade, detail)
}

fn model(facts: &Facts, language: Language) -> Check {
    let (grade, detail) = match &facts.model {
        ModelFacts::Unknown(notice) | ModelFacts::Unusable(notice) => (Grade::Fail, notice.clone()),
        ModelFacts::NotHere { id, .. } => (Grade::Fail, Notice::new("models-not-here").arg("model", id)),
        ModelFacts::Here { id, bytes, expected_bytes: Some(expected), .. } if bytes != expected => {
            (Grade::Fail, Notice::new("doctor-model-length").arg("model", id))
        }
        ModelFacts::Here { id, bytes, .. } => {
            let size = terminal::size(*bytes, language);
            (Grade::Ok, Notice::new("doctor-model-fine").arg("model", id).arg("size", size))
        }
    };
    Check::new("model", "doctor-title-model", grade, detail)
}

fn memory(facts: &Facts, language: Language) -> Check {
    let size = |bytes| terminal::size(bytes, language);
    let (grade, detail) = match (facts.memory_available, &facts.model) {
        (None, _) => (Grade::Warn, Notice::new("doctor-memory-unknown")),
        (Some(available), _) if runs(facts) => {
            (Grade::Ok, Notice::new("doctor-memory-in-use").arg("available", size(available)))
        }
        (Some(available), ModelFacts::Here { id, needed_bytes, .. }) => {
            let fits = *needed_bytes <= available.saturating_sub(MEMORY_HEADROOM);
            let id_and_figures = Notice::new(if fits { "doctor-memory-fine" } else { "doctor-memory-short" })
                .arg("model", id)
                .arg("needed", size(*needed_bytes))
                .arg("available", size(available));
            (if fits { Grade::Ok } else { Grade::Fail }, id_and_figures)
        }
        (Some(available), ModelFacts::Unknown(_) | ModelFacts::NotHere { .. } | ModelFacts::Unusable(_)) => {
            (Grade::Ok, Notice::new("doctor-memory-free").arg("available", size(available)))
        }
    };
    Check::new("memory", "doctor-title-memory", grade, detail)
}

/// There is room for the default model, if it has still to come.
fn models_disk(facts: &Facts, language: Language) -> Check {
    let wanted = match &facts.model {
        ModelFacts::NotHere { bytes, .. } => bytes.unwrap_or(0),
        ModelFacts::Here { .. } | ModelFacts::Unknown(_) | ModelFacts::Unusable(_) => 0,
    };
    let limits = DiskLimits { fail: wanted, warn: MODELS_DISK_LOW.max(wanted) };
    disk("disk-models", "doctor-title-disk-models", facts.models_disk, limits, language)
}

fn state_disk(facts: &Facts, language: Language) -> Check {
    let limits = DiskLimits { fail: STATE_DISK_MIN, warn: STATE_DISK_LOW };
    disk("disk-state", "doctor-title-disk-state", facts.state_disk, limits, language)
}

/// Bytes below which a disk is too full, and nearly so.
struct DiskLimits {
    fail: u64,
    warn: u64,
}

fn disk(id: &'static str, title: &'static str, free: Option<u64>, limits: DiskLimits, language: Language) -> Check {
    let Some(free) = free else { return Check::new(id, title, Grade::Warn, Notice::new("doctor-disk-unknown")) };
    let size = |bytes| terminal::size(bytes, language);
    let (grade, detail) = if free < limits.fail {
        let notice = Notice::new("doctor-disk-full").arg("free", size(free)).arg("wanted", size(limits.fail));
        (Grade::Fail, notice)
    } else if free < limits.warn {
        (Grade::Warn, Notice::new("doctor-disk-low").arg("free", size(free)))
    } else {
        (Grade::Ok, Notice::new("doctor-disk-fine").arg("free", size(free)))
    };
    Check::new(id, title, grade, detail)
}

#[cfg(test)]
mod tests {
    use sarai_sandbox::{Backend, Effective, SandboxError};

    use super::super::facts::{Cores, FolderFacts, PortFacts};
    use super::*;

    const GB: u64 = 1_000_000_000;

    /// An installation where all is well and nothing runs.
    fn well() -> Facts {
        Facts {
            locale: Some(("LANG", "es_ES.UTF-8".to_owned())),
            config: ConfigFacts::Valid { warnings: Vec::new() },
            folders: vec![folder(0o700, Owner::We)],
            token: there(0o600, Owner::We),
            socket: SocketFacts::Absent,
            port: PortFacts { number: 8080, refused: None },
            jail: JailFacts::Holds { backend: Backend::Local, effective: Effective::default() },
            worker: works("llama.cpp b1 | CPU : SSE3 = 1 | AVX2 = 1 | AVX512 = 1 |"),
            cpu: vec!["AVX2", "AVX512"],
            cores: Cores { usable: 2, installed: 4 },
            model: here(GB, 2 * GB),
            memory_available: Some(8 * GB),
            models_disk: Some(50 * GB),
            state_disk: Some(50 * GB),
            clock: CLOCK_MIN,
        }
    }

    fn there(mode: u32, owner: Owner) -> FileFacts {
        FileFacts::There { path: "x".into(), mode, owner }
    }

    fn folder(mode: u32, owner: Owner) -> FolderFacts {
        FolderFacts { path: "x".into(), file: there(mode, owner) }
    }

    fn works(build: &str) -> WorkerFacts {
        WorkerFacts::Works { version: env!("CARGO_PKG_VERSION").to_owned(), build: build.to_owned() }
    }

    fn here(bytes: u64, needed_bytes: u64) -> ModelFacts {
        ModelFacts::Here { id: "m".parse().unwrap(), bytes, expected_bytes: Some(GB), needed_bytes }
    }

    fn answers(version: &str) -> SocketFacts {
        let (status, version) = ("ready".to_owned(), version.to_owned());
        SocketFacts::Answers(sarai_api::client::HealthBody { status, version, components: Vec::new() })
    }

    /// The checks that are not well: their ids, grades, sentences and numbers of remedies.
    fn ills(change: impl FnOnce(&mut Facts)) -> Vec<(&'static str, Grade, &'static str, usize)> {
        let mut facts = well();
        change(&mut facts);
        let ill = |check: &Check| check.grade != Grade::Ok;
        let row = |check: Check| (check.id, check.grade, check.detail.id, check.remedies.len());
        all(&facts, Language::Spanish).into_iter().filter(ill).map(row).collect()
    }

    #[test]
    fn nothing_is_said_where_all_is_well() {
        assert_eq!(ills(|_| {}), []);
        assert_eq!(ills(|f| f.locale = None), []);
        assert_eq!(ills(|f| f.token = FileFacts::Absent), []);
    }

    #[test]
    fn each_ill_is_found_with_its_remedy() {
        use Grade::{Fail, Warn};
        let wrong = || ConfigFacts::Wrong(vec![Notice::new("config-not-text")]);
        let absent = || ModelFacts::NotHere { id: "m".parse().unwrap(), bytes: Some(60 * GB) };
        assert_eq!(
            ills(|f| f.locale = Some(("LANG", "fr_FR".to_owned()))),
            [("language", Warn, "doctor-locale-unknown", 0)]
        );
        assert_eq!(ills(|f| f.clock = 0), [("clock", Fail, "doctor-clock-wrong", 0)]);
        assert_eq!(ills(|f| f.config = wrong()), [("config", Fail, "config-not-text", 0)]);
        assert_eq!(ills(|f| f.folders[0] = folder(0o755, Owner::We)), [("folders", Warn, "doctor-folder-open", 1)]);
        assert_eq!(ills(|f| f.folders[0] = folder(0o777, Owner::We)), [("folders", Fail, "doctor-folder-open", 1)]);
        assert_eq!(
            ills(|f| f.folders[0] = folder(0o777, Owner::SomebodyElse)),
            [("folders", Fail, "doctor-folder-foreign", 0)]
        );
        assert_eq!(ills(|f| f.token = there(0o640, Owner::We)), [("token", Fail, "doctor-token-open", 1)]);
        assert_eq!(ills(|f| f.socket = SocketFacts::Stale("s".into())), [("socket", Warn, "doctor-socket-stale", 1)]);
        assert_eq!(ills(|f| f.port.refused = Some("in use".into())), [("port", Fail, "doctor-port-taken", 0)]);
        assert_eq!(ills(|f| f.worker = WorkerFacts::Broken("w".into())), [("worker", Fail, "doctor-worker-broken", 0)]);
        let error = || SandboxError::NoBubblewrap("PATH".to_owned());
        assert_eq!(
            ills(|f| f.jail = JailFacts::Broken { backend: Backend::Local, unfit: error().into() }),
            [("jail", Fail, "doctor-jail-broken", 0)]
        );
        assert_eq!(ills(|f| f.jail = JailFacts::Off), [("jail", Warn, "doctor-jail-off", 0)]);
        assert_eq!(ills(|f| f.cores.usable = 1), [("cores", Warn, "doctor-cores-one", 0)]);
        assert_eq!(ills(|f| f.model = here(GB - 1, GB)), [("model", Fail, "doctor-model-length", 0)]);
        assert_eq!(ills(|f| f.model = here(GB, 8 * GB)), [("memory", Fail, "doctor-memory-short", 0)]);
        assert_eq!(
            ills(|f| f.model = absent()),
            [("model", Fail, "models-not-here", 0), ("disk-models", Fail, "doctor-disk-full", 0)]
        );
        assert_eq!(ills(|f| f.state_disk = Some(STATE_DISK_MIN)), [("disk-state", Warn, "doctor-disk-low", 0)]);
        assert_eq!(ills(|f| f.state_disk = Some(0)), [("disk-state", Fail, "doctor-disk-full", 0)]);
    }

    #[test]
    fn what_runs_now_holds_its_port_and_its_memory() {
        let running = |version: &'static str| {
            move |f: &mut Facts| {
                f.socket = answers(version);
                f.port.refused = Some("in use".into());
                f.memory_available = Some(GB);
            }
        };
        assert_eq!(ills(running(env!("CARGO_PKG_VERSION"))), []);
        assert_eq!(ills(running("0.0.1")), [("version", Grade::Warn, "doctor-version-running", 0)]);
    }

    #[test]
    fn a_worker_for_an_older_processor_is_found() {
        assert_eq!(unused(&["AVX2", "AVX512"], "llama.cpp | CPU : AVX2 = 1 | AVX512 = 1 |"), [""; 0]);
        assert_eq!(unused(&["AVX2", "AVX512"], "llama.cpp | CPU : AVX2 = 1 | AVX512_VNNI = 1 |"), ["AVX512"]);
        assert_eq!(unused(&["AVX2"], "llama.cpp | CPU : SSE3 = 1 | AVX2 = 0 |"), ["AVX2"]);
        assert_eq!(unused(&["AVX2"], ""), ["AVX2"]);
        assert_eq!(unused(&[], "x"), [""; 0]);
    }
}
