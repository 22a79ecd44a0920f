//! How a model marks what it says to itself, told from its chat template.

use sarai_engine::grammar::Thinking;
use sarai_engine::template::{ChatTemplate, SpecialTokens};
use sarai_types::{Conversation, Message, Role};

/// What models that think write around it.
const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// A template that names both marks belongs to a model that thinks. Where its prompts end says whether the thought is
/// open already, or was closed for an answer without one.
pub(crate) fn of_template(source: &str) -> Thinking {
    if !source.contains(OPEN) || !source.contains(CLOSE) {
        return Thinking::Never;
    }
    let end = prompt(source).unwrap_or_default();
    let close = CLOSE.to_owned();
    match end.trim_end() {
        end if end.ends_with(OPEN) => Thinking::Open { close },
        end if end.ends_with(CLOSE) => Thinking::Never,
        _ => Thinking::May { open: OPEN.to_owned(), close },
    }
}

/// What the template makes of some question; none where it fails, which the worker will say of each question.
fn prompt(source: &str) -> Option<String> {
    let template = ChatTemplate::compile(source, SpecialTokens::default()).ok()?;
    let conversation = Conversation { messages: vec![Message::new(Role::User, ".")], tools: Vec::new() };
    let pieces = template.render(&conversation, None).ok()?;
    Some(pieces.iter().map(|piece| piece.text()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prompt_tells_where_a_thought_begins() {
        let (open, close) = ("<think>".to_owned(), "</think>".to_owned());
        let may = Thinking::May { open, close: close.clone() };
        let cut = "{% for m in messages %}{{ m.content.split('</think>')[-1] }}{% endfor %}";
        for (end, expected) in [
            ("{% if enable_thinking is defined %}<think></think>{% endif %}Assistant:", may.clone()),
            ("Assistant:<think>\n", Thinking::Open { close }),
            ("Assistant:<think>\n\n</think>\n\n", Thinking::Never),
            ("Assistant:", Thinking::Never),
            // It fails: the model thinks all the same.
            ("{{ raise_exception('no') }}<think>", may),
        ] {
            assert_eq!(of_template(&format!("{cut}{end}")), expected, "{end}");
        }
        assert_eq!(of_template("{{ messages[0].content }}"), Thinking::Never);
    }
}
