//! The file against damage of every kind.

use proptest::prelude::*;

use super::*;

const ORIGIN: Origin<'static> = Origin {
    model: "a model",
    build: "0.6.1 AVX512",
    template: "sha",
    vocabulary: "sha",
    context: "8192 unified",
    kv_type: "f16",
    rewind: Rewind::Anywhere,
};

fn identity() -> Identity {
    Identity::new(&ORIGIN)
}

fn file(tokens: &[u32], payload: &[u8]) -> Vec<u8> {
    encode(&identity(), tokens, payload).unwrap().pieces().concat()
}

#[test]
fn the_layout_is_the_one_in_the_table() {
    let bytes = file(&[1, 0x0203_0405], b"state");
    assert_eq!(bytes[..24], *b"SARAi.kv\x01\0\0\0\x02\0\0\0\x05\0\0\0\0\0\0\0");
    assert_eq!(bytes[24..28], blake3::hash(b"a model").as_bytes()[..4]);
    assert_eq!(bytes[120..128], [1, 0, 0, 0, 5, 4, 3, 2]);
    assert_eq!(bytes[160..165], *b"state");
    assert_eq!(bytes.len(), 165 + 32);
    assert_eq!(encode(&identity(), &[1, 2], b"state").unwrap().bytes(), 165 + 32);
}

#[test]
fn each_part_of_the_identity_counts_and_is_named() {
    let bytes = file(&[1, 2, 3], b"state");
    for (part, other) in [
        (Part::Model, Origin { model: "another", ..ORIGIN }),
        (Part::Build, Origin { build: "0.6.2 AVX512", ..ORIGIN }),
        (Part::Template, Origin { template: "", ..ORIGIN }),
        (Part::Vocabulary, Origin { vocabulary: "ahs", ..ORIGIN }),
        (Part::Context, Origin { context: "4096 unified", ..ORIGIN }),
        (Part::KvType, Origin { kv_type: "q8_0", ..ORIGIN }),
    ] {
        assert_eq!(decode(&bytes, &Identity::new(&other)), Err(SnapshotError::Other(part)));
        let own = SnapshotId::of(&identity(), &[1, 2, 3]);
        assert_ne!(SnapshotId::of(&Identity::new(&other), &[1, 2, 3]), own);
    }
}

#[test]
fn another_layout_and_no_snapshot_at_all_are_told_apart() {
    let mut bytes = file(&[1], b"state");
    bytes[8] = 9;
    assert_eq!(decode(&bytes, &identity()), Err(SnapshotError::Version(9)));
    bytes[0] = b'X';
    assert_eq!(decode(&bytes, &identity()), Err(SnapshotError::Foreign));
    assert_eq!(decode(b"GGUF", &identity()), Err(SnapshotError::Foreign));
    let empty = SnapshotError::Truncated { bytes: 0, needed: FIXED_BYTES as u64 };
    assert_eq!(decode(b"", &identity()), Err(empty));
}

#[test]
fn lengths_beyond_the_limits_are_refused_before_anything_is_reserved() {
    let tokens = vec![7; TOKENS_MAX + 1];
    assert!(matches!(encode(&identity(), &tokens, b""), Err(SnapshotError::TooLarge { tokens: 131_073, .. })));
    assert!(encode(&identity(), &tokens[1..], b"").is_ok());
    let mut bytes = file(&[1], b"state");
    bytes[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(matches!(decode(&bytes, &identity()), Err(SnapshotError::TooLarge { .. })));
    let mut bytes = file(&[1], b"state");
    bytes[16..24].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(matches!(decode(&bytes, &identity()), Err(SnapshotError::TooLarge { .. })));
}

#[test]
fn names_are_read_as_they_are_written() {
    let id = SnapshotId::of(&identity(), &[1, 2, 3]);
    assert_eq!(SnapshotId::parse(&id.to_string()), Some(id));
    assert!(id.is_of_model(&identity()));
    assert!(!id.is_of_model(&Identity::new(&Origin { model: "another", ..ORIGIN })));
    assert_ne!(SnapshotId::of(&identity(), &[1, 2]), id);
    for wrong in ["", "-", "1-2", "+000000000000001-0000000000000002", "000000000000000A-0000000000000002"] {
        assert_eq!(SnapshotId::parse(wrong), None, "{wrong}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_written_is_read(
        tokens in proptest::collection::vec(any::<u32>(), 0..300),
        payload in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let bytes = file(&tokens, &payload);
        let head = Head::read(&bytes).unwrap();
        prop_assert_eq!(&head.tokens, &tokens);
        prop_assert_eq!(Head::read(&bytes[..head.extent.head_bytes]), Ok(head));
        prop_assert_eq!(decode(&bytes, &identity()), Ok(Snapshot { tokens, payload: &payload }));
    }

    #[test]
    fn any_flipped_bit_is_refused(
        tokens in proptest::collection::vec(any::<u32>(), 0..40),
        payload in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut bytes = file(&tokens, &payload);
        for bit in 0..8 * bytes.len() {
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(decode(&bytes, &identity()).is_err(), "bit {}", bit);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        prop_assert!(decode(&bytes, &identity()).is_ok());
    }

    #[test]
    fn any_other_length_is_refused(
        tokens in proptest::collection::vec(any::<u32>(), 0..40),
        payload in proptest::collection::vec(any::<u8>(), 0..40),
        tail in proptest::collection::vec(any::<u8>(), 1..40),
    ) {
        let bytes = file(&tokens, &payload);
        for len in 0..bytes.len() {
            let refused = decode(&bytes[..len], &identity());
            prop_assert!(matches!(refused, Err(SnapshotError::Truncated { .. })), "{} bytes: {:?}", len, refused);
        }
        let longer = [bytes, tail].concat();
        prop_assert_eq!(decode(&longer, &identity()), Err(SnapshotError::Damaged));
    }

    #[test]
    fn arbitrary_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..400), fixed in 0..28usize) {
        // The first fields right, so that what follows is looked at.
        let start = file(&[], b"");
        let fixed = fixed.min(bytes.len());
        bytes[..fixed].copy_from_slice(&start[..fixed]);
        prop_assert!(decode(&bytes, &identity()).is_err());
    }
}
