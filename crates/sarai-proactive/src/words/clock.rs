//! Clock times: how they are said, and which moment of the day is meant.
//!
//! # Morning or evening
//! What is written in the 24-hour way (`09:00`, `21:30`, `9h`), with a.m. or p.m., or with a part of the day needs no
//! guess. For the rest, a time between 7 in the morning and 11 at night is meant: 7 to 11 is the morning, 12 is noon and
//! 1 to 6 is the afternoon, but `6:30` is read as it is written. Without a day, the next of both halves that lies in those
//! hours is meant: «a las nueve», said at noon, is nine in the evening. The sentence that is read back says which.
//!
//! A word such as «cenar» or "breakfast" in what is to be done decides too.

use jiff::civil::Time;
use sarai_types::Language;

use super::lexicon::{Half, Part, has_word};
use super::reader::{Articles, Reader};
use super::token::Kind;

/// A clock time as it was said, not yet checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clock {
    pub(crate) hour: u32,
    pub(crate) minute: u32,
    pub(crate) second: u32,
    pub(crate) reading: Reading,
}

/// How much the words say about the half of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// An hour from 1 to 12, and no more.
    Open,
    /// The same with minutes in digits.
    Digits,
    /// By 24 hours.
    Full,
    Half(Half),
}

/// A time of day that words may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meant {
    pub(crate) time: Time,
    /// Whether it belongs to the night after the day: midnight, or one in the night.
    pub(crate) day: Shift,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shift {
    SameDay,
    NextDay,
}

/// What an open clock time is read as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning {
    One(Meant),
    /// There is no such time.
    None,
}

/// Where the part of the day begins and ends, in hours, and what hour stands for it.
pub(crate) const fn part_hours(part: Part, language: Language) -> (i8, i8, i8) {
    match (part, language) {
        (Part::EarlyMorning, _) => (0, 6, 5),
        (Part::Morning, _) => (5, 12, 9),
        (Part::Noon, _) => (12, 14, 12),
        (Part::Afternoon, Language::Spanish) => (12, 21, 17),
        (Part::Afternoon, Language::English) => (12, 18, 15),
        (Part::Evening, Language::Spanish) => (17, 23, 20),
        (Part::Evening, Language::English) => (17, 23, 19),
        (Part::Night, _) => (19, 24, 21),
        (Part::Midnight, _) => (24, 24, 0),
    }
}

/// The hour that stands for a day of which no time was said.
pub(crate) const DEFAULT_HOUR: i8 = 9;

impl Clock {
    pub(crate) const fn named(part: Part) -> Self {
        let hour = if matches!(part, Part::Midnight) { 0 } else { 12 };
        Self { hour, minute: 0, second: 0, reading: Reading::Half(Half::Of(part)) }
    }

    /// The same clock with a half of the day, if it has none of its own.
    pub(crate) fn with_half(mut self, half: Half) -> Self {
        if matches!(self.reading, Reading::Open | Reading::Digits) {
            self.reading = Reading::Half(half);
        }
        self
    }

