//! People who need no possessive to be the owner's: "Mum lives in Hove", "the wife", «la niña», «Pablo, mi novio».

use super::name::Trust;
use super::noun::{ARTICLES, Noun, POSSESSIVES};
use super::{Mention, Scan};
use crate::text::Token;
use crate::words::lists::PROFESSIONALS;
use crate::words::{self, Class};

impl Scan<'_> {
    /// «Pablo, mi novio, …», "Tom, my brother-in-law, …".
    pub(super) fn apposed(&self, at: usize) -> Option<(Noun, usize)> {
        let (name, end) = self.name(at, Trust::Capital)?;
        if self.word(end) != "," {
            return None;
        }
        let (noun, last) = if self.is_any(end + 1, POSSESSIVES) {
            let (noun, last) = self.headed(end + 2, Mention::Owner, false)?;
            self.possessed(noun, last)
        } else {
            // «Renata, la hija de mi hermana».
            self.of_somebody(end + 2).filter(|_| self.is_any(end + 1, ARTICLES))?
        };
        let Noun::Someone(
            mention @ (Mention::Relative { name: None, plural: false, .. }
            | Mention::Animal { name: None, plural: false, .. }),
        ) = noun
        else {
            return None;
        };
        let closes = usize::from(self.word(last) == ",");
        let ends = closes > 0 || self.tokens.get(last).is_none_or(Token::is_mark);
        ends.then(|| (Noun::Someone(mention.called(name)), last + closes))
    }

    /// "Uncle Ray", «(la) tía Paqui»: whose it is goes without saying.
    pub(super) fn uncle(&self, at: usize) -> Option<(Noun, usize)> {
        let near = [
            "uncle", "aunt", "auntie", "aunty", "grandma", "granny", "nana", "grandpa", "grandad", "tia", "tio",
            "abuela", "abuelo",
        ];
        let named = self.is_any(at, &near) && self.name(at + 1, Trust::Capital).is_some();
        if named { self.headed(at, Mention::Owner, false) } else { None }
    }

    /// "The kids are called …", «la niña se llama …»: an article where somebody's name follows.
    pub(super) fn the_family(&self, at: usize) -> Option<(Noun, usize)> {
        let near = [
            "kids", "children", "wife", "husband", "missus", "girls", "boys", "twins", "dog", "cat", "ninos", "peques",
            "crios", "nina", "nino", "perro", "perra", "gato", "gata", "mellizos", "gemelos", "baby", "bebe", "parrot",
            "rabbit",
        ];
        let called = self.is_any(at + 1, &["se"]) && self.is_any(at + 2, &["llama", "llaman"])
            || self.is_any(at + 1, &["is", "are", "'s"]) && self.is_any(at + 2, &["called", "named"]);
        // "The little one, Kabir, …".
        let child = [
            "little one",
            "eldest",
            "youngest",
            "middle one",
            "oldest",
            "pequeno",
            "pequena",
            "mayor",
            "mediano",
            "mediana",
        ];
        let named = child.iter().any(|words| words.split(' ').enumerate().all(|(i, word)| self.word(at + i) == word));
        let count = 1 + usize::from(self.is_any(at + 1, &["one"]));
        let child_called = self.is_any(at + count, &["se"]) && self.is_any(at + count + 1, &["llama"])
            || self.is_any(at + count, &["is", "'s"]) && self.is_any(at + count + 1, &["called", "named"]);
        // «La pequeña se llama Vega», «a la niña le da alergia el kiwi».
        let given = self.spanish() && at > 1 && self.word(at - 2) == "a" && self.is_any(at + 1, &["le", "no", "les"]);
        let pet = words::longest(self.language, self.tokens, at, &[Class::Pet]);
        let wed = ["wife", "husband", "missus", "mujer", "marido"];
        if self.word(at + 1) == ","
            && (pet.is_some_and(|(sense, end)| end == at + 1 && !sense.plural) || self.is_any(at, &wed))
            && let Some((name, end)) = self.name(at + 2, Trust::Capital)
            && self.word(end) == ","
            && let Some((Noun::Someone(mention), _)) = self.headed(at, Mention::Owner, false)
        {
            return Some((Noun::Someone(mention.called(name)), end + 1));
        }
        if named && child_called {
            return Some((Noun::Someone(Mention::relative("child", false)), at + count));
        }
        let one = ["nina", "nino", "peque", "pequena", "pequeno", "mujer", "perro", "perra", "gato", "gata"];
        if given && self.is_any(at, &one) {
            return self.headed(at, Mention::Owner, false);
        }
        if named
            && self.word(at + count) == ","
            && let Some((name, end)) = self.name(at + count + 1, Trust::Capital)
            && self.tokens.get(end).is_none_or(Token::is_mark)
        {
            let child = Mention::relative("child", false).called(name);
            return Some((Noun::Someone(child), end + usize::from(self.word(end) == ",")));
        }
        // «El pediatra de la niña», "the kids' school".
        let children =
            ["nina", "nino", "ninos", "ninas", "peque", "peques", "crios", "kids", "children", "wife", "missus"];
        let possessed = at > 1 && self.is_any(at - 2, &["de", "of", "for", "para"])
            || !self.spanish()
                && self
                    .headed(at + 1, Mention::Owner, false)
                    .is_some_and(|(noun, _)| matches!(noun, Noun::Attribute { .. }));
        if possessed && self.is_any(at, &children) {
            return self.headed(at, Mention::Owner, false);
        }
        if self.spoken_of(at) {
            return self.headed(at, Mention::Owner, false);
        }
        if !self.is_any(at, &near) || !called {
            return None;
        }
        self.headed(at, Mention::Owner, false)
    }

    /// «El suegro murió hace años», "the kids go to Oakfield Primary": there is one family to speak of.
    fn spoken_of(&self, at: usize) -> bool {
        let in_laws = ["suegro", "suegra", "cunado", "cunada", "yerno", "nuera", "parienta", "missus", "wife", "hubby"];
        let acts = self.verb_at(at + 1) || self.is_any(at + 1, &["se", "no", "ya", "is", "'s", "has"]);
        let kids =
            ["kids", "children", "twins", "girls", "boys", "ninos", "peques", "crios", "mellizos", "gemelos", "chicos"];
        let schooled = self.is_any(at + 1, &["go", "attend", "van", "estudian", "are", "estan"])
            && self.is_any(at + 2, &["to", "a", "en", "at"]);
        self.is_any(at, &in_laws) && acts || self.is_any(at, &kids) && schooled
    }

    /// «(El teléfono de) el fontanero», "the plumber's (number)": of whom there is one to whom one turns.
    pub(super) fn the_professional(&self, at: usize) -> Option<(Noun, usize)> {
        let head = at + usize::from(self.is_any(at, &["new", "nuevo", "nueva"]));
        let (sense, end) = words::longest(self.language, self.tokens, head, &[Class::Kin])?;
        let turned_to = self.word(end) == "'s" || at > 1 && self.is_any(at - 2, &["de", "of", "tiene"]);
        if sense.id == "neighbour" {
            return self.the_neighbours(head, sense.plural, end);
        }
        if !PROFESSIONALS.contains(&sense.id) || sense.plural {
            return None;
        }
        let one = Mention::relative(sense.id, false);
        // «El jefe, Óscar, …», "the landlord, Mr Fairbairn, …".
        if self.word(end) == ","
            && let Some((name, last)) = self.name(end + 1, Trust::Capital)
            && self.tokens.get(last).is_none_or(Token::is_mark)
        {
            return Some((Noun::Someone(one.called(name)), last + usize::from(self.word(last) == ",")));
        }
        // "The new manager is called Margaret".
        let called = self.is_any(end, &["is", "'s"]) && self.is_any(end + 1, &["called", "named"])
            || self.word(end) == "se" && self.word(end + 1) == "llama"
            // «Con el plomero, se llama Walter».
            || self.word(end) == "," && self.word(end + 1) == "se" && self.word(end + 2) == "llama";
        // "The vet is Mr Hargreaves".
        let title = end + 1 + usize::from(self.is_any(end + 1, &["el", "la"]));
        let called = called || self.is_any(end, &["is", "'s", "es"]) && self.titled(title).is_some();
        (turned_to && head == at || called).then_some((Noun::Someone(one), end))
    }

    /// One past where somebody lives in the house: «(la vecina) del tercero», «de enfrente».
    pub(super) fn past_floor(&self, end: usize) -> usize {
        match (self.word(end), self.word(end + 1)) {
            ("de", "el" | "la" | "lo") => end + 3,
            ("de", "arriba" | "abajo" | "enfrente") => end + 2,
            _ => end,
        }
    }

    /// "The couple next door are Ray and Sheila", «los vecinos se llaman Pilar y Ernesto»: whose they are goes without saying
    /// where they are named.
    fn the_neighbours(&self, head: usize, plural: bool, end: usize) -> Option<(Noun, usize)> {
        let several = plural || self.is_any(head, &["couple", "people", "family", "pareja", "familia", "gente"]);
        let end = self.past_floor(end);
        let called = self.is_any(end, &["is", "are", "'s"]) && self.is_any(end + 1, &["called", "named"])
            || self.word(end) == "se" && self.is_any(end + 1, &["llama", "llaman"]);
        let is = self.is_any(end, &["is", "are", "'s", "es", "son"]);
        let article = end + 1 + usize::from(self.is_any(end + 1, &["the", "los"]));
        let named = called || is && self.tokens.get(article).is_some_and(|token| token.capital && token.is_word());
        named.then(|| (Noun::Someone(Mention::relative("neighbour", several)), end))
    }

    /// "Mum lives in Hove": the nearest relatives need no possessive where a verb follows.
    pub(crate) fn bare_relative(&self, at: usize) -> Option<(Noun, usize)> {
        let near = ["mum", "mom", "dad", "mam", "nan", "grandma", "grandpa", "granny", "grandad", "mama", "papa"];
        let begins = at == 0
            || self.tokens[at - 1].is_mark()
            || self.is_any(at - 1, &["and", "y", "but", "pero", "so", "because", "a", "while"]);
        if !self.is_any(at, &near)
            || !begins
            || !(self.verb_at(at + 1) || self.is_any(at + 1, &["'s", "has", "se", "le"]))
        {
            return None;
        }
        let (sense, end) = words::longest(self.language, self.tokens, at, &[Class::Kin])?;
        Some((Noun::Someone(Mention::relative(sense.id, false)), end))
    }
}
