//! The page's script modules, its style and its icon, compiled in.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::error::Problem;

/// The address changes with the content, so a copy never goes stale.
const KEEP_FOR_EVER: &str = "public, max-age=31536000, immutable";

/// How much of the digest goes into the address, in bytes.
const VERSION_BYTES: usize = 8;

#[derive(Debug)]
struct Asset {
    name: &'static str,
    content_type: &'static str,
    content: &'static str,
}

macro_rules! assets {
    ($($name:literal: $content_type:ident,)*) => {
        &[$(Asset { name: $name, content_type: $content_type, content: include_str!(concat!("../../assets/", $name)) },)*]
    };
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const PICTURE: &str = "image/svg+xml";

const ALL: &[Asset] = assets! {
    "composer.js": SCRIPT,
    "dialogs.js": SCRIPT,
    "door.js": SCRIPT,
    "elements.js": SCRIPT,
    "memory.js": SCRIPT,
    "news.js": SCRIPT,
    "page.js": SCRIPT,
    "rules.js": SCRIPT,
    "side.js": SCRIPT,
    "status.js": SCRIPT,
    "store.js": SCRIPT,
    "talk.js": SCRIPT,
    "words.js": SCRIPT,
    "page.css": STYLE,
    "icon.svg": PICTURE,
};

/// The version of all assets together: modules import one another by relative address, so they change as one.
pub(super) fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let mut digest = Sha256::new();
        for asset in ALL {
            digest.update(asset.name);
            digest.update([0]);
            digest.update(asset.content);
            digest.update([0]);
        }
        digest.finalize().iter().take(VERSION_BYTES).map(|byte| format!("{byte:02x}")).collect()
    });
    &VERSION
}

/// The modules that the shell announces, so that a browser fetches them side by side.
pub(super) fn modules() -> impl Iterator<Item = &'static str> {
    ALL.iter().filter(|asset| asset.content_type == SCRIPT).map(|asset| asset.name)
}

/// What the modules say, for the test that compares them with the message files.
#[cfg(test)]
pub(super) fn scripts() -> impl Iterator<Item = &'static str> {
    ALL.iter().filter(|asset| asset.content_type == SCRIPT).map(|asset| asset.content)
}

pub(super) async fn serve(
    Path((asked, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // A page from before an update asks for an older version; what it gets would not fit it.
    let asset = ALL.iter().find(|asset| asset.name == name && asked == version()).ok_or(Problem::NoRoute)?;
    let tag = format!("\"{}-{}\"", version(), asset.name);
    let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|tags| tags.split(',').any(|t| t.trim() == tag)) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag), (CACHE_CONTROL, KEEP_FOR_EVER.to_owned())]).into_response());
    }
    let headers =
        [(CONTENT_TYPE, asset.content_type.to_owned()), (ETAG, tag), (CACHE_CONTROL, KEEP_FOR_EVER.to_owned())];
    Ok((headers, asset.content).into_response())
}
