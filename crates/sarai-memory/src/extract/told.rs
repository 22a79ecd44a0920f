//! What the owner tells of themself or theirs in a form that no table foresees, kept as it was said.

use super::Run;
use super::claims::{Reader, at_hour};
use super::noted::OWN;
use super::scope::Doubtful;
use super::stance::Stance;
use super::statement::{Act, Manner, Object};
use crate::fact::Predicate;
use crate::grammar::frames::Says;
use crate::grammar::group::{Group, Polarity};
use crate::grammar::noun::Noun;
use crate::grammar::{Mention, Scan};
use crate::text::Kind;
use crate::time::cardinal;
use crate::words::lists::{EPHEMERAL, FUNCTION, NO_TALES, PASSING, REPORTING, THINKING};
use crate::words::{self, Person, Tense};

/// A shorter sentence tells nothing by itself, a longer one too much.
const TOLD_WORDS_MIN: usize = 4;
const TOLD_WORDS_MAX: usize = 40;
/// Whose or where a thing is, which tells it from no other.
/// Words that put a sentence to the one who hears it.
const SECOND_ES: &[&str] = &["te", "tu", "tus", "usted", "vos"];
const SECOND_EN: &[&str] = &["you", "your", "me", "let", "te", "tu", "tus"];
/// What people can or cannot do.
const SKILLS: &[&str] = &[
    "nadar", "conducir", "manejar", "cocinar", "bailar", "cantar", "esquiar", "patinar", "coser", "tejer", "dibujar",
    "silbar", "swim", "drive", "cook", "dance", "sing", "ski", "skate", "sew", "knit", "draw", "whistle", "type",
    "surf", "dive", "float",
];

/// Verbs whose object is what somebody says, and not what they do.
const CLAIMING: &[&str] = &[
    "decir",
    "jurar",
    "presumir",
    "insistir",
    "mencionar",
    "comentar",
    "opinar",
    "say",
    "claim",
    "insist",
    "swear",
    "reckon",
    "boast",
    "brag",
    "mention",
];

