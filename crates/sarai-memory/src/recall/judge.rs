//! Which of the facts about somebody a question means, and whether it is so.

use sarai_types::Language;

use super::agree::{Heard, kind_of};
use super::question::Form;
use super::rank::{ANSWER_FACTS_MAX, Found, OFFICES, Search, Why, ranked};
use super::wanted::Wanted;
use super::whose::is_kin;
use crate::fact::{Arity, EntityId, Fact, Predicate, WORK};
use crate::grammar::Mention;
use crate::grammar::dose::DOSES;
use crate::grammar::health::is_substance;
use crate::memory::{Filter, States, Store, search_words};
use crate::text::{Token, tokens};
use crate::time::{cardinal, clock};
use crate::words::lists::{AGENDA_WORDS, FUNCTION, GENERAL_WORDS};
use crate::words::{self, Class, kinds};

/// What is asked of a thing and is none itself.
const CODES: &[&str] = &[
    "code",
    "codigo",
    "pin",
    "password",
    "contrasena",
    "clave",
    "combination",
    "combinacion",
    "insurance",
    "seguro",
    "insures",
    "insure",
    "asegura",
    "insurer",
    "aseguradora",
];
/// Tokens of a fact and its sentence that are looked at.
const TOLD_TOKENS_MAX: usize = 200;

impl<S: Store> Search<'_, '_, S> {
    /// How many of the question's objects and words a fact holds, in either language.
    pub(super) fn overlap(&self, fact: &Fact) -> usize {
        let kind = format!("c:{}", fact.kind);
        let named = |key: &String| *key == fact.object.key || (!fact.kind.is_empty() && *key == kind);
        let keyed = self.question.objects.iter().any(named);
        let mut present = search_words(&format!("{} {}", fact.object.text, fact.object.key));
        // «Como a las tres» answers «¿a qué hora como?» by its verb.
        let lemmas: Vec<String> = present
            .iter()
            .flat_map(|word| words::forms(fact.language, word, word).iter().map(|form| crate::text::fold(form.lemma)))
            .collect();
        present.extend(lemmas);
        let same_day = |a: &str, b: &str| day(a).is_some_and(|one| day(b) == Some(one));
        // «Cobro» asks for what «gano» tells.
        let said_as = |word: &str, other: &str| {
            let forms = words::forms(self.question.language, word, word);
            forms.iter().any(|form| words::same::share(&crate::text::fold(form.lemma), other))
        };
        let told = |word: &&String| {
            !AGENDA_WORDS.contains(&word.as_str())
                && present.iter().any(|other| {
                    alike(word, other)
                        || akin(word, other)
                        || means_same(word, other)
                        || same_day(word, other)
                        || words::same::share(word, other)
                        || said_as(word, other)
                })
        };
        let words = self.question.words.iter().chain(&self.question.verbs).filter(told).count()
            + usize::from(self.is_of_kind(fact));
        usize::from(keyed) * 4 + words
    }

    /// Keeps the facts that the question is about, and says whether it is so, if that was asked.
    pub(super) fn judged(
        &self,
        mut facts: Vec<Fact>,
        predicate: Predicate,
        why: Why,
        subjects: &[EntityId],
    ) -> Result<Found, S::Error> {
        if matches!(predicate, Predicate::Phone | Predicate::Email | Predicate::Address) {
            self.keep_of_work(&mut facts);
        }
        if predicate == Predicate::Medication {
            self.keep_timed(&mut facts);
            facts.retain(|fact| self.takes_it(fact));
        }
        let picky = is_picky(predicate);
        if picky && let Some(when) = self.question.when {
            facts.retain(|f| {
                f.is_event() && f.from.is_some_and(|d| d.first() <= when.last() && d.last() >= when.first())
            });
            return Ok(ranked(facts, Why::Time));
        }
        if picky {
            self.keep_picked(predicate, &mut facts);
        }
        if self.question.form != Form::YesNo {
            let best = facts.iter().map(|fact| self.overlap(fact)).max().unwrap_or(0);
            if best >= 4 || picky && best > 0 {
                facts.retain(|fact| self.overlap(fact) == best);
            }
            facts.sort_by_key(|fact| std::cmp::Reverse(self.overlap(fact)));
            return Ok(ranked(facts, why));
        }
        let mut opposite = Vec::new();
        for subject in subjects {
            match predicate {
                Predicate::Likes => opposite.extend(self.about(*subject, Some(Predicate::Dislikes), None)?),
                Predicate::Dislikes => opposite.extend(self.about(*subject, Some(Predicate::Likes), None)?),
                _ => {}
            }
        }
        let (yes, rest): (Vec<Fact>, Vec<Fact>) = facts.into_iter().partition(|fact| self.overlap(fact) > 0);
        let against: Vec<Fact> = opposite.into_iter().filter(|fact| self.overlap(fact) > 0).collect();
        let asked_for_something = !self.question.objects.is_empty();
        // "Do I drink coffee?" – what somebody avoids answers no.
        let verdict = predicate != Predicate::Avoids || self.question.words.iter().any(|word| word == "no");
        let other_state = |state: &&str| {
            predicate == Predicate::MaritalStatus
                && yes
                    .iter()
                    .chain(&rest)
                    .all(|fact| fact.object.key.strip_prefix("c:").is_some_and(|key| key != *state))
        };
        Ok(if self.question.state.as_ref().is_some_and(other_state) && yes.len() + rest.len() > 0 {
            Found { verdict: Some(false), ..ranked(yes.into_iter().chain(rest).collect(), why) }
        } else if !yes.is_empty() {
            Found { verdict: Some(verdict), ..ranked(yes, Why::Object) }
        } else if !against.is_empty() {
            Found { verdict: Some(false), ..ranked(against, Why::Object) }
        } else if rest.is_empty() {
            Found::default()
        } else if !asked_for_something || self.general(predicate) {
            Found { verdict: Some(true), ..ranked(rest, why) }
        } else if predicate.arity() == Arity::One {
            Found { verdict: Some(false), ..ranked(rest, why) }
        } else {
            Found::default()
        })
    }

