//! The run of a worker and its orderly end: stop claiming, wait, signal, give the rest back, take leave.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, info, warn};

use super::Engine;
use super::finish::AbortOnDrop;
use crate::store::Dead;
use crate::task::TaskId;

/// How a worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drained {
    /// Slots whose code still runs: blocking code that did not heed its signal. The process can end all the same.
    pub stuck: usize,
    /// Claims whose end the store never answered; their tasks are rescued by others.
    pub unsettled: usize,
}

impl Engine {
    /// Runs until `shutdown`, then drains.
    pub(crate) async fn run(self: Arc<Self>, shutdown: CancellationToken) -> Drained {
        let _abort = AbortOnDrop(Arc::clone(&self));
        let mut stages = JoinSet::new();
        let span = tracing::info_span!("worker", worker = %self.worker());
        stages.spawn(Arc::clone(&self).beats().instrument(span.clone()));
        stages.spawn(Arc::clone(&self).rounds().instrument(span.clone()));
        stages.spawn(Arc::clone(&self).publish_progress().instrument(span.clone()));
        stages.spawn(Arc::clone(&self).housekeeping().instrument(span.clone()));
        let stages_end = tokio::select! { biased;
            () = shutdown.cancelled() => None,
            end = stages.join_next() => end,
        };
        if let Some(Err(error)) = stages_end
            && let Ok(panic) = error.try_into_panic()
        {
            // A defect of the engine: better a dead worker, whose tasks others rescue, than a deaf one.
            std::panic::resume_unwind(panic);
        }
        let drained = self.drain().instrument(span.clone()).await;
        self.ended.cancel();
        while stages.join_next().await.is_some() {}
        self.take_leave(drained.unsettled).instrument(span).await;
        drained
    }

    async fn drain(&self) -> Drained {
        let options = &self.config.options;
        self.stopping.cancel();
        let running = self.state().held.len();
        info!(running, "stops claiming and waits for running tasks");
        self.supervisors.close();
        if tokio::time::timeout(options.drain_wait, self.supervisors.wait())
            .await
            .is_err()
        {
            info!(
                running = self.state().held.len(),
                "signals running tasks and gives the rest back"
            );
            self.releasing.cancel();
            // Supervisors end by themselves within their grace; the margin is for the scheduler.
            let most = options.drain_signal.max(options.cancel_grace) + Duration::from_secs(1);
            let _ = tokio::time::timeout(most, self.supervisors.wait()).await;
        }
        self.settle(self.period().max(Duration::from_secs(1))).await;
        // A claim whose reply was lost on the way out is named by this beat and given back.
        if self.state().acknowledged.is_some() && self.beat().await {
            self.settle(self.period()).await;
        }
        let state = self.state();
        let held = state.held.iter().map(|(id, entry)| (id, entry.revision));
        let queued = state
            .finishes
            .iter()
            .map(|finish| (finish.claim.id, finish.claim.revision));
        let unsettled: BTreeSet<(TaskId, u64)> = held.chain(queued).collect();
        Drained {
            stuck: self.slots.stuck(),
            unsettled: unsettled.len(),
        }
    }

    /// Waits until every finish is answered, for at most `most`.
    async fn settle(&self, most: Duration) {
        let settled = async {
            loop {
                let notified = self.settled.notified();
                tokio::pin!(notified);
                notified.as_mut().enable();
                if !self.has_unsettled() {
                    return;
                }
                notified.await;
            }
        };
        if tokio::time::timeout(most, settled).await.is_err() {
            warn!(
                unsettled = self.state().held.len(),
                "the store did not settle every finish in time"
            );
        }
    }

    /// Removes the worker's own row, so that nobody has to wait for its lease. With claims unsettled the row goes too: what
    /// they hold is freed at once.
    async fn take_leave(&self, unsettled: usize) {
        let (worker, counter, acknowledged) = {
            let state = self.state();
            (state.worker, state.counter, state.acknowledged)
        };
        let Some((_, acknowledged)) = acknowledged else {
            return;
        };
        // Whether the last beat arrived is not known if it was not answered: the row holds one of the two.
        let dead = [acknowledged, counter].map(|counter| Dead { worker, counter });
        if self.rescue(dead.into()).await {
            info!(unsettled, "has taken its leave");
        }
    }
}
