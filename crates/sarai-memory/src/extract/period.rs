//! Since when and until when something holds, by the words of a clause.

use crate::grammar::Scan;
use crate::time::{Date, Direction, PartialDate, cardinal, date};

/// Since when and until when a clause holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Period {
    pub(super) from: Option<PartialDate>,
    pub(super) to: Option<PartialDate>,
    /// A date without «desde» or «hasta»: when something happened or will.
    pub(super) at: Option<PartialDate>,
}

/// The period that the words of a clause name.
pub(super) fn period(scan: &Scan<'_>, first: usize, last: usize, future: bool) -> Period {
    let mut period = Period::default();
    let lens = |direction| scan.pointing(direction);
    let past = lens(Direction::Past);
    let ahead = lens(Direction::Future);
    let mut at = first;
    while at < last {
        let word = scan.word(at);
        // «De 2010 a 2015 y desde 2016 …» begins another thought.
        let told = period.from.is_some() || period.to.is_some();
        if period.from.is_some() && matches!(word, "desde" | "since")
            || told && matches!(word, "then" | "luego" | "despues")
        {
            break;
        }
        let end = match word {
            "desde" | "since" => span_start(scan, at + 1, past).map(|(date, end)| (period.from = Some(date), end).1),
            "hasta" | "until" | "till" => {
                let lookup = if future { ahead } else { past };
                date(scan.tokens, at + 1, lookup).map(|(when, end)| (period.to = Some(when.resolve(lookup)), end).1)
            }
            "from" | "de" | "entre" | "between" => range(scan, at, past).map(|(from, to, end)| {
                (period.from, period.to) = (Some(from), Some(to));
                end
            }),
            "llevo" | "lleva" | "llevamos" | "llevan" | "for" => {
                duration(scan, at + 1).map(|(date, end)| (period.from = Some(date), end).1)
            }
            "hace" => duration(scan, at + 1)
                .filter(|(_, end)| scan.word(*end) == "que")
                .map(|(date, end)| (period.from = Some(date), end).1),
            _ => None,
        };
        let lookup = if future { ahead } else { past };
        let end = end.or_else(|| {
            date(scan.tokens, at, lookup)
                .map(|(when, end)| (period.at = period.at.or_else(|| Some(when.resolve(lookup))), end).1)
        });
        at = end.unwrap_or(at + 1).max(at + 1);
    }
    period
}

/// «Desde 2019», «desde hace tres años», "since May".
fn span_start(scan: &Scan<'_>, at: usize, lookup: crate::time::Lookup) -> Option<(PartialDate, usize)> {
    date(scan.tokens, at, lookup).map(|(when, end)| (when.resolve(lookup), end))
}

/// «De 2010 a 2015», "from 2010 to 2015".
fn range(scan: &Scan<'_>, at: usize, lookup: crate::time::Lookup) -> Option<(PartialDate, PartialDate, usize)> {
    let (from, middle) = date(scan.tokens, at + 1, lookup)?;
    if !scan.is_any(middle, &["a", "hasta", "to", "until", "y", "and", "-", "–"]) {
        return None;
    }
    let (to, end) = date(scan.tokens, middle + 1, lookup)?;
    Some((from.resolve(lookup), to.resolve(lookup), end))
}

/// "(For) three years", «(llevo) tres años»: since when that is.
fn duration(scan: &Scan<'_>, at: usize) -> Option<(PartialDate, usize)> {
    let (count, end) = cardinal(scan.tokens, at)?;
    let today = scan.lookup.today;
    let count = i32::try_from(count).ok()?;
    let date = match scan.word(end) {
        "ano" | "anos" | "year" | "years" => PartialDate::Year(today.year() - count),
        "mes" | "meses" | "month" | "months" => month_before(today, count),
        "semana" | "semanas" | "week" | "weeks" => PartialDate::Day(today.plus_days(-7 * i64::from(count))),
        "dia" | "dias" | "day" | "days" => PartialDate::Day(today.plus_days(-i64::from(count))),
        _ => return None,
    };
    Some((date, end + 1))
}

fn month_before(today: Date, months: i32) -> PartialDate {
    let index = today.year() * 12 + i32::from(today.month()) - 1 - months;
    PartialDate::Month(index.div_euclid(12), u8::try_from(index.rem_euclid(12) + 1).unwrap_or(1))
}
