//! The TOML form: what it means, and where its faults are said to be.

use super::*;

const LIMITS: &str =
    "[limits]\nmemory_bytes = 67108864\npids = 8\nopen_files = 64\ntmp_bytes = 4096\nfile_bytes = 4096\n";

#[test]
fn the_form_says_everything() {
    let text = format!(
        "root = \"system\"\nworking_dir = \"/data\"\n[[mount]]\nsource = \"/srv/data\"\ntarget = \"/data\"\n\
         access = \"read-write\"\n[environment]\nLANG = \"C.UTF-8\"\n{LIMITS}"
    );
    let policy = CheckedPolicy::from_toml(&text).unwrap();
    let mount = Mount { source: "/srv/data".into(), target: "/data".into(), access: Access::ReadWrite };
    let expected = Policy {
        root: Root::System,
        mounts: vec![mount],
        working_dir: "/data".into(),
        environment: vec![("LANG".to_owned(), "C.UTF-8".to_owned())],
        limits: Limits { memory_bytes: 64 << 20, pids: 8, open_files: 64, tmp_bytes: 4096, file_bytes: 4096 },
    };
    assert_eq!(*policy, expected);
    assert_eq!(CheckedPolicy::from_toml(&policy.to_toml().unwrap()).unwrap(), policy);
}

#[test]
fn the_least_is_limits_and_it_grants_nothing() {
    let policy = CheckedPolicy::from_toml(LIMITS).unwrap();
    assert_eq!((policy.root, policy.mounts.len(), policy.environment.len()), (Root::Empty, 0, 0));
    assert_eq!(policy.working_dir, PathBuf::from("/"));
}

/// The error as a person sees it.
fn error(text: &str) -> String {
    CheckedPolicy::from_toml(text).unwrap_err().to_string()
}

#[test]
fn faults_name_line_and_key() {
    for (text, line, word) in [
        (format!("colour = 1\n{LIMITS}"), 1, "`colour`"),
        (format!("{LIMITS}cpu = 1\n"), 7, "`cpu`"),
        (LIMITS.replace("pids = 8", "pids = 0"), 3, "limits.pids: 0 is not between 1 and 32768"),
        (LIMITS.replace("pids = 8", "pids = -1"), 3, "limits.pids: invalid value: integer `-1`"),
        (LIMITS.replace("pids = 8", "pids = \"8\""), 3, "limits.pids: invalid type: string"),
        (LIMITS.replace("pids = 8\n", ""), 1, "limits: missing field `pids`"),
        (LIMITS.replacen("4096", "18446744073709551616", 1), 5, "limits.tmp_bytes"),
        (format!("root = \"usr\"\n{LIMITS}"), 1, "`usr`"),
        (format!("working_dir = \"tmp\"\n{LIMITS}"), 1, "working_dir"),
        (format!("{LIMITS}[environment]\nA = 1\n"), 8, "environment.A: invalid type"),
        (format!("{LIMITS}[environment]\nA = \"a\\u0000\"\n"), 8, "environment.A"),
        (format!("{LIMITS}[[mount]]\nsource = \"/a\"\ntarget = \"/a\"\n"), 7, "`access`"),
        (
            format!("{LIMITS}[[mount]]\nsource = \"/a\"\ntarget = \"/../a\"\naccess = \"read-only\"\n"),
            9,
            "mount[0].target",
        ),
        (
            format!("{LIMITS}[[mount]]\nsource = \"/a\"\ntarget = \"/a\"\naccess = \"exec\"\n"),
            10,
            "mount[0].access: unknown variant `exec`",
        ),
        (format!("{LIMITS}[limits]\n"), 7, ""),
        ("[limits".to_owned(), 1, ""),
    ] {
        let error = error(&text);
        assert!(error.starts_with(&format!("line {line}: ")) && error.contains(word), "{text}\ngives {error}");
    }
}

#[test]
fn a_file_that_is_too_long_is_not_read() {
    let text = format!("{LIMITS}#{}", "x".repeat(POLICY_BYTES_MAX));
    assert!(error(&text).contains("more than"), "{}", error(&text));
}
