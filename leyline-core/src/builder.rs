//! Putting a service together.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::blob::Blobs;
use crate::env::Env;
use crate::hub::Hub;
use crate::leyline::{Leyline, Service};
use crate::options::{KindOptions, Options};
use crate::processor::Processor;
use crate::publisher::Publisher;
use crate::sink::ProgressSink;
use crate::store::TaskStore;
use crate::task::{Kind, MAX_PRIORITY, ParseKindError};
use crate::worker::Registered;

/// Puts a [`Leyline`] together; see [`Leyline::builder`].
pub struct Builder {
    store: Arc<dyn TaskStore>,
    blobs: Option<Blobs>,
    env: Env,
    options: Options,
    kinds: BTreeMap<String, KindOptions>,
    processors: BTreeMap<String, Arc<dyn Processor>>,
    sinks: Vec<Arc<dyn ProgressSink>>,
}

/// A service can't be put together so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A kind's name is not one.
    #[error("{kind:?} is not a kind: {source}")]
    Kind {
        /// The name.
        kind: String,
        /// What a kind is.
        source: ParseKindError,
    },
    /// An option is out of its bounds.
    #[error("the option {option} {reason}")]
    Option {
        /// Its name.
        option: &'static str,
        /// What it must be.
        reason: &'static str,
    },
}

impl Builder {
    pub(crate) fn new(store: Arc<dyn TaskStore>) -> Self {
        Self {
            store,
            blobs: None,
            env: Env::system(),
            options: Options::default(),
            kinds: BTreeMap::new(),
            processors: BTreeMap::new(),
            sinks: Vec::new(),
        }
    }

    /// Where uploads and artifacts lie. Without it the service takes no files.
    #[must_use]
    pub fn blobs(mut self, blobs: Blobs) -> Self {
        self.blobs = Some(blobs);
        self
    }

    /// The code for tasks of this kind; the kind is declared with it.
    #[must_use]
    pub fn processor(mut self, kind: &str, processor: impl Processor) -> Self {
        self.processors.insert(kind.to_owned(), Arc::new(processor));
        self.kinds.entry(kind.to_owned()).or_default();
        self
    }

    /// Declares a kind, with its options: for a processor of this service, or for one that other processes run, so that an
    /// api-only node accepts it.
    #[must_use]
    pub fn kind(mut self, kind: &str, options: KindOptions) -> Self {
        self.kinds.insert(kind.to_owned(), options);
        self
    }

    /// Another way out for events, beside the local hub.
    #[must_use]
    pub fn sink(mut self, sink: Arc<dyn ProgressSink>) -> Self {
        self.sinks.push(sink);
        self
    }

    /// Clock, randomness and ids; default the operating system's.
    #[must_use]
    pub fn env(mut self, env: Env) -> Self {
        self.env = env;
        self
    }

    /// The settings; default [`Options::default`].
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Puts the service together. Nothing runs yet.
    ///
    /// # Errors
    /// [`BuildError`] names what can't be.
    pub fn build(self) -> Result<Leyline, BuildError> {
        let Self {
            store,
            blobs,
            env,
            options,
            kinds,
            mut processors,
            sinks,
        } = self;
        check(&options)?;
        let mut declared = BTreeMap::new();
        let mut registered = BTreeMap::new();
        for (name, options) in kinds {
            let kind = Kind::new(&name).map_err(|source| BuildError::Kind {
                kind: name.clone(),
                source,
            })?;
            check_kind(&options)?;
            if let Some(processor) = processors.remove(&name) {
                registered.insert(
                    kind.clone(),
                    Registered {
                        processor,
                        options: options.clone(),
                    },
                );
            }
            declared.insert(kind, options);
        }
        let hub = Hub::new(Arc::clone(&store), options.poll_interval);
        let publisher = Publisher::new(hub, sinks, options.remote_progress_per_second);
        Ok(Leyline::new(Service::new(
            store, blobs, env, options, declared, registered, publisher,
        )))
    }
}

/// Longest time an option takes, so that sums of a few never overflow.
const MAX_TIME: Duration = Duration::from_hours(366 * 24);
/// Most slots of a worker.
const MAX_CONCURRENCY: usize = 65_536;

fn check(options: &Options) -> Result<(), BuildError> {
    for (option, time) in [
        ("lease_ttl", options.lease_ttl),
        ("poll_interval", options.poll_interval),
        ("drain_wait", options.drain_wait),
        ("drain_signal", options.drain_signal),
        ("cancel_grace", options.cancel_grace),
    ] {
        demand(time <= MAX_TIME, option, "is at most 366 days")?;
    }
    demand(
        options.concurrency <= MAX_CONCURRENCY,
        "concurrency",
        "is at most 65,536",
    )?;
    let min = Duration::from_millis(30);
    demand(options.lease_ttl >= min, "lease_ttl", "is at least 30 ms")?;
    demand(
        !options.poll_interval.is_zero(),
        "poll_interval",
        "is more than zero",
    )
}

fn check_kind(options: &KindOptions) -> Result<(), BuildError> {
    demand(options.max_attempts >= 1, "max_attempts", "is at least 1")?;
    demand(options.priority <= MAX_PRIORITY, "priority", "is 0 to 9")?;
    demand(
        options.concurrency != Some(0),
        "concurrency",
        "is at least 1, or None",
    )
}

fn demand(holds: bool, option: &'static str, reason: &'static str) -> Result<(), BuildError> {
    if holds {
        Ok(())
    } else {
        Err(BuildError::Option { option, reason })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("options", &self.options)
            .field("kinds", &self.kinds)
            .finish_non_exhaustive()
    }
}
