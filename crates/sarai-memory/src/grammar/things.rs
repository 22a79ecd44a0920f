//! Slots for things: what somebody owns, where it is kept, appointments.

use super::noun::Noun;
use super::slots::Filler;
use super::{Mention, Scan};
use crate::words::lists::{
    BICYCLE_BRANDS, CAR_BRANDS, COMPUTER_BRANDS, DEVICE_BRANDS, HOUSEHOLD, MOTORBIKE_BRANDS, NO_THINGS, PHONE_BRANDS,
    PHRASE_ENDS, SPOTS, STREETS,
};
use crate::words::{self, Class};

impl Scan<'_> {
    /// «La calle Mayor 5», "12 Baker Street".
    pub(super) fn street(&self, at: usize) -> Option<(Filler, usize)> {
        let from = at + usize::from(self.is_any(at, &["la", "el", "the"]));
        let numbered = self.is_any(from, &["numero", "number"])
            && self.tokens.get(from + 1).is_some_and(|t| t.kind == crate::text::Kind::Number)
            || self.is_any(from, &["numero", "number"])
                && (from..from + 7)
                    .any(|i| self.is_any(i, &STREETS) || self.is_any(i, &["street", "road", "lane", "avenue"]));
        let named = numbered
            || self.is_any(from, &STREETS)
            || self.tokens.get(from).is_some_and(|t| t.kind == crate::text::Kind::Number)
            || (!self.spanish() && self.tokens.get(from).is_some_and(|t| t.capital));
        self.address(at).filter(|_| named)
    }

    /// Something and where it is put: «las llaves en el cajón».
    pub(super) fn kept(&self, at: usize) -> Option<(Filler, usize)> {
        let known = match self.noun(at) {
            Some((Noun::Thing(mention), end)) => Some((mention, end)),
            // «Guardo mi medicación en el baño».
            Some((Noun::Attribute { of, row: "medication" }, end)) => {
                Some((Mention::medicine(of, self.source(end - 1, end)), end))
            }
            _ => self.definite_thing(at),
        };
        if let Some((mention, end)) = known
            && let Some((spot, end)) = self.destination(end)
        {
            return Some((Filler { mention: Some(mention), ..spot }, end));
        }
        // Whatever it is, it has a place in the house.
        let stop = (at + 1..at + 8).find(|&i| self.is_any(i, &SPOTS) || self.is_any(i, &["to"]))?;
        let (mention, end) = self.kept_thing(at, stop)?;
        let (spot, last) = self.destination(end).filter(|(_, last)| self.in_house(end, *last))?;
        Some((Filler { mention: Some(mention), ..spot }, last))
    }

    /// The same, «a» too: «las he pasado al garaje».
    pub(crate) fn destination_at(&self, at: usize) -> super::slots::Filled {
        let to = usize::from(self.spanish() && self.word(at) == "a");
        let end = self.phrase_end(at + to);
        let moved = to > 0 && self.in_house(at, end);
        let found = if moved { Some((Filler::new(self.source(at + to, end)), end)) } else { self.destination(at) };
        found.map(|(filler, end)| (vec![filler], end))
    }

    /// A place with its preposition; "to" counts where something is moved.
    fn destination(&self, at: usize) -> Option<(Filler, usize)> {
        if self.word(at) == "to" {
            let end = self.phrase_end(at + 1);
            return self.in_house(at, end).then(|| (Filler::new(self.source(at + 1, end)), end));
        }
        self.spot(at)
    }

    /// Whether the words between name furniture, a room or a vessel.
    pub(crate) fn in_house(&self, first: usize, last: usize) -> bool {
        (first..last).any(|i| HOUSEHOLD.contains(&self.word(i)) || self.is_any(i, &["casa", "home", "house", "place"]))
    }

    /// A noun phrase up to `stop` that may be a thing: an article or possessive and up to four plain words.
    pub(crate) fn kept_thing(&self, at: usize, stop: usize) -> Option<(Mention, usize)> {
        let owned = self.is_any(at, &["mi", "mis", "my", "our", "nuestro", "nuestra"]);
        if !owned && !self.is_any(at, &["el", "la", "los", "las", "the"]) || stop <= at + 1 || stop > at + 7 {
            return None;
        }
        let plain = (at + 1..stop).all(|i| {
            self.tokens[i].is_word()
                && words::senses(Some(self.language), self.word(i)).all(|s| {
                    !matches!(s.class, Class::Kin | Class::Pet | Class::Food | Class::Attribute | Class::Event)
                })
                && !self.is_any(i, &["que", "that", "who", "y", "and"])
        });
        // The head noun tells: sunglasses are no sun.
        let head = if self.spanish() { at + 1 } else { stop - 1 };
        let plain = plain && !NO_THINGS.contains(&self.word(head));
        let text = self.source(at + 1, stop).to_owned();
        plain.then(|| (Mention::Thing { of: Box::new(Mention::Owner), key: words::key(&text), text }, stop))
    }

    /// «Las llaves», "the passport": a thing of the household, though nobody says whose.
    pub(crate) fn definite_thing(&self, at: usize) -> Option<(Mention, usize)> {
        if !self.is_any(at, &["el", "la", "los", "las", "the", "un", "una", "a", "an"]) {
            return None;
        }
        let (_, end) = words::longest(self.language, self.tokens, at + 1, &[Class::Thing, Class::Vehicle])?;
        match self.thing(at + 1, end, Mention::Owner) {
            (Noun::Thing(thing), end) => Some((thing, end)),
            _ => None,
        }
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
                // The last word of an English compound says what it is: "piano lessons" are no piano.
                let compound = !self.spanish()
                    && end < stop
                    && self.tokens[end].is_word()
                    && !self.is_any(end, &joins)
                    && words::longest(self.language, self.tokens, end, &[Class::Own, Class::Vehicle]).is_none();
                let plain = compound && !self.tokens[end].capital && self.tokens[end].fold.len() > 2;
                let spoilt =
                    (end..stop).any(|i| self.is_any(i, &["hecha", "hecho", "hechos", "rota", "roto", "estropeada"]));
                if spoilt || plain {
                    return None;
                }
                if compound && words::longest(self.language, self.tokens, end, &[Class::Event, Class::Kin]).is_some() {
                    return None;
                }
                // "A house cat", «una casa rural de vacaciones»: an expression of more words is kept whole.
                // «Un coche, un Citroën C3».
                let apposed = self.word(stop) == "," && self.is_any(stop + 1, &["un", "una", "a", "an"]);
                let stop = self.branded(stop + 1).filter(|_| apposed).map_or(stop, |(_, last)| last);
                let mut filler = Filler::new(self.source(from, stop));
                filler.kind = Some(sense.id);
                return Some((filler, stop));
            }
            head += 1;
        }
        self.branded(at)
    }

    pub(super) fn branded(&self, at: usize) -> Option<(Filler, usize)> {
        let from = at + usize::from(self.is_any(at, &["un", "una", "a", "an", "el", "la", "the", "my", "mi"]));
        let end = self.phrase_end(from);
        let kind = |at: usize| brand_of(self.word(at)).map(|kind| (at, kind));
        let (brand, kind) = (from..end.min(from + 4)).find_map(kind)?;
        (self.tokens[brand].capital || self.lower_case || self.is_any(brand, &["iphone", "ipad"])).then(|| {
            let mut filler = Filler::new(self.source(from, end));
            // «Una Honda» is a motorbike, «un Honda» a car.
            let rides = self.word(at) == "una" && MAKERS_OF_BOTH.contains(&self.word(brand));
            filler.kind = Some(if rides { "motorbike" } else { kind });
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
        // The Spanish «a» is no English article.
        if !self.is_any(at, &SPOTS) || !self.spanish() && self.word(at) == "a" {
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
        let distance = self.is_any(at, &["a", "at"]) && crate::time::number(self.tokens, at + 1).is_some();
        // "At 9:15" is no place.
        let hour = self.is_any(at, &["a", "at"]) && crate::time::clock(self.tokens, at).is_some();
        (end > at + 1 && !vague && !distance && !hour).then(|| (Filler::new(self.source(at, end)), end))
    }

    /// What was called off: «la cita del dentista», "my physio appointment".
    pub(super) fn any_event(&self, at: usize) -> Option<(Filler, usize)> {
        let from = at + usize::from(self.is_any(at, &["un", "una", "a", "an", "mi", "my", "el", "la", "the"]));
        let end = self.phrase_end(from);
        let named = (from..end).any(|i| words::longest(self.language, self.tokens, i, &[Class::Event]).is_some());
        named.then(|| (Filler::new(self.source(from, end)), end))
    }
}

/// Who make cars and motorbikes.
const MAKERS_OF_BOTH: &[&str] = &["honda", "bmw", "suzuki", "peugeot", "yamaha", "kawasaki"];

/// What somebody has who has one of this brand.
fn brand_of(word: &str) -> Option<&'static str> {
    [
        ("car", &*CAR_BRANDS),
        ("motorbike", &MOTORBIKE_BRANDS),
        ("bicycle", &BICYCLE_BRANDS),
        ("phone", &PHONE_BRANDS),
        ("computer", &COMPUTER_BRANDS),
        ("device", &DEVICE_BRANDS),
    ]
    .into_iter()
    .find_map(|(kind, brands)| brands.contains(&word).then_some(kind))
}
