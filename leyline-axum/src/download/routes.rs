//! Which file a path means.

use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use leyline_core::task::{BlobRef, Digest};
use leyline_core::{Output, Status, Task};

use super::file;
use crate::auth::Action;
use crate::gate::{Api, Named, path_param};
use crate::header::etag;
use crate::problem::{Problem, ProblemType};
use crate::urls;
use crate::wire;

/// The uploaded file.
#[utoipa::path(
    get,
    path = urls::INPUT,
    tag = "files",
    params(
        ("task_id" = String, Path, description = "The task"),
        ("Range" = Option<String>, Header, description = "One range of bytes"),
    ),
    responses(
        (status = 200, description = "The file", content_type = "application/octet-stream"),
        (status = 206, description = "A part of it", content_type = "application/octet-stream"),
        (status = 304, description = "The client has it"),
        (status = 404, description = "No such task, or it has no file"),
        (status = 416, description = "No byte is in the range"),
    )
)]
pub(crate) async fn get_input(State(api): State<Api>, id: Named, parts: Parts) -> Result<Response, Problem> {
    let task = api.task(&parts, Action::Download, id).await?;
    let input = task
        .input
        .as_ref()
        .ok_or_else(|| Problem::new(ProblemType::FileNotFound))?;
    file::respond(&api, &parts, input).await
}

/// The result: the artifact named `result`, else the first that was written, else the JSON value.
#[utoipa::path(
    get,
    path = urls::RESULT,
    tag = "files",
    params(
        ("task_id" = String, Path, description = "The task"),
        ("Range" = Option<String>, Header, description = "One range of bytes"),
    ),
    responses(
        (status = 200, description = "The result", content_type = "application/octet-stream"),
        (status = 206, description = "A part of it", content_type = "application/octet-stream"),
        (status = 304, description = "The client has it"),
        (status = 404, description = "No such task"),
        (status = 409, description = "Not completed; with the current snapshot"),
        (status = 416, description = "No byte is in the range"),
    )
)]
pub(crate) async fn get_result(State(api): State<Api>, id: Named, parts: Parts) -> Result<Response, Problem> {
    let task = api.task(&parts, Action::Download, id).await?;
    let output = output(&api, &parts, &task)?;
    let named = output.artifacts.iter().find(|artifact| artifact.name == "result");
    match named.or(output.artifacts.first()) {
        Some(artifact) => file::respond(&api, &parts, artifact).await,
        None => Ok(value(&parts, output)),
    }
}

/// An artifact by its name.
#[utoipa::path(
    get,
    path = urls::ARTIFACT,
    tag = "files",
    params(
        ("task_id" = String, Path, description = "The task"),
        ("name" = String, Path, description = "The artifact"),
        ("Range" = Option<String>, Header, description = "One range of bytes"),
    ),
    responses(
        (status = 200, description = "The artifact", content_type = "application/octet-stream"),
        (status = 206, description = "A part of it", content_type = "application/octet-stream"),
        (status = 304, description = "The client has it"),
        (status = 404, description = "No such task, or it has no such artifact"),
        (status = 409, description = "Not completed; with the current snapshot"),
        (status = 416, description = "No byte is in the range"),
    )
)]
pub(crate) async fn get_artifact(
    State(api): State<Api>,
    id: Named,
    mut parts: Parts,
) -> Result<Response, Problem> {
    let name = path_param(&mut parts, urls::NAME).await;
    let task = api.task(&parts, Action::Download, id).await?;
    let artifact = find(output(&api, &parts, &task)?, name.as_deref());
    let artifact = artifact.ok_or_else(|| Problem::new(ProblemType::FileNotFound))?;
    file::respond(&api, &parts, artifact).await
}

fn find<'a>(output: &'a Output, name: Option<&str>) -> Option<&'a BlobRef> {
    output
        .artifacts
        .iter()
        .find(|artifact| Some(artifact.name.as_str()) == name)
}

/// What the task produced, if it did.
fn output<'a>(api: &Api, parts: &Parts, task: &'a Task) -> Result<&'a Output, Problem> {
    match &task.output {
        Some(output) if task.status == Status::Completed => Ok(output),
        _ => {
            let problem = Problem::because(ProblemType::NoResult, format!("the task is {}", task.status));
            Err(problem.with("task", &wire::raw_task(task, &api.urls(parts))))
        }
    }
}

/// A result without artifacts is the value itself.
fn value(parts: &Parts, output: &Output) -> Response {
    let json = output.value.as_str().as_bytes();
    let tag = etag::of_digest(&Digest::of(json));
    let mut response = if etag::none_match_fails(&parts.headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let body = if parts.method == Method::HEAD {
            Vec::new()
        } else {
            json.to_vec()
        };
        (
            [
                (header::CONTENT_TYPE, wire::JSON),
                (header::CONTENT_LENGTH, json.len().into()),
            ],
            body,
        )
            .into_response()
    };
    response.headers_mut().insert(header::ETAG, tag);
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, file::IMMUTABLE);
    response
}
