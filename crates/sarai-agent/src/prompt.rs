//! Puts together what the model reads.
//!
//! The order makes the prefix cache work. A model that has read a prompt keeps the result, and the next prompt costs only
//! what comes after the part that both share; on a CPU that is the difference between an answer at once and one after
//! ten seconds. So what never changes comes first (SARAi's own text, then the system text that opens the client's
//! messages, then the tools, which templates put there too), the history follows and only ever grows, and what changes
//! from one minute to the next, the volatile block, comes last, behind the newest question.
//!
//! Even there it has a price: the client's history does not hold the block, so the turn after it shares nothing from the
//! block on, and the answer that followed it is read again. That is why the block is mostly absent: the time is told only
//! to a question that concerns it, and the demand for a tool call or a form only when there is one. All other turns share
//! everything but the new tokens with the turn before.
//!
//! The block ends the last message of the person, and is not a system message of its own: many templates (Gemma's and
//! Mistral's among them) refuse a system message anywhere but at the beginning.

use std::borrow::Cow;

use sarai_types::{
    Conversation, Generation, Grammar, GrammarKind, Language, MemoryPart, Message, Persona, Priority, Prompt,
    Recollection, Role, Sampling, Speculation, ToolChoice, ToolSpec, TurnRequest,
};

use crate::clock::concerns_time;
use crate::language::spoken;
use crate::select::select;
use crate::{TOOLS_MAX, TurnError};

/// SARAi's own text. `{language}` stands in the last line, so that all before it is the same for everybody.
const SYSTEM: &str = include_str!("prompts/system.md");
/// How many bytes at each end of a long question are looked at. People ask before or after what they paste, and the
/// middle says more about the paste than about the question.
const QUESTION_EDGE: usize = 2048;
/// The longest schema that the model gets to read, in bytes: some six hundred tokens. Whatever it reads, it is held to
/// the schema; but one that knows what is asked for fills it in better.
const SCHEMA_SHOWN_MAX: usize = 2048;
/// The schema of an answer that may be any JSON object.
const ANY_OBJECT: &str = r#"{"type":"object"}"#;

/// What stands over the facts of the owner, which are worded for them.
const KNOWN: &str = "What you remember of this person, worded as you would tell it to them:";

/// Everything that the model reads for this request, what is remembered of the owner included; `instructions` are those
/// of the skill that was chosen, if one was.
///
/// # Errors
/// More tools than [`TOOLS_MAX`], or a demand for a tool that was not offered.
pub(crate) fn assemble(
    request: &TurnRequest,
    memory: &Recollection,
    instructions: Option<&str>,
) -> Result<Conversation, TurnError> {
    let question = question(&request.messages);
    let tools = offered(request, &question)?;
    let messages = match request.persona {
        Persona::Model => request.messages.clone(),
        Persona::Assistant => {
            let mut messages = with_system(&request.messages, request.language, &memory.known, instructions);
            append_block(&mut messages, &volatile_block(request, &memory.part, &question));
            messages
        }
    };
    Ok(Conversation { messages, tools })
}

/// Makes a model read SARAi's own text and what is known of the owner before anybody asks, so that the first question
/// costs only its own tokens. What it answers is of no interest.
#[must_use]
pub fn warm_up(language: Language, known: &str) -> Generation {
    // Some templates refuse a conversation in which nobody speaks.
    let messages = with_system(&[Message::new(Role::User, ".")], language, known, None);
    Generation {
        prompt: Prompt::Chat(Conversation { messages, tools: Vec::new() }),
        sampling: Sampling::greedy(),
        max_tokens: Some(1),
        stop: Vec::new(),
        logprobs: None,
        priority: Priority::Background,
        grammar: None,
        speculation: Speculation::Off,
    }
}

/// The tools that the model gets to see.
fn offered(request: &TurnRequest, question: &str) -> Result<Vec<ToolSpec>, TurnError> {
    let tools = &request.tools;
    if tools.len() > TOOLS_MAX {
        return Err(TurnError::TooManyTools { count: tools.len() });
    }
    match &request.tool_choice {
        ToolChoice::None => Ok(Vec::new()),
        ToolChoice::Required if tools.is_empty() => Err(TurnError::NoTools),
        ToolChoice::Auto | ToolChoice::Required => Ok(select(tools.clone(), question)),
        ToolChoice::Named(name) => match tools.iter().find(|tool| tool.name == *name) {
            Some(tool) => Ok(vec![tool.clone()]),
            None => Err(TurnError::UnknownTool { name: name.clone() }),
        },
    }
}

