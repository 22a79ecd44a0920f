//! Pieces to times: what was said about when becomes the schedules of a rule.

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp};
use sarai_types::{Language, Notice};

use super::clock::{Clock, DEFAULT_HOUR, Meaning, Meant, Shift, part_hours};
use super::day::{Day, EdgeOf, Month};
use super::lexicon::{Beyond, Edge, Half, Part, Unit, Which};
use super::picks::Picks;
use super::piece::{Bound, Piece};
use super::plan::Plan;
use super::reader::Length;
use super::recur::Recurrence;
use crate::rule::Weekdays;
use crate::time::{Schedule, Times, TimesError, Zone};

/// Why words are no times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no such time.
    Impossible(Notice),
    /// The words make sense, and SARAi cannot do it.
    Beyond(Notice),
}

/// All that was said about when, sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct When {
    pub(crate) clocks: Vec<Clock>,
    pub(crate) part: Option<Part>,
    /// Further ones: «cada mañana y cada noche».
    pub(crate) other_parts: Vec<Part>,
    pub(crate) today_part: Option<Part>,
    pub(crate) days: Vec<Day>,
    pub(crate) recurrences: Vec<Recurrence>,
    pub(crate) within: Option<Length>,
    pub(crate) window: Option<(Clock, Clock)>,
    pub(crate) from: Option<Bound>,
    pub(crate) until: Option<Bound>,
    /// The month that it keeps to.
    pub(crate) month: Option<i8>,
    pub(crate) during: Option<Length>,
    pub(crate) count: Option<u32>,
    pub(crate) zone: Option<Result<Zone, String>>,
    pub(crate) except: Option<Weekdays>,
    /// So long before the time that was said.
    pub(crate) ahead: Option<Length>,
    pub(crate) beyond: Option<Beyond>,
    /// The only time was that of a reason or a deadline.
    pub(crate) is_guess: bool,
    /// One of several: «el lunes o el martes».
    pub(crate) either: bool,
    /// Other days with hours of their own: «el martes a las 9 y el jueves a las 12».
    pub(crate) also: Vec<Self>,
    /// The day of something else that was said, which may be meant: "the plumber comes tomorrow, so remind me at nine".
    pub(crate) other_day: Option<Day>,
    /// From what is to be done: «cenar».
    pub(crate) hint: Option<Half>,
}

impl When {
    pub(crate) fn add(&mut self, piece: Piece) {
        match piece {
            Piece::Clocks(clocks) => self.clocks.extend(clocks),
            Piece::Part(part) => self.add_part(Some(part)),
            Piece::PartToday(part) => self.today_part = Some(part),
            Piece::Day(day) => self.days.push(day),
            Piece::Recurs(recurrence, part) => {
                self.recurrences.push(recurrence);
                self.add_part(part);
            }
            Piece::In(length) => self.within = Some(length),
            Piece::Window(from, to) => self.window = Some((from, to)),
            Piece::From(bound) => self.from = Some(bound),
            Piece::Until(bound) => self.until = Some(bound),
            Piece::InMonth(month) => self.month = Some(month),
            Piece::Span(from, until) => {
                self.from = Some(Bound { day: Some(from), clock: None });
                self.until = Some(Bound { day: Some(until), clock: None });
            }
            Piece::During(length) => self.during = Some(length),
            Piece::Count(count) => self.count = Some(count),
            Piece::Zone(zone) => self.zone = Some(zone),
            Piece::Except(days) => self.except = Some(days.and(self.except.unwrap_or(days))),
            Piece::ThatDay(part) => self.part = part.or(self.part),
            Piece::Ahead(length, part) => {
                self.ahead = Some(length);
                self.part = part.or(self.part);
            }
            Piece::Beyond(beyond) => self.beyond = Some(beyond),
        }
    }

    fn add_part(&mut self, part: Option<Part>) {
        match self.part {
            None => self.part = part,
            Some(first) => self.other_parts.extend(part.filter(|part| *part != first)),
        }
    }

