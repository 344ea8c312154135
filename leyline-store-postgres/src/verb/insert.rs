//! Insert: idempotent on the id, and on (owner, key).
//!
//! What queues up while statements are under way goes into the next one, whoever asked for it: no timers, and no delay when
//! there is nothing to wait for. A call that would make its neighbours wait is taken out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use leyline_core::store::{Error, Inserted, Result};
use leyline_core::{NewTask, TaskId, Timestamp, transition};
use sqlx::postgres::PgRow;
use sqlx::postgres::types::PgInterval;
use tokio::sync::oneshot;

use super::there;
use crate::error::{self, Phase};
use crate::row::{self, Cells};
use crate::session::Sql;
use crate::store::Inner;
use crate::value::{self, Uuid};

/// Statements under way at once: while one commits, the next is being made.
const MOST_RUNNING: usize = 2;
/// Tasks in one statement, unless a single call brings more.
const MOST_TASKS: usize = 1_000;
/// Bytes of JSON in one statement, likewise.
const MOST_BYTES: usize = 4 << 20;
/// Calls, and bytes of JSON, that may wait for a statement.
const MOST_WAITING: usize = 10_000;
const MOST_WAITING_BYTES: usize = 64 << 20;
/// How long a statement waits for a stranger's transaction that holds an id or a key: first with all its neighbours, then
/// each call for itself, to find those that wait, and then these, while the others go on.
const WITH_NEIGHBOURS: &str = "100ms";
const TO_FIND_OUT: &str = "10ms";
const BLOCKED: &str = "900ms";
/// Statements at once that wait so: each takes a connection.
const MOST_BLOCKED: usize = 2;
/// How often a task may be removed between the insert that met it and the look at it.
pub(crate) const LOOKS: usize = 3;

type Answers = Vec<Result<Inserted>>;

/// Inserts that wait for their statement.
#[derive(Default)]
pub(crate) struct Inserts(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: VecDeque<Call>,
    waiting_bytes: usize,
    running: usize,
    blocked: usize,
}

/// What one caller wants inserted.
struct Call {
    tasks: Vec<NewTask>,
    answer: oneshot::Sender<Result<Answers>>,
}

impl Call {
    fn bytes(&self) -> usize {
        self.tasks.iter().map(|task| task.params.as_str().len()).sum()
    }
}

impl Inserts {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a call in; whether somebody has to be started to run it.
    fn push(&self, call: Call) -> Result<bool> {
        let mut state = self.state();
        if state.waiting.len() >= MOST_WAITING || state.waiting_bytes >= MOST_WAITING_BYTES {
            return Err(Error::unavailable("too many inserts wait"));
        }
        state.waiting_bytes += call.bytes();
        state.waiting.push_back(call);
        let start = state.running < MOST_RUNNING;
        state.running += usize::from(start);
        Ok(start)
    }

    /// The calls of the next statement. Of callers that have gone nothing was sent yet, and nothing will be.
    fn next(&self) -> Vec<Call> {
        let mut state = self.state();
        let (mut calls, mut tasks, mut bytes) = (Vec::new(), 0, 0);
        while let Some(call) = state.waiting.front() {
            let gone = call.answer.is_closed();
            let (more_tasks, more_bytes) = (tasks + call.tasks.len(), bytes + call.bytes());
            if !gone && !calls.is_empty() && (more_tasks > MOST_TASKS || more_bytes > MOST_BYTES) {
                break;
            }
            state.waiting_bytes -= more_bytes - bytes;
            let call = state.waiting.pop_front();
            if !gone {
                (tasks, bytes) = (more_tasks, more_bytes);
                calls.extend(call);
            }
        }
        calls
    }

    /// One less is running, if nothing waits: under the lock, so that whoever comes now starts another.
    fn retire(&self) -> bool {
        let mut state = self.state();
        let retires = state.waiting.is_empty();
        state.running -= usize::from(retires);
        retires
    }

    /// Whether one more statement may wait for strangers.
    fn block(&self) -> bool {
        let mut state = self.state();
        let may = state.blocked < MOST_BLOCKED;
        state.blocked += usize::from(may);
        may
    }

    fn unblock(&self) {
        self.state().blocked -= 1;
    }
}

