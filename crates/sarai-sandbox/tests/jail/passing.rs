//! What goes through: exit codes, signals, variables, output, mounts, and the report.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use fs_err as fs;
use rustix::process::{Pid, Signal, kill_process};
use sarai_sandbox::{Access, Backend, Layer, Limits, State};

use crate::support::{Draft, Scratch, eventually, launcher, system, text};

#[test]
fn the_exit_code_is_the_programs() {
    for (line, code) in [
        ("exit 0", 0),
        ("exit 7", 7),
        ("exit 255", 255),
        ("kill -TERM $$", 143),
        ("kill -KILL $$", 137),
        ("exec /nothing/there", 127),
        ("exec /usr", 126),
    ] {
        let output = Draft::new("code", system()).sh(line);
        assert_eq!(output.status.code(), Some(code), "{line}: {}", text(&output.stderr));
    }
}

#[test]
fn a_program_that_is_not_there_is_named() {
    for (program, code) in [("/nothing/there", 127), ("no-such-program", 127), ("/etc/ld.so.cache", 126)] {
        let output = Draft::new("absent", system()).run(&[program]);
        assert_eq!(output.status.code(), Some(code), "{program}");
        assert!(text(&output.stderr).contains(program), "{}", text(&output.stderr));
    }
}

#[test]
fn a_program_without_a_slash_is_looked_for_in_the_path_of_the_policy() {
    let mut draft = Draft::new("path", system());
    assert_eq!(text(&draft.run(&["echo", "found"]).stdout), "found\n");
    draft.policy.environment = vec![("PATH".to_owned(), "/nowhere".to_owned())];
    assert_eq!(draft.run(&["echo", "found"]).status.code(), Some(127));
}

#[test]
fn the_program_gets_the_policys_variables_and_no_other() {
    let mut draft = Draft::new("environment", system());
    draft.policy.environment = vec![("WHO".to_owned(), "it's «me»\n".to_owned()), ("EMPTY".to_owned(), String::new())];
    let output = draft.run(&["/usr/bin/env", "-0"]);
    let mut variables: Vec<&str> =
        std::str::from_utf8(&output.stdout).unwrap().trim_end_matches('\0').split('\0').collect();
    variables.sort_unstable();
    assert_eq!(variables, ["EMPTY=", "WHO=it's «me»\n"]);
}

#[test]
fn standard_input_is_empty_and_nothing_else_is_open() {
    let output = Draft::new("files", system()).sh("cat; ls /proc/self/fd; readlink /proc/self/fd/0");
    // Of the four, one is what `ls` lists with.
    assert_eq!(text(&output.stdout), "0\n1\n2\n3\n/dev/null\n", "{}", text(&output.stderr));
}

#[test]
fn signals_are_passed_on_to_the_program() {
    let draft = Draft::new("signals", system());
    let line = "for s in USR1 HUP INT TERM; do trap \"echo $s; [ $s = TERM ] && exit 9\" $s; done; echo ready; \
                while :; do sleep 0.05; done";
    let mut child = draft.start(line);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "ready");
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    for (signal, name) in [
        (Signal::USR1, "USR1"),
        (Signal::HUP, "HUP"),
        (Signal::USR1, "USR1"),
        (Signal::INT, "INT"),
        (Signal::TERM, "TERM"),
    ] {
        kill_process(pid, signal).unwrap();
        assert_eq!(lines.next().unwrap().unwrap(), name);
    }
    assert_eq!(child.wait().unwrap().code(), Some(9));
}

#[test]
fn output_is_passed_through_whole_and_in_order() {
    let output = Draft::new("output", system()).sh("seq 1 30000; echo complaint >&2");
    let expected: String = (1..=30_000).map(|n| format!("{n}\n")).collect();
    assert!(text(&output.stdout) == expected);
    assert_eq!(text(&output.stderr), "complaint\n");
}

