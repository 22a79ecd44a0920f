//! Holds the message files to their promises, and the renderer to its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fluent_syntax::ast::{Expression, InlineExpression, Pattern, PatternElement};

use super::*;

/// What a message of a file is made of.
#[derive(Debug, Default, PartialEq, Eq)]
struct Shape {
    variables: BTreeSet<String>,
    has_selector: bool,
}

fn look_inline(expression: &InlineExpression<&str>, shape: &mut Shape) {
    match expression {
        InlineExpression::VariableReference { id } => {
            shape.variables.insert(id.name.to_owned());
        }
        InlineExpression::Placeable { expression } => look_expression(expression, shape),
        InlineExpression::FunctionReference { .. } => panic!("functions print differently by language: {expression:?}"),
        InlineExpression::StringLiteral { .. }
        | InlineExpression::NumberLiteral { .. }
        | InlineExpression::MessageReference { .. }
        | InlineExpression::TermReference { .. } => {}
    }
}

fn look_expression(expression: &Expression<&str>, shape: &mut Shape) {
    match expression {
        Expression::Inline(inline) => look_inline(inline, shape),
        Expression::Select { selector, variants } => {
            shape.has_selector = true;
            look_inline(selector, shape);
            variants.iter().for_each(|variant| look_pattern(&variant.value, shape));
        }
    }
}

fn look_pattern(pattern: &Pattern<&str>, shape: &mut Shape) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            look_expression(expression, shape);
        }
    }
}

/// The messages of one file. Fails on anything that Fluent cannot read, on ids outside the area, and on repeats.
fn shapes(area: Area, language: Language) -> BTreeMap<String, Shape> {
    let file = format!("messages/{language}/{}.ftl", area.name());
    let resource = fluent_syntax::parser::parse(area.source(language))
        .unwrap_or_else(|(_, errors)| panic!("{file} does not parse: {errors:?}"));
    let mut found = BTreeMap::new();
    for entry in &resource.body {
        if let Entry::Message(message) = entry {
            let id = message.id.name;
            assert!(id.starts_with(&format!("{}-", area.name())), "{file}: {id} does not start with its area");
            assert!(message.attributes.is_empty(), "{file}: {id} has attributes, which nobody renders");
            let mut shape = Shape::default();
            look_pattern(message.value.as_ref().unwrap_or_else(|| panic!("{file}: {id} is empty")), &mut shape);
            assert!(found.insert(id.to_owned(), shape).is_none(), "{file}: {id} is there twice");
        }
    }
    found
}

#[test]
fn both_languages_say_the_same_things_about_the_same_values() {
    for area in Area::ALL {
        let [spanish, english] = Language::ALL.map(|language| {
            let shapes = shapes(area, language).into_iter();
            shapes.map(|(id, shape)| (id, shape.variables)).collect::<BTreeMap<_, _>>()
        });
        assert_eq!(spanish, english, "area {}: left is Spanish, right is English", area.name());
    }
}

#[test]
fn every_sentence_formats_with_few_and_with_many() {
    for language in Language::ALL {
        for area in Area::ALL {
            let catalogue = Catalogue::of(Messages::new(language));
            for (id, shape) in shapes(area, language) {
                for value in ["1", "2", "una cosa"] {
                    let args = shape.variables.iter().map(|name| (name.as_str(), value_of(value))).collect();
                    let mut errors = Vec::new();
                    let message = catalogue.bundle.get_message(&id).and_then(|message| message.value()).unwrap();
                    let text = catalogue.bundle.format_pattern(message, Some(&args), &mut errors);
                    assert!(errors.is_empty(), "{language} {id}: {errors:?}");
                    assert!(!text.trim().is_empty(), "{language} {id} says nothing");
                }
            }
        }
    }
}

#[test]
fn the_page_can_fill_in_its_values_without_knowing_plurals() {
    for language in Language::ALL {
        let expected = shapes(Area::Page, language);
        let selectors: Vec<_> = expected.iter().filter(|(_, shape)| shape.has_selector).collect();
        assert!(selectors.is_empty(), "{language}: the page cannot choose a variant of {selectors:?}");
        let given: BTreeMap<_, _> = Messages::new(language).all(Area::Page).collect();
        assert_eq!(given.len(), expected.len());
        for (id, shape) in &expected {
            for name in &shape.variables {
                assert!(
                    given[id.as_str()].contains(&format!("{{${name}}}")),
                    "{language} {id}: {}",
                    given[id.as_str()]
                );
            }
        }
    }
}

