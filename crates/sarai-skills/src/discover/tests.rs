//! Folders in, skills and complaints out.

use std::os::unix::fs::symlink;

use super::*;

const PROCESS: &str = "version = \"1.0.0\"\ncommand = [\"bin/x\"]\n";

/// A computer with nothing on it but what a test puts there.
struct Computer {
    root: tempfile::TempDir,
}

impl Computer {
    fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap() }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        fs_err::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs_err::write(self.path(path), text).unwrap();
    }

    fn skill(&self, folder: &str) {
        let name = folder.rsplit('/').next().unwrap();
        self.write(&format!("{folder}/SKILL.md"), &format!("---\nname: {name}\ndescription: In {folder}.\n---\nDo.\n"));
    }

    fn link(&self, path: &str, target: &str) {
        fs_err::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        symlink(self.path(target), self.path(path)).unwrap();
    }

    fn discover(&self) -> Found {
        let [built_in, project, user, home] = ["program", "home/project", "home/data", "home"].map(|p| self.path(p));
        discover(&Shelf::all(Some(&built_in), Some(&project), Some(&user), Some(&home)))
    }

    /// What was found, in words, with the paths of this computer.
    fn said(&self) -> [Vec<String>; 3] {
        let found = self.discover();
        let short =
            |text: String| text.replace(&format!("{}/", self.root.path().canonicalize().unwrap().display()), "");
        let skills = found
            .skills
            .iter()
            .map(|skill| short(format!("{} {:?} {}", skill.name(), skill.origin(), skill.folder().display())));
        let broken = found.broken.iter().map(|broken| {
            let problems: Vec<String> = broken.problems.iter().map(ToString::to_string).collect();
            let name = broken.name.as_ref().map_or("-", SkillName::as_str);
            short(format!("{name}: {}", problems.join("; ")))
        });
        let remarks = found.remarks.iter().map(|remark| short(format!("{remark:?}")));
        [skills.collect(), broken.collect(), remarks.collect()]
    }
}

const NOTHING: [&str; 0] = [];

#[test]
fn nothing_is_found_where_nothing_is() {
    let computer = Computer::new();
    let [skills, broken, remarks] = computer.said();
    assert_eq!((skills.len(), broken.len(), remarks.len()), (0, 0, 0));
    assert!(Shelf::all(None, None, None, None).is_empty());
    // A person who works in the home folder is in no project.
    let home = Path::new("/home/ana");
    let origins: Vec<Origin> = Shelf::all(None, Some(home), None, Some(home)).iter().map(|s| s.origin).collect();
    assert_eq!(origins, [Origin::Shared]);
}

#[test]
fn the_earlier_shelf_wins_and_the_other_is_named() {
    let computer = Computer::new();
    computer.skill("home/.agents/skills/notes");
    computer.skill("home/project/.agents/skills/notes");
    computer.skill("home/data/notes");
    computer.skill("home/data/mine");
    computer.skill("home/project/.agents/skills/sql");
    computer.skill("program/sql");
    let [skills, broken, remarks] = computer.said();
    assert_eq!(
        skills,
        ["mine User home/data/mine", "notes Project home/project/.agents/skills/notes", "sql BuiltIn program/sql"]
    );
    assert_eq!(broken, NOTHING);
    assert_eq!(remarks.len(), 3, "{remarks:?}");
    assert!(remarks[0].contains("Shadowed") && remarks[0].contains("home/project/.agents/skills/sql"), "{remarks:?}");
}

#[test]
fn a_broken_skill_keeps_its_name() {
    let computer = Computer::new();
    computer.skill("home/project/.agents/skills/notes");
    computer.write("home/project/.agents/skills/notes/sarai.skill.toml", "version = 1\nroot = \"full\"\n");
    computer.skill("home/data/notes");
    let [skills, broken, remarks] = computer.said();
    assert_eq!(skills, NOTHING);
    assert_eq!(broken.len(), 1);
    assert!(broken[0].starts_with("notes: home/project/.agents/skills/notes/sarai.skill.toml:1: version is"));
    assert!(remarks[0].contains("Shadowed"));
}

