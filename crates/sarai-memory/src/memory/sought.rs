//! Which facts and messages the words of a request to forget are about.

use super::forget::{Doomed, Known};
use super::store::{Filter, Store, search_words};
use crate::fact::{EntityId, EntityKind, Episode, EpisodeId, Fact, Predicate};
use crate::grammar::Mention;
use crate::text::{Token, fold, tokens};
use crate::words::families::{self, Family};
use crate::words::lists::{NO_TOPIC, PROFESSIONALS, UNTELLING};
use crate::words::{self, Class};
use sarai_types::Language;
use std::collections::{BTreeMap, BTreeSet};

/// Episodes that one name is looked for in.
const EPISODES_LOOKED_AT_MAX: usize = 500;
/// Tokens of a message that are looked at to see whose it is.
const TOKENS_MAX: usize = 400;
/// A shorter word stands for itself alone, not for longer ones that begin with it.
const STEM_LETTERS_MIN: usize = 5;

/// A word of the request, and whatever says the same.
struct Sought {
    word: String,
    families: Vec<&'static Family>,
    /// The words of each name of the relative that the word names.
    names: Vec<Vec<String>>,
    kin: bool,
}

impl Sought {
    fn stands_in(&self, present: &[String]) -> bool {
        let same = |other: &String| {
            *other == self.word || self.word.len() >= STEM_LETTERS_MIN && other.starts_with(self.word.as_str())
        };
        present.iter().any(same)
            || self.families.iter().any(|family| family.told_by(present))
            || self.names.iter().any(|name| name.iter().all(|word| present.contains(word)))
    }
}

/// The labels of a kind in both languages: «hermana sister».
fn labels(kind: &str) -> String {
    let classes = [Class::Kin, Class::Pet, Class::Own, Class::Vehicle, Class::Kind];
    let label = |class| Language::ALL.into_iter().filter_map(move |language| words::label(language, class, kind));
    classes.into_iter().flat_map(label).collect::<Vec<_>>().join(" ")
}