impl Run<'_> {
    /// «No sé nadar», "I can't drive", «no tengo carné de conducir»: what somebody cannot do.
    pub(super) fn unable(
        &mut self,
        scan: &Scan<'_>,
        groups: &[Group],
        doubtful: &[Doubtful],
        sentence: (usize, usize),
    ) {
        for group in groups {
            if doubtful.iter().any(|d| (d.first..d.last).contains(&group.first)) || group.polarity != Polarity::Negative
            {
                continue;
            }
            let own = if scan.spanish() {
                group.readings.iter().any(|form| form.person == Person::First)
            } else {
                group.first > 0 && scan.is_any(group.first - 1, &["i"]) || scan.is_any(group.first, &["i"])
            };
            let past = group.readings.iter().all(|form| matches!(form.tense, Tense::Past | Tense::Imperfect));
            let learns = group.has_any(&["learn", "aprender"]);
            let able = group.has_any(&["saber", "poder", "know", "can"]) && !past || learns || group.aspect.modal;
            let skill = |i: usize| (i < group.last + 4 && scan.is_any(i, SKILLS)).then_some(i);
            let licence = group.has_any(&["tener", "have"])
                && !past
                && (group.last..group.last + 5)
                    .any(|i| scan.is_any(i, &["carne", "carnet", "licencia", "licence", "license"]));
            let verb = (group.last.max(1) - 1..scan.tokens.len().min(group.last + 4)).find_map(skill);
            let skilled =
                group.readings.iter().find(|form| SKILLS.contains(&form.lemma) && form.tense == Tense::Present);
            let verb_itself = skilled.map(|form| (group.last, words::same::label(form.lemma)));
            let found = verb.filter(|_| able).map(|i| (i + 1, words::same::label(scan.word(i))));
            let end = scan.phrase_end(group.last);
            let found = found.or(verb_itself);
            let found = found.or_else(|| licence.then(|| (end, words::same::label("licence"))));
            if let (true, Some((end, kind))) = (own, found) {
                let first = group.first - usize::from(group.first > 0 && scan.is_any(group.first - 1, &["i", "yo"]));
                self.noted(scan, (first, end), kind, sentence);
            }
        }
    }

    /// What a relative does or has, where no frame says it: «mi cuñado lleva la contabilidad», "my colleague Tom does the
    /// payroll".
    pub(super) fn of_theirs(
        &mut self,
        scan: &Scan<'_>,
        groups: &[Group],
        doubtful: &[Doubtful],
        sentence: (usize, usize),
    ) {
        for (index, group) in groups.iter().enumerate() {
            let start = scan.tokens[group.first].start;
            let told = self.statements.iter().any(|s| {
                s.sentence == sentence
                    && s.predicate != Predicate::Relative
                    && s.predicate != Predicate::Name
                    && (s.span.0..=s.span.1).contains(&start)
            });
            let doubted =
                doubtful.iter().any(|d| (d.first..d.last).contains(&group.first)) || scan.tokens[group.first].quoted;
            // "My dad always says…": what they say is not what they do.
            let says = group.has_any(CLAIMING) || group.has_any(&REPORTING) && groups.len() > index + 1;
            let plain = group.polarity == Polarity::Positive
                && !says
                && !(group.aspect.modal || group.aspect.prospective || group.aspect.progressive)
                && group.readings.iter().any(|form| form.tense == Tense::Present && form.person == Person::Third)
                && (!group.has_any(&THINKING) || group.has_any(&["tener", "have"]));
            if told || doubted || !plain {
                continue;
            }
            let whose = (group.first.saturating_sub(6)..group.first).find_map(|at| match scan.noun(at) {
                Some((
                    Noun::Someone(
                        mention @ (Mention::Relative { plural: false, .. } | Mention::Animal { plural: false, .. }),
                    ),
                    end,
                )) if end == group.first => Some((at, mention)),
                _ => None,
            });
            let Some((at, mention)) = whose.filter(|(at, _)| {
                *at == 0 || scan.tokens[at - 1].is_mark() || scan.is_any(at - 1, &["and", "y", "que", "pero", "but"])
            }) else {
                continue;
            };
            let Some(of) = self.resolved(mention) else { continue };
            let next = groups.get(index + 1).map_or(scan.tokens.len(), |next| next.first);
            let end = (group.last..next)
                .find(|&i| {
                    scan.tokens[i].is_mark() || scan.is_any(i, &["y", "and", "pero", "but", "porque", "because"])
                })
                .unwrap_or(next);
            let content = (group.last..end).any(|i| {
                scan.tokens[i].is_word() && !FUNCTION.contains(&scan.word(i)) && !PASSING.contains(&scan.word(i))
            });
            let passing = (group.last..end).any(|i| EPHEMERAL.contains(&scan.word(i)));
            let other =
                passing || scan.is_any(group.last, &["me", "you", "us"]) || group.dative.is_some() || group.reflexive;
            if content && !other {
                let before = self.statements.len();
                self.noted(scan, (at, end), String::new(), sentence);
                if let Some(statement) = self.statements.get_mut(before) {
                    statement.subject = of;
                }
            }
        }
    }

    /// What the owner tells of themself or theirs in a form that no table foresees, where the sentence holds something
    /// that one would ask for: a figure, a name, a day, an illness, a trade.
    pub(super) fn told(&mut self, scan: &Scan<'_>, groups: &[Group], sentence: (usize, usize)) {
        let words = scan.tokens.iter().filter(|token| token.is_word()).count();
        let put_to = if scan.spanish() { SECOND_ES } else { SECOND_EN };
        let passes = |at: usize| {
            let token = &scan.tokens[at];
            token.quoted
                || token.lower == "qué"
                || scan.is_any(at, &["believes", "cree"])
                || scan.is_any(at, put_to)
                || EPHEMERAL.contains(&scan.word(at))
        };
        if !(TOLD_WORDS_MIN..=TOLD_WORDS_MAX).contains(&words) || (0..scan.tokens.len()).any(passes) {
            return;
        }
        let Some(group) = groups.first() else { return };
        // «Mi hermano jura que corrió», "had I been born": what somebody says, and what never was.
        let says = groups.len() > 1 && group.has_any(&REPORTING) && is_third(group);
        let unreal = |group: &Group| {
            !group.readings.is_empty() && group.readings.iter().all(|form| form.tense == Tense::Conditional)
        };
        if says || groups.iter().any(unreal) {
            return;
        }
        let many = scan.spanish()
            && group.has("ser")
            && (0..scan.tokens.len()).any(|i| scan.is_any(i, &["somos"]) && cardinal(scan.tokens, i + 1).is_some());
        let of_kin = names_kin(scan) && !owned_thing(scan) && is_done_by_kin(group);
        if of_kin || (many || tells_of_own(scan, group)) && is_telling(scan) {
            self.noted(scan, (0, scan.tokens.len()), String::new(), sentence);
        }
    }

    /// «El sábado es la boda de mi primo», "it's my dad's birthday on Sunday": a day on which something is.
    pub(super) fn event_on(
        &mut self,
        scan: &Scan<'_>,
        groups: &[Group],
        doubtful: &[Doubtful],
        sentence: (usize, usize),
    ) {
        let lookup = scan.pointing(crate::time::Direction::Future);
        for group in groups.iter().filter(|group| group.has_any(&["ser", "be"]) && group.polarity == Polarity::Positive)
        {
            let told = self.statements.iter().any(|s| s.sentence == sentence);
            let present = group.readings.iter().any(|form| matches!(form.tense, Tense::Present | Tense::Future));
            if told || !present || !doubtful.is_empty() {
                continue;
            }
            let at = group.last + usize::from(scan.is_any(group.last, &["el", "la", "the", "a", "un", "una"]));
            let day = |first: usize, last: usize| {
                (first..last).find_map(|i| crate::time::date(scan.tokens, i, lookup)).and_then(|(when, _)| {
                    match when.resolve(lookup) {
                        crate::time::PartialDate::Day(day) if day >= lookup.today => Some(day),
                        _ => None,
                    }
                })
            };
            // "The party is on Saturday" may be anybody's, "dentist is on Saturday" is not.
            let visits = usize::from(scan.is_any(0, &["el", "la", "the"]));
            let ours = (0..scan.tokens.len()).any(|i| scan.is_any(i, OWN)) || scan.is_any(visits, VISITS);
            let figure = scan.tokens.iter().any(|token| token.kind == Kind::Number);
            if !(ours || figure) {
                continue;
            }
            let Some(day) = day(0, group.first).or_else(|| day(at, scan.tokens.len())) else { continue };
            let front = usize::from(scan.is_any(0, &["el", "la", "the", "mi", "my", "our", "nuestra", "nuestro"]));
            let led = group.first > front
                && words::longest(scan.language, scan.tokens, front, &[words::Class::Event]).is_some();
            let (of, predicate, text, key) = match scan.noun(group.last) {
                _ if led => {
                    let text = scan.source(front, group.first).to_owned();
                    (Mention::Owner, Predicate::Appointment, text.clone(), words::key(&text))
                }
                Some((Noun::Attribute { of, row: "birthday" }, _)) => {
                    let key = format!("--{:02}-{:02}", day.month(), day.day());
                    (of, Predicate::Birthday, key.clone(), key)
                }
                _ if words::longest(scan.language, scan.tokens, at, &[words::Class::Event]).is_some() => {
                    let text = scan.source(at, scan.phrase_end(at)).to_owned();
                    (Mention::Owner, Predicate::Appointment, text.clone(), words::key(&text))
                }
                _ => continue,
            };
            let Some(of) = self.resolved(of) else { continue };
            self.clauses += 1;
            let when = Some(crate::time::PartialDate::Day(day)).filter(|_| predicate == Predicate::Appointment);
            let reader = Reader { scan, manner: Manner::Plain, number: self.clauses, sentence };
            let says = Says::of(predicate);
            let stance = Stance { act: Act::Assert, from: when, to: when };
            let object = Object { text, key, mention: None };
            let statement = reader.statement(of, &says, Some(object), stance, (0, scan.tokens.len()));
            self.push(statement);
        }
    }
}

