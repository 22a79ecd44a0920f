//! How much `serve` logs. The config decides, also while it runs; `SARAI_LOG` is stronger and then stays.

use std::sync::OnceLock;

use sarai_config::LogLevel;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, fmt, reload};

const VARIABLE: &str = "SARAI_LOG";

/// The filter in force; there is none while the environment decides.
static FILTER: OnceLock<reload::Handle<EnvFilter, Registry>> = OnceLock::new();

/// Starts logging to standard error.
///
/// # Errors
/// `SARAI_LOG` is not a filter, or logging was started before.
pub(crate) fn init(level: LogLevel) -> anyhow::Result<()> {
    let given = std::env::var(VARIABLE).ok().filter(|text| !text.is_empty());
    let filter = match &given {
        Some(text) => EnvFilter::try_new(text)?,
        None => filter(level),
    };
    let (layer, handle) = reload::Layer::new(filter);
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    tracing_subscriber::registry().with(layer).with(lines).try_init()?;
    if given.is_none() {
        // This runs once in a process.
        let _ = FILTER.set(handle);
    }
    Ok(())
}

/// Takes over a changed level.
pub(crate) fn change(level: LogLevel) {
    if let Some(handle) = FILTER.get()
        && let Err(error) = handle.reload(filter(level))
    {
        tracing::warn!(%error, "the log level stays as it was");
    }
}

fn filter(level: LogLevel) -> EnvFilter {
    EnvFilter::new(match level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    })
}
