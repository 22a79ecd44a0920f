//! JSON Schema, read strictly: every keyword is enforced, or harmless, or refused by name and place.
//!
//! llguidance does the enforcing. What stands between is a copy of the schema in which nothing is left to chance:
//! only keywords that it knows, formats as patterns, references made plain, older drafts' spellings in the new ones, and
//! `oneOf` as `anyOf` where the options exclude each other.
//!
//! # Key functions
//! - [`normalise`]: the copy, or what is wrong with the schema.
//! - [`blame`]: where llguidance's refusal of such a copy comes from.
//!
//! A place is a JSON pointer into the schema as it was written, such as `#/properties/a/items`.

mod blame;
mod exclusive;
mod formats;
mod keywords;
mod meeting;
mod references;
mod values;

use serde_json::{Map, Value, json};

pub(super) use blame::{blame, wording};

use super::GrammarError;
use keywords::{Kind, kind};
use references::References;

/// Schemas in one schema, and names of properties wherever they stand.
const SCHEMAS_MAX: usize = 20_000;
const NAMES_MAX: usize = 3_000;

/// Names by pattern: each is compared with all others.
const PATTERN_NAMES_MAX: usize = 40;

/// The longest source of a schema, in bytes.
const SCHEMA_BYTES_MAX: usize = 512 << 10;

/// Who writes the JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writer {
    /// A model: one blank after `:` and `,` and none elsewhere, so that it can neither sprawl nor go on with blanks for
    /// ever, and so that what comes between two values is forced.
    Model,
    /// Somebody else, whose text is only looked at.
    Anybody,
}

/// One way to write each character, so that no name escapes its schema by being spelled otherwise.
const ESCAPES: &str = "nrbtf\\\"";

impl Writer {
    fn style(self) -> Value {
        match self {
            Self::Model => json!({
                "whitespace_flexible": false,
                "item_separator": ", ",
                "key_separator": ": ",
                "json_allowed_escapes": ESCAPES,
            }),
            Self::Anybody => json!({ "whitespace_flexible": true, "json_allowed_escapes": ESCAPES }),
        }
    }
}

/// A schema that is ready for llguidance.
#[derive(Debug, Clone)]
pub(super) struct Normal {
    pub(super) schema: Value,
    /// The place of each entry of `$defs`, by its number.
    places: Vec<String>,
}

/// # Errors
/// The first thing that is wrong, and where.
pub(super) fn normalise(schema: &Value, writer: Writer) -> Result<Normal, GrammarError> {
    let mut walk =
        Walk { references: References::new(schema), schemas: 0, names: 0, pattern_names: 0, factors: Vec::new() };
    let mut root = match walk.schema(schema, &Place::root())? {
        Value::Object(root) => root,
        Value::Bool(true) => Map::new(),
        _ => return Err(refuse("#", "nothing satisfies the schema \"false\"")),
    };
    let mut bodies = Map::new();
    while let Some((number, target, place)) = walk.references.next() {
        let body = walk.schema(target, &place)?;
        bodies.insert(number.to_string(), body);
    }
    let places = walk.references.places();
    values::check_factors(&walk.factors)?;
    if !bodies.is_empty() {
        root.insert("$defs".to_owned(), Value::Object(bodies));
    }
    root.insert("x-guidance".to_owned(), writer.style());
    let schema = Value::Object(root);
    references::check_depth(&schema)?;
    meeting::check(&schema)?;
    Ok(Normal { schema, places })
}

/// Reads the text of a schema first.
///
/// # Errors
/// It is no JSON; else as [`normalise`].
pub(super) fn parse(source: &str, writer: Writer) -> Result<Normal, GrammarError> {
    if source.len() > SCHEMA_BYTES_MAX {
        return Err(refuse("#", &format!("the schema has more than {SCHEMA_BYTES_MAX} bytes")));
    }
    let schema = serde_json::from_str(source).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let what = error.to_string();
        let what = what.split(" at line ").next().unwrap_or_default();
        GrammarError(format!("line {line}, column {column}: the schema is not JSON: {what}"))
    })?;
    normalise(&schema, writer)
}

/// Where a schema stands, as a JSON pointer.
#[derive(Debug, Clone)]
struct Place(String);

impl Place {
    fn root() -> Self {
        Self("#".to_owned())
    }

