//! The state machine as a table: which verb leads from where to where. Pure; `docs/state-machine.md` says the same and a
//! test compares the two.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Waits for a worker.
    Pending,
    /// Claimed by a worker.
    Processing,
    /// Ended with an output. Nothing leaves it.
    Completed,
    /// Ended with a failure.
    Failed,
    /// Ended because someone asked for it.
    Cancelled,
}

impl Status {
    /// Every status, in the order of [`code`](Self::code).
    pub const ALL: [Self; 5] = [
        Self::Pending,
        Self::Processing,
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
    ];

    /// Whether the run has ended.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }

    /// The number that stores keep: 0 to 4.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The status with this [`code`](Self::code).
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// The lower-case word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text is not one of the five statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a status is pending, processing, completed, failed or cancelled")]
pub struct ParseStatusError;

impl FromStr for Status {
    type Err = ParseStatusError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == s)
            .ok_or(ParseStatusError)
    }
}

/// What can be done to a task. The words are those of the store's methods, of finish's outcomes, and of the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// A worker takes it.
    Claim,
    /// The worker is done.
    Complete,
    /// The attempt failed and another follows.
    Retry,
    /// The run failed.
    Fail,
    /// The worker gives it back unharmed.
    Release,
    /// The code asks to be run later.
    Snooze,
    /// Someone stops it.
    Cancel,
    /// Another worker frees it from a dead one.
    Rescue,
    /// An operator starts a new run.
    Requeue,
    /// An operator, or retention, removes it.
    Delete,
}

impl Verb {
    /// Every verb.
    pub const ALL: [Self; 10] = [
        Self::Claim,
        Self::Complete,
        Self::Retry,
        Self::Fail,
        Self::Release,
        Self::Snooze,
        Self::Cancel,
        Self::Rescue,
        Self::Requeue,
        Self::Delete,
    ];

    /// The lower-case word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Complete => "complete",
            Self::Retry => "retry",
            Self::Fail => "fail",
            Self::Release => "release",
            Self::Snooze => "snooze",
            Self::Cancel => "cancel",
            Self::Rescue => "rescue",
            Self::Requeue => "requeue",
            Self::Delete => "delete",
        }
    }
}

/// Where a verb leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// To this status; the revision rises by one.
    To(Status),
    /// Nothing changes and the snapshot is the answer (cancel of a cancelled task).
    Same,
    /// The row goes.
    Gone,
    /// The status forbids it.
    Refused,
}

/// The table. `Retry` at the last attempt is a `Fail`, and `Rescue` at the cap leads to `failed`: see
/// [`transition`](crate::transition).
pub const fn step(from: Status, verb: Verb) -> Step {
    use Status::{Cancelled, Completed, Failed, Pending, Processing};
    match (from, verb) {
        (Pending, Verb::Claim) => Step::To(Processing),
        (Processing, Verb::Complete) => Step::To(Completed),
        (Processing, Verb::Fail) => Step::To(Failed),
        (Processing, Verb::Retry | Verb::Release | Verb::Snooze | Verb::Rescue)
        | (Failed | Cancelled, Verb::Requeue) => Step::To(Pending),
        (Pending | Processing, Verb::Cancel) => Step::To(Cancelled),
        (Cancelled, Verb::Cancel) => Step::Same,
        (Completed | Failed | Cancelled, Verb::Delete) => Step::Gone,
        _ => Step::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_requeue_leaves_a_terminal_status_and_nothing_leaves_completed() {
        for from in Status::ALL.into_iter().filter(|s| s.is_terminal()) {
            for verb in Verb::ALL {
                if let Step::To(to) = step(from, verb) {
                    assert_eq!((verb, to), (Verb::Requeue, Status::Pending));
                    assert_ne!(from, Status::Completed);
                }
            }
        }
    }

    #[test]
    fn words_and_codes_go_there_and_back() {
        for status in Status::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
            assert_eq!(Status::from_code(status.code()), Some(status));
        }
        assert_eq!(Status::from_code(5), None);
        assert_eq!("done".parse::<Status>(), Err(ParseStatusError));
    }
}
