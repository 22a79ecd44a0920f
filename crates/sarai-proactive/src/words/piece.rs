//! The pieces of a sentence that say when: each is found by itself, and they are put together in [`super::build`].

use super::clock::{Announced, Clock, Reading};
use super::day::{Day, Month};
use super::lexicon::{Beyond, DayGroup, Half, Part, has_word};
use super::reader::{Articles, Length, Reader};
use super::recur::Recurrence;
use super::token::Kind;
use crate::rule::Weekdays;
use crate::time::Zone;

/// Something about when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Clocks(Vec<Clock>),
    Part(Part),
    /// «esta noche»: a part of today.
    PartToday(Part),
    Day(Day),
    Recurs(Recurrence, Option<Part>),
    /// So long from now.
    In(Length),
    /// Between two times of day.
    Window(Clock, Clock),
    From(Bound),
    Until(Bound),
    InMonth(i8),
    /// From one date to another.
    Span(Day, Day),
    During(Length),
    /// So many times in all.
    Count(u32),
    Zone(Result<Zone, String>),
    Except(Weekdays),
    /// «ese día»: the one that was named before.
    ThatDay(Option<Part>),
    /// So long before what else is said: «avísame una hora antes».
    Ahead(Length, Option<Part>),
    Beyond(Beyond),
}

/// One end of a stretch of time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Bound {
    pub(crate) day: Option<Day>,
    pub(crate) clock: Option<Clock>,
}

