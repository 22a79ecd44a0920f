//! Which of many tools the model gets to see.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use sarai_types::ToolSpec;

use crate::words::words;

/// How many tools reach the model. Each costs some hundred tokens of prompt, and a small model that may choose among
/// dozens chooses badly.
const TOOLS_SHOWN_MAX: usize = 8;
/// How much more a word in a tool's name counts than one in its description.
const NAME_WEIGHT: usize = 3;
/// Shorter words bind sentences together and say nothing about tools.
const WORD_LEN_MIN: usize = 3;

/// The tools that fit the question best, at most [`TOOLS_SHOWN_MAX`], in the order in which they came; all of them if
/// they are no more than that, so that a client with few tools keeps its prompt prefix from turn to turn.
///
/// A tool's score adds up, over the different words of the question, how rare each word is among the tools (the number
/// of tools over the number that have it, rounded down), three times that where the word is in the name. Rarity makes
/// a list of stop words in two languages unnecessary. Equal scores go to the earlier tool.
pub(crate) fn select(tools: Vec<ToolSpec>, question: &str) -> Vec<ToolSpec> {
    if tools.len() <= TOOLS_SHOWN_MAX {
        return tools;
    }
    let known: Vec<Vocabulary> = tools.iter().map(Vocabulary::of).collect();
    let mut scores = vec![0; tools.len()];
    for word in stems(question) {
        let weights: Vec<usize> = known.iter().map(|vocabulary| vocabulary.weight(&word)).collect();
        let holders = weights.iter().filter(|&&weight| weight > 0).count();
        let rarity = tools.len() / holders.max(1);
        for (score, weight) in scores.iter_mut().zip(weights) {
            *score += weight * rarity;
        }
    }
    let mut order: Vec<usize> = (0..tools.len()).collect();
    order.sort_by_key(|&tool| (Reverse(scores[tool]), tool));
    let shown: BTreeSet<usize> = order.into_iter().take(TOOLS_SHOWN_MAX).collect();
    tools.into_iter().enumerate().filter(|(tool, _)| shown.contains(tool)).map(|(_, spec)| spec).collect()
}

/// The words that a tool is known by.
struct Vocabulary {
    name: BTreeSet<String>,
    description: BTreeSet<String>,
}

impl Vocabulary {
    fn of(tool: &ToolSpec) -> Self {
        Self { name: stems(&apart(&tool.name)), description: stems(&tool.description) }
    }

    fn weight(&self, word: &str) -> usize {
        if self.name.contains(word) { NAME_WEIGHT } else { usize::from(self.description.contains(word)) }
    }
}

/// A name such as `readFile` with a space where a new word begins.
fn apart(name: &str) -> String {
    let mut spaced = String::with_capacity(name.len() + 4);
    let mut after_small = false;
    for c in name.chars() {
        if after_small && c.is_uppercase() {
            spaced.push(' ');
        }
        after_small = c.is_lowercase() || c.is_numeric();
        spaced.push(c);
    }
    spaced
}

/// The different words of a text, without the plural's `s` that both languages share.
fn stems(text: &str) -> BTreeSet<String> {
    words(text)
        .filter(|word| word.chars().count() >= WORD_LEN_MIN)
        .map(|word| word.strip_suffix('s').map_or_else(|| word.clone(), str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use sarai_types::Strictness;

    use super::*;

    fn tool(name: &str, description: &str) -> ToolSpec {
        ToolSpec {
            name: name.to_owned(),
            description: description.to_owned(),
            parameters: "{}".to_owned(),
            strictness: Strictness::Lenient,
        }
    }

    fn household() -> Vec<ToolSpec> {
        [
            ("lights_on", "Turn on the lights of a room"),
            ("lights_off", "Turn off the lights of a room"),
            ("heating", "Set the temperature of a room"),
            ("weather", "The weather forecast of a city"),
            ("read_file", "Read the contents of a file"),
            ("write_file", "Write the contents of a file"),
            ("send_mail", "Send a mail to somebody"),
            ("search_mail", "Search the mails of the person"),
            ("buscarRecetas", "Busca recetas de cocina con unos ingredientes"),
            ("lista_compra", "Añade algo a la lista de la compra"),
            ("alarma", "Pone una alarma a una hora"),
            ("radio", "Play a radio station"),
        ]
        .map(|(name, description)| tool(name, description))
        .into()
    }

    fn check(question: &str, fitting: &[&str]) {
        let shown: Vec<String> = select(household(), question).into_iter().map(|tool| tool.name).collect();
        assert_eq!(shown.len(), TOOLS_SHOWN_MAX, "{question:?}");
        for name in fitting {
            assert!(shown.iter().any(|tool| tool == name), "{question:?} shows {shown:?} without {name}");
        }
        let order: Vec<String> = household().into_iter().map(|tool| tool.name).filter(|n| shown.contains(n)).collect();
        assert_eq!(shown, order, "{question:?} keeps the order");
    }

    #[test]
    fn the_tools_that_fit_the_question_are_shown() {
        check("¿Qué recetas hay con estos ingredientes?", &["buscarRecetas"]);
        check("Pon la alarma y añade leche a la lista", &["alarma", "lista_compra"]);
        check("Play some station, then the radio", &["radio"]);
        check("find the mails about the radio", &["send_mail", "search_mail", "radio"]);
    }

    #[test]
    fn without_any_match_the_first_are_shown() {
        for question in ["", "¿…?", "zzz"] {
            let shown = select(household(), question);
            assert_eq!(shown, household()[..TOOLS_SHOWN_MAX], "{question:?}");
        }
    }

    #[test]
    fn few_tools_stay_as_they_are() {
        let few = household()[..TOOLS_SHOWN_MAX].to_vec();
        assert_eq!(select(few.clone(), "radio"), few);
    }

    #[test]
    fn a_rare_word_outweighs_common_ones() {
        let mut tools: Vec<ToolSpec> = (0..10).map(|n| tool(&format!("t{n}"), "something very common")).collect();
        tools.push(tool("last", "rare"));
        let shown = select(tools, "something very common but rare");
        assert_eq!(shown.last().map(|tool| tool.name.as_str()), Some("last"));
    }

    #[test]
    fn a_word_in_the_name_outweighs_one_in_a_description() {
        let mut tools: Vec<ToolSpec> = (0..8).map(|n| tool(&format!("t{n}"), "about the radio")).collect();
        tools.push(tool("radio", ""));
        let shown = select(tools, "radio");
        assert_eq!(shown.last().map(|tool| tool.name.as_str()), Some("radio"));
    }

    #[test]
    fn names_come_apart_where_a_word_begins() {
        for (name, spaced) in
            [("readFile", "read File"), ("HTTPGet", "HTTPGet"), ("mp3Player", "mp3 Player"), ("ñÑ", "ñ Ñ")]
        {
            assert_eq!(apart(name), spaced);
        }
    }
}
