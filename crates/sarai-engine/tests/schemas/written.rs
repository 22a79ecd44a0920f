//! Schemas written by hand, patterns and formats with what they mean, and what must be refused.

use serde_json::{Value, json};

pub(crate) const PATTERNS: [&str; 8] = [
    "^[a-z]{2,4}$",
    "^[A-Z]{3}-\\d{2,3}$",
    "^(foo|bar)+$",
    "\\d",
    "^\\w+@\\w+\\.com$",
    "^é{1,3}[^ñ\\s]?$",
    "^a|b$",
    "^(?:[01]\\.){2,}$",
];

/// What each pattern that is used here means.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let word = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match pattern {
        "^[a-z]{2,4}$" => (2..=4).contains(&chars.len()) && chars.iter().all(char::is_ascii_lowercase),
        "^[A-Z]{3}-\\d{2,3}$" => text.split_once('-').is_some_and(|(letters, digits)| {
            letters.len() == 3
                && letters.bytes().all(|c| c.is_ascii_uppercase())
                && (2..=3).contains(&digits.len())
                && digits.bytes().all(|c| c.is_ascii_digit())
        }),
        "^(foo|bar)+$" => {
            !text.is_empty() && chars.chunks(3).all(|three| matches!(three, ['f', 'o', 'o'] | ['b', 'a', 'r']))
        }
        "\\d" => text.bytes().any(|c| c.is_ascii_digit()),
        "^\\w+@\\w+\\.com$" => text
            .strip_suffix(".com")
            .and_then(|rest| rest.split_once('@'))
            .is_some_and(|(name, host)| word(name) && word(host)),
        "^é{1,3}[^ñ\\s]?$" => {
            let rest = text.trim_start_matches('é');
            let marks = chars.len() - rest.chars().count();
            let last = rest.chars().next();
            rest.chars().count() <= 1
                && (1..=3 + usize::from(last.is_none())).contains(&marks)
                && last.is_none_or(|c| c != 'ñ' && !c.is_whitespace())
        }
        "^a|b$" => text.starts_with('a') || text.ends_with('b'),
        "^(?:[01]\\.){2,}$" => {
            chars.len() >= 4
                && chars.len().is_multiple_of(2)
                && chars.chunks(2).all(|two| matches!(two, ['0' | '1', '.']))
        }
        "^x-" => text.starts_with("x-"),
        "_id$" => text.ends_with("_id"),
        "^[a-z]+$" => !text.is_empty() && text.bytes().all(|c| c.is_ascii_lowercase()),
        "^[0-9]+$" => !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit()),
        _ => panic!("nobody wrote down what {pattern} means"),
    }
}

pub(crate) const FORMATS: [&str; 9] =
    ["date", "time", "date-time", "uuid", "ipv4", "ipv6", "email", "hostname", "duration"];

pub(crate) fn has_format(format: &str, text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
    match format {
        "date" => is_date(text),
        "time" => is_time(text),
        "date-time" => text.split_once('T').is_some_and(|(date, time)| is_date(date) && is_time(time)),
        "uuid" => {
            let parts: Vec<&str> = text.split('-').collect();
            parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
                && parts.concat().bytes().all(|c| c.is_ascii_hexdigit())
        }
        "ipv4" => text.parse::<core::net::Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<core::net::Ipv6Addr>().is_ok(),
        "email" => text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty()
                && !host.contains('@')
                && !name.starts_with('.')
                && !name.contains("..")
                && !host.is_empty()
        }),
        "hostname" => text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        }),
        "duration" => {
            let (date, time) =
                text.strip_prefix('P').map_or(("!", ""), |rest| rest.split_once('T').unwrap_or((rest, "")));
            let fits = |part: &str, units: &str| {
                let mut units = units.chars();
                part.split_inclusive(|c: char| c.is_ascii_alphabetic()).all(|step| {
                    let (count, unit) = step.split_at(step.len() - 1);
                    digits(count) && unit.chars().all(|unit| units.any(|known| known == unit))
                })
            };
            text.len() > 1
                && !text.ends_with('T')
                && (fits(date, "YMD") || fits(date, "W") && time.is_empty())
                && fits(time, "HMS")
        }
        _ => panic!("nobody wrote down what {format} is"),
    }
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return false };
    let widths = (year.len(), month.len(), day.len()) == (4, 2, 2);
    let (Ok(year), Ok(month), Ok(day)) = (year.parse::<u32>(), month.parse::<u32>(), day.parse::<u32>()) else {
        return false;
    };
    let leap = year % 4 == 0 && year % 100 != 0 || year % 400 == 0;
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        1..=12 => 31,
        _ => 0,
    };
    widths && year >= 1 && (1..=days).contains(&day)
}

