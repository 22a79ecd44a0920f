//! What the owner wants done with the memory: «olvida…», «recuerda que…».

use super::Run;
use super::correction;
use super::order::{self, Order, Tone};
use super::scope;
use super::statement::Command;
use crate::fact::Predicate;
use crate::grammar::name::Trust;
use crate::grammar::noun::Noun;
use crate::grammar::{Mention, Scan};
use crate::memory::search_words;
use crate::recall::question;
use crate::text::{Ending, Sentence};
use crate::words::lists::{BEFORE, CONVERSATION, EVERYTHING, FORGET, FORGET_IT, NO_TOPIC, TEXT_PARTS};
use crate::words::{self, Class};

/// The command of a sentence: none if it is no command, an empty list if it is one that means nothing («olvídalo»).
pub(super) fn forget(scan: &Scan<'_>, run: &Run<'_>, sentence: Sentence) -> Option<Vec<Command>> {
    let commands = ordered(scan, run, sentence)?;
    Some(if order::asks_for_past(scan) { order::of_the_past(scan, commands) } else { commands })
}

fn ordered(scan: &Scan<'_>, run: &Run<'_>, sentence: Sentence) -> Option<Vec<Command>> {
    if order::calls_off(scan) || tells_instead(scan, run) {
        return None;
    }
    // «Era un secreto, olvídalo»: it is not said to be let be.
    let has = |words: &[&str]| (0..scan.tokens.len()).any(|i| scan.is_any(i, words));
    let gone = has(&["olvidalo", "borralo", "eliminalo"])
        || (0..scan.tokens.len())
            .any(|i| scan.is_any(i, &["forget", "delete", "erase"]) && scan.is_any(i + 1, &["it", "that"]));
    if gone && has(&["secreto", "secret", "memoria", "memory", "confidencial", "confidential"]) {
        return Some(vec![Command::ForgetLast]);
    }
    if let Some((from, last)) = order::taken_back(scan.tokens) {
        let ask = Ask { run, sentence };
        return Some(ask.targets(&Scan { tokens: &scan.tokens[..last], ..*scan }, from, Tone::Memory));
    }
    let memory = order::names_memory(scan.tokens);
    let tokens = order::without_asides(scan.tokens);
    let scan = Scan { tokens: &tokens, ..*scan };
    let ask = Ask { run, sentence };
    // «Olvídalo» means nothing; «bórralo todo sobre Javier» does.
    let at = (0..scan.tokens.len()).find(|&i| !scan.is_any(i, &BEFORE)).unwrap_or(0);
    if scan.is_any(at, &["olvidalo", "borralo", "eliminalo"]) {
        let all = scan.word(at + 1) == "todo";
        let alone = at + 2 >= scan.tokens.len() || scan.tokens[at + 2].is_mark();
        return Some(match (all, alone) {
            (true, true) => vec![Command::ForgetEverything],
            (true, false) => ask.targets(&scan, at + 1, Tone::Memory),
            (false, _) => Vec::new(),
        });
    }
    let trailing = order::trailing(&scan).or_else(|| order::followed(&scan));
    // «Borra lo del Lexatin, no quiero que conste»: the same order again.
    if let Some(Order::Before { last, .. }) = trailing {
        let head = Scan { tokens: &scan.tokens[..last], ..scan };
        if let Some(Order::Behind { from, tone: Tone::Memory | Tone::Removal }) = order::find(&head, memory)
            && from + 1 < last
        {
            // «Olvida que tengo la revisión, al final no hace falta que la guardes».
            let end = (from + 1..last).rev().find(|&i| head.is_any(i, &[","])).unwrap_or(last);
            return Some(ask.targets(&Scan { tokens: &head.tokens[..end], ..head }, from, Tone::Memory));
        }
    }
    if let Some(Order::Before { last, firm }) = trailing
        && let Some(commands) = ask.before(&scan, last, firm)
    {
        return Some(commands);
    }
    let Order::Behind { from, tone } = order::find(&scan, memory)? else { return None };
    let last = scan.tokens.len();
    if from >= last || scan.is_any(from, &["it"]) && (last == from + 1 || scan.tokens[from + 1].is_mark()) {
        return Some(Vec::new());
    }
    // «Olvida dónde vivo, pero recuerda mi nombre».
    let but = ["but", "pero", "because", "porque", "aunque", "though"];
    let again = |i: usize| {
        // "Scrap that, don't keep anything about Dana": the second clause says what.
        let says = i > from + 1 || !scan.is_any(from, &["that", "this", "eso", "esto"]);
        // «Olvida el código, lo van a cambiar»: no more of what is to go.
        let clitic = || {
            scan.is_any(i + 1, &["lo", "la", "los", "las", "le", "me", "se"])
                && scan.groups().iter().any(|group| (i + 1..i + 3).contains(&group.first))
        };
        let more = || scan.is_any(i + 1, MORE) && !clitic();
        let clause = || says && !more() && scan.groups().iter().any(|group| group.first > i);
        scan.is_any(i, &[","]) && (FORGET_IT.contains(&scan.word(i + 1)) || scan.is_any(i + 1, REASONS) || clause())
    };
    let end = (from + 1..last).find(|&i| scan.is_any(i, &but) || again(i)).unwrap_or(last);
    let found = ask.targets(&Scan { tokens: &scan.tokens[..end], ..scan }, from, tone);
    // «Olvide el paraguas» may be a tale without its accent; what finds nothing certain is none.
    (tone != Tone::Weak || !found.is_empty()).then_some(found)
}

