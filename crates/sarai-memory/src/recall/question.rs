//! What a question asks for, in either language: about whom, which predicates, of which time.

use super::debt::Debt;
pub(crate) use super::form::Form;
use super::form::{asks_memory, form};
use super::named::nouns;
use super::peel::{is_bare, peel};
use super::rest::rest;
use super::wanted::{
    Wanted, asks_since, asks_the_clock, bygone, content_faces, former, kept_medicine, kind_asked, kind_of_thing,
    matter, only_named, qualifies, relative_at, served_by, state, telling, trade, wanted, which,
};
use crate::words::lists::FUNCTION;
use std::sync::LazyLock;

use sarai_types::Language;

use crate::extract::language_of;
use crate::fact::Predicate;
use crate::grammar::{Mention, Scan};
use crate::text::{Ending, fold, sentences, tokens};
use crate::time::{Date, Direction, Lookup, Moment, PartialDate, date};
use crate::words::{self, Class};

/// What a question asks about today with.
pub(super) const NOW: &[&str] = &["ahora", "now", "hoy", "today"];

/// It is put to the assistant.
const SECOND: &[&str] = &["te", "tu", "you", "your", "eres", "tienes", "vives", "vos", "sos", "yourself", "usted"];
/// A question is short; a longer text is looked at in its first bytes only.
const QUESTION_BYTES_MAX: usize = 2048;
const TOKENS_MAX: usize = 400;

/// A predicate that a question may be after, and how many words say so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Topic {
    pub(crate) predicate: Predicate,
    pub(crate) kind: Option<String>,
    pub(crate) weight: usize,
}

/// A question, understood as far as it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) language: Language,
    pub(crate) subject: Option<Mention>,
    /// The relation or animal that is asked about: «¿tengo hermanas?», «¿cómo se llama mi perro?».
    pub(crate) relation: Option<(Predicate, &'static str)>,
    pub(crate) topics: Vec<Topic>,
    pub(crate) form: Form,
    /// The day it asks about, where that is not today.
    pub(crate) when: Option<PartialDate>,
    /// «Antes»: what is over.
    pub(crate) past: bool,
    /// Only what is over: "my old address".
    pub(crate) former: bool,
    /// «¿Cómo se llamaba…?»: what holds, and else what is over.
    pub(crate) was: bool,
    /// «¿Desde cuándo?»
    pub(crate) since: bool,
    /// Words that may be the object: folded keys and their texts.
    pub(crate) objects: Vec<String>,
    /// The words for a search.
    pub(crate) words: Vec<String>,
    /// «¿Estoy casado?»: the state that is asked after.
    pub(crate) state: Option<&'static str>,
    /// The verbs among them, as infinitives.
    pub(crate) verbs: Vec<String>,
    /// It speaks of the owner too: "my appointment with Dr. Chen".
    pub(crate) own: bool,
    /// It does so besides saying whose those are whom it is about: not in "where is my sister going?"
    pub(crate) beside: bool,
    /// The owner does what its verb says: «¿cuándo quedé con Pablo?»
    pub(crate) acts: bool,
    /// Words of either language that ask for what it is after, without those that say nothing.
    pub(crate) telling: Vec<String>,
    /// «¿Qué no puedo comer?»
    pub(crate) negated: bool,
    /// "Is there any meat …", «¿hay alguna…?»
    pub(crate) open: bool,
    /// It is put to the assistant about itself, or about nobody.
    pub(crate) elsewhere: bool,
    /// What its words may agree with others by, a list for each that carries it.
    pub(crate) content: Vec<Vec<String>>,
    /// The same of those that only say whom it is about.
    pub(crate) about: Vec<Vec<String>>,
    /// The same of those that set it apart from others: the garage in "the code of the garage".
    pub(crate) qualifiers: Vec<Vec<String>>,
    /// The same of what something is taken for: the cholesterol in «¿qué tomo para el colesterol?»
    pub(crate) purpose: Vec<Vec<String>>,
    /// The same of what is asked for by its kind, if nothing else says what that is: the floor in "which floor".
    pub(crate) which: Option<Vec<String>>,
    /// What a word right behind «qué», "which" may agree with others by.
    pub(crate) kind: Option<Vec<String>>,
    /// The kind of thing that is asked about: «¿qué coche tengo?», «¿de qué marca es mi moto?»
    pub(crate) thing: Option<&'static str>,
    /// «¿A qué hora?», and not on which day.
    pub(crate) hour: bool,
    /// Who is asked for by what they do for the owner: «¿quién me corta el pelo?»
    pub(crate) served_by: Vec<&'static str>,
    /// What somebody pays, earns or works: «¿cuánto pago de alquiler?»
    pub(crate) matter: Option<&'static str>,
    /// Which way the debt goes that it asks about.
    pub(crate) debt: Option<Debt>,
    pub(crate) wanted: Wanted,
    /// The words, folded, that say nothing of what is asked for as far as it was understood: in «¿qué le regalo a mi
    /// hermana?» the present.
    pub(crate) rest: Vec<String>,
}

