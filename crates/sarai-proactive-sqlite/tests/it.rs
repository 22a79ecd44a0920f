//! The store from outside: what is kept, who may write, and a loop that is killed wherever it stands.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fs_err as fs;
use jiff::{SignedDuration, Timestamp};
use sarai_proactive::Readings;
use sarai_proactive::agenda::{
    Agenda, Attempt, Changes, Event, GRACE, Given, Happening, History, Now, Outcome, RuleState, State, Task, TaskId,
    What,
};
use sarai_proactive::form::{Field, read};
use sarai_proactive::gate::House;
use sarai_proactive::rule::{Channel, Rule, Status};
use sarai_proactive::time::Zone;
use sarai_proactive_sqlite::{
    Batch, Boot, DELIVERY_ATTEMPTS_MAX, Delivered, Kind, LEASE_MS, Lease, Letter, LoopStore, Mark, NewMessage, Opening,
    StoreError, json, unjson,
};
use sarai_types::Language;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn rule(id: &str, pairs: &[(&str, &str)]) -> Rule {
    let fields: Vec<_> = pairs.iter().map(|(key, text)| ((*key).to_owned(), Field::Text((*text).to_owned()))).collect();
    read(id.parse().unwrap(), &fields, &Zone::UTC).unwrap()
}

fn boot(ms: u64) -> Boot {
    Boot { id: "one".to_owned(), ms }
}

fn keep(store: &mut LoopStore, lease: Lease, now: Timestamp, changes: &Changes) -> Result<(), StoreError> {
    store.keep(lease, Batch { at: now, changes, messages: &[], letter: None })
}

fn step(agenda: &mut Agenda, store: &LoopStore, now: Timestamp, event: Event) -> Changes {
    agenda.step(Now { at: now, readings: &Readings::default(), history: store }, event)
}

#[test]
fn what_is_kept_is_taken_up() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, opening) = LoopStore::open(folder.path()).unwrap();
    assert_eq!(opening, Opening::Created);
    let lease = store.claim(&boot(0)).unwrap();
    let start = at("2026-11-27T08:00:00Z");
    let rules =
        [rule("hourly", &[("at", "0 * * * *"), ("tell", "x")]), rule("f", &[("when", "file changed a"), ("ask", "y")])];
    let given = || rules.iter().map(|rule| Given { rule: rule.clone(), since: Some(start) }).collect::<Vec<_>>();
    let (mut agenda, changes) = Agenda::restore(House::new(Zone::UTC), given(), store.past(start).unwrap(), start);
    keep(&mut store, lease, start, &changes).unwrap();
    let now = at("2026-11-27T09:00:00.5Z");
    let happened = Event::Happened(Happening::FileChanged { path: "a".to_owned() });
    let changes = step(&mut agenda, &store, now, happened);
    assert_eq!(changes.starts.len(), 2);
    keep(&mut store, lease, now, &changes).unwrap();

    // As if it had been killed here: both are taken up, and done again.
    drop(store);
    let (store, opening) = LoopStore::open(folder.path()).unwrap();
    assert_eq!(opening, Opening::Healthy);
    let past = store.past(now).unwrap();
    assert_eq!((past.tasks.len(), past.opened.len(), past.states.len()), (2, 2, 2));
    assert!(past.tasks.iter().all(|task| task.state == State::Running && task.attempts == 1));
    let (mut again, changes) = Agenda::restore(House::new(Zone::UTC), given(), past, now);
    assert_eq!(changes.decisions.iter().filter(|decision| decision.what == What::CutOff).count(), 2);
    let changes = step(&mut again, &store, now, Event::Tick);
    assert_eq!(changes.starts.len(), 2);
    assert!(store.knows(&TaskId::new("hourly".parse().unwrap(), at("2026-11-27T09:00:00Z"))));
    assert!(!store.knows(&TaskId::new("hourly".parse().unwrap(), at("2026-11-27T10:00:00Z"))));
}

