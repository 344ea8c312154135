//! The tasks that are measured: small params, small outputs, next to nothing to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use leyline_core::task::JsonError;
use leyline_core::{
    CancellationToken, Json, Leyline, NewTask, Options, Output, ProcessError, Processor, TaskContext,
    TaskStore,
};
use serde_json::json;

use crate::Result;

pub(crate) const KIND: &str = "noop";

/// A service over this store, with the default options but for the concurrency.
pub(crate) fn service(
    store: impl TaskStore + 'static,
    concurrency: usize,
    countdown: Countdown,
) -> Result<Leyline> {
    let mut options = Options::default();
    options.concurrency = concurrency;
    Ok(Leyline::builder(Arc::new(store))
        .options(options)
        .processor(KIND, countdown)
        .build()?)
}

/// New tasks, each with an owner and, if so wished, a key.
pub(crate) fn tasks(leyline: &Leyline, count: usize, keys: bool) -> Result<Vec<NewTask>> {
    let task = |nth: usize| -> Result<NewTask> {
        let mut task = leyline.new_task(KIND)?;
        task.owner = format!("owner-{}", nth % 100);
        task.params = Json::new(&json!({ "nth": nth, "prompt": "a lighthouse at dusk, oil" }))?;
        task.idempotency_key = keys.then(|| task.id.to_string());
        Ok(task)
    };
    (0..count).map(task).collect()
}

/// What comes of a task.
pub(crate) fn output(params: &str) -> std::result::Result<Output, JsonError> {
    Output::new(&json!({ "bytes": params.len(), "label": "lighthouse", "score": 0.93 }))
}

/// The processor. The last task ends the worker.
pub(crate) struct Countdown {
    left: AtomicUsize,
    done: CancellationToken,
}

impl Countdown {
    pub(crate) fn new(count: usize) -> (Self, CancellationToken) {
        let done = CancellationToken::new();
        let countdown = Self {
            left: AtomicUsize::new(count),
            done: done.clone(),
        };
        (countdown, done)
    }
}

#[async_trait]
impl Processor for Countdown {
    async fn process(&self, cx: &TaskContext) -> std::result::Result<Output, ProcessError> {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.done.cancel();
        }
        Ok(output(cx.task().params.as_str())?)
    }
}
