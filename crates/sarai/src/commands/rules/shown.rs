//! Rules and proposals as text and as JSON.

use sarai_messages::Messages;
use sarai_proactive::rule::Rule;
use sarai_proactive::time::Zone;
use sarai_proactive::words::{Parsed, Proposal};
use sarai_proactive::{Sentence, say};
use sarai_proactive_sqlite::json;
use sarai_types::Notice;
use serde_json::{Map, Value, json};

use super::moments;
use crate::shell::Shell;
use crate::terminal;

pub(super) fn render(sentence: &Sentence, messages: Messages) -> String {
    sentence.text(&|notice: &Notice| messages.text(notice))
}

/// A rule read back, in its own language.
pub(super) fn sentence(rule: &Rule, zone: &Zone, shell: &Shell) -> String {
    let messages = rule.language.map_or(shell.messages, Messages::new);
    render(&say::rule(rule, zone), messages)
}

/// The keys of a rules file, with the name.
pub(super) fn keys(rule: &Rule) -> Value {
    let mut map = Map::new();
    map.insert("id".to_owned(), json!(rule.id.as_str()));
    map.extend(json(rule));
    Value::Object(map)
}

pub(super) fn proposal(proposal: &Proposal, zone: &Zone, shell: &Shell) -> Value {
    let next: Vec<String> = proposal.next.iter().map(|at| zone.rfc3339(*at)).collect();
    json!({"sentence": sentence(&proposal.rule, zone, shell), "rule": keys(&proposal.rule), "next": next})
}

/// What words mean, as `parse` documents it.
pub(super) fn parsed(parsed: &Parsed, zone: &Zone, shell: &Shell) -> Map<String, Value> {
    let value = match parsed {
        Parsed::Rule(rule) => {
            let mut map = Map::new();
            map.insert("kind".to_owned(), json!("rule"));
            if let Value::Object(rest) = proposal(rule, zone, shell) {
                map.extend(rest);
            }
            return map;
        }
        Parsed::Ambiguous { what, choices } => {
            let choices: Vec<Value> = choices.iter().map(|choice| proposal(choice, zone, shell)).collect();
            json!({"kind": "ambiguous", "what": shell.text(what), "choices": choices})
        }
        Parsed::NotARule { why, nearest } => {
            let nearest = nearest.as_ref().map(|nearest| proposal(nearest, zone, shell));
            json!({"kind": "not_a_rule", "why": shell.text(why), "nearest": nearest})
        }
        Parsed::Impossible { why } => json!({"kind": "impossible", "why": shell.text(why)}),
    };
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The same for a person.
pub(super) fn tell(parsed: &Parsed, zone: &Zone, shell: &Shell) -> std::io::Result<()> {
    match parsed {
        Parsed::Rule(rule) => proposed(rule, "", zone, shell),
        Parsed::Ambiguous { what, choices } => {
            terminal::line(shell.text(what))?;
            choices.iter().zip(1_u32..).try_for_each(|(choice, n)| proposed(choice, &format!("{n}. "), zone, shell))
        }
        Parsed::NotARule { why, nearest } => {
            terminal::line(shell.text(why))?;
            match nearest {
                Some(nearest) => {
                    terminal::line(shell.say("cli-rules-nearest"))?;
                    proposed(nearest, "", zone, shell)
                }
                None => Ok(()),
            }
        }
        Parsed::Impossible { why } => terminal::line(shell.text(why)),
    }
}

pub(super) fn proposed(proposal: &Proposal, mark: &str, zone: &Zone, shell: &Shell) -> std::io::Result<()> {
    terminal::line(terminal::plain(&format!("{mark}{}", sentence(&proposal.rule, zone, shell))))?;
    for at in &proposal.next {
        terminal::line(format!("  {}", moments::short(*at, zone)))?;
    }
    Ok(())
}
