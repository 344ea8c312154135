//! The handler.

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use leyline_core::store::Inserted;

use super::admission::{self, Format};
use super::intake::Draft;
use super::multipart::Multipart;
use super::{form, raw};
use crate::auth::{Action, Principal};
use crate::body::RequestBody;
use crate::gate::Api;
use crate::header::idempotency;
use crate::problem::Problem;
use crate::schema;
use crate::tasks::accepted;
use crate::urls;

/// Send a file and have it worked on.
///
/// Either a form (`kind` and `params` before `file`), or the file itself as the body with `kind` and `params` in the query
/// and the file's name in `Content-Disposition`. File and task are durable when the answer comes. Sent again with the same
/// `Idempotency-Key`, the same request gets the same answer.
#[utoipa::path(
    post,
    path = urls::UPLOAD,
    tag = "tasks",
    params(
        ("kind" = Option<String>, Query, description = "For a raw body: which processor is to do it"),
        ("params" = Option<String>, Query, description = "For a raw body: JSON for the processor"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes the request safe to send again"),
        ("Content-Disposition" = Option<String>, Header, description = "For a raw body: the file's name"),
    ),
    request_body(content(
        (schema::UploadForm = "multipart/form-data"),
        (Vec<u8> = "application/octet-stream"),
    )),
    responses(
        (status = 202, description = "Accepted", body = schema::Task,
            headers(("Location" = String, description = "The task"))),
        (status = 400, description = "Malformed"),
        (status = 408, description = "Too slow"),
        (status = 413, description = "Too large"),
        (status = 422, description = "Unknown kind, params out of bounds, not one file at the end of the form, or the key \
            was used for another request"),
        (status = 429, description = "Too many uploads at once"),
        (status = 503, description = "Too many tasks are waiting"),
        (status = 507, description = "No room left"),
    )
)]
pub(crate) async fn upload(State(api): State<Api>, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let principal = api
        .identify(&parts, Action::Upload)
        .await
        .map_err(Problem::closing)?;
    let format = admission::format(&parts.headers).map_err(|error| Problem::from(error).closing())?;
    let limit = admission::limit(&api, &format);
    let _place = admission::admit(&api, &parts.headers, limit)
        .await
        .map_err(Problem::closing)?;
    let mut body = RequestBody::new(body, limit);
    let received = receive(&api, &parts, principal, format, &mut body).await;
    let drained = body
        .drain(api.options.drain_limit, api.options.drain_timeout)
        .await;
    match received {
        Ok(inserted) => Ok(accepted(&inserted, &api.urls(&parts))),
        Err(problem) if drained => Err(problem),
        Err(problem) => Err(problem.closing()),
    }
}

async fn receive(
    api: &Api,
    parts: &Parts,
    principal: Principal,
    format: Format,
    body: &mut RequestBody,
) -> Result<Inserted, Problem> {
    let idempotency_key = idempotency::key(&parts.headers)?;
    let draft = Draft {
        api,
        parts,
        principal,
        idempotency_key,
        kind: None,
        params: None,
    };
    let upload = match format {
        Format::Form(boundary) => {
            let mut form = Multipart::new(body, &boundary, api.options.multipart);
            form::receive(draft, &mut form).await?
        }
        Format::Raw => raw::receive(draft, body).await?,
    };
    Ok(upload.finish().await?)
}
