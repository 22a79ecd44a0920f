//! What every command works with: the person's language, the folders, the config, the way to the running program.
//!
//! Nothing is read before a command asks for it, so that `sarai config check` can look at a config that is wrong.

use sarai_api::client::Client;
use sarai_config::{Config, Folders, Loaded, Sources, load};
use sarai_daemon::serve::SOCKET;
use sarai_messages::{Messages, language_from_env};
use sarai_models::{Catalog, Library, Role};
use sarai_types::{Language, ModelId, Notice};

use crate::ending::{Exit, Told};
use crate::terminal;

/// The person's surroundings.
#[derive(Debug)]
pub(crate) struct Shell {
    pub(crate) messages: Messages,
    pub(crate) folders: Folders,
    /// Config keys from the command line, with their values.
    pub(crate) settings: Vec<(String, String)>,
}

impl Shell {
    /// # Errors
    /// The environment says no folder to live in.
    pub(crate) fn new(messages: Messages, settings: Vec<(String, String)>) -> Result<Self, Told> {
        let folders = Folders::from_env(|name| std::env::var_os(name)).map_err(|e| Told::failed(e.notice()))?;
        Ok(Self { messages, folders, settings })
    }

    pub(crate) const fn language(&self) -> Language {
        self.messages.language()
    }

    /// The sentence of an id, without values.
    pub(crate) fn say(&self, id: &'static str) -> String {
        self.messages.get(id)
    }

    /// The sentence of a notice.
    pub(crate) fn text(&self, notice: &Notice) -> String {
        self.messages.text(notice)
    }

    /// Says a sentence on standard error.
    pub(crate) fn tell(&self, notice: &Notice) {
        terminal::sentence(&self.messages.text(notice));
    }

    /// The config's sources, as they are now.
    ///
    /// # Errors
    /// A file that cannot be read; exit code 64.
    pub(crate) fn sources(&self) -> Result<Sources, Told> {
        // A variable that is not UTF-8 is none of the config's.
        let environment = std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        Sources::read(&self.folders, environment.collect(), self.settings.clone()).map_err(|e| bad_config(&e))
    }

    /// # Errors
    /// Everything that is wrong with the config; exit code 64.
    pub(crate) fn load(&self, sources: &Sources) -> Result<Loaded, Told> {
        load(sources).map_err(|e| bad_config(&e))
    }

    /// What the settings mean.
    ///
    /// # Errors
    /// As [`Shell::load`].
    pub(crate) fn config(&self) -> Result<Config, Told> {
        Ok(self.load(&self.sources()?)?.config)
    }

    /// The way to the running program, whether there is one or not.
    ///
    /// # Errors
    /// The state folder's path is too long for a socket.
    pub(crate) fn client(&self) -> Result<Client, Told> {
        let socket = self.folders.socket(SOCKET).map_err(|e| Told::failed(e.notice()))?;
        Ok(Client::unix(socket, self.language()))
    }

    /// The models folder with the catalogue, the person's own entries included.
    ///
    /// # Errors
    /// Their catalogue is wrong.
    pub(crate) fn library(&self) -> Result<Library, Told> {
        let own = self.folders.config.join("models.toml");
        let catalog = Catalog::builtin().with_user_file(&own).map_err(|e| Told::failed(e.notice()))?;
        Ok(Library::new(self.folders.models.clone(), catalog))
    }
}

/// The person's language: what `SARAI_LANG` says, then what the config says, then their locale.
pub(crate) fn language() -> Language {
    let variable = |name: &str| std::env::var(name).ok();
    let of_environment = language_from_env(variable);
    if variable("SARAI_LANG").is_some_and(|value| !value.is_empty()) {
        return of_environment;
    }
    // What is wrong with the config is for the command to say.
    let config = || {
        let folders = Folders::from_env(|name| std::env::var_os(name)).ok()?;
        load(&Sources::read(&folders, Vec::new(), Vec::new()).ok()?).ok()?.config.language.set()
    };
    config().unwrap_or(of_environment)
}

/// The model that answers when nobody names one.
///
/// # Errors
/// Neither the config nor the catalogue names one.
pub(crate) fn default_model(config: &Config, catalog: &Catalog) -> Result<ModelId, Told> {
    let of_catalog = || catalog.for_role(Role::Chat).map(|entry| entry.id.clone());
    let model = config.model.default.clone().set().or_else(of_catalog);
    model.ok_or_else(|| Told::failed(Notice::new("daemon-no-default")))
}

fn bad_config(errors: &sarai_config::ConfigErrors) -> Told {
    Told::new(Exit::BadConfig, errors.iter().map(sarai_config::ConfigError::notice).collect())
}

/// Runs something that waits, on a runtime of one thread.
///
/// # Errors
/// What it fails with, or that the system gives no runtime.
pub(crate) fn wait_for<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(work);
    // A file that is being summed is no reason to stay.
    runtime.shutdown_background();
    result
}
