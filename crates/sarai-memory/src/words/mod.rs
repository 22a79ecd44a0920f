//! What words mean: relations, animals, jobs, foods and the like, with one id for both languages.
//!
//! The tables are text files beside this one. A word that is not in them is no error: it is kept as it was said.

pub(crate) mod families;
pub(crate) mod kinds;
pub(crate) mod lists;
pub(crate) mod matters;
pub(crate) mod same;
pub(crate) mod typos;
mod verbs;

use lists::ARTICLES;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use sarai_types::Language;

use crate::text::{Token, fold};
pub(crate) use verbs::{Form, Person, Tense, forms, is_exact};

/// The longest expression in the tables, in words.
const WORDS_MAX: usize = 5;

/// A class of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    Kin,
    Pet,
    Vehicle,
    Own,
    Thing,
    Job,
    Diet,
    Illness,
    State,
    Trait,
    Nation,
    Colour,
    Food,
    Allergen,
    Medicine,
    Sport,
    Instrument,
    Kind,
    Event,
    Religion,
    Degree,
    Activity,
    Room,
    Place,
    /// A noun that names something about somebody; the id is the row in [`ATTRIBUTES`].
    Attribute,
}

const CLASSES: &[(&str, Class)] = &[
    ("pet", Class::Pet),
    ("vehicle", Class::Vehicle),
    ("own", Class::Own),
    ("thing", Class::Thing),
    ("job", Class::Job),
    ("diet", Class::Diet),
    ("illness", Class::Illness),
    ("state", Class::State),
    ("trait", Class::Trait),
    ("nation", Class::Nation),
    ("colour", Class::Colour),
    ("food", Class::Food),
    ("allergen", Class::Allergen),
    ("medicine", Class::Medicine),
    ("sport", Class::Sport),
    ("instrument", Class::Instrument),
    ("kind", Class::Kind),
    ("event", Class::Event),
    ("religion", Class::Religion),
    ("degree", Class::Degree),
    ("activity", Class::Activity),
    ("room", Class::Room),
];

/// One meaning of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sense {
    pub(crate) class: Class,
    pub(crate) id: &'static str,
    pub(crate) plural: bool,
}

/// A row of `attributes.txt`.
#[derive(Debug)]
pub(crate) struct Attribute {
    pub(crate) predicate: &'static str,
    pub(crate) slot: &'static str,
}

/// A relation: its members if it is a group.
#[derive(Debug, Default)]
pub(crate) struct Kin {
    pub(crate) members: Vec<&'static str>,
}

#[derive(Debug, Default)]
struct Lexicon {
    spanish: HashMap<String, Vec<Sense>>,
    english: HashMap<String, Vec<Sense>>,
    /// The first spelling of each id in either language, for showing.
    labels: HashMap<(Language, Class, &'static str), &'static str>,
    kin: HashMap<&'static str, Kin>,
    attributes: Vec<Attribute>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::load);
static NAMES: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("names.txt").lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace).collect()
});
static STEPS: LazyLock<HashMap<(&'static str, &'static str), &'static str>> = LazyLock::new(|| {
    rows(include_str!("kin_steps.txt"), ' ')
        .filter_map(|row| Some(((*row.first()?, *row.get(1)?), *row.get(2)?)))
        .collect()
});

fn rows(text: &'static str, separator: char) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(move |line| line.split(separator).collect())
}

impl Lexicon {
    fn load() -> Self {
        let mut lexicon = Self::default();
        for row in rows(include_str!("things.txt"), '|') {
            let [class, id, spanish, english] = row[..] else { continue };
            let Some((_, class)) = CLASSES.iter().find(|(name, _)| *name == class) else { continue };
            lexicon.add(*class, id, spanish, english);
        }
        for row in rows(include_str!("kin.txt"), '|') {
            let [id, members, spanish, english] = row[..] else { continue };
            lexicon.add(Class::Kin, id, spanish, english);
            let members = members.split(',').filter(|member| !member.is_empty()).collect();
            lexicon.kin.insert(id, Kin { members });
        }
        for row in rows(include_str!("attributes.txt"), '|') {
            let [predicate, _, slot, spanish, english] = row[..] else { continue };
            lexicon.add(Class::Attribute, predicate, spanish, english);
            lexicon.attributes.push(Attribute { predicate, slot });
        }
        for row in rows(include_str!("places.txt"), '|') {
            let id = row.first().and_then(|names| names.split(',').next()).unwrap_or_default();
            lexicon.add(Class::Place, id, row[0], row.get(1).unwrap_or(&row[0]));
        }
        lexicon
    }

