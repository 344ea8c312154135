//! P12: a cancel that was acknowledged is in the store, and nothing but a requeue leaves it.

use std::collections::{BTreeMap, BTreeSet};

use leyline_core::{Status, TaskId};

use super::judge::Rule;
use super::known::Known;
use super::promise::Promise;
use super::verdict::Found;
use crate::history::{Entry, Event};

/// Cancels.
#[derive(Default)]
pub(super) struct Cancelled {
    stored: BTreeSet<(TaskId, u64)>,
    /// The revision and the time of the last acknowledged cancel of each task.
    acknowledged: BTreeMap<TaskId, (u64, u64)>,
}

impl Rule for Cancelled {
    fn promise(&self) -> Promise {
        Promise::Cancelled
    }

    fn take(&mut self, entry: &Entry, known: &Known, found: &mut Found<'_>) {
        match &entry.event {
            Event::Changed { task, old, new } => {
                if let Some(new) = new.as_ref().filter(|new| new.status == Status::Cancelled) {
                    self.stored.insert((*task, new.revision));
                }
                if let (Some(old), Some(new)) = (old, new)
                    && old.status == Status::Cancelled
                {
                    found.of(*task, new.status == Status::Pending, || {
                        format!("cancelled, and then {}", new.status)
                    });
                }
            }
            Event::Cancelled { task, revision } => {
                self.acknowledged.insert(*task, (*revision, entry.at));
                if known.follows_rows() {
                    let stored = self.stored.contains(&(*task, *revision));
                    found.of(*task, stored, || {
                        "a cancel was acknowledged and not made".to_owned()
                    });
                }
            }
            Event::Requeued { task, .. } | Event::Deleting { task } => {
                self.acknowledged.remove(task);
            }
            Event::Rewound { to } => self.acknowledged.retain(|_, (_, at)| *at < *to),
            Event::Audited { .. } => self.audited(known, found),
            _ => {}
        }
    }
}

impl Cancelled {
    /// Whoever has no account of the rows sees it at the audit.
    fn audited(&self, known: &Known, found: &mut Found<'_>) {
        for (task, (revision, at)) in &self.acknowledged {
            if let Some(row) = known.audit.rows.get(task)
                && !known.accounts.rows
                && !known.forgot(*at, *at)
            {
                let stands = row.status == Status::Cancelled && row.revision == *revision;
                found.of(*task, stands, || {
                    format!(
                        "cancelled at revision {revision}, and {} at {}",
                        row.status, row.revision
                    )
                });
            }
        }
    }
}
