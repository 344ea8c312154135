//! Insert: idempotent on the id, and on (owner, idempotency key).

use std::sync::Arc;
use std::time::Duration;

use leyline_core::store::{Error, Inserted, ListQuery, Result};
use leyline_core::{NewTask, TaskId, TaskStoreExt as _};

use crate::columns::assert_same;
use crate::fixtures::{json, kind};
use crate::trial::Trial;

/// Where a task is there already under the id, its row as it is now is the answer.
pub async fn the_same_id_again_answers_the_row_that_is_there(trial: Trial) {
    let new = trial.new_task();
    let task = trial.insert(new.clone()).await;
    check_existed(trial.store.insert_one(new.clone()).await, task.id);
    trial.check_unchanged(&task).await;
    let processing = trial.claim(trial.worker().await, &task).await.task;
    let inserted = check_existed(trial.store.insert_one(new).await, task.id);
    assert_same(&inserted.task, &processing);
    trial.check_unchanged(&processing).await;
}

/// An id that belongs to another request is a conflict, and the task that is there stays as it is.
pub async fn the_same_id_for_another_request_conflicts(trial: Trial) {
    let new = trial.new_task();
    let task = trial.insert(new.clone()).await;
    let mut other = new;
    other.params = json(r#"{"other":true}"#);
    check_conflict(trial.store.insert_one(other).await, task.id);
    trial.check_unchanged(&task).await;
}

/// Where a task is there already under the owner's key, it is the answer, and no second one is made.
pub async fn the_same_key_again_answers_the_first_task(trial: Trial) {
    let first = trial.insert(keyed(&trial, "ada", "k")).await;
    let second = keyed(&trial, "ada", "k");
    let inserted = check_existed(trial.store.insert_one(second.clone()).await, first.id);
    assert_same(&inserted.task, &first);
    assert_eq!(trial.store.get(second.id).await.expect("get succeeds"), None);
}

/// A key stays taken when its task has ended.
pub async fn a_key_is_remembered_after_the_end(trial: Trial) {
    let task = trial.insert(keyed(&trial, "ada", "k")).await;
    let cancelled = trial.store.cancel(task.id, None).await.expect("it is pending");
    let inserted = check_existed(trial.store.insert_one(keyed(&trial, "ada", "k")).await, task.id);
    assert_same(&inserted.task, &cancelled);
}

/// A key that belongs to another request is a conflict which names the task that is there: kind, params and the digest of
/// the input count; priority, delay and attempts don't.
pub async fn the_same_key_for_another_request_conflicts(trial: Trial) {
    let first = trial.insert(keyed(&trial, "ada", "k")).await;
    let mut other_params = keyed(&trial, "ada", "k");
    other_params.params = json("[1]");
    let mut other_kind = keyed(&trial, "ada", "k");
    other_kind.kind = kind("beta");
    let mut other_input = keyed(&trial, "ada", "k");
    other_input.input = Some(crate::fixtures::blob("another"));
    for other in [other_params, other_kind, other_input] {
        let id = other.id;
        check_conflict(trial.store.insert_one(other).await, first.id);
        assert_eq!(trial.store.get(id).await.expect("get succeeds"), None);
    }
    let mut same = keyed(&trial, "ada", "k");
    (same.priority, same.delay, same.max_attempts) = (0, Duration::from_secs(9), 1);
    check_existed(trial.store.insert_one(same).await, first.id);
    trial.check_unchanged(&first).await;
}

/// A key is its owner's alone.
pub async fn the_keys_of_two_owners_do_not_meet(trial: Trial) {
    let adas = trial.insert(keyed(&trial, "ada", "k")).await;
    let bobs = trial.insert(keyed(&trial, "bob", "k")).await;
    let nobodys = trial.insert(keyed(&trial, "", "k")).await;
    for (owner, task) in [("ada", &adas), ("bob", &bobs), ("", &nobodys)] {
        check_existed(trial.store.insert_one(keyed(&trial, owner, "k")).await, task.id);
    }
}

/// Keys are compared byte by byte: neither case nor spaces at the end are ignored.
pub async fn keys_that_look_alike_are_not_the_same(trial: Trial) {
    for key in ["k", "K", "k ", " k", "ｋ", "e\u{301}", "é"] {
        trial.insert(keyed(&trial, "ada", key)).await;
        trial.insert(keyed(&trial, key, "k")).await;
    }
}

/// Tasks without a key are never taken for one another.
pub async fn tasks_without_a_key_are_all_new(trial: Trial) {
    for owner in ["", "", "ada", "ada"] {
        let mut new = trial.new_task();
        new.owner = owner.into();
        trial.insert(new).await;
    }
}

/// Idempotent also within one batch: the second of a key is answered with the first, or conflicts with it.
pub async fn a_batch_that_names_a_key_twice_inserts_one(trial: Trial) {
    for owner in ["", "ada"] {
        let first = keyed(&trial, owner, "k");
        let second = keyed(&trial, owner, "k");
        let mut third = keyed(&trial, owner, "k");
        third.params = json("[3]");
        let fourth = keyed(&trial, owner, "another");
        let batch = [first.clone(), second.clone(), third.clone(), fourth.clone()];
        let mut answers = trial
            .store
            .insert(&batch)
            .await
            .expect("the insert succeeds")
            .into_iter();
        let mut next = || answers.next().expect("there is one answer for each");
        assert!(!next().expect("the first one is new").existed);
        check_existed(next(), first.id);
        check_conflict(next(), first.id);
        assert!(!next().expect("the fourth has a key of its own").existed);
        let there = trial
            .store
            .get_many(&[first.id, second.id, third.id, fourth.id])
            .await;
        let there: Vec<TaskId> = there
            .expect("reading succeeds")
            .iter()
            .map(|task| task.id)
            .collect();
        assert_eq!(there, [first.id, fourth.id]);
    }
}

/// Idempotent also within one batch: the second of an id is answered with the first.
pub async fn a_batch_that_names_an_id_twice_inserts_one(trial: Trial) {
    let new = trial.new_task();
    let mut other = new.clone();
    other.params = json("[2]");
    let answers = trial.store.insert(&[new.clone(), new.clone(), other]).await;
    let [first, second, third] =
        <[_; 3]>::try_from(answers.expect("the insert succeeds")).expect("one for each");
    assert!(!first.expect("it is new").existed);
    check_existed(second, new.id);
    check_conflict(third, new.id);
}

/// Fifty callers at once, one key: one task, and all of them hear of it.
pub async fn fifty_callers_with_one_key_get_one_task(trial: Trial) {
    check_one_task(&trial, "ada").await;
}

/// The same for a key without an owner: "nobody" is an owner like any other.
pub async fn fifty_callers_with_one_key_and_no_owner_get_one_task(trial: Trial) {
    check_one_task(&trial, "").await;
}

/// Fifty callers at once, one id: one of them made it.
pub async fn fifty_callers_with_one_id_make_one_task(trial: Trial) {
    let new = trial.new_task();
    let answers = race_to_insert(&trial, |_| new.clone()).await;
    let made = answers.into_iter().filter(|answer| {
        let inserted = answer.as_ref().expect("the insert succeeds");
        assert_eq!(inserted.task.id, new.id);
        !inserted.existed
    });
    assert_eq!(made.count(), 1);
}

/// Fifty callers at once, one key, two requests: one request wins, and those of the other are all told of the conflict.
pub async fn of_two_requests_under_one_key_one_wins(trial: Trial) {
    let params = |i: usize| json(if i.is_multiple_of(2) { "[0]" } else { "[1]" });
    let answers = race_to_insert(&trial, |i| {
        let mut new = keyed(&trial, "ada", "k");
        new.params = params(i);
        new
    })
    .await;
    let winner = answers
        .iter()
        .find_map(|answer| answer.as_ref().ok().filter(|inserted| !inserted.existed));
    let winner = winner.expect("someone was first").task.clone();
    for (i, answer) in answers.into_iter().enumerate() {
        if params(i) == winner.params {
            assert_eq!(answer.expect("it is the winner's request").task.id, winner.id);
        } else {
            check_conflict(answer, winner.id);
        }
    }
    let counted = trial.store.stats(Duration::ZERO).await.expect("stats succeeds");
    assert_eq!(counted.pending(), 1);
}

/// Five rounds, each under a key of its own.
async fn check_one_task(trial: &Trial, owner: &str) {
    for round in 1..=5 {
        let key = format!("k{round}");
        let answers = race_to_insert(trial, |_| keyed(trial, owner, &key)).await;
        let answers: Vec<Inserted> = answers
            .into_iter()
            .map(|answer| answer.expect("the insert succeeds"))
            .collect();
        let id = answers[0].task.id;
        assert!(answers.iter().all(|inserted| inserted.task.id == id));
        assert_eq!(answers.iter().filter(|inserted| !inserted.existed).count(), 1);
        let page = trial.store.list(&ListQuery::new()).await;
        assert_eq!(
            page.expect("list succeeds").tasks.len(),
            round,
            "each key has one task"
        );
    }
}

async fn race_to_insert(trial: &Trial, new: impl Fn(usize) -> NewTask) -> Vec<Result<Inserted>> {
    trial
        .race(50, |i| {
            let (store, new) = (Arc::clone(&trial.store), new(i));
            async move { store.insert_one(new).await }
        })
        .await
}

/// A task of this owner under this key; all of them are the same request.
fn keyed(trial: &Trial, owner: &str, key: &str) -> NewTask {
    let mut new = trial.new_task();
    new.owner = owner.into();
    new.idempotency_key = Some(key.to_owned());
    new
}

#[track_caller]
fn check_existed(answer: Result<Inserted>, id: TaskId) -> Inserted {
    let inserted = answer.expect("the request is the same");
    assert_eq!((inserted.task.id, inserted.existed), (id, true));
    inserted
}

#[track_caller]
fn check_conflict(answer: Result<Inserted>, id: TaskId) {
    match answer {
        Err(Error::IdempotencyConflict { id: there }) => {
            assert_eq!(there, id, "it names the task that is there");
        }
        other => panic!("a conflict with {id}, not {other:?}"),
    }
}
