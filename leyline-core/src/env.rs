//! Where time, randomness and ids come from. A test hands in its own, and a seed then decides a whole run.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use rand::rngs::{StdRng, SysRng};
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use tokio::time::Instant;

use crate::task::{TaskId, WorkerId};

/// Wall-clock time, for ids, labels and the in-memory store. Waiting is always by `tokio::time`, which a test can pause.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The clock of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that starts at a fixed time and goes with `tokio::time`, so that a paused runtime moves it.
#[derive(Debug, Clone, Copy)]
pub struct TokioClock {
    epoch: Timestamp,
    start: Instant,
}

impl TokioClock {
    /// A clock that shows `epoch` now.
    pub fn starting_at(epoch: Timestamp) -> Self {
        Self {
            epoch,
            start: Instant::now(),
        }
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        crate::transition::after(self.epoch, self.start.elapsed())
    }
}

/// Clock and randomness. Clones share both.
#[derive(Clone)]
pub struct Env {
    clock: Arc<dyn Clock>,
    rng: Arc<Mutex<StdRng>>,
}

impl Env {
    /// The operating system's clock and randomness.
    pub fn system() -> Self {
        let rng = StdRng::try_from_rng(&mut SysRng).expect("the operating system gives randomness");
        Self {
            clock: Arc::new(SystemClock),
            rng: Arc::new(Mutex::new(rng)),
        }
    }

    /// This clock, and randomness that the seed decides. For tests: the ids can be guessed.
    pub fn seeded(clock: impl Clock + 'static, seed: u64) -> Self {
        Self {
            clock: Arc::new(clock),
            rng: Arc::new(Mutex::new(StdRng::seed_from_u64(seed))),
        }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new task id: a UUID of version 7 at the clock's time.
    pub fn task_id(&self) -> TaskId {
        let millis = u64::try_from(self.now().as_millisecond()).unwrap_or(0);
        let mut random = [0; 10];
        self.fill(&mut random);
        TaskId::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// A new worker incarnation: a UUID of version 4.
    pub fn worker_id(&self) -> WorkerId {
        let mut random = [0; 16];
        self.fill(&mut random);
        WorkerId::from_uuid(uuid::Builder::from_random_bytes(random).into_uuid())
    }

    /// 64 random bits.
    pub fn random_u64(&self) -> u64 {
        self.with(StdRng::next_u64)
    }

    /// A random number, at least 0 and below 1.
    pub fn random_fraction(&self) -> f64 {
        self.with(StdRng::random)
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.with(|rng| rng.fill_bytes(bytes));
    }

    fn with<T>(&self, draw: impl FnOnce(&mut StdRng) -> T) -> T {
        draw(&mut self.rng.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Default for Env {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env")
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}
