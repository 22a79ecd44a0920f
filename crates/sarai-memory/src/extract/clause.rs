//! Clauses: who acts, under which verb a clause hangs, and when what it says holds.

use crate::words::lists::{
    ABBREVIATIONS, ADVERBS, BEFORE_SUBJECT, DETERMINERS, DOCTORS, FUNCTION, REPORTING, VOUCHING,
};
use sarai_types::Language;

use super::antecedent::{acting_behind, antecedent, introduced};
use super::statement::Reason;
use crate::grammar::group::{Group, Polarity};
use crate::grammar::noun::Noun;
use crate::grammar::{Mention, Scan};
use crate::time::{cardinal, date};
use crate::words::{Person, Tense};

/// What is known of one clause.
#[derive(Debug)]
pub(super) struct Clause {
    /// Tokens of the clause: its own beginning, and one past its end.
    pub(super) first: usize,
    pub(super) last: usize,
    /// Where its own times may begin: behind what joins it to the clause before.
    pub(super) timed: usize,
    pub(super) subject: Option<Subject>,
    pub(super) blocked: Option<Reason>,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    Of(Noun),
    /// Nobody is named and the verb is a third person's.
    Elided,
}

impl Subject {
    pub(super) fn mention(&self) -> Option<Mention> {
        match self {
            Self::Of(noun) => Some(noun.whose().clone()),
            Self::Elided => Some(Mention::Pronoun { feminine: None, plural: false }),
        }
    }
}

/// The clause of the group at `index`.
pub(super) fn clause(scan: &Scan<'_>, groups: &[Group], index: usize, before: Option<&Subject>) -> Clause {
    let group = &groups[index];
    let floor = index.checked_sub(1).map_or(0, |i| groups[i].last);
    let mut last = groups.get(index + 1).map_or(scan.tokens.len(), |next| next.first);
    if let Some(mark) = (group.last..last).find(|&i| {
        scan.word(i) == ";" || scan.word(i) == "." && !ABBREVIATIONS.contains(&scan.word(i.saturating_sub(1)))
    }) {
        last = mark;
    }
    let blocked = blocked(scan, groups, index, floor);
    let subject = subject(scan, groups, index, floor, last, before);
    let joint = (floor + 1..group.first)
        .rev()
        .find(|&i| scan.is_any(i, &["y", "e", "and", "but", "pero", ";"]) && floor > 0 && scan.word(i + 1) != "media")
        // «Vivo en Bogotá hace seis años, trabajo en Alpina»: the years are those of the clause before.
        .or_else(|| {
            let comma = (floor..group.first).find(|&i| scan.tokens[i].is_mark())?;
            (floor > 0 && scan.word(comma) == "," && comma + 1 == group.first).then_some(comma)
        });
    Clause { first: floor, last, timed: joint.unwrap_or(floor), subject, blocked }
}

