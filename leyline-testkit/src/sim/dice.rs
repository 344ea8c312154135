//! Randomness that a seed decides: SplitMix64 (Steele, Lea and Flood, 2014), which needs no dependency and costs a nanosecond.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A stream of draws.
#[derive(Debug)]
pub(super) struct Dice(AtomicU64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    pub(super) fn draw(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `n`, or 0.
    pub(super) fn below(&self, n: u64) -> u64 {
        self.draw() % n.max(1)
    }

    pub(super) fn between(&self, from: u64, to: u64) -> u64 {
        from + self.below(to - from + 1)
    }

    /// True with these odds, from 0 to 1.
    pub(super) fn chance(&self, odds: f64) -> bool {
        ((self.draw() >> 11) as f64) / ((1u64 << 53) as f64) < odds
    }

    pub(super) fn millis(&self, from: u64, to: u64) -> Duration {
        Duration::from_millis(self.between(from, to))
    }

    /// Waits so many milliseconds.
    pub(super) async fn pause(&self, from: u64, to: u64) {
        tokio::time::sleep(self.millis(from, to)).await;
    }

    pub(super) fn pick<T: Copy>(&self, among: &[T]) -> Option<T> {
        let at = usize::try_from(self.below(among.len() as u64)).ok()?;
        among.get(at).copied()
    }
}