    /// By 24 hours, whatever the hour.
    pub(crate) const fn as_written(&mut self) {
        if self.is_open() {
            self.reading = Reading::Full;
        }
    }

    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.reading, Reading::Open | Reading::Digits)
    }

    fn at(&self, hour: u32, day: Shift) -> Option<Meant> {
        let [hour, minute, second] = [hour, self.minute, self.second].map(|n| i8::try_from(n).ok());
        let time = Time::new(hour?, minute?, second?, 0).ok()?;
        Some(Meant { time, day })
    }

    /// What is meant, wherever a day was said.
    pub(crate) fn meaning(&self) -> Meaning {
        let one = |meant: Option<Meant>| meant.map_or(Meaning::None, Meaning::One);
        let same = |hour| one(self.at(hour, Shift::SameDay));
        if self.hour > 24 || self.hour == 24 && (self.minute > 0 || self.second > 0) {
            return Meaning::None;
        }
        if self.hour == 24 {
            return one(self.at(0, Shift::NextDay));
        }
        match self.reading {
            Reading::Full => same(self.hour),
            Reading::Half(half) => one(self.in_half(half)),
            Reading::Open | Reading::Digits => match self.hour {
                6 if self.reading == Reading::Digits => same(6),
                1..=6 => same(self.hour + 12),
                hour => same(hour),
            },
        }
    }

    /// Both readings of an open time, where no day was said: the next one is looked for.
    pub(crate) fn readings(&self) -> Vec<Meant> {
        let first = if self.reading == Reading::Digits { 6 } else { 7 };
        let waking = |hour: &u32| (first..=23).contains(hour);
        let hours = [self.hour % 12, self.hour % 12 + 12];
        hours.iter().filter(|hour| waking(hour)).filter_map(|hour| self.at(*hour, Shift::SameDay)).collect()
    }

    fn in_half(&self, half: Half) -> Option<Meant> {
        let hour = self.hour;
        let same = |hour| self.at(hour, Shift::SameDay);
        match half {
            Half::Am => match hour {
                0..=11 => same(hour),
                12 => same(0),
                _ => None,
            },
            Half::Pm => match hour {
                1..=11 => same(hour + 12),
                // "14 pm" says it twice.
                12..=23 => same(hour),
                _ => None,
            },
            Half::Of(Part::EarlyMorning) => match hour {
                12 => same(0),
                0..=7 => same(hour),
                _ => None,
            },
            Half::Of(Part::Morning) => (hour <= 12).then(|| same(hour))?,
            Half::Of(Part::Noon) => match hour {
                11..=15 => same(hour),
                1..=3 => same(hour + 12),
                _ => None,
            },
            Half::Of(Part::Afternoon | Part::Evening) => match hour {
                12..=23 => same(hour),
                1..=11 => same(hour + 12),
                _ => None,
            },
            Half::Of(Part::Night) => match hour {
                18..=23 => same(hour),
                6..=11 => same(hour + 12),
                0 | 12 => self.at(0, Shift::NextDay),
                1..=5 => self.at(hour, Shift::NextDay),
                _ => None,
            },
            Half::Of(Part::Midnight) => self.at(0, Shift::NextDay),
        }
    }
}

/// Whether the words before already said that a clock time follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Announced {
    Yes,
    No,
}