/// The statement goes on when its caller does not: others are in it.
pub(crate) async fn insert(inner: &Arc<Inner>, tasks: &[NewTask]) -> Result<Answers> {
    if tasks.is_empty() {
        return Ok(Vec::new());
    }
    let (answer, answered) = oneshot::channel();
    let call = Call {
        tasks: tasks.to_vec(),
        answer,
    };
    if inner.inserts.push(call)? {
        let runner = Runner {
            inner: Arc::clone(inner),
            retired: false,
        };
        tokio::spawn(runner.run());
    }
    answered.await.map_err(Error::unknown)?
}

/// One of the few that make statements. However it ends, the next call may start another.
struct Runner {
    inner: Arc<Inner>,
    retired: bool,
}

impl Runner {
    async fn run(mut self) {
        while !self.retired {
            let calls = self.inner.inserts.next();
            if calls.is_empty() {
                self.retired = self.inner.inserts.retire();
            } else {
                together(&self.inner, calls).await;
            }
        }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        if !self.retired {
            self.inner.inserts.state().running -= 1;
        }
    }
}

/// Runs calls in one statement. If that fails and has changed nothing, each runs for itself: a neighbour never pays.
async fn together(inner: &Arc<Inner>, calls: Vec<Call>) {
    let tasks: Vec<&NewTask> = calls.iter().flat_map(|call| &call.tasks).collect();
    let answer = batch(inner, &tasks, WITH_NEIGHBOURS).await;
    match answer {
        Err(error) if error::is_settled(&error) => apart(inner, calls).await,
        answer => give(calls, answer),
    }
}

/// Gives each call its part of the answer, or the failure of all.
fn give(calls: Vec<Call>, answer: Result<Answers>) {
    let mut answers = match answer {
        Ok(answers) => answers.into_iter(),
        Err(error) => {
            let cause = Arc::new(error);
            for call in calls {
                // Who asked may have gone.
                let _ = call.answer.send(Err(error::shared(&cause)));
            }
            return;
        }
    };
    for call in calls {
        let own = answers.by_ref().take(call.tasks.len()).collect();
        let _ = call.answer.send(Ok(own));
    }
}

/// Runs each call for itself. Those that wait for a stranger go on beside the others, for a moment longer.
async fn apart(inner: &Arc<Inner>, calls: Vec<Call>) {
    let mut blocked = Vec::new();
    for call in calls {
        let tasks: Vec<&NewTask> = call.tasks.iter().collect();
        match batch(inner, &tasks, TO_FIND_OUT).await {
            Err(error) if error::is_lock_timeout(&error) => blocked.push(call),
            answer => drop(call.answer.send(answer)),
        }
    }
    if blocked.is_empty() {
        return;
    }
    if !inner.inserts.block() {
        let refused = Error::unavailable("a transaction of somebody else holds the id or the key");
        return give(blocked, Err(refused));
    }
    let blocked = Blocked(Arc::clone(inner), blocked);
    tokio::spawn(blocked.run());
}

/// Calls that wait for a stranger's transaction, together.
struct Blocked(Arc<Inner>, Vec<Call>);

impl Blocked {
    async fn run(mut self) {
        let calls = std::mem::take(&mut self.1);
        let tasks: Vec<&NewTask> = calls.iter().flat_map(|call| &call.tasks).collect();
        let answer = batch(&self.0, &tasks, BLOCKED).await;
        give(calls, answer);
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        self.0.inserts.unblock();
    }
}

/// Inserts all that is free and looks at what is there; one answer for each task, in order.
async fn batch(inner: &Inner, tasks: &[&NewTask], patience: &'static str) -> Result<Answers> {
    let mut answers: Vec<Option<Result<Inserted>>> = tasks
        .iter()
        .map(|task| task.validate().err().map(|invalid| Err(invalid.into())))
        .collect();
    let mut wrote = false;
    for _ in 0..LOOKS {
        let open: Vec<usize> = (0..tasks.len()).filter(|&at| answers[at].is_none()).collect();
        if open.is_empty() {
            break;
        }
        // An id that is named twice is inserted once, and is there for the second.
        let mut ids = BTreeSet::new();
        let first: Vec<usize> = open
            .iter()
            .copied()
            .filter(|&at| ids.insert(tasks[at].id))
            .collect();
        let written = write(inner, first.iter().map(|&at| tasks[at]), patience).await;
        let mut written = written.map_err(|error| if wrote { error::after_a_write(error) } else { error })?;
        wrote |= !written.is_empty();
        for at in first {
            if let Some(now) = written.remove(&tasks[at].id) {
                let task = transition::insert(tasks[at], now);
                answers[at] = Some(Ok(Inserted { task, existed: false }));
            }
        }
        let rest: Vec<usize> = open.into_iter().filter(|&at| answers[at].is_none()).collect();
        if !rest.is_empty() {
            let found = there::find(inner, rest.iter().map(|&at| tasks[at])).await;
            // What was written is written, whatever became of the look.
            let found = found.map_err(error::after_a_write)?;
            for (at, found) in rest.into_iter().zip(found) {
                answers[at] = found;
            }
        }
    }
    wake(inner, &answers);
    let gone = || Err(Error::unavailable("the task that has the key comes and goes"));
    Ok(answers
        .into_iter()
        .map(|answer| answer.unwrap_or_else(gone))
        .collect())
}

