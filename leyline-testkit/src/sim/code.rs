//! The code that works: reads its input, tells progress, keeps checkpoints, writes artifacts, and ends in every way there is.

use std::sync::{Arc, Weak};
use std::time::Duration;

use leyline_core::{Json, Output, ProcessError, Processor, TaskContext};
use serde::{Deserialize, Serialize};

use super::cluster::Cluster;
use super::node::Node;
use crate::history::{Bytes, Event};

/// How the code ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum End {
    Completes,
    /// Fails at the first attempt.
    FailsOnce,
    Fails,
    FailsForGood,
    Panics,
    Snoozes,
    /// Takes its process with it, until the faults stop.
    Kills,
    /// Goes on until it is dropped.
    Hangs,
    /// Does not heed the signal to stop.
    Deaf,
}

/// What a task asks for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Params {
    pub(super) request: String,
    pub(super) steps: u64,
    /// Milliseconds of each.
    pub(super) step: u64,
    pub(super) artifacts: u64,
    pub(super) end: End,
}

impl Params {
    /// The bytes that are uploaded with the request.
    pub(super) fn input(&self) -> String {
        format!("the input of {}", self.request)
    }
}

/// The bytes of an artifact: told apart by what wrote it.
pub(super) fn artifact(cx: &TaskContext, name: &str) -> String {
    format!("{name} of {} at revision {}", cx.id(), cx.task().revision)
}

/// The processor of a node.
pub(super) struct Code {
    pub(super) node: Arc<Node>,
    pub(super) cluster: Weak<Cluster>,
}

/// Tells that the code ended, dropped or not.
struct Ended<'a>(&'a Node, Option<Event>);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        if let Some(event) = self.1.take() {
            self.0.record(event);
        }
    }
}

#[async_trait::async_trait]
impl Processor for Code {
    async fn process(&self, cx: &TaskContext) -> Result<Output, ProcessError> {
        let params: Params = cx.params()?;
        let (task, revision) = (cx.id(), cx.task().revision);
        let Some(worker) = cx.task().worker else {
            return Err(ProcessError::permanent("no-worker", "a claim without a worker"));
        };
        self.node.record(Event::Began {
            task,
            revision,
            worker,
            suspect: cx.task().is_suspect(MAX_RESCUES),
        });
        let _ended = Ended(
            &self.node,
            Some(Event::Ended {
                task,
                revision,
                worker,
            }),
        );
        if cx.task().input.is_some() {
            self.read_input(cx, &params).await?;
        }
        for step in 0..params.steps {
            cx.progress().units(step, params.steps, "steps");
            self.step(cx, &params, step).await?;
        }
        for nth in 0..params.artifacts {
            let name = format!("part-{nth}");
            cx.artifact_bytes(&name, None, artifact(cx, &name)).await?;
        }
        self.end(cx, &params).await?;
        Ok(Output::new(&params.request)?)
    }
}

/// The default of the options.
pub(super) const MAX_RESCUES: u32 = 3;

impl Code {
    async fn read_input(&self, cx: &TaskContext, params: &Params) -> Result<(), ProcessError> {
        let mut read = Vec::new();
        let answer = async {
            let mut input = cx.input().await?;
            while let Some(chunk) = input.chunk().await? {
                read.extend_from_slice(&chunk);
            }
            Ok::<(), ProcessError>(())
        };
        let end = answer.await;
        let answer = match &end {
            Ok(()) if read == params.input().as_bytes() => Bytes::Sound,
            Ok(()) => Bytes::Wrong,
            Err(_) => Bytes::Failed,
        };
        self.node.record(Event::Read {
            task: cx.id(),
            name: "input".to_owned(),
            revision: None,
            answer,
        });
        end
    }

    async fn step(&self, cx: &TaskContext, params: &Params, step: u64) -> Result<(), ProcessError> {
        let world = &self.node.world;
        if params.end == End::Kills && step == params.steps / 2 && !world.is_quiet() {
            if let Some(cluster) = self.cluster.upgrade() {
                world.count("killed by a task");
                cluster.crash(self.node.index, &self.node.name);
            }
            std::future::pending::<()>().await;
        }
        let pause = tokio::time::sleep(Duration::from_millis(params.step));
        if params.end == End::Deaf {
            pause.await;
        } else {
            tokio::select! { biased;
                () = cx.cancelled() => return Err(ProcessError::retryable("told to stop")),
                () = pause => {}
            }
        }
        self.node.gate.pass().await;
        if step == 1 && params.artifacts == 1 {
            cx.checkpoint(&Json::new(&step)?).await?;
        }
        Ok(())
    }

    async fn end(&self, cx: &TaskContext, params: &Params) -> Result<(), ProcessError> {
        match params.end {
            End::FailsOnce if cx.attempt() == 1 => Err(ProcessError::retryable("fails once")),
            End::Fails => Err(ProcessError::retryable("always fails")),
            End::FailsForGood => Err(ProcessError::permanent("hopeless", "fails for good")),
            End::Panics if cx.attempt() == 1 => {
                // Past the panic hook, which would print it.
                std::panic::resume_unwind(Box::new("a planned panic"));
            }
            End::Snoozes if cx.previous_checkpoint().is_none() => {
                cx.checkpoint(&Json::new("snoozed")?).await?;
                Err(ProcessError::snooze(Duration::from_millis(700)))
            }
            End::Hangs => std::future::pending().await,
            _ => Ok(()),
        }
    }
}