/// Whether the clause hangs under a verb that takes its truth away.
fn blocked(scan: &Scan<'_>, groups: &[Group], index: usize, floor: usize) -> Option<Reason> {
    let group = &groups[index];
    if scan.tokens[group.first..group.last].iter().any(|token| token.quoted) {
        return Some(Reason::Quotation);
    }
    // «¡Qué fuerte!» joins nothing, and neither does a «que» behind which another clause begins: «que va, vivo en …».
    let joint = (floor..group.first)
        .rev()
        .find(|&i| {
            scan.is_any(i, &["que", "that", "whether"])
                && scan.tokens[i].lower == scan.tokens[i].fold
                // «La semana que viene» joins nothing, and neither does «sí que tengo».
                && !scan.is_any(i + 1, &["viene", "entra"])
                && !(i > 0 && scan.tokens[i - 1].lower == "sí")
        })
        .filter(|&joint| {
            !(joint + 2..group.first).any(|i| scan.is_any(i, &["pero", "but", "pues", "so", "and", "y", ":", ";"]))
                && !(joint + 1..group.first).any(|i| scan.word(i) == "," && scan.begins_clause(i + 1))
        });
    let previous = index.checked_sub(1).map(|i| &groups[i]);
    if let Some(joint) = joint {
        // A relative clause has somebody before it; «que» at the beginning of a sentence opens nothing.
        if joint == 0 || antecedent(scan, floor, joint).is_some() {
            return None;
        }
        // "That" that points at something: "that is my sister".
        if !scan.spanish() && joint + 1 == group.first && joint == floor && previous.is_none() {
            return None;
        }
        let before = scan.word(joint - 1);
        if VOUCHING.contains(&before) || before == "," {
            return None;
        }
        if previous.is_some_and(|p| p.has_any(&["tener", "have"]))
            || scan.is_any(joint - 1, &["mucho", "tiempo", "anos", "meses", "ano", "mes", "semanas", "dias", "vez"])
        {
            return None;
        }
        let vouched = (floor.saturating_sub(4)..joint)
            .any(|i| VOUCHING.contains(&scan.word(i)) && !scan.is_any(i, &["es", "is", "say", "was"]));
        // What a doctor says of the owner's health counts as the owner's word.
        if previous.is_some_and(|p| p.has_any(&["decir", "say", "tell", "confirmar"])) && diagnosed(scan, joint) {
            return None;
        }
        let own = previous.is_none_or(|p| {
            !p.has_any(&REPORTING)
                || p.readings.iter().any(|f| f.person == Person::First && f.lemma == "decir")
                || scan.word(p.first.max(1) - 1) == "i" && p.has_any(&["tell", "say"])
        });
        // «Una empresa que se llama Acme»: of something that nobody knows it is said, and by the owner.
        let told_of = scan.tokens[joint - 1].capital || joint > 1 && DETERMINERS.contains(&scan.word(joint - 2));
        let reason = if told_of { Reason::Ambiguous } else { Reason::Reported };
        return (!(vouched && own)).then_some(reason);
    }
    // "She says she lives in …", without a "that".
    let previous = previous.filter(|p| !scan.spanish() && p.has_any(&REPORTING))?;
    // "She wants water": what stands right behind has no subject and is no clause.
    let gap = group.first == previous.last
        || (previous.last..group.first)
            .any(|i| scan.tokens[i].is_mark() || scan.is_any(i, &["and", "but", "because", "so", "to"]));
    let speaker = scan.word(previous.first.max(1) - 1);
    let own = (speaker == "i" && previous.has_any(&["tell", "say"]))
        || (speaker == "you" && previous.has("know"))
        || previous.has_any(&["say", "tell", "confirm"]) && diagnosed(scan, previous.first);
    (!gap && !own).then_some(Reason::Reported)
}

/// A doctor stands before this place.
fn diagnosed(scan: &Scan<'_>, before: usize) -> bool {
    (0..before).any(|i| scan.is_any(i, &DOCTORS))
}

fn subject(
    scan: &Scan<'_>,
    groups: &[Group],
    index: usize,
    floor: usize,
    last: usize,
    before: Option<&Subject>,
) -> Option<Subject> {
    let group = &groups[index];
    // «Se nos ha muerto Trufo»: who is left behind did not die.
    let dies = group.has_any(&["morir", "fallecer"]);
    if scan.spanish()
        && group.dative.is_some()
        && !dies
        && (group.dative == Some(Person::Third) && group.has_any(&["llamar", "poner"])
            || !group.readings.iter().any(|form| form.person == Person::First))
        && let Some(subject) = dative(scan, group, floor, last, before)
    {
        return Some(subject);
    }
    // «Con el plomero, se llama Walter».
    let comma = group.first.checked_sub(1).filter(|&at| at > floor && scan.word(at) == ",");
    let told = index > 0 && groups[index - 1].has_any(&["llamar", "ser"]);
    if let Some(comma) = comma.filter(|_| group.has("llamar") && group.reflexive && !told)
        && let Some((noun @ Noun::Someone(_), _)) =
            (floor..comma).find_map(|at| scan.noun(at).filter(|(_, end)| *end == comma))
    {
        return Some(Subject::Of(noun));
    }
    let start = start(scan, floor, group.first);
    let adverbs = (start..group.first).all(|at| ADVERBS.contains(&scan.word(at)));
    if start > 0 && scan.is_any(start - 1, &["que", "who", "that", "which", "quien"]) && adverbs {
        if let Some(noun) = antecedent(scan, floor, start - 1) {
            return Some(Subject::Of(noun));
        }
        let has = index > 0 && groups[index - 1].has_any(&["tener", "have"]);
        // "(I have) a sister who … and a brother who …".
        let holder = groups[..index].iter().find(|group| group.has_any(&["tener", "have"]));
        if let Some(holder) = holder.filter(|_| has || !scan.spanish())
            && let Some(noun) = introduced(scan, holder, (floor, start - 1), before)
        {
            return Some(Subject::Of(noun));
        }
        if has || !scan.spanish() {
            return Some(Subject::Elided);
        }
    }
    let named = named(scan, start, group);
    if scan.spanish() {
        spanish(scan, group, index, start, last, named, before)
    } else {
        english(scan, group, index, floor, named, before)
    }
}

