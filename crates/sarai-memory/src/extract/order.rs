//! Where a sentence orders something to be forgotten: «olvida…», «ya no hace falta que recuerdes…», «eso no lo guardes».

use super::statement::Command;
use crate::fact::Predicate;
use crate::grammar::name::Trust;
use crate::grammar::noun::Noun;
use crate::grammar::{Mention, Scan};
use crate::text::Token;
use crate::words::lists::{
    self, ASIDES, FORGET, FORGET_IT, FORMER, KEEPING, REMEMBERING, SAID_OF, SCAFFOLD, TAKING_BACK, UNTRUE,
};
use crate::words::{self, Class};

/// Words between the beginning of an order and its verb.
const SCAFFOLD_WORDS_MAX: usize = 14;

/// What may stand around the verb of an order behind what it is about.
const AROUND: &[&str] = &[
    "no",
    "lo",
    "la",
    "los",
    "las",
    "mejor",
    "que",
    "falta",
    "hace",
    "prefiero",
    "ya",
    "quiero",
    "y",
    "and",
    "just",
    "do",
    "not",
    "you",
    "can",
    "could",
    "puedes",
    "please",
    "to",
    "need",
    "have",
    "would",
    "rather",
    "did",
    "i",
    "want",
    "tienes",
    "better",
    "es",
    "necesario",
    "so",
    "asi",
    "preferiria",
];

/// An order to forget, and where what it is about stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// From here on.
    Behind { from: usize, tone: Tone },
    /// Up to here: «lo de Sonia bórralo». `firm` where the words cannot mean that something be let be.
    Before { last: usize, firm: bool },
}

/// What the verb says by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Of a memory: «olvida», "don't remember".
    Memory,
    /// Of files and texts too: «borra».
    Removal,
    /// Perhaps no order at all: «quiero borrar…», an order behind something else.
    Weak,
}

/// The tokens without what is thrown in: «borra, por favor, de tu memoria…».
pub(super) fn without_asides(tokens: &[Token]) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let spoken = tokens[at..].iter().map(|token| token.fold.as_str());
        let longest = ASIDES.longest(spoken).filter(|_| !tokens[at].quoted);
        let Some(count) = longest else {
            out.push(tokens[at].clone());
            at += 1;
            continue;
        };
        at += count;
        // The commas around it go with it.
        if tokens.get(at).is_some_and(|token| token.is(",")) && out.last().is_none_or(|token| token.is(",")) {
            at += 1;
        }
    }
    while out.last().is_some_and(Token::is_mark) {
        out.pop();
    }
    out
}

/// Whether something is to be taken out of the memory, with a verb that alone would not say so: "take my age out of
/// your memory", «saca de tu memoria…».
fn taken_out(scan: &Scan<'_>, memory: bool) -> Option<Order> {
    const TAKE: &[&str] =
        &["take", "strike", "get", "clear", "drop", "cross", "saca", "sacar", "saques", "tira", "pull"];
    let verb = (0..scan.tokens.len().min(SCAFFOLD_WORDS_MAX))
        .take_while(|&i| i == 0 || scaffold(scan, i - 1))
        .find(|&i| scan.is_any(i, TAKE))?;
    if scan.is_any(verb, &["get"]) && scan.is_any(verb + 1, &["rid"]) && scan.is_any(verb + 2, &["of"]) && verb == 0 {
        return Some(Order::Behind { from: verb + 3, tone: Tone::Removal });
    }
    let own = verb > 0 && scan.is_any(verb - 1, &["i", "we", "no", "not"]);
    let from = verb + 1 + usize::from(scan.is_any(verb + 1, &["out"]));
    (memory && !own).then_some(Order::Behind { from, tone: Tone::Memory })
}

/// Whether the sentence speaks of the memory itself.
pub(super) fn names_memory(tokens: &[Token]) -> bool {
    let word = |at: usize| tokens.get(at).map_or("", |token| token.fold.as_str());
    (1..tokens.len()).any(|at| {
        matches!(
            word(at),
            "memoria" | "memory" | "recuerdos" | "registros" | "records" | "notes" | "cabeza" | "head" | "mind"
        ) && matches!(word(at - 1), "tu" | "tus" | "la" | "your")
            && matches!(word(at.saturating_sub(2)), "de" | "from" | "of")
    })
}

