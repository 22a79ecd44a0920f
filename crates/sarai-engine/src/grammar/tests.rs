//! Grammars of every kind at their boundaries, and the tokens of an answer.

use super::*;

fn grammar(kind: GrammarKind, source: &str) -> Grammar {
    Grammar { kind, source: source.to_owned() }
}

/// One line for each text: what the grammar says of it.
#[track_caller]
fn says(kind: GrammarKind, source: &str, expected: &[(&str, Verdict)]) {
    let mut checker = Checker::new().unwrap();
    for (text, verdict) in expected {
        assert_eq!(checker.check(&grammar(kind, source), text.as_bytes()), Ok(*verdict), "{source} of {text:?}");
    }
}

#[track_caller]
fn refuses(kind: GrammarKind, source: &str, words: &[&str]) {
    let refused = check(&grammar(kind, source), b"").expect_err(&source[..source.len().min(80)]).0;
    assert!(words.iter().all(|word| refused.contains(word)), "{refused}");
    assert!(refused.len() < 500 && !refused.contains('\n'), "{refused}");
}

use GrammarKind::{Gbnf, JsonSchema, Lark, Regex};
use Verdict::{Accepted, Incomplete, RejectedAt};

/// What a model may say under a schema.
#[test]
fn json_of_a_model_has_one_form() {
    let schema =
        r#"{"type": "object", "properties": {"b": {"type": "integer"}, "a": {"type": "array"}}, "required": ["b"]}"#;
    let grammars = Grammars::new(&Vocabulary::bytes()).unwrap();
    let answer = grammars.compile(&grammar(JsonSchema, schema), &Thinking::Never).unwrap();
    for (text, verdict) in [
        (r#"{"b": 1}"#, Accepted),
        (r#"{"b": 1, "a": [1, {"x": "é\n\"\\"}]}"#, Accepted),
        (r#"{"b": 1, "c": null}"#, Accepted),
        (r#"{"b": 1"#, Incomplete),
        ("", Incomplete),
        (r#"{"a": [], "b": 1}"#, RejectedAt(2)),
        (r#"{ "b": 1}"#, RejectedAt(1)),
        (r#"{"b":1}"#, RejectedAt(5)),
        (r#"{"b":  1}"#, RejectedAt(6)),
        (r#"{"b": 1 }"#, RejectedAt(7)),
        (r#"{"b": 1}x"#, RejectedAt(8)),
        (r#"{"b": 1, "c": "\u0061"}"#, RejectedAt(16)),
    ] {
        assert_eq!(answer.clone().read(text.bytes().map(u32::from)), Ok(verdict), "{text}");
    }
}

#[test]
fn json_that_is_checked_may_have_white_space() {
    says(
        JsonSchema,
        r#"{"type": "object", "properties": {"b": {"type": "integer"}}, "required": ["b"]}"#,
        &[
            ("{\n  \"b\" :\t1\r\n}", Accepted),
            (r#"{"b":1}"#, Accepted),
            (r#"{"b": 1.5}"#, RejectedAt(7)),
            (" \n{\"b\": 1}\n", Accepted),
            (" {\"c\"", RejectedAt(3)),
            (" ", Incomplete),
        ],
    );
}

#[test]
fn a_name_cannot_escape_its_schema_by_another_spelling() {
    let schema =
        r#"{"type": "object", "properties": {"a": {"type": "null"}}, "additionalProperties": {"type": "integer"}}"#;
    says(
        JsonSchema,
        schema,
        &[(r#"{"b": 1}"#, Accepted), (r#"{"\u0061": 1}"#, RejectedAt(3)), (r#"{"a": 1}"#, RejectedAt(6))],
    );
}

#[test]
fn every_kind_has_its_language() {
    says(Regex, "(a|é)*b?/", &[("aéb/", Accepted), ("é", Incomplete), ("bb", RejectedAt(1))]);
    says(Regex, "", &[("", Accepted), ("a", RejectedAt(0))]);
    says(Regex, "a\n.", &[("a\nb", Accepted), ("a\n\n", RejectedAt(2))]);
    says(Gbnf, "root ::= x+\nx ::= [^a-c] # no\n", &[("zé", Accepted), ("za", RejectedAt(1))]);
    says(Lark, "start: start \"a\" | \"b\"", &[("baa", Accepted), ("ab", RejectedAt(0))]);
    says(Lark, "start: x\nx: y\ny: x | \"z\"", &[("z", Accepted)]);
    says(
        Lark,
        r#"start: "n=" %json {"type": "integer", "exclusiveMinimum": 0, "maximum": 9} // not 0"#,
        &[("n=9", Accepted), ("n=0", RejectedAt(2))],
    );
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    refuses(Lark, "start: \"a\"\nb: ?", &["line 2, column 4"]);
    refuses(Lark, "start: foo", &["line 1, column 8", "foo"]);
    refuses(Lark, "start: \"a", &["line 1"]);
    refuses(Lark, "", &["start"]);
    refuses(Lark, "start: %json {\"items\": {\"not\": {}}}", &["line 1, column 8", "#/items", "\"not\""]);
    refuses(Lark, "start: %json {", &["line 1, column 8", "JSON"]);
    refuses(Lark, "start: x\nx[stop=\"a\"]: /.*/", &["line 2, column 3", "suffix"]);
    refuses(Lark, "start: x\nx[max_tokens=3]: /.*/", &["line 2, column 3"]);
    refuses(Lark, "%llguidance {\"allow_invalid_utf8\": true}\nstart: /a/", &["line 1", "UTF-8"]);
    refuses(Regex, "a(b", &["line 1, column 2", "unclosed group"]);
    refuses(Regex, "(?=a)", &["look-around"]);
    refuses(Gbnf, "root ::= \"a\" b", &["b"]);
    refuses(JsonSchema, "{\n  \"type\":\n}", &["line 3, column 1", "JSON"]);
    // Words that stand in texts, in comments and as names say nothing.
    says(Lark, "start: \"stop=\" stop // stop=1\nstop: \"%json {\"", &[("stop=%json {", Accepted)]);
}

#[test]
fn what_can_never_end_or_never_begin_is_refused() {
    refuses(Lark, "start: \"a\" start", &["never end"]);
    refuses(Lark, "start: start", &["never end"]);
    refuses(Lark, "start: \"x\" | \"a\" loop\nloop: \"b\" loop", &["loop", "never end"]);
    refuses(Lark, "start: \"q\" | A\nA: /a/ & /b/", &["no text satisfies"]);
    refuses(Regex, "[^\\s\\S]", &["no text satisfies"]);
    refuses(Gbnf, "root ::= \"a\" root", &["end"]);
    // What nothing leads to does no harm.
    says(Lark, "start: \"x\"\nloop: \"b\" loop", &[("x", Accepted)]);
}

#[test]
fn what_is_too_large_is_refused() {
    let nested = |open: &str, close: &str| format!("{}a{}", open.repeat(300), close.repeat(300));
    refuses(Regex, &nested("(", ")"), &["nest"]);
    refuses(Regex, &"a?".repeat(3001), &["3000 repetitions"]);
    refuses(Regex, &"a".repeat((128 << 10) + 1), &["131072"]);
    refuses(JsonSchema, &format!("\"{}\"", "a".repeat(GRAMMAR_BYTES_MAX)), &["1048576"]);
    let rules: String = (0..2001).map(|n| format!("r{n}: \"a\"\n")).collect();
    refuses(Lark, &format!("start: \"a\"\n{rules}"), &["2000 rules"]);
    let doubling: String = (0..40).map(|n| format!("R{n}: R{} R{}\n", n + 1, n + 1)).collect();
    refuses(Lark, &format!("start: R0\n{doubling}R40: \"a\"?"), &["too large"]);
    let names: String = (0..3001).map(|n| format!("\"k{n}\": true,")).collect();
    refuses(JsonSchema, &format!("{{\"properties\": {{{names}\"z\": true}}}}"), &["#: ", "3000 names"]);
    let patterns = "{\"pattern\": \"a\"},".repeat(9);
    refuses(JsonSchema, &format!("{{\"allOf\": [{patterns}{{}}]}}"), &["more than 8"]);
    let chain: String =
        (0..2000).map(|n| format!("\"{n}\": {{\"items\": {{\"$ref\": \"#/$defs/{}\"}}}},", n + 1)).collect();
    refuses(JsonSchema, &format!("{{\"$ref\": \"#/$defs/0\", \"$defs\": {{{chain}\"2000\": true}}}}"), &["deep"]);
}

/// A vocabulary whose tokens overlap, and which never splits "ab" in two.
fn overlapping() -> (Vocabulary, Vec<&'static str>) {
    let texts = vec!["a", "b", "ab", "{", "}", "\"", ":", " ", "\"ab", "\": ", "1", "é", "\n", "<think>", "x"];
    let spelled = texts.clone();
    let tokens = texts.iter().map(|text| TokenBytes::Text(text.as_bytes().to_vec()));
    let controls = ["<think>", "</think>", "[x]", "<end>", "<stop>"].map(|name| TokenBytes::Control(name.to_owned()));
    let tokenize = move |text: &str| {
        let mut rest = text;
        let mut tokens = Vec::new();
        while !rest.is_empty() {
            let longest =
                (0..).zip(&spelled).filter(|(_, piece)| rest.starts_with(**piece)).max_by_key(|(_, p)| p.len());
            let Some((id, piece)) = longest else { return tokens };
            tokens.push(id);
            rest = &rest[piece.len()..];
        }
        tokens
    };
    (Vocabulary::new(tokens.chain(controls).collect(), &[18, 19], tokenize).unwrap(), texts)
}

fn compile(kind: GrammarKind, source: &str, thinking: &Thinking) -> Constraint {
    let (vocabulary, _) = overlapping();
    Grammars::new(&vocabulary).unwrap().compile(&grammar(kind, source), thinking).unwrap()
}

/// The tokens of a mask, by their texts or numbers.
fn allowed(answer: &mut Constraint) -> Vec<String> {
    let (_, texts) = overlapping();
    let mask = answer.mask().unwrap();
    let name = |token: u32| texts.get(token as usize).map_or_else(|| token.to_string(), ToString::to_string);
    (0..20).filter(|&token| mask.allows(token)).map(name).collect()
}

#[test]
fn a_mask_has_the_ends_exactly_when_the_answer_may_end() {
    let mut answer = compile(Regex, "(ab)+", &Thinking::Never);
    assert_eq!(allowed(&mut answer), ["ab"]);
    assert!(!answer.may_end() && !answer.must_end());
    answer.advance(2).unwrap();
    assert_eq!(allowed(&mut answer), ["a", "ab", "18", "19"]);
    assert!(answer.may_end() && !answer.must_end());

    let mut answer = compile(Regex, "x", &Thinking::Never);
    answer.advance(14).unwrap();
    assert_eq!(allowed(&mut answer), ["18", "19"]);
    assert!(answer.may_end() && answer.must_end() && answer.forced().is_empty());
}

#[test]
fn text_never_reaches_a_control_token() {
    let mut answer = compile(Regex, "<think>|.*", &Thinking::Never);
    let mask = answer.mask().unwrap();
    assert!(mask.allows(13) && (15..18).all(|control| !mask.allows(control)));
    // A grammar that names one means the token.
    let mut answer = compile(Lark, "start: <think> \"x\"", &Thinking::Never);
    assert_eq!(allowed(&mut answer), ["15"]);
}

#[test]
fn what_is_forced_is_split_as_the_model_would() {
    let schema =
        r#"{"type": "object", "properties": {"ab": {"const": 1}}, "required": ["ab"], "additionalProperties": false}"#;
    let mut answer = compile(JsonSchema, schema, &Thinking::Never);
    let forced = answer.forced();
    assert_eq!(forced, [3, 8, 9, 10, 4], "{{ and \"ab, not \" and a and b");
    assert_eq!(answer.forced(), forced, "looking changes nothing");
    assert_eq!(answer.allowed(&forced), 5);
    assert_eq!(answer.allowed(&[3, 5, 0, 1]), 4, "the same text in other tokens");
    assert_eq!(answer.allowed(&[3, 5, 1]), 2);
    assert_eq!(answer.allowed(&[3, 99]), 1, "a draft of another vocabulary");
    for token in forced {
        assert_eq!(answer.mask().unwrap().0.to_list(), [token]);
        answer.advance(token).unwrap();
    }
    assert!(answer.must_end());
}

#[test]
fn an_end_in_a_draft_is_allowed_where_the_answer_may_end() {
    let mut answer = compile(Regex, "(ab)+", &Thinking::Never);
    assert_eq!(answer.allowed(&[2, 18]), 2);
    assert_eq!(answer.allowed(&[18]), 0);
    assert_eq!(answer.allowed(&[]), 0);
}

#[test]
fn a_clone_goes_its_own_way() {
    let mut answer = compile(Regex, "ax|bx", &Thinking::Never);
    let mut other = answer.clone();
    answer.advance(0).unwrap();
    assert_eq!(allowed(&mut answer), ["x"]);
    assert_eq!(allowed(&mut other), ["a", "b"]);
}

#[test]
fn what_the_mask_does_not_allow_ends_the_answer_for_good() {
    let mut answer = compile(Regex, "ab", &Thinking::Never);
    assert!(answer.advance(14).is_err());
    assert!(answer.mask().is_err() && !answer.may_end() && answer.advance(0).is_err());
}

#[test]
fn thinking_comes_before_every_kind() {
    let marks = || ("<think>".to_owned(), "</think>".to_owned());
    for (kind, source) in [
        (JsonSchema, r#"{"const": 1}"#),
        (Regex, "1"),
        (Gbnf, "root ::= \"1\""),
        (Lark, "start: ONE\nONE: \"1\""),
        (Lark, "start: %json {\"const\": 1}"),
    ] {
        let (open, close) = marks();
        let mut answer = compile(kind, source, &Thinking::May { open, close: close.clone() });
        // The control token, not the text that reads the same.
        assert_eq!(allowed(&mut answer), ["1", "15"], "{source}");
        let mut thoughtless = answer.clone();
        thoughtless.advance(10).unwrap();
        assert!(thoughtless.must_end());
        answer.advance(15).unwrap();
        thinks(answer);
        thinks(compile(kind, source, &Thinking::Open { close }));
    }
}

/// Any text, the closing token, perhaps a blank line, and the answer.
fn thinks(mut answer: Constraint) {
    for token in [13, 12, 11, 4] {
        assert!(!answer.may_end());
        answer.advance(token).unwrap();
    }
    let mask = answer.mask().unwrap();
    assert!(mask.allows(16) && !mask.allows(15) && !mask.allows(18));
    answer.advance(16).unwrap();
    assert_eq!(allowed(&mut answer), ["1", "\n"]);
    answer.advance(12).unwrap();
    answer.advance(12).unwrap();
    assert_eq!(allowed(&mut answer), ["1"]);
    answer.advance(10).unwrap();
    assert!(answer.may_end());
}

#[test]
fn marks_that_are_no_tokens_are_text() {
    let grammars = Grammars::new(&Vocabulary::bytes()).unwrap();
    let read = |thinking: &Thinking, text: &str| {
        let mut answer = grammars.compile(&grammar(Regex, "[0-9]+"), thinking).unwrap();
        answer.read(text.bytes().map(u32::from)).unwrap()
    };
    let may = Thinking::May { open: "<r>".to_owned(), close: "</r>".to_owned() };
    assert_eq!(read(&may, "12"), Accepted);
    assert_eq!(read(&may, "<r>1 < 2\n</rr></r>\n\n3"), Accepted);
    assert_eq!(read(&may, "<r>1</r>"), Incomplete);
    assert_eq!(read(&may, "<r>1</r>\n\n\n"), RejectedAt(10));
    assert_eq!(read(&may, "x"), RejectedAt(0));
    let open = Thinking::Open { close: "</r>".to_owned() };
    assert_eq!(read(&open, "yes</r>3"), Accepted);
    assert_eq!(read(&open, "3"), Incomplete);
}

#[test]
fn a_mask_leaves_its_own_logits_alone() {
    let mask = |bits: &[bool]| Mask(SimpleVob::from_slice(bits));
    let bits: Vec<bool> = (0..70).map(|n| n < 32 || n == 33 || n == 69).collect();
    let mut logits = vec![1.0; 80];
    mask(&bits).apply(&mut logits);
    for (n, logit) in logits.iter().enumerate() {
        let kept = bits.get(n).copied().unwrap_or(false);
        assert_eq!(*logit, if kept { 1.0 } else { f32::NEG_INFINITY }, "{n}");
    }
    let mut few = vec![1.0; 3];
    mask(&bits).apply(&mut few);
    assert_eq!(few, [1.0; 3]);
    assert!(!mask(&bits).allows(70) && mask(&bits).allows(69));
}

#[test]
fn a_vocabulary_that_cannot_be_used_is_refused() {
    let text = |text: &str| TokenBytes::Text(text.as_bytes().to_vec());
    let make = |tokens: Vec<TokenBytes>, ends: &[u32]| Vocabulary::new(tokens, ends, |_| Vec::new()).err();
    assert!(make(vec![], &[0]).is_some());
    assert!(make(vec![text("a")], &[]).is_some());
    assert!(make(vec![text("a")], &[1]).is_some());
    assert!(make(vec![text(&"a".repeat(1025)), text("b")], &[1]).is_some());
    assert!(make(vec![text(&"a".repeat(1024)), text("a"), text("a"), text("")], &[3]).is_none());
}

#[test]
fn a_tokenizer_that_changes_texts_is_not_believed() {
    let tokens = ["a", "b", "ab", "A"].map(|text| TokenBytes::Text(text.as_bytes().to_vec()));
    let tokens = tokens.into_iter().chain([TokenBytes::Control("<end>".to_owned())]).collect();
    let vocabulary = Vocabulary::new(tokens, &[4], |text| vec![3; text.len()]).unwrap();
    let mut answer = Grammars::new(&vocabulary).unwrap().compile(&grammar(Regex, "abab"), &Thinking::Never).unwrap();
    assert_eq!(answer.forced(), [2, 2]);
}
