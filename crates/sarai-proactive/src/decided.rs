//! Decisions as sentences: why a rule did or did not act.

use jiff::Timestamp;
use sarai_types::Notice;

use crate::agenda::{Decision, Outcome, Say, State};
use crate::say;
use crate::sentence::Sentence;
use crate::time::Zone;

/// A decision in a sentence.
#[must_use]
pub fn decision(decision: &Decision, home: &Zone) -> Sentence {
    let values: Vec<(String, String)> =
        decision.what.values().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    word(decision.what.name(), &values, home)
}

/// The same from its word and its values, as they are stored.
#[must_use]
pub fn word(word: &str, values: &[(String, String)], home: &Zone) -> Sentence {
    let value = |name: &str| values.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    let moment = |name: &str| match value(name).parse::<Timestamp>() {
        Ok(at) => say::moment(at, home),
        Err(_) => Notice::new("rules-some-moment").into(),
    };
    let plain = |id| Sentence::new(Notice::new(id));
    match word {
        "fired" => plain("rules-decided-fired"),
        "asked" => plain("rules-decided-asked"),
        "held" => plain("rules-decided-held").with("until", moment("until")),
        "condition" => Notice::new("rules-decided-condition").arg("condition", value("condition")).into(),
        "unmeasured" => Notice::new("rules-decided-unmeasured").arg("condition", value("condition")).into(),
        "budget_hour" => {
            Notice::new("rules-decided-budget-hour").arg("scope", value("scope")).arg("limit", value("limit")).into()
        }
        "budget_day" => {
            Notice::new("rules-decided-budget-day").arg("scope", value("scope")).arg("limit", value("limit")).into()
        }
        "repeat" => plain("rules-decided-repeat").with("last", moment("last")),
        "dismissed" => Sentence::new(Notice::new("rules-decided-dismissed").arg("count", value("count")))
            .with("until", moment("until")),
        "merged" => Notice::new("rules-decided-merged").arg("count", value("count")).into(),
        "missed" => {
            let notice = Notice::new("rules-decided-missed").arg("count", value("count")).arg("then", value("then"));
            Sentence::new(notice).with("first", moment("first")).with("last", moment("last"))
        }
        "already_done" => plain("rules-decided-already-done"),
        "clock_back" => plain("rules-decided-clock-back").with("from", moment("from")),
        "started" => Notice::new("rules-decided-started").arg("attempt", value("attempt")).into(),
        "again" => {
            Sentence::new(Notice::new("rules-decided-again").arg("detail", value("detail"))).with("at", moment("at"))
        }
        "cut_off" => plain("rules-decided-cut-off"),
        "done" if value("detail").is_empty() => plain("rules-decided-done"),
        "done" => Notice::new("rules-decided-done-detail").arg("detail", value("detail")).into(),
        "failed" => Notice::new("rules-decided-failed").arg("detail", value("detail")).into(),
        "unknown" => plain("rules-decided-unknown"),
        "dropped" => plain("rules-decided-dropped"),
        "put_away" => plain("rules-decided-put-away"),
        "seen" => plain("rules-decided-seen"),
        "full" => plain("rules-decided-full"),
        // A word of a newer program.
        other => Notice::new("rules-decided-other").arg("word", other).into(),
    }
}

/// How a task stands, or how it ended.
#[must_use]
pub fn state(state: &State) -> Sentence {
    let plain = |id| Sentence::new(Notice::new(id));
    match state {
        State::Held { .. } => plain("rules-state-waits"),
        State::Ready { .. } => plain("rules-state-ready"),
        State::Running => plain("rules-state-working"),
        State::Ended(outcome) => {
            let detail = match outcome {
                Outcome::Done { detail } | Outcome::Failed { detail } => detail.as_str(),
                Outcome::Unknown | Outcome::Dropped => "",
            };
            word(outcome.name(), &[("detail".to_owned(), detail.to_owned())], &Zone::UTC)
        }
    }
}

/// What the owner is told besides what actions say. `what` is what the rule does, as it would promise it.
#[must_use]
pub fn told(say: &Say, what: Sentence, home: &Zone) -> Sentence {
    match say {
        Say::Missed { first, last, count } => {
            let notice = Notice::new("rules-told-missed").arg("count", count);
            Sentence::new(notice)
                .with("what", what)
                .with("first", say::moment(*first, home))
                .with("last", say::moment(*last, home))
        }
        Say::Failed { detail } => {
            Sentence::new(Notice::new("rules-told-failed").arg("detail", detail)).with("what", what)
        }
        Say::CutOff => Sentence::new(Notice::new("rules-told-cut-off")).with("what", what),
    }
}
