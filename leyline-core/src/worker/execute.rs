//! Executing: one supervisor for each claim. The user's code runs in a task of its own, so that code which blocks its thread
//! or never ends can't keep the supervisor from telling the store.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::task::{JoinError, JoinHandle};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, warn};

use super::Engine;
use super::engine::Registered;
use crate::context::{Parts, ProgressHandle, Slot, TaskContext};
use crate::metrics;
use crate::processor::{Disposition, ProcessError};
use crate::store::{Finish, Outcome};
use crate::task::{Claim, Failure, Output, Progress, Task};

/// How long code may go on after its claim has ended before its slot counts as stuck.
const DROP_WAIT: Duration = Duration::from_secs(1);

/// One claim and all that its execution needs.
pub(super) struct Attempt {
    pub(super) task: Task,
    pub(super) claim: Claim,
    pub(super) previous_progress: Progress,
    pub(super) registered: Registered,
    pub(super) progress: ProgressHandle,
    pub(super) lost: CancellationToken,
    pub(super) slot: Arc<Slot>,
}

type Work = JoinHandle<Result<Output, ProcessError>>;

/// Why the code is stopped before it ended by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    Lost,
    Released,
    TimedOut,
}

/// Runs the code of one claim to its end, whatever that is, and hands the outcome to the next round.
pub(super) async fn supervise(engine: Arc<Engine>, attempt: Attempt) {
    let Attempt {
        task,
        claim,
        previous_progress,
        registered,
        progress,
        lost,
        slot,
    } = attempt;
    let began = Instant::now();
    let suspect = task.is_suspect(engine.config.options.max_rescues);
    let (kind, nth) = (task.kind.clone(), task.attempt);
    let stop = CancellationToken::new();
    let cx = TaskContext::new(Parts {
        task,
        claim,
        previous_progress,
        progress,
        stop: stop.clone(),
        store: Arc::clone(&engine.config.store),
        store_deadline: engine.store_deadline(),
        blobs: engine.config.blobs.clone(),
        env: engine.config.env.clone(),
        slot: Arc::downgrade(&slot),
    });
    let mut work = AbortOnDrop(spawn(&registered, cx.clone(), Arc::clone(&slot)));
    let outcome = match until(&engine, &registered, &lost, &mut work.0).await {
        Ok(end) => Some(outcome(&engine, &registered, nth, end, &cx)),
        Err(why) => stopped(&engine, &registered, nth, why, &stop, &mut work.0, &cx).await,
    };
    metrics::ran(&kind, began.elapsed());
    match outcome {
        Some(outcome) => {
            // The slot counts as free from here on: finish and refill share a round.
            engine.submit(Finish {
                claim,
                outcome,
                progress: last_progress(&engine, claim),
            });
        }
        None => engine.spent(&[claim]).await,
    }
    drop((cx, work));
    let left = Arc::downgrade(&slot);
    drop(slot);
    if left.strong_count() > 0 {
        watch_stuck(left);
    }
    if suspect {
        // Claims left other suspects alone meanwhile.
        engine.make_hungry();
    }
}

fn spawn(registered: &Registered, cx: TaskContext, slot: Arc<Slot>) -> Work {
    let processor = Arc::clone(&registered.processor);
    let run = async move {
        let _slot = slot;
        processor.process(&cx).await
    };
    tokio::spawn(run.in_current_span())
}

/// Waits for the code to end, or for a reason to stop it.
async fn until(
    engine: &Engine,
    registered: &Registered,
    lost: &CancellationToken,
    work: &mut Work,
) -> Result<Result<Result<Output, ProcessError>, JoinError>, Stop> {
    let timeout = async {
        match registered.options.timeout {
            Some(timeout) => tokio::time::sleep(timeout).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! { biased;
        () = lost.cancelled() => Err(Stop::Lost),
        end = work => Ok(end),
        () = engine.releasing.cancelled() => Err(Stop::Released),
        () = timeout => Err(Stop::TimedOut),
    }
}

/// Signals, waits for the grace time, drops the code's future. `None` where the claim is lost.
async fn stopped(
    engine: &Engine,
    registered: &Registered,
    nth: u32,
    why: Stop,
    stop: &CancellationToken,
    work: &mut Work,
    cx: &TaskContext,
) -> Option<Outcome> {
    stop.cancel();
    let grace = if why == Stop::Released {
        engine.config.options.drain_signal
    } else {
        engine.config.options.cancel_grace
    };
    let end = tokio::time::timeout(grace, &mut *work).await;
    if end.is_err() {
        warn!(?grace, "the code went on past its signal; its future is dropped");
        work.abort();
    }
    match (why, end) {
        (Stop::Lost, _) => None,
        (Stop::Released | Stop::TimedOut, Ok(Ok(Ok(output)))) => {
            Some(outcome(engine, registered, nth, Ok(Ok(output)), cx))
        }
        (Stop::Released, _) => Some(Outcome::Release),
        (Stop::TimedOut, _) => {
            let limit = registered.options.timeout.unwrap_or_default();
            let failure = Failure::new("timeout", &format!("the attempt took longer than {limit:?}"));
            Some(Outcome::Retry {
                failure,
                delay: registered.options.retry.delay(nth, &engine.config.env),
            })
        }
    }
}

/// What the code's end means for the task.
fn outcome(
    engine: &Engine,
    registered: &Registered,
    nth: u32,
    end: Result<Result<Output, ProcessError>, JoinError>,
    cx: &TaskContext,
) -> Outcome {
    let backoff = || registered.options.retry.delay(nth, &engine.config.env);
    let error = match end {
        Ok(Ok(mut output)) => {
            output.artifacts.extend(cx.take_artifacts());
            return Outcome::Complete { output };
        }
        Ok(Err(error)) => error,
        Err(join) => {
            let message = panic_message(join);
            warn!(message, "the code panicked");
            return Outcome::Retry {
                failure: Failure::new("panic", &message),
                delay: backoff(),
            };
        }
    };
    if let Some(source) = error.source() {
        warn!(
            code = error.failure().code,
            source = source as &(dyn std::error::Error + 'static),
            "the attempt failed"
        );
    }
    let failure = error.failure().clone();
    match error.disposition() {
        Disposition::Retry => Outcome::Retry {
            failure,
            delay: backoff(),
        },
        Disposition::RetryAfter(delay) => Outcome::Retry { failure, delay },
        Disposition::Permanent => Outcome::Fail { failure },
        Disposition::Snooze(delay) => Outcome::Snooze { delay },
    }
}

fn panic_message(join: JoinError) -> String {
    let Ok(panic) = join.try_into_panic() else {
        return "the code was stopped with the runtime".to_owned();
    };
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.map_or_else(
        || "the code panicked".to_owned(),
        |text| format!("the code panicked: {text}"),
    )
}

fn last_progress(engine: &Engine, claim: Claim) -> Option<Progress> {
    let mut state = engine.state();
    let entry = state.held.claim_mut(claim.id, claim.revision)?;
    (entry.cell.tick() > entry.stored_tick).then(|| entry.cell.get())
}

/// Drops the user's future together with its supervisor.
pub(super) struct AbortOnDrop(Work);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The claim has ended and something of its code may still run: a slot is stuck only if it stays taken.
fn watch_stuck(slot: Weak<Slot>) {
    let watch = async move {
        tokio::time::sleep(DROP_WAIT).await;
        if let Some(slot) = slot.upgrade() {
            warn!("code whose claim has ended goes on; its slot stays taken");
            slot.mark_stuck();
        }
    };
    tokio::spawn(watch.in_current_span());
}