#[test]
fn mounts_are_where_and_how_the_policy_says() {
    let scratch = Scratch::new();
    let mut draft = Draft::new("mounts", system());
    draft.policy.mounts = vec![scratch.mount("in", Access::ReadOnly), scratch.mount("out", Access::ReadWrite)];
    draft.policy.mounts[1].target = "/out".into();
    draft.policy.working_dir = "/out".into();
    let program = scratch.path("in/program");
    fs::write(&program, "#!/bin/sh\necho ran\n").unwrap();
    fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let line = format!(
        "pwd; {program}; echo made > made; cp {program} copy; chmod +x copy; ./copy || echo not run; \
         /lib*/ld-linux-*.so.* /out/copy || echo not loaded; echo x > {folder}/x || echo not written",
        program = program.display(),
        folder = scratch.path("in").display(),
    );
    let output = draft.sh(&line);
    assert_eq!(text(&output.stdout), "/out\nran\nnot run\nnot loaded\nnot written\n", "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(scratch.path("out/made")).unwrap(), "made\n");
    assert!(!scratch.path("in/x").exists());
}

#[test]
fn a_read_only_mount_inside_a_writable_one_can_be_run() {
    let scratch = Scratch::new();
    let mut draft = Draft::new("nested", system());
    draft.policy.mounts = vec![scratch.mount("work", Access::ReadWrite), scratch.mount("work/bin", Access::ReadOnly)];
    let program = scratch.path("work/bin/program");
    fs::write(&program, "#!/bin/sh\necho ran\n").unwrap();
    fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    assert_eq!(text(&draft.run(&[program.to_str().unwrap()]).stdout), "ran\n");
    let output = draft.sh(&format!("echo x > {}/x", scratch.path("work/bin").display()));
    assert_ne!(output.status.code(), Some(0));
}

#[test]
fn every_layer_holds_and_the_report_says_so() {
    let draft = Draft::new("report", system());
    assert_eq!(draft.report(), None);
    assert_eq!(draft.sh(":").status.code(), Some(0));
    let report = draft.report().unwrap();
    assert_eq!((report.backend, report.error, report.name.as_str()), (Backend::Local, None, draft.name.as_str()));
    for (layer, state) in report.effective.layers() {
        let may_be_missing = matches!(layer, Layer::LandlockNetwork | Layer::LandlockScope);
        match state {
            State::Held => {}
            State::NotApplicable(_) if may_be_missing => {}
            other => panic!("{layer}: {other}"),
        }
    }
}

#[test]
fn without_a_jail_it_is_said_aloud_and_nothing_is_claimed() {
    let mut draft = Draft::new("disabled", system());
    draft.backend = Backend::Disabled;
    draft.policy.environment = vec![("WHO".to_owned(), "me".to_owned())];
    draft.policy.working_dir = "/usr".into();
    let output = draft.sh("pwd; echo $WHO; echo $HOME; exit 5");
    assert_eq!(output.status.code(), Some(5));
    assert_eq!(text(&output.stdout), "/usr\nme\n\n");
    assert!(text(&output.stderr).contains("WITHOUT A JAIL"), "{}", text(&output.stderr));
    let report = draft.report().unwrap();
    assert!(report.effective.layers().all(|(_, state)| matches!(state, State::NotHeld(_))));
    assert_eq!(draft.sh("kill -9 $$").status.code(), Some(137));
}

#[test]
fn examining_tells_what_holds() {
    let scratch = Scratch::new();
    let effective = launcher().examine(Backend::Local, &scratch.path("")).unwrap();
    assert_eq!(effective.broken(), None);
    let effective = launcher().examine(Backend::Disabled, &scratch.path("")).unwrap();
    assert!(effective.broken().is_some());
}

#[test]
fn one_policy_file_serves_any_number_of_launches() {
    let scratch = Scratch::new();
    let policy = scratch.path("policy.toml");
    let draft = Draft::new("file", system());
    fs::write(&policy, draft.policy().to_toml().unwrap()).unwrap();
    for _ in 0..2 {
        let output = std::process::Command::new(launcher().path())
            .args(["launch", "--backend", "local", "--name", draft.name.as_str(), "--policy"])
            .arg(&policy)
            .args(["--", "/bin/echo", "hello"])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(text(&output.stdout), "hello\n", "{}", text(&output.stderr));
    }
}

#[test]
fn a_command_may_be_spawned_twice() {
    let draft = Draft::new("twice", system());
    let mut command = draft.command(&["/bin/echo", "hello"]);
    for _ in 0..2 {
        let output = command.output().unwrap();
        assert_eq!(text(&output.stdout), "hello\n", "{}", text(&output.stderr));
    }
}

#[test]
fn an_empty_root_runs_a_static_program_and_has_nothing_else() {
    let scratch = Scratch::new();
    let mut draft = Draft::new("empty", system());
    draft.policy.root = sarai_sandbox::Root::Empty;
    draft.policy.limits = Limits { pids: 1, ..draft.policy.limits };
    draft.policy.mounts = vec![scratch.mount("bin", Access::ReadOnly)];
    let program = scratch.path("bin/sarai-jail");
    fs::copy(launcher().path(), &program).unwrap();
    let output = draft.run(&[program.to_str().unwrap(), "nothing"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(draft.sh(":").status.code(), Some(127));
}

/// How a process is scheduled, by `/proc`; 0 is what takes turns.
fn scheduling(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may have blanks of its own; the policy is the 41st field, and the name the second.
    stat.rsplit_once(") ")?.1.split(' ').nth(38)?.parse().ok()
}

fn tree_of(pid: u32) -> Vec<u32> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let below = children.split_whitespace().filter_map(|child| child.parse().ok()).flat_map(tree_of);
    std::iter::once(pid).chain(below).collect()
}

#[test]
fn making_a_jail_may_have_precedence_but_nothing_of_one_that_runs() {
    let draft = Draft::new("turns", system());
    let mut child = draft.start("cut -d ' ' -f 41 /proc/self/stat; sleep 60");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "0\n", "the program takes turns from its first moment");
    // Launcher, bubblewrap, init, the shell and what it waits for.
    eventually("the program is there", || tree_of(child.id()).len() == 5);
    eventually("all take turns", || tree_of(child.id()).into_iter().all(|pid| scheduling(pid) == Some(0)));
    child.kill().unwrap();
    child.wait().unwrap();
}