impl Reader<'_> {
    /// A clock time that says so: «a las 9», "at 9", «mediodía», `21:30`, "5pm", "9 o'clock".
    pub(crate) fn clock(&self, at: usize) -> Option<(Clock, usize)> {
        if let Some((part, end)) = self.look(at, self.lex.named_times) {
            return Some((Clock::named(part), end));
        }
        if let Some(start) = self.any(at, self.lex.at)
            && let Some((clock, end)) = self.bare_clock(start, Announced::Yes)
        {
            // "for three ideas".
            let rung = at.checked_sub(1).and_then(|before| self.word(before));
            let counts = self.word(start - 1) == Some("for")
                && clock.reading == Reading::Open
                && !rung.is_some_and(|word| has_word("alarm|reminder|alert|call|notification|me|it", word));
            return (!counts).then_some((clock, end));
        }
        self.bare_clock(at, Announced::No)
    }

    /// Several: «a las 8 y a las 20», "at 8am, 2pm and 8pm".
    pub(crate) fn clocks(&self, at: usize) -> Option<(Vec<Clock>, usize)> {
        let (first, mut end) = self.clock(at)?;
        let mut clocks = vec![first];
        loop {
            let mut next = self.skip(end, ",");
            next = self.skip(next, self.lex.and);
            if next == end {
                // "7:30am 12:30pm".
                let Some((clock, after)) =
                    self.plain_clock(next, Announced::No).filter(|(clock, _)| clock.reading != Reading::Open)
                else {
                    break;
                };
                clocks.push(clock);
                end = after;
                continue;
            }
            if let Some((hours, after)) = self.hours_listed(next) {
                clocks.extend(hours);
                end = after;
                continue;
            }
            let article = self.skip(next, "las|la|a las|a la|at");
            let announced =
                if article > next || self.lex.language == Language::English { Announced::Yes } else { Announced::No };
            let Some((clock, after)) = self.bare_clock(article, announced).or_else(|| self.clock(next)) else { break };
            // "at 9 and 6 to feed the cat", but not "at 9 and 2 pills".
            let ends =
                self.word(after).is_none_or(|word| has_word(self.lex.glue, word) || has_word(self.lex.polite, word))
                    || self.day(after).is_some();
            if article == next && clock.reading == Reading::Open && !ends || self.unit(after).is_some() {
                break;
            }
            clocks.push(clock);
            end = after;
        }
        // «a las 8, a las 14 y a las 22»: all are counted to 24.
        if clocks.iter().any(|clock| clock.hour > 12) {
            clocks.iter_mut().filter(|clock| clock.reading == Reading::Open).for_each(Clock::as_written);
        }
        // "at 8, 2 and 10": each comes after the one before.
        for at in 1..clocks.len() {
            if let (Meaning::One(before), Meaning::One(meant)) = (clocks[at - 1].meaning(), clocks[at].meaning())
                && clocks[at].reading == Reading::Open
                && meant.time <= before.time
                && clocks[at].hour < 12
            {
                clocks[at].hour += 12;
                clocks[at].reading = Reading::Full;
            }
        }
        // "at 8 and 10 pm": the last one speaks for those before.
        if let Some(Clock { reading: Reading::Half(half @ (Half::Am | Half::Pm)), .. }) = clocks.last().copied() {
            clocks.iter_mut().for_each(|clock| *clock = clock.with_half(half));
        }
        Some((clocks, end))
    }

    /// The rest of a list of bare hours, counted to 24: «8, 14 y 22».
    fn hours_listed(&self, at: usize) -> Option<(Vec<Clock>, usize)> {
        let (mut at, mut end, mut hours) = (at, at, Vec::new());
        while let Some(Kind::Number { value: hour @ 0..=24, digits: 1..=2 }) = self.kind(at) {
            // `14:00` is read with its minutes.
            if matches!(self.kind(at + 1), Some(Kind::Mark(':' | '.' | '/')))
                && self.is_glued(at + 1)
                && self.is_glued(at + 2)
            {
                return None;
            }
            hours.push(Clock { hour: *hour, minute: 0, second: 0, reading: Reading::Full });
            end = at + 1;
            let next = self.skip(self.skip(end, ","), self.lex.and);
            if next == end {
                break;
            }
            at = next;
        }
        let to_24 = hours.iter().any(|clock| clock.hour > 12);
        let counts = self.unit(end).is_some() || self.word(end).is_some_and(|word| has_word(self.lex.counted, word));
        let several = hours.len() > 1 || self.lex.language == Language::English;
        (to_24 && several && !counts).then_some((hours, end))
    }

    /// A clock time without the words before it.
    pub(crate) fn bare_clock(&self, at: usize, announced: Announced) -> Option<(Clock, usize)> {
        if announced == Announced::Yes
            && let Some((part, end)) = self.look(at, self.lex.named_times)
        {
            return Some((Clock::named(part), end));
        }
        self.toward(at, announced).or_else(|| self.plain_clock(at, announced))
    }

    /// An hour with its minutes behind it: «9 y media», `21:30`, "5pm".
    pub(crate) fn plain_clock(&self, at: usize, announced: Announced) -> Option<(Clock, usize)> {
        let (mut clock, mut end, mut is_sure) = self.hour_and_minute(at, announced)?;
        if let Some(after) = self.any(end, self.lex.oclock) {
            (end, is_sure) = (after, Announced::Yes);
        }
        // «a las 9 horas», `9h`; «9 horas» without more is a length of time.
        if let Some(after) = self.any(end, self.lex.hours_written)
            && (announced == Announced::Yes || self.is_glued(end) || is_sure == Announced::Yes)
        {
            (end, is_sure) = (after, Announced::Yes);
            clock.reading = Reading::Full;
        }
        if let Some((half, after)) = self.look(end, self.lex.halves) {
            let strong = matches!(half, Half::Am | Half::Pm)
                || self.lex.language == Language::Spanish
                || announced == Announced::Yes;
            if strong || is_sure == Announced::Yes {
                (end, is_sure) = (after, Announced::Yes);
                clock.reading = Reading::Half(half);
            }
        }
        // "at 10 dollars", "at 4 Elm Street".
        let counts = (end..end + 2).any(|at| self.word(at).is_some_and(|word| has_word(self.lex.counted, word)));
        (is_sure == Announced::Yes && !(counts && clock.reading == Reading::Open)).then_some((clock, end))
    }

    /// The hour with its minutes, and whether it is surely a time.
    fn hour_and_minute(&self, at: usize, announced: Announced) -> Option<(Clock, usize, Announced)> {
        let mut clock = Clock { hour: 0, minute: 0, second: 0, reading: Reading::Open };
        let (hour, digits, mut end) = match self.kind(at)? {
            Kind::Number { value, digits } => (*value, *digits, at + 1),
            Kind::Word(_) => {
                let (hour, end) = self.number(at, Articles::Ignore)?;
                (hour, 0, end)
            }
            Kind::Quoted(_) | Kind::Path(_) | Kind::Mark(_) => return None,
        };
        // `3/12` is a date, `3-12-2027` too.
        let dashed = self.is_mark(end, '-') && self.is_mark(end + 2, '-');
        if self.is_glued(end) && (self.is_mark(end, '/') || dashed) {
            return None;
        }
        if digits == 4 || digits == 3 {
            // "1730 hours", "930pm".
            let said = self.any(end, self.lex.hours_written).is_some()
                || matches!(self.look(end, self.lex.halves), Some((Half::Am | Half::Pm, _)));
            let reading = if said && digits == 3 { Reading::Digits } else { Reading::Full };
            let clock = Clock { hour: hour / 100, minute: hour % 100, second: 0, reading };
            let plausible = announced == Announced::Yes && digits == 4 && hour < 2400 || said;
            return plausible.then_some((clock, end, Announced::Yes));
        }
        if digits > 2 || digits == 0 && hour > 24 || announced == Announced::No && hour > 99 {
            return None;
        }
        clock.hour = hour;
        let mut is_sure = announced;
        if let Some((minute, second, after, mark)) = self.minutes_in_digits(end, announced) {
            (clock.minute, clock.second, end) = (minute, second, after);
            clock.reading = Reading::Digits;
            if mark != '.' {
                is_sure = Announced::Yes;
            }
            if mark == 'h' {
                clock.reading = Reading::Full;
            }
        } else if let Some(Kind::Number { value: minute @ 0..60, digits: 2 }) = self.kind(end)
            && announced == Announced::Yes
            && self.unit(end + 1).is_none()
            && !self.word(end + 1).is_some_and(|word| has_word(self.lex.counted, word) || word.ends_with('s'))
            && !matches!(self.kind(end + 1), Some(Kind::Mark('/' | ':' | '-' | '%')))
        {
            // "at 5 30", as it is dictated.
            clock.minute = *minute;
            clock.reading = Reading::Digits;
            end += 1;
        } else if (announced == Announced::Yes || self.lex.language == Language::Spanish)
            && let Some((minute, after)) = self.minutes_in_words(end)
        {
            clock = clock.plus_minutes(minute);
            end = after;
        }
        if digits == 2 && clock.hour < 10 || clock.hour == 0 || clock.hour > 12 {
            clock.reading = Reading::Full;
        }
        Some((clock, end, is_sure))
    }

    /// `:05`, `.30`, `h30`, `:05:30`.
    fn minutes_in_digits(&self, at: usize, announced: Announced) -> Option<(u32, u32, usize, char)> {
        let two_digits = |at: usize| match self.kind(at) {
            Some(Kind::Number { value, digits: 2 }) if self.is_glued(at) => Some(*value),
            _ => None,
        };
        let mark = match self.kind(at)? {
            Kind::Mark(mark @ (':' | '.')) => *mark,
            Kind::Word(word) if word == "h" => 'h',
            _ => return None,
        };
        // `4.15pm`, but not `4.15`.
        let half = || matches!(self.look(at + 2, self.lex.halves), Some((Half::Am | Half::Pm, _)));
        if !self.is_glued(at) || mark == '.' && announced == Announced::No && !half() {
            return None;
        }
        let minute = two_digits(at + 1)?;
        if self.is_mark(at + 2, mark)
            && mark != 'h'
            && let Some(second) = two_digits(at + 3)
        {
            return Some((minute, second, at + 4, mark));
        }
        Some((minute, 0, at + 2, mark))
    }

    /// «y media», «y cuarto», «y diez», «menos cuarto», «treinta», "thirty", "oh five". Negative for «menos».
    fn minutes_in_words(&self, at: usize) -> Option<(i32, usize)> {
        let value = |at: usize| -> Option<(u32, usize)> {
            if let Some(end) = self.any(at, "media") {
                return Some((30, end));
            }
            if let Some(end) = self.any(at, "cuarto|un cuarto") {
                return Some((15, end));
            }
            let (minute, end) = self.number(at, Articles::Ignore).filter(|(minute, _)| (1..60).contains(minute))?;
            // «a las 9 y 20 pastillas» is beyond us, «a las 9 y 2 días» is not.
            let is_length =
                self.look(end, self.lex.units).is_some_and(|(unit, _)| unit != super::lexicon::Unit::Seconds(60));
            let end = self.any(end, "minutos|minuto|minutes").unwrap_or(end);
            (!is_length).then_some((minute, end))
        };
        let signed = |found: Option<(u32, usize)>, sign: i32| {
            let (minute, end) = found?;
            Some((i32::try_from(minute).ok()? * sign, end))
        };
        if self.lex.language == Language::Spanish {
            if let Some(at) = self.any(at, "y|con") {
                return signed(value(at), 1);
            }
            if let Some(at) = self.any(at, "menos") {
                return signed(value(at), -1);
            }
        }
        // «nueve treinta», «nueve cero cinco», "nine oh five".
        if let Some(at) = self.any(at, "cero|oh|zero") {
            return signed(self.number(at, Articles::Ignore).filter(|(minute, _)| *minute < 10), 1);
        }
        self.word(at)?;
        let (minute, end) = self.number(at, Articles::Ignore).filter(|(minute, _)| (10..60).contains(minute))?;
        (self.unit(end).is_none()).then_some(())?;
        signed(Some((minute, end)), 1)
    }

    /// "half past nine", "ten to eight", "quarter to", «cuarto para las nueve».
    fn toward(&self, at: usize, announced: Announced) -> Option<(Clock, usize)> {
        let spanish = self.lex.language == Language::Spanish;
        let mut named = false;
        let (minute, end) = if let Some(end) =
            self.any(at, if spanish { "un cuarto|cuarto|faltando un cuarto" } else { "a quarter|quarter" })
        {
            (15, end)
        } else if let Some(end) = self.any(at, "half") {
            (30, end)
        } else {
            let at = if spanish { self.skip(at, "faltando") } else { at };
            let (minute, end) = self.number(at, Articles::Ignore).filter(|(minute, _)| (1..60).contains(minute))?;
            let after = self.skip(end, "minutos|minutes|mins|min");
            named = after > end;
            (minute, after)
        };
        let minute = i32::try_from(minute).ok()?;
        let (minute, end) = if spanish {
            (-minute, self.any(end, "para las|para la|antes de las|antes de la")?)
        } else if let Some(end) = self.any(end, "past|after") {
            (minute, end)
        } else if let Some(end) = self.any(end, "to|till|before|of") {
            (-minute, end)
        } else if minute == 30 && announced == Announced::Yes {
            // "half nine", as the British say.
            (minute, end)
        } else {
            return None;
        };
        let (hour, end) = self.number(end, Articles::Ignore).filter(|(hour, _)| (1..=24).contains(hour))?;
        let mut clock = Clock { hour, minute: 0, second: 0, reading: Reading::Open }.plus_minutes(minute);
        let mut end = self.skip(end, self.lex.oclock);
        if let Some((half, after)) = self.look(end, self.lex.halves) {
            (clock.reading, end) = (Reading::Half(half), after);
        }
        // "20 to 5" alone could be a range of numbers.
        let is_word = self.word(at).is_some();
        (announced == Announced::Yes || is_word || named || !clock.is_open()).then_some((clock, end))
    }
}

