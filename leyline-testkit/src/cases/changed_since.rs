//! Changed_since: what is different from what is known, for many tasks at once.

use leyline_core::store::{Changes, Seen};
use leyline_core::{Status, Task, TaskId, TaskStoreExt as _};

use crate::fixtures::{held_at, progress};
use crate::trial::Trial;

/// What is known already is not told again.
pub async fn an_equal_snapshot_is_not_told(trial: Trial) {
    for status in Status::ALL {
        let task = trial.rich(status).await;
        check(&trial, seen(&task), None).await;
    }
}

/// Another revision, newer or (a restored backup) older, is told.
pub async fn another_revision_is_told(trial: Trial) {
    let task = trial.rich(Status::Processing).await;
    for revision in [0, task.revision - 1, task.revision + 1, u64::MAX] {
        check(
            &trial,
            Seen {
                revision,
                ..seen(&task)
            },
            Some(&task),
        )
        .await;
    }
}

/// Another status at the same revision (a restored backup) is told.
pub async fn another_status_is_told(trial: Trial) {
    let task = trial.rich(Status::Failed).await;
    for status in Status::ALL.into_iter().filter(|status| *status != task.status) {
        check(
            &trial,
            Seen {
                status,
                ..seen(&task)
            },
            Some(&task),
        )
        .await;
    }
}

/// A later tick is told, an earlier one is not.
pub async fn a_later_tick_is_told(trial: Trial) {
    let worker = trial.worker().await;
    let task = trial.processing_under(worker).await;
    trial.beat(worker, 2, vec![held_at(&task, progress(5))]).await;
    let task = trial.row(task.id).await;
    for (tick, told) in [(0, true), (4, true), (5, false), (6, false), (u64::MAX, false)] {
        check(&trial, Seen { tick, ..seen(&task) }, told.then_some(&task)).await;
    }
}

/// An absent id is gone.
pub async fn an_absent_id_is_gone(trial: Trial) {
    let task = trial.pending().await;
    let id = trial.task_id();
    let changes = ask(&trial, &[Seen { id, ..seen(&task) }]).await;
    assert_eq!((changes.tasks, changes.gone), (vec![], vec![id]));
}

/// Many at once, newer, equal, older and absent ones: the answer is in the order of the question.
pub async fn the_answer_is_in_the_order_of_the_question(trial: Trial) {
    let mut tasks = trial.pending_batch(400).await;
    tasks.reverse();
    tasks.swap(0, 200);
    tasks.swap(17, 333);
    let mut question = Vec::new();
    let (mut told, mut gone): (Vec<TaskId>, Vec<TaskId>) = (Vec::new(), Vec::new());
    for (i, task) in tasks.iter().enumerate() {
        question.push(match i % 4 {
            0 => seen(task),
            1 => Seen {
                revision: 0,
                ..seen(task)
            },
            2 => Seen {
                revision: 7,
                ..seen(task)
            },
            _ => Seen {
                id: trial.task_id(),
                ..seen(task)
            },
        });
        match i % 4 {
            0 => {}
            3 => gone.push(question[i].id),
            _ => told.push(task.id),
        }
    }
    gone.swap(0, 3);
    question.swap(3, 15);
    let changes = ask(&trial, &question).await;
    assert_eq!(changes.tasks.iter().map(|task| task.id).collect::<Vec<_>>(), told);
    assert_eq!(changes.gone, gone);
}

/// Who asks for nothing hears nothing; `get_many`, which stands on this, finds what is there.
pub async fn nothing_asked_is_nothing_answered(trial: Trial) {
    let task = trial.pending().await;
    let changes = ask(&trial, &[]).await;
    assert_eq!((changes.tasks, changes.gone), (vec![], vec![]));
    let there = trial
        .store
        .get_many(&[trial.task_id(), task.id])
        .await
        .expect("get_many succeeds");
    assert_eq!(there, [task]);
}

async fn check(trial: &Trial, seen: Seen, told: Option<&Task>) {
    let changes = ask(trial, &[seen]).await;
    assert_eq!(
        changes.tasks,
        told.cloned().into_iter().collect::<Vec<_>>(),
        "{seen:?}"
    );
    assert_eq!(changes.gone, [], "{seen:?}");
}

async fn ask(trial: &Trial, question: &[Seen]) -> Changes {
    trial
        .store
        .changed_since(question)
        .await
        .expect("changed_since succeeds")
}

fn seen(task: &Task) -> Seen {
    Seen {
        id: task.id,
        revision: task.revision,
        status: task.status,
        tick: task.progress.tick,
    }
}
