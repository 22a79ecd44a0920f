//! Wishes and agreements in, consent out.

use super::*;
use crate::manifest::{self, ManifestKind};
use crate::skill::{Facts, Places, View};

const HOME: &str = "/home/ana";

fn skill_from(origin: Origin, folder: &str, manifest: &str, content: &str) -> Skill<Declared> {
    let text = format!("version = \"1.0.0\"\n{manifest}");
    let manifest = manifest::parse(Path::new("m"), &text).unwrap();
    let work = match manifest.kind {
        ManifestKind::Prompt { .. } => Work::Prompt { grammar: None },
        ManifestKind::Process(process) => Work::Process(process),
    };
    let digest = ContentDigest::from_hex(&content.repeat(32)).unwrap();
    Skill::new(Facts {
        name: "sums".parse().unwrap(),
        origin,
        folder: PathBuf::from(folder),
        version: manifest.version,
        description: "Adds.".to_owned(),
        instructions: String::new(),
        content: is_pinned(origin, &work).then_some(digest),
        work,
        routing: manifest.routing,
    })
}

/// A computer where everything exists but what is below `/missing`, and `~/link` leads to the state folder.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    match path.to_str().unwrap() {
        path if path.starts_with("/missing") => Err(io::ErrorKind::NotFound.into()),
        "/home/ana/link" => Ok(PathBuf::from("/home/ana/state/audit")),
        path => Ok(PathBuf::from(path)),
    }
}

fn decide(skill: Skill<Declared>, trusts: &Trusts, owner: &OwnerData) -> Consent {
    let protected = [PathBuf::from("/home/ana/state"), PathBuf::from("/home/ana/config")];
    consent(skill, trusts, owner, &Ground { home: Path::new(HOME), protected: &protected, resolve: &resolve })
}

fn news_of(skill: Skill<Declared>, trusts: &Trusts) -> Vec<&'static str> {
    match decide(skill, trusts, &OwnerData::default()) {
        Consent::Granted { .. } => Vec::new(),
        Consent::Ask(question) => question.news().iter().map(|news| news.notice().id).collect(),
        Consent::Refused(problems) => panic!("{problems:?}"),
    }
}

fn accepted(skill: Skill<Declared>) -> Trusts {
    let mut trusts = Trusts::default();
    match decide(skill, &trusts, &OwnerData::default()) {
        Consent::Ask(question) => trusts.add(question.accept().1),
        other => panic!("{other:?}"),
    }
    trusts
}

const PROMPT: &str = "";
const BARE: &str = "command = [\"bin/x\"]";
const FULL: &str = "command = [\"py\", \"a\"]\nroot = \"system\"\n[grants]\nread = [\"~/docs\"]\nwrite = [\"/srv/out\"]
generate = { tokens_per_call = 100, calls_per_minute = 10 }";

#[test]
fn who_is_asked() {
    let none = Trusts::default();
    for (origin, manifest, expect) in [
        (Origin::BuiltIn, PROMPT, &[][..]),
        (Origin::BuiltIn, FULL, &[]),
        (Origin::User, PROMPT, &[]),
        (Origin::Shared, PROMPT, &[]),
        (Origin::Project, PROMPT, &["skills-new-skill"]),
        (Origin::User, BARE, &["skills-new-skill", "skills-new-runs"]),
        (Origin::Shared, BARE, &["skills-new-skill", "skills-new-runs"]),
        (
            Origin::User,
            FULL,
            &[
                "skills-new-skill",
                "skills-new-runs",
                "skills-new-system",
                "skills-new-generates",
                "skills-new-reads",
                "skills-new-writes",
            ],
        ),
    ] {
        assert_eq!(news_of(skill_from(origin, "/s", manifest, "00"), &none), expect, "{origin:?} {manifest}");
    }
}

#[test]
fn whoever_was_agreed_to_is_not_asked_again_unless_it_wants_more() {
    let full = |from: &str, to: &str| {
        let manifest = FULL.replacen(from, to, 1);
        assert!(from.is_empty() || manifest != FULL, "{from}");
        skill_from(Origin::User, "/s", &manifest, "00")
    };
    let trusts = accepted(full("", ""));
    for (from, to, expect) in [
        ("", "", &[][..]),
        ("read = [\"~/docs\"]", "read = []", &[]),
        ("~/docs", "~/docs/2026", &[]),
        ("read = [\"~/docs\"]\nwrite = [\"/srv/out\"]", "read = [\"/srv/out/a\"]", &[]),
        ("100", "50", &[]),
        ("generate = { tokens_per_call = 100, calls_per_minute = 10 }", "", &[]),
        ("~/docs", "~/docs2", &["skills-new-reads"]),
        ("read = [\"~/docs\"]", "read = [\"~/docs\", \"~/more\"]", &["skills-new-reads"]),
        ("write = [\"/srv/out\"]", "write = [\"/srv/out\", \"~/docs/x\"]", &["skills-new-writes"]),
        ("/srv/out", "/srv", &["skills-new-writes"]),
        ("100", "101", &["skills-new-generates"]),
        ("10 }", "11 }", &["skills-new-generates"]),
        ("\"a\"", "\"b\"", &["skills-new-runs"]),
    ] {
        assert_eq!(news_of(full(from, to), &trusts), expect, "{from} → {to}");
    }
}