    fn add(&mut self, class: Class, id: &'static str, spanish: &'static str, english: &'static str) {
        for (language, list) in [(Language::Spanish, spanish), (Language::English, english)] {
            for entry in list.split(',').filter(|entry| !entry.is_empty()) {
                self.labels.entry((language, class, id)).or_insert(entry);
                for form in genders(entry) {
                    self.spell(language, &form, Sense { class, id, plural: false });
                    let plural = plural(language, &form);
                    if plural != form && class != Class::Place {
                        self.spell(language, &plural, Sense { class, id, plural: true });
                    }
                }
            }
        }
    }

    fn spell(&mut self, language: Language, form: &str, sense: Sense) {
        let map = if language == Language::Spanish { &mut self.spanish } else { &mut self.english };
        let senses = map.entry(fold(form)).or_default();
        if !senses.iter().any(|known| known.class == sense.class && known.id == sense.id) {
            // A group such as «hermanos» goes before the plural of a member.
            if sense.plural { senses.push(sense) } else { senses.insert(0, sense) }
        }
    }
}

/// «Al» and «del» are two words, as a message has them.
fn in_words(entry: &str) -> String {
    format!(" {entry}").replace(" al ", " a el ").replace(" del ", " de el ").trim_start().to_owned()
}

/// `enfermero/a` is enfermero and enfermera, `doctor/a` doctor and doctora.
fn genders(entry: &str) -> Vec<String> {
    let entry = &in_words(entry);
    let Some(at) = entry.find("/a") else { return vec![entry.clone()] };
    let (head, tail) = (&entry[..at], &entry[at + 2..]);
    let stem = head.strip_suffix('o').unwrap_or(head);
    vec![format!("{head}{tail}"), format!("{stem}a{tail}")]
}

/// The plural of the first word in Spanish («frutos secos» is one already), of the last in English.
fn plural(language: Language, form: &str) -> String {
    match language {
        Language::Spanish => {
            let (head, tail) = form.find(' ').map_or((form, ""), |at| form.split_at(at));
            match head.chars().last() {
                Some('z') => format!("{}ces{tail}", &head[..head.len() - 1]),
                Some('s') => form.to_owned(),
                Some(last) if "aeiouáéíóú".contains(last) => format!("{head}s{tail}"),
                _ => format!("{head}es{tail}"),
            }
        }
        Language::English => match form.as_bytes() {
            [.., b's'] => form.to_owned(),
            [.., b'x'] | [.., b'c', b'h'] | [.., b's', b'h'] => format!("{form}es"),
            [.., before, b'y'] if !b"aeiou".contains(before) => format!("{}ies", &form[..form.len() - 1]),
            [.., b'f', b'e'] => format!("{}ves", &form[..form.len() - 2]),
            _ => form.strip_suffix("-in-law").map_or_else(|| format!("{form}s"), |head| format!("{head}s-in-law")),
        },
    }
}

/// What a folded expression means, in both languages if `language` is none.
pub(crate) fn senses(language: Option<Language>, expression: &str) -> impl Iterator<Item = Sense> + '_ {
    let spanish = (language != Some(Language::English)).then(|| LEXICON.spanish.get(expression)).flatten();
    let english = (language != Some(Language::Spanish)).then(|| LEXICON.english.get(expression)).flatten();
    spanish.into_iter().chain(english).flatten().copied()
}

