//! `sarai up`: everything, kept going in the foreground until Ctrl-C, with a few lines about how it is.
//!
//! What `serve` logs goes to a file; here stands only what a person needs. A `serve` that cannot even start once (the
//! port is taken, the worker is missing) ends `up` with the reason: trying again would change nothing.

use std::time::Duration;

use sarai_api::client::{Client, HealthBody};
use sarai_config::{Config, Switch};
use sarai_daemon::child::{ChildSpec, Seen};
use sarai_daemon::token;
use sarai_daemon::up::{UpOptions, up};
use sarai_types::Notice;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::answer::{Standing, obstacle};
use crate::commands::{loop_, pair};
use crate::ending::Told;
use crate::logs::file;
use crate::shell::{Shell, wait_for};
use crate::terminal::{self, Paint, Spinner, Style};
use crate::worker;

/// How often to ask how everything is, until all is ready and afterwards.
const POLL_STARTING: Duration = Duration::from_millis(300);
const POLL_READY: Duration = Duration::from_secs(2);

pub(crate) fn run(shell: &Shell) -> anyhow::Result<()> {
    let config = shell.config()?;
    shell.folders.create().map_err(|e| Told::failed(e.notice()))?;
    worker::program()?;
    file::open(&shell.folders.logs())?;
    wait_for(async {
        let settings = shell.settings.iter().flat_map(|(key, value)| ["--set".to_owned(), format!("{key}={value}")]);
        let options = UpOptions {
            folders: shell.folders.clone(),
            program: worker::this_program()?,
            serve_args: settings.collect(),
            log: file::line,
            beside: beside(shell, &config)?,
        };
        let (publish, seen) = watch::channel(None);
        let running = up(options, |news| {
            publish.send_replace(Some(news));
        });
        let mut narrator = Narrator::new(shell, &config)?;
        tokio::select! {
            biased;
            ended = running => ended.map_err(|e| Told::failed(e.notice()))?,
            failed = narrator.tell(seen) => return Err(failed.into()),
        }
        shell.tell(&Notice::new("cli-up-stopped"));
        Ok(())
    })
}

/// The clients that the config wants.
fn beside(shell: &Shell, config: &Config) -> anyhow::Result<Vec<ChildSpec>> {
    match config.phoenix.proactive_loop_enabled {
        Switch::On => Ok(vec![loop_::spec(shell)?]),
        Switch::Off => Ok(Vec::new()),
    }
}

/// Says what changes.
struct Narrator<'a> {
    shell: &'a Shell,
    config: &'a Config,
    client: Client,
    started: Instant,
    spinner: Option<Spinner>,
    /// What was said last of a part that needs the person.
    said: String,
    model_restarts: u32,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The page's address was not shown yet.
    Closed,
    Starting,
    Ready,
}

impl<'a> Narrator<'a> {
    fn new(shell: &'a Shell, config: &'a Config) -> Result<Self, Told> {
        Ok(Self {
            shell,
            config,
            client: shell.client()?,
            started: Instant::now(),
            spinner: None,
            said: String::new(),
            model_restarts: 0,
            phase: Phase::Closed,
        })
    }

    /// Returns only if `serve` could not start at all.
    async fn tell(&mut self, mut seen: watch::Receiver<Option<Seen>>) -> Told {
        let signals = signal(SignalKind::interrupt()).and_then(|i| Ok((i, signal(SignalKind::terminate())?)));
        let Ok((mut interrupt, mut terminate)) = signals else { return Told::silent() };
        let mut serve = ServeHistory::default();
        loop {
            let poll = if self.phase == Phase::Ready { POLL_READY } else { POLL_STARTING };
            tokio::select! {
                _ = interrupt.recv() => return self.stopping().await,
                _ = terminate.recv() => return self.stopping().await,
                news = seen.changed(), if !serve.over => {
                    let now = *seen.borrow_and_update();
                    match now.filter(|_| news.is_ok()) {
                        Some(now) => match serve.learn(now) {
                            News::Nothing => {}
                            News::NeverStarted => return never_started(),
                            News::Restarts => {
                                self.say(&Notice::new("cli-up-serve-restarts"));
                                // The link died with it, and with `server.port: 0` the address too.
                                self.phase = Phase::Closed;
                            }
                        },
                        None => serve.over = news.is_err(),
                    }
                }
                () = tokio::time::sleep(poll) => {
                    if let Ok(health) = self.client.health().await {
                        self.health(&health).await;
                    }
                }
            }
        }
    }

