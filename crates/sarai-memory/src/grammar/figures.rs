//! Slots for figures: telephone numbers, addresses, sizes.

use super::Scan;
use super::slots::Filler;
use crate::text::{Kind, fold};
use crate::time::{clock, number};
use crate::words::lists::PHRASE_ENDS;

impl Scan<'_> {
    pub(super) fn phone(&self, at: usize) -> Option<(Filler, usize)> {
        let from = at + usize::from(self.is_any(at, &["el", "the"]));
        let mut end = from;
        let mut digits = String::new();
        while let Some(token) = self.tokens.get(end) {
            let part = token.kind == Kind::Number
                || (token.is_mark() && matches!(token.fold.as_str(), "(" | ")" | "-" | "+") && end < from + 14);
            if !part {
                break;
            }
            digits.extend(token.fold.chars().filter(|c| c.is_ascii_digit() || *c == '+'));
            end += 1;
        }
        (6..=16).contains(&digits.len()).then(|| (Filler::keyed(self.source(from, end), digits), end))
    }

    /// The time of day that is named there: as it was said, if that is in figures.
    pub(crate) fn hour(&self, first: usize, last: usize) -> Option<String> {
        let named = |at| clock(self.tokens, at).filter(|(_, end)| *end <= last).map(|(clock, end)| (at, clock, end));
        let (at, clock, end) = (first..last).find_map(named)?;
        let figure = (at..end).find(|&i| self.word(i).starts_with(|c: char| c.is_ascii_digit()));
        let reckoned = (at..end).any(|i| self.is_any(i, &["y", "menos", "half", "quarter"]));
        let bare = |figure: usize| end == figure + 1 && !self.word(figure).contains([':', '.']);
        let said =
            figure.filter(|figure| !reckoned && !bare(*figure)).map(|figure| self.source(figure, end).to_owned());
        Some(said.unwrap_or_else(|| clock.to_string()))
    }

    pub(super) fn email(&self, at: usize) -> Option<(Filler, usize)> {
        let token = self.tokens.get(at).filter(|token| token.kind == Kind::Email)?;
        Some((Filler::keyed(&self.text[token.start..token.end], token.fold.clone()), at + 1))
    }

    /// «Calle Mayor 5, 2º B, Madrid», "12 Baker Street": everything up to the end of the clause, with a number in it.
    pub(super) fn address(&self, at: usize) -> Option<(Filler, usize)> {
        let mut end = at;
        while end < self.tokens.len()
            && end < at + 16
            && !self.is_any(end, &["y", "and", "pero", "but", "porque", "desde", "since", "\n"])
        {
            if self.word(end) == "," && self.begins_clause(end + 1) {
                break;
            }
            end += 1;
        }
        while end > at && self.tokens[end - 1].is_mark() {
            end -= 1;
        }
        let street = [
            "calle",
            "avenida",
            "plaza",
            "paseo",
            "carrer",
            "camino",
            "ronda",
            "c",
            "avda",
            "street",
            "road",
            "avenue",
            "lane",
            "drive",
            "st",
            "rd",
            "ave",
            "square",
            "boulevard",
            "way",
            "court",
            "row",
            "close",
            "crescent",
            "gardens",
            "terrace",
            "place",
            "grove",
            "mews",
            "walk",
            "rise",
            "quay",
            "parade",
            "hill",
            "carrera",
            "gran",
        ];
        let figures = self.tokens[at..end].iter().any(|token| token.kind == Kind::Number);
        let named = (at..end).any(|i| self.is_any(i, &street));
        let from = at + usize::from(self.is_any(at, &["la", "el", "the"]));
        (end > from + 1 && (figures || named)).then(|| (Filler::new(self.source(from, end)), end))
    }

    /// «1,75 m», «70 kilos», "5 foot 9", "160 pounds".
    pub(super) fn measure(&self, at: usize) -> Option<(Filler, usize)> {
        let from = at + usize::from(self.is_any(at, &["unos", "los", "about", "around", "almost", "casi", "de"]));
        // «Metro ochenta», "five foot six".
        if self.is_any(from, &["metro"])
            && let Some((_, end)) = number(self.tokens, from + 1 + usize::from(self.is_any(from + 1, &["y", "con"])))
        {
            return Some((Filler::keyed(self.source(from, end), fold(self.source(from, end))), end));
        }
        if self.is_any(from + 1, &["foot", "feet"])
            && number(self.tokens, from).is_some()
            && let Some((_, end)) = number(self.tokens, from + 2).filter(|_| self.tokens[from + 2].is_word())
        {
            return Some((Filler::keyed(self.source(from, end), fold(self.source(from, end))), end));
        }
        let (_, mut end) = number(self.tokens, from)
            .filter(|_| self.tokens[from].kind == Kind::Number || !self.is_any(from, &["a", "un", "una"]))?;
        while self.is_any(
            end,
            &[
                "m",
                "metro",
                "metros",
                "cm",
                "centimetros",
                "kg",
                "kilo",
                "kilos",
                "kilogramos",
                "foot",
                "feet",
                "ft",
                "inches",
                "inch",
                "in",
                "pounds",
                "lbs",
                "lb",
                "stone",
                "tall",
                "meters",
                "metres",
                "con",
            ],
        ) || self.tokens.get(end).is_some_and(|t| t.kind == Kind::Number || matches!(t.fold.as_str(), "'" | "\""))
            && end < from + 5
        {
            end += 1;
        }
        while end > from + 1 && self.is_any(end - 1, &["tall", "in", "con"]) {
            end -= 1;
        }
        Some((Filler::keyed(self.source(from, end), fold(self.source(from, end))), end))
    }

    pub(super) fn size(&self, at: usize) -> Option<(Filler, usize)> {
        let from = at + usize::from(self.is_any(at, &["la", "una", "a", "an", "size", "talla"]));
        let token = self.tokens.get(from)?;
        let letters = matches!(
            token.fold.as_str(),
            "s" | "m" | "l" | "xl" | "xxl" | "xs" | "small" | "medium" | "large" | "mediana" | "grande" | "pequena"
        );
        let of_shoes = self.is_any(from + 1, &["shoe", "shoes", "boots", "trainers", "zapato", "zapatos"]);
        ((letters || token.kind == Kind::Number) && !of_shoes)
            .then(|| (Filler::keyed(self.source(from, from + 1), token.fold.clone()), from + 1))
    }

    pub(super) fn blood(&self, at: usize) -> Option<(Filler, usize)> {
        let from = at + usize::from(self.is_any(at, &["el", "type", "tipo"]));
        let group = self
            .tokens
            .get(from)
            .filter(|t| matches!(t.fold.as_str(), "a" | "b" | "ab" | "o" | "0" | "cero" | "zero"))?;
        let sign = self.is_any(from + 1, &["+", "-", "positivo", "negativo", "positive", "negative"]);
        let end = from + 1 + usize::from(sign);
        let rhesus = match self.word(from + 1) {
            "+" | "positivo" | "positive" => "+",
            "-" | "negativo" | "negative" => "-",
            _ => "",
        };
        Some((
            Filler::keyed(
                self.source(from, end),
                format!("{}{rhesus}", group.fold.replace("cero", "o").replace("zero", "o").replace('0', "o")),
            ),
            end,
        ))
    }

    pub(super) fn plate(&self, at: usize) -> Option<(Filler, usize)> {
        let from = at + usize::from(self.is_any(at, &["la", "el"]));
        let mut end = from;
        while end < from + 3
            && self.tokens.get(end).is_some_and(|t| {
                // The E of "61E" joins nothing.
                let touches = end > from && self.tokens[end - 1].end == t.start;
                t.kind == Kind::Number
                    || t.is_word() && t.fold.len() <= 7 && (touches || !PHRASE_ENDS.contains(&t.fold.as_str()))
                    || t.is("-")
            })
        {
            end += 1;
        }
        let text = self.source(from, end);
        text.chars().any(|c| c.is_ascii_digit()).then(|| (Filler::keyed(text, fold(text).replace([' ', '-'], "")), end))
    }
}