pub(super) struct Cue {
    pub(super) predicate: Predicate,
    pub(super) kind: Option<&'static str>,
    pub(super) words: Vec<&'static str>,
}

pub(super) static CUES: LazyLock<[Vec<Cue>; 2]> = LazyLock::new(|| {
    let mut out = [Vec::new(), Vec::new()];
    for line in include_str!("questions.txt").lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('|').collect();
        let [says, spanish, english] = cells[..] else { continue };
        let (name, kind) = says.split_once(':').map_or((says, None), |(name, kind)| (name, Some(kind)));
        let Some(predicate) = Predicate::from_name(name) else { continue };
        for (list, cues) in [(spanish, 0), (english, 1)] {
            for cue in list.split(',').filter(|cue| !cue.is_empty()) {
                out[cues].push(Cue { predicate, kind, words: cue.split('+').collect() });
            }
        }
    }
    out
});

/// Understands a question that was put at `at`.
pub(crate) fn understand(text: &str, at: Moment, language: Option<Language>, known: &dyn Fn(&str) -> bool) -> Question {
    let text = crate::text::clip(text, QUESTION_BYTES_MAX);
    let mut tokens = tokens(text, TOKENS_MAX);
    let language = language.or_else(|| language_of(&tokens)).unwrap_or(Language::Spanish);
    words::typos::mend(&mut tokens, language);
    let list = sentences(&tokens, text);
    let sentence = list.iter().rev().find(|s| s.ending == Ending::Question).or_else(|| list.last()).copied();
    let (first, last) = sentence.map_or((0, tokens.len()), |s| (s.first, s.last));
    let peeled = peel(&tokens[first..last], language);
    let range = &peeled.tokens[..];
    let lower_case = !range.iter().skip(1).any(|t| t.capital && !t.is("i"));
    let scan = Scan {
        text,
        tokens: range,
        language,
        lower_case,
        known,
        work: false,
        lookup: Lookup { today: at.date(), direction: Direction::Past, month_first: language == Language::English },
    };
    let question = understand_tokens(&scan, 0);
    // «¿Sabes si tengo hermanos?» asks whether, «¿sabes mi edad?» for the value.
    let whether = scan.is_any(0, &["si", "if", "whether"]);
    let bare = question.form == Form::YesNo && !whether && (peeled.requested || is_bare(&scan, 0));
    Question {
        past: question.past && (!peeled.told || bygone(&scan, 0)),
        was: question.was || (question.past && peeled.told),
        form: if bare { Form::Value } else { question.form },
        elsewhere: question.elsewhere && !peeled.told,
        subject: question.subject.or_else(|| peeled.told.then_some(Mention::Owner)),
        ..question
    }
}

