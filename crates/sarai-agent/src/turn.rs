//! The state machine of a turn.

use sarai_engine::grammar::Thinking;
use sarai_engine::tools::ToolFormat;
use sarai_types::{
    ChosenSkill, Decoding, Failure, FinishReason, Generation, GenerationEvent, GrammarKind, MemoryPart, MemoryShare,
    MemoryWish, ModelId, Persona, Priority, Prompt, Recollection, Role, Said, SkillAnswer, SkillCall, SkillEvent,
    SkillKind, SkillWish, Timings, TurnEvent, TurnId, TurnRequest, TurnSummary, Usage,
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
    /// What was arranged for later, if the message asked for that: the whole answer.
    Arranged(Option<String>),
    /// What the memory gives.
    Recalled(Box<Recollection>),
    /// The skill that suits the question, if one does.
    Routed(Option<ChosenSkill>),
    /// The open generation has something to say.
    Generation(GenerationEvent),
    /// The open call of a skill has something to say. `usage` is what the model has done for it so far.
    Skill { event: SkillEvent, usage: Usage },
    /// What is open is over without an answer, or the turn could not even begin.
    Failed(Failure),
    /// Nobody listens any more.
    ClientGone,
}

/// What the shell does.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// See whether this asks for something to be done later. Comes back as [`Event::Arranged`].
    Arrange(Said),
    /// Tell the memory what was said, and ask it what it knows of that. Comes back as [`Event::Recalled`], always: without
    /// a memory there is an answer too.
    Recall(Said),
    /// Choose a skill for this text. The choice comes back as [`Event::Routed`], or [`Event::Failed`] where one was named
    /// that cannot answer.
    Route { text: String, wish: SkillWish },
    /// Ask a skill's process. Its events come back as [`Event::Skill`] and [`Event::Failed`].
    CallSkill(SkillCall),
    /// Ask the engine. Its events come back as [`Event::Generation`] and [`Event::Failed`].
    Generate(Generation),
    /// Send this to the client.
    Emit(TurnEvent),
    /// Tell the client why there is no answer, or no more of it.
    Fail(Failure),
    /// Drop the open generation or call; what it still sends is ignored.
    Stop,
}

/// One turn, from the request to the last word.
#[derive(Debug)]
pub struct Turn {
    facts: ModelFacts,
    /// What the open generation is held to.
    held_to: Option<GrammarKind>,
    /// The skill that answers; none is the model alone.
    skill: Option<SkillAnswer>,
    memory: Recollection,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Ready(Box<TurnRequest>),
    /// It is being looked at whether something is to be done later.
    Arranging(Box<TurnRequest>),
    /// The memory is being asked.
    Recalling(Box<TurnRequest>),
    /// A skill is being chosen.
    Routing(Box<TurnRequest>),
    /// A skill's process was asked and has said nothing.
    Called(Box<TurnRequest>),
    /// A skill's process answers.
    Hearing,
    /// A generation is open and has not started.
    Asked(Answer),
    /// A generation is open.
    Answering(Answer),
    Done,
}

