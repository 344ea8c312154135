//! `simulate` stands in for an AI model of any length: it takes its time, step by step, and fails if asked to.
//!
//! Every step that is done is kept in a checkpoint, so that the attempt after a failure, a crash or a restart goes on with
//! the next one, as training or sampling that saves its state would.

use std::time::Duration;

use leyline_core::{Json, ProcessError, TaskContext};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep_until};

use super::params::{Seconds, Whole};

/// How often a step tells how far it is.
const TOLD: Duration = Duration::from_millis(100);

/// The code of a failure that was asked for.
const FAILED: &str = "simulated";

/// What is simulated.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// How long all steps take together; default 10 s, at most a day.
    #[serde(default = "seconds")]
    seconds: Seconds<86_400>,
    /// How many steps; default 20.
    #[serde(default = "steps")]
    steps: Whole<1, 10_000>,
    /// Which step fails, from 1; default none.
    #[serde(default)]
    fail_at: Option<Whole<1, 10_000>>,
    /// How many attempts fail there; default 1. Attempts of earlier runs count, so that a task which failed for good
    /// completes when it is requeued often enough.
    #[serde(default = "fail_attempts")]
    fail_attempts: Whole<0, 1_000>,
}

fn seconds() -> Seconds<86_400> {
    Seconds(Duration::from_secs(10))
}

fn steps() -> Whole<1, 10_000> {
    Whole(20)
}

fn fail_attempts() -> Whole<0, 1_000> {
    Whole(1)
}

/// What an attempt leaves to the next.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Checkpoint {
    /// Steps done.
    done: u32,
}

/// The result.
#[derive(Debug, Serialize)]
pub(super) struct Simulated {
    steps: u32,
    seconds: f64,
    /// The attempt that came to the end.
    attempt: u32,
    /// Steps that an earlier attempt had done already.
    resumed_at: u32,
}

/// Does every step that is not done yet.
pub(super) async fn simulate(cx: TaskContext, params: Params) -> Result<Simulated, ProcessError> {
    let steps = params.steps.0;
    let resumed_at = done_before(&cx).min(steps);
    if resumed_at > 0 {
        cx.progress()
            .message(&format!("goes on behind step {resumed_at}"));
    }
    let fails = fails(&cx, &params);
    for step in resumed_at + 1..=steps {
        let pace = params.seconds.0 / steps;
        run(
            &cx,
            Step {
                nth: step,
                of: steps,
                pace,
            },
        )
        .await?;
        if fails == Some(step) {
            let message = format!("step {step} failed, as it was asked to");
            return Err(ProcessError::retryable(message).code(FAILED));
        }
        cx.checkpoint(&Json::new(&Checkpoint { done: step })?).await?;
        cx.progress().units(step.into(), steps.into(), "steps");
    }
    Ok(Simulated {
        steps,
        seconds: params.seconds.0.as_secs_f64(),
        attempt: cx.attempt(),
        resumed_at,
    })
}

fn done_before(cx: &TaskContext) -> u32 {
    let kept = cx.previous_checkpoint();
    let kept = kept.and_then(|json| serde_json::from_str::<Checkpoint>(json.as_str()).ok());
    kept.unwrap_or_default().done
}

/// The step at which this attempt fails, if it is to.
fn fails(cx: &TaskContext, params: &Params) -> Option<u32> {
    let failed = cx
        .task()
        .history
        .iter()
        .filter(|attempt| attempt.code == FAILED)
        .count();
    let at = params.fail_at?.0.min(params.steps.0);
    (failed < params.fail_attempts.0 as usize).then_some(at)
}

/// One step of how many, and how long it takes.
#[derive(Clone, Copy)]
struct Step {
    nth: u32,
    of: u32,
    pace: Duration,
}

impl Step {
    /// A model is loaded, used, and what it gave is written out.
    fn phase(self) -> &'static str {
        match (self.nth * 10).div_ceil(self.of) {
            ..=1 => "load",
            2..=9 => "infer",
            _ => "decode",
        }
    }

    fn fraction(self, spent: Duration) -> f64 {
        let part = spent.as_secs_f64() / self.pace.as_secs_f64().max(f64::MIN_POSITIVE);
        (f64::from(self.nth - 1) + part.min(1.0)) / f64::from(self.of)
    }
}

/// Takes the step's time, and tells how it passes.
async fn run(cx: &TaskContext, step: Step) -> Result<(), ProcessError> {
    let start = Instant::now();
    let end = start + step.pace;
    cx.progress().update(|progress| {
        progress.phase(step.phase());
        progress.units(u64::from(step.nth - 1), step.of.into(), "steps");
    });
    while Instant::now() < end {
        let next = end.min(Instant::now() + TOLD);
        tokio::select! { biased;
            () = cx.cancelled() => return Err(ProcessError::retryable("was told to stop")),
            () = sleep_until(next) => {}
        }
        cx.progress().fraction(step.fraction(start.elapsed()));
    }
    Ok(())
}
