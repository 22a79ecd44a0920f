//! Quoting a message where no fact answers: the owner's own words, with their date, if they say what is asked.
//!
//! The words are held to the same check as those of facts, and to more: who is spoken of, since nobody has found it out
//! before; that it is said, not asked, supposed or told of others; and that it still holds. Of two messages that say
//! what is asked the newer one counts.

use std::collections::HashMap;

use sarai_types::Language;

use super::agree::{Heard, kind_of};
use super::judge::akin;
use super::kind::Sight;
use super::newer::new_part;
use super::over::{ENDINGS, changes, ends_topic, instead, is_over, replaces, speaks_of_before};
use super::pieces::{TOKENS_MAX, joined, overlaps, thoughts, unsaid};
use super::question::Form;
use super::rank::{Found, Search};
use super::wanted::Wanted;
use super::whose::is_kin;
use crate::extract::is_correction;
use crate::fact::{EntityId, Episode, EpisodeId, Fact, Predicate, Source};
use crate::grammar::Mention;
use crate::memory::{Filter, States, Store, search_words};
use crate::text::{Ending, Kind, Token, clip, fold, sentences, tokens};
use crate::time::{Date, Direction, Lookup, Moment, cardinal, date};
use crate::words;
use crate::words::kinds;
use crate::words::lists::FUNCTION;

/// Messages that are compared with one question.
pub(super) const COMPARED_MAX: usize = 40;
/// Words by which messages are looked for.
const SEARCHED_MAX: usize = 32;
/// Words of a message by which newer ones are looked for.
const SOUGHT_MAX: usize = 8;
/// A question of fewer words must be said to its last one.
const FEW: usize = 3;
/// So long behind a message its correction may come.
const CORRECTED_WITHIN_MS: i64 = 15 * 60_000;
/// Letters of a word that names something.
const NAMING_MIN: usize = 4;
/// What denies the words behind it.
const NO: &[&str] = &[
    "no", "not", "nunca", "never", "jamas", "ni", "nor", "neither", "nadie", "nobody", "ningun", "ninguno", "ninguna",
    "none", "tampoco", "sin", "without",
];
/// What makes the words behind it a wish.
const WISHED: &[&str] = &[
    "would",
    "almost",
    "nearly",
    "casi",
    "quiere",
    "quieren",
    "wants",
    "hopes",
    "plans",
    "gustaria",
    "encantaria",
    "quiero",
    "queria",
    "quisiera",
    "querria",
    "queremos",
    "want",
    "wanted",
    "wish",
    "ojala",
    "hope",
    "espero",
    "pienso",
    "planeo",
    "could",
    "might",
    "should",
    "podria",
    "deberia",
    "tendria",
    "pensando",
    "thinking",
    "thought",
];
/// Verbs of a question that asks for a wish.
const WISHES: &[&str] =
    &["querer", "gustar", "esperar", "pensar", "planear", "deber", "want", "like", "hope", "plan", "wish", "should"];
/// What words agree by that tell of what the question is after.
const TOPIC: &str = "@topic";
/// So much of a long word is its root, in letters.
const ROOT: usize = 5;
/// So much is shown of a message that may help, in bytes.
const SHOWN_BYTES_MAX: usize = 600;
/// So far before a word stands what denies it.
const DENIES: usize = 6;
/// Words for a number to call, and how many digits it has at least.
const CALLS: &[&str] = &["phone", "mobile", "cell", "telephone", "telefono", "movil", "celular", "fono"];
const CALLED_DIGITS_MIN: usize = 6;

/// What the owner said, word by word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quotation {
    pub episode: EpisodeId,
    /// The sentence that says what was asked.
    pub text: String,
    pub said: Moment,
}

impl Quotation {
    pub(super) fn new(episode: &Episode, text: &str) -> Self {
        Self { episode: episode.id, text: clip(text.trim(), SHOWN_BYTES_MAX).to_owned(), said: episode.recorded }
    }
}

