//! The API's description for machines, at `/openapi.json` and in the committed `openapi.json`.

use axum::Json;
use utoipa::OpenApi;

use crate::openai::{chat, embeddings, models, responses};
use crate::{auth, memory, messages, operations, rules, skills, upkeep};

#[derive(OpenApi)]
#[openapi(
    info(title = "SARAi", description = "A private assistant on this computer, behind OpenAI's API."),
    paths(
        chat::complete,
        responses::respond,
        embeddings::embed,
        models::list,
        models::one,
        skills::reload,
        memory::perform,
        rules::perform,
        messages::unread,
        messages::follow,
        messages::seen,
        messages::dismissed,
        messages::hook,
        upkeep::prune_caches,
        upkeep::revive,
        upkeep::rest_skills,
        upkeep::rest_models,
        upkeep::warm,
        operations::health,
        operations::ready,
        operations::metrics,
        auth::routes::redeem,
    )
)]
struct Description;

pub(crate) async fn show() -> Json<utoipa::openapi::OpenApi> {
    Json(Description::openapi())
}
