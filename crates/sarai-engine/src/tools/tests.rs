//! Calls in every form that models write, cut at every place.

use proptest::collection::vec;
use proptest::prelude::*;
use sarai_types::Strictness;

use super::*;

fn tool(name: &str) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        description: String::new(),
        parameters: "{}".to_owned(),
        strictness: Strictness::Lenient,
    }
}

fn parser(format: ToolFormat) -> ToolCallParser {
    ToolCallParser::new(format, &[tool("weather"), tool("add")], 0)
}

/// All pieces of an answer that comes in the given parts, adjacent texts joined.
fn parse<'a>(format: ToolFormat, parts: impl IntoIterator<Item = &'a str>) -> Vec<Piece> {
    let mut parser = parser(format);
    let mut pieces: Vec<Piece> = parts.into_iter().flat_map(|part| parser.push(part)).collect();
    pieces.extend(parser.finish());
    pieces.dedup_by(|next, last| match (last, next) {
        (Piece::Text(last), Piece::Text(next)) => {
            last.push_str(next);
            true
        }
        _ => false,
    });
    pieces
}

/// One line for each piece: `text "…"` or `call name arguments`.
fn show(pieces: &[Piece]) -> String {
    let lines = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => format!("text {text:?}\n"),
        Piece::Calls { calls, .. } => calls.iter().map(|c| format!("call {} {}\n", c.name, c.arguments)).collect(),
    });
    lines.collect()
}

fn source(pieces: &[Piece]) -> String {
    let sources = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => text.as_str(),
        Piece::Calls { source, .. } => source,
    });
    sources.collect()
}

/// Checks an answer as a whole, and that no split of it in two or in single characters changes anything.
#[track_caller]
fn check(format: ToolFormat, answer: &str, expected: &str) {
    let whole = parse(format, [answer]);
    assert_eq!(show(&whole), expected, "{format:?} {answer:?}");
    assert_eq!(source(&whole), answer);
    for at in (0..=answer.len()).filter(|&at| answer.is_char_boundary(at)) {
        assert_eq!(parse(format, [&answer[..at], &answer[at..]]), whole, "split at {at}");
    }
    let single = answer.char_indices().map(|(at, c)| &answer[at..at + c.len_utf8()]);
    assert_eq!(parse(format, single), whole);
}

const CALL: &str = r#"{"name": "add", "arguments": {"a": 1, "b": [2, "}"]}}"#;
const SHOWN: &str = "call add {\"a\": 1, \"b\": [2, \"}\"]}\n";

#[test]
fn marked_calls() {
    use ToolFormat::{Hermes, Llama, Mistral};
    check(Hermes, &format!("<tool_call>\n{CALL}\n</tool_call>"), SHOWN);
    check(
        Hermes,
        &format!("Sumo: <tool_call>{CALL}</tool_call>\n<tool_call>{CALL}</tool_call> ¡ya!"),
        &format!("text \"Sumo: \"\n{SHOWN}text \"\\n\"\n{SHOWN}text \" ¡ya!\"\n"),
    );
    check(Llama, &CALL.replace("arguments", "parameters"), SHOWN);
    check(Llama, &format!("<|python_tag|>{CALL}"), SHOWN);
    check(Mistral, &format!("[TOOL_CALLS] [{CALL}, {CALL}]"), &format!("{SHOWN}{SHOWN}"));
    check(Mistral, &format!(" [{CALL}]"), &format!("text \" \"\n{SHOWN}"));
}

#[test]
fn calls_without_their_marks() {
    for format in [ToolFormat::Hermes, ToolFormat::Llama, ToolFormat::Mistral, ToolFormat::Unmarked] {
        check(format, CALL, SHOWN);
        check(format, &format!("```json\n{CALL}\n```"), SHOWN);
        check(
            format,
            &format!("Voy.\n```\n{CALL}\n```\nHecho"),
            &format!("text \"Voy.\\n\"\n{SHOWN}text \"\\nHecho\"\n"),
        );
        check(format, &format!("{CALL}\n{CALL}"), &format!("{SHOWN}text \"\\n\"\n{SHOWN}"));
    }
}

