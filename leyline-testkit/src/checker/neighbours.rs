//! P17: a worker never runs two suspects at a time, so a death convicts one at most.

use std::collections::{BTreeMap, BTreeSet};

use leyline_core::{TaskId, WorkerId};

use super::judge::Rule;
use super::known::Known;
use super::promise::Promise;
use super::verdict::Found;
use crate::history::{Entry, Event};

/// The suspects that run.
#[derive(Default)]
pub(super) struct Neighbours {
    running: BTreeMap<WorkerId, BTreeSet<(TaskId, u64)>>,
}

impl Rule for Neighbours {
    fn promise(&self) -> Promise {
        Promise::Neighbours
    }

    fn take(&mut self, entry: &Entry, _: &Known, found: &mut Found<'_>) {
        match &entry.event {
            Event::Began {
                task,
                revision,
                worker,
                suspect: true,
            } => {
                let running = self.running.entry(*worker).or_default();
                found.of(*task, running.is_empty(), || {
                    format!("a suspect began beside another one, {running:?}")
                });
                running.insert((*task, *revision));
            }
            Event::Ended {
                task,
                revision,
                worker,
            } => {
                if let Some(running) = self.running.get_mut(worker) {
                    running.remove(&(*task, *revision));
                }
            }
            _ => {}
        }
    }
}
