//! Which model answers: what there is, what each takes and is good for, and which one suits the memory that is there.

use std::io::BufRead;

use sarai_models::{
    Library, Listed, LoadPlan, Provenance, Role, State, WeightLayout, available, estimate, guess, guessed_bytes,
};
use sarai_types::{ModelId, Notice};

use super::ask::Asker;
use crate::ending::Told;
use crate::shell::Shell;
use crate::terminal::{self, Paint, Style};

/// A model that could be the one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Choice {
    id: ModelId,
    /// Of its file, perhaps as it is guessed.
    bytes: u64,
    /// Bytes of memory.
    needed: u64,
    tried: Tried,
    state: State,
    good_for: String,
}

/// Whether the file is one that SARAi's own tests ran with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tried {
    Here,
    No,
}

/// The model, and whether it is on this computer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) id: ModelId,
    pub(super) state: State,
    pub(super) bytes: u64,
}

/// Asks for one. `configured` is the one that the config names, and `n_ctx` how much it is to keep in mind.
///
/// # Errors
/// The models folder cannot be read, the catalogue has none, or the person has left.
pub(super) fn ask<R: BufRead>(
    asker: &mut Asker<R>,
    configured: Option<ModelId>,
    n_ctx: u32,
    shell: &Shell,
) -> anyhow::Result<Chosen> {
    let library = shell.library()?;
    let listed = library.list()?;
    let wanted = |listed: &&Listed<'_>| {
        Some(&listed.id) == configured.as_ref() || listed.entry.is_none_or(|entry| entry.role != Some(Role::Test))
    };
    let choices: Vec<Choice> =
        listed.iter().filter(wanted).map(|listed| choice(listed, &library, n_ctx, shell)).collect();
    let free = available().unwrap_or(0);
    let default = match &configured {
        Some(id) => choices.iter().position(|choice| choice.id == *id),
        None => recommended(&choices, free),
    };
    let default = default.ok_or_else(|| match &configured {
        Some(id) => Told::failed(Notice::new("models-unknown").arg("model", id)),
        None => Told::failed(Notice::new("daemon-no-default")),
    })?;
    let size = |bytes| terminal::size(bytes, shell.language());
    asker.show(&format!("\n{}", shell.text(&Notice::new("setup-model").arg("free", size(free)))));
    for (number, choice) in (1..).zip(&choices) {
        asker.show(&lines(number, choice, free, shell));
    }
    let read = |line: &str| {
        let by_number = line.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let at = by_number.or_else(|| choices.iter().position(|choice| choice.id.as_str() == line));
        at.filter(|at| *at < choices.len()).ok_or_else(|| Notice::new("setup-choose").arg("count", choices.len()))
    };
    let at = asker.ask(&shell.say("setup-model-question"), (default, &(default + 1).to_string()), shell, read)?;
    let Choice { id, state, bytes, .. } = choices[at].clone();
    Ok(Chosen { id, state, bytes })
}

/// The largest of those that were tried and fit, or else the smallest of them.
fn recommended(choices: &[Choice], free: u64) -> Option<usize> {
    let tried = || choices.iter().enumerate().filter(|(_, choice)| choice.tried == Tried::Here);
    let fitting = tried().filter(|(_, choice)| choice.needed <= free).max_by_key(|(_, choice)| choice.needed);
    fitting.or_else(|| tried().min_by_key(|(_, choice)| choice.needed)).map(|(at, _)| at)
}

fn choice(listed: &Listed<'_>, library: &Library, n_ctx: u32, shell: &Shell) -> Choice {
    let header = library.info(&listed.id).ok().and_then(|info| info.header);
    let (bytes, needed) = match (listed.state, header, listed.entry) {
        (State::Ready { bytes }, Some(header), _) => {
            (bytes, estimate(&header, bytes, &LoadPlan::new(n_ctx, WeightLayout::Once)).total())
        }
        (_, _, Some(entry)) => (guessed_bytes(entry), guess(entry)),
        (State::Ready { bytes } | State::Partial { bytes }, _, None) => (bytes, bytes),
        (State::Absent, _, None) => (0, 0),
    };
    Choice {
        id: listed.id.clone(),
        bytes,
        needed,
        tried: match listed.entry.map(|entry| &entry.provenance) {
            Some(Provenance::Checked { .. }) => Tried::Here,
            Some(Provenance::Unchecked { .. }) | None => Tried::No,
        },
        state: listed.state,
        good_for: match listed.entry {
            Some(entry) => terminal::plain(&shell.messages.shown(entry.good_for.text(shell.language()))),
            None => shell.say("cli-model-own"),
        },
    }
}

/// What a person reads of one: its number and name, its size, and what it is good for.
fn lines(number: usize, choice: &Choice, free: u64, shell: &Shell) -> String {
    let style = Style::of(&std::io::stderr());
    let size = |bytes| terminal::size(bytes, shell.language());
    let file = size(choice.bytes);
    let mut facts = vec![match choice.state {
        State::Ready { .. } => shell.text(&Notice::new("cli-model-ready").arg("size", file)),
        State::Partial { bytes } => {
            shell.text(&Notice::new("cli-model-partial").arg("done", size(bytes)).arg("total", file))
        }
        State::Absent => shell.text(&Notice::new("setup-model-fetch").arg("size", file)),
    }];
    facts.push(shell.text(&Notice::new("setup-model-memory").arg("size", size(choice.needed))));
    if choice.needed > free {
        facts.push(style.paint(Paint::Doubtful, &shell.say("setup-model-too-big")));
    }
    if choice.tried == Tried::No {
        facts.push(shell.say("cli-model-unchecked"));
    }
    let name = style.paint(Paint::Strong, choice.id.as_str());
    format!("{number:>3}  {name}: {}\n     {}", facts.join(", "), style.paint(Paint::Quiet, &choice.good_for))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_that_is_there_decides() {
        let choice = |id: &str, needed, tried| Choice {
            id: id.parse().unwrap(),
            bytes: 0,
            needed,
            tried,
            state: State::Absent,
            good_for: String::new(),
        };
        let choices =
            [choice("middle", 1700, Tried::Here), choice("small", 700, Tried::Here), choice("large", 4000, Tried::No)];
        for (free, expected) in [(64_000, "middle"), (1700, "middle"), (1699, "small"), (700, "small"), (100, "small")]
        {
            let at = recommended(&choices, free).unwrap();
            assert_eq!(choices[at].id.as_str(), expected, "{free}");
        }
        assert_eq!(recommended(&choices[2..], 64_000), None);
    }
}
