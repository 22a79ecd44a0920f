//! Where the network's sources are, and how long to be patient with them.
//!
//! A package index is whatever the person's own pip uses, so that a company's mirror works without telling us. Nothing
//! here opens a connection.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::error::SourceError;

const HUGGING_FACE: &str = "https://huggingface.co";
/// How often pip is looked after, and how often at most: it answers in under a second, and a computer that is busy gets
/// half a minute.
const PIP_POLL: Duration = Duration::from_millis(20);
const PIP_POLLS_MAX: u32 = 1500;
/// pip's help has some 12 kB.
const PIP_OUTPUT_BYTES_MAX: u64 = 1 << 18;

/// Which package index wheels come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageIndex {
    /// Whatever this Python's pip is configured to use, asked only when a wheel is wanted.
    OfPip { python: String },
    /// This one. May carry a name and a password.
    At(String),
}

/// The model hub, or a mirror of it.
#[derive(Debug, Clone)]
pub struct HuggingFace {
    pub endpoint: String,
    /// Sent to the endpoint itself only, never to where it redirects.
    pub token: Option<SecretString>,
}

/// How long to wait, and how often to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// To resolve a name, and again to connect.
    pub connect: Duration,
    /// For the next bytes.
    pub stall: Duration,
    /// Tries in a row that bring next to nothing, before a source is left.
    pub tries: u32,
    /// Before the second try; doubled before each further one.
    pub back_off: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(4),
            stall: Duration::from_secs(30),
            tries: 5,
            back_off: Duration::from_millis(250),
        }
    }
}

/// Everything that a pull has to know about the network.
#[derive(Debug, Clone)]
pub struct Network {
    pub package_index: PackageIndex,
    pub hugging_face: HuggingFace,
    pub patience: Patience,
}

impl Network {
    /// From `PIP_INDEX_URL`, `HF_ENDPOINT` and `HF_TOKEN`, as the tools of those names read them.
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_variables(|name| std::env::var(name).ok().filter(|value| !value.trim().is_empty()))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            package_index: match variable("PIP_INDEX_URL") {
                Some(url) => PackageIndex::At(url),
                None => PackageIndex::OfPip { python: "python3".to_owned() },
            },
            hugging_face: HuggingFace {
                endpoint: variable("HF_ENDPOINT").unwrap_or_else(|| HUGGING_FACE.to_owned()),
                token: variable("HF_TOKEN").map(SecretString::from),
            },
            patience: Patience::default(),
        }
    }
}

impl HuggingFace {
    /// The address of a file, at the newest revision.
    pub(crate) fn file_url(&self, repository: &str, file: &str) -> Result<Url, SourceError> {
        parse_url("HF_ENDPOINT", &format!("{}/{repository}/resolve/main/{file}", self.endpoint.trim_end_matches('/')))
    }
}

impl PackageIndex {
    /// The address of the index, ending in a slash.
    ///
    /// # Errors
    /// [`SourceError::NoIndex`] if pip has to be asked and cannot be; [`SourceError::BadAddress`].
    pub(crate) fn resolve(&self) -> Result<Url, SourceError> {
        let url = match self {
            Self::At(url) => url.clone(),
            Self::OfPip { python } => ask_pip(python)?,
        };
        parse_url("index-url", &format!("{}/", url.trim().trim_end_matches('/')))
    }
}

/// An address that is not one may still hold a password, so it is not repeated.
fn parse_url(setting: &'static str, text: &str) -> Result<Url, SourceError> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        Ok(_) | Err(_) => Err(SourceError::BadAddress { setting }),
    }
}

/// What is configured; the help text blots out passwords, so it only serves for the default.
fn ask_pip(python: &str) -> Result<String, SourceError> {
    let configured = run_pip(python, &["config", "list"])?;
    if let Some(url) = configured_index(&configured) {
        return Ok(url);
    }
    let help = run_pip(python, &["download", "--help"])?;
    default_index(&help)
        .ok_or_else(|| SourceError::NoIndex { reason: "pip does not say which index it uses".to_owned() })
}

/// The index among the lines of `pip config list`, such as `global.index-url='https://…'`. The environment wins over
/// the sections of commands, which win over the global one, as in pip.
fn configured_index(list: &str) -> Option<String> {
    [":env:", "download", "install", "global"].iter().find_map(|section| {
        let line = list.lines().find_map(|line| line.strip_prefix(section)?.strip_prefix(".index-url="))?;
        Some(line.trim().trim_matches(['\'', '"']).to_owned()).filter(|url| !url.is_empty())
    })
}

/// The default that the help text of pip states for `--index-url`.
fn default_index(help: &str) -> Option<String> {
    let words: Vec<&str> = help.split_whitespace().collect();
    let option = words.iter().position(|word| *word == "--index-url")?;
    // The next option ends the description of this one.
    let description = words[option + 1..].iter().take_while(|word| !word.starts_with("--"));
    let mut after_default = description.skip_while(|word| **word != "(default");
    after_default.next()?;
    after_default.next().map(|word| word.trim_end_matches([')', '.']).to_owned())
}

