//! The document that a browser opens: an empty room, and every sentence that may stand in it.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use axum::response::{Html, IntoResponse, Response};
use sarai_messages::{Area, Messages};
use sarai_types::{Failure, FailureKind, Language, Notice};

use super::assets;
use crate::error::{Problem, language_of};
use crate::state::Door;

#[derive(Debug, Template)]
#[template(path = "shell.html")]
struct Shell {
    language: &'static str,
    theme: &'static str,
    version: &'static str,
    modules: Vec<&'static str>,
    sentences: &'static str,
    without_script: [String; 2],
}

/// The shell, in the language and the theme that this browser chose, so that its first picture is the right one.
pub(super) async fn show(State(door): State<Arc<Door>>, headers: HeaderMap) -> Result<Response, Problem> {
    let language =
        cookie(&headers, "sarai_language").and_then(Language::from_tag).unwrap_or_else(|| language_of(&headers, &door));
    let shell = Shell {
        language: language.tag(),
        theme: match cookie(&headers, "sarai_theme") {
            Some("light") => "light",
            Some("dark") => "dark",
            Some(_) | None => "system",
        },
        version: assets::version(),
        modules: assets::modules().collect(),
        sentences: sentences(),
        without_script: Language::ALL.map(|language| Messages::new(language).get("page-noscript")),
    };
    let text = shell.render().map_err(|error| {
        Failure::new(FailureKind::Internal, Notice::new("api-internal"), format!("the page's template: {error}"))
    })?;
    Ok(Html(text).into_response())
}

/// The page's sentences in both languages, as JSON that may stand inside a `script` element.
fn sentences() -> &'static str {
    static SENTENCES: LazyLock<String> = LazyLock::new(|| {
        let all: BTreeMap<&str, BTreeMap<&str, String>> = Language::ALL
            .into_iter()
            .map(|language| (language.tag(), Messages::new(language).all(Area::Page).collect()))
            .collect();
        // Nothing in JSON but a string can hold this character, and there it may be escaped; `</script` cannot occur.
        serde_json::json!(all).to_string().replace('<', "\\u003c")
    });
    &SENTENCES
}

/// A cookie that the page itself set; it says what the person likes and opens nothing.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}
