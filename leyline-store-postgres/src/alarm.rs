//! Wakes workers when a task falls due that was written or heard of here. A hint: their poll stands behind it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use leyline_core::store::{Due, Waker};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::Instrument as _;

/// Owns the task that waits. It lives while there is something to wait for.
pub(crate) struct Alarm(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// There is something to wait for that comes before everything else.
    earlier: Notify,
    waker: Waker,
}

#[derive(Default)]
struct State {
    due: Due<Instant>,
    task: Option<JoinHandle<()>>,
}

impl Alarm {
    pub(crate) fn new(waker: Waker) -> Self {
        Self(Arc::new(Shared {
            state: Mutex::default(),
            earlier: Notify::new(),
            waker,
        }))
    }

    /// Wakes workers after `wait`. To be called within a tokio runtime.
    pub(crate) fn wake_in(&self, wait: Duration) {
        if wait.is_zero() {
            return self.0.waker.wake();
        }
        // What lies past the end of the clock never comes.
        let Some(time) = Instant::now().checked_add(wait) else {
            return;
        };
        let mut state = self.0.state();
        let is_first = state.due.next().is_none_or(|next| time < next);
        state.due.add(time);
        if state.task.as_ref().is_none_or(JoinHandle::is_finished) {
            // It outlives the call that wrote the task, and is no part of it.
            let run = run(Arc::clone(&self.0)).instrument(tracing::debug_span!(parent: None, "alarm"));
            state.task = Some(tokio::spawn(run));
        } else if is_first {
            self.0.earlier.notify_one();
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(task) = self.0.state().task.take() {
            task.abort();
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes for what is due by now, and says when the next is. Under the lock: who adds a time afterwards finds no task.
    fn ring(&self) -> Option<Instant> {
        let mut state = self.state();
        if state.due.take(Instant::now()) {
            self.waker.wake();
        }
        let next = state.due.next();
        if next.is_none() {
            state.task = None;
        }
        next
    }
}

async fn run(shared: Arc<Shared>) {
    while let Some(next) = shared.ring() {
        tokio::select! { biased;
            () = shared.earlier.notified() => {}
            () = tokio::time::sleep_until(next) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn workers_are_woken_at_each_time_an_earlier_one_first() {
        let waker = Waker::new();
        let alarm = Alarm::new(waker.clone());
        let mut wakeups = waker.subscribe();
        let begun = Instant::now();
        alarm.wake_in(Duration::from_mins(1));
        tokio::task::yield_now().await;
        alarm.wake_in(Duration::from_secs(1));
        for second in [1, 60] {
            wakeups.changed().await;
            let waited = begun.elapsed().as_millis();
            assert!(
                (second * 1000..second * 1000 + 10).contains(&waited),
                "{waited} ms"
            );
        }
        // The task has ended; another one is started for what comes now.
        alarm.wake_in(Duration::from_secs(5));
        wakeups.changed().await;
        assert_eq!(begun.elapsed().as_secs(), 65);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_due_wakes_at_once_and_what_never_comes_not_at_all() {
        let waker = Waker::new();
        let alarm = Alarm::new(waker.clone());
        alarm.wake_in(Duration::MAX);
        assert_eq!(waker.generation(), 0);
        alarm.wake_in(Duration::ZERO);
        assert_eq!(waker.generation(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_alarm_ends_its_task() {
        let waker = Waker::new();
        let alarm = Alarm::new(waker.clone());
        alarm.wake_in(Duration::from_secs(1));
        let shared = Arc::downgrade(&alarm.0);
        drop(alarm);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(waker.generation(), 0);
        assert_eq!(shared.strong_count(), 0);
    }
}
