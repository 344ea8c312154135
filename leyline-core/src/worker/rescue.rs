//! Rescue: a look at the other workers, and freedom for the tasks of the dead.

use tokio::time::Instant;
use tracing::{debug, info, warn};

use super::Engine;
use super::looks::Looks;
use crate::causes::Causes;
use crate::event::TaskEvent;
use crate::metrics;
use crate::status::{Status, Verb};
use crate::store::{Dead, Rescue};

/// Tasks freed in one call of the store: a writer held for long would keep others from beating.
const CHUNK: u32 = 200;

impl Engine {
    /// One look, after a beat of our own was acknowledged (invariant 9). A look that fails convicts nobody.
    /// Says when it was answered: what it found may have been read as late as that.
    pub(super) async fn look(&self, looks: &mut Looks) -> Instant {
        let rows = match self.call("workers", self.config.store.workers(0)).await {
            Ok(rows) => rows,
            Err(error) => {
                warn!(error = %Causes(&error), "could not look at the other workers; all counts start anew");
                looks.reset();
                return Instant::now();
            }
        };
        let now = Instant::now();
        let dead = looks.observe(&rows, self.worker(), now);
        for dead in &dead {
            warn!(worker = %dead.worker, counter = dead.counter, "a worker is dead: its counter stood still");
        }
        if !self.rescue(dead).await {
            looks.reset();
        }
        now
    }

    /// Frees what the dead left behind, in chunks; says whether the store answered.
    pub(super) async fn rescue(&self, dead: Vec<Dead>) -> bool {
        let mut rescue = Rescue {
            dead,
            max_rescues: self.config.options.max_rescues,
            limit: CHUNK,
        };
        loop {
            let rescued = match self.call("rescue", self.config.store.rescue(&rescue)).await {
                Ok(rescued) => rescued,
                Err(error) => {
                    warn!(error = %Causes(&error), "a rescue failed; the next look does it again");
                    return false;
                }
            };
            for task in &rescued.tasks {
                let verb = if task.status == Status::Failed {
                    Verb::Fail
                } else {
                    Verb::Rescue
                };
                metrics::transition(verb, &task.kind);
                info!(id = %task.id, kind = %task.kind, revision = task.revision, rescues = task.rescues, verb = verb.as_str());
                self.config.publisher.publish(TaskEvent::of(task));
            }
            if !rescued.tasks.is_empty() {
                self.make_hungry();
            }
            if !rescued.more {
                return true;
            }
            debug!("more tasks of dead workers");
            rescue.dead.clear();
        }
    }
}
