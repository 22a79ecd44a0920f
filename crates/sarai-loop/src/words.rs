//! The words of facts that a message names, from the memory, for the moment of sending.

use std::collections::HashMap;
use std::io;

use sarai_api::client::{Client, ClientError};
use sarai_api::memory::{MemoryReply, MemoryRequest};
use sarai_config::Switch;
use sarai_proactive::mention::{facts, told};
use sarai_types::{Language, Notice};

use crate::say;

/// What it takes to ask for them.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    pub client: Client,
    /// Whether `serve` remembers anything.
    pub memory: Switch,
    pub language: Language,
}

impl Words {
    /// The text with the words of its facts; a fact that was forgotten is called so.
    ///
    /// # Errors
    /// `serve` does not answer.
    pub(crate) async fn told(&self, text: &str) -> io::Result<String> {
        let mut words = HashMap::new();
        for id in facts(text) {
            let known = match self.memory {
                Switch::On => self.of(id).await.map_err(|error| io::Error::other(format!("{error:?}")))?,
                Switch::Off => None,
            };
            words.insert(id, known);
        }
        let gone = || say::notice(Notice::new("rules-say-forgotten"), self.language);
        Ok(told(text, &|id| words.get(&id).cloned().flatten().unwrap_or_else(gone)))
    }

    /// None if there is no such fact any more.
    async fn of(&self, id: u64) -> Result<Option<String>, ClientError> {
        match self.client.memory(&MemoryRequest::Show { id }).await {
            Ok(MemoryReply::Shown { fact, .. }) => Ok(Some(fact.text)),
            Ok(_) | Err(ClientError::Refused { status: 400, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