    /// «¿Qué tomo con la cena?»: what is said to be taken at another time is not meant.
    fn keep_timed(&self, facts: &mut Vec<Fact>) {
        const TIMES: &[&str] = &[
            "=dinner",
            "=lunch",
            "=breakfast",
            "cena",
            "cenar",
            "desayuno",
            "almuerzo",
            "merienda",
            "dinner",
            "supper",
            "lunch",
            "breakfast",
            "bedtime",
            "bed",
            "night",
            "morning",
            "evening",
            "ayuna",
            "noche",
            "manana",
            "tarde",
        ];
        let times: Vec<Vec<String>> = self
            .question
            .content
            .iter()
            .filter(|faces| faces.iter().any(|face| TIMES.contains(&face.as_str())))
            .cloned()
            .collect();
        let timed = |fact: &Fact| {
            Heard::new(tokens(&fact.object.text, TOLD_TOKENS_MAX), fact.language).covers(&times) == times.len()
        };
        if !times.is_empty() && facts.iter().any(timed) {
            facts.retain(timed);
        }
    }

    /// "My number at work" is not the one at home.
    fn keep_of_work(&self, facts: &mut Vec<Fact>) {
        let of_work = |word: &str| OFFICES.contains(&word);
        let asked = self.question.words.iter().any(|word| of_work(word));
        let told = |fact: &Fact| search_words(&fact.evidence.sentence).iter().any(|word| of_work(word));
        if facts.iter().any(|fact| (fact.kind == WORK) == asked) {
            facts.retain(|fact| (fact.kind == WORK) == asked);
        } else if asked {
            facts.retain(told);
        }
    }

    /// Leaves the one that the words of the question mean, where they say more than that something is asked for.
    fn keep_picked(&self, predicate: Predicate, facts: &mut Vec<Fact>) {
        let plain = |word: &String| {
            let lemmas = words::forms(self.question.language, word, word);
            AGENDA_WORDS.contains(&word.as_str())
                || self.names_subject(word)
                || !lemmas.is_empty()
                    && lemmas.iter().all(|form| AGENDA_WORDS.contains(&crate::text::fold(form.lemma).as_str()))
        };
        let specific = !self.question.words.iter().all(plain);
        if specific || predicate == Predicate::Routine {
            facts.retain(|fact| self.overlap(fact) > 0);
        }
        facts.retain(|fact| self.on_that_day(fact));
    }

