//! Tells Spanish from English by the words that hold sentences together.

use sarai_types::Language;

use super::Token;

/// Words of one language that are not words of the other, folded.
const SPANISH: &str = " algo aqui aca como con cual cuando cuanto cuantos cuantas cuanta de dime donde el ella ellos en eres es esa ese esta estan este esto esta fue gracias hay hola la las lo los mas mi mis muy nos nuestra nuestro para pero por porque puedes que quien quiero se si sobre soy somos son su sus tengo tiene tienen tu un una unos y yo ya le les era ayer hoy manana tambien desde hasta hace pues bueno vivo trabajo gusta encanta llama cumpleanos anos vos sos usted perdona perdon ";
const ENGLISH: &str = " about and are at can could did do does for from give have has hello hi how i in is it its my of on our please she they tell thanks that the there this to was we were what when where which who why will with would you your not am been an by her his their but because every since until last next ago also sorry actually never always name called birthday lives works likes loves hates plays has had ";

/// How many words speak for Spanish and for English.
pub(crate) fn votes(tokens: &[Token]) -> (usize, usize) {
    let count = |list: &str| {
        let said = tokens.iter().enumerate().filter(|(at, token)| {
            // "My daughter Ella" is no «ella».
            let name = token.capital && token.is("ella") && *at > 0 && !tokens[at - 1].is_mark();
            token.is_word() && !name && list.contains(&format!(" {} ", token.fold))
        });
        said.count()
    };
    // "My son" is no «son».
    let owned = |pair: &&[Token]| {
        pair[1].is("son") && ["my", "our", "his", "her", "their", "your"].contains(&pair[0].fold.as_str())
    };
    let sons = tokens.windows(2).filter(owned).count();
    let marks = tokens.iter().filter(|token| token.is("¿") || token.is("¡")).count();
    let letters = tokens.iter().filter(|token| token.lower.contains(['ñ', 'á', 'é', 'í', 'ó', 'ú'])).count();
    (count(SPANISH) - sons + 2 * marks + letters, count(ENGLISH))
}

/// The language of these words, if it can be told.
pub(crate) fn spoken(tokens: &[Token]) -> Option<Language> {
    let (spanish, english) = votes(tokens);
    match spanish.cmp(&english) {
        std::cmp::Ordering::Greater => Some(Language::Spanish),
        std::cmp::Ordering::Less => Some(Language::English),
        std::cmp::Ordering::Equal => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tokens;
    use super::*;

    #[test]
    fn messages_in_either_language() {
        for (text, expected) in [
            ("mi hermana vive en madrid", Some(Language::Spanish)),
            ("my sister lives in Málaga", Some(Language::English)),
            ("I love my dog", Some(Language::English)),
            ("my son adores dinosaurs", Some(Language::English)),
            ("mis hijos son altos", Some(Language::Spanish)),
            ("Vivo en Bilbao", Some(Language::Spanish)),
            ("42", None),
            ("Madrid", None),
        ] {
            assert_eq!(spoken(&tokens(text, 100)), expected, "{text:?}");
        }
    }
}