/// The same for tokens that are at hand already.
pub(crate) fn understand_tokens(scan: &Scan<'_>, from: usize) -> Question {
    let language = scan.language;
    let words: Vec<Vec<String>> = (from..scan.tokens.len()).map(|at| spellings(scan, at)).collect();
    let has = |word: &str| words.iter().any(|all| all.iter().any(|w| w == word));
    let (mut subject, relation, attributes, spans) = nouns(scan, from);
    let mut topics = topics(&words, language);
    topics.splice(0..0, owned(scan, from, &has).filter(|_| relation.is_none()));
    topics.extend(trade(scan, from, &has, subject.as_ref()).filter(|_| topics.is_empty()));
    if let Some(medicine) = kept_medicine(scan, from, &topics, &attributes, &spans) {
        subject = Some(medicine);
    } else {
        let named = attributes.into_iter().rev();
        topics.splice(0..0, named.map(|(predicate, kind)| Topic { predicate, kind, weight: 9 }));
    }
    topics.extend(only_thing(scan, from, &has, subject.as_ref()).filter(|_| topics.is_empty()));
    if ["intolerancia", "intolerante", "intolerant", "intolerance"].iter().any(|word| has(word)) {
        topics.iter_mut().filter(|t| t.predicate == Predicate::AllergicTo).for_each(|t| t.weight += 1);
        topics.sort_by_key(|topic| std::cmp::Reverse(topic.weight));
    }
    // «¿Cuándo es la cita del dentista?» asks for nobody's trade.
    if wanted(scan, from) == Wanted::Time && topics.iter().any(|topic| topic.predicate == Predicate::Appointment) {
        topics.retain(|topic| topic.predicate != Predicate::Role);
    }
    let second = SECOND.iter().any(|word| has(word));
    // «¿Tienes hermanos?» is put to the assistant, «¿tengo?» and «¿sabes si tengo?» to its memory.
    let own = own_words(scan, from, &[]);
    let agenda = || {
        wanted(scan, from) == Wanted::Time
            && !asks_the_clock(scan, from)
            && topics.first().is_some_and(|t| matches!(t.predicate, Predicate::Routine | Predicate::Appointment))
    };
    let dated = !second && ((has("cuando") || has("when")) && in_diary(scan, from, &topics) || agenda());
    let owner =
        subject.as_ref().is_none_or(|s| *s == Mention::Owner) && (own || dated || relation.is_some() && !second);
    let form = form(scan, from, &has, subject.as_ref());
    let thing = kind_of_thing(scan, from, subject.as_ref());
    // «¿Dónde vivía en 2019? ¿Y ahora?»
    let past = (past_tense(scan, from) || quits(scan, from, &has)) && !NOW.iter().any(|word| has(word));
    Question {
        language,
        elsewhere: subject.is_none() && !owner && second && !asks_memory(&has),
        subject: subject.or_else(|| owner.then_some(Mention::Owner)),
        relation,
        form,
        when: when(scan, from),
        past: bygone(scan, from) || past && !only_named(scan, from),
        former: former(scan, from),
        was: past,
        content: content_faces(scan, from, &|at| !relative_at(scan, at)),
        about: content_faces(scan, from, &|at| relative_at(scan, at)),
        qualifiers: content_faces(scan, from, &|at| qualifies(scan, at)),
        purpose: purpose(scan, from),
        which: which(scan, from, &topics).filter(|_| thing.is_none()),
        thing,
        kind: kind_asked(scan, from),
        matter: matter(scan, from),
        served_by: served_by(scan, from),
        debt: Debt::of(&scan.tokens[from..]),
        hour: has("hora") && has("que") || has("time") && (has("what") || has("which")),
        wanted: wanted(scan, from),
        since: asks_since(&has),
        objects: objects(scan, from, &spans),
        words: content(scan, from),
        state: state(scan, from),
        own,
        beside: own_words(scan, from, &spans),
        acts: acts(scan, from),
        telling: telling(&topics),
        negated: has("no") || has("not") || has("never") || has("nunca"),
        open: ["any", "anything", "alguna", "algun", "alguno", "algo"].iter().any(|word| has(word)),
        rest: rest(scan, from, &words, &topics, &spans),
        verbs: verbs(scan, from),
        topics,
    }
}