/// The order of a sentence whose object stands behind it, if it is one.
pub(super) fn find(scan: &Scan<'_>, memory: bool) -> Option<Order> {
    if let Some(order) = taken_out(scan, memory) {
        return Some(order);
    }
    if let Some(from) = unsaid(scan.tokens) {
        return Some(Order::Behind { from, tone: Tone::Memory });
    }
    let starts = (0..scan.tokens.len()).filter(|&at| begins(scan, at));
    let mut orders = starts.filter_map(|at| Some((at, removal(scan, at).or_else(|| ceasing(scan, at))?)));
    let (at, order) = orders.next()?;
    let Order::Behind { from, tone } = order else { return Some(order) };
    // "Delete … from your memory".
    let tone = if (memory || secret(scan, from)) && tone == Tone::Removal { Tone::Memory } else { tone };
    // Behind something else only what is plainly about the memory counts: «compra pan y borra la pizarra».
    let tone = if at == 0 || tone == Tone::Memory && plainly(scan, from) { tone } else { Tone::Weak };
    Some(Order::Behind { from, tone })
}

/// Whether an order may begin here: at the beginning, or behind a clause of the owner's own.
fn begins(scan: &Scan<'_>, at: usize) -> bool {
    const SAID: &[&str] = &[
        "told", "tell", "tells", "said", "says", "asked", "asks", "dijo", "dije", "dice", "pidio", "pedi", "pide",
        "wants", "wanted", "queria", "quiere", "dicen", "say", "decia", "if", "si",
    ];
    if at == 0 {
        return true;
    }
    let joined = scan.is_any(at, &["so", "y", "and", "but", "pero", "que"])
        && (scan.word(at) != "que" || scan.is_any(at - 1, &["asi"]));
    let to_me = |i: usize| scan.is_any(i + 1, &["you"]) || i > 0 && scan.is_any(i - 1, &["te"]);
    (scan.is_any(at - 1, &[",", "-", "–", "—", "("]) || joined) && !(0..at).any(|i| scan.is_any(i, SAID) && !to_me(i))
}

/// "Scrap the gym, I swim now": a plan, and nothing that was told.
pub(super) fn calls_off(scan: &Scan<'_>) -> bool {
    (0..scan.tokens.len()).any(|i| scan.is_any(i, &["scrap"]) && scan.is_any(i + 1, &["the", "my"]))
}

/// "The side gate code", «la contraseña del wifi»: what opens something is told to a memory, and stands in no file.
fn secret(scan: &Scan<'_>, from: usize) -> bool {
    const SECRETS: &[&str] = &["password", "passcode", "pin", "contrasena", "clave", "combinacion", "combination"];
    const OPENED: &[&str] = &[
        "door",
        "gate",
        "alarm",
        "lock",
        "safe",
        "garage",
        "locker",
        "building",
        "entrance",
        "wifi",
        "padlock",
        "gym",
        "bike",
        "puerta",
        "verja",
        "portal",
        "alarma",
        "candado",
        "fuerte",
        "garaje",
        "taquilla",
        "edificio",
        "trastero",
        "cochera",
        "casillero",
        "reja",
        "porton",
    ];
    let named = from..scan.phrase_end(from + 1).max(from);
    let code = named.clone().any(|i| scan.is_any(i, &["code", "codigo"]));
    let opened = named.clone().chain(named.end..(named.end + 4).min(scan.tokens.len()));
    named.clone().any(|i| scan.is_any(i, SECRETS)) || code && opened.into_iter().any(|i| scan.is_any(i, OPENED))
}

/// «Lo de…», «que…», "about…": only a memory has that.
fn plainly(scan: &Scan<'_>, from: usize) -> bool {
    if secret(scan, from) {
        return true;
    }
    scan.is_any(from, &["about", "que", "that", "what", "where", "donde", "everything", "todo", "mi", "mis", "my", "a"])
        || scan.is_any(from, &["lo", "eso"]) && scan.is_any(from + 1, &["de", "que"])
        || scan.is_any(from, &["i", "we", "her", "his", "su"])
        || scan.noun(from).is_some_and(|(noun, _)| !matches!(noun, Noun::Thing(_)))
}

