//! Slots for what people do: trades, schools, aims.

use super::Scan;
use super::noun::POSSESSIVES;
use super::slots::Filler;
use crate::words::lists::{NO_JOBS, ORGANISATIONS, PASSING};
use crate::words::{self, Class};

/// Whoever leads something, by «de» and what it is.
const LEADS: &[&str] = &[
    "jefe",
    "jefa",
    "encargado",
    "encargada",
    "responsable",
    "director",
    "directora",
    "coordinador",
    "coordinadora",
    "supervisor",
    "supervisora",
    "gerente",
    "subdirector",
    "subdirectora",
    "capataz",
    "auxiliar",
    "tecnico",
    "tecnica",
    "ayudante",
    "oficial",
];

impl Scan<'_> {
    pub(super) fn job(&self, at: usize, any: bool) -> Option<(Filler, usize)> {
        // "The same hospital as my dad".
        if self.is_any(at, POSSESSIVES) {
            return None;
        }
        let article = self.is_any(at, &["un", "una", "a", "an", "the", "el", "la"]);
        let from = at + usize::from(article);
        let end = self.phrase_end(from);
        if !self.spanish() {
            // The head of an English compound is its last word: "a high school maths teacher".
            let mut stop = (from..end)
                .find(|&i| self.is_any(i, &["at", "in", "for", "with", "on", "from", "based", "by", "any", "anymore"]))
                .unwrap_or(end);
            let heads = ["head", "director", "manager", "chief", "president", "captain", "dean", "vice", "chair"];
            if let Some(of) = (from..stop).find(|&i| self.word(i) == "of").filter(|_| !self.is_any(from, &heads)) {
                stop = of.max(from);
            }
            let listed = (from..stop).find(|&i| self.known_job(i) == Some(stop));
            let suffix = self.word(stop.max(1) - 1);
            let leads = self.is_any(from, &heads) && self.word(from + 1) == "of" && stop > from + 2;
            let telling =
                ["ologist", "ician", "grapher", "therapist", "smith", "neer"].iter().any(|tail| suffix.ends_with(tail));
            let fits = listed.is_some_and(|i| article || any || i == from || self.is_any(at, &["now"]))
                || (any && stop > from)
                || (article && telling && stop > from)
                || leads;
            return fits.then(|| {
                let filler = listed
                    .filter(|i| *i == from)
                    .map_or_else(|| Filler::new(self.source(from, stop)), |_| Filler::new(self.source(from, stop)));
                (filler, stop)
            });
        }
        // «Jefe de turno», «encargada de almacén».
        let leads = self.is_any(from, LEADS) && self.job_tail(from + 1, end) > from + 1;
        let listed = if leads { Some(from + 1) } else { self.known_job(from) };
        let word = self.word(from);
        let telling = ["ologo", "ologa", "ografo", "ografa", "terapeuta", "ista", "dor", "dora", "ero", "era"]
            .iter()
            .any(|tail| word.ends_with(tail) && word.len() > tail.len() + 3)
            && !NO_JOBS.contains(&word)
            && words::senses(Some(self.language), word).next().is_none();
        match listed {
            Some(last) => {
                let last = self.job_tail(last, end);
                Some((Filler::new(self.source(from, last)), last))
            }
            None if (any || telling) && end > from && !PASSING.contains(&word) => {
                let stop = (from..end).find(|&i| self.word(i) == "en").unwrap_or(end);
                (stop > from).then(|| (Filler::new(self.source(from, stop)), stop))
            }
            None => None,
        }
    }

    /// «Profesora de matemáticas», «ingeniera industrial», but not «médico de Google».
    /// One past the longest job that begins here and stands in a table.
    fn known_job(&self, at: usize) -> Option<usize> {
        let listed = words::longest(self.language, self.tokens, at, &[Class::Job]).map(|(_, end)| end);
        let kinds = words::kinds::of(self.language, self.tokens, at).filter(|(kinds, _)| kinds.contains(&"job"));
        listed.max(kinds.map(|(_, end)| end))
    }

    pub(super) fn job_tail(&self, last: usize, end: usize) -> usize {
        if self.word(last) == "de" && last + 1 < end && !self.tokens[last + 1].capital {
            let stop = (last + 1..end).find(|&i| self.is_any(i, &["en", "con", "por"])).unwrap_or(end);
            return stop.min(last + 4);
        }
        let adjective = last < end
            && self.tokens[last].is_word()
            && ["al", "ico", "ica", "ivo", "iva", "ario", "aria", "il", "ista"]
                .iter()
                .any(|tail| self.word(last).ends_with(tail));
        if adjective { last + 1 } else { last }
    }

    /// «Me dedico a la enseñanza».
    pub(super) fn trade(&self, at: usize) -> Option<(Filler, usize)> {
        let (filler, end) = self.phrase(at)?;
        (!PASSING.contains(&self.word(at)) && !self.is_any(at, &["ello", "ti", "el", "vivir"])
            || self.is_any(at, &["la"]))
        .then_some((filler, end))
    }

    pub(super) fn school(&self, at: usize) -> Option<(Filler, usize)> {
        let kinds = [
            "colegio",
            "instituto",
            "universidad",
            "escuela",
            "facultad",
            "guarderia",
            "academia",
            "conservatorio",
            "school",
            "university",
            "college",
            "kindergarten",
            "nursery",
            "academy",
            "politecnica",
            "complutense",
            "autonoma",
            "mit",
            "academy",
            "ceip",
            "ies",
            "secundaria",
            "primaria",
            "prepa",
            "preparatoria",
            "liceo",
        ];
        let from = at + usize::from(self.is_any(at, &["el", "la", "the", "un", "una", "a"]));
        let end = self.phrase_end(from);
        let named =
            self.tokens[from.min(self.tokens.len())..end.max(from).min(self.tokens.len())].iter().any(|t| t.capital);
        // "Ridgeway High", "St Anne's Primary".
        let short = !self.spanish()
            && end > from + 1
            && (from..end).any(|i| {
                self.is_any(i, &["high", "primary", "grammar", "secondary", "comprehensive", "prep"])
                    && self.tokens[i].capital
            });
        (((from..end).any(|i| self.is_any(i, &kinds)) || short) && named)
            .then(|| (Filler::new(self.source(from, end)), end))
    }

    /// What somebody wants for longer than an evening.
    pub(super) fn wish(&self, at: usize) -> Option<(Filler, usize)> {
        let from = at + usize::from(self.word(at) == "to");
        let aims: &[(&str, &[&str])] = &[
            ("perder", &["peso", "kilos", "kilo"]),
            ("dejar", &["fumar", "beber", "trabajo"]),
            ("ahorrar", &[]),
            ("adelgazar", &[]),
            ("correr", &["maraton", "media"]),
            ("sacarme", &["carne", "carnet", "titulo", "b2", "c1", "b1"]),
            ("aprobar", &["oposiciones", "oposicion", "examen"]),
            ("comprarme", &["casa", "piso", "coche", "moto"]),
            ("comprar", &["casa", "piso"]),
            ("montar", &["negocio", "empresa"]),
            ("ser", &["padre", "madre", "medico", "medica"]),
            ("lose", &["weight", "kilos", "pounds"]),
            ("quit", &["smoking", "drinking"]),
            ("save", &[]),
            ("run", &["marathon"]),
            ("buy", &["house", "flat"]),
            ("become", &["nurse", "doctor", "teacher", "pilot", "father", "mother"]),
            ("start", &["business"]),
            ("aprender", &["ano"]),
            ("learn", &["year"]),
            ("get", &["fit", "shape", "promoted", "degree", "licence", "license", "promotion"]),
            ("pass", &["exam", "test", "exams"]),
            ("pay", &["debt", "mortgage", "loan"]),
            ("pagar", &["deuda", "hipoteca", "deudas"]),
            ("write", &["novel", "book"]),
            ("escribir", &["novela", "libro"]),
            ("retire", &[]),
            ("jubilarme", &[]),
            ("mejorar", &["ingles", "frances", "aleman", "forma"]),
            ("terminar", &["carrera", "tesis", "estudios", "grado", "master"]),
            ("finish", &["degree", "thesis", "phd", "novel"]),
            ("stop", &["smoking", "drinking"]),
            ("give", &["smoking", "drinking"]),
        ];
        let (filler, end) = self.goal(from)?;
        let verb = words::forms(self.language, &self.tokens[from].lower, self.word(from))
            .iter()
            .any(|form| form.tense == words::Tense::Infinitive)
            || self.spanish()
                && ["arme", "erme", "irme", "ar", "er", "ir"].iter().any(|tail| self.word(from).ends_with(tail));
        if self.has_horizon()
            && verb
            && !self.is_any(from, &["saber", "know", "ver", "see", "be", "ser", "decir", "say"])
        {
            return Some((filler, end));
        }
        // «Mi propia peluquería» is a plan for life.
        let own = (from..end).any(|i| self.is_any(i, &["propio", "propia", "own"]));
        if own && (verb || from > at) {
            return Some((filler, end));
        }
        let (_, wanted) = aims.iter().find(|(verb, _)| self.word(from) == *verb)?;
        let said = wanted.is_empty() || (from..end).any(|i| self.is_any(i, wanted));
        said.then_some((filler, end))
    }

    /// «Clases de matemáticas».
    pub(super) fn lessons(&self, at: usize) -> Option<(Filler, usize)> {
        let particular = usize::from(self.is_any(at + 1, &["particulares", "extraescolares", "online"]));
        let subject = self.is_any(at, &["clase", "clases"]) && self.is_any(at + 1 + particular, &["de", "a"]);
        let end = self.phrase_end(at);
        let stop = (at + 2..end).find(|&i| self.is_any(i, &["en", "los", "con"])).unwrap_or(end);
        (subject && stop > at + 2).then(|| (Filler::new(self.source(at, stop)), stop))
    }

    /// "(I teach) year 4", kept with its verb.
    pub(super) fn taught(&self, at: usize) -> Option<(Filler, usize)> {
        let end = self.phrase_end(at);
        let stop = (at..end).find(|&i| self.is_any(i, &["at", "in", "on"])).unwrap_or(end);
        let about = !PASSING.contains(&self.word(at)) && !self.is_any(at, &["him", "her", "my", "people"]);
        (stop > at && at > 0 && about).then(|| (Filler::new(self.source(at - 1, stop)), stop))
    }

    /// A business: «una ferretería», "my own bakery".
    pub(super) fn shop(&self, at: usize) -> Option<(Filler, usize)> {
        let from = at + usize::from(self.is_any(at, &["un", "una", "a", "an", "my", "mi", "own", "the"]));
        let end = self.phrase_end(from);
        let odd = ["bateria", "loteria", "tonteria", "alergia", "averia", "team", "equipo", "call", "school", "class"];
        let named = (from..end.min(from + 3)).any(|i| {
            (ORGANISATIONS.contains(&self.word(i)) || self.word(i).ends_with("eria") && self.word(i).len() > 7)
                && !odd.contains(&self.word(i))
        });
        (named && end > from).then(|| (Filler::new(self.source(from, end)), end))
    }

    /// «Un máster de finanzas», "a PhD in marine biology".
    pub(super) fn course(&self, at: usize) -> Option<(Filler, usize)> {
        let from = at + usize::from(self.is_any(at, &["un", "una", "el", "la", "mi", "a", "an", "my", "the"]));
        let courses = [
            "master",
            "masters",
            "master's",
            "doctorado",
            "grado",
            "carrera",
            "fp",
            "modulo",
            "posgrado",
            "bachillerato",
            "erasmus",
            "phd",
            "degree",
            "ba",
            "bsc",
            "msc",
            "mba",
            "diploma",
            "doctorate",
            "gcses",
            "a-levels",
            "apprenticeship",
        ];
        let known = self.is_any(from, &courses) || self.word(from + 1) == "'s" && self.is_any(from, &courses);
        let end = self.phrase_end(from);
        let stop = (from + 1..end).find(|&i| self.is_any(i, &["at", "with"])).unwrap_or(end);
        (known && stop > from).then(|| (Filler::new(self.source(from, stop)), stop))
    }

    /// What is preferred to something else: «el té al café», "tea over coffee".
    pub(super) fn preferred(&self, at: usize) -> Option<(Filler, usize)> {
        let end = self.phrase_end(at);
        let cut = (at + 1..end)
            .find(|&i| self.is_any(i, &["over", "to", "than", "rather"]) || self.word(i) == "a" && self.spanish())?;
        let from = at + usize::from(self.is_any(at, &["el", "la", "los", "las", "the"]));
        let passing = PASSING.contains(&self.word(at)) || PASSING.contains(&self.word(from));
        (cut > from && !passing).then(|| (Filler::new(self.source(from, cut)), end))
    }

    /// The words before one of these, up to three.
    pub(super) fn before(&self, at: usize, words: &[&str]) -> Option<(Filler, usize)> {
        let end = (at + 1..at + 4).find(|&i| self.is_any(i, words))?;
        (at..end).all(|i| self.tokens[i].is_word()).then(|| (Filler::new(self.source(at, end)), end))
    }

    pub(super) fn zodiac(&self, at: usize) -> Option<(Filler, usize)> {
        let signs = [
            "aries",
            "tauro",
            "geminis",
            "virgo",
            "libra",
            "escorpio",
            "sagitario",
            "capricornio",
            "acuario",
            "piscis",
            "taurus",
            "gemini",
            "scorpio",
            "sagittarius",
            "capricorn",
            "aquarius",
            "pisces",
        ];
        let capital = self.tokens.get(at).is_some_and(|token| token.capital) && self.is_any(at, &["leo", "cancer"]);
        (self.is_any(at, &signs) || capital && at > 1).then(|| (Filler::new(self.source(at, at + 1)), at + 1))
    }

    /// What has to be done, without the time at which.
    pub(super) fn duty(&self, at: usize) -> Option<(Filler, usize)> {
        // What everybody has to do is no appointment.
        let daily = [
            "madrugar",
            "levantarme",
            "trabajar",
            "estudiar",
            "comprar",
            "dormir",
            "comer",
            "cenar",
            "get",
            "wake",
            "work",
            "study",
            "buy",
            "sleep",
            "eat",
            "do",
            "hacer",
            "be",
            "make",
        ];
        if self.is_any(at, &daily) {
            return None;
        }
        let (_, end) = self.goal(at)?;
        let stop = (at + 1..end).find(|&i| self.begins_time(i)).unwrap_or(end);
        Some((Filler::new(self.source(at, stop)), end))
    }

    /// «Las oposiciones», "a marathon": what one prepares for long.
    pub(super) fn challenge(&self, at: usize) -> Option<(Filler, usize)> {
        let (filler, end) = self.phrase(at)?;
        let long =
            ["oposicion", "oposiciones", "maraton", "triatlon", "selectividad", "mir", "tesis", "ironman", "camino"];
        (at..end).any(|i| self.is_any(i, &long)).then_some((filler, end))
    }

    /// Whether the sentence says by when, and that is no evening: «este año», "by summer".
    fn has_horizon(&self) -> bool {
        (0..self.tokens.len()).any(|i| {
            let season = |at: usize| {
                self.is_any(at, &["ano", "year", "verano", "summer", "curso", "otono", "winter", "christmas"])
            };
            self.is_any(i, &["este", "this", "next", "proximo"]) && season(i + 1)
                || self.is_any(i, &["by", "before"]) && (season(i + 1) || season(i + 2))
                || self.is_any(i, &["antes"]) && (season(i + 2) || season(i + 3))
                || self.is_any(i, &["ano", "verano"]) && self.is_any(i + 1, &["que", "proximo"])
        })
    }
}
