//! Whom a piece of a message speaks of, where nobody has found it out before.

use sarai_types::Language;

use super::agree::Heard;
use super::rank::Search;
use crate::grammar::Mention;
use crate::memory::Store;
use crate::text::{Token, fold};
use crate::words::lists::FUNCTION;
use crate::words::{self, Class, Person, Tense};

/// So far behind «mi» stands what is the owner's.
const OWNED_WITHIN: usize = 5;
/// Who speaks of themself.
const FIRST: &[&str] = &["i", "me", "we", "us", "yo", "nos", "nosotros", "nosotras", "conmigo", "myself"];
const ANOTHERS: &[&str] = &[
    "his", "her", "their", "your", "its", "su", "sus", "tu", "tus", "he", "she", "they", "you", "el", "ella", "ellos",
];
const POSSESSIVE: &[&str] =
    &["mi", "mis", "my", "mine", "our", "nuestro", "nuestra", "nuestros", "nuestras", "mio", "mia", "mios", "mias"];

impl<S: Store> Search<'_, '_, S> {
    /// «Estudio arquitectura» does not say what a sister studies.
    pub(super) fn is_of_the_owner_alone(&self, heard: &Heard, language: Language) -> bool {
        let of_another = matches!(
            self.question.subject,
            Some(Mention::Relative { .. } | Mention::Named(_) | Mention::Animal { .. } | Mention::Pronoun { .. })
        );
        let verbs = &self.question.verbs;
        let mut persons = Vec::new();
        for token in &heard.said {
            // «Estudio» is no «estudió» that lacks its accent.
            let forms = words::forms(language, &token.lower, &token.fold);
            let exact = forms.iter().any(|form| words::is_exact(&token.lower, *form));
            let meant = forms.iter().filter(|form| !exact || words::is_exact(&token.lower, **form));
            persons.extend(meant.filter(|form| verbs.contains(&fold(form.lemma))).map(|form| form.person));
        }
        of_another
            && !self.question.acts
            && !persons.is_empty()
            && persons.iter().all(|person| *person == Person::First)
    }

    /// Whether it is about whom the question is about.
    pub(super) fn speaks_of(&self, heard: &Heard, language: Language, used: &[bool], names: &[String]) -> bool {
        let first = speaks_of_oneself(heard, language);
        let other = is_kin(heard, language, used);
        match &self.question.subject {
            Some(Mention::Owner) if self.question.own => {
                first
                    || !other
                        && (owns(heard, language, used)
                            || self.question.content.len() > 1
                                && (is_at_home(heard, used) || self.is_of_nobody(heard, language, used)))
            }
            // «El médico de mi padre» is not mine.
            Some(Mention::Relative { .. }) if self.question.content.is_empty() && other => false,
            Some(Mention::Relative { of, .. }) => **of != Mention::Owner || !self.is_anothers(heard),
            Some(Mention::Animal { .. }) => !other && !self.is_anothers(heard),
            Some(Mention::Named(name)) => {
                let name = fold(name);
                let one = name.split(' ').next().unwrap_or_default();
                heard.said.iter().any(|token| token.is(one) || names.contains(&token.fold))
            }
            Some(Mention::Owner | Mention::Thing { .. } | Mention::Pronoun { .. }) | None => first || !other,
        }
    }

    /// "The MRI is at Whittington now", «asiento 14C»: where nobody at all is spoken of, whoever wrote it is meant; not if
    /// something else does what is asked of them: "the machine stopped working".
    fn is_of_nobody(&self, heard: &Heard, language: Language, used: &[bool]) -> bool {
        let somebody = |at: usize| {
            let token = &heard.said[at];
            ANOTHERS.contains(&token.fold.as_str()) && token.lower != "el"
                || token.capital && words::is_first_name(&token.fold)
                || token.is("'s") && at > 0 && heard.said[at - 1].capital
                || words::longest(language, &heard.said, at, &[Class::Kin, Class::Job]).is_some()
        };
        let acts = |at: usize| {
            let token = &heard.said[at];
            let forms = words::forms(language, &token.lower, &token.fold);
            used[at] && forms.iter().any(|form| self.question.verbs.iter().any(|verb| *verb == fold(form.lemma)))
        };
        !(0..heard.said.len()).any(|at| somebody(at) || acts(at))
    }

