//! One line of a history.

use serde::{Deserialize, Serialize};

use super::Event;

/// One line of a history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Milliseconds since the history began, by one clock for all.
    pub at: u64,
    /// Who saw it: a node, a client, a watcher. Crashes and failed calls name nodes by it.
    pub who: String,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

impl Entry {
    /// An entry.
    pub fn new(at: u64, who: impl Into<String>, event: Event) -> Self {
        Self {
            at,
            who: who.into(),
            event,
        }
    }
}
