//! Many seeds, on many threads.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::plan::Mode;
use super::run::{Outcome, simulate};
use super::world::locked;
use crate::checker::Verdict;

/// Failed outcomes kept; the others are counted.
const MOST: usize = 10;

/// Which seeds are to be simulated.
#[derive(Debug, Clone, Copy)]
pub struct Campaign {
    /// The first seed.
    pub from: u64,
    /// How many seeds at most.
    pub seeds: u64,
    /// For how long at most.
    pub most: Duration,
    /// What is tried; `None` alternates between both.
    pub mode: Option<Mode>,
    /// Threads; each runs a seed of its own.
    pub threads: usize,
}

/// What many seeds led to.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Tally {
    /// Seeds simulated.
    pub seeds: u64,
    /// Seeds with violations.
    pub failed: u64,
    /// The first of them.
    pub failures: Vec<Outcome>,
    /// Everything that was judged.
    pub verdict: Verdict,
    /// Faults by kind, and other things worth knowing that they happened.
    pub counts: BTreeMap<&'static str, u64>,
    /// How long it took.
    pub took: Duration,
    /// Threads that worked.
    pub threads: usize,
}

impl Campaign {
    /// Simulates the in-memory store.
    pub fn run(&self) -> Tally {
        self.run_by(simulate)
    }

    /// Simulates by a function of one's own, such as one that calls [`simulate_on`](super::simulate_on).
    pub fn run_by(&self, simulate: impl Fn(u64, Mode) -> Outcome + Sync) -> Tally {
        let began = Instant::now();
        let (next, tally) = (AtomicU64::new(0), Mutex::new(Tally::default()));
        let threads = self.threads.max(1);
        let work = || {
            while began.elapsed() < self.most {
                let nth = next.fetch_add(1, Ordering::Relaxed);
                if nth >= self.seeds {
                    return;
                }
                let seed = self.from + nth;
                let outcome = simulate(seed, self.mode.unwrap_or_else(|| mode_of(seed)));
                locked(&tally).add(outcome);
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(work);
            }
        });
        let mut tally = tally
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        tally.failures.sort_by_key(|outcome| outcome.seed);
        tally.took = began.elapsed();
        tally.threads = threads;
        tally
    }
}

fn mode_of(seed: u64) -> Mode {
    if seed.is_multiple_of(2) {
        Mode::Safety
    } else {
        Mode::Liveness
    }
}

impl Tally {
    fn add(&mut self, outcome: Outcome) {
        self.seeds += 1;
        for (kind, count) in &outcome.counts {
            *self.counts.entry(kind).or_default() += count;
        }
        self.verdict.merge(outcome.verdict.clone());
        if !outcome.verdict.holds() {
            self.failed += 1;
            self.failures.push(outcome);
            self.failures.sort_by_key(|outcome| outcome.seed);
            self.failures.truncate(MOST);
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_second = self.seeds as f64 / self.took.as_secs_f64().max(0.001);
        writeln!(
            f,
            "{} seeds in {:.1} s on {} threads: {per_second:.1} a second, {:.1} a second and thread",
            self.seeds,
            self.took.as_secs_f64(),
            self.threads,
            per_second / self.threads as f64,
        )?;
        writeln!(
            f,
            "{} entries, {} seeds with violations",
            self.verdict.entries, self.failed
        )?;
        writeln!(f, "judged:")?;
        for (promise, count) in &self.verdict.judged {
            writeln!(f, "  {count:>10}  {promise}")?;
        }
        writeln!(f, "happened:")?;
        for (kind, count) in &self.counts {
            writeln!(f, "  {count:>10}  {kind}")?;
        }
        for outcome in &self.failures {
            writeln!(f, "{outcome}")?;
        }
        Ok(())
    }
}
