//! The way to one skill, for whoever only looks whether it is there.

use std::path::PathBuf;

use sarai_proto::skill::v1 as wire;
use sarai_proto::skill::v1::infer_reply::Outcome;
use sarai_proto::skill::v1::skill_client::SkillClient;
use sarai_types::Language;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::worker;

/// A skill's socket, connected to when it is asked.
#[derive(Debug, Clone)]
pub struct SkillChannel(Channel);

impl SkillChannel {
    /// The health name of skill.v1.
    pub const SERVICE: &str = "sarai.skill.v1.Skill";

    #[must_use]
    pub fn at(socket: PathBuf) -> Self {
        Self(worker::connect(socket))
    }

    /// Whether health says SERVING. No answer is a no.
    pub async fn serves(&self) -> bool {
        self.serves_as(Self::SERVICE).await
    }

    /// The same of a program that speaks another service.
    pub async fn serves_as(&self, service: &str) -> bool {
        self.health_of(service).await == Some(true)
    }

    /// How often it has read its files; none where it does not answer.
    pub async fn generation(&self) -> Option<u64> {
        Some(self.status().await?.generation)
    }

    /// Asks it something. Whether an outcome came, be it an answer or that it has none.
    pub async fn answers(&self, text: &str, language: Language) -> bool {
        self.infer(text, "", language).await.is_some()
    }

    /// What it gives programs to a question by arguments alone; none where it gives nothing.
    pub(super) async fn data(&self, arguments: &str) -> Option<String> {
        match self.infer("", arguments, Language::English).await? {
            Outcome::Answer(answer) => Some(answer.data),
            Outcome::Declined(_) => None,
        }
    }

    async fn infer(&self, text: &str, arguments: &str, language: Language) -> Option<Outcome> {
        let request = wire::InferRequest {
            id: "trial".to_owned(),
            text: text.to_owned(),
            arguments: arguments.to_owned(),
            language: language.tag().to_owned(),
        };
        self.client().infer(request).await.ok()?.into_inner().outcome
    }

    /// None where nobody answers.
    pub(super) async fn health(&self) -> Option<bool> {
        self.health_of(Self::SERVICE).await
    }

    async fn health_of(&self, service: &str) -> Option<bool> {
        let check = HealthCheckRequest { service: service.to_owned() };
        let reply = HealthClient::new(self.0.clone()).check(check).await.ok()?;
        Some(reply.into_inner().status == i32::from(ServingStatus::Serving))
    }

    pub(super) async fn status(&self) -> Option<wire::StatusReply> {
        Some(SkillClient::new(self.0.clone()).status(wire::StatusRequest {}).await.ok()?.into_inner())
    }

    pub(super) fn client(&self) -> SkillClient<Channel> {
        SkillClient::new(self.0.clone())
    }
}