fn is_time(text: &str) -> bool {
    let number = |from: usize, below: u32| {
        text.get(from..from + 2).and_then(|two| two.parse::<u32>().ok()).is_some_and(|two| two < below)
    };
    let rest = text.get(8..).unwrap_or_default();
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => {
            let rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if rest.len() == fraction.len() { "!" } else { rest }
        }
        None => rest,
    };
    let zone = rest == "Z"
        || rest.len() == 6
            && rest.starts_with(['+', '-'])
            && rest[1..3].parse::<u32>().is_ok_and(|hours| hours < 24)
            && rest[3..].starts_with(':')
            && rest[4..].parse::<u32>().is_ok_and(|minutes| minutes < 60);
    number(0, 24)
        && number(3, 60)
        && number(6, 60)
        && text.get(2..3) == Some(":")
        && text.get(5..6) == Some(":")
        && zone
}

/// `depth` objects or lists in each other.
fn deep(depth: usize, object: bool) -> Value {
    (0..depth).fold(json!({"type": "integer", "minimum": 0, "maximum": 9}), |inner, _| {
        if object {
            json!({"type": "object", "properties": {"in": inner}, "required": ["in"], "additionalProperties": false})
        } else {
            json!({"type": "array", "items": inner, "minItems": 1, "maxItems": 1})
        }
    })
}

pub(crate) fn schemas() -> Vec<Value> {
    let mut all = recursive();
    all.extend(shapes());
    all.extend(values());
    all.extend(PATTERNS.iter().map(|pattern| json!({"type": "string", "pattern": pattern})));
    all.extend(FORMATS.iter().map(|format| json!({"type": "string", "format": format})));
    all
}

