//! What the checker found.

use std::collections::BTreeMap;
use std::fmt;

use leyline_core::TaskId;

use super::known::Known;
use super::promise::Promise;

/// Most violations kept; the others are counted.
const MOST: usize = 100;

/// A promise that the history breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// Which.
    pub promise: Promise,
    /// Of which task.
    pub task: Option<TaskId>,
    /// What happened.
    pub what: String,
    /// The entries that show it, counted from 1: the last ones about the task, and at the end the one that broke it.
    pub lines: Vec<u64>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.promise)?;
        if let Some(task) = self.task {
            write!(f, " task {task}")?;
        }
        write!(f, ": {} (entries {:?})", self.what, self.lines)
    }
}

/// What the checker found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// What is broken; the first hundred.
    pub violations: Vec<Violation>,
    /// How many there were beyond those.
    pub more: u64,
    /// How often each promise was judged.
    pub judged: BTreeMap<Promise, u64>,
    /// Entries of the history.
    pub entries: u64,
}

impl Verdict {
    /// Whether nothing is broken. Look at [`judged`](Self::judged) too.
    pub fn holds(&self) -> bool {
        self.violations.is_empty()
    }

    /// Whether this promise is broken.
    pub fn breaks(&self, promise: Promise) -> bool {
        self.violations
            .iter()
            .any(|violation| violation.promise == promise)
    }

    /// Adds what another history showed.
    pub fn merge(&mut self, other: Self) {
        self.entries += other.entries;
        self.more += other.more;
        for (promise, count) in other.judged {
            *self.judged.entry(promise).or_default() += count;
        }
        for violation in other.violations {
            self.add(violation);
        }
    }

    fn add(&mut self, violation: Violation) {
        if self.violations.len() < MOST {
            self.violations.push(violation);
        } else {
            self.more += 1;
        }
    }
}

/// Where one rule puts what it finds.
pub(super) struct Found<'a> {
    pub(super) verdict: &'a mut Verdict,
    pub(super) promise: Promise,
    pub(super) known: &'a Known,
}

impl Found<'_> {
    /// Judges one fact of a task.
    pub(super) fn of(&mut self, task: TaskId, holds: bool, what: impl FnOnce() -> String) {
        self.judge(Some(task), holds, what);
    }

    /// Judges one fact.
    pub(super) fn judge(&mut self, task: Option<TaskId>, holds: bool, what: impl FnOnce() -> String) {
        *self.verdict.judged.entry(self.promise).or_default() += 1;
        if holds {
            return;
        }
        let mut lines = task.map(|task| self.known.lines_of(task)).unwrap_or_default();
        if lines.last() != Some(&self.known.line) {
            lines.push(self.known.line);
        }
        self.verdict.add(Violation {
            promise: self.promise,
            task,
            what: what(),
            lines,
        });
    }
}
