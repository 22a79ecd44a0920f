//! Verb groups: «ya no me gusta», «estoy viviendo», "have been working", "used to live".

use crate::words::lists::{ADVERBS, BEFORE_NOUNS, CANCELLING, MOVING, PERIODS};
use sarai_types::Language;

use super::Scan;
use crate::text::{Kind, Token};
use crate::words::{self, Form, Person, Tense};

/// What the group says about its verb beyond tense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Aspect {
    pub(crate) perfect: bool,
    pub(crate) progressive: bool,
    /// «Voy a», "going to".
    pub(crate) prospective: bool,
    /// «Suelo».
    pub(crate) habitual: bool,
    /// «Solía», "used to".
    pub(crate) bygone: bool,
    /// «He empezado a».
    pub(crate) inceptive: bool,
    /// «He dejado de».
    pub(crate) cessative: bool,
    /// «Puedo», «quiero», "should".
    pub(crate) modal: bool,
    /// "Was hired", "am called".
    pub(crate) passive: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Polarity {
    Positive,
    Negative,
    /// «Ya no», "no longer".
    NoLonger,
}

/// A verb with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) first: usize,
    /// One past the last token.
    pub(crate) last: usize,
    /// What it may be: the main verb with the tense and person of whatever carries them.
    pub(crate) readings: Vec<Form>,
    pub(crate) polarity: Polarity,
    /// Who the clitic before it stands for: «me gusta» is the first person's.
    pub(crate) dative: Option<Person>,
    pub(crate) reflexive: bool,
    /// The clitic is «se»: nobody but a third person acts.
    pub(crate) impersonal: bool,
    pub(crate) aspect: Aspect,
}

impl Group {
    /// A plain group without words before its verb.
    pub(crate) fn of(at: usize, readings: Vec<Form>) -> Self {
        Self {
            first: at,
            last: at,
            readings,
            polarity: Polarity::Positive,
            dative: None,
            reflexive: false,
            impersonal: false,
            aspect: Aspect::default(),
        }
    }

    pub(crate) fn has(&self, lemma: &str) -> bool {
        self.readings.iter().any(|form| form.lemma == lemma)
    }

    pub(crate) fn has_any(&self, lemmas: &[&str]) -> bool {
        self.readings.iter().any(|form| lemmas.contains(&form.lemma))
    }
}
/// Small words that are spelt like forms of verbs.
const NEVER_VERBS: &[&str] = &[
    "de", "como", "para", "sobre", "entre", "nada", "una", "uno", "cerca", "bajo", "fuera", "salvo", "cuanto", "se",
    "te", "le", "me", "mas", "tu", "solo",
];
const CLITICS: &[&str] = &["me", "te", "se", "le", "les", "nos", "os", "lo"];
/// Participles that say what somebody is.
pub(super) const STATES: &[&str] = &["married", "divorced", "separated", "retired", "engaged"];
/// Verbs of keeping, before which «la» and «los» stand for things.
const KEEPING: &[&str] = &[
    "guardar",
    "dejar",
    "tener",
    "poner",
    "meter",
    "esconder",
    "colocar",
    "aparcar",
    "estacionar",
    "llevar",
    "vender",
    "cambiar",
    "mover",
    "pasar",
];
/// Verbs of what an employer or a doctor does to somebody, before which «la» and «lo» stand for that person.
const DONE_TO: &[&str] =
    &["despedir", "echar", "contratar", "fichar", "coger", "ascender", "nombrar", "operar", "hacer"];

/// Whether it is a verb of that, or of moving or cancelling what somebody has.
fn is_done_to(lemma: &'static str) -> bool {
    DONE_TO.contains(&lemma) || MOVING.contains(&lemma) || CANCELLING.contains(&lemma)
}

const FINITE: &[Tense] =
    &[Tense::Present, Tense::Imperfect, Tense::Past, Tense::Future, Tense::Conditional, Tense::Subjunctive];
const MODALS_ES: &[&str] = &["poder", "querer", "deber", "necesitar", "intentar", "pensar", "esperar", "planear"];

