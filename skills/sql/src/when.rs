//! Says which days the words of a question mean: «el mes pasado» is 2026-10 when it is November 2026.
//!
//! A small model counts days badly, and one that is told the date for no reason asks for that date. So what a question
//! says about time is looked up here, and only the days that it means go to the model.

use serde::Deserialize;

use crate::fold::{fold, stem};
use crate::sentences::fill;

/// Hints for one question.
const HINTS_MAX: usize = 4;
/// The most days, weeks, months or years that «the last … » may count.
const COUNT_MAX: i64 = 1_000;

/// The phrases of a language, in lower case; accents do not matter.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Phrases {
    today: Vec<String>,
    yesterday: Vec<String>,
    this_week: Vec<String>,
    last_week: Vec<String>,
    this_month: Vec<String>,
    last_month: Vec<String>,
    this_year: Vec<String>,
    last_year: Vec<String>,
    /// January to December.
    months: [Vec<String>; 12],
    /// «Los últimos» 3 «días»: what stands before the number, and the units behind it.
    last: Vec<String>,
    days: Vec<String>,
    weeks: Vec<String>,
    counted_months: Vec<String>,
    years: Vec<String>,
    /// Numbers that are written as words, from one on.
    numbers: Vec<String>,
    range: String,
    since: String,
    hint: String,
}

/// A day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Day(i64);

impl Day {
    /// Reads «2026-03-05».
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut part = || parts.next()?.parse::<i64>().ok();
        let (year, month, day) = (part()?, part()?, part()?);
        ((1..=12).contains(&month) && (1..=31).contains(&day)).then(|| Self::of(year, month, day))
    }

    /// By the proleptic Gregorian calendar, with March as the first month, so that the leap day is the last.
    const fn of(year: i64, month: i64, day: i64) -> Self {
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        Self(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
    }

    /// Year, month and day.
    const fn parts(self) -> (i64, i64, i64) {
        let days = self.0 + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let years = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * years + years / 4 - years / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        (years + era * 400 + if month <= 2 { 1 } else { 0 }, month, day)
    }

    fn text(self) -> String {
        let (year, month, day) = self.parts();
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// The Monday of its week. 1970-01-01 was a Thursday.
    const fn monday(self) -> Self {
        Self(self.0 - (self.0 + 3).rem_euclid(7))
    }
}

/// The month that is so many months later, or earlier, as «2026-03».
fn month_text(year: i64, month: i64, later: i64) -> String {
    let months = year * 12 + month - 1 + later;
    format!("{:04}-{:02}", months.div_euclid(12), months.rem_euclid(12) + 1)
}

/// What the words of a question about time mean, each as a hint; none where it says nothing about time, or the day is not
/// known.
pub(crate) fn hints(question: &str, phrases: &Phrases, today: &str) -> Vec<String> {
    let Some(today) = Day::read(today) else { return Vec::new() };
    let words: Vec<String> = fold(question).split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
    let (year, month, _) = today.parts();
    let range = |from: Day, to: Day| fill(&phrases.range, &[("from", &from.text()), ("to", &to.text())]);
    let week = |from: Day| range(from, Day(from.0 + 6));
    let mut found = Vec::new();
    for (known, meaning) in [
        (&phrases.today, today.text()),
        (&phrases.yesterday, Day(today.0 - 1).text()),
        (&phrases.this_week, week(today.monday())),
        (&phrases.last_week, week(Day(today.monday().0 - 7))),
        (&phrases.this_month, month_text(year, month, 0)),
        (&phrases.last_month, month_text(year, month, -1)),
        (&phrases.this_year, format!("{year:04}")),
        (&phrases.last_year, format!("{:04}", year - 1)),
    ] {
        found.extend(known.iter().find(|phrase| says(&words, phrase)).map(|phrase| (phrase.clone(), meaning)));
    }
    let names_a_year = words.iter().any(|word| word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit()));
    for (number, names) in (1..).zip(phrases.months.iter().filter(|_| !names_a_year)) {
        // A month without a year is the latest that has begun.
        let back = (month - number).rem_euclid(12);
        found.extend(
            names.iter().find(|name| says(&words, name)).map(|name| (name.clone(), month_text(year, month, -back))),
        );
    }
    if let Some((phrase, from)) = last_of_a_count(&words, phrases, today) {
        found.push((phrase, fill(&phrases.since, &[("from", &from.text())])));
    }
    let hint = |(phrase, meaning): (String, String)| fill(&phrases.hint, &[("phrase", &phrase), ("meaning", &meaning)]);
    found.into_iter().take(HINTS_MAX).map(hint).collect()
}

/// Whether these words stand in the question, one behind the other.
fn says(words: &[&str], phrase: &str) -> bool {
    let phrase = fold(phrase);
    let phrase: Vec<&str> = phrase.split(' ').collect();
    words.windows(phrase.len()).any(|window| window == phrase)
}

