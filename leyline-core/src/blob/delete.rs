//! Deleting: rows first, bytes after.

use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use tracing::debug;

use super::blobs::Blobs;
use super::error::Error;
use super::local;
use crate::task::Task;

impl Blobs {
    /// Removes these blobs as far as they can be removed; the sweeper removes the others.
    pub(crate) async fn delete(&self, keys: &[String]) {
        for key in keys {
            match self.remove(key).await {
                Ok(()) => self.remove_folders(key).await,
                Err(error) => debug!(%error, key, "could not remove a blob; it is swept"),
            }
        }
    }

    /// Removes the blobs that a removed task named.
    pub(crate) async fn delete_of(&self, task: &Task) {
        let artifacts = task.output.iter().flat_map(|output| &output.artifacts);
        let keys: Vec<String> = task
            .input
            .iter()
            .chain(artifacts)
            .map(|blob| blob.key.clone())
            .collect();
        self.delete(&keys).await;
    }

    /// Removes one blob; one that is not there is no error.
    pub(super) async fn remove(&self, key: &str) -> Result<(), Error> {
        match self.store.delete(&Path::from(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn remove_folders(&self, key: &str) {
        if let Some(root) = self.root.clone() {
            let key = key.to_owned();
            let remove = move || local::remove_empty_folders(&root, &key);
            if let Err(error) = tokio::task::spawn_blocking(remove).await {
                debug!(%error, "could not remove empty folders");
            }
        }
    }
}
