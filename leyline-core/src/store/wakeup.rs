//! Wake-ups: a counter that rises whenever there may be something to claim. A hint, never the truth (invariant 1).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

#[derive(Debug, Default)]
struct Shared {
    generation: AtomicU64,
    notify: Notify,
}

/// The side that wakes. Clones share one counter.
///
/// Waiters are woken in the order in which they began to wait, unlike those of `tokio::sync::watch`, which picks its wait
/// queue by a random number of its own: a seeded run would not repeat.
#[derive(Debug, Clone, Default)]
pub struct Waker(Arc<Shared>);

/// The side that waits. Each clone remembers for itself what it has seen.
#[derive(Debug, Clone)]
pub struct Wakeups {
    shared: Arc<Shared>,
    seen: u64,
}

impl Waker {
    /// A counter at 0 that nobody waits for yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Raises the counter and wakes everyone who waits.
    pub fn wake(&self) {
        self.0.generation.fetch_add(1, Ordering::Release);
        self.0.notify.notify_waiters();
    }

    /// The counter now.
    pub fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    /// A waiting side that has seen all up to now.
    pub fn subscribe(&self) -> Wakeups {
        Wakeups {
            shared: Arc::clone(&self.0),
            seen: self.generation(),
        }
    }
}

impl Wakeups {
    /// Wake-ups that never come: for a store that has none, whose workers live by their poll.
    pub fn never() -> Self {
        Waker::new().subscribe()
    }

    /// Marks everything up to now as seen and returns the counter. To be called *before* the look that it stands for, so
    /// that what arrives meanwhile is not lost.
    pub fn mark_seen(&mut self) -> u64 {
        self.seen = self.shared.generation.load(Ordering::Acquire);
        self.seen
    }

    /// Waits until the counter is past what was seen, and marks it seen.
    ///
    /// # Cancel safety
    /// A dropped wait has seen nothing.
    pub async fn changed(&mut self) -> u64 {
        loop {
            let notified = self.shared.notify.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            let generation = self.shared.generation.load(Ordering::Acquire);
            if generation != self.seen {
                self.seen = generation;
                return generation;
            }
            notified.await;
        }
    }
}
