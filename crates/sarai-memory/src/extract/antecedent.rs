//! Whom a clause is about that names nobody before its verb: whoever stands before a relative pronoun, or behind the verb.

use super::clause::Subject;
use crate::grammar::group::Group;
use crate::grammar::name::Trust;
use crate::grammar::noun::Noun;
use crate::grammar::{Mention, Scan};
use crate::text::Token;
use crate::words::{self, Class, Person};

/// The noun phrase that ends right before a relative pronoun.
pub(super) fn antecedent(scan: &Scan<'_>, floor: usize, joint: usize) -> Option<Noun> {
    let before = joint.checked_sub(1)?;
    // «Mi prima Rocío, la que vive en Berlín».
    let pointed = before > 1 && scan.is_any(before, &["la", "el", "one"]) && scan.is_any(before - 1, &[",", "the"]);
    let before = if pointed { before - 1 - usize::from(scan.word(before - 1) == "the") } else { before };
    let joint = if pointed { before } else { joint };
    let end = if scan.word(before) == "," { before } else { joint };
    (floor.saturating_sub(5)..end).find_map(|at| {
        let (noun, last) = scan.noun(at)?;
        (last == end || last == joint).then_some(noun)
    })
}

/// Whom an indefinite noun or a name right before a relative pronoun brings in: «(tengo) un gato que …», «Canela, que …».
pub(super) fn introduced(
    scan: &Scan<'_>,
    holder: &Group,
    (floor, joint): (usize, usize),
    before: Option<&Subject>,
) -> Option<Noun> {
    let end = joint - usize::from(joint > 0 && scan.word(joint - 1) == ",");
    if let Some(name) = (floor..end).find_map(|at| scan.name(at, Trust::Capital).filter(|(_, last)| *last == end)) {
        return Some(Noun::Someone(Mention::Named(name.0)));
    }
    let own = holder.readings.iter().any(|form| form.person == Person::First)
        || scan.is_any(holder.first.max(1) - 1, &["i", "we"]);
    let of = before.and_then(Subject::mention).filter(|of| !own && of.is_person()).unwrap_or(Mention::Owner);
    (floor..end).find_map(|at| {
        let (sense, last) = words::longest(scan.language, scan.tokens, at + 1, &[Class::Kin, Class::Pet])?;
        let one = scan.is_any(at, &["un", "una", "a", "an"]) && last == end && !sense.plural;
        let of = Box::new(of.clone());
        let animal = sense.class == Class::Pet;
        one.then_some(Noun::Someone(if animal {
            Mention::Animal { of, species: sense.id, name: None, plural: false }
        } else {
            Mention::Relative { of, kin: sense.id, name: None, plural: false }
        }))
    })
}

/// «Se llama Ana mi hermana», «vive en Madrid mi hermana».
pub(super) fn acting_behind(scan: &Scan<'_>, group: &Group, last: usize) -> Option<Noun> {
    let (noun, _) = (group.last..last).rev().find_map(|at| {
        scan.noun(at).filter(|(_, end)| *end == last || scan.tokens.get(*end).is_none_or(Token::is_mark))
    })?;
    let told = match &noun {
        Noun::Someone(Mention::Relative { .. } | Mention::Animal { .. }) => true,
        Noun::Someone(Mention::Named(_)) => group.has_any(&["morir", "fallecer"]),
        _ => false,
    };
    let acts = told
        && group.last < last
        && !group.has_any(&["ser", "tener"])
        && !(group.last..last).any(|i| scan.is_any(i, &["a", "de", "con", "que", "y", "para"]));
    acts.then_some(noun)
}

/// "(Got) mum some flowers, she turned 71": whom alone the sentence names, if the pronoun can be nobody else.
pub(super) fn antecedent_of(pronoun: Mention, one: Option<&Mention>) -> Option<Mention> {
    let Mention::Pronoun { feminine: Some(feminine), .. } = pronoun else { return None };
    one.filter(|one| gender(one) == Some(feminine)).cloned()
}

/// Whether somebody is known to be a woman or a man.
pub(super) fn gender(mention: &Mention) -> Option<bool> {
    let Mention::Relative { kin, .. } = mention else { return None };
    let women = [
        "mother",
        "sister",
        "daughter",
        "wife",
        "girlfriend",
        "grandmother",
        "granddaughter",
        "aunt",
        "cousin_f",
        "niece",
        "mother_in_law",
        "sister_in_law",
        "daughter_in_law",
        "godmother",
        "stepmother",
        "friend_f",
        "twin_f",
    ];
    let men = [
        "father",
        "brother",
        "son",
        "husband",
        "boyfriend",
        "grandfather",
        "grandson",
        "uncle",
        "cousin_m",
        "nephew",
        "father_in_law",
        "brother_in_law",
        "son_in_law",
        "godfather",
        "stepfather",
        "friend_m",
        "twin_m",
    ];
    if women.contains(kin) { Some(true) } else { men.contains(kin).then_some(false) }
}
