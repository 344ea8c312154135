//! P15: after a failed sync nothing is acknowledged until the process has begun anew.

use std::collections::BTreeSet;

use super::judge::Rule;
use super::known::Known;
use super::promise::Promise;
use super::verdict::Found;
use crate::history::{Entry, Event};

/// Requests that went out after the store had failed for good.
#[derive(Default)]
pub(super) struct Stopped {
    stopped: bool,
    doomed: BTreeSet<String>,
}

impl Rule for Stopped {
    fn promise(&self) -> Promise {
        Promise::Stopped
    }

    fn take(&mut self, entry: &Entry, _: &Known, found: &mut Found<'_>) {
        match &entry.event {
            Event::Failstop => self.stopped = true,
            Event::Started { .. } => {
                self.stopped = false;
                self.doomed.clear();
            }
            Event::Sent { request } if self.stopped => {
                self.doomed.insert(request.clone());
            }
            Event::Accepted { request, task } if self.stopped => {
                found.of(*task, !self.doomed.contains(request), || {
                    "accepted after the store had failed for good".to_owned()
                });
            }
            _ => {}
        }
    }
}
