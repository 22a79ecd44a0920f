//! The same of another, without the word for it: "mum's birthday is June 3, dad's is November 27", «y el de mi padre el 27».

use super::Run;
use super::claims::object;
use super::correction::slot_of;
use super::statement::{Act, Manner, Statement};
use crate::fact::Predicate;
use crate::grammar::noun::Noun;
use crate::grammar::{Mention, Scan};

/// What one says of several people one after the other.
const SAID_OF_EACH: &[Predicate] = &[
    Predicate::Birthday,
    Predicate::Age,
    Predicate::Phone,
    Predicate::Email,
    Predicate::ShoeSize,
    Predicate::ClothesSize,
    Predicate::Height,
    Predicate::Weight,
];
/// So far behind «sino» stands the value.
const VALUE_WITHIN: usize = 5;
/// So many more are read from one sentence.
const OTHERS_MAX: usize = 8;

impl Run<'_> {
    /// What a sentence says of others as well, behind the first of whom it says it.
    pub(super) fn likewise(&mut self, scan: &Scan<'_>, sentence: (usize, usize)) {
        let first = self.statements.iter().rev().find(|s| {
            s.sentence == sentence && s.act == Act::Assert && SAID_OF_EACH.contains(&s.predicate) && s.object.is_some()
        });
        let Some(mut last) = first.cloned() else { return };
        let mut at = scan.tokens.iter().position(|token| token.start >= last.span.1).unwrap_or(scan.tokens.len());
        for _ in 0..OTHERS_MAX {
            let Some((other, end)) = self.of_another(scan, at, &last) else { break };
            self.clauses += 1;
            last = Statement { clause: self.clauses, ..other };
            // «Mi hijo Leo el 8 de junio» is no appointment.
            let (from, to) = last.span;
            self.statements.retain(|s| s.predicate != Predicate::Appointment || s.span.1 <= from || to <= s.span.0);
            self.push(last.clone());
            at = end;
        }
    }

    /// «El cumpleaños de Yolanda no es el 18 de junio sino el 28 de julio»: what is right, behind what is not.
    pub(super) fn but_rather(&mut self, scan: &Scan<'_>, sentence: (usize, usize)) {
        let denied = self.statements.iter().rev().find(|s| {
            s.sentence == sentence && s.act == Act::Deny && SAID_OF_EACH.contains(&s.predicate) && s.object.is_some()
        });
        let Some(denied) = denied.cloned() else { return };
        let behind = |at: &usize| scan.tokens[*at].start >= denied.span.0;
        let turn = |at: &usize| {
            scan.is_any(*at, &["sino", "but"]) || scan.word(*at) == "," && scan.is_any(at + 1, &["it", "es"])
        };
        let Some(turn) = (0..scan.tokens.len()).filter(behind).find(turn) else { return };
        let value = (turn + 1..scan.tokens.len().min(turn + VALUE_WITHIN))
            .find_map(|at| scan.slot(slot_of(denied.predicate)?, at));
        let Some(right) = value.and_then(|(fillers, _)| fillers.into_iter().next()) else { return };
        self.clauses += 1;
        let clause = self.clauses;
        let right =
            Statement { object: Some(object(right)), act: Act::Assert, manner: Manner::Correction, clause, ..denied };
        let same = |s: &Statement| {
            s.sentence == sentence
                && s.act == Act::Assert
                && s.predicate == right.predicate
                && s.subject == right.subject
        };
        self.statements.retain(|s| !same(s));
        self.push(right);
    }

    /// "(And) dad's is November 27", «y el de mi padre (es) el 27 de noviembre», and one past it.
    fn of_another(&self, scan: &Scan<'_>, at: usize, said: &Statement) -> Option<(Statement, usize)> {
        let mut from = at;
        while scan.is_any(from, &[",", ";", "y", "and", "but", "pero", "while", "mientras", "que"]) {
            from += 1;
        }
        let (whose, behind) = if scan.is_any(from, &["el", "la"]) && scan.word(from + 1) == "de" {
            someone(scan, from + 2)?
        } else {
            let (whose, end) = someone(scan, from)?;
            // «Nació el 3 de mayo y mi hijo Leo el 8 de junio».
            let bare =
                said.predicate == Predicate::Birthday && from > at && scan.is_any(end, &["el", "on", "in", "en"]);
            match scan.word(end) {
                "'s" => (whose, end + 1),
                "on" | "in" | "en" if bare => (whose, end + 1),
                _ if bare => (whose, end),
                _ => return None,
            }
        };
        let value = behind + usize::from(scan.is_any(behind, &["es", "is", "'s", "era", "was"]));
        let (fillers, end) = scan.slot(slot_of(said.predicate)?, value)?;
        let whose = self.resolved(whose)?;
        let what = object(fillers.into_iter().next()?);
        let span = (scan.tokens[from].start, scan.tokens[end - 1].end);
        let told = Statement {
            subject: whose,
            kind: String::new(),
            object: Some(what),
            manner: Manner::Plain,
            from: None,
            to: None,
            span,
            ..said.clone()
        };
        Some((told, end))
    }
}

/// Whoever stands here: «mi padre», "dad", a name.
fn someone(scan: &Scan<'_>, at: usize) -> Option<(Mention, usize)> {
    let noun = scan.noun(at).or_else(|| scan.bare_relative(at))?;
    match noun {
        (Noun::Someone(mention @ (Mention::Relative { plural: false, .. } | Mention::Named(_))), end) => {
            Some((mention, end))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::States;
    use crate::heard::facts_of;

    /// What holds after the messages: subject, predicate and key of each fact but names and relations.
    fn held(said: &[&str]) -> Vec<String> {
        let facts = facts_of(said, States::Open);
        let told = facts.iter().filter(|fact| !["name", "relative", "note"].contains(&fact.predicate.name()));
        told.map(|fact| format!("{} {} {}", fact.subject, fact.predicate, fact.object.key)).collect()
    }

    #[test]
    fn the_same_is_said_of_another() {
        for (text, expected) in [
            ("mom's birthday is june 3, dad's is november 27", &["2 birthday --06-03", "3 birthday --11-27"][..]),
            (
                "El cumpleaños de mi madre es el 3 de junio y el de mi padre el 27 de noviembre",
                &["2 birthday --06-03", "3 birthday --11-27"],
            ),
            (
                "Mi hija Ana nació el 3 de mayo y mi hijo Leo el 8 de junio",
                &["2 birthday --05-03", "3 birthday --06-08"],
            ),
            ("Maisie takes a size 10 shoe and Ollie's a 13", &["2 shoe_size 10", "3 shoe_size 13"]),
            // Nobody else has one.
            ("My mum's birthday is june 3 and my dad forgets it", &["2 birthday --06-03"]),
        ] {
            assert_eq!(held(&[text]), expected, "{text}");
        }
    }

    #[test]
    fn what_is_right_stands_behind_what_is_not() {
        for (said, expected) in [
            (
                [
                    "El cumple de mi nuera Yolanda es el 18 de junio",
                    "el de Yolanda no es el 18 de junio sino el 28 de julio",
                ],
                "--07-28",
            ),
            (["My sister's birthday is 3 May", "my sister's birthday isn't 3 May but 5 May"], "--05-05"),
        ] {
            assert_eq!(held(&said), [format!("2 birthday {expected}")], "{said:?}");
        }
    }
}
