//! What the tests start from: stores, tasks, workers, and child processes.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use leyline_core::store::{Beat, ClaimRequest, Claimed, Rescue, Rescued, Want};
use leyline_core::task::Kind;
use leyline_core::{Env, NewTask, TaskStore as _, WorkerId};
use leyline_store_sqlite::{SqliteOptions, SqliteStore};

/// How long a test waits for what comes from elsewhere, at most.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) async fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(SqliteOptions::file(path)).await.expect("opens")
}

pub(crate) fn kind() -> Kind {
    Kind::new("digest").expect("a kind")
}

pub(crate) fn task() -> NewTask {
    NewTask::new(Env::system().task_id(), kind())
}

pub(crate) fn tasks(count: usize) -> Vec<NewTask> {
    let env = Env::system();
    (0..count).map(|_| NewTask::new(env.task_id(), kind())).collect()
}

pub(crate) fn worker() -> WorkerId {
    Env::system().worker_id()
}

pub(crate) fn beat(worker: WorkerId, counter: u64) -> Beat {
    Beat {
        worker,
        counter,
        period: Duration::from_secs(10),
        held: Vec::new(),
    }
}

pub(crate) fn wants(worker: WorkerId, limit: u32) -> ClaimRequest {
    ClaimRequest {
        worker,
        limit,
        wants: vec![Want {
            kind: kind(),
            slots: limit,
        }],
        suspects: 1,
        max_rescues: 3,
        ids: Vec::new(),
    }
}

/// A new worker that has beaten, and what it claims.
pub(crate) async fn claims(store: &SqliteStore, limit: u32) -> (WorkerId, Vec<Claimed>) {
    let worker = worker();
    store.beat(&beat(worker, 1)).await.expect("a beat");
    let claimed = store.claim(&wants(worker, limit)).await.expect("claimed");
    (worker, claimed)
}

/// A look as a worker takes it: it knows of nobody who is dead.
pub(crate) async fn look(store: &SqliteStore) -> Rescued {
    let rescue = Rescue {
        dead: Vec::new(),
        max_rescues: 3,
        limit: 100,
    };
    store.rescue(&rescue).await.expect("a look")
}

/// Another process: this binary again, running one of its ignored tests with a database to work on.
pub(crate) struct Process {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

/// Names the database to the child.
const DATABASE: &str = "LEYLINE_TEST_DATABASE";

impl Process {
    /// Starts it, and waits until it says that it is ready.
    pub(crate) fn start(test: &str, database: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this binary"))
            .args(["--ignored", "--exact", "--nocapture", test])
            .env(DATABASE, database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let out = child.stdout.take().expect("a pipe");
        let mut process = Self {
            child,
            lines: BufReader::new(out).lines(),
        };
        process.wait_for("ready");
        process
    }

    /// Waits for a line that ends with this word: the test harness writes before it.
    pub(crate) fn wait_for(&mut self, word: &str) {
        let said = self.lines.by_ref().map(|line| line.expect("a line"));
        assert!(
            said.into_iter().any(|line| line.ends_with(word)),
            "the process never said {word}"
        );
    }

    /// Ends it with -9, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it is gone");
    }

    /// Sends it a signal by name, such as `STOP`.
    pub(crate) fn signal(&self, name: &str) {
        let command = format!("kill -{name} {}", self.child.id());
        let sent = Command::new("sh")
            .args(["-c", &command])
            .status()
            .expect("a shell");
        assert!(sent.success(), "{command}");
    }

    /// Lets it go on behind its [`stand`], and waits until it has ended well.
    pub(crate) fn end(mut self) {
        drop(self.child.stdin.take());
        let status = self.child.wait().expect("it ends");
        assert!(status.success(), "{status}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// In the child: the database that its parent named.
pub(crate) fn database() -> std::path::PathBuf {
    std::env::var_os(DATABASE)
        .expect("started by another test")
        .into()
}

/// In the child: says a word to the parent, on a line of its own.
pub(crate) fn say(word: &str) {
    println!("\n{word}");
}

/// In the child: stands still until the parent lets it go, or is gone.
pub(crate) fn stand() {
    let _ = std::io::stdin().lines().next();
}
