//! What stands around a question and asks for nothing itself: «oye, ¿te acuerdas de…?», "which town did I say…".

use sarai_types::Language;

use super::form::ASKING;
use crate::extract::begins_question;
use crate::grammar::Scan;
use crate::text::Token;
use crate::words::lists::{List, QUESTION_CALLS, QUESTION_FRAMES, QUESTION_TOLD};
use crate::words::{self, Class};

/// A shorter beginning belongs to the question.
const LEAD_WORDS_MIN: usize = 3;

/// A question without its frames.
pub(super) struct Peeled {
    pub(super) tokens: Vec<Token>,
    /// It is put as a request: «dime…», "remind me of…".
    pub(super) requested: bool,
    /// It reports what was told: its past is that of the telling.
    pub(super) told: bool,
}

/// Takes the frames off.
pub(super) fn peel(tokens: &[Token], language: Language) -> Peeled {
    let mut peeled = Peeled { tokens: Vec::new(), requested: false, told: false };
    let tokens = &tokens[lead(tokens, language)..];
    let mut at = 0;
    while at < tokens.len() {
        // «¿Cómo es que se llama…?»
        let asks = at > 0 && ASKING.contains(&tokens[at - 1].fold.as_str());
        if asks
            && tokens.get(at + 1).is_some_and(|next| next.is("que"))
            && (tokens[at].is("es") || tokens[at].is("era"))
        {
            at += 2;
            continue;
        }
        // "(I need my passport number) for the visa form".
        if peeled.requested && at > 1 && purpose(tokens, at) {
            break;
        }
        let called = matched(tokens, at, &QUESTION_CALLS).filter(|&end| parted(tokens, at, end));
        let framed = matched(tokens, at, &QUESTION_FRAMES).filter(|&end| opens(tokens, end, language));
        let told = matched(tokens, at, &QUESTION_TOLD).filter(|&end| !is_about(tokens, end));
        match (told, framed, called) {
            (Some(end), _, _) => (peeled.told, at) = (true, end),
            (_, Some(end), _) => (peeled.requested, at) = (true, end),
            (_, _, Some(end)) => {
                at = end + usize::from(tokens.get(end).is_some_and(|token| token.is(",")));
            }
            _ => {
                peeled.tokens.push(tokens[at].clone());
                at += 1;
            }
        }
    }
    // «¿Te acuerdas?» alone asks for nothing else.
    if !peeled.tokens.iter().any(Token::is_word) {
        peeled.tokens = tokens.to_vec();
    }
    peeled
}

/// What somebody needs something for, at the end of a request.
fn purpose(tokens: &[Token], at: usize) -> bool {
    let word = |i: usize| tokens.get(i).map_or("", |token| token.fold.as_str());
    let what = ["the", "a", "an", "this", "that", "some", "el", "la", "los", "un", "una", "este", "esta"];
    matches!(word(at), "for" | "para") && what.contains(&word(at + 1))
}

/// One past the longest phrase of the list that stands here.
fn matched(tokens: &[Token], at: usize, list: &List) -> Option<usize> {
    if tokens[at].quoted {
        return None;
    }
    list.longest(tokens[at..].iter().map(|token| token.fold.as_str())).map(|count| at + count)
}

/// Whether what was thrown in stands apart: at either end, or beside a mark; phrases of more words always do.
fn parted(tokens: &[Token], at: usize, end: usize) -> bool {
    let mark = |i: usize| tokens.get(i).is_none_or(Token::is_mark);
    end > at + 1
        || at == 0
        || mark(at - 1)
        || mark(end)
        || ["exactly", "exactamente", "again", "demonios", "diablos", "please"].contains(&tokens[at].fold.as_str())
}

/// Behind «sabes», "remember": what the question is after stands here, and not whom it is about.
fn opens(tokens: &[Token], at: usize, language: Language) -> bool {
    let word = |i: usize| tokens.get(i).map_or("", |token| token.fold.as_str());
    let from = at + usize::from(matches!(word(at), "de" | "of" | "a" | "en" | "con" | "para" | "por" | ","));
    let of = from > at && word(at) == "de";
    let names = [
        "my", "our", "the", "how", "what", "which", "if", "whether", "any", "some", "mi", "mis", "el", "la", "los",
        "las", "si",
    ];
    let asks = begins_question(tokens, from, language)
        || ["que", "quien", "quienes", "como", "cuando", "donde", "cual", "cuales", "cuanto", "cuantos", "cuantas"]
            .contains(&word(from));
    asks || !of && names.contains(&word(from)) && !is_about(tokens, at)
}

/// "What did I tell you about Ana", «qué te dije de Ana» ask for everything.
fn is_about(tokens: &[Token], at: usize) -> bool {
    let word = |i: usize| tokens.get(i).map_or("", |token| token.fold.as_str());
    match word(at) {
        "about" | "sobre" | "acerca" | "regarding" => true,
        "de" => !["que", "donde", "quien", "cual", "cuando", "cuanto"].contains(&word(at + 1)),
        _ => false,
    }
}

/// Where the question begins behind a clause that only leads up to it: «han venido unos amigos, ¿cuál era…?»
fn lead(tokens: &[Token], language: Language) -> usize {
    let comma = (LEAD_WORDS_MIN..tokens.len())
        .rev()
        .find(|&at| tokens[at - 1].is(",") && begins_question(tokens, at, language));
    let Some(at) = comma else { return 0 };
    let names = (0..at).any(|i| words::longest(language, tokens, i, &[Class::Kin, Class::Pet]).is_some())
        || tokens[1..at].iter().any(|token| token.capital && !token.is("i"))
        || tokens[..at].iter().any(|token| ASKING.contains(&token.fold.as_str()));
    if names { 0 } else { at }
}

/// Whether a question without question words is put as a request.
pub(super) fn is_bare(scan: &Scan<'_>, from: usize) -> bool {
    !scan.groups().iter().any(|group| group.first >= from)
}
