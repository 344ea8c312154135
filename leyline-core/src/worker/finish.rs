//! Finishing: every end of a claim goes to the store in batches, and again until the store answers.

use std::sync::Arc;
use std::time::Duration;

use tracing::{debug, info, warn};

use super::Engine;
use super::held::Entry;
use crate::causes::Causes;
use crate::event::TaskEvent;
use crate::metrics;
use crate::status::{Status, Verb};
use crate::store::{Error, Finish, Outcome, TaskStoreExt as _};
use crate::task::{Claim, Failure, Task, TaskId};

/// Finishes in one call of the store.
const MAX_BATCH: usize = 500;

impl Engine {
    /// Queues a finish for the next round. Its claim stays held until the outcome is known.
    pub(super) fn submit(&self, finish: Finish) {
        let mut state = self.state();
        if let Some(entry) = state.held.claim_mut(finish.claim.id, finish.claim.revision) {
            entry.finishing = true;
            entry.cell.close();
        }
        state.finishes.push(finish);
        drop(state);
        self.round_due.notify_one();
    }

    /// The finishes of the next round.
    pub(super) fn take_finishes(&self) -> Vec<Finish> {
        let mut state = self.state();
        let count = state.finishes.len().min(MAX_BATCH);
        state.finishes.drain(..count).collect()
    }

    /// Whether a claim is held or a finish unanswered.
    pub(super) fn has_unsettled(&self) -> bool {
        let state = self.state();
        !state.finishes.is_empty() || state.held.is_busy()
    }

    /// One call of the store. What it does not settle is queued again, unchanged. Says whether the call failed.
    pub(super) async fn finish(&self, batch: Vec<Finish>) -> bool {
        let answers = match self.call("finish", self.config.store.finish(&batch)).await {
            Ok(answers) if answers.len() == batch.len() => answers,
            Ok(_) => {
                return self.again(
                    batch,
                    &Error::backend("an answer of another length than the batch"),
                );
            }
            Err(error) => return self.again(batch, &error),
        };
        let (mut unsettled, mut spent) = (Vec::new(), Vec::new());
        for (finish, answer) in batch.into_iter().zip(answers) {
            match answer {
                Ok(task) => self.settled(&finish, &task),
                Err(Error::ClaimLost { .. }) => spent.push(finish.claim),
                Err(Error::Invalid(invalid)) => unsettled.push(refused(finish, &invalid)),
                Err(error) => {
                    warn!(error = %Causes(&error), id = %finish.claim.id, "a finish is unsettled; will send it again");
                    unsettled.push(finish);
                }
            }
        }
        let failed = !unsettled.is_empty();
        self.queue_again(unsettled);
        self.spent(&spent).await;
        failed
    }

    fn again(&self, batch: Vec<Finish>, error: &Error) -> bool {
        warn!(error = %Causes(error), finishes = batch.len(), "a batch of finishes is unsettled; will send it again");
        self.queue_again(batch);
        true
    }

    /// In front of what queued meanwhile: the order of ends is kept.
    fn queue_again(&self, mut batch: Vec<Finish>) {
        let mut state = self.state();
        batch.append(&mut state.finishes);
        state.finishes = batch;
    }

    /// The store has made the change: watchers hear of it, and the claim is let go.
    fn settled(&self, finish: &Finish, task: &Task) {
        let verb = verb_of(&finish.outcome, task);
        metrics::transition(verb, &task.kind);
        log_end(verb, task);
        let entry = self.let_go(finish.claim);
        self.config.publisher.publish(TaskEvent::of(task));
        drop(entry);
        if task.status == Status::Pending {
            // No wake-up tells when it comes due. By the store's clock alone: the difference of two of its times.
            let delay = task.run_at.duration_since(task.updated_at);
            self.due_after(Duration::try_from(delay).unwrap_or_default());
        }
    }

    /// The claims were lost, or their finishes took effect when they were sent before: watchers get what the store says.
    pub(super) async fn spent(&self, claims: &[Claim]) {
        let let_go = |claim: &&Claim| self.let_go(**claim).is_some();
        let ids: Vec<TaskId> = claims.iter().filter(let_go).map(|claim| claim.id).collect();
        if ids.is_empty() {
            return;
        }
        for id in &ids {
            metrics::claim_lost();
            info!(%id, "the claim is spent");
        }
        match self.call("get", self.config.store.get_many(&ids)).await {
            Ok(tasks) => {
                for task in &tasks {
                    self.config.publisher.publish(TaskEvent::of(task));
                }
            }
            Err(error) => {
                debug!(error = %Causes(&error), "could not read spent tasks; watchers reconcile by themselves");
            }
        }
    }

    /// The outcome of the claim is known.
    fn let_go(&self, claim: Claim) -> Option<Entry> {
        let mut state = self.state();
        state.held.forget_stray(claim.id, claim.revision);
        let entry = state.held.remove(claim.id, claim.revision);
        drop(state);
        self.settled.notify_waiters();
        entry
    }
}

/// The store can't keep what the code produced: the task fails and says so.
fn refused(finish: Finish, invalid: &crate::task::Invalid) -> Finish {
    let failure = Failure::new(
        "invalid-output",
        &format!("the store can't keep the output: {invalid}"),
    );
    Finish {
        outcome: Outcome::Fail { failure },
        ..finish
    }
}

fn verb_of(outcome: &Outcome, task: &Task) -> Verb {
    match (outcome, task.status) {
        (Outcome::Complete { .. }, _) => Verb::Complete,
        (Outcome::Retry { .. }, Status::Failed) | (Outcome::Fail { .. }, _) => Verb::Fail,
        (Outcome::Retry { .. }, _) => Verb::Retry,
        (Outcome::Release, _) => Verb::Release,
        (Outcome::Snooze { .. }, _) => Verb::Snooze,
    }
}

fn log_end(verb: Verb, task: &Task) {
    let (id, kind, attempt, revision) = (task.id, &task.kind, task.attempt, task.revision);
    let code = task.failure.as_ref().map(|failure| failure.code.as_str());
    info!(%id, %kind, attempt, revision, verb = verb.as_str(), code);
}

/// Keeps the claims of a worker whose run was dropped from going on unsupervised.
pub(super) struct AbortOnDrop(pub(super) Arc<Engine>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.ended.cancel();
        for (_, entry) in self.0.state().held.iter() {
            if let Some(supervisor) = &entry.supervisor {
                supervisor.abort();
            }
        }
    }
}