    /// Puts together what was read in several pieces.
    pub(crate) fn settle(&mut self) {
        // "next month on the 2nd".
        if let [Day::Month(which), Day::Numbered { month: month @ Month::Unsaid, .. }] = &mut self.days[..] {
            *month = Month::Of(*which);
            self.days.remove(0);
        }
        // "every 8 hours from 6 tomorrow": the series begins there.
        let by_hours = self
            .recurrences
            .iter()
            .any(|recurrence| matches!(recurrence, Recurrence::Every(length) if length.is_exact()));
        if by_hours {
            if let ([Day::Relative(_)], None) = (&self.days[..], &self.from) {
                let bound = Bound { day: self.days.pop(), clock: None };
                (self.from, self.until) = (Some(bound.clone()), self.until.take().or(Some(bound)));
            }
            if let Some(part) = self.today_part.take() {
                let today = Bound { day: Some(Day::Relative(0)), clock: None };
                (self.until, self.part) = (Some(today), Some(part));
            }
            if let ([_], Some(Bound { day: day @ None, clock: Some(_) })) = (&self.days[..], &mut self.from) {
                *day = self.days.pop();
            }
            return;
        }
        // "every day this week".
        if let ([Day::OfWeek { day: None, which }], false) = (&self.days[..], self.recurrences.is_empty()) {
            let of = |day| Some(Bound { day: Some(Day::OfWeek { day: Some(day), which: *which }), clock: None });
            let next = *which == Which::Next;
            self.until = of(jiff::civil::Weekday::Sunday);
            self.from = if next { of(jiff::civil::Weekday::Monday) } else { None };
            self.days.clear();
        }
        // "on Monday for a week".
        let lasts = self.during.is_some_and(|length| length.days > 1 || length.months > 0);
        if lasts && self.recurrences.is_empty() && self.days.len() == 1 && self.from.is_none() {
            self.from = Some(Bound { day: self.days.pop(), clock: None });
        }
        // "every ten days starting Sunday at 10", "every day until Christmas at 5pm": the hour is that of each day.
        let has_time = !self.clocks.is_empty() || self.window.is_some();
        let mut bounds = self.from.iter_mut().chain(self.until.iter_mut()).filter(|bound| bound.day.is_some());
        if let Some(bound) = bounds.find(|bound| bound.clock.is_some() && !has_time) {
            self.clocks.extend(bound.clock.take());
        }
        // «al amanecer, a las 6:40».
        if self.beyond == Some(Beyond::Sun) && !self.clocks.is_empty() {
            self.beyond = None;
        }
        // "the match is starting at 1:30, remind me an hour before".
        if self.ahead.is_some() && self.clocks.is_empty() {
            self.clocks.extend(self.from.take().and_then(|bound| bound.clock));
        }
    }

    /// Whether anything says when it begins.
    pub(crate) fn is_anchored(&self) -> bool {
        !self.clocks.is_empty()
            || self.part.is_some()
            || self.today_part.is_some()
            || !self.days.is_empty()
            || !self.recurrences.is_empty()
            || self.within.is_some()
            || self.from.is_some()
    }
}

/// Where and when the words were said.
#[derive(Debug)]
pub(crate) struct Builder<'a> {
    pub(crate) when: &'a When,
    pub(crate) now: Timestamp,
    pub(crate) zone: Zone,
    pub(crate) language: Language,
    pub(crate) picks: &'a mut Picks,
    /// So many seconds before the times of day that come again.
    pub(crate) earlier_s: u32,
}

pub(crate) fn impossible<T>(notice: Notice) -> Result<T, Refusal> {
    Err(Refusal::Impossible(notice))
}

pub(super) fn past<T>() -> Result<T, Refusal> {
    impossible(Notice::new("rules-past"))
}

