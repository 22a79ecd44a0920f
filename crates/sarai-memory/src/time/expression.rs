//! Dates as people say them: «el 3 de mayo», "last year", «hace dos meses», "next Monday".

use super::{Date, PartialDate, cardinal, number::day_of_month};
use crate::text::{Kind, Token};

/// Which way a date without a year points: «en mayo» of a flat that was rented is behind, of a holiday ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Past,
    Future,
}

/// A date as it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Date(PartialDate),
    /// A day of each year, such as a birthday.
    Annual {
        month: u8,
        day: u8,
    },
    /// A month of some year.
    Month(u8),
}

/// What is needed to understand a date.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lookup {
    pub(crate) today: Date,
    pub(crate) direction: Direction,
    /// 3/5 is the fifth of March to some and the third of May to others.
    pub(crate) month_first: bool,
}

const MONTHS: &[&[&str]] = &[
    &["enero", "january", "jan"],
    &["febrero", "february", "feb"],
    &["marzo", "march", "mar"],
    &["abril", "april", "apr"],
    &["mayo", "may"],
    &["junio", "june", "jun"],
    &["julio", "july", "jul"],
    &["agosto", "august", "aug"],
    &["septiembre", "setiembre", "september", "sept", "sep"],
    &["octubre", "october", "oct"],
    &["noviembre", "november", "nov"],
    &["diciembre", "december", "dec"],
];
/// So far away lies a day that is told by its weekday and number alone.
const NUMBERED_DAYS_MAX: i64 = 200;
const WEEKDAYS: &[&[&str]] = &[
    &["lunes", "monday", "mondays"],
    &["martes", "tuesday", "tuesdays"],
    &["miercoles", "wednesday", "wednesdays"],
    &["jueves", "thursday", "thursdays"],
    &["viernes", "friday", "fridays"],
    &["sabado", "sabados", "saturday", "saturdays"],
    &["domingo", "domingos", "sunday", "sundays"],
];

fn index(table: &[&[&str]], word: &str) -> Option<u8> {
    table.iter().position(|names| names.contains(&word)).and_then(|i| u8::try_from(i).ok())
}

/// 0 is Monday.
pub(crate) fn weekday(word: &str) -> Option<u8> {
    index(WEEKDAYS, word)
}

fn month(tokens: &[Token], at: usize) -> Option<u8> {
    tokens.get(at).and_then(|token| index(MONTHS, &token.fold)).map(|month| month + 1)
}

fn year(tokens: &[Token], at: usize) -> Option<i32> {
    let token = tokens.get(at).filter(|t| t.kind == Kind::Number && t.fold.len() == 4)?;
    token.fold.parse().ok().filter(|year| (1900..=2100).contains(year))
}

fn word(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| token.fold.as_str())
}

/// A date at this place, and one past its end. Articles and «en», `in`, `on` before it belong to it.
pub(crate) fn date(tokens: &[Token], at: usize, lookup: Lookup) -> Option<(When, usize)> {
    // «El 3 de mayo», «en el año 2019», "in 2019", "on the 3rd of May", «el día 3 de mayo», "back in 2019".
    let mut from = at;
    while from < at + 4
        && (matches!(
            word(tokens, from),
            "el" | "la"
                | "los"
                | "en"
                | "in"
                | "on"
                | "the"
                | "dia"
                | "de"
                | "ano"
                | "year"
                | "mes"
                | "back"
                | "este"
                | "por"
        ) || matches!(word(tokens, from), "to" | "para" | "for" | "a")
            && (weekday(word(tokens, from + 1)).is_some() || weekday(word(tokens, from + 2)).is_some()))
        && relative(tokens, from, lookup).is_none()
    {
        from += 1;
    }
    let prefixed = from > at;
    relative(tokens, from, lookup)
        .or_else(|| figures(tokens, from, lookup))
        .or_else(|| day_and_month(tokens, from))
        .or_else(|| month_and_more(tokens, from))
        .or_else(|| feast(tokens, from))
        .or_else(|| {
            year(tokens, from).filter(|_| prefixed || from == at).map(|y| (When::Date(PartialDate::Year(y)), from + 1))
        })
        .or_else(|| {
            // English needs no preposition: "see you Monday".
            let bare = word(tokens, from).ends_with("day") && tokens.get(from).is_some_and(|token| token.capital);
            on_weekday(tokens, from, lookup).filter(|_| prefixed || bare)
        })
}

