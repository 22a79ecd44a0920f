//! Turns as text: what happens on the left, what the machine does about it on the right.

use sarai_agent::{Effect, Event, ModelFacts, Turn};
use sarai_engine::grammar::Thinking;
use sarai_types::{
    Candidate, ChosenSkill, Decoding, FactLine, FactRole, Failure, FailureKind, FinishReason, GenerationEvent, Grammar,
    GrammarKind, MemoryPart, MemoryShare, MemoryWish, Message, Notice, Persona, Priority, Prompt, Recollection, Role,
    SkillEvent, SkillKind, SkillWish, Timings, TokenText, ToolChoice, TurnEvent, TurnRequest, Usage,
};

use crate::{facts, request, tool};

/// `begin`, `gone`, `alone`, `process NAME`, `prompt NAME`, `skill-…`, `fail KIND`, `started`, `finished REASON`, `token TEXT` (with a probability), and `text TEXT`, where
/// `\n` stands for a new line. A text keeps the spaces behind it.
fn event(line: &str) -> Event {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let usage = Usage { prompt_tokens: 9, cached_tokens: 4, completion_tokens: 3 };
    let text = rest.replace("\\n", "\n");
    Event::Generation(match (word, rest) {
        ("begin", _) => return Event::Begin,
        ("gone", _) => return Event::ClientGone,
        ("arranged", "") => return Event::Arranged(None),
        ("arranged", _) => return Event::Arranged(Some(text)),
        ("recalled", _) => return recalled(MemoryPart::None),
        ("helped", _) => return recalled(MemoryPart::Help(text)),
        ("hinted", _) => return recalled(MemoryPart::Hints(text)),
        ("replied", _) => return recalled(MemoryPart::Reply(text)),
        ("unknown", _) => return recalled(MemoryPart::Unknown(text)),
        ("alone", _) => return Event::Routed(None),
        ("process", name) => return chosen(name, SkillKind::Process),
        ("prompt", name) => {
            let grammar = Grammar { kind: GrammarKind::Regex, source: "a+".to_owned() };
            let instructions = "Say a.".to_owned();
            return chosen(name, SkillKind::Prompt { instructions, grammar: Some(grammar) });
        }
        ("skill-text", _) => return Event::Skill { event: SkillEvent::Text(text), usage },
        ("skill-answered", _) => return Event::Skill { event: SkillEvent::Answered { data: text }, usage },
        ("skill-declined", _) => return Event::Skill { event: SkillEvent::Declined { sentence: text }, usage },
        ("skill-not-mine", _) => return Event::Skill { event: SkillEvent::NotMine, usage },
        ("fail", kind) => {
            let kind = match kind {
                "too-long" => FailureKind::TooLong,
                "unavailable" => FailureKind::Unavailable,
                other => panic!("no such failure: {other}"),
            };
            return Event::Failed(Failure::new(kind, Notice::new("test"), "told by the test"));
        }
        ("started", _) => GenerationEvent::Started { prompt_tokens: 9, cached_tokens: 4 },
        ("text", _) => GenerationEvent::Text { text, tokens: Vec::new() },
        ("token", _) => {
            let chosen = Candidate { bytes: text.clone().into_bytes(), logprob: -0.5 };
            GenerationEvent::Text { text, tokens: vec![TokenText { chosen, top: Vec::new() }] }
        }
        ("finished", "stop") => GenerationEvent::Finished {
            reason: FinishReason::Stop,
            usage,
            timings: Timings::default(),
            decoding: Decoding::default(),
        },
        ("finished", "length") => GenerationEvent::Finished {
            reason: FinishReason::Length,
            usage,
            timings: Timings::default(),
            decoding: Decoding::default(),
        },
        other => panic!("no such event: {other:?}"),
    })
}

fn chosen(name: &str, kind: SkillKind) -> Event {
    Event::Routed(Some(ChosenSkill { name: name.parse().unwrap(), reasons: vec![Notice::new("test")], kind }))
}

