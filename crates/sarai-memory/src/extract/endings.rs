//! What is over without a frame of its own: habits given up, things given away, couples parted.

use super::claims::Reader;
use super::clause::Clause;
use super::correction::slot_of;
use super::stance::Stance;
use super::statement::{Act, Object, Statement};
use crate::fact::Predicate;
use crate::grammar::Mention;
use crate::grammar::frames::{Match, Says};
use crate::grammar::group::{Group, Polarity};
use crate::grammar::name::Trust;
use crate::grammar::noun::Noun;
use crate::grammar::slots::Filler;
use crate::time::PartialDate;
use crate::words::{self, Tense};

/// So far behind what is denied stands what alone is so.
const ONLY_WITHIN: usize = 4;
/// Verbs of giving something up.
const LEAVES: &[&str] = &["dejar", "abandonar", "quit", "stop", "leave", "drop"];
/// What is over where such a verb stands alone: «ya no trabajo».
const WHOLLY: &[(&str, &[Predicate])] = &[
    ("coleccionar", &[Predicate::Collects]),
    ("collect", &[Predicate::Collects]),
    ("trabajar", &[Predicate::WorksAt, Predicate::Role]),
    ("currar", &[Predicate::WorksAt, Predicate::Role]),
    ("work", &[Predicate::WorksAt, Predicate::Role]),
    ("estudiar", &[Predicate::Studies, Predicate::StudiesAt]),
    ("study", &[Predicate::Studies, Predicate::StudiesAt]),
];
/// Verbs of parting, and of those the ones that need a word beside them: «lo hemos dejado», "broke up".
const PARTS: &[(&str, Option<&str>)] = &[
    ("dejar", Some("lo")),
    ("romper", None),
    ("separar", None),
    ("divorciar", None),
    ("cortar", None),
    ("terminar", None),
    ("break", Some("up")),
    ("separate", None),
    ("divorce", None),
];