impl Turn {
    #[must_use]
    pub fn new(request: TurnRequest, facts: ModelFacts) -> Self {
        let stage = Stage::Ready(Box::new(request));
        Self { facts, held_to: None, skill: None, memory: Recollection::default(), stage }
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
            (Stage::Done, _)
            | (Stage::Ready(_) | Stage::Arranging(_) | Stage::Recalling(_) | Stage::Routing(_), Event::ClientGone) => {
                Vec::new()
            }
            (_, Event::Failed(failure)) => vec![Effect::Fail(failure)],
            (_, Event::ClientGone) => vec![Effect::Stop],
            (Stage::Ready(request), Event::Begin) if is_owners_talk(&request) => self.arrange(request),
            (Stage::Ready(request), Event::Begin) => self.choose(request),
            (stage, Event::Begin) => {
                self.stage = stage;
                Vec::new()
            }
            (Stage::Arranging(_), Event::Arranged(Some(text))) => self.reply(text),
            (Stage::Arranging(request), Event::Arranged(None)) => self.recall(request),
            (Stage::Recalling(request), Event::Recalled(memory)) => self.recalled(request, *memory),
            (Stage::Routing(request), Event::Routed(chosen)) => self.routed(request, chosen),
            (Stage::Called(request), Event::Skill { event: SkillEvent::NotMine, .. }) => {
                self.skill = None;
                self.begin(*request, None)
            }
            (Stage::Called(_), Event::Skill { event, usage }) => {
                let Usage { prompt_tokens, cached_tokens, .. } = usage;
                let started = TurnEvent::Started { model: self.facts.id.clone(), prompt_tokens, cached_tokens };
                std::iter::once(Effect::Emit(started)).chain(self.heard(event, usage)).collect()
            }
            (Stage::Hearing, Event::Skill { event, usage }) => self.heard(event, usage),
            (Stage::Asked(answer), Event::Generation(event)) => self.started(answer, event),
            (Stage::Answering(answer), Event::Generation(event)) => self.answered(answer, event),
            // Nothing is open yet.
            (Stage::Ready(_) | Stage::Arranging(_) | Stage::Recalling(_) | Stage::Routing(_), event) => {
                vec![out_of_order(&event)]
            }
            (_, event) => vec![Effect::Stop, out_of_order(&event)],
        }
    }

    fn arrange(&mut self, request: Box<TurnRequest>) -> Vec<Effect> {
        let said = said(&request);
        self.stage = Stage::Arranging(request);
        vec![Effect::Arrange(said)]
    }

    fn recall(&mut self, request: Box<TurnRequest>) -> Vec<Effect> {
        let said = said(&request);
        self.stage = Stage::Recalling(request);
        vec![Effect::Recall(said)]
    }

    fn recalled(&mut self, request: Box<TurnRequest>, memory: Recollection) -> Vec<Effect> {
        self.memory = memory;
        let text = match &mut self.memory.part {
            MemoryPart::Reply(text) => std::mem::take(text),
            // What was said before in this conversation may tell; without it a model would only invent.
            MemoryPart::Unknown(text) if prompt::is_opening(&request.messages) => std::mem::take(text),
            MemoryPart::Unknown(_) | MemoryPart::Help(_) | MemoryPart::Hints(_) | MemoryPart::None => {
                return self.choose(request);
            }
        };
        self.reply(text)
    }

    /// An answer that needs no model.
    fn reply(&mut self, text: String) -> Vec<Effect> {
        let started = TurnEvent::Started { model: self.facts.id.clone(), prompt_tokens: 0, cached_tokens: 0 };
        vec![
            Effect::Emit(started),
            Effect::Emit(TurnEvent::Text { text, tokens: Vec::new() }),
            self.finished(Usage::default()),
        ]
    }

    /// The model answers, or a skill.
    fn choose(&mut self, request: Box<TurnRequest>) -> Vec<Effect> {
        if may_route(&request) { self.route(request) } else { self.begin(*request, None) }
    }

    fn route(&mut self, request: Box<TurnRequest>) -> Vec<Effect> {
        let text = prompt::question(&request.messages).into_owned();
        let effect = Effect::Route { text, wish: request.skill.clone() };
        self.stage = Stage::Routing(request);
        vec![effect]
    }

    fn routed(&mut self, request: Box<TurnRequest>, chosen: Option<ChosenSkill>) -> Vec<Effect> {
        let Some(ChosenSkill { name, reasons, kind }) = chosen else { return self.begin(*request, None) };
        self.skill = Some(SkillAnswer { name: name.clone(), reasons, data: String::new() });
        match kind {
            SkillKind::Prompt { instructions, grammar } => {
                self.begin(TurnRequest { grammar, ..*request }, Some(&instructions))
            }
            SkillKind::Process => {
                let arguments = match &request.skill {
                    SkillWish::Named { arguments, .. } => arguments.clone(),
                    SkillWish::Auto | SkillWish::None => String::new(),
                };
                let call = SkillCall {
                    turn: request.id,
                    skill: name,
                    text: prompt::last_said(&request.messages).to_owned(),
                    arguments,
                    language: prompt::language(&request),
                };
                self.stage = Stage::Called(request);
                vec![Effect::CallSkill(call)]
            }
        }
    }

    /// What a skill's process says to a client that knows that somebody answers.
    fn heard(&mut self, event: SkillEvent, usage: Usage) -> Vec<Effect> {
        let text = |text| Effect::Emit(TurnEvent::Text { text, tokens: Vec::new() });
        match event {
            SkillEvent::Text(piece) => {
                self.stage = Stage::Hearing;
                vec![text(piece)]
            }
            // Too late for anybody else: part of an answer is out.
            SkillEvent::NotMine => vec![self.finished(usage)],
            SkillEvent::Declined { sentence } => vec![text(sentence), self.finished(usage)],
            SkillEvent::Answered { data } => {
                if let Some(skill) = &mut self.skill {
                    skill.data = data;
                }
                vec![self.finished(usage)]
            }
        }
    }

    fn finished(&mut self, usage: Usage) -> Effect {
        Effect::Emit(TurnEvent::Finished(TurnSummary {
            model: self.facts.id.clone(),
            reason: FinishReason::Stop,
            usage,
            timings: Timings::default(),
            decoding: Decoding::default(),
            grammar: None,
            skill: self.skill.take(),
            memory: self.share(),
        }))
    }

    fn share(&mut self) -> Box<MemoryShare> {
        Box::new(std::mem::take(&mut self.memory.share))
    }

    /// Asks the model, with the instructions of a skill where one was chosen.
    fn begin(&mut self, request: TurnRequest, instructions: Option<&str>) -> Vec<Effect> {
        let conversation = match prompt::assemble(&request, &self.memory, instructions) {
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
                vec![Effect::Stop, out_of_order(&Event::Generation(event))]
            }
        }
    }

    fn answered(&mut self, mut answer: Answer, event: GenerationEvent) -> Vec<Effect> {
        match event {
            GenerationEvent::Started { .. } => vec![Effect::Stop, out_of_order(&Event::Generation(event))],
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
                    skill: self.skill.take(),
                    memory: self.share(),
                };
                events.into_iter().chain([TurnEvent::Finished(summary)]).map(Effect::Emit).collect()
            }
        }
    }
}

