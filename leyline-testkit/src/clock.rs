//! A clock that goes only when it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use leyline_core::Timestamp;
use leyline_core::env::Clock;

/// A moment after noon of the first of June 2026, UTC, in microseconds: not a whole second or millisecond, so that a store
/// which rounds is found out.
const START_MICROS: i64 = 1_780_315_200_123_456;

/// What the clock shows besides, for the same reason.
const NANOS: i32 = 789;

/// A [`Clock`] that starts at a fixed time and stands still until it is [advanced](Self::advance). Clones share the time.
///
/// It shows nanoseconds, as an operating system's does; stores keep whole microseconds.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that shows 2026-06-01T12:00:00.123456789Z.
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(START_MICROS)))
    }

    /// Moves the time on, by whole microseconds.
    pub fn advance(&self, by: Duration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let micros = self.0.load(Ordering::SeqCst);
        let nanos = (micros % 1_000_000) as i32 * 1_000 + NANOS;
        Timestamp::new(micros / 1_000_000, nanos).unwrap_or(Timestamp::MAX)
    }
}
