//! List and changed_since: what is read for pages and watchers.

use std::ops::Bound;

use super::rows::Rows;
use crate::store::{Changes, Cursor, ListQuery, Page, Seen};
use crate::task::Task;

impl Rows {
    pub(super) fn list(&self, query: &ListQuery) -> Page {
        let before = query
            .after
            .map_or(Bound::Unbounded, |cursor| Bound::Excluded(cursor.id()));
        let mut tasks: Vec<Task> = match &query.owner {
            Some(owner) => page(self.newest_of(owner, before), query),
            None => page(self.newest(before), query),
        };
        // One more than fits was asked for: it shows whether there is a next page.
        let full = tasks.len() > query.page_size();
        tasks.truncate(query.page_size());
        let next = tasks.last().filter(|_| full).map(|task| Cursor::after(task.id));
        Page { tasks, next }
    }

    pub(super) fn changed_since(&self, seen: &[Seen]) -> Changes {
        let mut changes = Changes::default();
        for seen in seen {
            match self.get(seen.id) {
                None => changes.gone.push(seen.id),
                Some(task) if differs(task, seen) => changes.tasks.push(task.clone()),
                Some(_) => {}
            }
        }
        changes
    }
}

fn differs(task: &Task, seen: &Seen) -> bool {
    task.revision != seen.revision || task.status != seen.status || task.progress.tick > seen.tick
}

fn page<'a>(newest: impl Iterator<Item = &'a Task>, query: &ListQuery) -> Vec<Task> {
    newest
        .filter(|task| query.status.is_none_or(|status| task.status == status))
        .filter(|task| query.kind.as_ref().is_none_or(|kind| task.kind == *kind))
        .take(query.page_size() + 1)
        .cloned()
        .collect()
}