fn run_pip(python: &str, arguments: &[&str]) -> Result<String, SourceError> {
    let failed = |reason: String| SourceError::NoIndex { reason };
    let mut child = Command::new(python)
        .args(["-m", "pip", "--no-input", "--disable-pip-version-check"])
        .args(arguments)
        // Addresses are broken into lines at the width of the terminal.
        .env("COLUMNS", "4096")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(format!("{python} does not start: {error}")))?;
    let output = child.stdout.take().map(|out| {
        thread::spawn(move || {
            let mut text = String::new();
            out.take(PIP_OUTPUT_BYTES_MAX).read_to_string(&mut text).map(|_| text)
        })
    });
    let Some(status) = wait(&mut child) else {
        // It is ours, and nobody waits for its answer any more.
        let _ = child.kill();
        let _ = child.wait();
        return Err(failed("pip does not answer".to_owned()));
    };
    if !status.success() {
        return Err(failed(format!("{python} -m pip ends with {status}")));
    }
    match output.map(thread::JoinHandle::join) {
        Some(Ok(Ok(text))) => Ok(text),
        _ => Err(failed("pip's answer cannot be read".to_owned())),
    }
}

/// Nothing if the program does not end.
fn wait(child: &mut Child) -> Option<ExitStatus> {
    for _ in 0..PIP_POLLS_MAX {
        if let Some(status) = child.try_wait().ok()? {
            return Some(status);
        }
        thread::sleep(PIP_POLL);
    }
    None
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_environment_is_read_as_pip_and_the_hub_read_it() {
        let network = Network::from_variables(|name| (name == "PIP_INDEX_URL").then(|| "http://a/simple".to_owned()));
        assert_eq!(network.package_index.resolve().unwrap().as_str(), "http://a/simple/");
        assert_eq!(network.hugging_face.endpoint, HUGGING_FACE);

        let network = Network::from_variables(|name| match name {
            "HF_ENDPOINT" => Some("http://hub/".to_owned()),
            "HF_TOKEN" => Some("hf_secret".to_owned()),
            _ => None,
        });
        assert_eq!(network.package_index, PackageIndex::OfPip { python: "python3".to_owned() });
        assert_eq!(
            network.hugging_face.file_url("a/b", "c.gguf").unwrap().as_str(),
            "http://hub/a/b/resolve/main/c.gguf"
        );
        assert!(!format!("{network:?}").contains("hf_secret"));
    }

    #[test]
    fn a_bad_address_is_not_repeated() {
        for url in ["ftp://user:secret@host/", "user:secret@host", ""] {
            let error = PackageIndex::At(url.to_owned()).resolve().unwrap_err();
            assert!(!format!("{error:?} {error}").contains("secret"));
        }
    }

    #[test]
    fn the_index_is_the_one_that_pip_would_use() {
        for (list, expected) in [
            ("", None),
            ("global.timeout='60'\nglobal.index-url=''\n", None),
            ("global.extra-index-url='http://extra'\n", None),
            ("global.index-url='http://global'\n", Some("http://global")),
            ("global.index-url='http://global'\ndownload.index-url='http://u:p@one'\n", Some("http://u:p@one")),
            ("global.index-url='http://global'\n:env:.index-url='http://env'\n", Some("http://env")),
        ] {
            assert_eq!(configured_index(list).as_deref(), expected, "{list:?}");
        }
        let help = |default: &str| {
            format!(
                "Usage:\n  -i, --index-url <url>  Base URL of the Package Index{default}. This should point\n\
                 to a repository.\n  --extra-index-url <url>  Extra (default no)\n"
            )
        };
        for (default, expected) in [(" (default\n      http://a/simple)", Some("http://a/simple")), ("", None)] {
            assert_eq!(default_index(&help(default)).as_deref(), expected, "{default:?}");
        }
    }

    /// A pip that prints what it is told to.
    fn fake_python(folder: &std::path::Path, script: &str) -> String {
        let path = folder.join("python3");
        fs_err::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs_err::set_permissions(&path, PermissionsExt::from_mode(0o700)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    #[test]
    fn pip_is_asked_and_its_absence_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let script = r#"case "$*" in
            *"config list") echo "global.timeout='9'" ;;
            *"download --help") printf -- '-i, --index-url <url> Index (default\n http://from-help/simple).\n' ;;
        esac"#;
        let python = fake_python(folder.path(), script);
        assert_eq!(PackageIndex::OfPip { python }.resolve().unwrap().as_str(), "http://from-help/simple/");

        let python = fake_python(folder.path(), "echo 'No module named pip' >&2; exit 1");
        let error = PackageIndex::OfPip { python }.resolve().unwrap_err();
        assert_eq!(error.notice().id, "models-no-pip");

        let python = folder.path().join("absent").to_str().unwrap().to_owned();
        let error = PackageIndex::OfPip { python }.resolve().unwrap_err();
        assert!(matches!(error, SourceError::NoIndex { .. }), "{error}");
    }
}
