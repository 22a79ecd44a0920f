//! The state machine of a turn.

use sarai_engine::grammar::Thinking;
use sarai_engine::tools::ToolFormat;
use sarai_types::{
    Failure, Generation, GenerationEvent, GrammarKind, ModelId, Prompt, TurnEvent, TurnId, TurnRequest, TurnSummary,
};

use crate::answer::Answer;
use crate::{TurnError, form, prompt};

/// What the turn must know of the model that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFacts {
    pub id: ModelId,
    pub tool_format: ToolFormat,
    /// How it marks what it says to itself.
    pub thinking: Thinking,
    pub grammars: Grammars,
}

/// Whether answers may be held to a grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grammars {
    #[default]
    On,
    /// Tool calls come as the model writes them, and a request that names a form is refused.
    Off,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The turn's time has come. Once; a second time does nothing.
    Begin,
    /// The open generation has something to say.
    Generation(GenerationEvent),
    /// The open generation is over without an answer, or the turn could not even begin.
    Failed(Failure),
    /// Nobody listens any more.
    ClientGone,
}

/// What the shell does.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask the engine. Its events come back as [`Event::Generation`] and [`Event::Failed`].
    Generate(Generation),
    /// Send this to the client.
    Emit(TurnEvent),
    /// Tell the client why there is no answer, or no more of it.
    Fail(Failure),
    /// Drop the open generation; what it still sends is ignored.
    StopGeneration,
}

/// One turn, from the request to the last word.
#[derive(Debug)]
pub struct Turn {
    facts: ModelFacts,
    /// What the open generation is held to.
    held_to: Option<GrammarKind>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Ready(Box<TurnRequest>),
    /// A generation is open and has not started.
    Asked(Answer),
    /// A generation is open.
    Answering(Answer),
    Done,
}

impl Turn {
    #[must_use]
    pub fn new(request: TurnRequest, facts: ModelFacts) -> Self {
        Self { facts, held_to: None, stage: Stage::Ready(Box::new(request)) }
    }

    /// Whether nothing can happen any more.
    #[must_use]
    pub const fn done(&self) -> bool {
        matches!(self.stage, Stage::Done)
    }

    /// Takes what happened, and says what to do, in that order.
    pub fn step(&mut self, event: Event) -> Vec<Effect> {
        // Each arm says where the turn stands afterwards; those that say nothing end it.
        match (std::mem::replace(&mut self.stage, Stage::Done), event) {
            (Stage::Done, _) | (Stage::Ready(_), Event::ClientGone) => Vec::new(),
            (_, Event::Failed(failure)) => vec![Effect::Fail(failure)],
            (Stage::Asked(_) | Stage::Answering(_), Event::ClientGone) => vec![Effect::StopGeneration],
            (Stage::Ready(request), Event::Begin) => self.begin(*request),
            (stage @ (Stage::Asked(_) | Stage::Answering(_)), Event::Begin) => {
                self.stage = stage;
                Vec::new()
            }
            (Stage::Ready(_), Event::Generation(event)) => vec![out_of_order(&event)],
            (Stage::Asked(answer), Event::Generation(event)) => self.started(answer, event),
            (Stage::Answering(answer), Event::Generation(event)) => self.answered(answer, event),
        }
    }

    fn begin(&mut self, request: TurnRequest) -> Vec<Effect> {
        let conversation = match prompt::assemble(&request) {
            Ok(conversation) => conversation,
            Err(error) => return vec![Effect::Fail(error.into())],
        };
        let tools = &conversation.tools;
        let grammar = match form::of_answer(&request, tools, &self.facts) {
            Ok(grammar) => grammar,
            Err(error) => return vec![Effect::Fail(error.into())],
        };
        self.held_to = grammar.as_ref().map(|grammar| grammar.kind);
        let answer = Answer::new(&self.facts, tools, first_call_id(request.id));
        // A token may be half text and half call, so with tools its probability would stand beside the wrong text.
        let logprobs = request.logprobs.filter(|_| tools.is_empty());
        self.stage = Stage::Asked(answer);
        vec![Effect::Generate(Generation {
            prompt: Prompt::Chat(conversation),
            sampling: request.sampling,
            max_tokens: request.max_tokens,
            stop: request.stop,
            logprobs,
            priority: request.priority,
            grammar,
            speculation: request.speculation,
        })]
    }

    fn started(&mut self, answer: Answer, event: GenerationEvent) -> Vec<Effect> {
        match event {
            GenerationEvent::Started { prompt_tokens, cached_tokens } => {
                self.stage = Stage::Answering(answer);
                vec![Effect::Emit(TurnEvent::Started { model: self.facts.id.clone(), prompt_tokens, cached_tokens })]
            }
            GenerationEvent::Text { .. } | GenerationEvent::Finished { .. } => {
                vec![Effect::StopGeneration, out_of_order(&event)]
            }
        }
    }

    fn answered(&mut self, mut answer: Answer, event: GenerationEvent) -> Vec<Effect> {
        match event {
            GenerationEvent::Started { .. } => vec![Effect::StopGeneration, out_of_order(&event)],
            GenerationEvent::Text { text, tokens } => {
                let events = answer.push(text, tokens);
                self.stage = Stage::Answering(answer);
                events.into_iter().map(Effect::Emit).collect()
            }
            GenerationEvent::Finished { reason, usage, timings, decoding } => {
                let (events, reason) = answer.finish(reason);
                let summary = TurnSummary {
                    model: self.facts.id.clone(),
                    reason,
                    usage,
                    timings,
                    decoding,
                    grammar: self.held_to,
                };
                events.into_iter().chain([TurnEvent::Finished(summary)]).map(Effect::Emit).collect()
            }
        }
    }
}

fn out_of_order(event: &GenerationEvent) -> Effect {
    let event = match event {
        GenerationEvent::Started { .. } => "Started",
        GenerationEvent::Text { .. } => "Text",
        GenerationEvent::Finished { .. } => "Finished",
    };
    Effect::Fail(TurnError::OutOfOrder { event }.into())
}

/// Where the ids of this turn's tool calls begin: the last half of its id, which is random in version 7, so that the
/// calls of two turns of a conversation never share one.
fn first_call_id(turn: TurnId) -> u64 {
    let digits = turn.to_string();
    digits
        .get(digits.len().saturating_sub(16)..)
        .and_then(|half| u64::from_str_radix(half, 16).ok())
        .unwrap_or_default()
}
