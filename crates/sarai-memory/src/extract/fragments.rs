//! What the owner says without a verb: «42 años, arquitecto, casado», "two cats (Milo and Otis)", a telephone number.

use super::Run;
use super::claims::{Reader, object};
use super::clause::{Clause, Subject};
use super::correction::slot_of;
use super::scope::Doubtful;
use super::stance::Stance;
use super::statement::{Act, Manner, Statement};
use crate::fact::Predicate;
use crate::grammar::frames::Says;
use crate::grammar::group::Group;
use crate::grammar::noun::Noun;
use crate::grammar::{Mention, Scan};
use crate::text::{Kind, Token};
use crate::time::cardinal;
use crate::words::lists::{CONTACT_WORDS, INTRODUCTIONS, NEXT, NOT_PHONES};
use crate::words::{self, Class, Form, Person, Tense};

/// One message introduces its writer by at most so many fragments.
const FRAGMENTS_MAX: usize = 24;

/// What a fragment may begin with in the place of its verb.
const GERUNDS: &[(&str, &str)] = &[
    ("living", "live"),
    ("based", "live"),
    ("sharing", "share"),
    ("working", "work"),
    ("studying", "study"),
    ("viviendo", "vivir"),
    ("residente", "vivir"),
    ("trabajando", "trabajar"),
    ("estudiando", "estudiar"),
];

