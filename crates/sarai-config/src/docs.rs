//! What is written about the keys: the commented example and the JSON schema, both out of the one table.

use serde_json::{Map, Value, json};

use crate::keys::{Config, Effect, KEYS, Key, Reload, SECTIONS};
use crate::value::Expects;

/// Widest line of the example's prose, without its indentation.
const WIDTH: usize = 100;

/// The commented example, `config/sarai.yaml`, which names its schema beside it.
#[must_use]
pub fn example() -> String {
    format!("# yaml-language-server: $schema=sarai.schema.json\n{}", template())
}

/// A `sarai.yaml` to begin with: every key at its default and switched off by a `#` without a space.
#[must_use]
pub fn template() -> String {
    let mut out = String::from(
        "# The settings of SARAi, each at its default. To change one, take away the # before it.\n\
         # Stronger than this file: overrides.yaml in the state folder, then the environment (SARAI__SERVER__PORT=9000),\n\
         # then flags. `sarai config show` tells what counts and where it comes from; `sarai config check` looks for\n\
         # mistakes.\n",
    );
    for key in KEYS.iter().filter(|key| !key.name.contains('.')) {
        out.push('\n');
        push_key(&mut out, key, "");
    }
    for section in SECTIONS {
        out.push_str(&format!("\n# {}\n{}:\n", section.doc.trim(), section.name));
        for (index, key) in keys_of(section.name).enumerate() {
            if index > 0 {
                out.push('\n');
            }
            push_key(&mut out, key, "  ");
        }
    }
    out
}

/// The JSON schema (draft 2020-12) of `sarai.yaml`, `config/sarai.schema.json`, for editors.
#[must_use]
pub fn json_schema() -> String {
    let mut properties = Map::new();
    for key in KEYS.iter().filter(|key| !key.name.contains('.')) {
        properties.insert(key.name.to_owned(), key_schema(key));
    }
    for section in SECTIONS {
        let keys = keys_of(section.name).map(|key| (last_part(key).to_owned(), key_schema(key))).collect::<Map<_, _>>();
        let schema = json!({
            "description": section.doc.trim(),
            "type": ["object", "null"],
            "properties": keys,
            "additionalProperties": false,
        });
        properties.insert(section.name.to_owned(), schema);
    }
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "sarai.yaml",
        "type": ["object", "null"],
        "properties": properties,
        "additionalProperties": false,
    });
    format!("{schema:#}\n")
}

fn keys_of(section: &str) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| key.name.split_once('.').is_some_and(|(first, _)| first == section))
}

fn last_part(key: &Key) -> &'static str {
    key.name.rsplit('.').next().unwrap_or(key.name)
}

fn when(key: &Key) -> &'static str {
    match (key.effect, key.reload) {
        (Effect::Now, Reload::Live) => "A change counts at once.",
        (Effect::Now, Reload::Restart) => "A change counts from the next start.",
        (Effect::Later, Reload::Live | Reload::Restart) => "Without effect yet.",
    }
}

fn push_key(out: &mut String, key: &Key, indent: &str) {
    let prose = format!("{} ({}) {}", key.doc(), key.expects(), when(key));
    for line in wrap(&prose) {
        out.push_str(&format!("{indent}# {line}\n"));
    }
    out.push_str(&format!("{indent}#{}: {}\n", last_part(key), key.show(&Config::default())));
}

/// Breaks text at spaces into lines of at most [`WIDTH`] characters, as far as its words allow.
fn wrap(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

fn key_schema(key: &Key) -> Value {
    let mut schema = expects_schema(&key.expects());
    let shown = key.show(&Config::default());
    // Numbers, true, false and [] are the same in both languages; everything else is a text.
    schema["default"] = serde_json::from_str(&shown).unwrap_or(Value::String(shown));
    schema["description"] = Value::String(format!("{} {}", key.doc(), when(key)));
    schema
}

fn expects_schema(expects: &Expects) -> Value {
    match expects {
        Expects::Address => json!({ "type": "string", "anyOf": [{ "format": "ipv4" }, { "format": "ipv6" }] }),
        Expects::Whole { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Expects::Size { .. } => json!({ "type": "string", "pattern": "^[0-9]+ *([MGTmgt][Ii]?[Bb])$" }),
        Expects::Time { .. } => json!({ "type": "string", "pattern": "^[0-9]+ *(ms|s|m|h|d)$" }),
        Expects::Choice(["false", "true"]) => json!({ "type": "boolean" }),
        Expects::Choice(words) => json!({ "enum": words }),
        // The words for none and the catalogue's choice have the shape of an id.
        Expects::ModelId | Expects::Draft | Expects::Embedding => {
            json!({ "type": "string", "pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$" })
        }
        Expects::Speculation { .. } => {
            json!({ "type": "string", "pattern": "^(auto|off|acceptance|fixed:[1-9][0-9]?)$" })
        }
        Expects::Target => json!({"type": "string", "pattern": "^(none|https?://.+)$"}),
        Expects::Mailbox => json!({"type": "string", "pattern": "^(none|.+@.+)$"}),
        Expects::MailServer => json!({"type": "string", "pattern": "^smtps?://.+$"}),
        Expects::Hosts { count_max } | Expects::Paths { count_max } => {
            json!({ "type": "array", "items": { "type": "string" }, "maxItems": count_max })
        }
        Expects::Auto(inner) => json!({ "anyOf": [{ "const": "auto" }, expects_schema(inner)] }),
        Expects::Section => json!({ "type": ["object", "null"] }),
    }
}