#[test]
fn a_missing_end_does_not_lose_the_call() {
    check(ToolFormat::Hermes, &format!("<tool_call>{CALL}"), SHOWN);
    check(ToolFormat::Hermes, &format!("<tool_call>{CALL}\n</tool_"), &format!("{SHOWN}text \"\\n</tool_\"\n"));
    check(
        ToolFormat::Hermes,
        &format!("<tool_call>{CALL}\n<tool_call>{CALL}</tool_call>"),
        &format!("{SHOWN}text \"\\n\"\n{SHOWN}"),
    );
    check(ToolFormat::Unmarked, &format!("```json\n{CALL}\n``"), &format!("{SHOWN}text \"\\n``\"\n"));
}

#[test]
fn arguments_in_a_string_come_out_of_it() {
    check(ToolFormat::Hermes, r#"{"arguments": "{\"a\": 1}", "name": "add"}"#, "call add {\"a\": 1}\n");
    let not_an_object = r#"{"name": "add", "arguments": "7"}"#;
    check(ToolFormat::Hermes, not_an_object, &format!("text {not_an_object:?}\n"));
}

#[test]
fn what_is_no_call_is_text() {
    for answer in [
        r#"<tool_call>{"name": "unknown", "arguments": {}}</tool_call>"#,
        r#"<tool_call>{"name": "add", "arguments": {"a": }}</tool_call>"#,
        r#"<tool_call>{"name": "add", "arguments": {"a": 1]}</tool_call>"#,
        r#"<tool_call>{"name": "add"}</tool_call>"#,
        r#"<tool_call>{"name": "add", "arguments": 1}</tool_call>"#,
        r#"{"name": "add", "arguments": {}, "more": 1}"#,
        r#"{"name": "ad", "arguments": {}}"#,
        r#"{"name": "add", "name": "add"}"#,
        r#"See {"name": "add", "arguments": {}}"#,
        r#"[{"name": "add", "arguments": {}}"#,
        "<tool_call> <tool_ca",
        "```rust\nfn main() {}\n```",
        "````\n{}\n````",
        "- [ ] task\n[link](x)\n{braces}\n[]",
        "{\"name\": \"add\", \"arguments\": {\"a\": \"unclosed\n}}",
        "{\n  \"a\": 1\n}",
        "[TOOL_CALLS",
        "",
    ] {
        let text = if answer.is_empty() { String::new() } else { format!("text {answer:?}\n") };
        for format in [ToolFormat::Hermes, ToolFormat::Mistral, ToolFormat::Llama, ToolFormat::Unmarked] {
            check(format, answer, &text);
        }
    }
}

#[test]
fn a_broken_call_does_not_take_the_next_one_with_it() {
    let broken = r#"<tool_call>{"name": "add", "arguments": {"a": 1}"#;
    check(
        ToolFormat::Hermes,
        &format!("{broken}\n</tool_call>\n<tool_call>{CALL}</tool_call>"),
        &format!("text {:?}\n{SHOWN}", format!("{broken}\n</tool_call>\n")),
    );
}

#[test]
fn text_does_not_wait_longer_than_it_must() {
    let mut parser = parser(ToolFormat::Hermes);
    for (part, shown) in [
        ("Hola <", "Hola "),
        ("b>", "<b>"),
        ("\n{\"na", "\n"),
        ("t", "{\"nat"),
        ("\n{\"name\": \"ad", "\n"),
        ("mire", "{\"name\": \"admire"),
        ("\n```py", "\n"),
        ("\nx", "```py\nx"),
    ] {
        assert_eq!(source(&parser.push(part)), shown, "{part:?}");
    }
    assert_eq!(parser.finish(), []);
}

#[test]
fn a_call_longer_than_the_limit_is_text() {
    let mut answer = r#"{"name": "add", "arguments": {"a": ""#.to_owned();
    let shorter = format!("{answer}{}", r#""}}"#);
    assert!(matches!(parse(ToolFormat::Hermes, [shorter.as_str()])[..], [Piece::Calls { .. }]));
    answer.push_str(&"x".repeat(CALL_BYTES_MAX));
    answer.push_str(r#""}}"#);
    assert_eq!(parse(ToolFormat::Hermes, [answer.as_str()]), [Piece::Text(answer.clone())]);
}

#[test]
fn ids_are_nine_digits_and_letters_and_differ() {
    let mut parser = ToolCallParser::new(ToolFormat::Hermes, &[tool("add")], u64::MAX);
    let ids: Vec<String> = parser
        .push(&format!("[{CALL}, {CALL}]\n{CALL}"))
        .iter()
        .flat_map(|piece| match piece {
            Piece::Calls { calls, .. } => calls.iter().map(|call| call.id.clone()).collect(),
            Piece::Text(_) => vec![],
        })
        .collect();
    assert_eq!(ids, [call_id(u64::MAX), "000000000".to_owned(), "000000001".to_owned()]);
    assert!(ids.iter().all(|id| id.len() == 9 && id.chars().all(|c| c.is_ascii_alphanumeric())));
}

#[test]
fn formats_are_told_from_templates() {
    for (source, format) in [
        ("{{ '<tool_call>' }}", ToolFormat::Hermes),
        ("{{ '[TOOL_CALLS] [' }}", ToolFormat::Mistral),
        (r#"{{ '{"name": "' + n + '", "parameters": ' }}"#, ToolFormat::Llama),
        ("{{ messages[0].content }}", ToolFormat::Unmarked),
    ] {
        assert_eq!(ToolFormat::detect(source), format);
    }
}

fn format() -> impl Strategy<Value = ToolFormat> {
    prop_oneof![
        Just(ToolFormat::Hermes),
        Just(ToolFormat::Llama),
        Just(ToolFormat::Mistral),
        Just(ToolFormat::Unmarked)
    ]
}

/// Shards of calls and of what looks like them, so that every state meets every character.
fn shard() -> impl Strategy<Value = String> {
    const SHARDS: [&str; 21] = [
        "<tool_call>",
        "</tool_call>",
        "[TOOL_CALLS]",
        "<|python_tag|>",
        "```",
        "json\n",
        "\n",
        " ",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\"name\": ",
        "\"add\"",
        "\"arguments\": ",
        "{\"a\": 1}",
        "\"",
        "\\",
        "ñ",
        CALL,
    ];
    prop_oneof![6 => proptest::sample::select(&SHARDS[..]).prop_map(str::to_owned), 1 => ".{0,3}"]
}

proptest! {
    #[test]
    fn nothing_is_lost_however_it_is_split(
        format in format(), shards in vec(shard(), 0..16), cuts in vec(0_usize..400, 0..6),
    ) {
        let answer = shards.concat();
        let mut cuts: Vec<usize> = cuts.into_iter().filter(|&cut| answer.is_char_boundary(cut)).collect();
        cuts.extend([0, answer.len()]);
        cuts.sort_unstable();
        let pieces = parse(format, cuts.windows(2).map(|w| &answer[w[0]..w[1]]));
        prop_assert_eq!(source(&pieces), answer.as_str());
        prop_assert_eq!(pieces, parse(format, [answer.as_str()]));
    }

    #[test]
    fn every_call_was_offered_and_has_an_object(format in format(), shards in vec(shard(), 0..16)) {
        for piece in parse(format, [shards.concat().as_str()]) {
            let Piece::Calls { calls, .. } = piece else { continue };
            for call in calls {
                prop_assert!(["add", "weather"].contains(&call.name.as_str()));
                prop_assert!(serde_json::from_str::<serde_json::Map<_, _>>(&call.arguments).is_ok());
            }
        }
    }
}