impl Run<'_> {
    /// Fragments of a sentence whose writer introduces themself, contacts, and attributes before a colon.
    pub(super) fn fragments(
        &mut self,
        scan: &Scan<'_>,
        groups: &[Group],
        doubtful: &[Doubtful],
        sentence: (usize, usize),
    ) {
        if doubtful.is_empty() {
            if self.introduces(scan) {
                self.profile(scan, groups, sentence);
            }
            self.bare(scan, groups, sentence);
            self.subjectless(scan, groups, sentence);
            self.contacts(scan, sentence);
            self.beside(scan, sentence);
            self.labelled(scan, sentence);
        }
    }

    /// Whether the writer says who they are: in so many words, or by their name in this message.
    fn introduces(&self, scan: &Scan<'_>) -> bool {
        let folded = crate::text::fold(scan.source(0, scan.tokens.len()));
        self.is_named() || INTRODUCTIONS.iter().any(|opening| folded.contains(opening))
    }

    /// Whether the message has told its writer's name.
    fn is_named(&self) -> bool {
        self.statements
            .iter()
            .any(|s| s.predicate == Predicate::Name && s.subject == Mention::Owner && s.act == Act::Assert)
    }

    /// "Allergic to nuts, by the way", «celíaca, para que lo sepas», "big fan of curling": what is said without a verb and
    /// can be of nobody but the speaker.
    fn bare(&mut self, scan: &Scan<'_>, groups: &[Group], sentence: (usize, usize)) {
        const ASIDES: &[&str] = &[
            "also", "oh", "and", "y", "ah", "btw", "fyi", "ojo", "eh", "tambien", "por", "cierto", "by", "the", "way",
            ",",
        ];
        let first = (0..scan.tokens.len()).find(|&at| !scan.is_any(at, ASIDES)).unwrap_or(0);
        // "Being a nurse, I work nights", "as a vegetarian I …".
        let opened = scan.is_any(first, &["being", "siendo"])
            || scan.is_any(first, &["as", "como"]) && scan.is_any(first + 1, &["a", "an", "buen", "buena"]);
        let first = first + usize::from(opened);
        let end = fragment_end(scan, first);
        let own = scan.is_any(end + 1, &["i", "yo", "my", "mi", "no"]) || scan.spanish() && scan.word(end) == ",";
        if opened && !own {
            return;
        }
        if end <= first || groups.iter().any(|group| (first..end).contains(&group.first)) {
            return;
        }
        let lemma = if scan.spanish() { "ser" } else { "be" };
        let group = pseudo(first, lemma);
        let known = |m: &crate::grammar::frames::Match| {
            (matches!(
                m.frame.says.predicate,
                Predicate::AllergicTo | Predicate::Diet | Predicate::Likes | Predicate::Health
            ) || opened && m.frame.says.predicate == Predicate::Role)
                && m.end > first
                && (ends(scan, m.end) || scan.is_any(m.end, &["here", "btw", "by", "por", "eh"]))
                // "Vegan recipes" are somebody else's; a single word says too little.
                && (m.end > first + 1 || m.frame.says.predicate == Predicate::Diet && scan.tokens.len() > first + 1)
        };
        let Some(found) = scan.matches(&group, scan.tokens.len()).into_iter().find(known) else { return };
        let clause = Clause { first, last: found.end, timed: first, subject: None, blocked: None };
        self.clauses += 1;
        let reader = Reader { scan, manner: Manner::Plain, number: self.clauses, sentence };
        let owner = Subject::Of(Noun::Someone(Mention::Owner));
        let said = reader.read(&group, &clause, &owner, &Mention::Owner);
        for statement in said.into_iter().filter(|s| s.predicate == found.frame.says.predicate) {
            self.push(statement);
        }
    }

    /// "Living in Fitzroy these days", "sharing a house with Liam": who leaves out the subject speaks of themself.
    fn subjectless(&mut self, scan: &Scan<'_>, groups: &[Group], sentence: (usize, usize)) {
        const LEADS: &[&str] =
            &["still", "now", "currently", "just", "been", "back", "also", "and", "so", "btw", "oh", ","];
        let first = (0..scan.tokens.len()).find(|&at| !scan.is_any(at, LEADS)).unwrap_or(0);
        let gerund = GERUNDS.iter().any(|(word, _)| scan.word(first) == *word);
        let end = fragment_end(scan, first);
        // "Living in London is expensive" says nothing of anybody.
        let acts = groups.iter().any(|group| group.first <= end && group.first > first);
        let told = self.statements.iter().any(|statement| statement.sentence == sentence);
        // "My brother moved out last week. Living in Leeds now" goes on about him.
        if gerund && !acts && !told && self.focus.is_none() {
            self.fragment(scan, first, sentence);
        }
    }

    fn profile(&mut self, scan: &Scan<'_>, groups: &[Group], sentence: (usize, usize)) {
        let mut done = 0;
        for at in starts(scan).into_iter().take(FRAGMENTS_MAX) {
            let end = fragment_end(scan, at);
            let wed = scan.is_any(at, &["married", "engaged"]) && scan.word(at + 1) == "to";
            let names = |group: &Group| {
                group.has_any(&["call", "name", "llamar"]) && scan.is_any(at, &["with", "con"])
                    || wed && group.first == at
            };
            let verbal = groups.iter().any(|group| (at..end).contains(&group.first) && !names(group));
            if at < done || verbal || end <= at {
                continue;
            }
            done = self.fragment(scan, at, sentence).unwrap_or(done);
        }
    }

    /// Reads a fragment as what stands behind "I am" or "I have". One past what was read.
    fn fragment(&mut self, scan: &Scan<'_>, at: usize, sentence: (usize, usize)) -> Option<usize> {
        if let Some(&(_, lemma)) = GERUNDS.iter().find(|(word, _)| scan.word(at) == *word) {
            let last = scan.tokens.len();
            let group = Group { first: at, ..pseudo(at + 1, lemma) };
            let clause =
                Clause { first: at, last: fragment_end(scan, at).min(last), timed: at, subject: None, blocked: None };
            self.clauses += 2;
            let reader = Reader { scan, manner: Manner::Plain, number: self.clauses, sentence };
            let owner = Subject::Of(Noun::Someone(Mention::Owner));
            for statement in reader.read(&group, &clause, &owner, &Mention::Owner) {
                self.push(statement);
            }
            return Some(clause.last);
        }
        let (be, have) = if scan.spanish() { ("ser", "tener") } else { ("be", "have") };
        let with = usize::from(scan.is_any(at, &["con", "with"]));
        let counted = with > 0 || cardinal(scan.tokens, at).is_some();
        let lemmas: &[&'static str] = if counted { &[have, be] } else { &[be] };
        for lemma in lemmas {
            let group = pseudo(at + with, lemma);
            let last = scan.tokens.len();
            let whole = |end: usize| end > at && ends(scan, end);
            let Some(found) = scan.matches(&group, last).into_iter().find(|m| whole(m.end)) else { continue };
            let clause = Clause { first: at, last: found.end, timed: at, subject: None, blocked: None };
            self.clauses += 2;
            let reader = Reader { scan, manner: Manner::Plain, number: self.clauses, sentence };
            let owner = Subject::Of(Noun::Someone(Mention::Owner));
            // "I'm Ann, with two cats, Pickle and Mog": a second name is somebody else's.
            let mut said = reader.read(&group, &clause, &owner, &Mention::Owner);
            said.retain(|s| s.predicate != Predicate::Name || !self.is_named());
            said.into_iter().for_each(|statement| self.push(statement));
            return Some(found.end);
        }
        let (mut fillers, end) = scan.slot("knownplace", at).filter(|(_, end)| ends(scan, *end))?;
        let says = Says::of(Predicate::LivesIn);
        self.stated(scan, Mention::Owner, &says, object(fillers.pop()?), (at, end), sentence);
        Some(end)
    }

    fn stated(
        &mut self,
        scan: &Scan<'_>,
        of: Mention,
        says: &Says,
        what: super::Object,
        tokens: (usize, usize),
        sentence: (usize, usize),
    ) {
        self.clauses += 1;
        let reader = Reader { scan, manner: Manner::Plain, number: self.clauses, sentence };
        let stance = Stance::PLAIN;
        let statement = reader.statement(of, says, Some(what), stance, tokens);
        self.push(statement);
    }

    /// "You can reach me on 07700 900123", «mi correo nuevo, ana@correo.es»: whose a number or an address is, the words
    /// around it tell.
    fn contacts(&mut self, scan: &Scan<'_>, sentence: (usize, usize)) {
        let mut at = 0;
        while at < scan.tokens.len() {
            let (predicate, slot) = match scan.tokens[at].kind {
                Kind::Email => (Predicate::Email, "email"),
                Kind::Number => (Predicate::Phone, "phone"),
                Kind::Word | Kind::Link | Kind::Mark => {
                    at += 1;
                    continue;
                }
            };
            let found = scan.slot(slot, at).filter(|(list, _)| predicate == Predicate::Email || list[0].key.len() >= 7);
            let Some((mut fillers, end)) = found else {
                at += 1;
                continue;
            };
            let span = (scan.tokens[at].start, scan.tokens[end - 1].end);
            let covered = self.statements.iter().any(|s| s.span.0 <= span.0 && span.1 <= s.span.1) || self.doubts(span);
            if let (false, false, Some(of), Some(filler)) =
                (covered, scan.tokens[at].quoted, contact_of(scan, at, predicate), fillers.pop())
                && let Some(of) = self.resolved(of)
            {
                let says = Says::of(predicate);
                self.stated(scan, of, &says, object(filler), (at, end), sentence);
            }
            at = end.max(at + 1);
        }
    }

    /// «Puedes llamarme Dani», "call me Liz": an order or an offer, and all the same it tells a name.
    pub(super) fn nicknamed(&mut self, scan: &Scan<'_>, sentence: (usize, usize)) {
        let called = (0..scan.tokens.len().min(6)).find_map(|at| match (scan.word(at), scan.word(at + 1)) {
            ("llamarme" | "llamame" | "llamadme" | "decirme" | "decime" | "dime", _) => Some(at + 1),
            ("call", "me") => Some(at + 2),
            _ => None,
        });
        // "The name's Donovan".
        if scan.word(0) == "the"
            && scan.word(1) == "name"
            && scan.is_any(2, &["'s", "is"])
            && let Some((mut fillers, end)) = scan.slot("capname", 3)
            && let Some(filler) = fillers.pop()
        {
            let says = Says::of(Predicate::Name);
            self.stated(scan, Mention::Owner, &says, object(filler), (0, end), sentence);
        }
        let found = called.and_then(|at| scan.slot("capname", at));
        let orders = (0..scan.tokens.len()).all(|i| !scan.is_any(i, &["no", "not", "if", "si", "que", "that"]));
        if let (true, Some((mut fillers, end))) = (orders, found)
            && !scan.tokens[end - 1].quoted
            && let Some(filler) = fillers.pop()
        {
            let says = Says::of(Predicate::Nickname);
            self.stated(scan, Mention::Owner, &says, object(filler), (0, end), sentence);
        }
    }

    /// What stands beside a statement without a verb: «78 años, cumplidos el 3 de febrero», «soy celíaca, así que nada de
    /// gluten».
    fn beside(&mut self, scan: &Scan<'_>, sentence: (usize, usize)) {
        let said = |list: &[Statement], predicates: &[Predicate]| {
            let found = list.iter().rev().find(|s| s.sentence == sentence && predicates.contains(&s.predicate));
            found.map(|s| s.subject.clone())
        };
        for at in 1..scan.tokens.len() {
            let (of, predicate, slot, from) = match (scan.word(at), scan.word(at + 1)) {
                ("cumplidos" | "cumpliditos" | "hechos", _) => {
                    (said(&self.statements, &[Predicate::Age]), Predicate::Birthday, "annual", at + 1)
                }
                ("matricula" | "patente" | "placa" | "plate" | "registration", _) => {
                    (said(&self.statements, &[Predicate::Owns]), Predicate::Plate, "plate", at + 1)
                }
                ("nada", "de") => {
                    let health = [Predicate::Health, Predicate::AllergicTo, Predicate::Diet, Predicate::Avoids];
                    (said(&self.statements, &health), Predicate::Avoids, "food", at + 2)
                }
                ("no", _) if !scan.spanish() && scan.is_any(at - 1, &["so", ","]) => {
                    let health = [Predicate::Health, Predicate::AllergicTo, Predicate::Diet, Predicate::Avoids];
                    (said(&self.statements, &health), Predicate::Avoids, "food", at + 1)
                }
                _ => continue,
            };
            let (Some(of), Some((fillers, end))) = (of, scan.slot(slot, from)) else { continue };
            for filler in fillers {
                let says = Says::of(predicate);
                self.stated(scan, of.clone(), &says, object(filler), (at, end), sentence);
            }
        }
    }

    /// «Mi cumpleaños: 3 de mayo», "my shoe size: 9", "new address is 22 Tannery Lane".
    fn labelled(&mut self, scan: &Scan<'_>, sentence: (usize, usize)) {
        let colons = (1..scan.tokens.len()).filter(|&i| scan.word(i) == ":");
        let labels = colons.filter_map(|colon| label(scan, colon)).chain(renewed(scan));
        for (of, row, at) in labels {
            let Some(attribute) = words::attribute(row) else { continue };
            let told = |p: &Predicate| slot_of(*p).is_some() || *p == Predicate::Goal;
            let Some(predicate) = Predicate::from_name(attribute.predicate).filter(told) else { continue };
            let Some((fillers, end)) = scan.slot(attribute.slot, at) else { continue };
            let Some(of) = self.resolved(of) else { continue };
            for filler in fillers {
                let known =
                    |s: &Statement| s.predicate == predicate && s.object.as_ref().is_some_and(|o| o.key == filler.key);
                if !self.statements.iter().any(known) {
                    // Another goal takes the place of the last.
                    if predicate == Predicate::Goal && of == Mention::Owner && announces(scan, &NEXT) {
                        self.clauses += 1;
                        let reader = Reader { scan, manner: Manner::Plain, number: self.clauses, sentence };
                        let stance = Stance { act: Act::End, ..Stance::PLAIN };
                        let over = reader.statement(of.clone(), &Says::of(predicate), None, stance, (at, end));
                        self.push(over);
                    }
                    self.stated(scan, of.clone(), &Says::of(predicate), object(filler), (at, end), sentence);
                }
            }
        }
    }
}

