//! What kind of thing a question is after, and the words that carry it.

use super::agree::kind_face;
use super::question::{CUES, Topic};
use crate::fact::Predicate;
use crate::grammar::{Mention, Scan};
use crate::text::{Token, fold};
use crate::words::lists::{ANY_QUESTION, FORMER, FUNCTION, QUESTION_EMPTY};
use crate::words::matters::{self, Worth};
use crate::words::{self, Class, kinds};

/// What kind of thing answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Anything,
    Time,
    Figure,
    Place,
    Person,
    Reason,
}

/// «Antes»: it asks for what is over.
pub(super) fn bygone(scan: &Scan<'_>, from: usize) -> bool {
    let has = |words: &[&str]| (from..scan.tokens.len()).any(|at| scan.is_any(at, words));
    // "Before bed", «antes de comer» are hours of the day.
    let earlier = |at: usize| {
        scan.is_any(at, &["antes"]) && !scan.is_any(at + 1, &["de", "que"])
            || scan.is_any(at, &["before"])
                && scan
                    .tokens
                    .get(at + 1)
                    .is_none_or(|next| !next.is_word() || is_any_of(next, BEFORE_WHAT) || next.capital)
    };
    let used = |at: usize| at > from && scan.is_any(at, &["use"]) && scan.is_any(at + 1, &["to"]);
    (from..scan.tokens.len()).any(|at| earlier(at) || used(at))
        || has(&["anteriormente", "previously", "used", "solia"])
        || former(scan, from)
}

/// "My old address", «mi dirección anterior»; not "how old".
pub(super) fn former(scan: &Scan<'_>, from: usize) -> bool {
    let age = (from..scan.tokens.len()).any(|at| scan.is_any(at, &["how", "year", "years"]));
    (from..scan.tokens.len()).any(|at| scan.is_any(at, &FORMER) && !(age && scan.is_any(at, &["old"])))
}

/// Behind "before" they point at the present.
const BEFORE_WHAT: &[&str] =
    &["this", "that", "now", "then", "i", "we", "my", "the", "it", "he", "she", "they", "moving", "her", "him"];

fn is_any_of(token: &crate::text::Token, list: &[&str]) -> bool {
    list.contains(&token.fold.as_str())
}

/// «¿Cómo se llamaba?», "what was my …": people ask so for what they have forgotten, and it may well hold.
pub(super) fn only_named(scan: &Scan<'_>, from: usize) -> bool {
    scan.groups()
        .iter()
        .filter(|group| group.first >= from)
        .all(|group| group.has_any(&["ser", "llamar", "be", "call"]) && !group.aspect.progressive)
}

/// What asks for a date by itself.
const DEADLINES: &[&str] =
    &["deadline", "due", "plazo", "vencimiento", "expire", "expires", "expiry", "caduca", "vence"];

/// What anybody may be asked, and no memory: the clock and the calendar.
const OF_TODAY: &[&str] = &[
    "que hora es",
    "que hora es ahora",
    "que dia es",
    "que dia es hoy",
    "que fecha es",
    "que fecha es hoy",
    "a que dia estamos",
    "en que dia estamos",
    "what time is it",
    "what time is it now",
    "what is the time",
    "what 's the time",
    "what day is it",
    "what day is it today",
    "what day is today",
    "what is the date",
    "what 's the date",
    "what is the date today",
    "what 's the date today",
];

/// «¿Qué hora es?»
pub(super) fn asks_the_clock(scan: &Scan<'_>, from: usize) -> bool {
    let words: Vec<&str> =
        (from..scan.tokens.len()).filter(|&at| !scan.tokens[at].is_mark()).map(|at| scan.word(at)).collect();
    OF_TODAY.contains(&words.join(" ").as_str())
}

/// «¿Qué tarde tengo coro?», "which evening is orchestra?": where the part of the day stands that is asked for.
fn part_of_day(scan: &Scan<'_>, from: usize) -> Option<usize> {
    const PARTS: &[&str] = &[
        "evening",
        "evenings",
        "night",
        "nights",
        "morning",
        "mornings",
        "afternoon",
        "weekend",
        "tarde",
        "noche",
        "finde",
    ];
    (from + 1..scan.tokens.len())
        .find(|&at| scan.is_any(at, PARTS) && scan.is_any(at - 1, &["que", "cual", "what", "which"]))
}

