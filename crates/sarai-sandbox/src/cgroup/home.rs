//! Where in the tree of cgroups a jail's own can be made.
//!
//! With version 1 that is beside the launcher's processes. With version 2 a cgroup that has processes cannot limit its
//! children, so the nearest ancestor that may be written and hands memory and pids on is looked for; one that could hand
//! them on, and has no process in its way, is told to.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fs_err as fs;
use rustix::fs::{Access, access};

use crate::error::SandboxError;
use crate::mountinfo::{self, Mounted};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Controller {
    Memory,
    Pids,
}

impl Controller {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Pids => "pids",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    One,
    Two,
}

/// The folder that a jail's cgroup is made in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Home {
    pub(super) version: Version,
    pub(super) folder: PathBuf,
    /// Whether it must be told first to hand memory and pids on.
    pub(super) handing: Handing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handing {
    Done,
    ToDo,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Homes {
    pub(super) memory: Home,
    pub(super) pids: Home,
}

impl Homes {
    /// Decides by `/proc/self/cgroup`, `/proc/self/mountinfo` and the folders that they name. Changes nothing.
    pub(super) fn find(cgroup: &str, mounts: &str) -> Result<Self, SandboxError> {
        let mounts = mountinfo::parse(mounts);
        let home = |controller| find(controller, cgroup, &mounts).map_err(SandboxError::Cgroup);
        Ok(Self { memory: home(Controller::Memory)?, pids: home(Controller::Pids)? })
    }

    /// Makes them ready and gives them by controller.
    pub(super) fn prepare(self) -> Result<[(Controller, Home); 2], SandboxError> {
        for home in [&self.memory, &self.pids] {
            if home.handing == Handing::ToDo {
                super::write(&home.folder.join("cgroup.subtree_control"), "+memory +pids")
                    .map_err(|error| SandboxError::Cgroup(error.to_string()))?;
            }
        }
        Ok([(Controller::Memory, self.memory), (Controller::Pids, self.pids)])
    }
}

fn find(controller: Controller, cgroup: &str, mounts: &[Mounted]) -> Result<Home, String> {
    let name = controller.name();
    let first = mounts.iter().find(|mount| mount.kind == "cgroup" && mount.super_options.iter().any(|own| own == name));
    if let Some(mount) = first {
        let own = path_of(cgroup, |controllers| controllers.split(',').any(|own| own == name));
        return find_v1(name, &folder_of(mount, own.unwrap_or("/")), &mount.point);
    }
    let Some(mount) = mounts.iter().find(|mount| mount.kind == "cgroup2") else {
        return Err(format!("no cgroup controller `{name}` is mounted: mount cgroup2 on /sys/fs/cgroup"));
    };
    let own = path_of(cgroup, str::is_empty);
    find_v2(&folder_of(mount, own.unwrap_or("/")), &mount.point)
}

/// The path in `/proc/self/cgroup` on the line whose controllers are the wanted ones.
fn path_of(cgroup: &str, wanted: impl Fn(&str) -> bool) -> Option<&str> {
    cgroup.lines().find_map(|line| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        wanted(controllers).then_some(path)
    })
}

/// Where the cgroup `path` is seen; in a container that sees only a part of the tree, the top of that part.
fn folder_of(mount: &Mounted, path: &str) -> PathBuf {
    let inner = Path::new(path).strip_prefix(&mount.root).unwrap_or_else(|_| Path::new(""));
    let folder = mount.point.join(inner);
    if folder.is_dir() { folder } else { mount.point.clone() }
}

fn ancestors<'a>(own: &'a Path, top: &'a Path) -> impl Iterator<Item = &'a Path> {
    own.ancestors().take_while(move |folder| folder.starts_with(top))
}

fn writable(path: &Path) -> bool {
    access(path, Access::WRITE_OK).is_ok()
}

fn find_v1(name: &str, own: &Path, top: &Path) -> Result<Home, String> {
    let folder = ancestors(own, top).find(|folder| writable(folder));
    folder.map(|folder| Home { version: Version::One, folder: folder.to_owned(), handing: Handing::Done }).ok_or_else(
        || format!("no write access to {} ({name}): let the administrator give it to this user", own.display()),
    )
}

fn find_v2(own: &Path, top: &Path) -> Result<Home, String> {
    let needed = BTreeSet::from(["memory", "pids"]);
    let mut reasons = Vec::new();
    for folder in ancestors(own, top) {
        let list = |file: &str| fs::read_to_string(folder.join(file)).unwrap_or_default();
        let lacks = |text: &str| {
            let there: BTreeSet<&str> = text.split_whitespace().collect();
            needed.difference(&there).copied().collect::<Vec<_>>().join(" and ")
        };
        let home = |handing| Home { version: Version::Two, folder: folder.to_owned(), handing };
        let at = folder.display();
        // A process may be moved only by who may write to `cgroup.procs` of the nearest common ancestor.
        if !writable(folder) || !writable(&folder.join("cgroup.procs")) {
            reasons.push(format!("{at} cannot be written"));
        } else if lacks(&list("cgroup.subtree_control")).is_empty() {
            return Ok(home(Handing::Done));
        } else if !lacks(&list("cgroup.controllers")).is_empty() {
            reasons.push(format!("{at} has no controller {}", lacks(&list("cgroup.controllers"))));
        } else if !writable(&folder.join("cgroup.subtree_control")) {
            reasons.push(format!("{at} does not hand memory and pids on"));
        } else if is_root(folder) || list("cgroup.procs").trim().is_empty() {
            return Ok(home(Handing::ToDo));
        } else {
            reasons.push(format!("{at} has processes, so it cannot limit its children"));
        }
    }
    Err(format!(
        "no cgroup in which memory and pids can be limited: {}. Start it in a user session of systemd, or as a service \
         with Delegate=memory pids and DelegateSubgroup=main",
        reasons.join("; ")
    ))
}

/// The root of all cgroups alone has no type, and may have processes beside children.
fn is_root(folder: &Path) -> bool {
    !folder.join("cgroup.type").exists()
}