fn spanish(
    scan: &Scan<'_>,
    group: &Group,
    index: usize,
    start: usize,
    last: usize,
    named: Option<Noun>,
    before: Option<&Subject>,
) -> Option<Subject> {
    let first = group.readings.iter().any(|form| form.person == Person::First);
    let third = group.readings.iter().any(|form| form.person == Person::Third);
    if let Some(noun) = named {
        let owner = noun == Noun::Someone(Mention::Owner);
        // «Nuria, 34 años, vivo en Vigo»: the verb says who it is.
        if first && !third && !owner && index == 0 && scan.is_any(group.first.max(1) - 1, &[","]) {
            return Some(Subject::Of(Noun::Someone(Mention::Owner)));
        }
        return (owner && first || !owner && third).then_some(Subject::Of(noun));
    }
    let leading = group.readings.first().map(|form| form.person);
    if first && (leading == Some(Person::First) || !third) {
        // «Vivía» is the first person's and the third's: it goes on about whoever the clause before was about.
        // «Hitchcock odiaba los huevos»: somebody stands before it, though nobody knows whom.
        let foreign = third
            && group.first > start
            && !ignorable(scan, group.first - 1)
            && scan.tokens[group.first - 1].is_word()
            && scan.tokens[group.first - 1].capital
            && group.first > 0;
        if foreign && group.readings.iter().any(|form| form.tense == Tense::Imperfect) {
            return None;
        }
        let ambiguous =
            third && group.readings.iter().any(|f| f.tense == Tense::Imperfect || f.tense == Tense::Conditional);
        // «Antes tomaba Sintrom mi suegro».
        if ambiguous && let Some(noun) = acting_behind(scan, group, last) {
            return Some(Subject::Of(noun));
        }
        if ambiguous
            && let Some(subject) =
                before.filter(|subject| matches!(subject, Subject::Of(noun) if *noun.whose() != Mention::Owner))
        {
            return Some(subject.clone());
        }
        return Some(Subject::Of(Noun::Someone(Mention::Owner)));
    }
    if !third || (start..group.first).any(|i| !ignorable(scan, i)) {
        return None;
    }
    if let Some(noun) = acting_behind(scan, group, last) {
        return Some(Subject::Of(noun));
    }
    // «Mi hermana tiene un perro, se llama Toby»: whoever was told of last.
    let called = group.has("llamar") && group.reflexive;
    match before {
        _ if called => Some(Subject::Elided),
        Some(Subject::Of(noun)) if index > 0 && *noun.whose() != Mention::Owner => Some(Subject::Of(noun.clone())),
        _ => Some(Subject::Elided),
    }
}

fn english(
    scan: &Scan<'_>,
    group: &Group,
    index: usize,
    floor: usize,
    named: Option<Noun>,
    before: Option<&Subject>,
) -> Option<Subject> {
    // "They've put me on statins": whoever did it, it is about the owner.
    let done_to = group.has_any(&[
        "put",
        "start",
        "call",
        "buy",
        "get",
        "give",
        "diagnose",
        "prescribe",
        "nickname",
        "make",
        "hire",
        "fire",
        "sack",
        "lay",
        "let",
        "have",
        "keep",
        "switch",
        "move",
        "change",
    ]);
    if done_to && scan.is_any(group.last, &["me"]) {
        return Some(Subject::Of(Noun::Someone(Mention::Owner)));
    }
    if let Some(noun) = named {
        return Some(Subject::Of(noun));
    }
    // "They fired my brother", "the GP put my dad on statins".
    let to_others =
        group.has_any(&["put", "start", "diagnose", "prescribe", "hire", "fire", "sack", "lay", "let", "switch"]);
    if let Some((one, _)) = scan.patient(group).filter(|_| to_others) {
        return Some(Subject::Of(Noun::Someone(one)));
    }
    // "I live in Madrid and work at …", "he lives in Oslo, works at … and likes …".
    let joined =
        index > 0 && group.first > 0 && scan.is_any(group.first - 1, &["and", ",", "but"]) && group.first > floor;
    let bare =
        index > 0 && (floor..group.first).all(|i| ignorable(scan, i) || scan.word(i) == "," || i + 1 < group.first);
    // "Molly, the girl I mind, has epilepsy": what has a third person's ending is not the owner's.
    let third = group.readings.iter().all(|form| form.person == Person::Third);
    let own = matches!(before, Some(Subject::Of(noun)) if *noun.whose() == Mention::Owner);
    if joined && bare && !(third && own) {
        return before.cloned();
    }
    elided(scan, group).then_some(Subject::Of(Noun::Someone(Mention::Owner)))
}

