//! Where somebody was one after the other: «viví en Sevilla de 2010 a 2015, luego en Cádiz hasta 2020 y ahora en Madrid».

use super::claims::{Reader, object};
use super::statement::{Act, Object, Statement};
use crate::fact::Predicate;
use crate::time::{Direction, PartialDate, date};
use crate::words;

/// Words between two places where somebody was one after the other.
const THEN: &[&[&str]] = &[
    &["luego"],
    &["despues"],
    &["mas", "tarde"],
    &["de", "ahi"],
    &["then"],
    &["later"],
    &["after", "that"],
    &["before", "that"],
];
/// The same before the place where they are still.
const SINCE_THEN: &[&[&str]] = &[
    &["desde", "entonces"],
    &["ahora"],
    &["actualmente"],
    &["since", "then"],
    &["ever", "since"],
    &["now"],
    &["currently"],
];
/// Verbs of being and coming somewhere, which say nothing more.
const BEING: &[&str] = &[
    "estar", "ir", "venir", "volver", "pasar", "mudar", "trabajar", "vivir", "be", "have", "move", "go", "come",
    "work", "live",
];
/// Words beside them.
const BESIDE: &[&str] = &["me", "nos", "i", "we", "'ve", "'m", "'s", "it", "back", "over", "ya"];
/// Words of a verb and what stands beside it.
const VERB_MAX: usize = 4;
/// So far behind «hasta que» stands a year.
const UNTIL_MAX: usize = 5;

/// The time of one place, as far as it is told.
#[derive(Debug, Clone, Copy, Default)]
struct Time {
    from: Option<PartialDate>,
    to: Option<PartialDate>,
}

impl Reader<'_> {
    /// Where somebody was after the first place of a sentence that has an end, and where they are.
    pub(super) fn stations(&self, said: &[Statement]) -> Vec<Statement> {
        let scan = self.scan;
        let placed = |s: &&Statement| {
            matches!(s.predicate, Predicate::LivesIn | Predicate::WorksAt | Predicate::StudiesAt)
                && s.sentence == self.sentence
                && s.to.is_some()
                && s.object.is_some()
        };
        let Some(first) = said.iter().find(placed) else { return Vec::new() };
        let slot = if first.predicate == Predicate::LivesIn { "place" } else { "org" };
        let mut out: Vec<Statement> = Vec::new();
        let mut last = first.clone();
        let mut at = scan.tokens.iter().position(|token| token.start >= last.span.1).unwrap_or(scan.tokens.len());
        while let Some((object, time, still, (begin, end))) = self.station(at, slot) {
            let from = time.from.or(last.to);
            // Of an earlier place without an end, the next one's beginning is it.
            if let Some(before) = out.last_mut().filter(|before| before.to.is_none()) {
                before.to = from;
            }
            let span = (scan.tokens[begin].start, scan.tokens[end - 1].end);
            let to = time.to.filter(|_| !still);
            last = Statement { object: Some(object), act: Act::Assert, from, to, clause: self.number, span, ..last };
            out.push(last.clone());
            at = end;
        }
        out
    }

    /// The next place, its time, whether somebody is still there, and where it stands.
    fn station(&self, at: usize, slot: &str) -> Option<(Object, Time, bool, (usize, usize))> {
        let scan = self.scan;
        let begin = self.behind_dates(at);
        let tied = begin + usize::from(scan.is_any(begin, &[",", ";"]));
        let tied = tied + usize::from(scan.is_any(tied, &["y", "and"]));
        let tie = |ties: &[&[&str]]| {
            let stands = |tie: &&&[&str]| tie.iter().enumerate().all(|(i, word)| scan.is_any(tied + i, &[word]));
            ties.iter().find(stands).map(|tie| tied + tie.len())
        };
        let (still, behind) = match (tie(THEN), tie(SINCE_THEN)) {
            (Some(end), _) => (false, end),
            (None, Some(end)) => (true, end),
            (None, None) => (false, tied),
        };
        let (before, told) = self.time(behind);
        if told == tied {
            return None;
        }
        let told = told + usize::from(scan.is_any(told, &[","]));
        let verb = self.behind_being(told);
        let place = verb + usize::from(scan.is_any(verb, &["en", "in", "at", "a", "to", "con", "with", "for"]));
        let article = usize::from(scan.is_any(place, &["el", "la", "los", "las", "the", "un", "una", "a"]));
        let (mut fillers, end) = scan.slot(slot, place).filter(|_| self.is_capital(place + article))?;
        let (after, closed) = self.time(end);
        let time = Time { from: before.from.or(after.from), to: before.to.or(after.to) };
        let still = still || before.from.is_some() && time.to.is_none();
        // «Luego, Madrid» says too little.
        (still || time.to.is_some() || verb > told).then_some(())?;
        Some((object(fillers.pop()?), time, still, (tied, closed.max(end))))
    }

    /// «De 2011 a 2022», "since 2019", «hasta 2020», «hasta que me jubilé en 2019», and one past it.
    fn time(&self, at: usize) -> (Time, usize) {
        let scan = self.scan;
        let lookup = scan.pointing(Direction::Past);
        let day = |at: usize| date(scan.tokens, at, lookup).map(|(when, end)| (when.resolve(lookup), end));
        let until = &["a", "to", "hasta", "until", "till", "til", "-", "–", "y", "and"];
        let mut time = Time::default();
        let mut end = at;
        if scan.is_any(at, &["de", "from", "entre", "between", "desde", "since", "en", "in"])
            && let Some((from, behind)) = day(at + 1)
        {
            (time.from, end) = (Some(from), behind);
        }
        if scan.is_any(end, until) && (time.from.is_some() || scan.is_any(end, &["hasta", "until", "till", "til"])) {
            // «Hasta que me jubilé en 2019».
            let clause = scan.is_any(end + 1, &["que", "i", "we", "he", "she", "they"]);
            let found = (end + 1..=end + 1 + if clause { UNTIL_MAX } else { 0 }).find_map(day);
            if let Some((to, behind)) = found {
                (time.to, end) = (Some(to), behind);
            }
        }
        (time, end)
    }

    /// One past «de 2010 a 2015», "until 2020".
    fn behind_dates(&self, at: usize) -> usize {
        let (_, end) = self.time(at);
        end
    }

    /// One past «me vine», "I've been".
    fn behind_being(&self, at: usize) -> usize {
        let scan = self.scan;
        let is_verb = |at: usize| {
            let token = &scan.tokens[at];
            let forms = words::forms(scan.language, &token.lower, &token.fold);
            forms.iter().any(|form| BEING.contains(&form.lemma)) && !scan.is_any(at, &["en", "a"])
        };
        (at..scan.tokens.len().min(at + VERB_MAX))
            .take_while(|&i| scan.is_any(i, BESIDE) || is_verb(i))
            .last()
            .map_or(at, |last| last + 1)
    }
}

