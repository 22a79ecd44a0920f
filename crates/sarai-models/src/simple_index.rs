//! The simple repository API of Python package indexes: the page of a project, and the newest wheel on it.
//!
//! Both forms are read: JSON (PEP 691) and, for older mirrors, HTML (PEP 503). Pure.

use serde::Deserialize;
use url::Url;

use crate::digest::Sha256;

/// What to ask an index for, best first.
pub(crate) const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, text/html;q=0.2";
/// Links on one page; popular projects have some thousands.
const LINKS_MAX: usize = 1 << 16;

/// A wheel on an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wheel {
    pub(crate) file_name: String,
    pub(crate) url: Url,
    pub(crate) sha256: Option<Sha256>,
    pub(crate) bytes: Option<u64>,
}

/// The address of a project's page: names are compared without case and with `-`, `_` and `.` alike (PEP 503).
pub(crate) fn page_url(index: &Url, package: &str) -> Result<Url, url::ParseError> {
    let words: Vec<String> =
        package.split(['-', '_', '.']).filter(|word| !word.is_empty()).map(str::to_ascii_lowercase).collect();
    index.join(&format!("{}/", words.join("-")))
}

/// The newest wheel for any platform that is not withdrawn; none if there is none, or if the page is not understood.
pub(crate) fn newest_wheel(page: &Url, content_type: &str, text: &str) -> Option<Wheel> {
    let links = if content_type.contains("json") { json_links(text)? } else { html_links(text) };
    let wheels = links.into_iter().take(LINKS_MAX).filter_map(|link| {
        let version = version_of_wheel(&link.file_name)?;
        let url = page.join(&link.url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        Some((version, Wheel { file_name: link.file_name, url, sha256: link.sha256, bytes: link.bytes }))
    });
    wheels.max_by(|(a, _), (b, _)| a.cmp(b)).map(|(_, wheel)| wheel)
}

/// A file on a page that may be installed.
struct Link {
    file_name: String,
    url: String,
    sha256: Option<Sha256>,
    bytes: Option<u64>,
}

/// The release numbers in `name-1.2.3-py3-none-any.whl`. Pre-releases and wheels for one platform are left out.
fn version_of_wheel(file_name: &str) -> Option<Vec<u64>> {
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '!');
    let stem = file_name.strip_suffix("-any.whl")?;
    if !stem.chars().all(safe) {
        return None;
    }
    let mut numbers: Vec<u64> = stem.split('-').nth(1)?.split('.').map(|n| n.parse().ok()).collect::<Option<_>>()?;
    // 1.0 and 1 are the same release.
    while numbers.len() > 1 && numbers.last() == Some(&0) {
        numbers.pop();
    }
    Some(numbers)
}

#[derive(Deserialize)]
struct JsonPage {
    files: Vec<JsonFile>,
}

#[derive(Deserialize)]
struct JsonFile {
    filename: String,
    url: String,
    #[serde(default)]
    hashes: JsonHashes,
    size: Option<u64>,
    /// `false`, or `true`, or a text that says why.
    #[serde(default)]
    yanked: serde_json::Value,
}

#[derive(Deserialize, Default)]
struct JsonHashes {
    sha256: Option<String>,
}

fn json_links(text: &str) -> Option<Vec<Link>> {
    let page: JsonPage = serde_json::from_str(text).ok()?;
    let usable =
        page.files.into_iter().filter(|f| matches!(f.yanked, serde_json::Value::Null | serde_json::Value::Bool(false)));
    Some(
        usable
            .map(|f| Link {
                file_name: f.filename,
                url: f.url,
                sha256: f.hashes.sha256.and_then(|text| text.parse().ok()),
                bytes: f.size,
            })
            .collect(),
    )
}

