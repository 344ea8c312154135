//! The handle that a service holds.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::blob::{self, Blobs};
use crate::builder::Builder;
use crate::env::Env;
use crate::error::Error;
use crate::event::TaskEvent;
use crate::hub::{Hub, Watch};
use crate::metrics;
use crate::options::{KindOptions, Options};
use crate::publisher::Publisher;
use crate::status::Verb;
use crate::store::{
    Inserted, ListQuery, MAX_RUNNING_SHOWN, Page, Stats, TaskStore, TaskStoreExt as _, WorkerRow, deadline,
};
use crate::task::{BlobRef, Invalid, Kind, NewTask, Task, TaskId, label};
use crate::worker::{Config, Drained, Engine, Registered};

/// How old the count of pending tasks may be that `max_pending` is compared with.
const COUNT_AGE: Duration = Duration::from_secs(1);
/// How long that count may take: uploads wait for it.
const COUNT_DEADLINE: Duration = Duration::from_secs(10);
/// How far back [`Leyline::stats`] counts terminal tasks.
const STATS_WINDOW: Duration = Duration::from_hours(24);

/// A service: accepts tasks, tells of them, and runs a worker if asked to. Clones share everything.
#[derive(Clone)]
pub struct Leyline(Arc<Service>);

pub(crate) struct Service {
    store: Arc<dyn TaskStore>,
    blobs: Option<Blobs>,
    env: Env,
    options: Options,
    declared: BTreeMap<Kind, KindOptions>,
    registered: BTreeMap<Kind, Registered>,
    publisher: Arc<Publisher>,
    /// When pending tasks were last counted, and how many there were.
    pending: tokio::sync::Mutex<Option<(Instant, u64)>>,
    workers: Mutex<Vec<Weak<Engine>>>,
}

impl Service {
    pub(crate) fn new(
        store: Arc<dyn TaskStore>,
        blobs: Option<Blobs>,
        env: Env,
        options: Options,
        declared: BTreeMap<Kind, KindOptions>,
        registered: BTreeMap<Kind, Registered>,
        publisher: Publisher,
    ) -> Self {
        Self {
            store,
            blobs,
            env,
            options,
            declared,
            registered,
            publisher: Arc::new(publisher),
            pending: tokio::sync::Mutex::default(),
            workers: Mutex::default(),
        }
    }
}

impl Leyline {
    /// Begins to put a service together over this store.
    pub fn builder(store: Arc<dyn TaskStore>) -> Builder {
        Builder::new(store)
    }

    pub(crate) fn new(service: Service) -> Self {
        Self(Arc::new(service))
    }

    /// The kinds that are accepted, sorted.
    pub fn kinds(&self) -> Vec<Kind> {
        self.0.declared.keys().cloned().collect()
    }

    /// A task of this kind with a fresh id and the kind's defaults, to fill in and [`submit`](Self::submit).
    ///
    /// # Errors
    /// [`Error::UnknownKind`] names the known ones.
    pub fn new_task(&self, kind: &str) -> Result<NewTask, Error> {
        let declared = Kind::new(kind)
            .ok()
            .and_then(|kind| self.0.declared.get_key_value(&kind));
        let (kind, options) = declared.ok_or_else(|| Error::UnknownKind {
            kind: label::clean(kind, crate::task::MAX_KIND_BYTES),
            known: self.kinds(),
        })?;
        let mut task = NewTask::new(self.0.env.task_id(), kind.clone());
        task.max_attempts = options.max_attempts;
        task.priority = options.priority;
        Ok(task)
    }

    /// Whether another task may be taken in; to be asked before any byte is read. Counts at most once a second.
    ///
    /// # Errors
    /// [`Error::TooManyPending`], or what the store answers.
    ///
    /// # Cancel safety
    /// Safe to drop.
    pub async fn admit(&self) -> Result<(), Error> {
        let mut counted = self.0.pending.lock().await;
        let pending = match *counted {
            Some((at, pending)) if at.elapsed() < COUNT_AGE => pending,
            _ => {
                let stats = self.0.store.stats(Duration::ZERO);
                let pending = deadline::read(COUNT_DEADLINE, stats).await?.pending();
                *counted = Some((Instant::now(), pending));
                pending
            }
        };
        if pending >= self.0.options.max_pending {
            return Err(Error::TooManyPending {
                retry_after: self.0.options.poll_interval,
            });
        }
        Ok(())
    }

