//! The handle: where the bytes lie, and how large a part of them is held in memory.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;

use super::error::Error;
use super::{key, local};
use crate::env::Env;
use crate::task::{Claim, TaskId};

/// Part size on local disks, where a part is one write.
const LOCAL_PART: usize = 512 * 1024;
/// Part size elsewhere: S3 takes none below 5 MiB but the last.
const REMOTE_PART: usize = 8 * 1024 * 1024;

/// A blob store. Clones share it.
#[derive(Clone)]
pub struct Blobs {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) env: Env,
    /// Bytes gathered before they are sent on; a writer holds at most two parts.
    pub(super) part: usize,
    /// The folder, for a store of local files.
    pub(super) root: Option<Arc<PathBuf>>,
}

impl Blobs {
    /// Over any [`ObjectStore`]. Its writes must be durable when they return, and its lists ordered by key, as those of the
    /// clouds are.
    pub fn new(store: Arc<dyn ObjectStore>, env: Env) -> Self {
        Self {
            store,
            env,
            part: REMOTE_PART,
            root: None,
        }
    }

    /// Over a folder of local files, made if absent. A file is written under another name, made durable (fsync), renamed,
    /// and its folders are made durable too.
    ///
    /// # Errors
    /// The folder can't be made, or can't be used.
    pub fn local(folder: impl AsRef<Path>, env: Env) -> Result<Self, Error> {
        let root = local::prepare(folder.as_ref())?;
        let store = LocalFileSystem::new_with_prefix(&root)?.with_fsync(true);
        Ok(Self {
            store: Arc::new(store),
            env,
            part: LOCAL_PART,
            root: Some(Arc::new(root)),
        })
    }

    /// In memory, for tests and demos: nothing survives the process.
    pub fn in_memory(env: Env) -> Self {
        Self {
            part: LOCAL_PART,
            ..Self::new(Arc::new(InMemory::new()), env)
        }
    }

    /// The object store underneath.
    pub fn object_store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    pub(crate) fn upload_key(&self, task: TaskId) -> String {
        key::upload(task, &self.env)
    }

    pub(crate) fn result_key(&self, claim: &Claim, name: &str) -> String {
        key::result(claim, name, &self.env)
    }
}

impl fmt::Debug for Blobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blobs")
            .field("store", &self.store.to_string())
            .finish_non_exhaustive()
    }
}
