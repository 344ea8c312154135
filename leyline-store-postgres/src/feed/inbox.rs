//! What the feed has heard of and the store has to be asked for: bounded, the newest of each task.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use leyline_core::TaskId;
use tokio::sync::Notify;

use super::message::{Step, Version};

/// Tasks that wait for a read. Over it everything that is watched is compared with the store instead, in one read.
const MOST: usize = 10_000;

#[derive(Default)]
pub(super) struct Inbox {
    state: Mutex<State>,
    filled: Notify,
}

#[derive(Default)]
struct State {
    wanted: BTreeMap<TaskId, Wanted>,
    /// Something may have been said while nobody listened.
    missed: bool,
}

/// How new a task is known to be, and its progress, if that came along.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wanted {
    pub(super) version: Version,
    pub(super) step: Option<Step>,
}

impl Inbox {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a read of a task.
    pub(super) fn want(&self, wanted: Wanted) {
        let mut state = self.state();
        let newest = state
            .wanted
            .entry(wanted.version.id)
            .or_insert_with(|| wanted.clone());
        newest.update(wanted);
        if state.wanted.len() > MOST {
            state.wanted.clear();
            state.missed = true;
        }
        self.filled.notify_one();
    }

    /// Asks for a comparison of everything that is watched.
    pub(super) fn miss(&self) {
        self.state().missed = true;
        self.filled.notify_one();
    }

    /// Whether a comparison was asked for; whoever asks makes it.
    pub(super) fn take_missed(&self) -> bool {
        std::mem::take(&mut self.state().missed)
    }

    /// The next tasks to be read.
    pub(super) fn take(&self, most: usize) -> Vec<Wanted> {
        let wanted = &mut self.state().wanted;
        std::iter::from_fn(|| wanted.pop_first().map(|(_, wanted)| wanted))
            .take(most)
            .collect()
    }

    /// Waits until something has been asked for since the last wait.
    pub(super) async fn filled(&self) {
        self.filled.notified().await;
    }
}

impl Wanted {
    fn update(&mut self, other: Self) {
        let order = |version: &Version| (version.revision, version.tick);
        if order(&other.version) > order(&self.version) {
            // An earlier progress of the same revision is better than none.
            let kept = self
                .step
                .take()
                .filter(|step| step.version.revision == other.version.revision);
            *self = Self {
                version: other.version,
                step: other.step.or(kept),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(nth: u128, revision: u64, tick: u64) -> Version {
        Version {
            id: TaskId::from_bytes(nth.to_be_bytes()),
            revision,
            tick,
        }
    }

    fn want(inbox: &Inbox, version: Version) {
        inbox.want(Wanted { version, step: None });
    }

    #[test]
    fn each_task_is_read_once_and_for_its_newest_version() {
        let inbox = Inbox::default();
        for revision in [2, 4, 3] {
            want(&inbox, version(1, revision, 0));
        }
        want(&inbox, version(2, 1, 0));
        let versions: Vec<Version> = inbox.take(9).into_iter().map(|wanted| wanted.version).collect();
        assert_eq!(versions, [version(1, 4, 0), version(2, 1, 0)]);
        assert!(inbox.take(9).is_empty());
        assert!(!inbox.take_missed());
    }

    #[test]
    fn a_batch_is_bounded_and_too_much_becomes_one_comparison() {
        let inbox = Inbox::default();
        for nth in 0..MOST as u128 {
            want(&inbox, version(nth, 1, 0));
        }
        assert_eq!(inbox.take(3).len(), 3);
        for nth in 0..4 {
            want(&inbox, version(u128::MAX - nth, 1, 0));
        }
        assert!(inbox.take_missed());
        assert!(inbox.take(1).is_empty());
        assert!(!inbox.take_missed());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_asked_for_before_the_wait_is_not_slept_over() {
        let inbox = Inbox::default();
        inbox.miss();
        inbox.filled().await;
        want(&inbox, version(1, 1, 0));
        inbox.filled().await;
    }
}
