//! Words without what grammar hangs on them, so that «resúmeme», «resumir» and «resume» are one.
//!
//! The stemmers are light: they need not find a word's root, only the same piece for its forms, and a piece that two
//! words share by chance costs little, because the words around it speak too.

use sarai_types::{Language, is_combining, without_accent};

/// What is left of a word is never shorter, in characters.
const STEM_MIN: usize = 3;

/// Longest first.
const SPANISH_ENDINGS: &[&str] = &[
    "amientos", "imientos", "amiento", "imiento", "aciones", "iciones", "uciones", "adoras", "adores", "abamos",
    "ancias", "aremos", "ativas", "ativos", "encias", "idades", "acion", "adora", "ancia", "ativa", "ativo", "encia",
    "icion", "iendo", "ieron", "mente", "ucion", "aban", "adas", "ador", "ados", "amos", "ando", "aran", "aron",
    "emos", "idad", "idas", "idos", "iera", "imos", "aba", "ada", "ado", "ara", "ase", "ian", "ida", "ido", "ios",
    "ias", "an", "ar", "as", "en", "er", "es", "ia", "io", "ir", "os", "a", "e", "o", "s",
];
/// Longest first, so that «-los» is not taken for «-os».
const CLITICS: &[&str] = &["las", "les", "los", "nos", "la", "le", "lo", "me", "os", "se", "te"];
/// A word with a clitic on it ends before that like a verb.
const BEFORE_CLITIC: &[char] = &['a', 'd', 'e', 'i', 'n', 'r', 'z'];

/// The stem of a word in lower case.
pub(super) fn stem(word: &str, language: Language) -> String {
    match language {
        Language::Spanish => spanish(word),
        Language::English => english(&fold(word)),
    }
}

/// Letters without accents.
pub(super) fn fold(word: &str) -> String {
    word.chars().filter(|&c| !is_combining(c)).map(without_accent).collect()
}

fn len(word: &str) -> usize {
    word.chars().count()
}

fn spanish(word: &str) -> String {
    // «Resúmelo» has its accent because of the clitic; «modelo» has none. After an infinitive, a gerund or «haz» none
    // is needed.
    let has_accent = word.contains(['á', 'é', 'í', 'ó', 'ú', '\u{301}']);
    let mut word = fold(word);
    for round in 0..2 {
        let Some(verb) = CLITICS.iter().find_map(|clitic| word.strip_suffix(clitic)) else { break };
        let is_marked = round > 0 || has_accent || verb.ends_with('r') || verb.ends_with("ndo") || verb.ends_with('z');
        let is_verb = verb.ends_with(BEFORE_CLITIC) && len(verb) >= STEM_MIN || matches!(verb, "da" | "di");
        if !(is_marked && is_verb) {
            break;
        }
        word = verb.to_owned();
    }
    // The short imperatives, whose forms with a clitic need no accent.
    for verb in ["haz", "pon", "di", "da"] {
        if word.strip_prefix(verb).is_some_and(|rest| matches!(rest, "me" | "nos" | "lo" | "la")) {
            return verb.to_owned();
        }
    }
    // People who write without accents; «resume» has no clitic, «escribeme» has one.
    if let Some(verb) = word.strip_suffix("me").filter(|verb| len(verb) > STEM_MIN && verb.ends_with(['a', 'e'])) {
        word = verb.to_owned();
    }
    let ending = SPANISH_ENDINGS.iter().find(|ending| word.ends_with(*ending) && len(&word) - ending.len() >= STEM_MIN);
    if let Some(ending) = ending {
        word.truncate(word.len() - ending.len());
    }
    word
}