/// "Scrap that, my favourite dinner is lasagne" corrects, and orders nothing.
fn tells_instead(scan: &Scan<'_>, run: &Run<'_>) -> bool {
    let Some(end) = correction::marker(scan).filter(|&end| scan.is_any(end, &[",", "-", "–"])) else { return false };
    let orders = |at: usize| FORGET_IT.contains(&scan.word(at)) || FORGET.contains(&scan.word(at));
    !(end..scan.tokens.len()).any(orders) && !statements(scan, run, end + 1).is_empty()
}

/// A sentence that orders something, and the message it stands in.
struct Ask<'a, 'b> {
    run: &'a Run<'b>,
    sentence: Sentence,
}

impl Ask<'_, '_> {
    /// «Lo que te he dicho de Sonia bórralo», «cobro 1800 euros, no lo guardes».
    fn before(&self, scan: &Scan<'_>, last: usize, firm: bool) -> Option<Vec<Command>> {
        let head = Scan { tokens: &scan.tokens[..last], ..*scan };
        // «Ojo, lo de Sonia no lo guardes».
        let open = (1..last.min(3)).find(|&i| head.is_any(i, &[","])).map_or(0, |i| i + 1);
        let from = (open..last).find(|&i| !head.is_any(i, &BEFORE)).unwrap_or(last);
        if from == last {
            return self.just_said(scan, firm);
        }
        let points = [
            "lo",
            "eso",
            "esto",
            "aquello",
            "that",
            "this",
            "what",
            "todo",
            "everything",
            "all",
            "whatever",
            "anything",
            "cuanto",
            "nada",
            "the",
            "el",
            "la",
            "mi",
            "mis",
            "my",
        ];
        let told = (from..last).any(|i| head.is_any(i, TOLD));
        let tale = !told && head.groups().iter().any(|group| group.first > from);
        if head.is_any(from, &["de", "sobre", "about"]) {
            return Some(self.targets(&head, from + usize::from(!head.is_any(from, &["about"])), Tone::Memory));
        }
        if head.is_any(from, &points) && !tale {
            return Some(self.targets(&head, from, Tone::Memory));
        }
        if let Some(found) = self.pointed(&head) {
            return Some(found);
        }
        let own = |at: usize| head.is_any(at, &["mi", "mis", "my"]).then(|| subject(&head, self.run, at)).flatten();
        let said = statements(&head, self.run, from);
        match (from..last).find_map(own).filter(|_| said.is_empty()) {
            Some(command) => firm.then(|| vec![command]),
            None => firm.then(|| clause(&head, self.run, from)),
        }
    }

