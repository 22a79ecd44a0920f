//! A validator of JSON Schema that is as plain as possible, for the keywords that are enforced.
//!
//! It reads its own JSON, so that it sees names that come twice, and keeps numbers as they are written: what is a
//! multiple of 0.1 is decided by digits.

use std::collections::BTreeMap;

use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    /// The last of those with the same name counts, as with most readers.
    Object(BTreeMap<String, Json>),
}

#[derive(Debug)]
pub(crate) struct Validator<'a> {
    root: &'a Value,
}

type Judgement = Result<(), String>;

fn ensure(holds: bool, keyword: &str, value: &Json) -> Judgement {
    if holds { Ok(()) } else { Err(format!("{keyword} does not hold for {value:?}")) }
}

impl<'a> Validator<'a> {
    pub(crate) fn new(root: &'a Value) -> Self {
        Self { root }
    }

    pub(crate) fn check(&self, text: &str) -> Judgement {
        serde_json::from_str::<Value>(text).map_err(|error| error.to_string()).or_else(|error| {
            // Numbers beyond what it holds are still JSON.
            if error.contains("number out of range") { Ok(Value::Null) } else { Err(error) }
        })?;
        let mut reader = Reader { rest: text };
        let value = reader.value();
        assert!(reader.rest.is_empty(), "read on: {}", reader.rest);
        self.value(self.root, &value)
    }

    fn value(&self, schema: &Value, value: &Json) -> Judgement {
        let keywords = match schema {
            Value::Bool(true) => return Ok(()),
            Value::Bool(false) => return Err(format!("false for {value:?}")),
            Value::Object(keywords) => keywords,
            _ => panic!("no schema: {schema}"),
        };
        for (keyword, asked) in keywords {
            match keyword.as_str() {
                "$ref" => self.value(self.target(asked.as_str().unwrap()), value)?,
                "type" => {
                    let types = asked.as_array().cloned().unwrap_or_else(|| vec![asked.clone()]);
                    ensure(types.iter().any(|name| is(value, name.as_str().unwrap())), "type", value)?;
                }
                "const" => ensure(&of(asked) == value || same_number(&of(asked), value), "const", value)?,
                "enum" => {
                    let any = asked.as_array().unwrap().iter().any(|one| same(&of(one), value));
                    ensure(any, "enum", value)?;
                }
                "allOf" => asked.as_array().unwrap().iter().try_for_each(|one| self.value(one, value))?,
                "anyOf" => ensure(self.count(asked, value) >= 1, "anyOf", value)?,
                "oneOf" => ensure(self.count(asked, value) == 1, "oneOf", value)?,
                _ => self.of_type(keyword, asked, schema, value)?,
            }
        }
        Ok(())
    }

    fn count(&self, options: &Value, value: &Json) -> usize {
        options.as_array().unwrap().iter().filter(|one| self.value(one, value).is_ok()).count()
    }

    fn target(&self, reference: &str) -> &Value {
        let pointer = reference.strip_prefix('#').unwrap();
        if pointer.is_empty() || pointer.starts_with('/') {
            return self.root.pointer(&pointer.replace("%C3%B1", "ñ")).unwrap();
        }
        let defs = self.root["$defs"].as_object().unwrap();
        defs.values().find(|one| one["$anchor"] == *pointer).unwrap()
    }

    fn of_type(&self, keyword: &str, asked: &Value, schema: &Value, value: &Json) -> Judgement {
        match value {
            Json::Number(number) => of_number(keyword, asked, number, schema, value),
            Json::Text(text) => of_text(keyword, asked, text, value),
            Json::List(list) => self.of_list(keyword, asked, schema, list, value),
            Json::Object(object) => self.of_object(keyword, asked, schema, object, value),
            Json::Null | Json::Bool(_) => Ok(()),
        }
    }

