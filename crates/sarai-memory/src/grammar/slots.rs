//! What may stand in a slot of a frame: places, jobs, things, numbers, relatives.
//!
//! Every slot has hints that a sentence about something else fails: «vivo en paz» names no place. When in doubt a slot
//! stays empty, and nothing is stored.

use super::name::Trust;
use super::{Mention, Scan};
use crate::text::{Kind, fold};
use crate::time::{When, cardinal, date, number};
use crate::words::lists::{ABBREVIATIONS, DETERMINERS, PASSING, PHRASE_ENDS};
use crate::words::{self, Class};

/// What stands in a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filler {
    pub(crate) text: String,
    pub(crate) key: String,
    pub(crate) mention: Option<Mention>,
    pub(crate) kind: Option<&'static str>,
    /// How many of it, where it was said.
    pub(crate) count: Option<(u32, &'static str)>,
    /// An age that was said with a relative: «un hijo de 5 años».
    pub(crate) age: Option<u32>,
}

impl Filler {
    pub(crate) fn new(text: &str) -> Self {
        let text = text.trim().trim_matches(['"', '«', '»', '“', '”', '\'']).trim();
        Self { text: text.to_owned(), key: words::key(text), mention: None, kind: None, count: None, age: None }
    }

    pub(crate) fn keyed(text: &str, key: String) -> Self {
        Self { key, ..Self::new(text) }
    }
}

/// One or more fillers, and one past their end.
pub(crate) type Filled = Option<(Vec<Filler>, usize)>;

/// Sizes that are named by letters, as they are written.
const LETTER_SIZES: &[&str] = &["XS", "S", "M", "L", "XL", "XXL", "XXXL"];

/// Whether a measure is one of weight, and says so.
fn is_weight(key: &str) -> bool {
    ["kilo", "kg", "pound", "lb", "stone"].iter().any(|unit| key.contains(unit))
}

/// The longest phrase that a slot takes, in words.
const PHRASE_MAX: usize = 9;
/// Whom one may be seeing; a therapist is somebody else.
const SWEETHEARTS: &[&str] = &["guy", "girl", "man", "woman", "lad", "bloke", "lady", "boy", "dude", "fella", "chap"];

