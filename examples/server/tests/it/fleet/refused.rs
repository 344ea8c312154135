//! What a process says that can't start: one line, and exit code 2.

use std::process::Output;

use test_servers::Postgres;
use tokio::process::Command;
use tokio::task::block_in_place;

use super::Fleet;
use crate::process::refusal;
use crate::server::program;

/// A process with this store, run to its end.
async fn run(store: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command: Command = program(folder.path());
    command.env("LEYLINE_STORE", store);
    command.output().await.unwrap()
}

/// The line says this, and never the password.
async fn check(store: &str, password: &str, said: &[&str]) {
    let line = refusal(&run(store).await);
    for said in said {
        assert!(line.contains(said), "{said:?} is not said: {line}");
    }
    assert!(password.is_empty() || !line.contains(password), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cant_start_says_why_in_one_line_and_exits_with_2() {
    let Some(fleet) = Fleet::open().await else { return };
    let (url, password) = (fleet.database.url(), fleet.postgres.password());
    let store = "can't use the task store";

    // The connection string.
    check(
        "postgresql://leyline:hunter2@:::/x",
        "hunter2",
        &[store, "the URL of PostgreSQL"],
    )
    .await;
    check(
        "postgres://leyline:hunter2@127.0.0.1:99999/x",
        "hunter2",
        &[store, "the URL of PostgreSQL"],
    )
    .await;
    check(
        "postgre://leyline:hunter2@127.0.0.1/x",
        "hunter2",
        &["a store is sqlite:PATH"],
    )
    .await;
    let wrong = url.replacen(password, "hunter2", 1);
    check(
        &wrong,
        "hunter2",
        &[
            store,
            "can't connect to PostgreSQL",
            "password authentication failed",
        ],
    )
    .await;
    let nowhere = fleet.postgres.url("nowhere");
    check(
        &nowhere,
        password,
        &[store, "can't connect to PostgreSQL", "\"nowhere\" does not exist"],
    )
    .await;
    let nobody = format!(
        "postgres://leyline:hunter2@127.0.0.1:{}/x",
        test_servers::free_port()
    );
    check(
        &nobody,
        "hunter2",
        &[store, "can't connect to PostgreSQL", "refused"],
    )
    .await;

    // A server that does not take what it is asked to keep.
    let standby = block_in_place(|| fleet.postgres.standby());
    let read_only = standby.url(fleet.database.name());
    check(&read_only, password, &[store, "read-only standby"]).await;
    drop(standby);
    let lossy = block_in_place(|| Postgres::shared().database());
    let password_of_lossy = Postgres::shared().password();
    check(
        lossy.url(),
        password_of_lossy,
        &[store, "fsync is off", "a crash may damage the database"],
    )
    .await;
    fleet.query(&format!(
        "ALTER DATABASE {} SET synchronous_commit = off",
        fleet.database.name()
    ));
    check(
        url,
        password,
        &[store, "synchronous_commit is off", "lose what was acknowledged"],
    )
    .await;
    fleet.query(&format!(
        "ALTER DATABASE {} RESET synchronous_commit",
        fleet.database.name()
    ));

    // A schema of a later version, which stays as it is.
    fleet.query("INSERT INTO leyline.migration (version, name) VALUES (999, '0999_later')");
    check(
        url,
        password,
        &[store, "at version 999", "made by a later version"],
    )
    .await;
    let versions = fleet.query("SELECT max(version) FROM leyline.migration");
    assert_eq!(versions, [["999"]]);
}
