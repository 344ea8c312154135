//! A store with one bug, around one without.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use leyline_core::store::{
    Beat, BeatReply, Changes, ClaimRequest, Claimed, Cursor, Dead, Error, Finish, Inserted, ListQuery,
    Outcome, Page, Rescue, Rescued, Result, RunningTask, Seen, Stats, Wakeups, WorkerRow,
};
use leyline_core::{Claim, Json, NewTask, Progress, Task, TaskId, TaskStore, TaskStoreExt as _, WorkerId};
use leyline_testkit::fixtures;

use super::bug::Bug;

pub(super) struct Broken {
    inner: Arc<dyn TaskStore>,
    bug: Bug,
    keys: Mutex<BTreeMap<String, TaskId>>,
    looks: AtomicUsize,
    handed_out: Mutex<Option<Claimed>>,
    listed: Mutex<BTreeMap<WorkerId, Vec<RunningTask>>>,
}

impl Broken {
    pub(super) fn new(inner: Arc<dyn TaskStore>, bug: Bug) -> Self {
        Self {
            inner,
            bug,
            keys: Mutex::default(),
            looks: AtomicUsize::new(0),
            handed_out: Mutex::default(),
            listed: Mutex::default(),
        }
    }

    fn has(&self, bug: Bug) -> bool {
        self.bug == bug
    }

    /// A copy of the request with the bug in it.
    fn bend(&self, new: &NewTask) -> NewTask {
        let mut new = new.clone();
        match self.bug {
            Bug::InsertForgetsKeys => new.idempotency_key = None,
            Bug::InsertForgetsKeysOfNobody if new.owner.is_empty() => new.idempotency_key = None,
            Bug::InsertBendsBadValues => new.priority = new.priority.min(9),
            Bug::InsertIgnoresDelays => new.delay = Duration::ZERO,
            _ => {}
        }
        new
    }

    /// Looks whether the key is there, and writes a little later: not before another caller has looked as well.
    async fn insert_after_a_look(&self, new: &NewTask) -> Result<Inserted> {
        let key = new.idempotency_key.clone().unwrap_or_default();
        let there = self
            .keys
            .lock()
            .expect("nothing panics under it")
            .get(&key)
            .copied();
        if let Some(id) = there {
            let task = self.inner.get(id).await?.ok_or(Error::NotFound { id })?;
            return Ok(Inserted { task, existed: true });
        }
        self.looks.fetch_add(1, Ordering::SeqCst);
        while self.looks.load(Ordering::SeqCst) < 2 {
            tokio::task::yield_now().await;
        }
        let mut keyless = new.clone();
        keyless.idempotency_key = None;
        self.keys
            .lock()
            .expect("nothing panics under it")
            .insert(key, new.id);
        self.inner.insert_one(keyless).await
    }

    /// The answer, where a conflict is no error to this store.
    async fn without_conflict(&self, answer: Result<Inserted>) -> Result<Inserted> {
        match answer {
            Err(Error::IdempotencyConflict { id }) if self.has(Bug::InsertIgnoresDigests) => {
                let task = self.inner.get(id).await?.ok_or(Error::NotFound { id })?;
                Ok(Inserted { task, existed: true })
            }
            answer => answer,
        }
    }

    /// The claim as this store compares it.
    async fn fence(&self, claim: &Claim) -> Result<Claim> {
        let mut claim = *claim;
        if let Some(row) = self.inner.get(claim.id).await? {
            if self.has(Bug::FinishIgnoresTheWorker) || self.has(Bug::CheckpointIgnoresTheFence) {
                claim.worker = row.worker.unwrap_or(claim.worker);
            }
            if self.has(Bug::FinishIgnoresTheRevision) || self.has(Bug::CheckpointIgnoresTheFence) {
                claim.revision = row.revision;
            }
        }
        Ok(claim)
    }

    /// The progress with a tick that wins, if there is any.
    async fn winning(&self, id: TaskId, progress: Option<Progress>) -> Result<Option<Progress>> {
        let stored = self.inner.get(id).await?.map_or(0, |row| row.progress.tick);
        Ok(progress.map(|progress| Progress {
            tick: stored + 1,
            ..progress
        }))
    }

