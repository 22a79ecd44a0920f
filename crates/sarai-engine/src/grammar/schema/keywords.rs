//! What each keyword is to us.

use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Says nothing about which values are allowed, or is only reached by reference.
    Annotation,
    /// Names the whole schema.
    Identity,
    /// A number, a text or a list of them.
    Value,
    /// `const` and `enum`.
    Constant,
    /// One schema.
    Schema,
    /// Schemas by name.
    Schemas,
    Items,
    PrefixItems,
    /// A list of schemas that are combined.
    Options,
    Reference,
    /// Part of some draft, and not enforceable.
    Unsupported,
    /// Part of none. Ignoring it might ignore a slip of the pen.
    Unknown,
}

pub(super) fn kind(keyword: &str) -> Kind {
    match keyword {
        "title" | "description" | "default" | "examples" | "example" | "deprecated" | "readOnly" | "writeOnly"
        | "$comment" | "$defs" | "definitions" | "$anchor" | "$schema" | "$vocabulary" | "contentMediaType"
        | "contentEncoding" | "contentSchema" | "discriminator" | "externalDocs" | "xml" => Kind::Annotation,
        // Their part is played by `items`.
        "additionalItems" => Kind::Annotation,
        "$id" | "id" => Kind::Identity,
        "type" | "minLength" | "maxLength" | "pattern" | "format" | "minimum" | "maximum" | "exclusiveMinimum"
        | "exclusiveMaximum" | "multipleOf" | "minItems" | "maxItems" | "minProperties" | "maxProperties"
        | "required" => Kind::Value,
        "const" | "enum" => Kind::Constant,
        "additionalProperties" => Kind::Schema,
        "properties" | "patternProperties" => Kind::Schemas,
        "items" => Kind::Items,
        "prefixItems" => Kind::PrefixItems,
        "allOf" | "anyOf" | "oneOf" => Kind::Options,
        "$ref" => Kind::Reference,
        "not"
        | "if"
        | "then"
        | "else"
        | "contains"
        | "minContains"
        | "maxContains"
        | "uniqueItems"
        | "propertyNames"
        | "unevaluatedItems"
        | "unevaluatedProperties"
        | "dependencies"
        | "dependentRequired"
        | "dependentSchemas"
        | "$dynamicRef"
        | "$dynamicAnchor"
        | "$recursiveRef"
        | "$recursiveAnchor"
        | "nullable" => Kind::Unsupported,
        _ if keyword.starts_with("x-") => Kind::Annotation,
        _ => Kind::Unknown,
    }
}

/// Whether a keyword that cannot be enforced asks for nothing here.
pub(super) fn is_idle(keyword: &str, value: &Value) -> bool {
    match keyword {
        "uniqueItems" | "nullable" | "$recursiveAnchor" => value == &Value::Bool(false),
        "propertyNames" | "unevaluatedItems" | "unevaluatedProperties" => value == &Value::Bool(true),
        "dependencies" | "dependentRequired" | "dependentSchemas" => {
            value.as_object().is_some_and(|map| map.is_empty())
        }
        // Only `$dynamicRef` looks for it, and `then` without `if` means nothing.
        "$dynamicAnchor" => true,
        _ => false,
    }
}
