//! P1: what was accepted is there at every audit, unless somebody deleted it; and no row names bytes that are not durable.

use std::collections::BTreeMap;

use leyline_core::TaskId;

use super::judge::{Rule, newly_named};
use super::known::Known;
use super::promise::Promise;
use super::verdict::Found;
use crate::history::{Entry, Event};

/// What is owed.
#[derive(Default)]
pub(super) struct Accepted {
    /// When each request last went out.
    sent: BTreeMap<String, u64>,
    /// When each task was accepted, and when its request went out.
    owed: BTreeMap<TaskId, (u64, u64)>,
}

impl Rule for Accepted {
    fn promise(&self) -> Promise {
        Promise::Accepted
    }

    fn take(&mut self, entry: &Entry, known: &Known, found: &mut Found<'_>) {
        match &entry.event {
            Event::Sent { request } => {
                self.sent.insert(request.clone(), entry.at);
            }
            Event::Accepted { request, task } => {
                let sent = self.sent.get(request).copied().unwrap_or(entry.at);
                self.owed.insert(*task, (entry.at, sent));
                if known.follows_rows() {
                    let there = known.rows.contains_key(task) || known.gone.contains_key(task);
                    found.of(*task, there || known.forgot(sent, entry.at), || {
                        "accepted, and the store has no row".to_owned()
                    });
                }
            }
            Event::Changed { task, .. } if known.accounts.blobs => {
                for key in newly_named(&entry.event).filter(|key| key.starts_with("uploads/")) {
                    found.of(*task, known.blobs.contains(key), || {
                        format!("the row names {key}, which is not durable")
                    });
                }
            }
            Event::Audited { .. } => {
                for (task, (accepted, sent)) in &self.owed {
                    let there = known.audit.rows.contains_key(task) || known.gone.contains_key(task);
                    found.of(*task, there || known.forgot(*sent, *accepted), || {
                        "accepted, and lost: no row at the audit".to_owned()
                    });
                }
            }
            _ => {}
        }
    }
}
