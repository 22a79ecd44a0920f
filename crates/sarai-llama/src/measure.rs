//! What this model costs on this computer when somebody asks: the time of a batch of n tokens, and of a prompt, computed
//! where the engine would compute them.

use std::time::Instant;

use sarai_engine::schedule::Entry;
use sarai_proto::engine::v1 as wire;
use tonic::Status;

use crate::llama::{DecodeError, Pair, Pulse};

/// Where the measured batches stand: a conversation of this length is behind them.
pub(crate) const DEPTH: u32 = 128;
/// Tokens of one measured batch at most.
pub(crate) const BATCH_MAX: u32 = 64;
/// Sizes of one measurement.
const SIZES_MAX: usize = 64;
const ROUNDS_MAX: u32 = 15;
const PREFILL_MAX: u32 = 2048;
const PREFILL_CHUNK: usize = 512;

/// The staircase and the prompt speed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measurement {
    /// Tokens in a batch, and the median of its times.
    pub batches: Vec<(u32, f64)>,
    pub prefill_tokens_per_second: f64,
}

/// Measures in an empty context and leaves it empty.
///
/// # Errors
/// `INVALID_ARGUMENT` for a size out of range, `INTERNAL` when llama.cpp fails.
pub(crate) fn run(context: &mut Pair, pulse: &Pulse, request: &wire::MeasureRequest) -> Result<Measurement, Status> {
    if request.batch_sizes.len() > SIZES_MAX || request.batch_sizes.iter().any(|n| !(1..=BATCH_MAX).contains(n)) {
        let text = format!("at most {SIZES_MAX} batch sizes, each between 1 and {BATCH_MAX}");
        return Err(Status::invalid_argument(text));
    }
    if !(1..=ROUNDS_MAX).contains(&request.rounds) {
        return Err(Status::invalid_argument(format!("rounds are between 1 and {ROUNDS_MAX}")));
    }
    if request.prefill_tokens > PREFILL_MAX || request.prefill_tokens >= context.context_tokens() {
        return Err(Status::invalid_argument(format!("prefill_tokens is at most {PREFILL_MAX} and the context")));
    }
    let result = measure(context, pulse, request);
    context.clear();
    result.map_err(|e| Status::internal(e.to_string()))
}

fn measure(context: &mut Pair, pulse: &Pulse, request: &wire::MeasureRequest) -> Result<Measurement, DecodeError> {
    let prefill_tokens_per_second = prefill(context, request)?;
    context.clear();
    read(context, 0, DEPTH, Rows::None)?;
    let mut batches = Vec::with_capacity(request.batch_sizes.len());
    for &size in &request.batch_sizes {
        let mut times = Vec::with_capacity(request.rounds as usize);
        // One round more, not counted: the first has a graph to build.
        for round in 0..=request.rounds {
            pulse.beat();
            let took = read(context, DEPTH, size, Rows::All)?;
            let forgotten = context.truncate(0, DEPTH);
            if !forgotten {
                context.clear();
                read(context, 0, DEPTH, Rows::None)?;
            }
            if round > 0 {
                times.push(took);
            }
        }
        batches.push((size, median(&mut times)));
    }
    Ok(Measurement { batches, prefill_tokens_per_second })
}

fn prefill(context: &mut Pair, request: &wire::MeasureRequest) -> Result<f64, DecodeError> {
    if request.prefill_tokens == 0 {
        return Ok(0.0);
    }
    let mut times = Vec::new();
    for _ in 0..request.rounds.min(3) {
        context.clear();
        times.push(read(context, 0, request.prefill_tokens, Rows::Last)?);
    }
    Ok(f64::from(request.prefill_tokens) / (median(&mut times) / 1e3))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rows {
    None,
    Last,
    All,
}

/// Reads `count` tokens into sequence 0 and says how many milliseconds that took.
fn read(context: &mut Pair, from: u32, count: u32, rows: Rows) -> Result<f64, DecodeError> {
    let entries: Vec<Entry> = (from..from + count)
        .map(|position| {
            let output = match rows {
                Rows::None => false,
                Rows::Last => position + 1 == from + count,
                Rows::All => true,
            };
            Entry { sequence: 0, token: token(position), position, output }
        })
        .collect();
    let start = now();
    for chunk in entries.chunks(PREFILL_CHUNK) {
        context.decode(chunk)?;
    }
    Ok(start.elapsed().as_secs_f64() * 1e3)
}

/// Any ordinary tokens do; different ones, so that nothing is favoured.
pub(crate) const fn token(position: u32) -> u32 {
    300 + position % 400
}

/// The middle one; 0 of none.
pub(crate) fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(0.0)
}

#[expect(clippy::disallowed_methods, reason = "the worker is a shell: it measures real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
