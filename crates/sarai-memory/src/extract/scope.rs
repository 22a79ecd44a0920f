//! Who vouches for a sentence: what is asked, quoted, supposed, ordered or somebody else's is not remembered.

use crate::words::lists::{
    DOCTORS, DOUBTS, HARMLESS_IF, HEARSAY, JOKES, MAKERS, MARKERS, POLITE, REWRITERS, STORIES, SUPPOSITIONS, TOLD_ON,
};
use sarai_types::Language;

use super::statement::Reason;
use crate::text::{Ending, Sentence, Token, fold};

/// What the message is as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Its sentences are looked at one by one.
    Open,
    /// Nothing in it is the owner's statement.
    Closed(Reason),
}

/// Whether a phrase stands in the text between word boundaries.
pub(super) fn holds(folded: &str, phrases: &[&str]) -> bool {
    let starts = |at: &usize| !folded[..*at].chars().next_back().is_some_and(char::is_alphanumeric);
    folded.char_indices().map(|(at, _)| at).filter(starts).any(|at| opens(&folded[at..], phrases))
}

/// Whether a text begins with one of the phrases.
pub(super) fn opens(folded: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| {
        folded.strip_prefix(phrase).is_some_and(|rest| !rest.chars().next().is_some_and(char::is_alphanumeric))
    })
}

/// Looks at the message as a whole.
pub(super) fn whole(text: &str, tokens: &[Token], sentences: &[Sentence]) -> Verdict {
    let folded = fold(text);
    if holds(&folded, &JOKES) {
        return Verdict::Closed(Reason::Joke);
    }
    let rewrites = sentences.iter().any(|sentence| opening(tokens, *sentence, &REWRITERS));
    if rewrites
        || holds(
            &folded,
            &[
                "como se dice",
                "how do you say",
                "how would you say",
                "que significa",
                "se dice en ingles",
                "se dice en espanol",
                "al ingles",
                "into english",
                "a mayusculas",
                "a minusculas",
                "to uppercase",
                "into spanish",
                "to spanish",
                "to english",
                "al espanol",
            ],
        )
    {
        return Verdict::Closed(Reason::Material);
    }
    Verdict::Open
}

/// Whether the joke is what went before: its word stands at the beginning.
pub(super) fn begins_with_joke(text: &str) -> bool {
    let folded = fold(crate::text::clip(text, 40));
    JOKES.iter().any(|joke| folded.find(joke).is_some_and(|at| at <= 12))
}

/// The first verb of a sentence, polite words apart, is one of these.
fn opening(tokens: &[Token], sentence: Sentence, verbs: &[&str]) -> bool {
    tokens[sentence.first..sentence.last]
        .iter()
        .take(7)
        .find(|token| {
            !token.is_mark() && !POLITE.contains(&token.fold.as_str())
                || verbs.contains(&token.fold.as_str()) && !POLITE.contains(&token.fold.as_str())
        })
        .is_some_and(|token| verbs.contains(&token.fold.as_str()))
}

/// Whether from this sentence on everything is made up.
pub(super) fn makes_up(tokens: &[Token], sentence: Sentence) -> bool {
    let first = &tokens[sentence.first];
    // «Escríbeme a ana@correo.es» orders no text.
    if tokens[sentence.first..sentence.last].iter().any(|token| token.kind == crate::text::Kind::Email) {
        return false;
    }
    // «Vos sos Sherlock y yo soy Watson» gives out parts, «tú eres genial» gives none.
    let word = |i: usize| tokens.get(sentence.first + i).map_or("", |token| token.fold.as_str());
    let cast = matches!((word(0), word(1)), ("vos" | "tu", "sos" | "eres"))
        && tokens[sentence.first..sentence.last].windows(2).any(|pair| pair[0].is("yo") && pair[1].is("soy"))
        // «Jugamos a que tú eres el casero».
        || matches!((word(0), word(1), word(2)), ("jugamos" | "juguemos", "a", "que"));
    let second_person = matches!(first.fold.as_str(), "eres" | "you")
        && (sentence.ending == Ending::Plain || sentence.ending == Ending::Colon);
    let acts = opening(tokens, sentence, &MAKERS);
    let story = tokens[sentence.first..sentence.last].iter().any(|t| STORIES.contains(&t.fold.as_str()));
    let lets = first.is("let") && tokens.get(sentence.first + 1).is_some_and(|t| t.is("us"));
    (acts && !matches!(first.fold.as_str(), "eres" | "you" | "let" | "ejemplo" | "example" | "story") || lets)
        && (story || sentence.ending == Ending::Colon || !first.is("haz"))
        || cast
        || second_person && first.is("you") && tokens.get(sentence.first + 1).is_some_and(|t| t.is("are"))
        || first.is("eres") && sentence.ending != Ending::Question
}