/// «Olvida…», "could you please forget…", «quiero que borres…».
fn removal(scan: &Scan<'_>, at: usize) -> Option<Order> {
    let verb =
        (at..scan.tokens.len().min(at + SCAFFOLD_WORDS_MAX)).take_while(|&i| i == at || scaffold(scan, i - 1)).find(
            |&i| scan.is_any(i, &FORGET) && !(scan.spanish() && scan.is_any(i, &["delete", "remove", "erase"])),
        )?;
    let token = &scan.tokens[verb];
    let clause = (at..verb).rev().find(|&i| scan.tokens[i].is_mark()).map_or(at, |i| i + 1);
    let has = |words: &[&str]| (clause..verb).any(|i| scan.is_any(i, words));
    let before = if verb > clause { scan.word(verb - 1) } else { "" };
    // «Olvidé las llaves» has an accent where «olvide usted» has none.
    if token.quoted || token.lower.ends_with('é') || has(&["no", "not", "nunca", "never", "stop", "deja", "dejes"]) {
        return None;
    }
    let forgets = token.fold.starts_with("olvid") || token.is("forget");
    let asked = has(&[
        "can",
        "could",
        "would",
        "puedes",
        "podes",
        "podrias",
        "podria",
        "puede",
        "mejor",
        "favor",
        "importaria",
    ]);
    let wished = has(&["that", "que", "if", "si"]) || has(&["you"]) && before == "to";
    let infinitive =
        before == "to" || scan.spanish() && token.fold.trim_end_matches(['t', 's', 'm', 'e']).ends_with('r');
    let tone = if forgets { Tone::Memory } else { Tone::Removal };
    let tone = match before {
        "i" | "we" | "it" => return None,
        // «Me olvida», «se olvida de todo».
        "me" | "se" | "la" | "los" | "las" if !wished && token.fold.ends_with('a') => return None,
        "you" if !asked => return None,
        _ if infinitive && !asked && !wished && verb > clause => {
            // "I want to forget my ex" is a wish that no memory fulfils.
            if forgets {
                return None;
            }
            Tone::Weak
        }
        _ if matches!(token.fold.as_str(), "olvide" | "borre" | "elimine" | "quite") && !wished => Tone::Weak,
        _ => tone,
    };
    Some(Order::Behind { from: verb + 1, tone })
}

fn scaffold(scan: &Scan<'_>, at: usize) -> bool {
    SCAFFOLD.contains(&scan.word(at))
}

/// «No hace falta que recuerdes…», "stop keeping…", "I'd rather you didn't store…".
fn ceasing(scan: &Scan<'_>, at: usize) -> Option<Order> {
    let keeps = |i: usize| KEEPING.contains(&scan.word(i)) || REMEMBERING.contains(&scan.word(i));
    let verb = (at..scan.tokens.len().min(at + SCAFFOLD_WORDS_MAX))
        .take_while(|&i| i == at || scaffold(scan, i - 1))
        .find(|&i| keeps(i) && !keeps(i + 1) && is_order(scan, at, i))?;
    let mut from = verb + 1 + usize::from(scan.is_any(verb + 1, &["con"]));
    let object = from;
    // "Keep track of", «guardar ningún registro de», «tener en cuenta».
    from += usize::from(scan.is_any(from, &["a", "any", "un", "ningun", "ninguna", "en", "in"]));
    if scan.is_any(
        from,
        &[
            "track",
            "record",
            "records",
            "note",
            "notes",
            "tabs",
            "registro",
            "dato",
            "datos",
            "informacion",
            "info",
            "information",
            "detail",
            "details",
            "data",
            "detalle",
            "rastro",
            "trace",
            "nota",
            "constancia",
            "hold",
        ],
    ) {
        from += 1 + usize::from(scan.is_any(from + 1, &["of", "on", "de", "about", "sobre"]));
    } else if scan.is_any(from, &["cuenta", "mente", "mind"]) {
        from += 1;
    } else {
        from = object;
    }
    let asks = scan.is_any(from, &["to"]) || scan.tokens.get(from).is_none_or(Token::is_mark);
    let firm = REMEMBERING.contains(&scan.word(verb)) || told(scan, from);
    (!asks && firm).then_some(Order::Behind { from, tone: Tone::Memory })
}