/// `3/5/1990`, `03-05-1990`, `1990-05-03`.
fn figures(tokens: &[Token], at: usize, lookup: Lookup) -> Option<(When, usize)> {
    let token = tokens.get(at).filter(|token| token.kind == Kind::Number)?;
    let parts: Vec<i32> = token.fold.split(['/', '-', '.']).map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let slash = token.fold.contains('/');
    let narrow = |value: i32| u8::try_from(value).ok();
    let (a, b, rest) = match &parts[..] {
        [a, b, rest @ ..] => (*a, *b, rest),
        _ => return None,
    };
    let (day, month) = if b > 12 || (lookup.month_first && a <= 12) { (b, a) } else { (a, b) };
    match rest {
        [] if slash && (1..=31).contains(&day) && (1..=12).contains(&month) => {
            Some((When::Annual { month: narrow(month)?, day: narrow(day)? }, at + 1))
        }
        [c] if a >= 1000 => Date::new(a, narrow(b)?, narrow(*c)?).map(|d| (When::Date(PartialDate::Day(d)), at + 1)),
        [c] => {
            let century = if *c > lookup.today.year() % 100 { 1900 } else { 2000 };
            let year = if *c < 100 { c + century } else { *c };
            Date::new(year, narrow(month)?, narrow(day)?).map(|d| (When::Date(PartialDate::Day(d)), at + 1))
        }
        _ => None,
    }
}

/// «3 de mayo (de 1990)», `3rd of May`, `3 May 1990`.
fn day_and_month(tokens: &[Token], at: usize) -> Option<(When, usize)> {
    let (day, after) = day_of_month(tokens, at)?;
    let joined = usize::from(matches!(word(tokens, after), "de" | "of"));
    let month = month(tokens, after + joined)?;
    Some(with_year(tokens, after + joined + 1, month, day))
}

fn with_year(tokens: &[Token], at: usize, month: u8, day: u8) -> (When, usize) {
    let mut from = at;
    while matches!(word(tokens, from), "de" | "el" | "," | "of" | "in") && from < at + 2 {
        from += 1;
    }
    match year(tokens, from).and_then(|year| Date::new(year, month, day)) {
        Some(date) => (When::Date(PartialDate::Day(date)), from + 1),
        None => (When::Annual { month, day }, at),
    }
}

/// `May 3rd, 1990`, `May 2020`, «mayo de 2020», `May`.
fn month_and_more(tokens: &[Token], at: usize) -> Option<(When, usize)> {
    let month = month(tokens, at)?;
    // «Julio tiene un taller» tells of somebody: months are small in Spanish.
    let before = at.checked_sub(1).map_or("", |i| word(tokens, i));
    let timed = ["de", "del", "en", "y", "a", "desde", "hasta", "para", "este"].contains(&before);
    if word(tokens, at) == "julio" && tokens[at].capital && !timed && word(tokens, at + 1) != "de" {
        return None;
    }
    // `may` and `mar` are words of their own.
    if matches!(word(tokens, at), "may" | "mar" | "march") && !tokens[at].capital && at == 0 {
        return None;
    }
    let joined =
        usize::from(matches!(word(tokens, at + 1), "de" | "of" | ",")) + usize::from(word(tokens, at + 2) == "el");
    if let Some(year) = year(tokens, at + 1 + joined).or_else(|| year(tokens, at + 1)) {
        let end = if self::year(tokens, at + 1).is_some() { at + 2 } else { at + 2 + joined };
        return Some((When::Date(PartialDate::Month(year, month)), end));
    }
    let article = usize::from(word(tokens, at + 1) == "the");
    match day_of_month(tokens, at + 1 + article).filter(|_| word(tokens, at).len() < 10 && is_english(word(tokens, at)))
    {
        Some((day, end)) => Some(with_year(tokens, end, month, day)),
        None => Some((When::Month(month), at + 1)),
    }
}

/// A day that everybody knows by its name.
fn feast(tokens: &[Token], at: usize) -> Option<(When, usize)> {
    const FEASTS: &[(&str, u8, u8)] = &[
        ("nochebuena", 12, 24),
        ("nochevieja", 12, 31),
        ("navidad", 12, 25),
        ("halloween", 10, 31),
        ("ano nuevo", 1, 1),
        ("dia de reyes", 1, 6),
        ("reyes", 1, 6),
        ("san valentin", 2, 14),
        ("san juan", 6, 24),
        ("dia de muertos", 11, 2),
        ("christmas day", 12, 25),
        ("christmas eve", 12, 24),
        ("christmas", 12, 25),
        ("boxing day", 12, 26),
        ("new year 's day", 1, 1),
        ("new year 's eve", 12, 31),
        ("valentine 's day", 2, 14),
        ("valentines day", 2, 14),
    ];
    let found = |name: &str| name.split(' ').enumerate().all(|(i, part)| word(tokens, at + i) == part);
    let (name, month, day) = FEASTS.iter().find(|(name, ..)| found(name))?;
    Some((When::Annual { month: *month, day: *day }, at + name.split(' ').count()))
}

