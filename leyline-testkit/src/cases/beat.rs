//! Beat: a worker's counter, its claims' progress, and what differs between its account and the store's.

use std::time::Duration;

use leyline_core::store::{Beat, Held, Outcome, Stray};
use leyline_core::{Progress, Status, Task, TaskId, WorkerId};

use crate::columns::changed;
use crate::fixtures::{UNICODE, complete, held, held_at, progress};
use crate::trial::Trial;

/// The first beat creates the worker's row.
pub async fn the_first_beat_creates_the_row(trial: Trial) {
    let worker = trial.worker_id();
    let since = trial.now().await;
    let beat = Beat {
        period: Duration::from_millis(1_500),
        ..trial.beat_of(worker, 4)
    };
    let reply = trial.store.beat(&beat).await.expect("the beat succeeds");
    assert_eq!((reply.lost, reply.stray), (vec![], vec![]));
    let rows = trial.store.workers(0).await.expect("workers succeeds");
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!(
        (row.worker, row.counter, row.period, row.running),
        (worker, 4, beat.period, 0)
    );
    assert!(since <= row.started_at && row.started_at == row.beat_at && row.beat_at <= trial.now().await);
}

/// A later beat replaces counter, period and time; when the worker started stays.
pub async fn a_later_beat_replaces_the_counter(trial: Trial) {
    let worker = trial.worker().await;
    trial.advance(Duration::from_secs(10)).await;
    let since = trial.now().await;
    let before = row_of(&trial, worker).await;
    let beat = Beat {
        period: Duration::from_secs(3),
        ..trial.beat_of(worker, 2)
    };
    trial.store.beat(&beat).await.expect("the beat succeeds");
    let row = row_of(&trial, worker).await;
    assert_eq!(
        (row.counter, row.period, row.started_at),
        (2, beat.period, before.started_at)
    );
    assert!(since <= row.beat_at && row.beat_at <= trial.now().await);
}

/// An older counter never replaces a newer one: a beat that was overtaken is answered, and the row stays.
pub async fn an_older_counter_never_replaces_a_newer_one(trial: Trial) {
    let worker = trial.worker_id();
    trial.beat(worker, 7, Vec::new()).await;
    let task = trial.processing_under(worker).await;
    let before = row_of(&trial, worker).await;
    for counter in [6, 1, 0] {
        let beat = Beat {
            period: Duration::from_secs(99),
            ..trial.beat_of(worker, counter)
        };
        let reply = trial.store.beat(&beat).await.expect("the beat succeeds");
        assert_eq!(reply.stray, [stray(&task)], "it is answered all the same");
        let row = row_of(&trial, worker).await;
        assert_eq!((row.counter, row.period, row.running), (7, before.period, 1));
    }
}

/// Progress with a later tick is stored; an equal or older one never replaces it.
pub async fn an_older_tick_never_replaces_a_newer_one(trial: Trial) {
    let worker = trial.worker().await;
    let task = trial.processing_under(worker).await;
    for (counter, tick, stored) in [(2, 3, 3), (3, 2, 3), (4, 3, 3), (5, 4, 4), (6, 1, 4)] {
        let mut sent = progress(tick);
        sent.message = Some(format!("beat {counter}"));
        trial
            .beat(worker, counter, vec![held_at(&task, sent.clone())])
            .await;
        let row = trial.row(task.id).await;
        assert_eq!(row.progress.tick, stored, "beat {counter}");
        if tick == stored && [2, 5].contains(&counter) {
            assert_eq!(row.progress, sent);
        } else {
            assert_ne!(row.progress, sent, "beat {counter} came too late");
        }
    }
}

/// Not even where the beat itself is newer: ticks and counters are compared each for itself.
pub async fn an_older_beat_may_carry_a_later_tick(trial: Trial) {
    let worker = trial.worker().await;
    let task = trial.processing_under(worker).await;
    trial.beat(worker, 9, Vec::new()).await;
    trial.beat(worker, 8, vec![held_at(&task, progress(2))]).await;
    assert_eq!(trial.row(task.id).await.progress, progress(2));
    assert_eq!(row_of(&trial, worker).await.counter, 9);
}

