//! The contract: an OpenAPI 3.1 document, made from the handlers.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use utoipa::OpenApi;
use utoipa::openapi::Server;

use crate::gate::Api;
use crate::wire;

/// What stands before the paths, which the router adds from its handlers.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "LeyLine",
        description = "Accept a file, do the long work durably, show live progress, hand back the result.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "tasks", description = "Create, list, read and steer tasks"),
        (name = "files", description = "Inputs, results and artifacts"),
        (name = "watching", description = "Live snapshots"),
        (name = "service", description = "Health, counts, this document"),
    )
)]
pub(crate) struct Contract;

/// The document for a client who sees the routes under this request's prefix.
pub(crate) fn respond(api: &Api, document: &Arc<utoipa::openapi::OpenApi>, parts: &Parts) -> Response {
    let mut document = utoipa::openapi::OpenApi::clone(document);
    let prefix = api.urls(parts).prefix().to_owned();
    document.servers = Some(vec![Server::new(if prefix.is_empty() { "/" } else { &prefix })]);
    let json = serde_json::to_vec(&document).expect("the document has only string keys");
    wire::json_response(StatusCode::OK, json)
}
