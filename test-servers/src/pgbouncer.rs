//! A PgBouncer in front of a server.

use std::path::Path;

use crate::postgres::Postgres;
use crate::process::{Home, Running, text};
use crate::psql::{Parts, Psql};
use crate::{binaries, port};

/// Settings of a [`PgBouncer`]. Start from [`PgBouncerOptions::default`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PgBouncerOptions {
    /// Connections to the server for each database and user; default 20.
    pub pool_size: u32,
    /// Lines for the section `[pgbouncer]`, above those that it has anyway; default none.
    pub settings: Vec<(String, String)>,
}

impl Default for PgBouncerOptions {
    fn default() -> Self {
        Self {
            pool_size: 20,
            settings: Vec::new(),
        }
    }
}

impl PgBouncerOptions {
    /// With this [`pool_size`](Self::pool_size).
    #[must_use]
    pub fn pool_size(mut self, connections: u32) -> Self {
        self.pool_size = connections;
        self
    }

    /// With one more of the [`settings`](Self::settings).
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A running PgBouncer that pools by transaction, with its settings as they come out of the box otherwise: it refuses unknown
/// startup parameters. It is stopped when this is dropped.
#[derive(Debug)]
pub struct PgBouncer {
    // Before the home: it must have ended when that goes.
    _running: Running,
    home: Home,
    psql: Psql,
}

impl PgBouncer {
    /// Starts one in front of a server, or gives `None` where PgBouncer is missing, after a line that says so.
    ///
    /// # Panics
    /// Where it is missing and `CI` is set, and where it does not start.
    pub fn start(postgres: &Postgres, options: &PgBouncerOptions) -> Option<Self> {
        let program = binaries::or_skip(binaries::pgbouncer())?;
        let home = Home::new("pgbouncer", "TERM");
        let port = port::free();
        let server = postgres.psql.parts();
        let (user, password) = (server.user, server.password);
        let users = home.write("users", &format!("\"{user}\" \"{password}\"\n"));
        let ini = configuration(options, &server, port, &users);
        let ini = home.write("pgbouncer.ini", &ini);
        let mut running = home.start(&program, &[ini.display().to_string()], &home.join("log"));
        running.until(|_| port::is_open(port));
        let url = format!("postgres://{user}:{password}@{}/pgbouncer", port::local(port));
        let program = binaries::or_fail(binaries::psql());
        Some(Self {
            _running: running,
            home,
            psql: Psql { program, url },
        })
    }

    /// `postgres://user:password@127.0.0.1:port/database`, by way of the pool.
    pub fn url(&self, database: &str) -> String {
        self.psql.url_of(database)
    }

    /// Asks its console, as in `SHOW POOLS`, and gives the rows as text.
    ///
    /// # Panics
    /// With what it said against the command.
    #[track_caller]
    pub fn console(&self, command: &str) -> Vec<Vec<String>> {
        self.psql
            .run("pgbouncer", command)
            .unwrap_or_else(|said| panic!("{command}\n{said}"))
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        text(&self.home.join("log"))
    }
}

/// The file that says all of it.
fn configuration(options: &PgBouncerOptions, server: &Parts<'_>, port: u16, users: &Path) -> String {
    let own = [
        ("listen_addr", "127.0.0.1".to_owned()),
        ("listen_port", port.to_string()),
        ("unix_socket_dir", String::new()),
        ("auth_type", "scram-sha-256".to_owned()),
        ("auth_file", users.display().to_string()),
        ("admin_users", server.user.to_owned()),
        ("pool_mode", "transaction".to_owned()),
        ("default_pool_size", options.pool_size.to_string()),
        ("max_client_conn", "1000".to_owned()),
    ];
    let own = own.iter().map(|(name, value)| format!("{name} = {value}\n"));
    let more = options
        .settings
        .iter()
        .map(|(name, value)| format!("{name} = {value}\n"));
    let settings: String = own.chain(more).collect();
    let (host, port) = (server.host, server.port);
    format!("[databases]\n* = host={host} port={port}\n\n[pgbouncer]\n{settings}")
}
