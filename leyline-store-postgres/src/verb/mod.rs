//! The verbs, one file each: what is sent, and what the answer means.

pub(crate) mod insert;
pub(crate) mod there;

mod beat;
mod checkpoint;
mod claim;
mod finish;
mod rescue;

mod operate;
mod prune;

mod get;
mod list;
mod ping;
mod stats;
mod workers;

pub(crate) use beat::beat;
pub(crate) use checkpoint::checkpoint;
pub(crate) use claim::claim;
pub(crate) use finish::finish;
pub(crate) use get::{changed_since, get};
pub(crate) use insert::{Inserts, insert};
pub(crate) use list::list;
pub(crate) use operate::{cancel, delete, requeue};
pub(crate) use ping::ping;
pub(crate) use prune::prune;
pub(crate) use rescue::rescue;
pub(crate) use stats::stats;
pub(crate) use workers::workers;
