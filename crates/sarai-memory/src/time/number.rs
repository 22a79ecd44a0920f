//! Numbers as digits and as words, up to 999.

use crate::text::{Kind, Token};

const UNITS: &[(&str, u32)] = &[
    ("cero", 0),
    ("un", 1),
    ("uno", 1),
    ("una", 1),
    ("dos", 2),
    ("tres", 3),
    ("cuatro", 4),
    ("cinco", 5),
    ("seis", 6),
    ("siete", 7),
    ("ocho", 8),
    ("nueve", 9),
    ("diez", 10),
    ("once", 11),
    ("doce", 12),
    ("trece", 13),
    ("catorce", 14),
    ("quince", 15),
    ("dieciseis", 16),
    ("diecisiete", 17),
    ("dieciocho", 18),
    ("diecinueve", 19),
    ("veinte", 20),
    ("veintiun", 21),
    ("veintiuno", 21),
    ("veintiuna", 21),
    ("veintidos", 22),
    ("veintitres", 23),
    ("veinticuatro", 24),
    ("veinticinco", 25),
    ("veintiseis", 26),
    ("veintisiete", 27),
    ("veintiocho", 28),
    ("veintinueve", 29),
    ("primero", 1),
    ("zero", 0),
    ("a", 1),
    ("an", 1),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
];
const TENS: &[(&str, u32)] = &[
    ("treinta", 30),
    ("cuarenta", 40),
    ("cincuenta", 50),
    ("sesenta", 60),
    ("setenta", 70),
    ("ochenta", 80),
    ("noventa", 90),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
];
const ORDINALS: &[(&str, u32)] = &[
    ("first", 1),
    ("second", 2),
    ("third", 3),
    ("fourth", 4),
    ("fifth", 5),
    ("sixth", 6),
    ("seventh", 7),
    ("eighth", 8),
    ("ninth", 9),
    ("tenth", 10),
    ("eleventh", 11),
    ("twelfth", 12),
    ("thirteenth", 13),
    ("fourteenth", 14),
    ("fifteenth", 15),
    ("sixteenth", 16),
    ("seventeenth", 17),
    ("eighteenth", 18),
    ("nineteenth", 19),
    ("twentieth", 20),
    ("thirtieth", 30),
];

fn find(table: &[(&str, u32)], word: &str) -> Option<u32> {
    table.iter().find(|(known, _)| *known == word).map(|(_, value)| *value)
}

/// A whole number at this place, and one past its end. `a` and `an` count as one.
pub(crate) fn cardinal(tokens: &[Token], at: usize) -> Option<(u32, usize)> {
    let token = tokens.get(at)?;
    if token.kind == Kind::Number {
        return token.fold.parse().ok().map(|value| (value, at + 1));
    }
    if let Some(value) = find(UNITS, &token.fold) {
        return Some((value, at + 1));
    }
    // `twenty-five` is one token.
    if let Some((ten, unit)) = token.fold.split_once('-') {
        let unit = find(UNITS, unit).or_else(|| find(ORDINALS, unit))?;
        return find(TENS, ten).map(|ten| (ten + unit, at + 1));
    }
    let ten = find(TENS, &token.fold)?;
    let joined = usize::from(tokens.get(at + 1).is_some_and(|t| t.is("y")));
    let unit = tokens.get(at + 1 + joined).and_then(|t| find(UNITS, &t.fold)).filter(|unit| (1..10).contains(unit));
    Some(unit.map_or((ten, at + 1), |unit| (ten + unit, at + 2 + joined)))
}

/// A number with a possible decimal mark (`1,75`, `72.5`), and one past its end.
pub(crate) fn number(tokens: &[Token], at: usize) -> Option<(f64, usize)> {
    let token = tokens.get(at)?;
    if token.kind == Kind::Number {
        let text = token.fold.replace(',', ".");
        return text.parse().ok().map(|value| (value, at + 1));
    }
    cardinal(tokens, at).map(|(value, end)| (f64::from(value), end))
}

/// A day of a month: `3`, `3rd` as two tokens, `primero`, `third`, `twenty-first`, `21st`.
pub(crate) fn day_of_month(tokens: &[Token], at: usize) -> Option<(u8, usize)> {
    let token = tokens.get(at)?;
    let (value, mut end) = match find(ORDINALS, &token.fold) {
        Some(value) => (value, at + 1),
        None if token.is("a") || token.is("an") => return None,
        None => cardinal(tokens, at)?,
    };
    if token.kind == Kind::Number
        && tokens.get(end).is_some_and(|t| ["st", "nd", "rd", "th", "º", "°", "ro"].contains(&t.fold.as_str()))
        && tokens[end].start == tokens[end - 1].end
    {
        end += 1;
    }
    u8::try_from(value).ok().filter(|day| (1..=31).contains(day)).map(|day| (day, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::tokens;

    #[test]
    fn numbers_in_words_and_digits() {
        for (text, expected) in [
            ("34", Some(34)),
            ("treinta y cuatro", Some(34)),
            ("thirty-four", Some(34)),
            ("thirty four", Some(34)),
            ("veintiún", Some(21)),
            ("cuarenta", Some(40)),
            ("mucho", None),
        ] {
            let tokens = tokens(text, 9);
            assert_eq!(cardinal(&tokens, 0), expected.map(|n| (n, tokens.len())), "{text:?}");
        }
        assert_eq!(number(&tokens("1,75", 9), 0), Some((1.75, 1)));
    }

    #[test]
    fn days_of_a_month() {
        for (text, expected) in [("3", Some((3, 1))), ("3rd", Some((3, 2))), ("third", Some((3, 1))), ("40", None)] {
            assert_eq!(day_of_month(&tokens(text, 9), 0), expected, "{text:?}");
        }
    }
}
