//! P5: every change of a row is one of the table's, and raises the revision by exactly one; a run ends once.

use leyline_core::Status;
use leyline_core::status::{Step, Verb, step};

use super::judge::Rule;
use super::known::Known;
use super::promise::Promise;
use super::verdict::Found;
use crate::history::{Entry, Event, Row};

/// Nothing is remembered: each change is judged by itself.
#[derive(Default)]
pub(super) struct Ended;

impl Rule for Ended {
    fn promise(&self) -> Promise {
        Promise::Ended
    }

    fn take(&mut self, entry: &Entry, known: &Known, found: &mut Found<'_>) {
        let Event::Changed { task, old, new } = &entry.event else {
            return;
        };
        if known.follows_rows() {
            let place = |row: &Row| (row.status, row.revision, row.worker);
            let same = known.previous.as_ref().map(place) == old.as_ref().map(place);
            found.of(*task, same, || {
                format!("the row was {:?} before, not {old:?}", known.previous)
            });
        }
        let fault = match (old, new) {
            (None, Some(new)) => inserted(new),
            (Some(old), Some(new)) => changed(old, new),
            (Some(old), None) => (!old.status.is_terminal()).then(|| format!("removed while {}", old.status)),
            (None, None) => None,
        };
        found.of(*task, fault.is_none(), || fault.unwrap_or_default());
    }
}

fn inserted(new: &Row) -> Option<String> {
    let fresh = new.status == Status::Pending && new.revision == 1;
    (!fresh).then(|| format!("inserted as {} at revision {}", new.status, new.revision))
}

fn changed(old: &Row, new: &Row) -> Option<String> {
    if !is_allowed(old.status, new.status) {
        return Some(format!("went from {} to {}", old.status, new.status));
    }
    (new.revision != old.revision + 1)
        .then(|| format!("went from revision {} to {}", old.revision, new.revision))
}

fn is_allowed(from: Status, to: Status) -> bool {
    let capped = from == Status::Processing && to == Status::Failed;
    capped || Verb::ALL.iter().any(|verb| step(from, *verb) == Step::To(to))
}