#[test]
fn two_loops_on_one_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (mut first, _) = LoopStore::open(folder.path()).unwrap();
    let (mut second, _) = LoopStore::open(folder.path()).unwrap();
    let now = at("2026-11-27T08:00:00Z");
    let old = first.claim(&boot(0)).unwrap();
    assert!(matches!(second.claim(&boot(LEASE_MS - 1)), Err(StoreError::Superseded)));
    first.renew(old, &boot(20_000)).unwrap();
    assert!(matches!(second.claim(&boot(LEASE_MS)), Err(StoreError::Superseded)));
    // It did not renew: it hangs, or is gone.
    let new = second.claim(&boot(LEASE_MS + 20_000)).unwrap();
    assert!(matches!(keep(&mut first, old, now, &Changes::default()), Err(StoreError::Superseded)));
    assert!(matches!(first.renew(old, &boot(60_000)), Err(StoreError::Superseded)));
    keep(&mut second, new, now, &Changes::default()).unwrap();
    // After a start of the computer no lease is left, and a lock of the system knows better than any lease.
    let third = first.claim(&Boot { id: "two".to_owned(), ms: 1 }).unwrap();
    assert!(matches!(keep(&mut second, new, now, &Changes::default()), Err(StoreError::Superseded)));
    let fourth = second.claim_from_dead(&Boot { id: "two".to_owned(), ms: 2 }).unwrap();
    assert!(matches!(keep(&mut first, third, now, &Changes::default()), Err(StoreError::Superseded)));
    keep(&mut second, fourth, now, &Changes::default()).unwrap();
}

#[test]
fn rules_of_the_owner() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = LoopStore::open(folder.path()).unwrap();
    let now = at("2026-11-27T08:00:00Z");
    let made = rule("basura", &[("at", "0 9 * * MON"), ("tell", "sacar la basura"), ("language", "es")]);
    store.add_rule(&made, now).unwrap();
    assert!(store.add_rule(&made, now).is_err());
    let later = at("2026-11-28T08:00:00Z");
    assert!(store.set_status(&made.id, Status::Paused, later).unwrap());
    let own = store.own_rules().unwrap();
    assert_eq!((own[0].since, own[0].made, own[0].rule.status), (later, now, Status::Paused));
    let text = serde_json::Value::Object(json(&made)).to_string();
    assert_eq!(unjson(made.id.clone(), &text), Some(made.clone()));
    assert_eq!(unjson(made.id.clone(), "{\"at\": 3}"), None);

    // The words are in a backup when the file is damaged.
    drop(store);
    let path = LoopStore::path(folder.path());
    let mut bytes = fs::read(&path).unwrap();
    for byte in bytes.iter_mut().skip(30) {
        *byte ^= 0x55;
    }
    fs::write(&path, bytes).unwrap();
    for tail in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{tail}", path.display()));
    }
    let (store, opening) = LoopStore::open(folder.path()).unwrap();
    assert!(matches!(opening, Opening::Restored { .. }), "{opening:?}");
    assert_eq!(store.own_rules().unwrap()[0].rule.id, made.id);
    assert!(store.remove_rule(&made.id, later).unwrap());
    assert!(!store.remove_rule(&made.id, later).unwrap());
}

/// Whether a file of the folder or of its copies holds the word.
fn holding(folder: &Path, word: &str) -> bool {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = files.partition(|path| path.is_dir());
    folders.iter().any(|folder| holding(folder, word))
        || files.iter().any(|path| String::from_utf8_lossy(&fs::read(path).unwrap()).contains(word))
}

/// A task that has ended, and what its rule said.
fn ended(rule: &str, now: Timestamp, subject: &str, detail: &str, text: &str) -> (Task, NewMessage) {
    let id = TaskId::new(rule.parse().unwrap(), now);
    let state = State::Ended(Outcome::Done { detail: detail.to_owned() });
    let task = Task { id: id.clone(), subject: subject.to_owned(), missed: 0, attempts: 1, state, opened: Some(now) };
    let message = NewMessage {
        task: id,
        kind: Kind::Tell,
        channel: Channel::Everywhere,
        language: Language::Spanish,
        text: text.to_owned(),
        outside: vec![Channel::Ntfy],
    };
    (task, message)
}

