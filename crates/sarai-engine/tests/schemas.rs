//! Whatever a model says under a schema's masks satisfies the schema.
//!
//! At least 300 schemas, written by hand and by a generator with a fixed seed. Under each, random walks through the
//! masks of a small vocabulary end in texts, and a validator that shares no code with the crate judges them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers of its own making")]

#[path = "schemas/generate.rs"]
mod generate;
#[path = "schemas/validate.rs"]
mod validate;
#[path = "schemas/written.rs"]
mod written;

use std::collections::{BTreeMap, BTreeSet};

use sarai_engine::grammar::{
    COMPILE_STACK_BYTES, Constraint, GrammarError, Grammars, Thinking, TokenBytes, Vocabulary,
};
use sarai_types::{Grammar, GrammarKind};
use serde_json::Value;

use generate::Dice;
use validate::Validator;

/// Tokens of one answer at most, the last of them on the shortest way out.
const TOKENS_MAX: usize = 400;
const TOKENS_FREE: usize = 60;

const WALKS: usize = 3;

/// Bytes, then merged tokens, then a control token and the end.
struct Words {
    vocabulary: Vocabulary,
    texts: Vec<Vec<u8>>,
    end: u32,
    control: u32,
}

/// All bytes, and pieces that the schemas' own texts are often made of.
fn words(schemas: &[Value]) -> Words {
    let mut merged: BTreeSet<Vec<u8>> = BTreeSet::new();
    for piece in [
        "\": ", "\", \"", "{\"", "\"}", "}, {", "[[", "]]", "true", "false", "null", "00", "123", "1.5", "e+", "-1",
        "\\n", "\\\"", "ñ", "é\"", " ", "  ", ": ", ", ", "日", "ab", "the", "word", "\",", "\":", "},", "2024-",
        "-02", "29",
    ] {
        merged.insert(piece.as_bytes().to_vec());
    }
    for schema in schemas {
        for text in texts_of(schema) {
            let chars: Vec<char> = text.chars().collect();
            for (from, len) in [(0, 2), (0, 3), (1, 3), (2, 4), (0, 6)] {
                if chars.len() >= from + len {
                    let piece: String = chars[from..from + len].iter().collect();
                    if merged.len() < 500 {
                        merged.insert(piece.clone().into_bytes());
                        merged.insert(format!("\"{piece}").into_bytes());
                    }
                }
            }
        }
    }
    let texts: Vec<Vec<u8>> = (0..=255_u8).map(|byte| vec![byte]).chain(merged).collect();
    let longest: BTreeMap<Vec<u8>, u32> = texts.iter().cloned().zip(0..).collect();
    let tokens = texts.iter().cloned().map(TokenBytes::Text);
    let controls = ["<|tool|>", "<|end|>"].map(|name| TokenBytes::Control(name.to_owned()));
    let control = u32::try_from(texts.len()).unwrap();
    // Greedy from the left: not how any real model does it, but always the same way.
    let tokenize = move |text: &str| {
        let mut rest = text.as_bytes();
        let mut tokens = Vec::new();
        while !rest.is_empty() {
            let len = (1..=rest.len().min(8)).rev().find(|&len| longest.contains_key(&rest[..len])).unwrap_or(1);
            tokens.push(longest[&rest[..len]]);
            rest = &rest[len..];
        }
        tokens
    };
    let vocabulary = Vocabulary::new(tokens.chain(controls).collect(), &[control + 1], tokenize).unwrap();
    Words { vocabulary, texts, end: control + 1, control }
}

fn texts_of(schema: &Value) -> Vec<&str> {
    match schema {
        Value::String(text) => vec![text],
        Value::Array(list) => list.iter().flat_map(texts_of).collect(),
        Value::Object(map) => {
            map.iter().flat_map(|(key, value)| [vec![key.as_str()], texts_of(value)].concat()).collect()
        }
        _ => vec![],
    }
}

