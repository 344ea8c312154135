//! Serving over TCP with the limits that `axum::serve` lacks, in the order in which a connection meets them.

mod accept;
mod body;
mod connection;
mod options;
mod shutdown;
mod wire;

pub use accept::serve;
pub(crate) use body::BodyTimeout;
pub use options::ServeOptions;
pub use shutdown::Shutdown;