impl Reader<'_> {
    /// What takes the place of what is said: «no soy alérgico a las nueces, sino a las avellanas», and what it takes the
    /// place of: «ahora tomo insulina en vez de metformina».
    pub(super) fn instead(&self, group: &Group, clause: &Clause, mention: &Mention, found: &Match) -> Vec<Statement> {
        let scan = self.scan;
        let at = found.end + usize::from(scan.word(found.end) == ",");
        let preposition =
            |at: usize| scan.is_any(at, &["a", "en", "de", "in", "at", "to", "for", "with", "con", "para"]);
        let turns = scan.word(at) == "sino" || scan.word(at) == "but" && preposition(at + 1);
        let negative = scan.late_negation(group, clause.last) != Polarity::Positive;
        let says = &found.frame.says;
        let Some(slot) = slot_of(says.predicate) else { return Vec::new() };
        let of = self.acting(mention, found);
        let make = |act: Act, (fillers, end): (Vec<Filler>, usize)| -> Vec<Statement> {
            let stance = Stance { act, from: None, to: None };
            let one = |f: Filler| {
                self.statement(of.clone(), says, Some(super::claims::object(f)), stance, (group.first, end))
            };
            fillers.into_iter().map(one).collect()
        };
        // «No soy alérgico a ningún medicamento, solo al polen».
        let only = (at..clause.last.min(at + ONLY_WITHIN)).find(|&i| {
            scan.is_any(i, &["solo", "solamente", "unicamente", "only", "just"])
                && scan.is_any(i.max(1) - 1, &[",", "eh", "pero", "but"])
        });
        if let Some(at) = only.or_else(|| turns.then_some(at)).filter(|_| negative) {
            let from = at + 1 + usize::from(preposition(at + 1));
            return scan.slot(slot, from).map_or_else(Vec::new, |found| make(Act::Assert, found));
        }
        let place = (found.end..clause.last).find_map(|at| {
            let ties = [&["instead", "of"][..], &["rather", "than"], &["en", "vez", "de"], &["en", "lugar", "de"]];
            ties.iter()
                .find(|tie| tie.iter().enumerate().all(|(i, word)| scan.is_any(at + i, &[word])))
                .map(|tie| at + tie.len())
        });
        let place = place.filter(|_| !negative && !found.frame.flags.ends);
        place.and_then(|at| scan.slot(slot, at)).map_or_else(Vec::new, |found| make(Act::End, found))
    }

    /// What the clause says is over, beyond its frames.
    pub(super) fn ended(
        &self,
        group: &Group,
        clause: &Clause,
        mention: &Mention,
        said: &[Statement],
    ) -> Vec<Statement> {
        if let Some(statement) = self.parted(group, clause, mention) {
            return vec![statement];
        }
        let scan = self.scan;
        // «Nino ya no está con nosotros».
        let with_us = scan.is_any(group.last, &["con", "with"]) && scan.is_any(group.last + 1, &["nosotros", "us"]);
        if with_us
            && group.has_any(&["estar", "be"])
            && *mention != Mention::Owner
            && scan.late_negation(group, clause.last) == Polarity::NoLonger
        {
            let text = if scan.spanish() { "fallecido" } else { "deceased" };
            let says = Says::of(Predicate::Died);
            let object = Object { key: words::key(text), text: text.to_owned(), mention: None };
            let stance = Stance::PLAIN;
            return vec![self.statement(mention.clone(), &says, Some(object), stance, (clause.first, clause.last))];
        }
        let over = scan.late_negation(group, clause.last) == Polarity::NoLonger || group.aspect.cessative;
        if let Some(gone) = self.given_away(group, clause, mention).filter(|_| over) {
            return vec![gone];
        }
        let beside = |word: &str| scan.is_any(group.last, &[word]);
        let gives_up = group.has("give") && beside("up") || group.has("drop") && beside("out");
        // «Me he quitado de inglés», «me he dado de baja del gimnasio».
        let signs_off = group.reflexive
            && (group.has_any(&["quitar", "borrar"]) && beside("de")
                || group.has("dar") && beside("de") && scan.word(group.last + 1) == "baja");
        let left = (group.has_any(LEAVES) || gives_up || signs_off)
            && !group.aspect.modal
            && !group.aspect.prospective
            && group.polarity == Polarity::Positive
            && (group.aspect.perfect || group.readings.iter().any(|form| form.tense == Tense::Past));
        let avoids = |s: &Statement| s.act == Act::Assert && s.predicate != Predicate::Avoids;
        let gone = self.moved_out(group, clause, mention);
        if !gone.is_empty() {
            return gone;
        }
        // «Lo de ser vegano lo he dejado» names it in front.
        let front = (clause.first..group.first)
            .find(|&i| scan.word(i) == "lo" && scan.is_any(i + 1, &["de", "del"]))
            .filter(|_| left && scan.spanish());
        if let Some(statement) = self.swapped_for(group, clause, mention).or_else(|| self.left_by(group, clause)) {
            return vec![statement];
        }
        // «Ya no corro, me lesioné»: the reason belongs to nothing that is over.
        let last = (group.last..clause.last)
            .find(|&i| scan.tokens[i].is_mark() || scan.is_any(i, &["porque", "because", "pero", "but", "pues"]))
            .unwrap_or(clause.last);
        // «Ya no corro» has nothing behind its verb.
        let behind = last > group.last || over && !group.aspect.cessative;
        if !(over || left) || said.iter().any(avoids) || !(behind || front.is_some()) {
            return Vec::new();
        }
        let text = scan.source(front.map_or(group.first, |at| at + 2), last.max(group.last)).to_owned();
        if left && let Some(ended) = self.left_whole(&text, group, clause, mention) {
            return ended;
        }
        let stance = Stance { act: Act::End, from: None, to: None };
        // «Ya no colecciono»: all of it.
        if last == group.last
            && let Some((_, predicates)) = WHOLLY.iter().find(|(lemma, _)| group.has(lemma))
        {
            let ended = |predicate: &Predicate| {
                let says = Says { predicate: *predicate, kind: "", constant: None };
                self.statement(mention.clone(), &says, None, stance, (group.first, clause.last))
            };
            return predicates.iter().map(ended).collect();
        }
        let says = Says::of(Predicate::Routine);
        let object = Object::plain(text);
        vec![self.statement(mention.clone(), &says, Some(object), stance, (group.first, clause.last))]
    }

    /// «Ya no tengo a Roco»: the animal of that name.
    fn given_away(&self, group: &Group, clause: &Clause, mention: &Mention) -> Option<Statement> {
        let had = group.has("tener") && self.scan.word(group.last) == "a";
        let (name, end) = self.scan.name(group.last + 1, Trust::Capital).filter(|_| had)?;
        let says = Says { predicate: Predicate::Pet, kind: "", constant: None };
        let object = Object { key: String::new(), text: String::new(), mention: Some(Mention::Named(name)) };
        let stance = Stance { act: Act::End, from: None, to: None };
        Some(self.statement(mention.clone(), &says, Some(object), stance, (clause.first, end)))
    }

    /// «Jorge se ha ido del piso», "Ana moved out": the owner lives without them.
    fn moved_out(&self, group: &Group, clause: &Clause, mention: &Mention) -> Vec<Statement> {
        let scan = self.scan;
        let home = ["casa", "piso", "apartamento", "departamento", "depa"];
        let from_home = group.has_any(&["ir", "marchar", "mudar", "largar"])
            && (group.last..clause.last).any(|i| {
                scan.word(i) == "de"
                    && (scan.is_any(i + 1, &home)
                        || scan.is_any(i + 1, &["el", "la", "nuestro", "nuestra"]) && scan.is_any(i + 2, &home))
            });
        let joined = (group.last..clause.last)
            .any(|i| scan.is_any(i, &["con", "conmigo", "with", "in", "cerca", "near", "closer"]));
        let moves = group.has_any(&["mudar", "trasladar", "independizar", "move"]) && !joined;
        let done = group.aspect.perfect || group.readings.iter().any(|form| form.tense == Tense::Past);
        let other = *mention != Mention::Owner && matches!(mention, Mention::Named(_) | Mention::Relative { .. });
        if !(other && done && (from_home || moves)) || group.polarity != Polarity::Positive {
            return Vec::new();
        }
        let says = Says::of(Predicate::LivesWith);
        let stance = Stance { act: Act::End, from: None, to: Some(PartialDate::Day(scan.lookup.today)) };
        let ends = |one: &Mention, other: &Mention| {
            let object = Object { text: String::new(), key: String::new(), mention: Some(other.clone()) };
            self.statement(one.clone(), &says, Some(object), stance, (group.first, clause.last))
        };
        vec![ends(&Mention::Owner, mention), ends(mention, &Mention::Owner)]
    }

    /// «He dejado la carrera», "I quit my job": all that somebody studied, or their work.
    fn left_whole(&self, text: &str, group: &Group, clause: &Clause, mention: &Mention) -> Option<Vec<Statement>> {
        let words = crate::memory::search_words(text);
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        let predicates: &[Predicate] = if has(&[
            "carrera",
            "estudio",
            "universidad",
            "uni",
            "grado",
            "master",
            "degree",
            "college",
            "school",
            "course",
        ]) {
            &[Predicate::Studies, Predicate::StudiesAt]
        } else if has(&["trabajo", "curro", "empleo", "chamba", "laburo", "puesto", "job"]) {
            &[Predicate::WorksAt, Predicate::Role]
        } else {
            return None;
        };
        let stance = Stance { act: Act::End, from: None, to: None };
        let tokens = (group.first, clause.last);
        let ended = |predicate: &Predicate| {
            let says = Says { predicate: *predicate, kind: "", constant: None };
            self.statement(mention.clone(), &says, None, stance, tokens)
        };
        Some(predicates.iter().map(ended).collect())
    }

    /// «Ha cambiado el fútbol por el baloncesto»: what is swapped is over.
    fn swapped_for(&self, group: &Group, clause: &Clause, mention: &Mention) -> Option<Statement> {
        let scan = self.scan;
        let done = group.aspect.perfect || group.readings.iter().any(|form| form.tense == Tense::Past);
        let joint = (group.last + 1..clause.last).find(|&i| scan.is_any(i, &["por", "for"]))?;
        if !(done && group.has_any(&["cambiar", "swap", "trade"])) || group.polarity != Polarity::Positive {
            return None;
        }
        let text = scan.source(group.last, joint).to_owned();
        let says = Says::of(Predicate::Routine);
        let object = Object::plain(text);
        let stance = Stance { act: Act::End, from: None, to: None };
        Some(self.statement(mention.clone(), &says, Some(object), stance, (group.first, clause.last)))
    }

    /// «Irene me ha dejado», "Ben dumped me": the owner is with them no more.
    fn left_by(&self, group: &Group, clause: &Clause) -> Option<Statement> {
        let scan = self.scan;
        let done = group.aspect.perfect || group.readings.iter().any(|form| form.tense == Tense::Past);
        let alone = (group.last..clause.last).all(|i| scan.tokens[i].is_mark() || scan.word(i) == "me");
        let left = group.has("dejar") && group.dative == Some(words::Person::First)
            || group.has_any(&["leave", "dump"]) && scan.word(group.last) == "me";
        if !(left && done && alone) || group.polarity != Polarity::Positive {
            return None;
        }
        let who = (0..group.first).find_map(|at| match scan.noun(at) {
            Some((Noun::Someone(mention), end)) if end == group.first && mention != Mention::Owner => Some(mention),
            _ => None,
        })?;
        let says = Says { predicate: Predicate::Relative, kind: "partner", constant: None };
        let object = Object { text: String::new(), key: String::new(), mention: Some(who) };
        let stance = Stance { act: Act::End, from: None, to: Some(PartialDate::Day(scan.lookup.today)) };
        Some(self.statement(Mention::Owner, &says, Some(object), stance, (group.first, group.last)))
    }

    /// «Pablo y Carla han roto»: neither is with the other any more.
    pub(super) fn couple_parted(&self, group: &Group, clause: &Clause) -> Vec<Statement> {
        let scan = self.scan;
        let near = |word: &str| (group.first.max(1) - 1..clause.last.min(group.last + 2)).any(|i| scan.word(i) == word);
        let parts = PARTS.iter().any(|(lemma, beside)| group.has(lemma) && beside.is_none_or(&near));
        let done = group.aspect.perfect || group.readings.iter().any(|form| form.tense == Tense::Past);
        if !(parts && done) || group.polarity != Polarity::Positive {
            return Vec::new();
        }
        let joint = (0..group.first).rev().find(|&i| scan.is_any(i, &["y", "and"]));
        let Some((joint, Noun::Someone(second))) = joint.and_then(|joint| {
            let (noun, end) = scan.noun(joint + 1).filter(|(_, end)| *end == group.first)?;
            (end == group.first).then_some((joint, noun))
        }) else {
            return Vec::new();
        };
        let first = (0..joint).find_map(|at| match scan.noun(at) {
            Some((Noun::Someone(mention), end)) if end == joint => Some(mention),
            _ => None,
        });
        let Some(first) = first.filter(|first| *first != Mention::Owner && second != Mention::Owner) else {
            return Vec::new();
        };
        let says = Says { predicate: Predicate::Relative, kind: "partner", constant: None };
        let stance = Stance { act: Act::End, from: None, to: Some(PartialDate::Day(scan.lookup.today)) };
        let ends = |one: &Mention, other: &Mention| {
            let object = Object { text: String::new(), key: String::new(), mention: Some(other.clone()) };
            self.statement(one.clone(), &says, Some(object), stance, (clause.first.min(group.first), group.last))
        };
        vec![ends(&first, &second), ends(&second, &first)]
    }

    /// «Ana y yo nos casamos en 2010», "Alex and I got married": to whom.
    pub(super) fn wed(&self, group: &Group, clause: &Clause, mention: &Mention) -> Option<Statement> {
        let scan = self.scan;
        let weds = group.has("casar") && group.reflexive
            || group.has("get") && scan.is_any(group.last.max(1) - 1, &["married", "engaged"])
            || group.has("get") && scan.is_any(group.last, &["married", "engaged"])
            || group.has("marry") && group.aspect.passive;
        let done = group.aspect.perfect || group.readings.iter().any(|form| form.tense == Tense::Past);
        let joint = (clause.first..group.first).find(|&i| self.is_and_i(i))?;
        let other = self.before_joint(clause.first, joint)?;
        if !(weds && done) || *mention != Mention::Owner || group.polarity != Polarity::Positive {
            return None;
        }
        let says = Says { predicate: Predicate::Relative, kind: "partner", constant: None };
        let spouse = match other {
            Mention::Named(name) => Mention::relative("partner", false).called(name),
            other => other,
        };
        let object = Object { text: String::new(), key: String::new(), mention: Some(spouse) };
        Some(self.statement(Mention::Owner, &says, Some(object), Stance::PLAIN, (clause.first, group.last)))
    }

    /// The «y» of «y yo».
    fn is_and_i(&self, at: usize) -> bool {
        self.scan.is_any(at, &["y", "and"]) && self.scan.is_any(at + 1, &["yo", "i"])
    }

    /// Who is named right before a place.
    fn before_joint(&self, first: usize, joint: usize) -> Option<Mention> {
        (first..joint).find_map(|at| match self.scan.noun(at) {
            Some((Noun::Someone(mention), end)) if end == joint => Some(mention),
            _ => None,
        })
    }

    /// «Sara y yo lo hemos dejado», "Amber and I broke up".
    fn parted(&self, group: &Group, clause: &Clause, mention: &Mention) -> Option<Statement> {
        let scan = self.scan;
        let near = |word: &str| (group.first.max(1) - 1..clause.last.min(group.last + 2)).any(|i| scan.word(i) == word);
        let parts = PARTS.iter().any(|(lemma, beside)| group.has(lemma) && beside.is_none_or(&near));
        let joint = (clause.first..group.first).find(|&i| self.is_and_i(i));
        let both = joint.is_some()
            || scan.spanish() && group.readings.iter().any(|f| f.plural && f.person == words::Person::First)
            || (clause.first..group.first).any(|i| scan.word(i) == "we");
        let done = group.aspect.perfect || group.readings.iter().any(|form| form.tense == Tense::Past);
        // «Hugo y yo ya no estamos juntos».
        let apart = group.has_any(&["estar", "be"])
            && (group.last..clause.last).any(|i| scan.is_any(i, &["juntos", "juntas", "together"]))
            && scan.late_negation(group, clause.last) == Polarity::NoLonger;
        let parted = parts && done && group.polarity == Polarity::Positive;
        if *mention != Mention::Owner || !both || !(parted || apart) {
            return None;
        }
        let other = joint.and_then(|joint| self.before_joint(clause.first, joint));
        let says = Says { predicate: Predicate::Relative, kind: "partner", constant: None };
        let object = other.map(|other| Object { text: String::new(), key: String::new(), mention: Some(other) });
        let stance = Stance { act: Act::End, from: None, to: Some(PartialDate::Day(scan.lookup.today)) };
        Some(self.statement(Mention::Owner, &says, object, stance, (clause.first.min(group.first), group.last)))
    }
}
