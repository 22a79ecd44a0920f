//! What the words of one language mean. The tables are in [`super::es`] and [`super::en`]; the grammar is in the modules
//! beside them, and asks the tables.

use jiff::civil::Weekday;
use sarai_types::Language;

use crate::rule::Channel;

/// Phrases that mean the same, with `|` between them: words in small letters without accents, single spaces.
pub(crate) type Phrases = &'static str;
/// Meanings and their phrases.
pub(crate) type Table<T> = &'static [(T, Phrases)];

/// The phrases, one by one.
pub(crate) fn each(phrases: &str) -> impl Iterator<Item = &str> {
    phrases.split('|').filter(|phrase| !phrase.is_empty())
}

pub(crate) fn has_word(phrases: &str, word: &str) -> bool {
    each(phrases).any(|phrase| phrase == word)
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Seconds(u32),
    Days(u32),
    Months(u32),
}

/// A part of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    EarlyMorning,
    Morning,
    Noon,
    Afternoon,
    Evening,
    Night,
    Midnight,
}

/// What half of the day a clock time is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Half {
    Am,
    Pm,
    Of(Part),
}

/// Which week, month or year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// Nothing was said: «el lunes», "the month".
    Plain,
    This,
    Next,
    Last,
    Every,
}

/// Which one of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nth {
    /// From 1.
    Number(u8),
    Last,
}

/// A place in a month, a year or a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    Start,
    Middle,
    End,
    FirstWorkday,
    LastWorkday,
}

/// A set of days that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DayGroup {
    Every,
    Workdays,
    Weekend,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Tell,
    /// To tell, and it says by itself that it is for getting up.
    Wake,
    /// To tell when a time is over: «un temporizador de 10 minutos».
    Timer,
    Run,
    Ask,
    /// Something for the assistant to do; the verb belongs to the prompt.
    Do,
}

/// A chore that has words of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chore {
    FreeMemory,
    RotateLogs,
    Vacuum,
    Backup,
    HealthSweep,
}

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    Disk,
    Memory,
    File,
    Idle,
    Skill,
    Webhook,
    Fact,
}

/// How an amount is compared, or what was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    Below,
    Above,
    Free,
    Used,
    /// Without an amount: hardly anything is left.
    Scarce,
}

/// What SARAi cannot watch or leave out, so that it can say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beyond {
    Holidays,
    Sun,
    Weather,
    Place,
    Message,
    /// A moment that is counted back from something that has no time.
    Before,
    /// Single days that something is left out on.
    SingleDays,
}

