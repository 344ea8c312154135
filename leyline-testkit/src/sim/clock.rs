//! A host's wall clock: it may be hours off, and jump.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use leyline_core::Timestamp;
use leyline_core::env::{Clock, TokioClock};

/// 2026-06-01T12:00:00Z, in seconds.
const EPOCH: i64 = 1_780_315_200;

/// Goes with the paused time of tokio, at an offset. Clones share the offset.
#[derive(Debug, Clone)]
pub(super) struct HostClock {
    base: TokioClock,
    offset: Arc<AtomicI64>,
}

impl HostClock {
    /// A clock that shows the epoch now, and `offset` milliseconds more.
    pub(super) fn new(offset: i64) -> Self {
        let epoch = Timestamp::from_second(EPOCH).unwrap_or(Timestamp::UNIX_EPOCH);
        Self {
            base: TokioClock::starting_at(epoch),
            offset: Arc::new(AtomicI64::new(offset)),
        }
    }

    /// The same clock on another host.
    pub(super) fn skewed(&self, offset: i64) -> Self {
        Self {
            base: self.base,
            offset: Arc::new(AtomicI64::new(offset)),
        }
    }

    pub(super) fn jump(&self, by: i64) {
        self.offset.fetch_add(by, Ordering::Relaxed);
    }
}

impl Clock for HostClock {
    fn now(&self) -> Timestamp {
        let now = self.base.now();
        let micros = now.as_microsecond() + self.offset.load(Ordering::Relaxed) * 1_000;
        Timestamp::from_microsecond(micros).unwrap_or(now)
    }
}