    /// Says that it ends, and then nothing more.
    async fn stopping(&mut self) -> Told {
        self.say(&Notice::new("cli-up-stopping"));
        std::future::pending().await
    }

    async fn health(&mut self, health: &HealthBody) {
        if self.phase == Phase::Closed {
            self.door().await;
        }
        // A draft model that is started again is no news: answers go on without it.
        let needed = health.components.iter().filter(|part| !part.name.starts_with("draft"));
        let restarts = needed.map(|part| part.restarts).max().unwrap_or(0);
        if restarts > self.model_restarts {
            self.say(&Notice::new("cli-up-model-restarts").arg("count", restarts));
        }
        self.model_restarts = restarts;
        let detail = obstacle(health).unwrap_or_default();
        match Standing::of(&health.status) {
            Standing::Ready => self.ready(),
            Standing::Starting => {
                self.phase = Phase::Starting;
                self.spinner.get_or_insert_with(Spinner::new).say(&self.shell.say("cli-loading"));
            }
            Standing::Degraded | Standing::Stopping | Standing::Unknown => {
                self.phase = Phase::Starting;
                if self.said != detail {
                    detail.clone_into(&mut self.said);
                    self.spinner = None;
                    terminal::sentence(detail);
                }
            }
        }
    }

    fn ready(&mut self) {
        if self.phase == Phase::Ready {
            return;
        }
        self.phase = Phase::Ready;
        self.said.clear();
        let seconds = self.started.elapsed().as_secs();
        self.say(&Notice::new("cli-up-ready").arg("seconds", seconds));
    }

    /// Where to go, once there is something to go to.
    async fn door(&mut self) {
        self.phase = Phase::Starting;
        let style = Style::of(&std::io::stderr());
        let origin = pair::origin(self.shell, self.config);
        let page = match pair::link(&self.client, &origin).await {
            Ok(link) => link,
            // The page itself asks for a code, and `sarai pair` gives one.
            Err(_) => origin.clone(),
        };
        let token = token::path(&self.shell.folders);
        for (id, value) in [
            ("cli-up-page", page),
            ("cli-up-chat", "sarai chat".to_owned()),
            ("cli-up-api", format!("{origin}/v1")),
            ("cli-up-token", token.display().to_string()),
        ] {
            terminal::decorated(&format!("  {} {}", self.shell.say(id), style.paint(Paint::Strong, &value)));
        }
    }

    fn say(&mut self, notice: &Notice) {
        self.spinner = None;
        self.shell.tell(notice);
    }
}

/// The reason stands in the last line that `serve` wrote.
fn never_started() -> Told {
    let reason = file::last_line().unwrap_or_default();
    Told::failed(Notice::new("cli-up-never-started").arg("reason", reason))
}

/// What the supervisor has shown of `serve`.
#[derive(Debug, Default)]
struct ServeHistory {
    process: Option<u32>,
    served: Served,
    restarts: u32,
    /// The supervisor has nothing more to show.
    over: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Served {
    #[default]
    Never,
    Once,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum News {
    Nothing,
    /// Its first process ended before it served anybody.
    NeverStarted,
    Restarts,
}

impl ServeHistory {
    fn learn(&mut self, seen: Seen) -> News {
        let first_gone = self.process.is_some() && seen.pid != self.process;
        self.process = self.process.or(seen.pid);
        if seen.serving {
            self.served = Served::Once;
        }
        let before = std::mem::replace(&mut self.restarts, seen.restarts);
        match self.served {
            Served::Never if first_gone || seen.restarts > 0 => News::NeverStarted,
            Served::Once if seen.restarts > before => News::Restarts,
            Served::Never | Served::Once => News::Nothing,
        }
    }
}
