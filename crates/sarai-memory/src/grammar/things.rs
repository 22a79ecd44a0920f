//! Slots for things: what somebody owns, where it is kept, appointments.

use super::noun::Noun;
use super::slots::Filler;
use super::{Mention, Scan};
use crate::words::lists::{BRANDS, PHRASE_ENDS, SPOTS, STREETS};
use crate::words::{self, Class};

impl Scan<'_> {
    /// «La calle Mayor 5», "12 Baker Street".
    pub(super) fn street(&self, at: usize) -> Option<(Filler, usize)> {
        let from = at + usize::from(self.is_any(at, &["la", "el", "the"]));
        let named = self.is_any(from, &STREETS)
            || self.tokens.get(from).is_some_and(|t| t.kind == crate::text::Kind::Number)
            || (!self.spanish() && self.tokens.get(from).is_some_and(|t| t.capital));
        self.address(at).filter(|_| named)
    }

    /// Something and where it is put: «las llaves en el cajón».
    pub(super) fn kept(&self, at: usize) -> Option<(Filler, usize)> {
        let (mention, end) = match self.noun(at) {
            Some((Noun::Thing(mention), end)) => (mention, end),
            _ => self.definite_thing(at)?,
        };
        let (spot, end) = self.spot(end)?;
        Some((Filler { mention: Some(mention), ..spot }, end))
    }

    /// «Las llaves», "the passport": a thing of the household, though nobody says whose.
    pub(crate) fn definite_thing(&self, at: usize) -> Option<(Mention, usize)> {
        if !self.is_any(at, &["el", "la", "los", "las", "the", "un", "una", "a", "an"]) {
            return None;
        }
        let (_, end) = words::longest(self.language, self.tokens, at + 1, &[Class::Thing, Class::Vehicle])?;
        let text = self.source(at + 1, end).to_owned();
        Some((Mention::Thing { of: Box::new(Mention::Owner), key: words::key(&text), text }, end))
    }

    /// «(El coche) en la calle Luna»: what is parked is the car, if nothing else is said.
    pub(super) fn parked(&self, at: usize) -> Option<(Filler, usize)> {
        if let Some(found) = self.kept(at) {
            return Some(found);
        }
        let (spot, end) = self.spot(at)?;
        let text = if self.spanish() { "coche" } else { "car" };
        let car = Mention::Thing { of: Box::new(Mention::Owner), key: words::key(text), text: text.to_owned() };
        Some((Filler { mention: Some(car), ..spot }, end))
    }

    pub(super) fn owned(&self, at: usize) -> Option<(Filler, usize)> {
        let article = self.is_any(
            at,
            &["un", "una", "unos", "unas", "a", "an", "el", "la", "mi", "my", "the", "dos", "tres", "two", "three"],
        );
        let from = at + usize::from(article);
        let mut head = from;
        let joins = ["with", "de", "of", "en", "in", "for", "con", "about", "my", "mi", "to", "a", "on"];
        while head < from + 4 && !self.is_any(head, &PHRASE_ENDS) && !self.is_any(head, &joins) {
            if let Some((sense, end)) = words::longest(self.language, self.tokens, head, &[Class::Vehicle, Class::Own])
            {
                let stop = self.phrase_end(head).max(end);
                // "A house cat", «una casa rural de vacaciones»: an expression of more words is kept whole.
                let mut filler = Filler::new(self.source(from, stop));
                filler.kind = Some(sense.id);
                return Some((filler, stop));
            }
            head += 1;
        }
        self.branded(at)
    }

    pub(super) fn branded(&self, at: usize) -> Option<(Filler, usize)> {
        let from = at + usize::from(self.is_any(at, &["un", "una", "a", "an", "el", "la", "the"]));
        let end = self.phrase_end(from);
        let brand = (from..end.min(from + 4)).find(|&i| self.is_any(i, &BRANDS))?;
        (self.tokens[brand].capital || self.lower_case || self.is_any(brand, &["iphone", "ipad"])).then(|| {
            let mut filler = Filler::new(self.source(from, end));
            filler.kind = Some(if BRANDS.iter().take_while(|b| **b != "iphone").any(|b| *b == self.word(brand)) {
                "car"
            } else {
                "device"
            });
            (filler, end)
        })
    }

    /// An appointment: «cita con el dentista», "a meeting with Ana". Its time is looked for by whoever asks.
    pub(super) fn event(&self, at: usize) -> Option<(Filler, usize)> {
        let from = at + usize::from(self.is_any(at, &["un", "una", "a", "an", "mi", "my", "el", "la", "the"]));
        let modified =
            (from..from + 3).find(|&i| words::longest(self.language, self.tokens, i, &[Class::Event]).is_some())?;
        if modified > from && self.spanish()
            || (from..modified).any(|i| self.is_any(i, &PHRASE_ENDS) || self.tokens[i].is_mark())
        {
            return None;
        }
        let (_, head_end) = words::longest(self.language, self.tokens, modified, &[Class::Event])?;
        let end = self.phrase_end(from).max(head_end);
        Some((Filler::new(self.source(from, end)), end))
    }

    /// Where a thing is: a preposition and what follows.
    pub(crate) fn spot(&self, at: usize) -> Option<(Filler, usize)> {
        if !self.is_any(at, &SPOTS) {
            return None;
        }
        let mut end = self.phrase_end(at + 1);
        // «Entre el sofá y la pared», "next to".
        if self.is_any(at, &["entre", "between"]) && self.is_any(end, &["y", "and"]) {
            end = self.phrase_end(end + 1);
        }
        let vague = self.is_any(
            at + 1,
            &[
                "venta", "eso", "ello", "esto", "this", "that", "it", "ti", "you", "mi", "general", "serio", "stock",
                "marcha", "proceso", "time", "fire", "camino",
            ],
        ) && end <= at + 2;
        (end > at + 1 && !vague).then(|| (Filler::new(self.source(at, end)), end))
    }

    /// What was called off: «la cita del dentista», "my physio appointment".
    pub(super) fn any_event(&self, at: usize) -> Option<(Filler, usize)> {
        let from = at + usize::from(self.is_any(at, &["un", "una", "a", "an", "mi", "my", "el", "la", "the"]));
        let end = self.phrase_end(from);
        let named = (from..end).any(|i| words::longest(self.language, self.tokens, i, &[Class::Event]).is_some());
        named.then(|| (Filler::new(self.source(from, end)), end))
    }
}
