//! What a copula says: «mi cumpleaños es el 3 de mayo», «Ana es mi hermana», «mi coche es un Seat».

use super::claims::{Reader, object};
use super::clause::{Clause, Subject};
use super::period::period;
use super::renewed::kind_of;
use super::stance::{LASTING, Stance};
use super::statement::{Act, Manner, Object, Statement};
use crate::fact::Predicate;
use crate::grammar::Mention;
use crate::grammar::frames::Says;
use crate::grammar::group::{Group, Polarity};
use crate::grammar::name::Trust;
use crate::grammar::noun::Noun;
use crate::grammar::slots::Filler;
use crate::time::PartialDate;
use crate::words::{self, Tense};

impl Reader<'_> {
    /// «Mi cumpleaños es el 3 de mayo», «Ana es mi hermana», «mi jefe es Pedro», «mi coche es un Seat».
    pub(super) fn copula(
        &self,
        group: &Group,
        clause: &Clause,
        subject: &Subject,
        mention: &Mention,
    ) -> Vec<Statement> {
        let scan = self.scan;
        // «Mi empresa se llama Acme» says where somebody works.
        let called = matches!(subject, Subject::Of(Noun::Attribute { .. }))
            && (group.has("llamar") || group.aspect.passive && group.has_any(&["call", "name"]));
        // «Mi vuelo sale el 20 de mayo», "my birthday falls on Halloween".
        let comes = matches!(subject, Subject::Of(Noun::Attribute { .. } | Noun::Thing(_)))
            && group.has_any(&[
                "salir", "empezar", "comenzar", "caer", "tocar", "llegar", "leave", "depart", "start", "begin", "fall",
                "arrive", "land",
            ])
            && group.readings.iter().any(|form| form.tense == Tense::Present);
        // "My favourite colour has changed to blue".
        let changed = matches!(subject, Subject::Of(Noun::Favourite { .. }))
            && group.has_any(&["change", "cambiar"])
            && scan.is_any(group.last, &["to", "a"]);
        let is =
            comes || changed || group.has_any(&["ser", "be"]) && !group.aspect.passive && !group.aspect.progressive;
        let mine = self.mine(group, clause);
        if !mine.is_empty() {
            return mine;
        }
        if let Some(statement) = self.worked_in(group, clause, subject) {
            return vec![statement];
        }
        if !(is || called) {
            return Vec::new();
        }
        let at = scan.after_adverbs(group.last + usize::from(changed));
        let polarity = scan.late_negation(group, clause.last);
        let past = group.readings.iter().all(|form| matches!(form.tense, Tense::Past | Tense::Imperfect));
        let act = match polarity {
            Polarity::Positive => Act::Assert,
            Polarity::Negative => Act::Deny,
            Polarity::NoLonger => Act::End,
        };
        let ended = past && act == Act::Assert && self.manner == Manner::Plain;
        let stance = Stance { act, from: None, to: ended.then_some(PartialDate::Day(scan.lookup.today)) };
        let says = |predicate, kind| Says { predicate, kind, constant: None };
        let one = |mention: Mention, says: Says, object: Object, end: usize, stance: Stance| {
            vec![self.statement(mention, &says, Some(object), stance, (clause.first.min(group.first), end))]
        };
        match subject {
            Subject::Of(Noun::Attribute { of, row }) => {
                let Some(attribute) = words::attribute(row) else { return Vec::new() };
                let Some(predicate) = Predicate::from_name(attribute.predicate) else { return Vec::new() };
                let Some((fillers, end)) = scan.slot(attribute.slot, at) else {
                    // "My phone is a Pixel 7" tells no number.
                    let text = scan.source(group.first.max(1) - 1, group.first).to_owned();
                    let phone = predicate == Predicate::Phone && kind_of(scan.language, &text).is_some();
                    let thing = Mention::Thing { of: Box::new(of.clone()), key: words::key(&text), text };
                    return if phone { self.copula_of_thing(group, clause, &thing, at, stance) } else { Vec::new() };
                };
                let lasting = LASTING.contains(&predicate);
                let stance = if lasting { Stance { to: None, ..stance } } else { stance };
                fillers
                    .into_iter()
                    .flat_map(|filler| one(of.clone(), says(predicate, ""), object(filler), end, stance))
                    .collect()
            }
            Subject::Of(Noun::Favourite { of, kind }) => {
                let Some((fillers, end)) = scan.slot("phrase", at) else { return Vec::new() };
                let make = |filler| {
                    let mut statement = one(of.clone(), says(Predicate::Favourite, ""), object(filler), end, stance);
                    statement.iter_mut().for_each(|s| s.kind.clone_from(kind));
                    statement
                };
                fillers.into_iter().filter(|filler| !filler.text.is_empty()).flat_map(make).collect()
            }
            Subject::Of(Noun::Thing(thing)) => self.copula_of_thing(group, clause, thing, at, stance),
            Subject::Of(Noun::Someone(_)) | Subject::Elided => {
                self.copula_of_person(group, clause, mention, at, stance)
            }
        }
    }

    fn copula_of_thing(
        &self,
        group: &Group,
        clause: &Clause,
        thing: &Mention,
        at: usize,
        stance: Stance,
    ) -> Vec<Statement> {
        let Mention::Thing { of, text, .. } = thing else { return Vec::new() };
        let tokens = (clause.first.min(group.first), clause.last);
        let when = period(self.scan, at, clause.last, true).at;
        let event = crate::text::fold(text)
            .split(' ')
            .chain([crate::text::fold(text).as_str()])
            .any(|word| words::senses(Some(self.scan.language), word).any(|s| s.class == words::Class::Event))
            // A day, and no bare number that looks like a year: «mi sueldo es 2000».
            || self.scan.slot("date", at).is_some_and(|(list, _)| list.iter().all(|filler| filler.key.len() > 4));
        if let (Some(when), true) = (when, event) {
            let stance = Stance { from: Some(when), to: Some(when), ..stance };
            let says = Says::of(Predicate::Appointment);
            let text = self.with_hour(text, at, clause);
            let object = Object::plain(text);
            return vec![self.statement((**of).clone(), &says, Some(object), stance, tokens)];
        }
        let kind = kind_of(self.scan.language, text);
        let make = || {
            let article = self.scan.is_any(at, &["un", "una", "a", "an"]);
            let found = self.scan.slot("phrase", at).filter(|_| article && kind.is_some())?;
            self.scan.tokens[at + 1..found.1].iter().any(|token| token.capital).then_some(found)
        };
        let branded = self.scan.slot("brand", at).or_else(make);
        let Some((fillers, _)) = branded else { return Vec::new() };
        let says = Says { kind: kind.unwrap_or_default(), ..Says::of(Predicate::Owns) };
        let named =
            |filler: Filler| Object { text: format!("{text}: {}", filler.text), key: filler.key, mention: None };
        fillers.into_iter().map(|f| self.statement((**of).clone(), &says, Some(named(f)), stance, tokens)).collect()
    }

    fn copula_of_person(
        &self,
        group: &Group,
        clause: &Clause,
        mention: &Mention,
        at: usize,
        stance: Stance,
    ) -> Vec<Statement> {
        let scan = self.scan;
        let tokens = (clause.first.min(group.first), clause.last);
        if let Some(said) = self.is_somebody(group, clause, mention, at, stance) {
            return said;
        }
        let children = self.parent_of(mention, at, stance);
        if !children.is_empty() {
            return children;
        }
        // "My flatmate is a girl called Anjali".
        if matches!(mention, Mention::Relative { .. } | Mention::Animal { .. })
            && let Some((filler, end)) = scan.stranger(at)
        {
            let says = Says::of(Predicate::Name);
            let object = Object { key: crate::text::fold(&filler.text), text: filler.text, mention: None };
            return vec![self.statement(mention.clone(), &says, Some(object), stance, (tokens.0, end))];
        }
        // «Chispa es mi perra. Es una teckel».
        if matches!(mention, Mention::Named(_))
            && scan.is_any(at, &["un", "una", "a", "an"])
            && (at + 1..at + 4).any(|i| words::lists::DOGS.contains(&scan.word(i)))
            && let Some((mut fillers, end)) = scan.slot("phrase", at)
            && let Some(breed) = fillers.pop()
        {
            let breed = Filler::new(breed.text.split(" de ").next().unwrap_or_default());
            let says = Says::of(Predicate::Breed);
            return vec![self.statement(mention.clone(), &says, Some(object(breed)), stance, (tokens.0, end))];
        }
        // «Mi perro es un galgo», "our dog is a cockapoo".
        if matches!(mention, Mention::Animal { .. })
            && scan.is_any(at, if scan.spanish() { &["un", "una"] } else { &["a", "an"] })
            && let Some((mut fillers, end)) = scan.slot("phrase", at)
            && let Some(breed) = fillers
                .pop()
                .map(|filler| Filler::new(filler.text.split(" de ").next().unwrap_or_default()))
                .filter(|filler| filler.text.split(' ').count() <= 3)
        {
            let says = Says::of(Predicate::Breed);
            return vec![self.statement(mention.clone(), &says, Some(object(breed)), stance, (tokens.0, end))];
        }
        // «Mi jefe es un tal Remigio».
        let at = at + 2 * usize::from(scan.is_any(at, &["un", "una", "a"]) && scan.is_any(at + 1, &["tal", "certain"]));
        if matches!(mention, Mention::Relative { plural: false, .. } | Mention::Animal { plural: false, .. })
            && let Some((name, end)) = scan.name(at, Trust::Capital)
            && (scan.language == sarai_types::Language::Spanish
                || !words::senses(None, &crate::text::fold(&name))
                    .any(|s| matches!(s.class, words::Class::Nation | words::Class::Religion)))
        {
            let says = Says::of(Predicate::Name);
            let object = Object { key: crate::text::fold(&name), text: name, mention: None };
            return vec![self.statement(mention.clone(), &says, Some(object), stance, (tokens.0, end))];
        }
        Vec::new()
    }

    /// «Ana es mi hermana», «el 3 de mayo es mi cumpleaños»: somebody or something of theirs stands behind.
    fn is_somebody(
        &self,
        group: &Group,
        clause: &Clause,
        mention: &Mention,
        at: usize,
        stance: Stance,
    ) -> Option<Vec<Statement>> {
        let scan = self.scan;
        let tokens = (clause.first.min(group.first), clause.last);
        let (noun, end) = scan.noun(at)?;
        match noun {
            Noun::Someone(Mention::Relative { of, kin, name, plural: false }) if *mention != Mention::Owner => {
                // «Mi jefe es mi hermano» names nobody.
                let says = Says { predicate: Predicate::Relative, kind: kin, constant: None };
                let subject = name.map_or_else(|| mention.clone(), |name| mention.clone().called(name));
                let object = Object { text: String::new(), key: String::new(), mention: Some(subject) };
                Some(vec![self.statement(*of, &says, Some(object), stance, (tokens.0, end))])
            }
            // «Rex es mi perro».
            Noun::Someone(Mention::Animal { of, species, name: None, plural: false })
                if matches!(mention, Mention::Named(_)) =>
            {
                let says = Says { predicate: Predicate::Pet, kind: species, constant: None };
                let Mention::Named(name) = mention else { return Some(Vec::new()) };
                let pet = Mention::Animal { of: of.clone(), species, name: Some(name.clone()), plural: false };
                let object = Object { text: String::new(), key: String::new(), mention: Some(pet) };
                Some(vec![self.statement(*of, &says, Some(object), stance, (tokens.0, end))])
            }
            // «El 3 de mayo es mi cumpleaños» has its subject behind.
            Noun::Attribute { of, row } => Some(self.inverted(group, clause, &of, row, stance)),
            Noun::Favourite { of, kind } => {
                let Some((fillers, _)) = scan.slot("phrase", clause.first) else { return Some(Vec::new()) };
                let says = Says::of(Predicate::Favourite);
                let mut out: Vec<_> = fillers
                    .into_iter()
                    .map(|f| self.statement(of.clone(), &says, Some(object(f)), stance, tokens))
                    .collect();
                out.iter_mut().for_each(|statement| statement.kind.clone_from(&kind));
                Some(out)
            }
            // «Mi médico es el doctor Prieto».
            Noun::Someone(Mention::Named(name)) if matches!(mention, Mention::Relative { .. }) => {
                let says = Says::of(Predicate::Name);
                let object = Object { key: crate::text::fold(&name), text: name, mention: None };
                Some(vec![self.statement(mention.clone(), &says, Some(object), stance, (tokens.0, end))])
            }
            Noun::Someone(_) | Noun::Thing(_) => None,
        }
    }

    fn inverted(&self, group: &Group, clause: &Clause, of: &Mention, row: &str, stance: Stance) -> Vec<Statement> {
        let Some(attribute) = words::attribute(row) else { return Vec::new() };
        let Some(predicate) = Predicate::from_name(attribute.predicate) else { return Vec::new() };
        let found = (clause.first..group.first)
            .find_map(|at| self.scan.slot(attribute.slot, at).filter(|(_, end)| *end == group.first));
        let says = Says::of(predicate);
        let tokens = (clause.first, clause.last);
        found
            .into_iter()
            .flat_map(|(fillers, _)| fillers)
            .map(|f| self.statement(of.clone(), &says, Some(object(f)), stance, tokens))
            .collect()
    }
}
