//! Messages that share words with a question which nothing answers, for somebody who can tell what they say: the owner,
//! or a model. The fewer messages hold a word, the more it counts.

use std::collections::{BTreeMap, BTreeSet};

use super::agree::Heard;
use super::judge::akin;
use super::over::changes;
use super::pieces::{TOKENS_MAX, overlaps, thoughts, unsaid};
use super::question::{Form, Question};
use super::quote::{Quotation, still_so};
use crate::fact::{Episode, EpisodeId};
use crate::memory::{Store, search_words};
use crate::text::{Ending, sentences, tokens};
use crate::time::Date;
use crate::words;
use crate::words::lists::FUNCTION;

/// So many messages are shown for one question.
pub const HINTS_MAX: usize = 3;
/// Messages that are looked at for each word of a question, the newest.
const BY_WORD_MAX: usize = 24;
/// Words of a question that are looked for.
const WORDS_MAX: usize = 8;
/// What counts for less than this share of the best is not shown beside it.
const SHARE_MIN: f32 = 0.5;
/// So much of a long word is its root, in letters.
const ROOT: usize = 5;
/// A message up to this length is shown as a whole, in bytes.
const WHOLE_MAX: usize = 240;

/// A message, and what each of its thoughts shares with the question.
struct Candidate {
    episode: Episode,
    /// Bytes of the message, and which of the words stand there.
    thoughts: Vec<((usize, usize), Vec<bool>)>,
}

/// The messages that share most with the question, the best first, as far as they still hold.
pub(crate) fn hints<S: Store>(store: &S, question: &Question, today: Date) -> Result<Vec<Quotation>, S::Error> {
    if question.elsewhere || question.form == Form::Everything {
        return Ok(Vec::new());
    }
    let asked: Vec<&Vec<String>> = question.content.iter().chain(&question.about).take(WORDS_MAX).collect();
    let mut found: BTreeMap<EpisodeId, Episode> = BTreeMap::new();
    for faces in &asked {
        let episodes = store.search_episodes(&searched(faces), BY_WORD_MAX)?;
        found.extend(episodes.into_iter().map(|episode| (episode.id, episode)));
    }
    let candidates: Vec<Candidate> = found.into_values().map(|episode| Candidate::new(episode, &asked)).collect();
    let holding = |word: usize| candidates.iter().filter(|candidate| candidate.holds(word)).count();
    let weights: Vec<f32> = (0..asked.len()).map(|word| rarity(holding(word), candidates.len())).collect();
    let mut best: Vec<(f32, (usize, usize), &Candidate)> = candidates
        .iter()
        .filter_map(|candidate| candidate.best_part(&weights).map(|(weight, span)| (weight, span, candidate)))
        .collect();
    best.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.2.episode.id.cmp(&a.2.episode.id)));
    let least = best.first().map_or(0.0, |(weight, ..)| weight * SHARE_MIN);
    let on = (!question.past).then_some(today);
    let mut out: Vec<Quotation> = Vec::new();
    for (_, span, Candidate { episode, .. }) in best.into_iter().take_while(|(weight, ..)| *weight >= least) {
        let unsaid = unsaid(episode, false);
        let span = if unsaid.is_empty() && episode.text.len() <= WHOLE_MAX { (0, episode.text.len()) } else { span };
        if !overlaps(&unsaid, span)
            && let Some(quoted) = still_so(store, episode, span, on)?
        {
            let later = overtaking(store, &quoted, on)?;
            out.push(quoted);
            out.extend(later);
        }
        let mut seen = BTreeSet::new();
        out.retain(|shown| seen.insert(shown.episode));
        if out.len() >= HINTS_MAX {
            break;
        }
    }
    out.truncate(HINTS_MAX);
    Ok(out)
}

/// The newest message that says of something in this one that it is no more, or otherwise now.
fn overtaking<S: Store>(store: &S, quoted: &Quotation, on: Option<Date>) -> Result<Option<Quotation>, S::Error> {
    let mut words = search_words(&quoted.text);
    words.retain(|word| word.len() >= ROOT && !FUNCTION.contains(&word.as_str()));
    words.truncate(WORDS_MAX);
    let newer = store.search_episodes(&words, BY_WORD_MAX)?.into_iter().filter(|other| other.id > quoted.episode);
    let newest = newer.filter(|other| changes(&tokens(&other.text, TOKENS_MAX))).max_by_key(|other| other.id);
    newest.map_or(Ok(None), |other| still_so(store, &other, (0, other.text.len()), on))
}

impl Candidate {
    fn new(episode: Episode, asked: &[&Vec<String>]) -> Self {
        let all = tokens(&episode.text, TOKENS_MAX);
        let list = sentences(&all, &episode.text);
        let told: Vec<(usize, usize)> =
            list.iter().filter(|s| s.ending != Ending::Question).map(|s| (s.first, s.last)).collect();
        let thoughts = thoughts(&all, &told).into_iter().map(|(first, last)| {
            let heard = Heard::new(all[first..last].to_vec(), episode.language);
            ((all[first].start, all[last - 1].end), shared(asked, &heard))
        });
        Self { thoughts: thoughts.collect(), episode }
    }

    fn holds(&self, word: usize) -> bool {
        self.thoughts.iter().any(|(_, shared)| shared[word])
    }

    /// The shortest part that shares most, if one shares anything: a thought, or two that follow each other.
    fn best_part(&self, weights: &[f32]) -> Option<(f32, (usize, usize))> {
        let mut best: Option<(f32, (usize, usize))> = None;
        for part in (1..=2).flat_map(|count| self.thoughts.windows(count)) {
            let stands = |word: usize| part.iter().any(|(_, shared)| shared[word]);
            let weight = (0..weights.len()).filter(|word| stands(*word)).map(|word| weights[word]).sum();
            if weight > best.map_or(0.0, |(most, _)| most) {
                best = Some((weight, (part[0].0.0, part[part.len() - 1].0.1)));
            }
        }
        best
    }
}

