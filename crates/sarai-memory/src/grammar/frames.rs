//! Frames: which verb with which complement says what. The rows stand in `frames.txt`.

use crate::words::lists::ADVERBS;
use std::collections::HashMap;
use std::sync::LazyLock;

use sarai_types::Language;

use super::group::{Group, Polarity};
use super::noun::Noun;
use super::slots::Filler;
use super::{Mention, Scan};
use crate::fact::Predicate;
use crate::words::{Person, Tense};

/// How the verb must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Plain,
    Reflexive,
    Dative,
    Passive,
}

/// What one row says beyond its predicate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Flags {
    pub(crate) begins: bool,
    /// It takes the place of what was said of the same before.
    pub(crate) swaps: bool,
    /// Said only of what is no more.
    pub(crate) over: bool,
    pub(crate) ends: bool,
    pub(crate) only_negative: bool,
    only_positive: bool,
    pub(crate) zero: bool,
    pub(crate) owner_only: bool,
    pub(crate) timed: bool,
    pub(crate) of_thing: bool,
    plural: bool,
    /// Only of somebody else: the owner in a place is only there for now.
    pub(crate) others: bool,
    /// Only where the sentence speaks of a change of work.
    job: bool,
    /// Only with «hoy», "today".
    today: bool,
    /// Only with «poder», "can".
    modal: bool,
    /// Only in a perfect that goes on until now.
    perfect: bool,
    /// Only with a «desde».
    since: bool,
    /// Only in a progressive.
    progressive: bool,
    /// Only with a length of time behind the verb: «llevo tres años en …».
    span: bool,
    past: bool,
    present: bool,
    /// What its negation says.
    pub(crate) negated: Option<Says>,
}

/// A predicate, its kind, and the object where the verb alone says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Says {
    pub(crate) predicate: Predicate,
    pub(crate) kind: &'static str,
    pub(crate) constant: Option<&'static str>,
}

impl Says {
    /// A predicate without kinds, whose object stands in the sentence.
    pub(crate) const fn of(predicate: Predicate) -> Self {
        Self { predicate, kind: "", constant: None }
    }
}