/// Tokens of a sentence that do not count, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Doubtful {
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) reason: Reason,
}

/// Which stretches of a sentence do not count. A doubt, a hearsay or a condition reaches as far as the thought that it
/// stands in: «creo que llueve, pero vivo en Soria» doubts the rain alone.
pub(super) fn doubtful(text: &str, range: &[Token], language: Language) -> Vec<Doubtful> {
    let mut out = Vec::new();
    let (Some(first), Some(last)) = (range.first(), range.last()) else { return out };
    // «Juan: vivo en Madrid» is a protocol of what others said.
    let folded = fold(&text[first.start..last.end]);
    if range.len() > 2
        && range[1].is(":")
        && range[0].capital
        && range[0].is_word()
        && !MARKERS.contains(&range[0].fold.as_str())
        && crate::words::forms(language, &range[0].lower, &range[0].fold).is_empty()
        && !crate::words::senses(None, &range[0].fold).any(|sense| sense.class == crate::words::Class::Attribute)
        && !holds(&folded, &["nota", "note", "recuerda", "remember", "importante", "important", "dato", "fyi"])
    {
        return vec![Doubtful { first: 0, last: range.len(), reason: Reason::Material }];
    }
    // «Ejemplo: me llamo Ana», "sample sentence: …".
    let labels = [
        "sentence", "example", "sample", "frase", "ejemplo", "oracion", "texto", "text", "quote", "cita", "prompt",
        "titulo", "title",
    ];
    let colon = range.iter().position(|token| token.is(":"));
    if let Some(colon) = colon.filter(|&colon| colon <= 8)
        && range[..colon].iter().any(|token| labels.contains(&token.fold.as_str()))
        && !range[..colon].iter().any(|token| matches!(token.fold.as_str(), "mi" | "my"))
    {
        return vec![Doubtful { first: 0, last: range.len(), reason: Reason::Material }];
    }
    // «Un amigo mío escribió: vivo en Vigo».
    if let Some(colon) = colon.filter(|&colon| announces(&range[..colon], language)) {
        return vec![Doubtful { first: colon, last: range.len(), reason: Reason::Reported }];
    }
    let mut from = 0;
    for to in 1..=range.len() {
        if to < range.len() && !turns(range, to) {
            continue;
        }
        let thought = &range[from..to];
        if let Some(reason) = doubt(text, thought, language) {
            // «Soy celíaca, por si cocinas»: a condition behind what is said takes nothing from it.
            let behind = supposed(text, thought, language).filter(|&at| {
                reason == Reason::Hypothesis
                    && at > 2
                    && !thought[at - 1].is("as")
                    && doubt(text, &thought[..at], language).is_none()
            });
            out.push(Doubtful { first: from + behind.unwrap_or(0), last: to, reason });
        }
        from = to;
    }
    out
}

