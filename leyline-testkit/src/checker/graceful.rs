//! P16: what is given back, or freed from a dead worker, costs the task no attempt.

use std::collections::BTreeMap;

use leyline_core::{Status, TaskId};

use super::judge::Rule;
use super::known::Known;
use super::promise::Promise;
use super::verdict::Found;
use crate::history::{Answer, Entry, Event};

/// Attempts before and after the end of each claim.
#[derive(Default)]
pub(super) struct Graceful {
    ends: BTreeMap<(TaskId, u64), (u32, u32)>,
}

impl Rule for Graceful {
    fn promise(&self) -> Promise {
        Promise::Graceful
    }

    fn take(&mut self, entry: &Entry, _: &Known, found: &mut Found<'_>) {
        match &entry.event {
            Event::Changed {
                task,
                old: Some(old),
                new: Some(new),
            } if old.status == Status::Processing && new.status == Status::Pending => {
                self.ends
                    .insert((*task, old.revision), (old.attempt, new.attempt));
                if new.rescues > old.rescues {
                    given_back(*task, (old.attempt, new.attempt), "rescue", found);
                }
            }
            Event::Wrote {
                verb,
                task,
                revision,
                answer: Answer::Done,
                ..
            } if verb == "release" || verb == "snooze" => {
                if let Some(attempts) = self.ends.get(&(*task, *revision)) {
                    given_back(*task, *attempts, verb, found);
                }
            }
            Event::Rewound { .. } => self.ends.clear(),
            _ => {}
        }
    }
}

fn given_back(task: TaskId, (old, new): (u32, u32), verb: &str, found: &mut Found<'_>) {
    found.of(task, new + 1 == old, || {
        format!("{verb} left {new} attempts of {old}")
    });
}
