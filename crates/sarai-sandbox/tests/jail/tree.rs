//! Nothing survives its jail, and nothing is left of it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use sarai_sandbox::Backend;

use crate::support::{Draft, eventually, processes_with, system, unique_seconds};

/// Double-forks, makes sessions of its own, and ignores every signal that can be ignored.
fn clinging(seconds: &str) -> String {
    format!(
        "trap '' TERM INT HUP USR1; \
         (setsid sh -c \"trap '' TERM INT HUP USR1; (sleep {seconds} &) ; sleep {seconds}\" &) ; \
         sleep {seconds} & echo ready; while :; do sleep {seconds}; done"
    )
}

fn pid_of(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap()
}

/// Starts it and waits until all its processes are there.
fn start(draft: &Draft, seconds: &str) -> Child {
    let mut child = draft.start(&clinging(seconds));
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    eventually("all of its processes are there", || processes_with(seconds).len() >= 4);
    assert!(!draft.cgroups().is_empty());
    child
}

fn assert_gone(draft: &Draft, seconds: &str) {
    eventually("no process is left", || processes_with(seconds).is_empty());
    let name = draft.name.to_string();
    eventually("bubblewrap is gone", || processes_with(&name).is_empty());
}

#[test]
fn a_launcher_that_is_told_to_end_by_its_end_takes_all_with_it() {
    let seconds = unique_seconds(1);
    let draft = Draft::new("term", system());
    let mut child = start(&draft, &seconds);
    // The program ignores it, as it may: its supervisor loses patience.
    kill_process(pid_of(&child), Signal::TERM).unwrap();
    assert!(child.try_wait().unwrap().is_none());
    kill_process(pid_of(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
    assert_gone(&draft, &seconds);
    // Nobody was there to remove the cgroup; the next jail does.
    let next = Draft::new("term-next", system());
    assert_eq!(next.sh(":").status.code(), Some(0));
    assert_eq!(draft.cgroups(), Vec::<std::path::PathBuf>::new());
    assert_eq!(next.cgroups(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn what_a_killed_launcher_has_left_can_be_removed_without_another_launch() {
    let seconds = unique_seconds(5);
    let draft = Draft::new("swept", system());
    let mut child = start(&draft, &seconds);
    kill_process(pid_of(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
    assert!(!draft.cgroups().is_empty());
    sarai_sandbox::sweep(Backend::Local).unwrap();
    assert_eq!(draft.cgroups(), Vec::<std::path::PathBuf>::new());
    assert_gone(&draft, &seconds);
}

#[test]
fn a_launcher_that_stands_still_and_is_killed_takes_all_with_it() {
    let seconds = unique_seconds(2);
    let draft = Draft::new("stop", system());
    let mut child = start(&draft, &seconds);
    kill_process(pid_of(&child), Signal::STOP).unwrap();
    kill_process(pid_of(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
    assert_gone(&draft, &seconds);
}

#[test]
fn when_the_program_ends_its_orphans_do_too() {
    let seconds = unique_seconds(3);
    let draft = Draft::new("orphans", system());
    let output =
        draft.sh(&format!("trap '' TERM; (setsid sh -c \"trap '' TERM; sleep {seconds}\" &); sleep 0.1; exit 2"));
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(processes_with(&seconds), Vec::<u32>::new());
    assert_eq!(draft.cgroups(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_launcher_whose_parent_dies_ends_its_jail_and_cleans_up() {
    let seconds = unique_seconds(4);
    let draft = Draft::new("parent", system());
    let policy = tempfile::NamedTempFile::new().unwrap();
    fs_err::write(policy.path(), draft.policy().to_toml().unwrap()).unwrap();
    // A parent that starts the launcher and can be killed.
    let line = format!(
        "{} launch --backend local --name {} --policy {} -- /bin/sh -c '{}' & echo started; wait",
        crate::support::launcher().path().display(),
        draft.name,
        policy.path().display(),
        clinging(&seconds).replace('\'', "'\\''"),
    );
    let mut parent = Command::new("/bin/sh").args(["-c", &line]).stdout(Stdio::piped()).spawn().unwrap();
    eventually("all of its processes are there", || processes_with(&seconds).len() >= 4);
    kill_process(pid_of(&parent), Signal::KILL).unwrap();
    parent.wait().unwrap();
    assert_gone(&draft, &seconds);
    // This launcher was not killed, so it has removed its cgroup itself.
    eventually("the cgroup is removed", || draft.cgroups().is_empty());
}

#[test]
fn zombies_are_buried() {
    let draft = Draft::new("zombies", system());
    let line = "for i in 1 2 3 4 5 6; do (sh -c 'sleep 0.05 &' &); done; sleep 0.5; \
                grep -l 'State:.Z' /proc/[0-9]*/status | wc -l";
    assert_eq!(crate::support::text(&draft.sh(line).stdout), "0\n");
}

#[test]
fn many_jails_at_once_do_not_disturb_each_other() {
    let drafts: Vec<Draft> = (0..12).map(|n| Draft::new(&format!("many{n}"), system())).collect();
    let children: Vec<Child> =
        drafts.iter().enumerate().map(|(n, draft)| draft.start(&format!("sleep 0.1; exit {n}"))).collect();
    for (n, child) in children.into_iter().enumerate() {
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(i32::try_from(n).unwrap()));
    }
    assert!(drafts.iter().all(|draft| draft.cgroups().is_empty()));
}
