//! The program of the skill.

use std::process::ExitCode;

use sarai_skill_sdk::serve;
use sarai_skill_sql::skill::Sql;

fn main() -> ExitCode {
    serve::<Sql>()
}