    /// «¿Sigo yendo a yoga?», «¿tengo novio?»: what was, and is no longer, answers no.
    pub(super) fn ended(
        &self,
        subjects: &[EntityId],
        predicate: Predicate,
        kind: Option<&str>,
    ) -> Result<Found, S::Error> {
        if self.question.form != Form::YesNo || self.question.when.is_some() || self.question.past {
            return Ok(Found::default());
        }
        let mut over = Vec::new();
        for subject in subjects {
            let filter = Filter {
                subject: Some(*subject),
                predicate: Some(predicate),
                kind: kind.map(str::to_owned),
                states: States::All,
                ..Filter::default()
            };
            over.extend(self.store.facts(&filter)?);
        }
        let named = |fact: &Fact| kind.is_some() || self.overlap(fact) > 0;
        let was = |fact: &Fact| fact.retracted.is_none() && fact.to.is_some() && !fact.is_current(self.today);
        let ended = over.iter().any(|fact| was(fact) && !fact.is_event() && named(fact));
        Ok(Found { ended, verdict: ended.then_some(false), ..Found::default() })
    }

    /// «¿Qué deporte me gusta?», "which medicine am I allergic to?" mean what is told of that kind.
    fn is_of_kind(&self, fact: &Fact) -> bool {
        let heard = Heard::new(tokens(&fact.object.text, TOLD_TOKENS_MAX), fact.language);
        let medicine = || heard.said.iter().any(|token| is_substance(&token.fold));
        self.kinds_asked().any(|kind| heard.is_of(kind) || kind == "medicine" && medicine())
    }

    /// The kinds that the question asks for.
    fn kinds_asked(&self) -> impl Iterator<Item = &str> {
        self.question.content.iter().flatten().filter_map(|face| kind_of(face))
    }

    /// Leaves out what is of another kind than is asked for: a bike for a car, an employer for a floor.
    pub(super) fn keep_kind(&self, predicate: Predicate, facts: &mut Vec<Fact>) {
        if let Some(which) = &self.question.which {
            let which = std::slice::from_ref(which);
            facts.retain(|fact| Heard::of(fact).covers(which) > 0 || self.is_of_kind(fact));
        }
        if predicate == Predicate::Owns
            && let Some(asked) = self.question.thing.and_then(family)
        {
            facts.retain(|fact| family(&fact.kind).is_none_or(|told| told == asked));
        }
        // "Which medicine am I allergic to?" is not after prawns, nor «¿qué idioma quiero aprender?» after a marathon.
        let of_another = |fact: &Fact| {
            matches!(fact.predicate, Predicate::AllergicTo | Predicate::Goal)
                && self.asks_for_a_kind()
                && !self.is_of_kind(fact)
        };
        facts.retain(|fact| self.holds_part(fact) && !of_another(fact));
    }

    fn asks_for_a_kind(&self) -> bool {
        self.question.form == Form::Value && self.kinds_asked().any(kinds::is_known)
    }

    /// Whether a medicine is the one that is asked about, and is not said to be taken against something else.
    fn takes_it(&self, fact: &Fact) -> bool {
        let of_class =
            |key: &str, class: Class| key.strip_prefix("c:").is_some_and(|id| words::intern(class, id).is_some());
        let drugs: Vec<&String> = self.question.objects.iter().filter(|key| of_class(key, Class::Medicine)).collect();
        // «Para la tensión», where it is asked what is taken for something else.
        let said = format!("{} . {}", fact.evidence.sentence, fact.object.text);
        let heard = Heard::new(tokens(&said, TOLD_TOKENS_MAX), fact.language);
        let other = !self.question.purpose.is_empty() && heard.covers(&self.question.purpose) == 0;
        // "How much vitamin D do I take?", but not «¿cuántas pastillas tomo?» or "how much do I take?"
        let measured = |face: &String| {
            let word = face.strip_prefix('=').unwrap_or(face);
            DOSES.contains(&word) || FUNCTION.contains(&word) || GENERAL_WORDS.contains(&word) || word == "pill"
        };
        let another = self.question.wanted == Wanted::Figure
            && self
                .question
                .kind
                .as_ref()
                .is_some_and(|kind| !kind.iter().any(measured) && heard.covers(std::slice::from_ref(kind)) == 0);
        (drugs.is_empty() && !another || drugs.contains(&&fact.object.key)) && !other
    }

    /// «¿Qué hago los sábados?»: what is done on Wednesdays does not say.
    fn on_that_day(&self, fact: &Fact) -> bool {
        let asked: Vec<_> = self.question.words.iter().filter_map(|word| day(word)).collect();
        let told: Vec<_> = search_words(&fact.object.text).iter().filter_map(|word| day(word)).collect();
        let said = tokens(&format!("{} . {}", fact.object.text, fact.evidence.sentence), TOLD_TOKENS_MAX);
        // "The 7.40 bus".
        let figures = |token: &Token| {
            let parts = token.fold.split_once('.').map(|(hour, minute)| (hour.parse::<u8>(), minute.parse::<u8>()));
            matches!(parts, Some((Ok(hour), Ok(minute))) if hour < 24 && minute < 60) && token.fold.len() > 3
        };
        let hour = !self.question.hour || (0..said.len()).any(|at| clock(&said, at).is_some() || figures(&said[at]));
        hour && (asked.is_empty() || told.is_empty() || told.iter().any(|day| asked.contains(day)))
    }

