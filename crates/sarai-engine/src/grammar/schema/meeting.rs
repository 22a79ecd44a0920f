//! How many expressions may meet in one text: all of them must match, and each one more can double the work.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::GrammarError;
use super::refuse;

/// The most expressions that one text may be held to.
const MEETING_MAX: usize = 8;

/// # Errors
/// Too many might meet. They are counted from above: where it depends, the most.
pub(super) fn check(schema: &Value) -> Result<(), GrammarError> {
    if meeting(schema, schema, &mut BTreeMap::new()) > MEETING_MAX {
        return Err(refuse("#", &format!("more than {MEETING_MAX} \"pattern\" or \"format\" for one text")));
    }
    Ok(())
}

fn meeting<'a>(root: &'a Value, part: &'a Value, known: &mut BTreeMap<&'a str, usize>) -> usize {
    let Value::Object(keywords) = part else { return 0 };
    let mut here = 0_usize;
    let mut inside = 0;
    for (keyword, value) in keywords {
        match (keyword.as_str(), value) {
            ("pattern" | "format", _) => here += 1,
            ("allOf", Value::Array(all)) => {
                here = all.iter().fold(here, |sum, one| sum.saturating_add(meeting(root, one, known)));
            }
            ("anyOf" | "prefixItems", Value::Array(all)) => {
                let most = all.iter().map(|one| meeting(root, one, known)).max().unwrap_or_default();
                if keyword == "anyOf" { here = here.saturating_add(most) } else { inside = inside.max(most) }
            }
            ("$ref", Value::String(reference)) => {
                let most = match known.get(reference.as_str()) {
                    Some(&most) => most,
                    None => {
                        // A circle adds nothing.
                        known.insert(reference, 0);
                        let target = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
                        let most = target.map_or(0, |target| meeting(root, target, known));
                        known.insert(reference, most);
                        most
                    }
                };
                here = here.saturating_add(most);
            }
            ("properties" | "patternProperties", Value::Object(all)) => {
                inside = all.values().map(|one| meeting(root, one, known)).fold(inside, usize::max);
            }
            ("items" | "additionalProperties", one) => inside = inside.max(meeting(root, one, known)),
            _ => {}
        }
    }
    here.saturating_add(inside)
}