/// The words of one language.
#[derive(Debug)]
pub(crate) struct Lexicon {
    pub(crate) language: Language,
    // Numbers.
    pub(crate) units_of_number: Table<u32>,
    pub(crate) tens: Table<u32>,
    /// Between tens and units.
    pub(crate) tens_join: Phrases,
    pub(crate) half: Phrases,
    pub(crate) quarter: Phrases,
    /// «un par de», "a couple of".
    pub(crate) couple: Phrases,
    /// «y media», "and a half", after a unit.
    pub(crate) and_half: Phrases,
    pub(crate) and_quarter: Phrases,
    /// Words that come before a number and change nothing: «unos», "about".
    pub(crate) roughly: Phrases,
    pub(crate) ordinals: Table<Nth>,
    pub(crate) ordinal_suffixes: Phrases,
    // The calendar.
    pub(crate) units: Table<Unit>,
    /// Abbreviations that only count right after digits.
    pub(crate) short_units: Table<Unit>,
    pub(crate) weekdays: Table<Weekday>,
    /// Forms that always mean each one: "mondays".
    pub(crate) weekdays_plural: Table<Weekday>,
    pub(crate) day_groups: Table<DayGroup>,
    pub(crate) months: Table<i8>,
    /// Days with a name: month and day.
    pub(crate) named_days: Table<(i8, i8)>,
    /// Days counted from today.
    pub(crate) relative_days: Table<i32>,
    pub(crate) edges: Table<Edge>,
    /// «la semana que viene» and the like, by what they count.
    pub(crate) weeks: Table<Which>,
    pub(crate) weekends: Table<Which>,
    pub(crate) of_months: Table<Which>,
    pub(crate) of_years: Table<Which>,
    /// Before a weekday, and after it.
    pub(crate) which_before: Table<Which>,
    pub(crate) which_after: Table<Which>,
    // The clock.
    /// What makes the number after it a clock time.
    pub(crate) at: Phrases,
    pub(crate) named_times: Table<Part>,
    pub(crate) halves: Table<Half>,
    pub(crate) parts: Table<Part>,
    /// Parts that are of today: «esta noche», "tonight".
    pub(crate) parts_today: Table<Part>,
    /// «todas las noches»: what comes after «todas las».
    pub(crate) part_names: Table<Part>,
    pub(crate) oclock: Phrases,
    pub(crate) hours_written: Phrases,
    /// Words in what is to be done that tell morning from evening.
    pub(crate) hints: Table<Half>,
    // Recurrence.
    pub(crate) each: Phrases,
    pub(crate) every_plural: Phrases,
    pub(crate) other: Phrases,
    /// Adverbs such as «diariamente».
    pub(crate) adverbs: Table<Unit>,
    /// «veces», "times".
    pub(crate) times: Phrases,
    pub(crate) once_twice: Table<u32>,
    pub(crate) per: Table<Unit>,
    pub(crate) except: Phrases,
    // Spans and windows.
    pub(crate) within: Phrases,
    pub(crate) from_now: Phrases,
    /// Behind a length that is counted back from what was said.
    pub(crate) ahead: Phrases,
    pub(crate) ago: Phrases,
    pub(crate) between: Phrases,
    pub(crate) from: Phrases,
    pub(crate) to: Phrases,
    pub(crate) and: Phrases,
    pub(crate) starting: Phrases,
    pub(crate) until: Phrases,
    pub(crate) during: Phrases,
    pub(crate) zone_before: Phrases,
    pub(crate) zone_after: Phrases,
    pub(crate) zone_names: Table<&'static str>,
    // The frame of the sentence.
    pub(crate) verbs: Table<Verb>,
    pub(crate) polite: Phrases,
    pub(crate) questions: Phrases,
    pub(crate) negations: Phrases,
    /// Before a time that takes the place of the one said before: «a las 6, no, mejor a las 7».
    pub(crate) correcting: Phrases,
    /// Before a verb that asks they bind it to somebody else: "Bob will remind me".
    pub(crate) bound: Phrases,
    /// Verbs that say nothing about who is told.
    pub(crate) tell_whom: Phrases,
    pub(crate) whose: Phrases,
    /// At the end: nothing is to be done after all.
    pub(crate) withdrawn: Phrases,
    /// Opens a condition that must not hold.
    pub(crate) unless: Phrases,
    /// What is named after days: «hospital 12 de Octubre».
    pub(crate) places: Phrases,
    /// Opens a reason or a deadline, whose time is not that of the request.
    pub(crate) reasons: Phrases,
    /// Before «si» or "if" it is asked what is to be found out.
    pub(crate) looking: Phrases,
    /// Turns an event round.
    pub(crate) negating: Phrases,
    /// What is not this computer.
    pub(crate) elsewhere: Phrases,
    /// Behind a number it counts: "10 dollars".
    pub(crate) counted: Phrases,
    /// What makes a request that follows none: a report, a wish, a question about it, a text to be worked on.
    pub(crate) framing: Phrases,
    pub(crate) complements: Phrases,
    /// What may stand between two pieces that belong together.
    pub(crate) glue: Phrases,
    /// What is taken from the ends of a message.
    pub(crate) trim_start: Phrases,
    pub(crate) trim_end: Phrases,
    /// A word before a time that makes it part of a thing: «la reunión de las 10».
    pub(crate) attributive: Phrases,
    pub(crate) channels: Table<Channel>,
    pub(crate) skill_words: Phrases,
    pub(crate) with: Phrases,
    pub(crate) chores: Table<Chore>,
    // Events.
    pub(crate) whenever: Phrases,
    pub(crate) topics: Table<Topic>,
    pub(crate) measures: Table<Measure>,
    pub(crate) changes: Phrases,
    pub(crate) failures: Phrases,
    pub(crate) news: Phrases,
    pub(crate) about: Phrases,
    pub(crate) on_disk: Phrases,
    pub(crate) percent: Phrases,
    pub(crate) bytes: Table<u64>,
    pub(crate) any: Phrases,
    pub(crate) beyond: Table<Beyond>,
    /// Words that tell that a text is in this language.
    pub(crate) marks: Phrases,
}
