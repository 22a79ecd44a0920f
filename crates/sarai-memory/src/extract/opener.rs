//! What only announces that something is told, whatever mark ends it: «¿te he dicho que…?», "can you remember that…",
//! "write this down: …".

use super::statement::{Act, Manner, Reason};
use super::{Run, Skipped};
use crate::grammar::Scan;
use crate::text::{Ending, Sentence, Token};
use crate::words::lists::{DENIALS, List, OPENERS, REQUESTS};

/// What may stand before it.
const BEFORE: &[&str] =
    &["oye", "hey", "hi", "hola", "sarai", "ah", "oh", "and", "y", "so", "pues", "por", "cierto", "btw", "also"];
/// How a sentence begins that tells something, behind an opener without a «que».
const BEGINNINGS: &[&str] =
    &["i", "my", "we", "our", "i'm", "i've", "mi", "mis", "me", "yo", "nuestro", "nuestra", "tengo", "soy", "vivo"];
/// What makes it a question after all: "can you remember where I live?"
const ASKING: &[&str] = &["if", "whether", "what", "where", "who", "how", "when", "why", "which"];

/// Sentences without their openers; what was put as a question is told then.
pub(super) fn opened(tokens: &[Token], sentences: Vec<Sentence>) -> Vec<Sentence> {
    let alone = |sentence: &Sentence| {
        sentence.ending == Ending::Colon && opener(tokens, *sentence).is_some_and(|next| next >= sentence.last)
    };
    sentences
        .into_iter()
        .filter(|sentence| !alone(sentence))
        .map(|sentence| told(tokens, sentence).unwrap_or(sentence))
        .collect()
}

fn told(tokens: &[Token], sentence: Sentence) -> Option<Sentence> {
    let next = opener(tokens, sentence)?;
    let word = |at: usize| tokens.get(at).filter(|_| at < sentence.last).map_or("", |token| token.fold.as_str());
    let joint = ["that", "que", ":", ","].contains(&word(next));
    let first = next + usize::from(joint);
    let accented = tokens.get(first).is_some_and(|token| token.lower != token.fold);
    let asks = ASKING.contains(&word(first))
        || accented && ["donde", "quien", "como", "cuando", "cual"].contains(&word(first));
    let begins = joint || BEGINNINGS.contains(&word(first));
    (begins && !asks && first + 1 < sentence.last).then_some(Sentence { first, ending: Ending::Plain, ..sentence })
}

/// One past the opener, or where "remember" stands behind "can you".
fn opener(tokens: &[Token], sentence: Sentence) -> Option<usize> {
    let words: Vec<usize> = (sentence.first..sentence.last).filter(|&at| tokens[at].is_word()).collect();
    let before = words.iter().take_while(|&&at| BEFORE.contains(&tokens[at].fold.as_str())).count();
    let words = &words[before..];
    let longest = |list: &List| list.longest(words.iter().map(|&at| tokens[at].fold.as_str()));
    if let Some(count) = longest(&OPENERS) {
        return Some(words[count - 1] + 1);
    }
    // "Can you please remember that …".
    let asked = longest(&REQUESTS)?;
    let verb = *words.get(asked)?;
    let remembers = [
        "remember",
        "note",
        "save",
        "store",
        "recordar",
        "apuntar",
        "anotar",
        "guardar",
        "memorizar",
        "recordarme",
        "apuntarme",
        "anotarme",
    ];
    let joint = tokens.get(verb + 1).is_some_and(|token| ["that", "que", ":"].contains(&token.fold.as_str()));
    (remembers.contains(&tokens[verb].fold.as_str()) && joint).then_some(verb + 1)
}

impl Run<'_> {
    /// «No es verdad que viva en Vigo»: what stands behind it is denied. Whether it was so opened.
    pub(super) fn denied(&mut self, scan: &Scan<'_>, span: (usize, usize)) -> bool {
        let words: Vec<usize> = (0..scan.tokens.len()).filter(|&at| scan.tokens[at].is_word()).collect();
        let opening = DENIALS.longest(words.iter().map(|&at| scan.word(at)));
        let Some(last) = opening.map(|count| words[count - 1]) else { return false };
        let behind = Scan { tokens: &scan.tokens[last + 1..], ..*scan };
        let before = self.statements.len();
        self.clauses(&behind, &behind.groups(), Manner::Plain, usize::MAX, &[], span);
        self.statements[before..].iter_mut().for_each(|statement| statement.act = Act::Deny);
        self.skipped.push(Skipped { reason: Reason::Hypothesis, span });
        true
    }
}
