//! The frame of a sentence: who is asked to do what, and which of its words say when.
//!
//! 1. The clause of an event is found: «cuando …», "if …".
//! 2. The verb that asks is found: «avísame», "remind me", «ejecuta la habilidad …».
//! 3. All pieces of time are found, and those count that stand before the message or behind it. In «recuérdame mañana que
//!    el lunes hay reunión», Monday is part of the message.
//! 4. What is left is the message.

use std::ops::Range;

use sarai_types::{Language, Notice};

use super::build::When;
use super::choose::Chooser;
use super::clock::Clock;
use super::day::Day;
use super::event::Event;
use super::lexicon::{Chore, Half, Verb, each, has_word};
use super::piece::{Piece, Placed};
use super::reader::Reader;
use super::recur::Recurrence;
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
    let mut framer = Framer { reader, roles: vec![Role::Free; reader.len()], verb: None, asked: Asked::Nothing };
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
    let mut frame = Frame { when, event, asked: framer.asked, channel, body, body_words };
    frame.when.hint = hint(reader, &frame);
    frame.when.settle();
    if matches!(frame.asked, Asked::Chore(_)) {
        // A chore disturbs nobody at night: «compacta la base de datos a las 5:00».
        frame.when.clocks.iter_mut().for_each(Clock::as_written);
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
    fn set(&mut self, range: Range<usize>, role: Role) {
        self.roles[range].fill(role);
    }

    /// The event, and whether the sentence begins with a clause that is none.
    fn event(&mut self) -> (Option<Event>, bool) {
        let reader = self.reader;
        let mut unknown = false;
        for at in 0..reader.len() {
            let Some(start) = reader.any(at, reader.lex.whenever) else { continue };
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
            Some(Ok(watch @ (Watch::Level(_) | Watch::Idle { .. }))) => {
                self.set(0..next, Role::Event);
                Some(watch)
            }
            _ => None,
        }
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

    /// Finds the verb: behind what is polite and what says when, or later if a sentence of its own asks.
    fn verb(&mut self) -> Result<(), Notice> {
        let reader = self.reader;
        let mut at = 0;
        while at < reader.len() {
            if self.roles[at] == Role::Event || matches!(reader.kind(at), Some(Kind::Mark(_))) {
                at += 1;
                continue;
            }
            if self.take_verb(at) {
                return self.works_on_no_request();
            }
            if let Some(end) = reader.any(at, reader.lex.negations)
                && (reader.look(end, reader.lex.verbs).is_some() || self.negated_verb(end))
            {
                return Err(Notice::new("rules-stop"));
            }
            if let Some((_, end)) = reader.piece(at) {
                at = end;
            } else if let Some(end) = reader.any(at, reader.lex.polite) {
                self.set(at..end, Role::Polite);
                at = end;
            } else {
                break;
            }
        }
        self.later_verb(at)
    }

    /// «traduce: recuérdame mañana …» works on a text that only looks like a request.
    fn works_on_no_request(&self) -> Result<(), Notice> {
        let reader = self.reader;
        let Some(verb) = self.verb.clone().filter(|_| self.asked == Asked::Verb(Verb::Do)) else { return Ok(()) };
        let tells = |at: usize| matches!(reader.look(at, reader.lex.verbs), Some((Verb::Tell | Verb::Wake, _)));
        let text = (verb.end..reader.len()).find(|at| reader.is_mark(*at, ':'));
        match text.filter(|text| (*text..reader.len()).any(tells)) {
            Some(_) => Err(Notice::new("rules-no-verb")),
            None => Ok(()),
        }
    }

    fn negated_verb(&self, at: usize) -> bool {
        let at = self.reader.skip(at, "me|lo|ya|mas");
        self.reader.look(at, self.reader.lex.verbs).is_some()
    }

    fn take_verb(&mut self, at: usize) -> bool {
        let reader = self.reader;
        let chore = reader.look(at, reader.lex.chores);
        let verb = reader.look(at, reader.lex.verbs);
        let (asked, end) = match (chore, verb) {
            (Some((chore, end)), other) if other.is_none_or(|(_, other)| other <= end) => (Asked::Chore(chore), end),
            // Only skills are run: "run payroll every 15th, remind me".
            (_, Some((Verb::Run, _))) if !self.names_a_skill() => return false,
            (_, Some((verb, end))) => (Asked::Verb(verb), end),
            (_, None) => return false,
        };
        self.set(at..end, Role::Verb);
        self.verb = Some(at..end);
        self.asked = asked;
        true
    }

    fn names_a_skill(&self) -> bool {
        let reader = self.reader;
        (0..reader.len()).any(|at| matches!(reader.word(at), Some("skill" | "habilidad")))
    }

    /// Whether what stands before a verb makes it no request: «el médico me dijo: avísame el lunes», "translate: remind me".
    /// A comma or the end of a sentence between them parts the two.
    fn is_framed(&self, verb: usize) -> bool {
        let reader = self.reader;
        let parts = |at: usize| matches!(reader.kind(at), Some(Kind::Mark(',' | ';' | '.' | '?' | '!')));
        let start = (0..verb).rev().find(|at| parts(*at)).map_or(0, |at| at + 1);
        (start..verb).any(|at| reader.any(at, reader.lex.framing).is_some_and(|end| end <= verb))
    }

    /// «recuérdame qué tengo mañana», "remind me what time the dentist is": asked now, of the memory.
    fn asks_now(&self, when: &When) -> bool {
        let has_time = !when.clocks.is_empty() || !when.recurrences.is_empty() || when.within.is_some();
        self.is_question() && !has_time
    }

    /// Whether a question is what the owner asks to be told.
    pub(super) fn is_question(&self) -> bool {
        let reader = self.reader;
        let Some(verb) = self.verb.clone().filter(|_| self.asked == Asked::Verb(Verb::Tell)) else { return false };
        let word = reader.word(verb.end).unwrap_or_default();
        let preposition = has_word("a|de|en|con|por|para|to|at|in|for|with", word);
        let asked = if preposition { verb.end + 1 } else { verb.end };
        // Without its accent «que» opens what is to be said.
        // "let me know when it's half past six".
        let is_time = reader.piece(asked).is_some();
        !is_time
            && reader.any(asked, reader.lex.questions).is_some()
            && (reader.lex.language == Language::English || !reader.slice(asked..asked + 1).is_ascii())
    }

    /// «sacar la basura, recuérdamelo mañana a las 9».
    fn later_verb(&mut self, stopped: usize) -> Result<(), Notice> {
        let reader = self.reader;
        for at in stopped..reader.len() {
            if self.roles[at] != Role::Free {
                continue;
            }
            let Some((verb @ (Verb::Tell | Verb::Wake), end)) = reader.look(at, reader.lex.verbs) else { continue };
            let before = at.checked_sub(1);
            let fresh = before.is_some_and(|before| {
                matches!(reader.kind(before), Some(Kind::Mark(_))) || reader.any(before, reader.lex.and) == Some(at)
            });
            let polite = before.is_some_and(|before| {
                each(reader.lex.polite).any(|phrase| {
                    let words = phrase.split(' ').count();
                    (before + 1).checked_sub(words).is_some_and(|start| reader.phrase(start, phrase) == Some(at))
                })
            });
            let is_last = (end..reader.len()).all(|at| {
                matches!(reader.kind(at), Some(Kind::Mark(_))) || reader.any(at, reader.lex.polite).is_some()
            });
            let by_a_time = reader.piece(end).is_some()
                || (0..at).any(|start| reader.piece(start).is_some_and(|(_, end)| end == at));
            // «pone una alarma cada hora» asks for nothing.
            let is_thing = before.is_some_and(|before| {
                reader.word(before).is_some_and(|word| {
                    has_word("a|an|the|that|this|my|un|una|el|la|mi|su|otra|esa|le|les|te|os|se", word)
                })
            });
            if fresh
                || polite
                || (is_last || by_a_time) && !is_thing
                || end - at > 1
                || reader.word(at).is_some_and(|word| word.ends_with("me") || word.ends_with("melo"))
            {
                if self.is_framed(at) {
                    return Err(Notice::new("rules-no-verb"));
                }
                self.set(at..end, Role::Verb);
                self.verb = Some(at..end);
                self.asked = Asked::Verb(verb);
                return Ok(());
            }
        }
        let asks = reader.text.contains('?') || reader.any(stopped, reader.lex.questions).is_some();
        if asks && !self.roles.contains(&Role::Event) {
            return Err(Notice::new("rules-question"));
        }
        if reader.lex.language == Language::Spanish && reader.word(stopped).is_some_and(is_infinitive) {
            self.asked = Asked::Infinitive;
        }
        Ok(())
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
        let pieces = self.corrected(self.pieces());
        let chosen = Chooser::new(self, &pieces).choose();
        self.other_day(&pieces, &chosen, &mut when);
        let happens = self.roles.contains(&Role::Event);
        let pairs = pairs(&chosen);
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
        for pair in pairs.into_iter().skip(1) {
            let mut other = When::default();
            pair.into_iter().for_each(|placed| other.add(placed.piece));
            when.also.push(other);
        }
        when
    }

    /// «a las 6, no, mejor a las 7»: what was taken back counts no more and is not said either.
    fn corrected(&mut self, pieces: Vec<Placed>) -> Vec<Placed> {
        let mut kept: Vec<Placed> = Vec::new();
        for placed in pieces {
            let alike = |other: &Placed| std::mem::discriminant(&other.piece) == std::mem::discriminant(&placed.piece);
            if let Some(at) = kept.iter().rposition(alike)
                && let Some(start) = self.correction(kept[at].end..placed.start)
            {
                let old = kept.remove(at);
                self.set(old.start..old.end, Role::Polite);
                self.set(start..placed.start, Role::Polite);
            }
            kept.push(placed);
        }
        kept
    }

    /// Where the words begin, at the end of a range, that take back what stands before it.
    fn correction(&self, mut range: Range<usize>) -> Option<usize> {
        let (reader, end) = (self.reader, range.end);
        range.find(|start| {
            let words: Vec<&str> = (*start..end).filter_map(|at| reader.word(at)).collect();
            let others =
                (*start..end).all(|at| reader.word(at).is_some() || matches!(reader.kind(at), Some(Kind::Mark(_))));
            others && has_word(reader.lex.correcting, &words.join(" "))
        })
    }

    /// The day of what was said before the request, where the request has only an hour.
    fn other_day(&self, pieces: &[Placed], chosen: &[Placed], when: &mut When) {
        let that = chosen.iter().find(|placed| matches!(placed.piece, Piece::ThatDay(_)));
        let until = that.map(|placed| placed.start).or_else(|| self.verb.as_ref().map(|verb| verb.start)).unwrap_or(0);
        let other = pieces.iter().filter(|placed| placed.end <= until && !chosen.contains(placed));
        let mut days = other.filter_map(|placed| match &placed.piece {
            Piece::Day(day) if *day != Day::Past => Some(day.clone()),
            _ => None,
        });
        let is_hour = |placed: &Placed| matches!(placed.piece, Piece::Clocks(_) | Piece::Part(_) | Piece::Zone(_));
        match that {
            Some(_) => when.days.extend(days.next()),
            None if chosen.iter().all(is_hour) => when.other_day = days.next(),
            None => {}
        }
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
            let found =
                if self.roles[at] == Role::Free && !self.is_attributive(at, &pieces) { reader.piece(at) } else { None };
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
        if !has_word(reader.lex.attributive, word) || self.roles[before] != Role::Free {
            return false;
        }
        if reader.lex.language == Language::English {
            return true;
        }
        // A thing stands before «de», not a time and not the verb.
        before.checked_sub(1).is_some_and(|thing| {
            self.roles[thing] == Role::Free
                && pieces.last().is_none_or(|placed| placed.end != before)
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

    /// What is left, as it was written, and its words.
    fn body(&self) -> (String, Vec<String>) {
        let reader = self.reader;
        let mut parts: Vec<Range<usize>> = Vec::new();
        for at in (0..reader.len()).filter(|at| self.roles[*at] == Role::Free) {
            match parts.last_mut().filter(|part| part.end == at) {
                Some(part) => part.end = at + 1,
                None => parts.push(at..at + 1),
            }
        }
        let parts: Vec<Range<usize>> =
            parts.into_iter().map(|part| self.trim(part)).filter(|part| !part.is_empty()).collect();
        let words = parts.iter().flat_map(Clone::clone).filter_map(|at| reader.word(at).map(str::to_owned)).collect();
        let text = match &parts[..] {
            [only] if only.len() == 1 => match reader.kind(only.start) {
                Some(Kind::Quoted(inside)) => inside.clone(),
                _ => reader.slice(only.clone()).to_owned(),
            },
            _ => parts.iter().map(|part| reader.slice(part.clone())).collect::<Vec<_>>().join(" "),
        };
        (text, words)
    }

    fn trim(&self, mut part: Range<usize>) -> Range<usize> {
        let reader = self.reader;
        while let Some(end) =
            reader.any(part.start, reader.lex.trim_start).filter(|end| *end <= part.end && !part.is_empty())
        {
            // «qué tiempo hace» asks, «que llame» does not.
            if reader.slice(part.start..end).contains('é') {
                break;
            }
            part.start = end;
        }
        loop {
            // "put the retainer in": at the end of the sentence it belongs to its verb.
            let is_last = (part.end..reader.len()).all(|at| matches!(reader.kind(at), Some(Kind::Mark(_))));
            if is_last && part.len() > 1 && reader.any(part.end - 1, "in|on|off|up|by|it").is_some() {
                break;
            }
            let starts = part.end.saturating_sub(3).max(part.start)..part.end;
            let Some(start) =
                starts.into_iter().find(|start| reader.any(*start, reader.lex.trim_end) == Some(part.end))
            else {
                break;
            };
            part.end = start;
        }
        part
    }
}

/// «el martes a las 9 y el jueves a las 12»: days that have hours of their own, one by one; none if they share them.
fn pairs(chosen: &[Placed]) -> Vec<Vec<Placed>> {
    let is_day = |placed: &&Placed| matches!(placed.piece, Piece::Day(_) | Piece::Recurs(..));
    let mut parts: Vec<&Placed> =
        chosen.iter().filter(|placed| is_day(placed) || matches!(placed.piece, Piece::Clocks(_))).collect();
    parts.sort_by_key(|placed| placed.start);
    let alternate = parts.len() > 2
        && parts.len().is_multiple_of(2)
        && parts.chunks(2).all(|pair| is_day(&pair[0]) && !is_day(&pair[1]));
    if alternate { parts.chunks(2).map(|pair| pair.iter().copied().cloned().collect()).collect() } else { Vec::new() }
}

/// «sacar», «llamarle», «irme»: with or without a pronoun.
fn is_infinitive(word: &str) -> bool {
    let stem = ["melo", "selo", "nos", "les", "las", "los", "me", "te", "se", "le", "lo", "la"]
        .iter()
        .find_map(|pronoun| word.strip_suffix(pronoun).filter(|stem| stem.len() > 2 && ends_like_one(stem)))
        .unwrap_or(word);
    stem.len() > 2 && ends_like_one(stem)
}

fn ends_like_one(word: &str) -> bool {
    ["ar", "er", "ir"].iter().any(|end| word.ends_with(end))
}
