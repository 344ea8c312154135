//! The contract: an OpenAPI 3.1 document, made from the handlers.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use leyline_core::Kind;
use serde_json::Value;
use utoipa::OpenApi;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder, Schema, Server};

use crate::gate::Api;
use crate::schema::ProblemDetails;
use crate::wire;

/// The media type of problems.
const PROBLEM: &str = "application/problem+json";

/// What a client sends that names a kind to work with. (What it asks for in lists may be of kinds that were.)
const NAMING_A_KIND: &[&str] = &["TaskRequest", "UploadForm"];

/// What stands before the paths, which the router adds from its handlers.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "LeyLine",
        description = "Accept a file, do the long work durably, show live progress, hand back the result.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    components(schemas(ProblemDetails)),
    tags(
        (name = "tasks", description = "Create, list, read and steer tasks"),
        (name = "files", description = "Inputs, results and artifacts"),
        (name = "watching", description = "Live snapshots"),
        (name = "service", description = "Health, counts, this document"),
    )
)]
pub(crate) struct Contract;

/// Says of every operation that its errors are problems: those that it names, and whatever else the authorizer refuses, is
/// overloaded, or fails.
pub(crate) fn with_problems(mut document: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    let schema = Ref::from_schema_name("ProblemDetails");
    let content = RefOr::T(ContentBuilder::new().schema(Some(schema)).build());
    for path in document.paths.paths.values_mut() {
        let operations = [&mut path.get, &mut path.post, &mut path.delete];
        for operation in operations.into_iter().flatten() {
            let responses = &mut operation.responses.responses;
            let other = ResponseBuilder::new().description("Any other error").build();
            responses.insert("default".to_owned(), RefOr::T(other));
            for (_, response) in responses.iter_mut().filter(|(status, _)| is_error(status)) {
                if let RefOr::T(response) = response {
                    response.content.insert(PROBLEM.to_owned(), content.clone());
                }
            }
        }
    }
    document
}

/// Says which kinds this service takes, where a client names one.
pub(crate) fn with_kinds(mut document: utoipa::openapi::OpenApi, kinds: &[Kind]) -> utoipa::openapi::OpenApi {
    let schemas = document
        .components
        .iter_mut()
        .flat_map(|components| &mut components.schemas);
    for (name, schema) in schemas {
        if NAMING_A_KIND.contains(&name.as_str())
            && let RefOr::T(Schema::Object(object)) = schema
            && let Some(RefOr::T(Schema::Object(kind))) = object.properties.get_mut("kind")
        {
            let names = kinds.iter().map(|kind| Value::from(kind.as_str()));
            // It may be left out, or said to be nothing.
            kind.enum_values = Some(names.chain([Value::Null]).collect());
        }
    }
    document
}

fn is_error(status: &str) -> bool {
    status == "default" || status.starts_with(['4', '5'])
}

/// The document for a client who sees the routes under this request's prefix.
pub(crate) fn respond(api: &Api, document: &Arc<utoipa::openapi::OpenApi>, parts: &Parts) -> Response {
    let mut document = utoipa::openapi::OpenApi::clone(document);
    let prefix = api.urls(parts).prefix().to_owned();
    document.servers = Some(vec![Server::new(if prefix.is_empty() { "/" } else { &prefix })]);
    let json = serde_json::to_vec(&document).expect("the document has only string keys");
    wire::json_response(StatusCode::OK, json)
}