fn recursive() -> Vec<Value> {
    vec![
        json!({"$ref": "#/$defs/node", "$defs": {"node": {
            "type": "object",
            "properties": {"value": {"type": "integer"}, "next": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/node"}]}},
            "required": ["value", "next"], "additionalProperties": false,
        }}}),
        json!({"type": "array", "items": {"anyOf": [{"const": 0}, {"$ref": "#"}]}, "maxItems": 2}),
        json!({"$defs": {"niño/~": {"enum": ["sí", null]}}, "type": "array", "items": {"$ref": "#/$defs/ni%C3%B1o~1~0"}}),
        json!({"$defs": {
            "expr": {"oneOf": [{"type": "integer"}, {"$ref": "#/$defs/pair"}]},
            "pair": {"type": "object", "properties": {"op": {"enum": ["+", "-", "×"]}, "a": {"$ref": "#/$defs/expr"}, "b": {"$ref": "#/$defs/expr"}},
                "required": ["op", "a", "b"], "additionalProperties": false},
        }, "$ref": "#/$defs/expr"}),
        json!({"$ref": "#tree", "$defs": {"t": {"$anchor": "tree", "type": "object",
            "properties": {"leaves": {"type": "array", "items": {"$ref": "#tree"}, "maxItems": 2}}, "additionalProperties": false}}}),
        json!({"definitions": {"id": {"type": "integer", "minimum": 1}}, "type": "object", "$schema": "http://json-schema.org/draft-07/schema#",
            "properties": {"id": {"$ref": "#/definitions/id"}, "parent": {"$ref": "#/definitions/id"}}, "required": ["id"]}),
        deep(25, true),
        deep(40, false),
    ]
}

fn shapes() -> Vec<Value> {
    let kind = |name: &str, more: Value| json!({"type": "object", "properties": {"kind": {"const": name}, "of": more}, "required": ["kind", "of"]});
    vec![
        json!(true),
        json!({}),
        json!({"type": "object"}),
        json!({"type": "array"}),
        json!({"type": "object", "properties": {}, "additionalProperties": false}),
        json!({"type": "object", "additionalProperties": {"type": "integer"}}),
        json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "integer"}}),
        json!({"type": "object", "properties": {"línea\n": {"const": 1}, "\\": {"const": 2}, "\u{1}": {"const": 3}, "/": {"const": 4}}, "required": ["línea\n", "\u{1}", "/"]}),
        json!({"type": "object", "required": ["b", "a", "b"], "properties": {"a": {"type": "null"}}}),
        json!({"type": "object", "properties": {"a": {}, "b": {}, "c": {}}, "additionalProperties": false, "minProperties": 1}),
        json!({"type": "object", "properties": {"a": {"type": "null"}, "b": {"type": "null"}}, "additionalProperties": false, "maxProperties": 1}),
        json!({"type": "object", "properties": {"a": false, "b": {"type": "integer"}}}),
        json!({"type": "object", "patternProperties": {"^[a-z]+$": {"type": "integer"}, "^[0-9]+$": {"type": "string"}}, "additionalProperties": false}),
        json!({"type": "object", "properties": {"x-a": {"minimum": 5}}, "patternProperties": {"^x-": {"type": "integer", "maximum": 9}}, "additionalProperties": {"type": "null"}}),
        json!({"additionalProperties": false, "type": "object", "allOf": [{"properties": {"z": {"type": "null"}}}], "properties": {"a": {"type": "integer"}, "z": {}}, "required": ["a"]}),
        json!({"type": "object", "properties": {"a": {"type": "integer"}}, "minProperties": 1, "required": ["a"], "maxProperties": 3}),
        json!({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string", "maxLength": 3}], "items": false}),
        json!({"type": "array", "prefixItems": [{"const": "a"}], "items": {"type": "boolean"}, "minItems": 2, "maxItems": 4}),
        json!({"type": "array", "items": [{"type": "integer"}, {"type": "null"}], "additionalItems": {"const": "z"}, "minItems": 1}),
        json!({"type": "array", "items": {"type": "array", "items": {"enum": [0, 1]}, "minItems": 3, "maxItems": 3}, "minItems": 3, "maxItems": 3}),
        json!({"anyOf": [kind("a", json!({"type": "integer"})), kind("b", json!({"type": "array", "items": {"type": "null"}})), {"type": "null"}]}),
        json!({"oneOf": [kind("a", json!({"type": "integer"})), kind("b", json!({"type": "string"})), kind("ñ", json!(true))]}),
        json!({"oneOf": [{"type": "integer", "maximum": 3}, {"type": "number", "exclusiveMinimum": 3}, {"enum": ["x", null]}], "anyOf": [{"type": "number"}, {"type": "string"}]}),
        json!({"allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}, {"properties": {"b": {"maxLength": 2, "type": "string"}}, "required": ["b"]}]}),
        json!({"allOf": [{"minimum": 3}, {"maximum": 8, "type": "integer"}, {"multipleOf": 2}]}),
        json!({"allOf": [{"pattern": "\\d"}, {"pattern": "^(foo|bar)+$"}], "type": ["string", "null"]}),
        json!({"$ref": "#/$defs/base", "properties": {"more": {"type": "boolean"}}, "required": ["more"],
            "$defs": {"base": {"type": "object", "properties": {"less": {"type": "integer"}}, "required": ["less"]}}}),
        json!({"type": "object", "title": "t", "x-order": 3, "examples": [1], "properties": {"title": {"type": "string"}, "not": {"const": 1}, "$ref": {"const": 2}, "x-guidance": {"const": 3}}, "required": ["not", "$ref"]}),
    ]
}

fn values() -> Vec<Value> {
    let many: Vec<Value> = (0..300).map(|n| json!(format!("value-{}", n * 7919 % 1000))).collect();
    vec![
        json!({"enum": many}),
        json!({"enum": [1, 1.5, -0.25, 1000000, "1", null, true, [], {}, [1, [2]], {"a": {"b": "c"}}]}),
        json!({"type": "integer", "enum": [1, 2.5, "x", 3.0]}),
        json!({"const": {"b": 1, "a": [null, "\u{8}\u{c}\n\r\t\"\\/"]}}),
        json!({"const": "日本語🙂é"}),
        json!({"const": 9007199254740992_u64}),
        json!({"type": "string", "enum": ["a", "bb", "ccc"], "minLength": 2}),
        json!({"type": "integer", "minimum": -3, "maximum": 12}),
        json!({"type": "integer", "exclusiveMinimum": 7, "exclusiveMaximum": 9}),
        json!({"type": "integer", "minimum": 0.5, "maximum": 1.5}),
        json!({"type": "integer", "minimum": 5, "exclusiveMinimum": true, "maximum": 7, "exclusiveMaximum": false}),
        json!({"type": "integer", "multipleOf": 12, "minimum": 1}),
        json!({"type": "number", "minimum": -1.5, "exclusiveMaximum": 0}),
        json!({"type": "number", "exclusiveMinimum": 0, "maximum": 0.001}),
        json!({"type": "number", "minimum": 99.5}),
        json!({"type": "number", "maximum": -0.125}),
        json!({"type": "number", "multipleOf": 0.01, "minimum": 0, "maximum": 10}),
        json!({"type": "integer", "minimum": 1000000000, "maximum": 1000000007}),
        json!({"type": "string", "minLength": 3, "maxLength": 3}),
        json!({"type": "string", "minLength": 2.0, "maxLength": 5, "pattern": "^[a-z]+$"}),
        json!({"minimum": 5, "maxLength": 2, "maxItems": 1}),
        json!({"type": ["integer", "null", "array"], "minimum": 5, "items": {"type": "null"}}),
    ]
}

/// What cannot be enforced, contradicts itself or is no schema, and what the refusal must say.
pub(crate) fn refused() -> Vec<(Value, Vec<&'static str>)> {
    let keywords = [
        ("not", json!({})),
        ("if", json!({})),
        ("contains", json!({})),
        ("uniqueItems", json!(true)),
        ("propertyNames", json!({"maxLength": 3})),
        ("unevaluatedProperties", json!(false)),
        ("unevaluatedItems", json!(false)),
        ("dependentRequired", json!({"a": ["b"]})),
        ("dependentSchemas", json!({"a": true})),
        ("dependencies", json!({"a": ["b"]})),
        ("$dynamicRef", json!("#x")),
        ("nullable", json!(true)),
        ("minContains", json!(1)),
        ("minLenght", json!(1)),
    ];
    let mut all: Vec<(Value, Vec<&'static str>)> = keywords
        .into_iter()
        .map(|(keyword, value)| {
            (
                json!({"type": "object", "properties": {"a": {"items": {keyword: value}}}}),
                vec!["#/properties/a/items: ", keyword],
            )
        })
        .collect();
    all.extend(contradictions());
    all.extend(misspelt());
    all
}

fn contradictions() -> Vec<(Value, Vec<&'static str>)> {
    vec![
        (json!(false), vec!["#: ", "false"]),
        (json!({"items": {"minimum": 3, "maximum": 2}}), vec!["#/items: ", "minimum", "maximum", "contradict"]),
        (json!({"items": {"exclusiveMinimum": 3, "maximum": 3}}), vec!["#/items: ", "exclusiveMinimum"]),
        (json!({"minLength": 3, "maxLength": 2}), vec!["#: ", "minLength", "contradict"]),
        (json!({"anyOf": [{"minItems": 3, "maxItems": 2}]}), vec!["#/anyOf/0: ", "minItems"]),
        (json!({"minProperties": 3, "maxProperties": 2}), vec!["#: ", "minProperties"]),
        (json!({"type": "integer", "minimum": 0.2, "maximum": 0.8}), vec!["#: ", "no integer"]),
        (json!({"allOf": [{"type": "string"}, {"type": "integer"}]}), vec!["#: ", "nothing can satisfy"]),
        (
            json!({"type": "object", "properties": {"a": {"type": "string", "const": 1}}, "required": ["a"]}),
            vec!["#/properties/a: "],
        ),
        (
            json!({"type": "object", "required": ["a"], "additionalProperties": false}),
            vec!["#: ", "required property 'a'"],
        ),
        (json!({"type": "string", "pattern": "^a$", "minLength": 2}), vec!["#: ", "nothing can satisfy"]),
        (json!({"$ref": "#"}), vec!["never end"]),
        (json!({"type": "array", "items": {"$ref": "#"}, "minItems": 1}), vec!["never end"]),
        (json!({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}), vec!["never end"]),
        (
            json!({"anyOf": [{"type": "null"}, {"$ref": "#/$defs/a"}], "$defs": {"a": {"type": "array", "items": {"$ref": "#/$defs/a"}, "minItems": 2}}}),
            vec!["never end"],
        ),
    ]
}

fn misspelt() -> Vec<(Value, Vec<&'static str>)> {
    vec![
        (json!([]), vec!["#: ", "object or a boolean"]),
        (json!({"properties": {"a/b~": 3}}), vec!["#/properties/a~1b~0: "]),
        (json!({"properties": []}), vec!["#: ", "\"properties\" must be"]),
        (json!({"type": "int"}), vec!["#: ", "\"type\" must be"]),
        (json!({"type": []}), vec!["\"type\" must be"]),
        (json!({"enum": []}), vec!["\"enum\" must be"]),
        (json!({"enum": 3}), vec!["\"enum\" must be"]),
        (json!({"required": "a"}), vec!["\"required\" must be"]),
        (json!({"minLength": -1}), vec!["\"minLength\" must be"]),
        (json!({"maxItems": 1.5}), vec!["\"maxItems\" must be"]),
        (json!({"minimum": "3"}), vec!["\"minimum\" must be"]),
        (json!({"exclusiveMinimum": true}), vec!["\"exclusiveMinimum\" must be"]),
        (json!({"multipleOf": 0}), vec!["\"multipleOf\" must be"]),
        (json!({"pattern": 3}), vec!["\"pattern\" must be"]),
        (json!({"items": {"pattern": "a("}}), vec!["#/items: ", "\"pattern\"", "unclosed group"]),
        (json!({"items": {"pattern": "(?=a)"}}), vec!["#/items: ", "\"pattern\"", "look-around"]),
        (json!({"items": {"pattern": "\\bx"}}), vec!["#/items: ", "\"pattern\""]),
        (json!({"items": {"pattern": "(a)\\1"}}), vec!["#/items: ", "\"pattern\"", "backreferences"]),
        (json!({"format": "regex"}), vec!["\"format\" \"regex\""]),
        (json!({"anyOf": []}), vec!["\"anyOf\" must be"]),
        (json!({"allOf": {}}), vec!["\"allOf\" must be"]),
        (
            json!({"items": {"oneOf": [{"type": "integer"}, {"type": "number"}]}}),
            vec!["#/items: ", "\"oneOf\"", "0 and 1"],
        ),
        (json!({"items": {"oneOf": [{"enum": [1, 2]}, {"enum": [2.0]}]}}), vec!["#/items: ", "\"oneOf\""]),
        (json!({"items": {"$ref": "#/$defs/x"}}), vec!["#/items: ", "\"$ref\"", "not there"]),
        (json!({"items": {"$ref": "other.json"}}), vec!["#/items: ", "\"$ref\"", "other.json"]),
        (json!({"items": {"$id": "x"}}), vec!["#/items: ", "$id"]),
        (json!({"const": "\u{1}"}), vec!["\"const\"", "control character"]),
        (json!({"enum": [["\u{7f}"]]}), vec!["\"enum\"", "control character"]),
        (json!({"const": 1e300}), vec!["\"const\"", "number"]),
        (json!({"minimum": 1e300}), vec!["\"minimum\""]),
        (json!({"maxLength": 1000000000}), vec!["\"maxLength\""]),
        (json!({"minProperties": 2}), vec!["\"minProperties\""]),
        (json!({"properties": {"a": {}, "b": {}}, "minProperties": 1}), vec!["minProperties"]),
    ]
}
