//! What is refused, before anything runs, with an error for the one who can act.

use std::os::unix::fs::symlink;
use std::process::Output;

use fs_err as fs;
use sarai_sandbox::{Access, Backend, Launcher, Mount, SandboxError};

use crate::support::{Draft, Scratch, launcher, system, text};

/// Runs a program that leaves a trace if it is started.
fn refused(draft: &Draft) -> SandboxError {
    let output = draft.sh("echo STARTED");
    assert_eq!(output.status.code(), Some(125), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "");
    let error = draft.report().unwrap().error.unwrap();
    assert!(text(&output.stderr).contains(&error.to_string()), "{} says not {error}", text(&output.stderr));
    assert!(draft.cgroups().is_empty());
    error
}

#[test]
fn a_mount_whose_source_is_not_what_it_is_called_is_refused() {
    let scratch = Scratch::new();
    scratch.folder("real");
    symlink(scratch.path("real"), scratch.path("link")).unwrap();
    for (source, word) in
        [(scratch.path("missing"), "not there"), (scratch.path("link"), "symlink"), ("/dev/null".into(), "device")]
    {
        let mut draft = Draft::new("source", system());
        draft.policy.mounts = vec![Mount { source, target: "/x".into(), access: Access::ReadWrite }];
        let error = refused(&draft);
        assert!(matches!(&error, SandboxError::Mount(why) if why.contains(word)), "{error}");
    }
}

#[test]
fn a_mount_point_that_would_have_to_be_made_in_somebodys_folder_is_refused() {
    let scratch = Scratch::new();
    let mut draft = Draft::new("point", system());
    draft.policy.mounts = vec![scratch.mount("outer", Access::ReadWrite), scratch.mount("inner", Access::ReadOnly)];
    draft.policy.mounts[1].target = scratch.path("outer/missing");
    let error = refused(&draft);
    assert!(matches!(&error, SandboxError::Mount(why) if why.contains("missing")), "{error}");
    assert!(!scratch.path("outer/missing").exists());
}

#[test]
fn without_a_jail_nothing_can_be_seen_elsewhere() {
    let scratch = Scratch::new();
    let mut draft = Draft::new("elsewhere", system());
    draft.backend = Backend::Disabled;
    draft.policy.mounts = vec![scratch.mount("folder", Access::ReadOnly)];
    assert_eq!(draft.sh("exit 3").status.code(), Some(3));
    draft.policy.mounts[0].target = "/elsewhere".into();
    assert!(matches!(refused(&draft), SandboxError::Mount(_)));
}

#[test]
fn a_working_folder_that_is_not_there_is_named() {
    let mut draft = Draft::new("folder", system());
    draft.policy.working_dir = "/nowhere".into();
    let output = draft.sh("echo STARTED");
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(125), ""));
    assert!(text(&output.stderr).contains("/nowhere"), "{}", text(&output.stderr));
}

/// Runs the launcher with these arguments.
fn launch(arguments: &[&str]) -> Output {
    std::process::Command::new(launcher().path()).arg("launch").args(arguments).output().unwrap()
}

#[test]
fn a_command_line_that_is_not_understood_says_what_is_wrong() {
    let scratch = Scratch::new();
    let policy = scratch.path("policy.toml");
    fs::write(&policy, "[limits]\nmemory_bytes = 0\n").unwrap();
    let policy = policy.to_str().unwrap();
    let start = ["--backend", "local", "--name", "x", "--policy"];
    for (arguments, word) in [
        (vec![], "no program"),
        (vec!["--backend", "podman", "--", "true"], "--backend podman"),
        (vec!["--name", "../x", "--", "true"], "--name ../x"),
        (vec!["--colour", "red", "--", "true"], "--colour"),
        (vec!["--log-bytes", "12", "--", "true"], "--log-bytes 12"),
        (vec!["--backend", "local", "--name", "x", "--", "true"], "--policy"),
        ([&start[..], &[policy, "--"]].concat(), "no program"),
        ([&start[..], &[policy, "--", "true"]].concat(), "limits"),
        ([&start[..], &["/nowhere", "--", "true"]].concat(), "/nowhere"),
        ([&start[..], &["-", "--", "true"]].concat(), "limits"),
    ] {
        let output = launch(&arguments);
        assert_eq!(output.status.code(), Some(125), "{arguments:?}");
        assert!(text(&output.stderr).contains(word), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn faults_of_a_policy_file_name_file_line_and_key() {
    let scratch = Scratch::new();
    let policy = scratch.path("policy.toml");
    let limits = "[limits]\nmemory_bytes = 67108864\npids = 0\nopen_files = 64\ntmp_bytes = 4096\nfile_bytes = 4096\n";
    fs::write(&policy, limits).unwrap();
    let policy = policy.to_str().unwrap();
    let output = launch(&["--backend", "local", "--name", "x", "--policy", policy, "--", "true"]);
    let said = text(&output.stderr);
    assert!(said.contains(policy) && said.contains("line 3") && said.contains("limits.pids"), "{said}");
}

#[test]
fn a_launcher_that_is_missing_is_named_with_what_to_do() {
    let error = Launcher::at("/nowhere/sarai-jail").unwrap_err();
    assert_eq!(error, SandboxError::NoLauncher("/nowhere/sarai-jail".to_owned()));
    assert!(error.to_string().contains("make jail"));
}

#[test]
fn a_launcher_whose_parent_is_another_does_nothing() {
    let draft = Draft::new("orphaned", system());
    let scratch = Scratch::new();
    let policy = scratch.path("policy.toml");
    fs::write(&policy, draft.policy().to_toml().unwrap()).unwrap();
    let policy = policy.to_str().unwrap();
    let arguments = ["--backend", "local", "--name", draft.name.as_str(), "--policy", policy];
    let output = launch(&[&arguments[..], &["--parent", "1", "--", "/bin/echo", "STARTED"]].concat());
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(125), ""));
}
