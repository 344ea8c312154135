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
/// How long a statement waits for a stranger's transaction that holds an id or a key: first with all its neighbours, then
/// each call for itself, to find the one that waits, and then that one alone.
const WITH_NEIGHBOURS: &str = "100ms";
const TO_FIND_OUT: &str = "10ms";
const ALONE: &str = "900ms";
/// How often a task may be removed between the insert that met it and the look at it.
pub(crate) const LOOKS: usize = 3;

type Answers = Vec<Result<Inserted>>;

/// Inserts that wait for their statement.
#[derive(Default)]
pub(crate) struct Inserts(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: VecDeque<Call>,
    running: usize,
}

/// What one caller wants inserted.
struct Call {
    tasks: Vec<NewTask>,
    answer: oneshot::Sender<Result<Answers>>,
}

impl Inserts {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a call in; whether somebody has to be started to run it.
    fn push(&self, call: Call) -> bool {
        let mut state = self.state();
        state.waiting.push_back(call);
        let start = state.running < MOST_RUNNING;
        state.running += usize::from(start);
        start
    }

    /// The calls of the next statement; none, and one less is running.
    fn next(&self) -> Vec<Call> {
        let mut state = self.state();
        let (mut calls, mut tasks, mut bytes) = (Vec::new(), 0, 0);
        while let Some(call) = state.waiting.front() {
            tasks += call.tasks.len();
            bytes += call
                .tasks
                .iter()
                .map(|task| task.params.as_str().len())
                .sum::<usize>();
            if !calls.is_empty() && (tasks > MOST_TASKS || bytes > MOST_BYTES) {
                break;
            }
            calls.extend(state.waiting.pop_front());
        }
        if calls.is_empty() {
            state.running -= 1;
        }
        calls
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
    if inner.inserts.push(call) {
        tokio::spawn(run(Arc::clone(inner)));
    }
    answered.await.map_err(Error::unknown)?
}

async fn run(inner: Arc<Inner>) {
    loop {
        let calls = inner.inserts.next();
        if calls.is_empty() {
            return;
        }
        together(&inner, calls).await;
    }
}

/// Runs calls in one statement. If that fails and has changed nothing, each runs for itself: a neighbour never pays.
async fn together(inner: &Inner, calls: Vec<Call>) {
    let tasks: Vec<&NewTask> = calls.iter().flat_map(|call| &call.tasks).collect();
    match batch(inner, &tasks, WITH_NEIGHBOURS).await {
        Ok(answers) => {
            let mut answers = answers.into_iter();
            for call in calls {
                let own = answers.by_ref().take(call.tasks.len()).collect();
                // Who asked may have gone.
                let _ = call.answer.send(Ok(own));
            }
        }
        Err(error) if error::is_settled(&error) => apart(inner, calls).await,
        Err(error) => {
            let cause = Arc::new(error);
            for call in calls {
                let _ = call.answer.send(Err(error::shared(&cause)));
            }
        }
    }
}

/// Runs each call for itself: first all that go through at once, then those that wait for a stranger.
async fn apart(inner: &Inner, calls: Vec<Call>) {
    let mut late = Vec::new();
    for call in calls {
        let tasks: Vec<&NewTask> = call.tasks.iter().collect();
        match batch(inner, &tasks, TO_FIND_OUT).await {
            Err(error) if error::is_lock_timeout(&error) => late.push(call),
            answer => drop(call.answer.send(answer)),
        }
    }
    for call in late {
        let tasks: Vec<&NewTask> = call.tasks.iter().collect();
        let answer = batch(inner, &tasks, ALONE).await;
        let _ = call.answer.send(answer);
    }
}

/// Inserts all that is free and looks at what is there; one answer for each task, in order.
async fn batch(inner: &Inner, tasks: &[&NewTask], patience: &'static str) -> Result<Answers> {
    let mut answers: Vec<Option<Result<Inserted>>> = tasks
        .iter()
        .map(|task| task.validate().err().map(|invalid| Err(invalid.into())))
        .collect();
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
        let mut written = write(inner, first.iter().map(|&at| tasks[at]), patience).await?;
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
            for (at, found) in rest.into_iter().zip(found.map_err(error::after_a_write)?) {
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
