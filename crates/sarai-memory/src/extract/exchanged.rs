//! One thing for another, whatever it was: "I moved from Siemens to Bosch", «me han cambiado la metformina por insulina»,
//! "goodbye Bristol, hello Leeds". What the first of the two was to whom is known by the memory alone.

use super::Run;
use super::claims::Reader;
use super::stance::Stance;
use super::statement::{Act, Manner, Object, Statement};
use crate::fact::Predicate;
use crate::grammar::frames::Says;
use crate::grammar::group::{Group, Polarity};
use crate::grammar::noun::Noun;
use crate::grammar::{Mention, Scan};
use crate::words::{Person, Tense};

/// Verbs of going from one to another.
const GOES: &[&str] = &["move", "switch", "change", "go", "transfer", "cambiar", "pasar", "mudar", "trasladar", "ir"];
/// Verbs of giving one for another.
const GIVES: &[&str] = &[
    "swap",
    "trade",
    "change",
    "switch",
    "exchange",
    "replace",
    "leave",
    "ditch",
    "quit",
    "cambiar",
    "dejar",
    "sustituir",
];
/// What takes leave of something without a verb, and what greets the next.
const FAREWELLS: &[&str] = &["goodbye", "bye", "adios", "no more", "se acabo", "bye bye"];
const GREETINGS: &[&str] = &["hello", "hola", "now", "ahora", "it", "'s", "is", "es", "bienvenido", "welcome"];
const NOW: &[&str] = &["now", "ahora", "nowadays"];
/// What may stand before "it's … now".
const LEADS: &[&str] =
    &["it", "they", "that", "and", "but", "so", "y", "pero", "now", "ahora", "well", "bueno", "actually", "ok", "ya"];
/// Words of what is exchanged.
const WORDS_MAX: usize = 4;

impl Run<'_> {
    /// "They're in the garage now", «ahora es el azul», "I've moved them to the shed": of what was spoken of last something
    /// else holds now.
    pub(super) fn holds_now(&mut self, scan: &Scan<'_>, groups: &[Group], sentence: (usize, usize)) {
        let told = |s: &&Statement| s.act == Act::Assert && s.object.is_some();
        let recent: Vec<Statement> = self.before.recent.iter().chain(&self.statements).filter(told).cloned().collect();
        let (Some(group), false) =
            (groups.last(), self.statements.iter().any(|s| s.sentence == sentence && s.act == Act::Assert))
        else {
            return;
        };
        let now = (0..scan.tokens.len()).any(|at| scan.is_any(at, NOW));
        let start = (0..group.first).rev().find(|&at| scan.tokens[at].is_mark()).map_or(0, |at| at + 1);
        let plain = (start..group.first).all(|at| scan.is_any(at, LEADS));
        let is = group.has_any(&["be", "ser", "estar"]) && group.polarity == Polarity::Positive && plain && now;
        let kept = recent.iter().rev().find(|s| s.predicate == Predicate::KeptIn);
        let new = if let (Some(kept), Some(at)) = (kept, put(scan, group)) {
            let spot = scan
                .slot("spot", at)
                .or_else(|| scan.destination_at(at))
                .and_then(|(fillers, _)| fillers.into_iter().next());
            spot.map(|filler| Statement { object: Some(super::claims::object(filler)), ..kept.clone() })
        } else if is {
            super::correction::elliptical(scan, scan.after_adverbs(group.last), &recent, sentence)
        } else {
            None
        };
        let Some(new) = new else { return };
        // A garage is visited as well as used: nothing is called off here.
        self.statements.retain(|s| s.sentence != sentence || s.predicate != Predicate::Appointment);
        self.clauses += 1;
        let same = |s: &&Statement| s.subject == new.subject && s.predicate == new.predicate && s.kind == new.kind;
        let old = recent.iter().rev().find(same).cloned();
        let (clause, language) = (self.clauses, scan.language);
        let told = |statement: Statement, act: Act| Statement {
            act,
            manner: Manner::Plain,
            from: None,
            to: None,
            clause,
            span: sentence,
            sentence,
            language,
            ..statement
        };
        if let Some(old) = old.filter(|old| old.predicate != Predicate::Name) {
            self.push(told(old, Act::End));
        }
        self.push(told(new, Act::Assert));
    }

    /// "The Toyota died so we bought a Kia": the thing that a sentence speaks of beside the one that is got is over.
    pub(super) fn replaced_beside(&mut self, scan: &Scan<'_>, sentence: (usize, usize)) {
        let got = |s: &&Statement| s.sentence == sentence && s.act == Act::Assert && s.predicate == Predicate::Owns;
        let Some(new) = self.statements.iter().find(got).cloned() else { return };
        let definite = ["the", "my", "our", "el", "la", "mi", "nuestro", "nuestra"];
        let other = (1..scan.tokens.len()).filter(|&at| scan.is_any(at - 1, &definite)).any(|at| {
            scan.slot("brand", at).is_some_and(|(fillers, _)| {
                fillers.iter().any(|filler| {
                    filler.kind == Some(new.kind.as_str())
                        && new.object.as_ref().is_some_and(|object| !object.text.contains(&filler.text))
                })
            })
        });
        let ended = self.statements.iter().any(|s| s.sentence == sentence && s.act == Act::End);
        if other && !ended {
            let over = Statement { act: Act::End, object: None, ..new };
            let first = self.statements.iter().position(|s| s.sentence == sentence).unwrap_or_default();
            self.statements.insert(first, over);
        }
    }

    /// Puts before what else the sentence says that one thing took the place of another.
    pub(super) fn exchanged(&mut self, scan: &Scan<'_>, groups: &[Group], sentence: (usize, usize)) {
        let told = groups.iter().find_map(|group| exchange(scan, group).map(|pair| (group.first, pair)));
        let Some((at, (old, new))) = told.or_else(|| farewell(scan).map(|pair| (0, pair))) else { return };
        let whose = (0..at).find_map(|from| match scan.noun(from) {
            Some((Noun::Someone(mention @ (Mention::Relative { plural: false, .. } | Mention::Named(_))), end))
                if end == at =>
            {
                Some(mention)
            }
            Some((Noun::Someone(mention @ Mention::Pronoun { plural: false, .. }), end)) if end == at => Some(mention),
            _ => None,
        });
        let Some(of) = self.resolved(whose.unwrap_or(Mention::Owner)) else { return };
        self.clauses += 1;
        let reader = Reader { scan, manner: Manner::Plain, number: self.clauses, sentence };
        let says = Says::of(Predicate::Note);
        let stance = Stance { act: Act::Swap, from: None, to: None };
        let mut statement = reader.statement(of, &says, Some(Object::plain(new)), stance, (0, scan.tokens.len()));
        statement.kind = old;
        let first = self.statements.iter().position(|s| s.sentence == sentence).unwrap_or(self.statements.len());
        self.statements.insert(first, statement);
    }
}

