//! How much is taken of a medicine, and what for: «enalapril de 10 mg para la tensión».

use super::Scan;
use crate::text::{Kind, Token, tokens};
use crate::words::lists::PERIODS;

/// Units and forms of what is taken, folded.
pub(crate) const DOSES: &[&str] = &[
    "mg",
    "ml",
    "mcg",
    "gramos",
    "miligramos",
    "milligrams",
    "microgramos",
    "micrograms",
    "pastilla",
    "pastillas",
    "pills",
    "pill",
    "gotas",
    "drops",
    "units",
    "unidades",
    "comprimido",
    "comprimidos",
    "tablet",
    "tablets",
    "capsula",
    "capsulas",
    "puffs",
];
const FOR: &[&str] = &["para", "por", "contra", "for", "against"];
/// What stands behind «para», "for" and is no complaint.
const NO_PURPOSE: &[&str] = &[
    "ahora",
    "now",
    "life",
    "siempre",
    "comida",
    "comidas",
    "breakfast",
    "lunch",
    "dinner",
    "desayuno",
    "cena",
    "que",
    "me",
    "him",
    "her",
    "us",
    "mi",
    "ti",
    "it",
    "this",
    "eso",
    "esto",
    "years",
    "anos",
    "meses",
    "months",
    "weeks",
    "semanas",
    "days",
    "ages",
    "good",
    "sure",
    "example",
    "ejemplo",
    "momento",
    "moment",
    "favor",
    "lo",
    "while",
    "rato",
    "time",
    "what",
    "medico",
    "doctor",
    "receta",
    "prescription",
    "casa",
    "home",
];
/// Words of a complaint.
const PURPOSE_WORDS_MAX: usize = 4;
/// Tokens of the name of a medicine with its dose.
const TOKENS_MAX: usize = 40;

/// A dose among the tokens: a figure with its unit, and else one before what it is taken for.
pub(crate) fn dose(tokens: &[Token]) -> Option<(usize, usize)> {
    let figure = |at: &usize| tokens[*at].kind == Kind::Number;
    let unit = |at: usize| tokens.get(at).is_some_and(|token| DOSES.contains(&token.fold.as_str()));
    let until = tokens.iter().position(|token| FOR.contains(&token.fold.as_str())).unwrap_or(tokens.len());
    let united = (0..tokens.len()).filter(figure).find(|at| unit(at + 1)).map(|at| (at, at + 2));
    united.or_else(|| (0..until).find(figure).map(|at| (at, at + 1)))
}

/// Whether two texts name different doses of one medicine.
pub(crate) fn another_dose(old: &str, new: &str) -> bool {
    let figure = |text: &str| {
        let tokens = tokens(text, TOKENS_MAX);
        dose(&tokens).map(|(at, _)| tokens[at].fold.clone())
    };
    figure(new).is_some_and(|new| figure(old).as_ref() != Some(&new))
}

/// What is taken, in the dose of another text. The unit stays where the other names none.
pub(crate) fn redosed(old: &str, new: &str) -> String {
    let (was, is) = (tokens(old, TOKENS_MAX), tokens(new, TOKENS_MAX));
    let Some((first, end)) = dose(&is) else { return old.to_owned() };
    let united = end > first + 1;
    let said = &new[is[first].start..is[end - 1].end];
    if let Some((at, last)) = dose(&was) {
        let last = if united { last } else { at + 1 };
        return format!("{}{said}{}", &old[..was[at].start], &old[was[last - 1].end..]);
    }
    match was.iter().find(|token| FOR.contains(&token.fold.as_str())) {
        Some(preposition) => format!("{}{said} {}", &old[..preposition.start], &old[preposition.start..]),
        None => format!("{old} {said}"),
    }
}

/// A medicine with what the one before it was taken for, where it does not say so itself.
pub(crate) fn with_purpose_of(old: &str, new: &str) -> String {
    let of = |text: &str| tokens(text, TOKENS_MAX).into_iter().find(|token| FOR.contains(&token.fold.as_str()));
    match (of(old), of(new)) {
        (Some(preposition), None) => format!("{new} {}", &old[preposition.start..]),
        _ => new.to_owned(),
    }
}

impl Scan<'_> {
    /// What something is taken for, behind its preposition: «para la tensión», "for my blood pressure", «contra el dolor».
    /// The preposition, and the words without what only points at them.
    pub(crate) fn purpose(&self, from: usize, last: usize) -> Option<(usize, usize, usize)> {
        let determiner = ["el", "la", "los", "las", "mi", "mis", "un", "una", "the", "my", "a", "an", "some"];
        (from..last.min(self.tokens.len())).filter(|&at| self.is_any(at, FOR)).find_map(|at| {
            let pointed = self.is_any(at + 1, &determiner);
            let first = at + 1 + usize::from(pointed);
            let end = (first..last.min(first + PURPOSE_WORDS_MAX))
                .find(|&i| {
                    !self.tokens[i].is_word() || self.is_any(i, STOPS) || crate::time::weekday(self.word(i)).is_some()
                })
                .unwrap_or_else(|| last.min(first + PURPOSE_WORDS_MAX));
            let timely = (first..end).any(|i| self.is_any(i, &PERIODS) || self.is_any(i, NO_PURPOSE));
            let plain = pointed || !self.is_any(at, &["por"]) || self.illnesses(first).is_some();
            (end > first && !timely && plain).then_some((at, first, end))
        })
    }
}

/// What begins something else behind a complaint.
const STOPS: &[&str] = &[
    "y", "and", "pero", "but", "que", "cada", "every", "desde", "since", "twice", "once", "una", "dos", "two", "one",
    "a", "por", "con", "with", "in", "at", "before", "after", "antes", "despues", "porque", "because", "which", "i",
    "now", "ahora", "daily", "it", "en", "so", "sin", "hace", "tomo", "take", "me",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doses_take_the_place_of_others() {
        for (old, new, expected) in [
            ("enalapril de 10 mg para la tensión", "20", "enalapril de 20 mg para la tensión"),
            ("enalapril de 10", "20 mg", "enalapril de 20 mg"),
            ("500 mg of metformin for type 2 diabetes", "850 mg", "850 mg of metformin for type 2 diabetes"),
            ("metformin for type 2 diabetes", "850 mg", "metformin 850 mg for type 2 diabetes"),
            ("levotiroxina", "50", "levotiroxina 50"),
        ] {
            assert_eq!(redosed(old, new), expected);
            assert!(another_dose(old, new));
        }
        assert!(!another_dose("metformin 500 mg", "500 mg"));
        assert!(!another_dose("metformin 500 mg", "metformin"));
        assert_eq!(with_purpose_of("enalapril de 10 para la tensión", "enalapril 20"), "enalapril 20 para la tensión");
    }
}
