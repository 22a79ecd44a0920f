//! The web page: a conversation with SARAi in a browser.
//!
//! The page is a shell, a style and a few script modules, all compiled in; what a person and SARAi said stays in that
//! person's browser. The server turns Markdown into HTML, so that no script has to.
//!
//! # Parts
//! - [`shell`]: `/`, the document with every sentence in both languages.
//! - [`assets`]: `/assets/<version>/…`, kept by browsers for ever because the version is their content.
//! - [`turn`]: `POST /page/turn`, one question and its answer as it is written.
//! - [`render`]: `POST /page/render`, answers that the browser kept.
//! - [`markdown`]: Markdown in, safe HTML out.
//!
//! It never loads anything from elsewhere, holds no inline script or style, and stores nothing on the server.

mod assets;
mod markdown;
mod render;
mod shell;
mod turn;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::state::Door;

pub(crate) fn routes() -> Router<Arc<Door>> {
    Router::new()
        .route("/", get(shell::show))
        .route("/assets/{version}/{name}", get(assets::serve))
        .route("/page/turn", post(turn::answer))
        .route("/page/render", post(render::answers))
}

#[cfg(test)]
mod tests;
