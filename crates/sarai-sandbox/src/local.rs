//! The policy as bubblewrap's arguments.
//!
//! Bubblewrap makes the namespaces and the mounts; everything else is init's. It cannot make mounts without execution,
//! so init keeps the three capabilities that it needs for that, and for forbidding namespaces and emptying the bounding
//! set, and then gives them up.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use fs_err as fs;

use crate::check::{CheckedPolicy, INIT};
use crate::policy::{Access, Root};

/// uid and gid inside; nobody's.
pub(crate) const NOBODY: u32 = 65_534;
pub(crate) const HOST_NAME: &str = "jail";
/// The device files, all there are.
pub(crate) const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];
/// Where bubblewrap is looked for. The first is the place that distributions' exceptions name.
pub(crate) const BUBBLEWRAP: [&str; 2] = ["/usr/bin/bwrap", "/usr/local/bin/bwrap"];

/// Links into `/usr` on most computers, folders of their own on some.
const SYSTEM_FOLDERS: [&str; 6] = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];
/// What the loader needs: its cache, and what distributions choose libraries by.
const SYSTEM_FILES: [&str; 2] = ["/etc/ld.so.cache", "/etc/alternatives"];

/// One thing that [`Root::System`] consists of here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Bind(PathBuf),
    Link { target: PathBuf, at: PathBuf },
}

impl Piece {
    /// If it is a mount, where.
    pub(crate) fn mount_point(&self) -> Option<&Path> {
        match self {
            Self::Bind(path) => Some(path),
            Self::Link { .. } => None,
        }
    }
}

/// What the computer has of a root.
pub(crate) fn pieces(root: Root) -> Vec<Piece> {
    let mut pieces = Vec::new();
    if root == Root::Empty {
        return pieces;
    }
    pieces.push(Piece::Bind(PathBuf::from("/usr")));
    for path in SYSTEM_FOLDERS.map(PathBuf::from) {
        if let Ok(target) = fs::read_link(&path) {
            pieces.push(Piece::Link { target, at: path });
        } else if path.is_dir() {
            pieces.push(Piece::Bind(path));
        }
    }
    pieces.extend(SYSTEM_FILES.map(PathBuf::from).into_iter().filter(|path| path.exists()).map(Piece::Bind));
    pieces
}

/// Every argument of bubblewrap. `launcher` is this program, which becomes the first process inside.
pub(crate) fn arguments(policy: &CheckedPolicy, pieces: &[Piece], launcher: &Path) -> Vec<OsString> {
    let mut list = Arguments(Vec::new());
    for namespace in ["user", "pid", "ipc", "uts", "net", "cgroup"] {
        list.0.push(format!("--unshare-{namespace}").into());
    }
    let nobody = NOBODY.to_string();
    list.add(["--uid", &nobody, "--gid", &nobody, "--hostname", HOST_NAME]);
    list.add(["--die-with-parent", "--new-session", "--as-pid-1", "--chdir", "/"]);
    list.add(["--cap-drop", "ALL"]);
    for capability in ["CAP_SETPCAP", "CAP_SYS_ADMIN", "CAP_SYS_RESOURCE"] {
        list.add(["--cap-add", capability]);
    }
    for piece in pieces {
        match piece {
            Piece::Bind(path) => list.bind("--ro-bind", path, path),
            Piece::Link { target, at } => list.bind("--symlink", target, at),
        }
    }
    list.add(["--proc", "/proc"]);
    for device in DEVICES {
        list.add(["--dev-bind", device, device]);
    }
    list.add(["--perms", "0700", "--size", &policy.limits.tmp_bytes.to_string(), "--tmpfs", "/tmp"]);
    for mount in &policy.mounts {
        let how = match mount.access {
            Access::ReadOnly => "--ro-bind",
            Access::ReadWrite => "--bind",
        };
        list.bind(how, &mount.source, &mount.target);
    }
    list.bind("--ro-bind", launcher, Path::new(INIT));
    list.add(["--remount-ro", "/", "--", INIT, "init"]);
    list.0
}

struct Arguments(Vec<OsString>);

impl Arguments {
    fn add<const N: usize>(&mut self, arguments: [&str; N]) {
        self.0.extend(arguments.map(OsString::from));
    }

    fn bind(&mut self, how: &str, source: &Path, target: &Path) {
        self.0.extend([how.into(), source.into(), target.into()]);
    }
}

#[cfg(test)]
mod tests;
