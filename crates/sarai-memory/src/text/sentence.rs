//! Cuts tokens into sentences, and leaves out what is no sentence: code, quoted mail, tables.

use std::collections::HashSet;

use super::{Kind, Token};
use crate::words::lists::ABBREVIATIONS;

/// How a sentence ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Plain,
    Question,
    Exclamation,
    /// The next sentence is what this one speaks about: «Traduce:».
    Colon,
}

/// A range of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sentence {
    pub(crate) first: usize,
    /// One past the last token, the mark at the end not counted.
    pub(crate) last: usize,
    pub(crate) ending: Ending,
}

/// The sentences of a text, in order.
pub(crate) fn sentences(tokens: &[Token], text: &str) -> Vec<Sentence> {
    let mut out = Vec::new();
    let mut first = 0;
    let mut fenced = false;
    for at in 0..=tokens.len() {
        let end = match tokens.get(at) {
            None => Some(Ending::Plain),
            Some(token) => ending(tokens, at, token),
        };
        let Some(ending) = end else { continue };
        if first < at {
            let range = &tokens[first..at];
            let fences = range.iter().filter(|token| token.is("`")).count();
            let line = is_prose(range, text);
            if fences < 3 && !fenced && line {
                out.push(Sentence { first, last: at, ending });
            }
            if fences % 2 == 1 && fences >= 3 {
                fenced = !fenced;
            }
        }
        // What opens a question ends the clause before it, and belongs to the question.
        first = match tokens.get(at) {
            Some(token) if token.is("¿") || token.is("¡") => at,
            _ => at + 1,
        };
    }
    join_openings(tokens, out)
}

/// How the token ends a sentence, if it does.
fn ending(tokens: &[Token], at: usize, token: &Token) -> Option<Ending> {
    if token.kind != Kind::Mark {
        return None;
    }
    // A sentence inside quotation marks is part of what is quoted.
    if token.quoted && token.fold != "\n" {
        return None;
    }
    match token.fold.as_str() {
        "." => {
            let before = at.checked_sub(1).map(|i| &tokens[i]);
            let short = before.is_some_and(|t| {
                t.end == token.start && (ABBREVIATIONS.contains(&t.fold.as_str()) || (t.fold.len() == 1 && t.capital))
            });
            let ellipsis = tokens.get(at + 1).is_some_and(|t| t.is(".") && t.start == token.end);
            (!short && !ellipsis).then_some(Ending::Plain)
        }
        "\n" | "…" | ";" | "•" | "*" => Some(Ending::Plain),
        "?" => Some(Ending::Question),
        "!" => Some(Ending::Exclamation),
        "¿" | "¡" => Some(Ending::Plain),
        _ => None,
    }
}

/// Whether a line is something that a person says, and no code, table or quoted mail.
fn is_prose(range: &[Token], text: &str) -> bool {
    let symbols =
        range.iter().filter(|t| t.is_mark() && t.fold.chars().all(|c| "{}=<>|;\\[]_$#/@&%^~`".contains(c))).count();
    let words = range.iter().filter(|t| t.is_word()).count();
    let (Some(first), Some(last)) = (range.first(), range.last()) else { return false };
    if first.is(">") || first.is("|") || first.is("#") || first.is("/") || first.is("$") {
        return false;
    }
    let piece = &text[first.start..last.end];
    let code = piece.contains("()")
        || piece.contains("->")
        || piece.contains("=>")
        || piece.contains("==")
        || piece.contains("</");
    words > 0 && symbols * 3 <= words && !code
}

/// `¿` opened a sentence of its own; drop the mark from its beginning.
fn join_openings(tokens: &[Token], mut list: Vec<Sentence>) -> Vec<Sentence> {
    for sentence in &mut list {
        while sentence.first < sentence.last
            && matches!(tokens[sentence.first].fold.as_str(), "¿" | "¡" | "-" | "–" | "—" | "," | ")" | "(")
        {
            if tokens[sentence.first].is("¿") {
                sentence.ending = Ending::Question;
            }
            sentence.first += 1;
        }
        if tokens[sentence.first..sentence.last].last().is_some_and(|token| token.is(":")) {
            sentence.ending = Ending::Colon;
        }
    }
    list.retain(|sentence| sentence.first < sentence.last);
    list
}

/// Whether the writer leaves out capitals: none stands but at the beginning of a sentence.
pub(crate) fn is_lower_case(tokens: &[Token], sentences: &[Sentence]) -> bool {
    let starts: HashSet<usize> = sentences.iter().map(|sentence| sentence.first).collect();
    tokens
        .iter()
        .enumerate()
        .all(|(at, token)| !token.capital || starts.contains(&at) || token.is("i") || token.fold.len() == 1)
}

#[cfg(test)]
mod tests {
    use super::super::tokens;
    use super::*;

    fn check(text: &str, expected: &[(&str, Ending)]) {
        let tokens = tokens(text, 1000);
        let found: Vec<(String, Ending)> = sentences(&tokens, text)
            .into_iter()
            .map(|s| (text[tokens[s.first].start..tokens[s.last - 1].end].to_owned(), s.ending))
            .collect();
        let expected: Vec<(String, Ending)> = expected.iter().map(|(t, e)| ((*t).to_owned(), *e)).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn sentences_and_their_endings() {
        use Ending::{Colon, Exclamation, Plain, Question};
        check("Vivo en Madrid. ¿Y tú?", &[("Vivo en Madrid", Plain), ("Y tú", Question)]);
        check("Soy vegano, ¿qué ceno?", &[("Soy vegano,", Plain), ("qué ceno", Question)]);
        check("My dentist is Dr. Ruiz. Ok!", &[("My dentist is Dr. Ruiz", Plain), ("Ok", Exclamation)]);
        check("Traduce:\nvivo en Roma", &[("Traduce:", Colon), ("vivo en Roma", Plain)]);
        check("Mide 1.75 m", &[("Mide 1.75 m", Plain)]);
        check("dijo «Vivo en Roma. Adiós» y ya", &[("dijo «Vivo en Roma. Adiós» y ya", Plain)]);
    }

    #[test]
    fn code_and_quoted_mail_are_no_sentences() {
        for text in
            ["> vivo en Roma", "let x = {a: 1};", "| vivo | en Roma |", "foo(); bar();", "```\nvivo en Roma\n```"]
        {
            check(text, &[]);
        }
    }
}
