//! A store that fails on purpose: which call, when, and how.

mod around;
mod method;
mod plan;
mod store;

pub(crate) use around::{Call, store_around};
pub use method::Method;
pub use plan::{Fault, When};
pub use store::FaultyStore;
