//! Reminders that the owner asks for in a conversation: «avísame cada lunes a las nueve de sacar la basura».
//!
//! The words become a rule without a model; it is read back and kept when the owner says yes. Only messages to the owner
//! are arranged here: what would run something or ask a model is a matter for `sarai rules add`, where it is looked at.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sarai_messages::Messages;
use sarai_proactive::rule::{ActionKind, Rule, Trigger};
use sarai_proactive::words::{Context, Parsed, Proposal, parse};
use sarai_types::{FactLine, Language, Notice, Said};

use crate::clock;
use crate::loop_view::{LoopView, sentence};

/// A longer message is no wish for a reminder.
const WISH_CHARS_MAX: usize = 300;
/// What the words of a wish begin with. «Dime» and "tell me" ask for something now, whatever time comes behind them: in
/// "tell me a long story, and do not stop early" nobody wants a reminder.
const WISHES: &[&str] = &[
    "avis",
    "recuerd",
    "recorda",
    "acuerd",
    "acorda",
    "alarma",
    "temporizador",
    "despierta",
    "desperta",
    "dimelo",
    "alert",
    "notif",
    "remind",
    "alarm",
    "timer",
    "wake",
    "ping",
];
const YES: &[&str] = &[
    "si",
    "s",
    "vale",
    "ok",
    "claro",
    "de acuerdo",
    "perfecto",
    "correcto",
    "eso es",
    "dale",
    "hazlo",
    "yes",
    "y",
    "yep",
    "yeah",
    "sure",
    "okay",
    "please do",
    "do it",
    "si por favor",
    "yes please",
    "si gracias",
];
const NO: &[&str] = &["no", "n", "no gracias", "cancela", "dejalo", "nope", "no thanks", "cancel", "never mind"];

/// Arranges what is to be done later. A clone is the same.
#[derive(Debug, Clone)]
pub(crate) struct Arranger {
    /// None while rules are switched off.
    rules: Option<LoopView>,
    pending: Arc<Mutex<Option<Pending>>>,
}

/// What was read back and waits for a yes.
#[derive(Debug, Clone)]
struct Pending {
    /// The conversation that it belongs to, by its first message.
    opening: String,
    /// What was asked for.
    wish: String,
    /// One rule, or those that the words may mean.
    choices: Vec<Rule>,
}

impl Arranger {
    #[must_use]
    pub(crate) fn new(rules: Option<LoopView>) -> Self {
        Self { rules, pending: Arc::default() }
    }

    /// The whole answer, if the message asks for a reminder or answers a question about one.
    pub(crate) async fn arrange(&self, said: &Said) -> Option<String> {
        let rules = self.rules.as_ref()?;
        // Whoever talks somewhere else meanwhile answers nothing.
        let pending = self.lock().take_if(|pending| pending.opening == said.opening);
        let answer = folded(&said.text);
        if let Some(pending) = pending {
            if NO.contains(&answer.as_str()) {
                return Some(Messages::new(said.language).get("daemon-arrange-dropped"));
            }
            if let Some(rule) = chosen(&pending, &answer) {
                return Some(self.keep(rules, rule, said.language).await);
            }
            // «Por la mañana» answers «¿por la mañana o por la tarde?».
            let more = format!("{} {}", pending.wish, said.text);
            if pending.choices.len() > 1
                && let Some(reply) = self.propose(rules, &more, said).await
            {
                return Some(reply);
            }
        }
        self.propose(rules, &said.text, said).await
    }

    /// Tells the rules that wait for it what the memory has learnt.
    pub(crate) async fn learnt(&self, facts: &[FactLine]) {
        let Some(rules) = &self.rules else { return };
        rules.facts_added(facts).await;
    }

    async fn propose(&self, rules: &LoopView, wish: &str, said: &Said) -> Option<String> {
        if wish.chars().count() > WISH_CHARS_MAX || !is_wish(wish) {
            return None;
        }
        let book = rules.book().await.ok()?;
        let known: Vec<Rule> = book.rules.into_iter().map(|known| known.rule).collect();
        let zone = book.house.zone;
        let context = Context { now: clock::now(), zone: zone.clone(), language: Some(said.language), rules: &known };
        let (question, choices) = match parse(wish, &context) {
            Parsed::Rule(proposal) => ("daemon-arrange-question", vec![*proposal]),
            Parsed::Ambiguous { what, choices } if choices.len() > 1 => (what.id, choices),
            Parsed::Ambiguous { .. } | Parsed::NotARule { .. } | Parsed::Impossible { .. } => return None,
        };
        if !choices.iter().all(|choice| choice.rule.action.kind() == ActionKind::Tell) {
            return None;
        }
        let language = choices.first().and_then(|choice| choice.rule.language).unwrap_or(said.language);
        let text = read_back(&choices, &zone, language);
        let messages = Messages::new(language);
        let reply = match choices.len() {
            1 => format!("{text}\n\n{}", messages.get(question)),
            _ => format!("{}\n\n{text}", messages.get("daemon-arrange-choose")),
        };
        let choices = choices.into_iter().map(|choice| choice.rule).collect();
        *self.lock() = Some(Pending { opening: said.opening.clone(), wish: wish.to_owned(), choices });
        Some(reply)
    }

