//! Cuts a text into words, numbers, addresses and marks.

use super::fold;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Word,
    /// Digits, with a decimal mark, a fraction of time (`10:30`) or a date (`3/5/1990`) inside.
    Number,
    Email,
    Link,
    Mark,
}

/// A piece of the text. Contractions give two tokens with one span: `I'm` is `i` and `am`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// In small letters, accents kept: they tell «trabajo» from «trabajó».
    pub(crate) lower: String,
    pub(crate) fold: String,
    pub(crate) kind: Kind,
    pub(crate) capital: bool,
    /// Between quotation marks.
    pub(crate) quoted: bool,
}

impl Token {
    pub(crate) fn is(&self, word: &str) -> bool {
        self.fold == word
    }

    pub(crate) fn is_word(&self) -> bool {
        self.kind == Kind::Word
    }

    /// An emoji or the like, which says nothing that is stored.
    pub(crate) fn is_picture(&self) -> bool {
        self.is_mark() && self.fold.chars().all(|c| matches!(c, '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}'))
    }

    pub(crate) fn is_mark(&self) -> bool {
        self.kind == Kind::Mark
    }
}

/// English contractions and short spellings of both languages, folded, and what they stand for. `'s` stays as it is:
/// only the grammar tells a possessive from a verb.
const SPELLINGS: &[(&str, &str)] = &[
    ("i'm", "i am"),
    ("im", "i am"),
    ("i've", "i have"),
    ("ive", "i have"),
    ("i'd", "i would"),
    ("i'll", "i will"),
    ("you're", "you are"),
    ("you've", "you have"),
    ("youre", "you are"),
    ("we're", "we are"),
    ("we've", "we have"),
    ("we'll", "we will"),
    ("we'd", "we would"),
    ("they're", "they are"),
    ("they've", "they have"),
    ("theyre", "they are"),
    ("they'll", "they will"),
    ("he'll", "he will"),
    ("she'll", "she will"),
    ("she'd", "she would"),
    ("he'd", "he would"),
    ("they'd", "they would"),
    ("it'll", "it will"),
    ("don't", "do not"),
    ("dont", "do not"),
    ("doesn't", "does not"),
    ("doesnt", "does not"),
    ("didn't", "did not"),
    ("didnt", "did not"),
    ("isn't", "is not"),
    ("isnt", "is not"),
    ("aren't", "are not"),
    ("arent", "are not"),
    ("wasn't", "was not"),
    ("wasnt", "was not"),
    ("weren't", "were not"),
    ("haven't", "have not"),
    ("havent", "have not"),
    ("hasn't", "has not"),
    ("hasnt", "has not"),
    ("hadn't", "had not"),
    ("can't", "can not"),
    ("cant", "can not"),
    ("cannot", "can not"),
    ("couldn't", "could not"),
    ("won't", "will not"),
    ("wont", "will not"),
    ("wouldn't", "would not"),
    ("shouldn't", "should not"),
    ("ain't", "is not"),
    ("whats", "what is"),
    ("wheres", "where is"),
    ("whos", "who is"),
    ("hows", "how is"),
    ("whens", "when is"),
    ("shes", "she is"),
    ("hes", "he is"),
    ("thats", "that is"),
    ("gonna", "going to"),
    ("wanna", "want to"),
    ("gotta", "have to"),
    ("let's", "let us"),
    ("lets", "let us"),
    ("waht", "what"),
    ("wat", "what"),
    ("taht", "that"),
    ("adn", "and"),
    ("teh", "the"),
    ("ijo", "hijo"),
    ("ija", "hija"),
    ("ijos", "hijos"),
    ("cn", "con"),
    ("u", "you"),
    ("ur", "your"),
    ("bday", "birthday"),
    ("q", "que"),
    ("k", "que"),
    ("xq", "porque"),
    ("pq", "porque"),
    ("tb", "tambien"),
    ("tmb", "tambien"),
    ("tmbn", "tambien"),
    ("d", "de"),
    ("finde", "fin de semana"),
    ("profe", "profesor"),
    ("cole", "colegio"),
    ("insti", "instituto"),
    ("uni", "universidad"),
    ("tlf", "telefono"),
    ("tfno", "telefono"),
    ("tel", "telefono"),
    ("cel", "celular"),
    ("del", "de el"),
    ("al", "a el"),
];

