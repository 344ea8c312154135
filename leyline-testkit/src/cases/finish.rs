//! Finish: how a claim ends, outcome by outcome.

use std::time::Duration;

use leyline_core::store::{Finish, Outcome};
use leyline_core::task::{Failure, MAX_HISTORY};
use leyline_core::transition::{self, Change};
use leyline_core::{Output, Progress, Status, Task, TaskStoreExt as _, Timestamp};

use crate::check::Before;
use crate::fixtures::{
    UNICODE, blob, complete, fail, failure, finish, longest_json, output, progress, retry, rich_task,
};
use crate::trial::Trial;

/// Complete: the output is set, the fraction is 1, the end is noted; the rest stays.
pub async fn complete_sets_clears_and_keeps_what_the_table_says(trial: Trial) {
    let columns = [
        "status",
        "revision",
        "progress",
        "output",
        "worker",
        "finished_at",
        "updated_at",
    ];
    let (before, after) = ended(&trial, complete(), &columns).await;
    assert_eq!((after.status, after.worker), (Status::Completed, None));
    assert_eq!(after.output, Some(output()));
    let expected = Progress {
        fraction: Some(1.0),
        ..progress(5)
    };
    assert_eq!(after.progress, expected);
    assert_eq!(after.finished_at, Some(after.updated_at));
    assert_eq!(after.attempt, before.task.attempt);
}

/// Retry: the history grows, the task waits for its delay; the attempt counts.
pub async fn retry_sets_clears_and_keeps_what_the_table_says(trial: Trial) {
    let columns = ["status", "revision", "history", "run_at", "worker", "updated_at"];
    let (before, after) = ended(&trial, retry(Duration::from_millis(2_500)), &columns).await;
    assert_eq!((after.status, after.worker), (Status::Pending, None));
    assert_eq!(
        after.run_at,
        transition::after(after.updated_at, Duration::from_millis(2_500))
    );
    assert_eq!(after.attempt, before.task.attempt);
    let entry = after.history.last().expect("the failure is remembered");
    assert_eq!((entry.attempt, entry.at), (2, after.updated_at));
    assert_eq!(
        (entry.code.as_str(), entry.message.as_str()),
        ("flaky", "it failed: flaky")
    );
    assert_eq!(
        after.history[..1],
        before.task.history[..],
        "the older entries stay"
    );
}

/// Fail: the failure is set and remembered, the end is noted.
pub async fn fail_sets_clears_and_keeps_what_the_table_says(trial: Trial) {
    let columns = [
        "status",
        "revision",
        "failure",
        "history",
        "worker",
        "finished_at",
        "updated_at",
    ];
    let (before, after) = ended(&trial, fail(), &columns).await;
    assert_eq!((after.status, after.worker), (Status::Failed, None));
    assert_eq!(after.failure, Some(failure("broken")));
    assert_eq!(after.finished_at, Some(after.updated_at));
    assert_eq!((after.history.len(), before.task.history.len()), (2, 1));
    assert_eq!(after.history[1].code, "broken");
}

/// Release: pending again at its old place, the attempt given back.
pub async fn release_sets_clears_and_keeps_what_the_table_says(trial: Trial) {
    let columns = ["status", "revision", "attempt", "worker", "updated_at"];
    let (before, after) = ended(&trial, Outcome::Release, &columns).await;
    assert_eq!((after.status, after.worker), (Status::Pending, None));
    assert_eq!(after.attempt, before.task.attempt - 1);
    assert_eq!(after.run_at, before.task.run_at);
}

/// Snooze: pending again later, the attempt given back.
pub async fn snooze_sets_clears_and_keeps_what_the_table_says(trial: Trial) {
    let snooze = Outcome::Snooze {
        delay: Duration::from_mins(1),
    };
    let columns = ["status", "revision", "attempt", "run_at", "worker", "updated_at"];
    let (before, after) = ended(&trial, snooze, &columns).await;
    assert_eq!((after.status, after.worker), (Status::Pending, None));
    assert_eq!(after.attempt, before.task.attempt - 1);
    assert_eq!(
        after.run_at,
        transition::after(after.updated_at, Duration::from_mins(1))
    );
}

