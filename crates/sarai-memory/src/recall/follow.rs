//! A question that leans on the one before it, made whole: «¿y mi hermano?», "since when?", "how old is she?".
//!
//! Words are put together, not meanings, so that the whole is understood by the rules for any question. Where it leans on
//! nothing, or nobody could tell on what, it stays as it is.

use sarai_types::Language;

use super::form::ASKING;
use super::question::NOW;
use super::wanted::asks_the_clock;
use crate::extract::language_of;
use crate::grammar::name::Trust;
use crate::grammar::noun::Noun;
use crate::grammar::{Mention, Scan};
use crate::text::{Ending, Token, clip, sentences, tokens};
use crate::time::{Date, Direction, Lookup, date};
use crate::words::{self, Class, Person};

/// A longer question says itself what it is about, in tokens.
const LEANING_TOKENS_MAX: usize = 12;
/// As much of either question is read, in bytes and tokens.
const READ_BYTES_MAX: usize = 512;
const TOKENS_MAX: usize = 80;
/// Nouns behind a question word: "which bank account".
const ASKED_WORDS_MAX: usize = 2;

/// What ties a question to the one before it.
const TIES: &[&[&str]] = &[
    &["y", "que", "hay", "de"],
    &["y", "que", "pasa", "con"],
    &["que", "hay", "de"],
    &["y", "que", "tal"],
    &["and", "what", "about"],
    &["and", "how", "about"],
    &["but", "what", "about"],
    &["what", "about"],
    &["how", "about"],
    &["y"],
    &["and"],
];
/// What may stand before a question word and says nothing of it.
const LEADS: &[&str] = &["e", "pero", "but", "so", "entonces", "then", "ok", "vale", "oye", "ah", "oh", "and", "y"];
const BEHIND: &[&str] = &[
    "a", "de", "en", "con", "desde", "para", "por", "hasta", "at", "in", "since", "from", "with", "for", "on", "until",
];
/// Question words that name besides what they ask for: «qué coche», "how long".
const NAMING: &[&str] = &["que", "cual", "cuanto", "cuanta", "cuantos", "cuantas", "what", "which", "how", "whose"];
/// Alone they ask for an explanation, or to hear it again.
const VAGUE: &[&str] = &["que", "what", "how", "como", "who", "quien", "quienes", "cual", "which"];
const COPULAS: &[&str] = &["es", "son", "era", "eran", "fue", "is", "are", "was", "were", "'s"];
const AUXILIARIES: &[&str] = &["do", "does", "did", "has", "have", "had", "can", "will", "would"];
/// Stand for what was asked about.
const PRONOUNS: &[&str] = &["he", "she", "it", "they", "him", "them", "that"];
const POSSESSIVES: &[&str] = &["his", "her", "its", "their", "su", "sus"];
/// «¿Qué tiempo hace?», «¿qué significa?» are about nobody who was spoken of.
const IMPERSONAL: &[&str] = &["haber", "llover", "nevar", "significar", "pasar", "ocurrir", "costar", "valer"];
/// Behind «qué», "how" they ask of what is done, not of whom it is: "for how long?"
const OF_DOING: &[&str] =
    &["hora", "time", "dia", "day", "date", "fecha", "tiempo", "long", "much", "often", "year", "ano"];

/// Words of a question, and where in them stands what they ask with.
struct Asked<'a> {
    scan: Scan<'a>,
    /// One past what ties it to another question; 0 where nothing does.
    tied: usize,
    /// The question words, with the preposition before and the noun behind.
    asks: (usize, usize),
}

/// The question as it would be if nobody had asked before. `whom` is who answered the one before, where that names
/// nobody: «¿quién vive en Madrid?»
pub(crate) fn whole(
    text: &str,
    before: &str,
    whom: Option<&str>,
    today: Date,
    known: &dyn Fn(&str) -> bool,
) -> Option<String> {
    let (text, before) = (clip(text, READ_BYTES_MAX), clip(before, READ_BYTES_MAX));
    let (said, earlier) = (question_of(text)?, question_of(before)?);
    let language = language_of(&earlier)?;
    if said.len() > LEANING_TOKENS_MAX || language_of(&said).is_some_and(|own| own != language) {
        return None;
    }
    let said = Asked::new(text, &said, language, today, known);
    let earlier = Asked::new(before, &earlier, language, today, known);
    if said.asks_the_same_of_anybody() {
        return None;
    }
    let whole = said
        .names_another(&earlier)
        .or_else(|| said.asks_otherwise(&earlier, whom))
        .or_else(|| said.asks_of_the_same(&earlier, whom))?;
    Some(format!("{}?", whole.trim()))
}