/// What the owner said right behind, if it only sets the message right: «no, perdona, el martes». What tells a fact of
/// its own and names nothing that the message named speaks of something else.
fn corrected<S: Store>(store: &S, episode: &Episode) -> Result<Option<Episode>, S::Error> {
    let next = store.episode(EpisodeId(episode.id.0 + 1))?;
    let Some(next) = next.filter(|next| {
        next.recorded.utc_ms - episode.recorded.utc_ms <= CORRECTED_WITHIN_MS
            && is_correction(&next.text, next.language)
    }) else {
        return Ok(None);
    };
    let names_same = || {
        let names = |said: &Episode| {
            let mut words = search_words(&said.text);
            words.retain(|word| word.len() >= NAMING_MIN && !FUNCTION.contains(&word.as_str()));
            words.retain(|word| words::forms(said.language, word, word).is_empty());
            words
        };
        let before = names(episode);
        names(&next).iter().any(|word| before.contains(word))
    };
    let corrects = facts_of(store, next.id)?.is_empty() || names_same();
    Ok(corrects.then_some(next))
}

fn facts_of<S: Store>(store: &S, id: EpisodeId) -> Result<Vec<Fact>, S::Error> {
    store.facts(&Filter { episode: Some(id), states: States::All, ..Filter::default() })
}

/// Whether something that the message said was corrected, was taken back, or has ended by a day that is asked about.
fn no_longer_holds<S: Store>(store: &S, id: EpisodeId, on: Option<Date>) -> Result<bool, S::Error> {
    let ended = |fact: &Fact| on.is_some_and(|day| !fact.is_current(day));
    Ok(facts_of(store, id)?
        .iter()
        .any(|fact| fact.source == Source::Entered || fact.retracted.is_some() || ended(fact)))
}

/// A part of a message, given by its bytes, in the owner's words, if it still holds; what set the message right takes its
/// place.
pub(crate) fn still_so<S: Store>(
    store: &S,
    episode: &Episode,
    span: (usize, usize),
    on: Option<Date>,
) -> Result<Option<Quotation>, S::Error> {
    if no_longer_holds(store, episode.id, on)? {
        return Ok(None);
    }
    Ok(Some(match corrected(store, episode)? {
        Some(later) => Quotation::new(&later, &later.text),
        None => Quotation::new(episode, episode.text.get(span.0..span.1).unwrap_or_default()),
    }))
}

/// A piece of a message that agrees with the question.
struct Passage {
    covered: usize,
    /// Its bytes of the message.
    span: (usize, usize),
    text: String,
    /// It says that it is not, or no longer, so.
    over: bool,
}

impl<S: Store> Search<'_, '_, S> {
    /// The newest message that says what is asked, or for «¿sigo yendo a crossfit?» that it is over.
    pub(super) fn quoting(&self, subjects: &[EntityId]) -> Result<Found, S::Error> {
        let quoted = self.quoted(subjects)?;
        let over = |(_, over): &(Quotation, bool)| *over;
        Ok(match quoted {
            Some(found) if over(&found) => {
                let ended = self.question.form == Form::YesNo;
                Found { ended, verdict: ended.then_some(false), ..Found::default() }
            }
            quoted => Found { quoted: quoted.map(|(quoted, _)| quoted), ..Found::default() },
        })
    }

    /// Whether a quotation itself says what is asked, and not only that something else of it has ended.
    pub(super) fn is_said_by(&self, quoted: &Quotation, subjects: &[EntityId]) -> Result<bool, S::Error> {
        let Some(episode) = self.store.episode(quoted.episode)? else { return Ok(false) };
        let mut heard = Heard::new(tokens(&quoted.text, TOKENS_MAX), episode.language);
        heard.call(TOPIC, &self.question.telling);
        let names = self.names(subjects)?;
        Ok(self.says(&heard, &episode, &names).is_some_and(|(_, denied)| !denied))
    }

