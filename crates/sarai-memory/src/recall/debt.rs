//! Who owes whom: «le debo», "she owes me".

use sarai_types::Language;

use crate::text::Token;
use crate::words::{self, Person};

/// Which way a debt goes, of the owner's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Debt {
    Owed,
    Owing,
}

impl Debt {
    /// What the words say; none where they speak of no debt, or of one each way.
    pub(super) fn of(said: &[Token]) -> Option<Self> {
        match Self::told(said) {
            (true, false) => Some(Self::Owed),
            (false, true) => Some(Self::Owing),
            _ => None,
        }
    }

    /// Whether the words speak of a debt the other way.
    pub(super) fn is_turned(self, said: &[Token]) -> bool {
        let (owed, owing) = Self::told(said);
        if self == Self::Owed { owing } else { owed }
    }

    /// Whether the owner is owed something there, and whether they owe something.
    fn told(said: &[Token]) -> (bool, bool) {
        let word = |at: usize| said.get(at).map_or("", |token| token.fold.as_str());
        let me = |at: usize| matches!(word(at), "me" | "us" | "nos");
        let i = |at: usize| matches!(word(at), "i" | "we");
        // "Lent Bec fifty bucks" leaves out who.
        let opens = |at: usize| (0..at).all(|before| matches!(word(before), "and" | "but" | "so" | "also" | ","));
        let is = |at: usize, lemma: &str, language: Language| {
            said.get(at).is_some_and(|token| {
                words::forms(language, &token.lower, &token.fold).iter().any(|form| form.lemma == lemma)
            })
        };
        let first = |at: usize, lemma: &str| {
            let token = &said[at];
            let forms = words::forms(Language::Spanish, &token.lower, &token.fold);
            forms.iter().any(|form| form.lemma == lemma && form.person == Person::First)
        };
        let (mut owed, mut owing) = (false, false);
        for at in 0..said.len() {
            let before = |words: &dyn Fn(usize) -> bool| (at.saturating_sub(2)..at).any(words);
            if is(at, "owe", Language::English) {
                owed |= me(at + 1);
                owing |= before(&i) || opens(at);
            }
            if is(at, "lend", Language::English) {
                owing |= me(at + 1);
                owed |= (before(&i) || opens(at)) && !me(at + 1);
            }
            if is(at, "borrow", Language::English) {
                owing |= before(&i) || opens(at);
            }
            for lemma in ["deber", "prestar"] {
                if is(at, lemma, Language::Spanish) {
                    let mine = before(&me);
                    owed |= mine == (lemma == "deber") && (mine || first(at, lemma));
                    owing |= mine != (lemma == "deber") && (mine || first(at, lemma));
                }
            }
        }
        (owed, owing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::tokens;

    #[test]
    fn a_debt_goes_one_way() {
        for (text, debt) in [
            ("Le debo 300 euros a Ramón", Some(Debt::Owing)),
            ("Ramón me debe 300 euros", Some(Debt::Owed)),
            ("¿Cuánto me debe a mí Ramón?", Some(Debt::Owed)),
            ("le presté 450 soles a Wilmer", Some(Debt::Owed)),
            ("Leandro me prestó 350", Some(Debt::Owing)),
            ("I owe Pauline 25", Some(Debt::Owing)),
            ("How much do I owe Ned?", Some(Debt::Owing)),
            ("How much does Pauline owe me?", Some(Debt::Owed)),
            ("I lent Walter 60 pounds", Some(Debt::Owed)),
            ("Walter lent me 60 pounds", Some(Debt::Owing)),
            ("Lent Bec fifty bucks", Some(Debt::Owed)),
            ("I owe Beryl 200 and Ned owes me 15", None),
            ("Debo salir ya", Some(Debt::Owing)),
            ("The rent is due", None),
        ] {
            assert_eq!(Debt::of(&tokens(text, 50)), debt, "{text}");
        }
    }
}
