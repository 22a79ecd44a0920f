//! «No, perdona, era Luis»: what the owner said a moment ago was wrong.

use sarai_types::Language;

use super::claims::object;
use super::statement::{Act, Manner, Object, Statement};
use crate::fact::Predicate;
use crate::grammar::name::Trust;
use crate::grammar::noun::Noun;
use crate::grammar::{Mention, Scan};
use crate::text::{Sentence, Token, fold};
use crate::time::{Date, Direction, Lookup, weekday};
use crate::words;
use crate::words::lists::{FILLERS, MARKERS};

/// A longer message says something of its own.
const CORRECTION_TOKENS_MAX: usize = 20;

/// So far behind its beginning stands the colon of «escribí mal: …».
const LED_UP_MAX: usize = 8;

/// So far behind its beginning a correction says whose it is: «me he liado: el de mi madre es el 24».
const ONE_OF_WITHIN: usize = 8;

/// Words of a note that are looked at for its value.
const NOTE_TOKENS_MAX: usize = 60;
/// What somebody says who notices a mistake, before they say so.
const SIGHS: &[&str] =
    &["uy", "ay", "huy", "ah", "oh", "vaya", "oops", "ups", "uf", "hmm", "bueno", "well", "sorry", "ostras"];

/// Cuts sentences where the speaker corrects themself: «vivo en Madrid, perdón, en Toledo».
pub(super) fn split(tokens: &[Token], sentences: Vec<Sentence>) -> Vec<Sentence> {
    let inner = ["perdon", "perdona", "digo", "sorry", "rectifico", "corrijo"];
    let pairs = [
        ("i", "mean"),
        ("i", "meant"),
        ("mejor", "dicho"),
        ("quiero", "decir"),
        ("quise", "decir"),
        ("or", "rather"),
        ("no", "perdona"),
        ("no", "perdon"),
        ("no", "wait"),
        ("no", "sorry"),
        ("me", "equivoque"),
        ("wait", "no"),
    ];
    let mut out = Vec::new();
    for sentence in sentences {
        let cut = (sentence.first + 2..sentence.last).find(|&at| {
            let word = |i: usize| tokens.get(i).map_or("", |t| t.fold.as_str());
            let parted = matches!(word(at - 1), "," | "-" | "–" | "—" | "(");
            // «34 años, bueno, 35».
            let figure = matches!(word(at), "bueno" | "well")
                && word(at + 1) == ","
                && tokens.get(at + 2).is_some_and(|token| token.kind == crate::text::Kind::Number);
            parted
                && (figure
                    || inner.contains(&word(at)) && !(word(at) == "digo" && matches!(word(at + 1), "que" | "yo"))
                    || pairs.contains(&(word(at), word(at + 1))))
        });
        match cut {
            Some(cut) => out.extend([Sentence { last: cut - 1, ..sentence }, Sentence { first: cut, ..sentence }]),
            None => out.push(sentence),
        }
    }
    out
}

/// One past the marker at the beginning of the sentence, if it corrects.
pub(super) fn marker(scan: &Scan<'_>) -> Option<usize> {
    let words: Vec<usize> = (0..scan.tokens.len()).filter(|&at| !scan.tokens[at].is_mark()).take(10).collect();
    let sighs = words.iter().take_while(|&&at| scan.is_any(at, SIGHS)).count();
    let opening = |from: usize| {
        let count = MARKERS.longest(words[from..].iter().map(|&at| scan.word(at)))?;
        Some(words[from + count - 1] + 1)
    };
    let best = opening(0).max(opening(sighs));
    // A plain «no» corrects only with a comma behind it, and so does "scrap that": "scrap that penicillin thing".
    let last = best.map_or("", |end| scan.word(end - 1));
    let alone = best == Some(1) && last == "no" || matches!(last, "that" | "it" | "eso");
    best.filter(|&end| !alone || scan.tokens.get(end).is_none_or(Token::is_mark))
}

impl super::Run<'_> {
    /// «Vivo en Vigo, bueno, en Redondela»: what is put right in one breath takes the place of what was said.
    pub(super) fn put_right(&mut self, scan: &Scan<'_>, before: usize, span: (usize, usize)) {
        let Some((comma, from)) = inserted(scan) else { return };
        let said = |s: &Statement| s.act == Act::Assert && s.span.1 <= scan.tokens[comma].start;
        let Some(wrong) = (before..self.statements.len()).rev().find(|&i| said(&self.statements[i])) else { return };
        let old = std::slice::from_ref(&self.statements[wrong]);
        if let Some(right) = elliptical(scan, from, old, span) {
            self.statements[wrong].object = right.object;
        }
    }
}

