//! What a model takes in memory, by layout, as far as a decision between layouts needs it.

use std::ffi::{CStr, CString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use llama_cpp_sys_2 as sys;
use sarai_engine::weights::Sizes;

use super::Model;
use crate::llama::ContextOptions;

/// Number formats that llama.cpp interleaves on some CPU of this kind. One too many only means that both ways are
/// measured and found to be alike.
const REPACKABLE: &[sys::ggml_type] = if cfg!(target_arch = "x86_64") {
    &[sys::GGML_TYPE_Q4_0, sys::GGML_TYPE_Q4_K, sys::GGML_TYPE_Q2_K, sys::GGML_TYPE_IQ4_NL, sys::GGML_TYPE_MXFP4]
} else {
    &[
        sys::GGML_TYPE_Q4_0,
        sys::GGML_TYPE_Q8_0,
        sys::GGML_TYPE_Q2_K,
        sys::GGML_TYPE_Q4_K,
        sys::GGML_TYPE_Q5_K,
        sys::GGML_TYPE_Q6_K,
        sys::GGML_TYPE_IQ4_NL,
        sys::GGML_TYPE_MXFP4,
    ]
};
/// Rows of it are looked up one by one, which the interleaved form cannot do.
const TOKEN_TABLE: &CStr = c"token_embd.weight";
/// As in the estimate before loading: the text of the vocabulary, the process itself, f16 keys and values, f32
/// activations.
const VOCABULARY_ENTRY_BYTES: u64 = 256;
const PROCESS_BYTES: u64 = 32 << 20;
const KV_NUMBER_BYTES: u64 = 2;
const COMPUTE_NUMBER_BYTES: u64 = 4;
/// Activations alive at once, in widths of the model.
const ACTIVATIONS: u64 = 20;

impl Model {
    /// What this model takes with a context of that size. `repackable` is what [`repackable`] says of its file.
    pub(crate) fn sizes(&self, repackable: u64, options: &ContextOptions) -> Sizes {
        let [context, batch, outputs] = [options.context_tokens, options.batch_tokens, options.outputs].map(u64::from);
        let vocabulary = u64::from(self.vocabulary());
        // SAFETY: these read properties of a loaded model.
        let [width, layers, heads, kv_heads] = unsafe {
            [
                sys::llama_model_n_embd(self.as_ptr()),
                sys::llama_model_n_layer(self.as_ptr()),
                sys::llama_model_n_head(self.as_ptr()),
                sys::llama_model_n_head_kv(self.as_ptr()),
            ]
        }
        .map(|n| u64::from(n.unsigned_abs()));
        let head = self.head_length().unwrap_or_else(|| width / heads.max(1));
        let cache = 2 * layers * kv_heads * head * KV_NUMBER_BYTES * context;
        let compute = batch * width * ACTIVATIONS * COMPUTE_NUMBER_BYTES
            + batch * context * KV_NUMBER_BYTES
            + outputs * vocabulary * COMPUTE_NUMBER_BYTES;
        Sizes {
            // SAFETY: reads a property of a loaded model.
            weights: unsafe { sys::llama_model_size(self.as_ptr()) },
            repackable,
            context: cache + compute,
            process: vocabulary * VOCABULARY_ENTRY_BYTES + PROCESS_BYTES,
        }
    }

    /// Where the file states it: not every model divides its width among the heads.
    fn head_length(&self) -> Option<u64> {
        let architecture = self.metadata(c"general.architecture")?;
        let key = CString::new(format!("{architecture}.attention.key_length")).ok()?;
        self.metadata(&key)?.parse().ok()
    }
}

/// Bytes of a file's weights that llama.cpp may interleave; where its table cannot be read, as if all of them were.
pub(crate) fn repackable(path: &Path) -> u64 {
    Tensors::open(path).map_or(u64::MAX, |tensors| tensors.repackable())
}

/// The table of a file's tensors.
#[derive(Debug)]
struct Tensors(std::ptr::NonNull<sys::gguf_context>);

impl Tensors {
    fn open(path: &Path) -> Option<Self> {
        let path = CString::new(path.as_os_str().as_bytes()).ok()?;
        let params = sys::gguf_init_params { no_alloc: true, ctx: std::ptr::null_mut() };
        // SAFETY: the path is NUL-terminated; nothing but the table is allocated, and it is freed in `Drop`.
        std::ptr::NonNull::new(unsafe { sys::gguf_init_from_file(path.as_ptr(), params) }).map(Self)
    }

    fn repackable(&self) -> u64 {
        let table = self.0.as_ptr();
        // SAFETY: reads a live table, at indices below its length; names are NUL-terminated and live as long as it does.
        unsafe {
            (0..sys::gguf_get_n_tensors(table))
                .filter(|&i| REPACKABLE.contains(&sys::gguf_get_tensor_type(table, i)))
                .filter(|&i| CStr::from_ptr(sys::gguf_get_tensor_name(table, i)) != TOKEN_TABLE)
                .map(|i| sys::gguf_get_tensor_size(table, i) as u64)
                .sum()
        }
    }
}

impl Drop for Tensors {
    fn drop(&mut self) {
        // SAFETY: made in `open`, freed once.
        unsafe { sys::gguf_free(self.0.as_ptr()) }
    }
}