    /// "My aunty Karen lives in Darwin" does not say where the boss of that name lives.
    pub(super) fn is_of_a_namesake(&self, heard: &Heard, language: Language, used: &[bool]) -> bool {
        let Some(Mention::Relative { name: Some(_), kin, .. }) = &self.question.subject else { return false };
        let asked = format!("Kin:{kin}");
        let told = self.question.about.iter().filter(|faces| faces.contains(&asked));
        let spoken = told.into_iter().any(|faces| heard.covers(std::slice::from_ref(faces)) > 0);
        let named = self.question.about.iter().any(|faces| faces.contains(&asked));
        named && is_kin(heard, language, used) && !spoken
    }

    /// "Kirsty's locker code", «la clave de su wifi»: somebody else's alone, where the owner's own is asked for.
    pub(super) fn is_of_somebody_else(&self, heard: &Heard) -> bool {
        let own = self.question.own && matches!(&self.question.subject, None | Some(Mention::Owner))
            || matches!(&self.question.subject, Some(Mention::Thing { of, .. }) if **of == Mention::Owner);
        let said = &heard.said;
        let word = |at: usize| said[at].fold.as_str();
        let first = (0..said.len()).any(|at| FIRST.contains(&word(at)) || POSSESSIVE.contains(&word(at)));
        let theirs = ["his", "her", "their", "su", "sus"];
        let named = |at: usize| said[at].capital && words::is_first_name(word(at));
        own && !first
            && (0..said.len()).any(|at| theirs.contains(&word(at)) || word(at) == "'s" && at > 0 && named(at - 1))
    }

    /// «Su hijo», where the owner's is asked about.
    fn is_anothers(&self, heard: &Heard) -> bool {
        let used = heard.used(&self.question.about);
        (1..heard.said.len()).any(|at| {
            used[at]
                && ["su", "sus", "tu", "tus", "his", "her", "their", "your", "its"]
                    .contains(&heard.said[at - 1].fold.as_str())
        })
    }
}

/// Whether whoever wrote it is spoken of.
pub(super) fn speaks_of_oneself(heard: &Heard, language: Language) -> bool {
    let first = |token: &Token| {
        FIRST.contains(&token.fold.as_str()) || language == Language::Spanish && words::in_first_person(token)
    };
    heard.said.iter().any(first) || language == Language::English && begins_with_past(heard)
}

/// "Lent Bec fifty bucks": who leaves out who it was speaks of themself.
fn begins_with_past(heard: &Heard) -> bool {
    let Some(token) = heard.said.iter().find(|token| token.is_word()) else { return false };
    let forms = words::forms(Language::English, &token.lower, &token.fold);
    forms.iter().any(|form| form.tense == Tense::Past) && forms.iter().all(|form| form.tense != Tense::Infinitive)
}

/// «Mi clase de yoga», where the question names it; "my family smokes" is not what the owner does.
fn owns(heard: &Heard, language: Language, used: &[bool]) -> bool {
    let is_verb = |token: &Token| {
        !FUNCTION.contains(&token.fold.as_str()) && !words::forms(language, &token.lower, &token.fold).is_empty()
    };
    (0..heard.said.len()).filter(|&at| POSSESSIVE.contains(&heard.said[at].fold.as_str())).any(|at| {
        let next = at + 1..heard.said.len().min(at + OWNED_WITHIN);
        let mut noun = next.take_while(|&i| !heard.said[i].is_mark() && (i == at + 1 || !is_verb(&heard.said[i])));
        noun.any(|i| used[i]) || heard.said[at].is("mine")
    })
}

/// «El poto del pasillo se riega los domingos»: whose it is goes without saying where nobody else is spoken of.
fn is_at_home(heard: &Heard, used: &[bool]) -> bool {
    let said = &heard.said;
    let definite = (0..said.len().saturating_sub(1)).any(|at| {
        ["the", "el", "la", "los", "las"].contains(&said[at].lower.as_str())
            && used[at + 1..].iter().take(2).any(|used| *used)
    });
    let another = |token: &Token| {
        ANOTHERS.contains(&token.fold.as_str()) && token.lower != "el"
            || token.capital && words::is_first_name(&token.fold)
    };
    definite && !said.iter().any(another)
}

/// Whether a relative stands here of whom the question does not speak.
pub(super) fn is_kin(heard: &Heard, language: Language, used: &[bool]) -> bool {
    (0..heard.said.len()).any(|at| !used[at] && words::longest(language, &heard.said, at, &[Class::Kin]).is_some())
}