/// Whether another thought begins at this place.
fn turns(range: &[Token], at: usize) -> bool {
    let word = |i: usize| range.get(i).map_or("", |token| token.fold.as_str());
    let parted = at > 0 && range[at - 1].is_mark();
    // «A ver si me ayudas: vivo en Lugo» supposes nothing behind the colon.
    const MADE_UP: &[&str] = &[
        "suppose",
        "imagine",
        "imagina",
        "supon",
        "supongamos",
        "pongamos",
        "play",
        "roleplay",
        "rol",
        "finge",
        "pretend",
        "ejemplo",
        "example",
        "what",
        "wish",
        "ojala",
        "dream",
        "fuera",
        "were",
        "would",
    ];
    if at > 0 && range[at - 1].is(":") && !range[..at].iter().any(|token| MADE_UP.contains(&token.fold.as_str())) {
        return true;
    }
    match word(at) {
        "pero" | "but" | ";" | "btw" | "anyway" | "resulta" => true,
        "por" => matches!((word(at + 1), word(at + 2)), ("cierto", _) | ("lo", "demas") | ("otro", "lado")),
        "by" => word(at + 1) == "the" && word(at + 2) == "way",
        "so" | "pues" | "also" | "ademas" | "encima" | "total" | "anyways" => parted,
        "asi" => word(at + 1) == "que",
        _ => false,
    }
}

/// Why nothing of a thought counts, if so.
fn doubt(text: &str, thought: &[Token], language: Language) -> Option<Reason> {
    let begin = thought.iter().find(|t| {
        t.is_word()
            && !matches!(t.fold.as_str(), "pero" | "but" | "y" | "and" | "so" | "pues" | "btw" | "anyway" | "also")
    })?;
    let folded = fold(&text[begin.start..thought.last()?.end]);
    if holds(&folded, &HEARSAY)
        && !holds(&folded, &DOCTORS)
        && !holds(&folded, &["no dicen", "they say i am", "me dicen que soy"])
    {
        return Some(Reason::Reported);
    }
    if passed_on(&folded)
        || holds(&folded, &["alguien me ha dicho", "alguien me dijo", "someone told me", "somebody told me"])
    {
        return Some(Reason::Reported);
    }
    if opens(&folded, &DOUBTS)
        || holds(
            &folded,
            &[
                "creo que",
                "i think",
                "me parece que",
                "no estoy seguro",
                "no estoy segura",
                "not sure",
                "maybe",
                "quizas",
                "quiza",
                "tal vez",
                "a lo mejor",
                "probably",
                "probablemente",
                "seguramente",
                "i might",
            ],
        )
    {
        return Some(Reason::Uncertain);
    }
    (holds(&folded, &SUPPOSITIONS) || supposes(thought, &folded, language)).then_some(Reason::Hypothesis)
}

/// «Me han dicho que Marta…»: what others told of others. What they told of the owner and theirs stands: a doctor's word.
fn passed_on(folded: &str) -> bool {
    const OWN: &[&str] = &[
        "mi", "mis", "nuestra", "nuestro", "tengo", "soy", "estoy", "me", "padezco", "necesito", "tenemos", "somos",
        "no", "my", "our", "i", "i'm", "i've", "we", "we're",
    ];
    TOLD_ON.iter().any(|opening| {
        let words = folded.match_indices(opening).map(|(at, _)| folded[at + opening.len()..].split_whitespace().next());
        words.flatten().any(|next| !OWN.contains(&next))
    })
}

/// Whether somebody speaks of a song, a novel, a film or whoever lives in one.
pub(crate) fn tells_story(tokens: &[Token]) -> bool {
    const ART: &[&str] = &[
        "cancion",
        "song",
        "lyrics",
        "letra",
        "personaje",
        "character",
        "novela",
        "novel",
        "pelicula",
        "film",
        "movie",
        "poema",
        "poem",
        "cuento",
    ];
    tokens.iter().any(|token| ART.contains(&token.fold.as_str()))
}