#[test]
fn what_was_forgotten_is_in_no_file_of_the_rules() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, _) = LoopStore::open(folder.path()).unwrap();
    let lease = store.claim(&boot(0)).unwrap();
    let now = at("2026-11-27T08:00:00Z");
    let state = |trigger: &str| RuleState {
        trigger: trigger.to_owned(),
        status: Status::Active,
        cursor: now,
        crossed: false,
        dismissed: 0,
        failing: false,
    };
    let names = "He guardado un dato nuevo: \u{e000}7\u{e001}";
    let told = [
        // As an earlier version kept it; what a model answered to a rule; a reminder; a fact by its number.
        ended("old", now, "Tu prima vive en Zarzalejo", "", "He guardado un dato nuevo: tu prima vive en Zarzalejo"),
        ended("asks", now, "", "12 tokens", "Tu prima vive en Zarzalejo"),
        ended("tells", now, "", "", "sacar la basura"),
        ended("waits", now, "7", "", names),
    ];
    let mut changes = Changes::default();
    changes
        .states
        .extend([("old".parse().unwrap(), state("fact added")), ("waits".parse().unwrap(), state("fact added"))]);
    changes.tasks.extend(told.iter().map(|(task, _)| (task.id.clone(), task.clone())));
    let messages: Vec<NewMessage> = told.into_iter().map(|(_, message)| message).collect();
    store.keep(lease, Batch { at: now, changes: &changes, messages: &messages, letter: None }).unwrap();
    let letters = [Letter::FactAdded { fact: 7, about: vec!["prima".to_owned()] }, Letter::Webhook("door".to_owned())];
    letters.iter().for_each(|letter| store.post(letter).unwrap());
    fs::write(folder.path().join("rules-damaged-1.db"), "Zarzalejo").unwrap();
    store.backup(now).unwrap();
    assert!(!holding(&folder.path().join("rules-backups"), "Zarzalejo"));
    // A copy that an earlier version made is of an earlier version.
    let old = folder.path().join("rules-backups/rules-000000000000001.db");
    let copy = rusqlite::Connection::open(&old).unwrap();
    copy.execute_batch(
        "CREATE TABLE letter (about TEXT); INSERT INTO letter VALUES ('Zarzalejo'); PRAGMA user_version = 1",
    )
    .unwrap();
    drop(copy);
    assert!(holding(folder.path(), "Zarzalejo"));

    store.forget_facts().unwrap();
    assert!(!holding(folder.path(), "Zarzalejo"));
    let texts: Vec<String> = store.unread(0, 10).unwrap().into_iter().map(|message| message.text).collect();
    assert_eq!(texts, ["sacar la basura", names]);
    let waiting: Vec<_> = store.letters().unwrap().into_iter().filter_map(|(_, letter)| letter).collect();
    assert_eq!(waiting, letters);
}

#[test]
fn letters_messages_and_counts() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, _) = LoopStore::open(folder.path()).unwrap();
    let lease = store.claim(&boot(0)).unwrap();
    let now = at("2026-11-27T08:00:00Z");
    let task = TaskId::new("b".parse().unwrap(), now);
    store.post(&Letter::Run("b".parse().unwrap())).unwrap();
    let (id, letter) = store.letters().unwrap().remove(0);
    assert_eq!(letter, Some(Letter::Run("b".parse().unwrap())));
    let message = |kind| NewMessage {
        task: task.clone(),
        kind,
        channel: Channel::Everywhere,
        language: Language::Spanish,
        text: "sacar la basura".to_owned(),
        outside: vec![Channel::Ntfy],
    };
    let messages = [message(Kind::Tell), message(Kind::Tell), message(Kind::Report)];
    let mut changes = Changes::default();
    for _ in 0..1000 {
        let decision =
            sarai_proactive::agenda::Decision { at: now, rule: "b".parse().unwrap(), task: None, what: What::Full };
        changes.decisions.push(decision);
    }
    store.keep(lease, Batch { at: now, changes: &changes, messages: &messages, letter: Some(id) }).unwrap();
    assert!(store.letters().unwrap().is_empty());
    let unread = store.unread(0, 10).unwrap();
    assert_eq!(unread.iter().map(|message| message.kind).collect::<Vec<_>>(), [Kind::Tell, Kind::Report]);
    // Each leaves once; a channel that does not take it is tried later, and in the end given up.
    let delivery = store.delivery(now).unwrap().unwrap();
    assert_eq!((delivery.message, delivery.channel), (unread[0].id, Channel::Ntfy));
    assert!(!store.delivered(lease, &delivery, Delivered::Taken, now).unwrap());
    let mut other = store.delivery(now).unwrap().unwrap();
    assert_eq!(other.message, unread[1].id);
    let mut given_up = store.delivered(lease, &other, Delivered::Failed, now).unwrap();
    assert_eq!(store.delivery(now).unwrap(), None);
    let mut tries = 1;
    while let Some(next) = store.next_delivery().unwrap() {
        other = store.delivery(next).unwrap().unwrap();
        given_up = store.delivered(lease, &other, Delivered::Failed, next).unwrap();
        tries += 1;
    }
    assert!(given_up && tries == DELIVERY_ATTEMPTS_MAX);
    assert!(store.mark(unread[0].id, Mark::Dismissed, now).unwrap());
    assert!(!store.mark(unread[0].id, Mark::Seen, now).unwrap());
    assert_eq!(store.letters().unwrap()[0].1, Some(Letter::Dismissed(task)));
    assert_eq!(store.unread(0, 10).unwrap().len(), 1);
    // A flood is one row.
    let decisions = store.decisions(None, 10).unwrap();
    assert_eq!((decisions.len(), decisions[0].times), (1, 1000));
    assert_eq!(store.tally().unwrap()[0].times, 1000);
    for _ in 0..sarai_proactive_sqlite::LETTERS_MAX - 1 {
        store.post(&Letter::Webhook("x".to_owned())).unwrap();
    }
    assert!(matches!(store.post(&Letter::Webhook("x".to_owned())), Err(StoreError::Many("letters"))));
}

