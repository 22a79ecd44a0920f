//! Looks words up at a place in a sentence: phrases, numbers and lengths of time.
//!
//! Every reader of the grammar has one shape: a place in, what stands there and the place behind it out, or nothing.

use std::ops::Range;

use super::lexicon::{Lexicon, Phrases, Table, Unit, each};
use super::token::{Gap, Kind, Token, tokens};

/// A length of time as people say it. The three kinds do not mix: a month is no number of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Length {
    pub(crate) months: u32,
    pub(crate) days: u32,
    pub(crate) seconds: u32,
}

impl Length {
    pub(crate) const fn is_exact(self) -> bool {
        self.months == 0 && self.days == 0
    }

    const fn of(unit: Unit, count: u32) -> Option<Self> {
        let none = Self { months: 0, days: 0, seconds: 0 };
        match unit {
            Unit::Seconds(n) => match n.checked_mul(count) {
                Some(seconds) => Some(Self { seconds, ..none }),
                None => None,
            },
            Unit::Days(n) => match n.checked_mul(count) {
                Some(days) => Some(Self { days, ..none }),
                None => None,
            },
            Unit::Months(n) => match n.checked_mul(count) {
                Some(months) => Some(Self { months, ..none }),
                None => None,
            },
        }
    }

    /// So many thousandths of a unit. Only what can be told exactly: half a month cannot.
    fn thousandths(unit: Unit, thousandths: u64) -> Option<Self> {
        if let Ok(count) = u32::try_from(thousandths / 1000)
            && thousandths.is_multiple_of(1000)
        {
            return Self::of(unit, count);
        }
        let seconds = match unit {
            Unit::Seconds(n) => u64::from(n) * thousandths / 1000,
            Unit::Days(n) => u64::from(n) * 86_400 * thousandths / 1000,
            Unit::Months(_) => return None,
        };
        Some(Self { seconds: u32::try_from(seconds).ok()?, ..Self::default() })
    }

    fn plus(self, other: Self) -> Option<Self> {
        Some(Self {
            months: self.months.checked_add(other.months)?,
            days: self.days.checked_add(other.days)?,
            seconds: self.seconds.checked_add(other.seconds)?,
        })
    }
}

/// Whether «un» and "a" count as a one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Articles {
    Count,
    Ignore,
}