/// «Un amigo mío escribió:», "the email says:": what stands behind the colon are another's words.
pub(super) fn passes_on(tokens: &[Token], sentence: Sentence, language: Language) -> bool {
    sentence.ending == Ending::Colon && announces(&tokens[sentence.first..sentence.last], language)
}

fn announces(range: &[Token], language: Language) -> bool {
    let says = |token: &Token| {
        crate::words::forms(language, &token.lower, &token.fold).iter().any(|form| {
            ["escribir", "decir", "poner", "write", "say", "text", "post"].contains(&form.lemma)
                && form.person != crate::words::Person::First
                && form.tense != crate::words::Tense::Infinitive
        })
    };
    let own = range.iter().any(|token| {
        ["i", "yo", "note", "nota"].contains(&token.fold.as_str())
            || language == Language::Spanish && crate::words::in_first_person(token)
    });
    !own && range.last().is_some_and(says)
}

/// Where the only condition of a thought begins.
fn supposed(text: &str, thought: &[Token], language: Language) -> Option<usize> {
    let (first, last) = (thought.first()?, thought.last()?);
    let folded = fold(&text[first.start..last.end]);
    condition(thought, &folded, language)
}

/// A conditional.
fn supposes(range: &[Token], folded: &str, language: Language) -> bool {
    condition(range, folded, language).is_some()
}

fn condition(range: &[Token], folded: &str, language: Language) -> Option<usize> {
    if holds(folded, &HARMLESS_IF) {
        return None;
    }
    range.iter().enumerate().position(|(at, token)| match (language, token.fold.as_str()) {
        // «Sí, vivo en …» without its accent.
        (Language::Spanish, "si") => {
            token.lower == "si"
                && !(at == 0 && range.get(1).is_some_and(|t| t.is(",")))
                && !(at > 0 && range[at - 1].is("eso"))
        }
        (Language::English, "if" | "whether") => true,
        _ => false,
    })
}

/// Where the question in a sentence begins; the clauses before it are no question.
pub(super) fn question_from(tokens: &[Token], sentence: Sentence, language: Language) -> Option<usize> {
    let asks = |at: usize| begins_question(tokens, at, language);
    if sentence.ending != Ending::Question {
        // "What I love most is sailing" asks nothing: its subject stands before its verb.
        let word = |i: usize| tokens.get(i).map_or("", |token| token.fold.as_str());
        let cleft = word(sentence.first) == "what" && matches!(word(sentence.first + 1), "i" | "we");
        if cleft || is_aside(tokens, sentence, language) {
            return None;
        }
        // A question whose mark was left out.
        return (asks(sentence.first) && !is_exclamation(tokens, sentence, language)).then_some(sentence.first);
    }
    let clause = (sentence.first + 1..sentence.last).rev().find(|&at| {
        let parted = tokens[at - 1].is(",")
            || matches!(
                tokens[at - 1].fold.as_str(),
                "y" | "so" | "and" | "pero" | "but" | "entonces" | "asi" | "-" | "–" | ":"
            );
        parted && asks(at)
    });
    Some(clause.unwrap_or(sentence.first))
}

/// «Qué onda, soy Memo», "what a day, …": an exclamation without a verb, and then something else.
fn is_aside(tokens: &[Token], sentence: Sentence, language: Language) -> bool {
    let comma = (sentence.first..sentence.last).find(|&i| tokens[i].is(","));
    // «¿Qué crees?, me mudé», "guess what, …".
    let opening: Vec<&str> =
        tokens[sentence.first..comma.unwrap_or(sentence.first)].iter().map(|token| token.fold.as_str()).collect();
    if ["que crees", "sabes que", "a que no sabes que", "adivina que", "guess what", "you know what"]
        .contains(&opening.join(" ").as_str())
    {
        return true;
    }
    comma.is_some_and(|comma| {
        comma <= sentence.first + 4
            && comma + 1 < sentence.last
            && !begins_question(tokens, comma + 1, language)
            && (sentence.first + 1..comma).all(|i| {
                tokens[i].is("va") || crate::words::forms(language, &tokens[i].lower, &tokens[i].fold).is_empty()
            })
    })
}

