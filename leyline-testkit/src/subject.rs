//! What is tested: a store, and a way to move its clock.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use leyline_core::TaskStore;

use crate::clock::ManualClock;

/// A store to test. Each case makes one, with nothing in it, and drops it at its end: that is the place to clean up.
#[async_trait]
pub trait Subject: Send + Sync + 'static {
    /// The store.
    fn store(&self) -> Arc<dyn TaskStore>;

    /// Moves the store's clock on. A store whose clock can't be moved takes `by` off every time in its rows instead; the
    /// suite compares no time across an advance.
    async fn advance(&self, by: Duration);

    /// Whether the store's [`wakeups`](TaskStore::wakeups) rise. Default true; a store without any says false.
    fn wakes(&self) -> bool {
        true
    }
}

/// A store that reads a [`ManualClock`].
#[derive(Clone)]
pub struct ManualSubject {
    store: Arc<dyn TaskStore>,
    clock: ManualClock,
}

impl ManualSubject {
    /// This store, which reads this clock.
    pub fn new(store: Arc<dyn TaskStore>, clock: ManualClock) -> Self {
        Self { store, clock }
    }
}

#[async_trait]
impl Subject for ManualSubject {
    fn store(&self) -> Arc<dyn TaskStore> {
        Arc::clone(&self.store)
    }

    async fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }
}
