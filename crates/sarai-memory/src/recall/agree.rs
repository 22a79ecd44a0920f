//! Recall by words: where no predicate answers, the one sentence that says all that the question names may.

use sarai_types::Language;

use super::question::Form;
use super::rank::{Found, Ranked, Search, Why};
use super::wanted::Wanted;
use crate::fact::{EntityId, EntityKind, EpisodeId, Fact, Predicate};
use crate::grammar::Mention;
use crate::memory::{Filter, States, Store};
use crate::text::{Kind, Token, fold, tokens};
use crate::time::{Direction, Lookup, cardinal, clock, date, weekday};
use crate::words::lists::SPOTS;
use crate::words::{self, kinds};

/// Facts that are compared with one question.
const COMPARED_MAX: usize = 60;
/// Words that one search takes.
const SEARCHED_MAX: usize = 32;
/// Tokens of a sentence that are compared.
const TOKENS_MAX: usize = 120;
/// A question of so few words must be said by the sentence to its last one.
const FEW: usize = 3;

/// What was said, and what each of its words may agree with another by.
pub(super) struct Heard {
    pub(super) said: Vec<Token>,
    faces: Vec<Vec<String>>,
}

impl Heard {
    pub(super) fn new(said: Vec<Token>, language: Language) -> Self {
        let faces = |token: &Token| if token.is_mark() { Vec::new() } else { words::same::faces(language, token) };
        let mut faces: Vec<Vec<String>> = said.iter().map(faces).collect();
        for at in 0..said.len() {
            let Some((kinds, end)) = kinds::of(language, &said, at) else { continue };
            for faces in &mut faces[at..end] {
                faces.extend(kinds.iter().map(|kind| kind_face(kind)));
            }
        }
        for at in 0..said.len() {
            let Some((row, places)) = words::same::expression(language, &said, at) else { continue };
            for place in places {
                faces[place].push(words::same::face(row));
            }
        }
        Self { faces, said }
    }

    /// The sentence that tells a fact.
    pub(super) fn of(fact: &Fact) -> Self {
        Self::new(tokens(&fact.evidence.sentence, TOKENS_MAX), fact.language)
    }

    /// Gives one more face to all words of a list.
    pub(super) fn call(&mut self, name: &str, list: &[String]) {
        for faces in self.faces.iter_mut().filter(|faces| faces.iter().any(|face| list.contains(face))) {
            faces.push(name.to_owned());
        }
    }

    /// Whether something of the kind stands there.
    pub(super) fn is_of(&self, kind: &str) -> bool {
        self.faces.iter().flatten().filter_map(|face| kind_of(face)).any(|other| other == kind)
    }

    /// How many of the words, each given by its faces, it holds.
    pub(super) fn covers(&self, content: &[Vec<String>]) -> usize {
        content.iter().filter(|asked| self.faces.iter().any(|told| agrees(asked, told))).count()
    }

    /// Which of its words are among those.
    pub(super) fn used(&self, content: &[Vec<String>]) -> Vec<bool> {
        self.faces.iter().map(|told| content.iter().any(|asked| agrees(asked, told))).collect()
    }
}

/// What a word for a kind of thing agrees with what is of that kind by.
pub(super) fn kind_face(kind: &str) -> String {
    format!("<{kind}")
}

/// The kind that a face stands for, if it does for one.
pub(super) fn kind_of(face: &str) -> Option<&str> {
    face.strip_prefix('<')
}

fn agrees(asked: &[String], told: &[String]) -> bool {
    let plain = |face: &str| face.chars().all(char::is_alphanumeric);
    asked
        .iter()
        .any(|face| told.iter().any(|other| face == other || plain(face) && plain(other) && super::alike(face, other)))
}

