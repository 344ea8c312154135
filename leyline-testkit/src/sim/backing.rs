//! What a store author hands in.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use leyline_core::store::memory::MemoryImage;
use leyline_core::{Env, MemoryStore, TaskStore};

/// A store under simulation.
///
/// It has to work under paused time on one thread: its calls wait for nothing but their own work and `tokio::time`, use no
/// threads of their own (an answer from another thread comes at a random moment, and the paused clock runs ahead of it),
/// take times from the [`Env`] they are given, and no order from a hash map. Then a seed repeats.
pub trait Backing: Send + Sync + 'static {
    /// The store, empty at first.
    fn store(&self) -> Arc<dyn TaskStore>;

    /// A backup of everything, to [`restore`](Self::restore). The default has none: then nothing is lost in an outage, and
    /// no run goes back in time.
    fn image(&self) -> Option<Image> {
        None
    }

    /// Puts everything back to how it was at an image of this store, workers' rows among it.
    fn restore(&self, image: &Image) {
        let _ = image;
    }
}

/// A backup of a store, of whatever form it likes.
#[derive(Clone)]
pub struct Image(Arc<dyn Any + Send + Sync>);

impl Image {
    /// Wraps a backup.
    pub fn new(image: impl Any + Send + Sync) -> Self {
        Self(Arc::new(image))
    }

    /// The backup, if it is of this type.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Image")
    }
}

/// The in-memory store, which is simulated by default.
pub(super) struct Memory(Arc<MemoryStore>);

impl Memory {
    pub(super) fn new(env: Env) -> Self {
        Self(Arc::new(MemoryStore::new(env)))
    }
}

impl Backing for Memory {
    fn store(&self) -> Arc<dyn TaskStore> {
        Arc::clone(&self.0) as Arc<dyn TaskStore>
    }

    fn image(&self) -> Option<Image> {
        Some(Image::new(self.0.image()))
    }

    fn restore(&self, image: &Image) {
        if let Some(image) = image.get::<MemoryImage>() {
            self.0.restore(image);
        }
    }
}