    /// Whether a fact holds the part of it that is asked for: the colour of a car, the code of an address, the sum that is
    /// saved for.
    pub(super) fn holds_part(&self, fact: &Fact) -> bool {
        let asks = |list: &[&str]| self.question.words.iter().any(|word| list.contains(&word.as_str()));
        let told = tokens(&format!("{} {}", fact.object.text, fact.evidence.sentence), TOLD_TOKENS_MAX);
        let digits = |least: usize| told.iter().any(|t| t.fold.chars().filter(char::is_ascii_digit).count() >= least);
        let colour = |token: &Token| words::senses(None, &token.fold).any(|sense| sense.class == Class::Colour);
        match fact.predicate {
            Predicate::Owns if asks(&["color", "colour"]) => told.iter().any(colour),
            // "What's my bike lock code?" is not after the bike.
            Predicate::Owns if self.question.words.iter().any(|word| CODES.contains(&word.as_str())) => {
                told.iter().any(|token| CODES.contains(&token.fold.as_str()))
            }
            Predicate::Address if asks(&["postal", "postcode", "zip"]) => {
                digits(4)
                    || told
                        .iter()
                        .any(|t| t.fold.contains(|c: char| c.is_ascii_digit()) && t.fold.contains(char::is_alphabetic))
            }
            Predicate::Goal | Predicate::Diet if self.question.wanted == Wanted::Figure => digits(1),
            // «¿Cuánto magnesio tomo?» asks for the dose.
            Predicate::Medication if self.question.wanted == Wanted::Figure => {
                // Of several medicines each has its own dose.
                let language = fact.language;
                let medicine = |at: &usize| words::longest(language, &told, *at, &[Class::Medicine]).is_some();
                let several = (0..told.len()).filter(medicine).count() > 2;
                let own = fact.object.text.contains(|c: char| c.is_ascii_digit());
                let counted = || (0..told.len()).any(|at| cardinal(&told, at).is_some() && !told[at].is("i"));
                (own || !several) && (digits(1) || counted())
            }
            _ => true,
        }
    }

    /// Whether a word only says whom the question is about.
    fn names_subject(&self, word: &str) -> bool {
        !matches!(self.question.subject, None | Some(Mention::Owner))
            && self.question.about.iter().flatten().any(|face| face == word)
    }

    /// «¿Tengo alguna alergia?», "is she allergic to anything?" ask for no particular one.
    fn general(&self, predicate: Predicate) -> bool {
        let superordinate =
            ["meat", "carne", "fish", "pescado", "fruit", "fruta", "drink", "bebida", "vegetable", "verdura", "animal"];
        if self.question.open && self.question.words.iter().any(|word| superordinate.contains(&word.as_str())) {
            return true;
        }
        // «¿Soy alérgico a algún medicamento?» asks for a particular kind.
        let kinds = ["medicamento", "medicina", "medicine", "medication", "drug", "animal"];
        if predicate == Predicate::AllergicTo && self.question.words.iter().any(|word| kinds.contains(&word.as_str())) {
            return false;
        }
        predicate != Predicate::Likes
            && self.question.words.iter().all(|word| {
                GENERAL_WORDS.iter().any(|g| search_words(g).first() == Some(word))
                    || search_words(word).is_empty()
                    || self.names_subject(word)
                    || !self.question.objects.iter().any(|key| search_words(key).contains(word))
                        && !crate::words::forms(self.question.language, word, word).is_empty()
            })
    }

    /// Whether it only says what something is called where a password is asked for: "the wifi is called CasaVerde".
    pub(super) fn only_names(&self, heard: &Heard, language: Language) -> bool {
        let code = |faces: &&Vec<String>| faces.iter().any(|face| face == "=code");
        let Some(code) = self.question.content.iter().find(code) else { return false };
        let naming = |token: &Token| {
            words::forms(language, &token.lower, &token.fold)
                .iter()
                .any(|form| ["llamar", "call", "name"].contains(&form.lemma))
        };
        heard.covers(std::slice::from_ref(code)) == 0 && heard.said.iter().any(naming)
    }

