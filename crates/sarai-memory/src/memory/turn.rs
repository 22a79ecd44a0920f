//! One turn of a conversation: what the owner says is learnt, and what is known of it comes back.
//!
//! A question that the memory understands to its last word is answered here, at once and without a model, which might
//! say it otherwise. Of any other the model gets the facts that may help, and decides.

use sarai_types::Language;

use super::ask::LookedUp;
use super::{Answer, Memory, Store, Told};
use crate::extract::{Command, Extraction, Keeping, Message, Reason, Speaker, extract};
use crate::fact::{Fact, Predicate};
use crate::grammar::Mention;
use crate::recall::question::{Form, Question};
use crate::recall::{Quotation, Ranked, Why, facts_text, hints, quoted_text, report_text};
use crate::text::fold;
use crate::time::Moment;

/// A longer message is no plain question, whatever it ends with.
const QUESTION_CHARS_MAX: usize = 240;
/// Words of whoever speaks of themself.
const OF_ME: &[&str] = &["me", "mi", "mis", "yo", "conmigo", "nos", "i", "my", "we", "us", "our"];
/// Words of whoever asks SARAi to do something.
const OF_YOU: &[&str] = &["you", "your", "te", "tu", "puedes", "podes", "podrias"];
/// What whoever asks what they told says besides.
const TELLS: &[&str] = &[
    "dije",
    "conte",
    "dicho",
    "contado",
    "mencione",
    "acuerdas",
    "acordas",
    "recuerdas",
    "recordas",
    "i told",
    "i tell",
    "i said",
    "i say",
    "i mention",
    "i mentioned",
    "remember",
];
/// As many facts does the model get beside a question.
const FACTS_SHOWN_MAX: usize = 12;

/// What the memory does in a turn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Part {
    /// This is the whole answer.
    Reply(String),
    /// What may help to answer, as sentences.
    Help(String),
    /// What the owner said with the question's words, where nothing answers: it may tell it, or not.
    Hints(String),
    /// It was asked for what only the owner can have told, and nobody did. The sentence says so.
    Unknown(String),
    /// It has nothing to do with the message.
    #[default]
    None,
}

/// What came of a message of the owner in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recollection {
    pub language: Language,
    pub part: Part,
    /// The facts behind [`Recollection::part`].
    pub used: Vec<Ranked>,
    /// The messages behind it, where there is no fact.
    pub quoted: Vec<Quotation>,
    /// It was asked for something of the owner's, and nothing answers: what is nearly alike may help.
    pub open: bool,
    /// Nothing where the message was only a question.
    pub told: Option<Told>,
}

impl<S: Store> Memory<S> {
    /// Looks up what the message is about, then takes it in.
    ///
    /// # Errors
    /// The store failed; nothing was changed.
    pub fn turn(&mut self, text: &str, at: Moment, language: Option<Language>) -> Result<Recollection, S::Error> {
        let message = Message { text, at, speaker: Speaker::Owner, language };
        let read = self.read(message);
        let commands = !read.commands.is_empty();
        let (mut part, mut used, mut quoted, mut open) = (Part::None, Vec::new(), Vec::new(), false);
        let mut asked = None;
        if read.keeping == Keeping::Episode && !commands && read.statements.is_empty() {
            let asks = read.skipped.iter().any(|skipped| skipped.reason == Reason::Question) || is_request(text);
            let found = if asks {
                self.look_further(text, at, Some(read.language))?
            } else {
                self.look_up(text, at, Some(read.language))?
            };
            asked = if asks { Some(self.asked_with(&found)?) } else { None };
            (part, used, quoted, open) = self.remind(found, asks, at, &read)?;
        }
        let only_asks = !commands
            && read.statements.is_empty()
            && !read.skipped.is_empty()
            && read.skipped.iter().all(|skipped| skipped.reason == Reason::Question);
        let told = if only_asks { None } else { Some(self.say(message)?) };
        self.asked = asked;
        if let Some(told) = told.as_ref().filter(|_| is_order(&read)) {
            let report = told.erased.as_ref();
            let in_vain = report.is_none_or(|report| report.facts.is_empty() && report.episodes.is_empty());
            // «Olvida lo anterior» may mean the conversation, of which the memory knows nothing.
            if !in_vain || read.commands.iter().any(|command| *command != Command::ForgetLast) {
                part = Part::Reply(report_text(report, told.language));
            }
        }
        Ok(Recollection { language: read.language, part, used, quoted, open, told })
    }

