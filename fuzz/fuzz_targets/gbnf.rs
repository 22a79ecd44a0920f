//! Grammars in llama.cpp's language: whatever is written there is refused or can be followed to some end.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sarai_engine::grammar::{Grammars, Thinking, Vocabulary};
use sarai_types::{Grammar, GrammarKind};

/// Bytes of an answer that are tried.
const STEPS_MAX: usize = 64;

static GRAMMARS: LazyLock<Grammars> = LazyLock::new(|| Grammars::new(&Vocabulary::bytes()).expect("bytes are tokens"));

// A grammar and, behind a line `---`, the choices of whoever follows it.
fuzz_target!(|input: &str| {
    let (source, choices) = input.split_once("\n---\n").unwrap_or((input, ""));
    let grammar = Grammar { kind: GrammarKind::Gbnf, source: source.to_owned() };
    let Ok(mut constraint) = GRAMMARS.compile(&grammar, &Thinking::Never) else { return };
    for choice in choices.bytes().take(STEPS_MAX) {
        let Ok(mask) = constraint.mask() else { return };
        // The first byte at or after the one that was drawn.
        let Some(byte) = (0..=255u8).map(|step| choice.wrapping_add(step)).find(|byte| mask.allows(u32::from(*byte)))
        else {
            assert!(constraint.may_end(), "nothing may follow and it may not end");
            return;
        };
        constraint.advance(u32::from(byte)).expect("the mask allows it");
    }
});