/// Whether the words up to the verb make an order not to keep, and no tale of who does not.
fn is_order(scan: &Scan<'_>, at: usize, verb: usize) -> bool {
    let has = |words: &[&str]| (at..verb).any(|i| scan.is_any(i, words));
    let dropped = ["deja", "deje", "dejes", "dejar", "dejad", "stop", "quit", "avoid", "evita", "evitar"];
    if !has(&["no", "not", "nunca", "never"]) && !has(&dropped) {
        return false;
    }
    let word = scan.word(verb);
    let wishes = has(&["quiero", "quisiera", "gustaria", "necesito"]);
    let needless = [
        "falta",
        "necesario",
        "necesitas",
        "tienes",
        "tenes",
        "tiene",
        "debes",
        "deberias",
        "necesidad",
        "sentido",
        "favor",
        "ocurra",
    ];
    if scan.spanish() {
        let infinitive = word.trim_end_matches("te").trim_end_matches("se").ends_with('r');
        let subjunctive = !infinitive;
        // «No me recuerdes a mi ex» is no matter of keeping.
        let reminds = verb > at && scan.is_any(verb - 1, &["me", "se", "nos"]) && word.starts_with("rec");
        return !reminds && (subjunctive || has(&needless) || has(&dropped) && (!wishes || has(&["que"])));
    }
    let you = has(&["you"]);
    if has(&["i", "we"]) && !you {
        return false;
    }
    let modal =
        ["need", "have", "should", "must", "rather", "want", "prefer", "like", "if", "better", "best", "would", "sure"];
    let question = has(&["can", "could"]) && !matches!(word, "remember" | "know" | "have");
    !you || question || has(&modal) || has(&dropped)
}

/// What a memory keeps, and no cupboard: «no guardes nada de Javier», but not «no guardes los huevos».
fn told(scan: &Scan<'_>, at: usize) -> bool {
    let opens = [
        "nada",
        "anything",
        "that",
        "que",
        "where",
        "donde",
        "lo",
        "eso",
        "esto",
        "this",
        "what",
        "about",
        "sobre",
        "who",
        "quien",
        "how",
        "when",
        "cuando",
        "everything",
        "todo",
    ];
    let topic = (at..scan.tokens.len()).any(|i| crate::words::families::of(scan.word(i)).next().is_some());
    scan.is_any(at, &opens)
        || scan.is_any(at, &["de"]) && scan.is_any(at + 1, &["donde", "que", "quien", "lo"])
        || topic
        || scan.noun(at).is_some_and(|(noun, _)| !matches!(noun, Noun::Thing(_)))
        || scan.name(at, Trust::Capital).is_some()
}

/// «Haz como si nunca te hubiera hablado de…», "pretend I never told you about…": where the verb of telling stands.
pub(super) fn unsaid(tokens: &[Token]) -> Option<usize> {
    let is_any = |at: usize, words: &[&str]| tokens.get(at).is_some_and(|token| words.contains(&token.fold.as_str()));
    let first =
        (0..3).find(|&i| !is_any(i, &["puedes", "podrias", "podes", "can", "could", "you", "just"])).unwrap_or(0);
    let opens = is_any(
        first,
        &["haz", "hace", "haga", "finge", "pretend", "act", "actua", "imagina", "let", "hacer", "hagamos"],
    );
    let told = (1..tokens.len().min(SCAFFOLD_WORDS_MAX)).find(|&i| {
        is_any(
            i,
            &[
                "hablado",
                "dicho",
                "contado",
                "mencionado",
                "told",
                "mentioned",
                "said",
                "talked",
                "spoken",
                "dije",
                "conte",
                "mencione",
                "hable",
            ],
        )
    })?;
    let never = (1..told).any(|i| is_any(i, &["nunca", "never", "not", "no", "jamas"]));
    let to_you = (1..told + 2).any(|i| is_any(i, &["te", "you", "i"]));
    let clause = usize::from(is_any(told + 1, &["que", "that"]));
    (opens && never && to_you).then_some(told + clause)
}

/// «Lo de Sonia olvídalo, ya te contaré», «… bórralo que aún no lo sabe nadie»: the reason stands behind the order.
pub(super) fn followed(scan: &Scan<'_>) -> Option<Order> {
    let reasons = [",", ";", "que", "porque", "because", "hasta", "until", "since", "por"];
    let order = |i: &usize| FORGET_IT.contains(&scan.word(*i)) && scan.is_any(i + 1, &reasons);
    let at = (1..scan.tokens.len()).find(order)?;
    let points = (0..at).any(|i| scan.is_any(i, &["lo", "eso", "esto"]) && scan.word(i + 1) == "de");
    trailing(&Scan { tokens: &scan.tokens[..=at], ..*scan }).filter(|_| points)
}

