//! What a new memory makes of messages, for the tests of this crate.

use crate::memory::{InMemory, Memory};
use crate::time::Moment;
use crate::{Fact, Filter, Message, Speaker, States, Store};

/// The facts that a memory holds after the messages, which all come at one moment; the first told first.
pub(crate) fn facts_of(said: &[&str], states: States) -> Vec<Fact> {
    let mut memory = Memory::new(InMemory::new());
    let at = Moment::parse("2026-03-10T10:00:00Z").unwrap();
    for text in said {
        memory.say(Message { text, at, speaker: Speaker::Owner, language: None }).unwrap();
    }
    let mut facts = memory.store().facts(&Filter { states, ..Filter::default() }).unwrap();
    facts.reverse();
    facts
}