fn english(word: &str) -> String {
    let mut word = word.to_owned();
    for tail in ["'s", "'m", "'re", "'ve", "'ll", "'d"] {
        if let Some(start) = word.strip_suffix(tail) {
            word = start.to_owned();
            break;
        }
    }
    if len(&word) <= STEM_MIN {
        return word;
    }
    if let Some(start) = word.strip_suffix("ies").filter(|start| len(start) > 1) {
        word = format!("{start}y");
    } else if word.ends_with("sses") || word.ends_with("xes") || word.ends_with("ches") || word.ends_with("shes") {
        word.truncate(word.len() - 2);
    } else if word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us") && !word.ends_with("is") {
        word.truncate(word.len() - 1);
    }
    for ending in ["ing", "ed"] {
        if let Some(start) = word.strip_suffix(ending).filter(|start| len(start) >= STEM_MIN) {
            word = undoubled(start);
            // «calculating» and «calculated» had an «-ate».
            if let Some(start) = word.strip_suffix("at").filter(|start| len(start) > STEM_MIN) {
                word = start.to_owned();
            }
            break;
        }
    }
    for (ending, instead) in [("ization", "is"), ("isation", "is")] {
        if let Some(start) = word.strip_suffix(ending) {
            word = format!("{start}{instead}");
        }
    }
    for ending in ["ation", "ator", "ate", "ally", "ly"] {
        if let Some(start) = word.strip_suffix(ending).filter(|start| len(start) > STEM_MIN) {
            word = start.to_owned();
            break;
        }
    }
    if len(&word) > 4 && word.ends_with('e') {
        word.truncate(word.len() - 1);
    }
    // «Summarise», «summarize», «summary».
    if let Some(start) = word.strip_suffix("iz") {
        word = format!("{start}is");
    }
    for ending in ["is", "y"] {
        if let Some(start) = word.strip_suffix(ending).filter(|start| len(start) > STEM_MIN) {
            word = start.to_owned();
            break;
        }
    }
    word
}

/// «stopp» is «stop», but «sell» stays.
fn undoubled(word: &str) -> String {
    let mut back = word.chars().rev();
    match (back.next(), back.next()) {
        (Some(last), Some(before)) if last == before && len(word) > STEM_MIN && !"lsz".contains(last) => {
            word[..word.len() - last.len_utf8()].to_owned()
        }
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(language: Language, families: &[&str]) {
        for family in families {
            let stems: Vec<String> = family.split(' ').map(|word| stem(word, language)).collect();
            assert!(stems.windows(2).all(|pair| pair[0] == pair[1]), "{family}: {stems:?}");
        }
    }

    #[test]
    fn the_forms_of_a_word_have_one_stem() {
        check(
            Language::Spanish,
            &[
                "resume resúmeme resumir resumirlo resumiendo resumen resúmelo resumeme",
                "calcula calcular calculadora calculado cálculo",
                "tabla tablas",
                "extrae extraer extráeme extraerlos",
                "escribe escríbeme escribir escriban",
                "pedido pedidos",
                "haz hazme hazlo",
                "dime di",
                "cuánto cuántos cuántas",
                "ordena ordénalos ordenado ordenar",
                "función funciones",
            ],
        );
        check(
            Language::English,
            &[
                "summarise summarize summary summarising summarized",
                "table tables",
                "calculate calculation calculator calculating",
                "query queries",
                "run runs running",
                "extract extracted extracts",
                "list lists listing listed",
                "box boxes",
                "customer customer's customers",
            ],
        );
    }

    #[test]
    fn other_words_keep_theirs() {
        for (one, other, language) in [
            ("modelo", "mode", Language::Spanish),
            ("tabla", "tabaco", Language::Spanish),
            ("base", "bar", Language::Spanish),
            ("sell", "sel", Language::English),
            ("less", "let", Language::English),
        ] {
            assert_ne!(stem(one, language), stem(other, language), "{one} {other}");
        }
        assert_eq!(stem("слово", Language::Spanish), "слово");
    }

    proptest::proptest! {
        #[test]
        fn no_word_is_too_strange(word in "\\PC{0,20}") {
            for language in Language::ALL {
                let found = stem(&word, language);
                proptest::prop_assert!(word.is_empty() || found.len() <= word.len() + 1);
            }
        }
    }
}
