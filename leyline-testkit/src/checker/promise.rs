//! The promises, by their numbers.

use std::fmt;

/// A promise of LeyLine. `docs/guarantees.md` says each in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Promise {
    /// P1: what was accepted is durable, and never lost.
    Accepted,
    /// P2: a request that is sent again gives the same task.
    Retried,
    /// P3: what was accepted is executed, whoever dies.
    Executed,
    /// P4: a lost claim changes nothing, and is told so.
    Fenced,
    /// P5: a run ends once, and each change of status raises the revision by one.
    Ended,
    /// P6: what a watcher sees never goes back.
    Forward,
    /// P7: no watcher misses the end.
    Told,
    /// P8: a slow watcher costs nothing but its own lateness.
    Bounded,
    /// P9: bytes are verified.
    Verified,
    /// P10: no orphan stays, and nothing that is needed goes.
    Swept,
    /// P11: the result is there before the task is completed.
    Result,
    /// P12: cancel is final.
    Cancelled,
    /// P13: nobody's clock convicts a worker.
    Clocks,
    /// P14: overload is refused before bytes are taken.
    Refused,
    /// P15: after a failed sync nothing is acknowledged that is not durable.
    Stopped,
    /// P16: a graceful stop burns no attempt.
    Graceful,
    /// P17: a task that kills its process does not convict its neighbours.
    Neighbours,
    /// P18: nobody sees another owner's task.
    Private,
}

impl Promise {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 18] = [
        Self::Accepted,
        Self::Retried,
        Self::Executed,
        Self::Fenced,
        Self::Ended,
        Self::Forward,
        Self::Told,
        Self::Bounded,
        Self::Verified,
        Self::Swept,
        Self::Result,
        Self::Cancelled,
        Self::Clocks,
        Self::Refused,
        Self::Stopped,
        Self::Graceful,
        Self::Neighbours,
        Self::Private,
    ];

    /// Its number, from 1.
    pub fn number(self) -> usize {
        self as usize + 1
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P{} ({self:?})", self.number())
    }
}