/// "Just moved to Leeds", "can't stand mushrooms": the writer leaves out who it is, at the beginning of a thought. Forms
/// that may be an order are none of it.
fn elided(scan: &Scan<'_>, group: &Group) -> bool {
    let opening = (0..group.first).all(|i| ignorable(scan, i) || scan.word(i) == ",")
        || scan.word(group.first.max(1) - 1) == ","
            && scan.is_any(group.first.max(2) - 2, &["anyway", "btw", "way", "lol"]);
    // "Like my sister I'm left-handed".
    if scan.is_any(group.first, &["like"])
        && scan.is_any(
            group.last,
            &["my", "his", "her", "your", "our", "their", "most", "many", "all", "a", "an", "the", "i"],
        )
    {
        return false;
    }
    let plain = |lemma: &str| ["live", "work", "love", "hate", "like", "enjoy", "have"].contains(&lemma);
    let told = group.readings.iter().any(|form| match form.tense {
        Tense::Past => !group.readings.iter().any(|other| other.tense == Tense::Present && other.lemma == form.lemma),
        Tense::Present => {
            form.person == Person::Any
                && (plain(form.lemma)
                    || group.aspect.perfect
                    || group.aspect.modal && group.polarity != Polarity::Positive)
        }
        _ => false,
    });
    opening && told
}

/// «A mi hermana le gusta», «me gusta».
fn dative(scan: &Scan<'_>, group: &Group, floor: usize, last: usize, before: Option<&Subject>) -> Option<Subject> {
    match group.dative? {
        Person::First => Some(Subject::Of(Noun::Someone(Mention::Owner))),
        Person::Second | Person::Any => None,
        Person::Third => {
            let named = |from: usize, to: usize| {
                (from..to).rev().find_map(|at| {
                    let (noun, end) = scan.noun(at + 1)?;
                    (scan.word(at) == "a" && end <= to && matches!(noun, Noun::Someone(_))).then_some(noun)
                })
            };
            // «Mi hermana Ana, que le encanta el jazz, …».
            let from = group.first - usize::from(group.first > 0 && scan.is_any(group.first - 1, &["no", "nunca"]));
            let relative =
                || from.checked_sub(1).filter(|&at| scan.word(at) == "que").and_then(|at| antecedent(scan, floor, at));
            let noun = named(floor, group.first).or_else(|| named(group.last, last)).or_else(relative);
            Some(noun.map_or_else(
                || match before {
                    Some(Subject::Of(noun)) if *noun.whose() != Mention::Owner => Subject::Of(noun.clone()),
                    _ => Subject::Elided,
                },
                Subject::Of,
            ))
        }
    }
}

/// Where the clause's own words begin.
fn start(scan: &Scan<'_>, floor: usize, end: usize) -> usize {
    let hard = (floor..end).rev().find(|&i| {
        let token = &scan.tokens[i];
        (token.is_mark() && !token.quoted && token.fold != "," && token.fold != "(" && token.fold != ")")
            || scan.is_any(
                i,
                &[
                    "que", "that", "porque", "because", "pero", "but", "aunque", "although", "though", "cuando",
                    "when", "mientras", "while", "who", "which", "whereas",
                ],
            )
    });
    let hard = hard.map_or(floor, |i| i + 1);
    // «Se llama Ana y trabaja en …»: what stands before the «y» belongs to the verb before.
    let joint = (hard..end).rev().find(|&i| scan.is_any(i, &["y", "e", "and", ",", "ni"]));
    // "…, our eldest, Meera, is …": a comma that ends somebody's name parts them from no verb.
    if let Some(joint) = joint.filter(|&joint| floor > 0 && joint + 1 == end && scan.word(joint) == ",")
        && let Some(at) = (hard..joint).find(|&at| scan.noun(at).is_some_and(|(_, last)| last == end))
    {
        return at;
    }
    match joint.filter(|_| floor > 0) {
        Some(joint) if (joint + 1..end).all(|i| ignorable(scan, i)) => joint + 1,
        _ => hard,
    }
}

