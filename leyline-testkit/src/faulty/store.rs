//! The decorator.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use leyline_core::store::{
    Beat, BeatReply, Changes, ClaimRequest, Claimed, Error, Finish, Inserted, ListQuery, Page, Rescue,
    Rescued, Result, Seen, Stats, Wakeups, WorkerRow,
};
use leyline_core::{Claim, Json, NewTask, Task, TaskId, TaskStore};

use super::plan::Plan;
use super::{Call, Fault, Method, When, store_around};

/// A store that fails on purpose, around any other. Without planned faults it is that store, and passes its suite.
///
/// Share it as an `Arc`, to plan faults and read counts while it is in use:
///
/// ```
/// use std::sync::Arc;
///
/// use leyline_core::{Env, MemoryStore, TaskStore as _};
/// use leyline_testkit::{Fault, FaultyStore, Method, When};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let store = FaultyStore::new(Arc::new(MemoryStore::new(Env::system())));
/// store.plan(Method::Ping, Fault::Unavailable, When::Next(1));
/// assert!(store.ping().await.is_err());
/// assert!(store.ping().await.is_ok());
/// assert_eq!((store.calls(Method::Ping), store.faults(Method::Ping)), (2, 1));
/// # }
/// ```
pub struct FaultyStore {
    inner: Arc<dyn TaskStore>,
    plan: Mutex<Plan>,
}

impl FaultyStore {
    /// Around this store, with no faults planned. Odds are drawn from the seed 0.
    pub fn new(inner: Arc<dyn TaskStore>) -> Self {
        Self::seeded(inner, 0)
    }

    /// Around this store, with no faults planned. The seed decides what [`When::Odds`] draws, so that a run can be repeated.
    pub fn seeded(inner: Arc<dyn TaskStore>, seed: u64) -> Self {
        Self {
            inner,
            plan: Mutex::new(Plan::seeded(seed)),
        }
    }

    /// Plans a fault of this method. Of several that apply to a call, the first planned decides.
    pub fn plan(&self, method: Method, fault: Fault, when: When) {
        self.lock().add(Some(method), fault, when);
    }

    /// Plans a fault of every method; the calls of all of them are counted together.
    pub fn plan_all(&self, fault: Fault, when: When) {
        self.lock().add(None, fault, when);
    }

    /// Takes every plan back; what was counted stays.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// From now on [`wakeups`](TaskStore::wakeups) gives some that never rise: every hint is lost (invariant 1).
    pub fn lose_wakeups(&self) {
        self.lock().deaf = true;
    }

    /// How many calls of this method came in, failed or not.
    pub fn calls(&self, method: Method) -> u64 {
        self.lock().calls(method)
    }

    /// How many calls of this method were made to fail.
    pub fn faults(&self, method: Method) -> u64 {
        self.lock().faults(method)
    }

    fn lock(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn around<'a, T: Send>(
        &'a self,
        method: Method,
        call: impl FnOnce() -> Call<'a, T> + Send,
    ) -> Result<T> {
        let fault = self.lock().decide(method);
        match fault {
            None => call().await,
            Some(Fault::Unavailable) => Err(Error::unavailable("a planned fault: nothing was done")),
            Some(Fault::UnknownUndone) => Err(Error::unknown("a planned fault: the call got lost")),
            Some(Fault::UnknownDone) => {
                drop(call().await);
                Err(Error::unknown("a planned fault: the answer got lost"))
            }
            Some(Fault::SilentUndone) => std::future::pending().await,
            Some(Fault::SilentDone) => {
                drop(call().await);
                std::future::pending().await
            }
        }
    }

    fn wakeups_of_inner(&self) -> Wakeups {
        if self.lock().deaf {
            Wakeups::never()
        } else {
            self.inner.wakeups()
        }
    }
}

store_around!(FaultyStore);
