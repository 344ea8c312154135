//! P8: a watcher that comes late is told the newest snapshot, not a queue of old ones.

use super::judge::Rule;
use super::known::Known;
use super::promise::Promise;
use super::verdict::Found;
use crate::history::{Entry, Event};

/// Nothing is remembered.
#[derive(Default)]
pub(super) struct Bounded;

impl Rule for Bounded {
    fn promise(&self) -> Promise {
        Promise::Bounded
    }

    fn take(&mut self, entry: &Entry, known: &Known, found: &mut Found<'_>) {
        if let Event::Saw {
            task,
            version,
            newest: Some(newest),
            ..
        } = &entry.event
        {
            let excused = known.rewinding || known.disturbed.contains(task);
            found.of(*task, version >= newest || excused, || {
                format!("told {version:?} when {newest:?} was there to be told")
            });
        }
    }
}
