//! How a decorator puts itself around every method of a store.

use futures_util::future::BoxFuture;
use leyline_core::store::Result;

/// One sending of a call.
pub(crate) type Call<'a, T> = BoxFuture<'a, Result<T>>;

/// Implements `TaskStore` for a decorator with a field `inner`, a method `around(Method, impl FnMut() -> Call<T>)` that
/// every call goes through, and a method `wakeups_of_inner()`.
macro_rules! store_around {
    ($decorator:ty) => {
        $crate::faulty::store_around! { @impl $decorator,
                Insert insert(tasks: &[NewTask]) -> Vec<Result<Inserted>>;
                Claim claim(request: &ClaimRequest) -> Vec<Claimed>;
                Finish finish(finishes: &[Finish]) -> Vec<Result<Task>>;
                Beat beat(beat: &Beat) -> BeatReply;
                Rescue rescue(rescue: &Rescue) -> Rescued;
                Checkpoint checkpoint(claim: &Claim, checkpoint: &Json) -> ();
                Cancel cancel(id: TaskId, expected: Option<u64>) -> Task;
                Requeue requeue(id: TaskId, expected: Option<u64>) -> Task;
                Delete delete(id: TaskId, expected: Option<u64>) -> Task;
                Prune prune(older_than: Duration, limit: u32) -> Vec<Task>;
                Get get(id: TaskId) -> Option<Task>;
                List list(query: &ListQuery) -> Page;
                ChangedSince changed_since(seen: &[Seen]) -> Changes;
                Workers workers(shown: u32) -> Vec<WorkerRow>;
                Stats stats(window: Duration) -> Stats;
                Ping ping() -> ();
        }
    };
    (@impl $decorator:ty, $($method:ident $name:ident($($arg:ident: $ty:ty),*) -> $answer:ty;)*) => {
        #[async_trait::async_trait]
        impl leyline_core::TaskStore for $decorator {
            $(async fn $name(&self, $($arg: $ty),*) -> Result<$answer> {
                self.around(Method::$method, || self.inner.$name($($arg),*)).await
            })*

            fn wakeups(&self) -> Wakeups {
                self.wakeups_of_inner()
            }

            fn announced(&self, tasks: &[Task]) {
                self.inner.announced(tasks);
            }
        }
    };
}

pub(crate) use store_around;
