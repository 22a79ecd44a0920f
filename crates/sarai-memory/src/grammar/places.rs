//! Slots for where people live and work: places and organisations.

use super::Scan;
use super::slots::Filler;
use crate::text::Kind;
use crate::words::lists::{KINDS_OF_PLACE, NO_ORGANISATIONS, NO_PLACES, ORGANISATIONS, PHRASE_ENDS};
use crate::words::{self, Class};

impl Scan<'_> {
    pub(super) fn place(&self, at: usize) -> Option<(Filler, usize)> {
        let mut from = at;
        loop {
            let skipped = self.is_any(
                from,
                &[
                    "el", "la", "los", "las", "un", "una", "the", "a", "an", "de", "of", "in", "en", "just", "outside",
                    "fuera",
                ],
            ) || self.is_any(from, &KINDS_OF_PLACE)
                // "A wee village called Kilrea".
                || from > at
                    && self.tokens.get(from).is_some_and(|token| !token.capital)
                    && self.is_any(from + 1, &KINDS_OF_PLACE);
            if let Some((_, end)) = words::longest(self.language, self.tokens, from, &[Class::Place]) {
                let end = self.with_region(end);
                return Some((Filler::new(self.source(from, end)), end));
            }
            // «Un pueblo de Segovia que se llama Pedraza», "a village called Tintagel".
            if self.is_any(from, &KINDS_OF_PLACE)
                && let Some(found) = self.called_place(from + 1)
            {
                return Some(found);
            }
            // «El Puerto de Santa María», «La Rioja».
            if skipped && self.tokens[from].capital && from > 0 && self.tokens.get(from + 1).is_some_and(|t| t.capital)
            {
                break;
            }
            if !skipped || from > at + 6 {
                break;
            }
            from += 1;
        }
        let first = self.tokens.get(from).filter(|token| token.kind == Kind::Word)?;
        if first.capital && !self.is_any(from, &["i"]) {
            let end = self.capitals(from);
            let end = self.with_region(end);
            return Some((Filler::new(self.source(from, end)), end));
        }
        let plain = self.lower_case
            && from == at
            && first.fold.len() > 2
            && !NO_PLACES.contains(&first.fold.as_str())
            && words::senses(Some(self.language), &first.fold).next().is_none()
            && !self.verb_at(from)
            && (self.tokens.get(from + 1).is_none_or(|t| t.is_mark() || PHRASE_ENDS.contains(&t.fold.as_str()))
                || self.begins_time(from + 1));
        plain.then(|| (Filler::new(self.source(from, from + 1)), from + 1))
    }

    fn called_place(&self, at: usize) -> Option<(Filler, usize)> {
        let from = (at..at + 7).find_map(|i| match (self.word(i), self.word(i + 1), self.word(i + 2)) {
            ("called" | "named" | "llamado" | "llamada", _, _) => Some(i + 1),
            ("que", "se", "llama") => Some(i + 3),
            _ => None,
        })?;
        let end = self.capitals(from);
        (end > from).then(|| (Filler::new(self.source(from, end)), end))
    }

    /// "Austin, Texas", «Alcalá (Madrid)»: the region belongs to the place if nothing else follows.
    fn with_region(&self, end: usize) -> usize {
        if self.word(end) == "," && self.tokens.get(end + 1).is_some_and(|t| t.capital) {
            let last = self.capitals(end + 1);
            let known =
                words::longest(self.language, self.tokens, end + 1, &[Class::Place]).is_some() || !self.spanish();
            if known && self.tokens.get(last).is_none_or(|t| t.is_mark()) && !words::is_first_name(self.word(end + 1)) {
                return last;
            }
        }
        end
    }

    /// One past words with capitals, with particles between them.
    fn capitals(&self, at: usize) -> usize {
        let mut end = at;
        let mut last = at;
        while end < self.tokens.len() && end < at + 7 {
            let token = &self.tokens[end];
            let particle = matches!(
                token.fold.as_str(),
                "de" | "la" | "las" | "los" | "el" | "of" | "the" | "del" | "&" | "and" | "y"
            );
            // "Guy's Hospital" goes on behind its 's.
            if token.is("'s") && self.tokens.get(end + 1).is_some_and(|t| t.capital && !self.verb_at(end + 1)) {
                end += 1;
                continue;
            }
            let joins = matches!(token.fold.as_str(), "y" | "and");
            if (token.capital && token.is_word() || token.kind == Kind::Number && end > at)
                && !matches!(token.fold.as_str(), "i")
            {
                last = end + 1;
            } else if !particle
                || joins
                    && !self
                        .tokens
                        .get(end + 1)
                        .is_some_and(|t| t.capital && !words::is_first_name(&t.fold) && self.verbless(end + 1))
            {
                break;
            }
            end += 1;
        }
        last
    }

    /// No verb in the words behind: «Procter & Gamble», not «Google y Ana trabaja».
    fn verbless(&self, at: usize) -> bool {
        !self.verb_at(at)
            && !self.verb_at(at + 1)
            && !self.is_any(at, &["i", "yo", "mi", "my"])
            && self.word(at + 1) != "en"
            && self.word(at + 1) != "in"
    }

    pub(super) fn organisation(&self, at: usize) -> Option<(Filler, usize)> {
        let article = self.is_any(at, &["el", "la", "los", "las", "un", "una", "the", "a", "an"]);
        let from = at + usize::from(article);
        // «En el mismo San Ignacio».
        let from = from + usize::from(article && self.is_any(from, &["mismo", "misma", "same"]));
        if self.is_any(from, &NO_ORGANISATIONS) || self.is_any(at, &NO_ORGANISATIONS) {
            return None;
        }
        // «Lo dejé en marzo».
        if crate::time::date(self.tokens, from, self.lookup).is_some() {
            return None;
        }
        let mut end = self.phrase_end(from);
        // «En Google de ingeniera», "at Google in London".
        for i in from + 1..end {
            let role = self.is_any(i, &["de", "como", "as"])
                && words::longest(self.language, self.tokens, i + 1, &[Class::Job])
                    .is_some_and(|(s, e)| e <= end && !s.plural);
            if role || (i > from && self.is_any(i, &["doing", "haciendo", "with", "con"])) {
                end = i;
                break;
            }
        }
        let works = |i: usize| {
            let kinds = words::kinds::of(self.language, self.tokens, i).map_or(&[][..], |(kinds, _)| kinds);
            kinds.contains(&"workplace") || self.spanish() && self.word(i).ends_with("eria")
        };
        let head = (from..end).any(|i| self.is_any(i, &ORGANISATIONS) || works(i));
        let capital = self.tokens[from..end].iter().any(|token| token.capital && !token.is("i"));
        let plain = self.lower_case
            && end == from + 1
            && !article
            && words::senses(Some(self.language), self.word(from))
                .all(|s| s.class == Class::Place || s.class == Class::Own)
            && !NO_PLACES.contains(&self.word(from))
            && self.word(from).len() > 2;
        let head_of_care = (from..end).any(|i| {
            self.is_any(i, &["care", "nursing", "funeral", "retirement", "children"])
                && self.is_any(i + 1, &["home", "homes"])
        });
        let head = head || head_of_care;
        // The head decides: the first word in Spanish, the last one in English.
        let last = if self.spanish() { from } else { end.max(from + 1) - 1 };
        let quantity = self.is_any(from, &NO_ORGANISATIONS) || self.is_any(last, &NO_ORGANISATIONS);
        if end <= from
            || quantity && !head_of_care
            || !(head || capital || plain)
            || self.tokens[from].kind != Kind::Word && self.tokens[from].kind != Kind::Number
        {
            return None;
        }
        // "A small firm called Hobbs & Vane", «una empresa que se llama Acme».
        let called = match (self.word(end), self.word(end + 1), self.word(end + 2)) {
            ("called" | "named" | "llamada" | "llamado", _, _) => Some(end + 1),
            ("que", "se", "llama") => Some(end + 3),
            _ => None,
        };
        if let Some(last) = called.map(|first| self.capitals(first)).filter(|last| *last > end + 1) {
            return Some((Filler::new(self.source(from, last)), last));
        }
        if capital && !article && self.tokens[from].capital {
            end = end.min(self.capitals(from).max(from + 1));
            // "Sainsbury's" is a shop.
            end += usize::from(self.word(end) == "'s");
        }
        Some((Filler::new(self.source(from, end)), end))
    }
}
