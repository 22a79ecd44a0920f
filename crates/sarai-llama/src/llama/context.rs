//! The KV cache and the batch.

use std::ptr::NonNull;
use std::sync::Arc;

use llama_cpp_sys_2 as sys;
use sarai_engine::schedule::Entry;

use super::{Model, Pulse};

/// What a context is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Logits, to sample the next token from.
    Generate,
    /// The last hidden state of each token.
    Embed,
    /// One vector of a whole text, joined from those states as the model's file says.
    Pool,
}

/// The size of a context.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ContextOptions {
    pub purpose: Purpose,
    /// Cells of the KV cache, shared by all sequences.
    pub context_tokens: u32,
    /// Sequences that the engine uses: ids from 0. A context to generate with keeps two more to itself.
    pub sequences: u32,
    /// Tokens of one [`Context::decode`] at most.
    pub batch_tokens: u32,
    /// Logits rows of one decode at most. The compute buffer reserves vocabulary × this × 4 bytes.
    pub outputs: u32,
    pub threads: u32,
}

/// Why there is no context.
#[derive(Debug, thiserror::Error)]
#[error("llama.cpp could not reserve the memory for {context_tokens} tokens of context; its own words are in the log")]
pub(crate) struct ContextError {
    context_tokens: u32,
}

/// Why a batch was not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DecodeError {
    /// Nothing of the batch stands in the cache.
    #[error("the cache has no room for the batch")]
    Full,
    /// Some of the batch may stand in the cache.
    #[error("the batch was stopped")]
    Stopped,
    #[error("llama.cpp failed with code {0}")]
    Failed(i32),
}

/// Sequence ids that a context keeps to itself, behind those of the engine.
const OWN_SEQUENCES: u32 = 2;
/// All of a sequence's state, in ordinary memory.
const WHOLE_STATE: sys::llama_state_seq_flags = 0;

/// One conversation cache with its batch. Sent to the thread that owns it, never shared.
#[derive(Debug)]
pub(crate) struct Context {
    context: NonNull<sys::llama_context>,
    batch: sys::llama_batch,
    batch_tokens: usize,
    vocabulary: usize,
    embedding_width: usize,
    /// Holds cells only while they are on their way out or in.
    scratch: u32,
    /// Whether each layer keeps what it saw of a text for as long as the text stands.
    whole: bool,
    /// Keeps the pointer alive that llama.cpp was given.
    _pulse: Pulse,
    /// Keeps the weights alive; dropped last.
    _model: Arc<Model>,
}

// SAFETY: a context has no thread affinity; it only must not be used from two threads at once, and it is not `Sync`.
unsafe impl Send for Context {}

impl Context {
    /// # Errors
    /// When the memory cannot be reserved.
    pub(crate) fn new(model: &Arc<Model>, options: ContextOptions, pulse: &Pulse) -> Result<Self, ContextError> {
        let threads = i32::try_from(options.threads).unwrap_or(1).max(1);
        let own = if options.purpose == Purpose::Generate { OWN_SEQUENCES } else { 0 };
        // SAFETY: the parameters are llama.cpp's own defaults with plain values changed. The pulse that the callback
        // reads is cloned into the result and so outlives the context; the model is held by `Arc`.
        let context = unsafe {
            let mut params = sys::llama_context_default_params();
            params.n_ctx = options.context_tokens;
            params.n_batch = options.batch_tokens;
            params.n_ubatch = options.batch_tokens;
            params.n_seq_max = options.sequences + own;
            // llama.cpp aborts when there is not a row for each sequence.
            params.n_outputs_max = options.outputs.max(options.sequences + own);
            params.n_threads = threads;
            params.n_threads_batch = threads;
            params.kv_unified = true;
            params.no_perf = true;
            params.abort_callback = Some(Pulse::abort);
            params.abort_callback_data = pulse.as_user_data();
            params.embeddings = options.purpose != Purpose::Generate;
            params.pooling_type = match options.purpose {
                Purpose::Generate | Purpose::Embed => sys::LLAMA_POOLING_TYPE_NONE,
                Purpose::Pool => sys::LLAMA_POOLING_TYPE_UNSPECIFIED,
            };

            sys::llama_init_from_model(model.as_ptr(), params)
        };
        let failed = ContextError { context_tokens: options.context_tokens };
        let context = NonNull::new(context).ok_or(failed)?;
        let capacity = i32::try_from(options.batch_tokens).unwrap_or(i32::MAX);
        // SAFETY: allocates arrays of `capacity` entries with one sequence id each; freed in `Drop`.
        let batch = unsafe { sys::llama_batch_init(capacity, 0, 1) };
        Ok(Self {
            context,
            batch,
            batch_tokens: options.batch_tokens as usize,
            vocabulary: model.vocabulary() as usize,
            embedding_width: model.embedding_width(),
            scratch: options.sequences,
            whole: !model.is_windowed(),
            _pulse: pulse.clone(),
            _model: Arc::clone(model),
        })
    }

