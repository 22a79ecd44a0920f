//! Whether a JSON value is what a schema allows: a check of the answers, apart from the grammar that made them.
//!
//! Only the keywords that the schemas of the benchmark use, under their meaning in JSON Schema draft 2020-12. A test
//! holds the schemas to [`unknown_keyword`], so that nothing goes unchecked.

use std::fmt;

use serde_json::{Map, Value};

/// What is understood, the words that say nothing about a value included.
#[cfg(test)]
const KEYWORDS: [&str; 16] = [
    "$defs",
    "$ref",
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "minItems",
    "maxItems",
    "enum",
    "pattern",
    "minimum",
    "maximum",
    "anyOf",
    "title",
    "description",
];
/// Deeper than any answer that fits its tokens.
const DEPTH_MAX: u32 = 64;

/// Why an answer does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    NotJson(String),
    /// Where, as a JSON pointer, and by which keyword.
    Breaks {
        path: String,
        keyword: &'static str,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(why) => write!(f, "not JSON: {why}"),
            Self::Breaks { path, keyword } => write!(f, "{keyword} at {path:?}"),
        }
    }
}

/// Checks an answer, which must be the JSON value alone.
///
/// # Errors
/// What is wrong with it, the first of several.
pub(super) fn answer(text: &str, schema: &Value) -> Result<(), Fault> {
    let value: Value = serde_json::from_str(text).map_err(|e| Fault::NotJson(e.to_string()))?;
    Check { root: schema }.value(&value, schema, "", DEPTH_MAX)
}

/// A keyword of a schema that [`answer`] does not know.
#[cfg(test)]
pub(super) fn unknown_keyword(schema: &Value) -> Option<String> {
    let Value::Object(schema) = schema else { return None };
    let unknown = schema.keys().find(|keyword| !KEYWORDS.contains(&keyword.as_str())).cloned();
    unknown.or_else(|| {
        let named = ["properties", "$defs"].into_iter().filter_map(|k| schema.get(k)?.as_object());
        let listed = schema.get("anyOf").and_then(Value::as_array).into_iter().flatten();
        named.flat_map(Map::values).chain(schema.get("items")).chain(listed).find_map(unknown_keyword)
    })
}

struct Check<'a> {
    root: &'a Value,
}

impl Check<'_> {
    fn value(&self, value: &Value, schema: &Value, path: &str, depth: u32) -> Result<(), Fault> {
        let Value::Object(keywords) = schema else { return Ok(()) };
        let breaks = |keyword| Err(Fault::Breaks { path: path.to_owned(), keyword });
        if depth == 0 {
            return breaks("too deep");
        }
        if let Some(target) = keywords.get("$ref").and_then(Value::as_str) {
            let Some(target) = target.strip_prefix('#').and_then(|at| self.root.pointer(at)) else {
                return breaks("$ref");
            };
            self.value(value, target, path, depth - 1)?;
        }
        if let Some(choices) = keywords.get("anyOf").and_then(Value::as_array)
            && !choices.iter().any(|choice| self.value(value, choice, path, depth - 1).is_ok())
        {
            return breaks("anyOf");
        }
        if keywords.get("type").and_then(Value::as_str).is_some_and(|wanted| !is_a(value, wanted)) {
            return breaks("type");
        }
        if keywords.get("enum").and_then(Value::as_array).is_some_and(|allowed| !allowed.contains(value)) {
            return breaks("enum");
        }
        match value {
            Value::Object(object) => self.object(object, keywords, path, depth),
            Value::Array(items) => self.array(items, keywords, path, depth),
            Value::Number(number) => {
                let number = number.as_f64().unwrap_or(f64::NAN);
                let bound = |keyword: &str| keywords.get(keyword).and_then(Value::as_f64);
                if bound("minimum").is_some_and(|min| number < min) {
                    return breaks("minimum");
                }
                if bound("maximum").is_some_and(|max| number > max) { breaks("maximum") } else { Ok(()) }
            }
            Value::String(text) => match keywords.get("pattern").and_then(Value::as_str) {
                Some(pattern) if !matches(pattern, text) => breaks("pattern"),
                Some(_) | None => Ok(()),
            },
            Value::Bool(_) | Value::Null => Ok(()),
        }
    }

    fn object(
        &self,
        object: &Map<String, Value>,
        keywords: &Map<String, Value>,
        path: &str,
        depth: u32,
    ) -> Result<(), Fault> {
        let breaks = |keyword| Err(Fault::Breaks { path: path.to_owned(), keyword });
        let required = keywords.get("required").and_then(Value::as_array).into_iter().flatten();
        if required.filter_map(Value::as_str).any(|name| !object.contains_key(name)) {
            return breaks("required");
        }
        let properties = keywords.get("properties").and_then(Value::as_object);
        for (name, value) in object {
            match properties.and_then(|p| p.get(name)) {
                Some(schema) => self.value(value, schema, &format!("{path}/{name}"), depth - 1)?,
                None if keywords.get("additionalProperties") == Some(&Value::Bool(false)) => {
                    return breaks("additionalProperties");
                }
                None => {}
            }
        }
        Ok(())
    }

    fn array(&self, items: &[Value], keywords: &Map<String, Value>, path: &str, depth: u32) -> Result<(), Fault> {
        let breaks = |keyword| Err(Fault::Breaks { path: path.to_owned(), keyword });
        let bound = |keyword: &str| keywords.get(keyword).and_then(Value::as_u64);
        if bound("minItems").is_some_and(|min| (items.len() as u64) < min) {
            return breaks("minItems");
        }
        if bound("maxItems").is_some_and(|max| (items.len() as u64) > max) {
            return breaks("maxItems");
        }
        let Some(schema) = keywords.get("items") else { return Ok(()) };
        items.iter().enumerate().try_for_each(|(i, item)| self.value(item, schema, &format!("{path}/{i}"), depth - 1))
    }
}

