//! A task store and a blob store that fail when they are told to.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use leyline_core::store::{
    Beat, BeatReply, Changes, ClaimRequest, Claimed, Error, Finish, Inserted, ListQuery, Page, Rescue,
    Rescued, Result, Seen, Stats, Wakeups, WorkerRow,
};
use leyline_core::{Claim, Env, Json, MemoryStore, NewTask, Task, TaskId, TaskStore};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, UploadPart,
};
use tokio::sync::watch;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Trouble {
    None,
    Full,
    Unavailable,
    /// The insert takes effect, and nobody is told.
    Unknown,
    Broken,
    Stopped,
}

/// Switches the trouble on and off. Clones share it.
#[derive(Clone)]
pub(crate) struct Switch {
    trouble: Arc<AtomicU8>,
    /// Comparisons of what is watched that failed.
    failed: Arc<watch::Sender<usize>>,
}

impl Switch {
    pub(crate) fn set(&self, trouble: Trouble) {
        self.trouble.store(trouble as u8, Ordering::SeqCst);
    }

    fn is(&self, trouble: Trouble) -> bool {
        self.trouble.load(Ordering::SeqCst) == trouble as u8
    }

    /// Waits until so many comparisons with the store have failed.
    pub(crate) async fn comparisons_failed(&self, count: usize) {
        let mut failed = self.failed.subscribe();
        failed.wait_for(|failed| *failed >= count).await.unwrap();
    }

    fn check(&self) -> Result<()> {
        let secret = || std::io::Error::other("a secret path");
        if self.is(Trouble::Full) {
            Err(Error::Full {
                source: secret().into(),
            })
        } else if self.is(Trouble::Unavailable) {
            Err(Error::unavailable(secret()))
        } else if self.is(Trouble::Broken) {
            Err(Error::backend(secret()))
        } else if self.is(Trouble::Stopped) {
            Err(Error::Stopped {
                source: secret().into(),
            })
        } else {
            Ok(())
        }
    }
}

/// A [`MemoryStore`] behind a [`Switch`]. Workers' calls go through, so that trouble meets clients alone.
pub(crate) struct TroubledStore {
    inner: MemoryStore,
    switch: Switch,
}

impl TroubledStore {
    pub(crate) fn new(env: Env) -> (Arc<Self>, Switch) {
        let switch = Switch {
            trouble: Arc::default(),
            failed: Arc::new(watch::channel(0).0),
        };
        (
            Arc::new(Self {
                inner: MemoryStore::new(env),
                switch: switch.clone(),
            }),
            switch,
        )
    }
}

#[async_trait]
impl TaskStore for TroubledStore {
    async fn insert(&self, tasks: &[NewTask]) -> Result<Vec<Result<Inserted>>> {
        self.switch.check()?;
        let inserted = self.inner.insert(tasks).await;
        if self.switch.is(Trouble::Unknown) {
            return Err(Error::unknown(std::io::Error::other("a secret path")));
        }
        inserted
    }

    async fn cancel(&self, id: TaskId, expected: Option<u64>) -> Result<Task> {
        self.switch.check()?;
        self.inner.cancel(id, expected).await
    }

    async fn requeue(&self, id: TaskId, expected: Option<u64>) -> Result<Task> {
        self.switch.check()?;
        self.inner.requeue(id, expected).await
    }

    async fn delete(&self, id: TaskId, expected: Option<u64>) -> Result<Task> {
        self.switch.check()?;
        self.inner.delete(id, expected).await
    }

    async fn get(&self, id: TaskId) -> Result<Option<Task>> {
        // A full disk can still be read.
        if !self.switch.is(Trouble::Full) {
            self.switch.check()?;
        }
        self.inner.get(id).await
    }

    async fn list(&self, query: &ListQuery) -> Result<Page> {
        if !self.switch.is(Trouble::Full) {
            self.switch.check()?;
        }
        self.inner.list(query).await
    }