/// The noun phrase that acts, between `start` and the group.
fn named(scan: &Scan<'_>, start: usize, group: &Group) -> Option<Noun> {
    let mut found = None;
    let mut at = start;
    while at < group.first {
        let noun = scan.noun(at).or_else(|| thing(scan, group, at));
        let Some((noun, end)) = noun.filter(|(_, end)| *end <= group.first) else {
            at += 1;
            continue;
        };
        let reaches = reaches(scan, end, group.first);
        let belongs = at > start
            && scan.is_any(
                at - 1,
                &[
                    "de", "of", "con", "with", "para", "for", "a", "to", "'s", "en", "in", "por", "sobre", "about",
                    "como", "like", "than", "without", "sin",
                ],
            );
        // «Ana y yo vivimos», «mi hermana y mi cuñado viven».
        let listed = at > start && scan.is_any(at - 1, &["y", "and", "e", "ni"]) && found.is_some();
        let nominative = at + 1 == end && scan.is_any(at, &["i", "we", "he", "she", "they", "yo"]);
        if reaches && !belongs && (nominative || clear(scan, start, at)) {
            return if listed && noun != Noun::Someone(Mention::Owner) && group.readings.iter().any(|f| f.plural) {
                // «Mi hermana y su marido tienen una panadería»: at least of the first it is said.
                found
            } else {
                Some(noun)
            };
        }
        found = Some(noun);
        at = end;
    }
    presented(scan, start, group).or_else(|| unheard(scan, start, group))
}

/// "Keiko plays the cello": a capital that no table knows is a name where people alone do what the verb says.
fn unheard(scan: &Scan<'_>, start: usize, group: &Group) -> Option<Noun> {
    const PERSONAL: &[&str] = &[
        "live", "play", "love", "hate", "drive", "study", "teach", "vivir", "tocar", "estudiar", "conducir", "manejar",
        "odiar", "jugar",
    ];
    let at = group.first.checked_sub(1).filter(|at| *at >= start)?;
    let token = &scan.tokens[at];
    let third = group.readings.iter().any(|form| form.person == Person::Third && form.tense == Tense::Present);
    let unknown = token.is_word()
        && token.capital
        && token.fold.len() > 2
        && crate::words::senses(None, &token.fold).next().is_none()
        && crate::words::forms(scan.language, &token.lower, &token.fold).is_empty()
        && !crate::words::same::is_known(&token.fold)
        && !FUNCTION.contains(&token.fold.as_str());
    let said = group.has_any(PERSONAL) && group.polarity == Polarity::Positive;
    let anybody = scan.is_any(at, &["everybody", "everyone", "nobody", "somebody", "people", "whoever"])
        || at > 0 && DETERMINERS.contains(&scan.word(at - 1));
    (third && !anybody && unknown && said && clear(scan, start, at))
        .then(|| Noun::Someone(Mention::Named(scan.source(at, at + 1).to_owned())))
}

/// "Wanda's my mother-in-law", «Iker es mi sobrino»: a capital is a name where it is said who that is.
fn presented(scan: &Scan<'_>, start: usize, group: &Group) -> Option<Noun> {
    let kin = matches!(
        scan.noun(group.last),
        Some((
            Noun::Someone(
                Mention::Relative { name: None, plural: false, .. } | Mention::Animal { name: None, plural: false, .. }
            ),
            _
        ))
    );
    if !kin || !group.has_any(&["ser", "be"]) {
        return None;
    }
    (start..group.first).find_map(|at| {
        let (name, end) = scan.name(at, crate::grammar::name::Trust::Capital)?;
        let name = name.trim_end_matches("'s").trim_end_matches("’s").to_owned();
        (end == group.first && clear(scan, start, at)).then_some(Noun::Someone(Mention::Named(name)))
    })
}

