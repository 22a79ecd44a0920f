//! What the forms let through is what the parser finds.

use proptest::prelude::*;

use super::super::{Piece, ToolCallParser};
use super::*;
use crate::grammar::{Checker, Constraint, Grammars, Thinking, Verdict, Vocabulary, check};

const MARKED: [ToolFormat; 3] = [ToolFormat::Hermes, ToolFormat::Llama, ToolFormat::Mistral];
const ALL: [ToolFormat; 4] = [ToolFormat::Hermes, ToolFormat::Llama, ToolFormat::Mistral, ToolFormat::Unmarked];

fn tool(name: &str, parameters: &str, strictness: Strictness) -> ToolSpec {
    ToolSpec { name: name.to_owned(), description: String::new(), parameters: parameters.to_owned(), strictness }
}

fn tools() -> Vec<ToolSpec> {
    let add = r#"{"properties": {"a": {"type": "integer", "minimum": 0, "maximum": 99}, "b": {"enum": ["x", "}]"]}},
        "required": ["a"], "additionalProperties": false}"#;
    let weather = r#"{"type": "object", "properties": {"city": {"type": "string", "maxLength": 6}},
        "required": ["city"], "additionalProperties": false}"#;
    vec![
        tool("add", add, Strictness::Strict),
        tool("weather", weather, Strictness::Lenient),
        tool("ping", "", Strictness::Strict),
    ]
}

fn grammar(format: ToolFormat, choice: &ToolChoice) -> Grammar {
    form(format, &tools(), choice).unwrap().unwrap()
}

#[track_caller]
fn says(format: ToolFormat, choice: &ToolChoice, text: &str, expected: Verdict) {
    let said = check(&grammar(format, choice), text.as_bytes());
    assert_eq!(said, Ok(expected), "{format:?} {choice:?} {text:?}");
}

