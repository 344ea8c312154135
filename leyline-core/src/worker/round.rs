//! Rounds: the finishes that queued up and the claim that refills their slots are sent together, so that a store with group
//! commit makes both durable at once. What queues while a round is under way goes with the next: no timers.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Engine;

/// First wait after a failed round; it doubles up to [`MAX_PAUSE`], with full jitter.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Longest wait after a failed round.
const MAX_PAUSE: Duration = Duration::from_secs(5);

impl Engine {
    /// Runs rounds until the worker has ended.
    pub(super) async fn rounds(self: Arc<Self>) {
        let mut wakeups = self.config.store.wakeups();
        let mut failures = 0u32;
        let mut poll = Instant::now();
        while !self.ended.is_cancelled() {
            let now = Instant::now();
            if now >= poll {
                poll = now + self.poll_pause();
                self.make_hungry();
            }
            if self.take_due(now) {
                self.make_hungry();
            }
            // Code that was woken together ends together: its finishes go with this round instead of the next.
            tokio::task::yield_now().await;
            let finishes = self.take_finishes();
            // A finish makes room, which the claim beside it fills.
            let hungry = self.take_hunger() || !finishes.is_empty();
            // Marked as seen before the claim: what is inserted or freed during it wakes the next round.
            if hungry {
                wakeups.mark_seen();
                self.slots.mark_freed_seen();
            }
            let request = if hungry { self.claim_request() } else { None };
            if hungry && request.is_none() {
                // No room now. A slot that is freed, or the first beat, looks again.
                self.keep_hunger();
            }
            if finishes.is_empty() && request.is_none() {
                tokio::select! { biased;
                    () = self.ended.cancelled() => return,
                    () = self.round_due.notified() => {}
                    () = self.slots.freed.notified() => self.make_hungry(),
                    _ = wakeups.changed() => self.make_hungry(),
                    () = tokio::time::sleep_until(self.next_due().map_or(poll, |due| due.min(poll))) => {}
                }
                continue;
            }
            let round = async {
                tokio::join! { biased;
                    async { if finishes.is_empty() { false } else { self.finish(finishes).await } },
                    async { match request { Some(request) => self.claim(request).await, None => false } }
                }
            };
            // Dropped at the end: what the store did not answer is unknown, and rescued with the worker's row.
            let (finish_failed, claim_failed) = tokio::select! { biased;
                () = self.ended.cancelled() => return,
                failed = round => failed,
            };
            if finish_failed || claim_failed {
                failures += 1;
                self.pause(failures).await;
            } else {
                failures = 0;
            }
        }
    }

    /// Between 0.5 and 1.5 times the poll interval, so that workers that began together drift apart.
    fn poll_pause(&self) -> Duration {
        self.config
            .options
            .poll_interval
            .mul_f64(0.5 + self.config.env.random_fraction())
    }

    async fn pause(&self, failures: u32) {
        let bound = FIRST_PAUSE.saturating_mul(1 << failures.min(10)).min(MAX_PAUSE);
        let pause = tokio::time::sleep(bound.mul_f64(self.config.env.random_fraction()));
        tokio::select! { biased;
            () = self.ended.cancelled() => {}
            () = pause => {}
        }
    }
}
