//! The operator's verbs: cancel, requeue, delete. `If-Match` with a snapshot's tag makes each safe to send again.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use leyline_core::{Error, Task, TaskEvent};

use crate::auth::Action;
use crate::gate::{Api, Named};
use crate::header::etag;
use crate::problem::Problem;
use crate::schema;
use crate::urls::{self, Urls};
use crate::wire;

/// Stop a task at once.
///
/// A cancelled task stays as it is; completed and failed ones refuse.
#[utoipa::path(
    post,
    path = urls::CANCEL,
    tag = "tasks",
    params(
        ("task_id" = String, Path, description = "The task"),
        ("If-Match" = Option<String>, Header, description = "Only at the revision of this tag"),
    ),
    responses(
        (status = 200, description = "The cancelled task", body = schema::Task),
        (status = 404, description = "No such task"),
        (status = 409, description = "Ended otherwise; with the current snapshot"),
        (status = 412, description = "At another revision; with the current snapshot"),
    )
)]
pub(crate) async fn cancel_task(
    State(api): State<Api>,
    id: Named,
    parts: Parts,
) -> Result<Response, Problem> {
    let task = api.task(&parts, Action::Cancel, id).await?;
    let expected = etag::expected_revision(&parts.headers, task.revision)?;
    let answer = api.leyline.cancel(task.id, expected).await;
    changed(answer, &api.urls(&parts))
}

/// Start a new run of a failed or cancelled task.
#[utoipa::path(
    post,
    path = urls::REQUEUE,
    tag = "tasks",
    params(
        ("task_id" = String, Path, description = "The task"),
        ("If-Match" = Option<String>, Header, description = "Only at the revision of this tag"),
    ),
    responses(
        (status = 200, description = "The pending task", body = schema::Task),
        (status = 404, description = "No such task"),
        (status = 409, description = "Neither failed nor cancelled; with the current snapshot"),
        (status = 412, description = "At another revision; with the current snapshot"),
    )
)]
pub(crate) async fn requeue_task(
    State(api): State<Api>,
    id: Named,
    parts: Parts,
) -> Result<Response, Problem> {
    let task = api.task(&parts, Action::Requeue, id).await?;
    let expected = etag::expected_revision(&parts.headers, task.revision)?;
    let answer = api.leyline.requeue(task.id, expected).await;
    changed(answer, &api.urls(&parts))
}

/// Remove a task that has ended, with its files.
#[utoipa::path(
    delete,
    path = urls::TASK,
    tag = "tasks",
    params(
        ("task_id" = String, Path, description = "The task"),
        ("If-Match" = Option<String>, Header, description = "Only at the revision of this tag"),
    ),
    responses(
        (status = 204, description = "Gone"),
        (status = 404, description = "No such task"),
        (status = 409, description = "Not ended; with the current snapshot"),
        (status = 412, description = "At another revision; with the current snapshot"),
    )
)]
pub(crate) async fn delete_task(
    State(api): State<Api>,
    id: Named,
    parts: Parts,
) -> Result<Response, Problem> {
    let task = api.task(&parts, Action::Delete, id).await?;
    let expected = etag::expected_revision(&parts.headers, task.revision)?;
    let answer = api.leyline.delete(task.id, expected).await;
    answer.map_err(|error| refused(error, &api.urls(&parts)))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn changed(answer: Result<Task, Error>, urls: &Urls) -> Result<Response, Problem> {
    let task = answer.map_err(|error| refused(error, urls))?;
    Ok(wire::task_response(StatusCode::OK, &TaskEvent::of(&task), urls))
}

/// The refusal, with the task as it is where that is the reason.
fn refused(error: Error, urls: &Urls) -> Problem {
    let current = match &error {
        Error::Store(error) => error.current().map(|task| wire::raw_task(task, urls)),
        _ => None,
    };
    let problem = Problem::from(error);
    match current {
        Some(task) => problem.with("task", &task),
        None => problem,
    }
}