    /// «No lo guardes» behind other sentences of the message means them; alone it means the message before.
    fn just_said(&self, scan: &Scan<'_>, firm: bool) -> Option<Vec<Command>> {
        if self.sentence.first == 0 {
            return firm.then(|| vec![Command::ForgetLast]);
        }
        let earlier = order::without_asides(&self.run.tokens[..self.sentence.first]);
        let earlier = Scan { tokens: &earlier, ..*scan };
        if let Some(found) = self.pointed(&earlier) {
            return Some(found);
        }
        let said = &self.run.statements;
        if said.is_empty() {
            return firm.then(|| vec![Command::ForgetText(phrase(&earlier, 0))]);
        }
        firm.then(|| said.iter().map(|statement| Command::ForgetStatement(Box::new(statement.clone()))).collect())
    }

    /// «No deberías saber dónde vivo», "I shouldn't have told you about Mia": what was told stands behind.
    fn pointed(&self, head: &Scan<'_>) -> Option<Vec<Command>> {
        let asks = ["donde", "cuando", "cuanto", "where", "when", "how"];
        let told = (0..head.tokens.len()).find(|&i| head.is_any(i, TOLD) || head.is_any(i, &["saber", "know"]))?;
        let you = (0..head.tokens.len()).any(|i| head.is_any(i, &["te", "you", "saber", "sabes"]));
        let question = (told + 1..head.tokens.len()).find(|&i| head.is_any(i, &asks));
        let found = match question {
            Some(at) => asked_about(head, self.run, at),
            None => told_of(head, self.run, told),
        };
        found.filter(|_| you).map(|command| vec![command])
    }

    /// What an order is about, and each of two things: «mi dirección y mi teléfono».
    fn targets(&self, scan: &Scan<'_>, from: usize, tone: Tone) -> Vec<Command> {
        let opens = [
            "mi", "mis", "my", "lo", "el", "la", "the", "a", "what", "where", "donde", "su", "his", "her", "about",
            "de", "que", "that", "tambien", "also",
        ];
        let whole = |command: &Command| matches!(command, Command::ForgetEverything | Command::ForgetLast);
        let exact = |commands: &[Command]| commands.iter().any(|command| !matches!(command, Command::ForgetText(_)));
        for at in from + 1..scan.tokens.len() {
            let joins = scan.is_any(at, &["y", "and", "ni", "nor", "or", "o", "e", ","]);
            if !joins || !scan.is_any(at + 1, &opens) && scan.name(at + 1, Trust::Capital).is_none() {
                continue;
            }
            let head = Scan { tokens: &scan.tokens[..at], ..*scan };
            let first = target(&head, self.run, from, Tone::Weak);
            // «Todo lo de Javier y de Ana»: what stands before the first stands before the second.
            let also = usize::from(scan.is_any(at + 1, &["tambien", "also"]));
            let second = self.targets(scan, at + 1 + also, Tone::Weak);
            let clauses = scan.is_any(from, &["que", "that"]) && scan.is_any(at + 1 + also, &["que", "that"]);
            let of = |i: usize| scan.is_any(i, &["lo", "eso"]) && scan.word(i + 1) == "de";
            let clauses = clauses || of(from) && of(at + 1 + also);
            // One of two that is certain tells that there are two, and no name of one thing.
            let both = !first.is_empty() && !second.is_empty() && (exact(&first) || exact(&second) || clauses);
            if both && !first.iter().chain(&second).any(whole) {
                return first.into_iter().chain(second).collect();
            }
        }
        target(scan, self.run, from, tone)
    }
}

/// What opens the reason of an order behind its comma, where no verb tells that it is one: «…, perdona».
const REASONS: &[&str] = &[
    "no", "i", "id", "im", "que", "it", "so", "ya", "me", "we", "prefiero", "just", "cause", "sorry", "better",
    "mejor", "perdona", "perdon", "fallo",
];
/// What opens one more thing to forget: «mi edad, dónde vivo».
const MORE: &[&str] = &[
    "mi", "mis", "my", "our", "nuestro", "nuestra", "lo", "el", "la", "los", "las", "the", "su", "sus", "his", "her",
    "a", "what", "where", "when", "who", "how", "donde", "cuando", "cuanto", "como", "quien", "about", "de", "that",
    "y", "and", "ni", "nor", "or", "o", "tambien", "also",
];

