//! What each verb sets, clears and keeps, as pure functions on a [`Task`]. The in-memory store runs them; the SQL stores
//! say the same in SQL; the conformance suite holds every store against them.

use std::time::Duration;

use jiff::Timestamp;

use crate::status::{Status, Step, Verb, step};
use crate::store::Outcome;
use crate::task::{Digest, FailedAttempt, Failure, MAX_HISTORY, NewTask, Progress, Task, WorkerId};

/// A change of status, with what it carries.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// A worker takes the task.
    Claim {
        /// The incarnation.
        worker: WorkerId,
    },
    /// The worker ends its claim.
    Finish {
        /// How it ended.
        outcome: Outcome,
        /// The last progress of the claim, kept if its tick is later than the stored one.
        progress: Option<Progress>,
    },
    /// Someone stops the task.
    Cancel,
    /// The task's worker is dead.
    Rescue {
        /// At this many rescues the task fails instead.
        max_rescues: u32,
    },
    /// An operator starts a new run.
    Requeue,
}

impl Change {
    /// The verb of the table for this change of this task.
    pub fn verb(&self, task: &Task) -> Verb {
        match self {
            Self::Claim { .. } => Verb::Claim,
            Self::Finish { outcome, .. } => outcome.verb(task),
            Self::Cancel => Verb::Cancel,
            Self::Rescue { max_rescues } if task.rescues.saturating_add(1) >= *max_rescues => Verb::Fail,
            Self::Rescue { .. } => Verb::Rescue,
            Self::Requeue => Verb::Requeue,
        }
    }
}

/// The row that `new` becomes at `now`.
pub fn insert(new: &NewTask, now: Timestamp) -> Task {
    Task {
        id: new.id,
        kind: new.kind.clone(),
        owner: new.owner.clone(),
        status: Status::Pending,
        revision: 1,
        attempt: 0,
        max_attempts: new.max_attempts,
        params: new.params.clone(),
        input: new.input.clone(),
        progress: Progress::default(),
        checkpoint: None,
        output: None,
        failure: None,
        history: Vec::new(),
        priority: new.priority,
        run_at: after(now, new.delay),
        worker: None,
        rescues: 0,
        idempotency_key: new.idempotency_key.clone(),
        request_digest: request_digest(new),
        trace_context: new.trace_context.clone(),
        created_at: now,
        started_at: None,
        finished_at: None,
        updated_at: now,
    }
}

fn request_digest(new: &NewTask) -> Digest {
    new.request_digest()
}

/// Applies `change` to `task` at `now`. The caller has checked the fence. Says where the table led; on
/// [`Step::Refused`] and [`Step::Same`] the task is untouched.
pub fn apply(task: &mut Task, change: Change, now: Timestamp) -> Step {
    let step = step(task.status, change.verb(task));
    let Step::To(status) = step else { return step };
    match change {
        Change::Claim { worker } => claim(task, worker, now),
        Change::Finish { outcome, progress } => finish(task, outcome, progress, now),
        Change::Cancel => {}
        Change::Rescue { .. } => rescue(task, status, now),
        Change::Requeue => requeue(task, now),
    }
    if task.status == Status::Processing {
        task.worker = None;
    }
    task.status = status;
    task.revision += 1;
    task.updated_at = now;
    if status.is_terminal() {
        task.finished_at = Some(now);
    }
    step
}

fn claim(task: &mut Task, worker: WorkerId, now: Timestamp) {
    task.attempt += 1;
    task.worker = Some(worker);
    task.started_at.get_or_insert(now);
    task.progress = Progress::default();
}

fn finish(task: &mut Task, outcome: Outcome, progress: Option<Progress>, now: Timestamp) {
    if let Some(progress) = progress
        && progress.tick > task.progress.tick
    {
        task.progress = progress;
    }
    match outcome {
        Outcome::Complete { output } => {
            task.progress.fraction = Some(1.0);
            task.output = Some(output);
        }
        Outcome::Retry { failure, delay } => {
            remember(task, &failure, now);
            if task.attempt >= task.max_attempts {
                task.failure = Some(failure);
            } else {
                task.run_at = after(now, delay);
            }
        }
        Outcome::Fail { failure } => {
            remember(task, &failure, now);
            task.failure = Some(failure);
        }
        Outcome::Release => give_back(task),
        Outcome::Snooze { delay } => {
            give_back(task);
            task.run_at = after(now, delay);
        }
    }
}

fn rescue(task: &mut Task, to: Status, now: Timestamp) {
    task.rescues += 1;
    if to == Status::Failed {
        let failure = Failure::worker_lost();
        remember(task, &failure, now);
        task.failure = Some(failure);
    } else {
        give_back(task);
    }
}

fn requeue(task: &mut Task, now: Timestamp) {
    task.attempt = 0;
    task.rescues = 0;
    task.run_at = now;
    task.failure = None;
    task.output = None;
    task.progress = Progress::default();
    task.checkpoint = None;
    task.started_at = None;
    task.finished_at = None;
}

fn give_back(task: &mut Task) {
    task.attempt = task.attempt.saturating_sub(1);
}

/// A failed attempt goes into the history, whether another attempt follows or not: a requeue clears `failure`, and the
/// operator who looks afterwards still sees why the run before it ended.
fn remember(task: &mut Task, failure: &Failure, now: Timestamp) {
    let entry = FailedAttempt {
        attempt: task.attempt,
        code: failure.code.clone(),
        message: failure.message.clone(),
        at: now,
    };
    if task.history.len() >= MAX_HISTORY {
        task.history.drain(..=task.history.len() - MAX_HISTORY);
    }
    task.history.push(entry);
}

/// `now + delay`, in whole microseconds, at most the last whole second there is.
pub fn after(now: Timestamp, delay: Duration) -> Timestamp {
    let delay = i64::try_from(delay.as_micros()).unwrap_or(i64::MAX);
    let micros = now.as_microsecond().saturating_add(delay).min(end_of_time());
    Timestamp::from_microsecond(micros).expect("it is not after the end of time, nor before `now`")
}

/// The last whole second there is, in microseconds: the largest number that [`Timestamp::from_microsecond`] takes.
fn end_of_time() -> i64 {
    Timestamp::MAX.as_second() * 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_whole_microseconds_up_to_the_end_of_time() {
        let now = Timestamp::new(1_780_315_200, 123_456_789).expect("it is in range");
        for delay in [Duration::ZERO, Duration::new(1, 999), Duration::MAX] {
            let then = after(now, delay);
            assert_eq!(then.subsec_nanosecond() % 1_000, 0, "{then}");
        }
        assert_eq!(after(now, Duration::MAX).as_microsecond(), end_of_time());
        assert_eq!(
            after(Timestamp::MAX, Duration::ZERO).as_microsecond(),
            end_of_time()
        );
        assert_eq!(
            after(now, Duration::new(1, 999)).as_microsecond() - now.as_microsecond(),
            1_000_000
        );
    }
}
