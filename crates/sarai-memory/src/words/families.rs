//! What people call a matter, and the words by which they have told it, from `families.txt`.

use std::sync::LazyLock;

use crate::memory::search_words;

/// A word, or the beginning of words where `*` ends it.
#[derive(Debug)]
struct Stem {
    text: &'static str,
    open: bool,
}

impl Stem {
    fn fits(&self, word: &str) -> bool {
        if self.open { word.starts_with(self.text) } else { word == self.text }
    }
}

/// One row.
#[derive(Debug)]
pub(crate) struct Family {
    asked: Vec<Stem>,
    told: Vec<Stem>,
    /// Words that tell it only beside a sum: «debo 3000 euros», but not «debo irme».
    with_sum: Vec<Stem>,
}

impl Family {
    /// Whether the words of a message, as a search takes them, tell of the matter.
    pub(crate) fn told_by(&self, words: &[String]) -> bool {
        let any = |stems: &[Stem]| words.iter().any(|word| stems.iter().any(|stem| stem.fits(word)));
        any(&self.asked) || any(&self.told) || any(&self.with_sum) && words.iter().any(|word| is_sum(word))
    }
}

static FAMILIES: LazyLock<Vec<Family>> = LazyLock::new(|| {
    let stems = |cell: &'static str| -> Vec<Stem> {
        let words = cell.split(',').map(str::trim).filter(|word| !word.is_empty());
        words.map(|word| Stem { text: word.trim_end_matches('*'), open: word.ends_with('*') }).collect()
    };
    let rows = include_str!("families.txt").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| {
        let cells: Vec<&str> = line.split('|').collect();
        let [asked, told, with_sum] = cells[..] else { return None };
        Some(Family { asked: stems(asked), told: stems(told), with_sum: stems(with_sum) })
    })
    .collect()
});

/// The families that a word of a request, as a search takes it, asks for.
pub(crate) fn of(word: &str) -> impl Iterator<Item = &'static Family> + '_ {
    FAMILIES.iter().filter(move |family| family.asked.iter().any(|stem| stem.fits(word)))
}

/// The family that holds a predicate's name, by the first word of it.
pub(crate) fn of_predicate(name: &str) -> Option<&'static Family> {
    let first = search_words(name.split('_').next()?).pop()?;
    FAMILIES.iter().find(|family| family.told.iter().any(|stem| stem.text == first && !stem.open))
}

/// A number or a word for money.
fn is_sum(word: &str) -> bool {
    const MONEY: &[&str] = &[
        "euro", "dolar", "dolare", "peso", "libra", "dinero", "pasta", "plata", "lana", "mil", "millon", "millone",
        "pavo", "dollar", "pound", "quid", "buck", "money", "cash", "grand", "thousand", "banco", "bank", "hacienda",
        "hour", "month", "hora", "mes",
    ];
    word.starts_with(|c: char| c.is_ascii_digit()) || MONEY.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matter_is_told_by_its_words() {
        for (asked, text, expected) in [
            ("sueldo", "Cobro 1800 euros al mes", true),
            ("sueldo", "Gano siempre al ajedrez", false),
            ("deuda", "Debo 3000 euros al banco", true),
            ("deuda", "Debo irme ya", false),
            ("salary", "they pay me 40k", true),
            ("debt", "I owe the bank money", true),
            ("pregnancy", "Estoy embarazada", true),
            ("embarazo", "I am pregnant", true),
            ("divorcio", "Me separé en mayo", true),
            ("divorcio", "Me mudé en mayo", false),
        ] {
            let told = of(asked).any(|family| family.told_by(&search_words(text)));
            assert_eq!(told, expected, "{asked}: {text}");
        }
    }

    #[test]
    fn rows_are_folded_and_whole() {
        let rows = || include_str!("families.txt").lines().filter(|line| !line.starts_with('#'));
        assert_eq!(rows().count(), FAMILIES.len());
        assert!(FAMILIES.iter().all(|family| !family.asked.is_empty()));
        assert!(rows().all(|row| row == crate::text::fold(row) && !row.contains(' ')));
    }
}