    async fn keep(&self, rules: &LoopView, rule: Rule, language: Language) -> String {
        let language = rule.language.unwrap_or(language);
        if let Trigger::Times(times) = &rule.trigger
            && times.upcoming(clock::now(), 1).is_empty()
        {
            // «En un minuto», and the yes came after two.
            return Messages::new(language).get("daemon-arrange-over");
        }
        let notice = match rules.add_rule(rule.clone()).await {
            Ok(()) => Notice::new("daemon-arrange-kept").arg("rule", &rule.id),
            Err(failure) => {
                tracing::warn!(%failure, "a rule was not kept");
                failure.notice
            }
        };
        Messages::new(language).text(&notice)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The rules in words, numbered where there are several.
fn read_back(choices: &[Proposal], zone: &sarai_proactive::time::Zone, language: Language) -> String {
    let sentence = |choice: &Proposal| sentence(&choice.rule, zone, language);
    match choices {
        [one] => sentence(one),
        many => {
            let numbered = (1..).zip(many).map(|(number, choice): (u32, _)| format!("{number}. {}", sentence(choice)));
            numbered.collect::<Vec<_>>().join("\n")
        }
    }
}

fn is_wish(text: &str) -> bool {
    let text = folded(text);
    text.split(' ').any(|word| WISHES.iter().any(|wish| word.starts_with(wish))) || text.contains("let me know")
}

/// The rule that an answer means.
fn chosen(pending: &Pending, answer: &str) -> Option<Rule> {
    match pending.choices.as_slice() {
        [rule] => YES.contains(&answer).then(|| rule.clone()),
        many => answer.parse::<usize>().ok()?.checked_sub(1).and_then(|at| many.get(at)).cloned(),
    }
}

/// Small letters without accents and marks.
fn folded(text: &str) -> String {
    let letters = text.to_lowercase().chars().map(sarai_types::without_accent).collect::<String>();
    let words: Vec<&str> = letters.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use sarai_config::Folders;
    use sarai_proactive::Origin;

    use super::*;

    /// Plays a conversation; `None` leaves a message to the model.
    async fn check(says: &[(&str, Option<&str>)], rules: usize) {
        let folder = tempfile::tempdir().unwrap();
        let folders = Folders::under(folder.path());
        folders.create().unwrap();
        let view = LoopView::new(folders);
        let arranger = Arranger::new(Some(view.clone()));
        for (text, expected) in says {
            let said = Said { text: (*text).to_owned(), opening: says[0].0.to_owned(), language: Language::Spanish };
            let reply = arranger.arrange(&said).await;
            match expected {
                None => assert_eq!(reply, None, "{text}"),
                Some(part) => assert!(reply.as_ref().is_some_and(|reply| reply.contains(part)), "{text}: {reply:?}"),
            }
        }
        let book = view.book().await.unwrap();
        let own = book.rules.iter().filter(|known| matches!(known.origin, Origin::Words { .. }));
        assert_eq!(own.count(), rules, "{says:?}");
    }

    #[tokio::test]
    async fn a_reminder_is_read_back_and_kept_when_the_owner_says_yes() {
        let wish = "avísame cada lunes a las nueve de sacar la basura";
        let back = Some("«sacar la basura» cada lunes a las 9:00");
        check(&[(wish, back), ("Sí, por favor.", Some("Hecho"))], 1).await;
        check(&[(wish, back), ("no", Some("no lo guardo")), ("sí", None)], 0).await;
        check(&[(wish, back), ("¿Qué tiempo hace?", None), ("sí", None)], 0).await;
        check(&[("remind me every day at 9 am to stretch", Some("stretch")), ("yes", Some("Done"))], 1).await;
    }

    #[tokio::test]
    async fn what_is_said_in_another_conversation_answers_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let folders = Folders::under(folder.path());
        folders.create().unwrap();
        let arranger = Arranger::new(Some(LoopView::new(folders)));
        let wish = "avísame cada lunes a las nueve de sacar la basura";
        for (opening, text, is_answered) in [(wish, wish, true), ("hola", "sí", false), (wish, "sí", true)] {
            let said = Said { text: text.to_owned(), opening: opening.to_owned(), language: Language::Spanish };
            assert_eq!(arranger.arrange(&said).await.is_some(), is_answered, "{opening}: {text}");
        }
    }

    #[tokio::test]
    async fn words_that_mean_two_things_are_asked_about() {
        let wish = "remind me at 10 am to take the bins out on the first Monday";
        check(&[(wish, Some("1. ")), ("2", Some("Done"))], 1).await;
        check(&[(wish, Some("1. ")), ("of every month", Some("bins")), ("yes", Some("Done"))], 1).await;
    }

    #[tokio::test]
    async fn only_reminders_are_arranged() {
        for text in [
            "Escríbeme un soneto sobre los lunes",
            "Translate this into Spanish: I can't make it tomorrow",
            "¿Qué día es mañana?",
            "Tell me a long story about a lighthouse, with many details, and do not stop early.",
            "Dime algo bonito cada mañana",
            "¿Te acuerdas de lo que te dije el lunes?",
            "Hazme un resumen de esta noticia: El ayuntamiento aprobó ayer la reforma.",
            "sí",
            "",
        ] {
            check(&[(text, None)], 0).await;
        }
    }
}
