//! Weights and vocabulary.

mod sizes;
mod vocabulary;

use std::ffi::{CStr, CString, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::NonNull;

use llama_cpp_sys_2 as sys;
use sarai_engine::weights::Handover;

pub(crate) use sizes::repackable;

use super::Pulse;

/// Why a model was not loaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("the path has a NUL byte")]
    Path,
    #[error("llama.cpp refused the file; its own words are in the log above")]
    Refused,
    #[error("the model can only read; it cannot write")]
    NoDecoder,
}

/// Whether control tokens in a text are control tokens or the characters that spell them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Control {
    /// For what a template wrote.
    Parse,
    /// For what anybody else wrote.
    Literal,
}

/// How the weights lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// As in the file, which is mapped: loaded at once, shared with every process that maps it, and given back to the
    /// kernel when memory is short. Long batches are fast.
    Stored,
    /// What the matrix kernels like better is interleaved for them: batches of few tokens are fast.
    Repacked,
}

/// Where what is not repacked comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Read,
    Mapped,
}

/// A loaded model. Immutable, so any thread may tokenise while another decodes.
#[derive(Debug)]
pub(crate) struct Model {
    model: NonNull<sys::llama_model>,
    vocab: NonNull<sys::llama_vocab>,
}

// SAFETY: after loading, every function called on these pointers reads only; llama.h documents tokenisation as
// thread-safe. The only call that writes is `llama_model_free`, in `Drop`, which has exclusive access.
unsafe impl Send for Model {}
// SAFETY: as above.
unsafe impl Sync for Model {}

impl Model {
    /// Loads a model. Repacked, the file is read and not mapped: a mapped file would stay resident beside the repacked
    /// copy that alone is read.
    ///
    /// # Errors
    /// When llama.cpp refuses the file, or the model cannot generate.
    pub(crate) fn load(path: &Path, layout: Layout, pulse: &Pulse) -> Result<Self, LoadError> {
        let source = match layout {
            Layout::Stored => Source::Mapped,
            Layout::Repacked => Source::Read,
        };
        Self::load_from(path, layout, source, pulse)
    }

