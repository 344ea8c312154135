//! Insert: what a new row holds.

use std::time::Duration;

use leyline_core::{NewTask, Progress, Status, TaskStoreExt as _, transition};

use crate::columns::assert_same;
use crate::fixtures::{UNICODE, blob, json, kind, longest_json, rich_task};
use crate::trial::Trial;

/// A new task is pending, at revision 1, attempt 0, with nothing done yet; the answer is the row.
pub async fn a_new_task_is_pending_at_revision_one(trial: Trial) {
    let new = trial.new_task();
    let task = trial.insert(new.clone()).await;
    trial.check_unchanged(&task).await;
    assert_same(&task, &transition::insert(&new, task.created_at));
    assert_eq!(
        (task.status, task.revision, task.attempt),
        (Status::Pending, 1, 0)
    );
    assert_eq!(
        (task.rescues, task.worker, task.progress),
        (0, None, Progress::default())
    );
    assert_eq!((task.checkpoint, task.output, task.failure), (None, None, None));
    assert_eq!((task.started_at, task.finished_at), (None, None));
    assert_eq!(task.history, []);
    assert_eq!((task.updated_at, task.run_at), (task.created_at, task.created_at));
}

/// Every field of the request comes back as it was given.
pub async fn every_field_of_the_request_is_kept(trial: Trial) {
    let new = rich_task(trial.task_id());
    let task = trial.insert(new.clone()).await;
    trial.check_unchanged(&task).await;
    assert_same(&task, &transition::insert(&new, task.created_at));
    assert_eq!(
        (task.id, &task.kind, &task.owner),
        (new.id, &new.kind, &new.owner)
    );
    assert_eq!((&task.params, &task.input), (&new.params, &new.input));
    assert_eq!(
        (task.priority, task.max_attempts),
        (new.priority, new.max_attempts)
    );
    assert_eq!(task.idempotency_key, new.idempotency_key);
    assert_eq!(task.trace_context, new.trace_context);
    assert_eq!(task.request_digest, new.request_digest());
}

/// Times are whole microseconds of the store's own clock; callers pass delays.
pub async fn a_delay_counts_from_the_stores_now(trial: Trial) {
    let since = trial.now().await;
    let mut new = trial.new_task();
    new.delay = Duration::new(3_600, 123_456_789);
    let task = trial.insert(new.clone()).await;
    let until = trial.now().await;
    assert!(
        since <= task.created_at && task.created_at <= until,
        "{since} <= {} <= {until}",
        task.created_at
    );
    assert_eq!(task.run_at, transition::after(task.created_at, new.delay));
    assert_eq!(
        task.run_at.as_microsecond() - task.created_at.as_microsecond(),
        3_600_123_456
    );
    for time in [task.created_at, task.run_at] {
        assert_eq!(
            time.subsec_nanosecond() % 1_000,
            0,
            "{time} is in whole microseconds"
        );
    }
}

/// Text comes back as it was, whatever script it is in.
pub async fn unicode_comes_back_as_it_was(trial: Trial) {
    let mut new = trial.new_task();
    new.owner = UNICODE.into();
    new.idempotency_key = Some(UNICODE.to_owned());
    new.trace_context = Some(UNICODE.to_owned());
    new.params = leyline_core::Json::new(UNICODE).expect("it is short and without NUL");
    let mut input = blob("photo.jpg");
    input.name = UNICODE.into();
    new.input = Some(input);
    let task = trial.insert(new.clone()).await;
    trial.check_unchanged(&task).await;
    assert_same(&task, &transition::insert(&new, task.created_at));
    let mut again = new;
    again.id = trial.task_id();
    let inserted = trial
        .store
        .insert_one(again)
        .await
        .expect("it is the same request");
    assert_eq!(
        (inserted.task.id, inserted.existed),
        (task.id, true),
        "the key is found again"
    );
}

/// JSON is carried as text: spaces, the order of keys, and how a number is written stay.
pub async fn json_comes_back_as_the_text_it_was(trial: Trial) {
    for text in [
        "null",
        "1.50e3",
        "{\"b\": 1,  \"a\":\"\\u00e9\", \"b\": 2}",
        "[9007199254740993]",
    ] {
        let mut new = trial.new_task();
        new.params = json(text);
        let task = trial.insert(new).await;
        assert_eq!(trial.row(task.id).await.params.as_str(), text);
    }
}

/// The longest JSON is kept whole.
pub async fn sixty_four_kib_of_params_are_kept(trial: Trial) {
    let mut new = trial.new_task();
    new.params = longest_json();
    let task = trial.insert(new.clone()).await;
    assert_eq!(trial.row(task.id).await.params, new.params);
}

/// The answer has one item for each task, in order; an empty batch gets an empty answer.
pub async fn the_answer_has_one_item_for_each_in_order(trial: Trial) {
    let empty = trial.store.insert(&[]).await.expect("the insert succeeds");
    assert!(empty.is_empty(), "{empty:?}");
    let mut batch: Vec<NewTask> = (0..500).map(|_| trial.new_task()).collect();
    batch.reverse();
    batch[250].kind = kind("beta");
    let answers = trial.store.insert(&batch).await.expect("the insert succeeds");
    assert_eq!(answers.len(), batch.len());
    for (new, answer) in batch.iter().zip(answers) {
        let inserted = answer.expect("nothing is wrong with it");
        assert!(!inserted.existed);
        assert_same(&inserted.task, &transition::insert(new, inserted.task.created_at));
        trial.check_unchanged(&inserted.task).await;
    }
}