/// Verbs by which the owner points at what they have told.
const TOLD: &[&str] = &[
    "dicho",
    "dije",
    "conte",
    "contado",
    "comente",
    "comentado",
    "said",
    "told",
    "know",
    "sabes",
    "guardado",
    "stored",
    "hablado",
    "hable",
    "mentioned",
    "mencione",
    "mencionado",
    "explicado",
    "explique",
    "shared",
    "tienes",
    "tenes",
    "have",
    "guardada",
    "saved",
    "escrito",
    "puse",
    "wrote",
    "apuntado",
    "anotado",
    "recuerdas",
    "remember",
];

/// What opens what a household shares.
const CODES: &[&str] =
    &["code", "codigo", "combination", "combinacion", "password", "passcode", "contrasena", "clave", "pin", "key"];

fn target(scan: &Scan<'_>, run: &Run<'_>, from: usize, tone: Tone) -> Vec<Command> {
    let last = scan.tokens.len();
    let has = |words: &[&str]| (from..last).any(|i| words.contains(&scan.word(i)));
    let everything = scan.is_any(from, &["todo", "toda", "todos", "everything", "all", "anything", "nada"]);
    if let Some(command) = told_of(scan, run, from) {
        return vec![command];
    }
    // «Elimina todos los duplicados de la lista» is work on a text.
    if everything && has(&TEXT_PARTS) {
        return Vec::new();
    }
    if let Some(commands) = about(scan, run, from, everything) {
        return commands;
    }
    if everything {
        return if has(&CONVERSATION) { Vec::new() } else { vec![all(scan, from)] };
    }
    if let Some(next) = told_you(scan, from) {
        return target(scan, run, next, tone);
    }
    let pointing = scan.is_any(from, &["eso", "esto", "that", "this", "aquello"])
        && (from + 1 == last || scan.tokens[from + 1].is_mark());
    let just = has(&["acabo", "just", "dicho", "dije", "said", "told", "ultimo", "last"]);
    let of_it = scan.is_any(from, &["lo", "what", "the"]) || !has(&["que", "that"]);
    if pointing || just && of_it && !has(&TEXT_PARTS) {
        return vec![Command::ForgetLast];
    }
    if scan.is_any(from, &["que", "that"]) || scan.is_any(from, &["de"]) && scan.is_any(from + 1, &["que"]) {
        return clause(scan, run, from + 1 + usize::from(scan.word(from) == "de"));
    }
    let question = from + usize::from(scan.is_any(from, &["de"]));
    if let Some(command) = asked_about(scan, run, question) {
        return vec![command];
    }
    let next = from + usize::from(scan.is_any(from, &["a", "de"]));
    if let Some(command) = subject(scan, run, next) {
        return vec![command];
    }
    // «Olvídate de lo de Ana».
    let of = scan.is_any(next, &["lo", "eso", "esto"]) && scan.is_any(next + 1, &["de"]);
    let next = if of { next + 2 } else { next };
    if let Some(command) = subject(scan, run, next).or_else(|| topic(scan, run, next)) {
        return vec![command];
    }
    // "Forget we're moving" leaves out its "that".
    let tells = !scan.spanish() && scan.groups().iter().any(|group| group.first > from);
    let said = if tells { statements(scan, run, from) } else { Vec::new() };
    if !said.is_empty() {
        return said;
    }
    let text = phrase(scan, next);
    // "Delete the last paragraph", «borra la segunda línea» speak of a text.
    let event = |i| words::longest(scan.language, scan.tokens, i, &[Class::Event]).is_some();
    let matter = (next..last).any(|i| crate::words::families::of(scan.word(i)).next().is_some() || event(i));
    let ours = match tone {
        Tone::Memory => true,
        Tone::Removal => of || matter || has(&["mi", "mis", "my"]) || has(scope::SHARED) && has(CODES),
        Tone::Weak => of || matter,
    };
    // "Forget the boat code" is about no text; "delete the helper code" may be.
    let named = tone == Tone::Memory
        && (next..last).any(|i| {
            scan.tokens[i].is_word() && !TEXT_PARTS.contains(&scan.word(i)) && !NO_TOPIC.contains(&scan.word(i))
        });
    if ours && (!has(&TEXT_PARTS) || named || has(scope::SHARED)) && text.len() > 2 {
        vec![Command::ForgetText(text)]
    } else {
        Vec::new()
    }
}