/// The longest expression at this place that has a meaning in one of the classes, and one past its end.
pub(crate) fn longest(language: Language, tokens: &[Token], at: usize, classes: &[Class]) -> Option<(Sense, usize)> {
    let mut best = None;
    let mut expression = String::new();
    for (end, token) in tokens.iter().enumerate().skip(at).take(WORDS_MAX) {
        if token.is_mark() {
            break;
        }
        if end > at {
            expression.push(' ');
        }
        expression.push_str(&token.fold);
        let plain = (end == at && language == Language::Spanish).then(|| undiminished(&token.fold)).flatten();
        let found = senses(Some(language), &expression).find(|sense| classes.contains(&sense.class));
        let found = found.or_else(|| {
            let small = plain.iter().flatten().flat_map(|form| senses(Some(language), form).collect::<Vec<_>>());
            small.into_iter().find(|sense| classes.contains(&sense.class))
        });
        if let Some(sense) = found {
            best = Some((sense, end + 1));
        }
    }
    best
}

/// What a Spanish diminutive may be one of: «perritos» of perros, «cochecito» of coche, «casita» of casa.
fn undiminished(folded: &str) -> Option<[String; 3]> {
    let (word, plural) = folded.strip_suffix('s').map_or((folded, ""), |word| (word, "s"));
    let (stem, vowel) =
        [("ito", "o"), ("ita", "a"), ("ico", "o"), ("ica", "a"), ("illo", "o"), ("illa", "a"), ("ete", "o")]
            .into_iter()
            .find_map(|(tail, vowel)| Some((word.strip_suffix(tail)?, vowel)))
            .filter(|(stem, _)| stem.len() >= 3)?;
    let hard = stem.strip_suffix("qu").map_or_else(|| stem.to_owned(), |stem| format!("{stem}c"));
    let consonant = stem.strip_suffix('c').unwrap_or(stem);
    Some([format!("{hard}{vowel}{plural}"), format!("{consonant}e{plural}"), format!("{consonant}{plural}")])
}

/// Every single word for a relation in a language, folded.
pub(crate) fn relations(language: Language) -> impl Iterator<Item = &'static str> {
    let map = if language == Language::Spanish { &LEXICON.spanish } else { &LEXICON.english };
    map.iter()
        .filter(|(word, senses)| {
            !word.contains([' ', '-']) && senses.iter().any(|s| matches!(s.class, Class::Kin | Class::Attribute))
        })
        .map(|(word, _)| word.as_str())
}

/// How an id is called in a language.
pub(crate) fn label(language: Language, class: Class, id: &str) -> Option<&'static str> {
    let entry = LEXICON.labels.get(&(language, class, intern(class, id)?))?;
    Some(entry.split('/').next().unwrap_or(entry))
}

/// How an id is called in either language, in whatever class it stands.
pub(crate) fn labels(id: &str) -> impl Iterator<Item = &'static str> {
    static LABELS: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
        let mut out: HashMap<&'static str, Vec<&'static str>> = HashMap::new();
        for ((_, _, id), label) in &LEXICON.labels {
            out.entry(*id).or_default().push(label.split('/').next().unwrap_or(label));
        }
        out
    });
    LABELS.get(id).into_iter().flatten().copied()
}

/// The table's own copy of an id.
pub(crate) fn intern(class: Class, id: &str) -> Option<&'static str> {
    static IDS: LazyLock<HashMap<(Class, &'static str), &'static str>> =
        LazyLock::new(|| LEXICON.labels.keys().map(|(_, class, id)| ((*class, *id), *id)).collect());
    IDS.get(&(class, id)).copied()
}

pub(crate) fn attribute(id: &str) -> Option<&'static Attribute> {
    LEXICON.attributes.iter().find(|attribute| attribute.predicate == id)
}

/// The members of a group of relatives; none for a single relation.
pub(crate) fn members(kin: &str) -> &'static [&'static str] {
    LEXICON.kin.get(kin).map_or(&[], |kin| kin.members.as_slice())
}

/// The groups that a relation belongs to.
pub(crate) fn groups(kin: &str) -> impl Iterator<Item = &'static str> + '_ {
    LEXICON.kin.iter().filter(move |(_, group)| group.members.contains(&kin)).map(|(id, _)| *id)
}

/// The pairs of steps that make this relation.
pub(crate) fn steps(kin: &str) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
    STEPS.iter().filter(move |(_, both)| **both == kin).map(|(steps, _)| *steps)
}