    /// The same, and whether what it says is over.
    fn quoted(&self, subjects: &[EntityId]) -> Result<Option<(Quotation, bool)>, S::Error> {
        let asks = !matches!(self.question.form, Form::Everything);
        let nobody = matches!(self.question.subject, Some(Mention::Pronoun { .. }));
        let empty = self.question.content.is_empty() && self.question.about.is_empty();
        if !asks || nobody || empty && self.question.debt.is_none() {
            return Ok(None);
        }
        let names = self.names(subjects)?;
        let mut agreeing: Vec<(Episode, Passage)> = Vec::new();
        for episode in self.episodes(self.sought())? {
            agreeing.extend(self.passages(&episode, &names).into_iter().map(|passage| (episode.clone(), passage)));
        }
        agreeing.sort_by_key(|(episode, passage)| {
            std::cmp::Reverse((passage.covered, episode.recorded.utc_ms, episode.id.0))
        });
        let mut best = None;
        let today = (!self.question.past).then_some(self.today);
        // To read a message again takes longer than all before, so it is done only as far as needed, and once for each.
        let mut read: HashMap<EpisodeId, Vec<(usize, usize)>> = HashMap::new();
        let of_others = match &self.question.subject {
            Some(Mention::Relative { .. } | Mention::Named(_)) => true,
            None => self.question.form == Form::Who,
            Some(_) => false,
        };
        for (episode, passage) in agreeing {
            let unsaid = read.entry(episode.id).or_insert_with(|| unsaid(&episode, of_others));
            if !overlaps(unsaid, passage.span)
                && !no_longer_holds(self.store, episode.id, today)?
                && !self.tells_of_others(episode.id, subjects)?
            {
                best = Some((episode, passage));
                break;
            }
        }
        let Some((episode, passage)) = best else { return Ok(None) };
        let quote = |episode: &Episode, text: &str| Some((Quotation::new(episode, text), passage.over));
        if passage.over {
            return Ok(quote(&episode, &passage.text));
        }
        if let Some(later) = corrected(self.store, &episode)? {
            return Ok(quote(&later, &later.text));
        }
        if !self.question.past
            && let Some(later) = self.ended_since(&episode, &passage.text)?
        {
            // What took its place may be told there in words that nobody understood.
            let instead = replaces(&tokens(&later.text, TOKENS_MAX)) && self.question.form != Form::YesNo;
            let understood = !instead || !unsaid(&later, false).is_empty();
            return Ok(if understood { None } else { quote(&later, new_part(&later.text)) });
        }
        // What there is now goes without what was, where it says what is asked by itself.
        let part = new_part(&passage.text);
        let heard = |text: &str| Heard::new(tokens(text, TOKENS_MAX), episode.language);
        let enough = part.len() < passage.text.len() && {
            let mut heard = heard(part);
            heard.call(TOPIC, &self.question.telling);
            self.says(&heard, &episode, &names).is_some()
        };
        let text = if enough { part } else { &passage.text };
        Ok(quote(&episode, text))
    }

    /// The messages that hold some of the words, or something of a kind that is asked for.
    fn episodes(&self, words: Vec<String>) -> Result<Vec<Episode>, S::Error> {
        let mut out = self.store.search_episodes(&words, COMPARED_MAX)?;
        let kinds = self.question.content.iter().flatten().filter_map(|face| kind_of(face));
        let members: Vec<String> = kinds.flat_map(kinds::members).flat_map(|word| search_words(word)).collect();
        for words in members.chunks(SEARCHED_MAX) {
            out.extend(self.store.search_episodes(words, COMPARED_MAX)?);
        }
        let mut seen = std::collections::HashSet::new();
        out.retain(|episode| seen.insert(episode.id));
        Ok(out)
    }

    /// The words by which messages are looked for: those of the question, of whom it is about, and of what it is after.
    pub(super) fn sought(&self) -> Vec<String> {
        let mut out = self.searched();
        for face in self.question.about.iter().flatten() {
            if let Some((_, id)) = face.split_once(':') {
                out.extend(words::labels(id).flat_map(search_words));
            }
        }
        out.extend(self.question.telling.iter().flat_map(|word| search_words(word)));
        let mut seen = std::collections::HashSet::new();
        out.retain(|word| seen.insert(word.clone()));
        out.truncate(SEARCHED_MAX);
        out
    }

    /// The words by which those whom the question is about are called.
    pub(super) fn names(&self, subjects: &[EntityId]) -> Result<Vec<String>, S::Error> {
        let mut out = Vec::new();
        for id in subjects.iter().filter(|id| **id != EntityId::OWNER) {
            let names = self.store.entity(*id)?.map_or_else(Vec::new, |entity| entity.names);
            out.extend(names.iter().filter_map(|name| fold(name).split(' ').next().map(str::to_owned)));
        }
        Ok(out)
    }