fn is_a(value: &Value, wanted: &str) -> bool {
    match (wanted, value) {
        ("integer", Value::Number(number)) => number.as_f64().is_some_and(|n| n.fract() == 0.0),
        ("object", Value::Object(_))
        | ("array", Value::Array(_))
        | ("string", Value::String(_))
        | ("number", Value::Number(_))
        | ("boolean", Value::Bool(_))
        | ("null", Value::Null) => true,
        _ => false,
    }
}

/// Patterns of the one form that the schemas use: anchored at both ends, with single characters and classes of ranges,
/// each perhaps followed by `{n}`. A pattern of another form matches nothing, so that it shows.
fn matches(pattern: &str, text: &str) -> bool {
    let Some(mut rest) = pattern.strip_prefix('^').and_then(|p| p.strip_suffix('$')) else { return false };
    let mut text = text.chars();
    while let Some(first) = rest.chars().next() {
        let (class, after) = match rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
            Some((class, after)) => (class, after),
            None => rest.split_at(first.len_utf8()),
        };
        let (count, after) = match after.strip_prefix('{').and_then(|r| r.split_once('}')) {
            Some((count, after)) => (count.parse().unwrap_or(usize::MAX), after),
            None => (1, after),
        };
        let whole = (0..count).all(|_| text.next().is_some_and(|c| in_class(class, c)));
        if !whole {
            return false;
        }
        rest = after;
    }
    text.next().is_none()
}

/// Whether a character is one of `a-z0-9`, say, or the one of a class of one.
fn in_class(class: &str, c: char) -> bool {
    let members: Vec<char> = class.chars().collect();
    let mut rest = members.as_slice();
    while let Some((first, after)) = rest.split_first() {
        match after {
            ['-', last, more @ ..] => {
                if (*first..=*last).contains(&c) {
                    return true;
                }
                rest = more;
            }
            _ => {
                if *first == c {
                    return true;
                }
                rest = after;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_are_held_to_every_keyword() {
        let schema = json!({
            "$defs": {"part": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}},
            "type": "object",
            "properties": {
                "day": {"type": "string", "pattern": "^[0-9]{4}-[0-1][0-9]$"},
                "kind": {"type": "string", "enum": ["á", "b"]},
                "share": {"type": "number", "minimum": 0, "maximum": 1},
                "parts": {"type": "array", "items": {"$ref": "#/$defs/part"}, "minItems": 1, "maxItems": 2},
                "either": {"anyOf": [{"type": "null"}, {"type": "boolean"}]},
            },
            "required": ["day"],
            "additionalProperties": false,
        });
        let breaks = |path: &str, keyword| Err(Fault::Breaks { path: path.to_owned(), keyword });
        for (text, expected) in [
            (r#"{"day":"2026-11"}"#, Ok(())),
            (r#" {"day":"2026-11","kind":"á","share":1,"parts":[{"n":2.0}],"either":null}"#, Ok(())),
            ("{}", breaks("", "required")),
            ("[]", breaks("", "type")),
            (r#"{"day":"2026-21"}"#, breaks("/day", "pattern")),
            (r#"{"day":"2026-111"}"#, breaks("/day", "pattern")),
            (r#"{"day":"2026-11","x":1}"#, breaks("", "additionalProperties")),
            (r#"{"day":"2026-11","kind":"c"}"#, breaks("/kind", "enum")),
            (r#"{"day":"2026-11","share":-0.1}"#, breaks("/share", "minimum")),
            (r#"{"day":"2026-11","share":1.5}"#, breaks("/share", "maximum")),
            (r#"{"day":"2026-11","parts":[]}"#, breaks("/parts", "minItems")),
            (r#"{"day":"2026-11","parts":[{"n":1},{"n":1},{"n":1}]}"#, breaks("/parts", "maxItems")),
            (r#"{"day":"2026-11","parts":[{"n":1.5}]}"#, breaks("/parts/0/n", "type")),
            (r#"{"day":"2026-11","either":3}"#, breaks("/either", "anyOf")),
        ] {
            assert_eq!(answer(text, &schema), expected, "{text}");
        }
        for broken in ["", "{", r#"{"day":"2026-11"} and more"#, "```json\n{}\n```"] {
            assert!(matches!(answer(broken, &schema), Err(Fault::NotJson(_))), "{broken:?}");
        }
    }

    #[test]
    fn a_keyword_that_is_not_checked_is_found_at_any_depth() {
        for (schema, expected) in [
            (json!({"type": "string"}), None),
            (json!({"properties": {"a": {"items": {"format": "date"}}}}), Some("format")),
            (json!({"anyOf": [{"$defs": {"x": {"not": {}}}}]}), Some("not")),
        ] {
            assert_eq!(unknown_keyword(&schema).as_deref(), expected);
        }
    }

    #[test]
    fn endless_recursion_ends() {
        let schema = json!({"$ref": "#"});
        assert!(answer("1", &schema).is_err());
    }
}