/// The tokens of the last question of the text, or of its last sentence.
fn question_of(text: &str) -> Option<Vec<Token>> {
    let all = tokens(text, TOKENS_MAX);
    let list = sentences(&all, text);
    let one = list.iter().rev().find(|s| s.ending == Ending::Question).or_else(|| list.last())?;
    let tokens: Vec<Token> = all[one.first..one.last].iter().filter(|token| !token.is_picture()).cloned().collect();
    let from = tokens.iter().position(|token| !token.is_mark())?;
    let last = tokens.iter().rposition(|token| !token.is_mark())?;
    Some(tokens[from..=last].to_vec())
}

impl<'a> Asked<'a> {
    fn new(
        text: &'a str,
        tokens: &'a [Token],
        language: Language,
        today: Date,
        known: &'a dyn Fn(&str) -> bool,
    ) -> Self {
        let lookup = Lookup { today, direction: Direction::Past, month_first: language == Language::English };
        let lower_case = !tokens.iter().skip(1).any(|token| token.capital && !token.is("i"));
        let scan = Scan { text, tokens, language, lower_case, known, work: false, lookup };
        let begins = |tie: &&&[&str]| tie.iter().enumerate().all(|(at, word)| scan.is_any(at, &[word]));
        let tied = TIES.iter().find(begins).map_or(0, |tie| tie.len());
        let mut asked = Self { scan, tied, asks: (0, 0) };
        asked.asks = asked.question_words();
        asked
    }

    /// Where the question words stand, if it begins with any.
    fn question_words(&self) -> (usize, usize) {
        let scan = &self.scan;
        let mut first = self.tied;
        while scan.is_any(first, LEADS) || scan.tokens.get(first).is_some_and(Token::is_mark) {
            first += 1;
        }
        let at = first + usize::from(scan.is_any(first, BEHIND));
        if !scan.is_any(at, ASKING) {
            return (first, first);
        }
        let mut end = at + 1;
        while scan.is_any(at, NAMING) && end <= at + ASKED_WORDS_MAX && self.is_asked_for(end) {
            end += 1;
        }
        // "Who with?"
        if end + 1 == self.last() && scan.is_any(end, BEHIND) {
            end += 1;
        }
        (first, end)
    }

    /// Whether a noun stands here, behind "which".
    fn is_asked_for(&self, at: usize) -> bool {
        let verb = |at: usize| {
            let token = self.scan.tokens.get(at);
            token.is_some_and(|token| !words::forms(self.scan.language, &token.lower, &token.fold).is_empty())
        };
        let shut = [COPULAS, AUXILIARIES, PRONOUNS, POSSESSIVES, BEHIND].iter().any(|list| self.scan.is_any(at, list))
            || self.scan.is_any(
                at,
                &[
                    "i", "we", "you", "am", "my", "mi", "mis", "the", "el", "la", "los", "las", "me", "te", "se", "le",
                    "not", "no",
                ],
            );
        // «Marca» is a verb too, and is none before another.
        self.scan.tokens.get(at).is_some_and(Token::is_word) && !shut && (!verb(at) || verb(at + 1))
    }

    /// One past the last word.
    const fn last(&self) -> usize {
        self.scan.tokens.len()
    }