    fn child(&self, key: &str) -> Self {
        Self(format!("{}/{}", self.0, key.replace('~', "~0").replace('/', "~1")))
    }
}

fn refuse(place: &str, why: &str) -> GrammarError {
    GrammarError(format!("{place}: {why}"))
}

/// The keyword's value is not what it must be.
fn wrong(place: &Place, keyword: &str, expected: &str) -> GrammarError {
    refuse(&place.0, &format!("\"{keyword}\" must be {expected}"))
}

#[derive(Debug)]
struct Walk<'a> {
    references: References<'a>,
    schemas: usize,
    names: usize,
    pattern_names: usize,
    /// Each value of `multipleOf`.
    factors: Vec<(f64, String)>,
}

impl<'a> Walk<'a> {
    fn schema(&mut self, schema: &'a Value, place: &Place) -> Result<Value, GrammarError> {
        self.schemas += 1;
        if self.schemas > SCHEMAS_MAX {
            return Err(refuse(&place.0, &format!("more than {SCHEMAS_MAX} schemas in one")));
        }
        let keywords = match schema {
            Value::Bool(_) => return Ok(schema.clone()),
            Value::Object(keywords) => keywords,
            _ => return Err(refuse(&place.0, "a schema must be an object or a boolean")),
        };
        let mut copy = Copy::default();
        for (keyword, value) in keywords {
            self.keyword(keyword, value, keywords, place, &mut copy)?;
        }
        let mut whole = copy.join();
        values::check_bounds(&whole, place)?;
        values::close_bounds(&mut whole);
        Ok(Value::Object(whole))
    }

    fn keyword(
        &mut self,
        keyword: &str,
        value: &'a Value,
        beside: &'a Map<String, Value>,
        place: &Place,
        copy: &mut Copy,
    ) -> Result<(), GrammarError> {
        let at = place.child(keyword);
        match kind(keyword) {
            Kind::Annotation => {}
            Kind::Unsupported => {
                if !keywords::is_idle(keyword, value) {
                    return Err(refuse(&place.0, &format!("\"{keyword}\" cannot be enforced")));
                }
            }
            Kind::Unknown => return Err(refuse(&place.0, &format!("there is no keyword \"{keyword}\""))),
            Kind::Identity if place.0 == "#" => {}
            Kind::Identity => return Err(refuse(&place.0, &format!("\"{keyword}\" can only stand at the top"))),
            Kind::Value => {
                if keyword == "required" {
                    self.count_names(value.as_array().map_or(0, Vec::len), place)?;
                }
                for (keyword, value) in values::value(keyword, value, beside, place, &mut self.factors)? {
                    copy.value(keyword, value);
                }
            }
            Kind::Schemas => {
                let shape = value.as_object().ok_or_else(|| wrong(place, keyword, "an object of schemas"))?;
                self.count_names(shape.len(), place)?;
                if keyword == "patternProperties" {
                    self.pattern_names += shape.len();
                }
                if self.pattern_names > PATTERN_NAMES_MAX {
                    return Err(refuse(
                        &place.0,
                        &format!("more than {PATTERN_NAMES_MAX} \"patternProperties\" in one schema"),
                    ));
                }
                let mut inner = Map::new();
                for (name, schema) in shape {
                    inner.insert(name.clone(), self.schema(schema, &at.child(name))?);
                }
                copy.shape(keyword, Value::Object(inner));
            }
            Kind::Schema => {
                let inner = self.schema(value, &at)?;
                copy.shape(keyword, inner);
            }
            Kind::Items => self.items(value, beside, place, copy)?,
            Kind::PrefixItems => {
                let inner = self.list(keyword, value, place)?;
                copy.shape(keyword, inner);
            }
            Kind::Options => {
                let inner = self.list(keyword, value, place)?;
                let keyword = self.options(keyword, value, place)?;
                copy.applicator(keyword, inner);
            }
            Kind::Constant => {
                self.count_names(values::names(value), place)?;
                copy.applicator(keyword, values::constant(keyword, value, place)?);
            }
            Kind::Reference => {
                let target = value.as_str().ok_or_else(|| wrong(place, keyword, "a text"))?;
                let number = self.references.number(target, place)?;
                copy.applicator(keyword, json!(format!("#/$defs/{number}")));
            }
        }
        Ok(())
    }

