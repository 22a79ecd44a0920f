//! Keywords whose values are numbers, texts and constants.

use serde_json::{Map, Value, json};

use super::super::{GrammarError, lark};
use super::formats::{Format, format};
use super::{Place, refuse, wrong};

/// The most that lengths and counts may ask for.
const COUNT_MAX: u64 = 100_000;
/// The largest bound of a number, and the smallest that is not 0: whole numbers up to there are exact.
const NUMBER_MAX: f64 = 9_007_199_254_740_992.0;
const NUMBER_MIN: f64 = 1e-12;

/// The longest text that an answer can be held to, and the longest expression, in bytes.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// Repetitions in one expression.
const REPETITIONS_MAX: usize = 1_000;

const TYPES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];

/// What a keyword becomes in the copy.
pub(super) fn value(
    keyword: &str,
    value: &Value,
    beside: &Map<String, Value>,
    place: &Place,
    factors: &mut Vec<(f64, String)>,
) -> Result<Vec<(&'static str, Value)>, GrammarError> {
    let one = |keyword: &'static str, value: Value| Ok(vec![(keyword, value)]);
    match keyword {
        "type" => one("type", types(value, place)?),
        "pattern" => match value {
            Value::String(text) if text.len() > TEXT_BYTES_MAX || lark::repetitions(text) > REPETITIONS_MAX => {
                Err(refuse(&place.0, "\"pattern\" is too large to be enforced"))
            }
            Value::String(_) => one("pattern", value.clone()),
            _ => Err(wrong(place, keyword, "a text")),
        },
        "format" => {
            let name = value.as_str().ok_or_else(|| wrong(place, keyword, "a text"))?;
            let unknown = || refuse(&place.0, &format!("the \"format\" \"{name}\" cannot be enforced"));
            match format(name).ok_or_else(unknown)? {
                Format::Known => one("format", value.clone()),
                Format::Pattern(pattern) if !beside.contains_key("pattern") => one("pattern", json!(pattern)),
                Format::Pattern(_) => {
                    Err(refuse(&place.0, &format!("the \"format\" \"{name}\" cannot be enforced beside \"pattern\"")))
                }
            }
        }
        "minimum" => one("minimum", number(keyword, value, place)?),
        "maximum" => one("maximum", number(keyword, value, place)?),
        "exclusiveMinimum" => exclusive("exclusiveMinimum", "minimum", value, beside, place),
        "exclusiveMaximum" => exclusive("exclusiveMaximum", "maximum", value, beside, place),
        "multipleOf" => {
            let factor = number(keyword, value, place)?;
            let size = factor.as_f64().unwrap_or_default();
            if size <= 0.0 {
                return Err(wrong(place, keyword, "a number above 0"));
            }
            factors.push((size, place.0.clone()));
            one("multipleOf", factor)
        }
        "minLength" => one("minLength", count(keyword, value, place)?),
        "maxLength" => one("maxLength", count(keyword, value, place)?),
        "minItems" => one("minItems", count(keyword, value, place)?),
        "maxItems" => one("maxItems", count(keyword, value, place)?),
        "minProperties" => one("minProperties", count(keyword, value, place)?),
        "maxProperties" => one("maxProperties", count(keyword, value, place)?),
        _ => {
            let names = value.as_array().filter(|names| names.iter().all(Value::is_string));
            one("required", json!(names.ok_or_else(|| wrong(place, keyword, "a list of names"))?))
        }
    }
}

fn types(value: &Value, place: &Place) -> Result<Value, GrammarError> {
    let is_type = |value: &Value| value.as_str().is_some_and(|name| TYPES.contains(&name));
    let fine = match value {
        Value::Array(names) => !names.is_empty() && names.iter().all(is_type),
        name => is_type(name),
    };
    if fine { Ok(value.clone()) } else { Err(wrong(place, "type", &format!("one of {}, or a list", TYPES.join(", ")))) }
}

fn number(keyword: &str, value: &Value, place: &Place) -> Result<Value, GrammarError> {
    let size = value.as_f64().ok_or_else(|| wrong(place, keyword, "a number"))?;
    if size != 0.0 && !(NUMBER_MIN..=NUMBER_MAX).contains(&size.abs()) {
        let why = format!("\"{keyword}\" can only be enforced from {NUMBER_MIN:e} to {NUMBER_MAX:e}, and 0");
        return Err(refuse(&place.0, &why));
    }
    Ok(value.clone())
}

/// A bound of its own, or in older drafts a word about the other one.
fn exclusive(
    keyword: &'static str,
    bound: &'static str,
    value: &Value,
    beside: &Map<String, Value>,
    place: &Place,
) -> Result<Vec<(&'static str, Value)>, GrammarError> {
    match value {
        Value::Bool(false) => Ok(Vec::new()),
        Value::Bool(true) => match beside.get(bound) {
            Some(bound) => Ok(vec![(keyword, number(keyword, bound, place)?)]),
            None => Err(wrong(place, keyword, "a number")),
        },
        value => Ok(vec![(keyword, number(keyword, value, place)?)]),
    }
}

fn count(keyword: &str, value: &Value, place: &Place) -> Result<Value, GrammarError> {
    let whole = value.as_u64().or_else(|| value.as_f64().and_then(whole));
    let whole = whole.ok_or_else(|| wrong(place, keyword, "a whole number from 0"))?;
    if whole > COUNT_MAX {
        return Err(refuse(&place.0, &format!("\"{keyword}\" can only be enforced up to {COUNT_MAX}")));
    }
    Ok(json!(whole))
}