    /// The pieces of the message that agree: sentences, two that follow each other, and thoughts of long ones.
    fn passages(&self, episode: &Episode, names: &[String]) -> Vec<Passage> {
        let all = tokens(&episode.text, TOKENS_MAX);
        let list = sentences(&all, &episode.text);
        let told = list.iter().filter(|s| s.ending != Ending::Question).map(|s| (s.first, s.last));
        let told: Vec<(usize, usize)> = told.collect();
        let parts = thoughts(&all, &told);
        let mut out: Vec<Passage> = Vec::new();
        for (first, last) in joined(&told).chain(joined(&parts).filter(|_| parts.len() > told.len())) {
            let last = all[first..last].len().min(instead(&all[first..last])) + first;
            let Some(end) = all[first..last].last().map(|token| token.end) else { continue };
            let span = (all[first].start, end);
            let mut heard = Heard::new(all[first..last].to_vec(), episode.language);
            heard.call(TOPIC, &self.question.telling);
            let Some((covered, denied)) = self.says(&heard, episode, names) else { continue };
            let text = episode.text.get(span.0..span.1).unwrap_or_default().to_owned();
            // «Me ha devuelto 120, o sea que ahora me debe 180».
            let still = all[first..last].iter().any(|token| token.is("ahora") || token.is("now"))
                && self.same_verb(&heard, episode.language);
            let over = denied || is_over(&all[first..last]) && !still;
            out.push(Passage { covered, span, text, over });
        }
        out
    }

    /// The newest message that says that something of this one is over, or denies it.
    fn ended_since(&self, episode: &Episode, text: &str) -> Result<Option<Episode>, S::Error> {
        let telling =
            |token: &Token| token.is_word() && !FUNCTION.contains(&token.fold.as_str()) && token.fold.len() > 2;
        let quoted: Vec<Vec<String>> = tokens(text, TOKENS_MAX)
            .iter()
            .filter(|token| telling(token))
            .map(|token| words::same::faces(episode.language, token))
            .collect();
        let mut sought = search_words(text);
        sought.retain(|word| word.len() > 2 && !FUNCTION.contains(&word.as_str()));
        sought.truncate(SOUGHT_MAX);
        // «Engaged» and «engagement».
        let roots: Vec<String> = sought
            .iter()
            .filter(|word| word.len() > ROOT)
            .filter_map(|word| word.get(..ROOT))
            .map(str::to_owned)
            .collect();
        sought.extend(roots);
        let topic = self.question.topics.first().map(|topic| topic.predicate);
        sought.extend(ENDINGS.iter().filter(|(of, _)| Some(*of) == topic).flat_map(|(_, words)| search_words(words)));
        let newer = |other: &Episode| (other.recorded.utc_ms, other.id.0) > (episode.recorded.utc_ms, episode.id.0);
        let ends = |other: &Episode| {
            let heard = Heard::new(tokens(&other.text, TOKENS_MAX), other.language);
            let used: Vec<bool> = heard
                .used(&quoted)
                .into_iter()
                .zip(&heard.said)
                .map(|(used, token)| used || sought.iter().any(|word| akin(word, &token.fold)))
                .collect();
            // What else a message told may end, and nothing of what is asked; of somebody named there it must tell what is
            // asked for: "Mr Okafor can't make Thursday".
            let named = || (0..used.len()).any(|at| used[at] && heard.said[at].capital);
            let sight = Sight { heard: &heard, used: &used, language: other.language, said_on: other.recorded.date() };
            let asked = topic.is_some()
                || heard.covers(&self.question.content) + heard.covers(&self.question.about) > 0
                || named() && sight.holds(self.question.form, self.question.wanted);
            asked && changes(&heard.said) && used.contains(&true)
                || asked && self.is_behind(&heard, &used, NO)
                || topic.is_some_and(|topic| ends_topic(&heard.said, topic))
        };
        let found = self.store.search_episodes(&sought, COMPARED_MAX)?.into_iter().filter(newer).filter(ends);
        Ok(found.max_by_key(|other| other.id))
    }