    /// Accepts one task. It is durable when this returns.
    ///
    /// Sent again with the same id, or the same owner and idempotency key, it answers with the task that is there.
    ///
    /// # Errors
    /// As for [`TaskStore::insert`]; [`Error::UnknownKind`]; [`Error::Invalid`] for an input that was uploaded for another
    /// task.
    ///
    /// # Cancel safety
    /// A dropped call may or may not have inserted the task; sending it again finds out.
    pub async fn submit(&self, task: NewTask) -> Result<Inserted, Error> {
        self.check(&task)?;
        let inserted = self.0.store.insert_one(task).await?;
        self.tell_inserted(&inserted);
        Ok(inserted)
    }

    /// Accepts many tasks in one transaction of the store; the answer has one item for each, in order.
    ///
    /// # Errors
    /// As for [`submit`](Self::submit); what concerns one task alone is in its item.
    ///
    /// # Cancel safety
    /// As for [`submit`](Self::submit).
    pub async fn submit_many(
        &self,
        tasks: &[NewTask],
    ) -> Result<Vec<Result<Inserted, crate::store::Error>>, Error> {
        for task in tasks {
            self.check(task)?;
        }
        let answers = self.0.store.insert(tasks).await?;
        answers
            .iter()
            .flatten()
            .for_each(|inserted| self.tell_inserted(inserted));
        Ok(answers)
    }

    /// What a request has to fulfil besides the bounds of its values, which the store checks.
    pub(crate) fn check(&self, task: &NewTask) -> Result<(), Error> {
        if !self.0.declared.contains_key(&task.kind) {
            return Err(Error::UnknownKind {
                kind: task.kind.to_string(),
                known: self.kinds(),
            });
        }
        // Bytes go with the task whose id their key holds: no other may name them.
        let is_own = |input: &BlobRef| blob::is_upload_of(&input.key, task.id);
        if !task.input.as_ref().is_none_or(is_own) {
            return Err(Error::Invalid(Invalid {
                field: "input.key",
                reason: "belongs to another task",
            }));
        }
        Ok(())
    }

    fn tell_inserted(&self, inserted: &Inserted) {
        let Inserted { task, existed } = inserted;
        if *existed {
            info!(id = %task.id, kind = %task.kind, revision = task.revision, existed, verb = "insert");
        } else {
            self.tell_accepted(task);
        }
    }

    /// Tells of a task that is new and committed.
    pub(crate) fn tell_accepted(&self, task: &Task) {
        info!(id = %task.id, kind = %task.kind, revision = task.revision, existed = false, verb = "insert");
        metrics::submitted(&task.kind, 1);
        self.0.publisher.publish(TaskEvent::of(task));
    }

    /// The task, if it is there.
    ///
    /// # Errors
    /// What the store answers.
    ///
    /// # Cancel safety
    /// Safe to drop.
    pub async fn get(&self, id: TaskId) -> Result<Option<Task>, Error> {
        Ok(self.0.store.get(id).await?)
    }

    /// A page of tasks, newest first.
    ///
    /// # Errors
    /// What the store answers.
    ///
    /// # Cancel safety
    /// Safe to drop.
    pub async fn list(&self, query: &ListQuery) -> Result<Page, Error> {
        Ok(self.0.store.list(query).await?)
    }

    /// Watches a task up to its end; see [`Hub::watch`].
    ///
    /// # Errors
    /// The task is not there, or what the store answers.
    ///
    /// # Cancel safety
    /// A dropped call leaves nothing behind.
    pub async fn watch(&self, id: TaskId) -> Result<Watch, Error> {
        Ok(self.hub().watch(id).await?)
    }

    /// Stops a task at once; see [`TaskStore::cancel`]. Its running code learns of it at the next beat, or sooner.
    ///
    /// # Errors
    /// As for [`TaskStore::cancel`].
    ///
    /// # Cancel safety
    /// A dropped call may or may not have cancelled the task.
    pub async fn cancel(&self, id: TaskId, expected: Option<u64>) -> Result<Task, Error> {
        let task = self.0.store.cancel(id, expected).await?;
        tell(Verb::Cancel, &task);
        self.0.publisher.publish(TaskEvent::of(&task));
        Ok(task)
    }