    /// Loads a repacked model beside a stored one of the same file: mapped too, so that both share the pages of
    /// whatever is not repacked.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub(crate) fn load_beside(path: &Path, pulse: &Pulse) -> Result<Self, LoadError> {
        Self::load_from(path, Layout::Repacked, Source::Mapped, pulse)
    }

    fn load_from(path: &Path, layout: Layout, source: Source, pulse: &Pulse) -> Result<Self, LoadError> {
        let path = CString::new(path.as_os_str().as_bytes()).map_err(|_| LoadError::Path)?;
        // SAFETY: the parameters are llama.cpp's own defaults with plain values changed; the path is NUL-terminated and
        // the pulse outlives the call.
        let model = unsafe {
            let mut params = sys::llama_model_default_params();
            params.n_gpu_layers = 0;
            params.load_mode = match source {
                Source::Read => sys::LLAMA_LOAD_MODE_NONE,
                Source::Mapped => sys::LLAMA_LOAD_MODE_MMAP,
            };
            params.use_extra_bufts = layout == Layout::Repacked;
            params.progress_callback = Some(Pulse::progress);
            params.progress_callback_user_data = pulse.as_user_data();
            sys::llama_model_load_from_file(path.as_ptr(), params)
        };
        let model = NonNull::new(model).ok_or(LoadError::Refused)?;
        // SAFETY: the model was just loaded and its vocabulary lives as long as it does.
        let vocab = unsafe { sys::llama_model_get_vocab(model.as_ptr()) };
        let Some(vocab) = NonNull::new(vocab.cast_mut()) else {
            // SAFETY: nothing else holds the pointer.
            unsafe { sys::llama_model_free(model.as_ptr()) };
            return Err(LoadError::Refused);
        };
        let loaded = Self { model, vocab };
        // SAFETY: reads a property of a loaded model.
        if unsafe { sys::llama_model_has_decoder(loaded.as_ptr()) } { Ok(loaded) } else { Err(LoadError::NoDecoder) }
    }

    pub(super) const fn as_ptr(&self) -> *mut sys::llama_model {
        self.model.as_ptr()
    }

    /// Tokens of a text; the beginning-of-text token is not added. Texts are at most `i32::MAX` bytes, which the caller
    /// has bounded long before.
    pub(crate) fn tokenize(&self, text: &str, control: Control) -> Vec<u32> {
        self.tokens(text, control, false)
    }

    /// Tokens of a text that stands alone, between those with which this model wants a text to begin and to end.
    pub(crate) fn tokenize_whole(&self, text: &str) -> Vec<u32> {
        self.tokens(text, Control::Literal, true)
    }

    fn tokens(&self, text: &str, control: Control, whole: bool) -> Vec<u32> {
        let Ok(len) = i32::try_from(text.len()) else { return Vec::new() };
        // Nearly always one token for each byte at most; where a vocabulary normalises, it may say that it needs more.
        let mut tokens = vec![0; text.len() + 16];
        loop {
            let capacity = i32::try_from(tokens.len()).unwrap_or(i32::MAX);
            // SAFETY: the text pointer is valid for `len` bytes, the token pointer for `capacity` tokens.
            let n = unsafe {
                sys::llama_tokenize(
                    self.vocab.as_ptr(),
                    text.as_ptr().cast::<c_char>(),
                    len,
                    tokens.as_mut_ptr(),
                    capacity,
                    whole,
                    control == Control::Parse,
                )
            };
            match usize::try_from(n) {
                Ok(count) => {
                    tokens.truncate(count);
                    return tokens.into_iter().filter_map(|t| u32::try_from(t).ok()).collect();
                }
                Err(_) => tokens.resize((n.unsigned_abs() as usize).max(tokens.len() + 1), 0),
            }
        }
    }

    /// The bytes of a token as they stand in the text. Control tokens have none.
    pub(crate) fn token_bytes(&self, token: u32) -> Vec<u8> {
        self.piece(token, false)
    }

    fn piece(&self, token: u32, control: bool) -> Vec<u8> {
        let Ok(token) = i32::try_from(token) else { return Vec::new() };
        let mut bytes = vec![0u8; 32];
        for _ in 0..2 {
            let capacity = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
            // SAFETY: the buffer is valid for `capacity` bytes; a token out of range is answered with a length of 0.
            let n = unsafe {
                sys::llama_token_to_piece(
                    self.vocab.as_ptr(),
                    token,
                    bytes.as_mut_ptr().cast::<c_char>(),
                    capacity,
                    0,
                    control,
                )
            };
            match usize::try_from(n) {
                Ok(len) => {
                    bytes.truncate(len);
                    return bytes;
                }
                // Too small: the negated result is the length that is needed.
                Err(_) => bytes.resize(n.unsigned_abs() as usize, 0),
            }
        }
        Vec::new()
    }

    /// Whether the token ends an answer.
    pub(crate) fn ends(&self, token: u32) -> bool {
        // SAFETY: reads the vocabulary; the token came out of it.
        i32::try_from(token).is_ok_and(|t| unsafe { sys::llama_vocab_is_eog(self.vocab.as_ptr(), t) })
    }

    /// The tokens that end an answer, the usual one first.
    pub(crate) fn end_tokens(&self) -> Vec<u32> {
        // SAFETY: reads the vocabulary.
        let usual = unsafe { [sys::llama_vocab_eot(self.vocab.as_ptr()), sys::llama_vocab_eos(self.vocab.as_ptr())] };
        let mut ends: Vec<u32> = usual.into_iter().filter_map(|t| u32::try_from(t).ok()).collect();
        ends.extend((0..self.vocabulary()).filter(|&t| self.ends(t)));
        let mut seen = std::collections::HashSet::new();
        ends.retain(|&t| self.ends(t) && seen.insert(t));
        ends
    }

    /// How a control token is spelt, such as `<|im_start|>`; none for every other token.
    pub(crate) fn control_spelling(&self, token: u32) -> Option<String> {
        // SAFETY: reads the vocabulary; the token is in its range.
        let control = |t| unsafe { sys::llama_vocab_is_control(self.vocab.as_ptr(), t) };
        i32::try_from(token).is_ok_and(control).then(|| String::from_utf8_lossy(&self.piece(token, true)).into_owned())
    }

    /// How all of them are spelt.
    pub(crate) fn control_tokens(&self) -> Vec<String> {
        (0..self.vocabulary()).filter_map(|t| self.control_spelling(t)).filter(|s| !s.is_empty()).collect()
    }

    /// The beginning-of-text token, its spelling, and whether the model wants it before every text.
    pub(crate) fn bos(&self) -> Option<(u32, String, bool)> {
        // SAFETY: reads the vocabulary.
        let (token, wanted) =
            unsafe { (sys::llama_vocab_bos(self.vocab.as_ptr()), sys::llama_vocab_get_add_bos(self.vocab.as_ptr())) };
        let token = u32::try_from(token).ok()?;
        Some((token, String::from_utf8(self.piece(token, true)).unwrap_or_default(), wanted))
    }

    /// How the end-of-text token is spelt.
    pub(crate) fn eos(&self) -> String {
        // SAFETY: reads the vocabulary.
        let token = unsafe { sys::llama_vocab_eos(self.vocab.as_ptr()) };
        u32::try_from(token).ok().and_then(|t| String::from_utf8(self.piece(t, true)).ok()).unwrap_or_default()
    }

    /// The Jinja template of the file, if it has one.
    pub(crate) fn chat_template(&self) -> Option<String> {
        // SAFETY: the result is NULL or a NUL-terminated string that lives as long as the model.
        unsafe {
            let text = sys::llama_model_chat_template(self.as_ptr(), std::ptr::null());
            (!text.is_null()).then(|| CStr::from_ptr(text).to_string_lossy().into_owned())
        }
    }

    /// A value of the file's metadata, as text.
    pub(crate) fn metadata(&self, key: &CStr) -> Option<String> {
        let mut text = vec![0u8; 256];
        // SAFETY: the buffer is valid for its length; the result is NUL-terminated within it.
        let n = unsafe {
            sys::llama_model_meta_val_str(self.as_ptr(), key.as_ptr(), text.as_mut_ptr().cast::<c_char>(), text.len())
        };
        (n >= 0).then(|| CStr::from_bytes_until_nul(&text).map(|s| s.to_string_lossy().into_owned()).ok()).flatten()
    }

    /// Whether it reads with one part and writes with another.
    pub(crate) fn has_encoder(&self) -> bool {
        // SAFETY: reads a property of a loaded model.
        unsafe { sys::llama_model_has_encoder(self.as_ptr()) }
    }

    /// Whether its state is a recurrence, or has one beside attention: then it cannot be taken back to an earlier position.
    pub(crate) fn is_recurrent(&self) -> bool {
        // SAFETY: reads properties of a loaded model.
        unsafe { sys::llama_model_is_recurrent(self.as_ptr()) || sys::llama_model_is_hybrid(self.as_ptr()) }
    }

    /// Whether some layers see only the last part of a text.
    pub(crate) fn is_windowed(&self) -> bool {
        // SAFETY: reads a property of a loaded model.
        unsafe { sys::llama_model_n_swa(self.as_ptr()) > 0 }
    }

    /// Whether another layout can go on with what one has read.
    pub(crate) fn handover(&self) -> Handover {
        if self.is_recurrent() || self.is_windowed() { Handover::Impossible } else { Handover::Possible }
    }

    pub(crate) fn vocabulary(&self) -> u32 {
        // SAFETY: reads the vocabulary.
        u32::try_from(unsafe { sys::llama_vocab_n_tokens(self.vocab.as_ptr()) }).unwrap_or(0)
    }

    pub(crate) fn embedding_width(&self) -> usize {
        // SAFETY: reads a property of a loaded model.
        usize::try_from(unsafe { sys::llama_model_n_embd_out(self.as_ptr()) }).unwrap_or(0)
    }

    /// Tokens of context that it was trained with.
    pub(crate) fn context_trained(&self) -> u32 {
        // SAFETY: reads a property of a loaded model.
        u32::try_from(unsafe { sys::llama_model_n_ctx_train(self.as_ptr()) }).unwrap_or(0)
    }

    pub(crate) fn parameters(&self) -> u64 {
        // SAFETY: reads a property of a loaded model.
        unsafe { sys::llama_model_n_params(self.as_ptr()) }
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // SAFETY: every context holds an `Arc` of the model, so none is left that uses it.
        unsafe { sys::llama_model_free(self.model.as_ptr()) }
    }
}
