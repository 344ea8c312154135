//! Finish: batches answer item by item.

use std::time::Duration;

use leyline_core::store::{Finish, Outcome};
use leyline_core::{Claim, Status, Task, TaskStoreExt as _};

use crate::fixtures::{complete, fail, finish, retry};
use crate::trial::Trial;

/// A batch in which some claims are lost says which, and ends the others.
pub async fn a_batch_says_which_claims_are_lost(trial: Trial) {
    let worker = trial.worker().await;
    let mut tasks = Vec::new();
    for _ in 0..6 {
        tasks.push(trial.processing_under(worker).await);
    }
    let cancelled = trial
        .store
        .cancel(tasks[1].id, None)
        .await
        .expect("it is processing");
    let finishes = [
        finish(&tasks[0], complete()),
        finish(&tasks[1], complete()),
        finish(&tasks[2], fail()),
        Finish {
            claim: Claim {
                id: trial.task_id(),
                revision: 2,
                worker,
            },
            ..finish(&tasks[0], complete())
        },
        Finish {
            claim: Claim {
                revision: 3,
                ..claim(&tasks[3])
            },
            ..finish(&tasks[3], complete())
        },
        finish(&tasks[4], Outcome::Release),
        Finish {
            claim: Claim {
                worker: trial.worker().await,
                ..claim(&tasks[5])
            },
            ..finish(&tasks[5], complete())
        },
    ];
    let answers = trial
        .store
        .finish(&finishes)
        .await
        .expect("the call as a whole succeeds");
    let expected = [
        Ok(Status::Completed),
        Err(tasks[1].id),
        Ok(Status::Failed),
        Err(finishes[3].claim.id),
        Err(tasks[3].id),
        Ok(Status::Pending),
        Err(tasks[5].id),
    ];
    assert_eq!(answers.len(), expected.len());
    for ((answer, expected), sent) in answers.into_iter().zip(expected).zip(&finishes) {
        match (answer, expected) {
            (Ok(task), Ok(status)) => {
                assert_eq!((task.id, task.status), (sent.claim.id, status));
                trial.check_unchanged(&task).await;
            }
            (Err(leyline_core::store::Error::ClaimLost { id }), Err(lost)) => assert_eq!(id, lost),
            (answer, expected) => panic!("{expected:?} was to be answered, not {answer:?}"),
        }
    }
    for unchanged in [&cancelled, &tasks[3], &tasks[5]] {
        trial.check_unchanged(unchanged).await;
    }
}

/// The answer has one item for each, in the order of the call, not of the ids.
pub async fn a_large_batch_is_answered_in_its_order(trial: Trial) {
    let worker = trial.worker().await;
    trial.pending_batch(300).await;
    let mut tasks: Vec<Task> = trial
        .claim_all(&trial.request(worker, &["alpha"]))
        .await
        .into_iter()
        .map(|claimed| claimed.task)
        .collect();
    assert_eq!(tasks.len(), 300);
    tasks.reverse();
    tasks.swap(3, 250);
    let outcomes = [
        complete(),
        retry(Duration::from_secs(1)),
        fail(),
        Outcome::Release,
    ];
    let finishes: Vec<Finish> = (0..300)
        .map(|i| finish(&tasks[i], outcomes[i % 4].clone()))
        .collect();
    let answers = trial.store.finish(&finishes).await.expect("the call succeeds");
    assert_eq!(answers.len(), 300);
    for (i, answer) in answers.into_iter().enumerate() {
        let after = answer.expect("the claim holds");
        let status = [
            Status::Completed,
            Status::Pending,
            Status::Failed,
            Status::Pending,
        ][i % 4];
        assert_eq!((after.id, after.status), (tasks[i].id, status));
        trial.check_unchanged(&after).await;
    }
    assert!(
        trial
            .store
            .finish(&[])
            .await
            .expect("the call succeeds")
            .is_empty()
    );
}

/// A claim ends once: of two ends in one batch the first counts.
pub async fn of_two_ends_of_one_claim_the_first_counts(trial: Trial) {
    let task = trial.processing().await;
    let both = [finish(&task, complete()), finish(&task, fail())];
    let answers = trial
        .store
        .finish(&both)
        .await
        .expect("the call as a whole succeeds");
    let [first, second] = <[_; 2]>::try_from(answers).expect("one answer for each");
    let first = first.expect("the claim holds");
    assert_eq!(first.status, Status::Completed);
    assert!(second.expect_err("the claim is spent").is_claim_lost());
    trial.check_unchanged(&first).await;
}

/// Sixteen callers end one claim at once: one of them does.
pub async fn of_sixteen_callers_one_ends_the_claim(trial: Trial) {
    for _ in 0..10 {
        let task = trial.processing().await;
        let answers = trial
            .race(16, |i| {
                let store = std::sync::Arc::clone(&trial.store);
                let end = finish(
                    &task,
                    if i % 2 == 0 {
                        complete()
                    } else {
                        retry(Duration::ZERO)
                    },
                );
                async move { store.finish_one(end).await }
            })
            .await;
        let (ended, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!(ended.len(), 1);
        assert!(
            lost.into_iter()
                .all(|answer| answer.is_err_and(|error| error.is_claim_lost()))
        );
        trial
            .check_unchanged(ended[0].as_ref().expect("it is the one"))
            .await;
    }
}

fn claim(task: &Task) -> Claim {
    task.claim().expect("the task is processing")
}