/// «Las llaves están»: a thing of the household in the place of the subject.
fn thing(scan: &Scan<'_>, group: &Group, at: usize) -> Option<(Noun, usize)> {
    // «El ordenador del curro es un ThinkPad».
    let make = scan.after_adverbs(group.last);
    if group.has_any(&["ser", "be"])
        && scan.is_any(at, &["el", "la", "the"])
        && scan.slot("brand", make).is_some()
        && let Some((_, end)) = crate::words::longest(
            scan.language,
            scan.tokens,
            at + 1,
            &[crate::words::Class::Own, crate::words::Class::Vehicle],
        )
        && end <= group.first
    {
        let text = scan.source(at + 1, group.first).to_owned();
        let thing = Mention::Thing { of: Box::new(Mention::Owner), key: crate::words::key(&text), text };
        return Some((Noun::Thing(thing), group.first));
    }
    if !group.has_any(&["estar", "be", "quedar", "live", "sit", "move"]) {
        return None;
    }
    // "Passport's in the blue folder".
    let bare = || {
        let (_, end) = crate::words::longest(scan.language, scan.tokens, at, &[crate::words::Class::Thing])?;
        let text = scan.source(at, end).to_owned();
        let key = crate::words::key(&text);
        (end == group.first).then(|| (Mention::Thing { of: Box::new(Mention::Owner), key, text }, end))
    };
    let known = scan.definite_thing(at).or_else(bare);
    let (mention, end) = known.or_else(|| {
        // «El bote de la pintura está en el trastero»: whatever has its place in the house.
        let spot = scan.after_adverbs(group.last);
        let spot = spot + usize::from(scan.is_any(spot, &["up", "down", "out", "over", "back", "round", "still"]));
        let (_, last) = scan.spot(spot)?;
        scan.kept_thing(at, group.first).filter(|_| scan.in_house(spot, last))
    })?;
    Some((Noun::Thing(mention), end))
}

/// Only adverbs, times and an aside between the subject and its verb.
fn reaches(scan: &Scan<'_>, end: usize, group: usize) -> bool {
    let mut at = end;
    while at < group {
        if let Some((_, last)) = date(scan.tokens, at, scan.lookup).filter(|(_, last)| *last <= group) {
            at = last;
        } else if let Some(last) = aside(scan, at, group) {
            at = last;
        } else if at == end
            && scan.is_any(at, &["at", "from", "in", "upstairs", "downstairs", "next", "across"])
            && group <= at + 5
            && (at..group).all(|i| !scan.tokens[i].is_mark() && !scan.is_any(i, &["and", "y", "that", "who"]))
        {
            // "My neighbour at number 12 is called Ravi".
            at = group;
        } else if ADVERBS.contains(&scan.word(at))
            || scan.word(at) == "," && at > end
            || scan.is_any(at, &["desde", "since", "no", "tampoco", "antes", "hace", "tiempo"])
        {
            at += 1;
        } else {
            return false;
        }
    }
    true
}

/// One past an aside between commas without a verb: «mi tía Amparo, la de Valencia, es …».
fn aside(scan: &Scan<'_>, at: usize, group: usize) -> Option<usize> {
    let close = (at + 1..group.min(at + 9)).find(|&i| scan.word(i) == ",")?;
    let opens = scan.word(at) == "," && close > at + 1 && close + 1 == group;
    let list = (at + 1..close).any(|i| scan.is_any(i, &["y", "and", "mi", "my", "i", "yo"]));
    (opens && !list).then_some(close + 1)
}

/// Nothing stands before the subject that would make it part of something else.
fn clear(scan: &Scan<'_>, start: usize, at: usize) -> bool {
    let joints = [",", "y", "and", "e", "(", "so", "cos", "cuz", "then", "pues", "entonces", ":", "-"];
    let from = (start..at).rev().find(|&i| scan.is_any(i, &joints)).map_or(start, |i| i + 1);
    (from..at).all(|i| ignorable(scan, i))
}

fn ignorable(scan: &Scan<'_>, at: usize) -> bool {
    let token = &scan.tokens[at];
    token.is_mark()
        || BEFORE_SUBJECT.contains(&token.fold.as_str())
        || ADVERBS.contains(&token.fold.as_str())
        || token.kind == crate::text::Kind::Number
        || (at.saturating_sub(4)..=at)
            .any(|from| date(scan.tokens, from, scan.lookup).is_some_and(|(_, end)| from <= at && at < end))
        || cardinal(scan.tokens, at).is_some()
        || matches!(
            token.fold.as_str(),
            "anos"
                | "meses"
                | "years"
                | "months"
                | "dias"
                | "semanas"
                | "ago"
                | "yo"
                | "i"
                | "sarai"
                | "semana"
                | "year"
                | "ano"
        )
}

/// A language's «y»; for gapping.
pub(super) fn is_joint(scan: &Scan<'_>, at: usize) -> bool {
    match scan.language {
        Language::Spanish => scan.is_any(at, &["y", "e", ",", "pero"]),
        Language::English => scan.is_any(at, &["and", ",", "but"]),
    }
}
