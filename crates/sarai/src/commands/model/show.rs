//! `sarai model list` and `sarai model info`.

use sarai_config::{Config, Whole};
use sarai_models::{
    Entry, Fit, Header, Info, Listed, LoadPlan, MemoryEstimate, Provenance, Terms, WeightLayout, available, estimate,
    fits,
};
use sarai_types::{ModelId, Notice};
use serde_json::{Value, json};

use super::state_word;
use crate::cli::Format;
use crate::ending::Told;
use crate::shell::{Shell, default_model};
use crate::terminal::{self, Paint, Style};

pub(super) fn list(format: Format, shell: &Shell) -> anyhow::Result<()> {
    let (config, library) = (shell.config()?, shell.library()?);
    let default = default_model(&config, library.catalog())?;
    let all = library.list()?;
    match format {
        Format::Json => {
            let rows: Vec<Value> = all.iter().map(|listed| as_json(listed, &default, shell)).collect();
            terminal::line(Value::from(rows))?;
        }
        Format::Text => {
            let style = Style::of(&std::io::stdout());
            for listed in &all {
                for line in lines(listed, &default, shell, style) {
                    terminal::line(line)?;
                }
            }
        }
    }
    Ok(())
}

/// A model as two lines: what it is, and what it is good for.
fn lines(listed: &Listed<'_>, default: &ModelId, shell: &Shell, style: Style) -> Vec<String> {
    let mut marks = vec![state(listed, shell)];
    if listed.id == *default {
        marks.push(shell.say("cli-model-default"));
    }
    if let Some(entry) = listed.entry {
        let languages: Vec<&str> = entry.languages.iter().map(|language| language.tag()).collect();
        marks.push(languages.join(" "));
        if matches!(entry.provenance, Provenance::Unchecked { .. }) {
            marks.push(shell.say("cli-model-unchecked"));
        }
    }
    let head = format!("{}  {}", style.paint(Paint::Strong, listed.id.as_str()), marks.join(" · "));
    let good_for = match listed.entry {
        Some(entry) => entry.good_for.text(shell.language()).to_owned(),
        None => shell.say("cli-model-own"),
    };
    vec![head, format!("    {}", style.paint(Paint::Quiet, &good_for))]
}

fn state(listed: &Listed<'_>, shell: &Shell) -> String {
    let size = |bytes| terminal::size(bytes, shell.language());
    let total = listed.entry.and_then(|entry| entry.provenance.bytes());
    match (state_word(listed.state), total) {
        (("ready", bytes), _) => shell.text(&Notice::new("cli-model-ready").arg("size", size(bytes))),
        (("partial", bytes), Some(total)) => {
            shell.text(&Notice::new("cli-model-partial").arg("done", size(bytes)).arg("total", size(total)))
        }
        ((_, _), Some(total)) => shell.text(&Notice::new("cli-model-absent").arg("size", size(total))),
        ((_, _), None) => shell.say("cli-model-absent-unknown"),
    }
}

fn as_json(listed: &Listed<'_>, default: &ModelId, shell: &Shell) -> Value {
    let (state, bytes) = state_word(listed.state);
    let entry = listed.entry;
    json!({
        "id": listed.id.as_str(),
        "title": entry.map(|e| &e.title),
        "state": state,
        "bytes": bytes,
        "total_bytes": entry.and_then(|e| e.provenance.bytes()),
        "languages": entry.map(|e| e.languages.iter().map(|l| l.tag()).collect::<Vec<_>>()),
        "good_for": entry.map(|e| e.good_for.text(shell.language())),
        "checked": entry.map(|e| matches!(e.provenance, Provenance::Checked { .. })),
        "default": listed.id == *default,
        "path": listed.path.display().to_string(),
    })
}

pub(super) fn info(id: &ModelId, format: Format, shell: &Shell) -> anyhow::Result<()> {
    let (config, library) = (shell.config()?, shell.library()?);
    let default = default_model(&config, library.catalog())?;
    let info = library.info(id).map_err(|e| Told::failed(e.notice()))?;
    let memory = info.header.as_ref().map(|header| Memory::of(header, &info, &config)).transpose()?;
    match format {
        Format::Json => {
            let mut object = as_json(&info.listed, &default, shell);
            object["licence"] = json!(info.listed.entry.map(|entry| &entry.licence.name));
            object["terms"] = json!(info.listed.entry.and_then(terms));
            object["header"] = json!(info.header.as_ref().map(header_json));
            object["memory"] = json!(memory.as_ref().map(Memory::as_json));
            terminal::line(object)?;
        }
        Format::Text => {
            for line in lines(&info.listed, &default, shell, Style::of(&std::io::stdout())) {
                terminal::line(line)?;
            }
            terminal::line(terminal::table(&facts(&info, memory.as_ref(), shell)).trim_end())?;
        }
    }
    Ok(())
}

