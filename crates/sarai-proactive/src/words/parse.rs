//! From a sentence to what it may mean.

use jiff::Timestamp;
use sarai_types::{Language, Notice};

use super::build::{Builder, Refusal, When};
use super::en::ENGLISH;
use super::es::SPANISH;
use super::frame::{Asked, Frame, frame};
use super::lexicon::{Chore, Lexicon, Verb, has_word};
use super::picks::{Guessed, explore};
use super::reader::Reader;
use super::token::Kind;
use crate::rule::{Action, Condition, Rule, RuleId, TEXT_MAX, Trigger, Watch};
use crate::time::{Times, Zone};

/// How many of its next times a proposal shows.
pub const NEXT_SHOWN: usize = 5;

/// Where and when something was said, and by whom.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    pub now: Timestamp,
    pub zone: Zone,
    /// The language of the one who speaks, if it is known. The other one is understood too.
    pub language: Option<Language>,
    /// The rules that exist, whose names are taken.
    pub rules: &'a [Rule],
}

/// A rule that words may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    pub rule: Rule,
    /// Its next times, at most [`NEXT_SHOWN`]; none for a rule that waits for an event.
    pub next: Vec<Timestamp>,
}

/// What words mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    Rule(Box<Proposal>),
    /// More than one thing, or one that had to be guessed.
    Ambiguous {
        what: Notice,
        choices: Vec<Proposal>,
    },
    /// Nothing that SARAi could do by itself; perhaps something near it.
    NotARule {
        why: Notice,
        nearest: Option<Box<Proposal>>,
    },
    /// A time or an amount that does not exist, or that is over.
    Impossible {
        why: Notice,
    },
}

impl Parsed {
    /// The better of two readings of one text has the higher rank.
    const fn rank(&self) -> u8 {
        match self {
            Self::Rule(_) => 4,
            Self::Ambiguous { .. } => 3,
            Self::Impossible { .. } => 2,
            Self::NotARule { nearest: Some(_), .. } => 1,
            Self::NotARule { nearest: None, .. } => 0,
        }
    }
}