/// The verbs, as infinitives. "My ring size" has none in it.
fn verbs(scan: &Scan<'_>, from: usize) -> Vec<String> {
    (from..scan.tokens.len())
        .filter(|&at| at == from || !scan.is_any(at - 1, &["my", "our", "the", "mi", "mis", "un", "una"]))
        .flat_map(|at| words::forms(scan.language, &scan.tokens[at].lower, scan.word(at)))
        .map(|form| fold(form.lemma))
        .collect()
}

/// «¿Cuándo dejé de fumar?» is after what is over.
fn quits(scan: &Scan<'_>, from: usize, has: &dyn Fn(&str) -> bool) -> bool {
    wanted(scan, from) == Wanted::Time && ["dejar", "stop", "quit"].iter().any(|word| has(word))
}

/// What something is taken for: the cholesterol in «¿qué tomo para el colesterol?»
fn purpose(scan: &Scan<'_>, from: usize) -> Vec<Vec<String>> {
    let words = scan.purpose(from, scan.tokens.len());
    words.map_or_else(Vec::new, |(_, first, end)| content_faces(scan, from, &|at| (first..end).contains(&at)))
}

/// Whether a verb stands there in the first person, right as it is spelt.
fn acts(scan: &Scan<'_>, from: usize) -> bool {
    (from..scan.tokens.len()).any(|at| {
        let word = &scan.tokens[at].lower;
        let first = |form: &words::Form| form.person == words::Person::First && words::is_exact(word, *form);
        words::forms(scan.language, word, scan.word(at)).iter().any(first)
    })
}

/// «¿Cuándo es el examen?» is after what stands in the owner's diary.
fn in_diary(scan: &Scan<'_>, from: usize, topics: &[Topic]) -> bool {
    topics.iter().any(|topic| topic.predicate == Predicate::Appointment)
        && (from..scan.tokens.len()).any(|at| words::longest(scan.language, scan.tokens, at, &[Class::Event]).is_some())
}

/// «¿Qué moto tengo?», "what motorbike do I have?"
fn owned(scan: &Scan<'_>, from: usize, has: &dyn Fn(&str) -> bool) -> Option<Topic> {
    let asks = ["que", "cual", "what", "which"].iter().any(|w| has(w)) && (has("tener") || has("have") || has("own"));
    let asks = asks && !(scan.is_any(from, &["con", "a", "en", "por"]) && scan.is_any(from + 1, &["que", "cual"]));
    let thing = (from..scan.tokens.len())
        .filter(|&at| words::longest(scan.language, scan.tokens, at, &[Class::Vehicle, Class::Own]).is_some())
        // «¿Qué matrícula tiene mi coche?» asks for something of it.
        .any(|at| !scan.is_any(at.max(1) - 1, &["mi", "my", "nuestro", "nuestra", "our", "el", "la", "the"]));
    (asks && thing).then_some(Topic { predicate: Predicate::Owns, kind: None, weight: 3 })
}

/// «¿Cuál es mi coche?», "what's my sister's car?"
fn only_thing(scan: &Scan<'_>, from: usize, has: &dyn Fn(&str) -> bool, subject: Option<&Mention>) -> Option<Topic> {
    let asks = ["que", "cual", "what", "which"].iter().any(|word| has(word)) && only_named(scan, from);
    let thing = matches!(subject, Some(Mention::Thing { .. })) && kind_of_thing(scan, from, subject).is_some();
    (asks && thing).then_some(Topic { predicate: Predicate::Owns, kind: None, weight: 2 })
}

