//! Times of the day: «a las diez y media», "at 5 pm".

use std::fmt;

use super::cardinal;
use crate::text::Token;

/// Minutes after midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clock(pub(crate) u16);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// A time of day at this place («a las 10», `at 5 pm`, `10:30`), and one past its end.
pub(crate) fn clock(tokens: &[Token], at: usize) -> Option<(Clock, usize)> {
    let word = |i: usize| tokens.get(i).map_or("", |token| token.fold.as_str());
    let (from, named) = match (word(at), word(at + 1)) {
        ("a" | "sobre" | "hacia", "las" | "la") => (at + 2, true),
        ("at", "around" | "about" | "exactly") => (at + 2, true),
        ("at" | "around" | "by", _) => (at + 1, true),
        _ => (at, false),
    };
    match word(from) {
        "noon" | "mediodia" => return Some((Clock(720), from + 1)),
        "midnight" | "medianoche" if named => return Some((Clock(0), from + 1)),
        _ => {}
    }
    // "Half past seven", "quarter to eight".
    let shift = match (word(from), word(from + 1), word(from + 2)) {
        ("half", "past", _) => Some((30, from + 2)),
        ("quarter", "past", _) => Some((15, from + 2)),
        ("quarter", "to", _) => Some((-15, from + 2)),
        ("a", "quarter", "past") => Some((15, from + 3)),
        ("a", "quarter", "to") => Some((-15, from + 3)),
        _ => None,
    };
    if let Some((shift, at)) = shift {
        let (minutes, end) = hour_and_minute(tokens, at, true)?;
        let minutes = i32::from(minutes) + shift;
        return Some((Clock(u16::try_from(minutes.rem_euclid(1440)).unwrap_or(0)), end));
    }
    let (mut minutes, mut end) = hour_and_minute(tokens, from, named)?;
    match (word(end), word(end + 1)) {
        ("y", "media") => (minutes, end) = (minutes + 30, end + 2),
        ("y", "cuarto") => (minutes, end) = (minutes + 15, end + 2),
        ("menos", "cuarto") => (minutes, end) = (minutes.checked_sub(15)?, end + 2),
        _ => {}
    }
    let part = match (word(end), word(end + 1), word(end + 2)) {
        ("de" | "por", "la", part @ ("manana" | "tarde" | "noche" | "madrugada")) => Some((part, end + 3)),
        ("in", "the", part @ ("morning" | "afternoon" | "evening")) => Some((part, end + 3)),
        ("at", "night", _) => Some(("noche", end + 2)),
        (part @ ("am" | "pm" | "a.m" | "p.m"), _, _) => Some((part, end + 1)),
        ("h" | "hrs" | "horas", _, _) => Some(("", end + 1)),
        ("o'clock", _, _) => Some(("", end + 1)),
        _ => None,
    };
    if part.is_none() && !named && !word(from).contains(':') {
        return None;
    }
    if let Some((part, after)) = part {
        let late = matches!(part, "tarde" | "noche" | "afternoon" | "evening" | "pm" | "p.m");
        if late && minutes < 720 {
            minutes += 720;
        } else if matches!(part, "am" | "a.m") && minutes >= 720 {
            minutes -= 720;
        }
        end = after;
    }
    (minutes < 1440).then_some((Clock(minutes), end))
}

fn hour_and_minute(tokens: &[Token], at: usize, named: bool) -> Option<(u16, usize)> {
    let token = tokens.get(at)?;
    if let Some((hour, minute)) = token.fold.split_once([':', '.']) {
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        return (hour < 24 && minute < 60).then_some((hour * 60 + minute, at + 1));
    }
    if token.is("a") || token.is("an") || (!named && !token.fold.starts_with(|c: char| c.is_ascii_digit())) {
        return None;
    }
    let (hour, end) = cardinal(tokens, at)?;
    (hour < 25).then(|| (u16::try_from(hour % 24).unwrap_or(0) * 60, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::tokens;

    #[test]
    fn times_of_the_day() {
        for (text, expected) in [
            ("a las 10", "10:00"),
            ("a las diez y media", "10:30"),
            ("a las cinco de la tarde", "17:00"),
            ("a las 17:30", "17:30"),
            ("at 5 pm", "17:00"),
            ("at 5pm", "17:00"),
            ("at noon", "12:00"),
            ("a las once menos cuarto", "10:45"),
            ("7:15", "07:15"),
        ] {
            let tokens = tokens(text, 20);
            let (clock, end) = clock(&tokens, 0).unwrap();
            assert_eq!((clock.to_string().as_str(), end), (expected, tokens.len()), "{text:?}");
        }
        for text in ["10", "a la playa", "at home", "a las 30"] {
            assert_eq!(clock(&tokens(text, 20), 0), None, "{text:?}");
        }
    }
}
