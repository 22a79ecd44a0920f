//! What the owner wants done with the memory: «olvida…», «recuerda que…».

use super::Run;
use super::statement::Command;
use crate::fact::Predicate;
use crate::grammar::noun::Noun;
use crate::grammar::{Mention, Scan};
use crate::recall::question;
use crate::text::Sentence;
use crate::words;
use crate::words::lists::{BEFORE, CONVERSATION, FORGET, TEXT_PARTS};

/// The command of a sentence: none if it is no command, an empty list if it is one that means nothing («olvídalo»).
pub(super) fn forget(scan: &Scan<'_>, run: &Run<'_>, sentence: Sentence) -> Option<Vec<Command>> {
    let mut at = 0;
    while scan.is_any(at, &BEFORE) || scan.tokens.get(at).is_some_and(|token| token.is_mark()) {
        at += 1;
    }
    // «Era un secreto, olvídalo»: it is not said to be let be.
    let last = |words: &[&str]| (0..scan.tokens.len()).any(|i| scan.is_any(i, words));
    let gone = last(&["olvidalo", "borralo", "eliminalo"])
        || (0..scan.tokens.len())
            .any(|i| scan.is_any(i, &["forget", "delete", "erase"]) && scan.is_any(i + 1, &["it", "that"]));
    if gone && last(&["secreto", "secret", "memoria", "memory", "confidencial", "confidential"]) {
        return Some(vec![Command::ForgetLast]);
    }
    if let Some(from) = ceases(scan, at) {
        return Some(target(scan, run, sentence, from));
    }
    // «Olvídalo» means nothing; «bórralo todo sobre Javier» does.
    if scan.is_any(at, &["olvidalo", "borralo", "eliminalo"]) {
        let all = scan.word(at + 1) == "todo";
        let alone = at + 2 >= scan.tokens.len() || scan.tokens[at + 2].is_mark();
        return Some(match (all, alone) {
            (true, true) => vec![Command::ForgetEverything],
            (true, false) => target(scan, run, sentence, at + 1),
            (false, _) => Vec::new(),
        });
    } else if !scan.is_any(at, &FORGET) {
        return None;
    }
    // «¿Olvidas algo?» and "I forget things" are no commands.
    if at > 0
        && scan.is_any(at - 1, &["i", "no", "not", "we", "to"])
        && !(at > 1
            && (scan.is_any(at - 2, &["want", "like", "need"])
                || scan.is_any(at - 2, &["you"]) && scan.word(at - 1) == "to"))
    {
        return None;
    }
    let last = scan.tokens.len();
    let from = at + 1;
    if from >= last || scan.is_any(from, &["it"]) && last == from + 1 {
        return Some(Vec::new());
    }
    Some(target(scan, run, sentence, from))
}

/// One past «deja de recordar», "don't remember", "stop keeping track of": what follows is to be forgotten.
fn ceases(scan: &Scan<'_>, at: usize) -> Option<usize> {
    // «No quiero que recuerdes nada de Saúl», "I don't want you to remember …".
    let wish = (at + 1..at + 8).find(|&i| {
        scan.is_any(
            i,
            &["recuerdes", "guardes", "tengas", "sepas", "conserves", "remember", "keep", "store", "know", "have"],
        )
    });
    let unwanted = wish.filter(|&i| {
        (at.saturating_sub(4)..i).any(|j| scan.is_any(j, &["no", "not"]))
            && (at.saturating_sub(4)..i).any(|j| scan.is_any(j, &["quiero", "want", "prefiero", "rather"]))
            && (at..i).all(|j| {
                BEFORE.contains(&scan.word(j)) || scan.is_any(j, &["no", "not", "do", "que", "rather", "prefiero"])
            })
    });
    if let Some(verb) = unwanted.filter(|verb| verb + 1 < scan.tokens.len()) {
        return Some(verb + 1);
    }
    let keeps = ["recordar", "guardar", "almacenar", "remembering", "storing", "keeping", "saving"];
    let orders = ["recuerdes", "guardes", "almacenes", "remember", "store", "keep", "save"];
    let next = match (scan.word(at), scan.word(at + 1)) {
        ("deja" | "deje" | "dejes", "de") if scan.is_any(at + 2, &keeps) => at + 3,
        ("stop", _) if scan.is_any(at + 1, &keeps) => at + 2,
        ("no", _) if scan.is_any(at + 1, &orders) => at + 2,
        ("do", "not") if scan.is_any(at + 2, &orders) => at + 3,
        _ => return None,
    };
    let noted = next + usize::from(scan.is_any(next, &["track"]));
    // «No recuerdes nada de Javier», but "don't remember to …" and "do not keep the eggs" are about other things.
    let told = scan.is_any(noted, &["nada", "anything", "that", "que", "where", "donde", "lo", "eso", "esto", "this"])
        || scan.noun(noted).is_some_and(|(noun, _)| !matches!(noun, Noun::Thing(_)))
        || scan.name(noted, crate::grammar::noun::Trust::Capital).is_some();
    (noted < scan.tokens.len() && told).then_some(noted)
}