/// «¡Qué bien vivo en Madrid!» asks nothing, but says nothing worth keeping either.
fn is_exclamation(tokens: &[Token], sentence: Sentence, language: Language) -> bool {
    language == Language::English && sentence.ending == Ending::Exclamation && tokens[sentence.first].is("what")
}

/// Whether a question begins here.
pub(crate) fn begins_question(tokens: &[Token], at: usize, language: Language) -> bool {
    let word = |i: usize| tokens.get(i).map_or("", |token| token.fold.as_str());
    let at = at + usize::from(matches!(word(at), "y" | "and" | "so" | "pero" | "but" | "oye" | "then" | "entonces"));
    let Some(token) = tokens.get(at) else { return false };
    match language {
        Language::Spanish => {
            let asking = [
                "que", "quien", "quienes", "como", "cuando", "donde", "cual", "cuales", "cuanto", "cuanta", "cuantos",
                "cuantas", "adonde",
            ];
            let accent = token.lower != token.fold && asking.contains(&token.fold.as_str());
            let after_preposition = asks_behind_preposition(tokens, at, &asking);
            let second = matches!(
                token.fold.as_str(),
                "puedes"
                    | "podrias"
                    | "sabes"
                    | "sabias"
                    | "recuerdas"
                    | "crees"
                    | "conoces"
                    | "tienes"
                    | "podes"
                    | "recomiendas"
                    | "recordas"
            ) || token.is("te")
                && tokens.get(at + 1).is_some_and(|next| {
                    crate::words::forms(language, &next.lower, &next.fold)
                        .iter()
                        .any(|form| form.person == crate::words::Person::Second)
                });
            let plain =
                matches!(token.fold.as_str(), "que" | "cual" | "cuanto" | "cuantos" | "cuantas" | "quien" | "donde")
                    && !(token.is("que")
                        && matches!(
                            word(at + 1),
                            "sepas"
                                | "conste"
                                | "vivo"
                                | "me"
                                | "yo"
                                | "mi"
                                | "no"
                                | "luego"
                                | "ya"
                                | "si"
                                | "se"
                                | "mis"
                        ));
            accent || after_preposition || second && !matches!(word(at + 1), "que") || plain
        }
        Language::English => {
            let asking = ["what", "who", "whom", "whose", "which", "when", "where", "why", "how"];
            let auxiliary = [
                "do", "does", "did", "is", "are", "am", "was", "were", "can", "could", "would", "will", "should",
                "have", "has", "may", "shall",
            ];
            let subject = [
                "i", "you", "he", "she", "it", "we", "they", "my", "your", "there", "the", "this", "that", "her",
                "his", "not", "our", "any", "a",
            ];
            asking.contains(&token.fold.as_str())
                || auxiliary.contains(&token.fold.as_str())
                    // "Can't stand coriander" leaves out who cannot.
                    && !(token.is("can") && word(at + 1) == "not" && !subject.contains(&word(at + 2)))
                    && (subject.contains(&word(at + 1)) || tokens.get(at + 1).is_some_and(|t| t.capital))
        }
    }
}

/// What a household shares with its guests, whatever its code is called.
pub(super) const SHARED: &[&str] = &[
    "wifi",
    "wi-fi",
    "wi fi",
    "router",
    "alarma",
    "alarm",
    "portal",
    "puerta",
    "door",
    "gate",
    "garaje",
    "garage",
    "taquilla",
    "locker",
    "candado",
    "padlock",
    "trastero",
    "edificio",
    "building",
    "keypad",
    "lockbox",
    "bike lock",
    "shed",
    "cobertizo",
    "caseta",
    "cancela",
    "verja",
    "buzon",
    "mailbox",
];

