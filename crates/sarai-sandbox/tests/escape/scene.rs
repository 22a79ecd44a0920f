//! What attempts find, and what they are aimed at.

use std::io::{BufRead, BufReader};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::io::FdFlags;
use tempfile::TempDir;

use crate::programs::Programs;

/// The variable that must not get in.
pub(crate) const LEAK: &str = "SARAI_ESCAPE_LEAK";
/// Where things are inside.
pub(crate) const PROBE: &str = "/probe";
pub(crate) const READ_WRITE: &str = "/rw";
pub(crate) const READ_ONLY: &str = "/ro";

/// Everything outside that attempts try to reach, for the whole test.
#[derive(Debug)]
pub(crate) struct Outside {
    folder: TempDir,
    pub(crate) mark: String,
    helper: Child,
    /// `tcp` → a port, and so on, as the helper says.
    ways: Vec<(String, String)>,
    /// Stays open, and is inherited by all that is started.
    namespace: OwnedFd,
}

impl Outside {
    pub(crate) fn open(programs: &Programs) -> Self {
        let folder = TempDir::with_prefix("sarai-escape-").expect("a folder");
        // Where nobody is tried as nobody.
        set_mode(folder.path(), 0o755);
        let mark =
            format!("mark-{}-{:x}", std::process::id(), std::time::UNIX_EPOCH.elapsed().expect("a clock").as_nanos());
        let outside = folder.path().join("outside");
        fs_err::create_dir(&outside).expect("a folder");
        fs_err::write(outside.join("canary"), &mark).expect("a canary");
        let mut helper = Command::new(&programs.probe)
            .arg("help-outside")
            .args([outside.as_os_str(), mark.as_ref()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the helper runs");
        let mut line = String::new();
        BufReader::new(helper.stdout.take().expect("a pipe")).read_line(&mut line).expect("the helper speaks");
        let ways = line.split_whitespace().filter_map(|word| word.split_once('='));
        let ways = ways.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let namespace = OwnedFd::from(fs_err::File::open("/proc/self/ns/net").expect("a namespace").into_parts().0);
        rustix::io::fcntl_setfd(&namespace, FdFlags::empty()).expect("it can be inherited");
        Self { folder, mark, helper, ways, namespace }
    }

    pub(crate) fn scene(&self, programs: &Programs) -> Scene {
        let folder = TempDir::with_prefix_in("scene-", self.folder.path()).expect("a folder");
        set_mode(folder.path(), 0o755);
        for name in ["rw", "ro", "tmp", "mount"] {
            let path = folder.path().join(name);
            fs_err::create_dir(&path).expect("a folder");
            fs_err::write(path.join("file"), "what it holds").expect("a file");
            // A container's nobody is nobody outside, too.
            set_mode(&path, if name == "rw" { 0o777 } else { 0o755 });
            set_mode(&path.join("file"), 0o666);
        }
        for copy in ["init", "program", "ro/set-id"] {
            fs_err::copy(&programs.probe, folder.path().join(copy)).expect("a copy");
        }
        set_mode(&folder.path().join("ro/set-id"), 0o4755);
        let victim = Command::new(&programs.probe).args(["victim", &format!("{}victim", self.mark)]).spawn();
        Scene { folder, victim: victim.expect("the victim runs") }
    }

    /// What stands for `place`, if it is something outside.
    fn outside(&self, place: &str) -> Option<String> {
        let outside = self.folder.path().join("outside");
        Some(match place {
            "mark" => self.mark.clone(),
            "outside" => text(&outside),
            "canary" => text(&outside.join("canary")),
            // Seen from a scene's folders.
            "above" => "../outside/canary".to_owned(),
            "namespace" => self.namespace.as_raw_fd().to_string(),
            "passwd" => longest_line("/etc/passwd"),
            "cgroup" => cgroup().to_owned(),
            way => self.ways.iter().find(|(name, _)| name == way)?.1.clone(),
        })
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        drop(self.helper.stdin.take());
        let _ = self.helper.wait();
    }
}

/// A word of it, since commands are cut into words.
fn longest_line(path: &str) -> String {
    let all = fs_err::read_to_string(path).expect("it is there");
    all.split_whitespace().max_by_key(|word| word.len()).unwrap_or_default().to_owned()
}

fn cgroup() -> &'static str {
    let old = "/sys/fs/cgroup/memory";
    if Path::new(old).exists() { old } else { "/sys/fs/cgroup" }
}

/// The folders of one run.
#[derive(Debug)]
pub(crate) struct Scene {
    folder: TempDir,
    victim: Child,
}

impl Scene {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The command as it is said outside.
    pub(crate) fn command_outside(&self, outside: &Outside, command: &str) -> Vec<String> {
        fill(command, |place| match place {
            "rw" | "ro" | "tmp" | "mount" | "init" | "program" => Some(text(&self.path(place))),
            _ => self.anywhere(outside, place),
        })
    }

    /// The command as it is said inside.
    pub(crate) fn command_inside(&self, outside: &Outside, command: &str) -> Vec<String> {
        fill(command, |place| match place {
            "rw" => Some(READ_WRITE.to_owned()),
            "ro" | "mount" => Some(READ_ONLY.to_owned()),
            "tmp" => Some("/tmp".to_owned()),
            "init" => Some(sarai_sandbox::INIT.to_owned()),
            "program" => Some(PROBE.to_owned()),
            _ => self.anywhere(outside, place),
        })
    }

    fn anywhere(&self, outside: &Outside, place: &str) -> Option<String> {
        match place {
            "victim" => Some(self.victim.id().to_string()),
            _ => outside.outside(place),
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = self.victim.kill();
        let _ = self.victim.wait();
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn set_mode(path: &Path, mode: u32) {
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("a mode");
}

/// The words of a command, with something for each place in braces.
fn fill(command: &str, find: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let one = |word: &str| -> String {
        let Some((before, rest)) = word.split_once('{') else { return word.to_owned() };
        let (place, after) = rest.split_once('}').expect("a closing brace");
        format!("{before}{}{after}", find(place).unwrap_or_else(|| panic!("no place {place}")))
    };
    command.split(' ').map(one).collect()
}
