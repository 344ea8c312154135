//! Holds a change of one row against the pure transition, and against the columns that the case names.

use std::time::Duration;

use leyline_core::status::Step;
use leyline_core::transition::{self, Change};
use leyline_core::{Task, TaskId, Timestamp};

use crate::columns::{assert_same, changed};
use crate::trial::Trial;

/// A row before a change, and when that was.
pub struct Before {
    /// The row.
    pub task: Task,
    now: Timestamp,
}

impl Trial {
    /// Moves the clock a second on, so that every time that is written differs from those there are, and reads the row.
    pub async fn before(&self, id: TaskId) -> Before {
        self.advance(Duration::from_secs(1)).await;
        Before {
            task: self.row(id).await,
            now: self.now().await,
        }
    }

    /// Checks that `after`, a verb's answer, is the row in the store; that it is what [`transition`] makes of the row
    /// before, at a time between then and now; and that exactly `columns` differ.
    pub async fn check(&self, before: &Before, after: &Task, change: Change, columns: &[&str]) {
        assert_same(&self.row(after.id).await, after);
        self.check_time("updated_at", Some(after.updated_at), before)
            .await;
        let mut expected = before.task.clone();
        let step = transition::apply(&mut expected, change, after.updated_at);
        assert!(matches!(step, Step::To(_)), "the table allows this: {step:?}");
        assert_same(after, &expected);
        assert_eq!(
            changed(&before.task, after),
            columns,
            "exactly these columns change"
        );
        assert_eq!(
            after.revision,
            before.task.revision + 1,
            "the revision rises by one"
        );
    }

    /// Checks that a time was written between `before` and now, by the store's clock.
    pub async fn check_time(&self, column: &str, time: Option<Timestamp>, before: &Before) {
        let now = self.now().await;
        let time = time.unwrap_or_else(|| panic!("{column} is set"));
        assert!(
            before.now <= time && time <= now,
            "{column} is by the store's clock: {} <= {time} <= {now}",
            before.now
        );
    }

    /// Checks that the row is still exactly as it was.
    pub async fn check_unchanged(&self, task: &Task) {
        assert_same(&self.row(task.id).await, task);
    }
}