#[test]
fn free_text_or_calls() {
    use ToolFormat::{Hermes, Llama, Mistral};
    let auto = &ToolChoice::Auto;
    for format in MARKED {
        for text in ["", "Hola, ¿qué tal?\n\n{\"a\": 1}", "<tool", "[TOOL", "{", "[1]"] {
            says(format, auto, text, Verdict::Accepted);
        }
    }
    let call = r#"{"name": "add", "arguments": {"a": 7, "b": "}]"}}"#;
    says(Hermes, auto, &format!("Sumo.\n<tool_call>\n{call}\n</tool_call>"), Verdict::Accepted);
    says(
        Hermes,
        auto,
        &format!("<tool_call>\n{call}\n</tool_call>\n<tool_call>\n{call}\n</tool_call>"),
        Verdict::Accepted,
    );
    says(Hermes, auto, "<tool_call>", Verdict::Incomplete);
    says(Hermes, auto, "a<tool_call>x", Verdict::RejectedAt(12));
    says(
        Hermes,
        auto,
        r#"<tool_call>
{"name": "add", "arguments": {"a": 700"#,
        Verdict::RejectedAt(49),
    );
    says(Hermes, auto, "<tool_call>\n{\"name\": \"sub\"", Verdict::RejectedAt(22));
    says(Mistral, auto, &format!("Voy. [TOOL_CALLS] [{call}, {call}]"), Verdict::Accepted);
    says(Mistral, auto, "[TOOL_CALLS] {", Verdict::RejectedAt(13));
    let call = call.replace("arguments", "parameters");
    says(Llama, auto, &call, Verdict::Accepted);
    says(Llama, auto, &format!("{call}\n{call}"), Verdict::Accepted);
    says(Llama, auto, &format!("Voy: <|python_tag|>{call}"), Verdict::Accepted);
    says(Llama, auto, r#"{"name": "Ana"}"#, Verdict::RejectedAt(10));
    says(Llama, auto, r#"{"nombre": "Ana"}"#, Verdict::Accepted);
}

#[test]
fn calls_alone() {
    let required = &ToolChoice::Required;
    for format in ALL {
        says(format, required, "", Verdict::Incomplete);
        says(format, required, "Hola", Verdict::RejectedAt(0));
    }
    let ping = r#"{"name": "ping", "arguments": {"any": ["thing", null]}}"#;
    says(ToolFormat::Unmarked, required, ping, Verdict::Accepted);
    says(ToolFormat::Unmarked, required, &format!("{ping}{ping}"), Verdict::RejectedAt(ping.len()));
    let named = &ToolChoice::Named("add".to_owned());
    says(ToolFormat::Unmarked, named, ping, Verdict::RejectedAt(10));
    says(ToolFormat::Mistral, named, r#"[TOOL_CALLS] [{"name": "add", "arguments": {"a": 1}}]"#, Verdict::Accepted);
}

#[test]
fn no_form_where_every_answer_will_do() {
    assert_eq!(form(ToolFormat::Hermes, &tools(), &ToolChoice::None), Ok(None));
    assert_eq!(form(ToolFormat::Hermes, &[], &ToolChoice::Auto), Ok(None));
    assert_eq!(form(ToolFormat::Unmarked, &tools(), &ToolChoice::Auto), Ok(None));
    let missing = ToolChoice::Named("sub".to_owned());
    assert_eq!(form(ToolFormat::Hermes, &tools(), &missing), Err(FormError::NoSuchTool("sub".to_owned())));
}

#[test]
fn what_cannot_be_enforced_is_refused_or_any_object() {
    for (parameters, words) in [
        (
            r#"{"type": "object", "properties": {"a": {"type": "array", "uniqueItems": true}}}"#,
            "#/properties/a: \"uniqueItems\"",
        ),
        (r#"{"type": "object", "properties": {"a": {"pattern": "(?=a)"}}}"#, "#/properties/a: \"pattern\""),
        (r#"{"type": "string"}"#, "#: the arguments"),
        ("[]", "#: the arguments"),
        ("{", "#: the schema is not JSON"),
    ] {
        let strict = form(ToolFormat::Hermes, &[tool("t", parameters, Strictness::Strict)], &ToolChoice::Auto);
        let said = strict.unwrap_err().to_string();
        assert!(said.starts_with("tool \"t\": ") && said.contains(words), "{said}");
        let lenient = form(ToolFormat::Unmarked, &[tool("t", parameters, Strictness::Lenient)], &ToolChoice::Required);
        let text = br#"{"name": "t", "arguments": {"b": [1]}}"#;
        assert_eq!(check(&lenient.unwrap().unwrap(), text), Ok(Verdict::Accepted));
    }
    for name in ["", "a\"b", "a\nb", "a\u{7f}"] {
        let refused = form(ToolFormat::Hermes, &[tool(name, "{}", Strictness::Lenient)], &ToolChoice::Auto);
        assert_eq!(refused, Err(FormError::Name(name.to_owned())));
    }
}

/// An answer that the form lets through, steered by `picks`; once they are used up it takes the shortest way out that a
/// few looks ahead show.
fn walk(mut answer: Constraint, picks: &[u16]) -> Option<String> {
    let mut said = Vec::new();
    for &pick in picks.iter().cycle().take(600) {
        if answer.must_end() || said.len() > picks.len() && answer.may_end() {
            return String::from_utf8(said).ok();
        }
        let mask = answer.mask().unwrap();
        let allowed: Vec<u8> = (0..=254).filter(|&byte| mask.allows(u32::from(byte))).collect();
        // Closing brackets and quotes come to an end sooner.
        let closing = allowed.iter().copied().find(|byte| said.len() > picks.len() && b"\"}]".contains(byte));
        let byte = closing.or_else(|| allowed.get(usize::from(pick) % allowed.len().max(1)).copied())?;
        answer.advance(u32::from(byte)).unwrap();
        said.push(byte);
    }
    None
}

#[test]
fn the_parser_finds_every_call_that_is_let_through() {
    let grammars = Grammars::new(&Vocabulary::bytes()).unwrap();
    let compile = |grammar: &Grammar| grammars.compile(grammar, &Thinking::Never).unwrap();
    let required = ALL.map(|format| (format, String::new(), compile(&grammar(format, &ToolChoice::Required))));
    let auto = MARKED.map(|format| {
        let before = format!("Voy. {}", format.marks().unwrap().0);
        let mut answer = compile(&grammar(format, &ToolChoice::Auto));
        before.bytes().for_each(|byte| answer.advance(u32::from(byte)).unwrap());
        (format, before, answer)
    });
    let forms = [required.as_slice(), auto.as_slice()].concat();
    let arguments = tools().into_iter().map(|tool| {
        let source = if tool.parameters.is_empty() { r#"{"type": "object"}"#.to_owned() } else { tool.parameters };
        (tool.name, Grammar { kind: GrammarKind::JsonSchema, source })
    });
    let arguments: Vec<(String, Grammar)> = arguments.collect();
    let picks = proptest::collection::vec(any::<u16>(), 1..40);
    let ended = std::cell::Cell::new(0);
    proptest!(ProptestConfig::with_cases(100), |(at in 0..forms.len(), picks in picks)| {
        let (format, before, answer) = forms[at].clone();
        let Some(text) = walk(answer, &picks).map(|text| before + &text) else { return Ok(()) };
        ended.set(ended.get() + 1);
        let mut parser = ToolCallParser::new(format, &tools(), 0);
        let mut pieces = parser.push(&text);
        pieces.extend(parser.finish());
        let mut calls = 0;
        for piece in pieces {
            match piece {
                Piece::Text(between) => prop_assert!(["", "Voy."].contains(&between.trim()), "{:?} in {:?}", between, text),
                Piece::Calls { calls: found, .. } => {
                    calls += found.len();
                    for call in found {
                        let (_, held) = arguments.iter().find(|(name, _)| name == &call.name).unwrap();
                        let said = Checker::new().unwrap().check(held, call.arguments.as_bytes());
                        prop_assert_eq!(said, Ok(Verdict::Accepted));
                    }
                }
            }
        }
        prop_assert_eq!(calls, text.matches("{\"name\": ").count(), "{:?}", text);
    });
    assert!(ended.get() > 50, "{} answers came to an end", ended.get());
}
