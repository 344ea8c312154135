//! The schema: how it is made, and by how many at once.

use leyline_core::TaskStore as _;
use leyline_store_postgres::{OpenError, PostgresStore};

use crate::given;

#[tokio::test(flavor = "multi_thread")]
async fn many_processes_that_open_a_new_schema_make_it_once() {
    let options = given::options();
    let mut openings = Vec::new();
    for _ in 0..8 {
        openings.push(tokio::spawn(PostgresStore::open(options.clone())));
    }
    for opening in openings {
        let store = opening.await.expect("it does not panic").expect("it opens");
        store.ping().await.expect("it answers");
    }
    let versions = format!("SELECT count(*) FROM {}.migration", options.schema);
    assert_eq!(given::number(&versions).await, 1);
}

#[tokio::test]
async fn a_plan_can_be_read_and_run_by_hand() {
    let mut options = given::options();
    options.migrate = false;
    let behind = PostgresStore::open(options.clone()).await.unwrap_err();
    assert!(matches!(behind, OpenError::Behind { found: 0, .. }), "{behind}");
    let plan = PostgresStore::plan(&options).await.expect("it is planned");
    assert_eq!(plan.steps(), ["0001_tasks_and_workers"]);
    given::execute(&plan.to_string()).await;
    let store = PostgresStore::open(options.clone())
        .await
        .expect("it is up to date");
    store.ping().await.expect("it answers");
    let plan = PostgresStore::plan(&options).await.expect("it is planned");
    assert!(plan.is_empty());
    assert!(plan.to_string().contains("up to date"));
}

#[tokio::test]
async fn migrating_twice_does_nothing_the_second_time() {
    let options = given::options();
    assert_eq!(
        PostgresStore::migrate(&options)
            .await
            .expect("it migrates")
            .steps()
            .len(),
        1
    );
    assert!(
        PostgresStore::migrate(&options)
            .await
            .expect("it migrates")
            .is_empty()
    );
}

#[tokio::test]
async fn a_schema_of_a_later_version_is_refused_and_left_alone() {
    let options = given::options();
    PostgresStore::migrate(&options).await.expect("it migrates");
    let later = format!(
        "INSERT INTO {}.migration (version, name) VALUES (999, '0999_of_tomorrow')",
        options.schema
    );
    given::execute(&later).await;
    for refused in [
        PostgresStore::open(options.clone()).await.map(drop),
        PostgresStore::migrate(&options).await.map(drop),
        PostgresStore::plan(&options).await.map(drop),
    ] {
        let refused = refused.unwrap_err();
        assert!(
            matches!(refused, OpenError::Newer { found: 999, .. }),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn a_migration_that_fails_changes_nothing() {
    let options = given::options();
    // A stranger's table stands where ours should.
    given::execute(&format!(
        "CREATE SCHEMA {0}; CREATE TABLE {0}.detail (id integer)",
        options.schema
    ))
    .await;
    let failed = PostgresStore::open(options.clone()).await.unwrap_err();
    assert!(matches!(failed, OpenError::Migration { .. }), "{failed}");
    let left = format!(
        "SELECT count(*) FROM pg_tables WHERE schemaname = '{}'",
        options.schema
    );
    assert_eq!(given::number(&left).await, 1);
}

#[tokio::test]
async fn who_may_not_make_schemas_migrates_one_that_is_there() {
    let role = given::role_that_is("NOSUPERUSER").await;
    let mut options =
        given::in_test(leyline_store_postgres::PostgresOptions::url(&role.url).expect("it is a URL"));
    given::execute(&format!(
        "CREATE SCHEMA {} AUTHORIZATION {}",
        options.schema, role.name
    ))
    .await;
    let store = PostgresStore::open(options.clone()).await.expect("it opens");
    store.ping().await.expect("it answers");
    options.schema.push_str("_none");
    let refused = PostgresStore::open(options).await.unwrap_err();
    assert!(refused.to_string().contains("permission denied"), "{refused}");
}
