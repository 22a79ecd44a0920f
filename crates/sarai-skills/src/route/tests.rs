//! Requests in, routes out.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use super::*;
use crate::manifest::{self, ManifestKind};
use crate::skill::{Declared, Facts, Origin, Work};

fn skill(name: &str, description: &str, manifest: &str) -> Skill<Declared> {
    let manifest = manifest::parse(Path::new("m"), &format!("version = \"1.0.0\"\n{manifest}")).unwrap();
    let work = match manifest.kind {
        ManifestKind::Prompt { .. } => Work::Prompt { grammar: None },
        ManifestKind::Process(process) => Work::Process(process),
    };
    Skill::new(Facts {
        name: name.parse().unwrap(),
        origin: Origin::User,
        folder: PathBuf::from("/s"),
        version: manifest.version,
        description: description.to_owned(),
        instructions: String::new(),
        work,
        routing: manifest.routing,
        content: None,
    })
}

const BAKE: &str = r#"
[routing]
signs = ["passage"]
keywords = { es = ["masa madre"], en = ["sourdough"] }
avoid = { es = ["tienda de pan"], en = ["bread shop"] }
examples.es = ["Hornea un pan de trigo", "Calcula la masa madre para dos panes", "Ajusta la hidratación del pan",
    "Planifica el pan del domingo", "¿Cuánta harina lleva un pan de un kilo?", "Hornea dos panes de centeno"]
examples.en = ["Bake a wheat loaf", "Compute the sourdough for two loaves", "Adjust the hydration of the loaf",
    "Plan Sunday's loaf", "How much flour does a one kilo loaf take?", "Bake two rye loaves"]
"#;
const SHOP: &str = r#"
command = ["bin/x"]
[routing]
signs = ["databases", "schema"]
keywords = { en = ["database"] }
examples = { en = ["How many orders are in the database?", "List the orders of May", "Total of all orders"] }
"#;

static ROUTER: LazyLock<Router> = LazyLock::new(|| {
    let skills = [
        skill("bake", "Bakes.", BAKE),
        skill("shop", "Asks a shop's database.", SHOP),
        skill("pdf-forms", "Fills in PDF forms. Use it when somebody has a PDF with fields.", ""),
        skill("hidden", "Fills in PDF forms.", "command = [\"bin/x\"]"),
    ];
    let tables = vec![("orders".to_owned(), vec!["customer".to_owned()])];
    Router::new(&skills).with_databases(vec![Database { name: "corner".to_owned(), tables }])
});

fn ask(text: &str) -> Route {
    ROUTER.route(&Request { text, language: Language::Spanish, form: AnswerForm::Text })
}

fn chosen(text: &str) -> String {
    ask(text).skill.map_or_else(|| "-".to_owned(), |name| name.to_string())
}

#[test]
fn requests_go_where_they_belong() {
    for (text, expect) in [
        ("Hornéame un pan de centeno", "bake"),
        ("Please bake a loaf of wheat bread", "bake"),
        ("¿Me calculas la masa madre para tres panes?", "bake"),
        ("How many orders does the customer Smith have?", "shop"),
        ("Fill in this PDF form for me", "pdf-forms"),
        ("/bake lo que sea", "bake"),
        ("Hazlo con la habilidad bake", "bake"),
        ("use the pdf forms skill", "pdf-forms"),
        // Talk, statements, other things, and nothing.
        ("¿Qué es la masa madre?", "-"),
        ("El pan de ayer estaba duro", "-"),
        ("Planifica algo para la tienda de pan", "-"),
        ("My orders never arrive", "-"),
        ("/baker x", "-"),
        ("Hola", "-"),
        ("", "-"),
        ("¿?", "-"),
    ] {
        assert_eq!(chosen(text), expect, "{text:?}: {:?}", ask(text));
    }
}