/// SARAi's system text before the messages, joined with the system messages that open them. A later one stays where it
/// is: to pull it to the front would change what the model has read already. What is known of the owner follows, since it
/// changes more rarely than anything behind it. A skill's instructions end the system text: whoever asks the same skill
/// again shares all of it, and a chat that goes on without the skill finds its own in another sequence.
fn with_system(messages: &[Message], language: Language, known: &str, instructions: Option<&str>) -> Vec<Message> {
    let opening = messages.iter().take_while(|message| message.role == Role::System).count();
    let (system, history) = messages.split_at(opening);
    let language = match first_spoken(history).unwrap_or(language) {
        Language::Spanish => "Spanish",
        Language::English => "English",
    };
    let mut text = SYSTEM.trim_end().replace("{language}", language);
    let known = (!known.is_empty()).then(|| format!("{KNOWN}\n{}", known.trim_end()));
    for more in system.iter().map(|message| message.text.as_str()).chain(known.as_deref()).chain(instructions) {
        text.push_str("\n\n");
        text.push_str(more);
    }
    let mut all = Vec::with_capacity(history.len() + 1);
    all.push(Message::new(Role::System, text));
    all.extend_from_slice(history);
    all
}

/// The lines that hold for this turn only; empty for most turns.
fn volatile_block(request: &TurnRequest, memory: &MemoryPart, question: &str) -> String {
    let clock = concerns_time(question).then(|| format!("\n[Local time: {}]", request.local_time));
    let demand = match &request.tool_choice {
        ToolChoice::Auto | ToolChoice::None => None,
        ToolChoice::Required => Some("\n[Answer with a call of one of the tools.]".to_owned()),
        ToolChoice::Named(name) => Some(format!("\n[Answer with a call of the tool {name}.]")),
    };
    let recalled = match memory {
        MemoryPart::Help(text) => Some(format!("\n[Memory: {text}]")),
        // A small model answers by whatever it is shown, unless it is told that it need not.
        MemoryPart::Hints(text) => {
            Some(format!("\n[Memory: {text} If that does not tell what is asked, say that you do not know.]"))
        }
        MemoryPart::Unknown(_) => Some("\n[Memory: nothing is stored about this.]".to_owned()),
        MemoryPart::Reply(_) | MemoryPart::None => None,
    };
    [clock, recalled, demand, request.grammar.as_ref().and_then(shape)].into_iter().flatten().collect()
}

/// What the model is told of the grammar that its answer is held to. The source of any other kind says nothing to it.
fn shape(grammar: &Grammar) -> Option<String> {
    match grammar.kind {
        GrammarKind::JsonSchema if grammar.source == ANY_OBJECT => Some("\n[Answer with one JSON object.]".to_owned()),
        GrammarKind::JsonSchema if grammar.source.len() <= SCHEMA_SHOWN_MAX => {
            Some(format!("\n[Answer with one JSON value that fits this schema: {}]", grammar.source))
        }
        GrammarKind::JsonSchema => Some("\n[Answer with one JSON value.]".to_owned()),
        GrammarKind::Gbnf | GrammarKind::Lark | GrammarKind::Regex => None,
    }
}

/// Ends the last message of the person with the block. Without one there is no question that it could belong to.
fn append_block(messages: &mut [Message], block: &str) {
    if block.is_empty() {
        return;
    }
    if let Some(last) = messages.iter_mut().rfind(|message| message.role == Role::User) {
        last.text.push('\n');
        last.text.push_str(block);
    }
}

/// The language of the first message that tells, because the first messages never change.
fn first_spoken(messages: &[Message]) -> Option<Language> {
    messages.iter().filter(|m| m.role == Role::User).find_map(|m| spoken(&m.text))
}

/// The language that a skill answers in: that of the question, where it tells.
pub(crate) fn language(request: &TurnRequest) -> Language {
    spoken(last_said(&request.messages)).or_else(|| first_spoken(&request.messages)).unwrap_or(request.language)
}

/// The language that the assistant answers the whole conversation in.
pub(crate) fn language_of_all(request: &TurnRequest) -> Language {
    first_spoken(&request.messages).unwrap_or(request.language)
}

/// Whether the person has said only one thing.
pub(crate) fn is_opening(messages: &[Message]) -> bool {
    messages.iter().filter(|message| message.role != Role::System).count() == 1
}

/// What the person said first.
pub(crate) fn first_said(messages: &[Message]) -> &str {
    messages.iter().find(|message| message.role == Role::User).map_or("", |message| &message.text)
}

/// All that the person said last.
pub(crate) fn last_said(messages: &[Message]) -> &str {
    messages.iter().rfind(|message| message.role == Role::User).map_or("", |message| &message.text)
}

/// What the person asked last; of a long text its beginning and its end.
pub(crate) fn question(messages: &[Message]) -> Cow<'_, str> {
    let text = last_said(messages);
    if text.len() <= 2 * QUESTION_EDGE {
        return Cow::Borrowed(text);
    }
    let head = &text[..text.floor_char_boundary(QUESTION_EDGE)];
    let tail = &text[text.ceil_char_boundary(text.len() - QUESTION_EDGE)..];
    Cow::Owned(format!("{head} {tail}"))
}
