//! What a process says that can't start: one line, and exit code 2.

use std::process::Output;

use test_servers::{Postgres, PostgresOptions};
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
    assert!(!line.contains(password), "{line}");
}

const STORE: &str = "can't use the task store";
const CONNECT: &str = "can't connect to PostgreSQL";

#[tokio::test(flavor = "multi_thread")]
async fn what_cant_start_says_why_in_one_line_and_exits_with_2() {
    let Some(fleet) = Fleet::open().await else { return };
    wrong_urls(&fleet).await;
    read_only(&fleet).await;
    lossy(&fleet).await;
    newer(&fleet).await;
}

async fn wrong_urls(fleet: &Fleet) {
    let malformed = "the URL of PostgreSQL can't be used";
    for (url, said) in [
        ("postgresql://leyline:hunter2@:::/x", [STORE, malformed]),
        ("postgres://leyline:hunter2@127.0.0.1:99999/x", [STORE, malformed]),
        (
            "postgre://leyline:hunter2@127.0.0.1/x",
            ["a store is sqlite:PATH", "postgres://"],
        ),
    ] {
        check(url, "hunter2", &said).await;
    }
    let (url, password) = (fleet.database.url(), fleet.postgres.password());
    let wrong = url.replacen(password, "hunter2", 1);
    check(
        &wrong,
        "hunter2",
        &[STORE, CONNECT, "password authentication failed"],
    )
    .await;
    let nowhere = fleet.postgres.url("nowhere");
    check(
        &nowhere,
        password,
        &[STORE, CONNECT, "\"nowhere\" does not exist"],
    )
    .await;
    let nobody = format!(
        "postgres://leyline:hunter2@127.0.0.1:{}/x",
        test_servers::free_port()
    );
    check(&nobody, "hunter2", &[STORE, CONNECT, "refused"]).await;
}

async fn read_only(fleet: &Fleet) {
    let standby = block_in_place(|| fleet.postgres.standby());
    let url = standby.url(fleet.database.name());
    check(&url, standby.password(), &[STORE, "read-only standby"]).await;
}

/// Settings with which a server does not keep what it is asked to.
async fn lossy(fleet: &Fleet) {
    let unsynced = block_in_place(|| Postgres::start(PostgresOptions::default())).expect("as the other one");
    let said = [STORE, "fsync is off", "a crash may damage the database"];
    check(&unsynced.url("postgres"), unsynced.password(), &said).await;

    let (name, password) = (fleet.database.name(), fleet.postgres.password());
    fleet.query(&format!("ALTER DATABASE {name} SET synchronous_commit = off"));
    let said = [STORE, "synchronous_commit is off", "lose what was acknowledged"];
    check(fleet.database.url(), password, &said).await;
    fleet.query(&format!("ALTER DATABASE {name} RESET synchronous_commit"));
}

/// A schema of a later version stays as it is.
async fn newer(fleet: &Fleet) {
    fleet.query("INSERT INTO leyline.migration (version, name) VALUES (999, '0999_later')");
    let said = [STORE, "at version 999", "made by a later version"];
    check(fleet.database.url(), fleet.postgres.password(), &said).await;
    let version = fleet.query("SELECT max(version) FROM leyline.migration");
    assert_eq!(version, [["999"]]);
}
