//! A short answer made of templates, without a model.

use std::collections::HashMap;
use std::sync::LazyLock;

use sarai_types::Language;

use super::quote::Quotation;
use super::rank::Found;
use crate::fact::{ALONE, Entity, EntityId, EntityKind, Fact, Predicate};
use crate::memory::{Filter, IDLE, Report, Store};
use crate::text::{fold, tokens};
use crate::time::{Date, Direction, Lookup, PartialDate, When, date};
use crate::words::{self, Class};

type Templates = HashMap<&'static str, Vec<&'static str>>;

static TEMPLATES: LazyLock<[Templates; 2]> = LazyLock::new(|| {
    [include_str!("answers_es.txt"), include_str!("answers_en.txt")].map(|text| {
        let rows = text.lines().filter(|line| !line.starts_with("# "));
        rows.filter_map(|line| line.split_once('|')).map(|(name, rest)| (name, rest.split('|').collect())).collect()
    })
});

/// As much of a quotation is looked at for its day.
const QUOTED_TOKENS_MAX: usize = 200;
/// Entities that one answer follows from a fact to the owner at most.
const LABEL_DEPTH_MAX: usize = 4;

fn template(language: Language, name: &str, form: usize) -> &'static str {
    let table = &TEMPLATES[usize::from(language == Language::English)];
    table.get(name).and_then(|forms| forms.get(form).or_else(|| forms.first())).copied().unwrap_or("{o}")
}

/// Says things in one language.
pub(super) struct Voice<'a, S: Store> {
    pub(super) store: &'a S,
    pub(super) language: Language,
    pub(super) today: Date,
}

/// The answer to a question, from what was found for it.
pub(crate) fn compose<S: Store>(store: &S, found: &Found, language: Language, today: Date) -> Result<String, S::Error> {
    let voice = Voice { store, language, today };
    if let Some(quoted) = &found.quoted {
        let day = voice.day(PartialDate::Day(quoted.said.date()));
        let said = template(language, "#episode", 0).replace("{d}", &day).replace("{o}", &quoted.text);
        // «Ayer» was another day when it was said.
        let meant = found.timed.then(|| day_meant(&quoted.text, quoted.said.date())).flatten();
        let meant = meant.map_or_else(String::new, |date| format!(" ({})", voice.day(PartialDate::Day(date))));
        return Ok(sentence(&format!("{said}{meant}")));
    }
    if found.ended {
        return Ok(sentence(template(language, "#ended", 0)));
    }
    if let Some(said) = &found.said {
        return Ok(sentence(&template(language, "#said", 0).replace("{o}", said.trim())));
    }
    if found.facts.is_empty() && found.count.is_none() {
        return Ok(sentence(template(language, "#unknown", 0)));
    }
    let mut parts = Vec::new();
    if let Some(verdict) = found.verdict {
        parts.push(template(language, if verdict { "#yes" } else { "#no" }, 0).to_owned());
    }
    if let Some(count) = found.count {
        parts.push(count.to_string());
    }
    if found.count.is_some() {
        let people = found.facts.iter().filter(|ranked| ranked.fact.object.entity.is_some());
        let named: Vec<String> = people.map(|ranked| voice.object(&ranked.fact)).collect::<Result<_, _>>()?;
        if named.iter().any(|name| name != "?") {
            parts.push(voice.list(&named));
        }
        return Ok(sentence(&parts.join(": ")));
    }
    parts.extend(voice.sentences(found)?);
    Ok(sentence(&parts.join(". ")))
}

/// The day that a message names by a word that means another each day: «ayer», "this Friday".
fn day_meant(text: &str, said: Date) -> Option<Date> {
    let tokens = tokens(text, QUOTED_TOKENS_MAX);
    let lookup = |direction| Lookup { today: said, direction, month_first: false };
    (0..tokens.len()).find_map(|at| {
        let day = |direction| match date(&tokens, at, lookup(direction))? {
            (When::Date(PartialDate::Day(day)), end) => Some((day, end)),
            _ => None,
        };
        let ((past, end), (future, _)) = day(Direction::Past).zip(day(Direction::Future))?;
        let words = &tokens[at..end];
        let relative = words.iter().all(|token| !token.fold.contains(|c: char| c.is_ascii_digit()));
        // «El viernes» may be one or the other.
        let coming =
            || words.iter().any(|token| ["this", "next", "este", "esta", "viene"].contains(&token.fold.as_str()));
        (relative && (past == future || coming())).then_some(future)
    })
}

/// Facts as sentences, for a model that is to answer.
pub(crate) fn facts_text<S: Store>(
    store: &S,
    facts: &[&Fact],
    language: Language,
    today: Date,
) -> Result<String, S::Error> {
    let mut said = Vec::new();
    for fact in facts {
        said.extend(fact_text(store, fact, language, today)?);
    }
    Ok(said.join(" "))
}

