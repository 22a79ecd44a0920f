//! Whether a piece of a message holds the kind of thing that a question asks for, apart from the words it agrees by.
//!
//! A capital may be a day, a language or a place, and a number anything; so more than that is asked of words that nobody
//! has understood.

use sarai_types::Language;

use super::agree::Heard;
use super::question::Form;
use super::wanted::Wanted;
use crate::text::{Kind, Token};
use crate::time::{Date, Direction, Lookup, cardinal, clock, date, weekday};
use crate::words::lists::{FUNCTION, SPOTS};
use crate::words::{self, Class};

/// So far behind a number stands what it counts, and behind «en» the place.
const NEAR: usize = 3;
/// Words behind «en», "at" that say when and not where.
const TIMELY: &[&str] = &[
    "night",
    "nights",
    "noon",
    "midnight",
    "morning",
    "mornings",
    "afternoon",
    "afternoons",
    "evening",
    "evenings",
    "weekend",
    "weekends",
    "week",
    "weeks",
    "month",
    "time",
    "once",
    "all",
    "least",
    "noche",
    "noches",
    "tarde",
    "tardes",
    "manana",
    "mananas",
    "dia",
    "dias",
    "semana",
    "semanas",
    "finde",
    "mes",
    "meses",
    "turno",
    "turnos",
    "veces",
    "menudo",
    "verano",
    "invierno",
    "summer",
    "winter",
    "spring",
    "autumn",
    "primavera",
    "otono",
    "ano",
    "anos",
    "year",
    "years",
];
/// Behind these a name is a place's, or somebody's who gets something.
const TO: &[&str] =
    &["in", "at", "from", "to", "near", "en", "a", "al", "hasta", "desde", "hacia", "of", "for", "para"];
const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "christmas",
    "easter",
];

/// "(On the) 1st".
fn is_ordinal(word: &str) -> bool {
    let figures = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    ["st", "nd", "rd", "th"].contains(&&word[figures.len()..])
        && figures.parse().is_ok_and(|day: u8| (1..=31).contains(&day))
}

/// Looks into what was said; `used` tells by which words it agrees.
pub(super) struct Sight<'a> {
    pub(super) heard: &'a Heard,
    pub(super) used: &'a [bool],
    pub(super) language: Language,
    pub(super) said_on: Date,
}

