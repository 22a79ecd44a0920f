//! Who is asked to do what: the verb of a request, told from the same words in a report, a wish or a question.

use sarai_types::{Language, Notice};

use super::build::When;
use super::frame::{Asked, Framer, Role};
use super::lexicon::{Verb, each, has_word};
use super::token::Kind;

impl Framer<'_, '_> {
    /// Finds the verb: behind what is polite and what says when, or later if a sentence of its own asks.
    pub(super) fn verb(&mut self) -> Result<(), Notice> {
        let reader = self.reader;
        let mut at = 0;
        while at < reader.len() {
            if self.roles[at] == Role::Event || matches!(reader.kind(at), Some(Kind::Mark(_))) {
                at += 1;
                continue;
            }
            if self.take_verb(at) {
                return self.works_on_no_request();
            }
            if let Some(end) = reader.any(at, reader.lex.negations)
                && (reader.look(end, reader.lex.verbs).is_some() || self.negated_verb(end))
            {
                return Err(Notice::new("rules-stop"));
            }
            if let Some((_, end)) = reader.piece(at) {
                at = end;
            } else if let Some(end) = reader.any(at, reader.lex.polite) {
                self.set(at..end, Role::Polite);
                at = end;
            } else {
                break;
            }
        }
        self.later_verb(at)
    }

    /// «traduce: recuérdame mañana …» works on a text that only looks like a request.
    fn works_on_no_request(&self) -> Result<(), Notice> {
        let reader = self.reader;
        let Some(verb) = self.verb.clone().filter(|_| self.asked == Asked::Verb(Verb::Do)) else { return Ok(()) };
        let tells = |at: usize| matches!(reader.look(at, reader.lex.verbs), Some((Verb::Tell | Verb::Wake, _)));
        let text = (verb.end..reader.len()).find(|at| reader.is_mark(*at, ':'));
        match text.filter(|text| (*text..reader.len()).any(tells)) {
            Some(_) => Err(Notice::new("rules-no-verb")),
            None => Ok(()),
        }
    }

    fn negated_verb(&self, at: usize) -> bool {
        let at = self.reader.skip(at, "me|lo|ya|mas");
        self.reader.look(at, self.reader.lex.verbs).is_some()
    }

    fn take_verb(&mut self, at: usize) -> bool {
        let reader = self.reader;
        let chore = reader.look(at, reader.lex.chores);
        let verb = reader.look(at, reader.lex.verbs);
        let (asked, end) = match (chore, verb) {
            (Some((chore, end)), other) if other.is_none_or(|(_, other)| other <= end) => (Asked::Chore(chore), end),
            // Only skills are run: "run payroll every 15th, remind me".
            (_, Some((Verb::Run, _))) if !self.names_a_skill() => return false,
            (_, Some((verb, end))) => (Asked::Verb(verb), end),
            (_, None) => return false,
        };
        self.set(at..end, Role::Verb);
        self.verb = Some(at..end);
        self.asked = asked;
        true
    }

    fn names_a_skill(&self) -> bool {
        let reader = self.reader;
        (0..reader.len()).any(|at| matches!(reader.word(at), Some("skill" | "habilidad")))
    }

    /// Whether what stands before a verb makes it no request: «el médico me dijo: avísame el lunes», "translate: remind me".
    /// A comma or the end of a sentence between them parts the two.
    fn is_framed(&self, verb: usize) -> bool {
        let reader = self.reader;
        let parts = |at: usize| matches!(reader.kind(at), Some(Kind::Mark(',' | ';' | '.' | '?' | '!')));
        let start = (0..verb).rev().find(|at| parts(*at)).map_or(0, |at| at + 1);
        (start..verb).any(|at| reader.any(at, reader.lex.framing).is_some_and(|end| end <= verb))
    }

    /// «recuérdame qué tengo mañana», "remind me what time the dentist is": asked now, of the memory.
    pub(super) fn asks_now(&self, when: &When) -> bool {
        self.is_question() && when.recurrences.is_empty() && when.within.is_none()
    }

    /// Whether a question is what the owner asks to be told.
    pub(super) fn is_question(&self) -> bool {
        let reader = self.reader;
        let Some(verb) = self.verb.clone().filter(|_| self.asked == Asked::Verb(Verb::Tell)) else { return false };
        let word = reader.word(verb.end).unwrap_or_default();
        let preposition = has_word("a|de|en|con|por|para|to|at|in|for|with", word);
        let asked = if preposition { verb.end + 1 } else { verb.end };
        // Without its accent «que» opens what is to be said.
        // "let me know when it's half past six".
        let is_time = reader.piece(asked).is_some();
        !is_time
            && reader.any(asked, reader.lex.questions).is_some()
            && (reader.lex.language == Language::English || !reader.slice(asked..asked + 1).is_ascii())
    }