/// What each word that carries the question may agree with others by.
pub(super) fn content_faces(scan: &Scan<'_>, from: usize, of: &dyn Fn(usize) -> bool) -> Vec<Vec<String>> {
    let carries = |at: &usize| {
        let token = &scan.tokens[*at];
        let lemmas = words::forms(scan.language, &token.lower, &token.fold);
        let empty = |word: &str| FUNCTION.contains(&word) || QUESTION_EMPTY.contains(&word);
        let says_nothing =
            empty(&token.fold) || !lemmas.is_empty() && lemmas.iter().all(|form| empty(&fold(form.lemma)));
        // A "son" is somebody, though «son» is nobody.
        // "For a living".
        let living = token.is("living") && *at > from && scan.is_any(*at - 1, &["a"]);
        !token.is_mark() && (!says_nothing && !living || relative_at(scan, *at))
    };
    let part = part_of_day(scan, from);
    // "Body part", "give up" are one thing, named by the first of their words.
    let mut named: Vec<Vec<String>> = Vec::new();
    let mut within: Vec<usize> = Vec::new();
    for at in (from..scan.tokens.len()).filter(|at| Some(*at) != part) {
        let expression = words::same::expression(scan.language, scan.tokens, at)
            .filter(|(_, places)| !within.contains(&at) && places.iter().any(&carries));
        if within.contains(&at) || !of(at) || expression.is_none() && !carries(&at) {
            continue;
        }
        let kind = kinds::named(scan.language, scan.tokens, at).map(|(_, end)| end);
        named.push(match expression {
            Some((row, places)) => {
                within.extend(places);
                vec![words::same::face(row)]
            }
            None => faces(scan, at),
        });
        within.extend(at..kind.unwrap_or(at + 1));
    }
    named
}

/// What the word here may agree with others by, and if a kind is asked for by it, with what is of that kind.
fn faces(scan: &Scan<'_>, at: usize) -> Vec<String> {
    let mut out = words::same::faces(scan.language, &scan.tokens[at]);
    let (asks, any) = at.checked_sub(1).map_or((false, false), |before| asks_for_kind(scan, before));
    if asks || any {
        let kinds = kinds::named(scan.language, scan.tokens, at).map_or(&[][..], |(kinds, _)| kinds);
        out.extend(kinds.iter().filter(|kind| asks || kinds::is_known(kind)).map(|kind| kind_face(kind)));
    }
    out
}

/// Whether the word behind this one is a kind that is asked for («¿qué fruta?», "what sort of cake", "my favourite sport"),
/// and whether anything of it is ("do I play an instrument?").
fn asks_for_kind(scan: &Scan<'_>, at: usize) -> (bool, bool) {
    const ASKING: &[&str] = &["que", "cual", "cuales", "which", "what", "whatever", "favourite", "favorite", "usual"];
    let of = |at: usize| {
        at > 0
            && scan.is_any(at, &["of", "de"])
            && scan.is_any(at - 1, &["kind", "sort", "type", "tipo", "clase", "kinds", "sorts", "types"])
    };
    // "Is there a herb I hate?", "do I play an instrument?"
    let last = scan.tokens.get(at + 2).is_none_or(Token::is_mark);
    let there = at > 0 && scan.is_any(at - 1, &["there", "hay"]);
    let any =
        scan.is_any(at, &["any", "algun", "alguna"]) || scan.is_any(at, &["a", "an", "un", "una"]) && (there || last);
    (scan.is_any(at, ASKING) || of(at), any)
}

/// Whether what stands here sets something apart from others of its kind: «el código del garaje», "rent for the flat".
pub(super) fn qualifies(scan: &Scan<'_>, at: usize) -> bool {
    let article = usize::from(at > 0 && scan.is_any(at - 1, &["el", "la", "los", "las", "the", "mi", "my", "our"]));
    at > article && scan.is_any(at - article - 1, &["de", "of", "for"]) && !relative_at(scan, at)
}

/// «¿En qué planta trabajo?», "which floor": what neither the topic nor any question is about.
pub(super) fn which(scan: &Scan<'_>, from: usize, topics: &[Topic]) -> Option<Vec<String>> {
    let at = (from + 1..scan.tokens.len()).find(|&at| scan.is_any(at - 1, &["que", "which", "what"]))?;
    let token = &scan.tokens[at];
    let lemmas = words::forms(scan.language, &token.lower, &token.fold);
    let faces = faces(scan, at);
    let plain = |word: &str| {
        let word = word.strip_suffix('s').filter(|stem| stem.len() > 3).unwrap_or(word);
        FUNCTION.contains(&word) || QUESTION_EMPTY.contains(&word) || ANY_QUESTION.contains(&word)
    };
    let cues = CUES.iter().flatten().filter(|cue| topics.iter().any(|topic| topic.predicate == cue.predicate));
    let mut cued = cues.flat_map(|cue| &cue.words);
    let known = plain(&token.fold)
        || part_of_day(scan, from).is_some()
        || words::longest(scan.language, scan.tokens, at, &[Class::Attribute, Class::Kin, Class::Kind, Class::Event])
            .is_some()
        || cued.any(|word| token.is(word) || faces.iter().any(|face| face == word));
    // «¿Para qué puesto es?»: no form of «poner» stands before another verb.
    let verb =
        || scan.tokens.get(at + 1).is_some_and(|next| !words::forms(scan.language, &next.lower, &next.fold).is_empty());
    (token.is_word() && !token.capital && (lemmas.is_empty() || verb()) && !known).then_some(faces)
}