/// «…, bueno, en Redondela», ", I mean, …": the comma, and where what is right begins.
fn inserted(scan: &Scan<'_>) -> Option<(usize, usize)> {
    const MARKS: &[&[&str]] = &[
        &["bueno", ","],
        &["mejor", "dicho"],
        &["digo"],
        &["quiero", "decir"],
        &["perdon"],
        &["well", ","],
        &["i", "mean"],
        &["or", "rather"],
        &["sorry"],
        &["no", ",", "wait"],
    ];
    (2..scan.tokens.len()).filter(|&at| scan.word(at) == ",").find_map(|comma| {
        let stands = |mark: &&&[&str]| mark.iter().enumerate().all(|(i, word)| scan.word(comma + 1 + i) == *word);
        let mark = MARKS.iter().find(stands)?;
        let end = comma + 1 + mark.len();
        Some((comma, end + usize::from(scan.word(end) == ",")))
    })
}

/// Whether a message only sets right what was said before it: «no, perdona, el martes».
pub(crate) fn is_correction(text: &str, language: Language) -> bool {
    let tokens = crate::text::tokens(text, CORRECTION_TOKENS_MAX + 1);
    let scan = Scan {
        text,
        tokens: &tokens,
        language,
        lower_case: false,
        known: &|_| false,
        work: false,
        lookup: Lookup { today: Date::from_days(0), direction: Direction::Past, month_first: false },
    };
    let Some(end) = marker(&scan) else { return false };
    tokens.len() <= CORRECTION_TOKENS_MAX && tokens[end..].iter().any(|token| !token.is_mark())
}

/// What a sentence without a verb of its own corrects: «(perdona,) era Luis», «no es Ana, es Eva».
pub(super) fn elliptical(
    scan: &Scan<'_>,
    from: usize,
    recent: &[Statement],
    sentence: (usize, usize),
) -> Option<Statement> {
    let (wrong, from) = contrast(scan, from);
    let mut candidates: Vec<&Statement> =
        recent.iter().filter(|s| s.act == Act::Assert && s.object.is_some()).collect();
    // «Mi hermano Tom vive en Bristol. – Perdona, Leeds»: no other name, unless people are called so.
    let called = |at: usize| scan.tokens[at].capital && words::is_first_name(scan.word(at));
    let renames = (from..scan.tokens.len())
        .any(|at| called(at) || scan.is_any(at, &["llama", "called", "name", "named", "nombre"]));
    let names = |s: &Statement| matches!(s.predicate, Predicate::Name | Predicate::Relative | Predicate::Pet);
    candidates.sort_by_key(|statement| (names(statement) == renames, statement.span.1));
    if let Some(wrong) = &wrong {
        let named = |s: &&Statement| {
            s.object.as_ref().is_some_and(|o| {
                o.key == *wrong || fold(&o.text) == *wrong || mention_name(o).is_some_and(|n| fold(n) == *wrong)
            })
        };
        if candidates.iter().any(&named) {
            candidates.retain(named);
        }
    }
    // «Me equivoqué de mes, es el 2 de julio»: what is right stands behind its own verb.
    let later = (from + 1..scan.tokens.len())
        .find(|&i| scan.is_any(i - 1, &[",", ":", "-", "–"]) && scan.is_any(i, &["es", "era", "son", "it", "it's"]));
    if let Some((whose, verb)) = one_of(scan, from) {
        candidates.retain(|statement| statement.subject == whose);
        return candidates.iter().rev().find_map(|statement| replaced(scan, verb, statement, sentence));
    }
    let starts = [Some(from), later];
    starts
        .into_iter()
        .flatten()
        .find_map(|from| candidates.iter().rev().find_map(|statement| replaced(scan, from, statement, sentence)))
}

/// «El de mi madre es el 24»: whose it is, and the verb behind.
fn one_of(scan: &Scan<'_>, from: usize) -> Option<(Mention, usize)> {
    let mine = (from..scan.tokens.len().min(from + ONE_OF_WITHIN)).find(|&i| scan.is_any(i, &["mio", "mia", "mine"]));
    if let Some(verb) = mine.map(|at| at + 1).filter(|&verb| scan.is_any(verb, &["es", "era", "is", "was"])) {
        return Some((Mention::Owner, verb));
    }
    let at = (from..scan.tokens.len().min(from + ONE_OF_WITHIN))
        .find(|&i| scan.is_any(i, &["el", "la", "lo", "the"]) && scan.is_any(i + 1, &["de", "one"]))?;
    let whose = at + 2 + usize::from(scan.is_any(at + 2, &["of", "for"]));
    let (Noun::Someone(mention), verb) = scan.noun(whose)? else { return None };
    scan.is_any(verb, &["es", "era", "is", "was"]).then_some((mention, verb))
}

