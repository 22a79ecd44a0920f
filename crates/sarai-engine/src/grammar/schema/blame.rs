//! Finds the part of a schema for which llguidance refuses the whole, since its messages say no place.

use llguidance::api::ParserLimits;
use llguidance::{GrammarBuilder, JsonCompileOptions};
use serde_json::Value;

use super::super::{GrammarError, lark};
use super::{Normal, Place, Writer, refuse};

/// How many parts are tried. Beyond, the place is as near as was found.
const TRIES_MAX: usize = 150;

/// What to say of a schema that llguidance refuses, or none if it does not refuse it by itself.
pub(in crate::grammar) fn blame(normal: &Normal, limits: &ParserLimits) -> Option<GrammarError> {
    let defs = normal.schema.get("$defs").cloned();
    let mut search = Search { defs, limits, tries: 0, seen: Vec::new() };
    let mut why = search.refusal(&normal.schema)?;
    let mut place = Place::root();
    let mut part = normal.schema.clone();
    while let Some((inner, at, said)) = search.deeper(&part, &place, normal) {
        (part, place, why) = (inner, at, said);
    }
    Some(refuse(&place.0, &wording(&why, normal)))
}

struct Search<'a> {
    defs: Option<Value>,
    limits: &'a ParserLimits,
    tries: usize,
    seen: Vec<usize>,
}

impl Search<'_> {
    /// Why a part is refused.
    fn refusal(&mut self, part: &Value) -> Option<String> {
        self.tries += 1;
        let mut schema = match part {
            Value::Object(schema) => schema.clone(),
            // Whoever holds a `false` is to blame, if anyone.
            _ => return None,
        };
        if let Some(defs) = &self.defs {
            schema.insert("$defs".to_owned(), defs.clone());
        }
        schema.insert("x-guidance".to_owned(), Writer::Model.style());
        let builder = GrammarBuilder::new(None, self.limits.clone());
        let compiled = JsonCompileOptions::default().json_to_llg_with_overrides(builder, Value::Object(schema));
        compiled.err().map(|error| error.to_string())
    }

    /// A part of this part that is refused by itself.
    fn deeper(&mut self, part: &Value, place: &Place, normal: &Normal) -> Option<(Value, Place, String)> {
        let mut parts: Vec<(Place, Value)> = Vec::new();
        for (keyword, value) in part.as_object().into_iter().flatten() {
            let at = place.child(keyword);
            match (keyword.as_str(), value) {
                ("properties" | "patternProperties", Value::Object(map)) => {
                    parts.extend(map.iter().map(|(name, schema)| (at.child(name), schema.clone())));
                }
                ("items" | "additionalProperties", schema) => parts.push((at, schema.clone())),
                ("prefixItems" | "allOf" | "anyOf", Value::Array(list)) => {
                    parts.extend(list.iter().enumerate().map(|(i, schema)| (at.child(&i.to_string()), schema.clone())));
                }
                ("$ref", Value::String(reference)) => parts.extend(self.follow(reference, normal)),
                _ => {}
            }
        }
        for (at, inner) in parts {
            if self.tries >= TRIES_MAX {
                return None;
            }
            if let Some(why) = self.refusal(&inner) {
                return Some((inner, at, why));
            }
        }
        // Its own keywords, without what they hold.
        None
    }

    /// What a reference leads to, once each.
    fn follow(&mut self, reference: &str, normal: &Normal) -> Option<(Place, Value)> {
        let number: usize = reference.strip_prefix("#/$defs/")?.parse().ok()?;
        if self.seen.contains(&number) {
            return None;
        }
        self.seen.push(number);
        let schema = self.defs.as_ref()?.get(number.to_string())?.clone();
        Some((Place(normal.places.get(number)?.clone()), schema))
    }
}

/// llguidance's words in ours: its own name no keyword, and no place that the writer of the schema knows.
pub(in crate::grammar) fn wording(why: &str, normal: &Normal) -> String {
    let first = &lark::brief(why.lines().next().unwrap_or_default());
    // An expression's own error comes after a drawing of its place.
    if first.starts_with("regex parse error") || first.contains("lookaround") {
        let error = why.lines().find_map(|line| line.trim().strip_prefix("error: ")).unwrap_or(first);
        return format!("\"pattern\" cannot be enforced: {error}");
    }
    if first.starts_with("min/maxProperties only supported") {
        return "\"minProperties\" and \"maxProperties\" cannot be enforced where properties are optional".to_owned();
    }
    if first.starts_with("Unable to determine if regex is empty") {
        return "\"pattern\" cannot be enforced: it is too complex together with the other limits".to_owned();
    }
    let first = first.replace("json-schema:///", "").replace("Unsatisfiable schema: ", "nothing can satisfy it: ");
    normal
        .places
        .iter()
        .enumerate()
        .rev()
        .fold(first, |text, (number, place)| text.replace(&format!("#/$defs/{number}"), place))
}
