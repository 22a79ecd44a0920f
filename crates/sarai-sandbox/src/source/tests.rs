//! Which files and folders may be mounted.

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use fs_err as fs;

use super::*;
use crate::policy::Access;

fn mount(source: &Path, target: &str) -> Mount {
    Mount { source: source.to_owned(), target: target.into(), access: Access::ReadWrite }
}

#[test]
fn sources_are_what_they_are_called() {
    let scratch = tempfile::tempdir().unwrap();
    let top = fs::canonicalize(scratch.path()).unwrap();
    fs::create_dir_all(top.join("real/inner")).unwrap();
    fs::write(top.join("file"), "").unwrap();
    symlink(top.join("real"), top.join("link")).unwrap();
    let _socket = UnixListener::bind(top.join("socket")).unwrap();
    for (inner, word) in [
        ("real", None),
        ("file", None),
        ("socket", None),
        ("link", Some("symlink")),
        ("link/inner", Some("symlink")),
        ("nothing", Some("not there")),
        ("file/inner", Some("cannot be looked at")),
    ] {
        let result = identify(&[mount(&top.join(inner), "/x")]);
        match (word, result) {
            (None, Ok(found)) => assert_eq!(found, [Identity::at(&top.join(inner)).unwrap()]),
            (Some(word), Err(SandboxError::Mount(why))) => assert!(why.contains(word), "{inner}: {why}"),
            (_, other) => panic!("{inner}: {other:?}"),
        }
    }
    let device = identify(&[mount(Path::new("/dev/null"), "/x")]);
    assert!(matches!(&device, Err(SandboxError::Mount(why)) if why.contains("device")), "{device:?}");
}

#[test]
fn a_mount_in_a_mount_needs_a_place_to_be() {
    let scratch = tempfile::tempdir().unwrap();
    let top = fs::canonicalize(scratch.path()).unwrap();
    fs::create_dir_all(top.join("outer/place")).unwrap();
    fs::create_dir_all(top.join("inner")).unwrap();
    fs::write(top.join("file"), "").unwrap();
    symlink("/etc", top.join("outer/trap")).unwrap();
    let outer = mount(&top.join("outer"), "/o");
    for (source, target, fine) in [
        ("inner", "/o/place", true),
        ("inner", "/elsewhere", true),
        ("file", "/o/place", false),
        ("inner", "/o/missing", false),
        ("inner", "/o/trap", false),
        ("inner", "/o/trap/cron.d", false),
    ] {
        let result = identify(&[outer.clone(), mount(&top.join(source), target)]);
        assert_eq!(result.is_ok(), fine, "{source} at {target}: {result:?}");
    }
}
