//! What one clause says: frames and copulas become statements, with the act and the time that the verb gives them.

use super::clause::{Clause, Subject, is_joint};
use super::period::period;
use super::renewed::kind_of;
use super::routine::beginning;
use super::stance::{LASTING, Stance};
use super::statement::{Act, Manner, Object, Statement};
use crate::fact::Predicate;
use crate::grammar::frames::{Match, Says};
use crate::grammar::group::{Group, Polarity};
use crate::grammar::noun::{Noun, Trust};
use crate::grammar::slots::Filler;
use crate::grammar::{Mention, Scan};
use crate::time::{Clock, PartialDate, clock};
use crate::words::{self, Tense};

/// What a clause is read with.
pub(super) struct Reader<'a> {
    pub(super) scan: &'a Scan<'a>,
    pub(super) manner: Manner,
    /// Number of the clause in the message.
    pub(super) number: u32,
    /// Bytes of the sentence.
    pub(super) sentence: (usize, usize),
}

impl Reader<'_> {
    /// Everything that the clause of this group says of `subject`, and what it takes the place of.
    pub(super) fn read(&self, group: &Group, clause: &Clause, subject: &Subject, mention: &Mention) -> Vec<Statement> {
        self.renewed(group, clause, subject, self.said(group, clause, subject, mention))
    }

    fn said(&self, group: &Group, clause: &Clause, subject: &Subject, mention: &Mention) -> Vec<Statement> {
        if group.readings.iter().all(|form| matches!(form.tense, Tense::Conditional | Tense::Subjunctive)) {
            return Vec::new();
        }
        // "Two cats called Pickle and Mog": who acts in the sentence is not called so.
        let kinds = [words::Class::Kin, words::Class::Pet];
        let named = group.last == group.first + 1 && self.scan.is_any(group.first, &["called", "named"]);
        let scan = self.scan;
        let is_kind = |at: usize| words::longest(scan.language, scan.tokens, at, &kinds).is_some();
        if named && group.first.checked_sub(1).is_some_and(is_kind) {
            return Vec::new();
        }
        if let Some(put) = self.medicine_put(group, subject) {
            return vec![put];
        }
        let mut out = self.copula(group, clause, subject, mention);
        if !out.is_empty() {
            return out;
        }
        for found in self.scan.matches(group, clause.last) {
            out.extend(self.statements(group, clause, subject, mention, &found));
            out.extend(self.gapped(group, clause, &found));
            out.extend(self.coordinated(group, clause, subject, mention, &found));
            out.extend(self.instead(group, clause, mention, &found));
        }
        // "He's started at Ridgeway High" names a school.
        let partner = |s: &Statement| s.predicate == Predicate::Relative && s.kind == "partner";
        if out.iter().any(|s| s.predicate == Predicate::StudiesAt || partner(s)) {
            out.retain(|s| s.predicate != Predicate::WorksAt);
        }
        out.extend(self.wed(group, clause, mention));
        out.extend(self.routine(group, clause, mention, &out));
        out.extend(self.working(group, clause, mention, &out));
        out.extend(self.leisure(group, clause, subject, mention, &out));
        out.extend(self.dated(group, clause, mention, &out));
        out.extend(self.birthday_first(group, clause, mention, &out));
        out.extend(self.triggers(group, clause));
        self.of_work(group, &mut out);
        // «He dejado el paraguas en la oficina» leaves no employer.
        if out.iter().any(|s| s.predicate == Predicate::KeptIn) {
            out.retain(|s| s.predicate != Predicate::WorksAt);
        }
        if out.iter().any(|s| s.predicate == Predicate::Appointment && s.act == Act::Assert) {
            out.extend(self.further_events(clause));
        }
        // «Tengo dentista el jueves» tells of an appointment, not of a dentist.
        if out.iter().any(|s| s.predicate == Predicate::Appointment) {
            out.retain(|s| s.predicate != Predicate::Relative || names_somebody(s));
        }
        out
    }

    pub(super) fn statement(
        &self,
        subject: Mention,
        says: &Says,
        object: Option<Object>,
        stance: Stance,
        tokens: (usize, usize),
    ) -> Statement {
        let scan = self.scan;
        let span = match (scan.tokens.get(tokens.0), tokens.1.checked_sub(1).and_then(|i| scan.tokens.get(i))) {
            (Some(first), Some(last)) => (first.start, last.end.max(first.end)),
            _ => self.sentence,
        };
        Statement {
            subject,
            predicate: says.predicate,
            kind: says.kind.to_owned(),
            object,
            act: stance.act,
            manner: self.manner,
            from: stance.from,
            to: stance.to,
            clause: self.number,
            span,
            sentence: self.sentence,
            language: scan.language,
        }
    }

    /// «Mi cumpleaños es el 3 de mayo», «Ana es mi hermana», «mi jefe es Pedro», «mi coche es un Seat».
    fn copula(&self, group: &Group, clause: &Clause, subject: &Subject, mention: &Mention) -> Vec<Statement> {
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
        let is = comes || group.has_any(&["ser", "be"]) && !group.aspect.passive && !group.aspect.progressive;
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
        let at = scan.after_adverbs(group.last);
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
            let text = self.with_clock(text, at, clause.last);
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
        if let Some((noun, end)) = scan.noun(at) {
            match noun {
                Noun::Someone(Mention::Relative { of, kin, name, plural: false }) if *mention != Mention::Owner => {
                    // «Mi jefe es mi hermano» names nobody.
                    let says = Says { predicate: Predicate::Relative, kind: kin, constant: None };
                    let subject = name.map_or_else(|| mention.clone(), |name| mention.clone().called(name));
                    let object = Object { text: String::new(), key: String::new(), mention: Some(subject) };
                    return vec![self.statement(*of, &says, Some(object), stance, (tokens.0, end))];
                }
                // «Rex es mi perro».
                Noun::Someone(Mention::Animal { of, species, name: None, plural: false })
                    if matches!(mention, Mention::Named(_)) =>
                {
                    let says = Says { predicate: Predicate::Pet, kind: species, constant: None };
                    let Mention::Named(name) = mention else { return Vec::new() };
                    let pet = Mention::Animal { of: of.clone(), species, name: Some(name.clone()), plural: false };
                    let object = Object { text: String::new(), key: String::new(), mention: Some(pet) };
                    return vec![self.statement(*of, &says, Some(object), stance, (tokens.0, end))];
                }
                // «El 3 de mayo es mi cumpleaños» has its subject behind.
                Noun::Attribute { of, row } => return self.inverted(group, clause, &of, row, stance),
                Noun::Favourite { of, kind } => {
                    let Some((fillers, _)) = scan.slot("phrase", clause.first) else { return Vec::new() };
                    let says = Says::of(Predicate::Favourite);
                    let mut out: Vec<_> = fillers
                        .into_iter()
                        .map(|f| self.statement(of.clone(), &says, Some(object(f)), stance, tokens))
                        .collect();
                    out.iter_mut().for_each(|statement| statement.kind.clone_from(&kind));
                    return out;
                }
                // «Mi médico es el doctor Prieto».
                Noun::Someone(Mention::Named(name)) if matches!(mention, Mention::Relative { .. }) => {
                    let says = Says::of(Predicate::Name);
                    let object = Object { key: crate::text::fold(&name), text: name, mention: None };
                    return vec![self.statement(mention.clone(), &says, Some(object), stance, (tokens.0, end))];
                }
                Noun::Someone(_) | Noun::Thing(_) => {}
            }
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

    /// The statements of one frame.
    fn statements(
        &self,
        group: &Group,
        clause: &Clause,
        subject: &Subject,
        mention: &Mention,
        found: &Match,
    ) -> Vec<Statement> {
        let flags = &found.frame.flags;
        let thing = matches!(subject, Subject::Of(Noun::Thing(_)));
        if flags.of_thing != thing
            || matches!(subject, Subject::Of(Noun::Attribute { .. } | Noun::Favourite { .. }))
            || (flags.owner_only && *mention != Mention::Owner)
            || (flags.others && *mention == Mention::Owner)
        {
            return Vec::new();
        }
        let tokens = (group.first, found.end);
        let Some((says, stance)) = self.stance(group, clause, found) else {
            return self.zero(group, clause, mention, found);
        };
        // «Me han despedido» ends whatever work there was.
        if found.fillers.is_empty() && says.constant.is_none() && stance.act == Act::End {
            return vec![self.statement(self.acting(mention, found), &says, None, stance, tokens)];
        }
        let mut out = self.swapped(mention, found, &says, stance, tokens);
        if let Some(constant) = says.constant {
            let object = Object { text: constant.to_owned(), key: words::key(constant), mention: None };
            out.push(self.statement(self.acting(mention, found), &says, Some(object), stance, tokens));
            return out;
        }
        out.extend(
            found
                .fillers
                .iter()
                .flat_map(|filler| self.of_filler(group, clause, mention, found, &says, stance, filler.clone())),
        );
        out
    }

    /// «He cambiado el Ibiza por un Yaris», "I switched to Italian": what was there before is over, whatever it was.
    fn swapped(
        &self,
        mention: &Mention,
        found: &Match,
        says: &Says,
        stance: Stance,
        tokens: (usize, usize),
    ) -> Vec<Statement> {
        if !found.frame.flags.swaps || stance.act != Act::Assert {
            return Vec::new();
        }
        let kind = found.fillers.first().and_then(|filler| filler.kind).unwrap_or(says.kind);
        // A house that was swapped for a thing of no known kind must not end all that somebody owns.
        if says.predicate == Predicate::Owns && kind.is_empty() {
            return Vec::new();
        }
        let over = Stance { act: Act::End, from: None, to: stance.from };
        vec![self.statement(self.acting(mention, found), &Says { kind, ..says.clone() }, None, over, tokens)]
    }

    /// Whom a frame is about: «me llaman Pepe» is about the owner, whoever calls.
    pub(super) fn acting(&self, mention: &Mention, found: &Match) -> Mention {
        // "We named her Snowy" is about whoever was spoken of.
        if !self.scan.spanish() && found.frame.says.predicate == Predicate::Name && found.frame.names_another() {
            return Mention::Pronoun { feminine: None, plural: false };
        }
        // "We've moved my gran to Perth" moves her.
        if found.frame.says.predicate == Predicate::LivesIn
            && matches!(found.lemma, "move" | "mudar" | "trasladar")
            && let Some((Noun::Someone(moved), _)) = self.scan.noun(found.verb_end)
            && moved != Mention::Owner
        {
            return moved;
        }
        let done_to = found.of.clone().filter(|_| found.frame.is_dative());
        done_to.unwrap_or_else(|| mention.clone())
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one clause, seen from all sides; splitting it would only rename them"
    )]
    fn of_filler(
        &self,
        group: &Group,
        clause: &Clause,
        mention: &Mention,
        found: &Match,
        says: &Says,
        stance: Stance,
        filler: Filler,
    ) -> Vec<Statement> {
        let tokens = (group.first, found.end);
        let subject = self.acting(mention, found);
        let number = |predicate, kind: &'static str, value: u32, of: Mention| {
            let object = Object { text: value.to_string(), key: value.to_string(), mention: None };
            self.statement(of, &Says { predicate, kind, constant: None }, Some(object), stance, tokens)
        };
        match says.predicate {
            Predicate::Relative | Predicate::Pet => {
                let kind = filler.kind.unwrap_or(says.kind);
                let mut out = Vec::new();
                if let Some((count, kind)) = filler.count {
                    out.push(number(Predicate::Count, kind, count, subject.clone()));
                }
                let somebody = filler.mention.clone().filter(|m| {
                    !matches!(
                        m,
                        Mention::Relative { plural: true, name: None, .. }
                            | Mention::Animal { plural: true, name: None, .. }
                    )
                });
                if let Some(other) = somebody.filter(|m| !matches!(m, Mention::Owner | Mention::Pronoun { .. })) {
                    let other = rebased(other, &subject);
                    if let Some(age) = filler.age {
                        out.push(number(Predicate::Age, "", age, other.clone()));
                    }
                    let says = Says { kind, ..says.clone() };
                    // Without a name the noun stays as it was said: a tortoise is shown as one.
                    let unnamed = matches!(other, Mention::Animal { name: None, .. });
                    let text = if unnamed { filler.text } else { String::new() };
                    let object = Object { text, key: String::new(), mention: Some(other) };
                    out.push(self.statement(subject, &says, Some(object), stance, tokens));
                }
                out
            }
            // «Mis hijos se llaman Pau y Nil» names each of them, and not the lot of them.
            Predicate::Name
                if matches!(subject, Mention::Relative { plural: true, .. }) && is_joint(self.scan, found.end) =>
            {
                Vec::new()
            }
            Predicate::KeptIn => self.kept(group, mention, found, says, stance, filler),
            Predicate::Appointment | Predicate::Trip => {
                let text = self.with_clock(&filler.text, group.last, clause.last);
                let predicate = if self.recurs(clause) { Predicate::Routine } else { says.predicate };
                let stance =
                    if predicate == Predicate::Routine { Stance { from: None, to: None, ..stance } } else { stance };
                let says = Says { predicate, ..says.clone() };
                let text = if predicate == Predicate::Routine {
                    let first = beginning(self.scan, clause.first, group.first);
                    self.scan.source(first, clause.last).trim_end_matches([',', ' ']).to_owned()
                } else {
                    text
                };
                let object = Object { key: words::key(&text), text, mention: filler.mention };
                vec![self.statement(subject, &says, Some(object), stance, tokens)]
            }
            Predicate::Owns => {
                let says = Says { kind: filler.kind.unwrap_or_default(), ..says.clone() };
                vec![self.statement(subject, &says, Some(object(filler)), stance, tokens)]
            }
            _ => vec![self.statement(subject, says, Some(object(filler)), stance, tokens)],
        }
    }

    /// «No tengo hermanos»: there are none.
    fn zero(&self, group: &Group, clause: &Clause, mention: &Mention, found: &Match) -> Vec<Statement> {
        let negative = self.scan.late_negation(group, clause.last) == Polarity::Negative && found.frame.flags.zero;
        let present = group.readings.iter().any(|form| form.tense == Tense::Present && form.lemma == found.lemma);
        let stance = Stance::PLAIN;
        let none = |kind| {
            let object = Object { text: "0".to_owned(), key: "0".to_owned(), mention: None };
            self.statement(
                mention.clone(),
                &Says { predicate: Predicate::Count, kind, constant: None },
                Some(object),
                stance,
                (group.first, found.end),
            )
        };
        let plain = |filler: &&Filler| {
            filler
                .mention
                .as_ref()
                .is_none_or(|m| matches!(m, Mention::Relative { name: None, .. } | Mention::Animal { name: None, .. }))
        };
        found
            .fillers
            .iter()
            .filter(|_| negative && present)
            .filter(plain)
            .filter_map(|filler| filler.kind)
            .map(none)
            .collect()
    }

    /// "I'm lactose intolerant and allergic to shellfish": one copula, two complements.
    fn coordinated(
        &self,
        group: &Group,
        clause: &Clause,
        subject: &Subject,
        mention: &Mention,
        found: &Match,
    ) -> Vec<Statement> {
        let scan = self.scan;
        let copula = group.has_any(&["be", "ser", "estar"]) && !group.aspect.passive && !group.aspect.progressive;
        let next =
            found.end + 1 + usize::from(scan.word(found.end) == "," && scan.is_any(found.end + 1, &["y", "and"]));
        if !copula || !is_joint(scan, found.end) || next >= clause.last || scan.begins_clause(next) {
            return Vec::new();
        }
        let again = Group { first: next, last: next, ..group.clone() };
        let matches = scan.matches(&again, clause.last);
        let new = matches.into_iter().filter(|m| m.frame.says.predicate != Predicate::Name && m.end > next);
        let reader = Reader { scan, manner: self.manner, number: self.number, sentence: self.sentence };
        new.take(1).flat_map(|m| reader.statements(&again, clause, subject, mention, &m)).collect()
    }

    /// «Mi hermana vive en Madrid y mi hermano en Sevilla»: the verb is said once.
    fn gapped(&self, group: &Group, clause: &Clause, found: &Match) -> Vec<Statement> {
        let scan = self.scan;
        if !is_joint(scan, found.end) {
            return Vec::new();
        }
        let from =
            found.end + 1 + usize::from(scan.word(found.end) == "," && scan.is_any(found.end + 1, &["y", "and"]));
        let dative = usize::from(scan.word(from) == "a" && group.dative.is_some());
        let Some((Noun::Someone(other), end)) = scan.noun(from + dative) else { return Vec::new() };
        let probe = Group { last: end, ..group.clone() };
        let other_subject = Subject::Of(Noun::Someone(other.clone()));
        let clause = Clause { first: from, last: clause.last, timed: from, subject: None, blocked: None };
        let Some(again) = scan.matches(&probe, clause.last).into_iter().find(|m| std::ptr::eq(m.frame, found.frame))
        else {
            return Vec::new();
        };
        let number = self.number + 1;
        let reader = Reader { scan, manner: self.manner, number, sentence: self.sentence };
        let mut out = reader.statements(&probe, &clause, &other_subject, &other, &again);
        out.extend(reader.gapped(&probe, &clause, &again));
        out
    }

    pub(super) fn clock(&self, first: usize, last: usize) -> Option<Clock> {
        (first..last).find_map(|at| clock(self.scan.tokens, at).filter(|(_, end)| *end <= last).map(|(clock, _)| clock))
    }

    pub(super) fn with_clock(&self, text: &str, first: usize, last: usize) -> String {
        self.clock(first, last).map_or_else(|| text.to_owned(), |clock| format!("{text}, {clock}"))
    }
}

/// The relatives that somebody else has are theirs: «mi hermana tiene un hijo».
fn rebased(mention: Mention, owner: &Mention) -> Mention {
    match mention {
        Mention::Relative { of, kin, name, plural } if *of == Mention::Owner => {
            Mention::Relative { of: Box::new(owner.clone()), kin, name, plural }
        }
        Mention::Animal { of, species, name, plural } if *of == Mention::Owner => {
            Mention::Animal { of: Box::new(owner.clone()), species, name, plural }
        }
        other => other,
    }
}

pub(super) fn object(filler: Filler) -> Object {
    Object { text: filler.text, key: filler.key, mention: filler.mention }
}

/// Whether a statement tells the name of a relative.
fn names_somebody(statement: &Statement) -> bool {
    let mention = statement.object.as_ref().and_then(|object| object.mention.as_ref());
    matches!(mention, Some(Mention::Relative { name: Some(_), .. }))
}