#[derive(Debug)]
enum Piece {
    Words(Vec<&'static str>),
    Optional(Vec<&'static str>),
    /// The name of the slot, and whether it says something.
    Slot(&'static str, bool),
    Anywhere,
}

#[derive(Debug)]
pub(crate) struct Frame {
    shape: Shape,
    complement: Vec<Piece>,
    pub(crate) says: Says,
    pub(crate) flags: Flags,
}

/// A frame that fits a group.
#[derive(Debug)]
pub(crate) struct Match {
    pub(crate) frame: &'static Frame,
    /// Which lemma it was.
    pub(crate) lemma: &'static str,
    /// Whom it is done to, in English.
    pub(crate) of: Option<Mention>,
    pub(crate) fillers: Vec<Filler>,
    /// One past the verb, where its complement begins.
    pub(crate) verb_end: usize,
    pub(crate) end: usize,
}

/// What is changed by who changes jobs.
const WORK: &[&str] = &[
    "work",
    "worked",
    "working",
    "trabajaba",
    "trabajar",
    "trabaja",
    "trabajo",
    "curro",
    "chamba",
    "laburo",
    "empresa",
    "empleo",
    "puesto",
    "job",
    "jobs",
    "company",
    "employer",
];

impl Frame {
    /// Whether it gives a name to somebody else than who acts.
    pub(crate) fn names_another(&self) -> bool {
        matches!(self.shape, Shape::Plain)
            && matches!(self.complement.first(), Some(Piece::Words(words)) if words.contains(&"her"))
    }

    /// Whether it is about whom a clitic or an English "me" stands for.
    pub(crate) const fn is_dative(&self) -> bool {
        matches!(self.shape, Shape::Dative)
    }
}

type Table = HashMap<(Language, &'static str), Vec<Frame>>;

static FRAMES: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::new();
    for line in include_str!("frames.txt").lines().filter(|line| !line.starts_with('#')) {
        for (key, frame) in read(line).unwrap_or_default() {
            table.entry(key).or_default().push(frame);
        }
    }
    table
});

/// One row, as a frame for each of its verbs.
fn read(line: &'static str) -> Option<Vec<((Language, &'static str), Frame)>> {
    let cells: Vec<&'static str> = line.split('|').map(str::trim).collect();
    let [language, lemmas, shape, complement, says, flags] = cells[..] else { return None };
    let language = Language::from_tag(language)?;
    let shape = match shape {
        "-" => Shape::Plain,
        "refl" => Shape::Reflexive,
        "dat" => Shape::Dative,
        "pass" => Shape::Passive,
        _ => return None,
    };
    lemmas
        .split(',')
        .map(|lemma| {
            let complement = complement.split_whitespace().map(piece).collect();
            Some(((language, lemma), Frame { shape, complement, says: read_says(says)?, flags: read_flags(flags)? }))
        })
        .collect()
}

fn piece(text: &'static str) -> Piece {
    if text == ".." {
        return Piece::Anywhere;
    }
    if let Some(slot) = text.strip_prefix('<') {
        let name = slot.trim_end_matches('>');
        return name.strip_prefix('_').map_or(Piece::Slot(name, true), |name| Piece::Slot(name, false));
    }
    match text.strip_prefix('?') {
        Some(words) => Piece::Optional(words.split('/').collect()),
        None => Piece::Words(text.split('/').collect()),
    }
}

fn read_says(text: &'static str) -> Option<Says> {
    let (head, constant) = text.split_once('=').map_or((text, None), |(head, constant)| (head, Some(constant)));
    let (name, kind) = head.split_once(':').unwrap_or((head, ""));
    Some(Says { predicate: Predicate::from_name(name)?, kind, constant })
}

fn read_flags(text: &'static str) -> Option<Flags> {
    let mut flags = Flags::default();
    let mut rest = text;
    if let Some(at) = text.find("neg=") {
        // `neg=habit=no fumar pres`: the object may have blanks, the flags after it have none of those words.
        let said = text[at + 4..].trim_end_matches("pres").trim_end();
        flags.negated = Some(read_says(said)?);
        flags.present = text.ends_with("pres");
        rest = &text[..at];
    }
    for word in rest.split_whitespace() {
        match word {
            "begin" => flags.begins = true,
            "swap" => flags.swaps = true,
            "over" => flags.over = true,
            "end" => flags.ends = true,
            "onlyneg" => flags.only_negative = true,
            "onlypos" => flags.only_positive = true,
            "zero" => flags.zero = true,
            "own" => flags.owner_only = true,
            "timed" => flags.timed = true,
            "thing" => flags.of_thing = true,
            "plural" => flags.plural = true,
            "job" => flags.job = true,
            "others" => flags.others = true,
            "modal" => flags.modal = true,
            "today" => flags.today = true,
            "perf" => flags.perfect = true,
            "since" => flags.since = true,
            "prog" => flags.progressive = true,
            "span" => flags.span = true,
            "past" => flags.past = true,
            "pres" => flags.present = true,
            _ => return None,
        }
    }
    Some(flags)
}

impl Scan<'_> {
    /// Everything that the frames find in this group, whose clause ends before `end`. The first row for each predicate
    /// counts.
    pub(crate) fn matches(&self, group: &Group, end: usize) -> Vec<Match> {
        let mut out: Vec<Match> = Vec::new();
        for form in &group.readings {
            for frame in FRAMES.get(&(self.language, form.lemma)).into_iter().flatten() {
                let known = out.iter().any(|m| {
                    m.frame.says.predicate == frame.says.predicate
                        && m.frame.flags.ends == frame.flags.ends
                        && m.frame.says.constant.is_none() == frame.says.constant.is_none()
                        || m.frame.says.predicate == Predicate::Address && frame.says.predicate == Predicate::LivesIn
                    // «Dejé Teruel», «llevo años en Londres»: a place that is known as one is no employer.
                        || m.frame.says.predicate == Predicate::LivesIn
                            && frame.says.predicate == Predicate::WorksAt
                            && matches!(form.lemma, "dejar" | "abandonar" | "leave" | "llevar" | "cambiar" | "be")
                });
                // «Soy del Betis» names a team and no place.
                let team = frame.says.predicate == Predicate::Origin
                    && out.iter().any(|m| m.frame.says.predicate == Predicate::Team);
                // «La tienda se la dejé a Julia» leaves no employer.
                let given = form.lemma == "dejar"
                    && frame.says.predicate == Predicate::WorksAt
                    && (group.dative.is_some() || self.word(group.last) == "a");
                if known || team || given || !self.shape_fits(group, frame, form.tense, form.person, form.plural) {
                    continue;
                }
                let object = self.patient(group).filter(|_| frame.shape == Shape::Dative && !self.spanish());
                let from = self.after_adverbs(object.as_ref().map_or(group.last, |(_, end)| *end));
                if let Some((fillers, last)) = self.fit(&frame.complement, from, end) {
                    let of = object.as_ref().map(|(one, _)| one.clone());
                    out.push(Match {
                        frame,
                        lemma: form.lemma,
                        of,
                        fillers,
                        verb_end: from,
                        end: last.max(group.last),
                    });
                }
            }
        }
        // «Se cambió a Enfermería» is no move.
        if out.iter().any(|m| matches!(m.frame.says.predicate, Predicate::Studies | Predicate::Learning)) {
            out.retain(|m| m.frame.says.predicate != Predicate::LivesIn);
        }
        out
    }

