//! What was said about recurring, in one form: «cada dos semanas» with «los lunes», «cada mes» with «el día 5».

use sarai_types::{Language, Notice};

use super::build::{Builder, Refusal, past};
use super::day::{Day, EdgeOf, Month};
use super::lexicon::{Edge, Unit, Which};
use super::reader::Length;
use super::recur::Recurrence;
use crate::rule::Weekdays;

/// What recurs, in one form.
pub(super) enum Plan {
    Once,
    Weekly { days: Weekdays, weeks: u32 },
    Interval(Length),
    Dated { days: Vec<Day>, months: u32 },
}

impl Plan {
    /// The same plan so many days earlier; none if nothing says which days those are. Hours are taken from its times.
    pub(super) fn ahead(self, length: Length) -> Option<Self> {
        let days = length.days;
        match self {
            _ if length.months > 0 => None,
            Self::Once => Some(self),
            // What comes every so many minutes has no time of day to be earlier than.
            Self::Interval(every) if every.is_exact() => None,
            _ if days == 0 => Some(self),
            Self::Weekly { days: on, weeks } => {
                let back = |day: jiff::civil::Weekday| day.wrapping_sub(i64::from(days));
                Some(Self::Weekly { days: Weekdays::new(on.days().map(back))?, weeks })
            }
            Self::Dated { days: dated, months } => {
                let earlier = dated.into_iter().map(|day| day.days_earlier(days));
                Some(Self::Dated { days: earlier.collect::<Option<_>>()?, months })
            }
            Self::Interval(_) => None,
        }
    }
}

