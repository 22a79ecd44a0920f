//! Texts as vectors of unit length, for their meanings to be compared.
//!
//! A model made for it reads a text at once. Where there is none, the model that answers lends its hidden states; it
//! reads in short batches, so that a conversation goes on between them and a client that leaves is noticed. For a model
//! with causal attention that is the same as reading at once.

use std::collections::VecDeque;
use std::ffi::CString;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use sarai_engine::schedule::Entry;
use sarai_types::{Priority, VECTOR_TOKENS_MAX};
use tokio::sync::oneshot;
use tonic::Status;

use crate::llama::{Context, ContextError, ContextOptions, DecodeError, Layout, Model, Pulse, Purpose};

/// Tokens of one text for the model that answers.
const TEXT_TOKENS_MAX: u32 = 2048;
/// Tokens of one batch of the model that answers. llama.cpp computes the logits of each, wanted or not.
const CHUNK: u32 = 64;

/// What a client wants.
#[derive(Debug)]
pub(crate) struct Request {
    pub texts: Vec<Vec<u32>>,
    pub priority: Priority,
}

/// What the client gets: one vector for each text.
pub(crate) type Reply = oneshot::Sender<Result<Vec<Vec<f32>>, Status>>;

/// Who reads texts for their vectors.
#[derive(Debug, Clone)]
pub(crate) enum Reader {
    /// The model that answers: the mean of the states of a text's tokens.
    Answering(Arc<Model>),
    /// A model made for it, which joins its states as its file says.
    Own(Arc<Model>),
}

impl Reader {
    /// # Errors
    /// A file that is no model, or one that llama.cpp cannot read in one pass for its vector.
    pub(crate) fn load(path: &Path, pulse: &Pulse) -> Result<Self> {
        let cannot = || format!("cannot load {}", path.display());
        let model = Arc::new(Model::load(path, Layout::Stored, pulse).with_context(cannot)?);
        // llama.cpp ends the process when such a model is read in one pass.
        if model.has_encoder() {
            bail!("{} is a model in two parts, an encoder and a decoder", path.display());
        }
        let key = format!("{}.pooling_type", model.metadata(c"general.architecture").unwrap_or_default());
        match model.metadata(&CString::new(key)?).as_deref() {
            None | Some("0" | "1" | "2" | "3") => Ok(Self::Own(model)),
            // 4 ranks texts and has no vectors; by any other number llama.cpp ends the process.
            Some(way) => bail!("{} joins what it reads in way {way}, which gives no vectors", path.display()),
        }
    }

    const fn model(&self) -> &Arc<Model> {
        match self {
            Self::Answering(model) | Self::Own(model) => model,
        }
    }

    /// Tokens of the longest text.
    pub(crate) fn text_tokens_max(&self) -> u32 {
        match self {
            Self::Answering(_) => TEXT_TOKENS_MAX,
            // Beyond what it was trained with, it may have no position for a token.
            Self::Own(model) => model.context_trained().min(VECTOR_TOKENS_MAX),
        }
    }

    /// The tokens of a text as the model made for it wants them; none for the model that answers, which has a tokenizer.
    pub(crate) fn tokens(&self, text: &str) -> Option<Vec<u32>> {
        match self {
            Self::Answering(_) => None,
            Self::Own(model) => Some(model.tokenize_whole(text)),
        }
    }

    /// Tokens that are read at once.
    fn batch(&self) -> u32 {
        match self {
            Self::Answering(_) => CHUNK,
            Self::Own(_) => self.text_tokens_max(),
        }
    }

    fn context(&self, threads: u32, pulse: &Pulse) -> Result<Context, ContextError> {
        let options = ContextOptions {
            purpose: match self {
                Self::Answering(_) => Purpose::Embed,
                Self::Own(_) => Purpose::Pool,
            },
            context_tokens: self.text_tokens_max(),
            sequences: 1,
            batch_tokens: self.batch(),
            outputs: self.batch(),
            threads,
        };
        Context::new(self.model(), options, pulse)
    }
}

/// One request on its way.
#[derive(Debug)]
pub(crate) struct Embedding {
    context: Context,
    priority: Priority,
    /// Tokens that are read at once.
    batch: usize,
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
        reader: &Reader,
        threads: u32,
        pulse: &Pulse,
        Request { texts, priority }: Request,
        reply: Reply,
    ) -> Option<Self> {
        match reader.context(threads, pulse) {
            Ok(context) => {
                let (batch, sum) = (reader.batch() as usize, vec![0.0; reader.model().embedding_width()]);
                Some(Self { context, priority, batch, texts: texts.into(), vectors: Vec::new(), read: 0, sum, reply })
            }
            Err(error) => {
                // Nobody waiting for the answer is no reason to do anything else.
                let _ = reply.send(Err(Status::resource_exhausted(error.to_string())));
                None
            }
        }
    }

    /// Whom its next batch gives way to.
    pub(crate) const fn priority(&self) -> Priority {
        self.priority
    }

    /// Tokens of its next batch.
    pub(crate) fn tokens(&self) -> usize {
        self.texts.front().map_or(0, |text| (text.len() - self.read).min(self.batch))
    }

    /// Reads one batch. Gives itself back while there is more to do and somebody waits for it.
    pub(crate) fn step(mut self) -> Option<Self> {
        if self.reply.is_closed() {
            return None;
        }
        // A request without texts was refused before it came here.
        let text = self.texts.front()?;
        let end = text.len().min(self.read + self.batch);
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
        if !self.add(entries.len()) {
            let _ = self.reply.send(Err(Status::internal("the model has no hidden state for a token")));
            return None;
        }
        self.read = end;
        if whole {
            self.vectors.push(unit(&self.sum));
            self.texts.pop_front();
            self.begin_again();
        }
        if self.texts.is_empty() {
            let _ = self.reply.send(Ok(self.vectors));
            return None;
        }
        Some(self)
    }

    /// Adds what came of a batch. False where something is missing.
    fn add(&mut self, tokens: usize) -> bool {
        let (context, sum) = (&self.context, &mut self.sum);
        let mut add = |state: &[f32]| sum.iter_mut().zip(state).for_each(|(sum, value)| *sum += f64::from(*value));
        if let Some(joined) = context.pooled() {
            add(joined);
            return true;
        }
        (0..tokens).all(|row| context.embedding(row).map(&mut add).is_some())
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