/// What the word right behind «qué», "which", "how much" may agree with others by.
pub(super) fn kind_asked(scan: &Scan<'_>, from: usize) -> Option<Vec<String>> {
    let asks = |at: &usize| {
        let much = scan.is_any(*at - 1, &["much", "many"]) && *at > from + 1 && scan.is_any(*at - 2, &["how"]);
        (much || scan.is_any(*at - 1, &["que", "which", "what", "cuanto", "cuanta", "cuantos", "cuantas"]))
            && scan.tokens[*at].is_word()
    };
    let at = (from + 1..scan.tokens.len()).find(asks)?;
    Some(faces(scan, at))
}

/// Who does what the question says for the owner.
pub(super) fn served_by(scan: &Scan<'_>, from: usize) -> Vec<&'static str> {
    let tokens = &scan.tokens[from..];
    let person = (from..scan.tokens.len()).any(|at| scan.is_any(at, &["quien", "who"]));
    let own = (from..scan.tokens.len())
        .any(|at| scan.is_any(at, &["my", "i", "me", "mi", "mis", "nos", "our", "us", "we"]))
        || scan.spanish() && tokens.iter().any(words::in_first_person);
    if person && own { matters::served_by(scan.language, tokens).collect() } else { Vec::new() }
}

/// What the owner pays, earns or works, if that is asked.
pub(super) fn matter(scan: &Scan<'_>, from: usize) -> Option<&'static str> {
    let has = |words: &[&str]| (from..scan.tokens.len()).any(|at| scan.is_any(at, words));
    let asks = |worth: Worth| match worth {
        Worth::Money => true,
        Worth::Count => wanted(scan, from) == Wanted::Figure,
        Worth::Shift => has(&["turno", "turnos", "shift", "shifts"]),
        Worth::Days => has(&["day", "days", "dia", "dias", "off", "libro", "libre"]),
        Worth::Clock => wanted(scan, from) == Wanted::Time,
    };
    matters::of(scan.language, &scan.tokens[from..], true).find(|matter| asks(matter.worth)).map(|matter| matter.name)
}

/// The car of «¿qué coche tengo?» and of «¿de qué marca es mi coche?»
pub(super) fn kind_of_thing(scan: &Scan<'_>, from: usize, subject: Option<&Mention>) -> Option<&'static str> {
    let classes = [Class::Vehicle, Class::Own];
    let asked = (from + 1..scan.tokens.len()).find_map(|at| {
        let named = scan.is_any(at - 1, &["que", "which", "what"]) && !scan.is_any(at, &["vehiculo", "vehicle"]);
        words::longest(scan.language, scan.tokens, at, &classes).filter(|_| named)
    });
    let owned = || match subject? {
        Mention::Thing { key, .. } => classes.iter().find_map(|class| words::intern(*class, key.strip_prefix("c:")?)),
        _ => None,
    };
    asked.map(|(sense, _)| sense.id).or_else(owned)
}

/// The marital state that is asked after.
pub(super) fn state(scan: &Scan<'_>, from: usize) -> Option<&'static str> {
    (from..scan.tokens.len())
        .find_map(|at| words::longest(scan.language, scan.tokens, at, &[Class::State]).map(|(sense, _)| sense.id))
}

/// Whether somebody is named here, by a relation or a name.
pub(super) fn relative_at(scan: &Scan<'_>, at: usize) -> bool {
    words::longest(scan.language, scan.tokens, at, &[Class::Kin, Class::Pet]).is_some()
        || scan.tokens[at].capital && (scan.known)(&scan.tokens[at].fold)
}

/// What kind of thing the question words ask for.
pub(super) fn wanted(scan: &Scan<'_>, from: usize) -> Wanted {
    let has = |words: &[&str]| (from..scan.tokens.len()).any(|at| scan.is_any(at, words));
    let first = (from..scan.tokens.len()).find(|&at| scan.tokens[at].is_word()).unwrap_or(from);
    if scan.is_any(first, &["why"])
        || scan.is_any(first, &["por", "how"])
            && scan.is_any(first + 1, &["que", "come"])
            && first + 3 < scan.tokens.len()
    {
        Wanted::Reason
    } else if has(&["cuando", "when"])
        || has(&["que", "what", "which"])
            && has(&["dia", "dias", "day", "days", "hora", "time", "date", "fecha", "mes", "month", "year", "ano"])
        || has(DEADLINES) && !has(&["cuanto", "cuanta", "how"])
        || part_of_day(scan, from).is_some()
    {
        Wanted::Time
    } else if has(&["cuanto", "cuanta", "cuantos", "cuantas"])
        || has(&["how"]) && has(&["much", "many", "old", "long", "tall", "often"])
    {
        Wanted::Figure
    } else if has(&["donde", "adonde", "where"])
        || has(&["que", "cual", "what", "which"])
            && has(&["ciudad", "pueblo", "barrio", "pais", "city", "town", "village", "country"])
    {
        Wanted::Place
    } else if has(&["quien", "quienes", "who", "whose"]) {
        Wanted::Person
    } else {
        Wanted::Anything
    }
}

/// "(Remind me) what Gethin does", «¿qué es mi hermana?»
pub(super) fn trade(
    scan: &Scan<'_>,
    from: usize,
    has: &dyn Fn(&str) -> bool,
    subject: Option<&Mention>,
) -> Option<Topic> {
    let others = !matches!(subject, None | Some(Mention::Owner | Mention::Thing { .. }));
    let last = (from..scan.tokens.len()).rev().find(|&at| scan.tokens[at].is_word());
    let does = has("what") && last.is_some_and(|at| scan.is_any(at, &["does", "do", "did"]));
    let is = scan.spanish() && has("que") && has("ser") && others;
    (does || is).then_some(Topic { predicate: Predicate::Role, kind: None, weight: 2 })
}

/// «¿Dónde guardo mi medicación?» looks for a thing.
pub(super) fn kept_medicine(
    scan: &Scan<'_>,
    from: usize,
    topics: &[Topic],
    attributes: &[(Predicate, Option<String>)],
    spans: &[(usize, usize)],
) -> Option<Mention> {
    let kept = topics.first().is_some_and(|topic| topic.predicate == Predicate::KeptIn && topic.weight >= 2)
        && wanted(scan, from) == Wanted::Place
        && attributes.iter().any(|(predicate, _)| *predicate == Predicate::Medication);
    let at = spans.last().map_or(from, |(_, end)| end - 1);
    kept.then(|| Mention::medicine(Mention::Owner, scan.source(at, at + 1)))
}

/// The words of all cues for what is asked after.
pub(super) fn telling(topics: &[Topic]) -> Vec<String> {
    let Some(topic) = topics.first().filter(|topic| has_synonyms(topic.predicate)) else { return Vec::new() };
    let empty = |word: &&str| {
        FUNCTION.contains(word)
            || QUESTION_EMPTY.contains(word)
            || ANY_QUESTION.contains(word)
            || word.len() < 4
            || *word == "casa"
    };
    let cues =
        CUES.iter().flatten().filter(|cue| cue.predicate == topic.predicate && topic.kind.as_deref() == cue.kind);
    let mut out: Vec<String> =
        cues.flat_map(|cue| &cue.words).filter(|word| !empty(word)).map(|word| (*word).to_owned()).collect();
    out.sort();
    out.dedup();
    out
}

/// Whether the words that ask for it mean the same: «oficio» and «trabajo», but not «dentista» and «examen».
const fn has_synonyms(predicate: Predicate) -> bool {
    matches!(
        predicate,
        Predicate::LivesIn
            | Predicate::LivesWith
            | Predicate::Address
            | Predicate::WorksAt
            | Predicate::Role
            | Predicate::Age
            | Predicate::Birthday
            | Predicate::Birthplace
            | Predicate::Origin
            | Predicate::Nationality
            | Predicate::Studies
            | Predicate::StudiesAt
            | Predicate::MaritalStatus
            | Predicate::Wedding
            | Predicate::Breed
            | Predicate::Plate
            | Predicate::AllergicTo
            | Predicate::Diet
            | Predicate::Medication
            | Predicate::BloodType
            | Predicate::Height
            | Predicate::Weight
            | Predicate::ShoeSize
            | Predicate::Religion
            | Predicate::Zodiac
            | Predicate::Phone
            | Predicate::Email
            | Predicate::Team
            | Predicate::Speaks
            | Predicate::Learning
            | Predicate::Collects
    )
}

/// «¿Desde cuándo?», «¿adónde me mudo?»: the answer tells since when.
pub(super) fn asks_since(has: &dyn Fn(&str) -> bool) -> bool {
    (has("cuando") || has("when"))
        && ["mudar", "move", "empezar", "start", "trasladar", "comenzar", "join"].iter().any(|w| has(w))
        || (has("donde") || has("adonde") || has("where"))
            && ["mudar", "move", "trasladar", "relocate"].iter().any(|w| has(w))
        || has("since") && (has("when") || has("year") || has("date"))
        || has("long") && has("how")
        || has("desde") && (has("cuando") || has("ano") || has("mes"))
        || has("cuanto") && (has("tiempo") || has("hace"))
        || has("llevar") && (has("cuanto") || has("cuantos"))
}
