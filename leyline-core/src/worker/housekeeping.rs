//! Housekeeping: retention and the sweep of unreferenced blobs. Any worker does it; none is the leader.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::Engine;
use crate::blob::Sweeper;
use crate::causes::Causes;

/// Time between two rounds of pruning, jittered.
const PRUNE_INTERVAL: Duration = Duration::from_mins(10);
/// Tasks pruned in one call of the store.
const CHUNK: u32 = 500;

impl Engine {
    pub(super) async fn housekeeping(self: Arc<Self>) {
        let sweep = async {
            match &self.config.blobs {
                Some(blobs) => {
                    let store = Arc::clone(&self.config.store);
                    let sweeper = Sweeper::new(blobs.clone(), store, self.config.options.blob_grace);
                    sweeper.run(self.stopping.clone()).await;
                }
                None => self.stopping.cancelled().await,
            }
        };
        tokio::join! { biased; self.pruning(&self.stopping), sweep };
        self.ended.cancelled().await;
    }

    async fn pruning(&self, stopping: &CancellationToken) {
        let Some(retention) = self.config.options.retention else {
            return;
        };
        loop {
            let pause = PRUNE_INTERVAL.mul_f64(0.5 + self.config.env.random_fraction());
            // Dropped in the middle, it leaves bytes to the sweeper.
            let round = async {
                self.prune(retention).await;
                tokio::time::sleep(pause).await;
            };
            tokio::select! { biased;
                () = stopping.cancelled() => return,
                () = round => {}
            }
        }
    }

    /// Removes what is older than the retention: rows first, bytes after.
    async fn prune(&self, retention: Duration) {
        loop {
            let pruned = match self
                .call("prune", self.config.store.prune(retention, CHUNK))
                .await
            {
                Ok(pruned) => pruned,
                Err(error) => return warn!(error = %Causes(&error), "could not prune; will try again"),
            };
            if pruned.is_empty() {
                return;
            }
            info!(tasks = pruned.len(), "pruned");
            for task in &pruned {
                self.config.publisher.hub().removed(&task.owner);
                if let Some(blobs) = &self.config.blobs {
                    blobs.delete_of(task).await;
                }
            }
            if pruned.len() < CHUNK as usize || self.stopping.is_cancelled() {
                return;
            }
        }
    }
}