#[test]
fn a_full_disk_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, _) = LoopStore::open(folder.path()).unwrap();
    let lease = store.claim(&boot(0)).unwrap();
    let now = at("2026-11-27T08:00:00Z");
    store.limit_pages(30).unwrap();
    let given = Given { rule: rule("w", &[("when", "webhook x"), ("tell", "y"), ("repeat", "allowed")]), since: None };
    let (mut agenda, changes) = Agenda::restore(House::new(Zone::UTC), vec![given], store.past(now).unwrap(), now);
    keep(&mut store, lease, now, &changes).unwrap();
    let mut kept = 0_usize;
    let full = (0..20_000_i64).any(|n| {
        let now = now + SignedDuration::from_hours(n);
        let changes = step(&mut agenda, &store, now, Event::Happened(Happening::Webhook { name: "x".to_owned() }));
        match keep(&mut store, lease, now, &changes) {
            Ok(()) => kept += changes.tasks.len(),
            Err(error) => {
                assert!(matches!(error, StoreError::Full), "{error}");
                return true;
            }
        }
        for id in changes.starts {
            let changes = step(&mut agenda, &store, now, Event::Finished(id, Attempt::Done { detail: String::new() }));
            if keep(&mut store, lease, now, &changes).is_err() {
                return true;
            }
        }
        false
    });
    assert!(full && kept > 0);
    assert_eq!(store.tasks(None, 100_000).unwrap().len(), kept);
}

const CHILD: &str = "SARAI_LOOP_TEST_FOLDER";
const BEGAN: &str = "SARAI_LOOP_TEST_BEGAN";
/// Minutes of the rules that pass in a second of the test.
const SPEED: i64 = 20 * 60;

/// Time that runs fast, the same for every process of the test.
#[expect(clippy::disallowed_methods, reason = "the processes of this test share a clock")]
fn fast(began: Duration) -> Timestamp {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().saturating_sub(began);
    let ms = i64::try_from(elapsed.as_millis()).unwrap() * SPEED;
    at("2026-11-27T00:00:00Z") + SignedDuration::from_millis(ms)
}

fn crash_rules() -> [Rule; 3] {
    [
        rule("tell", &[("at", "*/2 * * * *"), ("tell", "x")]),
        rule("skill", &[("at", "1-59/2 * * * *"), ("run_skill", "x")]),
        rule("backup", &[("at", "*/5 * * * *"), ("backup", "true"), ("on_missed", "run_once")]),
    ]
}

