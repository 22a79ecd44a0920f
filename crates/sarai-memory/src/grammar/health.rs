//! Slots for health: illnesses, medicines, what somebody is allergic to.
//!
//! The tables cannot hold every medicine and illness, but their names are made by rule: the World Health Organization's
//! stems of nonproprietary names, and the Greek endings of diagnoses.

use super::Scan;
use super::dose::DOSES;
use super::slots::{Filled, Filler};
use crate::text::Kind;
use crate::time::number;
use crate::words::{self, Class};

/// Endings of substances, folded (WHO, The use of stems in the selection of INN). Spanish puts an -a or -o behind some.
const STEMS: &[&str] = &[
    "prazol",
    "prazole",
    "statin",
    "statina",
    "pril",
    "sartan",
    "olol",
    "dipine",
    "dipino",
    "cillin",
    "cilina",
    "mycin",
    "micina",
    "xetine",
    "xetina",
    "zepam",
    "zolam",
    "formin",
    "formina",
    "triptan",
    "profen",
    "profeno",
    "tyroxine",
    "tiroxina",
    "tidine",
    "tidina",
    "gliflozin",
    "gliflozina",
    "gliptin",
    "gliptina",
    "lukast",
    "oxacin",
    "oxacino",
    "conazole",
    "conazol",
    "clovir",
    "tavir",
    "navir",
    "mab",
    "tinib",
    "semide",
    "semida",
    "thiazide",
    "tiazida",
    "parin",
    "parina",
    "xaban",
    "grel",
    "triptyline",
    "triptilina",
    "oxetine",
    "oxetina",
    "apine",
    "apina",
    "idone",
    "idona",
    "pram",
    "barbital",
    "gabalin",
    "gabalina",
    "terol",
    "sonide",
    "sonida",
    "asone",
    "asona",
    "solone",
    "solona",
    "dronate",
    "dronato",
    "lutide",
    "lutida",
    "rizine",
    "rizina",
    "azepine",
    "azepina",
    "tadine",
    "tadina",
    "caine",
    "caina",
    "setron",
    "lastine",
    "lastina",
    "proxen",
    "proxeno",
    "fenac",
    "fenaco",
    "oxicam",
    "coxib",
    "cycline",
    "ciclina",
];
/// Endings of diagnoses.
const DIAGNOSES: &[&str] =
    &["itis", "osis", "emia", "aemia", "algia", "patia", "pathy", "plejia", "plegia", "penia", "roidismo", "roidism"];

/// Whether a folded word is made like the name of a substance.
pub(crate) fn is_substance(word: &str) -> bool {
    word.len() >= 7 && STEMS.iter().any(|stem| word.ends_with(stem))
}

/// What may stand before a medicine that follows another.
const BEFORE_MEDICINE: &[&str] = &["un", "una", "el", "la", "a", "an", "the", "my", "mi", "also", "tambien"];
/// What the time of a medicine begins with.
const TIMED_BY: &[&str] = &[
    "por", "con", "en", "a", "cada", "todas", "todos", "antes", "despues", "in", "at", "with", "before", "after",
    "every", "once", "twice",
];
/// What else it consists of.
const TIMELY: &[&str] = &[
    "la",
    "el",
    "las",
    "los",
    "de",
    "manana",
    "mananas",
    "tarde",
    "tardes",
    "noche",
    "noches",
    "mediodia",
    "desayuno",
    "comida",
    "cena",
    "merienda",
    "almuerzo",
    "ayunas",
    "desayunar",
    "comer",
    "cenar",
    "almorzar",
    "acostarme",
    "dormir",
    "levantarme",
    "dia",
    "dias",
    "the",
    "a",
    "my",
    "morning",
    "evening",
    "night",
    "afternoon",
    "noon",
    "bedtime",
    "bed",
    "breakfast",
    "lunch",
    "dinner",
    "supper",
    "tea",
    "am",
    "pm",
    "meals",
    "food",
    "day",
    "eating",
];
/// Words of the time of a medicine.
const TIMING_MAX: usize = 8;