impl Sight<'_> {
    fn said(&self) -> &[Token] {
        &self.heard.said
    }

    /// Whether it holds what is asked for.
    pub(super) fn holds(&self, form: Form, wanted: Wanted) -> bool {
        let said = self.said();
        let free = |at: usize| !self.used[at];
        match wanted {
            Wanted::Anything | Wanted::Reason => {
                form == Form::YesNo || (0..said.len()).any(|at| free(at) && said[at].is_word())
            }
            Wanted::Time => (0..said.len()).any(|at| self.is_time(at)),
            Wanted::Figure => (0..said.len()).any(|at| self.is_figure(at) && (form != Form::Count || self.counts(at))),
            Wanted::Place => (0..said.len()).any(|at| free(at) && (self.is_name(at) || self.leads_to_place(at))),
            Wanted::Person => self.names_somebody() || self.is_kin(),
        }
    }

    fn is_time(&self, at: usize) -> bool {
        let said = self.said();
        let year = || said[at].fold.parse().is_ok_and(|year: u32| (1900..2100).contains(&year));
        let lookup =
            |direction| Lookup { today: self.said_on, direction, month_first: self.language == Language::English };
        weekday(&said[at].fold).is_some()
            || clock(said, at).is_some()
            || [Direction::Past, Direction::Future].into_iter().any(|to| date(said, at, lookup(to)).is_some())
            || said[at].kind == Kind::Number && year()
            || is_ordinal(&said[at].fold)
            || self.is_day(at)
    }

    /// «El 31 a la mañana», "on the 31".
    fn is_day(&self, at: usize) -> bool {
        let said = self.said();
        let before = at.checked_sub(1).map_or("", |i| said[i].fold.as_str());
        let after = said.get(at + 1);
        ["el", "dia", "the"].contains(&before)
            && said[at].fold.parse().is_ok_and(|day: u8| (1..=31).contains(&day))
            && after.is_none_or(|next| {
                next.is_mark() || ["a", "por", "me", "nos", "at", "in", "y"].contains(&next.fold.as_str())
            })
    }

    fn is_figure(&self, at: usize) -> bool {
        let said = self.said();
        let one = ["un", "una", "a", "an", "one", "uno"].contains(&said[at].fold.as_str());
        said[at].kind == Kind::Number || cardinal(said, at).is_some() && !one
    }

    /// Whether a number here counts what the question names.
    fn counts(&self, at: usize) -> bool {
        (at + 1..self.used.len().min(at + 1 + NEAR)).any(|i| self.used[i])
    }

    /// A capital that is no day, no language and no beginning of a sentence.
    fn is_name(&self, at: usize) -> bool {
        let said = self.said();
        let token = &said[at];
        let begins = at == 0 || said[at - 1].is_mark() && !said[at - 1].is(",");
        let other = weekday(&token.fold).is_some()
            || MONTHS.contains(&token.fold.as_str())
            || words::senses(Some(self.language), &token.fold)
                .any(|sense| matches!(sense.class, Class::Nation | Class::Kin));
        token.capital && token.is_word() && !token.is("i") && !begins && !other
    }

    fn leads_to_place(&self, at: usize) -> bool {
        let said = self.said();
        let timely = |i: usize| TIMELY.contains(&said[i].fold.as_str()) || self.is_time(i) || self.is_figure(i);
        SPOTS.contains(&said[at].fold.as_str())
            && (at + 1..said.len().min(at + 1 + NEAR)).any(|i| said[i].is_word() && said[i].fold.len() > 3)
            && !(at + 1..said.len().min(at + 1 + NEAR)).any(timely)
    }

    /// A name that stands for somebody: not behind «en», "from".
    fn names_somebody(&self) -> bool {
        let said = self.said();
        // «Se la dejé a Julia», "Tom owes me": a name that people have is one wherever it stands.
        let person = |at: usize| said[at].capital && words::is_first_name(&said[at].fold);
        let behind = |at: usize| at > 0 && TO.contains(&said[at - 1].fold.as_str());
        (0..said.len()).any(|at| !self.used[at] && (person(at) || self.is_name(at) && !behind(at)))
    }

    /// «Mi suegra se llama Puri», «Chispa, mi perra»: the name of what the question names.
    pub(super) fn names_it(&self) -> bool {
        let said = self.said();
        let naming = said.iter().any(|token| {
            ["name", "named", "names", "nombre", "called", "apodo", "nickname"].contains(&token.fold.as_str())
                || words::forms(self.language, &token.lower, &token.fold)
                    .iter()
                    .any(|form| ["llamar", "call", "name"].contains(&form.lemma))
        });
        let beside = |at: usize| {
            let near = at.saturating_sub(NEAR)..said.len().min(at + NEAR);
            // A name may begin the sentence too, if it is no word of the tables.
            let first = at == 0
                && said[at].capital
                && !FUNCTION.contains(&said[at].fold.as_str())
                && words::senses(None, &said[at].fold).next().is_none()
                && words::forms(self.language, &said[at].lower, &said[at].fold).is_empty();
            (self.is_name(at) || first)
                && !self.used[at]
                && !(at > 0 && TO.contains(&said[at - 1].fold.as_str()))
                && near.clone().any(|i| self.used[i])
        };
        naming && self.names_somebody() || (0..said.len()).any(beside)
    }

    /// Whether a relative stands here of whom the question does not speak.
    pub(super) fn is_kin(&self) -> bool {
        (0..self.said().len())
            .any(|at| !self.used[at] && words::longest(self.language, self.said(), at, &[Class::Kin]).is_some())
    }
}
