//! Brings a task to where a case begins.

use std::time::Duration;

use leyline_core::store::Outcome;
use leyline_core::{NewTask, Status, Task, TaskStoreExt as _, WorkerId};

use crate::fixtures::{complete, fail, finish, held_at, json, progress, retry, rich_task};
use crate::trial::Trial;

impl Trial {
    /// A pending task with the defaults.
    pub async fn pending(&self) -> Task {
        self.insert(self.new_task()).await
    }

    /// So many pending tasks with the defaults, inserted at once, the oldest first.
    pub async fn pending_batch(&self, n: usize) -> Vec<Task> {
        let batch: Vec<NewTask> = (0..n).map(|_| self.new_task()).collect();
        let answers = self.store.insert(&batch).await.expect("the insert succeeds");
        assert_eq!(answers.len(), n, "there is one answer for each");
        answers
            .into_iter()
            .map(|answer| answer.expect("it is new").task)
            .collect()
    }

    /// A task that is processing under a worker of its own, with counter 1.
    pub async fn processing(&self) -> Task {
        let worker = self.worker().await;
        self.processing_under(worker).await
    }

    /// A task that is processing under this worker.
    pub async fn processing_under(&self, worker: WorkerId) -> Task {
        let task = self.pending().await;
        self.claim(worker, &task).await.task
    }

    /// A task with the defaults in this status.
    pub async fn in_status(&self, status: Status) -> Task {
        match status {
            Status::Pending => self.pending().await,
            Status::Processing => self.processing().await,
            _ => {
                let task = self.processing().await;
                self.end(&task, status).await
            }
        }
    }

    /// A pending task in which every field that can be is filled: it has been claimed, has failed once, has progressed,
    /// and was rescued once. Its attempt is 1.
    pub async fn rich_pending(&self) -> Task {
        let task = self.insert(rich_task(self.task_id())).await;
        self.advance(Duration::from_secs(3)).await;
        let first = self.claim(self.worker().await, &task).await.task;
        self.finish(&first, retry(Duration::from_secs(2))).await;
        self.advance(Duration::from_secs(2)).await;
        let worker = self.worker().await;
        let second = self.claim(worker, &task).await.task;
        self.leave_traces(&second, 2).await;
        let mut rescued = self.rescue(&[(worker, 2)], 9).await.tasks;
        assert_eq!(rescued.len(), 1, "the worker had one task");
        rescued.remove(0)
    }

    /// A task in this status in which every field that can be is filled. A processing one is at attempt 2.
    pub async fn rich(&self, status: Status) -> Task {
        let task = self.rich_pending().await;
        if status == Status::Pending {
            return task;
        }
        let worker = self.worker().await;
        let task = self.claim(worker, &task).await.task;
        self.leave_traces(&task, 2).await;
        match status {
            Status::Processing => self.row(task.id).await,
            _ => self.end(&task, status).await,
        }
    }

    /// Ends a claim, which has to hold.
    pub async fn finish(&self, task: &Task, outcome: Outcome) -> Task {
        self.store
            .finish_one(finish(task, outcome))
            .await
            .expect("the claim holds")
    }

    /// Brings a processing task to its end.
    pub async fn end(&self, task: &Task, status: Status) -> Task {
        match status {
            Status::Completed => self.finish(task, complete()).await,
            Status::Failed => self.finish(task, fail()).await,
            Status::Cancelled => self.store.cancel(task.id, None).await.expect("it is processing"),
            Status::Pending | Status::Processing => panic!("{status} is not an end"),
        }
    }

    /// Stores progress with tick 5, by a beat with this counter, and a checkpoint.
    async fn leave_traces(&self, task: &Task, counter: u64) {
        let claim = task.claim().expect("the task is processing");
        let reply = self
            .beat(claim.worker, counter, vec![held_at(task, progress(5))])
            .await;
        assert_eq!(reply.lost, [], "the claim holds");
        let checkpoint = json(r#"{"frame":5}"#);
        self.store
            .checkpoint(&claim, &checkpoint)
            .await
            .expect("the claim holds");
    }
}