/// Reads a text as a rule. It never fails: what is not understood is said.
#[must_use]
pub fn parse(text: &str, context: &Context<'_>) -> Parsed {
    if text.chars().count() > TEXT_MAX {
        return Parsed::NotARule { why: Notice::new("rules-too-long"), nearest: None };
    }
    let readers = [&SPANISH, &ENGLISH].map(|lex| Reader::new(text, lex));
    let mut scored: Vec<(u32, &Reader<'_>)> = readers.iter().map(|reader| (score(reader, context), reader)).collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let mut parsed = scored.iter().map(|(_, reader)| read(reader, context));
    let Some(first) = parsed.next() else { return Parsed::NotARule { why: Notice::new("rules-empty"), nearest: None } };
    // The other language only if this one makes nothing of it.
    if first.rank() >= 2 {
        return first;
    }
    match parsed.next() {
        Some(second) if second.rank() > first.rank().max(1) => second,
        Some(_) | None => first,
    }
}

/// How much a text looks like one language.
fn score(reader: &Reader<'_>, context: &Context<'_>) -> u32 {
    let lex: &Lexicon = reader.lex;
    let marks =
        reader.tokens.iter().filter(|token| matches!(&token.kind, Kind::Word(word) if has_word(lex.marks, word)));
    let spanish = lex.language == Language::Spanish;
    let signs = u32::from(spanish && reader.text.contains(['¿', '¡', 'ñ', 'á', 'é', 'í', 'ó', 'ú'])) * 3;
    let verbs = (0..reader.len()).filter(
        |at| matches!(reader.look(*at, lex.verbs), Some((Verb::Tell | Verb::Wake | Verb::Timer, end)) if end > *at),
    );
    let own = u32::from(context.language == Some(lex.language));
    u32::try_from(marks.count() * 2 + verbs.count() * 4).unwrap_or(u32::MAX / 2) + signs + own
}

fn read(reader: &Reader<'_>, context: &Context<'_>) -> Parsed {
    let framed = match frame(reader) {
        Ok(framed) => framed,
        Err(why) => return Parsed::NotARule { why, nearest: None },
    };
    let action = match action(&framed, reader) {
        Ok(action) => action,
        Err(why) => return Parsed::NotARule { why, nearest: None },
    };
    let language = reader.lex.language;
    let meant = match &framed.event {
        Some(Err(Refusal::Impossible(why))) => return Parsed::Impossible { why: why.clone() },
        Some(Err(Refusal::Beyond(why))) => return Parsed::NotARule { why: why.clone(), nearest: None },
        Some(Ok(watch)) => watched(watch, &framed.when, context, language),
        None if framed.when.is_anchored() || framed.when.window.is_some() => timed(&framed.when, context, language),
        None => return no_time(&framed, context, language),
    };
    let finish = |meaning: Meaning| proposal(meaning, action.clone(), &framed, reader, context);
    match meant {
        Meant::One(meaning) => match framed.asked {
            Asked::Nothing => {
                Parsed::NotARule { why: Notice::new("rules-no-verb"), nearest: Some(Box::new(finish(meaning))) }
            }
            Asked::Verb(_) | Asked::Chore(_) | Asked::Infinitive => Parsed::Rule(Box::new(finish(meaning))),
        },
        Meant::Some { what, meanings } => {
            if framed.asked == Asked::Nothing {
                return Parsed::NotARule { why: Notice::new("rules-no-verb"), nearest: None };
            }
            Parsed::Ambiguous { what, choices: meanings.into_iter().map(finish).collect() }
        }
        Meant::Nothing(Refusal::Impossible(why)) => match framed.asked {
            Asked::Nothing => Parsed::NotARule { why: Notice::new("rules-no-verb"), nearest: None },
            Asked::Verb(_) | Asked::Chore(_) | Asked::Infinitive => Parsed::Impossible { why },
        },
        Meant::Nothing(Refusal::Beyond(why)) => {
            let without = When { beyond: None, ..framed.when.clone() };
            let nearest = if framed.when.beyond.is_some() && without.is_anchored() && framed.event.is_none() {
                match timed(&without, context, language) {
                    Meant::One(meaning) => Some(Box::new(finish(meaning))),
                    Meant::Some { .. } | Meant::Nothing(_) => None,
                }
            } else {
                None
            };
            Parsed::NotARule { why, nearest }
        }
    }
}

/// When and if, as one path through the words gives it.
#[derive(Debug, Clone, PartialEq)]
struct Meaning {
    trigger: Trigger,
    conditions: Vec<Condition>,
}

enum Meant {
    One(Meaning),
    Some { what: Notice, meanings: Vec<Meaning> },
    Nothing(Refusal),
}

fn meant_of(explored: super::picks::Explored<Meaning, Refusal>) -> Meant {
    let mut results = explored.results;
    let what = explored.what.unwrap_or_else(|| Notice::new("rules-which-day"));
    match (results.len(), explored.guessed) {
        (0, _) => Meant::Nothing(explored.failure.unwrap_or_else(|| Refusal::Impossible(Notice::new("rules-past")))),
        (1, Guessed::No) => Meant::One(results.remove(0)),
        _ => Meant::Some { what, meanings: results },
    }
}

fn times(
    when: &When,
    context: &Context<'_>,
    language: Language,
    picks: &mut super::picks::Picks,
) -> Result<Times, Refusal> {
    Builder { when, now: context.now, zone: context.zone.clone(), language, picks, earlier_s: 0 }.build()
}

fn timed(when: &When, context: &Context<'_>, language: Language) -> Meant {
    meant_of(explore(|picks| {
        let times = times(when, context, language, picks)?;
        Ok(Meaning { trigger: Trigger::Times(times), conditions: Vec::new() })
    }))
}

/// An event with times beside it: a window and days of the week are conditions of it; any other time becomes what is
/// waited for, and the event its condition.
fn watched(watch: &Watch, when: &When, context: &Context<'_>, language: Language) -> Meant {
    let days = match when.recurrences[..] {
        [] => Some(None),
        [super::recur::Recurrence::Weekly { days, weeks: 1 }] if when.part.is_none() => Some(Some(days)),
        _ => None,
    };
    let no_other = when.clocks.is_empty()
        && when.days.is_empty()
        && when.within.is_none()
        && when.today_part.is_none()
        && when.part.is_none();
    if let Some(days) = days.filter(|_| no_other && when.from.is_none() && when.beyond.is_none()) {
        return meant_of(explore(|picks| {
            let mut builder =
                Builder { when, now: context.now, zone: context.zone.clone(), language, picks, earlier_s: 0 };
            let mut conditions = Vec::new();
            if let Some(window) = when.window {
                conditions.push(builder.between(window)?);
            }
            conditions.extend(days.map(Condition::On));
            Ok(Meaning { trigger: Trigger::Watch(watch.clone()), conditions })
        }));
    }
    let condition = match watch {
        Watch::Level(level) => Condition::Level(level.clone()),
        Watch::Idle { seconds } => Condition::Idle { seconds: *seconds },
        Watch::FileChanged { .. } | Watch::SkillUnhealthy { .. } | Watch::Webhook { .. } | Watch::FactAdded { .. } => {
            return Meant::Nothing(Refusal::Beyond(Notice::new("rules-event-and-time")));
        }
    };
    meant_of(explore(|picks| {
        let times = times(when, context, language, picks)?;
        Ok(Meaning { trigger: Trigger::Times(times), conditions: vec![condition.clone()] })
    }))
}

fn no_time(framed: &Frame, _context: &Context<'_>, _language: Language) -> Parsed {
    let why = match framed.asked {
        Asked::Verb(_) | Asked::Chore(_) => Notice::new("rules-no-time"),
        Asked::Infinitive | Asked::Nothing => Notice::new("rules-no-verb"),
    };
    Parsed::NotARule { why, nearest: None }
}

fn proposal(meaning: Meaning, action: Action, framed: &Frame, reader: &Reader<'_>, context: &Context<'_>) -> Proposal {
    let taken = |name: &str| context.rules.iter().any(|rule| rule.id.as_str() == name);
    let mut words = framed.body_words.clone();
    if words.is_empty() {
        words = vec![action.kind().name().replace('_', "-")];
    }
    let id = RuleId::from_words(&words, taken);
    let next = match &meaning.trigger {
        Trigger::Times(times) => times.upcoming(context.now, NEXT_SHOWN),
        Trigger::Watch(_) => Vec::new(),
    };
    let mut rule = Rule::new(id, meaning.trigger, action);
    rule.conditions = meaning.conditions;
    rule.channel = framed.channel;
    rule.language = Some(reader.lex.language);
    rule.words = Some(reader.text.trim().to_owned());
    Proposal { rule, next }
}

fn action(framed: &Frame, reader: &Reader<'_>) -> Result<Action, Notice> {
    let body = framed.body.clone();
    let ask = |prompt: String| Action::Ask { prompt, tokens_max: Action::TOKENS_DEFAULT };
    Ok(match &framed.asked {
        Asked::Chore(Chore::FreeMemory) => Action::FreeMemory,
        Asked::Chore(Chore::RotateLogs) => Action::RotateLogs { days: Action::LOG_DAYS_DEFAULT },
        Asked::Chore(Chore::Vacuum) => Action::Vacuum,
        Asked::Chore(Chore::Backup) => Action::Backup,
        Asked::Chore(Chore::HealthSweep) => Action::HealthSweep,
        Asked::Verb(Verb::Tell | Verb::Wake | Verb::Timer) | Asked::Infinitive | Asked::Nothing => {
            Action::Tell { text: body }
        }
        Asked::Verb(Verb::Ask | Verb::Do) if body.is_empty() => return Err(Notice::new("rules-ask-what")),
        Asked::Verb(Verb::Ask) => ask(body),
        Asked::Verb(Verb::Do) => {
            // The verb is part of what is asked: «resúmeme las noticias».
            let at = (0..reader.len()).find_map(|at| match reader.look(at, reader.lex.verbs) {
                Some((Verb::Do, end)) => Some(at..end),
                _ => None,
            });
            let verb = at.map_or("", |range| reader.slice(range));
            ask(format!("{verb} {body}").trim().to_owned())
        }
        Asked::Verb(Verb::Run) => run(&body, reader.lex)?,
    })
}

/// «la habilidad resumen con a=1», "the backup skill".
fn run(body: &str, lex: &'static Lexicon) -> Result<Action, Notice> {
    let reader = Reader::new(body, lex);
    let what = || Notice::new("rules-run-what");
    if let Some(at) = reader.any(0, lex.skill_words) {
        let at = reader.skip(at, "llamada|de nombre|named|called|del|de la|de");
        let mut end = at + 1;
        while reader.is_mark(end, '-') && reader.is_glued(end) && reader.is_glued(end + 1) {
            end += 2;
        }
        let skill = match reader.kind(at) {
            Some(Kind::Quoted(name) | Kind::Path(name)) => name.clone(),
            Some(Kind::Word(_)) => reader.slice(at..end).to_owned(),
            _ => return Err(what()),
        };
        let arguments = reader.slice(reader.skip(end, lex.with)..reader.len()).trim().to_owned();
        return Ok(Action::RunSkill { skill, arguments });
    }
    // "the backup skill with x".
    let start = reader.skip(0, "the|la|el");
    let at = (start + 1..reader.len())
        .find(|at| matches!(reader.word(*at), Some("skill" | "habilidad")))
        .ok_or_else(what)?;
    let skill = reader.slice(start..at).to_owned();
    let arguments = reader.slice(reader.skip(at + 1, lex.with)..reader.len()).trim().to_owned();
    if skill.is_empty() || skill.contains(char::is_whitespace) {
        Err(what())
    } else {
        Ok(Action::RunSkill { skill, arguments })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Saturday 28 November 2026, 10:15.
    fn read(text: &str, zone: &str) -> String {
        let zone: Zone = zone.parse().unwrap();
        let now = zone.moment("2026-11-28T10:15:00".parse().unwrap()).unwrap();
        let shown = |proposal: &Proposal| {
            let times: Vec<String> =
                proposal.next.iter().take(2).map(|at| zone.wall(*at).strftime("%-d.%-m. %H:%M").to_string()).collect();
            match &proposal.rule.trigger {
                Trigger::Times(_) => times.join(", "),
                Trigger::Watch(watch) => watch.to_string(),
            }
        };
        match parse(text, &Context { now, zone: zone.clone(), language: None, rules: &[] }) {
            Parsed::Rule(proposal) => match &proposal.rule.action {
                Action::Tell { text } => format!("{}: {text}", shown(&proposal)),
                other => format!("{}: {}", shown(&proposal), other.kind().name()),
            },
            Parsed::Ambiguous { choices, .. } => choices.iter().map(shown).collect::<Vec<_>>().join(" | "),
            Parsed::NotARule { .. } => "no rule".to_owned(),
            Parsed::Impossible { .. } => "impossible".to_owned(),
        }
    }

    const SENTENCES: &[(&str, &str)] = &[
        // The half of the day.
        ("remind me tomorrow at eight to feed the cat", "29.11. 08:00: feed the cat"),
        ("remind me at eight to feed the cat", "28.11. 20:00: feed the cat"),
        ("pon una alarma mañana a las 6:40", "29.11. 06:40: "),
        ("compacta la base de datos el domingo a las 5:00", "29.11. 05:00: vacuum"),
        ("recuérdame esta noche a las 0:30 apagar el horno", "29.11. 00:30: apagar el horno"),
        ("every morning at 7:30 ask the model for two riddles", "29.11. 07:30, 30.11. 07:30: ask"),
        // Days before and after others.
        ("el día antes del 24 de diciembre recuérdame envolver los regalos", "23.12. 09:00: envolver los regalos"),
        ("dos días antes de Nochevieja avísame de comprar uvas", "29.12. 09:00: comprar uvas"),
        (
            "the day before the 12th of each month remind me to water the palm",
            "11.12. 09:00, 11.1. 09:00: water the palm",
        ),
        ("la víspera de Reyes recuérdame los zapatos", "5.1. 09:00: los zapatos"),
        ("tuesday week at 4pm remind me to ring Joe", "8.12. 16:00: ring Joe"),
        ("a fortnight on Monday remind me to ring Joe", "14.12. 09:00: ring Joe"),
        ("two weeks today at noon remind me to ring Joe", "12.12. 12:00: ring Joe"),
        ("mañana y pasado a las 12 recuérdame el riego", "29.11. 12:00, 30.11. 12:00: el riego"),
        ("the Tuesday before Easter at noon remind me to ring Joe", "no rule"),
        ("remind me at 12.40 every Friday to leave work", "4.12. 12:40, 11.12. 12:40: leave work"),
        ("remind me tomorrow at sunrise to run", "no rule"),
        ("remind me tomorrow at sunrise, at 7:20, to run", "29.11. 07:20: run"),
        // Counted back from what is said beside it.
        ("la obra empieza el lunes a las 19:00, avísame hora y media antes", "30.11. 17:30: la obra empieza"),
        ("the ferry leaves at 6pm on Tuesday, remind me two hours before", "1.12. 16:00: the ferry leaves"),
        ("coro todos los martes a las 20:00, avísame media hora antes", "1.12. 19:30, 8.12. 19:30: coro"),
        ("avísame media hora antes de la cena", "no rule"),
        ("yoga los lunes a las 19 y los jueves a las 20, avísame una hora antes", "30.11. 18:00, 3.12. 19:00: yoga"),
        ("choir on the first Monday of the month at 8pm, remind me an hour before", "7.12. 19:00, 4.1. 19:00: choir"),
        ("haz una copia de seguridad el lunes a las 3 y el jueves a las 5", "30.11. 03:00, 3.12. 05:00: backup"),
        // The day of what is said before.
        (
            "the sweep comes on Monday. Remind me at 8 that day to cover the sofa",
            "30.11. 08:00: the sweep comes on Monday, cover the sofa",
        ),
        ("the sweep comes on Monday with his son, so remind me at 8 to cover the sofa", "30.11. 08:00 | 28.11. 20:00"),
        // Days with hours of their own, and what is taken back.
        ("el martes a las 9 y el jueves a las 13 avísame del turno", "1.12. 09:00, 3.12. 13:00: turno"),
        ("remind me at 6pm, no, make that 7pm, to stretch", "28.11. 19:00: stretch"),
        // Ends.
        ("remind me every ten days starting Sunday at 11 am to stretch", "29.11. 11:00, 9.12. 11:00: stretch"),
        ("durante diez días avísame a las 14:00 de regar", "28.11. 14:00, 29.11. 14:00: regar"),
        ("every day until Christmas at 4pm remind me to stretch", "28.11. 16:00, 29.11. 16:00: stretch"),
        ("every weekday but Monday at 6pm remind me to stretch", "1.12. 18:00, 2.12. 18:00: stretch"),
        ("every Monday except the 7th of December at 6pm remind me to stretch", "no rule"),
        // What recurs.
        ("every hour on the hour tell me to stretch", "28.11. 11:00, 28.11. 12:00: stretch"),
        ("cada hora dime que beba", "28.11. 11:00, 28.11. 12:00: beba"),
        ("todos los 12 a las 9 avísame del alquiler", "12.12. 09:00, 12.1. 09:00: alquiler"),
        ("el primer día laborable de cada mes a las 8 avísame del parte", "1.12. 08:00, 1.1. 08:00: parte"),
        ("on the last working day of the month at 5pm remind me to invoice", "30.11. 17:00, 31.12. 17:00: invoice"),
        ("el 3 de marzo, junio y septiembre recuérdame el gas", "3.3. 09:00, 3.6. 09:00: el gas"),
        ("cada viernes de diciembre a las 13:00 recuérdame el menú", "4.12. 13:00, 11.12. 13:00: el menú"),
        ("on Tuesday evenings remind me to call home", "1.12. 19:00, 8.12. 19:00: call home"),
        ("every year on 29 February remind me to call Ann", "28.2. 09:00, 29.2. 09:00 | 29.2. 09:00, 29.2. 09:00"),
        // No request, though the words of one.
        ("I wish somebody would remind me every day to drink", "no rule"),
        ("how do I set an alarm for tomorrow at 7?", "no rule"),
        ("translate: remind me tomorrow at ten to buy salt", "no rule"),
        ("mi jefa dijo: avísame el lunes si no llegas", "no rule"),
        ("gracias por avisarme a las 9", "no rule"),
        ("remind me when the concert is tomorrow", "no rule"),
        ("recuérdame a qué hora cierran mañana", "no rule"),
        ("cuéntame la historia de un perro que cada noche aúlla", "no rule"),
        ("tell me a story about a man who wakes every day at four", "no rule"),
        (
            "el fontanero me dijo que viene a las 12, avísame a las 11:45",
            "28.11. 11:45: el fontanero me dijo que viene a las 12",
        ),
        // Several times in one sentence.
        ("recuérdame cada mañana y cada noche regar", "28.11. 21:00, 29.11. 09:00: regar"),
        ("recuérdame los lunes por la mañana y los jueves por la tarde regar", "30.11. 09:00, 3.12. 17:00: regar"),
        ("remind me today at 5 and tomorrow morning to stretch", "28.11. 17:00, 29.11. 09:00: stretch"),
        ("avísame cada día a las 8, 14 y 22 de regar", "28.11. 14:00, 28.11. 22:00: regar"),
        ("avísame de lunes a jueves a las 9 y el viernes a las 8 de fichar", "no rule"),
        ("avísame cada día a las 8 pero los domingos a las 10 de regar", "no rule"),
        ("remind me on Monday or Tuesday at noon to vote", "30.11. 12:00 | 1.12. 12:00"),
        ("recuérdame cada hora hoy estirar", "28.11. 11:00, 28.11. 12:00: estirar"),
        ("del 10 al 12 de diciembre a las 9 recuérdame el parte", "10.12. 09:00, 11.12. 09:00: el parte"),
        ("remind me every day in March at noon to prune", "1.3. 12:00, 2.3. 12:00: prune"),
        ("avísame cada noche de 10 a 2 cada hora de mirar el horno", "28.11. 22:00, 28.11. 23:00: mirar el horno"),
        ("avísame la madrugada del martes a las 4 de salir", "1.12. 04:00: salir"),
        // Reasons, deadlines and names are no times.
        ("recuérdame salir a las 7 porque el bus pasa a las 7:40", "28.11. 19:00: salir porque el bus pasa a las 7:40"),
        ("remind me to call Joe on Monday, he leaves on Tuesday", "30.11. 09:00: call Joe he leaves on Tuesday"),
        ("remind me to buy salt before the shop closes at 9", "28.11. 21:00"),
        ("remind me tomorrow at noon to book a table for 4", "29.11. 12:00: book a table for 4"),
        ("remind me tomorrow at noon to sell at 10 dollars", "29.11. 12:00: sell at 10 dollars"),
        ("recuérdame ir al hospital 12 de Octubre el lunes a las 6", "30.11. 18:00: ir al hospital 12 de Octubre"),
        ("remind me to rest for 10 minutes every morning", "29.11. 09:00, 30.11. 09:00: rest for 10 minutes"),
        ("recuérdame la reunión del lunes a las 3", "30.11. 15:00: la reunión"),
        ("recuérdame llamar al colegio mañana a las 9", "29.11. 09:00: llamar al colegio"),
        ("recuérdame llamar mañana a Ana", "29.11. 09:00: llamar a Ana"),
        ("remind me to check if the gate is shut at 11pm", "28.11. 23:00: check if the gate is shut"),
        ("remind me to tell Luis at 5 that the game is at 9", "28.11. 17:00: tell Luis that the game is at 9"),
        ("recuérdame llevar el paraguas mañana por si llueve", "29.11. 09:00: llevar el paraguas por si llueve"),
        ("remind me to buy bread at 5 and call Ana at 6", "no rule"),
        ("remind me every day at 8, 2 and 10 to rest", "28.11. 14:00, 28.11. 22:00: rest"),
        ("good morning remind me at 5 30 to call Ana", "28.11. 17:30: call Ana"),
        ("remind me everyday at 8 to rest", "29.11. 08:00, 30.11. 08:00: rest"),
        // What is taken back or denied.
        ("remind me to call Ana on Monday but not in the morning", "no rule"),
        ("remind me not tomorrow but on Monday to vote", "30.11. 09:00: vote"),
        ("recuérdame el martes y no el lunes votar", "1.12. 09:00: votar"),
        ("recuérdame a las 9, no, a las 10, salir", "28.11. 22:00: salir"),
        ("recuérdame mañana salir, olvídalo", "no rule"),
        // Somebody else, and what is no request.
        ("estoy harto de que me avises cada lunes", "no rule"),
        ("Bob is going to remind me on Monday", "no rule"),
        ("I don't want you to remind me tomorrow", "no rule"),
        ("does it remind me every Monday?", "no rule"),
        ("remind my boss every Monday to pay", "no rule"),
        ("avisa a mi jefe mañana a las 9", "no rule"),
        ("recuerda que me gusta el té cada mañana", "no rule"),
        ("así que avísame mañana a las 9 de votar", "29.11. 09:00: votar"),
        // Events turned round, of another thing, or only asked after.
        ("avísame si la memoria no pasa del 80%", "no rule"),
        ("tell me when the disk is back under 80%", "no rule"),
        ("avísame cuando queden menos de 2 GB de datos en el móvil", "no rule"),
        ("avísame cada día a las 9 a menos que el disco esté lleno", "no rule"),
        ("tell me if Monday is a holiday", "no rule"),
        ("I'm away until Friday, remind me to water the palm", "no rule"),
        (
            "remind me every Monday at 9 to check if the disk is full",
            "30.11. 09:00, 7.12. 09:00: check if the disk is full",
        ),
        // What happens.
        ("avísame si alguien edita el archivo ~/lista.txt", "file changed ~/lista.txt: "),
        ("como me quede 20 minutos sin tocar el ratón, avísame", "idle 20m: "),
        ("when nobody has touched the mouse for an hour, make a backup", "idle 1h: backup"),
        ("RAM over 80%, warn me", "memory used > 80%: "),
        ("tell me when memory is above 90%, yesterday it crashed", "memory used > 90%: yesterday it crashed"),
    ];

    #[test]
    fn sentences() {
        for (text, expected) in SENTENCES {
            assert_eq!(read(text, "Europe/Madrid"), *expected, "{text}");
        }
    }

    proptest::proptest! {
        /// Words of rules in any order are read without a panic, and what is proposed is still to come.
        #[test]
        fn anything_can_be_said(picks in proptest::collection::vec((0_usize..1000, 0_usize..1000), 1..30)) {
            let word = |(sentence, word): (usize, usize)| {
                let words: Vec<&str> = SENTENCES[sentence % SENTENCES.len()].0.split(' ').collect();
                words[word % words.len()]
            };
            let text = picks.into_iter().map(word).collect::<Vec<_>>().join(" ");
            let zone: Zone = "Europe/Madrid".parse().unwrap();
            let now = zone.moment("2026-11-28T10:15:00".parse().unwrap()).unwrap();
            if let Parsed::Rule(proposal) = parse(&text, &Context { now, zone, language: None, rules: &[] }) {
                proptest::prop_assert!(proposal.next.is_sorted() && proposal.next.iter().all(|at| *at > now), "{text}");
            }
        }
    }

    #[test]
    fn dates_in_figures_are_read_as_where_the_owner_lives() {
        let text = "remind me on 5/12 at noon to vote";
        for (zone, expected) in [
            ("Europe/London", "5.12. 12:00: vote"),
            ("America/New_York", "12.5. 12:00: vote"),
            ("Europe/Madrid", "12.5. 12:00 | 5.12. 12:00"),
        ] {
            assert_eq!(read(text, zone), expected, "{zone}");
        }
        assert_eq!(read("set a reminder for 05/12/2027 2:30 pm: vote", "America/Denver"), "12.5. 14:30: vote");
    }
}
