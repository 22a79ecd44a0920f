//! Whether the options of a `oneOf` exclude each other, so that satisfying any is satisfying one.

use serde_json::Value;

use super::references::References;

/// How many references and properties a proof goes through.
const STEPS_MAX: usize = 16;

/// Two options, by their numbers, that are not known to exclude each other.
pub(super) fn overlap(options: &[Value], references: &References<'_>) -> Option<(usize, usize)> {
    let pairs = (0..options.len()).flat_map(|a| (a + 1..options.len()).map(move |b| (a, b)));
    pairs.into_iter().find(|&(a, b)| !exclude(&options[a], &options[b], references, STEPS_MAX))
}

/// Whether it is certain that no value satisfies both.
fn exclude(a: &Value, b: &Value, references: &References<'_>, steps: usize) -> bool {
    let (Some(a), Some(b)) = (resolve(a, references), resolve(b, references)) else { return false };
    if a == &Value::Bool(false) || b == &Value::Bool(false) {
        return true;
    }
    if steps == 0 {
        return false;
    }
    types_differ(a, b) || constants_differ(a, b) || ranges_differ(a, b) || {
        // A property that both require, and that cannot be the same in both. It only tells objects apart.
        let objects = is_object(a) && is_object(b);
        objects && required(a).any(|name| {
            let property = |of: &'_ Value| of.get("properties").and_then(|all| all.get(name)).cloned();
            let both = required(b).any(|other| other == name);
            both && matches!((property(a), property(b)), (Some(x), Some(y)) if exclude(&x, &y, references, steps - 1))
        })
    }
}

/// Follows references that stand alone.
fn resolve<'a>(mut schema: &'a Value, references: &References<'a>) -> Option<&'a Value> {
    for _ in 0..STEPS_MAX {
        match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) => schema = references.look(reference)?,
            None => return Some(schema),
        }
    }
    None
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn is_object(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("object")
}

/// The types that a schema allows, if it says so; a whole number is a number.
fn types(schema: &Value) -> Option<Vec<&str>> {
    let of_value = |value: &Value| match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let named = |name: &'_ str| match name {
        "null" => "null",
        "boolean" => "boolean",
        "string" => "string",
        "array" => "array",
        "object" => "object",
        _ => "number",
    };
    if let Some(values) = constants(schema) {
        return Some(values.iter().map(|value| of_value(value)).collect());
    }
    match schema.get("type")? {
        Value::String(name) => Some(vec![named(name)]),
        Value::Array(names) => Some(names.iter().filter_map(Value::as_str).map(named).collect()),
        _ => None,
    }
}

fn types_differ(a: &Value, b: &Value) -> bool {
    matches!((types(a), types(b)), (Some(a), Some(b)) if !a.iter().any(|name| b.contains(name)))
}

fn constants(schema: &Value) -> Option<Vec<&Value>> {
    match (schema.get("const"), schema.get("enum")) {
        (Some(value), _) => Some(vec![value]),
        (None, Some(Value::Array(values))) => Some(values.iter().collect()),
        (None, _) => None,
    }
}

/// Only constants that cannot be written in two ways.
fn constants_differ(a: &Value, b: &Value) -> bool {
    let plain =
        |values: &[&Value]| values.iter().all(|value| value.is_string() || value.is_boolean() || value.is_null());
    match (constants(a), constants(b)) {
        (Some(a), Some(b)) if plain(&a) && plain(&b) => !a.iter().any(|value| b.contains(value)),
        _ => false,
    }
}

/// Numbers that lie apart.
fn ranges_differ(a: &Value, b: &Value) -> bool {
    let numeric = |schema: &Value| types(schema).is_some_and(|types| types == ["number"]);
    let bound = |schema: &Value, keyword: &str| schema.get(keyword).and_then(Value::as_f64);
    let below = |low: &Value, high: &Value| {
        let most = bound(low, "maximum").map(|most| (most, false));
        let most = most.or_else(|| bound(low, "exclusiveMaximum").map(|most| (most, true)));
        let least = bound(high, "minimum").map(|least| (least, false));
        let least = least.or_else(|| bound(high, "exclusiveMinimum").map(|least| (least, true)));
        matches!((most, least), (Some((most, open)), Some((least, apart))) if most < least || most == least && (open || apart))
    };
    numeric(a) && numeric(b) && (below(a, b) || below(b, a))
}