/// «Marco no, Marcos», "not Boston, Houston": says that something just said is wrong.
pub(super) fn contrasts(scan: &Scan<'_>, from: usize, recent: &[Statement]) -> bool {
    contrast(scan, from).0.is_some_and(|wrong| {
        recent.iter().filter(|s| s.act == Act::Assert).filter_map(|s| s.object.as_ref()).any(|object| {
            object.key == wrong || fold(&object.text) == wrong || mention_name(object).is_some_and(|n| fold(n) == wrong)
        })
    })
}

/// "29 actually", «el 19 en realidad»: the marker stands behind.
pub(super) fn trails(scan: &Scan<'_>) -> bool {
    let figure = scan.tokens.first().is_some_and(|token| token.kind == crate::text::Kind::Number)
        && matches!(scan.word(1), "," | "");
    let softly = figure || scan.is_any(0, &["bueno", "well", "mejor"]) && scan.word(1) == ",";
    softly
        || (1..scan.tokens.len().min(5)).any(|i| {
            scan.is_any(i, &["actually", "rather", "perdon", "sorry"])
                || scan.word(i) == "en" && scan.word(i + 1) == "realidad"
        })
}

/// «No es Ana, es Eva»: what was wrong, and where the right one is looked for.
fn contrast(scan: &Scan<'_>, from: usize) -> (Option<String>, usize) {
    let negated = (from..scan.tokens.len()).find(|&i| scan.is_any(i, &["no", "not"]));
    // «A las nueces no, a los cacahuetes» has its «no» behind what is wrong.
    let behind = |at: usize| at <= from + 6 && scan.word(at + 1) == ",";
    let Some(at) = negated.filter(|&at| at <= from + 3 || behind(at)) else { return (None, from) };
    let turn = (at + 1..scan.tokens.len()).find(|&i| matches!(scan.word(i), "," | "sino" | "but"));
    let Some(turn) = turn else { return (None, from) };
    // «Marco no, Marcos» has what is wrong before the «no».
    if turn == at + 1
        && at > from
        && let Some(first) = (from..at).find(|&i| !FILLERS.contains(&scan.word(i)))
    {
        return (Some(words::key(scan.source(first, at))), turn + 1);
    }
    let first = (at + 1..turn).find(|&i| !FILLERS.contains(&scan.word(i)));
    // "Not Bath after all, …".
    let trails =
        |at: usize| scan.is_any(at, &["after", "all", "now", "anymore", "any", "more", "ya", "al", "final", "mas"]);
    let end = (at + 1..turn).rev().find(|&i| !trails(i)).map_or(turn, |last| last + 1);
    let wrong = first.filter(|first| *first < end).map(|first| words::key(scan.source(first, end)));
    (wrong, turn + 1)
}

fn mention_name(object: &Object) -> Option<&str> {
    match object.mention.as_ref()? {
        Mention::Relative { name, .. } | Mention::Animal { name, .. } => name.as_deref(),
        Mention::Named(name) => Some(name),
        Mention::Owner | Mention::Pronoun { .. } | Mention::Thing { .. } => None,
    }
}

/// «Bueno, técnicamente en Petrer»: past what only leads up to the value.
fn led_up(scan: &Scan<'_>, from: usize) -> usize {
    let leads = |at: usize| {
        scan.tokens[at].is_mark()
            || FILLERS.contains(&scan.word(at)) && !scan.is_any(at, &["en", "in", "el", "the", "a"])
            || scan.word(at).ends_with("mente")
            || scan.word(at).ends_with("ally")
    };
    (from..scan.tokens.len()).find(|&at| !leads(at)).unwrap_or(scan.tokens.len())
}

/// Whether nothing but politeness stands behind a value, or another thought.
fn settles(scan: &Scan<'_>, end: usize) -> bool {
    const TRAILING: &[&str] = &["actually", "rather", "realidad", "sorry", "perdon", "now", "ahora"];
    const POLITE: &[&str] =
        &["perdon", "perdona", "sorry", "anos", "years", "old", "no", "actually", "rather", "realidad", "en"];
    // «34 de pantalón».
    let garment = scan.tokens[end - 1].kind == crate::text::Kind::Number
        && scan.word(end) == "de"
        && scan.tokens.get(end + 2).is_none_or(crate::text::Token::is_mark);
    let end = if garment { end + 2 } else { end };
    let trails = |i: usize| scan.is_any(i, TRAILING) || scan.word(i) == "en" && scan.word(i + 1) == "realidad";
    let end = (end..scan.tokens.len()).find(|&i| !trails(i)).unwrap_or(scan.tokens.len());
    scan.tokens[end..].iter().all(|t| t.is_mark() || POLITE.contains(&t.fold.as_str()))
        || scan.is_any(end, &[",", "because", "porque", "pues", "que"])
}

