//! Noun phrases that name somebody or something of the owner's world.

use super::name::{TITLES, Trust, WORKPLACES};
use super::people::is_breed;
use super::{Mention, Scan};
use crate::text::{Token, fold};
use crate::words::lists::{ADJECTIVES, ADVERBS, BEFORE_NOUNS, DOGS, NOT_PHONES, PASSING, PHRASE_ENDS, SPOTS};
use crate::words::{self, Class};

/// What a noun phrase names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Noun {
    Someone(Mention),
    /// «El cumpleaños de mi madre»: the row of `attributes.txt`, and of whom.
    Attribute {
        of: Mention,
        row: &'static str,
    },
    /// «Mi color favorito»: the kind, and whose.
    Favourite {
        of: Mention,
        kind: String,
    },
    /// «Mis llaves», «el coche de mi padre».
    Thing(Mention),
}

impl Noun {
    /// Whoever this is or belongs to.
    pub(crate) const fn whose(&self) -> &Mention {
        match self {
            Self::Someone(mention) | Self::Thing(mention) => mention,
            Self::Attribute { of, .. } | Self::Favourite { of, .. } => of,
        }
    }
}

pub(super) const POSSESSIVES: &[&str] = &["mi", "mis", "nuestro", "nuestra", "nuestros", "nuestras", "my", "our"];
pub(super) const ARTICLES: &[&str] = &["el", "la", "los", "las", "the"];
const FAVOURITE: &[&str] = &[
    "favorito",
    "favorita",
    "favoritos",
    "favoritas",
    "preferido",
    "preferida",
    "favourite",
    "favorite",
    "fave",
    "fav",
];
/// Things that somebody has a place for.
pub(crate) const THINGS: &[Class] = &[Class::Thing, Class::Vehicle, Class::Own];