    /// Cells of the cache.
    pub(crate) fn context_tokens(&self) -> u32 {
        // SAFETY: reads a property of a live context.
        unsafe { sys::llama_n_ctx(self.context.as_ptr()) }
    }

    /// Computes with this many threads from the next batch on.
    pub(crate) fn set_threads(&mut self, threads: u32) {
        let threads = i32::try_from(threads).unwrap_or(1).max(1);
        // SAFETY: sets two numbers of a live context that no decode is using.
        unsafe { sys::llama_set_n_threads(self.context.as_ptr(), threads, threads) }
    }

    /// Decodes one batch.
    ///
    /// # Errors
    /// See [`DecodeError`].
    ///
    /// # Panics
    /// When there are more entries than the context was made for.
    pub(crate) fn decode(&mut self, entries: &[Entry]) -> Result<(), DecodeError> {
        assert!(entries.len() <= self.batch_tokens, "a batch is at most {} tokens", self.batch_tokens);
        for (i, entry) in entries.iter().enumerate() {
            // SAFETY: `i` is below the capacity that every array of the batch was allocated with, and each `seq_id[i]`
            // points to one sequence id. Tokens and positions are below 2³¹: they come from llama.cpp and the context.
            unsafe {
                *self.batch.token.add(i) = entry.token.cast_signed();
                *self.batch.pos.add(i) = entry.position.cast_signed();
                *self.batch.n_seq_id.add(i) = 1;
                **self.batch.seq_id.add(i) = entry.sequence.cast_signed();
                *self.batch.logits.add(i) = i8::from(entry.output);
            }
        }
        self.batch.n_tokens = i32::try_from(entries.len()).unwrap_or(i32::MAX);
        // SAFETY: the first `n_tokens` entries of every array were just written.
        match unsafe { sys::llama_decode(self.context.as_ptr(), self.batch) } {
            0 => Ok(()),
            1 => Err(DecodeError::Full),
            2 => Err(DecodeError::Stopped),
            code => Err(DecodeError::Failed(code)),
        }
    }

    /// The logits after entry `row` of the last batch, one for each token of the vocabulary. `None` if no output was
    /// asked for there.
    pub(crate) fn logits(&self, row: usize) -> Option<&[f32]> {
        let row = i32::try_from(row).ok()?;
        // SAFETY: the result is NULL or a row of `vocabulary` floats that stays valid until the next decode, which needs
        // `&mut self`.
        unsafe {
            let row = sys::llama_get_logits_ith(self.context.as_ptr(), row);
            (!row.is_null()).then(|| std::slice::from_raw_parts(row, self.vocabulary))
        }
    }

    /// The hidden state after entry `row` of the last batch, for [`Purpose::Embed`].
    pub(crate) fn embedding(&self, row: usize) -> Option<&[f32]> {
        let row = i32::try_from(row).ok()?;
        // SAFETY: the result is NULL or a vector of the model's output width, valid until the next decode.
        unsafe {
            let vector = sys::llama_get_embeddings_ith(self.context.as_ptr(), row);
            (!vector.is_null()).then(|| std::slice::from_raw_parts(vector, self.embedding_width))
        }
    }

    /// The vector of what sequence 0 has read, for [`Purpose::Pool`]; none where the model's file does not say how its
    /// states are joined.
    pub(crate) fn pooled(&self) -> Option<&[f32]> {
        // SAFETY: as in `embedding`. A model that ranks, whose result is shorter, was not loaded.
        unsafe {
            let vector = sys::llama_get_embeddings_seq(self.context.as_ptr(), 0);
            (!vector.is_null()).then(|| std::slice::from_raw_parts(vector, self.embedding_width))
        }
    }

    /// Forgets what a sequence holds from a position on. False when this kind of model can only forget it whole, and it
    /// was not.
    #[must_use]
    pub(crate) fn truncate(&mut self, sequence: u32, from: u32) -> bool {
        // SAFETY: a live context; sequence and position are plain numbers that llama.cpp checks.
        unsafe {
            let memory = sys::llama_get_memory(self.context.as_ptr());
            sys::llama_memory_seq_rm(memory, sequence.cast_signed(), from.cast_signed(), -1)
        }
    }

    /// Lets `to` share the first `tokens` cells of `source`.
    pub(crate) fn share(&mut self, source: u32, to: u32, tokens: u32) {
        self.copy(source, to, 0, tokens);
    }

    /// A sequence for whoever measures: the engine never uses it.
    pub(crate) const fn spare(&self) -> u32 {
        self.scratch + 1
    }

