//! LeyLine on PostgreSQL: one task store for any number of processes, and a feed of events between them.

mod options;
mod store;

mod contract;
mod insert_in;
mod verb;

mod pool;
mod session;
mod statements;

mod alarm;
mod feed;

mod check;
mod error;
pub mod metrics;
mod migrate;
mod row;
mod value;

pub use error::OpenError;
pub use feed::{Feed, PostgresSink};
pub use migrate::Plan;
pub use options::PostgresOptions;
pub use sqlx;
pub use store::PostgresStore;
