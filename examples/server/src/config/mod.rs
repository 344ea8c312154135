//! Flags and environment variables. Whatever is wrong with them is one line on standard error and exit code 2.

mod blobs;
mod flags;
mod quantity;
mod roles;
mod store;

pub use blobs::BlobsUrl;
pub use flags::{Config, LogFormat};
pub use quantity::{Retention, Size, parse_duration};
pub use roles::Roles;
pub use store::{Secret, StoreUrl};
