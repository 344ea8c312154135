//! P11: when a task is completed its artifacts are durable, and whoever was told so can read them.

use leyline_core::Status;

use super::judge::{Rule, newly_named};
use super::known::Known;
use super::promise::Promise;
use super::verdict::Found;
use crate::history::{Bytes, Entry, Event};

/// Nothing is remembered.
#[derive(Default)]
pub(super) struct Results;

impl Rule for Results {
    fn promise(&self) -> Promise {
        Promise::Result
    }

    fn take(&mut self, entry: &Entry, known: &Known, found: &mut Found<'_>) {
        match &entry.event {
            Event::Changed { task, .. } if known.accounts.blobs => {
                for key in newly_named(&entry.event).filter(|key| key.starts_with("results/")) {
                    found.of(*task, known.blobs.contains(key), || {
                        format!("completed with {key}, which is not durable")
                    });
                }
            }
            Event::Read {
                task,
                name,
                revision: Some(revision),
                answer,
            } if *answer != Bytes::Failed => {
                let is_completed = |status| status == Status::Completed;
                let row = known.rows.get(task);
                let stands = row.map_or(!known.accounts.rows, |row| {
                    row.revision == *revision && is_completed(row.status)
                });
                let owed = stands && !known.gone.contains_key(task) && !known.disturbed.contains(task);
                found.of(*task, *answer == Bytes::Sound || !owed, || {
                    format!("{name} of a completed task: {answer:?}")
                });
            }
            _ => {}
        }
    }
}