/// The beginnings of words by which a store finds what agrees with a word of a question.
fn searched(faces: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for face in faces {
        match words::same::behind(face) {
            Some(others) => out.extend(others.iter().flat_map(|word| search_words(word))),
            None => out
                .extend(search_words(face).into_iter().map(|word| word.get(..ROOT).map(str::to_owned).unwrap_or(word))),
        }
    }
    out.retain(|word| word.len() > 2);
    out.sort();
    out.dedup();
    out
}

/// Which of the words of a question stand in what was said.
fn shared(asked: &[&Vec<String>], heard: &Heard) -> Vec<bool> {
    let stands = |faces: &&Vec<String>| {
        heard.covers(std::slice::from_ref(*faces)) > 0
            || heard.said.iter().any(|token| faces.iter().any(|face| akin(face, &token.fold)))
    };
    asked.iter().map(stands).collect()
}

/// What a word counts for that so many of the messages hold.
#[expect(clippy::cast_precision_loss, reason = "a few hundred messages")]
fn rarity(holding: usize, messages: usize) -> f32 {
    if holding == 0 { 0.0 } else { (1.0 + messages as f32 / holding as f32).ln() }
}

#[cfg(test)]
mod tests {
    use crate::memory::{InMemory, Memory};
    use crate::time::Moment;
    use crate::{Message, Speaker};

    fn at(minute: i64) -> Moment {
        let start = Moment::parse("2026-03-10T10:00:00Z").unwrap();
        Moment::new(start.utc_ms + minute * 60_000, 0)
    }

    /// What may tell it, in a memory that was told this with an hour between two messages.
    fn hints(said: &[&str], question: &str) -> Vec<String> {
        let mut memory = Memory::new(InMemory::new());
        for (hour, text) in (0..).zip(said) {
            memory.say(Message { text, at: at(hour * 60), speaker: Speaker::Owner, language: None }).unwrap();
        }
        let answer = memory.ask(question, at(60 * 24 * 9), None).unwrap();
        assert!(answer.facts.is_empty() && answer.quoted.is_none(), "{question}: {}", answer.text);
        answer.hints.into_iter().map(|hint| hint.text).collect()
    }

    #[test]
    fn messages_that_share_rare_words_come_first() {
        let said = [
            "La caldera pierde agua por abajo, vino un técnico y pidió una pieza a Alemania",
            "Hoy ha hecho un día de perros y no he salido de casa",
            "He pintado el pasillo de casa de un amarillo que no convence a nadie",
            "En casa se come tarde los domingos, que si no vienen los vecinos",
            "Menuda semana en casa con los vecinos y su obra",
        ];
        let found = hints(&said, "¿Qué le pasaba a la caldera de casa?");
        assert_eq!(found, [said[0]], "what shares only «casa» is not worth showing beside it");
    }

    #[test]
    fn what_does_not_hold_is_not_shown() {
        for (said, question) in [
            // Asked, supposed, told of others, or of nothing that is asked for.
            (&["¿Tú crees que la caldera aguantará otro invierno con esa fuga?"][..], "¿Qué le pasaba a la caldera?"),
            (&["Si la caldera reventara, me iría a un hotel con piscina"], "¿Qué le pasaba a la caldera?"),
            (&["Menudo calor el de estos días, no se puede ni pensar"], "¿Qué le pasaba a la caldera?"),
            (&["La caldera pierde agua por abajo, a ver el técnico"], "¿Qué sabes de mí?"),
        ] {
            assert_eq!(hints(said, question), [""; 0], "{question}");
        }
    }

    #[test]
    fn of_a_long_message_the_part_is_shown_that_shares_most() {
        let long = "Vaya día llevo hoy, primero el autobús que no llegaba y luego la reunión que se alargó sin ningún motivo. \
                    Al volver, la caldera perdía agua por abajo. El técnico ha pedido una pieza a Alemania y tarda un mes. \
                    Encima los vecinos han vuelto a dejar las bicicletas en medio del portal y nadie dice nada nunca.";
        let found = hints(&[long], "¿Cuánto costó la pieza de la caldera?");
        assert_eq!(
            found,
            ["Al volver, la caldera perdía agua por abajo. El técnico ha pedido una pieza a Alemania y tarda un mes"]
        );
    }

    #[test]
    fn what_overtakes_a_message_stands_beside_it() {
        let said = [
            "I've got subscriptions to Netflix, Now TV and the Guardian",
            "cancelled netflix last night, not paying for that anymore",
        ];
        assert_eq!(hints(&said, "what am I subscribed to?"), said);
    }

    #[test]
    fn words_of_the_other_language_count() {
        let found = hints(&["La caldera pierde agua por abajo, vino un técnico"], "What was wrong with my boiler?");
        assert_eq!(found, ["La caldera pierde agua por abajo, vino un técnico"]);
    }

    #[test]
    fn no_more_than_a_few_are_shown() {
        let said: Vec<String> =
            (0..30).map(|n| format!("La caldera hace un ruido raro, y ya van {n} avisos")).collect();
        let said: Vec<&str> = said.iter().map(String::as_str).collect();
        let found = hints(&said, "¿Cuánto costó arreglar la caldera?");
        assert_eq!(found.len(), super::HINTS_MAX);
        assert!(found[0].contains("29 avisos"), "of equals the newest");
    }
}
