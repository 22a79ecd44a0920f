//! What no frame says and is worth a note: what the owner asks to be remembered, and what a thing of theirs is called or
//! counts, where the value tells that it is one: «el código del portal es 9043», "my booking reference is QX7LRT".

use super::claims::Reader;
use super::scope::Doubtful;
use super::stance::Stance;
use super::statement::{Manner, Object};
use super::{Run, STATEMENTS_MAX, command};
use crate::fact::Predicate;
use crate::grammar::frames::Says;
use crate::grammar::group::{Group, Polarity};
use crate::grammar::noun::Noun;
use crate::grammar::{Mention, Scan};
use crate::text::{Kind, Token};
use crate::time::cardinal;
use crate::words;
use crate::words::lists::{ADVERBS, FUNCTION, LABELS, NO_LABELS, NO_THINGS, PASSING, QUESTION_EMPTY};
use crate::words::{Person, Tense};

/// Words of the name of what is noted, and of its value.
const LABEL_WORDS_MAX: usize = 8;
const VALUE_WORDS_MAX: usize = 7;
pub(super) const OWN: &[&str] = &["mi", "mis", "nuestro", "nuestra", "nuestros", "nuestras", "my", "our"];
const ARTICLES: &[&str] = &["el", "la", "los", "las", "the"];
/// Who holds a post, of whom there is one to whom one turns.
const POSTS: &[&str] = &[
    "administrador",
    "administradora",
    "portero",
    "conserje",
    "presidente",
    "presidenta",
    "tutor",
    "tutora",
    "director",
    "directora",
    "headteacher",
    "caretaker",
    "electrician",
    "electricista",
    "plumber",
    "fontanero",
    "mechanic",
    "mecanico",
    "cleaner",
    "gestor",
    "gestora",
    "notario",
    "pediatra",
    "childminder",
];
/// Where somebody goes, and what can be said to be in a street.
const PREMISES: &[&str] = &[
    "oficina",
    "consulta",
    "taller",
    "gimnasio",
    "colegio",
    "academia",
    "ambulatorio",
    "clinica",
    "tienda",
    "peluqueria",
    "despacho",
    "office",
    "surgery",
    "workshop",
    "gym",
    "school",
    "clinic",
    "shop",
    "studio",
    "nursery",
    "guarderia",
    "allotment",
    "huerto",
];
const AT_HOME: &[&str] = &["home", "house", "new", "old", "current"];

