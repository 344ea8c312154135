//! The gate: the one way from a node to the rest of the world. A dead node's gate stays shut, a frozen one's for a while.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use leyline_core::CancellationToken;
use tokio::time::Instant;

/// A node's gate.
#[derive(Debug, Default)]
pub(super) struct Gate {
    dead: CancellationToken,
    frozen: Mutex<Option<Instant>>,
}

/// How often whoever waits at a frozen gate looks again.
const LOOK: Duration = Duration::from_millis(200);

impl Gate {
    /// Goes through when the gate is open; never, if the node is dead.
    pub(super) async fn pass(&self) {
        loop {
            if self.is_dead() {
                std::future::pending::<()>().await;
            }
            let frozen = *self.frozen.lock().unwrap_or_else(PoisonError::into_inner);
            match frozen {
                Some(until) if until > Instant::now() => {
                    tokio::time::sleep_until(until.min(Instant::now() + LOOK)).await;
                }
                _ => return,
            }
        }
    }

    pub(super) fn kill(&self) {
        self.dead.cancel();
    }

    pub(super) fn is_dead(&self) -> bool {
        self.dead.is_cancelled()
    }

    /// Waits for the node's death.
    pub(super) async fn dead(&self) {
        self.dead.cancelled().await;
    }

    pub(super) fn freeze(&self, time: Duration) {
        *self.frozen.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + time);
    }

    pub(super) fn thaw(&self) {
        *self.frozen.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
