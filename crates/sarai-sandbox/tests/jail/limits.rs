//! What a program cannot take more of.

use std::io::Read;

use fs_err as fs;
use sarai_sandbox::{Access, Limits, LogLimit};

use crate::support::{Draft, LIMITS, Scratch, eventually, system, text};

#[test]
fn a_memory_hog_is_killed_and_the_log_says_why() {
    let mut draft = Draft::new("hog", system());
    draft.policy.limits.memory_bytes = 32 << 20;
    // `tail` has to keep a line that does not end.
    let output = draft.sh("head -c 200000000 /dev/zero | tail -n 1 | wc -c");
    assert!(text(&output.stderr).contains("the memory was full"), "{}", text(&output.stderr));
    assert_ne!(text(&output.stdout).trim(), "200000000");
    draft.policy.limits.memory_bytes = 1 << 30;
    assert_eq!(text(&draft.sh("head -c 200000000 /dev/zero | tail -n 1 | wc -c").stdout).trim(), "200000000");
}

#[test]
fn what_is_in_tmp_counts_and_ends() {
    let draft = Draft::new("tmp", system());
    let output =
        draft.sh("head -c 900000 /dev/zero > /tmp/a && echo fits; head -c 900000 /dev/zero > /tmp/b || echo full");
    assert_eq!(text(&output.stdout), "fits\nfull\n");
}

#[test]
fn a_fork_bomb_stays_small() {
    let mut draft = Draft::new("bomb", system());
    draft.policy.limits.pids = 20;
    let mut child = draft.start("bomb() { bomb & bomb & }; bomb; sleep 3600");
    eventually("the bomb is at its limit", || {
        draft.cgroups().iter().any(|folder| {
            fs::read_to_string(folder.join("pids.events")).is_ok_and(|events| !events.trim().ends_with(" 0"))
        })
    });
    for folder in draft.cgroups() {
        if let Ok(most) = fs::read_to_string(folder.join("pids.max")) {
            // Two of ours: bubblewrap's monitor and init.
            assert_eq!(most.trim(), "22");
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    drain(&mut child);
}

#[test]
fn threads_are_counted_too() {
    let mut draft = Draft::new("pids", system());
    draft.policy.limits.pids = 1;
    // The shell is the one.
    let output = draft.sh("sleep 0 & echo started; wait");
    assert!(!text(&output.stderr).is_empty());
}

#[test]
fn files_are_few_and_small() {
    let scratch = Scratch::new();
    let mut draft = Draft::new("files", system());
    draft.policy.mounts = vec![scratch.mount("out", Access::ReadWrite)];
    draft.policy.limits = Limits { open_files: 16, file_bytes: 8192, ..LIMITS };
    let output = draft.sh(&format!(
        "ulimit -n; ulimit -Hn; ulimit -c; head -c 100000 /dev/zero > {}/big || echo too big",
        scratch.path("out").display()
    ));
    assert_eq!(text(&output.stdout), "16\n16\n0\ntoo big\n", "{}", text(&output.stderr));
    assert_eq!(fs::metadata(scratch.path("out/big")).unwrap().len(), 8192);
}

#[test]
fn a_flood_of_output_is_cut_and_said_once() {
    let mut draft = Draft::new("flood", system());
    draft.log = LogLimit::new(50_000).unwrap();
    let output = draft.sh("head -c 5000000 /dev/zero | tr '\\0' x; head -c 3000000 /dev/zero | tr '\\0' y >&2; exit 4");
    assert_eq!(output.status.code(), Some(4), "a flood changes nothing else");
    for (stream, letter) in [(&output.stdout, b'x'), (&output.stderr, b'y')] {
        let passed = stream.iter().filter(|&&byte| byte == letter).count();
        // What grows back in the second or two that this takes is little.
        assert!((50_000..60_000).contains(&passed), "{passed}");
        assert_eq!(text(stream).matches("thrown away").count(), 1);
    }
}

#[test]
fn nobody_who_reads_is_no_reason_to_hang() {
    let draft = Draft::new("unread", system());
    let mut child = draft.start("seq 1 1000000; echo done >&2; exit 6");
    drop(child.stdout.take());
    let mut complaint = String::new();
    child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
    assert_eq!((child.wait().unwrap().code(), complaint.as_str()), (Some(6), "done\n"));
}

fn drain(child: &mut std::process::Child) {
    let mut rest = Vec::new();
    if let Some(err) = &mut child.stderr {
        err.read_to_end(&mut rest).unwrap();
    }
}
