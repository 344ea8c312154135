//! Who is dead, judged without anyone's clock (invariant 9): a counter that stands still over [`LOOKS`] looks.

use std::collections::BTreeMap;

use tokio::time::Instant;

use crate::store::{Dead, WorkerRow};
use crate::task::WorkerId;

/// How many looks must find the same counter, each at least the worker's own period after the one before.
pub const LOOKS: u32 = 4;

/// What the looks so far have found.
#[derive(Debug, Default)]
pub(crate) struct Looks(BTreeMap<WorkerId, Standing>);

#[derive(Debug, Clone, Copy)]
struct Standing {
    counter: u64,
    looks: u32,
    last: Instant,
}

impl Looks {
    /// A round failed: all counts start anew, so that an outage convicts nobody.
    pub(crate) fn reset(&mut self) {
        self.0.clear();
    }

    /// Takes one look at all rows and names the dead.
    pub(crate) fn observe(&mut self, rows: &[WorkerRow], own: WorkerId, now: Instant) -> Vec<Dead> {
        let mut next = BTreeMap::new();
        let mut dead = Vec::new();
        for row in rows.iter().filter(|row| row.worker != own) {
            let fresh = Standing {
                counter: row.counter,
                looks: 1,
                last: now,
            };
            let standing = match self.0.get(&row.worker) {
                Some(before) if before.counter != row.counter => fresh,
                Some(before) if now.duration_since(before.last) < row.period => *before,
                Some(before) => Standing {
                    looks: before.looks + 1,
                    last: now,
                    ..*before
                },
                None => fresh,
            };
            if standing.looks >= LOOKS {
                dead.push(Dead {
                    worker: row.worker,
                    counter: row.counter,
                });
            }
            next.insert(row.worker, standing);
        }
        self.0 = next;
        dead
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;

    const PERIOD: Duration = Duration::from_secs(10);
    const OWN: WorkerId = WorkerId::from_bytes([0; 16]);

    fn row(name: u8, counter: u64) -> WorkerRow {
        WorkerRow {
            worker: WorkerId::from_bytes([name; 16]),
            counter,
            period: PERIOD,
            started_at: Timestamp::UNIX_EPOCH,
            beat_at: Timestamp::UNIX_EPOCH,
            running: 0,
            tasks: Vec::new(),
        }
    }

    fn dead_after(looks: &mut Looks, start: Instant, counters: &[u64], step: Duration) -> Option<usize> {
        let mut now = start;
        counters.iter().position(|counter| {
            now += step;
            !looks.observe(&[row(0, 5), row(1, *counter)], OWN, now).is_empty()
        })
    }

    #[test]
    fn four_looks_alike_convict_and_a_worker_never_convicts_itself() {
        let looks = &mut Looks::default();
        assert_eq!(dead_after(looks, Instant::now(), &[7; 10], PERIOD), Some(3));
    }

    #[test]
    fn looks_closer_than_the_workers_own_period_do_not_count() {
        let looks = &mut Looks::default();
        assert_eq!(dead_after(looks, Instant::now(), &[7; 6], PERIOD / 2), None);
        let looks = &mut Looks::default();
        assert_eq!(dead_after(looks, Instant::now(), &[7; 7], PERIOD / 2), Some(6));
    }

    #[test]
    fn a_counter_that_moves_or_a_failed_round_starts_anew() {
        let looks = &mut Looks::default();
        assert_eq!(
            dead_after(looks, Instant::now(), &[7, 7, 7, 8, 8, 8], PERIOD),
            None
        );
        looks.reset();
        assert_eq!(dead_after(looks, Instant::now(), &[8, 8, 8], PERIOD), None);
    }
}
