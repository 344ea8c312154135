//! One task's newest event, and who waits for the next.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::event::TaskEvent;
use crate::task::TaskId;

pub(super) struct Slot {
    pub(super) id: TaskId,
    state: Mutex<State>,
    /// Wakes in the order of waiting; see [`crate::store::Waker`] on why that matters.
    pub(super) changed: Notify,
    /// Held while one watcher reads the store for all.
    pub(super) filling: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    view: View,
    /// Watchers and the hold.
    users: usize,
    watchers: usize,
    claim: Option<(u64, CancellationToken)>,
}

/// What a watcher sees of a slot.
#[derive(Clone, Default)]
pub(super) struct View {
    pub(super) event: Option<TaskEvent>,
    /// The row is not there any more.
    pub(super) gone: bool,
    /// Rises whenever the two above change.
    pub(super) change: u64,
}

impl Slot {
    pub(super) fn new(id: TaskId) -> Self {
        Self {
            id,
            state: Mutex::default(),
            changed: Notify::new(),
            filling: tokio::sync::Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn enter(&self) {
        self.state().users += 1;
    }

    /// Whether that was the last user.
    pub(super) fn leave(&self) -> bool {
        let mut state = self.state();
        state.users -= 1;
        state.users == 0
    }

    /// Counts a watcher; says what it finds, and whether other watchers keep it fresh.
    pub(super) fn add_watcher(&self) -> (View, bool) {
        let mut state = self.state();
        state.watchers += 1;
        (state.view.clone(), state.watchers > 1)
    }

    pub(super) fn remove_watcher(&self) {
        self.state().watchers -= 1;
    }

    pub(super) fn is_watched(&self) -> bool {
        self.state().watchers > 0
    }

    pub(super) fn view(&self) -> View {
        self.state().view.clone()
    }

    /// Takes a newer event and drops an older one.
    pub(super) fn offer(&self, event: &TaskEvent) {
        let mut state = self.state();
        let newer = state
            .view
            .event
            .as_ref()
            .is_none_or(|held| event.version() > held.version());
        if newer {
            self.set(&mut state, event.clone());
        }
    }

    /// Takes what the store said, read when the slot was at `change`: a newer event always; one of an earlier history (the
    /// database was restored from a backup) only if nothing came in meanwhile.
    pub(super) fn reconcile(&self, event: &TaskEvent, change: u64) {
        let mut state = self.state();
        let take = state.view.event.as_ref().is_none_or(|held| {
            let rewound = event.revision < held.revision
                || (event.revision == held.revision && event.status != held.status);
            event.version() > held.version() || (rewound && state.view.change == change)
        });
        if take {
            self.set(&mut state, event.clone());
        }
    }

    /// Replaces the event whatever it is: the store has handed the task out anew.
    pub(super) fn replace(&self, event: &TaskEvent) {
        let mut state = self.state();
        self.set(&mut state, event.clone());
    }

    /// The row was not there when the slot was at `change`.
    pub(super) fn end(&self, change: u64) {
        let mut state = self.state();
        if state.view.change == change && !state.view.gone {
            state.view.gone = true;
            state.view.change += 1;
            self.changed.notify_waiters();
        }
    }

    /// From now on an event past `revision` cancels the token: the claim is lost.
    pub(super) fn set_claim(&self, revision: u64, lost: CancellationToken) {
        let mut state = self.state();
        if state
            .view
            .event
            .as_ref()
            .is_some_and(|event| event.revision > revision)
        {
            lost.cancel();
        }
        state.claim = Some((revision, lost));
    }

    /// Forgets the claim of this revision.
    pub(super) fn clear_claim(&self, revision: u64) {
        let mut state = self.state();
        if state.claim.as_ref().is_some_and(|(held, _)| *held == revision) {
            state.claim = None;
        }
    }

    fn set(&self, state: &mut State, event: TaskEvent) {
        if let Some((revision, lost)) = &state.claim
            && event.revision > *revision
        {
            lost.cancel();
        }
        state.view.event = Some(event);
        state.view.gone = false;
        state.view.change += 1;
        self.changed.notify_waiters();
    }
}
