//! One of several processes on a schema, in this one: a store of its own, a service, its feed, and a worker if it is to have one.

use std::sync::Arc;

use leyline_core::{Builder, CancellationToken, Leyline};
use leyline_store_postgres::PostgresStore;
use tokio::task::JoinSet;

use crate::Result;
use crate::postgres::Server;

/// Connections for calls, the default of a store.
const CONNECTIONS: u32 = 10;

pub(crate) struct Node {
    pub(crate) leyline: Leyline,
    store: PostgresStore,
    stop: CancellationToken,
    running: JoinSet<()>,
}

impl Node {
    pub(crate) async fn start(
        server: &Server,
        schema: &str,
        extend: impl FnOnce(Builder) -> Builder,
    ) -> Result<Self> {
        let store = server.store_over(schema, CONNECTIONS).await?;
        let builder = Leyline::builder(Arc::new(store.clone())).sink(Arc::new(store.sink()));
        let leyline = extend(builder).build()?;
        let stop = CancellationToken::new();
        let mut running = JoinSet::new();
        running.spawn(store.feed(leyline.hub().clone()).run(stop.clone()));
        Ok(Self {
            leyline,
            store,
            stop,
            running,
        })
    }

    pub(crate) fn run_worker(&mut self) {
        let (leyline, stop) = (self.leyline.clone(), self.stop.clone());
        self.running.spawn(async move {
            leyline.run_worker(stop).await;
        });
    }

    /// Its worker drains, its feed and its connections end.
    pub(crate) async fn end(mut self) -> Result {
        self.stop.cancel();
        while let Some(end) = self.running.join_next().await {
            end?;
        }
        self.store.close().await;
        Ok(())
    }
}
