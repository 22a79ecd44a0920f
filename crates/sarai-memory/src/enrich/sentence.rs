//! Which sentences are worth asking about, and what stands in them that an answer may name.

use sarai_types::Language;

use crate::extract::{Context, Keeping, MESSAGE_BYTES_MAX, Message, Speaker, extract};
use crate::grammar::noun::Noun;
use crate::grammar::{Mention, Scan};
use crate::text::{Ending, Kind, Sentence, Token, sentences, tokens};
use crate::time::{Direction, Lookup, Moment};
use crate::words::lists::FUNCTION;
use crate::words::{self, Person, Tense};

/// Tokens of a message that are looked at.
const TOKENS_MAX: usize = 4096;
/// Words of a sentence that a small model still understands.
const WORDS: std::ops::RangeInclusive<usize> = 3..=24;
/// Words of an object.
const OBJECT_WORDS_MAX: usize = 5;
/// What turns a sentence round, and what leaves it open.
const TURNING: &[&str] = &[
    "no", "nunca", "jamas", "tampoco", "ni", "nadie", "nada", "ningun", "ninguna", "ninguno", "sin", "apenas", "not",
    "never", "neither", "nor", "nobody", "nothing", "without", "hardly", "barely", "n't", "cannot", "would", "wish",
    "could", "might", "may", "should", "si", "if", "ojala", "quizas", "quiza", "maybe", "perhaps", "casi", "almost",
    "used", "antes", "formerly", "ex",
];
/// What parts a sentence's objects from each other and never stands in one.
const PARTING: &[&str] = &[
    "que", "quien", "y", "e", "o", "pero", "porque", "aunque", "cuando", "yo", "me", "mi", "mis", "se", "le", "lo",
    "te", "es", "soy", "son", "estoy", "esta", "that", "who", "and", "or", "but", "because", "although", "when",
    "while", "i", "my", "we", "our", "he", "she", "they", "his", "her", "their", "it", "you", "am", "is", "are", "'s",
    "been", "have", "has",
];
/// Before a past form these make it say what still holds.
const AUXILIARIES: &[&str] = &[
    "have", "has", "he", "ha", "hemos", "han", "am", "is", "are", "'s", "been", "soy", "es", "estoy", "esta", "son",
    "tengo", "tiene", "get", "gets",
];
/// Words that are spelt like forms of verbs and hardly ever are any.
const OTHER_WORDS: &[&str] =
    &["como", "para", "de", "se", "una", "sobre", "entre", "cuento", "paso", "resto", "modelo", "vino", "cara"];

/// A sentence, with all that an answer may name.
pub(crate) struct Reading {
    /// How each is called in an answer, and who that is. The owner is `I` or `yo`.
    pub(crate) subjects: Vec<(String, Mention)>,
    /// Stretches of words, in bytes of the message.
    pub(crate) objects: Vec<(usize, usize)>,
    /// The folded words.
    pub(crate) words: Vec<String>,
    pub(crate) language: Language,
    /// Bytes of the message.
    pub(crate) span: (usize, usize),
}

/// The sentences of a message that the grammar did not understand and that say something of the owner or their people.
/// `understood` are the stretches that facts came from; `known` tells whether somebody of a folded name is known.
pub(crate) fn unread(
    text: &str,
    language: Language,
    at: Moment,
    understood: &[(usize, usize)],
    known: &dyn Fn(&str) -> bool,
) -> Vec<Reading> {
    if text.len() > MESSAGE_BYTES_MAX {
        return Vec::new();
    }
    let message = Message { text, at, speaker: Speaker::Owner, language: Some(language) };
    let extraction = extract(message, &Context::default(), known);
    if extraction.keeping == Keeping::Nothing || !extraction.commands.is_empty() {
        return Vec::new();
    }
    let statements = extraction.statements.iter().map(|statement| statement.sentence);
    let skipped = extraction.skipped.iter().map(|skipped| skipped.span);
    let taken: Vec<(usize, usize)> = statements.chain(skipped).chain(understood.iter().copied()).collect();
    let free = |span: (usize, usize)| taken.iter().all(|other| other.1 <= span.0 || span.1 <= other.0);
    let mut out = Vec::new();
    scanned(text, language, at, known, |scan, sentence, span| {
        if free(span) && asserts(scan, sentence) {
            out.extend(reading(scan, span));
        }
    });
    out
}

