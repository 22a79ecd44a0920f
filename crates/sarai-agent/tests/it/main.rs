//! The turn machine at its boundary: transcripts, prompts, and events in any order.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod disorder;
mod prompts;
mod transcripts;

use sarai_agent::{Effect, Event, Grammars, ModelFacts, Turn};
use sarai_engine::grammar::Thinking;
use sarai_engine::tools::ToolFormat;
use sarai_types::{
    Conversation, Generation, Language, MemoryWish, Message, Persona, Priority, Prompt, Role, Sampling, SkillWish,
    Speculation, Strictness, ToolChoice, ToolSpec, TurnId, TurnRequest,
};
use uuid::Uuid;

fn facts() -> ModelFacts {
    ModelFacts {
        id: "scripted".parse().unwrap(),
        tool_format: ToolFormat::Hermes,
        thinking: Thinking::Never,
        grammars: Grammars::On,
    }
}

/// One question of a person in Madrid, to the model alone.
fn request(question: &str) -> TurnRequest {
    TurnRequest {
        id: TurnId::from_uuid(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001)),
        persona: Persona::Assistant,
        model: None,
        messages: vec![Message::new(Role::User, question)],
        tools: Vec::new(),
        tool_choice: ToolChoice::Auto,
        sampling: Sampling::default(),
        max_tokens: None,
        stop: Vec::new(),
        logprobs: None,
        priority: Priority::Interactive,
        grammar: None,
        speculation: Speculation::Auto,
        skill: SkillWish::None,
        memory: MemoryWish::Off,
        language: Language::Spanish,
        local_time: "Sunday 22 November 2026, 14:05 (Europe/Madrid)".to_owned(),
    }
}

fn tool(name: &str) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        description: String::new(),
        parameters: r#"{"type":"object"}"#.to_owned(),
        strictness: Strictness::Lenient,
    }
}

/// What the engine is asked for at the beginning of the turn.
fn generation(request: TurnRequest) -> Generation {
    match Turn::new(request, facts()).step(Event::Begin).as_slice() {
        [Effect::Generate(generation)] => generation.clone(),
        other => panic!("not one generation: {other:?}"),
    }
}

fn conversation(request: TurnRequest) -> Conversation {
    match generation(request).prompt {
        Prompt::Chat(conversation) => conversation,
        Prompt::Text(text) => panic!("not a chat: {text:?}"),
    }
}
