//! Decisions about trees of cgroups, in folders that look like them.

use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::home::Handing;
use super::*;

/// A folder that looks like a mounted cgroup file system.
struct Tree {
    top: TempDir,
}

impl Tree {
    fn new() -> Self {
        Self { top: tempfile::tempdir().unwrap() }
    }

    fn path(&self, inner: &str) -> PathBuf {
        self.top.path().join(inner)
    }

    /// A cgroup of version 2: its controllers, those that it hands on, and its processes.
    fn v2(&self, inner: &str, controllers: &str, handed_on: &str, processes: &str) -> &Self {
        let folder = self.path(inner);
        fs::create_dir_all(&folder).unwrap();
        for (file, text) in
            [("cgroup.controllers", controllers), ("cgroup.subtree_control", handed_on), ("cgroup.procs", processes)]
        {
            fs::write(folder.join(file), text).unwrap();
        }
        // Only the root has no type.
        if !inner.is_empty() {
            fs::write(folder.join("cgroup.type"), "domain").unwrap();
        }
        self
    }

    fn v2_home(&self, own: &str) -> Result<Home2, String> {
        let mounts = format!("30 20 0:26 / {} rw,nosuid - cgroup2 cgroup2 rw\n", self.top.path().display());
        match Homes::find(&format!("0::/{own}\n"), &mounts) {
            Ok(homes) => {
                assert_eq!(homes.memory, homes.pids);
                let inner = homes.memory.folder.strip_prefix(self.top.path()).unwrap().display().to_string();
                Ok((inner, homes.memory.handing))
            }
            Err(SandboxError::Cgroup(why)) => Err(why),
            Err(other) => panic!("{other}"),
        }
    }
}

type Home2 = (String, Handing);

const BOTH: &str = "cpu memory pids";

#[test]
fn with_version_2_the_nearest_ancestor_that_hands_on_is_taken() {
    let tree = Tree::new();
    tree.v2("", BOTH, BOTH, "1\n").v2("user", BOTH, BOTH, "").v2("user/app", BOTH, BOTH, "").v2(
        "user/app/terminal",
        BOTH,
        "",
        "4711\n",
    );
    assert_eq!(tree.v2_home("user/app/terminal"), Ok(("user/app".to_owned(), Handing::Done)));
}

#[test]
fn with_version_2_one_without_processes_is_told_to_hand_on() {
    let tree = Tree::new();
    tree.v2("", "cpu", "cpu", "").v2("service", BOTH, "", "").v2("service/main", "", "", "4711\n");
    assert_eq!(tree.v2_home("service/main"), Ok(("service".to_owned(), Handing::ToDo)));
}

#[test]
fn with_version_2_one_with_processes_cannot_hand_on_unless_it_is_the_root() {
    let tree = Tree::new();
    tree.v2("", "cpu", "cpu", "1\n").v2("service", BOTH, "", "4711\n");
    let why = tree.v2_home("service").unwrap_err();
    assert!(why.contains("has processes") && why.contains("no controller memory and pids"), "{why}");
    assert!(why.contains("DelegateSubgroup"), "what to do: {why}");

    let tree = Tree::new();
    tree.v2("", BOTH, "", "1\n4711\n");
    assert_eq!(tree.v2_home(""), Ok((String::new(), Handing::ToDo)));
}

#[test]
fn with_version_2_a_controller_that_is_missing_is_named() {
    let tree = Tree::new();
    tree.v2("", "cpu memory", "cpu memory", "");
    let why = tree.v2_home("").unwrap_err();
    assert!(why.contains("no controller pids"), "{why}");
}

#[test]
fn what_cannot_be_written_is_passed_over() {
    if rustix::process::getuid().is_root() {
        // Root may write anywhere, so a folder whose file is missing stands for one that may not be written.
        let tree = Tree::new();
        tree.v2("", BOTH, BOTH, "").v2("app", BOTH, BOTH, "4711\n");
        fs::remove_file(tree.path("app/cgroup.procs")).unwrap();
        assert_eq!(tree.v2_home("app"), Ok((String::new(), Handing::Done)));
        return;
    }
    let tree = Tree::new();
    tree.v2("", BOTH, BOTH, "").v2("app", BOTH, BOTH, "4711\n");
    fs::set_permissions(tree.path("app"), std::fs::Permissions::from_mode(0o555)).unwrap();
    assert_eq!(tree.v2_home("app"), Ok((String::new(), Handing::Done)));
}

/// Version 1, memory and pids mounted in folders of their own.
fn v1(tree: &Tree, memory_root: &str) -> String {
    let top = tree.top.path().display();
    format!(
        "31 20 0:27 {memory_root} {top}/memory rw - cgroup cgroup rw,memory\n\
         32 20 0:28 / {top}/pids rw - cgroup cgroup rw,pids\n\
         33 20 0:29 / {top}/unified rw - cgroup2 cgroup2 rw\n"
    )
}

