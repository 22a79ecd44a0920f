//! Holds a skill to the contract without a jail: `conform TEXT SLOW_TEXT BREAKABLE_FILE COMMAND…`, started in the folder
//! of the skill. Prints a line for each check; ends with 0 when all of them hold.

use std::env;
use std::process::{ExitCode, Stdio};

use sarai_conform::{Breakable, Patience, Sample, Subject, Verdict, check};
use tokio::process::Command;

/// Not UTF-8, not JSON, not empty: no file of a skill should be that.
const BROKEN: &[u8] = &[0xff, 0xfe, 0x00, 0x7b];

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "it is what the program is for")]
async fn main() -> ExitCode {
    let mut words = env::args().skip(1);
    let (Some(text), Some(slow_text), Some(file), Some(program)) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        println!("usage: conform TEXT SLOW_TEXT BREAKABLE_FILE COMMAND…");
        return ExitCode::from(2);
    };
    let words: Vec<String> = words.collect();
    let sample = Sample { text, slow_text, breakable: Some(Breakable { file: file.into(), content: BROKEN.to_vec() }) };
    let socket = env::temp_dir().join(format!("sarai-conform-{}.sock", std::process::id()));
    let mut skill = Subject::new(socket.clone(), move |socket| {
        let mut command = Command::new(&program);
        command.args(&words).env("SARAI_SKILL_SOCKET", socket).stdout(Stdio::null());
        Ok(command)
    });
    let findings = check(&mut skill, &sample, &Patience::default()).await;
    for finding in &findings {
        println!("{:?}\t{}\t{}", finding.verdict, finding.check.id(), finding.detail);
    }
    // It may be gone already.
    let _ = fs_err::remove_file(socket);
    ExitCode::from(u8::from(findings.iter().any(|finding| finding.verdict != Verdict::Passed)))
}