/// A word as it stands and as the verbs it may be a form of.
fn spellings(scan: &Scan<'_>, at: usize) -> Vec<String> {
    let token = &scan.tokens[at];
    let mut out = vec![token.fold.clone()];
    let forms = words::forms(scan.language, &token.lower, &token.fold);
    out.extend(forms.iter().map(|form| fold(form.lemma)));
    // Words of other countries for the same.
    let common = |word: &str| match word {
        "currar" | "laburar" | "chambear" => Some("trabajar"),
        "residir" | "habitar" => Some("vivir"),
        "manejar" => Some("conducir"),
        "chiflar" | "pirrar" | "molar" | "flipar" | "fascinar" | "apasionar" => Some("gustar"),
        "aborrecer" | "detestar" => Some("odiar"),
        "loathe" | "detest" | "despise" => Some("hate"),
        "adore" => Some("love"),
        "pinchar" | "inyectar" => Some("tomar"),
        _ => None,
    };
    let more: Vec<String> = out.iter().filter_map(|word| common(word)).map(str::to_owned).collect();
    out.extend(more);
    // «¿Estoy casada?» is asked like «casado».
    if scan.spanish()
        && let Some(stem) =
            token.fold.strip_suffix("as").or_else(|| token.fold.strip_suffix('a')).filter(|stem| stem.len() > 3)
    {
        out.push(format!("{stem}o"));
    }
    if let Some(singular) = token.fold.strip_suffix('s').filter(|word| word.len() > 2) {
        out.push(singular.to_owned());
    }
    // "Give up" is asked with like "quit".
    if let Some((row, _)) = words::same::expression(scan.language, scan.tokens, at) {
        let plain = |word: String| word.strip_suffix("se").map(str::to_owned).unwrap_or(word);
        out.extend(row.iter().map(|word| plain(fold(word))));
    }
    if words::senses(Some(scan.language), &token.fold).any(|sense| sense.class == Class::Job) {
        out.push("job".to_owned());
    }
    out.dedup();
    out
}

fn topics(words: &[Vec<String>], language: Language) -> Vec<Topic> {
    let cues = &CUES[usize::from(language == Language::English)];
    // A word that a cue says twice stands there twice: "what do you do".
    let times = |word: &str| words.iter().filter(|all| all.iter().any(|w| w == word)).count();
    let matches =
        |cue: &&Cue| cue.words.iter().all(|word| times(word) >= cue.words.iter().filter(|w| *w == word).count());
    let mut out: Vec<Topic> = Vec::new();
    for cue in cues.iter().filter(matches) {
        let topic = Topic { predicate: cue.predicate, kind: cue.kind.map(str::to_owned), weight: cue.words.len() };
        match out.iter_mut().find(|known| known.predicate == topic.predicate && known.kind == topic.kind) {
            Some(known) => known.weight = known.weight.max(topic.weight),
            None => out.push(topic),
        }
    }
    // «¿Con qué compañía tengo el coche?» asks for no car.
    let begins = |at: usize, list: &[&str]| {
        words.get(at).is_some_and(|all: &Vec<String>| all.iter().any(|word| list.contains(&word.as_str())))
    };
    if begins(0, &["con", "por"]) && begins(1, &["que", "cual", "quien"]) {
        out.retain(|topic| topic.predicate != Predicate::Owns);
    }
    // «¿Qué talla de zapatos…?»
    if ["zapato", "zapatilla", "calzado", "bota", "shoe", "boot", "trainer", "sneaker"]
        .iter()
        .any(|word| times(word) > 0)
    {
        out.retain(|topic| topic.predicate != Predicate::ClothesSize);
    }
    out.sort_by_key(|topic| std::cmp::Reverse(topic.weight));
    out
}

/// A first person: «vivo», «mi», "I", "my"; in these nouns none counts that says whose they are.
fn own_words(scan: &Scan<'_>, from: usize, nouns: &[(usize, usize)]) -> bool {
    let whose = ["mi", "mis", "nuestro", "nuestra", "nuestros", "nuestras", "my", "our"];
    (from..scan.tokens.len()).any(|at| {
        let token = &scan.tokens[at];
        if nouns.iter().any(|(first, end)| (*first..*end).contains(&at)) && whose.contains(&token.fold.as_str()) {
            return false;
        }
        let own = ["yo", "me", "nos", "i", "we", "mine", "mio", "mia"];
        // «¿A qué hora como?»
        let eats = token.is("como") && at > from && scan.is_any(at - 1, &["hora", "que", "no", "donde", "cuando"]);
        // "Tell me whether…" asks of nobody.
        let told = token.is("me") && at > from && scan.is_any(at - 1, &["tell", "give", "show", "let", "help"]);
        whose.contains(&token.fold.as_str())
            || own.contains(&token.fold.as_str()) && !told
            || eats && scan.spanish()
            || scan.spanish() && words::in_first_person(token)
    })
}

