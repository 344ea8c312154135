//! `/healthz` and `/readyz`: for whoever starts, stops and routes to this process. Open to everyone.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::gate::Api;
use crate::problem::Problem;
use crate::schema::Health;
use crate::urls;
use crate::wire;

/// Whether the process answers at all.
#[utoipa::path(
    get,
    path = urls::HEALTHZ,
    tag = "service",
    responses((status = 200, description = "It does", body = Health))
)]
pub(crate) async fn healthz() -> Response {
    ok()
}

/// Whether the service can do its work: the store answers and could write, and not all slots are stuck.
#[utoipa::path(
    get,
    path = urls::READYZ,
    tag = "service",
    responses(
        (status = 200, description = "It can", body = Health),
        (status = 503, description = "It can't now"),
    )
)]
pub(crate) async fn readyz(State(api): State<Api>) -> Result<Response, Problem> {
    api.leyline.ready().await?;
    Ok(ok())
}

fn ok() -> Response {
    let body = Health {
        status: "ok".to_owned(),
    };
    wire::json_response(StatusCode::OK, serde_json::to_vec(&body).expect("a text is JSON"))
}