    fn text(&self, first: usize, last: usize) -> &'a str {
        self.scan.source(first, last)
    }

    fn rest(&self) -> &'a str {
        self.text(self.asks.1, self.last())
    }

    /// Whom or what it names behind its question words, and where: «mi hermana», "my dentist appointment".
    fn named(&self) -> Option<(usize, usize)> {
        let mut at = self.asks.1;
        while at < self.last() {
            let Some((noun, end)) = self.scan.noun(at) else {
                at += 1;
                continue;
            };
            match (&noun, noun.whose()) {
                (_, Mention::Pronoun { .. }) | (Noun::Someone(_), Mention::Owner) => {}
                (Noun::Someone(_) | Noun::Thing(_), _) | (_, Mention::Owner) => return Some((at, end)),
                // "My sister's age", «la edad de mi hermana»: whose it is.
                (Noun::Attribute { .. } | Noun::Favourite { .. }, _) => {
                    let owner = (at..end).find(|&i| self.scan.is_any(i, &["'s"])).map(|i| (at, i));
                    let of = (at..end).find(|&i| self.scan.is_any(i, &["de", "of"])).map(|i| (i + 1, end));
                    return owner.or(of).or(Some((at, end)));
                }
            }
            at = end.max(at + 1);
        }
        None
    }

    /// The car of «¿qué coche tengo?», as the owner's.
    fn asked_for(&self) -> Option<String> {
        let classes = [Class::Vehicle, Class::Own, Class::Thing, Class::Pet, Class::Kin];
        let (first, end) = self.asks;
        let at =
            (first..end).find(|&at| words::longest(self.scan.language, self.scan.tokens, at, &classes).is_some())?;
        let mine = if self.scan.spanish() { "mi" } else { "my" };
        self.is_the_owners().then(|| format!("{mine} {}", self.text(at, end)))
    }

    fn is_the_owners(&self) -> bool {
        (self.asks.1..self.last()).any(|at| {
            self.scan.is_any(at, &["i", "we", "my", "mi", "mis"])
                || self.scan.spanish() && words::in_first_person(&self.scan.tokens[at])
        })
    }

    /// Whom or what it is about, in words that can be put into another question.
    fn whom(&self, whom: Option<&str>) -> Option<String> {
        let named = self.named().map(|(first, end)| self.text(first, end).to_owned());
        named.or_else(|| self.asked_for()).or_else(|| whom.map(str::to_owned))
    }

    /// «¿Y mi hermano?», "what about 2022?": the same of another, or of another time.
    fn names_another(&self, before: &Self) -> Option<String> {
        if self.tied == 0 || self.asks.0 != self.asks.1 {
            return None;
        }
        let (first, last) = (self.tied, self.last());
        let lookup = self.scan.lookup;
        let when = |scan: &Scan<'_>, at| date(scan.tokens, at, lookup).map(|(_, end)| (at, end));
        let now = first + 1 == last && (self.scan.is_any(first, NOW) || self.scan.is_any(first, &["antes", "before"]));
        if now || when(&self.scan, first).is_some_and(|(_, end)| end == last) {
            let dated = (before.asks.1..before.last()).find_map(|at| when(&before.scan, at));
            return Some(before.with(dated, self.text(first, last)));
        }
        let noun = self.scan.noun(first).filter(|(_, end)| *end == last).map(|(noun, _)| noun);
        let name = || self.scan.name(first, Trust::Capital).is_some_and(|(_, end)| end == last);
        let another = match &noun {
            Some(Noun::Someone(Mention::Owner)) => return None,
            Some(Noun::Someone(_)) => true,
            Some(noun @ Noun::Thing(_)) => !matches!(noun.whose(), Mention::Pronoun { .. }),
            Some(Noun::Attribute { .. } | Noun::Favourite { .. }) => false,
            None => name(),
        };
        another.then(|| before.with(before.named(), self.text(first, last)))
    }

    /// The question with something else in one place, or besides.
    fn with(&self, place: Option<(usize, usize)>, words: &str) -> String {
        match place {
            // "Sister's" are two words with one place in the text.
            Some((first, end)) if self.scan.is_any(end, &["'s"]) => {
                format!("{} {words}'s {}", self.text(self.asks.0, first), self.text(end + 1, self.last()))
            }
            Some((first, end)) => {
                format!("{} {words} {}", self.text(self.asks.0, first), self.text(end, self.last()))
            }
            None => format!("{} {words}", self.text(self.asks.0, self.last())),
        }
    }

    /// "What time is it?", «¿por qué?», "what?": nobody was asked that before.
    fn asks_the_same_of_anybody(&self) -> bool {
        let (first, end) = self.asks;
        let says = |list: &[&str]| (first..end).any(|at| self.scan.is_any(at, list));
        let vague = end == first + 1 && end == self.last() && says(VAGUE);
        let why = says(&["por"]) && says(&["que"]) && end == first + 2;
        vague || why || self.tied == 0 && asks_the_clock(&self.scan, 0)
    }

    /// "Since when?", «¿a qué hora?», "what dose is it?": something else of the same.
    fn asks_otherwise(&self, before: &Self, whom: Option<&str>) -> Option<String> {
        let (first, end) = self.asks;
        let copula = end + usize::from(self.scan.is_any(end, COPULAS));
        let stands_for = self.scan.is_any(copula, PRONOUNS) || self.scan.is_any(copula, &["eso", "esto"]);
        if first == end || copula + usize::from(stands_for) != self.last() {
            return None;
        }
        let asks = self.text(first, end);
        let names = (first..end).find(|&at| self.scan.is_any(at, NAMING)).is_some_and(|at| at + 1 < end);
        let of_whom = names && !(first..end).any(|at| self.scan.is_any(at, OF_DOING));
        let verb = if self.scan.spanish() { "es" } else { "is" };
        // What it is that goes on since then, the question before says.
        if copula == end && (first..end).any(|at| self.scan.is_any(at, &["desde", "since"])) {
            return Some(format!("{} {asks}", before.text(before.asks.0, before.last())));
        }
        match before.whom(whom) {
            Some(whom) if of_whom || copula > end => Some(format!("{asks} {verb} {whom}")),
            _ if before.rest().is_empty() => None,
            _ => Some(format!("{asks} {}", before.rest())),
        }
    }

    /// "How old is she?", «¿tiene mascotas?», «¿cómo se llama su gato?»
    fn asks_of_the_same(&self, before: &Self, whom: Option<&str>) -> Option<String> {
        let from = self.tied;
        let whom = before.whom(whom)?;
        let text = |first, end| self.text(first, end);
        if let Some(at) = (from..self.last()).find(|&at| self.scan.is_any(at, POSSESSIVES)) {
            // "Tell her", or her telephone.
            if at + 1 < self.last() {
                let (noun, rest) = (text(at + 1, at + 2), text(at + 2, self.last()));
                let whose =
                    if self.scan.spanish() { format!("el {noun} de {whom}") } else { format!("{whom}'s {noun}") };
                return Some(format!("{} {whose} {rest}", text(from, at)));
            }
        }
        if self.speaks_of_another(from) {
            return None;
        }
        if !self.scan.spanish() {
            let stands_for = |at: &usize| self.scan.is_any(*at, PRONOUNS) || self.scan.is_any(*at, &["her"]);
            let at = (from..self.last()).find(stands_for)?;
            return Some(format!("{} {whom} {}", text(from, at), text(at + 1, self.last())));
        }
        let third = |at: usize| {
            let token = &self.scan.tokens[at];
            let forms = words::forms(self.scan.language, &token.lower, &token.fold);
            let of_somebody = |form: &words::Form| form.person != Person::First && !IMPERSONAL.contains(&form.lemma);
            !forms.is_empty() && forms.iter().all(of_somebody)
        };
        let of_others = ["mi", "mis", "yo", "me", "te", "tu", "tus", "nos"];
        let weather = ["tiempo", "frio", "calor", "sol", "viento"];
        let own = (from..self.last()).any(|at| self.scan.is_any(at, &of_others) || self.scan.is_any(at, &weather));
        ((from..self.last()).any(third) && !own).then(|| format!("{} {whom}", text(from, self.last())))
    }

    /// Whether it says itself what it is about: «las llaves del garaje».
    fn speaks_of_another(&self, from: usize) -> bool {
        let articles = ["el", "la", "los", "las", "the", "mi", "mis", "my", "our", "this", "these", "este", "esta"];
        let own = |at: usize| self.scan.noun(at).is_some_and(|(noun, _)| *noun.whose() == Mention::Owner);
        let other = |at: usize| {
            self.scan.is_any(at, &articles) && at + 1 < self.last()
                || self.scan.tokens[at].capital && at > from && !self.scan.is_any(at, &["i"]) && !own(at)
        };
        (self.asks.1.max(from)..self.last()).any(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_whole() {
        let today = Date::new(2026, 3, 10).unwrap();
        for (before, text, expected) in [
            // The same of another.
            ("where does my sister live?", "and my brother?", "where does my brother live"),
            ("where does my sister live?", "What about Ana?", "where does Ana live"),
            ("¿dónde vive mi hermana?", "¿y mi hermano?", "dónde vive mi hermano"),
            ("¿dónde vivo?", "¿y mi hermano?", "dónde vivo mi hermano"),
            ("what is my sister's age?", "and my brother?", "what is my brother's age"),
            ("¿cuál es la edad de mi hermana?", "¿y mi hermano?", "cuál es la edad de mi hermano"),
            // Of another time.
            ("where was I living in 2020?", "what about 2022?", "where was I living 2022"),
            ("¿dónde vivía en 2020?", "¿y en 2022?", "dónde vivía en 2022"),
            ("where was I living in 2020?", "and now?", "where was I living now"),
            // Something else of the same.
            ("¿dónde trabajo?", "¿desde cuándo?", "dónde trabajo desde cuándo"),
            ("where does my sister work?", "since when?", "where does my sister work since when"),
            ("when is my dentist appointment?", "at what time?", "at what time is my dentist appointment"),
            ("¿cuándo tengo dentista?", "¿a qué hora?", "a qué hora tengo dentista"),
            ("¿cuándo me ve mi dermatóloga?", "¿a qué hora era?", "a qué hora es mi dermatóloga"),
            ("Which state did I grow up in?", "and what city", "what city did I grow up in"),
            ("what are my dogs called?", "what breed are they?", "what breed is my dogs"),
            ("¿qué coche tengo?", "¿de qué color es?", "de qué color es mi coche"),
            // Of whom was spoken.
            ("what are my dogs called?", "how old are they?", "how old is my dogs"),
            ("What is my daughter called?", "is she allergic to anything?", "is my daughter allergic to anything"),
            ("What is my daughter called?", "what's her phone number?", "what's my daughter's phone number"),
            ("¿cómo se llama mi vecina?", "¿tiene mascotas?", "tiene mascotas mi vecina"),
            ("¿cómo se llama mi vecina?", "¿cómo se llama su gato?", "cómo se llama el gato de mi vecina"),
            ("¿cómo se llama mi vecina?", "¿dónde vive?", "dónde vive mi vecina"),
            ("¿cómo se llama mi vecina?", "¿qué hace?", "qué hace mi vecina"),
        ] {
            let made = whole(text, before, None, today, &|_| false);
            assert_eq!(made, Some(format!("{expected}?")), "{before} – {text}");
        }
        let made = whole("how old is she?", "who lives in Madrid?", Some("Ana"), today, &|_| false);
        assert_eq!(made.as_deref(), Some("how old is Ana?"));
    }

    #[test]
    fn what_stands_by_itself_stays_as_it_is() {
        let today = Date::new(2026, 3, 10).unwrap();
        for (before, text) in [
            ("where does my sister live?", "where do I work?"),
            ("where does my sister live?", "what time is it?"),
            ("where does my sister live?", "why?"),
            ("where does my sister live?", "what?"),
            ("where does my sister live?", "and my name?"),
            ("¿dónde vive mi hermana?", "¿qué hora es?"),
            ("¿dónde vive mi hermana?", "¿por qué?"),
            ("¿dónde vive mi hermana?", "¿cómo?"),
            ("¿dónde vive mi hermana?", "¿dónde trabaja mi hermano?"),
            ("¿dónde vive mi hermana?", "¿dónde vivo yo?"),
            ("¿dónde vive mi hermana?", "where is he from?"),
            ("¿qué instrumento toca mi hermana?", "¿quién es el batería del grupo?"),
            ("¿dónde tiene mi hermana las llaves?", "¿dónde están las llaves del garaje?"),
            ("what's my work email?", "and my private email, which one is it?"),
            ("¿dónde vive mi hermana?", "¿qué tiempo hace?"),
            ("¿dónde vive mi hermana?", "¿cuánto cuesta un billete?"),
            ("¿dónde vive mi hermana?", ""),
            ("", "¿y mi hermano?"),
        ] {
            assert_eq!(whole(text, before, None, today, &|_| false), None, "{before} – {text}");
        }
    }
}