/// A beat changes nothing of a task but its progress.
pub async fn a_beat_changes_nothing_but_progress(trial: Trial) {
    let task = trial.rich(Status::Processing).await;
    let worker = task.worker.expect("it is processing");
    trial.beat(worker, 3, vec![held(&task)]).await;
    trial.check_unchanged(&task).await;
    trial.advance(Duration::from_secs(5)).await;
    let before = trial.row(task.id).await;
    trial.beat(worker, 4, vec![held_at(&task, progress(6))]).await;
    let after = trial.row(task.id).await;
    assert_eq!(changed(&before, &after), ["progress"]);
    assert_eq!(after.progress, progress(6));
}

/// Every field of a progress comes back as it was, filled or not, short or long.
pub async fn progress_comes_back_as_it_was(trial: Trial) {
    let worker = trial.worker().await;
    let task = trial.processing_under(worker).await;
    let least = Progress {
        tick: 1,
        ..Progress::default()
    };
    let most = Progress {
        fraction: Some(1.0 / 3.0),
        done: Some(i64::MAX as u64),
        total: Some(i64::MAX as u64),
        unit: Some("u".repeat(32)),
        phase: Some("p".repeat(64)),
        message: Some(UNICODE.to_owned()),
        tick: 2,
    };
    let empty = Progress {
        fraction: Some(0.0),
        done: Some(0),
        message: Some(String::new()),
        tick: i64::MAX as u64,
        ..Progress::default()
    };
    for (counter, sent) in (2..).zip([least, most, empty]) {
        trial
            .beat(worker, counter, vec![held_at(&task, sent.clone())])
            .await;
        assert_eq!(trial.row(task.id).await.progress, sent);
    }
}

/// The ticks of a claim begin anew: those of the claim before don't count.
pub async fn a_new_claim_begins_its_ticks_anew(trial: Trial) {
    let worker = trial.worker().await;
    let task = trial.processing_under(worker).await;
    trial.beat(worker, 2, vec![held_at(&task, progress(50))]).await;
    trial.finish(&task, Outcome::Release).await;
    assert_eq!(
        trial.row(task.id).await.progress.tick,
        50,
        "it is kept until the next claim"
    );
    let again = trial.claim(worker, &task).await;
    assert_eq!((again.previous_progress.tick, again.task.progress.tick), (50, 0));
    trial
        .beat(worker, 3, vec![held_at(&again.task, progress(1))])
        .await;
    assert_eq!(trial.row(task.id).await.progress, progress(1));
}

/// The answer names what is held by the worker's account but no longer this claim, and only that.
pub async fn the_answer_names_lost_claims(trial: Trial) {
    let worker = trial.worker().await;
    let mut tasks = Vec::new();
    for _ in 0..6 {
        tasks.push(trial.processing_under(worker).await);
    }
    trial
        .store
        .cancel(tasks[0].id, None)
        .await
        .expect("it is processing");
    trial.finish(&tasks[2], complete()).await;
    trial.finish(&tasks[3], Outcome::Release).await;
    trial.claim(trial.worker().await, &tasks[3]).await;
    let absent = Held {
        id: trial.task_id(),
        revision: 2,
        progress: None,
    };
    let mut all: Vec<Held> = tasks.iter().map(held).collect();
    all.push(absent.clone());
    let mut reply = trial.beat(worker, 2, all).await;
    reply.lost.sort();
    assert_eq!(reply.lost, [tasks[0].id, tasks[2].id, tasks[3].id, absent.id]);
    assert_eq!(reply.stray, []);
}

