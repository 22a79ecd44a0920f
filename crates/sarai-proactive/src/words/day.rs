//! Days: «mañana», "next Friday", «el 3 de mayo», "the last Friday of every month", «a final de mes».

use jiff::civil::Weekday;
use sarai_types::Language;

use super::lexicon::{Edge, Nth, Which, has_word};
use super::reader::{Articles, Length, Reader};
use super::token::Kind;
use crate::rule::Weekdays;

/// The most days of the month, or ordinals, in one list.
const LIST_MAX: usize = 12;

/// A day as it was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Day {
    /// Counted from today.
    Relative(i32),
    Weekday {
        days: Weekdays,
        which: Which,
    },
    /// «el lunes de la semana que viene».
    OfWeek {
        day: Option<Weekday>,
        which: Which,
    },
    Weekend(Which),
    /// Days of a month by number. A weekday beside it must agree.
    Numbered {
        days: Vec<u32>,
        month: Month,
        year: Option<i16>,
        weekday: Option<Weekday>,
    },
    /// `5/3`: which one is the month depends on the language, and in English on nothing.
    Numeric {
        first: u32,
        second: u32,
        year: Option<i16>,
    },
    Nth {
        nths: Vec<Nth>,
        days: Weekdays,
        month: Month,
    },
    Edge {
        edge: Edge,
        of: EdgeOf,
    },
    Month(Which),
    Year(Which),
    /// So long after another day: "a week from Monday".
    After(Length, Box<Self>),
    /// So long before another day: «dos días antes de Navidad».
    Before(Length, Box<Self>),
    /// Gone by, whatever it is.
    Past,
}

impl Day {
    /// The same day so many days earlier, if that lies in the same month.
    pub(crate) fn days_earlier(self, count: u32) -> Option<Self> {
        match self {
            Self::Numbered { days, month, year, weekday: None } => {
                let earlier = days.into_iter().map(|day| day.checked_sub(count).filter(|day| *day > 0));
                Some(Self::Numbered { days: earlier.collect::<Option<_>>()?, month, year, weekday: None })
            }
            _ => None,
        }
    }
}

/// Which month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Month {
    Unsaid,
    Named(i8),
    Of(Which),
}

/// What has an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EdgeOf {
    Month(Month),
    Year(Which),
    Week(Which),
}

