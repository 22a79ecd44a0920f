//! What a skill says of itself, and how it answers.

use std::time::Duration;

use sarai_proto::skill::v1 as wire;
use sarai_proto::skill::v1::infer_event::Event;
use sarai_proto::skill::v1::infer_reply::Outcome;
use tokio::time::timeout;
use tonic::{Status, Streaming};
use tonic_health::pb::health_check_response::ServingStatus;

use crate::bench::{Bench, Held, Reached, broken, fault_of, quoted, told};

/// The beats grow at least this often.
const BEAT_TIME_MAX: Duration = Duration::from_secs(1);
const NAME_CHARS_MAX: usize = 64;

impl Bench<'_> {
    pub(crate) async fn serving(&mut self) -> Held {
        // By the name of the service it serves already, or it would not have been found to have started.
        match self.health("").await {
            Ok(ServingStatus::Serving) => Ok(String::new()),
            Ok(other) => broken(format!("health for the process as a whole says {}", other.as_str_name())),
            Err(status) => broken(format!("health for the process as a whole fails: {}", told(&status))),
        }
    }

    pub(crate) async fn describe(&mut self) -> Held {
        let mut client = self.wire()?.skill();
        let reply = match timeout(self.patience.settle, client.describe(wire::DescribeRequest {})).await {
            Ok(Ok(reply)) => reply.into_inner(),
            Ok(Err(status)) => return broken(format!("Describe fails: {}", told(&status))),
            Err(_) => return broken(format!("Describe has no reply after {:?}", self.patience.settle)),
        };
        let wire::DescribeReply { name, version, generation, arguments_schema } = reply;
        if !is_name(&name) {
            return broken(format!("«{}» is no name: 1 to 64 of a–z, 0–9 and single hyphens inside", quoted(&name)));
        }
        if !is_version(&version) {
            return broken(format!("«{}» is no version by semver.org", quoted(&version)));
        }
        if generation == 0 {
            return broken("the generation is 0: it is 1 after the start");
        }
        if !arguments_schema.is_empty() {
            let parsed = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&arguments_schema);
            if let Err(error) = parsed {
                return broken(format!("the schema of the arguments is no JSON object: {error}"));
            }
        }
        Ok(format!("{name} {version}"))
    }

    pub(crate) async fn status_is_well(&mut self) -> Held {
        let status = self.status().await?;
        let mut client = self.wire()?.skill();
        let described = client.describe(wire::DescribeRequest {}).await.map(|r| r.into_inner().generation);
        if status.generation == 0 || described.as_ref().ok() != Some(&status.generation) {
            return broken(format!("Status has generation {}, Describe {described:?}", status.generation));
        }
        if status.calls_running != 0 {
            return broken(format!("{} calls are running, and nobody has called", status.calls_running));
        }
        if !status.reload_error.is_empty() {
            return broken(format!("there is a reload error before any reload: {}", quoted(&status.reload_error)));
        }
        Ok(format!("generation {}", status.generation))
    }

    pub(crate) async fn beats(&mut self) -> Held {
        let mut last = self.status().await?.beats;
        for _ in 0..2 {
            let (status, reached) = self.status_until(BEAT_TIME_MAX, |status| status.beats > last).await?;
            if reached == Reached::No {
                return broken(format!("the beats went from {last} to {} within a second", status.beats));
            }
            last = status.beats;
        }
        Ok(String::new())
    }

    pub(crate) async fn infer_has_an_outcome(&mut self) -> Held {
        let request = self.request(&self.sample.text.clone(), "");
        let reply = match self.infer(request).await? {
            Ok(reply) => reply,
            Err(status) => return broken(format!("Infer fails: {}", told(&status))),
        };
        match (fault_of(&reply), reply.outcome) {
            (Some(fault), _) => broken(fault),
            (None, Some(Outcome::Declined(declined))) => {
                Ok(format!("it declines the sample, so little is tried: {}", quoted(&declined.sentence)))
            }
            (None, _) => Ok(String::new()),
        }
    }

    pub(crate) async fn generation(&mut self) -> Held {
        let status = self.status().await?;
        let request = self.request(&self.sample.text.clone(), "");
        match self.infer(request).await? {
            Ok(reply) if reply.generation == status.generation => Ok(String::new()),
            Ok(reply) => {
                broken(format!("a reply has generation {}, the status {}", reply.generation, status.generation))
            }
            Err(status) => broken(format!("Infer fails: {}", told(&status))),
        }
    }

    pub(crate) async fn stream(&mut self) -> Held {
        let request = self.request(&self.sample.text.clone(), "");
        let mut client = self.wire()?.skill();
        let heard = async { Ok::<_, Status>(listen(client.infer_stream(request).await?.into_inner()).await) };
        match timeout(self.patience.answer, heard).await {
            Err(_) => broken(format!("InferStream has not finished after {:?}", self.patience.answer)),
            Ok(Err(status)) => broken(format!("InferStream fails: {}", told(&status))),
            Ok(Ok(Err(fault))) => broken(fault),
            Ok(Ok(Ok(heard))) => Ok(format!("{} pieces", heard.pieces)),
        }
    }
}

