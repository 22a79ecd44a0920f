//! Where things are: «las llaves las dejo en el bote azul», "the router is behind the TV".

use super::claims::{Reader, object};
use super::clause::{Clause, Subject};
use super::stance::Stance;
use super::statement::{Object, Statement};
use crate::fact::Predicate;
use crate::grammar::Mention;
use crate::grammar::frames::{Match, Says};
use crate::grammar::group::Group;
use crate::grammar::noun::Noun;
use crate::grammar::slots::Filler;
use crate::words;

impl Reader<'_> {
    /// A thing and its place. Where the owner's home is, says where they live.
    pub(super) fn kept(
        &self,
        group: &Group,
        mention: &Mention,
        found: &Match,
        says: &Says,
        stance: Stance,
        filler: Filler,
    ) -> Vec<Statement> {
        let tokens = (group.first, found.end);
        if is_home(mention)
            && let Some((mut streets, _)) = self.scan.slot("street", group.last + 1)
        {
            let says = Says::of(Predicate::Address);
            let street = streets.pop().map(object);
            return street
                .into_iter()
                .map(|street| self.statement(Mention::Owner, &says, Some(street), stance, tokens))
                .collect();
        }
        if is_home(mention)
            && let Some((mut places, _)) = self.scan.slot("place", group.last + 1)
        {
            let says = Says::of(Predicate::LivesIn);
            let place = places.pop().map(object);
            return place
                .into_iter()
                .map(|place| self.statement(Mention::Owner, &says, Some(place), stance, tokens))
                .collect();
        }
        let thing = filler.mention.clone().unwrap_or_else(|| mention.clone());
        // «Mi servidor está en Frankfurt»: what no table knows is kept only in a house.
        if filler.mention.is_none() && !is_household(&thing) && !self.scan.in_house(group.last, found.end) {
            return Vec::new();
        }
        let object = Object { mention: None, ..object(filler) };
        vec![self.statement(thing, says, Some(object), stance, tokens)]
    }

    /// «Mi medicación está en el baño» tells of a thing, and not what is taken.
    pub(super) fn medicine_put(&self, group: &Group, subject: &Subject) -> Option<Statement> {
        let scan = self.scan;
        let Subject::Of(Noun::Attribute { of, row: "medication" }) = subject else { return None };
        let (spot, end) =
            scan.spot(scan.after_adverbs(group.last)).filter(|(_, end)| scan.in_house(group.last, *end))?;
        let first = group.first.checked_sub(1).filter(|_| group.has_any(&["ser", "estar", "be"]))?;
        let thing = Mention::medicine(of.clone(), scan.source(first, group.first));
        let says = Says::of(Predicate::KeptIn);
        Some(self.statement(thing, &says, Some(object(spot)), Stance::PLAIN, (first, end)))
    }

    /// «Las llaves del trastero las dejo en el bote azul»: the thing stands first, and a clitic for it.
    pub(super) fn fronted(&self, group: &Group, clause: &Clause, before: Option<&Subject>) -> Option<Statement> {
        let scan = self.scan;
        let keeps = group.has_any(&["guardar", "dejar", "tener", "poner", "meter", "esconder", "colocar", "aparcar"]);
        let clitic = scan.is_any(group.first, &["lo", "la", "los", "las"]);
        let mut at = scan.after_adverbs(group.last);
        at += usize::from(scan.is_any(at, &["aparcado", "aparcada", "guardado", "guardada", "guardados", "guardadas"]));
        let (spot, end) = scan.spot(scan.after_adverbs(at)).filter(|_| keeps && clitic && scan.spanish())?;
        let named = (clause.first..group.first).find_map(|at| {
            let (thing, end) = scan.kept_thing(at, group.first)?;
            (end == group.first).then_some(thing)
        });
        // «Las llaves ya no están ahí, las he dejado en …».
        let thing = named.or_else(|| match before? {
            Subject::Of(Noun::Thing(thing)) => Some(thing.clone()),
            Subject::Of(_) | Subject::Elided => None,
        })?;
        let says = Says::of(Predicate::KeptIn);
        let stance = Stance::PLAIN;
        Some(self.statement(thing, &says, Some(object(spot)), stance, (clause.first, end)))
    }
}

/// The owner's home.
fn is_home(mention: &Mention) -> bool {
    matches!(mention, Mention::Thing { of, key, .. } if **of == Mention::Owner && matches!(key.as_str(), "c:house" | "c:flat" | "home"))
}

/// Whether the tables know a thing.
fn is_household(mention: &Mention) -> bool {
    matches!(mention, Mention::Thing { key, .. } if key.starts_with("c:") || key.split(' ').any(|word| words::key(word).starts_with("c:")))
}