fn recalled(part: MemoryPart) -> Event {
    let used = vec![FactLine { id: 7, text: "Vives en Vigo".to_owned(), role: FactRole::Asked }];
    let share = MemoryShare { used, ..MemoryShare::default() };
    Event::Recalled(Box::new(Recollection { known: "- Vives en Vigo\n".to_owned(), part, share }))
}

fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Arrange(said) => format!("arrange {:?} of {:?}", said.text, said.opening),
        Effect::Recall(said) => format!("recall {:?} of {:?} {}", said.text, said.opening, said.language),
        Effect::Route { text, .. } => format!("route {text:?}"),
        Effect::CallSkill(call) => {
            format!("call-skill {} {:?} {:?} {:?}", call.skill, call.text, call.arguments, call.language)
        }
        Effect::Generate(generation) => match &generation.grammar {
            Some(grammar) if grammar.source == "a+" => "generate a+".to_owned(),
            Some(_) | None => "generate".to_owned(),
        },
        Effect::Stop => "stop".to_owned(),
        Effect::Fail(failure) => format!("fail {:?} {}", failure.kind, failure.notice.id),
        Effect::Emit(TurnEvent::Started { model, prompt_tokens, cached_tokens }) => {
            format!("started {model} {prompt_tokens} {cached_tokens}")
        }
        Effect::Emit(TurnEvent::Thought { text }) => format!("thought {text:?}"),
        Effect::Emit(TurnEvent::Text { text, tokens }) if tokens.is_empty() => format!("text {text:?}"),
        Effect::Emit(TurnEvent::Text { text, tokens }) => format!("text {text:?} with {} tokens", tokens.len()),
        Effect::Emit(TurnEvent::ToolCall(call)) => format!("call {} {}", call.name, call.arguments),
        Effect::Emit(TurnEvent::Finished(summary)) => {
            let skill = summary.skill.as_ref().map(|skill| format!(" by {} {}", skill.name, skill.data));
            let (reason, tokens) = (summary.reason, summary.usage.completion_tokens);
            let facts: String = summary.memory.used.iter().map(|fact| format!(" with fact {}", fact.id)).collect();
            format!("finished {reason:?} {tokens} tokens{}{facts}", skill.unwrap_or_default())
        }
    }
}

/// Plays the left halves of the lines and compares the right ones, in order and with nothing besides.
fn check(request: TurnRequest, transcript: &[(&str, &[&str])]) {
    check_with(facts(), request, transcript);
}

fn check_with(facts: ModelFacts, request: TurnRequest, transcript: &[(&str, &[&str])]) {
    let mut turn = Turn::new(request, facts);
    for (n, (happens, expected)) in transcript.iter().enumerate() {
        let effects: Vec<String> = turn.step(event(happens)).iter().map(effect).collect();
        assert_eq!(effects, *expected, "line {n}: {happens}");
    }
    assert!(turn.done(), "the transcript ends the turn");
}

