//! Whom and what a question names.

use crate::fact::Predicate;
use crate::grammar::name::Trust;
use crate::grammar::noun::Noun;
use crate::grammar::{Mention, Scan};
use crate::words::{self, Class};

pub(super) type Nouns =
    (Option<Mention>, Option<(Predicate, &'static str)>, Vec<(Predicate, Option<String>)>, Vec<(usize, usize)>);

/// The people and things that the question names.
pub(super) fn nouns(scan: &Scan<'_>, from: usize) -> Nouns {
    let mut subject: Option<Mention> = None;
    let mut relation = None;
    let mut attributes = Vec::new();
    let mut spans = Vec::new();
    let mut at = from;
    while at < scan.tokens.len() {
        if let Some(end) = before_somebody(scan, at).filter(|_| at > from) {
            spans.push((at, end));
            at = end;
            continue;
        }
        let thing = || scan.definite_thing(at).or_else(|| sought(scan, at)).map(|(m, end)| (Noun::Thing(m), end));
        let Some((noun, end)) = scan.noun(at).or_else(|| the_child(scan, at)).or_else(thing) else {
            // Somebody of whom nothing is known is still who is asked about.
            if at > from
                && scan.is_any(at - 1, &["de", "sobre", "about", "of", "a"])
                && scan.tokens[at].capital
                && words::senses(None, scan.word(at)).next().is_none()
                && let Some((name, end)) = scan.name(at, Trust::Capital)
            {
                subject = Some(Mention::Named(name));
                at = end;
                continue;
            }
            if relation.is_none()
                && let Some((sense, end)) = words::longest(scan.language, scan.tokens, at, &[Class::Kin, Class::Pet])
            {
                // «¿Tengo hermanas?», «¿cuántos perros tengo?»
                let predicate = if sense.class == Class::Kin { Predicate::Relative } else { Predicate::Pet };
                relation = Some((predicate, sense.id));
                at = end;
                continue;
            }
            at += 1;
            continue;
        };
        spans.push((at, end));
        let (noun, end) = told_apart(scan, noun, end);
        let whose = noun.whose().clone();
        match noun {
            Noun::Attribute { row, .. } => {
                if let Some(predicate) = words::attribute(row).and_then(|row| Predicate::from_name(row.predicate)) {
                    attributes.push((predicate, None));
                }
            }
            Noun::Favourite { kind, .. } => attributes.push((Predicate::Favourite, Some(kind))),
            // An appointment is asked about by its words.
            Noun::Thing(_)
                if words::longest(scan.language, scan.tokens, at, &[Class::Event]).is_some()
                    || words::longest(scan.language, scan.tokens, at + 1, &[Class::Event]).is_some()
                    || scan.is_any(end - 1, &["appointment", "appointments"]) =>
            {
                at = end.max(at + 1);
                spans.pop();
                continue;
            }
            Noun::Thing(_) | Noun::Someone(_) => {}
        }
        let better = subject.as_ref().is_none_or(|known| {
            matches!(known, Mention::Owner | Mention::Pronoun { .. })
                && !matches!(whose, Mention::Owner | Mention::Pronoun { .. })
        });
        if better {
            subject = Some(whose);
        }
        at = end.max(at + 1);
    }
    if attributes.is_empty() {
        attributes.extend(loose_attributes(scan, from, &spans));
    }
    (subject, relation, attributes, spans)
}

/// "(Who was I seeing) before Rodrigo?" is not about him: one past his name.
fn before_somebody(scan: &Scan<'_>, at: usize) -> Option<usize> {
    let before = scan.is_any(at, &["before"]) || scan.is_any(at, &["antes"]) && scan.is_any(at + 1, &["de"]);
    let name = at + 1 + usize::from(scan.is_any(at + 1, &["de"]));
    let (_, end) = scan.name(name, Trust::Capital).filter(|_| before && scan.tokens[name].capital)?;
    Some(end)
}

/// «Carmen la vecina», "Sam, my cousin": which of those who are called so.
fn told_apart(scan: &Scan<'_>, noun: Noun, end: usize) -> (Noun, usize) {
    let Noun::Someone(Mention::Named(name)) = &noun else { return (noun, end) };
    let at = end + usize::from(scan.word(end) == ",");
    let kin = words::longest(scan.language, scan.tokens, at + 1, &[Class::Kin]);
    match kin.filter(|(sense, _)| scan.is_any(at, &["la", "el", "the", "mi", "my"]) && !sense.plural) {
        Some((sense, end)) => (Noun::Someone(Mention::relative(sense.id, false).called(name.clone())), end),
        None => (noun, end),
    }
}

/// «La niña», «el crío», "the cat": in a house with one they are its own.
fn the_child(scan: &Scan<'_>, at: usize) -> Option<(Noun, usize)> {
    // "What has Mam got?"
    let near = ["mum", "mom", "mam", "dad", "nan", "gran", "granny", "grandma", "grandad", "grandpa", "mama", "papa"];
    if scan.is_any(at, &near) && !scan.is_any(at.max(1) - 1, &["la", "el", "the", "a", "una", "un"]) {
        return scan.headed(at, Mention::Owner, false);
    }
    let the = scan.is_any(at, &["la", "el", "las", "los", "the"]);
    if let Some((sense, end)) = words::longest(scan.language, scan.tokens, at + 1, &[Class::Pet]).filter(|_| the) {
        let species = sense.id;
        let pet = Mention::Animal { of: Box::new(Mention::Owner), species, name: None, plural: sense.plural };
        let theirs = scan.is_any(end, &["de", "of", "'s"]) || scan.tokens.get(end).is_some_and(|token| token.capital);
        return (!theirs).then_some((Noun::Someone(pet), end));
    }
    let article = scan.spanish() && scan.is_any(at, &["la", "el", "las", "los"]);
    let child = scan.is_any(
        at + 1,
        &[
            "nina", "nino", "ninas", "ninos", "peque", "peques", "cria", "crio", "crios", "nena", "nene", "nenes",
            "bebe",
        ],
    );
    let (sense, end) =
        words::longest(scan.language, scan.tokens, at + 1, &[Class::Kin]).filter(|_| article && child)?;
    let alone = !scan.is_any(end, &["de"]);
    alone.then(|| (Noun::Someone(Mention::relative(sense.id, sense.plural)), end))
}

/// «¿Dónde está el bote de la pintura?»: whatever it is, it is looked for.
fn sought(scan: &Scan<'_>, at: usize) -> Option<(Mention, usize)> {
    let place = (0..at).any(|i| scan.is_any(i, &["donde", "where"]));
    let verb = (at + 1..scan.tokens.len())
        .find(|&i| scan.tokens[i].is_mark() || scan.is_any(i, &["esta", "estan", "is", "are", "kept", "go"]))
        .unwrap_or(scan.tokens.len());
    scan.kept_thing(at, verb).filter(|_| place)
}

/// "What colour is my favourite", «¿qué talla uso?» are caught by cues; "favourite colour of Ana" by the noun itself.
fn loose_attributes(scan: &Scan<'_>, from: usize, spans: &[(usize, usize)]) -> Vec<(Predicate, Option<String>)> {
    let favourite = (from..scan.tokens.len()).find(|&i| {
        scan.is_any(
            i,
            &[
                "favorito",
                "favorita",
                "favoritos",
                "favoritas",
                "favourite",
                "favorite",
                "preferido",
                "preferida",
                "favourites",
                "favorites",
            ],
        )
    });
    let Some(at) = favourite else { return Vec::new() };
    let near = |i: usize| {
        scan.tokens
            .get(i)
            .is_some_and(|t| t.is_word())
            .then(|| words::senses(Some(scan.language), scan.word(i)).find(|s| s.class == Class::Kind))
            .flatten()
    };
    let kind = near(at + 1).or_else(|| at.checked_sub(1).and_then(near)).map(|sense| sense.id.to_owned());
    let inside = spans.iter().any(|(a, b)| (*a..*b).contains(&at));
    if inside { Vec::new() } else { vec![(Predicate::Favourite, kind)] }
}