fn replaced(scan: &Scan<'_>, from: usize, old: &Statement, sentence: (usize, usize)) -> Option<Statement> {
    let object = old.object.as_ref()?;
    let relative = matches!(old.predicate, Predicate::Relative | Predicate::Pet);
    if old.predicate == Predicate::Routine {
        return another_day(scan, from, old, sentence);
    }
    if old.predicate == Predicate::Note && !old.kind.is_empty() {
        return another_value(scan, from, old, sentence);
    }
    if old.predicate == Predicate::Address
        && let Some(text) = other_part(scan, from, &object.text)
    {
        return Some(corrected(scan, old, Object::plain(text), sentence));
    }
    // «Escribí mal: es el 703», behind what only says that something was wrong.
    let colon = (from..scan.tokens.len().min(from + LED_UP_MAX)).find(|&at| scan.word(at) == ":");
    let from = colon.map_or(from, |colon| colon + 1);
    let slot = slot_of(old.predicate)?;
    // A number to call and an address of mail are known wherever they stand: "the last digits are wrong, it is 0176 5550 213".
    let marked = matches!(old.predicate, Predicate::Phone | Predicate::Email);
    let anywhere = || (from..scan.tokens.len()).find(|&at| scan.slot(slot, at).is_some());
    let mut at = if marked { anywhere().unwrap_or(from) } else { led_up(scan, from) };
    while at < scan.tokens.len() {
        let found = if slot == "date"
            && let Some(day) = day_alone(scan, at, &object.key)
        {
            Some(day)
        } else if slot == "name" {
            scan.name(at, Trust::Capital)
                .map(|(name, end)| (Object { key: fold(&name), text: name, mention: None }, end))
        } else {
            scan.slot(slot, at).and_then(|(fillers, end)| Some((self::object(fillers.into_iter().next()?), end)))
        };
        let settled = found.filter(|(_, end)| settles(scan, *end));
        let dose = old.predicate == Predicate::Medication;
        if let Some((new, _)) = settled.filter(|(new, _)| new.key != object.key || dose && new.text != object.text) {
            if relative {
                // The relative stays, under another name.
                let mention = object.mention.clone().filter(|_| mention_name(object).is_some())?;
                return Some(Statement {
                    subject: mention,
                    predicate: Predicate::Name,
                    kind: String::new(),
                    object: Some(new),
                    manner: Manner::Correction,
                    span: sentence,
                    sentence,
                    language: scan.language,
                    ..old.clone()
                });
            }
            return Some(corrected(scan, old, new, sentence));
        }
        if !FILLERS.contains(&scan.word(at)) && !scan.tokens[at].is_mark() {
            return None;
        }
        at += 1;
    }
    None
}

/// «Es el apartamento 703»: an address with another number of the part that is named.
fn other_part(scan: &Scan<'_>, from: usize, address: &str) -> Option<String> {
    const PARTS: &[&[&str]] = &[
        &["apartamento", "apto", "apartment", "apt", "departamento", "depto", "dpto", "flat", "unit"],
        &["piso", "planta", "floor"],
        &["puerta", "door"],
        &["portal"],
        &["bloque", "block"],
        &["numero", "number", "house"],
    ];
    let figure = |token: &Token| token.fold.chars().any(|c| c.is_ascii_digit());
    let (at, part) = (from..scan.tokens.len()).find_map(|at| {
        let part = PARTS.iter().find(|part| scan.is_any(at, part))?;
        scan.tokens.get(at + 1).is_some_and(figure).then_some((at, *part))
    })?;
    let new = scan.source(at + 1, at + 2);
    let known = crate::text::tokens(address, CORRECTION_TOKENS_MAX);
    // The number of the house is the last before a comma: «Calle 2 de Mayo 15».
    let house = part.contains(&"numero");
    let comma = known.iter().position(|token| token.is(",")).unwrap_or(known.len());
    let old = if house {
        (0..comma).rev().find(|&i| figure(&known[i]))?
    } else {
        (1..known.len()).find(|&i| figure(&known[i]) && part.contains(&known[i - 1].fold.as_str()))?
    };
    Some(format!("{}{new}{}", &address[..known[old].start], &address[known[old].end..]))
}