    /// How many words of the question are said here, and whether they are denied; none where it does not say what is
    /// asked.
    fn says(&self, heard: &Heard, episode: &Episode, names: &[String]) -> Option<(usize, bool)> {
        let content = &self.content();
        let about = &self.question.about;
        let named = heard.said.iter().any(|token| names.contains(&token.fold));
        let covered = heard.covers(content);
        let all: Vec<Vec<String>> = content.iter().chain(about).cloned().collect();
        let used: Vec<bool> = heard
            .used(&all)
            .into_iter()
            .zip(&heard.said)
            .map(|(used, token)| used || names.contains(&token.fold))
            .collect();
        let whom = if named && (heard.covers(about) > 0 || !is_kin(heard, episode.language, &used)) {
            about.len()
        } else {
            heard.covers(about)
        };
        let names_asked = self.question.verbs.iter().any(|verb| ["llamar", "call", "name"].contains(&verb.as_str()));
        let enough = match content.len() {
            // «¿Qué le debo al fontanero?», «¿cuándo es el dentista?», «¿cómo se llama mi suegra?»
            0 => names_asked || self.same_verb(heard, episode.language) || self.asks_when_it_is(),
            1 => covered == 1,
            few if few < FEW => {
                covered == few
                    || covered > 0 && (self.lacks_a_verb(heard, content) || self.lacks_the_kind(heard, content))
            }
            many => covered == many || covered + 1 == many && !self.lacks_the_rest(heard, content),
        };
        let spoken = whom == about.len() && self.speaks_of(heard, episode.language, &used, names);
        let sight = Sight { heard, used: &used, language: episode.language, said_on: episode.recorded.date() };
        let told = match self.question.wanted {
            Wanted::Anything if content.is_empty() && names_asked => sight.names_it(),
            wanted => sight.holds(self.question.form, wanted),
        };
        let asks_wish = self.question.verbs.iter().any(|verb| WISHES.contains(&verb.as_str()));
        let wished = !asks_wish && self.is_behind(heard, &used, WISHED);
        let denied = !self.question.negated && self.question.form != Form::YesNo && self.is_behind(heard, &used, NO);
        let told = told
            && self.has_value(heard)
            && !self.is_of_the_owner_alone(heard, episode.language)
            && !self.is_of_somebody_else(heard)
            && (!self.question.former || speaks_of_before(&heard.said))
            && !self.question.debt.is_some_and(|debt| debt.is_turned(&heard.said))
            && !self.is_of_a_namesake(heard, episode.language, &used)
            && !self.only_names(heard, episode.language);
        (enough && spoken && told && !wished && self.on_the_day(heard, episode)).then_some((covered + whom, denied))
    }

    /// The words that carry the question; those that tell what it is after agree with any other that does.
    fn content(&self) -> Vec<Vec<String>> {
        let tells = |faces: &Vec<String>| faces.iter().any(|face| self.question.telling.contains(face));
        let mut out = self.question.content.clone();
        // "Where did we hide the key?" is answered by where it hangs.
        let kept = self.question.topics.first().filter(|topic| topic.predicate == Predicate::KeptIn);
        if kept.is_some() && out.len() > 1 {
            out.retain(|faces| !faces.iter().any(|face| self.question.verbs.contains(face)));
        }
        // «¿A quién le debo dinero?»: a sum is money.
        if self.question.debt.is_some() {
            out.retain(|faces| !faces.iter().any(|face| face == "=money"));
        }
        out.iter_mut().filter(|faces| tells(faces)).for_each(|faces| faces.push(TOPIC.to_owned()));
        out
    }

    /// Whether it holds what the answer would be made of: a figure for a telephone, a sign for an address of mail.
    fn has_value(&self, heard: &Heard) -> bool {
        let said = &heard.said;
        let figure = || {
            (0..said.len()).any(|at| {
                said[at].kind == Kind::Number
                    || cardinal(said, at).is_some()
                        && !["un", "una", "a", "an", "one", "uno"].contains(&said[at].fold.as_str())
            })
        };
        let word = |stems: &[&str]| said.iter().any(|token| stems.iter().any(|stem| token.fold.starts_with(stem)));
        match self.question.topics.first().map(|topic| topic.predicate) {
            Some(Predicate::Age) => figure() && word(&["ano", "year", "old", "cumpl", "edad", "age", "turn"]),
            Some(Predicate::Phone) if self.question.words.iter().any(|word| CALLS.contains(&word.as_str())) => {
                let digits = |token: &Token| token.fold.chars().filter(char::is_ascii_digit).count();
                said.iter().map(digits).sum::<usize>() >= CALLED_DIGITS_MIN
            }
            Some(Predicate::BloodType) => {
                said.iter().any(|token| ["a", "b", "ab", "o", "0", "cero", "zero"].contains(&token.fold.as_str()))
                    && word(&["posit", "negat", "rh"])
            }
            Some(
                Predicate::Phone
                | Predicate::Plate
                | Predicate::Height
                | Predicate::Weight
                | Predicate::ShoeSize
                | Predicate::Address,
            ) => said.iter().any(|token| token.fold.contains(|c: char| c.is_ascii_digit())) || figure(),
            Some(Predicate::Email) => said.iter().any(|token| token.fold.contains('@')),
            _ => true,
        }
    }

