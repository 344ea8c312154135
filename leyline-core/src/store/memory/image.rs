//! Images: everything that the store knows at one moment, to go back to.

use super::rows::Rows;
use super::store::MemoryStore;

/// What a [`MemoryStore`] knew at one moment: a backup, for tests of what follows when one is restored.
#[derive(Debug, Clone)]
pub struct MemoryImage(Rows);

impl MemoryStore {
    /// Everything that the store knows now.
    pub fn image(&self) -> MemoryImage {
        MemoryImage(self.with(|rows, _| rows.clone()))
    }

    /// Puts the store back to how it was, and wakes the workers: what has ended since may have to be done again.
    pub fn restore(&self, image: &MemoryImage) {
        self.with(|rows, _| *rows = image.0.clone());
        self.wake();
    }
}

#[cfg(test)]
mod tests {
    use crate::env::{Env, SystemClock};
    use crate::store::{MemoryStore, TaskStore as _, TaskStoreExt as _};
    use crate::task::{Kind, NewTask};

    #[tokio::test]
    async fn a_restored_image_is_the_store_as_it_was() {
        let env = Env::seeded(SystemClock, 1);
        let store = MemoryStore::new(env.clone());
        let task = || NewTask::new(env.task_id(), Kind::new("digest").expect("a kind"));
        let kept = store.insert_one(task()).await.expect("inserted").task;
        let image = store.image();
        let forgotten = store.insert_one(task()).await.expect("inserted").task;
        store.cancel(kept.id, None).await.expect("cancelled");
        let mut wakeups = store.wakeups();
        let seen = wakeups.mark_seen();
        store.restore(&image);
        assert_eq!(store.get(kept.id).await.expect("read"), Some(kept));
        assert_eq!(store.get(forgotten.id).await.expect("read"), None);
        assert_ne!(wakeups.mark_seen(), seen, "workers look again");
    }
}
