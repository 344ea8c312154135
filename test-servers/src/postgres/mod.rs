//! A PostgreSQL server.

mod backup;
mod cluster;
mod options;
mod server;
mod standby;

pub use backup::Backup;
pub use options::{Mode, PostgresOptions};
pub use server::Postgres;
