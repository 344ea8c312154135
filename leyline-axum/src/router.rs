//! All routes, put together.

use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{Next, from_fn, map_response};
use axum::response::Response;
use axum::routing::get;
use leyline_core::Leyline;
use tracing::Instrument as _;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::gate::Api;
use crate::openapi::{self, Contract};
use crate::options::HttpOptions;
use crate::problem::{Problem, ProblemType};
use crate::{download, health, origin, stats, tasks, upload, urls, watch};

/// All routes of `leyline` with the defaults of [`HttpOptions`]: **everyone may do everything** (see
/// [`AllowAll`](crate::AllowAll)).
pub fn router(leyline: Leyline) -> Router {
    router_with(leyline, HttpOptions::default())
}

/// All routes of `leyline`, with these settings. Merge it into a router of your own, or nest it under a prefix.
pub fn router_with(leyline: Leyline, options: HttpOptions) -> Router {
    let origins = options.allowed_origins.clone();
    let api = Api::new(leyline, options);
    let (router, document) = routes().split_for_parts();
    let document = openapi::with_kinds(openapi::with_problems(document), &api.leyline.kinds());
    let document = Arc::new(document);
    let describer = api.clone();
    let router = router
        .route(
            urls::OPENAPI,
            get(async move |parts: Parts| openapi::respond(&describer, &document, &parts)),
        )
        .method_not_allowed_fallback(async || Problem::new(ProblemType::MethodNotAllowed))
        .layer(map_response(no_sniff))
        .layer(from_fn(in_span))
        .with_state(api);
    if origins.is_empty() {
        router
    } else {
        router.layer(origin::cors(&origins))
    }
}

/// The OpenAPI document as it is served, for paths without a prefix. What a service serves also names its kinds.
pub fn openapi() -> utoipa::openapi::OpenApi {
    openapi::with_problems(routes().into_openapi())
}

fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(Contract::openapi())
        .routes(routes!(upload::upload))
        .routes(routes!(tasks::create_task, tasks::list_tasks))
        .routes(routes!(tasks::get_task, tasks::delete_task))
        .routes(routes!(tasks::cancel_task))
        .routes(routes!(tasks::requeue_task))
        .routes(routes!(download::get_input))
        .routes(routes!(download::get_result))
        .routes(routes!(download::get_artifact))
        .routes(routes!(watch::watch_events))
        .routes(routes!(watch::watch_socket))
        .routes(routes!(watch::open_socket))
        .routes(routes!(stats::get_stats))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
}

/// Everything that is logged on the way tells of which request, and of which task once that is known. The route, not the
/// path: what a path holds is the client's.
async fn in_span(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let span =
        tracing::info_span!("request", method = %request.method(), route, task = tracing::field::Empty);
    async {
        let response = next.run(request).await;
        tracing::debug!(status = response.status().as_u16(), "answered");
        response
    }
    .instrument(span)
    .await
}

/// No answer is to be taken for something else than it says.
async fn no_sniff(mut response: Response) -> Response {
    let nosniff = HeaderValue::from_static("nosniff");
    response
        .headers_mut()
        .insert(HeaderName::from_static("x-content-type-options"), nosniff);
    response
}
