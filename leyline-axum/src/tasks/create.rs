//! `POST /api/tasks`: work without a file.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use leyline_core::store::Inserted;
use leyline_core::task::MAX_JSON_BYTES;
use leyline_core::{Json, NewTask, TaskEvent};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::auth::Action;
use crate::body::{RequestBody, declared_length};
use crate::gate::{self, Api};
use crate::header::idempotency;
use crate::media::essence;
use crate::problem::{Problem, ProblemType};
use crate::schema;
use crate::urls::{self, Urls};
use crate::wire;

/// Params and what stands around them.
const MAX_BODY_BYTES: u64 = MAX_JSON_BYTES as u64 + 4 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TaskRequest<'a> {
    kind: Option<String>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

/// Ask for work without a file.
///
/// The task is durable when the answer comes. Sent again with the same `Idempotency-Key`, it answers with the same task.
#[utoipa::path(
    post,
    path = urls::TASKS,
    tag = "tasks",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes the request safe to send again")),
    request_body = schema::TaskRequest,
    responses(
        (status = 202, description = "Accepted", body = schema::Task,
            headers(("Location" = String, description = "The task"))),
        (status = 400, description = "Malformed"),
        (status = 413, description = "Too large"),
        (status = 422, description = "Unknown kind, params out of bounds, or the key was used for another request"),
        (status = 503, description = "Too many tasks are waiting"),
    )
)]
pub(crate) async fn create_task(State(api): State<Api>, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let principal = api.identify(&parts, Action::Submit).await?;
    let key = idempotency::key(&parts.headers)?;
    check_media_type(&parts.headers)?;
    if declared_length(&parts.headers).is_some_and(|length| length > MAX_BODY_BYTES) {
        return Err(Problem::new(ProblemType::TooLarge).closing());
    }
    api.leyline.admit().await?;
    let body = RequestBody::new(body, MAX_BODY_BYTES)
        .collect()
        .await
        .map_err(|error| Problem::from(error).closing())?;
    let request: TaskRequest<'_> = serde_json::from_slice(&body)?;
    let mut task = new_task(&api, request.kind.as_deref(), None)?;
    if let Some(params) = request.params {
        task.params = Json::parse(params.get())?;
    }
    task.owner.clone_from(&principal.owner);
    task.idempotency_key = key;
    task.trace_context = trace_context(&parts.headers);
    api.permit_new(&parts, Action::Submit, &principal, &task).await?;
    let inserted = api.leyline.submit(task).await?;
    Ok(accepted(&inserted, &api.urls(&parts)))
}

/// A task of the kind that was asked for, else of the default for the file's media type, else of the only kind there is.
pub(crate) fn new_task(api: &Api, kind: Option<&str>, media_type: Option<&str>) -> Result<NewTask, Problem> {
    let default = || {
        let ranges = &api.options.default_kinds;
        let fitting =
            media_type.and_then(|media_type| ranges.iter().find(|(range, _)| range.matches(media_type)));
        fitting.map(|(_, kind)| kind.clone())
    };
    let only = || match api.leyline.kinds().as_slice() {
        [kind] => Some(kind.to_string()),
        _ => None,
    };
    let kind = kind.map(str::to_owned).or_else(default).or_else(only);
    Ok(api.leyline.new_task(kind.as_deref().unwrap_or_default())?)
}

/// The answer to everything that was accepted, the first time and every other time.
pub(crate) fn accepted(inserted: &Inserted, urls: &Urls) -> Response {
    let event = TaskEvent::of(&inserted.task);
    gate::about(event.id);
    let mut response = wire::task_response(StatusCode::ACCEPTED, &event, urls);
    let location = HeaderValue::from_str(&urls.task(event.id)).expect("a path of a request is visible ASCII");
    response.headers_mut().insert(header::LOCATION, location);
    response
}

/// `traceparent` (W3C Trace Context), if it looks like one.
pub(crate) fn trace_context(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("traceparent")?.to_str().ok()?;
    let well_formed = value.len() == 55 && value.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit());
    well_formed.then(|| value.to_owned())
}

/// A form of a foreign page can't send JSON without asking first, so this also keeps such forms out.
fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let media_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = essence(media_type).to_ascii_lowercase();
    if essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json")) {
        return Ok(());
    }
    Err(Problem::because(
        ProblemType::UnsupportedMediaType,
        "the body has to be application/json",
    ))
}