/// A small loop, until it is killed. It does nothing unless the test below starts it.
#[test]
fn child() {
    let (Ok(folder), Ok(began)) = (std::env::var(CHILD), std::env::var(BEGAN)) else { return };
    let (folder, began) = (PathBuf::from(folder), Duration::from_millis(began.parse().unwrap()));
    let (mut store, _) = LoopStore::open(&folder).unwrap();
    let lease = store.claim_from_dead(&boot(0)).unwrap();
    let now = fast(began);
    let since = Some(at("2026-11-27T00:00:00Z"));
    let given = crash_rules().map(|rule| Given { rule, since }).to_vec();
    let (mut agenda, changes) = Agenda::restore(House::new(Zone::UTC), given, store.past(now).unwrap(), now);
    keep(&mut store, lease, now, &changes).unwrap();
    let mut effects = fs::OpenOptions::new().create(true).append(true).open(folder.join("effects")).unwrap();
    loop {
        let now = fast(began);
        let mut queue = vec![step(&mut agenda, &store, now, Event::Tick)];
        while let Some(changes) = queue.pop() {
            if changes.is_empty() {
                continue;
            }
            keep(&mut store, lease, now, &changes).unwrap();
            for task in changes.starts {
                // In one piece, or a kill would tear it.
                effects.write_all(format!("{task}\n").as_bytes()).unwrap();
                let done = Event::Finished(task, Attempt::Done { detail: String::new() });
                queue.push(step(&mut agenda, &store, now, done));
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn start(folder: &Path, began: Duration) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(CHILD, folder)
        .env(BEGAN, began.as_millis().to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// The loop is killed some dozens of times, wherever it happens to stand: every moment is done once, or again if that
/// does no harm, or reported.
#[test]
#[expect(clippy::disallowed_methods, reason = "the processes of this test share a clock")]
fn killed_at_random() {
    let folder = tempfile::tempdir().unwrap();
    let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    for round in 0..30_u64 {
        let mut loop_ = start(folder.path(), began);
        std::thread::sleep(Duration::from_millis(20 + round * 37 % 90));
        loop_.kill().unwrap();
        loop_.wait().unwrap();
    }
    let (store, _) = LoopStore::open(folder.path()).unwrap();
    let mut effects: BTreeMap<String, u32> = BTreeMap::new();
    for line in fs::read_to_string(folder.path().join("effects")).unwrap().lines() {
        *effects.entry(line.to_owned()).or_default() += 1;
    }
    let past = store.past(fast(began)).unwrap();
    let decisions = store.decisions(None, 100_000).unwrap();
    let mut covered: BTreeMap<&str, BTreeSet<Timestamp>> = BTreeMap::new();
    let mut again = BTreeSet::new();
    let mut merged = 0;
    for decision in &decisions {
        let of_rule = covered.entry(decision.rule.as_str()).or_default();
        let task = decision.task.as_deref();
        match decision.word.as_str() {
            "fired" => drop(of_rule.insert(task.unwrap().parse::<TaskId>().unwrap().at())),
            "cut_off" => drop(again.insert(task.unwrap())),
            "merged" => merged += decision.times,
            "missed" => {
                let detail: BTreeMap<String, String> = serde_json::from_str(&decision.detail).unwrap();
                let (first, last) = (at(&detail["first"]), at(&detail["last"]));
                let mut minute = first;
                while minute <= last {
                    of_rule.insert(minute);
                    minute += SignedDuration::from_mins(1);
                }
            }
            _ => {}
        }
    }
    assert_eq!(merged, 0, "moments lie further apart than the grace");
    let tasks: BTreeMap<String, String> = store
        .tasks(None, 100_000)
        .unwrap()
        .into_iter()
        .map(|row| (row.task.id.to_string(), row.task.state.name().to_owned()))
        .collect();
    let mut moments = 0;
    for rule in crash_rules() {
        let cursor = past.states[&rule.id].cursor;
        let sarai_proactive::rule::Trigger::Times(times) = &rule.trigger else { unreachable!() };
        let mut moment = at("2026-11-27T00:00:00Z");
        while let Some(next) = times.next(moment).filter(|next| *next <= cursor) {
            moment = next;
            moments += 1;
            assert!(covered[rule.id.as_str()].contains(&moment), "{} {moment} is lost", rule.id);
        }
    }
    for (task, state) in &tasks {
        let times = effects.get(task).copied().unwrap_or(0);
        match state.as_str() {
            "done" => assert!(times == 1 || times > 1 && again.contains(task.as_str()), "{task}: {times}"),
            "unknown" => assert!(times <= 1 || again.contains(task.as_str()), "{task}: {times}"),
            "running" | "ready" => assert!(past.tasks.iter().any(|open| open.id.to_string() == *task)),
            other => assert_eq!(other, "failed"),
        }
        assert!(!task.starts_with("skill") || times <= 1, "{task}: {times}");
    }
    assert!(moments > 20 && tasks.len() > 10, "{moments} moments, {} tasks", tasks.len());
    assert!(GRACE < SignedDuration::from_mins(2));
}

/// The loop, `serve` and the command line may all be the first.
#[test]
fn several_make_the_file_at_the_same_moment() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let starting = std::sync::Barrier::new(6);
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    starting.wait();
                    let (store, _) = LoopStore::open(folder.path()).unwrap();
                    assert!(store.own_rules().unwrap().is_empty());
                });
            }
        });
    }
}