impl Scan<'_> {
    /// The verb groups of the sentence, in order.
    pub(crate) fn groups(&self) -> Vec<Group> {
        let mut out: Vec<Group> = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let found = if self.spanish() { self.spanish_group(at) } else { self.english_group(at) };
            // "I love trains": right behind a verb, what could be a third person is a noun.
            let noun = !self.spanish()
                && out.last().is_some_and(|before: &Group| {
                    before.last == at && !before.has_any(&["be", "have", "do", "say", "think", "know"])
                });
            // «Soy Leo», «se llama Marcos»: right behind a name's verb, what could be a verb is a name.
            let name = self.spanish()
                && out.last().is_some_and(|before: &Group| {
                    before.last == at && before.has_any(&["ser", "llamar", "apellidar"]) && !before.aspect.prospective
                });
            // "I've been married to Gwen" has its state behind the verb.
            let state = !self.spanish()
                && out.last().is_some_and(|before: &Group| before.last == at && before.has_any(&["be", "get"]))
                && self.is_any(at, STATES);
            let found = found.filter(|group| !(state || name && group.first == at));
            match found.filter(|g| !(noun && g.readings.iter().all(|f| f.person == Person::Third))) {
                Some(group) => {
                    at = group.last.max(at + 1);
                    out.push(group);
                }
                None => at += 1,
            }
        }
        out
    }

    pub(crate) fn forms(&self, at: usize) -> &'static [Form] {
        match self.tokens.get(at) {
            Some(token) if token.kind == Kind::Word => words::forms(self.language, &token.lower, &token.fold),
            Some(token) if token.is("'s") => words::forms(self.language, &token.lower, &token.fold),
            _ => &[],
        }
    }

    pub(super) fn of_tense(&self, at: usize, tense: Tense) -> Vec<Form> {
        self.forms(at).iter().copied().filter(|form| form.tense == tense).collect()
    }

    pub(super) fn skip_adverbs(&self, at: usize) -> usize {
        let mut at = at;
        while self.is_any(at, &ADVERBS) {
            at += 1;
        }
        at
    }

    /// A group whose finite verb stands at `head`, with the clitics and the negation before it.
    fn spanish_group(&self, head: usize) -> Option<Group> {
        let token = self.tokens.get(head)?;
        let mut finite: Vec<Form> =
            self.forms(head).iter().copied().filter(|form| FINITE.contains(&form.tense)).collect();
        let before = head.checked_sub(1).map_or("", |i| self.word(i));
        // «La semana que viene» is a time.
        if before == "que" && self.is_any(head, &["viene", "entra"]) && head > 1 && self.is_time_noun(head - 2) {
            return None;
        }
        // «Hace tres meses» is a time.
        if self.word(head) == "hace"
            && crate::time::cardinal(self.tokens, head + 1).is_some_and(|(_, end)| {
                self.is_any(end, &["ano", "anos", "mes", "meses", "semana", "semanas", "dia", "dias"])
            })
        {
            return None;
        }
        // «Las once y media» is a time.
        if before == "y"
            && self.is_any(head, &["media", "cuarto"])
            && head > 1
            && crate::time::cardinal(self.tokens, head - 2).is_some()
        {
            return None;
        }
        // «Víctor encontró trabajo de camarero» has one verb too.
        let found = ["encontrar", "conseguir", "buscar", "tener", "dar", "pillar", "ofrecer", "perder", "haber"];
        if self.is_any(head, &["trabajo", "curro"])
            && head > 0
            && (self.word(head - 1).starts_with("busc")
                || self.forms(head - 1).iter().any(|form| found.contains(&form.lemma)))
        {
            return None;
        }
        // «Tomás es mi hermano» has one verb.
        if token.capital && words::is_first_name(self.word(head)) && self.verb_at(head + 1) {
            return None;
        }
        // «Él vive», but «el trabajo».
        let pronoun = head > 0 && self.tokens[head - 1].lower == "él";
        if finite.is_empty()
            || (token.lower == token.fold
                && !(self.word(head) == "como" && self.eats(head))
                && NEVER_VERBS.contains(&self.word(head)))
            || (BEFORE_NOUNS.contains(&before) && !pronoun && !self.takes_object(head) && !self.done_to(head))
        {
            return None;
        }
        // «Me mude a Vigo» is no wish: who writes without accents leaves this one out too.
        let wished = |form: &Form| form.tense == Tense::Subjunctive;
        let told = |form: &Form| form.tense == Tense::Past && form.person == Person::First;
        if finite.iter().any(wished) && finite.iter().any(told) && !self.is_subordinate(head) {
            finite.retain(|form| !wished(form));
        }
        // A form that is right as it is spelt goes before one that lacks its accent.
        if finite.iter().any(|form| words::is_exact(&token.lower, *form))
            && finite.iter().any(|form| form.person == Person::First)
        {
            let rank = |form: &Form| !words::is_exact(&token.lower, *form);
            finite.sort_by_key(rank);
        }
        let mut group = Group { last: head + 1, ..Group::of(head, finite) };
        self.spanish_prefix(&mut group);
        if group.impersonal && group.readings.iter().any(|form| form.person == Person::Third) {
            group.readings.retain(|form| form.person != Person::First);
        }
        for _ in 0..4 {
            if !self.spanish_chain(&mut group) {
                break;
            }
        }
        Some(group)
    }

    fn is_time_noun(&self, at: usize) -> bool {
        PERIODS.contains(&self.word(at)) || crate::time::weekday(self.word(at)).is_some()
    }

    /// «Como» that is a verb: «no como carne», «los domingos como en casa de mis suegros».
    fn eats(&self, at: usize) -> bool {
        let before = at.checked_sub(1).map_or("", |i| self.word(i));
        let often = PERIODS.contains(&before) || crate::time::weekday(before).is_some() || before == "siempre";
        ["no", "yo", "nunca"].contains(&before)
            || often && self.is_any(at + 1, &["en", "con", "solo", "sola", "fuera", "a"])
    }

    /// Whether something stands before the verb behind which a subjunctive may follow.
    fn is_subordinate(&self, head: usize) -> bool {
        const LEADS: &[&str] = &[
            "que", "ojala", "quiza", "quizas", "cuando", "aunque", "si", "donde", "como", "mientras", "tal", "no",
            "nunca", "hasta", "apenas", "usted", "ud", "cuanto", "quien",
        ];
        (0..head).any(|at| self.is_any(at, LEADS))
    }

    /// «Las guardo», «la tengo»: what looks like an article is what the first person keeps; «me la han subido»: or what
    /// something was done to.
    fn takes_object(&self, head: usize) -> bool {
        head > 0
            && self.is_any(head - 1, &["la", "las", "los", "lo"])
            && self.forms(head).iter().any(|form| {
                form.lemma == "haber"
                    && self.of_tense(head + 1, Tense::Participle).iter().any(|verb| {
                        form.person == Person::First && KEEPING.contains(&verb.lemma)
                            || head > 1 && CLITICS.contains(&self.word(head - 2))
                    })
                    || form.lemma == "llamar" && form.plural
                    || form.person == Person::First
                        && matches!(form.tense, Tense::Present | Tense::Past)
                        && KEEPING.contains(&form.lemma)
            })
    }

    /// «A mi hermana la han despedido», «lo ascendieron».
    fn done_to(&self, head: usize) -> bool {
        head > 0
            && self.is_any(head - 1, &["la", "las", "los", "lo"])
            && self.forms(head).iter().any(|form| {
                form.person == Person::Third
                    && (form.lemma == "haber"
                        && self.of_tense(head + 1, Tense::Participle).iter().any(|verb| is_done_to(verb.lemma))
                        || form.plural && form.tense == Tense::Past && is_done_to(form.lemma) && form.lemma != "hacer")
            })
    }

    /// «Ya no me …».
    fn spanish_prefix(&self, group: &mut Group) {
        let mut at = group.first;
        while at > 0 {
            match self.word(at - 1) {
                "la" | "las" | "los" if at == group.first && group.has("llamar") => group.dative = Some(Person::Third),
                "la" | "las" | "los" | "lo" if at == group.first && self.done_to(at) => {
                    group.dative = Some(Person::Third);
                }
                "la" | "las" | "los" if at == group.first && self.takes_object(at) => {}
                clitic if CLITICS.contains(&clitic) => {
                    match clitic {
                        "me" | "nos" => group.dative = Some(Person::First),
                        "te" | "os" => group.dative = Some(Person::Second),
                        "le" | "les" => group.dative = Some(Person::Third),
                        // «A mi abuela la llamamos Tata».
                        "lo" if group.has("llamar") => group.dative = Some(Person::Third),
                        _ => {}
                    }
                    group.impersonal |= clitic == "se";
                    group.reflexive |= matches!(clitic, "me" | "nos" | "se" | "te" | "os");
                }
                "no" | "tampoco" | "nunca" | "jamas" | "ni" => {
                    // «No, vivo en …» says no to something else.
                    group.polarity = Polarity::Negative;
                }
                "ya" if group.polarity == Polarity::Negative => group.polarity = Polarity::NoLonger,
                "ya" | "tambien" | "aun" | "todavia" | "siempre" | "ahora" => {}
                _ => break,
            }
            at -= 1;
        }
        group.first = at;
    }

    /// Takes one more verb into the group, if the last one calls for it.
    fn spanish_chain(&self, group: &mut Group) -> bool {
        let next = self.skip_adverbs(group.last);
        let participles = self.of_tense(next, Tense::Participle);
        let gerunds = self.enclitic(next, Tense::Gerund);
        if group.has_any(&["haber"]) && !participles.is_empty() {
            group.aspect.perfect = true;
            return Self::take(group, "haber", &participles, next + 1);
        }
        if group.has_any(&["estar", "andar", "seguir", "continuar"]) && !gerunds.is_empty() {
            group.aspect.progressive = true;
            let carrier = if group.has_any(&["estar"]) {
                "estar"
            } else if group.has_any(&["andar"]) {
                "andar"
            } else if group.has_any(&["seguir"]) {
                "seguir"
            } else {
                "continuar"
            };
            return Self::take(group, carrier, &gerunds, next + 1);
        }
        if group.has_any(&["llevar"]) {
            // «Llevo tres años viviendo en …».
            let gerund = (next..next + 5).find(|&i| !self.enclitic(i, Tense::Gerund).is_empty());
            if let Some(at) = gerund {
                group.aspect.progressive = true;
                return Self::take(group, "llevar", &self.enclitic(at, Tense::Gerund), at + 1);
            }
        }
        let (carrier, joint): (&[&str], &[&str]) = match self.word(next) {
            "a" => (&["ir", "empezar", "comenzar", "volver", "poner", "acostumbrar", "entrar"], &["a"]),
            "de" => (&["acabar", "dejar", "terminar"], &["de"]),
            _ => (&["soler"], &[]),
        };
        let at = next + joint.len();
        let infinitives = self.enclitic(at, Tense::Infinitive);
        if infinitives.is_empty() {
            return false;
        }
        // «Se ha ido a vivir a Praga» plans nothing.
        let went =
            group.has("ir") && (group.aspect.perfect || group.readings.iter().all(|form| form.tense == Tense::Past));
        if let Some(lemma) = carrier.iter().find(|lemma| group.has(lemma)).filter(|_| !went) {
            match *lemma {
                "ir" => group.aspect.prospective = true,
                "empezar" | "comenzar" | "poner" | "entrar" | "volver" => group.aspect.inceptive = true,
                "acabar" => group.aspect.perfect = true,
                "dejar" | "terminar" => group.aspect.cessative = true,
                "soler" => {
                    group.aspect.bygone = group.readings.iter().any(|form| form.tense == Tense::Imperfect);
                    group.aspect.habitual = true;
                }
                _ => {}
            }
            group.reflexive |= self.ends_reflexive(at);
            return Self::take(group, lemma, &infinitives, at + 1);
        }
        // «Quiero aprender» stays with «querer», for goals; what follows is in its complement.
        if group.has_any(MODALS_ES) && joint.is_empty() && !group.aspect.modal {
            group.aspect.modal = true;
        }
        false
    }

    /// Forms of this tense, also with a clitic at the end: «mudarme», «viviéndolo».
    fn enclitic(&self, at: usize, tense: Tense) -> Vec<Form> {
        let plain = self.of_tense(at, tense);
        let Some(token) = self.tokens.get(at).filter(|_| plain.is_empty()) else { return plain };
        ["me", "te", "se", "nos", "le", "lo", "la"]
            .iter()
            .filter_map(|clitic| token.fold.strip_suffix(clitic))
            .flat_map(|stem| words::forms(Language::Spanish, stem, stem))
            .copied()
            .filter(|form| form.tense == tense)
            .collect()
    }

    fn ends_reflexive(&self, at: usize) -> bool {
        ["rme", "rse", "rnos", "rte"].iter().any(|end| self.word(at).ends_with(end))
    }

    /// The verb `carrier` hands its tense and person to the verbs behind it.
    pub(super) fn take(group: &mut Group, carrier: &str, verbs: &[Form], last: usize) -> bool {
        let carriers: Vec<Form> = group.readings.iter().copied().filter(|form| form.lemma == carrier).collect();
        group.readings = carriers
            .iter()
            .flat_map(|carrier| verbs.iter().map(move |verb| Form { lemma: verb.lemma, ..*carrier }))
            .collect();
        group.readings.dedup();
        group.last = last;
        true
    }

    /// Negation that stands behind the verb: «no … más», "not … anymore".
    pub(crate) fn late_negation(&self, group: &Group, end: usize) -> Polarity {
        let tail: Vec<&Token> = self.tokens[group.last.min(end)..end].iter().collect();
        let has = |word: &str| tail.iter().any(|token| token.is(word));
        let ended = has("anymore") || (has("any") && (has("more") || has("longer")));
        match group.polarity {
            Polarity::Negative if ended => Polarity::NoLonger,
            Polarity::Negative
                if self.spanish() && tail.last().is_some_and(|token| token.is("mas") || token.is("ya")) =>
            {
                Polarity::NoLonger
            }
            polarity => polarity,
        }
    }
}