/// The time that a question asks about.
fn when(scan: &Scan<'_>, from: usize) -> Option<PartialDate> {
    let lookup = scan.pointing(if past_tense(scan, from) { Direction::Past } else { Direction::Future });
    let mut at = from;
    while at < scan.tokens.len() {
        if let Some((when, _)) = date(scan.tokens, at, lookup) {
            return Some(when.resolve(lookup));
        }
        at += 1;
    }
    None
}

/// Verbs in the past alone: «¿dónde vivía?», "where did I work".
fn past_tense(scan: &Scan<'_>, from: usize) -> bool {
    let groups = scan.groups();
    let finite: Vec<_> = groups.iter().filter(|group| group.first >= from).collect();
    if !scan.spanish() {
        // "Where did I put my keys?" is after where they are.
        let places = ["put", "leave", "park", "hide", "stash", "store"];
        if finite.iter().any(|group| group.has_any(&places)) {
            return false;
        }
        let was = (from..scan.tokens.len()).any(|i| scan.is_any(i, &["was", "were"]));
        return was
            || scan.is_any(from, &["did"])
            || (from..scan.tokens.len())
                .any(|i| scan.is_any(i, &["did"]) && scan.is_any(i + 1, &["i", "my", "he", "she", "we"]));
    }
    !finite.is_empty()
        && finite.iter().all(|group| {
            group.readings.iter().all(|form| matches!(form.tense, words::Tense::Past | words::Tense::Imperfect))
                && !group.has_any(&[
                    "nacer",
                    "morir",
                    "fallecer",
                    "casar",
                    "dejar",
                    "guardar",
                    "poner",
                    "meter",
                    "aparcar",
                    "estacionar",
                ])
        })
}

/// The words that carry the question.
fn content(scan: &Scan<'_>, from: usize) -> Vec<String> {
    let words =
        (from..scan.tokens.len()).filter(|&at| !scan.tokens[at].is_mark() && !FUNCTION.contains(&scan.word(at)));
    let mut out: Vec<String> = words.flat_map(|at| crate::memory::search_words(scan.word(at))).collect();
    out.dedup();
    out
}

/// Keys of what may be the object of the question, longest first.
fn objects(scan: &Scan<'_>, from: usize, spans: &[(usize, usize)]) -> Vec<String> {
    let mut out = Vec::new();
    for first in from..scan.tokens.len() {
        for last in (first + 1..=scan.tokens.len().min(first + 5)).rev() {
            let range = &scan.tokens[first..last];
            let edge = |i: usize| FUNCTION.contains(&scan.word(i)) || scan.tokens[i].is_mark();
            if range.iter().any(|t| t.is_mark())
                || edge(first)
                || edge(last - 1)
                || spans.iter().any(|(a, b)| *a < last && first < *b)
            {
                continue;
            }
            // «París» is a form of «parir» as well, but not with its capital.
            let verb = last == first + 1
                && !(first > from && range[0].capital)
                && !words::forms(scan.language, &range[0].lower, &range[0].fold).is_empty()
                && words::senses(None, &range[0].fold).next().is_none();
            let key = words::key(scan.source(first, last));
            if !key.is_empty() && !verb && !out.contains(&key) {
                out.push(key);
            }
        }
    }
    out
}

/// The day that a question is about.
pub(crate) fn day(question: &Question, today: Date) -> Date {
    // "This year" is about what holds now.
    question.when.map_or(today, |when| if when.last() < today { when.last() } else { when.first().max(today) })
}
