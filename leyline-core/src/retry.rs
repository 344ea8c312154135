//! How long a failed attempt waits for the next.

use std::time::Duration;

use crate::env::Env;

/// Exponential backoff with full jitter (Brooker, "Exponential Backoff and Jitter", 2015): the delay is drawn evenly from
/// zero to `base × 2^(attempt - 1)`, that bound being at most `cap`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Bound of the first delay; default 1 s. Zero means to retry at once, always.
    pub base: Duration,
    /// Bound of every delay; default 10 min.
    pub cap: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            base: Duration::from_secs(1),
            cap: Duration::from_mins(10),
        }
    }
}

impl RetryPolicy {
    /// A policy with these bounds.
    pub const fn new(base: Duration, cap: Duration) -> Self {
        Self { base, cap }
    }

    /// The longest delay after this attempt (from 1).
    pub fn bound(&self, attempt: u32) -> Duration {
        let factor = 1u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        self.base.saturating_mul(factor).min(self.cap)
    }

    /// A delay after this attempt (from 1).
    pub fn delay(&self, attempt: u32, env: &Env) -> Duration {
        self.bound(attempt).mul_f64(env.random_fraction())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::SystemClock;

    #[test]
    fn the_bound_doubles_up_to_the_cap_and_never_overflows() {
        let policy = RetryPolicy::default();
        let bounds: Vec<u64> = [1, 2, 3, 10, 11, 32, 33, u32::MAX]
            .map(|n| policy.bound(n).as_secs())
            .to_vec();
        assert_eq!(bounds, [1, 2, 4, 512, 600, 600, 600, 600]);
    }

    #[test]
    fn delays_fill_the_whole_range() {
        let env = Env::seeded(SystemClock, 7);
        let policy = RetryPolicy::default();
        let delays: Vec<f64> = (0..1000).map(|_| policy.delay(3, &env).as_secs_f64()).collect();
        assert!(delays.iter().all(|d| (0.0..4.0).contains(d)));
        assert!(delays.iter().any(|d| *d < 0.1) && delays.iter().any(|d| *d > 3.9));
    }
}