    async fn spoil_workers(&self, rows: &mut [WorkerRow]) -> Result<()> {
        match self.bug {
            Bug::WorkersAnswersBackwards => rows.reverse(),
            Bug::WorkersListsTheNewestFirst => rows.iter_mut().for_each(|row| row.tasks.reverse()),
            Bug::WorkersListsWhatOthersRun => {
                let all: Vec<_> = rows.iter().flat_map(|row| row.tasks.clone()).collect();
                for row in rows {
                    row.tasks.clone_from(&all);
                }
            }
            Bug::WorkersCountsWhatItLists => rows.iter_mut().for_each(|row| {
                row.running = u32::try_from(row.tasks.len()).expect("they are few");
            }),
            Bug::WorkersCountsFromTheFirstAttempt => {
                for task in rows.iter_mut().flat_map(|row| &mut row.tasks) {
                    let row = self.inner.get(task.id).await?;
                    task.since = row.and_then(|row| row.started_at).unwrap_or(task.since);
                }
            }
            Bug::WorkersListsWhatHasEnded => rows.iter_mut().for_each(|row| self.list_again(row)),
            _ => {}
        }
        Ok(())
    }

    /// Lists what was listed before as well.
    fn list_again(&self, row: &mut WorkerRow) {
        let mut listed = self.listed.lock().expect("nothing panics under it");
        let before = listed.entry(row.worker).or_default();
        before.retain(|task| !row.tasks.contains(task));
        row.tasks.append(before);
        row.tasks.sort_by_key(|task| task.id);
        before.clone_from(&row.tasks);
    }

    async fn counter(&self, worker: WorkerId) -> Result<Option<u64>> {
        let rows = self.inner.workers(0).await?;
        Ok(rows
            .into_iter()
            .find(|row| row.worker == worker)
            .map(|row| row.counter))
    }

    async fn bury(&self, worker: WorkerId, counter: u64) -> Result<Rescued> {
        let dead = vec![Dead { worker, counter }];
        let rescue = Rescue {
            dead,
            max_rescues: 3,
            limit: 0,
        };
        self.inner.rescue(&rescue).await
    }

    fn spoil(&self, mut task: Task) -> Task {
        match self.bug {
            Bug::GetForgetsHistories => task.history.clear(),
            Bug::GetForgetsCheckpoints => task.checkpoint = None,
            Bug::GetRoundsTimes => {
                let second = leyline_core::Timestamp::from_second(task.created_at.as_second());
                task.created_at = second.expect("the time was in range");
            }
            _ => {}
        }
        task
    }
}

#[async_trait]
impl TaskStore for Broken {
    async fn insert(&self, tasks: &[NewTask]) -> Result<Vec<Result<Inserted>>> {
        let bent: Vec<NewTask> = tasks.iter().map(|new| self.bend(new)).collect();
        if self.has(Bug::InsertLooksBeforeItWrites) && bent[0].idempotency_key.is_some() {
            return Ok(vec![self.insert_after_a_look(&bent[0]).await]);
        }
        let mut answers = Vec::new();
        for answer in self.inner.insert(&bent).await? {
            answers.push(self.without_conflict(answer).await);
        }
        if self.has(Bug::InsertAnswersBackwards) {
            answers.reverse();
        }
        Ok(answers)
    }

    async fn claim(&self, request: &ClaimRequest) -> Result<Vec<Claimed>> {
        let mut request = request.clone();
        match self.bug {
            Bug::ClaimServesStrangers => {
                let beat = Beat {
                    worker: request.worker,
                    counter: 0,
                    period: Duration::from_secs(1),
                    held: Vec::new(),
                };
                self.inner.beat(&beat).await?;
            }
            Bug::ClaimIgnoresSuspects => request.suspects = 99,
            Bug::ClaimIgnoresTheLimit => request.limit = 99,
            Bug::ClaimIgnoresSlots => request.wants.iter_mut().for_each(|want| want.slots = 99),
            Bug::ClaimCountsTheFirstWant => request.wants.reverse(),
            Bug::ClaimIgnoresIds => request.ids.clear(),
            _ => {}
        }
        let mut claimed = self.inner.claim(&request).await?;
        match self.bug {
            Bug::ClaimAnswersBackwards => claimed.reverse(),
            Bug::ClaimForgetsTheProgressBefore => claimed
                .iter_mut()
                .for_each(|claimed| claimed.previous_progress = Progress::default()),
            Bug::ClaimHandsOutTwice if !claimed.is_empty() => {
                let mut last = self.handed_out.lock().expect("nothing panics under it");
                claimed.extend(last.take());
                *last = claimed.first().cloned();
            }
            _ => {}
        }
        Ok(claimed)
    }