fn target(scan: &Scan<'_>, run: &Run<'_>, sentence: Sentence, from: usize) -> Vec<Command> {
    let last = scan.tokens.len();
    let has = |words: &[&str]| (from..last).any(|i| words.contains(&scan.word(i)));
    let everything = scan.is_any(from, &["todo", "toda", "todos", "everything", "all", "anything", "nada"]);
    if let Some(command) = told_of(scan, run, from) {
        return vec![command];
    }
    if let Some(commands) = about(scan, run, from, everything) {
        return commands;
    }
    if everything {
        return if has(&CONVERSATION) { Vec::new() } else { vec![Command::ForgetEverything] };
    }
    let pointing = scan.is_any(from, &["eso", "esto", "that", "this", "aquello"])
        && (from + 1 == last || scan.tokens[from + 1].is_mark());
    let just = has(&["acabo", "just", "dicho", "dije", "said", "told", "ultimo", "last"]);
    let of_it = scan.is_any(from, &["lo", "what", "the"]) || !has(&["que", "that"]);
    if pointing || just && of_it && !has(&TEXT_PARTS) {
        return vec![Command::ForgetLast];
    }
    if scan.is_any(from, &["que", "that"]) || scan.is_any(from, &["de"]) && scan.is_any(from + 1, &["que"]) {
        return clause(scan, run, sentence, from + 1 + usize::from(scan.word(from) == "de"));
    }
    if let Some(command) = asked_about(scan, run, from) {
        return vec![command];
    }
    let next = from + usize::from(scan.is_any(from, &["a", "de"]));
    if let Some(command) = subject(scan, run, next) {
        return vec![command];
    }
    let next = if scan.word(from) == "lo" && scan.word(from + 1) == "de" { from + 2 } else { next };
    if let Some(command) = topic(scan, run, next) {
        return vec![command];
    }
    let text = scan.source(next, last).trim().to_owned();
    // "Delete the last paragraph", «borra la segunda línea» speak of a text.
    let forgets = scan.is_any(from - 1, &["olvida", "olvidate", "olvide", "olvidar", "olvides", "forget"]);
    let ours = !has(&TEXT_PARTS) && (forgets || has(&["mi", "mis", "my"]));
    if ours && text.len() > 2 { vec![Command::ForgetText(text)] } else { Vec::new() }
}

/// «Mi salud», "my medical condition": a whole topic of the owner's, where nothing else is named.
fn topic(scan: &Scan<'_>, run: &Run<'_>, at: usize) -> Option<Command> {
    const TOPICS: &[Predicate] = &[
        Predicate::Health,
        Predicate::Medication,
        Predicate::Diet,
        Predicate::AllergicTo,
        Predicate::LivesIn,
        Predicate::WorksAt,
        Predicate::Role,
    ];
    let short = (at + 1..scan.tokens.len()).filter(|&i| scan.tokens[i].is_word()).count() <= 3;
    let (subject, predicate, kind) = asked(scan, at).filter(|_| short && scan.is_any(at, &["mi", "mis", "my"]))?;
    let known = TOPICS.contains(&predicate);
    known.then_some(Command::ForgetPredicate { subject: run.resolved(subject)?, predicate, kind })
}

/// «Lo que te he dicho de mi salud», "what I told you about my job": somebody, or a topic of theirs.
fn told_of(scan: &Scan<'_>, run: &Run<'_>, from: usize) -> Option<Command> {
    let last = scan.tokens.len();
    let told = (from..last).find(|&i| {
        scan.is_any(
            i,
            &["dicho", "dije", "conte", "contado", "comente", "said", "told", "know", "sabes", "guardado", "stored"],
        )
    })?;
    let about = (told + 1..last).find(|&i| scan.is_any(i, &["de", "sobre", "about", "of", "acerca"]))?;
    let next = about + 1 + usize::from(scan.word(about + 1) == "de");
    subject(scan, run, next).or_else(|| asked_about(scan, run, next)).or_else(|| {
        let own = scan.is_any(next, &["mi", "mis", "my"]);
        let (subject, predicate, kind) = asked(scan, next).filter(|_| own)?;
        Some(Command::ForgetPredicate { subject: run.resolved(subject)?, predicate, kind })
    })
}

/// «Todo sobre Javier», "what you know about me": none where the words go on otherwise.
fn about(scan: &Scan<'_>, run: &Run<'_>, from: usize, everything: bool) -> Option<Vec<Command>> {
    let last = scan.tokens.len();
    let has = |words: &[&str]| (from..last).any(|i| words.contains(&scan.word(i)));
    let find = |words: &[&str]| (from..last).find(|&i| words.contains(&scan.word(i)) && i + 1 < last);
    let told = find(&["sobre", "about", "acerca", "respecto"]);
    let about = told.or_else(|| find(&["de", "of", "a"]).filter(|_| everything))?;
    let next = about + 1 + usize::from(scan.is_any(about + 1, &["de"]));
    let ends = next + 1 == last || scan.tokens[next + 1].is_mark() || scan.is_any(next + 1, &["please"]);
    if scan.is_any(next, &["mi", "me", "myself"]) && ends {
        return Some(if everything || has(&["sabes", "know"]) { vec![Command::ForgetEverything] } else { Vec::new() });
    }
    if let Some(command) = subject(scan, run, next) {
        return Some(vec![command]);
    }
    if has(&CONVERSATION) {
        return Some(Vec::new());
    }
    let text = scan.source(next, last).to_owned();
    Some(if text.len() > 2 { vec![Command::ForgetText(text)] } else { Vec::new() })
}

