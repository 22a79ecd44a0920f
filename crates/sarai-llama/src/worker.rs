//! Composition: load → serve → drain.

use std::future::Future;
use std::io::ErrorKind;
use std::sync::{Arc, OnceLock};
use std::thread;

use anyhow::{Context as _, Result, anyhow};
use rustix::process::Signal;
use sarai_engine::grammar::COMPILE_STACK_BYTES;
use sarai_proto::engine::v1::engine_server::EngineServer;
use tokio::net::UnixListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::Server;
use tonic_health::server::{HealthReporter, health_reporter};

use crate::Args;
use crate::engine::EngineOptions;
use crate::llama::{self, Pulse};
use crate::load::load;
use crate::machine;
use crate::service::Service;

/// Tokens in one batch when nobody else decodes.
const BATCH_TOKENS: u32 = 512;
/// Prompt tokens beside decoding conversations: about a third of a second on two slow cores.
const SHARED_CHUNK_TOKENS: u32 = 64;
/// Rows of logits in one batch.
const OUTPUTS: u32 = 64;
/// Requests that may wait.
const WAITING: usize = 64;
/// Stack of a thread that tokenises. Reserved, not taken, until a text needs it.
const STACK_BYTES: usize = 256 << 20;
const _: () = assert!(STACK_BYTES >= COMPILE_STACK_BYTES, "grammars are compiled on such a thread too");
/// gRPC messages: a prompt of the longest text, with room for its envelope.
const MESSAGE_BYTES_MAX: usize = 2 * sarai_types::SEQUENCE_TEXT_MAX;

/// Runs until SIGTERM, SIGINT, or the engine's end.
pub(crate) fn run(args: &Args) -> Result<()> {
    if let Some(parent) = args.die_with_parent {
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        // It may have ended before the kernel was asked to tell.
        if rustix::process::getppid().map(rustix::process::Pid::as_raw_pid) != Some(parent) {
            return Err(anyhow!("the process that started this one has ended already"));
        }
    }
    llama::init();
    // One thread is enough for the socket; the others belong to the model. Some vocabularies split texts by recursion.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().thread_stack_size(STACK_BYTES).build()?;
    runtime.block_on(serve(args))
}

async fn serve(args: &Args) -> Result<()> {
    let listener = bind(&args.socket)?;
    let pulse = Pulse::default();
    let ready = Arc::new(OnceLock::new());
    let (health, health_service) = health_reporter();
    health.set_not_serving::<EngineServer<Service>>().await;

    let (loaded, model_is_up) = oneshot::channel();
    let (ended, engine_has_ended) = oneshot::channel();
    let engine = {
        let (options, ready, pulse) = (options(args), Arc::clone(&ready), pulse.clone());
        let args = args.clone();
        thread::Builder::new().name("engine".into()).spawn(move || {
            let result = load(&args, options, &pulse, &ready).and_then(|engine| {
                // The receiver is gone only when the worker drains already.
                let _ = loaded.send(());
                engine.run().context("llama.cpp failed; the worker ends and is started again")
            });
            let _ = ended.send(result);
        })?
    };

    let service = EngineServer::new(Service::new(Arc::clone(&ready), pulse.clone()))
        .max_decoding_message_size(MESSAGE_BYTES_MAX)
        .max_encoding_message_size(MESSAGE_BYTES_MAX);
    let (stop, stopped) = oneshot::channel::<()>();
    let server = Server::builder().add_service(health_service).add_service(service).serve_with_incoming_shutdown(
        UnixListenerStream::new(listener),
        async {
            let _ = stopped.await;
        },
    );
    let watch = watch(health, model_is_up, engine_has_ended, stop);
    let (served, outcome) = tokio::join!(server, watch);
    // llama.cpp must not be computing when the process takes itself apart.
    pulse.end();
    drop(ready);
    let joined = engine.join();
    served.context("the gRPC server failed")?;
    outcome?;
    joined.map_err(|_| anyhow!("the engine's thread panicked"))
}

/// Says SERVING once the model is up, and ends the server on a signal or with the engine.
async fn watch(
    health: HealthReporter,
    model_is_up: oneshot::Receiver<()>,
    engine_has_ended: impl Future<Output = Result<Result<()>, oneshot::error::RecvError>>,
    stop: oneshot::Sender<()>,
) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // A limit on the size of files is then an error of the one write, not the end of the process.
    let _too_long = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?;
    let announce = async {
        if model_is_up.await.is_ok() {
            health.set_serving::<EngineServer<Service>>().await;
            tracing::info!("serving");
        }
        std::future::pending::<()>().await;
    };
    let outcome = tokio::select! {
        () = announce => Ok(()),
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        result = engine_has_ended => result.unwrap_or_else(|_| Err(anyhow!("the engine's thread panicked"))),
    };
    health.set_not_serving::<EngineServer<Service>>().await;
    // The server is gone only when it failed, which is reported by itself.
    let _ = stop.send(());
    outcome
}

fn options(args: &Args) -> EngineOptions {
    EngineOptions {
        context_tokens: args.context,
        sequences: args.sequences,
        threads: args.threads.unwrap_or_else(machine::compute_threads),
        batch_tokens: BATCH_TOKENS.min(args.context),
        shared_chunk_tokens: SHARED_CHUNK_TOKENS,
        outputs: OUTPUTS,
        waiting: WAITING,
    }
}

/// A socket left by a worker that was killed is in the way of the next one.
fn bind(socket: &std::path::Path) -> Result<UnixListener> {
    match fs_err::remove_file(socket) {
        Err(e) if e.kind() != ErrorKind::NotFound => return Err(e.into()),
        Ok(()) | Err(_) => {}
    }
    UnixListener::bind(socket).with_context(|| format!("cannot listen on {}", socket.display()))
}