fn terms(entry: &Entry) -> Option<&str> {
    match &entry.licence.terms {
        Terms::None => None,
        Terms::ReadFirst(address) => Some(address),
    }
}

/// What is known, as a name and a value each.
fn facts(info: &Info<'_>, memory: Option<&Memory>, shell: &Shell) -> Vec<Vec<String>> {
    let language = shell.language();
    let mut facts: Vec<(&'static str, String)> = vec![("cli-info-file", info.listed.path.display().to_string())];
    if let Some(entry) = info.listed.entry {
        facts.push(("cli-info-title", entry.title.clone()));
        facts.push(("cli-info-licence", entry.licence.name.clone()));
        facts.extend(terms(entry).map(|address| ("cli-info-terms", address.to_owned())));
        facts.push(("cli-info-parameters", millions(entry.parameters)));
        facts.extend(entry.provenance.sha256().map(|sum| ("cli-info-sha256", sum.to_string())));
    }
    if let Some(header) = &info.header {
        let name = header.name.as_deref().unwrap_or_default();
        facts.push(("cli-info-architecture", terminal::plain(&format!("{} {name}", header.architecture))));
        facts.extend(header.file_type_name().map(|name| ("cli-info-quantisation", name.to_owned())));
        facts.push(("cli-info-context", header.context_length.to_string()));
        facts.push(("cli-info-layers", header.block_count().to_string()));
        facts.push(("cli-info-vocabulary", header.vocabulary_size.to_string()));
        let template = if header.chat_template.is_some() { "cli-yes" } else { "cli-no" };
        facts.push(("cli-info-template", shell.say(template)));
    }
    if let Some(memory) = memory {
        facts.push(("cli-info-memory", memory.sentence(shell)));
        let [weights, context] =
            [memory.needed.weights, memory.needed.kv_cache].map(|bytes| terminal::size(bytes, language));
        let parts = Notice::new("cli-info-memory-of").arg("weights", weights).arg("context", context);
        facts.push(("cli-info-memory-parts", shell.text(&parts)));
    }
    facts.into_iter().map(|(id, value)| vec![format!("    {}", shell.say(id)), value]).collect()
}

fn millions(count: u64) -> String {
    format!("{} M", count / 1_000_000)
}

fn header_json(header: &Header) -> Value {
    json!({
        "version": header.version,
        "architecture": header.architecture,
        "name": header.name,
        "file_type": header.file_type_name(),
        "context_length": header.context_length,
        "embedding_length": header.embedding_length,
        "layers": header.block_count(),
        "heads": header.head_count,
        "vocabulary_size": header.vocabulary_size,
        "chat_template": header.chat_template,
        "tensors": header.tensor_count,
        "parameters": header.parameter_count,
    })
}

/// What a model will take with the configured context, and what there is.
struct Memory {
    n_ctx: u32,
    needed: MemoryEstimate,
    available: u64,
}

impl Memory {
    fn of(header: &Header, info: &Info<'_>, config: &Config) -> std::io::Result<Self> {
        let n_ctx = Whole::get(config.runtime.n_ctx);
        let (_, bytes) = state_word(info.listed.state);
        let needed = estimate(header, bytes, &LoadPlan::new(n_ctx, WeightLayout::Once));
        Ok(Self { n_ctx, needed, available: available()? })
    }

    fn sentence(&self, shell: &Shell) -> String {
        let size = |bytes| terminal::size(bytes, shell.language());
        let id = match fits(&self.needed, self.available) {
            Fit::Fits => "cli-info-memory-fits",
            Fit::TooBig { .. } => "cli-info-memory-too-big",
        };
        let notice = Notice { id, args: Vec::new() };
        let notice = notice.arg("needed", size(self.needed.total())).arg("available", size(self.available));
        shell.text(&notice.arg("context", self.n_ctx))
    }

    fn as_json(&self) -> Value {
        json!({
            "n_ctx": self.n_ctx,
            "needed_bytes": self.needed.total(),
            "available_bytes": self.available,
            "fits": matches!(fits(&self.needed, self.available), Fit::Fits),
        })
    }
}
