//! `GET /api/tasks/{task_id}`: the snapshot, at once or when it changes.

use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use leyline_core::TaskEvent;
use leyline_core::hub::{Update, Watch};
use tokio::time::timeout;

use crate::auth::Action;
use crate::gate::{Api, Named};
use crate::header::{etag, prefer};
use crate::problem::{Problem, ProblemType};
use crate::schema;
use crate::serve::Shutdown;
use crate::urls;
use crate::wire;

/// A task's snapshot.
///
/// With `Prefer: wait=N` the answer comes when the task is other than `If-None-Match` says (without it: other than it was
/// at the start), when it has ended, or after N seconds.
#[utoipa::path(
    get,
    path = urls::TASK,
    tag = "tasks",
    params(
        ("task_id" = String, Path, description = "The task"),
        ("If-None-Match" = Option<String>, Header, description = "The tag of the snapshot that the client has"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: wait up to N seconds for a change"),
    ),
    responses(
        (status = 200, description = "The snapshot", body = schema::Task,
            headers(("ETag" = String, description = "`\"revision.tick\"`"))),
        (status = 304, description = "Nothing has changed"),
        (status = 404, description = "No such task"),
    )
)]
pub(crate) async fn get_task(
    State(api): State<Api>,
    id: Named,
    shutdown: Option<Extension<Shutdown>>,
    parts: Parts,
) -> Result<Response, Problem> {
    let urls = api.urls(&parts);
    let Some(wait) = prefer::wait(&parts.headers) else {
        let task = api.task(&parts, Action::Read, id).await?;
        return Ok(answer(&parts.headers, &TaskEvent::of(&task), &urls));
    };
    let principal = api.identify(&parts, Action::Read).await?;
    let mut watch = api.watch(&parts, Action::Read, &principal, id).await?;
    let wait = wait.min(api.options.max_wait);
    let event = changed(&mut watch, &parts.headers, wait, shutdown.as_deref()).await?;
    let mut response = answer(&parts.headers, &event, &urls);
    let applied =
        HeaderValue::from_str(&format!("wait={}", wait.as_secs())).expect("digits are visible ASCII");
    response.headers_mut().insert(prefer::PREFERENCE_APPLIED, applied);
    Ok(response)
}

fn answer(headers: &HeaderMap, event: &TaskEvent, urls: &urls::Urls) -> Response {
    let tag = etag::of_snapshot(event.version());
    if etag::none_match_fails(headers, &tag) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    wire::task_response(StatusCode::OK, event, urls)
}

/// The first snapshot other than the one that is known, or the newest when the time is up or the server shuts down.
async fn changed(
    watch: &mut Watch,
    headers: &HeaderMap,
    wait: Duration,
    shutdown: Option<&Shutdown>,
) -> Result<TaskEvent, Problem> {
    let mut event = watch.first().clone();
    let conditional = headers.contains_key(header::IF_NONE_MATCH);
    let first = event.version();
    let news = |event: &TaskEvent| {
        if conditional {
            !etag::none_match_fails(headers, &etag::of_snapshot(event.version()))
        } else {
            event.version() != first
        }
    };
    let looking = async {
        while !event.is_terminal() && !news(&event) {
            match watch.next().await {
                Some(Update::Event(newer)) => event = newer,
                Some(Update::Gone(_)) => return Err(Problem::new(ProblemType::TaskNotFound)),
                None => break,
            }
        }
        Ok(())
    };
    tokio::select! {
        biased;
        looked = timeout(wait, looking) => looked.unwrap_or(Ok(()))?,
        () = Shutdown::closing(shutdown, Duration::ZERO) => {}
    }
    Ok(event)
}
