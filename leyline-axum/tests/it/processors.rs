//! Processors that do what a test needs, through the same context as any other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::TryStreamExt as _;
use leyline_core::{Output, ProcessError, Processor, TaskContext, typed};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::mpsc;

/// Copies the input into artifacts: `first.txt`, then, if the params name it, `result`.
pub(crate) struct Copy;

#[async_trait]
impl Processor for Copy {
    async fn process(&self, cx: &TaskContext) -> Result<Output, ProcessError> {
        let params: Value = cx.params()?;
        let bytes: Vec<_> = cx.input().await?.try_collect().await?;
        let bytes = bytes.concat();
        let size = bytes.len();
        cx.artifact_bytes("first.txt", Some("text/plain"), b"first".as_slice())
            .await?;
        if params["result"] == true {
            let content_type = params["content_type"].as_str();
            cx.artifact_bytes("result", content_type, bytes).await?;
        }
        Ok(Output::new(&size)?)
    }
}

/// Gives its params back.
pub(crate) fn value() -> impl Processor {
    typed(async |_: TaskContext, params: Value| Ok::<_, ProcessError>(params))
}

/// Panics, or with `"forever"` as params never ends.
pub(crate) fn misbehaves() -> impl Processor {
    typed(
        async |_: TaskContext, params: Value| -> Result<(), ProcessError> {
            if params == "forever" {
                std::future::pending::<()>().await;
            }
            panic!("told {params}")
        },
    )
}

#[derive(Deserialize)]
pub(crate) struct Strict {
    size: Size,
}

#[derive(Deserialize)]
struct Size {
    width: u32,
}

/// Takes `{"size":{"width":1}}` only.
pub(crate) fn strict() -> impl Processor {
    typed(async |_: TaskContext, params: Strict| Ok::<_, ProcessError>(params.size.width))
}

/// What a [`Step`] is told to do.
#[derive(Debug)]
pub(crate) enum Command {
    Progress(f64),
    /// Every field of a progress.
    Report,
    Finish,
    Fail,
}

type Line = (
    mpsc::UnboundedSender<Command>,
    Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<Command>>>,
);

/// Lines to running tasks, by the name in their params.
#[derive(Clone, Default)]
pub(crate) struct Steps(Arc<Mutex<HashMap<String, Line>>>);

impl Steps {
    fn line(&self, name: &str) -> Line {
        let mut lines = self.0.lock().unwrap();
        let line = lines.entry(name.to_owned()).or_insert_with(|| {
            let (sender, receiver) = mpsc::unbounded_channel();
            (sender, Arc::new(tokio::sync::Mutex::new(receiver)))
        });
        line.clone()
    }

    pub(crate) fn tell(&self, name: &str, command: Command) {
        self.line(name).0.send(command).unwrap();
    }
}

/// Does what the test says, when it says so.
pub(crate) struct Step(pub(crate) Steps);

#[async_trait]
impl Processor for Step {
    async fn process(&self, cx: &TaskContext) -> Result<Output, ProcessError> {
        let name: String = cx.params()?;
        let (_, line) = self.0.line(&name);
        let mut line = line.lock().await;
        loop {
            match line.recv().await {
                Some(Command::Progress(fraction)) => cx.progress().fraction(fraction),
                Some(Command::Report) => cx.progress().update(|progress| {
                    progress.units(3, 4, "frames");
                    progress.phase("encode");
                    progress.message("frame 3 of 4");
                }),
                Some(Command::Fail) => return Err(ProcessError::permanent("told-to", "it was told to fail")),
                Some(Command::Finish) | None => return Ok(Output::new("done")?),
            }
        }
    }
}