impl Run<'_> {
    /// «Recuerda que …»: what was asked to be remembered and fits no frame is kept as it was said, if it is about the
    /// owner's world.
    pub(super) fn note(&mut self, scan: &Scan<'_>, groups: &[Group], certain: bool, sentence: (usize, usize)) {
        let before = self.statements.len();
        self.asked_for(scan, sentence);
        if self.statements.len() == before && certain {
            self.told(scan, groups, sentence);
        }
    }

    /// What stands beside what the frames say.
    pub(super) fn notes(&mut self, scan: &Scan<'_>, groups: &[Group], doubtful: &[Doubtful], sentence: (usize, usize)) {
        if doubtful.is_empty() {
            self.dose_changed(scan, groups, sentence);
            self.matters(scan, groups, sentence);
            self.favourite_last(scan, groups, sentence);
            self.exchanged(scan, groups, sentence);
            self.holds_now(scan, groups, sentence);
            self.replaced_beside(scan, sentence);
        }
        self.labels(scan, groups, doubtful, sentence);
        self.event_on(scan, groups, doubtful, sentence);
        if groups.is_empty() && doubtful.is_empty() {
            self.bare_event(scan, sentence);
        }
        self.listed_values(scan, doubtful, sentence);
        self.unable(scan, groups, doubtful, sentence);
        self.of_theirs(scan, groups, doubtful, sentence);
        if doubtful.is_empty() {
            self.scheduled(scan, groups, sentence);
        }
    }

    /// Whether nothing counts of what stands there.
    pub(super) fn doubts(&self, span: (usize, usize)) -> bool {
        self.skipped.iter().any(|skipped| skipped.span.0 <= span.0 && span.1 <= skipped.span.1)
    }

    fn asked_for(&mut self, scan: &Scan<'_>, sentence: (usize, usize)) {
        let Some(from) = command::remember(scan) else { return };
        let own = ["mi", "mis", "me", "yo", "nuestro", "nuestra", "nos", "my", "i", "our", "we", "us"];
        let range = &scan.tokens[from.min(scan.tokens.len())..];
        let about = range.iter().any(|token| own.contains(&token.fold.as_str()))
            || scan.noun(from).is_some_and(|(noun, _)| matches!(noun, Noun::Someone(_)));
        if about && range.len() >= 3 {
            self.noted(scan, (from, scan.tokens.len()), String::new(), sentence);
        }
    }

    /// «El código del portal es 9043», "QX7LRT is my booking reference", «código del portal: 9043».
    fn labels(&mut self, scan: &Scan<'_>, groups: &[Group], doubtful: &[Doubtful], sentence: (usize, usize)) {
        for group in groups {
            let doubted = doubtful.iter().any(|d| (d.first..d.last).contains(&group.first));
            let told = self.statements.iter().any(|s| {
                s.sentence == sentence
                    && s.span.0 <= scan.tokens[group.first].start
                    && scan.tokens[group.first].end <= s.span.1
            });
            if doubted
                || told
                || self.doubts((scan.tokens[group.first].start, scan.tokens[group.first].end))
                || !names(scan, group)
            {
                continue;
            }
            let at = scan.after_adverbs(group.last);
            let stands = scan.is_any(at, &["en", "in", "at", "on", "por"]);
            let from = at
                + usize::from(stands)
                + usize::from(stands && scan.is_any(at + 1, &["la", "el", "calle"]))
                + usize::from(stands && scan.is_any(at + 2, &["calle", "plaza", "avenida"]));
            let behind = value(scan, from).or_else(|| word_value(scan, group, from)).and_then(|end| {
                let (from, kind) = (group.first.saturating_sub(LABEL_WORDS_MAX + 1)..group.first)
                    .find_map(|from| Some((from, label(scan, from, group.first)?)))?;
                // The head of an English compound is its last word: a gym locker code is no gym.
                let head =
                    if scan.spanish() { from..(from + 2).min(group.first) } else { group.first - 1..group.first };
                let premises = head.into_iter().any(|i| scan.is_any(i, PREMISES));
                (stands == premises).then_some(((from, end), kind))
            });
            let before = || {
                let end = (at + 1..scan.tokens.len().min(at + LABEL_WORDS_MAX + 2))
                    .find(|&i| scan.tokens[i].is_mark())
                    .unwrap_or_else(|| scan.tokens.len().min(at + LABEL_WORDS_MAX + 2));
                let kind = label(scan, at, end)?;
                let from = (group.first.saturating_sub(VALUE_WORDS_MAX)..group.first)
                    .find(|&from| value(scan, from).is_some_and(|last| last == group.first))?;
                Some(((from, end), kind))
            };
            if let Some((range, kind)) = behind.or_else(before) {
                self.noted(scan, range, kind, sentence);
            }
        }
        for colon in
            (1..scan.tokens.len().min(LABEL_WORDS_MAX + 1)).filter(|&i| scan.word(i) == ":" && doubtful.is_empty())
        {
            let known = self.statements.iter().any(|s| s.sentence == sentence);
            let from = (0..colon).find_map(|from| Some((from, label(scan, from, colon)?)));
            if let (false, Some((from, kind)), Some(end)) = (known, from, value(scan, colon + 1)) {
                self.noted(scan, (from, end), kind, sentence);
            }
        }
    }

    /// "Sizes: shoes 10, waist 34, ring R": a list of names with their values.
    fn listed_values(&mut self, scan: &Scan<'_>, doubtful: &[Doubtful], sentence: (usize, usize)) {
        let Some(colon) = (1..scan.tokens.len().min(12)).find(|&i| scan.word(i) == ":").filter(|_| doubtful.is_empty())
        else {
            return;
        };
        let announced = (0..colon).any(|i| {
            scan.is_any(i, &["sizes", "measurements", "tallas", "medidas", "codes", "codigos", "numbers", "numeros"])
        });
        let mut from = colon + 1;
        while announced && from < scan.tokens.len() {
            let end = (from..scan.tokens.len())
                .find(|&i| scan.is_any(i, &[",", ";", "y", "and", "."]))
                .unwrap_or(scan.tokens.len());
            let valued = end > from + 1
                && end <= from + 5
                && (scan.tokens[end - 1].kind == Kind::Number || scan.tokens[end - 1].fold.len() <= 3)
                && (from..end - 1).all(|i| scan.tokens[i].is_word());
            if valued {
                let mut kind: Vec<String> = (from..end - 1).map(|i| words::same::label(scan.word(i))).collect();
                kind.sort();
                self.noted(scan, (from, end), kind.join("+"), sentence);
            }
            from = end + 1;
        }
    }

    pub(super) fn noted(&mut self, scan: &Scan<'_>, tokens: (usize, usize), kind: String, sentence: (usize, usize)) {
        if self.statements.len() >= STATEMENTS_MAX {
            return;
        }
        self.clauses += 1;
        let text = scan.source(tokens.0, tokens.1).to_owned();
        let object = Object::plain(text);
        let says = Says::of(Predicate::Note);
        let reader = Reader { scan, manner: Manner::Plain, number: self.clauses, sentence };
        let stance = Stance::PLAIN;
        let mut statement = reader.statement(Mention::Owner, &says, Some(object), stance, tokens);
        statement.kind = kind;
        self.push(statement);
    }
}

