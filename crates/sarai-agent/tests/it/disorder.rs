//! Events in any order.

use proptest::prelude::*;
use sarai_agent::{Effect, Event, ModelFacts, Turn};
use sarai_engine::grammar::Thinking;
use sarai_types::{
    ChosenSkill, Decoding, Failure, FailureKind, FinishReason, GenerationEvent, MemoryPart, MemoryWish, Notice,
    Recollection, SkillEvent, SkillKind, SkillWish, Timings, ToolChoice, TurnEvent, TurnRequest, Usage,
};

use crate::{facts, request, tool};

fn any_event() -> impl Strategy<Value = Event> {
    let text = prop_oneof![
        Just(r#"<tool_call>{"name": "a", "arguments": {}}</tool_call>"#.to_owned()),
        Just("<tool_".to_owned()),
        Just(" \n".to_owned()),
        Just("<think>".to_owned()),
        Just("a</thi".to_owned()),
        Just("nk>".to_owned()),
        "\\PC{0,6}",
    ];
    let finished = |reason| GenerationEvent::Finished {
        reason,
        usage: Usage::default(),
        timings: Timings::default(),
        decoding: Decoding::default(),
    };
    let chosen = |kind| ChosenSkill { name: "a".parse().unwrap(), reasons: Vec::new(), kind };
    let prompt = SkillKind::Prompt { instructions: "a".to_owned(), grammar: None };
    let routed = prop_oneof![Just(None), Just(Some(chosen(SkillKind::Process))), Just(Some(chosen(prompt)))];
    let skill = prop_oneof![
        4 => "\\PC{0,6}".prop_map(SkillEvent::Text),
        1 => Just(SkillEvent::Answered { data: String::new() }),
        1 => Just(SkillEvent::NotMine),
        1 => Just(SkillEvent::Declined { sentence: String::new() }),
    ];
    let part = prop_oneof![
        Just(MemoryPart::None),
        Just(MemoryPart::Unknown("a".to_owned())),
        "\\PC{0,6}".prop_map(MemoryPart::Reply)
    ];
    let recalled = part.prop_map(|part| Event::Recalled(Box::new(Recollection { part, ..Recollection::default() })));
    let arranged = prop_oneof![3 => Just(None), 1 => "\\PC{0,6}".prop_map(Some)].prop_map(Event::Arranged);
    prop_oneof![
        3 => arranged,
        3 => recalled,
        3 => routed.prop_map(Event::Routed),
        3 => skill.prop_map(|event| Event::Skill { event, usage: Usage::default() }),
        3 => Just(Event::Begin),
        3 => Just(Event::Generation(GenerationEvent::Started { prompt_tokens: 1, cached_tokens: 0 })),
        9 => text.prop_map(|text| Event::Generation(GenerationEvent::Text { text, tokens: Vec::new() })),
        1 => Just(Event::Generation(finished(FinishReason::Stop))),
        1 => Just(Event::Failed(Failure::new(FailureKind::Unavailable, Notice::new("test"), ""))),
        1 => Just(Event::ClientGone),
    ]
}

fn any_thinking() -> impl Strategy<Value = Thinking> {
    let close = || "</think>".to_owned();
    prop_oneof![
        Just(Thinking::Never),
        Just(Thinking::May { open: "<think>".to_owned(), close: close() }),
        Just(Thinking::Open { close: close() }),
    ]
}

fn any_request() -> impl Strategy<Value = TurnRequest> {
    let choice = prop_oneof![
        Just(ToolChoice::Auto),
        Just(ToolChoice::None),
        Just(ToolChoice::Required),
        Just(ToolChoice::Named("a".to_owned())),
    ];
    let named = SkillWish::Named { name: "a".parse().unwrap(), arguments: String::new() };
    let wish = prop_oneof![Just(SkillWish::None), Just(SkillWish::Auto), Just(named)];
    let memory = prop_oneof![Just(MemoryWish::On), Just(MemoryWish::Off)];
    (0..12_usize, choice, wish, memory, "\\PC{0,30}").prop_map(|(tools, tool_choice, skill, memory, question)| {
        TurnRequest {
            tools: (0..tools).map(|n| tool(["a", "b", "c"][n % 3])).collect(),
            tool_choice,
            skill,
            memory,
            ..request(&question)
        }
    })
}

/// Whether the client has heard the last word.
const fn is_end(effect: &Effect) -> bool {
    matches!(effect, Effect::Fail(_) | Effect::Emit(TurnEvent::Finished(_)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_turn_is_begun_once_and_ended_once(
        request in any_request(),
        thinking in any_thinking(),
        lead_in in 0..3_usize,
        events in prop::collection::vec(any_event(), 0..40),
    ) {
        // Most random orders fail at once; some start as they should, so that the middle is reached too.
        let started = Event::Generation(GenerationEvent::Started { prompt_tokens: 1, cached_tokens: 0 });
        let script = [Event::Begin, started].into_iter().take(lead_in).chain(events);
        let mut turn = Turn::new(request, ModelFacts { thinking, ..facts() });
        let (mut generations, mut calls, mut ends, mut stops, mut gone) = (0, 0, 0, 0, 0);
        for event in script {
            let was_done = turn.done();
            let is_gone = event == Event::ClientGone && !was_done;
            let effects = turn.step(event);
            prop_assert!(!was_done || effects.is_empty(), "after the end came {effects:?}");
            let spoken = effects.iter().filter(|effect| !matches!(effect, Effect::Stop)).count();
            prop_assert!(!is_gone || spoken == 0, "a client that is gone was told {effects:?}");
            for effect in &effects {
                prop_assert!(ends == 0, "after the last word came {effect:?}");
                generations += usize::from(matches!(effect, Effect::Generate(_)));
                calls += usize::from(matches!(effect, Effect::CallSkill(_)));
                stops += usize::from(matches!(effect, Effect::Stop));
                ends += usize::from(is_end(effect));
            }
            gone += usize::from(is_gone);
            prop_assert_eq!(turn.done(), ends + gone == 1);
        }
        prop_assert!(generations <= 1 && calls <= 1 && stops <= generations + calls && ends + gone <= 1);
    }
}