/// The answer names what is processing under the worker but was not in its list, and nothing of other workers.
pub async fn the_answer_names_strays(trial: Trial) {
    let worker = trial.worker().await;
    let mut tasks = Vec::new();
    for _ in 0..4 {
        tasks.push(trial.processing_under(worker).await);
    }
    trial.processing().await;
    trial.pending().await;
    let mut reply = trial.beat(worker, 2, vec![held(&tasks[1])]).await;
    reply.stray.sort();
    assert_eq!(
        reply.stray,
        [stray(&tasks[0]), stray(&tasks[2]), stray(&tasks[3])]
    );
    assert_eq!(reply.lost, []);
    let reply = trial.beat(worker, 3, tasks.iter().map(held).collect()).await;
    assert_eq!((reply.lost, reply.stray), (vec![], vec![]));
}

/// A task held at an older revision than the one it is processing at, under the same worker: the old claim is lost, and the
/// new one stray.
pub async fn a_newer_claim_of_ones_own_is_stray_and_the_older_lost(trial: Trial) {
    let worker = trial.worker().await;
    let old = trial.processing_under(worker).await;
    trial.finish(&old, Outcome::Release).await;
    let new = trial.claim(worker, &old).await.task;
    let reply = trial.beat(worker, 2, vec![held(&old)]).await;
    assert_eq!((reply.lost, reply.stray), (vec![old.id], vec![stray(&new)]));
    let mut reply = trial.beat(worker, 3, vec![held(&old), held(&new)]).await;
    reply.lost.sort();
    assert_eq!((reply.lost, reply.stray), (vec![old.id], vec![]));
}

/// A claim whose reply was thrown away is named stray by the next beat, and releasing it makes it pending.
pub async fn a_claim_whose_reply_was_lost_is_stray_and_can_be_released(trial: Trial) {
    let worker = trial.worker().await;
    let tasks = [trial.pending().await, trial.pending().await];
    drop(trial.store.claim(&trial.request(worker, &["alpha"])).await);
    let mut reply = trial.beat(worker, 2, Vec::new()).await;
    reply.stray.sort();
    let named: Vec<TaskId> = reply.stray.iter().map(|stray| stray.id).collect();
    assert_eq!(named, [tasks[0].id, tasks[1].id]);
    for stray in reply.stray {
        let claimed = trial.row(stray.id).await;
        assert_eq!(
            claimed.revision, stray.revision,
            "the answer is enough to end the claim"
        );
        let released = trial.finish(&claimed, Outcome::Release).await;
        assert_eq!((released.status, released.attempt), (Status::Pending, 0));
    }
    assert_eq!(trial.beat(worker, 3, Vec::new()).await.stray, []);
    assert_eq!(trial.claim_ids(&trial.request(worker, &["alpha"])).await.len(), 2);
}

/// A worker that holds a thousand tasks beats for all of them at once.
pub async fn a_beat_carries_a_thousand_claims(trial: Trial) {
    let worker = trial.worker().await;
    let batch: Vec<_> = (0..1_000).map(|_| trial.new_task()).collect();
    trial.store.insert(&batch).await.expect("the insert succeeds");
    let tasks: Vec<Task> = trial
        .claim_all(&trial.request(worker, &["alpha"]))
        .await
        .into_iter()
        .map(|claimed| claimed.task)
        .collect();
    assert_eq!(tasks.len(), 1_000);
    let reply = trial
        .beat(
            worker,
            2,
            tasks.iter().map(|task| held_at(task, progress(3))).collect(),
        )
        .await;
    assert_eq!((reply.lost, reply.stray), (vec![], vec![]));
    for task in [&tasks[0], &tasks[500], &tasks[999]] {
        assert_eq!(trial.row(task.id).await.progress, progress(3));
    }
    assert_eq!(trial.beat(worker, 3, Vec::new()).await.stray.len(), 1_000);
}

async fn row_of(trial: &Trial, worker: WorkerId) -> leyline_core::store::WorkerRow {
    let rows = trial.store.workers(0).await.expect("workers succeeds");
    rows.into_iter()
        .find(|row| row.worker == worker)
        .expect("the worker has a row")
}

fn stray(task: &Task) -> Stray {
    Stray {
        id: task.id,
        revision: task.revision,
    }
}