/// One answer: at random at first, then towards the end of everything that is open.
fn walk(mut answer: Constraint, words: &Words, dice: &mut Dice) -> Result<Option<String>, GrammarError> {
    let mut said: Vec<u8> = Vec::new();
    for step in 0..TOKENS_MAX {
        let mask = answer.mask()?;
        let may_end = answer.may_end();
        assert_eq!(mask.allows(words.end), may_end, "the end is in the mask when the answer may end, and only then");
        assert!(!mask.allows(words.control) && !mask.allows(u32::MAX));
        if answer.must_end() || may_end && (step > TOKENS_FREE || dice.one_in(4)) {
            return Ok(Some(String::from_utf8(said).expect("answers are UTF-8")));
        }
        let allowed: Vec<u32> = (0..words.control).filter(|&token| mask.allows(token)).collect();
        if allowed.is_empty() {
            // The end is all that is left; the mask knows it, although the grammar was not sure.
            assert!(may_end, "stuck after {}", String::from_utf8_lossy(&said));
            return Ok(Some(String::from_utf8(said).expect("answers are UTF-8")));
        }
        let forced = answer.forced();
        if let Some(&first) = forced.first() {
            assert_eq!(allowed, [first], "what is forced is all that is allowed");
            assert_eq!(answer.allowed(&forced), forced.len());
        }
        let token = choose(&allowed, words, step > TOKENS_FREE, dice);
        assert_eq!(answer.allowed(&[token]), 1);
        answer.advance(token)?;
        said.extend(&words.texts[token as usize]);
    }
    Ok(None)
}

fn choose(allowed: &[u32], words: &Words, leave: bool, dice: &mut Dice) -> u32 {
    let closing =
        |token: &&u32| words.texts[**token as usize].len() == 1 && b"\"]}".contains(&words.texts[**token as usize][0]);
    let closings: Vec<&u32> = allowed.iter().filter(closing).collect();
    match closings.as_slice() {
        [] => {}
        closings if leave || dice.one_in(4) => return **dice.pick(closings),
        _ => {}
    }
    // Plain text is not always the likeliest, but a walk that spells bytes at random rarely gets anywhere.
    let plain: Vec<u32> = allowed.iter().copied().filter(|&token| words.texts[token as usize].is_ascii()).collect();
    if !plain.is_empty() && !dice.one_in(8) { *dice.pick(&plain) } else { *dice.pick(allowed) }
}

fn on_a_large_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(COMPILE_STACK_BYTES).spawn(work).unwrap();
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

fn schema(schema: &Value) -> Grammar {
    Grammar { kind: GrammarKind::JsonSchema, source: schema.to_string() }
}

#[test]
fn every_answer_satisfies_its_schema() {
    on_a_large_stack(|| {
        let mut dice = Dice::new(7);
        let mut schemas = written::schemas();
        let by_hand = schemas.len();
        schemas.extend((0..280).map(|_| generate::schema(&mut dice)));
        assert!(by_hand >= 40 && schemas.len() >= 320);
        let words = words(&schemas);
        let grammars = Grammars::new(&words.vocabulary).unwrap();
        let (mut refused, mut ended, mut endless) = (0, 0, 0);
        for (number, one) in schemas.iter().enumerate() {
            let start = match grammars.compile(&schema(one), &Thinking::Never) {
                Ok(start) => start,
                // A generated schema may contradict itself; one that was written must work.
                Err(error) if number >= by_hand => {
                    assert!(error.0.starts_with('#'), "{error} in {one}");
                    refused += 1;
                    continue;
                }
                Err(error) => panic!("{error} in {one}"),
            };
            let validator = Validator::new(one);
            for _ in 0..WALKS {
                match walk(start.clone(), &words, &mut dice).unwrap_or_else(|error| panic!("{error} in {one}")) {
                    Some(text) => {
                        ended += 1;
                        if let Err(why) = validator.check(&text) {
                            panic!("{why}\n  answer {text}\n  schema {one}");
                        }
                    }
                    None => endless += 1,
                }
            }
        }
        assert!(refused < 40, "{refused} schemas were refused");
        assert!(ended > 900 && endless < ended / 10, "{ended} answers ended and {endless} did not");
    });
}

#[test]
fn what_cannot_be_enforced_is_named_with_its_place() {
    on_a_large_stack(|| {
        let grammars = Grammars::new(&Vocabulary::bytes()).unwrap();
        for (one, words) in written::refused() {
            let refused = grammars.compile(&schema(&one), &Thinking::Never).expect_err(&one.to_string());
            for word in words {
                assert!(refused.0.contains(word), "{refused} says nothing of {word}");
            }
        }
    });
}