/// One sentence of a message, whatever else is thought of it.
pub(crate) fn reading_at(
    text: &str,
    language: Language,
    at: Moment,
    wanted: (usize, usize),
    known: &dyn Fn(&str) -> bool,
) -> Option<Reading> {
    let mut out = None;
    scanned(text, language, at, known, |scan, _, span| {
        if span == wanted {
            out = reading(scan, span);
        }
    });
    out
}

fn scanned(
    text: &str,
    language: Language,
    at: Moment,
    known: &dyn Fn(&str) -> bool,
    mut look: impl FnMut(&Scan<'_>, Sentence, (usize, usize)),
) {
    let mut tokens = tokens(text, TOKENS_MAX);
    words::typos::mend(&mut tokens, language);
    let list = sentences(&tokens, text);
    let begins = |at: usize| list.iter().any(|sentence| sentence.first == at);
    let lower_case = !tokens.iter().enumerate().any(|(at, token)| token.capital && !token.is("i") && !begins(at));
    let lookup = Lookup { today: at.date(), direction: Direction::Past, month_first: language == Language::English };
    for sentence in &list {
        let tokens = &tokens[sentence.first..sentence.last];
        if let (Some(first), Some(last)) = (tokens.first(), tokens.last()) {
            let scan = Scan { text, tokens, language, lower_case, known, lookup, work: false };
            look(&scan, *sentence, (first.start, last.end));
        }
    }
}

/// Whether a sentence states something that holds, as far as single words tell.
fn asserts(scan: &Scan<'_>, sentence: Sentence) -> bool {
    let words = scan.tokens.iter().filter(|token| token.is_word()).count();
    let plain = matches!(sentence.ending, Ending::Plain | Ending::Exclamation);
    let strange = |token: &Token| token.quoted || token.kind == Kind::Link || TURNING.contains(&token.fold.as_str());
    plain
        && WORDS.contains(&words)
        && !scan.tokens.iter().any(strange)
        && !(0..scan.tokens.len()).any(|at| is_past(scan, at) || is_yours(scan, at))
        && !crate::extract::is_secret(scan.source(0, scan.tokens.len()))
}

/// A verb of what was, will be or would be.
fn is_past(scan: &Scan<'_>, at: usize) -> bool {
    let token = &scan.tokens[at];
    let forms = words::forms(scan.language, &token.lower, &token.fold);
    let away = |tense| {
        matches!(tense, Tense::Past | Tense::Imperfect | Tense::Conditional | Tense::Future | Tense::Subjunctive)
    };
    let here = |tense| matches!(tense, Tense::Present | Tense::Infinitive | Tense::Gerund);
    let helped = at > 0 && scan.is_any(at - 1, AUXILIARIES) || OTHER_WORDS.contains(&token.fold.as_str());
    forms.iter().any(|form| away(form.tense)) && !forms.iter().any(|form| here(form.tense)) && !helped
}

/// «Me pasas el informe»: what somebody wants of the assistant.
fn is_yours(scan: &Scan<'_>, at: usize) -> bool {
    let token = &scan.tokens[at];
    let forms = words::forms(scan.language, &token.lower, &token.fold);
    scan.spanish() && !forms.is_empty() && forms.iter().all(|form| form.person == Person::Second)
        || scan.is_any(at, &["tu", "te", "ti", "contigo", "usted", "you", "your", "please", "por favor"])
}

fn reading(scan: &Scan<'_>, span: (usize, usize)) -> Option<Reading> {
    let mut subjects: Vec<(String, Mention)> = Vec::new();
    let owner = match scan.language {
        Language::Spanish => "yo",
        Language::English => "I",
    };
    let mut at = 0;
    while at < scan.tokens.len() {
        let (subject, next) = match scan.noun(at) {
            Some((Noun::Someone(mention), end)) => (named(scan, mention, (at, end), owner), end.max(at + 1)),
            _ if is_owner(scan, at) => (Some((owner.to_owned(), Mention::Owner)), at + 1),
            _ => (None, at + 1),
        };
        subjects.extend(subject.filter(|new| !subjects.iter().any(|(label, _)| *label == new.0)));
        at = next;
    }
    let objects = objects(scan);
    let words = scan.tokens.iter().map(|token| token.fold.clone()).collect();
    (!subjects.is_empty() && !objects.is_empty()).then_some(Reading {
        subjects,
        objects,
        words,
        language: scan.language,
        span,
    })
}

/// Somebody of the owner's world, by the words that stand there.
fn named(scan: &Scan<'_>, mention: Mention, range: (usize, usize), owner: &str) -> Option<(String, Mention)> {
    let label = scan.source(range.0, range.1);
    match &mention {
        Mention::Owner => Some((owner.to_owned(), mention)),
        Mention::Relative { of, plural: false, .. } | Mention::Animal { of, plural: false, .. }
            if **of == Mention::Owner =>
        {
            Some((label.to_owned(), mention))
        }
        Mention::Named(name) if (scan.known)(&crate::text::fold(name)) => Some((label.to_owned(), mention)),
        Mention::Relative { .. }
        | Mention::Animal { .. }
        | Mention::Named(_)
        | Mention::Pronoun { .. }
        | Mention::Thing { .. } => None,
    }
}

/// A word by which the owner speaks of themselves.
fn is_owner(scan: &Scan<'_>, at: usize) -> bool {
    let token = &scan.tokens[at];
    let first = |form: &words::Form| form.person == Person::First && !form.plural && form.tense == Tense::Present;
    scan.is_any(at, &["me", "conmigo", "myself"])
        || scan.spanish()
            && !OTHER_WORDS.contains(&token.fold.as_str())
            && words::forms(scan.language, &token.lower, &token.fold).iter().any(first)
}

/// Every stretch of words that could be what is said of somebody.
fn objects(scan: &Scan<'_>) -> Vec<(usize, usize)> {
    let tokens = scan.tokens;
    let inner = |token: &Token| !token.is_mark() && !PARTING.contains(&token.fold.as_str());
    let edge = |token: &Token| inner(token) && !FUNCTION.contains(&token.fold.as_str());
    let mut out = Vec::new();
    for first in 0..tokens.len() {
        for last in first..tokens.len().min(first + OBJECT_WORDS_MAX) {
            if !inner(&tokens[last]) {
                break;
            }
            let span = (tokens[first].start, tokens[last].end);
            if edge(&tokens[first]) && edge(&tokens[last]) && !out.contains(&span) {
                out.push(span);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, language: Language, expected: &[&str]) {
        let at = Moment::parse("2026-03-10T10:00:00Z").unwrap();
        let found = unread(text, language, at, &[], &|name| name == "javier");
        let found: Vec<&str> = found.iter().map(|reading| &text[reading.span.0..reading.span.1]).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn what_a_model_is_asked_about() {
        use Language::{English, Spanish};
        for (text, language, expected) in [
            // What the grammar understands needs nobody else.
            ("Vivo en Madrid", Spanish, &[][..]),
            ("Vivo en Madrid. Me tiene enganchado la novela negra", Spanish, &["Me tiene enganchado la novela negra"]),
            ("A mi cuñada la tiene enganchada la petanca", Spanish, &["A mi cuñada la tiene enganchada la petanca"]),
            ("Javier tinkers with model trains", English, &["Javier tinkers with model trains"]),
            // Nobody of the owner's world.
            ("La novela negra engancha mucho en Murcia", Spanish, &[]),
            ("Rupert tinkers with model trains", English, &[]),
            // Asked, supposed, denied, quoted, past, ordered, or about a text.
            ("¿Me tiene enganchado la novela negra?", Spanish, &[]),
            ("Si me tiene enganchado la novela negra, me apunto", Spanish, &[]),
            ("No me tiene enganchado la novela negra", Spanish, &[]),
            ("I could get into marquetry myself", English, &[]),
            ("Ana dice que me tiene enganchado la novela negra", Spanish, &[]),
            ("Me tiene enganchado «la novela negra»", Spanish, &[]),
            ("De pequeño me tenía enganchado la novela negra", Spanish, &[]),
            ("Traduce al inglés: me tiene enganchado la novela negra", Spanish, &[]),
            ("Olvida que me tiene enganchado la novela negra", Spanish, &[]),
            ("Me pasas la novela negra en PDF", Spanish, &[]),
            ("I want you to carve me some marquetry", English, &[]),
            ("> me tiene enganchado la novela negra", Spanish, &[]),
            ("Mira https://example.com/me que me tiene enganchado", Spanish, &[]),
            ("Mi contraseña es marqueteria9, me la sé", Spanish, &[]),
        ] {
            check(text, language, expected);
        }
        check(&"Me tiene enganchado la novela negra. ".repeat(400), Spanish, &[]);
    }

    #[test]
    fn what_facts_came_from_is_read() {
        let text = "Me tiene enganchado la novela negra";
        let at = Moment::parse("2026-03-10T10:00:00Z").unwrap();
        assert_eq!(unread(text, Language::Spanish, at, &[(4, 9)], &|_| false).len(), 0);
        assert_eq!(unread(text, Language::Spanish, at, &[(90, 95)], &|_| false).len(), 1);
    }
}