/// JSON does not tell 2 from 2.0.
fn whole(size: f64) -> Option<u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked first")]
    let whole = (0.0..=NUMBER_MAX).contains(&size).then_some(size as u64)?;
    (size.fract() == 0.0).then_some(whole)
}

/// `const` and `enum`.
pub(super) fn constant(keyword: &str, value: &Value, place: &Place) -> Result<Value, GrammarError> {
    let constants = match (keyword, value) {
        ("enum", Value::Array(list)) if !list.is_empty() => list.iter().collect(),
        ("enum", _) => return Err(wrong(place, keyword, "a list of values, with one at least")),
        (_, value) => vec![value],
    };
    for one in constants {
        if let Some(why) = unwritable(one) {
            return Err(refuse(&place.0, &format!("\"{keyword}\" has {why}, which cannot be enforced")));
        }
    }
    Ok(value.clone())
}

/// How many names of properties a constant has.
pub(super) fn names(value: &Value) -> usize {
    match value {
        Value::Array(list) => list.iter().map(names).sum(),
        Value::Object(map) => map.len() + map.values().map(names).sum::<usize>(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// What no answer can be held to exactly.
fn unwritable(value: &Value) -> Option<&'static str> {
    match value {
        Value::Number(number) => {
            let size = number.as_f64()?.abs();
            (size != 0.0 && !(NUMBER_MIN..=NUMBER_MAX).contains(&size)).then_some("a number that is too large or small")
        }
        Value::String(text) if text.len() > TEXT_BYTES_MAX => Some("a text that is too long"),
        Value::String(text) => text
            .contains(|c: char| c.is_ascii_control() && !matches!(c, '\u{8}' | '\u{c}' | '\n' | '\r' | '\t'))
            .then_some("a control character"),
        Value::Array(list) => list.iter().find_map(unwritable),
        Value::Object(map) => map.values().find_map(unwritable),
        Value::Null | Value::Bool(_) => None,
    }
}

/// Bounds that leave nothing between them.
pub(super) fn check_bounds(schema: &Map<String, Value>, place: &Place) -> Result<(), GrammarError> {
    let pairs = [
        ("minLength", "maxLength", false),
        ("minItems", "maxItems", false),
        ("minProperties", "maxProperties", false),
        ("minimum", "maximum", false),
        ("exclusiveMinimum", "maximum", true),
        ("minimum", "exclusiveMaximum", true),
        ("exclusiveMinimum", "exclusiveMaximum", true),
    ];
    let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
    for (low, high, open) in pairs {
        let (Some(least), Some(most)) = (bound(low), bound(high)) else { continue };
        if least > most || open && least == most {
            let why = format!("\"{low}\" {least} and \"{high}\" {most} contradict each other");
            return Err(refuse(&place.0, &why));
        }
    }
    check_properties(schema, place)
}

/// Makes open bounds closed ones, nearer by less than a billionth. llguidance takes some open bounds for closed:
/// `exclusiveMinimum` 0 with `maximum` 0.5 would let 0 through.
pub(super) fn close_bounds(schema: &mut Map<String, Value>) {
    for (open, closed, side) in [("exclusiveMinimum", "minimum", 1.0), ("exclusiveMaximum", "maximum", -1.0)] {
        let Some(bound) = schema.get(open).and_then(Value::as_f64) else { continue };
        // As far as digits go.
        let step = (bound.abs().log10().floor() - 14.0).max(-9.0);
        let nearer = bound + side * 10_f64.powf(step);
        let other = schema.get(closed).and_then(Value::as_f64).unwrap_or(nearer);
        let bound = if side > 0.0 { nearer.max(other) } else { nearer.min(other) };
        schema.shift_remove(open);
        schema.insert(closed.to_owned(), json!(bound));
    }
}

/// A name may come twice in an answer, and counts once for whoever reads it.
fn check_properties(schema: &Map<String, Value>, place: &Place) -> Result<(), GrammarError> {
    let least = schema.get("minProperties").and_then(Value::as_u64).unwrap_or_default();
    let required = schema.get("required").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut names: Vec<&str> = required.iter().filter_map(Value::as_str).collect();
    names.sort_unstable();
    names.dedup();
    if least > names.len() as u64 + 1 {
        let why = "\"minProperties\" cannot be enforced for more than one property beyond those that are required";
        return Err(refuse(&place.0, why));
    }
    Ok(())
}

/// Factors that meet in one number are multiplied with each other, within 32 bits.
pub(super) fn check_factors(factors: &[(f64, String)]) -> Result<(), GrammarError> {
    let mut sizes: Vec<(f64, &str)> = factors.iter().map(|(size, place)| (*size, place.as_str())).collect();
    sizes.sort_by(|a, b| a.0.total_cmp(&b.0));
    sizes.dedup_by(|a, b| a.0 == b.0);
    let mut digits = 0;
    for (size, _) in &sizes {
        let mut scaled = *size;
        while scaled.fract() != 0.0 && digits < 9 && scaled < NUMBER_MAX {
            scaled *= 10.0;
            digits += 1;
        }
    }
    let scale = 10_f64.powi(digits);
    let product: f64 = sizes.iter().map(|(size, _)| size * scale).product();
    match sizes.last() {
        Some((_, place)) if product > f64::from(u32::MAX) => {
            Err(refuse(place, "\"multipleOf\" cannot be enforced for so large numbers, or so many different ones"))
        }
        Some(_) | None => Ok(()),
    }
}
