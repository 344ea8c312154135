//! List: pages, newest first.

use std::sync::Arc;
use std::time::Duration;

use leyline_core::store::{Cursor, ListQuery, MAX_PAGE};
use leyline_core::{NewTask, Status, Task, TaskId, TaskStore};

use crate::fixtures::kind;
use crate::trial::Trial;

/// Newest (highest id) first, whatever the order of insertion; the rows are whole.
pub async fn the_newest_comes_first(trial: Trial) {
    let mut new: Vec<NewTask> = (0..5).map(|_| trial.new_task()).collect();
    new.swap(0, 3);
    trial.store.insert(&new).await.expect("the insert succeeds");
    let rich = trial.rich(Status::Failed).await;
    let page = trial.store.list(&ListQuery::new()).await.expect("list succeeds");
    let ids = ids(&page.tasks);
    assert!(ids.is_sorted_by(|a, b| a > b), "{ids:?}");
    assert_eq!((ids.len(), page.next), (6, None));
    assert_eq!(page.tasks[0], rich);
}

/// A page has the size that was asked for: 50 for 0, and never more than the largest.
pub async fn a_page_has_its_size(trial: Trial) {
    let total = MAX_PAGE + 10;
    let ids = insert(&trial, total as usize).await;
    for (limit, size) in [
        (0, 50),
        (1, 1),
        (7, 7),
        (MAX_PAGE, MAX_PAGE),
        (MAX_PAGE + 5, MAX_PAGE),
        (u32::MAX, MAX_PAGE),
    ] {
        let mut query = ListQuery::new();
        query.limit = limit;
        let page = trial.store.list(&query).await.expect("list succeeds");
        let last = ids[(total - size) as usize];
        assert_eq!(page.tasks.len(), size as usize, "{limit}");
        assert_eq!(
            page.next,
            Some(Cursor::after(last)),
            "{limit}: it stands behind the last task of the page"
        );
    }
}

/// Page by page comes every task once, and the last page says that it is the last, also where it is full.
pub async fn pages_hold_every_task_once(trial: Trial) {
    let mut ids = insert(&trial, 12).await;
    ids.reverse();
    for limit in [1, 4, 5, 6, 11, 12, 13] {
        let pages = read_all(&trial, limit, &ListQuery::new()).await;
        assert_eq!(pages.len(), 12_usize.div_ceil(limit as usize), "{limit}");
        assert_eq!(pages.concat(), ids, "{limit}");
    }
}

/// Nothing is one empty, last page.
pub async fn an_empty_list_is_one_page(trial: Trial) {
    let page = trial.store.list(&ListQuery::new()).await.expect("list succeeds");
    assert_eq!((page.tasks, page.next), (vec![], None));
}

