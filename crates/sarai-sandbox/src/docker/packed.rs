//! Programs in images of their own, run by the engine without launcher and init.
//!
//! They are held to the same policy, as far as an engine can hold it: no network, no capability, a read-only root, nobody
//! as their user, the same limits and the same list of system calls. What only init adds is not there: landlock, mounts
//! without execution, and the look from inside before anything starts.

use std::io;

use rustix::process::{Resource, getrlimit};

use super::config::{self, Ceilings, Hold};
use super::engine::{Engine, Kind};
use super::image::ProgramImage;
use super::rights;
use super::seccomp::{Callers, Profile};
use crate::cgroup::Owner;
use crate::check::{CheckedPolicy, JailName};
use crate::error::SandboxError;

/// What is asked for where there is no limit: a number that every engine takes.
const UNLIMITED: u64 = 1 << 30;
/// For a program that is told to end, until it is made to.
const END_SECONDS: u32 = 10;

/// An engine that takes images and runs them.
#[derive(Debug, Clone)]
pub struct Containers(Engine);

impl Containers {
    /// # Errors
    /// No Docker and no Podman answers; it says what to do.
    pub fn find() -> Result<Self, SandboxError> {
        Engine::find(|name| std::env::var(name).ok()).map(Self)
    }

    /// `docker` or `podman`.
    #[must_use]
    pub const fn engine(&self) -> &'static str {
        match self.0.kind {
            Kind::Docker => "docker",
            Kind::Podman => "podman",
        }
    }

    /// Gives the engine an image; one of the same name is replaced.
    ///
    /// # Errors
    /// What the engine says.
    pub fn import(&self, image: ProgramImage) -> Result<(), SandboxError> {
        self.0.import(&image.image())
    }

    /// Starts an image under a policy; its root is the image's. The container ends with the value.
    ///
    /// # Errors
    /// What the engine says.
    pub fn run(&self, image: &str, name: &JailName, policy: &CheckedPolicy) -> Result<Container<'_>, SandboxError> {
        let owner = Owner::this().map_err(|error: io::Error| SandboxError::Start(error.to_string()))?;
        super::run::sweep(&self.0, &owner)?;
        rights::check(&policy.mounts)?;
        let profile = Profile::for_engine(self.0.kind, Callers::Program)?;
        let hold = Hold { policy, kind: self.0.kind, profile: profile.option(), ceilings: ceilings() };
        let body = config::packed(&hold, image, &owner.folder_name(name));
        let container = Container { engine: &self.0, id: self.0.create_from(&body)? };
        self.0.start(&container.id)?;
        Ok(container)
    }
}

/// What this process may have itself.
pub(super) fn ceilings() -> Ceilings {
    let most = |resource: Resource| getrlimit(resource).maximum.unwrap_or(UNLIMITED);
    Ceilings { open_files: most(Resource::Nofile), processes: most(Resource::Nproc) }
}

/// A container that runs, until it is dropped.
#[derive(Debug)]
pub struct Container<'a> {
    engine: &'a Engine,
    id: String,
}

impl Container<'_> {
    /// As the engine knows it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether its program runs.
    ///
    /// # Errors
    /// What the engine says.
    pub fn runs(&self) -> Result<bool, SandboxError> {
        Ok(self.engine.inspect(&self.id)?["State"]["Running"] == true)
    }

    /// The last that its program said.
    ///
    /// # Errors
    /// What the engine says.
    pub fn words(&self) -> Result<String, SandboxError> {
        self.engine.words(&self.id)
    }

    /// Lets its program finish, for ten seconds at most.
    ///
    /// # Errors
    /// What the engine says.
    pub fn stop(self) -> Result<(), SandboxError> {
        self.engine.stop(&self.id, END_SECONDS)
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        // If it cannot be removed now, the next launch does it.
        let _ = self.engine.remove(&self.id);
    }
}
