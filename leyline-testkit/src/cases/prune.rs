//! Prune: terminal tasks that ended long ago go, in chunks.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use leyline_core::store::ListQuery;
use leyline_core::{Status, Task, TaskId};

use crate::fixtures::rich_task;
use crate::trial::Trial;

const DAY: Duration = Duration::from_hours(24);

/// Whatever ended at least so long ago goes, in whichever way it ended, and is returned as it was.
pub async fn old_terminal_tasks_go_and_are_returned_as_they_were(trial: Trial) {
    let mut old = Vec::new();
    for status in [Status::Completed, Status::Failed, Status::Cancelled] {
        old.push(trial.rich(status).await.id);
    }
    trial.advance(DAY).await;
    let young = trial.in_status(Status::Failed).await;
    let mut rows = Vec::new();
    for id in &old {
        rows.push(trial.row(*id).await);
    }
    let mut pruned = trial.store.prune(DAY, 100).await.expect("prune succeeds");
    pruned.sort_by_key(|task| task.id);
    assert_eq!(pruned, rows);
    for id in old {
        assert_eq!(trial.store.get(id).await.expect("get succeeds"), None);
    }
    trial.check_unchanged(&young).await;
}

/// Neither sooner nor later than asked for.
pub async fn a_task_is_kept_until_it_is_old_enough(trial: Trial) {
    let task = trial.in_status(Status::Completed).await;
    trial.advance(DAY).await;
    let kept = DAY + Duration::from_hours(1);
    assert_eq!(trial.store.prune(kept, 100).await.expect("prune succeeds"), []);
    assert_eq!(
        trial.store.prune(DAY, 100).await.expect("prune succeeds").len(),
        1,
        "at least a day ago"
    );
    assert_eq!(trial.store.get(task.id).await.expect("get succeeds"), None);
}

/// It is the end that counts, not the beginning.
pub async fn age_counts_from_the_end(trial: Trial) {
    let task = trial.processing().await;
    trial.advance(DAY * 3).await;
    let done = trial.end(&task, Status::Completed).await;
    assert_eq!(trial.store.prune(DAY, 100).await.expect("prune succeeds"), []);
    trial.check_unchanged(&done).await;
}

/// Live tasks stay, however old they are; one that was requeued is live.
pub async fn live_tasks_are_never_pruned(trial: Trial) {
    let pending = trial.pending().await.id;
    let processing = trial.processing().await.id;
    let failed = trial.in_status(Status::Failed).await;
    trial.store.requeue(failed.id, None).await.expect("it has failed");
    trial.advance(DAY * 30).await;
    assert_eq!(
        trial
            .store
            .prune(Duration::ZERO, 100)
            .await
            .expect("prune succeeds"),
        []
    );
    for id in [pending, processing, failed.id] {
        trial.row(id).await;
    }
}

/// At most `limit` in one call, until none is left.
pub async fn prune_goes_in_chunks(trial: Trial) {
    let mut ids = BTreeSet::new();
    for task in trial.pending_batch(25).await {
        trial.store.cancel(task.id, None).await.expect("it is pending");
        ids.insert(task.id);
    }
    trial.advance(DAY).await;
    assert_eq!(trial.store.prune(DAY, 0).await.expect("prune succeeds"), []);
    for size in [10, 10, 5, 0] {
        let pruned: Vec<Task> = trial.store.prune(DAY, 10).await.expect("prune succeeds");
        assert_eq!(pruned.len(), size);
        for task in pruned {
            assert!(ids.remove(&task.id), "each goes once");
        }
    }
    assert!(ids.is_empty());
    let page = trial.store.list(&ListQuery::new()).await.expect("list succeeds");
    assert_eq!(page.tasks, []);
}

/// An age beyond the beginning of time prunes nothing; nothing overflows.
pub async fn an_endless_retention_prunes_nothing(trial: Trial) {
    let task = trial.in_status(Status::Completed).await;
    trial.advance(DAY).await;
    for age in [Duration::MAX, Duration::from_secs(u64::from(u32::MAX) * 100)] {
        assert_eq!(trial.store.prune(age, 100).await.expect("prune succeeds"), []);
    }
    trial.row(task.id).await;
}

/// The keys of pruned tasks are free again.
pub async fn a_pruned_tasks_key_is_free_again(trial: Trial) {
    let new = rich_task(trial.task_id());
    let task = trial.insert(new.clone()).await;
    trial.store.cancel(task.id, None).await.expect("it is pending");
    trial.advance(DAY).await;
    let pruned: Vec<TaskId> = trial
        .store
        .prune(DAY, 1)
        .await
        .expect("prune succeeds")
        .iter()
        .map(|task| task.id)
        .collect();
    assert_eq!(pruned, [task.id]);
    let mut again = new;
    again.id = trial.task_id();
    trial.insert(again).await;
}

/// Eight prune at once: each task goes to one of them, who removes its blobs.
pub async fn eight_pruners_share_the_tasks(trial: Trial) {
    let mut ids = Vec::new();
    for task in trial.pending_batch(40).await {
        trial.store.cancel(task.id, None).await.expect("it is pending");
        ids.push(task.id);
    }
    trial.advance(DAY).await;
    let answers = trial
        .race(8, |_| {
            let store = Arc::clone(&trial.store);
            async move {
                let mut pruned = Vec::new();
                while let [first, rest @ ..] = &store.prune(DAY, 3).await.expect("prune succeeds")[..] {
                    pruned.push(first.id);
                    pruned.extend(rest.iter().map(|task| task.id));
                }
                pruned
            }
        })
        .await;
    let mut pruned = answers.concat();
    pruned.sort();
    assert_eq!(pruned, ids);
}