/// Whether a first name is a woman's, as far as its ending and the tables tell.
pub(crate) fn is_feminine(name: &str) -> Option<bool> {
    let folded = fold(name);
    let first = folded.split(' ').next().unwrap_or_default();
    if lists::MENS_NAMES.contains(&first) {
        return Some(false);
    }
    let woman = first.ends_with('a') || lists::WOMENS_NAMES.contains(&first);
    is_first_name(first).then_some(woman)
}

/// Whether people are called so.
pub(crate) fn is_first_name(folded: &str) -> bool {
    NAMES.contains(folded)
}

/// Whether a Spanish word says that the owner does something, as far as it can be told from the word alone: «vivo», but
/// neither «se» nor a Leo.
pub(crate) fn in_first_person(token: &Token) -> bool {
    let form = |form: &Form| form.person == Person::First;
    let name = token.capital && is_first_name(&token.fold);
    !name
        && !lists::SELDOM_VERBS.contains(&token.lower.as_str())
        && forms(Language::Spanish, &token.lower, &token.fold).iter().any(form)
}

/// What a folded expression is compared by: `c:coffee` where the tables know it, else its words without articles and
/// plural endings.
pub fn key(text: &str) -> String {
    let folded = fold(text);
    let mut words: Vec<&str> = folded
        .split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '-' | '@' | '.' | '+' | '_')))
        .filter(|w| !w.is_empty())
        .collect();
    while words.len() > 1 && ARTICLES.contains(&words[0]) {
        words.remove(0);
    }
    let joined = words.join(" ");
    let mut senses: Vec<Sense> =
        senses(None, &joined).filter(|s| !matches!(s.class, Class::Kind | Class::Attribute | Class::Kin)).collect();
    senses.sort_by_key(|sense| (KEYED.iter().position(|class| *class == sense.class).unwrap_or(usize::MAX), sense.id));
    match senses.first() {
        Some(sense) => format!("c:{}", fold(sense.id)),
        None => words.iter().map(|word| singular(word)).collect::<Vec<_>>().join(" "),
    }
}

/// Which meaning of a word a key is made of: «naranja» is the fruit before the colour.
const KEYED: &[Class] = &[
    Class::Place,
    Class::Job,
    Class::Diet,
    Class::Illness,
    Class::Food,
    Class::Allergen,
    Class::Medicine,
    Class::Pet,
    Class::Nation,
    Class::Sport,
    Class::Instrument,
    Class::Activity,
    Class::Vehicle,
    Class::Own,
    Class::Thing,
];

fn singular(word: &str) -> &str {
    if word.len() > 3 && !word.ends_with("ss") { word.strip_suffix('s').unwrap_or(word) } else { word }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_id_for_both_languages() {
        for (spanish, english) in [
            ("el café", "coffee"),
            ("los frutos secos", "nuts"),
            ("enfermera", "a nurse"),
            ("Londres", "London"),
            ("las llaves", "my keys"),
            ("perros", "dogs"),
            ("fútbol", "soccer"),
            ("los gatos", "cats"),
        ] {
            assert_eq!(key(spanish), key(english), "{spanish} {english}");
        }
        assert_eq!(key("La Casa de Papel"), "casa de papel");
        assert_eq!(key(""), "");
    }

    #[test]
    fn kinship() {
        let find = |text| senses(None, text).find(|sense| sense.class == Class::Kin).map(|sense| sense.id);
        assert_eq!(find("hermanas"), Some("sister"));
        assert_eq!(find("hermanos"), Some("siblings"));
        assert_eq!(find("mothers-in-law"), Some("mother_in_law"));
        assert!(steps("mother_in_law").any(|steps| steps == ("husband", "mother")));
        assert!(members("parents").contains(&"mother"));
        assert!(groups("son").any(|group| group == "children"));
    }

    #[test]
    fn the_tables_are_whole() {
        for row in rows(include_str!("things.txt"), '|') {
            assert_eq!(row.len(), 4, "{row:?}");
            assert!(CLASSES.iter().any(|(name, _)| *name == row[0]), "{row:?}");
        }
        for row in rows(include_str!("kin.txt"), '|') {
            assert_eq!(row.len(), 4, "{row:?}");
        }
        for ((first, second), both) in STEPS.iter() {
            for kin in [first, second, both] {
                assert!(LEXICON.kin.contains_key(kin), "{kin}");
            }
        }
    }
}
