//! The sweep: what crashes, zombies and unknown outcomes left behind goes, and only what the store says is unreferenced.
//!
//! Results go if their task is absent, or past the revision in their key and not naming it. Uploads go if their task does not
//! name them and they are older than the grace time, by the blob store's own clock: the sweep writes an object first, and
//! that one's time is now. So any number of workers may sweep at once, at any moment.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use object_store::path::Path;
use object_store::{ObjectStore as _, ObjectStoreExt as _};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::blobs::Blobs;
use super::error::Error as BlobError;
use super::key::{self, Place};
use super::local;
use crate::causes::Causes;
use crate::error::Error;
use crate::metrics;
use crate::store::{TaskStore, TaskStoreExt as _};
use crate::task::{Task, TaskId};

/// Time between two full sweeps.
const DAY: Duration = Duration::from_hours(24);
/// How often a worker looks whether a sweep is due, jittered.
const LOOK: Duration = Duration::from_mins(30);
/// A sweep that has not come further for this long was interrupted: another worker goes on with it.
const STALLED: Duration = Duration::from_mins(10);
/// Keys judged between two looks at the stop signal. Every page is one read of the store, and one place to go on from.
const PAGE: usize = 1_000;

/// Removes unreferenced blobs.
#[derive(Clone)]
pub struct Sweeper {
    blobs: Blobs,
    store: Arc<dyn TaskStore>,
    grace: Duration,
}

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Swept {
    /// Blobs looked at.
    pub seen: usize,
    /// Unreferenced blobs removed.
    pub removed: usize,
    /// Temporary files removed that a crash had left.
    pub leftovers: usize,
}

/// How far the sweep has come; kept in the blob store, so that a restart goes on.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    /// The last key judged; `None` when the sweep is complete.
    after: Option<String>,
    /// When this was written, by the writer's clock. It only decides when to sweep again, never what goes.
    at: Option<Timestamp>,
}

impl Sweeper {
    /// A sweeper of the blobs that tasks in `store` refer to. `grace` (default 24 h) must be longer than any upload may take
    /// from its last byte to its row.
    pub fn new(blobs: Blobs, store: Arc<dyn TaskStore>, grace: Duration) -> Self {
        Self { blobs, store, grace }
    }

