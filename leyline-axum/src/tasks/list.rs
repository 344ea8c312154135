//! `GET /api/tasks`: newest first, by pages.

use std::collections::HashMap;
use std::str::FromStr;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use leyline_core::store::ListQuery;

use crate::auth::{Action, Scope};
use crate::gate::Api;
use crate::problem::{Problem, ProblemType};
use crate::schema;
use crate::urls;
use crate::wire;

/// List tasks, newest first.
///
/// Whoever sees only its own tasks gets only those. Pages are stable: a task that is accepted meanwhile moves nothing.
#[utoipa::path(
    get,
    path = urls::TASKS,
    tag = "tasks",
    params(
        ("status" = Option<schema::Status>, Query, description = "Only in this status"),
        ("kind" = Option<String>, Query, description = "Only of this kind"),
        ("after" = Option<String>, Query, description = "The `next` of the page before"),
        ("limit" = Option<u32>, Query, description = "Tasks on the page, 1 to 200; default 50"),
    ),
    responses(
        (status = 200, description = "A page", body = schema::TaskPage),
        (status = 400, description = "A parameter is malformed"),
    )
)]
pub(crate) async fn list_tasks(
    State(api): State<Api>,
    parts: Parts,
    query: Result<Query<HashMap<String, String>>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let principal = api.identify(&parts, Action::List).await?;
    let Query(params) = query.map_err(|_| invalid("the query can't be read"))?;
    let mut query = ListQuery::new();
    query.status = param(&params, "status")?;
    query.kind = param(&params, "kind")?;
    query.after = param(&params, "after")?;
    query.limit = param(&params, "limit")?.unwrap_or(0);
    query.owner = match principal.scope {
        Scope::All => None,
        Scope::Owner => Some(principal.owner),
    };
    let page = api.leyline.list(&query).await?;
    Ok(wire::json_response(
        StatusCode::OK,
        wire::page_json(&page, &api.urls(&parts)),
    ))
}

/// A parameter that is absent or empty is none.
fn param<T: FromStr<Err: std::fmt::Display>>(
    params: &HashMap<String, String>,
    name: &'static str,
) -> Result<Option<T>, Problem> {
    let value = params.get(name).filter(|value| !value.is_empty());
    let parsed = value.map(|value| value.parse()).transpose();
    parsed.map_err(|error| invalid(format!("{name}: {error}")))
}

fn invalid(detail: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::because(ProblemType::InvalidParameter, detail)
}
