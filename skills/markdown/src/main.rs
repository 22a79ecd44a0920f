//! The program of the skill.

use std::process::ExitCode;

use sarai_skill_markdown::Markdown;
use sarai_skill_sdk::serve;

fn main() -> ExitCode {
    serve::<Markdown>()
}
