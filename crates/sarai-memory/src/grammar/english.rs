//! English verb groups: "have been living", "used to work", "no longer like", "was hired".

use super::Scan;
use super::group::{Group, Polarity, STATES};
use crate::text::Kind;
use crate::words::lists::{ADVERBS, BEFORE_NOUNS};
use crate::words::{self, Form, Person, Tense};

/// Words behind "I" that are no verbs of their own.
const NO_UNKNOWN_VERBS: &[&str] = &[
    "will", "would", "can", "could", "should", "might", "must", "never", "used", "shall", "dont", "cant", "didnt",
    "really", "also", "just", "that", "with", "from", "both", "myself", "then", "when", "guess", "hope", "wish",
    "wonder", "said", "need",
];

/// Verbs of which "he's started" and its like say that they have happened.
const GONE: &[&str] = &[
    "start", "begin", "move", "join", "leave", "quit", "become", "go", "get", "stop", "retire", "graduate", "switch",
    "change", "turn", "have", "live", "work", "pass", "take", "buy", "sell", "settle", "decide", "lose", "win", "open",
];

impl Scan<'_> {
    pub(super) fn english_group(&self, at: usize) -> Option<Group> {
        // "Turns out my son is allergic".
        if self.word(at) == "turns" && self.word(at + 1) == "out" {
            return None;
        }
        // "My sister's got two kids" has them; "he's got married" has not.
        if self.word(at) == "'s"
            && self.word(at + 1) == "got"
            && self.word(at + 2) != "to"
            && self.of_tense(at + 2, Tense::Participle).is_empty()
        {
            let has = Form { lemma: "have", tense: Tense::Present, person: Person::Third, plural: false };
            return Some(Group { last: at + 2, ..Group::of(at, vec![has]) });
        }
        let before = at.checked_sub(1).map_or("", |i| self.word(i));
        let mut finite: Vec<Form> =
            self.forms(at).iter().copied().filter(|form| matches!(form.tense, Tense::Present | Tense::Past)).collect();
        let auxiliary = self.is_any(
            at,
            &["will", "would", "can", "could", "should", "might", "must", "may", "used", "no", "not", "never"],
        );
        finite.extend(self.unknown_verb(at).filter(|_| finite.is_empty()));
        // "Been dating Emeka", "I been here since May".
        let been = self.word(at) == "been" && (at == 0 || self.tokens[at - 1].is_mark() || self.is_any(at - 1, &["i"]));
        if been && finite.is_empty() {
            finite.push(Form { lemma: "be", tense: Tense::Present, person: Person::Any, plural: false });
        }
        // "My full name is …": right before a copula, what could be a verb is a noun.
        let copula = self.is_any(at + 1, &["is", "are", "was", "were"]);
        if copula
            && !self.is_any(at, &["do", "have"])
            && finite.iter().all(|form| form.lemma != "be" && form.person == Person::Any)
        {
            return None;
        }
        let bare = |form: &Form| form.person == Person::Any && form.tense == Tense::Present && form.lemma != "?";
        if !finite.is_empty() && finite.iter().all(bare) && self.behind_noun(at) {
            return None;
        }
        // "At 6 am" is a time.
        if self.word(at) == "am" && at > 0 && self.tokens[at - 1].kind == Kind::Number {
            return None;
        }
        // "Ana's birthday", "Ana's name" have no verb.
        if before == "'s" && self.headed(at, super::Mention::Owner, false).is_some() {
            return None;
        }
        if self.word(at) == "'s" && self.headed(at + 1, super::Mention::Owner, false).is_some() {
            return None;
        }
        if (finite.is_empty() && !auxiliary) || (BEFORE_NOUNS.contains(&before) && self.word(at) != "'s") {
            return None;
        }
        let mut group = Group { last: at + 1, ..Group::of(at, std::mem::take(&mut finite)) };
        group.aspect.perfect |= been;
        // "(I) got a dentist appointment" has one.
        let bare = !self.is_any(at.max(1) - 1, &["have", "has", "had", "'s"]);
        if self.word(at) == "got" && self.is_any(at + 1, &["a", "an", "my", "two", "three"]) && bare {
            group.readings.push(Form { lemma: "have", tense: Tense::Present, person: Person::Any, plural: false });
        }
        if auxiliary && !self.english_auxiliary(&mut group) {
            return None;
        }
        for _ in 0..5 {
            if !self.english_chain(&mut group) {
                break;
            }
        }
        if self.is_any(group.last, &["myself", "ourselves"]) {
            group.reflexive = true;
            group.last += 1;
        }
        Some(group)
    }

    /// A word that no table knows and that stands where only a verb can.
    fn unknown_verb(&self, at: usize) -> Option<Form> {
        // A word behind "I" that no table knows is a verb: "I restore old motorcycles".
        if at > 0
            && self.is_any(at - 1, &["i", "we"])
            && self.tokens[at].is_word()
            && self.tokens[at].fold.len() > 3
            && !self.tokens[at].fold.ends_with("ly")
            && !ADVERBS.contains(&self.word(at))
            && !self.word(at).ends_with("ing")
            && !self.is_any(at, NO_UNKNOWN_VERBS)
        {
            let tense = if self.word(at).ends_with("ed") { Tense::Past } else { Tense::Present };
            return Some(Form { lemma: "?", tense, person: Person::Any, plural: false });
        }
        // "My uncle Seamus farms sheep": behind somebody's name too.
        if at > 1
            && self.tokens[at].is_word()
            && !self.tokens[at].capital
            && self.tokens[at].fold.len() > 4
            && self.word(at).ends_with('s')
            && !self.word(at).ends_with("ss")
            && self.tokens.get(at + 1).is_some_and(|next| next.is_word() && !next.is("'s"))
            && words::senses(Some(sarai_types::Language::English), self.word(at)).next().is_none()
            && (at.saturating_sub(4)..at).any(|from| {
                matches!(self.noun(from), Some((super::noun::Noun::Someone(super::Mention::Relative { plural: false, .. }), end)) if end == at)
            })
        {
            return Some(Form { lemma: "?", tense: Tense::Present, person: Person::Third, plural: false });
        }
        None
    }

    /// Whether a noun stands before this word that does not act in the plural.
    fn behind_noun(&self, at: usize) -> bool {
        let before = at.checked_sub(1).map_or("", |i| self.word(i));
        // "Choir practice": behind a noun that cannot act in the plural, what could be a verb is a noun.
        const ACTING: &[&str] = &[
            "i",
            "you",
            "we",
            "they",
            "who",
            "that",
            "which",
            "and",
            "or",
            "but",
            "people",
            "children",
            "men",
            "women",
            "folk",
            "both",
            "all",
            "so",
            "then",
            "because",
            "when",
            "if",
            "while",
            "also",
            "not",
            "never",
            "sometimes",
            "often",
            "to",
            "me",
            "nor",
            "family",
            "team",
            "police",
            "couple",
            "rarely",
            "hardly",
            "mainly",
            "currently",
            "either",
            "each",
        ];
        at > 0
            && self.tokens[at - 1].is_word()
            && !self.tokens[at - 1].capital
            && !before.ends_with('s')
            && !before.ends_with("ly")
            && !ACTING.contains(&before)
            && !ADVERBS.contains(&before)
            && self.forms(at - 1).is_empty()
            && words_name(before)
    }

    /// The finite verb behind a denial, from `at` on.
    fn english_denied(&self, group: &mut Group, at: usize) -> bool {
        let verb = self.skip_adverbs(at);
        let finite = |form: &&Form| matches!(form.tense, Tense::Present | Tense::Past);
        group.readings = self.forms(verb).iter().filter(finite).copied().collect();
        group.last = verb + 1;
        !group.readings.is_empty()
    }

    /// "Will", "used to", "no longer" before the verb that has the meaning.
    fn english_auxiliary(&self, group: &mut Group) -> bool {
        let at = group.first;
        let (mut next, tense) = match (self.word(at), self.word(at + 1)) {
            ("used", "to") => {
                group.aspect.bygone = true;
                (at + 2, Tense::Past)
            }
            ("no", "longer") => {
                group.polarity = Polarity::NoLonger;
                return self.english_denied(group, at + 2);
            }
            ("never" | "not" | "neither", _) => {
                group.polarity = Polarity::Negative;
                return self.english_denied(group, at + 1);
            }
            ("no" | "used", _) => return false,
            ("will", _) => (at + 1, Tense::Future),
            ("would" | "could" | "might" | "may" | "should", _) => (at + 1, Tense::Conditional),
            _ => {
                group.aspect.modal = true;
                (at + 1, Tense::Present)
            }
        };
        loop {
            match self.word(next) {
                "not" | "never" => group.polarity = Polarity::Negative,
                "no" if self.word(next + 1) == "longer" => {
                    group.polarity = Polarity::NoLonger;
                    next += 1;
                }
                word if ADVERBS.contains(&word) => {}
                _ => break,
            }
            next += 1;
        }
        group.readings = self
            .of_tense(next, Tense::Infinitive)
            .into_iter()
            .map(|form| Form { tense, person: Person::Any, ..form })
            .collect();
        // "She won't touch mushrooms" is a habit.
        if tense == Tense::Future && group.polarity == Polarity::Negative && group.has_any(&["eat", "drink", "touch"]) {
            group.readings.iter_mut().for_each(|form| form.tense = Tense::Present);
        }
        group.last = next + 1;
        !group.readings.is_empty()
    }

    fn english_chain(&self, group: &mut Group) -> bool {
        let mut next = group.last;
        let mut polarity = group.polarity;
        loop {
            match self.word(next) {
                "not" | "never" => polarity = Polarity::Negative,
                "no" if self.word(next + 1) == "longer" => {
                    polarity = Polarity::NoLonger;
                    next += 1;
                }
                word if ADVERBS.contains(&word) => {}
                _ => break,
            }
            next += 1;
        }
        let base = self.of_tense(next, Tense::Infinitive);
        let gerunds = self.of_tense(next, Tense::Gerund);
        let participles = self.of_tense(next, Tense::Participle);
        let auxiliary = group.has_any(&["be", "have", "do"]);
        if auxiliary {
            group.polarity = polarity;
            if polarity != Polarity::Positive {
                group.last = next;
            }
        }
        let denied = polarity != Polarity::Positive;
        if group.has("do") && !base.is_empty() && (denied || self.word(next) != "do") {
            return Self::take(group, "do", &base, next + 1);
        }
        // "He's started at Ridgeway" has, and is not, started.
        // "The GP's put me on sertraline" too.
        let gone = participles.iter().any(|form| GONE.contains(&form.lemma))
            || !participles.is_empty() && self.is_any(next + 1, &["me", "us", "him", "them"]);
        if self.word(group.last.max(1) - 1) == "'s" && gone {
            group.aspect.perfect = true;
            group.readings.retain(|form| form.lemma == "be");
            return Self::take(group, "be", &participles, next + 1);
        }
        if group.has("be") {
            if self.word(next) == "going"
                && self.word(next + 1) == "to"
                && !self.of_tense(next + 2, Tense::Infinitive).is_empty()
            {
                group.aspect.prospective = true;
                return Self::take(group, "be", &self.of_tense(next + 2, Tense::Infinitive), next + 3);
            }
            if !gerunds.is_empty() {
                group.aspect.progressive = true;
                return Self::take(group, "be", &gerunds, next + 1);
            }
            // "I'm left handed" is left by nobody.
            let hand = self.is_any(next, &["left"]) && self.is_any(next + 1, &["handed", "hand", "footed"]);
            if !participles.is_empty() && !self.is_any(next, STATES) && !hand {
                group.aspect.passive = true;
                return Self::take(group, "be", &participles, next + 1);
            }
        }
        // "Got promoted", "got fired".
        if group.has("get") && !participles.is_empty() && !self.is_any(next, STATES) && !group.has_any(&["have"]) {
            group.aspect.passive = true;
            return Self::take(group, "get", &participles, next + 1);
        }
        if group.has("have") {
            if self.word(next) == "got" {
                group.last = next + 1;
                return self.word(next + 1) == "to";
            }
            if !participles.is_empty() {
                group.aspect.perfect = true;
                return Self::take(group, "have", &participles, next + 1);
            }
        }
        self.english_phase(group, next, &gerunds)
    }

    /// Verbs that say where an action stands: "tend to", "start", "stop".
    fn english_phase(&self, group: &mut Group, next: usize, gerunds: &[Form]) -> bool {
        // "I tend to read before bed".
        if group.has("tend") && self.word(next) == "to" && !self.of_tense(next + 1, Tense::Infinitive).is_empty() {
            group.aspect.habitual = true;
            return Self::take(group, "tend", &self.of_tense(next + 1, Tense::Infinitive), next + 2);
        }
        // "Born and raised in Leeds".
        if group.aspect.passive && self.word(next) == "and" && !self.of_tense(next + 1, Tense::Participle).is_empty() {
            group.last = next + 2;
        }
        if group.has_any(&["start", "begin"]) && !gerunds.is_empty() {
            group.aspect.inceptive = true;
            let carrier = if group.has("start") { "start" } else { "begin" };
            return Self::take(group, carrier, gerunds, next + 1);
        }
        if group.has_any(&["stop", "quit"]) && !gerunds.is_empty() {
            group.aspect.cessative = true;
            let carrier = if group.has("stop") { "stop" } else { "quit" };
            return Self::take(group, carrier, gerunds, next + 1);
        }
        false
    }
}

/// Whether the tables know an English word as a noun of some kind.
fn words_name(word: &str) -> bool {
    words::senses(Some(sarai_types::Language::English), word).next().is_some() || words::same::is_known(word)
}
