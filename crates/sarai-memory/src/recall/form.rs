//! What form the answer to a question has: a value, yes or no, a number, somebody.

use crate::grammar::{Mention, Scan};

/// What stands before the word that asks.
const LEADS: &[&str] = &[
    "y",
    "and",
    "oye",
    "hey",
    "so",
    "entonces",
    "sabes",
    "do",
    "you",
    "know",
    "remember",
    "recuerdas",
    "dime",
    "tell",
    "me",
    "a",
    "de",
    "en",
    "con",
    "para",
    "por",
    "desde",
];
/// Question words of both languages.
pub(super) const ASKING: &[&str] = &[
    "que", "quien", "quienes", "como", "cuando", "donde", "adonde", "cual", "cuales", "cuanto", "cuanta", "cuantos",
    "cuantas", "what", "who", "whom", "whose", "which", "when", "where", "how",
];

/// The form of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Where, what, when.
    Value,
    /// «¿Vivo en Madrid?»
    YesNo,
    /// «¿Cuántos hermanos tengo?»
    Count,
    /// «¿Quién vive en Madrid?»: the subject is asked for.
    Who,
    /// «¿Quién es Ana?»
    WhoIs,
    /// «¿Qué sabes de Javier?»
    Everything,
}

/// What form the answer has.
pub(super) fn form(scan: &Scan<'_>, from: usize, has: &dyn Fn(&str) -> bool, subject: Option<&Mention>) -> Form {
    let first =
        (from..scan.tokens.len()).find(|&i| scan.tokens[i].is_word() && !LEADS.contains(&scan.word(i))).unwrap_or(from);
    let counting =
        ["cuantos", "cuantas"].iter().any(|w| has(w)) && !has("ano") && !has("anos") || has("how") && has("many");
    let asking = (from..scan.tokens.len()).any(|i| scan.is_any(i, ASKING) || scan.is_any(i, &["dime"]));
    if asks_memory(has) {
        return Form::Everything;
    }
    if counting {
        return Form::Count;
    }
    if scan.is_any(first, &["quien", "quienes", "who", "whose"])
        && !scan.is_any(first.wrapping_sub(1), &["con", "para", "de"])
    {
        let copula = scan.is_any(first + 1, &["es", "son", "is", "are", "era", "fue", "was", "'s"]);
        // "Who is my brother's employer?" is no question of who somebody is.
        let married = ["married", "casado", "engaged", "prometido", "employer", "empresa"].iter().any(|word| has(word));
        let last = scan.tokens.iter().rev().find(|token| token.is_word());
        let tied = last.is_some_and(|token| ["with", "for", "by", "to", "from"].contains(&token.fold.as_str()));
        // "Who does my sister work for?", "who is my sister dating?"
        let does = copula && last.is_some_and(|token| token.fold.ends_with("ing"));
        let acts = does || scan.is_any(first + 1, &["do", "does", "did"]);
        return match subject {
            Some(Mention::Relative { .. } | Mention::Named(_)) if acts => Form::Value,
            // "Who am I married to?"
            Some(Mention::Owner) => Form::Value,
            Some(Mention::Relative { .. } | Mention::Named(_)) if married => Form::Value,
            // "Who is the cat insured with?"
            Some(_) if copula && tied => Form::Value,
            Some(Mention::Named(_)) if copula => Form::WhoIs,
            Some(Mention::Relative { .. } | Mention::Animal { .. }) if copula => Form::WhoIs,
            None => Form::Who,
            _ if copula => Form::Value,
            _ => Form::Who,
        };
    }
    // "How is Declan related to me?", «¿qué es de mí Iker?»
    let related = has("related") || has("relation") || has("parentesco") || has("relationship");
    if related && matches!(subject, Some(Mention::Named(_))) {
        return Form::WhoIs;
    }
    if asking { Form::Value } else { Form::YesNo }
}

/// «¿Qué sabes de…?», "what do you know about…?"
pub(super) fn asks_memory(has: &dyn Fn(&str) -> bool) -> bool {
    has("saber") && (has("de") || has("sobre"))
        || has("know") && has("about")
        || has("recordar") && (has("de") || has("sobre"))
        || has("remember") && has("about")
        || has("hablame")
        || has("tell") && has("about")
        || has("contar") && has("de")
        || has("cuentame")
}
