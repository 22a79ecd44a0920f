//! The program of the skill.

use std::process::ExitCode;

use sarai_skill_python::Python;
use sarai_skill_sdk::serve;

fn main() -> ExitCode {
    serve::<Python>()
}