#[cfg(test)]
mod tests {
    use crate::heard::facts_of;
    use crate::{Fact, PartialDate, States};

    /// The facts of a message, with their times.
    fn told(text: &str) -> Vec<String> {
        let year = |date: Option<PartialDate>| date.map_or(String::new(), |date| date.to_string());
        let line =
            |fact: &Fact| format!("{} {} {}..{}", fact.predicate, fact.object.text, year(fact.from), year(fact.to));
        facts_of(&[text], States::All).iter().map(line).collect()
    }

    #[test]
    fn one_place_follows_the_other() {
        for (text, expected) in [
            (
                "De 2014 a 2019 trabajé en Renfe, y desde 2019 estoy en Correos.",
                &["works_at Renfe 2014..2019", "works_at Correos 2019.."][..],
            ),
            (
                "Viví en Rosario hasta 2018 y de ahí me vine a Mendoza, donde sigo.",
                &["lives_in Rosario ..2018", "lives_in Mendoza 2018.."],
            ),
            (
                "De 1998 a 2011 viví en Basilea, luego de 2011 a 2022 en Zaragoza, y desde 2022 estoy en Jaca.",
                &["lives_in Basilea 1998..2011", "lives_in Zaragoza 2011..2022", "lives_in Jaca 2022.."],
            ),
            (
                "Trabajé en Correos de 1988 a 2003, y luego en el Ayuntamiento hasta que me jubilé en 2019.",
                &["works_at Correos 1988..2003", "works_at Ayuntamiento 2003..2019"],
            ),
            (
                "I worked at Boots from 2015 to 2019 and since then I've been at Aldi.",
                &["works_at Boots 2015..2019", "works_at Aldi 2019.."],
            ),
            (
                "I lived in Bogotá from 2016 to 2019, then Montréal till 2023, and since then it's been Halifax",
                &["lives_in Bogotá 2016..2019", "lives_in Montréal 2019..2023", "lives_in Halifax 2023.."],
            ),
            // Nothing follows.
            ("Viví en Lugo hasta 2018 y luego nada", &["lives_in Lugo ..2018"]),
            ("I lived in Leeds until 2018, then I met Ana", &["lives_in Leeds ..2018"]),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
    }
}
