//! What the model reads.

use sarai_agent::{Effect, Event, Grammars, ModelFacts, TOOLS_MAX, Turn};
use sarai_types::{
    Conversation, FailureKind, Grammar, GrammarKind, Language, Message, Penalties, Persona, Priority, Role, Sampling,
    Speculation, Strictness, ToolCall, ToolChoice, ToolSpec, TurnRequest,
};

use crate::{conversation, facts, generation, request, tool};

/// ChatML without its tools, up to where the answer begins.
fn chatml(conversation: &Conversation) -> String {
    let turns =
        conversation.messages.iter().map(|m| format!("<|im_start|>{}\n{}<|im_end|>\n", m.role.as_str(), m.text));
    turns.chain(["<|im_start|>assistant\n".to_owned()]).collect()
}

fn texts(conversation: &Conversation) -> Vec<(Role, &str)> {
    conversation.messages.iter().map(|message| (message.role, message.text.as_str())).collect()
}

fn last_text(request: TurnRequest) -> String {
    conversation(request).messages.last().unwrap().text.clone()
}

fn shown(request: TurnRequest) -> Vec<String> {
    conversation(request).tools.into_iter().map(|tool| tool.name).collect()
}

fn refusal(request: TurnRequest) -> (FailureKind, &'static str) {
    match Turn::new(request, facts()).step(Event::Begin).as_slice() {
        [Effect::Fail(failure)] => (failure.kind, failure.notice.id),
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn two_turns_share_everything_but_the_new_words() {
    let mut turn = request("¿Cuál es la capital de Francia?");
    turn.messages.insert(0, Message::new(Role::System, "Habla como un marinero."));
    for (answer, next) in [
        ("París, ¡rayos!", "¿Y cuántos habitantes tiene?"),
        ("Unos dos millones.", "Escríbelo en una tabla"),
        ("| París | 2 |", "gracias"),
    ] {
        let before = chatml(&conversation(turn.clone()));
        turn.messages.push(Message::new(Role::Assistant, answer));
        turn.messages.push(Message::new(Role::User, next));
        turn.local_time.push_str(" and a minute later");
        let after = chatml(&conversation(turn.clone()));
        let kept = format!("{before}{answer}<|im_end|>\n");
        assert!(after.starts_with(&kept), "{after:?} does not go on from {kept:?}");
    }
}

#[test]
fn the_clock_costs_nothing_before_the_question_that_asked_for_it() {
    let mut turn = request("Hola");
    turn.messages.push(Message::new(Role::Assistant, "¡Hola!"));
    let history = chatml(&conversation(turn.clone()));
    turn.messages.push(Message::new(Role::User, "¿Qué hora es?"));
    let asked = chatml(&conversation(turn.clone()));
    turn.messages.push(Message::new(Role::Assistant, "Las dos y cinco."));
    turn.messages.push(Message::new(Role::User, "gracias"));
    let after = chatml(&conversation(turn));

    let shared = format!("{}<|im_start|>user\n¿Qué hora es?", history.trim_end_matches("<|im_start|>assistant\n"));
    assert!(asked.starts_with(&shared) && after.starts_with(&shared), "{asked:?} and {after:?} share {shared:?}");
    assert!(asked.contains("14:05") && !after.contains("14:05"));
}

#[test]
fn the_time_is_told_to_whoever_asks() {
    let told = "\n\n[Local time: Sunday 22 November 2026, 14:05 (Europe/Madrid)]";
    assert_eq!(last_text(request("¿que dia es hoy?")), format!("¿que dia es hoy?{told}"));
    assert_eq!(last_text(request("What time is it?")), format!("What time is it?{told}"));
    assert_eq!(last_text(request("Hola")), "Hola");

    let paste = "línea de un registro\n".repeat(10_000);
    assert!(last_text(request(&format!("¿Qué falló ayer?\n{paste}"))).ends_with(told));
    assert!(last_text(request(&format!("{paste}¿Qué falló ayer?"))).ends_with(told));
    assert_eq!(last_text(request(&format!("{paste}today{paste}"))), format!("{paste}today{paste}"));
}

#[test]
fn the_time_stays_with_the_question_while_tools_answer() {
    let mut turn = request("¿Qué hora es en Tokio?");
    let call = ToolCall { id: "1".to_owned(), name: "zone".to_owned(), arguments: "{}".to_owned() };
    turn.messages.push(Message { tool_calls: vec![call], ..Message::new(Role::Assistant, "") });
    turn.messages.push(Message { tool_call_id: Some("1".to_owned()), ..Message::new(Role::Tool, "UTC+9") });
    let all = conversation(turn);
    assert!(all.messages[1].text.contains("14:05"), "{:?}", all.messages[1]);
    assert_eq!(all.messages[3].text, "UTC+9");
}

#[test]
fn the_assistant_puts_its_own_text_first() {
    let mut turn = request("Hola");
    let system = conversation(turn.clone()).messages[0].clone();
    assert_eq!(system.role, Role::System);
    assert!(system.text.starts_with("You are SARAi") && system.text.contains("Answer in Spanish"), "{}", system.text);
    assert!(!system.text.contains('{'), "a placeholder was left: {}", system.text);
    // Some four bytes make a token of English; the text has room for 300.
    assert!(system.text.len() < 1600, "{} bytes", system.text.len());

    turn.messages.insert(0, Message::new(Role::System, "Uno."));
    turn.messages.insert(1, Message::new(Role::System, "Dos."));
    turn.messages.push(Message::new(Role::System, "Tres."));
    let joined = format!("{}\n\nUno.\n\nDos.", system.text);
    let expected = [(Role::System, joined.as_str()), (Role::User, "Hola"), (Role::System, "Tres.")];
    assert_eq!(texts(&conversation(turn)), expected);
}

#[test]
fn the_language_is_that_of_the_first_message_that_tells_it() {
    let answered_in = |turn: TurnRequest| {
        let text = conversation(turn).messages[0].text.clone();
        if text.contains("Answer in English") { Language::English } else { Language::Spanish }
    };
    let configured = |language, question: &str| TurnRequest { language, ..request(question) };
    assert_eq!(answered_in(configured(Language::Spanish, "What is this?")), Language::English);
    assert_eq!(answered_in(configured(Language::English, "¿Qué es esto?")), Language::Spanish);
    assert_eq!(answered_in(configured(Language::English, "42")), Language::English);
    assert_eq!(answered_in(configured(Language::Spanish, "42")), Language::Spanish);
    let mut turn = configured(Language::Spanish, "What is this?");
    turn.messages.push(Message::new(Role::User, "¿Y en español?"));
    assert_eq!(answered_in(turn), Language::English, "what the model has read does not change");
}

#[test]
fn the_model_alone_reads_exactly_what_the_client_sent() {
    let mut turn = TurnRequest { persona: Persona::Model, ..request("¿Qué hora es?") };
    turn.messages.insert(0, Message::new(Role::System, "Uno."));
    turn.tools = vec![tool("clock")];
    turn.tool_choice = ToolChoice::Required;
    assert_eq!(conversation(turn.clone()), Conversation { messages: turn.messages, tools: turn.tools });
}

#[test]
fn no_message_is_no_reason_to_panic() {
    for persona in [Persona::Assistant, Persona::Model] {
        for tool_choice in [ToolChoice::Auto, ToolChoice::Required] {
            let tools = vec![tool("clock")];
            let turn = TurnRequest { persona, messages: Vec::new(), tools, tool_choice, ..request("") };
            assert_eq!(conversation(turn).messages.len(), usize::from(persona == Persona::Assistant));
        }
    }
}

#[test]
fn the_choice_of_tools_decides_what_the_model_sees() {
    let ask = |tool_choice| TurnRequest { tools: vec![tool("a"), tool("b")], tool_choice, ..request("Hola") };
    let named = ToolChoice::Named("b".to_owned());
    for (choice, tools, text) in [
        (ToolChoice::Auto, &["a", "b"][..], "Hola"),
        (ToolChoice::None, &[], "Hola"),
        (ToolChoice::Required, &["a", "b"], "Hola\n\n[Answer with a call of one of the tools.]"),
        (named, &["b"], "Hola\n\n[Answer with a call of the tool b.]"),
    ] {
        assert_eq!(shown(ask(choice.clone())), tools, "{choice:?}");
        assert_eq!(last_text(ask(choice.clone())), text, "{choice:?}");
    }
}

#[test]
fn at_most_eight_of_many_tools_are_shown() {
    let many = |count: usize| (0..count).map(|n| tool(&format!("tool_{n:03}"))).collect::<Vec<_>>();
    let ask = |count, tool_choice| TurnRequest { tools: many(count), tool_choice, ..request("usa tool 099") };
    assert_eq!(shown(ask(8, ToolChoice::Auto)).len(), 8);
    let eight = shown(ask(TOOLS_MAX, ToolChoice::Auto));
    assert_eq!((eight.len(), eight.last().unwrap().as_str()), (8, "tool_099"));
    assert_eq!(shown(ask(TOOLS_MAX, ToolChoice::Named("tool_127".to_owned()))), ["tool_127"]);
}

#[test]
fn wrong_demands_are_refused() {
    let bad = |id| (FailureKind::BadRequest, id);
    let tools = vec![tool("a"); TOOLS_MAX + 1];
    assert_eq!(refusal(TurnRequest { tools, ..request("Hola") }), bad("agent-too-many-tools"));
    let tool_choice = ToolChoice::Named("b".to_owned());
    assert_eq!(refusal(TurnRequest { tools: vec![tool("a")], tool_choice, ..request("x") }), bad("agent-unknown-tool"));
    let tool_choice = ToolChoice::Required;
    assert_eq!(refusal(TurnRequest { tool_choice, ..request("Hola") }), bad("agent-no-tools"));
}

fn held_to(kind: GrammarKind, source: &str) -> TurnRequest {
    TurnRequest { grammar: Some(Grammar { kind, source: source.to_owned() }), ..request("Hola") }
}

#[test]
fn a_schema_is_shown_behind_the_question() {
    let long = format!(r#"{{"enum":["{}"]}}"#, "x".repeat(2048));
    let fits = r#"{"type":"integer"}"#;
    for (kind, source, text) in [
        (GrammarKind::JsonSchema, fits, format!("Hola\n\n[Answer with one JSON value that fits this schema: {fits}]")),
        (GrammarKind::JsonSchema, r#"{"type":"object"}"#, "Hola\n\n[Answer with one JSON object.]".to_owned()),
        (GrammarKind::JsonSchema, &long, "Hola\n\n[Answer with one JSON value.]".to_owned()),
        (GrammarKind::Gbnf, "root ::= \"a\"", "Hola".to_owned()),
        (GrammarKind::Regex, "a+", "Hola".to_owned()),
        (GrammarKind::Lark, "start: \"a\"", "Hola".to_owned()),
    ] {
        let asked = held_to(kind, source);
        assert_eq!(last_text(asked.clone()), text, "{kind:?}");
        assert_eq!(last_text(TurnRequest { persona: Persona::Model, ..asked.clone() }), "Hola", "{kind:?}");
        assert_eq!(generation(asked.clone()).grammar, asked.grammar);
    }
}

#[test]
fn a_form_is_refused_beside_tools_and_where_grammars_are_off() {
    let bad = |id| (FailureKind::BadRequest, id);
    let form = held_to(GrammarKind::Regex, "a+");
    let beside = TurnRequest { tools: vec![tool("a")], ..form.clone() };
    assert_eq!(refusal(beside.clone()), bad("agent-grammar-beside-tools"));
    let unused = TurnRequest { tool_choice: ToolChoice::None, ..beside };
    assert_eq!(generation(unused.clone()).grammar, unused.grammar);

    let off = ModelFacts { grammars: Grammars::Off, ..facts() };
    let refused = |request| match Turn::new(request, off.clone()).step(Event::Begin).as_slice() {
        [Effect::Fail(failure)] => (failure.kind, failure.notice.id),
        other => panic!("not refused: {other:?}"),
    };
    assert_eq!(refused(form), bad("agent-grammars-off"));
    let strict = ToolSpec { strictness: Strictness::Strict, ..tool("a") };
    assert_eq!(refused(TurnRequest { tools: vec![strict], ..request("Hola") }), bad("agent-grammars-off"));
    let lenient = TurnRequest { tools: vec![tool("a")], ..request("Hola") };
    match Turn::new(lenient, off).step(Event::Begin).as_slice() {
        [Effect::Generate(generation)] => assert_eq!(generation.grammar, None),
        other => panic!("not asked: {other:?}"),
    }
}

#[test]
fn tool_calls_are_held_to_their_form() {
    let ask = |tool_choice| TurnRequest { tools: vec![tool("mail")], tool_choice, ..request("Hola") };
    for (choice, held) in [
        (ToolChoice::Auto, true),
        (ToolChoice::Required, true),
        (ToolChoice::Named("mail".to_owned()), true),
        (ToolChoice::None, false),
    ] {
        let kind = generation(ask(choice.clone())).grammar.map(|grammar| grammar.kind);
        assert_eq!(kind, held.then_some(GrammarKind::Lark), "{choice:?}");
    }
}

#[test]
fn a_strict_tool_that_cannot_be_enforced_is_refused_by_its_place() {
    // Many tools, of which the model sees some: the place is that in the request.
    let mut tools: Vec<_> = (0..20).map(|n| tool(&format!("tool_{n:03}"))).collect();
    tools[17].parameters = r#"{"type":"object","properties":{"a":{"if":{}}}}"#.to_owned();
    let ask = |tools: Vec<ToolSpec>| TurnRequest { tools, ..request("usa tool 017") };
    assert!(generation(ask(tools.clone())).grammar.is_some(), "a lenient one takes any object");
    tools[17].strictness = Strictness::Strict;
    match Turn::new(ask(tools), facts()).step(Event::Begin).as_slice() {
        [Effect::Fail(failure)] => {
            assert_eq!(failure.kind, FailureKind::Grammar { tool: Some(17) });
            let args: Vec<&str> = failure.notice.args.iter().map(|(_, value)| value.as_str()).collect();
            assert_eq!((failure.notice.id, args[0]), ("agent-tool-schema", "tool_017"));
            assert!(args[1].contains("/properties/a") && args[1].contains("if"), "{}", args[1]);
        }
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn everything_else_reaches_the_engine_as_it_came() {
    let sampling =
        Sampling { seed: Some(7), penalties: Penalties { repeat: 1.1, ..Default::default() }, ..Sampling::greedy() };
    let turn = TurnRequest {
        sampling,
        max_tokens: Some(12),
        stop: vec!["FIN".to_owned()],
        logprobs: Some(3),
        priority: Priority::Background,
        speculation: Speculation::Fixed(3),
        ..request("Hola")
    };
    let asked = generation(turn.clone());
    assert_eq!(
        (asked.sampling, asked.max_tokens, asked.stop, asked.logprobs, asked.priority, asked.speculation),
        (sampling, Some(12), vec!["FIN".to_owned()], Some(3), Priority::Background, Speculation::Fixed(3))
    );
    let with_tools = TurnRequest { tools: vec![tool("a")], ..turn };
    assert_eq!(generation(with_tools).logprobs, None, "probabilities cannot stand beside parsed text");
}
