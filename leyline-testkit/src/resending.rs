//! A store that sends again until it gets an answer.

use std::sync::Arc;
use std::time::Duration;

use leyline_core::store::{
    Beat, BeatReply, Changes, ClaimRequest, Claimed, Finish, Inserted, ListQuery, Page, Rescue, Rescued,
    Result, Seen, Stats, Wakeups, WorkerRow,
};
use leyline_core::{Claim, Json, NewTask, Task, TaskId, TaskStore};

use crate::faulty::{Call, Method, store_around};

/// Sends every call again, unchanged, while the answer is a [retryable](leyline_core::store::Error::is_retryable) error
/// (invariant 10). It does not wait in between and never gives up: it is for tests.
pub struct Resending {
    inner: Arc<dyn TaskStore>,
}

impl Resending {
    /// Around this store.
    pub fn new(inner: Arc<dyn TaskStore>) -> Self {
        Self { inner }
    }

    async fn around<'a, T: Send>(
        &'a self,
        _method: Method,
        mut call: impl FnMut() -> Call<'a, T> + Send,
    ) -> Result<T> {
        loop {
            match call().await {
                Err(error) if error.is_retryable() => tokio::task::yield_now().await,
                answer => return answer,
            }
        }
    }

    fn wakeups_of_inner(&self) -> Wakeups {
        self.inner.wakeups()
    }
}

store_around!(Resending);
