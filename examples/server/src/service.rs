//! The stores, opened, and the service over them.

use std::sync::Arc;
use std::time::Duration;

use leyline_core::{Blobs, BuildError, Builder, Env, Leyline, MemoryStore, Options, TaskStore, blob};

use leyline_store_postgres::{Feed, PostgresOptions, PostgresStore};
use leyline_store_sqlite::{SqliteOptions, SqliteStore};

use crate::config::{BlobsUrl, Config, Roles, Secret, StoreUrl};
use crate::processors;

/// How often a process of one role looks whether another has written to the same file.
const OTHERS: Duration = Duration::from_millis(100);

/// Why a service can't be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The task store can't be used.
    #[error("can't use the task store")]
    Sqlite(#[from] leyline_store_sqlite::OpenError),
    /// The task store can't be used.
    #[error("can't use the task store")]
    Postgres(#[from] leyline_store_postgres::OpenError),
    /// The blob store can't be used.
    #[error("can't use the blob store")]
    Blobs(#[from] blob::Error),
    /// A setting is out of its bounds.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// Opens the stores and puts the service together. `extend` may add processors to the ones there are.
///
/// # Errors
/// [`OpenError`].
///
/// # Cancel safety
/// A dropped call leaves at most new folders and a new database behind.
pub async fn open(config: &Config, extend: impl FnOnce(Builder) -> Builder) -> Result<Opened, OpenError> {
    let env = Env::system();
    let Stores { tasks, shared } = open_store(config, &env).await?;
    let blobs = open_blobs(&config.blobs, &env)?;
    let mut builder = Leyline::builder(tasks)
        .env(env)
        .blobs(blobs)
        .options(options(config));
    if let Some(shared) = &shared {
        builder = builder.sink(Arc::new(shared.sink()));
    }
    let leyline = extend(processors::register(builder)).build()?;
    let feed = shared.map(|shared| shared.feed(leyline.hub().clone()));
    Ok(Opened { leyline, feed })
}

/// A service, and what has to run beside it.
pub struct Opened {
    /// The service.
    pub leyline: Leyline,
    /// Brings events of other processes, where there can be any.
    pub feed: Option<Feed>,
}

/// The task store, and the same by its own name where it also carries events between processes.
struct Stores {
    tasks: Arc<dyn TaskStore>,
    shared: Option<PostgresStore>,
}

impl Stores {
    fn alone(tasks: impl TaskStore) -> Self {
        Self {
            tasks: Arc::new(tasks),
            shared: None,
        }
    }
}

fn options(config: &Config) -> Options {
    let mut options = Options::default();
    options.lease_ttl = config.lease_ttl;
    options.max_rescues = config.max_rescues;
    options.retention = config.retention.0;
    if let Some(concurrency) = config.concurrency {
        options.concurrency = concurrency.into();
    }
    options
}

async fn open_store(config: &Config, env: &Env) -> Result<Stores, OpenError> {
    match &config.store {
        StoreUrl::Memory => Ok(Stores::alone(MemoryStore::new(env.clone()))),
        StoreUrl::Sqlite(path) => {
            let mut options = SqliteOptions::file(path);
            if config.roles != Roles::ALL {
                options.cross_process_wakeups = Some(OTHERS);
            }
            Ok(Stores::alone(SqliteStore::open(options).await?))
        }
        StoreUrl::Postgres(url) => {
            let store = open_postgres(config, url).await?;
            Ok(Stores {
                tasks: Arc::new(store.clone()),
                shared: Some(store),
            })
        }
        StoreUrl::Unknown => unreachable!("the configuration was checked"),
    }
}

async fn open_postgres(config: &Config, url: &Secret) -> Result<PostgresStore, OpenError> {
    let mut options = PostgresOptions::url(&url.0)?;
    if let Some(listen) = &config.store_listen {
        options = options.listen_url(&listen.0)?;
    }
    options.schema.clone_from(&config.store_schema);
    options.max_connections = config.store_connections;
    options.pooled = config.store_pooled;
    Ok(PostgresStore::open(options).await?)
}

fn open_blobs(url: &BlobsUrl, env: &Env) -> Result<Blobs, OpenError> {
    match url {
        BlobsUrl::Memory => Ok(Blobs::in_memory(env.clone())),
        BlobsUrl::File(folder) => Ok(Blobs::local(folder, env.clone())?),
    }
}