    /// Positions that a sequence holds, counted from the start of its text; 0 when it is empty.
    pub(crate) fn positions(&self, sequence: u32) -> u32 {
        // SAFETY: reads the bookkeeping of a live context; an empty sequence is answered with -1.
        let last = unsafe {
            sys::llama_memory_seq_pos_max(sys::llama_get_memory(self.context.as_ptr()), sequence.cast_signed())
        };
        u32::try_from(last.saturating_add(1)).unwrap_or(0)
    }

    /// What a sequence holds, as bytes that a context of the same model and the same llama.cpp can take back. `None`
    /// when it is empty, and for a model with a sliding window: llama.cpp leaves out what lies behind the window, so a
    /// conversation that was taken back could not be shortened afterwards.
    pub(crate) fn state(&self, sequence: u32) -> Option<Vec<u8>> {
        if !self.whole || self.positions(sequence) == 0 {
            return None;
        }
        let mut bytes = Vec::new();
        self.write_state(sequence, &mut bytes).then_some(bytes)
    }

    /// Puts back what [`Context::state`] gave for so many positions, in place of whatever the sequence held. False, with
    /// the sequence empty, when the bytes do not belong to this model, are not whole or of another length, or there are
    /// not enough cells. They must be the bytes that were given: llama.cpp checks their shape, not their sense.
    #[must_use]
    pub(crate) fn restore(&mut self, sequence: u32, positions: u32, bytes: &[u8]) -> bool {
        let emptied = self.truncate(sequence, 0);
        let taken = self.whole && emptied && self.read_state(sequence, bytes) && self.positions(sequence) == positions;
        if !taken {
            // A whole sequence can be forgotten by any kind of model.
            let _ = self.truncate(sequence, 0);
        }
        taken
    }

    /// Writes what a sequence holds at the positions from `from` to before `to` into `bytes`, for
    /// [`Context::import`]. False when it holds nothing there.
    #[must_use]
    pub(crate) fn export(&mut self, sequence: u32, from: u32, to: u32, bytes: &mut Vec<u8>) -> bool {
        self.copy(sequence, self.scratch, from, to);
        let done = self.positions(self.scratch) == to && self.write_state(self.scratch, bytes);
        self.empty_scratch() && done
    }

    /// Adds to a sequence what [`Context::export`] wrote. False when nothing was added: there are not enough cells, or
    /// the bytes are not of this model.
    #[must_use]
    pub(crate) fn import(&mut self, sequence: u32, bytes: &[u8]) -> bool {
        let done = self.read_state(self.scratch, bytes);
        if done {
            self.copy(self.scratch, sequence, 0, u32::MAX >> 1);
        }
        self.empty_scratch() && done
    }

    fn empty_scratch(&mut self) -> bool {
        let scratch = self.scratch;
        self.truncate(scratch, 0)
    }

    /// Shares cells by position; nothing is copied but who owns them.
    fn copy(&mut self, source: u32, to: u32, from: u32, before: u32) {
        // SAFETY: a live context with a unified cache, and sequence ids below what it was made for.
        unsafe {
            let memory = sys::llama_get_memory(self.context.as_ptr());
            let [source, to, from, before] = [source, to, from, before].map(u32::cast_signed);
            sys::llama_memory_seq_cp(memory, source, to, from, before);
        }
    }

    fn write_state(&self, sequence: u32, bytes: &mut Vec<u8>) -> bool {
        let (context, sequence) = (self.context.as_ptr(), sequence.cast_signed());
        // SAFETY: asks a live context for a length, then has it write at most that many bytes into a buffer of that
        // length. Both only read the cache.
        unsafe {
            let len = sys::llama_state_seq_get_size_ext(context, sequence, WHOLE_STATE);
            bytes.resize(len, 0);
            len > 0 && sys::llama_state_seq_get_data_ext(context, bytes.as_mut_ptr(), len, sequence, WHOLE_STATE) == len
        }
    }

    fn read_state(&mut self, sequence: u32, bytes: &[u8]) -> bool {
        // SAFETY: llama.cpp reads at most `bytes.len()` bytes and checks every length and type in them before it writes
        // to the cache; a sequence id is below what the context was made for.
        let read = unsafe {
            let context = self.context.as_ptr();
            sys::llama_state_seq_set_data_ext(context, bytes.as_ptr(), bytes.len(), sequence.cast_signed(), WHOLE_STATE)
        };
        read == bytes.len() && read > 0
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        // SAFETY: a live context. The data may stay: only the bookkeeping says what is valid.
        unsafe { sys::llama_memory_clear(sys::llama_get_memory(self.context.as_ptr()), false) }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: both were made in `new` and are freed once; nobody else holds them.
        unsafe {
            sys::llama_batch_free(self.batch);
            sys::llama_free(self.context.as_ptr());
        }
    }
}