const BEGIN: (&str, &[&str]) = ("begin", &["generate"]);
const ROUTE: (&str, &[&str]) = ("begin", &[r#"route "¿Cuánto gasté?""#]);
const STARTED: (&str, &[&str]) = ("started", &["started scripted 9 4"]);

fn with_tools() -> TurnRequest {
    TurnRequest { tools: vec![tool("weather"), tool("mail")], ..request("¿Lloverá?") }
}

#[test]
fn an_answer_passes_through() {
    check(
        request("Hola"),
        &[
            BEGIN,
            ("begin", &[]),
            STARTED,
            ("text ¡Ho", &[r#"text "¡Ho""#]),
            ("token la!\\n", &[r#"text "la!\n" with 1 tokens"#]),
            ("text ", &[]),
            ("finished stop", &["finished Stop 3 tokens"]),
            ("text más", &[]),
            ("finished stop", &[]),
            ("fail unavailable", &[]),
            ("gone", &[]),
            ("begin", &[]),
        ],
    );
}

#[test]
fn without_tools_a_call_is_text() {
    let call = r#"<tool_call>{"name": "weather", "arguments": {}}</tool_call>"#;
    let line = format!("text {call}");
    let said = format!("text {call:?}");
    let transcript: &[(&str, &[&str])] =
        &[BEGIN, STARTED, (&line, &[&said]), ("finished length", &["finished Length 3 tokens"])];
    check(request("Hola"), transcript);
    check(TurnRequest { tool_choice: ToolChoice::None, ..with_tools() }, transcript);
}

#[test]
fn calls_are_taken_out_of_the_text_and_the_white_space_with_them() {
    check(
        with_tools(),
        &[
            BEGIN,
            STARTED,
            ("text Voy a mirar. \\n", &[r#"text "Voy a mirar.""#]),
            ("text \\n<tool", &[]),
            (r#"text _call>{"name": "weather", "arguments": {"city": "Vigo"}}"#, &[]),
            ("text </tool_call>", &[r#"call weather {"city": "Vigo"}"#]),
            ("text \\n", &[]),
            (r#"text <tool_call>{"name": "mail", "arguments": {}}</tool_call>"#, &["call mail {}"]),
            ("text \\n", &[]),
            ("finished stop", &["finished ToolCalls 3 tokens"]),
        ],
    );
}

#[test]
fn texts_with_a_call_between_them_stay_apart() {
    let call = r#"text <tool_call>{"name": "mail", "arguments": {}}</tool_call>"#;
    check(
        with_tools(),
        &[
            BEGIN,
            STARTED,
            ("text Antes.\\n", &[r#"text "Antes.""#]),
            (call, &["call mail {}"]),
            ("text \\nDespués.\\n", &[r#"text "\nDespués.""#]),
            ("finished length", &["finished ToolCalls 3 tokens"]),
        ],
    );
    check(
        with_tools(),
        &[
            BEGIN,
            STARTED,
            ("text \\n\\n", &[]),
            (call, &["call mail {}"]),
            ("text \\nHecho.", &[r#"text "Hecho.""#]),
            ("finished stop", &["finished ToolCalls 3 tokens"]),
        ],
    );
}

#[test]
fn an_answer_without_a_call_is_complete_though_tools_were_offered() {
    check(
        with_tools(),
        &[
            BEGIN,
            STARTED,
            ("text \\n\\nNo", &[r#"text "\n\nNo""#]),
            ("token  lo sé. \\n", &[r#"text " lo sé.""#]),
            ("text \\n<tool", &[]),
            ("finished stop", &[r#"text " \n\n<tool""#, "finished Stop 3 tokens"]),
        ],
    );
    check(
        with_tools(),
        &[
            BEGIN,
            STARTED,
            ("text fin\\n", &[r#"text "fin""#]),
            ("finished length", &[r#"text "\n""#, "finished Length 3 tokens"]),
        ],
    );
}

#[test]
fn white_space_without_end_is_not_held_for_ever() {
    let mut turn = Turn::new(with_tools(), facts());
    turn.step(event("begin"));
    turn.step(event("started"));
    let said = (0..1_000).map(|_| turn.step(event("text \\n")).len()).sum::<usize>();
    assert!(said > 0, "the client sees that the model goes on");
    let rest = turn.step(event("finished length"));
    assert_eq!(rest.iter().map(effect).next_back().unwrap(), "finished Length 3 tokens");
}

#[test]
fn a_failure_ends_the_turn_wherever_it_comes() {
    let too_long: (&str, &[&str]) = ("fail too-long", &["fail TooLong test"]);
    check(request("Hola"), &[too_long, ("begin", &[])]);
    check(request("Hola"), &[BEGIN, too_long, ("started", &[])]);
    let died: (&str, &[&str]) = ("fail unavailable", &["fail Unavailable test"]);
    check(request("Hola"), &[BEGIN, STARTED, died, ("text tarde", &[]), ("fail unavailable", &[])]);
    check(with_tools(), &[BEGIN, STARTED, ("text a <tool_", &[r#"text "a""#]), died, ("finished stop", &[])]);
}

#[test]
fn a_client_that_is_gone_stops_the_generation_and_hears_nothing() {
    let after: [(&str, &[&str]); 4] =
        [("text tarde", &[]), ("finished stop", &[]), ("fail unavailable", &[]), ("gone", &[])];
    let play = |before: &[(&str, &[&str])], gone: &[&str]| {
        let transcript: Vec<(&str, &[&str])> = before.iter().copied().chain([("gone", gone)]).chain(after).collect();
        check(with_tools(), &transcript);
    };
    play(&[], &[]);
    play(&[BEGIN], &["stop"]);
    play(&[BEGIN, STARTED], &["stop"]);
    play(&[BEGIN, STARTED, ("text a", &[r#"text "a""#])], &["stop"]);
    play(&[BEGIN, STARTED, ("text <tool", &[])], &["stop"]);
}

#[test]
fn an_engine_out_of_order_is_stopped() {
    let failed = "fail Internal agent-engine-out-of-order";
    check(request("Hola"), &[("started", &[failed])]);
    check(request("Hola"), &[BEGIN, ("text a", &["stop", failed])]);
    check(request("Hola"), &[BEGIN, ("finished stop", &["stop", failed])]);
    check(request("Hola"), &[BEGIN, STARTED, ("started", &["stop", failed])]);
}

fn thinker() -> ModelFacts {
    ModelFacts { thinking: Thinking::May { open: "<think>".to_owned(), close: "</think>".to_owned() }, ..facts() }
}

#[test]
fn a_thought_is_not_part_of_the_answer() {
    let transcript: &[(&str, &[&str])] = &[
        BEGIN,
        STARTED,
        ("token <thi", &[]),
        ("token nk>\\nA ver", &[r#"thought "A ver""#]),
        ("token : dos.\\n</", &[r#"thought ": dos.\n""#]),
        ("token think>", &[]),
        ("token \\n\\n", &[]),
        ("token Dos", &[r#"text "Dos" with 1 tokens"#]),
        ("token . <think>", &[r#"text ". <think>" with 1 tokens"#]),
        ("finished stop", &["finished Stop 3 tokens"]),
    ];
    check_with(thinker(), request("¿1 + 1?"), transcript);
    check_with(thinker(), TurnRequest { persona: Persona::Model, ..request("¿1 + 1?") }, transcript);
    let text = "text <think>a</think>b";
    check(request("Hola"), &[BEGIN, STARTED, (text, &[r#"text "<think>a</think>b""#]), ("gone", &["stop"])]);
}

#[test]
fn a_thought_without_an_end_is_all_there_is() {
    let opened = ModelFacts { thinking: Thinking::Open { close: "</think>".to_owned() }, ..facts() };
    check_with(
        opened,
        request("Hola"),
        &[
            BEGIN,
            STARTED,
            ("text \\nHm </", &[r#"thought "Hm ""#]),
            ("finished length", &[r#"thought "</""#, "finished Length 3 tokens"]),
        ],
    );
}

#[test]
fn a_call_inside_a_thought_is_a_thought() {
    let call = r#"<tool_call>{"name": "mail", "arguments": {}}</tool_call>"#;
    let (inside, after) = (format!("text <think>{call}"), format!("text </think>\\n{call}"));
    let thought = format!("thought {call:?}");
    check_with(
        thinker(),
        with_tools(),
        &[
            BEGIN,
            STARTED,
            (&inside, &[&thought]),
            (&after, &["call mail {}"]),
            ("finished stop", &["finished ToolCalls 3 tokens"]),
        ],
    );
}

fn routed() -> TurnRequest {
    TurnRequest { skill: SkillWish::Auto, ..request("¿Cuánto gasté?") }
}

#[test]
fn without_a_skill_that_suits_the_model_answers() {
    check(routed(), &[ROUTE, ("alone", &["generate"]), STARTED, ("finished stop", &["finished Stop 3 tokens"])]);
}

#[test]
fn a_skill_that_is_a_process_answers() {
    check(
        routed(),
        &[
            ROUTE,
            ("begin", &[]),
            ("process sql", &[r#"call-skill sql "¿Cuánto gasté?" "" Spanish"#]),
            ("skill-text 40 ", &["started scripted 9 4", r#"text "40 ""#]),
            ("skill-text euros", &[r#"text "euros""#]),
            ("skill-answered [40]", &["finished Stop 3 tokens by sql [40]"]),
            ("skill-text more", &[]),
        ],
    );
}

#[test]
fn a_skill_that_is_a_prompt_holds_the_model_to_its_form() {
    check(
        routed(),
        &[ROUTE, ("prompt note", &["generate a+"]), STARTED, ("finished stop", &["finished Stop 3 tokens by note "])],
    );
}

#[test]
fn what_a_skill_leaves_to_others_the_model_answers() {
    check(
        routed(),
        &[
            ROUTE,
            ("process sql", &[r#"call-skill sql "¿Cuánto gasté?" "" Spanish"#]),
            ("skill-not-mine", &["generate"]),
            STARTED,
            ("finished stop", &["finished Stop 3 tokens"]),
        ],
    );
}

#[test]
fn what_a_skill_cannot_do_is_said_in_its_words() {
    check(
        routed(),
        &[
            ROUTE,
            ("process sql", &[r#"call-skill sql "¿Cuánto gasté?" "" Spanish"#]),
            (
                "skill-declined No hay datos.",
                &["started scripted 9 4", r#"text "No hay datos.""#, "finished Stop 3 tokens by sql "],
            ),
        ],
    );
}

#[test]
fn a_skill_that_fails_fails_the_turn_and_one_that_nobody_waits_for_is_stopped() {
    let call: (&str, &[&str]) = ("process sql", &[r#"call-skill sql "¿Cuánto gasté?" "" Spanish"#]);
    check(routed(), &[ROUTE, call, ("fail unavailable", &["fail Unavailable test"])]);
    check(routed(), &[ROUTE, call, ("gone", &["stop"])]);
    check(routed(), &[ROUTE, ("gone", &[])]);
    check(routed(), &[ROUTE, ("started", &["fail Internal agent-engine-out-of-order"])]);
}

#[test]
fn a_named_skill_gets_its_arguments_and_goes_before_form_and_tools() {
    let skill = SkillWish::Named { name: "sql".parse().unwrap(), arguments: "{}".to_owned() };
    let request = TurnRequest { skill, ..with_tools() };
    let transcript: &[(&str, &[&str])] = &[
        ("begin", &[r#"route "¿Lloverá?""#]),
        ("process sql", &[r#"call-skill sql "¿Lloverá?" "{}" Spanish"#]),
        ("skill-answered ", &["started scripted 9 4", "finished Stop 3 tokens by sql "]),
    ];
    check(request, transcript);
}

#[test]
fn a_clients_own_tools_and_the_model_by_name_leave_no_room_for_skills() {
    let transcript: &[(&str, &[&str])] = &[BEGIN, STARTED, ("finished stop", &["finished Stop 3 tokens"])];
    check(TurnRequest { skill: SkillWish::Auto, ..with_tools() }, transcript);
    check(TurnRequest { persona: Persona::Model, ..routed() }, transcript);
}

fn remembering() -> TurnRequest {
    TurnRequest { memory: MemoryWish::On, ..request("¿Cuánto gasté?") }
}

const ARRANGE: (&str, &[&str]) = ("begin", &[r#"arrange "¿Cuánto gasté?" of "¿Cuánto gasté?""#]);
const RECALL: (&str, &[&str]) = ("arranged", &[r#"recall "¿Cuánto gasté?" of "¿Cuánto gasté?" es"#]);

#[test]
fn what_the_memory_knows_it_says_without_a_model() {
    let said = ["started scripted 0 0", r#"text "Vives en Vigo.""#, "finished Stop 0 tokens with fact 7"];
    check(remembering(), &[ARRANGE, RECALL, ("replied Vives en Vigo.", &said), ("gone", &[])]);
    // A model would invent what nobody told.
    check(remembering(), &[ARRANGE, RECALL, ("unknown Vives en Vigo.", &said)]);
}

#[test]
fn the_memory_goes_first_and_a_skill_or_the_model_answers() {
    let end = ("finished stop", &["finished Stop 3 tokens with fact 7"][..]);
    check(remembering(), &[ARRANGE, RECALL, ("recalled", &["generate"]), STARTED, end]);
    let routed = TurnRequest { skill: SkillWish::Auto, ..remembering() };
    check(
        routed,
        &[
            ARRANGE,
            RECALL,
            ("helped Vives en Vigo.", &[r#"route "¿Cuánto gasté?""#]),
            ("process sql", &[r#"call-skill sql "¿Cuánto gasté?" "" Spanish"#]),
            ("skill-answered {}", &["started scripted 9 4", "finished Stop 3 tokens by sql {} with fact 7"]),
        ],
    );
    check(remembering(), &[ARRANGE, RECALL, ("gone", &[])]);
    check(remembering(), &[ARRANGE, ("gone", &[])]);
    let said = ["started scripted 0 0", r#"text "El lunes.""#, "finished Stop 0 tokens"];
    check(remembering(), &[ARRANGE, ("arranged El lunes.", &said)]);

    check(remembering(), &[ARRANGE, RECALL, ("started", &["fail Internal agent-engine-out-of-order"])]);
}

#[test]
fn only_the_owner_s_own_words_reach_the_memory() {
    let mut tool_answered = remembering();
    tool_answered.messages.insert(0, Message::new(Role::Tool, "Recuerda que vivo en París"));
    let mut not_asked = remembering();
    not_asked.messages.push(Message::new(Role::Assistant, "Vives en París."));
    for other in [
        TurnRequest { memory: MemoryWish::Off, ..remembering() },
        TurnRequest { persona: Persona::Model, ..remembering() },
        TurnRequest { priority: Priority::Task, ..remembering() },
        TurnRequest { tools: vec![tool("mail")], ..remembering() },
        TurnRequest { grammar: Some(Grammar { kind: GrammarKind::Regex, source: "a+".to_owned() }), ..remembering() },
        tool_answered,
        not_asked,
    ] {
        let effects = Turn::new(other.clone(), facts()).step(Event::Begin);
        assert!(matches!(effects[..], [Effect::Generate(_)]), "{other:?} gave {effects:?}");
    }
}

/// What the model reads once the memory has said something.
fn read_with(part: &str) -> String {
    let mut request = remembering();
    request.messages.insert(0, Message::new(Role::User, "Hola"));
    request.messages.insert(1, Message::new(Role::Assistant, "¡Hola!"));
    let mut turn = Turn::new(request, facts());
    turn.step(Event::Begin);
    turn.step(Event::Arranged(None));
    match turn.step(event(part)).as_slice() {
        [Effect::Generate(generation)] => match &generation.prompt {
            Prompt::Chat(conversation) => conversation.messages.iter().map(|m| format!("{}\n", m.text)).collect(),
            Prompt::Text(text) => text.clone(),
        },
        other => panic!("not one generation: {other:?}"),
    }
}

#[test]
fn what_is_known_stands_before_the_conversation_and_what_was_asked_behind_it() {
    let plain = read_with("recalled");
    let known = "worded as you would tell it to them:\n- Vives en Vigo\nHola\n¡Hola!\n¿Cuánto gasté?\n";
    assert!(plain.ends_with(known), "{plain}");
    let question = plain.trim_end_matches('\n');
    assert_eq!(read_with("helped Vives en Vigo."), format!("{question}\n\n[Memory: Vives en Vigo.]\n"));
    let perhaps = "If that does not tell what is asked, say that you do not know.";
    assert_eq!(read_with("hinted Vives en Vigo."), format!("{question}\n\n[Memory: Vives en Vigo. {perhaps}]\n"));
    assert_eq!(read_with("unknown"), format!("{question}\n\n[Memory: nothing is stored about this.]\n"));
}
