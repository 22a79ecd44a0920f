//! The frame of a sentence: who is asked to do what, and which of its words say when.
//!
//! 1. The clause of an event is found: «cuando …», "if …".
//! 2. The verb that asks is found, in [`super::asked`]: «avísame», "remind me", «ejecuta la habilidad …».
//! 3. All pieces of time are found. Those of a reason or a deadline are told, and those that are taken back are gone. Of the
//!    rest those count that stand before the message or behind it, which [`super::choose`] decides. In «recuérdame mañana que
//!    el lunes hay reunión», Monday is part of the message.
//! 4. What is left is the message. A time that is left beside one that counts was not understood, and is asked about.

use std::ops::Range;

use sarai_types::{Language, Notice};

use super::build::{Refusal, When};
use super::choose::Chooser;
use super::clock::Clock;
use super::day::Day;
use super::event::Event;
use super::lexicon::{Chore, Half, Verb, each, has_word};
use super::piece::{Piece, Placed};
use super::reader::{Articles, Reader};
use super::recur::Recurrence;
use super::sift;
use super::token::Kind;
use crate::rule::{Channel, Watch};

/// The most tokens that a sentence has.
const TOKENS_MAX: usize = 300;

/// What a word does in the sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Part of the message, unless a piece of time takes it.
    Free,
    Polite,
    Event,
    Verb,
    Channel,
    Time,
}

/// A sentence taken apart.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) when: When,
    pub(crate) event: Option<Event>,
    pub(crate) asked: Asked,
    pub(crate) channel: Channel,
    /// The message, as it was written.
    pub(crate) body: String,
    /// Its words in small letters without accents.
    pub(crate) body_words: Vec<String>,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    Verb(Verb),
    Chore(Chore),
    /// No verb asks; an infinitive at the beginning of the message is as good as one.
    Infinitive,
    Nothing,
}

pub(super) struct Framer<'r, 'a> {
    pub(super) reader: &'r Reader<'a>,
    pub(super) roles: Vec<Role>,
    pub(super) verb: Option<Range<usize>>,
    pub(super) asked: Asked,
    /// Whether times were said that nobody knows how to put together.
    pub(super) unjoined: bool,
}

/// Takes a sentence apart.
///
/// # Errors
/// Why it is no rule at all.
pub(crate) fn frame(reader: &Reader<'_>) -> Result<Frame, Notice> {
    if reader.len() == 0 {
        return Err(Notice::new("rules-empty"));
    }
    if reader.len() > TOKENS_MAX {
        return Err(Notice::new("rules-too-long"));
    }
    let mut framer =
        Framer { reader, roles: vec![Role::Free; reader.len()], verb: None, asked: Asked::Nothing, unjoined: false };
    let (event, unknown_event) = framer.event();
    framer.verb()?;
    let channel = framer.channel();
    let when = framer.times();
    let (body, body_words) = framer.body();
    if unknown_event && event.is_none() && !when.is_anchored() {
        return Err(Notice::new("rules-unknown-event"));
    }
    if event.is_none() && framer.asks_now(&when) {
        return Err(Notice::new("rules-question"));
    }
    if framer.unjoined {
        return Err(Notice::new("rules-beyond-several"));
    }
    if framer.tells_another() {
        return Err(Notice::new("rules-beyond-others"));
    }
    if framer.tells_a_fact() || framer.is_withdrawn() {
        return Err(Notice::new("rules-no-verb"));
    }
    let mut frame = Frame { when, event, asked: framer.asked, channel, body, body_words };
    frame.when.hint = hint(reader, &frame);
    frame.when.settle();
    if matches!(frame.asked, Asked::Chore(_)) {
        // A chore disturbs nobody at night: «compacta la base de datos a las 5:00».
        frame.when.clocks.iter_mut().for_each(Clock::as_written);
        frame.when.also.iter_mut().flat_map(|also| &mut also.clocks).for_each(Clock::as_written);
    }
    Ok(frame)
}

/// Whether the message itself tells morning from evening.
fn hint(reader: &Reader<'_>, frame: &Frame) -> Option<Half> {
    if frame.asked == Asked::Verb(Verb::Wake) {
        return Some(Half::Am);
    }
    if frame.asked != Asked::Verb(Verb::Tell) {
        return None;
    }
    let hints = reader.lex.hints.iter();
    hints
        .filter(|(_, words)| each(words).any(|word| frame.body_words.iter().any(|found| found == word)))
        .map(|(half, _)| *half)
        .next()
}

impl Framer<'_, '_> {
    pub(super) fn set(&mut self, range: Range<usize>, role: Role) {
        self.roles[range].fill(role);
    }

