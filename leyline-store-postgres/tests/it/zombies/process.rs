//! A worker in a process of its own, which is stopped and continued as a whole: its side, and the test's.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;
use std::{env, thread};

use leyline_core::{Blobs, CancellationToken, Env, Json, Leyline, ProcessError, TaskContext, TaskId, typed};
use leyline_store_postgres::{PostgresOptions, PostgresStore};
use serde::Deserialize;
use tokio::sync::{mpsc, watch};

use super::told::{Point, Told, read, tell};
use super::watched::{Go, Watched, may_go};
use super::{KIND, RESULT, options};
use crate::given::{Role, Store};

const URL: &str = "LEYLINE_ZOMBIE_URL";
const SCHEMA: &str = "LEYLINE_ZOMBIE_SCHEMA";
const BLOBS: &str = "LEYLINE_ZOMBIE_BLOBS";

/// How often it tells progress: wherever it is stopped, there is some that no beat has stored.
const STEP: Duration = Duration::from_millis(1);

/// The process. Run by the test below, never by itself.
#[test]
#[ignore = "the process that the other test starts"]
fn worker_that_is_stopped() {
    let (Ok(url), Ok(schema), Ok(blobs)) = (env::var(URL), env::var(SCHEMA), env::var(BLOBS)) else {
        return;
    };
    let (tell_go, go) = watch::channel(BTreeSet::new());
    let stop = CancellationToken::new();
    let stops = stop.clone();
    thread::spawn(move || {
        for line in std::io::stdin().lines() {
            let id: TaskId = line.expect("it is text").parse().expect("it is an id");
            tell_go.send_modify(|ids| ids.extend([id]));
        }
        stops.cancel();
    });
    let runtime = tokio::runtime::Runtime::new().expect("there is a runtime");
    runtime.block_on(work(&url, schema, Path::new(&blobs), go, stop));
}

async fn work(url: &str, schema: String, blobs: &Path, go: Go, stop: CancellationToken) {
    let mut postgres = PostgresOptions::url(url).expect("it is a URL");
    postgres.schema = schema;
    postgres.allow_lossy = true;
    let store = PostgresStore::open(postgres).await.expect("it opens");
    let env = Env::system();
    let mut one = options();
    one.concurrency = 1;
    let code = {
        let go = go.clone();
        typed(move |cx: TaskContext, params: Params| {
            let go = go.clone();
            async move { run(&cx, Point::named(&params.at), &go).await }
        })
    };
    let leyline = Leyline::builder(Arc::new(Watched { store, go }))
        .blobs(Blobs::local(blobs, env.clone()).expect("the folder can be used"))
        .env(env)
        .options(one)
        .processor(KIND, code)
        .build()
        .expect("it builds");
    leyline.run_worker(stop).await;
}

#[derive(Deserialize)]
struct Params {
    at: String,
}

/// Code that heeds nothing: it writes all it has when it goes on, whatever it may be told by then.
async fn run(cx: &TaskContext, at: Point, go: &Go) -> Result<&'static str, ProcessError> {
    cx.progress().message("zombie");
    let value = |text: &str| Json::new(&text).expect("a text is JSON");
    cx.checkpoint(&value("zombie")).await?;
    let mut artifact = cx.artifact(RESULT, None)?;
    // More than is gathered in memory.
    artifact.write(vec![b'z'; 600 * 1024].into()).await?;
    if at != Point::Finish {
        tell(cx.id(), Told::At(at));
        let mut steps = 0;
        let progress = async {
            loop {
                steps += 1;
                cx.progress().units(steps, 0, "steps");
                tokio::time::sleep(STEP).await;
            }
        };
        tokio::select! { biased;
            () = may_go(go, cx.id()) => {}
            () = progress => {}
        }
    }
    if at == Point::Progress {
        cx.progress().message("zombie again");
        let answer = cx.checkpoint(&value("zombie again")).await;
        let refused = answer.is_err_and(|error| error.is_claim_lost());
        tell(cx.id(), Told::Checkpoint { refused });
    }
    artifact.write("!".into()).await?;
    artifact.finish().await?;
    tell(cx.id(), Told::ArtifactWritten);
    tell(cx.id(), Told::Ended);
    Ok("zombie")
}

/// The test's side. The process is killed when this is dropped.
pub(super) struct Zombie {
    pub(super) role: Role,
    process: Child,
    words: Option<ChildStdin>,
}

impl Zombie {
    /// Starts one that works as a role of its own; what it tells goes to `told`.
    pub(super) fn start(
        role: Role,
        store: &Store,
        blobs: &Path,
        told: mpsc::UnboundedSender<(TaskId, Told)>,
    ) -> Self {
        let mut command = Command::new(env::current_exe().expect("this is a program"));
        command
            .args([
                "--exact",
                "zombies::process::worker_that_is_stopped",
                "--ignored",
                "--nocapture",
            ])
            .env(URL, &role.url)
            .env(SCHEMA, &store.schema)
            .env(BLOBS, blobs)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut process = command.spawn().expect("it starts");
        let lines = BufReader::new(process.stdout.take().expect("it is piped")).lines();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some(line) = read(&line) {
                    let _ = told.send(line);
                }
            }
        });
        Self {
            role,
            words: process.stdin.take(),
            process,
        }
    }

    /// Lets a task go on.
    pub(super) fn go(&mut self, id: TaskId) {
        let words = self.words.as_mut().expect("it has not been told to end");
        writeln!(words, "{id}").expect("it listens");
    }

    /// An orderly end.
    pub(super) fn end(mut self) -> ExitStatus {
        drop(self.words.take());
        self.process.wait().expect("it is a child")
    }
}

impl Drop for Zombie {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Sends all of them a signal at one moment.
pub(super) fn signal(zombies: &[Zombie], name: &str) {
    let pids = zombies.iter().map(|zombie| zombie.process.id().to_string());
    let sent = Command::new("sh")
        .args(["-c", "kill -s \"$@\"", "sh", name])
        .args(pids)
        .status();
    assert!(sent.expect("there is a shell").success());
}