/// A retry at the last attempt is a fail.
pub async fn a_retry_at_the_last_attempt_fails(trial: Trial) {
    let mut new = rich_task(trial.task_id());
    (new.max_attempts, new.delay) = (2, Duration::ZERO);
    let task = trial.insert(new).await;
    let worker = trial.worker().await;
    let first = trial.claim(worker, &task).await.task;
    assert_eq!(
        trial.finish(&first, retry(Duration::ZERO)).await.status,
        Status::Pending
    );
    trial.claim(worker, &task).await;
    let before = trial.before(task.id).await;
    let after = trial.finish(&before.task, retry(Duration::from_secs(5))).await;
    let change = Change::Finish {
        outcome: retry(Duration::from_secs(5)),
        progress: None,
    };
    let columns = [
        "status",
        "revision",
        "failure",
        "history",
        "worker",
        "finished_at",
        "updated_at",
    ];
    trial.check(&before, &after, change, &columns).await;
    assert_eq!((after.status, after.attempt), (Status::Failed, 2));
    assert_eq!(after.failure, Some(failure("flaky")));
    assert_eq!(after.run_at, before.task.run_at, "it waits for nothing");
}

/// A released attempt does not count towards `max_attempts`.
pub async fn a_released_attempt_does_not_count(trial: Trial) {
    let mut new = trial.new_task();
    new.max_attempts = 1;
    let task = trial.insert(new).await;
    let worker = trial.worker().await;
    for outcome in [
        Outcome::Release,
        Outcome::Snooze {
            delay: Duration::ZERO,
        },
        Outcome::Release,
    ] {
        let claimed = trial.claim(worker, &task).await.task;
        assert_eq!(claimed.attempt, 1);
        assert_eq!(trial.finish(&claimed, outcome).await.attempt, 0);
    }
    let claimed = trial.claim(worker, &task).await.task;
    assert_eq!(
        trial.finish(&claimed, retry(Duration::ZERO)).await.status,
        Status::Failed
    );
}

/// A task that is to wait is not handed out before, by the store's clock.
pub async fn retry_and_snooze_wait_for_their_delay(trial: Trial) {
    let worker = trial.worker().await;
    let delay = Duration::from_mins(10);
    for outcome in [retry(delay), Outcome::Snooze { delay }] {
        let task = trial.processing_under(worker).await;
        trial.finish(&task, outcome).await;
        trial.advance(Duration::from_secs(500)).await;
        assert_eq!(trial.claim_ids(&trial.request(worker, &["alpha"])).await, []);
        trial.advance(Duration::from_secs(100)).await;
        assert_eq!(
            trial.claim_ids(&trial.request(worker, &["alpha"])).await,
            [task.id]
        );
    }
}

/// A delay beyond the end of time waits until then; nothing overflows.
pub async fn an_endless_delay_waits_until_the_end_of_time(trial: Trial) {
    for outcome in [retry(Duration::MAX), Outcome::Snooze { delay: Duration::MAX }] {
        let task = trial.processing().await;
        let after = trial.finish(&task, outcome).await;
        trial.check_unchanged(&after).await;
        assert_eq!(after.status, Status::Pending);
        assert_eq!(after.run_at.as_second(), Timestamp::MAX.as_second());
        assert_eq!(
            after.run_at.subsec_nanosecond() % 1_000,
            0,
            "{} is in whole microseconds",
            after.run_at
        );
    }
}

/// The claim's last progress is stored if its tick is later than the stored one; an older or equal one never replaces it.
pub async fn the_last_progress_is_stored_if_its_tick_is_later(trial: Trial) {
    for (tick, stored) in [(4, 5), (5, 5), (6, 6)] {
        let task = trial.rich(Status::Processing).await;
        assert_eq!(task.progress, progress(5));
        let mut last = progress(tick);
        last.message = Some("last".to_owned());
        let released = trial
            .store
            .finish_one(Finish {
                progress: Some(last),
                ..finish(&task, Outcome::Release)
            })
            .await;
        let released = released.expect("the claim holds");
        trial.check_unchanged(&released).await;
        let message = if stored == tick && tick > 5 {
            "last"
        } else {
            "frame 5"
        };
        assert_eq!(
            (released.progress.tick, released.progress.message.as_deref()),
            (stored, Some(message))
        );
    }
}

