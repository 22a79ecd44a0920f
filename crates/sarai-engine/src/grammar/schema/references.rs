//! References inside one schema, each to a place that gets a number.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;

use super::super::GrammarError;
use super::{Place, refuse};

/// How deep schemas may stand in each other, through references too: what is behind is compiled by recursion.
const DEPTH_MAX: usize = 1_500;

#[derive(Debug)]
pub(super) struct References<'a> {
    root: &'a Value,
    anchors: BTreeMap<&'a str, (&'a Value, Place)>,
    numbers: BTreeMap<String, usize>,
    targets: Vec<(&'a Value, Place)>,
    waiting: VecDeque<usize>,
}

impl<'a> References<'a> {
    pub(super) fn new(root: &'a Value) -> Self {
        let mut anchors = BTreeMap::new();
        find_anchors(root, &Place::root(), &mut anchors);
        Self { root, anchors, numbers: BTreeMap::new(), targets: Vec::new(), waiting: VecDeque::new() }
    }

    /// The number of what is referred to.
    pub(super) fn number(&mut self, reference: &str, place: &Place) -> Result<usize, GrammarError> {
        let Some(fragment) = reference.strip_prefix('#') else {
            let why =
                format!("\"$ref\" can only name a place in this schema, beginning with \"#\", not \"{reference}\"");
            return Err(refuse(&place.0, &why));
        };
        let missing = || refuse(&place.0, &format!("\"$ref\" names \"{reference}\", which is not there"));
        let (target, at) = self.find(fragment).ok_or_else(missing)?;
        if let Some(&number) = self.numbers.get(&at) {
            return Ok(number);
        }
        let number = self.targets.len();
        self.numbers.insert(at.clone(), number);
        self.targets.push((target, Place(at)));
        self.waiting.push_back(number);
        Ok(number)
    }

    /// What is referred to, and its place.
    fn find(&self, fragment: &str) -> Option<(&'a Value, String)> {
        let fragment = unescape(fragment)?;
        if fragment.is_empty() || fragment.starts_with('/') {
            let target = self.root.pointer(&fragment)?;
            return Some((target, format!("#{fragment}")));
        }
        self.anchors.get(fragment.as_str()).map(|(target, place)| (*target, place.0.clone()))
    }

    /// What a reference leads to, for those who only look.
    pub(super) fn look(&self, reference: &str) -> Option<&'a Value> {
        Some(self.find(reference.strip_prefix('#')?)?.0)
    }

    /// The next place that was referred to and is not read yet.
    pub(super) fn next(&mut self) -> Option<(usize, &'a Value, Place)> {
        let number = self.waiting.pop_front()?;
        let (target, place) = &self.targets[number];
        Some((number, target, place.clone()))
    }

    pub(super) fn places(self) -> Vec<String> {
        self.targets.into_iter().map(|(_, place)| place.0).collect()
    }
}

/// All places that carry an anchor.
fn find_anchors<'a>(value: &'a Value, at: &Place, anchors: &mut BTreeMap<&'a str, (&'a Value, Place)>) {
    match value {
        Value::Object(map) => {
            if let Some(anchor) = map.get("$anchor").and_then(Value::as_str) {
                anchors.entry(anchor).or_insert_with(|| (value, at.clone()));
            }
            map.iter().for_each(|(key, inner)| find_anchors(inner, &at.child(key), anchors));
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(i, inner)| find_anchors(inner, &at.child(&i.to_string()), anchors));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Goes down as llguidance will, to see that it does not go too deep: into each reference where it is met first.
pub(super) fn check_depth(schema: &Value) -> Result<(), GrammarError> {
    let mut met = BTreeSet::new();
    if goes_deeper(schema, schema, 0, &mut met) {
        return Err(refuse("#", &format!("schemas and references lead more than {DEPTH_MAX} deep")));
    }
    Ok(())
}

fn goes_deeper<'a>(root: &'a Value, part: &'a Value, depth: usize, met: &mut BTreeSet<&'a str>) -> bool {
    if depth > DEPTH_MAX {
        return true;
    }
    match part {
        Value::Object(map) => map.iter().any(|(keyword, inner)| match (keyword.as_str(), inner) {
            // It is only reached by reference.
            ("$defs", _) if depth == 0 => false,
            ("$ref", Value::String(reference)) if met.insert(reference) => {
                let target = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
                target.is_some_and(|target| goes_deeper(root, target, depth + 1, met))
            }
            _ => goes_deeper(root, inner, depth + 1, met),
        }),
        Value::Array(list) => list.iter().any(|inner| goes_deeper(root, inner, depth + 1, met)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Percent-escapes taken out.
fn unescape(fragment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, tail) = rest.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = tail;
    }
    String::from_utf8(bytes).ok()
}
