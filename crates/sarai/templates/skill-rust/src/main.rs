//! Greets whoever says something, in the words of `greeting.txt`.
//!
//! A place to begin: change what it reads in `load` and what it answers in `infer`. Everything else (the socket,
//! health, signals, limits, deadlines) is the SDK's.

use std::process::ExitCode;

use sarai_skill_sdk::{Call, DeclineReason, Failure, Folder, Language, LoadError, Outcome, Request, Skill, serve};

/// What was read of the skill's files. Made anew whenever they change.
struct Greeter {
    greeting: String,
}

impl Skill for Greeter {
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn load(folder: &Folder) -> Result<Self, LoadError> {
        let greeting = folder.text("greeting.txt")?.trim().to_owned();
        if greeting.is_empty() {
            return Err(LoadError::Invalid("greeting.txt is empty".into()));
        }
        Ok(Self { greeting })
    }

    async fn infer(&self, request: Request, call: &mut Call) -> Result<Outcome, Failure> {
        let text = request.text.trim();
        if text.is_empty() {
            let sentence = match request.language {
                Language::Spanish => "Dime algo y te saludo.",
                Language::English => "Say something and I will greet you.",
            };
            return Ok(Outcome::declined(DeclineReason::Cannot, sentence));
        }
        // What is said piece by piece is read while the rest is still being made.
        call.say(&self.greeting).await?;
        call.say(" ").await?;
        Ok(Outcome::text(text))
    }
}

fn main() -> ExitCode {
    serve::<Greeter>()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use sarai_skill_sdk::testing::Rig;

    use super::Greeter;

    #[tokio::test]
    async fn it_greets() {
        let rig = Rig::start_ungranted::<Greeter>(Path::new(env!("CARGO_MANIFEST_DIR"))).await.unwrap();
        assert!(rig.ask("Ada").await.unwrap().text.ends_with(" Ada"));
        assert!(rig.ask(" ").await.is_err());
        rig.stop().await.unwrap();
    }
}
