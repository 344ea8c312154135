//! P6: what a watcher sees only rises, was committed before, and its fraction never falls within a claim. After a rewind
//! the tasks that it changed may be seen to go back.

use std::collections::{BTreeMap, BTreeSet};

use leyline_core::{Status, TaskId};

use super::judge::Rule;
use super::known::Known;
use super::promise::Promise;
use super::verdict::Found;
use crate::history::{Entry, Event, Version};

/// The last thing that a watch was told.
struct Told {
    version: Version,
    status: Option<Status>,
    fraction: Option<f64>,
}

/// What each watch was told, and what was committed.
#[derive(Default)]
pub(super) struct Forward {
    told: BTreeMap<u64, Told>,
    committed: BTreeSet<(TaskId, u64, Status)>,
}

impl Rule for Forward {
    fn promise(&self) -> Promise {
        Promise::Forward
    }

    fn take(&mut self, entry: &Entry, known: &Known, found: &mut Found<'_>) {
        match &entry.event {
            Event::Changed {
                task, new: Some(new), ..
            } => {
                self.committed.insert((*task, new.revision, new.status));
            }
            Event::Audited { .. } => {
                let rows = known.audit.rows.iter();
                self.committed
                    .extend(rows.map(|(task, row)| (*task, row.revision, row.status)));
            }
            Event::Watched {
                watch,
                known: Some(version),
                ..
            } => {
                let told = Told {
                    version: *version,
                    status: None,
                    fraction: None,
                };
                self.told.insert(*watch, told);
            }
            Event::Saw {
                watch,
                task,
                version,
                status,
                fraction,
                ..
            } => {
                let now = Told {
                    version: *version,
                    status: Some(*status),
                    fraction: *fraction,
                };
                if known.follows_rows() {
                    let was = self.committed.contains(&(*task, version.0, *status));
                    found.of(*task, was, || {
                        format!(
                            "told of {status} at revision {}, which was never committed",
                            version.0
                        )
                    });
                }
                let fault = self.told.get(watch).and_then(|before| went_back(before, &now));
                self.told.insert(*watch, now);
                let excused = known.rewinding || known.disturbed.contains(task);
                found.of(*task, fault.is_none() || excused, || fault.unwrap_or_default());
            }
            Event::Closed { watch, .. } => {
                self.told.remove(watch);
            }
            _ => {}
        }
    }
}

fn went_back(before: &Told, now: &Told) -> Option<String> {
    if now.version < before.version {
        return Some(format!(
            "went back from {:?} to {:?}",
            before.version, now.version
        ));
    }
    let same_revision = now.version.0 == before.version.0;
    if same_revision && before.status.is_some_and(|status| Some(status) != now.status) {
        return Some(format!(
            "was {:?} and is {:?} at one revision",
            before.status, now.status
        ));
    }
    let falls = matches!((before.fraction, now.fraction), (Some(before), Some(now)) if now < before);
    (same_revision && falls).then(|| format!("fell from {:?} to {:?}", before.fraction, now.fraction))
}