#[test]
fn an_agreement_is_about_one_folder_and_where_it_matters_about_its_files() {
    let user = |manifest, folder, content| skill_from(Origin::User, folder, manifest, content);
    let trusts = accepted(user(FULL, "/s", "00"));
    assert_eq!(news_of(user(FULL, "/s", "01"), &trusts), ["skills-new-content"]);
    assert_eq!(news_of(user(FULL, "/other", "00"), &trusts).len(), 6);
    let trusts = accepted(user(BARE, "/s", "00"));
    assert_eq!(news_of(user(BARE, "/s", "01"), &trusts), [""; 0]);
    // What was agreed to without grants was not looked at closely: with grants, its files count.
    let expect = ["skills-new-content", "skills-new-reads"];
    assert_eq!(news_of(user(&format!("{BARE}\n[grants]\nread = [\"/a\"]"), "/s", "00"), &trusts), expect);
    let trusts = accepted(skill_from(Origin::Project, "/s", PROMPT, "00"));
    assert_eq!(news_of(skill_from(Origin::Project, "/s", PROMPT, "01"), &trusts), ["skills-new-content"]);
    // A prompt skill that becomes a program is a new skill in all but name.
    assert_eq!(news_of(skill_from(Origin::Project, "/s", BARE, "00"), &trusts), ["skills-new-runs"]);
}

#[test]
fn a_second_agreement_replaces_the_first_and_can_be_taken_back() {
    let mut trusts = accepted(skill_from(Origin::User, "/s", BARE, "00"));
    let Consent::Ask(question) = decide(skill_from(Origin::User, "/s", FULL, "00"), &trusts, &OwnerData::default())
    else {
        panic!("it grew")
    };
    trusts.add(question.accept().1);
    assert_eq!(trusts.iter().count(), 1);
    assert_eq!(news_of(skill_from(Origin::User, "/s", FULL, "00"), &trusts), [""; 0]);
    assert_eq!(trusts.revoke(&"other".parse().unwrap()), 0);
    assert_eq!(trusts.revoke(&"sums".parse().unwrap()), 1);
    assert_eq!(news_of(skill_from(Origin::User, "/s", FULL, "00"), &trusts).len(), 6);
}

#[test]
fn some_paths_are_granted_to_nobody() {
    for (origin, path, expect) in [
        (Origin::BuiltIn, "/missing/a", "skills-grant-missing"),
        (Origin::BuiltIn, "~/state/token", "skills-grant-protected"),
        (Origin::User, "~/link", "skills-grant-protected"),
        (Origin::User, "/home", "skills-grant-protected"),
        (Origin::User, "/home/ana", "skills-grant-protected"),
        (Origin::User, "/proc/self", "skills-grant-protected"),
        (Origin::User, "/run/docker.sock", "skills-grant-protected"),
        (Origin::User, "/run/media", "skills-grant-protected"),
        (Origin::User, "/dev/sda", "skills-grant-protected"),
    ] {
        for key in ["read", "write"] {
            let manifest = format!("{BARE}\n[grants]\n{key} = [\"{path}\"]");
            match decide(skill_from(origin, "/s", &manifest, "00"), &Trusts::default(), &OwnerData::default()) {
                Consent::Refused(problems) => assert_eq!(problems[0].notice().id, expect, "{path}"),
                other => panic!("{path}: {other:?}"),
            }
        }
    }
    let drive = format!("{BARE}\n[grants]\nread = [\"/run/media/ana/usb\", \"~/stately\"]");
    let consent = decide(skill_from(Origin::BuiltIn, "/s", &drive, "00"), &Trusts::default(), &OwnerData::default());
    assert!(matches!(consent, Consent::Granted { .. }), "{consent:?}");
}

fn owner(paths: &[&str]) -> OwnerData {
    OwnerData::new(paths.iter().map(|path| (DataPath::read(path).unwrap(), Access::ReadOnly)))
}

