//! Stats: live counts are exact, terminal ones are of a stated window.

use std::time::Duration;

use leyline_core::Status;
use leyline_core::store::{KindStats, Stats};

use crate::fixtures::kind;
use crate::trial::Trial;

const HOUR: Duration = Duration::from_hours(1);

/// An empty store has nothing to count.
pub async fn an_empty_store_counts_nothing(trial: Trial) {
    let stats = stats(&trial, HOUR).await;
    assert_eq!(
        (stats.kinds, stats.window, stats.oldest_due),
        (vec![], HOUR, None)
    );
}

/// Each status is counted, kind by kind, in the order of the kinds.
pub async fn every_status_is_counted_by_kind(trial: Trial) {
    for (i, status) in Status::ALL.into_iter().enumerate() {
        for _ in 0..=i {
            trial.in_status(status).await;
        }
    }
    for name in ["zeta", "Beta", "a.b"] {
        let mut new = trial.new_task();
        new.kind = kind(name);
        trial.insert(new).await;
    }
    let stats = stats(&trial, HOUR).await;
    let pending = |name| counts(name, [1, 0, 0, 0, 0]);
    assert_eq!(
        stats.kinds,
        [
            pending("Beta"),
            pending("a.b"),
            counts("alpha", [1, 2, 3, 4, 5]),
            pending("zeta")
        ]
    );
    assert_eq!(stats.pending(), 4);
}

/// Live tasks are counted however old they are, due or not.
pub async fn live_tasks_are_counted_exactly(trial: Trial) {
    let mut delayed = trial.new_task();
    delayed.delay = HOUR * 1_000;
    trial.insert(delayed).await;
    trial.in_status(Status::Pending).await;
    trial.in_status(Status::Processing).await;
    trial.advance(HOUR * 100).await;
    assert_eq!(
        stats(&trial, HOUR).await.kinds,
        [counts("alpha", [2, 1, 0, 0, 0])]
    );
}

/// Ended tasks are counted while their end is within the window; a kind with nothing left to count is left out.
pub async fn ended_tasks_are_counted_within_the_window(trial: Trial) {
    for status in [Status::Completed, Status::Failed, Status::Cancelled] {
        trial.in_status(status).await;
    }
    trial.advance(HOUR).await;
    trial.in_status(Status::Completed).await;
    assert_eq!(
        stats(&trial, HOUR * 2).await.kinds,
        [counts("alpha", [0, 0, 2, 1, 1])]
    );
    let short = stats(&trial, HOUR / 2).await;
    assert_eq!(
        (short.kinds, short.window),
        (vec![counts("alpha", [0, 0, 1, 0, 0])], HOUR / 2)
    );
    trial.advance(HOUR).await;
    assert_eq!(stats(&trial, HOUR / 2).await.kinds, []);
    assert_eq!(
        stats(&trial, Duration::MAX).await.kinds,
        [counts("alpha", [0, 0, 2, 1, 1])],
        "nothing overflows"
    );
}

/// Counts follow every change: what is requeued or deleted is no longer counted as ended.
pub async fn counts_follow_every_change(trial: Trial) {
    let failed = trial.in_status(Status::Failed).await;
    let cancelled = trial.in_status(Status::Cancelled).await;
    trial.store.requeue(failed.id, None).await.expect("it has failed");
    trial
        .store
        .delete(cancelled.id, None)
        .await
        .expect("it is cancelled");
    assert_eq!(
        stats(&trial, HOUR).await.kinds,
        [counts("alpha", [1, 0, 0, 0, 0])]
    );
}

/// `oldest_due` is the earliest `run_at` of a pending task that is due, over all kinds and priorities.
pub async fn oldest_due_is_the_task_due_for_longest(trial: Trial) {
    let mut delayed = trial.new_task();
    (delayed.delay, delayed.kind) = (HOUR, kind("beta"));
    trial.insert(delayed).await;
    trial.in_status(Status::Processing).await;
    trial.in_status(Status::Failed).await;
    assert_eq!(stats(&trial, HOUR).await.oldest_due, None, "none is due");
    let mut low = trial.new_task();
    low.priority = 1;
    let low = trial.insert(low).await;
    trial.advance(Duration::from_mins(1)).await;
    let mut high = trial.new_task();
    high.priority = 9;
    trial.insert(high).await;
    let expected = trial.row(low.id).await.run_at;
    assert_eq!(stats(&trial, HOUR).await.oldest_due, Some(expected));
}

/// `now` is the store's time at the count.
pub async fn the_answer_tells_the_stores_time(trial: Trial) {
    for _ in 0..2 {
        let before = trial.now().await;
        let told = stats(&trial, HOUR).await.now;
        assert!(before <= told && told <= trial.now().await);
        trial.advance(HOUR).await;
    }
}

async fn stats(trial: &Trial, window: Duration) -> Stats {
    trial.store.stats(window).await.expect("stats succeeds")
}

fn counts(name: &str, [pending, processing, completed, failed, cancelled]: [u64; 5]) -> KindStats {
    KindStats {
        kind: kind(name),
        pending,
        processing,
        completed,
        failed,
        cancelled,
    }
}
