//! Connections are pooled by transaction.

use std::process::Command;

use test_servers::{PgBouncer, PgBouncerOptions, Postgres};

/// What psql says about statements that share no transaction.
fn psql(url: &str, statements: &[&str]) -> Result<String, String> {
    let mut psql = Command::new("psql");
    psql.args(["-X", "-At", "-q", "-v", "ON_ERROR_STOP=1", "-d", url]);
    for statement in statements {
        psql.args(["-c", statement]);
    }
    let done = psql.output().unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    if done.status.success() {
        Ok(text(&done.stdout))
    } else {
        Err(text(&done.stderr))
    }
}

#[test]
fn many_clients_share_few_connections_and_no_session() {
    let Some(postgres) = Postgres::available() else {
        return;
    };
    let Some(pgbouncer) = PgBouncer::start(postgres, &PgBouncerOptions::default().pool_size(1)) else {
        return;
    };
    let database = postgres.database();
    let url = pgbouncer.url(database.name());
    let pids: Vec<_> = (0..3)
        .map(|_| psql(&url, &["SELECT pg_backend_pid()"]).unwrap())
        .collect();
    assert!(pids.iter().all(|pid| *pid == pids[0]), "{pids:?}");
    let pools = pgbouncer.console("SHOW POOLS");
    let pool = pools
        .iter()
        .find(|pool| pool[0] == database.name())
        .expect("a pool for the database");
    assert_eq!(pool.last().map(String::as_str), Some("transaction"));
    assert!(pgbouncer.log().contains("login attempt"), "{}", pgbouncer.log());
}

#[test]
fn startup_parameters_that_it_does_not_know_are_refused() {
    let Some(postgres) = Postgres::available() else {
        return;
    };
    let Some(pgbouncer) = PgBouncer::start(postgres, &PgBouncerOptions::default()) else {
        return;
    };
    let url = format!(
        "{}?options=-c%20extra_float_digits%3D2",
        pgbouncer.url("postgres")
    );
    let said = psql(&url, &["SELECT 1"]).unwrap_err();
    assert!(said.contains("unsupported startup parameter"), "{said}");
}