fn wake(inner: &Inner, answers: &[Option<Result<Inserted>>]) {
    let fresh = answers.iter().filter_map(|answer| match answer {
        Some(Ok(inserted)) if !inserted.existed => Some(&inserted.task),
        _ => None,
    });
    inner.wake_for(fresh);
}

/// Writes those whose id and key are free, and says which and when.
async fn write<'a>(
    inner: &Inner,
    tasks: impl Iterator<Item = &'a NewTask>,
    patience: &'static str,
) -> Result<BTreeMap<TaskId, Timestamp>> {
    let sql = statement(inner, tasks, Some(patience)).map_err(|error| error::of(error, Phase::Before))?;
    let rows = inner.change(sql).await?;
    written(&rows).map_err(|error| error::of(error, Phase::Commit))
}

/// The statement that inserts these. Without `patience` it waits as long as its session does for a lock.
pub(crate) fn statement<'a>(
    inner: &Inner,
    tasks: impl Iterator<Item = &'a NewTask>,
    patience: Option<&'static str>,
) -> sqlx::Result<Sql<'a>> {
    let mut given = Given::default();
    for task in tasks {
        given.push(task)?;
    }
    Ok(given.bind(inner, patience))
}

/// What the statement has written, and when.
pub(crate) fn written(rows: &[PgRow]) -> sqlx::Result<BTreeMap<TaskId, Timestamp>> {
    let read = |row| {
        let mut cells = Cells::of(row);
        Ok((cells.task_id()?, cells.time()?))
    };
    rows.iter().map(read).collect()
}

/// The columns of a batch.
#[derive(Default)]
struct Given<'a> {
    ids: Vec<Uuid>,
    kinds: Vec<&'a str>,
    owners: Vec<&'a str>,
    max_attempts: Vec<i32>,
    priorities: Vec<i16>,
    delays: Vec<PgInterval>,
    params: Vec<&'a str>,
    inputs: Vec<Option<String>>,
    keys: Vec<Option<&'a str>>,
    digests: Vec<Vec<u8>>,
    trace_contexts: Vec<Option<&'a str>>,
}

impl<'a> Given<'a> {
    fn push(&mut self, task: &'a NewTask) -> sqlx::Result<()> {
        self.ids.push(Uuid(*task.id.as_bytes()));
        self.kinds.push(task.kind.as_str());
        self.owners.push(&task.owner);
        self.max_attempts.push(value::count(task.max_attempts));
        self.priorities.push(i16::from(task.priority));
        self.delays.push(value::interval(task.delay));
        self.params.push(task.params.as_str());
        self.inputs.push(task.input.as_ref().map(row::json).transpose()?);
        self.keys.push(task.idempotency_key.as_deref());
        self.digests.push(task.request_digest().as_bytes().to_vec());
        self.trace_contexts.push(task.trace_context.as_deref());
        Ok(())
    }

    fn bind(self, inner: &Inner, patience: Option<&'static str>) -> Sql<'a> {
        inner
            .sql
            .query(&inner.sql.insert)
            .bind(self.ids)
            .bind(self.kinds)
            .bind(self.owners)
            .bind(self.max_attempts)
            .bind(self.priorities)
            .bind(self.delays)
            .bind(self.params)
            .bind(self.inputs)
            .bind(self.keys)
            .bind(self.digests)
            .bind(self.trace_contexts)
            .bind(patience)
    }
}
