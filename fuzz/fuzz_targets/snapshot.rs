//! Snapshots of the prefix cache: whatever stands in a file, it is read as what was written or refused.
//!
//! Blind bytes never get past the first digest. So the input is also made into a proper file, damaged in one place, and
//! read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sarai_engine::schedule::Rewind;
use sarai_engine::snapshot::{Head, Identity, Origin, decode, encode};

fuzz_target!(|input: &[u8]| {
    // Where it is damaged, which bits, and how many tokens; then the bytes.
    let Some(([a, b, flip, tokens], bytes)) = input.split_first_chunk() else { return };
    let parts = ["model", "build", "template", "vocabulary", "context", "kv"];
    let [model, build, template, vocabulary, context, kv_type] = parts;
    let origin = Origin { model, build, template, vocabulary, context, kv_type, rewind: Rewind::Anywhere };
    let identity = Identity::new(&origin);
    assert!(decode(bytes, &identity).is_err(), "nobody finds a digest by chance");

    let (tokens, payload) = bytes.split_at((usize::from(*tokens) * 4).min(bytes.len()));
    let tokens: Vec<u32> = tokens.as_chunks().0.iter().map(|token| u32::from_le_bytes(*token)).collect();
    let encoded = encode(&identity, &tokens, payload).expect("it is short");
    let mut file = encoded.pieces().concat();
    let snapshot = decode(&file, &identity).expect("it was just written");
    assert_eq!((snapshot.tokens.as_slice(), snapshot.payload), (tokens.as_slice(), payload));
    let other = Identity::new(&Origin { build: "another", ..origin });
    assert!(decode(&file, &other).is_err());

    let at = usize::from(u16::from_le_bytes([*a, *b])) % file.len();
    assert!(decode(&file[..at], &identity).is_err(), "cut off at {at}");
    if *flip != 0 {
        file[at] ^= flip;
        assert!(decode(&file, &identity).is_err(), "flipped at {at}");
        // The head alone may be undamaged still; then it says what was written.
        assert!(Head::read(&file).is_ok_and(|head| head.tokens == tokens) || Head::read(&file).is_err());
    }
});
