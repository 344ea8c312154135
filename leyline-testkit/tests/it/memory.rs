//! The in-memory store passes the suite.

use std::sync::Arc;

use leyline_core::{Env, MemoryStore};
use leyline_testkit::{ManualClock, ManualSubject, Subject};

/// An empty store, and its clock.
pub(crate) fn store() -> (Arc<MemoryStore>, ManualClock) {
    let clock = ManualClock::new();
    (Arc::new(MemoryStore::new(Env::seeded(clock.clone(), 1))), clock)
}

async fn make() -> impl Subject {
    let (store, clock) = store();
    ManualSubject::new(store, clock)
}

leyline_testkit::conformance!(make);
