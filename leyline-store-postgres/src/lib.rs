//! LeyLine on PostgreSQL: one task store for any number of processes.

mod options;
mod store;

mod contract;
mod insert_in;
mod verb;

mod pool;
mod session;
mod statements;

mod check;
mod error;
mod migrate;
mod row;
mod value;

pub use error::OpenError;
pub use migrate::Plan;
pub use options::PostgresOptions;
pub use sqlx;
pub use store::PostgresStore;
