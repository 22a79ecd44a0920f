//! Work that would keep the only thread from serving.

use std::sync::Arc;
use std::sync::LazyLock;

use tokio::sync::Semaphore;

use crate::Failure;
use crate::limits::BLOCKING_MAX;

/// A closure whose caller went away still runs to its end, so the threads are counted here and not by call.
static THREADS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(BLOCKING_MAX)));

/// Does what computes or waits for a disk on another thread. What takes long should look at [`crate::Stop`] now and
/// then: it cannot be ended from outside.
///
/// # Errors
/// `Internal` if it panics.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let permit = Arc::clone(&THREADS).acquire_owned().await.map_err(Failure::internal)?;
    let work = move || {
        let _permit = permit;
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| Failure::internal("what ran on a thread of its own panicked"))
}