#[test]
fn with_version_1_each_controller_has_its_own_tree() {
    let tree = Tree::new();
    fs::create_dir_all(tree.path("memory/box/me")).unwrap();
    fs::create_dir_all(tree.path("pids")).unwrap();
    let homes = Homes::find("4:memory:/box/me\n8:pids:/\n0::/\n", &v1(&tree, "/")).unwrap();
    assert_eq!((homes.memory.version, homes.memory.folder), (Version::One, tree.path("memory/box/me")));
    assert_eq!((homes.pids.version, homes.pids.folder), (Version::One, tree.path("pids")));
}

#[test]
fn in_a_container_that_sees_only_its_part_paths_begin_there() {
    let tree = Tree::new();
    fs::create_dir_all(tree.path("memory/inner")).unwrap();
    fs::create_dir_all(tree.path("pids")).unwrap();
    let homes = Homes::find("4:memory:/docker/abc/inner\n8:pids:/\n", &v1(&tree, "/docker/abc")).unwrap();
    assert_eq!(homes.memory.folder, tree.path("memory/inner"));
    // A path that this mount does not show: its top is taken.
    let homes = Homes::find("4:memory:/elsewhere\n8:pids:/\n", &v1(&tree, "/docker/abc")).unwrap();
    assert_eq!(homes.memory.folder, tree.path("memory"));
}

#[test]
fn without_controllers_there_is_no_jail() {
    let error = Homes::find("0::/\n", "20 1 0:20 / / rw - ext4 /dev/x rw\n").unwrap_err();
    assert!(matches!(&error, SandboxError::Cgroup(why) if why.contains("`memory`")), "{error}");
}

const LIMITS: Limits = Limits { memory_bytes: 64 << 20, pids: 10, open_files: 16, tmp_bytes: 4096, file_bytes: 4096 };

#[test]
fn the_limits_of_both_versions() {
    let settings = |controller, version| {
        let part = Part { controller, version, folder: PathBuf::new() };
        part.settings(&LIMITS).into_iter().map(|setting| (setting.file, setting.value)).collect::<Vec<_>>()
    };
    assert_eq!(
        settings(Controller::Memory, Version::One),
        [("memory.limit_in_bytes", 64 << 20), ("memory.memsw.limit_in_bytes", 64 << 20)]
    );
    assert_eq!(settings(Controller::Memory, Version::Two), [("memory.max", 64 << 20), ("memory.swap.max", 0)]);
    for version in [Version::One, Version::Two] {
        assert_eq!(settings(Controller::Pids, version), [("pids.max", 12)]);
    }
}

#[test]
fn a_limit_that_does_not_stick_is_an_error() {
    let tree = Tree::new();
    let part = Part { controller: Controller::Memory, version: Version::Two, folder: tree.top.path().to_owned() };
    let no_swap = "Filename\tType\tSize\tUsed\tPriority\n";
    let swap = "Filename\tType\tSize\tUsed\tPriority\n/dev/sda2\tpartition\t1\t0\t-2\n";
    // No file to write a limit to.
    assert!(part.limit(&LIMITS, no_swap).is_err());
    fs::write(tree.path("memory.max"), "").unwrap();
    // Swap that is not accounted is no swap limit, unless there is none.
    assert_eq!(part.limit(&LIMITS, no_swap), Ok(()));
    let why = part.limit(&LIMITS, swap).unwrap_err();
    assert!(why.contains("swap"), "{why}");
    fs::write(tree.path("memory.swap.max"), "").unwrap();
    assert_eq!(part.limit(&LIMITS, swap), Ok(()));
}

#[test]
fn only_what_a_dead_launcher_of_this_namespace_left_is_an_orphan() {
    let me = Owner::this().unwrap();
    let jail = JailName::new("sql.main").unwrap();
    let mine = me.folder_name(&jail);
    assert!(!me.is_orphan(&mine), "{mine}: its launcher lives");
    let parts: Vec<&str> = mine.splitn(5, '.').collect();
    let [prefix, namespace, pid, started, name] = parts[..] else { panic!("{mine}") };
    assert_eq!(name, "sql.main");
    // The same process id, but another process.
    assert!(me.is_orphan(&format!("{prefix}.{namespace}.{pid}.{started}1.{name}")));
    // No process of this number at all.
    assert!(me.is_orphan(&format!("{prefix}.{namespace}.4194304.{started}.{name}")));
    for stranger in [
        format!("{prefix}.1{namespace}.4194304.{started}.{name}"),
        format!("{prefix}.{namespace}.x.{started}.{name}"),
        format!("{prefix}.{namespace}"),
        "sarai-jailer.1.2.3.x".to_owned(),
        "user.slice".to_owned(),
    ] {
        assert!(!me.is_orphan(&stranger), "{stranger}");
    }
}