/// What may stand inside a word.
fn inside_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\'' | '’' | '-' | '_' | '\u{300}'..='\u{36f}')
}

/// Fewer words in capitals may be somebody's initials.
const SHOUTED_WORDS_MIN: usize = 3;

/// The tokens of a text, at most `max`.
pub(crate) fn tokens(text: &str, max: usize) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::new();
    let mut at = 0;
    let shouted = is_shouted(text);
    while out.len() < max {
        let Some(skip) = text[at..].find(|c: char| !is_blank(c) || c == '\n') else { break };
        at += skip;
        let end = at + length(&text[at..]);
        push(&mut out, text, (at, end), shouted);
        at = end;
    }
    mark_quotations(&mut out, text);
    if shouted {
        out.iter_mut().for_each(|token| token.capital = false);
    }
    out
}

/// «MI HERMANA TIENE ASMA»: where all letters are capitals they tell nothing.
fn is_shouted(text: &str) -> bool {
    let letters = |word: &&str| word.chars().any(char::is_alphabetic);
    !text.chars().any(char::is_lowercase) && text.split_whitespace().filter(letters).count() >= SHOUTED_WORDS_MIN
}

/// White space, and what nobody sees: control characters, marks of direction, joiners and variation selectors.
fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// How many bytes the token at the beginning has.
fn length(rest: &str) -> usize {
    let blank =
        rest.find(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '»' | '<' | '>')).unwrap_or(rest.len());
    let chunk = rest[..blank].trim_end_matches(['.', ')', '?', '!', ':', '…']);
    if is_email(chunk) || is_link(chunk) {
        return chunk.len();
    }
    let Some(first) = rest.chars().next() else { return 0 };
    // "7-year-old" is one word, like "seven-year-old".
    let word = rest.find(|c: char| !inside_word(c)).unwrap_or(rest.len());
    if first.is_ascii_digit()
        && ["-year-old", "-month-old", "-week-old"].iter().any(|tail| rest[..word].ends_with(tail))
    {
        return word;
    }
    if first.is_ascii_digit() || (matches!(first, '+') && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
        return number_length(rest);
    }
    if first.is_alphanumeric() {
        return rest[..word].trim_end_matches(['\'', '’', '-', '_']).len().max(first.len_utf8());
    }
    first.len_utf8()
}

/// Digits with single marks between them: `10:30`, `1.75`, `3/5/1990`, `20mg` gives `20`, `2º` gives `2`.
fn number_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut end = 1;
    while end < bytes.len() {
        let more = match bytes[end] {
            b'0'..=b'9' => true,
            b'.' | b',' | b':' | b'/' | b'-' => bytes.get(end + 1).is_some_and(u8::is_ascii_digit),
            _ => false,
        };
        if !more {
            break;
        }
        end += 1;
    }
    end
}

fn is_email(chunk: &str) -> bool {
    chunk.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty()
            && host.contains('.')
            && !host.starts_with('.')
            && chunk.chars().all(|c| c.is_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | '+' | '%'))
    })
}

fn is_link(chunk: &str) -> bool {
    chunk.contains("://") || chunk.starts_with("www.")
}

