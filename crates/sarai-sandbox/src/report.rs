//! What really holds, layer by layer.
//!
//! The jail's first process looks from inside before it starts the program, the launcher adds what only it can see, and
//! writes a [`Report`] as TOML to the file that the caller named. A report in which a promised layer is
//! [`State::NotHeld`] is the report of a program that was not started.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::backend::Backend;
use crate::check::JailName;
use crate::error::SandboxError;

macro_rules! layers {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)+) => {
        /// One thing that a jail promises.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Layer { $($(#[$doc])* $variant,)+ }

        impl Layer {
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// For reports, metrics and logs.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

layers! {
    /// A user that is nobody outside: uid 65534 in a namespace of its own.
    UserNamespace = "user-namespace",
    MountNamespace = "mount-namespace",
    /// Sees and reaches no process but its own; all of them end with the first.
    PidNamespace = "pid-namespace",
    IpcNamespace = "ipc-namespace",
    UtsNamespace = "uts-namespace",
    /// No interface but the loopback.
    NetworkNamespace = "network-namespace",
    CgroupNamespace = "cgroup-namespace",
    /// It cannot make namespaces of its own, where it would have capabilities.
    NoNestedNamespaces = "no-nested-namespaces",
    /// A session of its own, without a terminal.
    Session = "session",
    /// uid and gid 65534.
    User = "user",
    /// None, in any set, the bounding set among them.
    Capabilities = "capabilities",
    NoNewPrivileges = "no-new-privileges",
    /// Only what the policy says can be written, and `/tmp`.
    ReadOnlyRoot = "read-only-root",
    /// Nothing that can be written can be run; no devices, no privileged files.
    NoExecute = "no-execute",
    /// The mounts are the files that the launcher looked at.
    Mounts = "mounts",
    /// `/proc` is read-only and shows nothing of the computer's secrets.
    Proc = "proc",
    /// No open file but the three standard ones.
    Descriptors = "descriptors",
    /// Only the calls of the list; sockets are Unix sockets.
    Seccomp = "seccomp",
    LandlockFiles = "landlock-files",
    LandlockNetwork = "landlock-network",
    LandlockScope = "landlock-scope",
    OpenFiles = "open-files",
    FileSize = "file-size",
    /// What `/tmp` holds.
    TmpSize = "tmp-size",
    /// Memory and swap of all processes together.
    Memory = "memory",
    Pids = "pids",
}

impl Layer {
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|layer| layer.name() == name)
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether a layer holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", content = "why", rename_all = "kebab-case")]
pub enum State {
    Held,
    NotHeld(String),
    /// Nothing to hold here; what it would guard is guarded by another layer, or promised by nobody.
    NotApplicable(String),
}

impl State {
    /// Held if `outcome` is fine, else not held for the reason it gives.
    pub(crate) fn of(outcome: Result<(), String>) -> Self {
        match outcome {
            Ok(()) => Self::Held,
            Err(why) => Self::NotHeld(why),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held => f.write_str("held"),
            Self::NotHeld(why) => write!(f, "NOT HELD: {why}"),
            Self::NotApplicable(why) => write!(f, "not applicable: {why}"),
        }
    }
}

/// The state of every layer that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effective {
    layers: BTreeMap<Layer, State>,
}

impl Effective {
    pub fn set(&mut self, layer: Layer, state: State) {
        self.layers.insert(layer, state);
    }

    /// Nothing enforced, as the `disabled` back end has it.
    #[must_use]
    pub fn nothing(why: &str) -> Self {
        Self { layers: Layer::ALL.iter().map(|&layer| (layer, State::NotHeld(why.to_owned()))).collect() }
    }

    /// A layer that nobody looked at is not held.
    #[must_use]
    pub fn state(&self, layer: Layer) -> State {
        self.layers.get(&layer).cloned().unwrap_or_else(|| State::NotHeld("nobody looked".to_owned()))
    }

    /// All layers, in the order of [`Layer::ALL`].
    pub fn layers(&self) -> impl Iterator<Item = (Layer, State)> + '_ {
        Layer::ALL.iter().map(|&layer| (layer, self.state(layer)))
    }

    /// The first layer that does not hold, and why.
    #[must_use]
    pub fn broken(&self) -> Option<(Layer, String)> {
        self.broken_but(&[])
    }

    /// The same, without those that somebody else answers for.
    pub(crate) fn broken_but(&self, others: &[Layer]) -> Option<(Layer, String)> {
        self.layers().filter(|(layer, _)| !others.contains(layer)).find_map(|(layer, state)| match state {
            State::NotHeld(why) => Some((layer, why)),
            State::Held | State::NotApplicable(_) => None,
        })
    }
}

/// How the start of a jail went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub backend: Backend,
    pub name: JailName,
    /// As far as it came; without an error everything promised holds (except with [`Backend::Disabled`]).
    pub effective: Effective,
    /// Why the program was not started.
    pub error: Option<SandboxError>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportForm {
    backend: String,
    name: String,
    error: Option<SandboxError>,
    #[serde(default)]
    layers: BTreeMap<String, State>,
}

impl Report {
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(&ReportForm {
            backend: self.backend.name().to_owned(),
            name: self.name.as_str().to_owned(),
            error: self.error.clone(),
            layers: self
                .effective
                .layers
                .iter()
                .map(|(layer, state)| (layer.name().to_owned(), state.clone()))
                .collect(),
        })
    }

    pub fn from_toml(text: &str) -> Result<Self, SandboxError> {
        let odd = |what: String| SandboxError::Start(format!("the report cannot be read: {what}"));
        let form: ReportForm = toml::from_str(text).map_err(|error| odd(error.to_string()))?;
        let mut effective = Effective::default();
        for (name, state) in form.layers {
            effective.set(Layer::from_name(&name).ok_or_else(|| odd(format!("no layer {name}")))?, state);
        }
        Ok(Self {
            backend: Backend::from_name(&form.backend).ok_or_else(|| odd(format!("no back end {}", form.backend)))?,
            name: JailName::new(&form.name).map_err(|error| odd(error.to_string()))?,
            effective,
            error: form.error,
        })
    }
}
