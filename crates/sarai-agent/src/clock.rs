//! Whether a question needs the clock.

use crate::words::words;

/// Phrases that concern time or date, as [`words`] gives them. A question that holds one of them is told the time. To
/// tell it in vain costs some twenty tokens; not to tell it makes the model invent a date. So this list is generous.
const PHRASES: &[&str] = &[
    // Spanish.
    "hora",
    "horas",
    "hoy",
    "manana",
    "ayer",
    "anteayer",
    "anoche",
    "fecha",
    "fechas",
    "calendario",
    "que dia",
    "dia de la semana",
    "a cuantos estamos",
    "a que estamos",
    "ahora mismo",
    "que ano",
    "que mes",
    "esta tarde",
    "esta noche",
    "esta semana",
    "este mes",
    "este ano",
    "este fin de semana",
    "semana que viene",
    "mes que viene",
    "ano que viene",
    "proxima semana",
    "proximo mes",
    "proximo ano",
    "semana pasada",
    "mes pasado",
    "ano pasado",
    "cuanto falta",
    "cuantos dias",
    "cuantos anos",
    "lunes",
    "martes",
    "miercoles",
    "jueves",
    "viernes",
    "sabado",
    "domingo",
    // English.
    "time",
    "o clock",
    "today",
    "tonight",
    "tomorrow",
    "yesterday",
    "date",
    "dates",
    "calendar",
    "what day",
    "which day",
    "day is it",
    "day of the week",
    "right now",
    "what year",
    "which year",
    "what month",
    "which month",
    "this morning",
    "this afternoon",
    "this evening",
    "this week",
    "this weekend",
    "this month",
    "this year",
    "next week",
    "next month",
    "next year",
    "last week",
    "last month",
    "last year",
    "how long until",
    "how many days",
    "days until",
    "days ago",
    "how old",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Whether the text concerns time or date, in Spanish or English, with or without accents.
pub(crate) fn concerns_time(text: &str) -> bool {
    // Words between spaces, so that a phrase between spaces is found only where its words begin and end.
    let spaced = words(text).fold(String::from(" "), |text, word| text + &word + " ");
    PHRASES.iter().any(|phrase| spaced.contains(&format!(" {phrase} ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_that_need_the_clock() {
        for text in [
            "¿Qué hora es?",
            "que hora es en tokio",
            "¿A cuántos estamos?",
            "recuérdame qué DÍA es",
            "Avísame mañana a las nueve",
            "¿Cuántos días faltan para Navidad?",
            "¿Qué celebramos el miércoles?",
            "What time is it?",
            "what's today's date",
            "How many days until Christmas?",
            "Who won the cup last year?",
            "¿qué man\u{303}ana nos espera?",
        ] {
            assert!(concerns_time(text), "{text:?}");
        }
    }

    #[test]
    fn questions_that_do_not() {
        for text in [
            "",
            "¿Cuál es la capital de Francia?",
            "Ahora explícamelo con un ejemplo",
            "Escribe un validador de datos",
            "How do I update my runtime?",
            "sometimes candidates timeout",
            "Ordena esta lista: [3, 1, 2]",
            "¿Qué hay dentro de una célula?",
        ] {
            assert!(!concerns_time(text), "{text:?}");
        }
    }

    #[test]
    fn every_phrase_can_match() {
        for phrase in PHRASES {
            assert_eq!(words(phrase).collect::<Vec<_>>().join(" "), *phrase, "is not written as words() writes it");
        }
    }
}
