//! The cases, in files named by the verb. Each says which sentence of the contract it holds the store to.

pub mod beat;
pub mod cancel;
pub mod changed_since;
pub mod checkpoint;
pub mod claim;
pub mod claim_order;
pub mod delete;
pub mod fence;
pub mod finish;
pub mod finish_batch;
pub mod get;
pub mod insert;
pub mod insert_bounds;
pub mod insert_once;
pub mod list;
pub(crate) mod operator;
pub mod ping;
pub mod prune;
pub mod race;
pub mod requeue;
pub mod rescue;
pub mod resend;
pub mod stats;
pub mod suspects;
pub mod wakeups;
pub mod workers;