/// The ids that the program's own sources name in `Notice::new("…")`.
fn ids_in_sources(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            ids_in_sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            let text = fs_err::read_to_string(&path).unwrap();
            // Unit tests may make up ids.
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            let literals = code.split("Notice::new(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
            found.extend(literals.filter_map(|rest| rest.split('"').next()).map(str::to_owned));
        }
    }
}

#[test]
fn every_notice_of_the_program_has_its_sentence() {
    let mut ids = BTreeSet::new();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for entry in crates.read_dir().unwrap() {
        let sources = entry.unwrap().path().join("src");
        if sources.is_dir() && !sources.starts_with(env!("CARGO_MANIFEST_DIR")) {
            ids_in_sources(&sources, &mut ids);
        }
    }
    assert!(!ids.is_empty(), "the search found nothing at all");
    let missing: Vec<_> =
        ids.iter().filter(|id| !Catalogue::of(Messages::new(Language::English)).bundle.has_message(id)).collect();
    assert!(missing.is_empty(), "no message file has {missing:?}");
}

#[test]
fn the_environment_decides_in_posix_order() {
    let language = |variables: &[(&str, &str)]| {
        language_from_env(|name| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
    };
    for (variables, expected) in [
        (&[][..], Language::English),
        (&[("LANG", "es_ES.UTF-8")], Language::Spanish),
        (&[("LANG", "es_ES.UTF-8"), ("LC_MESSAGES", "en_GB")], Language::English),
        (&[("LC_MESSAGES", "en_GB"), ("LC_ALL", "es_MX")], Language::Spanish),
        (&[("LC_ALL", "es_MX"), ("SARAI_LANG", "en")], Language::English),
        (&[("LC_ALL", ""), ("LANG", "es")], Language::Spanish),
        (&[("LC_ALL", "C"), ("LANG", "es_ES")], Language::English),
        (&[("LC_ALL", "fr_FR.UTF-8"), ("LANG", "es_ES")], Language::English),
        (&[("SARAI_LANG", "klingon")], Language::English),
    ] {
        assert_eq!(language(variables), expected, "{variables:?}");
    }
}

#[test]
fn values_print_as_given_and_count_where_they_are_numbers() {
    let source = "n = { $n ->\n    [one] un modelo\n   *[other] { $n } modelos\n }\n";
    let resource = FluentResource::try_new(source.to_owned()).unwrap();
    let mut bundle = FluentBundle::new_concurrent(vec!["es".parse().unwrap()]);
    bundle.set_use_isolating(false);
    bundle.add_resource(resource).unwrap();
    let catalogue = Catalogue { bundle, ids: Vec::new() };
    for (value, expected) in [
        ("1", "un modelo"),
        ("2", "2 modelos"),
        ("8080", "8080 modelos"),
        ("1.50", "1.50 modelos"),
        ("-3", "-3 modelos"),
        ("007", "007 modelos"),
        ("1e3", "1e3 modelos"),
        ("inf", "inf modelos"),
        ("NaN", "NaN modelos"),
        (".5", ".5 modelos"),
        ("123456789012345678901", "123456789012345678901 modelos"),
        ("0.0000000000000000000000001", "0.0000000000000000000000001 modelos"),
        ("{ $n }", "{ $n } modelos"),
        ("", " modelos"),
    ] {
        let args = [("n", value_of(value))].into_iter().collect();
        assert_eq!(catalogue.format("n", &args), expected, "{value:?}");
    }
}

#[test]
fn an_unknown_id_reads_as_itself() {
    assert_eq!(text(Language::Spanish, &Notice::new("no-such-message").arg("n", 1)), "no-such-message");
    assert_eq!(Messages::new(Language::English).get(""), "");
}

#[test]
fn a_terminal_without_accents_reads_every_sentence_and_every_path() {
    for language in Language::ALL {
        let (all, ascii) = (Messages::new(language), Messages::new(language).in_letters(Letters::Ascii));
        for area in Area::ALL {
            for ((id, full), (_, plain)) in all.all(area).zip(ascii.all(area)) {
                let questions = |text: &str| text.matches('?').count();
                assert!(plain.is_ascii() && questions(&plain) == questions(&full), "{language} {id}: {plain}");
            }
        }
    }
    let notice = Notice::new("config-unreadable").arg("file", "/home/ñu/«a»").arg("cause", "x");
    let spanish = Messages::new(Language::Spanish).in_letters(Letters::Ascii);
    assert!(spanish.text(&notice).starts_with("No puedo leer \"/home/ñu/«a»\" (x)."), "{}", spanish.text(&notice));
    assert_eq!(spanish.in_language(Language::English).shown("año…"), "ano...");
    assert_eq!(Messages::new(Language::English).shown("año…"), "año…");
}
