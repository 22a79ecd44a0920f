//! Each vice of the misbehaving skill is found by the check that claims it, and by no other; a good skill has none.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use futures_util::future::ready;
use futures_util::stream::{self, StreamExt as _};
use sarai_conform::{Breakable, Check, Finding, Patience, Sample, Subject, Verdict, check};
use tempfile::TempDir;
use tokio::process::Command;

/// Short, so that a vice of never answering is found soon; the good skills below have more.
const PATIENCE: Patience = Patience {
    start: Duration::from_secs(4),
    answer: Duration::from_secs(5),
    settle: Duration::from_secs(2),
    drain: Duration::from_secs(4),
};
/// Skills that are tried at once: what they do most is to keep others waiting.
const AT_ONCE: usize = 6;

/// A program that `cargo test` has built beside this test.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join("examples").join(name);
    assert!(program.exists(), "{} is built by: cargo test -p sarai-conform", program.display());
    program
}

fn skill(program: PathBuf, folder: &TempDir, vice: &'static str) -> Subject {
    let home = folder.path().to_owned();
    Subject::new(folder.path().join("skill.sock"), move |socket| {
        let mut command = Command::new(&program);
        command.current_dir(&home).env("SARAI_SKILL_SOCKET", socket).env("SARAI_VICE", vice);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Ok(command)
    })
}

async fn findings_of(vice: &'static str, patience: &Patience) -> Vec<Finding> {
    let folder = tempfile::tempdir().unwrap();
    let word = folder.path().join("word");
    fs_err::write(&word, "word").unwrap();
    let mut sample = Sample::new("hola");
    sample.slow_text = "slow".into();
    sample.breakable = Some(Breakable { file: word.clone(), content: Vec::new() });
    let findings = check(&mut skill(example("misbehaving-skill"), &folder, vice), &sample, patience).await;
    assert_eq!(fs_err::read_to_string(word).unwrap(), "word", "what was broken is whole again");
    findings
}

fn failed(findings: &[Finding]) -> Vec<(Check, &str)> {
    let failed = findings.iter().filter(|finding| finding.verdict == Verdict::Failed);
    failed.map(|finding| (finding.check, finding.detail.as_str())).collect()
}

#[tokio::test]
async fn each_vice_is_found_by_one_check() {
    let vices = [
        ("ends-at-once", Check::Serving),
        ("never-serves", Check::Serving),
        ("serves-without-a-name", Check::Serving),
        ("bad-name", Check::Describe),
        ("bad-version", Check::Describe),
        ("bad-schema", Check::Describe),
        ("generation-zero", Check::Describe),
        ("two-generations", Check::Status),
        ("stands-still", Check::Beats),
        ("never-answers", Check::Infer),
        ("no-outcome", Check::Infer),
        ("empty-answer", Check::Infer),
        ("broken-data", Check::Infer),
        ("declines-without-reason", Check::Infer),
        ("wrong-generation", Check::Generation),
        ("other-pieces", Check::Stream),
        ("no-last-event", Check::Stream),
        ("two-last-events", Check::Stream),
        ("works-for-nobody", Check::Cancel),
        ("ignores-deadlines", Check::Deadline),
        ("dies-of-long-text", Check::LongText),
        ("takes-long-text", Check::LongText),
        ("dies-of-arguments", Check::Arguments),
        ("takes-any-arguments", Check::Arguments),
        ("fails-at-strange-text", Check::StrangeText),
        ("one-at-a-time", Check::Concurrency),
        ("takes-large-messages", Check::LargeMessage),
        ("serves-one-peer-after-the-other", Check::SlowPeer),
        ("ignores-sigusr1", Check::Reload),
        ("loses-calls-at-reload", Check::Reload),
        ("takes-broken-files", Check::BrokenReload),
        ("hides-broken-files", Check::BrokenReload),
        ("dies-of-broken-files", Check::BrokenReload),
        ("ignores-sigterm", Check::Drain),
        ("drops-calls", Check::Drain),
        ("serves-to-the-end", Check::Drain),
        ("ends-with-one", Check::Drain),
        ("minds-old-sockets", Check::Restart),
    ];
    let tried = vices.map(|(vice, expect)| async move {
        let findings = findings_of(vice, &PATIENCE).await;
        let found = failed(&findings);
        let is_right = matches!(found[..], [(check, _)] if check == expect) && findings.len() == Check::ALL.len();
        (!is_right).then(|| format!("{vice}: {found:?}"))
    });
    let wrong: Vec<String> = stream::iter(tried).buffer_unordered(AT_ONCE).filter_map(ready).collect().await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn a_skill_without_vices_passes() {
    let findings = findings_of("", &Patience::default()).await;
    let passed = findings.iter().filter(|finding| finding.verdict == Verdict::Passed);
    assert_eq!(passed.count(), Check::ALL.len(), "{findings:?}");
}

#[tokio::test]
async fn the_template_in_rust_passes() {
    let folder = tempfile::tempdir().unwrap();
    let greeting = folder.path().join("greeting.txt");
    fs_err::write(&greeting, "Hola,\n").unwrap();
    let mut sample = Sample::new("Ada");
    sample.breakable = Some(Breakable { file: greeting, content: b"\xff".to_vec() });
    let mut skill = skill(example("template-skill"), &folder, "");
    let findings = check(&mut skill, &sample, &Patience::default()).await;
    let passed = findings.iter().filter(|finding| finding.verdict == Verdict::Passed);
    assert_eq!(passed.count(), Check::ALL.len(), "{findings:?}");
}

#[tokio::test]
async fn what_was_not_tried_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut skill = skill(example("misbehaving-skill"), &folder, "");
    fs_err::write(folder.path().join("word"), "word").unwrap();
    let findings = check(&mut skill, &Sample::new("hola"), &Patience::default()).await;
    let not_tried: Vec<Check> =
        findings.iter().filter(|finding| finding.verdict == Verdict::NotTried).map(|finding| finding.check).collect();
    assert_eq!(not_tried, [Check::BrokenReload], "{findings:?}");
}
