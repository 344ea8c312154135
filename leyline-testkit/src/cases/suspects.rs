//! Claim: suspects. One task that kills its process must not convict its neighbours.

use leyline_core::store::ClaimRequest;
use leyline_core::{Task, TaskId};

use crate::trial::Trial;

/// A claim takes at most one suspect, and its neighbours all the same.
pub async fn a_claim_takes_at_most_one_suspect(trial: Trial) {
    let suspects = [
        rescued(&trial, 2).await,
        rescued(&trial, 2).await,
        rescued(&trial, 2).await,
    ];
    let innocent = [trial.pending().await, rescued(&trial, 1).await];
    let request = trial.request(trial.worker().await, &["alpha"]);
    let first = trial.claim_ids(&request).await;
    assert_eq!(first.len(), 3, "one suspect and both others: {first:?}");
    assert!(innocent.iter().all(|task| first.contains(&task.id)));
    for _ in 0..2 {
        assert_eq!(trial.claim_ids(&request).await.len(), 1, "one suspect at a time");
    }
    assert_eq!(trial.claim_ids(&request).await, []);
    for task in suspects {
        assert_eq!(trial.row(task.id).await.worker, Some(request.worker));
    }
}

/// A worker that runs a suspect asks for none, and gets the others.
pub async fn who_asks_for_no_suspect_gets_none(trial: Trial) {
    let suspect = rescued(&trial, 2).await;
    let innocent = trial.pending().await;
    let request = ClaimRequest {
        suspects: 0,
        ..trial.request(trial.worker().await, &["alpha"])
    };
    assert_eq!(trial.claim_ids(&request).await, [innocent.id]);
    let by_id = ClaimRequest {
        ids: vec![suspect.id],
        ..request
    };
    assert_eq!(trial.claim_ids(&by_id).await, []);
    trial.check_unchanged(&suspect).await;
}

/// A suspect that is passed over takes up no place: those behind it are handed out up to the limit.
pub async fn a_suspect_passed_over_takes_no_place(trial: Trial) {
    for _ in 0..4 {
        rescued(&trial, 2).await;
    }
    let innocent = [
        trial.pending().await.id,
        trial.pending().await.id,
        trial.pending().await.id,
    ];
    let worker = trial.worker().await;
    let mut request = ClaimRequest {
        suspects: 0,
        limit: 2,
        ..trial.request(worker, &["alpha"])
    };
    assert_eq!(trial.claim_ids(&request).await, innocent[..2]);
    (request.limit, request.wants[0].slots) = (9, 1);
    assert_eq!(trial.claim_ids(&request).await, innocent[2..]);
}

/// Over several kinds there is still at most one.
pub async fn one_suspect_over_several_kinds(trial: Trial) {
    for name in ["alpha", "beta", "gamma"] {
        let mut new = trial.new_task();
        new.kind = crate::fixtures::kind(name);
        let task = trial.insert(new).await;
        rescue_times(&trial, task, 2).await;
    }
    let request = trial.request(trial.worker().await, &["alpha", "beta", "gamma"]);
    for _ in 0..3 {
        assert_eq!(trial.claim_ids(&request).await.len(), 1);
    }
}

/// A suspect has been freed at least once and is one death short of the cap: 2 of 3, 1 of 2; with a cap of 0 or 1 there
/// are none.
pub async fn who_is_a_suspect_depends_on_the_cap(trial: Trial) {
    let ids: [TaskId; 3] = [
        trial.pending().await.id,
        rescued(&trial, 1).await.id,
        rescued(&trial, 2).await.id,
    ];
    for (max_rescues, suspect) in [(0, None), (1, None), (2, Some(1)), (3, Some(2)), (4, None)] {
        for (rescues, &id) in ids.iter().enumerate() {
            let request = ClaimRequest {
                ids: vec![id],
                suspects: 0,
                max_rescues,
                ..trial.request(trial.worker().await, &["alpha"])
            };
            let claimed = trial.claim_all(&request).await;
            let is_suspect = suspect == Some(rescues);
            assert_eq!(
                claimed.is_empty(),
                is_suspect,
                "{rescues} rescues of {max_rescues}"
            );
            for claimed in claimed {
                trial
                    .finish(&claimed.task, leyline_core::store::Outcome::Release)
                    .await;
            }
        }
    }
}

/// A pending task that was rescued so many times.
async fn rescued(trial: &Trial, times: u32) -> Task {
    let task = trial.pending().await;
    rescue_times(trial, task, times).await
}

async fn rescue_times(trial: &Trial, mut task: Task, times: u32) -> Task {
    for _ in 0..times {
        let worker = trial.worker().await;
        trial.claim(worker, &task).await;
        task = trial.rescue(&[(worker, 1)], 9).await.tasks.remove(0);
    }
    assert_eq!(task.rescues, times);
    task
}
