//! A word with a decode that is under way on another thread.

use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Beats while llama.cpp loads or computes, and carries the wish that it stop.
///
/// llama.cpp asks before each node of its graph whether to go on: many times in each batch, so a beat that stands still
/// means a process that stands still, however long one batch takes.
#[derive(Debug, Default, Clone)]
pub(crate) struct Pulse(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    beats: AtomicU64,
    stop: AtomicBool,
    ending: AtomicBool,
}

impl Pulse {
    pub(crate) fn beat(&self) {
        self.0.beats.fetch_add(1, Ordering::Relaxed);
    }

    /// Grows for as long as the engine lives.
    pub(crate) fn beats(&self) -> u64 {
        self.0.beats.load(Ordering::Relaxed)
    }

    /// Asks the decode that runs now to stop.
    pub(crate) fn stop(&self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }

    /// Asks everything to stop, for good.
    pub(crate) fn end(&self) {
        self.0.ending.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.0.ending.load(Ordering::Relaxed)
    }

    /// Takes the wish back, before the next decode.
    pub(crate) fn clear(&self) {
        self.0.stop.store(false, Ordering::Relaxed);
    }

    /// What llama.cpp holds for as long as the context lives: a pointer that borrows from `self`.
    pub(super) fn as_user_data(&self) -> *mut c_void {
        Arc::as_ptr(&self.0).cast_mut().cast()
    }

    /// llama.cpp's `abort_callback`: true stops the decode.
    pub(super) unsafe extern "C" fn abort(data: *mut c_void) -> bool {
        // SAFETY: `data` is the pointer of `as_user_data`; the context that calls this holds a clone of the same `Arc`.
        let inner = unsafe { &*data.cast::<Inner>() };
        inner.beats.fetch_add(1, Ordering::Relaxed);
        inner.stop.load(Ordering::Relaxed) || inner.ending.load(Ordering::Relaxed)
    }

    /// llama.cpp's `progress_callback` while it loads: true goes on.
    pub(super) unsafe extern "C" fn progress(_share: f32, data: *mut c_void) -> bool {
        // SAFETY: as in `abort`; the loader holds a clone for the length of the call.
        let inner = unsafe { &*data.cast::<Inner>() };
        inner.beats.fetch_add(1, Ordering::Relaxed);
        !inner.ending.load(Ordering::Relaxed)
    }
}