    /// Whether one of the words stands right before what the question names, and not in the question.
    fn is_behind(&self, heard: &Heard, used: &[bool], words: &[&str]) -> bool {
        (0..heard.said.len()).filter(|&at| used[at]).any(|at| {
            (at.saturating_sub(DENIES)..at)
                .rev()
                .take_while(|&i| !heard.said[i].is_mark())
                .any(|i| words.contains(&heard.said[i].fold.as_str()) && !used[i])
        })
    }

    /// «¿Cómo me gusta el café?», where it is said how it is taken: all that is named stands there, and what is done with
    /// it may have other words. Who does it is not enough.
    fn lacks_a_verb(&self, heard: &Heard, content: &[Vec<String>]) -> bool {
        let is_verb = |faces: &Vec<String>| faces.iter().any(|face| self.question.verbs.contains(face));
        let lacking = content.iter().filter(|faces| heard.covers(std::slice::from_ref(*faces)) == 0);
        self.question.wanted == Wanted::Anything && self.question.own && lacking.into_iter().all(is_verb)
    }

    /// «¿Con qué banco tenemos la hipoteca?», "which garage is doing my MOT?": what kind of thing is asked for goes without
    /// saying where a name stands.
    fn lacks_the_kind(&self, heard: &Heard, content: &[Vec<String>]) -> bool {
        let Some(kind) = self.question.kind.as_ref().filter(|kind| kind.iter().any(|face| is_place_of_business(face)))
        else {
            return false;
        };
        let named = (1..heard.said.len()).any(|at| {
            let token = &heard.said[at];
            let tied = ["at", "in", "with", "to", "by", "from", "en", "con", "a", "por"];
            token.capital && token.is_word() && tied.contains(&heard.said[at - 1].fold.as_str())
        });
        let lacking = content.iter().filter(|faces| heard.covers(std::slice::from_ref(*faces)) == 0);
        named && lacking.into_iter().all(|faces| faces == kind)
    }

    /// Whether the word that is not said is one that nothing in the question explains: the cholesterol in «¿qué pastilla
    /// tomo para el colesterol?»
    fn lacks_the_rest(&self, heard: &Heard, content: &[Vec<String>]) -> bool {
        let rest = |faces: &&Vec<String>| faces.iter().any(|face| self.question.rest.contains(face));
        content.iter().filter(rest).any(|faces| heard.covers(std::slice::from_ref(faces)) == 0)
    }

    /// «¿Cuándo es el dentista?», "when do I have the physio?"
    fn asks_when_it_is(&self) -> bool {
        let plain = ["ser", "estar", "haber", "tener", "be", "have", "do", "go", "ir"];
        self.question.wanted == Wanted::Time && self.question.verbs.iter().all(|verb| plain.contains(&verb.as_str()))
    }

    /// Whether a verb of the question stands here.
    fn same_verb(&self, heard: &Heard, language: Language) -> bool {
        let verbs = |token: &Token| words::forms(language, &token.lower, &token.fold);
        heard.said.iter().any(|token| {
            verbs(token).iter().any(|form| self.question.verbs.iter().any(|verb| *verb == fold(form.lemma)))
        })
    }

    /// Whether it speaks of the day that the question asks about, if it asks about one.
    fn on_the_day(&self, heard: &Heard, episode: &Episode) -> bool {
        let Some(when) = self.question.when else { return true };
        [Direction::Future, Direction::Past].into_iter().any(|direction| {
            let lookup = Lookup {
                today: episode.recorded.date(),
                direction,
                month_first: episode.language == Language::English,
            };
            (0..heard.said.len()).filter_map(|at| date(&heard.said, at, lookup)).any(|(said, _)| {
                let said = said.resolve(lookup);
                said.first() <= when.last() && said.last() >= when.first()
            })
        })
    }
}