/// Where the place begins at which something that has no name here was put: «las he dejado en…», "I've moved them to…"
fn put(scan: &Scan<'_>, group: &Group) -> Option<usize> {
    let verbs = ["put", "move", "leave", "keep", "poner", "dejar", "cambiar", "mover", "pasar", "meter", "guardar"];
    let done = group.aspect.perfect || group.readings.iter().any(|form| form.tense == Tense::Past);
    if !done || !group.has_any(&verbs) || group.polarity != Polarity::Positive {
        return None;
    }
    if scan.spanish() {
        let clitic = (group.first.saturating_sub(1)..group.last).any(|at| scan.is_any(at, &["lo", "la", "los", "las"]));
        return clitic.then_some(group.last);
    }
    scan.is_any(group.last, &["it", "them"]).then_some(group.last + 1)
}

/// What is given and what is got, where a verb says so of the past.
fn exchange(scan: &Scan<'_>, group: &Group) -> Option<(String, String)> {
    let done =
        group.aspect.perfect || group.aspect.passive || group.readings.iter().any(|form| form.tense == Tense::Past);
    if !done || group.polarity != Polarity::Positive || group.aspect.modal {
        return None;
    }
    let from = scan.after_adverbs(group.last);
    let first = value(scan, from);
    // "Moved from Siemens to Bosch".
    let tied = if scan.spanish() { ("de", "a") } else { ("from", "to") };
    let start = (from..scan.tokens.len().min(from + WORDS_MAX)).find(|&at| scan.word(at) == tied.0);
    if let Some(start) = start.filter(|_| group.has_any(GOES))
        && let Some((old, middle)) = value(scan, start + 1)
        && scan.word(middle) == tied.1
        && let Some((new, _)) = value(scan, middle + 1)
    {
        return Some((old, new));
    }
    // "My metformin has been replaced by insulin".
    if group.aspect.passive && group.has_any(&["replace", "change", "swap", "sustituir", "cambiar"]) {
        let old = (0..group.first).find_map(|at| value(scan, at).filter(|(_, end)| *end == group.first))?.0;
        let by = scan.is_any(group.last, &["by", "with", "to", "for", "por"]);
        return by.then(|| value(scan, group.last + 1)).flatten().map(|(new, _)| (old, new));
    }
    // "Swapped metformin for insulin", «dejé Siemens por Bosch».
    let (old, end) = first.filter(|_| group.has_any(GIVES))?;
    let end = end + usize::from(scan.word(end) == "in");
    let for_another = scan.is_any(end, &["for", "with", "por"]) || group.has("change") && scan.word(end) == "to";
    for_another.then(|| value(scan, end + 1)).flatten().map(|(new, _)| (old, new))
}