#[test]
fn reasons_say_what_decided() {
    assert_eq!(ask("/bake x").reasons[0], Reason::Named);
    let route = ask("Compute the sourdough for two loaves");
    assert!(route.reasons.contains(&Reason::Keyword("sourdough".to_owned())), "{route:?}");
    assert!(matches!(&route.reasons[0], Reason::Words(words) if words.contains(&"loaves".to_owned())), "{route:?}");
    let route = ask("List the orders of each customer");
    assert!(route.reasons.contains(&Reason::Database("orders".to_owned())), "{route:?}");
    assert_eq!(ask("¿Qué es la masa madre?").reasons, [Reason::Talk("que es".to_owned())]);
    assert_eq!(ask("El pan de ayer estaba duro").reasons, [Reason::Statement]);
    assert_eq!(ask("Hola").reasons, [Reason::Weak]);
    let route = ask("Bake a loaf for the bread shop");
    assert!(route.reasons.contains(&Reason::Avoided("bread shop".to_owned())), "{route:?}");
    assert!(route.runner_up.is_some());
}

#[test]
fn a_schema_speaks_for_who_makes_json() {
    let text = "Antonio, 45 años, de Murcia";
    assert_eq!(chosen(text), "-");
    let route = ROUTER.route(&Request { text, language: Language::Spanish, form: AnswerForm::Schema });
    assert_eq!(route.skill.map(|name| name.to_string()), Some("shop".to_owned()));
    assert_eq!(route.reasons, [Reason::Sign(Sign::Schema)]);
}

#[test]
fn who_is_silent_in_the_manifest_is_called_by_name_only() {
    let alone = Router::new(&[skill("hidden", "Fills in PDF forms.", "command = [\"bin/x\"]")]);
    let request = Request { text: "fill in this PDF form", language: Language::English, form: AnswerForm::Text };
    let route = alone.route(&request);
    assert_eq!((route.skill, route.reasons, route.runner_up), (None, vec![Reason::Weak], None));
}

#[test]
fn the_report_has_these_keys() {
    let report = serde_json::to_value(RouteReport::from(&ask("/bake x"))).unwrap();
    assert_eq!(report["skill"], "bake");
    assert_eq!(report["threshold"], Router::THRESHOLD);
    assert_eq!(report["reasons"][0]["kind"], "named");
    assert!(report["runner_up"]["score"].is_number());
    let keys: Vec<&String> = report.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["skill", "score", "threshold", "language", "reasons", "runner_up"]);
    let nobody = serde_json::to_value(RouteReport::from(&ask("Hola"))).unwrap();
    assert!(nobody["skill"].is_null());
}

#[test]
fn outcomes_are_counted() {
    let lines = r#"{"text": "Hornea un pan de trigo", "skill": "bake", "part": "test"}
{"text": "Hola", "skill": null, "part": "test"}

{"text": "Hola, hola", "skill": "bake", "part": "test"}
{"text": "Hornea dos panes", "skill": null, "part": "test"}
{"text": "Hornea dos panes", "skill": null, "part": "dev"}
"#;
    let cases = Case::parse_all(lines, Language::Spanish).unwrap();
    let confusion = Confusion::of(&evaluate(&ROUTER, &cases, Part::Test));
    let bake: SkillName = "bake".parse().unwrap();
    assert_eq!((confusion.total(), confusion.accuracy()), (4, Some(0.5)));
    assert_eq!((confusion.precision(Some(&bake)), confusion.recall(Some(&bake))), (Some(0.5), Some(0.5)));
    assert_eq!((confusion.false_fires(), confusion.missed(), confusion.mistaken()), (1, 1, 0));
    assert_eq!(confusion.labels(), [None, Some(bake)]);
    assert_eq!(Confusion::default().accuracy(), None);
}

#[test]
fn files_that_are_no_cases_say_where() {
    let check = |text: &str| Case::parse_all(text, Language::English).map(|_| ()).map_err(|error| error.to_string());
    assert_eq!(check("\n{}"), Err("line 2 is no case".to_owned()));
    let name = r#"{"text": "a", "skill": "A", "part": "dev"}"#;
    assert_eq!(check(name), Err("line 1: \"A\" is no name of a skill".to_owned()));
    assert!(Database::parse_all("{}").is_err());
}

proptest::proptest! {
    #[test]
    fn every_text_has_a_route(text in ".{0,200}") {
        let route = ask(&text);
        proptest::prop_assert!(route.score.is_finite() && !route.reasons.is_empty());
    }
}