/// What is called by a name of its own: «¿en qué banco…?», "which garage…?"
fn is_place_of_business(word: &str) -> bool {
    [
        "banco",
        "bank",
        "taller",
        "garage",
        "gimnasio",
        "gym",
        "clinica",
        "clinic",
        "tienda",
        "shop",
        "store",
        "empresa",
        "compania",
        "company",
        "restaurante",
        "restaurant",
        "hotel",
        "aerolinea",
        "airline",
        "hospital",
        "aseguradora",
        "insurer",
        "colegio",
        "school",
        "bar",
        "cafe",
        "club",
        "academia",
        "supermercado",
        "supermarket",
        "farmacia",
        "pharmacy",
        "operador",
        "provider",
        "library",
        "biblioteca",
        "pool",
        "piscina",
        "studio",
    ]
    .contains(&word)
}

#[cfg(test)]
mod tests {
    use crate::memory::{InMemory, Memory};
    use crate::time::Moment;
    use crate::{Change, Filter, Message, Request, Speaker, States, Store};

    fn at(minute: i64) -> Moment {
        let start = Moment::parse("2026-03-10T10:00:00Z").unwrap();
        Moment::new(start.utc_ms + minute * 60_000, 0)
    }

    /// A memory that was told this and understood none of it, with a minute between two messages.
    fn told(said: &[&str]) -> Memory<InMemory> {
        let mut memory = Memory::new(InMemory::new());
        for (minute, text) in (0..).zip(said) {
            memory.say(Message { text, at: at(minute), speaker: Speaker::Owner, language: None }).unwrap();
        }
        let facts = memory.store().facts(&Filter { states: States::All, ..Filter::default() }).unwrap();
        let changes: Vec<Change> = facts.iter().map(|fact| Change::EraseFact(fact.id)).collect();
        memory.store_mut().apply(&changes).unwrap();
        memory
    }

    fn quoted(memory: &Memory<InMemory>, question: &str) -> Option<String> {
        memory.ask(question, at(60 * 24), None).unwrap().quoted.map(|quoted| quoted.text)
    }

    #[test]
    fn a_message_that_says_what_is_asked_is_quoted() {
        for (said, question, expected) in [
            (&["Trabajo en una panadería de Getafe"][..], "¿Dónde trabajo?", Some("panadería de Getafe")),
            (&["Laburo en una imprenta de Rosario"], "¿Dónde trabajo?", Some("Rosario")),
            (&["My bike is an Orbea, a red one"], "What make is my bike?", Some("Orbea")),
            (
                &["The spare key for the shed lives under the blue flowerpot"],
                "Where did we hide the shed key?",
                Some("flowerpot"),
            ),
            (&["El bombo del bebé lo guardé en el trastero"], "¿Dónde guardé el bombo?", Some("trastero")),
            (&["Hola. Mi hermana vive en Lugo. ¿Llueve?"], "¿Dónde vive mi hermana?", Some("Mi hermana vive en Lugo")),
            (&["Mi hermana vive en Lugo"], "Where does my sister live?", Some("Lugo")),
            // Not what was asked, or not of whom.
            (&["Trabajo en una panadería de Getafe"], "¿Dónde nací?", None),
            (&["Trabajo de camarero"], "¿Cuántos años llevo de camarero?", None),
            (&["Mi hermana trabaja en Lugo"], "¿Dónde trabajo?", None),
            (&["My sister has two cats"], "How old is my sister?", None),
            (&["Estudio arquitectura. Mi novia se llama Milagros"], "¿Qué estudia mi novia?", None),
            (&["Sundays I ring my dad at 7 and then it's bed"], "What's my dad's phone number?", None),
            (&["I'm not the one with the nut allergy, that's Imogen"], "What am I allergic to?", None),
            (&["My brother lives in Leeds"], "What's my brother's name?", None),
            (&["My brother is coming on Saturday"], "What's my brother's name?", None),
            (&["Mi suegra Piedad viene los domingos"], "¿Cómo se llama mi suegra?", Some("Piedad")),
            (&["My sister's wedding has 120 guests"], "When is my sister's wedding?", None),
            (&["My sister works at night"], "Where does my sister work?", None),
            (&["Mi amiga Laura se casa en junio en Sevilla"], "¿Dónde vive Laura?", None),
            (&["I have 2 cars and the kids love them"], "How many kids do I have?", None),
            (&["El martes tengo cita con el médico"], "¿Qué día tengo cita con el podólogo?", None),
            (&["Mi móvil nuevo es una pasada"], "¿Cuál es mi teléfono?", None),
            (&["Trabajo en Lugo"], "¿Dónde trabaja mi hermana?", None),
            (&["El gato de mi hermana se llama Simba"], "¿Cómo se llama mi gato?", None),
            (&["Mi vecina dice que su hijo vive en Londres"], "¿Dónde vive mi hijo?", None),
            // Not said, but asked, wished, supposed, denied or quoted.
            (&["¿Trabajo en Lugo o en Vigo?"], "¿Dónde trabajo?", None),
            (&["I'd love to live in Japan one day"], "Where do I live?", None),
            (&["Si trabajo en Lugo, cobro más"], "¿Dónde trabajo?", None),
            (&["No trabajo en Lugo"], "¿Dónde trabajo?", None),
            (&["Me escribió «vivo en Lugo»"], "¿Dónde vivo?", None),
            (&["Traduce al inglés: vivo en Lugo"], "¿Dónde vivo?", None),
        ] {
            let answer = quoted(&told(said), question);
            match expected {
                Some(part) => {
                    assert!(answer.as_ref().is_some_and(|text| text.contains(part)), "{question}: {answer:?}")
                }
                None => assert_eq!(answer, None, "{question}"),
            }
        }
    }