impl Builder<'_> {
    pub(super) fn wall(&self) -> DateTime {
        self.zone.wall(self.now)
    }

    pub(super) fn today(&self) -> Date {
        self.wall().date()
    }

    pub(super) fn is_ahead(&self, at: DateTime) -> bool {
        self.zone.moment(at).is_some_and(|at| at > self.now)
    }

    /// The times that the words mean along this path.
    pub(crate) fn build(&mut self) -> Result<Times, Refusal> {
        if let Some(zone) = &self.when.zone {
            match zone {
                Ok(zone) => self.zone = zone.clone(),
                Err(name) => return impossible(Notice::new("rules-zone-unknown").arg("zone", name)),
            }
        }
        if let Some(beyond) = self.when.beyond {
            return Err(Refusal::Beyond(beyond_notice(beyond)));
        }
        if self.when.is_guess {
            self.picks.guess(|| Notice::new("rules-which-deadline"));
        }
        let from = self.from()?;
        let until = self.until(from)?;
        let mut schedules = self.schedules(from)?;
        for also in &self.when.also {
            let mut other = Builder {
                when: also,
                now: self.now,
                zone: self.zone.clone(),
                language: self.language,
                picks: self.picks,
                earlier_s: 0,
            };
            schedules.extend(other.schedules(from)?);
        }
        schedules.dedup();
        if self.when.either && schedules.len() > 1 {
            let pick = self.picks.choose(schedules.len(), || Notice::new("rules-which-one"));
            schedules = vec![schedules.swap_remove(pick)];
        }
        let times = Times::new(schedules, self.zone.clone(), from, until).map_err(|e| self.refusal(&e))?;
        let Some(first) = times.next(self.now) else { return past() };
        let Some(count) = self.when.count else { return Ok(times) };
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let last = times.upcoming(self.now, count).last().copied().unwrap_or(first);
        Times::new(times.schedules().to_vec(), self.zone.clone(), from, Some(last)).map_err(|e| self.refusal(&e))
    }

    fn schedules(&mut self, from: Option<Timestamp>) -> Result<Vec<Schedule>, Refusal> {
        let mut plan = self.plan()?;
        if let Some(length) = self.when.ahead {
            plan = plan.ahead(length).ok_or_else(|| Refusal::Beyond(beyond_notice(Beyond::Before)))?;
            self.earlier_s = if matches!(plan, Plan::Once) { 0 } else { length.seconds };
        }
        let mut schedules = match &plan {
            Plan::Once => self.once()?,
            Plan::Weekly { days, weeks } => self.weekly(*days, *weeks, from)?,
            Plan::Interval(length) => self.interval(*length, from)?,
            Plan::Dated { days, months } => self.dated(days, *months, from)?,
        };
        if let (Plan::Once, Some(length)) = (plan, self.when.ahead) {
            schedules = self.earlier(schedules, length)?;
        }
        Ok(schedules)
    }

    /// What happens once, so long before.
    fn earlier(&self, schedules: Vec<Schedule>, length: Length) -> Result<Vec<Schedule>, Refusal> {
        let span = jiff::Span::new().try_months(length.months).and_then(|span| span.try_days(length.days));
        let span = span
            .and_then(|span| span.try_seconds(length.seconds))
            .map_err(|_| Refusal::Impossible(Notice::new("rules-past")))?;
        let moments = schedules.into_iter().filter_map(|schedule| match schedule {
            Schedule::Once(at) => at.checked_sub(span).ok().filter(|at| self.is_ahead(*at)),
            Schedule::Cron(_) | Schedule::Every(_) => None,
        });
        let moments: Vec<Schedule> = moments.map(Schedule::Once).collect();
        if moments.is_empty() { past() } else { Ok(moments) }
    }

    fn refusal(&self, error: &TimesError) -> Refusal {
        Refusal::Impossible(match error {
            TimesError::Window | TimesError::Never => Notice::new("rules-window-empty"),
            TimesError::Count(_) => Notice::new("rules-too-uneven"),
            TimesError::Cron(_) | TimesError::Interval(_) | TimesError::Moment(_) => Notice::new("rules-no-such-date"),
        })
    }

    /// The half of the day that the words around a clock time say.
    fn half(&self) -> Option<Half> {
        self.when.today_part.or(self.when.part).map(Half::Of).or(self.when.hint)
    }

    /// The times of day that were said, or those that stand for what was said.
    pub(super) fn times(&mut self) -> Result<Vec<Meant>, Refusal> {
        let times = self.times_said()?;
        let earlier = times.into_iter().map(|meant| {
            let time = meant.time.checked_sub(SignedDuration::from_secs(i64::from(self.earlier_s))).ok()?;
            Some(Meant { time, ..meant })
        });
        let earlier: Option<Vec<Meant>> = earlier.collect();
        earlier.ok_or_else(|| Refusal::Beyond(beyond_notice(Beyond::Before)))
    }

    fn times_said(&mut self) -> Result<Vec<Meant>, Refusal> {
        let half = self.half();
        let clocks: Vec<Clock> =
            self.when.clocks.iter().map(|clock| half.map_or(*clock, |half| clock.with_half(half))).collect();
        if !clocks.is_empty() {
            return clocks.into_iter().map(|clock| self.meant(clock)).collect();
        }
        let at = |hour: i8| {
            Time::new(hour, 0, 0, 0).map_or_else(|_| past(), |time| Ok(vec![Meant { time, day: Shift::SameDay }]))
        };
        if let Some((from, _)) = self.when.window {
            return Ok(vec![self.meant(from)?]);
        }
        match (self.when.today_part.or(self.when.part), &self.when.recurrences[..]) {
            (Some(Part::Midnight), _) => Ok(vec![self.meant(Clock::named(Part::Midnight))?]),
            (Some(part), _) => {
                let mut times = at(part_hours(part, self.language).2)?;
                for part in &self.when.other_parts {
                    times.extend(at(part_hours(*part, self.language).2)?);
                }
                Ok(times)
            }
            (None, [Recurrence::Often { count, unit: Unit::Days(1) }]) => self.spread(*count),
            (None, _) => at(DEFAULT_HOUR),
        }
    }

    /// So many times between 9 in the morning and 9 in the evening.
    fn spread(&mut self, count: u32) -> Result<Vec<Meant>, Refusal> {
        if !(2..=12).contains(&count) {
            return Err(Refusal::Beyond(Notice::new("rules-how-often")));
        }
        self.picks.guess(|| Notice::new("rules-which-times"));
        let hour = |n: u32| i8::try_from(9 + 12 * n / (count - 1)).ok();
        let times = (0..count).filter_map(|n| Time::new(hour(n)?, 0, 0, 0).ok());
        Ok(times.map(|time| Meant { time, day: Shift::SameDay }).collect())
    }

    /// The time of day that a clock time is.
    pub(super) fn meant(&mut self, clock: Clock) -> Result<Meant, Refusal> {
        match clock.meaning() {
            Meaning::One(meant) => Ok(meant),
            Meaning::None => impossible(Notice::new("rules-no-such-time").arg("time", shown_clock(clock))),
        }
    }

    /// Once: on the days that were said, or the next time that the clock shows it.
    fn once(&mut self) -> Result<Vec<Schedule>, Refusal> {
        if let Some(length) = self.when.within {
            return self.within(length);
        }
        let other = self.when.other_day.clone().filter(|_| self.when.days.is_empty());
        let other = other.filter(|_| self.picks.choose(2, || Notice::new("rules-which-day")) == 0);
        if self.when.days.is_empty() && self.when.today_part.is_none() && other.is_none() {
            return self.next_by_the_clock();
        }
        let mut moments = Vec::new();
        let mut days = self.when.days.clone();
        days.extend(other);
        if days.is_empty() {
            days.push(Day::Relative(0));
        }
        for day in days {
            let of_today = day == Day::Relative(0);
            let times = if of_today { self.times_of_today()? } else { self.times()? };
            for date in self.dates(&day, &times)? {
                // «el lunes», said on a Monday at noon, is later today if it is today.
                let later = !of_today && date == self.today() && self.when.clocks.is_empty();
                let times = if later { self.times_of_today()? } else { times.clone() };
                for meant in times {
                    moments.push(self.on(date, meant, of_today)?);
                }
            }
        }
        let ahead: Vec<DateTime> = moments.into_iter().filter(|at| self.is_ahead(*at)).collect();
        if ahead.is_empty() { past() } else { Ok(ahead.into_iter().map(Schedule::Once).collect()) }
    }

    /// A time of day on a date. Midnight of a named day may be either of its ends.
    fn on(&mut self, date: Date, meant: Meant, of_today: bool) -> Result<DateTime, Refusal> {
        let shift = match meant.day {
            Shift::SameDay => 0,
            Shift::NextDay if of_today => 1,
            Shift::NextDay => self.picks.choose(2, || Notice::new("rules-which-midnight")),
        };
        let date = if shift == 0 { Ok(date) } else { date.tomorrow() };
        date.map_or_else(|_| past(), |date| Ok(date.to_datetime(meant.time)))
    }

    /// Today without a clock time is later today.
    fn times_of_today(&mut self) -> Result<Vec<Meant>, Refusal> {
        if !self.when.clocks.is_empty() {
            return self.clocks_of_today();
        }
        let part = self.when.today_part.or(self.when.part);
        let (_, end, default) = part.map_or((0, 24, DEFAULT_HOUR), |part| part_hours(part, self.language));
        if part == Some(Part::Midnight) {
            return self.times();
        }
        let now = self.wall();
        let evening = [17, 21];
        let candidates = std::iter::once(default).chain(evening.into_iter().filter(|_| part.is_none()));
        let soon = (now.hour() + 1..end).take(1);
        let ahead = |hour: &i8| Time::new(*hour, 0, 0, 0).is_ok_and(|time| self.is_ahead(now.date().to_datetime(time)));
        let hour = candidates.chain(soon).find(ahead);
        match hour.and_then(|hour| Time::new(hour, 0, 0, 0).ok()) {
            Some(time) => Ok(vec![Meant { time, day: Shift::SameDay }]),
            // «esta madrugada», said in the evening, is the one to come.
            None if part == Some(Part::EarlyMorning) => {
                let time = Time::new(default, 0, 0, 0).map_err(|_| Refusal::Impossible(Notice::new("rules-past")))?;
                Ok(vec![Meant { time, day: Shift::NextDay }])
            }
            None => past(),
        }
    }

    /// An open clock time of today is the one of both that is still to come.
    fn clocks_of_today(&mut self) -> Result<Vec<Meant>, Refusal> {
        let half = self.half();
        let today = self.today();
        let mut times = Vec::new();
        for clock in self.when.clocks.clone() {
            let clock = half.map_or(clock, |half| clock.with_half(half));
            let mut ahead: Vec<Meant> = Vec::new();
            if clock.is_open() {
                ahead.extend(clock.readings().into_iter().filter(|meant| self.is_ahead(today.to_datetime(meant.time))));
            }
            let meant = match ahead.first() {
                Some(first) => *first,
                None => self.meant(clock)?,
            };
            // «esta noche a las 0:30» is past midnight.
            let late = self.when.today_part == Some(Part::Night) && meant.time.hour() < 6;
            times.push(Meant { day: if late { Shift::NextDay } else { meant.day }, ..meant });
        }
        Ok(times)
    }

    /// Without a day: the next time that the clock shows it.
    fn next_by_the_clock(&mut self) -> Result<Vec<Schedule>, Refusal> {
        let half = self.half();
        let clocks = self.when.clocks.clone();
        let today = self.today();
        let tomorrow = today.tomorrow().unwrap_or(today);
        let mut moments = Vec::new();
        if clocks.is_empty() {
            let times = self.times()?;
            for meant in times {
                moments.push(self.next_of(&[meant], today, tomorrow));
            }
        }
        for clock in clocks {
            let clock = half.map_or(clock, |half| clock.with_half(half));
            let readings = if clock.is_open() { clock.readings() } else { vec![self.meant(clock)?] };
            let readings = if readings.is_empty() { vec![self.meant(clock)?] } else { readings };
            moments.push(self.next_of(&readings, today, tomorrow));
        }
        let moments: Option<Vec<DateTime>> = moments.into_iter().collect();
        moments.map_or_else(past, |moments| Ok(moments.into_iter().map(Schedule::Once).collect()))
    }

    fn next_of(&self, readings: &[Meant], today: Date, tomorrow: Date) -> Option<DateTime> {
        let dates = [today, tomorrow].into_iter().flat_map(|date| readings.iter().map(move |meant| (date, *meant)));
        dates.map(|(date, meant)| date.to_datetime(meant.time)).filter(|at| self.is_ahead(*at)).min()
    }

    fn within(&mut self, length: Length) -> Result<Vec<Schedule>, Refusal> {
        let exact = SignedDuration::from_secs(i64::from(length.seconds));
        let at = self.now.checked_add(exact).ok().map(|at| self.zone.wall(at));
        let Some(wall) = at.and_then(|wall| add(wall, length)) else { return past() };
        if length.is_exact() || self.when.clocks.is_empty() && self.when.part.is_none() {
            return Ok(vec![Schedule::Once(wall)]);
        }
        let times = self.times()?;
        let mut schedules = Vec::new();
        for meant in times {
            schedules.push(Schedule::Once(self.on(wall.date(), meant, false)?));
        }
        Ok(schedules)
    }

    fn from(&mut self) -> Result<Option<Timestamp>, Refusal> {
        if let Some(month) = self.when.month.filter(|month| *month != self.today().month()) {
            let first = Day::Numbered { days: vec![1], month: Month::Named(month), year: None, weekday: None };
            let first = self.first_date(&first)?;
            return Ok(self.zone.moment(first.to_datetime(Time::midnight())));
        }
        let Some(bound) = self.when.from.clone() else { return Ok(None) };
        let date = match &bound.day {
            Some(day) => self.first_date(day)?,
            None => self.today(),
        };
        let half = self.half();
        let time = match bound.clock {
            Some(clock) => self.meant(half.map_or(clock, |half| clock.with_half(half)))?.time,
            None => Time::midnight(),
        };
        Ok(self.zone.moment(date.to_datetime(time)))
    }

    fn until(&mut self, from: Option<Timestamp>) -> Result<Option<Timestamp>, Refusal> {
        if let Some(length) = self.when.during {
            let start = from.unwrap_or(self.now);
            let exact = SignedDuration::from_secs(i64::from(length.seconds));
            let end = start.checked_add(exact).ok().and_then(|at| add(self.zone.wall(at), length));
            return Ok(end.and_then(|end| self.zone.moment(end)));
        }
        if let Some(month) = self.when.month {
            let last = Day::Edge { edge: Edge::End, of: EdgeOf::Month(Month::Named(month)) };
            let last = self.first_date(&last)?;
            return Ok(self.zone.moment(last.to_datetime(jiff::civil::time(23, 59, 59, 0))));
        }
        let Some(bound) = self.when.until.clone() else { return Ok(None) };
        let end = match (&bound.day, bound.clock) {
            (Some(day), clock) => {
                let date = self.first_date(day)?;
                let time = match clock {
                    Some(clock) => self.meant(clock)?.time,
                    None => jiff::civil::time(23, 59, 59, 0),
                };
                date.to_datetime(time)
            }
            (None, Some(clock)) => {
                let (today, meant) = (self.today(), clock.readings());
                let readings = if clock.is_open() && !meant.is_empty() { meant } else { vec![self.meant(clock)?] };
                let tomorrow = today.tomorrow().unwrap_or(today);
                match self.next_of(&readings, today, tomorrow) {
                    Some(end) => end,
                    None => return past(),
                }
            }
            (None, None) => return Ok(None),
        };
        match self.zone.moment(end).filter(|end| *end > self.now) {
            Some(end) => Ok(Some(end)),
            None => past(),
        }
    }

    fn first_date(&mut self, day: &Day) -> Result<Date, Refusal> {
        let noon = Meant { time: jiff::civil::time(23, 59, 59, 0), day: Shift::SameDay };
        self.dates(day, &[noon])?.into_iter().min().map_or_else(past, Ok)
    }
}

/// Months and days later; the rest is added before.
pub(super) fn add(wall: DateTime, length: Length) -> Option<DateTime> {
    let span = jiff::Span::new().try_months(length.months).ok()?.try_days(length.days).ok()?;
    wall.checked_add(span).ok()
}

fn shown_clock(clock: Clock) -> String {
    format!("{}:{:02}", clock.hour, clock.minute)
}

pub(super) fn beyond_notice(beyond: Beyond) -> Notice {
    match beyond {
        Beyond::Holidays => Notice::new("rules-beyond-holidays"),
        Beyond::Sun => Notice::new("rules-beyond-sun"),
        Beyond::Weather => Notice::new("rules-beyond-weather"),
        Beyond::Place => Notice::new("rules-beyond-place"),
        Beyond::Message => Notice::new("rules-beyond-message"),
        Beyond::Before => Notice::new("rules-beyond-before"),
        Beyond::SingleDays => Notice::new("rules-beyond-single-days"),
    }
}
