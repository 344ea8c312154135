//! What a run is made of, drawn before it begins. A seed turns whole sorts of faults on or off, so that runs differ in kind
//! and not only in detail ("swarm testing", Groce and others, 2012).

use std::time::Duration;

use leyline_core::{KindOptions, Options, RetryPolicy};

use super::dice::Dice;

/// What a run tries to break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// Faults to the end, and nothing wrong may happen.
    Safety,
    /// The faults stop, and then everything has to end within a bound.
    Liveness,
}

/// The lease; beats come every third of it.
const LEASE: Duration = Duration::from_secs(3);

/// What a run is made of.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each sort of fault is on or off by itself"
)]
pub(super) struct Plan {
    pub(super) mode: Mode,
    /// Nothing fails and nothing is polled: hints alone have to carry everything.
    pub(super) calm: bool,
    pub(super) nodes: u64,
    pub(super) concurrency: u64,
    pub(super) clients: u64,
    pub(super) requests: u64,
    /// How long faults are injected.
    pub(super) span: Duration,
    /// Odds of a fault of a call of the store.
    pub(super) store_faults: f64,
    /// Whether answers may never come.
    pub(super) silence: bool,
    /// Odds that a call takes time.
    pub(super) slow: f64,
    pub(super) blob_faults: f64,
    pub(super) damage: bool,
    /// Odds that an event does not get to another node.
    pub(super) lost_events: f64,
    pub(super) lost_wakeups: bool,
    pub(super) crashes: bool,
    pub(super) freezes: bool,
    pub(super) stops: bool,
    pub(super) outages: bool,
    pub(super) rewinds: bool,
    pub(super) skew: bool,
    pub(super) killers: bool,
    pub(super) sweeps: bool,
    pub(super) prunes: bool,
    pub(super) crowded: bool,
    pub(super) cancels: bool,
}

impl Plan {
    pub(super) fn draw(mode: Mode, dice: &Dice) -> Self {
        let calm = dice.chance(0.12);
        let stormy = |odds: f64| dice.chance(odds) && !calm;
        Self {
            mode,
            calm,
            nodes: dice.between(1, 3),
            concurrency: dice.between(1, 4),
            clients: dice.between(1, 3),
            requests: dice.between(2, 6),
            span: dice.millis(8_000, 25_000),
            store_faults: if stormy(0.6) { 0.05 } else { 0.0 },
            silence: stormy(0.5),
            slow: if dice.chance(0.6) { 0.3 } else { 0.02 },
            blob_faults: if stormy(0.4) { 0.08 } else { 0.0 },
            damage: stormy(0.1),
            lost_events: if stormy(0.5) {
                0.5
            } else {
                f64::from(u8::from(stormy(0.4)))
            },
            lost_wakeups: stormy(0.3),
            crashes: stormy(0.6),
            freezes: stormy(0.5),
            stops: stormy(0.4),
            outages: stormy(0.3),
            rewinds: stormy(0.2),
            skew: stormy(0.5),
            killers: stormy(0.25),
            sweeps: stormy(0.3),
            prunes: stormy(0.15),
            crowded: stormy(0.15),
            cancels: dice.chance(0.5),
        }
    }

    pub(super) fn options(&self) -> Options {
        let mut options = Options::default();
        options.lease_ttl = LEASE;
        options.poll_interval = if self.calm {
            Duration::from_hours(1)
        } else {
            Duration::from_secs(2)
        };
        options.concurrency = self.concurrency as usize;
        options.drain_wait = Duration::from_secs(1);
        options.drain_signal = Duration::from_millis(500);
        options.cancel_grace = Duration::from_millis(500);
        options.blob_grace = Self::grace();
        options.retention = self.prunes.then_some(Duration::from_secs(4));
        options.max_pending = if self.crowded { 3 } else { 1_000 };
        options
    }

    pub(super) fn kind() -> KindOptions {
        let mut kind = KindOptions::default();
        kind.timeout = Some(Duration::from_secs(4));
        kind.retry = RetryPolicy::new(Duration::from_millis(200), Duration::from_secs(1));
        kind
    }

    /// Longer than any upload takes from its last byte to its row.
    pub(super) fn grace() -> Duration {
        Duration::from_mins(2)
    }

    /// How long after the last fault what the dead held is free: a hung beat, a first look at a random phase, four looks
    /// with a period between them, and a period for the scheduler.
    pub(super) fn rescued() -> Duration {
        LEASE / 3 * 8
    }

    /// How long after the last fault everything has ended: every task may have to be freed, to wait for a poll, and to time
    /// out three times, on one slot.
    pub(super) fn within(&self) -> Duration {
        let each = Duration::from_secs(16);
        Self::rescued() * 4 + each * (self.clients * self.requests * 2) as u32
    }
}