/// A complete task is at 1, whether or not its progress ever had a fraction, and keeps the rest of its last progress.
pub async fn a_completed_task_has_the_fraction_one(trial: Trial) {
    let task = trial.processing().await;
    let done = trial.finish(&task, complete()).await;
    assert_eq!(
        done.progress,
        Progress {
            fraction: Some(1.0),
            ..Progress::default()
        }
    );
    let task = trial.processing().await;
    let last = Progress {
        fraction: None,
        ..progress(8)
    };
    let done = trial
        .store
        .finish_one(Finish {
            progress: Some(last.clone()),
            ..finish(&task, complete())
        })
        .await;
    assert_eq!(
        done.expect("the claim holds").progress,
        Progress {
            fraction: Some(1.0),
            ..last
        }
    );
}

/// At most so many failed attempts are kept, and the oldest go first.
pub async fn the_history_keeps_the_newest_entries(trial: Trial) {
    let mut new = trial.new_task();
    new.max_attempts = 100;
    let task = trial.insert(new).await;
    let worker = trial.worker().await;
    let rounds = MAX_HISTORY + 5;
    for i in 0..rounds {
        let claimed = trial.claim(worker, &task).await.task;
        let outcome = Outcome::Retry {
            failure: failure(&format!("f{i}")),
            delay: Duration::ZERO,
        };
        trial.finish(&claimed, outcome).await;
    }
    let history = trial.row(task.id).await.history;
    let codes: Vec<String> = history.into_iter().map(|entry| entry.code).collect();
    let expected: Vec<String> = (rounds - MAX_HISTORY..rounds).map(|i| format!("f{i}")).collect();
    assert_eq!(codes, expected);
}

/// Long and foreign values in outputs and failures come back as they were.
pub async fn outputs_and_failures_come_back_as_they_were(trial: Trial) {
    let task = trial.processing().await;
    let output = Output {
        value: longest_json(),
        artifacts: (0..50).map(|i| blob(&format!("{i}.{UNICODE}"))).collect(),
    };
    let done = trial
        .finish(
            &task,
            Outcome::Complete {
                output: output.clone(),
            },
        )
        .await;
    assert_eq!(trial.row(done.id).await.output, Some(output));
    let task = trial.processing().await;
    let failure = Failure::new("c".repeat(64).as_str(), &UNICODE.repeat(20));
    let failed = trial
        .finish(
            &task,
            Outcome::Fail {
                failure: failure.clone(),
            },
        )
        .await;
    let row = trial.row(failed.id).await;
    assert_eq!(
        (row.history[0].code.as_str(), row.history[0].message.as_str()),
        (failure.code.as_str(), failure.message.as_str())
    );
    assert_eq!(row.failure, Some(failure));
}

/// Only a claim can end: what is not processing answers `ClaimLost` and stays as it is, whatever the outcome.
pub async fn only_a_processing_task_can_be_finished(trial: Trial) {
    let worker = trial.worker().await;
    for status in Status::ALL
        .into_iter()
        .filter(|status| *status != Status::Processing)
    {
        let task = trial.rich(status).await;
        for outcome in [
            complete(),
            retry(Duration::ZERO),
            fail(),
            Outcome::Release,
            Outcome::Snooze {
                delay: Duration::ZERO,
            },
        ] {
            for revision in [task.revision - 1, task.revision] {
                let claim = leyline_core::Claim {
                    id: task.id,
                    revision,
                    worker,
                };
                let end = Finish {
                    claim,
                    outcome: outcome.clone(),
                    progress: Some(progress(9)),
                };
                let answer = trial.store.finish_one(end).await;
                assert!(
                    answer
                        .as_ref()
                        .is_err_and(leyline_core::store::Error::is_claim_lost),
                    "{status}: {answer:?}"
                );
            }
        }
        trial.check_unchanged(&task).await;
    }
}

/// Ends the claim of a task with every field filled, and checks the row.
async fn ended(trial: &Trial, outcome: Outcome, columns: &[&str]) -> (Before, Task) {
    let task = trial.rich(Status::Processing).await;
    let before = trial.before(task.id).await;
    let after = trial.finish(&task, outcome.clone()).await;
    trial
        .check(
            &before,
            &after,
            Change::Finish {
                outcome,
                progress: None,
            },
            columns,
        )
        .await;
    (before, after)
}