/// Everything, unless a word says everything of what: "everything related to my addiction".
fn all(scan: &Scan<'_>, from: usize) -> Command {
    let text = phrase(scan, from);
    let plain = |word: &String| NO_TOPIC.contains(&word.as_str()) || EVERYTHING.contains(&word.as_str());
    if search_words(&text).iter().all(plain) { Command::ForgetEverything } else { Command::ForgetText(text) }
}

/// The words from here on, without what was thrown in between.
fn phrase(scan: &Scan<'_>, from: usize) -> String {
    let words: Vec<&str> = (from..scan.tokens.len()).map(|i| scan.source(i, i + 1)).collect();
    words.join(" ")
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
    let told = (from..last).find(|&i| scan.is_any(i, TOLD))?;
    let about = (told + 1..last).find(|&i| scan.is_any(i, &["de", "sobre", "about", "of", "acerca"]))?;
    let next = about + 1 + usize::from(scan.word(about + 1) == "de");
    let found = subject(scan, run, next).or_else(|| asked_about(scan, run, next)).or_else(|| {
        let own = scan.is_any(next, &["mi", "mis", "my"]);
        let (subject, predicate, kind) = asked(scan, next).filter(|_| own)?;
        Some(Command::ForgetPredicate { subject: run.resolved(subject)?, predicate, kind })
    });
    let told = scan.is_any(from, &["lo", "what", "eso", "that", "todo", "everything", "all", "anything", "nada"])
        || scan.is_any(from, TOLD);
    let clause = scan.is_any(from, &["that"]) && !scan.is_any(from + 1, &["i", "you"]);
    let other = phrase(scan, next);
    found.or_else(|| (told && !clause && other.len() > 2 && !is_me(scan, next)).then_some(Command::ForgetText(other)))
}

/// «(Olvida) que te he dado mi teléfono», "(forget) I gave you my number": where what was told or given stands.
fn told_you(scan: &Scan<'_>, from: usize) -> Option<usize> {
    const GIVEN: &[&str] = &[
        "dado", "di", "pase", "pasado", "mande", "mandado", "ensene", "ensenado", "deje", "dejado", "gave", "given",
        "sent", "showed", "shown", "tell", "let",
    ];
    let first = from + usize::from(scan.is_any(from, &["que", "that"]));
    let teller: &[&str] = if scan.spanish() { &["te"] } else { &["i", "we"] };
    let between = ["he", "habia", "hemos", "yo", "ever", "just", "have", "had", "even", "did"];
    let verb = (first + 1..scan.tokens.len()).find(|&i| !scan.is_any(i, &between))?;
    if !scan.is_any(first, teller) || !(scan.is_any(verb, TOLD) || scan.is_any(verb, GIVEN)) {
        return None;
    }
    let next = verb + 1 + usize::from(scan.is_any(verb + 1, &["to"]) && scan.is_any(verb + 2, &["you"]));
    let next = next + usize::from(scan.is_any(next, &["you"]));
    // Alone it means the message before.
    (next < scan.tokens.len() && !scan.tokens[next].is_mark()).then_some(next)
}

/// «(Todo lo que sabes de) mí» is everything.
fn is_me(scan: &Scan<'_>, at: usize) -> bool {
    scan.is_any(at, &["mi", "me", "myself"]) && (at + 1 >= scan.tokens.len() || scan.tokens[at + 1].is_mark())
}