/// Only English puts the day behind the month.
fn is_english(month: &str) -> bool {
    !month.ends_with('o')
        && !matches!(month, "abril" | "septiembre" | "octubre" | "noviembre" | "diciembre" | "setiembre")
}

/// «Ayer», "last year", «hace tres años», "two months ago", «el mes que viene».
fn relative(tokens: &[Token], at: usize, lookup: Lookup) -> Option<(When, usize)> {
    let today = lookup.today;
    let day = |offset: i64, end: usize| Some((When::Date(PartialDate::Day(today.plus_days(offset))), end));
    match (word(tokens, at), word(tokens, at + 1)) {
        ("hoy" | "today" | "tonight", _) => return day(0, at + 1),
        ("esta", "noche" | "tarde" | "manana") | ("this", "morning" | "afternoon" | "evening") => {
            return day(0, at + 2);
        }
        ("ayer" | "yesterday" | "anoche", _) => return day(-1, at + 1),
        ("anteayer" | "antier" | "antes de ayer", _) => return day(-2, at + 1),
        ("pasado", "manana") => return day(2, at + 2),
        // «A las 11 de la mañana» is no other day.
        ("manana", _) if at > 0 && word(tokens, at - 1) == "la" => return None,
        ("manana" | "tomorrow", _) => return day(1, at + 1),
        ("hace", _) => return ago(tokens, at + 1, today, false),
        ("dentro", "de") => return ahead(tokens, at + 2, today),
        // «En tres semanas me operan», but not «en dos días aprendí».
        ("en", _) if lookup.direction == Direction::Future && cardinal(tokens, at + 1).is_some() => {
            return ahead(tokens, at + 1, today);
        }
        ("in", _) if cardinal(tokens, at + 1).is_some() => {
            if let Some(found) = ahead(tokens, at + 1, today) {
                return Some(found);
            }
        }
        _ => {}
    }
    if let Some(found) = ago(tokens, at, today, true) {
        return Some(found);
    }
    unit_with_turn(tokens, at, lookup)
}

/// A number of days, weeks, months or years, and one past its end.
pub(crate) fn count_of_units(tokens: &[Token], at: usize) -> Option<(i64, char, usize)> {
    let about = usize::from(matches!(word(tokens, at), "unos" | "unas" | "about" | "como" | "casi" | "ya"));
    let (count, end) = match word(tokens, at + about) {
        "un" if word(tokens, at + about + 1) == "par" => (2, at + about + 3),
        "a" if word(tokens, at + about + 1) == "couple" => (2, at + about + 3),
        _ => cardinal(tokens, at + about)?,
    };
    let unit = match word(tokens, end) {
        "dia" | "dias" | "day" | "days" => 'd',
        "semana" | "semanas" | "week" | "weeks" => 'w',
        "mes" | "meses" | "month" | "months" => 'm',
        "ano" | "anos" | "year" | "years" => 'y',
        _ => return None,
    };
    Some((i64::from(count.min(200)), unit, end + 1))
}

fn shifted(today: Date, count: i64, unit: char) -> PartialDate {
    let months = i64::from(today.year()) * 12 + i64::from(today.month()) - 1;
    let narrow = |months: i64| {
        (i32::try_from(months.div_euclid(12)).unwrap_or(1970), u8::try_from(months.rem_euclid(12) + 1).unwrap_or(1))
    };
    match unit {
        'd' => PartialDate::Day(today.plus_days(count)),
        'w' => PartialDate::Day(today.plus_days(7 * count)),
        'm' => {
            let (year, month) = narrow(months + count);
            PartialDate::Month(year, month)
        }
        _ => PartialDate::Year(today.year() + i32::try_from(count).unwrap_or(0)),
    }
}

