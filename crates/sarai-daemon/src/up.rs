//! `sarai up`: keeps `sarai serve` and its clients going, in the foreground, until it is told to stop.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sarai_api::client::Client;
use sarai_config::{Folders, StateLock};
use sarai_supervisor::{Health, Limits, Policy};
use sarai_types::Language;
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use crate::child::{Child, ChildSpec, Seen};
use crate::serve::{SOCKET, ServeError};
use crate::token;

/// Longer than `serve` itself takes to let answers finish.
const DRAIN_DEADLINE: Duration = Duration::from_secs(45);

/// What `up` needs to know.
#[derive(Debug)]
pub struct UpOptions {
    pub folders: Folders,
    /// This program, to start `serve` with.
    pub program: PathBuf,
    /// Passed on to `serve`, such as `--set server.port=8081`.
    pub serve_args: Vec<String>,
    /// What happens to each line of `serve`'s log.
    pub log: fn(&str),
    /// What is kept going beside `serve`, and is a client of it.
    pub beside: Vec<ChildSpec>,
}

/// Runs until SIGTERM or SIGINT. `changed` hears of each change of `serve`'s state.
///
/// # Errors
/// Somebody else is up on this state folder, or the socket's path is too long.
pub async fn up(options: UpOptions, mut changed: impl FnMut(Seen)) -> Result<(), ServeError> {
    let UpOptions { folders, program, serve_args, log, beside } = options;
    let _lock = StateLock::take(&folders.run(), "up.lock")?;
    let socket = folders.socket(SOCKET)?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut seed = [0; 8];
    token::random(&mut seed)?;

    let client = Client::unix(&socket, Language::default());
    let answers = Arc::new(AtomicU64::new(0));
    let policy = Policy::new(Limits { drain_deadline: DRAIN_DEADLINE, ..Limits::default() }).unwrap_or_default();
    let child = Child::start(
        ChildSpec {
            name: "serve".to_owned(),
            policy,
            command: Box::new(move || {
                let mut command = Command::new(&program);
                command.stdin(Stdio::null());
                command.args(&serve_args).args(["serve", "--die-with-parent", &std::process::id().to_string()]);
                Ok(command)
            }),
            // Whatever it says of the model, a `serve` that answers is alive: each answer is a beat.
            probe: Box::new(move || {
                let (client, answers) = (client.clone(), Arc::clone(&answers));
                Box::pin(async move {
                    match client.health().await {
                        Ok(_) => Health::Serving { generation: answers.fetch_add(1, Ordering::Relaxed) + 1 },
                        Err(_) => Health::Silent,
                    }
                })
            }),
            log,
            jail: None,
        },
        u64::from_ne_bytes(seed),
    );
    let beside: Vec<Child> =
        (1..).zip(beside).map(|(n, spec)| Child::start(spec, u64::from_ne_bytes(seed).wrapping_add(n))).collect();
    let mut seen = child.watch();
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            news = seen.changed() => match news {
                Ok(()) => changed(*seen.borrow_and_update()),
                Err(_) => break,
            },
        }
    }
    // Clients first, so that none of them finds its server gone.
    for client in beside {
        client.drain().await;
    }
    child.drain().await;
    Ok(())
}