    /// Sweeps once a day until `stop`, going on where an interrupted sweep ended.
    ///
    /// # Cancel safety
    /// Safe to drop.
    pub async fn run(&self, stop: CancellationToken) {
        loop {
            let pause = LOOK.mul_f64(0.5 + self.blobs.env.random_fraction());
            tokio::select! { biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            let sweep = async {
                match self.due().await? {
                    Some(after) => self.sweep_from(after).await.map(Some),
                    None => Ok(None),
                }
            };
            let swept = tokio::select! { biased;
                () = stop.cancelled() => return,
                swept = sweep => swept,
            };
            match swept {
                Ok(Some(Swept {
                    seen,
                    removed,
                    leftovers,
                })) => info!(seen, removed, leftovers, "swept"),
                Ok(None) => {}
                Err(error) => warn!(error = %Causes(&error), "the sweep was interrupted; it goes on later"),
            }
        }
    }

    /// One full sweep, now.
    ///
    /// # Errors
    /// What the store or the blob store answers; what was removed until then is removed.
    ///
    /// # Cancel safety
    /// Safe to drop.
    pub async fn sweep(&self) -> Result<Swept, Error> {
        self.sweep_from(None).await
    }

    /// Where to begin, if a sweep is due.
    async fn due(&self) -> Result<Option<Option<String>>, Error> {
        let state = self.load().await?;
        let Some(at) = state.at else { return Ok(Some(None)) };
        let age = self.blobs.env.now().duration_since(at).unsigned_abs();
        let wait = if state.after.is_some() { STALLED } else { DAY };
        Ok((age >= wait).then_some(state.after))
    }

    async fn sweep_from(&self, mut after: Option<String>) -> Result<Swept, Error> {
        let mut swept = Swept::default();
        loop {
            let now = self.save(after.clone()).await?;
            let page = self.page(after.as_deref()).await?;
            let Some(last) = page.last_key_value().map(|(key, _)| key.clone()) else {
                break;
            };
            swept.seen += page.len();
            swept.removed += self.judge(page, now).await?;
            after = Some(last);
        }
        swept.leftovers = self.remove_leftovers().await?;
        self.save(None).await?;
        Ok(swept)
    }

    /// Removes what is unreferenced on one page.
    async fn judge(&self, page: BTreeMap<String, SystemTime>, now: SystemTime) -> Result<usize, Error> {
        let placed: Vec<(String, Place, SystemTime)> = page
            .into_iter()
            .filter_map(|(key, at)| key::parse(&key).map(|place| (key, place, at)))
            .collect();
        let ids: BTreeSet<TaskId> = placed.iter().map(|(_, place, _)| place.task()).collect();
        let ids: Vec<TaskId> = ids.into_iter().collect();
        // Read after the list: a row that appears from now on names nothing that is old enough to go.
        let tasks = self.store.get_many(&ids).await?;
        let tasks: BTreeMap<TaskId, Task> = tasks.into_iter().map(|task| (task.id, task)).collect();
        let mut removed = 0;
        for (key, place, at) in placed {
            let old = now.duration_since(at).is_ok_and(|age| age >= self.grace);
            if is_garbage(&key, place, tasks.get(&place.task()), old) {
                self.blobs.remove(&key).await?;
                removed += 1;
            }
        }
        metrics::blobs_swept(removed);
        Ok(removed)
    }

    /// The first keys behind `after`, with the times at which they were written. A list of local files comes in no order, so
    /// all of it is read, holding only the lowest keys.
    async fn page(&self, after: Option<&str>) -> Result<BTreeMap<String, SystemTime>, BlobError> {
        let mut page = BTreeMap::new();
        for top in [key::RESULTS, key::UPLOADS] {
            let prefix = Path::from(top);
            let mut list = match after {
                Some(after) => self
                    .blobs
                    .store
                    .list_with_offset(Some(&prefix), &Path::from(after)),
                None => self.blobs.store.list(Some(&prefix)),
            };
            while let Some(found) = list.try_next().await? {
                let key = found.location.to_string();
                if after.is_some_and(|after| key.as_str() <= after) {
                    continue;
                }
                page.insert(key, found.last_modified.into());
                if page.len() > PAGE {
                    page.pop_last();
                    if self.blobs.root.is_none() {
                        return Ok(page);
                    }
                }
            }
        }
        Ok(page)
    }

    async fn remove_leftovers(&self) -> Result<usize, Error> {
        let Some(root) = self.blobs.root.clone() else {
            return Ok(0);
        };
        let now = self.save(None).await?;
        let before = now.checked_sub(self.grace).unwrap_or(SystemTime::UNIX_EPOCH);
        let remove = move || local::remove_leftovers(&root, before);
        let removed = tokio::task::spawn_blocking(remove)
            .await
            .map_err(object_store::Error::from);
        Ok(removed.map_err(BlobError::from)?.map_err(BlobError::from)?)
    }

    async fn load(&self) -> Result<State, BlobError> {
        let found = match self.blobs.store.get(&Path::from(key::SWEEP_STATE)).await {
            Ok(found) => found.bytes().await?,
            Err(object_store::Error::NotFound { .. }) => return Ok(State::default()),
            Err(error) => return Err(error.into()),
        };
        // A state that can't be read is as good as none: the sweep begins anew.
        Ok(serde_json::from_slice(&found).unwrap_or_default())
    }

    /// Keeps the state, and gives the blob store's time.
    async fn save(&self, after: Option<String>) -> Result<SystemTime, BlobError> {
        let at = Some(self.blobs.env.now());
        let state = serde_json::to_vec(&State { after, at }).unwrap_or_default();
        let path = Path::from(key::SWEEP_STATE);
        self.blobs.store.put(&path, state.into()).await?;
        Ok(self.blobs.store.head(&path).await?.last_modified.into())
    }
}

impl fmt::Debug for Sweeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sweeper")
            .field("blobs", &self.blobs)
            .field("grace", &self.grace)
            .finish_non_exhaustive()
    }
}

