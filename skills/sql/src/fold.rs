//! Text as people compare it: without upper case and without accents, but with its eñes.

/// The longest text that [`like`] looks at, in characters; what stands behind is not seen.
const LIKE_TEXT_CHARS_MAX: usize = 20_000;

/// The text in lower case, without accents. «ñ» stays: it is a letter, not an accent.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'à'..='å' | 'ā' | 'ă' | 'ą' => folded.push('a'),
            'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => folded.push('e'),
            'ì'..='ï' | 'ī' | 'ĭ' | 'į' => folded.push('i'),
            'ò'..='ö' | 'ō' | 'ŏ' | 'ő' => folded.push('o'),
            'ù'..='ü' | 'ū' | 'ŭ' | 'ů' | 'ű' => folded.push('u'),
            'ý' | 'ÿ' => folded.push('y'),
            'ç' | 'ć' | 'č' => folded.push('c'),
            // A tilde of its own makes an «n» the letter that it is; all other marks of their own are accents.
            '\u{303}' if folded.ends_with('n') => {
                folded.pop();
                folded.push('ñ');
            }
            '\u{300}'..='\u{36f}' => {}
            other => folded.push(other),
        }
    }
    folded
}

/// The words of a text, folded, each without the ending of its plural.
#[must_use]
pub fn stems(text: &str) -> Vec<String> {
    let folded = fold(text);
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| stem(word).to_owned()).collect()
}

/// A folded word without the ending of its plural: «libros» and «libro» are the same, so are «flores» and «flor».
#[must_use]
pub fn stem(word: &str) -> &str {
    /// Shorter words are left whole, as «mes» and «gas» are.
    const KEPT_MIN: usize = 3;
    let kept = |ending| word.strip_suffix(ending).filter(|rest: &&str| rest.chars().count() >= KEPT_MIN);
    let ends_in_consonant = |rest: &&str| rest.ends_with(['d', 'l', 'n', 'r', 'z', 'j']);
    kept("es").filter(ends_in_consonant).or_else(|| kept("s").filter(|rest| !rest.ends_with('s'))).unwrap_or(word)
}

/// What a LIKE pattern is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Piece {
    Char(char),
    AnyChar,
    AnyText,
}

/// SQL's LIKE over folded text: `%` is any text, `_` any character, `escape` makes the next sign plain.
///
/// It walks both texts once for each character of the pattern at most, whatever the pattern.
#[must_use]
pub fn like(pattern: &str, text: &str, escape: Option<char>) -> bool {
    let mut pieces = Vec::new();
    let folded = fold(pattern);
    let mut chars = folded.chars();
    while let Some(c) = chars.next() {
        pieces.push(match c {
            _ if Some(c) == escape => match chars.next() {
                Some(plain) => Piece::Char(plain),
                None => return false,
            },
            '%' => Piece::AnyText,
            '_' => Piece::AnyChar,
            other => Piece::Char(other),
        });
    }
    let text: Vec<char> = fold(text).chars().take(LIKE_TEXT_CHARS_MAX).collect();
    matches(&pieces, &text)
}

/// Greedy with one way back: to the last `%`, which then takes one character more.
fn matches(pieces: &[Piece], text: &[char]) -> bool {
    let (mut piece, mut at) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() {
        let fits = match pieces.get(piece) {
            Some(Piece::AnyText) => {
                retry = Some((piece + 1, at));
                piece += 1;
                continue;
            }
            Some(Piece::AnyChar) => true,
            Some(Piece::Char(c)) => *c == text[at],
            None => false,
        };
        if fits {
            piece += 1;
            at += 1;
        } else if let Some((behind, taken)) = retry {
            retry = Some((behind, taken + 1));
            (piece, at) = (behind, taken + 1);
        } else {
            return false;
        }
    }
    pieces[piece..].iter().all(|piece| *piece == Piece::AnyText)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn folded() {
        for (text, expect) in [
            ("Alimentación", "alimentacion"),
            ("ÁÉÍÓÚ Ü", "aeiou u"),
            ("AÑO", "año"),
            ("an\u{303}o e\u{301}", "año e"),
            ("Çà", "ca"),
            ("", ""),
        ] {
            assert_eq!(fold(text), expect, "{text:?}");
        }
    }

    #[test]
    fn stemmed() {
        for (word, expect) in [
            ("libros", "libro"),
            ("flores", "flor"),
            ("categorias", "categoria"),
            ("books", "book"),
            ("expenses", "expense"),
            ("mes", "mes"),
            ("glass", "glass"),
            ("ciudades", "ciudad"),
        ] {
            assert_eq!(stem(word), expect, "{word}");
        }
        assert_eq!(stems("¿Qué libros de García?"), ["que", "libro", "de", "garcia"]);
    }

    #[test]
    fn patterns() {
        for (pattern, text, expect) in [
            ("%garcia%", "Gabriel García Márquez", true),
            ("GARCIA", "García", true),
            ("ano", "año", false),
            ("", "", true),
            ("", "a", false),
            ("%", "", true),
            ("_", "", false),
            ("_%_", "ab", true),
            ("a%b%c", "aXbYbZc", true),
            ("a%b%c", "aXbYbZd", false),
            ("10\\%", "10%", true),
            ("10\\%", "100", false),
            ("10\\", "10\\", false),
        ] {
            assert_eq!(like(pattern, text, Some('\\')), expect, "{pattern:?} {text:?}");
        }
        assert!(!like("%a%a%a%a%a%a%a%a%b", &"a".repeat(100_000), None), "it ends");
    }

    /// LIKE by its definition, which may take for ever.
    fn slow(pieces: &[char], text: &[char]) -> bool {
        match pieces.split_first() {
            None => text.is_empty(),
            Some(('%', rest)) => (0..=text.len()).any(|skip| slow(rest, &text[skip..])),
            Some((c, rest)) => {
                text.split_first().is_some_and(|(first, text)| (*c == '_' || c == first) && slow(rest, text))
            }
        }
    }

    proptest! {
        #[test]
        fn like_is_what_it_says(pattern in "[ab%_]{0,8}", text in "[ab]{0,10}") {
            let expect = slow(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>());
            prop_assert_eq!(like(&pattern, &text, None), expect);
        }

        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,40}") {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}
