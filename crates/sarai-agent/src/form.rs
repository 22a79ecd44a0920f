//! What the worker holds an answer to: the form that the request names, or that of the tools' calls.

use sarai_engine::tools::form::{FormError, form};
use sarai_types::{Grammar, Strictness, ToolSpec, TurnRequest};

use crate::{Grammars, ModelFacts, TurnError};

/// The grammar of an answer, where `tools` are those that the model gets to see.
///
/// # Errors
/// A form beside tools, a form or strict arguments while grammars are off, or a strict tool whose arguments cannot be
/// held to their schema.
pub(crate) fn of_answer(
    request: &TurnRequest,
    tools: &[ToolSpec],
    facts: &ModelFacts,
) -> Result<Option<Grammar>, TurnError> {
    let strict = tools.iter().any(|tool| tool.strictness == Strictness::Strict);
    match (&request.grammar, facts.grammars) {
        (Some(_), _) if !tools.is_empty() => Err(TurnError::GrammarBesideTools),
        (Some(_), Grammars::Off) => Err(TurnError::GrammarsOff),
        (Some(grammar), Grammars::On) => Ok(Some(grammar.clone())),
        (None, Grammars::Off) if strict => Err(TurnError::GrammarsOff),
        (None, Grammars::Off) => Ok(None),
        (None, Grammars::On) => of_calls(request, tools, facts),
    }
}

/// The grammar of the tools' calls, where their format has one.
fn of_calls(request: &TurnRequest, tools: &[ToolSpec], facts: &ModelFacts) -> Result<Option<Grammar>, TurnError> {
    if tools.is_empty() {
        return Ok(None);
    }
    form(facts.tool_format, tools, &request.tool_choice).map_err(|error| {
        let (tool, detail) = match error {
            FormError::Schema { tool, why } => (tool, why.to_string()),
            FormError::Name(ref tool) => (tool.clone(), error.to_string()),
            FormError::NoSuchTool(name) => return TurnError::UnknownTool { name },
        };
        // Not all tools of the request are shown to the model.
        let index = request.tools.iter().position(|offered| offered.name == tool).unwrap_or_default();
        TurnError::ToolSchema { tool, index, detail }
    })
}
