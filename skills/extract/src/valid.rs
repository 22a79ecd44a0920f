//! Whether a value follows a JSON Schema.
//!
//! The host holds the model to the schema, so this is a second look, at the key words that people use in schemas for
//! extraction: types, constants, objects, lists, lengths, ranges, references within the schema, and their combinations.
//! Other key words are the host's alone. It works through hostile schemas in bounded time: they may be deep, and refer to
//! themselves.

use serde_json::{Map, Value};

/// Steps for one value. A schema that doubles at each level would take for ever.
const STEPS_MAX: u32 = 100_000;
/// How deep schemas may refer to each other without going down in the value.
const DEPTH_MAX: u32 = 100;

/// Where a value does not follow its schema, and by which key word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// A JSON pointer into the value; `#` is the whole.
    pub place: String,
    pub keyword: &'static str,
}

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.keyword)
    }
}

/// Looks at a value.
///
/// # Errors
/// The first place that does not follow the schema.
pub fn check(schema: &Value, value: &Value) -> Result<(), Invalid> {
    Look { root: schema, steps: 0, depth: 0, path: Vec::new() }.at(schema, value)
}

struct Look<'a> {
    root: &'a Value,
    steps: u32,
    depth: u32,
    path: Vec<String>,
}

impl<'a> Look<'a> {
    fn invalid(&self, keyword: &'static str) -> Invalid {
        let place = self.path.iter().fold("#".to_owned(), |place, step| place + "/" + step);
        Invalid { place, keyword }
    }

    fn require(&self, holds: bool, keyword: &'static str) -> Result<(), Invalid> {
        if holds { Ok(()) } else { Err(self.invalid(keyword)) }
    }

    fn at(&mut self, schema: &'a Value, value: &Value) -> Result<(), Invalid> {
        self.steps += 1;
        self.depth += 1;
        self.require(self.steps <= STEPS_MAX && self.depth <= DEPTH_MAX, "too deep or too wide to be looked at")?;
        match schema {
            Value::Bool(allowed) => self.require(*allowed, "false")?,
            Value::Object(schema) => self.object(schema, value)?,
            _ => return Err(self.invalid("not a schema")),
        }
        self.depth -= 1;
        Ok(())
    }

    fn object(&mut self, schema: &'a Map<String, Value>, value: &Value) -> Result<(), Invalid> {
        if let Some(kind) = schema.get("type") {
            let is = |kind: &Value| kind.as_str().is_some_and(|kind| is_of_type(kind, value));
            let holds = kind.as_array().map_or_else(|| is(kind), |kinds| kinds.iter().any(is));
            self.require(holds, "type")?;
        }
        if let Some(constant) = schema.get("const") {
            self.require(constant == value, "const")?;
        }
        if let Some(Value::Array(choices)) = schema.get("enum") {
            self.require(choices.contains(value), "enum")?;
        }
        self.combinations(schema, value)?;
        match value {
            Value::Object(fields) => self.fields(schema, fields),
            Value::Array(items) => self.items(schema, items),
            Value::String(text) => self.range(schema, text.chars().count() as f64, ["minLength", "maxLength"]),
            Value::Number(number) => self.number(schema, number.as_f64().unwrap_or(f64::NAN)),
            Value::Null | Value::Bool(_) => Ok(()),
        }
    }

    fn combinations(&mut self, schema: &'a Map<String, Value>, value: &Value) -> Result<(), Invalid> {
        if let Some(Value::String(reference)) = schema.get("$ref") {
            let target = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            // A reference to somewhere else is the host's affair.
            if let Some(target) = target {
                self.at(target, value)?;
            }
        }
        for part in parts(schema, "allOf") {
            self.at(part, value)?;
        }
        for (keyword, exactly_one) in [("anyOf", false), ("oneOf", true)] {
            if !schema.contains_key(keyword) {
                continue;
            }
            let mut holding = 0;
            for part in parts(schema, keyword) {
                let (depth, path) = (self.depth, self.path.len());
                holding += usize::from(self.at(part, value).is_ok());
                self.depth = depth;
                self.path.truncate(path);
            }
            self.require(if exactly_one { holding == 1 } else { holding > 0 }, keyword)?;
        }
        Ok(())
    }

    fn fields(&mut self, schema: &'a Map<String, Value>, fields: &Map<String, Value>) -> Result<(), Invalid> {
        for name in parts(schema, "required").filter_map(Value::as_str) {
            self.require(fields.contains_key(name), "required")?;
        }
        let known = schema.get("properties").and_then(Value::as_object);
        let has_patterns = schema.contains_key("patternProperties");
        for (name, value) in fields {
            let known = known.and_then(|known| known.get(name));
            // What a pattern allows is the host's affair.
            let others = schema.get("additionalProperties").filter(|_| known.is_none() && !has_patterns);
            for schema in known.into_iter().chain(others) {
                self.below(name, schema, value)?;
            }
        }
        self.range(schema, fields.len() as f64, ["minProperties", "maxProperties"])
    }