#[test]
fn what_the_owner_gives_needs_no_question_and_stops_nothing() {
    let owner = owner(&["~/a.db", "/missing/b.db", "~/state/memory.db"]);
    let Consent::Granted { skill, left_out } =
        decide(skill_from(Origin::BuiltIn, "/s", BARE, "00"), &Trusts::default(), &owner)
    else {
        panic!("it is built in")
    };
    let names: Vec<&str> = skill.data().iter().map(|data| data.name.as_str()).collect();
    assert_eq!(names, ["a.db", "memory.db"]);
    assert_eq!(left_out.len(), 1);
    // In a new folder, a person sees what it would get; in one that was agreed to, the owner's word is enough.
    let Consent::Ask(question) = decide(skill_from(Origin::User, "/s", BARE, "00"), &Trusts::default(), &owner) else {
        panic!("it is new")
    };
    assert_eq!(question.news().len(), 2 + 3);
    let mut trusts = Trusts::default();
    trusts.add(question.accept().1);
    let consent = decide(skill_from(Origin::User, "/s", BARE, "00"), &trusts, &owner);
    assert!(matches!(consent, Consent::Granted { .. }), "{consent:?}");
}

#[test]
fn names_inside_are_each_one_path() {
    let names =
        |paths: &[&str]| owner(paths).data().iter().map(|data| data.name.as_str().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&["~/a/x.db", "~/b/x.db", "~/c/x.db", "/x", "/y/x"]), ["x.db", "x-2.db", "x-3.db", "x", "x-2"]);
    let manifest = format!("{BARE}\n[grants]\nread = [\"~/a/x.db\"]");
    let consent = decide(skill_from(Origin::BuiltIn, "/s", &manifest, "00"), &Trusts::default(), &owner(&["~/x.db"]));
    assert!(matches!(&consent, Consent::Refused(p) if p[0].notice().id == "skills-grant-name-taken"), "{consent:?}");
}

#[test]
fn the_jail_holds_what_was_granted_and_nothing_else() {
    let Consent::Granted { skill, .. } =
        decide(skill_from(Origin::BuiltIn, "/s", FULL, "00"), &Trusts::default(), &owner(&["~/a.db"]))
    else {
        panic!("it is built in")
    };
    let places = Places {
        socket_folder: PathBuf::from("/st/run/sums"),
        host_folder: PathBuf::from("/st/run/host"),
        data_folder: PathBuf::from("/st/run/sums-data"),
    };
    let policy = skill.policy(&places).unwrap();
    let mounts: Vec<String> =
        policy.mounts.iter().map(|m| format!("{} {} {:?}", m.source.display(), m.target.display(), m.access)).collect();
    assert_eq!(
        mounts,
        [
            "/s /skill ReadOnly",
            "/st/run/sums /run/sarai ReadWrite",
            "/st/run/host /run/host ReadOnly",
            "/home/ana/docs /data/docs ReadOnly",
            "/srv/out /data/out ReadWrite",
            "/home/ana/a.db /data/a.db ReadOnly",
        ]
    );
    assert_eq!((policy.root, policy.working_dir), (Root::System, PathBuf::from("/skill")));
    assert_eq!(policy.environment, skill.environment(&places, View::Jailed));
    let variables = |view| {
        let list = skill.environment(&places, view).into_iter().map(|(name, value)| format!("{name}={value}"));
        list.collect::<Vec<_>>()
    };
    assert_eq!(
        variables(View::Jailed),
        [
            "LANG=C.UTF-8",
            "SARAI_SKILL_SOCKET=/run/sarai/skill.sock",
            "SARAI_SKILL_DIR=/skill",
            "SARAI_DATA_DIR=/data",
            "SARAI_HOST_SOCKET=/run/host/host.sock",
            "PATH=/usr/local/bin:/usr/bin:/bin",
        ]
    );
    assert_eq!(variables(View::Bare)[1], "SARAI_SKILL_SOCKET=/st/run/sums/skill.sock");
    assert_eq!(variables(View::Bare)[2], "SARAI_SKILL_DIR=/s");
    assert_eq!(skill.command(View::Jailed), ["py", "a"]);

    let Consent::Granted { skill, .. } =
        decide(skill_from(Origin::BuiltIn, "/s", BARE, "00"), &Trusts::default(), &OwnerData::default())
    else {
        panic!("it is built in")
    };
    assert_eq!(skill.command(View::Jailed), ["/skill/bin/x"]);
    assert_eq!(skill.command(View::Bare), ["/s/bin/x"]);
    let policy = skill.policy(&places).unwrap();
    assert_eq!(policy.mounts.len(), 2, "no grant, no socket of the host: {:?}", policy.mounts);
    assert!(!policy.environment.iter().any(|(name, _)| name == "SARAI_HOST_SOCKET" || name == "PATH"));
}

#[test]
fn a_prompt_skill_has_no_jail() {
    let Consent::Granted { skill, .. } =
        decide(skill_from(Origin::User, "/s", PROMPT, "00"), &Trusts::default(), &OwnerData::default())
    else {
        panic!("it is the person's own")
    };
    let places = Places { socket_folder: "/a".into(), host_folder: "/b".into(), data_folder: "/c".into() };
    assert_eq!(skill.policy(&places), None);
    assert!(skill.command(View::Jailed).is_empty() && skill.environment(&places, View::Bare).is_empty());
}