/// Somebody, or something of theirs.
fn subject(scan: &Scan<'_>, run: &Run<'_>, at: usize) -> Option<Command> {
    let (noun, end) = scan.noun(at).or_else(|| {
        // A name that nobody has on a list: «olvida todo sobre Zutano».
        let (name, end) = scan.name(at, crate::grammar::noun::Trust::Capital)?;
        Some((Noun::Someone(Mention::Named(name)), end))
    })?;
    let rest = (end..scan.tokens.len()).any(|i| {
        scan.tokens[i].is_word()
            && !scan.is_any(
                i,
                &[
                    "please",
                    "por",
                    "favor",
                    "gracias",
                    "thanks",
                    "ya",
                    "now",
                    "ahora",
                    "a",
                    "de",
                    "todo",
                    "anymore",
                    "borralo",
                    "olvidalo",
                    "eliminalo",
                    "delete",
                    "it",
                    "completely",
                    "tu",
                    "memoria",
                    "your",
                    "memory",
                    "from",
                    "of",
                    "para",
                    "siempre",
                    "forever",
                    "entirely",
                    "completo",
                    "la",
                    "the",
                    "again",
                    "sarai",
                    "totalmente",
                    "que",
                    "te",
                    "dije",
                    "i",
                    "gave",
                    "you",
                ],
            )
    });
    let whose = run.resolved(noun.whose().clone())?;
    match noun {
        Noun::Someone(_) if !rest && whose != Mention::Owner => Some(Command::ForgetSubject(whose)),
        Noun::Attribute { row, .. } if !rest => {
            let predicate = Predicate::from_name(words::attribute(row)?.predicate)?;
            Some(Command::ForgetPredicate { subject: whose, predicate, kind: None })
        }
        Noun::Favourite { kind, .. } if !rest => {
            Some(Command::ForgetPredicate { subject: whose, predicate: Predicate::Favourite, kind: Some(kind) })
        }
        _ => None,
    }
}

/// «Olvida que vivo en Madrid»: the clause is read as if it were said, and what it says is forgotten.
fn clause(scan: &Scan<'_>, run: &Run<'_>, sentence: Sentence, from: usize) -> Vec<Command> {
    let mut inner =
        Run { focus: run.focus.clone(), statements: Vec::new(), commands: Vec::new(), skipped: Vec::new(), ..*run };
    let first = sentence.first + from;
    if first >= sentence.last {
        return Vec::new();
    }
    inner.sentence(Sentence { first, ..sentence });
    if inner.statements.is_empty() {
        return vec![Command::ForgetText(scan.source(from, scan.tokens.len()).to_owned())];
    }
    inner.statements.into_iter().map(|statement| Command::ForgetStatement(Box::new(statement))).collect()
}

/// «Olvida dónde vivo», "forget where my sister works".
fn asked_about(scan: &Scan<'_>, run: &Run<'_>, from: usize) -> Option<Command> {
    if !scan
        .is_any(from, &["donde", "cuando", "como", "cuantos", "where", "when", "what", "how", "who", "quien", "cual"])
    {
        return None;
    }
    let (subject, predicate, kind) = asked(scan, from)?;
    Some(Command::ForgetPredicate { subject: run.resolved(subject)?, predicate, kind })
}

/// What a question from here on asks for.
pub(crate) fn asked(scan: &Scan<'_>, from: usize) -> Option<(Mention, Predicate, Option<String>)> {
    let question = question::understand_tokens(scan, from);
    let topic = question.topics.first()?;
    Some((question.subject.clone()?, topic.predicate, topic.kind.clone()))
}

/// One past «recuerda que», "note that", at the beginning of the sentence.
pub(super) fn remember(scan: &Scan<'_>) -> Option<usize> {
    let mut at = 0;
    while scan.is_any(at, &BEFORE) && at < 4 || scan.is_any(at, &["no", "do", "not"]) {
        at += 1;
    }
    let verb = scan.is_any(
        at,
        &[
            "recuerda", "recorda", "recuerde", "apunta", "anota", "guarda", "remember", "note", "olvides", "forget",
            "apuntate", "anotate", "memoriza", "save",
        ],
    );
    let counted = scan.is_any(at, &["ten", "tene"]) && scan.word(at + 2) == "cuenta";
    let next = if counted { at + 3 } else { at + 1 };
    let joint = scan.is_any(next, &["que", "that", ":", "esto", "this"]);
    ((verb || counted) && joint).then(|| next + 1 + usize::from(scan.word(next + 1) == ":"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn verbs_are_folded() {
        for word in super::FORGET.iter().chain(super::BEFORE.iter()) {
            assert!(crate::text::fold(word) == *word, "{word}");
        }
    }
}