/// The rules of deleting, all of them.
fn is_garbage(key: &str, place: Place, task: Option<&Task>, old: bool) -> bool {
    match (place, task) {
        (Place::Result { .. }, None) => true,
        (Place::Result { revision, .. }, Some(task)) => {
            task.revision > revision && !names_artifact(task, key)
        }
        (Place::Upload { .. }, None) => old,
        (Place::Upload { .. }, Some(task)) => old && task.input.as_ref().is_none_or(|input| input.key != key),
    }
}

fn names_artifact(task: &Task, key: &str) -> bool {
    let mut artifacts = task.output.iter().flat_map(|output| &output.artifacts);
    artifacts.any(|artifact| artifact.key == key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::{Env, TokioClock};
    use crate::store::MemoryStore;

    fn sweeper() -> Sweeper {
        let epoch = Timestamp::UNIX_EPOCH;
        let env = Env::seeded(TokioClock::starting_at(epoch), 1);
        let store = Arc::new(MemoryStore::new(env.clone()));
        Sweeper::new(Blobs::in_memory(env), store, DAY)
    }

    /// Garbage: an artifact of a task that is not there.
    fn garbage(n: u8) -> Path {
        let task = TaskId::from_bytes([n; 16]);
        Path::from(format!("results/{task}/2-0000000000000000/result"))
    }

    impl Sweeper {
        async fn put(&self, n: u8) {
            let object_store = &self.blobs.store;
            object_store
                .put(&garbage(n), "garbage".into())
                .await
                .expect("put");
        }

        async fn has(&self, n: u8) -> bool {
            self.blobs.store.head(&garbage(n)).await.is_ok()
        }
    }

    fn begin(sweeper: &Sweeper) -> CancellationToken {
        let (sweeper, stop) = (sweeper.clone(), CancellationToken::new());
        let stops = stop.clone();
        tokio::spawn(async move { sweeper.run(stops).await });
        stop
    }

    #[tokio::test(start_paused = true)]
    async fn a_sweep_comes_soon_after_the_first_start_and_then_once_a_day() {
        let sweeper = sweeper();
        sweeper.put(1).await;
        let stop = begin(&sweeper);
        tokio::time::sleep(LOOK * 2).await;
        assert!(!sweeper.has(1).await);
        sweeper.put(2).await;
        tokio::time::sleep(DAY.saturating_sub(LOOK * 3)).await;
        assert!(sweeper.has(2).await, "not before a day has passed");
        tokio::time::sleep(LOOK * 5).await;
        assert!(!sweeper.has(2).await);
        stop.cancel();
    }

    #[tokio::test(start_paused = true)]
    async fn an_interrupted_sweep_goes_on_behind_its_last_key() {
        let sweeper = sweeper();
        for n in 1..=3 {
            sweeper.put(n).await;
        }
        sweeper.save(Some(garbage(2).to_string())).await.expect("saved");
        assert_eq!(
            sweeper.due().await.expect("read"),
            None,
            "another worker may be at it"
        );
        let stop = begin(&sweeper);
        tokio::time::sleep(LOOK * 2).await;
        assert!(sweeper.has(1).await && sweeper.has(2).await && !sweeper.has(3).await);
        tokio::time::sleep(DAY + LOOK * 2).await;
        assert!(!sweeper.has(1).await && !sweeper.has(2).await);
        stop.cancel();
    }
}
