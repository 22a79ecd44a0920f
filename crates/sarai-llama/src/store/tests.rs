//! The store against folders, disks and files that are not as they should be.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::time::SystemTime;

use sarai_engine::schedule::Rewind;
use sarai_engine::snapshot::{MAGIC, Origin};
use tempfile::TempDir;

use super::folder::Space;
use super::*;

const GB: u64 = 1_000_000_000;
const ORIGIN: Origin<'static> = Origin {
    model: "a",
    build: "b",
    template: "t",
    vocabulary: "v",
    context: "c",
    kv_type: "k",
    rewind: Rewind::Anywhere,
};

fn roomy(_: &Path) -> std::io::Result<Space> {
    Ok(Space { free: 100 * GB, total: 200 * GB })
}

fn full(_: &Path) -> std::io::Result<Space> {
    Ok(Space { free: GB, total: 200 * GB })
}

fn open_as(folder: &TempDir, origin: &Origin<'_>, bytes_max: u64) -> Store {
    Store::open_with(Some(folder.path()), bytes_max, Identity::new(origin), roomy)
}

fn open(folder: &TempDir) -> Store {
    open_as(folder, &ORIGIN, GB)
}

/// A folder as the program makes it, whatever the umask is.
fn private_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs_err::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
    folder
}

/// A conversation of 100 tokens that shares nothing with others.
fn conversation(n: u32) -> Vec<u32> {
    vec![n; 100]
}

fn state(n: u32) -> Vec<u8> {
    n.to_le_bytes().repeat(500)
}

fn id(n: u32) -> SnapshotId {
    SnapshotId::of(&Identity::new(&ORIGIN), &conversation(n))
}

fn file(folder: &TempDir, n: u32) -> PathBuf {
    folder.path().join(format!("{}.kv", id(n)))
}

fn books(store: &Store) -> MutexGuard<'_, Books> {
    lock(&store.disk.as_ref().unwrap().books)
}

/// Writes and waits until that has succeeded or failed.
fn write(store: &mut Store, tokens: &[u32], bytes: Vec<u8>) {
    store.write(tokens.to_vec(), bytes);
    for _ in 0..10_000 {
        if !books(store).busy {
            return;
        }
        thread::sleep(Duration::from_millis(1));
    }
    panic!("the writer never finishes");
}

fn keep(store: &mut Store, n: u32) {
    write(store, &conversation(n), state(n));
}

/// What a prompt that continues this conversation finds.
fn found(store: &Store, n: u32) -> Option<usize> {
    store.best(&[conversation(n), vec![999; 5]].concat(), 0).map(|found| found.tokens)
}

