//! The API, the page, and what of them this process serves.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use leyline_axum::{HttpOptions, router_with};
use leyline_core::Leyline;
use serde_json::json;

use crate::config::{Config, Roles};
use crate::{assets, processors};

/// All routes of this process.
pub fn router(leyline: Leyline, config: &Config) -> Router {
    let mut options = HttpOptions::default();
    options.max_upload = config.max_upload.0;
    options.default_kinds = processors::default_kinds();
    let router = router_with(leyline, options).merge(assets::router(config.frontend_dir.clone()));
    if config.roles == Roles::ALL {
        return router;
    }
    router.layer(from_fn_with_state(config.roles, only_own))
}

async fn only_own(State(roles): State<Roles>, request: Request, next: Next) -> Response {
    match missing_role(roles, request.uri().path()) {
        None => next.run(request).await,
        Some(role) => misdirected(role),
    }
}

/// Which role a process lacks to serve this path. Health is everyone's.
fn missing_role(roles: Roles, path: &str) -> Option<&'static str> {
    let streams = path == "/ws" || path.starts_with("/ws/") || is_event_stream(path);
    match path {
        "/healthz" | "/readyz" => None,
        _ if streams => (!roles.gateway).then_some("gateway"),
        _ => (!roles.api).then_some("api"),
    }
}

/// An artifact may be named `events`, too.
fn is_event_stream(path: &str) -> bool {
    let task = path.strip_prefix("/api/tasks/");
    task.and_then(|rest| rest.strip_suffix("/events"))
        .is_some_and(|id| !id.contains('/'))
}

/// 421: whatever routes requests to processes has chosen the wrong one (RFC 9110, 15.5.20).
fn misdirected(role: &'static str) -> Response {
    let problem = json!({
        "type": "urn:leyline:problem:misdirected",
        "title": "Misdirected Request",
        "status": StatusCode::MISDIRECTED_REQUEST.as_u16(),
        "detail": format!("this process does not have the role {role}"),
    });
    let content_type = HeaderValue::from_static("application/problem+json");
    let headers = [(header::CONTENT_TYPE, content_type)];
    (StatusCode::MISDIRECTED_REQUEST, headers, problem.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(roles: &str, path: &str, missing: Option<&str>) {
        assert_eq!(
            missing_role(roles.parse().unwrap(), path),
            missing,
            "{roles} {path}"
        );
    }

    #[test]
    fn each_role_serves_its_own_paths_and_everyone_tells_its_health() {
        check("api", "/api/tasks", None);
        check("api", "/", None);
        check("api", "/ws", Some("gateway"));
        check("api", "/api/tasks/x/events", Some("gateway"));
        check("api", "/api/tasks/x/artifacts/events", None);
        check("gateway", "/api/tasks/x/artifacts/events", Some("api"));
        check("gateway", "/ws/x", None);
        check("gateway", "/api/upload", Some("api"));
        check("worker", "/api/stats", Some("api"));
        check("worker", "/readyz", None);
    }
}