/// Pages are stable while tasks are inserted: none is shown twice, and none of those that were there is left out.
pub async fn pages_are_stable_under_inserts(trial: Trial) {
    let mut old = insert(&trial, 20).await;
    old.reverse();
    let mut seen = Vec::new();
    let mut query = ListQuery::new();
    query.limit = 3;
    loop {
        let page = trial.store.list(&query).await.expect("list succeeds");
        seen.extend(ids(&page.tasks));
        insert(&trial, 5).await;
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    assert_eq!(seen, old);
}

/// The same where the inserts don't wait for the reader.
pub async fn pages_are_stable_beside_concurrent_inserts(trial: Trial) {
    let mut old = insert(&trial, 40).await;
    old.reverse();
    let younger: Vec<NewTask> = (0..100).map(|_| trial.new_task()).collect();
    let read = trial
        .race(2, |i| {
            let (store, younger) = (Arc::clone(&trial.store), younger.clone());
            async move {
                let mut seen = Vec::new();
                if i == 0 {
                    for new in younger.chunks(2) {
                        store.insert(new).await.expect("the insert succeeds");
                    }
                } else {
                    for _ in 0..5 {
                        seen.push(read_all_of(&*store, 3).await);
                    }
                }
                seen
            }
        })
        .await;
    for seen in read.concat() {
        assert!(
            seen.is_sorted_by(|a, b| a > b),
            "the newest first, none twice: {seen:?}"
        );
        assert!(seen.ends_with(&old), "none that was there is left out: {seen:?}");
    }
}

/// A cursor stands at a place, not at a task: it outlives the task.
pub async fn a_cursor_outlives_its_task(trial: Trial) {
    let ids = insert(&trial, 4).await;
    let mut query = ListQuery::new();
    query.after = Some(Cursor::after(ids[2]));
    trial.store.cancel(ids[2], None).await.expect("it is pending");
    trial.store.delete(ids[2], None).await.expect("it is cancelled");
    let page = trial.store.list(&query).await.expect("list succeeds");
    assert_eq!(self::ids(&page.tasks), [ids[1], ids[0]]);
}

/// By owner, status and kind, each alone and all together; nobody's tasks are those of the empty owner.
pub async fn filters_hold_alone_and_together(trial: Trial) {
    let mut tasks = Vec::new();
    for owner in ["", "ada", "Ada"] {
        for name in ["alpha", "beta"] {
            for status in Status::ALL {
                tasks.push(in_status(&trial, owner, name, status).await);
            }
        }
    }
    for owner in [None, Some(""), Some("ada"), Some("ad"), Some("%")] {
        for name in [None, Some("beta"), Some("bet")] {
            for status in [None].into_iter().chain(Status::ALL.map(Some)) {
                let mut query = ListQuery::new();
                (query.owner, query.kind, query.status) = (owner.map(str::to_owned), name.map(kind), status);
                check_filter(&trial, &tasks, &query).await;
            }
        }
    }
}

/// Holds every page, of three tasks each, against the same filter in memory.
async fn check_filter(trial: &Trial, tasks: &[Task], query: &ListQuery) {
    let mut expected: Vec<TaskId> = tasks
        .iter()
        .filter(|task| query.owner.as_ref().is_none_or(|owner| *owner == task.owner))
        .filter(|task| query.kind.as_ref().is_none_or(|kind| *kind == task.kind))
        .filter(|task| query.status.is_none_or(|status| status == task.status))
        .map(|task| task.id)
        .collect();
    expected.sort();
    expected.reverse();
    let pages = read_all(trial, 3, query).await;
    assert_eq!(pages.concat(), expected, "{query:?}");
    assert_eq!(
        pages.len(),
        expected.len().div_ceil(3).max(1),
        "{query:?}: the last page is known to be the last"
    );
}

async fn in_status(trial: &Trial, owner: &str, name: &str, status: Status) -> Task {
    let mut new = trial.new_task();
    (new.owner, new.kind) = (owner.to_owned(), kind(name));
    new.delay = Duration::ZERO;
    let task = trial.insert(new).await;
    if status == Status::Pending {
        return task;
    }
    let claimed = trial.claim(trial.worker().await, &task).await.task;
    if status == Status::Processing {
        return claimed;
    }
    trial.end(&claimed, status).await
}

/// All pages, at least one.
async fn read_all(trial: &Trial, limit: u32, query: &ListQuery) -> Vec<Vec<TaskId>> {
    let mut query = query.clone();
    query.limit = limit;
    let mut pages = Vec::new();
    loop {
        let page = trial.store.list(&query).await.expect("list succeeds");
        pages.push(ids(&page.tasks));
        query.after = page.next;
        if query.after.is_none() {
            return pages;
        }
    }
}

/// The ids on all pages of everyone's tasks.
async fn read_all_of(store: &dyn TaskStore, limit: u32) -> Vec<TaskId> {
    let mut query = ListQuery::new();
    query.limit = limit;
    let mut seen = Vec::new();
    loop {
        let page = store.list(&query).await.expect("list succeeds");
        seen.extend(ids(&page.tasks));
        query.after = page.next;
        if query.after.is_none() {
            return seen;
        }
    }
}

/// Inserts `n` tasks; their ids, the oldest first.
async fn insert(trial: &Trial, n: usize) -> Vec<TaskId> {
    ids(&trial.pending_batch(n).await)
}

fn ids(tasks: &[Task]) -> Vec<TaskId> {
    tasks.iter().map(|task| task.id).collect()
}