    fn of_list(&self, keyword: &str, asked: &Value, schema: &Value, list: &[Json], value: &Json) -> Judgement {
        let size = |asked: &Value| asked.as_f64().unwrap() as usize;
        match keyword {
            "minItems" => ensure(list.len() >= size(asked), keyword, value),
            "maxItems" => ensure(list.len() <= size(asked), keyword, value),
            "prefixItems" => {
                let prefix = asked.as_array().unwrap();
                prefix.iter().zip(list).try_for_each(|(schema, item)| self.value(schema, item))
            }
            "items" => match asked.as_array() {
                // As drafts up to 2019-09 have it.
                Some(prefix) => {
                    prefix.iter().zip(list).try_for_each(|(schema, item)| self.value(schema, item))?;
                    let more = schema.get("additionalItems").cloned().unwrap_or(Value::Bool(true));
                    list.iter().skip(prefix.len()).try_for_each(|item| self.value(&more, item))
                }
                None => {
                    let prefix = schema.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
                    list.iter().skip(prefix).try_for_each(|item| self.value(asked, item))
                }
            },
            _ => Ok(()),
        }
    }

    fn of_object(
        &self,
        keyword: &str,
        asked: &Value,
        schema: &Value,
        object: &BTreeMap<String, Json>,
        value: &Json,
    ) -> Judgement {
        let size = |asked: &Value| asked.as_f64().unwrap() as usize;
        let patterns = |schema: &Value| -> Vec<(String, Value)> {
            let map = schema.get("patternProperties").and_then(Value::as_object).cloned().unwrap_or_default();
            map.into_iter().collect()
        };
        match keyword {
            "minProperties" => ensure(object.len() >= size(asked), keyword, value),
            "maxProperties" => ensure(object.len() <= size(asked), keyword, value),
            "required" => {
                let names = asked.as_array().unwrap();
                ensure(names.iter().all(|name| object.contains_key(name.as_str().unwrap())), keyword, value)
            }
            "properties" => asked.as_object().unwrap().iter().try_for_each(|(name, schema)| match object.get(name) {
                Some(inner) => self.value(schema, inner),
                None => Ok(()),
            }),
            "patternProperties" => patterns(schema).iter().try_for_each(|(pattern, schema)| {
                let mut named = object.iter().filter(|(name, _)| super::written::matches(pattern, name));
                named.try_for_each(|(_, inner)| self.value(schema, inner))
            }),
            "additionalProperties" => {
                let known = schema.get("properties").and_then(Value::as_object);
                let patterns = patterns(schema);
                let mut others = object.iter().filter(|(name, _)| {
                    !known.is_some_and(|known| known.contains_key(*name))
                        && !patterns.iter().any(|(pattern, _)| super::written::matches(pattern, name))
                });
                others.try_for_each(|(_, inner)| self.value(asked, inner))
            }
            _ => Ok(()),
        }
    }
}

fn of_number(keyword: &str, asked: &Value, number: &str, schema: &Value, value: &Json) -> Judgement {
    let compared = |asked: &Value| compare(number, &asked.to_string());
    match (keyword, asked) {
        // As draft 4 has it.
        ("exclusiveMinimum", Value::Bool(open)) => {
            ensure(!open || compared(&schema["minimum"]).is_gt(), keyword, value)
        }
        ("exclusiveMaximum", Value::Bool(open)) => {
            ensure(!open || compared(&schema["maximum"]).is_lt(), keyword, value)
        }
        ("minimum", asked) => ensure(compared(asked).is_ge(), keyword, value),
        ("maximum", asked) => ensure(compared(asked).is_le(), keyword, value),
        ("exclusiveMinimum", asked) => ensure(compared(asked).is_gt(), keyword, value),
        ("exclusiveMaximum", asked) => ensure(compared(asked).is_lt(), keyword, value),
        ("multipleOf", asked) => {
            let (number, factor) = (Decimal::of(number), Decimal::of(&asked.to_string()));
            let least = number.exponent.min(factor.exponent);
            let factor: u128 = factor.scaled(least).parse().unwrap();
            let rest =
                number.scaled(least).bytes().fold(0, |rest, digit| (rest * 10 + u128::from(digit - b'0')) % factor);
            ensure(rest == 0, keyword, value)
        }
        _ => Ok(()),
    }
}

fn of_text(keyword: &str, asked: &Value, text: &str, value: &Json) -> Judgement {
    let size = |asked: &Value| asked.as_f64().unwrap() as usize;
    match keyword {
        "minLength" => ensure(text.chars().count() >= size(asked), keyword, value),
        "maxLength" => ensure(text.chars().count() <= size(asked), keyword, value),
        "pattern" => ensure(super::written::matches(asked.as_str().unwrap(), text), keyword, value),
        "format" => ensure(super::written::has_format(asked.as_str().unwrap(), text), keyword, value),
        _ => Ok(()),
    }
}