/// A stream that kept to the contract.
#[derive(Debug)]
pub(crate) struct Heard {
    pub reply: wire::InferReply,
    pieces: usize,
}

/// Reads a stream to its end, and says what is wrong with it.
pub(crate) async fn listen(mut stream: Streaming<wire::InferEvent>) -> Result<Heard, String> {
    let mut said = String::new();
    let mut pieces = 0;
    let reply = loop {
        match stream.message().await.map_err(|status| format!("a stream breaks off: {}", told(&status)))? {
            None => return Err("a stream ends without a last event".into()),
            Some(wire::InferEvent { event: None }) => return Err("an event of a stream is empty".into()),
            Some(wire::InferEvent { event: Some(Event::Text(piece)) }) => {
                said.push_str(&piece);
                pieces += 1;
            }
            Some(wire::InferEvent { event: Some(Event::Finished(reply)) }) => break reply,
        }
    };
    if let Some(fault) = fault_of(&reply) {
        return Err(fault);
    }
    match &reply.outcome {
        Some(Outcome::Answer(answer)) if answer.text != said => {
            let (said, text) = (quoted(&said), quoted(&answer.text));
            return Err(format!("the pieces joined are «{said}», the text of the last event is «{text}»"));
        }
        Some(Outcome::Declined(_)) if pieces > 0 => return Err("it declines after it has said a piece".into()),
        Some(_) | None => {}
    }
    match stream.message().await {
        Ok(None) => Ok(Heard { reply, pieces }),
        Ok(Some(_)) => Err("an event comes after the last one".into()),
        Err(status) => Err(format!("a stream fails after its last event: {}", told(&status))),
    }
}

/// As the Agent Skills standard names them.
fn is_name(text: &str) -> bool {
    let is_plain = text.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-'));
    let has_odd_hyphen = text.starts_with('-') || text.ends_with('-') || text.contains("--");
    !text.is_empty() && text.len() <= NAME_CHARS_MAX && is_plain && !has_odd_hyphen
}

/// By semver.org, version 2.0.0.
fn is_version(text: &str) -> bool {
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    let (core, pre) = text.split_once('-').map_or((text, None), |(core, pre)| (core, Some(pre)));
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let is_number = |word: &str| {
        let is_digits = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
        is_digits && (word == "0" || !word.starts_with('0'))
    };
    let has_letter = |word: &str| word.bytes().any(|b| !b.is_ascii_digit());
    core.split('.').count() == 3
        && core.split('.').all(is_number)
        && pre.is_none_or(|pre| pre.split('.').all(|word| is_word(word) && (has_letter(word) || is_number(word))))
        && build.is_none_or(|build| build.split('.').all(is_word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in ["a", "sql", "a-1-b", &"a".repeat(64)] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "A", "a b", "ñ", "-a", "a-", "a--b", "a/b", &"a".repeat(65)] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn versions() {
        for version in ["0.0.0", "1.20.3", "1.0.0-alpha.1", "1.0.0-0a", "1.0.0+007", "1.2.3-rc.1+b-1.x"] {
            assert!(is_version(version), "{version}");
        }
        for version in ["", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.x", "v1.2.3", "1.2.3-", "1.2.3-01", "1.2.3+"] {
            assert!(!is_version(version), "{version}");
        }
    }
}
