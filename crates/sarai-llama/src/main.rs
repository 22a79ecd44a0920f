//! The model worker: one process, one model, llama.cpp behind engine.v1 on a Unix socket.
//!
//! `sarai serve` starts it, asks it for its health and stops it; nobody else needs to. It reads its model file, writes
//! only what it is told to keep (conversations and measurements), and opens no network.

mod answer;
mod calibrate;
mod chores;
mod drafter;
mod embed;
mod engine;
mod forms;
mod guess;
mod handle;
#[allow(unsafe_code, reason = "the one wrapper around a C++ library")]
mod llama;
mod load;
mod machine;
mod measure;
mod measured;
mod prompt;
mod propose;
mod service;
mod store;
mod worker;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use sarai_engine::weights::Policy;
use tracing_subscriber::EnvFilter;

/// Serves one model over gRPC on a Unix socket.
#[derive(Debug, Parser)]
#[command(name = "sarai-llama", version)]
enum Cli {
    /// Serve a model until SIGTERM.
    Serve(Args),
    /// Print llama.cpp's version and the vector instructions of this build.
    BuildInfo,
}

#[derive(Debug, Clone, clap::Args)]
struct Args {
    /// The GGUF file.
    #[arg(long)]
    model: PathBuf,
    /// The socket to listen on; its folder must be the caller's alone.
    #[arg(long)]
    socket: PathBuf,
    /// Tokens of context, shared by all conversations.
    #[arg(long, default_value_t = 8192, value_parser = clap::value_parser!(u32).range(512..=131_072))]
    context: u32,
    /// Conversations at once.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=16))]
    sequences: u32,
    /// Threads to compute with; by default the cores that this process may use.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=256))]
    threads: Option<u32>,
    /// How the weights lie in memory; `auto` decides by what was measured and by --memory.
    #[arg(long, default_value = "auto")]
    weights: Policy,
    /// Bytes that this worker may take; by default as many as it likes.
    #[arg(long, value_name = "BYTES")]
    memory: Option<u64>,
    /// A folder to keep conversations in, so that they need not be read again after a restart.
    #[arg(long, value_name = "FOLDER")]
    cache: Option<PathBuf>,
    /// How much of it they may take.
    #[arg(long, value_name = "BYTES", default_value_t = 1_000_000_000)]
    cache_bytes: u64,
    /// A file to keep measurements in.
    #[arg(long, value_name = "FILE")]
    measured: Option<PathBuf>,
    /// The socket of a worker with a smaller model that guesses ahead.
    #[arg(long, value_name = "SOCKET")]
    draft_socket: Option<PathBuf>,
    /// A GGUF file of a model that turns texts into vectors; without it the model that answers does.
    #[arg(long, value_name = "FILE")]
    embedding_model: Option<PathBuf>,
    /// The process that started this one: end when it ends, however it ends.
    #[arg(long, value_name = "PID")]
    die_with_parent: Option<i32>,
}

fn main() -> ExitCode {
    let result = match Cli::parse() {
        Cli::BuildInfo => writeln!(std::io::stdout(), "{}", llama::build()).map_err(Into::into),
        Cli::Serve(args) => {
            let filter = EnvFilter::try_from_env("SARAI_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
            tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
            worker::run(&args)
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