impl<S: Store> Known<'_, S> {
    /// Messages and facts that hold a name. Those of somebody else of the same name, who stays, stay too.
    pub(super) fn mentions(&self, name: &str, doomed: &mut Doomed) -> Result<(), S::Error> {
        let words = search_words(name);
        let holds = |text: &str| {
            let present = search_words(text);
            words.iter().all(|word| present.contains(word))
        };
        if words.is_empty() {
            return Ok(());
        }
        let mut others = self.store.named(&fold(name))?;
        others.retain(|id| !doomed.entities.contains(id));
        let tells_of = |fact: &Fact, ids: &dyn Fn(&EntityId) -> bool| {
            ids(&fact.subject) || fact.object.entity.as_ref().is_some_and(ids)
        };
        let kinds = others.iter().flat_map(|id| self.relations(*id)).map(|fact| fact.kind.as_str());
        let theirs: Vec<String> = kinds.flat_map(|kind| search_words(&labels(kind))).collect();
        let mut told_in: BTreeMap<EpisodeId, Vec<&Fact>> = BTreeMap::new();
        for fact in self.facts.iter().filter(|_| !others.is_empty()) {
            if let Some(episode) = fact.evidence.episode {
                told_in.entry(episode).or_default().push(fact);
            }
        }
        let stays = |episode: &Episode| {
            let of = |ids: &dyn Fn(&EntityId) -> bool| {
                told_in.get(&episode.id).into_iter().flatten().any(|fact| tells_of(fact, ids))
            };
            let present = search_words(&episode.text);
            !of(&|id| doomed.entities.contains(id))
                && (of(&|id| others.contains(id)) || theirs.iter().any(|word| present.contains(word)))
        };
        let found = self.store.search_episodes(&words, EPISODES_LOOKED_AT_MAX)?;
        let gone: Vec<EpisodeId> =
            found.iter().filter(|e| holds(&e.text) && !stays(e)).map(|episode| episode.id).collect();
        let found = self.store.search_facts(&words, EPISODES_LOOKED_AT_MAX)?;
        doomed.facts.extend(
            found
                .iter()
                .filter(|fact| holds(&fact.object.text) && !tells_of(fact, &|id| others.contains(id)))
                .map(|fact| fact.id),
        );
        doomed.episodes.extend(gone);
        Ok(())
    }

    /// Messages that name a relative by the relation alone: «mi hermana me debe dinero».
    pub(super) fn relatives(&self, kin: &str, doomed: &mut Doomed) -> Result<(), S::Error> {
        let others = self.facts.iter().any(|fact| {
            let id = fact.object.entity.filter(|id| !doomed.entities.contains(id));
            fact.predicate == Predicate::Relative && fact.subject == EntityId::OWNER && fact.kind == kin && id.is_some()
        });
        if others {
            return Ok(());
        }
        // Of whoever does something for the owner there is one: «lo del dentista».
        let serves = PROFESSIONALS.contains(&kin);
        let own = |before: &str| ["mi", "mis", "my", "nuestra", "nuestro", "our"].contains(&before);
        let anothers = |before: &str| ["su", "sus", "tu", "tus", "his", "her", "their", "your", "'s"].contains(&before);
        let names = |text: &str| {
            let tokens = tokens(text, TOKENS_MAX);
            (0..tokens.len()).any(|at| {
                let before = at.checked_sub(1).map_or("", |before| tokens[before].fold.as_str());
                (own(before) || serves && !anothers(before))
                    && Language::ALL.into_iter().any(|language| {
                        words::longest(language, &tokens, at, &[Class::Kin]).is_some_and(|(sense, _)| sense.id == kin)
                    })
            })
        };
        if serves {
            let told = |fact: &&Fact| fact.subject == EntityId::OWNER && names(&fact.object.text);
            doomed.facts.extend(self.facts.iter().filter(told).map(|fact| fact.id));
        }
        doomed.episodes.extend(self.episodes()?.into_iter().filter(|e| names(&e.text)).map(|episode| episode.id));
        Ok(())
    }

    /// Messages that tell what stands in no fact: «trabajo en una funeraria», where the work is to be forgotten.
    pub(super) fn told(&self, subject: &Mention, predicate: Predicate, doomed: &mut Doomed) -> Result<(), S::Error> {
        if let Mention::Thing { text, .. } = subject {
            return self.words(text, doomed);
        }
        let Some(family) = families::of_predicate(predicate.name()) else { return Ok(()) };
        let of = match subject {
            Mention::Owner => None,
            Mention::Named(name) | Mention::Relative { name: Some(name), .. } => Some(search_words(name)),
            Mention::Relative { kin, .. } => Some(search_words(&labels(kin))),
            Mention::Animal { .. } | Mention::Pronoun { .. } | Mention::Thing { .. } => return Ok(()),
        };
        for episode in self.episodes()? {
            let present = search_words(&episode.text);
            let theirs = of.as_ref().is_none_or(|words| words.iter().any(|word| present.contains(word)));
            if theirs && family.told_by(&present) && !(of.is_none() && tells_of_another(&episode.text)) {
                doomed.episodes.insert(episode.id);
                // What was noted of it says it as well.
                let notes = Filter { predicate: Some(Predicate::Note), episode: Some(episode.id), ..Filter::default() };
                doomed.facts.extend(self.store.facts(&notes)?.iter().map(|fact| fact.id));
            }
        }
        Ok(())
    }

    /// Things whose names hold these words: «las llaves» for the spare keys.
    pub(super) fn things(&self, text: &str) -> Vec<EntityId> {
        let wanted: Vec<String> = content(text);
        let kept = self.facts.iter().filter(|fact| fact.predicate == Predicate::KeptIn && !wanted.is_empty());
        let things: BTreeSet<EntityId> = kept.map(|fact| fact.subject).collect();
        let named_so = |id: &EntityId| {
            let present = search_words(&self.names(*id).join(" "));
            wanted.iter().all(|word| present.contains(word))
        };
        things.into_iter().filter(named_so).collect()
    }

    /// Facts and messages that hold all the words, or others of their family, or of a predicate that they name.
    pub(super) fn words(&self, text: &str, doomed: &mut Doomed) -> Result<(), S::Error> {
        let mut sought = self.sought(text);
        let before = (doomed.facts.len(), doomed.episodes.len());
        self.holding(text, &sought, doomed)?;
        // «Mi cita del psiquiatra» was «me ve el psiquiatra el lunes».
        let vague = |word: &Sought| UNTELLING.contains(&word.word.as_str());
        if before == (doomed.facts.len(), doomed.episodes.len()) && sought.iter().any(vague) {
            sought.retain(|word| !vague(word));
            self.holding(text, &sought, doomed)?;
        }
        Ok(())
    }

    fn holding(&self, text: &str, sought: &[Sought], doomed: &mut Doomed) -> Result<(), S::Error> {
        if sought.is_empty() {
            return Ok(());
        }
        let own = (tells_in_first_person(text)
            || search_words(text).iter().any(|word| ["mi", "mis", "my", "our"].contains(&word.as_str())))
            && !sought.iter().any(|word| word.kin);
        let holds = |present: &[String]| sought.iter().all(|word| word.stands_in(present));
        let key = words::key(text);
        // What a fact itself says decides; its sentence only where no fact says it, for it may tell other things too.
        let meant = || self.facts.iter().filter(|fact| !(own && self.is_of_another(fact)));
        let said: Vec<&Fact> = meant().filter(|fact| fact.object.key == key || holds(&self.described(fact))).collect();
        for fact in &said {
            doomed.facts.insert(fact.id);
            if let (Some(id), Predicate::Relative | Predicate::Pet) = (fact.object.entity, fact.predicate) {
                self.person(id, doomed)?;
            }
        }
        let who = |fact: &&Fact| matches!(fact.predicate, Predicate::Relative | Predicate::Pet | Predicate::Name);
        for fact in meant().filter(|fact| said.is_empty() && !who(fact)) {
            if holds(&search_words(&format!("{} {}", fact.object.text, self.own_words(fact)?))) {
                doomed.facts.insert(fact.id);
            }
        }
        for episode in self.episodes()? {
            if holds(&search_words(&episode.text)) && !(own && tells_of_another(&episode.text)) {
                doomed.episodes.insert(episode.id);
            }
        }
        Ok(())
    }

    /// The words that tell a fact, and none that tell something else beside it: of "I earn 3,400 and work for Vodafone"
    /// the pay may go, and the employer stays.
    fn own_words(&self, fact: &Fact) -> Result<String, S::Error> {
        let (first, last) = fact.evidence.span;
        let episode = fact.evidence.episode.map(|id| self.store.episode(id)).transpose()?.flatten();
        let told = episode.and_then(|episode| Some(episode.text.get(first..last)?.to_owned()));
        Ok(told.unwrap_or_else(|| fact.evidence.sentence.clone()))
    }

    /// The words of a request with all that says the same.
    fn sought(&self, text: &str) -> Vec<Sought> {
        let mut out = Vec::new();
        for word in content(text) {
            let kin = words::senses(None, &word).find(|sense| sense.class == Class::Kin);
            let mut names = Vec::new();
            if let Some(sense) = kin {
                names.extend(search_words(&labels(sense.id)).into_iter().map(|label| vec![label]));
                let relation = |fact: &&Fact| fact.predicate == Predicate::Relative && fact.kind == sense.id;
                let relatives = self.facts.iter().filter(relation).filter_map(|fact| fact.object.entity);
                names.extend(relatives.flat_map(|id| self.names(id)).map(|name| search_words(name)));
            }
            names.retain(|name| !name.is_empty());
            out.push(Sought { families: families::of(&word).collect(), kin: kin.is_some(), word, names });
        }
        out
    }

    /// All words for what a fact says, and of whom.
    fn described(&self, fact: &Fact) -> Vec<String> {
        let mut text = format!("{} {} {}", fact.object.text, fact.object.key, labels(&fact.kind));
        text = format!("{text} {} {}", fact.predicate.name().replace('_', " "), fact.kind);
        text.extend(crate::words::matters::named(&fact.kind).flat_map(|word| [" ", word]));
        for id in [Some(fact.subject), fact.object.entity].into_iter().flatten().filter(|id| *id != EntityId::OWNER) {
            text = format!("{text} {}", self.names(id).join(" "));
            for relation in self.relations(id).filter(|relation| relation.predicate != Predicate::LivesWith) {
                text = format!("{text} {}", labels(&relation.kind));
            }
        }
        search_words(&text)
    }

    fn is_of_another(&self, fact: &Fact) -> bool {
        self.entities.get(&fact.subject).is_some_and(|entity| entity.kind == EntityKind::Person)
    }
}

/// The words that carry a request.
fn content(text: &str) -> Vec<String> {
    search_words(text).into_iter().filter(|word| !NO_TOPIC.contains(&word.as_str())).collect()
}

/// A message about a relative in which the owner does nothing: «mi hermana cobra 2000 euros».
fn tells_of_another(text: &str) -> bool {
    let tokens = tokens(text, TOKENS_MAX);
    let relative = |token: &Token| words::senses(None, &token.fold).any(|sense| sense.class == Class::Kin);
    tokens.iter().any(relative) && !tells_in_first_person(text)
}

fn tells_in_first_person(text: &str) -> bool {
    tokens(text, TOKENS_MAX).iter().any(|token| {
        ["i", "me", "we", "us", "yo", "nos"].contains(&token.fold.as_str()) || words::in_first_person(token)
    })
}