fn push(out: &mut Vec<Token>, text: &str, (start, end): (usize, usize), shouted: bool) {
    let piece = &text[start..end];
    let first = piece.chars().next().unwrap_or(' ');
    let kind = match first {
        _ if is_email(piece) => Kind::Email,
        _ if is_link(piece) => Kind::Link,
        '0'..='9' => Kind::Number,
        '+' if piece.len() > 1 => Kind::Number,
        _ if first.is_alphanumeric() => Kind::Word,
        _ => Kind::Mark,
    };
    let folded = fold(piece);
    let token = |fold: &str, lower: String| Token {
        start,
        end,
        lower,
        fold: fold.to_owned(),
        kind,
        capital: first.is_uppercase(),
        quoted: false,
    };
    if kind != Kind::Word {
        out.push(token(&folded, folded.clone()));
        return;
    }
    // `Ana's` is `ana` and `'s`; `parents'` was cut to `parents` before.
    let (stem, clitic) = folded.strip_suffix("'s").map_or((folded.as_str(), false), |stem| (stem, true));
    // "ID" is none of "I'd", and "I'M" one of "I'm".
    let shout = !shouted && piece.len() > 2 && piece.chars().all(|c| !c.is_lowercase()) && !piece.contains(['\'', '’']);
    match SPELLINGS.iter().find(|(short, _)| *short == stem && !(shout && short.len() <= 3)) {
        Some((_, long)) => {
            out.extend(long.split(' ').map(|word| token(word, word.to_owned())));
        }
        None => {
            let lower: String = piece.chars().flat_map(char::to_lowercase).collect();
            let lower = if clitic { lower.chars().take(lower.chars().count() - 2).collect() } else { lower };
            out.push(token(stem, lower));
        }
    }
    if clitic {
        let mut mark = token("'s", "'s".to_owned());
        mark.capital = false;
        out.push(mark);
    }
}

/// Says of each token whether it stands between quotation marks. A mark that is never closed opens nothing.
fn mark_quotations(tokens: &mut [Token], text: &str) {
    let mut at = 0;
    while at < tokens.len() {
        let closing: &[&str] = match tokens[at].fold.as_str() {
            "\"" => &["\""],
            "«" => &["»"],
            "“" | "„" => &["”", "“"],
            "'" if tokens[at].start == 0 || text[..tokens[at].start].ends_with([' ', ':', '(']) => &["'"],
            _ => &[],
        };
        let close = (at + 1..tokens.len()).find(|&i| closing.contains(&tokens[i].fold.as_str()));
        match close {
            Some(close) if !closing.is_empty() => {
                tokens[at..=close].iter_mut().for_each(|token| token.quoted = true);
                at = close + 1;
            }
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        tokens(text, 100).iter().map(|token| token.fold.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_numbers_and_marks() {
        for (text, expected) in [
            ("Vivo en Málaga, ¿vale?", "vivo en malaga , ¿ vale ?"),
            ("I'm Ana's brother", "i am ana 's brother"),
            ("mi correo es ana.p@correo.es.", "mi correo es ana.p@correo.es ."),
            ("a las 10:30, 3/5/1990", "a las 10:30 , 3/5/1990"),
            ("20mg y 1,75 m", "20 mg y 1,75 m"),
            ("+34 600 11 22 33", "+34 600 11 22 33"),
            ("q no vivo", "que no vivo"),
            ("el cumple del niño", "el cumple de el nino"),
            ("mother-in-law", "mother-in-law"),
            ("", ""),
            ("\u{202e}אבג", "אבג"),
            ("vivo\u{200f} en\u{1} Cádiz", "vivo en cadiz"),
            ("👍🏽", "👍 🏽"),
        ] {
            assert_eq!(folded(text), expected, "{text:?}");
        }
    }

    #[test]
    fn quotations() {
        for (text, expected) in [
            ("dijo «vivo en Roma» ayer", "« vivo en roma »"),
            ("dijo \"hola\"", "\" hola \""),
            ("a 5\" screen", ""),
            ("it's 'quoted text' here", "' quoted text '"),
        ] {
            let quoted: Vec<String> =
                tokens(text, 100).into_iter().filter(|token| token.quoted).map(|token| token.fold).collect();
            assert_eq!(quoted.join(" "), expected, "{text:?}");
        }
    }

    #[test]
    fn spans_are_those_of_the_text() {
        let text = "Él vive en Ávila";
        let last = tokens(text, 100).pop().unwrap();
        assert_eq!(&text[last.start..last.end], "Ávila");
        assert!(last.capital);
    }
}