    /// «sacar la basura, recuérdamelo mañana a las 9».
    fn later_verb(&mut self, stopped: usize) -> Result<(), Notice> {
        let reader = self.reader;
        for at in stopped..reader.len() {
            if self.roles[at] != Role::Free {
                continue;
            }
            let Some((verb @ (Verb::Tell | Verb::Wake), end)) = reader.look(at, reader.lex.verbs) else { continue };
            if self.asks_here(at, end) {
                if self.is_framed(at) {
                    return Err(Notice::new("rules-no-verb"));
                }
                self.set(at..end, Role::Verb);
                self.verb = Some(at..end);
                self.asked = Asked::Verb(verb);
                return Ok(());
            }
        }
        let asks = reader.text.contains('?') || reader.any(stopped, reader.lex.questions).is_some();
        if asks && !self.roles.contains(&Role::Event) {
            return Err(Notice::new("rules-question"));
        }
        if reader.lex.language == Language::Spanish && reader.word(stopped).is_some_and(is_infinitive) {
            self.asked = Asked::Infinitive;
        }
        Ok(())
    }

    /// Whether a verb inside of a sentence asks for something. «Estoy harto de que me avises» does not, nor does "Bob is
    /// going to remind me".
    fn asks_here(&self, at: usize, end: usize) -> bool {
        let reader = self.reader;
        let Some(before) = at.checked_sub(1) else { return true };
        let word = reader.word(before).unwrap_or_default();
        let polite = each(reader.lex.polite).any(|phrase| {
            let words = phrase.split(' ').count();
            (before + 1).checked_sub(words).is_some_and(|start| reader.phrase(start, phrase) == Some(at))
        });
        if polite
            || matches!(reader.kind(before), Some(Kind::Mark(_)))
            || reader.any(before, reader.lex.and) == Some(at)
        {
            return true;
        }
        if has_word(reader.lex.bound, word) {
            return false;
        }
        let behind_a_time = (0..at).any(|start| reader.piece(start).is_some_and(|(_, end)| end == at));
        let is_last = (end..reader.len())
            .all(|at| matches!(reader.kind(at), Some(Kind::Mark(_))) || reader.any(at, reader.lex.polite).is_some());
        let own = reader.word(at).unwrap_or_default();
        // "insulin reminder 7:30am".
        let names_a_time = matches!(own, "reminder" | "recordatorio" | "remind") && reader.piece(end).is_some();
        let imperative = match reader.lex.language {
            // «avísame», but neither «avisarme» nor «me avises».
            Language::Spanish => own != "me" && (own.ends_with("me") && !own.ends_with("rme") || own.ends_with("melo")),
            Language::English => end > at + 1,
        };
        behind_a_time || is_last || names_a_time || imperative
    }

    /// Somebody else is to be told, whom nothing reaches: "remind my wife", «avisa a Luis».
    pub(super) fn tells_another(&self) -> bool {
        let reader = self.reader;
        let Some(verb) = self.verb.clone().filter(|_| self.asked == Asked::Verb(Verb::Tell)) else { return false };
        if !has_word(reader.lex.tell_whom, reader.word(verb.start).unwrap_or_default()) || verb.len() > 1 {
            return false;
        }
        let to = reader.skip(verb.end, "a|al");
        if reader.piece(verb.end).is_some() || reader.lex.language == Language::Spanish && to == verb.end {
            return false;
        }
        let is_name = reader.slice(to..to + 1).starts_with(char::is_uppercase) && reader.piece(to).is_none();
        is_name
            || reader.word(to).is_some_and(|word| has_word(reader.lex.whose, word))
            || reader.word(to - 1) == Some("al")
    }

    /// «…, olvídalo», "… never mind".
    pub(super) fn is_withdrawn(&self) -> bool {
        let reader = self.reader;
        let last =
            (0..reader.len()).rfind(|at| !matches!(reader.kind(*at), Some(Kind::Mark(_)))).map_or(0, |at| at + 1);
        (last.saturating_sub(4)..last).any(|at| reader.any(at, reader.lex.withdrawn) == Some(last))
    }

    /// «recuerda que me gusta el café cada mañana» tells something to be remembered.
    pub(super) fn tells_a_fact(&self) -> bool {
        let reader = self.reader;
        let Some(verb) = self.verb.clone().filter(|_| self.asked == Asked::Verb(Verb::Tell)) else { return false };
        let first = reader.word(verb.start).unwrap_or_default();
        matches!(first, "recuerda" | "recuerde") && verb.len() == 1 && reader.word(verb.end) == Some("que")
            // «me recuerda a cuando éramos niños».
            || reader.slice(verb.clone()).to_lowercase() == "me recuerda"
                && reader.word(verb.end) == Some("a")
                && reader.piece(verb.end).is_none()
    }
}

/// «sacar», «llamarle», «irme»: with or without a pronoun.
fn is_infinitive(word: &str) -> bool {
    let stem = ["melo", "selo", "nos", "les", "las", "los", "me", "te", "se", "le", "lo", "la"]
        .iter()
        .find_map(|pronoun| word.strip_suffix(pronoun).filter(|stem| stem.len() > 2 && ends_like_one(stem)))
        .unwrap_or(word);
    stem.len() > 2 && ends_like_one(stem)
}

fn ends_like_one(word: &str) -> bool {
    ["ar", "er", "ir"].iter().any(|end| word.ends_with(end))
}