/// «Eso de Sonia no lo guardes», "what I told you about Sonia, delete it".
pub(super) fn trailing(scan: &Scan<'_>) -> Option<Order> {
    let end = scan.tokens.len();
    let keeps = |i: usize| KEEPING.contains(&scan.word(i)) || REMEMBERING.contains(&scan.word(i));
    let it = |i: usize| scan.is_any(i, &["it", "that", "them", "this"]);
    let last = end.checked_sub(1)?;
    // «De mi política no guardes nada», "about Dana don't keep anything".
    let nothing = scan.is_any(last, &["nada", "anything"]) && last > 1 && keeps(last - 1);
    if nothing && scan.is_any(0, &["de", "sobre", "about"]) {
        let negative = (1..last).rev().find(|&i| scan.is_any(i, &["no", "not", "nunca", "never"]))?;
        let first = negative - usize::from(scan.is_any(negative - 1, &["do", "mejor", ","]));
        return Some(Order::Before { last: first, firm: true });
    }
    let (verb, firm) = if FORGET_IT.contains(&scan.word(last)) {
        (last, !scan.word(last).starts_with("olvid"))
    } else if last > 0 && it(last) && scan.is_any(last - 1, &["forget", "delete", "erase", "remove", "scrap", "wipe"]) {
        (last - 1, !scan.is_any(last - 1, &["forget"]))
    } else if last > 0
        && (it(last) && keeps(last - 1) || keeps(last) && scan.is_any(last - 1, &["lo", "la", "los", "las"]))
    {
        (if it(last) { last - 1 } else { last }, true)
    } else {
        return None;
    };
    let comma = (0..verb).rev().find(|&i| scan.is_any(i, &[",", "-", "–", "—"]));
    let first = (0..verb).rev().find(|&i| !scan.is_any(i, AROUND)).map_or(0, |i| i + 1);
    let start = comma.filter(|comma| *comma + 1 == first || (comma + 1..first).all(|i| scaffold(scan, i)));
    let head = start.unwrap_or(first);
    // "My knees wouldn't have it" forbids nothing.
    let theirs = ["would", "could", "can", "did", "does", "will", "have", "need", "want"];
    if start.is_none() && head > 0 && scan.is_any(head, &theirs) {
        return None;
    }
    let negative = (head..verb).any(|i| scan.is_any(i, &["no", "not"]));
    let forbids = keeps(verb);
    // "I can't remember it", «no la tengo» tell something.
    let plain = if forbids { negative && is_order(scan, head + usize::from(start.is_some()), verb) } else { !negative };
    plain.then_some(Order::Before { last: head, firm })
}

/// «Lo de Malta no era verdad», "I was pulling your leg about the yacht": where what is taken back stands.
pub(super) fn taken_back(tokens: &[Token]) -> Option<(usize, usize)> {
    let stands = |at: usize, list: &lists::List| list.longest(tokens[at..].iter().map(|token| token.fold.as_str()));
    let found = |from: usize, list: &'static lists::List| {
        (from..tokens.len()).find_map(|at| stands(at, list).map(|n| (at, at + n)))
    };
    if let Some((_, from)) = found(0, &TAKING_BACK) {
        let last =
            (from + 1..tokens.len()).find(|&i| tokens[i].is_mark() || tokens[i].is("pero") || tokens[i].is("but"));
        return (from < tokens.len()).then(|| (from, last.unwrap_or(tokens.len())));
    }
    let (_, from) = found(0, &SAID_OF)?;
    let (untrue, _) = found(from + 1, &UNTRUE)?;
    let last = if tokens[untrue - 1].is_mark() { untrue - 1 } else { untrue };
    (last > from).then_some((from, last))
}

/// What was so before, and not what is: «mi dirección antigua», "my old address".
pub(super) fn asks_for_past(scan: &Scan<'_>) -> bool {
    let named = |at: usize| words::longest(scan.language, scan.tokens, at, &[Class::Attribute]).is_some();
    (0..scan.tokens.len()).any(|at| {
        let behind = (at.saturating_sub(2)..at).any(named);
        scan.is_any(at, &FORMER) && (named(at + 1) || scan.spanish() && behind)
    })
}

/// Orders to forget what is, as orders to forget what was.
pub(super) fn of_the_past(scan: &Scan<'_>, commands: Vec<Command>) -> Vec<Command> {
    let named = (0..scan.tokens.len()).find_map(|at| {
        let (sense, _) = words::longest(scan.language, scan.tokens, at, &[Class::Attribute])?;
        Predicate::from_name(words::attribute(sense.id)?.predicate)
    });
    let past = |command| match command {
        Command::ForgetPredicate { subject, predicate, kind: None } => Command::ForgetPast { subject, predicate },
        Command::ForgetText(text) => match named {
            Some(predicate) => Command::ForgetPast { subject: Mention::Owner, predicate },
            None => Command::ForgetText(text),
        },
        command => command,
    };
    commands.into_iter().map(past).collect()
}