impl Scan<'_> {
    /// The noun phrase at this place, and one past its end.
    pub(crate) fn noun(&self, at: usize) -> Option<(Noun, usize)> {
        if let Some(plate) = self.plate_of(at) {
            return Some(plate);
        }
        let (noun, end) = self.simple_noun(at)?;
        Some(self.possessed(noun, end))
    }

    fn simple_noun(&self, at: usize) -> Option<(Noun, usize)> {
        let someone = |mention, end| Some((Noun::Someone(mention), end));
        let token = self.tokens.get(at)?;
        let pronoun = |feminine, plural| Mention::Pronoun { feminine, plural };
        match self.word(at) {
            // «He comprado» is no "he".
            "he" | "i" | "we" | "she" | "they" | "his" | "her" | "their" if self.spanish() => {}
            "ella" if !self.spanish() => {}
            "yo" | "i" | "nosotros" | "nosotras" | "we" => return someone(Mention::Owner, at + 1),
            "ella" | "she" => return someone(pronoun(Some(true), false), at + 1),
            "he" => return someone(pronoun(Some(false), false), at + 1),
            "el" if token.lower == "él" => return someone(pronoun(Some(false), false), at + 1),
            "ellos" | "ellas" | "they" => return someone(pronoun(None, true), at + 1),
            "su" | "sus" | "her" | "his" | "their" => {
                let feminine = match self.word(at) {
                    "her" => Some(true),
                    "his" => Some(false),
                    _ => None,
                };
                return self.headed(at + 1, pronoun(feminine, self.word(at) == "their"), true);
            }
            word if POSSESSIVES.contains(&word) => {
                // «Nuestro planeta» is nobody's thing.
                let shared = matches!(word, "our" | "nuestro" | "nuestra" | "nuestros" | "nuestras");
                return self.headed(at + 1, Mention::Owner, true).filter(|(noun, end)| {
                    !shared
                        || !matches!(noun, Noun::Thing(_))
                        || [THINGS, &[Class::Event]].iter().any(|classes| {
                            words::longest(self.language, self.tokens, at + 1, classes).is_some_and(|(_, e)| e <= *end)
                        })
                });
            }
            word if ARTICLES.contains(&word) => {
                return self
                    .of_somebody(at + 1)
                    .or_else(|| self.titled(at + 1))
                    .or_else(|| self.the_family(at + 1))
                    .or_else(|| self.uncle(at + 1))
                    .or_else(|| self.the_professional(at + 1));
            }
            _ => {}
        }
        if let Some(found) = self.of_somebody(at) {
            return Some(found);
        }
        if let Some(found) = self.bare_relative(at) {
            return Some(found);
        }
        if let Some(found) = self.apposed(at).or_else(|| self.uncle(at)) {
            return Some(found);
        }
        if let Some(found) = self.colleague(at) {
            return Some(found);
        }
        let (name, end) = self.name(at, Trust::Strict)?;
        let (name, end) = self.told_apart(name, end);
        someone(Mention::Named(name), end)
    }

    /// "Sam from work", «la Marta de la oficina»: told apart from others who are called so.
    fn colleague(&self, at: usize) -> Option<(Noun, usize)> {
        let (name, end) = self.name(at, Trust::Capital)?;
        // «Laura la del trabajo».
        let comma = usize::from(self.word(end) == ",");
        let from = end + comma;
        let told = self.is_any(from, ARTICLES) && self.word(from + 1) == "de";
        let end = if told { from + 1 } else { end };
        let article = usize::from(self.is_any(end + 1, ARTICLES));
        let from = self.is_any(end, &["from", "de"]) && self.is_any(end + 1 + article, WORKPLACES);
        let colleague = Mention::relative("colleague", false).called(name);
        from.then(|| (Noun::Someone(colleague), end + 2 + article))
    }

    /// `'s` and what follows: "my sister's birthday", "Ana's husband".
    pub(super) fn possessed(&self, noun: Noun, end: usize) -> (Noun, usize) {
        let (Noun::Someone(owner), true) = (&noun, !self.spanish()) else { return (noun, end) };
        let from = match self.word(end) {
            "'s" => end + 1,
            // "My parents' anniversary" has lost its apostrophe.
            _ if matches!(owner, Mention::Relative { plural: true, .. }) => end,
            _ => return (noun, end),
        };
        // "My sisters name is …" has lost it too.
        let owner = match owner {
            Mention::Relative { of, kin, name: None, plural: true }
                if from == end && words::members(kin).is_empty() =>
            {
                &Mention::Relative { of: of.clone(), kin, name: None, plural: false }
            }
            owner => owner,
        };
        match self.headed(from, owner.clone(), false) {
            Some((inner, end)) => self.possessed(inner, end),
            None => (noun, end),
        }
    }

    /// A head noun with its owner known: «(mi) hermana Ana», «(mi) color favorito», "(my) favourite colour".
    pub(crate) fn headed(&self, at: usize, of: Mention, own: bool) -> Option<(Noun, usize)> {
        if let Some(found) = self.favourite(at, &of) {
            return Some(found);
        }
        // "(My) doctor's appointment" is no doctor.
        if self.word(at + 1) == "'s" && self.is_any(at + 2, &["appointment", "appointments", "appt"]) {
            return Some(self.thing(at, at + 3, of));
        }
        let mut head = at;
        // "My 5-year-old son Tim", "my 5-year-old, Tim".
        if self.is_of_an_age(head) {
            head += 1;
            if words::longest(self.language, self.tokens, head, &[Class::Kin, Class::Pet]).is_none() {
                let child = Mention::Relative { of: Box::new(of), kin: "child", name: None, plural: false };
                return Some(self.with_name(child, head));
            }
        }
        while self.is_any(head, &ADJECTIVES)
            && words::longest(self.language, self.tokens, head, &[Class::Kin]).is_none()
        {
            head += 1;
        }
        head = self.past_description(head, own);
        let kin = words::longest(self.language, self.tokens, head, &[Class::Kin]);
        let attributed = words::longest(self.language, self.tokens, head, &[Class::Attribute]).is_some();
        let event = words::longest(self.language, self.tokens, head, &[Class::Event]).is_some();
        if event && !attributed && kin.is_none() {
            return Some(self.thing(head, self.past_event(head), of));
        }
        // "My dentist appointment" is no dentist.
        if let (Some((_, person)), Some((_, event))) =
            (kin, words::longest(self.language, self.tokens, head, &[Class::Event]))
            && event > person
        {
            return Some(self.thing(head, event, of));
        }
        if kin.is_some_and(|(_, end)| self.is_any(end, &["appointment", "appointments", "appt"])) {
            let end = kin.map_or(head + 1, |(_, end)| end) + 1;
            return Some(self.thing(head, end, of));
        }
        let attribute = words::longest(self.language, self.tokens, head, &[Class::Attribute]);
        if let Some((sense, end)) = kin.filter(|(_, end)| attribute.is_none_or(|(_, other)| other <= *end)) {
            let mention = Mention::Relative {
                of: Box::new(of),
                kin: sense.id,
                name: None,
                plural: sense.plural
                    || !words::members(sense.id).is_empty() && !matches!(sense.id, "friend" | "cousin" | "twin"),
            };
            // «Mi profesora de piano», «mi entrenador de natación».
            let subject = matches!(sense.id, "teacher" | "coach" | "classmate" | "student_of")
                && self.word(end) == "de"
                && self.tokens.get(end + 1).is_some_and(|t| t.is_word() && !t.capital && t.fold.len() > 3);
            let end = if sense.id == "neighbour" { self.past_floor(end) } else { end };
            return Some(self.with_name(mention, if subject { end + 2 } else { end }));
        }
        // «Mi número de pedido» calls nobody.
        if let Some((sense, end)) = attribute.filter(|(sense, end)| {
            !(sense.id == "phone" && self.word(*end) == "de" && NOT_PHONES.contains(&self.word(end + 1)))
        }) {
            let (row, end) = self.attribute_of(sense.id, of, end);
            return Some((row, end));
        }
        if let Some((sense, end)) = words::longest(self.language, self.tokens, head, &[Class::Pet]) {
            let mention = Mention::Animal { of: Box::new(of), species: sense.id, name: None, plural: sense.plural };
            return Some(self.with_name(mention, end));
        }
        // "Our labrador Rex".
        if let Some(species) = words::intern(Class::Pet, "dog").filter(|_| is_breed(self.word(head))) {
            let plural = !self.is_any(head, &DOGS);
            return Some(self.with_name(Mention::Animal { of: Box::new(of), species, name: None, plural }, head + 1));
        }
        if let Some((_, end)) = words::longest(self.language, self.tokens, head, THINGS) {
            return Some(self.thing(head, end, of));
        }
        // Any other thing has a place too, if it is said to be the owner's: «mi diploma».
        (own && head == at && self.tokens.get(head).is_some_and(|t| t.is_word() && t.fold.len() > 2))
            .then(|| self.thing(head, self.past_compound(head), of))
    }

    pub(super) fn is_of_an_age(&self, at: usize) -> bool {
        ["-month-old", "-months-old", "-year-old", "-week-old"].iter().any(|tail| self.word(at).ends_with(tail))
    }

    /// "My noisy upstairs neighbour": words that nobody knows between the possessive and a relation describe it.
    fn past_description(&self, at: usize, own: bool) -> usize {
        let kin = |i: usize| words::longest(self.language, self.tokens, i, &[Class::Kin, Class::Pet]).is_some();
        let plain = |i: usize| {
            self.tokens.get(i).is_some_and(|token| token.is_word() && !token.capital)
                && !self.is_any(i, &["'s", "y", "and", "or", "o", "de", "of", "is", "es", "to", "in", "en"])
                && !words::senses(Some(self.language), self.word(i))
                    .any(|sense| matches!(sense.class, Class::Kin | Class::Attribute | Class::Thing | Class::Own))
                && words::forms(self.language, &self.tokens[i].lower, self.word(i)).is_empty()
        };
        if !own || self.spanish() || kin(at) {
            return at;
        }
        (at + 1..at + 3).find(|&i| kin(i) && (at..i).all(plain)).unwrap_or(at)
    }

    /// One past an event with what it is for: "(my) flight to Dublin".
    fn past_event(&self, head: usize) -> usize {
        let end = self.phrase_end(head);
        (head + 1..end).find(|&i| self.starts_verb(i) || self.verb_at(i)).unwrap_or(end)
    }

    /// "(My) red notebook": one past an English noun with what stands before it.
    fn past_compound(&self, head: usize) -> usize {
        let plain = |i: usize| {
            self.tokens.get(i).is_some_and(|token| token.is_word() && !token.capital && token.fold.len() > 2)
                && words::forms(self.language, &self.tokens[i].lower, self.word(i)).is_empty()
                && !PHRASE_ENDS.contains(&self.word(i))
                && !SPOTS.contains(&self.word(i))
                && !BEFORE_NOUNS.contains(&self.word(i))
                && !ADVERBS.contains(&self.word(i))
        };
        if self.spanish() || !plain(head) {
            return head + 1;
        }
        (head + 1..head + 3).find(|&i| !plain(i)).unwrap_or(head + 3)
    }

    pub(super) fn thing(&self, head: usize, end: usize, of: Mention) -> (Noun, usize) {
        // «Las llaves del coche», «el cargador del portátil»: one thing with a longer name.
        let longer = if self.word(end) == "de" {
            let article = usize::from(self.is_any(end + 1, ARTICLES));
            words::longest(self.language, self.tokens, end + 1 + article, &[Class::Vehicle, Class::Own, Class::Room])
                .map(|(_, e)| e)
                .or_else(|| self.is_any(end + 1, &["repuesto", "casa", "seguro"]).then_some(end + 2))
                // «Las gafas de sol», «la caja de herramientas».
                .or_else(|| {
                    let plain = self.tokens.get(end + 1).is_some_and(|t| t.is_word() && !t.capital && t.fold.len() > 2)
                        && !BEFORE_NOUNS.contains(&self.word(end + 1))
                        && words::longest(self.language, self.tokens, end + 1, &[Class::Kin]).is_none();
                    (plain && self.spanish()).then_some(end + 2)
                })
        } else {
            None
        };
        let end = longer.unwrap_or(end);
        let text = self.source(head, end).to_owned();
        // «Mi coche nuevo».
        let end = end + usize::from(self.spanish() && self.is_any(end, &["nuevo", "nueva", "viejo", "vieja"]));
        (Noun::Thing(Mention::Thing { of: Box::new(of), key: words::key(&text), text }), end)
    }

    /// «Mi color favorito», "my favourite film".
    fn favourite(&self, at: usize, of: &Mention) -> Option<(Noun, usize)> {
        // "My new favourite colour" is one.
        let at = at + usize::from(self.is_any(at, &["new", "current", "nuevo", "nueva", "actual"]));
        let made = |first: usize, last: usize, end: usize| {
            // «Ahora el color favorito de …»
            let leads = |at: usize| ADVERBS.contains(&self.word(at)) || self.is_any(at, ARTICLES);
            let first = (first..last).find(|&at| !leads(at)).unwrap_or(first);
            let text = fold(self.source(first, last));
            let sense = words::senses(Some(self.language), &text).find(|sense| sense.class == Class::Kind);
            let kind = sense.map_or_else(|| words::key(&text), |sense| sense.id.to_owned());
            (Noun::Favourite { of: of.clone(), kind }, end)
        };
        if self.is_any(at, FAVOURITE) {
            // "My favourite part" is one of a text.
            if PASSING.contains(&self.word(at + 1)) {
                return None;
            }
            let mut end = at + 1;
            let goes_on =
                |end: usize| self.tokens.get(end).is_some_and(Token::is_word) && !self.is_any(end, &["these", "now"]);
            while end < at + 4 && goes_on(end) && !self.starts_verb(end) {
                end += 1;
            }
            // "My favourite restaurant these days".
            let past = end + 2 * usize::from(self.word(end) == "these" && self.word(end + 1) == "days");
            return (end > at + 1).then(|| self.favourite_of(made(at + 1, end, past)));
        }
        let adjective = (at + 1..at + 5).find(|&i| self.is_any(i, FAVOURITE))?;
        let inner = &self.tokens[at..adjective];
        if PASSING.contains(&self.word(at)) {
            return None;
        }
        (inner.iter().all(Token::is_word) && !(at..adjective).any(|i| self.starts_verb(i)))
            .then(|| self.favourite_of(made(at, adjective, adjective + 1)))
    }

    /// «El color favorito de mi hija», «mi película favorita de siempre».
    fn favourite_of(&self, (noun, end): (Noun, usize)) -> (Noun, usize) {
        let ever = [
            &["de", "siempre"][..],
            &["de", "todos", "los", "tiempos"],
            &["of", "all", "time"],
            &["ever"],
            &["in", "the", "world"],
            &["de", "el", "mundo"],
        ];
        let past = ever.iter().find(|words| words.iter().enumerate().all(|(i, word)| self.word(end + i) == *word));
        let end = end + past.map_or(0, |words| words.len());
        let Noun::Favourite { kind, .. } = &noun else { return (noun, end) };
        if !self.is_any(end, &["de", "of"]) {
            return (noun, end);
        }
        match self.noun(end + 1) {
            Some((Noun::Someone(of), end)) => (Noun::Favourite { of, kind: kind.clone() }, end),
            _ => (noun, end),
        }
    }

    /// Words that can only be the verb of the clause.
    fn starts_verb(&self, at: usize) -> bool {
        self.is_any(at, &["es", "son", "era", "is", "are", "was", "se", "que", "tiene", "'s", "has", "y", "and"])
    }

    /// «(La) madre de mi marido», «(el) cumpleaños de Ana», "(the) birthday of my sister".
    pub(super) fn of_somebody(&self, at: usize) -> Option<(Noun, usize)> {
        if let Some((Noun::Favourite { of, kind }, end)) = self.favourite(at, &Mention::Owner)
            && of != Mention::Owner
        {
            return Some((Noun::Favourite { of, kind }, end));
        }
        let classes = &[Class::Kin, Class::Attribute, Class::Pet, Class::Thing, Class::Vehicle, Class::Own];
        let (_, head_end) = words::longest(self.language, self.tokens, at, classes)?;
        let mut joint = head_end;
        while self.is_any(joint, &ADJECTIVES) {
            joint += 1;
        }
        if !self.is_any(joint, &["de", "of"]) {
            return None;
        }
        let (Noun::Someone(of), end) = self.noun(joint + 1)? else { return None };
        let (noun, _) = self.headed(at, of, false)?;
        Some((self.outermost(noun, joint + 1, end), end))
    }

    /// «El marido de mi hermana, Nicanor, …»: a name behind a comma is the husband's.
    fn outermost(&self, noun: Noun, inner: usize, end: usize) -> Noun {
        match noun {
            // «El pediatra de Lucas, mi hijo, …»: there the name is the son's.
            Noun::Someone(mention) if (inner..end).any(|at| self.word(at) == ",") && self.apposed(inner).is_none() => {
                Noun::Someone(mention.outermost())
            }
            noun => noun,
        }
    }

    /// "The doctor's name" of nobody in particular is nobody.
    fn attribute_of(&self, row: &'static str, of: Mention, end: usize) -> (Noun, usize) {
        // «Mi número de teléfono de la oficina» is another number.
        if of == Mention::Owner
            && self.is_any(end, &["de", "of"])
            && let Some((Noun::Someone(of), end)) = self.noun(end + 1)
        {
            return (Noun::Attribute { of, row }, end);
        }
        (Noun::Attribute { of, row }, end)
    }

    /// «La matrícula de mi coche», "the registration of my car": the plate is the owner's.
    fn plate_of(&self, at: usize) -> Option<(Noun, usize)> {
        let head = at + usize::from(self.is_any(at, ARTICLES));
        let (sense, end) = words::longest(self.language, self.tokens, head, &[Class::Attribute])?;
        let own = self.is_any(end, &["de", "of"]) && self.is_any(end + 1, POSSESSIVES);
        let (_, last) = words::longest(self.language, self.tokens, end + 2, &[Class::Vehicle])?;
        (sense.id == "plate" && own).then_some((Noun::Attribute { of: Mention::Owner, row: sense.id }, last))
    }

    /// «El doctor Ruiz», «la señora Gómez»: a title and a name.
    pub(super) fn titled(&self, at: usize) -> Option<(Noun, usize)> {
        if !self.is_any(at, TITLES) {
            return None;
        }
        let dot = usize::from(self.word(at + 1) == ".");
        let (_, end) = self.name(at + 1 + dot, Trust::Capital)?;
        Some((Noun::Someone(Mention::Named(self.source(at, end).to_owned())), end))
    }

    /// A relation or animal with the name behind it: «mi hermana Ana», «mi perro (Rocky)», «mi hermana, Ana,».
    fn with_name(&self, mention: Mention, end: usize) -> (Noun, usize) {
        let mut at = end;
        // «Mi hija la mayor», «mi hermano el de Vigo».
        at += usize::from(self.is_any(at, &["el", "la"]) && self.is_any(at + 1, &ADJECTIVES));
        while self.is_any(at, &ADJECTIVES) {
            at += 1;
        }
        // «Mi carnal el Beto».
        let article = usize::from(
            self.spanish()
                && self.is_any(at, &["el", "la"])
                && self.tokens.get(at + 1).is_some_and(|token| token.capital),
        );
        if let Some((name, end)) = self.name(at + article, Trust::Capital).or_else(|| self.small_name(at)) {
            let (name, end) = self.told_apart(name, end);
            return (Noun::Someone(mention.called(name)), end);
        }
        let (open, close) = match self.word(at) {
            "(" => (true, ")"),
            "," => (true, ","),
            _ => (false, ""),
        };
        // «Mi suegra, la señora Rosaura, …».
        let titled = usize::from(self.is_any(at + 1, ARTICLES) && self.is_any(at + 2, TITLES));
        if open && let Some((name, end)) = self.name(at + 1 + titled, Trust::Capital) {
            let last = self.tokens.get(end);
            if self.word(end) == close {
                return (Noun::Someone(mention.called(name)), end + 1);
            }
            if close == "," && last.is_none_or(Token::is_mark) {
                return (Noun::Someone(mention.called(name)), end);
            }
        }
        (Noun::Someone(mention), at)
    }
}
