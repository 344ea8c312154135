//! One case's store, its ids, and the steps that most cases take.

use std::sync::Arc;
use std::time::Duration;

use leyline_core::store::{Beat, BeatReply, ClaimRequest, Claimed, Held, Rescue, Rescued, Want};
use leyline_core::{Env, NewTask, Task, TaskId, TaskStore, TaskStoreExt as _, Timestamp, WorkerId};

use crate::clock::ManualClock;
use crate::fixtures::kind;
use crate::subject::Subject;

/// What a case works with. Its methods panic where the store does not answer as it must.
pub struct Trial {
    /// The store, with nothing in it.
    pub store: Arc<dyn TaskStore>,
    subject: Box<dyn Subject>,
    ids: Env,
    id_clock: ManualClock,
}

impl Trial {
    /// A trial of this subject.
    pub fn new(subject: impl Subject) -> Self {
        let id_clock = ManualClock::new();
        Self {
            store: subject.store(),
            subject: Box::new(subject),
            ids: Env::seeded(id_clock.clone(), 7),
            id_clock,
        }
    }

    /// Moves the store's clock on.
    pub async fn advance(&self, by: Duration) {
        self.subject.advance(by).await;
    }

    /// Whether the store's wake-ups rise.
    pub fn wakes(&self) -> bool {
        self.subject.wakes()
    }

    /// An id that is higher than the last one.
    pub fn task_id(&self) -> TaskId {
        self.id_clock.advance(Duration::from_millis(1));
        self.ids.task_id()
    }

    /// A worker incarnation that the store has not heard of.
    pub fn worker_id(&self) -> WorkerId {
        self.ids.worker_id()
    }

    /// A task of kind `alpha` with the defaults.
    pub fn new_task(&self) -> NewTask {
        NewTask::new(self.task_id(), kind("alpha"))
    }

    /// The store's time: that of a task which is inserted, cancelled and deleted for the purpose.
    pub async fn now(&self) -> Timestamp {
        let probe = self
            .insert(NewTask::new(self.task_id(), kind("clock-probe")))
            .await;
        self.store.cancel(probe.id, None).await.expect("it is pending");
        self.store.delete(probe.id, None).await.expect("it is cancelled");
        probe.created_at
    }

    /// Inserts a task that is not there yet.
    pub async fn insert(&self, new: NewTask) -> Task {
        let inserted = self.store.insert_one(new).await.expect("the insert succeeds");
        assert!(!inserted.existed, "the task is new: {inserted:?}");
        inserted.task
    }

    /// The row.
    pub async fn row(&self, id: TaskId) -> Task {
        let row = self.store.get(id).await.expect("get succeeds");
        row.expect("the task is there")
    }

    /// A beat that holds nothing.
    pub fn beat_of(&self, worker: WorkerId, counter: u64) -> Beat {
        Beat {
            worker,
            counter,
            period: Duration::from_secs(10),
            held: Vec::new(),
        }
    }

    /// Beats with these claims.
    pub async fn beat(&self, worker: WorkerId, counter: u64, held: Vec<Held>) -> BeatReply {
        let beat = Beat {
            held,
            ..self.beat_of(worker, counter)
        };
        self.store.beat(&beat).await.expect("the beat succeeds")
    }

    /// A worker that has beaten once, with counter 1.
    pub async fn worker(&self) -> WorkerId {
        let worker = self.worker_id();
        self.beat(worker, 1, Vec::new()).await;
        worker
    }

    /// A request without bounds for these kinds, for at most one suspect of three rescues.
    pub fn request(&self, worker: WorkerId, kinds: &[&str]) -> ClaimRequest {
        ClaimRequest {
            worker,
            limit: 1_000,
            wants: kinds
                .iter()
                .map(|name| Want {
                    kind: kind(name),
                    slots: 1_000,
                })
                .collect(),
            suspects: 1,
            max_rescues: 3,
            ids: Vec::new(),
        }
    }

    /// Claims what the request gets.
    pub async fn claim_all(&self, request: &ClaimRequest) -> Vec<Claimed> {
        self.store.claim(request).await.expect("the claim succeeds")
    }

    /// The ids that the request gets, in the order of the answer.
    pub async fn claim_ids(&self, request: &ClaimRequest) -> Vec<TaskId> {
        let claimed = self.claim_all(request).await;
        claimed.into_iter().map(|claimed| claimed.task.id).collect()
    }

    /// Claims exactly this task, suspect or not.
    pub async fn claim(&self, worker: WorkerId, task: &Task) -> Claimed {
        let request = ClaimRequest {
            ids: vec![task.id],
            ..self.request(worker, &[task.kind.as_str()])
        };
        let mut claimed = self.claim_all(&request).await;
        assert_eq!(claimed.len(), 1, "exactly this task is handed out: {claimed:?}");
        claimed.remove(0)
    }

    /// Looks for tasks whose worker is gone, after removing these workers' rows.
    pub async fn rescue(&self, dead: &[(WorkerId, u64)], max_rescues: u32) -> Rescued {
        let dead = dead
            .iter()
            .map(|&(worker, counter)| leyline_core::store::Dead { worker, counter });
        let rescue = Rescue {
            dead: dead.collect(),
            max_rescues,
            limit: 1_000,
        };
        self.store.rescue(&rescue).await.expect("the rescue succeeds")
    }

    /// Runs `of(0)` to `of(n - 1)` at once, on as many tasks of the runtime, and gives their answers in that order.
    pub async fn race<T, Fut>(&self, n: usize, of: impl Fn(usize) -> Fut) -> Vec<T>
    where
        T: Send + 'static,
        Fut: Future<Output = T> + Send + 'static,
    {
        let start = Arc::new(tokio::sync::Barrier::new(n));
        let racers: Vec<_> = (0..n)
            .map(|i| {
                let (start, racer) = (Arc::clone(&start), of(i));
                tokio::spawn(async move {
                    start.wait().await;
                    racer.await
                })
            })
            .collect();
        let mut answers = Vec::with_capacity(n);
        for racer in racers {
            answers.push(racer.await.expect("no racer panics"));
        }
        answers
    }
}