/// One fact as a sentence, if there is something to say.
pub(crate) fn fact_text<S: Store>(
    store: &S,
    fact: &Fact,
    language: Language,
    today: Date,
) -> Result<Option<String>, S::Error> {
    let voice = Voice { store, language, today };
    if voice.is_unnamed(fact)? {
        return Ok(None);
    }
    voice.say(&[fact]).map(|text| Some(sentence(&text)))
}

/// A message of the owner, for a model that is to answer.
pub(crate) fn quoted_text<S: Store>(store: &S, quoted: &Quotation, language: Language, today: Date) -> String {
    let day = Voice { store, language, today }.day(PartialDate::Day(quoted.said.date()));
    sentence(&template(language, "#quoted", 0).replace("{d}", &day).replace("{o}", &quoted.text))
}

/// What was forgotten, without its words.
pub(crate) fn report_text(report: Option<&Report>, language: Language) -> String {
    let nothing = |report: &Report| report.facts.is_empty() && report.episodes.is_empty();
    let text = match report.filter(|report| !nothing(report)) {
        Some(report) => template(language, "#forgotten", 0)
            .replace("{k}", &report.facts.len().to_string())
            .replace("{o}", &report.episodes.len().to_string()),
        None => template(language, "#nothing_forgotten", 0).to_owned(),
    };
    sentence(&text)
}

fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