/// Whether the verb says what something is, now and for certain.
fn names(scan: &Scan<'_>, group: &Group) -> bool {
    let is = group.has_any(&["ser", "be", "estar", "quedar"]) && !group.aspect.passive && !group.aspect.progressive
        || group.has("llamar") && group.reflexive
        || group.aspect.passive && group.has("call");
    is && group
        .readings
        .iter()
        .any(|form| form.tense == Tense::Present && matches!(form.person, Person::Third | Person::Any))
        && !(group.aspect.modal || group.aspect.prospective)
        && scan.late_negation(group, scan.tokens.len()) == Polarity::Positive
}

/// What is noted, by the words that tell it from other things. None where the words between name nothing of the kind.
fn label(scan: &Scan<'_>, from: usize, end: usize) -> Option<String> {
    let own = scan.is_any(from, OWN);
    // «El gimnasio al que voy», "the gym I go to".
    let goes = (from + 2..end).find(|&i| {
        scan.is_any(i, &["a"]) && scan.is_any(i + 1, &["el", "la"]) && scan.word(i + 2) == "que"
            || scan.is_any(i, &["i", "que", "donde", "where"]) && !scan.is_any(i + 1, &["se"])
    });
    let ours = goes.is_some_and(|at| {
        (at..end).any(|i| scan.is_any(i, &["i", "voy", "uso", "vamos", "usamos", "compro", "trabajo", "we"]))
    });
    let (own, end) = if ours { (true, goes.unwrap_or(end)) } else { (own, end) };
    let first = from + usize::from(scan.is_any(from, OWN) || scan.is_any(from, ARTICLES));
    if first >= end
        || end > first + LABEL_WORDS_MAX
        || from > 0 && scan.is_any(from - 1, &["de", "of", "in", "en", "on", "with", "con", "at", "from", "to", "a"])
    {
        return None;
    }
    let plain = (first..end).all(|i| {
        let token = &scan.tokens[i];
        (token.is_word() || token.kind == Kind::Number && i > first)
            && !token.quoted
            && !scan.is_any(i, &["que", "that", "which", "who", "and", "y"])
    });
    // In English the last word before "of" or "for" is the head, in Spanish the first.
    let tail = (first + 1..end)
        .find(|&i| scan.is_any(i, &["de", "of", "for", "para", "at", "in", "en", "with", "con", "on"]))
        .unwrap_or(end);
    let head = if scan.spanish() { first } else { tail - 1 };
    // «El administrador es Baltasar Quiroga».
    let person = scan.spanish() && scan.is_any(first, POSTS) || scan.is_any(head, POSTS);
    let named = (first..tail).any(|i| LABELS.contains(&scan.word(i)) || scan.is_any(i, PREMISES));
    let person = person || (first..tail).any(|i| scan.is_any(i, PREMISES));
    let longer = tail > first + 1 || tail < end;
    // A booking is known by its reference for longer than an order.
    let booked = (first..end).any(|i| scan.is_any(i, &["booking", "reservation", "reserva", "localizador"]));
    let vain = (first..tail).any(|i| {
        let word = scan.word(i);
        (NO_THINGS.contains(&word) || PASSING.contains(&word) || NO_LABELS.contains(&word))
            && !(longer && LABELS.contains(&word))
            && !booked
    }) || !booked && (tail..end).any(|i| NO_LABELS.contains(&scan.word(i)) && !LABELS.contains(&scan.word(i))) || FUNCTION.contains(&scan.word(first))
        // «El presidente de Francia» is everybody's.
        || !own && (first..end).any(|i| scan.tokens[i].capital && i > 0 && scan.source(i, i + 1).chars().any(char::is_lowercase));
    let people = words::longest(scan.language, scan.tokens, head, &[words::Class::Kin, words::Class::Pet]).is_some();
    let fits = plain && !vain && !people && (own || named && (longer || first > from && person));
    fits.then(|| {
        let mut kind: Vec<String> = (first..end)
            .map(|i| scan.word(i))
            .filter(|word| !FUNCTION.contains(word) && !QUESTION_EMPTY.contains(word))
            .map(words::same::label)
            .filter(|word| !AT_HOME.contains(&word.as_str()))
            .collect();
        kind.sort();
        kind.dedup();
        kind.join("+")
    })
    .filter(|kind| !kind.is_empty())
}

