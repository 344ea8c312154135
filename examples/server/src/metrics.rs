//! Prometheus metrics, on a listener of their own: they are for operators and not for whoever uploads.

use std::time::Duration;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use leyline_core::CancellationToken;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// How often what was recorded is put in order; between scrapes it would pile up.
const UPKEEP: Duration = Duration::from_secs(5);

/// Upper bounds of the histograms of times, in seconds: from a hint's delay to an hour's work.
const SECONDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0,
];

/// Begins to record. Once a process.
///
/// # Errors
/// Something records already.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .install_recorder()
}

/// `GET /metrics`.
pub fn router(recorded: PrometheusHandle) -> Router {
    let render = async move || {
        let text = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
        (text, recorded.render())
    };
    Router::new().route("/metrics", get(render))
}

/// Keeps what was recorded in order, until `stop`.
///
/// # Cancel safety
/// Safe to drop.
pub async fn keep_up(recorded: PrometheusHandle, stop: CancellationToken) {
    let upkeep = async {
        loop {
            tokio::time::sleep(UPKEEP).await;
            recorded.run_upkeep();
        }
    };
    stop.run_until_cancelled(upkeep).await;
}
