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
use super::day::Day;
use super::event::Event;
use super::lexicon::{Chore, Half, Verb, each, has_word};
use super::piece::{Piece, Placed};
use super::reader::Reader;
use super::recur::Recurrence;
use super::token::Kind;
use crate::rule::Channel;

/// The most tokens that a sentence has.
const TOKENS_MAX: usize = 300;

/// What a word does in the sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
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

struct Framer<'r, 'a> {
    reader: &'r Reader<'a>,
    roles: Vec<Role>,
    verb: Option<Range<usize>>,
    asked: Asked,
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
    let mut frame = Frame { when, event, asked: framer.asked, channel, body, body_words };
    frame.when.hint = hint(reader, &frame);
    Ok(frame)
}

/// Whether the message itself tells morning from evening.
fn hint(reader: &Reader<'_>, frame: &Frame) -> Option<Half> {
    if frame.asked == Asked::Verb(Verb::Wake) {
        return Some(Half::Am);
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
        (None, unknown)
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
                return Ok(());
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
            (_, Some((verb, end))) => (Asked::Verb(verb), end),
            (_, None) => return false,
        };
        self.set(at..end, Role::Verb);
        self.verb = Some(at..end);
        self.asked = asked;
        true
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
            if fresh
                || polite
                || end - at > 1
                || reader.word(at).is_some_and(|word| word.ends_with("me") || word.ends_with("melo"))
            {
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
        let pieces = self.pieces();
        let chosen = Chooser::new(self, &pieces).choose();
        for placed in &chosen {
            when.add(placed.piece.clone());
            self.set(placed.start..placed.end, Role::Time);
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
    fn is_solid(&self, at: usize) -> bool {
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
    fn complement(&self, pieces: &[Placed]) -> Option<usize> {
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

/// Chooses the pieces that say when.
struct Chooser<'f, 'r, 'a> {
    framer: &'f Framer<'r, 'a>,
    pieces: &'f [Placed],
    /// By token: whether it is part of the message and of no piece.
    solid: Vec<bool>,
    used: Vec<Placed>,
}

impl<'f, 'r, 'a> Chooser<'f, 'r, 'a> {
    fn new(framer: &'f Framer<'r, 'a>, pieces: &'f [Placed]) -> Self {
        let is_piece = |at: usize| pieces.iter().any(|placed| (placed.start..placed.end).contains(&at));
        let solid = (0..framer.reader.len()).map(|at| !is_piece(at) && framer.is_solid(at)).collect();
        Self { framer, pieces, solid, used: Vec::new() }
    }

    fn is_clear(&self, mut range: Range<usize>) -> bool {
        range.all(|at| !self.solid[at])
    }

    fn choose(mut self) -> Vec<Placed> {
        let len = self.solid.len();
        let verb = self.framer.verb.clone().unwrap_or(0..0);
        let clause = self.framer.complement(self.pieces);
        let (pieces, end) = (self.pieces, verb.end);
        let behind = |chooser: &Self, placed: &Placed| placed.start >= end && chooser.is_clear(end..placed.start);
        let before =
            |chooser: &Self, placed: &Placed| placed.end <= verb.start.max(end) && chooser.is_clear(0..placed.start);
        let last = |chooser: &Self, placed: &Placed| chooser.is_clear(placed.end..len);
        let opens =
            pieces.iter().any(|placed| behind(&self, placed) && clause.is_some_and(|clause| placed.end <= clause));
        // «recuérdame mañana que el lunes hay reunión»: once a time was said, the clause is all message.
        let in_clause = |placed: &Placed| opens && clause.is_some_and(|clause| placed.start > clause);
        for placed in pieces.iter().filter(|placed| !in_clause(placed)) {
            if behind(&self, placed) {
                self.add_if_fitting(placed);
            }
        }
        for placed in pieces {
            if before(&self, placed) || end == 0 && behind(&self, placed) {
                self.add_if_fitting(placed);
            }
        }
        for group in self.groups(|chooser, placed| last(chooser, placed) && !behind(chooser, placed)) {
            let held = self.used.clone();
            if !group.iter().all(|placed| self.add_if_fitting(placed)) {
                self.used = held;
            }
        }
        self.middle(clause);
        self.used
    }

    /// What stands inside of the message counts only if nothing else does, or if only the hour is missing.
    fn middle(&mut self, clause: Option<usize>) {
        let has = |test: fn(&Piece) -> bool| self.used.iter().any(|placed| test(&placed.piece));
        let anchored = has(is_anchor) || self.framer.roles.contains(&Role::Event);
        let clockless = has(|piece| matches!(piece, Piece::Day(_) | Piece::Recurs(..))) && !has(is_clock);
        for placed in self.pieces {
            if !anchored || clockless && clause.is_none() && matches!(placed.piece, Piece::Clocks(_)) {
                self.add_if_fitting(placed);
            }
        }
    }

    fn add_if_fitting(&mut self, placed: &Placed) -> bool {
        let fits = !self.used.contains(placed) && self.used.iter().all(|used| self.agree(used, placed));
        if fits {
            self.used.push(placed.clone());
        }
        fits
    }

    fn agree(&self, used: &Placed, new: &Placed) -> bool {
        let between = if used.start < new.start { used.end..new.start } else { new.end..used.start };
        let touches =
            self.is_clear(between.clone()) && between.into_iter().all(|at| self.framer.roles[at] != Role::Verb);
        !contradict(&used.piece, &new.piece, touches)
    }

    /// Some of the pieces, those together that have nothing but glue between them.
    fn groups(&self, wanted: impl Fn(&Self, &Placed) -> bool) -> Vec<Vec<Placed>> {
        let mut groups: Vec<Vec<Placed>> = Vec::new();
        for placed in self.pieces.iter().filter(|placed| wanted(self, placed)) {
            let joins = groups.last().and_then(|group| group.last()).is_some_and(|last| {
                self.is_clear(last.end..placed.start)
                    && (last.end..placed.start).all(|at| self.framer.roles[at] == Role::Free)
            });
            match groups.last_mut().filter(|_| joins) {
                Some(group) => group.push(placed.clone()),
                None => groups.push(vec![placed.clone()]),
            }
        }
        groups
    }
}

const fn is_anchor(piece: &Piece) -> bool {
    matches!(
        piece,
        Piece::Clocks(_)
            | Piece::Part(_)
            | Piece::PartToday(_)
            | Piece::Day(_)
            | Piece::Recurs(..)
            | Piece::In(_)
            | Piece::From(_)
    )
}

const fn is_clock(piece: &Piece) -> bool {
    matches!(piece, Piece::Clocks(_) | Piece::Window(..) | Piece::In(_))
}

/// Whether two pieces cannot both say when. Those that touch may list: «el lunes y el jueves».
fn contradict(first: &Piece, second: &Piece, touches: bool) -> bool {
    use Piece::{Clocks, Day as OnDay, During, From, In, Part, PartToday, Recurs, Until, Window, Zone};
    match (first, second) {
        (Clocks(_), Clocks(_)) | (OnDay(_), OnDay(_)) | (Recurs(..), Recurs(..)) => !touches,
        (In(length), Clocks(_) | Part(_)) | (Clocks(_) | Part(_), In(length)) => length.is_exact(),
        (In(_) | PartToday(_), OnDay(_) | Recurs(..) | In(_) | PartToday(_) | Part(_))
        | (OnDay(_) | Recurs(..) | Part(_), In(_) | PartToday(_))
        | (Part(_), Part(_))
        | (Window(..), Window(..))
        | (From(_), From(_))
        | (Until(_), Until(_))
        | (During(_), During(_))
        | (Zone(_), Zone(_)) => true,
        (Recurs(recurrence, _), OnDay(day)) | (OnDay(day), Recurs(recurrence, _)) => !narrows(recurrence, day),
        _ => false,
    }
}

/// Whether a day says on which days a recurrence falls: «cada mes, el día 5».
fn narrows(recurrence: &Recurrence, day: &Day) -> bool {
    let Recurrence::Every(length) = recurrence else { return false };
    match day {
        Day::Numbered { .. } | Day::Numeric { .. } | Day::Nth { .. } | Day::Edge { .. } => length.months > 0,
        Day::Weekday { .. } => {
            length.days > 0 && length.days.is_multiple_of(7) || length.months == 0 && length.is_exact()
        }
        Day::Relative(_)
        | Day::OfWeek { .. }
        | Day::Weekend(_)
        | Day::Month(_)
        | Day::Year(_)
        | Day::After(..)
        | Day::Past => length.is_exact(),
    }
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
