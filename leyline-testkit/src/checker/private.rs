//! P18: another owner's task is like one that is not there.

use super::judge::Rule;
use super::known::Known;
use super::promise::Promise;
use super::verdict::Found;
use crate::history::{Entry, Event};

/// Nothing is remembered.
#[derive(Default)]
pub(super) struct Private;

impl Rule for Private {
    fn promise(&self) -> Promise {
        Promise::Private
    }

    fn take(&mut self, entry: &Entry, _: &Known, found: &mut Found<'_>) {
        if let Event::Trespassed { task, verb, denied } = &entry.event {
            found.of(*task, *denied, || {
                format!("{verb} of another owner's task was not denied")
            });
        }
    }
}
