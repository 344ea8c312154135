//! What tests do with a server.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::cluster::Cluster;
use super::{Mode, PostgresOptions};
use crate::binaries;
use crate::database::{Database, MAINTENANCE};
use crate::psql::Psql;

/// A running PostgreSQL server that takes connections at 127.0.0.1 with a password (`scram-sha-256`).
///
/// Its programs are looked for in the folder `LEYLINE_PG_BIN`, on the PATH, and where Debian keeps them, the newest first.
/// With `LEYLINE_TEST_POSTGRES_URL` set, the [shared](Self::shared) server is that one; it has to be allowed to create
/// databases there.
#[derive(Debug)]
pub struct Postgres {
    pub(crate) psql: Psql,
    cluster: Option<Cluster>,
}

impl Postgres {
    /// The server that all tests of this process share, started at the first call, or `None` where PostgreSQL is missing, after
    /// a line that says so.
    ///
    /// # Panics
    /// Where it is missing and `CI` is set, and where it does not start.
    pub fn available() -> Option<&'static Self> {
        binaries::or_skip(found()).map(|()| Self::shared())
    }

    /// The server that all tests of this process share, started at the first call.
    ///
    /// # Panics
    /// Where PostgreSQL is missing, with the name of its package, and where it does not start.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| {
            if let Some(url) = binaries::external_postgres() {
                let program = binaries::or_fail(binaries::psql());
                let psql = Psql { program, url };
                return Self { psql, cluster: None };
            }
            let programs = binaries::or_fail(binaries::postgres());
            Self::of(Cluster::create(programs, PostgresOptions::default()))
        })
    }

    /// A server of one's own, or `None` where PostgreSQL is missing, after a line that says so. It is stopped and its data
    /// removed when this is dropped.
    ///
    /// # Panics
    /// Where it is missing and `CI` is set, and where it does not start.
    pub fn start(options: PostgresOptions) -> Option<Self> {
        let programs = binaries::or_skip(binaries::postgres())?;
        binaries::or_skip(binaries::psql())?;
        Some(Self::of(Cluster::create(programs, options)))
    }

    pub(super) fn of(cluster: Cluster) -> Self {
        let psql = Psql {
            program: binaries::or_fail(binaries::psql()),
            url: cluster.url(),
        };
        Self {
            psql,
            cluster: Some(cluster),
        }
    }

    /// The server as one that is ours.
    ///
    /// # Panics
    /// If it is not.
    pub(super) fn own(&self) -> &Cluster {
        self.cluster
            .as_ref()
            .expect("the server of LEYLINE_TEST_POSTGRES_URL is not ours to stop or to copy")
    }

    /// A new, empty database with a name of its own. It is dropped with what this returns.
    pub fn database(&self) -> Database {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        self.create_database(&format!("test_{}_{number}", std::process::id()))
    }

    /// A new, empty database of this name. It is dropped with what this returns.
    pub fn create_database(&self, name: &str) -> Database {
        Database::create(&self.psql, name.to_owned())
    }

    /// `postgres://user:password@127.0.0.1:port/database`; the database `postgres` is always there.
    pub fn url(&self, database: &str) -> String {
        self.psql.url_of(database)
    }

    /// The password in [`url`](Self::url), or nothing where there is none: what must not show up anywhere else.
    pub fn password(&self) -> &str {
        self.psql.parts().password
    }

    /// Runs statements. Several of them are one transaction.
    ///
    /// # Panics
    /// With what the server said against them.
    #[track_caller]
    pub fn execute(&self, database: &str, sql: &str) {
        self.query(database, sql);
    }

    /// The rows of a statement, as text; a NULL is an empty one.
    ///
    /// # Panics
    /// With what the server said against it.
    #[track_caller]
    pub fn query(&self, database: &str, sql: &str) -> Vec<Vec<String>> {
        self.try_query(database, sql)
            .unwrap_or_else(|said| panic!("{sql}\n{said}"))
    }

    /// As [`query`](Self::query), for statements that may fail.
    ///
    /// # Errors
    /// What the client said, with the SQLSTATE of the server.
    pub fn try_query(&self, database: &str, sql: &str) -> Result<Vec<Vec<String>>, String> {
        self.psql.run(database, sql)
    }

    /// Ends the connections whose `application_name` is `LIKE` this (`%` for all), as an operator would, and says how many.
    pub fn terminate_backends(&self, application_name: &str) -> usize {
        let like = application_name.replace('\'', "''");
        let sql = format!(
            "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity \
             WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND application_name LIKE '{like}'"
        );
        let rows = self.query(MAINTENANCE, &sql);
        rows[0][0].parse().expect("a count is a number")
    }

    /// Stops it and waits for its end.
    ///
    /// # Panics
    /// If it does not run, or is not ours.
    pub fn stop(&self, mode: Mode) {
        self.own().stop(mode);
    }

    /// Starts it again, at the same port with the same data, and waits until it takes connections.
    ///
    /// # Panics
    /// If it runs, or is not ours.
    pub fn start_again(&self) {
        self.own().start();
    }

    /// Stops it and starts it again.
    ///
    /// # Panics
    /// If it does not run, or is not ours.
    pub fn restart(&self, mode: Mode) {
        self.stop(mode);
        self.start_again();
    }

    /// Kills all of its processes with -9 at one moment, as a loss of power would; where the system does not show processes
    /// under `/proc`, only the first of them.
    ///
    /// # Panics
    /// If it does not run, or is not ours.
    pub fn kill(&self) {
        self.own().kill();
    }

    /// The pid of its first process, while it runs.
    ///
    /// # Panics
    /// If it is not ours.
    pub fn pid(&self) -> Option<u32> {
        self.own().pid()
    }

    /// The port at 127.0.0.1.
    ///
    /// # Panics
    /// If it is not ours.
    pub fn port(&self) -> u16 {
        self.own().port
    }

    /// What it has logged, over all its starts.
    ///
    /// # Panics
    /// If it is not ours.
    pub fn log(&self) -> String {
        self.own().log()
    }
}

/// Whether there is a server that tests can share.
fn found() -> Result<(), binaries::Missing> {
    if binaries::external_postgres().is_none() {
        binaries::postgres()?;
    }
    binaries::psql().map(drop)
}