    fn read(&self, message: Message<'_>) -> Extraction {
        let known = |name: &str| self.knows(name);
        extract(message, &self.context, &known)
    }

    fn remind(&self, found: LookedUp, asks: bool, at: Moment, read: &Extraction) -> Result<Reminded, S::Error> {
        let LookedUp { text, question, verdict, answer } = found;
        let plain = asks && read.skipped.len() <= 1 && text.chars().count() <= QUESTION_CHARS_MAX;
        let Answer { facts, quoted, text: said, .. } = answer;
        // «¿Sigo yendo a yoga? – No, ya no»: there is no fact any more that would say so.
        let over = verdict == Some(false) && facts.is_empty() && question.own;
        if plain && (over || settles(&question, verdict, &facts)) {
            return Ok((Part::Reply(said), facts, Vec::new(), false));
        }
        let quoted = quoted.filter(|_| asks && may_quote(&question));
        if let Some(quotation) = quoted {
            let help = quoted_text(&self.store, &quotation, read.language, at.date());
            return Ok((Part::Help(help), Vec::new(), vec![quotation], false));
        }
        if !asks || !is_own(&question, &facts) || question.form == Form::Everything {
            return if is_of_me(&text) { self.hint(&question, at, read) } else { Ok(Reminded::default()) };
        }
        if facts.is_empty() {
            let theirs = !matches!(question.subject, None | Some(Mention::Named(_) | Mention::Thing { .. }));
            let unknown = plain && theirs && !question.topics.is_empty() && question.rest.is_empty();
            if unknown {
                return Ok((Part::Unknown(said), Vec::new(), Vec::new(), !asks_sarai(&text)));
            }
            return if asks_sarai(&text) { Ok(Reminded::default()) } else { self.hint(&question, at, read) };
        }
        let used: Vec<Ranked> = facts.into_iter().take(FACTS_SHOWN_MAX).collect();
        let list: Vec<&Fact> = used.iter().map(|ranked| &ranked.fact).collect();
        Ok((Part::Help(facts_text(&self.store, &list, read.language, at.date())?), used, Vec::new(), false))
    }

    /// What was said with the words of a question that nothing answers.
    fn hint(&self, question: &Question, at: Moment, read: &Extraction) -> Result<Reminded, S::Error> {
        let hints = hints(&self.store, question, at.date())?;
        let said: Vec<String> =
            hints.iter().map(|hint| quoted_text(&self.store, hint, read.language, at.date())).collect();
        let part = if said.is_empty() { Part::None } else { Part::Hints(said.join(" ")) };
        Ok((part, Vec::new(), hints, true))
    }
}

/// What the memory does, the facts or the messages behind it, and whether nothing answers.
type Reminded = (Part, Vec<Ranked>, Vec<Quotation>, bool);

/// Whether the owner wants something forgotten. «Era broma» takes back too, and is talk.
fn is_order(read: &Extraction) -> bool {
    !read.commands.is_empty() && read.skipped.iter().all(|skipped| skipped.reason != Reason::Joke)
}

/// «Dime dónde vive mi hermana» ends without a question mark.
fn is_request(text: &str) -> bool {
    let folded = fold(text);
    ["dime ", "recuerdame ", "sabes ", "tell me ", "remind me ", "do you know ", "do you remember "]
        .iter()
        .any(|opening| folded.starts_with(opening))
}

/// «¿Qué me quita el sueño?» is of the owner, though it asks for nothing that a fact says.
fn is_of_me(text: &str) -> bool {
    text.contains('?') && text.chars().count() <= QUESTION_CHARS_MAX && says(text, OF_ME) && !asks_sarai(text)
}

/// «¿Me puedes contar un chiste?», but not «¿qué te conté del barco?»
fn asks_sarai(text: &str) -> bool {
    says(text, OF_YOU) && !says(text, TELLS)
}

/// Whether one of the words, or of the words in a row, stands there.
fn says(text: &str, words: &[&str]) -> bool {
    let folded = fold(text);
    let all: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let text = format!(" {} ", all.join(" "));
    words.iter().any(|word| text.contains(&format!(" {word} ")))
}

/// Whether it is the owner's matter: by its words, or because it stands in their diary.
fn is_own(question: &Question, facts: &[Ranked]) -> bool {
    let diary = |ranked: &Ranked| ranked.fact.predicate == Predicate::Appointment;
    question.own || !facts.is_empty() && facts.iter().all(diary)
}