/// The anchors of a page. Enough of HTML for what PEP 503 allows: `<a href="URL#sha256=…" data-…>file name</a>`.
fn html_links(text: &str) -> Vec<Link> {
    let anchors = text.split("<a ").skip(1).take(LINKS_MAX);
    anchors
        .filter_map(|anchor| {
            let (attributes, rest) = anchor.split_once('>')?;
            if attributes.contains("data-yanked") {
                return None;
            }
            let (file_name, _) = rest.split_once('<')?;
            let (_, href) = attributes.split_once("href=")?;
            let quote = href.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let href = href[1..].split(quote).next()?.replace("&amp;", "&");
            let (url, fragment) = href.split_once('#').unwrap_or((&href, ""));
            Some(Link {
                file_name: file_name.trim().to_owned(),
                url: url.to_owned(),
                sha256: fragment.strip_prefix("sha256=").and_then(|text| text.parse().ok()),
                bytes: None,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUM: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn page() -> Url {
        Url::parse("http://index/simple/some-model/").unwrap()
    }

    #[test]
    fn names_are_normalised() {
        let index = Url::parse("http://index/simple/").unwrap();
        assert_eq!(page_url(&index, "Some_.Model").unwrap(), page());
    }

    #[test]
    fn the_newest_usable_wheel_is_chosen() {
        let file = |name: &str, more: &str| format!(r#"{{"filename": "{name}", "url": "../../f/{name}"{more}}}"#);
        let json = |files: &[String]| format!(r#"{{"meta": {{}}, "files": [{}]}}"#, files.join(","));
        let check = |files: &[String], expected: Option<&str>| {
            let found = newest_wheel(&page(), "application/vnd.pypi.simple.v1+json", &json(files));
            assert_eq!(found.map(|w| w.file_name).as_deref(), expected, "{files:?}");
        };
        let plain = |name: &str| file(name, "");
        check(&[], None);
        check(&[plain("m-0.9-py3-none-any.whl"), plain("m-0.10-py3-none-any.whl")], Some("m-0.10-py3-none-any.whl"));
        check(&[plain("m-1.0.tar.gz"), plain("m-1.0-cp311-cp311-manylinux_2_17_x86_64.whl")], None);
        check(&[plain("m-2.0rc1-py3-none-any.whl"), plain("m-1.0-py3-none-any.whl")], Some("m-1.0-py3-none-any.whl"));
        let withdrawn = file("m-3-py3-none-any.whl", r#", "yanked": "broken""#);
        check(&[withdrawn, file("m-2-py3-none-any.whl", r#", "yanked": false"#)], Some("m-2-py3-none-any.whl"));
        check(&[plain("m-1-../../evil-any.whl")], None);
    }

    #[test]
    fn both_forms_say_the_same() {
        let json = format!(
            r#"{{"files": [{{"filename": "m-1-py3-none-any.whl", "url": "/f/m.whl", "size": 7, "hashes": {{"sha256": "{SUM}"}}}}]}}"#
        );
        let html = format!(
            "<!DOCTYPE html><html><body>\n<a href=\"/f/m.whl#sha256={SUM}\" data-requires-python=\"&gt;=3.8\">\
             m-1-py3-none-any.whl</a><br/>\n<a data-yanked='' href='/f/n.whl'>m-2-py3-none-any.whl</a></body></html>"
        );
        let from_json = newest_wheel(&page(), "application/vnd.pypi.simple.v1+json", &json).unwrap();
        let from_html = newest_wheel(&page(), "text/html; charset=utf-8", &html).unwrap();
        assert_eq!(from_json.url.as_str(), "http://index/f/m.whl");
        assert_eq!((from_json.bytes, from_json.sha256.map(|s| s.to_string())), (Some(7), Some(SUM.to_owned())));
        assert_eq!(Wheel { bytes: None, ..from_json }, from_html);
    }

    #[test]
    fn what_is_no_page_has_no_wheel() {
        for (kind, text) in
            [("application/json", "{"), ("text/html", "<a href=x>y"), ("text/html", "<a href=\""), ("", "")]
        {
            assert_eq!(newest_wheel(&page(), kind, text), None, "{text:?}");
        }
        let local = r#"{"files": [{"filename": "m-1-py3-none-any.whl", "url": "file:///etc/passwd"}]}"#;
        assert_eq!(newest_wheel(&page(), "application/json", local), None);
    }
}