/// «¿De dónde…?», «¿con quién…?»
fn asks_behind_preposition(tokens: &[Token], at: usize, asking: &[&str]) -> bool {
    let word = |i: usize| tokens.get(i).map_or("", |token| token.fold.as_str());
    let token = &tokens[at];
    matches!(token.fold.as_str(), "a" | "de" | "en" | "con" | "para" | "por" | "desde" | "hasta")
                    && asking.contains(&word(at + 1))
                    // «Desde que me jubilé», «para que lo sepas».
                    && !(matches!(token.fold.as_str(), "desde" | "hasta") && tokens[at + 1].lower == "que"
                        || word(at + 1) == "que" && matches!(word(at + 2), "sepas" | "lo" | "te" | "conste" | "me"))
                    && tokens
                        .get(at + 1)
                        .is_some_and(|t| t.lower != t.fold || matches!(t.fold.as_str(), "que" | "quien" | "donde"))
}

/// Passwords, PINs, card numbers: kept nowhere. A code that opens a door or a network is there to be shared.
pub(crate) fn is_secret(text: &str) -> bool {
    let folded = fold(text);
    let account = holds(
        &folded,
        &[
            "cvv",
            "cvc",
            "api key",
            "token",
            "frase semilla",
            "seed phrase",
            "private key",
            "clave privada",
            "tarjeta de credito",
            "credit card",
            "numero de tarjeta",
            "card number",
            "iban",
            "ssn",
            "social security number",
            "numero de la seguridad social",
        ],
    );
    let named = account
        || !holds(&folded, SHARED)
            && holds(
                &folded,
                &[
                    "contrasena",
                    "contrasenas",
                    "password",
                    "passwords",
                    "passphrase",
                    "pin",
                    "clave",
                    "passcode",
                    "codigo de seguridad",
                    "security code",
                    "codigo secreto",
                ],
            );
    let told = holds(&folded, &["es", "is", "son", "are"]) || folded.contains(':') || folded.contains('=');
    let value = folded.split(|c: char| c.is_whitespace()).any(|word| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        word.len() >= 3 && word.chars().any(|c| c.is_ascii_digit())
    });
    let quoted = text.contains(['"', '«', '“', '`', '\'']);
    let after = folded
        .rsplit_once(" es ")
        .or_else(|| folded.rsplit_once(" is "))
        .or_else(|| folded.rsplit_once(": "))
        .map_or("", |(_, after)| after);
    let short = !after.is_empty() && after.split_whitespace().count() <= 2;
    named && told && (value || quoted || short) && !folded.ends_with('?') || has_card_number(text)
}

/// 13 to 19 digits in groups that pass Luhn's check.
fn has_card_number(text: &str) -> bool {
    let mut run = String::new();
    let mut found = false;
    for c in text.chars().chain(std::iter::once('x')) {
        if c.is_ascii_digit() {
            run.push(c);
        } else if !matches!(c, ' ' | '-') {
            found |= (13..=19).contains(&run.len()) && luhn(&run);
            run.clear();
        }
    }
    found
}

fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, byte)| {
            let digit = u32::from(byte - b'0') * if at % 2 == 1 { 2 } else { 1 };
            if digit > 9 { digit - 9 } else { digit }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets() {
        for text in [
            "mi contraseña es hunter2",
            "My PIN is 4821",
            "la tarjeta: 4111 1111 1111 1111",
            "the bank password is «casa»",
            "el pin del móvil es 0000",
            // Places have passwords of their own, which are nobody's guests'.
            "la contraseña del correo de la oficina es hunter2",
            "my office computer password is hunter2",
            "my safe deposit box password is hunter2",
        ] {
            assert!(is_secret(text), "{text}");
        }
        for text in [
            "the wifi password is «casa»",
            "la clave del cobertizo es 4410",
            "mi teléfono es 600 123 456",
            "¿cuál es mi contraseña?",
            "he olvidado la contraseña",
            "I lost my PIN",
        ] {
            assert!(!is_secret(text), "{text}");
        }
    }
}
