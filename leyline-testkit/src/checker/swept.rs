//! P10: nothing that a row names is removed, nothing younger than the grace time is swept, and after a sweep no orphan is
//! left that was one before.

use leyline_core::TaskId;

use super::judge::Rule;
use super::known::Known;
use super::promise::Promise;
use super::verdict::Found;
use crate::history::{Entry, Event, task_of};

/// Nothing is remembered.
#[derive(Default)]
pub(super) struct Swept;

impl Rule for Swept {
    fn promise(&self) -> Promise {
        Promise::Swept
    }

    fn take(&mut self, entry: &Entry, known: &Known, found: &mut Found<'_>) {
        match &entry.event {
            Event::Removed { key, age, grace } => removed(key, *age, *grace, known, found),
            Event::Audited { blobs: true } => {
                if let Some((at, grace)) = known.swept {
                    audited(known.now.saturating_sub(at), grace, known, found);
                }
            }
            _ => {}
        }
    }
}

fn removed(key: &str, age: u64, grace: Option<u64>, known: &Known, found: &mut Found<'_>) {
    let Some(task) = task_of(key) else { return };
    if known.follows_rows() && !known.disturbed.contains(&task) {
        found.of(task, !known.names(key), || {
            format!("{key} was removed, and the row names it")
        });
    }
    let Some(grace) = grace else { return };
    if key.starts_with("uploads/") {
        found.of(task, age >= grace, || {
            format!("{key} was swept {age} ms old, with a grace time of {grace} ms")
        });
    } else if known.follows_rows() && !known.disturbed.contains(&task) {
        let wanted = revision_of(key).is_some_and(|revision| !is_past(task, revision, known));
        found.of(task, !wanted, || {
            format!("{key} was swept, and its claim may still hold")
        });
    }
}

/// What was garbage before the sweep, `since` milliseconds ago, is gone.
fn audited(since: u64, grace: u64, known: &Known, found: &mut Found<'_>) {
    for (key, (age, _)) in &known.audit.blobs {
        let Some(task) = task_of(key) else { continue };
        let row = known.audit.rows.get(&task);
        let is_named = row.is_some_and(|row| row.blobs().any(|named| named == key));
        // The time that the sweep itself took is not told: twice the grace time is on the safe side.
        let was_old = *age >= since + 2 * grace;
        let was_garbage = match revision_of(key) {
            Some(revision) => row.is_none_or(|row| row.revision > revision),
            None => true,
        };
        found.of(task, is_named || !was_old || !was_garbage, || {
            format!("{key} is an orphan of {age} ms that a sweep left {since} ms ago")
        });
    }
}

fn is_past(task: TaskId, revision: u64, known: &Known) -> bool {
    known.rows.get(&task).is_none_or(|row| row.revision > revision)
}

/// The claim's revision in the key of an artifact.
fn revision_of(key: &str) -> Option<u64> {
    let third = key.strip_prefix("results/")?.split('/').nth(1)?;
    third.split_once('-')?.0.parse().ok()
}