impl Reader<'_> {
    /// A day that is said once. What recurs is read by [`Reader::recurrence`], which comes first.
    pub(crate) fn day(&self, at: usize) -> Option<(Day, usize)> {
        [
            self.relative_day(at),
            self.named_day(at),
            self.edge(at),
            self.nth_weekday(at),
            self.weekday_with_number(at),
            self.numbered_day(at),
            self.numeric_day(at),
            self.weekday(at),
            self.stretch(at),
            self.day_after(at),
            self.day_before(at),
        ]
        .into_iter()
        .flatten()
        .fold(None, |best: Option<(Day, usize)>, found| match best {
            Some((_, end)) if end >= found.1 => best,
            Some(_) | None => Some(found),
        })
    }

    fn relative_day(&self, at: usize) -> Option<(Day, usize)> {
        // «la mañana» is a part of the day.
        let before = at.checked_sub(1).and_then(|before| self.word(before));
        if self.word(at) == Some("manana") && matches!(before, Some("la" | "esta" | "una" | "media" | "cada")) {
            return None;
        }
        let at = self.skip(at, "para|for|por");
        // «mañana y pasado».
        if self.word(at) == Some("pasado") && self.word(at.wrapping_sub(1)) == Some("y") && self.unit(at + 1).is_none()
        {
            return Some((Day::Relative(2), at + 1));
        }
        let (days, mut end) = self.look(at, self.lex.relative_days)?;
        // «mañana lunes», «mañana, día 3».
        let next = self.skip(self.skip(end, ","), "el");
        if let Some((_, after)) = self.look(next, self.lex.weekdays)
            && self.look(after, self.lex.which_after).is_none()
        {
            end = after;
        }
        Some((if days < 0 { Day::Past } else { Day::Relative(days) }, end))
    }

    fn named_day(&self, at: usize) -> Option<(Day, usize)> {
        let start = self.skip(at, "en|el dia de|el|para|por|on|at|for");
        let ((month, day), end) = self.look(start, self.lex.named_days)?;
        // "Christmas presents".
        let names_a_thing = self.word(end).is_some_and(|word| {
            !has_word(self.lex.glue, word)
                && !has_word(self.lex.polite, word)
                && self.look(end, self.lex.verbs).is_none()
        });
        if self.lex.language == Language::English && start == at && names_a_thing && self.piece(end).is_none() {
            return None;
        }
        let (year, end) = self.year(end).map_or((None, end), |(year, end)| (Some(year), end));
        let days = vec![u32::from(day.unsigned_abs())];
        Some((Day::Numbered { days, month: Month::Named(month), year, weekday: None }, end))
    }

    /// A month behind a number or an ordinal: «de mayo», «del mes que viene», "of every month".
    pub(crate) fn of_month(&self, at: usize) -> Option<(Month, usize)> {
        let end = self.any(at, "de|del|of|in")?;
        if let Some((month, end)) = self.look(end, self.lex.months) {
            return Some((Month::Named(month), end));
        }
        let end = self.skip(end, "el|the");
        let (which, end) = self.look(end, self.lex.of_months)?;
        Some((Month::Of(which), end))
    }

    fn edge(&self, at: usize) -> Option<(Day, usize)> {
        let (edge, end) = self.look(at, self.lex.edges)?;
        let start = self.skip(end, "el|la|the|del|de");
        let named = self.look(start, self.lex.months).map(|(month, end)| (EdgeOf::Month(Month::Named(month)), end));
        let month = || self.look(start, self.lex.of_months).map(|(which, end)| (EdgeOf::Month(Month::Of(which)), end));
        let year = || self.look(start, self.lex.of_years).map(|(which, end)| (EdgeOf::Year(which), end));
        let is_weekend = self.word(start) == Some("semana") && self.word(start.wrapping_sub(2)) == Some("fin");
        let week = || {
            let said = self.look(start, self.lex.weeks);
            // «El fin de semana» is another thing than «el fin de la semana».
            let bare = || self.any(start, "la semana|week|the week").map(|end| (Which::Plain, end));
            said.or_else(bare).map(|(which, end)| (EdgeOf::Week(which), end))
        };
        let (of, end) = named.or_else(month).or_else(year).or_else(|| week().filter(|_| !is_weekend))?;
        Some((Day::Edge { edge, of }, end))
    }

    /// «el primer lunes de mayo», «los primeros y terceros martes de cada mes», "the last Friday of the month".
    pub(crate) fn nth_weekday(&self, at: usize) -> Option<(Day, usize)> {
        let mut end = self.skip(at, "el|los|para el|on the|the|on");
        let mut nths = Vec::new();
        loop {
            let (nth, after) = self.ordinal(end)?;
            nths.push(nth);
            end = after;
            let Some(next) = self.any(end, "y el|y los|y|and the|and|,") else { break };
            if nths.len() >= LIST_MAX {
                return None;
            }
            end = next;
        }
        let (days, _, end) = self.weekday_list(end)?;
        let (month, end) = self.of_month(end).unwrap_or((Month::Unsaid, end));
        Some((Day::Nth { nths, days, month }, end))
    }

    /// An ordinal in words or digits: «primer», `1er`, "2nd".
    pub(crate) fn ordinal(&self, at: usize) -> Option<(Nth, usize)> {
        if let Some(found) = self.look(at, self.lex.ordinals) {
            return Some(found);
        }
        let Some(Kind::Number { value, .. }) = self.kind(at) else { return None };
        let end = self.ordinal_suffix(at + 1)?;
        Some((Nth::Number(u8::try_from(*value).ok().filter(|n| (1..=5).contains(n))?), end))
    }

    fn ordinal_suffix(&self, at: usize) -> Option<usize> {
        let at =
            if self.is_mark(at, '.') && self.is_glued(at) && matches!(self.kind(at + 1), Some(Kind::Mark('º' | 'ª')))
            {
                at + 1
            } else {
                at
            };
        self.any(at, self.lex.ordinal_suffixes).filter(|_| self.is_glued(at))
    }

    /// «lunes, miércoles y viernes»: the days, how many were said, and the place behind.
    pub(crate) fn weekday_list(&self, at: usize) -> Option<(Weekdays, usize, usize)> {
        let one = |at: usize| {
            self.look(at, self.lex.weekdays)
                .or_else(|| self.look(at, self.lex.weekdays_plural))
                .filter(|_| !self.is_possessive(at))
        };
        let (first, mut end) = one(at)?;
        let mut days = vec![first];
        while days.len() < 7 {
            let mut next = self.skip(end, ",");
            next = self.skip(next, self.lex.and);
            if next == end {
                break;
            }
            next = self.skip(next, "el|los|on|every|cada");
            let Some((day, after)) = one(next) else { break };
            days.push(day);
            end = after;
        }
        let count = days.len();
        Some((Weekdays::new(days)?, count, end))
    }

    /// "Monday's".
    fn is_possessive(&self, at: usize) -> bool {
        let text = self.slice(at..at + 1).to_lowercase();
        text.ends_with("'s") || text.ends_with("’s")
    }

    fn weekday(&self, at: usize) -> Option<(Day, usize)> {
        let (before, start) = self
            .look(self.skip(at, "para|for"), self.lex.which_before)
            .map_or((None, at), |(which, end)| (Some(which), end));
        let (days, _, mut end) = self.weekday_list(start)?;
        let mut which = before;
        if let Some((after, place)) = self.look(end, self.lex.which_after) {
            (which, end) = (Some(after), place);
        }
        // «el lunes de la semana que viene», "Monday next week", "Monday of next week".
        let week = self.skip(end, "de|of|in");
        if let Some((of_week, place)) = self.look(week, self.lex.weeks)
            && let Some(day) = days.days().next().filter(|_| days.count() == 1)
        {
            return Some((Day::OfWeek { day: Some(day), which: of_week }, place));
        }
        // «el lunes en ocho días».
        if let Some(end) = self.any(end, "en ocho dias|en ocho") {
            let week = Length { days: 7, ..Length::default() };
            return Some((Day::After(week, Box::new(Day::Weekday { days, which: Which::Plain })), end));
        }
        // "Friday week", as the British say.
        if let Some(end) = self.any(end, "week").filter(|_| self.lex.language == Language::English)
            && matches!(which, None | Some(Which::Plain))
        {
            let week = Length { days: 7, ..Length::default() };
            return Some((Day::After(week, Box::new(Day::Weekday { days, which: Which::Plain })), end));
        }
        match which {
            Some(Which::Last) => Some((Day::Past, end)),
            Some(which) => Some((Day::Weekday { days, which }, end)),
            None => Some((Day::Weekday { days, which: Which::Plain }, end)),
        }
    }

    /// «lunes 3 de mayo», "Monday the 3rd", "Monday, May 3".
    fn weekday_with_number(&self, at: usize) -> Option<(Day, usize)> {
        let start = self.skip(self.skip(at, "para"), "el|este|on|this|the|next|el proximo");
        let (weekday, end) = self.look(start, self.lex.weekdays)?;
        let next = self.skip(end, ",");
        if let Some((Day::Numbered { days, month, year, .. }, end)) = self.numbered_day(next) {
            return Some((Day::Numbered { days, month, year, weekday: Some(weekday) }, end));
        }
        // «el lunes 3»: glued to the day, so no article is needed.
        let Some(Kind::Number { value: value @ 1..=31, digits: 1..=2 }) = self.kind(next) else { return None };
        let spanish = self.lex.language == Language::Spanish;
        if !spanish || self.unit(next + 1).is_some() || self.clock(next).is_some() || next != end {
            return None;
        }
        Some((Day::Numbered { days: vec![*value], month: Month::Unsaid, year: None, weekday: Some(weekday) }, next + 1))
    }

    /// A day of the month in digits or words, and whether it was an ordinal.
    fn month_day(&self, at: usize) -> Option<(u32, usize, Ordinal)> {
        if let Some(Kind::Number { value, digits: 1..=2 }) = self.kind(at) {
            return Some(match self.ordinal_suffix(at + 1) {
                Some(end) => (*value, end, Ordinal::Yes),
                None => (*value, at + 1, Ordinal::No),
            });
        }
        match self.look(at, self.lex.ordinals) {
            Some((Nth::Number(1), end)) => return Some((1, end, Ordinal::Yes)),
            Some((Nth::Number(n), end)) if self.lex.language == Language::English => {
                return Some((u32::from(n), end, Ordinal::Yes));
            }
            Some(_) | None => {}
        }
        let (value, end) = self.number(at, Articles::Ignore).filter(|(value, _)| (1..=31).contains(value))?;
        Some((value, end, Ordinal::No))
    }

    /// «1 y 15», "1st, 10th and 20th".
    pub(crate) fn month_days(&self, at: usize) -> Option<(Vec<u32>, usize, Ordinal)> {
        let (first, mut end, ordinal) = self.month_day(at)?;
        let mut days = vec![first];
        while days.len() < LIST_MAX {
            let mut next = self.skip(end, ",");
            next = self.skip(next, "y el|y|e|and the|and|&");
            if next == end {
                break;
            }
            let Some((day, after, kind)) = self.month_day(next) else { break };
            // «el 5 y 10 minutos», "the 1st and 2 others": only more of the same kind.
            if self.lex.language == Language::English && kind != ordinal || self.unit(after).is_some() {
                break;
            }
            days.push(day);
            end = after;
        }
        Some((days, end, ordinal))
    }

    /// «el 3 de mayo», «el día 5», «los días 1 y 15 de cada mes», "May 3rd, 2027", "on the 3rd of next month".
    pub(crate) fn numbered_day(&self, at: usize) -> Option<(Day, usize)> {
        match self.lex.language {
            Language::Spanish => self.numbered_day_es(at),
            Language::English => self.numbered_day_en(at),
        }
    }

    fn numbered_day_es(&self, at: usize) -> Option<(Day, usize)> {
        let start = self.skip(at, "para|en");
        let with_day = self.any(start, "el dia|los dias|dia|dias|este dia|el proximo dia");
        let article = self.any(start, "el|los|este|el proximo");
        let from = with_day.or(article).unwrap_or(at);
        let (days, mut end, _) = self.month_days(from)?;
        let mut month = self.of_month(end).or_else(|| {
            let (month, end) = self.look(end, self.lex.months)?;
            Some((Month::Named(month), end))
        });
        if month.is_none() && with_day.is_none() {
            // «el 5» is a day, «el 5 %», «el 5 minutos» and «los 5» are not.
            let lone = article.is_some() && days.len() == 1 && !matches!(self.word(start), Some("los"));
            let ends = self.ends_a_number(end);
            month = (lone && ends).then_some((Month::Unsaid, end));
            month?;
        }
        if month.is_none() && !self.ends_a_number(end) {
            return None;
        }
        let (month, after) = month.unwrap_or((Month::Unsaid, end));
        end = after;
        let (year, end) = self.year(end).map_or((None, end), |(year, end)| (Some(year), end));
        Some((Day::Numbered { days, month, year, weekday: None }, end))
    }

    /// Whether no unit or thing follows that the number counts.
    pub(crate) fn ends_a_number(&self, at: usize) -> bool {
        match self.kind(at) {
            None | Some(Kind::Quoted(_) | Kind::Path(_)) => true,
            Some(Kind::Mark(mark)) => {
                !matches!(mark, '%' | '/' | '-' | '.' | ':') || !self.is_glued(at) && *mark != '%' || self.at_end(at)
            }
            Some(Kind::Number { .. }) => false,
            Some(Kind::Word(word)) => {
                let follows = [
                    "a", "al", "de", "del", "que", "por", "en", "y", "para", "tengo", "me", "hay", "sobre", "hasta",
                    "desde", "cada",
                ];
                follows.contains(&word.as_str())
                    || word.len() > 3
                        && ["ar", "er", "ir", "arme", "arlo", "arla", "erle", "arle"]
                            .iter()
                            .any(|end| word.ends_with(end))
                    || self.look(at, self.lex.verbs).is_some()
            }
        }
    }

    fn at_end(&self, at: usize) -> bool {
        at + 1 >= self.len()
    }

    fn numbered_day_en(&self, at: usize) -> Option<(Day, usize)> {
        let start = self.skip(at, "on the|on|the|for the|for|by the|by");
        if let Some((month, end)) = self.look(start, self.lex.months) {
            let end = self.skip(end, ".");
            let (days, end, _) = self.month_days(self.skip(end, "the"))?;
            let (year, end) = self.year(end).map_or((None, end), |(year, end)| (Some(year), end));
            // "May 2027" is a month, "may 5 people" is not a date but reads like one.
            return Some((Day::Numbered { days, month: Month::Named(month), year, weekday: None }, end));
        }
        let (days, end, ordinal) = self.month_days(start)?;
        let named = self.look(end, self.lex.months).map(|(month, end)| (Month::Named(month), end));
        if let Some((month, end)) = self.of_month(end).or(named) {
            let (year, end) = self.year(end).map_or((None, end), |(year, end)| (Some(year), end));
            return Some((Day::Numbered { days, month, year, weekday: None }, end));
        }
        let is_day = ordinal == Ordinal::Yes && start > at && self.word(start).is_none();
        is_day.then_some((Day::Numbered { days, month: Month::Unsaid, year: None, weekday: None }, end))
    }

    pub(crate) fn year(&self, at: usize) -> Option<(i16, usize)> {
        let start = self.skip(at, "de|del|,|of|del ano|de el");
        match self.kind(start) {
            Some(Kind::Number { value: value @ 1970..=2199, digits: 4 }) => {
                Some((i16::try_from(*value).ok()?, start + 1))
            }
            _ => None,
        }
    }

    /// `3/5/2026`, `3/5`, `2026-05-03`, `3-5-2026`, `3.5.2026`.
    fn numeric_day(&self, at: usize) -> Option<(Day, usize)> {
        let start = self.skip(at, "el|el dia|on|on the|para el");
        let number = |at: usize| match self.kind(at) {
            Some(Kind::Number { value, digits }) => Some((*value, *digits)),
            _ => None,
        };
        let (first, digits) = number(start)?;
        let Some(Kind::Mark(mark @ ('/' | '-' | '.'))) = self.kind(start + 1) else { return None };
        let (second, _) = number(start + 2).filter(|_| self.is_glued(start + 1) && self.is_glued(start + 2))?;
        let third = number(start + 4)
            .filter(|_| self.is_mark(start + 3, *mark) && self.is_glued(start + 3) && self.is_glued(start + 4));
        match (digits, third) {
            (4, Some((day, _))) => {
                let month = Month::Named(i8::try_from(second).ok()?);
                Some((
                    Day::Numbered { days: vec![day], month, year: Some(i16::try_from(first).ok()?), weekday: None },
                    start + 5,
                ))
            }
            (1 | 2, Some((year, digits @ (2 | 4)))) => {
                let year = if digits == 2 { 2000 + year } else { year };
                Some((Day::Numeric { first, second, year: Some(i16::try_from(year).ok()?) }, start + 5))
            }
            (1 | 2, None) if *mark == '/' || *mark == '.' && self.word(start.wrapping_sub(1)) == Some("el") => {
                Some((Day::Numeric { first, second, year: None }, start + 3))
            }
            _ => None,
        }
    }

    /// «la semana que viene», «el fin de semana», "next month", «el año que viene».
    fn stretch(&self, at: usize) -> Option<(Day, usize)> {
        let start = self.skip(at, "para|for|en");
        if let Some((which, end)) = self.look(start, self.lex.weekends) {
            return Some((if which == Which::Last { Day::Past } else { Day::Weekend(which) }, end));
        }
        if let Some((which, end)) = self.look(start, self.lex.weeks) {
            // "next week Monday", «la semana que viene el lunes».
            let next = self.skip(self.skip(end, ","), "el|on");
            let weekday = self.look(next, self.lex.weekdays).filter(|_| which != Which::Last);
            let (day, end) = weekday.map_or((None, end), |(day, end)| (Some(day), end));
            return Some((if which == Which::Last { Day::Past } else { Day::OfWeek { day, which } }, end));
        }
        let month =
            self.look(start, self.lex.of_months).filter(|(which, _)| matches!(which, Which::Next | Which::Last));
        if let Some((which, end)) = month {
            return Some((if which == Which::Last { Day::Past } else { Day::Month(which) }, end));
        }
        let year = self.look(start, self.lex.of_years).filter(|(which, _)| matches!(which, Which::Next | Which::Last));
        year.map(|(which, end)| (if which == Which::Last { Day::Past } else { Day::Year(which) }, end))
    }

    /// "a week from Monday", "two days after tomorrow", «de hoy en ocho».
    fn day_after(&self, at: usize) -> Option<(Day, usize)> {
        if let Some(end) = self.any(at, "de hoy en ocho dias|de hoy en ocho|de hoy en una semana") {
            return Some((Day::Relative(7), end));
        }
        let (length, end) = self.length(at)?;
        let after = self.any(end, "from|after|a partir del|a partir de|despues del|despues de");
        // "a week on Tuesday", "three weeks today", as the British say.
        let weeks = length.months == 0 && length.days > 0 && length.days.is_multiple_of(7);
        let british = (weeks && self.lex.language == Language::English).then(|| self.skip(end, "on"));
        let end = after.or(british)?;
        let (day, end) = self.relative_day(end).or_else(|| self.weekday(end))?;
        (!length.is_exact()).then_some((Day::After(length, Box::new(day)), end))
    }

    /// «el día antes del 5», «la víspera de Reyes», "two days before Christmas".
    fn day_before(&self, at: usize) -> Option<(Day, usize)> {
        let one = Length { days: 1, ..Length::default() };
        let day = self.any(at, "el dia|un dia|the day|a day").map(|end| (one, end));
        let length = self.length(at).filter(|(length, _)| !length.is_exact()).or(day);
        let before = length.and_then(|(length, end)| {
            Some((length, self.any(end, "before|antes de|antes del|anterior a|anterior al")?))
        });
        let (length, end) = before.or_else(|| Some((one, self.any(at, "la vispera de|la vispera del")?)))?;
        let lone = || {
            let contracted = matches!(self.word(end - 1), Some("del" | "al"));
            let (days, after, _) = self.month_days(end).filter(|_| contracted)?;
            let day = Day::Numbered { days, month: Month::Unsaid, year: None, weekday: None };
            self.ends_a_number(after).then_some((day, after))
        };
        let (day, end) = self.named_day(end).or_else(|| self.day(end)).or_else(lone)?;
        if let Some(earlier) = day.clone().days_earlier(length.days).filter(|_| length.months == 0) {
            return Some((earlier, end));
        }
        Some((Day::Before(length, Box::new(day)), end))
    }
}

/// Whether a number was an ordinal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ordinal {
    Yes,
    No,
}
