//! What comes again: «cada lunes», "every other Friday", «los días 1 y 15», «de lunes a viernes», "twice a day".

use sarai_types::Language;

use super::day::{Day, EdgeOf, Month};
use super::lexicon::{DayGroup, Nth, Part, Unit, Which};
use super::reader::{Articles, Length, Reader};
use crate::rule::Weekdays;

/// A recurrence as it was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Recurrence {
    Every(Length),
    /// On days of the week, each so many weeks.
    Weekly {
        days: Weekdays,
        weeks: u32,
    },
    /// A day that comes again: each month, or each year if a month was named.
    Dated(Day),
    /// The same days of several months: «el 20 de enero, abril, julio y octubre».
    InMonths {
        days: Vec<u32>,
        months: Vec<i8>,
    },
    /// "every second Friday": of the month, or each two weeks?
    EitherNth {
        number: u8,
        days: Weekdays,
    },
    /// So often in a stretch of time; when, was not said.
    Often {
        count: u32,
        unit: Unit,
    },
}

/// A recurrence and the part of the day that its words hold: «cada noche».
pub(crate) type Found = (Recurrence, Option<Part>, usize);

const fn group(group: DayGroup) -> Weekdays {
    match group {
        DayGroup::Every => Weekdays::ALL,
        DayGroup::Workdays => Weekdays::WORKDAYS,
        DayGroup::Weekend => Weekdays::WEEKEND,
    }
}

