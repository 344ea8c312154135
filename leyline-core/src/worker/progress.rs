//! Progress: from the user's code to the hub. The latest value wins.

use std::sync::Arc;

use super::Engine;

impl Engine {
    /// Publishes changed progress until the worker has ended.
    pub(super) async fn publish_progress(self: Arc<Self>) {
        loop {
            tokio::select! { biased;
                () = self.ended.cancelled() => return,
                () = self.board.changed.notified() => {}
            }
            let mut changed = false;
            for cell in self.board.take() {
                let event = {
                    let mut state = self.state();
                    let Some(entry) = state.held.claim_mut(cell.id, cell.revision) else {
                        continue;
                    };
                    if entry.finishing {
                        continue;
                    }
                    entry.event.with_progress(&cell.get())
                };
                changed = true;
                self.config.publisher.publish(event);
            }
            if changed {
                self.progressed.notify_one();
            }
            // Code that tells progress without end must not keep the others of this thread from running.
            tokio::task::yield_now().await;
        }
    }
}
