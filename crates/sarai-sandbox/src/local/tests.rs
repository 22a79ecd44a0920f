//! Every field of a policy becomes something strict.

use super::*;
use crate::policy::{Limits, Mount, Policy};

fn policy() -> Policy {
    let mount = |path: &str, access| Mount { source: path.into(), target: format!("/in{path}").into(), access };
    Policy {
        root: Root::Empty,
        mounts: vec![mount("/srv/data", Access::ReadOnly), mount("/srv/out", Access::ReadWrite)],
        working_dir: "/in".into(),
        environment: vec![("SECRET".to_owned(), "hidden".to_owned())],
        limits: Limits { memory_bytes: 1 << 28, pids: 9, open_files: 77, tmp_bytes: 123_456, file_bytes: 1 << 20 },
    }
}

fn line(policy: Policy, pieces: &[Piece]) -> Vec<String> {
    let arguments = arguments(&policy.checked().unwrap(), pieces, Path::new("/opt/sarai-jail"));
    arguments.into_iter().map(|argument| argument.into_string().unwrap()).collect()
}

/// Where `part` stands in `line`.
fn find(line: &[String], part: &[&str]) -> Option<usize> {
    line.windows(part.len()).position(|window| window == part)
}

#[test]
fn every_field_becomes_something_strict() {
    let line = line(policy(), &[]);
    for part in [
        &["--unshare-user"][..],
        &["--unshare-pid"],
        &["--unshare-ipc"],
        &["--unshare-uts"],
        &["--unshare-net"],
        &["--unshare-cgroup"],
        &["--uid", "65534"],
        &["--gid", "65534"],
        &["--hostname", "jail"],
        &["--die-with-parent"],
        &["--new-session"],
        &["--as-pid-1"],
        &["--cap-drop", "ALL"],
        &["--proc", "/proc"],
        &["--perms", "0700", "--size", "123456", "--tmpfs", "/tmp"],
        &["--ro-bind", "/srv/data", "/in/srv/data"],
        &["--bind", "/srv/out", "/in/srv/out"],
        &["--remount-ro", "/", "--", "/.sarai-jail", "init"],
    ] {
        assert!(find(&line, part).is_some(), "{part:?} is missing in {line:?}");
    }
}

#[test]
fn nothing_is_given_that_nobody_asked_for() {
    let line = line(policy(), &[]);
    // All arguments that make something visible or possible.
    let opening = |argument: &&String| {
        ["--bind", "--ro-bind", "--dev-bind", "--cap-add", "--symlink", "--share"]
            .iter()
            .any(|own| argument.starts_with(own))
    };
    let given = line.iter().filter(opening).count();
    // Three capabilities for init, five devices, two mounts, init itself.
    assert_eq!(given, 3 + 5 + 2 + 1, "{line:?}");
    for never in
        ["--share-net", "--dev", "--unshare-user-try", "--unshare-cgroup-try", "--setenv", "--bind-try", "hidden"]
    {
        assert!(!line.iter().any(|argument| argument == never), "{never}");
    }
}

#[test]
fn later_mounts_come_later_and_the_root_is_closed_last() {
    let line =
        line(policy(), &[Piece::Bind("/usr".into()), Piece::Link { target: "usr/bin".into(), at: "/bin".into() }]);
    let places = [
        find(&line, &["--ro-bind", "/usr", "/usr"]),
        find(&line, &["--symlink", "usr/bin", "/bin"]),
        find(&line, &["--tmpfs", "/tmp"]),
        find(&line, &["--ro-bind", "/srv/data", "/in/srv/data"]),
        find(&line, &["--bind", "/srv/out", "/in/srv/out"]),
        find(&line, &["--ro-bind", "/opt/sarai-jail", "/.sarai-jail"]),
        find(&line, &["--remount-ro", "/"]),
    ];
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} in {line:?}");
}

#[test]
fn an_empty_root_has_no_pieces_and_a_system_has_usr() {
    assert_eq!(pieces(Root::Empty), []);
    let system = pieces(Root::System);
    assert!(system.contains(&Piece::Bind("/usr".into())));
    let outside_usr = |piece: &Piece| piece.mount_point().is_some_and(|path| path.starts_with("/etc"));
    assert!(system.iter().filter(|piece| outside_usr(piece)).count() <= SYSTEM_FILES.len());
}
