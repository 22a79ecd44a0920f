//! Verb forms: what a word may be a form of, and whose.
//!
//! Spanish forms are made by the rules of conjugation from `verbs_es.txt`, English ones from `verbs_en.txt`. Spanish
//! marks who acts on the verb, which is how «vivo en Madrid» is known to be about the owner; the accent often is all
//! that tells «trabajo» from «trabajó», so a form with its accents goes before one without.

use std::collections::HashMap;
use std::sync::LazyLock;

use sarai_types::Language;

use crate::text::fold;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Tense {
    Present,
    Imperfect,
    /// A past that is over; the only past of an English form.
    Past,
    Future,
    Conditional,
    Subjunctive,
    Infinitive,
    Gerund,
    Participle,
}

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Person {
    First,
    Second,
    Third,
    /// A form that does not say.
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Form {
    pub(crate) lemma: &'static str,
    pub(crate) tense: Tense,
    pub(crate) person: Person,
    pub(crate) plural: bool,
}

/// The forms of one language, by spelling with accents and by folded spelling.
#[derive(Debug, Default)]
struct Forms {
    exact: HashMap<String, Vec<Form>>,
    folded: HashMap<String, Vec<Form>>,
}

impl Forms {
    fn add(&mut self, spelling: &str, form: Form) {
        for (map, key) in [(&mut self.exact, spelling.to_owned()), (&mut self.folded, fold(spelling))] {
            let forms = map.entry(key).or_default();
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
    }
}

static SPANISH: LazyLock<Forms> = LazyLock::new(|| {
    let mut forms = Forms::default();
    for line in include_str!("verbs_es.txt").lines().filter(|line| !line.starts_with('#')) {
        conjugate(line, &mut forms);
    }
    forms
});

static ENGLISH: LazyLock<Forms> = LazyLock::new(|| {
    let mut forms = Forms::default();
    for line in include_str!("verbs_en.txt").lines().filter(|line| !line.starts_with('#')) {
        inflect(line, &mut forms);
    }
    forms
});

/// What this word may be a form of. A Spanish word that is a form exactly as spelt is not taken for one that only lacks
/// its accent, unless it has no accent at all: then both are meant.
pub(crate) fn forms(language: Language, lower: &str, folded: &str) -> &'static [Form] {
    match language {
        Language::English => ENGLISH.folded.get(folded).map_or(&[], Vec::as_slice),
        Language::Spanish => {
            let exact = SPANISH.exact.get(lower).filter(|_| lower != folded);
            // «Prácticas» has an accent that «practicas» has not: another word.
            let bare = lower == folded || lower.contains('ñ');
            exact.or_else(|| SPANISH.folded.get(folded).filter(|_| bare)).map_or(&[], Vec::as_slice)
        }
    }
}

/// Whether a spelling is a form exactly as it stands.
pub(crate) fn is_exact(lower: &str, form: Form) -> bool {
    SPANISH.exact.get(lower).is_some_and(|forms| forms.contains(&form))
}

const PERSONS: [(Person, bool); 6] = [
    (Person::First, false),
    (Person::Second, false),
    (Person::Third, false),
    (Person::First, true),
    (Person::Second, true),
    (Person::Third, true),
];

/// The endings of one conjugation class.
struct Endings {
    present: [&'static str; 6],
    imperfect: [&'static str; 6],
    past: [&'static str; 6],
    subjunctive: [&'static str; 6],
    gerund: &'static str,
    participle: &'static str,
    /// «Vos»: vivís, trabajás, tenés.
    voseo: &'static str,
}

const AR: Endings = Endings {
    present: ["o", "as", "a", "amos", "áis", "an"],
    imperfect: ["aba", "abas", "aba", "ábamos", "abais", "aban"],
    past: ["é", "aste", "ó", "amos", "asteis", "aron"],
    subjunctive: ["e", "es", "e", "emos", "éis", "en"],
    gerund: "ando",
    participle: "ado",
    voseo: "ás",
};
const ER: Endings = Endings {
    present: ["o", "es", "e", "emos", "éis", "en"],
    imperfect: ["ía", "ías", "ía", "íamos", "íais", "ían"],
    past: ["í", "iste", "ió", "imos", "isteis", "ieron"],
    subjunctive: ["a", "as", "a", "amos", "áis", "an"],
    gerund: "iendo",
    participle: "ido",
    voseo: "és",
};
const IR: Endings = Endings { present: ["o", "es", "e", "imos", "ís", "en"], voseo: "ís", ..ER };
const STRONG_PAST: [&str; 6] = ["e", "iste", "o", "imos", "isteis", "ieron"];
const FUTURE: [&str; 6] = ["é", "ás", "á", "emos", "éis", "án"];
const CONDITIONAL: [&str; 6] = ["ía", "ías", "ía", "íamos", "íais", "ían"];

fn conjugate(line: &'static str, forms: &mut Forms) {
    let mut parts = line.split(' ');
    let Some(lemma) = parts.next().filter(|lemma| lemma.len() > 1) else { return };
    let rules: Vec<&'static str> = parts.collect();
    let rule = |name: &str| rules.iter().find_map(|rule| rule.strip_prefix(name)?.strip_prefix('='));
    // «Oír» ends in two letters of which one has an accent.
    let stem = lemma.strip_suffix('r').and_then(|rest| rest.strip_suffix(['a', 'e', 'i', 'í'])).unwrap_or(lemma);
    let class = fold(&lemma[stem.len()..]);
    let endings = match class.as_str() {
        "ar" => &AR,
        "er" => &ER,
        _ => &IR,
    };
    let stressed = rules.iter().find_map(|rule| rule.split_once('>')).map_or_else(
        || stem.to_owned(),
        |(from, to)| {
            stem.rfind(from)
                .map_or_else(|| stem.to_owned(), |at| format!("{}{to}{}", &stem[..at], &stem[at + from.len()..]))
        },
    );
    let ar = class == "ar";
    let closed = closed(stem, rules.iter().copied().find(|rule| rule.contains('>')), class == "ir");
    let mut six = |tense, spell: &dyn Fn(usize) -> String| {
        for (i, (person, plural)) in PERSONS.into_iter().enumerate() {
            forms.add(&spell(i), Form { lemma, tense, person, plural });
        }
    };
    let listed = |name: &str| rule(name).map(|list| list.split(',').collect::<Vec<_>>()).filter(|list| list.len() == 6);
    match listed("pres") {
        Some(list) => six(Tense::Present, &|i| list[i].to_owned()),
        None => six(Tense::Present, &|i| {
            let stem = if matches!(i, 3 | 4) { stem } else { &stressed };
            format!("{}{}", spelled(stem, endings.present[i], ar), endings.present[i])
        }),
    }
    match listed("impf") {
        Some(list) => six(Tense::Imperfect, &|i| list[i].to_owned()),
        None => six(Tense::Imperfect, &|i| format!("{stem}{}", endings.imperfect[i])),
    }
    match (listed("pret"), rule("pret")) {
        (Some(list), _) => six(Tense::Past, &|i| list[i].to_owned()),
        (None, Some(strong)) => six(Tense::Past, &|i| {
            let ending = if i == 5 && strong.ends_with('j') { "eron" } else { STRONG_PAST[i] };
            format!("{strong}{ending}")
        }),
        (None, None) => six(Tense::Past, &|i| {
            let stem = if matches!(i, 2 | 5) { &closed } else { stem };
            format!("{}{}", spelled(stem, endings.past[i], ar), endings.past[i])
        }),
    }
    let root = rule("subj").unwrap_or(&stressed).to_owned();
    six(Tense::Subjunctive, &|i| format!("{}{}", spelled(&root, endings.subjunctive[i], ar), endings.subjunctive[i]));
    let root = rule("fut").unwrap_or(lemma).to_owned();
    six(Tense::Future, &|i| format!("{root}{}", FUTURE[i]));
    six(Tense::Conditional, &|i| format!("{root}{}", CONDITIONAL[i]));
    let single = |tense, person| Form { lemma, tense, person, plural: false };
    forms.add(&format!("{stem}{}", endings.voseo), single(Tense::Present, Person::Second));
    forms.add(lemma, single(Tense::Infinitive, Person::Any));
    let gerund = rule("ger").map_or_else(|| format!("{closed}{}", endings.gerund), str::to_owned);
    forms.add(&gerund, single(Tense::Gerund, Person::Any));
    let participle = rule("part").map_or_else(|| format!("{stem}{}", endings.participle), str::to_owned);
    for (ending, plural) in [("o", false), ("a", false), ("os", true), ("as", true)] {
        let form = Form { lemma, tense: Tense::Participle, person: Person::Any, plural };
        forms.add(&format!("{}{ending}", &participle[..participle.len() - 1]), form);
    }
}

/// The stem as it is written before this ending: «saqué», «llegué», «crucé», «sigo», «dirijo».
fn spelled(stem: &str, ending: &str, ar: bool) -> String {
    let soft = ending.starts_with(['e', 'é', 'i', 'í']);
    let (cut, tail) = match (stem.as_bytes(), ar, soft) {
        ([.., b'g', b'u'], false, false) => (2, "g"),
        ([.., b'g'], false, false) => (1, "j"),
        ([.., b'c'], true, true) => (1, "qu"),
        ([.., b'g'], true, true) => (1, "gu"),
        ([.., b'z'], true, true) => (1, "c"),
        _ => (0, ""),
    };
    format!("{}{tail}", &stem[..stem.len() - cut])
}

/// The stem of «murió» and «midiendo»: verbs in -ir whose stem changes close its vowel where it is not stressed.
fn closed(stem: &str, change: Option<&str>, ir: bool) -> String {
    let (from, to) = match change {
        Some("o>ue") if ir => ("o", "u"),
        Some("e>ie" | "e>i") if ir => ("e", "i"),
        _ => return stem.to_owned(),
    };
    stem.rfind(from).map_or_else(|| stem.to_owned(), |at| format!("{}{to}{}", &stem[..at], &stem[at + 1..]))
}

fn inflect(line: &'static str, forms: &mut Forms) {
    let mut parts = line.split(' ');
    let Some(lemma) = parts.next().filter(|lemma| lemma.len() > 1) else { return };
    let mut next = |regular: String| parts.next().filter(|form| *form != "-").map_or(regular, str::to_owned);
    let vowel = |c: char| "aeiou".contains(c);
    let ends_soft = lemma.ends_with(['s', 'x', 'z']) || lemma.ends_with("sh") || lemma.ends_with("ch");
    let y = lemma.strip_suffix('y').filter(|stem| !stem.ends_with(vowel));
    let third = y.map_or_else(|| format!("{lemma}{}", if ends_soft { "es" } else { "s" }), |stem| format!("{stem}ies"));
    let past = y.map_or_else(|| format!("{}ed", lemma.strip_suffix('e').unwrap_or(lemma)), |stem| format!("{stem}ied"));
    let gerund = match lemma.strip_suffix('e').filter(|stem| !stem.ends_with(['e', 'i'])) {
        Some(stem) => format!("{stem}ing"),
        None if lemma.ends_with("ie") => format!("{}ying", &lemma[..lemma.len() - 2]),
        None => format!("{lemma}ing"),
    };
    let (third, past) = (next(third), next(past));
    let participle = next(past.clone());
    let gerund = next(gerund);
    let mut add = |spelling: &str, tense, person, plural| forms.add(spelling, Form { lemma, tense, person, plural });
    if lemma == "be" {
        add("am", Tense::Present, Person::First, false);
        add("are", Tense::Present, Person::Any, true);
        add("were", Tense::Past, Person::Any, true);
        add("'s", Tense::Present, Person::Third, false);
    } else {
        add(lemma, Tense::Present, Person::Any, false);
    }
    add(lemma, Tense::Infinitive, Person::Any, false);
    add(&third, Tense::Present, Person::Third, false);
    add(&past, Tense::Past, Person::Any, false);
    add(&participle, Tense::Participle, Person::Any, false);
    add(&gerund, Tense::Gerund, Person::Any, false);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(language: Language, word: &str, lemma: &str, tense: Tense, person: Person) {
        let found = forms(language, word, &fold(word));
        assert!(found.iter().any(|f| f.lemma == lemma && f.tense == tense && f.person == person), "{word}: {found:?}");
    }

    #[test]
    fn spanish_forms() {
        for (word, lemma, tense, person) in [
            ("vivo", "vivir", Tense::Present, Person::First),
            ("vivís", "vivir", Tense::Present, Person::Second),
            ("tenés", "tener", Tense::Present, Person::Second),
            ("trabajó", "trabajar", Tense::Past, Person::Third),
            ("empecé", "empezar", Tense::Past, Person::First),
            ("empieza", "empezar", Tense::Present, Person::Third),
            ("juego", "jugar", Tense::Present, Person::First),
            ("jugué", "jugar", Tense::Past, Person::First),
            ("aparqué", "aparcar", Tense::Past, Person::First),
            ("sigo", "seguir", Tense::Present, Person::First),
            ("dirijo", "dirigir", Tense::Present, Person::First),
            ("nací", "nacer", Tense::Past, Person::First),
            ("mudado", "mudar", Tense::Participle, Person::Any),
            ("conduje", "conducir", Tense::Past, Person::First),
            ("vivia", "vivir", Tense::Imperfect, Person::First),
            ("mediría", "medir", Tense::Conditional, Person::First),
            ("mido", "medir", Tense::Present, Person::First),
            ("murió", "morir", Tense::Past, Person::Third),
        ] {
            check(Language::Spanish, word, lemma, tense, person);
        }
        assert!(forms(Language::Spanish, "trabajó", "trabajo").iter().all(|f| f.person == Person::Third));
    }

    #[test]
    fn english_forms() {
        for (word, lemma, tense, person) in [
            ("lives", "live", Tense::Present, Person::Third),
            ("living", "live", Tense::Gerund, Person::Any),
            ("lived", "live", Tense::Past, Person::Any),
            ("studies", "study", Tense::Present, Person::Third),
            ("born", "bear", Tense::Participle, Person::Any),
            ("planning", "plan", Tense::Gerund, Person::Any),
            ("dying", "die", Tense::Gerund, Person::Any),
            ("is", "be", Tense::Present, Person::Third),
            ("teaches", "teach", Tense::Present, Person::Third),
        ] {
            check(Language::English, word, lemma, tense, person);
        }
    }
}
