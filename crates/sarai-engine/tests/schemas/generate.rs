//! Schemas at random, always the same ones.

use serde_json::{Map, Value, json};

/// A small generator of numbers: xorshift, as Marsaglia has it.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % count as u64) as usize
    }

    pub(crate) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

const NAMES: [&str; 12] = ["id", "name", "años", "a b", "kind", "日本", "x/y", "q\"q", "tab\t", "~", "total", "é"];

pub(crate) fn schema(dice: &mut Dice) -> Value {
    let mut root = node(dice, 3);
    if let (Value::Object(map), true) = (&mut root, dice.one_in(4)) {
        map.insert("title".to_owned(), json!("generated"));
        map.insert("description".to_owned(), json!("nothing to enforce"));
    }
    root
}

fn node(dice: &mut Dice, depth: usize) -> Value {
    match dice.below(if depth == 0 { 7 } else { 13 }) {
        0 => whole(dice),
        1 => number(dice),
        2 | 3 => text(dice),
        4 => json!({"type": dice.pick(&["boolean", "null", "integer", "number", "string"])}),
        5 => constants(dice),
        6 => json!({"type": [dice.pick(&["boolean", "null"]), dice.pick(&["integer", "string", "number"])]}),
        7..=9 => object(dice, depth),
        10 | 11 => list(dice, depth),
        _ => combined(dice, depth),
    }
}

fn whole(dice: &mut Dice) -> Value {
    let low = dice.below(2000) as i64 - 1000;
    let high = low + dice.below(1500) as i64;
    let mut schema = json!({"type": "integer"});
    for (keyword, value) in
        [("minimum", low), ("maximum", high), ("exclusiveMinimum", low - 1), ("exclusiveMaximum", high + 1)]
    {
        if dice.one_in(3) {
            schema[keyword] = json!(value);
        }
    }
    if dice.one_in(4) {
        schema["multipleOf"] = json!(dice.pick(&[2, 3, 5, 7, 10, 25]));
    }
    schema
}

fn number(dice: &mut Dice) -> Value {
    let low = dice.below(4000) as f64 / 8.0 - 250.0;
    let high = low + dice.below(3000) as f64 / 16.0 + 0.5;
    let mut schema = json!({"type": "number"});
    for (keyword, value) in
        [("minimum", low), ("maximum", high), ("exclusiveMinimum", low - 0.25), ("exclusiveMaximum", high + 0.25)]
    {
        if dice.one_in(3) {
            schema[keyword] = json!(value);
        }
    }
    if dice.one_in(5) {
        schema["multipleOf"] = json!(dice.pick(&[0.5, 0.25, 0.1, 0.01, 2.5]));
    }
    schema
}

fn text(dice: &mut Dice) -> Value {
    let mut schema = json!({"type": "string"});
    match dice.below(5) {
        0 => {
            let least = dice.below(6);
            schema["minLength"] = json!(least);
            schema["maxLength"] = json!(least + dice.below(8));
        }
        1 => schema["pattern"] = json!(dice.pick(&super::written::PATTERNS)),
        2 => schema["format"] = json!(dice.pick(&super::written::FORMATS)),
        3 => schema["maxLength"] = json!(dice.below(12)),
        _ => {}
    }
    schema
}

fn constants(dice: &mut Dice) -> Value {
    let values = [
        json!("rojo"),
        json!("a\"b\\c"),
        json!("línea\n2"),
        json!("日本語"),
        json!(0),
        json!(-17),
        json!(2.5),
        json!(null),
        json!(true),
        json!([1, "x", [null]]),
        json!({"k": 1, "ñ": {"z": false}}),
        json!(""),
    ];
    if dice.one_in(3) {
        return json!({"const": dice.pick(&values)});
    }
    let count = dice.below(6) + 1;
    json!({"enum": (0..count).map(|_| dice.pick(&values).clone()).collect::<Vec<_>>()})
}

fn object(dice: &mut Dice, depth: usize) -> Value {
    let mut properties = Map::new();
    for _ in 0..dice.below(5) {
        let name = *dice.pick(&NAMES);
        properties.insert(name.to_owned(), node(dice, depth - 1));
    }
    let names: Vec<String> = properties.keys().cloned().collect();
    let required: Vec<&String> = names.iter().filter(|_| dice.one_in(2)).collect();
    let mut schema = json!({"type": "object", "properties": properties, "required": required});
    match dice.below(4) {
        0 => schema["additionalProperties"] = json!(false),
        1 => schema["additionalProperties"] = node(dice, 0),
        2 => schema["patternProperties"] = json!({"^x-": node(dice, 0), "_id$": node(dice, 0)}),
        _ => {}
    }
    if schema.get("patternProperties").is_some() {
        // A name that matches both patterns is refused, so one of them goes.
        schema["patternProperties"].as_object_mut().unwrap().retain(|pattern, _| pattern == "^x-");
    }
    if required.len() == names.len() && dice.one_in(3) {
        schema["maxProperties"] = json!(names.len() + dice.below(3));
        schema["minProperties"] = json!(names.len() + dice.below(2));
    }
    schema
}

fn list(dice: &mut Dice, depth: usize) -> Value {
    let mut schema = json!({"type": "array", "items": node(dice, depth - 1)});
    if dice.one_in(3) {
        schema["prefixItems"] = json!([node(dice, depth - 1), node(dice, 0)]);
    }
    if dice.one_in(6) {
        schema["items"] = json!(false);
    }
    let least = dice.below(3);
    if dice.one_in(2) {
        schema["minItems"] = json!(least);
    }
    if dice.one_in(2) {
        schema["maxItems"] = json!(least + dice.below(4));
    }
    schema
}

fn combined(dice: &mut Dice, depth: usize) -> Value {
    match dice.below(4) {
        0 => json!({"anyOf": [node(dice, depth - 1), node(dice, depth - 1)]}),
        1 => json!({"anyOf": [node(dice, depth - 1), {"type": "null"}, text(dice)]}),
        2 => json!({"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "array", "items": node(dice, 0)}]}),
        _ => {
            let closed =
                |name: &str, inner: Value| json!({"type": "object", "properties": {name: inner}, "required": [name]});
            json!({"allOf": [closed("id", json!({"type": "integer", "minimum": 3})), closed("name", text(dice))]})
        }
    }
}