/// «Los últimos 3 días»: the words, and the first of the days.
fn last_of_a_count(words: &[&str], phrases: &Phrases, today: Day) -> Option<(String, Day)> {
    let is = |word: &str, known: &[String]| known.iter().any(|known| stem(&fold(known)) == stem(word));
    let count = |word: &str| {
        let spelled = phrases.numbers.iter().position(|number| fold(number) == word).map(|at| at as i64 + 1);
        spelled.or_else(|| word.parse().ok()).filter(|count| (1..=COUNT_MAX).contains(count))
    };
    words.windows(3).find_map(|window| {
        let [last, number, unit] = window else { return None };
        let count = count(number).filter(|_| is(last, &phrases.last))?;
        let (year, month, day) = today.parts();
        let months_ago = |months: i64| {
            let at = year * 12 + month - 1 - months;
            // The 31st of a month without one is the 28th, which every month has.
            Day::of(at.div_euclid(12), at.rem_euclid(12) + 1, if day > 28 { 28 } else { day })
        };
        let from = match unit {
            unit if is(unit, &phrases.days) => Day(today.0 - count),
            unit if is(unit, &phrases.weeks) => Day(today.0 - 7 * count),
            unit if is(unit, &phrases.counted_months) => months_ago(count),
            unit if is(unit, &phrases.years) => months_ago(12 * count),
            _ => return None,
        };
        Some((window.join(" "), from))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sarai_types::Language;

    use super::*;
    use crate::prompt::Prompts;

    fn hinted(language: Language, question: &str, today: &str) -> String {
        let prompts: Prompts = include_str!("../prompt.toml").parse().unwrap();
        hints(question, prompts.phrases(language), today).join("; ")
    }

    #[test]
    fn what_words_mean() {
        for (question, today, expect) in [
            ("¿Cuántos libros tengo?", "2026-11-27", ""),
            ("¿Cuánto gastamos cada mes?", "2026-11-27", ""),
            ("los últimos 5 gastos", "2026-11-27", ""),
            ("¿Qué tengo HOY?", "2026-11-27", "hoy: 2026-11-27"),
            ("lo de ayer", "2026-03-01", "ayer: 2026-02-28"),
            ("lo de ayer", "2024-03-01", "ayer: 2024-02-29"),
            ("gastos de esta semana", "2026-11-27", "esta semana: de 2026-11-23 a 2026-11-29"),
            ("gastos de la semana pasada", "2026-01-04", "semana pasada: de 2025-12-22 a 2025-12-28"),
            ("este mes", "2026-11-27", "este mes: 2026-11"),
            ("en el mes pasado", "2026-01-15", "mes pasado: 2025-12"),
            ("el año pasado y este ano", "2026-01-15", "este ano: 2026; año pasado: 2025"),
            ("en marzo", "2026-11-27", "marzo: 2026-03"),
            ("en diciembre", "2026-11-27", "diciembre: 2025-12"),
            ("en noviembre", "2026-11-27", "noviembre: 2026-11"),
            ("en marzo de 2024", "2026-11-27", ""),
            ("en los últimos 10 días", "2026-11-27", "ultimos 10 dias: desde 2026-11-17"),
            ("en las últimas dos semanas", "2026-11-27", "ultimas dos semanas: desde 2026-11-13"),
            ("en los últimos 3 meses", "2026-01-31", "ultimos 3 meses: desde 2025-10-28"),
            ("en marzo", "no es un día", ""),
        ] {
            assert_eq!(hinted(Language::Spanish, question, today), expect, "{question} {today}");
        }
        for (question, expect) in [
            ("how many films may I see?", ""),
            ("bills in May", "in may: 2026-05"),
            ("last month and this year", "last month: 2026-10; this year: 2026"),
            ("in the past 2 years", "past 2 years: since 2024-11-27"),
        ] {
            assert_eq!(hinted(Language::English, question, "2026-11-27"), expect, "{question}");
        }
    }

    proptest! {
        #[test]
        fn days_and_their_parts(day in -1_000_000i64..1_000_000) {
            let (year, month, of_month) = Day(day).parts();
            prop_assert_eq!(Day::of(year, month, of_month), Day(day));
            prop_assert!((1..=12).contains(&month) && (1..=31).contains(&of_month));
            prop_assert!(Day(day).parts() < Day(day + 1).parts(), "days go on");
        }
    }

    #[test]
    fn known_days() {
        for (text, days) in [("1970-01-01", 0), ("2000-02-29", 11_016), ("2026-11-27", 20_784)] {
            assert_eq!(Day::read(text), Some(Day(days)));
            assert_eq!(Day(days).text(), text);
        }
        assert_eq!(Day::read("2026-13-01"), None);
        assert_eq!(Day(20_784).monday().text(), "2026-11-23");
    }
}
