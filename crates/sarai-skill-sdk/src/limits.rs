//! Every bound of a skill's server, by name.

use std::time::Duration;

/// A gRPC message that comes in or goes out, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 4 << 20;
/// The text of a request, in bytes.
pub const TEXT_BYTES_MAX: usize = 1 << 20;
/// The arguments of a request, in bytes.
pub const ARGUMENTS_BYTES_MAX: usize = 1 << 20;
/// The text of an answer, and its data, in bytes each.
pub const ANSWER_BYTES_MAX: usize = 1 << 20;
/// A file that a skill reads from its folder, in bytes.
pub const FILE_BYTES_MAX: u64 = 8 << 20;
/// What one generation may say, in bytes.
pub const GENERATED_BYTES_MAX: usize = 4 << 20;
/// Requests that are worked on at once; the next one is refused.
pub const CALLS_MAX: u32 = 64;
/// Closures of [`crate::blocking`] that run at once, each on a thread; the next one waits.
pub const BLOCKING_MAX: usize = 8;
/// How long a call may take whose caller named no deadline.
pub const CALL_TIME_MAX: Duration = Duration::from_secs(600);

/// Peers that are connected at once; the next one waits to be accepted. Each is an open file, of which a jail has few.
pub(crate) const CONNECTIONS_MAX: usize = 32;
/// Calls of one connection, of any kind.
pub(crate) const STREAMS_MAX: u32 = 128;
/// The names and values of one call's metadata, in bytes.
pub(crate) const HEADER_BYTES_MAX: u32 = 16 << 10;
/// Time to say that one speaks HTTP/2.
pub(crate) const GREETING_TIME_MAX: Duration = Duration::from_secs(2);
/// A peer that is silent for so long is asked whether it is still there, and has [`PONG_TIME_MAX`] to say so.
pub(crate) const PING_AFTER: Duration = Duration::from_secs(20);
pub(crate) const PONG_TIME_MAX: Duration = Duration::from_secs(10);
/// Pieces of an answer that wait for the caller to read them; then the skill waits.
pub(crate) const PIECES_WAITING_MAX: usize = 16;
/// How often the loop counts, so that a supervisor that asks each second sees it.
pub(crate) const BEAT: Duration = Duration::from_millis(200);
/// From SIGTERM until what is under way is given up. A supervisor kills after ten seconds.
pub(crate) const DRAIN_TIME_MAX: Duration = Duration::from_secs(8);
/// For the last answers to reach their callers, after that.
pub(crate) const FLUSH_TIME_MAX: Duration = Duration::from_secs(1);
/// Why a reload failed, in bytes.
pub(crate) const RELOAD_ERROR_BYTES_MAX: usize = 4 << 10;