impl Run<'_> {
    /// "Dentist on 3 April at 10", «cena con Ana el viernes a las 9»: a note to oneself without a verb.
    pub(super) fn bare_event(&mut self, scan: &Scan<'_>, sentence: (usize, usize)) {
        let front = usize::from(scan.is_any(0, &["el", "la", "the", "mi", "my", "our"]));
        let event = words::longest(scan.language, scan.tokens, front, &[words::Class::Event]).is_some();
        let lookup = scan.pointing(crate::time::Direction::Future);
        let when = (front..scan.tokens.len()).find_map(|i| crate::time::date(scan.tokens, i, lookup));
        let Some(crate::time::PartialDate::Day(day)) = when.map(|(when, _)| when.resolve(lookup)) else { return };
        let hour = scan.hour(front, scan.tokens.len());
        let certain = hour.is_some() || scan.tokens.iter().any(|token| token.kind == Kind::Number);
        let told = self.statements.iter().any(|statement| statement.sentence == sentence);
        if !event || !certain || told || day < lookup.today {
            return;
        }
        self.clauses += 1;
        let text = at_hour(scan.source(front, scan.phrase_end(front)), hour);
        let reader = Reader { scan, manner: Manner::Plain, number: self.clauses, sentence };
        let when = Some(crate::time::PartialDate::Day(day));
        let stance = Stance { act: Act::Assert, from: when, to: when };
        let says = Says::of(Predicate::Appointment);
        let object = Object { key: words::key(&text), text, mention: None };
        let statement = reader.statement(Mention::Owner, &says, Some(object), stance, (front, scan.tokens.len()));
        self.push(statement);
    }
}