/// A sentence and the words of its language.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) text: &'a str,
    pub(crate) tokens: Vec<Token>,
    pub(crate) lex: &'static Lexicon,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str, lex: &'static Lexicon) -> Self {
        Self { text, tokens: tokens(text), lex }
    }

    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(crate) fn kind(&self, at: usize) -> Option<&Kind> {
        self.tokens.get(at).map(|token| &token.kind)
    }

    pub(crate) fn word(&self, at: usize) -> Option<&str> {
        match self.kind(at)? {
            Kind::Word(word) => Some(word),
            Kind::Number { .. } | Kind::Quoted(_) | Kind::Path(_) | Kind::Mark(_) => None,
        }
    }

    pub(crate) fn is_mark(&self, at: usize, mark: char) -> bool {
        self.kind(at) == Some(&Kind::Mark(mark))
    }

    pub(crate) fn is_glued(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.gap == Gap::None)
    }

    /// The text of some tokens, as it was written.
    pub(crate) fn slice(&self, range: Range<usize>) -> &'a str {
        match (self.tokens.get(range.start), self.tokens.get(range.end.wrapping_sub(1))) {
            (Some(first), Some(last)) if range.start < range.end => &self.text[first.span.start..last.span.end],
            _ => "",
        }
    }

    fn is(&self, at: usize, part: &str) -> bool {
        match self.kind(at) {
            Some(Kind::Word(word)) => word == part,
            Some(Kind::Mark(mark)) => part.chars().eq([*mark]),
            Some(Kind::Number { .. } | Kind::Quoted(_) | Kind::Path(_)) | None => false,
        }
    }

    /// The place behind a phrase that stands here.
    pub(crate) fn phrase(&self, at: usize, phrase: &str) -> Option<usize> {
        let mut end = at;
        for part in phrase.split(' ') {
            if !self.is(end, part) {
                return None;
            }
            end += 1;
        }
        Some(end)
    }

    /// The place behind the longest of some phrases.
    pub(crate) fn any(&self, at: usize, phrases: Phrases) -> Option<usize> {
        each(phrases).filter_map(|phrase| self.phrase(at, phrase)).max()
    }

    /// The same, or the place itself.
    pub(crate) fn skip(&self, at: usize, phrases: Phrases) -> usize {
        self.any(at, phrases).unwrap_or(at)
    }

    /// What the longest phrase of a table means that stands here.
    pub(crate) fn look<T: Copy>(&self, at: usize, table: Table<T>) -> Option<(T, usize)> {
        let found = table.iter().filter_map(|(value, phrases)| Some((*value, self.any(at, phrases)?)));
        // The first of equals, as the table has them.
        found.fold(None, |best, (value, end)| match best {
            Some((_, longest)) if longest >= end => best,
            Some(_) | None => Some((value, end)),
        })
    }

    /// A whole number, in digits or in words.
    pub(crate) fn number(&self, at: usize, articles: Articles) -> Option<(u32, usize)> {
        if let Some(Kind::Number { value, .. }) = self.kind(at) {
            return Some((*value, at + 1));
        }
        if articles == Articles::Ignore && matches!(self.word(at), Some("a" | "an" | "un" | "oh")) {
            return None;
        }
        if let Some((tens, end)) = self.look(at, self.lex.tens) {
            let joined = self.any(end, self.lex.tens_join).unwrap_or(end);
            if let Some((units @ 1..=9, after)) = self.look(joined, self.lex.units_of_number)
                && !matches!(self.word(joined), Some("a" | "an"))
            {
                return Some((tens + units, after));
            }
            return Some((tens, end));
        }
        self.look(at, self.lex.units_of_number)
    }

    /// A number that may have decimals, in thousandths.
    pub(crate) fn decimal(&self, at: usize) -> Option<(u64, usize)> {
        let (whole, end) = self.number(at, Articles::Count)?;
        let whole = u64::from(whole) * 1000;
        if let (Some(Kind::Mark('.' | ',')), Some(Kind::Number { value, digits: digits @ 1..=3 })) =
            (self.kind(end), self.kind(end + 1))
            && self.is_glued(end)
            && self.is_glued(end + 1)
        {
            let scale = [100, 10, 1][digits - 1];
            return Some((whole + u64::from(*value) * scale, end + 2));
        }
        Some((whole, end))
    }

    /// A unit of time; the short ones only right after digits.
    pub(crate) fn unit(&self, at: usize) -> Option<(Unit, usize)> {
        self.look(at, self.lex.units).or_else(|| {
            let after_digits = matches!(self.kind(at.checked_sub(1)?), Some(Kind::Number { .. }));
            self.look(at, self.lex.short_units).filter(|_| after_digits)
        })
    }

    /// «20 minutos», «una hora y media», «1 h 30 min», "half an hour", "2.5 hours".
    pub(crate) fn length(&self, at: usize) -> Option<(Length, usize)> {
        let (mut length, mut end) = self.one_length(at)?;
        // "1h 40".
        if let Some(Kind::Number { value: minutes @ 1..60, digits: 2 }) = self.kind(end)
            && matches!(self.word(end - 1), Some("h" | "hr" | "hora" | "hour"))
            && self.unit(end + 1).is_none()
        {
            length = length.plus(Length { seconds: minutes * 60, ..Length::default() })?;
            end += 1;
        }
        loop {
            let next = self.skip(self.any(end, self.lex.and).unwrap_or(end), ",");
            // A bare unit begins something else: «dos horas y día».
            let Some((more, after)) = self
                .one_length(next)
                .filter(|_| self.number(next, Articles::Count).is_some() || self.any(next, self.lex.half).is_some())
            else {
                return Some((length, end));
            };
            let Some(sum) = length.plus(more).filter(|_| more.seconds > 0 || !length.is_exact()) else {
                return Some((length, end));
            };
            (length, end) = (sum, after);
        }
    }

    fn one_length(&self, at: usize) -> Option<(Length, usize)> {
        let at = self.skip(at, self.lex.roughly);
        let part = |phrases, thousandths| {
            let (unit @ Unit::Seconds(3600 | 60), end) = self.unit(self.any(at, phrases)?)? else { return None };
            Some((Length::thousandths(unit, thousandths)?, end))
        };
        if let Some(found) = part(self.lex.half, 500).or_else(|| part(self.lex.quarter, 250)) {
            return Some(found);
        }
        if let Some((unit, end)) = self.any(at, self.lex.couple).and_then(|at| self.unit(at)) {
            return Some((Length::of(unit, 2)?, end));
        }
        if let Some((count, end)) = self.number(at, Articles::Ignore)
            && let Some(end) = self.any(end, "cuartos de|quarters of an|quarters of a")
            && let Some((unit @ Unit::Seconds(3600 | 60), end)) = self.unit(end)
        {
            return Some((Length::thousandths(unit, u64::from(count) * 250)?, end));
        }
        let (thousandths, mut end) = match self.decimal(at) {
            Some((count, end)) => (count, end),
            // «hora y media»: the unit alone is one.
            None if self.unit(at).is_some_and(|(_, end)| {
                self.any(end, self.lex.and_half).or_else(|| self.any(end, self.lex.and_quarter)).is_some()
            }) =>
            {
                (1000, at)
            }
            None => return None,
        };
        let mut half = 0;
        if let Some(after) = self.any(end, self.lex.and_half) {
            (half, end) = (500, after);
        }
        // "a 30-minute", "20-minute".
        end = if self.is_mark(end, '-') && self.is_glued(end) { end + 1 } else { end };
        let (unit, mut end) = self.unit(end)?;
        if half == 0 {
            let halves = self.any(end, self.lex.and_half).map(|after| (500, after));
            let quarters = || Some((250, self.any(end, self.lex.and_quarter).filter(|_| unit == Unit::Seconds(3600))?));
            (half, end) = halves.or_else(quarters).unwrap_or((0, end));
        }
        Some((Length::thousandths(unit, thousandths + half)?, end))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{en::ENGLISH, es::SPANISH};
    use super::*;

    #[test]
    fn lengths() {
        let length = |months, days, seconds| Some(Length { months, days, seconds });
        for (text, lex, expected) in [
            ("20 minutos", &SPANISH, length(0, 0, 1200)),
            ("veinte minutos", &SPANISH, length(0, 0, 1200)),
            ("treinta y cinco minutos", &SPANISH, length(0, 0, 2100)),
            ("media hora", &SPANISH, length(0, 0, 1800)),
            ("hora y media", &SPANISH, length(0, 0, 5400)),
            ("una hora y media", &SPANISH, length(0, 0, 5400)),
            ("dos horas y media", &SPANISH, length(0, 0, 9000)),
            ("1h30m", &SPANISH, length(0, 0, 5400)),
            ("1 h 30 min", &SPANISH, length(0, 0, 5400)),
            ("dos horas y 15 minutos", &SPANISH, length(0, 0, 8100)),
            ("un cuarto de hora", &SPANISH, length(0, 0, 900)),
            ("tres cuartos de hora", &SPANISH, length(0, 0, 2700)),
            ("un par de horas", &SPANISH, length(0, 0, 7200)),
            ("1,5 horas", &SPANISH, length(0, 0, 5400)),
            ("un mes", &SPANISH, length(1, 0, 0)),
            ("dos semanas", &SPANISH, length(0, 14, 0)),
            ("una semana y dos días", &SPANISH, length(0, 9, 0)),
            ("día y medio", &SPANISH, length(0, 0, 129_600)),
            ("unos 10 minutos", &SPANISH, length(0, 0, 600)),
            ("half an hour", &ENGLISH, length(0, 0, 1800)),
            ("an hour and a half", &ENGLISH, length(0, 0, 5400)),
            ("two and a half hours", &ENGLISH, length(0, 0, 9000)),
            ("three quarters of an hour", &ENGLISH, length(0, 0, 2700)),
            ("a couple of hours", &ENGLISH, length(0, 0, 7200)),
            ("2.5 hours", &ENGLISH, length(0, 0, 9000)),
            ("forty-five minutes", &ENGLISH, length(0, 0, 2700)),
            ("1 hour and 20 mins", &ENGLISH, length(0, 0, 4800)),
            ("medio mes", &SPANISH, None),
            ("hora", &SPANISH, None),
            ("99999 años", &SPANISH, length(1_199_988, 0, 0)),
            ("999999999 años", &SPANISH, None),
        ] {
            let reader = Reader::new(text, lex);
            let found = reader.length(0).filter(|(_, end)| *end == reader.len()).map(|(length, _)| length);
            assert_eq!(found, expected, "{text}");
        }
    }
}
