//! Texts as vectors: the mean of the hidden states of a text's tokens, scaled to unit length.
//!
//! A text is read in short batches, so that a conversation goes on between them and a client that leaves is noticed. For
//! a model with causal attention that is the same as reading it at once.

use std::collections::VecDeque;
use std::sync::Arc;

use sarai_engine::schedule::Entry;
use tokio::sync::oneshot;
use tonic::Status;

use crate::llama::{Context, ContextOptions, DecodeError, Model, Pulse, Purpose};

/// Tokens of one text.
pub(crate) const TEXT_TOKENS_MAX: u32 = 2048;
/// Tokens of one batch. llama.cpp computes the logits of each, wanted or not.
const CHUNK: u32 = 64;

/// What the client gets: one vector for each text.
pub(crate) type Reply = oneshot::Sender<Result<Vec<Vec<f32>>, Status>>;

/// One request on its way.
#[derive(Debug)]
pub(crate) struct Embedding {
    context: Context,
    texts: VecDeque<Vec<u32>>,
    vectors: Vec<Vec<f32>>,
    /// Tokens of the first text that are read, and the sum of their states.
    read: usize,
    sum: Vec<f64>,
    reply: Reply,
}

impl Embedding {
    /// In a context of its own, which is gone with it. `None` after the client was told that there is no memory for it.
    pub(crate) fn start(
        model: &Arc<Model>,
        threads: u32,
        pulse: &Pulse,
        texts: Vec<Vec<u32>>,
        reply: Reply,
    ) -> Option<Self> {
        let options = ContextOptions {
            purpose: Purpose::Embed,
            context_tokens: TEXT_TOKENS_MAX,
            sequences: 1,
            batch_tokens: CHUNK,
            outputs: CHUNK,
            threads,
        };
        match Context::new(model, options, pulse) {
            Ok(context) => {
                let sum = vec![0.0; model.embedding_width()];
                Some(Self { context, texts: texts.into(), vectors: Vec::new(), read: 0, sum, reply })
            }
            Err(error) => {
                // Nobody waiting for the answer is no reason to do anything else.
                let _ = reply.send(Err(Status::resource_exhausted(error.to_string())));
                None
            }
        }
    }

    /// Reads one batch. Gives itself back while there is more to do and somebody waits for it.
    pub(crate) fn step(mut self) -> Option<Self> {
        if self.reply.is_closed() {
            return None;
        }
        let Some(text) = self.texts.front() else {
            let _ = self.reply.send(Ok(self.vectors));
            return None;
        };
        let end = text.len().min(self.read + CHUNK as usize);
        let entries: Vec<Entry> = (0u32..)
            .zip(text)
            .take(end)
            .skip(self.read)
            .map(|(position, &token)| Entry { sequence: 0, token, position, output: true })
            .collect();
        let whole = end == text.len();
        match self.context.decode(&entries) {
            // Somebody better came; the batch is read again.
            Err(DecodeError::Stopped) => {
                let read = u32::try_from(self.read).unwrap_or(u32::MAX);
                if !self.context.truncate(0, read) {
                    self.begin_again();
                }
                return Some(self);
            }
            Err(error) => {
                let _ = self.reply.send(Err(Status::internal(error.to_string())));
                return None;
            }
            Ok(()) => {}
        }
        for row in 0..entries.len() {
            let Some(state) = self.context.embedding(row) else {
                let _ = self.reply.send(Err(Status::internal("the model has no hidden state for a token")));
                return None;
            };
            self.sum.iter_mut().zip(state).for_each(|(sum, value)| *sum += f64::from(*value));
        }
        self.read = end;
        if whole {
            self.vectors.push(unit(&self.sum));
            self.texts.pop_front();
            self.begin_again();
        }
        Some(self)
    }

    fn begin_again(&mut self) {
        self.context.clear();
        self.read = 0;
        self.sum.fill(0.0);
    }
}

/// The mean has the direction of the sum; only the length differs, and that becomes 1.
fn unit(sum: &[f64]) -> Vec<f32> {
    let length = sum.iter().map(|v| v * v).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
    #[expect(clippy::cast_possible_truncation, reason = "components of a unit vector")]
    sum.iter().map(|v| (v / length) as f32).collect()
}
