//! Which policies are refused, and where the fault is said to be.

use proptest::prelude::*;

use super::*;

fn policy() -> Policy {
    Policy {
        root: Root::Empty,
        mounts: Vec::new(),
        working_dir: "/".into(),
        environment: Vec::new(),
        limits: Limits { memory_bytes: 64 << 20, pids: 8, open_files: 64, tmp_bytes: 1 << 20, file_bytes: 1 << 20 },
    }
}

/// The key at fault, or nothing.
fn fault(policy: Policy) -> Option<String> {
    policy.checked().err().map(|error| error.key)
}

fn mounts(targets: &[&str]) -> Vec<Mount> {
    let mount = |target: &&str| Mount {
        source: "/srv".into(),
        target: (*target).into(),
        access: crate::policy::Access::ReadOnly,
    };
    targets.iter().map(mount).collect()
}

#[test]
fn limits_have_bounds_on_both_sides() {
    type Set = fn(&mut Limits, u64);
    let edges: [(&str, RangeInclusive<u64>, Set); 5] = [
        ("memory_bytes", MEMORY_BYTES, |limits, n| limits.memory_bytes = n),
        ("pids", PIDS, |limits, n| limits.pids = u32::try_from(n).unwrap()),
        ("open_files", OPEN_FILES, |limits, n| limits.open_files = u32::try_from(n).unwrap()),
        ("tmp_bytes", TMP_BYTES, |limits, n| limits.tmp_bytes = n),
        ("file_bytes", FILE_BYTES, |limits, n| limits.file_bytes = n),
    ];
    for (key, range, set) in edges {
        for (value, fine) in [
            (0, false),
            (range.start() - 1, false),
            (*range.start(), true),
            (*range.end(), true),
            (range.end() + 1, false),
        ] {
            let mut policy = policy();
            set(&mut policy.limits, value);
            let wanted = (!fine).then(|| format!("limits.{key}"));
            assert_eq!(fault(policy), wanted, "{key} = {value}");
        }
    }
}

#[test]
fn paths_are_absolute_and_spelt_plainly() {
    for (path, fine) in [
        ("/srv/data", true),
        ("/srv/a b/ñ", true),
        ("/srv/..data", true),
        ("", false),
        ("data", false),
        ("./data", false),
        ("../data", false),
        ("/srv/../etc", false),
        ("/srv/..", false),
        ("/srv/./data", false),
        ("/srv/.", false),
        ("//srv", false),
        ("/srv//data", false),
        ("/srv/", false),
        ("/srv/\0", false),
    ] {
        let mount = |source: &str, target: &str| {
            let mut policy = policy();
            policy.mounts = mounts(&[target]);
            policy.mounts[0].source = source.into();
            policy
        };
        assert_eq!(fault(mount(path, "/x")), (!fine).then(|| "mount[0].source".to_owned()), "{path:?}");
        assert_eq!(fault(mount("/srv", path)), (!fine).then(|| "mount[0].target".to_owned()), "{path:?}");
        let there = Policy { working_dir: path.into(), ..policy() };
        assert_eq!(fault(there), (!fine).then(|| "working_dir".to_owned()), "{path:?}");
    }
}

#[test]
fn nobody_mounts_over_what_is_the_jails_own() {
    for (target, empty, system) in [
        ("/", false, false),
        ("/tmp", false, false),
        ("/proc", false, false),
        ("/proc/self", false, false),
        ("/dev", false, false),
        ("/dev/null", false, false),
        ("/sys/kernel", false, false),
        ("/.sarai-jail", false, false),
        ("/.sarai-jail/x", false, false),
        ("/usr", true, false),
        ("/usr/lib/x", true, false),
        ("/etc", true, false),
        ("/bin/x", true, false),
        ("/tmp/x", true, true),
        ("/processes", true, true),
        ("/home/ana/skill", true, true),
    ] {
        for (root, fine) in [(Root::Empty, empty), (Root::System, system)] {
            let policy = Policy { root, mounts: mounts(&[target]), ..policy() };
            assert_eq!(fault(policy).is_none(), fine, "{target} in {root:?}");
        }
    }
}

#[test]
fn a_mount_may_lie_in_an_earlier_one_but_not_over_it() {
    for (targets, at_fault) in [
        (&["/a", "/b"][..], None),
        (&["/a", "/a/b"], None),
        (&["/a/b", "/a"], Some("mount[1].target")),
        (&["/a", "/b", "/a"], Some("mount[2].target")),
        (&["/a", "/ab"], None),
    ] {
        let policy = Policy { mounts: mounts(targets), ..policy() };
        assert_eq!(fault(policy).as_deref(), at_fault, "{targets:?}");
    }
    let many: Vec<String> = (0..=MOUNTS_MAX).map(|n| format!("/{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(fault(Policy { mounts: mounts(&many), ..policy() }).as_deref(), Some("mount"));
    assert_eq!(fault(Policy { mounts: mounts(&many[1..]), ..policy() }), None);
}

#[test]
fn variables_are_named_once_and_plainly() {
    let long = "x".repeat(ENVIRONMENT_BYTES_MAX);
    for (variables, at_fault) in [
        (&[("A", "1"), ("B", "")][..], None),
        (&[("A", "1"), ("A", "2")], Some("environment.A")),
        (&[("", "1")], Some("environment.")),
        (&[("A=B", "1")], Some("environment.A=B")),
        (&[("A", "1\0")], Some("environment.A")),
        (&[("A", long.as_str())], Some("environment")),
    ] {
        let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(fault(Policy { environment, ..policy() }).as_deref(), at_fault);
    }
}

#[test]
fn names_fit_into_the_names_of_folders() {
    for (name, fine) in [
        ("sql", true),
        ("_sql-2.main", true),
        ("", false),
        (".hidden", false),
        ("-flag", false),
        ("..", false),
        ("a/b", false),
        ("a b", false),
        ("ñ", false),
        (&"x".repeat(64), true),
        (&"x".repeat(65), false),
    ] {
        assert_eq!(JailName::new(name).is_ok(), fine, "{name:?}");
    }
}

proptest! {
    /// Whatever is accepted leads where its spelling says.
    #[test]
    fn an_accepted_path_has_no_way_up(path in "(/|\\.|\\.\\.|[a-z]|\\x00){0,12}") {
        if plain_path(Path::new(&path)).is_ok() {
            prop_assert!(path.starts_with('/'));
            prop_assert!(path.split('/').all(|part| part != "." && part != ".."));
            prop_assert!(path == "/" || path[1..].split('/').all(|part| !part.is_empty()));
        }
    }
}
