//! An account of every change of every task, kept by the database itself: what nobody told anyone of is in it, too.

use leyline_core::{Env, Kind, NewTask, TaskStoreExt as _};
use leyline_store_postgres::{PostgresOptions, PostgresStore};
use test_servers::{Database, Postgres};
use tokio::task::block_in_place;

/// Written by triggers, in the transaction of the change.
const BEGIN: &str = "
CREATE SCHEMA audit;
CREATE TABLE audit.change (
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    id uuid NOT NULL,
    revision bigint NOT NULL,
    status smallint NOT NULL,
    attempt integer NOT NULL,
    rescues integer NOT NULL,
    worker uuid,
    old_revision bigint,
    old_status smallint,
    old_worker uuid
);
CREATE FUNCTION audit.insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit.change (id, revision, status, attempt, rescues, worker)
    VALUES (NEW.id, NEW.revision, NEW.status, NEW.attempt, NEW.rescues, NEW.worker);
    RETURN NULL;
END $$;
CREATE FUNCTION audit.update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit.change (id, revision, status, attempt, rescues, worker, old_revision, old_status, old_worker)
    VALUES (NEW.id, NEW.revision, NEW.status, NEW.attempt, NEW.rescues, NEW.worker, OLD.revision, OLD.status, OLD.worker);
    RETURN NULL;
END $$;
CREATE TRIGGER audit_insert AFTER INSERT ON leyline.task FOR EACH ROW EXECUTE FUNCTION audit.insert();
CREATE TRIGGER audit_update AFTER UPDATE ON leyline.task FOR EACH ROW
WHEN (OLD.revision <> NEW.revision OR OLD.status <> NEW.status OR OLD.worker IS DISTINCT FROM NEW.worker)
EXECUTE FUNCTION audit.update();
";

/// Of each statement, no row may come back.
const NEVER: [(&str, &str); 4] = [
    (
        "a change that does not raise the revision by one",
        "SELECT * FROM audit.change WHERE revision <> coalesce(old_revision, 0) + 1",
    ),
    (
        "a revision that was given twice",
        "SELECT id, revision FROM audit.change GROUP BY id, revision HAVING count(*) > 1",
    ),
    (
        "a change after the end",
        "SELECT * FROM audit.change WHERE old_status >= 2",
    ),
    (
        "a change that the state machine does not know",
        "SELECT * FROM audit.change WHERE (old_status IS NULL AND status <> 0) OR (old_status = 0 AND status NOT IN (1, 4)) \
         OR (old_status = 1 AND status = 1)",
    ),
];

/// Begins the account of a store that is empty.
pub(super) fn begin(database: &Database) {
    database.execute(BEGIN);
}

/// Whether the account holds only what may be: each run comes to one end, by steps that the state machine knows. Else, what may
/// not.
pub(super) fn judge(database: &Database) -> Result<(), String> {
    for (what, sql) in NEVER {
        let rows = database.query(&format!("{sql} LIMIT 5"));
        if !rows.is_empty() {
            return Err(format!("{what}: {rows:?}"));
        }
    }
    let ends = "SELECT count(DISTINCT id), count(*) FILTER (WHERE status >= 2) FROM audit.change";
    let ends = database.query(ends).remove(0);
    if ends[0] == ends[1] {
        return Ok(());
    }
    Err(format!("{} tasks, and {} ends", ends[0], ends[1]))
}

/// What the account says of a task to which this was done.
async fn verdict(server: &Postgres, done: &[&str]) -> Result<(), String> {
    let database = block_in_place(|| server.database());
    let mut options = PostgresOptions::url(database.url()).unwrap();
    options.allow_lossy = true;
    let store = PostgresStore::open(options).await.unwrap();
    block_in_place(|| begin(&database));
    let task = NewTask::new(Env::system().task_id(), Kind::new("k").unwrap());
    store.insert_one(task).await.unwrap();
    block_in_place(|| {
        for step in done {
            database.execute(&format!("UPDATE leyline.task SET {step}"));
        }
        judge(&database)
    })
}

/// What a broken store might do in spite of the constraints that the tables have.
#[tokio::test(flavor = "multi_thread")]
async fn the_account_shows_what_may_not_be() {
    let Some(server) = block_in_place(Postgres::available) else {
        return;
    };
    let cancel = "revision = 2, status = 4, finished_at = now()";
    assert_eq!(verdict(server, &[cancel]).await, Ok(()));
    let skip = "revision = 3, status = 4, finished_at = now()";
    let again = "revision = 3, status = 0, finished_at = NULL";
    let unclaimed = "revision = 2, status = 2, started_at = now(), finished_at = now(), output = '{}'";
    for (done, said) in [
        (&[skip][..], "by one"),
        (&["revision = 2", cancel], "by one"),
        (&[cancel, again], "after the end"),
        (&[unclaimed], "does not know"),
        (&[], "0 ends"),
    ] {
        let found = verdict(server, done).await.unwrap_err();
        assert!(found.contains(said), "{done:?}: {found}");
    }
}