/// Where one goes for oneself.
const VISITS: &[&str] = &[
    "dentist",
    "doctor",
    "gp",
    "physio",
    "optician",
    "hairdresser",
    "mot",
    "vet",
    "therapy",
    "counselling",
    "interview",
    "dentista",
    "medico",
    "fisio",
    "oculista",
    "peluqueria",
    "itv",
    "revision",
    "veterinario",
    "terapia",
    "entrevista",
    "dermatologo",
    "dermatologa",
    "ginecologa",
    "ginecologo",
    "psicologa",
    "psicologo",
];

/// "My mum's recipe": something of a relative's stands first, and not the relative.
fn owned_thing(scan: &Scan<'_>) -> bool {
    (0..scan.tokens.len().min(4)).any(|i| scan.is_any(i, &["'s"]))
}

/// Whether a relative stands first.
fn names_kin(scan: &Scan<'_>) -> bool {
    (0..scan.tokens.len().min(4)).any(|i| {
        scan.is_any(i, OWN) && words::longest(scan.language, scan.tokens, i + 1, &[words::Class::Kin]).is_some()
            || i == 0 && scan.is_any(i, &["mum", "mom", "dad", "nan", "gran", "grandma", "grandad", "mam"])
    })
}

fn is_third(group: &Group) -> bool {
    group.readings.iter().any(|form| form.person == Person::Third || form.tense == Tense::Past)
}

/// Of a relative whatever is told is worth keeping, but not where one is with them.
fn is_done_by_kin(group: &Group) -> bool {
    let aspect = group.aspect;
    let real = group.readings.iter().any(|form| !matches!(form.tense, Tense::Conditional | Tense::Subjunctive));
    let moment = [
        "be",
        "estar",
        "ser",
        "say",
        "decir",
        "think",
        "creer",
        "want",
        "querer",
        "gustar",
        "like",
        "recommend",
        "recomendar",
        "suggest",
        "sugerir",
    ];
    is_third(group) && real && !aspect.modal && !aspect.prospective && !aspect.progressive && !group.has_any(&moment)
}