#[test]
fn folders_are_looked_into_a_few_levels_deep() {
    let computer = Computer::new();
    computer.skill("home/data/a/b/c/four");
    computer.skill("home/data/a/b/c/d/five");
    computer.skill("home/data/one");
    computer.skill("home/data/one/inner");
    computer.skill("home/data/.hidden/x");
    computer.skill("home/data/node_modules/y");
    computer.write("home/data/README.md", "no skill");
    let [skills, broken, remarks] = computer.said();
    assert_eq!(skills, ["four User home/data/a/b/c/four", "one User home/data/one"]);
    assert_eq!((broken.len(), remarks.len()), (0, 0));
}

#[test]
fn links_are_followed_where_the_person_made_them() {
    let computer = Computer::new();
    computer.skill("home/code/real");
    computer.skill("home/project/tools/inner");
    computer.link("home/data/alias", "home/code/real");
    computer.link("home/data/circle", "home/data");
    computer.link("home/data/gone", "home/nowhere");
    computer.link("home/project/.agents/skills/inside", "home/project/tools/inner");
    computer.link("home/project/.agents/skills/outside", "home/code/real");
    let [skills, broken, remarks] = computer.said();
    assert_eq!(skills, ["alias User home/code/real", "inside Project home/project/tools/inner"]);
    assert_eq!(broken, ["-: home/data/gone cannot be read: entity not found"]);
    // The names of the two links are not those in the files.
    assert_eq!(remarks.iter().filter(|remark| remark.starts_with("NameDiffers")).count(), 2, "{remarks:?}");
    assert_eq!(remarks.iter().filter(|remark| remark.starts_with("LinkLeadsOut")).count(), 1, "{remarks:?}");
}

#[test]
fn a_whole_shelf_that_leads_out_of_its_project_is_left_alone() {
    let computer = Computer::new();
    computer.skill("home/code/real");
    computer.link("home/project/.agents/skills", "home/code");
    let [skills, _, remarks] = computer.said();
    assert_eq!(skills, NOTHING);
    assert!(remarks[0].starts_with("LinkLeadsOut"), "{remarks:?}");
}

#[test]
fn files_that_are_links_out_of_the_folder_are_refused_everywhere() {
    let computer = Computer::new();
    computer.write("home/secret", "---\ndescription: secret\n---\n");
    computer.write("home/grammar.gbnf", "root ::= \"a\"");
    computer.link("home/data/one/SKILL.md", "home/secret");
    computer.skill("home/data/two");
    computer.write("home/data/two/sarai.skill.toml", "version = \"1.0.0\"\n[grammar]\nfile = \"g.gbnf\"\n");
    computer.link("home/data/two/g.gbnf", "home/grammar.gbnf");
    computer.skill("home/data/three");
    computer.write("home/data/three/real.md", "---\ndescription: d\n---\n");
    fs_err::remove_file(computer.path("home/data/three/SKILL.md")).unwrap();
    computer.link("home/data/three/SKILL.md", "home/data/three/real.md");
    let [skills, broken, _] = computer.said();
    assert_eq!(skills, ["three User home/data/three"]);
    assert_eq!(
        broken,
        [
            "one: home/data/one/SKILL.md leads out of the skill's folder, to home/secret",
            "two: home/data/two/g.gbnf leads out of the skill's folder, to home/grammar.gbnf",
        ]
    );
}