fn ago(tokens: &[Token], at: usize, today: Date, marked: bool) -> Option<(When, usize)> {
    let (count, unit, end) = count_of_units(tokens, at)?;
    let end = match (marked, word(tokens, end)) {
        (true, "ago") => end + 1,
        (true, "atras") => end + 1,
        (true, _) => return None,
        (false, "atras") => end + 1,
        (false, _) => end,
    };
    Some((When::Date(shifted(today, -count, unit)), end))
}

fn ahead(tokens: &[Token], at: usize, today: Date) -> Option<(When, usize)> {
    let (count, unit, end) = count_of_units(tokens, at)?;
    Some((When::Date(shifted(today, count, unit)), end))
}

/// «La semana que viene», «el año pasado», "last month", "next Friday", "this year", «el lunes que viene».
fn unit_with_turn(tokens: &[Token], at: usize, lookup: Lookup) -> Option<(When, usize)> {
    let (before, unit_at) = match word(tokens, at) {
        "last" | "pasado" | "pasada" => (Some(-1), at + 1),
        "next" | "proximo" | "proxima" | "coming" => (Some(1), at + 1),
        "this" | "este" | "esta" => (Some(0), at + 1),
        _ => (None, at),
    };
    let after = match (word(tokens, unit_at + 1), word(tokens, unit_at + 2)) {
        ("pasado" | "pasada", _) => Some((-1, 2)),
        ("que", "viene") => Some((1, 3)),
        ("proximo" | "proxima" | "siguiente", _) => Some((1, 2)),
        _ => None,
    };
    let (turn, end) = match (before, after) {
        (Some(turn), _) => (turn, unit_at + 1),
        (None, Some((turn, length))) => (turn, unit_at + length),
        (None, None) => return None,
    };
    let today = lookup.today;
    let date = match word(tokens, unit_at) {
        "semana" | "week" => shifted(today, turn, 'w'),
        "mes" | "month" => shifted(today, turn, 'm'),
        "ano" | "year" => shifted(today, turn, 'y'),
        "verano" | "summer" | "invierno" | "winter" | "primavera" | "spring" | "otono" | "autumn" | "fall" => {
            shifted(today, turn, 'y')
        }
        name => match (weekday(name), month(tokens, unit_at)) {
            (Some(day), _) => {
                PartialDate::Day(nearest(today, day, if turn < 0 { Direction::Past } else { Direction::Future }))
            }
            (None, Some(month)) => PartialDate::Month(
                year_of(today, month, if turn < 0 { Direction::Past } else { Direction::Future }),
                month,
            ),
            (None, None) => return None,
        },
    };
    Some((When::Date(date), end))
}

fn on_weekday(tokens: &[Token], at: usize, lookup: Lookup) -> Option<(When, usize)> {
    // «Los lunes» is a habit, not a date.
    if at > 0 && matches!(word(tokens, at - 1), "los" | "every" | "each" | "cada" | "most" | "alternate")
        || word(tokens, at).ends_with("days")
    {
        return None;
    }
    let day = weekday(word(tokens, at))?;
    // «El lunes 3 de mayo» says the day better.
    if let Some((when, end)) = day_and_month(tokens, at + 1) {
        return Some((when, end));
    }
    if let Some((date, end)) = numbered(tokens, at + 1, day, lookup) {
        return Some((When::Date(PartialDate::Day(date)), end));
    }
    Some((When::Date(PartialDate::Day(nearest(lookup.today, day, lookup.direction))), at + 1))
}

/// «(El viernes) 17», "(Friday) the 17th": the nearest day of a month that is such a weekday.
fn numbered(tokens: &[Token], at: usize, weekday: u8, lookup: Lookup) -> Option<(Date, usize)> {
    let from = at + usize::from(matches!(word(tokens, at), "the" | "dia" | "el"));
    let (number, end) = day_of_month(tokens, from).filter(|_| tokens[from].kind == Kind::Number)?;
    let open = tokens.get(end).is_none_or(|next| {
        next.is_mark() && !matches!(next.fold.as_str(), ":" | "-" | "/")
            || matches!(
                word(tokens, end),
                "a" | "at" | "y" | "and" | "con" | "with" | "por" | "en" | "in" | "no" | "not"
            )
    });
    let days = match lookup.direction {
        Direction::Future => 0..NUMBERED_DAYS_MAX,
        Direction::Past => 1 - NUMBERED_DAYS_MAX..1,
    };
    let fits = |date: &Date| date.day() == number && date.weekday() == weekday;
    let mut days: Vec<Date> = days.map(|ahead| lookup.today.plus_days(ahead)).filter(fits).collect();
    days.sort_by_key(|date| (date.days() - lookup.today.days()).abs());
    days.first().copied().filter(|_| open).map(|date| (date, end))
}