    async fn changed_since(&self, seen: &[Seen]) -> Result<Changes> {
        if !self.switch.is(Trouble::Full) {
            self.switch
                .check()
                .inspect_err(|_| self.switch.failed.send_modify(|failed| *failed += 1))?;
        }
        self.inner.changed_since(seen).await
    }

    async fn ping(&self) -> Result<()> {
        self.switch.check()
    }

    async fn claim(&self, request: &ClaimRequest) -> Result<Vec<Claimed>> {
        self.inner.claim(request).await
    }

    async fn finish(&self, finishes: &[Finish]) -> Result<Vec<Result<Task>>> {
        self.inner.finish(finishes).await
    }

    async fn beat(&self, beat: &Beat) -> Result<BeatReply> {
        self.inner.beat(beat).await
    }

    async fn rescue(&self, rescue: &Rescue) -> Result<Rescued> {
        self.inner.rescue(rescue).await
    }

    async fn checkpoint(&self, claim: &Claim, checkpoint: &Json) -> Result<()> {
        self.inner.checkpoint(claim, checkpoint).await
    }

    async fn prune(&self, older_than: Duration, limit: u32) -> Result<Vec<Task>> {
        self.inner.prune(older_than, limit).await
    }

    async fn workers(&self, shown: u32) -> Result<Vec<WorkerRow>> {
        self.inner.workers(shown).await
    }

    async fn stats(&self, window: Duration) -> Result<Stats> {
        self.inner.stats(window).await
    }

    fn wakeups(&self) -> Wakeups {
        self.inner.wakeups()
    }

    fn announced(&self, tasks: &[Task]) {
        self.inner.announced(tasks);
    }
}

/// Blobs in memory that run out of room when they are told to.
#[derive(Debug)]
pub(crate) struct FullBlobs {
    inner: InMemory,
    room: Arc<Mutex<usize>>,
}

/// Bytes that still fit.
pub(crate) type Room = Arc<Mutex<usize>>;

impl FullBlobs {
    pub(crate) fn new() -> (Arc<Self>, Room) {
        let room = Arc::new(Mutex::new(usize::MAX));
        (
            Arc::new(Self {
                inner: InMemory::new(),
                room: Arc::clone(&room),
            }),
            room,
        )
    }
}

fn take(room: &Room, bytes: usize) -> object_store::Result<()> {
    let mut room = room.lock().unwrap();
    *room = room
        .checked_sub(bytes)
        .ok_or_else(|| object_store::Error::Generic {
            store: "full",
            source: Box::new(std::io::Error::from(std::io::ErrorKind::StorageFull)),
        })?;
    Ok(())
}

impl fmt::Display for FullBlobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FullBlobs")
    }
}

#[async_trait]
impl ObjectStore for FullBlobs {
    async fn put_opts(
        &self,
        at: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> object_store::Result<PutResult> {
        take(&self.room, payload.content_length())?;
        self.inner.put_opts(at, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        at: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        let inner = self.inner.put_multipart_opts(at, options).await?;
        Ok(Box::new(FullUpload {
            inner,
            room: Arc::clone(&self.room),
        }))
    }

    async fn get_opts(&self, at: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        self.inner.get_opts(at, options).await
    }

    fn delete_stream(
        &self,
        keys: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        self.inner.delete_stream(keys)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

#[derive(Debug)]
struct FullUpload {
    inner: Box<dyn MultipartUpload>,
    room: Room,
}

#[async_trait]
impl MultipartUpload for FullUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let taken = take(&self.room, data.content_length());
        let part = self.inner.put_part(data);
        Box::pin(async move {
            taken?;
            part.await
        })
    }

    async fn complete(&mut self) -> object_store::Result<PutResult> {
        self.inner.complete().await
    }

    async fn abort(&mut self) -> object_store::Result<()> {
        self.inner.abort().await
    }
}