    /// Whom an English verb is done to, and one past it: "they fired me", "the doctor put my dad on statins".
    pub(crate) fn patient(&self, group: &Group) -> Option<(Mention, usize)> {
        if self.spanish() {
            return None;
        }
        match self.word(group.last) {
            "me" => Some((Mention::Owner, group.last + 1)),
            "him" => Some((Mention::Pronoun { feminine: Some(false), plural: false }, group.last + 1)),
            // "Her dog" is not she.
            "her" if self.is_any(group.last + 1, &["on", "with", "to", "onto", "off", "go"]) => {
                Some((Mention::Pronoun { feminine: Some(true), plural: false }, group.last + 1))
            }
            _ => match self.noun(group.last) {
                // What the owner does to others tells nothing of them: "I gave my dog a pill".
                Some((Noun::Someone(one), end))
                    if one != Mention::Owner && !self.is_any(group.first.max(1) - 1, &["i", "we"]) =>
                {
                    Some((one, end))
                }
                _ => None,
            },
        }
    }

    pub(crate) fn after_adverbs(&self, at: usize) -> usize {
        let mut at = at;
        // «Vivo solo»: at the end it is no adverb.
        let alone =
            |at: usize| self.word(at) == "solo" && self.tokens.get(at + 1).is_none_or(crate::text::Token::is_mark);
        while self.is_any(at, &ADVERBS) && !alone(at) {
            at += 1;
        }
        at
    }