/// What was said, with another object.
pub(super) fn corrected(scan: &Scan<'_>, old: &Statement, object: Object, sentence: (usize, usize)) -> Statement {
    Statement {
        object: Some(object),
        manner: Manner::Correction,
        span: sentence,
        sentence,
        language: scan.language,
        ..old.clone()
    }
}

/// "No wait, Thursday": a routine on another day.
fn another_day(scan: &Scan<'_>, from: usize, old: &Statement, sentence: (usize, usize)) -> Option<Statement> {
    let object = old.object.as_ref()?;
    let at = (from..scan.tokens.len().min(from + 6)).find(|&i| weekday(scan.word(i)).is_some())?;
    let wrong = object
        .text
        .split(' ')
        .find(|word| weekday(fold(word).trim_matches(|c: char| !c.is_alphanumeric())).is_some())?;
    let text = object.text.replacen(wrong, scan.source(at, at + 1), 1);
    (text != object.text).then(|| corrected(scan, old, Object::plain(text), sentence))
}

/// "Oops, I meant 381": the value of a note, where both are figures or codes.
fn another_value(scan: &Scan<'_>, from: usize, old: &Statement, sentence: (usize, usize)) -> Option<Statement> {
    let tells = |token: &crate::text::Token| token.fold.chars().any(|c| c.is_ascii_digit());
    let at = (from..scan.tokens.len()).find(|&at| tells(&scan.tokens[at]))?;
    let plain = (from..at).all(|i| scan.tokens[i].is_mark() || FILLERS.contains(&scan.word(i)));
    let object = old.object.as_ref()?;
    let told = crate::text::tokens(&object.text, NOTE_TOKENS_MAX);
    let wrong = told.iter().rev().find(|token| tells(token)).filter(|_| plain && settles(scan, at + 1))?;
    let mut text = object.text.clone();
    text.replace_range(wrong.start..wrong.end, scan.source(at, at + 1));
    (text != object.text).then(|| corrected(scan, old, Object::plain(text), sentence))
}

/// «El 19»: the day alone is corrected, and the month stays.
fn day_alone(scan: &Scan<'_>, at: usize, key: &str) -> Option<(Object, usize)> {
    let named = at > 0 && scan.is_any(at - 1, &["el", "the", "on"]);
    let (day, end) = crate::time::cardinal(scan.tokens, at).filter(|(day, _)| named && (1..=31).contains(day))?;
    let month = key.strip_prefix("--")?.split('-').next()?;
    let alone = scan.tokens.get(end).is_none_or(crate::text::Token::is_mark);
    alone.then(|| {
        let object =
            Object { text: scan.source(at, end).to_owned(), key: format!("--{month}-{day:02}"), mention: None };
        (object, end)
    })
}

/// The slot that a predicate's object stands in.
pub(crate) const fn slot_of(predicate: Predicate) -> Option<&'static str> {
    Some(match predicate {
        Predicate::Name | Predicate::Surname | Predicate::Nickname | Predicate::Relative | Predicate::Pet => "name",
        Predicate::Age | Predicate::Count | Predicate::ShoeSize => "num",
        Predicate::Birthday | Predicate::Wedding | Predicate::Anniversary => "date",
        Predicate::LivesIn | Predicate::Birthplace | Predicate::Origin | Predicate::Trip => "place",
        Predicate::WorksAt => "org",
        Predicate::StudiesAt => "school",
        Predicate::Role => "job",
        Predicate::Phone => "phone",
        Predicate::Email => "email",
        Predicate::Address => "address",
        Predicate::Height | Predicate::Weight => "measure",
        Predicate::ClothesSize => "size",
        Predicate::BloodType => "blood",
        Predicate::Plate => "plate",
        Predicate::Nationality | Predicate::Speaks | Predicate::Learning => "nation",
        Predicate::Diet => "diet",
        Predicate::Health => "illness",
        Predicate::Medication => "medicine",
        Predicate::MaritalStatus => "state",
        Predicate::Religion => "religion",
        Predicate::Plays => "instrument",
        Predicate::Studies => "degree",
        Predicate::KeptIn => "spot",
        Predicate::Likes
        | Predicate::Dislikes
        | Predicate::AllergicTo
        | Predicate::Favourite
        | Predicate::Avoids
        | Predicate::Hobby
        | Predicate::Owns
        | Predicate::Collects
        | Predicate::Team => "like",
        Predicate::Died
        | Predicate::Breed
        | Predicate::Trait
        | Predicate::Zodiac
        | Predicate::Pronouns
        | Predicate::Routine
        | Predicate::Habit
        | Predicate::Goal
        | Predicate::Appointment
        | Predicate::Note
        | Predicate::LivesWith => return None,
    })
}