impl Scan<'_> {
    /// «Asma», "chronic gastritis", «síndrome de Sjögren».
    pub(crate) fn illnesses(&self, at: usize) -> Filled {
        let from = at + usize::from(self.is_any(at, &["un", "una", "a", "an", "el", "la", "los", "las", "the", "de"]));
        if let Some(found) = self.listed(at, &[Class::Illness]).or_else(|| self.listed(from, &[Class::Illness])) {
            return Some(found);
        }
        let end = self.phrase_end(from);
        let made = |i: usize| {
            let word = self.word(i);
            word.len() >= 7 && DIAGNOSES.iter().any(|tail| word.ends_with(tail))
                || self.is_any(i, &["sindrome", "syndrome", "trastorno", "disorder", "disease", "enfermedad"])
        };
        let found = (from..end.min(from + 4)).any(made) && !self.is_any(from, &["mi", "my", "esa", "esta", "this"]);
        found.then(|| (vec![Filler::new(self.source(from, end))], end))
    }

    /// «20 mg de omeprazol», "two ibuprofen".
    pub(super) fn medicines(&self, at: usize) -> Filled {
        let mut from = at;
        let mut dose = false;
        if let Some((_, end)) = number(self.tokens, from) {
            from = end;
            dose = self.is_any(end, DOSES);
            from += usize::from(dose);
            from += usize::from(self.is_any(from, &["de", "of"]));
            // "Two medicines, ramipril and sertraline".
            let counted =
                ["medicines", "medications", "meds", "pills", "tablets", "medicinas", "medicamentos", "pastillas"];
            if self.is_any(from, &counted) && self.is_any(from + 1, &[",", ":"]) {
                from += 2;
            }
        }
        from += usize::from(self.is_any(from, &["mi", "my", "el", "la", "the"]) && self.substance_at(from + 1));
        let mut out = Vec::new();
        let mut end = from;
        loop {
            let first = if out.is_empty() && dose { at } else { end };
            if let Some((list, last)) = self.listed(end, &[Class::Medicine, Class::Allergen]) {
                let past = self.past_dose(last);
                // The dose is part of what is taken, and not of what it is called.
                if let ([one], true) = (&list[..], dose || past > last) {
                    out.push(Filler::keyed(self.source(first, past), one.key.clone()));
                } else {
                    out.extend(list);
                }
                end = past;
            } else if self.substance_at(end) || out.is_empty() && self.dosed(end, dose) {
                let past = self.past_dose(end + 1);
                out.push(Filler::keyed(self.source(first, past), words::key(self.source(end, end + 1))));
                end = past;
            } else {
                break;
            }
            // «Enalapril a las 8 y la metformina con la cena».
            let timed = self.past_timing(end);
            let joint = timed + 1 + usize::from(self.is_any(timed + 1, BEFORE_MEDICINE));
            let more =
                self.is_any(timed, &["y", "e", "and", ","]) && (self.substance_at(joint) || self.medicine_at(joint));
            if timed > end && (more || out.len() > 1) {
                let last = out.pop();
                out.extend(last.map(|last| Filler::keyed(self.source(first.max(at), timed), last.key)));
                end = timed;
            }
            if !more {
                break;
            }
            end = joint;
        }
        (!out.is_empty()).then_some((out, end))
    }

    /// One past when a medicine is taken: "with dinner", «a las 8 de la mañana».
    fn past_timing(&self, at: usize) -> usize {
        let stands =
            |i: usize| self.is_any(i, TIMELY) || self.tokens.get(i).is_some_and(|token| token.kind == Kind::Number);
        if !self.is_any(at, TIMED_BY) {
            return at;
        }
        (at + 1..self.tokens.len().min(at + TIMING_MAX)).take_while(|&i| stands(i)).last().map_or(at, |last| last + 1)
    }

    pub(crate) fn substance_at(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is_word() && is_substance(&token.fold))
            && words::senses(Some(self.language), self.word(at)).all(|sense| sense.class == Class::Medicine)
    }

    fn medicine_at(&self, at: usize) -> bool {
        let kinds = words::kinds::of(self.language, self.tokens, at).map_or(&[][..], |(kinds, _)| kinds);
        kinds.contains(&"medicine") || words::longest(self.language, self.tokens, at, &[Class::Medicine]).is_some()
    }

    fn past_dose(&self, at: usize) -> usize {
        let from = at + usize::from(self.word(at) == "," || self.word(at) == "de");
        match number(self.tokens, from) {
            // «(Le subió el) losartán a 100 mg».
            _ if self.is_any(at, &["a", "to"])
                && number(self.tokens, at + 1).is_some()
                && self.is_any(at + 2, DOSES) =>
            {
                at + 3
            }
            Some(_) if self.is_any(from + 1, DOSES) => from + 2,
            // «Losartán de 50».
            Some(_) if from > at => from + 1,
            // «Levotiroxina 75», but not "ibuprofen 2 times a day".
            Some((value, end))
                if value >= 10.0
                    && self.tokens.get(end).is_none_or(|next| !next.is_word() || next.is("para") || next.is("for")) =>
            {
                end
            }
            _ => at,
        }
    }

    /// A word beside a dose: «Concor 5 mg».
    fn dosed(&self, at: usize, dose: bool) -> bool {
        self.tokens.get(at).is_some_and(crate::text::Token::is_word)
            && (dose
                || self.is_any(at + 1, &["mg"])
                || number(self.tokens, at + 1).is_some() && self.is_any(at + 2, &["mg", "mcg", "ml"]))
    }

    /// Something unknown that is taken like a medicine: by the clock, or against something.
    pub(super) fn remedy(&self, at: usize) -> Option<(Filler, usize)> {
        let word = self.tokens.get(at).filter(|token| token.is_word() && token.fold.len() > 3)?;
        let unknown = words::senses(None, &word.fold).next().is_none()
            && words::forms(self.language, &word.lower, &word.fold).is_empty()
            && !words::lists::PHRASE_ENDS.contains(&word.fold.as_str())
            && !words::lists::PASSING.contains(&word.fold.as_str())
            && !words::lists::DETERMINERS.contains(&word.fold.as_str());
        let purpose = self.is_any(at + 1, &["para", "for"])
            && (self.is_any(at + 2, &["mi", "my", "dormir"]) || self.illnesses(at + 2).is_some());
        let often =
            self.is_any(at + 1, &["cada", "every", "twice", "once", "daily", "diario", "nightly"]) && word.capital;
        (unknown && (purpose || often)).then(|| (Filler::new(self.source(at, at + 1)), at + 1))
    }

    /// Whatever a doctor prescribes: a word that no table knows.
    pub(super) fn any_drug(&self, at: usize) -> Option<(Filler, usize)> {
        let from = at + usize::from(self.is_any(at, &["un", "una", "el", "la", "some", "a"]));
        let word = self.tokens.get(from).filter(|token| token.is_word() && token.fold.len() > 4)?;
        let unknown = words::senses(None, &word.fold).next().is_none()
            && words::forms(self.language, &word.lower, &word.fold).is_empty()
            && !words::lists::PHRASE_ENDS.contains(&word.fold.as_str())
            && !words::lists::PASSING.contains(&word.fold.as_str())
            && !self
                .is_any(from, &["reposo", "descanso", "dieta", "gafas", "glasses", "something", "strong", "exercise"]);
        let past = self.past_dose(from + 1);
        unknown.then(|| (Filler::keyed(self.source(from, past), words::key(self.source(from, from + 1))), past))
    }

    /// «(Me) operan de la rodilla», kept with its verb.
    pub(super) fn surgery(&self, at: usize) -> Option<(Filler, usize)> {
        let end = self.phrase_end(at);
        (self.word(at) == "de" && end > at + 1)
            .then(|| (Filler::new(&format!("operación {}", self.source(at, end))), end))
    }

    /// «Una dieta baja en grasas», "a low-carb diet".
    pub(super) fn dieting(&self, at: usize) -> Option<(Filler, usize)> {
        if !self.spanish() {
            let (filler, end) = self.before(at, &["diet"])?;
            return (!self.is_any(at, &["strict", "good", "bad", "new"]) || end > at + 1).then_some((filler, end + 1));
        }
        let end = self.phrase_end(at);
        (self.word(at) == "dieta" && end > at + 1).then(|| (Filler::new(self.source(at, end)), end))
    }

    /// "Tree nut" of "a tree nut allergy".
    pub(super) fn allergen(&self, at: usize) -> Option<(Filler, usize)> {
        let end = (at + 1..at + 4).find(|&i| self.is_any(i, &["allergy", "intolerance"]))?;
        let plain = (at..end).all(|i| {
            self.tokens[i].is_word() && !self.is_any(i, &["food", "severe", "bad", "an", "a", "mild", "slight", "any"])
        });
        plain.then(|| (Filler::new(self.source(at, end)), end))
    }
}