    fn items(&mut self, schema: &'a Map<String, Value>, items: &[Value]) -> Result<(), Invalid> {
        let first: Vec<&Value> = parts(schema, "prefixItems").collect();
        for (at, value) in items.iter().enumerate() {
            if let Some(schema) = first.get(at).copied().or_else(|| schema.get("items")) {
                self.below(&at.to_string(), schema, value)?;
            }
        }
        if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
            let is_new = |(at, value): (usize, &Value)| !items[..at].contains(value);
            self.require(items.iter().enumerate().all(is_new), "uniqueItems")?;
        }
        self.range(schema, items.len() as f64, ["minItems", "maxItems"])
    }

    fn below(&mut self, step: &str, schema: &'a Value, value: &Value) -> Result<(), Invalid> {
        let depth = std::mem::take(&mut self.depth);
        self.path.push(step.replace('~', "~0").replace('/', "~1"));
        self.at(schema, value)?;
        self.path.pop();
        self.depth = depth;
        Ok(())
    }

    fn number(&self, schema: &Map<String, Value>, number: f64) -> Result<(), Invalid> {
        let limit = |keyword| schema.get(keyword).and_then(Value::as_f64);
        self.require(limit("exclusiveMinimum").is_none_or(|least| number > least), "exclusiveMinimum")?;
        self.require(limit("exclusiveMaximum").is_none_or(|most| number < most), "exclusiveMaximum")?;
        self.range(schema, number, ["minimum", "maximum"])
    }

    fn range(&self, schema: &Map<String, Value>, size: f64, keywords: [&'static str; 2]) -> Result<(), Invalid> {
        let [least, most] = keywords.map(|keyword| schema.get(keyword).and_then(Value::as_f64));
        self.require(least.is_none_or(|least| size >= least), keywords[0])?;
        self.require(most.is_none_or(|most| size <= most), keywords[1])
    }
}

fn parts<'a>(schema: &'a Map<String, Value>, keyword: &str) -> impl Iterator<Item = &'a Value> {
    schema.get(keyword).and_then(Value::as_array).into_iter().flatten()
}

fn is_of_type(kind: &str, value: &Value) -> bool {
    match (kind, value) {
        ("null", Value::Null)
        | ("boolean", Value::Bool(_))
        | ("number", Value::Number(_))
        | ("string", Value::String(_))
        | ("array", Value::Array(_))
        | ("object", Value::Object(_)) => true,
        ("integer", Value::Number(number)) => number.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_and_schemas() {
        let person = json!({
            "type": "object", "required": ["name"], "additionalProperties": false,
            "properties": {
                "name": {"type": "string", "minLength": 1, "maxLength": 3},
                "age": {"type": ["integer", "null"], "minimum": 0, "exclusiveMaximum": 150},
                "friends": {"type": "array", "items": {"$ref": "#"}, "maxItems": 2, "uniqueItems": true},
                "kind": {"enum": ["a", 1]}, "pair": {"prefixItems": [{"const": 1}], "items": {"type": "string"}},
                "either": {"oneOf": [{"type": "integer"}, {"minimum": 10}]}, "any": {"anyOf": [{"const": 1}, {"const": 2}]},
                "both": {"allOf": [{"minimum": 1}, {"maximum": 2}]}, "never": false
            }
        });
        for (value, expect) in [
            (json!({"name": "Ana"}), None),
            (json!({"name": "Ana", "age": null, "friends": [{"name": "Luz"}]}), None),
            (json!({"name": "Ana", "pair": [1, "x", "y"], "kind": 1, "either": 3, "any": 2, "both": 1.5}), None),
            (json!([]), Some("#: type")),
            (json!({}), Some("#: required")),
            (json!({"name": ""}), Some("#/name: minLength")),
            (json!({"name": "Añil"}), Some("#/name: maxLength")),
            (json!({"name": "Ana", "x/y": 1}), Some("#/x~1y: false")),
            (json!({"name": "Ana", "age": 1.5}), Some("#/age: type")),
            (json!({"name": "Ana", "age": -1}), Some("#/age: minimum")),
            (json!({"name": "Ana", "age": 150}), Some("#/age: exclusiveMaximum")),
            (json!({"name": "Ana", "friends": [{"name": "Luz"}, {"nam": 1}]}), Some("#/friends/1: required")),
            (json!({"name": "Ana", "friends": [{"name": "a"}, {"name": "a"}]}), Some("#/friends: uniqueItems")),
            (
                json!({"name": "Ana", "friends": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}),
                Some("#/friends: maxItems"),
            ),
            (json!({"name": "Ana", "kind": "b"}), Some("#/kind: enum")),
            (json!({"name": "Ana", "pair": [2]}), Some("#/pair/0: const")),
            (json!({"name": "Ana", "pair": [1, 2]}), Some("#/pair/1: type")),
            (json!({"name": "Ana", "either": 11}), Some("#/either: oneOf")),
            (json!({"name": "Ana", "any": 3}), Some("#/any: anyOf")),
            (json!({"name": "Ana", "both": 3}), Some("#/both: maximum")),
            (json!({"name": "Ana", "never": 1}), Some("#/never: false")),
        ] {
            let found = check(&person, &value).map_err(|error| error.to_string());
            assert_eq!(found.err().as_deref(), expect, "{value}");
        }
    }

    #[test]
    fn hostile_schemas_end() {
        let circle = json!({"$ref": "#"});
        assert_eq!(check(&circle, &json!(1)).unwrap_err().keyword, "too deep or too wide to be looked at");
        let doubling =
            json!({"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}]}}, "$ref": "#/$defs/a"});
        assert!(check(&doubling, &json!(1)).is_err());
    }
}