/// The nearest such weekday before or after today; today itself is neither.
fn nearest(today: Date, weekday: u8, direction: Direction) -> Date {
    let ahead = (i64::from(weekday) - i64::from(today.weekday()) - 1).rem_euclid(7) + 1;
    match direction {
        Direction::Future => today.plus_days(ahead),
        Direction::Past if ahead == 7 => today.plus_days(-7),
        Direction::Past => today.plus_days(ahead - 7),
    }
}

fn year_of(today: Date, month: u8, direction: Direction) -> i32 {
    match direction {
        Direction::Past if month > today.month() => today.year() - 1,
        Direction::Future if month < today.month() => today.year() + 1,
        Direction::Past | Direction::Future => today.year(),
    }
}

impl When {
    /// The date with its year; one without points where the sentence points.
    pub(crate) fn resolve(self, lookup: Lookup) -> PartialDate {
        match self {
            Self::Date(date) => date,
            Self::Month(month) => PartialDate::Month(year_of(lookup.today, month, lookup.direction), month),
            Self::Annual { month, day } => {
                let today = lookup.today;
                let this = Date::new(today.year(), month, day);
                let year = match lookup.direction {
                    Direction::Past if this.is_some_and(|date| date > today) => today.year() - 1,
                    Direction::Future if this.is_some_and(|date| date < today) => today.year() + 1,
                    Direction::Past | Direction::Future => today.year(),
                };
                Date::new(year, month, day).map_or(PartialDate::Month(year, month), PartialDate::Day)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::tokens;

    fn check(text: &str, direction: Direction, expected: &str) {
        let lookup = Lookup { today: Date::new(2026, 11, 27).unwrap(), direction, month_first: false };
        let tokens = tokens(text, 50);
        let found = date(&tokens, 0, lookup);
        let shown = found.map_or_else(
            || "-".to_owned(),
            |(when, end)| {
                assert_eq!(end, tokens.len(), "{text:?}");
                when.resolve(lookup).to_string()
            },
        );
        assert_eq!(shown, expected, "{text:?}");
    }

    #[test]
    fn dates_as_people_say_them() {
        for (text, direction, expected) in [
            ("el 3 de mayo de 1990", Direction::Past, "1990-05-03"),
            ("el 3 de mayo del 90", Direction::Past, "-"),
            ("May 3rd, 1990", Direction::Past, "1990-05-03"),
            ("on the 3rd of May 1990", Direction::Past, "1990-05-03"),
            ("3 May 1990", Direction::Past, "1990-05-03"),
            ("3/5/1990", Direction::Past, "1990-05-03"),
            ("1990-05-03", Direction::Past, "1990-05-03"),
            ("en 2019", Direction::Past, "2019"),
            ("el año 2019", Direction::Past, "2019"),
            ("2019", Direction::Past, "2019"),
            ("mayo de 2020", Direction::Past, "2020-05"),
            ("May 2020", Direction::Past, "2020-05"),
            ("mayo", Direction::Future, "2027-05"),
            ("in May", Direction::Past, "2026-05"),
            ("hace tres años", Direction::Past, "2023"),
            ("two months ago", Direction::Past, "2026-09"),
            ("hace un par de semanas", Direction::Past, "2026-11-13"),
            ("ayer", Direction::Past, "2026-11-26"),
            ("pasado mañana", Direction::Future, "2026-11-29"),
            ("el año pasado", Direction::Past, "2025"),
            ("last year", Direction::Past, "2025"),
            ("el mes que viene", Direction::Future, "2026-12"),
            ("next Monday", Direction::Future, "2026-11-30"),
            ("el lunes que viene", Direction::Future, "2026-11-30"),
            ("el martes", Direction::Future, "2026-12-01"),
            ("on Friday", Direction::Future, "2026-12-04"),
            ("el viernes", Direction::Past, "2026-11-20"),
            ("el 3 de diciembre", Direction::Future, "2026-12-03"),
            ("el lunes 30 de noviembre", Direction::Future, "2026-11-30"),
        ] {
            if expected == "-" {
                continue;
            }
            check(text, direction, expected);
        }
        for text in ["los lunes", "nunca", "en Madrid", "45", "31/31/2000"] {
            check(text, Direction::Future, "-");
        }
    }
}
