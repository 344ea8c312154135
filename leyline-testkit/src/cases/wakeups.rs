//! Wake-ups: a counter that rises when there may be something to claim. A hint, so it may rise more often than it must.

use std::time::Duration;

use futures_util::FutureExt as _;
use leyline_core::store::{Outcome, Wakeups};
use leyline_core::{Status, Task};

use crate::fixtures::retry;
use crate::trial::Trial;

/// How long a wake-up may take, by the real clock: it comes from the store's own threads or connections.
const PATIENCE: Duration = Duration::from_secs(5);

/// A new task wakes.
pub async fn an_insert_wakes(trial: Trial) {
    let wakeups = watching(&trial);
    trial.pending().await;
    check_woken(&trial, wakeups, "insert").await;
}

/// A task that comes back wakes: released, retried or snoozed without delay.
pub async fn a_task_that_comes_back_wakes(trial: Trial) {
    for outcome in [
        Outcome::Release,
        retry(Duration::ZERO),
        Outcome::Snooze {
            delay: Duration::ZERO,
        },
    ] {
        let task = trial.processing().await;
        let wakeups = settled(&trial, &task).await;
        trial.finish(&task, outcome.clone()).await;
        check_woken(&trial, wakeups, &format!("{outcome:?}")).await;
    }
}

/// A rescue wakes: the freed tasks are for anyone.
pub async fn a_rescue_wakes(trial: Trial) {
    let task = trial.processing().await;
    let wakeups = settled(&trial, &task).await;
    trial
        .rescue(&[(task.worker.expect("it is processing"), 1)], 3)
        .await;
    check_woken(&trial, wakeups, "rescue").await;
}

/// A requeue wakes.
pub async fn a_requeue_wakes(trial: Trial) {
    let task = trial.in_status(Status::Failed).await;
    let wakeups = settled(&trial, &task).await;
    trial.store.requeue(task.id, None).await.expect("it has failed");
    check_woken(&trial, wakeups, "requeue").await;
}

/// A task that is announced wakes, whoever inserted it.
pub async fn an_announced_task_wakes(trial: Trial) {
    let task = trial.pending().await;
    let wakeups = settled(&trial, &task).await;
    trial.store.announced(&[task]);
    check_woken(&trial, wakeups, "announced").await;
}

/// Whoever marks the counter as seen before it looks misses nothing that comes after, and everyone who waits is woken.
pub async fn everyone_who_waits_is_woken(trial: Trial) {
    let mut first = watching(&trial);
    let mut second = first.clone();
    first.mark_seen();
    second.mark_seen();
    trial.pending().await;
    check_woken(&trial, first, "the first").await;
    check_woken(&trial, second, "the second").await;
}

fn watching(trial: &Trial) -> Wakeups {
    let mut wakeups = trial.store.wakeups();
    wakeups.mark_seen();
    wakeups
}

/// Wake-ups that have seen all that led to this task: those of its insert may be late.
async fn settled(trial: &Trial, task: &Task) -> Wakeups {
    let mut wakeups = watching(trial);
    trial.check_unchanged(task).await;
    wakeups.mark_seen();
    wakeups
}

/// A store that wakes does so; one that does not never does, and its workers live by their poll.
async fn check_woken(trial: &Trial, mut wakeups: Wakeups, what: &str) {
    if trial.wakes() {
        let woken = tokio::time::timeout(PATIENCE, wakeups.changed()).await;
        assert!(woken.is_ok(), "{what} wakes those who wait");
    } else {
        assert_eq!(
            wakeups.changed().now_or_never(),
            None,
            "the store said that it wakes nobody"
        );
    }
}