/// Only what the owner says to the assistant, in a conversation that nobody else had a hand in, reaches the memory and the
/// rules. What a task or a client with tools of its own puts into words is not the owner's assertion; and whoever wants no
/// memory wants nothing kept.
fn is_owners_talk(request: &TurnRequest) -> bool {
    request.memory == MemoryWish::On
        && request.persona == Persona::Assistant
        && request.priority == Priority::Interactive
        && request.tools.is_empty()
        && request.grammar.is_none()
        && request.messages.iter().all(|message| message.role != Role::Tool)
        && request.messages.last().is_some_and(|message| message.role == Role::User)
}

/// A client's own tools or form say who answers and how; and the model by its own name is the model alone.
fn may_route(request: &TurnRequest) -> bool {
    let wanted = match request.skill {
        SkillWish::None => false,
        SkillWish::Auto => request.tools.is_empty() && request.grammar.is_none() && request.logprobs.is_none(),
        SkillWish::Named { .. } => true,
    };
    wanted && request.persona == Persona::Assistant
}

fn said(request: &TurnRequest) -> Said {
    Said {
        text: prompt::last_said(&request.messages).to_owned(),
        opening: prompt::first_said(&request.messages).to_owned(),
        language: prompt::language_of_all(request),
    }
}

fn out_of_order(event: &Event) -> Effect {
    let event = match event {
        Event::Generation(GenerationEvent::Started { .. }) => "Started",
        Event::Generation(GenerationEvent::Text { .. }) => "Text",
        Event::Generation(GenerationEvent::Finished { .. }) => "Finished",
        Event::Arranged(_) => "Arranged",
        Event::Recalled(_) => "Recalled",
        Event::Routed(_) => "Routed",
        Event::Skill { .. } => "Skill",
        Event::Begin | Event::Failed(_) | Event::ClientGone => "what always has its place",
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