/// A piece with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) piece: Piece,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Reader<'_> {
    /// The longest piece that begins here. Among equals the earlier of the list.
    pub(crate) fn piece(&self, at: usize) -> Option<(Piece, usize)> {
        [
            self.except(at),
            // Other things than these only happen: "remind me at 5 to leave work".
            self.look(at, self.lex.beyond)
                .filter(|(beyond, _)| matches!(beyond, Beyond::Sun | Beyond::Holidays))
                .map(|(beyond, end)| (Piece::Beyond(beyond), end)),
            self.ahead(at),
            self.window(at),
            self.until(at),
            self.span(at),
            self.in_month(at),
            self.after_now(at),
            self.starting(at),
            self.during(at),
            self.recurrence(at).map(|(recurrence, part, end)| (Piece::Recurs(recurrence, part), end)),
            self.day(at).map(|(day, end)| (Piece::Day(day), end)),
            self.that_day(at),
            self.look(at, self.lex.parts_today).map(|(part, end)| (Piece::PartToday(part), end)),
            self.clocks(at).map(|(clocks, end)| (Piece::Clocks(clocks), end)),
            self.look(at, self.lex.parts).map(|(part, end)| (Piece::Part(part), end)),
            self.zone(at),
            self.count(at),
            self.beside(at),
        ]
        .into_iter()
        .flatten()
        .filter(|(_, end)| *end > at)
        .fold(None, |best: Option<(Piece, usize)>, found| match best {
            Some((_, end)) if end >= found.1 => best,
            Some(_) | None => Some(found),
        })
    }

    /// "the Wednesday before Thanksgiving": counted from something that has no date here.
    fn beside(&self, at: usize) -> Option<(Piece, usize)> {
        let weekday = self.weekday_list(self.skip(at, "the|el|on the"));
        if let Some(end) = weekday.and_then(|(_, _, end)| self.any(end, "before|antes de|antes del|anterior a")) {
            self.word(end)?;
            return Some((Piece::Beyond(Beyond::Before), end));
        }
        let length = self.length(at).map(|(_, end)| end);
        if let Some(clock) = length.and_then(|end| self.any(end, "after|despues de las|despues de la"))
            && let Some((_, end)) = self.bare_clock(clock, Announced::Yes)
        {
            return Some((Piece::Beyond(Beyond::Before), end));
        }
        let day = self.any(at, "the day|el dia").or_else(|| self.length(at).map(|(_, end)| end))?;
        let (_, end) = self.day(self.any(day, "after|despues de|despues del")?)?;
        Some((Piece::Beyond(Beyond::Before), end))
    }

    /// «una hora antes», «con dos días de antelación», "the day before".
    fn ahead(&self, at: usize) -> Option<(Piece, usize)> {
        let start = self.skip(at, "con|with");
        let one = Length { days: 1, ..Length::default() };
        let day = || Some((one, None, self.any(start, "el dia|la vispera|the day")?));
        let night = || {
            let (part, end) = self.look(self.any(start, "la|the")?, self.lex.part_names)?;
            Some((one, Some(part), end))
        };
        let (length, part, end) =
            self.length(start).map(|(length, end)| (length, None, end)).or_else(day).or_else(night)?;
        Some((Piece::Ahead(length, part), self.any(end, self.lex.ahead)?))
    }

    /// «ese día», «esa noche», "that evening".
    fn that_day(&self, at: usize) -> Option<(Piece, usize)> {
        let start = self.skip(at, "on|a");
        if let Some(end) = self.any(start, "ese dia|ese mismo dia|el mismo dia|that day|that same day|the same day") {
            return Some((Piece::ThatDay(None), end));
        }
        let start = self.any(start, "ese|esa|esa misma|ese mismo|that|that same")?;
        let (part, end) = self.look(start, self.lex.part_names)?;
        Some((Piece::ThatDay(Some(part)), end))
    }

    /// «excepto los domingos», "except on holidays".
    fn except(&self, at: usize) -> Option<(Piece, usize)> {
        let end = self.any(at, self.lex.except)?;
        // "every weekday but Friday", and not "not tomorrow but on Monday".
        let of = at.checked_sub(1).and_then(|before| self.word(before)).unwrap_or_default();
        let days =
            "weekday|weekdays|day|days|morning|mornings|night|nights|evening|evenings|week|month|workday|workdays";
        if self.word(at) == Some("but") && end == at + 1 && !has_word(days, of) {
            return None;
        }
        let start = self.skip(end, "los|el|en|on|the|en los|por");
        if let Some((beyond, end)) = self.look(end, self.lex.beyond).or_else(|| self.look(start, self.lex.beyond)) {
            return Some((Piece::Beyond(beyond), end));
        }
        if let Some((days, _, end)) = self.weekday_list(start) {
            return Some((Piece::Except(days), end));
        }
        match self.look(start, self.lex.day_groups) {
            Some((DayGroup::Weekend, end)) => Some((Piece::Except(Weekdays::WEEKEND), end)),
            Some((DayGroup::Workdays, end)) => Some((Piece::Except(Weekdays::WORKDAYS), end)),
            Some((DayGroup::Every, _)) => None,
            None => {
                let day = self.day(end).or_else(|| self.day(start)).map(|(_, end)| end);
                let end = day.or_else(|| self.clock(end).map(|(_, end)| end))?;
                Some((Piece::Beyond(Beyond::SingleDays), end))
            }
        }
    }

    /// «en 20 minutos», «dentro de dos horas», "20 minutes from now", "in two weeks' time".
    fn after_now(&self, at: usize) -> Option<(Piece, usize)> {
        if let Some(end) = self.any(at, self.lex.ago) {
            let (_, end) = self.length(end)?;
            return Some((Piece::Day(Day::Past), end));
        }
        if let Some(start) = self.any(at, self.lex.within)
            && let Some((length, end)) = self.length(start)
            && self.any(end, "before|antes").is_none()
        {
            let end = self.skip(end, "time|' time|’ time|from now|a partir de ahora|desde ahora|from today");
            return Some((Piece::In(length), end));
        }
        let (length, end) = self.length(at)?;
        if let Some(end) = self.any(end, self.lex.from_now) {
            return Some((Piece::In(length), end));
        }
        let end = self.any(end, "ago")?;
        Some((Piece::Day(Day::Past), end))
    }

    /// «entre las 9 y las 18», «de 9 a 14», "from 9am to 5pm".
    fn window(&self, at: usize) -> Option<(Piece, usize)> {
        let between = self.any(at, self.lex.between);
        let from = self.any(at, self.lex.from);
        let start = between.or(from)?;
        let start = self.skip(start, "las|la");
        let named = || self.look(start, self.lex.named_times).map(|(part, end)| (Clock::named(part), end));
        let (first, end) = named().or_else(|| self.plain_clock(start, Announced::Yes))?;
        let end = if between.is_some() { self.any(end, self.lex.and)? } else { self.any(end, self.lex.to)? };
        let end = self.skip(end, "las|la|a las|a la|at");
        let (second, end) = self.bare_clock(end, Announced::Yes)?;
        // «entre 5 y 10 minutos», «de 2 a 3 kilos».
        let bare = first.is_open()
            && second.is_open()
            && !matches!(self.word(start.wrapping_sub(1)), Some("las" | "la" | "from" | "between"));
        if self.unit(end).is_some()
            || bare && matches!(self.kind(end), Some(Kind::Word(word)) if self.counts_things(word))
        {
            return None;
        }
        Some((Piece::Window(first, second), end))
    }

    fn counts_things(&self, word: &str) -> bool {
        let glue = has_word(self.lex.glue, word) || has_word(self.lex.complements, word);
        !glue && word.ends_with('s')
    }

    fn bound(&self, at: usize) -> Option<(Bound, usize)> {
        let at = self.skip(at, "el|las|la|the");
        let at = if at > 0 && self.word(at - 1) == Some("el") && self.day(at).is_none() { at - 1 } else { at };
        if let Some((clock, end)) = self.bare_clock(at, Announced::Yes).or_else(|| self.clock(at)) {
            let not_a_day = self.numbered_day(at).is_none_or(|(_, day_end)| day_end <= end);
            if not_a_day && self.unit(end).is_none() && self.look(end, self.lex.months).is_none() {
                return Some((Bound { day: None, clock: Some(clock) }, end));
            }
        }
        if let Some((part, end)) = self.look(at, self.lex.part_names).filter(|_| self.word(at) != Some("manana")) {
            let hour = Clock::named(Part::Noon);
            let clock = match part {
                Part::Night => Clock { hour: 21, reading: Reading::Full, ..hour },
                Part::Noon | Part::Midnight => Clock { reading: Reading::Half(Half::Of(part)), ..Clock::named(part) },
                _ => return None,
            };
            return Some((Bound { day: None, clock: Some(clock) }, end));
        }
        let (day, end) = self.day(at).or_else(|| self.day(at.checked_sub(1)?))?;
        let (clock, end) = self.clock(end).map_or((None, end), |(clock, end)| (Some(clock), end));
        Some((Bound { day: Some(day), clock }, end))
    }

    fn until(&self, at: usize) -> Option<(Piece, usize)> {
        let start = self.any(at, self.lex.until)?;
        let (bound, end) = self.bound(start)?;
        Some((Piece::Until(bound), end))
    }

    /// «en diciembre», "in December": its days, for what comes again.
    fn in_month(&self, at: usize) -> Option<(Piece, usize)> {
        let start = self.any(at, "en|durante|in|during|throughout")?;
        let (month, end) = self.look(start, self.lex.months)?;
        self.year(end).is_none().then_some((Piece::InMonth(month), end))
    }

    /// «del 10 al 15 de diciembre», "from December 1 to December 7".
    fn span(&self, at: usize) -> Option<(Piece, usize)> {
        let start = self.any(at, "del|desde el|desde|de|entre el|from|from the|between")?;
        let to = |at: usize| self.any(at, "al|hasta el|hasta|a|y el|to|to the|through|thru|until|till|and the|-");
        let dated = self.numbered_day(start).or_else(|| self.numbered_day(start.checked_sub(1)?));
        let whole = dated.and_then(|(day, end)| {
            let second = to(end)?;
            let (until, end) = self.numbered_day(second).or_else(|| self.numbered_day(second.checked_sub(1)?))?;
            Some((day, until, end))
        });
        let lone = || {
            let (days, end, _) = self.month_days(start)?;
            let (until, end) = self.numbered_day(to(end)?)?;
            let Day::Numbered { month: month @ Month::Named(_), year, .. } = until else { return None };
            Some((Day::Numbered { days, month, year, weekday: None }, until, end))
        };
        let (from, until, end) = whole.or_else(lone)?;
        let single = |day: &Day| matches!(day, Day::Numbered { days, .. } if days.len() == 1);
        (single(&from) && single(&until)).then(|| (Piece::Span(from, until), end))
    }

    fn starting(&self, at: usize) -> Option<(Piece, usize)> {
        let start = self.skip(self.any(at, self.lex.starting)?, "en|in");
        if let Some((month, end)) = self.look(start, self.lex.months).filter(|(_, end)| self.month_days(*end).is_none())
        {
            let day =
                Day::Numbered { days: vec![1], month: super::day::Month::Named(month), year: None, weekday: None };
            return Some((Piece::From(Bound { day: Some(day), clock: None }), end));
        }
        let (bound, end) = self.bound(start)?;
        Some((Piece::From(bound), end))
    }

    fn during(&self, at: usize) -> Option<(Piece, usize)> {
        let start = self.any(at, self.lex.during)?;
        let (length, end) = self.length(start)?;
        Some((Piece::During(length), end))
    }

    /// «hora de Tokio», "New York time", `UTC`, `Europe/Madrid`.
    fn zone(&self, at: usize) -> Option<(Piece, usize)> {
        if let Some(Kind::Path(path)) = self.kind(at) {
            let looks_like_zone =
                path.starts_with(|c: char| c.is_ascii_uppercase()) && path.contains('/') && !path.contains('.');
            return looks_like_zone.then(|| (Piece::Zone(path.parse().map_err(|_| path.clone())), at + 1));
        }
        if let Some(start) = self.any(at, self.lex.zone_before) {
            if let Some(found) = self.zone_name(self.skip(start, "la|el")) {
                return Some(found);
            }
            let name = self.slice(start..start + 1);
            let is_place = name.starts_with(char::is_uppercase);
            return is_place.then(|| (Piece::Zone(Err(name.to_owned())), start + 1));
        }
        let (piece, end) = self.zone_name(at)?;
        if let Some(end) = self.any(end, self.lex.zone_after) {
            return Some((piece, end));
        }
        let shows = self.slice(at..at + 1);
        let abbreviation = shows.len() >= 2 && shows.chars().all(|c| c.is_ascii_uppercase())
            || matches!(self.word(at), Some("utc" | "gmt"));
        (abbreviation && end == at + 1).then_some((piece, end))
    }

    fn zone_name(&self, at: usize) -> Option<(Piece, usize)> {
        if let Some((name, end)) = self.look(at, self.lex.zone_names) {
            return Some((Piece::Zone(name.parse().map_err(|_| name.to_owned())), end));
        }
        // Only names that are written as names are looked up among the cities.
        if !self.slice(at..at + 1).starts_with(char::is_uppercase) {
            return None;
        }
        (1..=3).rev().find_map(|count| {
            let words: Option<Vec<&str>> = (at..at + count).map(|at| self.word(at)).collect();
            Some((Piece::Zone(Ok(Zone::of_city(&words?.join(" "))?)), at + count))
        })
    }

    /// «3 veces», "only once".
    fn count(&self, at: usize) -> Option<(Piece, usize)> {
        let start = self.skip(at, self.lex.roughly);
        if let Some((count, end)) =
            self.look(start, self.lex.once_twice).filter(|_| start > at || !self.lex.once_twice.is_empty())
        {
            let limits = start > at || count > 1;
            return limits.then_some((Piece::Count(count), end));
        }
        let (count, end) = self.number(start, Articles::Count)?;
        let end = self.any(end, self.lex.times)?;
        (count > 0 && self.lex.language == sarai_types::Language::Spanish || count > 1)
            .then_some((Piece::Count(count), end))
    }
}
