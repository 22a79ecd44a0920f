//! Slots for people and animals: names, relatives, «dos hijos, Marta y Pablo».

use super::name::{TITLES, Trust};
use super::noun::Noun;
use super::slots::{Filled, Filler};
use super::{Mention, Scan};
use crate::text::{Token, fold};
use crate::time::cardinal;
use crate::words::lists::{BEFORE_NOUN_ADJECTIVES, DESCRIPTIONS, DOGS, FUNCTION, PASSING, PHRASE_ENDS};
use crate::words::{self, Class};

/// Somebody of a list, as it is written.
struct Called {
    name: String,
    age: Option<u32>,
}

impl Scan<'_> {
    /// Somebody that a verb goes with: «con mi novia», «con Laura».
    pub(super) fn someone(&self, at: usize) -> Option<(Filler, usize)> {
        if let Some(found) = self.stranger(at) {
            return Some(found);
        }
        let (Noun::Someone(mention), end) = self.noun(at)? else { return None };
        let mut filler = Filler::new(self.source(at, end));
        filler.mention = Some(mention);
        Some((filler, end))
    }

    /// With whom somebody goes out: who stands there is somebody, whatever they are called.
    pub(super) fn mate(&self, at: usize) -> Option<(Filler, usize)> {
        self.someone(at).or_else(|| {
            let (name, end) = self.name(at, Trust::Capital).filter(|_| self.unlike_nouns(at))?;
            let mut filler = Filler::new(&name);
            filler.mention = Some(Mention::Named(name));
            Some((filler, end))
        })
    }

    /// "A guy called Stefan", «un chico que se llama Iker».
    pub(crate) fn stranger(&self, at: usize) -> Option<(Filler, usize)> {
        let article = self.is_any(at, &["a", "an", "un", "una"]);
        // «Un chico nuevo, Rodrigo», "a lovely woman called June".
        let described = self.tokens.get(at + 2).is_some_and(Token::is_word) && !self.verb_at(at + 2);
        let from = [Some(at + 2), described.then_some(at + 3)]
            .into_iter()
            .flatten()
            .find_map(|behind| self.introduced(behind).filter(|from| article && *from > behind));
        let (name, end) = self.name(from?, Trust::Capital)?;
        let mut filler = Filler::new(&name);
        filler.mention = Some(Mention::Named(name));
        Some((filler, end))
    }

    /// A name by its look, where the frame alone would take too much.
    pub(super) fn trusted_name(&self, at: usize, trust: Trust) -> Option<(Filler, usize)> {
        let (name, end) =
            self.name(at, trust).or_else(|| self.name(at, Trust::Capital).filter(|_| self.unlike_nouns(at)))?;
        let ends = self.tokens.get(end).is_none_or(|t| {
            t.is_mark()
                || self.is_any(
                    end,
                    &[
                        "y", "and", "pero", "but", "tu", "your", "el", "la", "the", "de", "porque", "because", "since",
                        "as", "desde", "por", "nobody",
                    ],
                )
        });
        ends.then(|| (Filler::keyed(&name, fold(&name)), end))
    }

    /// A capital in the middle of a sentence that no table explains: «soy Memo», "I'm Priyanka".
    fn unlike_nouns(&self, at: usize) -> bool {
        let Some(token) = self.tokens.get(at).filter(|token| token.capital && at > 0 && !self.lower_case) else {
            return false;
        };
        let word = token.fold.as_str();
        let demonym = ["ish", "ese", "ian", "ican", "ist", "eno", "ena", "ense", "ano", "ana", "ista", "ic", "im"];
        let shouted = token.lower.len() > 1
            && self.text[token.start..token.end].chars().filter(|c| c.is_alphabetic()).all(char::is_uppercase);
        words::senses(None, word).next().is_none()
            && words::forms(self.language, &token.lower, word).is_empty()
            && !demonym.iter().any(|tail| word.ends_with(tail) && word.len() > tail.len() + 2)
            && !shouted
    }

    pub(super) fn given_name(&self, at: usize) -> Option<(Filler, usize)> {
        let from = at
            + usize::from(
                self.is_any(at, &["la", "el"])
                    && self.tokens.get(at + 1).is_some_and(|t| t.capital)
                    && !self.tokens[at].capital,
            );
        let (name, end) = self.name(from, Trust::Anything)?;
        let first = &self.tokens[from];
        let bad = PASSING.contains(&first.fold.as_str())
            || PHRASE_ENDS.contains(&first.fold.as_str())
            || (!first.capital
                && !first.quoted
                && (self.verb_at(from)
                    || self.is_any(
                        from,
                        &["asi", "muy", "en", "de", "a", "so", "not", "un", "una", "the", "mi", "my", "me"],
                    )));
        (!bad).then(|| (Filler::keyed(&name, fold(&name)), end))
    }

    /// «Una hermana (que se llama Ana)», «dos hijos, Marta y Pablo», "a brother named Tom".
    pub(super) fn relatives(&self, at: usize) -> Filled {
        self.counted(at, Class::Kin, |kin, plural| Mention::relative(kin, plural || !words::members(kin).is_empty()))
    }

    pub(super) fn animals(&self, at: usize) -> Filled {
        self.counted(at, Class::Pet, |species, plural| Mention::Animal {
            of: Box::new(Mention::Owner),
            species,
            name: None,
            plural,
        })
    }

    fn counted(&self, at: usize, class: Class, mention: impl Fn(&'static str, bool) -> Mention + Copy) -> Filled {
        let mut out = Vec::new();
        let mut next = at;
        loop {
            let count = cardinal(self.tokens, next);
            let mut head = count.map_or(next, |(_, end)| end);
            while self.is_any(head, &BEFORE_NOUN_ADJECTIVES)
                && words::longest(self.language, self.tokens, head, &[class]).is_none()
            {
                head += 1;
            }
            let Some((sense, end)) = words::longest(self.language, self.tokens, head, &[class])
                .or_else(|| self.breed(head, class))
                .or_else(|| self.qualified(head, class).filter(|_| count.is_some()))
                .or_else(|| self.aged(head, class))
            else {
                break;
            };
            // "A parents' evening" has no parents.
            let single = self.is_any(next, &["a", "an"])
                && (sense.plural || !words::members(sense.id).is_empty())
                && !self.spanish();
            if single {
                break;
            }
            let event = words::longest(self.language, self.tokens, head, &[Class::Event]);
            let compound =
                ["appointment", "appt", "allergy", "allergies", "person", "food", "hair", "lover", "video", "videos"];
            // "A chicken curry", "a dog biscuit".
            let served = words::kinds::of(self.language, self.tokens, end)
                .is_some_and(|(kinds, _)| class == Class::Pet && (kinds.contains(&"dish") || kinds.contains(&"snack")));
            if event.is_some_and(|(_, other)| other > end) || self.is_any(end, &compound) || served {
                break;
            }
            // «Un profesor que…» is a relation only if somebody says whose.
            let (mut fillers, end) = self.named_ones(sense, end, count.map(|(n, _)| n), mention);
            out.append(&mut fillers);
            next = end;
            let joined = self.is_any(next, &["y", "and", ",", "e"]);
            let more = next + 1 + usize::from(self.word(next) == "," && self.is_any(next + 1, &["y", "and"]));
            let again = cardinal(self.tokens, more).is_some_and(|(_, e)| {
                let head = (e..).find(|&i| !self.is_any(i, &BEFORE_NOUN_ADJECTIVES)).unwrap_or(e);
                words::longest(self.language, self.tokens, head, &[class]).is_some()
                    || self.breed(head, class).is_some()
            });
            if !joined || !again {
                break;
            }
            next = more;
        }
        out.first()?;
        Some((out, next))
    }

    /// "A corn snake", "a grumpy tabby cat": an animal behind one word that nobody knows.
    fn qualified(&self, at: usize, class: Class) -> Option<(words::Sense, usize)> {
        let token = self.tokens.get(at).filter(|_| class == Class::Pet && !self.spanish())?;
        let plain = token.is_word() && !token.capital && !self.verb_at(at) && !FUNCTION.contains(&self.word(at));
        let ends = |end: usize| {
            self.tokens.get(end).is_none_or(Token::is_mark)
                || self.is_any(end, &["called", "named", "and", "who", "that", "which"])
        };
        words::longest(self.language, self.tokens, at + 1, &[class]).filter(|(_, end)| plain && ends(*end))
    }

    /// A breed that stands here: the animal, and one past it.
    pub(crate) fn breed_at(&self, at: usize) -> Option<(&'static str, usize)> {
        let kinds = words::kinds::of(self.language, self.tokens, at);
        let of = |id: &str| kinds.filter(|(kinds, _)| kinds.contains(&id)).map(|(_, end)| end);
        let dog = of("dog_breed").or_else(|| is_breed(self.word(at)).then_some(at + 1));
        dog.map(|end| ("dog", end)).or_else(|| of("cat_breed").map(|end| ("cat", end)))
    }

    /// "A golden retriever", «un bulldog»: breeds that tell the animal.
    fn breed(&self, at: usize, class: Class) -> Option<(words::Sense, usize)> {
        let (species, first, end) = (at..at + 3)
            .find_map(|i| self.breed_at(i).map(|(species, end)| (species, i, end)))
            .filter(|(_, first, _)| {
                (at..*first).all(|i| self.tokens[i].is_word() && !self.tokens[i].capital && !self.verb_at(i))
            })?;
        let plural = is_breed(self.word(first)) && !self.is_any(first, &DOGS);
        let sense = words::Sense { class, id: words::intern(Class::Pet, species)?, plural };
        (class == Class::Pet).then_some((sense, end))
    }

    /// "An eight-month-old" is a child.
    fn aged(&self, at: usize, class: Class) -> Option<(words::Sense, usize)> {
        let sense = words::Sense { class, id: words::intern(Class::Kin, "child")?, plural: false };
        let child = words::longest(self.language, self.tokens, at + 1, &[Class::Kin]).is_none();
        (class == Class::Kin && self.is_of_an_age(at) && child).then_some((sense, at + 1))
    }

    /// What stands between a counted noun and its names: adjectives and an age.
    fn described(&self, end: usize) -> (Option<u32>, usize) {
        let (mut at, mut age) = (end, None);
        while at < end + 8 {
            let clause = self.is_any(at, &["who", "que"]) && self.is_any(at + 1, &["tiene", "is"]);
            let years = if clause || self.is_any(at, &["de", "aged"]) {
                self.years(at + 1 + usize::from(clause))
            } else {
                None
            };
            let months = self.is_any(at, &["de", "aged"])
                && cardinal(self.tokens, at + 1)
                    .is_some_and(|(_, end)| self.is_any(end, &["meses", "mes", "semanas", "months", "weeks"]));
            if months {
                at = cardinal(self.tokens, at + 1).map_or(at + 1, |(_, end)| end + 1);
            } else if let Some((filler, last)) = years {
                age = filler.key.parse().ok();
                at = last;
            } else if DESCRIPTIONS.contains(&self.word(at)) {
                at += 1;
            } else {
                break;
            }
        }
        (age, at)
    }

    /// Where a name is introduced: «que se llama», "named", a colon, or nothing but a capital.
    fn introduced(&self, at: usize) -> Option<usize> {
        let calls = |at: usize| self.is_any(at, &["llama", "llaman"]);
        match (self.word(at), self.word(at + 1), self.word(at + 2)) {
            ("," | "que", "que" | "se", _) if calls(at + 2) => Some(at + 3),
            (",", "que", "se") if calls(at + 3) => Some(at + 4),
            ("llamado" | "llamada" | "llamados" | "llamadas" | "named" | "called", _, _) => Some(at + 1),
            (",", "llamado" | "llamada" | "llamados" | "named" | "called", _) => Some(at + 2),
            ("whose", "name", "is") | ("who" | "that", "is", "called" | "named") => Some(at + 3),
            // «Un médico nuevo, el doctor Sanz».
            ("nuevo" | "nueva", ",", _) => self.introduced(at + 1),
            (":" | "," | "(" | "-" | "–" | "—", "el" | "la", _) if self.is_any(at + 2, TITLES) => {
                self.name(at + 2, Trust::Capital).map(|_| at + 2)
            }
            (":" | "," | "(" | "-" | "–" | "—", _, _) => self.name(at + 1, Trust::Capital).map(|_| at + 1),
            _ => self.name(at, Trust::Capital).map(|_| at),
        }
    }

    /// Names one after another, at most one unless there are many, and one past the last.
    fn names(&self, from: usize, many: bool) -> (Vec<Called>, usize) {
        let mut names = Vec::new();
        let (mut at, mut next) = (from, from);
        while let Some((name, last)) = self.name(at, if names.is_empty() { Trust::Anything } else { Trust::Capital }) {
            let (age, last) =
                self.age_behind(last).filter(|_| many).map_or((None, last), |(age, end)| (Some(age), end));
            names.push(Called { name, age });
            next = last;
            let joined = self.is_any(last, &["y", "and", ",", "e", "&"]);
            at = last + 1 + usize::from(self.word(last) == "," && self.is_any(last + 1, &["y", "and"]));
            if !joined || !many || self.begins_clause(at) {
                break;
            }
        }
        (names, next)
    }

    /// «Thiago de 9 y Malena de 5», "Poppy (4) and Jude (7)".
    fn age_behind(&self, at: usize) -> Option<(u32, usize)> {
        let opened = self.word(at) == "(";
        if !opened && !self.is_any(at, &["de", "aged"]) {
            return None;
        }
        if let Some((filler, end)) = self.years(at + 1) {
            let end = end + usize::from(opened && self.word(end) == ")");
            return Some((filler.key.parse().ok()?, end));
        }
        let (age, end) = cardinal(self.tokens, at + 1).filter(|(age, _)| *age < 120)?;
        let closed = opened && self.word(end) == ")";
        let settled =
            self.tokens.get(end).is_none_or(crate::text::Token::is_mark) || self.is_any(end, &["y", "and", "e"]);
        (closed || !opened && settled).then_some((age, end + usize::from(closed)))
    }

    /// The members of a group that are named behind it: «mis hijos, Marta y Pablo», "my kids are called Poppy and Jude".
    pub(crate) fn members_named(&self, group: &Mention, end: usize) -> Vec<(&'static str, String, (usize, usize))> {
        let Mention::Relative { kin, name: None, plural: true, .. } = group else { return Vec::new() };
        let called = match (self.word(end), self.word(end + 1), self.word(end + 2)) {
            ("se", "llaman", _) | ("are", "called" | "named", _) => Some(end + 2),
            ("," | "(" | ":", _, _) => Some(end + 1),
            ("son" | "are", _, _) => Some(end + 1),
            _ => Some(end),
        };
        let from = called.filter(|&at| self.name(at, Trust::Capital).is_some());
        let (names, next) = from.map_or((Vec::new(), end), |from| self.names(from, true));
        if names.len() < 2 || next <= end {
            return Vec::new();
        }
        let span = (self.tokens[end.max(1) - 1].start, self.tokens[next - 1].end);
        names.into_iter().map(|Called { name, .. }| (self.member(kin, &name), name, span)).collect()
    }

    /// Which member of a group somebody of this name is.
    fn member(&self, kin: &'static str, name: &str) -> &'static str {
        match (words::members(kin), words::is_feminine(name)) {
            ([woman, man, ..], Some(feminine)) => {
                if feminine {
                    woman
                } else {
                    man
                }
            }
            ([_, _, other], None) => other,
            _ => kin,
        }
    }

    /// The names behind a counted noun.
    fn named_ones(
        &self,
        sense: words::Sense,
        end: usize,
        count: Option<u32>,
        mention: impl Fn(&'static str, bool) -> Mention,
    ) -> (Vec<Filler>, usize) {
        let (age, at) = self.described(end);
        let many = sense.plural || !words::members(sense.id).is_empty() || count.is_some_and(|n| n > 1);
        let filler = |mention: Mention, name: Option<String>| Filler {
            text: name.unwrap_or_else(|| self.source(end - 1, end).to_owned()),
            key: String::new(),
            mention: Some(mention),
            kind: Some(sense.id),
            count: count.filter(|_| many).map(|count| (count, sense.id)),
            age,
        };
        let (names, mut next) = self.introduced(at).map_or((Vec::new(), at), |from| self.names(from, many));
        if !names.is_empty() && self.word(at) == "(" && self.word(next) == ")" {
            next += 1;
        }
        if names.is_empty() {
            return (vec![filler(mention(sense.id, many), None)], at);
        }
        let single = |Called { name, age: own }: Called| {
            let kind = self.member(sense.id, &name);
            let known = filler(mention(kind, false).called(name.clone()), Some(name));
            Filler { kind: Some(kind), age: own.or(age), ..known }
        };
        let mut fillers: Vec<Filler> = names.into_iter().map(single).collect();
        fillers.iter_mut().skip(1).for_each(|filler| filler.count = None);
        // «Un hijo, Aritz, de nueve años».
        if let [one] = &mut fillers[..]
            && one.age.is_none()
        {
            let at = next + usize::from(self.word(next) == ",");
            let at =
                at + usize::from(self.is_any(at, &["de", "aged", "who"])) + usize::from(self.is_any(at + 1, &["is"]));
            if let Some((age, last)) = self.years(at).filter(|(_, last)| *last > at + 1) {
                one.age = age.key.parse().ok();
                next = last;
            }
        }
        (fillers, next)
    }
}

/// A breed of dogs, or several of it.
pub(super) fn is_breed(word: &str) -> bool {
    DOGS.contains(&word) || word.strip_suffix('s').is_some_and(|one| DOGS.contains(&one))
}