#[test]
fn files_that_are_no_texts_or_too_long_are_refused() {
    let computer = Computer::new();
    computer.write("home/data/a/SKILL.md", &"x".repeat(SKILL_FILE_BYTES_MAX + 1));
    computer.skill("home/data/b");
    computer.write("home/data/b/sarai.skill.toml", &"#".repeat(MANIFEST_BYTES_MAX + 1));
    fs_err::create_dir_all(computer.path("home/data/c")).unwrap();
    fs_err::write(computer.path("home/data/c/SKILL.md"), [0xff, 0xfe]).unwrap();
    fs_err::create_dir_all(computer.path("home/data/d/SKILL.md")).unwrap();
    computer.write("home/data/e/sarai.skill.toml", PROCESS);
    computer.skill("home/data/Año nuevo");
    let [skills, broken, remarks] = computer.said();
    assert_eq!(skills, NOTHING);
    assert_eq!(
        broken,
        [
            "-: home/data/Año nuevo/SKILL.md: \"Año nuevo\" is no name of a skill",
            "a: home/data/a/SKILL.md is larger than 65536 bytes",
            "b: home/data/b/sarai.skill.toml is larger than 65536 bytes",
            "c: home/data/c/SKILL.md is not UTF-8 text",
            "d: home/data/d/SKILL.md cannot be read: unsupported",
        ]
    );
    assert!(remarks[0].starts_with("NoSkillFile"), "{remarks:?}");
}

#[test]
fn a_pipe_is_not_waited_for() {
    let computer = Computer::new();
    fs_err::create_dir_all(computer.path("home/data/p")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, computer.path("home/data/p/SKILL.md"), 0o600.into()).unwrap();
    let [_, broken, _] = computer.said();
    assert_eq!(broken, ["p: home/data/p/SKILL.md cannot be read: unsupported"]);
}

#[test]
fn a_folder_that_cannot_have_its_name_takes_the_one_in_the_file() {
    let computer = Computer::new();
    computer.write("home/data/My Notes/SKILL.md", "---\nname: my-notes\ndescription: d\n---\n");
    let [skills, broken, remarks] = computer.said();
    assert_eq!(skills, ["my-notes User home/data/My Notes"]);
    assert_eq!(broken, NOTHING);
    assert!(remarks[0].starts_with("NameDiffers"), "{remarks:?}");
}

#[test]
fn programs_are_checked_when_they_are_to_run() {
    let computer = Computer::new();
    computer.skill("home/data/x");
    computer.write("home/data/x/sarai.skill.toml", PROCESS);
    let check = || {
        let found = computer.discover();
        check_program(&found.skills[0]).map_err(|problem| problem.notice().id)
    };
    assert_eq!(check(), Err("skills-program-missing"));
    computer.write("home/data/x/bin/x", "#!/bin/sh\n");
    assert_eq!(check(), Err("skills-program-not-executable"));
    let program = computer.path("home/data/x/bin/x");
    fs_err::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    assert_eq!(check(), Ok(()));
    fs_err::remove_file(&program).unwrap();
    fs_err::create_dir(&program).unwrap();
    assert_eq!(check(), Err("skills-program-not-a-file"));
    fs_err::remove_dir(&program).unwrap();
    symlink("/bin/sh", &program).unwrap();
    assert_eq!(check(), Err("skills-leads-out"));
}

#[test]
fn a_skill_is_read_again_as_it_is_now() {
    let computer = Computer::new();
    computer.skill("home/data/x");
    let skill = computer.discover().skills.remove(0);
    computer.write("home/data/x/SKILL.md", "---\ndescription: new\n---\nNew.\n");
    let again = reread(&skill).unwrap();
    assert_eq!((again.description(), again.instructions(), again.name()), ("new", "New.", skill.name()));
    computer.write("home/data/x/sarai.skill.toml", "x = 1");
    assert_eq!(reread(&skill).unwrap_err().len(), 2);
}

#[test]
fn shelves_have_limits() {
    let computer = Computer::new();
    for number in 0..SKILLS_MAX + 10 {
        computer.skill(&format!("home/data/s{number:04}"));
    }
    let found = computer.discover();
    assert_eq!(found.skills.len(), SKILLS_MAX);
    assert!(matches!(found.remarks[..], [Remark::TooMany { max: SKILLS_MAX, .. }]));
    for number in 0..FOLDERS_MAX + 10 {
        fs_err::create_dir_all(computer.path(&format!("home/.agents/skills/{number:04}"))).unwrap();
    }
    let found = computer.discover();
    assert!(found.remarks.iter().any(|remark| matches!(remark, Remark::TooMany { max: FOLDERS_MAX, .. })));
}
