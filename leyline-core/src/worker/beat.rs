//! Beats: one for everything every period, and one at most every second while progress changes. The answer names what was
//! lost and what is stray.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tracing::{debug, warn};

use super::Engine;
use super::looks::Looks;
use crate::causes::Causes;
use crate::metrics;
use crate::store::{Beat, BeatReply, Error, Result};

/// Least time between two beats that carry progress.
const PROGRESS_SPACING: Duration = Duration::from_secs(1);
/// How late a timer may be before user code is suspected of blocking the runtime.
const LATE: Duration = Duration::from_secs(1);

impl Engine {
    /// Beats until the worker has ended, and looks at the others once a period.
    pub(super) async fn beats(self: Arc<Self>) {
        let mut looks = Looks::default();
        let mut due = Instant::now();
        let mut first = true;
        loop {
            let sent = Instant::now();
            let is_round = sent >= due;
            let acknowledged = self.beat().await;
            if is_round {
                // From the look's answer on, so that two looks are never closer than a period, however slow the first
                // was; jitter in the first phase only.
                let looked = if acknowledged {
                    self.look(&mut looks).await
                } else {
                    Instant::now()
                };
                let phase = if first {
                    self.config.env.random_fraction()
                } else {
                    1.0
                };
                due = looked + self.period().mul_f64(phase);
                first = false;
            }
            if !acknowledged {
                looks.reset();
            }
            if !self.wait_for_beat(sent, due).await {
                return;
            }
        }
    }

    /// Waits for the next period, or for changed progress; false when the worker has ended.
    async fn wait_for_beat(&self, sent: Instant, due: Instant) -> bool {
        let spaced = (sent + PROGRESS_SPACING.min(self.period())).min(due);
        let progressed = async {
            if !self.state().held.has_unstored_progress() {
                self.progressed.notified().await;
            }
            tokio::time::sleep_until(spaced).await;
        };
        tokio::select! { biased;
            () = self.ended.cancelled() => return false,
            () = tokio::time::sleep_until(due) => {}
            () = progressed => {}
        }
        let late = Instant::now().saturating_duration_since(due);
        if late > LATE {
            metrics::late_tick();
            warn!(
                ?late,
                "a timer came late: is code blocking the runtime? CPU work belongs into TaskContext::blocking"
            );
        }
        true
    }

    /// One beat; says whether it was acknowledged.
    pub(super) async fn beat(&self) -> bool {
        let sent = Instant::now();
        let beat = {
            let mut state = self.state();
            state.counter += 1;
            let held = state.held.for_beat();
            Beat {
                worker: state.worker,
                counter: state.counter,
                period: self.period(),
                held,
            }
        };
        let answer = self.call("beat", self.config.store.beat(&beat)).await;
        metrics::beat(answer.is_ok());
        self.answered(&beat, answer, sent)
    }

    fn answered(&self, beat: &Beat, answer: Result<BeatReply>, sent: Instant) -> bool {
        let reply = match answer {
            Ok(reply) => reply,
            Err(Error::WorkerRetired { worker }) => {
                let mut state = self.state();
                warn!(%worker, "the store has no use for this incarnation; draws a new one");
                if state.acknowledged.is_none() {
                    state.worker = self.config.env.worker_id();
                }
                return false;
            }
            Err(error) => {
                warn!(error = %Causes(&error), "a beat failed");
                return false;
            }
        };
        let mut state = self.state();
        state.acknowledged = Some((sent, beat.counter));
        for held in &beat.held {
            if let (Some(progress), Some(entry)) =
                (&held.progress, state.held.claim_mut(held.id, held.revision))
            {
                entry.stored_tick = entry.stored_tick.max(progress.tick);
            }
        }
        for id in &reply.lost {
            let sent = beat.held.iter().find(|held| held.id == *id);
            let entry = sent.and_then(|held| state.held.claim_mut(held.id, held.revision));
            if let Some(entry) = entry.filter(|entry| !entry.finishing) {
                debug!(%id, revision = entry.revision, "a beat says that the claim is lost");
                entry.lost.cancel();
            }
        }
        for stray in &reply.stray {
            state.held.name_stray(*stray);
        }
        drop(state);
        self.release_strays();
        self.round_due.notify_one();
        true
    }
}