/// The attribute that a colon ends: whose, which, and where its value begins.
fn label(scan: &Scan<'_>, colon: usize) -> Option<(Mention, &'static str, usize)> {
    // "My goal for this year: …".
    let year = |end: usize| {
        scan.is_any(end, &["for", "para", "de"]) && colon <= end + 4 && scan.is_any(colon - 1, &["year", "ano"])
    };
    let found =
        (colon.saturating_sub(6)..colon).find_map(|at| scan.noun(at).filter(|(_, end)| *end == colon || year(*end)));
    // "Goal for this year: …" is nobody else's.
    let goal = || {
        let (sense, end) = words::longest(scan.language, scan.tokens, 0, &[Class::Attribute])?;
        (sense.id == "goal" && (end == colon || year(end))).then_some((Mention::Owner, sense.id, colon + 1))
    };
    match found {
        Some((Noun::Attribute { of, row }, _)) => Some((of, row, colon + 1)),
        Some(_) => None,
        None => goal(),
    }
}

/// Whether one of the words stands at the beginning of a sentence, or behind an article or possessive.
fn announces(scan: &Scan<'_>, list: &[&str]) -> bool {
    // "Goal for the next year" is no next goal.
    announced(scan, list)
        .is_some_and(|at| words::longest(scan.language, scan.tokens, at + 1, &[Class::Attribute]).is_some())
}