    /// The event, and whether the sentence begins with a clause that is none.
    fn event(&mut self) -> (Option<Event>, bool) {
        let reader = self.reader;
        let mut unknown = false;
        for at in 0..reader.len() {
            let Some(start) = reader.any(at, reader.lex.whenever) else { continue };
            // "remind me to check if the disk is full".
            let in_case = reader.word(at.wrapping_sub(1)) == Some("por");
            if matches!(reader.word(at), Some("if" | "si")) && (in_case || self.is_looked_for(at)) {
                continue;
            }
            if reader.any(at, reader.lex.unless).is_some() {
                return (Some(Err(Refusal::Beyond(Notice::new("rules-beyond-negated")))), false);
            }
            let clause = start..self.clause_end(start);
            if let Some(event) = reader.event(clause.clone()) {
                // A window or days in it are conditions, and are read with the other times.
                let mut end = clause.end;
                for inside in clause.clone() {
                    if let Some((Piece::Window(..) | Piece::Recurs(Recurrence::Weekly { .. }, _), piece_end)) =
                        reader.piece(inside)
                        && piece_end >= clause.end
                    {
                        end = inside;
                        break;
                    }
                }
                self.set(at..end, Role::Event);
                return (Some(event), false);
            }
            let first =
                (0..at).all(|before| matches!(reader.kind(before), Some(Kind::Mark(_)))) || self.only_a_verb_before(at);
            // "tell me if Monday is a holiday" waits for nothing that could be watched.
            if matches!(reader.word(at), Some("if" | "si")) && self.only_a_verb_before(at) {
                return (Some(Err(Refusal::Beyond(Notice::new("rules-unknown-event")))), false);
            }
            unknown |= first && !matches!(reader.word(at), Some("como" | "after" | "once" | "tras"));
        }
        if !unknown && let Some(watch) = self.bare_event() {
            return (Some(Ok(watch)), false);
        }
        (None, unknown)
    }

    /// "RAM over 90%, warn me": the first clause alone, with a request behind it.
    fn bare_event(&mut self) -> Option<Watch> {
        let reader = self.reader;
        let end = self.clause_end(0);
        let next = (end..reader.len()).find(|at| {
            !matches!(reader.kind(*at), Some(Kind::Mark(_))) && reader.any(*at, "then|entonces").is_none()
        })?;
        reader.look(next, reader.lex.verbs)?;
        match reader.event(0..end) {
            // "I'm away until Friday" tells of no time at the computer.
            Some(Ok(Watch::Idle { .. })) if !(0..end).any(|at| reader.length(at).is_some()) => None,
            Some(Ok(watch @ (Watch::Level(_) | Watch::Idle { .. }))) => {
                self.set(0..next, Role::Event);
                Some(watch)
            }
            _ => None,
        }
    }

    /// "check if …", «preguntar a Luis si …».
    pub(super) fn is_looked_for(&self, at: usize) -> bool {
        (at.saturating_sub(4)..at).any(|before| self.reader.any(before, self.reader.lex.looking).is_some())
    }

    fn only_a_verb_before(&self, at: usize) -> bool {
        (0..at).any(|start| self.reader.look(start, self.reader.lex.verbs).is_some_and(|(_, end)| end == at))
    }

    /// A clause ends at a comma, at a verb that asks, or with the sentence.
    fn clause_end(&self, start: usize) -> usize {
        let reader = self.reader;
        let ends = |at: &usize| {
            let asks = reader.look(*at, reader.lex.verbs).is_some_and(|(verb, _)| verb != Verb::Do)
                || reader.look(*at, reader.lex.chores).is_some();
            let comma = matches!(reader.kind(*at), Some(Kind::Mark(',' | ';' | '.' | '?' | '!' | ':')))
                && !(matches!(reader.kind(*at + 1), Some(Kind::Number { .. })) && reader.is_glued(*at + 1));
            asks && *at > start || comma || reader.any(*at, "entonces|then").is_some()
        };
        (start..reader.len()).find(ends).unwrap_or(reader.len())
    }

    /// Where the message goes, said right behind the verb or at the end.
    fn channel(&mut self) -> Channel {
        let reader = self.reader;
        for at in 0..reader.len() {
            if self.roles[at] != Role::Free {
                continue;
            }
            let Some((channel, end)) = reader.look(at, reader.lex.channels) else { continue };
            let after_verb = self.verb.as_ref().is_some_and(|verb| verb.end == at);
            let rest_is_time = || {
                let mut at = end;
                while at < reader.len() {
                    at = match reader.piece(at) {
                        Some((_, end)) => end,
                        None if matches!(reader.kind(at), Some(Kind::Mark(_))) => at + 1,
                        None => return false,
                    };
                }
                true
            };
            if after_verb || rest_is_time() {
                self.set(at..end, Role::Channel);
                return channel;
            }
        }
        Channel::Everywhere
    }

