//! A server for this binary, and a schema for each test.

use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use leyline_core::env::Clock as _;
use leyline_core::{NewTask, TaskStore};
use leyline_store_postgres::{PostgresOptions, PostgresStore, sqlx};
use leyline_testkit::{ManualClock, Subject};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, Row as _, raw_sql};
use test_servers::{Database, PgBouncer, PgBouncerOptions, Postgres, Proxy};

/// A store, and the name of its schema.
#[derive(Clone)]
pub(crate) struct Store {
    store: PostgresStore,
    pub(crate) schema: String,
}

impl Store {
    pub(crate) fn postgres(&self) -> PostgresStore {
        self.store.clone()
    }
}

impl Deref for Store {
    type Target = PostgresStore;

    fn deref(&self) -> &PostgresStore {
        &self.store
    }
}

/// A store whose clock is moved by hand.
pub(crate) struct OnManualClock {
    store: Store,
    clock: ManualClock,
}

/// The database of this binary. Where there is no server, a line has said so, and there is nothing to test.
fn database() -> &'static Database {
    static DATABASE: OnceLock<Database> = OnceLock::new();
    DATABASE.get_or_init(|| match Postgres::available() {
        Some(server) => server.database(),
        None => std::process::exit(0),
    })
}

/// A server of one's own, where others' open transactions keep no dead rows alive.
pub(crate) fn own_server() -> Postgres {
    match Postgres::start(test_servers::PostgresOptions::default()) {
        Some(server) => server,
        None => std::process::exit(0),
    }
}

pub(crate) fn url() -> String {
    database().url().to_owned()
}

pub(crate) fn password() -> &'static str {
    Postgres::shared().password()
}

/// Another database of the same server.
pub(crate) fn url_of(database: &str) -> String {
    Postgres::shared().url(database)
}

/// A pooler in transaction mode in front of it.
fn pgbouncer() -> &'static PgBouncer {
    static PGBOUNCER: OnceLock<PgBouncer> = OnceLock::new();
    PGBOUNCER.get_or_init(|| {
        database();
        match PgBouncer::start(Postgres::shared(), &PgBouncerOptions::default()) {
            Some(pgbouncer) => pgbouncer,
            None => std::process::exit(0),
        }
    })
}

/// The database by way of the pooler.
pub(crate) fn pooled_url() -> String {
    pgbouncer().url(database().name())
}

/// A schema that no other test uses.
pub(crate) fn options() -> PostgresOptions {
    in_test(PostgresOptions::url(&url()).expect("it is a URL"))
}

/// In a schema that no other test uses; the server does not sync.
pub(crate) fn in_test(mut options: PostgresOptions) -> PostgresOptions {
    options.schema = unique("it");
    options.allow_lossy = true;
    options
}

fn unique(prefix: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let nth = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{prefix}_{}_{nth}", std::process::id())
}

/// A store in a schema of its own.
pub(crate) async fn store(set: impl FnOnce(&mut PostgresOptions)) -> Store {
    let mut options = options();
    set(&mut options);
    let schema = options.schema.clone();
    let store = PostgresStore::open(options).await.expect("it opens");
    Store { store, schema }
}

pub(crate) async fn on_manual_clock(set: impl FnOnce(&mut PostgresOptions)) -> OnManualClock {
    let subject = OnManualClock {
        store: store(set).await,
        clock: ManualClock::new(),
    };
    subject.set_clock().await;
    subject
}

impl OnManualClock {
    /// Puts another clock in the place of the store's.
    async fn set_clock(&self) {
        let now = self.clock.now();
        execute(&format!(
            "CREATE OR REPLACE FUNCTION {}.now() RETURNS timestamptz LANGUAGE sql STABLE AS \
             $$ SELECT TIMESTAMPTZ '{now}' $$",
            self.store.schema
        ))
        .await;
    }
}

#[async_trait::async_trait]
impl Subject for OnManualClock {
    fn store(&self) -> Arc<dyn TaskStore> {
        Arc::new(self.store.store.clone())
    }

    async fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.set_clock().await;
    }
}

/// A network to the server that fails on demand.
pub(crate) fn network() -> Proxy {
    let options: PgConnectOptions = url().parse().expect("it is a URL");
    Proxy::start(options.get_port())
}

/// Another process's handle of the same store.
pub(crate) async fn another(store: &Store, url: &str, set: impl FnOnce(&mut PostgresOptions)) -> Store {
    let schema = store.schema.clone();
    let mut options = PostgresOptions::url(url).expect("it is a URL");
    options.schema.clone_from(&schema);
    options.allow_lossy = true;
    set(&mut options);
    let store = PostgresStore::open(options).await.expect("it opens");
    Store { store, schema }
}

/// One by way of this network.
pub(crate) async fn by_way_of(
    network: &Proxy,
    store: &Store,
    set: impl FnOnce(&mut PostgresOptions),
) -> Store {
    another(store, &network.url(&url()), set).await
}

/// The same store behind a pooler.
pub(crate) fn through_pgbouncer(options: &PostgresOptions) -> PostgresOptions {
    let mut pooled = PostgresOptions::url(&pooled_url()).expect("it is a URL");
    pooled.schema.clone_from(&options.schema);
    pooled.allow_lossy = true;
    pooled.pooled = true;
    pooled
}

/// A connection of somebody else.
pub(crate) async fn connection() -> PgConnection {
    let options: PgConnectOptions = url().parse().expect("it is a URL");
    options.connect().await.expect("it connects")
}