impl Builder<'_> {
    /// Merges what was said about recurring: «cada dos semanas» with «los lunes», «cada mes» with «el día 5».
    pub(super) fn plan(&mut self) -> Result<Plan, Refusal> {
        let mut plan = Plan::Once;
        for recurrence in self.when.recurrences.clone() {
            let next = self.one_plan(recurrence)?;
            plan = match (plan, next) {
                (Plan::Once, next) => next,
                (Plan::Interval(length), Plan::Weekly { days, weeks: 1 })
                | (Plan::Weekly { days, weeks: 1 }, Plan::Interval(length))
                    if length.seconds == 0 && length.months == 0 =>
                {
                    // «cada semana, los lunes»; «todos los días laborables, cada día».
                    Plan::Weekly { days, weeks: (length.days / 7).max(1) }
                }
                (Plan::Interval(length), Plan::Weekly { .. }) | (Plan::Weekly { .. }, Plan::Interval(length))
                    if length.is_exact() =>
                {
                    Plan::Interval(length)
                }
                (Plan::Interval(length), Plan::Dated { days, months: 1 })
                | (Plan::Dated { days, months: 1 }, Plan::Interval(length))
                    if length.months > 0 =>
                {
                    Plan::Dated { days, months: length.months }
                }
                (Plan::Weekly { days: first, weeks }, Plan::Weekly { days, weeks: other }) => {
                    // «todos los días de lunes a viernes» means the fewer; «los lunes y también los jueves» both.
                    let narrower = if first == Weekdays::ALL {
                        days
                    } else if days == Weekdays::ALL {
                        first
                    } else {
                        first.and(days)
                    };
                    Plan::Weekly { days: narrower, weeks: weeks.max(other) }
                }
                (Plan::Dated { days: mut first, months }, Plan::Dated { days, .. }) => {
                    first.extend(days);
                    Plan::Dated { days: first, months }
                }
                (_, next) => next,
            };
        }
        let days = &self.when.days;
        if days.is_empty() {
            if let (Plan::Once, Some(_)) = (&plan, &self.when.other_day) {
                return Ok(Plan::Once);
            }
            let daily = matches!(plan, Plan::Once) && self.when.within.is_none() && self.lasts_for_days();
            return Ok(if daily { Plan::Weekly { days: Weekdays::ALL, weeks: 1 } } else { plan });
        }
        Ok(match plan {
            Plan::Interval(length) if length.months > 0 => Plan::Dated { days: days.clone(), months: length.months },
            Plan::Interval(length) if length.days > 0 && length.days.is_multiple_of(7) => match days[..] {
                [Day::Weekday { days, .. }] => Plan::Weekly { days, weeks: length.days / 7 },
                _ => Plan::Interval(length),
            },
            Plan::Once => self.once_or_monthly(days),
            other => other,
        })
    }

    /// «durante dos semanas, a las 9», "at 9 until Friday": each day of them.
    fn lasts_for_days(&self) -> bool {
        let until = self.when.until.as_ref().and_then(|bound| bound.day.as_ref());
        self.when.during.is_some_and(|length| length.days > 1 || length.months > 0)
            || until.is_some_and(|day| *day != Day::Relative(0))
    }

    /// «el último viernes»: once, or each month?
    fn once_or_monthly(&mut self, days: &[Day]) -> Plan {
        // "the first Monday of the month" is said of each.
        let each = |day: &Day| {
            let workday = EdgeOf::Month(Month::Of(Which::Plain));
            matches!(day, Day::Nth { month: Month::Of(Which::Plain), .. })
                || matches!(day, Day::Edge { edge: Edge::FirstWorkday | Edge::LastWorkday, of } if *of == workday)
        };
        if self.language == Language::English && days.iter().all(each) {
            return Plan::Dated { days: days.to_vec(), months: 1 };
        }
        let open =
            days.iter().any(|day| matches!(day, Day::Nth { month: Month::Unsaid | Month::Of(Which::Plain), .. }));
        let pick = if open { self.picks.choose(2, || Notice::new("rules-which-once-or-monthly")) } else { 0 };
        if pick == 0 { Plan::Once } else { Plan::Dated { days: days.to_vec(), months: 1 } }
    }

    fn one_plan(&mut self, recurrence: Recurrence) -> Result<Plan, Refusal> {
        Ok(match recurrence {
            Recurrence::Every(Length { days: 1, months: 0, seconds: 0 }) => {
                Plan::Weekly { days: Weekdays::ALL, weeks: 1 }
            }
            Recurrence::Every(length) => Plan::Interval(length),
            Recurrence::Weekly { days, weeks } => Plan::Weekly { days, weeks },
            Recurrence::InMonths { days, months } => {
                let of =
                    |month| Day::Numbered { days: days.clone(), month: Month::Named(month), year: None, weekday: None };
                Plan::Dated { days: months.into_iter().map(of).collect(), months: 1 }
            }
            Recurrence::Dated(day) => Plan::Dated { days: vec![day], months: 1 },
            Recurrence::EitherNth { number, days } => {
                if self.picks.choose(2, || Notice::new("rules-which-nth-or-weeks").arg("n", number)) == 0 {
                    Plan::Weekly { days, weeks: u32::from(number) }
                } else {
                    let nths = vec![super::lexicon::Nth::Number(number)];
                    Plan::Dated { days: vec![Day::Nth { nths, days, month: Month::Of(Which::Every) }], months: 1 }
                }
            }
            Recurrence::Often { count, unit } => self.often(count, unit)?,
        })
    }

    fn often(&mut self, count: u32, unit: Unit) -> Result<Plan, Refusal> {
        match unit {
            Unit::Seconds(seconds) if count > 0 && seconds / count > 0 => {
                Ok(Plan::Interval(Length { seconds: seconds / count, ..Length::default() }))
            }
            // The times are made in `times`.
            Unit::Days(1) => Ok(Plan::Weekly { days: Weekdays::ALL, weeks: 1 }),
            Unit::Days(7) if (2..=7).contains(&count) => {
                self.picks.guess(|| Notice::new("rules-which-days"));
                let spread = (0..count).filter_map(|n| {
                    jiff::civil::Weekday::from_monday_zero_offset(i8::try_from(n * 7 / count).ok()?).ok()
                });
                Weekdays::new(spread).map_or_else(past, |days| Ok(Plan::Weekly { days, weeks: 1 }))
            }
            Unit::Seconds(_) | Unit::Days(_) | Unit::Months(_) => Err(Refusal::Beyond(Notice::new("rules-how-often"))),
        }
    }
}