    /// «Mi amigo Rubén paga 900 de alquiler» does not say what the owner pays.
    pub(super) fn is_of_whom_is_asked(&self, fact: &Fact) -> bool {
        if fact.predicate == Predicate::Note {
            let heard = Heard::of(fact);
            let other_way = self.question.debt.is_some_and(|debt| debt.is_turned(&heard.said));
            if other_way || self.is_of_somebody_else(&heard) {
                return false;
            }
        }
        let own = self.question.own && self.question.subject == Some(Mention::Owner);
        if fact.predicate != Predicate::Note || !fact.kind.is_empty() || !own {
            return true;
        }
        let heard = Heard::of(fact);
        let used = vec![false; heard.said.len()];
        !is_kin(&heard, fact.language, &used) || self.speaks_of(&heard, fact.language, &used, &[])
    }

    /// Nothing in the question names a predicate: the words decide.
    pub(super) fn by_words(&self, subjects: &[EntityId]) -> Result<Found, S::Error> {
        let words = &self.question.words;
        if words.is_empty() {
            return Ok(Found::default());
        }
        let mut scored: Vec<(usize, Fact)> = Vec::new();
        let all = self.store.search_facts(words, ANSWER_FACTS_MAX)?;
        // Who somebody is says neither how much, nor when, nor where, nor what they do.
        let valued = matches!(self.question.wanted, Wanted::Figure | Wanted::Time | Wanted::Place)
            || !self.question.content.is_empty()
            || !self.question.rest.is_empty();
        let who = |fact: &Fact| matches!(fact.predicate, Predicate::Name | Predicate::Relative | Predicate::Pet);
        for fact in self.in_time(all)? {
            let overlap = self.overlap(&fact);
            let theirs = subjects.is_empty() || subjects.contains(&fact.subject);
            if overlap > 0
                && theirs
                && self.is_of_whom_is_asked(&fact)
                && self.holds_part(&fact)
                && (fact.predicate != Predicate::Medication || self.takes_it(&fact))
                && !(valued && who(&fact))
                && !self.tells_another(&Heard::of(&fact))
                && !self.only_names(&Heard::of(&fact), fact.language)
            {
                scored.push((overlap, fact));
            }
        }
        let best = scored.iter().map(|(score, _)| *score).max().unwrap_or(0);
        if best * 2 >= words.len().max(1) && best > 0 {
            let facts = scored.into_iter().filter(|(score, _)| *score == best).map(|(_, fact)| fact).collect();
            return Ok(ranked(facts, Why::Words));
        }
        Ok(Found::default())
    }
}

/// Things of which nobody who asks for one means the other; none for what may be anything.
pub(crate) fn family(kind: &str) -> Option<usize> {
    const FAMILIES: &[&[&str]] = &[
        &["car", "electric_car", "van", "truck", "troca", "lorry"],
        &["motorbike", "quad"],
        &["bicycle", "e_scooter"],
        &["boat", "yacht"],
        &["phone"],
        &["laptop", "computer"],
        &["tablet", "kindle"],
        &["house", "flat"],
        &["guitar"],
        &["piano"],
        &["violin", "cello"],
    ];
    FAMILIES.iter().position(|kinds| kinds.contains(&kind))
}

/// The same word, or one the beginning of the other.
pub(crate) fn alike(a: &str, b: &str) -> bool {
    a == b || a.len() > 4 && b.len() > 4 && (a.starts_with(b) || b.starts_with(a))
}

/// «Operan» and «operación»: long words with one root.
pub(super) fn akin(a: &str, b: &str) -> bool {
    a.len() > 5 && b.len() > 5 && a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count() > 4
}

/// A day of the week among the words of a search, which have lost their last -s: «lune».
fn day(word: &str) -> Option<u8> {
    crate::time::weekday(word).or_else(|| crate::time::weekday(&format!("{word}s")))
}

/// Verbs of habits in both languages, and as a search has them.
const HABITS: &[&[&str]] = &[&["fumar", "smoke", "smok"], &["beber", "drink"]];

/// Two words of either language for one thing.
fn means_same(a: &str, b: &str) -> bool {
    HABITS.iter().any(|pair| pair.contains(&a) && pair.contains(&b))
        || words::senses(None, a)
            .any(|sense| words::senses(None, b).any(|other| (sense.class, sense.id) == (other.class, other.id)))
}

/// Predicates of which a question means one fact, named by its words, and not all.
const fn is_picky(predicate: Predicate) -> bool {
    matches!(
        predicate,
        Predicate::Routine | Predicate::Habit | Predicate::Note | Predicate::Appointment | Predicate::Trip
    )
}