fn is(value: &Json, name: &str) -> bool {
    match (value, name) {
        (Json::Null, "null") | (Json::Bool(_), "boolean") | (Json::Number(_), "number") => true,
        (Json::Text(_), "string") | (Json::List(_), "array") | (Json::Object(_), "object") => true,
        (Json::Number(number), "integer") => Decimal::of(number).exponent >= 0,
        _ => false,
    }
}

/// A value of the schema in the same shape as an answer.
fn of(value: &Value) -> Json {
    Reader { rest: &value.to_string() }.value()
}

fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::List(a), Json::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((x, a), (y, b))| x == y && same(a, b))
        }
        _ => a == b || same_number(a, b),
    }
}

fn same_number(a: &Json, b: &Json) -> bool {
    matches!((a, b), (Json::Number(a), Json::Number(b)) if compare(a, b).is_eq())
}

/// A number as digits without a point, times a power of ten; no zeros at the end.
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    fn of(text: &str) -> Self {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        let digits = digits.trim_start_matches('0');
        let short = digits.trim_end_matches('0');
        // An exponent of many digits is as good as one of nine.
        let sign = if exponent.starts_with('-') { -1 } else { 1 };
        let size = exponent.trim_start_matches(['+', '-']).parse::<i64>().unwrap_or(i64::MAX).min(999_999_999);
        let exponent = sign * size - fraction.len() as i64 + (digits.len() - short.len()) as i64;
        if short.is_empty() {
            return Self { negative: false, digits: "0".to_owned(), exponent: 0 };
        }
        Self { negative, digits: short.to_owned(), exponent }
    }

    /// Its digits as a whole number of the given power of ten.
    fn scaled(&self, exponent: i64) -> String {
        format!("{}{}", self.digits, "0".repeat((self.exponent - exponent) as usize))
    }
}

fn compare(a: &str, b: &str) -> std::cmp::Ordering {
    let (a, b) = (Decimal::of(a), Decimal::of(b));
    let sign = |one: &Decimal| {
        if one.digits == "0" {
            0
        } else if one.negative {
            -1
        } else {
            1
        }
    };
    let size = |one: &Decimal| (one.digits.len() as i64 + one.exponent, one.digits.clone());
    sign(&a).cmp(&sign(&b)).then_with(|| {
        let sizes = size(&a).cmp(&size(&b));
        if a.negative { sizes.reverse() } else { sizes }
    })
}

/// Reads JSON that is known to be well-formed.
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn value(&mut self) -> Json {
        self.blank();
        let value = match self.rest.as_bytes()[0] {
            b'n' => self.word("null", Json::Null),
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            b'"' => Json::Text(self.text()),
            b'[' => Json::List(self.members(']', |reader| reader.value())),
            b'{' => Json::Object(
                self.members('}', |reader| {
                    let name = reader.text();
                    reader.blank();
                    reader.rest = reader.rest.strip_prefix(':').unwrap();
                    (name, reader.value())
                })
                .into_iter()
                .collect(),
            ),
            _ => {
                let end = self.rest.find(|c: char| !"+-.eE0123456789".contains(c)).unwrap_or(self.rest.len());
                let (number, rest) = self.rest.split_at(end);
                self.rest = rest;
                Json::Number(number.to_owned())
            }
        };
        self.blank();
        value
    }

    fn blank(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\n', '\r', '\t']);
    }

    fn word(&mut self, word: &str, value: Json) -> Json {
        self.rest = self.rest.strip_prefix(word).unwrap();
        value
    }

    fn text(&mut self) -> String {
        let mut escaped = false;
        let end = self.rest.char_indices().skip(1).find(|&(_, c)| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        });
        let (text, rest) = self.rest.split_at(end.unwrap().0 + 1);
        self.rest = rest;
        serde_json::from_str(text).unwrap()
    }

    fn members<T>(&mut self, close: char, member: impl Fn(&mut Self) -> T) -> Vec<T> {
        let mut members = Vec::new();
        self.rest = &self.rest[1..];
        self.blank();
        while !self.rest.starts_with(close) {
            members.push(member(self));
            self.blank();
            self.rest = self.rest.strip_prefix(',').unwrap_or(self.rest);
            self.blank();
        }
        self.rest = &self.rest[1..];
        members
    }
}
