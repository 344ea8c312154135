//! Insert: values at their bounds are kept, values beyond them are refused before anything else.

use std::time::Duration;

use leyline_core::store::{Error, Inserted, Result};
use leyline_core::{NewTask, TaskStoreExt as _, transition};

use crate::columns::assert_same;
use crate::fixtures::{blob, json};
use crate::trial::Trial;

const TEN_YEARS: Duration = Duration::from_hours(10 * 366 * 24);

/// Values at their bounds are kept.
pub async fn values_at_their_bounds_are_kept(trial: Trial) {
    let mut new = trial.new_task();
    new.owner = "o".repeat(255);
    new.idempotency_key = Some("k".repeat(255));
    new.trace_context = Some("t".repeat(255));
    new.params = json(&format!("{}{}", "[".repeat(32), "]".repeat(32)));
    new.priority = 9;
    new.max_attempts = i32::MAX as u32;
    new.delay = TEN_YEARS;
    let mut input = blob("photo.jpg");
    input.key = "k".repeat(1_024);
    input.name = "n".repeat(255);
    input.content_type = "c".repeat(255);
    input.size = i64::MAX as u64;
    new.input = Some(input);
    let task = trial.insert(new.clone()).await;
    trial.check_unchanged(&task).await;
    assert_same(&task, &transition::insert(&new, task.created_at));
    let mut least = trial.new_task();
    (least.priority, least.max_attempts) = (0, 1);
    least.idempotency_key = Some("k".to_owned());
    least.trace_context = Some(String::new());
    let mut input = blob("");
    (input.size, input.content_type) = (0, String::new());
    least.input = Some(input);
    let task = trial.insert(least.clone()).await;
    trial.check_unchanged(&task).await;
    assert_same(&task, &transition::insert(&least, task.created_at));
}

/// NUL is refused in every text: one of the databases can't keep it, so none does.
pub async fn nul_is_refused_before_any_store(trial: Trial) {
    check_refused(&trial, "owner", |new| new.owner = "a\0b".into()).await;
    check_refused(&trial, "idempotency_key", |new| {
        new.idempotency_key = Some("\0".to_owned());
    })
    .await;
    check_refused(&trial, "trace_context", |new| {
        new.trace_context = Some("\0".to_owned());
    })
    .await;
    check_refused(&trial, "input.name", |new| {
        set_input(new, |input| input.name = "a\0".into());
    })
    .await;
    check_refused(&trial, "input.key", |new| {
        set_input(new, |input| input.key = "a\0".into());
    })
    .await;
    check_refused(&trial, "input.content_type", |new| {
        set_input(new, |input| input.content_type = "a\0".into());
    })
    .await;
}

/// Values out of their bounds are refused, and the answer names the field.
pub async fn values_out_of_their_bounds_are_refused(trial: Trial) {
    check_refused(&trial, "owner", |new| new.owner = "o".repeat(256)).await;
    check_refused(&trial, "idempotency_key", |new| {
        new.idempotency_key = Some("k".repeat(256));
    })
    .await;
    check_refused(&trial, "idempotency_key", |new| {
        new.idempotency_key = Some(String::new());
    })
    .await;
    check_refused(&trial, "trace_context", |new| {
        new.trace_context = Some("t".repeat(256));
    })
    .await;
    check_refused(&trial, "priority", |new| new.priority = 10).await;
    check_refused(&trial, "max_attempts", |new| new.max_attempts = 0).await;
    check_refused(&trial, "max_attempts", |new| {
        new.max_attempts = i32::MAX as u32 + 1;
    })
    .await;
    check_refused(&trial, "delay", |new| {
        new.delay = TEN_YEARS + Duration::from_nanos(1);
    })
    .await;
    check_refused(&trial, "delay", |new| new.delay = Duration::MAX).await;
    check_refused(&trial, "input.size", |new| {
        set_input(new, |input| input.size = u64::MAX);
    })
    .await;
    check_refused(&trial, "input.name", |new| {
        set_input(new, |input| input.name = "n".repeat(256));
    })
    .await;
    check_refused(&trial, "input.key", |new| {
        set_input(new, |input| input.key = String::new());
    })
    .await;
}

/// Validation comes before anything else: an id that is there already does not excuse a value out of bounds.
pub async fn an_id_that_is_there_does_not_excuse_a_bad_value(trial: Trial) {
    let new = trial.new_task();
    let task = trial.insert(new.clone()).await;
    let mut bad = new;
    bad.priority = 10;
    check_invalid(trial.store.insert_one(bad).await, "priority");
    trial.check_unchanged(&task).await;
}

/// An item that errs changes nothing for its neighbours.
pub async fn an_item_that_errs_changes_nothing_for_its_neighbours(trial: Trial) {
    let there = trial.pending().await;
    let mut bad = trial.new_task();
    bad.owner = "\0".into();
    let mut conflict = NewTask::new(there.id, there.kind.clone());
    conflict.params = json("[1]");
    let (first, last) = (trial.new_task(), trial.new_task());
    let batch = [first.clone(), bad.clone(), conflict, last.clone()];
    let answers = trial
        .store
        .insert(&batch)
        .await
        .expect("the call as a whole succeeds");
    let [one, two, three, four] = <[_; 4]>::try_from(answers).expect("one answer for each");
    assert!(!one.expect("nothing is wrong with it").existed);
    check_invalid(two, "owner");
    assert!(
        matches!(three, Err(Error::IdempotencyConflict { id }) if id == there.id),
        "{three:?}"
    );
    assert!(!four.expect("nothing is wrong with it").existed);
    trial.row(first.id).await;
    trial.row(last.id).await;
    assert_eq!(trial.store.get(bad.id).await.expect("get succeeds"), None);
    trial.check_unchanged(&there).await;
}

async fn check_refused(trial: &Trial, field: &str, spoil: impl FnOnce(&mut NewTask)) {
    let mut new = trial.new_task();
    spoil(&mut new);
    let id = new.id;
    check_invalid(trial.store.insert_one(new).await, field);
    assert_eq!(
        trial.store.get(id).await.expect("get succeeds"),
        None,
        "nothing was stored"
    );
}

#[track_caller]
fn check_invalid(answer: Result<Inserted>, field: &str) {
    match answer {
        Err(Error::Invalid(invalid)) => assert_eq!(invalid.field, field),
        other => panic!("{field} is refused, not {other:?}"),
    }
}

fn set_input(new: &mut NewTask, set: impl FnOnce(&mut leyline_core::task::BlobRef)) {
    let mut input = blob("photo.jpg");
    set(&mut input);
    new.input = Some(input);
}
