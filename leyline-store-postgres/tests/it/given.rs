//! A server for this binary, and a schema for each test.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use leyline_core::env::Clock as _;
use leyline_core::{TaskStore, Timestamp};
use leyline_store_postgres::{PostgresOptions, PostgresStore, sqlx};
use leyline_testkit::{ManualClock, Subject};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};

/// A store whose clock is moved by hand.
pub(crate) struct OnManualClock {
    store: Arc<PostgresStore>,
    clock: ManualClock,
    schema: String,
}

pub(crate) fn url() -> String {
    std::env::var("LEYLINE_TEST_POSTGRES_URL").expect("a server")
}

/// A schema that no other test uses.
pub(crate) fn options() -> PostgresOptions {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut options = PostgresOptions::url(&url()).expect("it is a URL");
    let nth = NEXT.fetch_add(1, Ordering::Relaxed);
    options.schema = format!("it_{}_{nth}", std::process::id());
    options.allow_lossy = true;
    options
}

pub(crate) async fn on_manual_clock(set: impl FnOnce(&mut PostgresOptions)) -> OnManualClock {
    let mut options = options();
    set(&mut options);
    let schema = options.schema.clone();
    let store = PostgresStore::open(options).await.expect("it opens");
    let subject = OnManualClock {
        store: Arc::new(store),
        clock: ManualClock::new(),
        schema,
    };
    subject.set_clock().await;
    subject
}

impl OnManualClock {
    /// Puts another clock in the place of the store's.
    async fn set_clock(&self) {
        let now: Timestamp = self.clock.now();
        let text = format!(
            "CREATE OR REPLACE FUNCTION {}.now() RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT TIMESTAMPTZ '{now}' $$",
            self.schema
        );
        execute(&text).await;
    }
}

/// Runs statements as somebody else would.
pub(crate) async fn execute(text: &str) {
    let options: sqlx::postgres::PgConnectOptions = url().parse().expect("it is a URL");
    let mut connection = options.connect().await.expect("connects");
    connection
        .execute(sqlx::raw_sql(AssertSqlSafe(text.to_owned())))
        .await
        .expect("runs");
}

#[async_trait::async_trait]
impl Subject for OnManualClock {
    fn store(&self) -> Arc<dyn TaskStore> {
        Arc::clone(&self.store) as Arc<dyn TaskStore>
    }

    async fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.set_clock().await;
    }
}

/// The same store behind a pooler.
pub(crate) fn through_pgbouncer(options: &PostgresOptions) -> PostgresOptions {
    let mut pooled =
        PostgresOptions::url("postgres://postgres@127.0.0.1:6499/postgres").expect("it is a URL");
    pooled.schema.clone_from(&options.schema);
    pooled.allow_lossy = true;
    pooled.pooled = true;
    pooled
}
