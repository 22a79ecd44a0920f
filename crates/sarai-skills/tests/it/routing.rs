//! The built-in skills' manifests on the labelled requests of `evals/routing`. The bounds are a little below what was
//! measured: a change that costs more than a few requests has to be seen.

use std::path::{Path, PathBuf};

use sarai_skills::{Case, Confusion, Database, Origin, Part, Router, Shelf, discover, evaluate};
use sarai_types::Language;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn router() -> Router {
    let folder = repository().join("skills");
    let found = discover(&[Shelf { origin: Origin::BuiltIn, folder, bound: None }]);
    assert!(found.broken.is_empty(), "{:?}", found.broken);
    let databases = fs_err::read_to_string(repository().join("evals/routing/databases.json")).unwrap();
    Router::new(&found.skills).with_databases(Database::parse_all(&databases).unwrap())
}

fn cases() -> Vec<Case> {
    let read = |language: Language| {
        let text = fs_err::read_to_string(repository().join(format!("evals/routing/{language}.jsonl"))).unwrap();
        Case::parse_all(&text, language).unwrap()
    };
    Language::ALL.into_iter().flat_map(read).collect()
}

#[test]
fn the_labelled_requests_go_where_they_belong() {
    let (router, cases) = (router(), cases());
    assert!(cases.len() >= 240);
    let none = cases.iter().filter(|case| case.skill.is_none()).count();
    assert!(2 * none >= cases.len(), "half of the requests need no skill");
    for part in [Part::Dev, Part::Test] {
        let outcomes = evaluate(&router, &cases, part);
        let confusion = Confusion::of(&outcomes);
        let wrong: Vec<String> = outcomes
            .iter()
            .filter(|outcome| outcome.chosen != outcome.case.skill)
            .map(|outcome| {
                let name = |skill: &Option<_>| skill.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
                let Case { text, skill, .. } = &outcome.case;
                format!("{:9} {:9} {:5.2} {text}", name(skill), name(&outcome.chosen), outcome.score)
            })
            .collect();
        let accuracy = confusion.accuracy().unwrap();
        let said = format!("{part:?}: {accuracy:.3} of {}\n{}", confusion.total(), wrong.join("\n"));
        assert!(accuracy >= 0.94, "{said}");
        assert!(confusion.false_fires() + confusion.mistaken() <= confusion.total() * 3 / 100, "{said}");
        eprintln!("{said}");
    }
}