impl Scan<'_> {
    /// Fills a slot by its name in the frames.
    pub(crate) fn slot(&self, name: &str, at: usize) -> Filled {
        let one = |found: Option<(Filler, usize)>| found.map(|(filler, end)| (vec![filler], end));
        // «Vivo en 🏝 Tenerife».
        let at = (at..self.tokens.len()).find(|&i| !self.tokens[i].is_picture()).unwrap_or(at);
        match name {
            "place" => one(self.place(at)),
            "org" => one(self.organisation(at)),
            "name" => one(self.given_name(at)),
            "thing" => self.things(at, false),
            "like" => self.things(at, true),
            "phrase" => one(self.phrase(at)),
            "job" => one(self.job(at, false)),
            "anyjob" => one(self.job(at, true)),
            "num" => one(self.figure(at, "")),
            "years" => one(self.years(at)),
            "date" => one(self.date_slot(at)),
            // A day of each year: «cumplí los 30 el 3 de mayo», but not «ayer».
            "annual" => {
                one(self.date_slot(at).filter(|(filler, _)| filler.key.starts_with("--") && filler.key.len() == 7))
            }
            "lang" | "nation" => self.listed(at, &[Class::Nation]),
            "illness" => self.illnesses(at),
            "medicine" => self.medicines(at),
            "remedy" => one(self.remedy(at)),
            "allergen" => one(self.allergen(at)),
            "lessons" => one(self.lessons(at)),
            "taught" => one(self.taught(at)),
            "anyevent" => one(self.any_event(at)),
            "knownorg" => one(self.organisation(at).filter(|(filler, _)| !filler.key.starts_with("c:"))),
            "state" => one(self.of_class(at, &[Class::State])),
            "trait" => one(self.of_class(at, &[Class::Trait])),
            "diet" => one(self.of_class(at, &[Class::Diet])),
            "religion" => one(self.of_class(at, &[Class::Religion])),
            "sport" => self.listed(at, &[Class::Sport, Class::Activity]),
            "instrument" => self.listed(at, &[Class::Instrument]),
            "degree" => self.listed(at, &[Class::Degree]),
            "food" => self.listed(at, &[Class::Food, Class::Allergen]),
            "own" => one(self.owned(at)),
            "brand" => one(self.branded(at)),
            "kin" => self.relatives(at),
            "pet" => self.animals(at),
            _ => self.slot_of_figures_and_life(name, at),
        }
    }

    /// The slots of figures, of what people do and of where things are.
    fn slot_of_figures_and_life(&self, name: &str, at: usize) -> Filled {
        let one = |found: Option<(Filler, usize)>| found.map(|(filler, end)| (vec![filler], end));
        match name {
            "phone" => one(self.phone(at)),
            "email" => one(self.email(at)),
            "address" => one(self.address(at)),
            "measure" => one(self.measure(at)),
            "size" => one(self.size(at)),
            "blood" => one(self.blood(at)),
            "plate" => one(self.plate(at)),
            "event" => one(self.event(at)),
            "spot" => one(self.spot(at)),
            "goal" => one(self.goal(at)),
            "text" => one(self.joined(at)),
            "street" => one(self.street(at)),
            "someone" => one(self.someone(at)),
            "mate" => one(self.mate(at)),
            "stranger" => one(self.stranger(at).filter(|_| self.is_any(at + 1, SWEETHEARTS))),
            "people" => self.people(at),
            "rhesus" => one(self.blood(at).filter(|(filler, end)| filler.key.len() > 1 && self.settles(*end))),
            "letters" => one(self.size(at).filter(|(filler, end)| {
                let of = self.is_any(*end, &["de", "en"]);
                LETTER_SIZES.contains(&filler.text.as_str()) && (self.settles(*end) || of)
            })),
            "kilos" => one(self.measure(at).filter(|(filler, end)| is_weight(&filler.key) && self.settles(*end))),
            "strictname" => one(self.trusted_name(at, Trust::Strict)),
            "capname" => one(self.trusted_name(at, Trust::Capital)),
            "trade" => one(self.trade(at)),
            "knownlike" => {
                self.things(at, true).filter(|(list, _)| list.iter().all(|filler| filler.key.starts_with("c:")))
            }
            "knownplace" => one(self.place(at).filter(|(filler, _)| filler.key.starts_with("c:"))),
            "school" => one(self.school(at)),
            "wish" => one(self.wish(at)),
            "kept" => one(self.kept(at)),
            "parked" => one(self.parked(at)),
            "habitual" => one(self.habitual(at)),
            "tall" => one(self.measure(at).filter(|(_, end)| {
                let feet = self.word(at + 1) == "'" && self.tokens.get(at + 2).is_some_and(|t| t.kind == Kind::Number);
                // "I'm 5 foot 4", but no "10 feet away".
                let foot = self.is_any(at + 1, &["foot", "feet", "ft"]) && *end > at + 2 && self.settles(*end);
                feet || foot || self.is_any(*end, &["tall"]) || self.is_any(*end - 1, &["tall"])
            })),
            "shop" => one(self.shop(at)),
            "course" => one(self.course(at)),
            "preferred" => one(self.preferred(at)),
            "fanned" => one(self.before(at, &["fan", "supporter"]).filter(|_| self.tokens[at].capital)),
            "kind" => one(self.before(at, &["person"]).filter(|(filler, _)| filler.key.starts_with("c:"))),
            "zodiac" => one(self.zodiac(at)),
            "lessonsof" => one(self.before(at, &["lessons", "classes"]).map(|(filler, end)| (filler, end + 1))),
            "dieting" => one(self.dieting(at)),
            "intolerant" => one(self.before(at, &["intolerant"]).map(|(filler, end)| (filler, end + 1))),
            "removed" => one(self.before(at, &["out", "removed"])),
            "anydrug" => one(self.any_drug(at)),
            "surgery" => one(self.surgery(at)),
            "duty" => one(self.duty(at)),
            "challenge" => one(self.challenge(at)),
            "team" => one(self.team(at)),
            "born" => one(self.year_born(at)),
            _ => None,
        }
    }

    fn is_by_the_way(&self, at: usize) -> bool {
        self.is_any(at, &["by"]) && self.is_any(at + 1, &["the"]) && self.is_any(at + 2, &["way"])
    }

    /// One past the last word of the phrase that begins here.
    pub(crate) fn phrase_end(&self, at: usize) -> usize {
        let mut end = at;
        while end < self.tokens.len() && end < at + PHRASE_MAX {
            let token = &self.tokens[end];
            // "Dr. Chen" goes on behind its full stop.
            let short = token.is(".")
                && end > at
                && ABBREVIATIONS.contains(&self.word(end - 1))
                && self.tokens.get(end + 1).is_some_and(|t| t.capital);
            // "Everton any more", "vegan anymore".
            let late =
                end > at && (token.is("anymore") || token.is("any") && self.is_any(end + 1, &["more", "longer"]));
            let stop = late
                || (token.is_mark() && !token.quoted && !short)
                || PHRASE_ENDS.contains(&token.fold.as_str())
                || self.is_by_the_way(end)
                || (end > at && self.begins_time(end));
            if stop {
                break;
            }
            end += 1;
        }
        while end > at
            && self.is_any(
                end - 1,
                &["en", "a", "de", "in", "at", "on", "the", "for", "with", "con", "very", "much", "by", "from", "is"],
            )
        {
            end -= 1;
        }
        end
    }

    /// Whether words about time begin here: «en 2019», «todos los lunes», "last year".
    pub(super) fn begins_time(&self, at: usize) -> bool {
        let named = date(self.tokens, at, self.lookup)
            .is_some_and(|(when, _)| !matches!(when, When::Month(_)) || self.is_any(at, &["en", "in"]));
        let dated = self.is_any(at, &["el", "on", "the"])
            && self.tokens.get(at + 1).is_some_and(|token| token.kind == Kind::Number)
            && date(self.tokens, at + 1, self.lookup).is_some();
        named
            || dated
            || self.is_any(at, &["todos", "todas", "every", "each"])
            || (self.is_any(at, &["los", "on"]) && crate::time::weekday(self.word(at + 1)).is_some())
            || (self.is_any(at, &["cada"])
                && self.is_any(
                    at + 1,
                    &[
                        "dia",
                        "manana",
                        "noche",
                        "tarde",
                        "semana",
                        "mes",
                        "ano",
                        "lunes",
                        "martes",
                        "miercoles",
                        "jueves",
                        "viernes",
                        "sabado",
                        "domingo",
                    ],
                ))
            || (self.is_any(at, &["for"]) && cardinal(self.tokens, at + 1).is_some())
            || crate::time::clock(self.tokens, at).is_some()
    }

    pub(super) fn phrase(&self, at: usize) -> Option<(Filler, usize)> {
        let end = self.phrase_end(at);
        // "The Wire" is a name, with its article.
        let named = at > 0
            && self.tokens.get(at).is_some_and(|t| t.capital)
            && self.tokens.get(at + 1).is_some_and(|t| t.capital);
        let from = at + usize::from(self.is_any(at, &DETERMINERS) && !named);
        (end > from).then(|| (Filler::new(self.source(from, end)), end))
    }

    /// Whether nothing but another thought or a time stands here.
    fn settles(&self, at: usize) -> bool {
        self.tokens.get(at).is_none_or(crate::text::Token::is_mark)
            || self.is_any(at, &["y", "and", "pero", "but", "desde", "since", "ya", "now"])
            || self.begins_time(at)
    }

    /// Somebody, or some people parted by commas and «y».
    fn people(&self, at: usize) -> Filled {
        let (first, mut end) = self.someone(at)?;
        let mut out = vec![first];
        while self.is_any(end, &["y", "e", "and", ","]) && out.len() < 8 {
            let next = end + 1 + usize::from(self.word(end) == "," && self.is_any(end + 1, &["y", "e", "and"]));
            let Some((other, last)) = self.mate(next).filter(|(_, last)| !self.verb_at(*last)) else { break };
            out.push(other);
            end = last;
        }
        Some((out, end))
    }

    /// A list of things, parted by commas and «y».
    fn things(&self, at: usize, liked: bool) -> Filled {
        // "Off limits, I'm allergic to them" names nothing.
        if self.is_any(at, &["them", "it", "those", "that", "ello", "eso", "ellos", "ellas"]) {
            return None;
        }
        let mut out = Vec::new();
        let mut next = at;
        while let Some((filler, end)) = self.one_thing(next, liked) {
            out.push(filler);
            next = end;
            let joined = self.is_any(next, &["y", "e", "and", "ni", "or", "o", ","]);
            let more =
                next + 1 + usize::from(self.word(next) == "," && self.is_any(next + 1, &["y", "e", "and", "ni", "or"]));
            // «Es alérgica a la penicilina y mi marido también».
            if !joined || self.begins_clause(more) || out.len() >= 8 || self.turns_to_another(more - 1) {
                break;
            }
            // After a comma there is a list only if it comes to an end: «el cine, la música y el mar».
            if self.word(next) == "," && !self.list_goes_on(more) {
                break;
            }
            match self.one_thing(more, liked) {
                Some((_, end)) if end > more => next = more,
                _ => break,
            }
        }
        let end = out.last().map(|_| next)?;
        Some((out, end))
    }

    /// Whether «y» stands before the sentence's next verb or end.
    fn list_goes_on(&self, at: usize) -> bool {
        (at..self.tokens.len().min(at + 12))
            .take_while(|&i| !self.tokens[i].is_mark() || self.word(i) == ",")
            .take_while(|&i| i == at || !self.begins_clause(i))
            .any(|i| self.is_any(i, &["y", "e", "and", "ni", "or"]) && !self.begins_clause(i + 1))
    }

    fn one_thing(&self, at: usize, liked: bool) -> Option<(Filler, usize)> {
        let mut from = at;
        if self.spanish() && self.word(from) == "a" && self.is_any(from + 1, &["el", "la", "los", "las"]) {
            from += 1;
        }
        let infinitive = !self.spanish() && self.word(from) == "to";
        from += usize::from(self.is_any(from, &["to", "al"]) || self.is_any(from, &DETERMINERS));
        let end = self.phrase_end(from);
        if end <= from || (PASSING.contains(&self.word(from)) || PASSING.contains(&self.word(at))) && liked {
            return None;
        }
        if infinitive && end == from + 1 && self.is_any(from, &["do", "go", "help", "start"]) {
            return None;
        }
        let words = (from..end).filter(|&i| self.tokens[i].is_word()).count();
        let text = self.source(from, end);
        (words > 0).then(|| {
            let mut filler = Filler::new(text);
            if infinitive || (filler.key == fold(&filler.text) && !self.spanish()) {
                let gerund = words::key(&format!("{}ing", filler.key));
                if gerund.starts_with("c:") {
                    filler.key = gerund;
                }
            }
            (filler, end)
        })
    }

    /// Whether a clause of its own begins here.
    pub(crate) fn begins_clause(&self, at: usize) -> bool {
        let pronouns = [
            "yo", "i", "he", "she", "we", "they", "you", "ella", "me", "te", "se", "le", "les", "nos", "no", "it",
            "ya", "tu", "there", "it's", "hay",
        ];
        if self.is_any(at, &pronouns) || self.tokens.get(at).is_some_and(|token| token.lower == "él") {
            return true;
        }
        if self.word(at) == "a" && self.is_any(at + 1, &["mi", "mis", "ella", "veces"]) {
            return true;
        }
        let modal = |end: usize| {
            !self.spanish()
                && self.is_any(end, &["can", "could", "will", "would", "should", "must", "might", "'s", "does", "did"])
        };
        if let Some((_, end)) = self.noun(at)
            && (self.verb_at(end) || modal(end))
        {
            return true;
        }
        self.verb_at(at)
    }

    pub(crate) fn verb_at(&self, at: usize) -> bool {
        let Some(token) = self.tokens.get(at).filter(|token| !token.capital || at == 0) else { return false };
        let finite = |form: &words::Form| {
            matches!(
                form.tense,
                words::Tense::Present | words::Tense::Past | words::Tense::Imperfect | words::Tense::Future
            ) && (self.spanish()
                || form.person == words::Person::Third
                || !matches!(
                    token.fold.as_str(),
                    "name"
                        | "park"
                        | "dance"
                        | "store"
                        | "place"
                        | "rent"
                        | "work"
                        | "play"
                        | "run"
                        | "fall"
                        | "drive"
                        | "paint"
                        | "train"
                        | "hope"
                        | "love"
                        | "drink"
                        | "sleep"
                        | "walk"
                        | "ride"
                ))
        };
        token.is_word() && words::forms(self.language, &token.lower, &token.fold).iter().any(finite)
    }

    fn figure(&self, at: usize, unit: &str) -> Option<(Filler, usize)> {
        let from = at + usize::from(self.is_any(at, &["un", "el", "la", "a"]) && number(self.tokens, at + 1).is_some());
        let (value, end) = number(self.tokens, from)?;
        Some((Filler::keyed(self.source(from, end), format!("{value}{unit}")), end))
    }

    /// «34 años», "34 years old", `34`.
    pub(crate) fn years(&self, at: usize) -> Option<(Filler, usize)> {
        let (value, mut end) = cardinal(self.tokens, at).filter(|(value, _)| *value <= 120)?;
        if self.is_any(at, &["a", "an", "un", "una"]) && !self.is_any(end, &["ano"]) {
            return None;
        }
        if self.is_any(
            end,
            &[
                "anos",
                "ano",
                "anitos",
                "anazos",
                "tacos",
                "castanas",
                "years",
                "year",
                "yrs",
                "yo",
                "primaveras",
                "pirulos",
                "abriles",
            ],
        ) {
            end += 1;
            if self.is_any(end, &["old", "de"]) {
                end += 1 + usize::from(self.word(end + 1) == "edad");
            }
        } else if self.is_any(end, &["meses", "months", "semanas", "weeks"])
            || !self.tokens.get(end).is_none_or(|t| t.is_mark() || PHRASE_ENDS.contains(&t.fold.as_str()))
                && !self.begins_time(end)
                && !self.is_by_the_way(end)
        {
            return None;
        }
        Some((Filler::keyed(&value.to_string(), value.to_string()), end))
    }

    fn date_slot(&self, at: usize) -> Option<(Filler, usize)> {
        let (when, end) = date(self.tokens, at, self.lookup)?;
        let key = match when {
            When::Date(date) => date.to_string(),
            When::Annual { month, day } => format!("--{month:02}-{day:02}"),
            When::Month(month) => format!("--{month:02}"),
        };
        let from = (at..end).find(|&i| !self.is_any(i, &["el", "on", "the", "en", "in", "dia"])).unwrap_or(at);
        Some((Filler::keyed(self.source(from, end), key), end))
    }

    pub(super) fn of_class(&self, at: usize, classes: &[Class]) -> Option<(Filler, usize)> {
        let from = at + usize::from(self.is_any(at, &["un", "una", "a", "an", "el", "la", "los", "las", "the"]));
        let (_, end) = words::longest(self.language, self.tokens, from, classes)?;
        Some((Filler::new(self.source(from, end)), end))
    }

    /// A list of words of these classes.
    pub(super) fn listed(&self, at: usize, classes: &[Class]) -> Filled {
        let (first, mut end) = self.of_class(at, classes)?;
        let mut out = vec![first];
        // "Welsh at home and decent French".
        let aside = classes == [Class::Nation]
            && (self.is_any(end, &["at"]) && self.is_any(end + 1, &["home", "work"])
                || self.is_any(end, &["en"]) && self.is_any(end + 1, &["casa"]));
        end += 2 * usize::from(aside && self.is_any(end + 2, &["y", "and", ","]));
        while self.is_any(end, &["y", "e", "and", ",", "ni", "or", "o", "and also"]) {
            let next =
                end + 1 + usize::from(self.word(end) == "," && self.is_any(end + 1, &["y", "e", "and", "ni", "or"]));
            // «Un poco de francés», "decent French".
            let grade = [
                "decent",
                "some",
                "a",
                "bit",
                "of",
                "little",
                "fluent",
                "basic",
                "conversational",
                "good",
                "rusty",
                "un",
                "poco",
                "algo",
                "de",
                "bastante",
                "passable",
                "broken",
                "enough",
            ];
            let mut head = next;
            while classes == [Class::Nation] && head < next + 4 && self.is_any(head, &grade) {
                head += 1;
            }
            let Some((filler, last)) = self.of_class(next, classes).or_else(|| self.of_class(head, classes)) else {
                break;
            };
            out.push(filler);
            end = last;
        }
        Some((out, end))
    }

    /// «Dos cafés al día».
    fn habitual(&self, at: usize) -> Option<(Filler, usize)> {
        let end = self.phrase_end(at);
        let daily = (at..end).any(|i| {
            self.is_any(i, &["dia", "day", "semana", "week"]) && self.is_any(i - 1, &["el", "la", "a", "per", "por"])
        });
        daily.then(|| (Filler::new(self.source(at, end)), end))
    }

    /// Neither a mark nor a word that turns elsewhere.
    fn goes_on(&self, at: usize) -> bool {
        let ends = self.tokens[at].is_mark() && !self.tokens[at].quoted;
        !ends && !self.is_any(at, &["pero", "but", "porque", "because", "asi"])
    }

    pub(super) fn goal(&self, at: usize) -> Option<(Filler, usize)> {
        let from = at + usize::from(self.is_any(at, &["to"]));
        let mut end = from;
        while end < self.tokens.len() && end < from + 14 && self.goes_on(end) {
            end += 1;
        }
        (end > from + usize::from(!self.spanish())).then(|| (Filler::new(self.source(from, end)), end))
    }

    /// "They/them".
    fn joined(&self, at: usize) -> Option<(Filler, usize)> {
        let mut end = self.phrase_end(at);
        while self.word(end) == "/" && self.tokens.get(end + 1).is_some_and(crate::text::Token::is_word) {
            end += 2;
        }
        (end > at).then(|| (Filler::new(self.source(at, end)), end))
    }

    /// «(Soy del) 86».
    fn year_born(&self, at: usize) -> Option<(Filler, usize)> {
        let token = self.tokens.get(at).filter(|token| token.kind == Kind::Number)?;
        let year: i32 = token.fold.parse().ok()?;
        let this = self.lookup.today.year();
        let year = match (token.fold.len(), year) {
            (4, year) => year,
            (2, year) if 2000 + year > this - 14 => 1900 + year,
            (2, year) => 2000 + year,
            _ => return None,
        };
        let lives = (this - 110..=this - 5).contains(&year) && self.settles(at + 1);
        lives.then(|| (Filler::keyed(&year.to_string(), year.to_string()), at + 1))
    }

    fn team(&self, at: usize) -> Option<(Filler, usize)> {
        let from = at + usize::from(self.is_any(at, &["el", "la", "los", "the"]));
        let end = self.phrase_end(from);
        self.tokens
            .get(from)
            .filter(|t| (t.capital || self.lower_case) && end > from && !t.is("lo") && !t.is("grupo"))
            .map(|_| (Filler::new(self.source(from, end)), end))
    }
}
