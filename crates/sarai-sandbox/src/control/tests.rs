//! What is said arrives, and nothing else counts as said.

use proptest::prelude::*;

use super::*;
use crate::policy::{Access, Limits, Mount, Policy, Root};

fn setup(program: Vec<String>) -> Setup {
    let mount = Mount { source: "/srv".into(), target: "/data".into(), access: Access::ReadOnly };
    let policy = Policy {
        root: Root::System,
        mounts: vec![mount],
        working_dir: "/data".into(),
        environment: vec![("A".to_owned(), "«b»\n\"c\"".to_owned())],
        limits: Limits { memory_bytes: 64 << 20, pids: 8, open_files: 64, tmp_bytes: 4096, file_bytes: 4096 },
    };
    Setup {
        backend: Backend::Local,
        name: JailName::new("sql").unwrap(),
        policy: policy.checked().unwrap(),
        program,
        identities: vec![Identity { device: u64::MAX, inode: u64::MAX }],
        outside: BTreeMap::from([("pid".to_owned(), "pid:[1]".to_owned())]),
    }
}

#[test]
fn what_does_not_fit_is_refused_before_anything_starts() {
    let long = setup(vec!["x".repeat(MESSAGE_BYTES_MAX)]);
    assert!(matches!(long.encode(), Err(SandboxError::Policy(_))));
    let zero = setup(vec!["a\0b".to_owned()]);
    // TOML writes it as an escape, so it would arrive; a program cannot be given it all the same.
    assert!(zero.encode().is_ok());
}

#[test]
fn a_stream_that_ends_too_early_is_an_error() {
    let whole = setup(vec!["sh".to_owned()]).encode().unwrap();
    assert!(receive(&whole[..whole.len() - 1]).is_err());
    assert!(receive(&b""[..]).is_err());
    assert!(receive(&vec![b'x'; MESSAGE_BYTES_MAX + 1][..]).is_err());
}

#[test]
fn nothing_starts_before_the_launcher_says_so() {
    for (come, stream, signals) in [
        (&[][..], &[GO][..], Some(&[][..])),
        (&[GO], &[], Some(&[])),
        (&[15, GO, 1], &[], Some(&[15, 1])),
        (&[15], &[10, GO, 1], Some(&[15, 10, 1])),
        (&[15], &[], None),
        (&[], &[], None),
    ] {
        assert_eq!(await_go(stream, come.to_vec()).ok().as_deref(), signals, "{come:?}, {stream:?}");
    }
}

proptest! {
    #[test]
    fn what_is_said_is_what_is_heard(
        program in prop::collection::vec("[^\\x00]{0,20}", 1..4),
        cut in 1_usize..200,
        signals in prop::collection::vec(1_u8..65, 0..5),
    ) {
        let said = setup(program);
        let mut stream = said.encode().unwrap();
        stream.extend(&signals);
        // However it is cut on the way.
        let mut inbox = Inbox::default();
        let mut heard = None;
        for piece in stream.chunks(cut) {
            match heard {
                None => heard = inbox.take(piece).unwrap(),
                Some(_) => inbox.bytes.extend_from_slice(piece),
            }
        }
        prop_assert_eq!(Setup::decode(&heard.unwrap()).unwrap(), said);
        prop_assert_eq!(inbox.rest(), signals);
    }
}