    #[test]
    fn what_is_over_is_not_quoted_and_the_newer_counts() {
        for (said, question, expected) in [
            (
                &["El dentista es el martes a las 5", "El dentista es el jueves a las 6"][..],
                "¿Qué día es el dentista?",
                Some("jueves"),
            ),
            (&["My email is ana@old.example", "My email is ana@new.example"], "What's my email?", Some("new")),
            (
                &["Mi clase de yoga es los martes", "No, perdona, los jueves"],
                "¿Qué día es mi clase de yoga?",
                Some("jueves"),
            ),
            (
                &["I see the physio on Wednesdays", "The physio sees me on Fridays instead of Wednesdays"],
                "Which day is the physio?",
                Some("Fridays"),
            ),
            (&["Trabajo en Zara", "Me han echado de Zara"], "¿Dónde trabajo?", None),
            (&["I work at Intel", "Intel laid me off"], "Where do I work?", None),
            (&["Vivo en Logroño", "¡Ya nos hemos mudado a Pamplona!"], "¿En qué ciudad vivo?", Some("Pamplona")),
            (&["Ya no trabajo en Zara"], "¿Dónde trabajo?", None),
            (&["Mi alergia es al polen", "Al final no tengo alergia al polen"], "¿A qué tengo alergia?", None),
        ] {
            let answer = quoted(&told(said), question);
            match expected {
                Some(part) => {
                    assert!(answer.as_ref().is_some_and(|text| text.contains(part)), "{question}: {answer:?}")
                }
                None => assert_eq!(answer, None, "{question}"),
            }
            assert!(!answer.unwrap_or_default().contains("Wednesday"), "{question}");
        }
    }

    /// What was taken back, closed or put right by hand stands in its message still.
    #[test]
    fn a_message_whose_fact_no_longer_holds_is_not_quoted() {
        let say = |memory: &mut Memory<InMemory>, text: &str, minute| {
            memory.say(Message { text, at: at(minute), speaker: Speaker::Owner, language: None }).unwrap()
        };
        let question = "¿En qué imprenta trabajo?";
        let mut memory = Memory::new(InMemory::new());
        let stored = say(&mut memory, "Trabajo en la imprenta Borrás", 0).stored;
        let fact = stored.first().unwrap().clone();
        let corrected = memory.correct(&fact, "imprenta Durán", at(1)).unwrap();
        assert_eq!(quoted(&memory, question), None);
        // It is forgotten with its message.
        assert_eq!(memory.forget(&Request::Fact(corrected), at(2)).unwrap().episodes.len(), 1);
        let mut memory = Memory::new(InMemory::new());
        say(&mut memory, "Trabajo en la imprenta Borrás", 0);
        say(&mut memory, "Ya no trabajo en la imprenta", 1);
        assert_eq!(quoted(&memory, question), None);
    }

    #[test]
    fn what_was_forgotten_is_not_quoted() {
        let mut memory = told(&["La clave de la alarma de casa es el 4471"]);
        let question = "¿Cuál es la clave de la alarma?";
        assert!(quoted(&memory, question).is_some());
        memory.forget(&Request::Words("alarma".to_owned()), at(3)).unwrap();
        assert_eq!(quoted(&memory, question), None);
    }
}