    /// Starts a new run of a failed or cancelled task; see [`TaskStore::requeue`].
    ///
    /// # Errors
    /// As for [`TaskStore::requeue`].
    ///
    /// # Cancel safety
    /// A dropped call may or may not have requeued the task.
    pub async fn requeue(&self, id: TaskId, expected: Option<u64>) -> Result<Task, Error> {
        let task = self.0.store.requeue(id, expected).await?;
        tell(Verb::Requeue, &task);
        self.0.publisher.publish(TaskEvent::of(&task));
        Ok(task)
    }

    /// Removes a terminal task: its row, then its blobs. Blobs that can't be removed now are left to the sweeper.
    ///
    /// # Errors
    /// As for [`TaskStore::delete`].
    ///
    /// # Cancel safety
    /// A dropped call may or may not have removed the row; the blobs of a removed row are swept.
    pub async fn delete(&self, id: TaskId, expected: Option<u64>) -> Result<(), Error> {
        let task = self.0.store.delete(id, expected).await?;
        tell(Verb::Delete, &task);
        self.hub().removed(&task.owner);
        if let Some(blobs) = &self.0.blobs {
            blobs.delete_of(&task).await;
        }
        Ok(())
    }

    /// Counts: live ones exact, terminal ones of the last 24 hours.
    ///
    /// # Errors
    /// What the store answers.
    ///
    /// # Cancel safety
    /// Safe to drop.
    pub async fn stats(&self) -> Result<Stats, Error> {
        Ok(self.0.store.stats(STATS_WINDOW).await?)
    }

    /// The workers of all processes, each with the first [`MAX_RUNNING_SHOWN`] tasks that it runs.
    ///
    /// # Errors
    /// What the store answers.
    ///
    /// # Cancel safety
    /// Safe to drop.
    pub async fn workers(&self) -> Result<Vec<WorkerRow>, Error> {
        Ok(self.0.store.workers(MAX_RUNNING_SHOWN).await?)
    }

    /// Whether the service can do its work: the store answers, and no worker of this process has all its slots stuck.
    ///
    /// # Errors
    /// What the store answers; `Unavailable` for stuck workers.
    ///
    /// # Cancel safety
    /// Safe to drop.
    pub async fn ready(&self) -> Result<(), Error> {
        self.0.store.ping().await?;
        let workers = self.0.workers.lock().unwrap_or_else(PoisonError::into_inner);
        if workers
            .iter()
            .filter_map(Weak::upgrade)
            .any(|engine| engine.slots.stuck() >= engine.slots.total())
        {
            return Err(crate::store::Error::unavailable("every slot of the worker is stuck").into());
        }
        Ok(())
    }

    /// Runs a worker until `shutdown` is cancelled, then drains it: waits for running tasks, signals them, gives the rest
    /// back, and takes leave of the others. Any number may run on one store.
    ///
    /// # Cancel safety
    /// A dropped run drops the running code too. Its claims are freed by other workers when its lease is over; an orderly end
    /// is by `shutdown`.
    pub async fn run_worker(&self, shutdown: CancellationToken) -> Drained {
        let engine = Engine::new(Config {
            store: Arc::clone(&self.0.store),
            blobs: self.0.blobs.clone(),
            env: self.0.env.clone(),
            options: self.0.options.clone(),
            kinds: self.0.registered.clone(),
            publisher: Arc::clone(&self.0.publisher),
        });
        {
            let mut workers = self.0.workers.lock().unwrap_or_else(PoisonError::into_inner);
            workers.retain(|worker| worker.strong_count() > 0);
            workers.push(Arc::downgrade(&engine));
        }
        engine.run(shutdown).await
    }

    /// The hub of this process, for feeds.
    pub fn hub(&self) -> &Hub {
        self.0.publisher.hub()
    }

    /// The blob store, if there is one.
    pub fn blobs(&self) -> Option<&Blobs> {
        self.0.blobs.as_ref()
    }

    /// The task store.
    pub fn store(&self) -> &Arc<dyn TaskStore> {
        &self.0.store
    }

    /// Clock, randomness and ids.
    pub fn env(&self) -> &Env {
        &self.0.env
    }

    /// The settings.
    pub fn options(&self) -> &Options {
        &self.0.options
    }
}

/// What an operator did, for the log and the counters.
fn tell(verb: Verb, task: &Task) {
    metrics::transition(verb, &task.kind);
    info!(id = %task.id, kind = %task.kind, attempt = task.attempt, revision = task.revision, verb = verb.as_str());
}

impl fmt::Debug for Leyline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leyline")
            .field("kinds", &self.kinds())
            .finish_non_exhaustive()
    }
}