/// «Todo sobre Javier», "what you know about me": none where the words go on otherwise.
fn about(scan: &Scan<'_>, run: &Run<'_>, from: usize, everything: bool) -> Option<Vec<Command>> {
    let last = scan.tokens.len();
    let has = |words: &[&str]| (from..last).any(|i| words.contains(&scan.word(i)));
    let find = |words: &[&str]| (from..last).find(|&i| words.contains(&scan.word(i)) && i + 1 < last);
    let related = (from..last).find(|&i| {
        scan.is_any(i, &["related", "relacionado", "relacionada", "relating", "linked", "connected"])
            && scan.is_any(i + 1, &["to", "con", "with"])
    });
    let told =
        find(&["sobre", "about", "acerca", "respecto", "regarding", "concerning"]).or_else(|| related.map(|i| i + 1));
    let about = told.or_else(|| find(&["de", "of", "a"]).filter(|_| everything))?;
    let next = about + 1 + usize::from(scan.is_any(about + 1, &["de"]));
    if next >= last {
        return Some(Vec::new());
    }
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
    let text = phrase(scan, next);
    Some(if text.len() > 2 { vec![Command::ForgetText(text)] } else { Vec::new() })
}

/// Somebody, or something of theirs.
fn subject(scan: &Scan<'_>, run: &Run<'_>, at: usize) -> Option<Command> {
    let (noun, end) = scan.noun(at).or_else(|| {
        // A name that nobody has on a list: «olvida todo sobre Zutano».
        let (name, end) = scan.name(at, crate::grammar::name::Trust::Capital)?;
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
fn clause(scan: &Scan<'_>, run: &Run<'_>, from: usize) -> Vec<Command> {
    let mut found = statements(scan, run, from);
    // What was told in the same words and stands in no fact goes too.
    if from < scan.tokens.len() {
        found.push(Command::ForgetText(phrase(scan, from)));
    }
    found
}

/// What the words from here on say, as if they were said.
fn statements(scan: &Scan<'_>, run: &Run<'_>, from: usize) -> Vec<Command> {
    if from >= scan.tokens.len() {
        return Vec::new();
    }
    let (focus, last) = (run.focus.clone(), scan.tokens.len());
    let mut inner =
        Run { tokens: scan.tokens, focus, statements: Vec::new(), commands: Vec::new(), skipped: Vec::new(), ..*run };
    inner.sentence(Sentence { first: from, last, ending: Ending::Plain });
    inner.statements.into_iter().map(|statement| Command::ForgetStatement(Box::new(statement))).collect()
}

/// «Olvida dónde vivo», "forget where my sister works".
fn asked_about(scan: &Scan<'_>, run: &Run<'_>, from: usize) -> Option<Command> {
    if !scan
        .is_any(from, &["donde", "cuando", "como", "cuantos", "where", "when", "what", "how", "who", "quien", "cual"])
    {
        return None;
    }
    if let Some(someone) = who(scan, run, from) {
        return Some(Command::ForgetSubject(someone));
    }
    let (subject, predicate, kind) = asked(scan, from)?;
    Some(Command::ForgetPredicate { subject: run.resolved(subject)?, predicate, kind })
}

/// «Quién es mi dentista», "what my dentist is called": whom one forgets with it.
fn who(scan: &Scan<'_>, run: &Run<'_>, from: usize) -> Option<Mention> {
    let copula = |at: usize| scan.is_any(at, &["es", "is", "'s", "era", "was"]);
    let at = from + 1 + usize::from(copula(from + 1));
    let (Noun::Someone(mention @ (Mention::Relative { .. } | Mention::Animal { .. } | Mention::Named(_))), end) =
        scan.noun(at)?
    else {
        return None;
    };
    let behind = end + usize::from(copula(end));
    let asks_who = scan.is_any(from, &["who", "quien"]) && (at > from + 1 || behind > end);
    let called = scan.is_any(from, &["what"]) && scan.is_any(behind, &["called", "named"]);
    let last = behind + usize::from(called);
    let alone = scan.tokens.get(last).is_none_or(crate::text::Token::is_mark) || scan.is_any(last, &["please", "por"]);
    ((asks_who || called) && alone).then(|| run.resolved(mention)).flatten()
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
        for word in super::TOLD.iter().chain(super::BEFORE.iter()) {
            assert!(crate::text::fold(word) == *word, "{word}");
        }
    }
}
