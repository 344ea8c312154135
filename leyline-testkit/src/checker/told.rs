//! P7: a watch that ends in good order has told the end, one that says "gone" is right, and when the faults have stopped
//! no watch is left that does not know.

use std::collections::BTreeMap;

use leyline_core::{Status, TaskId};

use super::judge::Rule;
use super::known::Known;
use super::promise::Promise;
use super::verdict::Found;
use crate::history::{Close, Entry, Event};

struct Watch {
    task: TaskId,
    /// Whether the row was there when the watch was asked for.
    there: bool,
    told: Option<Status>,
}

/// The watches that are open.
#[derive(Default)]
pub(super) struct Told {
    open: BTreeMap<u64, Watch>,
    judged: bool,
}

impl Rule for Told {
    fn promise(&self) -> Promise {
        Promise::Told
    }

    fn take(&mut self, entry: &Entry, known: &Known, found: &mut Found<'_>) {
        match &entry.event {
            Event::Watched { watch, task, .. } => {
                let opened = Watch {
                    task: *task,
                    there: known.rows.contains_key(task),
                    told: None,
                };
                self.open.insert(*watch, opened);
            }
            Event::Saw { watch, status, .. } => {
                if let Some(watch) = self.open.get_mut(watch) {
                    watch.told = Some(*status);
                }
            }
            Event::Closed { watch, why, .. } => {
                if let Some(watch) = self.open.remove(watch) {
                    closed(&watch, *why, known, found);
                }
            }
            _ => {}
        }
        self.judge(known, found, entry.at);
    }

    fn end(&mut self, known: &Known, found: &mut Found<'_>) {
        self.judge(known, found, known.now);
    }
}

fn closed(watch: &Watch, why: Close, known: &Known, found: &mut Found<'_>) {
    match why {
        Close::End => found.of(watch.task, watch.told.is_some_and(Status::is_terminal), || {
            format!("the watch ended, and the last it told was {:?}", watch.told)
        }),
        Close::Gone | Close::Absent if known.follows_rows() && known.rewinds.is_empty() => {
            let there = watch.there && known.rows.contains_key(&watch.task);
            found.of(watch.task, !there, || {
                "told that it is gone, which it is not".to_owned()
            });
        }
        _ => {}
    }
}

impl Told {
    fn judge(&mut self, known: &Known, found: &mut Found<'_>, now: u64) {
        let Some(quiet) = known.quiet.filter(|quiet| now >= quiet.at + quiet.within) else {
            return;
        };
        if std::mem::replace(&mut self.judged, true) {
            return;
        }
        for (number, watch) in &self.open {
            let ended = known
                .rows
                .get(&watch.task)
                .is_none_or(|row| row.status.is_terminal());
            found.of(watch.task, !ended, || {
                format!(
                    "watch {number} does not know of the end {} ms after the last fault; it was told {:?}",
                    quiet.within, watch.told
                )
            });
        }
    }
}