/// "My username on the forum is otterpop": what is plainly named may be any word.
fn word_value(scan: &Scan<'_>, group: &Group, at: usize) -> Option<usize> {
    const NAMED: &[&str] =
        &["username", "usuario", "handle", "password", "contrasena", "clave", "passcode", "nick", "alias"];
    let named = (group.first.saturating_sub(LABEL_WORDS_MAX)..group.first).any(|i| scan.is_any(i, NAMED));
    let end = scan.phrase_end(at);
    (named && end > at && end <= at + 3).then_some(end)
}

/// One past a value that nobody could guess: a figure, a code, a name, something quoted, an address.
fn value(scan: &Scan<'_>, at: usize) -> Option<usize> {
    let mut from = at;
    while scan.is_any(
        from,
        &["el", "la", "los", "las", "the", "un", "una", "a", "an", "de", "tal", "about", "unos", "£", "$", "€"],
    ) {
        from += 1;
    }
    let end = (from..scan.tokens.len().min(from + VALUE_WORDS_MAX))
        .find(|&i| {
            let token = &scan.tokens[i];
            let close = scan.tokens.get(i + 1).is_some_and(|next| next.start == token.end);
            let joins = token.is_mark()
                && (scan.is_any(i, &["-", "/", "+", "#", "_", "*"]) || close && scan.is_any(i, &["@", "."]));
            let decimal = scan.is_any(i, &[","]) && scan.tokens.get(i + 1).is_some_and(|t| t.kind == Kind::Number);
            // "32k" is cut in two.
            let thousand = i > from && scan.source(i, i + 1) == "k";
            token.is_mark() && !token.quoted && !joins && !decimal
                || !thousand
                    && scan.is_any(
                        i,
                        &[
                            "y", "and", "pero", "but", "que", "so", "asi", "porque", "because", "desde", "since",
                            "which", "if", "si",
                        ],
                    )
        })
        .unwrap_or_else(|| scan.tokens.len().min(from + VALUE_WORDS_MAX));
    let tells = |i: usize| {
        let token: &Token = &scan.tokens[i];
        token.kind == Kind::Number
            || matches!(token.kind, Kind::Email | Kind::Link)
            || token.is("@")
            || token.quoted && token.is_word()
            || token.fold.chars().any(|c| c.is_ascii_digit()) && token.fold.chars().any(char::is_alphabetic)
            || token.capital && !token.is("i") && token.is_word()
            || cardinal(scan.tokens, i).is_some_and(|_| !scan.is_any(i, &["un", "una", "uno", "a", "an", "one"]))
    };
    // "My code is 300 lines long" counts something else.
    let plain =
        (from..end).filter(|&i| scan.tokens[i].is_word() && !tells(i) && !ADVERBS.contains(&scan.word(i))).count();
    let telling = (from..end).filter(|&i| tells(i)).count();
    (from < end && telling > 0 && plain <= telling + 1 && tells(from)).then_some(end)
}