impl Clock {
    /// So many minutes later, or earlier; an hour is an hour of the same kind of clock.
    const fn plus_minutes(mut self, minutes: i32) -> Self {
        if minutes < 0 {
            self.hour = match self.hour {
                0 => 23,
                1 => 12,
                hour => hour - 1,
            };
            self.minute = (60 - minutes.unsigned_abs()) % 60;
        } else {
            self.minute = minutes.unsigned_abs();
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::lexicon::Lexicon;
    use super::super::{en::ENGLISH, es::SPANISH};
    use super::*;

    const TIMES: &[(&Lexicon, &str, &str)] = &[
        (&SPANISH, "a las nueve", "09:00"),
        (&SPANISH, "a las 9", "09:00"),
        (&SPANISH, "a la una", "13:00"),
        (&SPANISH, "a las ocho y media", "08:30"),
        (&SPANISH, "a las 8 y media de la tarde", "20:30"),
        (&SPANISH, "a las nueve y cuarto", "09:15"),
        (&SPANISH, "a las nueve menos cuarto", "08:45"),
        (&SPANISH, "a las 9 menos diez", "08:50"),
        (&SPANISH, "a la una menos cuarto", "12:45"),
        (&SPANISH, "a las ocho cuarenta y cinco", "08:45"),
        (&SPANISH, "a las nueve cero cinco", "09:05"),
        (&SPANISH, "a un cuarto para las nueve", "–"),
        (&SPANISH, "un cuarto para las nueve", "08:45"),
        (&SPANISH, "diez para las ocho de la noche", "19:50"),
        (&SPANISH, "a las 21:30", "21:30"),
        (&SPANISH, "a las 9.30", "09:30"),
        (&SPANISH, "21:30", "21:30"),
        (&SPANISH, "9h", "09:00"),
        (&SPANISH, "a las 21 hs", "21:00"),
        (&SPANISH, "a las 3h", "03:00"),
        (&SPANISH, "a las 9h30", "09:30"),
        (&SPANISH, "a las 12 de la noche", "00:00+1"),
        (&SPANISH, "a las doce", "12:00"),
        (&SPANISH, "al mediodía", "12:00"),
        (&SPANISH, "a medianoche", "00:00+1"),
        (&SPANISH, "a las 3 de la madrugada", "03:00"),
        (&SPANISH, "a las 5 p. m.", "17:00"),
        (&SPANISH, "a las 7:05 am", "07:05"),
        (&SPANISH, "sobre las 10 de la mañana", "10:00"),
        (&SPANISH, "a las 24:00", "00:00+1"),
        (&SPANISH, "a las 25:00", "impossible"),
        (&SPANISH, "a las 9:75", "impossible"),
        (&SPANISH, "a las 21 de la mañana", "impossible"),
        (&SPANISH, "diez minutos antes de las tres", "14:50"),
        (&SPANISH, "a las 6:50", "06:50"),
        (&SPANISH, "las nueve", "–"),
        (&SPANISH, "9", "–"),
        (&SPANISH, "9 horas", "–"),
        (&ENGLISH, "at 5pm", "17:00"),
        (&ENGLISH, "5 p.m.", "17:00"),
        (&ENGLISH, "at 8", "08:00"),
        (&ENGLISH, "at eight o'clock", "08:00"),
        (&ENGLISH, "at 7:15", "07:15"),
        (&ENGLISH, "at 5:30", "17:30"),
        (&ENGLISH, "at 08:00", "08:00"),
        (&ENGLISH, "at half past nine", "09:30"),
        (&ENGLISH, "half past nine in the evening", "21:30"),
        (&ENGLISH, "at quarter to nine pm", "20:45"),
        (&ENGLISH, "at ten to eight in the morning", "07:50"),
        (&ENGLISH, "at nine thirty am", "09:30"),
        (&ENGLISH, "at nine oh five am", "09:05"),
        (&ENGLISH, "at noon", "12:00"),
        (&ENGLISH, "at midnight", "00:00+1"),
        (&ENGLISH, "at 12", "12:00"),
        (&ENGLISH, "at 12am", "00:00"),
        (&ENGLISH, "at 12pm", "12:00"),
        (&ENGLISH, "1730 hours", "17:30"),
        (&ENGLISH, "at 1730", "17:30"),
        (&ENGLISH, "930pm", "21:30"),
        (&ENGLISH, "at 13am", "impossible"),
        (&ENGLISH, "at 25:00", "impossible"),
        (&ENGLISH, "at 10 at night", "22:00"),
        (&ENGLISH, "ten minutes before three", "14:50"),
        (&ENGLISH, "at 3/12", "–"),
        (&ENGLISH, "8", "–"),
        (&ENGLISH, "20 to 5", "–"),
    ];

    #[test]
    fn clock_times() {
        for &(lex, text, expected) in TIMES {
            let reader = Reader::new(text, lex);
            let show = |meant: Meant| {
                let next = if meant.day == Shift::NextDay { "+1" } else { "" };
                format!("{}{next}", meant.time.strftime("%H:%M"))
            };
            let found = match reader.clock(0).filter(|(_, end)| *end == reader.len()) {
                None => "–".to_owned(),
                Some((clock, _)) => match clock.meaning() {
                    Meaning::One(meant) => show(meant),
                    Meaning::None => "impossible".to_owned(),
                },
            };
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn several() {
        for (lex, text, expected) in [
            (&SPANISH, "a las 8 y a las 20", 2),
            (&SPANISH, "a las 8 y las 20", 2),
            (&SPANISH, "a las 8:00, 14:00 y 20:00", 3),
            (&SPANISH, "a las 8 y 20", 1),
            (&ENGLISH, "at 8am, 2pm and 8pm", 3),
            (&ENGLISH, "at 8 and 10 pm", 2),
            (&ENGLISH, "at 9 and call Bob", 1),
        ] {
            let reader = Reader::new(text, lex);
            assert_eq!(reader.clocks(0).map(|(clocks, _)| clocks.len()), Some(expected), "{text}");
        }
    }
}