impl Reader<'_> {
    pub(crate) fn recurrence(&self, at: usize) -> Option<Found> {
        [
            self.often(at),
            self.each(at),
            self.all_the(at),
            self.the_plural(at),
            self.range_of_days(at),
            self.one_yes_one_no(at),
            self.dated(at),
            self.in_months(at),
            self.look(at, self.lex.adverbs)
                .and_then(|(unit, end)| Some((Recurrence::Every(self.units(unit, 1)?), None, end))),
        ]
        .into_iter()
        .flatten()
        .fold(None, |best: Option<Found>, found| match best {
            Some((_, _, end)) if end >= found.2 => best,
            Some(_) | None => Some(found),
        })
    }

    fn units(&self, unit: Unit, count: u32) -> Option<Length> {
        let none = Length::default();
        Some(match unit {
            Unit::Seconds(n) => Length { seconds: n.checked_mul(count)?, ..none },
            Unit::Days(n) => Length { days: n.checked_mul(count)?, ..none },
            Unit::Months(n) => Length { months: n.checked_mul(count)?, ..none },
        })
    }

    /// After «cada» or "every".
    fn each(&self, at: usize) -> Option<Found> {
        let at = self.any(at, self.lex.each)?;
        if let Some(found) = self.every_other(at).or_else(|| self.each_nth(at)) {
            return Some(found);
        }
        if let Some((Day::Edge { edge, of: EdgeOf::Month(_) }, end)) =
            self.day(at).filter(|(day, _)| matches!(day, Day::Edge { .. }))
        {
            return Some((
                Recurrence::Dated(Day::Edge { edge, of: EdgeOf::Month(Month::Of(Which::Every)) }),
                None,
                end,
            ));
        }
        if let Some((days, end)) = self.look(at, self.lex.day_groups) {
            // «cada día 5» is a date; «cada día» is daily.
            if let Some((day, end)) = self.each_dated(at).filter(|(_, after)| *after > end) {
                return Some((Recurrence::Dated(day), None, end));
            }
            return Some((Recurrence::Weekly { days: group(days), weeks: 1 }, None, end));
        }
        if let Some((days, _, end)) = self.weekday_list(at) {
            // «cada lunes de enero».
            if let Some((month @ Month::Named(_), end)) = self.of_month(end) {
                let nths = (1..=5).map(Nth::Number).collect();
                return Some((Recurrence::Dated(Day::Nth { nths, days, month }), None, end));
            }
            let (_, end) = self
                .of_month(end)
                .filter(|(month, _)| matches!(month, Month::Of(Which::Plain | Which::Every)))
                .unwrap_or((Month::Unsaid, end));
            let end = self.skip(end, "alternos|alterno");
            return Some((Recurrence::Weekly { days, weeks: 1 }, None, end));
        }
        if let Some((part, end)) = self.look(at, self.lex.part_names) {
            return Some((Recurrence::Weekly { days: Weekdays::ALL, weeks: 1 }, Some(part), end));
        }
        if let Some((length, end)) = self.length(at) {
            return Some((Recurrence::Every(length), None, end));
        }
        if let Some((count, end)) = self.number(at, Articles::Ignore)
            && let Some((days, _, end)) = self.weekday_list(end)
        {
            return Some((Recurrence::Weekly { days, weeks: count.clamp(1, 52) }, None, end));
        }
        if let Some((day, end)) = self.each_dated(at) {
            return Some((Recurrence::Dated(day), None, end));
        }
        if let Some((unit, end)) = self.unit(at) {
            let end = self.skip(end, "on the hour|on the minute|en punto");
            return Some((Recurrence::Every(self.units(unit, 1)?), None, end));
        }
        let (month, end) = self.look(at, self.lex.months)?;
        let day = Day::Numbered { days: vec![1], month: Month::Named(month), year: None, weekday: None };
        Some((Recurrence::Dated(day), None, end))
    }

    /// «cada 5 de mes», "every 5th of the month", «cada 3 de mayo», «cada Navidad».
    fn each_dated(&self, at: usize) -> Option<(Day, usize)> {
        let named = self.look(at, self.lex.named_days);
        if let Some(((month, day), end)) = named {
            let days = vec![u32::from(day.unsigned_abs())];
            return Some((Day::Numbered { days, month: Month::Named(month), year: None, weekday: None }, end));
        }
        if let Some((Day::Numbered { days, month, year: None, weekday }, end)) = self.numbered_day(at) {
            let month = if matches!(month, Month::Named(_)) { month } else { Month::Of(Which::Every) };
            return Some((Day::Numbered { days, month, year: None, weekday }, end));
        }
        // "every 1st and 15th".
        let (days, end, ordinal) = self.month_days(at)?;
        (ordinal == super::day::Ordinal::Yes && self.unit(end).is_none())
            .then_some((Day::Numbered { days, month: Month::Of(Which::Every), year: None, weekday: None }, end))
    }

    /// "every other Friday", "every second day".
    fn every_other(&self, at: usize) -> Option<Found> {
        if self.lex.language == Language::Spanish {
            return None;
        }
        let end = self.any(at, self.lex.other)?;
        if let Some((unit, end)) = self.unit(end).filter(|(unit, _)| *unit != Unit::Seconds(1)) {
            return Some((Recurrence::Every(self.units(unit, 2)?), None, end));
        }
        if let Some((days, end)) = self.look(end, self.lex.day_groups) {
            return Some((Recurrence::Weekly { days: group(days), weeks: 2 }, None, end));
        }
        let (part, after) = self.look(end, self.lex.part_names).map_or((None, end), |(part, end)| (Some(part), end));
        if part.is_some() {
            return Some((Recurrence::Every(self.units(Unit::Days(1), 2)?), part, after));
        }
        // "every second Friday" is read by `each_nth`, which asks.
        if self.word(at) == Some("second") {
            return None;
        }
        let (days, _, end) = self.weekday_list(end)?;
        Some((Recurrence::Weekly { days, weeks: 2 }, None, end))
    }

    /// «cada primer lunes de mes», "every last Friday", "every third day".
    fn each_nth(&self, at: usize) -> Option<Found> {
        if let Some((Day::Nth { nths, days, month }, end)) = self.nth_weekday(at) {
            if let ([Nth::Number(number @ 2..)], Month::Unsaid, Language::English) =
                (&nths[..], month, self.lex.language)
            {
                return Some((Recurrence::EitherNth { number: *number, days }, None, end));
            }
            let month = if matches!(month, Month::Named(_)) { month } else { Month::Of(Which::Every) };
            return Some((Recurrence::Dated(Day::Nth { nths, days, month }), None, end));
        }
        let (Nth::Number(number), end) = self.ordinal(at)? else { return None };
        let (unit, end) = self.unit(end).filter(|_| self.lex.language == Language::English)?;
        let end_of = self.of_month(end);
        if number == 1 && unit == Unit::Days(1) && end_of.is_some() {
            return None;
        }
        Some((Recurrence::Every(self.units(unit, u32::from(number))?), None, end))
    }

    /// After «todos los» or "all".
    fn all_the(&self, at: usize) -> Option<Found> {
        let at = self.any(at, self.lex.every_plural)?;
        if let Some((days, end)) = self.look(at, self.lex.day_groups) {
            if let Some((day, end)) = self.each_dated(at).filter(|(_, after)| *after > end) {
                return Some((Recurrence::Dated(day), None, end));
            }
            return Some((Recurrence::Weekly { days: group(days), weeks: 1 }, None, end));
        }
        if let Some((part, end)) = self.look(at, self.lex.part_names) {
            return Some((Recurrence::Weekly { days: Weekdays::ALL, weeks: 1 }, Some(part), end));
        }
        if let Some((days, _, end)) = self.weekday_list(at) {
            return Some((Recurrence::Weekly { days, weeks: 1 }, None, end));
        }
        if let Some(found) = self.each_nth(at) {
            return Some(found);
        }
        if let Some((day, end)) = self.each_dated(at) {
            return Some((Recurrence::Dated(day), None, end));
        }
        if let Some((days, end, _)) = self.month_days(at).filter(|(_, end, _)| self.ends_a_number(*end)) {
            let day = Day::Numbered { days, month: Month::Of(Which::Every), year: None, weekday: None };
            return Some((Recurrence::Dated(day), None, end));
        }
        let (unit, end) = self.unit(at)?;
        Some((Recurrence::Every(self.units(unit, 1)?), None, end))
    }

    /// «los lunes y jueves», «los fines de semana», «los primeros lunes», "on Mondays", "weekdays".
    fn the_plural(&self, at: usize) -> Option<Found> {
        let spanish = self.lex.language == Language::Spanish;
        let article = self.any(at, if spanish { "los|en los|para los" } else { "on|on the|at|during" });
        let start = article.unwrap_or(at);
        if let Some((days, end)) =
            self.look(start, self.lex.day_groups).filter(|(_, end)| self.is_plural_group(at, *end, article.is_some()))
        {
            return Some((Recurrence::Weekly { days: group(days), weeks: 1 }, None, end));
        }
        if let Some((days, count, end)) = self.weekday_list(start) {
            // "on Sunday evenings".
            if let Some((part, end)) = self.look(end, self.lex.part_names).filter(|(_, end)| self.is_plural(*end - 1)) {
                return Some((Recurrence::Weekly { days, weeks: 1 }, Some(part), end));
            }
            let plural = self.look(start, self.lex.weekdays_plural).is_some();
            let listed = spanish
                && article.is_none()
                && count > 1
                && at.checked_sub(1).and_then(|at| self.word(at)) != Some("el");
            if plural || spanish && article.is_some() || listed {
                if let Some(end) = self.any(end, self.lex.other) {
                    return Some((Recurrence::Weekly { days, weeks: 2 }, None, end));
                }
                return Some((Recurrence::Weekly { days, weeks: 1 }, None, end));
            }
        }
        if !spanish {
            // "on alternate Mondays".
            let end = self.any(start, "alternate|alternating")?;
            if let Some((unit, end)) = self.unit(end) {
                return Some((Recurrence::Every(self.units(unit, 2)?), None, end));
            }
            let (days, _, end) = self.weekday_list(end)?;
            return Some((Recurrence::Weekly { days, weeks: 2 }, None, end));
        }
        if let Some(end) = self.any(start, "dias alternos") {
            return Some((Recurrence::Every(Length { days: 2, ..Length::default() }), None, end));
        }
        article?;
        if let Some((Day::Nth { nths, days, month: Month::Unsaid | Month::Of(_) }, end)) = self.nth_weekday(at) {
            return Some((Recurrence::Dated(Day::Nth { nths, days, month: Month::Of(Which::Every) }), None, end));
        }
        let (day, end) = self.each_dated(start).or_else(|| self.each_dated(at))?;
        // «los 5» alone is a number of things.
        let said = matches!(self.word(start), Some("dias")) || self.of_month_said(&day);
        said.then_some((Recurrence::Dated(day), None, end))
    }

    fn is_plural(&self, at: usize) -> bool {
        self.lex.language == Language::English && self.word(at).is_some_and(|word| word.ends_with('s'))
    }

    fn of_month_said(&self, day: &Day) -> bool {
        matches!(day, Day::Numbered { month: Month::Named(_), .. }) || self.text.to_lowercase().contains("mes")
    }

    /// «entre semana» and "weekdays" say by themselves that they come again; «día» and "day" do not.
    fn is_plural_group(&self, at: usize, end: usize, has_article: bool) -> bool {
        let last = self.word(end - 1).unwrap_or_default();
        match self.lex.language {
            Language::English => last.ends_with('s') && last != "days",
            Language::Spanish => {
                let several = matches!(last, "laborables" | "laborales" | "habiles" | "findes" | "trabajo" | "diario")
                    || self.word(end.wrapping_sub(3)) == Some("fines");
                let by_itself =
                    last == "entresemana" || last == "semana" && self.word(end.wrapping_sub(2)) == Some("entre");
                several && (has_article || last == "laborables") || by_itself && end > at
            }
        }
    }

    /// «de lunes a viernes», "Monday through Friday", "Mon-Fri".
    fn range_of_days(&self, at: usize) -> Option<Found> {
        let start = self.skip(at, "de|from|on|los|desde el|desde");
        let (from, end) = self.look(start, self.lex.weekdays)?;
        let end = self.any(end, "a|al|hasta el|hasta|to|through|thru|until|till|-|–")?;
        let (to, end) = self.look(end, self.lex.weekdays)?;
        let first = from.to_monday_zero_offset();
        let last = to.to_monday_zero_offset();
        let last = if last < first { last + 7 } else { last };
        let days = (first..=last).filter_map(|n| jiff::civil::Weekday::from_monday_zero_offset(n % 7).ok());
        Some((Recurrence::Weekly { days: Weekdays::new(days)?, weeks: 1 }, None, end))
    }

    /// «un lunes sí y otro no», «un día sí y otro no», «día por medio».
    fn one_yes_one_no(&self, at: usize) -> Option<Found> {
        let start = self.skip(at, "un|una");
        let days = self.weekday_list(start);
        let unit = self.unit(start);
        let end = days.as_ref().map(|(_, _, end)| *end).or_else(|| unit.map(|(_, end)| end))?;
        let end = self.any(
            end,
            "si y otro no|si y uno no|si y otra no|si y una no|si otro no|si otra no|por medio|de por medio",
        )?;
        if let Some((days, _, _)) = days {
            return Some((Recurrence::Weekly { days, weeks: 2 }, None, end));
        }
        Some((Recurrence::Every(self.units(unit?.0, 2)?), None, end))
    }

    fn in_months(&self, at: usize) -> Option<Found> {
        let start = self.skip(at, "cada|todos los|every");
        let (Day::Numbered { days, month: Month::Named(first), year: None, .. }, mut end) = self.numbered_day(start)?
        else {
            return None;
        };
        let mut months = vec![first];
        loop {
            let next = self.skip(self.skip(end, ","), self.lex.and);
            let Some((month, after)) = self.look(self.skip(next, "de|of"), self.lex.months).filter(|_| next > end)
            else {
                break;
            };
            months.push(month);
            end = after;
        }
        (months.len() > 1).then_some((Recurrence::InMonths { days, months }, None, end))
    }

    /// A day with «de cada mes» or "of every month" behind it.
    fn dated(&self, at: usize) -> Option<Found> {
        let (day, end) = self.day(at)?;
        let every = matches!(
            day,
            Day::Numbered { month: Month::Of(Which::Every), .. }
                | Day::Nth { month: Month::Of(Which::Every), .. }
                | Day::Edge { of: EdgeOf::Month(Month::Of(Which::Every)) | EdgeOf::Year(Which::Every), .. }
        );
        every.then_some((Recurrence::Dated(day), None, end))
    }

    /// «dos veces al día», "once a week".
    fn often(&self, at: usize) -> Option<Found> {
        let counted = || {
            let (count, end) = self.number(at, Articles::Count)?;
            Some((count, self.any(end, self.lex.times)?))
        };
        let (count, end) = self.look(at, self.lex.once_twice).or_else(counted)?;
        let (unit, end) = self.look(end, self.lex.per)?;
        if count == 1 {
            return Some((Recurrence::Every(self.units(unit, 1)?), None, end));
        }
        Some((Recurrence::Often { count, unit }, None, end))
    }
}