impl<S: Store> Search<'_, '_, S> {
    /// The facts of the one sentence that agrees with the question.
    pub(super) fn agreeing(&self, subjects: &[EntityId]) -> Result<Found, S::Error> {
        let content = &self.question.content;
        if content.is_empty() && self.question.about.is_empty()
            || matches!(self.question.form, Form::Everything | Form::Count)
        {
            return Ok(Found::default());
        }
        let mut best: Vec<(usize, Fact)> = Vec::new();
        let all = self.store.search_facts(&self.searched(), COMPARED_MAX)?;
        // Of a sentence that no longer holds altogether nothing is quoted.
        let over: Vec<EpisodeId> =
            all.iter().filter(|fact| !fact.is_current(self.today)).filter_map(|fact| fact.evidence.episode).collect();
        for fact in self.in_time(all)? {
            let stale = !self.question.past && fact.evidence.episode.is_some_and(|id| over.contains(&id));
            // Who somebody is, the grammar finds by itself.
            let who = matches!(fact.predicate, Predicate::Relative | Predicate::Pet | Predicate::Name);
            if stale || who || !self.may_answer(&fact, subjects)? || !self.is_of_whom_is_asked(&fact) {
                continue;
            }
            let theirs = fact.subject != EntityId::OWNER && subjects.contains(&fact.subject)
                || fact.object.entity.is_some_and(|id| subjects.contains(&id));
            let Some(score) = self.agreement(&fact, theirs) else { continue };
            let of_others = fact.evidence.episode.map(|id| self.tells_of_others(id, subjects)).transpose()?;
            if of_others != Some(true) {
                best.push((score, fact));
            }
        }
        let most = best.iter().map(|(score, _)| *score).max().unwrap_or(0);
        best.retain(|(score, _)| *score == most);
        let one = best.first().map(|(_, fact)| fact.evidence.sentence.clone()).unwrap_or_default();
        if best.is_empty() || best.iter().any(|(_, fact)| fact.evidence.sentence != one) {
            return Ok(Found::default());
        }
        // Where a note says it, what else its sentence tells is beside the point.
        let told = !best.iter().any(|(_, fact)| fact.predicate == Predicate::Note);
        best.retain(|(_, fact)| told || fact.predicate == Predicate::Note);
        let facts = best.into_iter().map(|(_, fact)| Ranked { fact, why: Why::Words }).collect();
        Ok(Found { facts, said: told.then_some(one), ..Found::default() })
    }

    /// The words of the question, and others for the same.
    pub(super) fn searched(&self) -> Vec<String> {
        let mut out: Vec<String> = self.question.words.clone();
        for word in &self.question.words {
            out.extend(words::same::others(word).flat_map(|other| crate::memory::search_words(&other)));
        }
        for face in self.question.content.iter().flatten() {
            let others = words::same::behind(face).unwrap_or_default();
            out.extend(others.iter().flat_map(|word| crate::memory::search_words(word)));
        }
        let mut seen = std::collections::HashSet::new();
        out.retain(|word| word.len() > 2 && seen.insert(word.clone()));
        out.truncate(SEARCHED_MAX);
        out
    }

    /// What is said of somebody answers only a question about them; a note may be about anybody.
    fn may_answer(&self, fact: &Fact, subjects: &[EntityId]) -> Result<bool, S::Error> {
        if fact.predicate == Predicate::Note {
            return Ok(true);
        }
        let asked = |id: EntityId| subjects.contains(&id);
        let thing = self.store.entity(fact.subject)?.is_some_and(|entity| entity.kind == EntityKind::Thing);
        let theirs = asked(fact.subject) || fact.object.entity.is_some_and(asked);
        Ok(theirs
            || subjects.is_empty() && self.question.subject.is_none() && (fact.subject == EntityId::OWNER || thing)
            || subjects.is_empty() && thing && matches!(self.question.subject, Some(Mention::Thing { .. }))
            || self.question.own && fact.subject == EntityId::OWNER)
    }

    /// Whether what is asked is told there of others alone: "my daughter is allergic to nuts and my son loves chess".
    pub(super) fn tells_of_others(&self, episode: EpisodeId, subjects: &[EntityId]) -> Result<bool, S::Error> {
        // A date, a number, a place or a name may be that of the other: "my mother's birthday is 2 May and my father's
        // 9 June".
        let names = |predicate| matches!(predicate, Predicate::Name | Predicate::Relative | Predicate::Pet);
        let open = self.question.wanted == Wanted::Anything
            && !self.question.topics.first().is_some_and(|topic| names(topic.predicate));
        let somebody = self.question.subject.as_ref().is_some_and(Mention::is_person);
        let Some(topic) = self.question.topics.first().filter(|_| somebody && open) else { return Ok(false) };
        let filter = Filter {
            predicate: Some(topic.predicate),
            episode: Some(episode),
            states: States::All,
            ..Filter::default()
        };
        let told = self.store.facts(&filter)?;
        Ok(!told.is_empty() && !told.iter().any(|fact| subjects.contains(&fact.subject)))
    }