    fn shape_fits(&self, group: &Group, frame: &Frame, tense: Tense, person: Person, plural: bool) -> bool {
        let shape = match frame.shape {
            // "My doctor switched me to insulin": it is done to the owner.
            Shape::Plain => {
                let to_owner = !self.spanish() && frame.flags.swaps && self.is_any(group.last, &["me", "us"]);
                !group.aspect.passive && !to_owner
            }
            // «Me llaman Mari» is no reflexive: others act.
            Shape::Reflexive => {
                group.reflexive
                    && !group.aspect.passive
                    && (group.dative != Some(Person::First) || person == Person::First)
            }
            Shape::Dative if self.spanish() => {
                group.dative.is_some()
                    && (person == Person::Third
                        || person == Person::Any
                        || frame.flags.plural && plural
                        // «Le hemos puesto Nieve».
                        || frame.says.predicate == Predicate::Name && group.dative == Some(Person::Third))
            }
            Shape::Dative => self.patient(group).is_some(),
            Shape::Passive => group.aspect.passive,
        };
        let flags = &frame.flags;
        // «Todo el mundo me llama Pepelu».
        let plural = plural || (0..group.first).any(|i| self.is_any(i, &["mundo", "gente"]));
        let past = matches!(tense, Tense::Past | Tense::Imperfect) || group.aspect.perfect || group.aspect.bygone;
        let since = || (group.last..self.tokens.len()).any(|i| self.is_any(i, &["since", "for"]));
        let spanned = || {
            let from = self.after_adverbs(group.last);
            // «Llevo tres años en …», and not «llevo un Seat».
            crate::time::count_of_units(self.tokens, from).is_some()
                || self.is_any(from, &["toda", "media", "unos", "varios", "mucho", "bastante"])
        };
        shape
            && (!flags.perfect || group.aspect.perfect && since())
            && (!flags.progressive || group.aspect.progressive)
            && (!flags.span || spanned())
            && (!flags.since || (group.first.saturating_sub(4)..self.tokens.len()).any(|i| self.word(i) == "desde"))
            && (!flags.modal || group.aspect.modal)
            && (!flags.today || tense == Tense::Present && self.tokens.iter().any(|t| t.is("hoy") || t.is("today")))
            && (!flags.job || self.work || (0..group.first).any(|i| self.is_any(i, WORK)))
            && (!flags.past || past)
            && (!flags.present
                || tense == Tense::Present && !group.aspect.perfect
                || group.aspect.cessative
                || group.aspect.inceptive)
            && (!flags.only_negative || group.polarity != Polarity::Positive)
            && (!flags.over || group.polarity == Polarity::NoLonger)
            && (!flags.only_positive || group.polarity == Polarity::Positive && !group.aspect.cessative)
            && (!flags.plural
                || plural
                || !self.spanish()
                // «Todo el mundo me llama Chispa».
                || group.first > 0 && self.is_any(group.first - 1, &["mundo", "gente", "familia"]))
    }

    /// «(Trabajo de cajera) y mi hermana en la farmacia»: somebody else's part begins behind this word.
    pub(super) fn turns_to_another(&self, at: usize) -> bool {
        let joins = self.is_any(at, &["y", "e", "and", "but", "pero", "mientras", "while"]);
        joins
            && matches!(
                self.noun(at + 1),
                Some((
                    Noun::Someone(
                        Mention::Relative { plural: false, .. }
                            | Mention::Animal { plural: false, .. }
                            | Mention::Owner
                    ),
                    _
                ))
            )
    }

    /// Fits a complement from `at`. Slots may end behind `end` only by what belongs to them.
    fn fit(&self, pieces: &'static [Piece], at: usize, end: usize) -> Option<(Vec<Filler>, usize)> {
        let Some((piece, rest)) = pieces.split_first() else { return Some((Vec::new(), at)) };
        match piece {
            Piece::Words(words) => (at < end && words.contains(&self.word(at))).then(|| self.fit(rest, at + 1, end))?,
            Piece::Optional(words) => {
                let taken = (at < end && words.contains(&self.word(at))).then(|| self.fit(rest, at + 1, end)).flatten();
                taken.or_else(|| self.fit(rest, at, end))
            }
            Piece::Anywhere => (at..end)
                .take_while(|&i| {
                    // «De enfermera en urgencias, en el hospital».
                    let goes_on = self.word(i) == ","
                        && self.is_any(i + 1, &["en", "at", "in", "for", "para", "con", "with", "de", "as", "como"]);
                    (!self.tokens[i].is_mark() || self.tokens[i].quoted || goes_on) && !self.turns_to_another(i)
                })
                .find_map(|from| self.fit(rest, from, end)),
            Piece::Slot(name, says) => {
                let (mut fillers, next) = if at < end { self.slot(name, at)? } else { return None };
                if !says {
                    fillers.clear();
                }
                let (more, last) = self.fit(rest, next, end.max(next))?;
                fillers.extend(more);
                Some((fillers, last))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_be_read() {
        for line in include_str!("frames.txt").lines().filter(|line| !line.starts_with('#')) {
            assert!(read(line).is_some(), "{line}");
        }
    }

    #[test]
    fn every_verb_of_a_row_is_a_known_verb() {
        for (language, lemma) in FRAMES.keys() {
            let found = crate::words::forms(*language, lemma, &crate::text::fold(lemma));
            assert!(found.iter().any(|form| form.lemma == *lemma), "{lemma}");
        }
    }
}