/// "Goodbye Bristol, hello Leeds", «se acabó la metformina, ahora insulina».
fn farewell(scan: &Scan<'_>) -> Option<(String, String)> {
    let folded = crate::text::fold(scan.source(0, scan.tokens.len()));
    let opening = FAREWELLS.iter().filter(|words| folded.starts_with(*words)).max_by_key(|words| words.len())?;
    let (old, comma) = value(scan, opening.split(' ').count())?;
    let next =
        (scan.word(comma) == ",").then(|| (comma + 1..scan.tokens.len()).find(|&at| !scan.is_any(at, GREETINGS)))??;
    (next > comma + 1).then(|| value(scan, next)).flatten().map(|(new, _)| (old, new))
}

/// What is named here without its article, and one past it.
fn value(scan: &Scan<'_>, at: usize) -> Option<(String, usize)> {
    let article = ["the", "a", "an", "my", "our", "el", "la", "los", "las", "un", "una", "mi"];
    let from = at + usize::from(scan.is_any(at, &article));
    let last = (from..scan.tokens.len().min(from + WORDS_MAX))
        .take_while(|&i| {
            let token = &scan.tokens[i];
            let ends = ["for", "with", "por", "to", "a", "de", "from", "in", "and", "y", "now", "ahora", "so"];
            (token.is_word() || token.kind == crate::text::Kind::Number) && !ends.contains(&token.fold.as_str())
        })
        .last()?;
    let first_person = scan.forms(from).iter().any(|form| form.person == Person::First);
    (!first_person).then(|| (scan.source(from, last + 1).to_owned(), last + 1))
}

#[cfg(test)]
mod tests {
    use crate::memory::{InMemory, Memory};
    use crate::time::{Date, Moment};
    use crate::{Filter, Message, Speaker, Store};

    /// What holds after these messages, by subject, predicate and object.
    fn holding(said: &[&str]) -> Vec<String> {
        let mut memory = Memory::new(InMemory::new());
        let at = Moment::parse("2026-03-10T10:00:00Z").unwrap();
        for text in said {
            memory.say(Message { text, at, speaker: Speaker::Owner, language: None }).unwrap();
        }
        let today = Date::new(2026, 3, 10).unwrap();
        let facts = memory.store().facts(&Filter::default()).unwrap();
        let current = facts.iter().filter(|fact| fact.is_current(today));
        current.map(|fact| format!("{} {} {}", fact.subject, fact.verb(), fact.object.text)).collect()
    }

    #[test]
    fn one_takes_the_place_of_the_other_whatever_it_was() {
        for (said, expected) in [
            (&["I work at Siemens", "I moved from Siemens to Bosch"][..], &["1 works_at Bosch"][..]),
            (&["I live in Bristol", "I moved from Bristol to Leeds"], &["1 lives_in Leeds"]),
            (&["Tomo metformina", "Me han cambiado la metformina por insulina"], &["1 medication insulina"]),
            (&["Vivo en Salamanca", "Adiós Salamanca, hola Burgos"], &["1 lives_in Burgos"]),
            // Of what nothing is known nothing takes the place.
            (&["I swapped the red lamp for a blue one"], &[]),
            (&["I work at Siemens", "I swapped the red lamp for a blue one"], &["1 works_at Siemens"]),
            (&["I live in Bristol", "I left the office for lunch"], &["1 lives_in Bristol"]),
        ] {
            assert_eq!(holding(said), expected, "{said:?}");
        }
    }

    #[test]
    fn only_what_is_said_to_be_new_or_so_now_ends_another() {
        for (said, expected, gone) in [
            (&["Mi jefe es Luis", "Mi nuevo jefe es Paco"][..], "1 relative:boss Paco", Some("1 relative:boss ")),
            // A cardiologist beside the doctor, a second cat.
            (&["Mi médico es el doctor Pérez", "Mi nueva cardióloga es la doctora Ruiz"], "2 name doctor Pérez", None),
            (&["My cat is called Tom", "My new cat is called Jerry"], "2 name Tom", None),
            (&["I drive a Toyota", "I drive a Kia now"], "1 owns:car Kia", Some("1 owns:car Toyota")),
            // Other keys, perhaps; and the same, since they were moved.
            (&["The spare keys are in the drawer", "My keys are in my bag"], "2 kept_in in the drawer", None),
            (
                &["The spare keys are in the drawer", "I've moved them to the garage"],
                "2 kept_in the garage",
                Some("2 kept_in in the drawer"),
            ),
        ] {
            let all = holding(said);
            assert!(all.iter().any(|fact| fact == expected), "{said:?}: {all:?}");
            assert!(gone.is_none_or(|gone| !all.iter().any(|fact| fact == gone)), "{said:?}: {all:?}");
        }
    }
}