/// What the owner does as a rule, what of theirs has an hour, and what happened in a year that is named.
fn tells_of_own(scan: &Scan<'_>, group: &Group) -> bool {
    let aspect = group.aspect;
    let lasting = group.readings.iter().any(|form| form.tense == Tense::Present)
        && group.polarity == Polarity::Positive
        && !(aspect.perfect || aspect.progressive || aspect.modal || aspect.prospective || aspect.passive)
        && !group.has_any(&NO_TALES)
        && !group.has_any(&THINKING);
    let first = if scan.spanish() {
        group.readings.iter().any(|form| form.person == Person::First) || group.dative == Some(Person::First)
    } else {
        group.first > 0 && (group.first.saturating_sub(2)..group.first).any(|i| scan.is_any(i, &["i", "we"]))
    };
    let owned = (0..scan.tokens.len().min(3)).any(|i| scan.is_any(i, OWN));
    let hour = scan.hour(group.last, scan.tokens.len()).is_some();
    let year = scan.tokens.iter().any(|token| {
        token.kind == Kind::Number && token.fold.len() == 4 && (1900..2100).contains(&token.fold.parse().unwrap_or(0))
    });
    let past = group.readings.iter().any(|form| form.tense == Tense::Past) || aspect.perfect;
    let happened = year && past && !group.has_any(&NO_TALES);
    let theirs = (owned || names_kin(scan)) && is_third(group);
    lasting && (first || owned && is_third(group) && hour) || happened && (first || theirs)
}

/// Whether a sentence holds a figure, a name, a day, or a word of a kind that one asks for.
fn is_telling(scan: &Scan<'_>) -> bool {
    let classes = [
        words::Class::Illness,
        words::Class::Medicine,
        words::Class::Instrument,
        words::Class::Sport,
        words::Class::Job,
        words::Class::Degree,
        words::Class::Nation,
        words::Class::Food,
        words::Class::Allergen,
        words::Class::Place,
        words::Class::Pet,
        words::Class::Vehicle,
        words::Class::Kin,
    ];
    (1..scan.tokens.len()).any(|i| {
        let token = &scan.tokens[i];
        token.kind == Kind::Number
            || token.capital && token.is_word() && !token.is("i") && !scan.tokens[i - 1].is_mark()
            || crate::time::weekday(&token.fold).is_some()
            || words::longest(scan.language, scan.tokens, i, &classes).is_some()
    })
}

#[cfg(test)]
mod tests {
    use crate::{Context, Message, Moment, Speaker, extract};

    /// What others say, what never was and what is only supposed tells nothing; what they do, and what a doctor said of
    /// the owner, does.
    #[test]
    fn hearsay_and_suppositions_tell_nothing() {
        for (text, tells) in [
            ("Me han dicho que Marta vive en Cuenca", false),
            ("Me dijeron que el museo cierra a las 5", false),
            ("Nos contaron que Andrés trabaja en Correos", false),
            ("I was told the museum closes at 5 on Mondays", false),
            ("They told me Sarah lives in Leeds", false),
            ("Mi hermano jura que trabaja en la NASA", false),
            ("Mi cuñado presume de que gana 5000 euros", false),
            ("Mi hermana asegura que se mudó a París en 2015", false),
            ("Mi abuela contaba que su padre trabajó en una mina en 1930", false),
            ("My brother swears he ran a marathon in 2012", false),
            ("My sister insists she was born in 1985", false),
            ("My colleague mentioned that his wife works at Tesco", false),
            ("My son pretends he is a dinosaur from 1900", false),
            ("My friend recommended the hotel Ritz in Madrid", false),
            ("Word is my landlord has 12 flats", false),
            ("De haber nacido en 1950 habría sido minero", false),
            ("Ponle que cobro 2000 euros al mes", false),
            ("Digamos que mi hermano vive en Teruel", false),
            // These do.
            ("Me han dicho que tengo la tensión alta", true),
            ("Me dijo el médico que soy alérgico al polen", true),
            ("Mi hermana trabaja en Correos", true),
            ("My brother ran a marathon in 2012", true),
        ] {
            let at = Moment::parse("2026-03-10T10:00:00Z").unwrap();
            let message = Message { text, at, speaker: Speaker::Owner, language: None };
            let read = extract(message, &Context::default(), &|_| false);
            assert_eq!(!read.statements.is_empty(), tells, "{text}: {:?}", read.statements);
        }
    }
}