    /// How well the sentence of a fact agrees; none where it does not.
    fn agreement(&self, fact: &Fact, theirs: bool) -> Option<usize> {
        // Whom a fact is about need not be named by its sentence.
        let about = self.question.about.iter().filter(|_| !theirs);
        let content: &Vec<Vec<String>> = &self.question.content.iter().chain(about).cloned().collect();
        let text = format!("{} . {}", fact.evidence.sentence, fact.object.text);
        let heard = Heard::new(tokens(&text, TOKENS_MAX), fact.language);
        let covered = heard.covers(content);
        if self.tells_another(&heard) {
            return None;
        }
        let label: Vec<&str> = fact.kind.split('+').filter(|word| !word.is_empty()).collect();
        let asks_for =
            |word: &&str| content.iter().flatten().any(|face| face.strip_prefix('=').unwrap_or(face) == *word);
        let note = fact.predicate == Predicate::Note && !label.is_empty();
        // What is asked may stand beside a note in its sentence, and then the note does not say it.
        if note && Heard::new(tokens(&fact.object.text, TOKENS_MAX), fact.language).covers(content) == 0 {
            return None;
        }
        // A note is found by its label: by all of it, or by all that the question says.
        let labelled = note && (label.len() > 1 && label.iter().all(asks_for));
        let enough = match content.len() {
            0 => false,
            // «¿Desde cuándo no bebo?»: one word is enough where the fact has the time that is asked for.
            1 if !theirs => {
                let timely = matches!(self.question.wanted, Wanted::Time | Wanted::Figure)
                    && matches!(
                        fact.predicate,
                        Predicate::Trait
                            | Predicate::Routine
                            | Predicate::Habit
                            | Predicate::Health
                            | Predicate::Goal
                            | Predicate::Hobby
                            | Predicate::Appointment
                    );
                covered == 1 && (timely || note && label.iter().any(asks_for))
            }
            1 => covered == 1,
            few if few <= FEW => covered == few,
            many => covered + 1 >= many,
        };
        let told = self.tells(&heard.said, &heard.used(content), fact.from.is_some());
        ((enough || labelled) && told).then_some(covered + usize::from(labelled))
    }

    /// Whether it sets apart another thing than is asked about: the code of the building opens no garage.
    pub(super) fn tells_another(&self, heard: &Heard) -> bool {
        let qualifiers = &self.question.qualifiers;
        heard.covers(qualifiers) < qualifiers.len()
            && heard.said.iter().any(|token| ["de", "of", "for"].contains(&token.fold.as_str()))
    }

    /// Whether the sentence of a fact names a day of the week, an hour or a date.
    pub(super) fn tells_time(&self, fact: &Fact) -> bool {
        let said = tokens(&fact.evidence.sentence, TOKENS_MAX);
        (0..said.len()).any(|at| weekday(&said[at].fold).is_some() || clock(&said, at).is_some())
    }

    /// Whether the rest of a sentence holds the kind of thing that was asked for.
    pub(super) fn tells(&self, said: &[Token], used: &[bool], dated: bool) -> bool {
        let lookup = Lookup { today: self.today, direction: Direction::Past, month_first: false };
        let named = |at: usize| !used[at] && at > 0 && said[at].capital && said[at].is_word() && !said[at].is("i");
        (0..said.len()).any(|at| match self.question.wanted {
            Wanted::Anything | Wanted::Reason => !used[at] && said[at].is_word(),
            Wanted::Time => {
                dated
                    || weekday(&said[at].fold).is_some()
                    || clock(said, at).is_some()
                    || date(said, at, lookup).is_some()
                    || said[at].kind == Kind::Number
            }
            Wanted::Figure => {
                said[at].kind == Kind::Number
                    || cardinal(said, at).is_some()
                        && !["un", "una", "a", "an", "one", "uno"].contains(&fold(&said[at].fold).as_str())
            }
            Wanted::Place => named(at) || SPOTS.contains(&said[at].fold.as_str()),
            Wanted::Person => named(at),
        })
    }
}