/// Whether a message may be quoted for it: the owner speaks of what is theirs, or names more than one thing of it.
fn may_quote(question: &Question) -> bool {
    question.own || question.content.len() > 1
}

/// Whether the facts are the whole answer: they say what was asked, and nothing else was.
fn settles(question: &Question, verdict: Option<bool>, facts: &[Ranked]) -> bool {
    let exact = |ranked: &Ranked| matches!(ranked.why, Why::Asked | Why::Object | Why::Time);
    if facts.is_empty() || !facts.iter().all(exact) {
        return false;
    }
    // «Dime si 2027 es un número primo» has a number and a relative in it, and is about neither.
    if question.subject == Some(Mention::Owner) && !is_own(question, facts) {
        return false;
    }
    // «¿Cómo se llamaba aquel del que te hablé?» is after one thing, whatever else is known.
    if question.form == Form::Everything && !question.topics.is_empty() {
        return false;
    }
    let stands_in = |word: &String| {
        facts.iter().any(|ranked| {
            let fact = &ranked.fact;
            let holds = |text: &str| fold(text).split(|c: char| !c.is_alphanumeric()).any(|other| other == *word);
            holds(&fact.object.text) || holds(&fact.object.key) || holds(&fact.kind) || holds(&fact.evidence.sentence)
        })
    };
    // «¿Vivo en París?» may be denied: Paris stands in no fact then.
    let denied = |word: &String| {
        verdict.is_some()
            && matches!(question.form, Form::YesNo)
            && question.objects.iter().any(|key| key.contains(word.as_str()))
    };
    question.rest.iter().all(|word| stands_in(word) || denied(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::InMemory;

    const TOLD: &[&str] = &[
        "Me llamo Ana y vivo en Madrid",
        "Mi hermana Lucía vive en Sevilla",
        "Mi perro se llama Toby",
        "Soy alérgica a las nueces",
        "Me encanta el café",
        "Tengo un hermano",
        "Tengo un examen el 14 de abril",
    ];

    fn now() -> Moment {
        Moment::parse("2026-03-10T10:00:00Z").unwrap()
    }

    fn memory() -> Memory<InMemory> {
        let mut memory = Memory::new(InMemory::new());
        for text in TOLD {
            memory.turn(text, now(), None).unwrap();
        }
        memory
    }

    #[test]
    fn who_answers() {
        let reply = |text: &str| Part::Reply(text.to_owned());
        let help = |text: &str| Part::Help(text.to_owned());
        for (question, expected) in [
            // Understood to the last word.
            ("¿Dónde vive mi hermana?", reply("Tu hermana Lucía vive en Sevilla.")),
            ("Where does my sister live?", reply("Your sister Lucía lives in Sevilla (Seville).")),
            ("dime dónde vivo", reply("Vives en Madrid.")),
            ("¿Vivo en París?", reply("No. Vives en Madrid.")),
            ("¿Cuándo es el examen?", reply("Tienes examen (martes 14 de abril de 2026).")),
            ("¿Cuándo es la final?", Part::None),
            ("¿Tengo hermanos?", reply("Sí. Lucía es tu hermana.")),
            // More is asked than what is known.
            ("¿Qué café me recomiendas?", help("Te gusta: café.")),
            ("¿Qué puedo cocinar sin nueces?", help("Tienes alergia o intolerancia a nueces.")),
            // Of what is liked a part is asked for, and no fact says which.
            ("¿Qué me gusta desayunar?", help("Te gusta: café.")),
            ("What do I like to drink?", help("You like café (coffee).")),
            ("¿Debería mudarme a París?", Part::None),
            ("¿Cómo se llamaba el fontanero del que te hablé?", Part::None),
            // Only the owner can have told it, and did not.
            ("¿Cuándo es mi cumpleaños?", Part::Unknown("No tengo guardado ese dato.".to_owned())),
            ("What's my address?", Part::Unknown("I have nothing stored about that.".to_owned())),
            // Nothing for a memory.
            ("¿Tienes hermanos?", Part::None),
            ("¿Qué tiempo hace en Madrid?", Part::None),
            ("How old is Andy Murray?", Part::None),
            ("Traduce al inglés: «mi hermana vive en Madrid»", Part::None),
            ("Escribe un poema sobre mi perro", Part::None),
        ] {
            assert_eq!(memory().turn(question, now(), None).unwrap().part, expected, "{question}");
        }
    }

    #[test]
    fn a_question_may_lean_on_the_one_before() {
        let reply = |text: &str| Part::Reply(text.to_owned());
        for (asked, expected) in [
            (&["¿Dónde vivo?", "¿Y mi hermana?"][..], reply("Tu hermana Lucía vive en Sevilla.")),
            (&["¿Dónde vive mi hermana?", "¿Cómo se llama?"], reply("Tu hermana se llama Lucía.")),
            (&["¿Quién vive en Sevilla?", "¿Cómo se llama su hermano?"], Part::None),
            (
                &["Where do I live?", "and my sister?", "what is she called?"],
                reply("The name of your sister is Lucía."),
            ),
            // Something was told in between, and the talk is of that.
            (&["¿Dónde vive mi hermana?", "Mi tía se llama Eva", "¿Y mi primo?"], Part::None),
            (&["¿Dónde vive mi hermana?", "¿Qué hora es?"], Part::None),
            (&["Ya no tengo alergia a las nueces", "¿Soy alérgica a las nueces?"], reply("No, ya no.")),
        ] {
            let mut memory = memory();
            let mut last = Part::None;
            for text in asked {
                last = memory.turn(text, now(), None).unwrap().part;
            }
            assert_eq!(last, expected, "{asked:?}");
        }
        // In another conversation nobody has asked yet.
        let mut memory = memory();
        memory.turn("¿Dónde vivo?", now(), None).unwrap();
        memory.new_conversation();
        assert_eq!(memory.turn("¿Y mi hermana?", now(), None).unwrap().used, []);
    }

    #[test]
    fn a_message_helps_where_no_fact_does() {
        let mut memory = memory();
        memory.turn("Al fontanero le debo todavía la avería del baño", now(), None).unwrap();
        let found = memory.turn("¿Qué le debo al fontanero?", now(), None).unwrap();
        let said = "El 10 de marzo de 2026 dijiste: «Al fontanero le debo todavía la avería del baño».";
        assert_eq!(found.part, Part::Help(said.to_owned()));
        assert!(found.used.is_empty());
        let last = memory.store().next_ids().unwrap().episode - 1;
        assert_eq!(found.quoted.iter().map(|quoted| quoted.episode.0).collect::<Vec<_>>(), [last]);
    }

    #[test]
    fn what_shares_words_is_only_a_hint() {
        let mut memory = memory();
        memory.turn("La caldera de casa pierde agua y el técnico no viene hasta el lunes", now(), None).unwrap();
        let found = memory.turn("¿Cuánto me costó arreglar la caldera?", now(), None).unwrap();
        let said =
            "El 10 de marzo de 2026 dijiste: «La caldera de casa pierde agua y el técnico no viene hasta el lunes».";
        assert_eq!(found.part, Part::Hints(said.to_owned()));
        assert!(found.open && found.used.is_empty() && found.quoted.len() == 1);
    }

    #[test]
    fn what_was_looked_for_in_vain() {
        for (question, expected) in [
            ("¿Dónde vive mi hermana?", false),
            ("¿Cuándo es mi cumpleaños?", true),
            ("¿Qué me quita el sueño por las noches?", true),
            ("¿Qué tiempo hace en Madrid?", false),
            ("Escribe un poema sobre mi perro", false),
            ("Can you help me with a letter?", false),
            ("¿Qué te conté de lo que me pasó en el barco?", true),
            ("Can you tell me a joke for my friends?", false),
            ("What did I tell you about my neighbour's boat?", true),
            ("¿Me puedes contar un chiste?", false),
            ("Hoy he dormido fatal", false),
        ] {
            assert_eq!(memory().turn(question, now(), None).unwrap().open, expected, "{question}");
        }
    }

    #[test]
    fn a_question_leaves_nothing_behind() {
        let mut memory = memory();
        let before = memory.store().next_ids().unwrap();
        assert_eq!(memory.turn("¿Dónde vivo?", now(), None).unwrap().told, None);
        assert_eq!(memory.store().next_ids().unwrap(), before);
    }

    #[test]
    fn an_order_to_forget_is_answered_and_talk_is_not() {
        for (text, expected) in [
            (
                "Olvida dónde vive mi hermana",
                Some("Hecho, olvidado para siempre. Datos borrados: 1; mensajes borrados: 1."),
            ),
            ("Forget my address", Some("I had nothing stored about that.")),
            ("I hate Mondays, just kidding", None),
        ] {
            let part = memory().turn(text, now(), None).unwrap().part;
            assert_eq!(part, expected.map_or(Part::None, |text| Part::Reply(text.to_owned())), "{text}");
        }
    }
}