fn announced(scan: &Scan<'_>, list: &[&str]) -> Option<usize> {
    (0..scan.tokens.len())
        .find(|&at| scan.is_any(at, list) && (at < 2 || scan.is_any(at - 1, &["the", "la", "el", "mi", "my"])))
}

/// "New address is 22 Tannery Lane", «nuevo teléfono: …»: what is new is the owner's.
fn renewed(scan: &Scan<'_>) -> Option<(Mention, &'static str, usize)> {
    let new = announced(scan, &NEXT)?;
    let (sense, end) = words::longest(scan.language, scan.tokens, new + 1, &[Class::Attribute])?;
    let joint = scan.is_any(end, &["is", "es", "'s", ":", "="]);
    (joint || scan.tokens.get(end).is_some_and(|token| token.kind == Kind::Number)).then_some((
        Mention::Owner,
        sense.id,
        end + usize::from(joint),
    ))
}

/// A verb that stands nowhere.
pub(super) fn pseudo(at: usize, lemma: &'static str) -> Group {
    let form = Form { lemma, tense: Tense::Present, person: Person::First, plural: false };
    Group::of(at, vec![form])
}

/// Where fragments begin: at the beginning, behind commas, colons and «y».
fn starts(scan: &Scan<'_>) -> Vec<usize> {
    let mut out = vec![0];
    for at in 0..scan.tokens.len() {
        if scan.is_any(at, &[",", ":", ";", "-", "–", "—", "y", "and", "e", "(", "/"]) {
            out.push(at + 1);
        } else if at > 0 && scan.is_any(at, &["with", "con"]) && cardinal(scan.tokens, at + 1).is_some() {
            out.push(at);
        }
    }
    out
}