    fn count_names(&mut self, names: usize, place: &Place) -> Result<(), GrammarError> {
        self.names += names;
        if self.names > NAMES_MAX {
            return Err(refuse(&place.0, &format!("more than {NAMES_MAX} names of properties in one schema")));
        }
        Ok(())
    }

    fn list(&mut self, keyword: &str, value: &'a Value, place: &Place) -> Result<Value, GrammarError> {
        let schemas = value.as_array().filter(|schemas| !schemas.is_empty());
        let schemas = schemas.ok_or_else(|| wrong(place, keyword, "a list of schemas, with one at least"))?;
        let at = place.child(keyword);
        let walked = schemas.iter().enumerate().map(|(i, one)| self.schema(one, &at.child(&i.to_string())));
        Ok(Value::Array(walked.collect::<Result<_, _>>()?))
    }

    /// `items`, which is one schema, or in older drafts a list that now is called `prefixItems`.
    fn items(
        &mut self,
        value: &'a Value,
        beside: &'a Map<String, Value>,
        place: &Place,
        copy: &mut Copy,
    ) -> Result<(), GrammarError> {
        if !value.is_array() {
            let inner = self.schema(value, &place.child("items"))?;
            copy.shape("items", inner);
            return Ok(());
        }
        if beside.contains_key("prefixItems") {
            return Err(wrong(place, "items", "a schema beside \"prefixItems\""));
        }
        if value.as_array().is_some_and(|list| !list.is_empty()) {
            let inner = self.list("items", value, place)?;
            copy.shape("prefixItems", inner);
        }
        if let Some(rest) = beside.get("additionalItems") {
            let inner = self.schema(rest, &place.child("additionalItems"))?;
            copy.shape("items", inner);
        }
        Ok(())
    }

    /// The keyword under which a list of options is enforced.
    fn options(&self, keyword: &str, value: &Value, place: &Place) -> Result<&'static str, GrammarError> {
        match keyword {
            "allOf" => Ok("allOf"),
            "anyOf" => Ok("anyOf"),
            _ => {
                let options = value.as_array().map(Vec::as_slice).unwrap_or_default();
                match exclusive::overlap(options, &self.references) {
                    None => Ok("anyOf"),
                    Some((a, b)) => Err(refuse(
                        &place.0,
                        &format!(
                            "\"oneOf\" cannot be enforced, because one value might satisfy its options {a} and {b}; \
                             tell them apart by a required property with different \"const\", or use \"anyOf\""
                        ),
                    )),
                }
            }
        }
    }
}

/// The keywords of a copy. llguidance applies them in their order, and that decides the order of properties; it must see
/// those that speak of each other, such as `properties` and `additionalProperties`, in one piece.
#[derive(Debug, Default)]
struct Copy {
    before: Map<String, Value>,
    together: Map<String, Value>,
    after: Map<String, Value>,
    shaped: bool,
}

impl Copy {
    fn value(&mut self, keyword: &str, value: Value) {
        self.together.insert(keyword.to_owned(), value);
    }

    fn shape(&mut self, keyword: &str, value: Value) {
        self.shaped = true;
        self.value(keyword, value);
    }

    fn applicator(&mut self, keyword: &str, value: Value) {
        let side = if self.shaped { &mut self.after } else { &mut self.before };
        match (keyword, side.get_mut(keyword)) {
            // A `oneOf` that became `anyOf` beside an `anyOf`: both must hold.
            ("anyOf", Some(_)) => {
                let both = side.entry("allOf").or_insert_with(|| json!([]));
                if let Value::Array(list) = both {
                    list.push(json!({ "anyOf": value }));
                }
            }
            _ => {
                side.insert(keyword.to_owned(), value);
            }
        }
    }

    fn join(self) -> Map<String, Value> {
        let mut whole = self.before;
        whole.extend(self.together);
        for (keyword, value) in self.after {
            match (keyword.as_str(), whole.get_mut(&keyword)) {
                ("allOf", Some(Value::Array(list))) => match value {
                    Value::Array(more) => list.extend(more),
                    other => list.push(other),
                },
                ("anyOf", Some(_)) => {
                    let both = whole.entry("allOf").or_insert_with(|| json!([]));
                    if let Value::Array(list) = both {
                        list.push(json!({ "anyOf": value }));
                    }
                }
                _ => {
                    whole.insert(keyword, value);
                }
            }
        }
        whole
    }
}