/// Runs statements as somebody else would.
pub(crate) async fn execute(text: &str) {
    run(&mut connection().await, text).await;
}

pub(crate) async fn run(connection: &mut PgConnection, text: &str) {
    connection
        .execute(raw_sql(AssertSqlSafe(text.to_owned())))
        .await
        .unwrap_or_else(|error| panic!("{text}: {error}"));
}

/// The one number that a statement gives.
pub(crate) async fn number(text: &str) -> i64 {
    let row = connection()
        .await
        .fetch_one(sqlx::query(AssertSqlSafe(format!("SELECT ({text})::bigint"))))
        .await
        .unwrap_or_else(|error| panic!("{text}: {error}"));
    row.get(0)
}

/// The one text that a statement gives.
pub(crate) async fn text(text: &str) -> String {
    rows(text).await[0].get(0)
}

/// All rows that a statement gives.
pub(crate) async fn rows(text: &str) -> Vec<sqlx::postgres::PgRow> {
    let rows = connection()
        .await
        .fetch_all(sqlx::query(AssertSqlSafe(text.to_owned())))
        .await;
    rows.unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// How often another process is looked at.
const GLANCE: Duration = Duration::from_millis(5);

/// Waits until it holds.
pub(crate) async fn until(holds: impl AsyncFn() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(GLANCE).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting)
        .await
        .expect("it comes to hold");
}

/// A task's row, written by hand.
pub(crate) fn raw_insert(schema: &str, task: &NewTask) -> String {
    let (id, kind) = (task.id, task.kind.as_str());
    let key = task
        .idempotency_key
        .as_deref()
        .map_or("NULL".to_owned(), |key| format!("'{key}'"));
    format!(
        "INSERT INTO {schema}.detail (id, kind, owner, params, idempotency_key, request_digest, created_at) \
         VALUES ('{id}', '{kind}', '', '{{}}', {key}, '\\x{digest}', now()); \
         INSERT INTO {schema}.task (id, kind, status, priority, attempt, max_attempts, rescues, revision, run_at, updated_at, tick) \
         VALUES ('{id}', '{kind}', 0, 5, 0, 3, 0, 1, now(), now(), 0)",
        digest = task.request_digest(),
    )
}

/// Many pending tasks at once.
pub(crate) fn crowd(schema: &str, kind: &str, run_at: &str, count: u32) -> String {
    format!(
        "WITH id AS (SELECT gen_random_uuid() AS id FROM generate_series(1, {count})), \
         detail AS (INSERT INTO {schema}.detail (id, kind, owner, params, request_digest, created_at) \
         SELECT id, '{kind}', '', '{{}}', sha256('x'), now() FROM id) \
         INSERT INTO {schema}.task (id, kind, status, priority, attempt, max_attempts, rescues, revision, run_at, updated_at, tick) \
         SELECT id, '{kind}', 0, 5, 0, 3, 0, 1, {run_at}, now(), 0 FROM id; ANALYZE {schema}.task"
    )
}

/// Rows and index entries that were read in this schema so far.
pub(crate) async fn tuples_read(schema: &str) -> i64 {
    let of = |column: &str, view: &str| {
        format!(
            "(SELECT coalesce(sum({column}), 0) FROM {view} WHERE schemaname = '{schema}' AND relname = 'task')"
        )
    };
    number(&format!(
        "SELECT {} + {}",
        of("seq_tup_read", "pg_stat_user_tables"),
        of("idx_tup_read", "pg_stat_user_indexes")
    ))
    .await
}

/// A statistic of the table of tasks.
pub(crate) async fn of_table(column: &str, schema: &str) -> i64 {
    let text = format!(
        "SELECT {column} FROM pg_stat_user_tables WHERE schemaname = '{schema}' AND relname = 'task'"
    );
    number(&text).await
}

/// A role of its own, by which the server knows who did what.
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) url: String,
}

/// One that may do everything.
pub(crate) async fn role() -> Role {
    role_that_is("SUPERUSER").await
}

pub(crate) async fn role_that_is(attributes: &str) -> Role {
    let name = unique("role");
    execute(&format!(
        "CREATE ROLE {name} LOGIN PASSWORD 'hunter2' {attributes}"
    ))
    .await;
    let url = url();
    let (_, host) = url.split_once('@').expect("it names a user");
    Role {
        url: format!("postgres://{name}:hunter2@{host}"),
        name,
    }
}

/// One with a setting.
pub(crate) async fn role_with(setting: &str, value: &str) -> Role {
    let role = role().await;
    execute(&format!("ALTER ROLE {} SET {setting} = '{value}'", role.name)).await;
    role
}

/// The URL of a role to whom the server says this of one setting, and of every other what a sound server says.
pub(crate) async fn saying(setting: &str, value: &str) -> String {
    let shadow = unique("shadow");
    execute(&format!(
        "CREATE SCHEMA {shadow}; CREATE FUNCTION {shadow}.current_setting(name text) RETURNS text LANGUAGE sql AS $$ \
         SELECT CASE name WHEN '{setting}' THEN '{value}' WHEN 'fsync' THEN 'on' \
         WHEN 'full_page_writes' THEN 'on' ELSE pg_catalog.current_setting(name) END $$"
    ))
    .await;
    let role = role().await;
    execute(&format!(
        "ALTER ROLE {} SET search_path = {shadow}, pg_catalog",
        role.name
    ))
    .await;
    role.url
}
