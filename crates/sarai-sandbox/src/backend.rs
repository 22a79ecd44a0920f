//! Who enforces a policy.

use std::fmt;

/// The three that a jail can be made by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Backend {
    /// bubblewrap, and what the kernel has besides.
    Local,
    /// Docker or Podman, by their API.
    Docker,
    /// Nobody: the program runs as it is. For development, and said aloud on every start.
    Disabled,
}

impl Backend {
    pub const ALL: [Self; 3] = [Self::Local, Self::Docker, Self::Disabled];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Docker => "docker",
            Self::Disabled => "disabled",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|backend| backend.name() == name)
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
