//! What waits to be sent: the newest of each task.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use leyline_core::{TaskEvent, TaskId};
use tokio::time::Instant;

use super::message::Entry;

/// Tasks that wait. Over it, events of other tasks are refused: they are hints.
const MOST: usize = 10_000;

/// What all sinks of a store send, one after the other.
#[derive(Default)]
pub(crate) struct Outbox {
    waiting: Mutex<Coalescer>,
    /// Held while one of them sends; from when on the next may.
    pub(super) turn: tokio::sync::Mutex<Option<Instant>>,
}

impl Outbox {
    pub(super) fn waiting(&self) -> MutexGuard<'_, Coalescer> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
pub(super) struct Coalescer(BTreeMap<TaskId, Newest>);

/// A change of status and a progress stand beside each other: the progress is newer, but only the change moves lists.
#[derive(Default)]
struct Newest {
    change: Option<TaskEvent>,
    progress: Option<TaskEvent>,
}

impl Coalescer {
    /// Takes an event in, unless there is a newer one; false if there is no room.
    pub(super) fn put(&mut self, event: &TaskEvent) -> bool {
        if self.0.len() >= MOST && !self.0.contains_key(&event.id) {
            return false;
        }
        self.0.entry(event.id).or_default().put(event);
        true
    }

    /// Everything, as it is to be sent.
    pub(super) fn take(&mut self) -> Vec<Entry> {
        let events = std::mem::take(&mut self.0).into_values();
        events
            .flat_map(|newest| [newest.change, newest.progress])
            .flatten()
            .map(|event| Entry::of(&event))
            .collect()
    }
}

impl Newest {
    fn put(&mut self, event: &TaskEvent) {
        let is_newer =
            |held: &Option<TaskEvent>| held.as_ref().is_none_or(|held| event.version() > held.version());
        if !is_newer(&self.change) || !is_newer(&self.progress) {
            return;
        }
        if event.is_progress() {
            self.progress = Some(event.clone());
        } else {
            *self = Self {
                change: Some(event.clone()),
                progress: None,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use leyline_core::{Kind, NewTask, Progress, Status, Timestamp, transition};

    use super::*;

    fn event(nth: u128, revision: u64, tick: u64) -> TaskEvent {
        let new = NewTask::new(TaskId::from_bytes(nth.to_be_bytes()), Kind::new("k").unwrap());
        let mut task = transition::insert(&new, Timestamp::from_second(1_700_000_000).unwrap());
        task.status = Status::Processing;
        task.revision = revision;
        let progress = Progress {
            tick,
            ..Progress::default()
        };
        TaskEvent::of(&task).with_progress(&progress)
    }

    #[track_caller]
    fn check(given: &[(u64, u64)], sent: &[(u64, u64)]) {
        let mut coalescer = Coalescer::default();
        for &(revision, tick) in given {
            assert!(coalescer.put(&event(1, revision, tick)));
        }
        let expected: Vec<Entry> = sent
            .iter()
            .map(|&(revision, tick)| Entry::of(&event(1, revision, tick)))
            .collect();
        assert_eq!(coalescer.take(), expected);
        assert!(coalescer.take().is_empty());
    }

    #[test]
    fn the_newest_is_sent_in_whatever_order_they_came() {
        check(&[(2, 1), (2, 3), (2, 2)], &[(2, 3)]);
        check(&[(1, 0), (3, 0), (2, 0)], &[(3, 0)]);
        check(&[(3, 0), (2, 5)], &[(3, 0)]);
        check(&[(2, 5), (3, 0)], &[(3, 0)]);
    }

    #[test]
    fn a_progress_does_not_swallow_the_change_before_it() {
        check(&[(2, 0), (2, 1), (2, 2)], &[(2, 0), (2, 2)]);
        check(&[(2, 0), (2, 1), (3, 0)], &[(3, 0)]);
    }

    #[test]
    fn what_waits_is_bounded_and_known_tasks_still_get_newer() {
        let mut coalescer = Coalescer::default();
        for nth in 0..MOST as u128 {
            assert!(coalescer.put(&event(nth, 1, 1)));
        }
        assert!(!coalescer.put(&event(u128::MAX, 1, 1)));
        assert!(coalescer.put(&event(0, 1, 2)));
        assert_eq!(coalescer.take().len(), MOST);
        assert!(coalescer.put(&event(u128::MAX, 1, 1)));
    }
}
