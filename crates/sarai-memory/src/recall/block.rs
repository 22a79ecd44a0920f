//! What is known of the owner, for the prompt of a model.
//!
//! The prefix cache holds only while the text does not change: so the order depends on what a fact is and on its id, not
//! on what was asked, and a new fact changes nothing before its own place.

use sarai_types::Language;

use super::answer::Voice;
use crate::fact::{EntityId, Fact, FactId, Predicate};
use crate::memory::{Filter, Store};
use crate::time::Date;

/// Bytes of text that one token stands for, low enough for Spanish.
const BYTES_PER_TOKEN: usize = 3;
/// So many facts are looked at for the block.
const LOOKED_AT_MAX: usize = 2000;

/// The current facts as lines, at most so many tokens of them; first those of the owner, then everybody else's, each in
/// the order of predicates and ids.
///
/// # Errors
/// The store cannot be read.
pub fn facts_block<S: Store>(
    store: &S,
    language: Language,
    today: Date,
    tokens_max: usize,
) -> Result<Vec<(FactId, String)>, S::Error> {
    let voice = Voice { store, language, today };
    let mut facts: Vec<Fact> = store.facts(&Filter { limit: Some(LOOKED_AT_MAX), ..Filter::default() })?;
    facts.extend(store.facts(&Filter {
        subject: Some(EntityId::OWNER),
        limit: Some(LOOKED_AT_MAX),
        ..Filter::default()
    })?);
    facts.retain(|fact| {
        fact.is_current(today) && !matches!(fact.predicate, Predicate::Name if fact.subject != EntityId::OWNER)
    });
    facts.sort_by_key(|fact| (fact.subject != EntityId::OWNER, fact.subject, fact.predicate, fact.id));
    facts.dedup_by_key(|fact| fact.id);
    let (mut out, mut bytes) = (Vec::new(), 0);
    for fact in &facts {
        if voice.is_unnamed(fact)? {
            continue;
        }
        let line = voice.say(&[fact])?;
        bytes += line.len() + "- \n".len();
        if bytes / BYTES_PER_TOKEN > tokens_max {
            break;
        }
        out.push((fact.id, line));
    }
    Ok(out)
}
