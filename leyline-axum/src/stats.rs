//! `GET /api/stats`: counts and workers.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use leyline_core::store::{KindStats, RunningTask, WorkerRow};

use crate::auth::Action;
use crate::gate::Api;
use crate::problem::Problem;
use crate::schema::{self, KindCounts, ServiceStats, Worker};
use crate::urls;
use crate::wire;

/// Counts and workers of the whole service.
///
/// Live counts are exact; terminal ones are those of the window. Of what a worker runs, the first 100 are named. A worker
/// whose last beat is several of its periods old is dead or cut off; the others rescue its tasks. Only for those who see
/// everyone's tasks.
#[utoipa::path(
    get,
    path = urls::STATS,
    tag = "service",
    responses(
        (status = 200, description = "Counts and workers", body = ServiceStats),
        (status = 403, description = "Sees only its own tasks"),
    )
)]
pub(crate) async fn get_stats(State(api): State<Api>, parts: Parts) -> Result<Response, Problem> {
    api.identify(&parts, Action::Stats).await?;
    // Workers first, so that no time among them is after `now`.
    let workers = api.leyline.workers().await?;
    let stats = api.leyline.stats().await?;
    let body = ServiceStats {
        now: stats.now.to_string(),
        window_seconds: stats.window.as_secs(),
        kinds: stats.kinds.iter().map(counts).collect(),
        oldest_due: stats.oldest_due.map(|time| time.to_string()),
        workers: workers.iter().map(worker).collect(),
    };
    let json = serde_json::to_vec(&body).expect("counts and texts are JSON");
    Ok(wire::json_response(StatusCode::OK, json))
}

fn counts(stats: &KindStats) -> KindCounts {
    KindCounts {
        kind: stats.kind.to_string(),
        pending: stats.pending,
        processing: stats.processing,
        completed: stats.completed,
        failed: stats.failed,
        cancelled: stats.cancelled,
    }
}

fn worker(row: &WorkerRow) -> Worker {
    Worker {
        id: row.worker.to_string(),
        running: row.running,
        tasks: row.tasks.iter().map(running).collect(),
        started_at: row.started_at.to_string(),
        beat_at: row.beat_at.to_string(),
        period_seconds: row.period.as_secs_f64(),
    }
}

fn running(task: &RunningTask) -> schema::RunningTask {
    schema::RunningTask {
        id: task.id.to_string(),
        kind: task.kind.to_string(),
        since: task.since.to_string(),
    }
}
