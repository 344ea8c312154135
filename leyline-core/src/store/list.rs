//! Lists: newest first, by pages.

use std::fmt;
use std::str::FromStr;

use crate::status::Status;
use crate::task::{Kind, Task, TaskId};

/// Most tasks on one page.
pub const MAX_PAGE: u32 = 200;

/// Where a page ends: the next one begins below this id. Opaque to clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor(TaskId);

/// A text is not a cursor that this library gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct ParseCursorError;

impl Cursor {
    /// The cursor behind this task.
    pub const fn after(id: TaskId) -> Self {
        Self(id)
    }

    /// The task that it stands behind.
    pub const fn id(&self) -> TaskId {
        self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.as_uuid().simple())
    }
}

impl FromStr for Cursor {
    type Err = ParseCursorError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        s.parse().map(Self).map_err(|_| ParseCursorError)
    }
}

/// Which tasks to list, newest (highest id) first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ListQuery {
    /// Only this owner's; default everyone's.
    pub owner: Option<String>,
    /// Only in this status; default any.
    pub status: Option<Status>,
    /// Only of this kind; default any.
    pub kind: Option<Kind>,
    /// Only behind this cursor; default from the newest.
    pub after: Option<Cursor>,
    /// Most tasks on the page; 0 means the default of 50, more than [`MAX_PAGE`] means [`MAX_PAGE`].
    pub limit: u32,
}

impl ListQuery {
    /// Everyone's tasks, from the newest, 50 a page.
    pub fn new() -> Self {
        Self::default()
    }

    /// [`limit`](Self::limit) with its default and its bound applied.
    pub fn page_size(&self) -> usize {
        match self.limit {
            0 => 50,
            limit => limit.min(MAX_PAGE) as usize,
        }
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// The tasks, newest first. Where several filters hold together and few tasks pass them, a store may end a page early:
    /// there are then fewer tasks on it than were asked for, or none, and a next page all the same.
    pub tasks: Vec<Task>,
    /// Where the next page begins; `None` on the last one, and only there.
    pub next: Option<Cursor>,
}
