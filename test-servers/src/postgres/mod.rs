//! A PostgreSQL server.

mod backup;
mod cluster;
mod options;
mod server;
mod standby;

pub(crate) use cluster::USER;

pub use backup::Backup;
pub use options::{Mode, PostgresOptions};
pub use server::Postgres;
