//! Throw-away servers for LeyLine's own tests: real ones, on free ports of this machine, gone when the tests are.
//!
//! ```no_run
//! use test_servers::Postgres;
//!
//! let Some(postgres) = Postgres::available() else { return };
//! let database = postgres.database();
//! database.execute("CREATE TABLE notes (text text)");
//! println!("connect to {}", database.url());
//! ```
//!
//! - [`Postgres::available`] and [`Postgres::shared`] are one server for a whole test binary, with a
//!   [database](Postgres::database) for each test. [`Postgres::start`] is a server of one's own, to be stopped, killed, set
//!   back to an older [backup](Postgres::backup) or followed by a [standby](Postgres::standby).
//! - [`PgBouncer`] pools connections to a server, [`Nginx`] runs the proxy's configuration of this repository, and a
//!   [`Proxy`] is a network that fails on demand.
//! - Everything blocks and needs no runtime. What fails, panics with the server's own words.
//! - Where a program is missing, whatever would start it says so in one line and returns `None`, so that a test can end. With
//!   `CI` set it panics instead: there a skipped test is a failed one.
//! - Servers do not run as root: where the tests do, they run as the user 65534 (`nobody`).
//! - Nothing is left behind, not even by tests that are killed: a small process of its own waits for the end of this one,
//!   ends the servers and removes their folders.

mod binaries;
mod port;
mod process;
mod psql;

mod database;
mod nginx;
mod pgbouncer;
mod postgres;
mod proxy;

pub use binaries::missing_packages;
pub use database::Database;
pub use nginx::Nginx;
pub use pgbouncer::{PgBouncer, PgBouncerOptions};
pub use port::free as free_port;
pub use postgres::{Backup, Mode, Postgres, PostgresOptions};
pub use proxy::Proxy;