impl<S: Store> Voice<'_, S> {
    /// Facts of one subject and predicate are said together.
    fn sentences(&self, found: &Found) -> Result<Vec<String>, S::Error> {
        let mut groups: Vec<Vec<&Fact>> = Vec::new();
        for ranked in &found.facts {
            let fact = &ranked.fact;
            if fact.predicate == Predicate::Count && (found.count.is_some() || found.verdict.is_some()) {
                continue;
            }
            if (found.facts.len() > 1 || found.verdict.is_some()) && self.is_unnamed(fact)? {
                continue;
            }
            let joins = |group: &&mut Vec<&Fact>| {
                let first = group[0];
                let one = matches!(
                    fact.predicate,
                    Predicate::Relative | Predicate::Pet | Predicate::Appointment | Predicate::Trip
                );
                first.predicate == fact.predicate
                    && first.kind == fact.kind
                    && first.subject == fact.subject
                    && !one
                    && first.is_current(self.today) == fact.is_current(self.today)
            };
            match groups.iter_mut().find(joins) {
                Some(group) => group.push(fact),
                None => groups.push(vec![fact]),
            }
        }
        let asked = found.since || found.timed;
        groups.iter().map(|group| Ok(format!("{}{}", self.say(group)?, self.bounds(group, asked)))).collect()
    }

    /// « (desde 2016)», « (hasta mayo)», where the question asks for it.
    fn bounds(&self, group: &[&Fact], asked: bool) -> String {
        let Some(fact) = group.first().filter(|fact| asked && !fact.is_event()) else { return String::new() };
        let over = fact.to.filter(|_| !fact.is_current(self.today));
        match (over, fact.from) {
            (Some(day), _) => format!(" ({} {})", template(self.language, "#until", 0), self.day(day)),
            (None, Some(day)) => format!(" ({} {})", template(self.language, "#since", 0), self.day(day)),
            (None, None) => String::new(),
        }
    }

    /// «Tengo un hermano» alone: there is somebody, and nothing to call them by.
    pub(super) fn is_unnamed(&self, fact: &Fact) -> Result<bool, S::Error> {
        if !matches!(fact.predicate, Predicate::Relative | Predicate::Pet) {
            return Ok(false);
        }
        let Some(id) = fact.object.entity else { return Ok(false) };
        let entity = self.store.entity(id)?;
        Ok(entity.is_none_or(|entity| entity.names.is_empty() && entity.kind != EntityKind::Thing))
    }

    /// One sentence, without its full stop.
    pub(super) fn say(&self, group: &[&Fact]) -> Result<String, S::Error> {
        let Some(fact) = group.first() else { return Ok(String::new()) };
        let own = fact.subject == EntityId::OWNER;
        if fact.predicate == Predicate::Age
            && let Some(text) = self.age(fact, own)?
        {
            return Ok(text);
        }
        // No row has a verb for several: «los niños van al San José» is told as it was.
        if !own && !fact.evidence.sentence.is_empty() && self.are_several(fact.subject)? {
            return Ok(template(self.language, "#said", 0).replace("{o}", &fact.evidence.sentence));
        }
        let past = fact.to.is_some_and(|to| to.last() <= self.today) && !fact.is_current(self.today);
        let form = usize::from(!own) + 2 * usize::from(past);
        let objects: Vec<String> = group.iter().map(|fact| self.object(fact)).collect::<Result<_, _>>()?;
        let named = fact.predicate != Predicate::Name;
        let subject = if own { String::new() } else { self.labelled(fact.subject, 0, named)? };
        let day = fact.from.map_or_else(String::new, |day| match day {
            // An appointment is known by its weekday.
            PartialDate::Day(date) if fact.is_event() => {
                let weekdays = template(self.language, "#weekdays", usize::from(date.weekday()));
                format!("{weekdays} {}", self.day(day))
            }
            PartialDate::Day(_) | PartialDate::Month(..) | PartialDate::Year(_) => self.day(day),
        });
        let kind = self.kind(fact);
        // Somebody without a name can only be said to be there.
        let nameless =
            matches!(fact.predicate, Predicate::Relative | Predicate::Pet) && objects.iter().all(|o| o == "?");
        let said_as = &fact.object.text;
        let kind =
            if nameless && !said_as.is_empty() && fact.language == self.language { said_as.clone() } else { kind };
        let alone = fact.predicate == Predicate::LivesWith && ALONE.contains(&fact.object.key.as_str());
        let objects = if alone && fact.language != self.language {
            vec![template(self.language, "#alone_word", 0).to_owned()]
        } else {
            objects
        };
        let row = match (nameless, alone) {
            (true, _) => "#unnamed",
            (_, true) => "#alone",
            _ if fact.predicate == Predicate::Died && !day.is_empty() => "#died",
            // Nobody works as retired.
            _ if fact.predicate == Predicate::Role && IDLE.contains(&fact.object.key.as_str()) => "#idle",
            _ if fact.predicate == Predicate::Role && fact.object.key == "c:student" => "#student",
            _ => fact.predicate.name(),
        };
        let text = template(self.language, row, form);
        let said = text
            .replace("{s}", &subject)
            .replace("{k}", &kind)
            .replace("{d}", &day)
            .replace("{o}", &self.list(&objects));
        Ok(capitalised(&said))
    }

    /// Somebody's children or parents, of whom no name is known.
    fn are_several(&self, id: EntityId) -> Result<bool, S::Error> {
        if self.store.entity(id)?.is_some_and(|entity| !entity.names.is_empty()) {
            return Ok(false);
        }
        let relations = self.store.facts(&Filter { object: Some(id), ..Filter::default() })?;
        Ok(relations.iter().any(|fact| !words::members(&fact.kind).is_empty()))
    }

    /// An age that was told long ago has grown.
    fn age(&self, fact: &Fact, own: bool) -> Result<Option<String>, S::Error> {
        let said = fact.recorded.date();
        let years = (self.today.days() - said.days()) / 365;
        let Some(age) = fact.object.key.parse::<i64>().ok().filter(|_| years >= 1) else { return Ok(None) };
        let subject = if own { String::new() } else { self.label(fact.subject, 0)? };
        let text = template(self.language, if own { "#about" } else { "#about_other" }, 0);
        let text = text
            .replace("{s}", &subject)
            .replace("{o}", &fact.object.text)
            .replace("{d}", &self.day(PartialDate::Day(said)));
        Ok(Some(capitalised(&text.replace("{k}", &(age + years).to_string()))))
    }

    fn list(&self, items: &[String]) -> String {
        match items {
            [] => String::new(),
            [one] => one.clone(),
            [most @ .., last] => format!("{} {} {last}", most.join(", "), template(self.language, "#and", 0)),
        }
    }

    fn kind(&self, fact: &Fact) -> String {
        let class = match fact.predicate {
            Predicate::Relative => Class::Kin,
            Predicate::Pet => Class::Pet,
            Predicate::Favourite => Class::Kind,
            Predicate::Count => {
                let found = [Class::Kin, Class::Pet, Class::Vehicle, Class::Own]
                    .into_iter()
                    .find_map(|class| words::label(self.language, class, &fact.kind));
                return found.unwrap_or(&fact.kind).to_owned();
            }
            _ => return fact.kind.clone(),
        };
        let id = fact.kind.strip_prefix("c:").unwrap_or(&fact.kind);
        let any = || translation(self.language, id);
        words::label(self.language, class, id).or_else(any).unwrap_or(id).to_owned()
    }

    /// The object, with its name in the language of the question where the tables know it.
    fn object(&self, fact: &Fact) -> Result<String, S::Error> {
        if let Some(id) = fact.object.entity {
            let Some(entity) = self.store.entity(id)? else { return Ok(fact.object.text.clone()) };
            return Ok(match entity.names.first() {
                Some(name) => name.clone(),
                None if fact.predicate == Predicate::Relative || fact.predicate == Predicate::Pet => "?".to_owned(),
                None => self.label(id, 0)?,
            });
        }
        if matches!(fact.predicate, Predicate::Birthday | Predicate::Wedding | Predicate::Anniversary) {
            return Ok(self.date(&fact.object.key).unwrap_or_else(|| fact.object.text.clone()));
        }
        let translated = fact
            .object
            .key
            .strip_prefix("c:")
            .filter(|_| fact.language != self.language)
            .and_then(|id| translation(self.language, id));
        Ok(match translated {
            Some(word) if fold(word) != fold(&fact.object.text) => format!("{} ({word})", fact.object.text),
            _ => fact.object.text.clone(),
        })
    }

    /// «Tu hermana Ana», «Javier», "the mother of Javier".
    pub(super) fn label(&self, id: EntityId, depth: usize) -> Result<String, S::Error> {
        self.labelled(id, depth, true)
    }

    fn labelled(&self, id: EntityId, depth: usize, named: bool) -> Result<String, S::Error> {
        let entity = self.store.entity(id)?.unwrap_or(Entity { id, kind: EntityKind::Person, names: Vec::new() });
        let name = entity.names.first().cloned();
        if entity.kind == EntityKind::Thing {
            return Ok(name.unwrap_or_default());
        }
        let relation = self.store.facts(&Filter { object: Some(id), ..Filter::default() })?;
        let relation = relation
            .iter()
            .filter(|fact| matches!(fact.predicate, Predicate::Relative | Predicate::Pet))
            .min_by_key(|fact| (fact.subject != EntityId::OWNER, fact.id));
        let Some(relation) = relation.filter(|_| depth < LABEL_DEPTH_MAX) else { return Ok(name.unwrap_or_default()) };
        let kin = self.kind(relation);
        let of = |base: String| format!("{kin} {} {base}", template(self.language, "#of", 0));
        Ok(match (relation.subject == EntityId::OWNER, name.filter(|_| named)) {
            (true, Some(name)) => format!("{} {kin} {name}", template(self.language, "#your", 0)),
            (true, None) => format!("{} {kin}", template(self.language, "#your", 0)),
            (false, Some(name)) => name,
            (false, None) => of(self.label(relation.subject, depth + 1)?),
        })
    }

    /// A date from its key: `1990-05-03`, `--05-03`.
    fn date(&self, key: &str) -> Option<String> {
        if let Some(annual) = key.strip_prefix("--") {
            let (month, day) = annual.split_once('-').map_or((annual, None), |(month, day)| (month, Some(day)));
            let month = self.month(month.parse().ok()?);
            let day = day.and_then(|day| day.parse::<u8>().ok());
            return Some(day.map_or_else(|| month.to_owned(), |day| self.day_and_month(day, month)));
        }
        PartialDate::parse(key).map(|date| self.day(date))
    }

    fn day_and_month(&self, day: u8, month: &str) -> String {
        match self.language {
            Language::Spanish => format!("{day} de {month}"),
            Language::English => format!("{day} {month}"),
        }
    }

    pub(super) fn day(&self, date: PartialDate) -> String {
        let spanish = self.language == Language::Spanish;
        match date {
            PartialDate::Year(year) => year.to_string(),
            PartialDate::Month(year, month) if spanish => format!("{} de {year}", self.month(month)),
            PartialDate::Month(year, month) => format!("{} {year}", self.month(month)),
            PartialDate::Day(date) if spanish => {
                format!("{} de {}", self.day_and_month(date.day(), self.month(date.month())), date.year())
            }
            PartialDate::Day(date) => {
                format!("{} {}", self.day_and_month(date.day(), self.month(date.month())), date.year())
            }
        }
    }

    fn month(&self, month: u8) -> &'static str {
        let index = usize::from(month.clamp(1, 12)) - 1;
        self.language.months()[index]
    }
}

/// The word for an id in a language, if it is no name of a place that is spelt the same.
fn translation(language: Language, id: &str) -> Option<&'static str> {
    const CLASSES: &[Class] = &[
        Class::Job,
        Class::Food,
        Class::Allergen,
        Class::Medicine,
        Class::Illness,
        Class::Diet,
        Class::Nation,
        Class::Sport,
        Class::Instrument,
        Class::Activity,
        Class::State,
        Class::Trait,
        Class::Colour,
        Class::Religion,
        Class::Degree,
        Class::Own,
        Class::Vehicle,
        Class::Pet,
    ];
    CLASSES.iter().find_map(|class| words::label(language, *class, id)).or_else(|| place(language, id))
}

fn place(language: Language, folded: &str) -> Option<&'static str> {
    words::senses(None, folded)
        .find(|sense| sense.class == Class::Place)
        .and_then(|sense| words::label(language, Class::Place, sense.id))
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_predicate_can_be_said_in_both_languages() {
        for templates in TEMPLATES.iter() {
            for predicate in Predicate::ALL {
                assert_eq!(templates.get(predicate.name()).map(Vec::len), Some(4), "{predicate}");
            }
        }
    }
}