    async fn finish(&self, finishes: &[Finish]) -> Result<Vec<Result<Task>>> {
        let mut bent = finishes.to_vec();
        for finish in &mut bent {
            if !self.has(Bug::CheckpointIgnoresTheFence) {
                finish.claim = self.fence(&finish.claim).await?;
            }
            if self.has(Bug::FinishTakesOldTicks) {
                finish.progress = self.winning(finish.claim.id, finish.progress.take()).await?;
            }
            if self.has(Bug::FinishCountsReleases) && finish.outcome == Outcome::Release {
                finish.outcome = fixtures::retry(Duration::ZERO);
            }
        }
        let mut answers = self.inner.finish(&bent).await?;
        if self.has(Bug::FinishAnswersById) {
            answers.sort_by_key(|answer| answer.as_ref().ok().map(|task| task.id));
        }
        if self.has(Bug::FinishFailsWithItsWeakestItem) {
            let (ended, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
            return match lost.into_iter().next() {
                Some(Err(error)) => Err(error),
                _ => Ok(ended),
            };
        }
        Ok(answers)
    }

    async fn beat(&self, beat: &Beat) -> Result<BeatReply> {
        let mut sent = beat.clone();
        if self.has(Bug::BeatTakesOldTicks) {
            for held in &mut sent.held {
                held.progress = self.winning(held.id, held.progress.take()).await?;
            }
        }
        if self.has(Bug::BeatTakesOldCounters)
            && let Some(counter) = self.counter(beat.worker).await?
        {
            self.bury(beat.worker, counter).await?;
        }
        let mut reply = self.inner.beat(&sent).await?;
        match self.bug {
            Bug::BeatForgetsStrays => reply.stray.clear(),
            Bug::BeatForgetsLosses => reply.lost.clear(),
            _ => {}
        }
        Ok(reply)
    }

    async fn rescue(&self, rescue: &Rescue) -> Result<Rescued> {
        let mut bent = rescue.clone();
        match self.bug {
            Bug::RescueKillsTheLiving => {
                for dead in &mut bent.dead {
                    dead.counter = self.counter(dead.worker).await?.unwrap_or(dead.counter);
                }
            }
            Bug::RescueIgnoresTheCap => bent.max_rescues = u32::MAX,
            Bug::RescueFreesOnlyTheNamed if rescue.dead.is_empty() => return Ok(Rescued::default()),
            Bug::RescueFreesBeforeItRemoves => {
                let dead = std::mem::take(&mut bent.dead);
                let rescued = self.inner.rescue(&bent).await?;
                for dead in dead {
                    self.bury(dead.worker, dead.counter).await?;
                }
                return Ok(rescued);
            }
            _ => {}
        }
        let mut rescued = self.inner.rescue(&bent).await?;
        if self.has(Bug::RescueNeverHasMore) {
            rescued.more = false;
        }
        Ok(rescued)
    }

    async fn checkpoint(&self, claim: &Claim, checkpoint: &Json) -> Result<()> {
        let claim = match self.bug {
            Bug::CheckpointIgnoresTheFence => self.fence(claim).await?,
            _ => *claim,
        };
        self.inner.checkpoint(&claim, checkpoint).await
    }

    async fn cancel(&self, id: TaskId, expected: Option<u64>) -> Result<Task> {
        if self.has(Bug::CancelRefusesTheCancelled)
            && let Some(task) = self.inner.get(id).await?
            && task.status == leyline_core::Status::Cancelled
        {
            return Err(Error::WrongStatus { task: Box::new(task) });
        }
        let expected = expected.filter(|_| !self.has(Bug::CancelIgnoresExpectations));
        self.inner.cancel(id, expected).await
    }

    async fn requeue(&self, id: TaskId, expected: Option<u64>) -> Result<Task> {
        let expected = expected.filter(|_| !self.has(Bug::RequeueIgnoresExpectations));
        self.inner.requeue(id, expected).await
    }

    async fn delete(&self, id: TaskId, expected: Option<u64>) -> Result<Task> {
        if self.has(Bug::DeleteTakesTheLiving) {
            drop(self.inner.cancel(id, expected).await);
            return self.inner.delete(id, None).await;
        }
        self.inner.delete(id, expected).await
    }

    async fn prune(&self, older_than: Duration, limit: u32) -> Result<Vec<Task>> {
        match self.bug {
            Bug::PruneIgnoresAges => self.inner.prune(Duration::ZERO, limit).await,
            Bug::PruneIgnoresTheLimit => self.inner.prune(older_than, u32::MAX).await,
            _ => self.inner.prune(older_than, limit).await,
        }
    }

    async fn get(&self, id: TaskId) -> Result<Option<Task>> {
        Ok(self.inner.get(id).await?.map(|task| self.spoil(task)))
    }

    async fn list(&self, query: &ListQuery) -> Result<Page> {
        let mut query = query.clone();
        match self.bug {
            Bug::ListIgnoresOwners => query.owner = None,
            Bug::ListIgnoresStatuses => query.status = None,
            _ => {}
        }
        let mut page = self.inner.list(&query).await?;
        match self.bug {
            Bug::ListStartsWithTheOldest => page.tasks.reverse(),
            Bug::ListNeverEnds => page.next = page.tasks.last().map(|task| Cursor::after(task.id)),
            _ => {}
        }
        Ok(page)
    }

    async fn changed_since(&self, seen: &[Seen]) -> Result<Changes> {
        let mut bent = seen.to_vec();
        for seen in &mut bent {
            match self.bug {
                Bug::ChangedSinceIgnoresTicks => seen.tick = u64::MAX,
                Bug::ChangedSinceIgnoresStatuses => {
                    seen.status = self
                        .inner
                        .get(seen.id)
                        .await?
                        .map_or(seen.status, |row| row.status);
                }
                _ => {}
            }
        }
        let mut changes = self.inner.changed_since(&bent).await?;
        match self.bug {
            Bug::ChangedSinceAnswersById => changes.tasks.sort_by_key(|task| task.id),
            Bug::ChangedSinceForgetsTheGone => changes.gone.clear(),
            _ => {}
        }
        Ok(changes)
    }

    async fn workers(&self, shown: u32) -> Result<Vec<WorkerRow>> {
        let asked = match self.bug {
            Bug::WorkersIgnoresTheBound => u32::MAX,
            _ => shown,
        };
        let mut rows = self.inner.workers(asked).await?;
        self.spoil_workers(&mut rows).await?;
        Ok(rows)
    }

    async fn stats(&self, window: Duration) -> Result<Stats> {
        let asked = match self.bug {
            Bug::StatsIgnoresTheWindow => Duration::MAX,
            _ => window,
        };
        let mut stats = self.inner.stats(asked).await?;
        stats.window = window;
        if self.has(Bug::StatsForgetsTheOldestDue) {
            stats.oldest_due = None;
        }
        if self.has(Bug::StatsTellsTheTimeOfTheWindow) {
            stats.now -= window;
        }
        Ok(stats)
    }

    async fn ping(&self) -> Result<()> {
        self.inner.ping().await
    }

    fn wakeups(&self) -> Wakeups {
        if self.has(Bug::WakesNobody) {
            Wakeups::never()
        } else {
            self.inner.wakeups()
        }
    }

    fn announced(&self, tasks: &[Task]) {
        if !self.has(Bug::AnnouncedWakesNobody) {
            self.inner.announced(tasks);
        }
    }
}