    /// All pieces of time, those that count marked as such. First come those right behind the verb, then those before
    /// it, then those at the end; one that contradicts an earlier one is part of the message.
    fn times(&mut self) -> When {
        let mut when = When::default();
        self.timer(&mut when);
        let all = self.pieces();
        let (said, is_guess) = self.outside_of_reasons(&all);
        when.is_guess = is_guess;
        let pieces = self.corrected(said);
        let chosen = Chooser::new(self, &pieces).choose();
        self.other_day(&all, &chosen, &mut when);
        let happens = self.roles.contains(&Role::Event);
        let pairs = sift::pairs(&chosen);
        for placed in &chosen {
            // «avísame si se llena el disco, que ayer se llenó» tells why.
            if happens && placed.piece == Piece::Day(Day::Past) {
                continue;
            }
            if !pairs.iter().skip(1).flatten().any(|other| other == placed) {
                when.add(placed.piece.clone());
            }
            self.set(placed.start..placed.end, Role::Time);
        }
        self.unjoined |= pieces.iter().any(|placed| {
            !chosen.contains(placed) && (self.joins(placed, &chosen) || self.is_anothers(placed, &chosen))
        }) || self.says_between(&chosen, "pero|but");
        when.either = self.says_between(&chosen, "o|or|u");
        for pair in pairs.into_iter().skip(1) {
            let mut other = When::default();
            pair.into_iter().for_each(|placed| other.add(placed.piece));
            other.ahead = when.ahead;
            when.also.push(other);
        }
        when
    }

    /// «un temporizador de 10 minutos», "set a timer for 10 minutes".
    fn timer(&mut self, when: &mut When) {
        let Some(verb) = self.verb.clone().filter(|_| self.asked == Asked::Verb(Verb::Timer)) else { return };
        let reader = self.reader;
        let start = reader.skip(verb.end, "de|for|of|para|en|in");
        if let Some((length, end)) = reader.length(start) {
            when.within = Some(length);
            self.set(verb.end..end, Role::Time);
        }
    }

    fn pieces(&self) -> Vec<Placed> {
        let reader = self.reader;
        let mut pieces: Vec<Placed> = Vec::new();
        let mut at = 0;
        while at < reader.len() {
            let found = reader.piece(at).filter(|_| self.roles[at] == Role::Free);
            if found.is_some() && self.is_attributive(at, &pieces) {
                // «La reunión del lunes a las 3» says when; «un correo sobre la cena del jueves a las 10» does not.
                let hour = |at| reader.piece(at).filter(|(piece, _)| matches!(piece, Piece::Clocks(_)));
                let (_, end) = hour(found.as_ref().map_or(at, |(_, end)| *end)).unwrap_or((Piece::Count(0), at));
                let is_day = matches!(found, Some((Piece::Day(Day::Weekday { .. } | Day::Relative(_)), _)));
                if end == at || !is_day || self.asked == Asked::Verb(Verb::Do) {
                    at = end.max(at + 1);
                    continue;
                }
            }
            match found.filter(|(_, end)| self.roles[at..*end].iter().all(|role| *role == Role::Free)) {
                Some((piece, end)) => {
                    pieces.push(Placed { piece, start: at, end });
                    at = end;
                }
                None => at += 1,
            }
        }
        pieces
    }

    /// «la reunión de las 10», "the Monday meeting".
    fn is_attributive(&self, at: usize, pieces: &[Placed]) -> bool {
        let reader = self.reader;
        let Some(before) = at.checked_sub(1) else { return false };
        let Some(word) = reader.word(before) else { return false };
        // «hospital 12 de Octubre», «llamar a Domingo», «Plácido Domingo».
        let is_capital = |at: usize| reader.slice(at..at + 1).starts_with(char::is_uppercase);
        let is_name = reader.look(at, reader.lex.weekdays).is_some()
            && is_capital(at)
            && (word == "a" || is_capital(before) && before > 0);
        let is_dated = reader.number(at, Articles::Ignore).is_some() && has_word(reader.lex.places, word);
        if reader.lex.language == Language::Spanish && (is_name || is_dated) {
            return true;
        }
        if !has_word(reader.lex.attributive, word) || self.roles[before] != Role::Free {
            return false;
        }
        if reader.lex.language == Language::English {
            return true;
        }
        // A thing stands before «de», not a time and not the verb.
        before.checked_sub(1).is_some_and(|thing| {
            self.roles[thing] == Role::Free
                && pieces.last().is_none_or(|placed| placed.end != before && placed.end != at)
                && reader.word(thing).is_some()
        })
    }

    /// Whether a token is part of the message, and not only glue.
    pub(super) fn is_solid(&self, at: usize) -> bool {
        let reader = self.reader;
        let lex = reader.lex;
        let glue = [lex.glue, lex.trim_start, lex.trim_end, lex.polite];
        let is_glue = || {
            (at.saturating_sub(3)..=at)
                .any(|start| glue.iter().any(|phrases| reader.any(start, phrases).is_some_and(|end| end > at)))
        };
        self.roles[at] == Role::Free && !is_glue()
    }

    /// Where «que» or "that" opens the message.
    pub(super) fn complement(&self, pieces: &[Placed]) -> Option<usize> {
        let reader = self.reader;
        let mut at = self.verb.as_ref()?.end;
        while at < reader.len() {
            if matches!(reader.word(at), Some("que" | "that")) {
                return Some(at);
            }
            if let Some(placed) = pieces.iter().find(|placed| placed.start == at) {
                at = placed.end;
            } else if self.is_solid(at) {
                return None;
            } else {
                at += 1;
            }
        }
        None
    }
}
