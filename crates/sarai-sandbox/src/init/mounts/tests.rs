//! How each mount must be, and what is seen when one is not.

use super::*;
use crate::policy::{Limits, Mount, Policy, Root};

fn policy(mounts: &[(&str, Access)]) -> CheckedPolicy {
    let mount =
        |(target, access): &(&str, Access)| Mount { source: "/srv".into(), target: (*target).into(), access: *access };
    let limits = Limits { memory_bytes: 64 << 20, pids: 8, open_files: 64, tmp_bytes: 4096, file_bytes: 4096 };
    let (mounts, working_dir) = (mounts.iter().map(mount).collect(), "/".into());
    Policy { root: Root::Empty, mounts, working_dir, environment: Vec::new(), limits }.checked().unwrap()
}

/// As `mount` would print them: read-only, no execution, no devices.
fn wanted(policy: &CheckedPolicy, point: &str) -> Option<&'static str> {
    Rules::of(policy, Backend::Local).wanted(Path::new(point)).map(|flags| {
        assert!(flags.no_suid, "{point}");
        match (flags.read_only, flags.no_execute, flags.no_devices) {
            (true, true, true) => "closed",
            (true, false, true) => "to run",
            (false, true, true) => "to write",
            (true, true, false) => "device",
            other => panic!("{point}: {other:?}"),
        }
    })
}

#[test]
fn what_can_be_written_cannot_be_run() {
    let (read, write) = (Access::ReadOnly, Access::ReadWrite);
    let policy = policy(&[("/skill", read), ("/out", write), ("/out/bin", read), ("/skill/cache", write)]);
    for (point, expected) in [
        ("/", Some("closed")),
        ("/tmp", Some("to write")),
        ("/proc", Some("closed")),
        ("/proc/kcore", Some("device")),
        ("/proc/acpi", Some("closed")),
        ("/dev/null", Some("device")),
        ("/dev/urandom", Some("device")),
        ("/.sarai-jail", Some("to run")),
        ("/skill", Some("to run")),
        ("/skill/part", Some("to run")),
        ("/skill/cache", Some("to write")),
        ("/out", Some("to write")),
        ("/out/bin", Some("to run")),
        ("/dev", None),
        ("/dev/tty", None),
        ("/sys", None),
        ("/etc", None),
        ("/skills", None),
        ("/home", None),
    ] {
        assert_eq!(wanted(&policy, point), expected, "{point}");
    }
}

#[test]
fn a_mount_that_is_not_as_it_must_be_is_seen() {
    let policy = policy(&[("/out", Access::ReadWrite)]);
    let look = |backend, point: &str, options: &str| {
        let text = format!("30 20 0:26 / {point} {options} - tmpfs tmpfs rw\n");
        judge(&policy, backend, &mountinfo::parse(&text))
    };
    let local = |point, options| look(Backend::Local, point, options);
    assert_eq!(local("/out", "rw,nosuid,nodev,noexec,relatime"), Ok(()));
    for (options, missing) in
        [("rw,nosuid,nodev", "noexec"), ("rw,nosuid,noexec", "nodev"), ("rw,nodev,noexec", "nosuid")]
    {
        let why = local("/out", options).unwrap_err();
        assert!(why.contains("/out") && why.contains(missing), "{why}");
    }
    assert!(local("/", "rw,nosuid,nodev,noexec").unwrap_err().contains("ro"));
    assert!(local("/sys", "ro,nosuid,nodev,noexec").unwrap_err().contains("nobody ordered"));
    // A container has some of its own, which must be closed, too.
    let container = |point, options| look(Backend::Docker, point, options);
    assert_eq!(container("/sys", "ro,nosuid,nodev,noexec"), Ok(()));
    assert_eq!(container("/dev", "ro,nosuid,noexec"), Ok(()));
    assert_eq!(container("/run", "ro,nosuid,nodev,noexec"), Ok(()));
    for (point, options) in
        [("/sys", "ro,nosuid,nodev"), ("/dev/shm", "rw,nosuid,nodev,noexec"), ("/dev", "rw,nosuid,noexec")]
    {
        assert!(container(point, options).is_err(), "{point} {options}");
    }
    assert!(container("/srv", "ro,nosuid,nodev,noexec").unwrap_err().contains("nobody ordered"));
}