fn names(folder: &TempDir) -> Vec<String> {
    let mut names: Vec<String> =
        fs_err::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_was_written_is_read_by_the_next_process() {
    let folder = private_folder();
    let mut store = open(&folder);
    assert!(store.wants(&conversation(1)));
    keep(&mut store, 1);
    assert!(!store.wants(&conversation(1)));
    assert_eq!(fs_err::metadata(file(&folder, 1)).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(names(&folder), [format!("{}.kv", id(1))]);
    drop(store);

    let mut store = open(&folder);
    assert_eq!((found(&store, 1), found(&store, 2)), (Some(100), None));
    assert_eq!(store.read(id(1)), Some((conversation(1), state(1))));
    let bytes = fs_err::metadata(file(&folder, 1)).unwrap().len();
    let figures = store.figures();
    assert_eq!((figures.count, figures.bytes, figures.restored, figures.refused), (1, bytes, 1, 0));
}

#[test]
fn the_end_waits_for_what_is_being_written() {
    let folder = private_folder();
    let mut store = open(&folder);
    store.write(conversation(1), state(1));
    drop(store);
    assert_eq!(found(&open(&folder), 1), Some(100));
}

#[test]
fn a_damaged_file_is_a_cold_start_and_gone() {
    type Damage = fn(&mut Vec<u8>);
    let damages: [(&str, Damage); 7] = [
        ("empty", |bytes| bytes.clear()),
        ("cut in its head", |bytes| bytes.truncate(130)),
        ("cut in its payload", |bytes| bytes.truncate(1500)),
        ("cut at its end", |bytes| bytes.truncate(bytes.len() - 1)),
        ("longer", |bytes| bytes.push(0)),
        ("flipped in its tokens", |bytes| bytes[200] ^= 1),
        ("of another layout", |bytes| bytes[8] ^= 2),
    ];
    for (name, damage) in damages {
        let folder = private_folder();
        keep(&mut open(&folder), 1);
        let mut bytes = fs_err::read(file(&folder, 1)).unwrap();
        damage(&mut bytes);
        fs_err::write(file(&folder, 1), bytes).unwrap();
        let store = open(&folder);
        assert_eq!((found(&store, 1), store.figures().refused), (None, 1), "{name}");
        assert_eq!(names(&folder), [""; 0], "{name}");
    }
}

#[test]
fn damage_that_only_reading_shows_is_found_when_it_is_read() {
    // The payload, its digest, and whatever happened since the start.
    for at in [1000, 2500, 25, 130] {
        let folder = private_folder();
        keep(&mut open(&folder), 1);
        let mut store = open(&folder);
        let mut bytes = fs_err::read(file(&folder, 1)).unwrap();
        bytes[at] ^= 0x10;
        fs_err::write(file(&folder, 1), bytes).unwrap();
        assert_eq!(found(&store, 1), Some(100), "byte {at}");
        assert_eq!(store.read(id(1)), None, "byte {at}");
        assert_eq!((found(&store, 1), store.figures().refused, store.figures().restored), (None, 1, 0));
        assert_eq!(names(&folder), [""; 0], "byte {at}");
        assert!(store.wants(&conversation(1)));
    }
}

#[test]
fn a_snapshot_under_the_name_of_another_is_refused() {
    let folder = private_folder();
    let other_model = Origin { model: "another", ..ORIGIN };
    write(&mut open_as(&folder, &other_model, GB), &conversation(1), state(7));
    let theirs = folder.path().join(names(&folder).pop().unwrap());
    let mut store = open(&folder);
    keep(&mut store, 1);
    keep(&mut store, 2);
    for wrong in [theirs.clone(), file(&folder, 2)] {
        fs_err::copy(&wrong, file(&folder, 1)).unwrap();
        assert_eq!(store.read(id(1)), None);
        keep(&mut store, 1);
        fs_err::copy(&wrong, file(&folder, 1)).unwrap();
        store = open(&folder);
        assert_eq!((found(&store, 1), found(&store, 2)), (None, Some(100)));
        assert!(!file(&folder, 1).exists() && theirs.exists());
        keep(&mut store, 1);
    }
}

#[test]
fn what_an_earlier_build_wrote_is_removed_and_other_models_keep_theirs() {
    let folder = private_folder();
    for (origin, survives) in [
        (Origin { build: "older", ..ORIGIN }, false),
        (Origin { template: "older", ..ORIGIN }, false),
        (Origin { context: "shorter", ..ORIGIN }, false),
        (Origin { model: "another", build: "older", ..ORIGIN }, true),
    ] {
        write(&mut open_as(&folder, &origin, GB), &conversation(1), state(1));
        let store = open(&folder);
        assert_eq!((found(&store, 1), names(&folder).len()), (None, usize::from(survives)), "{origin:?}");
        // Its room counts.
        assert_eq!((store.figures().count, store.figures().bytes > 0), (0, survives));
    }
}

#[test]
fn nothing_but_snapshots_is_ever_touched() {
    let folder = private_folder();
    let path = |name: &str| folder.path().join(name);
    fs_err::write(path("notes.txt"), "mine").unwrap();
    fs_err::write(path("long.kv"), MAGIC).unwrap();
    // The right names, and other first bytes.
    fs_err::write(file(&folder, 1), "somebody else's").unwrap();
    fs_err::write(path(&format!("{}.kv.1.tmp", id(2))), "somebody else's").unwrap();
    symlink(path("notes.txt"), file(&folder, 3)).unwrap();
    fs_err::create_dir(file(&folder, 4)).unwrap();
    let (fifo, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR);
    rustix::fs::mknodat(rustix::fs::CWD, file(&folder, 5), fifo, mode, 0).unwrap();
    let before = names(&folder);
    let mut store = open(&folder);
    assert_eq!(store.figures().count, 0);
    keep(&mut store, 9);
    assert!((1..6).all(|n| store.read(id(n)).is_none()));
    drop(store);
    // With no room for anything, only what is ours goes.
    drop(open_as(&folder, &ORIGIN, 1));
    assert_eq!(names(&folder), before);
    assert_eq!(fs_err::read_to_string(path("notes.txt")).unwrap(), "mine");
}

#[test]
fn what_a_dead_writer_left_is_removed_and_a_living_one_is_not_disturbed() {
    let folder = private_folder();
    let temporary = |n| folder.path().join(format!("{}.kv.1.tmp", id(n)));
    for (n, bytes) in [(1, &b""[..]), (2, b"SARAi.kv and more"), (3, b"SAR")] {
        fs_err::write(temporary(n), bytes).unwrap();
    }
    let living = fs_err::File::open(temporary(3)).unwrap();
    living.try_lock().unwrap();
    drop(open(&folder));
    assert_eq!(names(&folder), [temporary(3).file_name().unwrap().to_str().unwrap()]);
}

#[test]
fn a_folder_that_cannot_be_used_is_no_cache_and_no_failure() {
    let folder = private_folder();
    let path = folder.path().join("kv");
    let as_it_is = |path: &Path| Store::open_with(Some(path), GB, Identity::new(&ORIGIN), roomy);
    let mut stores = vec![
        Store::open(None, GB, Identity::new(&ORIGIN)),
        as_it_is(Path::new("/proc/self/kv")),
        as_it_is(Path::new("")),
    ];
    fs_err::write(&path, "a file").unwrap();
    stores.push(as_it_is(&path));
    fs_err::remove_file(&path).unwrap();
    fs_err::create_dir(&path).unwrap();
    for mode in [0o720, 0o702, 0o777] {
        fs_err::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        stores.push(as_it_is(&path));
    }
    for mut store in stores {
        assert!(store.disk.is_none());
        assert!(!store.wants(&conversation(1)));
        store.write(conversation(1), state(1));
        assert_eq!((found(&store, 1), store.read(id(1)), store.figures().count), (None, None, 0));
    }
    fs_err::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    assert!(as_it_is(&path).disk.is_some());
}

#[test]
fn a_folder_that_vanishes_costs_what_was_in_it() {
    let folder = private_folder();
    let mut store = open(&folder);
    keep(&mut store, 1);
    fs_err::remove_dir_all(folder.path()).unwrap();
    assert_eq!(store.read(id(1)), None);
    keep(&mut store, 2);
    assert_eq!((found(&store, 2), store.figures().refused), (Some(100), 0));
}

#[test]
fn nothing_is_written_to_a_disk_that_is_nearly_full() {
    let folder = private_folder();
    let mut store = Store::open_with(Some(folder.path()), GB, Identity::new(&ORIGIN), full);
    assert!(!store.wants(&conversation(1)));
    assert_eq!(books(&store).complaints, [Complaint::Space]);
    keep(&mut store, 1);
    keep(&mut store, 2);
    assert_eq!((names(&folder).len(), found(&store, 1)), (0, None));
    assert_eq!(books(&store).complaints, [Complaint::Space]);
}

#[test]
fn writing_that_fails_is_said_once_and_given_up() {
    let folder = private_folder();
    let mut store = open(&folder);
    for n in 1..=FAILURES_MAX + 1 {
        // In the way of the file that becomes the snapshot.
        fs_err::create_dir(folder.path().join(format!("{}.kv.{}.tmp", id(n), std::process::id()))).unwrap();
    }
    for n in 1..=FAILURES_MAX {
        assert!(store.wants(&conversation(n)));
        keep(&mut store, n);
        assert_eq!(found(&store, n), None);
    }
    assert_eq!(books(&store).complaints.len(), 1);
    assert!(!store.wants(&conversation(77)));
}

#[test]
fn a_writer_is_given_one_at_a_time() {
    let folder = private_folder();
    let mut store = open(&folder);
    books(&store).busy = true;
    assert!(!store.wants(&conversation(1)));
    store.write(conversation(1), state(1));
    books(&store).busy = false;
    keep(&mut store, 2);
    assert_eq!((found(&store, 1), found(&store, 2)), (None, Some(100)));
}

#[test]
fn the_folder_never_outgrows_its_bound_and_the_latest_stay() {
    let folder = private_folder();
    keep(&mut open(&folder), 0);
    let one = fs_err::metadata(file(&folder, 0)).unwrap().len();
    let mut store = open_as(&folder, &ORIGIN, 3 * one + one / 2);
    for n in 1..8 {
        keep(&mut store, n);
        // Another worker's, which nobody told us of.
        if n == 5 {
            write(&mut open_as(&folder, &Origin { model: "another", ..ORIGIN }, GB), &conversation(5), state(5));
        }
        let bytes: u64 =
            fs_err::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
        assert!(n == 5 || bytes <= 3 * one + one / 2, "{bytes} after {n}");
    }
    assert_eq!((4..8).map(|n| found(&store, n)).collect::<Vec<_>>(), [None, None, Some(100), Some(100)]);
    write(&mut store, &conversation(50), vec![1; 20_000]);
    assert_eq!((found(&store, 50), found(&store, 7)), (None, Some(100)));
    assert_eq!(books(&store).complaints, [Complaint::TooLarge]);
    assert!(!store.wants(&conversation(51)));
}

#[test]
fn a_restart_remembers_what_was_used_last() {
    let folder = private_folder();
    let mut store = open(&folder);
    (1..=3).for_each(|n| keep(&mut store, n));
    let past = |n: u32| SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from(n));
    for n in 1..=3 {
        fs_err::OpenOptions::new().write(true).open(file(&folder, n)).unwrap().file().set_modified(past(n)).unwrap();
    }
    assert!(store.read(id(1)).is_some());
    let one = fs_err::metadata(file(&folder, 1)).unwrap().len();
    let store = open_as(&folder, &ORIGIN, 2 * one);
    let left: BTreeMap<u32, bool> = (1..=3).map(|n| (n, file(&folder, n).exists())).collect();
    assert_eq!(left, BTreeMap::from([(1, true), (2, false), (3, true)]));
    assert_eq!(found(&store, 2), None);
}

#[test]
fn what_llama_does_not_take_is_not_offered_again() {
    let folder = private_folder();
    let mut store = open(&folder);
    keep(&mut store, 1);
    assert!(store.read(id(1)).is_some());
    store.refuse(id(1));
    assert_eq!((found(&store, 1), store.figures().refused, store.figures().restored), (None, 1, 0));
    assert!(file(&folder, 1).exists());
}

#[test]
fn what_is_to_be_forgotten_goes_other_models_and_late_writes_included() {
    let folder = private_folder();
    write(&mut open_as(&folder, &Origin { model: "another", ..ORIGIN }, GB), &conversation(5), state(5));
    let mut store = open(&folder);
    (1..=3).for_each(|n| keep(&mut store, n));
    store.write(conversation(4), state(4));
    store.clear();
    assert_eq!(names(&folder), Vec::<String>::new());
    assert_eq!((1..=5).filter_map(|n| found(&store, n)).count(), 0);
    assert_eq!((store.figures().count, store.figures().bytes), (0, 0));
    keep(&mut store, 1);
    assert_eq!(found(&store, 1), Some(100));
}