fn fragment_end(scan: &Scan<'_>, at: usize) -> usize {
    (at..scan.tokens.len()).find(|&i| scan.is_any(i, &[",", ":", ";", "(", "/"])).unwrap_or(scan.tokens.len())
}

/// Whether a fragment may end here.
fn ends(scan: &Scan<'_>, at: usize) -> bool {
    scan.tokens.get(at).is_none_or(Token::is_mark) || scan.is_any(at, &["y", "and", "e", "pero", "but"])
}

/// Whose a telephone number or an address is. None where nothing says that it is somebody's.
fn contact_of(scan: &Scan<'_>, at: usize, predicate: Predicate) -> Option<Mention> {
    let mut whose = None;
    let mut i = 0;
    while i < at {
        match scan.noun(i) {
            Some((Noun::Attribute { of, .. }, end)) if end <= at => {
                whose = Some(of);
                i = end;
            }
            Some((Noun::Someone(mention), end)) if end <= at && mention != Mention::Owner => {
                whose = Some(mention);
                i = end;
            }
            _ => i += 1,
        }
    }
    let own = ["me", "mi", "my", "mine", "mio", "i"];
    let first = (0..scan.tokens.len()).any(|i| own.contains(&scan.word(i)));
    let named = (0..scan.tokens.len()).any(|i| CONTACT_WORDS.contains(&scan.word(i)));
    let clitic = (0..scan.tokens.len()).any(|i| {
        [
            "llamame",
            "escribeme",
            "llamarme",
            "escribirme",
            "localizarme",
            "contactarme",
            "anotame",
            "apuntame",
            "mandame",
        ]
        .contains(&scan.word(i))
    });
    let other = (0..scan.tokens.len()).any(|i| NOT_PHONES.contains(&scan.word(i)));
    if other && !clitic {
        return None;
    }
    // "Please use ana@new.org from now on", and no "use foo@bar.com in the example".
    let sample = (0..scan.tokens.len()).any(|i| {
        scan.is_any(
            i,
            &["example", "ejemplo", "test", "prueba", "placeholder", "template", "plantilla", "config", "script"],
        )
    });
    let henceforth = !sample
        && (0..scan.tokens.len()).any(|i| {
            scan.is_any(i, &["from"]) && scan.word(i + 1) == "now"
                || scan.word(i) == "partir" && scan.word(i + 2) == "ahora"
                || scan.word(i) == "instead"
        });
    let changed = (0..scan.tokens.len()).any(|i| scan.is_any(i, &["cambie", "cambiado", "cambiamos", "changed"]));
    let used = (0..scan.tokens.len()).any(|i| scan.is_any(i, &["usa", "use", "utiliza", "usen"]));
    let owner = clitic
        || (named || henceforth && predicate == Predicate::Email) && used
        || named && (first || changed || predicate == Predicate::Phone);
    whose.filter(|_| named || first).or_else(|| owner.then_some(Mention::Owner))
}
