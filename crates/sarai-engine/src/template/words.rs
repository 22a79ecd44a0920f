//! The words that a template may compare messages with.

/// The string constants in a template's tags, such as `</think>` in `{% if '</think>' in message.content %}`.
///
/// This is not a parser: a word too many or too few changes what a template can find in a message, never what is safe.
pub(super) fn constants(source: &str) -> Vec<String> {
    let mut constants = Vec::new();
    let mut chars = source.chars();
    let mut last = ' ';
    let mut inside = false;
    while let Some(c) = chars.next() {
        match (last, c) {
            ('{', '%' | '{') => inside = true,
            ('%' | '}', '}') => inside = false,
            (_, quote @ ('\'' | '"')) if inside => constants.push(constant(&mut chars, quote)),
            _ => {}
        }
        last = c;
    }
    constants.retain(|constant| !constant.is_empty());
    constants
}

/// The constant up to its closing quote, without its escapes.
fn constant(chars: &mut impl Iterator<Item = char>, quote: char) -> String {
    let mut constant = String::new();
    while let Some(c) = chars.next() {
        match c {
            c if c == quote => break,
            '\\' => constant.extend(chars.next().map(|escaped| match escaped {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                other => other,
            })),
            c => constant.push(c),
        }
    }
    constant
}

/// Whether a word holds a token or a part of one at its ends, so that with what stands beside it there could be a token.
pub(super) fn could_join(word: &str, token: &str) -> bool {
    let starts = |n| token.is_char_boundary(n) && word.ends_with(&token[..n]);
    let ends = |n| token.is_char_boundary(n) && word.starts_with(&token[n..]);
    word.contains(token) || token.contains(word) || (1..token.len()).any(|n| starts(n) || ends(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_stand_in_tags_only() {
        let source = r#"don't {% if '</think>' in x and "it's" %}'text'{{ 'a\n\'b' ~ "" }} {"no"} {{ 'open"#;
        assert_eq!(constants(source), ["</think>", "it's", "a\n'b", "open"]);
    }

    #[test]
    fn a_word_that_reaches_into_a_token_could_join() {
        for (word, expected) in [
            ("</think>", false),
            ("x", false),
            ("<", true),
            ("text</", true),
            ("s> text", true),
            ("</s>\n", true),
            ("/", true),
        ] {
            assert_eq!(could_join(word, "</s>"), expected, "{word:?}");
        }
    }
}
