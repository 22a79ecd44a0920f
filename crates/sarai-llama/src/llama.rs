//! llama.cpp, safely: the only place in SARAi with `unsafe`.
//!
//! A thin wrapper over the parts of `llama.h` that the worker needs. It adds no policy: what to decode, sample or forget
//! is decided above.
//!
//! # Key types
//! - [`Model`]: weights and vocabulary, shared freely between threads once loaded.
//! - [`Context`]: the KV cache and the batch, owned by one thread.
//! - [`Pair`]: one context in each layout of the weights, used as one.
//! - [`Pulse`]: shared with a running decode, to see that it lives and to stop it.
//!
//! llama.cpp may abort the whole process on a broken invariant. That is why this runs in a process of its own.

mod context;
mod model;
mod pair;
mod pulse;

use std::ffi::{CStr, c_char, c_void};

use llama_cpp_sys_2 as sys;

pub(crate) use context::{Context, ContextError, ContextOptions, DecodeError, Purpose};
pub(crate) use model::{Control, Layout, Model, repackable};
pub(crate) use pair::Pair;
pub(crate) use pulse::Pulse;

/// Starts llama.cpp and sends its log lines to `tracing`. Once in a process.
pub(crate) fn init() {
    // SAFETY: the callback is a static function and ignores its user data, so it stays valid for the whole process;
    // the backend is initialised before anything else of llama.cpp is called.
    unsafe {
        sys::llama_log_set(Some(log_line), std::ptr::null_mut());
        sys::llama_backend_init();
    }
}

/// Gives memory back to the system that was freed here and that the allocator keeps for later.
#[cfg(target_env = "gnu")]
pub(crate) fn trim_heap() {
    unsafe extern "C" {
        fn malloc_trim(pad: usize) -> std::ffi::c_int;
    }
    // SAFETY: glibc's function may be called at any time from any thread; it touches free memory alone.
    unsafe { malloc_trim(0) };
}

/// Other allocators give it back by themselves.
#[cfg(not(target_env = "gnu"))]
pub(crate) fn trim_heap() {}

/// llama.cpp's version and the vector instructions that this build uses, as it says itself.
pub(crate) fn build() -> String {
    // SAFETY: both return pointers to static, NUL-terminated strings of llama.cpp.
    let (version, info) = unsafe {
        (CStr::from_ptr(sys::llama_version()).to_string_lossy(), CStr::from_ptr(sys::llama_print_system_info()))
    };
    format!("llama.cpp {version} | {}", info.to_string_lossy().trim())
}

/// How llama.cpp complains about a batch that its abort callback stopped.
const STOPPED: [&str; 4] = ["failed with error 1", "compute status: 1", "ret = 2", "+inf)"];

unsafe extern "C" fn log_line(level: sys::ggml_log_level, text: *const c_char, _: *mut c_void) {
    // SAFETY: llama.cpp passes a NUL-terminated string that lives for the call.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    let text = text.trim_end();
    match level {
        _ if text.is_empty() || text.chars().all(|c| c == '.') => {}
        // A batch that was stopped on purpose; whoever stopped it knows.
        _ if STOPPED.iter().any(|words| text.ends_with(words)) => tracing::debug!(target: "llama.cpp", "{text}"),
        sys::GGML_LOG_LEVEL_ERROR => tracing::error!(target: "llama.cpp", "{text}"),
        sys::GGML_LOG_LEVEL_WARN => tracing::warn!(target: "llama.cpp", "{text}"),
        _ => tracing::debug!(target: "llama.cpp", "{text}"),
    }
}
